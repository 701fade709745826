package kpi

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Rounded correctly is c, in units of 10⁻¹⁸, with c − ½ ≤ 10¹⁸·2^(−age/life) < c + ½,
// which whole numbers decide: (2c−1)^life·2^age ≤ (2·10¹⁸)^life < (2c+1)^life·2^age.
func TestHalfLifeIsRoundedCorrectly(t *testing.T) {
	t.Parallel()
	unit := pow10(halfLifePlaces)
	check := func(age, life int64) {
		t.Helper()
		got := halfLife(age, life)
		c := new(big.Rat).Mul(got.r(), new(big.Rat).SetInt(unit))
		require.True(t, c.IsInt())
		power := func(plus int64) *big.Int {
			n := new(big.Int).Lsh(c.Num(), 1)
			n.Exp(n.Add(n, big.NewInt(plus)), big.NewInt(life), nil)
			return n.Lsh(n, uint(age))
		}
		middle := new(big.Int).Lsh(unit, 1)
		middle.Exp(middle, big.NewInt(life), nil)
		if c.Sign() > 0 {
			require.LessOrEqual(t, power(-1).Cmp(middle), 0, "%d/%d", age, life)
		}
		require.Negative(t, middle.Cmp(power(1)), "%d/%d", age, life)
	}
	for age := range int64(200) {
		for _, life := range []int64{1, 3, 7, 30} {
			check(age, life)
		}
	}
	r := rand.New(rand.NewPCG(3, 5))
	for range 60 {
		check(r.Int64N(2000), 1+r.Int64N(365))
	}
}

func TestHalfLife(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		age, life int64
		want      string
	}{
		{0, 30, "1"},
		{30, 30, "0.5"},
		{90, 30, "0.125"},
		{15, 30, "0.707106781186547524"}, // 1/√2 = .70710678118654752440…
		{10, 30, "0.793700525984099737"}, // ∛½ = .79370052598409973737…
		{18, 1, "0.000003814697265625"},
		{19, 1, "0.000001907348632813"}, // …8125: a half goes up
		{60, 1, "0.000000000000000001"},
		{61, 1, "0"},
		{math.MaxInt64, 1, "0"},
		{1, math.MaxInt64, "1"},
		{math.MaxInt64, math.MaxInt64, "0.5"},
		{int64(12 * time.Hour), int64(24 * time.Hour), "0.707106781186547524"},
		// One nanosecond of a day: 1 − ln 2/86.4·10⁻¹² = 1 − 8.02253681···10⁻¹⁵.
		{1, int64(24 * time.Hour), "0.999999999999991977"},
	} {
		require.Equal(t, tt.want, halfLife(tt.age, tt.life).String(), "%d/%d", tt.age, tt.life)
	}
	// Only the quotient counts, and it falls.
	last := Whole(2)
	for age := range int64(300) {
		f := halfLife(age, 21)
		require.True(t, f.Equal(halfLife(1e15*age, 21e15)))
		require.Negative(t, f.Cmp(last))
		last = f
	}
}

func BenchmarkHalfLife(b *testing.B) {
	for i := int64(0); b.Loop(); i++ {
		halfLife(i%1000, 21)
	}
}
