package kpi_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Purchases]{
	name: "Purchases",
	random: func(r *rand.Rand) kpi.Purchases {
		p := kpi.Purchases{Orders: 1 + r.Int64N(1000), PreviousBuyers: r.Int64N(1000)}
		p.Buyers = 1 + r.Int64N(p.Orders)
		p.Repeaters = r.Int64N(min(p.Buyers, p.Orders-p.Buyers) + 1)
		p.Returning = r.Int64N(p.Buyers + 1)
		p.Kept = r.Int64N(min(p.Returning, p.PreviousBuyers) + 1)
		p.FirstSeen = r.Int64N(p.Buyers - p.Returning + 1)
		p.Revenue = decimal.New(r.Int64N(2e9)-1e8, -int32(r.IntN(5)))
		return p
	},
	merge: (*kpi.Purchases).Merge,
	same: func(t *testing.T, want, got kpi.Purchases) {
		t.Helper()
		require.True(t, want.Revenue.Equal(got.Revenue))
		want.Revenue, got.Revenue = decimal.Decimal{}, decimal.Decimal{}
		require.Equal(t, want, got)
	},
	bad: []kpi.Purchases{
		{Orders: -1},
		{Buyers: -1},
		{Repeaters: -1},
		{PreviousBuyers: -1},
		{Kept: -1},
		{Returning: -1},
		{FirstSeen: -1},
		{Orders: 1, Buyers: 2},
		{Orders: 1}, // a sum with those whose buyers are known says nothing
		{PreviousBuyers: 1, Kept: 1},
		{Orders: 9, Buyers: 2, Repeaters: 3},
		{Orders: 9, Buyers: 7, Repeaters: 3},
		{Orders: 9, Buyers: 9, Returning: 9, PreviousBuyers: 1, Kept: 2},
		{Orders: 9, Buyers: 9, PreviousBuyers: 90, Kept: 10},
		{Orders: 9, Buyers: 9, Returning: 10},
		{Orders: 9, Buyers: 9, FirstSeen: 10},
		{Orders: 9, Buyers: 9, Returning: 5, FirstSeen: 5},
		{Orders: 9, Buyers: 9, PreviousBuyers: 9, Kept: 5, FirstSeen: 5},
		{Revenue: decimal.New(1, 2e7)},
		{Revenue: decimal.New(1, -2e7)},
		{Revenue: decimal.New(1, 65)},
		{Revenue: decimal.RequireFromString(strings.Repeat("9", 401))},
	},
	clash: [][2]kpi.Purchases{
		{{Orders: math.MaxInt64, Buyers: 1}, {Orders: 1, Buyers: 1}},
		{{PreviousBuyers: math.MaxInt64}, {PreviousBuyers: 1}},
		// 9…9 of 400 digits and 1 have 401.
		{{Revenue: decimal.RequireFromString(strings.Repeat("9", 400))}, {Revenue: decimal.New(1, 0)}},
	},
})

// superstoreYears holds the years 2014–2017 of Tableau's Sample Superstore, counted
// by order id and customer id; the file begins in 2014, so that nobody can be
// seen to return in that year. Revenue is not needed here.
var superstoreYears = []kpi.Purchases{
	{Orders: 969, Buyers: 595, Repeaters: 263},
	{Orders: 1038, Buyers: 573, Repeaters: 311, Returning: 437, PreviousBuyers: 595, Kept: 437},
	{Orders: 1315, Buyers: 638, Repeaters: 377, Returning: 587, PreviousBuyers: 573, Kept: 452},
	{Orders: 1687, Buyers: 693, Repeaters: 493, Returning: 682, PreviousBuyers: 638, Kept: 558},
}

