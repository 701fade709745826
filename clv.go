package kpi

import (
	"encoding/json"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// CLV is the customer lifetime value of the spreadsheets: order value times
// orders times lifespan.
//
//	Revenue = OrderValue · Orders · lifespan
//	Profit  = OrderValue · Orders · lifespan · margin
//
// OrderValue is per order (笔单价), not per customer (客单价), which holds the orders
// already. Orders are per period, and lifespan is in the same periods: 200 an
// order, 5 orders a year and 2 years make 2000. Lifespan and margin are arguments
// because a plausible guess of either is what usually goes wrong; a lifespan
// from churn is Churn.Lifespan.
//
// Which CLV? Revenue is turnover, comparable with other turnover and with nothing
// else. Profit may be set against CAC. Neither discounts, and neither knows that
// customers leave at different times: RetentionCLV does both. CashFlows values
// margins that were observed or planned one by one.
//
// Neither field may be negative.
type CLV struct {
	OrderValue Ratio `json:"order_value"` // revenue per order
	Orders     Ratio `json:"orders"`      // orders per customer and period
}

// Revenue returns OrderValue·Orders·lifespan (客户终身价值, as revenue), lifespan in
// the periods of Orders. It returns an error if a factor is negative.
func (c CLV) Revenue(lifespan Ratio) (Ratio, error) {
	return c.times("CLV.Revenue", lifespan, Whole(1))
}

// Profit returns OrderValue·Orders·lifespan·margin, with margin the gross margin
// as a share of revenue: 40 % is Percent(40). A negative margin gives a negative
// profit. It returns an error if another factor is negative or margin is above 1.
func (c CLV) Profit(lifespan, margin Ratio) (Ratio, error) {
	return c.times("CLV.Profit", lifespan, margin)
}

func (c CLV) times(metric string, lifespan, margin Ratio) (Ratio, error) {
	if err := nonNegativeRatios(metric, []string{"OrderValue", "Orders", "lifespan"}, c.OrderValue, c.Orders, lifespan); err != nil {
		return Ratio{}, err
	}
	if err := grossMargin(metric, margin); err != nil {
		return Ratio{}, err
	}
	return c.OrderValue.Mul(c.Orders).Mul(lifespan).Mul(margin), nil
}

// nonNegativeRatios refuses the first negative of the named ratios.
func nonNegativeRatios(metric string, names []string, ratios ...Ratio) error {
	for i, r := range ratios {
		if r.Sign() < 0 {
			return fail(metric, CodeNegative, "%s = %.6g", names[i], r)
		}
	}
	return nil
}

// Timing says when the first margin of a RetentionCLV falls due, and whether it
// is certain. The three conventions differ by up to a whole margin: 2667, 3667
// and 3333 for one customer of 1000 a year, kept at 80 % and discounted at 10 %.
type Timing int

// The timings of margins.
const (
	IfRetained Timing = iota // at the end of each period, from those still customers then; the first is not certain
	InAdvance                // at the start of each period; the first is now, and certain
	InArrears                // at the end of each period, from those customers at its start; the first is certain
)

var timingNames = []string{"if retained", "in advance", "in arrears"}

// String returns the name of t: "if retained".
func (t Timing) String() string { return enumName(timingNames, int(t), "Timing") }

// ParseTiming returns the timing of that name.
func ParseTiming(s string) (Timing, error) {
	i, err := parseEnum("ParseTiming", timingNames, s)
	return Timing(i), err
}

// MarshalText returns the name of t.
func (t Timing) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what ParseTiming reads.
func (t *Timing) UnmarshalText(text []byte) error { return readEnum(t, ParseTiming, text) }

func (t Timing) valid(metric string) error {
	if t < IfRetained || t > InArrears {
		return fail(metric, CodeOutOfRange, "Timing = %d", int(t))
	}
	return nil
}

// RetentionCLV is the present value of the margins of one customer who is kept
// from period to period at a retention rate r, discounted at d a period. With m
// for Margin and ρ = r/(1+d), the value of a customer for ever and that of n
// margins are
//
//	Timing       first margin    Perpetuity          Horizon
//	IfRetained   m·ρ             m·r / (1+d−r)       m·ρ·(1−ρⁿ) / (1−ρ)
//	InAdvance    m               m·(1+d) / (1+d−r)   m·(1−ρⁿ) / (1−ρ)
//	InArrears    m / (1+d)       m / (1+d−r)         m/(1+d)·(1−ρⁿ) / (1−ρ)
//
// and at ρ = 1 a horizon is n times the first margin. All three are in use under
// one name, and none is wrong: IfRetained values a customer just after a payment,
// InAdvance a subscriber who is about to pay, InArrears one who pays at the end.
// At d = 0, InArrears and InAdvance are Margin/churn. Against the CAC of customers
// who are still to make their first payment, IfRetained leaves that one out.
//
// Margin, r and d must be of the same period. Margin is contribution and not
// revenue; it may be negative, and then the value is. A retention rate outside
// [0, 1] and a discount of −1 or below are invalid. A value for ever with
// r ≥ 1+d does not exist.
//
// Everything is exact, so the numerators grow with the horizon: it is at most
// 1200 periods, and rationals that would make a result of more than half a
// million bits are refused.
//
// Gupta, S. and Lehmann, D. R. (2003), Customers as assets, Journal of
// Interactive Marketing 17(1), 9–24, for IfRetained; Fader, P. S. and Hardie,
// B. G. S. (2012), Reconciling and clarifying CLV formulas, for the timings.
type RetentionCLV struct {
	Margin Ratio  `json:"margin"` // per customer and period
	Timing Timing `json:"timing"`
}

// discountRate refuses a rate per period at which money is worth nothing or less.
func discountRate(metric, name string, d Ratio) error {
	if d.Cmp(Whole(-1)) <= 0 {
		return fail(metric, CodeOutOfRange, "%s = %.6g ≤ -1", name, d)
	}
	return nil
}

// retentionRate refuses a rate outside [0, 1].
func retentionRate(metric string, r Ratio) error {
	if x := r.r(); x.Sign() < 0 || x.Num().Cmp(x.Denom()) > 0 {
		return fail(metric, CodeOutOfRange, "r = %.6g ∉ [0, 1]", r)
	}
	return nil
}

// valid checks all but the rates of retention; bits is the size of what is
// multiplied.
func (c RetentionCLV) valid(metric string, d Ratio, bits int64) error {
	if err := c.Timing.valid(metric); err != nil {
		return err
	}
	if err := discountRate(metric, "d", d); err != nil {
		return err
	}
	return bounded(metric, bits+bitsOf(c.Margin))
}

// validRate is valid for one retention rate over n periods.
func (c RetentionCLV) validRate(metric string, r, d Ratio, n int) error {
	if err := retentionRate(metric, r); err != nil {
		return err
	}
	return c.valid(metric, d, int64(n)*bitsOf(r, d))
}

// first returns the present value of the first margin.
func (c RetentionCLV) first(r, growth *big.Rat) *big.Rat {
	first := c.Margin.Rat()
	if c.Timing == IfRetained {
		first.Mul(first, r)
	}
	if c.Timing != InAdvance {
		first.Quo(first, growth)
	}
	return first
}

// Perpetuity returns the present value of a customer who is kept at r for ever
// (客户终身价值), by the formula of the Timing. It returns an error if r is outside
// [0, 1], d ≤ −1 or the Timing is unknown, if r ≥ 1+d, when the sum has no limit,
// or if the fractions are too large.
func (c RetentionCLV) Perpetuity(r, d Ratio) (Ratio, error) {
	const metric = "RetentionCLV.Perpetuity"
	if err := c.validRate(metric, r, d, 1); err != nil {
		return Ratio{}, err
	}
	growth := d.Add(Whole(1))
	all, err := forever(metric, r, growth)
	if err != nil {
		return Ratio{}, err
	}
	return ratio(all.Mul(all, c.first(r.r(), growth.r()))), nil
}

// forever returns 1 + ρ + ρ² + … = 1/(1−ρ), ρ being r/growth.
func forever(metric string, r, growth Ratio) (*big.Rat, error) {
	if r.Cmp(growth) >= 0 {
		return nil, fail(metric, CodeDiverges, "r = %.6g ≥ 1+d = %.6g", r, growth)
	}
	return new(big.Rat).Quo(growth.r(), growth.Sub(r).r()), nil
}

// Horizon returns the present value of the first n margins of a customer who is
// kept at r, by the formula of the Timing; n = 0 is 0. It returns an error if r is
// outside [0, 1], d ≤ −1, the Timing is unknown or n outside 0 … 1200, or if the
// fractions are too large.
func (c RetentionCLV) Horizon(r, d Ratio, n int) (Ratio, error) {
	const metric = "RetentionCLV.Horizon"
	if n < 0 || n > maxPower {
		return Ratio{}, fail(metric, CodeOutOfRange, "n = %d", n)
	}
	if err := c.validRate(metric, r, d, n); err != nil {
		return Ratio{}, err
	}
	if n == 0 {
		return Ratio{}, nil
	}
	growth := d.Add(Whole(1)).r()
	num, den := geometric(new(big.Rat).Quo(r.r(), growth), n)
	return reduced(c.first(r.r(), growth), num, den), nil
}

// geometric returns 1 + ρ + … + ρⁿ⁻¹ for n ≥ 1. With ρ = p/q in lowest terms it is
// (qⁿ − pⁿ)/(q − p) over qⁿ⁻¹, where the first division leaves no rest.
func geometric(rho *big.Rat, n int) (num, den *big.Int) {
	p, q, e := rho.Num(), rho.Denom(), big.NewInt(int64(n))
	gap := new(big.Int).Sub(q, p)
	if gap.Sign() == 0 {
		return e, bigOne
	}
	pn := new(big.Int).Exp(p, e, nil)
	den = new(big.Int).Exp(q, e.Sub(e, bigOne), nil)
	num = new(big.Int).Mul(den, q)
	return num.Sub(num, pn).Quo(num, gap), den
}

// reduced returns first·num/den.
func reduced(first *big.Rat, num, den *big.Int) Ratio {
	num = new(big.Int).Mul(num, first.Num())
	return ratio(new(big.Rat).SetFrac(num, new(big.Int).Mul(den, first.Denom())))
}

// Curve returns the present value of a customer whose retention changes with age:
// retention[0] is the share kept from the first period to the second, and so on,
// each of those still there. Beyond the end of the curve nobody is left. With
// S₀ = 1 and S_t the product of the first t of the k rates, the value is
//
//	IfRetained   m · Σ S_t/(1+d)ᵗ      for t = 1 … k    k margins
//	InAdvance    m · Σ S_t/(1+d)ᵗ      for t = 0 … k    k + 1 margins
//	InArrears    m · Σ S_t/(1+d)ᵗ⁺¹    for t = 0 … k    k + 1 margins
//
// so that k equal rates give Horizon for k margins under IfRetained and for k+1
// under the others, whose first margin needs no rate. A curve that was observed
// for a year and is taken to end there undervalues every customer who stays
// longer; CurveForever is the other extreme.
//
// It returns an error if a rate is outside [0, 1], naming it, if d ≤ −1 or the
// Timing is unknown, if there are more than 1200 rates or none, or if the
// fractions are too large.
func (c RetentionCLV) Curve(retention []Ratio, d Ratio) (Ratio, error) {
	return c.curve("RetentionCLV.Curve", retention, d, false)
}

// CurveForever is Curve with the last rate for ever beyond its end. A curve that
// reaches 0 leaves nobody, and is the same in both. It returns an error as Curve
// does, or if the last rate is 1+d or more, when the sum has no limit.
func (c RetentionCLV) CurveForever(retention []Ratio, d Ratio) (Ratio, error) {
	return c.curve("RetentionCLV.CurveForever", retention, d, true)
}

func (c RetentionCLV) curve(metric string, retention []Ratio, d Ratio, endless bool) (Ratio, error) {
	if len(retention) > maxPower {
		return Ratio{}, fail(metric, CodeTooLarge, "len(retention) = %d", len(retention))
	}
	for i, r := range retention {
		if err := retentionRate(metric, r); err != nil {
			return Ratio{}, at(err, metric, i)
		}
	}
	if err := c.valid(metric, d, bitsOf(retention...)+int64(len(retention))*bitsOf(d)); err != nil {
		return Ratio{}, err
	}
	if len(retention) == 0 {
		return Ratio{}, fail(metric, CodeNoData, "len(retention) = 0")
	}
	for i, r := range retention {
		if r.IsZero() {
			retention, endless = retention[:i+1], false
			break
		}
	}
	growth, tail := d.Add(Whole(1)), ratOne
	if endless {
		var err error
		if tail, err = forever(metric, retention[len(retention)-1], growth); err != nil {
			return Ratio{}, err
		}
	}
	first := c.first(retention[0].r(), growth.r())
	if c.Timing == IfRetained {
		retention = retention[1:] // the first rate is in the first margin
	}
	num, den := annuity(retention, growth.r(), tail)
	return reduced(first, num, den), nil
}

// AnnualSimplified returns Margin·r/d, as many spreadsheets have it, whatever the
// Timing. It agrees with IfRetained for ever only if the spreadsheet's "discount"
// means 1+d−r, the discount and the churn together; put a discount of 10 % in its
// place and the value is too high: 8000 instead of 2667 at a retention of 80 %.
// It is here to reproduce such sheets. It returns an error if r is outside
// [0, 1], d ≤ −1 or the Timing is unknown, or if d ≤ 0.
func (c RetentionCLV) AnnualSimplified(r, d Ratio) (Ratio, error) {
	const metric = "RetentionCLV.AnnualSimplified"
	if err := c.validRate(metric, r, d, 1); err != nil {
		return Ratio{}, err
	}
	switch d.Sign() {
	case 0:
		return Ratio{}, fail(metric, CodeZeroDenominator, "d = 0")
	case -1:
		return Ratio{}, fail(metric, CodeDiverges, "d = %.6g < 0", d)
	}
	return c.Margin.Mul(r).Over(d)
}

// CashFlows are amounts at equal distances in time, the first of them now.
type CashFlows []decimal.Decimal

// MarshalJSON writes the flows exactly, as strings. It returns an error if one is
// too large.
func (f CashFlows) MarshalJSON() ([]byte, error) {
	var flows []jsonAmount
	for _, flow := range f {
		flows = append(flows, jsonAmount(flow))
	}
	return json.Marshal(flows)
}

// UnmarshalJSON reads what MarshalJSON writes, and flows that are numbers. It
// returns an error, and leaves f as it was, if data are anything else.
func (f *CashFlows) UnmarshalJSON(data []byte) error {
	var flows []jsonAmount
	if err := json.Unmarshal(data, &flows); err != nil {
		return err
	}
	*f = nil
	for _, flow := range flows {
		*f = append(*f, decimal.Decimal(flow))
	}
	return nil
}

// PresentValue returns what the flows are worth now at a rate per period, exactly:
//
//	Σ flows[t] / (1 + rate)ᵗ    for t = 0, 1, 2 …
//
// Flows may be negative, such as the CAC at t = 0; no flows are worth 0. It
// returns an error if rate ≤ −1, if there are more than 1201 flows or one of more
// than 400 digits or an exponent outside ±64, which it names, or if the fractions
// are too large.
func (f CashFlows) PresentValue(rate Ratio) (Ratio, error) {
	const metric = "CashFlows.PresentValue"
	if len(f) > maxPower+1 {
		return Ratio{}, fail(metric, CodeTooLarge, "len(flows) = %d", len(f))
	}
	exp := int32(maxExponent)
	for i, flow := range f {
		if err := gate(metric, "flow", flow); err != nil {
			return Ratio{}, at(err, metric, i)
		}
		exp = min(exp, flow.Exponent())
	}
	if err := discountRate(metric, "rate", rate); err != nil {
		return Ratio{}, err
	}
	if err := bounded(metric, int64(len(f))*bitsOf(rate)); err != nil {
		return Ratio{}, err
	}
	growth := rate.Add(Whole(1)).r()
	num, den := new(big.Int), big.NewInt(1)
	var old, now big.Int
	for i, flow := range slices.Backward(f) {
		// num/den is the value of the later flows, a period before they begin.
		c := flow.Coefficient()
		if up := int(flow.Exponent() - exp); up > 0 {
			c.Mul(c, pow10(up))
		}
		num.Mul(old.Set(num), growth.Denom()).Add(num, now.Mul(c, den))
		if i > 0 {
			den.Mul(old.Set(den), growth.Num())
		}
	}
	return reduced(scaled(bigOne, int(exp)), num, den), nil
}

var clvCatalog = []Entry{
	{
		Key: "clv.revenue", English: []string{"customer lifetime value, revenue", "CLV", "LTV", "lifetime revenue"},
		Chinese: []string{"客户终身价值", "生命周期价值", "客户生命周期价值", "LTV", "终身价值"}, Formula: "OrderValue · Orders · lifespan",
		Unit: "money", Direction: Higher, Type: "CLV", Method: "Revenue",
	},
	{
		Key: "clv.profit", English: []string{"customer lifetime value, gross profit", "CLV on margin", "LTV on margin"},
		Chinese: []string{"客户终身价值(毛利)", "生命周期价值(毛利)", "毛利LTV", "客户终身利润"}, Formula: "OrderValue · Orders · lifespan · margin",
		Unit: "money", Direction: Higher, Type: "CLV", Method: "Profit",
	},
	{
		Key: "clv.perpetuity", English: []string{"customer lifetime value from retention, for ever", "discounted CLV", "discounted LTV"},
		Chinese: []string{"客户终身价值(留存永续)", "生命周期价值(留存永续)", "折现LTV"},
		Formula: "Margin·r/(1+d−r) IfRetained, Margin·(1+d)/(1+d−r) InAdvance, Margin/(1+d−r) InArrears",
		Unit:    "money", Direction: Higher, Type: "RetentionCLV", Method: "Perpetuity",
	},
	{
		Key: "clv.horizon", English: []string{"customer lifetime value over n margins", "finite-horizon CLV", "finite-horizon LTV"},
		Chinese: []string{"客户终身价值(限定期数)", "生命周期价值(限定期数)", "限期LTV"}, Formula: "first margin · (1−ρⁿ)/(1−ρ), ρ = r/(1+d)",
		Unit: "money", Direction: Higher, Type: "RetentionCLV", Method: "Horizon",
	},
	{
		Key: "clv.curve", English: []string{"customer lifetime value from a retention curve", "CLV by retention curve"},
		Chinese: []string{"客户终身价值(留存曲线)", "生命周期价值(留存曲线)", "留存曲线LTV"}, Formula: "Margin · Σ S_t/(1+d)ᵗ, S_t = r₁…r_t, to the end of the curve",
		Unit: "money", Direction: Higher, Type: "RetentionCLV", Method: "Curve",
	},
	{
		Key: "clv.curve_forever", English: []string{"customer lifetime value from a retention curve, extended"},
		Chinese: []string{"客户终身价值(留存曲线外推)", "生命周期价值(留存曲线外推)", "外推LTV"}, Formula: "Margin · Σ S_t/(1+d)ᵗ, the last rate for ever",
		Unit: "money", Direction: Higher, Type: "RetentionCLV", Method: "CurveForever",
	},
	{
		Key: "clv.annual_simplified", English: []string{"simplified annual CLV", "simplified LTV"},
		Chinese: []string{"客户终身价值(年度简化)", "生命周期价值(年度简化)", "简化LTV"}, Formula: "Margin · r / d",
		Unit: "money", Direction: Higher, Type: "RetentionCLV", Method: "AnnualSimplified",
	},
	{
		Key: "clv.present_value", English: []string{"present value of a customer's cash flows", "CLV by discounted cash flow", "DCF"},
		Chinese: []string{"客户终身价值(现金流折现)", "客户现金流现值", "净现值"}, Formula: "Σ flows[t] / (1 + rate)ᵗ",
		Unit: "money", Direction: Higher, Type: "CashFlows", Method: "PresentValue",
	},
}
