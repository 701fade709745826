package kpi

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// counts returns every count of r that is added up when answers are merged.
func (r *ServicePeriod) counts() []*int64 {
	all := []*int64{
		&r.Created, &r.Reopened, &r.Solved, &r.OneTouch, &r.Settled, &r.Undone, &r.FirstContact, &r.Unsettled, &r.Within.K, &r.Within.N,
	}
	for _, c := range []*ServiceClock{&r.FirstResponse, &r.NextResponse, &r.Resolution} {
		all = append(all, &c.Running)
		for _, t := range []*ServiceTarget{&c.Due, &c.Begun} {
			all = append(all, &t.Met, &t.Missed, &t.Pending)
		}
	}
	return all
}

// times returns every list of times of r.
func (r *ServicePeriod) times() []*[]time.Duration {
	return []*[]time.Duration{
		&r.FirstResponse.Times, &r.NextResponse.Times, &r.Resolution.Times, &r.FullResolution, &r.RequesterWait, &r.AgentWait,
	}
}

// setOpen sets the backlog of every row.
func (s *Service) setOpen() {
	var open int64
	for i := range s.Rows {
		r := &s.Rows[i]
		open += r.Created + r.Reopened - r.Solved
		r.Open = open
	}
}

// valid refuses a row of s that is impossible by itself.
func (r *ServicePeriod) valid(metric string, s *Service) error {
	if err := validPeriod(metric, r.Period); err != nil {
		return err
	}
	for _, n := range append(r.counts(), &r.Open) {
		if *n < 0 {
			return fail(metric, CodeNegative, "%d", *n)
		}
	}
	for _, times := range r.times() {
		if !slices.IsSorted(*times) || len(*times) > 0 && (*times)[0] < 0 {
			return fail(metric, CodeOrder, "Times")
		}
	}
	solved := int64(len(r.Resolution.Times))
	for _, p := range []struct {
		part, whole string
		k, n        int64
	}{
		{"len(Resolution.Times)", "Solved", solved, r.Solved},
		{"len(FullResolution)", "Solved", int64(len(r.FullResolution)), r.Solved},
		{"Unsettled", "Solved", r.Unsettled, r.Solved},
		{"OneTouch", "len(Resolution.Times)", r.OneTouch, solved},
		{"Settled", "len(Resolution.Times)", r.Settled, solved},
		{"Undone", "Settled", r.Undone, r.Settled},
		{"FirstContact", "Settled − Undone", r.FirstContact, r.Settled - r.Undone},
		{"Within.K", "Within.N", r.Within.K, r.Within.N},
		{"Within.N", "Created", r.Within.N, r.Created},
		{"FirstResponse.Running", "Created", r.FirstResponse.Running, r.Created},
		{"Resolution.Running", "Created", r.Resolution.Running, r.Created},
	} {
		if p.k > p.n {
			return fail(metric, CodePartExceedsWhole, "%s = %d > %s = %d", p.part, p.k, p.whole, p.n)
		}
	}
	if n := len(r.FullResolution); len(r.RequesterWait) != n || len(r.AgentWait) != n {
		return fail(metric, CodeLength, "len(FullResolution) = %d, len(RequesterWait) = %d, len(AgentWait) = %d", n, len(r.RequesterWait), len(r.AgentWait))
	}
	for _, c := range []struct {
		name   string
		clock  *ServiceClock
		target time.Duration
		most   int64
	}{
		{"FirstResponse", &r.FirstResponse, s.FirstTarget, r.Created},
		{"NextResponse", &r.NextResponse, s.NextTarget, math.MaxInt64},
		{"Resolution", &r.Resolution, s.ResolutionTarget, r.Created},
	} {
		if c.target == 0 && (c.clock.Due != ServiceTarget{} || c.clock.Begun != ServiceTarget{}) {
			return fail(metric, CodeMismatch, "%s.Due ∨ %s.Begun ≠ 0, target = 0", c.name, c.name)
		}
		for _, t := range []ServiceTarget{c.clock.Due, c.clock.Begun} {
			n, err := sumCounts(metric, t.Met, t.Missed, t.Pending)
			if err != nil {
				return err
			}
			if t == c.clock.Begun && n > c.most {
				return fail(metric, CodePartExceedsWhole, "%s.Begun = %d > Created = %d", c.name, n, c.most)
			}
		}
	}
	if s.Within == 0 && r.Within != (Proportion{}) {
		return fail(metric, CodeMismatch, "Rows.Within ≠ 0, Within = 0")
	}
	return nil
}

