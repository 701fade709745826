package kpi

import (
	"sort"
	"time"
)

// date is a civil date: days since 1970-01-01.
type date int

func newDate(y int, m time.Month, d int) date {
	const day = 86400
	s := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() // a whole number of days
	return date(s / day)
}

// civilOf returns the civil date of t in loc.
func civilOf(t time.Time, loc *time.Location) date { return newDate(t.In(loc).Date()) }

// dateOf returns the date whose day t lies in: its civil date, but for the
// minutes after a midnight that the clocks are about to be set back across. The
// day before is not over then.
func dateOf(t time.Time, loc *time.Location) date {
	d := civilOf(t, loc)
	// ZoneBounds may report an end that is past on the last day of a leap year.
	if _, end := t.In(loc).ZoneBounds(); end.After(t) && civilOf(end, loc) < d {
		d--
	}
	return d
}

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
		begin := offsetBegan(t)
		_, offset := t.Zone()
		at := midnight.Add(-time.Duration(offset) * time.Second)
		if begin.IsZero() || at.After(begin) {
			return at.In(loc)
		}
		// All of this stretch of constant offset lies on d or later. If the one
		// before ends on an earlier date, the change itself begins d.
		before := begin.Add(-1)
		if civilOf(before, loc) < d {
			return begin.In(loc)
		}
		t = before.In(loc)
	}
}

// offsetBegan returns since when t's location has had the offset that it has at
// t, or the zero time. ZoneBounds alone will not do: after the last change that
// a location lists it answers by rule, even where that change broke the rule, as
// in Ciudad Juárez on 2022-11-30.
func offsetBegan(t time.Time) time.Time {
	begin, _ := t.ZoneBounds()
	_, want := t.Zone()
	if _, was := begin.Zone(); begin.IsZero() || was == want {
		return begin
	}
	after := func(i int) time.Time { return begin.Add(time.Duration(i) * time.Second) }
	return after(sort.Search(int(t.Sub(begin)/time.Second), func(i int) bool {
		_, offset := after(i).Zone()
		return offset == want
	}))
}

// clock returns the time of day of t in loc on d.
func (d date) clock(t time.Time, loc *time.Location) time.Time {
	y, m, day := d.civil()
	t = t.In(loc)
	hour, minute, sec := t.Clock()
	return time.Date(y, m, day, hour, minute, sec, t.Nanosecond(), loc)
}

// mod returns a modulo n, never negative.
func mod(a, n int) int { return ((a % n) + n) % n }
