package kpi_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// hours reads shifts such as "9–12 13–17:30 22–30", and every day of the week of them.
func hours(s string) (out []kpi.Shift) {
	clock := func(s string) time.Duration {
		h, m, _ := strings.Cut(s, ":")
		d, err := time.ParseDuration(h + "h0" + m + "m")
		if err != nil {
			panic(err)
		}
		return d
	}
	for shift := range strings.FieldsSeq(s) {
		from, to, _ := strings.Cut(shift, "–")
		out = append(out, kpi.Shift{From: clock(from), To: clock(to)})
	}
	return out
}

// workdays are shifts from Monday to Friday.
func workdays(s string) [7][]kpi.Shift {
	h := hours(s)
	return [7][]kpi.Shift{nil, h, h, h, h, h, nil}
}

// everyDay are the same shifts on all seven days.
func everyDay(s string) [7][]kpi.Shift {
	h := hours(s)
	return [7][]kpi.Shift{h, h, h, h, h, h, h}
}

func newClock(t testing.TB, s kpi.Schedule) *kpi.Clock {
	t.Helper()
	c, err := kpi.NewClock(s)
	require.NoError(t, err)
	return c
}

func requireBetween(t *testing.T, c *kpi.Clock, want time.Duration, from, to time.Time, name string) {
	t.Helper()
	got, err := c.Between(from, to)
	require.NoError(t, err, name)
	require.Equal(t, want.String(), got.String(), name)
}

var shanghai = loadZone("Asia/Shanghai")

// china2025 is the arrangement of the State Council's notice 国办发明电〔2024〕12号.
func china2025(shifts string) kpi.Schedule {
	worked := hours(shifts)
	return kpi.Schedule{Location: shanghai, Week: workdays(shifts), Special: []kpi.SpecialDays{
		{First: "2025-01-01"},
		{First: "2025-01-28", Last: "2025-02-04"},
		{First: "2025-01-26", Shifts: worked},
		{First: "2025-02-08", Shifts: worked},
		{First: "2025-04-04", Last: "2025-04-06"},
		{First: "2025-05-01", Last: "2025-05-05"},
		{First: "2025-04-27", Shifts: worked},
		{First: "2025-05-31", Last: "2025-06-02"},
		{First: "2025-10-01", Last: "2025-10-08"},
		{First: "2025-09-28", Shifts: worked},
		{First: "2025-10-11", Shifts: worked},
	}}
}

// 54 hours are worked across the Spring Festival of 2025, not the 90 of Monday to
// Friday; and the year has 248 working days.
func TestClockChina2025(t *testing.T) {
	t.Parallel()
	c := newClock(t, china2025("9–18"))
	friday, monday := time.Date(2025, 1, 24, 18, 0, 0, 0, shanghai), time.Date(2025, 2, 10, 9, 0, 0, 0, shanghai)
	requireBetween(t, c, 54*time.Hour, friday, monday, "the festival")
	requireBetween(t, newClock(t, kpi.Schedule{Location: shanghai, Week: workdays("9–18")}), 90*time.Hour, friday, monday, "without it")
	year := kpi.Calendar{Unit: kpi.Year, Location: shanghai}.Of(monday)
	requireBetween(t, c, 248*9*time.Hour, year.Start, year.End, "the year")
	worked := []int{ // of the months
		18 + 1, 18 + 1, 21, 21 + 1, 19, 20, 23, 21, 22 + 1, 17 + 1, 20, 23,
	}
	months, err := kpi.Calendar{Unit: kpi.Month, Location: shanghai}.Periods(year.Start, year.End)
	require.NoError(t, err)
	for i, m := range months {
		requireBetween(t, c, time.Duration(worked[i])*9*time.Hour, m.Start, m.End, m.String())
	}

	// Six days: 26 and 27 January, 5 to 8 February.
	for i, want := range []string{"2025-01-26", "2025-01-27", "2025-02-05", "2025-02-06", "2025-02-07", "2025-02-08"} {
		due, err := c.After(friday, time.Duration(i+1)*9*time.Hour)
		require.NoError(t, err)
		require.Equal(t, want+" 18:00", due.Format("2006-01-02 15:04"))
		require.False(t, c.Open(due))
		require.True(t, c.Open(due.Add(-1)))
	}
	next, err := c.Next(friday)
	require.NoError(t, err)
	require.Equal(t, "2025-01-26 09:00", next.Format("2006-01-02 15:04"))
}

