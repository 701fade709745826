package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// Large accounts answer more readily than small ones: forty of 100 against twenty
// of 900. Each answer stands for the customers of its segment by its answers.
func ExampleWeightedSurvey() {
	survey := kpi.WeightedSurvey{Scale: kpi.Scale{Min: 0, Max: 10, TopFrom: 9}}
	add := func(score, answers int, weight decimal.Decimal) {
		for i := 0; i < answers; i++ {
			if err := survey.Add(score, weight); err != nil {
				fmt.Println(err)
				return
			}
		}
	}
	large, small := decimal.New(25, -1), decimal.New(45, 0)
	add(10, 30, large)
	add(7, 10, large)
	add(9, 6, small)
	add(8, 6, small)
	add(3, 8, small)

	nps, err := survey.NPS()
	if err != nil {
		fmt.Println(err)
		return
	}
	n, _ := survey.EffectiveN()
	i, _ := survey.NPSInterval(1000, 0.95)
	plain, _ := kpi.NPS{Promoters: 36, Passives: 16, Detractors: 8}.Score()
	fmt.Printf("unweighted %+.0f\n", plain)
	fmt.Printf("weighted   %+.1f (%.0f … %.0f), %d answers tell as much as %.0f\n", nps, i.Lo, i.Hi, i.N, n)
	// Output:
	// unweighted +47
	// weighted   -1.5 (-32 … 29), 60 answers tell as much as 25
}

// Asking everybody leaves nothing open, and asking half of them not much.
func ExampleWeightedSurvey_TopBoxInterval() {
	var survey kpi.WeightedSurvey
	for i := 0; i < 40; i++ {
		score := 5
		if i%4 == 0 {
			score = 2
		}
		if err := survey.Add(score, decimal.New(1, 0)); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, customers := range []int64{0, 80, 40} {
		i, err := survey.TopBoxInterval(customers, 0.95)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("of %d: %s\n", customers, i.Percent(0))
	}
	// Output:
	// of 0: 60%–86%
	// of 80: 64%–83%
	// of 40: 75%–75%
}

func ExampleWeightedSurvey_MeanInterval() {
	var survey kpi.WeightedSurvey
	for i := 0; i < 50; i++ {
		score, weight := 5, int64(1)
		if i%3 == 0 {
			score, weight = 3, 4
		}
		if err := survey.Add(score, decimal.NewFromInt(weight)); err != nil {
			fmt.Println(err)
			return
		}
	}
	mean, _ := survey.Mean()
	i, err := survey.MeanInterval(0, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f (%.2f … %.2f)\n", mean, i.Lo, i.Hi)
	// Output: 3.65 (3.39 … 3.92)
}
