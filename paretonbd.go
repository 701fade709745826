package kpi

import (
	"math"

	"github.com/shopspring/decimal"
)

// ParetoNBD are the parameters of the Pareto/NBD model of repeat buying outside
// contracts, the first of its kind.
//
//   - While alive, a customer orders at random at the rate λ per Unit.
//   - Rates differ: λ ~ Gamma(R, Alpha), with mean R/Alpha.
//   - A customer may fall silent at any time, at the rate μ.
//   - So do these: μ ~ Gamma(S, Beta), independently of λ.
//
// With x = Frequency, t = Recency and T = Age of a Buyer the likelihood is, without a
// difference that could cancel,
//
//	Γ(R+x)/Γ(R)·Alpha^R·Beta^S·(S·H(R+x, S+1; t) + (R+x)·H(R+x+1, S; T))
//	H(a, b; u) = ∫ (Alpha+y)^−a·(Beta+y)^−b dy   from u to ∞
//
// Schmittlein, Morrison and Colombo (1987), Counting your customers: who are they and
// what will they do next?, Management Science 33, 1–24; Fader and Hardie (2005), A note
// on deriving the Pareto/NBD model and related expressions; Fader, Hardie and Lee
// (2005), RFM and CLV: using iso-value curves for customer base analysis, Journal of
// Marketing Research 42, 415–430, for DERT.
type ParetoNBD struct {
	R     float64 `json:"r"`     // shape of the rates of orders
	Alpha float64 `json:"alpha"` // of the rates too, a time in Unit
	S     float64 `json:"s"`     // shape of the rates of falling silent
	Beta  float64 `json:"beta"`  // of these too, a time in Unit
	Unit  Unit    `json:"unit"`  // of time
}

// FitParetoNBD returns the model under which the buyers' orders are likeliest, in the
// Unit of the buyers. It returns an error as FitBGNBD does.
func FitParetoNBD(buyers []Buyer, s *FitSettings) (ParetoNBD, FitReport, error) {
	at, report, err := fitPareto("FitParetoNBD", buyers, s)
	if err != nil {
		return ParetoNBD{}, FitReport{}, err
	}
	return ParetoNBD{R: at[0], Alpha: at[1], S: at[2], Beta: at[3], Unit: report.Unit}, report, nil
}

// LogLikelihood returns the log-likelihood of the buyers. It returns an error that
// names the buyer if one is invalid or of another Unit, or if a parameter is not above
// 0.
func (m ParetoNBD) LogLikelihood(buyers []Buyer) (float64, error) {
	const metric = "ParetoNBD.LogLikelihood"
	if err := m.valid(metric); err != nil {
		return 0, err
	}
	return likelihood(metric, buyers, m.Unit, func(row *likeness) float64 {
		ll, _, _ := m.customer(row)
		return ll
	})
}

// PAlive returns the probability that the customer is still alive at Age. It
// returns an error if the buyer is invalid or of another Unit, or a parameter is not
// above 0.
func (m ParetoNBD) PAlive(b Buyer) (float64, error) {
	o, err := m.outlook("ParetoNBD.PAlive", &b)
	if err != nil {
		return 0, err
	}
	return o.alive, nil
}

// PAliveAt returns the probability that the customer will still be alive at Age + t,
// t ≥ 0 in the model's Unit. It returns an error as PAlive does.
func (m ParetoNBD) PAliveAt(b Buyer, t float64) (float64, error) {
	o, err := m.outlook("ParetoNBD.PAliveAt", &b)
	if err != nil {
		return 0, err
	}
	return o.aliveAt(t)
}

// Expected returns the mean number of the customer's orders in the time t after Age,
// in the model's Unit. It returns an error as PAlive does, or if t is negative or not
// finite.
func (m ParetoNBD) Expected(b Buyer, t float64) (float64, error) {
	o, err := m.outlook("ParetoNBD.Expected", &b)
	if err != nil {
		return 0, err
	}
	return o.expected(t)
}