func TestPurchases(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	tests := []struct {
		name                                  string
		p                                     kpi.Purchases
		order, customer, frequency            string
		repeat, orders, repurchase, returning string // "" is undefined
	}{
		{
			// Of 70 buyers 50 order once, 10 twice and 10 thrice.
			name: "100 orders", p: kpi.Purchases{Orders: 100, Buyers: 70, Repeaters: 20, Revenue: d("14000")},
			order: "140", customer: "200", frequency: "10/7",
			repeat: "20/70", orders: "30/100", returning: "0/70",
		},
		{
			// January 1000 buyers, 300 of them again in February.
			name: "January and February", p: kpi.Purchases{Orders: 400, Buyers: 400, Revenue: d("88.88"), Returning: 320, PreviousBuyers: 1000, Kept: 300},
			order: "0.2222", customer: "0.2222", frequency: "1",
			repeat: "0/400", orders: "0/400", repurchase: "300/1000", returning: "320/400",
		},
		{
			name: "refunds exceed the orders", p: kpi.Purchases{Orders: 3, Buyers: 1, Repeaters: 1, Revenue: d("-7")},
			order: "-7/3", customer: "-7", frequency: "3",
			repeat: "1/1", orders: "2/3", returning: "0/1",
		},
		{
			name: "Superstore 2014", p: superstoreYears[0], order: "0", customer: "0", frequency: "969/595",
			repeat: "263/595", orders: "374/969", returning: "0/595",
		},
		{
			name: "Superstore 2015", p: superstoreYears[1], order: "0", customer: "0", frequency: "346/191",
			repeat: "311/573", orders: "465/1038", repurchase: "437/595", returning: "437/573",
		},
		{
			name: "Superstore 2016", p: superstoreYears[2], order: "0", customer: "0", frequency: "1315/638",
			repeat: "377/638", orders: "677/1315", repurchase: "452/573", returning: "587/638",
		},
		{
			name: "Superstore 2017", p: superstoreYears[3], order: "0", customer: "0", frequency: "241/99",
			repeat: "493/693", orders: "994/1687", repurchase: "558/638", returning: "682/693",
		},
		{
			// Over all four years 781 of 793 customers ordered at least twice.
			name: "Superstore overall", p: kpi.Purchases{Orders: 5009, Buyers: 793, Repeaters: 781},
			order: "0", customer: "0", frequency: "5009/793",
			repeat: "781/793", orders: "4216/5009", returning: "0/793",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			order, err := tt.p.PerOrder()
			requireRatio(t, tt.order, order, err)
			customer, err := tt.p.PerCustomer()
			requireRatio(t, tt.customer, customer, err)
			frequency, err := tt.p.Frequency()
			require.NoError(t, err)
			require.True(t, must(tt.frequency).Equal(frequency), frequency)
			require.True(t, order.Mul(frequency).Equal(customer), "PerCustomer = PerOrder × Frequency")
			for _, share := range []struct {
				want string
				ask  func() (kpi.Proportion, error)
			}{
				{tt.repeat, tt.p.RepeatRate},
				{tt.orders, tt.p.RepeatOrderShare},
				{tt.repurchase, tt.p.Repurchase},
				{tt.returning, tt.p.ReturningShare},
			} {
				got, err := share.ask()
				if share.want == "" {
					requireError(t, err, kpi.ErrUndefined)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, share.want, got.String())
			}
			// Repeat orders are 1 − 1/Frequency of all.
			repeats, err := tt.p.RepeatOrderShare()
			require.NoError(t, err)
			once, err := kpi.Whole(1).Over(frequency)
			require.NoError(t, err)
			requireRatio(t, once.Complement().String(), kpi.Must(repeats.Ratio()), nil)
		})
	}
}

// ofBuyers are the questions that divide by buyers, or take them off the orders.
var ofBuyers = []string{
	"Purchases.PerCustomer", "Purchases.Frequency", "Purchases.RepeatRate",
	"Purchases.RepeatOrderShare", "Purchases.ReturningShare",
}

// A question needs its own fields only.
func TestPurchasesInPart(t *testing.T) {
	t.Parallel()
	again, err := kpi.Purchases{PreviousBuyers: 1000, Kept: 300}.Repurchase()
	require.NoError(t, err)
	require.Equal(t, "300/1000", again.String())
	order, err := kpi.Purchases{Orders: 3, Revenue: decimal.New(100, 0)}.PerOrder()
	requireRatio(t, "100/3", order, err)
	customer, err := kpi.Purchases{Orders: 3, Buyers: 2, Revenue: decimal.New(100, 0)}.PerCustomer()
	requireRatio(t, "50", customer, err)
	old, err := kpi.Purchases{Orders: 9, Buyers: 7, Returning: 5}.ReturningShare()
	require.NoError(t, err)
	require.Equal(t, "5/7", old.String())
	// Ten orders of five buyers: somebody ordered twice.
	_, err = kpi.Purchases{Orders: 10, Buyers: 5}.RepeatRate()
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
	orders, err := kpi.Purchases{Orders: 10, Buyers: 5}.RepeatOrderShare()
	require.NoError(t, err)
	require.Equal(t, "5/10", orders.String())

	// Shops that count orders only add up, and not with those that count buyers.
	total := kpi.Purchases{}
	for range 2 {
		require.NoError(t, total.Merge(kpi.Purchases{Orders: 3, Revenue: decimal.New(100, 0)}))
	}
	order, err = total.PerOrder()
	requireRatio(t, "100/3", order, err)
	e := requireError(t, total.Merge(kpi.Purchases{Orders: 9, Buyers: 7}), kpi.ErrInvalid)
	require.Equal(t, kpi.CodeMismatch, e.Code)
	require.Equal(t, int64(6), total.Orders)
}

