package kpi

import (
	"cmp"
	"math"
	"slices"

	"github.com/shopspring/decimal"
)

const (
	chunkShift = 16
	// chunkRows is how many rows a chunk holds; all but the last are full.
	chunkRows = 1 << chunkShift
	// maxID bounds the bytes of a customer's id, so that those of a chunk are
	// within reach of 32 bits.
	maxID = 1<<16 - 1
)

// chunk is a run of rows of a Log, as columns.
type chunk struct {
	ids     []uint64 // customers: the numbers, or hashes of the texts
	text    []byte   // customer ids, one after another, if they are texts
	textEnd []uint32 // where each row's id ends in text
	at      []int64  // nanoseconds since 1970
	event   []EventID
	minor   []int64 // amount = minor·10^exp; nil while all are 0
	exp     int8    // of all that are not 0, unless exps says each row's
	exps    []int8
	wide    map[int]decimal.Decimal // amounts that do not fit, by row
	props   [][]uint32              // codes of values, by property

	room     int   // rows for which all columns but the amounts have a place
	from, to int64 // the first and the last instant; from > to without rows
	refunds  bool  // there are amounts below 0
}

// wideExp marks a row whose amount is in chunk.wide.
const wideExp = 127

// tail returns the chunk for the next row, with room for it. The first one grows as
// it must, so that a small log is small; whoever fills it will fill others.
func (l *Log) tail() *chunk {
	c := l.open()
	switch {
	case c == nil:
		c = l.newChunk()
		rows := chunkRows
		if len(l.chunks) == 1 {
			rows = 16
		}
		c.grow(l, rows)
	case len(c.at) >= c.room:
		c.grow(l, min(chunkRows, 2*len(c.at)))
	}
	return c
}

// open returns the last chunk if it is not full, or else nil.
func (l *Log) open() *chunk {
	if n := len(l.chunks); n > 0 && len(l.chunks[n-1].at) < chunkRows {
		return l.chunks[n-1]
	}
	return nil
}

// newChunk adds an empty chunk.
func (l *Log) newChunk() *chunk {
	c := &chunk{props: make([][]uint32, len(l.props)), from: math.MaxInt64, to: math.MinInt64}
	l.chunks = append(l.chunks, c)
	return c
}

// grow makes room for so many rows in all columns but the amounts.
func (c *chunk) grow(l *Log, rows int) {
	more := rows - len(c.at)
	c.ids, c.at, c.event = slices.Grow(c.ids, more), slices.Grow(c.at, more), slices.Grow(c.event, more)
	for i := range c.props {
		c.props[i] = slices.Grow(c.props[i], more)
	}
	if l.ids == idsText {
		c.textEnd = slices.Grow(c.textEnd, more)
		if first := l.chunks[0]; c != first {
			c.text = slices.Grow(c.text, len(first.text))
		}
	}
	c.room = rows
}

// where returns the chunk of a row, and its place there.
func (l *Log) where(row int) (*chunk, int) {
	return l.chunks[row>>chunkShift], row & (chunkRows - 1)
}

// addText appends a customer's id; it comes first of all columns.
func (c *chunk) addText(hash uint64, id string) {
	c.text = append(c.text, id...)
	c.textEnd = append(c.textEnd, uint32(len(c.text))) //nolint:gosec // chunkRows·maxID at most
	c.ids = append(c.ids, hash)
}

// id returns the text of a row's customer.
func (c *chunk) id(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = c.textEnd[i-1]
	}
	return c.text[from:c.textEnd[i]]
}

// add appends what every row has besides its customer.
func (c *chunk) add(e EventID, at int64) {
	c.event = append(c.event, e) // apart, for each to be in place
	c.at = append(c.at, at)
	c.from, c.to = min(c.from, at), max(c.to, at)
}