// PMF returns the probability of n orders of the customer in the time t after Age. It
// returns an error as Expected does, or if n is negative.
func (m ParetoNBD) PMF(b Buyer, n int64, t float64) (float64, error) {
	o, err := m.outlook("ParetoNBD.PMF", &b)
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
// and the orders have no finite mean (S ≤ 1).
func (m ParetoNBD) DERT(b Buyer, annual Ratio) (float64, error) {
	o, err := m.outlook("ParetoNBD.DERT", &b)
	if err != nil {
		return 0, err
	}
	return o.discounted(annual, math.Inf(1))
}

// DERTWithin is DERT for the orders in the time t after Age, in the model's Unit. It
// returns an error as DERT does, or if t is negative or not finite.
func (m ParetoNBD) DERTWithin(b Buyer, annual Ratio, t float64) (float64, error) {
	o, err := m.outlook("ParetoNBD.DERTWithin", &b)
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
func (m ParetoNBD) CLV(b Buyer, spend GammaGamma, margin, annual Ratio) (decimal.Decimal, error) {
	o, err := m.outlook("ParetoNBD.CLV", &b)
	if err != nil {
		return decimal.Decimal{}, err
	}
	return o.valued(&b, spend, margin, annual, math.Inf(1))
}

// CLVWithin is CLV for the orders of the next n units of time: 12, Month is a year. A
// month is a twelfth of a year, 30.44 days, and a year 365.2425 days. It returns an
// error as CLV does, or if n is negative.
func (m ParetoNBD) CLVWithin(b Buyer, spend GammaGamma, margin, annual Ratio, n int64, unit Unit) (decimal.Decimal, error) {
	o, err := m.outlook("ParetoNBD.CLVWithin", &b)
	if err != nil {
		return decimal.Decimal{}, err
	}
	t, err := horizon(o.metric, n, unit, m.Unit)
	if err != nil {
		return decimal.Decimal{}, err
	}
	return o.valued(&b, spend, margin, annual, t)
}

var paretonbdCatalog = []Entry{
	{
		Key: "paretonbd.clv", English: []string{"predicted customer lifetime value, Pareto/NBD", "predictive CLV, Pareto/NBD", "predictive LTV, Pareto/NBD"},
		Chinese: []string{"预测客户终身价值(Pareto/NBD)", "预测生命周期价值(Pareto/NBD)", "预测LTV(Pareto/NBD)"}, Formula: "margin · spend.Expected · DERT",
		Unit: "money", Direction: Higher, Type: "ParetoNBD", Method: "CLV",
	},
	{
		Key: "paretonbd.clv_within", English: []string{"predicted customer lifetime value within a horizon, Pareto/NBD"},
		Chinese: []string{"限期预测客户终身价值(Pareto/NBD)"}, Formula: "margin · spend.Expected · DERTWithin",
		Unit: "money", Direction: Higher, Type: "ParetoNBD", Method: "CLVWithin",
	},
	{
		Key: "paretonbd.expected", English: []string{"expected orders, Pareto/NBD"},
		Chinese: []string{"预期订单数(Pareto/NBD)", "预期购买次数(Pareto/NBD)"}, Formula: "P(alive) · E[λ·(1 − e^(−μt))/μ]",
		Unit: "count", Direction: Higher, Type: "ParetoNBD", Method: "Expected",
	},
	{
		Key: "paretonbd.palive", English: []string{"probability alive, Pareto/NBD", "P(alive), Pareto/NBD"},
		Chinese: []string{"客户存活概率(Pareto/NBD)", "活跃概率(Pareto/NBD)"}, Formula: "P(τ > T | x, t, T)",
		Unit: "probability", Direction: Higher, Type: "ParetoNBD", Method: "PAlive",
	},
	{
		Key: "paretonbd.dert", English: []string{"discounted expected residual transactions, Pareto/NBD", "DERT, Pareto/NBD"},
		Chinese: []string{"折现预期剩余交易数(Pareto/NBD)"}, Formula: "∫ e^(−δu) dE[Y(u)]",
		Unit: "count", Direction: Higher, Type: "ParetoNBD", Method: "DERT",
	},
}
