package kpi

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"
)

// cohortKey is what a Cohort is of, in the order of the rows.
type cohortKey struct {
	period int
	fresh  bool // born at Since or later: not first seen
	value  string
}

func (k cohortKey) compare(o cohortKey) int {
	switch {
	case k.period != o.period:
		return cmp.Compare(k.period, o.period)
	case k.fresh != o.fresh && k.fresh:
		return 1
	case k.fresh != o.fresh:
		return -1
	}
	return cmp.Compare(k.value, o.value)
}

// cohortRow is a Cohort in the making. Each slice has one place per age and one
// beyond; until, active and gone hold changes from one age to the next, so that
// a life costs no more than its events.
type cohortRow struct {
	size   int64
	until  []int64 // lives that count for so many ages
	active []int64 // lives that become active at an age, less those that cease
	amount []Sum   // at an age
	gone   []Sum   // what the lives in until have brought
}

func (r *cohortRow) ages() int { return max(len(r.until)-1, 0) }

// grow makes room for n ages.
func (r *cohortRow) grow(n int) {
	if more := n + 1 - len(r.until); more > 0 {
		r.until = append(r.until, make([]int64, more)...)
		r.active = append(r.active, make([]int64, more)...)
		r.amount = append(r.amount, make([]Sum, more)...)
		r.gone = append(r.gone, make([]Sum, more)...)
	}
}

// cells adds the changes up.
func (r *cohortRow) cells() []CohortCell {
	out := make([]CohortCell, r.ages())
	base, active := r.size, int64(0)
	var total Sum
	for k := range out {
		base -= r.until[k]
		active += r.active[k]
		amount := r.amount[k].Decimal()
		total.add(amount)
		total.add(r.gone[k].Decimal().Neg())
		out[k] = CohortCell{Active: active, Base: base, Amount: amount, Total: total.Decimal()}
	}
	return out
}

// merge adds the lives that another goroutine has counted.
func (r *cohortRow) merge(o *cohortRow) {
	r.grow(o.ages())
	r.size += o.size
	for k := range o.until {
		r.until[k] += o.until[k]
		r.active[k] += o.active[k]
		r.amount[k].absorbAll(&o.amount[k])
		r.gone[k].absorbAll(&o.gone[k])
	}
}

// cohortBuilder is a question with what follows from it and the log; it does not
// change once the periods are set.
type cohortBuilder struct {
	log         *Log
	spec        CohortSpec
	by          *property
	birth, back []bool // by event
	asOf        int64
	today       date // of asOf
	loc         *time.Location
	periods     []Period // from the first birth; the last one contains asOf or ends there
	starts      startTable
}

// setPeriods lays out the periods from the first birth to AsOf, and refuses
// refunds if so asked.
func (b *cohortBuilder) setPeriods(ctx context.Context, metric string) error {
	first, err := b.log.earliest(ctx, func(c *chunk, base int) (int64, error) { return b.firstBirth(metric, c, base) })
	if err != nil || first == math.MaxInt64 {
		return err
	}
	// A triangle that is too large is refused before it is laid out.
	cal := b.spec.Calendar
	from, to := cal.first(dateOf(time.Unix(0, first), b.loc)), cal.first(b.today)
	n := int64(cal.since(from, to)) + 1
	ages := n
	if b.spec.Periods > 0 {
		ages = min(n, int64(b.spec.Periods))
	}
	if n*ages-ages*(ages-1)/2 > maxCells {
		return fail(metric, CodeTooLarge, "periods = %d, ages = %d, Periods = %d", n, ages, b.spec.Periods)
	}
	periods, err := cal.Periods(time.Unix(0, first), b.spec.AsOf)
	if err != nil {
		return under(err, metric)
	}
	b.periods = periods
	starts := []int64{math.MinInt64} // the first period may begin before 1677
	for _, p := range periods[1:] {
		starts = append(starts, p.Start.UnixNano())
	}
	b.starts = newStartTable(starts, b.asOf)
	return nil
}

