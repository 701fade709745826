package kpi

import (
	"encoding/json"

	"github.com/shopspring/decimal"
)

// WeightedSurvey tallies answers that do not count alike: each has the weight of
// how many it stands for, such as the customers of its segment by its answers.
//
//	TopBox     = Σ Weights[Scale.TopFrom … Scale.Max] / Σ Weights
//	Mean       = Σ score·Weights[score] / Σ Weights
//	NPS        = 100·(Σ Weights[9, 10] − Σ Weights[0 … 6]) / Σ Weights, on 0 to 10
//	EffectiveN = (Σ Weights)² / Σ Squares
//
// Weights say whom an answer stands for, not how often it was given, and twice all
// weights is the same survey. They make up for those who answered too rarely and
// pay for it: EffectiveN is the number of equal answers that would tell as much.
//
// A weight is positive. One of 0 is refused: nobody is stood for, and such an
// answer would count in N and nowhere else. The tallies must be possible: no count
// negative or off the scale, their total within an int64, and by score
// 0 < Weights, Weights²/Counts ≤ Squares ≤ Weights². Surveys on one scale can be
// merged if their weights are of one unit; the zero value is empty on the scale 1
// to 5, top from 4.
//
// Intervals are by linearisation, as if answers came independently: with ȳ the
// value and y what an answer gives to it,
//
//	v  = Σ w²(y − ȳ)² / (Σ w)²
//	n* = (the variance of y, weighted) / v, or EffectiveN where v is 0
//
// and n* answers of equal weight feed Wilson's interval of a share and Tango's of
// NPS, which with equal weights are those of the unweighted survey. Of a
// population of so many customers, of whom all N answers are different ones,
// n*(population − 1)/(population − N) are fed instead, until with all of them there
// is nothing left to be unsure of; population 0 is one without a known end. Where
// the rarer answers happen to weigh little, n* can pass N; the warning of too few
// goes by EffectiveN, with the same factor of the population, which cannot.
//
// Kish, L. (1965), Survey sampling. Korn, E. L. and Graubard, B. I. (1998),
// Confidence intervals for proportions with small expected number of positive
// counts estimated from survey data, Survey Methodology 24, 193–201.
type WeightedSurvey struct {
	Scale   Scale                         `json:"scale"`
	Counts  [maxScore + 1]int64           `json:"counts"`  // answers by score, 0 … 10
	Weights [maxScore + 1]decimal.Decimal `json:"weights"` // Σw by score
	Squares [maxScore + 1]decimal.Decimal `json:"squares"` // Σw² by score
}

// tally shares s's counts.
func (s *WeightedSurvey) tally() tally { return tally{scale: s.Scale.or5(), counts: s.Counts[:]} }

// bounded refuses sums of a score that are too large to be worked with.
func (s *WeightedSurvey) bounded(metric string, score int) error {
	if err := gateTimes(metric, "Weights", s.Weights[score], 1); err != nil {
		return err
	}
	return gateTimes(metric, "Squares", s.Squares[score], 2)
}

// total returns the number of answers, once the tallies are known to be possible.
func (s *WeightedSurvey) total(metric string) (int64, error) {
	n, err := s.tally().total(metric)
	if err != nil {
		return 0, err
	}
	for score, c := range s.Counts {
		if err := s.bounded(metric, score); err != nil {
			return 0, err
		}
		w, q := s.Weights[score], s.Squares[score]
		ww := w.Mul(w)
		switch {
		case w.Sign() < 0:
			return 0, fail(metric, CodeNegative, "Weights[%d] = %s", score, clip(plain(w)))
		case w.IsZero() != (c == 0), q.Sign() < 0, q.GreaterThan(ww), ww.GreaterThan(q.Mul(decimal.NewFromInt(c))):
			return 0, fail(metric, CodeMismatch, "Counts[%d] = %d, Weights[%d] = %s, Squares[%d] = %s", score, c, score, clip(plain(w)), score, clip(plain(q)))
		}
	}
	return n, nil
}

