package kpi_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// Admissions to six departments of Berkeley in 1973, men against women: R's
// UCBAdmissions.
var berkeley = kpi.Strata{
	{"A", kpi.Proportion{K: 512, N: 825}, kpi.Proportion{K: 89, N: 108}},
	{"B", kpi.Proportion{K: 353, N: 560}, kpi.Proportion{K: 17, N: 25}},
	{"C", kpi.Proportion{K: 120, N: 325}, kpi.Proportion{K: 202, N: 593}},
	{"D", kpi.Proportion{K: 138, N: 417}, kpi.Proportion{K: 131, N: 375}},
	{"E", kpi.Proportion{K: 53, N: 191}, kpi.Proportion{K: 94, N: 393}},
	{"F", kpi.Proportion{K: 22, N: 373}, kpi.Proportion{K: 24, N: 341}},
}

// R 4.2.2, mantelhaen.test(UCBAdmissions, correct = FALSE).
func TestStrataBerkeley(t *testing.T) {
	t.Parallel()
	odds, err := berkeley.CommonOddsRatio()
	require.NoError(t, err)
	require.InDelta(t, 0.904696828258623, odds.Float64(), 1e-14)
	i, err := berkeley.OddsRatioInterval(0.95)
	require.NoError(t, err)
	require.InDelta(t, 0.77190736175935, i.Lo, 1e-13)
	require.InDelta(t, 1.06032976443666, i.Hi, 1e-13)
	require.Equal(t, int64(4526), i.N)
	c, err := berkeley.Compare()
	require.NoError(t, err)
	require.InDelta(t, 1.52460666044344, c.Statistic, 1e-13)
	require.InDelta(t, 0.216923697055518, c.P, 1e-13)
	require.Equal(t, kpi.MantelHaenszel, c.Test)
	require.Equal(t, 1.0, c.DF)
	d, err := berkeley.CommonDifference()
	requireRatio(t, c.Difference.String(), d, err)

	// All departments in one: men seem preferred by 14 points.
	var men, women kpi.Proportion
	for _, s := range berkeley {
		men, err = men.Merge(s.A)
		require.NoError(t, err)
		women, err = women.Merge(s.B)
		require.NoError(t, err)
	}
	crude, err := men.Compare(women)
	require.NoError(t, err)
	require.InDelta(t, 0.445187662578967-0.303542234332425, crude.Difference.Float64(), 1e-14)
	require.Negative(t, d.Sign())
}

func TestStrataReference(t *testing.T) {
	t.Parallel()
	var file struct {
		Simpson struct {
			Table []struct {
				Admit, Gender, Dept string
				Freq                int64
			}
			Stat  float64            `json:"cmh_stat"`
			P     float64            `json:"cmh_p"`
			Odds  float64            `json:"mh_common_or"`
			Conf  [2]float64         `json:"mh_conf"`
			Crude map[string]float64 `json:"crude_admit_by_gender"`
		}
	}
	readReference(t, "metrics/simpson_seasonal.json", &file)
	by := map[string]int{}
	var s kpi.Strata
	for _, row := range file.Simpson.Table {
		i, ok := by[row.Dept]
		if !ok {
			i = len(s)
			by[row.Dept], s = i, append(s, kpi.Stratum{Name: row.Dept})
		}
		p := &s[i].A
		if row.Gender == "Female" {
			p = &s[i].B
		}
		p.N += row.Freq
		if row.Admit == "Admitted" {
			p.K += row.Freq
		}
	}
	require.Equal(t, berkeley, s)
	odds, err := s.CommonOddsRatio()
	require.NoError(t, err)
	require.InDelta(t, file.Simpson.Odds, odds.Float64(), 1e-12)
	i, err := s.OddsRatioInterval(0.95)
	require.NoError(t, err)
	require.InDelta(t, file.Simpson.Conf[0], i.Lo, 1e-12)
	require.InDelta(t, file.Simpson.Conf[1], i.Hi, 1e-12)
	c, err := s.Compare()
	require.NoError(t, err)
	require.InDelta(t, file.Simpson.Stat, c.Statistic, 1e-12)
	require.InDelta(t, file.Simpson.P, c.P, 1e-12)
}

