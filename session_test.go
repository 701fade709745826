package kpi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Sessions]{
	name:   "Sessions",
	random: func(r *rand.Rand) kpi.Sessions { return sessionShard(r) },
	merge:  func(dst *kpi.Sessions, src kpi.Sessions) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Sessions) {
		t.Helper()
		if !assert.ObjectsAreEqual(want, got) { // or but for the calendar
			require.Equal(t, mustJSON(t, &want), mustJSON(t, &got))
		}
	},
	bad: []kpi.Sessions{
		changedSessions(func(s *kpi.Sessions) { s.Unit = 9 }),
		changedSessions(func(s *kpi.Sessions) { s.WeekStart = 7 }),
		changedSessions(func(s *kpi.Sessions) { s.FiscalStart = 13 }),
		changedSessions(func(s *kpi.Sessions) { s.Gap = -1 }),
		changedSessions(func(s *kpi.Sessions) { s.Events = []string{"b", "a"} }),
		changedSessions(func(s *kpi.Sessions) { s.AsOf = time.Unix(1<<40, 0) }),
		changedSessions(func(s *kpi.Sessions) { s.AsOf = day(10) }),
		changedSessions(func(s *kpi.Sessions) { s.Rows = s.Rows[:3] }),
		changedSessions(func(s *kpi.Sessions) { s.Rows = append(s.Rows[:1], s.Rows[2:]...) }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].Complete = false }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].Open = 1 }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].Open = -1 }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].Period.End = s.Rows[0].Period.Start }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].Pages.N++ }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].Pages.Sum = dec("1") }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].Pages.High = dec("1") }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].Pages.Sum = decimal.New(1, 20_000_000) }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].Dwell.N = math.MaxInt64 }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].Dwell.Sum = dec("-1") }),
		changedSessions(func(s *kpi.Sessions) { s.Rows[0].PerVisitor = kpi.Mean{} }),
		changedSessions(func(s *kpi.Sessions) {
			s.Rows[0].Pages, s.Rows[0].Dwell.N = s.Rows[0].PerVisitor, s.Rows[0].PerVisitor.N
		}),
	},
	clash: [][2]kpi.Sessions{
		{changedSessions(nil), changedSessions(func(s *kpi.Sessions) { s.Location = "Asia/Shanghai" })},
		{changedSessions(nil), changedSessions(func(s *kpi.Sessions) { s.WeekStart = kpi.WeekFromSunday })},
		{changedSessions(nil), changedSessions(func(s *kpi.Sessions) { s.FiscalStart = time.April })},
		{changedSessions(nil), changedSessions(func(s *kpi.Sessions) { s.Gap = time.Hour })},
		{changedSessions(nil), changedSessions(func(s *kpi.Sessions) { s.Events = []string{"view"} })},
		{changedSessions(nil), askedSessions(1, kpi.SessionSpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: day(33), Gap: time.Minute})},
		{changedSessions(nil), askedSessions(1, kpi.SessionSpec{
			Calendar: kpi.Calendar{Unit: kpi.Week, WeekStart: kpi.WeekFromSunday}, AsOf: day(33), Gap: time.Minute,
		})},
		{changedSessions(nil), askedSessions(1, kpi.SessionSpec{Calendar: kpi.Calendar{Unit: kpi.Week}, AsOf: day(20), Gap: time.Minute})},
		{changedSessions(openMost), changedSessions(openMost)},
		{changedSessions(func(s *kpi.Sessions) {
			r := &s.Rows[0]
			r.PerVisitor = kpi.Mean{N: 1, Sum: decimal.NewFromInt(math.MaxInt64), Squares: decimal.New(1, 60)}
			r.Pages = kpi.Mean{N: math.MaxInt64, Sum: decimal.New(1, 40), Squares: decimal.New(1, 64)}
		}), changedSessions(nil)},
	},
})

func openMost(s *kpi.Sessions) { s.Rows[0].Open, s.Rows[0].Complete = math.MaxInt64, false }

func sessionShard(r *rand.Rand) kpi.Sessions {
	s := askedSessions(r.Uint64(), kpi.SessionSpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: day(33), Gap: time.Hour})
	data, err := s.MarshalBinary()
	if err != nil {
		panic(err)
	}
	var back kpi.Sessions // without the calendar, so that copies compare at once
	if err := back.UnmarshalBinary(data); err != nil {
		panic(err)
	}
	return back
}

