package kpi_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// randomTickets returns tickets with possible histories of the first so many minutes,
// no two events of one ticket at the same, in a random order.
func randomTickets(r *rand.Rand, n, minutes int) kpi.Tickets {
	var ts kpi.Tickets
	for i := range n {
		t := kpi.Ticket{ID: strconv.Itoa(i), Customer: string(rune('A' + r.IntN(6))), Topic: []string{"", "bill"}[r.IntN(2)]}
		at, state := r.IntN(minutes), "open"
		add := func(a kpi.TicketAction) {
			t.Events = append(t.Events, kpi.TicketEvent{At: minuteOf(at), Action: a})
		}
		add(kpi.TicketCreated)
		for range r.IntN(12) {
			at += 1 + r.IntN(400)
			move := r.IntN(8)
			switch {
			case move < 4:
				add([]kpi.TicketAction{kpi.TicketHumanReply, kpi.TicketBotReply, kpi.TicketCustomerReply, kpi.TicketCustomerReply}[move])
			case state == "closed":
				add(kpi.TicketNote)
			case move == 7 && r.IntN(4) == 0:
				add(kpi.TicketClosed)
				state = "closed"
			case state == "solved":
				add(kpi.TicketReopened)
				state = "open"
			case move == 4 && state == "open":
				add(kpi.TicketPaused)
				state = "paused"
			case move == 5 && state == "paused":
				add(kpi.TicketResumed)
				state = "open"
			case move >= 6:
				add(kpi.TicketSolved)
				state = "solved"
			default:
				add(kpi.TicketNote)
			}
		}
		r.Shuffle(len(t.Events), func(i, j int) { t.Events[i], t.Events[j] = t.Events[j], t.Events[i] })
		ts = append(ts, t)
	}
	return ts
}

// naiveDesk answers a TicketSpec in whole minutes from the definitions, minute by
// minute.
type naiveDesk struct {
	spec    kpi.TicketSpec
	asOf    int
	tickets kpi.Tickets
	rows    []kpi.ServicePeriod
}

func (n *naiveDesk) row(minute int) *kpi.ServicePeriod {
	for i := range n.rows {
		if n.rows[i].Period.Contains(minuteOf(minute)) {
			return &n.rows[i]
		}
	}
	return nil
}

// worked counts the minutes from one to another that are worked and of which the
// ticket says so.
func (n *naiveDesk) worked(from, to int, while func(int) bool) time.Duration {
	d := 0
	for m := from; m < to; m++ {
		if n.spec.Clock.Open(minuteOf(m)) && (while == nil || while(m)) {
			d++
		}
	}
	return time.Duration(d) * time.Minute
}

// dueAt returns the first minute at which the clock reads target, or −1.
func (n *naiveDesk) dueAt(from int, target time.Duration, while func(int) bool) int {
	d := time.Duration(0)
	for m := from; m < n.asOf+20*1440; m++ {
		if d == target {
			return m
		}
		if n.spec.Clock.Open(minuteOf(m)) && (while == nil || while(m)) {
			d += time.Minute
		}
	}
	return -1
}

func (n *naiveDesk) count(target *kpi.ServiceTarget, met, missed bool) {
	switch {
	case met:
		target.Met++
	case missed:
		target.Missed++
	default:
		target.Pending++
	}
}

