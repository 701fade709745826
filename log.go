package kpi

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"math"
	"sync"
	"time"
	"unicode/utf8"

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
// A row takes 20 bytes, 8 more for an amount, 4 for each property, and for an id
// that is a text its bytes and 4; a ninth for the amount where exponents differ
// among the rows around. Rows are kept by 65,536, so that little is in reserve.
// Questions build an index of 24 bytes a row and 12 a customer, which the next row
// voids. The first question since a row was added does without, and needs for a while
// 8 to 16 bytes for each row that it is about, if ids are numbers and it is a funnel
// without By and Hold, RFM without MergeDays, or cohorts as CohortSpec.CountsOnly
// describes.
type Log struct {
	noJSON
	// Workers bounds the goroutines of a question or a large batch, 0 for
	// GOMAXPROCS. It never changes an answer.
	Workers int

	rows   int
	ids    idKind
	odd    uint64       // of mixed
	seed   maphash.Seed // of the hashes of texts
	weak   uint64       // bits that a test takes away from them
	chunks []*chunk
	names  dictionary
	recent [recentNames]recentName
	props  []prop

	mu    sync.Mutex
	index *logIndex     // of all rows, or nil since the last one
	built chan struct{} // while the index is being built
	asked bool          // since the last row
}

type idKind byte

const (
	idsNone idKind = iota
	idsText
	idsNumber
)

// prop is what the rows of all chunks share of one column of Event.Props.
type prop struct {
	name   string
	values dictionary
}

// recentNames is how many names are at hand without a look into the dictionary.
const recentNames = 64

// recentName is an event name of a row before, and its handle.
type recentName struct {
	text string
	id   EventID
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
		At     *jsonTime   `json:"at"`
		Amount *jsonAmount `json:"amount"`
	}{(*fields)(e), (*jsonTime)(&e.At), (*jsonAmount)(&e.Amount)}
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
func (l *Log) Len() int { return l.rows }

// SetProps declares the properties that rows carry, in the order of
// Event.Props. It returns an error once there are rows, or if a name is empty or
// given twice.
func (l *Log) SetProps(names ...string) error {
	const metric = "Log.SetProps"
	if l.Len() > 0 {
		return fail(metric, CodeLate, "Len = %d", l.Len())
	}
	if err := readable(metric, names...); err != nil {
		return err
	}
	seen := make(map[string]bool, len(names))
	props := make([]prop, len(names))
	for i, n := range names {
		if n == "" || seen[n] {
			return failAt(metric, CodeRepeated, i, "Props = %s", clip(n))
		}
		seen[n], props[i].name = true, n
	}
	l.props = props
	return nil
}

// Event returns the handle of an event name, for AddID and AddMinor. It returns
// an error if name is empty.
func (l *Log) Event(name string) (EventID, error) {
	const metric = "Log.Event"
	if name == "" {
		return 0, fail(metric, CodeEmpty, "name = %q", name)
	}
	if err := readable(metric, name); err != nil {
		return 0, err
	}
	return l.named(name), nil
}

// Add appends a row whose customer is a string. It returns an error, and appends
// nothing, if the customer or the name is empty, if the customer has more than
// 65,535 bytes, if the log's ids are numbers, if the instant lies outside 1677–2262, if the amount has an exponent outside
// ±64 or more than 400 digits, or if Props do not match SetProps.
func (l *Log) Add(e Event) error {
	const metric = "Log.Add"
	if err := l.accept(metric, idsText); err != nil {
		return err
	}
	if e.Customer == "" || e.Name == "" {
		return fail(metric, CodeEmpty, "Customer = %s, Name = %s", clip(e.Customer), clip(e.Name))
	}
	if len(e.Customer) > maxID {
		return fail(metric, CodeTooLarge, "Customer = %s, %d B", clip(e.Customer), len(e.Customer))
	}
	if !utf8.ValidString(e.Customer) || !l.isRecent(e.Name) && !utf8.ValidString(e.Name) {
		return readable(metric, e.Customer, e.Name)
	}
	if len(e.Props) > 0 {
		if err := readable(metric, e.Props...); err != nil {
			return err
		}
	}
	at, err := instant(metric, e.At)
	if err != nil {
		return err
	}
	minor, exp, small := smallAmount(e.Amount)
	if !small {
		if err := gate(metric, "Amount", e.Amount); err != nil {
			return err
		}
	}
	if len(e.Props) != 0 && len(e.Props) != len(l.props) {
		return fail(metric, CodeLength, "len(Props) = %d ≠ %d", len(e.Props), len(l.props))
	}
	c := l.textTail()
	c.addText(l.hash(e.Customer), e.Customer)
	c.add(l.named(e.Name), at)
	if small {
		c.addMinor(len(c.at)-1, minor, exp)
	} else {
		c.addAmount(len(c.at)-1, e.Amount)
	}
	for i := range l.props {
		v := ""
		if len(e.Props) > 0 {
			v = e.Props[i]
		}
		c.props[i] = append(c.props[i], l.props[i].values.code(v))
	}
	l.added(1)
	return nil
}

