package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata" // the tests need zones wherever they run

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// loadZone loads a location that the tests cannot do without.
func loadZone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

var (
	saoPaulo   = loadZone("America/Sao_Paulo")  // 2018-11-04 has no midnight
	newYork    = loadZone("America/New_York")   // days of 23 and 25 hours
	berlin     = loadZone("Europe/Berlin")      // the same, on other days
	kiritimati = loadZone("Pacific/Kiritimati") // UTC+14, and no 1994-12-31
	stJohns    = loadZone("America/St_Johns")   // until 2011 set back at 00:01, to the day before
	havana     = loadZone("America/Havana")     // set back at 01:00, so that midnight comes twice
	apia       = loadZone("Pacific/Apia")       // no 2011-12-30
	juarez     = loadZone("America/Ciudad_Juarez")
	cairo      = loadZone("Africa/Cairo")
)

var testZones = []*time.Location{nil, time.UTC, saoPaulo, newYork, berlin, kiritimati, stJohns, havana, apia, juarez, cairo}

var allUnits = []kpi.Unit{kpi.Day, kpi.Week, kpi.Month, kpi.Quarter, kpi.Year}

func dateIn(y int, m time.Month, d int, loc *time.Location) time.Time {
	return time.Date(y, m, d, 0, 0, 0, 0, loc)
}

