package kpi

import "time"

// verdict is what became of a target.
type verdict byte

const (
	targetPending verdict = iota
	targetMet
	targetMissed
)

// judge is the verdict of a clock that reads d, stopped or not.
func judge(d, target time.Duration, stopped bool) verdict {
	switch {
	case d > target:
		return targetMissed
	case stopped:
		return targetMet
	default:
		return targetPending
	}
}

func (c *ServiceTarget) count(o verdict) {
	switch o {
	case targetMet:
		c.Met++
	case targetMissed:
		c.Missed++
	default:
		c.Pending++
	}
}

// moment is an instant in the life of a ticket, and what its clock reads then.
type moment struct {
	at   int64
	read time.Duration
}

// wait is a customer's wait for an answer.
type wait struct {
	on    bool
	first bool // since the creation
	begun moment
}

// clock returns what a row has of the clock of w.
func (w *wait) clock(r *ServicePeriod) *ServiceClock {
	if w.first {
		return &r.FirstResponse
	}
	return &r.NextResponse
}

// solution is a moment at which a ticket was solved, and what its clock had read until
// then while it was open and not paused, and while it was paused.
type solution struct {
	moment
	open, paused time.Duration
}

// ticketWalk counts one ticket step by step.
type ticketWalk struct {
	*serviceBuilder
	row     *ServicePeriod // of the creation
	created time.Time
	now     time.Duration // what the clock reads at AsOf

	state  ticketState
	since  solution // when it got into state, which it was solved at or not
	wait   wait
	wrote  bool // the customer, since the solution and without an answer
	humans int  // replies before the first solution

	solved bool     // once
	first  solution // the first, if so
	undone bool     // which was reopened within Return
	tried  bool     // solved, and not reopened since nor held before
	last   solution // the latest, if so
	held   bool     // a solution has
	past   bool     // the Resolution target, before a solution
}

// count counts ticket i, which has steps.
func (b *serviceBuilder) count(i int, steps []ticketStep) error {
	w := ticketWalk{serviceBuilder: b, row: b.rowOf(steps[0].at), created: time.Unix(0, steps[0].at)}
	end, err := w.moment(b.asOf)
	if err != nil {
		return err
	}
	w.now = end.read
	for k := range steps {
		if err := w.step(&steps[k]); err != nil {
			return err
		}
		w.state = steps[k].state
	}
	if err := w.running(end); err != nil {
		return err
	}
	w.settle(i)
	return nil
}

// moment returns what the clock of the ticket reads at an instant.
func (w *ticketWalk) moment(at int64) (moment, error) {
	read, err := w.spec.Clock.Between(w.created, time.Unix(0, at))
	return moment{at, read}, err
}

// step takes a step from w.state to that of s.
func (w *ticketWalk) step(s *ticketStep) error {
	switch s.action {
	case TicketCreated:
		w.row.Created++
		w.since.at = s.at
		w.wait = wait{on: true, first: true, begun: w.since.moment}
		return nil
	case TicketBotReply, TicketNote:
		return nil
	case TicketHumanReply:
		w.wrote = false
		if !w.solved {
			w.humans++
		}
		if !w.wait.on {
			return nil
		}
	case TicketCustomerReply:
		if w.state >= ticketSolved {
			w.wrote = true
			return nil
		}
		if w.wait.on {
			return nil
		}
	case TicketClosed:
		if w.state == ticketSolved {
			return nil
		}
	default:
	}
	m, err := w.moment(s.at)
	if err != nil {
		return err
	}
	switch s.action {
	case TicketHumanReply:
		return w.waited(m, true)
	case TicketCustomerReply:
		w.wait = wait{on: true, begun: m}
		return nil
	case TicketReopened:
		w.reopen(m)
		return nil
	case TicketPaused, TicketResumed:
		return w.leave(m)
	default:
		return w.solve(m)
	}
}

// leave ends the time in w.state.
func (w *ticketWalk) leave(m moment) error {
	d := m.read - w.since.read
	if w.state == ticketOpen {
		if err := w.overrun(d); err != nil {
			return err
		}
		w.since.open += d
	} else {
		w.since.paused += d
	}
	w.since.moment = m
	return nil
}

// overrun counts the Resolution target as missed if the clock passes it within d of
// open time from w.since on.
func (w *ticketWalk) overrun(d time.Duration) error {
	left := w.spec.Resolution - w.since.open
	if w.spec.Resolution == 0 || w.solved || w.past || d <= left {
		return nil
	}
	w.past = true
	w.row.Resolution.Begun.count(targetMissed)
	r, err := w.due(w.since.at, left)
	if r != nil {
		r.Resolution.Due.count(targetMissed)
	}
	return err
}

