package kpi

import (
	"cmp"

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

	from, to int64 // the first and the last instant
	dated    bool  // from and to are of a row
	refunds  bool  // there are amounts below 0
}

// wideExp marks a row whose amount is in chunk.wide.
const wideExp = 127

// tail returns the chunk for the next row. The first one grows as it must, so that
// a small log is small; whoever fills it will fill others.
func (l *Log) tail() *chunk {
	n := len(l.chunks)
	if n > 0 && l.rows < n<<chunkShift {
		return l.chunks[n-1]
	}
	c := l.newChunk()
	if n > 0 {
		c.ids, c.at, c.event = make([]uint64, 0, chunkRows), make([]int64, 0, chunkRows), make([]EventID, 0, chunkRows)
		for i := range c.props {
			c.props[i] = make([]uint32, 0, chunkRows)
		}
		if l.ids == idsText {
			c.text, c.textEnd = make([]byte, 0, len(l.chunks[0].text)), make([]uint32, 0, chunkRows)
		}
	}
	return c
}

// newChunk adds an empty chunk.
func (l *Log) newChunk() *chunk {
	c := &chunk{props: make([][]uint32, len(l.props))}
	l.chunks = append(l.chunks, c)
	return c
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
	c.event, c.at = append(c.event, e), append(c.at, at)
	c.seen(at, at)
}

// seen widens the range of instants.
func (c *chunk) seen(from, to int64) {
	if !c.dated {
		c.from, c.to, c.dated = from, to, true
	}
	c.from, c.to = min(c.from, from), max(c.to, to)
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
	var sign int64
	for _, m := range minor {
		sign |= m
	}
	c.minor = append(c.minor, minor...)
	for range minor {
		if c.exps == nil {
			break
		}
		c.exps = append(c.exps, exp)
	}
	c.refunds = c.refunds || sign < 0
}

// scaled makes ready for amounts of that exponent from row i on.
func (c *chunk) scaled(i int, exp int8) {
	if c.minor == nil {
		c.exp = exp
		if room := cap(c.at); i > 0 || room == chunkRows {
			c.minor = make([]int64, i, max(i+1, room))
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

// addAmount is addMinor of a gated decimal.
func (c *chunk) addAmount(i int, d decimal.Decimal) {
	if d.NumDigits() <= 18 {
		c.addMinor(i, d.CoefficientInt64(), int8(d.Exponent())) //nolint:gosec // gated
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
