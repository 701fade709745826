package kpi

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Unit is the length of a Calendar's periods.
type Unit int

// The units of a Calendar.
const (
	Day Unit = iota
	Week
	Month
	Quarter
	Year
)

var unitNames = []string{"day", "week", "month", "quarter", "year"}

// String returns the name of u: "month".
func (u Unit) String() string { return enumName(unitNames, int(u), "Unit") }

// ParseUnit returns the unit of that name.
func ParseUnit(s string) (Unit, error) {
	i, err := parseEnum("ParseUnit", unitNames, s)
	return Unit(i), err
}

// MarshalText returns the name of u.
func (u Unit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what ParseUnit reads.
func (u *Unit) UnmarshalText(text []byte) error { return readEnum(u, ParseUnit, text) }

// WeekStart is the weekday on which a week begins. Its zero value is Monday, as
// in ISO 8601, unlike time.Weekday's.
type WeekStart int

// The days on which a week may begin.
const (
	WeekFromMonday WeekStart = iota
	WeekFromTuesday
	WeekFromWednesday
	WeekFromThursday
	WeekFromFriday
	WeekFromSaturday
	WeekFromSunday
)

var weekNames = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// String returns the weekday: "Monday".
func (w WeekStart) String() string { return enumName(weekNames, int(w), "WeekStart") }

// ParseWeekStart returns the week start of that weekday's English name.
func ParseWeekStart(s string) (WeekStart, error) {
	i, err := parseEnum("ParseWeekStart", weekNames, s)
	return WeekStart(i), err
}

// MarshalText returns the weekday.
func (w WeekStart) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads what ParseWeekStart reads.
func (w *WeekStart) UnmarshalText(text []byte) error { return readEnum(w, ParseWeekStart, text) }

// Calendar says how instants fall into periods: days, weeks, months, quarters
// or years of a location. The zero value is days in UTC, weeks begin on Monday
// and years in January unless it says otherwise.
//
// A day begins at the instant from which the local date is never earlier, which
// is not midnight where the clocks skip it; it may have 23 or 25 hours.
type Calendar struct {
	Unit        Unit           // the length of a period
	Location    *time.Location // nil is UTC; the library never loads one
	WeekStart   WeekStart      // the first day of a week
	FiscalStart time.Month     // first month of the year and of its quarters; 0 is January
}

func (c Calendar) valid(metric string) error {
	switch {
	case c.Unit < Day || c.Unit > Year:
		return fail(metric, CodeOutOfRange, "Unit = %d", int(c.Unit))
	case c.WeekStart < WeekFromMonday || c.WeekStart > WeekFromSunday:
		return fail(metric, CodeOutOfRange, "WeekStart = %d", int(c.WeekStart))
	case c.FiscalStart < 0 || c.FiscalStart > time.December:
		return fail(metric, CodeOutOfRange, "FiscalStart = %d", int(c.FiscalStart))
	}
	return nil
}

// zone returns the name of the location, "" for UTC: what an answer can keep of it,
// so that no two zones are taken for one.
func (c Calendar) zone() string {
	if name := c.location().String(); name != "UTC" {
		return strings.ToValidUTF8(name, "\uFFFD") // a name of the caller's
	}
	return ""
}

// asked returns what of c decides its periods, its location being a name.
func (c Calendar) asked() (zone string, week WeekStart, fiscal time.Month) {
	switch {
	case c.Unit == Week:
		week = c.WeekStart
	case c.Unit >= Quarter && c.FiscalStart > time.January:
		fiscal = c.FiscalStart
	}
	return c.zone(), week, fiscal
}

func (c Calendar) location() *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}

// Of returns the period that t falls in. If a field of c is out of range it is
// the zero Period, which contains nothing and which every metric refuses.
func (c Calendar) Of(t time.Time) Period {
	if c.valid("Calendar.Of") != nil {
		return Period{}
	}
	return c.period(c.first(dateOf(t, c.location())), 1)
}

