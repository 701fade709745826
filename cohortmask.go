package kpi

import (
	"context"
	"math/bits"
)

// maxMasked is how many periods a mask has room for.
const maxMasked = 64

// masked reports whether all that matters of a customer is in which periods there
// were births and returns. Money is not there; values at birth and ages by customer
// need the row of the birth, as does a first period that Since divides, and a birth
// that is no return, after which the rest of its period counts and not what was
// before.
func (b *cohortBuilder) masked() bool {
	s := &b.spec
	if !s.CountsOnly || b.by != nil || s.Ages != AgesByPeriod || len(b.periods) > maxMasked || b.starts.table == nil {
		return false
	}
	for e, birth := range b.birth {
		if birth && !b.back[e] {
			return false
		}
	}
	for _, p := range b.periods {
		if p.Start.Before(s.Since) && s.Since.Before(p.End) {
			return false
		}
	}
	return true
}

// masks counts from the periods of each customer alone.
func (b *cohortBuilder) masks(ctx context.Context) (map[cohortKey]*cohortRow, error) {
	kinds := make([]uint8, len(b.birth)) // 0 for events that do not count
	for e := range kinds {
		switch {
		case b.birth[e]:
			kinds[e] = 2
		case b.back[e]:
			kinds[e] = 1
		}
	}
	indexed, err := b.log.again(ctx)
	if err != nil {
		return nil, err
	}
	count := b.scanMasks
	if indexed {
		count = b.lookUpMasks
	}
	counts, err := count(ctx, kinds)
	if err != nil {
		return nil, err
	}
	rows := map[cohortKey]*cohortRow{}
	for p := range b.periods {
		r := &cohortRow{}
		r.grow(b.agesOf(p, 0))
		for i := range counts {
			r.size += counts[i].size[p]
			counts[i].spell(p, len(b.periods)-p, func(age int, n int64) {
				if age < r.ages() {
					r.active[age] += n
					r.active[age+1] -= n
				}
			})
		}
		r.until[r.ages()] = r.size
		rows[cohortKey{period: p, fresh: !b.periods[p].Start.Before(b.spec.Since)}] = r
	}
	return rows, nil
}

// lookUpMasks counts from the index.
func (b *cohortBuilder) lookUpMasks(ctx context.Context, kinds []uint8) ([]maskCount, error) {
	days, asOf := b.starts.table, b.asOf
	return visit(ctx, b.log, func(n *maskCount, _ uint64, rows []logRow) error {
		var born, active uint64
		for i := range rows {
			r := &rows[i]
			kind := kinds[r.event]
			if kind == 0 || r.minor <= 0 && b.log.sign(r) < 0 {
				continue
			}
			if r.at >= asOf {
				break
			}
			bit := uint64(1) << (days.period(r.at) & (maxMasked - 1))
			active |= bit
			born |= bit & -uint64(kind>>1)
		}
		n.begin(len(b.periods))
		n.life(&b.spec, born, active)
		return nil
	})
}

// scanMasks counts from records scattered by customer: a customer's key, to whose
// last 8 bits a record adds the period and whether there was a birth.
func (b *cohortBuilder) scanMasks(ctx context.Context, kinds []uint8) ([]maskCount, error) {
	s, err := scatter(ctx, b.log, &maskSlabs, func(out *lane[uint64], c *chunk, _ int) error {
		b.maskRows(out, c, kinds)
		return nil
	})
	defer s.free()
	if err != nil {
		return nil, err
	}
	counts := make([]apart[maskCount], b.log.crew())
	err = inParallel(ctx, len(counts), s.partitions(), func(worker, p int) error {
		if s.empty(p) {
			return nil
		}
		n := &counts[worker].own
		n.begin(len(b.periods))
		n.reset()
		err := s.of(ctx, p, n.add)
		n.count(&b.spec)
		return err
	})
	return joint(counts), err
}

