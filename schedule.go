package kpi

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strconv"
	"time"
)

// Schedule says when a team works (营业时间, 班次): which hours of which days, as the
// clock on its wall shows them. NewClock makes a Clock of it, which measures.
//
//	support := kpi.Schedule{
//		Location: shanghai,
//		Week:     [7][]kpi.Shift{time.Monday: day, time.Tuesday: day, time.Saturday: morning},
//		Special: []kpi.SpecialDays{
//			{First: "2025-01-28", Last: "2025-02-04"}, // a holiday
//			{First: "2025-01-26", Shifts: day},        // a Sunday that is worked (调休)
//		},
//	}
//
// An instant is working time if the wall clock then shows a date and a time of day
// that lie in a shift. Nothing else needs to be said about days on which the clocks
// change: a shift from 1:00 to 4:00 lasts two hours where 2:00 to 3:00 is skipped and
// four where it comes twice, and a date that a zone has skipped has no shift.
//
// A shift belongs to the date on which it begins, also if it passes midnight: a
// night shift of 31 December is worked to its end although 1 January is a holiday,
// and the night shift of the holiday is not.
//
// Round the clock is a shift from 0 to 24 hours on each of the seven days; without
// holidays that is a nil *Clock. The zero Schedule is never open, and no Clock. There
// are no rules that make holidays here: which dates they are is for the calendar of a
// country and a year to say.
type Schedule struct {
	Location *time.Location // of the wall clock; nil is UTC, the library never loads one
	Week     [7][]Shift     // by time.Weekday, so from Sunday; none is a day off
	Special  []SpecialDays  // dates that do not follow their weekday, in any order
}

// Shift is a span of working time, From ≤ t < To, in hours and minutes of the wall
// clock since midnight: 9*time.Hour and 17*time.Hour + 30*time.Minute are 9:00 to
// 17:30. A To beyond 24 hours is on the next date: 22 to 30 hours are 22:00 to 6:00.
type Shift struct {
	From time.Duration // 0 ≤ From < 24 h
	To   time.Duration // From < To ≤ From + 24 h
}

// SpecialDays are dates on which other shifts are worked than their weekdays have:
// none on a holiday, those of a weekday on a weekend that is worked for it, some on
// the afternoon before a feast.
type SpecialDays struct {
	First  string  // a date, such as "2025-01-28"
	Last   string  // the last date of them; "" if First is the only one
	Shifts []Shift // in place of those of the weekday; none is a holiday
}

const (
	dayNanos   = int64(24 * time.Hour)
	daySeconds = int64(24 * time.Hour / time.Second)
)

// openSpan is a piece of a shift within one date: nanoseconds since midnight of the wall
// clock, and what was worked on that date before.
type openSpan struct{ from, to, before int64 }

// plan are the spans of a date, ascending.
type plan struct {
	spans []openSpan
	total int64
}

// worked returns what is worked before in, nanoseconds since midnight.
func (p *plan) worked(in int64) int64 {
	for i := len(p.spans) - 1; i >= 0; i-- {
		if s := &p.spans[i]; in > s.from {
			return s.before + min(in, s.to) - s.from
		}
	}
	return 0
}

// covers reports whether in lies in a span.
func (p *plan) covers(in int64) bool {
	return slices.ContainsFunc(p.spans, func(s openSpan) bool { return s.from <= in && in < s.to })
}

// reach returns when work of 0 < n ≤ p.total is done, in nanoseconds since midnight.
func (p *plan) reach(n int64) int64 {
	i := sort.Search(len(p.spans), func(i int) bool { return p.spans[i].before >= n }) - 1
	return p.spans[i].from + n - p.spans[i].before
}

// newPlan returns the spans of a date with its own shifts and those of the eve,
// or two that overlap.
func newPlan(own, eve []Shift) (p plan, overlap []Shift) {
	for _, s := range eve {
		if s.To > 24*time.Hour {
			p.spans = append(p.spans, openSpan{to: int64(s.To) - dayNanos})
		}
	}
	for _, s := range own {
		p.spans = append(p.spans, openSpan{from: int64(s.From), to: min(int64(s.To), dayNanos)})
	}
	slices.SortFunc(p.spans, func(a, b openSpan) int { return cmp.Compare(a.from, b.from) })
	for i := range p.spans {
		s := &p.spans[i]
		if i > 0 && p.spans[i-1].to > s.from {
			for _, s := range p.spans[i-1 : i+1] {
				overlap = append(overlap, Shift{time.Duration(s.from), time.Duration(s.to)})
			}
			return plan{}, overlap
		}
		s.before = p.total
		p.total += s.to - s.from
	}
	return p, nil
}

// validShifts checks each shift by itself; of names where they stand.
func validShifts(metric, of string, shifts []Shift) error {
	for i, s := range shifts {
		switch {
		case s.From < 0 || s.From >= 24*time.Hour:
			return fail(metric, CodeOutOfRange, "%s[%d].From = %s ∉ [0, 24h)", of, i, s.From)
		case s.To <= s.From:
			return fail(metric, CodeTime, "%s[%d].To = %s ≤ From = %s", of, i, s.To, s.From)
		case s.To-s.From > 24*time.Hour:
			return fail(metric, CodeOutOfRange, "%s[%d].To = %s > From + 24h = %s", of, i, s.To, s.From+24*time.Hour)
		}
	}
	return nil
}

// specialDates are SpecialDays that were read.
type specialDates struct {
	first, last date
	shifts      []Shift
	index       int
}

