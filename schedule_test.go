package kpi_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestScheduleIsRefused(t *testing.T) {
	t.Parallel()
	monday := func(s ...kpi.Shift) kpi.Schedule { return kpi.Schedule{Week: [7][]kpi.Shift{1: s}} }
	special := func(d ...kpi.SpecialDays) kpi.Schedule { return kpi.Schedule{Week: workdays("9–17"), Special: d} }
	nights := kpi.Schedule{Week: everyDay("22–30")}
	tests := []struct {
		name     string
		schedule kpi.Schedule
		code     kpi.Code
		index    int
		reason   string
	}{
		{"never open", kpi.Schedule{}, kpi.CodeEmpty, -1, "Week, Special"},
		{"nowhere", kpi.Schedule{Location: time.FixedZone("", 86400), Week: workdays("9–17")}, kpi.CodeOutOfRange, -1, "Location: 24h0m0s"},
		{"holidays alone", kpi.Schedule{Special: []kpi.SpecialDays{{First: "2025-01-01"}}}, kpi.CodeEmpty, -1, "Week, Special"},
		{"an empty shift", monday(kpi.Shift{From: time.Hour, To: time.Hour}), kpi.CodeTime, -1, "Week[1][0].To = 1h0m0s ≤ From = 1h0m0s"},
		{"22 to 6", monday(hours("9–12 22–6")...), kpi.CodeTime, -1, "Week[1][1].To = 6h0m0s ≤ From = 22h0m0s"},
		{"before midnight", monday(kpi.Shift{From: -1, To: 1}), kpi.CodeOutOfRange, -1, "Week[1][0].From = -1ns ∉ [0, 24h)"},
		{"from tomorrow", monday(hours("24–25")...), kpi.CodeOutOfRange, -1, "Week[1][0].From = 24h0m0s ∉ [0, 24h)"},
		{"longer than a day", monday(hours("9–33:01")...), kpi.CodeOutOfRange, -1, "Week[1][0].To = 33h1m0s > From + 24h = 33h0m0s"},
		{"overlap", monday(hours("13–18 9–13:01")...), kpi.CodeTime, -1, "Week[1]: [9h0m0s, 13h1m0s) ∩ [13h0m0s, 18h0m0s)"},
		{"twice", monday(hours("9–12 9–12")...), kpi.CodeTime, -1, "Week[1]: [9h0m0s, 12h0m0s) ∩ [9h0m0s, 12h0m0s)"},
		{
			"overlap past midnight",
			kpi.Schedule{Week: [7][]kpi.Shift{6: hours("22–30"), 0: hours("5–12")}},
			kpi.CodeTime, -1, "Week[0]: [0s, 6h0m0s) ∩ [5h0m0s, 12h0m0s)",
		},
		{"no date", special(kpi.SpecialDays{}), kpi.CodeSyntax, 0, `First = ""`},
		{"no such date", special(kpi.SpecialDays{First: "2025-01-01"}, kpi.SpecialDays{First: "2025-02-30"}), kpi.CodeSyntax, 1, `First = "2025-02-30"`},
		{"an instant", special(kpi.SpecialDays{First: "2025-01-01T00:00:00Z"}), kpi.CodeSyntax, 0, `First = "2025-01-01T00:00:00Z"`},
		{"no last date", special(kpi.SpecialDays{First: "2025-01-01", Last: "2025"}), kpi.CodeSyntax, 0, `Last = "2025"`},
		{"backwards", special(kpi.SpecialDays{First: "2025-01-02", Last: "2025-01-01"}), kpi.CodeTime, 0, "Last = 2025-01-01 < First = 2025-01-02"},
		{"long ago", special(kpi.SpecialDays{First: "1677-12-31"}), kpi.CodeOutOfRange, 0, "First = 1677-12-31 ∉ [1678, 2261]"},
		{"far away", special(kpi.SpecialDays{First: "2025-01-01", Last: "9999-12-31"}), kpi.CodeOutOfRange, 0, "Last = 9999-12-31 ∉ [1678, 2261]"},
		{
			"a date twice",
			special(kpi.SpecialDays{First: "2025-01-28", Last: "2025-02-04"}, kpi.SpecialDays{First: "2025-01-01"}, kpi.SpecialDays{First: "2025-02-04", Shifts: hours("9–12")}),
			kpi.CodeRepeated, 2, "2025-02-04: Special[0], Special[2]",
		},
		{
			"a range within another",
			special(kpi.SpecialDays{First: "2025-03-01"}, kpi.SpecialDays{First: "1678-01-01", Last: "2261-12-31"}),
			kpi.CodeRepeated, 1, "2025-03-01: Special[0], Special[1]",
		},
		{"an empty shift of a date", special(kpi.SpecialDays{First: "2025-01-01", Shifts: hours("12–9")}), kpi.CodeTime, 0, "Shifts[0].To = 9h0m0s ≤ From = 12h0m0s"},
		{"overlap on a date", special(kpi.SpecialDays{First: "2025-01-01", Shifts: hours("9–12 11–13")}), kpi.CodeTime, 0, "2025-01-01: [9h0m0s, 12h0m0s) ∩ [11h0m0s, 13h0m0s)"},
		{
			"overlap with the eve",
			kpi.Schedule{Week: nights.Week, Special: []kpi.SpecialDays{{First: "2025-01-01", Shifts: hours("0–24")}}},
			kpi.CodeTime, 0, "2025-01-01: [0s, 6h0m0s) ∩ [0s, 24h0m0s)",
		},
		{"overlap with the day after", special(kpi.SpecialDays{First: "2025-01-01", Shifts: hours("22–34")}), kpi.CodeTime, 0, "2025-01-02: [0s, 10h0m0s) ∩ [9h0m0s, 17h0m0s)"},
		{
			"overlap of two dates",
			special(kpi.SpecialDays{First: "2025-01-02", Shifts: hours("5–6")}, kpi.SpecialDays{First: "2025-01-01", Shifts: hours("22–30")}),
			kpi.CodeTime, 0, "2025-01-02: [0s, 6h0m0s) ∩ [5h0m0s, 6h0m0s)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := kpi.NewClock(tt.schedule)
			require.Nil(t, c)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, "NewClock", e.Metric)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, tt.reason, e.Reason)
		})
	}
}

