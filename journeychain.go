package kpi

import (
	"math"
	"math/bits"
	"slices"
)

// stepEvent is an event as a journey sees it: when it was, and what it can do.
type stepEvent struct {
	at   int64
	mask uint64 // bit i: fill required step i, and then optional ones; bit 32+i: exclusion i
}

// journey is a FunnelSpec compiled.
type journey struct {
	mode           FunnelMode
	later          bool // no two events of one instant in a chain
	overlap        bool // some event can fill two required steps
	plain          bool // ordered, in the window from the start and nothing else
	traced         bool // the chains of those who did not convert are asked for too
	required       int
	window         uint64 // differences of instants go up to 2⁶⁴: 1677–2262
	within         [maxSteps]uint64
	options        []option
	bans           []ban
	from, to, asOf int64
	order          [maxSteps]uint8 // the bit of each step of the spec
}

// option is an optional step.
type option struct {
	after  int // the number, among the required steps, of the one before it
	within uint64
}

// ban is an exclusion, between required steps.
type ban struct{ after, before int }

// compile returns the journey of a valid spec.
func (s *FunnelSpec) compile() journey {
	j := journey{
		mode: s.Mode, later: s.StrictlyLater, window: uint64(s.Window), //nolint:gosec // positive
		from: math.MinInt64, to: math.MaxInt64, asOf: s.AsOf.UnixNano(),
	}
	if !s.From.IsZero() {
		j.from = s.From.UnixNano()
	}
	if !s.To.IsZero() {
		j.to = s.To.UnixNano()
	}
	for i, step := range s.Steps {
		within := uint64(math.MaxUint64)
		if step.Window > 0 {
			within = uint64(step.Window)
		}
		if step.Optional {
			j.options = append(j.options, option{after: j.required - 1, within: within})
			continue
		}
		for _, before := range s.Steps[:i] {
			j.overlap = j.overlap || step.shares(before)
		}
		j.order[i], j.within[j.required] = uint8(j.required), within //nolint:gosec // below maxSteps
		j.required++
	}
	optional := j.required
	for i, step := range s.Steps {
		if step.Optional {
			j.order[i] = uint8(optional) //nolint:gosec // below maxSteps
			optional++
		}
	}
	j.plain = s.Mode == Ordered && !j.later && !j.overlap && len(s.Exclusions) == 0 &&
		!slices.ContainsFunc(s.Steps, func(step Step) bool { return step.Window > 0 && !step.Optional })
	for _, x := range s.Exclusions {
		j.bans = append(j.bans, ban{int(j.order[x.After]), int(j.order[x.Before])})
	}
	return j
}

// outcome is what became of one customer, in nanoseconds.
type outcome struct {
	status OutcomeStatus
	depth  int
	times  [maxSteps]int64 // of the chain, depth of them
	first  uint32          // the steps of which its first event may be
	seen   uint32          // the optional steps that it took
}

// chainer follows the chains of one customer after the other, in one pass over
// the events and without allocating.
//
// For each step it keeps one chain that has filled all steps up to it: the one
// filled last, which is also the one that started last. For of two chains that
// may fill a step the state of an earlier step has started no earlier, the
// windows hold for the later start if they do for the other, and an exclusion
// that ends the one ends all that are at the same step. So nothing that can be
// done with another chain cannot be done with the one kept. Tests hold this to a
// search through all chains.
type chainer struct {
	journey
	outcome

	start [maxSteps + 2]int64       // of k steps, in a plain journey, where it is all there is to keep
	alive uint32                    // bit k: there is a chain of k+1 steps
	chain [maxSteps][maxSteps]int64 // the instants of its steps
	match matcher
}

