package kpi

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FunnelMode says in which order the steps of a journey are filled.
type FunnelMode int

const (
	// Ordered takes the steps in their order, whatever comes between them.
	Ordered FunnelMode = iota
	// Adjacent takes them in their order, with nothing between them: neither an
	// event of another name nor a second one of the same.
	Adjacent
	// Unordered takes them in any order, and stage k is any k of them.
	Unordered
)

var funnelModeNames = []string{"ordered", "adjacent", "unordered"}

// String returns the name of m.
func (m FunnelMode) String() string { return enumName(funnelModeNames, int(m), "FunnelMode") }

// ParseFunnelMode returns the FunnelMode of that name.
func ParseFunnelMode(s string) (FunnelMode, error) {
	i, err := parseEnum("ParseFunnelMode", funnelModeNames, s)
	return FunnelMode(i), err
}

// MarshalText returns the name of m.
func (m FunnelMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what ParseFunnelMode reads.
func (m *FunnelMode) UnmarshalText(text []byte) error { return readEnum(m, ParseFunnelMode, text) }

// Step is one step of a journey.
type Step struct {
	Name   string   `json:"name,omitempty"`   // of the stage; none is the Events
	Events []string `json:"events,omitempty"` // any of which fills it; none is any event
	// Optional makes it no stage: it may be passed over, and is counted beside the
	// stages, among those who reached the next one. It shares no event with
	// another step.
	Optional bool `json:"optional,omitempty"`
	// Window bounds the time since the required step before, inclusive; 0 is as
	// long as FunnelSpec.Window.
	Window time.Duration `json:"window,omitempty"`
}

// Exclusion ends the chains that have filled step After and not yet step Before
// when one of Events occurs: a refund between order and renewal. Whoever it
// happens to stays an entrant, at the depth reached, and may start again.
type Exclusion struct {
	Events []string `json:"events"` // at least one
	After  int      `json:"after"`  // the number of a required step, from 0
	Before int      `json:"before"` // likewise, of a later one
}

// maxSteps bounds the steps of a FunnelSpec, and likewise its exclusions, so that
// what an event can do is one word.
const maxSteps = 32

// FunnelSpec is the question behind a funnel counted from events: how far along
// Steps did each customer come, in one chain of events within Window?
//
//	depth = the most required steps that one chain fills, over all its starts
//	start ≤ every event of the chain ≤ start + Window
//	From ≤ start < To, and every event < AsOf
//
// An event fills one step. Events of one instant may be taken in any order, and
// the longest chain wins; StrictlyLater does not take two of them into one chain.
// The chain that is reported ends with the earliest event that reaches the depth,
// and has at each step before that the latest event that leads there, so that the
// times between are of one try and not of the tries that failed before it.
//
// A customer with a chain of all required steps is converted. Otherwise the
// customer is pending, if a chain could still be completed by events from AsOf
// on, and else dropped at the depth reached. Neither a converted customer nor one
// who was dropped after To changes with a later AsOf. Ask with To no later than
// AsOf less Window, and nobody is pending.
//
// Windows are elapsed time, on which no time zone, short day or calendar bears:
// a day is 24 hours. Adjacent looks at all events of a customer, whatever their
// names. Unordered needs steps that share no event, and a window from the start,
// which is any step event: an Exclusion, a Step.Window and StrictlyLater have no
// meaning there. Optional steps belong to Ordered, between two required ones.
//
// A name that no row has is no error: one shard of a log may lack what another
// holds. A name that is misspelt therefore counts nobody; the names stand in the
// answer. At most 32 steps and 32 exclusions.
type FunnelSpec struct {
	Steps         []Step        `json:"steps"`
	Mode          FunnelMode    `json:"mode"`                     // in which order the steps are filled
	Window        time.Duration `json:"window"`                   // required: from the start, inclusive
	StrictlyLater bool          `json:"strictly_later,omitempty"` // each step after the one before, not at its instant
	Exclusions    []Exclusion   `json:"exclusions,omitempty"`     // what ends a chain; those of one event do not touch
	// Hold is a property that is the same in all events of a chain, such as the
	// product: each customer counts once for every value. Rows where it is empty
	// are left out.
	Hold string `json:"hold,omitempty"`
	// By is a property that splits the answer by its value in the first event of
	// the chain.
	By   string    `json:"by,omitempty"`
	From time.Time `json:"from,omitzero"` // if set, chains that start before it do not count
	To   time.Time `json:"to,omitzero"`   // if set, nor do those that start at it or later
	AsOf time.Time `json:"as_of"`         // required, exclusive: rows from it on do not count
}

// label is the name of a step's stage.
func (s Step) label() string {
	switch {
	case s.Name != "":
		return s.Name
	case len(s.Events) == 0:
		return "*"
	}
	return strings.Join(nameSet(s.Events), " / ")
}

// shares reports whether an event can fill both steps.
func (s Step) shares(o Step) bool {
	return len(s.Events) == 0 || len(o.Events) == 0 || slices.ContainsFunc(s.Events, o.fits)
}

// fits reports whether an event of that name fills s.
func (s Step) fits(name string) bool { return len(s.Events) == 0 || slices.Contains(s.Events, name) }

func (s *FunnelSpec) valid(metric string) error {
	switch {
	case len(s.Steps) == 0:
		return fail(metric, CodeMissing, "Steps")
	case len(s.Steps) > maxSteps || len(s.Exclusions) > maxSteps:
		return fail(metric, CodeTooLarge, "len(Steps) = %d, len(Exclusions) = %d, max = %d", len(s.Steps), len(s.Exclusions), maxSteps)
	case s.Mode < Ordered || s.Mode > Unordered:
		return fail(metric, CodeOutOfRange, "Mode = %d", int(s.Mode))
	case s.Window < 0:
		return fail(metric, CodeNegative, "Window = %s", s.Window)
	case s.Window == 0:
		return fail(metric, CodeMissing, "Window")
	case s.AsOf.IsZero():
		return fail(metric, CodeMissing, "AsOf")
	case !s.From.IsZero() && !s.To.IsZero() && !s.From.Before(s.To):
		return fail(metric, CodeTime, "To = %s ≤ From = %s", s.To.Format(time.RFC3339), s.From.Format(time.RFC3339))
	case s.Mode != Ordered && len(s.Exclusions) > 0:
		return fail(metric, CodeMismatch, "len(Exclusions) = %d, Mode = %s", len(s.Exclusions), s.Mode)
	case s.Mode == Unordered && s.StrictlyLater:
		return fail(metric, CodeMismatch, "StrictlyLater = true, Mode = unordered")
	case s.Steps[0].Optional || s.Steps[len(s.Steps)-1].Optional:
		return fail(metric, CodeMismatch, "Steps[0].Optional = %t, Steps[%d].Optional = %t", s.Steps[0].Optional, len(s.Steps)-1, s.Steps[len(s.Steps)-1].Optional)
	}
	for _, t := range []time.Time{s.AsOf, s.From, s.To} {
		if _, err := instant(metric, t); err != nil && !t.IsZero() {
			return err
		}
	}
	for i := range s.Steps {
		if err := s.validStep(metric, i); err != nil {
			return err
		}
	}
	for i, x := range s.Exclusions {
		if err := s.validExclusion(metric, i, x); err != nil {
			return err
		}
	}
	return nil
}

func (s *FunnelSpec) validStep(metric string, i int) error {
	step := s.Steps[i]
	switch {
	case step.Window < 0:
		return failAt(metric, CodeNegative, i, "Window = %s", step.Window)
	case step.Window > 0 && (i == 0 || s.Mode == Unordered):
		return failAt(metric, CodeMismatch, i, "Window = %s, i = %d, Mode = %s", step.Window, i, s.Mode)
	case step.Optional && s.Mode != Ordered:
		return failAt(metric, CodeMismatch, i, "Optional = true, Mode = %s", s.Mode)
	case slices.Contains(step.Events, ""):
		return failAt(metric, CodeEmpty, i, "Events[%d] = \"\"", slices.Index(step.Events, ""))
	}
	if err := cmp.Or(readable(metric, step.Name), readable(metric, step.Events...)); err != nil {
		return at(err, metric, i)
	}
	for j, before := range s.Steps[:i] {
		if (s.Mode == Unordered || step.Optional || before.Optional) && step.shares(before) {
			return failAt(metric, CodeMismatch, i, "Events ∩ Steps[%d].Events ≠ ∅, Optional = %t, Mode = %s", j, step.Optional || before.Optional, s.Mode)
		}
	}
	return nil
}

func (s *FunnelSpec) validExclusion(metric string, i int, x Exclusion) error {
	switch {
	case len(x.Events) == 0 || slices.Contains(x.Events, ""):
		return failAt(metric, CodeMissing, i, "Exclusion.Events")
	case x.After < 0 || x.Before <= x.After || x.Before >= len(s.Steps):
		return failAt(metric, CodeOutOfRange, i, "After = %d, Before = %d, len(Steps) = %d", x.After, x.Before, len(s.Steps))
	case s.Steps[x.After].Optional || s.Steps[x.Before].Optional:
		return failAt(metric, CodeMismatch, i, "Steps[%d].Optional ∨ Steps[%d].Optional", x.After, x.Before)
	}
	if err := readable(metric, x.Events...); err != nil {
		return at(err, metric, i)
	}
	for j, step := range s.Steps[x.After+1 : x.Before] {
		if slices.ContainsFunc(x.Events, step.fits) {
			return failAt(metric, CodeMismatch, i, "Events ∩ Steps[%d].Events ≠ ∅", x.After+1+j)
		}
	}
	for j, o := range s.Exclusions[:i] {
		named := func(name string) bool { return slices.Contains(o.Events, name) }
		if x.After <= o.Before && o.After <= x.Before && slices.ContainsFunc(x.Events, named) {
			return failAt(metric, CodeMismatch, i, "Events ∩ Exclusions[%d].Events ≠ ∅, [%d, %d] ∩ [%d, %d] ≠ ∅", j, x.After, x.Before, o.After, o.Before)
		}
	}
	return nil
}

// normal returns s as an answer carries it: with names sorted, stages named and
// instants in UTC, so that equal questions are equal.
func (s *FunnelSpec) normal() *FunnelSpec {
	n := *s
	n.Steps = slices.Clone(s.Steps)
	for i, step := range n.Steps {
		n.Steps[i].Name, n.Steps[i].Events = step.label(), nameSet(step.Events)
	}
	n.Exclusions = slices.Clone(s.Exclusions)
	for i, x := range n.Exclusions {
		n.Exclusions[i].Events = nameSet(x.Events)
	}
	slices.SortFunc(n.Exclusions, func(a, b Exclusion) int {
		return cmp.Or(a.After-b.After, a.Before-b.Before, slices.Compare(a.Events, b.Events))
	})
	for _, t := range []*time.Time{&n.From, &n.To, &n.AsOf} {
		if !t.IsZero() {
			*t = time.Unix(0, t.UnixNano()).UTC() // without a monotonic clock
		}
	}
	return &n
}

// same reports whether both are nil or ask the same.
func (s *FunnelSpec) same(o *FunnelSpec) bool {
	if s == nil || o == nil {
		return s == o
	}
	return bytes.Equal(s.append(nil), o.append(nil))
}

// stages returns the names of the stages, of which none has reached any.
func (s *FunnelSpec) stages() []Stage {
	var out []Stage
	for _, step := range s.Steps {
		if !step.Optional {
			out = append(out, Stage{Name: step.label()})
		}
	}
	if s.Mode == Unordered {
		for i := range out {
			out[i].Name = fmt.Sprintf("%d of %d", i+1, len(out))
		}
	}
	return out
}

// options returns the names of the optional steps, which nobody has taken.
func (s *FunnelSpec) options() []Stage {
	var out []Stage
	for _, step := range s.Steps {
		if step.Optional {
			out = append(out, Stage{Name: step.label()})
		}
	}
	return out
}
