package kpi_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// randomMoney is an amount with up to four places, of either sign or not.
func randomMoney(r *rand.Rand, signed bool) decimal.Decimal {
	m := r.Int64N(1e9)
	if signed {
		m -= 5e8
	}
	return decimal.New(m, -int32(r.IntN(5)))
}

// nines is the largest amount of 400 digits: the next is refused.
func nines() decimal.Decimal {
	n := new(big.Int).Exp(big.NewInt(10), big.NewInt(400), nil)
	return decimal.NewFromBigInt(n.Sub(n, big.NewInt(1)), 0)
}

// huge are amounts that shopspring needs minutes and gigabytes to compare.
func huge() []decimal.Decimal {
	return []decimal.Decimal{decimal.New(1, 20_000_000), decimal.New(1, -20_000_000), decimal.New(-1, 20_000_000)}
}

// requireSameMoney demands equal amounts, whatever their exponents.
func requireSameMoney(t *testing.T, want, got decimal.Decimal) {
	t.Helper()
	if want.Exponent() == got.Exponent() {
		require.Zero(t, want.Cmp(got)) // also of amounts too large to compare otherwise
		return
	}
	require.True(t, want.Equal(got), "%s, not %s", got, want)
}

var _ = obey(law[kpi.Acquisition]{
	name: "Acquisition",
	random: func(r *rand.Rand) kpi.Acquisition {
		a := kpi.Acquisition{
			Advertising: randomMoney(r, false), MarketingPay: randomMoney(r, false), SalesPay: randomMoney(r, false),
			Commissions: randomMoney(r, false), Tools: randomMoney(r, false), Operations: randomMoney(r, false),
			Customers: r.Int64N(1000),
		}
		a.PaidCustomers = r.Int64N(a.Customers + 1)
		return a
	},
	merge: (*kpi.Acquisition).Merge,
	same: func(t *testing.T, want, got kpi.Acquisition) {
		t.Helper()
		requireSameMoney(t, want.Advertising, got.Advertising)
		requireSameMoney(t, want.MarketingPay, got.MarketingPay)
		requireSameMoney(t, want.SalesPay, got.SalesPay)
		requireSameMoney(t, want.Commissions, got.Commissions)
		requireSameMoney(t, want.Tools, got.Tools)
		requireSameMoney(t, want.Operations, got.Operations)
		require.Equal(t, want.Customers, got.Customers)
		require.Equal(t, want.PaidCustomers, got.PaidCustomers)
	},
	bad: []kpi.Acquisition{
		{Customers: -1},
		{Customers: 1, PaidCustomers: -1},
		{Customers: 1, PaidCustomers: 2},
		{Advertising: decimal.New(-1, 0)},
		{MarketingPay: decimal.New(-1, 0)},
		{SalesPay: decimal.New(-1, 0)},
		{Commissions: decimal.New(-1, 0)},
		{Tools: decimal.New(-1, 0)},
		{Operations: decimal.New(-1, 0)},
		{Advertising: huge()[0]},
		{Tools: huge()[1]},
		{Operations: huge()[2]},
	},
	clash: [][2]kpi.Acquisition{
		{{Customers: math.MaxInt64}, {Customers: 1}},
		{{Operations: nines()}, {Operations: nines()}},
	},
})

