package kpi_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// requireNear holds got to want within tolerance of want itself, and of 1.
func requireNear(t *testing.T, want, got, tolerance float64, about ...any) {
	t.Helper()
	require.InDelta(t, want, got, tolerance*math.Min(1, math.Max(math.Abs(want), 1e-300)), about...)
}

// R 4.2.2: prop.test without correction, fisher.test; Newcombe's interval by his
// formula.
var twoShares = []struct {
	name             string
	p, o             kpi.Proportion
	lo, hi           float64 // Newcombe, 95 %
	chi, pooled, fpv float64 // NaN where there is none
}{
	{"56/70 and 48/80", kpi.Proportion{K: 56, N: 70}, kpi.Proportion{K: 48, N: 80}, 0.0524314724023649, 0.333872654036906, 7.02341137123746, 0.00804508136819656, 0.0125211297492092},
	{"all and none", kpi.Proportion{K: 10, N: 10}, kpi.Proportion{N: 10}, 0.607509350430524, 1, 20, 7.74421643104409e-06, 1.0825088224469e-05},
	{"6/7 and 2/7", kpi.Proportion{K: 6, N: 7}, kpi.Proportion{K: 2, N: 7}, 0.0582279274823123, 0.806249637524228, 4.66666666666667, 0.0307535612592746, 0.102564102564103},
	{"none and none", kpi.Proportion{N: 10}, kpi.Proportion{N: 20}, -0.161125158052819, 0.277532799862889, math.NaN(), math.NaN(), 1},
	{"the articles' quarters", kpi.Proportion{K: 15, N: 180}, kpi.Proportion{K: 20, N: 200}, -0.0756303005772527, 0.0436518182059074, 0.314699792960663, 0.57481042252994, 0.599064074309078},
	// statsmodels, issue 2969: z = −1.40783.
	{"5/83 and 12/99", kpi.Proportion{K: 5, N: 83}, kpi.Proportion{K: 12, N: 99}, math.NaN(), math.NaN(), 1.4078304151258787 * 1.4078304151258787, 0.15918129181156992, math.NaN()},
	// The lady tasting tea, Fisher (1935): 34 of 70 tables are as unlikely.
	{"tea", kpi.Proportion{K: 3, N: 4}, kpi.Proportion{K: 1, N: 4}, math.NaN(), math.NaN(), 2, math.Erfc(1), 34.0 / 70},
}

func TestTwoShares(t *testing.T) {
	t.Parallel()
	for _, tt := range twoShares {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i, err := tt.p.Diff(tt.o, 0.95)
			require.NoError(t, err)
			require.Equal(t, tt.p.N+tt.o.N, i.N)
			if !math.IsNaN(tt.lo) {
				require.InDelta(t, tt.lo, i.Lo, 1e-12)
				require.InDelta(t, tt.hi, i.Hi, 1e-12)
			}
			f, err := tt.p.Fisher(tt.o)
			require.NoError(t, err)
			require.Equal(t, kpi.FisherExact, f.Test)
			if !math.IsNaN(tt.fpv) {
				requireNear(t, tt.fpv, f.P, 1e-12)
			}
			c, err := tt.p.Compare(tt.o)
			if math.IsNaN(tt.chi) {
				require.Equal(t, kpi.CodeNoSpread, requireError(t, err, kpi.ErrUndefined).Code)
				return
			}
			require.NoError(t, err)
			requireNear(t, tt.chi, c.Statistic*c.Statistic, 1e-12)
			requireNear(t, tt.pooled, c.P, 1e-12)
			a, err := tt.p.Ratio()
			require.NoError(t, err)
			b, err := tt.o.Ratio()
			requireRatio(t, a.Sub(b).String(), c.Difference, err)
			require.Equal(t, c.Difference, f.Difference)
		})
	}
}

