package kpi

import "github.com/shopspring/decimal"

// SBG are the parameters of the shifted-beta-geometric model of customers with a
// contract that is renewed, or not, at the end of each period of a Unit.
//
//   - Each leaves with a probability θ of their own at every renewal, at all the same.
//   - Customers differ: θ ~ Beta(Alpha, Beta).
//
// Of new customers there are left after t renewals, and of those who come to their
// n-th renewal make it,
//
//	Survival(t)   S(t) = B(Alpha, Beta+t)/B(Alpha, Beta)
//	Retention(n)  r(n) = S(n)/S(n−1) = (Beta+n−1)/(Alpha+Beta+n−1)
//	Churn(n)      1 − r(n)
//	Lifetime      Σ S(t) over t ≥ 0 = (Alpha+Beta−1)/(Alpha−1)
//
// Nobody is made loyal: retention rises with age because those who were going to
// leave have left. A churn of one period over customers of all ages is too low for the
// young and too high for the old.
//
// Lifetime is not discounted and, where Alpha ≤ 1, infinite, hence undefined: as in
// both of the cases that the model was published with. So many have a θ near 0 that
// the mean is theirs. What has a value is the discounted lifetime, DEL of a new
// customer, DERLBefore and DERLAfter of one who has come to a renewal; times the
// margin of a period it is a lifetime value.
//
// Data are a renewal table, which is a Survival over ages in whole periods: SurvivalOf
// makes one of the counts of a cohort, Cohorts.Survival one of a triangle, and Merge
// pools cohorts. Customers who are still there are censored. A model may be typed in
// from a paper, with the unit of its periods; Alpha and Beta are from 10⁻⁹ to 10⁹, ages
// and renewals up to a million.
//
// Covariates are not here, nor cohorts with parameters of their own: fit them one by
// one.
//
// Fader and Hardie (2007), How to project customer retention, Journal of Interactive
// Marketing 21(1), 76–90; (2010), Customer-base valuation in a contractual setting: the
// perils of ignoring heterogeneity, Marketing Science 29(1), 85–93, for DEL and DERL.
type SBG struct {
	Alpha float64 `json:"alpha"` // of the probability to leave, with mean Alpha/(Alpha+Beta)
	Beta  float64 `json:"beta"`  // of the same
	Unit  Unit    `json:"unit"`  // of the periods
}

// FitSBG returns the model under which a renewal table is likeliest; unit is that of
// its ages. It returns an error as LogLikelihood does, or if the unit is unknown; if
// somebody came to only one renewal, which tells the mean of θ and not its spread; if
// everybody renewed or nobody, when there is no maximum; and ErrNotConverged if the
// search ends elsewhere than at one. Where retention does not rise with age the
// customers are alike, Alpha and Beta without bound, and the report warns with
// CodeWeak.
func FitSBG(s Survival, unit Unit, settings *FitSettings) (SBG, FitReport, error) {
	m, report, err := fitContract("FitSBG", "SBG", []float64{1, 1}, s, unit, settings)
	return SBG{Alpha: m.a, Beta: m.b, Unit: m.unit}, report, err
}

func (m SBG) contract() contract { return contract{betaLife{m.Alpha, m.Beta, 1}, m.Unit} }

// LogLikelihood returns the log-likelihood of a renewal table,
//
//	Σ Events·ln(1 − r(n)) + (AtRisk − Events)·ln r(n)
//
// over the renewals n. It returns an error if a parameter is out of range; if counts of
// s are impossible, an age is not whole or above a million, or somebody left at age 0,
// naming the step; or if nobody came to a renewal.
func (m SBG) LogLikelihood(s Survival) (float64, error) {
	return m.contract().logLikelihood("SBG.LogLikelihood", s)
}

// Survival returns the share of new customers who are still there after t renewals,
// 1 at t = 0. It returns an error if a parameter is out of range or t outside 0 … 10⁶.
func (m SBG) Survival(t int) (float64, error) { return m.contract().survival("SBG.Survival", t) }

// Retention returns the share of those who come to their n-th renewal who make it. It
// returns an error if a parameter is out of range or n outside 1 … 10⁶.
func (m SBG) Retention(n int) (float64, error) { return m.contract().retention("SBG.Retention", n) }

// Churn returns the share of those who come to their n-th renewal who leave. It
// returns an error as Retention does.
func (m SBG) Churn(n int) (float64, error) { return m.contract().churn("SBG.Churn", n) }

// Lifetime returns the expected number of periods that a new customer pays for, the
// first included. It returns an error if a parameter is out of range, or if Alpha ≤ 1.
func (m SBG) Lifetime() (float64, error) { return m.contract().del("SBG.Lifetime", Ratio{}) }

