package kpi

import (
	"math"
	"math/bits"
	"slices"
)

// matcher assigns events of one instant to steps, one to each.
type matcher struct {
	required int
	masks    []uint32 // the steps that an event can fill
	owner    []int8   // the step that it fills, or −1
	visited  uint32
}

// reset takes the events of a group. Of those that can fill a step it keeps as
// many as there are steps: more are never needed.
func (m *matcher) reset(required int, group []stepEvent) {
	m.required, m.masks = required, m.masks[:0]
	var count [maxSteps]int
	for _, e := range group {
		steps := uint32(e.mask) & (uint32(1)<<required - 1) //nolint:gosec // the lower half
		keep := false
		for s := steps; s != 0; s &= s - 1 {
			if k := bits.TrailingZeros32(s); count[k] < required {
				count[k]++
				keep = true
			}
		}
		if keep {
			m.masks = append(m.masks, steps)
		}
	}
}

// reach returns the last step such that all after e up to it have an event each.
func (m *matcher) reach(e int) int {
	m.owner = m.owner[:0]
	for range m.masks {
		m.owner = append(m.owner, -1)
	}
	for k := e + 1; k < m.required; k++ {
		if m.visited = 0; !m.fill(k) {
			return k - 1
		}
	}
	return m.required - 1
}

// fill finds an event for step k, moving those of other steps if need be: the
// augmenting path of Kuhn (1955).
func (m *matcher) fill(k int) bool {
	m.visited |= 1 << k
	for i, steps := range m.masks {
		if steps>>k&1 == 0 {
			continue
		}
		if o := m.owner[i]; o < 0 || m.visited>>o&1 == 0 && m.fill(int(o)) {
			m.owner[i] = int8(k) //nolint:gosec // below maxSteps
			return true
		}
	}
	return false
}

// entry returns which of the events the chain of the outcome begins with, the
// first that it can of those of one instant.
func (c *chainer) entry(events []stepEvent) int {
	i, _ := slices.BinarySearchFunc(events, c.times[0], func(e stepEvent, t int64) int {
		if e.at < t {
			return -1
		}
		return 1
	})
	end, run := i, 0
	for end < len(events) && events[end].at == c.times[0] {
		end++
	}
	for run < c.depth && c.times[run] == c.times[0] {
		run++
	}
	group := events[i:end]
	for k := range group {
		if uint32(group[k].mask)&c.first == 0 { //nolint:gosec // the lower half
			continue
		}
		if c.mode == Unordered || !c.overlap || run == 1 {
			return i + k
		}
		// The other steps of the instant need an event each.
		e := group[k]
		group[k].mask = 0
		c.match.reset(c.required, group)
		group[k] = e
		if c.match.reach(0) >= run-1 {
			return i + k
		}
	}
	return i
}

// unordered finds the most steps filled within a window, and reports whether more
// could be by events from asOf on.
func (c *chainer) unordered(events []stepEvent) bool {
	var last, start [maxSteps]int64 // by step: its last event, and the last that can be a start
	var met, starts uint32          // the steps with such events
	all := uint32(1)<<c.required - 1
	first := 0 // the first start whose window is open
	for i := 0; i < len(events); {
		t := events[i].at
		var steps uint32
		for ; i < len(events) && events[i].at == t; i++ {
			steps |= uint32(events[i].mask) & all //nolint:gosec // the lower half
		}
		met |= steps
		starting := c.enters(-1, t)
		if starting {
			starts |= steps
		}
		for s := steps; s != 0; s &= s - 1 {
			k := bits.TrailingZeros32(s)
			if last[k] = t; starting {
				start[k] = t
			}
		}
		for first < i && (events[first].at < c.from || uint64(t-events[first].at) > c.window) { //nolint:gosec // t is later
			first++
		}
		if first == i || events[first].at >= c.to {
			continue
		}
		var filled uint32
		for s := met; s != 0; s &= s - 1 {
			if k := bits.TrailingZeros32(s); last[k] >= events[first].at {
				filled |= 1 << k
			}
		}
		if n := bits.OnesCount32(filled); n > c.depth {
			c.depth = n
			c.begin(filled, starts, events[first].at, &last, &start)
		}
		if c.depth == c.required {
			return false
		}
	}
	for s := starts; s != 0; s &= s - 1 {
		if uint64(c.asOf-start[bits.TrailingZeros32(s)]) <= c.window { //nolint:gosec // asOf is later
			return true
		}
	}
	return false
}

// begin sets the times of an unordered chain: the last event of each step, but
// that the chain has to begin with a start, from since on. If it does not, the step
// of the earliest event takes its last start instead.
func (c *chainer) begin(filled, starts uint32, since int64, last, start *[maxSteps]int64) {
	begin := int64(math.MaxInt64)
	for s := filled; s != 0; s &= s - 1 {
		begin = min(begin, last[bits.TrailingZeros32(s)])
	}
	from := last
	moved := -1
	if begin >= c.to {
		for s := filled & starts; s != 0; s &= s - 1 {
			k := bits.TrailingZeros32(s)
			if start[k] >= since && (moved < 0 || last[k] < last[moved] || last[k] == last[moved] && start[k] > start[moved]) {
				moved = k
			}
		}
		begin, from = start[moved], start
	}
	c.first = 0
	n := 0
	for s := filled; s != 0; s &= s - 1 {
		k := bits.TrailingZeros32(s)
		if from[k] == begin && (moved < 0 || last[k] == last[moved]) {
			c.first |= 1 << k
		}
		c.times[n] = last[k]
		if k == moved {
			c.times[n] = begin
		}
		n++
	}
	slices.Sort(c.times[:n])
}
