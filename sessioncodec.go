package kpi

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

func (s *Sessions) valid(metric string) error {
	if err := validAnswer(metric, s.Unit, s.WeekStart, s.FiscalStart, s.Events); err != nil {
		return err
	}
	if s.Gap < 0 {
		return fail(metric, CodeOutOfRange, "Gap = %s", s.Gap)
	}
	if err := codable(metric, "AsOf", s.AsOf); err != nil {
		return err
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		if err := r.valid(metric); err != nil {
			return at(err, metric, i)
		}
		switch {
		case i > 0 && !s.Rows[i-1].Period.End.Equal(r.Period.Start):
			return failAt(metric, CodeMismatch, i, "Period.Start ≠ Rows[%d].Period.End", i-1)
		case !r.Period.Start.Before(s.AsOf) || r.Complete != (r.Period.Complete(s.AsOf) && r.Open == 0):
			return failAt(metric, CodeMismatch, i, "Complete = %t, Open = %d, Period = %s, AsOf = %s", r.Complete, r.Open, r.Period, s.AsOf.Format(time.RFC3339))
		}
	}
	if n := len(s.Rows); n > 0 && s.Rows[n-1].Period.End.Before(s.AsOf) {
		return fail(metric, CodeMismatch, "Rows[%d].Period = %s, AsOf = %s", n-1, s.Rows[n-1].Period, s.AsOf.Format(time.RFC3339))
	}
	return nil
}

// valid refuses a row that is impossible by itself.
func (r *SessionPeriod) valid(metric string) error {
	if err := validPeriod(metric, r.Period); err != nil {
		return err
	}
	if err := nonNegative(metric, []string{"Open"}, r.Open); err != nil {
		return err
	}
	for _, m := range []struct {
		name  string
		mean  Mean
		least int64
	}{{"PerVisitor", r.PerVisitor, 1}, {"Pages", r.Pages, 1}, {"Dwell", r.Dwell, 0}} {
		if err := m.mean.valid(metric); err != nil {
			return err
		}
		if m.mean.Sum.LessThan(decimal.NewFromInt(m.mean.N*m.least)) || !m.mean.Low.IsZero() || !m.mean.High.IsZero() {
			return fail(metric, CodeOutOfRange, "%s.Sum < %d·N ∨ Low ≠ 0 ∨ High ≠ 0", m.name, m.least)
		}
	}
	switch {
	case !r.PerVisitor.Sum.Equal(decimal.NewFromInt(r.Pages.N)):
		return fail(metric, CodeMismatch, "PerVisitor.Sum ≠ Pages.N = %d", r.Pages.N)
	case r.Dwell.N > r.Pages.N:
		return fail(metric, CodePartExceedsWhole, "Dwell.N = %d > Pages.N = %d", r.Dwell.N, r.Pages.N)
	case r.Pages.Sum.LessThan(decimal.NewFromInt(r.Pages.N).Add(decimal.NewFromInt(r.Dwell.N))):
		return fail(metric, CodeMismatch, "Pages.Sum < Pages.N + Dwell.N")
	}
	return nil
}

// asksAs reports whether s answers the question that o does, as far as they say.
func (s *Sessions) asksAs(o *Sessions) bool {
	return s.AsOf.Equal(o.AsOf) && s.Unit == o.Unit && s.Gap == o.Gap && slices.Equal(s.Events, o.Events) &&
		s.Location == o.Location && s.WeekStart == o.WeekStart && s.FiscalStart == o.FiscalStart
}

func (s *Sessions) isZero() bool { return len(s.Rows) == 0 && s.asksAs(&Sessions{}) }