// One stratum is a plain table: its odds ratio, its difference, and its χ² but for
// n−1 in the place of n. Strata that say nothing change nothing.
func TestStrataLaws(t *testing.T) {
	t.Parallel()
	p, o := kpi.Proportion{K: 56, N: 70}, kpi.Proportion{K: 48, N: 80}
	one := kpi.Strata{{A: p, B: o}}
	odds, err := one.CommonOddsRatio()
	requireRatio(t, "8/3", odds, err) // 56·32/(14·48)
	plain, err := p.Compare(o)
	require.NoError(t, err)
	c, err := one.Compare()
	requireRatio(t, plain.Difference.String(), c.Difference, err)
	require.InDelta(t, plain.Statistic*plain.Statistic*149/150, c.Statistic, 1e-13)
	i, err := one.OddsRatioInterval(0.95)
	require.NoError(t, err)
	// Woolf's variance, which that of one stratum is.
	half := 1.959963984540054 * math.Sqrt(1/56.0+1/14.0+1/48.0+1/32.0)
	require.InDelta(t, 8.0/3*math.Exp(-half), i.Lo, 1e-13)
	require.InDelta(t, 8.0/3*math.Exp(half), i.Hi, 1e-12)

	padded := kpi.Strata{{}, {A: kpi.Proportion{K: 3, N: 9}}, one[0], {B: kpi.Proportion{K: 1, N: 1}}}
	same, err := padded.CommonOddsRatio()
	requireRatio(t, "8/3", same, err)
	c2, err := padded.Compare()
	requireRatio(t, c.Difference.String(), c2.Difference, err)
	require.InDelta(t, c.Statistic, c2.Statistic, 1e-13)

	// Groups that change places, strata that change theirs.
	back := make(kpi.Strata, len(berkeley))
	for i, s := range berkeley {
		back[len(back)-1-i] = kpi.Stratum{Name: s.Name, A: s.B, B: s.A}
	}
	want, err := berkeley.CommonOddsRatio()
	require.NoError(t, err)
	got, err := back.CommonOddsRatio()
	requireRatio(t, kpi.Must(kpi.Whole(1).Over(want)).String(), got, err)
	a, err := berkeley.Compare()
	require.NoError(t, err)
	b, err := back.Compare()
	requireRatio(t, a.Difference.Neg().String(), b.Difference, err)
	require.InDelta(t, a.Statistic, b.Statistic, 1e-13)
}

