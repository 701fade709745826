package kpi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestCohortsMergeSharesNothing(t *testing.T) {
	t.Parallel()
	a, b := typedCohorts(5, 4, 3), typedCohorts(7, 2, 1)
	want := cohortsJSON(t, &b)
	var zero kpi.Cohorts
	require.NoError(t, zero.Merge(&b))
	require.NoError(t, a.Merge(&b))
	require.NoError(t, a.Merge(&a), "with itself")
	for _, c := range []*kpi.Cohorts{&zero, &a} {
		for i := range c.Rows {
			c.Rows[i].Size = -1
			c.Rows[i].Cells[0].Active = -1
		}
	}
	require.Equal(t, want, cohortsJSON(t, &b))
}

// What is decoded has lost its calendar and zone, and prints the same.
func TestCohortsDecodedLabels(t *testing.T) {
	t.Parallel()
	loc := berlin
	for unit := kpi.Day; unit <= kpi.Year; unit++ {
		l := logOf(t, kpi.Event{Customer: "Ann", Name: "x", At: time.Date(2024, 1, 1, 0, 0, 0, 0, loc)})
		c := ask(t, l, kpi.CohortSpec{Calendar: kpi.Calendar{Unit: unit, Location: loc}, AsOf: time.Date(2024, 5, 1, 0, 0, 0, 0, loc)})
		var binary, text kpi.Cohorts
		data, err := c.MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, binary.UnmarshalBinary(data))
		require.Equal(t, c.String(), binary.String())
		require.NoError(t, json.Unmarshal([]byte(cohortsJSON(t, c)), &text))
		require.Equal(t, c.String(), text.String())
	}
	l := logOf(t, kpi.Event{Customer: "Ann", Name: "x", At: time.Date(2024, 1, 1, 0, 0, 0, 0, loc)})
	c := ask(t, l, kpi.CohortSpec{
		Calendar: kpi.Calendar{Unit: kpi.Quarter, Location: loc, FiscalStart: time.February}, AsOf: time.Date(2024, 5, 1, 0, 0, 0, 0, loc),
	})
	data, err := c.MarshalBinary()
	require.NoError(t, err)
	var back kpi.Cohorts
	require.NoError(t, back.UnmarshalBinary(data))
	require.Contains(t, c.String(), "FY2024/25-Q1")
	require.Contains(t, back.String(), "2024-02-01 – 2024-04-30", "of the fiscal year nothing is left")
	odd := kpi.Cohorts{Unit: kpi.Month, Rows: []kpi.Cohort{{Period: kpi.Period{Start: day(1), End: day(11)}}}}
	require.Contains(t, odd.String(), "2026-03-01 – 2026-03-10", "not a month")
}

// An answer says what was asked, in JSON, in bytes and at the head of its table.
func TestCohortsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	l := withProps(t, []kpi.Event{{Customer: "Ann", Name: "order", At: day(1)}, {Customer: "Ann", Name: "visit", At: day(2)}})
	tests := []struct {
		s    kpi.CohortSpec
		head string
	}{
		{kpi.CohortSpec{}, "cohort "},
		{kpi.CohortSpec{Rolling: true}, "cohort (rolling) "},
		{kpi.CohortSpec{Rolling: true, Horizon: 2}, "cohort (rolling, H = 2) "},
		{kpi.CohortSpec{Recurring: true, Return: []string{"visit", "order", "visit"}}, "cohort (recurring) "},
		{kpi.CohortSpec{Ages: kpi.AgesByCustomer, Birth: []string{"order", "never"}, Refunds: kpi.RefundsNetted}, "cohort (ages by customer) "},
		{kpi.CohortSpec{By: "city", Since: day(2), Refunds: kpi.RefundsIgnored}, "cohort "},
		{kpi.CohortSpec{Recurring: true, Ages: kpi.AgesByCustomer, Rolling: true, Horizon: 1}, "cohort (recurring, ages by customer, rolling, H = 1) "},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		tt.s.AsOf = day(4)
		c := ask(t, l, tt.s)
		require.True(t, strings.HasPrefix(c.String(), tt.head), c.String())
		require.Equal(t, tt.s.Recurring, c.Recurring)
		require.Equal(t, tt.s.Rolling, c.Rolling)
		require.Equal(t, tt.s.Horizon, c.Horizon)
		require.Equal(t, tt.s.Refunds, c.Refunds)
		require.Equal(t, tt.s.By, c.By)
		require.True(t, tt.s.Since.Equal(c.Since))
		data, err := c.MarshalBinary()
		require.NoError(t, err)
		var binary, text kpi.Cohorts
		require.NoError(t, binary.UnmarshalBinary(data))
		require.NoError(t, json.Unmarshal([]byte(cohortsJSON(t, c)), &text))
		for _, back := range []*kpi.Cohorts{&binary, &text} {
			require.Equal(t, cohortsJSON(t, c), cohortsJSON(t, back))
			require.Equal(t, c.String(), back.String())
			require.NoError(t, back.Merge(c))
		}
		c.Rows = nil // the question alone tells them apart
		seen[cohortsJSON(t, c)] = true
	}
	require.Len(t, seen, len(tests))
	require.Equal(t, []string{"order", "visit"}, ask(t, l, kpi.CohortSpec{AsOf: day(4), Return: []string{"visit", "order", "visit"}}).Return)
}

