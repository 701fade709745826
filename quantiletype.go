package kpi

import (
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// QuantileType is one of the nine definitions of a sample's quantile that are in
// use, by the numbers of R. None is the default: they differ most where the data
// are few and the tail is thin, and a P90 without its type cannot be checked.
//
// Of n values in ascending order x₁ … xₙ, with x₀ = x₁ and xₙ₊₁ = xₙ, the
// p-quantile is
//
//	(1−γ)·xⱼ + γ·xⱼ₊₁,  j = ⌊np + m⌋,  g = np + m − j
//
//	type   m          γ
//	1      0          0 if g = 0, else 1
//	2      0          ½ if g = 0, else 1
//	3      −½         0 if g = 0 and j is even, else 1
//	4      0          g
//	5      ½          g
//	6      p          g
//	7      1 − p      g
//	8      (p + 1)/3  g
//	9      p/4 + ⅜    g
//
// Types 1 and 3 always answer a value that was observed. Type 1 is the one for a
// promise: at least p of all took no longer. Type 7 is what R, NumPy, pandas and
// the PERCENTILE.INC of spreadsheets answer unless told otherwise, type 6 is
// PERCENTILE.EXC, and type 8 is what the authors recommend. p is a Ratio, because
// the tenth of ten is at p = 0.9 exactly, which no float64 is.
//
// Hyndman, R. J. and Fan, Y. (1996), Sample quantiles in statistical packages,
// The American Statistician 50, 361–365.
type QuantileType int

// The types of quantile. The zero value is none of them, and is refused.
const (
	Type1 QuantileType = iota + 1 // inverse of the distribution function, nearest rank
	Type2                         // type 1, averaged at steps
	Type3                         // nearest order statistic, of two the even one
	Type4                         // linear in the distribution function
	Type5                         // Hazen's, through the middle of steps
	Type6                         // Weibull's, (n + 1)p
	Type7                         // Gumbel's, (n − 1)p + 1
	Type8                         // nearly unbiased for the median of the order statistic
	Type9                         // nearly unbiased if the values are normal
)

var quantileTypeNames = []string{"none", "type1", "type2", "type3", "type4", "type5", "type6", "type7", "type8", "type9"}

// String returns the name of t: "type7".
func (t QuantileType) String() string { return enumName(quantileTypeNames, int(t), "QuantileType") }

// ParseQuantileType returns the type of that name.
func ParseQuantileType(s string) (QuantileType, error) {
	i, err := parseEnum("ParseQuantileType", quantileTypeNames[1:], s)
	if err != nil {
		return 0, err
	}
	return QuantileType(i + 1), nil
}

// MarshalText returns the name of t.
func (t QuantileType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what ParseQuantileType reads.
func (t *QuantileType) UnmarshalText(text []byte) error {
	return readEnum(t, ParseQuantileType, text)
}

func (t QuantileType) check(metric string, p Ratio) error {
	switch {
	case t == 0:
		return fail(metric, CodeMissing, "t")
	case t < Type1 || t > Type9:
		return fail(metric, CodeOutOfRange, "t = %d", int(t))
	case p.Sign() < 0 || p.Cmp(Whole(1)) > 0:
		return fail(metric, CodeOutOfRange, "p = %s", clip(p.String()))
	}
	return nil
}

// place is where a quantile lies: by so much of the way from one value to
// another, counted from 0 in ascending order.
type place struct {
	from, to int64
	weight   *big.Rat // 0 if from = to
}

// place returns where the p-quantile of n > 0 values lies.
func (t QuantileType) place(n int64, p Ratio) place {
	m := new(big.Rat)
	switch t {
	case Type3:
		m.SetFrac64(-1, 2)
	case Type5:
		m.SetFrac64(1, 2)
	case Type6:
		m.Set(p.r())
	case Type7:
		m.Sub(ratOne, p.r())
	case Type8:
		m.Add(p.r(), ratOne).Quo(m, big.NewRat(3, 1))
	case Type9:
		m.Quo(p.r(), big.NewRat(4, 1)).Add(m, big.NewRat(3, 8))
	default:
	}
	g := new(big.Rat).SetInt64(n)
	g.Mul(g, p.r()).Add(g, m)
	whole, rest := new(big.Int).DivMod(g.Num(), g.Denom(), new(big.Int))
	j := whole.Int64() // −1 … n
	g.SetFrac(rest, g.Denom())
	switch step := g.Sign() == 0; {
	case t > Type3:
	case !step || t == Type3 && j%2 != 0:
		g.SetInt64(1)
	case t == Type2:
		g.SetFrac64(1, 2)
	}
	at := func(i int64) int64 { return max(0, min(i-1, n-1)) }
	out := place{at(j), at(j + 1), g}
	switch {
	case g.Sign() == 0:
		out.to = out.from
	case g.IsInt():
		out.from = out.to
	}
	if out.from == out.to {
		out.weight = new(big.Rat)
	}
	return out
}

// between returns the point by weight of the way from x to y.
func (l place) between(x, y *big.Rat) *big.Rat {
	d := new(big.Rat).Sub(y, x)
	return d.Mul(d, l.weight).Add(d, x)
}

// Quantile returns the p-quantile of values, 0 ≤ p ≤ 1, exactly: Percent(50) is
// the median. The values may be in any order, are left as they are and are sorted
// as a copy; Durations does not sort, and is the one for many. It returns an error
// if t is not stated or p out of range, if a value has an exponent outside
// ±64 or more than 400 digits, naming it, or if there are no values.
func Quantile(values []decimal.Decimal, p Ratio, t QuantileType) (Ratio, error) {
	const metric = "Quantile"
	if err := t.check(metric, p); err != nil {
		return Ratio{}, err
	}
	for i, v := range values {
		if err := gate(metric, "value", v); err != nil {
			return Ratio{}, at(err, metric, i)
		}
	}
	if len(values) == 0 {
		return Ratio{}, fail(metric, CodeNoData, "")
	}
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, decimal.Decimal.Cmp)
	l := t.place(int64(len(sorted)), p)
	return ratio(l.between(sorted[l.from].Rat(), sorted[l.to].Rat())), nil
}
