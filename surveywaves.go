package kpi

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
)

// Wave is a survey at one point in time.
type Wave struct {
	Name   string `json:"name"`   // such as "2026 Q1"
	At     int64  `json:"at"`     // the number of the wave, of the month or of the day
	Survey Survey `json:"survey"` // what was answered
}

// Waves are the surveys that asked the same questions again and again, in any order,
// no two at one point. The waves are taken to be independent: a panel of the same
// people is not, and its changes are surer than they look here.
//
// What holds for an item holds for other shares: ShareTrend is of any, such as the
// response rates of the waves, and NPSTrend of net promoter scores.
type Waves []Wave

// sorted returns the waves in the order of their time.
func (ws Waves) sorted(metric string) (Waves, error) {
	for i := range ws {
		if err := readable(metric, ws[i].Name); err != nil {
			return nil, at(err, metric, i)
		}
		if err := ws[i].Survey.valid(metric); err != nil {
			return nil, at(err, metric, i)
		}
	}
	order := slices.Clone(ws)
	slices.SortFunc(order, func(a, b Wave) int { return cmp.Compare(a.At, b.At) })
	for i := 1; i < len(order); i++ {
		if order[i].At == order[i-1].At {
			return nil, fail(metric, CodeRepeated, "At = %d", order[i].At)
		}
	}
	return order, nil
}

// asked returns, of sorted waves, those with answers to an item, once its scale is
// known to be the same in all.
func (ws Waves) asked(metric, item string) (Waves, error) {
	var out Waves
	for _, w := range ws {
		c, ok := w.Survey.Items[item]
		if !ok || c.N() == 0 {
			continue
		}
		if len(out) > 0 {
			if scale, first := c.Scale.or5(), out[0].Survey.Items[item].Scale.or5(); scale != first {
				return nil, fail(metric, CodeMismatch, "At = %d, Items[%s].Scale = %+v ≠ %+v", w.At, clip(item), scale, first)
			}
		}
		out = append(out, w)
	}
	return out, nil
}

// Trend returns the slope of an item over the waves with answers to it, per unit of At:
// of its top box by ShareTrend, and of its net top in −1 … 1 and its mean by
// WeightedTrend, the standard error of a net top being that of NPSTrend. It returns an
// error if a wave is impossible, naming it, or two are at one point, if by is no
// measure, if no wave has the item, if the scale of the item changed, for fewer than
// two waves with answers, if a mean has no spread within a wave, and else as they do.
func (ws Waves) Trend(item string, by SurveyMeasure, confidence float64) (Trend, error) {
	const metric = "Waves.Trend"
	order, err := ws.sorted(metric)
	if err == nil {
		err = by.valid(metric)
	}
	if err == nil {
		err = confident(metric, confidence)
	}
	if err != nil {
		return Trend{}, err
	}
	if !slices.ContainsFunc(order, func(w Wave) bool { _, ok := w.Survey.Items[item]; return ok }) {
		return Trend{}, fail(metric, CodeUnknownName, "%s", clip(item))
	}
	asked, err := order.asked(metric, item)
	switch {
	case err != nil:
		return Trend{}, err
	case len(asked) < 2:
		return Trend{}, fail(metric, CodeTooFew, "len(waves) = %d", len(asked))
	}
	var shares []Proportion
	var instants []int64
	var points []TrendPoint
	for _, w := range asked {
		c := w.Survey.Items[item]
		if by == SurveyTopBox {
			share, _ := c.TopBox() // there are answers
			shares, instants = append(shares, share), append(instants, w.At)
			continue
		}
		p := TrendPoint{Value: by.of(c).Float64(), N: c.N()}
		if by == SurveyNetTop {
			s, _ := c.net(metric)
			_, variance := s.adjusted()
			p.SE = math.Sqrt(variance)
		} else {
			mean, _ := c.Mean()
			if err := mean.check(metric, 2); err != nil {
				return Trend{}, err
			}
			if mean.variance().IsZero() {
				return Trend{}, fail(metric, CodeNoSpread, "At = %d, N = %d", w.At, mean.N)
			}
			p.SE = squareRoot(new(big.Rat).Quo(mean.variance().r(), new(big.Rat).SetInt64(mean.N)))
		}
		// From the first wave on, so that instants keep their last digits.
		since := new(big.Int).Sub(big.NewInt(w.At), big.NewInt(asked[0].At))
		p.At, _ = new(big.Float).SetInt(since).Float64()
		points = append(points, p)
	}
	if by == SurveyTopBox {
		trend, err := ShareTrend(shares, instants, confidence)
		return trend, under(err, metric)
	}
	return weightedTrend(metric, points, confidence)
}

