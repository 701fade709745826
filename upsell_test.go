package kpi_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.UpSell]{
	name: "UpSell",
	random: func(r *rand.Rand) kpi.UpSell {
		return kpi.UpSell{Rose: r.Int64N(99), Same: r.Int64N(99), Fell: r.Int64N(99)}
	},
	merge: (*kpi.UpSell).Merge,
	bad:   []kpi.UpSell{{Rose: -1}, {Same: -1}, {Fell: -1}, {Rose: math.MaxInt64, Fell: 1}},
	clash: [][2]kpi.UpSell{{{Rose: math.MaxInt64}, {Rose: 1}}, {{Rose: math.MaxInt64}, {Same: 1}}},
})

func TestUpSell(t *testing.T) {
	t.Parallel()
	var plans kpi.UpSell
	for _, p := range [][2]string{{"10", "20"}, {"20", "20.00"}, {"30", "29.99"}, {"0", "5"}} {
		require.NoError(t, plans.Add(dec(p[0]), dec(p[1])))
	}
	require.Equal(t, kpi.UpSell{Rose: 2, Same: 1, Fell: 1}, plans)
	up, err := plans.Rate()
	require.NoError(t, err)
	require.Equal(t, "2/4", up.String())
	down, err := plans.DownRate()
	require.NoError(t, err)
	require.Equal(t, "1/4", down.String())

	_, err = kpi.UpSell{}.Rate()
	requireError(t, err, kpi.ErrUndefined)
	_, err = kpi.UpSell{Rose: -1}.DownRate()
	requireError(t, err, kpi.ErrInvalid)
	for _, d := range hostile() {
		requireError(t, plans.Add(d, decimal.Decimal{}), kpi.ErrInvalid)
		requireError(t, plans.Add(decimal.Decimal{}, d), kpi.ErrInvalid)
	}
	full := kpi.UpSell{Rose: math.MaxInt64}
	require.Equal(t, kpi.CodeOverflow, requireError(t, full.Add(dec("2"), dec("1")), kpi.ErrInvalid).Code)
	require.Equal(t, kpi.UpSell{Rose: math.MaxInt64}, full)
}

// By the mean order: Ann 10 → 11, Bob 10 → 10 of more orders, Cid 10/3 → 3.33, Dee only
// before, Eve only after, Fay with nothing but a refund after.
func TestUpSellByOrders(t *testing.T) {
	t.Parallel()
	c := soldTo(t, "Ann 1 10", "Ann 40 11", "Bob 1 10", "Bob 40 5", "Bob 41 15", "Cid 1 3", "Cid 2 3", "Cid 3 4", "Cid 40 3.33",
		"Dee 1 9", "Eve 40 9", "Fay 1 9", "Fay 40 -9")
	april := kpi.Period{Start: day(32), End: day(62)}
	u, err := c.UpSell(abcMarch, april)
	require.NoError(t, err)
	require.Equal(t, kpi.UpSell{Rose: 1, Same: 1, Fell: 1}, u)
	_, err = c.UpSell(april, abcMarch)
	require.Equal(t, "Customers.UpSell", requireError(t, err, kpi.ErrInvalid).Metric)
}