// instant reads an instant of a location's clock, with its offset where a time of
// day comes twice.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestCalendarOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		cal        kpi.Calendar
		at         string
		start, end string
		label      string
		days       int
	}{
		{"the zero Calendar", kpi.Calendar{}, "2014-03-07T23:59:59Z", "2014-03-07T00:00:00Z", "2014-03-08T00:00:00Z", "2014-03-07", 1},
		{"leap day", kpi.Calendar{}, "2024-02-29T12:00:00Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z", "2024-02-29", 1},
		{"leap February", kpi.Calendar{Unit: kpi.Month}, "2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", "2024-02", 29},
		{"1900 was no leap year", kpi.Calendar{Unit: kpi.Month}, "1900-02-28T12:00:00Z", "1900-02-01T00:00:00Z", "1900-03-01T00:00:00Z", "1900-02", 28},
		{"quarter", kpi.Calendar{Unit: kpi.Quarter}, "2014-06-30T23:59:59Z", "2014-04-01T00:00:00Z", "2014-07-01T00:00:00Z", "2014-Q2", 91},
		{"year", kpi.Calendar{Unit: kpi.Year}, "2014-06-30T00:00:00Z", "2014-01-01T00:00:00Z", "2015-01-01T00:00:00Z", "2014", 365},
		{"before 1970", kpi.Calendar{Unit: kpi.Week}, "1969-12-31T12:00:00Z", "1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z", "1970-W01", 7},
		{"ISO week of the year before", kpi.Calendar{Unit: kpi.Week}, "2021-01-03T12:00:00Z", "2020-12-28T00:00:00Z", "2021-01-04T00:00:00Z", "2020-W53", 7},
		{"ISO week of the year after", kpi.Calendar{Unit: kpi.Week}, "2024-12-30T00:00:00Z", "2024-12-30T00:00:00Z", "2025-01-06T00:00:00Z", "2025-W01", 7},
		{"week from Sunday", kpi.Calendar{Unit: kpi.Week, WeekStart: kpi.WeekFromSunday}, "2021-01-03T12:00:00Z", "2021-01-03T00:00:00Z", "2021-01-10T00:00:00Z", "2021-01-03 – 2021-01-09", 7},
		{"week from Saturday", kpi.Calendar{Unit: kpi.Week, WeekStart: kpi.WeekFromSaturday}, "2021-01-03T12:00:00Z", "2021-01-02T00:00:00Z", "2021-01-09T00:00:00Z", "2021-01-02 – 2021-01-08", 7},
		{"fiscal quarter", kpi.Calendar{Unit: kpi.Quarter, FiscalStart: time.April}, "2014-09-30T00:00:00Z", "2014-07-01T00:00:00Z", "2014-10-01T00:00:00Z", "FY2014/15-Q2", 92},
		{"last fiscal quarter", kpi.Calendar{Unit: kpi.Quarter, FiscalStart: time.April}, "2015-01-01T00:00:00Z", "2015-01-01T00:00:00Z", "2015-04-01T00:00:00Z", "FY2014/15-Q4", 90},
		{"fiscal quarter over New Year", kpi.Calendar{Unit: kpi.Quarter, FiscalStart: time.December}, "2015-01-31T00:00:00Z", "2014-12-01T00:00:00Z", "2015-03-01T00:00:00Z", "FY2014/15-Q1", 90},
		{"fiscal quarter from February", kpi.Calendar{Unit: kpi.Quarter, FiscalStart: time.February}, "2015-01-31T00:00:00Z", "2014-11-01T00:00:00Z", "2015-02-01T00:00:00Z", "FY2014/15-Q4", 92},
		{"fiscal year", kpi.Calendar{Unit: kpi.Year, FiscalStart: time.October}, "2000-09-30T00:00:00Z", "1999-10-01T00:00:00Z", "2000-10-01T00:00:00Z", "FY1999/00", 366},
		{"fiscal month is a month", kpi.Calendar{Unit: kpi.Month, FiscalStart: time.October}, "2000-09-30T00:00:00Z", "2000-09-01T00:00:00Z", "2000-10-01T00:00:00Z", "2000-09", 30},
		{"fiscal January", kpi.Calendar{Unit: kpi.Year, FiscalStart: time.January}, "2014-05-01T00:00:00Z", "2014-01-01T00:00:00Z", "2015-01-01T00:00:00Z", "2014", 365},

		// The clocks went from 24:00 of the 3rd to 01:00 of the 4th.
		{"São Paulo without midnight", kpi.Calendar{Location: saoPaulo}, "2018-11-04T12:00:00-02:00", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00", "2018-11-04", 1},
		{"São Paulo the day before", kpi.Calendar{Location: saoPaulo}, "2018-11-03T23:59:59-03:00", "2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00", "2018-11-03", 1},
		{"New York, 23 hours", kpi.Calendar{Location: newYork}, "2024-03-10T12:00:00-04:00", "2024-03-10T00:00:00-05:00", "2024-03-11T00:00:00-04:00", "2024-03-10", 1},
		{"New York, 25 hours", kpi.Calendar{Location: newYork}, "2024-11-03T01:30:00-05:00", "2024-11-03T00:00:00-04:00", "2024-11-04T00:00:00-05:00", "2024-11-03", 1},
		{"Berlin, a month of 743 hours", kpi.Calendar{Unit: kpi.Month, Location: berlin}, "2024-03-31T23:59:59+02:00", "2024-03-01T00:00:00+01:00", "2024-04-01T00:00:00+02:00", "2024-03", 31},
		{"Kiritimati is a day ahead", kpi.Calendar{Location: kiritimati}, "2024-02-28T10:00:00Z", "2024-02-29T00:00:00+14:00", "2024-03-01T00:00:00+14:00", "2024-02-29", 1},
		// It went from UTC−10 to UTC+14 at the end of the 30th.
		{"Kiritimati 1994 ended on the 30th", kpi.Calendar{Unit: kpi.Year, Location: kiritimati}, "1994-12-30T23:59:59-10:00", "1994-01-01T00:00:00-10:00", "1994-12-31T00:00:00-10:00", "1994", 364},
		// At 00:01 of the 29th the clocks went back to 23:01 of the 28th, which is
		// over only when midnight comes again.
		{"St John's before the first midnight", kpi.Calendar{Location: stJohns}, "2006-10-28T23:59:00-02:30", "2006-10-28T00:00:00-02:30", "2006-10-29T00:00:00-03:30", "2006-10-28", 1},
		{"St John's in the minute after it", kpi.Calendar{Location: stJohns}, "2006-10-29T00:00:30-02:30", "2006-10-28T00:00:00-02:30", "2006-10-29T00:00:00-03:30", "2006-10-28", 1},
		{"St John's back again", kpi.Calendar{Location: stJohns}, "2006-10-28T23:01:00-03:30", "2006-10-28T00:00:00-02:30", "2006-10-29T00:00:00-03:30", "2006-10-28", 1},
		{"St John's after the second", kpi.Calendar{Location: stJohns}, "2006-10-29T00:00:00-03:30", "2006-10-29T00:00:00-03:30", "2006-10-30T00:00:00-03:30", "2006-10-29", 1},
		// At 01:00 the clocks went back to 00:00, and the date did not.
		{"Havana's first midnight", kpi.Calendar{Location: havana}, "2020-11-01T00:00:00-04:00", "2020-11-01T00:00:00-04:00", "2020-11-02T00:00:00-05:00", "2020-11-01", 1},
		{"Havana's second midnight", kpi.Calendar{Location: havana}, "2020-11-01T00:00:00-05:00", "2020-11-01T00:00:00-04:00", "2020-11-02T00:00:00-05:00", "2020-11-01", 1},
		{"Havana without midnight", kpi.Calendar{Location: havana}, "2020-03-08T01:00:00-04:00", "2020-03-08T01:00:00-04:00", "2020-03-09T00:00:00-04:00", "2020-03-08", 1},
		// Samoa went from UTC−10 to UTC+14 at the end of the 29th.
		{"Apia before the date line", kpi.Calendar{Location: apia}, "2011-12-29T23:59:59-10:00", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-29", 1},
		{"Apia after it", kpi.Calendar{Location: apia}, "2011-12-31T00:00:00+14:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00", "2011-12-31", 1},
		{"Apia's week of six days", kpi.Calendar{Unit: kpi.Week, Location: apia}, "2011-12-31T00:00:00+14:00", "2011-12-26T00:00:00-10:00", "2012-01-02T00:00:00+14:00", "2011-W52", 7},
		// time.ZoneBounds answers these two wrongly: after a zone's last change, if
		// it broke the rule, and on the last day of a leap year.
		{"Ciudad Juárez set back at midnight", kpi.Calendar{Location: juarez}, "2022-11-29T23:30:00-07:00", "2022-11-29T00:00:00-06:00", "2022-11-30T00:00:00-07:00", "2022-11-29", 1},
		{"Cairo on the last day of a leap year", kpi.Calendar{Location: cairo}, "2025-01-01T01:30:00+02:00", "2025-01-01T00:00:00+02:00", "2025-01-02T00:00:00+02:00", "2025-01-01", 1},
		// Sitka was Russian and on the other side of the date line.
		{"Sitka 1867, the same date twice", kpi.Calendar{Location: loadZone("America/Sitka")}, "1867-10-19T00:00:00Z", "1867-10-17T09:01:13Z", "1867-10-19T09:01:13Z", "1867-10-18", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := tt.cal.Of(instant(tt.at))
			requireInstant(t, tt.start, p.Start)
			requireInstant(t, tt.end, p.End)
			require.True(t, p.Contains(instant(tt.at)))
			require.Equal(t, tt.label, p.String())
			require.Equal(t, tt.days, p.Days())
			require.True(t, tt.cal.Of(p.Start).Equal(p))
			require.True(t, tt.cal.Of(p.End.Add(-1)).Equal(p))
			require.True(t, p.Next().Previous().Equal(p))
			require.True(t, p.Previous().Next().Equal(p))
		})
	}
}