// WaveChange is one cell of WaveChanges: an item in one wave and in the one before it.
type WaveChange struct {
	Item     string     `json:"item"`     // its name
	From     string     `json:"from"`     // the name of the wave before
	To       string     `json:"to"`       // the name of the wave
	Before   Ratio      `json:"before"`   // the measure then
	After    Ratio      `json:"after"`    // and now
	Test     Comparison `json:"test"`     // that they do not differ
	Adjusted float64    `json:"adjusted"` // Test.P, adjusted for all cells of the table
}

// WaveChanges is every item of every wave against the wave before it that has answers
// to the item, tested and adjusted by Holm's method over the whole table: among the
// forty cells of ten items and five waves in which nothing changed, two are expected to
// have a P below 0.05.
//
// Top boxes are tested by Fisher's exact test, net tops and means as CSAT.NetTopCompare
// and Mean.Compare do. A cell that has no test, since there are too few answers or all
// of them are equal, has the reason as a warning, a P of 1, and stays in the family.
type WaveChanges struct {
	By   SurveyMeasure `json:"by"`   // what was compared
	Rows []WaveChange  `json:"rows"` // by item, and from the earliest wave on
}

// Changes compares each wave with the one before it, item by item. It returns an error
// if a wave is impossible, naming it, or two are at one point, if by is no measure, if
// the scale of an item changed, or if no item was answered twice.
func (ws Waves) Changes(by SurveyMeasure) (*WaveChanges, error) {
	const metric = "Waves.Changes"
	order, err := ws.sorted(metric)
	if err == nil {
		err = by.valid(metric)
	}
	if err != nil {
		return nil, err
	}
	items := map[string]bool{}
	for _, w := range order {
		for name := range w.Survey.Items {
			items[name] = true
		}
	}
	out := &WaveChanges{By: by}
	var chances []float64
	for _, item := range slices.Sorted(maps.Keys(items)) {
		asked, err := order.asked(metric, item)
		if err != nil {
			return nil, err
		}
		for i := 1; i < len(asked); i++ {
			before, after := asked[i-1].Survey.Items[item], asked[i].Survey.Items[item]
			row := WaveChange{Item: item, From: asked[i-1].Name, To: asked[i].Name, Before: by.of(before), After: by.of(after)}
			if row.Test, err = by.compare(after, before); err != nil {
				var e *Error
				if !errors.As(err, &e) || !errors.Is(err, ErrUndefined) {
					return nil, under(err, metric)
				}
				row.Test = Comparison{Test: by.test(), Difference: row.After.Sub(row.Before), P: 1, N: before.N() + after.N(), Warnings: []Code{e.Code}}
			}
			out.Rows, chances = append(out.Rows, row), append(chances, row.Test.P)
		}
	}
	if len(out.Rows) == 0 {
		return nil, fail(metric, CodeNoData, "len(waves) = %d", len(order))
	}
	adjusted, err := Holm(chances)
	if err != nil {
		return nil, under(err, metric)
	}
	for i := range out.Rows {
		out.Rows[i].Adjusted = adjusted[i]
	}
	return out, nil
}

func (c *WaveChanges) table() *table {
	t := &table{head: []string{"item", "from", "to", "before", "after", "change", "p", "adjusted", ""}, text: 3}
	for _, row := range c.Rows {
		t.add(row.Item, row.From, row.To, c.By.cell(row.Before), c.By.cell(row.After), c.By.change(row.Test.Difference),
			chance(row.Test.P), chance(row.Adjusted), strings.TrimSpace(warned(row.Test.Warnings)))
	}
	return t
}

// String returns a line for each cell, with the change of a top box or a net top in
// points, and its chance alone and adjusted for the whole table.
func (c *WaveChanges) String() string { return c.table().String() }

// Markdown is String as a Markdown table.
func (c *WaveChanges) Markdown() string { return c.table().markdown() }
