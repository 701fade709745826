package kpi

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// Refunds says what a negative amount among the orders is. There is no default:
// the zero value refuses it.
type Refunds int

const (
	// RefundsRefused makes a negative amount an error.
	RefundsRefused Refunds = iota
	// RefundsNetted takes it off the customer's revenue at its own instant. It is
	// not an order.
	RefundsNetted
	// RefundsIgnored leaves it out.
	RefundsIgnored
)

var refundNames = []string{"refused", "netted", "ignored"}

// String returns the name of r.
func (r Refunds) String() string { return enumName(refundNames, int(r), "Refunds") }

// ParseRefunds returns the Refunds of that name.
func ParseRefunds(s string) (Refunds, error) {
	i, err := parseEnum("ParseRefunds", refundNames, s)
	return Refunds(i), err
}

// MarshalText returns the name of r.
func (r Refunds) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRefunds reads.
func (r *Refunds) UnmarshalText(text []byte) error { return readEnum(r, ParseRefunds, text) }

// Zeros says what an amount of 0 among the orders is. There is no default: the
// zero value refuses it.
type Zeros int

const (
	// ZerosRefused makes an amount of 0 an error.
	ZerosRefused Zeros = iota
	// ZerosCounted makes it an order of 0: a gift, a trial, a log without money.
	ZerosCounted
	// ZerosIgnored leaves it out.
	ZerosIgnored
)

var zeroNames = []string{"refused", "counted", "ignored"}

// String returns the name of z.
func (z Zeros) String() string { return enumName(zeroNames, int(z), "Zeros") }

// ParseZeros returns the Zeros of that name.
func ParseZeros(s string) (Zeros, error) {
	i, err := parseEnum("ParseZeros", zeroNames, s)
	return Zeros(i), err
}

// MarshalText returns the name of z.
func (z Zeros) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// UnmarshalText reads what ParseZeros reads.
func (z *Zeros) UnmarshalText(text []byte) error { return readEnum(z, ParseZeros, text) }

// CustomerSpec is the question for the customers' histories: which events are
// orders, and what counts as one.
type CustomerSpec struct {
	// Orders are event names; none is any event. One that the log does not hold is
	// no error, since a shard may lack it: check the spelling of new ones.
	Orders []string
	AsOf   time.Time // exclusive: rows from it on do not count
	// Since is the instant from which the log can tell a new customer from an old
	// one, if it begins in mid-life: customers whose first order is before it are
	// first seen, not new.
	Since   time.Time
	Refunds Refunds
	Zeros   Zeros
	// MergeDays makes one order of a customer's orders of one civil date in
	// Location, at the instant of the first. Ask then for periods of whole days of
	// that location, with an AsOf at the start of one: what is ordered later in a
	// day moves to its first order.
	MergeDays bool
	Location  *time.Location // nil is UTC
	By        string         // a property, of which each customer keeps the value at the first order
}

func (s *CustomerSpec) valid(metric string) error {
	switch {
	case s.AsOf.IsZero():
		return fail(metric, CodeMissing, "AsOf")
	case s.Refunds < RefundsRefused || s.Refunds > RefundsIgnored:
		return fail(metric, CodeOutOfRange, "Refunds = %d", int(s.Refunds))
	case s.Zeros < ZerosRefused || s.Zeros > ZerosIgnored:
		return fail(metric, CodeOutOfRange, "Zeros = %d", int(s.Zeros))
	}
	if _, err := instant(metric, s.AsOf); err != nil {
		return err
	}
	return cmp.Or(codable(metric, "Since", s.Since), readable(metric, s.Orders...))
}

// Order is one row of a history: an order, or a refund if Amount is negative.
type Order struct {
	At     time.Time       `json:"at"` // with MergeDays the first of the day
	Amount decimal.Decimal `json:"amount"`
}

// Customer sums up one history.
type Customer struct {
	ID        string          `json:"id,omitempty"`     // in a log of string ids
	Number    uint64          `json:"number,omitempty"` // in a log of numeric ids
	First     time.Time       `json:"first"`            // the first order; zero if there is none, only refunds
	Last      time.Time       `json:"last"`             // the last order, likewise
	FirstSeen bool            `json:"first_seen"`       // First is before CustomerSpec.Since
	Orders    int64           `json:"orders"`           // refunds apart
	Revenue   decimal.Decimal `json:"revenue"`          // of the orders, less netted refunds
	Value     string          `json:"value,omitempty"`  // of the property CustomerSpec.By at First
}

// Customers is the answer to a CustomerSpec: one row for each customer with an
// order or a netted refund before AsOf, in the order of the ids, and behind each
// the exact history, which JSON leaves out; and beside them what was asked, so
// that no two definitions of an order are taken for one. Its zero value is the
// identity of Merge.
type Customers struct {
	AsOf      time.Time  `json:"as_of"`              // exclusive
	Since     time.Time  `json:"since,omitzero"`     // if set, those with an order before it are first seen
	Orders    []string   `json:"orders,omitempty"`   // event names, sorted; none is any event
	Refunds   Refunds    `json:"refunds"`            // what a negative amount was
	Zeros     Zeros      `json:"zeros"`              // what an amount of 0 was
	MergeDays bool       `json:"merge_days"`         // orders of one date were one
	Location  string     `json:"location,omitempty"` // with MergeDays the name of the zone of the dates, "" is UTC
	By        string     `json:"by,omitempty"`       // the property behind Customer.Value
	Rows      []Customer `json:"rows"`               // in the order of the ids

	history [][]Order
}

