package kpi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// dealers are the orders that six dealers placed in 2025 and in the first half of 2026.
func dealers() (*kpi.Customers, error) {
	orders := []struct {
		customer, region string
		year             int
		month            time.Month
		amount           int64
	}{
		{"Ann", "north", 2025, 2, 900},
		{"Ann", "north", 2026, 1, 500},
		{"Ann", "north", 2026, 3, 800},
		{"Bob", "south", 2025, 3, 400},
		{"Bob", "south", 2026, 2, 350},
		{"Cid", "south", 2026, 4, 150},
		{"Cid", "south", 2026, 5, 150},
		{"Dee", "north", 2025, 1, 100},
		{"Dee", "north", 2025, 4, 100},
		{"Dee", "north", 2025, 6, 100},
		{"Dee", "north", 2026, 1, 40},
		{"Dee", "north", 2026, 3, 40},
		{"Dee", "north", 2026, 6, 40},
		{"Eve", "south", 2025, 5, 300},
		{"Fay", "north", 2026, 6, 60},
	}
	var log kpi.Log
	if err := log.SetProps("region"); err != nil {
		return nil, err
	}
	for i := 0; i < len(orders); i++ {
		o := orders[i]
		e := kpi.Event{
			Customer: o.customer, Name: "order", At: time.Date(o.year, o.month, 15, 0, 0, 0, 0, time.UTC),
			Amount: decimal.NewFromInt(o.amount), Props: []string{o.region},
		}
		if err := log.Add(e); err != nil {
			return nil, err
		}
	}
	return log.Customers(context.Background(), kpi.CustomerSpec{
		Orders: []string{"order"}, AsOf: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), By: "region",
	})
}

// halfYear is the first half of a year.
func halfYear(year int) kpi.Period {
	return kpi.Period{Start: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(year, 7, 1, 0, 0, 0, 0, time.UTC)}
}

// Whom a key account manager looks after, by revenue alone. Before Cid 77.5 % are there,
// and so it takes Cid to reach 80.
func ExampleCustomers_ABC() {
	customers, err := dealers()
	if err != nil {
		fmt.Println(err)
		return
	}
	abc, err := customers.ABC(halfYear(2026), kpi.ABCSpec{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(abc)
	for i := 0; i < len(abc.Rows); i++ {
		if r := abc.Rows[i]; r.Class == kpi.ClassA {
			fmt.Println("key account:", r.ID)
		}
	}
	// Output:
	// class  customers  share  orders   amount  value
	// A              3  60.0%       5  1950.00  91.6%
	// B              1  20.0%       3   120.00   5.6%
	// C              1  20.0%       1    60.00   2.8%
	// key account: Ann
	// key account: Bob
	// key account: Cid
}

// Money is not all: who orders often, and has for long, is worth as much care.
func ExampleABCSpec() {
	customers, err := dealers()
	if err != nil {
		fmt.Println(err)
		return
	}
	mix := kpi.ABCSpec{Amount: kpi.Percent(50), Activity: kpi.Percent(30), Tenure: kpi.Percent(20)}
	abc, err := customers.ABC(halfYear(2026), mix)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(abc.Rows); i++ {
		r := abc.Rows[i]
		fmt.Printf("%s %s: %s in %d orders, %d days\n", r.ID, r.Class, r.Amount.StringFixed(0), r.Orders, r.Days)
	}
	// Output:
	// Ann A: 1300 in 2 orders, 501 days
	// Dee A: 120 in 3 orders, 532 days
	// Bob A: 350 in 1 orders, 473 days
	// Cid B: 300 in 2 orders, 77 days
	// Fay C: 60 in 1 orders, 16 days
}

func ExampleCustomers_Contribution() {
	customers, err := dealers()
	if err != nil {
		fmt.Println(err)
		return
	}
	contribution, err := customers.Contribution(halfYear(2026))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(contribution)
	regions, err := contribution.Segments()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(regions)
	// Output:
	// contributor  customers  orders  revenue   share
	// Ann                  1       2  1300.00   61.0%
	// Bob                  1       1   350.00   16.4%
	// Cid                  1       2   300.00   14.1%
	// Dee                  1       3   120.00    5.7%
	// Fay                  1       1    60.00    2.8%
	// all                  5       9  2130.00  100.0%
	// contributor  customers  orders  revenue   share
	// north                3       6  1480.00   69.5%
	// south                2       3   650.00   30.5%
	// all                  5       9  2130.00  100.0%
}

// Half a year against the same half of the year before (同比): who left weighs as well.
func ExampleCustomers_Growth() {
	customers, err := dealers()
	if err != nil {
		fmt.Println(err)
		return
	}
	growth, err := customers.Growth(halfYear(2025), halfYear(2026))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(growth)
	regions, err := growth.Segments()
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(regions.Rows); i++ {
		change, err := regions.Rows[i].Change()
		if err != nil {
			fmt.Println(err)
			return
		}
		relative, err := change.Relative()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %.0f, which is %s\n", regions.Rows[i].Name, change.Points(), relative.Percent(1))
	}
	// Output:
	// grower  customers   before    after   points   growth
	// Ann             1   900.00  1300.00   400.00    44.4%
	// Cid             1     0.00   300.00   300.00        –
	// Fay             1     0.00    60.00    60.00        –
	// Bob             1   400.00   350.00   -50.00   -12.5%
	// Dee             1   300.00   120.00  -180.00   -60.0%
	// Eve             1   300.00     0.00  -300.00  -100.0%
	// all             6  1900.00  2130.00   230.00    12.1%
	// north: 280, which is 23.3%
	// south: -50, which is -7.1%
}
