package kpi

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"time"
)

const (
	// maxPartBits bounds the numbers that go into a score and come out of it; a
	// decimal of the longest kind has a third of it.
	maxPartBits = 1 << 13
	// maxCommonBits bounds the common denominator of what is added up.
	maxCommonBits = 1 << 15
)

// Signal is one thing that is known of a lead or a customer: what it did, or a
// value that was measured.
type Signal struct {
	Name  string    `json:"name"`  // of an Attribute or a HealthInput; of any other, it does not count
	At    time.Time `json:"at"`    // when it happened, or became known
	Value Ratio     `json:"value"` // what was measured; of no matter to an attribute without Bounds
}

// MarshalJSON writes the instant with its offset from UTC, but in UTC where the
// offset has seconds. It returns an error if the year has not four digits.
func (s Signal) MarshalJSON() ([]byte, error) {
	type fields Signal
	s.At = sayable(s.At)
	return json.Marshal(fields(s))
}

// Bounds say what a raw value is worth: nothing at From, all at To, in proportion
// between them, and no less and no more beyond. From may be above To, where less is
// better.
type Bounds struct {
	From Ratio `json:"from"` // the value that is worth nothing
	To   Ratio `json:"to"`   // the value that is worth all
}

// unset reports whether b is the zero value.
func (b Bounds) unset() bool { return b.From.IsZero() && b.To.IsZero() }

func (b Bounds) valid(metric string) error {
	if err := small(metric, "Bounds", b.From, b.To); err != nil {
		return err
	}
	if b.From.Equal(b.To) && !b.unset() {
		return fail(metric, CodeOutOfRange, "Bounds.From = Bounds.To = %s", clip(b.From.String()))
	}
	return nil
}

// worth returns the share of all that v is worth, 0 … 1.
func (b Bounds) worth(v Ratio) Ratio {
	x := new(big.Rat).Sub(v.r(), b.From.r())
	x.Quo(x, new(big.Rat).Sub(b.To.r(), b.From.r()))
	switch {
	case x.Sign() < 0:
		return Ratio{}
	case x.Cmp(ratOne) > 0:
		return Whole(1)
	}
	return ratio(x)
}

// small refuses a number that is too large for a score.
func small(metric, name string, numbers ...Ratio) error {
	for _, x := range numbers {
		if bits := bitsOf(x); bits > maxPartBits {
			return fail(metric, CodeTooLarge, "%s.BitLen = %d", name, bits)
		}
	}
	return nil
}

// addUp returns the sum of terms over their common denominator, which it bounds.
func addUp(metric string, terms []Ratio) (Ratio, error) {
	sum, beyond := sumOnCommon(terms, maxCommonBits)
	if beyond >= 0 {
		return Ratio{}, fail(metric, CodeTooLarge, "Denom.BitLen > %d", maxCommonBits)
	}
	return sum, nil
}

// byName returns the signals before asOf by their names, the latest first, and of
// one instant that of the greatest value.
func byName(metric string, signals []Signal, asOf time.Time) (map[string][]Signal, error) {
	for i, s := range signals {
		switch {
		case s.Name == "":
			return nil, failAt(metric, CodeEmpty, i, "Name = %q", s.Name)
		case s.At.IsZero(): // no date, which would read as the year 1
			return nil, failAt(metric, CodeEmpty, i, "At = %s", s.At.Format(time.RFC3339))
		}
		if err := codable(metric, "At", s.At); err != nil {
			return nil, at(err, metric, i)
		}
		if err := small(metric, "Value", s.Value); err != nil {
			return nil, at(err, metric, i)
		}
	}
	of := map[string][]Signal{}
	for _, s := range signals {
		if s.At.Before(asOf) {
			of[s.Name] = append(of[s.Name], s)
		}
	}
	for _, all := range of {
		slices.SortFunc(all, func(a, b Signal) int {
			if c := b.At.Compare(a.At); c != 0 {
				return c
			}
			return b.Value.Cmp(a.Value)
		})
	}
	return of, nil
}

// cutOff refuses an asOf that is missing or too far away.
func cutOff(metric string, asOf time.Time) error {
	if asOf.IsZero() {
		return fail(metric, CodeMissing, "asOf")
	}
	return codable(metric, "asOf", asOf)
}

// PartKind says what a Part of a Score is.
type PartKind int

// The kinds of part.
const (
	PartInput    PartKind = iota // of an Attribute or a HealthInput
	PartGroupCap                 // what the cap of a group takes away
	PartCap                      // what the cap of the whole takes away
	PartFloor                    // what the floor adds
)

