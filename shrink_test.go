package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestProportionShrink(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		p              kpi.Proportion
		mean, strength string
		want           string
	}{
		{"two of two is not everybody", kpi.Proportion{K: 2, N: 2}, "0.2", "8", "0.36"}, // (2+1.6)/10
		{"nobody yet", kpi.Proportion{}, "0.2", "8", "0.2"},
		{"no prior", kpi.Proportion{K: 1, N: 3}, "0.2", "0", "1/3"},
		{"a fraction of a customer", kpi.Proportion{K: 1, N: 2}, "0", "1/3", "3/7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.p.Shrink(must(tt.mean), must(tt.strength))
			requireRatio(t, tt.want, got, err)
		})
	}
	half := must("0.5")
	for _, tt := range []struct {
		p              kpi.Proportion
		mean, strength kpi.Ratio
		code           kpi.Code
		kind           error
	}{
		{kpi.Proportion{K: 2, N: 1}, half, half, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{kpi.Proportion{}, must("1.01"), half, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{kpi.Proportion{}, must("-0.01"), half, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{kpi.Proportion{}, half, must("-1"), kpi.CodeNegative, kpi.ErrInvalid},
		{kpi.Proportion{}, half, kpi.Ratio{}, kpi.CodeZeroDenominator, kpi.ErrUndefined},
	} {
		_, err := tt.p.Shrink(tt.mean, tt.strength)
		e := requireError(t, err, tt.kind)
		require.Equal(t, tt.code, e.Code)
		require.Equal(t, "Proportion.Shrink", e.Metric)
	}
}

// By hand: 1, 5 and 9 of 10 have p̄ = ½ and S = 3.2, so that
// ρ = (3.2/¼ − 2)/(30 − 10 − 2) = 10.8/18 = .6, M = ⅔, and (1+⅓)/(10+⅔) = ⅛.
func TestShrink(t *testing.T) {
	t.Parallel()
	groups := []kpi.Proportion{{K: 1, N: 10}, {K: 5, N: 10}, {K: 9, N: 10}}
	s, err := kpi.Shrink(groups)
	requireRatio(t, "0.5", s.Mean, err)
	requireRatio(t, "2/3", s.Strength, err)
	require.False(t, s.Pooled)
	require.Nil(t, s.Warnings)
	for i, want := range []string{"0.125", "0.5", "0.875"} {
		got, err := s.Rate(i)
		requireRatio(t, want, got, err)
	}
	// A group of nobody does not count, and has the mean.
	more, err := kpi.Shrink(append([]kpi.Proportion{{}}, groups...))
	requireRatio(t, "2/3", more.Strength, err)
	first, err := more.Rate(0)
	requireRatio(t, "0.5", first, err)
	// So it has where the rates of the others are taken as they are.
	raw, err := kpi.Shrink([]kpi.Proportion{{K: 8, N: 8}, {}, {N: 8}, {K: 8, N: 8}, {N: 8}})
	requireRatio(t, "0", raw.Strength, err)
	nobody, err := raw.Rate(1)
	requireRatio(t, "0.5", nobody, err)
	for _, i := range []int{-1, 3} {
		_, err = s.Rate(i)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	// The answer keeps its own groups.
	groups[0] = kpi.Proportion{}
	require.Equal(t, kpi.Proportion{K: 1, N: 10}, s.Groups[0])
}

func TestShrinkEnds(t *testing.T) {
	t.Parallel()
	p := func(kn ...int64) (out []kpi.Proportion) {
		for i := 0; i < len(kn); i += 2 {
			out = append(out, kpi.Proportion{K: kn[i], N: kn[i+1]})
		}
		return out
	}
	tests := []struct {
		name     string
		groups   []kpi.Proportion
		pooled   bool
		warning  kpi.Code
		strength string
		first    string
	}{
		{"no more than chance", p(5, 10, 6, 12, 7, 14), true, kpi.CodeNoSpread, "0", "0.5"},
		{"nobody did", p(0, 10, 0, 12, 0, 14), true, kpi.CodeZeroDenominator, "0", "0"},
		{"everybody did", p(3, 3, 4, 4, 5, 5), true, kpi.CodeZeroDenominator, "0", "1"},
		{"one each", p(1, 1, 0, 1, 1, 1), true, kpi.CodeZeroDenominator, "0", "2/3"},
		{"all or nothing", p(8, 8, 0, 8, 8, 8, 0, 8), false, 0, "0", "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := kpi.Shrink(tt.groups)
			requireRatio(t, tt.strength, s.Strength, err)
			require.Equal(t, tt.pooled, s.Pooled)
			if tt.warning != 0 {
				require.Equal(t, []kpi.Code{tt.warning}, s.Warnings)
			} else {
				require.Nil(t, s.Warnings)
			}
			first, err := s.Rate(0)
			requireRatio(t, tt.first, first, err)
		})
	}
}

// A shrunk rate lies between the raw one and the mean, the order of the groups
// does not matter, and JSON comes back.
func TestShrinkLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 8))
	for range 200 {
		groups := make([]kpi.Proportion, 3+r.IntN(10))
		for i := range groups {
			n := 1 + r.Int64N(50)
			groups[i] = kpi.Proportion{K: r.Int64N(n + 1), N: n}
		}
		s, err := kpi.Shrink(groups)
		require.NoError(t, err)
		turn := r.Perm(len(groups))
		turned := make([]kpi.Proportion, len(groups))
		for i, j := range turn {
			turned[i] = groups[j]
		}
		u, err := kpi.Shrink(turned)
		require.NoError(t, err)
		require.True(t, s.Strength.Equal(u.Strength))
		for i, p := range groups {
			raw, err := p.Ratio()
			require.NoError(t, err)
			shrunk, err := s.Rate(i)
			require.NoError(t, err)
			require.LessOrEqual(t, shrunk.Cmp(raw)*shrunk.Cmp(s.Mean), 0)
		}
		data, err := json.Marshal(s)
		require.NoError(t, err)
		var back kpi.Shrinkage
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, s.String(), back.String())
		require.Equal(t, s.Warnings, back.Warnings)
		require.True(t, s.Strength.Equal(back.Strength))
	}
}

