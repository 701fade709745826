package kpi

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireDecay holds n to the definition, in whole numbers: n is 2^(−age/half) in
// units of 10^−18, rounded half up, iff
//
//	(2n−1)^half·2^age ≤ (2·10^18)^half < (2n+1)^half·2^age
func requireDecay(t *testing.T, n, age, half int64) {
	t.Helper()
	e := big.NewInt(half)
	middle := new(big.Int).Exp(big.NewInt(2*decayUnit), e, nil)
	scaled := func(odd int64) *big.Int {
		v := new(big.Int).Exp(big.NewInt(odd), e, nil)
		return v.Lsh(v, uint(age))
	}
	if n > 0 {
		require.LessOrEqual(t, scaled(2*n-1).Cmp(middle), 0, "decay(%d, %d) = %d", age, half, n)
	}
	require.Positive(t, scaled(2*n+1).Cmp(middle), "decay(%d, %d) = %d", age, half, n)
}

func TestDecay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ age, half, want int64 }{
		{0, 1, 1e18},
		{0, math.MaxInt64, 1e18},
		{7, 7, 5e17},
		{14, 7, 25e16},
		{1, 2, 707_106_781_186_547_524}, // √½ = 0.70710678118654752440…
		{3, 2, 353_553_390_593_273_762},
		{1, 3, 793_700_525_984_099_737}, // ∛½ = 0.79370052598409973737…
		{18, 1, 3_814_697_265_625},      // 2^−18 has eighteen decimals
		{19, 1, 1_907_348_632_813},      // 2^−19 = …2812.5 has nineteen: half away from zero
		{59, 1, 2},                      // 1.73
		{60, 1, 1},                      // 0.867
		{61, 1, 0},                      // 0.43
		{605, 10, 1},                    // 0.613
		{math.MaxInt64, 1, 0},
		{math.MaxInt64, math.MaxInt64, 5e17},
		{math.MaxInt64 - 1, math.MaxInt64, 500_000_000_000_000_000}, // and 0.04 units
		{1, math.MaxInt64, 1_000_000_000_000_000_000},
	} {
		require.Equal(t, tt.want, decay(tt.age, tt.half), "decay(%d, %d)", tt.age, tt.half)
	}
	for half := int64(1); half <= 9; half++ {
		for age := range 62 * half {
			requireDecay(t, decay(age, half), age, half)
		}
	}
}

// Too few bits say that they do not tell, and never something else.
func TestDecayTellsWhatItKnows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	unsure := 0
	for range 400 {
		half := 1 + r.Int64N(1<<uint(1+r.IntN(62)))
		part := r.Int64N(half)
		whole := r.Int64N(61)
		want, ok := decayWithin(whole, part, half, 256)
		require.True(t, ok)
		for _, bits := range []uint{40, 64, 68, 72, 80, 128} {
			got, ok := decayWithin(whole, part, half, bits)
			if ok {
				require.Equal(t, want, got, "%d bits, part %d of %d", bits, part, half)
			} else {
				unsure++
			}
		}
		rough := math.Exp2(-float64(whole)-float64(part)/float64(half)) * 1e18
		require.InDelta(t, float64(want), rough, 1+rough*1e-13)
	}
	require.Positive(t, unsure)
}

func BenchmarkDecay(b *testing.B) {
	const week = 7 * 24 * 3600 * 1e9
	for i := 0; b.Loop(); i++ {
		decay(int64(i)%(4*week), week)
	}
}