func TestTwoSharesReference(t *testing.T) {
	t.Parallel()
	var file struct {
		Two struct {
			R []struct {
				X1, N1, X2, N2 int64
				Newcombe95     [2]float64
				Chi            *float64 `json:"pooled_z_chisq"`
				Pooled         *float64 `json:"pooled_p"`
				Fisher         float64  `json:"fisher_p"`
			}
			K struct {
				Successes, N []int64
				Raw          []json.Number `json:"pairwise_p_raw"`
				Holm         []json.Number `json:"pairwise_p_holm"`
			} `json:"prop_test_k"`
		} `json:"two_proportions"`
		Adjust struct {
			Cases []struct{ P, Holm, BH []float64 }
		} `json:"p_adjust"`
	}
	readReference(t, "metrics/intervals_proportions.json", &file)
	require.NotEmpty(t, file.Two.R)
	for _, r := range file.Two.R {
		p, o := kpi.Proportion{K: r.X1, N: r.N1}, kpi.Proportion{K: r.X2, N: r.N2}
		i, err := p.Diff(o, 0.95)
		require.NoError(t, err)
		require.InDelta(t, r.Newcombe95[0], i.Lo, 1e-12)
		require.InDelta(t, r.Newcombe95[1], i.Hi, 1e-12)
		f, err := p.Fisher(o)
		require.NoError(t, err)
		requireNear(t, r.Fisher, f.P, 1e-12)
		if r.Chi != nil {
			c, err := p.Compare(o)
			require.NoError(t, err)
			requireNear(t, *r.Chi, c.Statistic*c.Statistic, 1e-12)
			requireNear(t, *r.Pooled, c.P, 1e-12)
		}
	}
	var raw []float64
	k := file.Two.K
	for i := range k.N {
		for j := i + 1; j < len(k.N); j++ {
			c, err := kpi.Proportion{K: k.Successes[i], N: k.N[i]}.Compare(kpi.Proportion{K: k.Successes[j], N: k.N[j]})
			require.NoError(t, err)
			raw = append(raw, c.P)
		}
	}
	holm, err := kpi.Holm(raw)
	require.NoError(t, err)
	require.Len(t, k.Holm, len(holm))
	for i := range raw {
		want, err := k.Raw[i].Float64()
		require.NoError(t, err)
		requireNear(t, want, raw[i], 1e-12)
		want, err = k.Holm[i].Float64()
		require.NoError(t, err)
		requireNear(t, want, holm[i], 1e-12)
	}
	require.NotEmpty(t, file.Adjust.Cases)
	for _, c := range file.Adjust.Cases {
		holm, err := kpi.Holm(c.P)
		require.NoError(t, err)
		require.InDeltaSlice(t, c.Holm, holm, 1e-14)
		bh, err := kpi.BenjaminiHochberg(c.P)
		require.NoError(t, err)
		require.InDeltaSlice(t, c.BH, bh, 1e-14)
	}
}

// Over all tables of two small groups: the interval turns round with the groups,
// stays inside its bounds and holds the difference; Fisher's test against its
// definition in whole numbers.
func TestTwoSharesLaws(t *testing.T) {
	t.Parallel()
	const n, m = 7, 11
	choose := func(n, k int64) *big.Int { return new(big.Int).Binomial(n, k) }
	for a := range int64(n + 1) {
		for b := range int64(m + 1) {
			p, o := kpi.Proportion{K: a, N: n}, kpi.Proportion{K: b, N: m}
			i, err := p.Diff(o, 0.95)
			require.NoError(t, err)
			back, err := o.Diff(p, 0.95)
			require.NoError(t, err)
			require.Equal(t, [2]float64{i.Lo, i.Hi}, [2]float64{-back.Hi, -back.Lo})
			require.True(t, -1 <= i.Lo && i.Lo < i.Hi && i.Hi <= 1)
			pi, err := p.Interval(0.95)
			require.NoError(t, err)
			oi, err := o.Interval(0.95)
			require.NoError(t, err)
			x, y := float64(a)/n, float64(b)/m
			require.InDelta(t, x-y-math.Hypot(x-pi.Lo, oi.Hi-y), i.Lo, 1e-15)
			require.InDelta(t, x-y+math.Hypot(pi.Hi-x, y-oi.Lo), i.Hi, 1e-15)
			require.Equal(t, []kpi.Code{kpi.CodeTooFew}, i.Warnings)
			f, err := p.Fisher(o)
			require.NoError(t, err)
			require.True(t, i.Contains(f.Difference.Float64()))
			require.Equal(t, f.Difference.Neg().String(), kpi.Must(fisherBack(o, p)).String())

			var tail, all big.Int
			table := func(k int64) *big.Int {
				return new(big.Int).Mul(choose(n, k), choose(m, a+b-k))
			}
			seen := table(a)
			for k := range a + b + 1 {
				if w := table(k); k <= n && a+b-k <= m {
					all.Add(&all, w)
					if w.Cmp(seen) <= 0 {
						tail.Add(&tail, w)
					}
				}
			}
			want, _ := new(big.Rat).SetFrac(&tail, &all).Float64()
			requireNear(t, want, f.P, 1e-13, "%v against %v", p, o)
		}
	}
}

