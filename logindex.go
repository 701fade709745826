package kpi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"slices"

	"github.com/shopspring/decimal"
)

// logIndex groups the rows of a Log by customer, partition by partition; within a
// customer rows stand in the order of time, and rows of one instant by event name,
// property values and amount, so that no answer depends on the order in which they
// came.
type logIndex struct{ parts []customerRows }

// customerRows are the rows of the customers of a partition.
type customerRows struct {
	rows  []logRow // customer by customer
	start []int32  // where each customer begins in rows, and the end
	ids   []uint64 // of the customers
}

// logRow is a row, and what every question asks of it: to look for that in the
// columns of the log, customer by customer, would cost more than all the rest.
type logRow struct {
	at    int64
	minor int64 // of the amount
	row   int32
	event EventID
}

// parts returns the amount of a row as minor·10^exp, exp being wideExp for one in
// the wide amounts of its chunk, and 0 for an amount of 0.
func (l *Log) parts(r *logRow) (minor int64, exp int8) {
	c := l.chunks[r.row>>chunkShift]
	if exp = c.exp; c.exps != nil {
		exp = c.exps[r.row&(chunkRows-1)]
	}
	if r.minor == 0 && exp != wideExp {
		exp = 0
	}
	return r.minor, exp
}

// wide returns an amount that does not fit.
func (l *Log) wide(r *logRow) decimal.Decimal {
	c, i := l.where(int(r.row))
	return c.wide[i]
}

// amount returns that of a row.
func (l *Log) amount(r *logRow) decimal.Decimal {
	switch minor, exp := l.parts(r); {
	case exp == wideExp:
		return l.wide(r)
	case minor == 0:
		return decimal.Decimal{}
	default:
		return decimal.New(minor, int32(exp))
	}
}

// sign returns that of the amount of a row.
func (l *Log) sign(r *logRow) int {
	if r.minor != 0 {
		return cmp.Compare(r.minor, 0)
	}
	if _, exp := l.parts(r); exp == wideExp {
		return l.wide(r).Sign()
	}
	return 0
}

// addTo adds the amount of a row to s.
func (l *Log) addTo(s *Sum, r *logRow) {
	switch minor, exp := l.parts(r); {
	case exp == wideExp:
		s.add(l.wide(r))
	case minor != 0:
		s.part(int32(exp)).add(minor)
	}
}

// customers returns the number of customers.
func (r *customerRows) customers() int { return max(len(r.start)-1, 0) }

// of returns the rows of customer c.
func (r *customerRows) of(c int) []logRow { return r.rows[r.start[c]:r.start[c+1]] }

// indexed is a row with its customer's key.
type indexed struct {
	key uint64
	logRow
}

// grouped returns the index of all rows, built on the first question that needs it
// after a row was added. Whoever asks while it is built waits for it, or for the
// context.
func (l *Log) grouped(ctx context.Context) (*logIndex, error) {
	if err := cancelled(ctx); err != nil {
		return nil, err
	}
	for {
		l.mu.Lock()
		x, built := l.index, l.built
		if x == nil && built == nil {
			built = make(chan struct{})
			l.built = built
			l.mu.Unlock()
			return l.build(ctx, built)
		}
		l.mu.Unlock()
		if x != nil {
			return x, nil
		}
		var done <-chan struct{}
		if ctx != nil {
			done = ctx.Done()
		}
		select {
		case <-built:
		case <-done:
			return nil, cancelled(ctx)
		}
	}
}

// build makes the index, and closes built when it is there or will not be.
func (l *Log) build(ctx context.Context, built chan struct{}) (x *logIndex, err error) {
	for x == nil && err == nil {
		if x, err = l.gather(ctx); x == nil && err == nil {
			l.rehash()
		}
	}
	if err != nil {
		x = nil
	}
	l.mu.Lock()
	l.index, l.built, l.asked = x, nil, true
	l.mu.Unlock()
	close(built)
	return x, err
}

// again reports whether there is an index, and builds it if this is not the first
// question since a row was added: who asks twice will ask more. The first can do
// without, unless ids are texts, whose hashes only an index tells apart.
func (l *Log) again(ctx context.Context) (bool, error) {
	if err := l.fits(); err != nil {
		return false, err
	}
	l.mu.Lock()
	first := l.index == nil && !l.asked && l.ids == idsNumber
	l.asked = true
	l.mu.Unlock()
	if first {
		return false, nil
	}
	_, err := l.grouped(ctx)
	return true, err
}

