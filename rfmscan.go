package kpi

import (
	"context"
	"math"
	"time"
)

// The amount of an order takes minorBits of a record, and the day the rest.
const (
	minorBits = 46
	minorBias = 1 << (minorBits - 1) // what is added to an amount, so that none is negative
)

// scan collects from the rows scattered by customer. It reports true where an index
// is needed after all: for ids that are texts, dates that make one order of several, and
// amounts that do not fit. A record is a day and an amount, with a 1 at the end of
// the key if it is a refund.
func (q *rfmQuestion) scan(ctx context.Context) (*rfmColumns, bool, error) {
	exp, ok := q.unit()
	if !ok || q.log.ids != idsNumber || q.spec.MergeDays {
		return nil, true, nil
	}
	q.days = q.civilDays()
	wide := make([]bool, len(q.log.chunks)) // amounts beyond the unit
	s, err := scatter(ctx, q.log, &keyedSlabs, func(out *lane[keyed], c *chunk, base int) error {
		fits, err := q.scanRows(out, c, base, exp)
		wide[base>>chunkShift] = !fits
		return err
	})
	defer s.free()
	if err != nil {
		return nil, false, err
	}
	for _, w := range wide {
		if w {
			return nil, true, nil
		}
	}
	workers := q.log.crew()
	counts, parts := make([]apart[rfmCount], workers), make([][]rfmSlot, s.partitions())
	err = inParallel(ctx, workers, len(parts), func(worker, p int) error {
		if s.empty(p) {
			return nil
		}
		n := &counts[worker].own
		n.reset()
		err := s.of(ctx, p, n.add)
		parts[p] = n.customers()
		return err
	})
	if err != nil {
		return nil, false, err
	}
	columns := &rfmColumns{exp: exp}
	for i := range counts {
		if counts[i].own.overflow < 0 {
			return nil, true, nil
		}
		columns.refundsOnly += counts[i].own.refundsOnly
	}
	places, n := make([]int, len(parts)), 0 // where the customers of a partition go
	for p := range parts {
		places[p] = n
		n += len(parts[p])
	}
	columns.numbers, columns.last = make([]uint64, n), make([]int64, n)
	columns.orders, columns.minor = make([]int64, n), make([]int64, n)
	today, back := dateOf(time.Unix(0, q.asOf), q.spec.location()), inverse(q.log.odd)
	err = inParallel(ctx, workers, len(parts), func(_, p int) error {
		at := places[p]
		for i := range parts[p] {
			slot := &parts[p][i]
			h := uint64(p)<<((64-s.bits)&63) | slot.key>>(s.bits&63) //nolint:gosec // not negative
			columns.numbers[at] = unmixed(h, back)
			columns.last[at] = int64(today - q.days.dates[slot.last])
			columns.orders[at], columns.minor[at] = int64(slot.orders), slot.minor
			at++
		}
		return nil
	})
	return columns, false, err
}

// civilDays returns the days of the rows that count.
func (q *rfmQuestion) civilDays() civilDays {
	first := q.asOf - 1
	for _, c := range q.log.chunks {
		first = min(first, c.from)
	}
	return newCivilDays(max(first, q.from), q.asOf, q.spec.location())
}

// unit returns the finest exponent of the log's amounts, 0 at most, and reports
// false if there are some that no int64 holds.
func (q *rfmQuestion) unit() (int32, bool) {
	finest := int8(0)
	for _, c := range q.log.chunks {
		if c.wide != nil {
			return 0, false
		}
		if c.minor != nil {
			finest = min(finest, c.exp)
		}
		for _, e := range c.exps {
			finest = min(finest, e)
		}
	}
	return int32(finest), true
}

