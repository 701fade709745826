package main

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/customerkpi/kpi"
)

// zone is that of the desk's wall clock, which has no summer time.
var zone = time.FixedZone("UTC+8", 8*60*60)

func at(month time.Month, day, hour int) time.Time {
	return time.Date(2025, month, day, hour, 0, 0, 0, zone)
}

// opening are the hours of the desk: two shifts with a lunch break, a short Saturday,
// and the Dragon Boat Festival (端午节), which took the Monday of the reported week.
func opening() (*kpi.Clock, error) {
	day := []kpi.Shift{
		{From: 9 * time.Hour, To: 12 * time.Hour},
		{From: 13*time.Hour + 30*time.Minute, To: 18*time.Hour + 30*time.Minute},
	}
	return kpi.NewClock(kpi.Schedule{
		Location: zone,
		Week: [7][]kpi.Shift{
			time.Monday: day, time.Tuesday: day, time.Wednesday: day, time.Thursday: day, time.Friday: day,
			time.Saturday: day[:1],
		},
		Special: []kpi.SpecialDays{{First: "2025-05-31", Last: "2025-06-02"}},
	})
}

// desk makes up tickets. Whole numbers only, so that every machine makes the same.
type desk struct {
	*rand.Rand
	clock *kpi.Clock
	free  [agents]time.Time // when each agent is free
	err   error
}

const (
	agents    = 6
	customers = 1900
)

// perHour are the tickets of a weekday in sixths, by the hour.
var perHour = [24]int{2, 1, 1, 0, 0, 1, 3, 8, 17, 28, 31, 24, 14, 19, 26, 24, 21, 18, 15, 12, 13, 12, 8, 4}

var topics = []string{"parcel", "parcel", "parcel", "bill", "bill", "login", "returns", "complaint"}

func (d *desk) chance(percent int) bool { return d.IntN(100) < percent }

// between returns a duration of so many minutes, to the second.
func (d *desk) between(least, most int) time.Duration {
	return time.Duration(60*least+d.IntN(60*(most-least))) * time.Second
}

// after returns when so much of the desk's time has passed.
func (d *desk) after(t time.Time, work time.Duration) time.Time {
	out, err := d.clock.After(t, work)
	if err != nil && d.err == nil {
		d.err = err
	}
	return out
}

// tickets returns what came in from one instant to another, and what became of it.
func (d *desk) tickets(from, to time.Time) (kpi.Tickets, error) {
	var all kpi.Tickets
	var created []time.Time
	add := func(at time.Time, customer, topic string) {
		all = append(all, kpi.Ticket{Customer: customer, Topic: topic})
		created = append(created, at)
	}
	for hour := from; hour.Before(to); hour = hour.Add(time.Hour) {
		load := perHour[hour.Hour()]
		if hour.Weekday() == time.Saturday || hour.Weekday() == time.Sunday {
			load /= 3
		}
		for range 12 { // each twelfth of an hour may bring one
			if d.IntN(72) < load {
				who, what := "customer "+strconv.Itoa(d.IntN(customers)), topics[d.IntN(len(topics))]
				add(hour.Add(d.between(0, 60)), who, what)
				if d.chance(7) { // who asks again, by another way
					add(hour.Add(d.between(600, 5000)), who, what)
				}
			}
		}
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return created[a].Compare(created[b]) })
	out := make(kpi.Tickets, len(all))
	for n, i := range order { // first come, first served
		out[n] = all[i]
		out[n].ID = "T" + strconv.Itoa(10001+n)
		out[n].Events = d.work(created[i])
	}
	return out, d.err
}

// work returns the events of a ticket.
func (d *desk) work(created time.Time) (events []kpi.TicketEvent) {
	add := func(at time.Time, actions ...kpi.TicketAction) {
		for _, a := range actions {
			events = append(events, kpi.TicketEvent{At: at, Action: a})
		}
	}
	add(created, kpi.TicketCreated)
	if d.chance(60) {
		add(created.Add(2*time.Second), kpi.TicketBotReply)
		if d.chance(12) { // the bot knew
			solved := created.Add(d.between(1, 9))
			add(solved, kpi.TicketSolved)
			return events
		}
	}
	now := d.after(d.serve(created), d.between(3, 22))
	if d.chance(15) {
		add(now.Add(-time.Minute), kpi.TicketNote)
	}
	add(now, kpi.TicketHumanReply)
	switch p := d.IntN(100); {
	case p < 30: // the desk asks back
		add(now, kpi.TicketPaused)
		back := now.Add(d.between(20, 2600))
		add(back, kpi.TicketResumed, kpi.TicketCustomerReply)
		now = d.after(back, d.between(5, 190))
		add(now, kpi.TicketHumanReply)
	case p < 48: // the customer asks back
		for range 1 + d.IntN(2) {
			back := now.Add(d.between(10, 500))
			add(back, kpi.TicketCustomerReply)
			now = d.after(back, d.between(5, 160))
			add(now, kpi.TicketHumanReply)
		}
	case p < 55: // another department has to look
		now = d.after(now, d.between(300, 1900))
		add(now, kpi.TicketHumanReply)
	}
	add(now, kpi.TicketSolved)
	if d.chance(9) {
		now = now.Add(d.between(60, 6000))
		add(now, kpi.TicketCustomerReply, kpi.TicketReopened)
		now = d.after(now, d.between(10, 400))
		add(now, kpi.TicketHumanReply, kpi.TicketSolved)
	}
	if d.chance(50) {
		add(now.Add(4*24*time.Hour), kpi.TicketClosed)
	}
	return events
}

// serve returns when an agent gets to a ticket, and keeps that agent busy.
func (d *desk) serve(created time.Time) time.Time {
	first := 0
	for i := range d.free {
		if d.free[i].Before(d.free[first]) {
			first = i
		}
	}
	start := created
	if d.free[first].After(start) {
		start = d.free[first]
	}
	d.free[first] = d.after(start, d.between(12, 38))
	return start
}
