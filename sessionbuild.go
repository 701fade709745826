package kpi

import (
	"context"
	"math"
	"time"
)

// sessionCounts is what one goroutine counts in a period.
type sessionCounts struct {
	open                     int64
	perVisitor, pages, dwell moments // dwell in nanoseconds
}

// sessionBuilder lays out the periods of a question, and counts visits in them.
type sessionBuilder struct {
	log     *Log
	spec    *SessionSpec
	hits    []bool // by event
	asOf    int64
	periods []Period
	starts  startTable
}

// setPeriods lays out the periods from the first hit to AsOf.
func (b *sessionBuilder) setPeriods(ctx context.Context, metric string) error {
	first, err := b.log.earliest(ctx, b.first)
	if err != nil || first == math.MaxInt64 {
		return err
	}
	periods, err := b.spec.Calendar.Periods(time.Unix(0, first), b.spec.AsOf)
	if err != nil {
		return under(err, metric)
	}
	b.periods = periods
	var starts []int64
	for _, p := range periods {
		starts = append(starts, clampInstant(p.Start))
	}
	b.starts = newStartTable(starts, b.asOf)
	return nil
}

// first returns the instant of the first hit of a chunk, or the last of all instants.
func (b *sessionBuilder) first(c *chunk, _ int) (int64, error) {
	first := int64(math.MaxInt64)
	for i, at := range c.at {
		if at < min(first, b.asOf) && b.hits[c.event[i]] {
			first = at
		}
	}
	return first, nil
}

// customer counts the visits of one customer, whose rows stand in order of time.
func (b *sessionBuilder) customer(s *[]sessionCounts, _ uint64, rows []logRow) error {
	if *s == nil {
		*s = make([]sessionCounts, len(b.periods))
	}
	var first, last int64 // of the visit
	hits, visits, period := uint64(0), uint64(0), 0
	flush := func() {
		if visits > 0 {
			(*s)[period].perVisitor.add(visits)
		}
		visits = 0
	}
	end := func() {
		if hits == 0 {
			return
		}
		p := b.starts.period(first)
		if b.within(last, b.asOf) {
			(*s)[p].open++
			return
		}
		if p != period {
			flush()
			period = p
		}
		visits++
		(*s)[p].pages.add(hits)
		if hits > 1 {
			(*s)[p].dwell.add(uint64(last) - uint64(first)) //nolint:gosec // modulo 2^64, as the difference is
		}
	}
	for _, row := range rows {
		at := row.at
		if at >= b.asOf {
			break
		}
		if !b.hits[row.event] {
			continue
		}
		if hits == 0 || !b.within(last, at) {
			end()
			first, hits = at, 0
		}
		last, hits = at, hits+1
	}
	end()
	flush()
	return nil
}

// within reports whether a hit at to, no earlier than from, belongs to the visit of
// a hit at from.
func (b *sessionBuilder) within(from, to int64) bool {
	return uint64(to)-uint64(from) <= uint64(b.spec.Gap) //nolint:gosec // modulo 2^64, as the difference is
}

// answer adds up what was counted.
func (b *sessionBuilder) answer(states [][]sessionCounts) *Sessions {
	s := b.spec
	out := &Sessions{AsOf: sayable(s.AsOf), Unit: s.Calendar.Unit, Events: nameSet(s.Events), Gap: s.Gap}
	out.Location, out.WeekStart, out.FiscalStart = s.Calendar.asked()
	for p, period := range b.periods {
		var sum sessionCounts
		for i := range states {
			if states[i] == nil {
				continue
			}
			o := &states[i][p]
			sum.open += o.open
			sum.perVisitor.merge(o.perVisitor)
			sum.pages.merge(o.pages)
			sum.dwell.merge(o.dwell)
		}
		out.Rows = append(out.Rows, SessionPeriod{
			Period: period, Complete: period.Complete(s.AsOf) && sum.open == 0, Open: sum.open,
			PerVisitor: sum.perVisitor.mean(0), Pages: sum.pages.mean(0), Dwell: sum.dwell.mean(-9),
		})
	}
	return out
}
