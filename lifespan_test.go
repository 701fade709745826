package kpi_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// R 4.2.2, survival 3.5-3.
func TestLifespan(t *testing.T) {
	t.Parallel()
	churn12 := lifetimes([]float64{1, 1, 2, 3, 3, 3, 4, 6, 6, 8, 12, 12}, []int{1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0})
	tests := []struct {
		name                  string
		ls                    kpi.Lifetimes
		median, horizon, mean float64
	}{
		{"aml, maintained", maintained, 31, 161, 52.6454545454545},
		{"twelve customers", churn12, 6, 12, 6.44907407407407},
		{"all left, in the middle", lifetimes([]float64{1, 2, 3, 4}, []int{1, 1, 1, 1}), 2.5, 4, 2.5},
		// ∫ to 20: 9 + 4·10/11 + 5·9/11 + 2·63/88
		{"aml, to 20", maintained, 31, 20, 9 + 40./11 + 45./11 + 126./88},
		{"before the first departure", maintained, 31, 5, 5},
		{"rests at one half to the end", lifetimes([]float64{3, 7}, []int{1, 0}), 3, 7, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := survival(t, tt.ls)
			median, err := s.Median()
			require.NoError(t, err)
			require.Equal(t, tt.median, median)
			half, err := s.Quantile(0.5)
			require.NoError(t, err)
			require.Equal(t, median, half)
			mean, err := s.RestrictedMean(tt.horizon)
			require.NoError(t, err)
			require.InDelta(t, tt.mean, mean, 1e-13)
		})
	}
}

// Without censoring the restricted mean to the last departure is the mean, and
// its standard error that of a mean with n for n−1.
func TestLifespanUncensored(t *testing.T) {
	t.Parallel()
	exits := []float64{2, 3, 3, 7, 8, 11, 13, 20}
	s := survival(t, lifetimes(exits, []int{1, 1, 1, 1, 1, 1, 1, 1}))
	var sum, squares float64
	for _, x := range exits {
		sum += x
		squares += x * x
	}
	n := float64(len(exits))
	mean, err := s.RestrictedMean(20)
	require.NoError(t, err)
	require.InDelta(t, sum/n, mean, 1e-14)
	se, err := s.RestrictedMeanStdErr(20)
	require.NoError(t, err)
	require.InDelta(t, math.Sqrt((squares/n-mean*mean)/n), se, 1e-14)
	i, err := s.RestrictedMeanInterval(20, 0.95)
	require.NoError(t, err)
	require.InDelta(t, mean-1.959963984540054*se, i.Lo, 1e-12)
	require.InDelta(t, mean+1.959963984540054*se, i.Hi, 1e-12)
	require.Equal(t, int64(8), i.N)
}

func TestLifespanQuantiles(t *testing.T) {
	t.Parallel()
	s := survival(t, maintained)
	for _, tt := range []struct{ p, want float64 }{{0.05, 9}, {0.1, 13}, {0.25, 18}, {0.5, 31}, {0.7, 48}, {0.8, 48}} {
		got, err := s.Quantile(tt.p)
		require.NoError(t, err)
		require.Equal(t, tt.want, got, "p = %v", tt.p)
	}
	_, err := s.Quantile(0.9) // 18 % are never seen to leave
	require.Equal(t, kpi.CodeBeyondBound, requireError(t, err, kpi.ErrUndefined).Code)

	// The limits are where the bands come down to one half; R: 18 and none.
	i, err := s.MedianInterval(0.95, kpi.LogBand)
	require.NoError(t, err)
	require.Equal(t, 18.0, i.Lo)
	require.True(t, math.IsInf(i.Hi, 1))
	require.Equal(t, []kpi.Code{kpi.CodeTooFew, kpi.CodeBeyondBound}, i.Warnings)
	require.True(t, i.Contains(31))
	// The upper plain limits are .687 at 34 and .485 at 48.
	i, err = s.QuantileInterval(0.5, 0.95, kpi.PlainBand)
	require.NoError(t, err)
	require.Equal(t, 48.0, i.Hi)
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, i.Warnings)
	// All have left, but where nobody is left there is no band to come down.
	all := survival(t, lifetimes([]float64{1, 2, 3, 4}, []int{1, 1, 1, 1}))
	i, err = all.MedianInterval(0.95, kpi.LogLogBand)
	require.NoError(t, err)
	require.Equal(t, 1.0, i.Lo)
	require.True(t, math.IsInf(i.Hi, 1))
	// The median is not reached, and has a lower limit all the same.
	two := survival(t, lifetimes([]float64{1, 2, 3, 4, 5}, []int{1, 1, 0, 0, 0}))
	_, err = two.Median()
	requireError(t, err, kpi.ErrUndefined)
	i, err = two.MedianInterval(0.95, kpi.LogLogBand)
	require.NoError(t, err)
	require.Equal(t, 1.0, i.Lo)
	require.True(t, math.IsInf(i.Hi, 1))
}

