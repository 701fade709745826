package kpi

import (
	"fmt"
	"math"
	"strings"
)

// Test says which test a Comparison or a Trend is of.
type Test int

// The tests.
const (
	PooledZ         Test = iota // two shares, Proportion.Compare
	FisherExact                 // two shares, Proportion.Fisher
	WelchT                      // two means, Mean.Compare, or two ratios of sums, RatioOfSums.Compare
	AdjustedZ                   // two net scores, NPS.Compare, CES.NetEasyCompare and CSAT.NetTopCompare
	MantelHaenszel              // two shares over strata, Strata.Compare
	CochranArmitage             // a line through shares, ShareTrend
	WeightedZ                   // a line through estimates, NPSTrend and WeightedTrend
	PoissonExact                // two rates of events, EventRate.Compare
)

var testNames = []string{
	"pooled z", "Fisher exact", "Welch t", "adjusted z", "Mantel-Haenszel chi-square", "Cochran-Armitage z", "weighted z",
	"Poisson exact",
}

// String returns the name of t: "Welch t".
func (t Test) String() string { return enumName(testNames, int(t), "Test") }

// ParseTest returns the test of that name.
func ParseTest(s string) (Test, error) {
	i, err := parseEnum("ParseTest", testNames, s)
	return Test(i), err
}

// MarshalText returns the name of t.
func (t Test) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what ParseTest reads.
func (t *Test) UnmarshalText(text []byte) error { return readEnum(t, ParseTest, text) }

// Comparison is the outcome of a test that two groups do not differ: their
// difference, exactly, and how often chance alone would put so large a one, in
// either direction, between groups that do not differ. A small P says that there
// is a difference, and not that it matters; a large one does not say that there
// is none. The interval of the difference says more: ask Diff for it.
//
// P is of one test that was chosen beforehand. Of many, adjust it with Holm or
// BenjaminiHochberg.
//
// CodeTooFew is its warning where P, which is approximate, rests on too few: for
// shares where a cell of their table is expected to hold fewer than five, and for
// scores, means and ratios of sums, as an Interval of their difference does, where
// the smaller group has fewer than thirty observations. The exact tests, Fisher's
// and that of EventRate, are right for any number and never warn of it.
type Comparison struct {
	Test       Test    `json:"test"`               // which one
	Difference Ratio   `json:"difference"`         // of the receiver less the other, exactly
	Statistic  float64 `json:"statistic"`          // z, t or χ²; 0 for an exact test, which has none
	DF         float64 `json:"df"`                 // degrees of freedom of t or χ²; else 0
	P          float64 `json:"p"`                  // two-sided, 0 … 1
	N          int64   `json:"n"`                  // observations behind it, of both groups
	Warnings   []Code  `json:"warnings,omitempty"` // what weakens it; nil if nothing does
}

// String returns the comparison to four significant digits, and its warnings:
// "pooled z 2.65, p = 0.008045, difference 0.2, n=150".
func (c Comparison) String() string {
	var b strings.Builder
	b.WriteString(c.Test.String())
	if c.Test != FisherExact && c.Test != PoissonExact {
		fmt.Fprintf(&b, " %.4g", c.Statistic)
	}
	if c.Test == WelchT {
		fmt.Fprintf(&b, " on %.4g df", c.DF)
	}
	fmt.Fprintf(&b, ", p = %.4g, difference %.4g, n=%d", c.P, c.Difference, c.N)
	return b.String() + warned(c.Warnings)
}

// behind returns c with a warning if the observations of its smaller group are too
// few.
func (c Comparison) behind(smaller int64) Comparison {
	if smaller < enough {
		c.Warnings = append(c.Warnings, CodeTooFew)
	}
	return c
}

// finite refuses an answer that a float64 cannot hold.
func finite(metric string, values ...float64) error {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fail(metric, CodeTooLarge, "|float64| > %.4g", math.MaxFloat64)
		}
	}
	return nil
}