// What Merge returns can be asked whatever both of its parts could be asked.
func TestPurchasesMergeIsClosed(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	questions := func(p kpi.Purchases) []error {
		var errs []error
		for _, ask := range []func() (kpi.Ratio, error){p.PerOrder, p.PerCustomer, p.Frequency} {
			_, err := ask()
			errs = append(errs, err)
		}
		for _, ask := range []func() (kpi.Proportion, error){p.RepeatRate, p.RepeatOrderShare, p.Repurchase, p.ReturningShare} {
			_, err := ask()
			errs = append(errs, err)
		}
		return errs
	}
	merged := 0
	random := func() kpi.Purchases {
		n := func() int64 { return max(0, r.Int64N(5)-1) }
		return kpi.Purchases{Orders: n() + n(), Buyers: n(), Repeaters: n(), PreviousBuyers: n() + n(), Kept: n(), Returning: n(), FirstSeen: max(0, n()-2)}
	}
	for range 200_000 {
		a, b := random(), random()
		sum := a
		valid := new(kpi.Purchases).Merge(a) == nil && new(kpi.Purchases).Merge(b) == nil
		err := sum.Merge(b)
		if !valid {
			require.ErrorIs(t, err, kpi.ErrInvalid)
		}
		if err != nil {
			require.Equal(t, a, sum)
			continue
		}
		merged++
		require.NoError(t, new(kpi.Purchases).Merge(sum), "%+v and %+v", a, b)
		ofA, ofB := questions(a), questions(b)
		for i, err := range questions(sum) {
			if !errors.Is(ofA[i], kpi.ErrInvalid) && !errors.Is(ofB[i], kpi.ErrInvalid) {
				require.NotErrorIs(t, err, kpi.ErrInvalid, "%+v and %+v", a, b)
			}
		}
	}
	require.Greater(t, merged, 1000)
}

