package kpi

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// MarshalJSON writes the ID or, where there is none, the Number, 0 included, and the
// amount exactly, as a string. It returns an error if that is too large.
func (r ABCRow) MarshalJSON() ([]byte, error) {
	type fields ABCRow
	return json.Marshal(struct {
		Number *uint64 `json:"number,omitempty"`
		fields
		Amount jsonAmount `json:"amount"`
	}{jsonNumber(r.ID, r.Number), fields(r), jsonAmount(r.Amount)})
}

// UnmarshalJSON reads what MarshalJSON writes, and an amount that is a number. It
// returns an error, and leaves r as it was, if data are anything else.
func (r *ABCRow) UnmarshalJSON(data []byte) error {
	return readForm(r, func(r *ABCRow) any {
		type fields ABCRow
		return &struct {
			Number *uint64 `json:"number"`
			*fields
			Amount *jsonAmount `json:"amount"`
		}{&r.Number, (*fields)(r), (*jsonAmount)(&r.Amount)}
	}, data)
}

// MarshalJSON writes the amount exactly, as a string. It returns an error if it is too
// large.
func (t ABCTotal) MarshalJSON() ([]byte, error) { return json.Marshal(t.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and an amount that is a number. It
// returns an error, and leaves t as it was, if data are anything else.
func (t *ABCTotal) UnmarshalJSON(data []byte) error { return readForm(t, (*ABCTotal).shadow, data) }

// head returns a without its rows.
func (a *ABC) head() *ABC {
	h := *a
	h.Rows, h.values = nil, [3]*big.Int{}
	return &h
}

// asksAs reports whether a answers the question that o does, as far as they say.
func (a *ABC) asksAs(o *ABC) bool {
	same := a.Period.Equal(o.Period) && a.Location == o.Location && a.A.Equal(o.A) && a.B.Equal(o.B)
	for i, w := range a.weights() {
		same = same && w.Equal(o.weights()[i])
	}
	return same
}

func (a *ABC) isZero() bool { return len(a.Rows) == 0 && a.asksAs(&ABC{}) }

// made returns what the rows of a make, in the order of the listing.
func (a *ABC) made(metric string) (*ABC, error) {
	if a.isZero() {
		return &ABC{}, nil
	}
	if err := cmp.Or(a.question(metric), validPeriod(metric, a.Period), readable(metric, a.Location)); err != nil {
		return nil, err
	}
	out := a.head()
	out.Rows = slices.Clone(a.Rows)
	if err := out.classify(metric); err != nil {
		return nil, err
	}
	return out, nil
}

// valid refuses rows that are impossible or altered.
func (a *ABC) valid(metric string) error {
	made, err := a.made(metric)
	if err != nil {
		return err
	}
	for i, r := range made.Rows {
		g := &a.Rows[i]
		if r.ID != g.ID || r.Number != g.Number || r.Class != g.Class {
			return failAt(metric, CodeMismatch, i, "Class = %v ≠ %v", g.Class, r.Class)
		}
		if r.Amount.Exponent() != g.Amount.Exponent() {
			return failAt(metric, CodeMismatch, i, "Amount.Exponent = %d ≠ %d", g.Amount.Exponent(), r.Amount.Exponent())
		}
	}
	a.values = made.values
	return nil
}

// Merge takes in the customers of another shard of the same period and question, and
// classifies all anew. It returns an error, and changes nothing, if o is nil, if either
// is impossible, if the questions or the kinds of id differ, or if a customer is in both.
func (a *ABC) Merge(o *ABC) error {
	const metric = "ABC.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	mine, err := a.made(metric)
	if err != nil {
		return err
	}
	theirs, err := o.made(metric)
	switch {
	case err != nil:
		return err
	case o.isZero():
		return nil
	case a.isZero():
		*a = *theirs
		return nil
	case !a.asksAs(o):
		return fail(metric, CodeQuestion, "")
	}
	mine.Rows = append(mine.Rows, theirs.Rows...)
	if err := mine.classify(metric); err != nil {
		return err
	}
	*a = *mine
	return nil
}

// UnmarshalJSON reads what json.Marshal writes; null changes nothing. It returns an
// error, and leaves a as it was, if a row is impossible or out of order, or if its class
// does not follow from the amounts, naming it.
func (a *ABC) UnmarshalJSON(data []byte) error {
	type fields ABC
	if string(data) == "null" {
		return nil
	}
	var n fields
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	out := ABC(n)
	if err := out.valid("ABC.UnmarshalJSON"); err != nil {
		return err
	}
	*a = out
	return nil
}

// AppendBinary appends the canonical encoding of a. Of the period it holds both instants
// and their offsets from UTC, as JSON does. It returns an error if a was altered.
func (a *ABC) AppendBinary(b []byte) ([]byte, error) {
	n := *a
	if err := n.valid("ABC.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendBool(appendHeader(b, kindABC), !n.isZero())
	if n.isZero() {
		return b, nil
	}
	b = appendTime(appendTime(b, n.Period.Start), n.Period.End)
	for _, r := range []Ratio{n.Amount, n.Activity, n.Tenure, n.A, n.B} {
		b = appendRational(b, r)
	}
	b = appendBool(appendText(b, n.Location), n.Rows[0].ID != "")
	b = appendInt(b, int64(n.Rows[0].Amount.Exponent()))
	b = appendUint(b, uint64(len(n.Rows)))
	for _, r := range n.Rows {
		if n.Rows[0].ID != "" {
			b = appendText(b, r.ID)
		} else {
			b = appendUint(b, r.Number)
		}
		b = appendBig(b, r.Amount.Coefficient())
		b = appendInt(appendInt(b, r.Orders), r.Days)
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (a *ABC) MarshalBinary() ([]byte, error) { return a.AppendBinary(nil) }

// UnmarshalBinary replaces a by what AppendBinary wrote. It returns an error, and leaves
// a as it was, if data are anything else.
func (a *ABC) UnmarshalBinary(data []byte) error {
	const metric = "ABC.UnmarshalBinary"
	d := newDecoder(metric, kindABC, data)
	var n ABC
	if d.bool() {
		n.Period = Period{Start: d.time(), End: d.time()}
		for _, r := range []*Ratio{&n.Amount, &n.Activity, &n.Tenure, &n.A, &n.B} {
			*r = d.rational(maxBigBits)
		}
		var texts bool
		n.Location, texts = d.text(), d.bool()
		exp := int32(d.int(-2*maxExponent, 0)) //nolint:gosec // bounded on the same line
		n.Rows = make([]ABCRow, d.count(5))
		for i := 0; i < len(n.Rows) && d.err == nil; i++ {
			r := &n.Rows[i]
			if texts {
				if r.ID = d.text(); r.ID == "" {
					d.fail("ID = \"\"")
				}
			} else {
				r.Number = d.uint(math.MaxUint64)
			}
			r.Amount = decimal.NewFromBigInt(d.big(), exp)
			r.Orders, r.Days = d.count64(), d.int(0, maxTenure)
		}
		if d.err == nil && len(n.Rows) == 0 {
			d.fail("len(Rows) = 0")
		}
	}
	if err := d.done(); err != nil {
		return err
	}
	made, err := n.made(metric)
	if err != nil {
		return err
	}
	for i, r := range made.Rows { // the bytes hold the order, from which the classes follow
		if r.ID != n.Rows[i].ID || r.Number != n.Rows[i].Number {
			return failAt(metric, CodeOrder, i, "Rows")
		}
	}
	*a = *made
	return nil
}
