package kpi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Cohorts]{
	name:   "Cohorts",
	random: func(r *rand.Rand) kpi.Cohorts { return typedCohorts(r.Int64N(50), r.Int64N(50), r.IntN(4)) },
	merge:  func(dst *kpi.Cohorts, src kpi.Cohorts) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Cohorts) {
		t.Helper()
		if !assert.ObjectsAreEqual(want, got) { // or but for the exponents
			require.Equal(t, cohortsJSON(t, &want), cohortsJSON(t, &got))
		}
	},
	bad: []kpi.Cohorts{
		typedCohorts(-1, 3, 1), typedCohorts(3, -1, 1),
		changed(func(c *kpi.Cohorts) { c.Unit = 9 }),
		changed(func(c *kpi.Cohorts) { c.AgesBy = -1 }),
		changed(func(c *kpi.Cohorts) { c.WeekStart = 3 }),
		changed(func(c *kpi.Cohorts) { c.FiscalStart = 13 }),
		changed(func(c *kpi.Cohorts) { c.AsOf = time.Unix(1<<40, 0) }),
		changed(func(c *kpi.Cohorts) { c.AsOf = c.AsOf.In(time.FixedZone("far", 86_400)) }),
		changed(func(c *kpi.Cohorts) { c.Rows[0].Period.End = c.Rows[0].Period.Start }),
		changed(func(c *kpi.Cohorts) { c.Rows[2].Period.End = time.Unix(1<<40, 0) }),
		changed(func(c *kpi.Cohorts) { c.Rows[1] = c.Rows[0] }),
		changed(func(c *kpi.Cohorts) { c.Rows[1].FirstSeen = true }),
		changed(func(c *kpi.Cohorts) { c.Since = day(2) }), // and nobody first seen
		changed(func(c *kpi.Cohorts) { c.Since = time.Unix(1<<40, 0) }),
		changed(func(c *kpi.Cohorts) { c.Rolling = true }), // and cells complete
		changed(func(c *kpi.Cohorts) { c.Horizon = 1 }),
		changed(func(c *kpi.Cohorts) { c.Rolling, c.Horizon = true, -1 }),
		changed(func(c *kpi.Cohorts) { c.Rolling, c.Horizon = true, math.MaxInt }),
		changed(func(c *kpi.Cohorts) { c.Refunds = 3 }),
		changed(func(c *kpi.Cohorts) { c.Birth = []string{"b", "a"} }),
		changed(func(c *kpi.Cohorts) { c.Return = []string{"a", "a"} }),
		changed(func(c *kpi.Cohorts) { c.Rows[0].Cells[1].Active = 99 }),
		changed(func(c *kpi.Cohorts) { c.Rows[0].Cells[1].Base = 99 }),
		changed(func(c *kpi.Cohorts) { c.Rows[0].Cells[1].Active = -1 }),
		changed(func(c *kpi.Cohorts) { c.Rows[0].Cells[0].Amount = decimal.New(1, 20_000_000) }),
		changed(func(c *kpi.Cohorts) { c.Rows[0].Cells[0].Total = decimal.New(1, -20_000_000) }),
	},
	clash: [][2]kpi.Cohorts{
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Unit = kpi.Week })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Location = "Asia/Shanghai" })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.WeekStart = kpi.WeekFromSunday })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.FiscalStart = time.April })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.AsOf = day(5) })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Rolling, c.Horizon = true, 1 })},
		{changed(func(c *kpi.Cohorts) { c.Rolling, c.Horizon = true, 1 }), changed(func(c *kpi.Cohorts) { c.Rolling, c.Horizon = true, 2 })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Recurring = true })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Birth = []string{"order"} })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Return = []string{"order"} })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Refunds = kpi.RefundsNetted })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.By = "channel" })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Since = day(0) })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.AgesBy = kpi.AgesByCustomer })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Rows[1].FirstSeen = true })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Rows[1].Period.End = day(5) })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Rows[1].Cells = c.Rows[1].Cells[:1] })},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) { c.Rows[0].Cells[0].Complete = false })},
		{typedCohorts(5, 4, 1), typedCohorts(math.MaxInt64, 1, 1)},
		{typedCohorts(5, 4, 1), changed(func(c *kpi.Cohorts) {
			c.Rows[0].Cells[0].Total = dec("1e-128").Add(decimal.New(1, 128).Mul(dec(strings.Repeat("9", 600))))
		})},
	},
})

