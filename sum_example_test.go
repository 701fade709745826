package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// Ten payments of 0.10 make exactly 1.00.
func ExampleSum() {
	var total kpi.Sum
	for i := 0; i < 10; i++ {
		if err := total.Add(decimal.New(10, -2)); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(total.String())
	// Output: 1.00
}

// Amounts that a database keeps in cents need no decimal each.
func ExampleSum_AddMinor() {
	var total kpi.Sum
	if err := total.AddMinor([]int64{1999, 501, -250}, -2); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(total.String())
	// Output: 22.50
}

// A batch that holds an amount of absurd size changes nothing.
func ExampleSum_AddAll() {
	var total kpi.Sum
	err := total.AddAll([]decimal.Decimal{decimal.New(5, 0), decimal.New(1, 20000000)})
	fmt.Println(err)
	fmt.Println(total.String())
	// Output:
	// kpi: Sum.AddAll[1]: a number is larger than accepted: ds.Exponent = 20000000
	// 0
}

// Each worker adds its own share, and the order of merging does not matter.
func ExampleSum_Merge() {
	var north, south kpi.Sum
	if err := north.AddMinor([]int64{1050, 2025}, -2); err != nil {
		fmt.Println(err)
		return
	}
	if err := south.Add(decimal.New(4, 0)); err != nil {
		fmt.Println(err)
		return
	}
	if err := north.Merge(&south); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(north.String())
	// Output: 34.75
}

func ExampleSum_MarshalBinary() {
	var total, back kpi.Sum
	if err := total.AddMinor([]int64{1050, 2025}, -2); err != nil {
		fmt.Println(err)
		return
	}
	data, err := total.MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := back.UnmarshalBinary(data); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back.String(), "in", len(data), "bytes")
	// Output: 30.75 in 11 bytes
}

// Thirds that are rounded one by one would add to 99.9 %.
func ExamplePercentShares() {
	shares, err := kpi.PercentShares([]decimal.Decimal{decimal.New(20, 0), decimal.New(20, 0), decimal.New(20, 0)}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(shares); i++ {
		fmt.Println(shares[i].StringFixed(1))
	}
	// Output:
	// 33.4
	// 33.3
	// 33.3
}