// askedSessions returns the answer of a random log of March 2026.
func askedSessions(seed uint64, s kpi.SessionSpec) kpi.Sessions {
	r := rand.New(rand.NewPCG(seed, 8))
	var l kpi.Log
	for range r.IntN(30) + 20 {
		at := day(1 + r.IntN(33)).Add(time.Duration(r.IntN(180))*time.Minute - time.Second)
		_ = l.Add(kpi.Event{Customer: string(rune('a' + r.IntN(4))), Name: "view", At: at})
	}
	a, err := l.Sessions(context.Background(), s)
	if err != nil {
		panic(err)
	}
	return *a
}

func changedSessions(change func(*kpi.Sessions)) kpi.Sessions {
	s := askedSessions(3, kpi.SessionSpec{Calendar: kpi.Calendar{Unit: kpi.Week}, AsOf: day(33), Gap: time.Minute})
	if change != nil {
		change(&s)
	}
	return s
}

func askSessions(t testing.TB, l *kpi.Log, s kpi.SessionSpec) *kpi.Sessions {
	t.Helper()
	a, err := l.Sessions(context.Background(), s)
	require.NoError(t, err)
	return a
}

// clicks returns a log of page views at minutes since the midnight of 2 March 2026.
func clicks(t testing.TB, minutes map[string][]int) *kpi.Log {
	t.Helper()
	var l kpi.Log
	for who, at := range minutes {
		for _, m := range at {
			require.NoError(t, l.Add(kpi.Event{Customer: who, Name: "view", At: day(2).Add(time.Duration(m) * time.Minute)}))
		}
	}
	return &l
}

func TestSessionsByHand(t *testing.T) {
	t.Parallel()
	l := clicks(t, map[string][]int{
		"Ann": {0, 30, 60, 91, 1439, 1441}, // three hits half an hour apart, one a minute late, and one visit across midnight
		"Bob": {10, 10},                    // two hits of one instant, for 0 seconds
		"Cid": {1500, 2865},                // a visit of the next day, and one that AsOf cuts off
		"Dee": {2850},                      // half an hour before AsOf: a hit at AsOf would be of this visit
		"Eve": {2849},                      // and would not be of this
	})
	s := askSessions(t, l, kpi.SessionSpec{AsOf: day(4), Gap: 30 * time.Minute})
	require.Equal(t, ""+
		"day         visitors  visits  per visitor   pages  dwell, s   bounces  open\n"+
		"2026-03-02         2       4         2.00    2.00   1240.00     25.0%     0\n"+
		"2026-03-03       (2)     (2)       (1.00)  (1.00)         –  (100.0%)   (2)\n", s.String())
	require.Contains(t, s.Markdown(), "| 2026-03-02 | 2 | 4 | 2.00 | 2.00 | 1240.00 | 25.0% | 0 |")
	n, err := s.Visits(0)
	require.NoError(t, err)
	require.Equal(t, int64(4), n)
	bounce, err := s.BounceShare(0)
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 1, N: 4}, bounce)
	for i, ask := range []func(int) (kpi.Mean, error){s.PerVisitor, s.Pages, s.Dwell} {
		m, err := ask(0)
		require.NoError(t, err)
		requireRatio(t, []string{"2", "2", "1240"}[i], kpi.Must(m.Ratio()), nil)
	}
	dwell, err := s.Dwell(0)
	require.NoError(t, err)
	require.Equal(t, int64(3), dwell.N, "3600, 120 and 0 seconds; the bounce is not known")
	variance, err := dwell.Variance()
	requireRatio(t, "4180800", variance, err) // ((3600−1240)² + (120−1240)² + 1240²)/2
}

