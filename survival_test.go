package kpi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Survival]{
	name: "Survival",
	random: func(r *rand.Rand) kpi.Survival {
		s, err := randomLifetimes(r, 1+r.IntN(12)).Survival()
		if err != nil {
			panic(err)
		}
		return s
	},
	merge: (*kpi.Survival).Merge,
	bad: []kpi.Survival{
		{From: -1},
		{From: math.Inf(1)},
		{From: math.Copysign(0, -1)},
		{Steps: []kpi.SurvivalStep{{Time: math.NaN(), AtRisk: 1, Events: 1}}},
		{Steps: []kpi.SurvivalStep{{Time: -1, AtRisk: 1, Events: 1}}},
		{Steps: []kpi.SurvivalStep{{Time: math.Copysign(0, -1), AtRisk: 1, Events: 1}}},
		{Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: -1, Events: -1}}},
		{Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: 1, Events: 2, Entered: 1}}},
		{Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: 1, Events: 1, Censored: 1, Entered: 1}}},
		{Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: 2, Events: 1}}},                                                        // one is left
		{Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: 2, Events: 1}, {Time: 2, AtRisk: 2, Events: 2}}},                       // out of nowhere
		{Steps: []kpi.SurvivalStep{{Time: 2, AtRisk: 2, Events: 1}, {Time: 2, AtRisk: 1, Events: 1}}},                       // twice the same age
		{Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: 1}, {Time: 2, AtRisk: 1, Events: 1}}},                                  // nothing at 1
		{From: 1, Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: 1, Events: 1}}},                                               // not after 1
		{Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: math.MaxInt64, Entered: 1}, {Time: 2, AtRisk: math.MinInt64}}},         // overflow
		{Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: 1, Events: math.MaxInt64, Censored: math.MaxInt64, Entered: 1 << 62}}}, // wraps
	},
	clash: [][2]kpi.Survival{
		{{Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: math.MaxInt64, Events: math.MaxInt64}}}, {Steps: []kpi.SurvivalStep{{Time: 2, AtRisk: 1, Events: 1}}}},
		{{From: 1, Steps: []kpi.SurvivalStep{{Time: 2, AtRisk: 1, Events: 1}}}, {Steps: []kpi.SurvivalStep{{Time: 2, AtRisk: 1, Events: 1}}}},
	},
})

func randomLifetimes(r *rand.Rand, n int) kpi.Lifetimes {
	ls := make(kpi.Lifetimes, n)
	for i := range ls {
		ls[i] = kpi.Lifetime{Exit: float64(r.IntN(12)) / 2, Ended: r.IntN(3) > 0}
		if r.IntN(2) == 0 && ls[i].Exit > 0 {
			ls[i].Entry = ls[i].Exit * float64(r.IntN(4)) / 4
		}
	}
	return ls
}

func lifetimes(exits []float64, ended []int) kpi.Lifetimes {
	ls := make(kpi.Lifetimes, len(exits))
	for i := range ls {
		ls[i] = kpi.Lifetime{Exit: exits[i], Ended: ended[i] == 1}
	}
	return ls
}

func survival(t *testing.T, ls kpi.Lifetimes) kpi.Survival {
	t.Helper()
	s, err := ls.Survival()
	require.NoError(t, err)
	return s
}

// Acute myelogenous leukaemia, maintained and not: Miller (1981), Survival
// analysis, as in R's data set aml.
var (
	maintained = lifetimes([]float64{9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161},
		[]int{1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0})
	nonmaintained = lifetimes([]float64{5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45},
		[]int{1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1})
)

