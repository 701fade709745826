package kpi

import (
	"cmp"
	"encoding/json"
	"math/big"
	"time"

	"github.com/shopspring/decimal"
)

// Renewal holds what became of the contracts that fell due in a period: at the end
// of their term, with some time of grace to be renewed in.
//
//	LogoRate  = Renewed / (Due − Pending)                         续约率
//	GrossRate = KeptValue / (Value − PendingValue)                金额续约率
//	NetRate   = RenewedValue / (Value − PendingValue)             净金额续约率, 回款率
//
// A contract belongs to the period in which it falls due, also if it was renewed
// before. One that was cancelled before it fell due did fall due, and is lost; so is
// one renewed after its grace, which is Late and in no rate. Pending are those whose
// grace is not over, also if they have renewed or cancelled already: the quick decide
// before the slow, and of the youngest contracts only the quick would count.
//
// Values are of one year, the annual contract value, so that a renewal for three
// years counts as what it brings in one. TotalValue is what it brings in all of
// them, and in no rate. Where a value of one year is no decimal, as that of 100 over
// three years, state all of them over three: no rate changes. KeptValue counts of
// each contract no more than was due, Σ min(renewed, due): GrossRate is at most 1,
// and NetRate, in which expansion makes up for what is lost, is not below it.
//
// Invoices fall due as contracts do. With Value what was due and RenewedValue what
// was collected in time, NetRate is the collection rate (回款率), LogoRate the share of
// invoices that were paid at all, and LateValue what came after the grace.
//
// The counts and amounts must be possible: none negative, no part greater than its
// whole. A question needs its own fields only. The zero value is the identity of
// Merge.
type Renewal struct {
	Due              int64           `json:"due"`               // contracts that fell due in the period
	Pending          int64           `json:"pending"`           // of Due, whose grace is not over
	PendingRenewed   int64           `json:"pending_renewed"`   // of Pending, renewed already
	PendingCancelled int64           `json:"pending_cancelled"` // of Pending, cancelled already
	Renewed          int64           `json:"renewed"`           // of Due − Pending, before they were due or in the grace
	Late             int64           `json:"late"`              // of Due − Pending, after the grace
	Cancelled        int64           `json:"cancelled"`         // of Due − Pending
	Value            decimal.Decimal `json:"value"`             // a year, of Due
	PendingValue     decimal.Decimal `json:"pending_value"`     // of it, in Pending
	KeptValue        decimal.Decimal `json:"kept_value"`        // a year, of Renewed, of each at most what was due
	RenewedValue     decimal.Decimal `json:"renewed_value"`     // a year, of Renewed as they are now
	LateValue        decimal.Decimal `json:"late_value"`        // a year, of Late as they are now
	TotalValue       decimal.Decimal `json:"total_value"`       // of Renewed over the whole of their new terms
}

// counts lists the counts.
func (r *Renewal) counts() []*int64 {
	return []*int64{&r.Due, &r.Pending, &r.PendingRenewed, &r.PendingCancelled, &r.Renewed, &r.Late, &r.Cancelled}
}

// values lists the amounts.
func (r *Renewal) values() []namedAmount {
	return []namedAmount{
		{"Value", &r.Value},
		{"PendingValue", &r.PendingValue},
		{"KeptValue", &r.KeptValue},
		{"RenewedValue", &r.RenewedValue},
		{"LateValue", &r.LateValue},
		{"TotalValue", &r.TotalValue},
	}
}

func (r Renewal) valid(metric string) error {
	err := nonNegative(metric, []string{"Due", "Pending", "PendingRenewed", "PendingCancelled", "Renewed", "Late", "Cancelled"},
		r.Due, r.Pending, r.PendingRenewed, r.PendingCancelled, r.Renewed, r.Late, r.Cancelled)
	switch {
	case err != nil:
		return err
	case r.Pending > r.Due:
		return fail(metric, CodePartExceedsWhole, "Pending = %d > Due = %d", r.Pending, r.Due)
	case r.PendingRenewed > r.Pending || r.PendingCancelled > r.Pending-r.PendingRenewed:
		return fail(metric, CodePartExceedsWhole, "PendingRenewed + PendingCancelled = %d + %d > Pending = %d", r.PendingRenewed, r.PendingCancelled, r.Pending)
	}
	left := r.Due - r.Pending
	for _, n := range []int64{r.Renewed, r.Late, r.Cancelled} {
		if left -= n; left < 0 {
			return fail(metric, CodePartExceedsWhole, "Renewed + Late + Cancelled = %d + %d + %d > Due − Pending = %d", r.Renewed, r.Late, r.Cancelled, r.Due-r.Pending)
		}
	}
	for _, v := range r.values() {
		if err := amount(metric, v.name, *v.value); err != nil {
			return err
		}
	}
	switch {
	case r.PendingValue.Add(r.KeptValue).GreaterThan(r.Value):
		return fail(metric, CodePartExceedsWhole, "PendingValue + KeptValue = %s > Value = %s", clip(plain(r.PendingValue.Add(r.KeptValue))), clip(plain(r.Value)))
	case r.KeptValue.GreaterThan(r.RenewedValue):
		return fail(metric, CodePartExceedsWhole, "KeptValue = %s > RenewedValue = %s", clip(plain(r.KeptValue)), clip(plain(r.RenewedValue)))
	}
	return nil
}

