package kpi

import (
	"cmp"
	"time"
)

// Decay says how the points of a signal fade with its age in civil days. At most one
// of the three is set; the zero value does not fade.
//
//	Linear    max(0, 1 − age/Linear)
//	HalfLife  2^(−age/HalfLife)
//	Steps     the Factor of the first step with age < Under, and 0 after the last
//
// A half-life factor is irrational but for whole half-lives: it is rounded once,
// correctly, to 18 decimals, the same on every platform, and exact from there on.
type Decay struct {
	Linear   int         `json:"linear,omitempty"`    // days after which nothing is left
	HalfLife int         `json:"half_life,omitempty"` // days after which half is left
	Steps    []DecayStep `json:"steps,omitempty"`     // in ascending order of Under, their factors falling
}

// DecayStep is one row of a table of factors by age.
type DecayStep struct {
	Under  int   `json:"under"`  // days: ages below it that no earlier step has
	Factor Ratio `json:"factor"` // 0 … 1
}

func (d Decay) valid(metric string) error {
	set := 0
	for _, days := range []struct {
		name string
		n    int
	}{{"Linear", d.Linear}, {"HalfLife", d.HalfLife}, {"len(Steps)", len(d.Steps)}} {
		if days.n < 0 {
			return fail(metric, CodeNegative, "%s = %d", days.name, days.n)
		}
		if days.n > 0 {
			set++
		}
	}
	if set > 1 {
		return fail(metric, CodeMismatch, "Linear = %d, HalfLife = %d, len(Steps) = %d", d.Linear, d.HalfLife, len(d.Steps))
	}
	last := DecayStep{Factor: Whole(1)}
	for i, s := range d.Steps {
		if err := small(metric, "Factor", s.Factor); err != nil {
			return err
		}
		if s.Under <= last.Under || s.Factor.Cmp(last.Factor) > 0 || s.Factor.Sign() < 0 {
			return fail(metric, CodeOrder, "Steps[%d]: Under = %d, Factor = %s", i, s.Under, clip(s.Factor.String()))
		}
		last = s
	}
	return nil
}

// Factor returns what is left of a signal after age days, from 1 at once down to 0.
// It returns an error if d is out of range or age negative.
func (d Decay) Factor(age int) (Ratio, error) {
	const metric = "Decay.Factor"
	if err := d.valid(metric); err != nil {
		return Ratio{}, err
	}
	if age < 0 {
		return Ratio{}, fail(metric, CodeNegative, "age = %d", age)
	}
	return d.factor(age), nil
}

func (d Decay) factor(age int) Ratio {
	switch {
	case d.Linear > 0:
		return quotient(int64(max(0, d.Linear-age)), int64(d.Linear))
	case d.HalfLife > 0:
		return halfLife(int64(age), int64(d.HalfLife))
	case len(d.Steps) == 0:
		return Whole(1)
	}
	for _, s := range d.Steps {
		if age < s.Under {
			return s.Factor
		}
	}
	return Ratio{}
}

// Attribute is one thing that gives a lead points or takes them away: something it
// does, such as asking for a price, or a value that is known of it, such as its
// budget.
type Attribute struct {
	Name   string `json:"name"`            // of the signals that it counts
	Group  string `json:"group,omitempty"` // of LeadSpec.Groups; "" is none
	Points Ratio  `json:"points"`          // of one signal; negative takes away
	Limit  int    `json:"limit,omitempty"` // how many signals count, the latest of them; 0 is 1
	// Bounds, if set, make the points of a signal those that its Value is worth; if
	// not, each signal has them all.
	Bounds Bounds `json:"bounds"`
	Decay  Decay  `json:"decay"`
}

// limit returns how many signals count.
func (a *Attribute) limit() int { return max(a.Limit, 1) }

// ScoreGroup is a group of attributes, such as behaviour, need or budget, that
// together give no more than a cap.
type ScoreGroup struct {
	Name string `json:"name"` // as attributes give it
	Cap  Ratio  `json:"cap"`  // the most points of its attributes together; 0 is no cap
}