// typedCohorts returns a triangle of three days, of which the first few are
// left out.
func typedCohorts(size, active int64, from int) kpi.Cohorts {
	c := kpi.Cohorts{AsOf: day(4)} // the zero value says the rest of the question
	for i := min(from, 3) - 1; i < 3; i++ {
		row := kpi.Cohort{Period: kpi.Calendar{}.Of(day(max(i, 0) + 1)), Size: size}
		for k := range 3 - max(i, 0) {
			row.Cells = append(row.Cells, kpi.CohortCell{
				Active: min(active, size), Base: size, Complete: k+max(i, 0) < 3,
				Amount: decimal.New(size+active, -2), Total: decimal.New(int64(k)*size-active, -1),
			})
		}
		if i >= 0 {
			c.Rows = append(c.Rows, row)
		}
	}
	return c
}

func changed(change func(*kpi.Cohorts)) kpi.Cohorts {
	c := typedCohorts(5, 4, 1)
	change(&c)
	return c
}

func cohortsJSON(t testing.TB, c *kpi.Cohorts) string {
	t.Helper()
	data, err := json.Marshal(c)
	require.NoError(t, err)
	return string(data)
}

func ask(t testing.TB, l *kpi.Log, s kpi.CohortSpec) *kpi.Cohorts {
	t.Helper()
	c, err := l.Cohorts(context.Background(), s)
	require.NoError(t, err)
	return c
}

// PostHog issue 25998: 2 of 10 and 0 of 100 are 10 % on the unweighted average
// and 2 of 110 pooled.
func TestCohortsAverage(t *testing.T) {
	t.Parallel()
	row := func(active, base int64, complete, seen bool) kpi.Cohort {
		return kpi.Cohort{Size: base, FirstSeen: seen, Cells: []kpi.CohortCell{
			{Active: base, Base: base, Complete: true}, {Active: active, Base: base, Complete: complete},
		}}
	}
	two := []kpi.Cohort{row(2, 10, true, false), row(0, 100, true, false)}
	tests := []struct {
		name           string
		rows           []kpi.Cohort
		provisional    bool
		pooled, simple string
		code           kpi.Code
	}{
		{name: "a cohort at 0 % counts", rows: two, pooled: "2/110", simple: "0.1"},
		{name: "an incomplete one does not", rows: append(two[:2:2], row(9, 9, false, false)), pooled: "2/110", simple: "0.1"},
		{name: "one first seen does not", rows: append(two[:2:2], row(9, 9, true, true)), pooled: "2/110", simple: "0.1"},
		{name: "an empty one does not", rows: append(two[:2:2], row(0, 0, true, false)), pooled: "2/110", simple: "0.1"},
		{name: "a short one does not", rows: append(two[:2:2], kpi.Cohort{Size: 4}), pooled: "2/110", simple: "0.1"},
		{name: "differing denominators", rows: []kpi.Cohort{row(1, 3, true, false), row(1, 7, true, false), row(2, 3, true, false)}, pooled: "4/13", simple: "8/21"},
		{name: "provisional ones are never averaged", rows: two, provisional: true, code: kpi.CodeNoData},
		{name: "none", code: kpi.CodeNoData},
		{name: "impossible", rows: append(two[:2:2], row(9, 8, true, false)), code: kpi.CodePartExceedsWhole},
		{name: "negative", rows: append(two[:2:2], row(-1, 8, true, false)), code: kpi.CodeNegative},
		{name: "a negative base", rows: append(two[:2:2], row(-2, -1, true, false)), code: kpi.CodeNegative},
		{name: "overflow", rows: append(two[:2:2], row(1, math.MaxInt64, true, false)), code: kpi.CodeOverflow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := kpi.Cohorts{Rows: tt.rows, Rolling: tt.provisional}
			pooled, err := c.Average(1)
			simple, err2 := c.SimpleAverage(1)
			if tt.code != 0 {
				kind := kpi.ErrInvalid
				if tt.code == kpi.CodeNoData {
					kind = kpi.ErrUndefined
				}
				e := requireError(t, err, kind)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, "Cohorts.Average", e.Metric)
				e = requireError(t, err2, kind)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, "Cohorts.SimpleAverage", e.Metric)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.pooled, pooled.String())
			requireRatio(t, tt.simple, simple, err2)
			for _, k := range []int{-1, 2, math.MaxInt} {
				_, err = c.Average(k)
				require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
			}
		})
	}
}

