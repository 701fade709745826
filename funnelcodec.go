package kpi

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"
)

// whole refuses a table that is impossible, that is no answer to what it says was
// asked, or that came without its times.
func (f Funnel) whole(metric string) error {
	s := f.Asked
	if s == nil {
		if len(f.Optional) > 0 || len(f.Groups) > 0 {
			return fail(metric, CodeMissing, "Asked = nil, len(Optional) = %d, len(Groups) = %d", len(f.Optional), len(f.Groups))
		}
		return f.valid(metric)
	}
	if err := cmp.Or(s.valid(metric), f.answers(metric, s)); err != nil {
		return err
	}
	switch {
	case !s.same(s.normal()):
		return fail(metric, CodeMismatch, "Asked")
	case s.By == "" && len(f.Groups) > 0:
		return fail(metric, CodeMismatch, "By = \"\", len(Groups) = %d", len(f.Groups))
	case s.By == "":
		return nil
	}
	sum := s.nobody()
	for i, g := range f.Groups {
		if i > 0 && f.Groups[i-1].Value >= g.Value {
			return failAt(metric, CodeOrder, i, "Value")
		}
		if g.Funnel.Asked != nil || len(g.Funnel.Groups) > 0 {
			return failAt(metric, CodeMismatch, i, "Funnel.Asked ≠ nil ∨ Funnel.Groups ≠ nil")
		}
		if err := cmp.Or(g.Funnel.answers(metric, s), sum.count(metric, g.Funnel)); err != nil {
			return at(err, metric, i)
		}
	}
	if !slices.Equal(sum.Stages, f.Stages) || !slices.Equal(sum.Pending, f.Pending) || !slices.Equal(sum.Optional, f.Optional) {
		return fail(metric, CodeMismatch, "Stages, Pending, Optional ≠ Σ Groups")
	}
	return nil
}

// nobody returns the answer to s about nobody, without groups.
func (s *FunnelSpec) nobody() Funnel {
	f := Funnel{Stages: s.stages(), Optional: s.options()}
	f.Pending = make([]int64, len(f.Stages))
	return f
}

// answers refuses counts and times that cannot be an answer to s.
func (f Funnel) answers(metric string, s *FunnelSpec) error {
	if err := f.valid(metric); err != nil {
		return err
	}
	named := func(a, b Stage) bool { return a.Name == b.Name }
	switch {
	case !slices.EqualFunc(f.Stages, s.stages(), named) || len(f.Pending) != len(f.Stages):
		return fail(metric, CodeMismatch, "Stages, Pending ≠ Asked.Steps")
	case !slices.EqualFunc(f.Optional, s.options(), named):
		return fail(metric, CodeMismatch, "Optional ≠ Asked.Steps")
	}
	for i, o := range f.Optional {
		if next := f.Stages[s.stageAfter(i)].N; o.N < 0 || o.N > next {
			return failAt(metric, CodePartExceedsWhole, i, "Optional.N = %d ∉ [0, %d]", o.N, next)
		}
	}
	if last := len(f.Stages) - 1; last == 0 || f.Stages[last].N == 0 {
		return nil
	}
	if !f.timed() {
		return fail(metric, CodeMissing, "times")
	}
	for _, times := range f.times {
		if len(times) != len(f.times[0]) {
			return fail(metric, CodeMismatch, "times")
		}
		for _, t := range times {
			if t < 0 || t > s.Window {
				return fail(metric, CodeMismatch, "times: %s ∉ [0, %s]", t, s.Window)
			}
		}
	}
	return nil
}

// count adds the counts of o, which has the same stages, to f, whose slices are its
// own.
func (f *Funnel) count(metric string, o Funnel) error {
	for i := range o.Stages {
		if err := addCounts(metric, []*int64{&f.Stages[i].N}, o.Stages[i].N); err != nil {
			return at(err, metric, i)
		}
	}
	if len(f.Pending) == 0 && len(o.Pending) > 0 {
		f.Pending = make([]int64, len(o.Pending))
	}
	for i, p := range o.Pending { // of those of a stage, which have not overflowed
		f.Pending[i] += p
	}
	for i, p := range o.Optional {
		f.Optional[i].N += p.N
	}
	return nil
}

