package kpi

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Lifetime is how long one customer was watched, and what was seen last: the end
// of the relation, or the end of our knowledge. Times are ages since the
// relation began, never negative, all in one unit of the caller's choosing: days,
// months, orders.
//
//	Entry < t ≤ Exit  at risk at age t: would have been seen to leave
//
// An Entry of 0 is a customer who was watched from the beginning, an end at age 0
// included. A later Entry is one whom the records miss before that age (delayed
// entry, left truncation): customers of five years' standing in a file that
// begins today enter at five years, for had they left sooner they would not be
// in it. It must be less than Exit.
//
// Not Ended is a customer who was still there at Exit (censored). Leaving such
// customers out, or counting them as if they had left, is the usual mistake.
type Lifetime struct {
	Entry float64 `json:"entry"` // the age from which on the customer was watched
	Exit  float64 `json:"exit"`  // the age at the last sight of the customer
	Ended bool    `json:"ended"` // left at Exit
}

func (l Lifetime) valid(metric string) error {
	for _, f := range []struct {
		name string
		age  float64
	}{{"Entry", l.Entry}, {"Exit", l.Exit}} {
		if err := validAge(metric, f.name, f.age); err != nil {
			return err
		}
	}
	if l.Entry > 0 && l.Entry >= l.Exit {
		return fail(metric, CodeOutOfRange, "Entry = %v ≥ Exit = %v", l.Entry, l.Exit)
	}
	return nil
}

// validAge refuses an age that is not finite or is negative.
func validAge(metric, name string, t float64) error {
	switch {
	case math.IsNaN(t) || math.IsInf(t, 0):
		return fail(metric, CodeNotFinite, "%s = %v", name, t)
	case t < 0:
		return fail(metric, CodeNegative, "%s = %v", name, t)
	}
	return nil
}

// Lifetimes are the records from which a Survival is made.
type Lifetimes []Lifetime

// Survival returns the survival of the customers: how many are still there at
// each age. It returns an error that names the record if a time is negative or
// not finite or an Entry above 0 is not before its Exit, and if there are no
// records.
func (ls Lifetimes) Survival() (Survival, error) {
	return ls.survival("Lifetimes.Survival", nil)
}

// WeightedSurvival is Survival for records that stand for several customers each:
// weights are their numbers, 0 being nobody. These are head counts and nothing
// else; sampling weights would need another variance. It returns an error as
// Survival does, or if the lengths differ, a weight is negative, or their sum
// overflows.
func (ls Lifetimes) WeightedSurvival(weights []int64) (Survival, error) {
	const metric = "Lifetimes.WeightedSurvival"
	if len(weights) != len(ls) {
		return Survival{}, fail(metric, CodeLength, "len(weights) = %d ≠ %d", len(weights), len(ls))
	}
	return ls.survival(metric, weights)
}

// mark is an age at which customers enter or exit. The bits of floats that are
// not negative are in the order of the floats, and leave a bit to spare.
type mark struct {
	key    uint64 // of the age, and 1 for a censoring
	weight int64
}

func markOf(t float64, censored bool) uint64 {
	key := math.Float64bits(math.Abs(t)) << 1 // −0 is 0
	if censored {
		key |= 1
	}
	return key
}

func (m mark) age() float64 { return math.Float64frombits(m.key >> 1) }

// survival tallies the records by age; nil weights are all 1.
func (ls Lifetimes) survival(metric string, weights []int64) (Survival, error) {
	var all, start int64
	exits := make([]mark, 0, len(ls))
	var entries []mark
	for i, l := range ls {
		if err := l.valid(metric); err != nil {
			return Survival{}, at(err, metric, i)
		}
		w := int64(1)
		if weights != nil {
			w = weights[i]
		}
		if w < 0 {
			return Survival{}, failAt(metric, CodeNegative, i, "weight = %d", w)
		}
		if err := addCounts(metric, []*int64{&all}, w); err != nil {
			return Survival{}, at(err, metric, i)
		}
		if w == 0 {
			continue
		}
		exits = append(exits, mark{markOf(l.Exit, !l.Ended), w})
		if l.Entry > 0 {
			entries = append(entries, mark{markOf(l.Entry, false), w})
		} else {
			start += w
		}
	}
	if all == 0 {
		return Survival{}, fail(metric, CodeNoData, "len(Lifetimes) = 0")
	}
	s := Survival{Steps: tallyMarks(sortMarks(exits), sortMarks(entries), start)}
	s.estimate()
	return s, nil
}

