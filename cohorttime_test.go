package kpi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// retentionCase is a case of metrics/retention.json, which records the tests of
// PostHog (posthog/hogql_queries/insights/test/test_retention_query_runner.py).
type retentionCase struct {
	Name      string      `json:"name"`
	Period    string      `json:"period"`
	Mode      string      `json:"mode"`
	Intervals int         `json:"intervals"`
	Events    [][2]string `json:"events"`
	Targets   [][2]string `json:"target_events"`
	Returns   [][2]string `json:"return_events"`
	Triangle  [][]int64   `json:"expected_triangle"`
}

// requireTriangle compares an answer with the counts that PostHog expects. Its
// column 0 is the size of the cohort.
func (c retentionCase) requireTriangle(t *testing.T) {
	t.Helper()
	unit, err := kpi.ParseUnit(c.Period)
	require.NoError(t, err)
	s := kpi.CohortSpec{Calendar: kpi.Calendar{Unit: unit}, Recurring: true, Rolling: c.Mode == "rolling"}
	var l kpi.Log
	add := func(name string, rows [][2]string) {
		for _, r := range rows {
			at, err := time.Parse(time.RFC3339, r[1])
			require.NoError(t, err)
			require.NoError(t, l.Add(kpi.Event{Customer: r[0], Name: name, At: at}))
			if s.AsOf.IsZero() {
				p := s.Calendar.Of(at) // the first row of each case opens its first interval
				s.AsOf = p.Start
				for range c.Intervals {
					s.AsOf, p = p.End, p.Next()
				}
			}
		}
	}
	add("any", c.Events)
	if add("target", c.Targets); c.Targets != nil {
		s.Birth, s.Return = []string{"target"}, []string{"return"}
	}
	add("return", c.Returns)
	got := ask(t, &l, s)
	require.Len(t, got.Rows, len(c.Triangle))
	for i, want := range c.Triangle {
		row := got.Rows[i]
		require.Len(t, row.Cells, len(want))
		require.Equal(t, want[0], row.Size)
		for k, n := range want[1:] {
			require.Equal(t, n, row.Cells[k+1].Active, "row %d, age %d", i, k+1)
		}
	}
}

func TestCohortsPostHog(t *testing.T) {
	t.Parallel()
	// "daily recurring retention", typed in.
	retentionCase{
		Period: "day", Mode: "recurring", Intervals: 11,
		Events: [][2]string{
			{"p1", "2020-06-10T05:00:00Z"},
			{"p1", "2020-06-11T05:00:00Z"},
			{"p1", "2020-06-12T05:00:00Z"},
			{"p1", "2020-06-15T05:00:00Z"},
			{"p1", "2020-06-15T05:00:00Z"},
			{"p1", "2020-06-16T05:00:00Z"},
			{"p2", "2020-06-11T05:00:00Z"},
			{"p2", "2020-06-12T05:00:00Z"},
			{"p2", "2020-06-13T05:00:00Z"},
			{"p2", "2020-06-16T05:00:00Z"},
		},
		Triangle: [][]int64{
			{1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0},
			{2, 2, 1, 0, 1, 2, 0, 0, 0, 0},
			{2, 1, 0, 1, 2, 0, 0, 0, 0},
			{1, 0, 0, 1, 0, 0, 0, 0},
			{0, 0, 0, 0, 0, 0, 0},
			{1, 1, 0, 0, 0, 0},
			{2, 0, 0, 0, 0},
			{0, 0, 0, 0},
			{0, 0, 0},
			{0, 0},
			{0},
		},
	}.requireTriangle(t)

	var file struct {
		Triangles []retentionCase `json:"cohort_triangles"`
	}
	readReference(t, "metrics/retention.json", &file)
	// The rest of the file asks otherwise: anchor_arrays are ClickHouse's
	// retention() over rows, not over time; mixpanel and the 24-hour, 7-day and
	// 30-day bucket_rules count from the instant of birth, ages here are calendar
	// differences; dbt_product_analytics needs raw rows that are not there.
	not := map[string]string{
		"hourly recurring retention":                                     "a Calendar has no hours",
		"first-ever: first occurrence must itself match, else no cohort": "a birth is the first event that matches",
	}
	applied := 0
	for _, c := range file.Triangles {
		if reason := not[c.Name]; reason != "" {
			t.Logf("%s: does not apply, %s", c.Name, reason)
			continue
		}
		applied++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.requireTriangle(t)
		})
	}
	require.Equal(t, 5, applied)
}

