package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// threeWaves ask of price and speed, and of the app from the second on.
func threeWaves() kpi.Waves {
	first := itemsOf(map[string][2]int64{"price": {50, 50}, "speed": {80, 20}})
	second := itemsOf(map[string][2]int64{"price": {60, 40}, "speed": {80, 20}, "app": {2, 2}})
	third := itemsOf(map[string][2]int64{"price": {75, 25}, "speed": {78, 22}, "app": {3, 1}})
	return kpi.Waves{{"Q1", 1, first}, {"Q2", 2, second}, {"Q3", 3, third}}
}

func TestWavesTrend(t *testing.T) {
	t.Parallel()
	ws := threeWaves()
	shares := []kpi.Proportion{{K: 50, N: 100}, {K: 60, N: 100}, {K: 75, N: 100}}
	want, err := kpi.ShareTrend(shares, []int64{1, 2, 3}, 0.95)
	require.NoError(t, err)
	got, err := ws.Trend("price", kpi.SurveyTopBox, 0.95)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.InDelta(t, 0.125, got.Slope, 1e-15)

	// Promoters and detractors have the same trend by another name, in points.
	nps, err := kpi.NPSTrend([]kpi.NPS{{Promoters: 50, Detractors: 50}, {Promoters: 60, Detractors: 40}, {Promoters: 75, Detractors: 25}}, []int64{1, 2, 3}, 0.95)
	require.NoError(t, err)
	got, err = ws.Trend("price", kpi.SurveyNetTop, 0.95)
	require.NoError(t, err)
	require.InDelta(t, nps.Slope, 100*got.Slope, 1e-12)
	require.InDelta(t, nps.Interval.Lo, 100*got.Interval.Lo, 1e-12)
	require.Equal(t, nps.Interval.N, got.Interval.N)

	// Of n answers of 5 and m of 1 the mean is 1 + 4n/(n+m), the standard error
	// 4·√(nm/(n+m)²/(n+m−1)).
	var points []kpi.TrendPoint
	for i, n := range []float64{50, 60, 75} {
		points = append(points, kpi.TrendPoint{At: float64(i), Value: 1 + 4*n/100, SE: 4 * math.Sqrt(n*(100-n)/1e4/99), N: 100})
	}
	want, err = kpi.WeightedTrend(points, 0.9)
	require.NoError(t, err)
	got, err = ws.Trend("price", kpi.SurveyMean, 0.9)
	require.NoError(t, err)
	require.InDelta(t, want.Slope, got.Slope, 1e-14)
	require.InDelta(t, want.Interval.Hi, got.Interval.Hi, 1e-14)

	// Of the waves that asked, in any order; instants keep their last digits.
	two, err := kpi.ShareTrend([]kpi.Proportion{{K: 2, N: 4}, {K: 3, N: 4}}, []int64{2, 3}, 0.95)
	require.NoError(t, err)
	slices.Reverse(ws)
	got, err = ws.Trend("app", kpi.SurveyTopBox, 0.95)
	require.NoError(t, err)
	require.Equal(t, two, got)
	far := threeWaves()
	for i := range far {
		far[i].At += math.MaxInt64 - 3
	}
	got, err = far.Trend("price", kpi.SurveyMean, 0.9)
	require.NoError(t, err)
	require.InDelta(t, want.Slope, got.Slope, 1e-14)
}

