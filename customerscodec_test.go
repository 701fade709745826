package kpi_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestCustomerJSON(t *testing.T) {
	t.Parallel()
	var l kpi.Log
	id, err := l.Event("order")
	require.NoError(t, err)
	for i := range 2 {
		require.NoError(t, l.AddMinor(uint64(i), id, day(1), 1050, -2))
	}
	numbers := customers(t, &l, kpi.CustomerSpec{AsOf: day(9)})
	texts := customers(t, oneCustomer(t, "1 10.50"), kpi.CustomerSpec{AsOf: day(9)})
	rest := `"first":"2026-03-01T00:00:00Z","last":"2026-03-01T00:00:00Z","first_seen":false,"orders":1,"revenue":"10.50"}`
	for _, tt := range []struct {
		c    *kpi.Customers
		want string
	}{
		{numbers, `{"number":0,` + rest + `,{"number":1,` + rest},
		{texts, `{"id":"Ann",` + rest},
	} {
		data, err := json.Marshal(tt.c)
		require.NoError(t, err)
		require.JSONEq(t, `{"as_of":"2026-03-09T00:00:00Z","refunds":"refused","zeros":"refused","merge_days":false,"rows":[`+tt.want+`]}`, string(data))
		var back kpi.Customers
		require.NoError(t, json.Unmarshal(data, &back))
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.Equal(t, string(data), string(again))
		require.Equal(t, tt.c.String(), back.String())
	}
}

// TestPurchasesMoneyJSON is not parallel: it changes package variables of
// shopspring/decimal, and measures. No form or row of a customer writes money by
// them, or at all where it would take long.
func TestPurchasesMoneyJSON(t *testing.T) {
	quotes, trim, scientific := decimal.MarshalJSONWithoutQuotes, decimal.TrimTrailingZeros, decimal.UseScientificNotation
	t.Cleanup(func() {
		decimal.MarshalJSONWithoutQuotes, decimal.TrimTrailingZeros, decimal.UseScientificNotation = quotes, trim, scientific
	})
	forms := map[string]func(decimal.Decimal) any{
		"Purchases": func(d decimal.Decimal) any { return kpi.Purchases{Orders: 1, Buyers: 1, Revenue: d} },
		"Order":     func(d decimal.Decimal) any { return kpi.Order{At: day(1), Amount: d} },
		"Customer":  func(d decimal.Decimal) any { return kpi.Customer{ID: "Ann", Revenue: d} },
		"Customers": func(d decimal.Decimal) any { return &kpi.Customers{Rows: []kpi.Customer{{Revenue: d}}} },
	}
	for _, change := range []bool{false, true} {
		if change {
			decimal.MarshalJSONWithoutQuotes, decimal.TrimTrailingZeros = !quotes, !trim
			decimal.UseScientificNotation = !scientific
		}
		for name, form := range forms {
			for text, d := range map[string]decimal.Decimal{"10.50": decimal.New(1050, -2), "500000": decimal.New(5, 5), "-0.0000001": decimal.New(-1, -7)} {
				data, err := json.Marshal(form(d))
				require.NoError(t, err, name)
				require.Contains(t, string(data), `"`+text+`"`, name)
			}
		}
	}
	for _, d := range hostile() {
		for name, form := range forms {
			if e := d.Exponent(); e >= -65 && e <= 65 {
				continue // beyond the gate, and written at once
			}
			cheaply(t, name, func() {
				_, err := json.Marshal(form(d))
				require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code, name)
			})
		}
	}
}

func FuzzCustomersUnmarshalBinary(f *testing.F) {
	r := rand.New(rand.NewPCG(27, 28))
	for range 4 {
		c := shard(r)
		data, err := c.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c kpi.Customers
		if c.UnmarshalBinary(data) != nil {
			require.Empty(t, c.Rows)
			return
		}
		again, err := c.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, c.String())
		require.NoError(t, new(kpi.Customers).Merge(&c))
		_, err = c.Purchases(kpi.Period{Start: time.Unix(-1<<40, 0), End: c.AsOf})
		if err != nil {
			require.ErrorIs(t, err, kpi.ErrInvalid)
		}
	})
}