// The estimates of R 4.2.2, survival 3.5-3: survfit(Surv(time, status) ~ 1).
func TestSurvivalMaintained(t *testing.T) {
	t.Parallel()
	s := survival(t, maintained)
	require.Equal(t, int64(11), s.N)
	require.Equal(t, int64(7), s.Events)
	require.Nil(t, s.Warnings)
	want := []kpi.SurvivalStep{
		{Time: 9, AtRisk: 11, Events: 1, Survival: 10. / 11, StdErr: 0.0866784172041448},
		{Time: 13, AtRisk: 10, Events: 1, Censored: 1, Survival: 9. / 11, StdErr: 0.116291299830333},
		{Time: 18, AtRisk: 8, Events: 1, Survival: 63. / 88, StdErr: 0.139664970557228},
		{Time: 23, AtRisk: 7, Events: 1, Survival: 54. / 88, StdErr: 0.152632331027312},
		{Time: 28, AtRisk: 6, Censored: 1, Survival: 54. / 88, StdErr: 0.152632331027312},
		{Time: 31, AtRisk: 5, Events: 1, Survival: 0.490909090909091, StdErr: 0.164193267221136},
		{Time: 34, AtRisk: 4, Events: 1, Survival: 0.368181818181818, StdErr: 0.162668885827095},
		{Time: 45, AtRisk: 3, Censored: 1, Survival: 0.368181818181818, StdErr: 0.162668885827095},
		{Time: 48, AtRisk: 2, Events: 1, Survival: 0.184090909090909, StdErr: 0.153492745786294},
		{Time: 161, AtRisk: 1, Censored: 1, Survival: 0.184090909090909, StdErr: 0.153492745786294},
	}
	require.Len(t, s.Steps, len(want))
	for i, w := range want {
		got := s.Steps[i]
		require.InDelta(t, w.Survival, got.Survival, 1e-14)
		require.InDelta(t, w.StdErr, got.StdErr, 1e-14)
		w.Survival, w.StdErr, w.Hazard, w.HazardStdErr = got.Survival, got.StdErr, got.Hazard, got.HazardStdErr
		require.Equal(t, w, got)
	}
	for _, tt := range []struct {
		at   float64
		want float64
	}{{0, 1}, {8.9, 1}, {9, 10. / 11}, {30, 54. / 88}, {161, 0.184090909090909}} {
		got, err := s.At(tt.at)
		require.NoError(t, err)
		require.InDelta(t, tt.want, got, 1e-14)
	}
	h, err := s.Hazard(18)
	require.NoError(t, err)
	require.InDelta(t, 1./11+1./10+1./8, h, 1e-15)
	require.InDelta(t, math.Sqrt(1./121+1./100+1./64), s.Steps[2].HazardStdErr, 1e-15)

	for _, tt := range []struct {
		band   kpi.Band
		at     float64
		lo, hi float64
	}{
		{kpi.LogLogBand, 9, 0.50808020576993, 0.986673822667823},
		{kpi.LogLogBand, 48, 0.0117384801231896, 0.525014842726641},
		{kpi.LogBand, 18, 0.488426287422128, 1},
		{kpi.LogBand, 48, 0.0359178984891853, 0.943525769474552},
		{kpi.PlainBand, 9, 0.739204333133848, 1},
		{kpi.PlainBand, 31, 0.169096200651704, 0.812721981166478},
		{kpi.PlainBand, 48, 0, 0.484931162720207},
	} {
		i, err := s.Interval(tt.at, 0.95, tt.band)
		require.NoError(t, err)
		require.InDelta(t, tt.lo, i.Lo, 1e-12, "%v at %v", tt.band, tt.at)
		require.InDelta(t, tt.hi, i.Hi, 1e-12, "%v at %v", tt.band, tt.at)
		require.Equal(t, int64(11), i.N)
		require.Equal(t, 0.95, i.Confidence)
		require.Equal(t, []kpi.Code{kpi.CodeTooFew}, i.Warnings)
	}
	h95, err := s.HazardInterval(18, 0.95)
	require.NoError(t, err)
	require.InDelta(t, h, math.Sqrt(h95.Lo*h95.Hi), 1e-15)
	require.InDelta(t, 1.959963984540054*s.Steps[2].HazardStdErr/h, math.Log(h95.Hi/h), 1e-14)
}

