package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// A customer's health in June, and what changed it since May: less use, and nobody
// answered the survey this quarter.
func ExampleHealthSpec_Score() {
	spec := kpi.HealthSpec{
		Inputs: []kpi.HealthInput{
			{Name: "days of use", Weight: kpi.Whole(3), Bounds: kpi.Bounds{To: kpi.Whole(20)}},
			{Name: "survey", Weight: kpi.Whole(1), Bounds: kpi.Bounds{From: kpi.Whole(1), To: kpi.Whole(5)}},
			{Name: "open tickets", Weight: kpi.Whole(1), Bounds: kpi.Bounds{From: kpi.Whole(8), To: kpi.Whole(0)}},
		},
		MinCoverage: kpi.Percent(50),
		MaxAge:      60,
	}
	grades := kpi.Grades{{Name: "at risk"}, {Name: "watch", From: kpi.Whole(50)}, {Name: "healthy", From: kpi.Whole(75)}}
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	signals := []kpi.Signal{
		{Name: "days of use", At: day(4, 30), Value: kpi.Whole(18)},
		{Name: "survey", At: day(3, 20), Value: kpi.Whole(4)},
		{Name: "open tickets", At: day(4, 30), Value: kpi.Whole(2)},
		{Name: "days of use", At: day(5, 31), Value: kpi.Whole(9)},
		{Name: "open tickets", At: day(5, 31), Value: kpi.Whole(2)},
	}
	may, err := spec.Score(signals, day(5, 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	june, err := spec.Score(signals, day(6, 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	was, _ := may.Grade(grades)
	is, _ := june.Grade(grades)
	fmt.Printf("%s at %.0f, now %s at %.1f of %s of the weight\n", was, may.Value, is, june.Value, june.Coverage.Percent(0))
	change, _ := june.Diff(may)
	fmt.Print(change)
	// Output:
	// healthy at 84, now watch at 52.5 of 80% of the weight
	// part           input  weight  coverage   cap
	// days of use   -30.38   10.13      0.00  0.00
	// open tickets    0.00    3.75      0.00  0.00
	// survey          0.00    0.00    -15.00  0.00
	// all           -30.38   13.88    -15.00  0.00
}
