package kpi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Customers]{
	name:   "Customers",
	random: func(r *rand.Rand) kpi.Customers { return shard(r) },
	merge:  func(dst *kpi.Customers, src kpi.Customers) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Customers) {
		t.Helper()
		if assert.ObjectsAreEqual(want, got) {
			return
		}
		if got.History(0) != nil || len(got.Rows) == 0 {
			requireSameCustomers(t, &want, &got)
			return
		}
		// JSON leaves the histories out; the binary form has a test of its own.
		w, err := json.Marshal(want)
		require.NoError(t, err)
		g, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, string(w), string(g))
	},
	bad: []kpi.Customers{
		altered(func(c *kpi.Customers) { c.Location = "Asia/Shanghai" }),
		{AsOf: endOfLog, Rows: []kpi.Customer{{ID: "typed in"}}},
		altered(func(c *kpi.Customers) { c.AsOf = time.Unix(1<<40, 0) }),
		altered(func(c *kpi.Customers) { c.Rows[0].Orders++ }),
		altered(func(c *kpi.Customers) { c.Rows[0].First = day(-9) }),
		altered(func(c *kpi.Customers) { c.Rows[0].Last = day(-9) }),
		altered(func(c *kpi.Customers) { c.Rows[0].Revenue = dec("1") }),
		altered(func(c *kpi.Customers) { c.Rows[0].Revenue = decimal.New(1, 20_000_000) }),
		altered(func(c *kpi.Customers) { c.Rows[0], c.Rows[1] = c.Rows[1], c.Rows[0] }),
		altered(func(c *kpi.Customers) { c.Rows[0].ID = "" }),
		altered(func(c *kpi.Customers) { c.Rows = c.Rows[:1] }),
		altered(func(c *kpi.Customers) { c.Rows[0].FirstSeen = !c.Rows[0].FirstSeen }),
		altered(func(c *kpi.Customers) { c.Refunds = 3 }),
		altered(func(c *kpi.Customers) { c.Zeros = -1 }),
		altered(func(c *kpi.Customers) { c.Orders = []string{"b", "a"} }),
	},
	clash: [][2]kpi.Customers{
		{altered(nil), altered(nil)}, // the same customers in both
		{altered(nil), numbered()},
		{altered(nil), other(func(c *kpi.Customers) { c.AsOf = day(60) })},
		{altered(nil), other(func(c *kpi.Customers) { c.Orders = []string{"order"} })},
		{altered(nil), other(func(c *kpi.Customers) { c.Refunds = kpi.RefundsIgnored })},
		{altered(nil), other(func(c *kpi.Customers) { c.Zeros = kpi.ZerosIgnored })},
		{altered(nil), other(func(c *kpi.Customers) { c.MergeDays = true })},
		{altered(nil), other(func(c *kpi.Customers) { c.By = "channel" })},
	},
})

// shard returns the answer of a log of two customers whom no other shard has.
func shard(r *rand.Rand) kpi.Customers {
	var l kpi.Log
	for range 2 {
		id := fmt.Sprintf("%016x", r.Uint64())
		for range 1 + r.IntN(3) {
			_ = l.Add(kpi.Event{
				Customer: id, Name: "order", At: day(r.IntN(30)).Add(time.Duration(r.IntN(3)) * time.Millisecond),
				Amount: decimal.New(r.Int64N(900)-200, -2),
			})
		}
	}
	c, err := l.Customers(context.Background(), kpi.CustomerSpec{AsOf: endOfLog, Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted, Since: day(9)})
	if err != nil {
		return kpi.Customers{}
	}
	return *c
}

func altered(change func(*kpi.Customers)) kpi.Customers { return alteredShard(1, change) }

// other is altered, of other customers.
func other(change func(*kpi.Customers)) kpi.Customers { return alteredShard(2, change) }

func alteredShard(seed uint64, change func(*kpi.Customers)) kpi.Customers {
	c := shard(rand.New(rand.NewPCG(seed, seed)))
	if change != nil {
		change(&c)
	}
	return c
}

func numbered() kpi.Customers {
	var l kpi.Log
	id, _ := l.Event("order")
	_ = l.AddID(1, id, day(1))
	c, _ := l.Customers(context.Background(), kpi.CustomerSpec{AsOf: endOfLog, Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted, Since: day(9)})
	return *c
}

