package kpi

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Stage is one stage of a Funnel.
type Stage struct {
	Name string `json:"name"` // what it takes to reach it: "paid"
	N    int64  `json:"n"`    // who reached it, N of the next stage included
}

// Funnel is a table of stages in their order, each with those who reached it:
// counted from events, or typed in from a report. Stages are numbered from 0,
// and step i leads from stage i−1 to stage i.
//
//	Step(i)    = Stages[i].N / Stages[i−1].N
//	DropOff(i) = (Stages[i−1].N − Stages[i].N) / Stages[i−1].N
//	Overall    = Stages[last].N / Stages[0].N
//
// Whoever reached a stage has reached all before it, so that no count may exceed
// the one before, and Overall is the product of the steps. Stages that can be
// skipped, or that were counted over another population or period, are not a
// funnel. Typed-in counts hold nobody pending: let everyone who entered have had
// the time to convert, or the last steps read low. The zero value, of no stages,
// is the identity of Merge.
type Funnel struct {
	Stages []Stage `json:"stages"`
}

func (f Funnel) valid(metric string) error {
	for i, s := range f.Stages {
		switch {
		case s.N < 0:
			return failAt(metric, CodeNegative, i, "N = %d", s.N)
		case i > 0 && s.N > f.Stages[i-1].N:
			return failAt(metric, CodePartExceedsWhole, i, "N = %d > Stages[%d].N = %d", s.N, i-1, f.Stages[i-1].N)
		}
	}
	return nil
}

// Merge adds the counts of a disjoint population that went through the same
// stages, such as another region. It returns an error, and changes nothing, if
// either is impossible, if the stages differ in number or in a name, or if a
// count overflows.
func (f *Funnel) Merge(o Funnel) error {
	const metric = "Funnel.Merge"
	if err := bothValid(metric, *f, o); err != nil {
		return err
	}
	if len(o.Stages) == 0 {
		return nil
	}
	if len(f.Stages) == 0 {
		f.Stages = slices.Clone(o.Stages)
		return nil
	}
	if len(f.Stages) != len(o.Stages) {
		return fail(metric, CodeLength, "len(Stages) = %d ≠ %d", len(f.Stages), len(o.Stages))
	}
	sum := slices.Clone(f.Stages) // a copy of f shares its stages
	for i, s := range o.Stages {
		if s.Name != sum[i].Name {
			return failAt(metric, CodeMismatch, i, "Name = %s ≠ %s", clip(sum[i].Name), clip(s.Name))
		}
		if err := addCounts(metric, []*int64{&sum[i].N}, s.N); err != nil {
			return at(err, metric, i)
		}
	}
	f.Stages = sum
	return nil
}

// step returns the counts of step i, which exists.
func (f Funnel) step(i int) Proportion {
	return Proportion{K: f.Stages[i].N, N: f.Stages[i-1].N}
}

// asked returns the counts of step i for a metric, checked.
func (f Funnel) asked(metric string, i int) (Proportion, error) {
	if err := f.valid(metric); err != nil {
		return Proportion{}, err
	}
	if i < 1 || i >= len(f.Stages) {
		return Proportion{}, fail(metric, CodeOutOfRange, "i = %d, len(Stages) = %d", i, len(f.Stages))
	}
	p := f.step(i)
	return p, p.check(metric)
}

// Step returns the conversion from stage i−1 to stage i, for i from 1 to the
// number of stages less one. It returns an error if the counts are impossible,
// if there is no step i, or if nobody reached stage i−1.
func (f Funnel) Step(i int) (Proportion, error) { return f.asked("Funnel.Step", i) }

// DropOff returns the share lost between stage i−1 and stage i, the complement
// of Step(i). It returns an error as Step does.
func (f Funnel) DropOff(i int) (Proportion, error) {
	p, err := f.asked("Funnel.DropOff", i)
	return p.Complement(), err
}

// Overall returns the conversion from the first stage to the last (漏斗转化率,
// 客户转化率): everybody, where there is one stage only. It returns an error if
// the counts are impossible, if there is no stage, or if nobody reached the
// first.
func (f Funnel) Overall() (Proportion, error) {
	const metric = "Funnel.Overall"
	if err := f.valid(metric); err != nil {
		return Proportion{}, err
	}
	if len(f.Stages) == 0 {
		return Proportion{}, fail(metric, CodeNoData, "len(Stages) = 0")
	}
	return proportion(metric, f.Stages[len(f.Stages)-1].N, f.Stages[0].N)
}

// Bottleneck returns the number of the step with the lowest conversion, compared
// exactly, and the earliest of equals. Steps that nobody could take are passed
// over. It returns an error if the counts are impossible, or if there is no step
// that anybody could take.
func (f Funnel) Bottleneck() (int, error) {
	return f.worst("Funnel.Bottleneck", func(p, q Proportion) bool {
		return quotient(p.K, p.N).Cmp(quotient(q.K, q.N)) < 0
	})
}

