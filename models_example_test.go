package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// A model of a paper can be typed in: CDNOW's customers, in weeks. Of two who ordered
// as often, the one who ordered lately is worth more.
func ExampleParetoNBD() {
	model := kpi.ParetoNBD{R: 0.553, Alpha: 10.578, S: 0.606, Beta: 11.669, Unit: kpi.Week}
	spend := kpi.GammaGamma{P: 6.25, Q: 3.74, V: 15.44}
	customers := []kpi.Buyer{
		{ID: "lately", Frequency: 4, Recency: 36, Age: 39, Spend: 40, Unit: kpi.Week},
		{ID: "long ago", Frequency: 4, Recency: 9, Age: 39, Spend: 40, Unit: kpi.Week},
		{ID: "once", Age: 39, Unit: kpi.Week},
	}
	for i := 0; i < len(customers); i++ {
		c := customers[i]
		alive, err := model.PAlive(c)
		if err != nil {
			fmt.Println(err)
			return
		}
		orders, _ := model.Expected(c, 52)
		value, _ := model.CLV(c, spend, kpi.Percent(30), kpi.Percent(10))
		fmt.Printf("%-8s  alive %.0f%%  orders in a year %.2f  worth %s\n", c.ID, 100*alive, orders, value.StringFixed(2))
	}
	// Output:
	// lately    alive 96%  orders in a year 3.63  worth 190.27
	// long ago  alive 7%  orders in a year 0.27  worth 13.95
	// once      alive 29%  orders in a year 0.14  worth 6.33
}

// What the fit says of the parameters, and the model of a customer to come.
func ExampleFitBGNBD() {
	var buyers []kpi.Buyer
	for i := 0; i < 300; i++ {
		b := kpi.Buyer{Age: float64(100 + i%40)}
		if i%3 > 0 {
			b.Frequency = int64(1 + i%7)
			b.Recency = float64(10 + (i*37)%90)
		}
		buyers = append(buyers, b)
	}
	model, report, err := kpi.FitBGNBD(buyers, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	limits, _ := report.Interval("R", 0.95)
	next, _ := model.Expected(kpi.Buyer{}, 90)
	fmt.Printf("R %.2f, between %.2f and %.2f\n", model.R, limits.Lo, limits.Hi)
	fmt.Printf("a new customer orders %.1f times more in 90 days\n", next)
	// Output:
	// R 0.43, between 0.35 and 0.52
	// a new customer orders 2.2 times more in 90 days
}

// Customers of whom nothing is known are expected to spend what all do; the more is
// known of one, the more its own mean counts.
func ExampleGammaGamma() {
	m := kpi.GammaGamma{P: 6.25, Q: 3.74, V: 15.44}
	for orders := int64(0); orders < 3; orders++ {
		mean, err := m.Expected(kpi.Buyer{Frequency: orders, Spend: 80})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d orders of 80: %.2f\n", orders, mean)
	}
	// Output:
	// 0 orders of 80: 35.22
	// 1 orders of 80: 66.35
	// 2 orders of 80: 71.95
}