// Customers answers s. It returns an error if s is out of range, if AsOf is not
// set, if By was not declared, if an amount is negative or 0 and s does not say
// what that means, or that of a context that is done.
func (l *Log) Customers(ctx context.Context, s CustomerSpec) (*Customers, error) {
	const metric = "Log.Customers"
	if err := s.valid(metric); err != nil {
		return nil, err
	}
	by, err := l.propertyColumn(metric, s.By)
	if err != nil {
		return nil, err
	}
	found, err := l.histories(ctx, metric, &s, by)
	if err != nil {
		return nil, err
	}
	out := &Customers{
		AsOf: sayable(s.AsOf), Since: sayable(s.Since), Orders: nameSet(s.Orders),
		Refunds: s.Refunds, Zeros: s.Zeros, MergeDays: s.MergeDays, By: s.By,
	}
	if s.MergeDays {
		out.Location = Calendar{Location: s.Location}.zone()
	}
	out.collect(found)
	return out, nil
}

// History returns the orders and refunds of row i in the order of time, or nil
// if there is no such row, or if c was typed in or came out of JSON, which does
// not hold the histories.
func (c *Customers) History(i int) []Order {
	if i < 0 || i >= len(c.history) {
		return nil
	}
	return slices.Clone(c.history[i])
}

// within returns the part of a history in p.
func within(h []Order, p Period) []Order {
	from := sort.Search(len(h), func(i int) bool { return !h[i].At.Before(p.Start) })
	to := sort.Search(len(h), func(i int) bool { return !h[i].At.Before(p.End) })
	return h[from:max(from, to)]
}

// ended refuses a period that is empty or not over at AsOf.
func (c *Customers) ended(metric string, p Period) error {
	if err := p.check(metric); err != nil {
		return err
	}
	if !p.Complete(c.AsOf) {
		return fail(metric, CodeTime, "End = %s > AsOf = %s", p.End.Format(time.RFC3339), c.AsOf.Format(time.RFC3339))
	}
	return nil
}

// known refuses Customers without their histories.
func (c *Customers) known(metric string) error {
	if len(c.history) != len(c.Rows) {
		return fail(metric, CodeEmpty, "len(History) = %d, len(Rows) = %d", len(c.history), len(c.Rows))
	}
	return nil
}

// New counts the new customers of p (新客户数量): those with their first order in
// it, unless they are first seen. It returns an error if p is empty or not over
// at AsOf.
func (c *Customers) New(p Period) (int64, error) { return c.first("Customers.New", p, false) }

// FirstSeen counts the customers whose first order in the log falls in p but
// before Since, so that nobody knows whether they are new. It returns an error
// if p is empty or not over at AsOf.
func (c *Customers) FirstSeen(p Period) (int64, error) {
	return c.first("Customers.FirstSeen", p, true)
}

func (c *Customers) first(metric string, p Period, seen bool) (int64, error) {
	if err := c.ended(metric, p); err != nil {
		return 0, err
	}
	var n int64
	for _, r := range c.Rows {
		if r.Orders > 0 && r.FirstSeen == seen && p.Contains(r.First) {
			n++
		}
	}
	return n, nil
}

// Purchases counts the orders of p, and sets its buyers beside those of the
// period before (p.Previous), those with any earlier order, and those without one
// whose first is before Since. Revenue is of all
// orders in p less the netted refunds in p. It returns an error if p is empty or
// not over at AsOf, or if c came without its histories.
func (c *Customers) Purchases(p Period) (Purchases, error) {
	const metric = "Customers.Purchases"
	if err := c.ended(metric, p); err != nil {
		return Purchases{}, err
	}
	if err := c.known(metric); err != nil {
		return Purchases{}, err
	}
	var out Purchases
	var revenue Sum
	all, before := Period{End: p.Start}, p.Previous()
	for i, h := range c.history {
		now := within(h, p)
		for _, o := range now {
			revenue.add(o.Amount)
		}
		n := orders(now)
		out.Orders += n
		bought := ordered(within(h, before))
		if bought {
			out.PreviousBuyers++
		}
		if n == 0 {
			continue
		}
		out.Buyers++
		if n > 1 {
			out.Repeaters++
		}
		switch {
		case ordered(within(h, all)):
			out.Returning++
		case c.Rows[i].FirstSeen:
			out.FirstSeen++
		}
		if bought {
			out.Kept++
		}
	}
	out.Revenue = revenue.Decimal()
	return out, nil
}

// orders counts those of a history that are not refunds.
func orders(h []Order) int64 {
	var n int64
	for _, o := range h {
		if o.isOrder() {
			n++
		}
	}
	return n
}

