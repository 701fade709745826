package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Deals won by rep. The best and the worst raw rate belong to those who had the
// fewest deals, and are drawn to the mean the most.
func ExampleShrink() {
	s, err := kpi.Shrink([]kpi.Proportion{
		{K: 3, N: 3}, {K: 45, N: 100}, {K: 18, N: 90}, {K: 0, N: 4}, {K: 30, N: 110},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("mean %s, worth %.1f deals\n", s.Mean.Percent(1), s.Strength)
	fmt.Print(s)
	// Output:
	// mean 31.3%, worth 9.6 deals
	// group   k    n     raw  shrunk
	//     0   3    3  100.0%   47.7%
	//     1  45  100   45.0%   43.8%
	//     2  18   90   20.0%   21.1%
	//     3   0    4    0.0%   22.1%
	//     4  30  110   27.3%   27.6%
}

// A new rep, with the prior of last year's team: 30 % won, worth twenty deals.
func ExampleProportion_Shrink() {
	r, err := kpi.Proportion{K: 2, N: 2}.Shrink(kpi.Percent(30), kpi.Whole(20))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Percent(1))
	// Output: 36.4%
}
