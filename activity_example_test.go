package kpi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// fitness is a log of an app: sign-ups, and workouts of four customers from January
// to April 2026.
func fitness() (*kpi.Log, error) {
	var log kpi.Log
	add := func(who, what string, m time.Month, days ...int) error {
		for i := 0; i < len(days); i++ {
			at := time.Date(2026, m, days[i], 18, 0, 0, 0, time.UTC)
			if err := log.Add(kpi.Event{Customer: who, Name: what, At: at}); err != nil {
				return err
			}
		}
		return nil
	}
	rows := []struct {
		who, what string
		month     time.Month
		days      []int
	}{
		{"Ann", "sign-up", 1, []int{2}},
		{"Bob", "sign-up", 1, []int{5}},
		{"Cid", "sign-up", 1, []int{9}},
		{"Dee", "sign-up", 2, []int{1}},
		{"Ann", "workout", 1, []int{2, 9, 16, 23, 30}},
		{"Ann", "workout", 2, []int{2, 9, 16, 23}},
		{"Ann", "workout", 3, []int{2, 9}},
		{"Bob", "workout", 1, []int{6}},
		{"Bob", "workout", 3, []int{20, 21}},
		{"Dee", "workout", 2, []int{1, 1, 8}},
		{"Dee", "workout", 4, []int{1}},
	}
	for i := 0; i < len(rows); i++ {
		if err := add(rows[i].who, rows[i].what, rows[i].month, rows[i].days...); err != nil {
			return nil, err
		}
	}
	return &log, nil
}

func workouts() (*kpi.Activity, error) {
	log, err := fitness()
	if err != nil {
		return nil, err
	}
	return log.Activity(context.Background(), kpi.ActivitySpec{
		Calendar: kpi.Calendar{Unit: kpi.Month},
		Events:   []string{"workout"},
		AsOf:     time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC),
	})
}

// Cid signed up and never came: known, but in no other column. April has not ended.
func ExampleLog_Activity() {
	activity, err := workouts()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(activity)
	// Output:
	// month    known  active    share  new  returning  resurrecting  dormant  stickiness
	// 2026-01      3       2    66.7%    2          0             0        0        9.7%
	// 2026-02      4       2    50.0%    1          1             0        1       10.7%
	// 2026-03      4       2    50.0%    0          1             1        1        6.5%
	// 2026-04    (4)     (1)  (25.0%)  (0)        (0)           (1)      (2)      (3.3%)
}

// As many as before can hide that nobody new comes.
func ExampleActivity_NewGrowth() {
	activity, err := workouts()
	if err != nil {
		fmt.Println(err)
		return
	}
	all, err := activity.Growth(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fresh, err := activity.NewGrowth(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("March: active", all.Percent(1), "newly active", fresh.Percent(1))
	// Output: March: active 0.0% newly active -100.0%
}

func ExampleActivity_Stickiness() {
	activity, err := workouts()
	if err != nil {
		fmt.Println(err)
		return
	}
	mau, err := activity.Active(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	dau, err := activity.AverageDAU(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	sticky, err := activity.Stickiness(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	days, err := activity.ActiveDays(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, err := days.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("MAU %d, average DAU %.3f, DAU/MAU %s\n", mau, dau, sticky.Percent(1))
	fmt.Printf("%.1f of %d days each\n", mean, len(activity.Rows[0].Days))
	// Output:
	// MAU 2, average DAU 0.194, DAU/MAU 9.7%
	// 3.0 of 31 days each
}

// Dee came twice on one day: two touchpoints, one active day.
func ExampleActivity_Touchpoints() {
	activity, err := workouts()
	if err != nil {
		fmt.Println(err)
		return
	}
	touches, err := activity.Touchpoints()
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, err := touches.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f touchpoints of %d customers in twelve months\n", mean, touches.N)
	for i := 0; i < len(activity.Touches); i++ {
		fmt.Println(activity.Touches[i].Customers, "with", activity.Touches[i].Touchpoints)
	}
	// Output:
	// 6.00 touchpoints of 3 customers in twelve months
	// 1 with 3
	// 1 with 4
	// 1 with 11
}

// Shards by customer answer alone, and their answers are merged.
func ExampleActivity_Merge() {
	all, err := workouts()
	if err != nil {
		fmt.Println(err)
		return
	}
	var log kpi.Log
	at := time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)
	if err := log.Add(kpi.Event{Customer: "Eve", Name: "workout", At: at}); err != nil {
		fmt.Println(err)
		return
	}
	shard, err := log.Activity(context.Background(), kpi.ActivitySpec{
		Calendar: kpi.Calendar{Unit: kpi.Month},
		Events:   []string{"workout"},
		AsOf:     time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := all.Merge(shard); err != nil {
		fmt.Println(err)
		return
	}
	share, err := all.ActiveShare(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("active in March:", share)
	// Output: active in March: 3/5
}