func customers(t testing.TB, l *kpi.Log, s kpi.CustomerSpec) *kpi.Customers {
	t.Helper()
	c, err := l.Customers(context.Background(), s)
	require.NoError(t, err)
	return c
}

// one customer, an order a line: the day and the amount.
func oneCustomer(t testing.TB, orders ...string) *kpi.Log {
	t.Helper()
	var l kpi.Log
	for _, o := range orders {
		var d int
		var amount string
		_, err := fmt.Sscan(o, &d, &amount)
		require.NoError(t, err)
		require.NoError(t, l.Add(kpi.Event{Customer: "Ann", Name: "order", At: day(d), Amount: dec(amount)}))
	}
	return &l
}

// line writes a row for comparison.
func line(c kpi.Customer) string {
	date := func(t time.Time) string {
		if t.IsZero() {
			return "never"
		}
		return t.Format("01-02T15:04")
	}
	return fmt.Sprint(c.ID, " ", date(c.First), " ", date(c.Last), " ", c.FirstSeen, " ", c.Orders, " ", c.Revenue, " ", c.Value)
}

func TestCustomersPolicies(t *testing.T) {
	t.Parallel()
	sold := []string{"3 20", "1 10", "5 -4", "7 0", "9 6"}
	tests := []struct {
		name    string
		orders  []string
		refunds kpi.Refunds
		zeros   kpi.Zeros
		want    string
		history int
		code    kpi.Code
	}{
		{"all netted and counted", sold, kpi.RefundsNetted, kpi.ZerosCounted, "Ann 03-01T00:00 03-09T00:00 false 4 32 ", 5, 0},
		{"all ignored", sold, kpi.RefundsIgnored, kpi.ZerosIgnored, "Ann 03-01T00:00 03-09T00:00 false 3 36 ", 3, 0},
		{"netted and ignored", sold, kpi.RefundsNetted, kpi.ZerosIgnored, "Ann 03-01T00:00 03-09T00:00 false 3 32 ", 4, 0},
		{"ignored and counted", sold, kpi.RefundsIgnored, kpi.ZerosCounted, "Ann 03-01T00:00 03-09T00:00 false 4 36 ", 4, 0},
		{"a refund that is not expected", sold, kpi.RefundsRefused, kpi.ZerosIgnored, "", 0, kpi.CodeNegative},
		{"an order of 0 that is not expected", sold, kpi.RefundsNetted, kpi.ZerosRefused, "", 0, kpi.CodeMissing},
		{"only a refund", []string{"4 -3"}, kpi.RefundsNetted, kpi.ZerosRefused, "Ann never never false 0 -3 ", 1, 0},
		{"only a refund, ignored", []string{"4 -3"}, kpi.RefundsIgnored, kpi.ZerosRefused, "", 0, 0},
		{"only zeros, ignored", []string{"4 0", "5 0"}, kpi.RefundsRefused, kpi.ZerosIgnored, "", 0, 0},
		{"a refund before the first order", []string{"2 -3", "4 5"}, kpi.RefundsNetted, kpi.ZerosRefused, "Ann 03-04T00:00 03-04T00:00 false 1 2 ", 2, 0},
		{"after AsOf", []string{"40 -3"}, kpi.RefundsRefused, kpi.ZerosRefused, "", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := oneCustomer(t, tt.orders...)
			c, err := l.Customers(context.Background(), kpi.CustomerSpec{AsOf: day(32), Refunds: tt.refunds, Zeros: tt.zeros})
			if tt.code != 0 {
				e := requireError(t, err, kpi.ErrInvalid)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, "Log.Customers", e.Metric)
				require.GreaterOrEqual(t, e.Index, 0, "the row")
				return
			}
			require.NoError(t, err)
			if tt.want == "" {
				require.Empty(t, c.Rows)
				return
			}
			require.Equal(t, tt.want, line(c.Rows[0]))
			require.Len(t, c.History(0), tt.history)
		})
	}
}