func requireInstant(t *testing.T, want string, got time.Time) {
	t.Helper()
	require.True(t, instant(want).Equal(got), "want %s, got %s", want, got)
}

// TestCalendarCovers holds, for random instants in every zone, what makes
// periods add up: each instant in exactly one, each beginning where the one
// before ends.
func TestCalendarCovers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 14))
	from, span := dateIn(1990, 1, 1, time.UTC), int64(45*365*24*time.Hour/time.Second)
	for _, loc := range testZones {
		for _, unit := range allUnits {
			for range 60 {
				c := kpi.Calendar{
					Unit: unit, Location: loc, WeekStart: kpi.WeekStart(r.IntN(7)), FiscalStart: time.Month(r.IntN(13)),
				}
				at := from.Add(time.Duration(r.Int64N(span)) * time.Second)
				p := c.Of(at)
				require.True(t, p.Contains(at), "%v in %v", at, loc)
				require.True(t, c.Of(p.Start).Equal(p))
				require.True(t, c.Of(p.End.Add(-1)).Equal(p))
				require.True(t, p.Next().Start.Equal(p.End))
				require.True(t, p.Previous().End.Equal(p.Start))
				require.True(t, p.Next().Previous().Equal(p))
				require.True(t, c.Of(p.End).Equal(p.Next()))
				require.True(t, c.Of(p.Start.Add(-1)).Equal(p.Previous()))
				require.True(t, p.Complete(p.End))
				require.False(t, p.Complete(p.End.Add(-1)))

				n := 1 + r.IntN(12)
				q := p
				for range n - 1 {
					q = q.Previous()
				}
				trailing := p.Trailing(n)
				require.True(t, trailing.End.Equal(p.End))
				require.False(t, trailing.Start.Before(q.Start))
				require.True(t, trailing.Next().Start.Equal(trailing.End))

				y := p.YearBefore()
				require.True(t, y.Start.Before(y.End))
				require.True(t, c.Of(y.Start).Equal(y), "%v: %v → %v", loc, p, y)
			}
		}
	}
}

