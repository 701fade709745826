package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// Both shops grew by a fifth. The one's customers stayed and sent others; the other
// bought new ones for those it lost.
func ExampleEarnedGrowth() {
	yuan := decimal.NewFromInt
	shops := []kpi.EarnedGrowth{
		{LastYear: yuan(1000), Kept: yuan(980), Earned: yuan(170)}, // and 50 were bought
		{LastYear: yuan(1000), Kept: yuan(700), Earned: yuan(40)},  // and 460
	}
	for i := 0; i < len(shops); i++ {
		rate, err := shops[i].Rate()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("earned growth:", rate.Percent(0))
	}
	// Output:
	// earned growth: 15%
	// earned growth: -26%
}
