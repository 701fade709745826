package kpi

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// PipelineSpec is the question how far deals come and where the open ones are.
type PipelineSpec struct {
	// Stages are in their order, the first being where every deal begins. To win is
	// no stage of them: it is what comes after the last.
	Stages   []string
	AsOf     time.Time      // exclusive: what happens from it on is not known
	Created  Period         // if set, only deals created in it
	Location *time.Location // of the dates that days in a stage are counted by; nil is UTC
}

func (s *PipelineSpec) valid(metric string) error {
	switch {
	case len(s.Stages) == 0:
		return fail(metric, CodeMissing, "Stages")
	case s.AsOf.IsZero():
		return fail(metric, CodeMissing, "AsOf")
	}
	if err := distinctStages(metric, s.Stages); err != nil {
		return err
	}
	if s.Created != (Period{}) {
		if err := instants(metric, s.Created); err != nil {
			return err
		}
	}
	_, err := instant(metric, s.AsOf)
	return err
}

// distinctStages refuses a name that is empty or twice, that of what comes after the
// last stage, and one that is no text.
func distinctStages(metric string, names []string) error {
	seen := map[string]bool{"": true, DealWon.String(): true}
	for i, name := range names {
		if seen[name] {
			return failAt(metric, CodeRepeated, i, "Stages[%d] = %s", i, clip(name))
		}
		seen[name] = true
	}
	return readable(metric, names...)
}

// instants refuses a period that is empty or out of range.
func instants(metric string, p Period) error {
	_, start := instant(metric, p.Start)
	_, end := instant(metric, p.End)
	return cmp.Or(p.check(metric), start, end)
}

// OpenDeals are the deals that are open in one stage.
type OpenDeals struct {
	Value decimal.Decimal `json:"value"`          // of all of them
	Days  []int64         `json:"days,omitempty"` // of each, since it entered the stage, ascending
}

// shadow stands for o in JSON.
func (o *OpenDeals) shadow() any {
	type fields OpenDeals
	return &struct {
		*fields
		Value *jsonAmount `json:"value"`
	}{(*fields)(o), (*jsonAmount)(&o.Value)}
}

