package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// checkoutMoney lists the amounts of a Checkout.
func checkoutMoney(c *kpi.Checkout) []*decimal.Decimal {
	return []*decimal.Decimal{&c.Value, &c.CompletedValue, &c.EarlyValue, &c.PendingValue}
}

func sameCheckout(t *testing.T, want, got kpi.Checkout) {
	t.Helper()
	for i, v := range checkoutMoney(&want) {
		g := checkoutMoney(&got)[i]
		requireSameMoney(t, *v, *g)
		*v, *g = decimal.Zero, decimal.Zero
	}
	require.Equal(t, want, got)
}

var _ = obey(law[kpi.Checkout]{
	name: "Checkout",
	random: func(r *rand.Rand) kpi.Checkout {
		c := kpi.Checkout{Completed: r.Int64N(50), Pending: r.Int64N(9)}
		c.Early = r.Int64N(c.Completed + 1)
		c.Started = c.Completed + c.Pending + r.Int64N(90)
		c.EarlyValue, c.PendingValue = randomMoney(r, false), randomMoney(r, false)
		c.CompletedValue = c.EarlyValue.Add(randomMoney(r, false))
		c.Value = c.CompletedValue.Add(c.PendingValue).Add(randomMoney(r, false))
		return c
	},
	merge: (*kpi.Checkout).Merge,
	same:  sameCheckout,
	bad: []kpi.Checkout{
		{Started: -1},
		{Completed: -1},
		{Early: -1},
		{Pending: -1},
		{Started: 1, Completed: 2},
		{Started: 2, Completed: 1, Pending: 2},
		{Started: 2, Completed: 1, Early: 2},
		{Started: math.MaxInt64, Completed: math.MaxInt64, Pending: math.MaxInt64},
		{Value: decimal.New(-1, 0)},
		{Value: decimal.New(1, 0), CompletedValue: decimal.New(2, 0)},
		{Value: decimal.New(3, 0), CompletedValue: decimal.New(2, 0), PendingValue: decimal.New(2, 0)},
		{Value: decimal.New(3, 0), CompletedValue: decimal.New(2, 0), EarlyValue: decimal.New(3, 0)},
		{Value: huge()[0]},
		{CompletedValue: huge()[1]},
		{EarlyValue: huge()[2]},
		{PendingValue: huge()[0]},
	},
	clash: [][2]kpi.Checkout{
		{{Started: math.MaxInt64}, {Started: 1}},
		{{Value: nines()}, {Value: nines()}},
	},
})

