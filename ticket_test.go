package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// ticket reads "0 created; 30 human reply; 90 solved", in minutes since the midnight of
// 2 March 2026, a Monday.
func ticket(id, customer, topic, events string) kpi.Ticket {
	t := kpi.Ticket{ID: id, Customer: customer, Topic: topic}
	for e := range strings.SplitSeq(events, "; ") {
		minute, name, _ := strings.Cut(e, " ")
		action, err := kpi.ParseTicketAction(name)
		if err != nil {
			panic(err)
		}
		n, err := strconv.Atoi(minute)
		if err != nil {
			panic(err)
		}
		t.Events = append(t.Events, kpi.TicketEvent{At: minuteOf(n), Action: action})
	}
	return t
}

func minuteOf(n int) time.Time { return day(2).Add(time.Duration(n) * time.Minute) }

// deskTickets are five tickets, of which everything is checked by hand.
func deskTickets() kpi.Tickets {
	return kpi.Tickets{
		ticket("A", "Ann", "bill", "0 created; 30 human reply; 90 solved"),
		ticket("B", "Bob", "bill", "0 created; 0 bot reply; 60 human reply; 100 customer reply; 110 customer reply; 130 human reply; 150 paused; 390 resumed; 400 solved"),
		ticket("C", "Cid", "bill", "10 created; 20 solved; 1000 reopened; 1010 human reply; 1500 closed"),
		ticket("D", "Ann", "bill", "2000 created; 2050 note; 2100 human reply; 2110 solved; 2115 customer reply"),
		ticket("E", "Bob", "bill", "1000 created; 1005 bot reply"),
	}
}

func deskSpec() kpi.TicketSpec {
	return kpi.TicketSpec{
		AsOf: day(5), FirstResponse: time.Hour, NextResponse: 30 * time.Minute, Resolution: 4 * time.Hour,
		Within: 8 * time.Hour, Return: 24 * time.Hour,
	}
}

func askService(t testing.TB, ts kpi.Tickets, s kpi.TicketSpec) *kpi.Service {
	t.Helper()
	a, err := ts.Service(s)
	require.NoError(t, err)
	return a
}

func inMinutes(of func(int) (*kpi.Durations, error), i int) string {
	d, err := of(i)
	if err != nil {
		return "–"
	}
	m, err := d.Mean()
	if err != nil {
		return err.Error()
	}
	return strconv.FormatInt(m.N, 10) + "×" + kpi.Must(m.Ratio()).In(60, 1).String()
}

