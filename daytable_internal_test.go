package kpi

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
)

// requireSearched compares a table with the search at and beside every start, and
// anywhere.
func requireSearched(t *testing.T, r *rand.Rand, starts []int64, end int64) {
	t.Helper()
	table, ok := newDayTable(starts, end)
	require.True(t, ok)
	same := func(at int64) {
		if want, got := (&startTable{starts: starts}).period(at), table.period(at); want != got {
			require.Equal(t, want, got, "at %d", at)
		}
	}
	span := max(end-starts[min(1, len(starts)-1)], 1)
	for _, at := range starts {
		same(at)
		same(max(at, math.MinInt64+1) - 1)
		same(at + 1)
		same(at + r.Int64N(1<<47))
		same(end - r.Int64N(span))
		same(int64(r.Uint64()))
	}
	for _, at := range []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, end - 1, end, math.MaxInt64} {
		same(at)
	}
}

func startsOf(t *testing.T, c Calendar, from, to time.Time) []int64 {
	t.Helper()
	periods, err := c.Periods(from, to)
	require.NoError(t, err)
	starts := []int64{math.MinInt64}
	for _, p := range periods[1:] {
		starts = append(starts, p.Start.UnixNano())
	}
	return starts
}

func TestDayTable(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{
		"UTC",
		"America/Sao_Paulo",     // days without a midnight
		"Europe/Berlin",         // 23 and 25 hours
		"Pacific/Kiritimati",    // UTC+14, and no 1994-12-31
		"Pacific/Apia",          // no 2011-12-30
		"Pacific/Kwajalein",     // no 1993-08-21
		"America/St_Johns",      // set back at 00:01
		"America/Havana",        // midnight comes twice
		"America/Juneau",        // across the date line in 1867
		"Asia/Manila",           // and in 1844
		"Africa/Monrovia",       // offsets of seconds
		"Australia/Lord_Howe",   // half an hour
		"Antarctica/Troll",      // two hours
		"America/Ciudad_Juarez", // against its rule
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			loc, err := time.LoadLocation(zone)
			require.NoError(t, err)
			r := rand.New(rand.NewPCG(1, uint64(len(zone))))
			from, to := time.Date(1840, 3, 5, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
			for unit := Day; unit <= Year; unit++ {
				starts := startsOf(t, Calendar{Unit: unit, Location: loc}, from, to)
				requireSearched(t, r, starts, to.UnixNano())
				cut := r.IntN(len(starts))
				requireSearched(t, r, starts[cut:], to.UnixNano())
				requireSearched(t, r, starts[:cut+1], to.UnixNano())
			}
		})
	}
	// All days that an int64 of nanoseconds holds.
	r := rand.New(rand.NewPCG(2, 2))
	starts := startsOf(t, Calendar{}, time.Unix(0, minInstant), time.Unix(0, maxInstant))
	requireSearched(t, r, starts, math.MaxInt64)
	// Periods of any length, as none of a calendar are.
	for range 300 {
		gap := int64(4) << r.IntN(44)
		starts, at := []int64(nil), -r.Int64N(1<<50)
		for range 1 + r.IntN(40) {
			starts = append(starts, at)
			at += gap + r.Int64N(16*gap)
		}
		requireSearched(t, r, starts, at)
	}
}

func TestDayTableRefuses(t *testing.T) {
	t.Parallel()
	for name, starts := range map[string][]int64{
		"none":         nil,
		"not in order": {1, 3, 2},
		"twice":        {1, 1},
		"at the end":   {1, 100},
		"nanoseconds":  {1, 2},
		"too many":     {math.MinInt64, 0, 1, 99},
	} {
		end := int64(100)
		if name == "too many" {
			starts, end = append(starts, 1<<40), math.MaxInt64
		}
		_, ok := newDayTable(starts, end)
		require.False(t, ok, name)
	}
}

// BenchmarkDayTable finds the day of random instants of two years.
func BenchmarkDayTable(b *testing.B) {
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	days, err := Calendar{}.Periods(from, from.AddDate(2, 0, 0))
	require.NoError(b, err)
	var starts []int64
	for _, p := range days {
		starts = append(starts, p.Start.UnixNano())
	}
	end := from.AddDate(2, 0, 0).UnixNano()
	table, _ := newDayTable(starts, end)
	r := rand.New(rand.NewPCG(1, 2))
	at := make([]int64, 1<<16)
	for i := range at {
		at[i] = starts[0] + r.Int64N(end-starts[0])
	}
	for name, find := range map[string]func() int{
		"table": func() (sum int) {
			for _, a := range at {
				sum += table.period(a)
			}
			return sum
		},
		"search": func() (sum int) {
			for _, a := range at {
				sum += (&startTable{starts: starts}).period(a)
			}
			return sum
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = find()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(at)), "ns/row")
		})
	}
}