// term is one part of a sum of independent estimates: its factor, the estimate
// and the limits of it.
type term struct{ factor, estimate, lo, hi float64 }

// squareAndAdd returns how far the interval of Σ factor·estimate reaches down and
// up from it: the root of the sum of the squares of what each part could be off,
// seen from its own limits.
func squareAndAdd(terms ...term) (down, up float64) {
	for _, t := range terms {
		below, above := t.factor*(t.estimate-t.lo), t.factor*(t.hi-t.estimate)
		if t.factor < 0 {
			below, above = above, below
		}
		down += below * below
		up += above * above
	}
	return math.Sqrt(down), math.Sqrt(up)
}

// both returns the observations of p and o together, once they are known to be
// possible; neither need have any.
func (p Proportion) both(metric string, o Proportion) (int64, error) {
	if err := bothValid(metric, p, o); err != nil {
		return 0, err
	}
	return sumCounts(metric, p.N, o.N)
}

// minus returns p − o, both with a ratio.
func (p Proportion) minus(o Proportion) Ratio { return quotient(p.K, p.N).Sub(quotient(o.K, o.N)) }

// Diff returns the interval of the difference of two independent shares, p − o,
// in −1 … 1: Newcombe's hybrid score interval, which squares and adds what
// Wilson's intervals leave open on either side,
//
//	d − √((p−l)² + (u′−p′)²) … d + √((u−p)² + (p′−l′)²),  d = p − p′
//
// with l, u the limits of p and l′, u′ those of o. It has a width where both
// shares are 0 or 1, as the textbook's d ± z·se does not. The difference itself
// is exact: subtract the Ratios. Before and after of the same people are not
// independent, and not two groups. It warns as an Interval does, of the smaller
// group. It returns an error as Ratio does for either, if the counts overflow
// together, or if confidence is outside (0, 1).
//
// Newcombe, R. G. (1998), Interval estimation for the difference between
// independent proportions: comparison of eleven methods, Statistics in Medicine
// 17, 873–890, method 10.
func (p Proportion) Diff(o Proportion, confidence float64) (Interval, error) {
	const metric = "Proportion.Diff"
	n, err := p.both(metric, o)
	if err != nil {
		return Interval{}, err
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Interval{}, err
	}
	terms := make([]term, 2)
	for i, q := range []Proportion{p, o} {
		if err := q.check(metric); err != nil {
			return Interval{}, err
		}
		terms[i] = q.term(float64(1-2*i), z)
	}
	d := p.minus(o).Float64()
	down, up := squareAndAdd(terms...)
	i := Interval{Lo: max(d-down, -1), Hi: min(d+up, 1), Confidence: confidence, N: n}
	return i.behind(metric, float64(min(p.N, o.N)))
}

// term returns p, which has a ratio, with Wilson's limits.
func (p Proportion) term(factor, z float64) term {
	lo, hi := wilson(float64(p.K), float64(p.N), z)
	return term{factor, quotient(p.K, p.N).Float64(), lo, hi}
}

// Compare tests whether two independent shares differ: the z test with the
// pooled variance, without a correction for continuity,
//
//	z = (p − p′) / √(q(1−q)(1/N + 1/N′)),  q = (K + K′)/(N + N′)
//
// whose square is Pearson's χ² of the two-by-two table. CodeTooFew is its
// warning where a cell of that table is expected to hold fewer than five: ask
// Fisher then. It returns an error as Ratio does for either, if the counts
// overflow together, or if nobody or everybody did in both groups: then there is
// no spread to judge by.
func (p Proportion) Compare(o Proportion) (Comparison, error) {
	const metric = "Proportion.Compare"
	c, err := p.versus(metric, o)
	if err != nil {
		return Comparison{}, err
	}
	did, rest := float64(p.K+o.K), float64(p.N-p.K+o.N-o.K)
	if did == 0 || rest == 0 {
		return Comparison{}, fail(metric, CodeNoSpread, "%v, %v", p, o)
	}
	n, n1, n2 := float64(c.N), float64(p.N), float64(o.N)
	c.Test = PooledZ
	c.Statistic = c.Difference.Float64() / math.Sqrt(did/n1*(rest/n2)/n)
	c.P = normalTail(c.Statistic)
	if min(did, rest)*min(n1, n2) < 5*n {
		c.Warnings = []Code{CodeTooFew}
	}
	return c, nil
}

