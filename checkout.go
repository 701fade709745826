package kpi

import (
	"cmp"
	"encoding/json"
	"math/big"
	"time"

	"github.com/shopspring/decimal"
)

// Checkout holds what became of the carts, or of the checkouts, that were opened in
// a period, with so much time to complete each.
//
//	Abandoned            = Started − Completed − Pending
//	AbandonmentRate      = Abandoned / (Started − Early − Pending)
//	CompletionRate       = (Completed − Early) / (Started − Early − Pending)
//	ValueAbandoned       = Value − CompletedValue − PendingValue
//	ValueAbandonmentRate = ValueAbandoned / (Value − EarlyValue − PendingValue)
//
// A cart whose time is not over is no abandoned one: it is Pending, or else Completed
// and Early. The rates are of carts whose time is over. With the early ones in them
// and the pending ones out, the youngest carts would count only if they completed,
// and abandonment would read low for as long as any are young. Where all carts are
// old enough both are 0, and AbandonmentRate is 1 − Completed/Started as reports
// have it.
//
// Carts are those with something in them; visits that put nothing into a cart have a
// rate of their own, in a Funnel. Money is in what a cart held, whatever was paid.
//
// The counts and amounts must be possible: none negative, Completed + Pending ≤
// Started, Early ≤ Completed, and likewise of the money. The zero value is the
// identity of Merge.
type Checkout struct {
	Started        int64           `json:"started"`         // carts opened
	Completed      int64           `json:"completed"`       // of Started, completed in time
	Early          int64           `json:"early"`           // of Completed, whose time is not over
	Pending        int64           `json:"pending"`         // of Started, not completed, whose time is not over
	Value          decimal.Decimal `json:"value"`           // of what was in Started
	CompletedValue decimal.Decimal `json:"completed_value"` // of it, in Completed
	EarlyValue     decimal.Decimal `json:"early_value"`     // of it, in Early
	PendingValue   decimal.Decimal `json:"pending_value"`   // of it, in Pending
}

// values lists the amounts.
func (c *Checkout) values() []namedAmount {
	return []namedAmount{
		{"Value", &c.Value}, {"CompletedValue", &c.CompletedValue}, {"EarlyValue", &c.EarlyValue}, {"PendingValue", &c.PendingValue},
	}
}

func (c Checkout) valid(metric string) error {
	err := nonNegative(metric, []string{"Started", "Completed", "Early", "Pending"}, c.Started, c.Completed, c.Early, c.Pending)
	switch {
	case err != nil:
		return err
	case c.Completed > c.Started:
		return fail(metric, CodePartExceedsWhole, "Completed = %d > Started = %d", c.Completed, c.Started)
	case c.Pending > c.Started-c.Completed:
		return fail(metric, CodePartExceedsWhole, "Pending = %d > Started − Completed = %d", c.Pending, c.Started-c.Completed)
	case c.Early > c.Completed:
		return fail(metric, CodePartExceedsWhole, "Early = %d > Completed = %d", c.Early, c.Completed)
	}
	for _, v := range c.values() {
		if err := amount(metric, v.name, *v.value); err != nil {
			return err
		}
	}
	if c.abandonedValue().Sign() < 0 {
		return fail(metric, CodePartExceedsWhole, "CompletedValue + PendingValue = %s > Value = %s",
			clip(plain(c.CompletedValue.Add(c.PendingValue))), clip(plain(c.Value)))
	}
	if c.EarlyValue.GreaterThan(c.CompletedValue) {
		return fail(metric, CodePartExceedsWhole, "EarlyValue = %s > CompletedValue = %s", clip(plain(c.EarlyValue)), clip(plain(c.CompletedValue)))
	}
	return nil
}