// firstBirth returns the instant of the first birth in a chunk, or the last of all
// instants, and refuses refunds if so asked.
func (b *cohortBuilder) firstBirth(metric string, c *chunk, base int) (int64, error) {
	first := int64(math.MaxInt64)
	if len(b.spec.Birth) == 0 && c.to < b.asOf && !c.refunds {
		return c.from, nil
	}
	for i, at := range c.at {
		birth, back := b.birth[c.event[i]], b.back[c.event[i]]
		switch {
		case at >= b.asOf || !birth && !back:
		case c.negative(i):
			if b.spec.Refunds == RefundsRefused {
				return 0, failAt(metric, CodeNegative, base+i, "Amount = %s, Refunds = refused", clip(plain(c.amount(i))))
			}
		case birth:
			first = min(first, at)
		}
	}
	return first, nil
}

// cohortCount is what one goroutine has counted.
type cohortCount struct {
	rows  map[cohortKey]*cohortRow
	cells int
	work  int // rows looked at since the last look at the context
}

// looked adds rows to the work done, and looks at the context now and then.
func (n *cohortCount) looked(ctx context.Context, rows int) error {
	if n.work += rows; n.work < checkEvery {
		return nil
	}
	n.work = 0
	return cancelled(ctx)
}

// row returns the row of key with so many ages at least.
func (n *cohortCount) row(metric string, key cohortKey, ages int) (*cohortRow, error) {
	r := n.rows[key]
	if r == nil {
		r = &cohortRow{}
		n.rows[key] = r
	}
	if n.cells += max(ages-r.ages(), 0); n.cells > maxCells {
		return nil, fail(metric, CodeTooLarge, "cells > %d", maxCells)
	}
	r.grow(ages)
	return r, nil
}

// histories counts customer by customer.
func (b *cohortBuilder) histories(ctx context.Context, metric string) (map[cohortKey]*cohortRow, error) {
	counts, err := visit(ctx, b.log, func(n *cohortCount, _ uint64, rows []logRow) error {
		if n.rows == nil {
			n.rows = map[cohortKey]*cohortRow{}
		}
		return b.customer(ctx, metric, n, rows)
	})
	if err != nil {
		return nil, err
	}
	all := cohortCount{rows: map[cohortKey]*cohortRow{}}
	for _, n := range counts {
		for key, o := range n.rows {
			r, err := all.row(metric, key, o.ages())
			if err != nil {
				return nil, err
			}
			r.merge(o)
		}
	}
	return all.rows, nil
}

// customer adds the lives of one customer, whose rows stand in order.
func (b *cohortBuilder) customer(ctx context.Context, metric string, n *cohortCount, rows []logRow) error {
	if err := n.looked(ctx, len(rows)); err != nil {
		return err
	}
	last := -1 // the period of the last birth
	for i, row := range rows {
		at := row.at
		if at >= b.asOf {
			break
		}
		if !b.birth[row.event] || b.log.sign(&row) < 0 {
			continue
		}
		p := b.starts.period(at)
		if p == last {
			continue
		}
		last = p
		// Rows of the same instant count, whatever their names.
		from := i
		for from > 0 && rows[from-1].at == at {
			from--
		}
		key := cohortKey{p, !time.Unix(0, at).Before(b.spec.Since), b.by.value(int(row.row))}
		if err := b.life(metric, n, key, at, rows[from:]); err != nil {
			return err
		}
		if err := n.looked(ctx, len(rows)-from); err != nil {
			return err
		}
		if !b.spec.Recurring {
			break
		}
	}
	return nil
}

