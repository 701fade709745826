package kpi

import (
	"strconv"
	"time"
)

// Stage is one stage of a Funnel.
type Stage struct {
	Name string `json:"name"` // what it takes to reach it: "paid"
	N    int64  `json:"n"`    // who reached it, N of the next stage included
}

// Funnel is a table of stages in their order, each with those who reached it:
// counted from events by [Log.Funnel], or typed in from a report. Stages are
// numbered from 0, and step i leads from stage i−1 to stage i.
//
//	Step(i)    = Stages[i].N / Stages[i−1].N
//	DropOff(i) = (Stages[i−1].N − Stages[i].N − Pending[i−1]) / Stages[i−1].N
//	Overall    = Stages[last].N / Stages[0].N
//
// Whoever reached a stage has reached all before it, so that no count may exceed
// the one before, and Overall is the product of the steps. Stages that can be
// skipped, or that were counted over another population or period, are not a
// funnel. Whoever is pending at a stage got no further, and still may: neither
// converted nor lost. Step and Overall have them in their base, so that they read
// low while there are any. Typed-in counts hold nobody pending unless Pending says
// so. The zero value, of no stages, is the identity of Merge.
//
// Counted from events it holds what was asked, so that no two definitions are
// taken for one, and the times that steps took, which JSON leaves out.
type Funnel struct {
	Stages   []Stage       `json:"stages"`
	Pending  []int64       `json:"pending,omitempty"`  // by stage, those who may still go on; none is nobody
	Optional []Stage       `json:"optional,omitempty"` // optional steps: of those at the next stage, who took it
	Asked    *FunnelSpec   `json:"asked,omitempty"`    // nil if typed in
	Groups   []FunnelGroup `json:"groups,omitempty"`   // with FunnelSpec.By, in the order of Value

	times [][]time.Duration // of the converted, in any order: in all, and for each step from the second
}

// FunnelGroup is the part of a Funnel that came in with one value.
type FunnelGroup struct {
	Value  string `json:"value"`  // of the property FunnelSpec.By in the first event of the chain
	Funnel Funnel `json:"funnel"` // without what was asked
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
	if len(f.Pending) == 0 {
		return nil
	}
	if len(f.Pending) != len(f.Stages) {
		return fail(metric, CodeLength, "len(Pending) = %d, len(Stages) = %d", len(f.Pending), len(f.Stages))
	}
	for i, p := range f.Pending {
		stay := int64(0) // nobody waits at the last stage
		if i+1 < len(f.Stages) {
			stay = f.Stages[i].N - f.Stages[i+1].N
		}
		switch {
		case p < 0:
			return failAt(metric, CodeNegative, i, "Pending = %d", p)
		case p > stay:
			return failAt(metric, CodePartExceedsWhole, i, "Pending = %d > %d", p, stay)
		}
	}
	return nil
}

// pending returns who may still go on from stage i.
func (f Funnel) pending(i int) int64 {
	if i >= len(f.Pending) {
		return 0
	}
	return f.Pending[i]
}

// lost returns who was lost at step i, which exists.
func (f Funnel) lost(i int) int64 { return f.Stages[i-1].N - f.Stages[i].N - f.pending(i-1) }

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

// DropOff returns the share lost between stage i−1 and stage i: the complement
// of Step(i), if nobody is pending. It returns an error as Step does.
func (f Funnel) DropOff(i int) (Proportion, error) {
	p, err := f.asked("Funnel.DropOff", i)
	if err == nil {
		p.K = f.lost(i)
	}
	return p, err
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
	return f.worst("Funnel.Bottleneck", func(i, j int) bool {
		p, q := f.step(i), f.step(j)
		return quotient(p.K, p.N).Cmp(quotient(q.K, q.N)) < 0
	})
}

// LargestLoss returns the number of the step that loses the most people, those
// pending apart, and the earliest of equals: where a point of conversion is worth most, which is often
// not the bottleneck. It returns an error as Bottleneck does.
func (f Funnel) LargestLoss() (int, error) {
	return f.worst("Funnel.LargestLoss", func(i, j int) bool { return f.lost(i) > f.lost(j) })
}

