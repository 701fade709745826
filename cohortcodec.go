package kpi

import (
	"cmp"
	"slices"
)

func (c *Cohorts) valid(metric string) error {
	switch {
	case c.Unit < Day || c.Unit > Year:
		return fail(metric, CodeOutOfRange, "Unit = %d", int(c.Unit))
	case c.AgesBy < AgesByPeriod || c.AgesBy > AgesByCustomer:
		return fail(metric, CodeOutOfRange, "AgesBy = %d", int(c.AgesBy))
	}
	if err := codable(metric, "AsOf", c.AsOf); err != nil {
		return err
	}
	for i := range c.Rows {
		if err := c.Rows[i].valid(metric); err != nil {
			return at(err, metric, i)
		}
		if i > 0 && c.Rows[i-1].compare(&c.Rows[i]) >= 0 {
			return failAt(metric, CodeMismatch, i, "not in the order of Period and Value")
		}
	}
	return nil
}

func (r *Cohort) valid(metric string) error {
	if err := r.Period.check(metric); err != nil {
		return err
	}
	if err := cmp.Or(codable(metric, "Period", r.Period.Start), codable(metric, "Period", r.Period.End)); err != nil {
		return err
	}
	if err := nonNegative(metric, []string{"Size"}, r.Size); err != nil {
		return err
	}
	for k, cell := range r.Cells {
		if err := nonNegative(metric, []string{"Active", "Base"}, cell.Active, cell.Base); err != nil {
			return err
		}
		if cell.Active > cell.Base || cell.Base > r.Size {
			return fail(metric, CodePartExceedsWhole, "Active = %d, Base = %d, Size = %d at age %d", cell.Active, cell.Base, r.Size, k)
		}
		if err := gateTimes(metric, "Amount", cell.Amount, 2); err != nil {
			return err
		}
		if err := gateTimes(metric, "Total", cell.Total, 2); err != nil {
			return err
		}
	}
	return nil
}

// compare orders rows by the start of Period, and then Value.
func (r *Cohort) compare(o *Cohort) int {
	return cmp.Or(r.Period.Start.Compare(o.Period.Start), cmp.Compare(r.Value, o.Value))
}

func (c *Cohorts) isZero() bool {
	return c.AsOf.IsZero() && c.Unit == 0 && c.AgesBy == 0 && !c.Provisional && len(c.Rows) == 0
}

// Merge adds the answer of another shard to the same CohortSpec: a log of other
// customers, each of whom is in one shard only. Rows that one side lacks are
// those of the other. It returns an error, and changes nothing, if o is nil, if
// either is impossible, if the answers cannot be to the same question, or if a
// total grows too large.
func (c *Cohorts) Merge(o *Cohorts) error {
	const metric = "Cohorts.Merge"
	if o == nil {
		return fail(metric, CodeMissing, "o is nil")
	}
	if err := c.valid(metric); err != nil {
		return err
	}
	if err := o.valid(metric); err != nil {
		return err
	}
	sum := *c
	switch {
	case o.isZero():
		return nil
	case c.isZero():
		sum = *o
	case !c.AsOf.Equal(o.AsOf) || c.Unit != o.Unit || c.AgesBy != o.AgesBy || c.Provisional != o.Provisional:
		return fail(metric, CodeMismatch, "answers to different questions")
	}
	sum.Rows = nil
	for i, j := 0, 0; i < len(c.Rows) || j < len(o.Rows); {
		side := -1
		switch {
		case i == len(c.Rows):
			side = 1
		case j < len(o.Rows):
			side = c.Rows[i].compare(&o.Rows[j])
		}
		var row Cohort
		if side <= 0 {
			row = c.Rows[i]
			row.Cells = slices.Clone(row.Cells)
			i++
		} else {
			row.Period, row.Value, row.FirstSeen = o.Rows[j].Period, o.Rows[j].Value, o.Rows[j].FirstSeen
		}
		if side >= 0 {
			if err := row.add(metric, &o.Rows[j], side > 0 || c.AgesBy == AgesByCustomer); err != nil {
				return at(err, metric, j)
			}
			j++
		}
		sum.Rows = append(sum.Rows, row)
	}
	*c = sum
	return nil
}

// add adds the counts and the money of o, which may have another number of ages
// if so ordered.
func (r *Cohort) add(metric string, o *Cohort, uneven bool) error {
	if !r.Period.Equal(o.Period) || r.FirstSeen != o.FirstSeen || !uneven && len(r.Cells) != len(o.Cells) {
		return fail(metric, CodeMismatch, "answers to different questions")
	}
	if err := addCounts(metric, []*int64{&r.Size}, o.Size); err != nil {
		return err
	}
	for k, b := range o.Cells {
		if k == len(r.Cells) {
			r.Cells = append(r.Cells, CohortCell{Complete: b.Complete})
		}
		a := &r.Cells[k]
		if a.Complete != b.Complete {
			return fail(metric, CodeMismatch, "answers to different questions")
		}
		// No more than Size, which has been added.
		a.Active, a.Base = a.Active+b.Active, a.Base+b.Base
		a.Amount, a.Total = a.Amount.Add(b.Amount), a.Total.Add(b.Total)
	}
	return r.valid(metric)
}

// AppendBinary appends the canonical encoding of c. Of a period it holds both
// instants and their offsets from UTC, as JSON does. It returns an error if c is
// impossible.
func (c *Cohorts) AppendBinary(b []byte) ([]byte, error) {
	if err := c.valid("Cohorts.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendTime(appendHeader(b, kindCohorts), c.AsOf)
	b = appendUint(appendUint(b, uint64(c.Unit)), uint64(c.AgesBy)) //nolint:gosec // checked by valid
	b = appendUint(appendBool(b, c.Provisional), uint64(len(c.Rows)))
	for _, r := range c.Rows {
		b = appendTime(appendTime(b, r.Period.Start), r.Period.End)
		b = appendBool(appendText(b, r.Value), r.FirstSeen)
		b = appendUint(appendInt(b, r.Size), uint64(len(r.Cells)))
		for _, cell := range r.Cells {
			b = appendInt(appendInt(b, cell.Active), cell.Base)
			b = appendDecimal(appendDecimal(b, cell.Amount), cell.Total)
			b = appendBool(b, cell.Complete)
		}
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (c *Cohorts) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary replaces c by what AppendBinary wrote. It returns an error, and
// leaves c as it was, if data are anything else.
func (c *Cohorts) UnmarshalBinary(data []byte) error {
	const metric = "Cohorts.UnmarshalBinary"
	d := newDecoder(metric, kindCohorts, data)
	n := Cohorts{AsOf: d.time(), Unit: Unit(d.uint(uint64(Year))), AgesBy: Ages(d.uint(uint64(AgesByCustomer)))} //nolint:gosec // bounded
	n.Provisional = d.bool()
	if rows := d.count(10); rows > 0 {
		n.Rows = make([]Cohort, rows)
	}
	for i := range n.Rows {
		r := &n.Rows[i]
		r.Period = Period{Start: d.time(), End: d.time()}
		r.Value, r.FirstSeen, r.Size = d.text(), d.bool(), d.count64()
		if cells := d.count(9); cells > 0 {
			r.Cells = make([]CohortCell, cells)
		}
		for k := range r.Cells {
			r.Cells[k] = CohortCell{
				Active: d.count64(), Base: d.count64(),
				Amount: d.decimal(2), Total: d.decimal(2), Complete: d.bool(),
			}
		}
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
