package kpi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// FollowUpBy says what tells the cells of FollowUpRates apart.
type FollowUpBy int

// What follow-ups may be told apart by.
const (
	ByWeekday FollowUpBy = iota // seven cells, Monday first
	ByHour                      // a cell for each hour, or for each part of the day
	ByMedium                    // a cell for each medium
)

var followUpBys = []string{"weekday", "hour", "medium"}

// String returns the name of b: "weekday".
func (b FollowUpBy) String() string { return enumName(followUpBys, int(b), "FollowUpBy") }

// ParseFollowUpBy returns the FollowUpBy of that name.
func ParseFollowUpBy(s string) (FollowUpBy, error) {
	i, err := parseEnum("ParseFollowUpBy", followUpBys, s)
	return FollowUpBy(i), err
}

// MarshalText returns the name of b.
func (b FollowUpBy) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what ParseFollowUpBy reads.
func (b *FollowUpBy) UnmarshalText(text []byte) error { return readEnum(b, ParseFollowUpBy, text) }

// FollowUpSpec is the question when and how to follow up (最佳时段与方式). It declares
// the whole table that is going to be looked at, for which the tests are adjusted:
// two questions of one table each, of which the better is quoted, are not.
type FollowUpSpec struct {
	By       []FollowUpBy    // each once; their cells are one family of tests
	Outcome  FollowUpOutcome // FollowUpAnswered or FollowUpMovedOn; there is no default
	Period   Period          // the follow-ups done in it; long enough ago for their outcomes to be known
	Location *time.Location  // of weekdays and hours: the customers'; nil is UTC
	Hours    []int           // the hours at which parts of the day begin, ascending, the last lasting until the first; none is every hour
	Media    []string        // the media, of which all others are refused; none is those of the follow-ups
	// FirstOnly takes of each deal its first follow-up in Period alone, one row a deal.
	// Follow-ups of one deal have much in common: some customers never answer. Where
	// each is always called on the same weekday, or in the same way, they are no
	// independent observations.
	FirstOnly bool
}

func (s *FollowUpSpec) valid(metric string) error {
	if len(s.By) == 0 {
		return fail(metric, CodeMissing, "By")
	}
	for i, b := range s.By {
		switch {
		case b < ByWeekday || b > ByMedium:
			return fail(metric, CodeOutOfRange, "By[%d] = %d", i, int(b))
		case slices.Contains(s.By[:i], b):
			return fail(metric, CodeRepeated, "By[%d] = %d", i, int(b))
		}
	}
	switch {
	case s.Outcome == FollowUpUnanswered:
		return fail(metric, CodeMissing, "Outcome")
	case s.Outcome < FollowUpUnanswered || s.Outcome > FollowUpMovedOn:
		return fail(metric, CodeOutOfRange, "Outcome = %d", int(s.Outcome))
	}
	for i, h := range s.Hours {
		switch {
		case h < 0 || h > 23:
			return fail(metric, CodeOutOfRange, "Hours[%d] = %d ∉ [0, 23]", i, h)
		case i > 0 && h <= s.Hours[i-1]:
			return fail(metric, CodeOrder, "Hours[%d] = %d ≤ %d", i, h, s.Hours[i-1])
		}
	}
	for i, m := range s.Media {
		if slices.Contains(s.Media[:i], m) {
			return fail(metric, CodeRepeated, "Media[%d] = %s", i, clip(m))
		}
	}
	return cmp.Or(readable(metric, s.Media...), s.Period.check(metric))
}

// FollowUpCell is one cell of FollowUpRates.
type FollowUpCell struct {
	By   FollowUpBy `json:"by"`   // its kind
	Name string     `json:"name"` // "Monday", "09–12", "phone"
	Rate Proportion `json:"rate"` // with the Outcome, of the follow-ups in the cell
	// P is the chance of so large a difference from all other cells of By if there is
	// none, by Fisher's test; 1 if the cell or all others are empty.
	P        float64 `json:"p"`
	Adjusted float64 `json:"adjusted"`           // P, adjusted for all cells of the table
	Warnings []Code  `json:"warnings,omitempty"` // CodeTooFew if the cell has fewer than five
}