// Shifts that only meet are possible, and so is one of 24 hours from noon.
func TestScheduleShiftsThatMeet(t *testing.T) {
	t.Parallel()
	for _, week := range []string{"9–12 12–18", "0–24", "12–36", "22–30 6–22", "0–6 6–14 14–24"} {
		c := newClock(t, kpi.Schedule{Week: everyDay(week)})
		var want time.Duration
		for _, s := range hours(week) {
			want += s.To - s.From
		}
		requireBetween(t, c, 7*want, day(1), day(8), week)
	}
}

// A Clock depends on no order, leaves its Schedule as it was, and keeps nothing of it.
func TestNewClockTakesNothing(t *testing.T) {
	t.Parallel()
	s := china2025("9–12 13–18 18:30–20")
	from, to := dateIn(2024, 12, 30, shanghai), dateIn(2026, 1, 3, shanghai)
	want, err := newClock(t, s).Between(from, to)
	require.NoError(t, err)

	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		mixed := kpi.Schedule{Location: shanghai, Special: slices.Clone(s.Special)}
		for i, shifts := range s.Week {
			mixed.Week[i] = slices.Clone(shifts)
			r.Shuffle(len(shifts), func(a, b int) { mixed.Week[i][a], mixed.Week[i][b] = mixed.Week[i][b], mixed.Week[i][a] })
		}
		r.Shuffle(len(s.Special), func(a, b int) { mixed.Special[a], mixed.Special[b] = mixed.Special[b], mixed.Special[a] })
		before := snapshot(mixed)
		c := newClock(t, mixed)
		require.Equal(t, before, snapshot(mixed))
		for i := range mixed.Special {
			mixed.Special[i] = kpi.SpecialDays{}
		}
		for i := range mixed.Week[1] {
			mixed.Week[1][i] = kpi.Shift{}
		}
		requireBetween(t, c, want, from, to, "shuffled and overwritten")
	}
}

