package kpi_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// link is an event of a chain: the step that it fills and its place among events.
type link struct{ step, event int }

// search answers a FunnelSpec about one customer by going through every chain.
type search struct {
	spec     kpi.FunnelSpec
	events   []kpi.Event // before AsOf, in the order of time, name and properties
	required []kpi.Step

	best    []link
	pending bool
}

func searched(s kpi.FunnelSpec, events []kpi.Event) kpi.Outcome {
	n := search{spec: s}
	var at []int
	for i, e := range events {
		if e.At.Before(s.AsOf) {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(i, j int) int {
		a, b := events[i], events[j]
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name), slices.Compare(a.Props, b.Props))
	})
	for _, i := range at {
		n.events = append(n.events, events[i])
	}
	for _, step := range s.Steps {
		if !step.Optional {
			n.required = append(n.required, step)
		}
	}
	n.extend(nil)
	out := kpi.Outcome{Depth: len(n.best), Entry: -1}
	for i, l := range n.best {
		out.Times = append(out.Times, n.events[l.event].At)
		if i == 0 {
			out.Entry = at[l.event]
		}
	}
	switch {
	case len(n.best) == 0:
	case len(n.best) == len(n.required):
		out.Status = kpi.OutcomeConverted
	case n.pending:
		out.Status = kpi.OutcomePending
	default:
		out.Status = kpi.OutcomeDropped
	}
	before := -1 // the required step before
	for _, step := range s.Steps {
		if !step.Optional {
			before++
			continue
		}
		seen := false
		for _, e := range n.events {
			if before+1 < len(out.Times) && fills(step, e) && !e.At.Before(out.Times[before]) && !e.At.After(out.Times[before+1]) &&
				(step.Window == 0 || e.At.Sub(out.Times[before]) <= step.Window) &&
				(!s.StrictlyLater || e.At.After(out.Times[before]) && e.At.Before(out.Times[before+1])) {
				seen = true
			}
		}
		out.Optional = append(out.Optional, seen)
	}
	return out
}

func fills(s kpi.Step, e kpi.Event) bool {
	return len(s.Events) == 0 || slices.Contains(s.Events, e.Name)
}

// extend tries every continuation of a chain that is possible.
func (n *search) extend(chain []link) {
	if len(chain) > 0 {
		if n.better(chain) {
			n.best = slices.Clone(chain)
		}
		if n.goesOn(chain) {
			n.pending = true
		}
	}
	for step := range n.required {
		if n.spec.Mode != kpi.Unordered && step != len(chain) ||
			slices.ContainsFunc(chain, func(l link) bool { return l.step == step }) {
			continue
		}
		for e := range n.events {
			next := append(slices.Clip(chain), link{step, e})
			if fills(n.required[step], n.events[e]) && n.possible(next, n.times(next)) && n.undisturbed(next, false) {
				n.extend(next)
			}
		}
	}
}

func (n *search) times(chain []link) []time.Time {
	var t []time.Time
	for _, l := range chain {
		t = append(t, n.events[l.event].At)
	}
	return t
}

// possible holds a chain to the windows and the order of its events. An unordered
// chain is written in the order of time.
func (n *search) possible(chain []link, times []time.Time) bool {
	for i, l := range chain {
		if slices.ContainsFunc(chain[:i], func(o link) bool { return o.event == l.event && l.event >= 0 }) {
			return false
		}
	}
	s := n.spec
	if times[0].Before(s.From) || !s.To.IsZero() && !times[0].Before(s.To) {
		return false
	}
	for i, t := range times {
		if t.Sub(times[0]) > s.Window {
			return false
		}
		if i == 0 {
			continue
		}
		if t.Before(times[i-1]) || s.StrictlyLater && !t.After(times[i-1]) {
			return false
		}
		if w := n.required[chain[i].step].Window; w > 0 && t.Sub(times[i-1]) > w {
			return false
		}
	}
	return true
}

// undisturbed reports whether the events can be put in an order, by time and at one
// instant as one likes, in which nothing disturbs the chain: before its last event
// or, if it is to go on, at all.
func (n *search) undisturbed(chain []link, on bool) bool {
	if n.spec.Mode == kpi.Unordered {
		return true
	}
	times := n.times(chain)
	last := times[len(times)-1]
	for e, x := range n.events {
		used := slices.IndexFunc(chain, func(l link) bool { return l.event == e })
		if n.spec.Mode == kpi.Adjacent && used < 0 && x.At.After(times[0]) && (on || x.At.Before(last)) {
			return false
		}
		// The places in the chain that x may have: after so many of its steps.
		from, to := -1, -1
		for i, t := range times {
			if t.Before(x.At) {
				from = i
			}
			if !t.After(x.At) {
				to = i
			}
		}
		if !on && !x.At.Before(last) {
			continue // after the last event
		}
		harmless := false
		for place := from; place <= to; place++ {
			hit := false
			for _, ex := range n.spec.Exclusions {
				after, before := n.number(ex.After), n.number(ex.Before)
				hit = hit || slices.Contains(ex.Events, x.Name) && after <= place && place < before
			}
			harmless = harmless || !hit
		}
		if used >= 0 {
			harmless = true // no excluded event fills a step between
		}
		if !harmless {
			return false
		}
	}
	return true
}

