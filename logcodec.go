package kpi

import (
	"math"
	"slices"
)

// AppendBinary appends an encoding of l from which UnmarshalBinary makes a log
// of the same rows. Unlike other encodings it is not canonical: logs that answer
// alike may differ in bytes.
func (l *Log) AppendBinary(b []byte) ([]byte, error) {
	b = append(appendHeader(b, kindLog), byte(l.ids))
	b = appendUint(b, uint64(len(l.props)))
	for _, p := range l.props {
		b = appendTexts(appendText(b, p.name), p.values.texts)
	}
	b = appendTexts(b, l.names.texts)
	b = appendUint(b, uint64(l.Len())) //nolint:gosec // not negative
	for row := range l.Len() {
		c, i := l.where(row)
		if l.ids == idsText {
			b = append(appendUint(b, uint64(len(c.id(i)))), c.id(i)...)
		} else {
			b = appendUint(b, c.ids[i])
		}
		b = appendInt(appendUint(b, uint64(c.event[i])), c.at[i])
		minor, exp := c.parts(i)
		b = append(b, byte(exp)) //nolint:gosec // two's complement
		if exp == wideExp {
			b = appendDecimal(b, c.wide[i])
		} else {
			b = appendInt(b, minor)
		}
		for k := range c.props {
			b = appendUint(b, uint64(c.props[k][i]))
		}
	}
	return b, nil
}

func appendTexts(b []byte, texts []string) []byte {
	b = appendUint(b, uint64(len(texts)))
	for _, t := range texts {
		b = appendText(b, t)
	}
	return b
}

// MarshalBinary is AppendBinary to an empty slice.
func (l *Log) MarshalBinary() ([]byte, error) { return l.AppendBinary(nil) }

// UnmarshalBinary replaces the rows of l by those that AppendBinary wrote;
// Workers stays, and event handles of before are void. It returns an error, and
// leaves l as it was, if data are anything else.
func (l *Log) UnmarshalBinary(data []byte) error {
	d := newDecoder("Log.UnmarshalBinary", kindLog, data)
	var n Log
	n.begin(idKind(d.uint(uint64(idsNumber)))) //nolint:gosec // at most 2
	n.props = make([]prop, d.count(2))
	for i := range n.props {
		name := d.text()
		if name == "" || slices.ContainsFunc(n.props[:i], func(p prop) bool { return p.name == name }) {
			d.fail("Props[%d] = %s", i, clip(name))
		}
		n.props[i].name, n.props[i].values = name, d.dictionary()
	}
	n.names = d.dictionary()
	if _, ok := n.names.codes[""]; ok {
		d.fail("Name = \"\"")
	}
	rows := d.count(5)
	if (rows > 0) != (n.ids != idsNone) {
		d.fail("Len = %d, ids = %d", rows, n.ids)
	}
	for i := 0; i < rows && d.err == nil; i++ {
		n.decodeRow(d)
	}
	if err := d.done(); err != nil {
		return err
	}
	l.rows, l.ids, l.odd, l.seed, l.chunks = n.rows, n.ids, n.odd, n.seed, n.chunks
	l.names, l.props = n.names, n.props
	clear(l.recent[:])
	l.added(0)
	return nil
}

func (l *Log) decodeRow(d *decoder) {
	c := l.tail()
	if l.ids == idsText {
		id := d.text()
		if id == "" || len(id) > maxID {
			d.fail("Customer: %d B", len(id))
			return
		}
		c.addText(l.hash(id), id)
	} else {
		c.ids = append(c.ids, d.uint(math.MaxUint64))
	}
	e := EventID(d.uint(uint64(len(l.names.texts)))) //nolint:gosec // bounded on the same line
	if e == 0 {
		d.fail("EventID = 0")
	}
	c.add(e, d.int(minInstant, maxInstant))
	row := len(c.at) - 1
	if exp := int8(d.byte()); exp != wideExp { //nolint:gosec // two's complement
		if exp < -maxExponent || exp > maxExponent {
			d.fail("Exponent = %d", exp)
		}
		c.addMinor(row, d.int(math.MinInt64, math.MaxInt64), exp)
	} else {
		v := d.decimal(1)
		if n := v.NumDigits(); n <= 18 {
			d.fail("NumDigits = %d ≤ 18", n)
		}
		c.addAmount(row, v)
	}
	for k := range l.props {
		code := d.uint(math.MaxUint32)
		if code >= uint64(len(l.props[k].values.texts)) {
			d.fail("Props: %d ≥ %d", code, len(l.props[k].values.texts))
		}
		c.props[k] = append(c.props[k], uint32(code)) //nolint:gosec // bounded above
	}
	l.added(1)
}

func (d *decoder) byte() byte {
	if d.err != nil || len(d.b) == 0 {
		d.fail("len = 0")
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

// dictionary reads distinct texts.
func (d *decoder) dictionary() dictionary {
	var out dictionary
	n := d.count(1)
	for i := 0; i < n && d.err == nil; i++ {
		if int(out.code(d.text())) != i {
			d.fail("texts[%d]", i)
		}
	}
	return out
}