func TestSessionsErrors(t *testing.T) {
	t.Parallel()
	l := clicks(t, map[string][]int{"Ann": {0, 2*1440 + 5, 4*1440 - 1}})
	s := askSessions(t, l, kpi.SessionSpec{AsOf: day(6), Gap: time.Minute})
	bad := *s
	bad.Rows = slices.Clone(s.Rows)
	bad.Rows[0].Pages.N = 9
	mean := func(f func(int) (kpi.Mean, error), i int) func() error {
		return func() error { _, err := f(i); return err }
	}
	for _, tt := range []struct {
		name string
		ask  func() error
		code kpi.Code
		kind error
	}{
		{"no such row", mean(s.Pages, 9), kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"a negative row", mean(s.Dwell, -1), kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"an open visit", mean(s.PerVisitor, 3), kpi.CodeTime, kpi.ErrInvalid},
		{"no visits", mean(s.Pages, 1), kpi.CodeNoData, kpi.ErrUndefined},
		{"only bounces", mean(s.Dwell, 0), kpi.CodeNoData, kpi.ErrUndefined},
		{"impossible", mean(bad.Pages, 0), kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"bounces of nobody", func() error { _, err := s.BounceShare(1); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"bounces while open", func() error { _, err := s.BounceShare(3); return err }, kpi.CodeTime, kpi.ErrInvalid},
		{"visits while open", func() error { _, err := s.Visits(3); return err }, kpi.CodeTime, kpi.ErrInvalid},
		{"Merge of nil", func() error { return s.Merge(nil) }, kpi.CodeEmpty, kpi.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.code, requireError(t, tt.ask(), tt.kind).Code)
		})
	}
	for name, s := range map[string]kpi.SessionSpec{
		"no AsOf":           {Gap: 1},
		"no Gap":            {AsOf: day(9)},
		"a negative Gap":    {AsOf: day(9), Gap: -1},
		"a unit":            {AsOf: day(9), Gap: 1, Calendar: kpi.Calendar{Unit: 9}},
		"AsOf out of range": {AsOf: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC), Gap: 1},
	} {
		_, err := l.Sessions(context.Background(), s)
		require.Equal(t, "Log.Sessions", requireError(t, err, kpi.ErrInvalid).Metric, name)
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := l.Sessions(done, kpi.SessionSpec{AsOf: day(9), Gap: 1})
	require.ErrorIs(t, err, context.Canceled)
	// All of time.
	l = logOf(t,
		kpi.Event{Customer: "Ann", Name: "x", At: time.Unix(0, firstInstant)},
		kpi.Event{Customer: "Ann", Name: "x", At: time.Unix(0, lastInstant).Add(-2 * time.Second)})
	for gap, open := range map[time.Duration]int64{time.Second: 0, math.MaxInt64: 1} {
		all := askSessions(t, l, kpi.SessionSpec{Calendar: kpi.Calendar{Unit: kpi.Year}, AsOf: time.Unix(0, lastInstant), Gap: gap})
		require.Len(t, all.Rows, 2262-1677+1)
		require.Equal(t, open, all.Rows[len(all.Rows)-1].Open, "the gap of 584 years is longer than any Duration")
	}
}

// naiveSession is a visit, in the words of the definition.
type naiveSession struct {
	unit, pages int
	dwell       time.Duration
	open        bool
}

// naiveSessions returns the visits of each customer.
func naiveSessions(n naive, s kpi.SessionSpec, rows []kpi.Event) map[string][]naiveSession {
	hits := map[string][]time.Time{}
	for _, e := range rows {
		if e.At.Before(s.AsOf) && among(s.Events, e.Name) {
			hits[e.Customer] = append(hits[e.Customer], e.At)
		}
	}
	out := map[string][]naiveSession{}
	for who, at := range hits {
		slices.SortFunc(at, time.Time.Compare)
		for i := 0; i < len(at); {
			j := i
			for j+1 < len(at) && !at[j+1].After(at[j].Add(s.Gap)) {
				j++
			}
			out[who] = append(out[who], naiveSession{
				unit: n.unit(n.date(at[i])), pages: j - i + 1, dwell: at[j].Sub(at[i]), open: !s.AsOf.After(at[j].Add(s.Gap)),
			})
			i = j + 1
		}
	}
	return out
}

// meanLine writes a Mean whatever its exponents.
func meanLine(m kpi.Mean) string {
	return fmt.Sprint(m.N, " ", m.Sum.String(), " ", m.Squares.String())
}

