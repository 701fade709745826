package kpi

import (
	"math"
	"time"
)

// BuyerSpec is the question for the buyers among Customers: until when they are
// watched, and in what time is measured.
type BuyerSpec struct {
	// Calendar has the Unit of the buyers' times and the Location of the dates. Times
	// are days over the mean length of the Unit: 30 days are 4 2/7 weeks.
	Calendar Calendar
	// End is exclusive, the end of what the models are fitted to; the zero time is AsOf.
	// It is best a midnight of the Location: dates count whole.
	End time.Time
	// Whole counts whole periods of the Calendar instead, and makes one order of a
	// customer's orders of one period: for models of discrete time, or where the log has
	// no dates.
	Whole bool
	// FirstSpend counts the first order into Spend. The models speak of the orders after
	// it, which often differ: a trial, a larger first basket.
	FirstSpend bool
}

// end returns the end of the buyers, checked.
func (c *Customers) end(metric string, s *BuyerSpec) (time.Time, error) {
	if err := s.Calendar.valid(metric); err != nil {
		return time.Time{}, err
	}
	if err := c.known(metric); err != nil {
		return time.Time{}, err
	}
	switch {
	case s.End.IsZero():
		return c.AsOf, nil
	case s.End.After(c.AsOf):
		return time.Time{}, fail(metric, CodeTime, "End = %s > AsOf = %s", s.End.Format(time.RFC3339), c.AsOf.Format(time.RFC3339))
	}
	return s.End, codable(metric, "End", s.End)
}

// clock numbers dates, or periods with BuyerSpec.Whole.
type clock struct {
	Calendar
	utc, whole bool
	length     float64 // of the unit, in what is numbered
}

func (s *BuyerSpec) clock() clock {
	c := clock{Calendar: s.Calendar, whole: s.Whole, length: 1}
	c.utc = c.location() == time.UTC
	if !s.Whole {
		c.length = unitDays[s.Calendar.Unit]
	}
	return c
}

// at returns the number of the date or period of an instant; in UTC it is fast.
func (c *clock) at(t time.Time) int {
	var d date
	if c.utc {
		s := t.Unix()
		d = date((s - int64(mod(int(s%86400), 86400))) / 86400)
	} else {
		d = dateOf(t, c.location())
	}
	if c.whole {
		return c.since(c.first(0), c.first(d))
	}
	return int(d)
}

// float returns the sum as the nearest float64, or nearly.
func (s *Sum) float() float64 {
	if len(s.parts) == 0 {
		return 0
	}
	if p := &s.parts[0]; len(s.parts) == 1 && p.wide == nil && p.exp <= 0 && p.exp >= -22 && p.hi == int64(p.lo)>>63 { //nolint:gosec // two's complement
		return float64(int64(p.lo)) / math.Pow10(int(-p.exp)) //nolint:gosec // two's complement
	}
	v, _ := s.Decimal().Rat().Float64()
	return v
}

// dates counts the dates on which a history has an order, or the periods, and adds up
// what came in.
type dates struct {
	n           int64
	first, last int
	spent       Sum
}

// count goes through a history. What comes in on dates up to the first is added if
// that counts.
func (d *dates) count(h []Order, c *clock, adds func(d *dates, day int) bool) {
	d.n, d.spent.parts = 0, d.spent.parts[:0]
	for i := range h {
		o := &h[i]
		day := c.at(o.At)
		if o.isOrder() && (d.n == 0 || day != d.last) {
			if d.n++; d.n == 1 {
				d.first = day
			}
			d.last = day
		}
		if adds(d, day) {
			d.spent.add(o.Amount)
		}
	}
}

func (d *dates) sinceFirst(int) bool     { return d.n > 0 }
func (d *dates) afterFirst(day int) bool { return d.n > 0 && day != d.first }
func (d *dates) always(int) bool         { return true }

// mean returns what came in by the number of dates behind it.
func (d *dates) mean(n int64) float64 {
	if n == 0 {
		return 0
	}
	return d.spent.float() / float64(n)
}

// Buyers returns what the models of repeat buying know of the customers who had an
// order before End and are new, in the order of the rows: those who are first seen
// began nobody knows when, and are left out. Orders of one date are one. Age is the
// time from the date of the first order to the last date before End, which is taken for
// complete, and Recency that to the date of the last order.
//
// Spend is what came in on the dates after the first, refunds netted where
// CustomerSpec said so, by the number of dates with an order among them.
//
// It returns an error if End is after AsOf, if a field of the Calendar is out of range, or if c came
// without its histories.
func (c *Customers) Buyers(s BuyerSpec) ([]Buyer, error) {
	const metric = "Customers.Buyers"
	end, err := c.end(metric, &s)
	if err != nil {
		return nil, err
	}
	out := make([]Buyer, 0, len(c.Rows))
	c.eachBuyer(&s, end, func(b Buyer, _ []Order) { out = append(out, b) })
	return out, nil
}

// eachBuyer visits the buyers with what they ordered from end on.
func (c *Customers) eachBuyer(s *BuyerSpec, end time.Time, visit func(b Buyer, after []Order)) {
	var d dates
	clock, adds := s.clock(), (*dates).afterFirst
	if s.FirstSpend {
		adds = (*dates).sinceFirst
	}
	last := clock.at(end.Add(-1))
	for i, h := range c.history {
		if c.Rows[i].FirstSeen {
			continue
		}
		before := within(h, Period{End: end})
		d.count(before, &clock, adds)
		if d.n == 0 {
			continue
		}
		b := Buyer{
			ID: c.Rows[i].ID, Number: c.Rows[i].Number, Frequency: d.n - 1,
			Recency: float64(d.last-d.first) / clock.length, Age: float64(max(last, d.last)-d.first) / clock.length, Unit: s.Calendar.Unit,
		}
		n := b.Frequency
		if s.FirstSpend {
			n, b.Priced = d.n, d.n
		}
		b.Spend = d.mean(n)
		visit(b, h[len(before):])
	}
}

// Holdout are buyers, as they were known at one time, with what they did after it: the
// test of a model that was fitted to the buyers alone.
type Holdout struct {
	Buyers []Buyer   `json:"buyers"` // at the end of what the model may know
	Orders []int64   `json:"orders"` // of each buyer after Age, those of one day being one
	Spend  []float64 `json:"spend"`  // mean amount of these, 0 if there are none
	Time   float64   `json:"time"`   // from Age on, in the buyers' Unit
}

// Holdout returns the buyers at End, as Buyers does, and their orders from End to AsOf,
// dates and amounts counted in the same way. It returns an error as Buyers does, or if
// End is not before AsOf by a whole date, or period.
func (c *Customers) Holdout(s BuyerSpec) (*Holdout, error) {
	const metric = "Customers.Holdout"
	end, err := c.end(metric, &s)
	if err != nil {
		return nil, err
	}
	clock := s.clock()
	days := clock.at(c.AsOf.Add(-1)) - clock.at(end.Add(-1))
	if days <= 0 {
		return nil, fail(metric, CodeTime, "End = %s, AsOf = %s", end.Format(time.RFC3339), c.AsOf.Format(time.RFC3339))
	}
	out := &Holdout{Time: float64(days) / clock.length}
	var d dates
	c.eachBuyer(&s, end, func(b Buyer, after []Order) {
		d.count(after, &clock, (*dates).always)
		out.Buyers = append(out.Buyers, b)
		out.Orders = append(out.Orders, d.n)
		out.Spend = append(out.Spend, d.mean(d.n))
	})
	return out, nil
}
