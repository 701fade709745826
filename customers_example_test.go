package kpi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// buyers is a log of six orders and a refund by three customers in early 2026.
func buyers() (*kpi.Customers, error) {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 12, 0, 0, 0, time.UTC) }
	events := []kpi.Event{
		{Customer: "Ann", At: day(1, 5), Amount: decimal.New(30, 0)},
		{Customer: "Ann", At: day(2, 9), Amount: decimal.New(40, 0)},
		{Customer: "Ann", At: day(2, 12), Amount: decimal.New(-10, 0)},
		{Customer: "Ann", At: day(2, 20), Amount: decimal.New(20, 0)},
		{Customer: "Bob", At: day(1, 31), Amount: decimal.New(10, 0)},
		{Customer: "Cid", At: day(2, 1), Amount: decimal.New(25, 0)},
		{Customer: "Cid", At: day(2, 1), Amount: decimal.New(5, 0)},
	}
	var log kpi.Log
	for i := 0; i < len(events); i++ {
		events[i].Name = "order"
		if err := log.Add(events[i]); err != nil {
			return nil, err
		}
	}
	return log.Customers(context.Background(), kpi.CustomerSpec{
		Orders: []string{"order"}, AsOf: day(3, 1), Refunds: kpi.RefundsNetted, MergeDays: true,
	})
}

var february = kpi.Calendar{Unit: kpi.Month}.Of(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))

// A negative amount is an error until the question says what it means.
func ExampleLog_Customers() {
	customers, err := buyers()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(customers)
	// Output:
	// customer       first        last  orders  revenue
	// Ann       2026-01-05  2026-02-20       3    80.00
	// Bob       2026-01-31  2026-01-31       1    10.00
	// Cid       2026-02-01  2026-02-01       1    30.00
}

func ExampleCustomers_Markdown() {
	customers, err := buyers()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(customers.Markdown())
	// Output:
	// | customer | first | last | orders | revenue |
	// | --- | ---: | ---: | ---: | ---: |
	// | Ann | 2026-01-05 | 2026-02-20 | 3 | 80.00 |
	// | Bob | 2026-01-31 | 2026-01-31 | 1 | 10.00 |
	// | Cid | 2026-02-01 | 2026-02-01 | 1 | 30.00 |
}

func ExampleCustomers_History() {
	customers, err := buyers()
	if err != nil {
		fmt.Println(err)
		return
	}
	history := customers.History(0)
	for i := 0; i < len(history); i++ {
		fmt.Println(history[i].At.Format("2006-01-02"), history[i].Amount.StringFixed(2))
	}
	// Output:
	// 2026-01-05 30.00
	// 2026-02-09 40.00
	// 2026-02-12 -10.00
	// 2026-02-20 20.00
}

func ExampleCustomers_New() {
	customers, err := buyers()
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := customers.New(february)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("new in", february, "–", n)
	// Output:
	// new in 2026-02 – 1
}

