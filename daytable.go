package kpi

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// maxSlots bounds a dayTable to 8 MB; the days of all that an int64 of nanoseconds
// holds take half of it.
const maxSlots = 1 << 19

// dayTable finds the period of an instant without searching. It divides time into
// slots of 2^shift nanoseconds, none longer than the shortest period, so that at
// most one period begins in a slot: 19½ hours for days, 3½ weeks for months.
type dayTable struct {
	slots []slot // from the one before that of the second start to the one after the last
	base  int64  // the number of the first, which stands for all before it too
	last  int64  // the index of the last, which stands for all after it
	shift uint8
}

// slot says that instants before next are in period before, and others in the one
// after it.
type slot struct{ next, before int64 }

// newDayTable returns the table of periods that begin at starts, the first of which
// may be math.MinInt64, and end at end. It reports false if they are none, if they do
// not ascend, or if some are so short that the table would be large: search then.
func newDayTable(starts []int64, end int64) (*dayTable, bool) {
	n := len(starts)
	if n == 0 || end <= starts[n-1] {
		return nil, false
	}
	shortest := uint64(math.MaxInt64)
	for i, at := range starts[1:] {
		if at <= starts[i] {
			return nil, false
		}
		shortest = min(shortest, uint64(at)-uint64(starts[i])) //nolint:gosec // modulo 2^64, as the difference is
	}
	t := &dayTable{shift: uint8(bits.Len64(shortest) - 1)} //nolint:gosec // at most 62
	t.base = starts[min(1, n-1)]>>t.shift - 1
	t.last = starts[n-1]>>t.shift - t.base + 1
	if t.last >= maxSlots || t.shift < 2 { // or the number of a slot less base would overflow
		return nil, false
	}
	t.slots = make([]slot, t.last+1)
	t.slots[0] = slot{next: starts[0], before: -1}
	p := 0 // the last period that begins before slot i ends
	for i := int64(1); i <= t.last; i++ {
		if p+1 < n && starts[p+1]>>t.shift <= t.base+i {
			p++
		}
		t.slots[i] = slot{next: starts[p], before: int64(p) - 1}
	}
	return t, true
}

// period returns the index of the last start ≤ at, or −1.
func (t *dayTable) period(at int64) int {
	s := &t.slots[max(0, min(at>>(t.shift&63)-t.base, t.last))]
	p := s.before
	if at >= s.next { // no branch: half of the rows of days go either way
		p++
	}
	return int(p)
}

// startTable are the starts of periods, ascending, with a table of them if there is
// one.
type startTable struct {
	starts []int64
	table  *dayTable
}

// newStartTable returns the table of periods that begin at starts and end at end.
func newStartTable(starts []int64, end int64) startTable {
	t := startTable{starts: starts}
	if table, ok := newDayTable(starts, end); ok {
		t.table = table
	}
	return t
}

// period returns the index of the last start ≤ at, or −1.
func (t *startTable) period(at int64) int {
	if t.table != nil {
		return t.table.period(at)
	}
	i, found := slices.BinarySearch(t.starts, at)
	if found {
		return i
	}
	return i - 1
}

// civilDays finds the civil date of an instant in a location.
type civilDays struct {
	startTable
	dates []date // by the index of the start
}

// newCivilDays returns the dates of all instants between two.
func newCivilDays(from, to int64, loc *time.Location) civilDays {
	first, last := dateOf(time.Unix(0, from).In(loc), loc), dateOf(time.Unix(0, to).In(loc), loc)
	starts, dates := []int64{math.MinInt64}, []date{first}
	for d := first + 1; d <= last; d++ {
		// A date that a zone has skipped begins with the next, which is the one to find.
		if at := clampInstant(d.start(loc)); at > starts[len(starts)-1] {
			starts, dates = append(starts, at), append(dates, d)
		} else {
			dates[len(dates)-1] = d
		}
	}
	return civilDays{newStartTable(starts, math.MaxInt64), dates}
}