func TestCheckout(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                string
		c                   kpi.Checkout
		abandoned, complete string // "" is undefined
		value, lost         string
		count               int64
	}{
		{
			// jetmetrics.io, cart abandonment rate: 200 initiated, 120 completed, 40 %.
			name: "200 and 120", c: kpi.Checkout{Started: 200, Completed: 120, Value: dec("5000"), CompletedValue: dec("2000")},
			abandoned: "80/200", complete: "120/200", value: "0.6", lost: "3000", count: 80,
		},
		{
			// Of 200 carts 40 are young: 10 of them completed, 30 did not.
			name: "young carts in neither side",
			c: kpi.Checkout{
				Started: 200, Completed: 90, Early: 10, Pending: 30,
				Value: dec("10000.50"), CompletedValue: dec("4000.25"), EarlyValue: dec("400.25"), PendingValue: dec("3600.25"),
			},
			abandoned: "80/160", complete: "80/160", value: "0.4", lost: "2400", count: 80,
		},
		{name: "all pending", c: kpi.Checkout{Started: 3, Pending: 3, Value: dec("7"), PendingValue: dec("7")}, lost: "0"},
		{name: "nothing", lost: "0"},
		{name: "no money", c: kpi.Checkout{Started: 4, Completed: 1}, abandoned: "3/4", complete: "1/4", lost: "0", count: 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			abandoned, err := tt.c.AbandonmentRate()
			complete, errC := tt.c.CompletionRate()
			if tt.abandoned == "" {
				requireError(t, err, kpi.ErrUndefined)
				requireError(t, errC, kpi.ErrUndefined)
			} else {
				require.NoError(t, err)
				require.Equal(t, tt.abandoned, abandoned.String())
				require.NoError(t, errC)
				require.Equal(t, tt.complete, complete.String())
				require.Equal(t, abandoned, complete.Complement())
			}
			rate, err := tt.c.ValueAbandonmentRate()
			if tt.value == "" {
				requireError(t, err, kpi.ErrUndefined)
			} else {
				requireRatio(t, tt.value, rate, err)
			}
			lost, err := tt.c.ValueAbandoned()
			require.NoError(t, err)
			require.True(t, dec(tt.lost).Equal(lost))
			n, err := tt.c.Abandoned()
			require.NoError(t, err)
			require.Equal(t, tt.count, n)
			require.Equal(t, tt.c.Started, tt.c.Completed+n+tt.c.Pending)
		})
	}
	_, err := kpi.Checkout{Started: 1, Completed: 2}.Abandoned()
	requireError(t, err, kpi.ErrInvalid)
	for name, ask := range map[string]func(c kpi.Checkout) error{
		"Checkout.AbandonmentRate":      func(c kpi.Checkout) error { _, err := c.AbandonmentRate(); return err },
		"Checkout.CompletionRate":       func(c kpi.Checkout) error { _, err := c.CompletionRate(); return err },
		"Checkout.ValueAbandoned":       func(c kpi.Checkout) error { _, err := c.ValueAbandoned(); return err },
		"Checkout.ValueAbandonmentRate": func(c kpi.Checkout) error { _, err := c.ValueAbandonmentRate(); return err },
	} {
		require.Equal(t, name, requireError(t, ask(kpi.Checkout{Early: 1}), kpi.ErrInvalid).Metric)
	}
}

func TestCheckoutReference(t *testing.T) {
	t.Parallel()
	var file struct {
		Checkout []struct {
			Initiated int64  `json:"initiated"`
			Completed int64  `json:"completed"`
			Percent   string `json:"abandonment_pct"`
		} `json:"checkout"`
	}
	readReference(t, "metrics/email.json", &file)
	require.Len(t, file.Checkout, 1)
	for _, c := range file.Checkout {
		p, err := kpi.Checkout{Started: c.Initiated, Completed: c.Completed}.AbandonmentRate()
		require.NoError(t, err)
		require.Equal(t, c.Percent+"%", p.Percent(0))
	}
}

// march() is the month in which the carts of these tests are opened.

