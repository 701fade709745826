package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// 200 an order, 5 orders a year, 2 years.
func ExampleCLV() {
	zhang := kpi.CLV{OrderValue: kpi.Whole(200), Orders: kpi.Whole(5)}
	revenue, err := zhang.Revenue(kpi.Whole(2))
	if err != nil {
		fmt.Println(err)
		return
	}
	profit, err := zhang.Profit(kpi.Whole(2), kpi.Percent(40))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("revenue %.2f, gross profit %.2f\n", revenue, profit)
	// Output: revenue 2000.00, gross profit 800.00
}

// A lifespan from churn is a Ratio, and stays one: 21 a month at a churn of 7 in
// 300 is exactly 900.
func ExampleCLV_Revenue() {
	months, err := kpi.Churn{Start: 300, Lost: 7}.Lifespan()
	if err != nil {
		fmt.Println(err)
		return
	}
	clv, err := kpi.CLV{OrderValue: kpi.Whole(21), Orders: kpi.Whole(1)}.Revenue(months)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", clv)
	// Output: 900.00
}

// One customer, one name, four numbers: 1000 a year, kept at 80 %, discounted at
// 10 %.
func ExampleRetentionCLV() {
	r, d := kpi.Percent(80), kpi.Percent(10)
	timings := []kpi.Timing{kpi.IfRetained, kpi.InArrears, kpi.InAdvance}
	for i := 0; i < len(timings); i++ {
		clv, err := kpi.RetentionCLV{Margin: kpi.Whole(1000), Timing: timings[i]}.Perpetuity(r, d)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-12s %.2f\n", timings[i], clv)
	}
	simplified, err := kpi.RetentionCLV{Margin: kpi.Whole(1000)}.AnnualSimplified(r, d)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%-12s %.2f\n", "simplified", simplified)
	// Output:
	// if retained  2666.67
	// in arrears   3333.33
	// in advance   3666.67
	// simplified   8000.00
}

// The simplified formula is right if its "discount" means 1 + d − r: discount and
// churn together, 0.3 here.
func ExampleRetentionCLV_AnnualSimplified() {
	customer := kpi.RetentionCLV{Margin: kpi.Whole(1000)}
	clv, err := customer.AnnualSimplified(kpi.Percent(80), kpi.Percent(30))
	if err != nil {
		fmt.Println(err)
		return
	}
	exact, err := customer.Perpetuity(kpi.Percent(80), kpi.Percent(10))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f %t\n", clv, clv.Equal(exact))
	// Output: 2666.67 true
}

func ExampleRetentionCLV_Horizon() {
	customer := kpi.RetentionCLV{Margin: kpi.Whole(1000), Timing: kpi.InArrears}
	years := []int{1, 3, 5, 10, 30}
	for i := 0; i < len(years); i++ {
		clv, err := customer.Horizon(kpi.Percent(80), kpi.Percent(10), years[i])
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%2d margins %8.2f\n", years[i], clv)
	}
	// Output:
	//  1 margins   909.09
	//  3 margins  2051.09
	//  5 margins  2655.12
	// 10 margins  3195.34
	// 30 margins  3333.10
}

// Customers leave early or hardly at all: a curve knows, a single rate does not.
func ExampleRetentionCLV_Curve() {
	customer := kpi.RetentionCLV{Margin: kpi.Whole(1000), Timing: kpi.InAdvance}
	curve := []kpi.Ratio{kpi.Percent(60), kpi.Percent(80), kpi.Percent(90)}
	observed, err := customer.Curve(curve, kpi.Percent(10))
	if err != nil {
		fmt.Println(err)
		return
	}
	endless, err := customer.CurveForever(curve, kpi.Percent(10))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("nobody after the curve: %.2f\n", observed)
	fmt.Printf("90%% for ever after:     %.2f\n", endless)
	// Output:
	// nobody after the curve: 2266.72
	// 90% for ever after:     3727.27
}

func ExampleCashFlows_PresentValue() {
	// The cost of winning the customer, and three years of margin.
	customer := kpi.CashFlows{
		decimal.New(-300, 0), decimal.New(150, 0), decimal.New(120, 0), decimal.New(100, 0),
	}
	value, err := customer.PresentValue(kpi.Percent(10))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", value)
	// Output: 10.67
}
