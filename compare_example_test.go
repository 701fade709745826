package kpi_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// An A/B test of a subject line, with the sample size decided beforehand: opened
// of delivered. The interval says how much, the p-value only whether.
func ExampleComparison() {
	n, err := kpi.SampleSize(0.10, 0.12, 0.95, 0.8)
	if err != nil {
		fmt.Println(err)
		return
	}
	a, b := kpi.Proportion{K: 384, N: 3841}, kpi.Proportion{K: 470, N: 3841}
	c, err := b.Compare(a)
	if err != nil {
		fmt.Println(err)
		return
	}
	i, err := b.Diff(a, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("needed in each group:", n)
	fmt.Printf("%s against %s: p = %.4f\n", b.Percent(1), a.Percent(1), c.P)
	fmt.Printf("better by %.1f … %.1f points\n", 100*i.Lo, 100*i.Hi)
	// Output:
	// needed in each group: 3841
	// 12.2% against 10.0%: p = 0.0018
	// better by 0.8 … 3.6 points
}

func ExampleProportion_Diff() {
	// Ten of ten against none of ten: certain of the direction, not of the size.
	i, err := kpi.Proportion{K: 10, N: 10}.Diff(kpi.Proportion{K: 0, N: 10}, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f … %.0f points\n", 100*i.Lo, 100*i.Hi)
	// Output: 61 … 100 points
}

// Two quarters of churn, 20 of 200 and 15 of 180: nothing has been shown.
func ExampleProportion_Compare() {
	c, err := kpi.Proportion{K: 15, N: 180}.Compare(kpi.Proportion{K: 20, N: 200})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c)
	// Output: pooled z -0.561, p = 0.5748, difference -0.01667, n=380
}

// Small groups ask for the exact test.
func ExampleProportion_Fisher() {
	won, others := kpi.Proportion{K: 6, N: 7}, kpi.Proportion{K: 2, N: 7}
	z, err := won.Compare(others)
	if err != nil {
		fmt.Println(err)
		return
	}
	exact, err := won.Fisher(others)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("p = %.3f, warnings %v\n", z.P, z.Warnings)
	fmt.Printf("p = %.3f\n", exact.P)
	// Output:
	// p = 0.031, warnings [there are too few observations]
	// p = 0.103
}

func ExampleMean_Compare() {
	hours := func(values ...int64) kpi.Mean {
		ds := make([]decimal.Decimal, len(values))
		for i, v := range values {
			ds[i] = decimal.NewFromInt(v)
		}
		m, err := kpi.MeanOf(ds)
		if err != nil {
			fmt.Println(err)
		}
		return m
	}
	before, after := hours(5, 9, 12, 30, 8, 16), hours(4, 6, 5, 8, 7, 6)
	c, err := after.Compare(before)
	if err != nil {
		fmt.Println(err)
		return
	}
	i, err := after.Diff(before, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f hours, %.1f … %.1f, p = %.3f\n", c.Difference, i.Lo, i.Hi, c.P)
	// Output: -7.3 hours, -16.7 … 2.1, p = 0.102
}

// Two waves of a survey. Seven points more, and yet no news.
func ExampleNPS_Diff() {
	spring := kpi.NPS{Promoters: 92, Passives: 60, Detractors: 48}
	autumn := kpi.NPS{Promoters: 100, Passives: 58, Detractors: 42}
	i, err := autumn.Diff(spring, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := autumn.Compare(spring)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+.1f points, %.1f … %.1f\n", c.Difference, i.Lo, i.Hi)
	fmt.Printf("p = %.2f\n", c.P)
	// Output:
	// +7.0 points, -8.7 … 22.5
	// p = 0.38
}

func ExampleCES_NetEasyDiff() {
	before := kpi.CES{Counts: [8]int64{2: 30, 4: 20, 6: 50}}
	after := kpi.CES{Counts: [8]int64{2: 12, 4: 18, 6: 70}}
	i, err := after.NetEasyDiff(before, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := after.NetEasyCompare(before)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("net easy is up by %.0f … %.0f points, p = %.4f\n", 100*i.Lo, 100*i.Hi, c.P)
	// Output: net easy is up by 16 … 59 points, p = 0.0008
}

// Five channels were looked at. One alone is below 0.05 by itself, and none of
// the family of five is.
func ExampleHolm() {
	p := []float64{0.30, 0.02, 0.65, 0.11, 0.08}
	adjusted, err := kpi.Holm(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", adjusted)
	// Output: [0.60 0.10 0.65 0.33 0.32]
}

func ExampleBenjaminiHochberg() {
	adjusted, err := kpi.BenjaminiHochberg([]float64{0.001, 0.04, 0.03, 0.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f\n", adjusted)
	// Output: [0.004 0.053 0.053 0.500]
}

// How many, before anybody is asked.
func ExampleSampleSize() {
	two, err := kpi.SampleSize(0.10, 0.12, 0.95, 0.8)
	if err != nil {
		fmt.Println(err)
		return
	}
	share, err := kpi.SampleSizeShare(0.5, 0.05, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	nps, err := kpi.SampleSizeNPS(5, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, err := kpi.SampleSizeMean(20, 2, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("to tell 10% from 12%, in each group:", two)
	fmt.Println("for any share to ±5 points:         ", share)
	fmt.Println("for any NPS to ±5 points:           ", nps)
	fmt.Println("for a mean to a tenth of its spread:", mean)
	// Output:
	// to tell 10% from 12%, in each group: 3841
	// for any share to ±5 points:          381
	// for any NPS to ±5 points:            1533
	// for a mean to a tenth of its spread: 387
}
