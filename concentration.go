package kpi

import (
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// Concentration says how unequally amounts are spread: how much of the revenue hangs
// on how few customers (集中度, 二八法则). It holds n amounts x, none of them negative,
// as the running totals of the largest, from which all else follows exactly.
//
//	TopShare(k)     = the k largest x / Σx
//	Gini            = Σ(2i − n − 1)x_i / (nΣx)         x ascending, i from 1
//	HHI             = Σs², s = x / Σx
//	EffectiveNumber = 1 / HHI
//
// The four answer different questions. A top share is a point of the Pareto curve, and
// depends on where it is asked. Gini is about the whole curve, 0 where all are equal and
// 1 − 1/n where one has all: it is of those who are counted, without the correction
// n/(n−1) of a sample, and knows nothing of how many they are. HHI does: of two equal
// customers it is ½, of a hundred 1/100, and EffectiveNumber says how many equal ones
// would be as concentrated. Of the revenue at risk EffectiveNumber speaks, of unequal
// customers Gini.
//
// As an XYer of gonum/plot it is the Pareto curve: Len points from (0, 0) to (1, 1), the
// share of the largest amounts against their share in number. The Lorenz curve, which
// begins with the smallest, is the same turned by half a circle.
//
// What the data do not say is who could have bought: those with an amount of 0 count
// if they are given, and raise Gini and TopPercent; TopShare and HHI do not see them.
//
// An amount takes 8 bytes while the total in the finest unit fits an int64. A copy
// shares what it holds, which never changes. The zero value is the identity of Merge.
//
// Gini, C. (1912), Variabilità e mutabilità. Herfindahl, O. C. (1950), Concentration in
// the steel industry. Lorenz, M. O. (1905), Methods of measuring the concentration of
// wealth, Publications of the American Statistical Association 9, 209–219.
type Concentration struct {
	exp int32 // of the unit, ≤ 0
	// top[k] is the sum of the k largest in units of 10^exp; nil if there are none, or
	// if the total does not fit, and stands in wide.
	top  []int64
	wide []*big.Int
}

// ConcentrationOf returns the concentration of amounts, in any order. It returns an
// error that names the first amount that is negative or too large.
func ConcentrationOf(amounts []decimal.Decimal) (Concentration, error) {
	const metric = "ConcentrationOf"
	for i, a := range amounts {
		if err := amount(metric, "amount", a); err != nil {
			return Concentration{}, at(err, metric, i)
		}
	}
	return concentrate(metric, amounts)
}

// concentrate is ConcentrationOf for amounts that may be sums of such.
func concentrate(metric string, amounts []decimal.Decimal) (Concentration, error) {
	var c Concentration
	if len(amounts) == 0 {
		return c, nil
	}
	for i, a := range amounts {
		if err := gateTimes(metric, "amount", a, 2); err != nil {
			return c, at(err, metric, i)
		}
		if a.Sign() < 0 {
			return c, failAt(metric, CodeNegative, i, "amount = %s", clip(plain(a)))
		}
		c.exp = min(c.exp, a.Exponent())
	}
	if c.narrow(amounts) {
		return c, nil
	}
	c.top, c.wide = nil, make([]*big.Int, len(amounts)+1)
	for i, a := range amounts {
		v := a.Coefficient()
		v.Mul(v, pow10(int(a.Exponent()-c.exp)))
		if err := gateTimes(metric, "amount", decimal.NewFromBigInt(v, c.exp), 2); err != nil {
			return Concentration{}, at(err, metric, i)
		}
		c.wide[i+1] = v
	}
	c.wide[0] = new(big.Int)
	slices.SortFunc(c.wide[1:], func(a, b *big.Int) int { return b.Cmp(a) })
	for i := 1; i < len(c.wide); i++ {
		c.wide[i].Add(c.wide[i], c.wide[i-1])
	}
	return c, nil
}

// narrow fills in top, or reports false where an int64 does not hold it.
func (c *Concentration) narrow(amounts []decimal.Decimal) bool {
	c.top = make([]int64, len(amounts)+1)
	for i, a := range amounts {
		v, ok := unitsOf(a, c.exp)
		if !ok {
			return false
		}
		c.top[i+1] = v
	}
	values := c.top[1:]
	slices.Sort(values)
	slices.Reverse(values)
	var sum int64
	for i, v := range values {
		if v > math.MaxInt64-sum {
			return false
		}
		sum += v
		values[i] = sum
	}
	return true
}

// powers are those of ten that an int64 holds.
var powers = func() (p [19]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// unitsOf returns how many units of 10^exp an a of no finer exponent is, if an int64
// holds it.
func unitsOf(a decimal.Decimal, exp int32) (int64, bool) {
	if a.NumDigits() > 18 {
		return 0, false
	}
	v, shift := a.CoefficientInt64(), int(a.Exponent()-exp)
	if shift == 0 || v == 0 {
		return v, true
	}
	if shift >= len(powers) {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(max(v, -v)), powers[shift]) //nolint:gosec // not negative
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if v < 0 {
		return -int64(lo), true
	}
	return int64(lo), true
}

// N returns the number of amounts.
func (c Concentration) N() int64 {
	return int64(max(len(c.top), len(c.wide)) - min(1, len(c.top)+len(c.wide)))
}

// sum returns the k largest in units of 10^exp, 0 ≤ k ≤ N.
func (c Concentration) sum(k int64) *big.Int {
	switch {
	case c.wide != nil:
		return new(big.Int).Set(c.wide[k])
	case c.top != nil:
		return big.NewInt(c.top[k])
	}
	return new(big.Int)
}

// amounts returns what c holds, from the largest on.
func (c Concentration) amounts() []decimal.Decimal {
	out := make([]decimal.Decimal, c.N())
	for k := range out {
		if c.wide != nil {
			out[k] = decimal.NewFromBigInt(new(big.Int).Sub(c.wide[k+1], c.wide[k]), c.exp)
		} else {
			out[k] = decimal.New(c.top[k+1]-c.top[k], c.exp)
		}
	}
	return out
}

// total returns Σx in units, or why there is none to divide by.
func (c Concentration) total(metric string) (*big.Int, error) {
	if c.N() == 0 {
		return nil, fail(metric, CodeNoData, "n = 0")
	}
	t := c.sum(c.N())
	if t.Sign() == 0 {
		return nil, fail(metric, CodeZeroDenominator, "Σx = 0, n = %d", c.N())
	}
	return t, nil
}

// Merge takes in the amounts of other customers. It returns an error, and changes
// nothing, if both together take too many digits.
func (c *Concentration) Merge(o Concentration) error {
	switch {
	case o.N() == 0:
		return nil
	case c.N() == 0:
		*c = o
		return nil
	}
	out, err := concentrate("Concentration.Merge", append(c.amounts(), o.amounts()...))
	if err != nil {
		return err
	}
	*c = out
	return nil
}

// TopShare returns the share of the k largest (头部客户占比, CR_k): 1 if there are no
// more than k. It returns an error if k is negative, if there are no amounts, or if all
// are 0.
func (c Concentration) TopShare(k int64) (Ratio, error) {
	return c.topShare("Concentration.TopShare", k)
}

func (c Concentration) topShare(metric string, k int64) (Ratio, error) {
	if k < 0 {
		return Ratio{}, fail(metric, CodeNegative, "k = %d", k)
	}
	total, err := c.total(metric)
	if err != nil {
		return Ratio{}, err
	}
	return ratio(new(big.Rat).SetFrac(c.sum(min(k, c.N())), total)), nil
}

// TopPercent returns the share of the largest part p of all, 0 ≤ p ≤ 1:
// TopPercent(Percent(20)) is what the top 20 % bring. Where p·N is not whole, the last
// customer counts in part, so that the answer lies on the Pareto curve: of 793 customers
// the top fifth are 158 and 0.6 of the next. It returns an error if p is out of range,
// or as TopShare does.
func (c Concentration) TopPercent(p Ratio) (Ratio, error) {
	const metric = "Concentration.TopPercent"
	if p.Sign() < 0 || p.Cmp(Whole(1)) > 0 {
		return Ratio{}, fail(metric, CodeOutOfRange, "p = %s ∉ [0, 1]", clip(p.String()))
	}
	total, err := c.total(metric)
	if err != nil {
		return Ratio{}, err
	}
	num, den := p.r().Num(), p.r().Denom()
	whole, rest := new(big.Int).QuoRem(new(big.Int).Mul(num, big.NewInt(c.N())), den, new(big.Int))
	k := whole.Int64()
	sum := new(big.Int).Mul(c.sum(k), den)
	if rest.Sign() > 0 { // and so k < N
		next := c.sum(k + 1)
		sum.Add(sum, rest.Mul(rest, next.Sub(next, c.sum(k))))
	}
	return ratio(new(big.Rat).SetFrac(sum, total.Mul(total, den))), nil
}

// Gini returns the Gini coefficient (基尼系数), from 0, all equal, to 1 − 1/N, one has
// all. It returns an error if there are no amounts, or if all are 0.
func (c Concentration) Gini() (Ratio, error) { return c.gini("Concentration.Gini") }

func (c Concentration) gini(metric string) (Ratio, error) {
	total, err := c.total(metric)
	if err != nil {
		return Ratio{}, err
	}
	// With the largest first, Σ(n + 1 − 2i)x_i = 2·Σtop − (n + 1)·Σx.
	var tops sumPart
	for _, t := range c.top {
		tops.add(t)
	}
	for _, t := range c.wide {
		tops.addBig(t)
	}
	n := big.NewInt(c.N())
	sum := tops.total()
	sum.Lsh(sum, 1).Sub(sum, new(big.Int).Mul(total, new(big.Int).Add(n, bigOne)))
	return ratio(new(big.Rat).SetFrac(sum, total.Mul(total, n))), nil
}

// HHI returns the Herfindahl–Hirschman index Σs² (赫芬达尔指数), from 1/N to 1; some
// quote it times 10,000. It returns an error if there are no amounts, or if all are 0.
func (c Concentration) HHI() (Ratio, error) { return c.hhi("Concentration.HHI") }

func (c Concentration) hhi(metric string) (Ratio, error) {
	total, err := c.total(metric)
	if err != nil {
		return Ratio{}, err
	}
	squares := new(big.Int)
	var m moments
	for k := 1; k < len(c.top); k++ {
		m.add(uint64(c.top[k] - c.top[k-1])) //nolint:gosec // not negative
	}
	squares.Add(squares, m.squares())
	for k := 1; k < len(c.wide); k++ {
		x := new(big.Int).Sub(c.wide[k], c.wide[k-1])
		squares.Add(squares, x.Mul(x, x))
	}
	return ratio(new(big.Rat).SetFrac(squares, total.Mul(total, total))), nil
}

// EffectiveNumber returns 1/HHI (有效客户数): as many equal customers would be as
// concentrated. It returns an error as HHI does.
func (c Concentration) EffectiveNumber() (Ratio, error) {
	const metric = "Concentration.EffectiveNumber"
	h, err := c.hhi(metric)
	if err != nil {
		return Ratio{}, err
	}
	n, err := Whole(1).Over(h)
	return n, under(err, metric)
}

// Len returns the number of points of the Pareto curve: N + 1, or 0 where there is none
// because there are no amounts or all are 0.
func (c Concentration) Len() int {
	if n := c.N(); c.top != nil && c.top[n] > 0 || c.wide != nil { // whose total does not fit, and is not 0
		return int(n) + 1
	}
	return 0
}

// XY returns point i of the Pareto curve (帕累托曲线): i/N, and what the i largest are of
// the total; NaN beyond Len.
func (c Concentration) XY(i int) (x, y float64) {
	if i < 0 || i >= c.Len() {
		return math.NaN(), math.NaN()
	}
	n := c.N()
	if c.wide == nil {
		return float64(i) / float64(n), float64(c.top[i]) / float64(c.top[n])
	}
	y, _ = new(big.Rat).SetFrac(c.wide[i], c.wide[n]).Float64()
	return float64(i) / float64(n), y
}

func (c Concentration) table() *table {
	t := &table{head: []string{"measure", "value"}, text: 1}
	t.add("n", strconv.FormatInt(c.N(), 10))
	add := func(name string, r Ratio, err error, show func(Ratio) string) {
		if err != nil {
			t.add(name, Undefined)
			return
		}
		t.add(name, show(r))
	}
	percent := func(r Ratio) string { return r.Percent(1) }
	for _, p := range []int{1, 5, 10, 20, 50} {
		r, err := c.TopPercent(Percent(p))
		add("top "+strconv.Itoa(p)+"%", r, err, percent)
	}
	places := func(n int32) func(Ratio) string { return func(r Ratio) string { return r.fixed(n) } }
	gini, err := c.Gini()
	add("Gini", gini, err, places(3))
	hhi, err := c.HHI()
	add("HHI", hhi, err, places(6))
	effective, err := c.EffectiveNumber()
	add("effective number", effective, err, places(1))
	return t
}

// String returns the measures, a line each, for a terminal.
func (c Concentration) String() string { return c.table().String() }

// Markdown returns the table of String in Markdown.
func (c Concentration) Markdown() string { return c.table().markdown() }

var concentrationCatalog = []Entry{
	{
		Key: "concentration.top", English: []string{"top share", "concentration ratio", "CR_k"},
		Chinese: []string{"头部客户占比", "客户集中度", "前k大客户占比"}, Formula: "the k largest x / Σx",
		Unit: "ratio", Direction: Neither, Type: "Concentration", Method: "TopShare",
	},
	{
		Key: "concentration.top_percent", English: []string{"share of the top p per cent", "80/20 rule", "Pareto share"},
		Chinese: []string{"二八法则占比", "前p%客户贡献占比"}, Formula: "the largest p·n of x / Σx",
		Unit: "ratio", Direction: Neither, Type: "Concentration", Method: "TopPercent",
	},
	{
		Key: "concentration.gini", English: []string{"Gini coefficient"},
		Chinese: []string{"基尼系数", "客户价值基尼系数"}, Formula: "Σ(2i − n − 1)x_i / (nΣx), x ascending",
		Unit: "ratio", Direction: Neither, Type: "Concentration", Method: "Gini",
	},
	{
		Key: "concentration.hhi", English: []string{"HHI", "Herfindahl–Hirschman index"},
		Chinese: []string{"赫芬达尔指数", "赫芬达尔-赫希曼指数"}, Formula: "Σ(x / Σx)²",
		Unit: "ratio", Direction: Neither, Type: "Concentration", Method: "HHI",
	},
	{
		Key: "concentration.effective", English: []string{"effective number of customers", "inverse HHI"},
		Chinese: []string{"有效客户数", "等效客户数"}, Formula: "1 / HHI",
		Unit: "count", Direction: Higher, Type: "Concentration", Method: "EffectiveNumber",
	},
}
