package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// The first lines of a report, with its definitions.
func Example() {
	spend := kpi.Acquisition{
		Advertising: decimal.RequireFromString("62000"),
		SalesPay:    decimal.RequireFromString("38000.50"),
		Customers:   500,
	}
	cac, _ := spend.CAC()
	fmt.Printf("CAC           %.2f\n", cac)

	month := kpi.Churn{Start: 300, New: 40, Lost: 7}
	churn, _ := month.OpeningRate()
	limits, _ := churn.Interval(0.95)
	fmt.Println("churn        ", churn, "=", churn.Percent(1), "between", limits.Percent(1))

	lifespan, _ := month.Lifespan()
	fmt.Printf("value         %v\n", lifespan.Mul(kpi.Whole(21))) // exact: nothing was rounded before

	nps := kpi.NPS{Promoters: 6, Passives: 3, Detractors: 2}
	score, _ := nps.Score()
	points, _ := nps.Interval(0.95)
	fmt.Printf("NPS           %.1f, between %.0f and %.0f (n = %d)\n", score, points.Lo, points.Hi, points.N)

	_, err := kpi.Churn{Start: 10, Lost: 12}.OpeningRate()
	fmt.Println(err)
	// Output:
	// CAC           200.00
	// churn         7/300 = 2.3% between 1.1%–4.7%
	// value         900
	// NPS           36.4, between -14 and 71 (n = 11)
	// kpi: Churn.OpeningRate: a part exceeds its whole: Lost = 12 > Start = 10
}
