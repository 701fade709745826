package kpi_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.NPS]{
	name: "NPS",
	random: func(r *rand.Rand) kpi.NPS {
		return kpi.NPS{Promoters: r.Int64N(1000), Passives: r.Int64N(1000), Detractors: r.Int64N(1000)}
	},
	merge: (*kpi.NPS).Merge,
	bad: []kpi.NPS{
		{Promoters: -1},
		{Passives: -1},
		{Detractors: -1},
		{Promoters: math.MaxInt64, Passives: 1},
		{Passives: math.MaxInt64, Detractors: math.MaxInt64},
	},
	clash: [][2]kpi.NPS{
		{{Promoters: math.MaxInt64}, {Promoters: 1}},
		{{Promoters: math.MaxInt64}, {Detractors: 1}},
		{{Passives: math.MaxInt64 - 1}, {Promoters: 1, Detractors: 1}},
	},
})

// npsBranches is the loop that everybody writes first: what AddAll has to agree
// with, and to beat.
func npsBranches(scores []int) (n kpi.NPS, bad int) {
	for i, s := range scores {
		switch {
		case s < 0 || s > 10:
			return kpi.NPS{}, i
		case s >= 9:
			n.Promoters++
		case s >= 7:
			n.Passives++
		default:
			n.Detractors++
		}
	}
	return n, -1
}

func TestNPSScore(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		n     kpi.NPS
		score string
	}{
		{"all promoters", kpi.NPS{Promoters: 10}, "100"},
		{"all passives", kpi.NPS{Passives: 10}, "0"},
		{"all detractors", kpi.NPS{Detractors: 10}, "-100"},
		{"as many of either", kpi.NPS{Promoters: 4, Detractors: 4}, "0"},
		// A survey of 1/2 promoters, 1/3 passives and 1/6 detractors has a net of 1/3:
		// stats.stackexchange, NPS margin of error (W. Huber).
		{"half, a third and a sixth", kpi.NPS{Promoters: 3, Passives: 2, Detractors: 1}, "100/3"},
		// 1600/31: github.com/CDCgov/prime-reportstream, issue 5281.
		{"CDC ReportStream", kpi.NPS{Promoters: 18, Passives: 11, Detractors: 2}, "1600/31"},
		// The next three are from the vignette formulae of the R package NPS.
		{"R: below zero", kpi.NPS{Promoters: 2, Passives: 3, Detractors: 5}, "-30"},
		{"R: 200 answers", kpi.NPS{Promoters: 120, Passives: 50, Detractors: 30}, "45"},
		{"R: 1000 answers", kpi.NPS{Promoters: 360, Passives: 340, Detractors: 300}, "6"},
		{"as many as can be", kpi.NPS{Promoters: math.MaxInt64}, "100"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			score, err := tt.n.Score()
			requireRatio(t, tt.score, score, err)

			// The score is the difference of the shares, and the shares are all.
			promoters, err := tt.n.PromoterShare()
			require.NoError(t, err)
			passives, err := tt.n.PassiveShare()
			require.NoError(t, err)
			detractors, err := tt.n.DetractorShare()
			require.NoError(t, err)
			p, q, d := kpi.Must(promoters.Ratio()), kpi.Must(passives.Ratio()), kpi.Must(detractors.Ratio())
			require.True(t, p.Sub(d).Mul(kpi.Whole(100)).Equal(score))
			require.True(t, p.Add(q).Add(d).Equal(kpi.Whole(1)))
			require.Equal(t, tt.n.N(), promoters.N)

			// Promoters and detractors changing places turn the sign.
			back, err := kpi.NPS{Promoters: tt.n.Detractors, Passives: tt.n.Passives, Detractors: tt.n.Promoters}.Score()
			require.NoError(t, err)
			require.True(t, back.Equal(score.Neg()))
		})
	}
}

func TestNPSAdd(t *testing.T) {
	t.Parallel()
	for score := -3; score <= 13; score++ {
		var one, all kpi.NPS
		want, bad := npsBranches([]int{score})
		err := one.Add(score)
		errAll := all.AddAll([]int{score})
		if bad >= 0 {
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, kpi.CodeOutOfScale, e.Code)
			require.Equal(t, "NPS.Add", e.Metric)
			require.Equal(t, -1, e.Index)
			require.Equal(t, 0, requireError(t, errAll, kpi.ErrInvalid).Index)
		} else {
			require.NoError(t, err)
			require.NoError(t, errAll)
		}
		require.Equal(t, want, one, score)
		require.Equal(t, want, all, score)
	}
	for _, score := range []int{math.MaxInt, math.MinInt} {
		var n kpi.NPS
		requireError(t, n.Add(score), kpi.ErrInvalid)
		requireError(t, n.AddAll([]int{score}), kpi.ErrInvalid)
	}
	// pub.dev/packages/satisfaction: 1, 7, 7, 8, 9, 10 score 100/6.
	var n kpi.NPS
	require.NoError(t, n.AddAll([]int{1, 7, 7, 8, 9, 10}))
	require.Equal(t, kpi.NPS{Promoters: 2, Passives: 3, Detractors: 1}, n)
	score, err := n.Score()
	requireRatio(t, "50/3", score, err)
}

