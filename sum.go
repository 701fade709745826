package kpi

import (
	"math"
	"math/big"
	"math/bits"
	"slices"

	"github.com/shopspring/decimal"
)

// Sum adds money exactly, in one pass and without an allocation a row. The zero
// value is an empty sum, ready to use; it is not safe for concurrent use, and
// must not be copied after its first use. Merge two Sums instead of sharing one.
//
// Amounts of up to eighteen digits are added as integers in 128 bits, one
// accumulator per exponent; larger ones go through math/big. The total is the
// same to the last digit in any order.
type Sum struct {
	noJSON
	parts []sumPart
}

// sumPart is a total in units of 10^exp: hi·2⁶⁴ + lo + wide.
type sumPart struct {
	exp  int32
	hi   int64 // far from overflow: see absorb
	lo   uint64
	wide *big.Int // nil until an amount does not fit
}

// part returns the accumulator of exp. The pointer holds until the next call.
func (s *Sum) part(exp int32) *sumPart {
	for i := range s.parts {
		if s.parts[i].exp == exp {
			return &s.parts[i]
		}
	}
	s.parts = append(s.parts, sumPart{exp: exp})
	return &s.parts[len(s.parts)-1]
}

// add128 adds m to hi·2⁶⁴ + lo, in two's complement.
func add128(hi, lo uint64, m int64) (h, l uint64) {
	l, carry := bits.Add64(lo, uint64(m), 0)    //nolint:gosec // two's complement
	h, _ = bits.Add64(hi, uint64(m>>63), carry) //nolint:gosec // two's complement
	return h, l
}

func (p *sumPart) add(c int64) {
	hi, lo := add128(uint64(p.hi), p.lo, c) //nolint:gosec // two's complement
	p.hi, p.lo = int64(hi), lo              //nolint:gosec // two's complement
}

func (p *sumPart) addBig(c *big.Int) {
	if p.wide == nil {
		p.wide = new(big.Int)
	}
	p.wide.Add(p.wide, c)
}

// narrow returns hi·2⁶⁴ + lo.
func (p *sumPart) narrow() *big.Int {
	t := big.NewInt(p.hi)
	return t.Lsh(t, 64).Add(t, new(big.Int).SetUint64(p.lo))
}

func (p *sumPart) total() *big.Int {
	t := p.narrow()
	if p.wide != nil {
		t.Add(t, p.wide)
	}
	return t
}

// add adds a d that has passed the gate, or was made from such.
func (s *Sum) add(d decimal.Decimal) {
	p := s.part(d.Exponent())
	if d.NumDigits() <= 18 {
		p.add(d.CoefficientInt64())
	} else {
		p.addBig(d.Coefficient())
	}
}

// Add adds d. It returns an error, and adds nothing, if d has an exponent
// outside ±64 or more than 400 digits.
func (s *Sum) Add(d decimal.Decimal) error {
	if err := gate("Sum.Add", "d", d); err != nil {
		return err
	}
	s.add(d)
	return nil
}

// AddAll adds every one of ds, or nothing: it returns an error that names the
// first that Add would refuse.
func (s *Sum) AddAll(ds []decimal.Decimal) error {
	const metric = "Sum.AddAll"
	var t Sum
	for i := 0; i < len(ds); {
		p, n := run(ds[i:])
		if n == 0 || p.exp < -maxExponent || p.exp > maxExponent {
			if err := gate(metric, "ds", ds[i]); err != nil {
				return at(err, metric, i)
			}
			p.addBig(ds[i].Coefficient())
			n = 1
		}
		t.absorb(&p)
		i += n
	}
	s.absorbAll(&t)
	return nil
}

// run adds the n amounts at the head of ds, which is not empty, that have the
// exponent of the first and at most eighteen digits, four a turn. NumDigits is what
// costs, and there is no cheaper proof that a coefficient fits an int64.
func run(ds []decimal.Decimal) (p sumPart, n int) {
	e := ds[0].Exponent()
	var hi, lo uint64
	for ; n+4 <= len(ds); n += 4 {
		q := ds[n : n+4 : n+4]
		if (q[0].Exponent()^e)|(q[1].Exponent()^e)|(q[2].Exponent()^e)|(q[3].Exponent()^e) != 0 ||
			(18-q[0].NumDigits())|(18-q[1].NumDigits())|(18-q[2].NumDigits())|(18-q[3].NumDigits()) < 0 {
			break
		}
		// Less than 4·10¹⁸, which an int64 holds.
		hi, lo = add128(hi, lo, q[0].CoefficientInt64()+q[1].CoefficientInt64()+q[2].CoefficientInt64()+q[3].CoefficientInt64())
	}
	for ; n < len(ds) && ds[n].Exponent() == e && ds[n].NumDigits() <= 18; n++ {
		hi, lo = add128(hi, lo, ds[n].CoefficientInt64())
	}
	return sumPart{exp: e, hi: int64(hi), lo: lo}, n
}

// absorbAll adds what another sum holds.
func (s *Sum) absorbAll(o *Sum) {
	for i := range o.parts {
		s.absorb(&o.parts[i])
	}
}

// absorb adds p, and moves what fills the 128 bits to wide long before they
// overflow: no number of single amounts can pass from here to there, and so add
// need not ask.
func (s *Sum) absorb(p *sumPart) {
	q := s.part(p.exp)
	lo, carry := bits.Add64(q.lo, p.lo, 0)
	q.hi, q.lo = q.hi+p.hi+int64(carry), lo //nolint:gosec // 0 or 1
	if p.wide != nil {
		q.addBig(p.wide) // before it changes: p may be a copy of q
	}
	if q.hi>>61 != q.hi>>63 {
		q.addBig(q.narrow())
		q.hi, q.lo = 0, 0
	}
}

