package kpi

import (
	"cmp"
	"slices"
	"time"
)

// ticketState is what a ticket is between two events.
type ticketState byte

const (
	ticketAbsent ticketState = iota // not created yet
	ticketOpen
	ticketPaused
	ticketSolved
	ticketClosed
)

// ticketStep is an event in the order in which it is taken, and what the ticket is
// from then on.
type ticketStep struct {
	at     int64 // nanoseconds since 1970
	action TicketAction
	index  int32 // in Ticket.Events
	state  ticketState
}

// ticketHistory is the history of one ticket up to an instant, in the order in which
// it is taken. It is read into again and again.
type ticketHistory struct {
	steps []ticketStep // none if the ticket does not exist yet
	state ticketState
}

// tieRank orders the events of one instant; those that change the state come last and
// find their own order.
var tieRank = [...]byte{
	TicketCreated: 0, TicketCustomerReply: 1, TicketHumanReply: 2, TicketBotReply: 3, TicketNote: 4,
	TicketPaused: 5, TicketResumed: 5, TicketSolved: 5, TicketReopened: 5, TicketClosed: 5,
}

// compare orders steps by time and, within an instant, by rank.
func (s *ticketStep) compare(o *ticketStep) int {
	if s.at != o.at {
		return cmp.Compare(s.at, o.at)
	}
	return cmp.Compare(tieRank[s.action], tieRank[o.action])
}

// read reads ticket t, which is possible but for its history, up to asOf. It returns
// an error if nothing makes a history of its events.
func (h *ticketHistory) read(metric string, index int, t *Ticket, asOf int64) error {
	h.steps, h.state = h.steps[:0], ticketAbsent
	sorted := true
	for k := range t.Events {
		nanos := t.Events[k].At.UnixNano()
		if nanos >= asOf {
			continue
		}
		step := ticketStep{at: nanos, action: t.Events[k].Action, index: int32(k)}
		if n := len(h.steps); sorted && n > 0 && h.steps[n-1].compare(&step) > 0 {
			sorted = false
		}
		h.steps = append(h.steps, step)
	}
	if !sorted {
		slices.SortFunc(h.steps, func(a, b ticketStep) int { return a.compare(&b) })
	}
	for k := 0; k < len(h.steps); {
		if n := h.take(k); n > 0 {
			k += n
			continue
		}
		e := &t.Events[h.steps[k].index]
		return failAt(metric, CodeOrder, index, "Events[%d].Action = %d, At = %s",
			h.steps[k].index, int(e.Action), e.At.Format(time.RFC3339Nano))
	}
	return nil
}

// take takes step k and those that change the state at the same instant, in an order
// in which they can be taken, and returns how many they were: 0 if there is none.
func (h *ticketHistory) take(k int) int {
	step := &h.steps[k]
	created := step.action == TicketCreated
	switch {
	case created != (h.state == ticketAbsent):
		return 0
	case created:
		h.state = ticketOpen
		fallthrough
	case step.action < TicketPaused:
		step.state = h.state
		return 1
	}
	// One of a kind is like another, so that counts of them are enough.
	end := k
	var left [TicketClosed + 1]int
	for end < len(h.steps) && h.steps[end].at == step.at {
		left[h.steps[end].action]++
		end++
	}
	for i := k; i < end; i++ {
		moves := ticketMoves[h.state]
		m := slices.IndexFunc(moves, func(m ticketMove) bool { return left[m.action] > 0 })
		if m < 0 {
			return 0
		}
		left[moves[m].action]--
		h.state = moves[m].to
		h.steps[i].action, h.steps[i].state = moves[m].action, h.state
	}
	return end - k
}

// ticketMove is a way out of a state.
type ticketMove struct {
	action TicketAction
	to     ticketState
}

// ticketMoves are the ways out of each state, in the order in which they are taken if
// one instant has several: what can be undone before what undoes less. Then no event
// is left that could have been taken, since a pause that is not resumed ends with the
// solution, and the end comes when nothing else is left.
var ticketMoves = [...][]ticketMove{
	ticketAbsent: nil,
	ticketOpen:   {{TicketPaused, ticketPaused}, {TicketSolved, ticketSolved}, {TicketClosed, ticketClosed}},
	ticketPaused: {{TicketResumed, ticketOpen}, {TicketSolved, ticketSolved}, {TicketClosed, ticketClosed}},
	ticketSolved: {{TicketReopened, ticketOpen}, {TicketClosed, ticketClosed}},
	ticketClosed: nil,
}
