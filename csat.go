package kpi

import "encoding/json"

// CSAT counts the answers to "how satisfied are you?" by score. Counts is indexed
// by the score itself, so that Counts[4] are the fours.
//
//	TopBox     = scores from Scale.TopFrom up / N,  N = Σ Counts
//	BottomBox  = as many of the lowest scores, but below Scale.TopFrom / N
//	NetTop     = TopBox − BottomBox
//	Mean       = Σ score·Counts[score] / N
//	Answered   = N / (N + Blank + OutOfScale)
//
// TopBox is what most tools print as CSAT: neutral answers stay in its base,
// good/(good + bad) without them is another number. Mean is the other usual one;
// quote the name and the scale with either. Blank forms and answers off the
// scale, such as a 0 for "does not apply", are in no base but that of Answered;
// Add refuses them, and the caller who knows what they are counts them in their
// field. Items of a questionnaire have a CSAT each.
//
// The counts must be possible: none negative, none off the scale, their total
// within an int64. Tallies on one scale can be merged; the zero value is empty
// on the scale 1 to 5, top from 4.
type CSAT struct {
	Scale      Scale               `json:"scale"`
	Counts     [maxScore + 1]int64 `json:"counts"`       // answers by score, 0 … 10
	Blank      int64               `json:"blank"`        // returned without an answer
	OutOfScale int64               `json:"out_of_scale"` // answered with what is not on Scale
}

// tally shares c's counts.
func (c *CSAT) tally() tally {
	return tally{scale: c.Scale.or5(), counts: c.Counts[:], blank: c.Blank, outOfScale: c.OutOfScale}
}

// Add counts the answer score. It returns an error, and counts nothing, if score
// is not on the scale, or if the counts are impossible or overflow.
func (c *CSAT) Add(score int) error { return c.tally().add("CSAT.Add", score) }

// AddAll counts every one of scores, or nothing: it returns an error that names
// the first score off the scale, or if the counts are impossible or overflow.
func (c *CSAT) AddAll(scores []int) error { return c.tally().addAll("CSAT.AddAll", scores) }

// Merge adds the answers of a disjoint group. The zero CSAT takes on the other's
// scale. It returns an error, and changes nothing, if the scales differ, either
// is impossible or a count overflows.
func (c *CSAT) Merge(o CSAT) error {
	mine, theirs := c.tally(), o.tally()
	switch (CSAT{}) {
	case *c:
		mine.scale = theirs.scale
	case o:
		theirs.scale = mine.scale
	}
	if err := mine.merge("CSAT.Merge", theirs); err != nil {
		return err
	}
	c.Blank += o.Blank
	c.OutOfScale += o.OutOfScale
	if c.Scale == (Scale{}) {
		c.Scale = o.Scale
	}
	return nil
}

// UnmarshalJSON reads what json.Marshal writes. It returns an error, and leaves c as
// it was, if there are not as many counts as CSAT has scores, 0 … 10.
func (c *CSAT) UnmarshalJSON(data []byte) error {
	type fields CSAT
	t := *c
	err := json.Unmarshal(data, &struct {
		*fields
		Counts byScore[int64] `json:"counts"`
	}{(*fields)(&t), t.Counts[:]})
	if err != nil {
		return under(err, "CSAT.UnmarshalJSON")
	}
	*c = t
	return nil
}

// N returns the number of scores, or 0 if the counts are impossible.
func (c CSAT) N() int64 {
	n, _ := c.tally().total("CSAT.N")
	return n
}

// TopBox returns the share of satisfied answers (客户满意度), those from
// Scale.TopFrom up. It returns an error if the counts are impossible or there are
// no scores.
func (c CSAT) TopBox() (Proportion, error) {
	t := c.tally()
	return t.share("CSAT.TopBox", t.scale.TopFrom, t.scale.Max)
}

// BottomBox returns the share of dissatisfied answers: the mirror image of the
// top box, as many scores at the other end of the scale, or all below the top
// box if they are fewer. It returns an error as TopBox does.
func (c CSAT) BottomBox() (Proportion, error) {
	t := c.tally()
	return t.share("CSAT.BottomBox", t.scale.Min, t.scale.bottomTo())
}

// NetTop returns TopBox less BottomBox (净满意度), in −1 … 1: one number that sees
// the satisfied turn neutral and the neutral turn dissatisfied. It returns an
// error as TopBox does.
func (c CSAT) NetTop() (Ratio, error) {
	const metric = "CSAT.NetTop"
	s, err := c.net(metric)
	if err != nil {
		return Ratio{}, err
	}
	return s.score(metric, 1)
}

// net returns the top box against the bottom box.
func (c CSAT) net(metric string) (net, error) {
	t := c.tally()
	return t.net(metric, t.scale.bottomTo(), t.scale.TopFrom)
}

// NetTopInterval returns the interval of NetTop in −1 … 1: Tango's, as for NPS. It
// returns an error as TopBox does, or if confidence is outside (0, 1).
func (c CSAT) NetTopInterval(confidence float64) (Interval, error) {
	const metric = "CSAT.NetTopInterval"
	s, err := c.net(metric)
	if err != nil {
		return Interval{}, err
	}
	return s.interval(metric, 1, confidence)
}

// Mean returns the mean score, bounded by the scale. It returns an error as
// TopBox does.
func (c CSAT) Mean() (Mean, error) { return c.tally().mean("CSAT.Mean") }

// Answered returns the share of scores among all that came back, with Blank and
// OutOfScale in the base. The response rate to the invitations is another
// number. It returns an error if the counts are impossible or nothing came back.
func (c CSAT) Answered() (Proportion, error) {
	const metric = "CSAT.Answered"
	n, err := c.tally().total(metric)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, n, n+c.Blank+c.OutOfScale)
}

var csatCatalog = []Entry{
	{
		Key: "csat.top_box", English: []string{"customer satisfaction score", "CSAT", "top box", "top-two-box score", "share of satisfied customers"},
		Chinese: []string{"客户满意度", "满意度", "客户满意率", "满意率"}, Formula: "Σ Counts[Scale.TopFrom … Scale.Max] / Σ Counts",
		Unit: "share", Direction: Higher, Type: "CSAT", Method: "TopBox",
	},
	{
		Key: "csat.bottom_box", English: []string{"dissatisfaction rate", "DSAT", "bottom box"},
		Chinese: []string{"客户不满意率", "不满意率"}, Formula: "Σ Counts[Scale.Min … min(Scale.Min + Scale.Max − Scale.TopFrom, Scale.TopFrom − 1)] / Σ Counts",
		Unit: "share", Direction: Lower, Type: "CSAT", Method: "BottomBox",
	},
	{
		Key: "csat.net_top", English: []string{"net satisfaction", "net satisfaction score", "top box less bottom box"},
		Chinese: []string{"净满意度", "净满意率", "净满意值"}, Formula: "TopBox − BottomBox",
		Unit: "ratio", Direction: Higher, Type: "CSAT", Method: "NetTop",
	},
	{
		Key: "csat.mean", English: []string{"mean satisfaction score", "average CSAT"},
		Chinese: []string{"满意度均分", "平均满意度", "满意度平均分"}, Formula: "Σ score·Counts[score] / Σ Counts",
		Unit: "score", Direction: Higher, Type: "CSAT", Method: "Mean",
	},
	{
		Key: "csat.answered", English: []string{"share of valid answers", "item response rate"},
		Chinese: []string{"有效作答率", "有效回答率"}, Formula: "Σ Counts / (Σ Counts + Blank + OutOfScale)",
		Unit: "share", Direction: Higher, Type: "CSAT", Method: "Answered",
	},
}