// clone returns a copy of f that shares nothing but the times, which never change.
func (f Funnel) clone() Funnel {
	f.Stages, f.Pending, f.Optional = slices.Clone(f.Stages), slices.Clone(f.Pending), slices.Clone(f.Optional)
	f.Groups = slices.Clone(f.Groups)
	for i := range f.Groups {
		f.Groups[i].Funnel = f.Groups[i].Funnel.clone()
	}
	if f.Asked != nil {
		f.Asked = f.Asked.normal()
	}
	return f
}

// plus returns f and o together, which have the same stages, without groups.
func (f Funnel) plus(metric string, o Funnel) (Funnel, error) {
	sum := f.clone()
	sum.Groups, sum.times = nil, nil
	if err := sum.count(metric, o); err != nil {
		return Funnel{}, err
	}
	for i := range max(len(f.times), len(o.times)) {
		var times []time.Duration
		if len(f.times) > 0 {
			times = append(times, f.times[i]...)
		}
		if len(o.times) > 0 {
			times = append(times, o.times[i]...)
		}
		sum.times = append(sum.times, times)
	}
	return sum, nil
}

// Merge adds the counts of a disjoint population that went through the same
// stages, such as another region: typed in, or another log's answer to the same
// FunnelSpec. It returns an error, and changes nothing, if either is impossible or
// came without its times, if the stages differ in number or in a name, if the
// answers are to different questions, or if a count overflows.
func (f *Funnel) Merge(o Funnel) error {
	const metric = "Funnel.Merge"
	if err := cmp.Or(f.whole(metric), o.whole(metric)); err != nil {
		return err
	}
	if len(o.Stages) == 0 {
		return nil
	}
	if len(f.Stages) == 0 {
		*f = o.clone()
		return nil
	}
	if len(f.Stages) != len(o.Stages) {
		return fail(metric, CodeLength, "len(Stages) = %d ≠ %d", len(f.Stages), len(o.Stages))
	}
	for i, s := range o.Stages {
		if s.Name != f.Stages[i].Name {
			return failAt(metric, CodeMismatch, i, "Name = %s ≠ %s", clip(f.Stages[i].Name), clip(s.Name))
		}
	}
	if !f.Asked.same(o.Asked) {
		return fail(metric, CodeQuestion, "")
	}
	sum, err := f.plus(metric, o)
	if err != nil {
		return err
	}
	for i, j := 0, 0; i < len(f.Groups) || j < len(o.Groups); {
		switch {
		case j == len(o.Groups) || i < len(f.Groups) && f.Groups[i].Value < o.Groups[j].Value:
			sum.Groups = append(sum.Groups, FunnelGroup{f.Groups[i].Value, f.Groups[i].Funnel.clone()})
			i++
		case i == len(f.Groups) || o.Groups[j].Value < f.Groups[i].Value:
			sum.Groups = append(sum.Groups, FunnelGroup{o.Groups[j].Value, o.Groups[j].Funnel.clone()})
			j++
		default:
			both, err := f.Groups[i].Funnel.plus(metric, o.Groups[j].Funnel)
			if err != nil {
				return err
			}
			sum.Groups = append(sum.Groups, FunnelGroup{f.Groups[i].Value, both})
			i, j = i+1, j+1
		}
	}
	*f = sum
	return nil
}