func TestAcquisition(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                        string
		a                           kpi.Acquisition
		spend, cac, marketing, paid string // "" is undefined
	}{
		{
			// The articles: 100000 spent, 500 customers won.
			name: "all advertising", a: kpi.Acquisition{Advertising: decimal.New(100_000, 0), Customers: 500},
			spend: "100000", cac: "200", marketing: "200",
		},
		{
			// (60000 + 20000 + 15000 + 2500.5 + 1500.25 + 999.25)/80, 80000/80, 60000/48.
			name: "every kind once",
			a: kpi.Acquisition{
				Advertising: decimal.New(60_000, 0), MarketingPay: decimal.New(20_000, 0), SalesPay: decimal.New(15_000, 0),
				Commissions: decimal.New(25005, -1), Tools: decimal.New(150025, -2), Operations: decimal.New(99925, -2),
				Customers: 80, PaidCustomers: 48,
			},
			spend: "100000", cac: "1250", marketing: "1000", paid: "1250",
		},
		{
			// Both articles' channels pooled: 8000 for 70 customers.
			name: "not a decimal", a: kpi.Acquisition{Advertising: decimal.New(8, 3), Customers: 70, PaidCustomers: 70},
			spend: "8000", cac: "800/7", marketing: "800/7", paid: "800/7",
		},
		{
			name: "customers who cost nothing", a: kpi.Acquisition{Customers: 3, PaidCustomers: 1},
			spend: "0", cac: "0", marketing: "0", paid: "0",
		},
		{name: "spent in vain", a: kpi.Acquisition{Tools: decimal.New(5, 0)}, spend: "5"},
		{name: "nothing", spend: "0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spend, err := tt.a.Spend()
			require.NoError(t, err)
			require.Equal(t, tt.spend, spend.String())
			for _, q := range []struct {
				metric, want string
				ask          func() (kpi.Ratio, error)
			}{
				{"Acquisition.CAC", tt.cac, tt.a.CAC},
				{"Acquisition.MarketingCAC", tt.marketing, tt.a.MarketingCAC},
				{"Acquisition.PaidCAC", tt.paid, tt.a.PaidCAC},
			} {
				got, err := q.ask()
				if q.want != "" {
					requireRatio(t, q.want, got, err)
					continue
				}
				e := requireError(t, err, kpi.ErrUndefined)
				require.Equal(t, kpi.CodeZeroDenominator, e.Code)
				require.Equal(t, q.metric, e.Metric)
			}
		})
	}
}

func TestAcquisitionErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		a    kpi.Acquisition
		code kpi.Code
	}{
		{"negative spend", kpi.Acquisition{SalesPay: decimal.New(-1, -9)}, kpi.CodeNegative},
		{"negative customers", kpi.Acquisition{Customers: -1}, kpi.CodeNegative},
		{"more paid than all", kpi.Acquisition{Customers: 4, PaidCustomers: 5}, kpi.CodePartExceedsWhole},
		{"a huge amount", kpi.Acquisition{Advertising: huge()[0], Customers: 1}, kpi.CodeTooLarge},
		{"a tiny amount", kpi.Acquisition{Commissions: huge()[1], Customers: 1}, kpi.CodeTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for metric, ask := range map[string]func() error{
				"Acquisition.Spend":        func() error { _, err := tt.a.Spend(); return err },
				"Acquisition.CAC":          func() error { _, err := tt.a.CAC(); return err },
				"Acquisition.MarketingCAC": func() error { _, err := tt.a.MarketingCAC(); return err },
				"Acquisition.PaidCAC":      func() error { _, err := tt.a.PaidCAC(); return err },
			} {
				e := requireError(t, ask(), kpi.ErrInvalid)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, metric, e.Metric)
				require.Equal(t, -1, e.Index)
			}
		})
	}
}

func TestAcquisitionWithSpendOf(t *testing.T) {
	t.Parallel()
	march := kpi.Acquisition{
		Advertising: decimal.New(900, 0), SalesPay: decimal.New(100, 0), Customers: 10, PaidCustomers: 5,
	}
	may := kpi.Acquisition{
		MarketingPay: decimal.New(1, 0), Commissions: decimal.New(2, 0), Tools: decimal.New(3, 0),
		Operations: decimal.New(4, 0), Customers: 20, PaidCustomers: 8,
	}
	lagged := may.WithSpendOf(march)
	require.Equal(t, kpi.Acquisition{
		Advertising: march.Advertising, SalesPay: march.SalesPay, Customers: 20, PaidCustomers: 8,
	}, lagged)
	got, err := lagged.CAC()
	requireRatio(t, "50", got, err)
	got, err = lagged.PaidCAC()
	requireRatio(t, "112.5", got, err)
	require.Equal(t, int64(10), march.Customers)
	require.True(t, may.Advertising.IsZero())
	require.Equal(t, may, may.WithSpendOf(may))

	_, err = may.WithSpendOf(kpi.Acquisition{Tools: decimal.New(-1, 0)}).CAC()
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
}
