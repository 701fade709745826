package kpi

import (
	"fmt"
	"math"
	"math/big"
)

// Trend is the slope of a straight line through the waves of a survey, or through
// any estimates in order, and the test that there is none. A line is one answer
// to one question: waves that rose and fell again may have no slope.
type Trend struct {
	Test      Test     `json:"test"`      // which one
	Slope     float64  `json:"slope"`     // change per unit of at
	Interval  Interval `json:"interval"`  // of Slope
	Statistic float64  `json:"statistic"` // z of no slope
	P         float64  `json:"p"`         // two-sided, 0 … 1
}

// String returns the trend to four significant digits: "Cochran-Armitage z 2.389,
// p = 0.01688, slope 0.008158 [0.0015, 0.01452] 95% n=813".
func (t Trend) String() string {
	return fmt.Sprintf("%v %.4g, p = %.4g, slope %.4g %v", t.Test, t.Statistic, t.P, t.Slope, t.Interval)
}

// together returns the observations of n waves and those of the smallest; count
// returns those of one, or why it is impossible.
func together(metric string, n, instants int, count func(i int) (int64, error)) (all, least int64, err error) {
	if n != instants {
		return 0, 0, fail(metric, CodeLength, "len(waves) = %d ≠ %d = len(at)", n, instants)
	}
	least = math.MaxInt64
	for i := range n {
		here, err := count(i)
		if err == nil {
			err = addCounts(metric, []*int64{&all}, here)
		}
		if err != nil {
			return 0, 0, at(err, metric, i)
		}
		least = min(least, here)
	}
	return all, least, nil
}

// ShareTrend returns the slope of shares over ordered groups, such as the top box
// of a CSAT by wave, by the test of Cochran and Armitage: wave i of waves was at
// at[i], a wave number, a month or a day. With k of n in a wave, K of N in all,
// and t̄ the mean of at over all N,
//
//	Slope = Σ k(t−t̄) / Σ n(t−t̄)²
//	z     = Σ k(t−t̄) / √(K(N−K)/N² · Σ n(t−t̄)²)
//
// all exact up to the root. Two groups at 0 and 1 make it Proportion.Compare, and
// the interval Proportion.Diff: in general it squares and adds Wilson's, weighted
// as the slope weighs the waves. It warns as an Interval does, of the smallest wave:
// a slope through many small ones may be surer than any of them. It returns an error
// for slices of different lengths, for impossible counts, naming the wave, for
// counts that overflow together, for a confidence outside (0, 1), for fewer than two
// waves or one of nobody, if all are at the same point, or if nobody or everybody
// did in all.
//
// Cochran, W. G. (1954), Some methods for strengthening the common χ² tests,
// Biometrics 10, 417–451; Armitage, P. (1955), Tests for linear trends in
// proportions and frequencies, Biometrics 11, 375–386. For the interval: Zou, G.
// Y., Huang, W. and Zhang, X. (2009), A note on confidence interval estimation
// for a linear function of binomial proportions, Computational Statistics & Data
// Analysis 53, 1080–1085.
func ShareTrend(waves []Proportion, at []int64, confidence float64) (Trend, error) {
	const metric = "ShareTrend"
	all, least, err := together(metric, len(waves), len(at), func(i int) (int64, error) {
		return waves[i].N, waves[i].valid(metric)
	})
	if err != nil {
		return Trend{}, err
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Trend{}, err
	}
	if len(waves) < 2 {
		return Trend{}, fail(metric, CodeTooFew, "len(waves) = %d", len(waves))
	}
	did := int64(0)
	n, sumT, sumTT, sumTK := big.NewInt(all), new(big.Int), new(big.Int), new(big.Int)
	for i, p := range waves {
		if p.N == 0 {
			return Trend{}, failAt(metric, CodeZeroDenominator, i, "N = 0")
		}
		did += p.K
		t := product(at[i], p.N)
		sumT.Add(sumT, t)
		sumTT.Add(sumTT, t.Mul(t, big.NewInt(at[i])))
		sumTK.Add(sumTK, product(at[i], p.K))
	}
	// Both sums, N-fold, so that they are whole numbers.
	cross := new(big.Int).Mul(n, sumTK)
	cross.Sub(cross, new(big.Int).Mul(big.NewInt(did), sumT))
	spread := new(big.Int).Mul(n, sumTT)
	spread.Sub(spread, new(big.Int).Mul(sumT, sumT))
	if spread.Sign() == 0 || did == 0 || did == all {
		return Trend{}, fail(metric, CodeNoSpread, "K = %d, N = %d", did, all)
	}
	slope := ratio(new(big.Rat).SetFrac(cross, spread))
	variance := new(big.Rat).SetFrac(product(did, all-did), new(big.Int).Mul(n, spread))
	terms := make([]term, len(waves))
	for i, p := range waves {
		// n(t−t̄) / Σ n(t−t̄)²
		weight := new(big.Int).Mul(n, big.NewInt(at[i]))
		weight.Sub(weight, sumT).Mul(weight, big.NewInt(p.N))
		factor, _ := new(big.Rat).SetFrac(weight, spread).Float64()
		terms[i] = p.term(factor, z)
	}
	down, up := squareAndAdd(terms...)
	t := Trend{Test: CochranArmitage, Slope: slope.Float64(), Statistic: root(slope, ratio(variance))}
	t.P = normalTail(t.Statistic)
	t.Interval, err = Interval{Lo: t.Slope - down, Hi: t.Slope + up, Confidence: confidence, N: all}.behind(metric, float64(least))
	return t, err
}

