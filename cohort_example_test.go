package kpi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// shop is a log of eight orders by four customers, as of 15 April 2026.
func shop() (*kpi.Log, kpi.CohortSpec, error) {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 12, 0, 0, 0, time.UTC) }
	events := []kpi.Event{
		{Customer: "Ann", At: day(1, 5), Amount: decimal.New(30, 0)},
		{Customer: "Ann", At: day(2, 9), Amount: decimal.New(40, 0)},
		{Customer: "Ann", At: day(4, 2), Amount: decimal.New(20, 0)},
		{Customer: "Bob", At: day(1, 31), Amount: decimal.New(10, 0)},
		{Customer: "Bob", At: day(2, 1), Amount: decimal.New(15, 0)},
		{Customer: "Cid", At: day(1, 7), Amount: decimal.New(5, 0)},
		{Customer: "Dee", At: day(3, 8), Amount: decimal.New(50, 0)},
		{Customer: "Dee", At: day(4, 8), Amount: decimal.New(60, 0)},
	}
	log := &kpi.Log{}
	for i := 0; i < len(events); i++ {
		events[i].Name = "order"
		if err := log.Add(events[i]); err != nil {
			return nil, kpi.CohortSpec{}, err
		}
	}
	spec := kpi.CohortSpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC)}
	return log, spec, nil
}

// April is not over: its cells stand in parentheses, and no average takes them.
func ExampleLog_Cohorts() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(cohorts)
	// Output:
	// cohort   n       0         1     2        3
	// 2026-01  3  100.0%     66.7%  0.0%  (33.3%)
	// 2026-02  0       –         –     –
	// 2026-03  1  100.0%  (100.0%)
	// 2026-04  0       –
}

func ExampleCohorts_Markdown() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	spec.Periods = 2
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(cohorts.Markdown())
	// Output:
	// | cohort | n | 0 | 1 |
	// | --- | ---: | ---: | ---: |
	// | 2026-01 | 3 | 100.0% | 66.7% |
	// | 2026-02 | 0 | – | – |
	// | 2026-03 | 1 | 100.0% | (100.0%) |
	// | 2026-04 | 0 | – |  |
}

// Each customer has months of their own: Bob's first lasts until 28 February, so
// that his order of 1 February is of age 0.
func ExampleCohortSpec() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	spec.Ages = kpi.AgesByCustomer
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(cohorts)
	// Output:
	// cohort (ages by customer)  n       0      1      2
	// 2026-01                    3  100.0%  33.3%  50.0%
	// 2026-02                    0
	// 2026-03                    1  100.0%
	// 2026-04                    0
}

// With a horizon of one month, "active at age k" is "active in month k or k+1".
func ExampleCohortSpec_rolling() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	spec.Rolling, spec.Horizon, spec.Periods = true, 1, 3
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(cohorts)
	// Output:
	// cohort (rolling, H = 1)  n         0         1        2
	// 2026-01                  3    100.0%     66.7%  (33.3%)
	// 2026-02                  0         –         –        –
	// 2026-03                  1  (100.0%)  (100.0%)
	// 2026-04                  0         –
}

// A refund takes its money back, and nobody came back with it.
func ExampleCohortSpec_refunds() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	refund := kpi.Event{Customer: "Cid", Name: "order", At: time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC), Amount: decimal.New(-5, 0)}
	if err := log.Add(refund); err != nil {
		fmt.Println(err)
		return
	}
	_, err = log.Cohorts(context.Background(), spec)
	fmt.Println(err)
	spec.Refunds, spec.Periods = kpi.RefundsNetted, 2
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(cohorts)
	fmt.Print(cohorts.Amounts(2))
	// Output:
	// kpi: Log.Cohorts[8]: a count or an amount is negative: Amount = "-5", Refunds = refused
	// cohort   n       0         1
	// 2026-01  3  100.0%     66.7%
	// 2026-02  0       –         –
	// 2026-03  1  100.0%  (100.0%)
	// 2026-04  0       –
	// cohort   n       0        1
	// 2026-01  3   45.00    50.00
	// 2026-02  0    0.00     0.00
	// 2026-03  1   50.00  (60.00)
	// 2026-04  0  (0.00)
}

