package kpi_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Referrals]{
	name: "Referrals",
	random: func(r *rand.Rand) kpi.Referrals {
		s := kpi.Referrals{Referrers: r.Int64N(50), Referred: r.Int64N(20)}
		s.Customers, s.New = s.Referrers+r.Int64N(500), s.Referred+r.Int64N(100)
		s.Invitations = 1 + max(s.Referrers, s.Referred) + r.Int64N(99)
		return s
	},
	merge: func(dst *kpi.Referrals, src kpi.Referrals) error { return dst.Merge(src) },
	bad: []kpi.Referrals{
		{Customers: -1},
		{Referrers: -1},
		{Invitations: -1},
		{Referred: -1},
		{New: -1},
		{Customers: 1, Referrers: 2},
		{New: 1, Referred: 2},
		{Customers: 9, Referrers: 3, Invitations: 2},
		{New: 9, Referred: 3, Invitations: 2},
	},
	clash: [][2]kpi.Referrals{
		{{Customers: 9, Referrers: 3}, {Customers: 9, Referrers: 3, Invitations: 5}},
		{{New: 9, Referred: 3}, {Customers: 9, Invitations: 5}},
		{{New: math.MaxInt64}, {New: 1}},
	},
})

// A tenth of 1000 customers send five invitations each, and 100 friends come of them:
// K = 500/1000·100/500 = 1/10, and every customer is 10/9 in the end.
func TestReferrals(t *testing.T) {
	t.Parallel()
	r := kpi.Referrals{Customers: 1000, Referrers: 100, Invitations: 500, Referred: 100, New: 250}
	for want, ask := range map[string]func() (kpi.Proportion, error){
		"100/1000": r.Rate, "100/500": r.Conversion, "100/250": r.ReferredShare,
	} {
		p, err := ask()
		require.NoError(t, err)
		require.Equal(t, want, p.String())
	}
	per, err := r.PerCustomer()
	require.NoError(t, err)
	requireRatio(t, "0.5", kpi.Must(per.Ratio()), nil)
	k, err := r.KFactor()
	require.NoError(t, err)
	requireRatio(t, "0.1", kpi.Must(k.Ratio()), nil)
	conversion, err := r.Conversion()
	require.NoError(t, err)
	requireRatio(t, kpi.Must(k.Ratio()).String(), kpi.Must(per.Ratio()).Mul(kpi.Must(conversion.Ratio())), nil)
	i, err := k.Interval(0.95)
	require.NoError(t, err)
	// χ²(.025; 200)/2 = 81.36 and χ²(.975; 202)/2 = 121.63, of tables
	require.InDelta(t, 0.08136, i.Lo, 1e-5)
	require.InDelta(t, 0.12163, i.Hi, 1e-5)
	all, err := r.Amplification()
	requireRatio(t, "10/9", all, err)
	// The series to its thirtieth term, of which no more is left than K³⁰.
	sum, power := kpi.Ratio{}, kpi.Whole(1)
	for range 30 {
		sum = sum.Add(power)
		power = power.Mul(kpi.Must(k.Ratio()))
	}
	require.InDelta(t, sum.Float64(), all.Float64(), 1e-15)
}

func TestReferralsErrors(t *testing.T) {
	t.Parallel()
	asks := map[string]func(kpi.Referrals) error{
		"Referrals.Rate":          func(r kpi.Referrals) error { _, err := r.Rate(); return err },
		"Referrals.PerCustomer":   func(r kpi.Referrals) error { _, err := r.PerCustomer(); return err },
		"Referrals.Conversion":    func(r kpi.Referrals) error { _, err := r.Conversion(); return err },
		"Referrals.ReferredShare": func(r kpi.Referrals) error { _, err := r.ReferredShare(); return err },
		"Referrals.KFactor":       func(r kpi.Referrals) error { _, err := r.KFactor(); return err },
		"Referrals.Amplification": func(r kpi.Referrals) error { _, err := r.Amplification(); return err },
	}
	for name, ask := range asks {
		e := requireError(t, ask(kpi.Referrals{}), kpi.ErrUndefined)
		require.Equal(t, kpi.CodeZeroDenominator, e.Code)
		require.Equal(t, name, e.Metric)
		e = requireError(t, ask(kpi.Referrals{New: -1}), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeNegative, e.Code)
		require.Equal(t, name, e.Metric)
	}
	// Nobody counted the invitations, and K needs none.
	r := kpi.Referrals{Customers: 50, Referrers: 9, Referred: 5, New: 20}
	for _, name := range []string{"Referrals.PerCustomer", "Referrals.Conversion"} {
		e := requireError(t, asks[name](r), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeMismatch, e.Code)
		require.Equal(t, name, e.Metric)
	}
	k, err := r.KFactor()
	require.NoError(t, err)
	requireRatio(t, "0.1", kpi.Must(k.Ratio()), nil)
	// At a K of 1 and more there is no end.
	for _, came := range []int64{50, 51, 500} {
		e := requireError(t, asks["Referrals.Amplification"](kpi.Referrals{Customers: 50, Referred: came, New: 500}), kpi.ErrUndefined)
		require.Equal(t, kpi.CodeDiverges, e.Code)
	}
	most, err := kpi.Referrals{Customers: 50, Referred: 49, New: 50}.Amplification()
	requireRatio(t, "50", most, err)
}