// MarshalJSON writes each stage with its shares, "step" from the stage before
// and "overall" from the first one, and, if f holds the times, "seconds", the mean
// time from the stage before, exactly and to four places; what has no value is
// left out. The counts and what was asked can be read back, so that json.Unmarshal
// needs, and believes, no share. It returns an error if the counts are impossible.
func (f Funnel) MarshalJSON() ([]byte, error) {
	const metric = "Funnel.MarshalJSON"
	if err := f.valid(metric); err != nil {
		return nil, err
	}
	type row struct {
		Stage
		Step    *exact `json:"step,omitempty"`
		Overall *exact `json:"overall,omitempty"`
		Seconds *exact `json:"seconds,omitempty"`
	}
	of := func(p Proportion) *exact {
		if p.N == 0 {
			return nil
		}
		e := exactly(quotient(p.K, p.N))
		return &e
	}
	rows := make([]row, len(f.Stages))
	for i, s := range f.Stages {
		rows[i] = row{Stage: s, Overall: of(Proportion{K: s.N, N: f.Stages[0].N})}
		if i > 0 {
			rows[i].Step = of(f.step(i))
		}
		if i > 0 && f.timed() {
			if m, err := f.took(i).Mean(); err == nil {
				e := exactly(m.ratio())
				rows[i].Seconds = &e
			}
		}
	}
	type fields Funnel
	return json.Marshal(struct {
		Stages []row `json:"stages"`
		fields
	}{rows, fields(f)})
}

// UnmarshalJSON reads what MarshalJSON writes; null changes nothing. It returns an
// error, and leaves f as it was, if data are anything else.
func (f *Funnel) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	type fields Funnel
	var n fields
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*f = Funnel(n)
	return nil
}

