package kpi_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// The rules by default have a name for every combination of scores, the same that the
// map in their documentation says.
func TestDefaultRFMRules(t *testing.T) {
	t.Parallel()
	rules := kpi.DefaultRFMRules()
	require.Equal(t, 5, rules.Bins())
	require.Len(t, rules.Rules(), 11)
	again, err := kpi.NewRFMRules(5, rules.Rules())
	require.NoError(t, err)
	require.Equal(t, rules, again)
	seen := map[string]int{}
	for r := 1; r <= 5; r++ {
		for f := 1; f <= 5; f++ {
			for m := 1; m <= 5; m++ {
				rich := f >= 4 && m >= 4
				want := ""
				switch {
				case r >= 4 && rich:
					want = "Champions"
				case r >= 3 && f >= 4:
					want = "Loyal Customers"
				case r >= 4 && f >= 2:
					want = "Potential Loyalists"
				case r == 5:
					want = "New Customers"
				case r == 4:
					want = "Promising"
				case r == 3 && f == 3:
					want = "Need Attention"
				case r == 3:
					want = "About To Sleep"
				case rich:
					want = "Can't Lose Them"
				case f >= 3:
					want = "At Risk"
				case r == 2:
					want = "Hibernating"
				default:
					want = "Lost"
				}
				got, err := rules.Name(r, f, m)
				require.NoError(t, err)
				require.Equal(t, want, got, "%d%d%d", r, f, m)
				seen[got]++
			}
		}
	}
	require.Len(t, seen, 11)
}

