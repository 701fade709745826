package kpi

import "github.com/shopspring/decimal"

// BdW are the parameters of the beta-discrete-Weibull model: SBG for customers whose
// own probability to leave changes with age.
//
//   - A customer survives t renewals with the probability (1−θ)^(tᶜ), c being C.
//   - Customers differ: θ ~ Beta(Alpha, Beta).
//
// With that
//
//	Survival(t)   S(t) = B(Alpha, Beta+tᶜ)/B(Alpha, Beta)
//	Retention(n)  r(n) = S(n)/S(n−1)
//	Lifetime      Σ S(t) over t ≥ 0, infinite where Alpha·C ≤ 1
//
// At C = 1 it is SBG; at C > 1 a single customer becomes more likely to leave with age,
// at C < 1 less. Of all customers retention rises either way, with a large C after a
// dip. Where it was published with C came out above 1: a curve that rises is no sign
// of customers who grow loyal. Nor are three parameters of four renewals a proof of the
// contrary: look at the standard error of C, and at the AIC of SBG, before telling
// either story.
//
// C is from 0.01 to 10; all else is as in SBG.
//
// Fader, Hardie, Liu, Davin and Steenburgh (2018), "How to project customer retention"
// revisited: the role of duration dependence, Journal of Interactive Marketing 43, 1–16.
type BdW struct {
	Alpha float64 `json:"alpha"` // of the probability to leave at the first renewal
	Beta  float64 `json:"beta"`  // of the same
	C     float64 `json:"c"`     // power of age
	Unit  Unit    `json:"unit"`  // of the periods
}

// FitBdW returns the model under which a renewal table is likeliest; unit is that of
// its ages. It returns an error as FitSBG does, and needs three renewals to which
// somebody came.
func FitBdW(s Survival, unit Unit, settings *FitSettings) (BdW, FitReport, error) {
	m, report, err := fitContract("FitBdW", "BdW", []float64{1, 1, 1}, s, unit, settings)
	return BdW{Alpha: m.a, Beta: m.b, C: m.c, Unit: m.unit}, report, err
}

func (m BdW) contract() contract { return contract{betaLife{m.Alpha, m.Beta, m.C}, m.Unit} }

// LogLikelihood returns the log-likelihood of a renewal table, and an error, as
// SBG.LogLikelihood does.
func (m BdW) LogLikelihood(s Survival) (float64, error) {
	return m.contract().logLikelihood("BdW.LogLikelihood", s)
}

// Survival returns the share of new customers who are still there after t renewals,
// 1 at t = 0. It returns an error if a parameter is out of range or t outside 0 … 10⁶.
func (m BdW) Survival(t int) (float64, error) { return m.contract().survival("BdW.Survival", t) }

// Retention returns the share of those who come to their n-th renewal who make it. It
// returns an error if a parameter is out of range or n outside 1 … 10⁶.
func (m BdW) Retention(n int) (float64, error) { return m.contract().retention("BdW.Retention", n) }

// Churn returns the share of those who come to their n-th renewal who leave. It
// returns an error as Retention does.
func (m BdW) Churn(n int) (float64, error) { return m.contract().churn("BdW.Churn", n) }

// Lifetime returns the expected number of periods that a new customer pays for, the
// first included. It returns an error if a parameter is out of range, or if
// Alpha·C ≤ 1.
func (m BdW) Lifetime() (float64, error) { return m.contract().del("BdW.Lifetime", Ratio{}) }

// DEL returns the discounted expected lifetime of a new customer, as SBG.DEL does. It
// returns an error if a parameter is out of range, if annual is negative, or if it is
// 0 and Alpha·C ≤ 1.
func (m BdW) DEL(annual Ratio) (float64, error) { return m.contract().del("BdW.DEL", annual) }

// DERLBefore returns the discounted expected residual lifetime just before the n-th
// renewal, as SBG.DERLBefore does. It returns an error as DEL does, or if n is
// outside 1 … 10⁶.
func (m BdW) DERLBefore(n int, annual Ratio) (float64, error) {
	return m.contract().before("BdW.DERLBefore", n, annual)
}

// DERLAfter returns that just after the n-th renewal, as SBG.DERLAfter does. It
// returns an error as DEL does, or if n is outside 0 … 10⁶.
func (m BdW) DERLAfter(n int, annual Ratio) (float64, error) {
	return m.contract().after("BdW.DERLAfter", n, annual)
}

// CLV returns the present value of a new customer (客户终身价值), as SBG.CLV does. It
// returns an error as DEL does.
func (m BdW) CLV(margin, annual Ratio) (decimal.Decimal, error) {
	return m.contract().clv("BdW.CLV", margin, annual)
}

var bdwCatalog = []Entry{
	{
		Key: "bdw.clv", English: []string{"predicted customer lifetime value, BdW", "predictive CLV, BdW", "predictive LTV, BdW"},
		Chinese: []string{"预测客户终身价值(BdW)", "预测生命周期价值(BdW)", "预测LTV(BdW)"}, Formula: "margin · DEL",
		Unit: "money", Direction: Higher, Type: "BdW", Method: "CLV",
	},
	{
		Key: "bdw.survival", English: []string{"predicted survival, BdW", "projected retention curve, BdW"},
		Chinese: []string{"预测留存曲线(BdW)"}, Formula: "B(Alpha, Beta+tᶜ) / B(Alpha, Beta)",
		Unit: "share", Direction: Higher, Type: "BdW", Method: "Survival",
	},
	{
		Key: "bdw.retention", English: []string{"predicted renewal rate, BdW", "predicted retention rate, BdW"},
		Chinese: []string{"预测续约率(BdW)", "预测续费率(BdW)"}, Formula: "S(n)/S(n−1)",
		Unit: "share", Direction: Higher, Type: "BdW", Method: "Retention",
	},
	{
		Key: "bdw.churn", English: []string{"predicted churn, BdW"},
		Chinese: []string{"预测流失率(BdW)"}, Formula: "1 − S(n)/S(n−1)",
		Unit: "share", Direction: Lower, Type: "BdW", Method: "Churn",
	},
	{
		Key: "bdw.lifetime", English: []string{"expected lifetime, BdW"},
		Chinese: []string{"预期客户生命周期(BdW)"}, Formula: "Σ S(t) over t ≥ 0",
		Unit: "periods", Direction: Higher, Type: "BdW", Method: "Lifetime",
	},
	{
		Key: "bdw.del", English: []string{"discounted expected lifetime, BdW", "DEL, BdW"},
		Chinese: []string{"折现预期生命周期(BdW)"}, Formula: "Σ S(t)/(1+d)ᵗ over t ≥ 0",
		Unit: "periods", Direction: Higher, Type: "BdW", Method: "DEL",
	},
	{
		Key: "bdw.derl_before", English: []string{"discounted expected residual lifetime before a renewal, BdW", "DERL before a renewal, BdW"},
		Chinese: []string{"续约前折现预期剩余生命周期(BdW)"}, Formula: "Σ S(t)/S(n−1) / (1+d)^(t−n) over t ≥ n",
		Unit: "periods", Direction: Higher, Type: "BdW", Method: "DERLBefore",
	},
	{
		Key: "bdw.derl_after", English: []string{"discounted expected residual lifetime after a renewal, BdW", "DERL after a renewal, BdW"},
		Chinese: []string{"续约后折现预期剩余生命周期(BdW)"}, Formula: "Σ S(t)/S(n) / (1+d)^(t−n) over t > n",
		Unit: "periods", Direction: Higher, Type: "BdW", Method: "DERLAfter",
	},
}
