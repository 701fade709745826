package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
	"github.com/shopspring/decimal"
)

// quarter returns the deals of a small team.
func quarter() kpi.Deals {
	on := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	yuan := decimal.NewFromInt
	return kpi.Deals{
		{ID: "d1", Owner: "李", Value: yuan(60000), Created: on(1, 5), Closed: on(2, 4), State: kpi.DealWon},
		{ID: "d2", Owner: "李", Value: yuan(20000), Created: on(1, 9), Closed: on(1, 29), State: kpi.DealWon},
		{ID: "d3", Owner: "王", Value: yuan(200000), Created: on(1, 12), Closed: on(3, 2), State: kpi.DealLost, Reason: "price"},
		{
			ID: "d4", Owner: "王", Value: yuan(50000), Created: on(2, 2), State: kpi.DealOpen,
			Changes: []kpi.StageChange{{Stage: "offer", At: on(2, 20)}},
		},
		{
			ID: "d5", Owner: "李", Value: yuan(90000), Created: on(2, 9), State: kpi.DealOpen,
			Changes: []kpi.StageChange{{Stage: "offer", At: on(2, 16)}, {Stage: "talks", At: on(3, 9)}},
		},
		{ID: "d6", Owner: "王", Value: yuan(30000), Created: on(3, 16), State: kpi.DealOpen},
	}
}

// Two deals in three are won, and they are the small ones: of the money it is not a
// third.
func ExampleDeals() {
	deals := quarter()
	q1 := kpi.Calendar{Unit: kpi.Quarter}.Of(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	rate, err := deals.WinRate(q1)
	if err != nil {
		fmt.Println(err)
		return
	}
	byValue, err := deals.ValueWinRate(q1)
	if err != nil {
		fmt.Println(err)
		return
	}
	money, _ := byValue.Ratio()
	velocity, err := deals.Velocity(q1, q1.End)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("deals won:", rate, rate.Percent(0))
	fmt.Println("value won:", money.Percent(0))
	fmt.Printf("a day:     %.0f\n", velocity)
	// Output:
	// deals won: 2/3 67%
	// value won: 29%
	// a day:     3200
}

// Of the deals of one quarter half are still open: the rate of all of them is known
// within a range only.
func ExampleDeals_Cohort() {
	asOf := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	q1 := kpi.Calendar{Unit: kpi.Quarter}.Of(asOf.AddDate(0, 0, -1))
	created, err := quarter().Cohort(q1, asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	decided, _ := created.WinRate()
	least, _ := created.LeastRate()
	most, _ := created.MostRate()
	fmt.Printf("%d open: %s of those decided, %s to %s of all\n", created.Open, decided.Percent(0), least.Percent(0), most.Percent(0))
	// Output: 3 open: 67% of those decided, 33% to 83% of all
}

// The deals won so far took 25 days. Half of all deals take twice that, as those that
// are still open show.
func ExampleDeals_Cycle() {
	asOf := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	q1 := kpi.Calendar{Unit: kpi.Quarter}.Of(asOf.AddDate(0, 0, -1))
	deals := quarter()
	cycle, err := deals.Cycle(q1)
	if err != nil {
		fmt.Println(err)
		return
	}
	median, _ := cycle.Quantile(kpi.Percent(50), kpi.Type7)
	lives, err := deals.Lifetimes(asOf, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	open, err := lives.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	half, err := open.Median()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("median of the won:", median.In(86400, 0), "days")
	fmt.Println("half are closed by:", half, "days")
	// Output:
	// median of the won: 25 days
	// half are closed by: 49 days
}

func ExampleDeals_Pipeline() {
	table, err := quarter().Pipeline(kpi.PipelineSpec{
		Stages: []string{"contact", "offer", "talks"},
		AsOf:   time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	weighted, err := table.Weighted([]kpi.Ratio{kpi.Percent(20), kpi.Percent(40), kpi.Percent(70)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table)
	fmt.Printf("weighted: %.0f\n", weighted)
	// Output:
	// stage    reached  went on  lost  open     value  days  longest
	// contact        6    66.7%     1     1  30000.00  15.0       15
	// offer          4    75.0%     0     1  50000.00  39.0       39
	// talks          3    66.7%     0     1  90000.00  22.0       22
	// won            2        –     –     –         –     –        –
	// weighted: 89000
}

func ExampleDeals_Velocity() {
	april := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	january := kpi.Calendar{Unit: kpi.Month}.Of(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	deals := quarter()
	v, err := deals.Velocity(january, april)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("at the pace of January: %.0f a day\n", v)
	_, err = deals.Velocity(january.Next().Next(), april)
	fmt.Println(err)
	// Output:
	// at the pace of January: 3000 a day
	// kpi: Deals.Velocity: there are no observations: won = 0, lost = 1
}
