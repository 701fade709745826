package kpi

import "encoding/json"

// CES counts the answers to the customer effort score in its second form, CES
// 2.0: "the company made it easy for me to handle my issue", from 1, strongly
// disagree, to 7, strongly agree. Higher is better. Counts is indexed by the
// score, and Counts[0] stays 0.
//
//	Mean       = Σ score·Counts[score] / N,  N = Σ Counts
//	EasyShare  = (Counts[5] + Counts[6] + Counts[7]) / N
//	NetEasy    = (Counts[5] + Counts[6] + Counts[7] − Counts[1] − Counts[2] − Counts[3]) / N
//
// The neutral 4 is in every base. The first form of the question asks for effort
// and reads the other way round: that is CES1, and the two are never merged. A
// net easy of the two outermost scores, 6 and 7 less 1 and 2, is not computed.
//
// CES 2.0 was put forward by the Corporate Executive Board (CEB) in 2013.
type CES struct {
	Counts [8]int64 `json:"counts"` // answers by score, 1 … 7
}

// cesScale is the scale of CES 2.0; what makes things easy begins at 5, and what
// makes them hard ends at cesHard.
var cesScale = Scale{Min: 1, Max: 7, TopFrom: 5}

const cesHard = 3

// tally shares c's counts.
func (c *CES) tally() tally { return tally{scale: cesScale, counts: c.Counts[:]} }

// Add counts the answer score. It returns an error, and counts nothing, if score
// is outside 1 … 7, or if the counts are impossible or overflow.
func (c *CES) Add(score int) error { return c.tally().add("CES.Add", score) }

// AddAll counts every one of scores, or nothing: it returns an error that names
// the first score outside 1 … 7, or if the counts are impossible or overflow.
func (c *CES) AddAll(scores []int) error { return c.tally().addAll("CES.AddAll", scores) }

// Merge adds the answers of a disjoint group over the same period. It returns an
// error, and changes nothing, if either is impossible or a count overflows.
func (c *CES) Merge(o CES) error { return c.tally().merge("CES.Merge", o.tally()) }

// UnmarshalJSON reads what json.Marshal writes. It returns an error, and leaves c as
// it was, if there are not as many counts as CES has scores, 0 … 7: the counts of
// another scale.
func (c *CES) UnmarshalJSON(data []byte) error {
	t := *c
	err := json.Unmarshal(data, &struct {
		Counts byScore[int64] `json:"counts"`
	}{t.Counts[:]})
	if err != nil {
		return under(err, "CES.UnmarshalJSON")
	}
	*c = t
	return nil
}

// N returns the number of answers, or 0 if the counts are impossible.
func (c CES) N() int64 {
	n, _ := c.tally().total("CES.N")
	return n
}

// Mean returns the mean score, bounded by 1 and 7. It returns an error if the
// counts are impossible or there are no answers.
func (c CES) Mean() (Mean, error) { return c.tally().mean("CES.Mean") }

// EasyShare returns the share of those who found it easy, scores 5 to 7. It
// returns an error as Mean does.
func (c CES) EasyShare() (Proportion, error) {
	return c.tally().share("CES.EasyShare", cesScale.TopFrom, cesScale.Max)
}

// NetEasy returns the share of scores 5 to 7 less the share of scores 1 to 3, in
// −1 … 1. It returns an error as Mean does.
func (c CES) NetEasy() (Ratio, error) {
	const metric = "CES.NetEasy"
	s, err := c.net(metric)
	if err != nil {
		return Ratio{}, err
	}
	return s.score(metric, 1)
}

// net returns the easy answers against the hard ones.
func (c CES) net(metric string) (net, error) { return c.tally().net(metric, cesHard, cesScale.TopFrom) }

// NetEasyInterval returns the interval of NetEasy in −1 … 1: Tango's, as for NPS.
// It returns an error as Mean does, or if confidence is outside (0, 1).
func (c CES) NetEasyInterval(confidence float64) (Interval, error) {
	const metric = "CES.NetEasyInterval"
	s, err := c.net(metric)
	if err != nil {
		return Interval{}, err
	}
	return s.interval(metric, 1, confidence)
}

