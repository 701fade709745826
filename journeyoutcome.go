package kpi

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// OutcomeStatus says what became of a customer on a journey.
type OutcomeStatus int

const (
	// OutcomeNone is of one who filled no step, or not in time.
	OutcomeNone OutcomeStatus = iota
	// OutcomeDropped is of one who can no longer convert, but by starting again.
	OutcomeDropped
	// OutcomePending is of one who has not converted and still could.
	OutcomePending
	// OutcomeConverted is of one who filled all required steps.
	OutcomeConverted
)

var outcomeNames = []string{"none", "dropped", "pending", "converted"}

// String returns the name of o.
func (o OutcomeStatus) String() string { return enumName(outcomeNames, int(o), "OutcomeStatus") }

// ParseOutcomeStatus returns the OutcomeStatus of that name.
func ParseOutcomeStatus(s string) (OutcomeStatus, error) {
	i, err := parseEnum("ParseOutcomeStatus", outcomeNames, s)
	return OutcomeStatus(i), err
}

// MarshalText returns the name of o.
func (o OutcomeStatus) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what ParseOutcomeStatus reads.
func (o *OutcomeStatus) UnmarshalText(text []byte) error {
	return readEnum(o, ParseOutcomeStatus, text)
}

// Outcome is how far one customer came, by the chain that FunnelSpec describes.
type Outcome struct {
	Status OutcomeStatus `json:"status"` // what became of the customer, up to AsOf
	Depth  int           `json:"depth"`  // the required steps that the chain fills
	// Times are the instants of the chain, Depth of them, in UTC: Times[i] is that of
	// stage i, or, if the steps come in any order, of the event that made it i+1 of
	// them.
	Times []time.Time `json:"times"`
	// Optional says of each optional step, in their order, whether an event filled it
	// between those of the required steps on either side.
	Optional []bool `json:"optional,omitempty"`
	// Entry is the position among the events of the one that the chain starts with,
	// and −1 if there is none: its properties are those of the entry. Of several that
	// it could be at one instant it is the first by name and then by properties.
	Entry int `json:"entry"`
}

// Customer returns how far the events, in any order and all of one customer, lead
// along the steps. Amounts do not matter. A chain that Hold keeps to one value, and
// a breakdown By one, need the names of properties, which a Log knows: By is left
// to the caller, who has Entry. It returns an error if s is out of range or lacks
// what is required, if Hold is set, or, naming the event, if one has no name, is of
// another customer than the first, or lies outside 1677–2262.
func (s FunnelSpec) Customer(events []Event) (Outcome, error) {
	const metric = "FunnelSpec.Customer"
	if err := s.valid(metric); err != nil {
		return Outcome{}, err
	}
	if s.Hold != "" {
		return Outcome{}, fail(metric, CodeUnknownName, "Hold = %s", clip(s.Hold))
	}
	c := chainer{journey: s.compile()}
	c.traced = true
	var steps []stepEvent
	var from []int
	for i, e := range events {
		t, err := instant(metric, e.At)
		switch {
		case err != nil:
			return Outcome{}, at(err, metric, i)
		case e.Name == "":
			return Outcome{}, failAt(metric, CodeEmpty, i, "Name = \"\"")
		case e.Customer != events[0].Customer:
			return Outcome{}, failAt(metric, CodeMismatch, i, "Customer = %s ≠ %s", clip(events[0].Customer), clip(e.Customer))
		case t < c.asOf && (s.Mode == Adjacent || s.mask(&c.journey, e.Name) != 0):
			from = append(from, i)
		}
	}
	slices.SortStableFunc(from, func(a, b int) int {
		x, y := &events[a], &events[b]
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Name, y.Name), slices.Compare(x.Props, y.Props))
	})
	for _, i := range from {
		steps = append(steps, stepEvent{events[i].At.UnixNano(), s.mask(&c.journey, events[i].Name)})
	}
	c.run(steps)
	out := Outcome{Status: c.status, Depth: c.depth, Entry: -1}
	for _, t := range c.times[:c.depth] {
		out.Times = append(out.Times, time.Unix(0, t).UTC())
	}
	for i := range c.options {
		out.Optional = append(out.Optional, c.seen>>i&1 == 1)
	}
	if c.depth > 0 {
		out.Entry = from[c.entry(steps)]
	}
	return out, nil
}

// mask returns what an event of that name can do.
func (s *FunnelSpec) mask(j *journey, name string) uint64 {
	var mask uint64
	for i, step := range s.Steps {
		if step.fits(name) {
			mask |= 1 << j.order[i]
		}
	}
	for i, x := range s.Exclusions {
		if slices.Contains(x.Events, name) {
			mask |= 1 << (maxSteps + i)
		}
	}
	return mask
}

// masks returns what the events of a log can do, by handle.
func (l *Log) masks(s *FunnelSpec, j *journey) []uint64 {
	masks := make([]uint64, len(l.eventSet(nil)))
	set := func(names []string, bit int) {
		for e, in := range l.eventSet(names) {
			if in {
				masks[e] |= 1 << bit
			}
		}
	}
	for i, step := range s.Steps {
		set(step.Events, int(j.order[i]))
	}
	for i, x := range s.Exclusions {
		set(x.Events, maxSteps+i)
	}
	return masks
}

// outcomes counts them.
type outcomes struct {
	depth, pending, taken []int64
	times                 [][]time.Duration // of the converted: in all, and for each step from the second
}

func newOutcomes(j *journey) *outcomes {
	t := &outcomes{depth: make([]int64, j.required), pending: make([]int64, j.required), taken: make([]int64, len(j.options))}
	if j.required > 1 {
		t.times = make([][]time.Duration, j.required)
	}
	return t
}

func (t *outcomes) add(o *outcome) {
	if o.depth == 0 {
		return
	}
	last := o.depth - 1
	t.depth[last]++
	if o.status == OutcomePending {
		t.pending[last]++
	}
	for m := o.seen; m != 0; m &= m - 1 {
		t.taken[bits.TrailingZeros32(m)]++
	}
	if o.status != OutcomeConverted || last == 0 {
		return
	}
	t.times[0] = append(t.times[0], time.Duration(o.times[last]-o.times[0]))
	for i := 1; i <= last; i++ {
		t.times[i] = append(t.times[i], time.Duration(o.times[i]-o.times[i-1]))
	}
}

// merge takes in what o counted.
func (t *outcomes) merge(o *outcomes) {
	for i := range t.depth {
		t.depth[i] += o.depth[i]
		t.pending[i] += o.pending[i]
	}
	for i := range t.taken {
		t.taken[i] += o.taken[i]
	}
	for i := range t.times {
		t.times[i] = append(t.times[i], o.times[i]...)
	}
}

// funnel returns the counts under the names of s.
func (t *outcomes) funnel(s *FunnelSpec) Funnel {
	f := Funnel{Stages: s.stages(), Pending: t.pending, Optional: s.options()}
	var reached int64
	for i := len(t.depth) - 1; i >= 0; i-- {
		reached += t.depth[i]
		f.Stages[i].N = reached
	}
	for i, n := range t.taken {
		f.Optional[i].N = n
	}
	if len(t.times) > 0 && len(t.times[0]) > 0 {
		f.times = t.times
	}
	return f
}
