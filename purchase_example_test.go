package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// The four numbers that are all called a repurchase rate.
func ExamplePurchases() {
	february := kpi.Purchases{
		Orders:         640,
		Buyers:         500,
		Repeaters:      90,
		PreviousBuyers: 1000,
		Kept:           300,
		Returning:      350,
	}
	people, err := february.RepeatRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	orders, _ := february.RepeatOrderShare()
	again, _ := february.Repurchase()
	old, _ := february.ReturningShare()
	fmt.Println("复购率(人数)", people, people.Percent(1))
	fmt.Println("复购率(订单)", orders, orders.Percent(1))
	fmt.Println("回购率", again, again.Percent(1))
	fmt.Println("老客占比", old, old.Percent(1))
	// Output:
	// 复购率(人数) 90/500 18.0%
	// 复购率(订单) 140/640 21.9%
	// 回购率 300/1000 30.0%
	// 老客占比 350/500 70.0%
}

func ExamplePurchases_PerOrder() {
	r, err := kpi.Purchases{Orders: 3, Buyers: 2, Revenue: decimal.New(10000, -2)}.PerOrder()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", r)
	// Output: 33.33
}

// Per customer is per order times orders per buyer, to the last digit.
func ExamplePurchases_PerCustomer() {
	p := kpi.Purchases{Orders: 7, Buyers: 3, Revenue: decimal.New(99999, -2)}
	customer, err := p.PerCustomer()
	if err != nil {
		fmt.Println(err)
		return
	}
	order, _ := p.PerOrder()
	frequency, _ := p.Frequency()
	fmt.Printf("%.2f = %.2f × %.2f: %v\n", customer, order, frequency, customer.Equal(order.Mul(frequency)))
	// Output: 333.33 = 142.86 × 2.33: true
}

func ExamplePurchases_Frequency() {
	r, err := kpi.Purchases{Orders: 969, Buyers: 595}.Frequency()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f orders a buyer\n", r)
	// Output: 1.63 orders a buyer
}

// 70 buyers, of whom 10 order twice and 10 thrice.
func ExamplePurchases_RepeatOrderShare() {
	p := kpi.Purchases{Orders: 100, Buyers: 70, Repeaters: 20}
	orders, err := p.RepeatOrderShare()
	if err != nil {
		fmt.Println(err)
		return
	}
	people, _ := p.RepeatRate()
	fmt.Println(orders.Percent(1), "of orders,", people.Percent(1), "of buyers")
	// Output: 30.0% of orders, 28.6% of buyers
}

func ExamplePurchases_RepeatRate() {
	p, err := kpi.Purchases{Orders: 969, Buyers: 595, Repeaters: 263}.RepeatRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	i, err := p.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Percent(1), i.Percent(1))
	// Output: 44.2% 40.3%–48.2%
}

func ExamplePurchases_Repurchase() {
	p, err := kpi.Purchases{PreviousBuyers: 1000, Kept: 300}.Repurchase()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p, p.Percent(1))
	// Output: 300/1000 30.0%
}

func ExamplePurchases_ReturningShare() {
	p, err := kpi.Purchases{Orders: 1315, Buyers: 638, Returning: 587}.ReturningShare()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("returning", p.Percent(1), "new", p.Complement().Percent(1))
	// Output: returning 92.0% new 8.0%
}

func ExamplePurchases_Merge() {
	total := kpi.Purchases{}
	shops := []kpi.Purchases{
		{Orders: 120, Buyers: 100, Repeaters: 15, Revenue: decimal.New(360000, -2)},
		{Orders: 90, Buyers: 50, Repeaters: 30, Revenue: decimal.New(540000, -2)},
	}
	for i := 0; i < len(shops); i++ {
		if err := total.Merge(shops[i]); err != nil {
			fmt.Println(err)
			return
		}
	}
	customer, err := total.PerCustomer()
	if err != nil {
		fmt.Println(err)
		return
	}
	repeat, _ := total.RepeatRate()
	fmt.Printf("%.2f a buyer, %s repeat\n", customer, repeat.Percent(1))
	// Output: 60.00 a buyer, 30.0% repeat
}