func TestWavesChanges(t *testing.T) {
	t.Parallel()
	ws := threeWaves()
	r := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		c, err := ws.Changes(kpi.SurveyTopBox)
		require.NoError(t, err)
		require.Len(t, c.Rows, 5)
		require.Equal(t, `item   from  to  before  after  change       p  adjusted
app    Q2    Q3   50.0%  75.0%    25.0  1.0000    1.0000
price  Q1    Q2   50.0%  60.0%    10.0  0.2007    0.8028
price  Q2    Q3   60.0%  75.0%    15.0  0.0341    0.1707
speed  Q1    Q2   80.0%  80.0%     0.0  1.0000    1.0000
speed  Q2    Q3   80.0%  78.0%    -2.0  0.8624    1.0000
`, c.String())
		require.Contains(t, c.Markdown(), "| price | Q2 | Q3 | 60.0% | 75.0% | 15.0 |")
		// Each cell is Fisher's test, summed once elsewhere, and the family is the table: .0341 is not enough.
		var chances []float64
		for _, row := range c.Rows {
			chances = append(chances, row.Test.P)
		}
		fisher, err := kpi.Proportion{K: 75, N: 100}.Fisher(kpi.Proportion{K: 60, N: 100})
		require.NoError(t, err)
		require.Equal(t, fisher, c.Rows[2].Test)
		holm, err := kpi.Holm(chances)
		require.NoError(t, err)
		for i, row := range c.Rows {
			require.Equal(t, holm[i], row.Adjusted)
			requireRatio(t, row.After.Sub(row.Before).String(), row.Test.Difference, nil)
		}
		var back kpi.WaveChanges
		require.NoError(t, json.Unmarshal([]byte(mustJSON(t, c)), &back))
		require.Equal(t, mustJSON(t, c), mustJSON(t, &back))
		r.Shuffle(len(ws), func(i, j int) { ws[i], ws[j] = ws[j], ws[i] })
	}
	net, err := ws.Changes(kpi.SurveyNetTop)
	require.NoError(t, err)
	a, b := kpi.CSAT{Counts: [11]int64{1: 25, 5: 75}}, kpi.CSAT{Counts: [11]int64{1: 40, 5: 60}}
	compared, err := a.NetTopCompare(b)
	require.NoError(t, err)
	require.Equal(t, compared, net.Rows[2].Test)
	require.Contains(t, net.String(), "price  Q2    Q3    20.0   50.0    30.0")
	means, err := ws.Changes(kpi.SurveyMean)
	require.NoError(t, err)
	x, err := a.Mean()
	require.NoError(t, err)
	y, err := b.Mean()
	require.NoError(t, err)
	compared, err = x.Compare(y)
	require.NoError(t, err)
	require.Equal(t, compared, means.Rows[2].Test)
	require.Contains(t, means.String(), "price  Q2    Q3    3.40   4.00    0.60")
}

// A cell without a test stays in the family, and says why.
func TestWavesChangesWithoutATest(t *testing.T) {
	t.Parallel()
	ws := kpi.Waves{
		{"Q1", 1, itemsOf(map[string][2]int64{"one": {1, 0}, "same": {50, 0}, "none": {}, "some": {50, 50}})},
		{"Q2", 2, itemsOf(map[string][2]int64{"one": {0, 40}, "same": {60, 0}, "none": {9, 9}, "some": {75, 25}})},
	}
	c, err := ws.Changes(kpi.SurveyMean)
	require.NoError(t, err)
	require.Len(t, c.Rows, 3, "nobody answered none before")
	require.Equal(t, "one", c.Rows[0].Item)
	require.Equal(t, kpi.Comparison{Test: kpi.WelchT, Difference: kpi.Whole(-4), P: 1, N: 41, Warnings: []kpi.Code{kpi.CodeTooFew}}, c.Rows[0].Test)
	require.Equal(t, kpi.Comparison{Test: kpi.WelchT, P: 1, N: 110, Warnings: []kpi.Code{kpi.CodeNoSpread}}.String(), c.Rows[1].Test.String())
	require.InDelta(t, 3*c.Rows[2].Test.P, c.Rows[2].Adjusted, 1e-15)
	require.Contains(t, c.String(), "1.0000    1.0000  (there are too few observations)\n")
}

