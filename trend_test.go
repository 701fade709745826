package kpi_test

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// Smokers among lung cancer patients in four studies, Fleiss (1981): R prints
// prop.trend.test(smokers, patients) as X-squared = 8.2249, p-value = 0.004132.
var (
	smokers = []kpi.Proportion{{K: 83, N: 86}, {K: 90, N: 93}, {K: 129, N: 136}, {K: 70, N: 82}}
	inOrder = []int64{1, 2, 3, 4}
)

func TestShareTrend(t *testing.T) {
	t.Parallel()
	trend, err := kpi.ShareTrend(smokers, inOrder, 0.95)
	require.NoError(t, err)
	require.InDelta(t, 8.2249, trend.Statistic*trend.Statistic, 5e-5)
	require.InDelta(t, 0.004132, trend.P, 5e-7)
	require.Negative(t, trend.Statistic)
	require.Equal(t, kpi.CochranArmitage, trend.Test)
	require.True(t, trend.Interval.Contains(trend.Slope))
	require.Less(t, trend.Interval.Hi, 0.0)
	require.Equal(t, int64(397), trend.Interval.N)

	// By hand: 1 of 4, 2 of 4 and 3 of 4 rise by a quarter a wave; K = 6 of 12 and
	// Σ n(t−t̄)² = 8, so that z = 2/√(¼·8).
	trend, err = kpi.ShareTrend([]kpi.Proportion{{K: 1, N: 4}, {K: 2, N: 4}, {K: 3, N: 4}}, []int64{0, 1, 2}, 0.95)
	require.NoError(t, err)
	require.Equal(t, 0.25, trend.Slope)
	require.InDelta(t, math.Sqrt2, trend.Statistic, 1e-15)
}

// Where at begins does not matter, its unit only scales the slope, and two waves
// are a comparison.
func TestShareTrendLaws(t *testing.T) {
	t.Parallel()
	want, err := kpi.ShareTrend(smokers, inOrder, 0.95)
	require.NoError(t, err)
	got, err := kpi.ShareTrend(smokers, []int64{math.MaxInt64 - 21, math.MaxInt64 - 14, math.MaxInt64 - 7, math.MaxInt64}, 0.95)
	require.NoError(t, err)
	require.InDelta(t, want.Slope/7, got.Slope, 1e-17)
	require.InDelta(t, want.Interval.Lo/7, got.Interval.Lo, 1e-17)
	require.InDelta(t, want.Statistic, got.Statistic, 1e-14)
	back, err := kpi.ShareTrend(smokers, []int64{-1, -2, -3, -4}, 0.95)
	require.NoError(t, err)
	require.Equal(t, want.Slope, -back.Slope)
	require.Equal(t, want.Interval.Lo, -back.Interval.Hi)
	require.Equal(t, want.P, back.P)

	p, o := kpi.Proportion{K: 15, N: 180}, kpi.Proportion{K: 20, N: 200}
	two, err := kpi.ShareTrend([]kpi.Proportion{p, o}, []int64{0, 1}, 0.95)
	require.NoError(t, err)
	c, err := o.Compare(p)
	require.NoError(t, err)
	i, err := o.Diff(p, 0.95)
	require.NoError(t, err)
	require.InDelta(t, c.Statistic, two.Statistic, 1e-14)
	require.InDelta(t, c.Difference.Float64(), two.Slope, 1e-16)
	require.InDelta(t, i.Lo, two.Interval.Lo, 1e-15)
	require.InDelta(t, i.Hi, two.Interval.Hi, 1e-15)
}

func TestWeightedTrend(t *testing.T) {
	t.Parallel()
	// Three points of one weight: the slope is (y₃−y₁)/2, its error √½.
	points := []kpi.TrendPoint{{At: 0, Value: 1, SE: 1, N: 10}, {At: 1, Value: 5, SE: 1, N: 20}, {At: 2, Value: 2, SE: 1, N: 30}}
	trend, err := kpi.WeightedTrend(points, 0.95)
	require.NoError(t, err)
	require.InDelta(t, 0.5, trend.Slope, 1e-15)
	require.InDelta(t, math.Sqrt2/2, trend.Statistic, 1e-15)
	require.InDelta(t, 0.5-1.959963984540054*math.Sqrt(0.5), trend.Interval.Lo, 1e-14)
	require.Equal(t, int64(60), trend.Interval.N)
	require.Equal(t, kpi.WeightedZ, trend.Test)

	// A point known badly counts for little; one that is twice as good counts for
	// four. By hand with the weights 4, 1, 1: t̄ = ½, ȳ = 11/6, Σw(t−t̄)² = 3.5 and
	// Σw(t−t̄)y = −2 + 2.5 + 3.
	points[0].SE = 0.5
	trend, err = kpi.WeightedTrend(points, 0.95)
	require.NoError(t, err)
	require.InDelta(t, 1, trend.Slope, 1e-15)
	require.InDelta(t, math.Sqrt(3.5), trend.Statistic, 1e-15)

	// Two points are the difference of two estimates.
	trend, err = kpi.WeightedTrend([]kpi.TrendPoint{{At: 3, Value: 10, SE: 3}, {At: 5, Value: 20, SE: 4}}, 0.95)
	require.NoError(t, err)
	require.InDelta(t, 5, trend.Slope, 1e-14)
	require.InDelta(t, 2, trend.Statistic, 1e-14)
	require.InDelta(t, math.Erfc(math.Sqrt2), trend.P, 1e-15)
}

