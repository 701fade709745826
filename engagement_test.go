package kpi_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// fitnessActivity is the answer for months up to April, of the events given.
func fitnessActivity(t *testing.T, events ...string) *kpi.Activity {
	t.Helper()
	l, err := fitness()
	require.NoError(t, err)
	return askActivity(t, l, kpi.ActivitySpec{
		Calendar: kpi.Calendar{Unit: kpi.Month}, Events: events, AsOf: time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC),
	})
}

// Ann came on 5, 4 and 2 days of January, February and March, Bob on 1, 0 and 2, Dee
// on 2 of February; Cid never.
func TestEngagementByHand(t *testing.T) {
	t.Parallel()
	a := fitnessActivity(t, "workout")
	for _, tt := range []struct {
		i, days int
		want    string
	}{
		{0, 1, "2/3"},
		{0, 2, "1/3"},
		{0, 5, "1/3"},
		{0, 6, "0/3"},
		{0, 31, "0/3"},
		{1, 1, "2/4"},
		{1, 2, "2/4"},
		{1, 3, "1/4"},
		{2, 2, "2/4"},
		{2, 3, "0/4"},
	} {
		p, err := a.EngagedShare(tt.i, tt.days)
		require.NoError(t, err)
		require.Equal(t, tt.want, p.String(), "%+v", tt)
	}
	for i, want := range []string{"2/3", "3/4", "3/4"} {
		p, err := a.AdoptionRate(i)
		require.NoError(t, err)
		require.Equal(t, want, p.String())
	}
	// Of those who did anything: in January Cid signed up.
	all := fitnessActivity(t)
	for i, want := range []string{"2/3", "2/2", "2/2"} {
		p, err := a.UseShare(all, i)
		require.NoError(t, err)
		require.Equal(t, want, p.String())
	}
	// A feature of which nothing was seen before March, when others had long begun.
	l := logOf(t,
		kpi.Event{Customer: "Ann", Name: "visit", At: day(-20)},
		kpi.Event{Customer: "Ann", Name: "visit", At: day(3)},
		kpi.Event{Customer: "Bob", Name: "export", At: day(4)})
	s := kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: day(32), Events: []string{"export"}, Known: []string{"export"}}
	export := askActivity(t, l, s)
	s.Events, s.Known = []string{"export", "visit"}, nil
	either := askActivity(t, l, s)
	require.Len(t, export.Rows, 1)
	require.Len(t, either.Rows, 2)
	p, err := export.UseShare(either, 0)
	require.NoError(t, err)
	require.Equal(t, "1/2", p.String())
	_, err = either.UseShare(export, 1)
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestEngagementErrors(t *testing.T) {
	t.Parallel()
	a, all := fitnessActivity(t, "workout"), fitnessActivity(t)
	fail := func(code kpi.Code, kind error, ask func() (kpi.Proportion, error)) {
		t.Helper()
		_, err := ask()
		require.Equal(t, code, requireError(t, err, kind).Code)
	}
	for _, i := range []int{-1, 4} {
		fail(kpi.CodeOutOfRange, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.EngagedShare(i, 1) })
		fail(kpi.CodeOutOfRange, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.AdoptionRate(i) })
		fail(kpi.CodeOutOfRange, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.UseShare(all, i) })
	}
	fail(kpi.CodeTime, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.EngagedShare(3, 1) })
	fail(kpi.CodeTime, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.AdoptionRate(3) })
	fail(kpi.CodeTime, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.UseShare(all, 3) })
	for _, days := range []int{0, -1, 32} {
		fail(kpi.CodeOutOfRange, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.EngagedShare(0, days) })
	}
	fail(kpi.CodeEmpty, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.UseShare(nil, 0) })
	fail(kpi.CodeMismatch, kpi.ErrInvalid, func() (kpi.Proportion, error) { return all.UseShare(a, 0) })
	fail(kpi.CodeMismatch, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.UseShare(fitnessActivity(t, "sign-up"), 0) })
	fail(kpi.CodeQuestion, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.UseShare(&kpi.Activity{}, 0) })
	gone := *all
	gone.Rows = gone.Rows[1:]
	fail(kpi.CodeMismatch, kpi.ErrInvalid, func() (kpi.Proportion, error) { return a.UseShare(&gone, 0) })
	odd := changedActivity(func(a *kpi.Activity) { a.Rows[0].Days[0]++ })
	fail(kpi.CodeMismatch, kpi.ErrInvalid, func() (kpi.Proportion, error) { return odd.AdoptionRate(1) })
	nobody := kpi.Activity{AsOf: day(9), Rows: []kpi.ActivePeriod{{Period: kpi.Period{Start: day(1), End: day(2)}, Complete: true, Days: []int64{0}}}}
	fail(kpi.CodeZeroDenominator, kpi.ErrUndefined, func() (kpi.Proportion, error) { return nobody.EngagedShare(0, 1) })
	fail(kpi.CodeZeroDenominator, kpi.ErrUndefined, func() (kpi.Proportion, error) { return nobody.AdoptionRate(0) })
	fail(kpi.CodeZeroDenominator, kpi.ErrUndefined, func() (kpi.Proportion, error) { return nobody.UseShare(&nobody, 0) })

	l := visits(t, map[string][]int{"Ann": {1, 2, 8}, "Bob": {3, 4}, "Cid": {9}})
	of := func(c *kpi.Cohorts, p kpi.Period, k int) func() (kpi.Proportion, error) {
		return func() (kpi.Proportion, error) { return c.RetentionOf(p, k) }
	}
	days := ask(t, l, kpi.CohortSpec{AsOf: day(10)})
	week := kpi.Period{Start: day(1), End: day(8)}
	fail(kpi.CodeTime, kpi.ErrInvalid, of(days, kpi.Period{}, 1))
	fail(kpi.CodeOutOfRange, kpi.ErrInvalid, of(days, week, -1))
	fail(kpi.CodeTime, kpi.ErrInvalid, of(days, kpi.Period{Start: day(1), End: day(11)}, 0))
	fail(kpi.CodeTime, kpi.ErrInvalid, of(days, kpi.Period{Start: day(1), End: day(10)}, 1)) // Cid's day 1 is not over
	fail(kpi.CodeTime, kpi.ErrInvalid, of(days, week, 7))                                    // nor is Bob's day 7
	fail(kpi.CodeTime, kpi.ErrInvalid, of(days, week, math.MaxInt))
	fail(kpi.CodeNoData, kpi.ErrUndefined, of(days, kpi.Period{Start: day(4), End: day(8)}, 1))
	fail(kpi.CodeMismatch, kpi.ErrInvalid, of(days, kpi.Period{Start: day(1).Add(time.Hour), End: day(8)}, 1))
	fail(kpi.CodeMismatch, kpi.ErrInvalid, of(days, kpi.Period{Start: day(1), End: day(3).Add(time.Hour)}, 1))
	fail(kpi.CodeTime, kpi.ErrInvalid, of(ask(t, l, kpi.CohortSpec{AsOf: day(10), Rolling: true}), week, 1))
	days.Rows[0].Cells[1].Active = 9
	fail(kpi.CodePartExceedsWhole, kpi.ErrInvalid, of(days, week, 1))
	seen := ask(t, l, kpi.CohortSpec{AsOf: day(10), Since: day(3)})
	p, err := seen.RetentionOf(week, 1)
	require.NoError(t, err)
	require.Equal(t, "1/1", p.String(), "Ann is first seen")
}

