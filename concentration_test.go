package kpi_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func concentration(t testing.TB, amounts ...string) kpi.Concentration {
	t.Helper()
	c, err := kpi.ConcentrationOf(concentrationAmounts(amounts...))
	require.NoError(t, err)
	return c
}

func concentrationAmounts(amounts ...string) (out []decimal.Decimal) {
	for _, a := range amounts {
		out = append(out, decimal.RequireFromString(a))
	}
	return out
}

// randomAmounts are small, or too wide for an int64, of several exponents, with ties
// and zeros.
func randomAmounts(r *rand.Rand, n int) (out []decimal.Decimal) {
	wide := r.IntN(3) == 0
	for range n {
		d := decimal.New(r.Int64N(50), -int32(r.IntN(3)))
		if wide && r.IntN(2) == 0 {
			d = decimal.New(r.Int64N(1e18), 5)
		}
		out = append(out, d)
	}
	return out
}

var _ = obey(law[kpi.Concentration]{
	name: "Concentration",
	random: func(r *rand.Rand) kpi.Concentration {
		c, _ := kpi.ConcentrationOf(randomAmounts(r, r.IntN(5)))
		return c
	},
	merge: (*kpi.Concentration).Merge,
	same: func(t *testing.T, want, got kpi.Concentration) {
		t.Helper()
		require.Equal(t, mustJSON(t, want), mustJSON(t, got))
	},
})

func TestConcentration(t *testing.T) {
	t.Parallel()
	exact := func(r kpi.Ratio, err error) string {
		if err != nil {
			return requireError(t, err, kpi.ErrUndefined).Code.String()
		}
		return r.String()
	}
	none, zero := kpi.CodeNoData.String(), kpi.CodeZeroDenominator.String()
	tests := []struct {
		name                            string
		amounts                         []string
		top1, half, gini, hhi, effectiv string
	}{
		// (2·1−4−1)·1 + (−1)·2 + 1·3 + 3·4 = 10, by 4·10; squares 1+4+9+16 = 30 by 100.
		{"1 to 4", []string{"1", "2", "3", "4"}, "0.4", "0.7", "0.25", "0.3", "10/3"},
		{"equal", []string{"7", "7.00", "7"}, "1/3", "0.5", "0", "1/3", "3"},
		{"one", []string{"5"}, "1", "0.5", "0", "1", "1"},
		{"one of four", []string{"0", "0", "9", "0"}, "1", "1", "0.75", "1", "1"},
		{"two equal", []string{"0.5", "0.50"}, "0.5", "0.5", "0", "0.5", "2"},
		// Half of three are 1.5: 50 and half of 30, of 100. (2·20·(−1) … ) = −2·20+2·50 = 60, by 300.
		{"a part of a customer", []string{"20", "50", "30"}, "0.5", "0.65", "0.2", "0.38", "50/19"},
		{"zeros", []string{"0", "0.00"}, zero, zero, zero, zero, zero},
		{"nobody", nil, none, none, none, none, none},
		// The total of the next two does not fit an int64, in cents.
		{"wide", []string{"60000000000000000.00", "40000000000000000.00", "0"}, "0.6", "0.8", "0.4", "0.52", "25/13"},
		{"very wide", []string{"6e60", "4e60", "0"}, "0.6", "0.8", "0.4", "0.52", "25/13"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := concentration(t, tt.amounts...)
			require.Equal(t, int64(len(tt.amounts)), c.N())
			require.Equal(t, tt.top1, exact(c.TopShare(1)))
			require.Equal(t, tt.half, exact(c.TopPercent(kpi.Percent(50))))
			require.Equal(t, tt.gini, exact(c.Gini()))
			require.Equal(t, tt.hhi, exact(c.HHI()))
			require.Equal(t, tt.effectiv, exact(c.EffectiveNumber()))
			require.NotEmpty(t, c.String())
			require.NotEmpty(t, c.Markdown())
		})
	}
}