// What is said is true, of the curve and of its limits.
func TestLifespanNotReached(t *testing.T) {
	t.Parallel()
	few := survival(t, lifetimes([]float64{3, 8, 8}, []int{1, 0, 0}))
	_, err := few.Quantile(0.9)
	e := requireError(t, err, kpi.ErrUndefined)
	require.Equal(t, kpi.CodeBeyondBound, e.Code)
	require.Equal(t, "At(8) = 0.6667 > 1−p = 0.1, t ≤ 8", e.Reason)
	_, err = few.QuantileInterval(0.99, 0.95, kpi.LogLogBand)
	e = requireError(t, err, kpi.ErrUndefined)
	require.Equal(t, kpi.CodeBeyondBound, e.Code)
	require.Equal(t, "Interval(8).Lo > 1−p = 0.01, t ≤ 8", e.Reason)

	// All have left, and at once: there is a median, and nothing to put limits to it.
	all := survival(t, lifetimes([]float64{5}, []int{1}))
	median, err := all.Median()
	require.NoError(t, err)
	require.Equal(t, 5.0, median)
	_, err = all.MedianInterval(0.95, kpi.LogLogBand)
	e = requireError(t, err, kpi.ErrUndefined)
	require.Equal(t, kpi.CodeNoSpread, e.Code)
	require.Equal(t, "Interval(t).Lo > 1−p = 0.5", e.Reason)
}

// Ages in another unit give times in that unit, in any that a float64 holds:
// powers of two, so that to the last bit.
func TestLifespanUnits(t *testing.T) {
	t.Parallel()
	in := func(unit float64) [6]float64 {
		ls := slices.Clone(maintained)
		for i := range ls {
			ls[i].Exit *= unit
		}
		s := survival(t, ls)
		mean, err := s.RestrictedMean(100 * unit)
		require.NoError(t, err)
		se, err := s.RestrictedMeanStdErr(100 * unit)
		require.NoError(t, err)
		i, err := s.RestrictedMeanInterval(100*unit, 0.95)
		require.NoError(t, err)
		require.Equal(t, []kpi.Code{kpi.CodeTooFew}, i.Warnings)
		median, err := s.MedianInterval(0.95, kpi.PlainBand)
		require.NoError(t, err)
		return [6]float64{mean / unit, se / unit, i.Lo / unit, i.Hi / unit, median.Lo / unit, median.Hi / unit}
	}
	want := in(1)
	for _, exponent := range []int{-1000, -670, -1, 4, 670, 1016} {
		require.Equal(t, want, in(math.Ldexp(1, exponent)), "2^%d", exponent)
	}
	// One of two leaves in the middle: the area behind is ½ unit, the variance ½²·½.
	for _, unit := range []float64{1e-200, 1, 1e200} {
		s := survival(t, kpi.Lifetimes{{Exit: unit, Ended: true}, {Exit: 3 * unit}})
		se, err := s.RestrictedMeanStdErr(2 * unit)
		require.NoError(t, err)
		require.InEpsilon(t, 0.5*math.Sqrt(0.5), se/unit, 1e-14)
		i, err := s.RestrictedMeanInterval(2*unit, 0.95)
		require.NoError(t, err)
		require.Equal(t, []kpi.Code{kpi.CodeTooFew}, i.Warnings)
	}
}

// Medians with their limits and restricted means of R on the data of lifelines.
func TestLifespanReference(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, row := range readTable(t, "clv/survival_medians_rmst.csv") {
		s, ok := readSurvival(t, row["dataset"])
		if !ok {
			continue
		}
		require.Equal(t, number(t, row["n"]), float64(s.N))
		require.Equal(t, number(t, row["events"]), float64(s.Events))
		horizon := number(t, row["rmst_horizon"])
		mean, err := s.RestrictedMean(horizon)
		require.NoError(t, err)
		require.InDelta(t, number(t, row["rmst"]), mean, 1e-9)
		se, err := s.RestrictedMeanStdErr(horizon)
		require.NoError(t, err)
		require.InDelta(t, number(t, row["rmst_se"]), se, 1e-9)

		median, err := s.Median()
		if row["median"] == "" {
			requireError(t, err, kpi.ErrUndefined)
		} else {
			require.NoError(t, err)
			require.Equal(t, number(t, row["median"]), median)
		}
		i, err := s.MedianInterval(0.95, bandNamed[row["conf_type"]])
		if row["median_lower"] == "" {
			requireError(t, err, kpi.ErrUndefined)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, number(t, row["median_lower"]), i.Lo)
		if row["median_upper"] == "" {
			require.True(t, math.IsInf(i.Hi, 1))
		} else {
			require.Equal(t, number(t, row["median_upper"]), i.Hi)
		}
		checked++
	}
	require.Greater(t, checked, 12)
}