// maskRows scatters the rows of a chunk.
func (b *cohortBuilder) maskRows(out *lane[uint64], c *chunk, kinds []uint8) {
	days, asOf, shift, refunds := b.starts.table, b.asOf, out.bits&63, c.refunds
	ids, event := c.ids[:len(c.at)], c.event[:len(c.at)]
	blocks, n, block, part, odd := out.blocks, out.n, out.block, out.shift&63, b.log.odd
	for i, at := range c.at {
		kind := kinds[event[i]]
		if kind == 0 || at >= asOf || refunds && c.negative(i) {
			continue
		}
		h := mixed(ids[i], odd)
		p := h >> part
		k := n[p]
		if k == block {
			out.renew(p)
			k = 0
		}
		blocks[p][k] = h<<shift | uint64(days.period(at))<<1 | uint64(kind>>1) //nolint:gosec // 0 … 63
		n[p] = k + 1
	}
}

// maskCount is what one goroutine counts, and its table of the customers of a
// partition.
type maskCount struct {
	slots []maskSlot
	shift int
	used  int

	size [maxMasked]int64
	// The masks of the ages at which somebody was active, by period of birth and
	// byte by byte: to count eight ages in one step.
	active []octets
	bytes  int // for each period of birth
}

// octets counts by the value of a byte.
type octets [1 << 8]int64

// maskSlot is a customer.
type maskSlot struct {
	key          uint64 // 1 more than the customer's; 0 is free
	born, active uint64 // a bit a period
}

// begin makes ready for so many periods.
func (n *maskCount) begin(periods int) {
	if n.active == nil {
		n.bytes = (periods + 7) / 8
		n.active = make([]octets, periods*n.bytes)
	}
}

// reset makes ready for another partition.
func (n *maskCount) reset() {
	if n.slots == nil {
		n.slots, n.shift = make([]maskSlot, 1<<6), 64-6
	}
	clear(n.slots)
	n.used = 0
}

// add takes records of one partition into the table.
func (n *maskCount) add(records []uint64) {
	slots, shift := n.slots, n.shift&63
	mask := uint64(len(slots) - 1) //nolint:gosec // there are some
	for _, r := range records {
		key := r&^keyMask | 1
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
		bit := uint64(1) << (r >> 1 & (maxMasked - 1))
		s.active |= bit
		s.born |= bit & -(r & 1)
	}
}

func (n *maskCount) grow() {
	old := n.slots
	n.slots = make([]maskSlot, 2*len(old))
	n.shift--
	for _, s := range old {
		if s.key == 0 {
			continue
		}
		i := s.key >> (n.shift & 63)
		for n.slots[i&uint64(len(n.slots)-1)].key != 0 { //nolint:gosec // there are some
			i++
		}
		n.slots[i&uint64(len(n.slots)-1)] = s //nolint:gosec // there are some
	}
}

// count adds the customers of the table to the triangle.
func (n *maskCount) count(s *CohortSpec) {
	for i := range n.slots {
		n.life(s, n.slots[i].born, n.slots[i].active)
	}
}

// life adds a customer to the triangle.
func (n *maskCount) life(s *CohortSpec, born, active uint64) {
	if s.Rolling {
		active = rolled(active, s.Horizon)
	}
	for born != 0 {
		p := bits.TrailingZeros64(born) & (maxMasked - 1)
		n.size[p]++
		row := n.active[p*n.bytes:]
		for m, k := active>>p, 0; m != 0; m, k = m>>8, k+1 {
			row[k][m&(1<<8-1)]++
		}
		if born &= born - 1; !s.Recurring {
			break
		}
	}
}

// spell calls add with how many of those born in period p were active at each of so
// many ages, in parts.
func (n *maskCount) spell(p, ages int, add func(age int, n int64)) {
	for k := range min((ages+7)/8, len(n.active)) {
		for m, customers := range &n.active[p*n.bytes+k] {
			for ; m != 0 && customers > 0; m &= m - 1 {
				add(8*k+bits.TrailingZeros(uint(m)), customers)
			}
		}
	}
}

// rolled marks every period from which on, within the horizon or at all, there is
// an active one.
func rolled(active uint64, horizon int) uint64 {
	if horizon == 0 || horizon >= maxMasked {
		return 1<<bits.Len64(active) - 1
	}
	out := active
	for range horizon {
		out |= out >> 1
	}
	return out
}
