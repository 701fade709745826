package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Two reasons of four are nearly all of it, and a quarter of those who left said
// nothing.
func ExampleReasons() {
	left := kpi.Reasons{
		Counts:  map[string]int64{"价格": 45, "服务": 38, "搬家": 9, "质量": 8},
		Unknown: 33,
	}
	fmt.Print(left)
	answered, err := left.Answered()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("answered:", answered.Percent(0))
	// Output:
	// reason      n  share          95%  cumulative
	// 价格       45  45.0%  35.6%–54.8%       45.0%
	// 服务       38  38.0%  29.1%–47.8%       83.0%
	// 搬家        9   9.0%   4.8%–16.2%       92.0%
	// 质量        8   8.0%   4.1%–15.0%      100.0%
	// (unknown)  33      –            –           –
	// answered: 75%
}

// Answers may give several reasons; shares are of answers, and may add to more than
// one.
func ExampleReasons_Add() {
	var lost kpi.Reasons
	answers := [][]string{{"price"}, {"price", "delivery"}, {"features"}, {}, {"price", "features"}}
	for i := 0; i < len(answers); i++ {
		if err := lost.Add(answers[i]...); err != nil {
			fmt.Println(err)
			return
		}
	}
	rows, err := lost.Pareto()
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(rows); i++ {
		fmt.Println(rows[i].Reason, rows[i].Share, rows[i].Share.Percent(0))
	}
	// Output:
	// price 3/4 75%
	// features 2/4 50%
	// delivery 1/4 25%
}
