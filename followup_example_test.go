package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
	"github.com/shopspring/decimal"
)

// contacts returns the follow-ups of some deals in March 2026.
func contacts() kpi.FollowUps {
	at := func(d, h int) time.Time { return time.Date(2026, 3, d, h, 0, 0, 0, time.UTC) }
	return kpi.FollowUps{
		{Deal: "d1", Rep: "李", Due: at(2, 9), At: at(2, 10), Medium: "phone", Outcome: kpi.FollowUpAnswered},
		{Deal: "d1", Rep: "李", Due: at(9, 9), At: at(9, 11), Medium: "phone", Outcome: kpi.FollowUpMovedOn},
		{Deal: "d2", Rep: "李", Due: at(3, 9), At: at(5, 16), Medium: "e-mail"},
		{Deal: "d2", Rep: "李", Due: at(12, 9), At: at(12, 10), Medium: "phone", Outcome: kpi.FollowUpAnswered},
		{Deal: "d3", Rep: "王", Due: at(4, 9), Medium: "phone"},
		{Deal: "d3", Rep: "王", At: at(20, 15), Medium: "e-mail"},
		{Deal: "d4", Rep: "王", Due: at(27, 9), Medium: "visit"},
	}
}

func ExampleFollowUps() {
	march := kpi.Calendar{Unit: kpi.Month}.Of(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	fs := contacts()
	n, err := fs.Volume(march)
	if err != nil {
		fmt.Println(err)
		return
	}
	answered, _ := fs.ResponseRate(march)
	moved, _ := fs.Efficiency(march)
	missed, _ := fs.MissedRate(march, time.Date(2026, 3, 25, 0, 0, 0, 0, time.UTC))
	gaps, _ := fs.Gaps(march)
	gap, _ := gaps.Quantile(kpi.Percent(50), kpi.Type7)
	fmt.Println("done:    ", n)
	fmt.Println("answered:", answered, answered.Percent(0))
	fmt.Println("moved on:", moved, moved.Percent(0))
	fmt.Println("missed:  ", missed, missed.Percent(0))
	fmt.Println("days between two:", gap.In(86400, 1))
	// Output:
	// done:     5
	// answered: 3/5 60%
	// moved on: 1/5 20%
	// missed:   1/5 20%
	// days between two: 6.9
}

// Each follow-up wins about one deal in ten, the second as well as the first. The
// won out of all with exactly two would say half.
func ExampleFollowUps_Successes() {
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	var deals kpi.Deals
	var fs kpi.FollowUps
	groups := []struct {
		deals, followUps int
		state            kpi.DealState
	}{
		{10, 1, kpi.DealWon}, {60, 1, kpi.DealLost}, {3, 2, kpi.DealWon}, {3, 2, kpi.DealLost}, {20, 3, kpi.DealLost}, {4, 3, kpi.DealOpen},
	}
	for i := 0; i < len(groups); i++ {
		g := groups[i]
		for n := 0; n < g.deals; n++ {
			d := kpi.Deal{ID: fmt.Sprintf("%d.%d", i, n), Value: decimal.NewFromInt(1000), Created: day(1), State: g.state}
			if g.state != kpi.DealOpen {
				d.Closed = day(9)
			}
			deals = append(deals, d)
			for k := 0; k < g.followUps; k++ {
				fs = append(fs, kpi.FollowUp{Deal: d.ID, At: day(2 + k), Medium: "phone"})
			}
		}
	}
	byNumber, err := fs.Successes(deals, day(31))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(byNumber)
	// Output:
	// follow-ups  reached  won  lost  pending   rate
	//          0      100    0     0        0   0.0%
	//          1      100   10    60        0  10.0%
	//          2       30    3     3        0  10.0%
	//          3       24    0    20        4   0.0%
}

// Seven weekdays and three media are ten tests, of which one is likely to look good
// by chance: only what stands out after Holm's method is worth a change.
func ExampleFollowUps_Rates() {
	var fs kpi.FollowUps
	media := []string{"phone", "e-mail", "visit"}
	for i := 0; i < 90; i++ {
		f := kpi.FollowUp{
			Deal: fmt.Sprint(i), Medium: media[i%3],
			At: time.Date(2026, 3, 2+i%5, 9+i%8, 0, 0, 0, time.UTC),
		}
		if i/15 < 2 || f.Medium == "phone" && i/15 < 4 { // two calls in three, and of the rest one
			f.Outcome = kpi.FollowUpAnswered
		}
		fs = append(fs, f)
	}
	rates, err := fs.Rates(kpi.FollowUpSpec{
		By:      []kpi.FollowUpBy{kpi.ByMedium, kpi.ByWeekday},
		Outcome: kpi.FollowUpAnswered,
		Period:  kpi.Calendar{Unit: kpi.Month}.Of(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(rates.Cells); i++ {
		c := rates.Cells[i]
		if c.Adjusted <= 0.05 {
			fmt.Printf("%s: %s, p = %.2g of %d tests\n", c.Name, c.Rate.Percent(0), c.Adjusted, len(rates.Cells))
		}
	}
	// Output: phone: 67%, p = 0.035 of 10 tests
}