// ordered reports whether any of a history is not a refund.
func ordered(h []Order) bool { return slices.ContainsFunc(h, Order.isOrder) }

func (o Order) isOrder() bool { return o.Amount.Sign() >= 0 }

// PerOrder returns the revenue of p by its orders (笔单价), over the customers with
// an order or a refund in p: the same Ratio as [Purchases.PerOrder], and the
// interval that goes with it, since the orders of one buyer do not come
// independently. It returns an error as Purchases does, or if a revenue grows past
// 400 digits.
func (c *Customers) PerOrder(p Period) (RatioOfSums, error) {
	return c.sums("Customers.PerOrder", p, func(h []Order) (y, x decimal.Decimal) {
		return revenueOf(h), decimal.NewFromInt(orders(h))
	})
}

// PerCustomer returns the revenue of p by its buyers (客单价), over the customers
// with an order or a refund in p: the same Ratio as [Purchases.PerCustomer]. A
// customer with refunds only is no buyer, and takes off the revenue all the same.
// It returns an error as PerOrder does.
func (c *Customers) PerCustomer(p Period) (RatioOfSums, error) {
	return c.sums("Customers.PerCustomer", p, func(h []Order) (y, x decimal.Decimal) {
		return revenueOf(h), decimal.NewFromInt(min(orders(h), 1))
	})
}

// RepeatOrderShare returns the repeat orders of p, which are not their buyer's
// first in it, by all its orders (复购率(订单)), over the buyers: the same Ratio as
// [Purchases.RepeatOrderShare], whose own interval is too narrow. It returns an
// error as Purchases does.
func (c *Customers) RepeatOrderShare(p Period) (RatioOfSums, error) {
	return c.sums("Customers.RepeatOrderShare", p, func(h []Order) (y, x decimal.Decimal) {
		n := orders(h)
		return decimal.NewFromInt(max(n-1, 0)), decimal.NewFromInt(n)
	})
}

// revenueOf returns the money of a history.
func revenueOf(h []Order) decimal.Decimal {
	var sum Sum
	for _, o := range h {
		sum.add(o.Amount)
	}
	return sum.Decimal()
}

// sums observes every customer of p of whom there is something to observe.
func (c *Customers) sums(metric string, p Period, observe func([]Order) (y, x decimal.Decimal)) (RatioOfSums, error) {
	if err := c.ended(metric, p); err != nil {
		return RatioOfSums{}, err
	}
	if err := c.known(metric); err != nil {
		return RatioOfSums{}, err
	}
	var out RatioOfSums
	for _, h := range c.history {
		y, x := observe(within(h, p))
		if y.IsZero() && x.IsZero() {
			continue
		}
		if err := out.Add(y, x); err != nil {
			return RatioOfSums{}, under(err, metric)
		}
	}
	return out, nil
}

// customersShown is how many rows String and Markdown print.
const customersShown = 20

func (c *Customers) table() *table {
	t := &table{head: []string{"customer", "first", "last", "orders", "revenue"}, text: 1}
	for i, r := range c.Rows {
		if i == customersShown {
			t.add("… "+strconv.Itoa(len(c.Rows)-i)+" more", "", "", "", "")
			break
		}
		first, last := Undefined, Undefined
		if r.Orders > 0 {
			first, last = r.First.Format(time.DateOnly), r.Last.Format(time.DateOnly)
		}
		revenue := Undefined
		if gateTimes("", "", r.Revenue, 2) == nil {
			revenue = money(r.Revenue, 2)
		}
		t.add(r.name(), first, last, strconv.FormatInt(r.Orders, 10), revenue)
	}
	return t
}

// String returns the first twenty rows in columns.
func (c *Customers) String() string { return c.table().String() }

// Markdown returns the first twenty rows as a Markdown table.
func (c *Customers) Markdown() string { return c.table().markdown() }

var customersCatalog = []Entry{
	{
		Key: "customers.new", English: []string{"new customers"}, Chinese: []string{"新客户数量", "新增客户数"},
		Formula: "customers with their first order in the period, first seen apart",
		Unit:    "count", Direction: Higher, Type: "Customers", Method: "New",
	},
	{
		Key: "customers.per_order", English: []string{"revenue per order, over buyers", "average order value with an interval"},
		Chinese: []string{"笔单价(按客户)"}, Formula: "Revenue / Orders of the period, summed over customers",
		Unit: "money", Direction: Higher, Type: "Customers", Method: "PerOrder",
	},
	{
		Key: "customers.per_customer", English: []string{"revenue per buyer, over buyers"},
		Chinese: []string{"客单价(按客户)"}, Formula: "Revenue / Buyers of the period, summed over customers",
		Unit: "money", Direction: Higher, Type: "Customers", Method: "PerCustomer",
	},
	{
		Key: "customers.repeat_orders", English: []string{"share of repeat orders, over buyers"},
		Chinese: []string{"复购率(订单)(按客户)"}, Formula: "(Orders − Buyers) / Orders of the period, summed over customers",
		Unit: "ratio", Direction: Higher, Type: "Customers", Method: "RepeatOrderShare",
	},
}
