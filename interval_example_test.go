package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

func ExampleInterval() {
	i, err := kpi.Proportion{K: 9, N: 11}.Interval(0.90)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(i)
	fmt.Println(i.Percent(0), "holds a half:", i.Contains(0.5))
	// Output:
	// [0.5729, 0.9379] 90% n=11 (there are too few observations)
	// 57%–94% holds a half: false
}

// Two shops have nearly the same score, and head office asks which to copy: the
// rule is to act on a score that is surely above the chain's 30. The one with a
// thousand answers is above it. The one with eleven may be just lucky, and its next
// step is to ask more customers.
func ExampleInterval_elevenAnswers() {
	shops := []struct {
		name   string
		survey kpi.NPS
	}{
		{"eleven", kpi.NPS{Promoters: 6, Passives: 4, Detractors: 1}},
		{"a thousand", kpi.NPS{Promoters: 545, Passives: 364, Detractors: 91}},
	}
	for _, shop := range shops {
		score, err := shop.survey.Score()
		if err != nil {
			fmt.Println(err)
			return
		}
		i, err := shop.survey.Interval(0.95)
		if err != nil {
			fmt.Println(err)
			return
		}
		decision := "ask more customers"
		if i.Lo > 30 {
			decision = "copy it"
		}
		fmt.Printf("%-10s %.0f (%.0f … %.0f): %s %v\n", shop.name, score, i.Lo, i.Hi, decision, i.Warnings)
	}
	// Output:
	// eleven     45 (-2 … 75): ask more customers [there are too few observations]
	// a thousand 45 (41 … 49): copy it []
}
