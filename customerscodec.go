package kpi

import (
	"cmp"
	"math"
	"slices"
)

// valid refuses rows that are out of order or do not sum up their histories.
func (c *Customers) valid(metric string) error {
	if err := c.known(metric); err != nil {
		return err
	}
	if err := codable(metric, "AsOf", c.AsOf); err != nil {
		return err
	}
	for i := range c.Rows {
		r := &c.Rows[i]
		if i > 0 && (c.Rows[i-1].compare(r) >= 0 || (c.Rows[i-1].ID == "") != (r.ID == "")) {
			return failAt(metric, CodeMismatch, i, "not in the order of ids, or of two kinds")
		}
		s := summary(c.history[i])
		if !r.First.Equal(s.First) || !r.Last.Equal(s.Last) || r.Orders != s.Orders ||
			gateTimes("", "", r.Revenue, 2) != nil || !r.Revenue.Equal(s.Revenue) {
			return failAt(metric, CodeMismatch, i, "not the sum of the history")
		}
	}
	return nil
}

// compare orders rows by their ids.
func (r *Customer) compare(o *Customer) int {
	return cmp.Or(cmp.Compare(r.ID, o.ID), cmp.Compare(r.Number, o.Number))
}

// Merge takes in the answer of another shard to the same CustomerSpec: a log of
// other customers. It returns an error, and changes nothing, if o is nil, if
// either came without its histories or was altered, if AsOf or the kinds of id
// differ, or if a customer is in both.
func (c *Customers) Merge(o *Customers) error {
	const metric = "Customers.Merge"
	if o == nil {
		return fail(metric, CodeMissing, "o is nil")
	}
	if err := c.valid(metric); err != nil {
		return err
	}
	if err := o.valid(metric); err != nil {
		return err
	}
	out := Customers{AsOf: c.AsOf}
	switch {
	case o.AsOf.IsZero() && len(o.Rows) == 0:
		return nil
	case c.AsOf.IsZero() && len(c.Rows) == 0:
		out.AsOf = o.AsOf
	case !c.AsOf.Equal(o.AsOf):
		return fail(metric, CodeMismatch, "answers to different questions")
	}
	if len(c.Rows) > 0 && len(o.Rows) > 0 && (c.Rows[0].ID == "") != (o.Rows[0].ID == "") {
		return fail(metric, CodeMismatch, "string and number ids")
	}
	for i, j := 0, 0; i < len(c.Rows) || j < len(o.Rows); {
		from, next := c, &i
		if i < len(c.Rows) && j < len(o.Rows) {
			switch side := c.Rows[i].compare(&o.Rows[j]); {
			case side == 0:
				return failAt(metric, CodeMismatch, j, "a customer of both")
			case side > 0:
				from, next = o, &j
			}
		} else if i == len(c.Rows) {
			from, next = o, &j
		}
		out.Rows = append(out.Rows, from.Rows[*next])
		out.history = append(out.history, from.history[*next]) // never changed: shared
		*next++
	}
	*c = out
	return nil
}

// AppendBinary appends the canonical encoding of c, its histories included. Of an
// instant it holds the offset from UTC, not the zone. It returns an error if c
// came without its histories or was altered.
func (c *Customers) AppendBinary(b []byte) ([]byte, error) {
	if err := c.valid("Customers.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendTime(appendHeader(b, kindCustomers), c.AsOf)
	b = appendUint(b, uint64(len(c.Rows)))
	for i, r := range c.Rows {
		b = appendUint(appendText(b, r.ID), r.Number)
		b = appendText(appendBool(b, r.FirstSeen), r.Value)
		b = appendUint(b, uint64(len(c.history[i])))
		for _, o := range c.history[i] {
			b = appendDecimal(appendTime(b, o.At), o.Amount)
		}
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (c *Customers) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary replaces c by what AppendBinary wrote. It returns an error, and
// leaves c as it was, if data are anything else.
func (c *Customers) UnmarshalBinary(data []byte) error {
	const metric = "Customers.UnmarshalBinary"
	d := newDecoder(metric, kindCustomers, data)
	n := Customers{AsOf: d.time()}
	rows := d.count(5)
	for i := 0; i < rows && d.err == nil; i++ {
		id, number := d.text(), d.uint(math.MaxUint64)
		seen, value := d.bool(), d.text()
		h := make([]Order, d.count(6))
		for j := range h {
			h[j] = Order{At: d.time(), Amount: d.decimal(2)}
		}
		if len(h) == 0 || id != "" && number != 0 ||
			!slices.IsSortedFunc(h, func(a, b Order) int { return a.At.Compare(b.At) }) {
			d.fail("customer %d has no history, or one that is not in order", i)
			break
		}
		r := summary(h)
		r.ID, r.Number, r.FirstSeen, r.Value = id, number, seen, value
		n.Rows, n.history = append(n.Rows, r), append(n.history, h)
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.valid(metric); err != nil {
		return err
	}
	*c = n
	return nil
}
