package kpi

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"time"

	"github.com/shopspring/decimal"
)

// DealState says what became of a Deal.
type DealState int

// The states of a deal. The zero value is an open one.
const (
	DealOpen DealState = iota // nobody knows yet
	DealWon                   // the customer bought
	DealLost                  // the customer did not, or we gave up
)

var dealStates = []string{"open", "won", "lost"}

// String returns the name of s: "won".
func (s DealState) String() string { return enumName(dealStates, int(s), "DealState") }

// ParseDealState returns the state of that name.
func ParseDealState(s string) (DealState, error) {
	i, err := parseEnum("ParseDealState", dealStates, s)
	return DealState(i), err
}

// MarshalText returns the name of s.
func (s DealState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseDealState reads.
func (s *DealState) UnmarshalText(text []byte) error { return readEnum(s, ParseDealState, text) }

// StageChange is the entry of a deal into a stage.
type StageChange struct {
	Stage string    `json:"stage"` // a name, not empty
	At    time.Time `json:"at"`    // within the life of the deal
}

// Deal is one sales opportunity (商机) and what became of it.
//
// Closed is the instant at which it was won or lost, not before Created, and the
// zero time while it is open. Value is what it is worth if it is won, in one
// currency, and must not be negative. Changes are in any order: before its first
// one a deal is in the first stage, and afterwards in that of the latest, of
// several at one instant in the furthest. Where only the stage of today is known it
// is one change, at Created or whenever it was entered.
type Deal struct {
	ID      string          `json:"id"`    // any text that is not empty; each is one deal
	Owner   string          `json:"owner"` // the rep
	Value   decimal.Decimal `json:"value"`
	Created time.Time       `json:"created"`
	Closed  time.Time       `json:"closed,omitzero"` // the zero time if open
	State   DealState       `json:"state"`           // as of today
	Changes []StageChange   `json:"changes,omitempty"`
	Reason  string          `json:"reason,omitempty"` // why it was won or lost
}

// shadow stands for d in JSON.
func (d *Deal) shadow() any {
	type fields Deal
	return &struct {
		*fields
		Value *jsonAmount `json:"value"`
	}{(*fields)(d), (*jsonAmount)(&d.Value)}
}

// MarshalJSON writes the value exactly, as a string, and instants with their
// offsets from UTC, but in UTC where an offset has seconds. It returns an error if
// the value is too large or a year has not four digits.
func (d Deal) MarshalJSON() ([]byte, error) {
	d.Created, d.Closed = sayable(d.Created), sayable(d.Closed)
	changes := d.Changes
	d.Changes = nil
	for _, c := range changes {
		d.Changes = append(d.Changes, StageChange{c.Stage, sayable(c.At)})
	}
	return json.Marshal(d.shadow())
}

// UnmarshalJSON reads what MarshalJSON writes, and a value that is a number. It
// returns an error, and leaves d as it was, if data are anything else.
func (d *Deal) UnmarshalJSON(data []byte) error { return readForm(d, (*Deal).shadow, data) }

func (d *Deal) valid(metric string) error {
	if err := amount(metric, "Value", d.Value); err != nil {
		return err
	}
	switch {
	case d.ID == "":
		return fail(metric, CodeEmpty, "ID = %q", d.ID)
	case d.State < DealOpen || d.State > DealLost:
		return fail(metric, CodeOutOfRange, "State = %d", int(d.State))
	case d.Created.IsZero():
		return fail(metric, CodeEmpty, "Created = %s", d.Created.Format(time.RFC3339))
	case d.Closed.IsZero() != (d.State == DealOpen):
		return fail(metric, CodeMismatch, "State = %d, Closed = %s", int(d.State), d.Closed.Format(time.RFC3339))
	}
	_, early := instant(metric, d.Created)
	if err := cmp.Or(readable(metric, d.ID, d.Owner, d.Reason), early); err != nil {
		return err
	}
	if d.State != DealOpen {
		if _, err := instant(metric, d.Closed); err != nil {
			return err
		}
		if d.Closed.Before(d.Created) || d.Closed.Sub(d.Created) == math.MaxInt64 {
			return fail(metric, CodeTime, "Closed = %s, Created = %s", d.Closed.Format(time.RFC3339), d.Created.Format(time.RFC3339))
		}
	}
	for _, c := range d.Changes {
		if c.Stage == "" {
			return fail(metric, CodeEmpty, "Stage = %q", c.Stage)
		}
		if c.At.Before(d.Created) || d.State != DealOpen && c.At.After(d.Closed) {
			return fail(metric, CodeTime, "At = %s ∉ [Created, Closed]", c.At.Format(time.RFC3339))
		}
		_, late := instant(metric, c.At)
		if err := cmp.Or(readable(metric, c.Stage), late); err != nil {
			return err
		}
	}
	return nil
}

// at returns the state of d just before asOf, at which it exists.
func (d *Deal) at(asOf time.Time) DealState {
	if d.Closed.Before(asOf) {
		return d.State
	}
	return DealOpen
}

// Deals are the records from which sales are counted. A rate by the date of closing
// is over what was decided in a period and has nothing open; one by the date of
// creation, a Cohort, has, and takes an asOf.
//
//	WinRate        = won / (won + lost), of those closed in p                       成交率
//	ValueWinRate   = Σ Value of the won / Σ Value of the won and lost, likewise
//	Cycle          = Closed − Created of those won in p
//	Velocity       = N·W·V̄/L̄ a day: N open at asOf, W the WinRate, V̄ the mean Value
//	                 and L̄ the mean Cycle in days of those won in p, before asOf
//
// The cycle of won deals reads short under growth: deals that were created lately
// can be among the won only if they were quick. Ask the Survival of Lifetimes
// beside it, which counts what is still open for as long as it has been.
//
// Every question refuses records that cannot have been observed, naming the first:
// an ID that is empty or there twice, a negative Value, a Closed that does not go
// with State or is before Created, a change of stage outside the deal's life, a text
// that is no UTF-8. Their order does not matter.
type Deals []Deal

func (ds Deals) valid(metric string) error {
	seen := make(map[string]bool, len(ds))
	for i := range ds {
		d := &ds[i]
		if err := d.valid(metric); err != nil {
			return at(err, metric, i)
		}
		if seen[d.ID] {
			return failAt(metric, CodeRepeated, i, "ID = %s", clip(d.ID))
		}
		seen[d.ID] = true
	}
	return nil
}

// dated refuses an asOf that is not set or out of range.
func dated(metric string, asOf time.Time) error {
	if asOf.IsZero() {
		return fail(metric, CodeMissing, "asOf")
	}
	_, err := instant(metric, asOf)
	return err
}

// closed sums up the deals that were closed in a period.
type closed struct {
	WinLoss
	value RatioOfSums // of the won, on that of all
	cycle Durations   // of the won
}

// closed sums up the deals that were closed in p, and before asOf if that is set.
func (ds Deals) closed(metric string, p Period, asOf time.Time) (*closed, error) {
	if err := cmp.Or(p.check(metric), ds.valid(metric)); err != nil {
		return nil, err
	}
	c := new(closed)
	for i := range ds {
		d := &ds[i]
		if d.State == DealOpen || !p.Contains(d.Closed) || !asOf.IsZero() && !d.Closed.Before(asOf) {
			continue
		}
		c.count(d.State)
		won := decimal.Decimal{}
		if d.State == DealWon {
			won = d.Value
			c.cycle.extend([]time.Duration{d.Closed.Sub(d.Created)})
		}
		if err := c.value.Add(won, d.Value); err != nil {
			return nil, at(err, metric, i)
		}
	}
	return c, nil
}

// WinRate returns the deals won out of those won or lost (成交率, 赢单率) by date of
// closing: of what was decided in p. It returns an error if p or a record is
// impossible, or if nothing was decided in p.
func (ds Deals) WinRate(p Period) (Proportion, error) {
	const metric = "Deals.WinRate"
	c, err := ds.closed(metric, p, time.Time{})
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, c.Won, c.Won+c.Lost)
}

