package kpi_test

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func meanOf(t *testing.T, texts ...string) kpi.Mean {
	t.Helper()
	m, err := kpi.MeanOf(observations(texts...))
	require.NoError(t, err)
	return m
}

// R: t.test(extra ~ group, data = sleep), Student's own data of 1908. Printed:
// t = -1.8608, df = 17.776, p-value = 0.07939, [-3.3654832, 0.2054832].
func TestWelchSleep(t *testing.T) {
	t.Parallel()
	a := meanOf(t, "0.7", "-1.6", "-0.2", "-1.2", "-0.1", "3.4", "3.7", "0.8", "0.0", "2.0")
	b := meanOf(t, "1.9", "0.8", "1.1", "0.1", "-0.1", "4.4", "5.5", "1.6", "4.6", "3.4")
	c, err := a.Compare(b)
	requireRatio(t, "-1.58", c.Difference, err)
	require.InDelta(t, -1.8608, c.Statistic, 5e-5)
	require.InDelta(t, 17.776, c.DF, 5e-4)
	require.InDelta(t, 0.07939, c.P, 5e-6)
	require.Equal(t, kpi.WelchT, c.Test)
	require.Equal(t, "Welch t -1.861 on 17.78 df, p = 0.07939, difference -1.58, n=20 (there are too few observations)", c.String())
	i, err := a.Diff(b, 0.95)
	require.NoError(t, err)
	require.InDelta(t, -3.3654832, i.Lo, 5e-8)
	require.InDelta(t, 0.2054832, i.Hi, 5e-8)
	require.Equal(t, int64(20), i.N)
	// The interval that has 0 for its end belongs to the p-value.
	edge, err := a.Diff(b, 1-c.P)
	require.NoError(t, err)
	require.InDelta(t, 0, edge.Hi, 1e-10)
	back, err := b.Diff(a, 0.95)
	require.NoError(t, err)
	require.Equal(t, [2]float64{i.Lo, i.Hi}, [2]float64{-back.Hi, -back.Lo})
}

// With one and two degrees of freedom Student's t has a closed form, and between
// groups of one size and one variance Welch's degrees are their sum.
func TestWelchClosedForm(t *testing.T) {
	t.Parallel()
	// Variance ½ each, of 2: the difference 3 has the variance ½.
	c, err := meanOf(t, "3", "4").Compare(meanOf(t, "0", "1"))
	require.NoError(t, err)
	require.Equal(t, 2.0, c.DF)
	require.InDelta(t, 3*math.Sqrt2, c.Statistic, 1e-15)
	require.InDelta(t, 1-c.Statistic/math.Sqrt(2+c.Statistic*c.Statistic), c.P, 1e-15)
	// One group without spread: the other alone, on one degree.
	c, err = meanOf(t, "3", "4").Compare(meanOf(t, "1", "1", "1"))
	require.NoError(t, err)
	require.Equal(t, 1.0, c.DF)
	require.InDelta(t, 1-2/math.Pi*math.Atan(c.Statistic), c.P, 1e-15)
	require.Equal(t, []kpi.Code{kpi.CodeNoSpread, kpi.CodeTooFew}, c.Warnings)
	i, err := meanOf(t, "3", "4").Diff(meanOf(t, "1", "1", "1"), 0.5)
	require.NoError(t, err)
	require.InDelta(t, 2.5-0.5, i.Lo, 1e-12) // the quartile of Cauchy's distribution is 1
	require.Equal(t, []kpi.Code{kpi.CodeNoSpread, kpi.CodeTooFew}, i.Warnings)
}

// The tail of Student's t against its finite series in eighty digits (Abramowitz
// and Stegun 26.7.3 and 26.7.4), through means that have just that t.
func TestStudentTail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		df      int64
		t, want float64
	}{
		{2, 20, 2.49066389236709704799e-03},
		{20, 2, 5.92655354465704761746e-02},
		{100, 6, 3.17249150280285689379e-08},
		{200, 10, 2.37748314442075931630e-19},
		{250, 6, 6.88764970735306840585e-09},
		{250, 20, 8.61436695963510123327e-54},
		{1000, 2, 4.57703464932516373986e-02},
		{100000, 3, 2.70046088406471901378e-03},
	} {
		// Two groups of n, each with the squares n−1 about its mean, which is a
		// variance of 1: t = d/√(2/n) on 2n−2 degrees.
		n := tt.df/2 + 1
		d := decimal.NewFromFloat(tt.t * math.Sqrt(2/float64(n)))
		a := kpi.Mean{N: n, Squares: decimal.NewFromInt(n - 1)}
		b := kpi.Mean{N: n, Sum: d.Mul(decimal.NewFromInt(n))}
		b.Squares = a.Squares.Add(d.Mul(b.Sum))
		c, err := b.Compare(a)
		require.NoError(t, err)
		require.Equal(t, float64(tt.df), c.DF)
		require.InDelta(t, tt.t, c.Statistic, 1e-14)
		require.InDelta(t, 1, c.P/tt.want, 2e-12, "t = %v on %d", tt.t, tt.df)
	}
}