func TestServiceByHand(t *testing.T) {
	t.Parallel()
	s := askService(t, deskTickets(), deskSpec())
	require.Equal(t, ""+
		"day         created  reopened  solved  open  response P50      P90  in target  resolution P50  one touch  first contact\n"+
		"2026-03-02        4         1       3     2         30m0s   1h0m0s      66.7%         1h30m0s      33.3%          33.3%\n"+
		"2026-03-03        1         0       2     1       1h40m0s  1h40m0s       0.0%         1h50m0s     100.0%         100.0%\n"+
		"2026-03-04        0         0       0     1             –        –          –               –          –              –\n",
		s.String())
	require.Contains(t, s.Markdown(), "| 2026-03-03 | 1 | 0 | 2 | 1 | 1h40m0s | 1h40m0s | 0.0% | 1h50m0s | 100.0% | 100.0% |")

	for _, tt := range []struct {
		name string
		of   func(int) (*kpi.Durations, error)
		want [3]string // number and mean in minutes
	}{
		{"first response", s.FirstResponse, [3]string{"2×45", "1×100", "–"}},    // A 30, B 60; D 100; C was solved, E has none
		{"next response", s.NextResponse, [3]string{"1×30", "–", "–"}},          // B, from the first of two replies
		{"resolution", s.Resolution, [3]string{"3×166.7", "1×110", "–"}},        // A 90, B 400, C 10; D
		{"full resolution", s.FullResolution, [3]string{"2×245", "2×800", "–"}}, // A 90, B 400; C 1490, D 110
		{"requester wait", s.RequesterWait, [3]string{"2×125", "2×310", "–"}},   // A 90, B 160; C 10 + 500, D 110
		{"agent wait", s.AgentWait, [3]string{"2×120", "2×0", "–"}},             // B 240
	} {
		for i, want := range tt.want {
			require.Equal(t, want, inMinutes(tt.of, i), "%s of row %d", tt.name, i)
		}
	}
	sla := func(target kpi.TicketTarget) func(int) (kpi.Proportion, error) {
		return func(i int) (kpi.Proportion, error) { return s.SLA(i, target) }
	}
	for _, tt := range []struct {
		name string
		of   func(int) (kpi.Proportion, error)
		want [2]string
	}{
		{"first response", sla(kpi.FirstResponseTarget), [2]string{"2/3", "0/1"}}, // B exactly; E misses; C has none; D misses
		{"next response", sla(kpi.NextResponseTarget), [2]string{"1/1", "0/0"}},   // B exactly
		{"resolution", sla(kpi.ResolutionTarget), [2]string{"3/4", "1/1"}},        // B waited 160 of 240 minutes; E misses
		{"one touch", s.OneTouchRate, [2]string{"1/3", "1/1"}},                    // A; D
		{"first contact", s.FirstContactRate, [2]string{"1/3", "1/1"}},            // A, whose Ann is back after 31 hours; Bob is after 10
		{"reopened", s.ReopenRate, [2]string{"1/3", "0/1"}},                       // C
		{"cohort", s.CohortResolution, [2]string{"3/4", "1/1"}},
	} {
		for i, want := range tt.want {
			p, _ := tt.of(i)
			require.Equal(t, want, p.String(), "%s of row %d", tt.name, i)
		}
	}
	for i, want := range []string{"0.75", "2"} {
		r, err := s.ResolutionRate(i)
		requireRatio(t, want, r, err)
	}
	require.Equal(t, []int64{1, 0}, []int64{s.Rows[0].Resolution.Running, s.Rows[0].Unsettled}, "E runs")
	require.Equal(t, int64(1), s.Rows[0].FirstResponse.Running, "and waits")

	// Complaints are tickets too.
	ts := deskTickets()
	ts[1].Topic = "complaint"
	spec := deskSpec()
	spec.Topics = []string{"complaint"}
	require.Equal(t, "1×60", inMinutes(askService(t, ts, spec).FirstResponse, 0))
}

// Between two instants the backlog changes by what came and went, whoever counts it.
func TestBacklogIdentity(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 9))
	ts := randomTickets(r, 200, 5*1440)
	for range 30 {
		from := r.IntN(3 * 1440)
		to := from + r.IntN(2*1440)
		before, err := ts.Backlog(minuteOf(from))
		require.NoError(t, err)
		after, err := ts.Backlog(minuteOf(to))
		require.NoError(t, err)
		for _, ticket := range ts {
			closed := false
			for _, e := range sortedEvents(ticket) {
				in := !e.At.Before(minuteOf(from)) && e.At.Before(minuteOf(to))
				switch e.Action {
				case kpi.TicketCreated, kpi.TicketReopened:
					closed = false
					if in {
						before++
					}
				case kpi.TicketSolved, kpi.TicketClosed:
					if in && !closed {
						before--
					}
					closed = true
				default:
				}
			}
		}
		require.Equal(t, before, after)
	}
	// And row by row, against the instants.
	spec := deskSpec()
	spec.AsOf = minuteOf(5*1440 - 7)
	s := askService(t, ts, spec)
	opening := int64(0)
	for i := range s.Rows {
		row := s.Rows[i]
		end := row.Period.End
		if end.After(spec.AsOf) {
			end = spec.AsOf
		}
		want, err := ts.Backlog(end)
		require.NoError(t, err)
		got, err := s.Backlog(i)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, opening+row.Created+row.Reopened-row.Solved, got)
		opening = got
	}
}

func sortedEvents(t kpi.Ticket) []kpi.TicketEvent {
	return slices.SortedStableFunc(slices.Values(t.Events), func(a, b kpi.TicketEvent) int { return a.At.Compare(b.At) })
}

