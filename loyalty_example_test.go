package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

func ExampleLoyalty() {
	l := kpi.Loyalty{
		Customers: []kpi.LoyalCustomer{
			{Customer: "Ann", Purchases: 5, Referrals: 2, CLV: decimal.NewFromInt(3600)},
			{Customer: "Bob", Purchases: 1, CLV: decimal.NewFromInt(400)},
			{Customer: "Cid", Purchases: 2, Referrals: 1, CLV: decimal.NewFromInt(900)},
		},
		NPS: kpi.NPS{Promoters: 6, Passives: 2, Detractors: 2},
	}
	fmt.Print(l.Summary())
	weights := kpi.HealthSpec{Inputs: []kpi.HealthInput{
		{Name: "purchases", Weight: kpi.Whole(2), Bounds: kpi.Bounds{To: kpi.Whole(5)}},
		{Name: "referrals", Weight: kpi.Whole(1), Bounds: kpi.Bounds{To: kpi.Whole(2)}},
		{Name: "clv", Weight: kpi.Whole(1), Bounds: kpi.Bounds{To: kpi.Whole(5000)}},
	}}
	for i := 0; i < len(l.Customers); i++ {
		index, err := l.Index(i, weights)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %.1f\n", l.Customers[i].Customer, index.Value)
	}
	// Output:
	// measure        value   n
	// repeat rate    66.7%   3
	// NPS             40.0  10
	// referrers      66.7%   3
	// CLV          1633.33   3
	// Ann 93.0
	// Bob 12.0
	// Cid 37.0
}
