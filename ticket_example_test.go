package kpi_test

import (
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// hoursOn returns hours of Monday, 2 March 2026.
func hoursOn(h float64) time.Time {
	return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(h * float64(time.Hour)))
}

// On Monday evening the mean first response is 35 minutes. Two of the five tickets have
// none yet, though, and three of the five targets are missed.
func ExampleTickets() {
	first := []float64{0.25, 0.5, 1, 0, 0} // hours to a human reply, or none yet
	var tickets kpi.Tickets
	for i := 0; i < len(first); i++ {
		created := hoursOn(10 + float64(i))
		t := kpi.Ticket{ID: fmt.Sprint(i), Customer: fmt.Sprint("customer ", i), Topic: "parcel"}
		t.Events = append(t.Events, kpi.TicketEvent{At: created, Action: kpi.TicketCreated})
		t.Events = append(t.Events, kpi.TicketEvent{At: created, Action: kpi.TicketBotReply}) // answers nothing
		if first[i] > 0 {
			replied := created.Add(time.Duration(first[i] * float64(time.Hour)))
			t.Events = append(t.Events, kpi.TicketEvent{At: replied, Action: kpi.TicketHumanReply})
			t.Events = append(t.Events, kpi.TicketEvent{At: replied.Add(time.Hour), Action: kpi.TicketSolved})
		}
		tickets = append(tickets, t)
	}
	service, err := tickets.Service(kpi.TicketSpec{
		AsOf: hoursOn(17.5), FirstResponse: 45 * time.Minute, Return: 7 * 24 * time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	times, err := service.FirstResponse(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, err := times.Mean()
	if err != nil {
		fmt.Println(err)
		return
	}
	met, err := service.SLA(0, kpi.FirstResponseTarget)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("mean first response  ", kpi.Must(mean.Ratio()).Duration())
	fmt.Println("no human reply yet   ", service.Rows[0].FirstResponse.Running)
	fmt.Println("in 45 minutes        ", met, "=", met.Percent(0))
	fmt.Println("open                 ", service.Rows[0].Open)
	fmt.Println("too early to call FCR", len(service.Rows[0].Resolution.Times)-int(service.Rows[0].Settled), "of", len(service.Rows[0].Resolution.Times))
	// Output:
	// mean first response   35m0s
	// no human reply yet    2
	// in 45 minutes         2/5 = 40%
	// open                  2
	// too early to call FCR 3 of 3
}

// In business time a ticket of Friday evening that is answered on Monday morning waited
// for minutes. Hours in which nobody works are not held against the desk.
func ExampleTicketSpec() {
	day := []kpi.Shift{{From: 9 * time.Hour, To: 12 * time.Hour}, {From: 13 * time.Hour, To: 18 * time.Hour}}
	clock, err := kpi.NewClock(kpi.Schedule{Week: [7][]kpi.Shift{
		time.Monday: day, time.Tuesday: day, time.Wednesday: day, time.Thursday: day, time.Friday: day,
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	tickets := kpi.Tickets{{ID: "1", Customer: "Ann", Events: []kpi.TicketEvent{
		{At: hoursOn(-54.25), Action: kpi.TicketCreated}, // Friday, 17:45
		{At: hoursOn(9.25), Action: kpi.TicketHumanReply},
		{At: hoursOn(9.25), Action: kpi.TicketPaused}, // for the customer to answer
		{At: hoursOn(14), Action: kpi.TicketResumed},
		{At: hoursOn(14.5), Action: kpi.TicketSolved},
	}}}
	clocks := []*kpi.Clock{nil, clock}
	for i := 0; i < len(clocks); i++ {
		service, err := tickets.Service(kpi.TicketSpec{
			Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: hoursOn(100), Clock: clocks[i],
			FirstResponse: time.Hour, Resolution: 4 * time.Hour, Return: 24 * time.Hour,
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		row := service.Rows[len(service.Rows)-1]
		fmt.Println("response", row.FirstResponse.Times, "full resolution", row.FullResolution,
			"of which customer", row.RequesterWait, "and desk", row.AgentWait)
	}
	// Output:
	// response [63h30m0s] full resolution [68h45m0s] of which customer [64h0m0s] and desk [4h45m0s]
	// response [30m0s] full resolution [4h45m0s] of which customer [1h0m0s] and desk [3h45m0s]
}
