package kpi

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"
)

// shadow stands for o in JSON.
func (o *Order) shadow() any {
	type fields Order
	return &struct {
		*fields
		At     *jsonTime   `json:"at"`
		Amount *jsonAmount `json:"amount"`
	}{(*fields)(o), (*jsonTime)(&o.At), (*jsonAmount)(&o.Amount)}
}

// MarshalJSON writes the amount exactly, as a string. It returns an error if it is
// too large.
func (o Order) MarshalJSON() ([]byte, error) { return json.Marshal(o.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves o as it was, if data are anything else.
func (o *Order) UnmarshalJSON(data []byte) error { return readForm(o, (*Order).shadow, data) }

// MarshalJSON writes the ID or, where there is none, the Number, 0 included, and
// the revenue exactly, as a string. It returns an error if that is too large.
func (r Customer) MarshalJSON() ([]byte, error) {
	type fields Customer
	r.First, r.Last = sayable(r.First), sayable(r.Last)
	return json.Marshal(struct {
		Number *uint64 `json:"number,omitempty"`
		fields
		Revenue jsonAmount `json:"revenue"`
	}{jsonNumber(r.ID, r.Number), fields(r), jsonAmount(r.Revenue)})
}

// UnmarshalJSON reads what MarshalJSON writes, and a revenue that is a number. It
// returns an error, and leaves r as it was, if data are anything else.
func (r *Customer) UnmarshalJSON(data []byte) error {
	return readForm(r, func(r *Customer) any {
		type fields Customer
		return &struct {
			Number *uint64 `json:"number"`
			*fields
			Revenue *jsonAmount `json:"revenue"`
		}{&r.Number, (*fields)(r), (*jsonAmount)(&r.Revenue)}
	}, data)
}

// valid refuses rows that are out of order or do not sum up their histories.
func (c *Customers) valid(metric string) error {
	if err := c.known(metric); err != nil {
		return err
	}
	if err := cmp.Or(codable(metric, "AsOf", c.AsOf), codable(metric, "Since", c.Since)); err != nil {
		return err
	}
	switch {
	case c.Refunds < RefundsRefused || c.Refunds > RefundsIgnored:
		return fail(metric, CodeOutOfRange, "Refunds = %d", int(c.Refunds))
	case c.Zeros < ZerosRefused || c.Zeros > ZerosIgnored:
		return fail(metric, CodeOutOfRange, "Zeros = %d", int(c.Zeros))
	case c.Location != "" && !c.MergeDays:
		return fail(metric, CodeMismatch, "Location = %s, MergeDays = false", clip(c.Location))
	case !slices.Equal(c.Orders, nameSet(c.Orders)):
		return fail(metric, CodeOrder, "Orders")
	}
	var sum Sum
	for i := range c.Rows {
		r := &c.Rows[i]
		if i > 0 && (c.Rows[i-1].compare(r) >= 0 || (c.Rows[i-1].ID == "") != (r.ID == "")) {
			return failAt(metric, CodeOrder, i, "ID, Number")
		}
		s := summary(c.history[i], &sum)
		if r.FirstSeen != (r.Orders > 0 && r.First.Before(c.Since)) {
			return failAt(metric, CodeMismatch, i, "FirstSeen = %t, Since = %s", r.FirstSeen, c.Since.Format(time.RFC3339))
		}
		if !r.First.Equal(s.First) || !r.Last.Equal(s.Last) || r.Orders != s.Orders ||
			gateTimes("", "", r.Revenue, 2) != nil || !r.Revenue.Equal(s.Revenue) {
			return failAt(metric, CodeMismatch, i, "Rows[%d] ≠ Σ History(%d)", i, i)
		}
	}
	return nil
}

// compare orders rows by their ids.
func (r *Customer) compare(o *Customer) int {
	return cmp.Or(cmp.Compare(r.ID, o.ID), cmp.Compare(r.Number, o.Number))
}

// asksAs reports whether c answers the question that o does, as far as they say.
func (c *Customers) asksAs(o *Customers) bool {
	return c.AsOf.Equal(o.AsOf) && c.Since.Equal(o.Since) && slices.Equal(c.Orders, o.Orders) &&
		c.Refunds == o.Refunds && c.Zeros == o.Zeros && c.MergeDays == o.MergeDays && c.Location == o.Location && c.By == o.By
}

func (c *Customers) isZero() bool { return len(c.Rows) == 0 && c.asksAs(&Customers{}) }

// Merge takes in the answer of another shard to the same CustomerSpec: a log of
// other customers. It returns an error, and changes nothing, if o is nil, if
// either came without its histories or was altered, if the answers cannot be to
// the same question, if the kinds of id differ, or if a customer is in both.
func (c *Customers) Merge(o *Customers) error {
	const metric = "Customers.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := bothValid(metric, c, o); err != nil {
		return err
	}
	out := *c
	switch {
	case o.isZero():
		return nil
	case c.isZero():
		out = *o
		out.Orders = slices.Clone(o.Orders)
	case !c.asksAs(o):
		return fail(metric, CodeQuestion, "")
	}
	out.Rows, out.history = nil, nil
	if len(c.Rows) > 0 && len(o.Rows) > 0 && (c.Rows[0].ID == "") != (o.Rows[0].ID == "") {
		return fail(metric, CodeMixedIDs, "")
	}
	for i, j := 0, 0; i < len(c.Rows) || j < len(o.Rows); {
		from, next := c, &i
		if i < len(c.Rows) && j < len(o.Rows) {
			switch side := c.Rows[i].compare(&o.Rows[j]); {
			case side == 0:
				return failAt(metric, CodeShared, j, "ID = %s, Number = %d", clip(o.Rows[j].ID), o.Rows[j].Number)
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
	b = appendTime(appendTime(appendHeader(b, kindCustomers), c.AsOf), c.Since)
	b = appendTexts(b, c.Orders)
	b = appendUint(appendUint(b, uint64(c.Refunds)), uint64(c.Zeros)) //nolint:gosec // in range: valid
	b = appendText(appendText(appendBool(b, c.MergeDays), c.Location), c.By)
	b = appendUint(b, uint64(len(c.Rows)))
	for i, r := range c.Rows {
		b = appendUint(appendText(b, r.ID), r.Number)
		b = appendText(b, r.Value)
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
	n := Customers{AsOf: d.time(), Since: d.time(), Orders: d.dictionary().texts}
	n.Refunds, n.Zeros = Refunds(d.uint(uint64(RefundsIgnored))), Zeros(d.uint(uint64(ZerosIgnored))) //nolint:gosec // small
	n.MergeDays, n.Location, n.By = d.bool(), d.text(), d.text()
	rows := d.count(5)
	var sum Sum
	for i := 0; i < rows && d.err == nil; i++ {
		id, number := d.text(), d.uint(math.MaxUint64)
		value := d.text()
		h := make([]Order, d.count(6))
		for j := range h {
			h[j] = Order{At: d.time(), Amount: d.decimal(2)}
		}
		if len(h) == 0 || id != "" && number != 0 ||
			!slices.IsSortedFunc(h, func(a, b Order) int { return a.At.Compare(b.At) }) {
			d.fail("History(%d)", i)
			break
		}
		r := summary(h, &sum)
		r.ID, r.Number, r.Value = id, number, value
		r.FirstSeen = r.Orders > 0 && r.First.Before(n.Since)
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
