package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// Which churn? The opening base is the one that retention complements and that
// compounds; the others answer other questions.
func ExampleChurn() {
	month := kpi.Churn{Start: 300, New: 40, Lost: 7, LostNew: 2}
	opening, _ := month.OpeningRate()
	exposed, _ := month.ExposedRate()
	average, _ := month.AverageRate()
	retention, _ := month.Retention()
	fmt.Println("of the opening base:", opening, opening.Percent(1))
	fmt.Println("of all exposed:     ", exposed, exposed.Percent(1))
	fmt.Println("of the average base:", average, average.Percent(1))
	fmt.Println("retained:           ", retention, retention.Percent(1))
	// Output:
	// of the opening base: 7/300 2.3%
	// of all exposed:      9/340 2.6%
	// of the average base: 18/631 2.9%
	// retained:            293/300 97.7%
}

// A chain does not round inside: at 21 a month the lifespan is worth exactly 900.
func ExampleChurn_Lifespan() {
	months, err := kpi.Churn{Start: 300, Lost: 7}.Lifespan()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f months, worth %v\n", months, months.Mul(kpi.Whole(21)))
	// Output: 42.86 months, worth 900
}

func ExampleChurn_LifespanInterval() {
	i, err := kpi.Churn{Start: 300, Lost: 7}.LifespanInterval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("between %.0f and %.0f months\n", i.Lo, i.Hi)
	// Output: between 21 and 88 months
}

func ExampleChurn_Compounded() {
	year, err := kpi.Churn{Start: 1000, Lost: 30}.Compounded(12)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("3% a month is", year.Percent(1), "a year")
	// Output: 3% a month is 30.6% a year
}

func ExampleChurn_PerPeriod() {
	month, err := kpi.Churn{Start: 1000, Lost: 300}.PerPeriod(12)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("30%% a year is %.2f%% a month\n", 100*month)
	// Output: 30% a year is 2.93% a month
}

func ExampleDailyChurn() {
	days := []kpi.Churn{
		{Start: 100, New: 10, Lost: 1},
		{Start: 109, New: 12, Lost: 2},
		{Start: 119, New: 9, Lost: 1, LostNew: 1},
	}
	sum, err := kpi.DailyChurn(days)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sum.Percent(2))
	// Output: 4.52%
}

func ExampleMemberships_Churn() {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	stays := kpi.Memberships{
		{Customer: "Ann", From: day(1, 10)},
		{Customer: "Bob", From: day(1, 10), To: day(3, 5)},
		{Customer: "Bob", From: day(3, 20)}, // left and came back: not lost
		{Customer: "Cid", From: day(2, 1), To: day(3, 9)},
		{Customer: "Dee", From: day(3, 2)},
	}
	march := kpi.Calendar{Unit: kpi.Month}.Of(day(3, 1))
	c, err := stays.Churn(march)
	if err != nil {
		fmt.Println(err)
		return
	}
	ended, _ := stays.Terminations(march)
	fmt.Printf("%+v, %d stays ended\n", c, ended)
	// Output: {Start:3 New:1 Lost:1 LostNew:0}, 2 stays ended
}
