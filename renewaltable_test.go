package kpi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestSurvivalOf(t *testing.T) {
	t.Parallel()
	for _, counts := range [][]int64{regular, highEnd, {5, 5, 5, 2}, {3, 0, 0}, {7}} {
		s := survivorsOf(t, counts)
		require.Equal(t, counts[0], s.N)
		require.Equal(t, counts[0]-counts[len(counts)-1], s.Events)
		for age, n := range counts {
			got, err := s.At(float64(age))
			closely(t, float64(n)/float64(counts[0]), got, err, 1e-15)
		}
		require.NoError(t, s.Merge(s))
	}
	for _, tt := range []struct {
		counts []int64
		kind   error
		code   kpi.Code
		index  int
	}{
		{nil, kpi.ErrUndefined, kpi.CodeNoData, -1},
		{[]int64{0, 0}, kpi.ErrUndefined, kpi.CodeNoData, -1},
		{[]int64{9, -1}, kpi.ErrInvalid, kpi.CodeNegative, 1},
		{[]int64{9, 3, 4}, kpi.ErrInvalid, kpi.CodePartExceedsWhole, 2},
	} {
		_, err := kpi.SurvivalOf(tt.counts)
		e := requireError(t, err, tt.kind)
		require.Equal(t, tt.code, e.Code)
		require.Equal(t, tt.index, e.Index)
	}
}

// Monthly payments: of those who begin in January one is gone in February and another
// in April; of those of March two of three are there in April.
func TestCohortsSurvival(t *testing.T) {
	t.Parallel()
	var events []kpi.Event
	pay := func(who string, months ...time.Month) {
		for _, m := range months {
			events = append(events, kpi.Event{Customer: who, Name: "pay", At: time.Date(2025, m, 3, 0, 0, 0, 0, time.UTC)})
		}
	}
	pay("Ann", 1, 2, 3, 4)
	pay("Bob", 1)
	pay("Cid", 1, 2, 3)
	pay("Dee", 3, 4)
	pay("Eve", 3, 4)
	pay("Fay", 3)
	pay("new", 5)
	spec := kpi.CohortSpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: time.Date(2025, 5, 20, 0, 0, 0, 0, time.UTC)}
	c := ask(t, logOf(t, events...), spec)
	got, err := c.Survival()
	require.NoError(t, err)
	want := survivorsOf(t, []int64{3, 2, 2, 1})
	require.NoError(t, want.Merge(survivorsOf(t, []int64{3, 2})))
	require.Equal(t, want, got)
	_, _, err = kpi.FitSBG(got, c.Unit, nil)
	require.NoError(t, err)

	// Those first seen are of no known age.
	spec.Since = time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC)
	got, err = ask(t, logOf(t, events...), spec).Survival()
	require.NoError(t, err)
	require.Equal(t, survivorsOf(t, []int64{3, 2}), got)
	spec.Since = time.Time{}

	// Whoever comes back had no contract.
	pay("Bob", 4)
	pay("Gus", 1, 3)
	_, err = ask(t, logOf(t, events...), spec).Survival()
	require.Equal(t, 0, requireError(t, err, kpi.ErrInvalid).Index)
	for _, set := range []func(*kpi.CohortSpec){
		func(s *kpi.CohortSpec) { s.Recurring = true },
		func(s *kpi.CohortSpec) { s.Ages = kpi.AgesByCustomer },
	} {
		other := spec
		set(&other)
		_, err = ask(t, logOf(t, events...), other).Survival()
		require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err = (&kpi.Cohorts{}).Survival()
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	c.Rows[0].Cells[1].Active = -1
	_, err = c.Survival()
	require.Equal(t, 0, requireError(t, err, kpi.ErrInvalid).Index)
}
