package kpi_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

const days = 24 * time.Hour

// touches are of the channels at the days, "search 3" on 3 March; a name alone is a
// view and one with ! a click.
func touches(t testing.TB, texts ...string) []kpi.Touch {
	t.Helper()
	var out []kpi.Touch
	for _, text := range texts {
		var touch kpi.Touch
		var d int
		_, err := fmt.Sscanf(text, "%s %d", &touch.Channel, &d)
		require.NoError(t, err)
		touch.At, touch.Event = day(d), "view"
		if name, ok := strings.CutSuffix(touch.Channel, "!"); ok {
			touch.Channel, touch.Event = name, "click"
		}
		out = append(out, touch)
	}
	return out
}

func conversion(d int, amount string) kpi.Order { return kpi.Order{At: day(d), Amount: dec(amount)} }

func credit(t testing.TB, s kpi.AttributionSpec, paths ...kpi.Path) *kpi.Credits {
	t.Helper()
	c, err := s.Credit(paths...)
	require.NoError(t, err)
	return c
}

// credited writes the credits as "search 1/3 100".
func credited(c *kpi.Credits) string {
	var parts []string
	for _, r := range c.Rows {
		if !r.Conversions.IsZero() {
			parts = append(parts, fmt.Sprintf("%s %s %s", r.Channel, r.Conversions, r.Revenue))
		}
	}
	if c.Unattributed > 0 {
		parts = append(parts, fmt.Sprintf("– %d %s", c.Unattributed, c.UnattributedRevenue))
	}
	return strings.Join(parts, ", ")
}

// specs are all the rules, with a lookback of thirty days.
func specs() []kpi.AttributionSpec {
	return []kpi.AttributionSpec{
		{Model: kpi.FirstTouch, Lookback: 30 * days},
		{Model: kpi.LastTouch, Lookback: 30 * days},
		{Model: kpi.LastNonDirect, Lookback: 30 * days, Direct: []string{"direct", "app"}},
		{Model: kpi.Linear, Lookback: 30 * days},
		{Model: kpi.PositionBased, Lookback: 30 * days},
		{Model: kpi.PositionBased, Lookback: 30 * days, First: must("3/7"), Last: must("1/3")},
		{Model: kpi.PositionBased, Lookback: 30 * days, First: must("1/2"), Last: must("1/2")},
		{Model: kpi.PositionBased, Lookback: 30 * days, Last: kpi.Percent(10)},
		{Model: kpi.TimeDecay, Lookback: 30 * days, HalfLife: 7 * days},
	}
}