func TestCalendarPeriods(t *testing.T) {
	t.Parallel()
	for _, loc := range testZones {
		for _, unit := range allUnits {
			c := kpi.Calendar{Unit: unit, Location: loc}
			from, to := instant("1994-05-04T10:00:00Z"), instant("2023-02-03T04:05:06Z")
			ps, err := c.Periods(from, to)
			require.NoError(t, err)
			require.True(t, ps[0].Contains(from))
			require.True(t, ps[len(ps)-1].Contains(to.Add(-1)))
			for i := 1; i < len(ps); i++ {
				require.True(t, ps[i].Start.Equal(ps[i-1].End))
				require.True(t, ps[i].Start.Before(ps[i].End))
				require.True(t, ps[i].Equal(ps[i-1].Next()), "%v: %v after %v", loc, ps[i], ps[i-1])
			}
		}
	}
	c := kpi.Calendar{Unit: kpi.Month}
	for _, tt := range []struct {
		from, to string
		want     []string
	}{
		{"2024-01-01T00:00:00Z", "2024-03-01T00:00:00Z", []string{"2024-01", "2024-02"}}, // to is exclusive
		{"2024-01-31T23:59:59Z", "2024-03-01T00:00:01Z", []string{"2024-01", "2024-02", "2024-03"}},
		{"2024-01-15T00:00:00Z", "2024-01-15T00:00:01Z", []string{"2024-01"}},
		{"2024-01-15T00:00:00Z", "2024-01-15T00:00:00Z", nil}, // no instant, no period
	} {
		ps, err := c.Periods(instant(tt.from), instant(tt.to))
		require.NoError(t, err)
		var labels []string
		for _, p := range ps {
			labels = append(labels, p.String())
		}
		require.Equal(t, tt.want, labels)
	}
	// The day that Apia never had is not among its days.
	days, err := kpi.Calendar{Location: apia}.Periods(dateIn(2011, 12, 29, apia), dateIn(2012, 1, 2, apia))
	require.NoError(t, err)
	require.Len(t, days, 3, "29, 31 and 1")
}

func TestCalendarErrors(t *testing.T) {
	t.Parallel()
	now := dateIn(2024, 5, 6, time.UTC)
	for _, c := range []kpi.Calendar{
		{Unit: -1},
		{Unit: 5},
		{Unit: math.MaxInt},
		{Unit: math.MinInt},
		{WeekStart: -1},
		{WeekStart: 7},
		{Unit: kpi.Week, WeekStart: math.MinInt},
		{FiscalStart: -1},
		{FiscalStart: 13},
		{Unit: kpi.Year, FiscalStart: math.MaxInt},
	} {
		_, err := c.Periods(now, now.AddDate(1, 0, 0))
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeOutOfRange, e.Code)
		require.Equal(t, "Calendar.Periods", e.Metric)
		// Of has no error to return. Its period holds nothing and does not move.
		p := c.Of(now)
		require.Equal(t, kpi.Period{}, p)
		require.False(t, p.Contains(now))
		require.Zero(t, p.Days())
		require.True(t, p.Next().Equal(p))
		require.True(t, p.Previous().Equal(p))
		require.True(t, p.Trailing(12).Equal(p))
		require.Equal(t, "0001-01-01T00:00:00Z – 0001-01-01T00:00:00Z", p.String())
		_, err = kpi.Memberships{}.Churn(p)
		require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err := kpi.Calendar{}.Periods(now, now.Add(-1))
	require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)

	// Too many are refused before any is made.
	for _, to := range []time.Time{now.AddDate(2738, 0, 0), now.AddDate(1e6, 0, 0), now.AddDate(1e9, 0, 0)} {
		began := time.Now()
		_, err = kpi.Calendar{}.Periods(now, to)
		require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
		require.Less(t, time.Since(began), hang)
	}
}

