package kpi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// bank is a log of an app, up to 1 May 2026: sign-ups, logins, chats with an adviser,
// contracts and complaints.
func bank() (*kpi.Log, error) {
	var log kpi.Log
	rows := []struct {
		who, what string
		days      []int // of April
	}{
		{"Ann", "sign-up", []int{1}},
		{"Ann", "login", []int{1, 2, 8, 9, 16}},
		{"Ann", "chat", []int{8}},
		{"Ann", "contract", []int{11}},
		{"Bob", "sign-up", []int{1}},
		{"Bob", "login", []int{1, 8}},
		{"Bob", "chat", []int{9}},
		{"Cid", "sign-up", []int{2}},
		{"Cid", "login", []int{2, 3, 4}},
		{"Cid", "chat", []int{28}},
		{"Dee", "sign-up", []int{4}},
		{"Dee", "login", []int{4}},
		{"Eve", "sign-up", []int{6}},
		{"Eve", "login", []int{13, 20}},
		{"Eve", "chat", []int{13, 20}},
		{"Eve", "complaint", []int{22}},
		{"Fay", "sign-up", []int{20}},
	}
	for i := 0; i < len(rows); i++ {
		for j := 0; j < len(rows[i].days); j++ {
			at := time.Date(2026, 4, rows[i].days[j], 10, 0, 0, 0, time.UTC)
			if err := log.Add(kpi.Event{Customer: rows[i].who, Name: rows[i].what, At: at}); err != nil {
				return nil, err
			}
		}
	}
	return &log, nil
}

func bankActivity(events ...string) (*kpi.Activity, error) {
	log, err := bank()
	if err != nil {
		return nil, err
	}
	return log.Activity(context.Background(), kpi.ActivitySpec{
		Calendar: kpi.Calendar{Unit: kpi.Month},
		Events:   events,
		Known:    []string{"sign-up"},
		AsOf:     time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
	})
}

// Who logs in or chats on three days of a month is engaged here.
func ExampleActivity_EngagedShare() {
	activity, err := bankActivity("login", "chat")
	if err != nil {
		fmt.Println(err)
		return
	}
	engaged, err := activity.EngagedShare(0, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	active, err := activity.ActiveShare(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("engaged:", engaged, engaged.Percent(1), "active:", active)
	// Output:
	// engaged: 3/6 50.0% active: 5/6
}

// The chat is a feature: who has adopted it, out of all and out of those who were
// active, how deeply, and how long the first use took.
func ExampleActivity_AdoptionRate() {
	chat, err := bankActivity("chat")
	if err != nil {
		fmt.Println(err)
		return
	}
	all, err := bankActivity("login", "chat")
	if err != nil {
		fmt.Println(err)
		return
	}
	adopted, err := chat.AdoptionRate(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	use, err := chat.UseShare(all, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	depth, err := chat.Touchpoints()
	if err != nil {
		fmt.Println(err)
		return
	}
	uses, err := depth.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("adopted by", adopted, "and of the active by", use)
	fmt.Printf("%.2f chats each\n", uses)

	log, err := bank()
	if err != nil {
		fmt.Println(err)
		return
	}
	first, err := log.Funnel(context.Background(), kpi.FunnelSpec{
		Steps:  []kpi.Step{{Events: []string{"sign-up"}}, {Events: []string{"chat"}}},
		Window: 30 * 24 * time.Hour,
		AsOf:   time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	times, err := first.TimeToConvert()
	if err != nil {
		fmt.Println(err)
		return
	}
	median, err := times.Quantile(kpi.Percent(50), kpi.Type1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("first use after", median.Duration(), "in the median")
	// Output:
	// adopted by 4/6 and of the active by 4/5
	// 1.25 chats each
	// first use after 168h0m0s in the median
}

// Interactions of April up to the 24th that led to a contract or a service within a
// week. Those of the last week could still do so: with them Cid would be pending.
func ExampleLog_Funnel_interaction() {
	log, err := bank()
	if err != nil {
		fmt.Println(err)
		return
	}
	week := 7 * 24 * time.Hour
	spec := kpi.FunnelSpec{
		Steps: []kpi.Step{
			{Name: "chat", Events: []string{"chat"}},
			{Name: "contract or complaint", Events: []string{"contract", "complaint"}},
		},
		Window: week,
		From:   time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
		AsOf:   time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
	}
	spec.To = spec.AsOf.Add(-week)
	funnel, err := log.Funnel(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	conversion, err := funnel.Overall()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("interaction conversion:", conversion, conversion.Percent(1))
	spec.To = spec.AsOf
	if funnel, err = log.Funnel(context.Background(), spec); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(funnel)
	// Output:
	// interaction conversion: 2/3 66.7%
	// stage                  n   step  overall  lost  pending  median time
	// chat                   4      –   100.0%     –        1            –
	// contract or complaint  2  50.0%    50.0%     1        0      48h0m0s
}

// Newcomers of the first week of April who logged in on day 7, and on any of the days
// 1 to 7.
func ExampleCohorts_RetentionOf() {
	log, err := bank()
	if err != nil {
		fmt.Println(err)
		return
	}
	spec := kpi.CohortSpec{
		Birth:      []string{"sign-up"},
		Return:     []string{"login"},
		AsOf:       time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
		CountsOnly: true,
	}
	exactly, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	spec.Rolling, spec.Horizon = true, 6
	within, err := log.Cohorts(context.Background(), spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	april := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	week := kpi.Period{Start: april, End: april.AddDate(0, 0, 7)}
	on, err := exactly.RetentionOf(week, 7)
	if err != nil {
		fmt.Println(err)
		return
	}
	in, err := within.RetentionOf(week, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("on day 7:", on, on.Percent(1))
	fmt.Println("within 7 days:", in, in.Percent(1))
	_, err = exactly.RetentionOf(week, 30)
	fmt.Println(err)
	// Output:
	// on day 7: 3/5 60.0%
	// within 7 days: 4/5 80.0%
	// kpi: Cohorts.RetentionOf[0]: an instant or a period that cannot be used: Complete = false, k = 30, Period = 2026-04-01, AsOf = 2026-05-01T00:00:00Z
}
