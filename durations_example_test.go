package kpi_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// The mean hides the tail: twenty tickets that were answered in 2 h 9 min on the
// average, of which half took less than 20 minutes and two kept a customer waiting
// for a night.
func ExampleDurations() {
	minutes := []int{4, 6, 7, 9, 11, 12, 14, 15, 17, 18, 21, 25, 31, 38, 45, 60, 95, 230, 820, 1102}
	var waits kpi.Durations
	for i := 0; i < len(minutes); i++ {
		if err := waits.Add(time.Duration(minutes[i]) * time.Minute); err != nil {
			fmt.Println(err)
			return
		}
	}
	mean, err := waits.Mean()
	if err != nil {
		fmt.Println(err)
		return
	}
	ps := []kpi.Ratio{kpi.Percent(50), kpi.Percent(90), kpi.Percent(99)}
	q, err := waits.Quantiles(ps, kpi.Type7)
	if err != nil {
		fmt.Println(err)
		return
	}
	met, err := waits.Within(4 * time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("mean     ", kpi.Must(mean.Ratio()).Duration())
	for i := 0; i < len(ps); i++ {
		fmt.Println("P"+ps[i].Mul(kpi.Whole(100)).String(), "     ", q[i].Duration().Round(time.Minute))
	}
	fmt.Println("P90 in h ", q[1].In(3600, 1))
	fmt.Println("in 4 h   ", met.Percent(1), "of", met.N)
	if kpi.Percent(95).Cmp(kpi.Must(met.Ratio())) > 0 {
		fmt.Println("95 % within 4 h was promised and not kept: look at the two of the night")
	}
	// Output:
	// mean      2h9m0s
	// P50       20m0s
	// P90       4h49m0s
	// P99       17h28m0s
	// P90 in h  4.8
	// in 4 h    90.0% of 20
	// 95 % within 4 h was promised and not kept: look at the two of the night
}

// Ten values have nine ninetieth percentiles, which is why the type is asked for.
// To say that at least nine of ten took no longer, take type 1.
func ExampleDurations_Quantile() {
	var days kpi.Durations
	for i := 1; i <= 10; i++ {
		if err := days.Add(time.Duration(i*i) * 24 * time.Hour); err != nil {
			fmt.Println(err)
			return
		}
	}
	types := []kpi.QuantileType{kpi.Type1, kpi.Type2, kpi.Type6, kpi.Type7, kpi.Type8}
	for i := 0; i < len(types); i++ {
		q, err := days.Quantile(kpi.Percent(90), types[i])
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(types[i], q.In(86400, 1), "days")
	}
	// Output:
	// type1 81 days
	// type2 90.5 days
	// type6 98.1 days
	// type7 82.9 days
	// type8 93 days
}

// A clock that went backwards is not averaged in.
func ExampleDurations_AddAll() {
	opened := time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)
	replied := []time.Time{opened.Add(5 * time.Minute), opened.Add(-time.Hour)}
	var waits []time.Duration
	for i := 0; i < len(replied); i++ {
		waits = append(waits, replied[i].Sub(opened))
	}
	var s kpi.Durations
	fmt.Println(s.AddAll(waits))
	fmt.Println(s.Len())
	// Output:
	// kpi: Durations.AddAll[1]: a count or an amount is negative: d = -1h0m0s
	// 0
}

// Each server keeps a Histogram, which stays as small as it is, and one place
// merges them. Quote the upper bound.
func ExampleHistogram() {
	var all kpi.Histogram
	for server := 0; server < 3; server++ {
		var h kpi.Histogram
		for i := 0; i < 100000; i++ {
			if err := h.Add(time.Duration(i*(server+1)) * time.Millisecond); err != nil {
				fmt.Println(err)
				return
			}
		}
		if err := all.Merge(&h); err != nil {
			fmt.Println(err)
			return
		}
	}
	lo, hi, err := all.Quantile(kpi.Percent(95), kpi.Type7)
	if err != nil {
		fmt.Println(err)
		return
	}
	least, most, err := all.Within(4 * time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("P95 between %.1f s and %.1f s\n", lo, hi)
	fmt.Println("within 4 min between", least.Percent(1), "and", most.Percent(1), "of", most.N)
	// Output:
	// P95 between 254.5 s and 255.6 s
	// within 4 min between 93.3% and 93.4% of 300000
}

// The median of amounts, which one large order does not move.
func ExampleQuantile() {
	orders := []decimal.Decimal{decimal.New(1990, -2), decimal.New(2490, -2), decimal.New(990, -2), decimal.New(149000, -2)}
	median, err := kpi.Quantile(orders, kpi.Percent(50), kpi.Type7)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("median order", median.Round(2).StringFixed(2))
	// Output: median order 22.40
}
