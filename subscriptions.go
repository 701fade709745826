package kpi

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"sort"
	"time"

	"github.com/shopspring/decimal"
)

// Charge says what a Subscription is charged for.
type Charge int

// The kinds of charge. The zero value is a recurring one.
const (
	ChargeRecurring Charge = iota // as long as the subscription runs
	ChargeOneTime                 // a set-up, a training, a device
	ChargeUsage                   // by what was used in its time
)

var chargeNames = []string{"recurring", "one-time", "usage"}

// String returns the name of c: "one-time".
func (c Charge) String() string { return enumName(chargeNames, int(c), "Charge") }

// ParseCharge returns the charge of that name.
func ParseCharge(s string) (Charge, error) {
	i, err := parseEnum("ParseCharge", chargeNames, s)
	return Charge(i), err
}

// MarshalText returns the name of c.
func (c Charge) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseCharge reads.
func (c *Charge) UnmarshalText(text []byte) error { return readEnum(c, ParseCharge, text) }

// Subscription is one price that one customer pays for one plan, from Start until
// just before End. An End of the zero time is one that has not ended. What a customer
// pays is the sum of all that run, so that a discount is one whose Amount is negative,
// with a Start and an End of its own, and a change of price or of plan is the end of
// one and the start of the next.
//
//	Amount / Months  a month
type Subscription struct {
	Customer string          `json:"customer"` // any id that is not empty
	Plan     string          `json:"plan"`     // the plan or the product, any text
	Start    time.Time       `json:"start"`
	End      time.Time       `json:"end,omitzero"`
	Amount   decimal.Decimal `json:"amount"` // of a term, before tax; a discount is negative
	Months   int             `json:"months"` // of a term: 1, 12, 36, at most 120; 0 if the charge is not recurring and has none
	Charge   Charge          `json:"charge"` // recurring, if nothing else is said
}

// shadow stands for s in JSON.
func (s *Subscription) shadow() any {
	type fields Subscription
	return &struct {
		*fields
		Amount *jsonAmount `json:"amount"`
	}{(*fields)(s), (*jsonAmount)(&s.Amount)}
}

// MarshalJSON writes the amount exactly, as a string, and the instants with their
// offsets from UTC, but in UTC where an offset has seconds. It returns an error if the
// amount is too large or a year has not four digits.
func (s Subscription) MarshalJSON() ([]byte, error) {
	s.Start, s.End = sayable(s.Start), sayable(s.End)
	return json.Marshal(s.shadow())
}

// UnmarshalJSON reads what MarshalJSON writes, and an amount that is a number. It
// returns an error, and leaves s as it was, if data are anything else.
func (s *Subscription) UnmarshalJSON(data []byte) error {
	return readForm(s, (*Subscription).shadow, data)
}

// maxMonths bounds the term of a Subscription.
const maxMonths = 120

func (s *Subscription) valid(metric string) error {
	if err := gate(metric, "Amount", s.Amount); err != nil {
		return err
	}
	switch {
	case s.Customer == "":
		return fail(metric, CodeEmpty, "Customer = %q", s.Customer)
	case s.Charge < ChargeRecurring || s.Charge > ChargeUsage:
		return fail(metric, CodeOutOfRange, "Charge = %d", int(s.Charge))
	case s.Months < 0 || s.Months > maxMonths || s.Months == 0 && s.Charge == ChargeRecurring:
		return fail(metric, CodeOutOfRange, "Months = %d ∉ [1, %d]", s.Months, maxMonths)
	case s.Start.IsZero(): // no date, which would read as one since the year 1
		return fail(metric, CodeEmpty, "Start = %s", s.Start.Format(time.RFC3339))
	case !s.End.IsZero() && !s.Start.Before(s.End):
		return fail(metric, CodeTime, "End = %s ≤ Start = %s", s.End.Format(time.RFC3339), s.Start.Format(time.RFC3339))
	}
	if _, err := instant(metric, s.Start); err != nil || s.End.IsZero() {
		return err
	}
	_, err := instant(metric, s.End)
	return err
}

// mrrMonths is the least number of months that every term divides, 1 … maxMonths. In
// the money of so many months every price is a decimal; in that of one month a third
// of an annual price is not.
var mrrMonths = func() *big.Int {
	all := big.NewInt(1)
	for n := range int64(maxMonths) {
		m := big.NewInt(n + 1)
		all.Mul(all, m.Quo(m, new(big.Int).GCD(nil, nil, all, m)))
	}
	return all
}()

// aMonth returns money of mrrMonths as money of a month.
func aMonth(d decimal.Decimal) Ratio {
	r := d.Rat()
	return ratio(r.Quo(r, new(big.Rat).SetInt(mrrMonths)))
}

