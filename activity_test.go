package kpi_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Activity]{
	name:   "Activity",
	random: func(r *rand.Rand) kpi.Activity { return activityShard(r) },
	merge:  func(dst *kpi.Activity, src kpi.Activity) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Activity) {
		t.Helper()
		if !assert.ObjectsAreEqual(want, got) { // or but for the calendar
			require.Equal(t, mustJSON(t, &want), mustJSON(t, &got))
		}
	},
	bad: []kpi.Activity{
		changedActivity(func(a *kpi.Activity) { a.Unit = 9 }),
		changedActivity(func(a *kpi.Activity) { a.WeekStart = 7 }),
		changedActivity(func(a *kpi.Activity) { a.FiscalStart = 13 }),
		changedActivity(func(a *kpi.Activity) { a.Unit = kpi.Day }), // and seven days a row
		changedActivity(func(a *kpi.Activity) { a.Refunds = 3 }),
		changedActivity(func(a *kpi.Activity) { a.Events = []string{"b", "a"} }),
		changedActivity(func(a *kpi.Activity) { a.Known = []string{"a", "a"} }),
		changedActivity(func(a *kpi.Activity) { a.AsOf = time.Unix(1<<40, 0) }),
		changedActivity(func(a *kpi.Activity) { a.AsOf = day(10) }),
		changedActivity(func(a *kpi.Activity) { a.Since = time.Unix(1<<40, 0) }),
		changedActivity(func(a *kpi.Activity) { a.Since = day(60) }), // and some new
		changedActivity(func(a *kpi.Activity) { a.Year.End = day(3) }),
		changedActivity(func(a *kpi.Activity) { a.Year.Start = day(90) }),
		changedActivity(func(a *kpi.Activity) { a.Rows = a.Rows[:3] }),
		changedActivity(func(a *kpi.Activity) { a.Rows = append(a.Rows[:1], a.Rows[2:]...) }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].Complete = false }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].Period.End = a.Rows[0].Period.Start }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].Known = 0 }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].Known = math.MaxInt64 }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].New-- }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].New = math.MaxInt64 }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].New, a.Rows[0].FirstSeen = 0, a.Rows[0].New }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].New, a.Rows[0].Resurrecting = 0, a.Rows[0].New }),
		changedActivity(func(a *kpi.Activity) { a.Rows[1].Dormant++ }),
		changedActivity(func(a *kpi.Activity) { a.Rows[1].Dormant = -1 }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].Days[0]++ }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].Days[0], a.Rows[0].Days[1] = -1, 1 }),
		changedActivity(func(a *kpi.Activity) { a.Rows[0].Days = nil }),
		changedActivity(func(a *kpi.Activity) { a.Touches[0].Customers = 0 }),
		changedActivity(func(a *kpi.Activity) { a.Touches[0].Touchpoints = 0 }),
		changedActivity(func(a *kpi.Activity) { a.Touches[0].Customers = 1 << 40 }),
		changedActivity(func(a *kpi.Activity) { a.Touches = append(a.Touches, a.Touches[0]) }),
	},
	clash: [][2]kpi.Activity{
		{changedActivity(nil), changedActivity(func(a *kpi.Activity) { a.Location = "Asia/Shanghai" })},
		{changedActivity(nil), changedActivity(func(a *kpi.Activity) { a.WeekStart = kpi.WeekFromSunday })},
		{changedActivity(nil), changedActivity(func(a *kpi.Activity) { a.FiscalStart = time.April })},
		{changedActivity(nil), changedActivity(func(a *kpi.Activity) { a.Refunds = kpi.RefundsNetted })},
		{changedActivity(nil), changedActivity(func(a *kpi.Activity) { a.Events = []string{"visit"} })},
		{changedActivity(nil), changedActivity(func(a *kpi.Activity) { a.Known = []string{"visit"} })},
		{changedActivity(nil), changedActivity(func(a *kpi.Activity) { a.Since = day(-700) })},
		{changedActivity(nil), changedActivity(func(a *kpi.Activity) { a.Year.Start = day(-3) })},
		{changedActivity(nil), askedActivity(1, kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: day(33)})},
		{changedActivity(nil), askedActivity(1, kpi.ActivitySpec{
			Calendar: kpi.Calendar{Unit: kpi.Week, WeekStart: kpi.WeekFromSunday}, AsOf: day(33),
		})},
		{changedActivity(nil), askedActivity(1, kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Week}, AsOf: day(20)})},
		{changedActivity(func(a *kpi.Activity) {
			for i := range a.Rows {
				a.Rows[i].Known = math.MaxInt64
			}
		}), changedActivity(nil)},
	},
})

