package kpi_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestMembershipsLifetimes(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	stay := func(who string, from, to int) kpi.Membership {
		m := kpi.Membership{Customer: who, From: day(from)}
		if to > 0 {
			m.To = day(to)
		}
		return m
	}
	ms := kpi.Memberships{
		stay("a, still here", 1, 0),
		stay("b, left", 1, 12),
		stay("c, came back", 2, 5), stay("c, came back", 8, 0),
		stay("d, renewed", 1, 10), stay("d, renewed", 10, 15),
		stay("e, overlapping", 1, 20), stay("e, overlapping", 3, 7), stay("e, overlapping", 5, 22),
		stay("f, leaves at asOf", 4, 31),
		stay("g, begins at asOf", 31, 0),
		stay("h, on the last day", 30, 0),
		stay("i, open and closed", 2, 0), stay("i, open and closed", 3, 6), stay("i, open and closed", 9, 12),
		{Customer: "j, within a day", From: day(3).Add(9 * time.Hour), To: day(3).Add(17 * time.Hour)},
		{Customer: "k, over midnight", From: day(3).Add(23 * time.Hour), To: day(4).Add(time.Hour)},
	}
	want := kpi.Lifetimes{
		{Exit: 29}, // 30 March less 1 March: what happens on the 31st is not known
		{Exit: 11, Ended: true},
		{Exit: 3, Ended: true},
		{Exit: 22},
		{Exit: 14, Ended: true},
		{Exit: 21, Ended: true},
		{Exit: 26},
		{Exit: 0},
		{Exit: 28},
		{Exit: 0, Ended: true},
		{Exit: 1, Ended: true},
	}
	first := append(append(kpi.Lifetimes{}, want[:3]...), want[4:]...) // without c's second stay
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		got, err := ms.Lifetimes(day(31), nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
		got, err = ms.FirstLifetimes(day(31), time.UTC)
		require.NoError(t, err)
		require.Equal(t, first, got)
		r.Shuffle(len(ms), func(i, j int) { ms[i], ms[j] = ms[j], ms[i] })
	}

	_, err := ms.Lifetimes(time.Time{}, nil)
	require.Equal(t, kpi.CodeMissing, requireError(t, err, kpi.ErrInvalid).Code)
	ms[3] = kpi.Membership{Customer: "backwards", From: day(3), To: day(3)}
	for metric, ask := range map[string]func(time.Time, *time.Location) (kpi.Lifetimes, error){
		"Memberships.Lifetimes": ms.Lifetimes, "Memberships.FirstLifetimes": ms.FirstLifetimes,
	} {
		_, err = ask(day(31), nil)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeTime, e.Code)
		require.Equal(t, 3, e.Index)
		require.Equal(t, metric, e.Metric)
	}
	for _, m := range []kpi.Membership{{From: day(1)}, {Customer: "no date"}} {
		ms[3] = m
		for _, ask := range []func(time.Time, *time.Location) (kpi.Lifetimes, error){ms.Lifetimes, ms.FirstLifetimes} {
			_, err = ask(day(31), nil)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, kpi.CodeEmpty, e.Code)
			require.Equal(t, 3, e.Index)
		}
	}
	none, err := kpi.Memberships{}.Lifetimes(day(31), nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

// Dates are local: 2026-03-01 20:00 UTC is 2 March in Shanghai.
func TestMembershipsLifetimesZone(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("CST", 8*3600)
	ms := kpi.Memberships{{
		Customer: "a", From: time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC),
	}}
	asOf := time.Date(2026, 4, 1, 0, 0, 0, 0, shanghai)
	for _, tt := range []struct {
		loc  *time.Location
		days float64
	}{{nil, 4}, {shanghai, 3}} {
		got, err := ms.Lifetimes(asOf, tt.loc)
		require.NoError(t, err)
		require.Equal(t, kpi.Lifetimes{{Exit: tt.days, Ended: true}}, got)
	}
}

// Raising asOf changes no departure that was known, and rows from asOf on change
// nothing.
func TestMembershipsLifetimesAsOf(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 1))
	day := func(d int) time.Time { return time.Date(2026, 1, 1+d, 0, 0, 0, 0, time.UTC) }
	for range 50 {
		var ms, known kpi.Memberships
		const cut = 50
		for i := range 30 {
			m := kpi.Membership{Customer: string(rune('a' + i)), From: day(r.IntN(80))}
			if r.IntN(3) > 0 {
				m.To = m.From.AddDate(0, 0, 1+r.IntN(40))
			}
			ms = append(ms, m)
			if m.From.Before(day(cut)) {
				if !m.To.Before(day(cut)) {
					m.To = time.Time{}
				}
				known = append(known, m)
			}
		}
		want, err := known.Lifetimes(day(cut), nil)
		require.NoError(t, err)
		got, err := ms.Lifetimes(day(cut), nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
		later, err := known.Lifetimes(day(cut+10), nil)
		require.NoError(t, err)
		for i := range want {
			require.Equal(t, want[i].Ended, later[i].Ended)
			if want[i].Ended {
				require.Equal(t, want[i], later[i])
			} else {
				require.Equal(t, want[i].Exit+10, later[i].Exit)
			}
		}
	}
}
