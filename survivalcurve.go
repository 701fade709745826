package kpi

import (
	"encoding/json"
	"math"
	"math/bits"
	"strconv"
)

// Len returns the number of points of the curve: its beginning and one for each
// step. With XY it makes a Survival an XYer of gonum/plot, to be drawn with the
// step style PostStep.
func (s Survival) Len() int {
	if len(s.Steps) == 0 {
		return 0
	}
	return len(s.Steps) + 1
}

// XY returns point i of the curve: (From, 1), then the age and the survival of
// each step; NaN beyond Len.
func (s Survival) XY(i int) (x, y float64) {
	switch {
	case i < 0 || i >= s.Len():
		return math.NaN(), math.NaN()
	case i == 0:
		return s.From, 1
	}
	return s.Steps[i-1].Time, s.Steps[i-1].Survival
}

// YError returns how far the 95 % log-log band reaches below and above point i,
// for gonum/plot; NaN beyond Len. Where the curve is 1 or 0 it is 0, the width
// of the band by its formula; Interval puts Wilson's limit below a curve of 1.
func (s Survival) YError(i int) (below, above float64) {
	_, y := s.XY(i)
	switch {
	case math.IsNaN(y):
		return y, y
	case y == 1 || y == 0:
		return 0, 0
	}
	z, _ := normalQuantile("", plotConfidence)
	lo, hi := LogLogBand.limits(y, s.Steps[i-1].StdErr, z)
	return y - lo, hi - y
}

const (
	// plotConfidence is that of bands nobody asked a confidence for.
	plotConfidence = 0.95
	// stepsShown is how many departures String and Markdown print.
	stepsShown = 20
)

func (s Survival) table() *table {
	t := &table{head: []string{"time", "at risk", "events", "survival", "lo 95%", "hi 95%"}}
	var shown []int
	for i := range s.Steps {
		if s.Steps[i].Events > 0 {
			shown = append(shown, i)
		}
	}
	rows := min(len(shown), stepsShown)
	for row := range rows {
		i := shown[row]
		if len(shown) > stepsShown {
			i = shown[row*(len(shown)-1)/(stepsShown-1)]
		}
		p := &s.Steps[i]
		lo, hi := Undefined, Undefined
		if below, above := s.YError(i + 1); p.Survival > 0 {
			lo, hi = percent(p.Survival-below), percent(p.Survival+above)
		}
		t.add(strconv.FormatFloat(p.Time, 'g', 6, 64), strconv.FormatInt(p.AtRisk, 10),
			strconv.FormatInt(p.Events, 10), percent(p.Survival), lo, hi)
	}
	return t
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + "%" }

// String returns the curve in columns, at the ages at which somebody left: all of
// them up to twenty, else twenty from the first to the last.
func (s Survival) String() string { return s.table().String() }

// Markdown returns the table of String in Markdown.
func (s Survival) Markdown() string { return s.table().markdown() }

// UnmarshalJSON reads what json.Marshal wrote. It believes the counts, which it
// checks, and computes the estimates anew. It returns an error, and leaves s as it
// was, if the counts are impossible.
func (s *Survival) UnmarshalJSON(data []byte) error {
	const metric = "Survival.UnmarshalJSON"
	type plain Survival
	var p plain
	if err := json.Unmarshal(data, &p); err != nil {
		return fail(metric, CodeSyntax, "%s", clip(err.Error()))
	}
	t := Survival(p)
	if err := t.valid(metric); err != nil {
		return err
	}
	t.estimate()
	*s = t
	return nil
}

// appendAge appends an age so that whole numbers are short: their last bits are 0.
func appendAge(b []byte, t float64) []byte {
	return appendUint(b, bits.ReverseBytes64(math.Float64bits(t)))
}

func (d *decoder) age() float64 {
	return math.Float64frombits(bits.ReverseBytes64(d.uint(math.MaxUint64)))
}

// AppendBinary appends the canonical encoding of the counts of s, from which the
// estimates follow: equal survivals give equal bytes. It returns an error if the
// counts are impossible.
func (s Survival) AppendBinary(b []byte) ([]byte, error) {
	if err := s.valid("Survival.AppendBinary"); err != nil {
		return b, err
	}
	b = appendUint(appendAge(appendHeader(b, kindSurvival), s.From), uint64(len(s.Steps)))
	for i := range s.Steps {
		p := &s.Steps[i]
		if i == 0 {
			b = appendInt(b, p.AtRisk)
		}
		b = appendAge(b, p.Time)
		for _, n := range []int64{p.Events, p.Censored, p.Entered} {
			b = appendInt(b, n)
		}
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (s Survival) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary replaces s by what AppendBinary wrote. It returns an error, and
// leaves s as it was, if data are anything else.
func (s *Survival) UnmarshalBinary(data []byte) error {
	const metric = "Survival.UnmarshalBinary"
	d := newDecoder(metric, kindSurvival, data)
	t := Survival{From: d.age()}
	var atRisk int64
	if n := d.count(4); n > 0 {
		t.Steps = make([]SurvivalStep, n)
		atRisk = d.count64()
	}
	for i := range t.Steps {
		p := &t.Steps[i]
		*p = SurvivalStep{Time: d.age(), AtRisk: atRisk, Events: d.count64(), Censored: d.count64(), Entered: d.count64()}
		atRisk += p.Entered - p.Events - p.Censored
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := t.valid(metric); err != nil {
		return err
	}
	t.estimate()
	*s = t
	return nil
}