func activityShard(r *rand.Rand) kpi.Activity {
	a := askedActivity(r.Uint64(), kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Week}, AsOf: day(33)})
	data, err := a.MarshalBinary()
	if err != nil {
		panic(err)
	}
	var back kpi.Activity // without the calendar, so that copies compare at once
	if err := back.UnmarshalBinary(data); err != nil {
		panic(err)
	}
	return back
}

// askedActivity returns the answer of a random log of March 2026.
func askedActivity(seed uint64, s kpi.ActivitySpec) kpi.Activity {
	r := rand.New(rand.NewPCG(seed, 7))
	var l kpi.Log
	for range r.IntN(30) + 5 {
		at := day(1 + r.IntN(29)).Add(time.Duration(r.IntN(24)) * time.Hour)
		_ = l.Add(kpi.Event{Customer: string(rune('a' + r.IntN(6))), Name: "visit", At: at})
	}
	a, err := l.Activity(context.Background(), s)
	if err != nil {
		panic(err)
	}
	return *a
}

func changedActivity(change func(*kpi.Activity)) kpi.Activity {
	a := askedActivity(3, kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Week}, AsOf: day(33)})
	if change != nil {
		change(&a)
	}
	return a
}

// visits returns a log in which each line is a customer and the days of March 2026
// on which it came.
func visits(t testing.TB, days map[string][]int) *kpi.Log {
	t.Helper()
	var l kpi.Log
	for who, on := range days {
		for _, d := range on {
			require.NoError(t, l.Add(kpi.Event{Customer: who, Name: "visit", At: day(d)}))
		}
	}
	return &l
}

// Weeks of 2, 9, 16, 23 and 30 March 2026, the last cut off by AsOf.
func TestActivityByHand(t *testing.T) {
	t.Parallel()
	l := visits(t, map[string][]int{
		"Ann": {2, 2, 3, 9, 16, 23, 30}, // always
		"Bob": {4, 18},                  // back after a pause
		"Cid": {10, 11, 12, 13, 14, 15}, // one week
		"Dee": {20, 24},                 // new in the third
	})
	require.NoError(t, l.Add(kpi.Event{Customer: "Eve", Name: "sign-up", At: day(9)}))
	a := askActivity(t, l, kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Week}, Events: []string{"visit"}, AsOf: day(31)})
	require.Equal(t, ""+
		"week      known  active    share  new  returning  resurrecting  dormant  stickiness\n"+
		"2026-W10      2       2   100.0%    2          0             0        0       21.4%\n"+
		"2026-W11      4       2    50.0%    1          1             0        1       50.0%\n"+
		"2026-W12      5       3    60.0%    1          1             1        1       14.3%\n"+
		"2026-W13      5       2    40.0%    0          2             0        1       14.3%\n"+
		"2026-W14    (5)     (1)  (20.0%)  (0)        (1)           (0)      (1)     (14.3%)\n", a.String())
	require.Contains(t, a.Markdown(), "| 2026-W12 | 5 | 3 | 60.0% | 1 | 1 | 1 | 1 | 14.3% |")

	share, err := a.ActiveShare(2)
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 3, N: 5}, share, "Eve is known and never active")
	for i, want := range []string{"", "0", "0.5", "-1/3", ""} {
		g, err := a.Growth(i)
		switch want {
		case "":
			require.Error(t, err)
		default:
			requireRatio(t, want, g, err)
		}
	}
	for i, want := range []string{"", "-0.5", "0", "-1"} {
		if g, err := a.NewGrowth(i); want != "" {
			requireRatio(t, want, g, err)
		}
	}
	dau, err := a.AverageDAU(1)
	requireRatio(t, "1", dau, err) // 7 customer-days in 7 days
	sticky, err := a.Stickiness(1)
	requireRatio(t, "0.5", sticky, err)
	n, err := a.Active(1)
	require.NoError(t, err)
	require.Equal(t, int64(2), n)
	days, err := a.ActiveDays(1)
	require.NoError(t, err)
	requireRatio(t, "3.5", kpi.Must(days.Ratio()), nil)
	require.Equal(t, []int64{1, 0, 0, 0, 0, 1, 0}, a.Rows[1].Days)

	// Ann's two visits of one day are two touchpoints; Eve has none.
	require.Equal(t, []kpi.TouchCount{{Touchpoints: 2, Customers: 2}, {Touchpoints: 6, Customers: 1}, {Touchpoints: 7, Customers: 1}}, a.Touches)
	touches, err := a.Touchpoints()
	require.NoError(t, err)
	require.Equal(t, int64(4), touches.N)
	requireRatio(t, "4.25", kpi.Must(touches.Ratio()), nil)
}