// LeadSpec is how leads are scored (潜在客户评分): points for what they do, need and
// can pay, in this order, and no other:
//
//	points × signals up to Limit × decay → cap of the group → Cap → Floor
//
// Of an attribute the latest Limit signals count, each at the age that it has on the
// date of asOf in Location. Caps and the floor are lines of their own in the
// [Score], so that its parts add up. Negative points count before the caps: what a
// lead does wrong is taken off all that it did, and not off what the cap left.
//
// The weights are yours, or fitted elsewhere. Whether the score ranks leads at all
// is a question to a [Ranking] of those whose outcome is known.
type LeadSpec struct {
	Attributes []Attribute    // what gives points, no name twice
	Groups     []ScoreGroup   // every group that an attribute names
	Cap        Ratio          // the most points of all; 0 is no cap
	Floor      Ratio          // the least points of all
	Location   *time.Location // of the dates; nil is UTC
}

func (s *LeadSpec) valid(metric string) error {
	groups, names := map[string]bool{"": true}, map[string]bool{"": true}
	for i, g := range s.Groups {
		if groups[g.Name] {
			return failAt(metric, CodeRepeated, i, "Groups: Name = %s", clip(g.Name))
		}
		groups[g.Name] = true
		if err := cmp.Or(readable(metric, g.Name), positive(metric, "Groups.Cap", g.Cap)); err != nil {
			return at(err, metric, i)
		}
	}
	for i := range s.Attributes {
		a := &s.Attributes[i]
		switch {
		case names[a.Name]:
			return failAt(metric, CodeRepeated, i, "Name = %s", clip(a.Name))
		case !groups[a.Group]:
			return failAt(metric, CodeUnknownName, i, "Group = %s", clip(a.Group))
		case a.Limit < 0:
			return failAt(metric, CodeNegative, i, "Limit = %d", a.Limit)
		}
		names[a.Name] = true
		err := cmp.Or(readable(metric, a.Name), small(metric, "Points", a.Points), a.Bounds.valid(metric))
		if err == nil {
			err = a.Decay.valid(metric)
		}
		if err != nil {
			return at(err, metric, i)
		}
	}
	if err := positive(metric, "Cap", s.Cap); err != nil {
		return err
	}
	if err := small(metric, "Floor", s.Floor); err != nil {
		return err
	}
	if s.Cap.Sign() > 0 && s.Floor.Cmp(s.Cap) > 0 {
		return fail(metric, CodeOutOfRange, "Floor = %s > Cap = %s", clip(s.Floor.String()), clip(s.Cap.String()))
	}
	return nil
}

// positive refuses a cap that is negative or too large.
func positive(metric, name string, x Ratio) error {
	if x.Sign() < 0 {
		return fail(metric, CodeNegative, "%s = %s", name, clip(x.String()))
	}
	return small(metric, name, x)
}

// Score returns the points of a lead at asOf, which is exclusive, and why. Signals
// from asOf on, and those that no attribute is named for, do not count; an attribute
// without a signal is Missing, and gives nothing. It returns an error if s is out of
// range, if asOf is not set, if a signal has no name or no date, naming it, or if the
// numbers grow too large.
func (s LeadSpec) Score(signals []Signal, asOf time.Time) (Score, error) {
	return s.score("LeadSpec.Score", signals, asOf)
}

// Normalised returns the score as one of 0 … 100: Score · 100/most, where most is
// Cap, or what every signal at its best would give if that is less. The parts are
// scaled with it. It returns an error as Score does, if Floor is negative, or if no
// signal gives any points.
func (s LeadSpec) Normalised(signals []Signal, asOf time.Time) (Score, error) {
	const metric = "LeadSpec.Normalised"
	out, err := s.score(metric, signals, asOf)
	if err != nil {
		return Score{}, err
	}
	if s.Floor.Sign() < 0 {
		return Score{}, fail(metric, CodeNegative, "Floor = %s", clip(s.Floor.String()))
	}
	most, err := s.most(metric)
	if err != nil {
		return Score{}, err
	}
	if most.IsZero() {
		return Score{}, fail(metric, CodeZeroDenominator, "Points ≤ 0")
	}
	factor, err := Whole(100).Over(most)
	if err != nil {
		return Score{}, under(err, metric)
	}
	for i := range out.Parts {
		p := &out.Parts[i]
		p.Weight, p.Points = p.Weight.Mul(factor), p.Points.Mul(factor)
	}
	if err := out.finish(metric); err != nil {
		return Score{}, err
	}
	return out, nil
}