func TestSessionsAgainstNaive(t *testing.T) {
	t.Parallel()
	for _, cal := range broken {
		for unit := kpi.Day; unit <= kpi.Month; unit++ {
			t.Run(cal.zone+" "+unit.String(), func(t *testing.T) {
				t.Parallel()
				loc := loadZone(cal.zone)
				r := rand.New(rand.NewPCG(uint64(unit), uint64(len(cal.zone))))
				for range 40 {
					days := []int{5, 20, 70}[unit]
					events := randomEvents(r, loc, cal.first, days)
					s := kpi.SessionSpec{
						Calendar: kpi.Calendar{Unit: unit, Location: loc, WeekStart: kpi.WeekStart(r.IntN(7))},
						Events:   [][]string{nil, {"visit"}, {"order", "visit"}}[r.IntN(3)],
						AsOf:     cal.first.Add(time.Duration(r.IntN(2*days)) * 12 * time.Hour),
						Gap:      []time.Duration{1, 30 * time.Minute, time.Hour, 5 * time.Hour, 25 * time.Hour}[r.IntN(5)],
					}
					if r.IntN(2) == 0 {
						s.AsOf = events[r.IntN(len(events))].At.Add(s.Gap + time.Duration(r.IntN(2)))
					}
					n := naive{spec: kpi.CohortSpec{Calendar: s.Calendar}}
					want := naiveSessions(n, s, events)
					a := askSessions(t, withProps(t, events), s)
					visits := 0
					for _, row := range a.Rows {
						var pages, dwell, per []decimal.Decimal
						open := int64(0)
						for _, visited := range want {
							k := int64(0)
							for _, v := range visited {
								switch {
								case v.unit != n.unit(n.date(row.Period.Start)):
								case v.open:
									open++
								default:
									k++
									pages = append(pages, decimal.NewFromInt(int64(v.pages)))
									if v.pages > 1 {
										dwell = append(dwell, decimal.New(int64(v.dwell), -9))
									}
								}
							}
							if k > 0 {
								per = append(per, decimal.NewFromInt(k))
							}
						}
						visits += len(pages) + int(open)
						require.Equal(t, open, row.Open)
						require.Equal(t, open == 0 && !row.Period.End.After(s.AsOf), row.Complete)
						for i, values := range [][]decimal.Decimal{pages, dwell, per} {
							m, err := kpi.MeanOf(values)
							require.NoError(t, err)
							require.Equal(t, meanLine(m), meanLine([]kpi.Mean{row.Pages, row.Dwell, row.PerVisitor}[i]))
						}
					}
					for _, visited := range want {
						visits -= len(visited)
					}
					require.Zero(t, visits, "every visit is in one period")
					requireSessionLaws(t, r, events, s, a)
				}
			})
		}
	}
}

// requireSessionLaws holds an answer to the laws of every question.
func requireSessionLaws(t *testing.T, r *rand.Rand, events []kpi.Event, s kpi.SessionSpec, a *kpi.Sessions) {
	t.Helper()
	want := mustJSON(t, a)
	shuffled := slices.Clone(events)
	for _, e := range events[:min(len(events), 5)] {
		e.At = s.AsOf.Add(time.Duration(r.IntN(3)) * time.Hour)
		shuffled = append(shuffled, e)
	}
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	require.Equal(t, want, mustJSON(t, askSessions(t, withProps(t, shuffled), s)))
	shards := make([][]kpi.Event, 3)
	for _, e := range shuffled {
		i := int(e.Customer[0]) % len(shards)
		shards[i] = append(shards[i], e)
	}
	var merged kpi.Sessions
	for _, i := range r.Perm(len(shards)) {
		o := askSessions(t, withProps(t, shards[i]), s)
		data, err := o.MarshalBinary()
		require.NoError(t, err)
		var back kpi.Sessions
		require.NoError(t, back.UnmarshalBinary(data))
		require.Equal(t, mustJSON(t, o), mustJSON(t, &back))
		require.NoError(t, merged.Merge(&back))
	}
	require.Equal(t, want, mustJSON(t, &merged))
	later := s
	later.AsOf = s.AsOf.Add(time.Duration(1+r.IntN(500)) * time.Hour)
	b := askSessions(t, withProps(t, shuffled), later)
	for i, row := range a.Rows {
		if row.Complete {
			require.Equal(t, mustJSON(t, row), mustJSON(t, b.Rows[i]))
		}
	}
}