// versus begins a comparison of two shares, checked.
func (p Proportion) versus(metric string, o Proportion) (Comparison, error) {
	n, err := p.both(metric, o)
	if err != nil {
		return Comparison{}, err
	}
	for _, q := range []Proportion{p, o} {
		if err := q.check(metric); err != nil {
			return Comparison{}, err
		}
	}
	return Comparison{Difference: p.minus(o), N: n}, nil
}

// maxFisher bounds the observations of Fisher's test, for its time and for the
// digits of its chances.
const maxFisher = 1e9

// Fisher tests whether two independent shares differ, by Fisher's exact test:
// the chance, given how many did and how many did not, of all two-by-two tables
// that are no more likely than the one seen,
//
//	P = Σ P(table) over P(table) ≤ P(seen)·(1 + 10⁻⁷)
//
// the last factor against ties that are lost to rounding. It is right for the
// smallest counts, and cautious: the chance of a false alarm stays below the
// level, often far. A P below some 10⁻³⁰⁰ is 0. It returns an error as Ratio does
// for either, or beyond a thousand million observations, where Compare answers
// the same.
//
// Fisher, R. A. (1935), The logic of inductive inference, Journal of the Royal
// Statistical Society 98, 39–82.
func (p Proportion) Fisher(o Proportion) (Comparison, error) {
	const metric = "Proportion.Fisher"
	if n, err := p.both(metric, o); err == nil && n > maxFisher {
		return Comparison{}, fail(metric, CodeTooLarge, "n = %d", n)
	}
	c, err := p.versus(metric, o)
	if err != nil {
		return Comparison{}, err
	}
	c.Test, c.P = FisherExact, fisher(p, o)
	return c, nil
}

// fisher returns the two-sided chance of Fisher's test.
func fisher(p, o Proportion) float64 {
	did, n := p.K+o.K, p.N+o.N
	mode := int64((float64(p.N) + 1) * (float64(did) + 1) / (float64(n) + 2))
	return notLikelier(p.K, mode, max(0, did-o.N), min(did, p.N), func(k int64) float64 {
		return float64(did-k) * float64(p.N-k) / (float64(k+1) * float64(o.N-did+k+1))
	})
}

// notLikelier returns the chance of all counts lo … hi that are no likelier than
// k, where odds is P(k+1)/P(k), which falls as k grows. The chances are relative
// to that of the mode, from which they fall on both sides, so that only those some
// standard deviations about it are worth a step.
func notLikelier(k, mode, lo, hi int64, odds func(k int64) float64) float64 {
	mode = max(lo, min(mode, hi))
	// First the chance of the count seen, then all against it.
	seen := 1.0
	for i := mode; i < k && seen > 0; i++ {
		seen *= odds(i)
	}
	for i := mode; i > k && seen > 0; i-- {
		seen /= odds(i - 1)
	}
	limit := seen * (1 + 1e-7)
	nothing := limit * 1e-20 // what no longer counts, nor anything beyond it
	var tail, all float64
	count := func(chance float64) {
		all += chance
		if chance <= limit {
			tail += chance
		}
	}
	count(1)
	chance := 1.0
	for i := mode; i < hi && chance > nothing; i++ {
		chance *= odds(i)
		count(chance)
	}
	chance = 1
	for i := mode; i > lo && chance > nothing; i-- {
		chance /= odds(i - 1)
		count(chance)
	}
	return min(tail/all, 1)
}
