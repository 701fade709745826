package kpi

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// TicketAction is what happens to a Ticket.
type TicketAction int

// The actions of a ticket. The zero value is none of them, and is refused.
const (
	TicketCreated       TicketAction = iota + 1 // the customer asks; once, and before all else
	TicketHumanReply                            // a person answers where the customer can read it
	TicketBotReply                              // a machine does: a receipt, a suggestion
	TicketCustomerReply                         // the customer writes again
	TicketNote                                  // an internal remark, of whomever
	TicketPaused                                // the desk waits for the customer
	TicketResumed                               // and does no longer
	TicketSolved                                // for the time being
	TicketReopened                              // it was not
	TicketClosed                                // for good
)

var ticketActionNames = []string{
	"none", "created", "human reply", "bot reply", "customer reply", "note", "paused", "resumed", "solved", "reopened", "closed",
}

// String returns the name of a: "human reply".
func (a TicketAction) String() string { return enumName(ticketActionNames, int(a), "TicketAction") }

// ParseTicketAction returns the action of that name.
func ParseTicketAction(s string) (TicketAction, error) {
	i, err := parseEnum("ParseTicketAction", ticketActionNames[1:], s)
	if err != nil {
		return 0, err
	}
	return TicketAction(i + 1), nil
}

// MarshalText returns the name of a.
func (a TicketAction) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseTicketAction reads.
func (a *TicketAction) UnmarshalText(text []byte) error {
	return readEnum(a, ParseTicketAction, text)
}

// TicketEvent is one thing that happened to a Ticket.
type TicketEvent struct {
	At     time.Time    `json:"at"`     // from 1678 to 2261
	Action TicketAction `json:"action"` // what happened
}

// MarshalJSON writes the instant with its offset from UTC, but in UTC where the
// offset has seconds. It returns an error if the year has not four digits.
func (e TicketEvent) MarshalJSON() ([]byte, error) {
	type fields TicketEvent
	e.At = sayable(e.At)
	return json.Marshal(fields(e))
}

// Ticket is one request of a customer and all that happened to it, in any order.
//
// It is open from TicketCreated until TicketSolved, and again from TicketReopened
// until the next TicketSolved; TicketClosed ends it, and solves one that is open,
// since a desk may know no other end. Between TicketPaused and TicketResumed it is
// paused; solving it ends a pause, and it is reopened without one. Replies and notes
// change nothing of this and may come at any time from the creation on: a reply that
// is to resume or reopen has such an event beside it.
//
// The customer waits for an answer from the creation on, and then from the first
// reply of the customer, while the ticket is open, that no human has replied to. The
// wait ends with the next TicketHumanReply; a bot and a note end none. Solving the
// ticket without a reply ends the wait too, and nobody was answered. Who writes while
// the ticket is solved, "thanks" for instance, waits only if it is reopened, and from
// then on.
//
// Events of one instant are taken so that they are possible if they can be: the
// customer writes before a human replies, replies come before what pauses, solves or
// reopens the ticket. What is not possible in any order is an error: anything before
// the creation, a second one, a pause of what is paused, a solution of what is solved,
// a change after the end.
type Ticket struct {
	ID       string        `json:"id"`       // not empty, of one ticket only
	Customer string        `json:"customer"` // who asks, not empty
	Topic    string        `json:"topic"`    // what it is about; "" is a topic too
	Events   []TicketEvent `json:"events"`   // all of its events, in any order
}

// Tickets are the raw records from which service is measured.
//
// They are to hold every ticket that was open at some time in the periods asked
// about, those of before included: a file of the tickets created this month has no
// backlog at its beginning, and knows only the quick ones among what was solved.
type Tickets []Ticket

