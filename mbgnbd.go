package kpi

import (
	"math"

	"github.com/shopspring/decimal"
)

// MBGNBD are the parameters of the modified beta-geometric/NBD model: BGNBD, in which a
// customer may fall silent at the first order already.
//
//	λ ~ Gamma(R, Alpha), p ~ Beta(A, B)
//	B(A, B+x+1)/B(A, B)·Γ(R+x)/Γ(R)·Alpha^R·(Alpha+T)^−(R+x) / PAlive
//	PAlive = 1 / (1 + A/(B+x)·((Alpha+T)/(Alpha+t))^(R+x))
//
// with x = Frequency, t = Recency and T = Age of a Buyer. A new customer is alive with
// probability B/(A+B).
//
// Batislam, Denizel and Filiztekin (2007), Empirical validation and comparison of
// models for customer base analysis, International Journal of Research in Marketing
// 24, 201–209; Hoppe and Wagner (2007), Customer base analysis: the case for a central
// variant of the betageometric/NBD model, Marketing – Journal of Research and
// Management 3, 75–90. DERT, which neither has, is computed by integration.
type MBGNBD struct {
	R     float64 `json:"r"`     // shape of the rates
	Alpha float64 `json:"alpha"` // of the rates too, a time in Unit
	A     float64 `json:"a"`     // of the probability to fall silent
	B     float64 `json:"b"`     // of the same
	Unit  Unit    `json:"unit"`  // of time
}

// FitMBGNBD returns the model under which the buyers' orders are likeliest, in the
// Unit of the buyers. It returns an error as FitBGNBD does.
func FitMBGNBD(buyers []Buyer, s *FitSettings) (MBGNBD, FitReport, error) {
	m, report, err := flipsModel{model: "MBGNBD", first: 1}.fit("FitMBGNBD", buyers, s)
	return MBGNBD{R: m.r, Alpha: m.alpha, A: m.a, B: m.b, Unit: m.unit}, report, err
}

func (m MBGNBD) flips() flipsModel {
	return flipsModel{r: m.R, alpha: m.Alpha, a: m.A, b: m.B, first: 1, unit: m.Unit}
}

func (m MBGNBD) outlook(metric string, b *Buyer) (outlook, error) {
	return m.flips().outlook(metric, b)
}

// LogLikelihood returns the log-likelihood of the buyers. It returns an error that
// names the buyer if one is invalid or of another Unit, or if a parameter is not above
// 0.
func (m MBGNBD) LogLikelihood(buyers []Buyer) (float64, error) {
	return m.flips().logLikelihood("MBGNBD.LogLikelihood", buyers)
}

// PAlive returns the probability that the customer is still alive at Age. It
// returns an error if the buyer is invalid or of another Unit, or a parameter is not
// above 0.
func (m MBGNBD) PAlive(b Buyer) (float64, error) {
	o, err := m.outlook("MBGNBD.PAlive", &b)
	if err != nil {
		return 0, err
	}
	return o.alive, nil
}

// PAliveAt returns the probability that the customer will still be alive at Age + t,
// t ≥ 0 in the model's Unit. It returns an error as PAlive does.
func (m MBGNBD) PAliveAt(b Buyer, t float64) (float64, error) {
	o, err := m.outlook("MBGNBD.PAliveAt", &b)
	if err != nil {
		return 0, err
	}
	return o.aliveAt(t)
}

// Expected returns the mean number of the customer's orders in the time t after Age,
// in the model's Unit. It returns an error as PAlive does, or if t is negative or not
// finite.
func (m MBGNBD) Expected(b Buyer, t float64) (float64, error) {
	o, err := m.outlook("MBGNBD.Expected", &b)
	if err != nil {
		return 0, err
	}
	return o.expected(t)
}

// PMF returns the probability of n orders of the customer in the time t after Age. It
// returns an error as Expected does, or if n is negative.
func (m MBGNBD) PMF(b Buyer, n int64, t float64) (float64, error) {
	o, err := m.outlook("MBGNBD.PMF", &b)
	if err != nil {
		return 0, err
	}
	return o.probability(n, t)
}

