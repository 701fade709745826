package kpi

import (
	"cmp"
	"slices"
)

// Occasions is the history of a customer who could buy once in each of N periods of a
// Unit, and did in Bought of them, the last time in period Last, counted from 1.
//
//	0 ≤ Bought ≤ Last ≤ N, and Last = 0 exactly where Bought = 0
//
// The order that made somebody a customer is not among them; Occasions{Unit: kpi.Year}
// is a new customer, for whom predictions are those that papers call unconditional.
//
// It is the Buyer of a world in which there are occasions: a yearly appeal for
// donations, a conference, a trip that a panel is asked about. Where customers may buy
// at any time, periods are a way to count, and several orders in one are one.
//
// Fader, Hardie and Shang (2010) write x for Bought, t_x for Last and n for N.
type Occasions struct {
	Bought int   `json:"bought"`           // periods with a purchase
	Last   int   `json:"last"`             // the last of them
	N      int   `json:"n"`                // periods
	Weight int64 `json:"weight,omitempty"` // customers that the row stands for; 0 is 1
	Unit   Unit  `json:"unit"`             // of the periods
}

// maxOccasions bounds N and every number of periods to come.
const maxOccasions = 10_000

func (o *Occasions) valid(metric string) error {
	switch {
	case o.Bought < 0 || o.Last < 0 || o.Weight < 0:
		return nonNegative(metric, []string{"Bought", "Last", "Weight"}, int64(o.Bought), int64(o.Last), o.Weight)
	case o.N < 0 || o.N > maxOccasions:
		return fail(metric, CodeOutOfRange, "N = %d ∉ [0, %d]", o.N, maxOccasions)
	case o.Last > o.N || o.Bought > o.Last:
		return fail(metric, CodePartExceedsWhole, "Bought = %d, Last = %d, N = %d", o.Bought, o.Last, o.N)
	case o.Bought == 0 && o.Last > 0:
		return fail(metric, CodeMismatch, "Bought = %d, Last = %d", o.Bought, o.Last)
	}
	return validUnit(metric, o.Unit)
}

// sortedOccasions returns the different rows, in an order of their own, each with its
// customers as Weight, and how many those are.
func sortedOccasions(metric string, rows []Occasions) (sorted []Occasions, customers int64, err error) {
	weights := map[Occasions]int64{}
	for i, o := range rows {
		err := o.valid(metric)
		if err == nil && o.Unit != rows[0].Unit {
			err = fail(metric, CodeMismatch, "Unit = %s ≠ %s", o.Unit, rows[0].Unit)
		}
		w := max(o.Weight, 1)
		if err == nil {
			err = addCounts(metric, []*int64{&customers}, w)
		}
		if err != nil {
			return nil, 0, at(err, metric, i)
		}
		o.Weight = 0
		weights[o] += w
	}
	if customers == 0 {
		return nil, 0, fail(metric, CodeNoData, "len(rows) = 0")
	}
	sorted = make([]Occasions, 0, len(weights))
	for o, w := range weights {
		o.Weight = w
		sorted = append(sorted, o)
	}
	slices.SortFunc(sorted, func(a, b Occasions) int {
		return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.Bought, b.Bought), cmp.Compare(a.Last, b.Last))
	})
	return sorted, customers, nil
}