// parseDate reads a date such as "2025-01-28" that a Clock can hold; name says where
// it stands.
func parseDate(metric, name, s string) (date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fail(metric, CodeSyntax, "%s = %s", name, clip(s))
	}
	if u := t.Unix(); u < clockStart || u >= clockEnd {
		return 0, fail(metric, CodeOutOfRange, "%s = %s ∉ [1678, 2261]", name, s)
	}
	return civilOf(t, time.UTC), nil
}

// dates reads d, which is element index of Schedule.Special.
func (d *SpecialDays) dates(metric string, index int) (dates specialDates, err error) {
	dates = specialDates{shifts: d.Shifts, index: index}
	if dates.first, err = parseDate(metric, "First", d.First); err != nil {
		return dates, err
	}
	dates.last = dates.first
	if d.Last != "" {
		if dates.last, err = parseDate(metric, "Last", d.Last); err != nil {
			return dates, err
		}
	}
	if dates.last < dates.first {
		return dates, fail(metric, CodeTime, "Last = %s < First = %s", dates.last, dates.first)
	}
	return dates, validShifts(metric, "Shifts", d.Shifts)
}

// dates returns s.Special, ascending and each date once, with shifts that are possible
// by themselves.
func (s *Schedule) dates(metric string) ([]specialDates, error) {
	all := make([]specialDates, len(s.Special))
	for i := range all {
		var err error
		if all[i], err = s.Special[i].dates(metric, i); err != nil {
			return nil, at(err, metric, i)
		}
	}
	slices.SortStableFunc(all, func(a, b specialDates) int { return cmp.Compare(a.first, b.first) })
	for i := 1; i < len(all); i++ {
		if a, b := all[i-1], all[i]; b.first <= a.last {
			i, j := min(a.index, b.index), max(a.index, b.index)
			return nil, failAt(metric, CodeRepeated, j, "%s: Special[%d], Special[%d]", b.first, i, j)
		}
	}
	return all, nil
}

// weekday returns the shifts of the weekday of d.
func (s *Schedule) weekday(d date) []Shift { return s.Week[mod(int(d)+int(time.Thursday), 7)] }

// NewClock returns the Clock of s, which keeps nothing of s. It returns an error if a
// shift is empty, longer than 24 hours or begins outside of its date, if two overlap,
// also across midnight, if a special date cannot be read, is given twice or lies
// outside of 1678 to 2261, if s has no shift at all, or if its location is a day and
// more from UTC. It takes about a millisecond where clocks change every year: make a
// Clock once, and ask it often.
func NewClock(s Schedule) (*Clock, error) {
	const metric = "NewClock"
	for i, shifts := range s.Week {
		if err := validShifts(metric, "Week["+strconv.Itoa(i)+"]", shifts); err != nil {
			return nil, err
		}
	}
	special, err := s.dates(metric)
	if err != nil {
		return nil, err
	}
	c := &Clock{loc: Calendar{Location: s.Location}.location()}
	if err := c.setWeek(metric, &s); err != nil {
		return nil, err
	}
	if err := c.setSpecial(metric, &s, special); err != nil {
		return nil, err
	}
	if c.perWeek == 0 && !slices.ContainsFunc(c.special, func(d specialDay) bool { return d.total > 0 }) {
		return nil, fail(metric, CodeEmpty, "Week, Special")
	}
	if err := c.setOffsets(metric); err != nil {
		return nil, err
	}
	return c, nil
}

// setWeek sets what is worked on ordinary dates.
func (c *Clock) setWeek(metric string, s *Schedule) error {
	for i := range c.week {
		d := date(i)
		p, overlap := newPlan(s.weekday(d), s.weekday(d-1))
		if overlap != nil {
			return fail(metric, CodeTime, "Week[%d]: [%s, %s) ∩ [%s, %s)", mod(i+int(time.Thursday), 7),
				overlap[0].From, overlap[0].To, overlap[1].From, overlap[1].To)
		}
		c.week[i], c.before[i] = p, c.perWeek
		c.perWeek += p.total
	}
	return nil
}

// setSpecial sets what is worked on other dates: on those of all and, where a shift
// passes the last midnight, on the one after them.
func (c *Clock) setSpecial(metric string, s *Schedule, all []specialDates) error {
	var extra int64
	add := func(d date, own, eve []Shift, index int) error {
		p, overlap := newPlan(own, eve)
		if overlap != nil {
			return failAt(metric, CodeTime, index, "%s: [%s, %s) ∩ [%s, %s)", d,
				overlap[0].From, overlap[0].To, overlap[1].From, overlap[1].To)
		}
		start := c.ordinary(int64(d)) + extra
		c.special = append(c.special, specialDay{plan: p, date: int64(d), start: start, extra: extra})
		extra += p.total - c.week[mod(int(d), 7)].total
		return nil
	}
	for i, ds := range all {
		eve := s.weekday(ds.first - 1)
		if i > 0 && all[i-1].last == ds.first-1 {
			eve = all[i-1].shifts
		}
		for d := ds.first; d <= ds.last; d++ {
			if err := add(d, ds.shifts, eve, ds.index); err != nil {
				return err
			}
			eve = ds.shifts
		}
		after := ds.last + 1
		if i+1 < len(all) && all[i+1].first == after || !pastMidnight(eve) && !pastMidnight(s.weekday(ds.last)) {
			continue
		}
		if err := add(after, s.weekday(after), eve, ds.index); err != nil {
			return err
		}
	}
	// Beyond the last there is always another.
	c.special = append(c.special, specialDay{date: math.MaxInt64, start: math.MaxInt64, extra: extra})
	return nil
}

func pastMidnight(shifts []Shift) bool {
	return slices.ContainsFunc(shifts, func(s Shift) bool { return s.To > 24*time.Hour })
}
