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
		if c == "" {
			return failAt(metric, CodeMissing, i, "a row needs a customer")
		}
	}
	for i, name := range b.Names {
		if name == "" {
			return failAt(metric, CodeMissing, i, "an event needs a name")
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
	instants, err := b.instants(metric, n)
	if err != nil {
		return err
	}
	l.ids = kind
	for _, c := range b.Customers {
		l.appendText(c)
	}
	l.numbers = append(l.numbers, b.Numbers...)
	for i, ns := range instants {
		id := EventID(0)
		if b.Events != nil {
			id = b.Events[i]
		} else {
			id, _ = l.Event(b.Names[i])
		}
		l.appendRow(id, ns)
		switch {
		case b.Amounts != nil:
			l.appendAmount(b.Amounts[i])
		case b.Minor != nil:
			l.minor, l.exp = append(l.minor, b.Minor[i]), append(l.exp, int8(b.Exp)) //nolint:gosec // checked by shape
		default:
			l.minor, l.exp = append(l.minor, 0), append(l.exp, 0)
		}
	}
	if b.Props == nil {
		l.appendEmptyProps(n)
		return nil
	}
	for i := range l.props {
		p := &l.props[i]
		for _, v := range b.Props[i] {
			p.code = append(p.code, p.values.code(v))
		}
	}
	return nil
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
			return 0, 0, fail(metric, CodeMismatch, "%s: both columns are given", pair.names)
		case pair.isLeft || pair.isRight:
		case i < 3:
			return 0, 0, fail(metric, CodeMissing, "%s: neither column is given", pair.names)
		default:
			n[i] = n[0] // rows without money
		}
	}
	if n[1] != n[0] || n[2] != n[0] || n[3] != n[0] {
		return 0, 0, fail(metric, CodeLength, "%d customers, %d names, %d instants, %d amounts", n[0], n[1], n[2], n[3])
	}
	kind := idsText
	if b.Numbers != nil {
		kind = idsNumber
	}
	if b.Props != nil && len(b.Props) != props {
		return 0, 0, fail(metric, CodeLength, "%d property columns of %d", len(b.Props), props)
	}
	for i, p := range b.Props {
		if len(p) != n[0] {
			return 0, 0, fail(metric, CodeLength, "%d customers, %d values of property %d", n[0], len(p), i)
		}
	}
	if b.Exp < -maxExponent || b.Exp > maxExponent {
		return 0, 0, fail(metric, CodeTooLarge, "Exp = %d", b.Exp)
	}
	if b.Instants != nil && b.Resolution <= 0 {
		return 0, 0, fail(metric, CodeMissing, "Instants need a positive Resolution")
	}
	return n[0], kind, nil
}

// instants returns the instants of b as nanoseconds.
func (b *Batch) instants(metric string, n int) ([]int64, error) {
	out := make([]int64, n)
	for i, t := range b.At {
		ns, err := instant(metric, t)
		if err != nil {
			return nil, at(err, metric, i)
		}
		out[i] = ns
	}
	step := int64(b.Resolution)
	for i, u := range b.Instants {
		// Quotients towards zero: u·step lies between the bounds.
		if u > maxInstant/step || u < minInstant/step {
			return nil, failAt(metric, CodeTime, i, "Instants = %d in units of %v", u, b.Resolution)
		}
		out[i] = u * step
	}
	return out, nil
}