// number returns the number of a step among the required ones.
func (n *search) number(step int) int {
	k := 0
	for _, s := range n.spec.Steps[:step] {
		if !s.Optional {
			k++
		}
	}
	return k
}

// goesOn reports whether events from AsOf on, as early as can be, would complete
// the chain.
func (n *search) goesOn(chain []link) bool {
	if len(chain) == len(n.required) || !n.undisturbed(chain, true) {
		return false
	}
	all, times := slices.Clone(chain), n.times(chain)
	next := n.spec.AsOf
	for step := range n.required {
		if slices.ContainsFunc(chain, func(l link) bool { return l.step == step }) {
			continue
		}
		all, times = append(all, link{step, -1 - step}), append(times, next)
		if n.spec.StrictlyLater {
			next = next.Add(1)
		}
	}
	return n.possible(all, times)
}

// better reports whether a chain is to be reported rather than the best so far: if
// it is longer, ends earlier, or has a later event before that.
func (n *search) better(chain []link) bool {
	if len(chain) != len(n.best) {
		return len(chain) > len(n.best)
	}
	a, b := n.times(chain), n.times(n.best)
	last := len(a) - 1
	c := a[last].Compare(b[last])
	for i := last - 1; i >= 0 && c == 0; i-- {
		c = b[i].Compare(a[i])
	}
	return cmp.Or(c, chain[0].event-n.best[0].event) < 0
}

// dice are bytes that a test reads as it needs choices.
type dice []byte

func (d *dice) n(n int) int {
	if len(*d) == 0 {
		return 0
	}
	b := (*d)[0]
	*d = (*d)[1:]
	return int(b) % n
}

func (d *dice) one(of int) bool { return d.n(of) == of-1 }

// instantOf is an instant of a journey in a test.
func instantOf(n int) time.Time { return time.Unix(int64(1_700_000_000+n), 0).UTC() }

// journey rolls a question, which may be no good, and events about it.
func (d *dice) journey() (kpi.FunnelSpec, []kpi.Event) {
	names := []string{"a", "b", "c", "d", "x"}
	s := kpi.FunnelSpec{
		Mode: kpi.FunnelMode(d.n(3)), Window: time.Duration(1+d.n(9)) * time.Second,
		StrictlyLater: d.one(3), AsOf: instantOf(6 + d.n(5)),
	}
	if d.one(4) {
		s.Window -= time.Duration(d.n(3)) // as little as a step of StrictlyLater
	}
	if d.one(4) {
		s.From = instantOf(d.n(4))
	}
	if d.one(3) {
		s.To = instantOf(3 + d.n(4))
	}
	overlap := d.one(2)
	steps := 1 + d.n(4)
	for i := range steps {
		step := kpi.Step{Events: []string{names[i]}}
		if s.Mode == kpi.Ordered && i > 0 && i < steps-1 && d.one(2) {
			step.Optional = true
			if overlap && i == 1 {
				step.Events[0] = "x"
			} else if overlap {
				step.Events[0] = "d"
			}
		} else if overlap {
			step.Events[0] = names[d.n(3)]
			if d.one(3) {
				step.Events = append(step.Events, names[d.n(4)])
			} else if d.one(6) {
				step.Events = nil
			}
		}
		if d.one(3) && i > 0 && s.Mode != kpi.Unordered {
			step.Window = time.Duration(1+d.n(4)) * time.Second
		}
		s.Steps = append(s.Steps, step)
	}
	for range d.n(3) {
		if s.Mode == kpi.Ordered && len(s.Steps) > 1 {
			after := d.n(len(s.Steps) - 1)
			s.Exclusions = append(s.Exclusions, kpi.Exclusion{
				Events: []string{names[4-d.n(5)*d.n(2)]}, After: after, Before: after + 1 + d.n(len(s.Steps)-after-1),
			})
		}
	}
	var events []kpi.Event
	kinds := 3 + d.n(2)*2
	for range 2 + d.n(8) {
		events = append(events, kpi.Event{
			Customer: []string{"Ann", "Bob"}[d.n(2)], Name: names[d.n(kinds)], At: instantOf(d.n(3 + d.n(9))),
			Props: []string{[]string{"", "ads", "web"}[d.n(3)], []string{"北京", "Zürich"}[d.n(2)]},
		})
	}
	return s, events
}