// fits refuses more rows than 32 bits number.
func (l *Log) fits() error {
	if l.Len() > 1<<31-2 {
		return fail("Log", CodeTooLarge, "Len = %d", l.Len())
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

// gather returns the index, or nil if rows of one id have several customers.
func (l *Log) gather(ctx context.Context) (*logIndex, error) {
	if err := l.fits(); err != nil {
		return nil, err
	}
	s, err := scatter(ctx, l, &indexSlabs, func(out *lane[indexed], c *chunk, base int) error {
		minor := c.minor
		if minor == nil {
			minor = make([]int64, len(c.ids))
		}
		for i, id := range c.ids {
			h := mixed(id, l.odd)
			out.put(h, indexed{h << (out.bits & 63), logRow{c.at[i], minor[i], int32(base + i), c.event[i]}}) //nolint:gosec // fits
		}
		return nil
	})
	defer s.free()
	if err != nil {
		return nil, err
	}
	x := &logIndex{parts: make([]customerRows, s.partitions())}
	gatherers, back := make([]apart[gatherer], l.crew()), inverse(l.odd)
	err = inParallel(ctx, len(gatherers), s.partitions(), func(worker, p int) error {
		if s.empty(p) {
			return nil
		}
		g := &gatherers[worker].own
		g.reset()
		err := s.of(ctx, p, func(records []indexed) {
			for k := range records {
				g.count(records[k].key)
			}
		})
		if err != nil {
			return err
		}
		if l.ids == idsText {
			same, err := l.sameTexts(ctx, g, s, p)
			if err != nil {
				return err
			}
			g.differ = g.differ || !same
		}
		part := customerRows{rows: make([]logRow, len(g.which)), start: g.begin(), ids: make([]uint64, len(g.keys))}
		for c, key := range g.keys {
			part.ids[c] = unmixed(uint64(p)<<((64-s.bits)&63)|key>>(s.bits&63), back) //nolint:gosec // not negative
		}
		which := g.which
		err = s.of(ctx, p, func(records []indexed) {
			for k := range records {
				next := &g.counts[which[k]]
				part.rows[*next] = records[k].logRow
				*next++
			}
			which = which[len(records):]
		})
		if err != nil {
			return err
		}
		for c := range part.customers() {
			l.order(part.of(c))
		}
		x.parts[p] = part
		return nil
	})
	for i := range gatherers {
		if gatherers[i].own.differ {
			x = nil
		}
	}
	return x, err
}

// sameTexts reports whether the customers that were told apart by the hashes of
// their texts in partition p have one text each.
func (l *Log) sameTexts(ctx context.Context, g *gatherer, s *scattered[indexed], p int) (bool, error) {
	first := make([][]byte, len(g.counts))
	which, same := g.which, true
	err := s.of(ctx, p, func(records []indexed) {
		for k := range records {
			c, i := l.where(int(records[k].row))
			id := c.id(i)
			switch of := &first[which[k]]; {
			case *of == nil:
				*of = id
			case !bytes.Equal(*of, id):
				same = false
			}
		}
		which = which[len(records):]
	})
	return same, err
}

// order sorts the rows of one customer.
func (l *Log) order(rows []logRow) {
	for i := 1; i < len(rows); i++ {
		if rows[i].at <= rows[i-1].at {
			slices.SortFunc(rows, l.compareRows)
			return
		}
	}
}

// compareRows orders two rows of one customer.
func (l *Log) compareRows(a, b logRow) int {
	if r := cmp.Compare(a.at, b.at); r != 0 {
		return r
	}
	if a.event != b.event {
		return cmp.Compare(l.names.texts[a.event-1], l.names.texts[b.event-1])
	}
	c, i := l.where(int(a.row))
	d, k := l.where(int(b.row))
	for n := range l.props {
		texts := l.props[n].values.texts
		if r := cmp.Compare(texts[c.props[n][i]], texts[d.props[n][k]]); r != 0 {
			return r
		}
	}
	x, y := l.amount(&a), l.amount(&b)
	if r := x.Cmp(y); r != 0 {
		return r
	}
	return cmp.Compare(x.Exponent(), y.Exponent())
}

// visit calls each once for every customer, in no particular order, with the
// customer's id and rows in order (logIndex). Every goroutine has a state of its own; the
// states are returned for the caller to merge, so that what each adds up must not
// depend on who added what. Of several errors the one of the lowest Index is
// returned.
func visit[S any](ctx context.Context, l *Log, each func(s *S, id uint64, rows []logRow) error) ([]S, error) {
	index, err := l.grouped(ctx)
	if err != nil {
		return nil, err
	}
	type state struct {
		own S
		err error
	}
	states := make([]apart[state], l.crew())
	err = inParallel(ctx, len(states), len(index.parts), func(worker, p int) error {
		part, s := &index.parts[p], &states[worker].own
		for c := range part.customers() {
			if c%checkEvery == checkEvery-1 {
				if err := cancelled(ctx); err != nil {
					return err
				}
			}
			if err := each(&s.own, part.ids[c], part.of(c)); err != nil {
				s.err = earlier(s.err, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]S, len(states))
	for i := range states {
		out[i] = states[i].own.own
		if e := states[i].own.err; e != nil {
			err = earlier(err, e)
		}
	}
	if err != nil {
		return nil, err
	}
	return out, nil
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