func TestSurvivalNobodyLeft(t *testing.T) {
	t.Parallel()
	s := survival(t, lifetimes([]float64{3, 5, 7}, []int{0, 0, 0}))
	got, err := s.At(7)
	require.NoError(t, err)
	require.Equal(t, 1.0, got)

	const z2 = 1.959963984540054 * 1.959963984540054
	for _, tt := range []struct{ at, n float64 }{{0, 3}, {3, 3}, {4, 2}, {7, 1}} {
		i, err := s.Interval(tt.at, 0.95, kpi.LogLogBand)
		require.NoError(t, err)
		require.InDelta(t, tt.n/(tt.n+z2), i.Lo, 1e-12)
		require.Equal(t, 1.0, i.Hi)
		require.Equal(t, []kpi.Code{kpi.CodeNoSpread, kpi.CodeTooFew}, i.Warnings)
	}
	_, err = s.Median()
	require.Equal(t, kpi.CodeBeyondBound, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = s.MedianInterval(0.95, kpi.LogLogBand)
	require.Equal(t, kpi.CodeBeyondBound, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = s.HazardInterval(5, 0.95)
	require.Equal(t, kpi.CodeNoSpread, requireError(t, err, kpi.ErrUndefined).Code)

	mean, err := s.RestrictedMean(5)
	require.NoError(t, err)
	require.Equal(t, 5.0, mean)
	se, err := s.RestrictedMeanStdErr(5)
	require.NoError(t, err)
	require.Zero(t, se)
	i, err := s.RestrictedMeanInterval(5, 0.95)
	require.NoError(t, err)
	require.InDelta(t, 5*2/(2+z2), i.Lo, 1e-12)
	require.Equal(t, 5.0, i.Hi)
	require.Equal(t, []kpi.Code{kpi.CodeNoSpread, kpi.CodeTooFew}, i.Warnings)
}

func TestSurvivalAllLeft(t *testing.T) {
	t.Parallel()
	s := survival(t, lifetimes([]float64{1, 2, 3, 4}, []int{1, 1, 1, 1}))
	// Without censoring the curve is the share that is left, to the last bit.
	for i, want := range []float64{0.75, 0.5, 0.25, 0} {
		require.Equal(t, want, s.Steps[i].Survival)
	}
	require.Zero(t, s.Steps[3].StdErr)
	at, err := s.At(1e9) // it stays at 0
	require.NoError(t, err)
	require.Zero(t, at)
	_, err = s.Interval(4, 0.95, kpi.LogLogBand)
	require.Equal(t, kpi.CodeNoSpread, requireError(t, err, kpi.ErrUndefined).Code)
	mean, err := s.RestrictedMean(4)
	require.NoError(t, err)
	require.Equal(t, 2.5, mean)
	_, err = s.RestrictedMean(4.5)
	require.Equal(t, kpi.CodeBeyondBound, requireError(t, err, kpi.ErrUndefined).Code)

	// All at once: no spread, and yet no certainty.
	once := survival(t, lifetimes([]float64{2, 2, 9}, []int{1, 1, 1})[:2])
	i, err := once.RestrictedMeanInterval(2, 0.95)
	require.NoError(t, err)
	require.Less(t, i.Lo, 2.0)
	require.Equal(t, []kpi.Code{kpi.CodeNoSpread, kpi.CodeTooFew}, i.Warnings)
}

func TestSurvivalAgeZero(t *testing.T) {
	t.Parallel()
	s := survival(t, lifetimes([]float64{0, 0, 2, 3}, []int{1, 0, 1, 0}))
	at, err := s.At(0)
	require.NoError(t, err)
	require.Equal(t, 0.75, at)
	require.Equal(t, kpi.SurvivalStep{
		Time: 0, AtRisk: 4, Events: 1, Censored: 1, Survival: 0.75,
		StdErr: s.Steps[0].StdErr, Hazard: 0.25, HazardStdErr: 0.25,
	}, s.Steps[0])
	mean, err := s.RestrictedMean(3)
	require.NoError(t, err)
	require.InDelta(t, 0.75*2+0.375, mean, 1e-15)
	neg := survival(t, lifetimes([]float64{math.Copysign(0, -1), 0, 2, 3}, []int{1, 0, 1, 0}))
	require.Equal(t, s, neg)
}

// Entry < t ≤ Exit, by hand: those who enter at 4 are not at risk of the
// departure at 4.
func TestSurvivalDelayedEntry(t *testing.T) {
	t.Parallel()
	s := survival(t, kpi.Lifetimes{
		{Exit: 4, Ended: true}, {Exit: 4}, {Exit: 6}, {Entry: 4, Exit: 5, Ended: true}, {Entry: 4, Exit: 9}, {Entry: 5, Exit: 6, Ended: true},
	})
	type row struct {
		time                              float64
		atRisk, events, censored, entered int64
		survival                          float64
	}
	var got []row
	for _, p := range s.Steps {
		got = append(got, row{p.Time, p.AtRisk, p.Events, p.Censored, p.Entered, p.Survival})
	}
	require.Equal(t, []row{
		{4, 3, 1, 1, 2, 2. / 3}, {5, 3, 1, 0, 1, 4. / 9}, {6, 3, 1, 1, 0, 8. / 27}, {9, 1, 0, 1, 0, 8. / 27},
	}, got)
	require.Equal(t, int64(6), s.N)
	require.Nil(t, s.Warnings)
}

func TestSurvivalEarlyGap(t *testing.T) {
	t.Parallel()
	s := survival(t, kpi.Lifetimes{
		{Exit: 1, Ended: true}, {Entry: 2, Exit: 5, Ended: true}, {Entry: 2, Exit: 8}, {Entry: 3, Exit: 7, Ended: true},
	})
	for _, p := range s.Steps {
		require.Zero(t, p.Survival)
	}
	require.Equal(t, []kpi.Code{kpi.CodeGap}, s.Warnings)
	i, err := s.HazardInterval(6, 0.95)
	require.NoError(t, err)
	require.Equal(t, []kpi.Code{kpi.CodeGap, kpi.CodeTooFew}, i.Warnings)

	later, err := s.After(2)
	require.NoError(t, err)
	require.Nil(t, later.Warnings)
	require.Equal(t, 2.0, later.From)
	require.Equal(t, int64(3), later.N)
	for _, tt := range []struct{ at, want float64 }{{2, 1}, {5, 2. / 3}, {7, 1. / 3}, {8, 1. / 3}} {
		at, err := later.At(tt.at)
		require.NoError(t, err)
		require.InDelta(t, tt.want, at, 1e-15)
	}
	median, err := later.Median()
	require.NoError(t, err)
	require.Equal(t, 7.0, median)
	mean, err := later.RestrictedMean(8) // from 2 on: 3 + 2·2/3 + 1/3
	require.NoError(t, err)
	require.InDelta(t, 3+4./3+1./3, mean, 1e-15)

	_, err = later.At(1)
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = later.RestrictedMean(2)
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = s.After(math.NaN())
	require.Equal(t, kpi.CodeNotFinite, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = s.After(8)
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	// Where nobody was watched, nothing is known.
	i, err = survival(t, kpi.Lifetimes{{Entry: 1, Exit: 2, Ended: true}}).Interval(0.5, 0.95, kpi.LogLogBand)
	require.NoError(t, err)
	require.Equal(t, [2]float64{0, 1}, [2]float64{i.Lo, i.Hi})
	require.Equal(t, []kpi.Code{kpi.CodeGap, kpi.CodeNoSpread, kpi.CodeTooFew}, i.Warnings)
	// A first entry after 0 is a gap as well, and so is one that censoring leaves.
	require.NotNil(t, survival(t, kpi.Lifetimes{{Entry: 1, Exit: 2, Ended: true}}).Warnings)
	require.NotNil(t, survival(t, kpi.Lifetimes{{Exit: 1}, {Entry: 1.5, Exit: 2, Ended: true}}).Warnings)
}

// The last at risk leaves at the very age at which others enter: no step is empty,
// and yet the estimate stays at 0 with three at risk.
func TestSurvivalGapAtOneAge(t *testing.T) {
	t.Parallel()
	s := survival(t, kpi.Lifetimes{
		{Exit: 2, Ended: true}, {Entry: 2, Exit: 5, Ended: true}, {Entry: 2, Exit: 8}, {Entry: 2, Exit: 9},
	})
	require.Equal(t, int64(3), s.Steps[1].AtRisk)
	require.Zero(t, s.Steps[1].Survival)
	require.Equal(t, []kpi.Code{kpi.CodeGap}, s.Warnings)
	later, err := s.After(2)
	require.NoError(t, err)
	require.Nil(t, later.Warnings)
	// Nothing is amiss if the last at risk leaves at the end, or goes on being there.
	require.Nil(t, survival(t, kpi.Lifetimes{{Exit: 2, Ended: true}, {Exit: 5, Ended: true}}).Warnings)
	require.Nil(t, survival(t, kpi.Lifetimes{{Exit: 2}, {Entry: 2, Exit: 5, Ended: true}}).Warnings)
}

// What the warning counts: all customers if all were watched to the end, and else
// as many as would tell as much.
func TestSurvivalTooFew(t *testing.T) {
	t.Parallel()
	asks := func(s kpi.Survival) map[string]kpi.Interval {
		out := map[string]kpi.Interval{}
		var err error
		for _, band := range []kpi.Band{kpi.LogLogBand, kpi.LogBand, kpi.PlainBand} {
			for _, at := range []float64{2, 10, 25} {
				out[fmt.Sprint(band, at)], err = s.Interval(at, 0.95, band)
				require.NoError(t, err)
			}
			out[fmt.Sprint("median", band)], err = s.MedianInterval(0.95, band)
			require.NoError(t, err)
			out[fmt.Sprint("quarter", band)], err = s.QuantileInterval(0.25, 0.95, band)
			require.NoError(t, err)
		}
		for _, at := range []float64{10, 29} {
			out[fmt.Sprint("mean", at)], err = s.RestrictedMeanInterval(at, 0.95)
			require.NoError(t, err)
		}
		return out
	}
	uniform := func(n int) kpi.Lifetimes {
		ls := make(kpi.Lifetimes, n)
		for i := range ls {
			ls[i] = kpi.Lifetime{Exit: float64(i + 1), Ended: true}
		}
		return ls
	}
	for n, few := range map[int]bool{29: true, 30: false, 31: false} {
		for name, i := range asks(survival(t, uniform(n))) {
			require.Equal(t, few, slices.Contains(i.Warnings, kpi.CodeTooFew), "%s of %d", name, n)
			require.Equal(t, int64(n), i.N)
		}
	}
	// A thousand more who were hardly watched tell nothing more.
	hardly := uniform(29)
	for range 1000 {
		hardly = append(hardly, kpi.Lifetime{Exit: 0.5})
	}
	for name, i := range asks(survival(t, hardly)) {
		require.Contains(t, i.Warnings, kpi.CodeTooFew, name)
		require.Equal(t, int64(1029), i.N)
	}
	// Of a hazard it is the departures that count: 29 of a thousand, then 30, at the
	// same age and so from the same number at risk.
	for n, few := range map[int64]bool{29: true, 30: false} {
		s, err := kpi.Lifetimes{{Exit: 1, Ended: true}, {Exit: 2}}.WeightedSurvival([]int64{n, 1000})
		require.NoError(t, err)
		i, err := s.HazardInterval(1, 0.95)
		require.NoError(t, err)
		require.Equal(t, few, slices.Contains(i.Warnings, kpi.CodeTooFew), "%d", n)
		i, err = s.Interval(1, 0.95, kpi.LogLogBand)
		require.NoError(t, err)
		require.Nil(t, i.Warnings)
	}
}

// Those who got past t₀: S(t | T > t₀) = S(t)/S(t₀).
func TestSurvivalAfter(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		s := survival(t, randomLifetimes(r, 40))
		t0 := float64(r.IntN(5))
		base, err := s.At(t0)
		require.NoError(t, err)
		if base == 0 {
			continue
		}
		later, err := s.After(t0)
		require.NoError(t, err)
		for _, p := range later.Steps {
			want, err := s.At(p.Time)
			require.NoError(t, err)
			require.InDelta(t, want/base, p.Survival, 1e-14)
		}
		again, err := later.After(t0)
		require.NoError(t, err)
		require.Equal(t, later, again)
	}
}

// Merging is pooling the records, weights are repeated records, and neither
// depends on the order.
func TestSurvivalPools(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 9))
	for range 200 {
		all := randomLifetimes(r, 2+r.IntN(600))
		cut := 1 + r.IntN(len(all)-1)
		want := survival(t, all)
		got := survival(t, all[:cut])
		require.NoError(t, got.Merge(survival(t, all[cut:])))
		require.Equal(t, want, got)

		var rows kpi.Lifetimes
		var weights []int64
		for _, l := range all {
			if i := slices.Index(rows, l); i >= 0 && r.IntN(2) == 0 {
				weights[i]++
				continue
			}
			rows, weights = append(rows, l, l), append(weights, 1, 0)
		}
		got, err := rows.WeightedSurvival(weights)
		require.NoError(t, err)
		require.Equal(t, want, got)

		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		require.Equal(t, want, survival(t, all))
	}
}