// tallyMarks returns the steps of sorted marks, the estimates yet to be made;
// start customers are at risk from the beginning.
func tallyMarks(exits, entries []mark, start int64) []SurvivalStep {
	steps := make([]SurvivalStep, 0, distinctAges(exits)+distinctAges(entries))
	for n := start; len(exits) > 0; {
		// Nobody enters after the last exit.
		s := SurvivalStep{Time: exits[0].age(), AtRisk: n}
		if len(entries) > 0 {
			s.Time = min(s.Time, entries[0].age())
		}
		for ; len(exits) > 0 && exits[0].age() == s.Time; exits = exits[1:] {
			if exits[0].key&1 == 0 {
				s.Events += exits[0].weight
			} else {
				s.Censored += exits[0].weight
			}
		}
		for ; len(entries) > 0 && entries[0].age() == s.Time; entries = entries[1:] {
			s.Entered += entries[0].weight
		}
		n += s.Entered - s.Events - s.Censored
		steps = append(steps, s)
	}
	return steps
}

func distinctAges(sorted []mark) (n int) {
	for i := range sorted {
		if i == 0 || sorted[i].key>>1 != sorted[i-1].key>>1 {
			n++
		}
	}
	return n
}

// sortMarks sorts by age, byte by byte; ages in whole days differ in few.
func sortMarks(ms []mark) []mark {
	const small = 256
	if len(ms) < small {
		slices.SortFunc(ms, func(a, b mark) int { return cmp.Compare(a.key, b.key) })
		return ms
	}
	var counts [8][256]int
	for i := range ms {
		for b, k := 0, ms[i].key; b < 8; b, k = b+1, k>>8 {
			counts[b][k&255]++
		}
	}
	other := make([]mark, len(ms))
	for b := range counts {
		c, shift := &counts[b], 8*b
		if c[ms[0].key>>shift&255] == len(ms) {
			continue // the same byte in all
		}
		next := 0
		for v := range c {
			c[v], next = next, next+c[v]
		}
		for i := range ms {
			v := ms[i].key >> shift & 255
			other[c[v]] = ms[i]
			c[v]++
		}
		ms, other = other, ms
	}
	return ms
}

// Lifetimes returns one record for each unbroken stay that began before asOf,
// with its age in civil days in loc, nil being UTC: the date of To less the date
// of From. Stays of one customer that overlap or adjoin are one stay, so that a
// renewed contract is not a departure; one that begins after a gap counts from 0
// again. What happens at asOf or later is not known: a stay without an end before
// asOf is censored on the last date before it, and asOf is best a midnight.
//
// All stays must be in the records from their beginning. If a file holds only
// those who were still there when it began, give them an Entry by hand.
//
// It returns an error if a stay is empty or has no Customer or no From, or if asOf
// is not set.
func (ms Memberships) Lifetimes(asOf time.Time, loc *time.Location) (Lifetimes, error) {
	return ms.lifetimes("Memberships.Lifetimes", asOf, loc, false)
}

// FirstLifetimes is Lifetimes for each customer's first stay alone: customers who
// came back do not count twice, and their first departure stands.
func (ms Memberships) FirstLifetimes(asOf time.Time, loc *time.Location) (Lifetimes, error) {
	return ms.lifetimes("Memberships.FirstLifetimes", asOf, loc, true)
}

func (ms Memberships) lifetimes(metric string, asOf time.Time, loc *time.Location, first bool) (Lifetimes, error) {
	if asOf.IsZero() {
		return nil, fail(metric, CodeMissing, "asOf")
	}
	seen := Period{Start: asOf.Add(-1), End: asOf} // the last instant that is known
	if err := ms.valid(metric, seen); err != nil {
		return nil, err
	}
	if loc == nil {
		loc = time.UTC
	}
	stays := make(Memberships, 0, len(ms))
	for _, m := range ms {
		if !m.From.Before(asOf) {
			continue
		}
		if !m.To.Before(asOf) {
			m.To = time.Time{}
		}
		stays = append(stays, m)
	}
	slices.SortFunc(stays, func(a, b Membership) int {
		return cmp.Or(cmp.Compare(a.Customer, b.Customer), a.From.Compare(b.From))
	})
	out := make(Lifetimes, 0, len(stays))
	for i := 0; i < len(stays); {
		stay := stays[i]
		for i++; i < len(stays) && stay.joins(stays[i]); i++ {
			if end := stays[i].To; !stay.To.IsZero() && (end.IsZero() || end.After(stay.To)) {
				stay.To = end
			}
		}
		l := Lifetime{Ended: !stay.To.IsZero()}
		last := stay.To
		if !l.Ended {
			last = seen.Start
		}
		// A clock set back over midnight repeats a date.
		l.Exit = float64(max(dateOf(last, loc)-dateOf(stay.From, loc), 0))
		out = append(out, l)
		for first && i < len(stays) && stays[i].Customer == stay.Customer {
			i++
		}
	}
	return out, nil
}

// joins reports whether a stay that begins no sooner goes on where m is or ends.
func (m Membership) joins(o Membership) bool {
	return m.Customer == o.Customer && (m.To.IsZero() || !o.From.After(m.To))
}