func TestAttribution(t *testing.T) {
	t.Parallel()
	of := func(model kpi.Attribution) kpi.AttributionSpec {
		s := kpi.AttributionSpec{Model: model, Lookback: 30 * days}
		switch model {
		case kpi.LastNonDirect:
			s.Direct = []string{"direct"}
		case kpi.TimeDecay:
			s.HalfLife = 7 * days
		default:
		}
		return s
	}
	tests := []struct {
		name    string
		touches []string
		want    map[kpi.Attribution]string
	}{
		{"nothing to look back on", nil, map[kpi.Attribution]string{
			kpi.FirstTouch: "– 1 210", kpi.LastTouch: "– 1 210", kpi.LastNonDirect: "– 1 210", kpi.Linear: "– 1 210",
			kpi.PositionBased: "– 1 210", kpi.TimeDecay: "– 1 210",
		}},
		{"one", []string{"direct 5"}, map[kpi.Attribution]string{
			kpi.FirstTouch: "direct 1 210", kpi.LastTouch: "direct 1 210", kpi.LastNonDirect: "direct 1 210", kpi.Linear: "direct 1 210",
			kpi.PositionBased: "direct 1 210", kpi.TimeDecay: "direct 1 210",
		}},
		{
			// Ages before the last touch 14, 7 and 0 days weigh 1, 2 and 4 of 7.
			"three", []string{"ads 1", "mail 8", "direct 15"}, map[kpi.Attribution]string{
				kpi.FirstTouch: "ads 1 210", kpi.LastTouch: "direct 1 210", kpi.LastNonDirect: "mail 1 210",
				kpi.Linear:        "ads 1/3 70, direct 1/3 70, mail 1/3 70",
				kpi.PositionBased: "ads 0.4 84, direct 0.4 84, mail 0.2 42",
				kpi.TimeDecay: "ads 0.142857142857142857 29.99999999999999997, direct 0.571428571428571429 120.00000000000000009, " +
					"mail 0.285714285714285714 59.99999999999999994",
			},
		},
		{
			"two", []string{"ads 8", "mail 15"}, map[kpi.Attribution]string{
				kpi.PositionBased: "ads 0.5 105, mail 0.5 105", kpi.Linear: "ads 0.5 105, mail 0.5 105",
				kpi.TimeDecay: "ads 0.333333333333333333 69.99999999999999993, mail 0.666666666666666667 140.00000000000000007",
			},
		},
		{
			"one channel, twice of five", []string{"ads 1", "mail 2", "ads 3", "direct 4", "direct 15"}, map[kpi.Attribution]string{
				kpi.FirstTouch: "ads 1 210", kpi.LastTouch: "direct 1 210", kpi.LastNonDirect: "ads 1 210",
				kpi.Linear:        "ads 0.4 84, direct 0.4 84, mail 0.2 42",
				kpi.PositionBased: "ads 7/15 98, direct 7/15 98, mail 1/15 14", // 2/5 + 1/15
			},
		},
		{
			// [t−L, t]: day 0 is thirty days before, day 30 the instant itself.
			"both ends of the lookback", []string{"early -1", "ads 0", "mail 30", "late 31"}, map[kpi.Attribution]string{
				kpi.FirstTouch: "ads 1 210", kpi.LastTouch: "mail 1 210", kpi.Linear: "ads 0.5 105, mail 0.5 105",
			},
		},
		{
			// A click comes before a view, then by channel.
			"of one instant", []string{"mail 9", "ads 9", "video! 9"}, map[kpi.Attribution]string{
				kpi.FirstTouch: "video 1 210", kpi.LastTouch: "mail 1 210", kpi.PositionBased: "ads 0.2 42, mail 0.4 84, video 0.4 84",
				kpi.TimeDecay: "ads 0.333333333333333333 69.99999999999999993, mail 0.333333333333333333 69.99999999999999993, " +
					"video 0.333333333333333334 70.00000000000000014",
			},
		},
		{"all direct", []string{"direct 4", "direct 9"}, map[kpi.Attribution]string{kpi.LastNonDirect: "direct 1 210"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for model, want := range tt.want {
				p := kpi.Path{Touches: touches(t, tt.touches...), Conversions: []kpi.Order{conversion(30, "210")}}
				require.Equal(t, want, credited(credit(t, of(model), p)), model)
				slices.Reverse(p.Touches)
				require.Equal(t, want, credited(credit(t, of(model), p)), "%s, the other way round", model)
			}
		})
	}
	// Cost alone decides between a click and another of one channel at one instant, and
	// nothing hangs on it.
	p := kpi.Path{Touches: touches(t, "ads! 3", "ads! 3"), Conversions: []kpi.Order{conversion(3, "1")}}
	p.Touches[0].Cost = dec("5")
	require.Equal(t, "ads 1 1", credited(credit(t, of(kpi.Linear), p)))
}

func TestAttributionParts(t *testing.T) {
	t.Parallel()
	p := func(names ...string) kpi.Path {
		for i := range names {
			names[i] += fmt.Sprintf(" %d", i+1)
		}
		return kpi.Path{Touches: touches(t, names...), Conversions: []kpi.Order{conversion(20, "1")}}
	}
	of := func(first, last string) kpi.AttributionSpec {
		return kpi.AttributionSpec{Model: kpi.PositionBased, Lookback: 30 * days, First: must(first), Last: must(last)}
	}
	require.Equal(t, "a 0.75 0.75, b 0.25 0.25", credited(credit(t, of("0.6", "0.2"), p("a", "b"))))
	require.Equal(t, "a 0.6 0.6, b 0.2 0.2, c 0.2 0.2", credited(credit(t, of("0.6", "0.2"), p("a", "b", "c"))))
	require.Equal(t, "a 0.6 0.6, b 0.1 0.1, c 0.1 0.1, d 0.2 0.2", credited(credit(t, of("0.6", "0.2"), p("a", "b", "c", "d"))))
	require.Equal(t, "a 0.5 0.5, c 0.5 0.5", credited(credit(t, of("1/2", "1/2"), p("a", "b", "c"))), "nothing between")
	require.Equal(t, "a 1 1", credited(credit(t, of("1/7", "0"), p("a", "b"))))
	require.Equal(t, "a 1/7 1/7, b 3/7 3/7, c 3/7 3/7", credited(credit(t, of("1/7", "0"), p("a", "b", "c", "d"))))
	require.Equal(t, "a 1 1", credited(credit(t, of("1/7", "0"), p("a"))))
}

