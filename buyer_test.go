package kpi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// The buyers of customers_example_test.go: Ann orders on 5 January, 9 and 20 February
// (40 less 10 refunded, and 20), Bob on 31 January, Cid twice on 1 February.
func TestBuyers(t *testing.T) {
	t.Parallel()
	c, err := buyers()
	require.NoError(t, err)
	got, err := c.Buyers(kpi.BuyerSpec{})
	require.NoError(t, err)
	// AsOf is noon on 1 March, which is the last date.
	require.Equal(t, []kpi.Buyer{
		{ID: "Ann", Frequency: 2, Recency: 46, Age: 55, Spend: 25},
		{ID: "Bob", Age: 29},
		{ID: "Cid", Age: 28},
	}, got)

	february := time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC)
	spec := kpi.BuyerSpec{Calendar: kpi.Calendar{Unit: kpi.Week}, End: february, FirstSpend: true}
	got, err = c.Buyers(spec)
	require.NoError(t, err)
	require.Equal(t, []kpi.Buyer{
		{ID: "Ann", Frequency: 1, Recency: 5, Age: 5, Spend: 35, Priced: 2, Unit: kpi.Week},
		{ID: "Bob", Age: 9.0 / 7, Spend: 10, Priced: 1, Unit: kpi.Week},
		{ID: "Cid", Age: 8.0 / 7, Spend: 30, Priced: 1, Unit: kpi.Week},
	}, got)

	h, err := c.Holdout(spec)
	require.NoError(t, err)
	require.Equal(t, got, h.Buyers)
	require.Equal(t, []int64{1, 0, 0}, h.Orders)
	require.Equal(t, []float64{10, 0, 0}, h.Spend, "20 less a refund of 10")
	require.Equal(t, 20.0/7, h.Time)

	// Bob and Cid began after the end.
	got, err = c.Buyers(kpi.BuyerSpec{End: time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	require.Equal(t, []kpi.Buyer{{ID: "Ann"}}, got)

	for _, tt := range []struct {
		spec kpi.BuyerSpec
		code kpi.Code
	}{
		{kpi.BuyerSpec{End: c.AsOf.Add(1)}, kpi.CodeTime},
		{kpi.BuyerSpec{Calendar: kpi.Calendar{Unit: 9}}, kpi.CodeOutOfRange},
	} {
		_, err = c.Buyers(tt.spec)
		require.Equal(t, tt.code, requireError(t, err, kpi.ErrInvalid).Code)
		_, err = c.Holdout(tt.spec)
		require.Equal(t, tt.code, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err = c.Holdout(kpi.BuyerSpec{})
	require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = (&kpi.Customers{Rows: make([]kpi.Customer, 1)}).Buyers(kpi.BuyerSpec{})
	require.Equal(t, kpi.CodeEmpty, requireError(t, err, kpi.ErrInvalid).Code)
}

// Two orders of one date are one, in the location's dates; those first seen are left
// out; sums that are long or of many places are as near as a float64.
func TestBuyersDates(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 8*3600)
	at := func(d, h int) time.Time { return time.Date(2026, 1, d, h, 0, 0, 0, time.UTC) }
	l := logOf(
		t,
		kpi.Event{Customer: "a", Name: "order", At: at(1, 15), Amount: dec("1")},
		kpi.Event{Customer: "a", Name: "order", At: at(1, 17), Amount: dec("0.1")}, // on the 2nd in the east
		kpi.Event{Customer: "a", Name: "order", At: at(2, 3), Amount: dec("123456789012345678901.5")},
		kpi.Event{Customer: "b", Name: "order", At: at(3, 3), Amount: dec("2.5")},
	)
	ask := func(s kpi.CustomerSpec, b kpi.BuyerSpec) []kpi.Buyer {
		s.AsOf = at(11, 0)
		out, err := customers(t, l, s).Buyers(b)
		require.NoError(t, err)
		return out
	}
	require.Equal(t, []kpi.Buyer{
		{ID: "a", Frequency: 1, Recency: 1, Age: 9, Spend: 123456789012345678901.5}, {ID: "b", Age: 7},
	}, ask(kpi.CustomerSpec{}, kpi.BuyerSpec{}))
	require.Equal(t, []kpi.Buyer{
		{ID: "a", Frequency: 1, Recency: 1, Age: 10, Spend: 123456789012345678901.6}, {ID: "b", Age: 8},
	}, ask(kpi.CustomerSpec{}, kpi.BuyerSpec{Calendar: kpi.Calendar{Location: east}}))
	require.Equal(t, []kpi.Buyer{{ID: "b", Age: 7}}, ask(kpi.CustomerSpec{Since: at(2, 0)}, kpi.BuyerSpec{}))
	// 1 January 2026 is a Thursday; the periods end on the 4th and the 11th.
	require.Equal(t, []kpi.Buyer{
		{ID: "a", Age: 1, Unit: kpi.Week}, {ID: "b", Age: 1, Unit: kpi.Week},
	}, ask(kpi.CustomerSpec{}, kpi.BuyerSpec{Calendar: kpi.Calendar{Unit: kpi.Week}, Whole: true}))
	old := logOf(t, kpi.Event{Customer: "c", Name: "order", At: time.Date(1969, 12, 30, 5, 0, 0, 0, time.UTC)},
		kpi.Event{Customer: "c", Name: "order", At: time.Date(1970, 1, 2, 5, 0, 0, 0, time.UTC)})
	got, err := customers(t, old, kpi.CustomerSpec{AsOf: at(1, 0), Zeros: kpi.ZerosCounted}).Buyers(kpi.BuyerSpec{End: time.Date(1970, 1, 11, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	require.Equal(t, []kpi.Buyer{{ID: "c", Frequency: 1, Recency: 3, Age: 11}}, got)
}

func BenchmarkBuyers(b *testing.B) {
	l := crowdOfBuyers(b)
	c := customers(b, l, kpi.CustomerSpec{AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Zeros: kpi.ZerosCounted})
	b.ResetTimer()
	for range b.N {
		out, err := c.Buyers(kpi.BuyerSpec{Calendar: kpi.Calendar{Unit: kpi.Week}})
		require.NoError(b, err)
		require.Len(b, out, 1_000_000)
	}
}

// crowdOfBuyers is a log of a million customers with three orders each.
func crowdOfBuyers(b *testing.B) *kpi.Log {
	b.Helper()
	l := &kpi.Log{}
	e, err := l.Event("order")
	require.NoError(b, err)
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range uint64(1_000_000) {
		for k := range 3 {
			at := start.Add(time.Duration(i%5000)*time.Hour + time.Duration(k*k)*400*time.Hour)
			require.NoError(b, l.AddMinor(i, e, at, int64(1000+i%977), -2))
		}
	}
	return l
}