// Every figure from its definition, with big.Rat; a top share lies on the Pareto curve;
// and neither the order of the amounts nor their unit matters.
func TestConcentrationAgainstNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(61, 62))
	for range 300 {
		amounts := randomAmounts(r, 1+r.IntN(12))
		amounts = append(amounts, decimal.New(1, 0))
		c, err := kpi.ConcentrationOf(amounts)
		require.NoError(t, err)

		x := slices.Clone(amounts)
		slices.SortFunc(x, decimal.Decimal.Cmp)
		n, sum, gini, hhi := int64(len(x)), new(big.Rat), new(big.Rat), new(big.Rat)
		for _, v := range x {
			sum.Add(sum, v.Rat())
		}
		for i, v := range x {
			gini.Add(gini, new(big.Rat).Mul(big.NewRat(2*int64(i+1)-n-1, n), new(big.Rat).Quo(v.Rat(), sum)))
			s := new(big.Rat).Quo(v.Rat(), sum)
			hhi.Add(hhi, s.Mul(s, s))
		}
		got := kpi.Must(c.Gini())
		require.Zero(t, gini.Cmp(got.Rat()))
		require.True(t, got.Sign() >= 0 && got.Cmp(kpi.Must(kpi.NewRatio(n-1, n))) <= 0)
		require.Zero(t, hhi.Cmp(kpi.Must(c.HHI()).Rat()))
		require.True(t, kpi.Must(c.HHI()).Mul(kpi.Must(c.EffectiveNumber())).Equal(kpi.Whole(1)))

		top := new(big.Rat)
		require.Equal(t, int(n)+1, c.Len())
		for k := range n + 1 {
			share := kpi.Must(c.TopShare(k))
			require.Zero(t, new(big.Rat).Quo(top, sum).Cmp(share.Rat()))
			require.True(t, share.Equal(kpi.Must(c.TopPercent(kpi.Must(kpi.NewRatio(k, n))))))
			px, py := c.XY(int(k))
			require.InDelta(t, float64(k)/float64(n), px, 1e-15)
			require.InDelta(t, share.Float64(), py, 1e-15)
			if k < n {
				top.Add(top, x[n-1-k].Rat())
				between := kpi.Must(c.TopPercent(kpi.Must(kpi.NewRatio(2*k+1, 2*n))))
				require.True(t, between.Mul(kpi.Whole(2)).Equal(share.Add(kpi.Must(c.TopShare(k+1)))), "halfway")
			}
		}

		r.Shuffle(len(amounts), func(i, j int) { amounts[i], amounts[j] = amounts[j], amounts[i] })
		again, err := kpi.ConcentrationOf(amounts)
		require.NoError(t, err)
		require.Equal(t, mustJSON(t, c), mustJSON(t, again))
		for i := range amounts {
			amounts[i] = amounts[i].Shift(7)
		}
		again, err = kpi.ConcentrationOf(amounts)
		require.NoError(t, err)
		require.Equal(t, c.String(), again.String())
	}
}

func TestConcentrationErrors(t *testing.T) {
	t.Parallel()
	_, err := kpi.ConcentrationOf(concentrationAmounts("1", "-0.01"))
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeNegative, e.Code)
	require.Equal(t, 1, e.Index)
	c := concentration(t, "1", "2")
	_, err = c.TopShare(-1)
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
	requireRatio(t, "1", kpi.Must(c.TopShare(math.MaxInt64)), nil)
	for _, p := range []kpi.Ratio{kpi.Percent(-1), kpi.Percent(101)} {
		_, err = c.TopPercent(p)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	for _, i := range []int{-1, 3} {
		x, y := c.XY(i)
		require.True(t, math.IsNaN(x) && math.IsNaN(y))
	}
	require.Zero(t, kpi.Concentration{}.Len())
	for _, bad := range []string{`{"amounts":["1","-1"]}`, `{"amounts":["x"]}`, `{"amounts":3}`} {
		require.Error(t, json.Unmarshal([]byte(bad), &c))
		require.Equal(t, int64(2), c.N())
	}
	require.NoError(t, json.Unmarshal([]byte("null"), &c))
	require.Equal(t, int64(2), c.N())

	// Amounts so far apart that they have no common unit within what is accepted.
	huge, tiny := decimal.NewFromBigInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(399), nil), 64), decimal.New(1, -64)
	c, err = kpi.ConcentrationOf([]decimal.Decimal{huge, tiny})
	require.NoError(t, err) // 528 digits
	require.NoError(t, c.Merge(c))
}

func FuzzConcentrationUnmarshalBinary(f *testing.F) {
	r := rand.New(rand.NewPCG(63, 64))
	for i := range 5 {
		c, err := kpi.ConcentrationOf(randomAmounts(r, i))
		require.NoError(f, err)
		data, err := c.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c kpi.Concentration
		if c.UnmarshalBinary(data) != nil {
			require.Zero(t, c.N())
			return
		}
		again, err := c.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, c.String())
		var back, all kpi.Concentration
		require.NoError(t, json.Unmarshal([]byte(mustJSON(t, c)), &back))
		require.NoError(t, all.Merge(back))
		again, err = all.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
	})
}

// BenchmarkSegments: a million customers are a sort and a pass.
func BenchmarkSegments(b *testing.B) {
	_, amounts := benchMoney()
	var c kpi.Concentration
	perRow(b, "ConcentrationOf", benchRows, func() (err error) {
		c, err = kpi.ConcentrationOf(amounts)
		return err
	})
	perRow(b, "Gini", benchRows, func() error { _, err := c.Gini(); return err })
	perRow(b, "HHI", benchRows, func() error { _, err := c.HHI(); return err })
	perRow(b, "Pareto", benchRows, func() error {
		for i := range c.Len() {
			c.XY(i)
		}
		return nil
	})
	var l kpi.Log
	id, err := l.Event("order")
	require.NoError(b, err)
	minor, _ := benchMoney()
	for i, m := range minor {
		require.NoError(b, l.AddMinor(uint64(i), id, day(1+i%28), m+1, -2))
	}
	all := customers(b, &l, kpi.CustomerSpec{AsOf: endOfLog})
	p := kpi.Period{Start: day(1), End: endOfLog}
	perRow(b, "Customers.Concentration", benchRows, func() error { _, err := all.Concentration(p); return err })
	perRow(b, "Customers.ABC", benchRows, func() error { _, err := all.ABC(p, kpi.ABCSpec{}); return err })
	mix := kpi.ABCSpec{Amount: kpi.Percent(60), Activity: kpi.Percent(30), Tenure: kpi.Percent(10)}
	perRow(b, "Customers.ABC, mixed", benchRows, func() error { _, err := all.ABC(p, mix); return err })
}
