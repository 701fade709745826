package kpi

import (
	"context"
	"math"
)

// unspread undoes spread: their product is 1 modulo 2⁶⁴.
const unspread = 0xF1DE83E19937733D

// rfmRecord is an order, or, with a 1 at the end of the key, a refund.
type rfmRecord struct {
	key       uint64
	at, minor int64
}

// scan collects from the rows scattered by customer. It reports false where that
// would not do: ids that are texts, dates that make one order of several, and
// amounts that do not fit.
func (q *rfmQuestion) scan(ctx context.Context) (*rfmColumns, bool, error) {
	exp, ok := q.unit()
	if !ok || q.log.ids != idsNumber || q.spec.MergeDays {
		return nil, false, nil
	}
	wide := make([]bool, len(q.log.chunks)) // amounts beyond the unit
	s, err := scatter(ctx, q.log, func(out *lane[rfmRecord], c *chunk, base int) error {
		fits, err := q.scanRows(out, c, base, exp)
		wide[base>>chunkShift] = !fits
		return err
	})
	if err != nil {
		return nil, false, err
	}
	for _, w := range wide {
		if w {
			return nil, false, nil
		}
	}
	workers := q.log.crew()
	counts, parts := make([]rfmCount, workers), make([][]rfmSlot, s.partitions())
	err = inParallel(ctx, workers, len(parts), func(worker, p int) error {
		if s.empty(p) {
			return nil
		}
		n := &counts[worker]
		n.reset()
		s.of(p, n.add)
		parts[p] = n.customers()
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	columns := &rfmColumns{exp: exp}
	for i := range counts {
		if counts[i].overflow < 0 {
			return nil, false, nil
		}
		columns.refundsOnly += counts[i].refundsOnly
	}
	places, n := make([]int, len(parts)), 0 // where the customers of a partition go
	for p := range parts {
		places[p] = n
		n += len(parts[p])
	}
	columns.numbers, columns.last = make([]uint64, n), make([]int64, n)
	columns.orders, columns.minor = make([]int64, n), make([]int64, n)
	err = inParallel(ctx, workers, len(parts), func(_, p int) error {
		at := places[p]
		for i := range parts[p] {
			slot := &parts[p][i]
			h := uint64(p)<<((64-s.bits)&63) | slot.key>>(s.bits&63) //nolint:gosec // not negative
			columns.numbers[at] = h * unspread
			columns.last[at], columns.orders[at], columns.minor[at] = slot.last, slot.orders, slot.minor
			at++
		}
		return nil
	})
	return columns, true, err
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
func (q *rfmQuestion) scanRows(out *lane[rfmRecord], c *chunk, base int, exp int32) (bool, error) {
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
	from, asOf := q.from, q.asOf
	blocks, n, block, part := out.blocks, out.n, out.block, out.shift&63
	ids, event := c.ids[:len(c.at)], c.event[:len(c.at)]
	by := factor[min(max(int32(c.exp)-exp, 0), 2*maxExponent)]
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
				return false, nil
			}
			minor *= scale
		}
		h := ids[i] * spread
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
		blocks[p][k] = rfmRecord{h<<shift | refund, at, minor}
		n[p] = k + 1
	}
	return true, nil
}

// rfmCount is the table of the customers of a partition.
type rfmCount struct {
	keys        keySlots
	slots       []rfmSlot
	refundsOnly int64
	overflow    int64 // negative if a sum did not fit
}

type rfmSlot struct {
	key                 uint64
	last, orders, minor int64
}

func (n *rfmCount) reset() {
	n.keys.reset()
	n.slots = n.slots[:0]
}

// add takes records of one partition into the table.
func (n *rfmCount) add(records []rfmRecord) {
	for i := range records {
		r := &records[i]
		k, fresh := n.keys.of(r.key &^ keyMask)
		if fresh {
			n.slots = append(n.slots, rfmSlot{key: r.key, last: math.MinInt64})
		}
		s := &n.slots[k]
		sum := s.minor + r.minor
		n.overflow |= (sum ^ s.minor) & (sum ^ r.minor)
		s.minor = sum
		if r.key&1 == 0 {
			s.orders++
			s.last = max(s.last, r.at)
		}
	}
}

// customers returns those of the table that have an order.
func (n *rfmCount) customers() []rfmSlot {
	out := make([]rfmSlot, 0, len(n.slots))
	for i := range n.slots {
		s := &n.slots[i]
		if s.orders == 0 {
			n.refundsOnly++
			continue
		}
		if s.minor == wideMinor {
			n.overflow = -1
		}
		out = append(out, *s)
	}
	return out
}
