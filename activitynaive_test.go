package kpi_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// broken are calendars that have broken counts by period elsewhere, each with the
// first day of rows around the break.
var broken = []struct {
	zone  string
	first time.Time
}{
	{"UTC", time.Date(2019, 12, 20, 0, 0, 0, 0, time.UTC)},                // 29 February 2020 ahead
	{"America/Sao_Paulo", time.Date(2018, 10, 28, 0, 0, 0, 0, time.UTC)},  // no midnight on 2018-11-04
	{"Europe/Berlin", time.Date(2024, 3, 20, 0, 0, 0, 0, time.UTC)},       // 23 hours on 2024-03-31
	{"Pacific/Kiritimati", time.Date(2023, 12, 25, 0, 0, 0, 0, time.UTC)}, // UTC+14
	{"America/New_York", time.Date(2024, 10, 25, 0, 0, 0, 0, time.UTC)},   // 25 hours on 2024-11-03
}

// naiveActivity answers an ActivitySpec by going through every customer for every
// period, in civil dates.
type naiveActivity struct {
	naive
	spec kpi.ActivitySpec
	rows []kpi.Event
}

func newNaiveActivity(s kpi.ActivitySpec, rows []kpi.Event) naiveActivity {
	n := naiveActivity{spec: s}
	n.naive.spec.Calendar = s.Calendar
	for _, e := range rows {
		if e.At.Before(s.AsOf) {
			n.rows = append(n.rows, e)
		}
	}
	return n
}

func (n naiveActivity) active(e kpi.Event) bool {
	return among(n.spec.Events, e.Name) && !e.Amount.IsNegative()
}

func (n naiveActivity) refunds() bool {
	return slices.ContainsFunc(n.rows, func(e kpi.Event) bool { return among(n.spec.Events, e.Name) && e.Amount.IsNegative() })
}

// answer returns a line for each period, and the touchpoints.
func (n naiveActivity) answer() string {
	var out strings.Builder
	customers := map[string][]kpi.Event{}
	first := math.MaxInt
	for _, e := range n.rows {
		if n.active(e) || among(n.spec.Known, e.Name) {
			first = min(first, n.unit(n.date(e.At)))
			customers[e.Customer] = append(customers[e.Customer], e)
		}
	}
	last := n.unit(n.date(n.spec.AsOf.Add(-1)))
	for u := first; u <= last; u++ {
		r := kpi.ActivePeriod{Complete: n.unit(n.date(n.spec.AsOf)) > u}
		day := n.date(n.spec.AsOf) + 800
		for n.unit(day) != u {
			day--
		}
		for ; n.unit(day) == u; day-- {
			r.Days = append(r.Days, 0)
		}
		for _, rows := range customers {
			dates := map[int]bool{}
			now, before, earlier, since, known := false, false, false, true, false
			for _, e := range rows {
				at := n.unit(n.date(e.At))
				known = known || at <= u
				if !n.active(e) {
					continue
				}
				now, before, earlier = now || at == u, before || at == u-1, earlier || at < u
				if at == u {
					dates[n.date(e.At)] = true
				}
				since = since && !e.At.Before(n.spec.Since)
			}
			count := func(to *int64, is bool) {
				if is {
					*to++
				}
			}
			count(&r.Known, known)
			count(&r.Active, now)
			count(&r.New, now && !earlier && since)
			count(&r.FirstSeen, now && !earlier && !since)
			count(&r.Returning, now && before)
			count(&r.Resurrecting, now && earlier && !before)
			count(&r.Dormant, before && !now)
			if now {
				r.Days[len(dates)-1]++
			}
		}
		out.WriteString(n.line(u, r))
	}
	loc := n.spec.AsOf
	if n.spec.Calendar.Location != nil {
		loc = loc.In(n.spec.Calendar.Location)
	} else {
		loc = loc.UTC()
	}
	y, m, d := loc.Date()
	if m == time.February && d == 29 {
		d = 28
	}
	year := time.Date(y-1, m, d, loc.Hour(), loc.Minute(), loc.Second(), loc.Nanosecond(), loc.Location())
	touches := map[int]int{}
	for _, rows := range customers {
		k := 0
		for _, e := range rows {
			if n.active(e) && !e.At.Before(year) {
				k++
			}
		}
		if k > 0 {
			touches[k]++
		}
	}
	for k := range 100 {
		if touches[k] > 0 {
			fmt.Fprintf(&out, "%d with %d\n", touches[k], k)
		}
	}
	return out.String()
}

func (n naiveActivity) line(unit int, r kpi.ActivePeriod) string {
	r.Period = kpi.Period{}
	return fmt.Sprintf("%d %+v\n", unit, r)
}

// lines writes an answer as naiveActivity does.
func (n naiveActivity) lines(a *kpi.Activity) string {
	var out strings.Builder
	for _, r := range a.Rows {
		out.WriteString(n.line(n.unit(n.date(r.Period.Start)), r))
	}
	for _, t := range a.Touches {
		fmt.Fprintf(&out, "%d with %d\n", t.Customers, t.Touchpoints)
	}
	return out.String()
}

func askActivity(t testing.TB, l *kpi.Log, s kpi.ActivitySpec) *kpi.Activity {
	t.Helper()
	a, err := l.Activity(context.Background(), s)
	require.NoError(t, err)
	return a
}

