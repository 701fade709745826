package kpi

import (
	"math"
	"math/big"
	"math/bits"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// moments are the number, the sum and the sum of squares of whole numbers, exactly:
// int64 many of 64 bits fit into 128 and 192 bits.
type moments struct {
	n          int64
	s0, s1     uint64 // Σv, the least significant word first
	q0, q1, q2 uint64 // Σv²
}

func (m *moments) add(v uint64) {
	hi, lo := bits.Mul64(v, v)
	m.n++
	m.s0 += v
	if m.s0 < v { // rare enough to be foretold
		m.s1++
	}
	var c uint64
	m.q0, c = bits.Add64(m.q0, lo, 0)
	hi += c // no square has it full
	m.q1 += hi
	if m.q1 < hi {
		m.q2++
	}
}

// addAll is add of every one of ds, in registers.
func (m *moments) addAll(ds []time.Duration) {
	var s0, s1, q0, q1, q2, c uint64
	for _, d := range ds {
		v := uint64(d) //nolint:gosec // not negative
		hi, lo := bits.Mul64(v, v)
		s0, c = bits.Add64(s0, v, 0)
		s1 += c
		q0, c = bits.Add64(q0, lo, 0)
		q1, c = bits.Add64(q1, hi, c)
		q2 += c
	}
	m.merge(moments{int64(len(ds)), s0, s1, q0, q1, q2})
}

// merge adds o, whose number does not overflow with that of m.
func (m *moments) merge(o moments) {
	var c uint64
	m.n += o.n
	m.s0, c = bits.Add64(m.s0, o.s0, 0)
	m.s1, _ = bits.Add64(m.s1, o.s1, c)
	m.q0, c = bits.Add64(m.q0, o.q0, 0)
	m.q1, c = bits.Add64(m.q1, o.q1, c)
	m.q2, _ = bits.Add64(m.q2, o.q2, c)
}

func (m *moments) sum() *big.Int     { return joined(m.s0, m.s1) }
func (m *moments) squares() *big.Int { return joined(m.q0, m.q1, m.q2) }

// joined returns the number of those words, the least significant first.
func joined(words ...uint64) *big.Int {
	v := new(big.Int)
	for _, w := range slices.Backward(words) {
		v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(w))
	}
	return v
}

// set sets sums that fit.
func (m *moments) set(sum, squares *big.Int) {
	word := func(v *big.Int, i uint) uint64 {
		w := new(big.Int).Rsh(v, 64*i)
		return w.And(w, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	}
	m.s0, m.s1 = word(sum, 0), word(sum, 1)
	m.q0, m.q1, m.q2 = word(squares, 0), word(squares, 1), word(squares, 2)
}

// mean returns the mean of the numbers in units of 10^exp.
func (m *moments) mean(exp int32) Mean {
	if m.n == 0 {
		return Mean{}
	}
	return Mean{N: m.n, Sum: decimal.NewFromBigInt(m.sum(), exp), Squares: decimal.NewFromBigInt(m.squares(), 2*exp)}
}

// seconds returns the mean of nanoseconds, of which there must be some.
func (m *moments) seconds(metric string) (Mean, error) {
	out := m.mean(-9)
	return out, out.check(metric, 1)
}