// AppendBinary appends the canonical encoding of f, the times included. It returns
// an error if f is impossible or came without its times.
func (f Funnel) AppendBinary(b []byte) ([]byte, error) {
	if err := f.whole("Funnel.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendBool(appendHeader(b, kindFunnel), f.Asked != nil)
	if f.Asked == nil {
		b = appendUint(b, uint64(len(f.Stages)))
		b = appendBool(b, len(f.Pending) > 0)
		for _, p := range f.Pending {
			b = appendInt(b, p)
		}
		for _, s := range f.Stages {
			b = appendInt(appendText(b, s.Name), s.N)
		}
		return b, nil
	}
	b = f.Asked.append(b)
	if f.Asked.By == "" {
		return f.append(b), nil
	}
	b = appendUint(b, uint64(len(f.Groups))) // of which f is the sum
	for _, g := range f.Groups {
		b = g.Funnel.append(appendText(b, g.Value))
	}
	return b, nil
}

// append appends the counts and the times of an answer.
func (f Funnel) append(b []byte) []byte {
	for _, p := range f.Pending {
		b = appendInt(b, p)
	}
	for _, s := range append(slices.Clip(f.Optional), f.Stages...) {
		b = appendInt(b, s.N)
	}
	for _, times := range f.times {
		b = appendDurations(b, times)
	}
	return b
}

// append appends all of s, whose instants are encoded in UTC.
func (s *FunnelSpec) append(b []byte) []byte {
	b = appendUint(b, uint64(len(s.Steps)))
	for _, step := range s.Steps {
		b = appendBool(appendTexts(appendText(b, step.Name), step.Events), step.Optional)
		b = appendInt(b, int64(step.Window))
	}
	b = appendInt(appendInt(b, int64(s.Mode)), int64(s.Window))
	b = appendUint(appendBool(b, s.StrictlyLater), uint64(len(s.Exclusions)))
	for _, x := range s.Exclusions {
		b = appendInt(appendInt(appendTexts(b, x.Events), int64(x.After)), int64(x.Before))
	}
	b = appendText(appendText(b, s.Hold), s.By)
	for _, t := range []time.Time{s.From, s.To, s.AsOf} {
		if b = appendBool(b, !t.IsZero()); !t.IsZero() {
			b = appendInt(b, t.UnixNano())
		}
	}
	return b
}

// MarshalBinary is AppendBinary to an empty slice.
func (f Funnel) MarshalBinary() ([]byte, error) { return f.AppendBinary(nil) }

// UnmarshalBinary replaces f by what AppendBinary wrote. It returns an error, and
// leaves f as it was, if data are anything else.
func (f *Funnel) UnmarshalBinary(data []byte) error {
	const metric = "Funnel.UnmarshalBinary"
	d := newDecoder(metric, kindFunnel, data)
	var n Funnel
	if d.bool() {
		n = d.funnel()
	} else {
		stages := d.count(2)
		if d.bool() {
			if n.Pending = make([]int64, stages); stages == 0 {
				d.fail("len(Stages) = 0, Pending ≠ nil")
			}
		}
		for i := range n.Pending {
			n.Pending[i] = d.count64()
		}
		for i := 0; i < stages && d.err == nil; i++ {
			n.Stages = append(n.Stages, Stage{Name: d.text(), N: d.count64()})
		}
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.whole(metric); err != nil {
		return err
	}
	*f = n
	return nil
}

// funnel reads an answer to a FunnelSpec.
func (d *decoder) funnel() Funnel {
	asked := d.funnelSpec()
	if d.err == nil {
		d.err = asked.valid(d.metric) // before anything is laid out by it
	}
	if d.err != nil {
		return Funnel{}
	}
	if asked.By == "" {
		out := d.counts(asked)
		out.Asked = asked
		return out
	}
	out := asked.nobody()
	groups := d.count(2)
	for i := 0; i < groups && d.err == nil; i++ {
		g := FunnelGroup{Value: d.text(), Funnel: d.counts(asked)}
		if d.err != nil {
			return Funnel{}
		}
		if d.err = out.count(d.metric, g.Funnel); d.err != nil {
			return Funnel{}
		}
		for k, times := range g.Funnel.times {
			if len(out.times) == 0 {
				out.times = make([][]time.Duration, len(g.Funnel.times))
			}
			out.times[k] = append(out.times[k], times...)
		}
		out.Groups = append(out.Groups, g)
	}
	out.Asked = asked
	return out
}

// counts reads what Funnel.append wrote of an answer to s.
func (d *decoder) counts(s *FunnelSpec) Funnel {
	f := s.nobody()
	for i := range f.Pending {
		f.Pending[i] = d.count64()
	}
	for i := range f.Optional {
		f.Optional[i].N = d.count64()
	}
	for i := range f.Stages {
		f.Stages[i].N = d.count64()
	}
	converted := f.Stages[len(f.Stages)-1].N
	if d.err != nil || len(f.Stages) == 1 || converted == 0 {
		return f
	}
	if converted > int64(len(d.b)/len(f.Stages)) {
		d.fail("N = %d, len = %d", converted, len(d.b))
		return f
	}
	f.times = make([][]time.Duration, len(f.Stages))
	for i := range f.times {
		f.times[i] = make([]time.Duration, converted)
		var before time.Duration
		for k := range f.times[i] {
			before += time.Duration(d.uint(uint64(math.MaxInt64 - before))) //nolint:gosec // bounded on the same line
			f.times[i][k] = before
		}
	}
	return f
}

func (d *decoder) funnelSpec() *FunnelSpec {
	var s FunnelSpec
	steps := d.count(4)
	for i := 0; i < steps && d.err == nil; i++ {
		s.Steps = append(s.Steps, Step{
			Name: d.text(), Events: d.dictionary().texts, Optional: d.bool(), Window: time.Duration(d.count64()),
		})
	}
	s.Mode, s.Window = FunnelMode(d.int(0, int64(Unordered))), time.Duration(d.count64())
	s.StrictlyLater = d.bool()
	exclusions := d.count(3)
	for i := 0; i < exclusions && d.err == nil; i++ {
		s.Exclusions = append(s.Exclusions, Exclusion{
			Events: d.dictionary().texts, After: int(d.int(0, maxSteps)), Before: int(d.int(0, maxSteps)),
		})
	}
	s.Hold, s.By = d.text(), d.text()
	for _, t := range []*time.Time{&s.From, &s.To, &s.AsOf} {
		if d.bool() {
			*t = time.Unix(0, d.int(minInstant, maxInstant)).UTC()
		}
	}
	return &s
}
