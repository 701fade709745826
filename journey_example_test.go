package kpi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// checkouts is a log of five customers on 1 and 2 March 2026, and the question how
// many of them pay within a day of filling a cart.
func checkouts() (*kpi.Log, kpi.FunnelSpec, error) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC) }
	events := []kpi.Event{
		{Customer: "Ann", Name: "cart", At: at(1, 9, 0), Props: []string{"phone"}},
		{Customer: "Ann", Name: "checkout", At: at(1, 9, 5), Props: []string{"phone"}},
		{Customer: "Ann", Name: "paid", At: at(1, 9, 7), Props: []string{"phone"}},
		{Customer: "Bob", Name: "cart", At: at(1, 10, 0), Props: []string{"desk"}},
		{Customer: "Bob", Name: "coupon", At: at(1, 10, 20), Props: []string{"desk"}},
		{Customer: "Bob", Name: "checkout", At: at(1, 11, 0), Props: []string{"desk"}},
		{Customer: "Bob", Name: "paid", At: at(1, 11, 30), Props: []string{"desk"}},
		{Customer: "Cid", Name: "cart", At: at(1, 11, 0), Props: []string{"phone"}},
		{Customer: "Dee", Name: "cart", At: at(2, 18, 0), Props: []string{"phone"}},
		{Customer: "Dee", Name: "checkout", At: at(2, 18, 10), Props: []string{"phone"}},
		{Customer: "Eve", Name: "cart", At: at(2, 20, 0), Props: []string{"desk"}},
	}
	var log kpi.Log
	if err := log.SetProps("device"); err != nil {
		return nil, kpi.FunnelSpec{}, err
	}
	for i := 0; i < len(events); i++ {
		if err := log.Add(events[i]); err != nil {
			return nil, kpi.FunnelSpec{}, err
		}
	}
	return &log, kpi.FunnelSpec{
		Steps: []kpi.Step{
			{Name: "cart", Events: []string{"cart"}},
			{Name: "coupon", Events: []string{"coupon"}, Optional: true},
			{Name: "checkout", Events: []string{"checkout"}},
			{Name: "paid", Events: []string{"paid"}},
		},
		Window: 24 * time.Hour,
		AsOf:   at(3, 0, 0),
	}, nil
}

// Two of five have paid. Yet two of the five can still pay, so that the rate of
// these days lies between 2 and 4 of 5; the rate to compare with last week's is of
// those whose day is over.
func ExampleLog_Funnel() {
	log, spec, err := checkouts()
	if err != nil {
		fmt.Println(err)
		return
	}
	now, err := log.Funnel(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	spec.To = spec.AsOf.Add(-spec.Window)
	settled, err := log.Funnel(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	rate, err := settled.Overall()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(now)
	fmt.Println("settled:", rate, rate.Percent(0))
	// Output:
	// stage     n   step  overall  lost  pending  median time
	// cart      5      –   100.0%     –        1            –
	// checkout  3  60.0%    60.0%     1        1         5m0s
	// paid      2  66.7%    40.0%     0        0         2m0s
	// settled: 2/3 67%
}

// Of which step do those who pay make a long story?
func ExampleFunnel_TimeTo() {
	log, spec, err := checkouts()
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := log.Funnel(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 1; i < len(f.Stages); i++ {
		times, err := f.TimeTo(i)
		if err != nil {
			fmt.Println(err)
			return
		}
		half, err := times.Quantile(kpi.Percent(50), kpi.Type1)
		if err != nil {
			fmt.Println(err)
			return
		}
		most, err := times.Max()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("to %s: half within %s, all within %s\n", f.Stages[i].Name, half.Duration(), most)
	}
	// Output:
	// to checkout: half within 5m0s, all within 1h0m0s
	// to paid: half within 2m0s, all within 30m0s
}

// How long should a reminder of a full cart wait? Longer than nearly all take who
// pay anyway.
func ExampleFunnel_TimeToConvert() {
	log, spec, err := checkouts()
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := log.Funnel(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	times, err := f.TimeToConvert()
	if err != nil {
		fmt.Println(err)
		return
	}
	wait, err := times.Quantile(kpi.Percent(90), kpi.Type1)
	if err != nil {
		fmt.Println(err)
		return
	}
	// Two conversions are too few to promise anything by.
	fmt.Printf("remind after %s, n = %d\n", wait.Duration(), times.Len())
	// Output: remind after 1h30m0s, n = 2
}

func ExampleFunnel_Taken() {
	log, spec, err := checkouts()
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := log.Funnel(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := f.Taken(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("came to the checkout with a coupon:", p)
	// Output: came to the checkout with a coupon: 1/3
}

func ExampleFunnel_Breakdown() {
	log, spec, err := checkouts()
	if err != nil {
		fmt.Println(err)
		return
	}
	spec.By = "device"
	f, err := log.Funnel(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(f.Breakdown())
	// Output:
	// value  cart  checkout  paid  pending  overall
	// desk      2         1     1        1    50.0%
	// phone     3         2     1        1    33.3%
}

// Of one customer: is it too early to call?
func ExampleFunnelSpec_Customer() {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	spec := kpi.FunnelSpec{
		Steps:  []kpi.Step{{Events: []string{"quote"}}, {Events: []string{"visit"}}, {Events: []string{"order"}}},
		Window: 30 * 24 * time.Hour,
		AsOf:   at.AddDate(0, 0, 20),
	}
	events := []kpi.Event{
		{Customer: "Ann", Name: "quote", At: at},
		{Customer: "Ann", Name: "visit", At: at.AddDate(0, 0, 3)},
	}
	for i := 0; i < 2; i++ {
		o, err := spec.Customer(events)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(spec.AsOf.Format("2 January:"), o.Status, "at step", o.Depth, "of", len(spec.Steps))
		spec.AsOf = spec.AsOf.AddDate(0, 0, 20)
	}
	// Output:
	// 21 March: pending at step 2 of 3
	// 10 April: dropped at step 2 of 3
}
