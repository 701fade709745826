package kpi

import (
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
		return fail(metric, CodeZeroDenominator, "0 of 0")
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
	if err := p.valid(metric); err != nil {
		return p, err
	}
	if err := o.valid(metric); err != nil {
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
	const metric = "Proportion.Interval"
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
	lo, hi := wilson(float64(p.K), float64(p.N), z)
	return Interval{Lo: lo, Hi: hi, Confidence: confidence, N: p.N}, nil
}

// share returns part/whole of two rationals for a metric.
func share(metric string, part, whole *big.Rat) (Ratio, error) {
	if whole.Sign() == 0 {
		return Ratio{}, fail(metric, CodeZeroDenominator, "")
	}
	return ratio(new(big.Rat).Quo(part, whole)), nil
}