// readReference decodes a JSON file of KPI_REFERENCE, or skips.
func readReference(t *testing.T, name string, into any) {
	t.Helper()
	dir := os.Getenv("KPI_REFERENCE")
	if dir == "" {
		t.Skip("KPI_REFERENCE is not set")
	}
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, into))
}

func TestCohortsEdgesOfTime(t *testing.T) {
	t.Parallel()
	l := logOf(t,
		kpi.Event{Customer: "Ann", Name: "x", At: time.Unix(0, firstInstant)},
		kpi.Event{Customer: "Ann", Name: "x", At: time.Date(1678, 5, 1, 0, 0, 0, 0, time.UTC)})
	for unit := kpi.Day; unit <= kpi.Year; unit++ {
		for _, ages := range []kpi.Ages{kpi.AgesByPeriod, kpi.AgesByCustomer} {
			c := ask(t, l, kpi.CohortSpec{
				Calendar: kpi.Calendar{Unit: unit}, Ages: ages, Recurring: true, AsOf: time.Date(1680, 1, 1, 0, 0, 0, 0, time.UTC),
			})
			require.Equal(t, int64(1), c.Rows[0].Size, "the period of 1677-09-21 begins before the first instant")
		}
	}
	require.Empty(t, ask(t, l, kpi.CohortSpec{AsOf: time.Unix(0, firstInstant)}).Rows)
	require.Empty(t, ask(t, &kpi.Log{}, kpi.CohortSpec{AsOf: endOfLog}).Rows)
	// A shard that lacks an event name is no error.
	require.Empty(t, ask(t, l, kpi.CohortSpec{AsOf: endOfLog, Birth: []string{"order"}}).Rows)
	c := ask(t, l, kpi.CohortSpec{AsOf: endOfLog, Return: []string{"order"}, Calendar: kpi.Calendar{Unit: kpi.Year}})
	p, ok := c.Retention(0, 0)
	require.Equal(t, "0/1", p.String())
	require.True(t, ok)
}