func ExampleCohorts_Retention() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, final := cohorts.Retention(0, 1)
	fmt.Println("January's customers in February:", p, p.Percent(1), final)
	p, final = cohorts.Retention(0, 3)
	fmt.Println("and so far in April:            ", p, p.Percent(1), final)
	// Output:
	// January's customers in February: 2/3 66.7% true
	// and so far in April:             1/3 33.3% false
}

// Two of ten came back, and none of a hundred: the cohorts' mean is 10 %, the
// customers' 1.8 %.
func ExampleCohorts_Average() {
	cohort := func(active, base int64) kpi.Cohort {
		return kpi.Cohort{Size: base, Cells: []kpi.CohortCell{{Active: active, Base: base, Complete: true}}}
	}
	cohorts := kpi.Cohorts{Rows: []kpi.Cohort{cohort(2, 10), cohort(0, 100)}}
	pooled, err := cohorts.Average(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	simple, err := cohorts.SimpleAverage(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("of all customers:", pooled.Percent(1))
	fmt.Println("of the cohorts:  ", simple.Percent(1))
	// Output:
	// of all customers: 1.8%
	// of the cohorts:   10.0%
}

func ExampleCohorts_SimpleAverage() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	simple, err := cohorts.SimpleAverage(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("of complete cohorts only:", simple.Percent(1))
	// Output:
	// of complete cohorts only: 66.7%
}

func ExampleCohorts_Amounts() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(cohorts.Amounts(2))
	// Output:
	// cohort   n       0        1       2        3
	// 2026-01  3   45.00    55.00    0.00  (20.00)
	// 2026-02  0    0.00     0.00  (0.00)
	// 2026-03  1   50.00  (60.00)
	// 2026-04  0  (0.00)
}

// What a customer has brought by each age, on average over the cohort.
func ExampleCohorts_CumulativeValues() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(cohorts.CumulativeValues(2))
	v, final := cohorts.CumulativeValue(0, 1)
	fmt.Printf("by the end of February: %.2f %t\n", v, final)
	// Output:
	// cohort   n      0         1      2        3
	// 2026-01  3  15.00     33.33  33.33  (40.00)
	// 2026-02  0      –         –      –
	// 2026-03  1  50.00  (110.00)
	// 2026-04  0      –
	// by the end of February: 33.33 true
}

// Who was active at an age or later may yet be: without a horizon nothing is final.
func ExampleCohorts_Provisional() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	spec.Rolling, spec.Periods = true, 3
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cohorts.Provisional())
	fmt.Print(cohorts)
	// Output:
	// true
	// cohort (rolling)  n         0         1        2
	// 2026-01           3  (100.0%)   (66.7%)  (33.3%)
	// 2026-02           0         –         –        –
	// 2026-03           1  (100.0%)  (100.0%)
	// 2026-04           0         –
}

// A Cohorts is a grid of gonum/plot: plotter.NewHeatMap draws it.
func ExampleCohorts_Z() {
	log, spec, err := shop()
	if err != nil {
		fmt.Println(err)
		return
	}
	cohorts, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	columns, rows := cohorts.Dims()
	for row := 0; row < rows; row++ {
		for column := 0; column < columns; column++ {
			fmt.Printf("%5.2f", cohorts.Z(column, row))
		}
		fmt.Println()
	}
	// Output:
	// 1.00 0.67 0.00  NaN
	//   NaN  NaN  NaN  NaN
	//  1.00  NaN  NaN  NaN
	//   NaN  NaN  NaN  NaN
}

// Each machine answers for its own customers, and the answers are added.
func ExampleCohorts_Merge() {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	spec := kpi.CohortSpec{AsOf: time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)}
	var total kpi.Cohorts
	names := []string{"Ann", "Bob"}
	for i := 0; i < len(names); i++ {
		var log kpi.Log
		if err := log.Add(kpi.Event{Customer: names[i], Name: "visit", At: at.AddDate(0, 0, i)}); err != nil {
			fmt.Println(err)
			return
		}
		cohorts, err := log.Cohorts(context.Background(), spec)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := total.Merge(cohorts); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Print(&total)
	// Output:
	// cohort      n       0     1
	// 2026-03-02  1  100.0%  0.0%
	// 2026-03-03  1  100.0%
}