// The product over the records as the definition has it, in n² steps.
func TestSurvivalAgainstDefinition(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		ls := randomLifetimes(r, 1+r.IntN(30))
		s := survival(t, ls)
		for _, p := range s.Steps {
			want, hazard := 1.0, 0.0
			for age := 0.0; age <= p.Time; age += 0.125 {
				var n, d float64
				for _, l := range ls {
					if (l.Entry == 0 || l.Entry < age) && age <= l.Exit {
						n++
						if l.Ended && l.Exit == age {
							d++
						}
					}
				}
				if d > 0 {
					want *= 1 - d/n
					hazard += d / n
				}
			}
			require.InDelta(t, want, p.Survival, 1e-13)
			require.InDelta(t, hazard, p.Hazard, 1e-13)
		}
	}
}

func TestLifetimesErrors(t *testing.T) {
	t.Parallel()
	good := kpi.Lifetime{Exit: 1, Ended: true}
	tests := []struct {
		name  string
		ls    kpi.Lifetimes
		code  kpi.Code
		kind  error
		index int
	}{
		{"none", nil, kpi.CodeNoData, kpi.ErrUndefined, -1},
		{"NaN", kpi.Lifetimes{good, {Exit: math.NaN()}}, kpi.CodeNotFinite, kpi.ErrInvalid, 1},
		{"infinite", kpi.Lifetimes{good, good, {Exit: math.Inf(1)}}, kpi.CodeNotFinite, kpi.ErrInvalid, 2},
		{"NaN entry", kpi.Lifetimes{{Entry: math.NaN(), Exit: 2}}, kpi.CodeNotFinite, kpi.ErrInvalid, 0},
		{"negative", kpi.Lifetimes{good, {Exit: -1}}, kpi.CodeNegative, kpi.ErrInvalid, 1},
		{"negative entry", kpi.Lifetimes{good, {Entry: -1, Exit: 1}}, kpi.CodeNegative, kpi.ErrInvalid, 1},
		{"no time watched", kpi.Lifetimes{good, {Entry: 2, Exit: 2}}, kpi.CodeOutOfRange, kpi.ErrInvalid, 1},
		{"backwards", kpi.Lifetimes{good, {Entry: 3, Exit: 2}}, kpi.CodeOutOfRange, kpi.ErrInvalid, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.ls.Survival()
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, "Lifetimes.Survival", e.Metric)
			_, err = tt.ls.WeightedSurvival(make([]int64, len(tt.ls)))
			require.Equal(t, tt.code, requireError(t, err, tt.kind).Code)
		})
	}
	_, err := kpi.Lifetimes{good}.WeightedSurvival(nil)
	require.Equal(t, kpi.CodeLength, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = kpi.Lifetimes{good, good}.WeightedSurvival([]int64{1, -1})
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeNegative, e.Code)
	require.Equal(t, 1, e.Index)
	_, err = kpi.Lifetimes{good, good}.WeightedSurvival([]int64{math.MaxInt64, 1})
	e = requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeOverflow, e.Code)
	require.Equal(t, 1, e.Index)
	_, err = kpi.Lifetimes{good, good}.WeightedSurvival([]int64{0, 0})
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
}

