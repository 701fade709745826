package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// 52 new customers of 120, on the ninth of 21 working days: behind or ahead?
func ExampleTarget_Pace() {
	t := kpi.Target{Name: "new customers", Actual: kpi.Whole(52), Goal: kpi.Whole(120), Direction: kpi.Higher}
	attained, _ := t.Attainment()
	pace, err := t.Pace(kpi.Whole(0), kpi.Proportion{K: 9, N: 21})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s attained, pace %.2f\n", attained.Percent(1), pace)
	// Output: 43.3% attained, pace 1.01
}

// A churn of 6 % against a goal of 5 %, after 8 % last year: three attainments.
func ExampleTarget_FromBase() {
	t := kpi.Target{Name: "churn", Actual: kpi.Percent(6), Goal: kpi.Percent(5), Direction: kpi.Lower}
	met, _ := t.Met()
	attained, _ := t.Attainment()
	inverse, _ := t.InverseAttainment()
	improved, _ := t.FromBase(kpi.Percent(8))
	fmt.Println("met:                   ", met)
	fmt.Println("2 − actual/goal:       ", attained.Percent(0))
	fmt.Println("goal/actual:           ", inverse.Percent(0))
	fmt.Println("of the way from 8% on: ", improved.Percent(0))
	// Output:
	// met:                    false
	// 2 − actual/goal:        80%
	// goal/actual:            83%
	// of the way from 8% on:  67%
}

func ExampleTargets() {
	team := kpi.Targets{
		{Name: "李娜", Actual: kpi.Whole(130), Goal: kpi.Whole(120), Direction: kpi.Higher},
		{Name: "张伟", Actual: kpi.Whole(90), Goal: kpi.Whole(120), Direction: kpi.Higher},
		{Name: "流失率", Actual: kpi.Percent(4), Goal: kpi.Percent(5), Direction: kpi.Lower},
	}
	fmt.Print(team)
	// Output:
	// target  actual    goal  attainment  met
	// 李娜    130.00  120.00      108.3%    ✓
	// 张伟     90.00  120.00       75.0%    ✗
	// 流失率    0.04    0.05      120.0%    ✓
	// all                                 2/3
}

func ExampleChange() {
	share := kpi.Change{Before: kpi.Percent(4), After: kpi.Percent(5)}
	relative, _ := share.Relative()
	fmt.Printf("%.0f point, %s more\n", share.Points().Mul(kpi.Whole(100)), relative.Percent(0))
	_, err := kpi.Change{Before: kpi.Whole(-40), After: kpi.Whole(20)}.Relative()
	fmt.Println(err)
	// Output:
	// 1 point, 25% more
	// kpi: Change.Relative: the base is zero or negative: Before = "-40"
}