// textTail is tail for a row whose customer is a text.
func (l *Log) textTail() *chunk {
	l.begin(idsText)
	return l.tail()
}

// begin makes ready for the first row, whose ids are of that kind.
func (l *Log) begin(kind idKind) {
	if l.ids == idsNone {
		l.ids, l.seed = kind, maphash.MakeSeed()
		l.odd = maphash.Bytes(l.seed, nil) | 1
	}
}

// hash stands for a text among the ids. Nothing follows from it but where rows are
// gathered: identify sees to it that it tells the customers apart.
func (l *Log) hash(id string) uint64 { return maphash.String(l.seed, id) &^ l.weak }

// recentAt returns where a name that is not empty is among the recent ones, if it is.
func (l *Log) recentAt(name string) *recentName {
	return &l.recent[(uint(name[0])+7*uint(name[len(name)-1])+13*uint(len(name)))%recentNames]
}

// isRecent reports whether a name that is not empty is one of the recent ones.
func (l *Log) isRecent(name string) bool { return l.recentAt(name).text == name }

// named is Event for a name that is not empty.
func (l *Log) named(name string) EventID {
	r := l.recentAt(name)
	if r.text != name {
		*r = recentName{name, EventID(l.names.code(name) + 1)}
	}
	return r.id
}

// added says that rows were appended.
func (l *Log) added(n int) {
	l.rows += n
	if l.asked {
		l.index, l.asked = nil, false
	}
}

// AddID appends a row without money whose customer is a number and whose event
// is a handle that this log gave; its properties are empty. It returns an error,
// and appends nothing, if the log's ids are strings, if there is no such event,
// or if the instant lies outside 1677–2262.
func (l *Log) AddID(customer uint64, e EventID, at time.Time) error {
	if c, ns := l.ready(e, at); c != nil && c.minor == nil {
		c.ids = append(c.ids, customer)
		c.add(e, ns)
		l.added(1)
		return nil
	}
	return l.addMinor("Log.AddID", customer, e, at, 0, 0)
}

// AddMinor is AddID with the amount minor·10^exp: cents are exp −2. It returns an
// error as AddID does, or if exp is outside ±64.
func (l *Log) AddMinor(customer uint64, e EventID, at time.Time, minor int64, exp int32) error {
	if c, ns := l.ready(e, at); c != nil && -maxExponent <= exp && exp <= maxExponent {
		c.ids = append(c.ids, customer)
		c.add(e, ns)
		c.addMinor(len(c.at)-1, minor, int8(exp))
		l.added(1)
		return nil
	}
	return l.addMinor("Log.AddMinor", customer, e, at, minor, exp)
}

// ready returns the chunk that has room for a row of a number without properties,
// and its instant: the way of most rows. Where it returns nil, addMinor says what is
// wrong, or makes room.
func (l *Log) ready(e EventID, at time.Time) (*chunk, int64) {
	c, s := l.open(), at.Unix()
	if c == nil || len(c.at) >= c.room || l.ids != idsNumber || len(l.props) > 0 ||
		uint64(e-1) >= uint64(len(l.names.texts)) || s < minSecond || s > maxSecond {
		return nil, 0
	}
	return c, at.UnixNano()
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
	l.begin(idsNumber)
	c := l.tail()
	c.ids = append(c.ids, customer)
	c.add(e, ns)
	c.addMinor(len(c.at)-1, minor, int8(exp))
	c.addEmptyProps(l, 1)
	l.added(1)
	return nil
}

// accept refuses rows whose ids are of the other kind.
func (l *Log) accept(metric string, kind idKind) error {
	if l.ids != idsNone && l.ids != kind {
		return fail(metric, CodeMixedIDs, "")
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
		return 0, fail(metric, CodeTime, "%s ∉ [1677, 2262]", t.Format(time.RFC3339))
	}
	return t.UnixNano(), nil
}

// Merge appends the rows of o, which is unchanged. It returns an error, and
// appends nothing, if o is nil, if the ids are of different kinds or if the
// properties differ. A log without rows or properties takes over those of o.
func (l *Log) Merge(o *Log) error {
	const metric = "Log.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
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
			return fail(metric, CodeMismatch, "Props ≠ o.Props")
		}
		l.props = make([]prop, len(o.props))
		for i := range o.props {
			l.props[i].name = o.props[i].name
		}
	}
	for row := range n {
		from, i := o.where(row)
		var to *chunk
		if o.ids == idsText {
			to = l.textTail()
			id := string(from.id(i))
			to.addText(l.hash(id), id)
		} else {
			l.begin(idsNumber)
			to = l.tail()
			to.ids = append(to.ids, from.ids[i])
		}
		to.add(l.named(o.names.texts[from.event[i]-1]), from.at[i])
		to.addAmount(len(to.at)-1, from.amount(i))
		for k := range l.props {
			to.props[k] = append(to.props[k], l.props[k].values.code(o.props[k].values.texts[from.props[k][i]]))
		}
		l.added(1)
	}
	return nil
}

// cancelled returns the error of a context that is done. A nil one never is.
func cancelled(ctx context.Context) error {
	if ctx == nil {
		return nil
	}
	return ctx.Err()
}