// MarshalJSON writes the value exactly, as a string. It returns an error if it is
// too large.
func (o OpenDeals) MarshalJSON() ([]byte, error) { return json.Marshal(o.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and a value that is a number. It
// returns an error, and leaves o as it was, if data are anything else.
func (o *OpenDeals) UnmarshalJSON(data []byte) error { return readForm(o, (*OpenDeals).shadow, data) }

// Pipeline is the answer to a PipelineSpec, and beside it what was asked.
//
// Funnel are the deals by how far they ever came: the stages, and then "won", which
// whoever won has reached by way of all of them. A deal that skipped a stage has
// reached it; one that was put back keeps what it reached. Pending are those open
// at AsOf, so that DropOff are the lost alone, and Step reads low while many wait.
//
// Open are the deals that are open at AsOf by the stage they are in, which for one
// that was put back is not the furthest. How long they have been there is no time
// that a stage takes: they are not through yet.
//
//	Value    = Σ Open.Value
//	Weighted = Σ chance·Open.Value
//	Days(i)  = Σ Open[i].Days / len(Open[i].Days)
//
// The zero value is the identity of Merge.
type Pipeline struct {
	AsOf     time.Time   `json:"as_of"`              // exclusive
	Created  Period      `json:"created,omitzero"`   // if set, the deals are those created in it
	Location string      `json:"location,omitempty"` // the name of the zone of the dates, "" is UTC
	Funnel   Funnel      `json:"funnel"`             // the stages and "won"
	Open     []OpenDeals `json:"open"`               // by stage
}

// Pipeline answers s. It returns an error if s is out of range or a record is
// impossible, if a change before AsOf is to a stage that s does not name, or if a
// total grows too large.
func (ds Deals) Pipeline(s PipelineSpec) (*Pipeline, error) {
	const metric = "Deals.Pipeline"
	if err := cmp.Or(s.valid(metric), ds.valid(metric)); err != nil {
		return nil, err
	}
	stage := make(map[string]int, len(s.Stages))
	p := &Pipeline{
		AsOf: sayable(s.AsOf), Created: s.Created, Location: Calendar{Location: s.Location}.zone(),
		Open: make([]OpenDeals, len(s.Stages)),
	}
	for i, name := range s.Stages {
		stage[name] = i
		p.Funnel.Stages = append(p.Funnel.Stages, Stage{Name: name})
	}
	p.Funnel.Stages = append(p.Funnel.Stages, Stage{Name: DealWon.String()})
	p.Funnel.Pending = make([]int64, len(p.Funnel.Stages))
	values := make([]Sum, len(s.Stages))
	loc := Calendar{Location: s.Location}.location()
	for i := range ds {
		d := &ds[i]
		if !d.Created.Before(s.AsOf) || s.Created != (Period{}) && !s.Created.Contains(d.Created) {
			continue
		}
		furthest, now, since, err := d.stages(metric, stage, s.AsOf)
		if err != nil {
			return nil, at(err, metric, i)
		}
		switch d.at(s.AsOf) {
		case DealWon:
			furthest = len(s.Stages)
		case DealOpen:
			p.Funnel.Pending[furthest]++
			o := &p.Open[now]
			o.Days = append(o.Days, daysBetween(since, s.AsOf.Add(-1), loc))
			values[now].add(d.Value)
		default:
		}
		for k := range furthest + 1 {
			p.Funnel.Stages[k].N++
		}
	}
	for i := range p.Open {
		o := &p.Open[i]
		slices.Sort(o.Days)
		o.Value = values[i].Decimal()
		if err := gate(metric, "Value", o.Value); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// stages returns the furthest stage that d ever entered before asOf, the one that it
// is in, and since when.
func (d *Deal) stages(metric string, stage map[string]int, asOf time.Time) (furthest, now int, since time.Time, err error) {
	since = d.Created
	entered := false
	for _, c := range d.Changes {
		if !c.At.Before(asOf) {
			continue
		}
		to, ok := stage[c.Stage]
		if !ok {
			return 0, 0, since, fail(metric, CodeUnknownName, "Stage = %s", clip(c.Stage))
		}
		furthest = max(furthest, to)
		if !entered || c.At.After(since) || c.At.Equal(since) && to > now {
			entered, now, since = true, to, c.At
		}
	}
	return furthest, now, since, nil
}

// Value returns the value of all open deals (商机总额), as if each were won. It
// returns an error if the table is impossible or the total grows too large.
func (p *Pipeline) Value() (decimal.Decimal, error) {
	const metric = "Pipeline.Value"
	if err := p.valid(metric); err != nil {
		return decimal.Decimal{}, err
	}
	var total Sum
	for _, o := range p.Open {
		total.add(o.Value)
	}
	out := total.Decimal()
	return out, gate(metric, "Value", out)
}

// Weighted returns Σ chance·Value of the open deals (加权商机金额), where chances are
// the shares of deals in each stage that are won in the end, in the order of the
// stages: those of an earlier cohort that has hardly anything open, its
// Stages[last].N by its Stages[i].N. It returns an error if the table is impossible,
// if there are not as many chances as stages, or if one is outside [0, 1].
func (p *Pipeline) Weighted(chances []Ratio) (Ratio, error) {
	const metric = "Pipeline.Weighted"
	if err := p.valid(metric); err != nil {
		return Ratio{}, err
	}
	if len(chances) != len(p.Open) {
		return Ratio{}, fail(metric, CodeLength, "len(chances) = %d ≠ %d", len(chances), len(p.Open))
	}
	for i, c := range chances {
		if c.Sign() < 0 || c.Cmp(Whole(1)) > 0 {
			return Ratio{}, failAt(metric, CodeOutOfRange, i, "chance = %s ∉ [0, 1]", clip(c.String()))
		}
	}
	if err := bounded(metric, bitsOf(chances...)); err != nil {
		return Ratio{}, err
	}
	total := new(big.Rat)
	for i, c := range chances {
		v := p.Open[i].Value.Rat()
		total.Add(total, v.Mul(v, c.r()))
	}
	return ratio(total), nil
}

// open returns the deals in stage i.
func (p *Pipeline) open(metric string, i int) (*OpenDeals, error) {
	if err := p.valid(metric); err != nil {
		return nil, err
	}
	if i < 0 || i >= len(p.Open) {
		return nil, fail(metric, CodeOutOfRange, "i = %d, len(Open) = %d", i, len(p.Open))
	}
	return &p.Open[i], nil
}

// Days returns the mean of the days that the deals open in stage i have been there
// (商机停留天数). It returns an error if the table is impossible, if there is no stage
// i, or if nothing is open in it.
func (p *Pipeline) Days(i int) (Mean, error) {
	const metric = "Pipeline.Days"
	o, err := p.open(metric, i)
	if err != nil {
		return Mean{}, err
	}
	m := o.mean()
	return m, m.check(metric, 1)
}

func (o *OpenDeals) mean() Mean {
	var m moments
	for _, d := range o.Days {
		m.add(uint64(d)) //nolint:gosec // not negative
	}
	return m.mean(0)
}

// Stale returns the deals that have been in stage i for more than that many days, out
// of those open in it (停滞商机占比). It returns an error as Days does, or if days is
// negative.
func (p *Pipeline) Stale(i, days int) (Proportion, error) {
	const metric = "Pipeline.Stale"
	o, err := p.open(metric, i)
	switch {
	case err != nil:
		return Proportion{}, err
	case days < 0:
		return Proportion{}, fail(metric, CodeNegative, "days = %d", days)
	}
	within := sort.Search(len(o.Days), func(k int) bool { return o.Days[k] > int64(days) })
	return proportion(metric, int64(len(o.Days)-within), int64(len(o.Days)))
}

func (p *Pipeline) table() *table {
	t := &table{head: []string{"stage", "reached", "went on", "lost", "open", "value", "days", "longest"}, text: 1}
	possible := p.valid("") == nil
	for i, s := range p.Funnel.Stages {
		row := []string{s.Name, strconv.FormatInt(s.N, 10), Undefined, Undefined, Undefined, Undefined, Undefined, Undefined}
		if possible && i < len(p.Open) {
			o := &p.Open[i]
			row[2], row[3] = p.Funnel.step(i+1).Percent(1), strconv.FormatInt(p.Funnel.lost(i+1), 10)
			row[4], row[5] = strconv.Itoa(len(o.Days)), money(o.Value, 2)
			if n := len(o.Days); n > 0 {
				row[6], row[7] = o.mean().ratio().fixed(1), strconv.FormatInt(o.Days[n-1], 10)
			}
		}
		t.add(row...)
	}
	return t
}

// String returns a table for a terminal: a line a stage, with the deals that
// reached it, the share of them that went on so far, those lost from it, and of
// those open in it now the number, the value and the days there, on the average and
// at most.
func (p *Pipeline) String() string { return p.table().String() }

// Markdown returns the table of String in Markdown.
func (p *Pipeline) Markdown() string { return p.table().markdown() }

var pipelineCatalog = []Entry{
	{
		Key: "pipeline.value", English: []string{"open pipeline", "pipeline value"},
		Chinese: []string{"商机总额", "销售管道总额", "在途商机金额"}, Formula: "Σ Open.Value",
		Unit: "money", Direction: Higher, Type: "Pipeline", Method: "Value",
	},
	{
		Key: "pipeline.weighted", English: []string{"weighted pipeline", "sales forecast by stage"},
		Chinese: []string{"加权商机金额", "加权销售管道", "加权预测"}, Formula: "Σ chance·Open.Value",
		Unit: "money", Direction: Higher, Type: "Pipeline", Method: "Weighted",
	},
	{
		Key: "pipeline.days", English: []string{"days in stage", "deal ageing"},
		Chinese: []string{"商机停留天数", "阶段停留时间", "商机停留时长"}, Formula: "Σ Open[i].Days / len(Open[i].Days)",
		Unit: "days", Direction: Lower, Type: "Pipeline", Method: "Days",
	},
	{
		Key: "pipeline.stale", English: []string{"stale deals", "stuck deals"},
		Chinese: []string{"停滞商机占比", "滞留商机占比"}, Formula: "#{Open[i].Days > days} / len(Open[i].Days)",
		Unit: "share", Direction: Lower, Type: "Pipeline", Method: "Stale",
	},
}
