package kpi

import (
	"math"
	"time"
)

// Gaps are the times between the orders of one buyer and the next of the same
// (购买间隔), of one period.
type Gaps struct {
	Times  *Durations // a time for each order of the period that is not its buyer's first
	Buyers int64      // customers with an order in the period
	Single int64      // of them, those without an earlier order and with one in the period, who have no gap
}

// Gaps returns the gaps that end in p: from each order in p back to the one before it of
// the same buyer, be that in p or earlier. Refunds are no orders. It returns an error if
// p is empty or not over at AsOf, if c came without its histories, or if a gap is too
// long for a time.Duration, 292 years.
//
// Who has not come back has no gap yet, and is not in them: of a young shop they read
// short. How long until the next order, for all buyers, is the Survival of
// [Customers.NextOrders].
func (c *Customers) Gaps(p Period) (Gaps, error) {
	const metric = "Customers.Gaps"
	if err := c.ended(metric, p); err != nil {
		return Gaps{}, err
	}
	if err := c.known(metric); err != nil {
		return Gaps{}, err
	}
	out := Gaps{Times: new(Durations)}
	for i, h := range c.history {
		var last time.Time
		some, bought, gaps := false, false, false
		for _, o := range h {
			if !o.At.Before(p.End) {
				break
			}
			if !o.isOrder() {
				continue
			}
			if !o.At.Before(p.Start) {
				bought = true
				if some {
					if err := out.add(metric, last, o.At); err != nil {
						return Gaps{}, at(err, metric, i)
					}
					gaps = true
				}
			}
			last, some = o.At, true
		}
		if bought {
			out.Buyers++
			if !gaps {
				out.Single++
			}
		}
	}
	return out, nil
}

func (g *Gaps) add(metric string, from, to time.Time) error {
	d := to.Sub(from)
	if d == math.MaxInt64 { // where it stops
		return fail(metric, CodeTooLarge, "%s … %s", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	return g.Times.Add(d)
}

// Lifespans returns the time from the first to the last order of every buyer (客户生命周期,
// observed): 0 for those with one order. It returns an error as Gaps does.
//
// It is how long customers have been seen to buy, not how long they will: those who are
// still there end with their last order all the same, so that it grows with the age of
// the records, and those first seen had begun before. For the time that they stay, give
// a rule of silence to Memberships and ask the Survival of its Lifetimes.
func (c *Customers) Lifespans() (*Durations, error) {
	const metric = "Customers.Lifespans"
	if err := c.known(metric); err != nil {
		return nil, err
	}
	all := Gaps{Times: new(Durations)}
	for i, h := range c.history {
		r := summary(h, new(Sum))
		if r.Orders == 0 {
			continue
		}
		if err := all.add(metric, r.First, r.Last); err != nil {
			return nil, at(err, metric, i)
		}
	}
	return all.Times, nil
}

// Memberships returns the stays of buyers who never sign off, by a rule of silence: a
// stay begins with an order, and ends when so many civil days in loc, nil being UTC, have
// passed since the last one; a later order begins another. A stay whose silence has not
// lasted by AsOf is open. So churn is counted as of a subscription, and the lifespan with
// those who are still here as censored:
//
//	stays, err := customers.Memberships(180, nil)
//	lives, err := stays.FirstLifetimes(customers.AsOf, nil)
//	curve, err := lives.Survival()
//
// An end is the day on which the silence is complete, silence days after the last order,
// so that it is decided by what is known: no lifetime is shorter than the rule, and the
// last order lies that much earlier. The rule decides the answer; state it, and take it
// so long that few who were given up come back, such as the ninetieth percentile of
// Gaps. Customers who are first seen are left out, since nobody knows when they began.
//
// It returns an error if silence is not positive or more than a hundred years, or if c
// came without its histories.
func (c *Customers) Memberships(silence int, loc *time.Location) (Memberships, error) {
	const metric = "Customers.Memberships"
	if silence < 1 || silence > maxSilence {
		return nil, fail(metric, CodeOutOfRange, "silence = %d", silence)
	}
	if err := c.known(metric); err != nil {
		return nil, err
	}
	loc = Calendar{Location: loc}.location()
	var out Memberships
	for i, h := range c.history {
		r := &c.Rows[i]
		if r.FirstSeen {
			continue
		}
		var end time.Time
		for _, o := range h {
			switch {
			case !o.isOrder():
				continue
			case end.IsZero() || o.At.After(end):
				out = append(out, Membership{Customer: r.name(), From: o.At})
			}
			end = (dateOf(o.At, loc) + date(silence)).start(loc)
			out[len(out)-1].To = end
		}
		if n := len(out) - 1; !end.IsZero() && !end.Before(c.AsOf) {
			out[n].To = time.Time{}
		}
	}
	return out, nil
}

// maxSilence bounds a rule of silence, in days.
const maxSilence = 36525

// NextOrders returns a record for each order: how many civil days in loc, nil being UTC,
// until the same buyer's next, or up to AsOf if there was none (censored). Its Survival
// is the share who have not come back yet, and its Median the time between purchases of
// all buyers, not of those alone who came. It returns an error if c came without its
// histories.
func (c *Customers) NextOrders(loc *time.Location) (Lifetimes, error) {
	const metric = "Customers.NextOrders"
	if err := c.known(metric); err != nil {
		return nil, err
	}
	loc = Calendar{Location: loc}.location()
	end := dateOf(c.AsOf.Add(-1), loc)
	var out Lifetimes
	for _, h := range c.history {
		some, last := false, date(0)
		for _, o := range h {
			if !o.isOrder() {
				continue
			}
			d := dateOf(o.At, loc)
			if some {
				out = append(out, Lifetime{Exit: float64(max(d-last, 0)), Ended: true})
			}
			some, last = true, d
		}
		if some {
			out = append(out, Lifetime{Exit: float64(max(end-last, 0))})
		}
	}
	return out, nil
}

var gapsCatalog = []Entry{
	{
		Key: "customers.gaps", English: []string{"time between purchases", "purchase interval", "interpurchase time"},
		Chinese: []string{"购买间隔", "平均购买间隔", "复购周期"}, Formula: "an order of the period − the order before it of the same buyer",
		Unit: "seconds", Direction: Lower, Type: "Customers", Method: "Gaps",
	},
	{
		Key: "customers.lifespan", English: []string{"observed customer lifespan", "first to last order"},
		Chinese: []string{"客户生命周期(首末单)", "客户生命周期时长"}, Formula: "last order − first order",
		Unit: "seconds", Direction: Higher, Type: "Customers", Method: "Lifespans",
	},
	{
		Key: "customers.lifetimes", English: []string{"customer lifespan by a rule of silence"},
		Chinese: []string{"客户生命周期(静默规则)", "沉默流失"}, Formula: "from an order until silence days after the last one",
		Unit: "days", Direction: Higher, Type: "Customers", Method: "Memberships",
	},
	{
		Key: "customers.next_order", English: []string{"time to the next order, of all buyers"},
		Chinese: []string{"下单间隔(含未复购)", "再次购买时间"}, Formula: "days from an order to the same buyer's next, or to AsOf if there is none",
		Unit: "days", Direction: Lower, Type: "Customers", Method: "NextOrders",
	},
}