func TestShrinkErrors(t *testing.T) {
	t.Parallel()
	good := kpi.Proportion{K: 1, N: 2}
	tests := []struct {
		name   string
		groups []kpi.Proportion
		code   kpi.Code
		kind   error
		index  int
	}{
		{"negative", []kpi.Proportion{good, {N: -1}}, kpi.CodeNegative, kpi.ErrInvalid, 1},
		{"part exceeds whole", []kpi.Proportion{good, {K: 1}}, kpi.CodePartExceedsWhole, kpi.ErrInvalid, 1},
		{"too many", []kpi.Proportion{good, {N: math.MaxInt64}}, kpi.CodeOverflow, kpi.ErrInvalid, 1},
		{"nobody", []kpi.Proportion{{}, {}, {}}, kpi.CodeZeroDenominator, kpi.ErrUndefined, -1},
		{"none", nil, kpi.CodeZeroDenominator, kpi.ErrUndefined, -1},
		{"two and nobody", []kpi.Proportion{good, {}, good}, kpi.CodeTooFew, kpi.ErrUndefined, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := kpi.Shrink(tt.groups)
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, "Shrink", e.Metric)
			data, err := json.Marshal(map[string]any{"groups": tt.groups})
			require.NoError(t, err)
			require.Error(t, json.Unmarshal(data, new(kpi.Shrinkage)))
		})
	}
	require.Error(t, json.Unmarshal([]byte(`{"groups": 3}`), new(kpi.Shrinkage)))
	// Typed in, and impossible.
	_, err := json.Marshal(kpi.Shrinkage{Groups: []kpi.Proportion{{K: 2, N: 1}}})
	require.ErrorIs(t, err, kpi.ErrInvalid)
	require.Contains(t, kpi.Shrinkage{Groups: []kpi.Proportion{{K: 2, N: 1}}}.String(), kpi.Undefined)
}