func (s *Service) valid(metric string) error {
	if err := validAnswer(metric, s.Unit, s.WeekStart, s.FiscalStart, nil); err != nil {
		return err
	}
	if !slices.Equal(s.Topics, nameSet(s.Topics)) {
		return fail(metric, CodeOrder, "Topics")
	}
	if err := cmp.Or(readable(metric, s.Location, s.Hours), readable(metric, s.Topics...)); err != nil {
		return err
	}
	for _, d := range s.durations() {
		if *d < 0 {
			return fail(metric, CodeOutOfRange, "FirstTarget, NextTarget, ResolutionTarget, Within, Return: %s", *d)
		}
	}
	if err := codable(metric, "AsOf", s.AsOf); err != nil {
		return err
	}
	var open, created, resolved int64
	for i := range s.Rows {
		r := &s.Rows[i]
		if err := r.valid(metric, s); err != nil {
			return at(err, metric, i)
		}
		switch {
		case i > 0 && !s.Rows[i-1].Period.End.Equal(r.Period.Start):
			return failAt(metric, CodeMismatch, i, "Period.Start ≠ Rows[%d].Period.End", i-1)
		case !r.Period.Start.Before(s.AsOf) || r.Complete != r.Period.Complete(s.AsOf):
			return failAt(metric, CodeMismatch, i, "Complete = %t, Period = %s, AsOf = %s", r.Complete, r.Period, s.AsOf.Format(time.RFC3339))
		}
		// Nothing here overflows if opened does not.
		opened, err := sumCounts(metric, open, r.Created, r.Reopened)
		if err != nil {
			return at(err, metric, i)
		}
		open = opened - r.Solved
		if r.Open != open {
			return failAt(metric, CodeMismatch, i, "Open = %d ≠ %d", r.Open, open)
		}
		if err := addCounts(metric, []*int64{&created}, r.Created); err != nil {
			return at(err, metric, i)
		}
		if err := addCounts(metric, []*int64{&resolved}, int64(len(r.Resolution.Times))); err != nil {
			return at(err, metric, i)
		}
		if err := addCounts(metric, []*int64{&resolved}, r.Resolution.Running); err != nil {
			return at(err, metric, i)
		}
	}
	if created != resolved {
		return fail(metric, CodeMismatch, "Σ Created = %d ≠ Σ len(Resolution.Times) + Σ Resolution.Running = %d", created, resolved)
	}
	if n := len(s.Rows); n > 0 && s.Rows[n-1].Period.End.Before(s.AsOf) {
		return fail(metric, CodeMismatch, "Rows[%d].Period = %s, AsOf = %s", n-1, s.Rows[n-1].Period, s.AsOf.Format(time.RFC3339))
	}
	return nil
}

// durations returns those that were asked.
func (s *Service) durations() []*time.Duration {
	return []*time.Duration{&s.FirstTarget, &s.NextTarget, &s.ResolutionTarget, &s.Within, &s.Return}
}

// asksAs reports whether s answers the question that o does, as far as they say.
func (s *Service) asksAs(o *Service) bool {
	return s.AsOf.Equal(o.AsOf) && s.Unit == o.Unit && s.Location == o.Location && s.WeekStart == o.WeekStart &&
		s.FiscalStart == o.FiscalStart && s.Hours == o.Hours && slices.Equal(s.Topics, o.Topics) &&
		slices.EqualFunc(s.durations(), o.durations(), func(a, b *time.Duration) bool { return *a == *b })
}

func (s *Service) isZero() bool { return len(s.Rows) == 0 && s.asksAs(&Service{}) }

