package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// Complaints per thousand orders before and after a new carrier. The interval is
// above 0: the carrier is a matter for the next meeting, and how much worse it is
// remains open.
func ExampleEventRate_Compare() {
	before := kpi.EventRate{Events: 30, Exposure: decimal.NewFromInt(12000)}
	after := kpi.EventRate{Events: 44, Exposure: decimal.NewFromInt(9000)}
	c, err := after.Compare(before)
	if err != nil {
		fmt.Println(err)
		return
	}
	i, err := after.Diff(before, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+.2f per thousand, %.2f … %.2f, p = %.4f\n", c.Difference.Mul(kpi.Whole(1000)), 1000*i.Lo, 1000*i.Hi, c.P)
	// Output: +2.39 per thousand, 0.68 … 4.25, p = 0.0046
}

// The value kept of the value due, in two regions: a few large contracts decide
// it, and the difference says nothing yet.
func ExampleRatioOfSums_Diff() {
	region := func(contracts [][2]int64) (kpi.RatioOfSums, error) {
		var r kpi.RatioOfSums
		for i := 0; i < len(contracts); i++ {
			if err := r.Add(decimal.NewFromInt(contracts[i][0]), decimal.NewFromInt(contracts[i][1])); err != nil {
				return r, err
			}
		}
		return r, nil
	}
	north, err := region([][2]int64{{900, 1000}, {0, 200}, {100, 100}, {150, 150}, {80, 100}})
	if err != nil {
		fmt.Println(err)
		return
	}
	south, err := region([][2]int64{{0, 800}, {200, 200}, {100, 100}, {300, 300}, {50, 50}})
	if err != nil {
		fmt.Println(err)
		return
	}
	i, err := north.Diff(south, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f … %.0f points %v\n", 100*i.Lo, 100*i.Hi, i.Warnings)
	// Output: -53 … 122 points [there are too few observations]
}