// Merge adds the contracts of a disjoint part of the business over the same period,
// with as much grace. It returns an error, and changes nothing, if either is
// impossible, a count overflows or an amount grows past 400 digits.
func (r *Renewal) Merge(o Renewal) error {
	const metric = "Renewal.Merge"
	if err := bothValid(metric, *r, o); err != nil {
		return err
	}
	t := *r
	more := o.counts()
	for i, n := range t.counts() {
		if err := addCounts(metric, []*int64{n}, *more[i]); err != nil {
			return err
		}
	}
	values := t.values()
	for i, v := range o.values() {
		*values[i].value = values[i].value.Add(*v.value)
	}
	if err := t.valid(metric); err != nil {
		return err
	}
	*r = t
	return nil
}

// shadow stands for r in JSON.
func (r *Renewal) shadow() any {
	type fields Renewal
	return &struct {
		*fields
		Value        *jsonAmount `json:"value"`
		PendingValue *jsonAmount `json:"pending_value"`
		KeptValue    *jsonAmount `json:"kept_value"`
		RenewedValue *jsonAmount `json:"renewed_value"`
		LateValue    *jsonAmount `json:"late_value"`
		TotalValue   *jsonAmount `json:"total_value"`
	}{
		(*fields)(r),
		(*jsonAmount)(&r.Value),
		(*jsonAmount)(&r.PendingValue),
		(*jsonAmount)(&r.KeptValue),
		(*jsonAmount)(&r.RenewedValue),
		(*jsonAmount)(&r.LateValue),
		(*jsonAmount)(&r.TotalValue),
	}
}

// MarshalJSON writes the amounts exactly, as strings. It returns an error if one is
// too large.
func (r Renewal) MarshalJSON() ([]byte, error) { return json.Marshal(r.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves r as it was, if data are anything else.
func (r *Renewal) UnmarshalJSON(data []byte) error { return readForm(r, (*Renewal).shadow, data) }

// LogoRate returns Renewed/(Due − Pending) (续约率), in which every contract counts
// alike. It returns an error if the form is impossible, or if the grace of none is
// over.
func (r Renewal) LogoRate() (Proportion, error) {
	const metric = "Renewal.LogoRate"
	if err := r.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, r.Renewed, r.Due-r.Pending)
}

// GrossRate returns KeptValue/(Value − PendingValue) (金额续约率), at most 1: what was
// kept of the value that was due, without expansion. Its interval takes the records:
// see [Contracts.GrossRate]. It returns an error if the form is impossible, or if no
// value was due whose grace is over.
func (r Renewal) GrossRate() (Ratio, error) { return r.of("Renewal.GrossRate", r.KeptValue) }

// NetRate returns RenewedValue/(Value − PendingValue) (净金额续约率; of invoices the
// collection rate, 回款率), which expansion may carry past 1. Its interval takes the
// records: see [Contracts.NetRate]. It returns an error as GrossRate does.
func (r Renewal) NetRate() (Ratio, error) { return r.of("Renewal.NetRate", r.RenewedValue) }

// of returns what a value is of that due whose grace is over.
func (r Renewal) of(metric string, value decimal.Decimal) (Ratio, error) {
	if err := r.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, value.Rat(), new(big.Rat).Sub(r.Value.Rat(), r.PendingValue.Rat()))
}

// Contract is a term of one contract, or one invoice, and what became of it. A
// Renewed or a Cancelled of the zero time is what has not happened; both cannot have.
type Contract struct {
	ID           string          `json:"id"`                 // any text that is not empty; each is one term
	Due          time.Time       `json:"due"`                // when the term ends, or the money is due
	Value        decimal.Decimal `json:"value"`              // a year of the term that ends, or the money due; not negative
	Renewed      time.Time       `json:"renewed,omitzero"`   // when it was renewed, before Due or after, or paid
	RenewedValue decimal.Decimal `json:"renewed_value"`      // a year of the new term, or the money paid by Renewed; not negative
	TotalValue   decimal.Decimal `json:"total_value"`        // the whole of the new term, if that is known
	Cancelled    time.Time       `json:"cancelled,omitzero"` // when it was cancelled, before Due or after
}