// By creation date, attainment reads .84 where it is .70: in three days with a target
// of two and times that are exponential, those met are known after their time, and
// those missed after two days. By the date when they are due it reads .70.
func TestSLAByCreationReadsTooWell(t *testing.T) {
	t.Parallel()
	const each = 20
	var ts kpi.Tickets
	for hour := range 6 * 24 { // a day of before, so that the desk is not new
		for k := range each {
			u := (float64(k) + 0.5) / each
			hours := -math.Log(1-u) / (-math.Log(0.3) / 48)
			at := day(2).Add(time.Duration(hour) * time.Hour)
			ts = append(ts, kpi.Ticket{ID: strconv.Itoa(len(ts)), Customer: "Ann", Events: []kpi.TicketEvent{
				{At: at, Action: kpi.TicketCreated},
				{At: at.Add(time.Duration(hours * float64(time.Hour))), Action: kpi.TicketHumanReply},
			}})
		}
	}
	s := askService(t, ts, kpi.TicketSpec{AsOf: day(8), FirstResponse: 48 * time.Hour, Return: time.Hour})
	var by, due kpi.Proportion
	for i := 3; i < 6; i++ {
		for _, of := range []struct {
			sum *kpi.Proportion
			ask func(int, kpi.TicketTarget) (kpi.Proportion, error)
		}{{&by, s.SLAByCreation}, {&due, s.SLA}} {
			p, err := of.ask(i, kpi.FirstResponseTarget)
			require.NoError(t, err)
			*of.sum, err = of.sum.Merge(p)
			require.NoError(t, err)
		}
	}
	require.Equal(t, kpi.Proportion{K: 14 * 24 * 3, N: 20 * 24 * 3}, due)
	require.Equal(t, "70.0%", due.Percent(1))
	require.Equal(t, "84%", by.Percent(0), by.String())
	require.Equal(t, int64(20*24*3), by.N+s.Rows[3].FirstResponse.Begun.Pending+s.Rows[4].FirstResponse.Begun.Pending+s.Rows[5].FirstResponse.Begun.Pending)
}

// On a business clock: due at the end of a shift, in time until the clock goes on, and
// known only then, whether the answer came or not.
func TestServiceInBusinessTime(t *testing.T) {
	t.Parallel()
	shifts := []kpi.Shift{{From: 9 * time.Hour, To: 12 * time.Hour}, {From: 13 * time.Hour, To: 18 * time.Hour}}
	c, err := kpi.NewClock(kpi.Schedule{Week: [7][]kpi.Shift{time.Monday: shifts, time.Tuesday: shifts}})
	require.NoError(t, err)
	ts := kpi.Tickets{
		ticket("on target", "Ann", "", "540 created; 1110 human reply"), // from 9:00 to 18:30, eight hours
		ticket("late", "Bob", "", "540 created; 1981 human reply"),      // at 9:01 on Tuesday
		ticket("running", "Cid", "", "540 created"),
	}
	spec := kpi.TicketSpec{AsOf: minuteOf(1980), Clock: c, FirstResponse: 8 * time.Hour, Resolution: 8 * time.Hour, Return: time.Hour}
	s := askService(t, ts, spec)
	require.Equal(t, "1×480", inMinutes(s.FirstResponse, 0))
	require.Equal(t, kpi.ServiceTarget{Pending: 3}, s.Rows[0].FirstResponse.Due, "at 9:00 nobody is late yet")
	require.Equal(t, kpi.ServiceTarget{Pending: 3}, s.Rows[0].Resolution.Due)
	spec.AsOf = minuteOf(1982)
	s = askService(t, ts, spec)
	require.Equal(t, kpi.ServiceTarget{Met: 1, Missed: 2}, s.Rows[0].FirstResponse.Due, "due on Monday at 18:00")
	require.Equal(t, kpi.ServiceTarget{Missed: 3}, s.Rows[0].Resolution.Due)
	require.NotEmpty(t, s.Hours)

	// Friday will come, and no Clock that works: what is never due is in no row.
	once, err := kpi.NewClock(kpi.Schedule{Special: []kpi.SpecialDays{{First: "2026-03-02", Shifts: shifts}}})
	require.NoError(t, err)
	spec.Clock, spec.FirstResponse = once, 9*time.Hour
	s = askService(t, ts, spec)
	require.Equal(t, kpi.ServiceTarget{}, s.Rows[0].FirstResponse.Due)
	require.Equal(t, kpi.ServiceTarget{Met: 2, Pending: 1}, s.Rows[0].FirstResponse.Begun)

	// Answers in other hours are answers to other questions, those of an equal Schedule
	// are not.
	again, err := kpi.NewClock(kpi.Schedule{Special: []kpi.SpecialDays{{First: "2026-03-02", Shifts: shifts}}})
	require.NoError(t, err)
	spec.Clock = again
	require.NoError(t, s.Merge(askService(t, ts, spec)))
	require.Equal(t, kpi.CodeQuestion, requireError(t, s.Merge(askService(t, ts, kpi.TicketSpec{
		AsOf: spec.AsOf, Clock: c, FirstResponse: 9 * time.Hour, Resolution: 8 * time.Hour, Return: time.Hour,
	})), kpi.ErrInvalid).Code)
}

