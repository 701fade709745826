package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Four waves of satisfied customers, in months 0, 3, 6 and 12.
func ExampleShareTrend() {
	waves := []kpi.Proportion{{K: 140, N: 200}, {K: 150, N: 205}, {K: 149, N: 198}, {K: 168, N: 210}}
	t, err := kpi.ShareTrend(waves, []int64{0, 3, 6, 12}, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+.2f points a month, %.2f … %.2f, p = %.3f\n", 100*t.Slope, 100*t.Interval.Lo, 100*t.Interval.Hi, t.P)
	fmt.Println(t)
	// Output:
	// +0.82 points a month, 0.15 … 1.45, p = 0.017
	// Cochran-Armitage z 2.389, p = 0.01688, slope 0.008158 [0.0015, 0.01452] 95% n=813
}

// No wave differs from the one before it by more than chance; the line does.
func ExampleNPSTrend() {
	waves := []kpi.NPS{
		{Promoters: 80, Passives: 70, Detractors: 50},
		{Promoters: 86, Passives: 70, Detractors: 44},
		{Promoters: 91, Passives: 70, Detractors: 39},
		{Promoters: 98, Passives: 68, Detractors: 34},
	}
	t, err := kpi.NPSTrend(waves, []int64{1, 2, 3, 4}, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+.1f points a wave, %.1f … %.1f, p = %.3f\n", t.Slope, t.Interval.Lo, t.Interval.Hi, t.P)
	// Output: +5.6 points a wave, 0.9 … 10.3, p = 0.020
}

func ExampleWeightedTrend() {
	t, err := kpi.WeightedTrend([]kpi.TrendPoint{
		{At: 2022, Value: 7.1, SE: 0.2},
		{At: 2023, Value: 7.4, SE: 0.1},
		{At: 2024, Value: 7.5, SE: 0.1},
	}, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+.2f a year, %.2f … %.2f\n", t.Slope, t.Interval.Lo, t.Interval.Hi)
	// Output: +0.17 a year, -0.03 … 0.36
}