// scanRows scatters the rows of a chunk, and reports whether all amounts fit the
// unit.
func (q *rfmQuestion) scanRows(out *lane[keyed], c *chunk, base int, exp int32) (bool, error) {
	var factor [2*maxExponent + 1]int64 // by exponent less exp; 0 for those too large
	for i, f := 0, int64(1); i < len(factor) && f > 0; i++ {
		if factor[i] = f; f > math.MaxInt64/10 {
			break
		}
		f *= 10
	}
	var takes [3]bool // by sign and 1
	var refuses [3]Code
	for sign := -1; sign <= 1; sign++ {
		takes[sign+1], refuses[sign+1] = q.spec.takes(sign)
	}
	shift, orders := out.bits&63, q.orders
	from, asOf, days := q.from, q.asOf, &q.days
	blocks, n, block, part, odd := out.blocks, out.n, out.block, out.shift&63, q.log.odd
	ids, event := c.ids[:len(c.at)], c.event[:len(c.at)]
	by := factor[min(max(int32(c.exp)-exp, 0), 2*maxExponent)]
	fits := true
	for i, at := range c.at {
		if !orders[event[i]] || at < from || at >= asOf {
			continue
		}
		minor, sign := int64(0), 1
		if c.minor != nil {
			minor = c.minor[i]
		}
		if minor <= 0 {
			if sign = 0; minor < 0 {
				sign = -1
			}
			if code := refuses[sign+1]; code != 0 {
				return true, refuseOrder(q.metric, code, base+i, c.amount(i))
			}
			if !takes[sign+1] {
				continue
			}
		}
		scale := by
		if c.exps != nil {
			scale = factor[int32(c.exps[i])-exp]
		}
		if scale != 1 {
			if minor != 0 && (scale == 0 || minor > math.MaxInt64/scale || minor < -math.MaxInt64/scale) {
				fits = false
			}
			minor *= scale
		}
		if minor >= minorBias || minor < -minorBias {
			fits = false
		}
		if !fits {
			continue // to the rows that are refused
		}
		h := mixed(ids[i], odd)
		p := h >> part
		k := n[p]
		if k == block {
			out.renew(p)
			k = 0
		}
		refund := uint64(0)
		if sign < 0 {
			refund = 1
		}
		what := int64(days.period(at))<<minorBits | (minor + minorBias)
		blocks[p][k] = keyed{h<<shift | refund, what}
		n[p] = k + 1
	}
	return fits, nil
}

// rfmCount is the table of the customers of a partition.
type rfmCount struct {
	slots       []rfmSlot
	shift, used int
	refundsOnly int64
	overflow    int64 // negative if a sum did not fit
}

// rfmSlot is a customer.
type rfmSlot struct {
	key          uint64 // 1 more than the customer's; 0 is free
	last, orders int32  // the day of the last order, and their number: rows fit
	minor        int64
}

func (n *rfmCount) reset() {
	if n.slots == nil {
		n.slots, n.shift = make([]rfmSlot, 1<<6), 64-6
	}
	clear(n.slots)
	n.used = 0
}

// add takes records of one partition into the table.
func (n *rfmCount) add(records []keyed) {
	slots, shift, overflow := n.slots, n.shift&63, int64(0)
	mask := uint64(len(slots) - 1) //nolint:gosec // there are some
	for i := range records {
		r := &records[i]
		key := r.key&^keyMask | 1
		at := key >> shift
		for slots[at&mask].key != key {
			if slots[at&mask].key == 0 {
				if sparse*n.used >= len(slots) {
					n.grow()
					slots, shift = n.slots, n.shift&63
					mask = uint64(len(slots) - 1) //nolint:gosec // likewise
					at = key >> shift
					continue
				}
				n.used++
				slots[at&mask].key = key
				break
			}
			at++
		}
		s := &slots[at&mask]
		minor := r.what&(1<<minorBits-1) - minorBias
		sum := s.minor + minor
		overflow |= (sum ^ s.minor) & (sum ^ minor)
		s.minor = sum
		order := int32(^r.key & 1)
		s.orders += order
		s.last = max(s.last, int32(uint64(r.what)>>minorBits)&-order) //nolint:gosec // 18 bits
	}
	n.overflow |= overflow
}

func (n *rfmCount) grow() {
	old := n.slots
	n.slots = make([]rfmSlot, 2*len(old))
	n.shift--
	mask := uint64(len(n.slots) - 1) //nolint:gosec // there are some
	for i := range old {
		if old[i].key == 0 {
			continue
		}
		at := old[i].key >> (n.shift & 63)
		for n.slots[at&mask].key != 0 {
			at++
		}
		n.slots[at&mask] = old[i]
	}
}

// customers returns those of the table that have an order.
func (n *rfmCount) customers() []rfmSlot {
	out := make([]rfmSlot, 0, n.used)
	for i := range n.slots {
		s := &n.slots[i]
		switch {
		case s.key == 0:
		case s.orders == 0:
			n.refundsOnly++
		default:
			if s.minor == wideMinor {
				n.overflow = -1
			}
			out = append(out, *s)
		}
	}
	return out
}
