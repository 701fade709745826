package kpi_test

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func eventsOf(events int64, exposure string) kpi.EventRate {
	return kpi.EventRate{Events: events, Exposure: decimal.RequireFromString(exposure)}
}

// Against the sum over all binomial counts, in logarithms.
func TestEventRateCompare(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b kpi.EventRate
		want float64 // 0: only against the sum
	}{
		{eventsOf(0, "10"), eventsOf(5, "10"), 2.0 / 32}, // all five on one side, or on the other
		{eventsOf(3, "10"), eventsOf(3, "10"), 1},
		{eventsOf(0, "10"), eventsOf(0, "10"), 1},
		{eventsOf(4, "7"), eventsOf(0, "21"), 1.0 / 256}, // (1/4)⁴, and none at (3/4)⁴ is likelier
		// R's poisson.test(c(11, 6 + 8 + 7), c(800, 1083 + 1050 + 878)) prints .07967.
		{eventsOf(11, "800"), eventsOf(21, "3011"), 0.07967},
		{eventsOf(30, "12.5"), eventsOf(11, "9"), 0},
		{eventsOf(200, "1"), eventsOf(150, "1.5"), 0},
	} {
		n := tt.a.Events + tt.b.Events
		p := tt.a.Exposure.InexactFloat64() / tt.a.Exposure.Add(tt.b.Exposure).InexactFloat64()
		seen, sum := multinomial(tt.a.Events, tt.b.Events, 0, p, 1-p, 1), 0.0
		for k := range n + 1 {
			if chance := multinomial(k, n-k, 0, p, 1-p, 1); chance <= seen*(1+1e-7) {
				sum += chance
			}
		}
		c, err := tt.a.Compare(tt.b)
		require.NoError(t, err)
		require.InDelta(t, sum, c.P, 1e-12)
		if tt.want > 0 {
			require.InDelta(t, tt.want, c.P, 1e-5)
		}
		require.Equal(t, n, c.N)
		require.Equal(t, kpi.PoissonExact, c.Test)
		require.Nil(t, c.Warnings)
		ra, err := tt.a.Ratio()
		require.NoError(t, err)
		rb, err := tt.b.Ratio()
		require.NoError(t, err)
		require.True(t, c.Difference.Equal(ra.Sub(rb)))
		back, err := tt.b.Compare(tt.a)
		require.NoError(t, err)
		require.InDelta(t, c.P, back.P, 1e-12)
	}
	c, err := eventsOf(0, "10").Compare(eventsOf(5, "10"))
	require.NoError(t, err)
	require.Equal(t, "Poisson exact, p = 0.0625, difference -0.5, n=5", c.String())
	// Ten thousand times as many, where the normal approximation is good.
	c, err = eventsOf(100_000_000, "1").Compare(eventsOf(100_030_000, "1"))
	require.NoError(t, err)
	require.InDelta(t, math.Erfc(30000/math.Sqrt(200_030_000)/math.Sqrt2), c.P, 1e-4)
}

func TestEventRateDiff(t *testing.T) {
	t.Parallel()
	a, b := eventsOf(30, "10"), eventsOf(40, "20")
	i, err := a.Diff(b, 0.95)
	require.NoError(t, err)
	x, err := a.Interval(0.95)
	require.NoError(t, err)
	y, err := b.Interval(0.95)
	require.NoError(t, err)
	require.InDelta(t, 1-math.Hypot(3-x.Lo, y.Hi-2), i.Lo, 1e-14)
	require.InDelta(t, 1+math.Hypot(x.Hi-3, 2-y.Lo), i.Hi, 1e-14)
	require.Equal(t, int64(70), i.N)
	require.Nil(t, i.Warnings)
	back, err := b.Diff(a, 0.95)
	require.NoError(t, err)
	require.Equal(t, [2]float64{i.Lo, i.Hi}, [2]float64{-back.Hi, -back.Lo})
	// Another unit of exposure, and no events: three per exposure at 90 %.
	none, err := eventsOf(0, "100").Diff(eventsOf(0, "50"), 0.90)
	require.NoError(t, err)
	require.InDelta(t, -math.Log(20)/50, none.Lo, 1e-12)
	require.InDelta(t, math.Log(20)/100, none.Hi, 1e-12)
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, none.Warnings)
}

// What 95 % intervals of a difference of rates hold, summed over all likely counts:
// Garwood's never hold less, and so do these but for a little.
func TestEventRateDiffCoverage(t *testing.T) {
	t.Parallel()
	const most = 70
	poisson := func(k int, mean float64) float64 {
		l, _ := math.Lgamma(float64(k) + 1)
		return math.Exp(float64(k)*math.Log(mean) - mean - l)
	}
	var intervals [most][most]kpi.Interval
	for k := range most {
		for l := range most {
			i, err := eventsOf(int64(k), "1").Diff(eventsOf(int64(l), "2"), 0.95)
			require.NoError(t, err)
			intervals[k][l] = i
		}
	}
	var c coverage
	for _, x := range []float64{0.5, 1, 2, 5, 10, 20, 30} {
		for _, y := range []float64{0.5, 1, 2, 5, 10, 20, 30} { // events, and half the rate
			held := 0.0
			for k := range most {
				for l := range most {
					if intervals[k][l].Contains(x - y/2) {
						held += poisson(k, x) * poisson(l, y)
					}
				}
			}
			c.add(held)
		}
	}
	t.Log(c)
	require.GreaterOrEqual(t, c.least, 0.945)
}

