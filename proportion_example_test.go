package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// A proportion keeps its base: 2.3 % of 300 and of 300,000 are not the same news.
func ExampleProportion() {
	lost := kpi.Proportion{K: 7, N: 300}
	rate, err := lost.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(lost, lost.Percent(1), lost.Complement().Percent(1))
	fmt.Printf("%.4f\n", rate)
	// Output:
	// 7/300 2.3% 97.7%
	// 0.0233
}

func ExampleProportion_Interval() {
	i, err := kpi.Proportion{K: 7, N: 300}.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(i.Percent(1))
	fmt.Println(i)
	// Output:
	// 1.1%–4.7%
	// [0.01135, 0.04737] 95% n=300
}

func ExampleProportion_Merge() {
	both, err := kpi.Proportion{K: 1, N: 2}.Merge(kpi.Proportion{K: 9, N: 90})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(both, both.Percent(1))
	// Output: 10/92 10.9%
}

// Nothing of nothing has no value, and does not print as 0 %.
func ExampleProportion_Percent() {
	fmt.Println(kpi.Proportion{K: 0, N: 12}.Percent(1), kpi.Proportion{}.Percent(1))
	// Output: 0.0% –
}
