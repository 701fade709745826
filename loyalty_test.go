package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Loyalty]{
	name: "Loyalty",
	random: func(r *rand.Rand) kpi.Loyalty {
		l := kpi.Loyalty{NPS: kpi.NPS{Promoters: r.Int64N(9), Passives: r.Int64N(9), Detractors: r.Int64N(9)}}
		for range r.IntN(5) {
			id := string(rune('a'+len(l.Customers))) + string(rune('A'+r.IntN(26))) + strings.Repeat("x", r.IntN(1000))
			l.Customers = append(l.Customers, kpi.LoyalCustomer{Customer: id, Purchases: r.Int64N(5), Referrals: r.Int64N(3), CLV: decimal.New(r.Int64N(1e6)-1000, -2)})
		}
		r.Shuffle(len(l.Customers), func(i, j int) { l.Customers[i], l.Customers[j] = l.Customers[j], l.Customers[i] })
		return l
	},
	merge: func(dst *kpi.Loyalty, src kpi.Loyalty) error { return dst.Merge(src) },
	same: func(t *testing.T, want, got kpi.Loyalty) {
		t.Helper()
		require.Equal(t, mustJSON(t, want), mustJSON(t, got))
	},
	bad: []kpi.Loyalty{
		{Customers: []kpi.LoyalCustomer{{}}},
		{Customers: []kpi.LoyalCustomer{{Customer: "x"}, {Customer: "x"}}},
		{Customers: []kpi.LoyalCustomer{{Customer: "x\xff"}}},
		{Customers: []kpi.LoyalCustomer{{Customer: "x", Purchases: -1}}},
		{Customers: []kpi.LoyalCustomer{{Customer: "x", Referrals: -1}}},
		{NPS: kpi.NPS{Passives: -1}},
	},
	clash: [][2]kpi.Loyalty{
		{{Customers: []kpi.LoyalCustomer{{Customer: "x"}, {Customer: "y"}}}, {Customers: []kpi.LoyalCustomer{{Customer: "y"}}}},
		{{NPS: kpi.NPS{Passives: math.MaxInt64}}, {NPS: kpi.NPS{Passives: 1}}},
	},
})

func TestLoyalty(t *testing.T) {
	t.Parallel()
	l := kpi.Loyalty{
		Customers: []kpi.LoyalCustomer{
			{Customer: "王芳", Purchases: 5, Referrals: 2, CLV: dec("3600.50")},
			{Customer: "Bo", Purchases: 1, CLV: dec("400")},
			{Customer: "Cy", Purchases: 2, Referrals: 1, CLV: dec("900")},
			{Customer: "Di", CLV: dec("-10")},
		},
		NPS: kpi.NPS{Promoters: 6, Passives: 2, Detractors: 2},
	}
	repeat, err := l.RepeatRate()
	require.NoError(t, err)
	require.Equal(t, "2/3", repeat.String(), "Di never bought")
	referrers, err := l.ReferrerRate()
	require.NoError(t, err)
	require.Equal(t, "2/4", referrers.String(), "of all, Di too")
	clv, err := l.MeanCLV()
	require.NoError(t, err)
	requireRatio(t, "1222.625", kpi.Must(clv.Ratio()), nil)
	require.Equal(t, `customer  purchases  referrals      CLV
王芳              5          2  3600.50
Bo                1          0   400.00
Cy                2          1   900.00
Di                0          0   -10.00
`, l.String())
	require.Contains(t, l.Markdown(), "| Cy | 2 | 1 | 900.00 |\n")
	require.Equal(t, `measure        value   n
repeat rate    66.7%   3
NPS             40.0  10
referrers      50.0%   4
CLV          1222.63   4
`, l.Summary().String())
	require.Equal(t, `measure      value  n
repeat rate      –  0
NPS              –  0
referrers        –  0
CLV              –  0
`, kpi.Loyalty{}.Summary().String())

	spec := kpi.HealthSpec{Inputs: []kpi.HealthInput{
		{Name: "purchases", Weight: kpi.Whole(2), Bounds: kpi.Bounds{To: kpi.Whole(10)}},
		{Name: "referrals", Weight: kpi.Whole(1), Bounds: kpi.Bounds{To: kpi.Whole(4)}},
		{Name: "clv", Weight: kpi.Whole(1), Bounds: kpi.Bounds{To: kpi.Whole(2000)}},
	}}
	s, err := l.Index(0, spec)
	require.NoError(t, err)
	require.Equal(t, "purchases 25, referrals 12.5, clv 25, = 62.5", why(s))
	s, err = l.Index(3, spec)
	require.NoError(t, err)
	require.Equal(t, "= 0", why(s))
	spec.Inputs = append(spec.Inputs, kpi.HealthInput{Name: "nps", Weight: kpi.Whole(1)})
	s, err = l.Index(0, spec)
	require.NoError(t, err)
	require.Equal(t, []string{"nps"}, s.Missing)
	requireRatio(t, "0.8", s.Coverage, nil)

	for _, i := range []int{-1, 4} {
		_, err = l.Index(i, spec)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	spec.MinCoverage = kpi.Whole(1)
	_, err = l.Index(0, spec)
	require.Equal(t, kpi.CodeTooFew, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = l.Index(0, kpi.HealthSpec{})
	require.Equal(t, "Loyalty.Index", requireError(t, err, kpi.ErrInvalid).Metric)
}

func TestLoyaltyErrors(t *testing.T) {
	t.Parallel()
	bad := kpi.Loyalty{Customers: []kpi.LoyalCustomer{{Customer: "x"}, {Customer: "y", CLV: decimal.New(1, 20000000)}}}
	for name, ask := range map[string]func(kpi.Loyalty) error{
		"Loyalty.RepeatRate":   func(l kpi.Loyalty) error { _, err := l.RepeatRate(); return err },
		"Loyalty.ReferrerRate": func(l kpi.Loyalty) error { _, err := l.ReferrerRate(); return err },
		"Loyalty.MeanCLV":      func(l kpi.Loyalty) error { _, err := l.MeanCLV(); return err },
		"Loyalty.Index":        func(l kpi.Loyalty) error { _, err := l.Index(1, health()); return err },
	} {
		e := requireError(t, ask(bad), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeTooLarge, e.Code)
		require.Equal(t, 1, e.Index)
		require.Equal(t, name, e.Metric)
	}
	require.Contains(t, bad.String(), "–")
	_, err := kpi.Loyalty{}.RepeatRate()
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = kpi.Loyalty{}.ReferrerRate()
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = kpi.Loyalty{}.MeanCLV()
	e := requireError(t, err, kpi.ErrUndefined)
	require.Equal(t, kpi.CodeNoData, e.Code)
	require.Equal(t, "Loyalty.MeanCLV", e.Metric)
	var l kpi.Loyalty
	require.NoError(t, json.Unmarshal([]byte(`{"customers": [{"customer": "x", "purchases": 2, "clv": 12.50}]}`), &l))
	require.Equal(t, "12.50", l.Customers[0].CLV.StringFixed(2))
	require.Error(t, json.Unmarshal([]byte(`{"customers": [{"clv": "x"}]}`), &l))
}