// Four calendars that have broken cohorts elsewhere.
func TestCohortsCalendars(t *testing.T) {
	t.Parallel()
	type row struct {
		who string
		at  time.Time
	}
	utc := func(y int, m time.Month, d, hour, minute int) time.Time {
		return time.Date(y, m, d, hour, minute, 0, 0, time.UTC)
	}
	tests := []struct {
		name string
		zone string
		s    kpi.CohortSpec
		rows []row
		want []string // a line a cohort: period, size, active by age
	}{
		{
			// Clocks go from 2018-11-03 23:59 (UTC−3) to 2018-11-04 01:00 (UTC−2).
			name: "a day without a midnight", zone: "America/Sao_Paulo",
			s:    kpi.CohortSpec{AsOf: utc(2018, 11, 6, 2, 0)},
			rows: []row{{"a", utc(2018, 11, 4, 2, 59)}, {"a", utc(2018, 11, 4, 3, 0)}, {"b", utc(2018, 11, 5, 1, 59)}, {"b", utc(2018, 11, 5, 2, 0)}},
			want: []string{"2018-11-03 1 1 1 0", "2018-11-04 1 1 1", "2018-11-05 0 0"},
		},
		{
			// 2024-03-31 has 23 hours in Berlin: midnight is 23:00 and then 22:00 UTC.
			name: "a day of 23 hours", zone: "Europe/Berlin",
			s:    kpi.CohortSpec{AsOf: utc(2024, 4, 1, 22, 0)},
			rows: []row{{"a", utc(2024, 3, 30, 22, 59)}, {"a", utc(2024, 3, 30, 23, 0)}, {"b", utc(2024, 3, 31, 21, 59)}, {"b", utc(2024, 3, 31, 22, 0)}},
			want: []string{"2024-03-30 1 1 1 0", "2024-03-31 1 1 1", "2024-04-01 0 0"},
		},
		{
			name: "fourteen hours ahead", zone: "Pacific/Kiritimati",
			s:    kpi.CohortSpec{AsOf: utc(2024, 1, 1, 10, 0), Calendar: kpi.Calendar{Unit: kpi.Month}},
			rows: []row{{"a", utc(2023, 12, 31, 9, 59)}, {"a", utc(2023, 12, 31, 10, 0)}, {"b", utc(2023, 12, 31, 10, 0)}},
			want: []string{"2023-12 1 1 1", "2024-01 1 1"},
		},
		{
			// One turns 1 on 29 February 2024 and on 28 February 2023.
			name: "born on 31 January", zone: "UTC",
			s:    kpi.CohortSpec{AsOf: utc(2024, 3, 1, 0, 0), Calendar: kpi.Calendar{Unit: kpi.Month}, Ages: kpi.AgesByCustomer, Periods: 2},
			rows: []row{{"a", utc(2024, 1, 31, 12, 0)}, {"a", utc(2024, 2, 28, 23, 0)}, {"b", utc(2023, 1, 31, 12, 0)}, {"b", utc(2023, 2, 28, 0, 0)}},
			want: []string{
				"2023-01 1 1 1", "2023-02 0", "2023-03 0", "2023-04 0", "2023-05 0", "2023-06 0", "2023-07 0",
				"2023-08 0", "2023-09 0", "2023-10 0", "2023-11 0", "2023-12 0", "2024-01 1 1", "2024-02 0",
			},
		},
		{
			// A year old on 28 February, and in a leap year on the 29th.
			name: "born on 29 February", zone: "UTC",
			s: kpi.CohortSpec{AsOf: utc(2024, 2, 29, 0, 0), Calendar: kpi.Calendar{Unit: kpi.Year}, Ages: kpi.AgesByCustomer, Birth: []string{"a"}},
			rows: []row{
				{"a", utc(2020, 2, 29, 12, 0)},
				{"a", utc(2021, 2, 27, 12, 0)},
				{"a", utc(2021, 2, 28, 0, 0)},
				{"a", utc(2024, 2, 28, 23, 0)},
			},
			want: []string{"2020 1 1 1 0 1", "2021 0", "2022 0", "2023 0", "2024 0"},
		},
		{
			// Clocks went from 00:01 back to 23:01 of 2010-11-06: 02:31 UTC is already
			// the 7th, 02:41 the 6th again. The day begins for good at 03:30.
			name: "past midnight and back", zone: "America/St_Johns",
			s:    kpi.CohortSpec{AsOf: utc(2010, 11, 8, 3, 30)},
			rows: []row{{"a", utc(2010, 11, 7, 2, 30)}, {"a", utc(2010, 11, 7, 3, 29)}, {"a", utc(2010, 11, 7, 3, 30)}},
			want: []string{"2010-11-06 1 1 1", "2010-11-07 0 0"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			loc := loadZone(tt.zone)
			tt.s.Calendar.Location = loc
			var l kpi.Log
			for _, r := range tt.rows {
				require.NoError(t, l.Add(kpi.Event{Customer: r.who, Name: r.who, At: r.at}))
			}
			c := ask(t, &l, tt.s)
			var got []string
			for _, r := range c.Rows {
				line := fmt.Sprint(r.Period, " ", r.Size)
				for _, cell := range r.Cells {
					line += fmt.Sprint(" ", cell.Active)
				}
				got = append(got, line)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// With ages by customer nobody grows younger where clocks fall back past
// midnight, and nobody is counted twice.
func TestCohortsFallBack(t *testing.T) {
	t.Parallel()
	loc := stJohns
	var l kpi.Log
	for _, at := range []time.Time{
		time.Date(2010, 11, 5, 12, 0, 0, 0, loc),
		time.Date(2010, 11, 7, 2, 30, 30, 0, time.UTC), // 00:00:30, before the clocks go back
		time.Date(2010, 11, 7, 2, 45, 0, 0, time.UTC),  // 23:15, of the same day
		time.Date(2010, 11, 7, 15, 0, 0, 0, time.UTC),
	} {
		require.NoError(t, l.Add(kpi.Event{Customer: "Ann", Name: "x", At: at}))
	}
	c := ask(t, &l, kpi.CohortSpec{
		Calendar: kpi.Calendar{Location: loc}, Ages: kpi.AgesByCustomer, AsOf: time.Date(2010, 11, 9, 12, 0, 0, 0, loc),
	})
	for k, want := range []string{"1/1", "1/1", "1/1", "0/1"} {
		p, ok := c.Retention(0, k)
		require.Equal(t, want, p.String(), "age %d", k)
		require.True(t, ok)
	}
}

func TestCohortsSince(t *testing.T) {
	t.Parallel()
	l := logOf(t,
		kpi.Event{Customer: "Ann", Name: "x", At: day(1)}, kpi.Event{Customer: "Bob", Name: "x", At: day(2)},
		kpi.Event{Customer: "Bob", Name: "x", At: day(3)}, kpi.Event{Customer: "Cid", Name: "x", At: day(3)})
	c := ask(t, l, kpi.CohortSpec{AsOf: day(5), Since: day(2)})
	require.True(t, c.Rows[0].FirstSeen)
	require.False(t, c.Rows[1].FirstSeen)
	p, err := c.Average(1)
	require.NoError(t, err)
	require.Equal(t, "1/2", p.String(), "Ann may be older than she looks")
	require.Contains(t, c.String(), "2026-03-01 (first seen)")
	c = ask(t, l, kpi.CohortSpec{AsOf: day(5), Since: day(2).Add(1)})
	require.True(t, c.Rows[1].FirstSeen, "a period that began before Since is not whole")
	require.True(t, c.Rows[2].Period.Equal(c.Rows[1].Period))
	require.False(t, c.Rows[2].FirstSeen, "whoever came since is new")

	// A period that Since falls inside tells the new from those first seen.
	l = logOf(t,
		kpi.Event{Customer: "Ann", Name: "x", At: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)},
		kpi.Event{Customer: "Bob", Name: "x", At: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)},
		kpi.Event{Customer: "Cid", Name: "x", At: time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)},
		kpi.Event{Customer: "Cid", Name: "x", At: time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC)})
	s := kpi.CohortSpec{
		Calendar: kpi.Calendar{Unit: kpi.Year}, AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Since: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC),
	}
	c = ask(t, l, s)
	require.Equal(t, lines(
		"cohort             n       0      1",
		"2024 (first seen)  1  100.0%   0.0%",
		"2024               2  100.0%  50.0%",
		"2025               0       –",
	), c.String())
	p, err = c.Average(1)
	require.NoError(t, err)
	require.Equal(t, "1/2", p.String())
	// A customer of both halves was first seen.
	require.NoError(t, l.Add(kpi.Event{Customer: "Ann", Name: "x", At: time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)}))
	s.Recurring = true
	c = ask(t, l, s)
	require.Equal(t, []int64{1, 2, 1}, []int64{c.Rows[0].Size, c.Rows[1].Size, c.Rows[2].Size})
}