// Merge adds the answer of another desk, or of another shard, to the same TicketSpec:
// of other tickets and, since first-contact resolution looks for customers who come
// back, of other customers. Rows that one side lacks are those of the other. It
// returns an error, and changes nothing, if o is nil, if either is impossible, if the
// answers cannot be to the same question, or if a total overflows.
func (s *Service) Merge(o *Service) error {
	const metric = "Service.Merge"
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
		sum.Topics = slices.Clone(o.Topics)
	case !s.asksAs(o):
		return fail(metric, CodeQuestion, "")
	}
	// Both end with the row of AsOf, and one may begin earlier.
	long, short := s.Rows, o.Rows
	if len(long) < len(short) {
		long, short = short, long
	}
	sum.Rows = slices.Clone(long)
	for i := range sum.Rows {
		k := i - (len(long) - len(short))
		if k < 0 {
			k = len(short)
		}
		if err := sum.Rows[i].add(metric, short[k:]); err != nil {
			return at(err, metric, i)
		}
	}
	sum.setOpen()
	if err := sum.valid(metric); err != nil {
		return err
	}
	*s = sum
	return nil
}

// add adds the first of others, if there is one, and keeps no times of anybody else.
func (r *ServicePeriod) add(metric string, others []ServicePeriod) error {
	var o ServicePeriod
	if len(others) > 0 {
		o = others[0]
		if !r.Period.Equal(o.Period) {
			return fail(metric, CodeQuestion, "Period = %s ≠ %s", r.Period, o.Period)
		}
	}
	counts := o.counts()
	for i, n := range r.counts() {
		if err := addCounts(metric, []*int64{n}, *counts[i]); err != nil {
			return err
		}
	}
	times := o.times()
	for i, all := range r.times() {
		*all = slices.Concat(*all, *times[i])
		slices.Sort(*all)
	}
	return nil
}

// AppendBinary appends the canonical encoding of s. It returns an error if s is
// impossible.
func (s *Service) AppendBinary(b []byte) ([]byte, error) {
	if err := s.valid("Service.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendText(appendInt(appendTime(appendHeader(b, kindService), s.AsOf), int64(s.Unit)), s.Location)
	b = appendInt(appendInt(b, int64(s.WeekStart)), int64(s.FiscalStart))
	b = appendTexts(appendText(b, s.Hours), s.Topics)
	for _, d := range s.durations() {
		b = appendInt(b, int64(*d))
	}
	b = appendUint(b, uint64(len(s.Rows)))
	for i := range s.Rows {
		r := &s.Rows[i]
		b = appendTime(appendTime(b, r.Period.Start), r.Period.End)
		for _, n := range r.counts() {
			b = appendInt(b, *n)
		}
		for _, times := range r.times() {
			b = appendDurations(appendUint(b, uint64(len(*times))), *times)
		}
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (s *Service) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary replaces s by what AppendBinary wrote. It returns an error, and
// leaves s as it was, if data are anything else.
func (s *Service) UnmarshalBinary(data []byte) error {
	const metric = "Service.UnmarshalBinary"
	d := newDecoder(metric, kindService, data)
	n := Service{AsOf: d.time(), Unit: Unit(d.int(0, int64(Year))), Location: d.text()}
	n.WeekStart, n.FiscalStart = WeekStart(d.int(0, int64(WeekFromSunday))), time.Month(d.int(0, 12))
	n.Hours, n.Topics = d.text(), d.dictionary().texts
	for _, of := range n.durations() {
		*of = time.Duration(d.count64())
	}
	// The least row is two instants of three numbers, and a byte for each count and list.
	var least ServicePeriod
	if rows := d.count(6 + len(least.counts()) + len(least.times())); rows > 0 {
		n.Rows = make([]ServicePeriod, rows)
	}
	for i := range n.Rows {
		r := &n.Rows[i]
		r.Period = Period{Start: d.time(), End: d.time()}
		r.Complete = r.Period.Complete(n.AsOf)
		for _, of := range r.counts() {
			*of = d.count64()
		}
		for _, of := range r.times() {
			*of = d.durations()
		}
		if d.err != nil {
			return d.err
		}
	}
	if err := d.done(); err != nil {
		return err
	}
	n.setOpen()
	if err := n.valid(metric); err != nil {
		return err
	}
	*s = n
	return nil
}

// durations reads a list that appendDurations wrote, after its length.
func (d *decoder) durations() []time.Duration {
	n := d.count(1)
	if d.err != nil || n == 0 {
		return nil
	}
	out := make([]time.Duration, n)
	var last time.Duration
	for i := range out {
		last += time.Duration(d.uint(uint64(math.MaxInt64 - last))) //nolint:gosec // bounded on the same line
		out[i] = last
	}
	return out
}