// Add counts the answer score with its weight. It returns an error, and counts
// nothing, if score is not on the scale, if weight is not positive, if it or a sum
// is too large, or if the counts are impossible or overflow.
func (s *WeightedSurvey) Add(score int, weight decimal.Decimal) error {
	const metric = "WeightedSurvey.Add"
	if err := amount(metric, "weight", weight); err != nil {
		return err
	}
	if weight.IsZero() {
		return fail(metric, CodeOutOfRange, "weight = 0")
	}
	t := *s
	if err := t.tally().add(metric, score); err != nil {
		return err
	}
	if err := t.bounded(metric, score); err != nil {
		return err
	}
	t.Weights[score] = t.Weights[score].Add(weight)
	t.Squares[score] = t.Squares[score].Add(weight.Mul(weight))
	if err := t.bounded(metric, score); err != nil {
		return err
	}
	*s = t
	return nil
}

// Merge adds the answers of a disjoint group. An empty survey on the default scale
// takes on the other's. It returns an error, and changes nothing, if the scales
// differ, either is impossible, a count overflows or a sum grows past 400 digits.
func (s *WeightedSurvey) Merge(o WeightedSurvey) error {
	const metric = "WeightedSurvey.Merge"
	t := *s
	n, err := t.total(metric)
	if err != nil {
		return err
	}
	m, err := o.total(metric)
	switch {
	case err != nil:
		return err
	case n == 0 && t.Scale == (Scale{}):
		t.Scale = o.Scale
	case m == 0 && o.Scale == (Scale{}):
		o.Scale = t.Scale
	}
	if err := t.tally().merge(metric, o.tally()); err != nil {
		return err
	}
	for score := range t.Counts {
		t.Weights[score] = t.Weights[score].Add(o.Weights[score])
		t.Squares[score] = t.Squares[score].Add(o.Squares[score])
		if err := t.bounded(metric, score); err != nil {
			return err
		}
	}
	*s = t
	return nil
}

