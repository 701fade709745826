package kpi

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// Funnel answers s: who reached which stage, who may still go on, and how long it
// took those who converted. It returns an error if s is out of range or lacks what
// is required, if Hold or By was not declared, beyond four million stages of all
// values of By, or that of a context that is done.
func (l *Log) Funnel(ctx context.Context, s FunnelSpec) (*Funnel, error) {
	const metric = "Log.Funnel"
	if err := s.valid(metric); err != nil {
		return nil, err
	}
	by, err := l.propertyColumn(metric, s.By)
	if err != nil {
		return nil, err
	}
	hold, err := l.propertyColumn(metric, s.Hold)
	if err != nil {
		return nil, err
	}
	asked := s.normal()
	walk := journeyWalk{log: l, journey: asked.compile(), by: by, hold: hold}
	walk.traced = by != nil || len(walk.options) > 0
	walk.masks = l.masks(asked, &walk.journey)
	class, masks, plain := walk.classes()
	indexed := by != nil || hold != nil || !plain
	if !indexed {
		indexed, err = l.again(ctx)
	}
	var states []walker
	switch {
	case err != nil:
	case indexed:
		states, err = walk.histories(ctx, metric, s.By)
	default:
		states, err = walk.scan(ctx, class, masks)
	}
	if err != nil {
		return nil, err
	}
	total, groups := newOutcomes(&walk.journey), map[string]*outcomes{}
	for i := range states {
		for value, t := range states[i].groups {
			total.merge(t)
			if groups[value] == nil {
				if err := walk.room(metric, s.By, len(groups)+1); err != nil {
					return nil, err
				}
				groups[value] = newOutcomes(&walk.journey)
			}
			groups[value].merge(t)
		}
	}
	out := total.funnel(asked)
	out.Asked = asked
	if by != nil {
		for _, value := range slices.Sorted(maps.Keys(groups)) {
			out.Groups = append(out.Groups, FunnelGroup{Value: value, Funnel: groups[value].funnel(asked)})
		}
	}
	return &out, nil
}

// histories follows all customers from row to row.
func (w *journeyWalk) histories(ctx context.Context, metric, by string) ([]walker, error) {
	return visit(ctx, w.log, func(state *walker, _ uint64, rows []logRow) error {
		state.customer(w, rows)
		return w.room(metric, by, len(state.groups))
	})
}

// room refuses more groups than there is room for.
func (w *journeyWalk) room(metric, by string, groups int) error {
	if groups > maxCells/w.required {
		return fail(metric, CodeTooLarge, "By = %s, len(Groups) > %d", clip(by), maxCells/w.required)
	}
	return nil
}

// journeyWalk is what all walkers share.
type journeyWalk struct {
	journey
	log      *Log
	by, hold *property
	masks    []uint64 // by event
}

// walker takes one customer after the other through a journey.
type walker struct {
	chainer *chainer
	gather  gatherer
	events  []stepEvent
	rows    []int32              // of events
	units   []heldRow            // of a customer, with Hold
	unit    []logRow             // the rows of one value
	groups  map[string]*outcomes // by value of By, or all under ""
}

// heldRow is a row with the value of FunnelSpec.Hold.
type heldRow struct {
	value string
	row   logRow
}

// begin makes ready for the first customer.
func (w *walker) begin(j *journeyWalk) {
	if w.chainer == nil {
		w.chainer, w.groups = &chainer{journey: j.journey}, map[string]*outcomes{}
	}
}

// group returns the counts of a value of By.
func (w *walker) group(value string, j *journeyWalk) *outcomes {
	t := w.groups[value]
	if t == nil {
		t = newOutcomes(&j.journey)
		w.groups[value] = t
	}
	return t
}

// customer counts one customer, or the units into which Hold parts one.
func (w *walker) customer(j *journeyWalk, rows []logRow) {
	w.begin(j)
	if j.hold == nil {
		w.follow(j, rows)
		return
	}
	w.units = w.units[:0]
	for _, row := range rows {
		if value := j.hold.value(int(row.row)); value != "" {
			w.units = append(w.units, heldRow{value, row})
		}
	}
	slices.SortStableFunc(w.units, func(a, b heldRow) int { return cmp.Compare(a.value, b.value) })
	for i := 0; i < len(w.units); {
		value := w.units[i].value
		for w.unit = w.unit[:0]; i < len(w.units) && w.units[i].value == value; i++ {
			w.unit = append(w.unit, w.units[i].row)
		}
		w.follow(j, w.unit)
	}
}

// follow counts one unit, whose rows stand in order.
func (w *walker) follow(j *journeyWalk, rows []logRow) {
	w.events, w.rows = w.events[:0], w.rows[:0]
	for _, row := range rows {
		at := row.at
		if at >= j.asOf {
			break
		}
		mask := j.masks[row.event]
		if mask == 0 && j.mode != Adjacent {
			continue
		}
		w.events = append(w.events, stepEvent{at, mask})
		if j.by != nil {
			w.rows = append(w.rows, row.row)
		}
	}
	w.chainer.run(w.events)
	if w.chainer.depth == 0 {
		return
	}
	value := ""
	if j.by != nil {
		value = j.by.value(int(w.rows[w.chainer.entry(w.events)]))
	}
	w.group(value, j).add(&w.chainer.outcome)
}
