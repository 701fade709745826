package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// A prepaid year is worth its discount if more than half of the customers would
// leave within it. Of a hundred customers forty have left; but most of the others
// are younger than a year and may still do so. The share of all takes them for
// loyal and decides against the discount; the survival counts each for as long as
// it was watched.
func ExampleSurvival() {
	months := kpi.Lifetimes{
		{Exit: 2, Ended: true},
		{Exit: 3},
		{Exit: 4, Ended: true},
		{Exit: 5},
		{Exit: 6},
		{Exit: 7, Ended: true},
		{Exit: 8},
		{Exit: 9},
		{Exit: 10, Ended: true},
		{Exit: 14},
	}
	s, err := months.WeightedSurvival([]int64{10, 10, 10, 10, 10, 10, 10, 10, 10, 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	stay, err := s.At(12)
	if err != nil {
		fmt.Println(err)
		return
	}
	limits, err := s.Interval(12, 0.95, kpi.LogLogBand)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("left, of all:         ", kpi.Proportion{K: s.Events, N: s.N}.Percent(0))
	fmt.Printf("leave in 12 months:    %.0f%% (%.0f%%–%.0f%%)\n", 100*(1-stay), 100*(1-limits.Hi), 100*(1-limits.Lo))
	decision := "wait for more customers"
	if limits.Hi < 0.5 {
		decision = "offer the prepaid year"
	}
	if limits.Lo > 0.5 {
		decision = "no discount"
	}
	fmt.Println(decision)
	// Output:
	// left, of all:          40%
	// leave in 12 months:    68% (54%–82%)
	// offer the prepaid year
}

func ExampleSurvival_String() {
	s, err := kpi.Lifetimes{
		{Exit: 9, Ended: true}, {Exit: 13, Ended: true}, {Exit: 13}, {Exit: 18, Ended: true}, {Exit: 28},
	}.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(s)
	// Output:
	// time  at risk  events  survival  lo 95%  hi 95%
	//    9        5       1     80.0%   20.4%   96.9%
	//   13        4       1     60.0%   12.6%   88.2%
	//   18        2       1     30.0%    1.2%   71.9%
}

// Regional shards are tallied apart and pooled: the same as from all records.
func ExampleSurvival_Merge() {
	north, err := kpi.Lifetimes{{Exit: 3, Ended: true}, {Exit: 8}}.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	south, err := kpi.Lifetimes{{Exit: 5, Ended: true}, {Exit: 6}}.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := north.Merge(south); err != nil {
		fmt.Println(err)
		return
	}
	stay, err := north.At(6)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d customers, %.0f%% stay 6 months\n", north.N, 100*stay)
	// Output: 4 customers, 50% stay 6 months
}

// A file that begins in mid-life: one customer was there from the first day, and
// left before anybody else had entered. Whatever follows, the estimate stays at 0.
func ExampleSurvival_After() {
	s, err := kpi.Lifetimes{
		{Exit: 1, Ended: true},
		{Entry: 2, Exit: 5, Ended: true},
		{Entry: 2, Exit: 8},
		{Entry: 2, Exit: 9},
		{Entry: 2, Exit: 9},
	}.Survival()
	if err != nil {
		fmt.Println(err)
		return
	}
	stuck, _ := s.At(6)
	fmt.Printf("%.2f %v\n", stuck, s.Warnings)
	later, err := s.After(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	stay, _ := later.At(6)
	fmt.Printf("%.2f of those who reach 2\n", stay)
	// Output:
	// 0.00 [at some point nobody was watched]
	// 0.75 of those who reach 2
}

// A table of counts: 40 left after one month, 20 after two, 30 are still there.
func ExampleLifetimes_WeightedSurvival() {
	s, err := kpi.Lifetimes{
		{Exit: 1, Ended: true}, {Exit: 2, Ended: true}, {Exit: 2},
	}.WeightedSurvival([]int64{40, 20, 30})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(s.Steps); i++ {
		fmt.Printf("month %v: %d at risk, %.1f%% stay\n", s.Steps[i].Time, s.Steps[i].AtRisk, 100*s.Steps[i].Survival)
	}
	// Output:
	// month 1: 90 at risk, 55.6% stay
	// month 2: 50 at risk, 33.3% stay
}

// From records of stays: a renewal is not a departure, and who is still there at
// the cut-off has not left.
func ExampleMemberships_Lifetimes() {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	stays := kpi.Memberships{
		{Customer: "Ann", From: day(1, 10)},
		{Customer: "Bob", From: day(1, 10), To: day(2, 10)},
		{Customer: "Bob", From: day(2, 10), To: day(3, 10)},
		{Customer: "Cid", From: day(2, 1), To: day(2, 15)},
	}
	lives, err := stays.Lifetimes(day(4, 1), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(lives); i++ {
		fmt.Printf("%.0f days, left: %t\n", lives[i].Exit, lives[i].Ended)
	}
	// Output:
	// 80 days, left: false
	// 59 days, left: true
	// 14 days, left: true
}
