package kpi

import (
	"cmp"
	"context"
	"slices"
)

// classes numbers what events can do, from 1 on by event; 0 is for those that a
// journey does not look at. It reports false if there are more than a record has
// room for.
func (w *journeyWalk) classes() (of []uint8, masks []uint64, ok bool) {
	of, masks = make([]uint8, len(w.masks)), []uint64{0}
	for e, mask := range w.masks {
		if mask == 0 && w.mode != Adjacent {
			continue
		}
		c := slices.Index(masks[1:], mask) + 1
		if c == 0 {
			c = len(masks)
			masks = append(masks, mask)
		}
		if c > keyMask {
			return nil, nil, false
		}
		of[e] = uint8(c)
	}
	return of, masks, true
}

// scan follows all customers whose unit and group do not depend on properties. A
// record is the instant of an event, and its class in the last bits of the key.
func (w *journeyWalk) scan(ctx context.Context, class []uint8, masks []uint64) ([]walker, error) {
	s, err := scatter(ctx, w.log, &keyedSlabs, func(out *lane[keyed], c *chunk, _ int) error {
		ids, event, shift, asOf := c.ids[:len(c.at)], c.event[:len(c.at)], out.bits&63, w.asOf
		blocks, n, block, part, odd := out.blocks, out.n, out.block, out.shift&63, w.log.odd
		for i, at := range c.at {
			what := class[event[i]]
			if what == 0 || at >= asOf {
				continue
			}
			h := mixed(ids[i], odd)
			p := h >> part
			k := n[p]
			if k == block {
				out.renew(p)
				k = 0
			}
			blocks[p][k] = keyed{h<<shift | uint64(what), at}
			n[p] = k + 1
		}
		return nil
	})
	defer s.free()
	if err != nil {
		return nil, err
	}
	walkers := make([]apart[walker], w.log.crew())
	err = inParallel(ctx, len(walkers), s.partitions(), func(worker, p int) error {
		if s.empty(p) {
			return nil
		}
		return walkers[worker].own.partition(ctx, w, s, p, masks)
	})
	return joint(walkers), err
}

// partition counts the customers of a partition.
func (w *walker) partition(ctx context.Context, j *journeyWalk, s *scattered[keyed], p int, masks []uint64) error {
	w.begin(j)
	g := &w.gather
	g.reset()
	err := s.of(ctx, p, func(records []keyed) {
		for k := range records {
			g.count(records[k].key &^ keyMask)
		}
	})
	if err != nil {
		return err
	}
	start, which := g.begin(), g.which
	w.events = slices.Grow(w.events[:0], len(which))[:len(which)]
	err = s.of(ctx, p, func(records []keyed) {
		for k := range records {
			next := &g.counts[which[k]]
			w.events[*next] = stepEvent{records[k].what, masks[records[k].key&keyMask]}
			*next++
		}
		which = which[len(records):]
	})
	if err != nil {
		return err
	}
	t := w.group("", j)
	for c := range len(start) - 1 {
		events := w.events[start[c]:start[c+1]]
		sortEvents(events)
		w.chainer.run(events)
		t.add(&w.chainer.outcome)
	}
	return nil
}

// sortEvents puts the events of a customer, mostly few or in order already, in the
// order of time.
func sortEvents(events []stepEvent) {
	const few = 24
	for i := 1; i < len(events); i++ {
		e := events[i]
		if events[i-1].at <= e.at {
			continue
		}
		if len(events) > few {
			slices.SortFunc(events, func(a, b stepEvent) int { return cmp.Compare(a.at, b.at) })
			return
		}
		k := i
		for ; k > 0 && events[k-1].at > e.at; k-- {
			events[k] = events[k-1]
		}
		events[k] = e
	}
}
