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

	easier, err := a.NetEasyCompare(b)
	require.NoError(t, err)
	points, err := kpi.NPS{Promoters: 120, Passives: 50, Detractors: 30}.
		Compare(kpi.NPS{Promoters: 40, Passives: 100, Detractors: 20})
	requireRatio(t, must("32.5").String(), points.Difference, err)
	require.True(t, easier.Difference.Mul(kpi.Whole(100)).Equal(points.Difference))
	easier.Difference = points.Difference
	require.Equal(t, points, easier)
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
// waves, is what the documentation of Compare says.
func TestNPSCompareSize(t *testing.T) {
	t.Parallel()
	waves := func(n int64) (out []kpi.NPS) {
		for p := range n + 1 {
			for d := range n - p + 1 {
				out = append(out, kpi.NPS{Promoters: p, Passives: n - p - d, Detractors: d})
			}
		}
		return out
	}
	chances := func(waves []kpi.NPS, s [2]float64) []float64 {
		out := make([]float64, len(waves))
		for i, w := range waves {
			out[i] = multinomial(w.Promoters, w.Passives, w.Detractors, s[0], 1-s[0]-s[1], s[1])
		}
		return out
	}
	inside := byTwentieths()
	// All 0 points; the last two are the worst of all.
	shares := append(byTwentieths(), [2]float64{0.02, 0.02}, [2]float64{0.5, 0.5}, [2]float64{0, 0})
	most := 0.0
	for _, n := range [][2]int64{{10, 10}, {10, 20}, {10, 40}, {20, 20}, {20, 40}, {30, 30}, {40, 40}} {
		first, second := waves(n[0]), waves(n[1])
		theirs := make([][]float64, len(shares))
		for i, s := range shares {
			theirs[i] = chances(second, s)
		}
		alarm := make([][]bool, len(first))
		for i, a := range first {
			alarm[i] = make([]bool, len(second))
			for j, b := range second {
				if n[0] == n[1] && j < i {
					alarm[i][j] = alarm[j][i]
					continue
				}
				c, err := a.Compare(b)
				require.NoError(t, err)
				alarm[i][j] = c.P <= 0.05
			}
		}
		pairs, usual, worst := 0, 0, 0.0
		for i, s := range shares {
			alarms := make([]float64, len(second)) // for each of the second waves
			for k, p := range chances(first, s) {
				for l, is := range alarm[k] {
					if is {
						alarms[l] += p
					}
				}
			}
			for j, u := range shares {
				if math.Abs(s[0]-s[1]-u[0]+u[1]) > 1e-9 {
					continue
				}
				size := 0.0
				for l, p := range theirs[j] {
					size += p * alarms[l]
				}
				most = max(most, size)
				if i < len(inside) && j < len(inside) {
					pairs++
					worst = max(worst, size)
					if size >= 0.03 && size < 0.06 {
						usual++
					}
				}
			}
		}
		t.Log(n, worst, float64(usual)/float64(pairs))
		require.Less(t, worst, 0.06, "%v", n)
		require.Greater(t, float64(usual)/float64(pairs), 2.0/3, "%v", n)
	}
	require.InDelta(t, 0.109375, most, 1e-9) // 2·(1 + 10 + 45)/2¹⁰
}

// A comparison of scores warns by the smaller wave, as their difference does.
func TestNetCompareWarns(t *testing.T) {
	t.Parallel()
	c, err := kpi.NPS{Promoters: 2}.Compare(kpi.NPS{Detractors: 3})
	require.NoError(t, err)
	require.Less(t, c.P, 0.05)
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, c.Warnings)
	for n, want := range map[int64][]kpi.Code{29: {kpi.CodeTooFew}, 30: nil} {
		c, err := kpi.NPS{Promoters: n}.Compare(kpi.NPS{Detractors: 500})
		require.NoError(t, err)
		require.Equal(t, want, c.Warnings)
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
				"NPS.Diff":           func(a, b kpi.NPS) error { _, err := a.Diff(b, 0.95); return err },
				"NPS.Compare":        func(a, b kpi.NPS) error { _, err := a.Compare(b); return err },
				"CES.NetEasyDiff":    func(a, b kpi.NPS) error { _, err := easy(a).NetEasyDiff(easy(b), 0.95); return err },
				"CES.NetEasyCompare": func(a, b kpi.NPS) error { _, err := easy(a).NetEasyCompare(easy(b)); return err },
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
	test, err := tops[0].NetTopCompare(tops[1])
	require.NoError(t, err)
	same, err := kpi.CES{Counts: counts[0]}.NetEasyCompare(kpi.CES{Counts: counts[1]})
	require.NoError(t, err)
	require.True(t, same.Difference.Equal(test.Difference))
	require.Equal(t, same.Statistic, test.Statistic)

	tops[1].Scale.TopFrom = 6
	_, err = tops[0].NetTopDiff(tops[1], 0.95)
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = tops[0].NetTopCompare(tops[1])
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeMismatch, e.Code)
	require.Equal(t, "CSAT.NetTopCompare", e.Metric)
	_, err = tops[0].NetTopDiff(kpi.CSAT{Scale: scale}, 0.95)
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
}
