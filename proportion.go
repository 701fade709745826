package kpi

import (
	"math"
	"math/big"
	"strconv"
)

// Undefined is what tables and Percent print where a metric has no value.
const Undefined = "–"

// Proportion is k of n: so many out of so many, never a rate without its base.
// Its zero value, 0 of 0, is the identity of Merge and has no Ratio.
type Proportion struct {
	K int64 `json:"k"` // those who did, 0 ≤ K ≤ N
	N int64 `json:"n"` // all of them
}

// proportion returns k of n for a metric, checked.
func proportion(metric string, k, n int64) (Proportion, error) {
	p := Proportion{K: k, N: n}
	return p, p.check(metric)
}

func (p Proportion) check(metric string) error {
	if err := p.valid(metric); err != nil {
		return err
	}
	if p.N == 0 {
		return fail(metric, CodeZeroDenominator, "N = 0")
	}
	return nil
}

func (p Proportion) valid(metric string) error {
	if err := nonNegative(metric, []string{"K", "N"}, p.K, p.N); err != nil {
		return err
	}
	if p.K > p.N {
		return fail(metric, CodePartExceedsWhole, "K = %d > N = %d", p.K, p.N)
	}
	return nil
}

// Ratio returns K/N exactly. It returns an error if N is 0, a count is negative
// or K exceeds N.
func (p Proportion) Ratio() (Ratio, error) {
	if err := p.check("Proportion.Ratio"); err != nil {
		return Ratio{}, err
	}
	return quotient(p.K, p.N), nil
}

// Complement returns N−K of N: retention from churn.
func (p Proportion) Complement() Proportion { return Proportion{K: p.N - p.K, N: p.N} }

// Percent returns K/N as a percentage with a fixed number of places, rounded
// half away from zero, or Undefined where there is no Ratio.
func (p Proportion) Percent(places int32) string {
	r, err := p.Ratio()
	if err != nil {
		return Undefined
	}
	return r.Percent(places)
}

// String returns "7/300", in the counts as they are and not in lowest terms.
func (p Proportion) String() string {
	return strconv.FormatInt(p.K, 10) + "/" + strconv.FormatInt(p.N, 10)
}

// Merge returns the proportion of two disjoint groups together. It returns an
// error if either is invalid or a count overflows.
func (p Proportion) Merge(o Proportion) (Proportion, error) {
	const metric = "Proportion.Merge"
	if err := bothValid(metric, p, o); err != nil {
		return p, err
	}
	err := addCounts(metric, []*int64{&p.K, &p.N}, o.K, o.N)
	return p, err
}

// Interval returns Wilson's score interval of the proportion,
//
//	(K + z²/2 ± z·√(K(N−K)/N + z²/4)) / (N + z²)
//
// with z the normal quantile of confidence, 0 < confidence < 1. It stays inside
// [0, 1] and is of use from small N on, where the textbook's p ± z·se is not.
// It returns an error as Ratio does, or if confidence is out of range.
//
// Wilson, E. B. (1927), Probable inference, the law of succession, and
// statistical inference, JASA 22, 209–212.
func (p Proportion) Interval(confidence float64) (Interval, error) {
	return p.interval("Proportion.Interval", confidence, wilson)
}

// interval returns the interval with the limits that a method gives to k of n.
func (p Proportion) interval(metric string, confidence float64, limits func(k, n, z float64) (lo, hi float64)) (Interval, error) {
	if err := p.valid(metric); err != nil {
		return Interval{}, err
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Interval{}, err
	}
	if err := p.check(metric); err != nil {
		return Interval{}, err
	}
	lo, hi := limits(float64(p.K), float64(p.N), z)
	return Interval{Lo: lo, Hi: hi, Confidence: confidence, N: p.N}.behind(metric, float64(p.N))
}

// ClopperPearson returns the interval that is called exact: Lo is the share for
// which K or more of N would have half of 1 − confidence as their probability, Hi
// that for which K or fewer would. It never holds less than confidence, and for
// the most part holds more: where a guarantee is owed it is the one to quote, to
// inform a decision Interval is narrower and right on the average. It returns an
// error as Interval does.
//
// Clopper, C. J. and Pearson, E. S. (1934), The use of confidence or fiducial
// limits illustrated in the case of the binomial, Biometrika 26, 404–413.
func (p Proportion) ClopperPearson(confidence float64) (Interval, error) {
	return p.interval("Proportion.ClopperPearson", confidence, func(k, n, z float64) (lo, hi float64) {
		return betaLimits(k, n, z, 0.5)
	})
}

// betaLimits returns quantiles of the beta distribution with k + ½ and n − k + ½,
// each of which leans outwards by apart. Nobody and everybody have an exact end.
func betaLimits(k, n, z, apart float64) (lo, hi float64) {
	lo, hi = 0, 1
	if k > 0 {
		lo = betaQuantile(k+0.5-apart, n-k+0.5+apart, z, false)
	}
	if k < n {
		hi = betaQuantile(k+0.5+apart, n-k+0.5-apart, z, true)
	}
	return lo, hi
}

// AgrestiCoull returns the interval that can be worked on paper: z²/2 made-up
// answers of either kind are added, four in all at 95 %, and then
//
//	p ± z·√(p(1−p)/n),  n = N + z², p = (K + z²/2)/n
//
// It has the centre of Interval and is wider. As in the R package binom it is not
// clipped: near the ends Lo may be below 0 or Hi above 1, and Interval is the one
// to print. It returns an error as Interval does.
//
// Agresti, A. and Coull, B. A. (1998), Approximate is better than "exact" for
// interval estimation of binomial proportions, The American Statistician 52,
// 119–126.
func (p Proportion) AgrestiCoull(confidence float64) (Interval, error) {
	return p.interval("Proportion.AgrestiCoull", confidence, func(k, n, z float64) (lo, hi float64) {
		n += z * z
		mid := (k + z*z/2) / n
		half := z * math.Sqrt(mid*(1-mid)/n)
		return mid - half, mid + half
	})
}

// Jeffreys returns the equal-tailed interval of the Bayesian who began with
// Jeffreys' prior, the quantiles of a beta distribution with K + ½ and N − K + ½,
// but from 0 if K is 0 and to 1 if K is N. On the average it holds what it states,
// and from ten answers on it is the shortest of the four for rare events. It
// returns an error as Interval does.
//
// Brown, L. D., Cai, T. T. and DasGupta, A. (2001), Interval estimation for a
// binomial proportion, Statistical Science 16, 101–133.
func (p Proportion) Jeffreys(confidence float64) (Interval, error) {
	return p.interval("Proportion.Jeffreys", confidence, func(k, n, z float64) (lo, hi float64) {
		return betaLimits(k, n, z, 0)
	})
}

// share returns part/whole of two rationals for a metric.
func share(metric string, part, whole *big.Rat) (Ratio, error) {
	if whole.Sign() == 0 {
		return Ratio{}, fail(metric, CodeZeroDenominator, "")
	}
	return ratio(new(big.Rat).Quo(part, whole)), nil
}