// survivalQuestions asks everything at age t; p and confidence are good.
func survivalQuestions(s kpi.Survival, t, p, confidence float64, band kpi.Band) map[string]error {
	asked := map[string]error{}
	_, asked["Survival.At"] = s.At(t)
	_, asked["Survival.Hazard"] = s.Hazard(t)
	_, asked["Survival.Interval"] = s.Interval(t, confidence, band)
	_, asked["Survival.HazardInterval"] = s.HazardInterval(t, confidence)
	_, asked["Survival.Quantile"] = s.Quantile(p)
	_, asked["Survival.QuantileInterval"] = s.QuantileInterval(p, confidence, band)
	_, asked["Survival.MedianInterval"] = s.MedianInterval(confidence, band)
	_, asked["Survival.RestrictedMean"] = s.RestrictedMean(t)
	_, asked["Survival.RestrictedMeanStdErr"] = s.RestrictedMeanStdErr(t)
	_, asked["Survival.RestrictedMeanInterval"] = s.RestrictedMeanInterval(t, confidence)
	return asked
}

func TestSurvivalErrors(t *testing.T) {
	t.Parallel()
	aml := survival(t, maintained)
	tests := []struct {
		name             string
		s                kpi.Survival
		at, p, cl        float64
		band             kpi.Band
		code             kpi.Code
		kind             error
		aged, quant, cls bool // which questions it is about
	}{
		{"empty", kpi.Survival{}, 1, .5, .95, 0, kpi.CodeNoData, kpi.ErrUndefined, true, true, true},
		{"NaN", aml, math.NaN(), .5, .95, 0, kpi.CodeNotFinite, kpi.ErrInvalid, true, false, false},
		{"infinite", aml, math.Inf(1), .5, .95, 0, kpi.CodeNotFinite, kpi.ErrInvalid, true, false, false},
		{"negative", aml, -1, .5, .95, 0, kpi.CodeNegative, kpi.ErrInvalid, true, false, false},
		{"beyond", aml, 162, .5, .95, 0, kpi.CodeBeyondBound, kpi.ErrUndefined, true, false, false},
		{"p = 0", aml, 10, 0, .95, 0, kpi.CodeOutOfRange, kpi.ErrInvalid, false, true, false},
		{"p = 1", aml, 10, 1, .95, 0, kpi.CodeOutOfRange, kpi.ErrInvalid, false, true, false},
		{"p is NaN", aml, 10, math.NaN(), .95, 0, kpi.CodeOutOfRange, kpi.ErrInvalid, false, true, false},
		{"p not reached", aml, 10, .999, .95, 0, kpi.CodeBeyondBound, kpi.ErrUndefined, false, true, false},
		{"confidence = 1", aml, 10, .5, 1, 0, kpi.CodeOutOfRange, kpi.ErrInvalid, false, false, true},
		{"confidence is NaN", aml, 10, .5, math.NaN(), 0, kpi.CodeOutOfRange, kpi.ErrInvalid, false, false, true},
		{"confidence before an empty answer", kpi.Survival{}, 10, .5, 0, 0, kpi.CodeOutOfRange, kpi.ErrInvalid, false, false, true},
	}
	about := func(name string, aged, quant, cls bool) bool {
		switch name {
		case "Survival.At", "Survival.Hazard", "Survival.RestrictedMean", "Survival.RestrictedMeanStdErr":
			return aged
		case "Survival.Interval", "Survival.HazardInterval", "Survival.RestrictedMeanInterval":
			return aged || cls
		case "Survival.MedianInterval":
			return cls
		case "Survival.QuantileInterval":
			return quant || cls
		default:
			return quant
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, err := range survivalQuestions(tt.s, tt.at, tt.p, tt.cl, tt.band) {
				if !about(name, tt.aged, tt.quant, tt.cls) {
					continue
				}
				e := requireError(t, err, tt.kind)
				require.Equal(t, tt.code, e.Code, name)
				require.Equal(t, name, e.Metric)
				require.Equal(t, -1, e.Index)
			}
		})
	}
	for _, band := range []kpi.Band{-1, 3} {
		_, err := aml.Interval(9, 0.95, band)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
		_, err = aml.MedianInterval(0.95, band)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err := kpi.Survival{}.Median()
	require.Equal(t, "Survival.Median", requireError(t, err, kpi.ErrUndefined).Metric)
	_, err = kpi.Survival{}.After(1)
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = aml.RestrictedMean(0)
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestBand(t *testing.T) {
	t.Parallel()
	for b, name := range map[kpi.Band]string{kpi.LogLogBand: "log-log", kpi.LogBand: "log", kpi.PlainBand: "plain"} {
		require.Equal(t, name, b.String())
		back, err := kpi.ParseBand(name)
		require.NoError(t, err)
		require.Equal(t, b, back)
	}
	require.Equal(t, "Band(3)", kpi.Band(3).String())
	data, err := json.Marshal(map[string]kpi.Band{"band": kpi.LogBand})
	require.NoError(t, err)
	require.JSONEq(t, `{"band":"log"}`, string(data))
	var back map[string]kpi.Band
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, kpi.LogBand, back["band"])
	require.Error(t, json.Unmarshal([]byte(`{"band":"Log"}`), &back))
	_, err = kpi.ParseBand("Plain")
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
}

