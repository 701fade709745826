package kpi

import (
	"cmp"
	"encoding/json"
	"slices"
)

// UnmarshalJSON reads the pairs of what json.Marshal wrote and correlates them again;
// null changes nothing. It returns an error, and leaves d as it was, if data are
// anything else or the counts are impossible.
func (d *Drivers) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	type fields Drivers
	var n fields
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	t := Drivers(n)
	if len(t.Rows) == 0 {
		t.Rows = nil
	}
	for i := range t.Rows {
		if row := &t.Rows[i]; len(row.Pairs) == 0 {
			row.Pairs = nil
		}
	}
	if err := t.rank("Drivers.UnmarshalJSON"); err != nil {
		return err
	}
	*d = t
	return nil
}

// AppendBinary appends the canonical encoding of d. It returns an error if d is
// impossible.
func (d *Drivers) AppendBinary(b []byte) ([]byte, error) {
	if err := d.valid("Drivers.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendBool(appendHeader(b, kindDrivers), !d.isZero())
	if d.isZero() {
		return b, nil
	}
	b = appendScale(appendText(b, d.Overall), d.Scale)
	b = appendAge(b, d.Confidence) // a float64 as any
	b = appendUint(b, uint64(len(d.Rows)))
	// By name, since the ranks follow from the pairs.
	rows := slices.Clone(d.Rows)
	slices.SortFunc(rows, func(a, b Driver) int { return cmp.Compare(a.Item, b.Item) })
	for _, row := range rows {
		b = appendScale(appendText(b, row.Item), row.Scale)
		b = appendUint(b, uint64(len(row.Pairs)))
		for _, p := range row.Pairs {
			b = appendInt(appendScores(b, p.Overall, p.Score), p.N)
		}
	}
	return b, nil
}

func appendScores(b []byte, scores ...int) []byte {
	for _, s := range scores {
		b = append(b, byte(s)) //nolint:gosec // 0 … maxScore
	}
	return b
}

func appendScale(b []byte, s Scale) []byte { return appendScores(b, s.Min, s.Max, s.TopFrom) }

// MarshalBinary is AppendBinary to an empty slice.
func (d *Drivers) MarshalBinary() ([]byte, error) { return d.AppendBinary(nil) }

// score reads a score.
func (d *decoder) score() int { return int(d.uint(maxScore)) } //nolint:gosec // at most maxScore

func (d *decoder) scale() Scale { return Scale{Min: d.score(), Max: d.score(), TopFrom: d.score()} }

// UnmarshalBinary replaces d by what AppendBinary wrote. It returns an error, and
// leaves d as it was, if data are anything else.
func (d *Drivers) UnmarshalBinary(data []byte) error {
	const metric = "Drivers.UnmarshalBinary"
	in := newDecoder(metric, kindDrivers, data)
	var n Drivers
	if in.bool() {
		n.Overall, n.Scale, n.Confidence = in.text(), in.scale(), in.age()
		rows := in.count(5)
		for i := 0; i < rows && in.err == nil; i++ {
			row := Driver{Item: in.text(), Scale: in.scale()}
			pairs := in.count(3)
			for k := 0; k < pairs && in.err == nil; k++ {
				row.Pairs = append(row.Pairs, ScorePair{Overall: in.score(), Score: in.score(), N: in.count64()})
			}
			n.Rows = append(n.Rows, row)
		}
		if in.err == nil && n.isZero() {
			in.fail("Overall = %q", "")
		}
	}
	if err := in.done(); err != nil {
		return err
	}
	for i := 1; i < len(n.Rows); i++ {
		if n.Rows[i].Item <= n.Rows[i-1].Item {
			return failAt(metric, CodeOrder, i, "Item = %s", clip(n.Rows[i].Item))
		}
	}
	if err := n.rank(metric); err != nil {
		return err
	}
	*d = n
	return nil
}
