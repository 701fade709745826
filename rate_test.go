package kpi_test

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var (
	_ = obey(law[kpi.EventRate]{
		name: "EventRate",
		random: func(r *rand.Rand) kpi.EventRate {
			return kpi.EventRate{Events: r.Int64N(100), Exposure: decimal.New(r.Int64N(1e6), -int32(r.IntN(4)))}
		},
		merge: (*kpi.EventRate).Merge,
		same: func(t *testing.T, want, got kpi.EventRate) {
			t.Helper()
			require.Equal(t, want.Events, got.Events)
			require.True(t, want.Exposure.Equal(got.Exposure))
		},
		bad: []kpi.EventRate{{Events: -1}, {Exposure: decimal.New(-1, -3)}, {Exposure: decimal.New(1, 65)}},
		clash: [][2]kpi.EventRate{
			{{Events: math.MaxInt64}, {Events: 1}},
			{{Exposure: powerOfTen(399)}, {Exposure: decimal.New(1, -1)}},
		},
	})
	_ = obey(law[kpi.RatioOfSums]{
		name: "RatioOfSums",
		random: func(r *rand.Rand) (s kpi.RatioOfSums) {
			for range r.IntN(6) {
				y, x := decimal.New(r.Int64N(2e6)-1e6, -int32(r.IntN(5))), decimal.New(r.Int64N(1e6), -int32(r.IntN(5)))
				if err := s.Add(y, x); err != nil {
					panic(err)
				}
			}
			return s
		},
		merge: (*kpi.RatioOfSums).Merge,
		same:  sameSums,
		bad: []kpi.RatioOfSums{
			{N: -1},
			sumsOf(0, 1, 0, 1, 0, 0),
			sumsOf(0, 0, 1, 0, 0, 1),
			sumsOf(0, 0, 0, -1, 0, 0),
			sumsOf(0, 0, 0, 0, 1, 0),
			sumsOf(1, -1, 0, 1, 0, 0),
			sumsOf(2, 1, 0, 2, 0, 0),  // a base below 0 hides behind Σx² > (Σx)²
			sumsOf(2, 4, 0, 7, 0, 0),  // 2·7 < 4²
			sumsOf(2, 0, 4, 0, 0, 7),  // so for y
			sumsOf(2, 2, 2, 2, 3, 2),  // 2·2 < 3²
			sumsOf(2, 2, 2, 2, -3, 2), // and the other way
			{N: 1, X: decimal.New(1, 65)},
			{N: 1, YY: decimal.New(1, 129)},
		},
		clash: [][2]kpi.RatioOfSums{
			{{N: math.MaxInt64}, {N: 1}},
		},
	})
)

// powerOfTen returns 10ⁿ with all of its digits.
func powerOfTen(n int64) decimal.Decimal {
	return decimal.NewFromBigInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil), 0)
}

func sumsOf(n, x, y, xx, xy, yy int64) kpi.RatioOfSums {
	d := decimal.NewFromInt
	return kpi.RatioOfSums{N: n, X: d(x), Y: d(y), XX: d(xx), XY: d(xy), YY: d(yy)}
}

func sameSums(t *testing.T, want, got kpi.RatioOfSums) {
	t.Helper()
	require.Equal(t, want.N, got.N)
	for _, p := range [][2]decimal.Decimal{
		{want.X, got.X}, {want.Y, got.Y}, {want.XX, got.XX}, {want.XY, got.XY}, {want.YY, got.YY},
	} {
		require.True(t, p[0].Equal(p[1]), "%v, not %v", p[1], p[0])
	}
}

func TestEventRate(t *testing.T) {
	t.Parallel()
	r, err := kpi.EventRate{Events: 42, Exposure: decimal.New(6000, 0)}.Ratio()
	requireRatio(t, "0.007", r, err)
	r, err = kpi.EventRate{Events: 3, Exposure: decimal.New(15, -1)}.Ratio() // may pass 1
	requireRatio(t, "2", r, err)
	r, err = kpi.EventRate{Exposure: decimal.New(3, 0)}.Ratio()
	requireRatio(t, "0", r, err)
}

