package kpi

import "strconv"

// GradeOutcome is the people of one grade and how many of them did.
type GradeOutcome struct {
	Grade
	Outcome Proportion `json:"outcome"` // K did, of N in the grade
}

// Calibration is outcomes by grade, the lowest first: whether a better grade is
// worth more, and by how much. Ask each Outcome for its Interval.
type Calibration []GradeOutcome

// Calibration returns the outcomes by grade. It returns an error if the rows are
// impossible or out of order, if the grades are none or out of order, or if a score
// lies below all of them.
func (r Ranking) Calibration(grades Grades) (Calibration, error) {
	const metric = "Ranking.Calibration"
	if err := r.valid(metric); err != nil {
		return nil, err
	}
	if err := grades.valid(metric); err != nil {
		return nil, err
	}
	out := make(Calibration, len(grades))
	for i, g := range grades {
		out[i].Grade = g
	}
	for i, row := range r.Rows {
		g := grades.of(row.Score)
		if g < 0 {
			return nil, failAt(metric, CodeBeyondBound, i, "Score = %s < From = %s", clip(row.Score.String()), clip(grades[0].From.String()))
		}
		o := &out[g].Outcome
		o.K, o.N = o.K+row.Outcome.K, o.N+row.Outcome.N // no more than all, which do not overflow
	}
	return out, nil
}

// Monotone reports whether no grade did worse than one below it, of those that have
// anybody. With few in a grade that may be chance: Trend tests it. It returns an error
// for counts that are impossible, naming the grade.
func (c Calibration) Monotone() (bool, error) {
	for i, g := range c {
		if err := g.Outcome.valid("Calibration.Monotone"); err != nil {
			return false, at(err, "Calibration.Monotone", i)
		}
	}
	monotone := true
	var last Ratio
	for _, g := range c {
		if g.Outcome.N == 0 {
			continue
		}
		rate := quotient(g.Outcome.K, g.Outcome.N)
		monotone = monotone && rate.Cmp(last) >= 0
		last = rate
	}
	return monotone, nil
}

// Trend returns the slope of the outcome per grade, over those that have anybody,
// numbered as they stand: [ShareTrend]. It returns an error as that does.
func (c Calibration) Trend(confidence float64) (Trend, error) {
	const metric = "Calibration.Trend"
	var waves []Proportion
	var number []int64
	for i, g := range c {
		if g.Outcome != (Proportion{}) {
			waves, number = append(waves, g.Outcome), append(number, int64(i))
		}
	}
	t, err := ShareTrend(waves, number, confidence)
	return t, under(err, metric)
}

func (c Calibration) table() *table {
	t := &table{head: []string{"grade", "from", "did", "of", "rate"}, text: 1}
	for _, g := range c {
		o := g.Outcome
		t.add(g.Name, g.From.fixed(2), strconv.FormatInt(o.K, 10), strconv.FormatInt(o.N, 10), o.Percent(1))
	}
	return t
}

// String returns a line for each grade.
func (c Calibration) String() string { return c.table().String() }

// Markdown is String as a Markdown table.
func (c Calibration) Markdown() string { return c.table().markdown() }

var rankingCatalog = []Entry{
	{
		Key: "ranking.auc", English: []string{"AUC", "area under the ROC curve", "probability of superiority"},
		Chinese: []string{"评分区分度", "AUC", "曲线下面积"}, Formula: "P(score of who did > score of who did not) + ½ P(equal)",
		Unit: "ratio", Direction: Higher, Type: "Ranking", Method: "AUC",
	},
	{
		Key: "ranking.gain", English: []string{"gain", "cumulative gains"},
		Chinese: []string{"累计增益", "增益"}, Formula: "who did among the best share / all who did",
		Unit: "ratio", Direction: Higher, Type: "Ranking", Method: "Gain",
	},
	{
		Key: "ranking.lift", English: []string{"lift"}, Chinese: []string{"提升度", "提升倍数"}, Formula: "Gain(share) / share",
		Unit: "ratio", Direction: Higher, Type: "Ranking", Method: "Lift",
	},
	{
		Key: "ranking.calibration", English: []string{"outcomes by grade", "calibration of grades"},
		Chinese: []string{"评分等级校准", "各等级转化率"}, Formula: "who did / all, by grade",
		Unit: "share", Direction: Higher, Type: "Ranking", Method: "Calibration",
	},
}