func TestCohortsCells(t *testing.T) {
	t.Parallel()
	c := &kpi.Cohorts{Rows: []kpi.Cohort{
		{Size: 4, Cells: []kpi.CohortCell{
			{Active: 4, Base: 4, Complete: true, Amount: dec("10"), Total: dec("10")},
			{Active: 1, Base: 4, Complete: true, Amount: dec("3"), Total: dec("13")},
			{Active: 2, Base: 4, Amount: dec("1"), Total: dec("14")},
		}},
		{Size: 0, Cells: []kpi.CohortCell{{Complete: true}}},
	}}
	p, ok := c.Retention(0, 1)
	require.Equal(t, "1/4", p.String())
	require.True(t, ok)
	p, ok = c.Retention(0, 2)
	require.Equal(t, "2/4", p.String(), "what is known so far")
	require.False(t, ok)
	v, ok := c.CumulativeValue(0, 1)
	require.Equal(t, "3.25", v.String())
	require.True(t, ok)
	v, ok = c.CumulativeValue(0, 2)
	require.Equal(t, "3.5", v.String())
	require.False(t, ok)
	for _, at := range [][2]int{{1, 0}, {-1, 0}, {2, 0}, {0, -1}, {0, 3}, {1, 1}, {math.MaxInt, math.MinInt}} {
		p, ok = c.Retention(at[0], at[1])
		require.Equal(t, kpi.Proportion{}, p)
		require.False(t, ok)
		v, ok = c.CumulativeValue(at[0], at[1])
		require.True(t, v.IsZero())
		require.False(t, ok)
		require.True(t, math.IsNaN(c.Z(at[1], at[0])))
	}
	columns, rows := c.Dims()
	require.Equal(t, []int{3, 2}, []int{columns, rows})
	require.Equal(t, 3, c.Ages())
	require.Equal(t, 2.0, c.X(2))
	require.Equal(t, 1.0, c.Y(1))
	require.Equal(t, 0.25, c.Z(1, 0))
	require.True(t, math.IsNaN(c.Z(2, 0)), "incomplete")
}

// What is impossible is never quoted, and stops an average.
func TestCohortsImpossible(t *testing.T) {
	t.Parallel()
	for _, cell := range []kpi.CohortCell{{Active: 5, Base: 3}, {Active: -1, Base: 3}, {Active: -2, Base: -1}, {Active: 1, Base: 5}} {
		cell.Complete = true
		c := &kpi.Cohorts{Rows: []kpi.Cohort{{Size: 4, Cells: []kpi.CohortCell{cell}}}}
		p, ok := c.Retention(0, 0)
		require.Equal(t, kpi.Proportion{K: cell.Active, N: cell.Base}, p)
		require.False(t, ok)
		_, ok = c.CumulativeValue(0, 0)
		require.False(t, ok)
		require.True(t, math.IsNaN(c.Z(0, 0)))
		_, err := c.Average(0)
		require.Equal(t, 0, requireError(t, err, kpi.ErrInvalid).Index)
		_, err = c.SimpleAverage(0)
		require.Equal(t, 0, requireError(t, err, kpi.ErrInvalid).Index)
		c.Rows[0].FirstSeen = true
		_, err = c.Average(0)
		require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code, "it would not have counted")
	}
}