func lines(texts ...string) string { return strings.Join(texts, "\n") + "\n" }

// A refund moves money, and is nobody's birth or return.
func TestCohortsRefunds(t *testing.T) {
	t.Parallel()
	order := func(who string, m time.Month, d int, amount string) kpi.Event {
		return kpi.Event{Customer: who, Name: "order", At: time.Date(2024, m, d, 0, 0, 0, 0, time.UTC), Amount: dec(amount)}
	}
	wide := "-" + strings.Repeat("7", 30)
	l := logOf(t,
		order("Ann", 1, 3, "100"), order("Ann", 2, 3, "-100"),
		order("Bob", 1, 9, "-5"), order("Bob", 2, 9, "30"), // of an order before the log
		order("Cid", 2, 1, "-1"), order("Dee", 1, 3, "0"), order("Dee", 2, 3, "0"),
		order("Eve", 2, 3, "20"), order("Eve", 2, 3, "-20"), // at one instant
		order("Far", 3, 1, wide))
	tests := []struct {
		refunds   kpi.Refunds
		retention string
		amounts   string
	}{
		{
			kpi.RefundsNetted,
			lines("cohort   n       0      1", "2024-01  2  100.0%  50.0%", "2024-02  2  100.0%"),
			lines("cohort   n       0        1", "2024-01  2  100.00  -100.00", "2024-02  2   30.00"),
		},
		{
			kpi.RefundsIgnored,
			lines("cohort   n       0      1", "2024-01  2  100.0%  50.0%", "2024-02  2  100.0%"),
			lines("cohort   n       0     1", "2024-01  2  100.00  0.00", "2024-02  2   50.00"),
		},
	}
	s := kpi.CohortSpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)}
	for _, tt := range tests {
		t.Run(tt.refunds.String(), func(t *testing.T) {
			q := s
			q.Refunds = tt.refunds
			c := ask(t, l, q)
			require.Equal(t, tt.retention, c.String())
			require.Equal(t, tt.amounts, c.Amounts(2).String())
			require.Equal(t, tt.refunds, c.Refunds)
		})
	}
	_, err := l.Cohorts(context.Background(), s)
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeNegative, e.Code)
	require.Equal(t, 1, e.Index)
	require.Equal(t, `Amount = "-100", Refunds = refused`, e.Reason)
	// One that the question does not ask about is none of its business.
	s.Birth, s.Return = []string{"visit"}, []string{"visit"}
	require.Empty(t, ask(t, l, s).Rows)
	s.Birth, s.AsOf = nil, time.Date(2024, 1, 9, 0, 0, 0, 0, time.UTC)
	require.Len(t, ask(t, l, s).Rows, 1, "nor one from AsOf on")
	l = logOf(t, order("Far", 2, 1, wide))
	s.AsOf = time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	_, err = l.Cohorts(context.Background(), s)
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
	s.Refunds = kpi.RefundsNetted
	require.Empty(t, ask(t, l, s).Rows)
}