func TestPurchasesErrors(t *testing.T) {
	t.Parallel()
	good := kpi.Purchases{Orders: 9, Buyers: 7, Repeaters: 2, PreviousBuyers: 8, Kept: 3, Returning: 5}
	with := func(change func(*kpi.Purchases)) kpi.Purchases {
		p := good
		change(&p)
		return p
	}
	tests := []struct {
		name   string
		p      kpi.Purchases
		code   kpi.Code
		kind   error
		reason string
		only   []string // the questions that are refused; nil is all
	}{
		{"negative", with(func(p *kpi.Purchases) { p.Kept = -1 }), kpi.CodeNegative, kpi.ErrInvalid, "Kept = -1", nil},
		{"more buyers than orders", with(func(p *kpi.Purchases) { p.Orders = 6 }), kpi.CodePartExceedsWhole, kpi.ErrInvalid, "Buyers = 7 > Orders = 6", nil},
		{"orders without buyers", kpi.Purchases{Orders: 6, PreviousBuyers: 1}, kpi.CodeMismatch, kpi.ErrInvalid, "Buyers = 0, Orders = 6, Repeaters = 0, Kept = 0, Returning = 0, FirstSeen = 0", ofBuyers},
		{"kept without buyers", kpi.Purchases{Orders: 6, PreviousBuyers: 8, Kept: 3}, kpi.CodeMismatch, kpi.ErrInvalid, "", ofBuyers},
		{"returning without buyers", kpi.Purchases{Orders: 6, PreviousBuyers: 8, Returning: 3}, kpi.CodeMismatch, kpi.ErrInvalid, "", ofBuyers},
		{"first seen without buyers", kpi.Purchases{Orders: 6, FirstSeen: 3, PreviousBuyers: 8}, kpi.CodeMismatch, kpi.ErrInvalid, "", ofBuyers},
		{"more first seen than can be", with(func(p *kpi.Purchases) { p.FirstSeen = 3 }), kpi.CodePartExceedsWhole, kpi.ErrInvalid, "FirstSeen = 3 > Buyers − max(Returning, Kept) = 2", nil},
		{"first seen", with(func(p *kpi.Purchases) { p.FirstSeen = 2 }), kpi.CodeFirstSeen, kpi.ErrUndefined, "FirstSeen = 2, Buyers = 7", []string{"Purchases.ReturningShare"}},
		{"invalid before undefined", with(func(p *kpi.Purchases) { p.FirstSeen, p.Returning = 2, 2 }), kpi.CodePartExceedsWhole, kpi.ErrInvalid, "Kept = 3 > Returning = 2", []string{"Purchases.ReturningShare"}},
		{"repeaters without buyers", kpi.Purchases{Orders: 6, PreviousBuyers: 8, Repeaters: 3}, kpi.CodeMismatch, kpi.ErrInvalid, "", ofBuyers},
		{"more repeaters than buyers", with(func(p *kpi.Purchases) { p.Orders, p.Repeaters = 90, 8 }), kpi.CodePartExceedsWhole, kpi.ErrInvalid, "Repeaters = 8 > Buyers = 7", nil},
		{"repeaters without a second order", with(func(p *kpi.Purchases) { p.Repeaters = 3 }), kpi.CodePartExceedsWhole, kpi.ErrInvalid, "Repeaters = 3 > Orders − Buyers = 2", nil},
		{"a second order without a repeater", with(func(p *kpi.Purchases) { p.Repeaters = 0 }), kpi.CodeMismatch, kpi.ErrInvalid, "Repeaters = 0, Orders = 9 > Buyers = 7", []string{"Purchases.RepeatRate"}},
		{"more kept than there were", with(func(p *kpi.Purchases) { p.PreviousBuyers = 2 }), kpi.CodePartExceedsWhole, kpi.ErrInvalid, "Kept = 3 > PreviousBuyers = 2", nil},
		{"more kept than buyers", with(func(p *kpi.Purchases) { p.Kept = 8 }), kpi.CodePartExceedsWhole, kpi.ErrInvalid, "Kept = 8 > Buyers = 7", nil},
		{"kept without an earlier order", with(func(p *kpi.Purchases) { p.Returning = 2 }), kpi.CodePartExceedsWhole, kpi.ErrInvalid, "Kept = 3 > Returning = 2", []string{"Purchases.ReturningShare"}},
		{"more returning than buyers", with(func(p *kpi.Purchases) { p.Returning = 8 }), kpi.CodePartExceedsWhole, kpi.ErrInvalid, "Returning = 8 > Buyers = 7", nil},
		{"huge revenue", with(func(p *kpi.Purchases) { p.Revenue = decimal.New(1, 2e7) }), kpi.CodeTooLarge, kpi.ErrInvalid, "Revenue.Exponent = 20000000", nil},
		{"tiny revenue", with(func(p *kpi.Purchases) { p.Revenue = decimal.New(1, -2e7) }), kpi.CodeTooLarge, kpi.ErrInvalid, "Revenue.Exponent = -20000000", nil},
		{"nobody", kpi.Purchases{}, kpi.CodeZeroDenominator, kpi.ErrUndefined, "", nil},
		{"a refund after the last buyer", kpi.Purchases{Revenue: decimal.New(-5, 0)}, kpi.CodeZeroDenominator, kpi.ErrUndefined, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, ask := range map[string]func() error{
				"Purchases.PerOrder":         func() error { _, err := tt.p.PerOrder(); return err },
				"Purchases.PerCustomer":      func() error { _, err := tt.p.PerCustomer(); return err },
				"Purchases.Frequency":        func() error { _, err := tt.p.Frequency(); return err },
				"Purchases.RepeatRate":       func() error { _, err := tt.p.RepeatRate(); return err },
				"Purchases.RepeatOrderShare": func() error { _, err := tt.p.RepeatOrderShare(); return err },
				"Purchases.Repurchase":       func() error { _, err := tt.p.Repurchase(); return err },
				"Purchases.ReturningShare":   func() error { _, err := tt.p.ReturningShare(); return err },
			} {
				if tt.only != nil && !slices.Contains(tt.only, name) {
					require.NoError(t, ask(), name)
					continue
				}
				e := requireError(t, ask(), tt.kind)
				require.Equal(t, name, e.Metric)
				require.Equal(t, tt.code, e.Code, name)
				require.Equal(t, -1, e.Index)
				if tt.reason != "" {
					require.Equal(t, tt.reason, e.Reason)
				}
			}
		})
	}
}
