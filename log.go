package kpi

import (
	"context"
	"encoding/json"
	"math"
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
// is an error. Instants are kept as nanoseconds, from September 1677 to
// April 2262. Rows may come in any order, and no answer depends on it.
//
// A row takes 29 bytes, the text of its id if that is no number, and 4 bytes a
// property, or up to a quarter more while the columns grow. The first question
// after a row was added builds an index of 4 bytes a row and 4 a customer.
type Log struct {
	noJSON
	// Workers will bound the goroutines of a question. So far a question runs on
	// one, and Workers has no effect; it will never change an answer.
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
	Customer string          `json:"customer"` // the id, not empty
	Name     string          `json:"name"`     // what happened, not empty
	At       time.Time       `json:"at"`       // from September 1677 to April 2262
	Amount   decimal.Decimal `json:"amount"`
	Props    []string        `json:"props,omitempty"`
}

// shadow stands for e in JSON.
func (e *Event) shadow() any {
	type fields Event
	return &struct {
		*fields
		Amount *jsonAmount `json:"amount"`
	}{(*fields)(e), (*jsonAmount)(&e.Amount)}
}

// MarshalJSON writes the amount exactly, as a string. It returns an error if it is
// too large.
func (e Event) MarshalJSON() ([]byte, error) { return json.Marshal(e.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and an amount that is a number. It
// returns an error, and leaves e as it was, if data are anything else.
func (e *Event) UnmarshalJSON(data []byte) error { return readForm(e, (*Event).shadow, data) }

// EventID is the handle of an event name in the Log that gave it. Its zero value
// is no event.
type EventID uint32

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
// if the instant lies outside 1677–2262, if the amount has an exponent outside
// ±64 or more than 400 digits, or if Props do not match SetProps.
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
// is a handle that this log gave; its properties are empty. It returns an error,
// and appends nothing, if the log's ids are strings, if there is no such event,
// or if the instant lies outside 1677–2262.
func (l *Log) AddID(customer uint64, e EventID, at time.Time) error {
	return l.addMinor("Log.AddID", customer, e, at, 0, 0)
}

// AddMinor is AddID with the amount minor·10^exp: cents are exp −2. It returns an
// error as AddID does, or if exp is outside ±64.
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
	l.minor, l.exp = append(l.minor, minor), append(l.exp, int8(exp))
	l.appendEmptyProps(1)
	return nil
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
	if e == 0 || uint64(e) > uint64(len(l.names.texts)) {
		return failAt(metric, CodeUnknownName, index, "EventID = %d", e)
	}
	return nil
}

// The whole seconds whose every nanosecond fits int64, and the instants in them.
const (
	minSecond  = math.MinInt64/1_000_000_000 + 1
	maxSecond  = math.MaxInt64/1_000_000_000 - 1
	minInstant = minSecond * 1_000_000_000
	maxInstant = maxSecond*1_000_000_000 + 999_999_999
)

func instant(metric string, t time.Time) (int64, error) {
	if s := t.Unix(); s < minSecond || s > maxSecond {
		return 0, fail(metric, CodeTime, "%s is outside 1677–2262", t.Format(time.RFC3339))
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

// negative reports whether the amount of a row is below 0.
func (l *Log) negative(row int) bool {
	if l.exp[row] == wideExp {
		return l.wide[row].Sign() < 0
	}
	return l.minor[row] < 0
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
// appends nothing, if o is nil, if the ids are of different kinds or if the
// properties differ. A log without rows or properties takes over those of o.
func (l *Log) Merge(o *Log) error {
	const metric = "Log.Merge"
	if o == nil {
		return fail(metric, CodeMissing, "o is nil")
	}
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
		if o.exp[row] == wideExp {
			l.appendAmount(o.wide[row])
		} else {
			l.minor, l.exp = append(l.minor, o.minor[row]), append(l.exp, o.exp[row])
		}
		for i := range l.props {
			p, q := &l.props[i], &o.props[i]
			p.code = append(p.code, p.values.code(q.values.texts[q.code[row]]))
		}
	}
	return nil
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
