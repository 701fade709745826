package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// 王 won three of three and leads the raw table; nobody would bet that the next ten
// are won.
func ExampleDeals_Scorecard() {
	march := kpi.Calendar{Unit: kpi.Month}.Of(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	var deals kpi.Deals
	team := []struct {
		rep       string
		won, lost int
	}{{"李", 24, 16}, {"王", 3, 0}, {"张", 12, 28}, {"陈", 18, 22}}
	for i := 0; i < len(team); i++ {
		for n := 0; n < team[i].won+team[i].lost; n++ {
			d := kpi.Deal{ID: fmt.Sprint(team[i].rep, n), Owner: team[i].rep, Created: march.Start, Closed: march.Start.AddDate(0, 0, 9), State: kpi.DealWon}
			if n >= team[i].won {
				d.State = kpi.DealLost
			}
			deals = append(deals, d)
		}
	}
	card, err := deals.Scorecard(nil, nil, march)
	if err != nil {
		fmt.Println(err)
		return
	}
	shrunk, err := card.WinRates()
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(card.Rows); i++ {
		rate, _ := shrunk.Rate(i)
		fmt.Println(card.Rows[i].Rep, card.Rows[i].Wins, card.Rows[i].Wins.Percent(0), "→", rate.Percent(0))
	}
	// Output:
	// 张 12/40 30% → 33%
	// 李 24/40 60% → 57%
	// 王 3/3 100% → 59%
	// 陈 18/40 45% → 45%
}