// Merge adds the carts of a disjoint part of the business over the same period, with
// as much time for each. It returns an error, and changes nothing, if either is
// impossible, a count overflows or an amount grows past 400 digits.
func (c *Checkout) Merge(o Checkout) error {
	const metric = "Checkout.Merge"
	if err := bothValid(metric, *c, o); err != nil {
		return err
	}
	t := *c
	if err := addCounts(metric, []*int64{&t.Started, &t.Completed, &t.Early, &t.Pending}, o.Started, o.Completed, o.Early, o.Pending); err != nil {
		return err
	}
	values := t.values()
	for i, v := range o.values() {
		*values[i].value = values[i].value.Add(*v.value)
	}
	if err := t.valid(metric); err != nil {
		return err
	}
	*c = t
	return nil
}

// shadow stands for c in JSON.
func (c *Checkout) shadow() any {
	type fields Checkout
	return &struct {
		*fields
		Value          *jsonAmount `json:"value"`
		CompletedValue *jsonAmount `json:"completed_value"`
		EarlyValue     *jsonAmount `json:"early_value"`
		PendingValue   *jsonAmount `json:"pending_value"`
	}{
		(*fields)(c),
		(*jsonAmount)(&c.Value),
		(*jsonAmount)(&c.CompletedValue),
		(*jsonAmount)(&c.EarlyValue),
		(*jsonAmount)(&c.PendingValue),
	}
}