func TestCustomersMergeDays(t *testing.T) {
	t.Parallel()
	at := func(m time.Month, d, h, minute int) time.Time {
		return time.Date(2024, m, d, h, minute, 0, 0, time.UTC)
	}
	tests := []struct {
		name string
		loc  *time.Location
		at   []time.Time
		want string // amounts of the orders, which are 1, 2, 4 …
	}{
		{"one day", nil, []time.Time{at(3, 5, 0, 0), at(3, 5, 23, 59)}, "3"},
		{"over midnight", nil, []time.Time{at(3, 5, 23, 59), at(3, 6, 0, 0)}, "1 2"},
		{"local midnight is 23:00 UTC", berlin, []time.Time{at(3, 5, 22, 59), at(3, 5, 23, 0), at(3, 6, 22, 59)}, "1 6"},
		{"a day of 23 hours", berlin, []time.Time{at(3, 30, 23, 0), at(3, 31, 21, 59), at(3, 31, 22, 0)}, "3 4"},
		{"a day of 25 hours", berlin, []time.Time{at(10, 26, 22, 0), at(10, 27, 22, 59), at(10, 27, 23, 0)}, "3 4"},
		{
			// 00:00:30 on the 7th, 23:15 on the 6th, 00:00 on the 7th: see TestCohortsFallBack.
			"past midnight and back", stJohns,
			[]time.Time{
				time.Date(2010, 11, 7, 2, 30, 30, 0, time.UTC), time.Date(2010, 11, 7, 2, 45, 0, 0, time.UTC),
				time.Date(2010, 11, 7, 3, 30, 0, 0, time.UTC),
			},
			"3 4",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var l kpi.Log
			for i, at := range tt.at {
				require.NoError(t, l.Add(kpi.Event{Customer: "Ann", Name: "order", At: at, Amount: decimal.NewFromInt(1 << i)}))
			}
			spec := kpi.CustomerSpec{AsOf: at(12, 31, 0, 0), Location: tt.loc}
			require.Equal(t, int64(len(tt.at)), customers(t, &l, spec).Rows[0].Orders)
			spec.MergeDays = true
			c := customers(t, &l, spec)
			var got []string
			for _, o := range c.History(0) {
				got = append(got, o.Amount.String())
			}
			require.Equal(t, tt.want, strings.Join(got, " "))
			require.Equal(t, int64(len(got)), c.Rows[0].Orders)
			require.True(t, c.Rows[0].First.Equal(tt.at[0]))
			require.True(t, c.Rows[0].Last.Equal(c.History(0)[len(got)-1].At), "the instant of the first of its day")
		})
	}
	// A refund in between is no order, and stays where it is.
	l := oneCustomer(t, "1 10", "1 -3", "1 5", "2 1")
	c := customers(t, l, kpi.CustomerSpec{AsOf: day(3), MergeDays: true, Refunds: kpi.RefundsNetted})
	require.Equal(t, "Ann 03-01T00:00 03-02T00:00 false 2 13 ", line(c.Rows[0]))
	require.Len(t, c.History(0), 3)
}

// The first order among those of one instant is that of the least event name,
// then properties, then amount, whatever came first.
func TestCustomersTies(t *testing.T) {
	t.Parallel()
	row := func(name, channel, amount string) kpi.Event {
		return kpi.Event{Customer: "Ann", Name: name, At: day(1), Amount: dec(amount), Props: []string{channel, ""}}
	}
	events := []kpi.Event{
		row("order", "web", "1"), row("order", "ads", "2"), row("order", "ads", "1.5"), row("order", "ads", "1.50"),
		row("renewal", "", "1"), row("order", "ads", "0"), row("order", "", "-1"),
	}
	spec := kpi.CustomerSpec{AsOf: day(2), By: "channel", Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosIgnored}
	r := rand.New(rand.NewPCG(21, 22))
	want := encoded(t, customers(t, withProps(t, events), spec))
	require.Contains(t, want, `"value":"ads"`, "neither the refund nor the order of 0 is the first order")
	first := customers(t, withProps(t, events), spec)
	for range 50 {
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		got := customers(t, withProps(t, events), spec)
		require.Equal(t, want, encoded(t, got))
		for i, o := range got.History(0) {
			require.Equal(t, first.History(0)[i].Amount.Exponent(), o.Amount.Exponent(), "1.50 before 1.5, always")
		}
	}
}

