package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// Behaviour fades, need and budget do not; clicks alone do not make a buyer, so that
// behaviour has a cap.
func ExampleLeadSpec_Score() {
	spec := kpi.LeadSpec{
		Attributes: []kpi.Attribute{
			{Name: "visit", Group: "behaviour", Points: kpi.Whole(5), Limit: 10, Decay: kpi.Decay{HalfLife: 14}},
			{Name: "asked for a price", Group: "behaviour", Points: kpi.Whole(25), Decay: kpi.Decay{Linear: 60}},
			{Name: "unsubscribed", Group: "behaviour", Points: kpi.Whole(-20)},
			{Name: "need", Points: kpi.Whole(30)},
			{Name: "budget", Points: kpi.Whole(30), Bounds: kpi.Bounds{From: kpi.Whole(5000), To: kpi.Whole(20000)}},
		},
		Groups: []kpi.ScoreGroup{{Name: "behaviour", Cap: kpi.Whole(40)}},
		Cap:    kpi.Whole(100),
	}
	grades := kpi.Grades{{Name: "cold"}, {Name: "warm", From: kpi.Whole(40)}, {Name: "hot", From: kpi.Whole(70)}}

	day := func(d int) time.Time { return time.Date(2026, 5, d, 10, 0, 0, 0, time.UTC) }
	signals := []kpi.Signal{
		{Name: "need", At: day(2)},
		{Name: "budget", At: day(2), Value: kpi.Whole(12000)},
		{Name: "visit", At: day(6)},
		{Name: "visit", At: day(20)},
		{Name: "visit", At: day(20)},
		{Name: "visit", At: day(20)},
		{Name: "visit", At: day(20)},
		{Name: "asked for a price", At: day(18)},
	}
	score, err := spec.Score(signals, day(20).AddDate(0, 0, 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	grade, _ := score.Grade(grades)
	fmt.Print(score)
	fmt.Println(grade, "without", score.Missing)
	// Output:
	// part                  weight  input  points
	// visit                   5.00   4.28   21.41
	// asked for a price      25.00   0.95   23.75
	// unsubscribed          -20.00   0.00    0.00
	// need                   30.00   1.00   30.00
	// budget                 30.00   0.47   14.00
	// group cap: behaviour                  -5.16
	// value                                 84.00
	// hot without [unsubscribed]
}

func ExampleLeadSpec_Normalised() {
	spec := kpi.LeadSpec{Attributes: []kpi.Attribute{
		{Name: "demo", Points: kpi.Whole(20)},
		{Name: "need", Points: kpi.Whole(40)},
	}}
	may := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	score, err := spec.Normalised([]kpi.Signal{{Name: "need", At: may}}, may.AddDate(0, 0, 9))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f of 100\n", score.Value)
	// Output: 67 of 100
}

func ExampleDecay_Factor() {
	decay := kpi.Decay{HalfLife: 14}
	for _, age := range []int{0, 7, 14, 28} {
		left, _ := decay.Factor(age)
		fmt.Printf("after %2d days %.1f%%\n", age, left.Mul(kpi.Whole(100)))
	}
	// Output:
	// after  0 days 100.0%
	// after  7 days 70.7%
	// after 14 days 50.0%
	// after 28 days 25.0%
}
