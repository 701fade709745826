package kpi_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// shiftsOn returns the shifts of a civil date, read off a schedule line by line.
func shiftsOn(s kpi.Schedule, date time.Time) []kpi.Shift {
	for _, d := range s.Special {
		if name := date.Format(time.DateOnly); name == d.First || d.First < name && name <= d.Last {
			return d.Shifts
		}
	}
	return s.Week[date.Weekday()]
}

// onShift counts the shifts that hold a time of the wall clock, given as if in UTC.
func onShift(s kpi.Schedule, wall time.Time) (n int) {
	date := wall.Truncate(24 * time.Hour)
	for eve := range 2 {
		in := wall.Sub(date) + time.Duration(eve)*24*time.Hour
		for _, shift := range shiftsOn(s, date.AddDate(0, 0, -eve)) {
			if shift.From <= in && in < shift.To {
				n++
			}
		}
	}
	return n
}

// worksAt reports whether t is a working instant: what the wall clock shows then is all
// that it asks.
func worksAt(s kpi.Schedule, t time.Time) bool {
	if s.Location == nil {
		s.Location = time.UTC
	}
	t = t.In(s.Location)
	return onShift(s, time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)) > 0
}

// possible reports whether no shifts of s overlap in the weeks about its special dates,
// which are near about, and whether there is any.
func possible(s kpi.Schedule, about time.Time) bool {
	shifts := 0
	for d := -10; d <= 30; d++ {
		date := about.UTC().Truncate(24*time.Hour).AddDate(0, 0, d)
		var minutes [72 * 60]int // of the date, the next and one more
		for eve := range 2 {
			for _, shift := range shiftsOn(s, date.AddDate(0, 0, -eve)) {
				shifts++
				for at := shift.From; at < shift.To; at += time.Minute {
					minutes[at/time.Minute+time.Duration(1-eve)*24*60]++
				}
			}
		}
		for _, n := range minutes[24*60 : 48*60] {
			if n > 1 {
				return false
			}
		}
	}
	return shifts > 0
}

// changes are days on which some of clockZones change their clocks, skip a date, or end
// a leap year.
var changes = []time.Time{
	day(0), instant("2018-11-04T03:00:00Z"), instant("2018-02-18T02:00:00Z"), instant("2025-03-09T07:00:00Z"),
	instant("2025-11-02T05:00:00Z"), instant("2025-03-30T01:00:00Z"), instant("2025-10-26T01:00:00Z"),
	instant("2011-12-30T10:00:00Z"), instant("1994-12-31T10:00:00Z"), instant("2010-11-07T02:31:00Z"),
	instant("2022-10-30T08:00:00Z"), instant("2022-11-30T06:00:00Z"), instant("2014-06-26T22:00:00Z"),
	instant("2024-12-31T12:00:00Z"), instant("2025-04-05T15:00:00Z"), instant("2025-10-04T15:30:00Z"),
	instant("2100-02-28T12:00:00Z"),
}

var clockZones = append([]*time.Location{
	loadZone("Australia/Lord_Howe"), // half an hour of summer time
	loadZone("Antarctica/Troll"),    // two hours
	loadZone("Africa/Casablanca"),   // summer time but for Ramadan
	loadZone("Asia/Kathmandu"),      // UTC+5:45
	loadZone("Asia/Shanghai"),
}, testZones...)

// shifts rolls those of a date, in minutes.
func (d *dice) shifts() (out []kpi.Shift) {
	minute := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	switch d.n(6) {
	case 0:
	case 1:
		out = []kpi.Shift{{To: 24 * time.Hour}}
	case 2:
		from := minute(20*60 + 15*d.n(16))
		out = []kpi.Shift{{From: from, To: from + minute(1+30*d.n(48))}}
	default:
		for at := 10 * d.n(60); at < 24*60 && len(out) < 4; at += 10 * d.n(40) {
			length := min(1+7*d.n(60), 24*60-at)
			out = append(out, kpi.Shift{From: minute(at), To: minute(at + length)})
			at += length
		}
	}
	if d.one(40) {
		out = append(out, kpi.Shift{From: minute(10 * d.n(144)), To: minute(1440)})
	}
	return out
}

