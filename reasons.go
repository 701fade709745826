package kpi

import (
	"cmp"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Reasons counts what people gave as the reason: why they left (流失原因), what they
// complained about (问题频率), why a deal was lost, why a score was low.
//
//	N          = Σ Counts − Extra
//	Share      = Counts[reason] / N
//	Answered   = N / (N + Unknown)
//	Cumulative = Σ Counts of a reason and those before it in Pareto / Σ Counts
//
// N are the answers that gave a reason. Who gave several counts once for each and
// once in N: Extra are the reasons beyond the first of an answer, and with any of
// them the shares add to more than 1, while the cumulative share, which is of all
// that was mentioned, still ends at 1. Blank answers are in no base but that of
// Answered: they are no reason, and to spread them over those who did answer is a
// guess.
//
// A reason is the text as it stands. What is to be one reason has to be spelt as
// one, and a rest under a name of its own, such as "other", is a reason too: a share
// of "other" above a few per cent asks for finer names. A reason that a count lacks
// was given by nobody.
//
// What share of customers left for a reason is Counts[reason] of all customers, and
// how many complaints of a kind come on an order an EventRate; neither is known here.
// Shares of two periods are compared by Proportion.Compare, all reasons at once after
// Holm.
//
// The counts must be possible: none negative, no reason that is blank or no UTF-8,
// Extra at most Σ Counts less the largest of them, all answers within an int64. A copy
// shares Counts with its original. The zero value is the identity of Merge.
type Reasons struct {
	Counts  map[string]int64 `json:"counts"`  // answers by reason
	Extra   int64            `json:"extra"`   // reasons beyond the first in answers that gave several
	Unknown int64            `json:"unknown"` // answers without a reason
}

// blank reports whether a text is no reason.
func blank(reason string) bool { return strings.TrimSpace(reason) == "" }

// total returns Σ Counts and N.
func (r Reasons) total(metric string) (mentions, n int64, err error) {
	if err := nonNegative(metric, []string{"Extra", "Unknown"}, r.Extra, r.Unknown); err != nil {
		return 0, 0, err
	}
	var most int64
	bad := false
	for reason, c := range r.Counts {
		bad = bad || blank(reason) || c < 0 || !utf8.ValidString(reason)
		most = max(most, c)
	}
	if bad { // the first by name, whatever the order of the map
		for _, reason := range slices.Sorted(maps.Keys(r.Counts)) {
			if err := readable(metric, reason); err != nil {
				return 0, 0, err
			}
			switch c := r.Counts[reason]; {
			case blank(reason):
				return 0, 0, fail(metric, CodeRepeated, "Counts[%s]", clip(reason))
			case c < 0:
				return 0, 0, fail(metric, CodeNegative, "Counts[%s] = %d", clip(reason), c)
			case !utf8.ValidString(reason):
				return 0, 0, readable(metric, reason)
			}
		}
	}
	for _, c := range r.Counts {
		if err := addCounts(metric, []*int64{&mentions}, c); err != nil {
			return 0, 0, err
		}
	}
	if r.Extra > mentions-most {
		return 0, 0, fail(metric, CodePartExceedsWhole, "Extra = %d > Σ Counts − max(Counts) = %d", r.Extra, mentions-most)
	}
	n = mentions - r.Extra
	_, err = sumCounts(metric, n, r.Unknown)
	return mentions, n, err
}

func (r Reasons) valid(metric string) error {
	_, _, err := r.total(metric)
	return err
}

// Add counts one answer with all the reasons that it gave, one that it gave twice
// once. Without any, or with blank ones only, it is Unknown. It returns an error, and
// counts nothing, if a reason is no text, or if the counts are impossible or overflow.
func (r *Reasons) Add(reasons ...string) error {
	const metric = "Reasons.Add"
	given := make([]string, 0, len(reasons))
	for _, reason := range reasons {
		if !blank(reason) && !slices.Contains(given, reason) {
			given = append(given, reason)
		}
	}
	mentions, n, err := r.total(metric)
	if err == nil {
		err = readable(metric, given...)
	}
	if err != nil {
		return err
	}
	if _, err := sumCounts(metric, mentions, int64(len(given))); err != nil {
		return err
	}
	if _, err := sumCounts(metric, n, r.Unknown, 1); err != nil {
		return err
	}
	if len(given) == 0 {
		r.Unknown++
		return nil
	}
	if r.Counts == nil {
		r.Counts = map[string]int64{}
	}
	for _, reason := range given {
		r.Counts[reason]++
	}
	r.Extra += int64(len(given) - 1)
	return nil
}

// AddAll counts every one of reasons as an answer of its own, a blank one as Unknown,
// or nothing: it returns an error as Add does, naming a reason that is no text.
func (r *Reasons) AddAll(reasons []string) error {
	const metric = "Reasons.AddAll"
	var o Reasons
	if len(reasons) > 0 {
		o.Counts = map[string]int64{}
	}
	for i, reason := range reasons {
		if blank(reason) {
			o.Unknown++
			continue
		}
		if err := readable(metric, reason); err != nil {
			return at(err, metric, i)
		}
		o.Counts[reason]++
	}
	return r.merge(metric, o)
}

// Merge adds the answers of a disjoint group. It returns an error, and changes
// nothing, if either is impossible or a count overflows.
func (r *Reasons) Merge(o Reasons) error { return r.merge("Reasons.Merge", o) }

func (r *Reasons) merge(metric string, o Reasons) error {
	if err := bothValid(metric, *r, o); err != nil {
		return err
	}
	t := *r
	if err := addCounts(metric, []*int64{&t.Extra, &t.Unknown}, o.Extra, o.Unknown); err != nil {
		return err
	}
	if o.Counts != nil {
		t.Counts = make(map[string]int64, max(len(r.Counts), len(o.Counts)))
		maps.Copy(t.Counts, r.Counts)
	}
	for reason, c := range o.Counts {
		sum, err := sumCounts(metric, t.Counts[reason], c)
		if err != nil {
			return err
		}
		t.Counts[reason] = sum
	}
	if err := t.valid(metric); err != nil {
		return err
	}
	*r = t
	return nil
}

// UnmarshalJSON replaces r by what json.Marshal wrote, reasons that r had included;
// null changes nothing. It leaves r as it was on an error.
func (r *Reasons) UnmarshalJSON(data []byte) error {
	type fields Reasons
	if string(data) == "null" {
		return nil
	}
	var n fields
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*r = Reasons(n)
	return nil
}

// N returns the number of answers that gave a reason, or 0 if the counts are
// impossible.
func (r Reasons) N() int64 {
	_, n, err := r.total("Reasons.N")
	if err != nil {
		return 0
	}
	return n
}

// Share returns the answers that gave a reason out of all that gave any (原因占比). It
// returns an error if the counts are impossible or no answer gave one.
func (r Reasons) Share(reason string) (Proportion, error) {
	const metric = "Reasons.Share"
	_, n, err := r.total(metric)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, r.Counts[reason], n)
}