// FollowUpRates is the answer to a FollowUpSpec: how many follow-ups in each cell
// had the outcome, that of the follow-up itself, each cell tested against the rest
// of its kind by Fisher's exact test and adjusted by Holm's method over all cells of
// the table. Cells of fewer than five are there, marked, and in the family.
//
// It never counts a deal's end once for each of its follow-ups. That looks like a
// table of many observations, has those of a few deals, and finds a best hour in
// most data that have none.
//
// A cell that stands out says where answers were, and not that a call at that hour
// makes them: the best reps may call on Tuesdays. Hold it within reps with Strata, or
// try it.
//
// There is no Merge, since a test is of all the data: ask with all follow-ups.
type FollowUpRates struct {
	Outcome   FollowUpOutcome `json:"outcome"`            // which was counted
	Period    Period          `json:"period"`             // of the follow-ups
	Location  string          `json:"location,omitempty"` // the name of the zone, "" is UTC
	FirstOnly bool            `json:"first_only"`         // one follow-up a deal
	Cells     []FollowUpCell  `json:"cells"`              // in the order of FollowUpSpec.By, and of the week, the day, or Media
}

// Rates answers s. It returns an error if s is out of range or a record is
// impossible, if a medium is not one of s.Media, or if no follow-up was done in
// s.Period.
func (fs FollowUps) Rates(s FollowUpSpec) (*FollowUpRates, error) {
	const metric = "FollowUps.Rates"
	if err := cmp.Or(s.valid(metric), fs.valid(metric)); err != nil {
		return nil, err
	}
	if slices.Contains(s.By, ByMedium) && len(s.Media) > 0 {
		for i := range fs {
			if f := &fs[i]; f.doneIn(s.Period) && !slices.Contains(s.Media, f.Medium) {
				return nil, failAt(metric, CodeUnknownName, i, "Medium = %s", clip(f.Medium))
			}
		}
	}
	rows := fs.rows(&s)
	if len(rows) == 0 {
		return nil, fail(metric, CodeNoData, "")
	}
	loc := Calendar{Location: s.Location}.location()
	out := &FollowUpRates{Outcome: s.Outcome, Period: s.Period, Location: Calendar{Location: s.Location}.zone(), FirstOnly: s.FirstOnly}
	for _, b := range s.By {
		names, of := s.cells(b, rows, loc)
		first := len(out.Cells)
		for _, name := range names {
			out.Cells = append(out.Cells, FollowUpCell{By: b, Name: name})
		}
		for _, f := range rows {
			c := &out.Cells[first+of(f)].Rate
			c.N++
			if f.Outcome >= s.Outcome {
				c.K++
			}
		}
	}
	return out, out.test(metric)
}

// rows returns the follow-ups that count.
func (fs FollowUps) rows(s *FollowUpSpec) (rows []*FollowUp) {
	first := make(map[string]int) // of a deal, its place in rows
	for i := range fs {
		f := &fs[i]
		if !f.doneIn(s.Period) {
			continue
		}
		if k, ok := first[f.Deal]; ok && s.FirstOnly {
			if f.before(rows[k]) {
				rows[k] = f
			}
			continue
		}
		first[f.Deal] = len(rows)
		rows = append(rows, f)
	}
	return rows
}

// before orders the follow-ups of a deal by time, and those of one instant by all
// that a cell could tell them apart by.
func (f *FollowUp) before(o *FollowUp) bool {
	return cmp.Or(f.At.Compare(o.At), cmp.Compare(f.Medium, o.Medium), cmp.Compare(f.Outcome, o.Outcome)) < 0
}