// With a horizon a cell is complete iff period k+H has ended.
func TestCohortsHorizon(t *testing.T) {
	t.Parallel()
	l := logOf(t, kpi.Event{Customer: "Ann", Name: "x", At: day(1)}, kpi.Event{Customer: "Ann", Name: "x", At: day(4)})
	for asOf := 2; asOf < 9; asOf++ {
		c := ask(t, l, kpi.CohortSpec{AsOf: day(asOf), Rolling: true, Horizon: 2})
		require.False(t, c.Provisional())
		for k, cell := range c.Rows[0].Cells {
			require.Equal(t, 1+k+2 < asOf, cell.Complete, "age %d at %d", k, asOf)
		}
	}
	c := ask(t, l, kpi.CohortSpec{AsOf: day(9), Rolling: true})
	require.True(t, c.Provisional())
	_, ok := c.Retention(0, 1)
	require.False(t, ok)

	// Without one, what comes later changes what has been: nothing is complete.
	l = logOf(t, kpi.Event{Customer: "Ann", Name: "x", At: day(1)}, kpi.Event{Customer: "Ann", Name: "x", At: day(5)})
	for _, ages := range []kpi.Ages{kpi.AgesByPeriod, kpi.AgesByCustomer} {
		for asOf, active := range map[int]int64{4: 0, 6: 1} {
			c = ask(t, l, kpi.CohortSpec{AsOf: day(asOf), Rolling: true, Ages: ages})
			require.Equal(t, active, c.Rows[0].Cells[1].Active)
			for k, cell := range c.Rows[0].Cells {
				require.False(t, cell.Complete, "age %d", k)
			}
			require.Contains(t, c.Amounts(0).String(), "(0)")
		}
	}
}
