package kpi

import "math/big"

// both returns the events of e and o together, once they are known to be possible;
// neither need have a rate.
func (e EventRate) both(metric string, o EventRate) (int64, error) {
	if err := bothValid(metric, e, o); err != nil {
		return 0, err
	}
	return sumCounts(metric, e.Events, o.Events)
}

// minus returns e − o, both with a ratio.
func (e EventRate) minus(o EventRate) Ratio { return e.ratio().Sub(o.ratio()) }

// ratio returns Events/Exposure of a rate that has one.
func (e EventRate) ratio() Ratio {
	return ratio(new(big.Rat).Quo(new(big.Rat).SetInt64(e.Events), e.Exposure.Rat()))
}

// Diff returns the interval of the difference of two independent rates, e − o, in
// events per unit of exposure: the square-and-add of their Garwood intervals, as
// Newcombe's is for shares. It has a width where neither has any events. The
// exposures must be of one unit. It warns as an Interval does, of the one with the
// fewer events. It returns an error as Ratio does for either, if the events
// overflow together, if a limit is beyond a float64, or if confidence is outside
// (0, 1).
//
// Zou, G. Y. and Donner, A. (2008), Construction of confidence limits about effect
// measures: a general approach, Statistics in Medicine 27, 1693–1702.
func (e EventRate) Diff(o EventRate, confidence float64) (Interval, error) {
	const metric = "EventRate.Diff"
	n, err := e.both(metric, o)
	if err != nil {
		return Interval{}, err
	}
	terms := make([]term, 2)
	for i, x := range []EventRate{e, o} {
		limits, err := x.Interval(confidence)
		if err != nil {
			return Interval{}, under(err, metric)
		}
		terms[i] = term{float64(1 - 2*i), x.ratio().Float64(), limits.Lo, limits.Hi}
	}
	d := e.minus(o).Float64()
	down, up := squareAndAdd(terms...)
	i := Interval{Lo: d - down, Hi: d + up, Confidence: confidence, N: n}
	return i.behind(metric, float64(min(e.Events, o.Events)))
}

// Compare tests whether two independent rates differ, exactly: if they do not,
// each of all events falls on e with the chance of its share of the exposure,
//
//	P = Σ P(k) over P(k) ≤ P(e.Events)·(1 + 10⁻⁷),  k binomial, of Events together,
//	    with the chance Exposure / (Exposure + Exposure′)
//
// the last factor against ties that are lost to rounding. It is right for the
// fewest events, and cautious; a P below some 10⁻³⁰⁰ is 0. The exposures must be of
// one unit. It returns an error as Ratio does for either, if the events overflow
// together, or beyond a thousand million events or exposures that a float64 cannot
// hold against each other, where Diff may answer.
//
// Przyborowski, J. and Wilenski, H. (1940), Homogeneity of results in testing
// samples from Poisson series, Biometrika 31, 313–323.
func (e EventRate) Compare(o EventRate) (Comparison, error) {
	const metric = "EventRate.Compare"
	n, err := e.both(metric, o)
	if err != nil {
		return Comparison{}, err
	}
	if n > maxFisher {
		return Comparison{}, fail(metric, CodeTooLarge, "Events = %d", n)
	}
	for _, x := range []EventRate{e, o} {
		if err := x.check(metric); err != nil {
			return Comparison{}, err
		}
	}
	mine, other := e.Exposure.Rat(), o.Exposure.Rat()
	part := ratio(new(big.Rat).Quo(mine, new(big.Rat).Add(mine, other))).Float64()
	times := ratio(new(big.Rat).Quo(mine, other)).Float64()
	if err := finite(metric, times, 1/times); err != nil {
		return Comparison{}, err
	}
	c := Comparison{Test: PoissonExact, Difference: e.minus(o), N: n}
	c.P = notLikelier(e.Events, int64((float64(n)+1)*part), 0, n, func(k int64) float64 {
		return float64(n-k) / float64(k+1) * times
	})
	return c, nil
}

// against returns r − o with what it is judged by, as Interval judges each.
func (r RatioOfSums) against(metric string, o RatioOfSums) (welch, error) {
	variances := make([]*big.Rat, 2)
	for i, x := range []RatioOfSums{r, o} {
		switch {
		case x.X.IsZero():
			return welch{}, fail(metric, CodeZeroDenominator, "X = 0")
		case x.N < 2:
			return welch{}, fail(metric, CodeTooFew, "N = %d < 2", x.N)
		}
		v := x.spread()
		variances[i] = v.Mul(v, big.NewRat(x.N, x.N-1))
	}
	w := welchOf(r.ratio().Sub(o.ratio()), variances[0], variances[1], r.N, o.N)
	// The equal observations that would tell as much, as Interval counts them.
	fewer := r.equals()
	if m := o.equals(); m.Cmp(fewer) < 0 {
		fewer = m
	}
	w.smaller = new(big.Int).Quo(fewer.Num(), fewer.Denom()).Int64()
	return w, nil
}

// both refuses two ratios of sums that are impossible, alone or together.
func (r RatioOfSums) both(metric string, o RatioOfSums) error {
	if err := bothValid(metric, r, o); err != nil {
		return err
	}
	_, err := sumCounts(metric, r.N, o.N)
	return err
}

// Diff returns the interval of the difference of two independent ratios of sums,
// r − o: Welch's, as for means, with the variances of Interval,
//
//	d ± t(ν)·√(v + v′),  ν = (v + v′)² / (v²/(N−1) + v′²/(N′−1))
//
// which is not clipped. It warns as Interval does, of the one whose observations
// tell less, and with CodeNoSpread where every observation of one has its ratio.
// It returns an error as Interval does for either, but for one that alone has no
// spread, if N overflows together, or if a limit is beyond a float64.
func (r RatioOfSums) Diff(o RatioOfSums, confidence float64) (Interval, error) {
	const metric = "RatioOfSums.Diff"
	if err := r.both(metric, o); err != nil {
		return Interval{}, err
	}
	if err := confident(metric, confidence); err != nil {
		return Interval{}, err
	}
	w, err := r.against(metric, o)
	if err != nil {
		return Interval{}, err
	}
	if w.variance.IsZero() {
		return Interval{}, fail(metric, CodeNoSpread, "N = %d, o.N = %d", r.N, o.N)
	}
	half, err := w.half(metric, confidence)
	if err != nil {
		return Interval{}, err
	}
	d := w.difference.Float64()
	i := Interval{Lo: d - half, Hi: d + half, Confidence: confidence, N: w.n, Warnings: w.warnings}
	return i.behind(metric, float64(w.smaller))
}

// Compare tests whether two independent ratios of sums differ: Welch's t test, as
// for means, the difference by the root of its variance in Diff. It warns as Diff
// does, and returns an error as Diff does.
func (r RatioOfSums) Compare(o RatioOfSums) (Comparison, error) {
	const metric = "RatioOfSums.Compare"
	if err := r.both(metric, o); err != nil {
		return Comparison{}, err
	}
	w, err := r.against(metric, o)
	if err != nil {
		return Comparison{}, err
	}
	return w.compare(metric)
}
