package kpi_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// itemsOf is a survey whose items have so many answers of 5 and so many of 1.
func itemsOf(items map[string][2]int64) kpi.Survey {
	s := kpi.Survey{Responses: 1000, Items: map[string]kpi.CSAT{}}
	for name, n := range items {
		s.Items[name] = kpi.CSAT{Counts: [11]int64{1: n[1], 5: n[0]}}
	}
	return s
}

func TestItemRanking(t *testing.T) {
	t.Parallel()
	s := itemsOf(map[string][2]int64{"price": {20, 80}, "speed": {180, 20}, "help": {9, 1}, "app": {50, 50}, "never": {0, 0}})
	// Of the three measures the order is one, and the room that the intervals leave is
	// not: help has ten answers, of which a share says less than a mean that is bounded.
	for by, want := range map[kpi.SurveyMeasure]string{
		kpi.SurveyTopBox: `rank  item     n  top box     interval  could be
1=    help    10    90.0%  59.6%–98.2%       1–3
1=    speed  200    90.0%  85.1%–93.4%       1–2
3     app    100    50.0%  40.4%–59.6%       2–3
4     price  100    20.0%  13.3%–28.9%       4–4
–     never    0        –            –         –
`,
		kpi.SurveyNetTop: `rank  item     n  net top       interval  could be
1=    help    10     80.0    19.2 … 96.4       1–3
1=    speed  200     80.0    70.1 … 86.9       1–2
3     app    100      0.0   -19.2 … 19.2       2–3
4     price  100    -60.0  -73.3 … -42.2       4–4
–     never    0        –              –         –
`,
		kpi.SurveyMean: `rank  item     n  mean     interval  could be
1=    help    10  4.60  3.70 … 5.00       1–2
1=    speed  200  4.60  4.43 … 4.77       1–2
3     app    100  3.00  2.60 … 3.40       3–3
4     price  100  1.80  1.48 … 2.12       4–4
–     never    0     –            –         –
`,
	} {
		r, err := s.Ranking(by, 0.95)
		require.NoError(t, err)
		require.Equal(t, want, r.String())
		require.Equal(t, by, r.By)
		require.Equal(t, []string{"never"}, r.Unanswered)
		for _, row := range r.Rows {
			c := s.Items[row.Item]
			var value kpi.Ratio
			var limits kpi.Interval
			switch by {
			case kpi.SurveyTopBox:
				top, err := c.TopBox()
				require.NoError(t, err)
				value = kpi.Must(top.Ratio())
				limits, err = top.Interval(0.95)
				require.NoError(t, err)
			case kpi.SurveyNetTop:
				value = kpi.Must(c.NetTop())
				limits, err = c.NetTopInterval(0.95)
				require.NoError(t, err)
			default:
				mean, err := c.Mean()
				require.NoError(t, err)
				value = kpi.Must(mean.Ratio())
				limits, err = mean.Interval(0.95)
				require.NoError(t, err)
			}
			requireRatio(t, value.String(), row.Value, nil)
			require.Equal(t, limits, row.Interval)
			require.Equal(t, c.N(), row.N)
			require.LessOrEqual(t, row.Best, row.Rank)
			require.LessOrEqual(t, row.Rank, row.Worst)
		}
		var back kpi.ItemRanking
		require.NoError(t, json.Unmarshal([]byte(mustJSON(t, r)), &back))
		require.Equal(t, r.String(), back.String())
	}
	r, err := s.Ranking(kpi.SurveyTopBox, 0.95)
	require.NoError(t, err)
	require.Contains(t, r.Markdown(), "| 1= | help | 10 | 90.0% | 59.6%–98.2% | 1–3 |")
}

// A single answer leaves the mean open, and does not keep the others from a rank.
func TestItemRankingOfOneAnswer(t *testing.T) {
	t.Parallel()
	s := itemsOf(map[string][2]int64{"one": {1, 0}, "all": {40, 0}, "low": {0, 40}})
	r, err := s.Ranking(kpi.SurveyMean, 0.95)
	require.NoError(t, err)
	require.Equal(t, "one", r.Rows[1].Item)
	require.Equal(t, kpi.Interval{Lo: 1, Hi: 5, Confidence: 0.95, N: 1, Warnings: []kpi.Code{kpi.CodeTooFew}}, r.Rows[1].Interval)
	require.Equal(t, [3]int{1, 1, 3}, [3]int{r.Rows[1].Rank, r.Rows[1].Best, r.Rows[1].Worst})
	require.Equal(t, [3]int{3, 2, 3}, [3]int{r.Rows[2].Rank, r.Rows[2].Best, r.Rows[2].Worst})
}

func TestItemRankingErrors(t *testing.T) {
	t.Parallel()
	s := itemsOf(map[string][2]int64{"a": {1, 1}})
	mixed := itemsOf(map[string][2]int64{"a": {1, 1}})
	mixed.Items["b"] = kpi.CSAT{Scale: oneToTen}
	for _, tt := range []struct {
		name       string
		s          kpi.Survey
		by         kpi.SurveyMeasure
		confidence float64
		code       kpi.Code
		kind       error
	}{
		{"no such measure", s, 3, 0.95, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"a negative measure", s, -1, 0.95, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"no confidence", s, kpi.SurveyMean, math.NaN(), kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"two scales", mixed, kpi.SurveyMean, 0.95, kpi.CodeMismatch, kpi.ErrInvalid},
		{"nobody", itemsOf(map[string][2]int64{"a": {}}), kpi.SurveyMean, 0.95, kpi.CodeNoData, kpi.ErrUndefined},
		{"no items", kpi.Survey{}, kpi.SurveyMean, 0.95, kpi.CodeNoData, kpi.ErrUndefined},
		{"no items and no confidence", kpi.Survey{}, kpi.SurveyMean, 2, kpi.CodeOutOfRange, kpi.ErrInvalid},
	} {
		r, err := tt.s.Ranking(tt.by, tt.confidence)
		e := requireError(t, err, tt.kind)
		require.Equal(t, tt.code, e.Code, tt.name)
		require.Equal(t, "Survey.Ranking", e.Metric)
		require.Nil(t, r)
	}
}