// What the clocks of a location do to shifts, in hours that can be counted on fingers.
func TestClockWhereClocksChange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, zone, hours string
		from, to          string
		want              time.Duration
	}{
		{"a day of 23 hours", "America/New_York", "0–24", "2025-03-09T00:00:00-05:00", "2025-03-10T00:00:00-04:00", 23 * time.Hour},
		{"a day of 25 hours", "America/New_York", "0–24", "2025-11-02T00:00:00-04:00", "2025-11-03T00:00:00-05:00", 25 * time.Hour},
		{"a shift whose middle is skipped", "America/New_York", "1–4", "2025-03-09T00:00:00-05:00", "2025-03-10T00:00:00-04:00", 2 * time.Hour},
		{"a shift whose middle comes twice", "America/New_York", "0:30–4", "2025-11-02T00:00:00-04:00", "2025-11-03T00:00:00-05:00", 270 * time.Minute},
		{"a shift that is skipped", "America/New_York", "2–3", "2025-03-09T00:00:00-05:00", "2025-03-10T00:00:00-04:00", 0},
		{"a shift that comes twice", "America/New_York", "1–2", "2025-11-02T00:00:00-04:00", "2025-11-03T00:00:00-05:00", 2 * time.Hour},
		{"half of one that comes twice", "America/New_York", "1:30–2", "2025-11-02T00:00:00-04:00", "2025-11-03T00:00:00-05:00", time.Hour},
		{"a day shift of that day", "America/New_York", "9–17", "2025-11-02T00:00:00-04:00", "2025-11-03T00:00:00-05:00", 8 * time.Hour},
		{"a night of 7 hours", "Europe/Berlin", "22–30", "2025-03-29T22:00:00+01:00", "2025-03-30T22:00:00+02:00", 7 * time.Hour},
		{"a night of 9 hours", "Europe/Berlin", "22–30", "2025-10-25T22:00:00+02:00", "2025-10-26T22:00:00+01:00", 9 * time.Hour},
		{"a day without midnight", "America/Sao_Paulo", "0–24", "2018-11-03T12:00:00-03:00", "2018-11-04T12:00:00-02:00", 23 * time.Hour},
		{"shifts from a midnight that is skipped", "America/Sao_Paulo", "0–2", "2018-11-03T12:00:00-03:00", "2018-11-04T12:00:00-02:00", time.Hour},
		{"an hour before midnight that comes twice", "America/Sao_Paulo", "23–24", "2018-02-17T12:00:00-02:00", "2018-02-18T12:00:00-03:00", 2 * time.Hour},
		{"a date that is skipped", "Pacific/Apia", "9–17", "2011-12-29T00:00:00-10:00", "2012-01-01T00:00:00+14:00", 16 * time.Hour},
		{"UTC+14", "Pacific/Kiritimati", "9–17", "2025-06-02T19:00:00Z", "2025-06-03T03:00:00Z", 8 * time.Hour},
		{"half an hour of summer time", "Australia/Lord_Howe", "0–24", "2025-04-06T00:00:00+11:00", "2025-04-07T00:00:00+10:30", 24*time.Hour + 30*time.Minute},
	}
	for _, tt := range tests {
		c := newClock(t, kpi.Schedule{Location: loadZone(tt.zone), Week: everyDay(tt.hours)})
		requireBetween(t, c, tt.want, instant(tt.from), instant(tt.to), tt.name)
	}
}

// A promise of two hours, made at 1:00 on the mornings on which New York changes its
// clocks and by a team that works from midnight to four.
func TestClockDueWhereClocksChange(t *testing.T) {
	t.Parallel()
	c := newClock(t, kpi.Schedule{Location: newYork, Week: everyDay("0–4")})
	for made, want := range map[string]string{
		"2025-03-08T01:00:00-05:00": "2025-03-08T03:00:00-05:00",
		"2025-03-09T01:00:00-05:00": "2025-03-09T04:00:00-04:00",
		"2025-11-02T01:00:00-04:00": "2025-11-02T02:00:00-05:00",
		"2025-11-02T01:00:00-05:00": "2025-11-02T03:00:00-05:00",
	} {
		due, err := c.After(instant(made).In(newYork), 2*time.Hour)
		require.NoError(t, err)
		require.Equal(t, want, due.Format(time.RFC3339), made)
	}
}