func TestCustomersSince(t *testing.T) {
	t.Parallel()
	l := logOf(t,
		kpi.Event{Customer: "Ann", Name: "order", At: day(1), Amount: dec("1")},
		kpi.Event{Customer: "Bob", Name: "order", At: day(10), Amount: dec("1")},
		kpi.Event{Customer: "Cid", Name: "visit", At: day(1)},
		kpi.Event{Customer: "Cid", Name: "order", At: day(12), Amount: dec("1")},
		kpi.Event{Customer: "Dee", Name: "order", At: day(40), Amount: dec("1")})
	c := customers(t, l, kpi.CustomerSpec{Orders: []string{"order"}, AsOf: day(32), Since: day(10)})
	march := kpi.Calendar{Unit: kpi.Month}.Of(day(1))
	n, err := c.New(march)
	require.NoError(t, err)
	require.Equal(t, int64(2), n)
	n, err = c.FirstSeen(march)
	require.NoError(t, err)
	require.Equal(t, int64(1), n)
	require.Len(t, c.Rows, 3, "Dee orders after AsOf")
	p, err := c.Purchases(march)
	require.NoError(t, err)
	require.Equal(t, int64(1), p.FirstSeen)
	_, err = p.ReturningShare()
	require.Equal(t, kpi.CodeFirstSeen, requireError(t, err, kpi.ErrUndefined).Code)
	c = customers(t, l, kpi.CustomerSpec{Orders: []string{"order"}, AsOf: day(32)})
	n, err = c.New(march)
	require.NoError(t, err)
	require.Equal(t, int64(3), n)
	c = customers(t, l, kpi.CustomerSpec{Orders: []string{"no such event"}, AsOf: day(32)})
	require.Empty(t, c.Rows, "no error: a shard may lack it")
}

func TestCustomersErrors(t *testing.T) {
	t.Parallel()
	l := oneCustomer(t, "1 10", "2 20")
	for name, tt := range map[string]struct {
		s    kpi.CustomerSpec
		code kpi.Code
	}{
		"no AsOf":      {kpi.CustomerSpec{}, kpi.CodeMissing},
		"AsOf in 2263": {kpi.CustomerSpec{AsOf: time.Date(2263, 1, 1, 0, 0, 0, 0, time.UTC)}, kpi.CodeTime},
		"refunds":      {kpi.CustomerSpec{AsOf: day(9), Refunds: 3}, kpi.CodeOutOfRange},
		"zeros":        {kpi.CustomerSpec{AsOf: day(9), Zeros: -1}, kpi.CodeOutOfRange},
		"by":           {kpi.CustomerSpec{AsOf: day(9), By: "x"}, kpi.CodeUnknownName},
	} {
		_, err := l.Customers(context.Background(), tt.s)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, tt.code, e.Code, name)
		require.Equal(t, "Log.Customers", e.Metric)
	}
	c := customers(t, l, kpi.CustomerSpec{AsOf: day(9)})
	decoded := &kpi.Customers{}
	data, err := json.Marshal(c)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, decoded))
	ended, open, empty := kpi.Period{Start: day(1), End: day(9)}, kpi.Period{Start: day(1), End: day(9).Add(1)}, kpi.Period{Start: day(9), End: day(9)}
	for name, question := range map[string]func(*kpi.Customers, kpi.Period) error{
		"Customers.New":              func(c *kpi.Customers, p kpi.Period) error { _, err := c.New(p); return err },
		"Customers.FirstSeen":        func(c *kpi.Customers, p kpi.Period) error { _, err := c.FirstSeen(p); return err },
		"Customers.Purchases":        func(c *kpi.Customers, p kpi.Period) error { _, err := c.Purchases(p); return err },
		"Customers.PerOrder":         func(c *kpi.Customers, p kpi.Period) error { _, err := c.PerOrder(p); return err },
		"Customers.PerCustomer":      func(c *kpi.Customers, p kpi.Period) error { _, err := c.PerCustomer(p); return err },
		"Customers.RepeatOrderShare": func(c *kpi.Customers, p kpi.Period) error { _, err := c.RepeatOrderShare(p); return err },
	} {
		require.NoError(t, question(c, ended), name)
		for _, p := range []kpi.Period{open, empty, {}, {Start: day(9), End: day(1)}} {
			e := requireError(t, question(c, p), kpi.ErrInvalid)
			require.Equal(t, kpi.CodeTime, e.Code, name)
			require.Equal(t, name, e.Metric)
		}
		err := question(decoded, ended)
		if name == "Customers.New" || name == "Customers.FirstSeen" {
			require.NoError(t, err, name)
			continue
		}
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeEmpty, e.Code, "without histories")
		require.Equal(t, name, e.Metric)
	}
	e := requireError(t, new(kpi.Customers).Merge(nil), kpi.ErrInvalid)
	require.Equal(t, kpi.CodeEmpty, e.Code)
}

