package kpi

import (
	"cmp"
	"time"
)

// HealthInput is one measure of how a customer is doing: usage, satisfaction,
// tickets, payment.
type HealthInput struct {
	Name   string `json:"name"`   // of the signals that measure it
	Weight Ratio  `json:"weight"` // above 0; only their proportions count
	Bounds Bounds `json:"bounds"` // From is 0, To 100; unset if values are 0 … 100 already
}

// worth returns v on 0 … 100.
func (h *HealthInput) worth(v Ratio) Ratio {
	b := h.Bounds
	if b.unset() {
		b.To = Whole(100)
	}
	return b.worth(v).Mul(Whole(100))
}

// HealthSpec is how the health of a customer is scored (客户健康度): the weighted mean
// of inputs x, each brought to 0 … 100 by its Bounds, over those that are at hand,
//
//	Value    = Σ Weight·x / Σ Weight   over the inputs at hand
//	Coverage = Σ Weight at hand / Σ Weight
//
// An input without a value is not 0, and no mean of others: it is left out, and
// Coverage says how much is. Below MinCoverage there is no score.
//
// Of each input the latest value before asOf counts. A value that is older than
// MaxAge days is none any more.
//
// The weights are a judgement. Whether the score tells who leaves is a question to a
// [Ranking]; what changed it is one to [Score.Diff].
type HealthSpec struct {
	Inputs      []HealthInput  // what is measured, no name twice
	MinCoverage Ratio          // 0 … 1, below which there is no score
	MaxAge      int            // civil days that a value holds; 0 is for ever
	Location    *time.Location // of the dates; nil is UTC
}

func (s *HealthSpec) valid(metric string) error {
	names := map[string]bool{"": true}
	for i := range s.Inputs {
		in := &s.Inputs[i]
		if names[in.Name] {
			return failAt(metric, CodeRepeated, i, "Name = %s", clip(in.Name))
		}
		names[in.Name] = true
		if in.Weight.Sign() <= 0 {
			return failAt(metric, CodeOutOfRange, i, "Weight = %s", clip(in.Weight.String()))
		}
		if err := cmp.Or(readable(metric, in.Name), small(metric, "Weight", in.Weight), in.Bounds.valid(metric)); err != nil {
			return at(err, metric, i)
		}
	}
	switch {
	case len(s.Inputs) == 0:
		return fail(metric, CodeEmpty, "len(Inputs) = 0")
	case s.MaxAge < 0:
		return fail(metric, CodeNegative, "MaxAge = %d", s.MaxAge)
	case s.MinCoverage.Sign() < 0 || s.MinCoverage.Cmp(Whole(1)) > 0:
		return fail(metric, CodeOutOfRange, "MinCoverage = %s ∉ [0, 1]", clip(s.MinCoverage.String()))
	}
	return small(metric, "MinCoverage", s.MinCoverage)
}

// Score returns the health of a customer at asOf, which is exclusive, and why.
// Signals from asOf on, and those that no input is named for, do not count; of
// several at one instant the greatest does. It returns an error if s is out of range,
// if asOf is not set, if a signal has no name or no date, naming it, if no input or
// too little of them is at hand, or if the numbers grow too large.
func (s HealthSpec) Score(signals []Signal, asOf time.Time) (Score, error) {
	const metric = "HealthSpec.Score"
	if err := s.valid(metric); err != nil {
		return Score{}, err
	}
	if err := cutOff(metric, asOf); err != nil {
		return Score{}, err
	}
	of, err := byName(metric, signals, asOf)
	if err != nil {
		return Score{}, err
	}
	loc := Calendar{Location: s.Location}.location()
	today := dateOf(asOf, loc)
	return s.weigh(metric, func(name string) (Ratio, bool) {
		seen := of[name]
		if len(seen) == 0 || s.MaxAge > 0 && int(today-dateOf(seen[0].At, loc)) > s.MaxAge {
			return Ratio{}, false
		}
		return seen[0].Value, true
	})
}

// weigh returns the score of the values at hand.
func (s *HealthSpec) weigh(metric string, value func(name string) (Ratio, bool)) (Score, error) {
	var out Score
	var all, hand []Ratio
	for i := range s.Inputs {
		in := &s.Inputs[i]
		all = append(all, in.Weight)
		v, ok := value(in.Name)
		if !ok {
			out.Missing = append(out.Missing, in.Name)
			continue
		}
		hand = append(hand, in.Weight)
		out.Parts = append(out.Parts, Part{Name: in.Name, Weight: in.Weight, Input: in.worth(v)})
	}
	whole, err := addUp(metric, all)
	if err != nil {
		return Score{}, err
	}
	some, err := addUp(metric, hand)
	if err != nil {
		return Score{}, err
	}
	if out.Coverage, err = some.Over(whole); err != nil { // Σ Weight > 0
		return Score{}, under(err, metric)
	}
	switch {
	case len(hand) == 0:
		return Score{}, fail(metric, CodeNoData, "Coverage = 0")
	case out.Coverage.Cmp(s.MinCoverage) < 0:
		return Score{}, fail(metric, CodeTooFew, "Coverage = %.4f < MinCoverage = %.4f", out.Coverage, s.MinCoverage)
	}
	for i := range out.Parts {
		p := &out.Parts[i]
		if p.Weight, err = p.Weight.Over(some); err != nil {
			return Score{}, under(err, metric)
		}
		p.Points = p.Weight.Mul(p.Input)
	}
	if err := small(metric, "Coverage", out.Coverage); err != nil {
		return Score{}, err
	}
	if err := out.finish(metric); err != nil {
		return Score{}, err
	}
	return out, nil
}

var healthCatalog = []Entry{
	{
		Key: "health.score", English: []string{"customer health score", "health score"},
		Chinese: []string{"客户健康度", "客户健康分", "客户健康评分"}, Formula: "Σ Weight·x / Σ Weight over the inputs at hand",
		Unit: "points", Direction: Higher, Type: "HealthSpec", Method: "Score",
	},
	{
		Key: "health.change", English: []string{"change of a health score, explained", "change of a lead score, explained"},
		Chinese: []string{"健康度变化归因", "评分变化归因"}, Formula: "Σ ½(w₀+w₁)(x₁−x₀) + Σ ½(x₀+x₁)(w₁−w₀) + coverage + cap",
		Unit: "points", Direction: Higher, Type: "Score", Method: "Diff",
	},
}
