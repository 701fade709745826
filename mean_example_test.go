package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

func ExampleMeanOf() {
	days := []decimal.Decimal{
		decimal.RequireFromString("0.5"), decimal.RequireFromString("2"),
		decimal.RequireFromString("3.25"), decimal.RequireFromString("14"),
	}
	m, err := kpi.MeanOf(days)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, _ := m.Ratio()
	i, err := m.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f days, %.1f … %.1f from %d\n", mean, i.Lo, i.Hi, i.N)
	// Output: 4.94 days, -4.8 … 14.7 from 4
}

// A mean of means weighs a group of two like one of ninety; Merge does not.
func ExampleMean_Merge() {
	a, _ := kpi.CSAT{Counts: [11]int64{1: 1, 3: 1}}.Mean()
	b, _ := kpi.CSAT{Counts: [11]int64{4: 45, 5: 45}}.Mean()
	both, err := a.Merge(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, _ := both.Ratio()
	fmt.Printf("%.2f\n", mean)
	// Output: 4.45
}

// Ten fives: nothing was seen to vary, but ten answers do not prove that nothing
// does.
func ExampleMean_Interval() {
	m, _ := kpi.CSAT{Counts: [11]int64{5: 10}}.Mean()
	i, err := m.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f … %.2f\n", i.Lo, i.Hi)
	for _, w := range i.Warnings {
		fmt.Println("but", w)
	}
	// Output:
	// 3.89 … 5.00
	// but all observations are equal
	// but there are too few observations
}