func TestActivityErrors(t *testing.T) {
	t.Parallel()
	l := visits(t, map[string][]int{"Ann": {2, 16, 30}})
	week := kpi.Calendar{Unit: kpi.Week}
	a := askActivity(t, l, kpi.ActivitySpec{Calendar: week, AsOf: day(31)})
	seen := askActivity(t, l, kpi.ActivitySpec{Calendar: week, AsOf: day(31), Since: day(9)})
	require.Equal(t, int64(1), seen.Rows[0].FirstSeen)
	require.Contains(t, seen.String(), "first seen")
	bad := *a
	bad.Rows = append([]kpi.ActivePeriod(nil), a.Rows...)
	bad.Rows[0].Active = 9
	ratio := func(f func(int) (kpi.Ratio, error), i int) func() error {
		return func() error { _, err := f(i); return err }
	}
	touches := func(a *kpi.Activity) func() error { return func() error { _, err := a.Touchpoints(); return err } }
	share := func(i int) func() error { return func() error { _, err := a.ActiveShare(i); return err } }
	for _, tt := range []struct {
		name string
		ask  func() error
		code kpi.Code
		kind error
	}{
		{"no such row", share(5), kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"a negative row", share(-1), kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"not over", share(4), kpi.CodeTime, kpi.ErrInvalid},
		{"impossible", ratio(bad.Stickiness, 0), kpi.CodeMismatch, kpi.ErrInvalid},
		{"impossible before", ratio(bad.Growth, 1), kpi.CodeMismatch, kpi.ErrInvalid},
		{"growth of the first", ratio(a.Growth, 0), kpi.CodeNoData, kpi.ErrUndefined},
		{"growth from nobody", ratio(a.Growth, 2), kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"growth of what is not over", ratio(a.Growth, 4), kpi.CodeTime, kpi.ErrInvalid},
		{"new growth of the first", ratio(a.NewGrowth, 0), kpi.CodeNoData, kpi.ErrUndefined},
		{"new growth from nobody", ratio(a.NewGrowth, 3), kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"new before Since", ratio(seen.NewGrowth, 1), kpi.CodeFirstSeen, kpi.ErrUndefined},
		{"average DAU of what is not over", ratio(a.AverageDAU, 4), kpi.CodeTime, kpi.ErrInvalid},
		{"stickiness of nobody", ratio(a.Stickiness, 1), kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"stickiness of what is not over", ratio(a.Stickiness, 4), kpi.CodeTime, kpi.ErrInvalid},
		{"days of nobody", func() error { _, err := a.ActiveDays(1); return err }, kpi.CodeNoData, kpi.ErrUndefined},
		{"days of what is not over", func() error { _, err := a.ActiveDays(4); return err }, kpi.CodeTime, kpi.ErrInvalid},
		{"no touchpoints", touches(&kpi.Activity{}), kpi.CodeNoData, kpi.ErrUndefined},
		{"impossible touchpoints", touches(&kpi.Activity{Touches: []kpi.TouchCount{{1, 1}}}), kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"Merge of nil", func() error { return a.Merge(nil) }, kpi.CodeEmpty, kpi.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.code, requireError(t, tt.ask(), tt.kind).Code)
		})
	}
	for name, s := range map[string]kpi.ActivitySpec{
		"no AsOf":           {},
		"a unit":            {AsOf: day(9), Calendar: kpi.Calendar{Unit: 9}},
		"refunds":           {AsOf: day(9), Refunds: 3},
		"AsOf out of range": {AsOf: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"Since":             {AsOf: day(9), Since: time.Unix(1<<40, 0)},
	} {
		_, err := l.Activity(context.Background(), s)
		require.Equal(t, "Log.Activity", requireError(t, err, kpi.ErrInvalid).Metric, name)
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := l.Activity(done, kpi.ActivitySpec{AsOf: day(9)})
	require.ErrorIs(t, err, context.Canceled)
}

func TestActivityEdgesOfTime(t *testing.T) {
	t.Parallel()
	last := time.Unix(0, math.MaxInt64).Truncate(time.Second).Add(-time.Second)
	l := logOf(t,
		kpi.Event{Customer: "Ann", Name: "x", At: time.Unix(0, firstInstant)},
		kpi.Event{Customer: "Ann", Name: "x", At: last.Add(-time.Second)})
	cal := kpi.Calendar{Unit: kpi.Year, Location: kiritimati}
	a := askActivity(t, l, kpi.ActivitySpec{Calendar: cal, AsOf: last})
	require.Equal(t, int64(1), a.Rows[0].New, "the period of 1677-09-21 begins before the first instant")
	end := a.Rows[len(a.Rows)-1]
	require.Equal(t, int64(1), end.Resurrecting)
	require.Equal(t, []kpi.TouchCount{{Touchpoints: 1, Customers: 1}}, a.Touches)
	data, err := a.MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, new(kpi.Activity).UnmarshalBinary(data))
	for _, empty := range []*kpi.Activity{
		askActivity(t, l, kpi.ActivitySpec{AsOf: time.Unix(0, firstInstant)}),
		askActivity(t, &kpi.Log{}, kpi.ActivitySpec{AsOf: day(33)}),
		askActivity(t, l, kpi.ActivitySpec{AsOf: endOfLog, Events: []string{"order"}, Known: []string{"order"}}),
	} {
		require.Empty(t, empty.Rows)
		require.NotEmpty(t, empty.String())
	}
	// Apia had no 2011-12-30: the 29th and the 31st are neighbours, and the week has
	// six days.
	l = logOf(t,
		kpi.Event{Customer: "Ann", Name: "x", At: time.Date(2011, 12, 29, 12, 0, 0, 0, apia)},
		kpi.Event{Customer: "Ann", Name: "x", At: time.Date(2011, 12, 31, 12, 0, 0, 0, apia)})
	a = askActivity(t, l, kpi.ActivitySpec{Calendar: kpi.Calendar{Location: apia}, AsOf: time.Date(2012, 1, 2, 0, 0, 0, 0, apia)})
	require.Equal(t, int64(1), a.Rows[1].Returning)
	a = askActivity(t, l, kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Week, Location: apia}, AsOf: time.Date(2012, 1, 2, 0, 0, 0, 0, apia)})
	require.Equal(t, []int64{0, 1, 0, 0, 0, 0}, a.Rows[0].Days)
}

