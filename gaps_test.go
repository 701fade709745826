package kpi_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestGaps(t *testing.T) {
	t.Parallel()
	// Gaps of Ann: 4, 6 and 30 days; Bob and Dee have one order, Cid's second is in April.
	c := soldTo(t, "Ann 1 10", "Ann 5 10", "Ann 6 -3", "Ann 11 10", "Ann 41 5", "Bob 3 1", "Cid 2 1", "Cid 33 1", "Dee 40 1", "Eve 5 -1")
	april := kpi.Period{Start: day(32), End: day(62)}
	tests := []struct {
		name           string
		p              kpi.Period
		days           string
		buyers, single int64
	}{
		{"all", kpi.Period{Start: day(1), End: day(99)}, "[4 6 30 31]", 4, 2},
		{"March", abcMarch, "[4 6]", 3, 2},
		// The gaps that end in April begin in March.
		{"April", april, "[30 31]", 3, 1},
		{"nobody", kpi.Period{Start: day(70), End: day(80)}, "[]", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g, err := c.Gaps(tt.p)
			require.NoError(t, err)
			require.Equal(t, tt.days, fmt.Sprint(gapDays(t, g.Times)))
			require.Equal(t, tt.buyers, g.Buyers)
			require.Equal(t, tt.single, g.Single)
		})
	}
	spans, err := c.Lifespans()
	require.NoError(t, err)
	require.Equal(t, "[0 0 31 40]", fmt.Sprint(gapDays(t, spans)))

	next, err := c.NextOrders(nil)
	require.NoError(t, err)
	var ended, open []float64
	for _, l := range next {
		if l.Ended {
			ended = append(ended, l.Exit)
		} else {
			open = append(open, l.Exit)
		}
	}
	slices.Sort(ended)
	slices.Sort(open)
	require.Equal(t, []float64{4, 6, 30, 31}, ended)
	require.Equal(t, []float64{57, 58, 65, 95}, open, "up to day 98, the last before AsOf")
	curve, err := next.Survival()
	require.NoError(t, err)
	require.Equal(t, int64(8), curve.N)
}

// gapDays lists whole days in ascending order, by the quantiles of a few durations.
func gapDays(t *testing.T, d *kpi.Durations) []int {
	t.Helper()
	out := []int{}
	for i := range d.Len() {
		q, err := d.Quantile(kpi.Must(kpi.NewRatio(int64(i), int64(max(d.Len()-1, 1)))), kpi.Type7)
		require.NoError(t, err)
		out = append(out, int(q.Float64()/86400))
	}
	return out
}

// Silence of ten days ends a stay ten days after the last order.
func TestMembershipsOfSilence(t *testing.T) {
	t.Parallel()
	c := soldTo(t, "Ann 1 10", "Ann 9 10", "Ann 30 10", "Bob 92 5", "Cid 1 5", "Cid 5 -5", "Cid 11 5", "Eve 3 -1")
	stays, err := c.Memberships(10, nil)
	require.NoError(t, err)
	require.Equal(t, kpi.Memberships{
		{Customer: "Ann", From: day(1), To: day(19)},
		{Customer: "Ann", From: day(30), To: day(40)},
		{Customer: "Bob", From: day(92)}, // seven days of silence are not ten
		{Customer: "Cid", From: day(1), To: day(21)},
	}, stays)
	lives, err := stays.FirstLifetimes(c.AsOf, nil)
	require.NoError(t, err)
	require.Equal(t, kpi.Lifetimes{{Exit: 18, Ended: true}, {Exit: 6}, {Exit: 20, Ended: true}}, lives)
	churn, err := stays.Churn(abcMarch)
	require.NoError(t, err)
	require.Equal(t, kpi.Churn{New: 2, LostNew: 1}, churn, "Ann came back and is not lost")

	for _, silence := range []int{0, -1, 36526} {
		_, err := c.Memberships(silence, nil)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	typed := &kpi.Customers{Rows: c.Rows, AsOf: c.AsOf}
	_, err = typed.Memberships(10, nil)
	requireError(t, err, kpi.ErrInvalid)
	_, err = typed.NextOrders(nil)
	requireError(t, err, kpi.ErrInvalid)
	_, err = typed.Lifespans()
	requireError(t, err, kpi.ErrInvalid)
	_, err = typed.Gaps(abcMarch)
	requireError(t, err, kpi.ErrInvalid)
	_, err = c.Gaps(kpi.Period{Start: day(1), End: day(100)})
	require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
}

// Who is first seen may have begun before, and is left out.
func TestMembershipsFirstSeen(t *testing.T) {
	t.Parallel()
	l := logOf(t, kpi.Event{Customer: "Ann", Name: "order", At: day(1), Amount: dec("1")}, kpi.Event{Customer: "Bob", Name: "order", At: day(5), Amount: dec("1")})
	c := customers(t, l, kpi.CustomerSpec{AsOf: day(99), Since: day(3)})
	stays, err := c.Memberships(10, nil)
	require.NoError(t, err)
	require.Equal(t, kpi.Memberships{{Customer: "Bob", From: day(5), To: day(15)}}, stays)
}

// A later AsOf changes no end that was decided, and Lifetimes of stays written down by
// hand, a stay an order, are the same.
func TestMembershipsAgainstNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(91, 92))
	loc := loadZone("Asia/Shanghai")
	for range 60 {
		var l kpi.Log
		var naive kpi.Memberships
		silence := 1 + r.IntN(20)
		for range 30 {
			at := day(1).Add(time.Duration(r.Int64N(int64(90 * 24 * time.Hour))))
			who := fmt.Sprintf("c%d", r.IntN(8))
			require.NoError(t, l.Add(kpi.Event{Customer: who, Name: "order", At: at, Amount: dec("1")}))
			y, m, d := at.In(loc).Date()
			naive = append(naive, kpi.Membership{Customer: who, From: at, To: time.Date(y, m, d+silence, 0, 0, 0, 0, loc)})
		}
		early, late := day(60), day(120)
		short := customers(t, &l, kpi.CustomerSpec{AsOf: early})
		long := customers(t, &l, kpi.CustomerSpec{AsOf: late})
		known, err := short.Memberships(silence, loc)
		require.NoError(t, err)
		all, err := long.Memberships(silence, loc)
		require.NoError(t, err)
		for _, m := range known {
			if !m.To.IsZero() {
				require.Contains(t, all, m)
			}
		}
		for asOf, stays := range map[time.Time]kpi.Memberships{early: known, late: all} {
			got, err := stays.Lifetimes(asOf, loc)
			require.NoError(t, err)
			want, err := naive.Lifetimes(asOf, loc)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
}