func TestCarts(t *testing.T) {
	t.Parallel()
	const hours = time.Hour
	open := day(1).Add(10 * hours)
	tests := []struct {
		name string
		c    kpi.Cart
		want string // completed, early, pending or abandoned; "" is not counted
	}{
		{"completed", kpi.Cart{Opened: open, Completed: open.Add(hours)}, "completed"},
		{"at once", kpi.Cart{Opened: open, Completed: open}, "completed"},
		{"at the end of the window", kpi.Cart{Opened: open, Completed: open.Add(24 * hours)}, "completed"},
		{"after it", kpi.Cart{Opened: open, Completed: open.Add(24*hours + 1)}, "abandoned"},
		{"never", kpi.Cart{Opened: open}, "abandoned"},
		{"never, the window ends just before asOf", kpi.Cart{Opened: day(2).Add(-1)}, "abandoned"},
		{"the window ends at asOf, which may still be", kpi.Cart{Opened: day(2)}, "pending"},
		{"young", kpi.Cart{Opened: day(3).Add(-1)}, "pending"},
		{"young and completed", kpi.Cart{Opened: day(2), Completed: day(2).Add(hours)}, "early"},
		{"completed at asOf, which is not known", kpi.Cart{Opened: day(2), Completed: day(3)}, "pending"},
		{"opened at asOf", kpi.Cart{Opened: day(3)}, ""},
		{"opened before the period", kpi.Cart{Opened: day(1).Add(-1)}, ""},
		{"opened after it", kpi.Cart{Opened: day(32)}, ""},
	}
	var all kpi.Carts
	var sum kpi.Checkout
	for _, tt := range tests {
		tt.c.Value = decimal.New(1099, -2)
		got, err := kpi.Carts{tt.c}.Checkout(march(), 24*hours, day(3))
		require.NoError(t, err, tt.name)
		state := map[string]kpi.Checkout{
			"completed": {Started: 1, Completed: 1, Value: tt.c.Value, CompletedValue: tt.c.Value},
			"early":     {Started: 1, Completed: 1, Early: 1, Value: tt.c.Value, CompletedValue: tt.c.Value, EarlyValue: tt.c.Value},
			"pending":   {Started: 1, Pending: 1, Value: tt.c.Value, PendingValue: tt.c.Value},
			"abandoned": {Started: 1, Value: tt.c.Value},
		}[tt.want]
		sameCheckout(t, state, got)
		all = append(all, tt.c)
		require.NoError(t, sum.Merge(got))
	}
	// The parts are the whole, in any order.
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		got, err := all.Checkout(march(), 24*hours, day(3))
		require.NoError(t, err)
		sameCheckout(t, sum, got)
		rate, err := all.ValueAbandonmentRate(march(), 24*hours, day(3))
		require.NoError(t, err)
		require.Equal(t, sum.Started-sum.Early-sum.Pending, rate.N)
		lost, err := got.ValueAbandoned()
		require.NoError(t, err)
		require.True(t, lost.Equal(rate.Y))
		require.True(t, kpi.Must(got.ValueAbandonmentRate()).Equal(kpi.Must(rate.Ratio())))
		_, err = rate.Interval(0.95)
		require.NoError(t, err)
	}
}

// A cart is opened every hour, and the second of every four is completed two hours
// later: a quarter completes, whenever the question is put. With the early ones in
// and the pending ones out the share would be that of the young carts too.
func TestCartsYoungCartsDoNotBias(t *testing.T) {
	t.Parallel()
	var carts kpi.Carts
	for i := range 96 {
		c := kpi.Cart{Opened: day(1).Add(time.Duration(i) * time.Hour)}
		if i%4 == 1 {
			c.Completed = c.Opened.Add(2 * time.Hour)
		}
		carts = append(carts, c)
	}
	c, err := carts.Checkout(march(), 24*time.Hour, day(3))
	require.NoError(t, err)
	// Of 48 the 24 of the first day are over. Of the others the 6 that complete have
	// done so: the last of them was opened at 21:00 and completed at 23:00.
	sameCheckout(t, kpi.Checkout{Started: 48, Completed: 12, Early: 6, Pending: 18}, c)
	p, err := c.CompletionRate()
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 6, N: 24}, p)
	biased := kpi.Proportion{K: c.Completed, N: c.Started - c.Pending}
	require.Equal(t, "40.0%", biased.Percent(1), "what the decided ones alone would say")
}

// Rows at asOf and later change nothing, and a later asOf no outcome.
func TestCartsAsOf(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	instant := func() time.Time { return day(1).Add(time.Duration(r.IntN(72)) * time.Hour) }
	const window = 12 * time.Hour
	for range 2000 {
		c := kpi.Cart{Opened: instant(), Value: decimal.New(1, 0)}
		if r.IntN(2) == 0 {
			c.Completed = c.Opened.Add(time.Duration(r.IntN(24)) * time.Hour)
		}
		asOf := instant().Add(time.Hour)
		now, err := kpi.Carts{c}.Checkout(march(), window, asOf)
		require.NoError(t, err)
		later, err := kpi.Carts{c}.Checkout(march(), window, asOf.Add(time.Duration(r.IntN(48))*time.Hour))
		require.NoError(t, err)
		if now.Started == 1 && now.Pending == 0 {
			require.Equal(t, now.Completed, later.Completed)
			require.Zero(t, later.Pending)
		}
		if !c.Completed.IsZero() && !c.Completed.Before(asOf) { // not yet known
			c.Completed = time.Time{}
			same, err := kpi.Carts{c}.Checkout(march(), window, asOf)
			require.NoError(t, err)
			sameCheckout(t, now, same)
		}
	}
}