// maxPeriods bounds what Periods lists and Trailing joins.
const maxPeriods = 1_000_000

// Periods returns the periods that [from, to) touches, in order; none if from
// and to are the same instant. It returns an error if to is before from, if a
// field of c is out of range, or beyond a million periods.
func (c Calendar) Periods(from, to time.Time) ([]Period, error) {
	const metric = "Calendar.Periods"
	if err := c.valid(metric); err != nil {
		return nil, err
	}
	if to.Before(from) {
		return nil, fail(metric, CodeTime, "to = %s < from = %s", to.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	if from.Equal(to) {
		return nil, nil
	}
	first := c.first(dateOf(from, c.location()))
	n := c.since(first, c.first(dateOf(to.Add(-1), c.location()))) + 1
	if n > maxPeriods {
		return nil, fail(metric, CodeTooLarge, "len(Periods) > %d", maxPeriods)
	}
	var out []Period
	for i := range n {
		if p := c.period(c.add(first, i), 1); !p.empty() {
			out = append(out, p)
		}
	}
	return out, nil
}

// first returns the first date of the unit that d lies in.
func (c Calendar) first(d date) date {
	switch c.Unit {
	case Day:
		return d
	case Week:
		// 1970-01-01, day 0, was a Thursday: day −3 a Monday.
		return d - date(mod(int(d)+3-int(c.WeekStart), 7))
	default:
		y, m, _ := d.civil()
		back := mod(int(m)-int(max(c.FiscalStart, 1)), c.months())
		return newDate(y, m-time.Month(back), 1)
	}
}

// add returns the date n units after the first date d of a unit.
func (c Calendar) add(d date, n int) date {
	switch c.Unit {
	case Day:
		return d + date(n)
	case Week:
		return d + date(7*n)
	default:
		y, m, _ := d.civil()
		return newDate(y, m+time.Month(n*c.months()), 1)
	}
}

// months returns the months in a unit of at least a month.
func (c Calendar) months() int {
	switch c.Unit {
	case Quarter:
		return 3
	case Year:
		return 12
	default:
		return 1
	}
}

// since returns how many units lie between the first dates a and b.
func (c Calendar) since(a, b date) int {
	switch c.Unit {
	case Day:
		return int(b - a)
	case Week:
		return int(b-a) / 7
	default:
		y0, m0, _ := a.civil()
		y1, m1, _ := b.civil()
		return (12*(y1-y0) + int(m1-m0)) / c.months()
	}
}

// anniversary returns the date n units after any date d, on the last day of a
// month that is too short.
func (c Calendar) anniversary(d date, n int) date {
	if c.Unit <= Week {
		return c.add(d, n)
	}
	return d.addMonths(n * c.months())
}

// age returns how many whole units have passed from date a to a later date b:
// the greatest n whose anniversary is not after b.
func (c Calendar) age(a, b date) int {
	if c.Unit <= Week {
		return c.since(a, b)
	}
	n := c.since(a, b) + 1
	for c.anniversary(a, n) > b {
		n--
	}
	return n
}

// period returns the n units that begin with the first date d of a unit. It is
// empty if the clocks of the location skipped all of them.
func (c Calendar) period(d date, n int) Period {
	p := between(d, c.add(d, n), c.location())
	p.cal = &units{Calendar: c, from: d, n: n}
	return p
}

// Period is a half-open span of time, Start ≤ t < End. One that a Calendar made
// knows its unit, and moves by whole units: the period before a February is a
// January. One that is typed in, read from JSON, or changed after it was made
// moves by what it holds in Start's location: by whole months if it begins and
// ends with the first of one, by days if it begins and ends with a day, and else
// by hours. So a month, a quarter or a year moves as a Calendar's does, and only
// its name differs. JSON has offsets and no locations: where the clocks change, put
// Start into its location again.
type Period struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	cal   *units    // nil if typed in
}

// MarshalJSON writes both instants with their offsets from UTC, but in UTC where an
// offset has seconds, as local mean time does, which RFC 3339 cannot say.
func (p Period) MarshalJSON() ([]byte, error) {
	type fields Period
	p.Start, p.End = sayable(p.Start), sayable(p.End)
	return json.Marshal(fields(p))
}

// units says which of a Calendar's units a Period is. Dates cannot be told from
// instants: where a date was skipped, two dates begin at the same one.
type units struct {
	Calendar
	from date
	n    int
}

// after returns the first date after u.
func (u *units) after() date { return u.add(u.from, u.n) }

func (p Period) check(metric string) error {
	if p.empty() {
		return fail(metric, CodeTime, "End = %s ≤ Start = %s", p.End.Format(time.RFC3339), p.Start.Format(time.RFC3339))
	}
	return nil
}

func (p Period) empty() bool { return !p.Start.Before(p.End) }

// Contains reports whether Start ≤ t < End.
func (p Period) Contains(t time.Time) bool { return !t.Before(p.Start) && t.Before(p.End) }

// Complete reports whether p has ended at asOf, which is exclusive: whether
// data of all instants before asOf hold all of p.
func (p Period) Complete(asOf time.Time) bool { return !p.End.After(asOf) }

// Equal reports whether p and q are the same span of time.
func (p Period) Equal(q Period) bool { return p.Start.Equal(q.Start) && p.End.Equal(q.End) }

// made returns the units that p is, or nil if p was typed in or has changed
// since it was made.
func (p Period) made() *units {
	if of := p.cal; of != nil && p.Equal(between(of.from, of.after(), of.location())) {
		return of
	}
	return nil
}

// dates returns the first date of p and the first after it, whether p begins and
// ends with a local day, and what made returns.
func (p Period) dates() (from, to date, whole bool, of *units) {
	if of = p.made(); of != nil {
		return of.from, of.after(), true, of
	}
	loc := p.Start.Location()
	from, to = dateOf(p.Start, loc), dateOf(p.End, loc)
	return from, to, p.Equal(between(from, to, loc)), nil
}

// Days returns the number of civil dates from that of Start to the last that p
// touches.
func (p Period) Days() int {
	if p.empty() {
		return 0
	}
	loc := p.Start.Location()
	if of := p.made(); of != nil {
		loc = of.location()
	}
	return int(dateOf(p.End.Add(-1), loc)-dateOf(p.Start, loc)) + 1
}

// shift returns p moved by n of its own lengths.
func (p Period) shift(n int) Period {
	from, to, whole, of := p.dates()
	switch {
	case of != nil:
		return of.period(of.add(from, n*of.n), of.n)
	case whole:
		move := func(d date) date { return d + date(n)*(to-from) }
		if months := wholeMonths(from, to); months != 0 {
			move = func(d date) date { return d.addMonths(n * months) }
		}
		return between(move(from), move(to), p.Start.Location())
	default:
		// Not by a Duration, which ends at 292 years.
		by := int64(n) * (p.End.Unix() - p.Start.Unix())
		nanos := int64(n) * int64(p.End.Nanosecond()-p.Start.Nanosecond())
		move := func(t time.Time) time.Time {
			return time.Unix(t.Unix()+by, int64(t.Nanosecond())+nanos).In(t.Location())
		}
		return Period{Start: move(p.Start), End: move(p.End)}
	}
}

// wholeMonths returns how many months lie between two dates if each is the first
// of one, or 0.
func wholeMonths(from, to date) int {
	m := Calendar{Unit: Month}
	if m.first(from) != from || m.first(to) != to {
		return 0
	}
	return m.since(from, to)
}

// neighbour returns the period on the side of sign. A date that the clocks
// skipped, such as 2011-12-30 in Apia, is no period: it is passed over.
func (p Period) neighbour(sign int) Period {
	q := p.shift(sign)
	if q.empty() {
		return p.shift(2 * sign)
	}
	return q
}

func between(from, to date, loc *time.Location) Period {
	return Period{Start: from.start(loc), End: to.start(loc)}
}

// Previous returns the period of the same length that ends where p begins (环比).
func (p Period) Previous() Period { return p.neighbour(-1) }

// Next returns the period of the same length that begins where p ends.
func (p Period) Next() Period { return p.neighbour(1) }

// YearBefore returns the same period a year earlier (同比). One that a Calendar
// made keeps its number of units: months, quarters and years move by twelve
// months, weeks by 52 weeks, and days so that the last has the same date. One
// that was typed in keeps the dates and times of its bounds, or its length where
// that is a day or less. 29 February becomes 28 February.
func (p Period) YearBefore() Period {
	from, to, whole, of := p.dates()
	if of != nil {
		switch of.Unit {
		case Day:
			from = (to - 1).addMonths(-12) + 1 - date(of.n)
		case Week:
			from -= 52 * 7
		default:
			from = from.addMonths(-12)
		}
		q := of.period(from, of.n)
		if q.empty() { // a date that was skipped that year
			q = q.Previous()
		}
		return q
	}
	loc := p.Start.Location()
	y, m, d := to.civil()
	first, after := from.addMonths(-12), newDate(y-1, m, d)
	if to-from <= 1 {
		after = first + to - from
	}
	if whole {
		return between(first, after, loc)
	}
	return Period{Start: first.clock(p.Start, loc), End: after.clock(p.End, loc)}
}

// Trailing returns the n periods of p's length that end where p ends, as one:
// the trailing twelve months of a month. An n below 1 counts as 1, and one above
// a million as a million.
func (p Period) Trailing(n int) Period {
	n = max(1, min(n, maxPeriods))
	q := p.shift(1 - n)
	q.End = p.End
	if q.cal != nil { // made by shift, so nobody else holds it
		q.cal.n *= n
	}
	return q
}

// String names a period: "2014", "2014-Q1", "2014-03", "2014-W09", "2014-03-07",
// "FY2014/15-Q2" where the year does not begin in January, and "2014-03-07 –
// 2014-03-09" (both days included) for any other; instants within a day are
// printed in full, as are those of a period that holds none.
func (p Period) String() string {
	from, to, whole, of := p.dates()
	if !whole || p.empty() {
		return p.Start.Format(time.RFC3339Nano) + " – " + p.End.Format(time.RFC3339Nano)
	}
	days := from.String()
	if to-from > 1 {
		days += " – " + (to - 1).String()
	}
	if of == nil || of.n != 1 {
		return days
	}
	y, m, _ := from.civil()
	fiscal := max(of.FiscalStart, time.January)
	year := fmt.Sprintf("%04d", y)
	if fiscal != time.January && of.Unit >= Quarter {
		if m < fiscal {
			y--
		}
		year = fmt.Sprintf("FY%04d/%02d", y, mod(y+1, 100))
	}
	switch of.Unit {
	case Week:
		if of.WeekStart == WeekFromMonday {
			y, w := from.time().ISOWeek()
			return fmt.Sprintf("%04d-W%02d", y, w)
		}
		return days
	case Month:
		return fmt.Sprintf("%04d-%02d", y, m)
	case Quarter:
		return fmt.Sprintf("%s-Q%d", year, mod(int(m-fiscal), 12)/3+1)
	case Year:
		return year
	default:
		return days
	}
}

// periodLabel names p, of which an answer knows the unit. A decoded period has lost
// its zone, so that each end is a midnight at its own offset, and its unit.
func periodLabel(p Period, unit Unit) string {
	if p.made() != nil {
		return p.String()
	}
	zone, zoneTo := p.Start.Location(), p.End.Location()
	from, to := dateOf(p.Start, zone), dateOf(p.End, zoneTo)
	if from.start(zone).Equal(p.Start) && to.start(zoneTo).Equal(p.End) {
		p = between(from, to, time.UTC)
		if q := (Calendar{Unit: unit}).Of(p.Start); q.Equal(p) {
			p = q
		}
	}
	return p.String()
}