func TestEventRateInterval(t *testing.T) {
	t.Parallel()
	tests := []struct {
		events     int64
		confidence float64
		lo, hi     float64
	}{
		// Solved at 60 digits; the first and the fourth are Garwood's table to two
		// places, 0–3.69 and 4.80–18.39.
		{0, 0.95, 0, 3.68887945411394},
		{1, 0.95, 0.0253178079842899, 5.57164339093890},
		{2, 0.95, 0.242209278543965, 7.22468766772396},
		{10, 0.95, 4.79538869613243, 18.3903560420178},
		{29, 0.95, 19.4217551375479, 41.6488374385866},
		{30, 0.95, 20.2408740214209, 42.8268653948077},
		{100, 0.95, 81.3639912509231, 121.626793792426},
		{1000, 0.95, 938.973018407695, 1063.95213601630},
		{0, 0.90, 0, 2.99573227355399}, // the rule of three
	}
	for _, tt := range tests {
		for _, exposure := range []string{"1", "6000", "0.25", "1e60"} {
			d := decimal.RequireFromString(exposure)
			i, err := kpi.EventRate{Events: tt.events, Exposure: d}.Interval(tt.confidence)
			require.NoError(t, err)
			per := d.InexactFloat64()
			require.InDelta(t, tt.lo, i.Lo*per, 1e-12*(1+tt.lo), "%+v", tt)
			require.InEpsilon(t, tt.hi, i.Hi*per, 1e-13, "%+v", tt)
			require.Equal(t, tt.events, i.N)
			require.Equal(t, tt.confidence, i.Confidence)
		}
	}
}

// Garwood's limits are Clopper and Pearson's of very many trials; there is no step
// where the expansion takes over.
func TestEventRateIntervalMany(t *testing.T) {
	t.Parallel()
	const trials = int64(1e17)
	for _, events := range []int64{1, 7, 100, 5000} {
		rate, err := kpi.EventRate{Events: events, Exposure: decimal.NewFromInt(trials)}.Interval(0.95)
		require.NoError(t, err)
		share, err := kpi.Proportion{K: events, N: trials}.ClopperPearson(0.95)
		require.NoError(t, err)
		require.InEpsilon(t, share.Lo, rate.Lo, 1e-11)
		require.InEpsilon(t, share.Hi, rate.Hi, 1e-11)
	}
	last := kpi.Interval{}
	for events := int64(1e6 - 3); events <= 1e6+3; events++ {
		i, err := kpi.EventRate{Events: events, Exposure: decimal.New(1, 0)}.Interval(0.95)
		require.NoError(t, err)
		if last.N > 0 {
			require.InDelta(t, 1, i.Lo-last.Lo, 0.002)
			require.InDelta(t, 1, i.Hi-last.Hi, 0.002)
		}
		last = i
	}
	i, err := kpi.EventRate{Events: 1e15, Exposure: decimal.New(1, 15)}.Interval(0.95)
	require.NoError(t, err)
	require.InDelta(t, 1-z95/math.Sqrt(1e15), i.Lo, 1e-14)
	require.InDelta(t, 1+z95/math.Sqrt(1e15), i.Hi, 1e-14)
}

func TestRatioOfSums(t *testing.T) {
	t.Parallel()
	// R = 6/6; the residuals 0, −1 and 1 have Σ = 2; v = 3/2·2/36 = 1/12; R: qt(.975, 2).
	var s kpi.RatioOfSums
	for _, o := range [][2]int64{{1, 1}, {1, 2}, {4, 3}} {
		require.NoError(t, s.Add(decimal.NewFromInt(o[0]), decimal.NewFromInt(o[1])))
	}
	sameSums(t, sumsOf(3, 6, 6, 14, 15, 18), s)
	r, err := s.Ratio()
	requireRatio(t, "1", r, err)
	i, err := s.Interval(0.95)
	require.NoError(t, err)
	half := 4.30265272974946 / math.Sqrt(12)
	require.InDelta(t, 1-half, i.Lo, 1e-12)
	require.InDelta(t, 1+half, i.Hi, 1e-12)
	require.Equal(t, int64(3), i.N)

	// A loss is a return below 0.
	require.NoError(t, s.Add(decimal.New(-20, 0), decimal.New(1, 0)))
	r, err = s.Ratio()
	requireRatio(t, "-2", r, err)
}