// ValueWinRate returns the value won out of the value won or lost in p (金额赢单率),
// in which a large deal weighs more than a small one; its interval is that of a
// ratio of sums over deals. It returns an error as WinRate does, or if the value
// decided is 0 or grows too large.
func (ds Deals) ValueWinRate(p Period) (RatioOfSums, error) {
	const metric = "Deals.ValueWinRate"
	c, err := ds.closed(metric, p, time.Time{})
	if err != nil {
		return RatioOfSums{}, err
	}
	if c.value.X.IsZero() {
		return RatioOfSums{}, fail(metric, CodeZeroDenominator, "Σ Value = 0")
	}
	return c.value, nil
}

// Cohort counts the deals created in p by what was known of them before asOf, so
// that those still open stand by themselves. Raising asOf changes no deal that was
// decided. It returns an error if p, asOf or a record is impossible.
func (ds Deals) Cohort(p Period, asOf time.Time) (WinLoss, error) {
	const metric = "Deals.Cohort"
	if err := cmp.Or(dated(metric, asOf), p.check(metric), ds.valid(metric)); err != nil {
		return WinLoss{}, err
	}
	var w WinLoss
	for i := range ds {
		if d := &ds[i]; p.Contains(d.Created) && d.Created.Before(asOf) {
			w.count(d.at(asOf))
		}
	}
	return w, nil
}

