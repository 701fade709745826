package kpi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// shopRFM scores ten customers of a small shop by three bins, as of 1 July 2026.
func shopRFM() (*kpi.RFM, error) {
	customers := []struct {
		name   string
		orders int   // one every ten days
		days   int   // since the last of them
		amount int64 // of each
	}{
		{"Ann", 9, 4, 80},
		{"Bob", 1, 12, 30},
		{"Cid", 2, 150, 40},
		{"Dee", 8, 130, 95},
		{"Eve", 1, 170, 20},
		{"Fay", 3, 20, 60},
		{"Gus", 1, 90, 25},
		{"Hal", 4, 60, 50},
		{"Ida", 7, 110, 70},
		{"Jan", 1, 2, 15},
	}
	asOf := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	var log kpi.Log
	for i := 0; i < len(customers); i++ {
		c := customers[i]
		for k := 0; k < c.orders; k++ {
			e := kpi.Event{
				Customer: c.name, Name: "order", At: asOf.AddDate(0, 0, -c.days-10*k), Amount: decimal.NewFromInt(c.amount),
			}
			if err := log.Add(e); err != nil {
				return nil, err
			}
		}
	}
	return log.RFM(context.Background(), kpi.RFMSpec{Orders: []string{"order"}, AsOf: asOf, Bins: 3})
}

// Whom to call first: those who bought often and for much, and have stopped.
func ExampleLog_RFM() {
	rfm, err := shopRFM()
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < rfm.Len(); i++ {
		c := rfm.At(i)
		if c.Recency == 1 && c.Frequency == 3 && c.Monetary == 3 {
			fmt.Printf("call %s (%d): %d orders for %s, none for %d days\n",
				c.ID, c.Score(), c.Orders, c.Revenue.StringFixed(2), c.Days)
		}
	}
	lapsed := rfm.Cell(1, 3, 3)
	all := rfm.Cell(0, 0, 0)
	fmt.Printf("%d of %d customers brought %s of %s\n",
		lapsed.Customers, all.Customers, lapsed.Revenue.StringFixed(2), all.Revenue.StringFixed(2))
	// Output:
	// call Dee (133): 8 orders for 760.00, none for 130 days
	// 1 of 10 customers brought 760.00 of 2520.00
}

// What earns a score stands beside it: here the last order up to 20 days ago is a 3.
func ExampleRFM_String() {
	rfm, err := shopRFM()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(rfm)
	// Output:
	// score        above  up to  customers  orders  revenue  per customer
	// recency 3              20          4      14   945.00        236.25
	// recency 2       20    110          3      12   715.00        238.33
	// recency 1      110                 3      11   860.00        286.67
	// frequency 3      4                 3      24  1970.00        656.67
	// frequency 2      1      4          3       9   460.00        153.33
	// frequency 1             1          4       4    90.00         22.50
	// monetary 3     200                 3      24  1970.00        656.67
	// monetary 2      30    200          3       9   460.00        153.33
	// monetary 1             30          4       4    90.00         22.50
}

func ExampleRFM_Grid() {
	rfm, err := shopRFM()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(rfm.Grid())
	// Output:
	// recency \ frequency  1  2  3
	// 3                    2  1  1
	// 2                    1  1  1
	// 1                    1  1  1
}

// Half of those who bought last are new: how many of them come again is worth a
// look before what the regulars spend.
func ExampleRFM_Share() {
	rfm, err := shopRFM()
	if err != nil {
		fmt.Println(err)
		return
	}
	fresh, err := rfm.Share(3, 1, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("bought last, and once:", fresh, fresh.Percent(0))
	// Output:
	// bought last, and once: 2/10 20%
}

func ExampleRFMCell_PerCustomer() {
	rfm, err := shopRFM()
	if err != nil {
		fmt.Println(err)
		return
	}
	for score := 3; score > 0; score-- {
		mean, err := rfm.Cell(0, score, 0).PerCustomer()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("frequency %d: %.2f a customer\n", score, mean)
	}
	// Output:
	// frequency 3: 656.67 a customer
	// frequency 2: 153.33 a customer
	// frequency 1: 22.50 a customer
}
