package kpi

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// Log is an append-only table of events: who did what, when, and for how much.
// It is the one store of customers in the library; cohorts, histories and
// journeys are questions to it. The zero value is empty and ready.
//
// Append from one goroutine. Questions only read and may run side by side. All
// customer ids are strings or all are numbers: the first row decides, and mixing
// is an error. Instants are kept as nanoseconds from 1678 to 2262. Rows may come
// in any order, and no answer depends on it.
//
// A row takes 22 bytes, its id as text besides, and 4 bytes a property; the
// first question after a row was added builds an index of 8 bytes a row more.
type Log struct {
	noJSON
	// Workers bounds the goroutines of a question; 0 is GOMAXPROCS. It never
	// changes an answer.
	Workers int

	ids     idKind
	text    []byte   // customer ids, one after another
	textEnd []int    // where each row's id ends in text
	numbers []uint64 // customer ids, if they are numbers
	event   []EventID
	at      []int64 // nanoseconds since 1970
	minor   []int64 // amount = minor·10^exp
	exp     []int8
	wide    map[int]decimal.Decimal // amounts by row that do not fit
	names   dictionary
	props   []property

	mu    sync.Mutex
	index *logIndex // of all rows, or nil since the last one
}

type idKind byte

const (
	idsNone idKind = iota
	idsText
	idsNumber
)

// wideExp marks a row whose amount is in Log.wide.
const wideExp = 127

// property is one column of Event.Props.
type property struct {
	name   string
	values dictionary
	code   []uint32
}

// dictionary numbers distinct texts in the order of their coming.
type dictionary struct {
	codes map[string]uint32
	texts []string
}

func (d *dictionary) code(s string) uint32 {
	if c, ok := d.codes[s]; ok {
		return c
	}
	if d.codes == nil {
		d.codes = map[string]uint32{}
	}
	c := uint32(len(d.texts)) //nolint:gosec // rows run out of memory long before
	d.codes[s] = c
	d.texts = append(d.texts, s)
	return c
}

// Event is a row of a Log. Amount may be left out, and is then 0; Props has one
// value for each name that SetProps declared, or is nil for all empty.
type Event struct {
	Customer string
	Name     string
	At       time.Time
	Amount   decimal.Decimal
	Props    []string
}

// EventID is the handle of an event name in the Log that gave it. Its zero value
// is no event.
type EventID uint32

// Batch is many rows as columns of equal length. One column of each pair is
// used, and the other is nil: Customers or Numbers, Names or Events, At or
// Instants. Amounts or Minor may both be nil, for rows without money.
type Batch struct {
	Customers []string
	Numbers   []uint64

	Names  []string
	Events []EventID

	At         []time.Time
	Instants   []int64       // since 1970-01-01 UTC, in units of Resolution
	Resolution time.Duration // of Instants: time.Second, time.Millisecond …

	Amounts []decimal.Decimal
	Minor   []int64 // each ·10^Exp: cents are Exp −2
	Exp     int32

	Props [][]string // one column for each declared property, or nil
}

// Len returns the number of rows.
func (l *Log) Len() int { return len(l.at) }

// SetProps declares the properties that rows carry, in the order of
// Event.Props. It returns an error once there are rows, or if a name is empty or
// given twice.
func (l *Log) SetProps(names ...string) error {
	const metric = "Log.SetProps"
	if l.Len() > 0 {
		return fail(metric, CodeLate, "the log has %d rows", l.Len())
	}
	seen := make(map[string]bool, len(names))
	props := make([]property, len(names))
	for i, n := range names {
		if n == "" || seen[n] {
			return failAt(metric, CodeMismatch, i, "the name %s is empty or given twice", clip(n))
		}
		seen[n], props[i].name = true, n
	}
	l.props = props
	return nil
}

// Event returns the handle of an event name, for AddID and AddMinor. It returns
// an error if name is empty.
func (l *Log) Event(name string) (EventID, error) {
	if name == "" {
		return 0, fail("Log.Event", CodeMissing, "an event needs a name")
	}
	return EventID(l.names.code(name) + 1), nil
}

// Add appends a row whose customer is a string. It returns an error, and appends
// nothing, if the customer or the name is empty, if the log's ids are numbers,
// if the instant lies outside 1678–2262, if the amount is too large, or if Props
// do not match SetProps.
func (l *Log) Add(e Event) error {
	const metric = "Log.Add"
	if err := l.accept(metric, idsText); err != nil {
		return err
	}
	if e.Customer == "" || e.Name == "" {
		return fail(metric, CodeMissing, "a row needs a customer and a name")
	}
	at, err := instant(metric, e.At)
	if err != nil {
		return err
	}
	if err := gate(metric, "Amount", e.Amount); err != nil {
		return err
	}
	if len(e.Props) != 0 && len(e.Props) != len(l.props) {
		return fail(metric, CodeLength, "%d properties of %d", len(e.Props), len(l.props))
	}
	l.ids = idsText
	l.appendText(e.Customer)
	id, _ := l.Event(e.Name)
	l.appendRow(id, at)
	l.appendAmount(e.Amount)
	for i := range l.props {
		v := ""
		if len(e.Props) > 0 {
			v = e.Props[i]
		}
		l.props[i].code = append(l.props[i].code, l.props[i].values.code(v))
	}
	return nil
}