// Dates of one zone are not dates of another, and an answer remembers which it was
// asked for, through its codecs too.
func TestCustomersMergeLocations(t *testing.T) {
	t.Parallel()
	shanghai, tokyo := time.FixedZone("Asia/Shanghai", 8*3600), time.FixedZone("Asia/Tokyo", 9*3600)
	of := func(who string, loc *time.Location, merge bool) *kpi.Customers {
		l := logOf(t, kpi.Event{Customer: who, Name: "order", At: day(1), Amount: dec("1")})
		c := customers(t, l, kpi.CustomerSpec{AsOf: day(9), MergeDays: merge, Location: loc})
		data, err := c.MarshalBinary()
		require.NoError(t, err)
		var back kpi.Customers
		require.NoError(t, back.UnmarshalBinary(data))
		require.Equal(t, c.Location, back.Location)
		text, err := json.Marshal(c)
		require.NoError(t, err)
		require.Equal(t, merge && loc != nil && loc != time.UTC, strings.Contains(string(text), `"location":"Asia/`))
		return &back
	}
	for _, loc := range []*time.Location{nil, time.UTC, tokyo} {
		e := requireError(t, of("Ann", shanghai, true).Merge(of("Bob", loc, true)), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeQuestion, e.Code)
		require.NoError(t, of("Ann", shanghai, false).Merge(of("Bob", loc, false)), "no dates were asked for")
	}
	require.NoError(t, of("Ann", nil, true).Merge(of("Bob", time.UTC, true)))
	require.NoError(t, of("Ann", shanghai, true).Merge(of("Bob", shanghai, true)))
}