// cells returns the names of the cells of b, and the number of the one that a
// follow-up is in.
func (s *FollowUpSpec) cells(b FollowUpBy, rows []*FollowUp, loc *time.Location) (names []string, of func(*FollowUp) int) {
	switch b {
	case ByWeekday:
		return weekNames, func(f *FollowUp) int { return mod(int(f.At.In(loc).Weekday())-1, 7) }
	case ByHour:
		hours := s.Hours
		if len(hours) == 0 {
			for h := range 24 {
				hours = append(hours, h)
			}
		}
		for i, h := range hours {
			next := hours[(i+1)%len(hours)]
			if next == 0 {
				next = 24
			}
			names = append(names, fmt.Sprintf("%02d–%02d", h, next))
		}
		return names, func(f *FollowUp) int {
			i, found := slices.BinarySearch(hours, f.At.In(loc).Hour())
			if found {
				return i
			}
			return mod(i-1, len(hours)) // before the first hour it is still the last part
		}
	default:
		media := s.Media
		if len(media) == 0 {
			for _, f := range rows {
				media = append(media, f.Medium)
			}
			media = nameSet(media)
		}
		place := make(map[string]int, len(media))
		for i, m := range media {
			place[m] = i
		}
		return media, func(f *FollowUp) int { return place[f.Medium] }
	}
}

// test fills in what follows from the counts.
func (r *FollowUpRates) test(metric string) error {
	all := make(map[FollowUpBy]Proportion)
	for i, c := range r.Cells {
		sum, err := all[c.By].Merge(c.Rate)
		if err != nil {
			return at(err, metric, i)
		}
		if sum.N > maxFisher {
			return failAt(metric, CodeTooLarge, i, "n = %d", sum.N)
		}
		all[c.By] = sum
	}
	chances := make([]float64, len(r.Cells))
	for i := range r.Cells {
		c := &r.Cells[i]
		rest := Proportion{K: all[c.By].K - c.Rate.K, N: all[c.By].N - c.Rate.N}
		c.P, c.Warnings = 1, nil
		if c.Rate.N > 0 && rest.N > 0 {
			c.P = fisher(c.Rate, rest)
		}
		if c.Rate.N < 5 {
			c.Warnings = []Code{CodeTooFew}
		}
		chances[i] = c.P
	}
	adjusted, err := Holm(chances)
	if err != nil {
		return under(err, metric)
	}
	for i := range r.Cells {
		r.Cells[i].Adjusted = adjusted[i]
	}
	return nil
}

// UnmarshalJSON reads the counts of what json.Marshal wrote and tests them again;
// null changes nothing. It returns an error, and leaves r as it was, if data are
// anything else or the counts are impossible.
func (r *FollowUpRates) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	type fields FollowUpRates
	var n fields
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	t := FollowUpRates(n)
	if err := t.test("FollowUpRates.UnmarshalJSON"); err != nil {
		return err
	}
	*r = t
	return nil
}

func (r *FollowUpRates) table() *table {
	t := &table{head: []string{"by", "", "n", r.Outcome.String(), "rate", "p", "adjusted", ""}, text: 2}
	for _, c := range r.Cells {
		mark := ""
		if len(c.Warnings) > 0 {
			mark = "n < 5"
		}
		t.add(c.By.String(), c.Name, strconv.FormatInt(c.Rate.N, 10), strconv.FormatInt(c.Rate.K, 10), c.Rate.Percent(1),
			chance(c.P), chance(c.Adjusted), mark)
	}
	return t
}

// chance prints a probability, none of which is 0.
func chance(p float64) string {
	if p < 0.0001 {
		return "<0.0001"
	}
	return fmt.Sprintf("%.4f", p)
}

// String returns a table for a terminal: a line a cell, with its counts, its rate,
// and the chance of such a difference from the rest, alone and adjusted for the
// whole table.
func (r *FollowUpRates) String() string { return r.table().String() }

// Markdown returns the table of String in Markdown.
func (r *FollowUpRates) Markdown() string { return r.table().markdown() }