// Bands hold the curve, are the wider the more confident, and lie in [0, 1].
func TestSurvivalBandsHold(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	for range 100 {
		s := survival(t, randomLifetimes(r, 3+r.IntN(60)))
		for _, p := range s.Steps {
			if p.Survival == 0 || p.Survival == 1 {
				continue
			}
			for _, band := range []kpi.Band{kpi.LogLogBand, kpi.LogBand, kpi.PlainBand} {
				narrow, err := s.Interval(p.Time, 0.8, band)
				require.NoError(t, err)
				wide, err := s.Interval(p.Time, 0.999, band)
				require.NoError(t, err)
				require.True(t, 0 <= wide.Lo && wide.Lo <= narrow.Lo && narrow.Lo < p.Survival)
				require.True(t, p.Survival < narrow.Hi && narrow.Hi <= wide.Hi && wide.Hi <= 1)
			}
		}
	}
}

// What gonum/plot asks of a curve with error bars.
func TestSurvivalPlots(t *testing.T) {
	t.Parallel()
	s := survival(t, lifetimes([]float64{1, 2, 3, 4}, []int{1, 1, 1, 1}))
	var _ interface {
		Len() int
		XY(int) (float64, float64)
		YError(int) (float64, float64)
	} = s
	require.Equal(t, 5, s.Len())
	for i, want := range [][2]float64{{0, 1}, {1, 0.75}, {2, 0.5}, {3, 0.25}, {4, 0}} {
		x, y := s.XY(i)
		require.Equal(t, want, [2]float64{x, y})
		below, above := s.YError(i)
		if y == 0 || y == 1 {
			require.Equal(t, [2]float64{}, [2]float64{below, above})
			continue
		}
		interval, err := s.Interval(x, 0.95, kpi.LogLogBand)
		require.NoError(t, err)
		require.InDelta(t, interval.Lo, y-below, 1e-15)
		require.InDelta(t, interval.Hi, y+above, 1e-15)
	}
	for _, i := range []int{-1, 5} {
		x, y := s.XY(i)
		require.True(t, math.IsNaN(x) && math.IsNaN(y))
		below, above := s.YError(i)
		require.True(t, math.IsNaN(below) && math.IsNaN(above))
	}
	require.Zero(t, kpi.Survival{}.Len())
}