// engagementCase is a case of metrics/engagement_posthog.json, which records
// PostHog's tests of lifecycle and of stickiness.
type engagementCase struct {
	Name         string              `json:"name"`
	From         time.Time           `json:"-"`
	FromText     string              `json:"from"`
	To           string              `json:"to"`
	People       map[string][]string `json:"people"`
	New          []int64             `json:"new"`
	Returning    []int64             `json:"returning"`
	Resurrecting []int64             `json:"resurrecting"`
	Dormant      []int64             `json:"dormant"`
	Unit         string              `json:"unit"`
	Expected     []int64             `json:"expected"`
}

func (c engagementCase) log(t *testing.T) *kpi.Log {
	t.Helper()
	var l kpi.Log
	for who, times := range c.People {
		for _, at := range times {
			require.NoError(t, l.Add(kpi.Event{Customer: who, Name: "any", At: instant(at)}))
		}
	}
	return &l
}

func TestActivityAgainstPostHog(t *testing.T) {
	t.Parallel()
	var file struct {
		Lifecycle  struct{ Cases []engagementCase } `json:"lifecycle"`
		Stickiness struct{ Cases []engagementCase } `json:"stickiness"`
	}
	readReference(t, "metrics/engagement_posthog.json", &file)
	require.Len(t, file.Lifecycle.Cases, 3)
	for _, c := range file.Lifecycle.Cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			a := askActivity(t, c.log(t), kpi.ActivitySpec{AsOf: instant(c.To+"T00:00:00Z").AddDate(0, 0, 1)})
			rows := a.Rows
			for rows[0].Period.Start.Before(instant(c.FromText + "T00:00:00Z")) {
				rows = rows[1:]
			}
			require.Len(t, rows, len(c.New))
			for i, r := range rows {
				require.Equal(t, c.New[i], r.New)
				require.Equal(t, c.Returning[i], r.Returning)
				require.Equal(t, c.Resurrecting[i], r.Resurrecting)
				require.Equal(t, c.Dormant[i], -r.Dormant, "written as a loss there")
			}
		})
	}
	// Ten days of January hold all the events, so that the days of the month are
	// theirs. A Calendar has no periods of two days, and counts days, not weeks.
	not := map[string]string{
		"two-day buckets":                            "no unit of two days",
		"two-day buckets, sparse p2":                 "no unit of two days",
		"weekly buckets (Sunday weeks: 5,12,19 Jan)": "days are counted, not weeks",
	}
	applied := 0
	for _, c := range file.Stickiness.Cases {
		if reason := not[c.Name]; reason != "" {
			t.Logf("%s: does not apply, %s", c.Name, reason)
			continue
		}
		applied++
		a := askActivity(t, c.log(t), kpi.ActivitySpec{
			Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: time.Date(2020, 2, 1, 0, 0, 0, 0, time.UTC),
		})
		require.Equal(t, append(c.Expected, make([]int64, 21)...), a.Rows[0].Days)
	}
	require.Equal(t, 1, applied)
}