// Where a file begins in mid-life, its first customers are first seen, not new.
func ExampleCustomers_FirstSeen() {
	var log kpi.Log
	at := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	names := []string{"Ann", "Bob", "Cid"}
	for i := 0; i < len(names); i++ {
		e := kpi.Event{Customer: names[i], Name: "order", At: at.AddDate(0, 0, 10*i), Amount: decimal.New(10, 0)}
		if err := log.Add(e); err != nil {
			fmt.Println(err)
			return
		}
	}
	spec := kpi.CustomerSpec{AsOf: at.AddDate(0, 1, 0), Since: at.AddDate(0, 0, 5)}
	customers, err := log.Customers(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	seen, err := customers.FirstSeen(february)
	if err != nil {
		fmt.Println(err)
		return
	}
	fresh, err := customers.New(february)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(seen, "first seen,", fresh, "new")
	// Output: 1 first seen, 2 new
}

func ExampleCustomers_Purchases() {
	customers, err := buyers()
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := customers.Purchases(february)
	if err != nil {
		fmt.Println(err)
		return
	}
	repeat, err := p.RepeatRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	kept, err := p.Repurchase()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("orders, buyers, revenue:   ", p.Orders, p.Buyers, p.Revenue.StringFixed(2))
	fmt.Println("bought twice in February:  ", repeat, repeat.Percent(1))
	fmt.Println("January's buyers who came: ", kept, kept.Percent(1))
	// Output:
	// orders, buyers, revenue:    3 2 80.00
	// bought twice in February:   1/2 50.0%
	// January's buyers who came:  1/2 50.0%
}

// The refund is off the revenue, and the interval is over the buyers.
func ExampleCustomers_PerOrder() {
	customers, err := buyers()
	if err != nil {
		fmt.Println(err)
		return
	}
	sums, err := customers.PerOrder(february)
	if err != nil {
		fmt.Println(err)
		return
	}
	value, err := sums.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	limits, err := sums.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f an order, between %.2f and %.2f from %d buyers\n", value, limits.Lo, limits.Hi, limits.N)
	// Output:
	// 26.67 an order, between -1.57 and 54.90 from 2 buyers
}

func ExampleCustomers_PerCustomer() {
	customers, err := buyers()
	if err != nil {
		fmt.Println(err)
		return
	}
	sums, err := customers.PerCustomer(february)
	if err != nil {
		fmt.Println(err)
		return
	}
	value, err := sums.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f a buyer, refunds netted\n", value)
	// Output:
	// 40.00 a buyer, refunds netted
}

// Half of 60 orders are repeats, most of them one buyer's. For what another month
// would bring, the 30 buyers count, not the 60 orders.
func ExampleCustomers_RepeatOrderShare() {
	var log kpi.Log
	order, err := log.Event("order")
	if err != nil {
		fmt.Println(err)
		return
	}
	first := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	for i := 0; i < 60; i++ {
		buyer := 0
		if i < 40 {
			buyer = i % 30
		}
		if err := log.AddID(uint64(buyer), order, first.Add(time.Duration(i)*time.Hour)); err != nil {
			fmt.Println(err)
			return
		}
	}
	spec := kpi.CustomerSpec{AsOf: first.AddDate(0, 1, 0), Zeros: kpi.ZerosCounted}
	customers, err := log.Customers(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := customers.Purchases(february)
	if err != nil {
		fmt.Println(err)
		return
	}
	share, err := p.RepeatOrderShare()
	if err != nil {
		fmt.Println(err)
		return
	}
	sums, err := customers.RepeatOrderShare(february)
	if err != nil {
		fmt.Println(err)
		return
	}
	right, err := sums.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	tooNarrow, err := share.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(share, share.Percent(1))
	fmt.Printf("over buyers %.2f to %.2f, over orders %.2f to %.2f\n", right.Lo, right.Hi, tooNarrow.Lo, tooNarrow.Hi)
	// Output:
	// 30/60 50.0%
	// over buyers 0.14 to 0.86, over orders 0.38 to 0.62
}

// Shards by customer answer alone, and their answers are merged.
func ExampleCustomers_Merge() {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	spec := kpi.CustomerSpec{AsOf: at.AddDate(0, 1, 0)}
	var all kpi.Customers
	names := []string{"Bob", "Ann"}
	for i := 0; i < len(names); i++ {
		var log kpi.Log
		if err := log.Add(kpi.Event{Customer: names[i], Name: "order", At: at, Amount: decimal.New(10, 0)}); err != nil {
			fmt.Println(err)
			return
		}
		customers, err := log.Customers(context.Background(), spec)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := all.Merge(customers); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Print(&all)
	// Output:
	// customer       first        last  orders  revenue
	// Ann       2026-03-02  2026-03-02       1    10.00
	// Bob       2026-03-02  2026-03-02       1    10.00
}
