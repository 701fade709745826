package kpi

import (
	"math"

	"github.com/shopspring/decimal"
)

// BGNBD are the parameters of the beta-geometric/NBD model of repeat buying outside
// contracts, where customers do not say that they leave.
//
//   - While alive, a customer orders at random at the rate λ per Unit.
//   - Rates differ: λ ~ Gamma(R, Alpha), with mean R/Alpha.
//   - After every repeat order the customer falls silent for good with probability p.
//   - So does p: p ~ Beta(A, B), with mean A/(A+B), and independently of λ.
//
// With x = Frequency, t = Recency and T = Age of a Buyer the likelihood is
//
//	B(A, B+x)/B(A, B)·Γ(R+x)/Γ(R)·Alpha^R·(Alpha+T)^−(R+x) / PAlive
//	PAlive = 1 / (1 + [x > 0]·A/(B+x−1)·((Alpha+T)/(Alpha+t))^(R+x))
//
// A customer can fall silent at a repeat order only. Everyone with none is alive with
// probability 1, however long ago the first order was: ask MBGNBD or ParetoNBD, which
// know better, where most customers buy once.
//
// A model may be typed in from a paper, with the unit of its times. Fader, Hardie and
// Lee (2005), "Counting your customers" the easy way: an alternative to the Pareto/NBD
// model, Marketing Science 24, 275–284. DERT, which neither that paper nor its notes
// have, is computed by integration.
type BGNBD struct {
	R     float64 `json:"r"`     // shape of the rates
	Alpha float64 `json:"alpha"` // of the rates too, a time in Unit
	A     float64 `json:"a"`     // of the probability to fall silent
	B     float64 `json:"b"`     // of the same
	Unit  Unit    `json:"unit"`  // of time
}

// FitBGNBD returns the model under which the buyers' orders are likeliest, in the
// Unit of the buyers. It returns an error that names the buyer if one is invalid or of
// another Unit than the first; if there are fewer than two customers, or none who came
// back; and ErrNotConverged if the search ends elsewhere than at a maximum.
func FitBGNBD(buyers []Buyer, s *FitSettings) (BGNBD, FitReport, error) {
	m, report, err := flipsModel{model: "BGNBD"}.fit("FitBGNBD", buyers, s)
	return BGNBD{R: m.r, Alpha: m.alpha, A: m.a, B: m.b, Unit: m.unit}, report, err
}

func (m BGNBD) flips() flipsModel {
	return flipsModel{r: m.R, alpha: m.Alpha, a: m.A, b: m.B, unit: m.Unit}
}

func (m BGNBD) outlook(metric string, b *Buyer) (outlook, error) { return m.flips().outlook(metric, b) }

// LogLikelihood returns the log-likelihood of the buyers. It returns an error that
// names the buyer if one is invalid or of another Unit, or if a parameter is not above
// 0.
func (m BGNBD) LogLikelihood(buyers []Buyer) (float64, error) {
	return m.flips().logLikelihood("BGNBD.LogLikelihood", buyers)
}

// PAlive returns the probability that the customer is still alive at Age: 1 for
// all with no repeat order, as the type says. It
// returns an error if the buyer is invalid or of another Unit, or a parameter is not
// above 0.
func (m BGNBD) PAlive(b Buyer) (float64, error) {
	o, err := m.outlook("BGNBD.PAlive", &b)
	if err != nil {
		return 0, err
	}
	return o.alive, nil
}

// PAliveAt returns the probability that the customer will still be alive at Age + t,
// t ≥ 0 in the model's Unit. It returns an error as PAlive does.
func (m BGNBD) PAliveAt(b Buyer, t float64) (float64, error) {
	o, err := m.outlook("BGNBD.PAliveAt", &b)
	if err != nil {
		return 0, err
	}
	return o.aliveAt(t)
}

// Expected returns the mean number of the customer's orders in the time t after Age,
// in the model's Unit. It returns an error as PAlive does, or if t is negative or not
// finite.
func (m BGNBD) Expected(b Buyer, t float64) (float64, error) {
	o, err := m.outlook("BGNBD.Expected", &b)
	if err != nil {
		return 0, err
	}
	return o.expected(t)
}

