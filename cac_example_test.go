package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// Three numbers are called CAC, and differ by a factor of two here.
func ExampleAcquisition() {
	quarter := kpi.Acquisition{
		Advertising:   decimal.New(60000, 0),
		MarketingPay:  decimal.New(20000, 0),
		SalesPay:      decimal.New(25000, 0),
		Commissions:   decimal.New(8000, 0),
		Tools:         decimal.New(4000, 0),
		Operations:    decimal.New(3000, 0),
		Customers:     700,
		PaidCustomers: 480,
	}
	spend, _ := quarter.Spend()
	full, _ := quarter.CAC()
	marketing, _ := quarter.MarketingCAC()
	paid, _ := quarter.PaidCAC()
	fmt.Println("spent:    ", spend)
	fmt.Printf("full:      %.2f\n", full)
	fmt.Printf("marketing: %.2f\n", marketing)
	fmt.Printf("paid:      %.2f\n", paid)
	// Output:
	// spent:     120000
	// full:      171.43
	// marketing: 114.29
	// paid:      125.00
}

func ExampleAcquisition_CAC() {
	cac, err := kpi.Acquisition{Advertising: decimal.New(100000, 0), Customers: 500}.CAC()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f per customer\n", cac)
	// Output: 200.00 per customer
}

// Where a sale takes a quarter, this quarter's customers were paid for in the
// last one.
func ExampleAcquisition_WithSpendOf() {
	spring := kpi.Acquisition{Advertising: decimal.New(80000, 0), Customers: 400}
	summer := kpi.Acquisition{Advertising: decimal.New(120000, 0), Customers: 500}
	own, err := summer.CAC()
	if err != nil {
		fmt.Println(err)
		return
	}
	lagged, err := summer.WithSpendOf(spring).CAC()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("on the spend of summer %.2f, of spring %.2f\n", own, lagged)
	// Output: on the spend of summer 240.00, of spring 160.00
}

func ExampleAcquisition_Merge() {
	all := kpi.Acquisition{}
	countries := []kpi.Acquisition{
		{Advertising: decimal.New(5000, 0), Customers: 50},
		{Advertising: decimal.New(3000, 0), Customers: 20},
	}
	for i := 0; i < len(countries); i++ {
		if err := all.Merge(countries[i]); err != nil {
			fmt.Println(err)
			return
		}
	}
	cac, err := all.CAC()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f, and not the mean of 100 and 150\n", cac)
	// Output: 114.29, and not the mean of 100 and 150
}
