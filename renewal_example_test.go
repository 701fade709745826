package kpi_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// Sums of a quarter that is over: forty contracts were due, and those that renewed
// bought more.
func ExampleRenewal() {
	q2 := kpi.Renewal{
		Due: 40, Renewed: 34, Late: 2, Cancelled: 3,
		Value: decimal.NewFromInt(200000), KeptValue: decimal.NewFromInt(162000), RenewedValue: decimal.NewFromInt(190000),
	}
	logo, err := q2.LogoRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	gross, err := q2.GrossRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	net, err := q2.NetRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("contracts renewed:", logo, logo.Percent(1))
	fmt.Println("value kept:", gross.Percent(1))
	fmt.Println("with expansion:", net.Percent(1))
	// Output:
	// contracts renewed: 34/40 85.0%
	// value kept: 81.0%
	// with expansion: 95.0%
}

// Contracts of March with thirty days of grace, asked on 10 April: whoever was due on
// the 20th may still renew, and is in no rate.
func ExampleContracts_Renewal() {
	on := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	yuan := decimal.NewFromInt
	contracts := kpi.Contracts{
		// For three years, a quarter of a year before it was due.
		{ID: "A", Due: on(3, 2), Value: yuan(60000), Renewed: on(1, 9), RenewedValue: yuan(72000), TotalValue: yuan(216000)},
		{ID: "B", Due: on(3, 5), Value: yuan(30000), Renewed: on(3, 28), RenewedValue: yuan(24000), TotalValue: yuan(24000)},
		{ID: "C", Due: on(3, 8), Value: yuan(30000), Cancelled: on(2, 14)},
		{ID: "D", Due: on(3, 20), Value: yuan(40000)},
	}
	march := kpi.Calendar{Unit: kpi.Month}.Of(on(3, 1))
	r, err := contracts.Renewal(march, 30*24*time.Hour, on(4, 10))
	if err != nil {
		fmt.Println(err)
		return
	}
	logo, err := r.LogoRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	gross, err := r.GrossRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("renewed:", logo, "and pending:", r.Pending)
	fmt.Println("of the value:", gross.Percent(0))
	fmt.Println("signed over all years:", r.TotalValue)
	// Output:
	// renewed: 2/3 and pending: 1
	// of the value: 70%
	// signed over all years: 240000
}

// Invoices are due as contracts are. The collection rate (回款率) counts what came
// within the grace.
func ExampleContracts_NetRate() {
	on := func(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }
	yuan := decimal.NewFromInt
	invoices := kpi.Contracts{
		{ID: "1", Due: on(2), Value: yuan(500), Renewed: on(1), RenewedValue: yuan(500)},
		{ID: "2", Due: on(3), Value: yuan(800), Renewed: on(9), RenewedValue: yuan(400)}, // half of it
		{ID: "3", Due: on(4), Value: yuan(700), Renewed: on(25), RenewedValue: yuan(700)},
	}
	rate, err := invoices.NetRate(kpi.Calendar{Unit: kpi.Month}.Of(on(1)), 7*24*time.Hour, on(31))
	if err != nil {
		fmt.Println(err)
		return
	}
	collected, err := rate.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("collected:", rate.Y, "of", rate.X, "=", collected.Percent(0))
	// Output:
	// collected: 900 of 2000 = 45%
}