// life adds a birth in the cohort of key at instant born, and the rows since.
func (b *cohortBuilder) life(metric string, n *cohortCount, key cohortKey, born int64, rows []logRow) error {
	ages := b.agesOf(key.period, born)
	r, err := n.row(metric, key, ages)
	if err != nil {
		return err
	}
	r.size++
	r.until[ages]++
	birthday := dateOf(time.Unix(0, born), b.loc)
	next := 0 // the ages below are decided
	for _, row := range rows {
		at := row.at
		if at >= b.asOf {
			break
		}
		refund := b.log.sign(&row) < 0
		if !b.back[row.event] || refund && b.spec.Refunds == RefundsIgnored {
			continue
		}
		var age int
		if b.spec.Ages == AgesByPeriod {
			age = b.starts.period(at) - key.period
		} else {
			age = b.spec.Calendar.age(birthday, dateOf(time.Unix(0, at), b.loc))
		}
		if age < ages && !b.spec.CountsOnly {
			b.log.addTo(&r.amount[age], &row)
			b.log.addTo(&r.gone[ages], &row)
		}
		if refund {
			continue
		}
		// Active at from … age, of which those below next are counted already.
		from := age
		if b.spec.Rolling {
			from = 0
			if b.spec.Horizon > 0 {
				from = age - b.spec.Horizon
			}
		}
		if from = max(from, next); from < min(age+1, ages) {
			r.active[from]++
			r.active[min(age+1, ages)]--
		}
		next = age + 1
	}
	return nil
}

// agesOf returns for how many ages a life counts: those that have begun, or,
// with ages by customer, those that have wholly passed.
func (b *cohortBuilder) agesOf(period int, born int64) int {
	var n int
	if b.spec.Ages == AgesByPeriod {
		n = len(b.periods) - period
	} else {
		n = b.spec.Calendar.age(dateOf(time.Unix(0, born), b.loc), b.today)
		n -= b.spec.Horizon
	}
	if b.spec.Periods > 0 {
		n = min(n, b.spec.Periods)
	}
	return max(n, 0)
}

// answer turns the rows into the table.
func (b *cohortBuilder) answer(rows map[cohortKey]*cohortRow) *Cohorts {
	s := &b.spec
	out := &Cohorts{
		AsOf: sayable(s.AsOf), Since: sayable(s.Since), Unit: s.Calendar.Unit, AgesBy: s.Ages,
		Recurring: s.Recurring, Rolling: s.Rolling, Horizon: s.Horizon,
		Birth: nameSet(s.Birth), Return: nameSet(s.Return), Refunds: s.Refunds, By: s.By, CountsOnly: s.CountsOnly,
	}
	out.Location, out.WeekStart, out.FiscalStart = s.Calendar.asked()
	var keys []cohortKey
	if s.By == "" {
		for i, p := range b.periods {
			if p.Start.Before(s.Since) {
				keys = append(keys, cohortKey{period: i})
			}
			if s.Since.Before(p.End) {
				keys = append(keys, cohortKey{period: i, fresh: true})
			}
		}
	} else {
		keys = slices.SortedFunc(maps.Keys(rows), cohortKey.compare)
	}
	for _, key := range keys {
		row := Cohort{Period: b.periods[key.period], Value: key.value, FirstSeen: !key.fresh}
		r := rows[key]
		if r == nil {
			r = &cohortRow{}
			if b.spec.Ages == AgesByPeriod {
				r.grow(b.agesOf(key.period, 0))
			}
		}
		row.Size, row.Cells = r.size, r.cells()
		for k := range row.Cells {
			row.Cells[k].Complete = b.complete(key.period, k)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// nameSet returns the distinct names in order.
func nameSet(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// complete reports whether age k of the cohort of a period, and its horizon, lie
// before AsOf: with ages by customer, for one born on the period's last day.
// Without a horizon what is rolling has no end.
func (b *cohortBuilder) complete(period, k int) bool {
	if b.spec.Rolling && b.spec.Horizon == 0 {
		return false
	}
	end := period + k + b.spec.Horizon
	if b.spec.Ages == AgesByPeriod {
		return end < len(b.periods) && b.periods[end].Complete(b.spec.AsOf)
	}
	cal := b.spec.Calendar
	last := cal.add(dateOf(b.periods[period].Start, b.loc), 1) - 1
	return cal.anniversary(last, end-period+1) <= b.today
}