// Answered returns the answers that gave a reason out of all, Unknown included. It
// returns an error if the counts are impossible or there are no answers.
func (r Reasons) Answered() (Proportion, error) {
	const metric = "Reasons.Answered"
	_, n, err := r.total(metric)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, n, n+r.Unknown)
}

// ReasonRow is a row of Reasons.Pareto.
type ReasonRow struct {
	Reason     string     `json:"reason"`     // as it was given
	Share      Proportion `json:"share"`      // of the answers that gave a reason
	Cumulative Proportion `json:"cumulative"` // of all reasons given, this one and those before it
}

// Pareto returns the reasons from the most frequent on, equal ones in the order of
// their names: the few at its head are most of what there is to mend (帕累托, 二八法则).
// It returns an error as Share does.
func (r Reasons) Pareto() ([]ReasonRow, error) {
	const metric = "Reasons.Pareto"
	mentions, n, err := r.total(metric)
	switch {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, fail(metric, CodeNoData, "N = 0")
	}
	rows := make([]ReasonRow, 0, len(r.Counts))
	var sum int64
	names := slices.Sorted(maps.Keys(r.Counts))
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(r.Counts[b], r.Counts[a])
	})
	for _, reason := range names {
		c := r.Counts[reason]
		sum += c
		rows = append(rows, ReasonRow{Reason: reason, Share: Proportion{K: c, N: n}, Cumulative: Proportion{K: sum, N: mentions}})
	}
	return rows, nil
}

// String returns the table of Pareto for a terminal, with Wilson's interval of each
// share at 95 % and the unknown at its foot. Where each answer gave one reason, the
// shares are rounded to add to 100.0 %. There are no rows where Pareto has none.
func (r Reasons) String() string { return r.table().String() }

// Markdown returns the table of String in Markdown.
func (r Reasons) Markdown() string { return r.table().markdown() }

func (r Reasons) table() *table {
	t := &table{text: 1, head: []string{"reason", "n", "share", "95%", "cumulative"}}
	rows, err := r.Pareto()
	parts := make([]*big.Int, len(rows))
	for i, row := range rows {
		parts[i] = big.NewInt(row.Share.K)
	}
	var tenths []*big.Int
	if len(rows) > 0 && r.Extra == 0 {
		tenths = apportion(parts, big.NewInt(rows[0].Share.N), big.NewInt(1000))
	}
	for i, row := range rows {
		shown := row.Share.Percent(1)
		if tenths != nil {
			shown = pointed(tenths[i], 1) + "%"
		}
		limits, _ := row.Share.Interval(0.95) // of a share that has been checked
		t.add(row.Reason, parts[i].String(), shown, limits.Percent(1), row.Cumulative.Percent(1))
	}
	if r.Unknown > 0 && err == nil {
		t.add("(unknown)", strconv.FormatInt(r.Unknown, 10), Undefined, Undefined, Undefined)
	}
	return t
}

var reasonsCatalog = []Entry{
	{
		Key: "reasons.share", English: []string{"share of a reason", "churn reason", "reason for leaving", "issue frequency", "loss reason", "complaint reason"},
		Chinese: []string{"原因占比", "流失原因", "问题频率", "投诉原因", "丢单原因", "低分原因"}, Formula: "Counts[reason] / (Σ Counts − Extra)",
		Unit: "share", Direction: Neither, Type: "Reasons", Method: "Share",
	},
	{
		Key: "reasons.answered", English: []string{"share of answers with a reason"},
		Chinese: []string{"原因填写率", "原因填报率"}, Formula: "(Σ Counts − Extra) / (Σ Counts − Extra + Unknown)",
		Unit: "share", Direction: Higher, Type: "Reasons", Method: "Answered",
	},
}