// run finds the outcome of a customer whose events before asOf are in the order of
// time: all of them if the journey is adjacent, and otherwise those that have a
// mask. The times of one who did not convert are set if the journey is traced.
func (c *chainer) run(events []stepEvent) {
	c.depth, c.first, c.seen, c.alive = 0, 1, 0, 0
	var pending bool
	switch {
	case c.plain:
		pending = c.straight(events)
	case c.mode == Unordered:
		pending = c.unordered(events)
	default:
		pending = !c.ordered(events) && c.waits()
	}
	switch {
	case c.depth == 0:
		c.status = OutcomeNone
	case c.depth == c.required:
		c.status = OutcomeConverted
	case pending:
		c.status = OutcomePending
	default:
		c.status = OutcomeDropped
	}
	if len(c.options) > 0 && c.depth > 1 {
		c.look(events)
	}
}

// notStarted is before every instant.
const notStarted = math.MinInt64

// straight follows the chains of a plain journey, and reports whether one could
// still be completed. A chain whose window is over may be kept, since its start
// tells; and the chain of one step has started last.
func (c *chainer) straight(events []stepEvent) bool {
	for k := range c.required + 1 {
		c.start[k] = notStarted
	}
	for i := 0; i < len(events); i++ {
		t, mask := events[i].at, events[i].mask
		for i+1 < len(events) && events[i+1].at == t {
			i++
			mask |= events[i].mask
		}
		c.start[0] = t // what a first step continues
		if t < c.from || t >= c.to {
			c.start[0] = c.start[1]
		}
		for { // from the first step up
			k := bits.TrailingZeros64(mask) & (maxSteps - 1) // there is one
			if k >= c.required {
				break
			}
			start := c.start[k]
			c.start[k+1] = start
			if k >= c.depth && start != notStarted && uint64(t-start) <= c.window { //nolint:gosec // t is later
				if c.depth = k + 1; c.traced || c.depth == c.required {
					c.trace(events[:i+1])
				}
				if c.depth == c.required {
					return false
				}
			}
			if mask &= mask - 1; mask == 0 {
				break
			}
		}
	}
	start := c.start[1]
	return start != notStarted && uint64(c.asOf-start) <= c.window //nolint:gosec // asOf is later
}

// trace finds the times of a plain chain that the last of events made as deep as it
// is, of each step the latest that there is.
func (c *chainer) trace(events []stepEvent) {
	k, t := c.depth-1, events[len(events)-1].at
	for c.times[k] = t; k > 0; c.times[k] = t {
		k--
		i := len(events) - 1
		for events[i].mask>>k&1 == 0 || k == 0 && (events[i].at < c.from || events[i].at >= c.to) {
			i--
		}
		// What is at the same instant may come before.
		for t = events[i].at; i+1 < len(events) && events[i+1].at == t; {
			i++
		}
		events = events[:i+1]
	}
}

// ordered follows ordered and adjacent chains, and reports whether one is complete.
func (c *chainer) ordered(events []stepEvent) bool {
	all := uint32(1)<<c.required - 1 // required may be 32
	for i := 0; i < len(events); {
		t, mask, from := events[i].at, events[i].mask, i
		for i++; i < len(events) && events[i].at == t; i++ {
			mask |= events[i].mask
		}
		tied := i-from > 1
		switch {
		case c.mode == Adjacent || mask>>maxSteps != 0 || tied && c.overlap && !c.later:
			c.instant(t, mask, events[from:i])
		case c.later || c.overlap:
			// From the last step down, so that no chain takes two events.
			for m := uint32(mask) & all; m != 0; {
				k := bits.Len32(m) - 1
				m &^= 1 << k
				c.step(k, t)
			}
		default:
			// From the first step up, so that a chain takes all it can.
			for m := uint32(mask) & all; m != 0; m &= m - 1 {
				c.step(bits.TrailingZeros32(m), t)
			}
		}
		if c.depth == c.required {
			return true
		}
	}
	return false
}

// step fills step k at t, if there is a chain that it continues.
func (c *chainer) step(k int, t int64) {
	if c.enters(k-1, t) {
		c.extend(k, k-1, t)
	}
}

// enters reports whether the chain at step e can go on to the next one at t; that
// at −1 is none, and goes on by a start.
func (c *chainer) enters(e int, t int64) bool {
	if e < 0 {
		return t >= c.from && t < c.to
	}
	if c.alive>>e&1 == 0 {
		return false
	}
	chain := &c.chain[e]
	return uint64(t-chain[0]) <= c.window && uint64(t-chain[e]) <= c.within[e+1] //nolint:gosec // t is later
}

