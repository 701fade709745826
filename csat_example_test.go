package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Two numbers go by the name of CSAT. Neutral threes are in the base of both.
func ExampleCSAT() {
	var survey kpi.CSAT // on 1 to 5, satisfied from 4
	if err := survey.AddAll([]int{4, 5, 3, 5, 2, 4, 5, 1, 4, 5}); err != nil {
		fmt.Println(err)
		return
	}
	top, err := survey.TopBox()
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, err := survey.Mean()
	if err != nil {
		fmt.Println(err)
		return
	}
	average, _ := mean.Ratio()
	fmt.Println("satisfied: ", top, top.Percent(0))
	fmt.Printf("mean score: %.1f\n", average)
	// Output:
	// satisfied:  7/10 70%
	// mean score: 3.8
}

// The interval of a share is Wilson's, that of a mean Student's; both stay on
// their scale.
func ExampleCSAT_intervals() {
	survey := kpi.CSAT{Counts: [11]int64{1: 2, 2: 3, 3: 10, 4: 35, 5: 50}}
	top, _ := survey.TopBox()
	share, err := top.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, _ := survey.Mean()
	score, err := mean.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(top.Percent(0), "is", share.Percent(1))
	fmt.Printf("%.2f … %.2f points\n", score.Lo, score.Hi)
	// Output:
	// 85% is 76.7%–90.7%
	// 4.10 … 4.46 points
}

// A top box of two points on 1 to 7, and an answer that is not on the scale.
func ExampleCSAT_Add() {
	survey := kpi.CSAT{Scale: kpi.Scale{Min: 1, Max: 7, TopFrom: 6}}
	answers := []int{7, 6, 2, 0, 5}
	for i := 0; i < len(answers); i++ {
		if err := survey.Add(answers[i]); err != nil {
			fmt.Println(err)
			survey.OutOfScale++ // this form sends a 0 for "does not apply"
		}
	}
	top, err := survey.TopBox()
	if err != nil {
		fmt.Println(err)
		return
	}
	answered, err := survey.Answered()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("satisfied:", top)
	fmt.Println("answered: ", answered)
	// Output:
	// kpi: CSAT.Add: a score lies outside its scale: 0 ∉ [1, 7]
	// satisfied: 2/4
	// answered:  4/5
}

func ExampleCSAT_Merge() {
	var all kpi.CSAT
	teams := []kpi.CSAT{
		{Counts: [11]int64{3: 1, 5: 9}},
		{Counts: [11]int64{1: 30, 4: 10}},
	}
	for i := 0; i < len(teams); i++ {
		if err := all.Merge(teams[i]); err != nil {
			fmt.Println(err)
			return
		}
	}
	top, err := all.TopBox()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("90% and 25% are", top.Percent(0), "together")
	fmt.Println(all.Merge(kpi.CSAT{Scale: kpi.Scale{Min: 1, Max: 7, TopFrom: 6}, Blank: 1}))
	// Output:
	// 90% and 25% are 38% together
	// kpi: CSAT.Merge: parts that do not belong together: Scale = {Min:1 Max:5 TopFrom:4} ≠ {Min:1 Max:7 TopFrom:6}
}

func ExampleCSAT_BottomBox() {
	survey := kpi.CSAT{Counts: [11]int64{1: 2, 2: 3, 3: 10, 4: 35, 5: 50}}
	bottom, err := survey.BottomBox()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bottom, bottom.Percent(0))
	// Output: 5/100 5%
}

// Half were satisfied in both months; the net shows where the others went.
func ExampleCSAT_NetTop() {
	may := kpi.CSAT{Counts: [11]int64{1: 5, 3: 45, 5: 50}}
	june := kpi.CSAT{Counts: [11]int64{1: 40, 3: 10, 5: 50}}
	for _, c := range []kpi.CSAT{may, june} {
		net, err := c.NetTop()
		if err != nil {
			fmt.Println(err)
			return
		}
		i, _ := c.NetTopInterval(0.95)
		fmt.Printf("%s (%s)\n", net.Percent(0), i.Percent(0))
	}
	// Output:
	// 45% (33%–56%)
	// 10% (-9% to 28%)
}