func fisherBack(p, o kpi.Proportion) (kpi.Ratio, error) {
	c, err := p.Fisher(o)
	return c.Difference, err
}

// A million customers, and a thousand million, take no time; there the exact and
// the approximate test agree.
func TestFisherLarge(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{1e6, 5e8} {
		p, o := kpi.Proportion{K: n/2 + n/1000, N: n}, kpi.Proportion{K: n / 2, N: n}
		if n > 1e6 {
			p.K = n/2 + 20000
		}
		f, err := p.Fisher(o)
		require.NoError(t, err)
		c, err := p.Compare(o)
		require.NoError(t, err)
		require.InDelta(t, 1, f.P/c.P, 0.01)
		require.Empty(t, c.Warnings)
	}
	far, err := kpi.Proportion{K: 1e6, N: 1e6}.Fisher(kpi.Proportion{N: 1e6})
	require.NoError(t, err)
	require.Equal(t, 0.0, far.P)
	same, err := kpi.Proportion{N: 1e9 - 1}.Fisher(kpi.Proportion{N: 1})
	require.NoError(t, err)
	require.Equal(t, 1.0, same.P)
	_, err = kpi.Proportion{N: 1e9}.Fisher(kpi.Proportion{N: 1})
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeTooLarge, e.Code)
	require.Equal(t, "Proportion.Fisher", e.Metric)
}

func TestCompareWarns(t *testing.T) {
	t.Parallel()
	// Against none of 20, five are expected in each group if ten of 20 did in the
	// one, and four and a half if nine did.
	for k, n := range map[int64]int64{10: 20, 9: 20} {
		c, err := kpi.Proportion{K: k, N: n}.Compare(kpi.Proportion{N: n})
		require.NoError(t, err)
		if k == 10 {
			require.Nil(t, c.Warnings)
		} else {
			require.Equal(t, []kpi.Code{kpi.CodeTooFew}, c.Warnings)
			require.Equal(t, "pooled z 3.408, p = 0.000655, difference 0.45, n=40 (there are too few observations)", c.String())
		}
	}
}