// schedule rolls a schedule, which may be impossible, with special dates near about.
func (d *dice) schedule(about time.Time) kpi.Schedule {
	s := kpi.Schedule{Location: clockZones[d.n(len(clockZones))]}
	usual := d.shifts()
	for i := range s.Week {
		if s.Week[i] = usual; d.one(3) {
			s.Week[i] = d.shifts()
		}
	}
	at := about.UTC().AddDate(0, 0, -d.n(8))
	for range d.n(5) {
		special := kpi.SpecialDays{First: at.Format(time.DateOnly)}
		if d.one(2) {
			at = at.AddDate(0, 0, d.n(4))
			special.Last = at.Format(time.DateOnly)
		}
		if d.one(2) {
			special.Shifts = d.shifts()
		}
		s.Special = append(s.Special, special)
		at = at.AddDate(0, 0, 1+d.n(3))
	}
	if n := len(s.Special); n > 0 {
		last := d.n(n)
		s.Special[0], s.Special[last] = s.Special[last], s.Special[0]
	}
	return s
}

// againstWalk compares a clock with a walk from minute to minute through a span that
// begins at from.
func againstWalk(t *testing.T, s kpi.Schedule, from time.Time, minutes int) {
	t.Helper()
	c, err := kpi.NewClock(s)
	require.NoError(t, err)
	var worked time.Duration
	next := -1 // the minute that works, since when it was asked for
	for i := range minutes {
		at := from.Add(time.Duration(i) * time.Minute)
		works := worksAt(s, at)
		if works != c.Open(at) { // require is slow here
			t.Fatalf("Open(%s) = %t in %+v", at, !works, s)
		}
		if !works {
			if next < 0 {
				next = i
			}
			continue
		}
		if next >= 0 || i%97 == 0 {
			asked := at
			if next >= 0 {
				asked = from.Add(time.Duration(next)*time.Minute + time.Nanosecond)
			}
			got, err := c.Next(asked)
			require.NoError(t, err)
			require.Equal(t, at, got, "next of %s in %+v", asked, s)
			next = -1
		}
		worked += time.Minute
		if i%61 == 0 || !worksAt(s, at.Add(time.Minute)) {
			due, err := c.After(from, worked)
			require.NoError(t, err)
			require.Equal(t, at.Add(time.Minute), due, "%s after %s in %+v", worked, from, s)
			got, err := c.Between(from, due)
			require.NoError(t, err)
			require.Equal(t, worked, got, "%s–%s in %+v", from, due, s)
		}
	}
	to := from.Add(time.Duration(minutes) * time.Minute)
	got, err := c.Between(from, to)
	require.NoError(t, err)
	require.Equal(t, worked, got, "%s–%s in %+v", from, to, s)
}

// walk rolls a schedule and a span, and compares.
func walk(t *testing.T, rolls []byte, minutes int) {
	t.Helper()
	d := dice(rolls)
	about := changes[d.n(len(changes))]
	s := d.schedule(about)
	_, err := kpi.NewClock(s)
	require.Equal(t, possible(s, about), refused(t, err), "%+v: %v", s, err)
	if err == nil {
		from := about.Truncate(time.Minute).Add(time.Duration(-d.n(250)*20+d.n(20)) * time.Minute)
		againstWalk(t, s, from, minutes)
	}
}

func TestClockAgainstWalk(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 250 {
		rolls := make([]byte, 200)
		for i := range rolls {
			rolls[i] = byte(r.Uint32())
		}
		walk(t, rolls, 1600)
	}
}

func FuzzClock(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 30 {
		rolls := make([]byte, 120)
		for i := range rolls {
			rolls[i] = byte(r.Uint32())
		}
		f.Add(rolls, uint16(3000))
	}
	f.Fuzz(func(t *testing.T, rolls []byte, minutes uint16) {
		walk(t, rolls, int(minutes%4000))
	})
}
