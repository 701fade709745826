// Worktime reads the holidays of a year and the weekends that are worked for them
// (调休) from a file, and shows what they do to the promises of a help desk.
//
//	go run ./examples/worktime
//
// The dates are data: the library knows no holidays.
package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/customerkpi/kpi"
	"github.com/customerkpi/kpi/examples/data"
)

func main() {
	if err := report(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A program that has a zone database says time.LoadLocation("Asia/Shanghai"), which
// in 2025 is the same.
var china = time.FixedZone("CST", 8*60*60)

const (
	workday = 9 * time.Hour
	promise = 8 * time.Hour
	minute  = "Mon 2006-01-02 15:04"
)

// clocks returns one that follows the weekdays alone, and one that follows the year.
func clocks() (weekdays, year *kpi.Clock, err error) {
	worked := []kpi.Shift{{From: 9 * time.Hour, To: 18 * time.Hour}}
	schedule := kpi.Schedule{Location: china, Week: [7][]kpi.Shift{nil, worked, worked, worked, worked, worked, nil}}
	if weekdays, err = kpi.NewClock(schedule); err != nil {
		return nil, nil, err
	}
	holidays, err := data.China2025()
	if err != nil {
		return nil, nil, err
	}
	for i := 0; i < len(holidays); i++ {
		days := kpi.SpecialDays{First: holidays[i].First, Last: holidays[i].Last}
		if holidays[i].Worked {
			days.Shifts = worked
		}
		schedule.Special = append(schedule.Special, days)
	}
	year, err = kpi.NewClock(schedule)
	return weekdays, year, err
}

func report(w io.Writer) error {
	weekdays, year, err := clocks()
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)

	fmt.Fprintf(w, "WORKING DAYS of mainland China, 2025, of nine hours each\n\n")
	fmt.Fprintf(t, "month\tMonday to Friday\tby the calendar\tdifference\t\n")
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, china)
	months, err := kpi.Calendar{Unit: kpi.Month, Location: china}.Periods(from, from.AddDate(1, 0, 0))
	if err != nil {
		return err
	}
	all := kpi.Calendar{Unit: kpi.Year, Location: china}.Of(from)
	for _, p := range append(months, all) {
		naive, err := weekdays.Between(p.Start, p.End)
		if err != nil {
			return err
		}
		actual, err := year.Between(p.Start, p.End)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%+d\t\n", p, naive/workday, actual/workday, (actual-naive)/workday)
	}
	if err := t.Flush(); err != nil {
		return err
	}

	fmt.Fprintf(w, "\nPROMISES of an answer within %d working hours\n\n", int(promise.Hours()))
	fmt.Fprintf(t, "asked\tdue, Monday to Friday\tdue by the calendar\t\n")
	for _, asked := range []time.Time{
		time.Date(2025, 1, 24, 10, 0, 0, 0, china),  // nothing special
		time.Date(2025, 1, 24, 18, 0, 0, 0, china),  // on to a Sunday that is worked
		time.Date(2025, 1, 27, 15, 30, 0, 0, china), // on the eve of the festival
		time.Date(2025, 1, 30, 11, 0, 0, 0, china),  // in it
		time.Date(2025, 2, 7, 13, 0, 0, 0, china),   // on to a Saturday that is worked
		time.Date(2025, 9, 30, 17, 45, 0, 0, china), // before the National Day
	} {
		naive, err := weekdays.After(asked, promise)
		if err != nil {
			return err
		}
		due, err := year.After(asked, promise)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t\n", asked.Format(minute), naive.Format(minute), due.Format(minute))
	}
	if err := t.Flush(); err != nil {
		return err
	}

	asked, answered := time.Date(2025, 1, 24, 18, 0, 0, 0, china), time.Date(2025, 2, 10, 9, 0, 0, 0, china)
	naive, err := weekdays.Between(asked, answered)
	if err != nil {
		return err
	}
	actual, err := year.Between(asked, answered)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nFrom %s to %s the team worked %d hours on %d days.\nMonday to Friday would say %d, and the calendar on the wall %d.\n",
		asked.Format(minute), answered.Format(minute), int(actual.Hours()), actual/workday, int(naive.Hours()), int(answered.Sub(asked).Hours()))
	return nil
}