func TestWavesErrors(t *testing.T) {
	t.Parallel()
	with := func(change func(kpi.Waves)) kpi.Waves {
		ws := threeWaves()
		if change != nil {
			change(ws)
		}
		return ws
	}
	for _, tt := range []struct {
		name  string
		ws    kpi.Waves
		by    kpi.SurveyMeasure
		code  kpi.Code
		kind  error
		index int
	}{
		{"impossible", with(func(ws kpi.Waves) { ws[1].Survey.Active = -1 }), kpi.SurveyMean, kpi.CodeNegative, kpi.ErrInvalid, 1},
		{"no text", with(func(ws kpi.Waves) { ws[2].Name = "\xff" }), kpi.SurveyMean, kpi.CodeSyntax, kpi.ErrInvalid, 2},
		{"at one point", with(func(ws kpi.Waves) { ws[2].At = 1 }), kpi.SurveyMean, kpi.CodeRepeated, kpi.ErrInvalid, -1},
		{"no such measure", with(nil), 7, kpi.CodeOutOfRange, kpi.ErrInvalid, -1},
		{"another scale", with(func(ws kpi.Waves) { ws[2].Survey.Items["price"] = kpi.CSAT{Scale: oneToTen, Counts: [11]int64{7: 1}} }), kpi.SurveyMean, kpi.CodeMismatch, kpi.ErrInvalid, -1},
	} {
		_, err := tt.ws.Trend("price", tt.by, 0.95)
		e := requireError(t, err, tt.kind)
		require.Equal(t, tt.code, e.Code, tt.name)
		require.Equal(t, tt.index, e.Index, tt.name)
		require.Equal(t, "Waves.Trend", e.Metric)
		_, err = tt.ws.Changes(tt.by)
		e = requireError(t, err, tt.kind)
		require.Equal(t, tt.code, e.Code, tt.name)
		require.Equal(t, tt.index, e.Index, tt.name)
		require.Equal(t, "Waves.Changes", e.Metric)
	}
	for _, tt := range []struct {
		name, item string
		ws         kpi.Waves
		by         kpi.SurveyMeasure
		confidence float64
		code       kpi.Code
		kind       error
	}{
		{"no such item", "x", threeWaves(), kpi.SurveyTopBox, 0.95, kpi.CodeUnknownName, kpi.ErrInvalid},
		{"no confidence", "price", threeWaves(), kpi.SurveyTopBox, 1, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"one wave", "app", threeWaves()[:2], kpi.SurveyTopBox, 0.95, kpi.CodeTooFew, kpi.ErrUndefined},
		{
			"everybody", "a",
			kpi.Waves{{"", 1, itemsOf(map[string][2]int64{"a": {5, 0}})}, {"", 2, itemsOf(map[string][2]int64{"a": {6, 0}})}},
			kpi.SurveyTopBox, 0.95, kpi.CodeNoSpread, kpi.ErrUndefined,
		},
		{
			"no spread in a wave", "a",
			kpi.Waves{{"", 1, itemsOf(map[string][2]int64{"a": {5, 0}})}, {"", 2, itemsOf(map[string][2]int64{"a": {6, 1}})}},
			kpi.SurveyMean, 0.95, kpi.CodeNoSpread, kpi.ErrUndefined,
		},
		{
			"one answer in a wave", "a",
			kpi.Waves{{"", 1, itemsOf(map[string][2]int64{"a": {1, 0}})}, {"", 2, itemsOf(map[string][2]int64{"a": {6, 1}})}},
			kpi.SurveyMean, 0.95, kpi.CodeTooFew, kpi.ErrUndefined,
		},
	} {
		_, err := tt.ws.Trend(tt.item, tt.by, tt.confidence)
		e := requireError(t, err, tt.kind)
		require.Equal(t, tt.code, e.Code, tt.name)
		require.Equal(t, "Waves.Trend", e.Metric)
	}
	_, err := threeWaves()[:1].Changes(kpi.SurveyTopBox)
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	// More than Fisher's test can take.
	much := kpi.Waves{threeWaves()[0], {"Q2", 2, kpi.Survey{Responses: 2e9, Items: map[string]kpi.CSAT{"price": {Counts: [11]int64{1: 1e9, 5: 1e9}}}}}}
	_, err = much.Changes(kpi.SurveyTopBox)
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeTooLarge, e.Code)
	require.Equal(t, "Waves.Changes", e.Metric)
}
