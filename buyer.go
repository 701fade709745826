package kpi

import (
	"cmp"
	"math"
	"slices"
)

// Buyer is what the models of repeat buying know of a customer: how often, how long
// ago and since when; and of what it was worth, the mean.
//
//	0 ≤ Recency ≤ Age, and Recency = 0 exactly where Frequency = 0
//
// Times are ages since the first order, in Unit. The models have no memory of what
// else there was: how the orders lie between the first and the last tells them
// nothing.
//
// A Buyer whose Age is 0 is a new customer: Buyer{Unit: kpi.Week}. Predictions for it
// are those that papers call unconditional.
//
// Customers.Buyers makes them of a log. Fader, Hardie and Lee (2005), RFM and CLV,
// JMR 42, 415–430, write x for Frequency, t_x for Recency, T for Age and m_x for Spend.
type Buyer struct {
	ID        string  `json:"id,omitempty"`     // in a log of string ids
	Number    uint64  `json:"number,omitempty"` // in a log of numeric ids
	Frequency int64   `json:"frequency"`        // orders after the first, those of one day being one
	Recency   float64 `json:"recency"`          // age at the last order
	Age       float64 `json:"age"`              // at the end of what was watched
	Spend     float64 `json:"spend,omitempty"`  // mean amount of the Priced orders
	Priced    int64   `json:"priced,omitempty"` // orders behind Spend; 0 is Frequency
	Weight    int64   `json:"weight,omitempty"` // customers that the row stands for; 0 is 1
	Unit      Unit    `json:"unit"`             // of Recency and Age
}

// The mean lengths of the units of time, in days. Those of months, quarters and years
// are the Gregorian calendar's over its 400 years.
var unitDays = [...]float64{Day: 1, Week: 7, Month: 365.2425 / 12, Quarter: 365.2425 / 4, Year: 365.2425}

// validUnit refuses a unit that there is not.
func validUnit(metric string, u Unit) error {
	if u < Day || u > Year {
		return fail(metric, CodeOutOfRange, "Unit = %d", int(u))
	}
	return nil
}

// mostCounted bounds frequencies and counts of orders, which are exact in a float64.
const mostCounted = 1 << 53

// bought refuses a history of orders that cannot be.
func (b *Buyer) bought(metric string) error {
	for _, f := range []struct {
		name string
		age  float64
	}{{"Recency", b.Recency}, {"Age", b.Age}} {
		if err := validAge(metric, f.name, f.age); err != nil {
			return err
		}
	}
	switch {
	case b.Frequency < 0 || b.Weight < 0:
		return nonNegative(metric, []string{"Frequency", "Weight"}, b.Frequency, b.Weight)
	case b.Frequency > mostCounted:
		return fail(metric, CodeTooLarge, "Frequency = %d", b.Frequency)
	case b.Recency > b.Age:
		return fail(metric, CodePartExceedsWhole, "Recency = %v > Age = %v", b.Recency, b.Age)
	case (b.Recency > 0) != (b.Frequency > 0):
		return fail(metric, CodeMismatch, "Frequency = %d, Recency = %v", b.Frequency, b.Recency)
	}
	return validUnit(metric, b.Unit)
}

// priced returns the orders behind Spend.
func (b *Buyer) priced() int64 {
	if b.Priced == 0 {
		return b.Frequency
	}
	return b.Priced
}

// spent refuses a spend that cannot be, of customers with priced orders.
func (b *Buyer) spent(metric string) error {
	switch {
	case b.Frequency < 0 || b.Priced < 0 || b.Weight < 0:
		return nonNegative(metric, []string{"Frequency", "Priced", "Weight"}, b.Frequency, b.Priced, b.Weight)
	case b.priced() > mostCounted:
		return fail(metric, CodeTooLarge, "Priced = %d", b.priced())
	case b.priced() == 0:
		return nil
	case math.IsNaN(b.Spend) || math.IsInf(b.Spend, 0):
		return fail(metric, CodeNotFinite, "Spend = %v", b.Spend)
	case b.Spend <= 0:
		return fail(metric, CodeOutOfRange, "Spend = %v ≤ 0", b.Spend)
	}
	return nil
}

// askable refuses a buyer that cannot be, or of another unit than the model's.
func (b *Buyer) askable(metric string, unit Unit) error {
	if err := b.bought(metric); err != nil {
		return err
	}
	if b.Unit != unit {
		return fail(metric, CodeMismatch, "Unit = %s ≠ %s", b.Unit, unit)
	}
	return nil
}

