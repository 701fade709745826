package kpi

import (
	"math"
	"math/big"
)

// welch is what the difference of two means is judged by.
type welch struct {
	difference, variance Ratio // of the difference
	df                   float64
	n, smaller           int64 // observations of both, and of the smaller
	warnings             []Code
}

// against returns m − o with what it is judged by.
func (m Mean) against(metric string, o Mean) (welch, error) {
	for _, x := range []Mean{m, o} {
		if err := x.check(metric, 2); err != nil {
			return welch{}, err
		}
	}
	a := new(big.Rat).Quo(m.variance().r(), new(big.Rat).SetInt64(m.N))
	b := new(big.Rat).Quo(o.variance().r(), new(big.Rat).SetInt64(o.N))
	return welchOf(m.ratio().Sub(o.ratio()), a, b, m.N, o.N), nil
}

// welchOf returns what a difference is judged by whose two parts have the
// variances a and b, of n and m observations, n, m > 1 and n + m an int64, with
// Satterthwaite's degrees of freedom, exactly up to the last step.
func welchOf(difference Ratio, a, b *big.Rat, n, m int64) welch {
	w := welch{difference: difference, n: n + m, smaller: min(n, m)}
	if a.Sign() == 0 || b.Sign() == 0 {
		w.warnings = []Code{CodeNoSpread}
	}
	sum := new(big.Rat).Add(a, b)
	w.variance = ratio(sum)
	if sum.Sign() == 0 {
		return w
	}
	x := new(big.Rat).Mul(a, a)
	y := new(big.Rat).Mul(b, b)
	x.Quo(x, new(big.Rat).SetInt64(n-1))
	y.Quo(y, new(big.Rat).SetInt64(m-1))
	df := new(big.Rat).Mul(sum, sum)
	w.df, _ = df.Quo(df, x.Add(x, y)).Float64()
	return w
}

// half returns how far the interval reaches to either side; the variance is not 0.
func (w welch) half(metric string, confidence float64) (float64, error) {
	t, err := tQuantile(metric, confidence, w.df)
	return t * squareRoot(w.variance.r()), err
}

// compare returns the test of no difference.
func (w welch) compare(metric string) (Comparison, error) {
	if w.variance.IsZero() {
		return Comparison{}, fail(metric, CodeNoSpread, "N = %d, s² = 0", w.n)
	}
	c := Comparison{Test: WelchT, Difference: w.difference, DF: w.df, N: w.n, Warnings: w.warnings}
	c.Statistic = root(w.difference, w.variance)
	c.P = tTail(c.Statistic, c.DF)
	return c.behind(w.smaller), finite(metric, c.Statistic, c.DF, c.P)
}

// both refuses two means that are impossible, alone or together.
func (m Mean) both(metric string, o Mean) error {
	if err := bothValid(metric, m, o); err != nil {
		return err
	}
	if m.N > 0 && o.N > 0 && (!m.Low.Equal(o.Low) || !m.High.Equal(o.High)) {
		return fail(metric, CodeMismatch, "Low, High ≠ o.Low, o.High")
	}
	_, err := sumCounts(metric, m.N, o.N)
	return err
}

// Diff returns the interval of the difference of two independent means, m − o:
// Welch's, which does not suppose that the groups spread alike,
//
//	d ± t(ν)·√(v/N + v′/N′),  ν = (v/N + v′/N′)² / ((v/N)²/(N−1) + (v′/N′)²/(N′−1))
//
// with v and v′ their variances, clipped to the differences that the bounds
// allow. It warns as an Interval does, of the smaller group, and with CodeNoSpread
// where all observations of a group are equal. Where they are in both, bounded
// ones take the square-and-add of the two intervals, and unbounded ones give an
// error; so do fewer than two observations in either, means that are impossible
// or of different bounds, limits beyond a float64, and a confidence outside
// (0, 1).
//
// Welch, B. L. (1947), The generalization of "Student's" problem when several
// different population variances are involved, Biometrika 34, 28–35.
func (m Mean) Diff(o Mean, confidence float64) (Interval, error) {
	const metric = "Mean.Diff"
	if err := m.both(metric, o); err != nil {
		return Interval{}, err
	}
	if err := confident(metric, confidence); err != nil {
		return Interval{}, err
	}
	w, err := m.against(metric, o)
	if err != nil {
		return Interval{}, err
	}
	i := Interval{Confidence: confidence, N: w.n, Warnings: w.warnings}
	var down, up float64
	switch {
	case !w.variance.IsZero():
		if down, err = w.half(metric, confidence); err != nil {
			return Interval{}, err
		}
		up = down
	case m.bounded():
		a, err := m.Interval(confidence)
		if err != nil {
			return Interval{}, under(err, metric)
		}
		b, err := o.Interval(confidence)
		if err != nil {
			return Interval{}, under(err, metric)
		}
		down, up = squareAndAdd(term{1, m.ratio().Float64(), a.Lo, a.Hi}, term{-1, o.ratio().Float64(), b.Lo, b.Hi})
	default:
		return Interval{}, fail(metric, CodeNoSpread, "N = %d, o.N = %d", m.N, o.N)
	}
	d := w.difference.Float64()
	i.Lo, i.Hi = d-down, d+up
	if m.bounded() {
		width := m.High.Sub(m.Low).InexactFloat64()
		i.Lo, i.Hi = max(i.Lo, -width), min(i.Hi, width)
	}
	return i.behind(metric, float64(w.smaller))
}

// Compare tests whether two independent means differ: Welch's t test, the
// difference by the root of its variance in Diff, on as many degrees of freedom.
// It warns as an Interval does, of the smaller group, and with CodeNoSpread where
// all observations of a group are equal. It returns an error for fewer than two
// observations in either, for means that are impossible or of different bounds, or
// if neither group has any spread.
func (m Mean) Compare(o Mean) (Comparison, error) {
	const metric = "Mean.Compare"
	if err := m.both(metric, o); err != nil {
		return Comparison{}, err
	}
	w, err := m.against(metric, o)
	if err != nil {
		return Comparison{}, err
	}
	return w.compare(metric)
}

// root returns d/√variance, with one rounding before the root.
func root(d, variance Ratio) float64 {
	square := new(big.Rat).Mul(d.r(), d.r())
	f, _ := square.Quo(square, variance.r()).Float64()
	return float64(d.Sign()) * math.Sqrt(f)
}