func TestRFMRulesErrors(t *testing.T) {
	t.Parallel()
	rest := kpi.RFMRule{Name: "rest"}
	high := kpi.RFMRule{Name: "high", Recency: [2]int{2, 2}}
	tests := []struct {
		name   string
		bins   int
		rules  []kpi.RFMRule
		code   kpi.Code
		index  int
		reason string
	}{
		{"too few bins", 1, nil, kpi.CodeOutOfRange, -1, "bins = 1"},
		{"too many bins", 10, nil, kpi.CodeOutOfRange, -1, "bins = 10"},
		{"too many rules", 2, make([]kpi.RFMRule, 730), kpi.CodeTooLarge, -1, "len(rules) = 730"},
		{"no rules", 2, nil, kpi.CodeMissing, -1, "Recency = 2, Frequency = 2, Monetary = 2"},
		{"a cell that nobody covers", 2, []kpi.RFMRule{high, {Name: "low", Recency: [2]int{1, 1}, Monetary: [2]int{2, 2}}}, kpi.CodeMissing, -1, "Recency = 1, Frequency = 2, Monetary = 1"},
		{"a rule after all", 2, []kpi.RFMRule{rest, high}, kpi.CodeOrder, 1, `"high" ⊆ rules[:1]`},
		{"a rule covered by two", 2, []kpi.RFMRule{high, {Name: "low", Recency: [2]int{1, 1}}, rest}, kpi.CodeOrder, 2, `"rest" ⊆ rules[:2]`},
		{"no name", 2, []kpi.RFMRule{{Name: " "}}, kpi.CodeRepeated, 0, `Name = " "`},
		{"a name twice", 2, []kpi.RFMRule{high, {Name: "high"}}, kpi.CodeRepeated, 1, `Name = "high"`},
		{"a name that is no text", 2, []kpi.RFMRule{{Name: "\xff"}}, kpi.CodeSyntax, 0, `"\xff"`},
		{"from 0", 2, []kpi.RFMRule{{Name: "x", Frequency: [2]int{0, 1}}}, kpi.CodeOutOfRange, 0, `"x": Frequency = [0 1] ∉ [1, 2]`},
		{"backwards", 2, []kpi.RFMRule{{Name: "x", Monetary: [2]int{2, 1}}}, kpi.CodeOutOfRange, 0, `"x": Monetary = [2 1] ∉ [1, 2]`},
		{"beyond the bins", 2, []kpi.RFMRule{{Name: "x", Recency: [2]int{1, 3}}}, kpi.CodeOutOfRange, 0, `"x": Recency = [1 3] ∉ [1, 2]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := kpi.NewRFMRules(tt.bins, tt.rules)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, tt.reason, e.Reason)
		})
	}
	rules, err := kpi.NewRFMRules(2, []kpi.RFMRule{high, rest})
	require.NoError(t, err)
	for _, scores := range [][3]int{{0, 1, 1}, {1, 3, 1}, {1, 1, -1}} {
		_, err := rules.Name(scores[0], scores[1], scores[2])
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err = kpi.RFMRules{}.Name(1, 1, 1)
	requireError(t, err, kpi.ErrInvalid)
}

func TestRFMSegments(t *testing.T) {
	t.Parallel()
	l := logOf(t,
		kpi.Event{Customer: "Ann", Name: "order", At: day(30), Amount: dec("70.50")},
		kpi.Event{Customer: "Ann", Name: "order", At: day(20), Amount: dec("9.50")},
		kpi.Event{Customer: "Bob", Name: "order", At: day(1), Amount: dec("15")},
		kpi.Event{Customer: "Cid", Name: "order", At: day(2), Amount: dec("5")},
	)
	r := rfm(t, l, kpi.RFMSpec{AsOf: day(31), Bins: 2, DayEdges: []int{10}})
	rules, err := kpi.NewRFMRules(2, []kpi.RFMRule{{Name: "here", Recency: [2]int{2, 2}}, {Name: "rich", Monetary: [2]int{2, 2}}, {Name: "gone"}})
	require.NoError(t, err)
	s, err := r.Segments(rules)
	require.NoError(t, err)
	require.Equal(t, `segment  customers   share  orders  revenue   share  days  orders each  revenue each
here             1   33.3%       2    80.00   80.0%   1.0          2.0          80.0
rich             0    0.0%       0     0.00    0.0%     –            –             –
gone             2   66.7%       2    20.00   20.0%  29.5          1.0          10.0
all              3  100.0%       4   100.00  100.0%  20.0          1.3          33.3
`, s.String())
	require.Contains(t, s.Markdown(), "| gone | 2 |")
	share, err := s.Share(2)
	require.NoError(t, err)
	require.Equal(t, "2/3", share.String())
	requireRatio(t, "0.8", kpi.Must(s.RevenueShare(0)), nil)
	requireRatio(t, "29.5", kpi.Must(s[2].MeanRecency()), nil)
	requireRatio(t, "2", kpi.Must(s[0].MeanFrequency()), nil)
	requireRatio(t, "10", kpi.Must(s[2].MeanMonetary()), nil)
	var back kpi.RFMSegments
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, s)), &back))
	require.Equal(t, s.String(), back.String())
	require.Equal(t, mustJSON(t, s), mustJSON(t, back))

	_, err = s[1].MeanRecency()
	requireError(t, err, kpi.ErrUndefined)
	for _, i := range []int{-1, 3} {
		_, err = s.Share(i)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	empty := kpi.RFMSegments{{Name: "x"}}
	_, err = empty.Share(0)
	requireError(t, err, kpi.ErrUndefined)
	_, err = empty.RevenueShare(0)
	requireError(t, err, kpi.ErrUndefined)
	for _, row := range []kpi.RFMSegment{{Customers: -1}, {Days: -1}, {Customers: 2, Orders: 1}, {Revenue: decimal.New(1, 20000000)}} {
		bad := kpi.RFMSegments{{}, row}
		_, err = bad.RevenueShare(0)
		require.Equal(t, 1, requireError(t, err, kpi.ErrInvalid).Index)
		for _, ask := range []func() (kpi.Ratio, error){row.MeanRecency, row.MeanFrequency, row.MeanMonetary} {
			_, err = ask()
			requireError(t, err, kpi.ErrInvalid)
		}
		require.NotEmpty(t, bad.String())
	}
	_, err = r.Segments(kpi.DefaultRFMRules())
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = new(kpi.RFM).Segments(kpi.RFMRules{})
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
}

// The R package rfm names ten segments by an ordered list. Three of its rules can never
// hold, since broader ones before them take all of their scores, and some scores have no
// rule and are called Others: as a list of ours it is refused until both are mended, and
// then gives each of its customers the name that the package does, from the package's own
// scores. From our scores one customer has another: the edges of the package are quantiles
// plus 1, so that three scores differ (see TestRFMReference), one of them across segments.
func TestRFMSegmentsReference(t *testing.T) {
	t.Parallel()
	var ref struct {
		Orders       [][3]any `json:"orders"`
		AnalysisDate string   `json:"analysis_date"`
		Customers    [][8]any `json:"customers"`
		Rules        []struct {
			Name    string `json:"name"`
			R, F, M [2]int
		} `json:"segment_rules"`
		Summary []struct {
			Segment                    string
			Customers, Orders, Revenue int64
		} `json:"segment_summary"`
	}
	readReference(t, "metrics/rfm_r_package.json", &ref)
	var list []kpi.RFMRule
	for _, r := range ref.Rules {
		list = append(list, kpi.RFMRule{Name: r.Name, Recency: r.R, Frequency: r.F, Monetary: r.M})
	}
	for _, dead := range []string{"New Customers", "Promising", "Can't Lose Them"} {
		_, err := kpi.NewRFMRules(5, list)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeOrder, e.Code)
		require.Equal(t, dead, list[e.Index].Name)
		list = append(list[:e.Index], list[e.Index+1:]...)
	}
	_, err := kpi.NewRFMRules(5, list)
	require.Equal(t, kpi.CodeMissing, requireError(t, err, kpi.ErrInvalid).Code)
	rules, err := kpi.NewRFMRules(5, append(list, kpi.RFMRule{Name: "Others"}))
	require.NoError(t, err)

	var l kpi.Log
	id, err := l.Event("order")
	require.NoError(t, err)
	for _, o := range ref.Orders {
		at, err := time.Parse(time.DateOnly, o[1].(string))
		require.NoError(t, err)
		require.NoError(t, l.AddMinor(uint64(o[0].(float64)), id, at, int64(o[2].(float64)), 0))
	}
	asOf, err := time.Parse(time.DateOnly, ref.AnalysisDate)
	require.NoError(t, err)
	r := rfm(t, &l, kpi.RFMSpec{AsOf: asOf})
	type total struct{ customers, orders, revenue int64 }
	theirs := map[string]total{}
	var differ []string
	for i, c := range ref.Customers {
		v := func(k int) int { return int(c[k].(float64)) }
		name, err := rules.Name(v(4), v(5), v(6))
		require.NoError(t, err)
		require.Equal(t, c[7], name, "customer %d", v(0))
		sum := theirs[name]
		theirs[name] = total{sum.customers + 1, sum.orders + int64(v(2)), sum.revenue + int64(v(3))}
		row := r.At(i)
		ours, err := rules.Name(row.Recency, row.Frequency, row.Monetary)
		require.NoError(t, err)
		if ours != name {
			differ = append(differ, fmt.Sprintf("%d %d%d%d %s, %d %s", v(0), v(4), v(5), v(6), name, row.Score(), ours))
		}
	}
	for _, s := range ref.Summary {
		require.Equal(t, total{s.Customers, s.Orders, s.Revenue}, theirs[s.Segment], s.Segment)
	}
	require.Equal(t, []string{"482 443 Loyal Customers, 444 Champions"}, differ)

	segments, err := r.Segments(rules)
	require.NoError(t, err)
	for _, s := range segments {
		want := theirs[s.Name].customers
		switch s.Name {
		case "Champions":
			want++
		case "Loyal Customers":
			want--
		default:
		}
		require.Equal(t, want, s.Customers, s.Name)
	}
}
