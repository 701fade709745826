package kpi_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestAdjust(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		p, holm, bh []float64
	}{
		// R 4.2.2, p.adjust.
		{"ascending", []float64{0.01, 0.02, 0.03, 0.04, 0.05}, []float64{0.05, 0.08, 0.09, 0.09, 0.09}, []float64{0.05, 0.05, 0.05, 0.05, 0.05}},
		{"in any order", []float64{0.5, 0.04, 0.03, 0.001}, []float64{0.5, 0.09, 0.09, 0.004}, []float64{0.5, 0.16 / 3, 0.16 / 3, 0.004}},
		{"ties", []float64{0.02, 0.5, 0.02}, []float64{0.06, 0.5, 0.06}, []float64{0.03, 0.5, 0.03}},
		{"the ends", []float64{1, 0, 1}, []float64{1, 0, 1}, []float64{1, 0, 1}},
		{"one", []float64{0.3}, []float64{0.3}, []float64{0.3}},
		{"none", nil, []float64{}, []float64{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tt.p)
			holm, err := kpi.Holm(tt.p)
			require.NoError(t, err)
			require.InDeltaSlice(t, tt.holm, holm, 1e-15)
			bh, err := kpi.BenjaminiHochberg(tt.p)
			require.NoError(t, err)
			require.InDeltaSlice(t, tt.bh, bh, 1e-15)
			require.Equal(t, before, tt.p)
		})
	}
}

// 1 ≥ Holm ≥ Benjamini–Hochberg ≥ p, in the order of p, whatever the order.
func TestAdjustLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 5))
	for range 300 {
		p := make([]float64, r.IntN(30))
		for i := range p {
			p[i] = math.Round(r.Float64()*50) / 50 // with ties
		}
		holm, err := kpi.Holm(p)
		require.NoError(t, err)
		bh, err := kpi.BenjaminiHochberg(p)
		require.NoError(t, err)
		for i := range p {
			require.True(t, 1 >= holm[i] && holm[i] >= bh[i] && bh[i] >= p[i], "%v: %v %v", p[i], holm[i], bh[i])
			for j := range p {
				if p[i] <= p[j] {
					require.LessOrEqual(t, holm[i], holm[j])
					require.LessOrEqual(t, bh[i], bh[j])
				}
			}
		}
		turn := r.Perm(len(p))
		turned := make([]float64, len(p))
		for i, j := range turn {
			turned[i] = p[j]
		}
		holm2, err := kpi.Holm(turned)
		require.NoError(t, err)
		for i, j := range turn {
			require.Equal(t, holm[j], holm2[i])
		}
	}
}

func TestAdjustErrors(t *testing.T) {
	t.Parallel()
	for name, adjust := range map[string]func([]float64) ([]float64, error){
		"Holm": kpi.Holm, "BenjaminiHochberg": kpi.BenjaminiHochberg,
	} {
		for _, bad := range []float64{-1e-300, 1.0000001, math.NaN(), math.Inf(1), math.Inf(-1)} {
			got, err := adjust([]float64{0.5, bad, 2})
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, kpi.CodeOutOfRange, e.Code)
			require.Equal(t, 1, e.Index)
			require.Equal(t, name, e.Metric)
			require.Nil(t, got)
		}
	}
}

// Whatever the values, the adjusted ones are chances no smaller than they were, or
// there is an error; Holm's are no smaller than Benjamini and Hochberg's.
func FuzzAdjust(f *testing.F) {
	f.Add(0.01, 0.02, 0.02, 1.0, 3)
	f.Add(5e-324, 0.0, math.NaN(), -1.0, 100)
	f.Fuzz(func(t *testing.T, a, b, c, d float64, more int) {
		p := []float64{a, b, c, d}
		for range min(max(more, 0), 50) {
			p = append(p, a)
		}
		holm, err := kpi.Holm(p)
		bh, err2 := kpi.BenjaminiHochberg(p)
		require.Equal(t, err == nil, err2 == nil)
		for i := range holm {
			require.True(t, p[i] <= bh[i] && bh[i] <= holm[i]*(1+1e-15) && holm[i] <= 1, "%v: %v, %v", p, holm, bh)
		}
	})
}