// AddID appends a row without money whose customer is a number and whose event
// is a handle of this log; its properties are empty. It returns an error as Add
// does.
func (l *Log) AddID(customer uint64, e EventID, at time.Time) error {
	return l.addMinor("Log.AddID", customer, e, at, 0, 0)
}

// AddMinor is AddID with the amount minor·10^exp: cents are exp −2.
func (l *Log) AddMinor(customer uint64, e EventID, at time.Time, minor int64, exp int32) error {
	return l.addMinor("Log.AddMinor", customer, e, at, minor, exp)
}

func (l *Log) addMinor(metric string, customer uint64, e EventID, at time.Time, minor int64, exp int32) error {
	if err := l.accept(metric, idsNumber); err != nil {
		return err
	}
	if err := l.known(metric, e, -1); err != nil {
		return err
	}
	ns, err := instant(metric, at)
	if err != nil {
		return err
	}
	if exp < -maxExponent || exp > maxExponent {
		return fail(metric, CodeTooLarge, "exp = %d", exp)
	}
	l.ids = idsNumber
	l.numbers = append(l.numbers, customer)
	l.appendRow(e, ns)
	l.minor, l.exp = append(l.minor, minor), append(l.exp, int8(exp)) //nolint:gosec // bounded above
	l.appendEmptyProps(1)
	return nil
}

// AddBatch appends all rows of b, or none. It returns an error if the columns
// contradict each other, and one that names the row that Add would refuse.
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
	pair := func(what string, a, b int, isA, isB, optional bool) (int, error) {
		switch {
		case isA && isB:
			return 0, fail(metric, CodeMismatch, "%s: both columns are given", what)
		case isA:
			return a, nil
		case isB || optional:
			return b, nil
		}
		return 0, fail(metric, CodeMissing, "%s: neither column is given", what)
	}
	n, err := pair("Customers, Numbers", len(b.Customers), len(b.Numbers), b.Customers != nil, b.Numbers != nil, false)
	if err != nil {
		return 0, 0, err
	}
	kind := idsText
	if b.Numbers != nil {
		kind = idsNumber
	}
	names, err := pair("Names, Events", len(b.Names), len(b.Events), b.Names != nil, b.Events != nil, false)
	if err != nil {
		return 0, 0, err
	}
	times, err := pair("At, Instants", len(b.At), len(b.Instants), b.At != nil, b.Instants != nil, false)
	if err != nil {
		return 0, 0, err
	}
	amounts, err := pair("Amounts, Minor", len(b.Amounts), len(b.Minor), b.Amounts != nil, b.Minor != nil, true)
	if err != nil {
		return 0, 0, err
	}
	if b.Amounts == nil && b.Minor == nil {
		amounts = n
	}
	if names != n || times != n || amounts != n {
		return 0, 0, fail(metric, CodeLength, "%d customers, %d names, %d instants, %d amounts", n, names, times, amounts)
	}
	if b.Props != nil && len(b.Props) != props {
		return 0, 0, fail(metric, CodeLength, "%d property columns of %d", len(b.Props), props)
	}
	for i, p := range b.Props {
		if len(p) != n {
			return 0, 0, fail(metric, CodeLength, "%d customers, %d values of property %d", n, len(p), i)
		}
	}
	if b.Exp < -maxExponent || b.Exp > maxExponent {
		return 0, 0, fail(metric, CodeTooLarge, "Exp = %d", b.Exp)
	}
	if b.Instants != nil && b.Resolution <= 0 {
		return 0, 0, fail(metric, CodeMissing, "Instants need a positive Resolution")
	}
	return n, kind, nil
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
		if u > math.MaxInt64/step || u < -(math.MaxInt64/step) {
			return nil, failAt(metric, CodeTime, i, "Instants = %d in units of %v", u, b.Resolution)
		}
		out[i] = u * step
	}
	return out, nil
}

// accept refuses rows whose ids are of the other kind.
func (l *Log) accept(metric string, kind idKind) error {
	if l.ids != idsNone && l.ids != kind {
		return fail(metric, CodeMismatch, "string and number ids in one log")
	}
	return nil
}

// known refuses an event handle that this log did not give.
func (l *Log) known(metric string, e EventID, index int) error {
	if e == 0 || int(e) > len(l.names.texts) {
		return failAt(metric, CodeUnknownName, index, "EventID = %d", e)
	}
	return nil
}

// The instants that fit int64 nanoseconds, in whole seconds.
const (
	minSecond = math.MinInt64/1_000_000_000 + 1
	maxSecond = math.MaxInt64/1_000_000_000 - 1
)