// worst returns the first step that somebody could take and none is worse than.
func (f Funnel) worst(metric string, worse func(i, j int) bool) (int, error) {
	if err := f.valid(metric); err != nil {
		return 0, err
	}
	found := 0
	for i := 1; i < len(f.Stages); i++ {
		if f.Stages[i-1].N > 0 && (found == 0 || worse(i, found)) {
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
	if len(f.Pending) > 0 {
		t.head = append(t.head, "pending")
	}
	if f.timed() {
		t.head = append(t.head, "median time")
	}
	possible := f.valid("") == nil
	for i, s := range f.Stages {
		step, overall, lost := Undefined, Undefined, Undefined
		if possible {
			overall = Proportion{K: s.N, N: f.Stages[0].N}.Percent(1)
		}
		if possible && i > 0 {
			step, lost = f.step(i).Percent(1), strconv.FormatInt(f.lost(i), 10)
		}
		row := []string{s.Name, strconv.FormatInt(s.N, 10), step, overall, lost}
		if len(f.Pending) > 0 {
			row = append(row, strconv.FormatInt(f.pending(i), 10))
		}
		if f.timed() {
			median := Undefined
			if i > 0 {
				if q, err := f.took(i).Quantile(Percent(50), Type1); err == nil {
					median = q.Duration().Round(time.Second).String()
				}
			}
			row = append(row, median)
		}
		t.add(row...)
	}
	return t
}

// String returns a table for a terminal: a line a stage, with its conversion
// from the stage before and from the first one, those lost since the stage
// before and, if f knows, those pending at this one and the median time, of Type1,
// that the converted took from the one before. Shares of nobody, or of impossible counts,
// are printed as Undefined.
func (f Funnel) String() string { return f.table().String() }

// Markdown returns the table of String in Markdown.
func (f Funnel) Markdown() string { return f.table().markdown() }

// Breakdown returns the Groups side by side: a line a value of FunnelSpec.By, with
// those at each stage, those pending at any, and the conversion overall.
func (f Funnel) Breakdown() Table {
	if len(f.Groups) == 0 {
		return Table{}
	}
	t := &table{head: []string{"value"}, text: 1}
	for _, s := range f.Stages {
		t.head = append(t.head, s.Name)
	}
	t.head = append(t.head, "pending", "overall")
	for _, g := range f.Groups {
		row, overall := []string{g.Value}, Undefined
		pending := int64(0)
		for i := range f.Stages {
			n := Undefined
			if i < len(g.Funnel.Stages) {
				n = strconv.FormatInt(g.Funnel.Stages[i].N, 10)
			}
			row, pending = append(row, n), pending+g.Funnel.pending(i)
		}
		if p, err := g.Funnel.Overall(); err == nil {
			overall = p.Percent(1)
		}
		t.add(append(row, strconv.FormatInt(pending, 10), overall)...)
	}
	return Table{t}
}

var funnelCatalog = []Entry{
	{
		Key: "funnel.overall", English: []string{"funnel conversion rate", "overall conversion rate", "customer conversion rate", "lead-to-customer rate"},
		Chinese: []string{"漏斗转化率", "客户转化率", "整体转化率", "总转化率", "漏斗转换率", "客户转换率", "转化率", "转换率"}, Formula: "Stages[last].N / Stages[0].N",
		Unit: "share", Direction: Higher, Type: "Funnel", Method: "Overall",
	},
	{
		Key: "funnel.step", English: []string{"step conversion rate", "stage-to-stage conversion"},
		Chinese: []string{"步骤转化率", "环节转化率", "逐级转化率", "步骤转换率"}, Formula: "Stages[i].N / Stages[i−1].N",
		Unit: "share", Direction: Higher, Type: "Funnel", Method: "Step",
	},
	{
		Key: "funnel.drop_off", English: []string{"drop-off rate", "step loss"},
		Chinese: []string{"步骤流失率", "环节流失率", "漏斗流失率"}, Formula: "(Stages[i−1].N − Stages[i].N − Pending[i−1]) / Stages[i−1].N",
		Unit: "share", Direction: Lower, Type: "Funnel", Method: "DropOff",
	},
	{
		Key: "funnel.taken", English: []string{"optional step rate", "optional step uptake"},
		Chinese: []string{"可选步骤经过率", "可选环节经过率"}, Formula: "Optional[i].N / N of the next stage",
		Unit: "share", Direction: Neither, Type: "Funnel", Method: "Taken",
	},
	{
		Key: "funnel.time_to", English: []string{"time to next step", "step conversion time"},
		Chinese: []string{"步骤转化时长", "环节转化时长", "步骤耗时"}, Formula: "times from stage i−1 to stage i of those who converted",
		Unit: "seconds", Direction: Lower, Type: "Funnel", Method: "TimeTo",
	},
	{
		Key: "funnel.time_to_convert", English: []string{"time to convert", "conversion time"},
		Chinese: []string{"转化时长", "转化周期", "转化耗时"}, Formula: "times from the first stage to the last of those who converted",
		Unit: "seconds", Direction: Lower, Type: "Funnel", Method: "TimeToConvert",
	},
}