// shadow stands for c in JSON.
func (c *Contract) shadow() any {
	type fields Contract
	return &struct {
		*fields
		Value        *jsonAmount `json:"value"`
		RenewedValue *jsonAmount `json:"renewed_value"`
		TotalValue   *jsonAmount `json:"total_value"`
	}{(*fields)(c), (*jsonAmount)(&c.Value), (*jsonAmount)(&c.RenewedValue), (*jsonAmount)(&c.TotalValue)}
}

// MarshalJSON writes the amounts exactly, as strings, and the instants with their
// offsets from UTC, but in UTC where an offset has seconds. It returns an error if an
// amount is too large or a year has not four digits.
func (c Contract) MarshalJSON() ([]byte, error) {
	c.Due, c.Renewed, c.Cancelled = sayable(c.Due), sayable(c.Renewed), sayable(c.Cancelled)
	return json.Marshal(c.shadow())
}

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves c as it was, if data are anything else.
func (c *Contract) UnmarshalJSON(data []byte) error { return readForm(c, (*Contract).shadow, data) }

func (c *Contract) valid(metric string) error {
	if err := cmp.Or(amount(metric, "Value", c.Value), amount(metric, "RenewedValue", c.RenewedValue), amount(metric, "TotalValue", c.TotalValue)); err != nil {
		return err
	}
	switch {
	case c.ID == "":
		return fail(metric, CodeEmpty, "ID = %q", c.ID)
	case c.Due.IsZero():
		return fail(metric, CodeEmpty, "Due = %s", c.Due.Format(time.RFC3339))
	case !c.Renewed.IsZero() && !c.Cancelled.IsZero():
		return fail(metric, CodeMismatch, "Renewed = %s, Cancelled = %s", c.Renewed.Format(time.RFC3339), c.Cancelled.Format(time.RFC3339))
	case c.Renewed.IsZero() && (!c.RenewedValue.IsZero() || !c.TotalValue.IsZero()):
		return fail(metric, CodeMismatch, "Renewed = %s, RenewedValue ≠ 0 ∨ TotalValue ≠ 0", c.Renewed.Format(time.RFC3339))
	}
	for _, t := range []time.Time{c.Due, c.Renewed, c.Cancelled} {
		if t.IsZero() {
			continue
		}
		if _, err := instant(metric, t); err != nil {
			return err
		}
	}
	return nil
}

// Contracts are the records from which a Renewal is counted: the terms of contracts
// or the invoices of one currency.
type Contracts []Contract

func (cs Contracts) valid(metric string) error {
	seen := make(map[string]bool, len(cs))
	for i := range cs {
		if err := cs[i].valid(metric); err != nil {
			return at(err, metric, i)
		}
		if seen[cs[i].ID] {
			return failAt(metric, CodeRepeated, i, "ID = %s", clip(cs[i].ID))
		}
		seen[cs[i].ID] = true
	}
	return nil
}

// renewals are the contracts due in a period, and their rates by value.
type renewals struct {
	Renewal
	gross, net RatioOfSums // of those whose grace is over
}

func (cs Contracts) renewals(metric string, p Period, grace time.Duration, asOf time.Time) (*renewals, error) {
	if err := cmp.Or(p.check(metric), dated(metric, asOf)); err != nil {
		return nil, err
	}
	if grace < 0 {
		return nil, fail(metric, CodeOutOfRange, "grace = %s", grace)
	}
	if err := cs.valid(metric); err != nil {
		return nil, err
	}
	r := new(renewals)
	for i := range cs {
		if c := &cs[i]; p.Contains(c.Due) && c.Due.Before(asOf) {
			if err := r.count(c, grace, asOf); err != nil {
				return nil, at(err, metric, i)
			}
		}
	}
	return r, r.valid(metric)
}