// A night belongs to the evening on which it begins: the holiday takes its own night,
// and neither the end of the night before nor anything of the day after.
func TestClockNightsAroundAHoliday(t *testing.T) {
	t.Parallel()
	c := newClock(t, kpi.Schedule{Week: everyDay("22–30"), Special: []kpi.SpecialDays{{First: "2026-03-10"}}})
	for d, want := range map[int]time.Duration{9: 8, 10: 6, 11: 2, 12: 8} {
		requireBetween(t, c, want*time.Hour, day(d), day(d+1), day(d).String())
	}
	due, err := c.After(day(10).Add(-2*time.Hour), 8*time.Hour+1)
	require.NoError(t, err)
	require.Equal(t, day(11).Add(22*time.Hour+1), due)

	// A night shift of one date reaches into a day off, and into one with other hours.
	c = newClock(t, kpi.Schedule{Week: workdays("9–17"), Special: []kpi.SpecialDays{
		{First: "2026-03-13", Last: "2026-03-14", Shifts: hours("20–28")}, {First: "2026-03-16", Shifts: hours("22–33")},
	}})
	for d, want := range map[int]time.Duration{12: 8, 13: 4, 14: 8, 15: 4, 16: 2, 17: 9 + 8, 18: 8} {
		requireBetween(t, c, want*time.Hour, day(d), day(d+1), day(d).String())
	}
}

func TestClockCalendarTime(t *testing.T) {
	t.Parallel()
	always := newClock(t, kpi.Schedule{Location: newYork, Week: everyDay("0–24")})
	from, to := day(7).In(newYork), day(10).Add(time.Second).In(newYork)
	for name, c := range map[string]*kpi.Clock{"nil": nil, "zero": {}, "round the clock": always} {
		requireBetween(t, c, 72*time.Hour+time.Second, from, to, name)
		requireBetween(t, c, 0, from, from, name)
		due, err := c.After(from, 72*time.Hour)
		require.NoError(t, err)
		require.Equal(t, day(10).In(newYork), due, name)
		next, err := c.Next(from)
		require.NoError(t, err)
		require.Equal(t, from, next, name)
		require.True(t, c.Open(from), name)

		_, err = c.Between(day(1), day(1).Add(-1))
		require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code, name)
		_, err = c.Between(time.Time{}, day(1))
		require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code, name)
		_, err = c.Between(day(1), time.Date(2262, 1, 1, 0, 0, 0, 1, time.UTC))
		require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code, name)
		first, last := time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
		_, err = c.Between(first, last)
		require.Equal(t, kpi.CodeOverflow, requireError(t, err, kpi.ErrInvalid).Code, "584 years, %s", name)
		_, err = c.After(time.Time{}, 1)
		require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code, name)
		_, err = c.After(day(1), -1)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code, name)
		_, err = c.After(day(1), 1<<63-1)
		require.Equal(t, kpi.CodeBeyondBound, requireError(t, err, kpi.ErrUndefined).Code, name)
		due, err = c.After(last.Add(-2), 2)
		require.NoError(t, err)
		require.True(t, last.Equal(due))
		_, err = c.After(last.Add(-2), 3)
		require.Equal(t, kpi.CodeBeyondBound, requireError(t, err, kpi.ErrUndefined).Code, name)
		_, err = c.Next(time.Time{})
		require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code, name)
		_, err = c.Next(last)
		require.Equal(t, kpi.CodeBeyondBound, requireError(t, err, kpi.ErrUndefined).Code, name)
	}
}

// A schedule that ends with its special dates says so and does not search for ever, nor
// does one whose only date the zone has skipped, or whose only hour it skips.
func TestClockNever(t *testing.T) {
	t.Parallel()
	c := newClock(t, kpi.Schedule{Special: []kpi.SpecialDays{{First: "2026-03-10", Last: "2026-03-11", Shifts: hours("9–17")}}})
	requireBetween(t, c, 16*time.Hour, day(1), day(31), "both days")
	due, err := c.After(day(1), 16*time.Hour)
	require.NoError(t, err)
	require.Equal(t, day(11).Add(17*time.Hour), due)
	for _, d := range []time.Duration{16*time.Hour + 1, 1<<63 - 1} {
		_, err = c.After(day(1), d)
		require.Equal(t, kpi.CodeNever, requireError(t, err, kpi.ErrUndefined).Code)
	}
	_, err = c.Next(day(11).Add(17 * time.Hour))
	require.Equal(t, kpi.CodeNever, requireError(t, err, kpi.ErrUndefined).Code)

	for _, s := range []kpi.Schedule{
		{Location: apia, Special: []kpi.SpecialDays{{First: "2011-12-30", Shifts: hours("0–24")}}},
		{Location: newYork, Special: []kpi.SpecialDays{{First: "2025-03-09", Shifts: hours("2–3")}}},
	} {
		c := newClock(t, s)
		requireBetween(t, c, 0, instant("2000-01-01T00:00:00Z"), instant("2030-01-01T00:00:00Z"), "")
		_, err := c.Next(instant("2000-01-01T00:00:00Z"))
		require.Equal(t, kpi.CodeNever, requireError(t, err, kpi.ErrUndefined).Code)
	}
}

