package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// What is our customer lifespan? The mean of those who have left counts the short
// lives alone. The median has limits, and here no upper one: too many are still
// there.
func ExampleSurvival_Median() {
	months := kpi.Lifetimes{
		{Exit: 9, Ended: true},
		{Exit: 13, Ended: true},
		{Exit: 13},
		{Exit: 18, Ended: true},
		{Exit: 23, Ended: true},
		{Exit: 28},
		{Exit: 31, Ended: true},
		{Exit: 34, Ended: true},
		{Exit: 45},
		{Exit: 48, Ended: true},
		{Exit: 61},
	}
	var sum, left float64
	for i := 0; i < len(months); i++ {
		if months[i].Ended {
			sum += months[i].Exit
			left++
		}
	}
	s, err := months.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	median, err := s.Median()
	if err != nil {
		fmt.Println(err)
		return
	}
	limits, err := s.MedianInterval(0.95, kpi.LogLogBand)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("mean of those who left: %.1f months\n", sum/left)
	fmt.Printf("median: %.0f months, %v\n", median, limits)
	// Output:
	// mean of those who left: 25.1 months
	// median: 31 months, [13, +Inf] 95% n=11 (there are too few observations) (the answer lies beyond the stated bound)
}

func ExampleSurvival_Quantile() {
	s, err := kpi.Lifetimes{
		{Exit: 2, Ended: true}, {Exit: 4, Ended: true}, {Exit: 7}, {Exit: 9, Ended: true}, {Exit: 11},
	}.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	quarter, err := s.Quantile(0.25)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("a quarter have left by month %.0f\n", quarter)
	_, err = s.Quantile(0.9)
	fmt.Println(err)
	// Output:
	// a quarter have left by month 4
	// kpi: Survival.Quantile: the answer lies beyond the stated bound: At(11) = 0.3 > 1−p = 0.1, t ≤ 11
}

// Most customers are still there and there is no median yet, but the time spent
// here within the first year always has an answer.
func ExampleSurvival_RestrictedMean() {
	s, err := kpi.Lifetimes{
		{Exit: 2, Ended: true},
		{Exit: 5, Ended: true},
		{Exit: 8},
		{Exit: 10},
		{Exit: 12},
		{Exit: 12},
		{Exit: 13},
		{Exit: 15},
	}.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = s.Median()
	fmt.Println(err != nil)
	mean, err := s.RestrictedMean(12)
	if err != nil {
		fmt.Println(err)
		return
	}
	limits, err := s.RestrictedMeanInterval(12, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("of the first 12 months: %.1f (%.1f–%.1f)\n", mean, limits.Lo, limits.Hi)
	// Output:
	// true
	// of the first 12 months: 9.9 (7.3–12.0)
}
