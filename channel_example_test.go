package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

func ExampleChannel() {
	search := kpi.Channel{
		Name: "search", Spend: decimal.New(5000, 0), Leads: 1000, Customers: 50, Revenue: decimal.New(12000, 0),
	}
	cac, _ := search.CAC()
	rate, _ := search.ConversionRate()
	roas, _ := search.ROAS()
	fmt.Printf("CAC %.2f, converted %s, ROAS %.2f\n", cac, rate.Percent(1), roas)
	// Output: CAC 100.00, converted 5.0%, ROAS 2.40
}

// A return of 140 % on revenue is a loss of 4 % at a gross margin of 40 %.
func ExampleChannel_MarginROI() {
	search := kpi.Channel{Spend: decimal.New(5000, 0), Revenue: decimal.New(12000, 0)}
	roi, err := search.ROI()
	if err != nil {
		fmt.Println(err)
		return
	}
	onMargin, err := search.MarginROI(kpi.Percent(40))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("on revenue:", roi.Percent(1))
	fmt.Println("on margin: ", onMargin.Percent(1))
	// Output:
	// on revenue: 140.0%
	// on margin:  -4.0%
}

func ExampleChannels() {
	fmt.Print(kpi.Channels{
		{Name: "线上广告", Spend: decimal.New(5000, 0), Leads: 1000, Customers: 50, Revenue: decimal.New(20000, 0)},
		{Name: "线下活动", Spend: decimal.New(3000, 0), Leads: 80, Customers: 20, Revenue: decimal.New(3600, 0)},
		{Name: "口碑", Customers: 12, Revenue: decimal.New(4200, 0)}, // nobody counted the leads
	})
	// Output:
	// channel     spend  leads  customers   revenue  conversion     CAC     ROI  ROAS
	// 线上广告  5000.00   1000         50  20000.00        5.0%  100.00  300.0%  4.00
	// 线下活动  3000.00     80         20   3600.00       25.0%  150.00   20.0%  1.20
	// 口碑         0.00      –         12   4200.00           –    0.00       –     –
	// total     8000.00      –         82  27800.00           –   97.56  247.5%  3.48
}

func ExampleChannels_Total() {
	total, err := kpi.Channels{
		{Name: "online", Spend: decimal.New(5000, 0), Customers: 50},
		{Name: "events", Spend: decimal.New(3000, 0), Customers: 20},
	}.Total()
	if err != nil {
		fmt.Println(err)
		return
	}
	cac, err := total.CAC()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d customers at %.2f\n", total.Customers, cac)
	// Output: 70 customers at 114.29
}