// Cycle returns the times from Created to Closed of the deals won in p (销售周期),
// elapsed and not by dates. It reads short under growth, and says nothing of what
// is open: quote the median of the Survival of Lifetimes beside it. It returns an
// error as WinRate does, or if none was won in p.
func (ds Deals) Cycle(p Period) (*Durations, error) {
	const metric = "Deals.Cycle"
	c, err := ds.closed(metric, p, time.Time{})
	if err != nil {
		return nil, err
	}
	if c.Won == 0 {
		return nil, fail(metric, CodeNoData, "won = 0")
	}
	return &c.cycle, nil
}

// Lifetimes returns how long each deal created before asOf was open, in civil days
// in loc, nil being UTC, in the order of the records: for the Survival that stands
// beside Cycle. A deal ends when it is closed, won or lost, and one that is open at
// asOf is censored on the last date before it. Counting lost deals as censored
// instead would suppose that each would be won yet. Where lost deals are closed sooner
// than won ones, the median is below that of the won, and still the one to plan by.
// It returns an error if asOf or a record is impossible.
func (ds Deals) Lifetimes(asOf time.Time, loc *time.Location) (Lifetimes, error) {
	const metric = "Deals.Lifetimes"
	if err := cmp.Or(dated(metric, asOf), ds.valid(metric)); err != nil {
		return nil, err
	}
	loc = Calendar{Location: loc}.location()
	out := make(Lifetimes, 0, len(ds))
	for i := range ds {
		d := &ds[i]
		if !d.Created.Before(asOf) {
			continue
		}
		l, last := Lifetime{Ended: d.at(asOf) != DealOpen}, asOf.Add(-1)
		if l.Ended {
			last = d.Closed
		}
		l.Exit = float64(daysBetween(d.Created, last, loc))
		out = append(out, l)
	}
	return out, nil
}

// daysBetween returns the civil dates from one instant to a later one. A clock set
// back over midnight repeats a date.
func daysBetween(from, to time.Time, loc *time.Location) int64 {
	return int64(max(dateOf(to, loc)-dateOf(from, loc), 0))
}