// Each conversion looks back by itself, or touches are used up.
func TestAttributionUseUp(t *testing.T) {
	t.Parallel()
	p := kpi.Path{
		Touches:     touches(t, "ads 1", "mail 5", "search 5", "video 9"),
		Conversions: []kpi.Order{conversion(9, "30"), conversion(5, "90"), conversion(5, "9"), conversion(10, "1"), conversion(10, "2")},
	}
	s := kpi.AttributionSpec{Model: kpi.Linear, Lookback: 30 * days}
	// 90 and 9 are of three touches each, 30, 1 and 2 of four.
	require.Equal(t, "ads 17/12 41.25, mail 17/12 41.25, search 17/12 41.25, video 0.75 8.25", credited(credit(t, s, p)))
	s.UseUp = true
	// Those of one instant are not before each other; what is at the instant of the
	// conversion before is used up by it.
	require.Equal(t, "ads 2/3 33, mail 2/3 33, search 2/3 33, video 1 30, – 2 3", credited(credit(t, s, p)))
	// From and To choose conversions; those before use touches up all the same.
	s.From, s.To = day(9), day(10)
	c := credit(t, s, p)
	require.Equal(t, "video 1 30", credited(c))
	require.Equal(t, int64(1), c.Rows[0].Touches)
	s.UseUp = false
	require.Equal(t, "ads 0.25 7.5, mail 0.25 7.5, search 0.25 7.5, video 0.25 7.5", credited(credit(t, s, p)))
	// What is at To or later changes nothing.
	more := kpi.Path{Touches: append(touches(t, "late 10", "later 11"), p.Touches...), Conversions: append([]kpi.Order{conversion(10, "7")}, p.Conversions...)}
	require.Equal(t, mustJSON(t, credit(t, s, p)), mustJSON(t, credit(t, s, more)))
}

func TestAttributionCosts(t *testing.T) {
	t.Parallel()
	cost := func(text, amount string) kpi.Touch {
		touch := touches(t, text)[0]
		touch.Cost = dec(amount)
		return touch
	}
	s := kpi.AttributionSpec{Model: kpi.Linear, Lookback: 30 * days, From: day(1), To: day(32)}
	c := credit(t, s,
		kpi.Path{Touches: []kpi.Touch{cost("ads 2", "2.50"), cost("mail 3", "0")}, Conversions: []kpi.Order{conversion(4, "100")}},
		kpi.Path{Touches: []kpi.Touch{cost("ads 5", "2.50"), cost("ads -9", "70"), cost("ads 32", "70")}},                          // led to nothing
		kpi.Path{Touches: []kpi.Touch{cost("tv 1", "80")}},                                                                         // the bill of the month
		kpi.Path{Touches: []kpi.Touch{cost("radio -3", "9")}, Conversions: []kpi.Order{conversion(6, "50"), conversion(31, "20")}}, // radio is from before
	)
	require.Equal(t, strings.Join([]string{
		"channel         touches  conversions  share  revenue   cost    CPA      ROI   ROAS",
		"ads                   2         0.50  25.0%    50.00   5.00  10.00   900.0%  10.00",
		"mail                  1         0.50  25.0%    50.00   0.00   0.00        –      –",
		"radio                 0         1.00  50.0%    50.00   0.00   0.00        –      –",
		"tv                    1         0.00   0.0%     0.00  80.00      –  -100.0%   0.00",
		"(unattributed)        –         1.00      –    20.00      –      –        –      –",
		"total                 4         3.00      –   170.00  85.00  28.33   100.0%   2.00",
		"",
	}, "\n"), c.String())
	require.Contains(t, c.Markdown(), "| ads | 2 | 0.50 | 25.0% |")
	ads, ok := c.ByChannel("ads")
	require.True(t, ok)
	roi, err := ads.ROI()
	requireRatio(t, "9", roi, err)
	roas, err := ads.ROAS()
	require.NoError(t, err)
	require.True(t, roas.Equal(roi.Add(kpi.Whole(1))))
	cpa, err := ads.CPA()
	requireRatio(t, "10", cpa, err)
	_, ok = c.ByChannel("billboard")
	require.False(t, ok)
	attributed, err := c.Attributed()
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 2, N: 3}, attributed)
	tv, _ := c.ByChannel("tv")
	_, err = tv.CPA()
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	mail, _ := c.ByChannel("mail")
	for _, ask := range []func() (kpi.Ratio, error){mail.ROI, mail.ROAS} {
		_, err := ask()
		requireError(t, err, kpi.ErrUndefined)
	}
	// Nobody converts, and nobody is there.
	none := credit(t, s, kpi.Path{Touches: []kpi.Touch{cost("ads 2", "1")}})
	require.Contains(t, none.String(), "ads                   1         0.00")
	_, err = none.Attributed()
	requireError(t, err, kpi.ErrUndefined)
	require.Empty(t, credit(t, s).Rows)
}

