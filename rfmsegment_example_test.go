package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// The eight segments that are taught in China, of two bins each (RFM八分类): whom to keep,
// whom to call back. Rules that leave a gap, or can never hold, are refused.
func ExampleNewRFMRules() {
	low, high := [2]int{1, 1}, [2]int{2, 2}
	eight := []kpi.RFMRule{
		{Name: "重要价值客户", Recency: high, Frequency: high, Monetary: high},
		{Name: "重要发展客户", Recency: high, Frequency: low, Monetary: high},
		{Name: "重要保持客户", Recency: low, Frequency: high, Monetary: high},
		{Name: "重要挽留客户", Recency: low, Frequency: low, Monetary: high},
		{Name: "一般价值客户", Recency: high, Frequency: high, Monetary: low},
		{Name: "一般发展客户", Recency: high, Frequency: low, Monetary: low},
		{Name: "一般保持客户", Recency: low, Frequency: high, Monetary: low},
		{Name: "一般挽留客户", Recency: low, Frequency: low, Monetary: low},
	}
	rules, err := kpi.NewRFMRules(2, eight)
	if err != nil {
		fmt.Println(err)
		return
	}
	name, err := rules.Name(1, 2, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("122:", name)
	_, err = kpi.NewRFMRules(2, eight[:7])
	fmt.Println(err)
	_, err = kpi.NewRFMRules(2, append([]kpi.RFMRule{{Name: "重要客户", Monetary: high}}, eight...))
	fmt.Println(err)
	// Output:
	// 122: 重要保持客户
	// kpi: NewRFMRules: a choice that must be stated is not: Recency = 1, Frequency = 1, Monetary = 1
	// kpi: NewRFMRules[1]: elements that are not in their order: "重要价值客户" ⊆ rules[:1]
}

// Who bought much and has stopped is a list to call, with what it is worth.
func ExampleRFM_Segments() {
	rfm, err := shopRFM()
	if err != nil {
		fmt.Println(err)
		return
	}
	rules, err := kpi.NewRFMRules(3, []kpi.RFMRule{
		{Name: "best", Recency: [2]int{3, 3}, Frequency: [2]int{3, 3}},
		{Name: "call", Recency: [2]int{1, 2}, Frequency: [2]int{3, 3}},
		{Name: "new", Recency: [2]int{3, 3}, Frequency: [2]int{1, 1}},
		{Name: "rest"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	segments, err := rfm.Segments(rules)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(segments)
	for i := 0; i < rfm.Len(); i++ {
		c := rfm.At(i)
		name, err := rules.Name(c.Recency, c.Frequency, c.Monetary)
		if err != nil {
			fmt.Println(err)
			return
		}
		if name == "call" {
			fmt.Println("call", c.ID)
		}
	}
	// Output:
	// segment  customers   share  orders  revenue   share   days  orders each  revenue each
	// best             1   10.0%       9   720.00   28.6%    4.0          9.0         720.0
	// call             2   20.0%      15  1250.00   49.6%  120.0          7.5         625.0
	// new              2   20.0%       2    45.00    1.8%    7.0          1.0          22.5
	// rest             5   50.0%      11   505.00   20.0%   98.0          2.2         101.0
	// all             10  100.0%      37  2520.00  100.0%   74.8          3.7         252.0
	// call Dee
	// call Ida
}