func TestStrataErrors(t *testing.T) {
	t.Parallel()
	some := kpi.Stratum{A: kpi.Proportion{K: 1, N: 2}, B: kpi.Proportion{K: 1, N: 2}}
	tests := []struct {
		name             string
		s                kpi.Strata
		odds, difference kpi.Code // 0 if there is one
		index            int
	}{
		{"negative", kpi.Strata{some, {A: kpi.Proportion{N: -1}}}, kpi.CodeNegative, kpi.CodeNegative, 1},
		{"part exceeds whole", kpi.Strata{some, {B: kpi.Proportion{K: 1}}}, kpi.CodePartExceedsWhole, kpi.CodePartExceedsWhole, 1},
		{"too many", kpi.Strata{some, {B: kpi.Proportion{N: math.MaxInt64}}}, kpi.CodeOverflow, kpi.CodeOverflow, 1},
		{"none", nil, kpi.CodeZeroDenominator, kpi.CodeZeroDenominator, -1},
		{"one group", kpi.Strata{{A: some.A}}, kpi.CodeZeroDenominator, kpi.CodeZeroDenominator, -1},
		{"nobody did in B", kpi.Strata{{A: some.A, B: kpi.Proportion{N: 3}}}, kpi.CodeZeroDenominator, 0, -1},
		{"nobody did", kpi.Strata{{A: kpi.Proportion{N: 3}, B: kpi.Proportion{N: 3}}}, kpi.CodeZeroDenominator, kpi.CodeNoSpread, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check := func(name string, code kpi.Code, err error) {
				if code == 0 {
					require.NoError(t, err)
					return
				}
				kind := kpi.ErrUndefined
				if code > 100 {
					kind = kpi.ErrInvalid
				}
				e := requireError(t, err, kind)
				require.Equal(t, code, e.Code)
				require.Equal(t, tt.index, e.Index)
				require.Equal(t, name, e.Metric)
			}
			_, err := tt.s.CommonOddsRatio()
			check("Strata.CommonOddsRatio", tt.odds, err)
			_, err = tt.s.OddsRatioInterval(0.95)
			check("Strata.OddsRatioInterval", tt.odds, err)
			_, err = tt.s.Compare()
			check("Strata.Compare", tt.difference, err)
			if tt.difference != kpi.CodeNoSpread {
				_, err = tt.s.CommonDifference()
				check("Strata.CommonDifference", tt.difference, err)
			}
		})
	}
	_, err := kpi.Strata{{A: kpi.Proportion{N: 3}, B: kpi.Proportion{K: 1, N: 3}}}.OddsRatioInterval(0.95)
	require.Equal(t, kpi.CodeNoSpread, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = kpi.Strata{}.OddsRatioInterval(1)
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	// Odds so lopsided that a limit is beyond a float64.
	const n = 1 << 60
	_, err = kpi.Strata{
		{A: kpi.Proportion{K: 1, N: 1}, B: kpi.Proportion{K: n, N: n + 1}},
		{A: kpi.Proportion{N: 1}, B: kpi.Proportion{K: 1, N: n + 1}},
	}.OddsRatioInterval(0.95)
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestStandardise(t *testing.T) {
	t.Parallel()
	rates := []kpi.Proportion{{K: 20, N: 100}, {K: 60, N: 100}}
	tests := []struct {
		name    string
		weights []int64
		want    string
	}{
		{"its own sizes give the crude rate", []int64{100, 100}, "0.4"},
		{"any scale", []int64{7, 7}, "0.4"},
		{"four to one", []int64{4, 1}, "0.28"},
		{"the largest weights", []int64{math.MaxInt64, math.MaxInt64}, "0.4"},
		{"one group", []int64{0, 3}, "0.6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := kpi.Standardise(rates, tt.weights)
			requireRatio(t, tt.want, got, err)
		})
	}
	got, err := kpi.Standardise([]kpi.Proportion{{K: 1, N: 3}, {}}, []int64{2, 0})
	requireRatio(t, "1/3", got, err)

	for _, tt := range []struct {
		rates   []kpi.Proportion
		weights []int64
		code    kpi.Code
		kind    error
		index   int
	}{
		{rates, []int64{1}, kpi.CodeLength, kpi.ErrInvalid, -1},
		{rates, []int64{1, -1}, kpi.CodeNegative, kpi.ErrInvalid, 1},
		{[]kpi.Proportion{{}, {K: 2, N: 1}}, []int64{1, 1}, kpi.CodePartExceedsWhole, kpi.ErrInvalid, 1},
		{[]kpi.Proportion{{K: 1, N: 1}, {}}, []int64{1, 1}, kpi.CodeZeroDenominator, kpi.ErrUndefined, 1},
		{rates, []int64{0, 0}, kpi.CodeZeroDenominator, kpi.ErrUndefined, -1},
		{nil, nil, kpi.CodeZeroDenominator, kpi.ErrUndefined, -1},
	} {
		_, err := kpi.Standardise(tt.rates, tt.weights)
		e := requireError(t, err, tt.kind)
		require.Equal(t, tt.code, e.Code)
		require.Equal(t, tt.index, e.Index)
		require.Equal(t, "Standardise", e.Metric)
	}
}

// Ten thousand sizes are added exactly; one more is refused, and equal sizes do
// not count.
func TestExactSumBound(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	rates, weights := make([]kpi.Proportion, 10001), make([]int64, 10001)
	for i := range rates {
		n := int64(i) + 2
		rates[i], weights[i] = kpi.Proportion{K: r.Int64N(n), N: n}, 1
	}
	_, err := kpi.Standardise(rates[:10000], weights[:10000])
	require.NoError(t, err)
	_, err = kpi.Standardise(rates, weights)
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	for i := range rates {
		rates[i] = kpi.Proportion{K: 1, N: int64(i%7) + 1}
	}
	_, err = kpi.Standardise(rates, weights)
	require.NoError(t, err)
}

