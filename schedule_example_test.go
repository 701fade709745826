package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// A shop's support: two shifts from Monday to Friday, a short Saturday, closed on a
// holiday, and open on a Sunday in exchange for it.
func support() (*kpi.Clock, error) {
	day := []kpi.Shift{{From: 9 * time.Hour, To: 12 * time.Hour}, {From: 13 * time.Hour, To: 18 * time.Hour}}
	return kpi.NewClock(kpi.Schedule{
		Location: time.FixedZone("CST", 8*60*60),
		Week: [7][]kpi.Shift{
			time.Monday: day, time.Tuesday: day, time.Wednesday: day, time.Thursday: day, time.Friday: day,
			time.Saturday: {{From: 10 * time.Hour, To: 14 * time.Hour}},
		},
		Special: []kpi.SpecialDays{
			{First: "2025-05-01", Last: "2025-05-05"},
			{First: "2025-04-27", Shifts: day},
		},
	})
}

func ExampleNewClock() {
	clock, err := support()
	if err != nil {
		fmt.Println(err)
		return
	}
	china := time.FixedZone("CST", 8*60*60)
	monday := time.Date(2025, 4, 21, 0, 0, 0, 0, china)
	for i := 0; i < 3; i++ {
		worked, err := clock.Between(monday.AddDate(0, 0, 7*i), monday.AddDate(0, 0, 7*i+7))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("week of %s: %.0f hours\n", monday.AddDate(0, 0, 7*i).Format("2006-01-02"), worked.Hours())
	}

	_, err = kpi.NewClock(kpi.Schedule{Special: []kpi.SpecialDays{{First: "2025-05-01"}}})
	fmt.Println(err)
	// Output:
	// week of 2025-04-21: 52 hours
	// week of 2025-04-28: 24 hours
	// week of 2025-05-05: 36 hours
	// kpi: NewClock: a value that is needed is empty: Week, Special
}

// An answer within eight working hours is promised. When is it due?
func ExampleClock_After() {
	clock, err := support()
	if err != nil {
		fmt.Println(err)
		return
	}
	china := time.FixedZone("CST", 8*60*60)
	asked := []time.Time{
		time.Date(2025, 4, 22, 9, 0, 0, 0, china),
		time.Date(2025, 4, 22, 17, 30, 0, 0, china),
		time.Date(2025, 4, 30, 17, 30, 0, 0, china),
	}
	for i := 0; i < len(asked); i++ {
		due, err := clock.After(asked[i], 8*time.Hour)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(asked[i].Format("Mon 01-02 15:04"), "→", due.Format("Mon 01-02 15:04"))
	}
	// Output:
	// Tue 04-22 09:00 → Tue 04-22 18:00
	// Tue 04-22 17:30 → Wed 04-23 17:30
	// Wed 04-30 17:30 → Tue 05-06 17:30
}

// Did the answer come in time? A customer who asked on Friday evening did not wait the
// weekend for it.
func ExampleClock_Between() {
	clock, err := support()
	if err != nil {
		fmt.Println(err)
		return
	}
	china := time.FixedZone("CST", 8*60*60)
	asked, answered := time.Date(2025, 4, 18, 17, 30, 0, 0, china), time.Date(2025, 4, 21, 10, 0, 0, 0, china)
	worked, err := clock.Between(asked, answered)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(worked, "of", answered.Sub(asked), "in time:", worked <= 8*time.Hour)
	// Output: 5h30m0s of 64h30m0s in time: true
}

func ExampleClock_Next() {
	clock, err := support()
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2025, 5, 1, 11, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	next, err := clock.Next(now)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("open:", clock.Open(now), "again on", next.Format("Mon 2006-01-02 15:04"))
	// Output: open: false again on Tue 2025-05-06 09:00
}
