package kpi_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

func ExampleCheckout() {
	june := kpi.Checkout{
		Started: 200, Completed: 120,
		Value: decimal.NewFromInt(30000), CompletedValue: decimal.NewFromInt(12000),
	}
	rate, err := june.AbandonmentRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	byValue, err := june.ValueAbandonmentRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("abandoned:", rate, rate.Percent(0))
	fmt.Println("of the money:", byValue.Percent(0))
	// Output:
	// abandoned: 80/200 40%
	// of the money: 60%
}

// Four carts, an hour for each, asked at noon. The last two are young: one completed
// and one did not, and neither says anything yet.
func ExampleCarts_Checkout() {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	before := func(minutes int) time.Time { return noon.Add(-time.Duration(minutes) * time.Minute) }
	carts := kpi.Carts{
		{Opened: before(180), Completed: before(150), Value: decimal.NewFromInt(40)},
		{Opened: before(170), Value: decimal.NewFromInt(160)},
		{Opened: before(50), Completed: before(45), Value: decimal.NewFromInt(30)},
		{Opened: before(20), Value: decimal.NewFromInt(90)},
	}
	today := kpi.Calendar{Unit: kpi.Day}.Of(noon)
	c, err := carts.Checkout(today, time.Hour, noon)
	if err != nil {
		fmt.Println(err)
		return
	}
	rate, err := c.AbandonmentRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	lost, err := c.ValueAbandoned()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("abandoned:", rate, "with", lost)
	fmt.Println("pending:  ", c.Pending)
	// Output:
	// abandoned: 1/2 with 160
	// pending:   1
}
