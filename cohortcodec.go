package kpi

import (
	"cmp"
	"slices"
	"time"
)

func (c *Cohorts) valid(metric string) error {
	switch {
	case c.Unit < Day || c.Unit > Year:
		return fail(metric, CodeOutOfRange, "Unit = %d", int(c.Unit))
	case c.WeekStart < WeekFromMonday || c.WeekStart > WeekFromSunday:
		return fail(metric, CodeOutOfRange, "WeekStart = %d", int(c.WeekStart))
	case c.FiscalStart < 0 || c.FiscalStart > time.December:
		return fail(metric, CodeOutOfRange, "FiscalStart = %d", int(c.FiscalStart))
	case c.AgesBy < AgesByPeriod || c.AgesBy > AgesByCustomer:
		return fail(metric, CodeOutOfRange, "AgesBy = %d", int(c.AgesBy))
	case c.Horizon < 0 || c.Horizon > maxCells || c.Horizon > 0 && !c.Rolling:
		return fail(metric, CodeOutOfRange, "Horizon = %d, Rolling = %t", c.Horizon, c.Rolling)
	case c.Refunds < RefundsRefused || c.Refunds > RefundsIgnored:
		return fail(metric, CodeOutOfRange, "Refunds = %d", int(c.Refunds))
	case !slices.Equal(c.Birth, nameSet(c.Birth)) || !slices.Equal(c.Return, nameSet(c.Return)):
		return fail(metric, CodeOrder, "Birth, Return")
	}
	if err := cmp.Or(codable(metric, "AsOf", c.AsOf), codable(metric, "Since", c.Since)); err != nil {
		return err
	}
	for i := range c.Rows {
		if err := c.validRow(metric, &c.Rows[i]); err != nil {
			return at(err, metric, i)
		}
		if i > 0 && c.Rows[i-1].compare(&c.Rows[i]) >= 0 {
			return failAt(metric, CodeOrder, i, "Period, FirstSeen, Value")
		}
	}
	return nil
}

