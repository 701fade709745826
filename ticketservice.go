package kpi

import (
	"errors"
	"slices"
	"sort"
	"time"
)

// serviceBuilder lays out the periods of a question to tickets, and counts in them.
type serviceBuilder struct {
	metric  string
	spec    *TicketSpec
	tickets Tickets
	asOf    int64
	created []int64 // by ticket; noInstant if it does not count, or not yet
	periods []Period
	starts  startTable
	end     int64 // of the last period
	rows    []ServicePeriod
	topics  []topicVisits
	topic   []int32 // by ticket, in topics
}

const noInstant = 1<<63 - 1

// topicVisits are the instants at which a customer came with a topic, ascending.
type topicVisits []int64

// Service answers s. Periods run without a gap from the first ticket that counts to
// the last that begins before AsOf. It returns an error if s is out of range, if AsOf
// or Return is not set, or, naming it, if a ticket has no ID or no customer, has an
// event that is none or lies outside of 1678 to 2261, has the ID of another, or has a
// history that is impossible before AsOf.
func (ts Tickets) Service(s TicketSpec) (*Service, error) {
	const metric = "Tickets.Service"
	if err := s.valid(metric); err != nil {
		return nil, err
	}
	if err := ts.valid(metric); err != nil {
		return nil, err
	}
	b := serviceBuilder{metric: metric, spec: &s, tickets: ts, asOf: s.AsOf.UnixNano()}
	if err := b.setPeriods(); err != nil {
		return nil, err
	}
	b.setTopics()
	var h ticketHistory
	for i := range ts {
		if !s.about(&ts[i]) {
			continue
		}
		if err := h.read(metric, i, &ts[i], b.asOf); err != nil {
			return nil, err
		}
		if len(h.steps) == 0 {
			continue
		}
		if err := b.count(i, h.steps); err != nil {
			return nil, at(err, metric, i)
		}
	}
	return b.answer(), nil
}

// setPeriods finds when each ticket was created, and lays out the periods.
func (b *serviceBuilder) setPeriods() error {
	b.created = make([]int64, len(b.tickets))
	first := int64(noInstant)
	for i := range b.tickets {
		b.created[i] = noInstant
		t := &b.tickets[i]
		if !b.spec.about(t) {
			continue
		}
		for k := range t.Events {
			if e := &t.Events[k]; e.Action == TicketCreated {
				if nanos := e.At.UnixNano(); nanos < b.asOf {
					b.created[i] = min(b.created[i], nanos)
				}
			}
		}
		first = min(first, b.created[i])
	}
	if first == noInstant {
		return nil
	}
	periods, err := b.spec.Calendar.Periods(time.Unix(0, first), b.spec.AsOf)
	if err != nil {
		return under(err, b.metric)
	}
	b.periods, b.rows = periods, make([]ServicePeriod, len(periods))
	var starts []int64
	for _, p := range periods {
		starts = append(starts, clampInstant(p.Start))
	}
	b.end = clampInstant(periods[len(periods)-1].End)
	b.starts = newStartTable(starts, b.end)
	return nil
}

// setTopics lists when each customer came with each topic.
func (b *serviceBuilder) setTopics() {
	type visitor struct{ customer, topic string }
	index := make(map[visitor]int32, len(b.tickets))
	b.topic = make([]int32, len(b.tickets))
	for i := range b.tickets {
		if b.created[i] == noInstant {
			continue
		}
		v := visitor{b.tickets[i].Customer, b.tickets[i].Topic}
		n, ok := index[v]
		if !ok {
			n = int32(len(b.topics)) //nolint:gosec // memory ends long before
			index[v] = n
			b.topics = append(b.topics, nil)
		}
		b.topic[i] = n
		b.topics[n] = append(b.topics[n], b.created[i])
	}
	for _, visits := range b.topics {
		slices.Sort(visits)
	}
}

// back reports whether the customer of ticket i came with its topic again less than
// Return after an instant not before the creation of i.
func (b *serviceBuilder) back(i int, since int64) bool {
	visits := b.topics[b.topic[i]]
	next := sort.Search(len(visits), func(k int) bool { return visits[k] >= since })
	if b.created[i] == since {
		next++ // past i itself
	}
	return next < len(visits) && visits[next]-since < int64(b.spec.Return)
}

// rowOf returns the row of an instant that one has.
func (b *serviceBuilder) rowOf(at int64) *ServicePeriod { return &b.rows[b.starts.period(at)] }

// due returns the row in which a target is due that is d of the clock after an
// instant, or nil if none of the rows is.
func (b *serviceBuilder) due(from int64, d time.Duration) (*ServicePeriod, error) {
	t, err := b.spec.Clock.After(time.Unix(0, from), d)
	if errors.Is(err, ErrUndefined) { // never
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at := clampInstant(t)
	if at >= b.end {
		return nil, nil
	}
	return b.rowOf(at), nil
}

// answer is what was counted.
func (b *serviceBuilder) answer() *Service {
	s := b.spec
	out := &Service{
		AsOf: sayable(s.AsOf), Unit: s.Calendar.Unit, Hours: s.Clock.mark(), Topics: nameSet(s.Topics), Rows: b.rows,
		FirstTarget: s.FirstResponse, NextTarget: s.NextResponse, ResolutionTarget: s.Resolution,
		Within: s.Within, Return: s.Return,
	}
	out.Location, out.WeekStart, out.FiscalStart = s.Calendar.asked()
	for i := range out.Rows {
		r := &out.Rows[i]
		r.Period, r.Complete = b.periods[i], b.periods[i].Complete(s.AsOf)
		for _, times := range r.times() {
			slices.Sort(*times)
		}
	}
	out.setOpen()
	return out
}
