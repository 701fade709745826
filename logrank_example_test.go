package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Do customers with an onboarding call stay longer? Eleven had one, twelve had
// none; the numbers are those of a clinical trial.
func ExampleLogRank() {
	called, err := kpi.Lifetimes{
		{Exit: 9, Ended: true},
		{Exit: 13, Ended: true},
		{Exit: 13},
		{Exit: 18, Ended: true},
		{Exit: 23, Ended: true},
		{Exit: 28},
		{Exit: 31, Ended: true},
		{Exit: 34, Ended: true},
		{Exit: 45},
		{Exit: 48, Ended: true},
		{Exit: 161},
	}.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	others, err := kpi.Lifetimes{
		{Exit: 5, Ended: true},
		{Exit: 5, Ended: true},
		{Exit: 8, Ended: true},
		{Exit: 8, Ended: true},
		{Exit: 12, Ended: true},
		{Exit: 16},
		{Exit: 23, Ended: true},
		{Exit: 27, Ended: true},
		{Exit: 30, Ended: true},
		{Exit: 33, Ended: true},
		{Exit: 43, Ended: true},
		{Exit: 45, Ended: true},
	}.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	test, err := kpi.LogRank([]kpi.Survival{called, others})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(test)
	if test.P > 0.05 {
		fmt.Println("not shown: chance alone does this too often")
	}
	// Output:
	// group   n  observed  expected
	// 1      11         7     10.69
	// 2      12        11      7.31
	// chi-square 3.40 on 1 df, p = 0.0653
	// not shown: chance alone does this too often
}

// Annual plans keep customers longer and were sold more by the new team. Within
// the plans the teams do not differ.
func ExampleStratifiedLogRank() {
	group := func(left, stayed int64) kpi.Survival {
		s, err := kpi.Lifetimes{{Exit: 3, Ended: true}, {Exit: 3}}.WeightedSurvival([]int64{left, stayed})
		if err != nil {
			fmt.Println(err)
		}
		return s
	}
	oldMonthly, newMonthly := group(40, 40), group(10, 10)
	oldAnnual, newAnnual := group(2, 18), group(8, 72)

	oldTeam, newTeam := oldMonthly, newMonthly
	if err := oldTeam.Merge(oldAnnual); err != nil {
		fmt.Println(err)
		return
	}
	if err := newTeam.Merge(newAnnual); err != nil {
		fmt.Println(err)
		return
	}
	crude, err := kpi.LogRank([]kpi.Survival{oldTeam, newTeam})
	if err != nil {
		fmt.Println(err)
		return
	}
	within, err := kpi.StratifiedLogRank([][]kpi.Survival{{oldMonthly, newMonthly}, {oldAnnual, newAnnual}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("crude p = %.4f, within plans p = %.4f\n", crude.P, within.P)
	// Output: crude p = 0.0002, within plans p = 1.0000
}