// No instant that a time.Time can hold makes a period panic or hang.
func TestPeriodsFarAway(t *testing.T) {
	t.Parallel()
	for _, loc := range append(testZones, time.FixedZone("far", 1e9), time.FixedZone("off", -1e9)) {
		for _, s := range []int64{math.MinInt64, -1 << 62, -1 << 40, 1 << 40, 1 << 62, math.MaxInt64} {
			for _, unit := range allUnits {
				p := kpi.Calendar{Unit: unit, Location: loc}.Of(time.Unix(s, 0))
				_, _, _ = p.String(), p.Days(), p.Next()
				_, _, _ = p.Previous(), p.YearBefore(), p.Trailing(math.MaxInt)
			}
		}
	}
	p := kpi.Calendar{Unit: kpi.Year}.Of(dateIn(2024, 5, 6, time.UTC))
	require.True(t, p.Trailing(math.MinInt).Equal(p))
	require.True(t, p.Trailing(math.MaxInt).Equal(p.Trailing(1000000)))
	hour := kpi.Period{Start: instant("2024-05-06T10:00:00Z"), End: instant("2024-05-06T14:00:00Z")}
	require.True(t, hour.Trailing(math.MaxInt).Start.Equal(time.Unix(hour.End.Unix()-4*3600*1000000, 0)))
}