func TestSurvivalTable(t *testing.T) {
	t.Parallel()
	s := survival(t, lifetimes([]float64{1, 2, 3, 4}, []int{1, 0, 1, 1}))
	require.Equal(t, ""+
		"time  at risk  events  survival  lo 95%  hi 95%\n"+
		"   1        4       1     75.0%   12.8%   96.1%\n"+
		"   3        2       1     37.5%    1.1%   80.8%\n"+
		"   4        1       1      0.0%       –       –\n", s.String())
	require.Contains(t, s.Markdown(), "| 3 | 2 | 1 | 37.5% | 1.1% | 80.8% |\n")
	require.Equal(t, "time  at risk  events  survival  lo 95%  hi 95%\n", kpi.Survival{}.String())
	many := make(kpi.Lifetimes, 1000)
	for i := range many {
		many[i] = kpi.Lifetime{Exit: float64(i + 1), Ended: true}
	}
	text := survival(t, many).String()
	require.Contains(t, text, "\n   1     1000 ")
	require.Contains(t, text, "\n1000        1 ")
	require.Equal(t, 21, strings.Count(text, "\n"))
}

// JSON shows the estimates, and believes the counts alone.
func TestSurvivalJSON(t *testing.T) {
	t.Parallel()
	var s kpi.Survival
	require.NoError(t, json.Unmarshal([]byte(`{"n": 9, "steps": [
		{"time": 1, "at_risk": 4, "events": 1, "survival": 0.1},
		{"time": 2, "at_risk": 3, "events": 1, "censored": 2}]}`), &s))
	require.Equal(t, survival(t, lifetimes([]float64{1, 2, 2, 2}, []int{1, 1, 0, 0})), s)
	before := s
	for _, bad := range []string{`{"steps": [{"time": 1, "at_risk": 4, "events": 1}]}`, `{"steps": 1}`, `{"from": -1}`} {
		requireError(t, json.Unmarshal([]byte(bad), &s), kpi.ErrInvalid)
		require.Equal(t, before, s)
	}
	_, err := kpi.Survival{From: -1}.MarshalBinary()
	requireError(t, err, kpi.ErrInvalid)
	// One step, at age 0: three at risk, of whom one leaves and one is last seen.
	requireError(t, s.UnmarshalBinary([]byte("kpiV\x01\x00\x01\x06\x00\x02\x02\x00")), kpi.ErrInvalid)
	require.Equal(t, before, s)
}