func TestActivityAgainstNaive(t *testing.T) {
	t.Parallel()
	for _, cal := range broken {
		for unit := kpi.Day; unit <= kpi.Year; unit++ {
			t.Run(cal.zone+" "+unit.String(), func(t *testing.T) {
				t.Parallel()
				loc := loadZone(cal.zone)
				r := rand.New(rand.NewPCG(uint64(unit), uint64(len(cal.zone))))
				for range 30 {
					_, days := randomSpec(r, unit, loc)
					events := randomEvents(r, loc, cal.first, days)
					names := [][]string{nil, {"sign-up"}, {"order", "visit"}, {"nobody does this"}, {"order", "nor this"}}
					s := kpi.ActivitySpec{
						Calendar: kpi.Calendar{Unit: unit, Location: loc, WeekStart: kpi.WeekStart(r.IntN(7)), FiscalStart: time.Month(r.IntN(13))},
						Events:   names[r.IntN(len(names))], Known: names[r.IntN(len(names))], Refunds: kpi.Refunds(r.IntN(3)),
						AsOf: cal.first.Add(time.Duration(r.IntN(2*days)) * 12 * time.Hour),
					}
					switch r.IntN(4) {
					case 0:
						s.AsOf = s.Calendar.Of(s.AsOf).Start
					case 1:
						s.AsOf = events[r.IntN(len(events))].At
					case 2:
						if unit >= kpi.Month { // a year before is the 28th
							s.AsOf = time.Date(2024, 2, 29, 12, 0, 0, 0, loc)
						}
					}
					switch r.IntN(3) {
					case 0:
						s.Since = s.Calendar.Of(events[r.IntN(len(events))].At).Start
					case 1:
						s.Since = events[r.IntN(len(events))].At
					}
					n, l := newNaiveActivity(s, events), withProps(t, events)
					if s.Refunds == kpi.RefundsRefused && n.refunds() {
						_, err := l.Activity(context.Background(), s)
						e := requireError(t, err, kpi.ErrInvalid)
						require.Equal(t, kpi.CodeNegative, e.Code)
						require.True(t, events[e.Index].Amount.IsNegative())
						s.Refunds = kpi.Refunds(1 + r.IntN(2))
						n.spec = s
					}
					a := askActivity(t, l, s)
					require.Equal(t, n.answer(), n.lines(a), "%+v", s)
					requireActivityLaws(t, r, l, events, s, a)
				}
			})
		}
	}
}

// requireActivityLaws holds an answer to the laws of every question, and of this.
func requireActivityLaws(t *testing.T, r *rand.Rand, l *kpi.Log, events []kpi.Event, s kpi.ActivitySpec, a *kpi.Activity) {
	t.Helper()
	want := mustJSON(t, a)
	before := int64(0)
	for i, row := range a.Rows {
		require.Equal(t, row.Active, row.New+row.FirstSeen+row.Returning+row.Resurrecting)
		require.Equal(t, before, row.Returning+row.Dormant)
		before = row.Active
		require.Equal(t, row.Period.Complete(s.AsOf), row.Complete)
		if !row.Complete {
			require.Equal(t, len(a.Rows)-1, i, "only the last is not over")
			_, err := a.Active(i)
			require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
			continue
		}
		dau, err := a.AverageDAU(i)
		require.NoError(t, err)
		if row.Active == 0 {
			require.True(t, dau.IsZero())
			continue
		}
		// (Σ DAU / days) / Active = mean of the active days / days
		stickiness, err := a.Stickiness(i)
		require.NoError(t, err)
		days, err := a.ActiveDays(i)
		require.NoError(t, err)
		require.Equal(t, row.Active, days.N)
		requireRatio(t, stickiness.String(), kpi.Must(kpi.Must(days.Ratio()).Over(kpi.Whole(int64(len(row.Days))))), nil)
		requireRatio(t, stickiness.String(), kpi.Must(dau.Over(kpi.Whole(row.Active))), nil)
		// DAU of the same days, asked for by day.
		if r.IntN(40) == 0 {
			daily := s
			daily.Calendar.Unit = kpi.Day
			sum := int64(0)
			for _, d := range askActivity(t, l, daily).Rows {
				if row.Period.Contains(d.Period.Start) {
					sum += d.Active
				}
			}
			require.Equal(t, sum, days.Sum.IntPart())
		}
	}

	// No answer depends on the order of the rows, on what happens from AsOf on, or on
	// how logs were joined.
	shuffled := slices.Clone(events)
	for _, e := range events[:min(len(events), 5)] {
		e.At = s.AsOf.Add(time.Duration(r.IntN(3)) * time.Hour)
		shuffled = append(shuffled, e)
	}
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	require.Equal(t, want, mustJSON(t, askActivity(t, withProps(t, shuffled), s)))

	// Shards by customer, merged as answers; a shard may lack events and periods.
	shards := make([][]kpi.Event, 3)
	for _, e := range shuffled {
		i := int(e.Customer[0]) % len(shards)
		shards[i] = append(shards[i], e)
	}
	var merged kpi.Activity
	for _, i := range r.Perm(len(shards)) {
		o := askActivity(t, withProps(t, shards[i]), s)
		data, err := o.MarshalBinary()
		require.NoError(t, err)
		var back kpi.Activity
		require.NoError(t, back.UnmarshalBinary(data))
		require.Equal(t, mustJSON(t, o), mustJSON(t, &back))
		require.NoError(t, merged.Merge(&back))
	}
	require.JSONEq(t, want, mustJSON(t, &merged))

	// A later AsOf changes no row that was complete.
	later := s
	later.AsOf = s.AsOf.Add(time.Duration(1+r.IntN(2000)) * time.Hour)
	b, err := withProps(t, events).Activity(context.Background(), later)
	if err != nil {
		require.Equal(t, kpi.RefundsRefused, s.Refunds)
		return
	}
	for i, row := range a.Rows {
		if row.Complete {
			require.Equal(t, mustJSON(t, row), mustJSON(t, b.Rows[i]))
		}
	}
}
