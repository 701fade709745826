package kpi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"math/bits"
	"slices"
)

// logIndex groups the rows of a Log by customer, partition by partition; within a
// customer rows stand in the order of time, and rows of one instant by event name,
// property values and amount, so that no answer depends on the order in which they
// came.
type logIndex struct{ parts []customerRows }

// customerRows are the rows of the customers of a partition.
type customerRows struct {
	rows  []int32 // row numbers, customer by customer
	start []int32 // where each customer begins in rows, and the end
}

// customers returns the number of customers.
func (r *customerRows) customers() int { return max(len(r.start)-1, 0) }

// of returns the rows of customer c.
func (r *customerRows) of(c int) []int32 { return r.rows[r.start[c]:r.start[c+1]] }

// rowOf is a row and its customer: the id times spread, less the partition.
type rowOf struct {
	key uint64
	row int32
}

// grouped returns the index of all rows, built on the first question after a row
// was added.
func (l *Log) grouped(ctx context.Context) (*logIndex, error) {
	if err := cancelled(ctx); err != nil {
		return nil, err
	}
	if l.Len() > 1<<31-2 {
		return nil, fail("Log", CodeTooLarge, "Len = %d", l.Len())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.index == nil {
		x := &logIndex{}
		same, err := l.gather(ctx, x)
		if err != nil {
			return nil, err
		}
		if same {
			l.index, l.distinct = x, true
		} else {
			l.rehash()
		}
	}
	return l.index, nil
}

// identify sees to it that no two customers have one id, which hashes of texts may.
func (l *Log) identify(ctx context.Context) error {
	if l.ids != idsText {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.distinct {
		same, err := l.gather(ctx, nil)
		if err != nil {
			return err
		}
		if l.distinct = same; !same {
			l.rehash()
		}
	}
	return nil
}

// rehash gives every text another id.
func (l *Log) rehash() {
	l.seed, l.weak = maphash.MakeSeed(), 0
	for _, c := range l.chunks {
		for i := range c.ids {
			c.ids[i] = l.hash(string(c.id(i)))
		}
	}
}

// gather builds x, unless it is nil, and reports whether rows of one id have one
// customer.
func (l *Log) gather(ctx context.Context, x *logIndex) (bool, error) {
	s, err := scatter(ctx, l, func(out *lane[rowOf], c *chunk, base int) error {
		for i, id := range c.ids {
			h := id * spread
			out.put(h, rowOf{h << (out.bits & 63), int32(base + i)}) //nolint:gosec // grouped bounds the rows
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if x != nil {
		x.parts = make([]customerRows, s.partitions())
	}
	gatherers := make([]gatherer, l.crew())
	err = inParallel(ctx, len(gatherers), s.partitions(), func(worker, p int) error {
		if s.empty(p) {
			return nil
		}
		g := &gatherers[worker]
		g.log = l
		g.reset()
		s.of(p, g.count)
		if x != nil {
			x.parts[p] = g.group(func(each func([]rowOf)) { s.of(p, each) })
		}
		return nil
	})
	for i := range gatherers {
		if gatherers[i].differ {
			return false, err
		}
	}
	return true, err
}

// gatherer groups the rows of one partition after the other.
type gatherer struct {
	log    *Log
	slots  keySlots
	first  []int32 // of each customer, the first row
	counts []int32 // of each customer, the rows
	which  []int32 // of each record, the customer
	differ bool    // two texts have the same hash
}

func (g *gatherer) reset() {
	g.slots.reset()
	g.first, g.counts, g.which = g.first[:0], g.counts[:0], g.which[:0]
}

// count numbers the customers of records in the order of their coming.
func (g *gatherer) count(records []rowOf) {
	text := g.log.ids == idsText
	for i := range records {
		r := &records[i]
		c, fresh := g.slots.of(r.key)
		if fresh {
			g.first, g.counts = append(g.first, r.row), append(g.counts, 0)
		} else if text && !g.log.sameText(r.row, g.first[c]) {
			g.differ = true
		}
		g.counts[c]++
		g.which = append(g.which, int32(c)) //nolint:gosec // no more than rows
	}
}

func (l *Log) sameText(a, b int32) bool {
	c, i := l.where(int(a))
	d, k := l.where(int(b))
	return bytes.Equal(c.id(i), d.id(k))
}

// group lays out the rows that count has seen.
func (g *gatherer) group(all func(each func([]rowOf))) customerRows {
	out := customerRows{rows: make([]int32, len(g.which)), start: make([]int32, len(g.counts)+1)}
	for c, n := range g.counts {
		out.start[c+1] = out.start[c] + n
		g.counts[c] = out.start[c]
	}
	next, i := g.counts, 0
	all(func(records []rowOf) {
		for k := range records {
			c := g.which[i]
			out.rows[next[c]] = records[k].row
			next[c]++
			i++
		}
	})
	for c := range out.customers() {
		g.log.order(out.of(c))
	}
	return out
}

// order sorts the rows of one customer.
func (l *Log) order(rows []int32) {
	before := l.rowAt(rows[0])
	for _, row := range rows[1:] {
		at := l.rowAt(row)
		if at <= before {
			slices.SortFunc(rows, l.compareRows)
			return
		}
		before = at
	}
}

// compareRows orders two rows of one customer.
func (l *Log) compareRows(a, b int32) int {
	c, i := l.where(int(a))
	d, k := l.where(int(b))
	if r := cmp.Compare(c.at[i], d.at[k]); r != 0 {
		return r
	}
	if r := cmp.Compare(l.names.texts[c.event[i]-1], l.names.texts[d.event[k]-1]); r != 0 {
		return r
	}
	for n := range l.props {
		texts := l.props[n].values.texts
		if r := cmp.Compare(texts[c.props[n][i]], texts[d.props[n][k]]); r != 0 {
			return r
		}
	}
	x, y := c.amount(i), d.amount(k)
	if r := x.Cmp(y); r != 0 {
		return r
	}
	return cmp.Compare(x.Exponent(), y.Exponent())
}

// keySlots numbers distinct keys in the order of their coming: a table with open
// addressing that is kept from one partition to the next.
type keySlots struct {
	slots []keySlot
	shift int
	n     int
}

type keySlot struct {
	key    uint64
	number int // from 1 on; 0 is free
}

func (k *keySlots) reset() {
	if k.slots == nil {
		k.slots, k.shift = make([]keySlot, 1<<6), 64-6
	}
	clear(k.slots)
	k.n = 0
}

// of returns the number of a key, and whether it is a new one. The first bits of
// keys are as good as random.
func (k *keySlots) of(key uint64) (int, bool) {
	for i := key >> (k.shift & 63); ; i++ {
		s := &k.slots[i&uint64(len(k.slots)-1)]
		switch {
		case s.number == 0:
			k.n++
			*s = keySlot{key, k.n}
			if 2*k.n > len(k.slots) {
				k.grow()
			}
			return k.n - 1, true
		case s.key == key:
			return s.number - 1, false
		}
	}
}

func (k *keySlots) grow() {
	old := k.slots
	k.slots = make([]keySlot, 2*len(old))
	k.shift = 64 - bits.Len(uint(len(k.slots))-1)
	for _, s := range old {
		if s.number == 0 {
			continue
		}
		i := s.key >> (k.shift & 63)
		for k.slots[i&uint64(len(k.slots)-1)].number != 0 {
			i++
		}
		k.slots[i&uint64(len(k.slots)-1)] = s
	}
}

// visit calls each once for every customer, in no particular order, with the
// customer's rows in order (logIndex). Every goroutine has a state of its own; the
// states are returned for the caller to merge, so that what each adds up must not
// depend on who added what. Of several errors the one of the lowest Index is
// returned.
func visit[S any](ctx context.Context, l *Log, each func(s *S, rows []int32) error) ([]S, error) {
	index, err := l.grouped(ctx)
	if err != nil {
		return nil, err
	}
	states := make([]S, l.crew())
	lowest := make([]error, len(states))
	err = inParallel(ctx, len(states), len(index.parts), func(worker, p int) error {
		part := &index.parts[p]
		for c := range part.customers() {
			if c%checkEvery == checkEvery-1 {
				if err := cancelled(ctx); err != nil {
					return err
				}
			}
			if err := each(&states[worker], part.of(c)); err != nil {
				lowest[worker] = earlier(lowest[worker], err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, e := range lowest {
		err = earlier(err, e)
	}
	if err != nil {
		return nil, err
	}
	return states, nil
}

// checkEvery is how many customers or rows pass between two looks at a context.
const checkEvery = 1 << 12

// earlier returns the error of the lower Index.
func earlier(a, b error) error {
	var x, y *Error
	if a == nil || errors.As(a, &x) && errors.As(b, &y) && y.Index < x.Index {
		return b
	}
	return a
}

// property is a column of Event.Props.
type property struct {
	log *Log
	at  int // its place among the properties
}

// eventSet returns which event handles are among names; none means all.
func (l *Log) eventSet(names []string) []bool {
	set := make([]bool, len(l.names.texts)+1)
	if len(names) == 0 {
		for i := range set {
			set[i] = true
		}
		return set
	}
	for _, n := range names {
		if c, ok := l.names.codes[n]; ok {
			set[c+1] = true
		}
	}
	return set
}

// propertyColumn returns the column of a declared property, or nil for "".
func (l *Log) propertyColumn(metric, name string) (*property, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // no breakdown was asked for
	}
	for i := range l.props {
		if l.props[i].name == name {
			return &property{l, i}, nil
		}
	}
	return nil, fail(metric, CodeUnknownName, "%s ∉ Props", clip(name))
}

func (p *property) value(row int) string {
	if p == nil {
		return ""
	}
	c, i := p.log.where(row)
	return p.log.props[p.at].values.texts[c.props[p.at][i]]
}