func TestTwoSharesErrors(t *testing.T) {
	t.Parallel()
	good := kpi.Proportion{K: 3, N: 10}
	tests := []struct {
		name string
		p    kpi.Proportion
		code kpi.Code
		kind error
	}{
		{"negative", kpi.Proportion{K: -1, N: 2}, kpi.CodeNegative, kpi.ErrInvalid},
		{"part exceeds whole", kpi.Proportion{K: 3, N: 2}, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"together too many", kpi.Proportion{N: math.MaxInt64}, kpi.CodeOverflow, kpi.ErrInvalid},
		{"nobody", kpi.Proportion{}, kpi.CodeZeroDenominator, kpi.ErrUndefined},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, ask := range map[string]func(p, o kpi.Proportion) error{
				"Proportion.Diff":    func(p, o kpi.Proportion) error { _, err := p.Diff(o, 0.95); return err },
				"Proportion.Compare": func(p, o kpi.Proportion) error { _, err := p.Compare(o); return err },
				"Proportion.Fisher":  func(p, o kpi.Proportion) error { _, err := p.Fisher(o); return err },
			} {
				for _, err := range []error{ask(tt.p, good), ask(good, tt.p)} {
					e := requireError(t, err, tt.kind)
					require.Equal(t, tt.code, e.Code)
					require.Equal(t, name, e.Metric)
				}
			}
		})
	}
	for _, confidence := range []float64{0, 1, -1, 2, math.NaN(), math.Inf(1)} {
		_, err := good.Diff(kpi.Proportion{}, confidence) // invalid before undefined
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

func TestTestNames(t *testing.T) {
	t.Parallel()
	for _, test := range []kpi.Test{
		kpi.PooledZ, kpi.FisherExact, kpi.WelchT, kpi.AdjustedZ, kpi.MantelHaenszel, kpi.CochranArmitage, kpi.WeightedZ,
		kpi.PoissonExact,
	} {
		back, err := kpi.ParseTest(test.String())
		require.NoError(t, err)
		require.Equal(t, test, back)
		data, err := json.Marshal(test)
		require.NoError(t, err)
		require.Equal(t, strconv.Quote(test.String()), string(data))
		back = -1
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, test, back)
		requireError(t, back.UnmarshalText([]byte("z")), kpi.ErrInvalid)
		require.Equal(t, test, back)
	}
	require.Equal(t, "Test(8)", kpi.Test(8).String())
	_, err := kpi.ParseTest("welch")
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestComparisonJSON(t *testing.T) {
	t.Parallel()
	c, err := kpi.Proportion{K: 1, N: 3}.Compare(kpi.Proportion{K: 1, N: 2})
	require.NoError(t, err)
	data, err := json.Marshal(c)
	require.NoError(t, err)
	require.Contains(t, string(data), `"difference":"-1/6"`)
	require.Contains(t, string(data), `"test":"pooled z"`)
	var back kpi.Comparison
	require.NoError(t, json.Unmarshal(data, &back))
	require.True(t, c.Difference.Equal(back.Difference))
	back.Difference = c.Difference
	require.Equal(t, c, back)
}

// Whatever the counts, an answer is finite, in its bounds and turns round with
// the groups, or there is an error.
func FuzzTwoGroups(f *testing.F) {
	f.Add(int64(1), int64(2), int64(3), int64(4), 0.95)
	f.Add(int64(0), int64(1<<60), int64(1<<61), int64(1<<62), 0.5)
	f.Add(int64(-1), int64(math.MaxInt64), int64(0), int64(0), 1e-300)
	f.Fuzz(func(t *testing.T, a, b, c, d int64, confidence float64) {
		p, o := kpi.Proportion{K: a, N: b}, kpi.Proportion{K: c, N: d}
		if i, err := p.Diff(o, confidence); err == nil {
			require.True(t, -1 <= i.Lo && i.Lo <= i.Hi && i.Hi <= 1, "%v", i)
		}
		ask := func(err error, x kpi.Comparison) {
			if err == nil {
				requireComparison(t, x)
			}
		}
		x, err := p.Compare(o)
		ask(err, x)
		x, err = p.Fisher(o)
		ask(err, x)
		n, m := kpi.NPS{Promoters: a, Passives: b, Detractors: c}, kpi.NPS{Promoters: d, Detractors: b}
		if i, err := n.Diff(m, confidence); err == nil {
			require.True(t, -200 <= i.Lo && i.Lo <= i.Hi && i.Hi <= 200, "%v", i)
		}
		x, err = n.Compare(m)
		ask(err, x)
	})
}

// requireFinite demands limits that are numbers, in order.
func requireFinite(t *testing.T, i kpi.Interval) {
	t.Helper()
	require.True(t, i.Lo <= i.Hi && !math.IsInf(i.Lo, 0) && !math.IsInf(i.Hi, 0), "%v", i)
}

// requireComparison demands a chance, and a statistic that is a number.
func requireComparison(t *testing.T, c kpi.Comparison) {
	t.Helper()
	require.True(t, 0 <= c.P && c.P <= 1, "%v", c)
	for _, v := range []float64{c.Statistic, c.DF} {
		require.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%v", c)
	}
}