// With equal bases a ratio of sums is a mean, and so is its interval.
func TestRatioOfSumsIsAMean(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 9))
	for _, base := range []string{"1", "7", "0.001", "1e30"} {
		x := decimal.RequireFromString(base)
		for range 20 {
			var s kpi.RatioOfSums
			var values []decimal.Decimal
			for range 2 + r.IntN(50) {
				v := decimal.New(r.Int64N(2e6)-1e6, -3)
				values = append(values, v)
				require.NoError(t, s.Add(v.Mul(x), x))
			}
			m, err := kpi.MeanOf(values)
			require.NoError(t, err)
			want, err := m.Ratio()
			require.NoError(t, err)
			got, err := s.Ratio()
			requireRatio(t, want.String(), got, err)
			wantI, err := m.Interval(0.95)
			require.NoError(t, err)
			gotI, err := s.Interval(0.95)
			require.NoError(t, err)
			require.InDelta(t, wantI.Lo, gotI.Lo, 1e-11)
			require.InDelta(t, wantI.Hi, gotI.Hi, 1e-11)
			require.Equal(t, wantI.Warnings, gotI.Warnings)
		}
	}
}

// A currency in cents is the same rate, and one deal that is most of the money is
// not a hundred.
func TestRatioOfSumsConcentrated(t *testing.T) {
	t.Parallel()
	var even, large, cents kpi.RatioOfSums
	for i := range int64(100) {
		x, y := decimal.NewFromInt(10), decimal.NewFromInt(i%2*10)
		require.NoError(t, even.Add(y, x))
		require.NoError(t, cents.Add(y.Shift(2), x.Shift(2)))
		if i == 0 {
			x = decimal.NewFromInt(5000)
		}
		require.NoError(t, large.Add(y, x))
	}
	i, err := even.Interval(0.95)
	require.NoError(t, err)
	require.Empty(t, i.Warnings)
	same, err := cents.Interval(0.95)
	require.NoError(t, err)
	require.Equal(t, i, same)
	i, err = large.Interval(0.95)
	require.NoError(t, err)
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, i.Warnings)
}