// Merge adds the answer of another shard to the same SessionSpec: a log of other
// customers, each of whom is in one shard only. Rows that one side lacks are those
// of the other. It returns an error, and changes nothing, if o is nil, if either is
// impossible, if the answers cannot be to the same question, or if a total grows too
// large.
func (s *Sessions) Merge(o *Sessions) error {
	const metric = "Sessions.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := bothValid(metric, s, o); err != nil {
		return err
	}
	sum := *s
	switch {
	case o.isZero():
		return nil
	case s.isZero():
		sum = *o
		sum.Events = slices.Clone(o.Events)
	case !s.asksAs(o):
		return fail(metric, CodeQuestion, "")
	}
	// Both end with the row of AsOf, and one may begin earlier.
	long, short := s.Rows, o.Rows
	if len(long) < len(short) {
		long, short = short, long
	}
	sum.Rows = slices.Clone(long)
	for i := range short {
		if err := sum.Rows[len(long)-len(short)+i].add(metric, &short[i]); err != nil {
			return at(err, metric, i)
		}
	}
	*s = sum
	return nil
}

func (r *SessionPeriod) add(metric string, o *SessionPeriod) error {
	if !r.Period.Equal(o.Period) {
		return fail(metric, CodeQuestion, "Period = %s ≠ %s", r.Period, o.Period)
	}
	if err := addCounts(metric, []*int64{&r.Open}, o.Open); err != nil {
		return err
	}
	r.Complete = r.Complete && o.Complete
	var err [3]error
	r.PerVisitor, err[0] = r.PerVisitor.Merge(o.PerVisitor)
	r.Pages, err[1] = r.Pages.Merge(o.Pages)
	r.Dwell, err[2] = r.Dwell.Merge(o.Dwell)
	return cmp.Or(err[:]...)
}

// AppendBinary appends the canonical encoding of s. Of a period it holds both
// instants and their offsets from UTC, as JSON does. It returns an error if s is
// impossible.
func (s *Sessions) AppendBinary(b []byte) ([]byte, error) {
	if err := s.valid("Sessions.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendTime(appendHeader(b, kindSessions), s.AsOf)
	b = appendText(appendUint(b, uint64(s.Unit)), s.Location)                 //nolint:gosec // checked by valid
	b = appendUint(appendUint(b, uint64(s.WeekStart)), uint64(s.FiscalStart)) //nolint:gosec // checked by valid
	b = appendTexts(b, s.Events)
	b = appendInt(b, int64(s.Gap))
	b = appendUint(b, uint64(len(s.Rows)))
	for _, r := range s.Rows {
		b = appendTime(appendTime(b, r.Period.Start), r.Period.End)
		b = appendInt(b, r.Open)
		for _, m := range []Mean{r.PerVisitor, r.Pages, r.Dwell} {
			b = appendDecimal(appendDecimal(appendInt(b, m.N), m.Sum), m.Squares)
		}
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (s *Sessions) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary replaces s by what AppendBinary wrote. It returns an error, and
// leaves s as it was, if data are anything else.
func (s *Sessions) UnmarshalBinary(data []byte) error {
	const metric = "Sessions.UnmarshalBinary"
	d := newDecoder(metric, kindSessions, data)
	n := Sessions{AsOf: d.time()}
	n.Unit, n.Location = Unit(d.uint(uint64(Year))), d.text()                                      //nolint:gosec // bounded
	n.WeekStart, n.FiscalStart = WeekStart(d.uint(uint64(WeekFromSunday))), time.Month(d.uint(12)) //nolint:gosec // bounded
	n.Events = d.dictionary().texts
	n.Gap = time.Duration(d.count64())
	if rows := d.count(22); rows > 0 {
		n.Rows = make([]SessionPeriod, rows)
	}
	for i := range n.Rows {
		r := &n.Rows[i]
		r.Period, r.Open = Period{Start: d.time(), End: d.time()}, d.count64()
		r.Complete = r.Period.Complete(n.AsOf) && r.Open == 0
		for _, m := range []*Mean{&r.PerVisitor, &r.Pages, &r.Dwell} {
			m.N, m.Sum, m.Squares = d.count64(), d.decimal(1), d.decimal(2)
		}
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.valid(metric); err != nil {
		return err
	}
	*s = n
	return nil
}