func instant(metric string, t time.Time) (int64, error) {
	if s := t.Unix(); s < minSecond || s > maxSecond {
		return 0, fail(metric, CodeTime, "%s is outside 1678–2262", t.Format(time.RFC3339))
	}
	return t.UnixNano(), nil
}

func (l *Log) appendText(id string) {
	l.text = append(l.text, id...)
	l.textEnd = append(l.textEnd, len(l.text))
}

func (l *Log) appendRow(e EventID, at int64) {
	l.event, l.at, l.index = append(l.event, e), append(l.at, at), nil
}

func (l *Log) appendAmount(d decimal.Decimal) {
	if d.NumDigits() <= 18 {
		l.minor, l.exp = append(l.minor, d.CoefficientInt64()), append(l.exp, int8(d.Exponent())) //nolint:gosec // gated
		return
	}
	if l.wide == nil {
		l.wide = map[int]decimal.Decimal{}
	}
	l.wide[len(l.minor)] = d
	l.minor, l.exp = append(l.minor, 0), append(l.exp, wideExp)
}

func (l *Log) appendEmptyProps(n int) {
	for i := range l.props {
		p := &l.props[i]
		empty := p.values.code("")
		for range n {
			p.code = append(p.code, empty)
		}
	}
}

// amount returns the amount of a row.
func (l *Log) amount(row int) decimal.Decimal {
	if l.exp[row] == wideExp {
		return l.wide[row]
	}
	return decimal.New(l.minor[row], int32(l.exp[row]))
}

// addTo adds the amount of a row to s.
func (l *Log) addTo(s *Sum, row int) {
	if l.exp[row] == wideExp {
		s.add(l.wide[row])
		return
	}
	s.part(int32(l.exp[row])).add(l.minor[row])
}

func (l *Log) customerText(row int) string {
	from := 0
	if row > 0 {
		from = l.textEnd[row-1]
	}
	return string(l.text[from:l.textEnd[row]])
}

// Merge appends the rows of o, which is unchanged. It returns an error, and
// appends nothing, if the ids are of different kinds or the properties differ.
// Properties are taken over by a log without rows.
func (l *Log) Merge(o *Log) error {
	const metric = "Log.Merge"
	n := o.Len()
	if n == 0 {
		return nil
	}
	if err := l.accept(metric, o.ids); err != nil {
		return err
	}
	same := len(l.props) == len(o.props)
	for i := 0; same && i < len(l.props); i++ {
		same = l.props[i].name == o.props[i].name
	}
	if !same {
		if l.Len() > 0 || len(l.props) > 0 {
			return fail(metric, CodeMismatch, "the properties differ")
		}
		l.props = make([]property, len(o.props))
		for i := range o.props {
			l.props[i].name = o.props[i].name
		}
	}
	l.ids = o.ids
	for row := range n {
		if o.ids == idsText {
			l.appendText(o.customerText(row))
		} else {
			l.numbers = append(l.numbers, o.numbers[row])
		}
		id, _ := l.Event(o.names.texts[o.event[row]-1])
		l.appendRow(id, o.at[row])
		l.appendAmount(o.amount(row))
		for i := range l.props {
			p, q := &l.props[i], &o.props[i]
			p.code = append(p.code, p.values.code(q.values.texts[q.code[row]]))
		}
	}
	return nil
}

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
	b = appendUint(b, uint64(l.Len()))
	for row := range l.Len() {
		if l.ids == idsText {
			b = appendText(b, l.customerText(row))
		} else {
			b = appendUint(b, l.numbers[row])
		}
		b = appendInt(appendUint(b, uint64(l.event[row])), l.at[row])
		b = append(b, byte(l.exp[row])) //nolint:gosec // two's complement
		if d, ok := l.wide[row]; ok {
			b = appendBig(appendInt(b, int64(d.Exponent())), d.Coefficient())
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
// Workers stays. It returns an error, and leaves l as it was, if data are
// anything else.
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
	l.appendRow(e, d.int(minSecond*1_000_000_000, (maxSecond+1)*1_000_000_000-1))
	if exp := int8(d.byte()); exp != wideExp { //nolint:gosec // two's complement
		if exp < -maxExponent || exp > maxExponent {
			d.fail("the exponent %d", exp)
		}
		l.minor, l.exp = append(l.minor, d.int(math.MinInt64, math.MaxInt64)), append(l.exp, exp)
	} else {
		exp := int32(d.int(-maxExponent, maxExponent)) //nolint:gosec // bounded on the same line
		v := decimal.NewFromBigInt(d.big(), exp)
		if n := v.NumDigits(); n <= 18 || n > maxDigits {
			d.fail("an amount of %d digits", n)
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

// rowTime returns the instant of a row in loc.
func (l *Log) rowTime(row int, loc *time.Location) time.Time {
	return time.Unix(0, l.at[row]).In(loc)
}

// cancelled returns the error of a context that is done. A nil one never is.
func cancelled(ctx context.Context) error {
	if ctx == nil {
		return nil
	}
	return ctx.Err()
}