func (n *naiveDesk) one(ticket kpi.Ticket) {
	type event struct {
		m int
		a kpi.TicketAction
	}
	var events []event
	for _, e := range sortedEvents(ticket) {
		if e.At.Before(n.spec.AsOf) {
			events = append(events, event{int(e.At.Sub(minuteOf(0)) / time.Minute), e.Action})
		}
	}
	if len(events) == 0 {
		return
	}
	created := events[0].m
	home := n.row(created)
	home.Created++
	open, paused := map[int]bool{}, map[int]bool{} // by minute
	var solves, reopens []int
	state := kpi.TicketCreated
	for i, e := range events {
		switch e.a {
		case kpi.TicketSolved, kpi.TicketClosed:
			if state != kpi.TicketSolved {
				solves = append(solves, e.m)
				n.row(e.m).Solved++
			}
			state = kpi.TicketSolved
		case kpi.TicketReopened:
			reopens = append(reopens, e.m)
			n.row(e.m).Reopened++
			state = kpi.TicketCreated
		case kpi.TicketPaused:
			state = kpi.TicketPaused
		case kpi.TicketResumed:
			state = kpi.TicketCreated
		default:
		}
		end := n.asOf
		if i+1 < len(events) {
			end = events[i+1].m
		}
		for m := e.m; m < end; m++ {
			open[m], paused[m] = state == kpi.TicketCreated, state == kpi.TicketPaused
		}
	}
	within := func(from, to int) bool { return minuteOf(to).Sub(minuteOf(from)) < n.spec.Return }

	// Waits.
	firstAfter := func(m int, list ...kpi.TicketAction) (int, kpi.TicketAction) {
		for _, e := range events {
			if e.m > m && slices.Contains(list, e.a) {
				return e.m, e.a
			}
		}
		return n.asOf, 0
	}
	end := created - 1
	for i, e := range events {
		starts := i == 0 || e.a == kpi.TicketCustomerReply && (open[e.m] || paused[e.m])
		if e.a == kpi.TicketReopened { // and the customer has written since the solution
			for _, w := range events[:i] {
				if answer, _ := firstAfter(w.m, kpi.TicketHumanReply); w.a == kpi.TicketCustomerReply && answer > e.m && w.m > solves[len(reopensUntil(reopens, e.m))-1] {
					starts = true
				}
			}
		}
		if !starts || e.m < end {
			continue
		}
		stop, by := firstAfter(e.m, kpi.TicketHumanReply, kpi.TicketSolved, kpi.TicketClosed)
		end = stop
		pick, target := func(r *kpi.ServicePeriod) *kpi.ServiceClock { return &r.NextResponse }, n.spec.NextResponse
		if i == 0 {
			pick, target = func(r *kpi.ServicePeriod) *kpi.ServiceClock { return &r.FirstResponse }, n.spec.FirstResponse
		}
		took := n.worked(e.m, stop, nil)
		answered := by == kpi.TicketHumanReply
		switch {
		case by == 0:
			pick(n.row(e.m)).Running++
		case answered:
			pick(n.row(stop)).Times = append(pick(n.row(stop)).Times, took)
		}
		if target == 0 || !answered && by != 0 && took <= target {
			continue
		}
		n.count(&pick(n.row(e.m)).Begun, answered && took <= target, took > target)
		if r := n.row(n.dueAt(e.m, target, nil)); r != nil {
			known := n.worked(e.m, n.asOf, nil) > target
			n.count(&pick(r).Due, known && answered && took <= target, known && took > target)
		}
	}

	// Solutions.
	solved := n.asOf
	if len(solves) > 0 {
		solved = solves[0]
		r := n.row(solved)
		r.Resolution.Times = append(r.Resolution.Times, n.worked(created, solved, nil))
		humans := 0
		for _, e := range events {
			if e.a == kpi.TicketHumanReply && e.m < solved {
				humans++
			}
		}
		if humans == 1 {
			r.OneTouch++
		}
		if !within(solved, n.asOf) {
			r.Settled++
			back := false
			for _, o := range n.tickets {
				at := sortedEvents(o)[0].At
				back = back || o.ID != ticket.ID && o.Customer == ticket.Customer && o.Topic == ticket.Topic && at.Before(n.spec.AsOf) &&
					!at.Before(minuteOf(solved)) && at.Sub(minuteOf(solved)) < n.spec.Return
			}
			switch {
			case len(reopens) > 0 && within(solved, reopens[0]):
				r.Undone++
			case !back:
				r.FirstContact++
			}
		}
	} else {
		home.Resolution.Running++
	}
	for i, s := range solves {
		if i < len(reopens) && within(s, reopens[i]) {
			continue
		}
		if i == len(reopens) && within(s, n.asOf) {
			n.row(s).Unsettled++
			break
		}
		r := n.row(s)
		r.FullResolution = append(r.FullResolution, n.worked(created, s, nil))
		r.RequesterWait = append(r.RequesterWait, n.worked(created, s, func(m int) bool { return open[m] }))
		r.AgentWait = append(r.AgentWait, n.worked(created, s, func(m int) bool { return paused[m] }))
		break
	}
	if x := n.spec.Within; x > 0 && n.worked(created, n.asOf, nil) > x {
		home.Within.N++
		if len(solves) > 0 && n.worked(created, solved, nil) <= x {
			home.Within.K++
		}
	}
	if target := n.spec.Resolution; target > 0 {
		took := n.worked(created, solved, func(m int) bool { return open[m] })
		n.count(&home.Resolution.Begun, len(solves) > 0 && took <= target, took > target)
		if len(solves) == 0 && took <= target && paused[n.asOf-1] {
			return
		}
		// From its end on the clock would run.
		runs := func(m int) bool { return m >= solved || open[m] }
		due := n.dueAt(created, target, runs)
		for due >= 0 && due < solved && !open[due] { // exactly on target, and then paused
			due++
		}
		if r := n.row(due); due >= 0 && r != nil {
			known := n.worked(created, n.asOf, runs) > target
			n.count(&r.Resolution.Due, known && took <= target, known && took > target)
		}
	}
}

func reopensUntil(reopens []int, m int) []int {
	i, _ := slices.BinarySearch(reopens, m+1)
	return reopens[:i]
}