// One stratum warns where Proportion.Compare does; many sparse ones do not, once
// there are enough of them, and strata that say nothing do not count.
func TestStrataWarns(t *testing.T) {
	t.Parallel()
	few := []kpi.Code{kpi.CodeTooFew}
	pair := kpi.Stratum{A: kpi.Proportion{K: 1, N: 1}, B: kpi.Proportion{N: 1}} // expected ½ from either end
	back := kpi.Stratum{A: pair.B, B: pair.A}
	pairs := func(n int) (s kpi.Strata) {
		for i := range n {
			s = append(s, []kpi.Stratum{pair, pair, back}[i%3])
		}
		return s
	}
	tests := []struct {
		name       string
		s          kpi.Strata
		test, odds []kpi.Code
	}{
		{"five expected", kpi.Strata{{A: kpi.Proportion{K: 9, N: 20}, B: kpi.Proportion{K: 1, N: 20}}}, nil, few},
		{"four and a half", kpi.Strata{{A: kpi.Proportion{K: 8, N: 20}, B: kpi.Proportion{K: 1, N: 20}}}, few, few},
		{"four and a half of many", kpi.Strata{{A: kpi.Proportion{K: 8, N: 2000}, B: kpi.Proportion{K: 1, N: 2000}}}, few, few},
		{"nine pairs", pairs(9), few, few},
		{"ten pairs", pairs(10), nil, few},
		{"thirty pairs", pairs(30), nil, nil},
		{"29 pairs and many alone", append(pairs(29), kpi.Stratum{A: kpi.Proportion{N: 1000}}, kpi.Stratum{B: kpi.Proportion{N: 1000}}), nil, few},
		{"fifteen thirds", append(
			slices.Repeat(kpi.Strata{{A: kpi.Proportion{K: 1, N: 1}, B: kpi.Proportion{N: 2}}}, 14),
			kpi.Stratum{A: kpi.Proportion{N: 1}, B: kpi.Proportion{K: 1, N: 2}},
		), nil, few},
		{"admissions", berkeley, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := tt.s.Compare()
			require.NoError(t, err)
			require.Equal(t, tt.test, c.Warnings)
			i, err := tt.s.OddsRatioInterval(0.95)
			require.NoError(t, err)
			require.Equal(t, tt.odds, i.Warnings)
			if len(tt.s) == 1 {
				plain, err := tt.s[0].A.Compare(tt.s[0].B)
				require.NoError(t, err)
				require.Equal(t, plain.Warnings, c.Warnings)
			}
		})
	}
}

// Whatever the counts, an answer is finite and in its bounds, or there is an error.
func FuzzStrata(f *testing.F) {
	f.Add(int64(1), int64(2), int64(3), int64(4), int64(5), int64(6), int64(7), int64(8), 0.95)
	f.Add(int64(0), int64(1<<60), int64(1<<60), int64(1<<61), int64(1), int64(1), int64(0), int64(1), 1e-300)
	f.Add(int64(-1), int64(math.MaxInt64), int64(0), int64(0), int64(1), int64(1), int64(1), int64(2), math.Nextafter(1, 0))
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, h, k int64, confidence float64) {
		p := []kpi.Proportion{{K: a, N: b}, {K: c, N: d}, {K: e, N: g}, {K: h, N: k}}
		unit := func(r kpi.Ratio) {
			require.True(t, r.Sign() >= 0 && r.Cmp(kpi.Whole(1)) <= 0, "%v", r)
		}
		s := kpi.Strata{{A: p[0], B: p[1]}, {A: p[2], B: p[3]}, {A: p[1], B: p[2]}}
		if c, err := s.Compare(); err == nil {
			requireComparison(t, c)
			unit(c.Difference.Mul(c.Difference))
		}
		if i, err := s.OddsRatioInterval(confidence); err == nil {
			requireFinite(t, i)
			require.GreaterOrEqual(t, i.Lo, 0.0)
			r, err := s.CommonOddsRatio()
			require.NoError(t, err)
			require.Positive(t, r.Sign())
		}
		if r, err := kpi.Standardise(p, []int64{h, e, c, a}); err == nil {
			unit(r)
		}
		if m, err := kpi.RateMix([]kpi.MixGroup{{Before: p[0], After: p[1]}, {Before: p[2], After: p[3]}}); err == nil {
			require.True(t, m.Delta.Equal(m.RateEffect.Add(m.MixEffect)))
			unit(m.Delta.Mul(m.Delta))
		}
		if s, err := kpi.Shrink(p); err == nil {
			require.GreaterOrEqual(t, s.Strength.Sign(), 0)
			for i := range p {
				r, err := s.Rate(i)
				require.NoError(t, err)
				unit(r)
			}
		}
	})
}