// AddMinor adds whole numbers of minor units, each minor·10^exp: cents are
// exp −2. It returns an error, and adds nothing, if exp is outside ±64.
func (s *Sum) AddMinor(minor []int64, exp int32) error {
	if exp < -maxExponent || exp > maxExponent {
		return fail("Sum.AddMinor", CodeTooLarge, "exp = %d", exp)
	}
	if len(minor) == 0 {
		return nil
	}
	// Four a turn: the bookkeeping of a loop would cost more than the sum.
	var hi, lo uint64
	for ; len(minor) >= 4; minor = minor[4:] {
		hi, lo = add128(hi, lo, minor[0])
		hi, lo = add128(hi, lo, minor[1])
		hi, lo = add128(hi, lo, minor[2])
		hi, lo = add128(hi, lo, minor[3])
	}
	p := sumPart{exp: exp, hi: int64(hi), lo: lo}
	for _, m := range minor {
		p.add(m)
	}
	s.absorb(&p)
	return nil
}

// Merge adds what o holds; o is unchanged. It returns an error if o is nil.
func (s *Sum) Merge(o *Sum) error {
	if o == nil {
		return fail("Sum.Merge", CodeEmpty, "o = nil")
	}
	parts := o.parts
	if s == o {
		parts = slices.Clone(parts)
	}
	for i := range parts {
		s.absorb(&parts[i])
	}
	return nil
}

// Decimal returns the total, with the finest exponent of all that was added.
func (s *Sum) Decimal() decimal.Decimal {
	exp, total := s.state()
	return decimal.NewFromBigInt(total, exp)
}

// state returns the total in units of its finest exponent: all that a Sum is.
func (s *Sum) state() (exp int32, total *big.Int) {
	total = new(big.Int)
	if len(s.parts) == 0 {
		return 0, total
	}
	exp = math.MaxInt32
	for i := range s.parts {
		exp = min(exp, s.parts[i].exp)
	}
	for i := range s.parts {
		t := s.parts[i].total()
		total.Add(total, t.Mul(t, pow10(int(s.parts[i].exp-exp))))
	}
	return exp, total
}

// String returns the total.
func (s *Sum) String() string { return plain(s.Decimal()) }

// AppendBinary appends the canonical encoding of s: equal totals of equal
// exponent give equal bytes.
func (s *Sum) AppendBinary(b []byte) ([]byte, error) {
	b = appendHeader(b, kindSum)
	if len(s.parts) == 0 {
		return append(b, 0), nil
	}
	exp, total := s.state()
	return appendBig(appendInt(append(b, 1), int64(exp)), total), nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (s *Sum) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary replaces s by what AppendBinary wrote. It returns an error,
// and leaves s as it was, if data are anything else.
func (s *Sum) UnmarshalBinary(data []byte) error {
	d := newDecoder("Sum.UnmarshalBinary", kindSum, data)
	var parts []sumPart
	if d.bool() {
		exp := int32(d.int(-2*maxExponent, 2*maxExponent)) //nolint:gosec // bounded on the same line
		parts = []sumPart{{exp: exp, wide: d.big()}}
	}
	if err := d.done(); err != nil {
		return err
	}
	s.parts = parts
	return nil
}

// PercentShares returns each amount as a percentage of their total, rounded to
// places so that the percentages add to exactly 100: the method of the largest
// remainder (Hamilton's), the earlier of equal remainders first. It returns an
// error if an amount is negative or too large, or if the total is 0.
func PercentShares(amounts []decimal.Decimal, places int32) ([]decimal.Decimal, error) {
	const metric = "PercentShares"
	places = max(0, min(places, maxPlaces))
	var sum Sum
	for i, a := range amounts {
		if err := amount(metric, "amount", a); err != nil {
			return nil, at(err, metric, i)
		}
		sum.add(a)
	}
	exp, total := sum.state()
	if total.Sign() == 0 {
		return nil, fail(metric, CodeZeroDenominator, "Σ amounts = 0")
	}
	parts := make([]*big.Int, len(amounts))
	for i, a := range amounts {
		parts[i] = a.Coefficient()
		parts[i].Mul(parts[i], pow10(int(a.Exponent()-exp)))
	}
	out := make([]decimal.Decimal, len(parts))
	for i, units := range apportion(parts, total, new(big.Int).Mul(big.NewInt(100), pow10(int(places)))) {
		out[i] = decimal.NewFromBigInt(units, -places)
	}
	return out, nil
}

// apportion shares whole units out in proportion to parts, none of them negative and
// total > 0 their sum, by the largest remainder, the earlier of equal ones first.
func apportion(parts []*big.Int, total, whole *big.Int) []*big.Int {
	left := new(big.Int).Set(whole)
	units, rests := make([]*big.Int, len(parts)), make([]*big.Int, len(parts))
	order := make([]int, len(parts))
	for i, p := range parts {
		n := new(big.Int).Mul(p, whole)
		units[i], rests[i] = n.QuoRem(n, total, new(big.Int))
		left.Sub(left, units[i])
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return rests[j].Cmp(rests[i]) })
	for _, i := range order[:left.Int64()] { // fewer than len(parts) are left over
		units[i].Add(units[i], bigOne)
	}
	return units
}