// randomClocks are schedules of some kind in every zone of the tests.
func randomClocks(t *testing.T, r *rand.Rand) []*kpi.Clock {
	t.Helper()
	var out []*kpi.Clock
	for _, loc := range clockZones {
		for _, s := range []kpi.Schedule{
			china2025("0:15–1 3–4:45 9–12 13–18 23:59–24"),
			{Week: everyDay("0–24"), Special: []kpi.SpecialDays{{First: "2014-02-26", Last: "2016-03-02"}}},
			{Week: workdays("22:30–31"), Special: []kpi.SpecialDays{{First: "1678-01-01"}, {First: "2025-11-01", Last: "2025-11-02", Shifts: hours("8–10 23–25:30")}}},
			{Special: []kpi.SpecialDays{{First: "1995-01-01", Last: "2035-12-31", Shifts: hours("1–2 5–6")}}},
		} {
			s.Location = loc
			out = append(out, newClock(t, s))
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// randomInstant is one of all that a Clock answers for, or more often one of our time.
func randomInstant(r *rand.Rand) time.Time {
	at := changes[r.IntN(len(changes))].Add(time.Duration(r.Int64N(int64(60*24*time.Hour)) - int64(30*24*time.Hour)))
	switch r.IntN(4) {
	case 0:
		at = time.Unix(-9_214_560_000+r.Int64N(18_429_206_400), r.Int64N(1e9)).UTC()
	case 1:
		at = at.Truncate(15 * time.Minute)
	}
	return at
}

// Three instants in order, and a length of work.
func TestClockLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for _, c := range randomClocks(t, r) {
		for range 150 {
			x, y, z := randomInstant(r), randomInstant(r), randomInstant(r)
			if y.Before(x) {
				x, y = y, x
			}
			if z.Before(y) {
				y, z = z, y
			}
			if y.Before(x) {
				x, y = y, x
			}
			xz, err := c.Between(x, z)
			if err != nil || z.Sub(x) == 1<<63-1 {
				continue // 292 years
			}
			xy, err := c.Between(x, y)
			require.NoError(t, err)
			yz, err := c.Between(y, z)
			require.NoError(t, err)
			require.Equal(t, xz, xy+yz, "additive")
			require.True(t, 0 <= xy && xy <= y.Sub(x), "%s of %s", xy, y.Sub(x))

			// Of a nanosecond as much is worked as Open says, which asks the location.
			tick, err := c.Between(x, x.Add(1))
			require.NoError(t, err)
			require.Equal(t, c.Open(x), tick == 1, "%s", x)

			if xz > 0 {
				keepsPromises(t, c, x, time.Duration(1+r.Int64N(int64(xz))))
			}
		}
	}
}

// keepsPromises holds After and Next to what they promise about d that is worked after x.
func keepsPromises(t *testing.T, c *kpi.Clock, x time.Time, d time.Duration) {
	t.Helper()
	due, err := c.After(x, d)
	require.NoError(t, err)
	requireBetween(t, c, d, x, due, "the inverse")
	requireBetween(t, c, d-1, x, due.Add(-1), "the earliest")
	require.True(t, c.Open(due.Add(-1)))
	next, err := c.Next(x)
	require.NoError(t, err)
	require.True(t, c.Open(next))
	requireBetween(t, c, 0, x, next, "nothing before it")
	require.True(t, next.Before(due))
	again, err := c.Next(next)
	require.NoError(t, err)
	require.Equal(t, next, again)
	now, err := c.After(x, 0)
	require.NoError(t, err)
	require.Equal(t, x, now)
}
