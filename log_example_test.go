package kpi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// A log holds who did what, when, and for how much; every question about
// customers is asked of it.
func ExampleLog() {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 12, 0, 0, 0, time.UTC) }
	events := []kpi.Event{
		{Customer: "Ann", Name: "order", At: day(1, 5), Amount: decimal.New(2500, -2)},
		{Customer: "Bob", Name: "order", At: day(1, 20), Amount: decimal.New(1000, -2)},
		{Customer: "Ann", Name: "order", At: day(2, 9), Amount: decimal.New(4000, -2)},
	}
	var log kpi.Log
	for i := 0; i < len(events); i++ {
		if err := log.Add(events[i]); err != nil {
			fmt.Println(err)
			return
		}
	}
	spec := kpi.CustomerSpec{Orders: []string{"order"}, AsOf: day(3, 1)}
	customers, err := log.Customers(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(customers)
	// Output:
	// customer       first        last  orders  revenue
	// Ann       2026-01-05  2026-02-09       2    65.00
	// Bob       2026-01-20  2026-01-20       1    10.00
}

// Numbers as ids, handles as names and whole cents are the fastest rows.
func ExampleLog_AddMinor() {
	var log kpi.Log
	order, err := log.Event("order")
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	for i := 0; i < 3; i++ {
		if err := log.AddMinor(1001, order, at.AddDate(0, i, 0), 1999, -2); err != nil {
			fmt.Println(err)
			return
		}
	}
	customers, err := log.Customers(context.Background(), kpi.CustomerSpec{AsOf: at.AddDate(1, 0, 0)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customers.Rows[0].Number, customers.Rows[0].Revenue.StringFixed(2))
	// Output: 1001 59.97
}

func ExampleLog_AddID() {
	var log kpi.Log
	visit, err := log.Event("visit")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := log.AddID(1001, visit, time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(log.Len(), "row")
	// Output: 1 row
}

// Columns that a database or a file gives go in at once, all or none.
func ExampleLog_AddBatch() {
	var log kpi.Log
	batch := kpi.Batch{
		Customers:  []string{"Ann", "Bob", "Ann"},
		Names:      []string{"order", "order", "order"},
		Instants:   []int64{1767614400, 1768910400, 1770638400},
		Resolution: time.Second,
		Minor:      []int64{2500, 1000, 4000},
		Exp:        -2,
	}
	if err := log.AddBatch(batch); err != nil {
		fmt.Println(err)
		return
	}
	batch.Customers[1] = ""
	fmt.Println(log.AddBatch(batch))
	fmt.Println(log.Len(), "rows")
	// Output:
	// kpi: Log.AddBatch[1]: a value that is needed is empty: Customers = ""
	// 3 rows
}

// Properties are declared before the first row, and split an answer.
func ExampleLog_SetProps() {
	day := func(d int) time.Time { return time.Date(2026, 3, d, 12, 0, 0, 0, time.UTC) }
	var log kpi.Log
	if err := log.SetProps("channel"); err != nil {
		fmt.Println(err)
		return
	}
	events := []kpi.Event{
		{Customer: "Ann", Name: "visit", At: day(2), Props: []string{"ads"}},
		{Customer: "Ann", Name: "visit", At: day(3), Props: []string{"mail"}},
		{Customer: "Bob", Name: "visit", At: day(2), Props: []string{"mail"}},
	}
	for i := 0; i < len(events); i++ {
		if err := log.Add(events[i]); err != nil {
			fmt.Println(err)
			return
		}
	}
	cohorts, err := log.Cohorts(context.Background(), kpi.CohortSpec{AsOf: day(4), By: "channel"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(cohorts)
	// Output:
	// cohort           n       0       1       2
	// 2026-03-02 ads   1  100.0%  100.0%  (0.0%)
	// 2026-03-02 mail  1  100.0%    0.0%  (0.0%)
}

// Logs of several machines become one.
func ExampleLog_Merge() {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var north, south kpi.Log
	if err := north.Add(kpi.Event{Customer: "Ann", Name: "order", At: at}); err != nil {
		fmt.Println(err)
		return
	}
	if err := south.Add(kpi.Event{Customer: "Bob", Name: "order", At: at}); err != nil {
		fmt.Println(err)
		return
	}
	if err := north.Merge(&south); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(north.Len(), "rows")
	// Output: 2 rows
}

func ExampleLog_MarshalBinary() {
	var log, copied kpi.Log
	if err := log.Add(kpi.Event{Customer: "Ann", Name: "order", At: time.Unix(0, 0)}); err != nil {
		fmt.Println(err)
		return
	}
	data, err := log.MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := copied.UnmarshalBinary(data); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(copied.Len(), "row")
	// Output: 1 row
}
