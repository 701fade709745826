package kpi

import (
	"fmt"
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

// enumName returns names[i], or "kind(i)".
func enumName(names []string, i int, kind string) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return names[i]
}

// parseEnum returns the index of s in names.
func parseEnum(metric string, names []string, s string) (int, error) {
	for i, n := range names {
		if n == s {
			return i, nil
		}
	}
	return 0, fail(metric, CodeUnknownName, "%s", clip(s))
}

// Calendar says how instants fall into periods: days, weeks, months, quarters
// or years of a location. The zero value is days in UTC, weeks begin on Monday
// and years in January unless it says otherwise.
//
// A day begins at the instant from which the local date is never earlier, which
// is not midnight where the clocks skip it; it may have 23 or 25 hours.
type Calendar struct {
	Unit        Unit
	Location    *time.Location // nil is UTC; the library never loads one
	WeekStart   WeekStart
	FiscalStart time.Month // first month of the year and of its quarters; 0 is January
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

func (c Calendar) location() *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}

// Of returns the period that t falls in.
func (c Calendar) Of(t time.Time) Period {
	d := c.first(dateOf(t, c.location()))
	return c.period(d, 1)
}

// Periods returns the periods that [from, to) touches, in order. It returns an
// error if to is before from, if c is out of range, or beyond a million periods.
func (c Calendar) Periods(from, to time.Time) ([]Period, error) {
	const metric = "Calendar.Periods"
	if err := c.valid(metric); err != nil {
		return nil, err
	}
	if to.Before(from) {
		return nil, fail(metric, CodeTime, "to is before from")
	}
	var out []Period
	for p := c.Of(from); p.Start.Before(to); p = p.Next() {
		if len(out) == 1e6 {
			return nil, fail(metric, CodeTooLarge, "more than a million periods")
		}
		out = append(out, p)
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
	}
	y, m, _ := d.civil()
	back := mod(int(m)-int(max(c.FiscalStart, 1)), 12)
	switch c.Unit {
	case Month:
		back = 0
	case Quarter:
		back %= 3
	}
	return newDate(y, m-time.Month(back), 1)
}

// add returns the date n units after the first date d of a unit.
func (c Calendar) add(d date, n int) date {
	switch c.Unit {
	case Day:
		return d + date(n)
	case Week:
		return d + date(7*n)
	}
	y, m, _ := d.civil()
	return newDate(y, m+time.Month(n*c.months()), 1)
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
	}
	y0, m0, _ := a.civil()
	y1, m1, _ := b.civil()
	return (12*(y1-y0) + int(m1-m0)) / c.months()
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
	switch c.Unit {
	case Day, Week:
		return c.since(a, b)
	}
	n := c.since(a, b) + 1
	for c.anniversary(a, n) > b {
		n--
	}
	return n
}

// period returns the n units that begin with the first date d of a unit.
func (c Calendar) period(d date, n int) Period {
	loc := c.location()
	return Period{Start: d.start(loc), End: c.add(d, n).start(loc), cal: &c}
}

// Period is a half-open span of time, Start ≤ t < End. One that a Calendar made
// knows its unit, and moves by whole units: the period before a February is a
// January. One that is typed in moves by its own length in days if it begins and
// ends at midnight of Start's location, and else in hours. The unit is not part
// of the JSON form.
type Period struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	cal   *Calendar // nil if typed in
}

func (p Period) check(metric string) error {
	if !p.Start.Before(p.End) {
		return fail(metric, CodeTime, "a period must end after it begins")
	}
	return nil
}

// Contains reports whether Start ≤ t < End.
func (p Period) Contains(t time.Time) bool { return !t.Before(p.Start) && t.Before(p.End) }

// Complete reports whether p has ended at asOf, which is exclusive: whether
// data of all instants before asOf hold all of p.
func (p Period) Complete(asOf time.Time) bool { return !p.End.After(asOf) }

// Equal reports whether p and q are the same span of time.
func (p Period) Equal(q Period) bool { return p.Start.Equal(q.Start) && p.End.Equal(q.End) }

// loc returns the location whose days p counts.
func (p Period) loc() *time.Location {
	if p.cal != nil {
		return p.cal.location()
	}
	return p.Start.Location()
}

// dates returns the first date of p and the first after it, and whether p
// begins and ends with a local day.
func (p Period) dates() (from, to date, whole bool) {
	loc := p.loc()
	from, to = dateOf(p.Start, loc), dateOf(p.End, loc)
	return from, to, from.start(loc).Equal(p.Start) && to.start(loc).Equal(p.End)
}

// Days returns the number of civil dates that p touches.
func (p Period) Days() int {
	if !p.Start.Before(p.End) {
		return 0
	}
	return int(dateOf(p.End.Add(-1), p.loc())-dateOf(p.Start, p.loc())) + 1
}

// shift returns p moved by n of its own lengths.
func (p Period) shift(n int) Period {
	from, to, whole := p.dates()
	switch {
	case p.cal != nil:
		units := p.cal.since(from, to)
		return p.cal.period(p.cal.add(from, n*units), units)
	case whole:
		return between(from+date(n)*(to-from), to+date(n)*(to-from), p.loc())
	default:
		by := time.Duration(n) * p.End.Sub(p.Start)
		return Period{Start: p.Start.Add(by), End: p.End.Add(by)}
	}
}