func (w *ticketWalk) solve(m moment) error {
	if err := w.leave(m); err != nil {
		return err
	}
	r := w.rowOf(m.at)
	r.Solved++
	w.wrote = false
	if w.wait.on {
		if err := w.waited(m, false); err != nil {
			return err
		}
	}
	w.tried = !w.held
	w.last = w.since
	if w.solved {
		return nil
	}
	w.solved, w.first = true, w.since
	r.Resolution.Times = append(r.Resolution.Times, m.read)
	if w.humans == 1 {
		r.OneTouch++
	}
	if w.spec.Resolution == 0 || w.past {
		return nil
	}
	w.row.Resolution.Begun.count(targetMet)
	left := w.spec.Resolution - w.since.open
	o := targetMet
	if w.now-m.read <= left {
		o = targetPending
	}
	r, err := w.due(m.at, left)
	if r != nil {
		r.Resolution.Due.count(o)
	}
	return err
}

func (w *ticketWalk) reopen(m moment) {
	w.rowOf(m.at).Reopened++
	if w.within(m.at, w.first) {
		w.undone = true
	}
	if w.tried && !w.within(m.at, w.last) {
		w.hold()
	}
	w.tried = false
	w.since.moment = m
	if w.wrote {
		w.wrote, w.wait = false, wait{on: true, begun: m}
	}
}

// within reports whether an instant is less than Return after a solution.
func (w *ticketWalk) within(at int64, s solution) bool { return at-s.at < int64(w.spec.Return) }

// hold counts the latest solution as the one that held.
func (w *ticketWalk) hold() {
	w.held = true
	r := w.rowOf(w.last.at)
	r.FullResolution = append(r.FullResolution, w.last.read)
	r.RequesterWait = append(r.RequesterWait, w.last.open)
	r.AgentWait = append(r.AgentWait, w.last.paused)
}

// waited counts the wait that ends with an answer, or without one.
func (w *ticketWalk) waited(m moment, answered bool) error {
	w.wait.on = false
	if answered {
		c := w.wait.clock(w.rowOf(m.at))
		c.Times = append(c.Times, m.read-w.wait.begun.read)
	}
	o := judge(m.read-w.wait.begun.read, w.answerTarget(), answered)
	if o == targetPending {
		return nil // nothing was left to answer in time
	}
	return w.answer(o)
}

// answerTarget returns the target of the wait, 0 for none.
func (w *ticketWalk) answerTarget() time.Duration {
	if w.wait.first {
		return w.spec.FirstResponse
	}
	return w.spec.NextResponse
}

// answer counts the verdict for the target of the wait.
func (w *ticketWalk) answer(o verdict) error {
	target := w.answerTarget()
	if target == 0 {
		return nil
	}
	begun := w.wait.begun
	w.wait.clock(w.rowOf(begun.at)).Begun.count(o)
	if w.now-begun.read <= target {
		o = targetPending // as if it had not been met, so that the others do not count for more
	}
	r, err := w.due(begun.at, target)
	if r != nil {
		w.wait.clock(r).Due.count(o)
	}
	return err
}

// running counts the clocks that run at AsOf.
func (w *ticketWalk) running(end moment) error {
	if w.wait.on {
		w.wait.clock(w.rowOf(w.wait.begun.at)).Running++
		if err := w.answer(judge(end.read-w.wait.begun.read, w.answerTarget(), false)); err != nil {
			return err
		}
	}
	if w.solved {
		return nil
	}
	w.row.Resolution.Running++
	open := w.state == ticketOpen
	if open {
		if err := w.overrun(end.read - w.since.read); err != nil {
			return err
		}
	}
	if w.spec.Resolution == 0 || w.past {
		return nil
	}
	w.row.Resolution.Begun.count(targetPending)
	if !open { // nobody knows when it will be due
		return nil
	}
	r, err := w.due(w.since.at, w.spec.Resolution-w.since.open)
	if r != nil {
		r.Resolution.Due.count(targetPending)
	}
	return err
}

// settle counts what is known at AsOf only if the time for it has passed.
func (w *ticketWalk) settle(i int) {
	if w.spec.Within > 0 && w.now > w.spec.Within {
		w.row.Within.N++
		if w.solved && w.first.read <= w.spec.Within {
			w.row.Within.K++
		}
	}
	if w.solved && !w.within(w.asOf, w.first) {
		r := w.rowOf(w.first.at)
		r.Settled++
		switch {
		case w.undone:
			r.Undone++
		case !w.back(i, w.first.at):
			r.FirstContact++
		}
	}
	switch {
	case !w.tried:
	case w.within(w.asOf, w.last):
		w.rowOf(w.last.at).Unsettled++
	default:
		w.hold()
	}
}
