package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// When to remind: the gaps of those who came back, and beside them those who have not.
func ExampleCustomers_Gaps() {
	customers, err := dealers()
	if err != nil {
		fmt.Println(err)
		return
	}
	gaps, err := customers.Gaps(kpi.Period{End: customers.AsOf})
	if err != nil {
		fmt.Println(err)
		return
	}
	median, err := gaps.Times.Quantile(kpi.Percent(50), kpi.Type7)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d gaps, median %s days; %d of %d buyers have none\n",
		gaps.Times.Len(), median.In(86400, 1), gaps.Single, gaps.Buyers)
	next, err := customers.NextOrders(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	curve, err := next.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	days, err := curve.Median()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("with those who have not come back: median %.0f days, after %d orders\n", days, curve.N)
	// Output:
	// 9 gaps, median 90 days; 2 of 6 buyers have none
	// with those who have not come back: median 214 days, after 15 orders
}

// Nobody signs off in a shop. A year of silence is taken for an end, and who is within it
// counts as still here.
func ExampleCustomers_Memberships() {
	customers, err := dealers()
	if err != nil {
		fmt.Println(err)
		return
	}
	stays, err := customers.Memberships(365, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	churn, err := stays.Churn(halfYear(2026))
	if err != nil {
		fmt.Println(err)
		return
	}
	rate, err := churn.OpeningRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("lost of those at the start:", rate)
	lives, err := stays.FirstLifetimes(customers.AsOf, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	open := 0
	for i := 0; i < len(lives); i++ {
		if !lives[i].Ended {
			open++
		}
	}
	fmt.Printf("%d of %d are still here: no mean of the lifetimes seen says how long they stay\n", open, len(lives))
	// Output:
	// lost of those at the start: 1/4
	// 5 of 6 are still here: no mean of the lifetimes seen says how long they stay
}

func ExampleCustomers_UpSell() {
	customers, err := dealers()
	if err != nil {
		fmt.Println(err)
		return
	}
	orders, err := customers.UpSell(halfYear(2025), halfYear(2026))
	if err != nil {
		fmt.Println(err)
		return
	}
	up, err := orders.Rate()
	if err != nil {
		fmt.Println(err)
		return
	}
	down, err := orders.DownRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the mean order rose for", up, "and fell for", down)
	// Output:
	// the mean order rose for 0/3 and fell for 3/3
}