// MarshalJSON writes the amounts exactly, as strings. It returns an error if one is
// too large.
func (c Checkout) MarshalJSON() ([]byte, error) { return json.Marshal(c.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves c as it was, if data are anything else.
func (c *Checkout) UnmarshalJSON(data []byte) error { return readForm(c, (*Checkout).shadow, data) }

// Abandoned returns the carts that were not completed in time, Started less Completed
// and Pending. It returns an error if the form is impossible.
func (c Checkout) Abandoned() (int64, error) { return c.abandoned(), c.valid("Checkout.Abandoned") }

func (c Checkout) abandoned() int64 { return c.Started - c.Completed - c.Pending }

// AbandonmentRate returns Abandoned of the carts whose time is over (结账放弃率). It
// returns an error if the form is impossible, or if there are none.
func (c Checkout) AbandonmentRate() (Proportion, error) {
	return c.of("Checkout.AbandonmentRate", c.abandoned())
}

// CompletionRate returns Completed − Early of the carts whose time is over (结账完成率),
// the complement of AbandonmentRate. It returns an error as that does.
func (c Checkout) CompletionRate() (Proportion, error) {
	return c.of("Checkout.CompletionRate", c.Completed-c.Early)
}

// of returns k of the carts whose time is over.
func (c Checkout) of(metric string, k int64) (Proportion, error) {
	if err := c.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, k, c.Started-c.Early-c.Pending)
}

// ValueAbandoned returns the money in the abandoned carts (放弃金额). It returns an
// error if the form is impossible.
func (c Checkout) ValueAbandoned() (decimal.Decimal, error) {
	if err := c.valid("Checkout.ValueAbandoned"); err != nil {
		return decimal.Decimal{}, err
	}
	return c.abandonedValue(), nil
}

func (c Checkout) abandonedValue() decimal.Decimal {
	return c.Value.Sub(c.CompletedValue).Sub(c.PendingValue)
}

// ValueAbandonmentRate returns the money in the abandoned carts by that in all carts
// whose time is over (金额放弃率): above AbandonmentRate where it is the full carts that
// are left. Its interval takes the records: see [Carts.ValueAbandonmentRate]. It
// returns an error if the form is impossible, or if there was no money in them.
func (c Checkout) ValueAbandonmentRate() (Ratio, error) {
	const metric = "Checkout.ValueAbandonmentRate"
	if err := c.valid(metric); err != nil {
		return Ratio{}, err
	}
	closed := new(big.Rat).Sub(c.Value.Rat(), c.EarlyValue.Rat())
	return share(metric, c.abandonedValue().Rat(), closed.Sub(closed, c.PendingValue.Rat()))
}

// Cart is one cart, or one checkout. A Completed of the zero time is one that has not
// been completed.
type Cart struct {
	Opened    time.Time       `json:"opened"`             // when the first thing was put into it
	Completed time.Time       `json:"completed,omitzero"` // when it was ordered
	Value     decimal.Decimal `json:"value"`              // of what is in it, not negative
}

// shadow stands for c in JSON.
func (c *Cart) shadow() any {
	type fields Cart
	return &struct {
		*fields
		Value *jsonAmount `json:"value"`
	}{(*fields)(c), (*jsonAmount)(&c.Value)}
}

// MarshalJSON writes the amount exactly, as a string, and the instants with their
// offsets from UTC, but in UTC where an offset has seconds. It returns an error if the
// amount is too large or a year has not four digits.
func (c Cart) MarshalJSON() ([]byte, error) {
	c.Opened, c.Completed = sayable(c.Opened), sayable(c.Completed)
	return json.Marshal(c.shadow())
}

// UnmarshalJSON reads what MarshalJSON writes, and an amount that is a number. It
// returns an error, and leaves c as it was, if data are anything else.
func (c *Cart) UnmarshalJSON(data []byte) error { return readForm(c, (*Cart).shadow, data) }

func (c *Cart) valid(metric string) error {
	switch {
	case c.Opened.IsZero(): // no date, which would read as a cart of the year 1
		return fail(metric, CodeEmpty, "Opened = %s", c.Opened.Format(time.RFC3339))
	case !c.Completed.IsZero() && c.Completed.Before(c.Opened):
		return fail(metric, CodeTime, "Completed = %s < Opened = %s", c.Completed.Format(time.RFC3339), c.Opened.Format(time.RFC3339))
	}
	return cmp.Or(codable(metric, "Opened", c.Opened), codable(metric, "Completed", c.Completed), amount(metric, "Value", c.Value))
}

// cartState is what became of a cart.
type cartState int

const (
	cartAbandoned cartState = iota
	cartCompleted
	cartEarly
	cartPending
	cartStates
)

func (c *Cart) state(window time.Duration, asOf time.Time) cartState {
	end := c.Opened.Add(window)
	young := !end.Before(asOf)
	completed := !c.Completed.IsZero() && c.Completed.Before(asOf) && !c.Completed.After(end)
	switch {
	case completed && young:
		return cartEarly
	case completed:
		return cartCompleted
	case young:
		return cartPending
	default:
		return cartAbandoned
	}
}

// Carts are the raw records from which a Checkout is counted.
type Carts []Cart

// Checkout counts the carts that were opened in p and before asOf, which is exclusive:
// what happened at asOf or later is not known. A cart is completed if that was within
// window of its opening, the last instant included; one completed later was abandoned
// and is so for good. As long as something before the end of its window could still
// be at asOf or later it is pending, or early. The order of the records does not
// matter. It returns an error if p is empty, if window is not positive, if asOf is not
// set, if a cart has no Opened, a Completed before it or an impossible Value, naming
// it, if an instant lies outside the years 1 to 9999, or if the money grows past 400
// digits.
func (cs Carts) Checkout(p Period, window time.Duration, asOf time.Time) (Checkout, error) {
	const metric = "Carts.Checkout"
	var n [cartStates]int64
	var values [cartStates]Sum
	err := cs.each(metric, p, window, asOf, func(c *Cart, state cartState) error {
		n[state]++
		values[state].add(c.Value)
		return nil
	})
	if err != nil {
		return Checkout{}, err
	}
	abandoned, completed := values[cartAbandoned].Decimal(), values[cartCompleted].Decimal()
	c := Checkout{
		Early: n[cartEarly], EarlyValue: values[cartEarly].Decimal(),
		Pending: n[cartPending], PendingValue: values[cartPending].Decimal(),
	}
	c.Completed, c.CompletedValue = n[cartCompleted]+c.Early, completed.Add(c.EarlyValue)
	c.Started, c.Value = n[cartAbandoned]+c.Completed+c.Pending, abandoned.Add(c.CompletedValue).Add(c.PendingValue)
	if err := c.valid(metric); err != nil {
		return Checkout{}, err
	}
	return c, nil
}

// ValueAbandonmentRate returns the rate of [Checkout.ValueAbandonmentRate] with what
// its interval needs: X is the money in the carts of Checkout whose time is over, Y
// that in the abandoned ones of them. It returns an error as Checkout does, or if there
// was no money in them.
func (cs Carts) ValueAbandonmentRate(p Period, window time.Duration, asOf time.Time) (RatioOfSums, error) {
	const metric = "Carts.ValueAbandonmentRate"
	var r RatioOfSums
	err := cs.each(metric, p, window, asOf, func(c *Cart, state cartState) error {
		switch state {
		case cartAbandoned:
			return r.Add(c.Value, c.Value)
		case cartCompleted:
			return r.Add(decimal.Decimal{}, c.Value)
		default:
			return nil
		}
	})
	if err != nil {
		return RatioOfSums{}, err
	}
	if r.X.IsZero() {
		return RatioOfSums{}, fail(metric, CodeZeroDenominator, "Σ Value = 0")
	}
	return r, nil
}

// each calls add with every cart opened in p and before asOf and what became of it,
// once all carts are known to be possible.
func (cs Carts) each(metric string, p Period, window time.Duration, asOf time.Time, add func(*Cart, cartState) error) error {
	if err := p.check(metric); err != nil {
		return err
	}
	switch {
	case window == 0:
		return fail(metric, CodeMissing, "window")
	case window < 0:
		return fail(metric, CodeOutOfRange, "window = %s", window)
	}
	if err := cutOff(metric, asOf); err != nil {
		return err
	}
	for i := range cs {
		if err := cs[i].valid(metric); err != nil {
			return at(err, metric, i)
		}
	}
	for i := range cs {
		if c := &cs[i]; p.Contains(c.Opened) && c.Opened.Before(asOf) {
			if err := add(c, c.state(window, asOf)); err != nil {
				return at(err, metric, i)
			}
		}
	}
	return nil
}

var checkoutCatalog = []Entry{
	{
		Key: "checkout.abandonment", English: []string{"checkout abandonment rate", "cart abandonment rate"},
		Chinese: []string{"结账放弃率", "购物车放弃率", "弃购率"}, Formula: "(Started − Completed − Pending) / (Started − Early − Pending)",
		Unit: "share", Direction: Lower, Type: "Checkout", Method: "AbandonmentRate",
	},
	{
		Key: "checkout.completion", English: []string{"checkout completion rate", "cart conversion rate"},
		Chinese: []string{"结账完成率", "购物车转化率", "购物车转换率"}, Formula: "(Completed − Early) / (Started − Early − Pending)",
		Unit: "share", Direction: Higher, Type: "Checkout", Method: "CompletionRate",
	},
	{
		Key: "checkout.value_abandoned", English: []string{"abandoned cart value", "value abandoned"},
		Chinese: []string{"放弃金额", "弃购金额"}, Formula: "Value − CompletedValue − PendingValue",
		Unit: "money", Direction: Lower, Type: "Checkout", Method: "ValueAbandoned",
	},
	{
		Key: "checkout.value_abandonment", English: []string{"value abandonment rate", "abandonment rate by value"},
		Chinese: []string{"金额放弃率", "弃购金额占比"}, Formula: "(Value − CompletedValue − PendingValue) / (Value − EarlyValue − PendingValue)",
		Unit: "ratio", Direction: Lower, Type: "Checkout", Method: "ValueAbandonmentRate",
	},
	{
		Key: "checkout.value_abandonment_records", English: []string{"value abandonment rate with its interval"},
		Chinese: []string{"金额放弃率及其区间"}, Formula: "Σ Value of abandoned carts / Σ Value of carts whose time is over",
		Unit: "ratio", Direction: Lower, Type: "Carts", Method: "ValueAbandonmentRate",
	},
}
