package kpi_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// Two waves against the score limits of each, squared and added by hand.
func TestNPSDiff(t *testing.T) {
	t.Parallel()
	now, then := kpi.NPS{Promoters: 120, Passives: 50, Detractors: 30}, kpi.NPS{Promoters: 40, Passives: 100, Detractors: 20}
	i, err := now.Diff(then, 0.95)
	require.NoError(t, err)
	// SEMANTICS: [34.108, 54.571] about 45 and [3.086, 21.806] about 12.5.
	require.InDelta(t, 32.5-math.Hypot(45-34.108, 21.806-12.5), i.Lo, 2e-3)
	require.InDelta(t, 32.5+math.Hypot(54.571-45, 12.5-3.086), i.Hi, 2e-3)
	require.Equal(t, int64(360), i.N)
	back, err := then.Diff(now, 0.95)
	require.NoError(t, err)
	require.Equal(t, [2]float64{i.Lo, i.Hi}, [2]float64{-back.Hi, -back.Lo})

	// Nobody but promoters against nobody but detractors: as far as can be, and
	// yet not certain. (n−z²)/(n+z²) is the lower limit of ten promoters, 44.49.
	far, err := kpi.NPS{Promoters: 10}.Diff(kpi.NPS{Detractors: 10}, 0.95)
	require.NoError(t, err)
	require.InDelta(t, 200-math.Sqrt2*(100-44.49), far.Lo, 0.02)
	require.Equal(t, 200.0, far.Hi)
}

// A net easy is an NPS of other scores, in other units.
func TestNetEasyDiff(t *testing.T) {
	t.Parallel()
	a := kpi.CES{Counts: [8]int64{1: 10, 3: 20, 4: 50, 5: 60, 7: 60}}
	b := kpi.CES{Counts: [8]int64{2: 20, 4: 100, 6: 40}}
	easy, err := a.NetEasyDiff(b, 0.9)
	require.NoError(t, err)
	nps, err := kpi.NPS{Promoters: 120, Passives: 50, Detractors: 30}.
		Diff(kpi.NPS{Promoters: 40, Passives: 100, Detractors: 20}, 0.9)
	require.NoError(t, err)
	require.InDelta(t, nps.Lo/100, easy.Lo, 1e-15)
	require.InDelta(t, nps.Hi/100, easy.Hi, 1e-15)
	require.Equal(t, nps.N, easy.N)
}

func TestNPSCompare(t *testing.T) {
	t.Parallel()
	// By hand: with the made-up answers 8.75 and 3.75 of 20, so that s = .25 and
	// v = (.625 − .0625)/20; the other way round in the other.
	a, b := kpi.NPS{Promoters: 8, Passives: 6, Detractors: 3}, kpi.NPS{Promoters: 3, Passives: 6, Detractors: 8}
	c, err := a.Compare(b)
	requireRatio(t, "1000/17", c.Difference, err)
	require.InDelta(t, 0.5/math.Sqrt(2*0.5625/20), c.Statistic, 1e-14)
	require.Equal(t, kpi.AdjustedZ, c.Test)
	require.Equal(t, int64(34), c.N)
	back, err := b.Compare(a)
	require.NoError(t, err)
	require.Equal(t, -c.Statistic, back.Statistic)
	require.Equal(t, c.P, back.P)

	same, err := kpi.NPS{Promoters: 5}.Compare(kpi.NPS{Promoters: 9})
	require.NoError(t, err)
	require.True(t, same.Difference.IsZero())
	require.Greater(t, same.P, 0.5)
}