// What has an interval is what Purchases prints, with refunds, and where a refund
// is all that a customer has.
func TestCustomersSums(t *testing.T) {
	t.Parallel()
	same := func(t *testing.T, c *kpi.Customers, p kpi.Period) {
		t.Helper()
		purchases, err := c.Purchases(p)
		require.NoError(t, err)
		for _, q := range []struct {
			sums func(kpi.Period) (kpi.RatioOfSums, error)
			want func() (kpi.Ratio, error)
		}{
			{c.PerOrder, purchases.PerOrder},
			{c.PerCustomer, purchases.PerCustomer},
			{c.RepeatOrderShare, func() (kpi.Ratio, error) {
				share, err := purchases.RepeatOrderShare()
				if err != nil {
					return kpi.Ratio{}, err
				}
				return share.Ratio()
			}},
		} {
			sums, err := q.sums(p)
			require.NoError(t, err)
			got, err := sums.Ratio()
			want, none := q.want()
			if none != nil {
				require.Equal(t, kpi.CodeZeroDenominator, requireError(t, none, kpi.ErrUndefined).Code)
				require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
				continue
			}
			requireRatio(t, want.String(), got, err)
		}
	}
	r := rand.New(rand.NewPCG(25, 26))
	for range 100 {
		events := randomEvents(r, time.UTC, day(1), 90)
		c := customers(t, withProps(t, events), kpi.CustomerSpec{
			AsOf: day(200), Refunds: kpi.Refunds(1 + r.IntN(2)), Zeros: kpi.Zeros(1 + r.IntN(2)), MergeDays: r.IntN(2) == 0,
		})
		for _, p := range []kpi.Period{{Start: day(1), End: day(200)}, {Start: day(20), End: day(40)}, {Start: day(50), End: day(53)}} {
			same(t, c, p)
		}
	}

	event := func(who string, at int, amount string) kpi.Event {
		return kpi.Event{Customer: who, Name: "order", At: day(at), Amount: dec(amount)}
	}
	tests := []struct {
		name                    string
		events                  []kpi.Event
		order, customer, repeat kpi.RatioOfSums // N, X, Y, XX, XY, YY
	}{
		{
			// The refund of somebody who did not buy is off the revenue, here as there.
			"only a refund",
			[]kpi.Event{event("Ann", 3, "-100"), event("Bob", 3, "50")},
			sumsOf(2, 1, -50, 1, 50, 12500), sumsOf(2, 1, -50, 1, 50, 12500), sumsOf(1, 1, 0, 1, 0, 0),
		},
		{
			"orders and refunds",
			[]kpi.Event{
				event("Ann", 1, "30"), event("Ann", 2, "10"), event("Ann", 3, "-5"),
				event("Bob", 3, "-7"), event("Cid", 2, "0"), event("Dee", 80, "9"),
			},
			sumsOf(3, 3, 28, 5, 70, 1274), sumsOf(3, 2, 28, 2, 35, 1274), sumsOf(2, 3, 1, 5, 2, 1),
		},
		{"nothing but refunds", []kpi.Event{event("Ann", 3, "-5")}, sumsOf(1, 0, -5, 0, 0, 25), sumsOf(1, 0, -5, 0, 0, 25), kpi.RatioOfSums{}},
		{"nothing", []kpi.Event{event("Ann", 80, "5")}, kpi.RatioOfSums{}, kpi.RatioOfSums{}, kpi.RatioOfSums{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := customers(t, logOf(t, tt.events...), kpi.CustomerSpec{AsOf: day(99), Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted})
			p := kpi.Period{Start: day(1), End: day(9)}
			same(t, c, p)
			for _, q := range []struct {
				want kpi.RatioOfSums
				ask  func(kpi.Period) (kpi.RatioOfSums, error)
			}{{tt.order, c.PerOrder}, {tt.customer, c.PerCustomer}, {tt.repeat, c.RepeatOrderShare}} {
				got, err := q.ask(p)
				require.NoError(t, err)
				sameSums(t, q.want, got)
			}
		})
	}
	// Two amounts of 400 digits are a sum of 401, which no question takes.
	nines := strings.Repeat("9", 400)
	c := customers(t, oneCustomer(t, "1 "+nines, "2 "+nines), kpi.CustomerSpec{AsOf: day(9)})
	_, err := c.PerOrder(kpi.Period{Start: day(1), End: day(9)})
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeTooLarge, e.Code)
	require.Equal(t, "Customers.PerOrder", e.Metric)
	_, err = c.RepeatOrderShare(kpi.Period{Start: day(1), End: day(9)})
	require.NoError(t, err)
}

// A hundred customers order once, and one two hundred times: the share of repeat
// orders is theirs to say, and says little, though there are 300 orders.
func TestCustomersRepeatOrderShareInterval(t *testing.T) {
	t.Parallel()
	var l kpi.Log
	id, err := l.Event("order")
	require.NoError(t, err)
	for i := range 300 {
		require.NoError(t, l.AddID(uint64(min(i, 100)), id, day(1).Add(time.Duration(i)*time.Hour)))
	}
	c := customers(t, &l, kpi.CustomerSpec{AsOf: day(99), Zeros: kpi.ZerosCounted})
	p := kpi.Period{Start: day(1), End: day(99)}
	purchases, err := c.Purchases(p)
	require.NoError(t, err)
	share, err := purchases.RepeatOrderShare()
	require.NoError(t, err)
	require.Equal(t, "199/300", share.String())
	narrow, err := share.Interval(0.95)
	require.NoError(t, err)
	require.InDelta(t, 0.053, (narrow.Hi-narrow.Lo)/2, 0.001)
	sums, err := c.RepeatOrderShare(p)
	require.NoError(t, err)
	wide, err := sums.Interval(0.95)
	require.NoError(t, err)
	// Student's t of 100 degrees of freedom is 1.98397152.
	once := 199.0 / 300
	often := 199 - 200*once
	require.InDelta(t, 1.98397152*math.Sqrt(1.01*(100*once*once+often*often))/300, (wide.Hi-wide.Lo)/2, 1e-8)
	require.InDelta(t, 0.443, (wide.Hi-wide.Lo)/2, 0.001)
	require.Equal(t, int64(101), wide.N)
	require.NotEmpty(t, wide.Warnings, "one customer holds most of the orders")
}