// DEL returns the discounted expected lifetime of a new customer, in periods, of which
// the first is paid now:
//
//	Σ S(t)/(1+d)ᵗ over t = 0, 1, 2 …,  1+d = 1+annual a year
//
// annual is the rate of a year, 0.1 for 10 %, and is converted to the model's Unit here,
// once. It returns an error if a parameter is out of range, if annual is negative, or
// if it is 0 and Alpha ≤ 1.
func (m SBG) DEL(annual Ratio) (float64, error) { return m.contract().del("SBG.DEL", annual) }

// DERLBefore returns the discounted expected residual lifetime of a customer just
// before the n-th renewal, which is due now:
//
//	Σ S(t)/S(n−1) / (1+d)^(t−n) over t = n, n+1, n+2 …
//
// It returns an error as DEL does, or if n is outside 1 … 10⁶.
func (m SBG) DERLBefore(n int, annual Ratio) (float64, error) {
	return m.contract().before("SBG.DERLBefore", n, annual)
}

// DERLAfter returns that of a customer who has just made the n-th renewal and comes to
// the next in a period; n = 0 is one who has just become a customer:
//
//	Σ S(t)/S(n) / (1+d)^(t−n) over t = n+1, n+2, n+3 …
//
// It returns an error as DEL does, or if n is outside 0 … 10⁶.
func (m SBG) DERLAfter(n int, annual Ratio) (float64, error) {
	return m.contract().after("SBG.DERLAfter", n, annual)
}

// CLV returns the present value of a new customer (客户终身价值), who pays now and at
// each renewal, rounded to four places: margin · DEL, margin being that of a period. It
// is RetentionCLV in advance for customers who differ. It returns an error as DEL does.
func (m SBG) CLV(margin, annual Ratio) (decimal.Decimal, error) {
	return m.contract().clv("SBG.CLV", margin, annual)
}

var sbgCatalog = []Entry{
	{
		Key: "sbg.clv", English: []string{"predicted customer lifetime value, sBG", "predictive CLV, sBG", "predictive LTV, sBG"},
		Chinese: []string{"预测客户终身价值(sBG)", "预测生命周期价值(sBG)", "预测LTV(sBG)"}, Formula: "margin · DEL",
		Unit: "money", Direction: Higher, Type: "SBG", Method: "CLV",
	},
	{
		Key: "sbg.survival", English: []string{"predicted survival, sBG", "projected retention curve, sBG"},
		Chinese: []string{"预测留存曲线(sBG)"}, Formula: "B(Alpha, Beta+t) / B(Alpha, Beta)",
		Unit: "share", Direction: Higher, Type: "SBG", Method: "Survival",
	},
	{
		Key: "sbg.retention", English: []string{"predicted renewal rate, sBG", "predicted retention rate, sBG"},
		Chinese: []string{"预测续约率(sBG)", "预测续费率(sBG)"}, Formula: "(Beta+n−1) / (Alpha+Beta+n−1)",
		Unit: "share", Direction: Higher, Type: "SBG", Method: "Retention",
	},
	{
		Key: "sbg.churn", English: []string{"predicted churn, sBG"},
		Chinese: []string{"预测流失率(sBG)"}, Formula: "Alpha / (Alpha+Beta+n−1)",
		Unit: "share", Direction: Lower, Type: "SBG", Method: "Churn",
	},
	{
		Key: "sbg.lifetime", English: []string{"expected lifetime, sBG"},
		Chinese: []string{"预期客户生命周期(sBG)"}, Formula: "(Alpha+Beta−1) / (Alpha−1)",
		Unit: "periods", Direction: Higher, Type: "SBG", Method: "Lifetime",
	},
	{
		Key: "sbg.del", English: []string{"discounted expected lifetime, sBG", "DEL, sBG"},
		Chinese: []string{"折现预期生命周期(sBG)"}, Formula: "Σ S(t)/(1+d)ᵗ over t ≥ 0",
		Unit: "periods", Direction: Higher, Type: "SBG", Method: "DEL",
	},
	{
		Key: "sbg.derl_before", English: []string{"discounted expected residual lifetime before a renewal, sBG", "DERL before a renewal, sBG"},
		Chinese: []string{"续约前折现预期剩余生命周期(sBG)"}, Formula: "Σ S(t)/S(n−1) / (1+d)^(t−n) over t ≥ n",
		Unit: "periods", Direction: Higher, Type: "SBG", Method: "DERLBefore",
	},
	{
		Key: "sbg.derl_after", English: []string{"discounted expected residual lifetime after a renewal, sBG", "DERL after a renewal, sBG"},
		Chinese: []string{"续约后折现预期剩余生命周期(sBG)"}, Formula: "Σ S(t)/S(n) / (1+d)^(t−n) over t > n",
		Unit: "periods", Direction: Higher, Type: "SBG", Method: "DERLAfter",
	},
}