// checkJourney holds the outcome of what dice roll to the search, and to the laws
// of asOf and of order. It reports what became of the customer.
func checkJourney(t *testing.T, d dice) (kpi.Outcome, bool) {
	t.Helper()
	s, events := d.journey()
	for i := range events {
		events[i].Customer = "Ann"
	}
	got, err := s.Customer(events)
	if err != nil {
		requireError(t, err, kpi.ErrInvalid)
		return got, false
	}
	want := searched(s, events)
	require.Equal(t, want, got, "%+v of %+v", s, events)

	// What comes from AsOf on changes nothing, nor does the order.
	turned := slices.DeleteFunc(slices.Clone(events), func(e kpi.Event) bool { return !e.At.Before(s.AsOf) })
	slices.Reverse(turned)
	again, err := s.Customer(turned)
	require.NoError(t, err)
	if got.Entry >= 0 {
		require.Equal(t, events[got.Entry], turned[again.Entry])
	}
	again.Entry = got.Entry
	require.Equal(t, got, again)

	// A later AsOf changes nothing that is decided, once nobody can start any more.
	later := s
	later.AsOf = instantOf(40)
	end, err := later.Customer(events)
	require.NoError(t, err)
	require.GreaterOrEqual(t, end.Depth, got.Depth)
	require.NotEqual(t, kpi.OutcomePending, end.Status)
	switch {
	case got.Status == kpi.OutcomeConverted:
		require.Equal(t, got, end)
	case got.Status == kpi.OutcomeDropped && !s.To.IsZero() && !s.To.After(s.AsOf):
		require.Equal(t, kpi.OutcomeDropped, end.Status)
		if !s.StrictlyLater { // which may get deeper within the last nanoseconds
			require.Equal(t, got, end)
		}
	}
	return got, true
}

// Every mode and option against a search through all chains.
func TestJourneyAgainstSearch(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	seen := map[kpi.OutcomeStatus]int{}
	valid, taken, deep := 0, 0, 0
	for range 15_000 {
		d := make(dice, 96)
		for i := range d {
			d[i] = byte(r.IntN(256))
		}
		o, ok := checkJourney(t, d)
		if !ok {
			continue
		}
		seen[o.Status]++
		valid++
		if slices.Contains(o.Optional, true) {
			taken++
		}
		if o.Depth > 2 {
			deep++
		}
	}
	for s := kpi.OutcomeNone; s <= kpi.OutcomeConverted; s++ {
		require.Greater(t, seen[s], 500, s)
	}
	require.Greater(t, valid, 10_000)
	require.Greater(t, taken, 20)
	require.Greater(t, deep, 500)
}

func FuzzJourney(f *testing.F) {
	f.Add([]byte("abc"))
	f.Add([]byte("\x00\x05\x00\x03\x00\x00\x00\x00\x03\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 200 {
			checkJourney(t, data)
		}
	})
}

// counted is a funnel counted from outcomes of the search.
type counted struct {
	stages, optional []kpi.Stage
	pending          []int64
	entrants         map[string]int64 // by value of By
	seconds          decimal.Decimal  // from start to end, of all who converted
}

func countedBySearch(s kpi.FunnelSpec, events []kpi.Event) counted {
	units := map[[2]string][]kpi.Event{}
	for _, e := range events {
		unit := [2]string{e.Customer, ""}
		if s.Hold != "" {
			if unit[1] = e.Props[0]; unit[1] == "" {
				continue
			}
		}
		units[unit] = append(units[unit], e)
	}
	c := counted{entrants: map[string]int64{}}
	for _, step := range s.Steps {
		stage := kpi.Stage{Name: strings.Join(slices.Compact(slices.Sorted(slices.Values(step.Events))), " / ")}
		if len(step.Events) == 0 {
			stage.Name = "*"
		}
		if step.Optional {
			c.optional = append(c.optional, stage)
		} else {
			c.stages = append(c.stages, stage)
		}
	}
	for i := range c.stages {
		if s.Mode == kpi.Unordered {
			c.stages[i].Name = strconv.Itoa(i+1) + " of " + strconv.Itoa(len(c.stages))
		}
	}
	c.pending = make([]int64, len(c.stages))
	for _, events := range units {
		o := searched(s, events)
		for i := range o.Depth {
			c.stages[i].N++
		}
		for i, seen := range o.Optional {
			if seen {
				c.optional[i].N++
			}
		}
		if o.Status == kpi.OutcomePending {
			c.pending[o.Depth-1]++
		}
		if o.Status == kpi.OutcomeConverted {
			c.seconds = c.seconds.Add(decimal.New(int64(o.Times[o.Depth-1].Sub(o.Times[0])), -9))
		}
		if o.Depth > 0 && s.By != "" {
			c.entrants[events[o.Entry].Props[map[string]int{"channel": 0, "city": 1}[s.By]]]++
		}
	}
	return c
}