// A pause moves the due instant of the resolution, and nothing else.
func TestResolutionTargetPauses(t *testing.T) {
	t.Parallel()
	spec := kpi.TicketSpec{AsOf: day(5), FirstResponse: time.Hour, Resolution: 4 * time.Hour, Return: time.Hour}
	for _, tt := range []struct {
		name, events string
		asOf         int
		due          [2]kpi.ServiceTarget
		begun        kpi.ServiceTarget
	}{
		{"runs", "0 created", 240, [2]kpi.ServiceTarget{{Pending: 1}}, kpi.ServiceTarget{Pending: 1}},
		{"is missed", "0 created", 241, [2]kpi.ServiceTarget{{Missed: 1}}, kpi.ServiceTarget{Missed: 1}},
		{"is paused", "0 created; 240 paused", 2000, [2]kpi.ServiceTarget{}, kpi.ServiceTarget{Pending: 1}},
		{"is resumed", "0 created; 239 paused; 1500 resumed", 2000, [2]kpi.ServiceTarget{1: {Missed: 1}}, kpi.ServiceTarget{Missed: 1}},
		{"is resumed on target", "0 created; 240 paused; 1500 resumed", 1500, [2]kpi.ServiceTarget{}, kpi.ServiceTarget{Pending: 1}},
		{"is solved while paused", "0 created; 240 paused; 1500 solved", 2000, [2]kpi.ServiceTarget{1: {Met: 1}}, kpi.ServiceTarget{Met: 1}},
		{"is solved in time", "0 created; 100 paused; 1500 resumed; 1600 solved", 1640, [2]kpi.ServiceTarget{1: {Pending: 1}}, kpi.ServiceTarget{Met: 1}},
		{"was solved in time", "0 created; 100 paused; 1500 resumed; 1600 solved", 1641, [2]kpi.ServiceTarget{1: {Met: 1}}, kpi.ServiceTarget{Met: 1}},
		{"was paused late", "0 created; 241 paused; 1500 resumed; 1600 solved", 2000, [2]kpi.ServiceTarget{{Missed: 1}}, kpi.ServiceTarget{Missed: 1}},
		{"is reopened", "0 created; 10 solved; 20 reopened", 2000, [2]kpi.ServiceTarget{{Met: 1}}, kpi.ServiceTarget{Met: 1}},
	} {
		spec.AsOf = minuteOf(tt.asOf)
		s := askService(t, kpi.Tickets{ticket("A", "Ann", "", tt.events)}, spec)
		require.Equal(t, tt.begun, s.Rows[0].Resolution.Begun, tt.name)
		for i := range s.Rows {
			require.Equal(t, tt.due[i], s.Rows[i].Resolution.Due, "%s, row %d", tt.name, i)
		}
	}
}