func TestCartsErrors(t *testing.T) {
	t.Parallel()
	good := kpi.Cart{Opened: day(1), Completed: day(2), Value: dec("3")}
	tests := []struct {
		name   string
		carts  kpi.Carts
		p      kpi.Period
		window time.Duration
		asOf   time.Time
		code   kpi.Code
		index  int
	}{
		{"no period", kpi.Carts{good}, kpi.Period{}, 1, day(3), kpi.CodeTime, -1},
		{"no window", kpi.Carts{good}, march(), 0, day(3), kpi.CodeMissing, -1},
		{"a negative window", kpi.Carts{good}, march(), -1, day(3), kpi.CodeOutOfRange, -1},
		{"no asOf", kpi.Carts{good}, march(), 1, time.Time{}, kpi.CodeMissing, -1},
		{"never opened", kpi.Carts{good, {Completed: day(1)}}, march(), 1, day(3), kpi.CodeEmpty, 1},
		{"asOf in the year 10000", kpi.Carts{good}, march(), 1, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), kpi.CodeTime, -1},
		{"opened when no clock says", kpi.Carts{{Opened: time.Unix(1<<62, 0)}}, march(), 1, day(3), kpi.CodeTime, 0},
		{"completed in the year 10000", kpi.Carts{good, {Opened: day(1), Completed: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}, march(), 1, day(3), kpi.CodeTime, 1},
		{"completed first", kpi.Carts{good, {Opened: day(2), Completed: day(1)}}, march(), 1, day(3), kpi.CodeTime, 1},
		{"negative", kpi.Carts{good, good, {Opened: day(2), Value: dec("-1")}}, march(), 1, day(3), kpi.CodeNegative, 2},
		{"huge", kpi.Carts{{Opened: day(2), Value: huge()[0]}}, march(), 1, day(3), kpi.CodeTooLarge, 0},
		{"impossible outside the period too", kpi.Carts{{Opened: day(90), Value: huge()[0]}}, march(), 1, day(3), kpi.CodeTooLarge, 0},
		{"too much money", kpi.Carts{{Opened: day(1), Value: nines()}, {Opened: day(1), Value: nines()}}, march(), 1, day(3), kpi.CodeTooLarge, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := tt.carts.Checkout(tt.p, tt.window, tt.asOf)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			if tt.name != "too much money" { // of no single cart
				require.Equal(t, tt.index, e.Index)
			}
			require.Equal(t, "Carts.Checkout", e.Metric)
			require.Zero(t, c)
			rate, err := tt.carts.ValueAbandonmentRate(tt.p, tt.window, tt.asOf)
			e = requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, "Carts.ValueAbandonmentRate", e.Metric)
			require.Zero(t, rate)
		})
	}
	c, err := kpi.Carts(nil).Checkout(march(), 1, day(3))
	require.NoError(t, err)
	sameCheckout(t, kpi.Checkout{}, c)
}

func TestCartJSON(t *testing.T) {
	t.Parallel()
	open := kpi.Cart{Opened: day(1), Value: dec("10.50")}
	data, err := json.Marshal(open)
	require.NoError(t, err)
	require.JSONEq(t, `{"opened":"2026-03-01T00:00:00Z","value":"10.50"}`, string(data))
	var back kpi.Cart
	require.NoError(t, json.Unmarshal(data, &back))
	require.True(t, back.Completed.IsZero() && back.Opened.Equal(open.Opened) && back.Value.Equal(open.Value))
}