func between(from, to date, loc *time.Location) Period {
	return Period{Start: from.start(loc), End: to.start(loc)}
}

// Previous returns the period of the same length that ends where p begins (环比).
func (p Period) Previous() Period { return p.shift(-1) }

// Next returns the period of the same length that begins where p ends.
func (p Period) Next() Period { return p.shift(1) }

// YearBefore returns the same period a year earlier (同比): twelve months for
// months, quarters and years, 52 weeks for weeks, and the same dates for days
// and for a period that was typed in; 29 February becomes 28 February.
func (p Period) YearBefore() Period {
	from, to, whole := p.dates()
	switch {
	case p.cal != nil && p.cal.Unit == Week:
		return p.cal.period(from-52*7, p.cal.since(from, to))
	case p.cal != nil && p.cal.Unit > Week:
		return p.cal.period(from.addMonths(-12), p.cal.since(from, to))
	case !whole:
		return Period{Start: p.Start.AddDate(-1, 0, 0), End: p.End.AddDate(-1, 0, 0)}
	}
	// The first date stays in its month, the first date after may go to the next
	// one, so that 29 February alone is a day and not nothing.
	y, m, d := to.civil()
	q := between(from.addMonths(-12), newDate(y-1, m, d), p.loc())
	q.cal = p.cal
	return q
}

// Trailing returns the n periods of p's length that end where p ends, as one:
// the trailing twelve months of a month. An n below 1 counts as 1.
func (p Period) Trailing(n int) Period {
	first := p.shift(1 - max(n, 1))
	return Period{Start: first.Start, End: p.End, cal: p.cal}
}

// String names a period: "2014", "2014-Q1", "2014-03", "2014-W09", "2014-03-07",
// "FY2014/15-Q2" where the year does not begin in January, and "2014-03-07 –
// 2014-03-09" (both days included) for any other; instants within a day are
// printed in full.
func (p Period) String() string {
	from, to, whole := p.dates()
	if !whole {
		const layout = "2006-01-02T15:04:05Z07:00"
		return p.Start.Format(layout) + " – " + p.End.Format(layout)
	}
	y, m, _ := from.civil()
	if p.cal == nil || p.cal.since(from, to) != 1 {
		if to-from == 1 {
			return from.String()
		}
		return from.String() + " – " + (to - 1).String()
	}
	fiscal := max(p.cal.FiscalStart, time.January)
	year := fmt.Sprintf("%04d", y)
	if fiscal != time.January && p.cal.Unit >= Quarter {
		if m < fiscal {
			y--
		}
		year = fmt.Sprintf("FY%04d/%02d", y, mod(y+1, 100))
	}
	switch p.cal.Unit {
	case Week:
		if p.cal.WeekStart == WeekFromMonday {
			y, w := from.time().ISOWeek()
			return fmt.Sprintf("%04d-W%02d", y, w)
		}
		return from.String() + " – " + (to - 1).String()
	case Month:
		return fmt.Sprintf("%04d-%02d", y, m)
	case Quarter:
		return fmt.Sprintf("%s-Q%d", year, mod(int(m-fiscal), 12)/3+1)
	case Year:
		return year
	default:
		return from.String()
	}
}

// date is a civil date: days since 1970-01-01.
type date int

func newDate(y int, m time.Month, d int) date {
	return date(floorDiv(int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()), 86400))
}

// dateOf returns the civil date of t in loc.
func dateOf(t time.Time, loc *time.Location) date { return newDate(t.In(loc).Date()) }

func (d date) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d date) civil() (int, time.Month, int) { return d.time().Date() }

func (d date) String() string { return d.time().Format("2006-01-02") }

// addMonths moves d by n months, to the last day of a month that is too short.
func (d date) addMonths(n int) date {
	y, m, day := d.civil()
	first := newDate(y, m+time.Month(n), 1)
	return min(first+date(day-1), newDate(y, m+time.Month(n)+1, 1)-1)
}

// start returns the instant from which the date in loc is d or later for good.
func (d date) start(loc *time.Location) time.Time {
	midnight := d.time() // in UTC; no location is a day and a half away
	t := midnight.Add(36 * time.Hour).In(loc)
	for {
		begin, _ := t.ZoneBounds()
		_, offset := t.Zone()
		at := midnight.Add(-time.Duration(offset) * time.Second)
		if begin.IsZero() || at.After(begin) {
			return at.In(loc)
		}
		// All of this stretch of constant offset lies on d or later. If the one
		// before ends on an earlier date, the change itself begins d.
		before := begin.Add(-1)
		if dateOf(before, loc) < d {
			return begin.In(loc)
		}
		t = before.In(loc)
	}
}

// mod returns a modulo n, never negative.
func mod(a, n int) int { return ((a % n) + n) % n }

// floorDiv returns ⌊a/n⌋ for n > 0.
func floorDiv(a, n int) int { return (a - mod(a, n)) / n }