// Retention on day N, and within N days, by going through the dates of everyone.
func TestEngagementRetentionAgainstNaive(t *testing.T) {
	t.Parallel()
	for _, cal := range broken {
		loc := loadZone(cal.zone)
		r := rand.New(rand.NewPCG(51, uint64(len(cal.zone))))
		for range 40 {
			events := randomEvents(r, loc, cal.first, 40)
			from := cal.first.AddDate(0, 0, 5+r.IntN(8))
			p := kpi.Period{Start: kpi.Calendar{Location: loc}.Of(from).Start, End: kpi.Calendar{Location: loc}.Of(from.AddDate(0, 0, 7)).Start}
			n := 1 + r.IntN(9)
			s := kpi.CohortSpec{Calendar: kpi.Calendar{Location: loc}, AsOf: cal.first.AddDate(0, 0, 45), Refunds: kpi.RefundsIgnored}
			within := s
			within.Rolling, within.Horizon = n > 1, n-1
			civil := func(at time.Time) int64 {
				y, m, d := at.In(loc).Date()
				return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
			}
			born, active := map[string]int64{}, map[string]map[int64]bool{}
			for _, e := range events {
				if e.Amount.IsNegative() || !e.At.Before(s.AsOf) {
					continue
				}
				d := civil(e.At)
				if active[e.Customer] == nil {
					active[e.Customer], born[e.Customer] = map[int64]bool{}, d
				}
				active[e.Customer][d] = true
				born[e.Customer] = min(born[e.Customer], d)
			}
			var on, in kpi.Proportion
			for who, b := range born {
				if b < civil(p.Start) || b >= civil(p.End) {
					continue
				}
				on.N++
				in.N++
				if active[who][b+int64(n)] {
					on.K++
				}
				if slices.ContainsFunc(make([]struct{}, n), func(struct{}) bool { b++; return active[who][b] }) {
					in.K++
				}
			}
			l := withProps(t, events)
			days, rolling := ask(t, l, s), ask(t, l, within)
			got, err := days.RetentionOf(p, n)
			if on.N == 0 {
				require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, on, got)
			got, err = rolling.RetentionOf(p, 1)
			require.NoError(t, err)
			require.Equal(t, in, got)
			require.GreaterOrEqual(t, in.K, on.K, "whoever came on day N came within N days")

			// One day's cohort is that day's retention, and a later AsOf changes nothing.
			day := kpi.Calendar{Location: loc}.Of(from)
			for i, row := range days.Rows {
				if !row.Period.Equal(day) || row.Size == 0 {
					continue
				}
				want, ok := days.Retention(i, n)
				require.True(t, ok)
				got, err = days.RetentionOf(day, n)
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
			s.AsOf = s.AsOf.AddDate(0, 0, r.IntN(20))
			got, err = ask(t, l, s).RetentionOf(p, n)
			require.NoError(t, err)
			require.Equal(t, on, got)
		}
	}
}

// What every answer must hold: engaged on one day is active, on more is fewer; adopted
// are no fewer than those who use.
func TestEngagementLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(52, 53))
	for range 40 {
		events := randomEvents(r, berlin, day(-20), 90)
		s := kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Week, Location: berlin}, AsOf: day(60), Events: []string{"visit"}, Refunds: kpi.RefundsIgnored}
		l := withProps(t, events)
		a := askActivity(t, l, s)
		s.Events = nil
		all := askActivity(t, l, s)
		last := kpi.Proportion{}
		for i, row := range a.Rows {
			if !row.Complete {
				continue
			}
			share, err := a.ActiveShare(i)
			require.NoError(t, err)
			engaged, err := a.EngagedShare(i, 1)
			require.NoError(t, err)
			require.Equal(t, share, engaged)
			for days := 2; days <= len(row.Days); days++ {
				more, err := a.EngagedShare(i, days)
				require.NoError(t, err)
				require.LessOrEqual(t, more.K, engaged.K)
				engaged = more
			}
			adopted, err := a.AdoptionRate(i)
			require.NoError(t, err)
			require.GreaterOrEqual(t, adopted.K, max(share.K, last.K))
			last = adopted
			if row.Active == 0 {
				continue
			}
			use, err := a.UseShare(all, i)
			require.NoError(t, err)
			require.Equal(t, row.Active, use.K)
			own, err := a.UseShare(a, i)
			require.NoError(t, err)
			require.Equal(t, own.N, own.K)
		}
	}
}