// All touches but the last are older than the decay can tell: nothing is divided by 0.
func TestAttributionOldTouches(t *testing.T) {
	t.Parallel()
	s := kpi.AttributionSpec{Model: kpi.TimeDecay, Lookback: math.MaxInt64, HalfLife: 1}
	p := kpi.Path{Touches: touches(t, "ads -90000", "mail -89999"), Conversions: []kpi.Order{conversion(1, "5")}}
	require.Equal(t, "mail 1 5", credited(credit(t, s, p)))
	p.Conversions[0].At = time.Date(2262, 4, 1, 0, 0, 0, 0, time.UTC)
	p.Touches[0].At, p.Touches[1].At = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1969, 12, 1, 0, 0, 0, 0, time.UTC)
	s.Model, s.HalfLife = kpi.Linear, 0
	require.Equal(t, "– 1 5", credited(credit(t, s, p)), "562 and 292 years before")
	p.Touches[1].At = time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)
	require.Equal(t, "mail 1 5", credited(credit(t, s, p)))
}

func TestAttributionErrors(t *testing.T) {
	t.Parallel()
	good := kpi.AttributionSpec{Model: kpi.Linear, Lookback: days}
	for name, tt := range map[string]struct {
		change func(s *kpi.AttributionSpec)
		code   kpi.Code
	}{
		"no model":             {func(s *kpi.AttributionSpec) { s.Model = 0 }, kpi.CodeMissing},
		"no such model":        {func(s *kpi.AttributionSpec) { s.Model = 7 }, kpi.CodeOutOfRange},
		"a negative model":     {func(s *kpi.AttributionSpec) { s.Model = -1 }, kpi.CodeOutOfRange},
		"no lookback":          {func(s *kpi.AttributionSpec) { s.Lookback = 0 }, kpi.CodeMissing},
		"a negative lookback":  {func(s *kpi.AttributionSpec) { s.Lookback = -1 }, kpi.CodeOutOfRange},
		"no direct":            {func(s *kpi.AttributionSpec) { s.Model = kpi.LastNonDirect }, kpi.CodeMissing},
		"direct of another":    {func(s *kpi.AttributionSpec) { s.Direct = []string{"direct"} }, kpi.CodeMismatch},
		"an empty direct":      {func(s *kpi.AttributionSpec) { s.Model, s.Direct = kpi.LastNonDirect, []string{"a", ""} }, kpi.CodeEmpty},
		"no half-life":         {func(s *kpi.AttributionSpec) { s.Model = kpi.TimeDecay }, kpi.CodeMissing},
		"a negative half-life": {func(s *kpi.AttributionSpec) { s.Model, s.HalfLife = kpi.TimeDecay, -1 }, kpi.CodeOutOfRange},
		"half-life of another": {func(s *kpi.AttributionSpec) { s.HalfLife = 1 }, kpi.CodeMismatch},
		"parts of another":     {func(s *kpi.AttributionSpec) { s.Last = kpi.Percent(10) }, kpi.CodeMismatch},
		"more than all": {func(s *kpi.AttributionSpec) {
			s.Model, s.First, s.Last = kpi.PositionBased, kpi.Percent(60), kpi.Percent(41)
		}, kpi.CodeOutOfRange},
		"less than nothing": {func(s *kpi.AttributionSpec) {
			s.Model, s.First, s.Last = kpi.PositionBased, kpi.Percent(60), kpi.Percent(-1)
		}, kpi.CodeOutOfRange},
		"too fine": {func(s *kpi.AttributionSpec) {
			s.Model, s.First = kpi.PositionBased, must("1/1000000001")
		}, kpi.CodeTooLarge},
		"too fine together": {func(s *kpi.AttributionSpec) {
			s.Model, s.First, s.Last = kpi.PositionBased, must("1/999999937"), must("1/3")
		}, kpi.CodeTooLarge},
		"upside down":  {func(s *kpi.AttributionSpec) { s.From, s.To = day(2), day(2) }, kpi.CodeTime},
		"too long ago": {func(s *kpi.AttributionSpec) { s.From = time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC) }, kpi.CodeTime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := good
			tt.change(&s)
			_, err := s.Credit()
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "AttributionSpec.Credit", e.Metric)
		})
	}
	touch := kpi.Touch{At: day(1), Channel: "ads"}
	for name, tt := range map[string]struct {
		touch kpi.Touch
		order kpi.Order
		code  kpi.Code
	}{
		"no channel":        {kpi.Touch{At: day(1)}, conversion(1, "1"), kpi.CodeEmpty},
		"no text":           {kpi.Touch{At: day(1), Channel: "\xff"}, conversion(1, "1"), kpi.CodeSyntax},
		"no instant":        {kpi.Touch{Channel: "ads"}, conversion(1, "1"), kpi.CodeTime},
		"a negative cost":   {kpi.Touch{At: day(1), Channel: "ads", Cost: dec("-1")}, conversion(1, "1"), kpi.CodeNegative},
		"a huge cost":       {kpi.Touch{At: day(1), Channel: "ads", Cost: huge()[0]}, conversion(1, "1"), kpi.CodeTooLarge},
		"a huge amount":     {touch, kpi.Order{At: day(1), Amount: huge()[1]}, kpi.CodeTooLarge},
		"never":             {touch, kpi.Order{}, kpi.CodeTime},
		"out of the window": {kpi.Touch{At: day(900), Channel: "ads", Cost: huge()[2]}, conversion(1, "1"), kpi.CodeTooLarge},
	} {
		_, err := good.Credit(kpi.Path{}, kpi.Path{Touches: []kpi.Touch{touch, tt.touch}, Conversions: []kpi.Order{tt.order}})
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, tt.code, e.Code, name)
		require.Equal(t, 1, e.Index, name)
	}
}

func TestAttributionNames(t *testing.T) {
	t.Parallel()
	for a := kpi.FirstTouch; a <= kpi.TimeDecay; a++ {
		back, err := kpi.ParseAttribution(a.String())
		require.NoError(t, err)
		require.Equal(t, a, back)
	}
	require.Equal(t, "last non-direct", kpi.LastNonDirect.String())
	_, err := kpi.ParseAttribution("u-shaped")
	requireError(t, err, kpi.ErrInvalid)
	data, err := json.Marshal(kpi.Path{Touches: touches(t, "ads! 1"), Conversions: []kpi.Order{conversion(2, "10.50")}})
	require.NoError(t, err)
	require.JSONEq(t, `{"touches":[{"at":"2026-03-01T00:00:00Z","channel":"ads","event":"click","cost":"0"}],
		"conversions":[{"at":"2026-03-02T00:00:00Z","amount":"10.50"}]}`, string(data))
	var back kpi.Path
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, string(data), mustJSON(t, back))
}