// An answer says of which calendar it is, in JSON and in bytes, and merges with none
// of another: the years of Berlin and of Lagos begin and end at the same instants,
// and the dates between them do not.
func TestActivityMergeCalendars(t *testing.T) {
	t.Parallel()
	lagos := loadZone("Africa/Lagos")
	of := func(who string, cal kpi.Calendar) *kpi.Activity {
		l := visits(t, map[string][]int{who: {1, 2, 60}})
		a := askActivity(t, l, kpi.ActivitySpec{Calendar: cal, AsOf: day(90)})
		data, err := a.MarshalBinary()
		require.NoError(t, err)
		var binary, text kpi.Activity
		require.NoError(t, binary.UnmarshalBinary(data))
		require.NoError(t, json.Unmarshal([]byte(mustJSON(t, a)), &text))
		for _, back := range []*kpi.Activity{&binary, &text} {
			require.Equal(t, mustJSON(t, a), mustJSON(t, back))
			again, err := back.MarshalBinary()
			require.NoError(t, err)
			require.Equal(t, data, again)
			require.NoError(t, back.Merge(a))
			for _, change := range []func(*kpi.Activity){
				func(a *kpi.Activity) { a.Location += "x" },
				func(a *kpi.Activity) { a.WeekStart = (a.WeekStart + 1) % 7 },
				func(a *kpi.Activity) { a.FiscalStart = (a.FiscalStart + 1) % 13 },
			} {
				altered := *a
				change(&altered)
				other, err := altered.MarshalBinary()
				require.NoError(t, err)
				require.NotEqual(t, data, other)
				require.NotEqual(t, mustJSON(t, a), mustJSON(t, &altered))
			}
		}
		var back kpi.Activity
		require.NoError(t, back.UnmarshalBinary(data))
		return &back
	}
	for _, tt := range []struct {
		name string
		a, b kpi.Calendar
		same bool
	}{
		{"years of the same instants", kpi.Calendar{Unit: kpi.Year, Location: berlin}, kpi.Calendar{Unit: kpi.Year, Location: lagos}, false},
		{"days of other instants", kpi.Calendar{Location: berlin}, kpi.Calendar{}, false},
		{"UTC by name", kpi.Calendar{Location: time.UTC}, kpi.Calendar{}, true},
		{"weeks", kpi.Calendar{Unit: kpi.Week}, kpi.Calendar{Unit: kpi.Week, WeekStart: kpi.WeekFromSunday}, false},
		{"weeks of no matter", kpi.Calendar{Unit: kpi.Month}, kpi.Calendar{Unit: kpi.Month, WeekStart: kpi.WeekFromSunday}, true},
		{"quarters", kpi.Calendar{Unit: kpi.Quarter}, kpi.Calendar{Unit: kpi.Quarter, FiscalStart: time.February}, false},
		{"January by name", kpi.Calendar{Unit: kpi.Year}, kpi.Calendar{Unit: kpi.Year, FiscalStart: time.January}, true},
		{"a fiscal year of no matter", kpi.Calendar{Unit: kpi.Week}, kpi.Calendar{Unit: kpi.Week, FiscalStart: time.April}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := of("Ann", tt.a), of("Bob", tt.b)
			if tt.same {
				require.NoError(t, a.Merge(b))
				return
			}
			if tt.a.Unit == kpi.Year {
				require.True(t, a.Rows[0].Period.Equal(b.Rows[0].Period))
			}
			require.Equal(t, kpi.CodeQuestion, requireError(t, a.Merge(b), kpi.ErrInvalid).Code)
		})
	}
}

func FuzzActivityUnmarshalBinary(f *testing.F) {
	for seed := range uint64(4) {
		a := askedActivity(seed, kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Unit(seed), Location: berlin, WeekStart: kpi.WeekFromSunday, FiscalStart: time.April}, AsOf: day(33), Since: day(9)})
		data, err := a.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var a kpi.Activity
		if a.UnmarshalBinary(data) != nil {
			require.Empty(t, a)
			return
		}
		again, err := a.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, a.String())
		text, err := json.Marshal(&a)
		require.NoError(t, err)
		var back kpi.Activity
		require.NoError(t, json.Unmarshal(text, &back))
		require.NoError(t, new(kpi.Activity).Merge(&back))
		for i := range min(len(a.Rows), 50) {
			_, err := a.Stickiness(i)
			_, err2 := a.NewGrowth(i)
			_, err3 := a.ActiveDays(i)
			for _, err := range []error{err, err2, err3} {
				var e *kpi.Error
				require.True(t, err == nil || assert.ErrorAs(t, err, &e))
			}
		}
		_, _ = a.Touchpoints()
	})
}
