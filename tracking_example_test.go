package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// A model of a paper beside three buyers of one winter, by months.
func ExampleCustomers_Tracking() {
	customers, err := buyers()
	if err != nil {
		fmt.Println(err)
		return
	}
	fit := kpi.FitReport{Model: "ParetoNBD", Parameters: []float64{1, 30, 0.6, 80}, Unit: kpi.Day}
	months, _ := kpi.Calendar{Unit: kpi.Month}.Periods(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	tracking, err := customers.Tracking(fit, kpi.BuyerSpec{}, months)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(tracking)
	// Output:
	// period   data  customers  actual  expected  actual to date  expected to date
	// 2026-01  fit           2       0       0.9               0               0.9
	// 2026-02  fit           3       2       2.4               2               3.3
}

// Of all customers the model expects nearly what they ordered, of each kind it does not:
// too much of those who seldom came, too little of the regulars.
func ExampleHoldout_ByFrequency() {
	holdout := kpi.Holdout{Time: 26}
	for i := 0; i < 60; i++ {
		b, orders := kpi.Buyer{Age: 52, Unit: kpi.Week}, int64(0)
		if i%3 == 0 {
			b.Frequency, b.Recency, orders = int64(1+i%2*4), 40, int64(i%2*3)
		}
		holdout.Buyers, holdout.Orders = append(holdout.Buyers, b), append(holdout.Orders, orders)
	}
	fit := kpi.FitReport{Model: "BGNBD", Parameters: []float64{0.5, 30, 0.5, 3}, Unit: kpi.Week}
	rows, err := holdout.ByFrequency(fit, 5)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(rows); i++ {
		if r := rows[i]; r.Customers > 0 {
			fmt.Printf("ordered %d times again: %d customers, %d orders, expected %.0f\n", r.Frequency, r.Customers, r.Actual, r.Expected)
		}
	}
	// Output:
	// ordered 0 times again: 40 customers, 0 orders, expected 6
	// ordered 1 times again: 10 customers, 0 orders, expected 4
	// ordered 5 times again: 10 customers, 30 orders, expected 14
}

// Both models expect too little; the second of them less so, and it ranks first.
func ExampleHoldout_Compare() {
	holdout := kpi.Holdout{Time: 26}
	for i := 0; i < 40; i++ {
		b := kpi.Buyer{Frequency: int64(1 + i%4), Recency: 40, Age: 52, Unit: kpi.Week}
		holdout.Buyers, holdout.Orders = append(holdout.Buyers, b), append(holdout.Orders, int64(i%4))
	}
	scores, err := holdout.Compare([]kpi.FitReport{
		{Model: "BGNBD", Parameters: []float64{0.5, 30, 0.5, 3}, Unit: kpi.Week},
		{Model: "ParetoNBD", Parameters: []float64{1, 30, 0.6, 80}, Unit: kpi.Week},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(scores)
	// Output:
	// model      log score    RMSE     MAE     bias  expected  actual
	// ParetoNBD    -1.4388  0.9707  0.8095  -0.5288      38.8      60
	// BGNBD        -1.5126  1.1052  0.9210  -0.7325      30.7      60
}
