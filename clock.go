package kpi

import (
	"fmt"
	"hash/fnv"
	"sort"
	"strconv"
	"time"
)

// Clock measures time while a team works (工作时间): it stands still outside of the
// shifts of the Schedule that it was made of.
//
//	Between(from, to) = working time t with from ≤ t < to
//	After(t, d)       = the earliest instant with Between(t, After(t, d)) = d
//	Next(t)           = the earliest working instant not before t
//
// So what takes nine hours from a Monday at 9:00 is due on that day at 18:00, when the
// shift ends, and not on Tuesday at 9:00; and Between is additive: what two spans that
// meet hold is what both hold together, in days of 23 and 25 hours too.
//
// A nil *Clock, or a zero one, is calendar time: it never stands still. A Clock does not
// change, and any number of goroutines may ask it at once. It holds what is worked
// before each special date and each change of its location's clocks, so that a span of
// ten years costs what one of an hour does.
//
// It answers for instants of the years 1678 to 2261, in UTC. What it returns is in the
// location of what it was asked. How many working days lie in a span is not here:
// half days and nights make it another question.
type Clock struct {
	loc     *time.Location
	week    [7]plan  // of the days from a Thursday, as 1970-01-01 was
	before  [7]int64 // what a week has worked before each
	perWeek int64
	special []specialDay // by date, the last beyond all
	offsets []offsetSpan // by time; none in the zero Clock
	end     int64        // what is worked before clockEnd
}

// specialDay is a date with a plan of its own.
type specialDay struct {
	plan
	date  int64
	start int64 // what is worked before it, in wall time
	extra int64 // how much of that an ordinary calendar would not have
}

// offsetSpan is a span of time during which a location keeps its offset from UTC.
// Within it as much is worked as in wall time; where it ends wall time jumps, and what
// is worked does not.
type offsetSpan struct {
	from   int64 // in seconds since 1970
	offset int64 // in seconds
	start  int64 // what is worked before it
	jumped int64 // what is worked less what is worked in wall time
}

// The seconds of the years 1678 to 2261: what is worked in them, or lies some days
// beyond them, fits 64 bits of nanoseconds either way from 1970.
const (
	clockStart = -9_214_560_000
	clockEnd   = 9_214_646_400
)

func (c *Clock) calendar() bool { return c == nil || c.offsets == nil }

// mark returns a text by which an answer tells the hours that it was measured in from
// others, "" for calendar time.
func (c *Clock) mark() string {
	if c.calendar() {
		return ""
	}
	h := fnv.New64a()
	fmt.Fprint(h, c.loc, c.week, c.special)
	return strconv.FormatUint(h.Sum64(), 16)
}

// checkClock refuses an instant for which a Clock has no answer.
func checkClock(metric, name string, t time.Time) error {
	if s := t.Unix(); s < clockStart || s > clockEnd || s == clockEnd && t.Nanosecond() > 0 {
		return fail(metric, CodeTime, "%s = %s ∉ [1678, 2261]", name, t.Format(time.RFC3339))
	}
	return nil
}

// ordinary returns what is worked before a day since 1970, in wall time and if there
// were no special days.
func (c *Clock) ordinary(day int64) int64 {
	week := floorDiv(day, 7)
	return week*c.perWeek + c.before[day-7*week]
}

