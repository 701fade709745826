package kpi

import "encoding/json"

// Effects are what a change of a Score, or of one part of it, is due to.
type Effects struct {
	Input    Ratio // another value of the input
	Weight   Ratio // another weight: others came or went, or the spec changed
	Coverage Ratio // an input that is known on one side only
	Cap      Ratio // a cap or the floor, which binds more or less
}

// PartChange is what one part gives to the change of the whole.
type PartChange struct {
	Kind PartKind // as of a Part
	Name string   // as of a Part
	Effects
}

// ScoreChange is the difference of two scores taken apart, input by input. All of it
// is exact, and adds up exactly. With weights w and inputs x before (0) and after
// (1), over the inputs that both scores have,
//
//	Delta  = After.Value − Before.Value = Input + Weight + Coverage + Cap
//	Input  = Σ ½(w₀+w₁)·(x₁−x₀)
//	Weight = Σ ½(x₀+x₁)·(w₁−w₀)
//
// An input that one of them has not goes wholly to Coverage, with all its points.
// The weights of health are shares of what is at hand: where one input came or went,
// the effects Weight of the others are due to that too, and to be read beside
// Coverage.
type ScoreChange struct {
	Before, After Score
	Delta         Ratio
	Effects                    // of all parts together
	Parts         []PartChange // in the order of After, then what only Before has
}

// Diff takes the difference of s and an earlier score apart: of the same customer on
// two dates, by the same spec. It returns an error if either score is impossible, as
// one that was changed is, or if the numbers grow too large.
func (s Score) Diff(before Score) (ScoreChange, error) {
	const metric = "Score.Diff"
	if err := bothValid(metric, s, before); err != nil {
		return ScoreChange{}, err
	}
	out := ScoreChange{Before: before, After: s, Delta: s.Value.Sub(before.Value)}
	was := map[partName]Part{}
	for _, p := range before.Parts {
		was[partName{p.Kind, p.Name}] = p
	}
	half := quotient(1, 2)
	for _, p := range s.Parts {
		change := PartChange{Kind: p.Kind, Name: p.Name}
		old, ok := was[partName{p.Kind, p.Name}]
		delete(was, partName{p.Kind, p.Name})
		switch {
		case p.Kind != PartInput:
			change.Cap = p.Points.Sub(old.Points)
		case !ok:
			change.Coverage = p.Points
		default:
			change.Input = old.Weight.Add(p.Weight).Mul(half).Mul(p.Input.Sub(old.Input))
			change.Weight = old.Input.Add(p.Input).Mul(half).Mul(p.Weight.Sub(old.Weight))
		}
		out.Parts = append(out.Parts, change)
	}
	for _, p := range before.Parts {
		if _, ok := was[partName{p.Kind, p.Name}]; !ok {
			continue
		}
		change := PartChange{Kind: p.Kind, Name: p.Name}
		if p.Kind == PartInput {
			change.Coverage = p.Points.Neg()
		} else {
			change.Cap = p.Points.Neg()
		}
		out.Parts = append(out.Parts, change)
	}
	total := out.each()
	for k, to := range total {
		terms := make([]Ratio, len(out.Parts))
		for i := range out.Parts {
			terms[i] = *out.Parts[i].each()[k]
		}
		sum, err := addUp(metric, terms)
		if err != nil {
			return ScoreChange{}, err
		}
		*to = sum
	}
	return out, nil
}

// each returns the effects of e in the order of the columns.
func (e *Effects) each() [4]*Ratio { return [4]*Ratio{&e.Input, &e.Weight, &e.Coverage, &e.Cap} }

func (c ScoreChange) table() *table {
	t := &table{head: []string{"part", "input", "weight", "coverage", "cap"}, text: 1}
	line := func(name string, e Effects) {
		cells := []string{name}
		for _, x := range e.each() {
			cells = append(cells, x.fixed(2))
		}
		t.add(cells...)
	}
	for _, p := range c.Parts {
		line(Part{Kind: p.Kind, Name: p.Name}.label(), p.Effects)
	}
	line("all", c.Effects)
	return t
}

// String returns a line for each part with its effects in points, and one for all.
func (c ScoreChange) String() string { return c.table().String() }

// Markdown is String as a Markdown table.
func (c ScoreChange) Markdown() string { return c.table().markdown() }

// effectsJSON is the JSON form of Effects.
type effectsJSON struct {
	Input    exact `json:"input"`
	Weight   exact `json:"weight"`
	Coverage exact `json:"coverage"`
	Cap      exact `json:"cap"`
}

func (e Effects) json() effectsJSON {
	return effectsJSON{exactly(e.Input), exactly(e.Weight), exactly(e.Coverage), exactly(e.Cap)}
}

// MarshalJSON writes both scores and the effects, exactly and to four places. It
// returns an error if a score is impossible.
func (c ScoreChange) MarshalJSON() ([]byte, error) {
	type part struct {
		Kind PartKind `json:"kind"`
		Name string   `json:"name,omitempty"`
		effectsJSON
	}
	parts := make([]part, len(c.Parts))
	for i, p := range c.Parts {
		parts[i] = part{p.Kind, p.Name, p.json()}
	}
	return json.Marshal(struct {
		Before Score       `json:"before"`
		After  Score       `json:"after"`
		Delta  exact       `json:"delta"`
		Total  effectsJSON `json:"total"`
		Parts  []part      `json:"parts"`
	}{c.Before, c.After, exactly(c.Delta), c.json(), parts})
}

// UnmarshalJSON reads the scores of what MarshalJSON wrote and takes their difference
// apart again; null changes nothing. It returns an error, and leaves c as it was, as
// Diff does.
func (c *ScoreChange) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var in struct {
		Before Score `json:"before"`
		After  Score `json:"after"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	change, err := in.After.Diff(in.Before)
	if err != nil {
		return under(err, "ScoreChange.UnmarshalJSON")
	}
	*c = change
	return nil
}