// PMF returns the probability of n orders of the customer in the time t after Age. It
// returns an error as Expected does, or if n is negative.
func (m BGNBD) PMF(b Buyer, n int64, t float64) (float64, error) {
	o, err := m.outlook("BGNBD.PMF", &b)
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
func (m BGNBD) DERT(b Buyer, annual Ratio) (float64, error) {
	o, err := m.outlook("BGNBD.DERT", &b)
	if err != nil {
		return 0, err
	}
	return o.discounted(annual, math.Inf(1))
}

// DERTWithin is DERT for the orders in the time t after Age, in the model's Unit. It
// returns an error as DERT does, or if t is negative or not finite.
func (m BGNBD) DERTWithin(b Buyer, annual Ratio, t float64) (float64, error) {
	o, err := m.outlook("BGNBD.DERTWithin", &b)
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
func (m BGNBD) CLV(b Buyer, spend GammaGamma, margin, annual Ratio) (decimal.Decimal, error) {
	o, err := m.outlook("BGNBD.CLV", &b)
	if err != nil {
		return decimal.Decimal{}, err
	}
	return o.valued(&b, spend, margin, annual, math.Inf(1))
}

// CLVWithin is CLV for the orders of the next n units of time: 12, Month is a year. A
// month is a twelfth of a year, 30.44 days, and a year 365.2425 days. It returns an
// error as CLV does, or if n is negative.
func (m BGNBD) CLVWithin(b Buyer, spend GammaGamma, margin, annual Ratio, n int64, unit Unit) (decimal.Decimal, error) {
	o, err := m.outlook("BGNBD.CLVWithin", &b)
	if err != nil {
		return decimal.Decimal{}, err
	}
	t, err := horizon(o.metric, n, unit, m.Unit)
	if err != nil {
		return decimal.Decimal{}, err
	}
	return o.valued(&b, spend, margin, annual, t)
}

var bgnbdCatalog = []Entry{
	{
		Key: "bgnbd.clv", English: []string{"predicted customer lifetime value, BG/NBD", "predictive CLV, BG/NBD", "predictive LTV, BG/NBD"},
		Chinese: []string{"预测客户终身价值(BG/NBD)", "预测生命周期价值(BG/NBD)", "预测LTV(BG/NBD)"}, Formula: "margin · spend.Expected · DERT",
		Unit: "money", Direction: Higher, Type: "BGNBD", Method: "CLV",
	},
	{
		Key: "bgnbd.clv_within", English: []string{"predicted customer lifetime value within a horizon, BG/NBD"},
		Chinese: []string{"限期预测客户终身价值(BG/NBD)"}, Formula: "margin · spend.Expected · DERTWithin",
		Unit: "money", Direction: Higher, Type: "BGNBD", Method: "CLVWithin",
	},
	{
		Key: "bgnbd.expected", English: []string{"expected orders, BG/NBD"},
		Chinese: []string{"预期订单数(BG/NBD)", "预期购买次数(BG/NBD)"}, Formula: "P(alive) · E[(1 − e^(−λpt))/p]",
		Unit: "count", Direction: Higher, Type: "BGNBD", Method: "Expected",
	},
	{
		Key: "bgnbd.palive", English: []string{"probability alive, BG/NBD", "P(alive), BG/NBD"},
		Chinese: []string{"客户存活概率(BG/NBD)", "活跃概率(BG/NBD)"}, Formula: "1 / (1 + [x > 0]·A/(B+x−1)·((Alpha+T)/(Alpha+t))^(R+x))",
		Unit: "probability", Direction: Higher, Type: "BGNBD", Method: "PAlive",
	},
	{
		Key: "bgnbd.dert", English: []string{"discounted expected residual transactions, BG/NBD", "DERT, BG/NBD"},
		Chinese: []string{"折现预期剩余交易数(BG/NBD)"}, Formula: "∫ e^(−δu) dE[Y(u)]",
		Unit: "count", Direction: Higher, Type: "BGNBD", Method: "DERT",
	},
}