// Equal answers on a scale still leave something open; without a scale nothing is
// known.
func TestMeanDiffWithoutSpread(t *testing.T) {
	t.Parallel()
	a, err := kpi.CSAT{Counts: [11]int64{5: 10}}.Mean()
	require.NoError(t, err)
	b, err := kpi.CSAT{Counts: [11]int64{1: 10}}.Mean()
	require.NoError(t, err)
	i, err := a.Diff(b, 0.95)
	require.NoError(t, err)
	one, err := a.Interval(0.95)
	require.NoError(t, err)
	require.InDelta(t, 4-math.Sqrt2*(5-one.Lo), i.Lo, 1e-14)
	require.Equal(t, 4.0, i.Hi) // no further than the scale
	require.Equal(t, []kpi.Code{kpi.CodeNoSpread, kpi.CodeTooFew}, i.Warnings)
	_, err = a.Compare(b)
	require.Equal(t, kpi.CodeNoSpread, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = meanOf(t, "1", "1").Diff(meanOf(t, "2", "2"), 0.95)
	require.Equal(t, kpi.CodeNoSpread, requireError(t, err, kpi.ErrUndefined).Code)
}

func TestWelchErrors(t *testing.T) {
	t.Parallel()
	good := meanOf(t, "1", "2", "4")
	onScale, err := kpi.CSAT{Counts: [11]int64{1: 2, 5: 3}}.Mean()
	require.NoError(t, err)
	tests := []struct {
		name string
		m    kpi.Mean
		code kpi.Code
		kind error
	}{
		{"negative", kpi.Mean{N: -1}, kpi.CodeNegative, kpi.ErrInvalid},
		{"impossible sums", scored(2, "4", "1"), kpi.CodeMismatch, kpi.ErrInvalid},
		{"other bounds", onScale, kpi.CodeMismatch, kpi.ErrInvalid},
		{"exponent", kpi.Mean{N: 2, Sum: decimal.New(1, 2e7)}, kpi.CodeTooLarge, kpi.ErrInvalid},
		{"together too many", kpi.Mean{N: math.MaxInt64}, kpi.CodeOverflow, kpi.ErrInvalid},
		{"nobody", kpi.Mean{}, kpi.CodeNoData, kpi.ErrUndefined},
		{"one", meanOf(t, "1"), kpi.CodeTooFew, kpi.ErrUndefined},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, ask := range map[string]func(a, b kpi.Mean) error{
				"Mean.Diff":    func(a, b kpi.Mean) error { _, err := a.Diff(b, 0.95); return err },
				"Mean.Compare": func(a, b kpi.Mean) error { _, err := a.Compare(b); return err },
			} {
				for _, err := range []error{ask(tt.m, good), ask(good, tt.m)} {
					e := requireError(t, err, tt.kind)
					require.Equal(t, tt.code, e.Code)
					require.Equal(t, name, e.Metric)
				}
			}
		})
	}
	_, err = good.Diff(kpi.Mean{}, 0)
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
}

// Means of four hundred digits are compared exactly; an interval of them would be
// beyond a float64, and is refused.
func TestWelchHuge(t *testing.T) {
	t.Parallel()
	vast := nines()
	a, err := kpi.MeanOf([]decimal.Decimal{vast, vast.Neg(), vast})
	require.NoError(t, err)
	b, err := kpi.MeanOf([]decimal.Decimal{vast, vast.Neg(), vast.Neg()})
	require.NoError(t, err)
	c, err := a.Compare(b)
	require.NoError(t, err)
	require.InDelta(t, 1/math.Sqrt2, c.Statistic, 1e-15) // ⅔ by √(2·(4/3)/3)
	require.Equal(t, 4.0, c.DF)
	_, err = a.Diff(b, 0.95)
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
}

// Whatever the sums, an answer is finite and in its bounds, or there is an error.
func FuzzMeans(f *testing.F) {
	f.Add(int64(2), int64(3), int64(5), int64(3), int64(6), int64(14), int32(0), true, 0.95)
	f.Add(int64(2), int64(2), int64(2), int64(2), int64(10), int64(50), int32(30), false, 1e-300)
	f.Add(int64(math.MaxInt64), int64(0), int64(1), int64(2), int64(1), int64(1), int32(-60), false, math.Nextafter(1, 0))
	f.Fuzz(func(t *testing.T, n1, s1, q1, n2, s2, q2 int64, exponent int32, bounded bool, confidence float64) {
		mean := func(n, sum, squares int64) kpi.Mean {
			m := kpi.Mean{N: n, Sum: decimal.New(sum, exponent), Squares: decimal.New(squares, exponent*2)}
			if bounded {
				m.High = decimal.New(10, exponent)
			}
			return m
		}
		a, b := mean(n1, s1, q1), mean(n2, s2, q2)
		if i, err := a.Diff(b, confidence); err == nil {
			requireFinite(t, i)
			if width := b.High.Sub(b.Low).InexactFloat64(); bounded {
				require.True(t, -width <= i.Lo && i.Hi <= width, "%v", i)
			}
		}
		if c, err := a.Compare(b); err == nil {
			requireComparison(t, c)
		}
	})
}
