package kpi

import (
	"time"

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
		}
	}
	for i, name := range b.Names {
		if name == "" {
			return failAt(metric, CodeEmpty, i, "Names = %q", name)
		}
	}
	for i, e := range b.Events {
		if err := l.known(metric, e, i); err != nil {
			return err
		}
	}
	for i, a := range b.Amounts {
		if err := gate(metric, "Amounts", a); err != nil {
			return at(err, metric, i)
		}
	}
	if err := b.validInstants(metric); err != nil {
		return err
	}
	for from := 0; from < n; {
		from += l.addRows(&b, from, n)
	}
	return nil
}

// addRows appends as many rows of a valid b, from one on to n, as the last chunk
// has room for, column by column, and returns their number.
func (l *Log) addRows(b *Batch, from, n int) int {
	var c *chunk
	if b.Customers != nil {
		c = l.textTail()
	} else {
		l.ids = idsNumber
		c = l.tail()
	}
	had := len(c.at)
	n = min(n, from+chunkRows-had)
	c.reserve(had + n - from)
	if b.Customers != nil {
		for _, id := range b.Customers[from:n] {
			c.addText(l.hash(id), id)
		}
	} else {
		c.ids = append(c.ids, b.Numbers[from:n]...)
	}
	if b.Events != nil {
		c.event = append(c.event, b.Events[from:n]...)
	} else {
		for _, name := range b.Names[from:n] {
			c.event = append(c.event, l.named(name))
		}
	}
	b.appendInstants(c, from, n)
	switch {
	case b.Amounts != nil:
		for i, a := range b.Amounts[from:n] {
			c.addAmount(had+i, a)
		}
	case b.Minor != nil:
		c.addMinors(had, b.Minor[from:n], int8(b.Exp)) //nolint:gosec // checked by shape
	case c.minor != nil:
		c.addMinors(had, make([]int64, n-from), c.exp)
	}
	if b.Props == nil {
		c.addEmptyProps(l, n-from)
	} else {
		for k := range l.props {
			for _, v := range b.Props[k][from:n] {
				c.props[k] = append(c.props[k], l.props[k].values.code(v))
			}
		}
	}
	l.added(n - from)
	return n - from
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

// validInstants refuses instants that a Log does not hold.
func (b *Batch) validInstants(metric string) error {
	for i, t := range b.At {
		if _, err := instant(metric, t); err != nil {
			return at(err, metric, i)
		}
	}
	if b.Instants == nil {
		return nil
	}
	// Quotients towards zero: u·step lies between the bounds.
	step := int64(b.Resolution)
	lo, hi := minInstant/step, maxInstant/step
	for i, u := range b.Instants {
		if u > hi || u < lo {
			return failAt(metric, CodeTime, i, "Instants = %d, Resolution = %v", u, b.Resolution)
		}
	}
	return nil
}

// appendInstants appends the instants of valid rows to c.
func (b *Batch) appendInstants(c *chunk, from, n int) {
	had := len(c.at)
	if b.At != nil {
		for _, t := range b.At[from:n] {
			c.at = append(c.at, t.UnixNano())
		}
	} else {
		c.at = append(c.at, b.Instants[from:n]...)
	}
	rows, step := c.at[had:], int64(1)
	if b.At == nil {
		step = int64(b.Resolution)
	}
	lo, hi := rows[0]*step, rows[0]*step
	for i, u := range rows {
		u *= step
		lo, hi = min(lo, u), max(hi, u)
		rows[i] = u
	}
	c.seen(lo, hi)
}
