package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// At 21 a month, customers of whom 7 in 300 leave each month are worth exactly
// 900. Who rounds the churn first gets another number.
func ExampleRatio() {
	churn := kpi.Must(kpi.NewRatio(7, 300))
	months := kpi.Must(kpi.Whole(1).Over(churn))
	fmt.Printf("churn %v, shown as %s\n", churn, churn.Percent(2))
	fmt.Printf("lifetime %v months, shown as %.1f\n", months, months)
	fmt.Println("value", months.Mul(kpi.Whole(21)))

	rounded := kpi.Must(kpi.ParseRatio(churn.Percent(2)))
	fmt.Println("value from the rounded churn", kpi.Must(kpi.Whole(21).Over(rounded)).Round(2))
	// Output:
	// churn 7/300, shown as 2.33%
	// lifetime 300/7 months, shown as 42.9
	// value 900
	// value from the rounded churn 901.29
}

func ExampleNewRatio() {
	r, err := kpi.NewRatio(15, 180)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r, r.Percent(1))

	_, err = kpi.NewRatio(15, 0)
	fmt.Println(err)
	// Output:
	// 1/12 8.3%
	// kpi: NewRatio: the denominator is zero: 15/0
}

func ExampleRatioOf() {
	price, err := kpi.RatioOf(decimal.New(1999, -2))
	if err != nil {
		fmt.Println(err)
		return
	}
	third, err := price.Over(kpi.Whole(3))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(third, "or", third.Round(2))
	// Output: 1999/300 or 6.66
}

func ExampleParseRatio() {
	for _, s := range []string{"0.7", "7/10", "70%", "7e-1", "½"} {
		r, err := kpi.ParseRatio(s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(r)
	}
	// Output:
	// 0.7
	// 0.7
	// 0.7
	// 0.7
	// kpi: ParseRatio: the text cannot be read: "½"
}

func ExampleRatio_Round() {
	r := kpi.Must(kpi.ParseRatio("1.005"))
	fmt.Println(r.Round(2), r.RoundBank(2))

	revenue := kpi.Whole(123450)
	fmt.Println(revenue.Round(-3), revenue.Round(-2), revenue.RoundBank(-2))
	// Output:
	// 1.01 1
	// 123000 123500 123400
}

func ExampleRatio_In() {
	revenue := kpi.Whole(123456789)
	fmt.Println(revenue.In(10000, 2), "万元")
	// Output: 12345.68 万元
}

func ExampleRatio_Pow() {
	month := kpi.Percent(97) // kept each month
	year, err := month.Pow(12)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("kept in a year:", year.Percent(1))
	fmt.Println("lost in a year:", year.Complement().Percent(1))
	// Output:
	// kept in a year: 69.4%
	// lost in a year: 30.6%
}

// A root leaves the exact chain: it is rounded, to 34 digits.
func ExampleRatio_Root() {
	year := kpi.Must(kpi.ParseRatio("0.694"))
	month, err := year.Root(12)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(month.Round(4))
	// Output: 0.97
}

// %v is exact, %f rounds; width and flags are those of floats.
func ExampleRatio_Format() {
	r := kpi.Must(kpi.NewRatio(5000, 21))
	fmt.Printf("%v|%.2f|%10.2f|%+.1f|%-8.1f|\n", r, r, r, r, r)
	// Output: 5000/21|238.10|    238.10|+238.1|238.1   |
}