// Events of one instant make one history, in whatever order they stand.
func TestTicketTies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		events string
		open   int64 // at the end
		want   string
	}{
		{"0 created; 0 human reply; 0 solved", 0, "response 1×0, resolution 1×0, touch 1/1"},
		{"0 created; 30 human reply; 30 solved", 0, "response 1×30, resolution 1×30, touch 1/1"},
		{"0 created; 10 paused; 10 resumed; 30 solved", 0, "response –, resolution 1×30, touch 0/1"},
		{"0 created; 10 paused; 20 resumed; 20 paused; 30 solved", 0, "response –, resolution 1×30, touch 0/1"},
		{"0 created; 10 paused; 10 solved; 10 reopened", 1, "response –, resolution 1×10, touch 0/1"},
		{"0 created; 10 solved; 10 reopened; 10 solved; 10 reopened", 1, "response –, resolution 1×10, touch 0/1"},
		{"0 created; 10 solved; 10 closed; 10 note", 0, "response –, resolution 1×10, touch 0/1"},
		{"0 created; 10 paused; 20 resumed; 20 solved; 20 reopened; 20 paused", 1, "response –, resolution 1×20, touch 0/1"},
	} {
		a := ticket("A", "Ann", "", tt.events)
		r := rand.New(rand.NewPCG(3, 1))
		for range 50 {
			r.Shuffle(len(a.Events), func(i, j int) { a.Events[i], a.Events[j] = a.Events[j], a.Events[i] })
			s := askService(t, kpi.Tickets{a}, kpi.TicketSpec{AsOf: day(3), Return: time.Hour})
			touch, err := s.OneTouchRate(0)
			require.NoError(t, err)
			got := "response " + inMinutes(s.FirstResponse, 0) + ", resolution " + inMinutes(s.Resolution, 0) + ", touch " + touch.String()
			require.Equal(t, tt.want, got, tt.events)
			require.Equal(t, tt.open, s.Rows[0].Open, tt.events)
		}
	}
	// Any number of them.
	busy := ticket("A", "Ann", "", "0 created; 20 solved")
	for range 100_000 {
		busy.Events = append(busy.Events, kpi.TicketEvent{At: minuteOf(10), Action: kpi.TicketPaused}, kpi.TicketEvent{At: minuteOf(10), Action: kpi.TicketResumed})
	}
	require.Equal(t, "1×20", inMinutes(askService(t, kpi.Tickets{busy}, kpi.TicketSpec{AsOf: day(9), Return: time.Hour}).RequesterWait, 0))
}

// What a customer writes on a solved ticket waits from the reopening on.
func TestNextResponse(t *testing.T) {
	t.Parallel()
	for events, want := range map[string]string{
		"0 created; 5 human reply; 10 solved; 20 customer reply":                                              "0×",
		"0 created; 5 human reply; 10 solved; 20 customer reply; 21 reopened; 31 human reply":                 "1×10",
		"0 created; 5 human reply; 10 solved; 20 customer reply; 20 reopened; 31 human reply":                 "1×11",
		"0 created; 5 human reply; 10 solved; 20 customer reply; 21 human reply; 22 reopened; 31 human reply": "0×",
		"0 created; 5 human reply; 10 solved; 20 reopened; 31 human reply":                                    "0×",
		"0 created; 5 human reply; 10 customer reply; 11 bot reply; 12 note; 20 solved":                       "0×",
		"0 created; 5 customer reply; 10 human reply; 10 customer reply; 12 customer reply; 17 human reply":   "1×5",
	} {
		s := askService(t, kpi.Tickets{ticket("A", "Ann", "", events)}, kpi.TicketSpec{AsOf: day(5), NextResponse: time.Minute, Return: time.Hour})
		got := inMinutes(s.NextResponse, 0)
		if got == "–" {
			got = "0×"
			require.Equal(t, kpi.ServiceTarget{}, kpi.ServiceTarget{Met: s.Rows[0].NextResponse.Due.Met}, events)
		}
		require.Equal(t, want, got, events)
	}
}

