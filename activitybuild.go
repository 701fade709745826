package kpi

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"
)

// activityBuilder lays out the periods and the days of a question, and counts the
// customers of a log in them.
type activityBuilder struct {
	log           *Log
	spec          *ActivitySpec
	active, known []bool // by event
	asOf, since   int64
	yearly        int64 // touchpoints count from here
	year          Period
	periods       []Period
	place         []int32    // where each period's days begin in activityCounts.days
	starts        startTable // of the days up to asOf
	periodOf      []int32    // of each of those days
}

// activityCounts is what one goroutine counts, by period.
type activityCounts struct {
	known, fresh, seen, returning, resurrecting []int64
	days                                        []int64 // by period and number of active days
	touches                                     map[int64]int64
}

// clampInstant returns the nanoseconds of t, or the end of what they reach.
func clampInstant(t time.Time) int64 {
	switch s := t.Unix(); {
	case s < minSecond:
		return math.MinInt64
	case s > maxSecond:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// setPeriods lays out the periods from the first row that counts to AsOf, with
// their days, and refuses refunds if so asked.
func (b *activityBuilder) setPeriods(ctx context.Context, metric string) error {
	s, loc := b.spec, b.spec.Calendar.location()
	b.since = clampInstant(s.Since)
	b.year = Period{Start: civilOf(s.AsOf, loc).addMonths(-12).clock(s.AsOf, loc), End: s.AsOf}
	b.yearly = clampInstant(b.year.Start)
	first, err := b.log.earliest(ctx, func(c *chunk, base int) (int64, error) { return b.first(metric, c, base) })
	if err != nil || first == math.MaxInt64 {
		return err
	}
	periods, err := s.Calendar.Periods(time.Unix(0, first), s.AsOf)
	if err != nil {
		return under(err, metric)
	}
	days, err := Calendar{Location: s.Calendar.Location}.Periods(periods[0].Start, periods[len(periods)-1].End)
	if err != nil {
		return under(err, metric)
	}
	b.periods, b.place = periods, make([]int32, len(periods)+1)
	var starts []int64
	p := 0
	for i, d := range days {
		for !d.Start.Before(periods[p].End) {
			p++
		}
		b.place[p+1] = int32(i) + 1
		if !d.Start.Before(s.AsOf) || d.End.Unix() < minSecond {
			continue // no row is on it
		}
		starts, b.periodOf = append(starts, clampInstant(d.Start)), append(b.periodOf, int32(p))
	}
	b.starts = newStartTable(starts, b.asOf)
	return nil
}

// first returns the instant of the first row of a chunk that counts, or the last of
// all instants, and refuses refunds if so asked.
func (b *activityBuilder) first(metric string, c *chunk, base int) (int64, error) {
	first := int64(math.MaxInt64)
	for i, at := range c.at {
		active, known := b.active[c.event[i]], b.known[c.event[i]]
		if at >= b.asOf || !active && !known {
			continue
		}
		if active && c.negative(i) {
			if b.spec.Refunds == RefundsRefused {
				return 0, refuseOrder(metric, CodeNegative, base+i, c.amount(i))
			}
			if !known {
				continue
			}
		}
		first = min(first, at)
	}
	return first, nil
}

func (b *activityBuilder) counts() activityCounts {
	n := len(b.periods)
	all := make([]int64, 5*n)
	return activityCounts{
		known: all[:n], fresh: all[n : 2*n], seen: all[2*n : 3*n], returning: all[3*n : 4*n], resurrecting: all[4*n:],
		days: make([]int64, b.place[n]), touches: map[int64]int64{},
	}
}

// customer counts one customer, whose rows stand in order of time.
func (b *activityBuilder) customer(s *activityCounts, _ uint64, rows []logRow) error {
	if len(b.periods) == 0 {
		return nil
	}
	if s.known == nil {
		*s = b.counts()
	}
	known, last, day, days := false, -1, -1, 0 // the last active period and day, and how many days of it
	touches := int64(0)
	for _, row := range rows {
		at, e := row.at, row.event
		if at >= b.asOf {
			break
		}
		active := b.active[e] && b.log.sign(&row) >= 0
		if !active && (known || !b.known[e]) {
			continue
		}
		d := b.starts.period(at)
		p := int(b.periodOf[d])
		if !known {
			known = true
			s.known[p]++
		}
		if !active {
			continue
		}
		if at >= b.yearly {
			touches++
		}
		if d == day {
			continue
		}
		if p != last {
			if last >= 0 {
				s.days[int(b.place[last])+days-1]++
			}
			switch {
			case last < 0 && at < b.since:
				s.seen[p]++
			case last < 0:
				s.fresh[p]++
			case last == p-1:
				s.returning[p]++
			default:
				s.resurrecting[p]++
			}
			last, days = p, 0
		}
		day, days = d, days+1
	}
	if last >= 0 {
		s.days[int(b.place[last])+days-1]++
	}
	if touches > 0 {
		s.touches[touches]++
	}
	return nil
}

// answer adds up what was counted.
func (b *activityBuilder) answer(states []activityCounts) *Activity {
	s := b.spec
	out := &Activity{
		AsOf: sayable(s.AsOf), Since: sayable(s.Since), Unit: s.Calendar.Unit,
		Events: nameSet(s.Events), Known: nameSet(s.Known), Refunds: s.Refunds, Year: b.year,
	}
	out.Location, out.WeekStart, out.FiscalStart = s.Calendar.asked()
	if len(b.periods) == 0 {
		return out
	}
	sum := b.counts()
	for _, o := range states {
		for i, from := range [][]int64{o.known, o.fresh, o.seen, o.returning, o.resurrecting, o.days} {
			to := [][]int64{sum.known, sum.fresh, sum.seen, sum.returning, sum.resurrecting, sum.days}[i]
			for k, n := range from {
				to[k] += n
			}
		}
		for touches, n := range o.touches {
			sum.touches[touches] += n
		}
	}
	var known, before int64
	for p, period := range b.periods {
		known += sum.known[p]
		from, to := b.place[p], b.place[p+1]
		r := ActivePeriod{
			Period: period, Complete: period.Complete(s.AsOf), Known: known,
			New: sum.fresh[p], FirstSeen: sum.seen[p], Returning: sum.returning[p], Resurrecting: sum.resurrecting[p],
			Dormant: before - sum.returning[p], Days: sum.days[from:to:to],
		}
		r.Active = r.New + r.FirstSeen + r.Returning + r.Resurrecting
		before = r.Active
		out.Rows = append(out.Rows, r)
	}
	for _, touches := range slices.Sorted(maps.Keys(sum.touches)) {
		out.Touches = append(out.Touches, TouchCount{Touchpoints: touches, Customers: sum.touches[touches]})
	}
	return out
}
