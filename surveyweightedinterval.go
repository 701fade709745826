package kpi

import (
	"math/big"

	"github.com/shopspring/decimal"
)

// ask is what the intervals have in common: the quantile of confidence, and the
// factor that a finite population lends to the answers, which is nil if they are
// all of it. Invalid arguments are refused before a survey without answers.
func (s WeightedSurvey) ask(metric string, population int64, confidence float64) (z float64, factor *big.Rat, err error) {
	n, err := s.total(metric)
	if err != nil {
		return 0, nil, err
	}
	if z, err = normalQuantile(metric, confidence); err != nil {
		return 0, nil, err
	}
	switch {
	case population < 0:
		return 0, nil, fail(metric, CodeNegative, "population = %d", population)
	case population == 0:
		return z, ratOne, nil
	case population < n:
		return 0, nil, fail(metric, CodePartExceedsWhole, "N = %d > population = %d", n, population)
	case population == n:
		return z, nil, nil
	}
	return z, big.NewRat(population-1, population-n), nil
}

// equals returns n*, given Σwy², and the factor of a finite population.
func (s WeightedSurvey) equals(r RatioOfSums, squares decimal.Decimal, factor *big.Rat) *big.Rat {
	v := r.spread()
	if v.Sign() == 0 {
		return v.Mul(r.equals(), factor)
	}
	at := r.ratio().r()
	n := new(big.Rat).Quo(squares.Rat(), r.X.Rat())
	return n.Sub(n, new(big.Rat).Mul(at, at)).Quo(n, v).Mul(n, factor)
}

// TopBoxInterval returns the interval of TopBox in 0 … 1, Wilson's with n*
// answers, for a survey of population customers, or 0 for one without a known end.
// It returns an error as TopBox does, if population is negative or less than N but
// not 0, or if confidence is outside (0, 1).
func (s WeightedSurvey) TopBoxInterval(population int64, confidence float64) (Interval, error) {
	const metric = "WeightedSurvey.TopBoxInterval"
	z, factor, err := s.ask(metric, population, confidence)
	if err != nil {
		return Interval{}, err
	}
	r, err := s.sums(metric, s.top)
	if err != nil {
		return Interval{}, err
	}
	at := r.ratio()
	if factor == nil {
		return known(at, r.N, confidence), nil
	}
	n := s.equals(r, r.Y, factor)
	lo, hi := wilson(at.Mul(ratio(n)).Float64(), ratio(n).Float64(), z)
	return s.interval(metric, r, lo, hi, factor, confidence)
}

// NPSInterval returns the interval of NPS in points, Tango's with n* answers. It
// returns an error as NPS and TopBoxInterval do.
func (s WeightedSurvey) NPSInterval(population int64, confidence float64) (Interval, error) {
	const metric = "WeightedSurvey.NPSInterval"
	z, factor, err := s.ask(metric, population, confidence)
	if err != nil {
		return Interval{}, err
	}
	r, err := s.netSums(metric)
	if err != nil {
		return Interval{}, err
	}
	at := r.ratio()
	if factor == nil {
		return known(at.Mul(Whole(100)), r.N, confidence), nil
	}
	var promoters, detractors decimal.Decimal
	for score, w := range s.Weights {
		switch s.net(score) {
		case 1:
			promoters = promoters.Add(w)
		case -1:
			detractors = detractors.Add(w)
		}
	}
	n := s.equals(r, promoters.Add(detractors), factor)
	of := func(part decimal.Decimal) float64 {
		p := new(big.Rat).Quo(part.Rat(), r.X.Rat())
		return ratio(p.Mul(p, n)).Float64()
	}
	lo, hi := tango(of(promoters), of(detractors), ratio(n).Float64(), z)
	return s.interval(metric, r, 100*lo, 100*hi, factor, confidence)
}

// MeanInterval returns the interval of Mean, clipped to the scale: that of
// RatioOfSums, narrowed in a finite population as n* is. Where all answers are
// equal it is as for Mean, with EffectiveN answers, and warns with CodeNoSpread. It
// returns an error as TopBoxInterval does, or for a single answer that is not the
// population.
func (s WeightedSurvey) MeanInterval(population int64, confidence float64) (Interval, error) {
	const metric = "WeightedSurvey.MeanInterval"
	z, factor, err := s.ask(metric, population, confidence)
	if err != nil {
		return Interval{}, err
	}
	r, err := s.sums(metric, s.score)
	if err != nil {
		return Interval{}, err
	}
	at := r.ratio()
	switch {
	case factor == nil:
		return known(at, r.N, confidence), nil
	case r.N < 2:
		return Interval{}, fail(metric, CodeTooFew, "N = %d < 2", r.N)
	}
	scale := s.Scale.or5()
	mean, low, high := at.Float64(), float64(scale.Min), float64(scale.Max)
	v := r.spread()
	if v.Sign() == 0 {
		n := ratio(new(big.Rat).Mul(r.equals(), factor)).Float64()
		return Interval{Confidence: confidence, N: r.N}.noSpread(mean, low, high, n, z).behind(metric, n)
	}
	t, err := tQuantile(metric, confidence, float64(r.N-1))
	if err != nil {
		return Interval{}, err
	}
	v.Mul(v, big.NewRat(r.N, r.N-1)).Quo(v, factor)
	half := t * squareRoot(v)
	return s.interval(metric, r, max(mean-half, low), min(mean+half, high), factor, confidence)
}

// interval is the Interval of limits that rest on r.
func (s WeightedSurvey) interval(metric string, r RatioOfSums, lo, hi float64, factor *big.Rat, confidence float64) (Interval, error) {
	n := new(big.Rat).Mul(r.equals(), factor)
	return Interval{Lo: lo, Hi: hi, Confidence: confidence, N: r.N}.behind(metric, ratio(n).Float64())
}

// known is the Interval of a value that everybody was asked for.
func known(at Ratio, n int64, confidence float64) Interval {
	return Interval{Lo: at.Float64(), Hi: at.Float64(), Confidence: confidence, N: n}
}
