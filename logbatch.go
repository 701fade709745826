package kpi

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// Batch is many rows as columns of equal length. One column of each pair is
// used, and the other is nil: Customers or Numbers, Names or Events, At or
// Instants. Amounts or Minor may both be nil, for rows without money. It has no
// JSON form: rows travel as Events, or as the binary form of a Log.
type Batch struct {
	noJSON

	Customers []string
	Numbers   []uint64

	Names  []string
	Events []EventID

	At         []time.Time
	Instants   []int64       // since 1970-01-01 UTC, in units of Resolution
	Resolution time.Duration // of Instants: time.Second, time.Millisecond …

	Amounts []decimal.Decimal
	Minor   []int64 // each ·10^Exp: cents are Exp −2
	Exp     int32   // of Minor, within ±64

	Props [][]string // one column for each declared property, or nil
}

// AddBatch appends all rows of b, or none. It returns an error if a column that
// rows need is missing, which an empty Batch{} lacks too, while columns of no
// rows are none; if the columns contradict each other; and one that names the row
// that Add would refuse.
func (l *Log) AddBatch(b Batch) error {
	const metric = "Log.AddBatch"
	n, kind, err := b.shape(metric, len(l.props))
	if err != nil || n == 0 {
		return err
	}
	if err := l.accept(metric, kind); err != nil {
		return err
	}
	for i, c := range b.Customers {
		switch {
		case c == "":
			return failAt(metric, CodeEmpty, i, "Customers = %q", c)
		case len(c) > maxID:
			return failAt(metric, CodeTooLarge, i, "Customers = %s, %d B", clip(c), len(c))
		case !utf8.ValidString(c):
			return failAt(metric, CodeSyntax, i, "Customers = %s", clip(c))
		}
	}
	for i, name := range b.Names {
		switch {
		case name == "":
			return failAt(metric, CodeEmpty, i, "Names = %q", name)
		case !l.isRecent(name) && !utf8.ValidString(name):
			return failAt(metric, CodeSyntax, i, "Names = %s", clip(name))
		}
	}
	for k, values := range b.Props {
		for i, v := range values {
			if !utf8.ValidString(v) {
				return failAt(metric, CodeSyntax, i, "Props[%d] = %s", k, clip(v))
			}
		}
	}
	for i, a := range b.Amounts {
		if err := gate(metric, "Amounts", a); err != nil {
			return at(err, metric, i)
		}
	}
	for i, t := range b.At {
		if _, err := instant(metric, t); err != nil {
			return at(err, metric, i)
		}
	}
	return l.addRows(metric, &b, n, kind)
}

// stretch is the part of a batch that goes into a chunk, after the rows it had.
type stretch struct {
	chunk         *chunk
	had, from, to int
}

// addRows appends the n rows of a b whose texts, times and decimals are valid.
// Columns of numbers are checked and copied while they are at hand, chunk by chunk
// and several at a time if there are many; codes of names are given one after the
// other.
func (l *Log) addRows(metric string, b *Batch, n int, kind idKind) error {
	ids, chunks, open := l.ids, len(l.chunks), l.open()
	var was chunk
	if open != nil {
		was = *open
	}
	l.begin(kind)
	var parts []stretch
	for from := 0; from < n; {
		p := stretch{chunk: l.open(), from: from}
		if p.chunk == nil || from > 0 {
			p.chunk = l.newChunk()
		}
		p.had = len(p.chunk.at)
		p.to = min(n, from+chunkRows-p.had)
		parts = append(parts, p)
		from = p.to
	}
	err := inParallel(context.Background(), l.crew(), len(parts), func(_, i int) error {
		return l.addNumbers(metric, b, &parts[i])
	})
	if err != nil {
		l.ids, l.chunks = ids, l.chunks[:chunks]
		if open != nil {
			*open = was
		}
		return err
	}
	for i := range parts {
		p := &parts[i]
		c := p.chunk
		for _, name := range part(b.Names, p) {
			c.event = append(c.event, l.named(name))
		}
		for k, a := range part(b.Amounts, p) {
			c.addAmount(p.had+k, a)
		}
		if b.Amounts == nil && b.Minor == nil && c.minor != nil {
			c.addMinors(p.had, make([]int64, p.to-p.from), c.exp)
		}
		if b.Props == nil {
			c.addEmptyProps(l, p.to-p.from)
			continue
		}
		for k := range l.props {
			for _, v := range part(b.Props[k], p) {
				c.props[k] = append(c.props[k], l.props[k].values.code(v))
			}
		}
	}
	l.added(n)
	return nil
}