var partKindNames = []string{"input", "group cap", "cap", "floor"}

// String returns the name of k: "group cap".
func (k PartKind) String() string { return enumName(partKindNames, int(k), "PartKind") }

// ParsePartKind returns the kind of that name.
func ParsePartKind(s string) (PartKind, error) {
	i, err := parseEnum("ParsePartKind", partKindNames, s)
	return PartKind(i), err
}

// MarshalText returns the name of k.
func (k PartKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what ParsePartKind reads.
func (k *PartKind) UnmarshalText(text []byte) error { return readEnum(k, ParsePartKind, text) }

// Part is one line of why a Score is what it is.
type Part struct {
	Kind   PartKind // an input, or what a cap or the floor does about it
	Name   string   // of the attribute, of the input, or of the group that is capped
	Weight Ratio    // of a lead the points of one signal, of health the share of all weights at hand
	Input  Ratio    // of a lead how many signals it counts for, of health the value, 0 … 100
	Points Ratio    // Weight · Input, or what a cap takes away, below 0
}

// Score is the answer to a [LeadSpec] or a [HealthSpec]: a value and why. The points
// of the parts add up to Value, exactly, since a cap is a part of its own, below 0.
type Score struct {
	Value    Ratio
	Coverage Ratio    // of a health score the share of all weights that is at hand; of a lead score 1
	Parts    []Part   // the inputs in the order of the spec, then group caps, cap and floor where they bind
	Missing  []string // the names without a signal, in the order of the spec
}

// finish sets Value, and refuses what has grown too large.
func (s *Score) finish(metric string) error {
	points := make([]Ratio, len(s.Parts))
	for i, p := range s.Parts {
		points[i] = p.Points
		if err := small(metric, "Parts", p.Weight, p.Input, p.Points); err != nil {
			return at(err, metric, i)
		}
	}
	value, err := addUp(metric, points)
	if err == nil {
		err = small(metric, "Value", value)
	}
	s.Value = value
	return err
}

// partName is what no two parts of a score share.
type partName struct {
	kind PartKind
	name string
}

func (s Score) valid(metric string) error {
	seen := map[partName]bool{}
	for i, p := range s.Parts {
		of := partName{p.Kind, p.Name}
		switch named := p.Kind == PartInput || p.Kind == PartGroupCap; {
		case p.Kind < PartInput || p.Kind > PartFloor:
			return failAt(metric, CodeOutOfRange, i, "Kind = %d", int(p.Kind))
		case seen[of] || named == (p.Name == ""):
			return failAt(metric, CodeRepeated, i, "Name = %s", clip(p.Name))
		case p.Kind == PartFloor && p.Points.Sign() < 0, p.Kind != PartInput && p.Kind != PartFloor && p.Points.Sign() > 0:
			return failAt(metric, CodeOutOfRange, i, "Kind = %d, Points.Sign = %d", int(p.Kind), p.Points.Sign())
		}
		seen[of] = true
		if err := cmp.Or(readable(metric, p.Name), small(metric, "Parts", p.Weight, p.Input, p.Points)); err != nil {
			return at(err, metric, i)
		}
		if p.Kind == PartInput && !p.Weight.Mul(p.Input).Equal(p.Points) {
			return failAt(metric, CodeMismatch, i, "Weight · Input ≠ Points")
		}
	}
	if s.Coverage.Sign() < 0 || s.Coverage.Cmp(Whole(1)) > 0 {
		return fail(metric, CodeOutOfRange, "Coverage = %s ∉ [0, 1]", clip(s.Coverage.String()))
	}
	if err := cmp.Or(small(metric, "Coverage", s.Coverage), readable(metric, s.Missing...)); err != nil {
		return err
	}
	t := s
	if err := t.finish(metric); err != nil {
		return err
	}
	if !t.Value.Equal(s.Value) {
		return fail(metric, CodeMismatch, "Value ≠ Σ Points")
	}
	return nil
}

// Grade returns the name of the grade that Value lies in. It returns an error if the
// grades are none or out of order, or if Value lies below all of them.
func (s Score) Grade(grades Grades) (string, error) {
	const metric = "Score.Grade"
	if err := grades.valid(metric); err != nil {
		return "", err
	}
	i := grades.of(s.Value)
	if i < 0 {
		return "", fail(metric, CodeBeyondBound, "Value = %s < From = %s", clip(s.Value.String()), clip(grades[0].From.String()))
	}
	return grades[i].Name, nil
}

// Grade is a grade of scores, a band, and where it begins.
type Grade struct {
	Name string `json:"name"` // such as "A" or "at risk"
	From Ratio  `json:"from"` // the least value that belongs to it
}

// Grades are bands of scores in ascending order: each reaches from its From up to
// that of the next, which is not its own any more, and the last has no end. So no
// value lies between two of them, and 100 is in that from 80 up.
type Grades []Grade

func (g Grades) valid(metric string) error {
	if len(g) == 0 {
		return fail(metric, CodeEmpty, "len(grades) = 0")
	}
	names := map[string]bool{}
	for i, grade := range g {
		if grade.Name == "" || names[grade.Name] {
			return failAt(metric, CodeRepeated, i, "Name = %s", clip(grade.Name))
		}
		names[grade.Name] = true
		if err := readable(metric, grade.Name); err != nil {
			return at(err, metric, i)
		}
		if i > 0 && g[i-1].From.Cmp(grade.From) >= 0 {
			return failAt(metric, CodeOrder, i, "From = %s", clip(grade.From.String()))
		}
	}
	return nil
}

// of returns the index of the grade that v lies in, or −1 below all of them.
func (g Grades) of(v Ratio) int {
	i, found := slices.BinarySearchFunc(g, v, func(grade Grade, v Ratio) int { return grade.From.Cmp(v) })
	if found {
		return i
	}
	return i - 1
}

func (s Score) table() *table {
	t := &table{head: []string{"part", "weight", "input", "points"}, text: 1}
	for _, p := range s.Parts {
		if p.Kind == PartInput {
			t.add(p.Name, p.Weight.fixed(2), p.Input.fixed(2), p.Points.fixed(2))
		} else {
			t.add(p.label(), "", "", p.Points.fixed(2))
		}
	}
	t.add("value", "", "", s.Value.fixed(2))
	return t
}

// label names a part: "fit", "group cap: fit" or "cap".
func (p Part) label() string {
	switch p.Kind {
	case PartInput:
		return p.Name
	case PartGroupCap:
		return p.Kind.String() + ": " + p.Name
	default:
		return p.Kind.String()
	}
}

// String returns a line for each part, and the value.
func (s Score) String() string { return s.table().String() }

// Markdown is String as a Markdown table.
func (s Score) Markdown() string { return s.table().markdown() }

// partJSON is the JSON form of a Part.
type partJSON struct {
	Kind   PartKind `json:"kind"`
	Name   string   `json:"name,omitempty"`
	Weight exact    `json:"weight"`
	Input  exact    `json:"input"`
	Points exact    `json:"points"`
}

// scoreJSON is the JSON form of a Score.
type scoreJSON struct {
	Value    exact      `json:"value"`
	Coverage exact      `json:"coverage"`
	Parts    []partJSON `json:"parts"`
	Missing  []string   `json:"missing,omitempty"`
}

// MarshalJSON writes every number exactly and to four places. It returns an error if
// s is impossible.
func (s Score) MarshalJSON() ([]byte, error) {
	if err := s.valid("Score.MarshalJSON"); err != nil {
		return nil, err
	}
	out := scoreJSON{Value: exactly(s.Value), Coverage: exactly(s.Coverage), Missing: s.Missing, Parts: []partJSON{}}
	for _, p := range s.Parts {
		out.Parts = append(out.Parts, partJSON{p.Kind, p.Name, exactly(p.Weight), exactly(p.Input), exactly(p.Points)})
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes; null changes nothing. It returns an
// error, and leaves s as it was, if the parts do not add up to the value.
func (s *Score) UnmarshalJSON(data []byte) error {
	const metric = "Score.UnmarshalJSON"
	if string(data) == "null" {
		return nil
	}
	var in scoreJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	n := Score{Missing: in.Missing}
	err := readExact(metric, &n.Value, in.Value)
	if err == nil {
		err = readExact(metric, &n.Coverage, in.Coverage)
	}
	for i := 0; i < len(in.Parts) && err == nil; i++ {
		from := in.Parts[i]
		p := Part{Kind: from.Kind, Name: from.Name}
		for _, number := range []struct {
			to   *Ratio
			from exact
		}{{&p.Weight, from.Weight}, {&p.Input, from.Input}, {&p.Points, from.Points}} {
			if err := readExact(metric, number.to, number.from); err != nil {
				return at(err, metric, i)
			}
		}
		n.Parts = append(n.Parts, p)
	}
	if err == nil {
		err = n.valid(metric)
	}
	if err == nil {
		*s = n
	}
	return err
}

// readExact reads what exactly wrote.
func readExact(metric string, to *Ratio, e exact) error {
	v, err := ParseRatio(e.Exact)
	if err != nil {
		return under(err, metric)
	}
	*to = v
	return nil
}