// weight returns how many customers b stands for.
func (b *Buyer) weight() int64 { return max(b.Weight, 1) }

// likeness is customers of whom a model knows the same: a count and two numbers.
type likeness struct {
	n      int64
	x, y   float64
	weight int64
}

// alikes are the different rows of buyers, in one order whatever theirs was.
type alikes struct {
	rows      []likeness
	customers int64
	unit      Unit
}

// grouped puts equal rows together: take returns what a model knows of a buyer, or
// false if that is nothing. It returns an error that names the buyer if one is
// invalid, of another unit, or one too many.
func grouped(metric string, buyers []Buyer, take func(b *Buyer) (likeness, bool, error)) (alikes, error) {
	var g alikes
	bits := 6
	for 1<<bits < 2*len(buyers) {
		bits++
	}
	slots := make([]int32, 1<<bits) // of a row its number from 1 on
	for i := range buyers {
		b := &buyers[i]
		r, ok, err := take(b)
		if err != nil {
			return alikes{}, at(err, metric, i)
		}
		if i == 0 {
			g.unit = b.Unit
		}
		if b.Unit != g.unit {
			return alikes{}, failAt(metric, CodeMismatch, i, "Unit = %s ≠ %s", b.Unit, g.unit)
		}
		if !ok {
			continue
		}
		r.weight = b.weight()
		if err := addCounts(metric, []*int64{&g.customers}, r.weight); err != nil {
			return alikes{}, at(err, metric, i)
		}
		const odd = 0x9e3779b97f4a7c15
		h := uint64(r.n)*odd ^ math.Float64bits(r.x) //nolint:gosec // any bits
		h = (h ^ h>>29) * odd
		h = (h ^ math.Float64bits(r.y)) * odd
		h = (h ^ h>>32) * odd
		for k := h >> (64 - bits); ; k = (k + 1) & uint64(len(slots)-1) { //nolint:gosec // there are some
			if slots[k] == 0 {
				g.rows = append(g.rows, r)
				slots[k] = int32(len(g.rows)) //nolint:gosec // memory holds no more
				break
			}
			if s := &g.rows[slots[k]-1]; s.n == r.n && s.x == r.x && s.y == r.y {
				s.weight += r.weight
				break
			}
		}
	}
	slices.SortFunc(g.rows, func(a, b likeness) int {
		switch {
		case a.n != b.n:
			return cmp.Compare(a.n, b.n)
		case a.x != b.x:
			return cmp.Compare(a.x, b.x)
		default:
			return cmp.Compare(a.y, b.y)
		}
	})
	return g, nil
}

// counts returns the different counts of the sorted rows, and of each row which it has.
func (g *alikes) counts() (different []float64, which []int32) {
	which = make([]int32, len(g.rows))
	for i := range g.rows {
		if n := float64(g.rows[i].n); i == 0 || n != different[len(different)-1] {
			different = append(different, n)
		}
		which[i] = int32(len(different) - 1) //nolint:gosec // no more than rows
	}
	return different, which
}

// histories groups by what the models of repeat buying know.
func histories(metric string, buyers []Buyer) (alikes, error) {
	return grouped(metric, buyers, func(b *Buyer) (likeness, bool, error) {
		// +0 for −0, which is equal and has other bits
		return likeness{n: b.Frequency, x: b.Recency + 0, y: b.Age + 0}, true, b.bought(metric)
	})
}

// enoughBought refuses buyers who say nothing about repeat buying.
func (g *alikes) enoughBought(metric string) (span float64, err error) {
	var repeats int64
	for _, r := range g.rows {
		repeats = max(repeats, r.n)
		span = max(span, r.y)
	}
	switch {
	case g.customers == 0:
		return 0, fail(metric, CodeNoData, "len(buyers) = 0")
	case g.customers == 1:
		return 0, fail(metric, CodeTooFew, "len(buyers) = 1")
	case repeats == 0:
		return 0, fail(metric, CodeTooFew, "Σ Frequency = 0")
	}
	return span, nil
}

// likelihood adds up the log-likelihood of buyers.
func likelihood(metric string, buyers []Buyer, unit Unit, of func(row *likeness) float64) (float64, error) {
	g, err := histories(metric, buyers)
	if err != nil {
		return 0, err
	}
	if len(buyers) > 0 && g.unit != unit {
		return 0, fail(metric, CodeMismatch, "Unit = %s ≠ %s", g.unit, unit)
	}
	var sum compensated
	for i := range g.rows {
		sum.add(float64(g.rows[i].weight) * of(&g.rows[i]))
	}
	return estimate(metric, sum.value())
}
