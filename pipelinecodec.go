package kpi

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// valid refuses a table that no deals give.
func (p *Pipeline) valid(metric string) error {
	if p.isZero() {
		return nil
	}
	last := len(p.Funnel.Stages) - 1
	if last < 1 || len(p.Open) != last {
		return fail(metric, CodeLength, "len(Open) = %d, len(Funnel.Stages) = %d", len(p.Open), last+1)
	}
	names := make([]string, last)
	for i := range names {
		names[i] = p.Funnel.Stages[i].Name
	}
	_, late := instant(metric, p.AsOf)
	err := cmp.Or(late, codable(metric, "AsOf", p.AsOf), readable(metric, p.Location),
		distinctStages(metric, names), p.Funnel.whole(metric))
	if err == nil && p.Created != (Period{}) {
		err = cmp.Or(instants(metric, p.Created), validPeriod(metric, p.Created))
	}
	if err != nil {
		return err
	}
	switch {
	case p.Funnel.Stages[last].Name != DealWon.String():
		return fail(metric, CodeMismatch, "Funnel.Stages[%d].Name = %s", last, clip(p.Funnel.Stages[last].Name))
	case p.Funnel.Asked != nil || len(p.Funnel.Pending) != last+1 || p.Funnel.timed():
		return fail(metric, CodeMismatch, "Funnel.Asked ≠ nil ∨ len(Funnel.Pending) = %d", len(p.Funnel.Pending))
	}
	// Nobody is in a stage beyond the furthest.
	var open, pending int64
	for i := range slices.Backward(p.Open) {
		o := &p.Open[i]
		if err := amount(metric, "Value", o.Value); err != nil {
			return at(err, metric, i)
		}
		if !slices.IsSorted(o.Days) {
			return failAt(metric, CodeOrder, i, "Days")
		}
		if len(o.Days) > 0 && o.Days[0] < 0 {
			return failAt(metric, CodeNegative, i, "Days = %d", o.Days[0])
		}
		if len(o.Days) == 0 && !o.Value.IsZero() {
			return failAt(metric, CodeMismatch, i, "len(Days) = 0, Value ≠ 0")
		}
		open, pending = open+int64(len(o.Days)), pending+p.Funnel.Pending[i]
		if open > pending {
			return failAt(metric, CodePartExceedsWhole, i, "Σ len(Days) = %d > Σ Funnel.Pending = %d", open, pending)
		}
	}
	if open != pending {
		return fail(metric, CodeMismatch, "Σ len(Days) = %d ≠ Σ Funnel.Pending = %d", open, pending)
	}
	return nil
}

func (p *Pipeline) asksAs(o *Pipeline) bool {
	return p.AsOf.Equal(o.AsOf) && p.Created.Equal(o.Created) && p.Location == o.Location
}

func (p *Pipeline) isZero() bool {
	return len(p.Funnel.Stages) == 0 && len(p.Funnel.Pending) == 0 && len(p.Open) == 0 && p.asksAs(&Pipeline{})
}

// clone returns a copy that shares nothing.
func (p *Pipeline) clone() Pipeline {
	out := *p
	out.Funnel, out.Open = p.Funnel.clone(), slices.Clone(p.Open)
	for i := range out.Open {
		out.Open[i].Days = slices.Clone(out.Open[i].Days)
	}
	return out
}

// Merge adds the answer to the same PipelineSpec of disjoint deals, such as another
// region's. It returns an error, and changes nothing, if o is nil, if either is
// impossible, if the answers are to different questions, or if a total grows too
// large.
func (p *Pipeline) Merge(o *Pipeline) error {
	const metric = "Pipeline.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := bothValid(metric, p, o); err != nil {
		return err
	}
	switch {
	case o.isZero():
		return nil
	case p.isZero():
		*p = o.clone()
		return nil
	case !p.asksAs(o):
		return fail(metric, CodeQuestion, "")
	}
	sum := p.clone()
	if err := sum.Funnel.Merge(o.Funnel); err != nil {
		return under(err, metric)
	}
	for i := range sum.Open {
		s := &sum.Open[i]
		s.Value = s.Value.Add(o.Open[i].Value)
		s.Days = append(s.Days, o.Open[i].Days...)
		slices.Sort(s.Days)
	}
	if err := sum.valid(metric); err != nil {
		return err
	}
	*p = sum
	return nil
}

// AppendBinary appends the canonical encoding of p. Of instants it holds their
// offsets from UTC, as JSON does. It returns an error if p is impossible.
func (p *Pipeline) AppendBinary(b []byte) ([]byte, error) {
	if err := p.valid("Pipeline.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendBool(appendHeader(b, kindPipeline), !p.isZero())
	if p.isZero() {
		return b, nil
	}
	b = appendBool(appendTime(b, p.AsOf), p.Created != (Period{}))
	if p.Created != (Period{}) {
		b = appendTime(appendTime(b, p.Created.Start), p.Created.End)
	}
	b = appendUint(appendText(b, p.Location), uint64(len(p.Open)))
	for i, o := range p.Open {
		s := p.Funnel.Stages[i]
		b = appendInt(appendInt(appendText(b, s.Name), s.N), p.Funnel.Pending[i])
		b = appendUint(appendDecimal(b, o.Value), uint64(len(o.Days)))
		var before int64
		for _, d := range o.Days {
			b, before = appendInt(b, d-before), d
		}
	}
	return appendInt(b, p.Funnel.Stages[len(p.Open)].N), nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (p *Pipeline) MarshalBinary() ([]byte, error) { return p.AppendBinary(nil) }

// UnmarshalBinary replaces p by what AppendBinary wrote. It returns an error, and
// leaves p as it was, if data are anything else.
func (p *Pipeline) UnmarshalBinary(data []byte) error {
	const metric = "Pipeline.UnmarshalBinary"
	d := newDecoder(metric, kindPipeline, data)
	var n Pipeline
	if d.bool() {
		n = d.pipeline()
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.valid(metric); err != nil {
		return err
	}
	*p = n
	return nil
}

func (d *decoder) pipeline() Pipeline {
	n := Pipeline{AsOf: d.time()}
	if d.bool() {
		n.Created = Period{Start: d.time(), End: d.time()}
		if n.Created == (Period{}) {
			d.fail("Created = %s", n.Created.Start.Format(time.RFC3339))
		}
	}
	n.Location = d.text()
	stages := d.count(7)
	if stages == 0 {
		d.fail("len(Open) = 0")
	}
	for i := 0; i < stages && d.err == nil; i++ {
		n.Funnel.Stages = append(n.Funnel.Stages, Stage{Name: d.text(), N: d.count64()})
		n.Funnel.Pending = append(n.Funnel.Pending, d.count64())
		o := OpenDeals{Value: d.decimal(1)}
		var before int64
		for left := d.count(1); left > 0 && d.err == nil; left-- {
			before += d.int(0, math.MaxInt64-before)
			o.Days = append(o.Days, before)
		}
		n.Open = append(n.Open, o)
	}
	n.Funnel.Stages = append(n.Funnel.Stages, Stage{Name: DealWon.String(), N: d.count64()})
	n.Funnel.Pending = append(n.Funnel.Pending, 0)
	return n
}
