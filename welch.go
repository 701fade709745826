package kpi

import (
	"math"
	"math/big"
)

// welch is what the difference of two means is judged by.
type welch struct {
	difference, variance Ratio // of the difference
	df                   float64
	n                    int64
	warnings             []Code
}

// against returns m − o with its variance and Satterthwaite's degrees of freedom,
// exactly up to the last step.
func (m Mean) against(metric string, o Mean) (welch, error) {
	for _, x := range []Mean{m, o} {
		if err := x.check(metric, 2); err != nil {
			return welch{}, err
		}
	}
	w := welch{difference: m.ratio().Sub(o.ratio()), n: m.N + o.N}
	a := new(big.Rat).Quo(m.variance().r(), new(big.Rat).SetInt64(m.N))
	b := new(big.Rat).Quo(o.variance().r(), new(big.Rat).SetInt64(o.N))
	if a.Sign() == 0 || b.Sign() == 0 {
		w.warnings = []Code{CodeNoSpread}
	}
	sum := new(big.Rat).Add(a, b)
	w.variance = ratio(sum)
	if sum.Sign() == 0 {
		return w, nil
	}
	a.Mul(a, a).Quo(a, new(big.Rat).SetInt64(m.N-1))
	b.Mul(b, b).Quo(b, new(big.Rat).SetInt64(o.N-1))
	df := new(big.Rat).Mul(sum, sum)
	w.df, _ = df.Quo(df, a.Add(a, b)).Float64()
	return w, nil
}

// both refuses two means that are impossible, alone or together.
func (m Mean) both(metric string, o Mean) error {
	for _, x := range []Mean{m, o} {
		if err := x.valid(metric); err != nil {
			return err
		}
	}
	if m.N > 0 && o.N > 0 && (!m.Low.Equal(o.Low) || !m.High.Equal(o.High)) {
		return fail(metric, CodeMismatch, "the bounds differ")
	}
	n := m.N
	return addCounts(metric, []*int64{&n}, o.N)
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
		t, err := tQuantile(metric, confidence, w.df)
		if err != nil {
			return Interval{}, err
		}
		down = t * math.Sqrt(w.variance.Float64())
		up = down
	case m.bounded():
		a, _ := m.Interval(confidence) // both are known to have one
		b, _ := o.Interval(confidence)
		down, up = squareAndAdd(term{1, m.ratio().Float64(), a.Lo, a.Hi}, term{-1, o.ratio().Float64(), b.Lo, b.Hi})
	default:
		return Interval{}, fail(metric, CodeNoSpread, "N = %d and %d", m.N, o.N)
	}
	d := w.difference.Float64()
	i.Lo, i.Hi = d-down, d+up
	if m.bounded() {
		width := m.High.Sub(m.Low).InexactFloat64()
		i.Lo, i.Hi = max(i.Lo, -width), min(i.Hi, width)
	}
	return i.behind(metric, float64(min(m.N, o.N)))
}

// Compare tests whether two independent means differ: Welch's t test, the
// difference by the root of its variance in Diff, on as many degrees of freedom.
// CodeNoSpread is its warning where all observations of a group are equal. It
// returns an error for fewer than two observations in either, for means that are
// impossible or of different bounds, or if neither group has any spread.
func (m Mean) Compare(o Mean) (Comparison, error) {
	const metric = "Mean.Compare"
	if err := m.both(metric, o); err != nil {
		return Comparison{}, err
	}
	w, err := m.against(metric, o)
	if err != nil {
		return Comparison{}, err
	}
	if w.variance.IsZero() {
		return Comparison{}, fail(metric, CodeNoSpread, "N = %d and %d", m.N, o.N)
	}
	c := Comparison{Test: WelchT, Difference: w.difference, DF: w.df, N: w.n, Warnings: w.warnings}
	c.Statistic = root(w.difference, w.variance)
	c.P = tTail(c.Statistic, c.DF)
	return c, finite(metric, c.Statistic, c.DF, c.P)
}

// root returns d/√variance, with one rounding before the root.
func root(d, variance Ratio) float64 {
	square := new(big.Rat).Mul(d.r(), d.r())
	f, _ := square.Quo(square, variance.r()).Float64()
	return float64(d.Sign()) * math.Sqrt(f)
}