func TestRatioOfSumsDiff(t *testing.T) {
	t.Parallel()
	// On bases of 1 a ratio of sums is a mean, its interval Student's, and the
	// difference Welch's.
	ratios := func(values ...int64) (r kpi.RatioOfSums, m kpi.Mean) {
		var ds []decimal.Decimal
		for _, v := range values {
			ds = append(ds, decimal.NewFromInt(v))
			require.NoError(t, r.Add(decimal.NewFromInt(v), decimal.NewFromInt(1)))
		}
		m, err := kpi.MeanOf(ds)
		require.NoError(t, err)
		return r, m
	}
	a, x := ratios(5, 9, 12, 30, 8, 16)
	b, y := ratios(4, 6, 5, 8, 7, 6, 3)
	got, err := a.Diff(b, 0.95)
	require.NoError(t, err)
	want, err := x.Diff(y, 0.95)
	require.NoError(t, err)
	require.Equal(t, want, got)
	test, err := a.Compare(b)
	require.NoError(t, err)
	plain, err := x.Compare(y)
	require.NoError(t, err)
	require.True(t, plain.Difference.Equal(test.Difference))
	require.InDelta(t, plain.Statistic, test.Statistic, 1e-14)
	require.InDelta(t, plain.P, test.P, 1e-14)
	require.Equal(t, plain.Warnings, test.Warnings)

	// By hand: 1 of 2 and 3 of 4 have R = 2/3 and Σ(y−Rx)² = 2·(1/3)², so that v =
	// 2·(2/9)/36 = 1/81; 0 of 1 and 1 of 1 have R = ½ and v = 2·½/4 = ¼.
	d := decimal.NewFromInt
	var p, q kpi.RatioOfSums
	require.NoError(t, p.Add(d(1), d(2)))
	require.NoError(t, p.Add(d(3), d(4)))
	require.NoError(t, q.Add(d(0), d(1)))
	require.NoError(t, q.Add(d(1), d(1)))
	test, err = p.Compare(q)
	requireRatio(t, "1/6", test.Difference, err)
	v, w := 1.0/81, 0.25
	require.InDelta(t, 1.0/6/math.Sqrt(v+w), test.Statistic, 1e-14)
	require.InDelta(t, (v+w)*(v+w)/(v*v+w*w), test.DF, 1e-13)
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, test.Warnings)

	// Many, of which one holds nearly all of the base, tell little.
	var heavy kpi.RatioOfSums
	require.NoError(t, heavy.Add(d(500_000), d(1_000_000)))
	for i := range int64(40) {
		require.NoError(t, heavy.Add(d(i%2), d(1)))
	}
	i, err := heavy.Diff(heavy, 0.95)
	require.NoError(t, err)
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, i.Warnings)
	require.InDelta(t, 0, i.Lo+i.Hi, 1e-15)

	// One of no spread, and both.
	var flat kpi.RatioOfSums
	require.NoError(t, flat.Add(d(1), d(2)))
	require.NoError(t, flat.Add(d(2), d(4)))
	i, err = p.Diff(flat, 0.95)
	require.NoError(t, err)
	require.Equal(t, []kpi.Code{kpi.CodeNoSpread, kpi.CodeTooFew}, i.Warnings)
	_, err = flat.Diff(flat, 0.95)
	require.Equal(t, kpi.CodeNoSpread, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = flat.Compare(flat)
	require.Equal(t, kpi.CodeNoSpread, requireError(t, err, kpi.ErrUndefined).Code)
}