func TestNPSTrend(t *testing.T) {
	t.Parallel()
	waves := []kpi.NPS{
		{Promoters: 40, Passives: 40, Detractors: 20},
		{Promoters: 45, Passives: 35, Detractors: 20},
		{Promoters: 50, Passives: 30, Detractors: 20},
	}
	trend, err := kpi.NPSTrend(waves, []int64{1, 2, 3}, 0.95)
	require.NoError(t, err)
	require.InDelta(t, 5, trend.Slope, 1e-13)
	require.Equal(t, int64(300), trend.Interval.N)
	// The same from scores and AdjustedWald's standard errors.
	points := make([]kpi.TrendPoint, len(waves))
	for i, w := range waves {
		score, err := w.Score()
		require.NoError(t, err)
		wald, err := w.AdjustedWald(0.95)
		require.NoError(t, err)
		points[i] = kpi.TrendPoint{At: float64(i), Value: score.Float64(), SE: (wald.Hi - wald.Lo) / 2 / 1.959963984540054, N: w.N()}
	}
	want, err := kpi.WeightedTrend(points, 0.95)
	require.NoError(t, err)
	require.InDelta(t, want.Statistic, trend.Statistic, 1e-12)
	require.InDelta(t, want.Interval.Lo, trend.Interval.Lo, 1e-12)
	// Instants keep their last digits, and waves of promoters only have an error.
	trend, err = kpi.NPSTrend([]kpi.NPS{{Promoters: 9}, {Promoters: 9}}, []int64{math.MaxInt64 - 1, math.MaxInt64}, 0.95)
	require.NoError(t, err)
	require.Equal(t, 0.0, trend.Slope)
	require.Equal(t, 1.0, trend.P)
	_, err = kpi.NPSTrend(waves[:2], []int64{math.MinInt64, math.MaxInt64}, 0.95)
	require.NoError(t, err)
}

func TestTrendErrors(t *testing.T) {
	t.Parallel()
	p, n := kpi.Proportion{K: 1, N: 2}, kpi.NPS{Promoters: 1}
	share := func(at []int64, ps ...kpi.Proportion) error { _, err := kpi.ShareTrend(ps, at, 0.95); return err }
	nps := func(at []int64, ns ...kpi.NPS) error { _, err := kpi.NPSTrend(ns, at, 0.95); return err }
	line := func(ps ...kpi.TrendPoint) error { _, err := kpi.WeightedTrend(ps, 0.95); return err }
	ok := kpi.TrendPoint{SE: 1}
	tests := []struct {
		name  string
		err   error
		code  kpi.Code
		kind  error
		index int
	}{
		{"share lengths", share([]int64{1}, p, p), kpi.CodeLength, kpi.ErrInvalid, -1},
		{"share impossible", share([]int64{1, 2}, p, kpi.Proportion{K: 1}), kpi.CodePartExceedsWhole, kpi.ErrInvalid, 1},
		{"share overflow", share([]int64{1, 2}, p, kpi.Proportion{N: math.MaxInt64}), kpi.CodeOverflow, kpi.ErrInvalid, 1},
		{"share nobody", share([]int64{1, 2}, p, kpi.Proportion{}), kpi.CodeZeroDenominator, kpi.ErrUndefined, 1},
		{"share one", share([]int64{1}, p), kpi.CodeTooFew, kpi.ErrUndefined, -1},
		{"share none", share(nil), kpi.CodeTooFew, kpi.ErrUndefined, -1},
		{"share one point", share([]int64{1, 1}, p, p), kpi.CodeNoSpread, kpi.ErrUndefined, -1},
		{"share nobody did", share([]int64{1, 2}, kpi.Proportion{N: 3}, kpi.Proportion{N: 4}), kpi.CodeNoSpread, kpi.ErrUndefined, -1},
		{"nps lengths", nps([]int64{1}, n, n), kpi.CodeLength, kpi.ErrInvalid, -1},
		{"nps impossible", nps([]int64{1, 2}, n, kpi.NPS{Passives: -1}), kpi.CodeNegative, kpi.ErrInvalid, 1},
		{"nps nobody", nps([]int64{1, 2}, n, kpi.NPS{}), kpi.CodeZeroDenominator, kpi.ErrUndefined, 1},
		{"nps one", nps([]int64{1}, n), kpi.CodeTooFew, kpi.ErrUndefined, -1},
		{"nps one point", nps([]int64{5, 5}, n, n), kpi.CodeNoSpread, kpi.ErrUndefined, -1},
		{"line not finite", line(ok, kpi.TrendPoint{Value: math.NaN(), SE: 1}), kpi.CodeNotFinite, kpi.ErrInvalid, 1},
		{"line infinite", line(ok, kpi.TrendPoint{SE: math.Inf(1)}), kpi.CodeNotFinite, kpi.ErrInvalid, 1},
		{"line without error", line(ok, kpi.TrendPoint{At: 1}), kpi.CodeOutOfRange, kpi.ErrInvalid, 1},
		{"line negative", line(ok, kpi.TrendPoint{SE: 1, N: -1}), kpi.CodeNegative, kpi.ErrInvalid, 1},
		{"line too long", line(kpi.TrendPoint{At: -1e308, SE: 1}, kpi.TrendPoint{At: 1e308, SE: 1}), kpi.CodeTooLarge, kpi.ErrInvalid, -1},
		{"line one point", line(ok, ok), kpi.CodeNoSpread, kpi.ErrUndefined, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := requireError(t, tt.err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
		})
	}
	for name, err := range map[string]error{
		"ShareTrend":    func() error { _, err := kpi.ShareTrend(nil, nil, math.NaN()); return err }(),
		"NPSTrend":      func() error { _, err := kpi.NPSTrend([]kpi.NPS{{}}, []int64{0}, 1); return err }(),
		"WeightedTrend": func() error { _, err := kpi.WeightedTrend(nil, 0); return err }(),
	} {
		e := requireError(t, err, kpi.ErrInvalid) // before undefined
		require.Equal(t, kpi.CodeOutOfRange, e.Code)
		require.Equal(t, name, e.Metric)
	}
}