// Velocity returns the money that the open deals bring a day at the pace of p
// (销售速度): N·W·V̄/L̄, exactly, with a day of 86,400 seconds. It is a pace and no
// forecast: W, V̄ and L̄ are of what was decided in p and before asOf, and L̄ reads short
// under growth, so that the velocity reads high. It returns an error as WinRate does,
// if asOf is not set, or if none was won in p or they were won as they were created.
func (ds Deals) Velocity(p Period, asOf time.Time) (Ratio, error) {
	const metric = "Deals.Velocity"
	if err := dated(metric, asOf); err != nil {
		return Ratio{}, err
	}
	c, err := ds.closed(metric, p, asOf)
	switch {
	case err != nil:
		return Ratio{}, err
	case c.Won == 0:
		return Ratio{}, fail(metric, CodeNoData, "won = 0, lost = %d", c.Lost)
	}
	var open int64
	for i := range ds {
		if d := &ds[i]; d.Created.Before(asOf) && d.at(asOf) == DealOpen {
			open++
		}
	}
	cycle, err := c.cycle.Mean()
	if err != nil {
		return Ratio{}, under(err, metric)
	}
	// N · won/(won+lost) · (ΣV/won) / (Σd/won/86400), of which won remains once.
	top := new(big.Rat).SetInt(product(open, c.Won))
	top.Mul(top, c.value.Y.Rat()).Mul(top, big.NewRat(86_400, c.Won+c.Lost))
	return share(metric, top, cycle.Sum.Rat())
}

// LostReasons counts the deals lost in p by their Reason (丢单原因), a blank one as
// Unknown. It returns an error if p or a record is impossible.
func (ds Deals) LostReasons(p Period) (Reasons, error) {
	const metric = "Deals.LostReasons"
	if err := cmp.Or(p.check(metric), ds.valid(metric)); err != nil {
		return Reasons{}, err
	}
	var given []string
	for i := range ds {
		if d := &ds[i]; d.State == DealLost && p.Contains(d.Closed) {
			given = append(given, d.Reason)
		}
	}
	var out Reasons
	return out, under(out.AddAll(given), metric)
}

var salesCatalog = []Entry{
	{
		Key: "sales.win_rate", English: []string{"win rate", "close rate"},
		Chinese: []string{"成交率", "赢单率", "签单率"}, Formula: "won / (won + lost), closed in p",
		Unit: "share", Direction: Higher, Type: "Deals", Method: "WinRate",
	},
	{
		Key: "sales.win_rate_value", English: []string{"win rate by value"},
		Chinese: []string{"金额赢单率", "金额成交率"}, Formula: "Σ Value won / Σ Value won or lost, closed in p",
		Unit: "ratio", Direction: Higher, Type: "Deals", Method: "ValueWinRate",
	},
	{
		Key: "sales.win_rate_counts", English: []string{"win rate from counts", "win rate of decided deals"},
		Chinese: []string{"已决商机赢单率"}, Formula: "Won / (Won + Lost)",
		Unit: "share", Direction: Higher, Type: "WinLoss", Method: "WinRate",
	},
	{
		Key: "sales.win_rate_least", English: []string{"lowest win rate that a cohort can reach"},
		Chinese: []string{"赢单率下限", "同期商机赢单率下限"}, Formula: "Won / (Won + Lost + Open)",
		Unit: "share", Direction: Higher, Type: "WinLoss", Method: "LeastRate",
	},
	{
		Key: "sales.win_rate_most", English: []string{"highest win rate that a cohort can reach"},
		Chinese: []string{"赢单率上限", "同期商机赢单率上限"}, Formula: "(Won + Open) / (Won + Lost + Open)",
		Unit: "share", Direction: Higher, Type: "WinLoss", Method: "MostRate",
	},
	{
		Key: "sales.cycle", English: []string{"sales cycle", "cycle of won deals"},
		Chinese: []string{"销售周期", "成交周期", "赢单周期"}, Formula: "Closed − Created of the deals won in p",
		Unit: "seconds", Direction: Lower, Type: "Deals", Method: "Cycle",
	},
	{
		Key: "sales.velocity", English: []string{"sales velocity", "pipeline velocity"},
		Chinese: []string{"销售速度", "销售流速", "商机流速"}, Formula: "N·W·V̄ / L̄ a day",
		Unit: "money", Direction: Higher, Type: "Deals", Method: "Velocity",
	},
}
