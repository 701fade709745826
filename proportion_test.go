package kpi_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Proportion]{
	name: "Proportion",
	random: func(r *rand.Rand) kpi.Proportion {
		p := kpi.Proportion{N: r.Int64N(1000)}
		p.K = r.Int64N(p.N + 1)
		return p
	},
	merge: func(dst *kpi.Proportion, src kpi.Proportion) error {
		p, err := dst.Merge(src)
		*dst = p // also after an error, which has to leave it as it was
		return err
	},
	bad:   []kpi.Proportion{{K: -1}, {N: -1}, {K: 1}, {K: 3, N: 2}, {K: -2, N: -1}},
	clash: [][2]kpi.Proportion{{{N: math.MaxInt64}, {N: 1}}, {{K: math.MaxInt64, N: math.MaxInt64}, {K: 1, N: 1}}},
})

func TestProportion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		p                          kpi.Proportion
		ratio, text, percent, rest string
	}{
		{kpi.Proportion{K: 7, N: 300}, "7/300", "7/300", "2.33%", "293/300"},
		{kpi.Proportion{K: 15, N: 180}, "1/12", "15/180", "8.33%", "165/180"},
		{kpi.Proportion{K: 0, N: 3}, "0", "0/3", "0.00%", "3/3"},
		{kpi.Proportion{K: 3, N: 3}, "1", "3/3", "100.00%", "0/3"},
		{kpi.Proportion{K: 1, N: 20000}, "0.00005", "1/20000", "0.01%", "19999/20000"}, // half away from zero
		{kpi.Proportion{K: math.MaxInt64, N: math.MaxInt64}, "1", "9223372036854775807/9223372036854775807", "100.00%", "0/9223372036854775807"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			r, err := tt.p.Ratio()
			requireRatio(t, tt.ratio, r, err)
			require.Equal(t, tt.text, tt.p.String())
			require.Equal(t, tt.percent, tt.p.Percent(2))
			require.Equal(t, tt.rest, tt.p.Complement().String())
			require.Equal(t, tt.p, tt.p.Complement().Complement())
			rest, err := tt.p.Complement().Ratio()
			requireRatio(t, r.Complement().String(), rest, err)
		})
	}
}

func TestProportionErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		p    kpi.Proportion
		code kpi.Code
		kind error
	}{
		{"nobody", kpi.Proportion{}, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"more than there are", kpi.Proportion{K: 3, N: 2}, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"some of nobody", kpi.Proportion{K: 1}, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"negative part", kpi.Proportion{K: -1, N: 2}, kpi.CodeNegative, kpi.ErrInvalid},
		{"negative whole", kpi.Proportion{K: -3, N: -2}, kpi.CodeNegative, kpi.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.p.Ratio()
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "Proportion.Ratio", e.Metric)
			_, err = tt.p.Interval(0.95)
			e = requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "Proportion.Interval", e.Metric)
			require.Equal(t, kpi.Undefined, tt.p.Percent(1))
		})
	}
	for _, confidence := range []float64{0, 1, -1, 95, math.NaN(), math.Inf(-1)} {
		for _, p := range []kpi.Proportion{{K: 1, N: 2}, {}} {
			_, err := p.Interval(confidence)
			require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
		}
	}
}

func TestProportionInterval(t *testing.T) {
	t.Parallel()
	tests := []struct {
		k, n       int64
		confidence float64
		lo, hi     float64
	}{
		// R 4.2.2: prop.test(x, n, correct = FALSE)$conf.int
		{0, 10, 0.95, 0, 0.277532799862889},
		{5, 10, 0.95, 0.236593090512564, 0.763406909487436},
		{10, 10, 0.95, 0.722467200137111, 1},
		{20, 200, 0.95, 0.0656704486690959, 0.149405812432717},
		{20, 200, 0.90, 0.0702711022783318, 0.140406626245489},
		{20, 200, 0.99, 0.0575735046049992, 0.168113914936075},
		{1, 1, 0.95, 0.206549314377238, 1},
		{3, 1000, 0.95, 0.00102078388113862, 0.00878301405350317},
		// statsmodels, results_proportion.py (R package binom)
		{18, 20, 0.95, 0.6989663547715128, 0.972133518786232},
		{4, 200, 0.95, 0.00780442641634947, 0.05028708690582643},
	}
	for _, tt := range tests {
		i, err := kpi.Proportion{K: tt.k, N: tt.n}.Interval(tt.confidence)
		require.NoError(t, err)
		require.InDelta(t, tt.lo, i.Lo, 1e-12, "%+v", tt)
		require.InDelta(t, tt.hi, i.Hi, 1e-12, "%+v", tt)
		require.Equal(t, tt.confidence, i.Confidence)
		require.Equal(t, tt.n, i.N)
		require.Equal(t, tt.n < 30, slices.Contains(i.Warnings, kpi.CodeTooFew))
	}
	// The limits of nobody and of everybody are exact.
	i, err := kpi.Proportion{N: 77}.Interval(0.95)
	require.NoError(t, err)
	require.Equal(t, 0.0, i.Lo)
	i, err = kpi.Proportion{K: 38, N: 38}.Interval(0.95)
	require.NoError(t, err)
	require.Equal(t, 1.0, i.Hi)
	// The largest counts there are.
	i, err = kpi.Proportion{K: math.MaxInt64, N: math.MaxInt64}.Interval(0.95)
	require.NoError(t, err)
	require.True(t, i.Lo > 0.999 && i.Hi == 1)
}

// Mirror images, and limits that close in as the confidence falls.
func TestProportionIntervalLaws(t *testing.T) {
	t.Parallel()
	for n := int64(1); n <= 40; n++ {
		for k := range n + 1 {
			p := kpi.Proportion{K: k, N: n}
			i, err := p.Interval(0.95)
			require.NoError(t, err)
			mirror, err := p.Complement().Interval(0.95)
			require.NoError(t, err)
			require.InDelta(t, 1-i.Lo, mirror.Hi, 1e-15)
			require.InDelta(t, 1-i.Hi, mirror.Lo, 1e-15)
			narrower, err := p.Interval(0.5)
			require.NoError(t, err)
			require.True(t, 0 <= i.Lo && i.Lo <= narrower.Lo && narrower.Hi <= i.Hi && i.Hi <= 1)
			require.True(t, narrower.Contains(float64(k)/float64(n)))
		}
	}
}
