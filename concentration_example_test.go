package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// concentrationOfTen are the yearly revenues of ten customers of a supplier.
func concentrationOfTen() (kpi.Concentration, error) {
	revenues := []int64{420, 180, 110, 80, 60, 50, 40, 30, 20, 10}
	amounts := make([]decimal.Decimal, len(revenues))
	for i := 0; i < len(revenues); i++ {
		amounts[i] = decimal.NewFromInt(1000 * revenues[i])
	}
	return kpi.ConcentrationOf(amounts)
}

// How much hangs on how few: of ten customers, the revenue stands on four.
func ExampleConcentration() {
	c, err := concentrationOfTen()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(c)
	effective, err := c.EffectiveNumber()
	if err != nil {
		fmt.Println(err)
		return
	}
	if effective.Cmp(kpi.Whole(5)) < 0 {
		fmt.Printf("as concentrated as %.1f equal customers: agree terms with the first before the year's end\n", effective)
	}
	// Output:
	// measure              value
	// n                       10
	// top 1%                4.2%
	// top 5%               21.0%
	// top 10%              42.0%
	// top 20%              60.0%
	// top 50%              85.0%
	// Gini                 0.534
	// HHI               0.236400
	// effective number       4.2
	// as concentrated as 4.2 equal customers: agree terms with the first before the year's end
}

// "80 % of revenue from 20 % of customers" is one point of a curve; the curve says which.
func ExampleConcentration_TopPercent() {
	c, err := concentrationOfTen()
	if err != nil {
		fmt.Println(err)
		return
	}
	fifth, err := c.TopPercent(kpi.Percent(20))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the top 20% bring", fifth.Percent(1))
	for i := 0; i < c.Len(); i++ {
		if x, y := c.XY(i); y >= 0.8 {
			fmt.Printf("80%% take the top %.0f%%\n", 100*x)
			break
		}
	}
	// Output:
	// the top 20% bring 60.0%
	// 80% take the top 50%
}