// Subscriptions are the records from which recurring revenue is counted, of one
// currency. One-time charges and usage are not in it, unless they are asked for with
// Including. The order of the records does not matter.
//
//	MRR       = Σ Amount/Months of what runs
//	CohortNRR = Σ m₁ / Σ m₀
//	CohortGRR = Σ min(m₁, m₀) / Σ m₀
//
// with m₀ and m₁ what a customer pays a month at the beginning and at the end of a
// period, over the customers with m₀ > 0. To start and to end are events, and belong
// to the period that contains their instant, its first one included; so what runs at
// an end is what runs just before it, as in Memberships.
//
// Nothing is inferred after asOf, which is exclusive and which every question takes: a
// subscription that is known to end later has not ended, and one that has no End and
// was paid for a year still runs when the year is over.
//
// What a customer pays may be 0, and then it is no customer with recurring revenue,
// but not negative at any time before asOf: there is a discount too many. It is an
// error, as are a record without Customer or Start, an End that is not after its
// Start, and a term of no months or of more than 120.
type Subscriptions []Subscription

// Including returns the records with those of a charge turned into recurring ones, such
// as usage that is contracted. Each needs Months then.
func (ss Subscriptions) Including(c Charge) Subscriptions {
	out := slices.Clone(ss)
	for i := range out {
		if out[i].Charge == c {
			out[i].Charge = ChargeRecurring
		}
	}
	return out
}

// OfPlan returns the records of one plan. Who moves to another plan churns in its
// movements.
func (ss Subscriptions) OfPlan(plan string) Subscriptions {
	var out Subscriptions
	for i := range ss {
		if ss[i].Plan == plan {
			out = append(out, ss[i])
		}
	}
	return out
}

// mrrStep is what a customer pays from an instant on, in money of mrrMonths.
type mrrStep struct {
	at    int64
	level decimal.Decimal
}

// mrrLine are the steps of one customer before asOf, by instant, the first from
// nothing.
type mrrLine []mrrStep

// before returns what the customer pays just before t, or at the end of the line.
func (l mrrLine) before(t int64) decimal.Decimal {
	if n := sort.Search(len(l), func(i int) bool { return l[i].at >= t }); n > 0 {
		return l[n-1].level
	}
	return decimal.Decimal{}
}

// lines returns how the recurring revenue of each customer moved before asOf.
func (ss Subscriptions) lines(metric string, asOf time.Time) ([]mrrLine, error) {
	if err := dated(metric, asOf); err != nil {
		return nil, err
	}
	for i := range ss {
		if err := ss[i].valid(metric); err != nil {
			return nil, at(err, metric, i)
		}
	}
	index := make(map[string]int, len(ss))
	var lines []mrrLine
	var names []string
	var prices [maxMonths + 1]decimal.Decimal // a term of so many months in mrrMonths
	end := asOf.UnixNano()
	for i := range ss {
		s := &ss[i]
		if s.Charge != ChargeRecurring || !s.Start.Before(asOf) {
			continue
		}
		n, ok := index[s.Customer]
		if !ok {
			n = len(lines)
			index[s.Customer] = n
			lines, names = append(lines, nil), append(names, s.Customer)
		}
		terms := &prices[s.Months]
		if terms.IsZero() {
			*terms = decimal.NewFromBigInt(new(big.Int).Quo(mrrMonths, big.NewInt(int64(s.Months))), 0)
		}
		price := s.Amount.Mul(*terms)
		lines[n] = append(lines[n], mrrStep{s.Start.UnixNano(), price})
		if !s.End.IsZero() && s.End.UnixNano() < end {
			lines[n] = append(lines[n], mrrStep{s.End.UnixNano(), price.Neg()})
		}
	}
	var worst error
	of := ""
	for n := range lines {
		var low decimal.Decimal
		lines[n], low = lines[n].levels()
		if low.Sign() < 0 && (worst == nil || names[n] < of) {
			of = names[n]
			worst = fail(metric, CodeNegative, "Customer = %s: %.6g", clip(of), aMonth(low))
		}
	}
	return lines, worst
}

// levels turns changes in any order into levels, one an instant, and returns the
// lowest of those below 0.
func (l mrrLine) levels() (mrrLine, decimal.Decimal) {
	slices.SortFunc(l, func(a, b mrrStep) int { return cmp.Compare(a.at, b.at) })
	var level, low decimal.Decimal
	out := l[:0]
	for i, s := range l {
		level = level.Add(s.level)
		if i+1 < len(l) && l[i+1].at == s.at {
			continue
		}
		out = append(out, mrrStep{s.at, level})
		low = decimal.Min(low, level)
	}
	return out, low
}

