// Helpdesk prints the report of a service desk on its week: what came in, how soon it
// was answered and solved in the desk's own working time, and whether in time, with n
// beside every rate and an interval where there is one.
//
//	go run ./examples/helpdesk
//
// The tickets are made up, of a generator with a fixed seed: by the hour, with agents who
// have their hands full, a bot, customers who are asked back, and solutions that do not
// hold. A real desk exports such events from its ticket system.
package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/customerkpi/kpi"
)

func main() {
	if err := report(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const confidence = 0.95

func report(w io.Writer) error {
	clock, err := opening()
	if err != nil {
		return err
	}
	d := desk{Rand: rand.New(rand.NewPCG(2025, 6)), clock: clock}
	tickets, err := d.tickets(at(time.May, 5, 0), at(time.June, 13, 0))
	if err != nil {
		return err
	}
	r := desking{
		w: w, tickets: tickets, week: kpi.Calendar{Unit: kpi.Week, Location: zone}.Of(at(time.June, 2, 0)),
		spec: kpi.TicketSpec{
			Calendar: kpi.Calendar{Unit: kpi.Week, Location: zone}, AsOf: at(time.June, 12, 0), Clock: clock,
			FirstResponse: time.Hour, NextResponse: 2 * time.Hour, Resolution: 8 * time.Hour,
			Within: 16 * time.Hour, Return: 7 * 24 * time.Hour,
		},
	}
	fmt.Fprintf(w, "SERVICE DESK, week %s, as of %s\n\n", r.week, r.spec.AsOf.Format(time.DateTime))
	fmt.Fprintf(w, "%d made-up tickets since %s. Open Mon–Fri 9:00–12:00 and 13:30–18:30, Sat\n9:00–12:00; Monday was a holiday. Times are working time. Intervals at 95%%.\n",
		len(tickets), at(time.May, 5, 0).Format(time.DateOnly))
	for _, section := range []func() error{r.arrivals, r.backlog, r.times, r.targets, r.solutions, r.satisfaction, r.complaints} {
		if err := section(); err != nil {
			return err
		}
	}
	return nil
}

// desking is the report being written.
type desking struct {
	w       io.Writer
	tickets kpi.Tickets
	week    kpi.Period
	spec    kpi.TicketSpec
}

// service answers the week, and says which row it is.
func (r *desking) service(spec kpi.TicketSpec) (*kpi.Service, int, error) {
	s, err := r.tickets.Service(spec)
	if err != nil {
		return nil, 0, err
	}
	for i := range s.Rows {
		if s.Rows[i].Period.Equal(r.week) {
			return s, i, nil
		}
	}
	return nil, 0, errors.New("no ticket in or before the week")
}

func (r *desking) heading(title, text, columns string) *tabwriter.Writer {
	fmt.Fprintf(r.w, "\n%s\n%s\n\n", title, text)
	t := tabwriter.NewWriter(r.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if columns != "" {
		fmt.Fprintf(t, "%s\t\n", columns)
	}
	return t
}

func share(p kpi.Proportion, err error) (string, error) {
	if err != nil {
		return "", err
	}
	i, err := p.Interval(confidence)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s = %s [%s]", p, p.Percent(1), i.Percent(1)), nil
}

func (r *desking) arrivals() error {
	var hours [24]int
	var closed kpi.Proportion
	for _, t := range r.tickets {
		for _, e := range t.Events {
			if e.Action == kpi.TicketCreated && r.week.Contains(e.At) {
				hours[e.At.Hour()]++
				closed.N++
				if !r.spec.Clock.Open(e.At) {
					closed.K++
				}
			}
		}
	}
	fmt.Fprintf(r.w, "\n1. Arrivals by the hour of the day\n%s of %d came while nobody worked. The bot answers, which is no first response.\n\n", closed.Percent(0), closed.N)
	for h, n := range hours {
		fmt.Fprintln(r.w, strings.TrimRight(fmt.Sprintf("%02d:00 %3d %s", h, n, strings.Repeat("▪", n)), " "))
	}
	return nil
}

func (r *desking) backlog() error {
	spec := r.spec
	spec.Calendar.Unit = kpi.Day
	s, err := r.tickets.Service(spec)
	if err != nil {
		return err
	}
	t := r.heading("2. Backlog by day", "Open in the evening = open in the morning + created + reopened − solved.",
		"day\topen\t+ created\t+ reopened\t− solved\t= open\tcounted")
	opening := int64(0)
	for i, row := range s.Rows {
		closing, err := s.Backlog(i)
		if err != nil {
			return err
		}
		if r.week.Contains(row.Period.Start) {
			counted, err := r.tickets.Backlog(row.Period.End) // from the tickets, by another way
			if err != nil {
				return err
			}
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", row.Period.Start.Format("Mon 02"), opening, row.Created, row.Reopened, row.Solved, closing, counted)
		}
		opening = closing
	}
	return t.Flush()
}

func (r *desking) times() error {
	s, i, err := r.service(r.spec)
	if err != nil {
		return err
	}
	t := r.heading("3. Times", "Of the clocks that stopped in the week. Full resolution is the first that held for a\nweek, known so far of the first days; it is what the customer waited, what the desk\nwaited for the customer, and the time that it was solved in vain.",
		"\tn\tP50\tP90\tmean")
	for _, of := range []struct {
		name string
		ask  func(int) (*kpi.Durations, error)
	}{
		{"first response", s.FirstResponse},
		{"next response", s.NextResponse},
		{"resolution", s.Resolution},
		{"full resolution", s.FullResolution},
		{"requester wait", s.RequesterWait},
		{"agent wait", s.AgentWait},
	} {
		line, err := quantiles(of.ask(i))
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t\n", of.name, line)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	row := s.Rows[i]
	fmt.Fprintf(r.w, "\nOf the tickets of the week %d had no human reply by the report and %d no solution.\n", row.FirstResponse.Running, row.Resolution.Running)
	return nil
}

// quantiles prints what is asked of times: of P90 at least nine in ten took no longer.
func quantiles(d *kpi.Durations, err error) (string, error) {
	if err != nil {
		return "", err
	}
	q, err := d.Quantiles([]kpi.Ratio{kpi.Percent(50), kpi.Percent(90)}, kpi.Type1)
	if err != nil {
		return "", err
	}
	mean, err := d.Mean()
	if err != nil {
		return "", err
	}
	m, err := mean.Ratio()
	if err != nil {
		return "", err
	}
	clock := func(r kpi.Ratio) string {
		minutes := int(r.Duration().Round(time.Minute) / time.Minute)
		return fmt.Sprintf("%d:%02d", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%d\t%s\t%s\t%s", mean.N, clock(q[0]), clock(q[1]), clock(m)), nil
}

func (r *desking) targets() error {
	s, i, err := r.service(r.spec)
	if err != nil {
		return err
	}
	t := r.heading("4. Targets", "Due in the week. By creation the rates read too well while clocks run.",
		"\ttarget\tmet of those due\tby creation\trunning")
	row := s.Rows[i]
	for _, of := range []struct {
		target  kpi.TicketTarget
		allowed time.Duration
		pending int64
	}{
		{kpi.FirstResponseTarget, s.FirstTarget, row.FirstResponse.Begun.Pending},
		{kpi.NextResponseTarget, s.NextTarget, row.NextResponse.Begun.Pending},
		{kpi.ResolutionTarget, s.ResolutionTarget, row.Resolution.Begun.Pending},
	} {
		met, err := share(s.SLA(i, of.target))
		if err != nil {
			return err
		}
		begun, err := s.SLAByCreation(i, of.target)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t\n", of.target, strings.TrimSuffix(of.allowed.String(), "0m0s"), met, begun.Percent(1), of.pending)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	latest := s.Rows[len(s.Rows)-1].FirstResponse
	fmt.Fprintf(r.w, "\nIn the days since, first responses met %s of those due; for %d it is too early to tell.\n",
		kpi.Proportion{K: latest.Due.Met, N: latest.Due.Met + latest.Due.Missed}, latest.Due.Pending)
	return nil
}

func (r *desking) solutions() error {
	s, i, err := r.service(r.spec)
	if err != nil {
		return err
	}
	t := r.heading("5. Solutions", "Whether one held is known a week later, for good and for ill.", "")
	row := s.Rows[i]
	for _, of := range []struct {
		name string
		ask  func(int) (kpi.Proportion, error)
		note string
	}{
		{"one touch", s.OneTouchRate, "of the tickets first solved"},
		{"first contact (FCR)", s.FirstContactRate, fmt.Sprintf("%d more are pending", int64(len(row.Resolution.Times))-row.Settled)},
		{"reopened in a week", s.ReopenRate, "on the same base"},
		{"solved in 16 h", s.CohortResolution, "of the tickets created"},
	} {
		line, err := share(of.ask(i))
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t\n", of.name, line, of.note)
	}
	rate, err := s.ResolutionRate(i)
	if err != nil {
		return err
	}
	fmt.Fprintf(t, "solved / created\t%d/%d = %s\tof whatever tickets\t\n", row.Solved, row.Created, rate.Percent(1))
	return t.Flush()
}

// satisfaction makes up the answers to "how satisfied are you?", by how long the
// customer waited.
func (r *desking) satisfaction() error {
	random := rand.New(rand.NewPCG(2025, 7))
	var score kpi.CSAT
	asked := 0
	for _, t := range r.tickets {
		for _, e := range t.Events {
			if e.Action != kpi.TicketSolved || !r.week.Contains(e.At) {
				continue
			}
			asked++
			if random.IntN(100) >= 31 {
				continue
			}
			luck := random.IntN(10) - len(t.Events)/7
			if err := score.Add([]int{1, 2, 3, 4, 4, 4, 5, 5, 5, 5}[max(0, luck)]); err != nil {
				return err
			}
		}
	}
	top, err := share(score.TopBox())
	if err != nil {
		return err
	}
	mean, err := score.Mean()
	if err != nil {
		return err
	}
	m, err := mean.Ratio()
	if err != nil {
		return err
	}
	fmt.Fprintf(r.w, "\n6. Satisfaction\nAsked after each solution, 1 to 5, top from 4.\n\nCSAT %s, mean %.2f, answered by %s of %d\n",
		top, m, kpi.Proportion{K: mean.N, N: int64(asked)}.Percent(1), asked)
	return nil
}

func (r *desking) complaints() error {
	c := kpi.Complaints{Customers: 11240, Orders: 6130} // from the shop
	people := map[string]bool{}
	for _, t := range r.tickets {
		for _, e := range t.Events {
			if t.Topic == "complaint" && e.Action == kpi.TicketCreated && r.week.Contains(e.At) {
				c.Complaints++
				people[t.Customer] = true
			}
		}
	}
	c.Complainants = int64(len(people))
	orders, err := c.PerOrder()
	if err != nil {
		return err
	}
	rate, err := orders.Ratio()
	if err != nil {
		return err
	}
	limits, err := orders.Interval(confidence)
	if err != nil {
		return err
	}
	who, err := share(c.ComplainantRate())
	if err != nil {
		return err
	}
	spec := r.spec
	spec.Topics = []string{"complaint"}
	s, i, err := r.service(spec)
	if err != nil {
		return err
	}
	t := r.heading("7. Complaints", "Per order they are events, of customers people.", "")
	fmt.Fprintf(t, "per 1000 orders\t%.2f [%.2f–%.2f]\t\n", rate.Mul(kpi.Whole(1000)), 1000*limits.Lo, 1000*limits.Hi)
	fmt.Fprintf(t, "customers who complained\t%s\t\n", who)
	if err := t.Flush(); err != nil {
		return err
	}
	line, err := quantiles(s.FirstResponse(i))
	if err != nil {
		return err
	}
	met, err := share(s.SLA(i, kpi.FirstResponseTarget))
	if err != nil {
		return err
	}
	fmt.Fprintf(r.w, "\nFirst response to complaints: n, P50, P90, mean %s; in time %s\n", strings.ReplaceAll(line, "\t", ", "), met)
	return nil
}
