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
	b = appendUint(b, uint64(len(l.at)))
	for row := range l.Len() {
		if l.ids == idsText {
			b = appendText(b, l.customerText(row))
		} else {
			b = appendUint(b, l.numbers[row])
		}
		b = appendInt(appendUint(b, uint64(l.event[row])), l.at[row])
		b = append(b, byte(l.exp[row])) //nolint:gosec // two's complement
		if d, ok := l.wide[row]; ok {
			b = appendDecimal(b, d)
		} else {
			b = appendInt(b, l.minor[row])
		}
		for _, p := range l.props {
			b = appendUint(b, uint64(p.code[row]))
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
	n.ids = idKind(d.uint(uint64(idsNumber))) //nolint:gosec // at most 2
	n.props = make([]property, d.count(2))
	for i := range n.props {
		name := d.text()
		if name == "" || slices.ContainsFunc(n.props[:i], func(p property) bool { return p.name == name }) {
			d.fail("a property without a name of its own")
		}
		n.props[i].name, n.props[i].values = name, d.dictionary()
	}
	n.names = d.dictionary()
	if _, ok := n.names.codes[""]; ok {
		d.fail("an event without a name")
	}
	rows := d.count(5)
	if (rows > 0) != (n.ids != idsNone) {
		d.fail("%d rows with ids of kind %d", rows, n.ids)
	}
	for i := 0; i < rows && d.err == nil; i++ {
		n.decodeRow(d)
	}
	if err := d.done(); err != nil {
		return err
	}
	l.ids, l.text, l.textEnd, l.numbers = n.ids, n.text, n.textEnd, n.numbers
	l.event, l.at, l.minor, l.exp, l.wide = n.event, n.at, n.minor, n.exp, n.wide
	l.names, l.props, l.index = n.names, n.props, nil
	return nil
}

func (l *Log) decodeRow(d *decoder) {
	if l.ids == idsText {
		id := d.text()
		if id == "" {
			d.fail("an empty customer")
		}
		l.appendText(id)
	} else {
		l.numbers = append(l.numbers, d.uint(math.MaxUint64))
	}
	e := EventID(d.uint(uint64(len(l.names.texts)))) //nolint:gosec // bounded on the same line
	if e == 0 {
		d.fail("no event")
	}
	l.appendRow(e, d.int(minInstant, maxInstant))
	if exp := int8(d.byte()); exp != wideExp { //nolint:gosec // two's complement
		if exp < -maxExponent || exp > maxExponent {
			d.fail("the exponent %d", exp)
		}
		l.minor, l.exp = append(l.minor, d.int(math.MinInt64, math.MaxInt64)), append(l.exp, exp)
	} else {
		v := d.decimal(1)
		if n := v.NumDigits(); n <= 18 {
			d.fail("a wide amount of %d digits", n)
		}
		l.appendAmount(v)
	}
	for i := range l.props {
		p := &l.props[i]
		c := d.uint(math.MaxUint32)
		if c >= uint64(len(p.values.texts)) {
			d.fail("no such property value")
		}
		p.code = append(p.code, uint32(c)) //nolint:gosec // bounded above
	}
}

func (d *decoder) byte() byte {
	if d.err != nil || len(d.b) == 0 {
		d.fail("a byte is missing")
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
			d.fail("a text stands twice in a dictionary")
		}
	}
	return out
}
