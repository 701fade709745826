package kpi

import (
	"math/big"
	"math/bits"
	"slices"
)

// annuity returns 1 + ρ₁ + ρ₁ρ₂ + … + ρ₁…ρ_k·tail, ρ_j being r_j/growth. Horner's
// rule in integers keeps one fraction and does not reduce it on the way, which
// would cost a hundred times as much as all the rest; what fits a word is put
// together before it meets a large number. Only what the decimals of
// rates and growth have in common is left out of both at once.
func annuity(retention []Ratio, growth, tail *big.Rat) (num, den *big.Int) {
	num, den = new(big.Int).Set(tail.Num()), new(big.Int).Set(tail.Denom())
	steps := noSteps
	var p, q, old big.Int // reused
	for _, rate := range slices.Backward(retention) {
		r := rate.r()
		x, y, ok := quotientWords(r, growth)
		if ok && steps.add(x, y) {
			continue
		}
		steps.take(num, den, &old, &p)
		if steps = noSteps; ok && steps.add(x, y) {
			continue
		}
		p.Mul(r.Num(), growth.Denom())
		q.Mul(growth.Num(), r.Denom())
		den.Mul(old.Set(den), &q)
		num.Mul(old.Set(num), &p).Add(num, den)
	}
	steps.take(num, den, &old, &p)
	return num, den
}

// quotientWords returns a/b in words, without what their decimals have in common,
// or false if it does not fit.
func quotientWords(a, b *big.Rat) (p, q uint64, ok bool) {
	if !a.Num().IsUint64() || !a.Denom().IsUint64() || !b.Num().IsUint64() || !b.Denom().IsUint64() {
		return 0, 0, false
	}
	down, up := a.Denom().Uint64(), b.Denom().Uint64()
	g := down
	for rest := up; rest != 0; {
		g, rest = rest, g%rest
	}
	over, p := bits.Mul64(a.Num().Uint64(), up/g)
	more, q := bits.Mul64(b.Num().Uint64(), down/g)
	return p, q, over|more == 0
}

// hornerSteps are several steps of Horner's rule in one, as long as they fit words:
// num/den becomes (p·num + a·den) / (q·den).
type hornerSteps struct{ p, q, a uint64 }

var noSteps = hornerSteps{p: 1, q: 1}

// add goes on with 1 + x/y times what there is, or changes nothing if that does
// not fit.
func (s *hornerSteps) add(x, y uint64) bool {
	over1, p := bits.Mul64(s.p, x)
	over2, q := bits.Mul64(s.q, y)
	over3, a := bits.Mul64(s.a, x)
	a, over4 := bits.Add64(a, q, 0)
	if over1|over2|over3|over4 != 0 {
		return false
	}
	*s = hornerSteps{p, q, a}
	return true
}

// take makes the steps, in place: a product with a word needs no memory of its own.
func (s *hornerSteps) take(num, den, part, word *big.Int) {
	part.Mul(den, word.SetUint64(s.a))
	num.Mul(num, word.SetUint64(s.p)).Add(num, part)
	den.Mul(den, word.SetUint64(s.q))
}