// extend makes the chain at step e one at step k, by events at t.
func (c *chainer) extend(k, e int, t int64) {
	to := &c.chain[k]
	if e >= 0 {
		copy(to[:e+1], c.chain[e][:e+1])
	}
	for e++; e <= k; e++ {
		to[e] = t
	}
	c.alive |= 1 << k
	if k >= c.depth {
		c.depth = k + 1
		copy(c.times[:k+1], to[:k+1])
	}
}

// instant follows the chains through all events at t, where several steps may be
// filled in whatever order lets a chain come furthest.
func (c *chainer) instant(t int64, mask uint64, group []stepEvent) {
	var entry [maxSteps]int // by step reached: the step that the chain came from
	var reached uint32
	if c.overlap {
		c.match.reset(c.required, group)
	}
	for e := -1; e < c.required-1; e++ { // the fewer steps before t, the later the chain
		if !c.enters(e, t) {
			continue
		}
		for k := e + 1; k <= c.reach(e, mask, len(group)); k++ {
			if reached>>k&1 == 0 {
				reached |= 1 << k
				entry[k] = e
			}
		}
	}
	before := c.alive
	for m := reached; m != 0; {
		k := bits.Len32(m) - 1
		m &^= 1 << k
		c.extend(k, entry[k], t)
	}
	if c.mode == Adjacent {
		// What goes on is what can be placed last: it starts here, or takes all.
		c.alive = 0
		for m := reached; m != 0; m &= m - 1 {
			if k := bits.TrailingZeros32(m); entry[k] < 0 || k-entry[k] == len(group) {
				c.alive |= 1 << k
			}
		}
		return
	}
	// An exclusion can be placed before or after a chain that is not between its
	// steps all the time.
	for x := mask >> maxSteps; x != 0; x &= x - 1 {
		s := c.bans[bits.TrailingZeros64(x)]
		for m := before | reached; m != 0; m &= m - 1 {
			k := bits.TrailingZeros32(m)
			e := k
			if reached>>k&1 == 1 {
				e = entry[k]
			}
			if s.after <= e && k < s.before {
				c.alive &^= 1 << k
			}
		}
	}
}

// reach returns the last step up to which a chain at step e can come by the events
// of one instant, of which there are n.
func (c *chainer) reach(e int, mask uint64, n int) int {
	next := uint32(mask) & (uint32(1)<<c.required - 1) >> (e + 1) //nolint:gosec // the lower half
	switch {
	case next&1 == 0:
		return e
	case c.later || n == 1:
		return e + 1
	case !c.overlap:
		return e + bits.TrailingZeros32(^next)
	}
	return c.match.reach(e)
}

// waits reports whether a chain could be completed by events from asOf on.
func (c *chainer) waits() bool {
	for m := c.alive; m != 0; m &= m - 1 {
		k := bits.TrailingZeros32(m)
		chain := &c.chain[k]
		need := uint64(c.asOf - chain[0]) //nolint:gosec // asOf is later
		if c.later {
			need += uint64(c.required - 2 - k) //nolint:gosec // a nanosecond for each step but one
		}
		if need <= c.window && uint64(c.asOf-chain[k]) <= c.within[k+1] { //nolint:gosec // likewise
			return true
		}
	}
	return false
}

// look finds the optional steps between the steps of the chain.
func (c *chainer) look(events []stepEvent) {
	for _, e := range events {
		for m := e.mask & (1<<maxSteps - 1) >> c.required; m != 0; m &= m - 1 {
			i := bits.TrailingZeros64(m)
			o := c.options[i]
			if o.after+1 >= c.depth {
				continue
			}
			from, to := c.times[o.after], c.times[o.after+1]
			if e.at < from || e.at > to || uint64(e.at-from) > o.within || c.later && (e.at == from || e.at == to) { //nolint:gosec // from is earlier
				continue
			}
			c.seen |= 1 << i
		}
	}
}