// Return is half open: what comes exactly so long after a solution does not undo it, and
// from then on it is known.
func TestReturnBounds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, events, other          string
		asOf                         int
		settled, undone, first, full int64
	}{
		{"not yet", "0 created; 30 solved", "9999 created", 89, 0, 0, 0, 0},
		{"held", "0 created; 30 solved", "9999 created", 90, 1, 0, 1, 1},
		{"reopened within", "0 created; 30 solved; 89 reopened", "9999 created", 90, 1, 1, 0, 0},
		{"reopened after", "0 created; 30 solved; 90 reopened", "9999 created", 91, 1, 0, 1, 1},
		{"back within", "0 created; 30 solved", "89 created", 90, 1, 0, 0, 1},
		{"back after", "0 created; 30 solved", "90 created", 91, 1, 0, 1, 1},
		{"back at once", "0 created; 30 solved", "30 created", 90, 1, 0, 0, 1},
		{"two at once before", "0 created; 30 solved", "0 created", 90, 1, 0, 1, 1},
		{"created and solved at once", "0 created; 0 solved", "9999 created", 60, 1, 0, 1, 1},
		{"and another", "0 created; 0 solved", "0 created", 60, 1, 0, 0, 1},
	} {
		ts := kpi.Tickets{ticket("A", "Ann", "bill", tt.events), ticket("B", "Ann", "bill", tt.other), ticket("C", "Ann", "login", "35 created"), ticket("D", "Bob", "bill", "35 created")}
		s := askService(t, ts, kpi.TicketSpec{AsOf: minuteOf(tt.asOf), Return: time.Hour})
		row := s.Rows[0]
		require.Equal(t, []int64{tt.settled, tt.undone, tt.first, tt.full}, []int64{row.Settled, row.Undone, row.FirstContact, int64(len(row.FullResolution))}, tt.name)
	}
	// In time exactly within Within, and known once it is over.
	spec := kpi.TicketSpec{AsOf: minuteOf(60), Within: time.Hour, Return: time.Hour}
	ts := kpi.Tickets{ticket("A", "Ann", "", "0 created; 60 solved"), ticket("B", "Ann", "", "0 created; 61 solved")}
	require.Equal(t, kpi.Proportion{}, askService(t, ts, spec).Rows[0].Within)
	spec.AsOf = minuteOf(61)
	require.Equal(t, kpi.Proportion{K: 1, N: 2}, askService(t, ts, spec).Rows[0].Within)
}

