package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Complaints fell by a tenth, and so did the orders. Nothing has improved.
func ExampleComplaints() {
	months := []kpi.Complaints{
		{Complaints: 50, Complainants: 38, Customers: 1900, Orders: 5000},
		{Complaints: 45, Complainants: 36, Customers: 1800, Orders: 4500},
	}
	for i := 0; i < len(months); i++ {
		orders, err := months[i].PerOrder()
		if err != nil {
			fmt.Println(err)
			return
		}
		limits, err := orders.Interval(0.95)
		if err != nil {
			fmt.Println(err)
			return
		}
		people, err := months[i].ComplainantRate()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("per 1000 orders %s (%.1f to %.1f), of the customers %s\n",
			kpi.Must(orders.Ratio()).Mul(kpi.Whole(1000)).Round(1).StringFixed(1), 1000*limits.Lo, 1000*limits.Hi, people.Percent(1))
	}
	// Output:
	// per 1000 orders 10.0 (7.4 to 13.2), of the customers 2.0%
	// per 1000 orders 10.0 (7.3 to 13.4), of the customers 2.0%
}