// TrendPoint is an estimate with its standard error: a score at a point in time.
type TrendPoint struct {
	At    float64 `json:"at"`    // wave number, month or day
	Value float64 `json:"value"` // the estimate
	SE    float64 `json:"se"`    // its standard error, above 0
	N     int64   `json:"n"`     // observations behind it
}

// WeightedTrend returns the slope of independent estimates by weighted least
// squares: each weighs 1/SE², w, and with t̄ and ȳ the weighted means
//
//	Slope = Σ w(t−t̄)(y−ȳ) / Σ w(t−t̄)²,  its standard error 1/√(Σ w(t−t̄)²)
//
// The standard errors are taken as known, hence z and not t: what the points
// scatter about the line beyond them is not in the interval. It warns as an
// Interval does, of the point with the smallest N. It returns an error for a number
// that is not finite, a standard error of 0 or less, or a negative N, naming the
// point, for counts that overflow together, for a confidence outside (0, 1), for
// fewer than two points, if all are at the same place, or if the answer is beyond a
// float64.
func WeightedTrend(points []TrendPoint, confidence float64) (Trend, error) {
	return weightedTrend("WeightedTrend", points, confidence)
}

func (p TrendPoint) valid(metric string) error {
	for _, v := range []float64{p.At, p.Value, p.SE} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fail(metric, CodeNotFinite, "At = %v, Value = %v, SE = %v", p.At, p.Value, p.SE)
		}
	}
	if p.SE <= 0 {
		return fail(metric, CodeOutOfRange, "SE = %v", p.SE)
	}
	return nonNegative(metric, []string{"N"}, p.N)
}

func weightedTrend(metric string, points []TrendPoint, confidence float64) (Trend, error) {
	all, least, err := together(metric, len(points), len(points), func(i int) (int64, error) {
		return points[i].N, points[i].valid(metric)
	})
	if err != nil {
		return Trend{}, err
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Trend{}, err
	}
	if len(points) < 2 {
		return Trend{}, fail(metric, CodeTooFew, "len(points) = %d", len(points))
	}
	best := math.Inf(1)
	for _, p := range points {
		best = min(best, p.SE)
	}
	weight := func(p TrendPoint) float64 { return best / p.SE * (best / p.SE) } // the best weighs 1
	var sum, t, y float64
	for _, p := range points {
		sum += weight(p)
	}
	for _, p := range points {
		t += weight(p) / sum * p.At
		y += weight(p) / sum * p.Value
	}
	var cross, spread float64
	same := true
	for _, p := range points {
		cross += weight(p) * (p.At - t) * (p.Value - y)
		spread += weight(p) * (p.At - t) * (p.At - t)
		same = same && p.At == points[0].At
	}
	if same {
		return Trend{}, fail(metric, CodeNoSpread, "At = %v", t)
	}
	out := Trend{Test: WeightedZ, Slope: cross / spread}
	se := best / math.Sqrt(spread)
	out.Statistic = out.Slope / se
	out.P = normalTail(out.Statistic)
	if err := finite(metric, out.Slope, out.Statistic); err != nil {
		return Trend{}, err
	}
	i := Interval{Lo: out.Slope - z*se, Hi: out.Slope + z*se, Confidence: confidence, N: all}
	out.Interval, err = i.behind(metric, float64(least))
	return out, err
}

// NPSTrend returns the slope of the scores of independent waves in points, by
// WeightedTrend: wave i of waves was at at[i], a wave number, a month or a day.
// The standard error of a wave is that of NPS.AdjustedWald, which is never 0. It
// warns as an Interval does, of the smallest wave. It returns an error for slices of
// different lengths, for impossible counts or a wave of no answers, naming it, and
// else as WeightedTrend does.
func NPSTrend(waves []NPS, at []int64, confidence float64) (Trend, error) {
	const metric = "NPSTrend"
	points := make([]TrendPoint, len(waves))
	if _, _, err := together(metric, len(waves), len(at), func(i int) (int64, error) {
		return waves[i].total(metric)
	}); err != nil {
		return Trend{}, err
	}
	if err := confident(metric, confidence); err != nil {
		return Trend{}, err
	}
	for i, w := range waves {
		s, err := w.net(metric)
		if err != nil {
			return Trend{}, err
		}
		if s.n == 0 {
			return Trend{}, failAt(metric, CodeZeroDenominator, i, "N = 0")
		}
		// From the first wave on, so that instants keep their last digits.
		since := new(big.Int).Sub(big.NewInt(at[i]), big.NewInt(at[0]))
		_, variance := s.adjusted()
		points[i] = TrendPoint{Value: 100 * s.ratio().Float64(), SE: 100 * math.Sqrt(variance), N: s.n}
		points[i].At, _ = new(big.Float).SetInt(since).Float64()
	}
	return weightedTrend(metric, points, confidence)
}
