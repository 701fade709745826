package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Print the shares with the score: +45 may be 60 less 15, or 45 less nobody.
func ExampleNPS() {
	survey := kpi.NPS{Promoters: 120, Passives: 50, Detractors: 30}
	score, err := survey.Score()
	if err != nil {
		fmt.Println(err)
		return
	}
	promoters, _ := survey.PromoterShare()
	passives, _ := survey.PassiveShare()
	detractors, _ := survey.DetractorShare()
	fmt.Printf("%+.0f of %d answers\n", score, survey.N())
	fmt.Println(promoters.Percent(0), passives.Percent(0), detractors.Percent(0))
	// Output:
	// +45 of 200 answers
	// 60% 25% 15%
}

func ExampleNPS_Add() {
	var survey kpi.NPS
	answers := []int{10, 9, 8, 3, 11}
	for i := 0; i < len(answers); i++ {
		if err := survey.Add(answers[i]); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Printf("%+v\n", survey)
	// Output:
	// kpi: NPS.Add: a score lies outside its scale: 11 ∉ [0, 10]
	// {Promoters:2 Passives:1 Detractors:1}
}

// A batch is counted as a whole, or not at all.
func ExampleNPS_AddAll() {
	var survey kpi.NPS
	fmt.Println(survey.AddAll([]int{10, 9, 8, -1, 3}))
	fmt.Println(survey.N(), "answers")
	if err := survey.AddAll([]int{1, 7, 7, 8, 9, 10}); err != nil {
		fmt.Println(err)
		return
	}
	score, err := survey.Score()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f\n", score)
	// Output:
	// kpi: NPS.AddAll[3]: a score lies outside its scale: -1 ∉ [0, 10]
	// 0 answers
	// 16.7
}

func ExampleNPS_Merge() {
	north := kpi.NPS{Promoters: 30, Passives: 10, Detractors: 10}
	south := kpi.NPS{Promoters: 10, Passives: 20, Detractors: 120}
	all := north
	if err := all.Merge(south); err != nil {
		fmt.Println(err)
		return
	}
	a, _ := north.Score()
	b, _ := south.Score()
	c, _ := all.Score()
	fmt.Printf("%+.0f and %+.1f are %+.0f together, not %+.1f\n", a, b, c, kpi.Must(a.Add(b).Over(kpi.Whole(2))))
	// Output: +40 and -73.3 are -45 together, not -16.7
}

// Ten promoters and nobody else do not make a certain 100.
func ExampleNPS_Interval() {
	for _, survey := range []kpi.NPS{{Promoters: 10}, {Promoters: 120, Passives: 50, Detractors: 30}} {
		i, err := survey.Interval(0.95)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.1f … %.1f (n = %d)\n", i.Lo, i.Hi, i.N)
	}
	// Output:
	// 44.5 … 100.0 (n = 10)
	// 34.1 … 54.6 (n = 200)
}

func ExampleNPS_AdjustedWald() {
	i, err := kpi.NPS{Promoters: 120, Passives: 50, Detractors: 30}.AdjustedWald(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f … %.1f\n", i.Lo, i.Hi)
	// Output: 34.1 … 54.5
}