func TestCustomersHistoryIsACopy(t *testing.T) {
	t.Parallel()
	c := customers(t, oneCustomer(t, "1 10", "2 20"), kpi.CustomerSpec{AsOf: day(9)})
	want := encoded(t, c)
	h := c.History(0)
	h[0] = kpi.Order{}
	_ = append(h[:1], kpi.Order{})
	require.Equal(t, want, encoded(t, c))
	require.Nil(t, c.History(-1))
	require.Nil(t, c.History(1))

	// Rows may be sorted for people; what is asked of the histories stays right.
	l := logOf(t,
		kpi.Event{Customer: "Ann", Name: "order", At: day(1), Amount: dec("1")},
		kpi.Event{Customer: "Ann", Name: "order", At: day(40), Amount: dec("1")},
		kpi.Event{Customer: "Bob", Name: "order", At: day(40), Amount: dec("5")})
	c = customers(t, l, kpi.CustomerSpec{AsOf: day(90)})
	april := kpi.Calendar{Unit: kpi.Month}.Of(day(40))
	before, err := c.Purchases(april)
	require.NoError(t, err)
	require.Equal(t, int64(1), before.Returning)
	slices.Reverse(c.Rows)
	after, err := c.Purchases(april)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// A customer has an id in JSON, and one only, whatever it is.
func TestCustomersString(t *testing.T) {
	t.Parallel()
	var l kpi.Log
	id, err := l.Event("order")
	require.NoError(t, err)
	for i := range 23 {
		require.NoError(t, l.AddMinor(uint64(i), id, day(i+1), int64(i)*100+1, -2))
	}
	c := customers(t, &l, kpi.CustomerSpec{AsOf: day(60)})
	lines := strings.Split(strings.TrimSpace(c.String()), "\n")
	require.Len(t, lines, 22)
	require.Regexp(t, `^0 +2026-03-01 +2026-03-01 +1 +0\.01$`, lines[1])
	require.Equal(t, "… 3 more", lines[21])
	require.Len(t, strings.Split(strings.TrimSpace(c.Markdown()), "\n"), 23)

	typed := &kpi.Customers{Rows: []kpi.Customer{{ID: "Ann|Bob", Revenue: decimal.New(1, 20_000_000)}, {Number: 7, Orders: 1}}}
	require.Contains(t, typed.String(), "–")
	require.Contains(t, typed.Markdown(), `Ann\|Bob`)
	_, err = typed.MarshalBinary()
	require.Equal(t, kpi.CodeEmpty, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestRefundsAndZeros(t *testing.T) {
	t.Parallel()
	for _, r := range []kpi.Refunds{kpi.RefundsRefused, kpi.RefundsNetted, kpi.RefundsIgnored} {
		got, err := kpi.ParseRefunds(r.String())
		require.NoError(t, err)
		require.Equal(t, r, got)
		text, err := r.MarshalText()
		require.NoError(t, err)
		require.NoError(t, got.UnmarshalText(text))
		require.Equal(t, r, got)
		require.Error(t, got.UnmarshalText(nil))
	}
	for _, z := range []kpi.Zeros{kpi.ZerosRefused, kpi.ZerosCounted, kpi.ZerosIgnored} {
		got, err := kpi.ParseZeros(z.String())
		require.NoError(t, err)
		require.Equal(t, z, got)
		text, err := z.MarshalText()
		require.NoError(t, err)
		require.NoError(t, got.UnmarshalText(text))
		require.Equal(t, z, got)
		require.Error(t, got.UnmarshalText(nil))
	}
	_, err := kpi.ParseRefunds("Netted")
	requireError(t, err, kpi.ErrInvalid)
	_, err = kpi.ParseZeros("")
	requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, "Refunds(9) Zeros(-1)", fmt.Sprint(kpi.Refunds(9), " ", kpi.Zeros(-1)))
}
