package kpi_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestSampleSize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                      string
		p0, p1, confidence, power float64
		want                      int64
	}{
		{"10 % against 12 %", 0.10, 0.12, 0.95, 0.8, 3841},
		{"and back", 0.12, 0.10, 0.95, 0.8, 3841},
		{"R: power.prop.test(p1 = .50, p2 = .75, power = .90) is 76.7", 0.50, 0.75, 0.95, 0.9, 77},
		{"nobody against everybody", 0, 1, 0.95, 0.8, 2}, // z²/2 = 1.92
		{"less power than the level", 0.1, 0.12, 0.95, 0.001, 1},
		{"hardly any power, and no spread", 0, 1, 0.95, 1e-20, 2},
		{"hardly any power", 0.1, 0.12, 0.95, 1e-300, 1},
		{"mirrored", 0.90, 0.88, 0.95, 0.8, 3841},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, err := kpi.SampleSize(tt.p0, tt.p1, tt.confidence, tt.power)
			require.NoError(t, err)
			require.Equal(t, tt.want, n)
		})
	}
}

// The least n does, and one fewer does not.
func TestSampleSizeWidths(t *testing.T) {
	t.Parallel()
	for _, p := range []float64{0, 0.1, 0.5, 1} {
		for _, half := range []float64{0.02, 0.05, 0.1} {
			n, err := kpi.SampleSizeShare(p, half, 0.95)
			require.NoError(t, err)
			width := func(n int64) float64 { // Wilson's, of a share that need not be k of n
				const z = 1.959963984540054
				return z * math.Sqrt(p*(1-p)*float64(n)+z*z/4) / (float64(n) + z*z)
			}
			require.LessOrEqual(t, width(n), half*(1+1e-12))
			require.Greater(t, width(n-1), half)
		}
	}
	n, err := kpi.SampleSizeShare(0.5, 0.05, 0.95) // z²(1/(4h²) − 1) = 380.3
	require.NoError(t, err)
	require.Equal(t, int64(381), n)

	// t(16)/√17 = .514 and t(17)/√18 = .497.
	n, err = kpi.SampleSizeMean(1, 0.5, 0.95)
	require.NoError(t, err)
	require.Equal(t, int64(18), n)
	n, err = kpi.SampleSizeMean(0, 1, 0.95)
	require.NoError(t, err)
	require.Equal(t, int64(2), n)
	n, err = kpi.SampleSizeMean(1e308, 0.5e308, 0.95) // the same, in a larger unit
	require.NoError(t, err)
	require.Equal(t, int64(18), n)
	n, err = kpi.SampleSizeMean(1, 1e-8, 0.95)
	require.NoError(t, err)
	require.InDelta(t, 1.959963984540054*1.959963984540054*1e16, float64(n), 1e4)

	for _, half := range []float64{5, 10, 30} {
		n, err := kpi.SampleSizeNPS(half, 0.95)
		require.NoError(t, err)
		for _, w := range []kpi.NPS{{Promoters: n / 2, Detractors: n - n/2}, {Promoters: n / 3, Passives: n / 3, Detractors: n - n/3*2}, {Passives: n}, {Promoters: n}} {
			i, err := w.Interval(0.95)
			require.NoError(t, err)
			require.LessOrEqual(t, (i.Hi-i.Lo)/2, half*(1+1e-9), "%v", w)
		}
	}
}

func TestSampleSizeErrors(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	two := func(p0, p1, confidence, power float64) error {
		_, err := kpi.SampleSize(p0, p1, confidence, power)
		return err
	}
	share := func(p, half, confidence float64) error {
		_, err := kpi.SampleSizeShare(p, half, confidence)
		return err
	}
	mean := func(s, half, confidence float64) error { _, err := kpi.SampleSizeMean(s, half, confidence); return err }
	nps := func(half, confidence float64) error { _, err := kpi.SampleSizeNPS(half, confidence); return err }
	for i, err := range []error{
		two(-0.1, 0.2, 0.95, 0.8), two(0.1, 1.2, 0.95, 0.8), two(nan, 0.2, 0.95, 0.8), two(0.1, nan, 0.95, 0.8),
		two(0.1, 0.1, 1, 0.8), two(0.1, 0.1, 0.95, 1), two(0.1, 0.1, 0.95, 0), two(0.1, 0.2, 0.95, nan), two(0.1, 0.2, nan, 0.8),
		share(-1, 0.1, 0.95), share(nan, 0.1, 0.95), share(0.1, 0, 0.95), share(0.1, -1, 0.95), share(0.1, inf, 0.95), share(0.1, nan, 0.95), share(0.1, 0.1, 0),
		mean(-1, 1, 0.95), mean(nan, 1, 0.95), mean(inf, 1, 0.95), mean(1, 0, 0.95), mean(1, nan, 0.95), mean(1, 1, 1),
		nps(0, 0.95), nps(nan, 0.95), nps(inf, 0.95), nps(5, 0),
	} {
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code, i)
	}
	require.Equal(t, kpi.CodeNever, requireError(t, two(0.1, 0.1, 0.95, 0.8), kpi.ErrUndefined).Code)
	for i, err := range []error{two(0.1, 0.1+1e-12, 0.95, 0.8), share(0.5, 1e-12, 0.95), mean(1, 1e-300, 0.95), nps(1e-300, 0.95), nps(5e-324, 0.95), share(0, 5e-324, 1e-15), two(0, 5e-324, 0.95, 0.5)} {
		e := requireError(t, err, kpi.ErrUndefined)
		require.Equal(t, kpi.CodeBeyondBound, e.Code, i)
		require.NotContains(t, e.Reason, "NaN", i)
	}
}

// Whatever is asked, the size is 1 at least, or there is an error that does not
// speak of NaN; more power or a narrower interval never takes fewer.
func FuzzSampleSize(f *testing.F) {
	f.Add(0.10, 0.12, 0.95, 0.8)
	f.Add(0.0, 1.0, 0.95, 1e-20)
	f.Add(0.5, 5e-324, 1e-300, math.Nextafter(1, 0))
	f.Fuzz(func(t *testing.T, p, half, confidence, power float64) {
		two := func(p, q, power float64) (int64, error) { return kpi.SampleSize(p, q, confidence, power) }
		for _, ask := range []func(k float64) (int64, error){
			func(k float64) (int64, error) { return two(p, half, power/k) },
			func(k float64) (int64, error) { return kpi.SampleSizeShare(p, half*k, confidence) },
			func(k float64) (int64, error) { return kpi.SampleSizeMean(p, half*k, confidence) },
			func(k float64) (int64, error) { return kpi.SampleSizeNPS(half*k, confidence) },
		} {
			n, err := ask(1)
			if err != nil {
				require.NotContains(t, err.Error(), "n = NaN")
				continue
			}
			require.Positive(t, n)
			fewer, err := ask(2)
			if err == nil {
				require.LessOrEqual(t, fewer, n)
			}
		}
	})
}