// addNumbers appends the columns of a stretch that are numbers, and the customers.
// It returns an error for one that no row has, and leaves the chunk as it comes.
func (l *Log) addNumbers(metric string, b *Batch, p *stretch) error {
	c := p.chunk
	for _, id := range part(b.Customers, p) {
		c.addText(l.hash(id), id)
	}
	c.ids = append(c.ids, part(b.Numbers, p)...)
	for i, e := range part(b.Events, p) {
		if err := l.known(metric, e, p.from+i); err != nil {
			return err
		}
	}
	c.event = append(c.event, part(b.Events, p)...)
	if err := b.appendInstants(metric, c, p); err != nil {
		return err
	}
	if b.Minor != nil {
		c.addMinors(p.had, part(b.Minor, p), int8(b.Exp)) //nolint:gosec // checked by shape
	}
	return nil
}

// part returns the stretch of a column, which may be nil.
func part[T any](column []T, p *stretch) []T {
	if column == nil {
		return nil
	}
	return column[p.from:p.to]
}

// shape checks that the columns of b agree, and returns their length.
func (b *Batch) shape(metric string, props int) (int, idKind, error) {
	var n [4]int
	for i, pair := range [...]struct {
		names           string
		left, right     int
		isLeft, isRight bool
	}{
		{"Customers, Numbers", len(b.Customers), len(b.Numbers), b.Customers != nil, b.Numbers != nil},
		{"Names, Events", len(b.Names), len(b.Events), b.Names != nil, b.Events != nil},
		{"At, Instants", len(b.At), len(b.Instants), b.At != nil, b.Instants != nil},
		{"Amounts, Minor", len(b.Amounts), len(b.Minor), b.Amounts != nil, b.Minor != nil},
	} {
		switch n[i] = pair.left + pair.right; {
		case pair.isLeft && pair.isRight:
			return 0, 0, fail(metric, CodeMismatch, "%s ≠ nil", pair.names)
		case pair.isLeft || pair.isRight:
		case i < 3:
			return 0, 0, fail(metric, CodeEmpty, "%s = nil", pair.names)
		default:
			n[i] = n[0] // rows without money
		}
	}
	if n[1] != n[0] || n[2] != n[0] || n[3] != n[0] {
		return 0, 0, fail(metric, CodeLength, "len(Customers) = %d, len(Names) = %d, len(At) = %d, len(Amounts) = %d", n[0], n[1], n[2], n[3])
	}
	kind := idsText
	if b.Numbers != nil {
		kind = idsNumber
	}
	if b.Props != nil && len(b.Props) != props {
		return 0, 0, fail(metric, CodeLength, "len(Props) = %d ≠ %d", len(b.Props), props)
	}
	for i, p := range b.Props {
		if len(p) != n[0] {
			return 0, 0, fail(metric, CodeLength, "len(Customers) = %d ≠ %d = len(Props[%d])", n[0], len(p), i)
		}
	}
	if b.Exp < -maxExponent || b.Exp > maxExponent {
		return 0, 0, fail(metric, CodeTooLarge, "Exp = %d", b.Exp)
	}
	if b.Instants != nil && b.Resolution <= 0 {
		return 0, 0, fail(metric, CodeMissing, "Resolution = %v", b.Resolution)
	}
	return n[0], kind, nil
}

// appendInstants appends the instants of a stretch to its chunk. It returns an error
// if a Log does not hold one.
func (b *Batch) appendInstants(metric string, c *chunk, p *stretch) error {
	for _, t := range part(b.At, p) {
		ns := t.UnixNano()
		c.at = append(c.at, ns)
		c.from, c.to = min(c.from, ns), max(c.to, ns)
	}
	instants := part(b.Instants, p)
	if len(instants) == 0 {
		return nil
	}
	lo, hi := instants[0], instants[0]
	for _, u := range instants {
		lo, hi = min(lo, u), max(hi, u)
	}
	// Quotients towards zero: u·step lies between the bounds.
	step := int64(b.Resolution)
	least, most := minInstant/step, maxInstant/step
	if lo < least || hi > most {
		for i, u := range instants {
			if u > most || u < least {
				return failAt(metric, CodeTime, p.from+i, "Instants = %d, Resolution = %v", u, b.Resolution)
			}
		}
	}
	c.from, c.to = min(c.from, lo*step), max(c.to, hi*step)
	c.at = append(c.at, instants...)
	if step > 1 {
		rows := c.at[p.had:]
		for i := range rows {
			rows[i] *= step
		}
	}
	return nil
}
