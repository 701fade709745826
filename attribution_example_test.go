package kpi_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// Two customers who bought, and one who only cost a click. By the last touch search
// has all the credit; by position the ads that began both paths pay for themselves.
func ExampleAttributionSpec() {
	march := func(d int) time.Time { return time.Date(2026, 3, d, 12, 0, 0, 0, time.UTC) }
	click := decimal.NewFromInt(3)
	paths := []kpi.Path{
		{
			Touches: []kpi.Touch{
				{At: march(1), Channel: "ads", Cost: click},
				{At: march(4), Channel: "mail"},
				{At: march(9), Channel: "search"},
			},
			Conversions: []kpi.Order{{At: march(9), Amount: decimal.NewFromInt(50)}},
		},
		{
			Touches: []kpi.Touch{
				{At: march(2), Channel: "ads", Cost: click},
				{At: march(3), Channel: "search"},
			},
			Conversions: []kpi.Order{{At: march(3), Amount: decimal.NewFromInt(20)}},
		},
		{Touches: []kpi.Touch{{At: march(5), Channel: "ads", Cost: click}}},
	}
	models := []kpi.Attribution{kpi.LastTouch, kpi.PositionBased}
	for i := 0; i < len(models); i++ {
		spec := kpi.AttributionSpec{Model: models[i], Lookback: 30 * 24 * time.Hour}
		credits, err := spec.Credit(paths...)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(models[i])
		fmt.Print(credits)
	}
	// Output:
	// last touch
	// channel         touches  conversions   share  revenue  cost   CPA      ROI  ROAS
	// ads                   3         0.00    0.0%     0.00  9.00     –  -100.0%  0.00
	// mail                  1         0.00    0.0%     0.00  0.00     –        –     –
	// search                2         2.00  100.0%    70.00  0.00  0.00        –     –
	// (unattributed)        –         0.00       –     0.00     –     –        –     –
	// total                 6         2.00       –    70.00  9.00  4.50   677.8%  7.78
	// position-based
	// channel         touches  conversions  share  revenue  cost    CPA     ROI  ROAS
	// ads                   3         0.90  45.0%    30.00  9.00  10.00  233.3%  3.33
	// mail                  1         0.20  10.0%    10.00  0.00   0.00       –     –
	// search                2         0.90  45.0%    30.00  0.00   0.00       –     –
	// (unattributed)        –         0.00      –     0.00     –      –       –     –
	// total                 6         2.00      –    70.00  9.00   4.50  677.8%  7.78
}

// A third and two thirds add to exactly one, and the money closes to the cent.
func ExampleCredits_ByChannel() {
	at := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	path := kpi.Path{
		Touches:     []kpi.Touch{{At: at(1), Channel: "mail"}, {At: at(2), Channel: "ads"}, {At: at(3), Channel: "mail"}},
		Conversions: []kpi.Order{{At: at(5), Amount: decimal.NewFromInt(100)}},
	}
	credits, err := kpi.AttributionSpec{Model: kpi.Linear, Lookback: 7 * 24 * time.Hour}.Credit(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	mail, _ := credits.ByChannel("mail")
	ads, _ := credits.ByChannel("ads")
	fmt.Println(mail.Conversions, "+", ads.Conversions, "=", mail.Conversions.Add(ads.Conversions))
	fmt.Printf("%.2f + %.2f = %.2f\n", mail.Revenue, ads.Revenue, mail.Revenue.Add(ads.Revenue))
	// Output:
	// 2/3 + 1/3 = 1
	// 66.67 + 33.33 = 100.00
}