func TestRateErrors(t *testing.T) {
	t.Parallel()
	one := decimal.New(1, 0)
	tests := []struct {
		name string
		ask  func() error
		at   string
		code kpi.Code
		kind error
	}{
		{"no exposure", func() error { _, err := kpi.EventRate{Events: 3}.Ratio(); return err }, "EventRate.Ratio", kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"no exposure", func() error { _, err := kpi.EventRate{}.Interval(0.95); return err }, "EventRate.Interval", kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"confidence before exposure", func() error { _, err := kpi.EventRate{}.Interval(1); return err }, "EventRate.Interval", kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"negative events", func() error { _, err := kpi.EventRate{Events: -1, Exposure: one}.Ratio(); return err }, "EventRate.Ratio", kpi.CodeNegative, kpi.ErrInvalid},
		{"negative exposure", func() error { _, err := kpi.EventRate{Exposure: one.Neg()}.Interval(0.95); return err }, "EventRate.Interval", kpi.CodeNegative, kpi.ErrInvalid},
		{"nothing", func() error { _, err := kpi.RatioOfSums{}.Ratio(); return err }, "RatioOfSums.Ratio", kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"nothing", func() error { _, err := kpi.RatioOfSums{}.Interval(0.95); return err }, "RatioOfSums.Interval", kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"confidence before nothing", func() error { _, err := kpi.RatioOfSums{}.Interval(math.NaN()); return err }, "RatioOfSums.Interval", kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"one", func() error { _, err := sumsOf(1, 2, 3, 4, 6, 9).Interval(0.95); return err }, "RatioOfSums.Interval", kpi.CodeTooFew, kpi.ErrUndefined},
		{"no spread", func() error { _, err := sumsOf(2, 3, 6, 5, 10, 20).Interval(0.95); return err }, "RatioOfSums.Interval", kpi.CodeNoSpread, kpi.ErrUndefined},
		{"impossible", func() error { _, err := sumsOf(2, 2, 2, 2, 3, 2).Interval(0.95); return err }, "RatioOfSums.Interval", kpi.CodeMismatch, kpi.ErrInvalid},
		{"impossible", func() error { _, err := sumsOf(2, 4, 0, 7, 0, 0).Ratio(); return err }, "RatioOfSums.Ratio", kpi.CodeMismatch, kpi.ErrInvalid},
		{"a negative base", func() error { return new(kpi.RatioOfSums).Add(one, one.Neg()) }, "RatioOfSums.Add", kpi.CodeNegative, kpi.ErrInvalid},
		{"too many", func() error { return (&kpi.RatioOfSums{N: math.MaxInt64}).Add(one, one) }, "RatioOfSums.Add", kpi.CodeOverflow, kpi.ErrInvalid},
		{"limits beyond float64", func() error {
			var s kpi.RatioOfSums
			return errors.Join(s.Add(powerOfTen(350), decimal.New(1, -64)), s.Add(one, one), func() error { _, err := s.Interval(0.95); return err }())
		}, "RatioOfSums.Interval", kpi.CodeTooLarge, kpi.ErrInvalid},
		{"limits beyond float64", func() error {
			m, err := kpi.MeanOf([]decimal.Decimal{powerOfTen(350), one})
			return errors.Join(err, func() error { _, err := m.Interval(0.95); return err }())
		}, "Mean.Interval", kpi.CodeTooLarge, kpi.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.at+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			e := requireError(t, tt.ask(), tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.at, e.Metric)
			require.Equal(t, -1, e.Index)
		})
	}
}

func TestRateHostile(t *testing.T) { //nolint:paralleltest // measures what the program allocates
	one := decimal.New(1, 0)
	good := sumsOf(3, 6, 6, 14, 15, 18)
	for _, d := range hostile() {
		refuse := func(name string, ask func() error) {
			t.Helper()
			cheaply(t, name, func() {
				require.Equal(t, kpi.CodeTooLarge, requireError(t, ask(), kpi.ErrInvalid).Code, name)
			})
		}
		refuse("EventRate.Ratio", func() error { _, err := kpi.EventRate{Exposure: d}.Ratio(); return err })
		refuse("EventRate.Interval", func() error { _, err := kpi.EventRate{Exposure: d}.Interval(0.95); return err })
		refuse("EventRate.Merge", func() error { return new(kpi.EventRate).Merge(kpi.EventRate{Exposure: d}) })
		refuse("RatioOfSums.Add x", func() error { s := good; return s.Add(one, d) })
		refuse("RatioOfSums.Add y", func() error { s := good; return s.Add(d, one) })
		for i := range 5 {
			bad := good
			*[]*decimal.Decimal{&bad.X, &bad.Y, &bad.XX, &bad.XY, &bad.YY}[i] = d
			if e := d.Exponent(); i >= 2 && (e == 65 || e == -65 || e == 0) {
				continue // a sum of products may have twice the digits
			}
			refuse("RatioOfSums.Ratio", func() error { _, err := bad.Ratio(); return err })
			refuse("RatioOfSums.Interval", func() error { _, err := bad.Interval(0.95); return err })
			refuse("RatioOfSums.Merge", func() error { s := good; return s.Merge(bad) })
			refuse("RatioOfSums.Add to it", func() error { s := bad; return s.Add(one, one) })
		}
	}
	sameSums(t, sumsOf(3, 6, 6, 14, 15, 18), good)
}