func TestPeriodMoves(t *testing.T) {
	t.Parallel()
	month := func(y int, m time.Month) kpi.Period {
		return kpi.Calendar{Unit: kpi.Month}.Of(dateIn(y, m, 15, time.UTC))
	}
	typed := func(from, to time.Time) kpi.Period { return kpi.Period{Start: from, End: to} }
	utc := func(y int, m time.Month, d int) time.Time { return dateIn(y, m, d, time.UTC) }
	date := func(c kpi.Calendar, y int, m time.Month, d int) kpi.Period {
		return c.Of(dateIn(y, m, d, time.UTC).Add(12 * time.Hour))
	}
	days, weeks := kpi.Calendar{}, kpi.Calendar{Unit: kpi.Week}
	tests := []struct {
		name                    string
		p                       kpi.Period
		previous, next, yearAgo string
		three, year, before     string // Trailing(3), that a year before, and the three before it
	}{
		{
			"month", month(2024, 3), "2024-02", "2024-04", "2023-03",
			"2024-01-01 – 2024-03-31", "2023-01-01 – 2023-03-31", "2023-10-01 – 2023-12-31",
		},
		{
			"leap February", month(2024, 2), "2024-01", "2024-03", "2023-02",
			"2023-12-01 – 2024-02-29", "2022-12-01 – 2023-02-28", "2023-09-01 – 2023-11-30",
		},
		{
			"quarter", date(kpi.Calendar{Unit: kpi.Quarter}, 2024, 2, 29), "2023-Q4", "2024-Q2", "2023-Q1",
			"2023-07-01 – 2024-03-31", "2022-07-01 – 2023-03-31", "2022-10-01 – 2023-06-30",
		},
		{
			"year", date(kpi.Calendar{Unit: kpi.Year}, 2024, 2, 29), "2023", "2025", "2023",
			"2022-01-01 – 2024-12-31", "2021-01-01 – 2023-12-31", "2019-01-01 – 2021-12-31",
		},
		{
			"week 53, 52 weeks before", date(weeks, 2020, 12, 31), "2020-W52", "2021-W01", "2020-W01",
			"2020-12-14 – 2021-01-03", "2019-12-16 – 2020-01-05", "2020-11-23 – 2020-12-13",
		},
		{
			"leap day", date(days, 2024, 2, 29), "2024-02-28", "2024-03-01", "2023-02-28",
			"2024-02-27 – 2024-02-29", "2023-02-26 – 2023-02-28", "2024-02-24 – 2024-02-26",
		},
		{
			// Not [28 February, 1 March), which a leap year fills with two days.
			"the day after which a leap year has one more", date(days, 2025, 2, 28), "2025-02-27", "2025-03-01", "2024-02-28",
			"2025-02-26 – 2025-02-28", "2024-02-26 – 2024-02-28", "2025-02-23 – 2025-02-25",
		},
		{
			"typed-in day", typed(utc(2024, 2, 28), utc(2024, 2, 29)), "2024-02-27", "2024-02-29", "2023-02-28",
			"2024-02-26 – 2024-02-28", "2023-02-26 – 2023-02-28", "2024-02-23 – 2024-02-25",
		},
		{
			"typed-in leap day", typed(utc(2024, 2, 29), utc(2024, 3, 1)), "2024-02-28", "2024-03-01", "2023-02-28",
			"2024-02-27 – 2024-02-29", "2023-02-27 – 2023-02-28", "2024-02-24 – 2024-02-26",
		},
		{
			"typed-in last day of February", typed(utc(2025, 2, 28), utc(2025, 3, 1)), "2025-02-27", "2025-03-01", "2024-02-28",
			"2025-02-26 – 2025-02-28", "2024-02-26 – 2024-02-29", "2025-02-23 – 2025-02-25",
		},
		{
			// 1–2月, as Chinese statistics report it: the same two months, whole.
			"January and February", typed(utc(2025, 1, 1), utc(2025, 3, 1)),
			"2024-11-01 – 2024-12-31", "2025-03-01 – 2025-04-30", "2024-01-01 – 2024-02-29",
			"2024-09-01 – 2025-02-28", "2023-09-01 – 2024-02-29", "2024-03-01 – 2024-08-31",
		},
		{
			"typed-in March", typed(utc(2024, 3, 1), utc(2024, 4, 1)),
			"2024-02-01 – 2024-02-29", "2024-04-01 – 2024-04-30", "2023-03-01 – 2023-03-31",
			"2024-01-01 – 2024-03-31", "2023-01-01 – 2023-03-31", "2023-10-01 – 2023-12-31",
		},
		{
			"a typed-in March but for its first day", typed(utc(2024, 3, 2), utc(2024, 4, 1)),
			"2024-02-01 – 2024-03-01", "2024-04-01 – 2024-04-30", "2023-03-02 – 2023-03-31",
			"2024-01-02 – 2024-03-31", "2023-01-02 – 2023-03-31", "2023-10-04 – 2024-01-01",
		},
		{
			"hours", typed(instant("2024-02-29T10:00:00Z"), instant("2024-02-29T12:30:00.5Z")),
			"2024-02-29T07:29:59.5Z – 2024-02-29T10:00:00Z", "2024-02-29T12:30:00.5Z – 2024-02-29T15:00:01Z",
			"2023-02-28T10:00:00Z – 2023-02-28T12:30:00.5Z",
			"2024-02-29T04:59:59Z – 2024-02-29T12:30:00.5Z", "2023-02-28T04:59:59Z – 2023-02-28T12:30:00.5Z",
			"2024-02-28T21:29:57.5Z – 2024-02-29T04:59:59Z",
		},
		{
			"a business day from six to six", typed(instant("2025-02-28T06:00:00Z"), instant("2025-03-01T06:00:00Z")),
			"2025-02-27T06:00:00Z – 2025-02-28T06:00:00Z", "2025-03-01T06:00:00Z – 2025-03-02T06:00:00Z",
			"2024-02-28T06:00:00Z – 2024-02-29T06:00:00Z",
			"2025-02-26T06:00:00Z – 2025-03-01T06:00:00Z", "2024-02-26T06:00:00Z – 2024-03-01T06:00:00Z",
			"2025-02-23T06:00:00Z – 2025-02-26T06:00:00Z",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.previous, tt.p.Previous().String())
			require.Equal(t, tt.next, tt.p.Next().String())
			require.Equal(t, tt.yearAgo, tt.p.YearBefore().String())
			three := tt.p.Trailing(3)
			require.Equal(t, tt.three, three.String())
			require.Equal(t, tt.year, three.YearBefore().String())
			require.Equal(t, tt.before, three.Previous().String())
			require.True(t, three.Previous().Next().Equal(three))
			require.True(t, tt.p.Trailing(1).Equal(tt.p))
			require.True(t, tt.p.Trailing(0).Equal(tt.p))
		})
	}
	require.Equal(t, "2013-04-01 – 2014-03-31", month(2014, 3).Trailing(12).String())
	require.Equal(t, 365, month(2014, 3).Trailing(12).Days())
}