// day returns the plan of a day since 1970, and what is worked before it in wall time.
func (c *Clock) day(day int64) (*plan, int64) {
	lo, hi := 0, len(c.special)-1 // the last is beyond
	for lo < hi {
		if mid := (lo + hi) / 2; c.special[mid].date < day {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	s := &c.special[lo]
	if s.date == day {
		return &s.plan, s.start
	}
	return &c.week[mod(int(day%7), 7)], c.ordinary(day) + s.extra
}

// wall returns what is worked before a time of the wall clock, given as seconds since
// it showed 1970 and nanoseconds.
func (c *Clock) wall(second, nano int64) int64 {
	day := floorDiv(second, daySeconds)
	p, before := c.day(day)
	return before + p.worked((second-day*daySeconds)*int64(time.Second)+nano)
}

// worked returns what is worked before t, counted from an instant of its own.
func (c *Clock) worked(t time.Time) int64 {
	if c.calendar() {
		return t.UnixNano()
	}
	second := t.Unix()
	lo, hi := 0, len(c.offsets)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; c.offsets[mid].from <= second {
			lo = mid
		} else {
			hi = mid
		}
	}
	s := &c.offsets[lo]
	return s.jumped + c.wall(second+s.offset, int64(t.Nanosecond()))
}

// reach returns the earliest instant with d > 0 worked since t, or an error if it does
// not come before clockEnd.
func (c *Clock) reach(metric string, t time.Time, d time.Duration) (time.Time, error) {
	worked, end, code := c.worked(t), int64(clockEnd*time.Second), CodeBeyondBound
	if !c.calendar() {
		end = c.end
		if c.perWeek == 0 {
			code = CodeNever
		}
	}
	if left := uint64(end) - uint64(worked); uint64(d) > left { //nolint:gosec // modulo 2^64, as the difference is
		return time.Time{}, fail(metric, code, "t = %s, d = %s", t.Format(time.RFC3339), d)
	}
	worked += int64(d)
	if c.calendar() {
		return time.Unix(0, worked).In(t.Location()), nil
	}
	i := sort.Search(len(c.offsets), func(i int) bool { return c.offsets[i].start >= worked })
	s := &c.offsets[i-1] // the first begins before t
	day, in := c.reachWall(worked - s.jumped)
	return time.Unix(day*daySeconds-s.offset, in).In(t.Location()), nil
}

// reachWall returns the earliest time of the wall clock with that much worked in wall
// time, as a day since 1970 and nanoseconds of it. There must be one.
func (c *Clock) reachWall(worked int64) (day, in int64) {
	i := sort.Search(len(c.special)-1, func(i int) bool { return c.special[i].start >= worked })
	if i > 0 {
		if s := &c.special[i-1]; worked-s.start <= s.total {
			return s.date, s.reach(worked - s.start)
		}
	}
	worked -= c.special[i].extra
	week := floorDiv(worked-1, c.perWeek)
	worked -= week * c.perWeek
	of := sort.Search(7, func(i int) bool { return c.before[i] >= worked }) - 1
	return 7*week + int64(of), c.week[of].reach(worked - c.before[of])
}

// Between returns the working time from one instant to another. It returns an error if
// to is before from, if one of them lies outside of 1678 to 2261, as the zero time
// does, or if the answer is longer than a time.Duration can say, 292 years.
func (c *Clock) Between(from, to time.Time) (time.Duration, error) {
	const metric = "Clock.Between"
	if err := checkClock(metric, "from", from); err != nil {
		return 0, err
	}
	if err := checkClock(metric, "to", to); err != nil {
		return 0, err
	}
	if to.Before(from) {
		return 0, fail(metric, CodeTime, "to = %s < from = %s", to.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	d := c.worked(to) - c.worked(from)
	if d < 0 { // modulo 2^64 it is less than 2^64
		return 0, fail(metric, CodeOverflow, "from = %s, to = %s", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	return time.Duration(d), nil
}

// After returns when d of working time from t is over: the earliest instant with
// Between(t, After(t, d)) = d, which is t itself if d is 0, and the end of a shift
// rather than the beginning of the next. It returns an error if d is negative, if t
// lies outside of 1678 to 2261, if the answer does (CodeBeyondBound), or if that much
// is never worked (CodeNever).
func (c *Clock) After(t time.Time, d time.Duration) (time.Time, error) {
	const metric = "Clock.After"
	if err := checkClock(metric, "t", t); err != nil {
		return time.Time{}, err
	}
	if d < 0 {
		return time.Time{}, fail(metric, CodeOutOfRange, "d = %s", d)
	}
	if d == 0 {
		return t, nil
	}
	return c.reach(metric, t, d)
}

// Next returns the earliest working instant that is not before t: t itself if it is
// one, or else when the next shift begins. It returns an error as After does.
func (c *Clock) Next(t time.Time) (time.Time, error) {
	const metric = "Clock.Next"
	if err := checkClock(metric, "t", t); err != nil {
		return time.Time{}, err
	}
	// The first nanosecond that is worked from t on ends a nanosecond after it began.
	end, err := c.reach(metric, t, 1)
	if err != nil {
		return time.Time{}, err
	}
	return end.Add(-1), nil
}

// Open reports whether t is a working instant: a shift's first is, and its last is
// not.
func (c *Clock) Open(t time.Time) bool {
	if c.calendar() {
		return true
	}
	_, offset := t.In(c.loc).Zone()
	second := t.Unix() + int64(offset)
	day := floorDiv(second, daySeconds)
	p, _ := c.day(day)
	return p.covers((second-day*daySeconds)*int64(time.Second) + int64(t.Nanosecond()))
}

// setOffsets sets the offsets of the location and what is worked before each.
func (c *Clock) setOffsets(metric string) error {
	s := offsetSpan{from: clockStart, offset: offsetAt(clockStart, c.loc)}
	for {
		if s.offset < -maxOffset || s.offset > maxOffset {
			return fail(metric, CodeOutOfRange, "Location: %s", time.Duration(s.offset)*time.Second)
		}
		s.start = s.jumped + c.wall(s.from+s.offset, 0)
		c.offsets = append(c.offsets, s)
		next := nextOffset(s.from, c.loc)
		if next >= clockEnd {
			break
		}
		offset := offsetAt(next, c.loc)
		s.jumped += c.wall(next+s.offset, 0) - c.wall(next+offset, 0)
		s.from, s.offset = next, offset
	}
	c.end = c.worked(time.Unix(clockEnd, 0))
	return nil
}

func offsetAt(second int64, loc *time.Location) int64 {
	_, offset := time.Unix(second, 0).In(loc).Zone()
	return int64(offset)
}

// nextOffset returns the first second after one with another offset, or clockEnd.
// ZoneBounds alone will not do: the end of a year may be one, and on the last day of a
// leap year the bound may be past.
func nextOffset(second int64, loc *time.Location) int64 {
	was := offsetAt(second, loc)
	for second < clockEnd {
		_, bound := time.Unix(second, 0).In(loc).ZoneBounds()
		if bound.IsZero() {
			break
		}
		end := bound.Unix()
		if end <= second {
			end = second + daySeconds
		}
		switch {
		case offsetAt(end-1, loc) != was: // between the two
			for end--; end-second > 1; {
				if mid := second + (end-second)/2; offsetAt(mid, loc) == was {
					second = mid
				} else {
					end = mid
				}
			}
			return end
		case offsetAt(end, loc) != was:
			return end
		}
		second = end
	}
	return clockEnd
}

// floorDiv returns the greatest integer not above a/n, for n > 0.
func floorDiv(a, n int64) int64 {
	q := a / n
	if a < q*n {
		q--
	}
	return q
}