// A slope warns by its smallest wave, as a difference does by its smaller group.
func TestTrendWarns(t *testing.T) {
	t.Parallel()
	at := []int64{0, 1, 2, 3, 4}
	for n, want := range map[int64][]kpi.Code{7: {kpi.CodeTooFew}, 29: {kpi.CodeTooFew}, 30: nil} {
		shares, waves, points := make([]kpi.Proportion, 5), make([]kpi.NPS, 5), make([]kpi.TrendPoint, 5)
		for i := range at {
			size := int64(100)
			if i == 3 {
				size = n
			}
			shares[i] = kpi.Proportion{K: size / 2, N: size}
			waves[i] = kpi.NPS{Promoters: size / 2, Detractors: size - size/2}
			points[i] = kpi.TrendPoint{At: float64(i), SE: 1, N: size}
		}
		share, err := kpi.ShareTrend(shares, at, 0.95)
		require.NoError(t, err)
		nps, err := kpi.NPSTrend(waves, at, 0.95)
		require.NoError(t, err)
		line, err := kpi.WeightedTrend(points, 0.95)
		require.NoError(t, err)
		for _, trend := range []kpi.Trend{share, nps, line} {
			require.Equal(t, want, trend.Interval.Warnings, "%v", trend.Test)
			require.Equal(t, 400+n, trend.Interval.N)
		}
	}
}

func TestTrendString(t *testing.T) {
	t.Parallel()
	// R: √8.2249; the slope is −.02562 by prop.trend.test's regression.
	trend, err := kpi.ShareTrend(smokers, inOrder, 0.95)
	require.NoError(t, err)
	require.Equal(t, "Cochran-Armitage z -2.868, p = 0.004132, slope "+
		strconv.FormatFloat(trend.Slope, 'g', 4, 64)+" "+trend.Interval.String(), trend.String())
	data, err := json.Marshal(trend)
	require.NoError(t, err)
	require.Contains(t, string(data), `"test":"Cochran-Armitage z"`)
	var back kpi.Trend
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, trend, back)
}

// Whatever the waves, an answer is finite, or there is an error.
func FuzzTrends(f *testing.F) {
	f.Add(int64(1), int64(2), int64(3), int64(4), int64(0), int64(7), 0.1, 0.2, 0.95)
	f.Add(int64(0), int64(math.MaxInt64/2), int64(1), int64(1<<61), int64(math.MinInt64), int64(math.MaxInt64), 1e-300, 1e300, 1e-300)
	f.Add(int64(0), int64(1), int64(1), int64(1), int64(5), int64(5), -1e308, 5e-324, math.Nextafter(1, 0))
	f.Fuzz(func(t *testing.T, a, b, c, d, at1, at2 int64, x, y, confidence float64) {
		ask := func(trend kpi.Trend, err error) {
			if err != nil {
				return
			}
			requireFinite(t, trend.Interval)
			require.True(t, trend.Interval.Contains(trend.Slope), "%v", trend)
			require.True(t, 0 <= trend.P && trend.P <= 1 && !math.IsInf(trend.Statistic, 0), "%v", trend)
		}
		at := []int64{at1, at2, 0}
		ask(kpi.ShareTrend([]kpi.Proportion{{K: a, N: b}, {K: c, N: d}, {K: a, N: d}}, at, confidence))
		ask(kpi.NPSTrend([]kpi.NPS{{Promoters: a, Detractors: b}, {Passives: c, Detractors: d}, {Promoters: d, Passives: a}}, at, confidence))
		ask(kpi.WeightedTrend([]kpi.TrendPoint{{At: x, Value: y, SE: y, N: a}, {At: y, Value: x, SE: x, N: b}, {At: float64(a), Value: 1, SE: 1}}, confidence))
	})
}
