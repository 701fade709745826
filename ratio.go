package kpi

import (
	"maps"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

const (
	// maxPlaces bounds the places that a rounding may ask for.
	maxPlaces = 400
	// maxPower bounds exponents and horizons that feed a Ratio: a hundred years
	// of months.
	maxPower = 1200
	// maxBits bounds the size of what grows with an exponent or a horizon:
	// reducing such a fraction takes a tenth of a second, and one of eight times
	// the size takes seconds.
	maxBits = 1 << 19
	// maxRatioText bounds the length of a text that ParseRatio reads.
	maxRatioText = 1 << 16
	// rootDigits is the number of significant digits of Root.
	rootDigits = 34
)

// Ratio is an exact rational number: the quotient of two amounts or counts
// before anybody rounds it. It is an immutable value, and its zero value is 0;
// there is no NaN and no infinity, because a quotient by zero is an error of
// the metric that would have made it.
//
// A chain of Ratios never rounds inside. A lifetime of 1/(7/300) months at 21 a
// month is worth exactly 900; with the churn rounded to 2.33 % first it would
// be 901.29. Round once, at the end, with Round, Percent or %.2f.
//
// Compare Ratios with Equal or Cmp, not with ==.
type Ratio struct {
	rat *big.Rat // nil is 0; never changed once it is here
}

var (
	bigOne = big.NewInt(1)
	bigTen = big.NewInt(10)
	ratOne = big.NewRat(1, 1)
)

// NewRatio returns num/den. It returns an error if den is 0.
func NewRatio(num, den int64) (Ratio, error) {
	if den == 0 {
		return Ratio{}, fail("NewRatio", CodeZeroDenominator, "%d/0", num)
	}
	return ratio(big.NewRat(num, den)), nil
}

// Whole returns the whole number n as a Ratio.
func Whole(n int64) Ratio { return ratio(new(big.Rat).SetInt64(n)) }

// Percent returns n/100.
func Percent(n int) Ratio { return ratio(big.NewRat(int64(n), 100)) }

// RatioOf returns d as a Ratio, exactly. It returns an error if d has an
// exponent outside ±64 or more than 400 digits.
func RatioOf(d decimal.Decimal) (Ratio, error) {
	if err := gate("RatioOf", "d", d); err != nil {
		return Ratio{}, err
	}
	return ratio(d.Rat()), nil
}

// Must returns r, and panics if err is not nil. It is for notebooks, tests and
// package variables, where the numbers are typed in; it is the one function of
// the package that panics.
func Must(r Ratio, err error) Ratio {
	if err != nil {
		panic(err) //nolint:forbidigo // the documented exception of the package
	}
	return r
}

// ratio wraps r, which must not change afterwards.
func ratio(r *big.Rat) Ratio { return Ratio{rat: r} }

// quotient returns num/den for a den that is known not to be zero.
func quotient(num, den int64) Ratio { return ratio(big.NewRat(num, den)) }

// r returns the value of x for reading only.
func (x Ratio) r() *big.Rat {
	if x.rat == nil {
		return new(big.Rat)
	}
	return x.rat
}

// pow10 returns 10ⁿ for n ≥ 0.
func pow10(n int) *big.Int { return new(big.Int).Exp(bigTen, big.NewInt(int64(n)), nil) }

// scaled returns n·10^exponent.
func scaled(n *big.Int, exponent int) *big.Rat {
	if exponent >= 0 {
		return new(big.Rat).SetInt(new(big.Int).Mul(n, pow10(exponent)))
	}
	return new(big.Rat).SetFrac(n, pow10(-exponent))
}

// Rat returns a copy of x for math/big.
func (x Ratio) Rat() *big.Rat { return new(big.Rat).Set(x.r()) }

// Add returns x + y.
func (x Ratio) Add(y Ratio) Ratio { return ratio(new(big.Rat).Add(x.r(), y.r())) }

// Sub returns x − y.
func (x Ratio) Sub(y Ratio) Ratio { return ratio(new(big.Rat).Sub(x.r(), y.r())) }

// Mul returns x·y.
func (x Ratio) Mul(y Ratio) Ratio { return ratio(new(big.Rat).Mul(x.r(), y.r())) }

// Over returns x/y. It returns an error if y is 0.
func (x Ratio) Over(y Ratio) (Ratio, error) {
	if y.IsZero() {
		return Ratio{}, fail("Ratio.Over", CodeZeroDenominator, "")
	}
	return ratio(new(big.Rat).Quo(x.r(), y.r())), nil
}

// Neg returns −x.
func (x Ratio) Neg() Ratio { return ratio(new(big.Rat).Neg(x.r())) }

// Complement returns 1 − x: retention from churn.
func (x Ratio) Complement() Ratio { return ratio(new(big.Rat).Sub(ratOne, x.r())) }

// Pow returns xⁿ, exactly; n may be negative, and x⁰ is 1 even for x = 0. It
// returns an error if n is outside ±1200, if the result could exceed half
// a million bits, or if x is 0 and n negative.
func (x Ratio) Pow(n int) (Ratio, error) {
	const metric = "Ratio.Pow"
	if n < -maxPower || n > maxPower {
		return Ratio{}, fail(metric, CodeOutOfRange, "n = %d", n)
	}
	if n < 0 {
		if x.IsZero() {
			return Ratio{}, fail(metric, CodeZeroDenominator, "0^%d", n)
		}
		x, n = ratio(new(big.Rat).Inv(x.r())), -n
	}
	if err := bounded(metric, bitsOf(x)*int64(n)); err != nil {
		return Ratio{}, err
	}
	e := big.NewInt(int64(n))
	num := new(big.Int).Exp(x.r().Num(), e, nil)
	return ratio(new(big.Rat).SetFrac(num, new(big.Int).Exp(x.r().Denom(), e, nil))), nil
}

// bounded refuses an exact fraction that would take so many bits.
func bounded(metric string, bits int64) error {
	if bits > maxBits {
		return fail(metric, CodeTooLarge, "BitLen = %d", bits)
	}
	return nil
}

// bitsOf returns the size of all the given ratios.
func bitsOf(ratios ...Ratio) int64 {
	var bits int64
	for _, x := range ratios {
		bits += int64(x.r().Num().BitLen() + x.r().Denom().BitLen())
	}
	return bits
}

// Root returns the n-th root of x rounded once, half away from zero, to 34
// significant digits. A root is rarely rational, so it is not a Ratio: it
// leaves the exact chain. It returns an error if x is negative or n is outside
// 1 … 1200.
func (x Ratio) Root(n int) (decimal.Decimal, error) {
	const metric = "Ratio.Root"
	if n < 1 || n > maxPower {
		return decimal.Decimal{}, fail(metric, CodeOutOfRange, "n = %d", n)
	}
	if x.Sign() < 0 {
		return decimal.Decimal{}, fail(metric, CodeNegative, "x = %s", clip(x.String()))
	}
	if x.IsZero() {
		return decimal.Decimal{}, nil
	}
	num, den := x.r().Num(), x.r().Denom()
	// places such that the root, scaled by 10^places, has 34 digits; the
	// estimate may be one off.
	places := rootDigits - int(math.Floor((log2(num)-log2(den))/float64(n)*math.Log10(2))) - 1
	for {
		up, down := new(big.Int).Set(num), new(big.Int).Set(den)
		if places >= 0 {
			up.Mul(up, pow10(n*places))
		} else {
			down.Mul(down, pow10(-n*places))
		}
		q := floorRoot(new(big.Int).Quo(up, down), n)
		switch digits := len(q.Text(10)); {
		case digits > rootDigits:
			places--
			continue
		case digits < rootDigits:
			places++
			continue
		}
		// Round up iff the root is at least q + ½: (2q+1)ⁿ·down ≤ 2ⁿ·up.
		half := new(big.Int).Add(new(big.Int).Lsh(q, 1), bigOne)
		half.Exp(half, big.NewInt(int64(n)), nil).Mul(half, down)
		if half.Cmp(up.Lsh(up, uint(n))) <= 0 {
			q.Add(q, bigOne)
		}
		return decimal.NewFromBigInt(q, int32(-places)), nil //nolint:gosec // |places| is bounded by maxRatioText
	}
}

// log2 returns the binary logarithm of a positive n, to about 1e-15 relative.
func log2(n *big.Int) float64 {
	f := new(big.Float).SetInt(n)
	m := new(big.Float)
	e := f.MantExp(m)
	v, _ := m.Float64()
	return math.Log2(v) + float64(e)
}

// floorRoot returns ⌊n^(1/k)⌋ of a positive n by Newton's iteration from above.
func floorRoot(n *big.Int, k int) *big.Int {
	whole, frac := math.Modf(log2(n) / float64(k))
	// 2^frac in 52 bits, a little too large, so that the iteration descends.
	x := new(big.Int).SetUint64(uint64(math.Exp2(frac)*(1+1e-9)*(1<<52)) + 1)
	x.Lsh(x, uint(whole)).Rsh(x, 52).Add(x, bigOne)
	bigK, less := big.NewInt(int64(k)), big.NewInt(int64(k-1))
	for {
		y := new(big.Int).Exp(x, less, nil)
		y.Quo(n, y).Add(y, new(big.Int).Mul(less, x)).Quo(y, bigK)
		if y.Cmp(x) >= 0 {
			return x
		}
		x = y
	}
}

// fraction is one of many quotients that are to be added: num/den, den > 0.
type fraction struct{ num, den int64 }

// sumFractions adds quotients of differing denominators.
func sumFractions(fs []fraction) *big.Rat {
	g := make(fractions, len(fs))
	for _, f := range fs {
		g.add(big.NewInt(f.num), f.den)
	}
	return g.sum()
}

// fractions are many quotients that are to be added: the sum of the numerators of
// each denominator, which is positive.
type fractions map[int64]*big.Int

// add adds num/den, and may keep num.
func (f fractions) add(num *big.Int, den int64) {
	if n := f[den]; n != nil {
		n.Add(n, num)
		return
	}
	f[den] = num
}

// sum adds equal denominators first, and then by halves, so that the large ones
// meet only at the end.
func (f fractions) sum() *big.Rat {
	var halves func([]int64) *big.Rat
	halves = func(dens []int64) *big.Rat {
		switch n := len(dens); n {
		case 0:
			return new(big.Rat)
		case 1:
			return new(big.Rat).SetFrac(f[dens[0]], big.NewInt(dens[0]))
		default:
			return new(big.Rat).Add(halves(dens[:n/2]), halves(dens[n/2:]))
		}
	}
	return halves(slices.Sorted(maps.Keys(f)))
}

// onCommon returns xs as nums over their least common denominator, or, if that has more
// than so many bits, the index of the one with which it does; −1 if none.
func onCommon(xs []Ratio, bits int) (nums []*big.Int, den *big.Int, beyond int) {
	den = big.NewInt(1)
	for i, x := range xs {
		if den = lcm(den, x.r().Denom()); den.BitLen() > bits {
			return nil, nil, i
		}
	}
	nums = make([]*big.Int, len(xs))
	for i, x := range xs {
		nums[i] = new(big.Int).Quo(den, x.r().Denom())
		nums[i].Mul(nums[i], x.r().Num())
	}
	return nums, den, -1
}

// sumOnCommon returns the sum of xs, which onCommon bounds.
func sumOnCommon(xs []Ratio, bits int) (sum Ratio, beyond int) {
	nums, den, beyond := onCommon(xs, bits)
	if beyond >= 0 {
		return Ratio{}, beyond
	}
	n := new(big.Int)
	for _, num := range nums {
		n.Add(n, num)
	}
	return ratio(new(big.Rat).SetFrac(n, den)), -1
}

// lcm returns the least common multiple of two positive numbers.
func lcm(a, b *big.Int) *big.Int {
	g := new(big.Int).GCD(nil, nil, a, b)
	return g.Mul(new(big.Int).Quo(a, g), b)
}

// Cmp returns −1, 0 or +1 as x is less than, equal to or greater than y.
func (x Ratio) Cmp(y Ratio) int { return x.r().Cmp(y.r()) }

// Equal reports whether x = y.
func (x Ratio) Equal(y Ratio) bool { return x.Cmp(y) == 0 }

// Sign returns −1, 0 or +1.
func (x Ratio) Sign() int { return x.r().Sign() }

// IsZero reports whether x = 0.
func (x Ratio) IsZero() bool { return x.Sign() == 0 }

// Float64 returns the float64 nearest to x, which is infinite beyond 1.8e308:
// for plots and statistics, not for money.
func (x Ratio) Float64() float64 {
	f, _ := x.r().Float64()
	return f
}

// squareRoot returns √v of a v ≥ 0, which may itself be too large or too small for
// a float64.
func squareRoot(v *big.Rat) float64 {
	f := new(big.Float).SetPrec(64).SetRat(v)
	root, _ := f.Sqrt(f).Float64()
	return root
}

// Round returns x rounded half away from zero (四舍五入) to places after the
// point; negative places round to tens, hundreds and so on. Places are clamped
// to ±400.
func (x Ratio) Round(places int32) decimal.Decimal { return x.round(places, false) }

// RoundBank is Round with halves to the even neighbour (四舍六入五成双).
func (x Ratio) RoundBank(places int32) decimal.Decimal { return x.round(places, true) }

func (x Ratio) round(places int32, bank bool) decimal.Decimal {
	places = clampPlaces(places)
	return decimal.NewFromBigInt(x.units(places, bank), -places)
}

func clampPlaces(places int32) int32 { return max(-maxPlaces, min(places, maxPlaces)) }

// units returns x in units of 10^−places, rounded to a whole number.
func (x Ratio) units(places int32, bank bool) *big.Int {
	num, den := new(big.Int).Abs(x.r().Num()), x.r().Denom()
	if places >= 0 {
		num.Mul(num, pow10(int(places)))
	} else {
		den = new(big.Int).Mul(den, pow10(int(-places)))
	}
	q, rest := new(big.Int).QuoRem(num, den, new(big.Int))
	half := rest.Lsh(rest, 1).Cmp(den)
	if half > 0 || half == 0 && (!bank || q.Bit(0) == 1) {
		q.Add(q, bigOne)
	}
	if x.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

// In returns x in a larger unit, rounded half away from zero: In(10000, 2) is
// 万元 to two places. A unit below 1 counts as 1.
func (x Ratio) In(unit int64, places int32) decimal.Decimal {
	return ratio(new(big.Rat).Quo(x.r(), new(big.Rat).SetInt64(max(unit, 1)))).Round(places)
}

// Duration returns x seconds, rounded half away from zero to the nanosecond.
// Beyond 292 years it is the time.Duration nearest to it, as in time.Time.Sub.
func (x Ratio) Duration() time.Duration {
	ns := x.units(9, false)
	switch {
	case ns.IsInt64():
		return time.Duration(ns.Int64())
	case ns.Sign() < 0:
		return math.MinInt64
	default:
		return math.MaxInt64
	}
}