// TestSessionsAgainstDuckDB holds visits to the cases of duckdb-behavioral's
// sessionize, in metrics/sessionize.json.
func TestSessionsAgainstDuckDB(t *testing.T) {
	t.Parallel()
	type session struct {
		Name  string   `json:"name"`
		Gap   int64    `json:"gap_us"`
		Times []*int64 `json:"timestamps_us"`
		Last  int64    `json:"expected_last_session_id"`
		IDs   []*int64 `json:"expected_session_ids"`
	}
	var file struct {
		Last []session `json:"last_id"`
		IDs  []session `json:"ids"`
	}
	readReference(t, "metrics/sessionize.json", &file)
	not := map[string]string{
		"large timestamps":               "a Log ends in 2262",
		"null timestamp gets no session": "a row of a Log has an instant",
	}
	applied := 0
	for _, c := range append(file.Last, file.IDs...) {
		if reason := not[c.Name]; reason != "" {
			t.Logf("%s: does not apply, %s", c.Name, reason)
			continue
		}
		applied++
		gap := time.Duration(c.Gap) * time.Microsecond
		if gap == 0 {
			gap = 1 // which no two instants in microseconds are apart
		}
		var l kpi.Log
		for i, at := range c.Times {
			require.NoError(t, l.Add(kpi.Event{Customer: "Ann", Name: "hit", At: time.UnixMicro(*at)}))
			if c.IDs != nil {
				c.Last = *c.IDs[i]
			}
			s := askSessions(t, &l, kpi.SessionSpec{Calendar: kpi.Calendar{Unit: kpi.Year}, AsOf: day(1), Gap: gap})
			if c.IDs != nil || i == len(c.Times)-1 {
				visits, err := s.Visits(0)
				require.NoError(t, err)
				require.Equal(t, c.Last, visits, c.Name)
			}
		}
	}
	require.Equal(t, 14, applied)
}

// An answer says of which calendar it is, in JSON and in bytes, and merges with none
// of another: the years of Berlin and of Lagos begin and end at the same instants,
// and the dates between them do not.
func TestSessionsMergeCalendars(t *testing.T) {
	t.Parallel()
	lagos := loadZone("Africa/Lagos")
	of := func(who string, cal kpi.Calendar) *kpi.Sessions {
		l := visits(t, map[string][]int{who: {1, 2, 60}})
		s := askSessions(t, l, kpi.SessionSpec{Calendar: cal, AsOf: day(90), Gap: time.Hour})
		data, err := s.MarshalBinary()
		require.NoError(t, err)
		var binary, text kpi.Sessions
		require.NoError(t, binary.UnmarshalBinary(data))
		require.NoError(t, json.Unmarshal([]byte(mustJSON(t, s)), &text))
		for _, back := range []*kpi.Sessions{&binary, &text} {
			require.Equal(t, mustJSON(t, s), mustJSON(t, back))
			again, err := back.MarshalBinary()
			require.NoError(t, err)
			require.Equal(t, data, again)
			require.NoError(t, back.Merge(s))
			for _, change := range []func(*kpi.Sessions){
				func(s *kpi.Sessions) { s.Location += "x" },
				func(s *kpi.Sessions) { s.WeekStart = (s.WeekStart + 1) % 7 },
				func(s *kpi.Sessions) { s.FiscalStart = (s.FiscalStart + 1) % 13 },
			} {
				altered := *s
				change(&altered)
				other, err := altered.MarshalBinary()
				require.NoError(t, err)
				require.NotEqual(t, data, other)
				require.NotEqual(t, mustJSON(t, s), mustJSON(t, &altered))
			}
		}
		var back kpi.Sessions
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

func FuzzSessionsUnmarshalBinary(f *testing.F) {
	for seed := range uint64(4) {
		s := askedSessions(seed, kpi.SessionSpec{Calendar: kpi.Calendar{Unit: kpi.Unit(seed), Location: berlin, WeekStart: kpi.WeekFromSunday, FiscalStart: time.April}, AsOf: day(33), Gap: time.Hour})
		data, err := s.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s kpi.Sessions
		if s.UnmarshalBinary(data) != nil {
			require.Empty(t, s)
			return
		}
		again, err := s.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, s.String())
		text, err := json.Marshal(&s)
		require.NoError(t, err)
		var back kpi.Sessions
		require.NoError(t, json.Unmarshal(text, &back))
		require.NoError(t, new(kpi.Sessions).Merge(&back))
		for i := range min(len(s.Rows), 50) {
			_, err := s.Dwell(i)
			_, err2 := s.BounceShare(i)
			for _, err := range []error{err, err2} {
				var e *kpi.Error
				require.True(t, err == nil || assert.ErrorAs(t, err, &e))
			}
		}
	})
}