// validRow refuses a row that is impossible, or cannot be of the question.
func (c *Cohorts) validRow(metric string, r *Cohort) error {
	if err := r.valid(metric); err != nil {
		return err
	}
	// Some instant of the period is before Since, or else not.
	if r.FirstSeen && !r.Period.Start.Before(c.Since) || !r.FirstSeen && !c.Since.Before(r.Period.End) {
		return fail(metric, CodeMismatch, "FirstSeen = %t, Since = %s", r.FirstSeen, c.Since.Format(time.RFC3339))
	}
	for k, cell := range r.Cells {
		if cell.Complete && c.Provisional() {
			return fail(metric, CodeMismatch, "Complete = true, k = %d, Rolling = true, Horizon = 0", k)
		}
		if c.CountsOnly && (!cell.Amount.IsZero() || !cell.Total.IsZero()) {
			return fail(metric, CodeMismatch, "Amount ≠ 0, k = %d, CountsOnly = true", k)
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
		if err := r.possible(metric, k); err != nil {
			return err
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

// possible refuses counts at age k, which is there, that nobody can have observed.
func (r *Cohort) possible(metric string, k int) error {
	cell := r.Cells[k]
	if err := nonNegative(metric, []string{"Active", "Base"}, cell.Active, cell.Base); err != nil {
		return err
	}
	if cell.Active > cell.Base || cell.Base > r.Size {
		return fail(metric, CodePartExceedsWhole, "Active = %d, Base = %d, Size = %d, k = %d", cell.Active, cell.Base, r.Size, k)
	}
	return nil
}

// compare orders rows by the start of Period, those first seen first, and then by
// Value.
func (r *Cohort) compare(o *Cohort) int {
	key := cohortKey{fresh: !r.FirstSeen, value: r.Value}
	return cmp.Or(r.Period.Start.Compare(o.Period.Start), key.compare(cohortKey{fresh: !o.FirstSeen, value: o.Value}))
}

// asksAs reports whether c answers the question that o does, as far as they say.
func (c *Cohorts) asksAs(o *Cohorts) bool {
	return c.AsOf.Equal(o.AsOf) && c.Since.Equal(o.Since) && c.Unit == o.Unit && c.AgesBy == o.AgesBy &&
		c.Location == o.Location && c.WeekStart == o.WeekStart && c.FiscalStart == o.FiscalStart &&
		c.Recurring == o.Recurring && c.Rolling == o.Rolling && c.Horizon == o.Horizon &&
		slices.Equal(c.Birth, o.Birth) && slices.Equal(c.Return, o.Return) && c.Refunds == o.Refunds &&
		c.By == o.By && c.CountsOnly == o.CountsOnly
}

func (c *Cohorts) isZero() bool { return len(c.Rows) == 0 && c.asksAs(&Cohorts{}) }

// Merge adds the answer of another shard to the same CohortSpec: a log of other
// customers, each of whom is in one shard only. Rows that one side lacks are
// those of the other. It returns an error, and changes nothing, if o is nil, if
// either is impossible, if the answers cannot be to the same question, or if a
// total grows too large.
func (c *Cohorts) Merge(o *Cohorts) error {
	const metric = "Cohorts.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := bothValid(metric, c, o); err != nil {
		return err
	}
	sum := *c
	switch {
	case o.isZero():
		return nil
	case c.isZero():
		sum = *o
		sum.Birth, sum.Return = slices.Clone(o.Birth), slices.Clone(o.Return)
	case !c.asksAs(o):
		return fail(metric, CodeQuestion, "")
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
			row = o.Rows[j]
			row.Size, row.Cells = 0, []CohortCell{}
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
	if !r.Period.Equal(o.Period) || !uneven && len(r.Cells) != len(o.Cells) {
		return fail(metric, CodeQuestion, "")
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
			return fail(metric, CodeQuestion, "")
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
	b = appendTime(appendTime(appendHeader(b, kindCohorts), c.AsOf), c.Since)
	b = appendUint(appendUint(b, uint64(c.Unit)), uint64(c.AgesBy))                                   //nolint:gosec // checked by valid
	b = appendUint(appendUint(appendText(b, c.Location), uint64(c.WeekStart)), uint64(c.FiscalStart)) //nolint:gosec // checked by valid
	b = appendBool(appendBool(b, c.Recurring), c.Rolling)
	b = appendUint(appendUint(b, uint64(c.Horizon)), uint64(c.Refunds)) //nolint:gosec // checked by valid
	b = appendBool(appendText(appendTexts(appendTexts(b, c.Birth), c.Return), c.By), c.CountsOnly)
	b = appendUint(b, uint64(len(c.Rows)))
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
	n := Cohorts{AsOf: d.time(), Since: d.time()}
	n.Unit, n.AgesBy = Unit(d.uint(uint64(Year))), Ages(d.uint(uint64(AgesByCustomer)))                                  //nolint:gosec // bounded
	n.Location, n.WeekStart, n.FiscalStart = d.text(), WeekStart(d.uint(uint64(WeekFromSunday))), time.Month(d.uint(12)) //nolint:gosec // bounded
	n.Recurring, n.Rolling = d.bool(), d.bool()
	n.Horizon, n.Refunds = int(d.uint(maxCells)), Refunds(d.uint(uint64(RefundsIgnored))) //nolint:gosec // bounded
	n.Birth, n.Return, n.By, n.CountsOnly = d.dictionary().texts, d.dictionary().texts, d.text(), d.bool()
	if rows := d.count(10); rows > 0 {
		n.Rows = make([]Cohort, rows)
	}
	for i := range n.Rows {
		r := &n.Rows[i]
		r.Period = Period{Start: d.time(), End: d.time()}
		r.Value, r.FirstSeen, r.Size = d.text(), d.bool(), d.count64()
		r.Cells = make([]CohortCell, d.count(9)) // not nil, which JSON would tell apart
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
