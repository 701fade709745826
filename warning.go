package kpi

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// WarningStatus is what Warnings say of a customer.
type WarningStatus int

// The statuses, every customer of exactly one.
const (
	// TooLittleHistory says that no silence of the customer could have warned: it is
	// not known to be safe.
	TooLittleHistory WarningStatus = iota
	// Lapsed says that the customer has been known for longer than all days that are
	// compared, and was active on none of them: gone before the warning.
	Lapsed
	// NotWarned says that the customer was tested, and did not warn.
	NotWarned
	// Warned says that the customer was tested, and warned.
	Warned
)

var warningNames = []string{"too little history", "lapsed", "not warned", "warned"}

// String returns the name of s.
func (s WarningStatus) String() string { return enumName(warningNames, int(s), "WarningStatus") }

// ParseWarningStatus returns the WarningStatus of that name.
func ParseWarningStatus(s string) (WarningStatus, error) {
	i, err := parseEnum("ParseWarningStatus", warningNames, s)
	return WarningStatus(i), err
}

// MarshalText returns the name of s.
func (s WarningStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseWarningStatus reads.
func (s *WarningStatus) UnmarshalText(text []byte) error {
	return readEnum(s, ParseWarningStatus, text)
}

// WarningSpec is the question who is about to leave (流失自动预警): whose activity has
// fallen so far below their own that it is no chance. A customer is active on a civil
// day by an Events event on it; five in a minute are one active day.
//
// Only days that have ended at AsOf count, so that every AsOf of one day asks the
// same. Days are compared from the one after the first active day on, which is
// active by what it is. A log that begins in mid-life does no harm.
//
// A name that no row has is no error, since a shard of a log may lack it; the names
// stand in the answer.
type WarningSpec struct {
	Events []string  // event names that are activity; none is any event
	Orders []string  // event names whose amounts are the value at risk; none is any event
	AsOf   time.Time // exclusive: rows from the start of its day on do not count
	Recent int       // the days before AsOf that are held against those before them; there is no default
	// History is how many days before Recent are compared at most, 0 for all since the
	// first active day. Without a bound those long gone count their silence as history,
	// and in the end as too little of it; with one they are Lapsed.
	History int
	Level   float64 // of false alarms, 0.05 say; there is no default
	// Pooled makes the warning proof against holidays and seasons: a day counts by the
	// share of all customers, known before it, who were active on it. It is for many
	// customers, who are measured by each other: a decline of all is then no warning
	// of any one, and is to be seen in Activity.
	Pooled bool
	// Refunds says what an Events or Orders event of a negative amount is. The zero
	// value refuses it. Netted, it takes off the value at risk; nobody is active by it.
	Refunds  Refunds
	Location *time.Location // of the days; nil is UTC
}

// maxWarningDays bounds the days of a WarningSpec and of its answer: instants reach
// from 1677 to 2262.
const maxWarningDays = 1 << 18

func (s *WarningSpec) valid(metric string) error {
	switch {
	case s.AsOf.IsZero():
		return fail(metric, CodeMissing, "AsOf")
	case s.Recent == 0:
		return fail(metric, CodeMissing, "Recent")
	case s.Level == 0:
		return fail(metric, CodeMissing, "Level")
	}
	if _, err := instant(metric, s.AsOf); err != nil {
		return err
	}
	return cmp.Or(
		validWarning(metric, s.Recent, s.History, s.Level, s.Refunds),
		readable(metric, s.Events...), readable(metric, s.Orders...),
	)
}

// validWarning refuses what no question asks.
func validWarning(metric string, recent, history int, level float64, refunds Refunds) error {
	switch {
	case recent < 1 || recent > maxWarningDays:
		return fail(metric, CodeOutOfRange, "Recent = %d", recent)
	case history < 0 || history > maxWarningDays:
		return fail(metric, CodeOutOfRange, "History = %d", history)
	case !(level > 0 && level < 1):
		return fail(metric, CodeOutOfRange, "Level = %v ∉ (0, 1)", level)
	case refunds < RefundsRefused || refunds > RefundsIgnored:
		return fail(metric, CodeOutOfRange, "Refunds = %d", int(refunds))
	}
	return nil
}

// Warnings is the answer to a WarningSpec: every customer with an active day, and
// beside them what was asked. Of the w = Recent days up to AsOf's a customer was
// active on y, of the H days before them on x, and
//
//	θ        = w / (w + H)
//	P        = P(Bin(x + y, θ) ≤ y)
//	Expected = x·θ / (1 − θ)
//
// With Pooled each day counts by its rate λ, the customers active on it by those
// known before it, and θ = w·λ_w / (w·λ_w + H·λ_H) with the mean rates of either
// stretch of the customer's own days.
//
// Tested is who could warn at all: (1−θ)^(x+y) ≤ Level. Warned is who of them has an
// Adjusted ≤ Level and y ≤ ½·Expected, so that a small change of large numbers is no
// warning. Adjusted is P by Benjamini and Hochberg over all tested: of the warnings a
// share Level is expected to be false at most, and where nobody has changed any warning
// is given in a share Level of the lists at most. Activity that is even rather than
// random warns less often still.
//
// What is found at a Level of .05 among a hundred customers who were active on two
// days of five for 168 days, when ten of them fall to a share of that, in simulated
// lists and, in brackets, with P in the place of Adjusted, as for one customer who was
// asked about before anybody looked:
//
//	              a half     a quarter       nothing
//	Recent = 28   2 % (45)   38 % (91)   100 % (100)
//	Recent = 56  13 % (52)   92 % (98)   100 % (100)
//
// Of those who fall to a half exactly, one in two is seen at more than half of it: no
// list finds more. It is the strong falls that a warning can tell from chance in a
// month or two. What is not constant by itself, such as the first weeks of a customer,
// warns without anybody leaving.
//
// Rows are ranked: Warned first, then NotWarned, both by P, then Lapsed, then
// TooLittleHistory; and among equals by Value, the largest first, and id. Its zero
// value is the identity of Merge.
//
// Przyborowski, J. and Wilenski, H. (1940), Homogeneity of results in testing samples
// from Poisson series, Biometrika 31, 313–323.
type Warnings struct {
	AsOf     time.Time `json:"as_of"`              // exclusive
	Events   []string  `json:"events,omitempty"`   // event names, sorted; none is any event
	Orders   []string  `json:"orders,omitempty"`   // likewise
	Recent   int       `json:"recent"`             // w
	History  int       `json:"history"`            // the most that H may be, 0 for all
	Level    float64   `json:"level"`              // of false alarms
	Pooled   bool      `json:"pooled"`             // each day counts by its rate
	Refunds  Refunds   `json:"refunds"`            // what a negative amount was
	Location string    `json:"location,omitempty"` // the name of the zone of the days, "" is UTC
	Rows     []Warning `json:"rows"`               // ranked
	// Daily has, with Pooled, the customers who were active on each day before AsOf's,
	// the last day first, without those whose first it was.
	Daily []int64 `json:"daily,omitempty"`
}

// Warning is a row of Warnings: one customer, and why.
type Warning struct {
	ID       string          `json:"id,omitempty"`     // in a log of string ids
	Number   uint64          `json:"number,omitempty"` // in a log of numeric ids
	Status   WarningStatus   `json:"status"`           // what is said of the customer
	Age      int             `json:"age"`              // civil days from the first active one to AsOf's
	Gap      int             `json:"gap"`              // civil days from the last active one to AsOf's
	History  int             `json:"history"`          // H, the days compared before the recent ones
	Before   int             `json:"before"`           // x, active days among them
	Seen     int             `json:"seen"`             // y, active days among the recent ones
	Expected float64         `json:"expected"`         // what y should be by x
	P        float64         `json:"p"`                // the chance of y or less if nothing has changed; 1 if not tested
	Adjusted float64         `json:"adjusted"`         // P among all that were tested; 1 if not tested
	Longer   int             `json:"longer"`           // of the Before + Seen gaps between active days, those of Gap days or more
	Value    decimal.Decimal `json:"value"`            // at risk: the amounts of the twelve months before AsOf's day
}

// GapP returns the second signal, how rare so long a silence is among the customer's
// own:
//
//	(1 + Longer) / (Before + Seen + 1)
//
// Where nothing has changed it is at most α for a share α of the customers at most, if
// WarningSpec.History does not cut off their gaps. It is quicker than P for the
// regular, and says little of those with few gaps. It is not adjusted: of a list of
// thousands a share α is at α by chance. It returns an error for counts that are
// impossible.
func (w Warning) GapP() (Ratio, error) {
	if err := w.valid("Warning.GapP"); err != nil {
		return Ratio{}, err
	}
	return quotient(int64(w.Longer)+1, int64(w.Before)+int64(w.Seen)+1), nil
}

// MarshalJSON writes the ID or, where there is none, the Number, 0 included, and the
// value exactly, as a string. It returns an error if that is too large.
func (w Warning) MarshalJSON() ([]byte, error) {
	type fields Warning
	return json.Marshal(struct {
		Number *uint64 `json:"number,omitempty"`
		fields
		Value jsonAmount `json:"value"`
	}{jsonNumber(w.ID, w.Number), fields(w), jsonAmount(w.Value)})
}

// UnmarshalJSON reads what MarshalJSON writes, and a value that is a number. It
// returns an error, and leaves w as it was, if data are anything else.
func (w *Warning) UnmarshalJSON(data []byte) error {
	return readForm(w, func(w *Warning) any {
		type fields Warning
		return &struct {
			Number *uint64 `json:"number"`
			*fields
			Value *jsonAmount `json:"value"`
		}{&w.Number, (*fields)(w), (*jsonAmount)(&w.Value)}
	}, data)
}

// Warnings answers s. It returns an error if s is out of range, if AsOf, Recent or
// Level is not set, if an amount is negative and s does not say what that means,
// naming the row, or that of a context that is done.
func (l *Log) Warnings(ctx context.Context, s WarningSpec) (*Warnings, error) {
	const metric = "Log.Warnings"
	if err := s.valid(metric); err != nil {
		return nil, err
	}
	q, err := newWarningQuestion(ctx, metric, l, &s)
	if err != nil {
		return nil, err
	}
	states, err := visit(ctx, l, q.customer)
	if err != nil {
		return nil, err
	}
	return q.answer(states), nil
}

// Count returns the number of customers of a status. Those of all statuses are all
// Rows.
func (w *Warnings) Count(s WarningStatus) int64 {
	n := int64(0)
	for i := range w.Rows {
		if w.Rows[i].Status == s {
			n++
		}
	}
	return n
}

// Rate returns the customers warned out of all tested (预警率). It returns an error if
// none was tested.
func (w *Warnings) Rate() (Proportion, error) {
	warned := w.Count(Warned)
	return proportion("Warnings.Rate", warned, warned+w.Count(NotWarned))
}

// Value returns what the customers of a status have brought in the twelve months
// before AsOf's day: of Warned the value at risk (风险金额). It returns an error if the
// value of one is too large, naming the row.
func (w *Warnings) Value(s WarningStatus) (decimal.Decimal, error) {
	const metric = "Warnings.Value"
	var sum Sum
	for i := range w.Rows {
		if err := gateTimes(metric, "Value", w.Rows[i].Value, 2); err != nil {
			return decimal.Decimal{}, at(err, metric, i)
		}
		if w.Rows[i].Status == s {
			sum.add(w.Rows[i].Value)
		}
	}
	return sum.Decimal(), nil
}

// warningsShown is how many rows String and Markdown print.
const warningsShown = 20

func (w *Warnings) table() *table {
	t := &table{head: []string{"customer", "status", "days", "of", "expected", "seen", "p", "adjusted", "gap", "gap p", "value"}, text: 2}
	for i := range w.Rows {
		if i == warningsShown {
			t.add(append([]string{"… " + strconv.Itoa(len(w.Rows)-i) + " more"}, make([]string, len(t.head)-1)...)...)
			break
		}
		r := &w.Rows[i]
		id := r.ID
		if id == "" {
			id = strconv.FormatUint(r.Number, 10)
		}
		expected, p, adjusted, gap, value := Undefined, Undefined, Undefined, Undefined, Undefined
		if r.History > 0 {
			expected = strconv.FormatFloat(r.Expected, 'f', 1, 64)
		}
		if r.Status >= NotWarned {
			p, adjusted = strconv.FormatFloat(r.P, 'g', 3, 64), strconv.FormatFloat(r.Adjusted, 'g', 3, 64)
		}
		if v, err := r.GapP(); err == nil && r.Before+r.Seen > 0 {
			gap = v.fixed(3)
		}
		if gateTimes("", "", r.Value, 2) == nil {
			value = money(r.Value, 2)
		}
		t.add(id, r.Status.String(), strconv.Itoa(r.Before), strconv.Itoa(r.History), expected, strconv.Itoa(r.Seen),
			p, adjusted, strconv.Itoa(r.Gap), gap, value)
	}
	return t
}

// String returns the first twenty rows: the active days before the recent ones and of
// how many, what was to be expected of the recent ones and what was seen.
func (w *Warnings) String() string { return w.table().String() }

// Markdown is String as a Markdown table.
func (w *Warnings) Markdown() string { return w.table().markdown() }

// Summary returns a line for each status, with its customers, their share of all and
// their value.
func (w *Warnings) Summary() Table {
	t := &table{head: []string{"status", "customers", "share", "value"}, text: 1}
	for s := Warned; s >= TooLittleHistory; s-- {
		n, value := w.Count(s), Undefined
		if v, err := w.Value(s); err == nil {
			value = money(v, 2)
		}
		t.add(s.String(), strconv.FormatInt(n, 10), Proportion{K: n, N: int64(len(w.Rows))}.Percent(1), value)
	}
	return Table{t}
}

var warningCatalog = []Entry{
	{
		Key: "warning.list", English: []string{"churn warning", "early warning of churn", "customers at risk"},
		Chinese: []string{"流失自动预警", "流失预警", "流失风险客户"},
		Formula: "P = P(Bin(Before + Seen, θ) ≤ Seen); warned if Adjusted ≤ Level and Seen ≤ Expected / 2",
		Unit:    "count", Direction: Lower, Type: "Log", Method: "Warnings",
	},
	{
		Key: "warning.rate", English: []string{"share of customers warned of"}, Chinese: []string{"流失预警率", "预警率"},
		Formula: "warned / tested", Unit: "share", Direction: Lower, Type: "Warnings", Method: "Rate",
	},
	{
		Key: "warning.value", English: []string{"value at risk", "revenue at risk"}, Chinese: []string{"风险金额", "流失风险金额"},
		Formula: "Σ Value of a status", Unit: "money", Direction: Lower, Type: "Warnings", Method: "Value",
	},
	{
		Key: "warning.gap", English: []string{"rarity of a silence", "gap signal of churn"}, Chinese: []string{"沉默期异常度", "未活跃时长预警"},
		Formula: "(1 + Longer) / (Before + Seen + 1)", Unit: "ratio", Direction: Higher, Type: "Warning", Method: "GapP",
	},
}
