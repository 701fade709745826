package kpi

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"
)

// Responses are the answers to one survey, person by person: each has the scores by
// item, and lacks the items that were left blank. They answer what the counts of a
// Survey cannot, which is what one person said to two items.
type Responses []map[string]int

// surveyScales refuses items without a name, and scales that are impossible, and
// returns the items in the order of their names.
func surveyScales(metric string, scales map[string]Scale) ([]string, error) {
	if len(scales) == 0 {
		return nil, fail(metric, CodeEmpty, "len(scales) = 0")
	}
	names := slices.Sorted(maps.Keys(scales))
	for _, name := range names {
		if blank(name) {
			return nil, fail(metric, CodeRepeated, "scales[%s]", clip(name))
		}
		if err := readable(metric, name); err != nil {
			return nil, err
		}
		if err := scales[name].or5().valid(metric); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// Survey counts the answers to the items that scales names, each on its scale; others
// are not looked at. A score that is not on the scale is counted as OutOfScale and not
// refused. A response without any of the items is none. Invitations, Active and
// Feedback are the caller's to set. It returns an error if there are no scales, if one
// is impossible or if an item has no name.
func (rs Responses) Survey(scales map[string]Scale) (Survey, error) {
	names, err := surveyScales("Responses.Survey", scales)
	if err != nil {
		return Survey{}, err
	}
	items := make([]CSAT, len(names))
	for i, name := range names {
		items[i].Scale = scales[name]
	}
	var s Survey
	for _, r := range rs {
		if !slices.ContainsFunc(names, func(name string) bool { _, ok := r[name]; return ok }) {
			continue
		}
		s.Responses++
		for i, name := range names {
			score, ok := r[name]
			switch {
			case !ok:
				items[i].Blank++
			case !items[i].Scale.Contains(score):
				items[i].OutOfScale++
			default:
				items[i].Counts[score]++
			}
		}
	}
	s.Items = make(map[string]CSAT, len(names))
	for i, name := range names {
		s.Items[name] = items[i]
	}
	return s, nil
}

// ACSI is [Survey.ACSI] of those who answered all the items, each with a score on 1 to
// 10: a ratio of sums whose observations are people, in points, with an interval, and
// to be compared with another wave's,
//
//	ACSI = Σ 100·Σ w·(score − 1) / Σ 9·Σ w
//
// Where nobody left anything blank it is the same number. It returns an error if there
// are no weights, if one is not positive or too large, or if nobody answered all.
func (rs Responses) ACSI(weights map[string]decimal.Decimal) (RatioOfSums, error) {
	const metric = "Responses.ACSI"
	names, all, err := acsiWeights(metric, weights)
	if err != nil {
		return RatioOfSums{}, err
	}
	x := all.Mul(decimal.NewFromInt(acsiMax - acsiMin))
	var out RatioOfSums
	for i, r := range rs {
		y, complete := decimal.Decimal{}, true
		for _, name := range names {
			score, ok := r[name]
			complete = complete && ok && score >= acsiMin && score <= acsiMax
			if complete {
				y = y.Add(weights[name].Mul(decimal.NewFromInt(100 * int64(score-acsiMin))))
			}
		}
		if !complete {
			continue
		}
		if err := out.Add(y, x); err != nil {
			return RatioOfSums{}, at(err, metric, i)
		}
	}
	if out.N == 0 {
		return RatioOfSums{}, fail(metric, CodeNoData, "N = 0")
	}
	return out, nil
}

// Drivers holds every item of scales against overall, another of them, such as the
// overall satisfaction, or the intention to recommend. A response counts for an item if
// it has a score on the scale for it and for overall. It returns an error if there are
// no scales, if one is impossible, if an item has no name, if overall is not one of
// them or the only one, or if confidence is outside (0, 1).
func (rs Responses) Drivers(overall string, scales map[string]Scale, confidence float64) (*Drivers, error) {
	const metric = "Responses.Drivers"
	names, err := surveyScales(metric, scales)
	if err == nil {
		err = confident(metric, confidence)
	}
	if err != nil {
		return nil, err
	}
	if _, ok := scales[overall]; !ok {
		return nil, fail(metric, CodeUnknownName, "overall = %s", clip(overall))
	}
	if len(names) == 1 {
		return nil, fail(metric, CodeEmpty, "len(scales) = 1")
	}
	out := &Drivers{Overall: overall, Scale: scales[overall].or5(), Confidence: confidence}
	for _, name := range names {
		if name == overall {
			continue
		}
		row := Driver{Item: name, Scale: scales[name].or5()}
		var counts [maxScore + 1][maxScore + 1]int64
		for _, r := range rs {
			y, asked := r[overall]
			x, answered := r[name]
			if asked && answered && out.Scale.Contains(y) && row.Scale.Contains(x) {
				counts[y][x]++
			}
		}
		row.setPairs(&counts)
		out.Rows = append(out.Rows, row)
	}
	return out, out.rank(metric)
}
