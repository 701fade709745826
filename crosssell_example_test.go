package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// What to offer whom: what buyers of a line have as well, against what all have.
func ExampleCrossSell() {
	customers := [][]string{
		{"printer", "ink"},
		{"printer", "ink", "paper"},
		{"printer", "ink"},
		{"printer"},
		{"ink"},
		{"ink"},
		{"paper"},
		{"paper", "ink"},
		{"paper"},
		{"ink"},
	}
	var sales kpi.CrossSell
	for i := 0; i < len(customers); i++ {
		if err := sales.Add(customers[i]...); err != nil {
			fmt.Println(err)
			return
		}
	}
	rate, err := sales.Rate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("交叉销售率", rate, rate.Percent(0))
	fmt.Print(sales)
	attach, err := sales.Attach("paper", "printer")
	if err != nil {
		fmt.Println(err)
		return
	}
	if attach.K < attach.N/2 {
		fmt.Printf("%s with a printer have paper: offer it\n", attach)
	}
	// Output:
	// 交叉销售率 4/10 40%
	// line     customers  share    ink  paper  printer
	// ink              7  70.0%         28.6%    42.9%
	// paper            4  40.0%  50.0%           25.0%
	// printer          4  40.0%  75.0%  25.0%
	// 1/4 with a printer have paper: offer it
}

// Plans have prices that do not vary by chance.
func ExampleUpSell() {
	plans := [][2]int64{{10, 20}, {10, 10}, {20, 20}, {20, 10}, {10, 50}, {20, 20}}
	var moves kpi.UpSell
	for i := 0; i < len(plans); i++ {
		if err := moves.Add(decimal.NewFromInt(plans[i][0]), decimal.NewFromInt(plans[i][1])); err != nil {
			fmt.Println(err)
			return
		}
	}
	up, err := moves.Rate()
	if err != nil {
		fmt.Println(err)
		return
	}
	down, err := moves.DownRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("升级", up, "降级", down)
	// Output:
	// 升级 2/6 降级 1/6
}