// Apia had no 2011-12-30: its neighbours are neighbours, and whoever asks for it
// a year later is given the day before.
func TestPeriodAroundASkippedDate(t *testing.T) {
	t.Parallel()
	c := kpi.Calendar{Location: apia}
	before, after := c.Of(dateIn(2011, 12, 29, apia)), c.Of(dateIn(2011, 12, 31, apia))
	require.Equal(t, "2011-12-31", before.Next().String())
	require.Equal(t, "2011-12-29", after.Previous().String())
	require.Equal(t, "2012-01-01", before.Next().Next().String())
	require.Equal(t, 24*time.Hour, before.End.Sub(before.Start))
	require.Equal(t, "2011-12-29", c.Of(dateIn(2012, 12, 30, apia)).YearBefore().String())
	typed := kpi.Period{Start: after.Start, End: after.End}
	require.True(t, typed.Previous().Equal(before))
	require.Equal(t, "2011-12-25 – 2011-12-31", after.Trailing(7).String())
	require.Equal(t, 7, after.Trailing(7).Days())
	require.Equal(t, "2012-01-01 – 2012-01-07", after.Trailing(7).Next().String())
}

func TestPeriodQuestions(t *testing.T) {
	t.Parallel()
	p := kpi.Period{Start: dateIn(2024, 1, 1, time.UTC), End: dateIn(2024, 3, 1, time.UTC)}
	require.True(t, p.Contains(p.Start))
	require.True(t, p.Contains(p.End.Add(-1)))
	require.False(t, p.Contains(p.End))
	require.False(t, p.Contains(p.Start.Add(-1)))
	require.Equal(t, 60, p.Days())
	require.True(t, p.Complete(p.End), "asOf is exclusive: all instants before it are known")
	require.False(t, p.Complete(p.End.Add(-1)))
	require.True(t, p.Equal(kpi.Period{Start: p.Start.In(newYork), End: p.End}))
	require.False(t, p.Equal(p.Next()))
	require.Equal(t, 2, kpi.Period{Start: instant("2024-01-01T23:00:00Z"), End: instant("2024-01-02T01:00:00Z")}.Days())
	require.Equal(t, 1, kpi.Period{Start: instant("2024-01-01T23:00:00Z"), End: instant("2024-01-02T00:00:00Z")}.Days())
	require.Zero(t, kpi.Period{Start: p.End, End: p.Start}.Days(), "backwards")
	require.Zero(t, kpi.Period{}.Days())

	// A period in a zone whose clocks change is moved by days, not by hours.
	spring := kpi.Period{Start: dateIn(2024, 3, 9, newYork), End: dateIn(2024, 3, 11, newYork)}
	require.Equal(t, 47*time.Hour, spring.End.Sub(spring.Start))
	require.Equal(t, "2024-03-11 – 2024-03-12", spring.Next().String())
	require.Equal(t, 48*time.Hour, spring.Next().End.Sub(spring.Next().Start))
}

// A period that was changed, or came back from JSON, is as if typed in.
func TestPeriodForgetsItsUnit(t *testing.T) {
	t.Parallel()
	march := kpi.Calendar{Unit: kpi.Month}.Of(dateIn(2024, 3, 7, time.UTC))
	changed := march
	changed.End = dateIn(2024, 3, 8, time.UTC)
	require.Equal(t, "2024-03-01 – 2024-03-07", changed.String())
	require.Equal(t, "2024-03-08 – 2024-03-14", changed.Next().String())
	require.Equal(t, 7, changed.Days())
	require.Equal(t, "2024-03", march.String())

	data, err := json.Marshal(march)
	require.NoError(t, err)
	require.JSONEq(t, `{"start":"2024-03-01T00:00:00Z","end":"2024-04-01T00:00:00Z"}`, string(data))
	var back kpi.Period
	require.NoError(t, json.Unmarshal(data, &back))
	require.True(t, back.Equal(march))
	require.Equal(t, "2024-03-01 – 2024-03-31", back.String())
	require.Equal(t, "2024-02-01 – 2024-02-29", back.Previous().String())
	require.Equal(t, "2024-02", march.Previous().String())
	// Into a variable that held another.
	reused := kpi.Calendar{Unit: kpi.Year, Location: newYork}.Of(dateIn(2020, 3, 7, newYork))
	require.NoError(t, json.Unmarshal(data, &reused))
	require.Equal(t, back.Previous().String(), reused.Previous().String())
}