func TestServiceAgainstNaive(t *testing.T) {
	t.Parallel()
	shifts := []kpi.Shift{{From: 9 * time.Hour, To: 12*time.Hour + 30*time.Minute}, {From: 13*time.Hour + 15*time.Minute, To: 18 * time.Hour}}
	office, err := kpi.NewClock(kpi.Schedule{
		Week:    [7][]kpi.Shift{shifts, shifts, shifts, shifts[:1], {{From: 20 * time.Hour, To: 28 * time.Hour}}, shifts, nil},
		Special: []kpi.SpecialDays{{First: "2026-03-04"}},
	})
	require.NoError(t, err)
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 5))
			ts := randomTickets(r, 20, 3*1440)
			minutes := func(n int) time.Duration { return time.Duration(r.IntN(n)) * time.Minute }
			n := naiveDesk{asOf: 60 + r.IntN(5*1440), tickets: ts}
			if r.IntN(3) == 0 { // at an event
				e := ts[0].Events[0]
				n.asOf = max(1, int(e.At.Sub(minuteOf(0))/time.Minute)+r.IntN(2))
			}
			n.spec = kpi.TicketSpec{
				AsOf: minuteOf(n.asOf), FirstResponse: minutes(500), NextResponse: minutes(300), Resolution: minutes(900),
				Within: minutes(1500), Return: time.Minute + minutes(2000),
			}
			if r.IntN(2) == 0 {
				n.spec.Clock = office
			}
			s := askService(t, ts, n.spec)
			for _, row := range s.Rows {
				n.rows = append(n.rows, kpi.ServicePeriod{Period: row.Period, Complete: !row.Period.End.After(n.spec.AsOf)})
			}
			for _, ticket := range ts {
				n.one(ticket)
			}
			open := int64(0)
			for i := range n.rows {
				row := &n.rows[i]
				open += row.Created + row.Reopened - row.Solved
				row.Open = open
				for _, times := range [][]time.Duration{row.FirstResponse.Times, row.NextResponse.Times, row.Resolution.Times, row.FullResolution, row.RequesterWait, row.AgentWait} {
					slices.Sort(times)
				}
				require.Equal(t, mustJSON(t, row), mustJSON(t, s.Rows[i]), "%s, %v", row.Period, n.spec)
			}
			requireServiceLaws(t, r, ts, n.spec, s)
		})
	}
}

// requireServiceLaws holds an answer to the laws of every question.
func requireServiceLaws(t *testing.T, r *rand.Rand, ts kpi.Tickets, spec kpi.TicketSpec, s *kpi.Service) {
	t.Helper()
	want := mustJSON(t, s)
	// Whatever the order, and whatever comes at AsOf and later.
	shuffled := slices.Clone(ts)
	for i := range shuffled {
		events := slices.Clone(shuffled[i].Events)
		events = append(events, kpi.TicketEvent{At: spec.AsOf.Add(time.Duration(r.IntN(9)) * time.Minute), Action: kpi.TicketAction(1 + r.IntN(10))})
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		shuffled[i].Events = events
	}
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	require.Equal(t, want, mustJSON(t, askService(t, shuffled, spec)))
	// Customers by shards.
	var shards [3]kpi.Tickets
	for _, ticket := range shuffled {
		i := int(ticket.Customer[0]) % len(shards)
		shards[i] = append(shards[i], ticket)
	}
	var merged kpi.Service
	for _, i := range r.Perm(len(shards)) {
		require.NoError(t, merged.Merge(askService(t, shards[i], spec)))
	}
	require.Equal(t, want, mustJSON(t, &merged))
	// What has been decided stays.
	later := spec
	later.AsOf = spec.AsOf.Add(time.Duration(1+r.IntN(3000)) * time.Minute)
	b := askService(t, ts, later)
	for i, row := range s.Rows {
		if !row.Complete {
			continue
		}
		after := b.Rows[i]
		require.Equal(t, []any{row.Created, row.Reopened, row.Solved, row.Open, row.OneTouch, row.FirstResponse.Times, row.NextResponse.Times, row.Resolution.Times},
			[]any{after.Created, after.Reopened, after.Solved, after.Open, after.OneTouch, after.FirstResponse.Times, after.NextResponse.Times, after.Resolution.Times})
		for k, c := range []kpi.ServiceClock{row.FirstResponse, row.NextResponse, row.Resolution} {
			was, is := c.Due, []kpi.ServiceClock{after.FirstResponse, after.NextResponse, after.Resolution}[k].Due
			require.True(t, was.Met <= is.Met && was.Missed <= is.Missed)
			if was.Pending == 0 {
				require.Equal(t, was, is)
			}
		}
		require.True(t, row.Undone <= after.Undone && row.FirstContact <= after.FirstContact && row.Settled <= after.Settled)
		if row.Settled == int64(len(row.Resolution.Times)) {
			require.Equal(t, []int64{row.Undone, row.FirstContact}, []int64{after.Undone, after.FirstContact})
		}
		if row.Unsettled == 0 {
			require.Equal(t, [][]time.Duration{row.FullResolution, row.RequesterWait, row.AgentWait}, [][]time.Duration{after.FullResolution, after.RequesterWait, after.AgentWait})
		}
		if row.Within.N == row.Created {
			require.Equal(t, row.Within, after.Within)
		}
	}
}
