package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Does the score rank leads? Last quarter's, and what became of them.
func ExampleRanking() {
	scores := []kpi.Ratio{}
	won := []bool{}
	add := func(score, of, buyers int) {
		for i := 0; i < of; i++ {
			scores, won = append(scores, kpi.Whole(int64(score))), append(won, i < buyers)
		}
	}
	add(85, 40, 18)
	add(70, 60, 15)
	add(45, 150, 15)
	add(20, 250, 12)

	ranking, err := kpi.Rank(scores, won)
	if err != nil {
		fmt.Println(err)
		return
	}
	auc, _ := ranking.AUC()
	limits, _ := ranking.AUCInterval(0.95)
	gain, _ := ranking.Gain(kpi.Percent(20))
	lift, _ := ranking.Lift(kpi.Percent(20))
	fmt.Printf("AUC %.2f, between %.2f and %.2f\n", auc, limits.Lo, limits.Hi)
	fmt.Printf("the best fifth holds %s of the buyers, %.2f times its share\n", gain.Percent(0), lift)
	// Output:
	// AUC 0.74, between 0.67 and 0.80
	// the best fifth holds 55% of the buyers, 2.75 times its share
}

func ExampleRanking_Gains() {
	ranking := kpi.Ranking{Rows: []kpi.RankRow{
		{Score: kpi.Whole(85), Outcome: kpi.Proportion{K: 18, N: 40}},
		{Score: kpi.Whole(70), Outcome: kpi.Proportion{K: 15, N: 60}},
		{Score: kpi.Whole(45), Outcome: kpi.Proportion{K: 15, N: 150}},
		{Score: kpi.Whole(20), Outcome: kpi.Proportion{K: 12, N: 250}},
	}}
	table, err := ranking.Gains(5)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table)
	// Output:
	// group  best   rate    gain  lift
	//     1   20%  33.0%   55.0%  2.75
	//     2   40%  10.0%   71.7%  1.79
	//     3   60%   7.4%   84.0%  1.40
	//     4   80%   4.8%   92.0%  1.15
	//     5  100%   4.8%  100.0%  1.00
}

// Is a better grade worth more? Yes, in every step, and by more than chance.
func ExampleRanking_Calibration() {
	ranking := kpi.Ranking{Rows: []kpi.RankRow{
		{Score: kpi.Whole(85), Outcome: kpi.Proportion{K: 18, N: 40}},
		{Score: kpi.Whole(70), Outcome: kpi.Proportion{K: 15, N: 60}},
		{Score: kpi.Whole(45), Outcome: kpi.Proportion{K: 15, N: 150}},
		{Score: kpi.Whole(20), Outcome: kpi.Proportion{K: 12, N: 250}},
	}}
	grades := kpi.Grades{{Name: "cold"}, {Name: "warm", From: kpi.Whole(40)}, {Name: "hot", From: kpi.Whole(70)}}
	outcomes, err := ranking.Calibration(grades)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(outcomes); i++ {
		limits, _ := outcomes[i].Outcome.Interval(0.95)
		fmt.Printf("%-4s %6s, %s\n", outcomes[i].Name, outcomes[i].Outcome, limits.Percent(0))
	}
	monotone, _ := outcomes.Monotone()
	trend, _ := outcomes.Trend(0.95)
	fmt.Printf("monotone %t, %.0f points a grade, p < 0.001: %t\n", monotone, 100*trend.Slope, trend.P < 0.001)
	// Output:
	// cold 12/250, 3%–8%
	// warm 15/150, 6%–16%
	// hot  33/100, 25%–43%
	// monotone true, 13 points a grade, p < 0.001: true
}
