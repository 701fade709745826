package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

func ExampleCalendar() {
	cal := kpi.Calendar{Unit: kpi.Quarter, FiscalStart: time.April}
	months := []time.Month{time.March, time.April, time.December}
	for i := 0; i < len(months); i++ {
		q := cal.Of(time.Date(2024, months[i], 15, 0, 0, 0, 0, time.UTC))
		fmt.Println(q, q.Start.Format("2006-01-02"), q.Days(), "days")
	}
	// Output:
	// FY2023/24-Q4 2024-01-01 91 days
	// FY2024/25-Q1 2024-04-01 91 days
	// FY2024/25-Q3 2024-10-01 92 days
}

// The same instant lies on different days in Lisbon and in Shanghai, and so in
// different months.
func ExampleCalendar_Of() {
	t := time.Date(2024, 2, 29, 20, 30, 0, 0, time.UTC)
	shanghai := time.FixedZone("CST", 8*60*60)
	fmt.Println(kpi.Calendar{Unit: kpi.Month}.Of(t))
	fmt.Println(kpi.Calendar{Unit: kpi.Month, Location: shanghai}.Of(t))
	fmt.Println(kpi.Calendar{Unit: kpi.Week}.Of(t))
	// Output:
	// 2024-02
	// 2024-03
	// 2024-W09
}

func ExampleCalendar_Periods() {
	from := time.Date(2024, 1, 20, 0, 0, 0, 0, time.UTC)
	to := time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC) // not included
	months, err := kpi.Calendar{Unit: kpi.Month}.Periods(from, to)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(months); i++ {
		fmt.Println(months[i], months[i].Days())
	}
	// Output:
	// 2024-01 31
	// 2024-02 29
	// 2024-03 31
}

// A period that is typed in: any two may be compared.
func ExamplePeriod() {
	janFeb := kpi.Period{
		Start: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
		End:   time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC),
	}
	fmt.Println(janFeb, janFeb.Days(), "days")
	fmt.Println(janFeb.YearBefore(), janFeb.YearBefore().Days(), "days")
	// Output:
	// 2025-01-01 – 2025-02-28 59 days
	// 2024-01-01 – 2024-02-29 60 days
}

func ExamplePeriod_Previous() {
	march := kpi.Calendar{Unit: kpi.Month}.Of(time.Date(2024, 3, 7, 0, 0, 0, 0, time.UTC))
	fmt.Println(march.Previous(), march.Previous().Days(), "days")

	typed := kpi.Period{Start: march.Start, End: march.End} // a whole month too
	fmt.Println(typed.Previous(), typed.Previous().Days(), "days")

	typed.Start = typed.Start.AddDate(0, 0, 1) // not from the first: moves by its 30 days
	fmt.Println(typed.Previous(), typed.Previous().Days(), "days")
	// Output:
	// 2024-02 29 days
	// 2024-02-01 – 2024-02-29 29 days
	// 2024-02-01 – 2024-03-01 30 days
}

func ExamplePeriod_YearBefore() {
	leapDay := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	units := []kpi.Unit{kpi.Day, kpi.Week, kpi.Month, kpi.Quarter}
	for i := 0; i < len(units); i++ {
		p := kpi.Calendar{Unit: units[i]}.Of(leapDay)
		fmt.Println(p, "after", p.YearBefore())
	}
	// Output:
	// 2024-02-29 after 2023-02-28
	// 2024-W09 after 2023-W09
	// 2024-02 after 2023-02
	// 2024-Q1 after 2023-Q1
}

func ExamplePeriod_Trailing() {
	march := kpi.Calendar{Unit: kpi.Month}.Of(time.Date(2024, 3, 7, 0, 0, 0, 0, time.UTC))
	year := march.Trailing(12)
	fmt.Println(year, year.Days(), "days")
	fmt.Println(year.Previous(), year.Previous().Days(), "days")
	// Output:
	// 2023-04-01 – 2024-03-31 366 days
	// 2022-04-01 – 2023-03-31 365 days
}

// The end of a period and asOf are both exclusive.
func ExamplePeriod_Complete() {
	march := kpi.Calendar{Unit: kpi.Month}.Of(time.Date(2024, 3, 7, 0, 0, 0, 0, time.UTC))
	fmt.Println(march.Complete(time.Date(2024, 3, 31, 23, 59, 59, 0, time.UTC)))
	fmt.Println(march.Complete(time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC)))
	// Output:
	// false
	// true
}
