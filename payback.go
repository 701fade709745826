package kpi

import (
	"math/big"
	"sort"
)

// UnitEconomics sets what a customer costs against what a customer brings.
//
//	Ratio         = clv / CAC
//	Payback       = CAC / (ARPA · margin)
//	PaybackMonths = the least n whose n margins, thinned by churn, reach CAC
//
// All three are of margin: revenue in place of margin makes every business look
// sound. CAC is Acquisition.CAC or that of a Channel. Neither field may be
// negative. Nothing is discounted here.
type UnitEconomics struct {
	CAC  Ratio `json:"cac"`  // money per new customer
	ARPA Ratio `json:"arpa"` // revenue per account and month
}

func (u UnitEconomics) valid(metric string) error {
	return nonNegativeRatios(metric, []string{"CAC", "ARPA"}, u.CAC, u.ARPA)
}

// Ratio returns clv/CAC (CAC与CLV平衡), clv being of margin, such as CLV.Profit or
// RetentionCLV.Perpetuity. It returns an error if a field is negative or CAC is 0.
func (u UnitEconomics) Ratio(clv Ratio) (Ratio, error) {
	const metric = "UnitEconomics.Ratio"
	if err := u.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, clv.r(), u.CAC.r())
}

// Payback returns CAC/(ARPA·margin) months (投资回收期), as if no customer ever left;
// margin is a share of revenue: 40 % is Percent(40). It returns an error if a
// field is negative or margin is above 1, or if ARPA·margin is not positive, when
// nothing ever comes back.
func (u UnitEconomics) Payback(margin Ratio) (Ratio, error) {
	const metric = "UnitEconomics.Payback"
	if err := u.valid(metric); err != nil {
		return Ratio{}, err
	}
	if err := grossMargin(metric, margin); err != nil {
		return Ratio{}, err
	}
	return u.months(metric, u.ARPA.Mul(margin))
}

// months returns CAC in units of the first month's margin.
func (u UnitEconomics) months(metric string, first Ratio) (Ratio, error) {
	if first.Sign() <= 0 {
		return Ratio{}, fail(metric, CodeNever, "margin = %.6g", first)
	}
	return ratio(new(big.Rat).Quo(u.CAC.r(), first.r())), nil
}

// PaybackMonths returns how many monthly margins pay CAC back if customers are
// kept from month to month at retention: with m for ARPA·margin and r for
// retention, the least n for which
//
//	InAdvance, InArrears   m·(1−rⁿ)/(1−r) ≥ CAC
//	IfRetained             m·r·(1−rⁿ)/(1−r) ≥ CAC
//
// and for which n·m ≥ CAC at r = 1. It is decided exactly. Nothing is discounted,
// so InAdvance and InArrears count the same margins, at the start and at the end
// of the months. A CAC of 0 is paid back in 0 months.
//
// It returns an error as Payback does, or if retention is outside [0, 1], the
// timing is unknown, or the fractions are too large; if all margins for ever
// only approach CAC or stay below it (CodeNever); and if it takes more than 1200
// months (CodeBeyondBound).
func (u UnitEconomics) PaybackMonths(margin, retention Ratio, timing Timing) (int, error) {
	const metric = "UnitEconomics.PaybackMonths"
	if err := u.valid(metric); err != nil {
		return 0, err
	}
	if err := grossMargin(metric, margin); err != nil {
		return 0, err
	}
	if err := retentionRate(metric, retention); err != nil {
		return 0, err
	}
	if err := timing.valid(metric); err != nil {
		return 0, err
	}
	if err := bounded(metric, maxPower*bitsOf(retention)+bitsOf(u.CAC, u.ARPA, margin)); err != nil {
		return 0, err
	}
	first := u.ARPA.Mul(margin)
	if timing == IfRetained {
		first = first.Mul(retention)
	}
	need, err := u.months(metric, first)
	if err != nil {
		return 0, err
	}
	if need.IsZero() {
		return 0, nil
	}
	// 1 + r + … + rⁿ⁻¹ ≥ need iff n ≥ need at r = 1, and below it rⁿ ≤ rest.
	rest := need.Mul(retention.Complement()).Complement()
	if rest.Sign() < 0 || rest.IsZero() && !retention.IsZero() {
		all := new(big.Rat).Quo(first.r(), retention.Complement().r()) // r < 1 here
		return 0, fail(metric, CodeNever, "CAC = %.6g ≥ Σ margin = %.6g", u.CAC, ratio(all))
	}
	a, b := retention.r().Num(), retention.r().Denom()
	reached := func(n int) bool {
		if a.Cmp(b) == 0 {
			return Whole(int64(n)).Cmp(need) >= 0
		}
		e := big.NewInt(int64(n))
		kept := new(big.Int).Exp(a, e, nil)
		left := new(big.Int).Exp(b, e, nil)
		return kept.Mul(kept, rest.r().Denom()).Cmp(left.Mul(left, rest.r().Num())) <= 0
	}
	n := sort.Search(maxPower+1, reached)
	if n > maxPower {
		return 0, fail(metric, CodeBeyondBound, "n > %d", maxPower)
	}
	return n, nil
}

var unitEconomicsCatalog = []Entry{
	{
		Key: "clv.to_cac", English: []string{"CLV to CAC ratio", "CLV:CAC", "LTV:CAC", "LTV/CAC"},
		Chinese: []string{"CAC与CLV平衡", "CLV与CAC之比", "LTV/CAC", "客户价值成本比"}, Formula: "clv / CAC",
		Unit: "ratio", Direction: Higher, Type: "UnitEconomics", Method: "Ratio",
	},
	{
		Key: "payback.simple", English: []string{"CAC payback period", "simple payback"},
		Chinese: []string{"投资回收期", "获客成本回收期", "CAC回收期"}, Formula: "CAC / (ARPA · margin)",
		Unit: "months", Direction: Lower, Type: "UnitEconomics", Method: "Payback",
	},
	{
		Key: "payback.churn", English: []string{"CAC payback period with churn"},
		Chinese: []string{"投资回收期(计入流失)", "动态获客成本回收期"}, Formula: "least n with Σ ARPA·margin·rᵗ ≥ CAC over n months",
		Unit: "months", Direction: Lower, Type: "UnitEconomics", Method: "PaybackMonths",
	},
}