// TicketSpec is the question how tickets are served: how soon answered and solved, by
// the period in which the clock stopped, and whether in time.
//
//	first response    from the creation to the first human reply
//	next response     from a later customer reply to the human reply to it
//	resolution        from the creation to the first solution
//	full resolution   from the creation to the first solution that holds for Return
//
// All are measured on Clock. Of a full resolution, RequesterWait is the part in which
// the ticket was open and not paused, and AgentWait the part in which it was paused.
// A pause stops none of the clocks but that of the Resolution target.
//
// A clock that has not stopped is running, and has no time: never 0. Service counts
// it apart, since the times of those that stopped read short while others run.
type TicketSpec struct {
	Calendar Calendar  // the periods
	AsOf     time.Time // exclusive: events from it on do not count
	Clock    *Clock    // the time of the desk (工作时间); nil is calendar time
	Topics   []string  // the tickets that count, complaints say; none is any topic
	// The targets, none if 0. A clock that reads exactly its target is in time.
	FirstResponse time.Duration
	NextResponse  time.Duration
	Resolution    time.Duration // of open time without pauses, until the first solution
	// Within is the time for CohortResolution on Clock, pauses included; none if 0.
	Within time.Duration
	// Return is how long a solution must hold, in calendar time, and how long the
	// customer stays away with the same topic, for first-contact resolution: from the
	// solution on, Return itself excluded. A week is usual; there is no default.
	Return time.Duration
}

func (s *TicketSpec) valid(metric string) error {
	if err := s.Calendar.valid(metric); err != nil {
		return err
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"FirstResponse", s.FirstResponse},
		{"NextResponse", s.NextResponse},
		{"Resolution", s.Resolution},
		{"Within", s.Within},
		{"Return", s.Return},
	} {
		if d.value < 0 {
			return fail(metric, CodeOutOfRange, "%s = %s", d.name, d.value)
		}
	}
	switch {
	case s.AsOf.IsZero():
		return fail(metric, CodeMissing, "AsOf")
	case s.Return == 0:
		return fail(metric, CodeMissing, "Return")
	}
	_, err := instant(metric, s.AsOf)
	return cmp.Or(readable(metric, s.Topics...), err)
}

// valid refuses tickets that are impossible whatever is asked: all but their
// histories, of which only what happened before the instant of a question counts.
func (ts Tickets) valid(metric string) error {
	seen := make(map[string]struct{}, len(ts))
	for i := range ts {
		t := &ts[i]
		if t.ID == "" || t.Customer == "" {
			return failAt(metric, CodeEmpty, i, "ID = %s, Customer = %s", clip(t.ID), clip(t.Customer))
		}
		if err := readable(metric, t.ID, t.Customer, t.Topic); err != nil {
			return at(err, metric, i)
		}
		seen[t.ID] = struct{}{}
		if len(seen) == i {
			return failAt(metric, CodeRepeated, i, "ID = %s", clip(t.ID))
		}
		for k := range t.Events {
			e := &t.Events[k]
			if e.Action < TicketCreated || e.Action > TicketClosed {
				return failAt(metric, CodeOutOfRange, i, "Events[%d].Action = %d", k, int(e.Action))
			}
			if _, err := instant(metric, e.At); err != nil {
				return at(err, metric, i)
			}
		}
	}
	return nil
}

// Backlog returns the number of tickets that are open at an instant (积压工单数):
// created or reopened before it, and not solved since. Between two instants
//
//	Backlog(t₁) = Backlog(t₀) + created + reopened − solved
//
// of which Service has the counts, period by period. It returns an error if at lies
// outside of 1677 to 2262, or if a ticket is impossible or has a history that is,
// naming it.
func (ts Tickets) Backlog(at time.Time) (int64, error) {
	const metric = "Tickets.Backlog"
	nanos, err := instant(metric, at)
	if err != nil {
		return 0, err
	}
	if err := ts.valid(metric); err != nil {
		return 0, err
	}
	var n int64
	var h ticketHistory
	for i := range ts {
		if err := h.read(metric, i, &ts[i], nanos); err != nil {
			return 0, err
		}
		if h.state == ticketOpen || h.state == ticketPaused {
			n++
		}
	}
	return n, nil
}

// about reports whether t counts for s.
func (s *TicketSpec) about(t *Ticket) bool {
	return len(s.Topics) == 0 || slices.Contains(s.Topics, t.Topic)
}
