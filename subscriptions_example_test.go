package kpi_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// exampleSubscriptions are the records of a small service, from its first customer on.
func exampleSubscriptions() kpi.Subscriptions {
	on := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	yuan := decimal.NewFromInt
	return kpi.Subscriptions{
		{Customer: "Ann", Plan: "pro", Start: on(1, 5), Amount: yuan(1200), Months: 12},
		{Customer: "Bob", Plan: "basic", Start: on(1, 20), End: on(3, 3), Amount: yuan(30), Months: 1},
		{Customer: "Bob", Plan: "pro", Start: on(3, 3), Amount: yuan(120), Months: 1}, // moves up
		{Customer: "Cai", Plan: "pro", Start: on(1, 9), End: on(3, 9), Amount: yuan(120), Months: 1},
		{Customer: "Dai", Plan: "pro", Start: on(2, 2), Amount: yuan(3600), Months: 36},
		{Customer: "Dai", Plan: "pro", Start: on(2, 2), End: on(3, 2), Amount: yuan(-1800), Months: 36}, // half off, for a month
		{Customer: "Dai", Plan: "set-up", Start: on(2, 2), Amount: yuan(500), Charge: kpi.ChargeOneTime},
	}
}

func ExampleSubscriptions_MRR() {
	subscriptions := exampleSubscriptions()
	asOf := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	mrr, err := subscriptions.MRR(asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	pro, err := subscriptions.OfPlan("pro").MRR(asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("MRR %.2f, of it pro %.2f\n", mrr, pro)
	// Output:
	// MRR 300.00, of it pro 270.00
}

// Cai's churn is in March, Bob's move is an expansion by 90, and Dai's is the end of a
// discount.
func ExampleSubscriptions_Movements() {
	asOf := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	m, err := exampleSubscriptions().Movements(kpi.Calendar{Unit: kpi.Month}, asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(m)
	logos, err := m.Rows[2].MRR.Logos()
	if err != nil {
		fmt.Println(err)
		return
	}
	lost, err := logos.OpeningRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("customers lost in March:", lost)
	// Output:
	// month    opening     new  reactivation  expansion  contraction    churn  closing  customers     NRR     GRR
	// 2026-01     0.00  250.00          0.00       0.00         0.00     0.00   250.00          3       –       –
	// 2026-02   250.00   50.00          0.00       0.00         0.00     0.00   300.00          4  100.0%  100.0%
	// 2026-03   300.00    0.00          0.00     140.00         0.00  -120.00   320.00          3  106.7%   60.0%
	// customers lost in March: 1/4
}

// Retention over a span is asked of the customers who were there when it began. Four
// customers say little: the interval does.
func ExampleSubscriptions_CohortNRR() {
	asOf := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	march := kpi.Calendar{Unit: kpi.Month}.Of(asOf.Add(-1))
	r, err := exampleSubscriptions().CohortNRR(march, asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	nrr, err := r.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	limits, err := r.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("NRR", nrr.Percent(1), "of", r.N, "customers,", limits.Percent(0))
	// Output:
	// NRR 106.7% of 4 customers, -92% to 306%
}

// The product of two months is the retention of nobody: who joined in between is in
// the second factor.
func ExampleMRRMovements_ChainedGRR() {
	asOf := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	subscriptions := exampleSubscriptions()
	m, err := subscriptions.Movements(kpi.Calendar{Unit: kpi.Month}, asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	chained, err := m.ChainedGRR(1, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := subscriptions.CohortGRR(kpi.Period{Start: m.Rows[1].Period.Start, End: asOf}, asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	cohort, err := r.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("product of February and March:", chained.Percent(0))
	fmt.Println("of those who were there in January:", cohort.Percent(0))
	// Output:
	// product of February and March: 60%
	// of those who were there in January: 52%
}