// most returns the points of a lead that does all that gives any.
func (s *LeadSpec) most(metric string) (Ratio, error) {
	all := make([]Ratio, 0, len(s.Groups)+1)
	for _, g := range append([]ScoreGroup{{}}, s.Groups...) {
		var terms []Ratio
		for i := range s.Attributes {
			if a := &s.Attributes[i]; a.Group == g.Name && a.Points.Sign() > 0 {
				terms = append(terms, a.Points.Mul(Whole(int64(a.limit()))))
			}
		}
		sum, err := addUp(metric, terms)
		if err != nil {
			return Ratio{}, err
		}
		all = append(all, capped(sum, g.Cap))
	}
	sum, err := addUp(metric, all)
	if sum = capped(sum, s.Cap); sum.Cmp(s.Floor) < 0 {
		sum = s.Floor
	}
	return sum, err
}

// capped returns x, but no more than a cap that is not 0.
func capped(x, most Ratio) Ratio {
	if most.Sign() > 0 && x.Cmp(most) > 0 {
		return most
	}
	return x
}

func (s *LeadSpec) score(metric string, signals []Signal, asOf time.Time) (Score, error) {
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
	out := Score{Coverage: Whole(1)}
	loc := Calendar{Location: s.Location}.location()
	today := dateOf(asOf, loc)
	for i := range s.Attributes {
		a := &s.Attributes[i]
		seen := of[a.Name]
		if len(seen) == 0 {
			out.Missing = append(out.Missing, a.Name)
		}
		terms := make([]Ratio, 0, min(len(seen), a.limit()))
		for _, signal := range seen[:cap(terms)] {
			x := a.Decay.factor(max(0, int(today-dateOf(signal.At, loc))))
			if !a.Bounds.unset() {
				x = x.Mul(a.Bounds.worth(signal.Value))
			}
			terms = append(terms, x)
		}
		p := Part{Name: a.Name, Weight: a.Points}
		if p.Input, err = addUp(metric, terms); err != nil {
			return Score{}, at(err, metric, i)
		}
		p.Points = p.Weight.Mul(p.Input)
		out.Parts = append(out.Parts, p)
	}
	if err := s.limits(metric, &out); err != nil {
		return Score{}, err
	}
	return out, nil
}

// limits adds what the caps and the floor do about the points of the attributes.
func (s *LeadSpec) limits(metric string, out *Score) error {
	for _, g := range s.Groups {
		var terms []Ratio
		for i := range s.Attributes {
			if s.Attributes[i].Group == g.Name {
				terms = append(terms, out.Parts[i].Points)
			}
		}
		sum, err := addUp(metric, terms)
		if err != nil {
			return err
		}
		if c := capped(sum, g.Cap); !c.Equal(sum) {
			out.Parts = append(out.Parts, Part{Kind: PartGroupCap, Name: g.Name, Points: c.Sub(sum)})
		}
	}
	if err := out.finish(metric); err != nil {
		return err
	}
	if c := capped(out.Value, s.Cap); !c.Equal(out.Value) {
		out.Parts = append(out.Parts, Part{Kind: PartCap, Points: c.Sub(out.Value)})
	} else if out.Value.Cmp(s.Floor) < 0 {
		out.Parts = append(out.Parts, Part{Kind: PartFloor, Points: s.Floor.Sub(out.Value)})
	}
	return out.finish(metric)
}

var leadCatalog = []Entry{
	{
		Key: "lead.score", English: []string{"lead score", "lead scoring"},
		Chinese: []string{"潜在客户评分", "线索评分", "潜客评分"},
		Formula: "Σ Points × signals up to Limit × decay → group cap → Cap → Floor",
		Unit:    "points", Direction: Higher, Type: "LeadSpec", Method: "Score",
	},
	{
		Key: "lead.score_100", English: []string{"lead score of 100"},
		Chinese: []string{"潜在客户评分(百分制)", "线索评分(百分制)"}, Formula: "100 · Score / most",
		Unit: "points", Direction: Higher, Type: "LeadSpec", Method: "Normalised",
	},
	{
		Key: "lead.decay", English: []string{"decay factor", "time decay"},
		Chinese: []string{"时间衰减系数", "评分衰减"}, Formula: "max(0, 1 − age/Linear) | 2^(−age/HalfLife) | Steps",
		Unit: "ratio", Direction: Neither, Type: "Decay", Method: "Factor",
	},
}