// count adds a contract that is due before asOf.
func (r *renewals) count(c *Contract, grace time.Duration, asOf time.Time) error {
	end := c.Due.Add(grace)
	renewed := !c.Renewed.IsZero() && c.Renewed.Before(asOf)
	cancelled := !c.Cancelled.IsZero() && c.Cancelled.Before(asOf)
	r.Due++
	r.Value = r.Value.Add(c.Value)
	if !end.Before(asOf) {
		r.Pending++
		r.PendingValue = r.PendingValue.Add(c.Value)
		if renewed {
			r.PendingRenewed++
		} else if cancelled {
			r.PendingCancelled++
		}
		return nil
	}
	var kept, now decimal.Decimal
	switch {
	case renewed && !c.Renewed.After(end):
		r.Renewed++
		kept, now = decimal.Min(c.RenewedValue, c.Value), c.RenewedValue
		r.KeptValue, r.RenewedValue, r.TotalValue = r.KeptValue.Add(kept), r.RenewedValue.Add(now), r.TotalValue.Add(c.TotalValue)
	case renewed:
		r.Late++
		r.LateValue = r.LateValue.Add(c.RenewedValue)
	case cancelled:
		r.Cancelled++
	}
	return cmp.Or(r.gross.Add(kept, c.Value), r.net.Add(now, c.Value))
}

// Renewal counts the contracts that fell due in p and before asOf, which is exclusive:
// what happened at asOf or later is not known. A contract was renewed in time if that
// was before it fell due or within grace of it, the last instant included, and it is
// pending as long as that instant is not before asOf. Raising asOf changes no contract
// that is not pending, but that a lost one may become Late or Cancelled. The order of
// the records does not matter. It returns an error if p is empty, grace is negative or
// asOf is not set, if a record is impossible, naming it, or if the money grows past 400
// digits.
func (cs Contracts) Renewal(p Period, grace time.Duration, asOf time.Time) (Renewal, error) {
	r, err := cs.renewals("Contracts.Renewal", p, grace, asOf)
	if err != nil {
		return Renewal{}, err
	}
	return r.Renewal, nil
}

// GrossRate returns the rate of [Renewal.GrossRate] with what its interval needs: X is
// the value due whose grace is over, Y what was kept of it, and an observation is a
// contract. It returns an error as Renewal does; the rate of nothing due has no Ratio.
func (cs Contracts) GrossRate(p Period, grace time.Duration, asOf time.Time) (RatioOfSums, error) {
	r, err := cs.renewals("Contracts.GrossRate", p, grace, asOf)
	if err != nil {
		return RatioOfSums{}, err
	}
	return r.gross, nil
}

// NetRate returns the rate of [Renewal.NetRate] with what its interval needs, as
// GrossRate does. It returns an error as Renewal does.
func (cs Contracts) NetRate(p Period, grace time.Duration, asOf time.Time) (RatioOfSums, error) {
	r, err := cs.renewals("Contracts.NetRate", p, grace, asOf)
	if err != nil {
		return RatioOfSums{}, err
	}
	return r.net, nil
}

var renewalCatalog = []Entry{
	{
		Key: "renewal.logo", English: []string{"renewal rate", "logo renewal rate", "contract renewal rate"},
		Chinese: []string{"续约率", "续费率", "客户续约率", "客户续费率"}, Formula: "Renewed / (Due − Pending)",
		Unit: "share", Direction: Higher, Type: "Renewal", Method: "LogoRate",
	},
	{
		Key: "renewal.gross", English: []string{"gross renewal rate", "gross value renewal rate"},
		Chinese: []string{"金额续约率", "金额续费率", "毛续约率"}, Formula: "KeptValue / (Value − PendingValue)",
		Unit: "share", Direction: Higher, Type: "Renewal", Method: "GrossRate",
	},
	{
		Key: "renewal.net", English: []string{"net renewal rate", "net value renewal rate"},
		Chinese: []string{"净金额续约率", "净续约率", "净续费率"}, Formula: "RenewedValue / (Value − PendingValue)",
		Unit: "ratio", Direction: Higher, Type: "Renewal", Method: "NetRate",
	},
	{
		Key: "collection.rate", English: []string{"collection rate", "collected of what was due"},
		Chinese: []string{"回款率", "收款率", "到期回款率"}, Formula: "RenewedValue / (Value − PendingValue), of invoices",
		Unit: "ratio", Direction: Higher, Type: "Renewal", Method: "NetRate",
	},
	{
		Key: "renewal.gross_records", English: []string{"gross renewal rate with its interval"},
		Chinese: []string{"金额续约率及其区间"}, Formula: "Σ min(RenewedValue, Value) / Σ Value, of contracts whose grace is over",
		Unit: "share", Direction: Higher, Type: "Contracts", Method: "GrossRate",
	},
	{
		Key: "renewal.net_records", English: []string{"net renewal rate with its interval", "collection rate with its interval"},
		Chinese: []string{"净金额续约率及其区间", "回款率及其区间"}, Formula: "Σ RenewedValue / Σ Value, of contracts whose grace is over",
		Unit: "ratio", Direction: Higher, Type: "Contracts", Method: "NetRate",
	},
}