// DERT returns the discounted expected residual transactions: all orders that the
// customer is expected to place after Age, each worth less the later it comes,
//
//	DERT = ∫ e^(−δu) dE[Y(u)],  δ = ln(1 + annual) per year
//
// annual is the rate of a year, 0.1 for 10 %, and is converted to the model's Unit
// here, once. It returns an error as PAlive does, if annual is negative, or if it is 0
// and the orders have no finite mean (A ≤ 1).
func (m MBGNBD) DERT(b Buyer, annual Ratio) (float64, error) {
	o, err := m.outlook("MBGNBD.DERT", &b)
	if err != nil {
		return 0, err
	}
	return o.discounted(annual, math.Inf(1))
}

// DERTWithin is DERT for the orders in the time t after Age, in the model's Unit. It
// returns an error as DERT does, or if t is negative or not finite.
func (m MBGNBD) DERTWithin(b Buyer, annual Ratio, t float64) (float64, error) {
	o, err := m.outlook("MBGNBD.DERTWithin", &b)
	if err != nil {
		return 0, err
	}
	if err := validAge(o.metric, "t", t); err != nil {
		return 0, err
	}
	return o.discounted(annual, t)
}

// CLV returns the present value of all that the customer is expected to bring from Age
// on (客户终身价值), rounded to four places:
//
//	margin · spend.Expected · DERT
//
// What the customer brought before is not in it; of a new customer nor is the first
// order. It returns an error as DERT and spend.Expected do.
func (m MBGNBD) CLV(b Buyer, spend GammaGamma, margin, annual Ratio) (decimal.Decimal, error) {
	o, err := m.outlook("MBGNBD.CLV", &b)
	if err != nil {
		return decimal.Decimal{}, err
	}
	return o.valued(&b, spend, margin, annual, math.Inf(1))
}

// CLVWithin is CLV for the orders of the next n units of time: 12, Month is a year. A
// month is a twelfth of a year, 30.44 days, and a year 365.2425 days. It returns an
// error as CLV does, or if n is negative.
func (m MBGNBD) CLVWithin(b Buyer, spend GammaGamma, margin, annual Ratio, n int64, unit Unit) (decimal.Decimal, error) {
	o, err := m.outlook("MBGNBD.CLVWithin", &b)
	if err != nil {
		return decimal.Decimal{}, err
	}
	t, err := horizon(o.metric, n, unit, m.Unit)
	if err != nil {
		return decimal.Decimal{}, err
	}
	return o.valued(&b, spend, margin, annual, t)
}

var mbgnbdCatalog = []Entry{
	{
		Key: "mbgnbd.clv", English: []string{"predicted customer lifetime value, MBG/NBD", "predictive CLV, MBG/NBD", "predictive LTV, MBG/NBD"},
		Chinese: []string{"预测客户终身价值(MBG/NBD)", "预测生命周期价值(MBG/NBD)", "预测LTV(MBG/NBD)"}, Formula: "margin · spend.Expected · DERT",
		Unit: "money", Direction: Higher, Type: "MBGNBD", Method: "CLV",
	},
	{
		Key: "mbgnbd.clv_within", English: []string{"predicted customer lifetime value within a horizon, MBG/NBD"},
		Chinese: []string{"限期预测客户终身价值(MBG/NBD)"}, Formula: "margin · spend.Expected · DERTWithin",
		Unit: "money", Direction: Higher, Type: "MBGNBD", Method: "CLVWithin",
	},
	{
		Key: "mbgnbd.expected", English: []string{"expected orders, MBG/NBD"},
		Chinese: []string{"预期订单数(MBG/NBD)", "预期购买次数(MBG/NBD)"}, Formula: "P(alive) · E[(1 − e^(−λpt))/p]",
		Unit: "count", Direction: Higher, Type: "MBGNBD", Method: "Expected",
	},
	{
		Key: "mbgnbd.palive", English: []string{"probability alive, MBG/NBD", "P(alive), MBG/NBD"},
		Chinese: []string{"客户存活概率(MBG/NBD)", "活跃概率(MBG/NBD)"}, Formula: "1 / (1 + A/(B+x)·((Alpha+T)/(Alpha+t))^(R+x))",
		Unit: "probability", Direction: Higher, Type: "MBGNBD", Method: "PAlive",
	},
	{
		Key: "mbgnbd.dert", English: []string{"discounted expected residual transactions, MBG/NBD", "DERT, MBG/NBD"},
		Chinese: []string{"折现预期剩余交易数(MBG/NBD)"}, Formula: "∫ e^(−δu) dE[Y(u)]",
		Unit: "count", Direction: Higher, Type: "MBGNBD", Method: "DERT",
	},
}