// Ten thousand bases can be averaged, and no more.
func TestCohortsManyBases(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(21, 22))
	var c kpi.Cohorts
	for range 10_001 {
		n := 1<<40 + r.Int64N(1<<40)
		c.Rows = append(c.Rows, kpi.Cohort{Size: n, Cells: []kpi.CohortCell{{Active: 1, Base: n, Complete: true}}})
	}
	_, err := c.SimpleAverage(0)
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	c.Rows = c.Rows[:10_000]
	began := time.Now()
	_, err = c.SimpleAverage(0)
	require.NoError(t, err)
	require.Less(t, time.Since(began), hang)
}

// What nobody could have observed may be typed in, and must do no harm.
func TestCohortsTypedIn(t *testing.T) {
	t.Parallel()
	counts := []int64{math.MinInt64, -1, 0, 1, math.MaxInt64}
	amounts := []decimal.Decimal{{}, dec("-3"), decimal.New(1, 20_000_000), decimal.New(1, -20_000_000), dec(strings.Repeat("7", 2000))}
	periods := []kpi.Period{{}, {Start: day(2), End: day(1)}, kpi.Calendar{}.Of(day(1)), {Start: time.Unix(1<<60, 0), End: time.Unix(1<<61, 0)}, allTime}
	r := rand.New(rand.NewPCG(19, 20))
	for range 300 {
		c := &kpi.Cohorts{Unit: kpi.Unit(r.IntN(9) - 2), Rolling: r.IntN(2) == 0, Horizon: r.IntN(4) - 1, AgesBy: kpi.Ages(r.IntN(4) - 1)}
		for range r.IntN(4) {
			row := kpi.Cohort{Period: periods[r.IntN(len(periods))], Size: counts[r.IntN(5)], Value: "a|b\n", FirstSeen: r.IntN(2) == 0}
			for range r.IntN(4) {
				row.Cells = append(row.Cells, kpi.CohortCell{
					Active: counts[r.IntN(5)], Base: counts[r.IntN(5)], Complete: r.IntN(2) == 0,
					Amount: amounts[r.IntN(5)], Total: amounts[r.IntN(5)],
				})
			}
			c.Rows = append(c.Rows, row)
		}
		require.NotEmpty(t, c.String())
		require.NotEmpty(t, c.Markdown())
		for _, places := range []int32{-1, 0, 2, math.MinInt32, math.MaxInt32} {
			require.NotEmpty(t, c.Amounts(places).String())
			require.NotEmpty(t, c.CumulativeValues(places).Markdown())
		}
		for k := range 4 {
			_, _ = c.Average(k)
			_, _ = c.SimpleAverage(k)
			for i := range 4 {
				c.Retention(i, k)
				c.CumulativeValue(i, k)
				c.Z(k, i)
			}
		}
		if data, err := c.MarshalBinary(); err == nil {
			require.NoError(t, new(kpi.Cohorts).UnmarshalBinary(data))
		}
		_ = new(kpi.Cohorts).Merge(c)
	}
}