// LargestLoss returns the number of the step that loses the most people, and the
// earliest of equals: where a point of conversion is worth most, which is often
// not the bottleneck. It returns an error as Bottleneck does.
func (f Funnel) LargestLoss() (int, error) {
	return f.worst("Funnel.LargestLoss", func(p, q Proportion) bool { return p.N-p.K > q.N-q.K })
}

// worst returns the first step that somebody could take and none is worse than.
func (f Funnel) worst(metric string, worse func(p, q Proportion) bool) (int, error) {
	if err := f.valid(metric); err != nil {
		return 0, err
	}
	found := 0
	for i := 1; i < len(f.Stages); i++ {
		if f.Stages[i-1].N > 0 && (found == 0 || worse(f.step(i), f.step(found))) {
			found = i
		}
	}
	if found == 0 {
		return 0, fail(metric, CodeNoData, "len(Stages) = %d, N = 0", len(f.Stages))
	}
	return found, nil
}

func (f Funnel) table() *table {
	t := &table{head: []string{"stage", "n", "step", "overall", "lost"}, text: 1}
	possible := f.valid("") == nil
	for i, s := range f.Stages {
		step, overall, lost := Undefined, Undefined, Undefined
		if possible {
			overall = Proportion{K: s.N, N: f.Stages[0].N}.Percent(1)
		}
		if possible && i > 0 {
			step, lost = f.step(i).Percent(1), strconv.FormatInt(f.Stages[i-1].N-s.N, 10)
		}
		t.add(s.Name, strconv.FormatInt(s.N, 10), step, overall, lost)
	}
	return t
}

// String returns a table for a terminal: a line a stage, with its conversion
// from the stage before and from the first one and those lost since the stage
// before. Shares of nobody, or of impossible counts, are printed as Undefined.
func (f Funnel) String() string { return f.table().String() }

// Markdown returns the table of String in Markdown.
func (f Funnel) Markdown() string { return f.table().markdown() }

// MarshalJSON writes each stage with its shares, "step" from the stage before
// and "overall" from the first one, exactly and to four places; a share that has
// no value is left out. The counts alone can be read back, so that json.Unmarshal
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
	}
	return json.Marshal(struct {
		Stages []row `json:"stages"`
	}{rows})
}

// AppendBinary appends the canonical encoding of f: of the stages, whose shares
// follow from them. It returns an error if the counts are impossible.
func (f Funnel) AppendBinary(b []byte) ([]byte, error) {
	if err := f.valid("Funnel.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendUint(appendHeader(b, kindFunnel), uint64(len(f.Stages)))
	for _, s := range f.Stages {
		b = appendInt(appendText(b, s.Name), s.N)
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (f Funnel) MarshalBinary() ([]byte, error) { return f.AppendBinary(nil) }

// UnmarshalBinary replaces f by what AppendBinary wrote. It returns an error, and
// leaves f as it was, if data are anything else.
func (f *Funnel) UnmarshalBinary(data []byte) error {
	const metric = "Funnel.UnmarshalBinary"
	d := newDecoder(metric, kindFunnel, data)
	var n Funnel
	if stages := d.count(2); stages > 0 {
		n.Stages = make([]Stage, stages)
	}
	for i := range n.Stages {
		n.Stages[i] = Stage{Name: d.text(), N: d.count64()}
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.valid(metric); err != nil {
		return err
	}
	*f = n
	return nil
}

var funnelCatalog = []Entry{
	{
		Key: "funnel.overall", English: []string{"funnel conversion rate", "overall conversion rate", "customer conversion rate", "lead-to-customer rate"},
		Chinese: []string{"漏斗转化率", "客户转化率", "整体转化率", "总转化率", "漏斗转换率", "客户转换率"}, Formula: "Stages[last].N / Stages[0].N",
		Unit: "share", Direction: Higher, Type: "Funnel", Method: "Overall",
	},
	{
		Key: "funnel.step", English: []string{"step conversion rate", "stage-to-stage conversion"},
		Chinese: []string{"步骤转化率", "环节转化率", "逐级转化率", "步骤转换率"}, Formula: "Stages[i].N / Stages[i−1].N",
		Unit: "share", Direction: Higher, Type: "Funnel", Method: "Step",
	},
	{
		Key: "funnel.drop_off", English: []string{"drop-off rate", "step loss"},
		Chinese: []string{"步骤流失率", "环节流失率", "漏斗流失率"}, Formula: "(Stages[i−1].N − Stages[i].N) / Stages[i−1].N",
		Unit: "share", Direction: Lower, Type: "Funnel", Method: "DropOff",
	},
}