// Months, quarters and years that are typed in or decoded move as those of a
// Calendar do, in every zone.
func TestPeriodOfWholeMonths(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(17, 18))
	for _, loc := range testZones {
		for _, unit := range []kpi.Unit{kpi.Month, kpi.Quarter, kpi.Year} {
			for range 60 {
				c := kpi.Calendar{Unit: unit, Location: loc, FiscalStart: time.Month(r.IntN(13))}
				made := c.Of(dateIn(1990+r.IntN(45), time.Month(1+r.IntN(12)), 15, time.UTC))
				data, err := json.Marshal(made)
				require.NoError(t, err)
				var decoded kpi.Period
				require.NoError(t, json.Unmarshal(data, &decoded))
				decoded.Start = decoded.Start.In(made.Start.Location()) // JSON has an offset in its place
				n := 1 + r.IntN(13)
				for _, p := range []kpi.Period{decoded, {Start: made.Start, End: made.End.UTC()}} {
					for name, move := range map[string]func(kpi.Period) kpi.Period{
						"previous":    kpi.Period.Previous,
						"next":        kpi.Period.Next,
						"year before": kpi.Period.YearBefore,
						"trailing":    func(p kpi.Period) kpi.Period { return p.Trailing(n) },
						"both":        func(p kpi.Period) kpi.Period { return p.Trailing(n).Previous() },
						"all":         func(p kpi.Period) kpi.Period { return p.Trailing(n).YearBefore().Next() },
					} {
						require.True(t, move(made).Equal(move(p)), "%s of %v in %v: %v, not %v", name, p, loc, move(p), move(made))
					}
				}
			}
		}
	}
	// Neither an empty one nor one that ends before it begins moves by months.
	day := dateIn(2024, 3, 1, time.UTC)
	empty := kpi.Period{Start: day, End: day}
	require.True(t, empty.Previous().Equal(empty))
	require.True(t, empty.Trailing(3).Equal(empty))
}

func TestUnitNames(t *testing.T) {
	t.Parallel()
	for _, u := range allUnits {
		got, err := kpi.ParseUnit(u.String())
		require.NoError(t, err)
		require.Equal(t, u, got)
	}
	for w := kpi.WeekFromMonday; w <= kpi.WeekFromSunday; w++ {
		got, err := kpi.ParseWeekStart(w.String())
		require.NoError(t, err)
		require.Equal(t, w, got)
		require.Equal(t, w.String(), kpi.Calendar{Unit: kpi.Week, WeekStart: w}.Of(dateIn(2024, 2, 29, time.UTC)).Start.Weekday().String())
	}
	data, err := json.Marshal(map[string]any{"unit": kpi.Quarter, "week_start": kpi.WeekFromSunday})
	require.NoError(t, err)
	require.JSONEq(t, `{"unit": "quarter", "week_start": "Sunday"}`, string(data))
	week := kpi.WeekFromFriday
	require.NoError(t, json.Unmarshal([]byte(`"Sunday"`), &week))
	require.Equal(t, kpi.WeekFromSunday, week)
	requireError(t, json.Unmarshal([]byte(`"Someday"`), &week), kpi.ErrInvalid)
	require.Equal(t, kpi.WeekFromSunday, week)

	require.Equal(t, "Unit(9)", kpi.Unit(9).String())
	require.Equal(t, "WeekStart(-1)", kpi.WeekStart(-1).String())
	for _, s := range []string{"", "Month", "months", "Unit(0)"} {
		_, err := kpi.ParseUnit(s)
		require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err = kpi.ParseWeekStart("monday")
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
}