// MarshalJSON writes the sums exactly, as strings. It returns an error if one is
// too large.
func (s WeightedSurvey) MarshalJSON() ([]byte, error) {
	type fields WeightedSurvey
	out := struct {
		fields
		Weights [maxScore + 1]jsonAmount `json:"weights"`
		Squares [maxScore + 1]jsonAmount `json:"squares"`
	}{fields: fields(s)}
	for score := range s.Counts {
		out.Weights[score], out.Squares[score] = jsonAmount(s.Weights[score]), jsonAmount(s.Squares[score])
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes. It returns an error, and leaves s as
// it was, if there are not as many counts and sums as there are scores, 0 … 10.
func (s *WeightedSurvey) UnmarshalJSON(data []byte) error {
	type fields WeightedSurvey
	t := *s
	var weights, squares [maxScore + 1]jsonAmount
	for score := range s.Counts {
		weights[score], squares[score] = jsonAmount(s.Weights[score]), jsonAmount(s.Squares[score])
	}
	err := json.Unmarshal(data, &struct {
		*fields
		Counts  byScore[int64]      `json:"counts"`
		Weights byScore[jsonAmount] `json:"weights"`
		Squares byScore[jsonAmount] `json:"squares"`
	}{(*fields)(&t), t.Counts[:], weights[:], squares[:]})
	if err != nil {
		return under(err, "WeightedSurvey.UnmarshalJSON")
	}
	for score := range s.Counts {
		t.Weights[score], t.Squares[score] = decimal.Decimal(weights[score]), decimal.Decimal(squares[score])
	}
	*s = t
	return nil
}

// N returns the number of answers, or 0 if the tallies are impossible.
func (s WeightedSurvey) N() int64 {
	n, _ := s.total("WeightedSurvey.N")
	return n
}

// EffectiveN returns the number of equally weighted answers that would tell as
// much, (ΣWeights)²/ΣSquares, in 1 … N: Kish's effective sample size. It returns an
// error if the tallies are impossible or there are no answers.
func (s WeightedSurvey) EffectiveN() (Ratio, error) {
	sums, err := s.sums("WeightedSurvey.EffectiveN", s.top)
	if err != nil {
		return Ratio{}, err
	}
	return ratio(sums.equals()), nil
}

// sums returns Σw and Σwy of the answers, which are a ratio of sums, where y is
// what a score gives.
func (s WeightedSurvey) sums(metric string, y func(score int) int64) (RatioOfSums, error) {
	n, err := s.total(metric)
	switch {
	case err != nil:
		return RatioOfSums{}, err
	case n == 0:
		return RatioOfSums{}, fail(metric, CodeZeroDenominator, "N = 0")
	}
	r := RatioOfSums{N: n}
	for score, w := range s.Weights {
		q, value := s.Squares[score], decimal.NewFromInt(y(score))
		r.X, r.XX = r.X.Add(w), r.XX.Add(q)
		r.Y, r.XY = r.Y.Add(w.Mul(value)), r.XY.Add(q.Mul(value))
		r.YY = r.YY.Add(q.Mul(value).Mul(value))
	}
	return r, nil
}

// top is 1 for a score in the top box.
func (s WeightedSurvey) top(score int) int64 {
	if score >= s.Scale.or5().TopFrom {
		return 1
	}
	return 0
}

// net is 1 for a promoter and −1 for a detractor.
func (s WeightedSurvey) net(score int) int64 {
	switch {
	case score >= npsPromoter:
		return 1
	case score >= npsPassive:
		return 0
	default:
		return -1
	}
}

func (s WeightedSurvey) score(score int) int64 { return int64(score) }

// TopBox returns the weighted share of satisfied answers, those from Scale.TopFrom
// up, in 0 … 1. It returns an error if the tallies are impossible or there are no
// answers.
func (s WeightedSurvey) TopBox() (Ratio, error) {
	sums, err := s.sums("WeightedSurvey.TopBox", s.top)
	if err != nil {
		return Ratio{}, err
	}
	return sums.ratio(), nil
}

// Mean returns the weighted mean score. It returns an error as TopBox does.
func (s WeightedSurvey) Mean() (Ratio, error) {
	sums, err := s.sums("WeightedSurvey.Mean", s.score)
	if err != nil {
		return Ratio{}, err
	}
	return sums.ratio(), nil
}

// NPS returns the weighted net promoter score in points, −100 … 100. It returns an
// error as TopBox does, or if the scale is not 0 to 10.
func (s WeightedSurvey) NPS() (Ratio, error) {
	sums, err := s.netSums("WeightedSurvey.NPS")
	if err != nil {
		return Ratio{}, err
	}
	return sums.ratio().Mul(Whole(100)), nil
}

func (s WeightedSurvey) netSums(metric string) (RatioOfSums, error) {
	if _, err := s.total(metric); err != nil {
		return RatioOfSums{}, err
	}
	if scale := s.Scale.or5(); scale.Min != 0 || scale.Max != npsMax {
		return RatioOfSums{}, fail(metric, CodeMismatch, "Scale = %+v", scale)
	}
	return s.sums(metric, s.net)
}

var weightedSurveyCatalog = []Entry{
	{
		Key: "weighted_survey.top_box", English: []string{"weighted CSAT", "weighted top box", "weighted share of satisfied customers"},
		Chinese: []string{"加权客户满意度", "加权满意度", "加权满意率"}, Formula: "Σ Weights[Scale.TopFrom … Scale.Max] / Σ Weights",
		Unit: "share", Direction: Higher, Type: "WeightedSurvey", Method: "TopBox",
	},
	{
		Key: "weighted_survey.mean", English: []string{"weighted mean score", "weighted average satisfaction"},
		Chinese: []string{"加权平均分", "加权满意度均分"}, Formula: "Σ score·Weights[score] / Σ Weights",
		Unit: "score", Direction: Higher, Type: "WeightedSurvey", Method: "Mean",
	},
	{
		Key: "weighted_survey.nps", English: []string{"weighted net promoter score", "weighted NPS"},
		Chinese: []string{"加权净推荐值", "加权NPS"}, Formula: "100·(Σ Weights[9, 10] − Σ Weights[0 … 6]) / Σ Weights",
		Unit: "points", Direction: Higher, Type: "WeightedSurvey", Method: "NPS",
	},
	{
		Key: "weighted_survey.effective_n", English: []string{"effective sample size", "effective number of answers"},
		Chinese: []string{"有效样本量", "有效样本数"}, Formula: "(Σ Weights)² / Σ Squares",
		Unit: "count", Direction: Higher, Type: "WeightedSurvey", Method: "EffectiveN",
	},
}