// How often equal scores give an alarm at 5 %, summed over every possible pair of
// waves.
func TestNPSCompareSize(t *testing.T) {
	t.Parallel()
	shares := [][3]float64{{0.3, 0.4, 0.3}, {0.1, 0.8, 0.1}, {0.02, 0.96, 0.02}, {0.45, 0.1, 0.45}} // all 0 points
	const n, m = 10, 20
	waves := func(n int64) (out []kpi.NPS) {
		for p := range n + 1 {
			for d := range n - p + 1 {
				out = append(out, kpi.NPS{Promoters: p, Passives: n - p - d, Detractors: d})
			}
		}
		return out
	}
	chances := func(waves []kpi.NPS, s [3]float64) []float64 {
		out := make([]float64, len(waves))
		for i, w := range waves {
			out[i] = multinomial(w.Promoters, w.Passives, w.Detractors, s[0], s[1], s[2])
		}
		return out
	}
	first, second := waves(n), waves(m)
	alarm := make([][]bool, len(first))
	for i, a := range first {
		alarm[i] = make([]bool, len(second))
		for j, b := range second {
			c, err := a.Compare(b)
			require.NoError(t, err)
			alarm[i][j] = c.P <= 0.05
		}
	}
	for _, s := range shares {
		for _, u := range shares {
			x, y := chances(first, s), chances(second, u)
			size := 0.0
			for i := range x {
				for j := range y {
					if alarm[i][j] {
						size += x[i] * y[j]
					}
				}
			}
			require.Less(t, size, 0.08, "%v and %v", s, u)
		}
	}
}

func TestNetDiffErrors(t *testing.T) {
	t.Parallel()
	good := kpi.NPS{Promoters: 1, Detractors: 1}
	tests := []struct {
		name string
		n    kpi.NPS
		code kpi.Code
		kind error
	}{
		{"negative", kpi.NPS{Passives: -1}, kpi.CodeNegative, kpi.ErrInvalid},
		{"too many", kpi.NPS{Promoters: math.MaxInt64, Passives: 1}, kpi.CodeOverflow, kpi.ErrInvalid},
		{"together too many", kpi.NPS{Promoters: math.MaxInt64}, kpi.CodeOverflow, kpi.ErrInvalid},
		{"no answers", kpi.NPS{}, kpi.CodeZeroDenominator, kpi.ErrUndefined},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			easy := func(n kpi.NPS) kpi.CES {
				return kpi.CES{Counts: [8]int64{7: n.Promoters, 4: n.Passives, 1: n.Detractors}}
			}
			for name, ask := range map[string]func(a, b kpi.NPS) error{
				"NPS.Diff":        func(a, b kpi.NPS) error { _, err := a.Diff(b, 0.95); return err },
				"NPS.Compare":     func(a, b kpi.NPS) error { _, err := a.Compare(b); return err },
				"CES.NetEasyDiff": func(a, b kpi.NPS) error { _, err := easy(a).NetEasyDiff(easy(b), 0.95); return err },
			} {
				for _, err := range []error{ask(tt.n, good), ask(good, tt.n)} {
					e := requireError(t, err, tt.kind)
					require.Equal(t, tt.code, e.Code)
					require.Equal(t, name, e.Metric)
				}
			}
		})
	}
	_, err := good.Diff(kpi.NPS{}, math.NaN())
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestNetTopDiff(t *testing.T) {
	t.Parallel()
	// On 1–7 with the top box from 5, net top is net easy.
	scale := kpi.Scale{Min: 1, Max: 7, TopFrom: 5}
	counts := [][8]int64{{0, 2, 3, 4, 9, 20, 30, 12}, {0, 6, 7, 9, 9, 12, 21, 8}}
	var tops [2]kpi.CSAT
	for i, c := range counts {
		tops[i].Scale = scale
		copy(tops[i].Counts[:], c[:])
	}
	got, err := tops[0].NetTopDiff(tops[1], 0.95)
	require.NoError(t, err)
	want, err := kpi.CES{Counts: counts[0]}.NetEasyDiff(kpi.CES{Counts: counts[1]}, 0.95)
	require.NoError(t, err)
	require.Equal(t, want, got)

	tops[1].Scale.TopFrom = 6
	_, err = tops[0].NetTopDiff(tops[1], 0.95)
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = tops[0].NetTopDiff(kpi.CSAT{Scale: scale}, 0.95)
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
}