// TestCohortsJSONAmounts is not parallel: it changes package variables of
// shopspring/decimal, and measures what the program allocates.
func TestCohortsJSONAmounts(t *testing.T) {
	c := typedCohorts(5, 4, 1)
	c.Rows[0].Cells[0].Amount, c.Rows[0].Cells[0].Total = dec("10.50"), dec("-1.2e3")
	want := cohortsJSON(t, &c)
	require.Contains(t, want, `"amount":"10.50","total":"-1200"`)
	quotes, trim, scientific := decimal.MarshalJSONWithoutQuotes, decimal.TrimTrailingZeros, decimal.UseScientificNotation
	t.Cleanup(func() {
		decimal.MarshalJSONWithoutQuotes, decimal.TrimTrailingZeros, decimal.UseScientificNotation = quotes, trim, scientific
	})
	decimal.MarshalJSONWithoutQuotes, decimal.TrimTrailingZeros, decimal.UseScientificNotation = !quotes, !trim, !scientific
	require.Equal(t, want, cohortsJSON(t, &c))
	var back kpi.Cohorts
	require.NoError(t, json.Unmarshal([]byte(want), &back))
	require.Equal(t, want, cohortsJSON(t, &back))
	for _, d := range hostile() {
		if e := d.Exponent(); e >= -65 && e <= 65 {
			continue // within what sums reach
		}
		cheaply(t, "CohortCell", func() {
			_, err := json.Marshal(kpi.CohortCell{Amount: d})
			require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
			c.Rows[0].Cells[0].Total = d
			_, err = json.Marshal(&c)
			require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
		})
	}
}

func FuzzCohortsUnmarshalBinary(f *testing.F) {
	for i := range 4 {
		c := typedCohorts(5, 4, i)
		data, err := c.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c kpi.Cohorts
		if c.UnmarshalBinary(data) != nil {
			require.Empty(t, c.Rows)
			return
		}
		again, err := c.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, c.String())
		require.NoError(t, new(kpi.Cohorts).Merge(&c))
	})
}

// A cohort of a week that begins on Sunday is not one of a week that begins on
// Monday, nor one of another zone, even where no period of the one is of the other;
// a calendar that says in other words what another says is the same.
func TestCohortsMergeCalendars(t *testing.T) {
	t.Parallel()
	shanghai, tokyo := time.FixedZone("Asia/Shanghai", 8*3600), time.FixedZone("Asia/Tokyo", 9*3600)
	of := func(who string, at time.Time, cal kpi.Calendar, ages kpi.Ages) *kpi.Cohorts {
		l := logOf(t, kpi.Event{Customer: who, Name: "order", At: at, Amount: dec("1")})
		c := ask(t, l, kpi.CohortSpec{Calendar: cal, AsOf: day(90), Ages: ages})
		data, err := c.MarshalBinary()
		require.NoError(t, err)
		var back kpi.Cohorts
		require.NoError(t, back.UnmarshalBinary(data))
		require.Equal(t, cohortsJSON(t, c), cohortsJSON(t, &back))
		return &back
	}
	tests := []struct {
		name string
		a, b kpi.Calendar
		same bool
	}{
		{"zones", kpi.Calendar{Location: shanghai}, kpi.Calendar{Location: tokyo}, false},
		{"a zone and none", kpi.Calendar{Location: shanghai}, kpi.Calendar{}, false},
		{"UTC by name", kpi.Calendar{Location: time.UTC}, kpi.Calendar{}, true},
		{"weeks", kpi.Calendar{Unit: kpi.Week}, kpi.Calendar{Unit: kpi.Week, WeekStart: kpi.WeekFromSunday}, false},
		{"weeks of no matter", kpi.Calendar{Unit: kpi.Month}, kpi.Calendar{Unit: kpi.Month, WeekStart: kpi.WeekFromSunday}, true},
		{"years", kpi.Calendar{Unit: kpi.Year}, kpi.Calendar{Unit: kpi.Year, FiscalStart: time.April}, false},
		{"quarters", kpi.Calendar{Unit: kpi.Quarter}, kpi.Calendar{Unit: kpi.Quarter, FiscalStart: time.February}, false},
		{"January by name", kpi.Calendar{Unit: kpi.Year}, kpi.Calendar{Unit: kpi.Year, FiscalStart: time.January}, true},
		{"a fiscal year of no matter", kpi.Calendar{Unit: kpi.Week}, kpi.Calendar{Unit: kpi.Week, FiscalStart: time.April}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, ages := range []kpi.Ages{kpi.AgesByPeriod, kpi.AgesByCustomer} {
				err := of("Ann", day(1), tt.a, ages).Merge(of("Bob", day(60), tt.b, ages))
				if tt.same {
					require.NoError(t, err)
					continue
				}
				require.Equal(t, kpi.CodeQuestion, requireError(t, err, kpi.ErrInvalid).Code)
			}
		})
	}
}