func TestTicketErrors(t *testing.T) {
	t.Parallel()
	good := ticket("A", "Ann", "", "0 created; 30 human reply")
	for _, tt := range []struct {
		name string
		t    kpi.Ticket
		code kpi.Code
	}{
		{"no id", kpi.Ticket{Customer: "Ann"}, kpi.CodeEmpty},
		{"no customer", kpi.Ticket{ID: "B"}, kpi.CodeEmpty},
		{"the same id", ticket("A", "Bob", "", "0 created"), kpi.CodeRepeated},
		{"an id that is no text", kpi.Ticket{ID: "\xff", Customer: "Ann"}, kpi.CodeSyntax},
		{"a customer who is no text", kpi.Ticket{ID: "B", Customer: "\xff"}, kpi.CodeSyntax},
		{"a topic that is no text", kpi.Ticket{ID: "B", Customer: "Ann", Topic: "\xff"}, kpi.CodeSyntax},
		{"no action", kpi.Ticket{ID: "B", Customer: "Bob", Events: []kpi.TicketEvent{{At: day(2)}}}, kpi.CodeOutOfRange},
		{"no such action", kpi.Ticket{ID: "B", Customer: "Bob", Events: []kpi.TicketEvent{{day(2), kpi.TicketClosed + 1}}}, kpi.CodeOutOfRange},
		{"no instant", kpi.Ticket{ID: "B", Customer: "Bob", Events: []kpi.TicketEvent{{Action: kpi.TicketCreated}}}, kpi.CodeTime},
		{"a reply before the creation", ticket("B", "Bob", "", "5 created; 3 human reply"), kpi.CodeOrder},
		{"a note alone", ticket("B", "Bob", "", "5 note"), kpi.CodeOrder},
		{"created twice", ticket("B", "Bob", "", "5 created; 7 created"), kpi.CodeOrder},
		{"resumed without a pause", ticket("B", "Bob", "", "5 created; 7 resumed"), kpi.CodeOrder},
		{"paused twice", ticket("B", "Bob", "", "5 created; 7 paused; 9 paused"), kpi.CodeOrder},
		{"paused while solved", ticket("B", "Bob", "", "5 created; 7 solved; 9 paused"), kpi.CodeOrder},
		{"solved twice", ticket("B", "Bob", "", "5 created; 7 solved; 9 solved"), kpi.CodeOrder},
		{"solved twice at once", ticket("B", "Bob", "", "5 created; 7 solved; 7 solved"), kpi.CodeOrder},
		{"reopened while open", ticket("B", "Bob", "", "5 created; 7 reopened"), kpi.CodeOrder},
		{"reopened after the end", ticket("B", "Bob", "", "5 created; 7 closed; 9 reopened"), kpi.CodeOrder},
		{"closed twice", ticket("B", "Bob", "", "5 created; 7 closed; 9 closed"), kpi.CodeOrder},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ts := kpi.Tickets{good, tt.t}
			_, err := ts.Service(deskSpec())
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, 1, e.Index)
			require.Equal(t, "Tickets.Service", e.Metric)
			_, err = ts.Backlog(day(9))
			e = requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, []any{tt.code, 1, "Tickets.Backlog"}, []any{e.Code, e.Index, e.Metric})
			if tt.code == kpi.CodeOrder { // of what has not happened yet nothing is known
				n, err := ts.Backlog(minuteOf(1))
				require.NoError(t, err)
				require.Equal(t, int64(1), n)
			}
		})
	}
	for name, change := range map[string]func(*kpi.TicketSpec){
		"no AsOf":             func(s *kpi.TicketSpec) { s.AsOf = time.Time{} },
		"an AsOf beyond":      func(s *kpi.TicketSpec) { s.AsOf = time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"no Return":           func(s *kpi.TicketSpec) { s.Return = 0 },
		"a negative Return":   func(s *kpi.TicketSpec) { s.Return = -1 },
		"a negative target":   func(s *kpi.TicketSpec) { s.FirstResponse = -1 },
		"a negative Within":   func(s *kpi.TicketSpec) { s.Within = -1 },
		"a topic":             func(s *kpi.TicketSpec) { s.Topics = []string{"\xff"} },
		"a unit":              func(s *kpi.TicketSpec) { s.Calendar.Unit = 9 },
		"no clock so far ago": func(s *kpi.TicketSpec) { s.AsOf = time.Unix(0, math.MaxInt64) },
	} {
		s := deskSpec()
		change(&s)
		_, err := kpi.Tickets{good}.Service(s)
		require.Equal(t, "Tickets.Service", requireError(t, err, kpi.ErrInvalid).Metric, name)
	}
	_, err := kpi.Tickets{}.Backlog(time.Time{})
	require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)

	// Three centuries are too long for a time.Duration.
	old := kpi.Tickets{{ID: "A", Customer: "Ann", Events: []kpi.TicketEvent{{time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC), kpi.TicketCreated}}}}
	_, err = old.Service(deskSpec())
	require.Equal(t, kpi.CodeOverflow, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestTicketActions(t *testing.T) {
	t.Parallel()
	for a := kpi.TicketCreated; a <= kpi.TicketClosed; a++ {
		data, err := json.Marshal(kpi.TicketEvent{At: day(2), Action: a})
		require.NoError(t, err)
		require.Equal(t, `{"at":"2026-03-02T00:00:00Z","action":"`+a.String()+`"}`, string(data))
		var e kpi.TicketEvent
		require.NoError(t, json.Unmarshal(data, &e))
		require.Equal(t, a, e.Action)
	}
	for _, name := range []string{"none", "", "replied"} {
		_, err := kpi.ParseTicketAction(name)
		require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
	}
	for target, name := range map[kpi.TicketTarget]string{
		kpi.FirstResponseTarget: "first response", kpi.NextResponseTarget: "next response", kpi.ResolutionTarget: "resolution",
	} {
		text, err := target.MarshalText()
		require.NoError(t, err)
		require.Equal(t, name, string(text))
		var back kpi.TicketTarget
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, target, back)
	}
	require.Equal(t, "TicketAction(11)", kpi.TicketAction(11).String())
}