// MRR returns the monthly recurring revenue (月度经常性收入) just before asOf. It returns an
// error if asOf is not set, or if a record or what a customer pays is impossible.
func (ss Subscriptions) MRR(asOf time.Time) (Ratio, error) {
	return ss.running("Subscriptions.MRR", asOf)
}

// ARR returns twelve times MRR (年度经常性收入). It returns an error as MRR does.
func (ss Subscriptions) ARR(asOf time.Time) (Ratio, error) {
	m, err := ss.running("Subscriptions.ARR", asOf)
	return m.Mul(Whole(12)), err
}

func (ss Subscriptions) running(metric string, asOf time.Time) (Ratio, error) {
	lines, err := ss.lines(metric, asOf)
	if err != nil {
		return Ratio{}, err
	}
	var sum Sum
	for _, l := range lines {
		sum.add(l[len(l)-1].level)
	}
	return aMonth(sum.Decimal()), nil
}

// CohortNRR returns the net revenue retention (净收入留存率) of the customers who were there
// at the beginning of p, over any span: what they pay at its end by what they paid then,
// with all that was between left out and without who joined later. Over one period of
// Movements it is [MRR.NRR]. Who left and came back within p is kept.
//
// An observation is a customer, X what they paid and Y what they pay, both in the money
// not of one month but of as many as every term divides, 1 … 120: where all is a
// decimal. The ratio, its interval and its comparisons do not see that.
//
// It returns an error as MRR does, or if p is empty or ends after asOf; the rate of
// nobody has no Ratio.
func (ss Subscriptions) CohortNRR(p Period, asOf time.Time) (RatioOfSums, error) {
	return ss.cohort("Subscriptions.CohortNRR", p, asOf, func(_, after decimal.Decimal) decimal.Decimal { return after })
}

// CohortGRR returns the gross revenue retention (毛收入留存率) of the customers of
// CohortNRR, of each of whom no more counts at the end than at the beginning: at most 1,
// and at most CohortNRR. Over one period of Movements it is [MRR.GRR]. It returns an
// error as CohortNRR does.
func (ss Subscriptions) CohortGRR(p Period, asOf time.Time) (RatioOfSums, error) {
	return ss.cohort("Subscriptions.CohortGRR", p, asOf, func(before, after decimal.Decimal) decimal.Decimal {
		return decimal.Min(before, after)
	})
}

func (ss Subscriptions) cohort(metric string, p Period, asOf time.Time, kept func(before, after decimal.Decimal) decimal.Decimal) (RatioOfSums, error) {
	if err := cmp.Or(instants(metric, p), dated(metric, asOf)); err != nil {
		return RatioOfSums{}, err
	}
	if !p.Complete(asOf) {
		return RatioOfSums{}, fail(metric, CodeTime, "p.End = %s > asOf = %s", p.End.Format(time.RFC3339), asOf.Format(time.RFC3339))
	}
	lines, err := ss.lines(metric, p.End)
	if err != nil {
		return RatioOfSums{}, err
	}
	var r RatioOfSums
	for _, l := range lines {
		before, after := l.before(p.Start.UnixNano()), l[len(l)-1].level
		if before.Sign() == 0 {
			continue
		}
		if err := r.Add(kept(before, after), before); err != nil {
			return RatioOfSums{}, under(err, metric)
		}
	}
	return r, nil
}

var subscriptionsCatalog = []Entry{
	{
		Key: "mrr.running", English: []string{"MRR", "monthly recurring revenue"},
		Chinese: []string{"月度经常性收入", "月经常性收入", "月度经常性收入MRR"}, Formula: "Σ Amount/Months of what runs",
		Unit: "money", Direction: Higher, Type: "Subscriptions", Method: "MRR",
	},
	{
		Key: "arr.running", English: []string{"ARR", "annual recurring revenue"},
		Chinese: []string{"年度经常性收入", "年经常性收入", "年度经常性收入ARR"}, Formula: "12·Σ Amount/Months of what runs",
		Unit: "money", Direction: Higher, Type: "Subscriptions", Method: "ARR",
	},
	{
		Key: "nrr.cohort", English: []string{"cohort NRR", "net revenue retention of a cohort"},
		Chinese: []string{"净收入留存率(同期群)", "队列净收入留存率"}, Formula: "Σ m₁ / Σ m₀ over customers with m₀ > 0",
		Unit: "ratio", Direction: Higher, Type: "Subscriptions", Method: "CohortNRR",
	},
	{
		Key: "grr.cohort", English: []string{"cohort GRR", "gross revenue retention of a cohort"},
		Chinese: []string{"毛收入留存率(同期群)", "队列毛收入留存率"}, Formula: "Σ min(m₁, m₀) / Σ m₀ over customers with m₀ > 0",
		Unit: "share", Direction: Higher, Type: "Subscriptions", Method: "CohortGRR",
	},
}
