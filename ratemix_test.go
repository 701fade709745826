package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestRateMix(t *testing.T) {
	t.Parallel()
	p := func(k, n int64) kpi.Proportion { return kpi.Proportion{K: k, N: n} }
	tests := []struct {
		name             string
		groups           []kpi.MixGroup
		delta, rate, mix string
		rates, mixes     []string
	}{
		{
			// Rates .2 and .6 become .25 and .65, shares .5 and .5 become .8 and .2: both
			// are better by five points, and all of them worse by seven.
			name:   "better everywhere, worse in all",
			groups: []kpi.MixGroup{{"a", p(20, 100), p(40, 160)}, {"b", p(60, 100), p(26, 40)}},
			delta:  "-0.07", rate: "0.05", mix: "-0.12",
			// ½(.5+.8)·.05 and ½(.5+.2)·.05; (.225−.365)·.3 and (.625−.365)·(−.3).
			rates: []string{"0.0325", "0.0175"}, mixes: []string{"-0.042", "-0.078"},
		},
		{
			name:   "a group that came: all mix",
			groups: []kpi.MixGroup{{"old", p(50, 100), p(50, 100)}, {"new", p(0, 0), p(10, 100)}},
			delta:  "-0.2", rate: "0", mix: "-0.2",
			// The middle is .4: (.5−.4)·(−.5) and (.1−.4)·.5.
			rates: []string{"0", "0"}, mixes: []string{"-0.05", "-0.15"},
		},
		{
			name:   "a group that left, and one that never was",
			groups: []kpi.MixGroup{{"gone", p(10, 100), p(0, 0)}, {"never", p(0, 0), p(0, 0)}, {"stays", p(50, 100), p(50, 100)}},
			delta:  "0.2", rate: "0", mix: "0.2",
			rates: []string{"0", "0", "0"}, mixes: []string{"0.15", "0", "0.05"},
		},
		{
			name:   "one group: all rate",
			groups: []kpi.MixGroup{{"all", p(1, 3), p(1, 2)}},
			delta:  "1/6", rate: "1/6", mix: "0",
			rates: []string{"1/6"}, mixes: []string{"0"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := kpi.RateMix(tt.groups)
			requireRatio(t, tt.delta, m.Delta, err)
			requireRatio(t, tt.rate, m.RateEffect, err)
			requireRatio(t, tt.mix, m.MixEffect, err)
			for i, g := range m.Groups {
				require.Equal(t, tt.groups[i], g.MixGroup)
				requireRatio(t, tt.rates[i], g.RateEffect, err)
				requireRatio(t, tt.mixes[i], g.MixEffect, err)
			}
		})
	}
}

// The parts add up to the last digit, and turn round with time.
func TestRateMixLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 11))
	random := func() kpi.Proportion {
		n := r.Int64N(200) * r.Int64N(2)
		return kpi.Proportion{K: r.Int64N(n + 1), N: n}
	}
	for range 200 {
		groups := []kpi.MixGroup{{"", kpi.Proportion{K: 1, N: 3}, kpi.Proportion{K: 1, N: 7}}}
		for range r.IntN(8) {
			groups = append(groups, kpi.MixGroup{Before: random(), After: random()})
		}
		m, err := kpi.RateMix(groups)
		require.NoError(t, err)
		back := make([]kpi.MixGroup, len(groups))
		var rate, mix kpi.Ratio
		for i, g := range m.Groups {
			rate, mix = rate.Add(g.RateEffect), mix.Add(g.MixEffect)
			back[i] = kpi.MixGroup{Before: g.After, After: g.Before}
		}
		require.True(t, rate.Equal(m.RateEffect))
		require.True(t, mix.Equal(m.MixEffect))
		require.True(t, rate.Add(mix).Equal(m.Delta))
		b, err := kpi.RateMix(back)
		require.NoError(t, err)
		require.True(t, b.RateEffect.Equal(rate.Neg()))
		require.True(t, b.MixEffect.Equal(mix.Neg()))

		data, err := json.Marshal(m)
		require.NoError(t, err)
		var read kpi.Mix
		require.NoError(t, json.Unmarshal(data, &read))
		require.Equal(t, m.String(), read.String())
		require.True(t, read.Delta.Equal(m.Delta))
	}
}

func TestRateMixErrors(t *testing.T) {
	t.Parallel()
	good := kpi.MixGroup{Name: "good", Before: kpi.Proportion{K: 1, N: 2}, After: kpi.Proportion{K: 1, N: 2}}
	tests := []struct {
		name   string
		groups []kpi.MixGroup
		code   kpi.Code
		kind   error
		index  int
	}{
		{"negative", []kpi.MixGroup{good, {Before: kpi.Proportion{N: -1}}}, kpi.CodeNegative, kpi.ErrInvalid, 1},
		{"part exceeds whole", []kpi.MixGroup{good, {After: kpi.Proportion{K: 1}}}, kpi.CodePartExceedsWhole, kpi.ErrInvalid, 1},
		{"too many", []kpi.MixGroup{good, {After: kpi.Proportion{N: math.MaxInt64}}}, kpi.CodeOverflow, kpi.ErrInvalid, 1},
		{"nobody before", []kpi.MixGroup{{After: good.After}}, kpi.CodeZeroDenominator, kpi.ErrUndefined, -1},
		{"nobody after", []kpi.MixGroup{{Before: good.Before}}, kpi.CodeZeroDenominator, kpi.ErrUndefined, -1},
		{"none", nil, kpi.CodeZeroDenominator, kpi.ErrUndefined, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := kpi.RateMix(tt.groups)
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, "RateMix", e.Metric)
			m := kpi.Mix{Delta: kpi.Whole(3)}
			data, err := json.Marshal(map[string]any{"groups": tt.groups})
			require.NoError(t, err)
			require.Error(t, json.Unmarshal(data, &m))
			require.Equal(t, kpi.Mix{Delta: kpi.Whole(3)}, m)
		})
	}
	require.Error(t, json.Unmarshal([]byte(`{"groups": 3}`), new(kpi.Mix)))
}