func TestCohortsErrors(t *testing.T) {
	t.Parallel()
	l := logOf(t,
		kpi.Event{Customer: "Ann", Name: "order", At: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)},
		kpi.Event{Customer: "Ann", Name: "order", At: time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC)})
	tests := []struct {
		name string
		s    kpi.CohortSpec
		code kpi.Code
	}{
		{"no AsOf", kpi.CohortSpec{}, kpi.CodeMissing},
		{"AsOf in 2300", kpi.CohortSpec{AsOf: time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)}, kpi.CodeTime},
		{"AsOf in 1600", kpi.CohortSpec{AsOf: time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC)}, kpi.CodeTime},
		{"unit", kpi.CohortSpec{AsOf: day(1), Calendar: kpi.Calendar{Unit: 7}}, kpi.CodeOutOfRange},
		{"ages", kpi.CohortSpec{AsOf: day(1), Ages: 2}, kpi.CodeOutOfRange},
		{"refunds", kpi.CohortSpec{AsOf: day(1), Refunds: 3}, kpi.CodeOutOfRange},
		{"Since in the year 30,000", kpi.CohortSpec{AsOf: day(1), Since: time.Date(30_000, 1, 1, 0, 0, 0, 0, time.UTC)}, kpi.CodeTime},
		{"horizon without rolling", kpi.CohortSpec{AsOf: day(1), Horizon: 1}, kpi.CodeOutOfRange},
		{"a negative horizon", kpi.CohortSpec{AsOf: day(1), Rolling: true, Horizon: -1}, kpi.CodeOutOfRange},
		{"a horizon beyond everything", kpi.CohortSpec{AsOf: day(1), Rolling: true, Horizon: math.MaxInt}, kpi.CodeOutOfRange},
		{"negative periods", kpi.CohortSpec{AsOf: day(1), Periods: -1}, kpi.CodeOutOfRange},
		{"95,000 days", kpi.CohortSpec{AsOf: endOfLog}, kpi.CodeTooLarge},
		{"95,000 days of 45 ages", kpi.CohortSpec{AsOf: endOfLog, Periods: 45}, kpi.CodeTooLarge},
		{"95,000 days of many ages", kpi.CohortSpec{AsOf: endOfLog, Periods: math.MaxInt}, kpi.CodeTooLarge},
		{"13,000 weeks by customer", kpi.CohortSpec{AsOf: endOfLog, Ages: kpi.AgesByCustomer, Calendar: kpi.Calendar{Unit: kpi.Week}}, kpi.CodeTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := l.Cohorts(context.Background(), tt.s)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "Log.Cohorts", e.Metric)
			require.Less(t, time.Since(start), hang)
		})
	}
	c := ask(t, l, kpi.CohortSpec{AsOf: endOfLog, Periods: 4})
	require.Equal(t, 4, c.Ages())
	c = ask(t, l, kpi.CohortSpec{AsOf: endOfLog, Calendar: kpi.Calendar{Unit: kpi.Year}, Recurring: true})
	require.Len(t, c.Rows, 263)
	p, ok := c.Retention(0, 261)
	require.Equal(t, "1/1", p.String())
	require.True(t, ok)

	// With a property that splits everybody the cells are counted as they come.
	many := &kpi.Log{}
	require.NoError(t, many.SetProps("who"))
	for i := range 3000 {
		who := fmt.Sprint(i)
		require.NoError(t, many.Add(kpi.Event{Customer: who, Name: "x", At: day(1), Props: []string{who}}))
	}
	_, err := many.Cohorts(context.Background(), kpi.CohortSpec{AsOf: day(2000), By: "who"})
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	require.Len(t, ask(t, many, kpi.CohortSpec{AsOf: day(2000), By: "who", Periods: 2}).Rows, 3000)

	e := requireError(t, new(kpi.Cohorts).Merge(nil), kpi.ErrInvalid)
	require.Equal(t, kpi.CodeEmpty, e.Code)
}

func TestAges(t *testing.T) {
	t.Parallel()
	for _, a := range []kpi.Ages{kpi.AgesByPeriod, kpi.AgesByCustomer} {
		got, err := kpi.ParseAges(a.String())
		require.NoError(t, err)
		require.Equal(t, a, got)
		text, err := json.Marshal(a)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%q", a), string(text))
		require.NoError(t, json.Unmarshal(text, &got))
		require.Equal(t, a, got)
		require.Error(t, json.Unmarshal([]byte(`"by moon"`), &got))
		require.Equal(t, a, got, "as it was")
	}
	_, err := kpi.ParseAges("by moon")
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
	require.Equal(t, "Ages(7)", kpi.Ages(7).String())
}
