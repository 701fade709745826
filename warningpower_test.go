package kpi_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// warningCrowd is a log of a hundred customers who are active on each day since their
// first with a chance of their own, which the first ten change by a factor for the
// last recent of 168 + recent days, and all by season.
func warningCrowd(t testing.TB, r *rand.Rand, recent int, factor float64, chance func() float64, season func(d int) float64) *kpi.Log {
	t.Helper()
	var l kpi.Log
	visit, err := l.Event("visit")
	require.NoError(t, err)
	for who := range uint64(100) {
		p := chance()
		first := 0
		if season != nil {
			first = r.IntN(120) // customers of any age
		}
		for d := first; d <= 168+recent; d++ {
			now := p
			if who < 10 && d > 168 {
				now *= factor
			}
			if season != nil {
				now *= season(d)
			}
			if d == first || r.Float64() < now {
				require.NoError(t, l.AddID(who, visit, day(d)))
			}
		}
	}
	return &l
}

func warningAt(recent int) kpi.WarningSpec {
	return kpi.WarningSpec{AsOf: day(169 + recent), Recent: recent, Level: 0.05}
}

// Under a constant activity P passes no more often than its level says: by all the
// counts that there are of H = 60 and w = 14 days, each with its chance, for those
// days on which a customer comes with chance q.
func TestWarningsFalseAlarmsOfOne(t *testing.T) {
	t.Parallel()
	const history, recent = 60, 14
	var l kpi.Log
	visit, err := l.Event("visit")
	require.NoError(t, err)
	for x := range uint64(history + 1) {
		for y := range uint64(recent + 1) {
			who := x<<8 | y
			require.NoError(t, l.AddID(who, visit, day(0)))
			for d := range int(x) {
				require.NoError(t, l.AddID(who, visit, day(1+d)))
			}
			for d := range int(y) {
				require.NoError(t, l.AddID(who, visit, day(1+history+d)))
			}
		}
	}
	chances := func(n int, q float64) []float64 {
		out := make([]float64, n+1)
		out[0] = 1
		for i := range n {
			for k := i + 1; k >= 0; k-- {
				out[k] *= 1 - q
				if k > 0 {
					out[k] += out[k-1] * q
				}
			}
		}
		return out
	}
	for _, level := range []float64{0.01, 0.05, 0.2} {
		w := askWarnings(t, &l, kpi.WarningSpec{AsOf: day(1 + history + recent), Recent: recent, Level: level})
		require.Len(t, w.Rows, (history+1)*(recent+1))
		most := 0.0
		for q := 0.02; q < 1; q += 0.02 {
			before, seen := chances(history, q), chances(recent, q)
			alarm := 0.0
			for _, r := range w.Rows {
				require.Equal(t, history, r.History)
				if r.P <= level {
					alarm += before[r.Before] * seen[r.Seen]
				}
			}
			require.LessOrEqual(t, alarm, level, "q = %.2f", q)
			most = max(most, alarm)
		}
		require.Greater(t, most, level/20)
	}
}

// Of lists in which nobody has changed a share Level at most holds a warning, and of
// all customers a share α at most is at a GapP of α.
func TestWarningsFalseAlarms(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(41, 42))
	const lists = 60
	alarms, silent, customers := 0, 0, 0
	for range lists {
		l := warningCrowd(t, r, 28, 1, func() float64 { return 0.05 + 0.6*r.Float64() }, nil)
		w := askWarnings(t, l, warningAt(28))
		if w.Count(kpi.Warned) > 0 {
			alarms++
		}
		for _, row := range w.Rows {
			gap, err := row.GapP()
			require.NoError(t, err)
			customers++
			if gap.Cmp(kpi.Percent(5)) <= 0 {
				silent++
			}
		}
	}
	require.LessOrEqual(t, float64(alarms)/lists, 0.05)
	share := float64(silent) / float64(customers)
	require.LessOrEqual(t, share, 0.05)
	require.Greater(t, share, 0.02)
}

// The power that Warnings states, of a list and, in brackets, of P alone.
func TestWarningsPower(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		recent              int
		factor, list, byOne float64
	}{
		{28, 0.5, 0.02, 0.45},
		{28, 0.25, 0.38, 0.91},
		{28, 0, 1, 1},
		{56, 0.5, 0.13, 0.52},
		{56, 0.25, 0.92, 0.98},
		{56, 0, 1, 1},
	} {
		r := rand.New(rand.NewPCG(43, uint64(tt.recent)))
		const lists = 20
		found, one, falsely := 0, 0, 0
		for range lists {
			l := warningCrowd(t, r, tt.recent, tt.factor, func() float64 { return 0.4 }, nil)
			for _, row := range askWarnings(t, l, warningAt(tt.recent)).Rows {
				warned := row.Status == kpi.Warned
				switch {
				case row.Number >= 10 && warned:
					falsely++
				case row.Number >= 10:
				default:
					if warned {
						found++
					}
					if row.P <= 0.05 && float64(row.Seen) <= row.Expected/2 {
						one++
					}
				}
			}
		}
		// Two hundred have fallen: three standard errors are .106 at most.
		require.InDelta(t, tt.list, float64(found)/(10*lists), 0.106, "%+v", tt)
		require.InDelta(t, tt.byOne, float64(one)/(10*lists), 0.106, "%+v", tt)
		require.LessOrEqual(t, float64(falsely), 0.05*float64(found+falsely)+2, "%+v", tt)
	}
}

// In a holiday of all Pooled warns of nobody, but of whoever does not come at all.
func TestWarningsPooled(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(44, 45))
	const lists = 20
	alarms, naive, found := 0, 0, 0
	holiday := func(d int) float64 {
		switch {
		case d > 168:
			return 0.3
		case d > 150:
			return 1.5
		default:
			return 1
		}
	}
	for range lists {
		for _, factor := range []float64{1, 0} {
			l := warningCrowd(t, r, 56, factor, func() float64 { return 0.3 + 0.3*r.Float64() }, holiday)
			s := warningAt(56)
			if factor == 1 {
				naive += int(askWarnings(t, l, s).Count(kpi.Warned))
			}
			s.Pooled = true
			w := askWarnings(t, l, s)
			if factor == 1 && w.Count(kpi.Warned) > 0 {
				alarms++
			}
			for _, row := range w.Rows {
				if factor == 0 && row.Number < 10 && row.Status == kpi.Warned {
					found++
				}
			}
		}
	}
	require.LessOrEqual(t, float64(alarms)/lists, 0.05)
	require.Greater(t, naive, 50*lists, "without it more than half of all")
	require.Greater(t, found, 5*lists, "of ten in each")
}