func TestNPSAddOverflow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		n    kpi.NPS
		code kpi.Code
	}{
		{"promoters", kpi.NPS{Promoters: math.MaxInt64}, kpi.CodeOverflow},
		{"passives", kpi.NPS{Passives: math.MaxInt64}, kpi.CodeOverflow},
		{"detractors", kpi.NPS{Detractors: math.MaxInt64}, kpi.CodeOverflow},
		{"the total", kpi.NPS{Promoters: math.MaxInt64 - 5, Passives: 2, Detractors: 3}, kpi.CodeOverflow},
		{"already beyond", kpi.NPS{Promoters: math.MaxInt64, Passives: math.MaxInt64, Detractors: 2}, kpi.CodeOverflow},
		{"negative", kpi.NPS{Promoters: -2}, kpi.CodeNegative},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for score := 0; score <= 10; score++ {
				n := tt.n
				e := requireError(t, n.Add(score), kpi.ErrInvalid)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, "NPS.Add", e.Metric)
				e = requireError(t, n.AddAll([]int{score}), kpi.ErrInvalid)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, "NPS.AddAll", e.Metric)
				require.Equal(t, tt.n, n)
			}
		})
	}
	// Up to the brim, and no further.
	n := kpi.NPS{Promoters: math.MaxInt64 - 3, Passives: 1, Detractors: 1}
	require.NoError(t, n.Add(0))
	require.Equal(t, int64(math.MaxInt64), n.N())
	requireError(t, n.Add(0), kpi.ErrInvalid)
}

func TestNPSAddAllIsAllOrNothing(t *testing.T) {
	t.Parallel()
	for _, length := range []int{1, 2, 3, 4, 5, 7, 8, 9, 16, 63, 64, 65, 1000} {
		for bad := range length {
			for _, wrong := range []int{-1, 11, 16, 32, math.MinInt, math.MaxInt} {
				scores := make([]int, length)
				scores[bad], scores[length-1] = wrong, -2 // the first is named
				if bad == length-1 {
					scores[bad] = wrong
				}
				n := kpi.NPS{Promoters: 1}
				e := requireError(t, n.AddAll(scores), kpi.ErrInvalid)
				require.Equal(t, bad, e.Index)
				require.Equal(t, kpi.NPS{Promoters: 1}, n)
			}
			if bad > 100 {
				break
			}
		}
	}
	n := kpi.NPS{Promoters: 1}
	require.NoError(t, n.AddAll(nil))
	require.Equal(t, kpi.NPS{Promoters: 1}, n)
}

func FuzzNPSAddAll(f *testing.F) {
	f.Add([]byte{0, 6, 7, 8, 9, 10})
	f.Add([]byte{10, 10, 10, 10, 11})
	f.Add([]byte{0, 0, 0, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		scores := make([]int, len(data))
		for i, b := range data {
			scores[i] = int(int8(b))
		}
		var got kpi.NPS
		err := got.AddAll(scores)
		want, bad := npsBranches(scores)
		require.Equal(t, want, got)
		if bad < 0 {
			require.NoError(t, err)
			return
		}
		require.Equal(t, bad, requireError(t, err, kpi.ErrInvalid).Index)
	})
}

func TestNPSErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		n    kpi.NPS
		code kpi.Code
		kind error
	}{
		{"nobody", kpi.NPS{}, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"negative", kpi.NPS{Promoters: 5, Passives: -5}, kpi.CodeNegative, kpi.ErrInvalid},
		{"too many", kpi.NPS{Promoters: math.MaxInt64, Detractors: math.MaxInt64}, kpi.CodeOverflow, kpi.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, ask := range map[string]func() error{
				"NPS.Score":          func() error { _, err := tt.n.Score(); return err },
				"NPS.PromoterShare":  func() error { _, err := tt.n.PromoterShare(); return err },
				"NPS.PassiveShare":   func() error { _, err := tt.n.PassiveShare(); return err },
				"NPS.DetractorShare": func() error { _, err := tt.n.DetractorShare(); return err },
				"NPS.Interval":       func() error { _, err := tt.n.Interval(0.95); return err },
				"NPS.AdjustedWald":   func() error { _, err := tt.n.AdjustedWald(0.95); return err },
			} {
				e := requireError(t, ask(), tt.kind)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, name, e.Metric)
				require.Equal(t, -1, e.Index)
			}
			require.Zero(t, tt.n.N())
		})
	}
	for _, confidence := range []float64{0, 1, -0.5, 95, math.NaN(), math.Inf(1)} {
		// An argument that cannot be is refused even where there are no answers.
		for _, n := range []kpi.NPS{{Promoters: 1}, {}} {
			_, err := n.Interval(confidence)
			require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
			_, err = n.AdjustedWald(confidence)
			require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
		}
	}
}

const z95 = 1.959963984540054 // R: qnorm(.975)

func TestNPSInterval(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		n      kpi.NPS
		lo, hi float64
		delta  float64
	}{
		{"all promoters", kpi.NPS{Promoters: 10}, 44.49, 100, 0.005},
		{"all detractors", kpi.NPS{Detractors: 10}, -100, -44.49, 0.005},
		{"all passives", kpi.NPS{Passives: 10}, -27.75, 27.75, 0.005},
		// Solved apart from this program, at design time.
		{"120 and 30 of 200", kpi.NPS{Promoters: 120, Passives: 50, Detractors: 30}, 34.108, 54.571, 0.0005},
		{"40 and 20 of 160", kpi.NPS{Promoters: 40, Passives: 100, Detractors: 20}, 3.086, 21.806, 0.0005},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i, err := tt.n.Interval(0.95)
			require.NoError(t, err)
			require.InDelta(t, tt.lo, i.Lo, tt.delta)
			require.InDelta(t, tt.hi, i.Hi, tt.delta)
			require.Equal(t, 0.95, i.Confidence)
			require.Equal(t, tt.n.N(), i.N)
			require.Equal(t, tt.n.N() < 30, slices.Contains(i.Warnings, kpi.CodeTooFew))
		})
	}
}

// The corners have closed forms: all promoters from 100(n−z²)/(n+z²), all
// passives ±100z²/(n+z²).
func TestNPSIntervalCorners(t *testing.T) {
	t.Parallel()
	const zz = z95 * z95
	for _, count := range []int64{1, 2, 3, 10, 1000, 1e6, 1e9, 1e12, 1e15, math.MaxInt64} {
		n := float64(count)
		i, err := kpi.NPS{Promoters: count}.Interval(0.95)
		require.NoError(t, err)
		require.InDelta(t, 100*(n-zz)/(n+zz), i.Lo, 1e-10, count)
		require.Equal(t, 100.0, i.Hi)
		i, err = kpi.NPS{Detractors: count}.Interval(0.95)
		require.NoError(t, err)
		require.Equal(t, -100.0, i.Lo)
		require.InDelta(t, -100*(n-zz)/(n+zz), i.Hi, 1e-10, count)
		i, err = kpi.NPS{Passives: count}.Interval(0.95)
		require.NoError(t, err)
		require.InEpsilon(t, -100*zz/(n+zz), i.Lo, 1e-12, count)
		require.InEpsilon(t, 100*zz/(n+zz), i.Hi, 1e-12, count)
	}
}

// tangoSlowly solves Tango's equation as it is printed, with 400 bits.
func tangoSlowly(top, bottom, total int64, z float64) (lo, hi float64) {
	num := func(x float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(x) }
	whole := func(x int64) *big.Float { return new(big.Float).SetPrec(400).SetInt64(x) }
	add := func(x, y *big.Float) *big.Float { return num(0).Add(x, y) }
	sub := func(x, y *big.Float) *big.Float { return num(0).Sub(x, y) }
	mul := func(x, y *big.Float) *big.Float { return num(0).Mul(x, y) }
	root := func(x *big.Float) *big.Float {
		if x.Sign() <= 0 {
			return num(0)
		}
		return num(0).Sqrt(x)
	}
	b, c, n := whole(top), whole(bottom), whole(total)
	gap := func(delta *big.Float, z float64) int {
		free := mul(delta, sub(num(1), delta))
		aa := mul(num(2), n)
		bb := sub(mul(add(sub(mul(num(2), n), b), c), delta), add(b, c))
		cc := num(0).Neg(mul(c, free))
		q := sub(root(sub(mul(bb, bb), mul(num(4), mul(aa, cc)))), bb)
		q.Quo(q, mul(num(2), aa))
		spread := root(mul(n, add(mul(num(2), q), free)))
		return sub(sub(sub(b, c), mul(n, delta)), mul(num(z), spread)).Sign()
	}
	solve := func(lo, hi *big.Float, z float64) float64 {
		for range 150 {
			mid := mul(num(0.5), add(lo, hi))
			if gap(mid, z) > 0 {
				lo = mid
			} else {
				hi = mid
			}
		}
		x, _ := hi.Float64()
		return x
	}
	estimate := num(0).Quo(sub(b, c), n)
	return solve(num(-1), estimate, z), solve(estimate, num(1), -z)
}