// addMinor appends the amount of row i, the first that has none yet. An amount of 0
// has no exponent of its own, or rows without money would set one.
func (c *chunk) addMinor(i int, minor int64, exp int8) {
	if minor == 0 && exp != wideExp {
		if c.minor == nil {
			return
		}
		exp = c.exp
	}
	c.scaled(i, exp)
	c.minor = append(c.minor, minor)
	if c.exps != nil {
		c.exps = append(c.exps, exp)
	}
	c.refunds = c.refunds || minor < 0
}

// addMinors is addMinor for rows from i on.
func (c *chunk) addMinors(i int, minor []int64, exp int8) {
	c.scaled(i, exp)
	c.minor = append(c.minor, minor...)
	var sign int64
	for _, m := range c.minor[i:] {
		sign |= m
	}
	c.refunds = c.refunds || sign < 0
	if c.exps != nil {
		c.exps = append(c.exps, slices.Repeat([]int8{exp}, len(minor))...)
	}
}

// scaled makes ready for amounts of that exponent from row i on.
func (c *chunk) scaled(i int, exp int8) {
	if c.minor == nil {
		c.exp = exp
		if i > 0 || c.room == chunkRows {
			c.minor = make([]int64, i, max(i+1, c.room))
		}
		if exp == wideExp {
			c.exp = 0
		}
	}
	if exp != c.exp && c.exps == nil {
		c.mix()
	}
}

// mix gives every row so far an exponent of its own.
func (c *chunk) mix() {
	c.exps = make([]int8, len(c.minor), max(len(c.minor)+1, cap(c.minor)))
	for i := range c.exps {
		c.exps[i] = c.exp
	}
}

// smallAmount returns d as minor·10^exp, and reports false if no int64 is sure to
// hold it or if the gate refuses it.
func smallAmount(d decimal.Decimal) (minor int64, exp int8, ok bool) {
	e := d.Exponent()
	if e < -maxExponent || e > maxExponent || d.NumDigits() > 18 {
		return 0, 0, false
	}
	return d.CoefficientInt64(), int8(e), true
}

// addAmount is addMinor of a gated decimal.
func (c *chunk) addAmount(i int, d decimal.Decimal) {
	if minor, exp, ok := smallAmount(d); ok {
		c.addMinor(i, minor, exp)
		return
	}
	if c.wide == nil {
		c.wide = map[int]decimal.Decimal{}
	}
	c.wide[i] = d
	c.addMinor(i, 0, wideExp)
	c.refunds = c.refunds || d.Sign() < 0
}

// addEmptyProps gives n rows no value of any property.
func (c *chunk) addEmptyProps(l *Log, n int) {
	for k := range l.props {
		empty := l.props[k].values.code("")
		for range n {
			c.props[k] = append(c.props[k], empty)
		}
	}
}

// parts returns the amount of a row as minor·10^exp, exp being wideExp for one in
// wide, and 0 for an amount of 0.
func (c *chunk) parts(i int) (minor int64, exp int8) {
	if c.minor == nil {
		return 0, 0
	}
	minor, exp = c.minor[i], c.exp
	if c.exps != nil {
		exp = c.exps[i]
	}
	if minor == 0 && exp != wideExp {
		exp = 0
	}
	return minor, exp
}

// amount returns the amount of a row.
func (c *chunk) amount(i int) decimal.Decimal {
	switch minor, exp := c.parts(i); {
	case exp == wideExp:
		return c.wide[i]
	case minor == 0:
		return decimal.Decimal{}
	default:
		return decimal.New(minor, int32(exp))
	}
}

// sign returns that of the amount of a row.
func (c *chunk) sign(i int) int {
	minor, exp := c.parts(i)
	if exp == wideExp {
		return c.wide[i].Sign()
	}
	return cmp.Compare(minor, 0)
}

// negative reports whether the amount of a row is below 0.
func (c *chunk) negative(i int) bool { return c.refunds && c.sign(i) < 0 }

// customer returns the id of a row's customer as a text, or as the number that it is.
func (l *Log) customer(id uint64, row int32) (string, uint64) {
	if l.ids != idsText {
		return "", id
	}
	c, i := l.where(int(row))
	return string(c.id(i)), 0
}