func TestRateDiffErrors(t *testing.T) {
	t.Parallel()
	good, sums := eventsOf(3, "10"), sumsOf(3, 3, 2, 3, 2, 2)
	type question struct {
		metric string
		err    error
		code   kpi.Code
		kind   error
	}
	var questions []question
	for _, tt := range []struct {
		e    kpi.EventRate
		code kpi.Code
		kind error
	}{
		{kpi.EventRate{Events: -1}, kpi.CodeNegative, kpi.ErrInvalid},
		{eventsOf(1, "-1"), kpi.CodeNegative, kpi.ErrInvalid},
		{eventsOf(math.MaxInt64, "1"), kpi.CodeOverflow, kpi.ErrInvalid},
		{kpi.EventRate{Exposure: decimal.New(1, 65)}, kpi.CodeTooLarge, kpi.ErrInvalid},
		{kpi.EventRate{}, kpi.CodeZeroDenominator, kpi.ErrUndefined},
	} {
		for _, pair := range [][2]kpi.EventRate{{tt.e, good}, {good, tt.e}} {
			_, err := pair[0].Diff(pair[1], 0.95)
			questions = append(questions, question{"EventRate.Diff", err, tt.code, tt.kind})
			_, err = pair[0].Compare(pair[1])
			questions = append(questions, question{"EventRate.Compare", err, tt.code, tt.kind})
		}
	}
	for _, tt := range []struct {
		r    kpi.RatioOfSums
		code kpi.Code
		kind error
	}{
		{kpi.RatioOfSums{N: -1}, kpi.CodeNegative, kpi.ErrInvalid},
		{sumsOf(2, 4, 0, 7, 0, 0), kpi.CodeMismatch, kpi.ErrInvalid},
		{kpi.RatioOfSums{N: math.MaxInt64}, kpi.CodeOverflow, kpi.ErrInvalid},
		{kpi.RatioOfSums{}, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{sumsOf(1, 1, 1, 1, 1, 1), kpi.CodeTooFew, kpi.ErrUndefined},
	} {
		for _, pair := range [][2]kpi.RatioOfSums{{tt.r, sums}, {sums, tt.r}} {
			_, err := pair[0].Diff(pair[1], 0.95)
			questions = append(questions, question{"RatioOfSums.Diff", err, tt.code, tt.kind})
			_, err = pair[0].Compare(pair[1])
			questions = append(questions, question{"RatioOfSums.Compare", err, tt.code, tt.kind})
		}
	}
	_, err := good.Diff(kpi.EventRate{}, 1) // invalid before undefined
	questions = append(questions, question{"EventRate.Diff", err, kpi.CodeOutOfRange, kpi.ErrInvalid})
	_, err = sums.Diff(kpi.RatioOfSums{}, math.NaN())
	questions = append(questions, question{"RatioOfSums.Diff", err, kpi.CodeOutOfRange, kpi.ErrInvalid})
	_, err = eventsOf(1_000_000_000, "1").Compare(good)
	questions = append(questions, question{"EventRate.Compare", err, kpi.CodeTooLarge, kpi.ErrInvalid})
	tiny, vast := kpi.EventRate{Exposure: decimal.New(1, -64)}, kpi.EventRate{Exposure: powerOfTen(399)}
	_, err = tiny.Compare(vast)
	questions = append(questions, question{"EventRate.Compare", err, kpi.CodeTooLarge, kpi.ErrInvalid})
	_, err = vast.Compare(tiny)
	questions = append(questions, question{"EventRate.Compare", err, kpi.CodeTooLarge, kpi.ErrInvalid})
	for i, q := range questions {
		e := requireError(t, q.err, q.kind)
		require.Equal(t, q.code, e.Code, i)
		require.Equal(t, q.metric, e.Metric, i)
	}
}

func TestRateDiffHostile(t *testing.T) { //nolint:paralleltest // measures what the program allocates
	good := eventsOf(1, "1")
	for _, d := range hostile() {
		cheaply(t, "rates", func() {
			bad, sums := kpi.EventRate{Exposure: d}, kpi.RatioOfSums{N: 2, X: d}
			_, err := bad.Diff(good, 0.95)
			requireError(t, err, kpi.ErrInvalid)
			_, err = good.Compare(bad)
			requireError(t, err, kpi.ErrInvalid)
			_, err = sums.Diff(kpi.RatioOfSums{}, 0.95)
			requireError(t, err, kpi.ErrInvalid)
			_, err = kpi.RatioOfSums{}.Compare(sums)
			requireError(t, err, kpi.ErrInvalid)
		})
	}
}

// Whatever the counts, an answer is finite, or there is an error.
func FuzzRates(f *testing.F) {
	f.Add(int64(3), int64(10), int64(5), int64(7), int32(0), 0.95)
	f.Add(int64(0), int64(1), int64(1<<20), int64(math.MaxInt64), int32(-64), 1e-300)
	f.Add(int64(1000), int64(1), int64(0), int64(1), int32(64), math.Nextafter(1, 0))
	f.Fuzz(func(t *testing.T, a, b, c, d int64, exponent int32, confidence float64) {
		p, o := kpi.EventRate{Events: a, Exposure: decimal.New(b, exponent)}, kpi.EventRate{Events: c, Exposure: decimal.New(d, -1)}
		if i, err := p.Diff(o, confidence); err == nil {
			requireFinite(t, i)
		}
		if x, err := p.Compare(o); err == nil {
			requireComparison(t, x)
		}
		var r, s kpi.RatioOfSums
		for i, v := range []int64{a, b, c, d, a} {
			into := &r
			if i > 2 {
				into = &s
			}
			_ = into.Add(decimal.New(v, exponent), decimal.New(d, exponent)) // what is refused is not there
			_ = into.Add(decimal.New(b, -3), decimal.New(v, exponent))
		}
		if i, err := r.Diff(s, confidence); err == nil {
			requireFinite(t, i)
		}
		if x, err := r.Compare(s); err == nil {
			requireComparison(t, x)
		}
	})
}