func FuzzSurvivalUnmarshalBinary(f *testing.F) {
	data, err := maintained.Survival()
	if err != nil {
		f.Fatal(err)
	}
	seed, err := data.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte("kpiV\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s kpi.Survival
		if err := s.UnmarshalBinary(data); err != nil {
			require.Equal(t, kpi.Survival{}, s)
			return
		}
		again, err := s.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		for _, err := range survivalQuestions(s, 1, 0.5, 0.95, kpi.LogLogBand) {
			var e *kpi.Error
			require.True(t, err == nil || errors.As(err, &e))
		}
		_ = s.String()
		for i := range s.Len() {
			_, y := s.XY(i)
			require.True(t, y >= 0 && y <= 1)
		}
	})
}

// BenchmarkSurvival: a million customers in less than half a second.
func BenchmarkSurvival(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	days, exact, late := make(kpi.Lifetimes, benchRows), make(kpi.Lifetimes, benchRows), make(kpi.Lifetimes, benchRows)
	for i := range days {
		t := 300 * r.ExpFloat64()
		ended := r.IntN(3) > 0
		days[i] = kpi.Lifetime{Exit: math.Floor(t), Ended: ended}
		exact[i] = kpi.Lifetime{Exit: t, Ended: ended}
		late[i] = kpi.Lifetime{Entry: t * r.Float64(), Exit: t, Ended: ended}
	}
	for _, c := range []struct {
		name string
		rows kpi.Lifetimes
	}{{"days", days}, {"exact", exact}, {"late entry", late}} {
		perRow(b, c.name, benchRows, func() error {
			_, err := c.rows.Survival()
			return err
		})
	}
	s, err := exact.Survival()
	if err != nil {
		b.Fatal(err)
	}
	perRow(b, "median interval", benchRows, func() error {
		_, err := s.MedianInterval(0.95, kpi.LogLogBand)
		return err
	})
	perRow(b, "merge", benchRows, func() error {
		t := s
		return t.Merge(s)
	})
}
