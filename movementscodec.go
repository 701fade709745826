package kpi

import (
	"math/big"
	"slices"
	"time"
)

// mrrScale is what the denominators of a table divide: every price is in money of
// mrrMonths, with at most maxExponent places.
var mrrScale = new(big.Int).Mul(mrrMonths, pow10(maxExponent))

// valid refuses a table that no subscriptions give.
func (m *MRRMovements) valid(metric string) error {
	if err := validAnswer(metric, m.Unit, m.WeekStart, m.FiscalStart, nil); err != nil {
		return err
	}
	if err := readable(metric, m.Location); err != nil {
		return err
	}
	if err := codable(metric, "AsOf", m.AsOf); err != nil {
		return err
	}
	for i := range m.Rows {
		r := &m.Rows[i]
		if err := r.valid(metric); err != nil {
			return at(err, metric, i)
		}
		var opening MRR
		if i > 0 {
			opening.open(&m.Rows[i-1].MRR)
		}
		switch {
		case i > 0 && !m.Rows[i-1].Period.End.Equal(r.Period.Start):
			return failAt(metric, CodeOrder, i, "Period = %s, %s", m.Rows[i-1].Period, r.Period)
		case !r.Period.Start.Before(m.AsOf) || i == len(m.Rows)-1 && r.Period.End.Before(m.AsOf):
			return failAt(metric, CodeMismatch, i, "Period = %s, AsOf = %s", r.Period, m.AsOf.Format(time.RFC3339))
		case r.Complete != r.Period.Complete(m.AsOf):
			return failAt(metric, CodeMismatch, i, "Complete = %t, AsOf = %s", r.Complete, m.AsOf.Format(time.RFC3339))
		case !r.MRR.Opening.Equal(opening.Opening) || r.MRR.OpeningCustomers != opening.OpeningCustomers:
			return failAt(metric, CodeMismatch, i, "Opening = %.6g ≠ %.6g, OpeningCustomers = %d, %d",
				r.MRR.Opening, opening.Opening, r.MRR.OpeningCustomers, opening.OpeningCustomers)
		}
	}
	return nil
}

// valid refuses a row that is impossible by itself.
func (r *MRRPeriod) valid(metric string) error {
	if err := validPeriod(metric, r.Period); err != nil {
		return err
	}
	if err := r.MRR.valid(metric); err != nil {
		return err
	}
	for i, a := range r.MRR.amounts() {
		if a.IsZero() {
			continue
		}
		if r.MRR.uncounted() {
			return fail(metric, CodeMissing, "%s = %.6g: 0", mrrNames[i], *a)
		}
		if den := a.r().Denom(); den.Cmp(bigOne) != 0 && new(big.Int).Rem(mrrScale, den).Sign() != 0 {
			return fail(metric, CodeOutOfRange, "%s = %.6g", mrrNames[i], *a)
		}
	}
	return nil
}

func (m *MRRMovements) asksAs(o *MRRMovements) bool {
	return m.AsOf.Equal(o.AsOf) && m.Unit == o.Unit && m.Location == o.Location && m.WeekStart == o.WeekStart && m.FiscalStart == o.FiscalStart
}

func (m *MRRMovements) isZero() bool { return len(m.Rows) == 0 && m.asksAs(&MRRMovements{}) }

// Merge adds the movements of other customers, of another region or of another shard,
// in the same periods up to the same AsOf. Rows that one side lacks are those of the
// other. It returns an error, and changes nothing, if o is nil, if either is
// impossible, if the answers cannot be to the same question, or if a total grows too
// large.
func (m *MRRMovements) Merge(o *MRRMovements) error {
	const metric = "MRRMovements.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := bothValid(metric, m, o); err != nil {
		return err
	}
	sum := *m
	switch {
	case o.isZero():
		return nil
	case m.isZero():
		sum = *o
	case !m.asksAs(o):
		return fail(metric, CodeQuestion, "")
	}
	// Both end with the row of AsOf, and one may begin earlier.
	long, short := m.Rows, o.Rows
	if len(long) < len(short) {
		long, short = short, long
	}
	sum.Rows = slices.Clone(long)
	lead := len(long) - len(short)
	for i := range short {
		r := &sum.Rows[lead+i]
		if !r.Period.Equal(short[i].Period) {
			return failAt(metric, CodeQuestion, lead+i, "Period = %s ≠ %s", r.Period, short[i].Period)
		}
		if err := r.MRR.add(metric, &short[i].MRR); err != nil {
			return at(err, metric, lead+i)
		}
	}
	if err := sum.valid(metric); err != nil {
		return err
	}
	*m = sum
	return nil
}

// AppendBinary appends the canonical encoding of m. Of a period it holds both instants
// and their offsets from UTC, as JSON does. It returns an error if m is impossible.
func (m *MRRMovements) AppendBinary(b []byte) ([]byte, error) {
	if err := m.valid("MRRMovements.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendText(appendInt(appendTime(appendHeader(b, kindMovements), m.AsOf), int64(m.Unit)), m.Location)
	b = appendInt(appendInt(b, int64(m.WeekStart)), int64(m.FiscalStart))
	b = appendUint(b, uint64(len(m.Rows)))
	for i := range m.Rows {
		r := &m.Rows[i]
		b = appendTime(appendTime(b, r.Period.Start), r.Period.End)
		amounts, customers := r.MRR.amounts(), r.MRR.customers()
		for k := mrrNew; k < mrrFields; k++ { // the opening follows
			b = appendInt(appendRational(b, *amounts[k]), *customers[k])
		}
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (m *MRRMovements) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

// UnmarshalBinary replaces m by what AppendBinary wrote. It returns an error, and
// leaves m as it was, if data are anything else.
func (m *MRRMovements) UnmarshalBinary(data []byte) error {
	const metric = "MRRMovements.UnmarshalBinary"
	d := newDecoder(metric, kindMovements, data)
	n := MRRMovements{AsOf: d.time(), Unit: Unit(d.int(0, int64(Year))), Location: d.text()}
	n.WeekStart, n.FiscalStart = WeekStart(d.int(0, int64(WeekFromSunday))), time.Month(d.int(0, 12))
	// The least row is two instants of three numbers, and of each movement two integers
	// of at least two bytes and a count.
	if rows := d.count(6 + 5*(mrrFields-1)); rows > 0 {
		n.Rows = make([]MRRPeriod, rows)
	}
	for i := range n.Rows {
		r := &n.Rows[i]
		r.Period = Period{Start: d.time(), End: d.time()}
		r.Complete = r.Period.Complete(n.AsOf)
		amounts, customers := r.MRR.amounts(), r.MRR.customers()
		for k := mrrNew; k < mrrFields; k++ {
			*amounts[k], *customers[k] = d.rational(maxBigBits), d.count64()
		}
		if d.err != nil {
			return d.err
		}
		if i > 0 {
			r.MRR.open(&n.Rows[i-1].MRR)
		}
		if err := r.valid(metric); err != nil {
			return at(err, metric, i)
		}
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.valid(metric); err != nil {
		return err
	}
	*m = n
	return nil
}
