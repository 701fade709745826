package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// Complaints on orders: an order can bring two, so they are no share of orders.
func ExampleEventRate() {
	june := kpi.EventRate{Events: 42, Exposure: decimal.New(6000, 0)}
	perOrder, err := june.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f complaints per thousand orders\n", perOrder.Mul(kpi.Whole(1000)))
	// Output: 7.0 complaints per thousand orders
}

// No complaint in 300 orders is no proof of a perfect month.
func ExampleEventRate_Interval() {
	months := []kpi.EventRate{
		{Events: 42, Exposure: decimal.New(6000, 0)},
		{Events: 0, Exposure: decimal.New(300, 0)},
	}
	for _, m := range months {
		i, err := m.Interval(0.95)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.1f … %.1f per thousand %v\n", 1000*i.Lo, 1000*i.Hi, i.Warnings)
	}
	// Output:
	// 5.0 … 9.5 per thousand []
	// 0.0 … 12.3 per thousand [there are too few observations]
}

// Return on what campaigns cost: what came back over what was spent, and how far
// it may be from what campaigns of this kind return.
func ExampleRatioOfSums() {
	campaigns := []struct{ cost, back int64 }{
		{1000, 1900}, {800, 2100}, {1200, 1500}, {500, 1600}, {2000, 3100}, {1500, 3300},
	}
	var roas kpi.RatioOfSums
	for _, c := range campaigns {
		if err := roas.Add(decimal.NewFromInt(c.back), decimal.NewFromInt(c.cost)); err != nil {
			fmt.Println(err)
			return
		}
	}
	r, _ := roas.Ratio()
	i, err := roas.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f (%.2f … %.2f) %v\n", r, i.Lo, i.Hi, i.Warnings)
	// Output: 1.93 (1.34 … 2.51) [there are too few observations]
}

// Win rate by value: of what was decided, how much was won. Sixty deals look like
// many, but one of them is most of the money, and the interval says so.
func ExampleRatioOfSums_Interval() {
	var deals kpi.RatioOfSums
	for i := 0; i < 60; i++ {
		value, won := decimal.NewFromInt(1000), decimal.Decimal{}
		if i == 0 {
			value = decimal.NewFromInt(90000)
		}
		if i%3 == 0 {
			won = value
		}
		if err := deals.Add(won, value); err != nil {
			fmt.Println(err)
			return
		}
	}
	rate, _ := deals.Ratio()
	i, err := deals.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s won, %.0f%% … %.0f%% %v\n", rate.Percent(0), 100*i.Lo, 100*i.Hi, i.Warnings)
	// Output: 73% won, 40% … 107% [there are too few observations]
}

// Net revenue retention by customer: what each paid a year ago, and pays now.
func ExampleRatioOfSums_Merge() {
	year := func(customers [][2]int64) (r kpi.RatioOfSums) {
		for _, c := range customers {
			_ = r.Add(decimal.NewFromInt(c[1]), decimal.NewFromInt(c[0]))
		}
		return r
	}
	north := year([][2]int64{{100, 120}, {200, 180}, {50, 0}})
	south := year([][2]int64{{400, 460}, {250, 250}})
	if err := north.Merge(south); err != nil {
		fmt.Println(err)
		return
	}
	nrr, err := north.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(north.N, "customers,", nrr.Percent(1))
	// Output: 5 customers, 101.0%
}
