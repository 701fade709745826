package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Simpson's paradox: the new checkout converts better on phones and on desktops,
// and worse in all, because it was shown mostly on phones.
func ExampleStrata() {
	strata := kpi.Strata{
		{Name: "phone", A: kpi.Proportion{K: 90, N: 900}, B: kpi.Proportion{K: 8, N: 100}},
		{Name: "desktop", A: kpi.Proportion{K: 35, N: 100}, B: kpi.Proportion{K: 270, N: 900}},
	}
	crude, err := kpi.Proportion{K: 125, N: 1000}.Compare(kpi.Proportion{K: 278, N: 1000})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := strata.Compare()
	if err != nil {
		fmt.Println(err)
		return
	}
	odds, err := strata.CommonOddsRatio()
	if err != nil {
		fmt.Println(err)
		return
	}
	i, err := strata.OddsRatioInterval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	hundred := kpi.Whole(100)
	fmt.Printf("crude:         %+.1f points\n", crude.Difference.Mul(hundred))
	fmt.Printf("within strata: %+.1f points, p = %.2f\n", c.Difference.Mul(hundred), c.P)
	fmt.Printf("odds ratio:    %.2f, %.2f … %.2f\n", odds, i.Lo, i.Hi)
	// Output:
	// crude:         -15.3 points
	// within strata: +3.5 points, p = 0.23
	// odds ratio:    1.26, 0.87 … 1.84
}

// Two branches on the same mix of customers.
func ExampleStandardise() {
	// New customers, then old ones.
	north := []kpi.Proportion{{K: 40, N: 400}, {K: 60, N: 200}}
	south := []kpi.Proportion{{K: 12, N: 100}, {K: 165, N: 500}}
	of := []int64{50, 50}
	n, err := kpi.Standardise(north, of)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := kpi.Standardise(south, of)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("north 16.7%, standardised", n.Percent(1))
	fmt.Println("south 29.5%, standardised", s.Percent(1))
	// Output:
	// north 16.7%, standardised 20.0%
	// south 29.5%, standardised 22.5%
}

// Conversion fell by seven points although both channels improved by five: the
// worse one grew.
func ExampleRateMix() {
	m, err := kpi.RateMix([]kpi.MixGroup{
		{Name: "social", Before: kpi.Proportion{K: 20, N: 100}, After: kpi.Proportion{K: 40, N: 160}},
		{Name: "search", Before: kpi.Proportion{K: 60, N: 100}, After: kpi.Proportion{K: 26, N: 40}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Delta, "=", m.RateEffect, "+", m.MixEffect)
	fmt.Print(m)
	// Output:
	// -0.07 = 0.05 + -0.12
	// group   before  after  rate effect  mix effect
	// social   20.0%  25.0%         3.25       -4.20
	// search   60.0%  65.0%         1.75       -7.80
	// all      40.0%  33.0%         5.00      -12.00
}

// Conversion fell by six points, and the checkout team is asked what it broke. No
// device converts worse than before: there are more phones. It is the visitors who
// have changed, and the question is where they come from.
func ExampleMix_Markdown() {
	m, err := kpi.RateMix([]kpi.MixGroup{
		{Name: "phone", Before: kpi.Proportion{K: 30, N: 300}, After: kpi.Proportion{K: 60, N: 600}},
		{Name: "desktop", Before: kpi.Proportion{K: 210, N: 700}, After: kpi.Proportion{K: 120, N: 400}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(m.Markdown())
	next := "ask where the visitors come from"
	if m.RateEffect.Sign() < 0 {
		next = "look for what broke in the checkout"
	}
	fmt.Printf("%.1f points, %.1f by the rates: %s\n", m.Delta.Mul(kpi.Whole(100)), m.RateEffect.Mul(kpi.Whole(100)), next)
	// Output:
	// | group | before | after | rate effect | mix effect |
	// | --- | ---: | ---: | ---: | ---: |
	// | phone | 10.0% | 10.0% | 0.00 | -3.30 |
	// | desktop | 30.0% | 30.0% | 0.00 | -2.70 |
	// | all | 24.0% | 18.0% | 0.00 | -6.00 |
	// -6.0 points, 0.0 by the rates: ask where the visitors come from
}