// The cases of another library's tests, Monday to Friday from 9 to 17 in UTC.
func TestClockReference(t *testing.T) {
	t.Parallel()
	var file struct {
		Between  [][3]string              `json:"work_time_in_range"`
		After    [][3]string              `json:"add_work_time"`
		Open     [][2]any                 `json:"is_work_time"`
		Next     [][2]string              `json:"next_open"`
		Close    [][2]string              `json:"next_close"`
		Midnight struct{ Cases [][2]any } `json:"until_midnight"`
		Observed struct {
			Days [][3]any `json:"workdays_in_range_inclusive"`
		} `json:"workdays_with_holiday_july4_observed"`
	}
	readJSON(t, "metrics/business_hours.json", &file)
	at := func(s any) time.Time { return instant(s.(string) + ":00Z") }
	span := func(s string) time.Duration {
		d, err := time.ParseDuration(s)
		require.NoError(t, err)
		return d
	}
	c := newClock(t, kpi.Schedule{Week: workdays("9–17")})
	require.NotEmpty(t, file.Between)
	for _, row := range file.Between {
		requireBetween(t, c, span(row[2]), at(row[0]), at(row[1]), row[0])
		// There, arguments may be swapped; here a negative wait is an error.
		_, err := c.Between(at(row[1]), at(row[0]))
		require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
	}
	require.NotEmpty(t, file.After)
	for _, row := range file.After {
		got, err := c.After(at(row[0]), span(row[1]))
		require.NoError(t, err)
		require.Equal(t, at(row[2]), got)
	}
	// There the closing instant is work time still; a shift here is half-open, so that
	// shifts that meet do not overlap.
	require.NotEmpty(t, file.Open)
	for _, row := range file.Open {
		require.Equal(t, row[1], c.Open(at(row[0])), row[0])
	}
	require.False(t, c.Open(at("2020-04-01T17:00")))
	require.NotEmpty(t, file.Next)
	for _, row := range file.Next {
		got, err := c.Next(at(row[0]))
		require.NoError(t, err)
		require.Equal(t, at(row[1]), got)
	}
	// The end of the day is when what is left of it is worked.
	require.NotEmpty(t, file.Close)
	for _, row := range file.Close {
		next, err := c.Next(at(row[0]))
		require.NoError(t, err)
		left, err := c.Between(next, next.Truncate(24*time.Hour).Add(24*time.Hour))
		require.NoError(t, err)
		got, err := c.After(next, left)
		require.NoError(t, err)
		require.Equal(t, at(row[1]), got)
	}
	late := newClock(t, kpi.Schedule{Week: workdays("6–24")})
	require.NotEmpty(t, file.Midnight.Cases)
	for _, row := range file.Midnight.Cases {
		require.Equal(t, row[1], late.Open(at(row[0])), row[0])
	}
	// Days of eight hours; both ends count there. 4 July 2015 was a Saturday.
	observed := newClock(t, kpi.Schedule{Week: workdays("9–17"), Special: []kpi.SpecialDays{{First: "2015-07-03"}}})
	require.NotEmpty(t, file.Observed.Days)
	for _, row := range file.Observed.Days {
		to := at(row[1].(string)+"T00:00").AddDate(0, 0, 1)
		requireBetween(t, observed, time.Duration(row[2].(float64))*8*time.Hour, at(row[0].(string)+"T00:00"), to, row[0].(string))
	}
}

// Two mistakes that help desks have made: a wait that runs from the creation of a
// ticket which was solved and reopened, and a clock that runs on a day off.
func TestClockMistakesOfHelpDesks(t *testing.T) {
	t.Parallel()
	c := newClock(t, kpi.Schedule{Week: workdays("9–17")})
	created, reopened := day(2).Add(9*time.Hour), day(6).Add(14*time.Hour) // a Monday, and Friday
	replied := reopened.Add(10 * time.Minute)
	requireBetween(t, c, 10*time.Minute, reopened, replied, "from the reopening")
	requireBetween(t, c, 37*time.Hour+10*time.Minute, created, replied, "from creation")

	saturday := day(7).Add(11 * time.Hour)
	due, err := c.After(saturday, time.Hour)
	require.NoError(t, err)
	require.Equal(t, day(9).Add(10*time.Hour), due)
}