func TestNPSIntervalAgainstSlow(t *testing.T) {
	t.Parallel()
	cases := []kpi.NPS{
		{Promoters: 1},
		{Passives: 1},
		{Promoters: 1, Passives: 1},
		{Promoters: 1, Detractors: 1},
		{Promoters: 999, Passives: 1},
		{Promoters: 999, Detractors: 1},
		{Promoters: 1, Passives: 999},
		{Promoters: 1, Detractors: 1, Passives: 1e9},
		{Promoters: 1e15},
		{Promoters: 1e15 - 1, Detractors: 1},
		{Promoters: 1e15 - 1, Passives: 1},
		{Promoters: 5e14, Detractors: 5e14},
		{Promoters: 1, Passives: 1e15 - 1},
		{Promoters: 6e14, Passives: 3e14, Detractors: 1e14},
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 60 {
		most := int64(1) << r.IntN(40)
		n := kpi.NPS{Promoters: r.Int64N(most + 1), Passives: r.Int64N(most + 1), Detractors: r.Int64N(most + 1)}
		if n.N() > 0 {
			cases = append(cases, n)
		}
	}
	quantiles := map[float64]float64{0.5: 0.67448975019608174, 0.95: z95, 0.999: 3.2905267314918948} // R: qnorm
	for _, n := range cases {
		for confidence, z := range quantiles {
			i, err := n.Interval(confidence)
			require.NoError(t, err)
			lo, hi := tangoSlowly(n.Promoters, n.Detractors, n.N(), z)
			require.InDelta(t, lo, i.Lo/100, 1e-12, "%+v %v", n, confidence)
			require.InDelta(t, hi, i.Hi/100, 1e-12, "%+v %v", n, confidence)
		}
	}
}

func TestNPSIntervalLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		n := kpi.NPS{Promoters: r.Int64N(40), Passives: r.Int64N(40), Detractors: r.Int64N(40) + 1}
		score := kpi.Must(n.Score()).Float64()
		swapped := kpi.NPS{Promoters: n.Detractors, Passives: n.Passives, Detractors: n.Promoters}
		for _, ask := range []func(kpi.NPS, float64) (kpi.Interval, error){kpi.NPS.Interval, kpi.NPS.AdjustedWald} {
			i, err := ask(n, 0.95)
			require.NoError(t, err)
			require.True(t, -100 <= i.Lo && i.Hi <= 100 && i.Contains(score), "%+v %v", n, i)
			require.Less(t, i.Lo, i.Hi)
			wider, err := ask(n, 0.99)
			require.NoError(t, err)
			require.True(t, wider.Lo <= i.Lo && i.Hi <= wider.Hi)
			mirror, err := ask(swapped, 0.95)
			require.NoError(t, err)
			require.InDelta(t, -i.Lo, mirror.Hi, 1e-10)
			require.InDelta(t, -i.Hi, mirror.Lo, 1e-10)
		}
	}
}

func TestNPSAdjustedWald(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		n      kpi.NPS
		lo, hi float64
	}{
		// 90/203 ± z√(151.5/203 − (90/203)²)/√203, in points.
		{"120 and 30 of 200", kpi.NPS{Promoters: 120, Passives: 50, Detractors: 30}, 34.135419179026623, 54.534531559889634},
		{"clipped", kpi.NPS{Promoters: 10}, 47.503551544790210, 100},
		// 1/4 ± z√((5/8 − 1/16)/4) ends at 98.5, short of the score.
		{"extended", kpi.NPS{Promoters: 1}, 25 - 37.5*z95, 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i, err := tt.n.AdjustedWald(0.95)
			require.NoError(t, err)
			require.InDelta(t, tt.lo, i.Lo, 1e-6)
			require.InDelta(t, tt.hi, i.Hi, 1e-6)
			require.Equal(t, tt.n.N(), i.N)
		})
	}
}