// CES1 counts the answers to the customer effort score in its first form, CES
// 1.0: "how much effort did you personally have to put forth to handle your
// request?", from 1, very low, to 5, very high. Lower is better. Counts is
// indexed by the score, and Counts[0] stays 0.
//
//	Mean = Σ score·Counts[score] / N,  N = Σ Counts
//
// Shares of its boxes are not customary and not here. CES is the second form.
//
// Dixon, M., Freeman, K. and Toman, N. (2010), Stop trying to delight your
// customers, Harvard Business Review 88(7/8), 116–122.
type CES1 struct {
	Counts [6]int64 `json:"counts"` // answers by score, 1 … 5
}

// tally shares c's counts.
func (c *CES1) tally() tally { return tally{scale: Scale{}.or5(), counts: c.Counts[:]} }

// Add counts the answer score. It returns an error, and counts nothing, if score
// is outside 1 … 5, or if the counts are impossible or overflow.
func (c *CES1) Add(score int) error { return c.tally().add("CES1.Add", score) }

// AddAll counts every one of scores, or nothing: it returns an error that names
// the first score outside 1 … 5, or if the counts are impossible or overflow.
func (c *CES1) AddAll(scores []int) error { return c.tally().addAll("CES1.AddAll", scores) }

// Merge adds the answers of a disjoint group over the same period. It returns an
// error, and changes nothing, if either is impossible or a count overflows.
func (c *CES1) Merge(o CES1) error { return c.tally().merge("CES1.Merge", o.tally()) }

// UnmarshalJSON reads what json.Marshal writes. It returns an error, and leaves c as
// it was, if there are not as many counts as CES1 has scores, 0 … 5: the counts of
// another scale.
func (c *CES1) UnmarshalJSON(data []byte) error {
	t := *c
	err := json.Unmarshal(data, &struct {
		Counts byScore[int64] `json:"counts"`
	}{t.Counts[:]})
	if err != nil {
		return under(err, "CES1.UnmarshalJSON")
	}
	*c = t
	return nil
}

// N returns the number of answers, or 0 if the counts are impossible.
func (c CES1) N() int64 {
	n, _ := c.tally().total("CES1.N")
	return n
}

// Mean returns the mean score, bounded by 1 and 5. It returns an error if the
// counts are impossible or there are no answers.
func (c CES1) Mean() (Mean, error) { return c.tally().mean("CES1.Mean") }

var cesCatalog = []Entry{
	{
		Key: "ces.mean", English: []string{"customer effort score", "CES", "CES 2.0", "mean ease score"},
		Chinese: []string{"客户努力得分", "客户费力度得分", "客户费力指数", "CES 2.0"}, Formula: "Σ score·Counts[score] / Σ Counts",
		Unit: "score", Direction: Higher, Type: "CES", Method: "Mean",
	},
	{
		Key: "ces.easy_share", English: []string{"easy share", "CES top box", "CES 2.0 agreement"},
		Chinese: []string{"轻松占比", "易办率"}, Formula: "(Counts[5] + Counts[6] + Counts[7]) / Σ Counts",
		Unit: "share", Direction: Higher, Type: "CES", Method: "EasyShare",
	},
	{
		Key: "ces.net_easy", English: []string{"net easy", "net easy score", "net easy share"},
		Chinese: []string{"净轻松值", "净易度值", "净轻松占比"}, Formula: "(Counts[5] + Counts[6] + Counts[7] − Counts[1] − Counts[2] − Counts[3]) / Σ Counts",
		Unit: "ratio", Direction: Higher, Type: "CES", Method: "NetEasy",
	},
	{
		Key: "ces1.mean", English: []string{"customer effort score 1.0", "CES 1.0", "mean effort score"},
		Chinese: []string{"客户努力得分(CES 1.0)", "客户费力度", "CES 1.0"}, Formula: "Σ score·Counts[score] / Σ Counts",
		Unit: "score", Direction: Lower, Type: "CES1", Method: "Mean",
	},
}
