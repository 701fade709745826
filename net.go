package kpi

import "math"

// net is a top and a bottom share of the same answers, whose difference is a
// score: NPS, net satisfaction, net easy.
type net struct{ top, bottom, n int64 }

// score returns the score in units of scale.
func (s net) score(metric string, scale int64) (Ratio, error) {
	if s.n == 0 {
		return Ratio{}, fail(metric, CodeZeroDenominator, "no answers")
	}
	return s.ratio().Mul(Whole(scale)), nil
}

// ratio returns the score in −1 … 1, of at least one answer.
func (s net) ratio() Ratio { return quotient(s.top-s.bottom, s.n) }

// interval returns Tango's interval of the score in units of scale.
func (s net) interval(metric string, scale, confidence float64) (Interval, error) {
	z, err := normalQuantile(metric, confidence)
	switch {
	case err != nil:
		return Interval{}, err
	case s.n == 0:
		return Interval{}, fail(metric, CodeZeroDenominator, "no answers")
	}
	lo, hi := tango(float64(s.top), float64(s.bottom), float64(s.n), z)
	return Interval{Lo: scale * lo, Hi: scale * hi, Confidence: confidence, N: s.n}.behind(metric, float64(s.n))
}

// diff returns the interval of s − o in units of scale.
func (s net) diff(metric string, o net, scale, confidence float64) (Interval, error) {
	n := s.n
	if err := addCounts(metric, []*int64{&n}, o.n); err != nil {
		return Interval{}, err
	}
	terms := make([]term, 2)
	for i, x := range []net{s, o} {
		limits, err := x.interval(metric, 1, confidence)
		if err != nil {
			return Interval{}, err
		}
		terms[i] = term{float64(1 - 2*i), x.ratio().Float64(), limits.Lo, limits.Hi}
	}
	d := s.ratio().Sub(o.ratio()).Float64()
	down, up := squareAndAdd(terms...)
	i := Interval{Lo: scale * max(d-down, -2), Hi: scale * min(d+up, 2), Confidence: confidence, N: n}
	return i.behind(metric, float64(min(s.n, o.n)))
}

// adjusted returns the score of s and its variance, which is never 0, with three
// made-up answers: ¾ at the top, ¾ at the bottom and 1½ between.
func (s net) adjusted() (score, variance float64) {
	const added, each = 3, 0.75
	n := float64(s.n) + added
	p, d := (float64(s.top)+each)/n, (float64(s.bottom)+each)/n
	score = float64(s.top-s.bottom) / n
	return score, (p + d - score*score) / n
}

// Diff returns the interval of the difference of two waves, n − o, in points,
// −200 … 200: the square-and-add of their score intervals, as Newcombe's is for
// shares. The waves must be independent: a panel that answers twice is not two
// groups. It warns as an Interval does, of the smaller wave. It returns an error
// if the counts of either are impossible, if they overflow together, if either
// has no answers, or if confidence is outside (0, 1).
func (n NPS) Diff(o NPS, confidence float64) (Interval, error) {
	const metric = "NPS.Diff"
	a, err := n.net(metric)
	if err != nil {
		return Interval{}, err
	}
	b, err := o.net(metric)
	if err != nil {
		return Interval{}, err
	}
	return a.diff(metric, b, 100, confidence)
}

// Compare tests whether the scores of two independent waves differ, in points:
//
//	z = (s − s′) / √(v + v′)
//
// s and v being a wave's score and its variance as AdjustedWald takes them, with
// three made-up answers, so that a wave of promoters only does not pass for
// certainty; Difference is of the scores as they are. It supposes equal scores
// and not equal waves: a pooled variance would take a polarised wave for a moved
// one. By enumeration, waves of 10 to 60 answers with equal scores give a false
// alarm at 5 % in 2 to 4 % of cases; the worst, nobody but passives against a
// smaller wave of nobody but extremes, is 11 %. It returns an error if the counts
// of either are impossible, if they overflow together, or if either has no
// answers.
func (n NPS) Compare(o NPS) (Comparison, error) {
	const metric = "NPS.Compare"
	a, err := n.net(metric)
	if err != nil {
		return Comparison{}, err
	}
	b, err := o.net(metric)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Test: AdjustedZ, N: a.n}
	if err := addCounts(metric, []*int64{&c.N}, b.n); err != nil {
		return Comparison{}, err
	}
	if a.n == 0 || b.n == 0 {
		return Comparison{}, fail(metric, CodeZeroDenominator, "no answers")
	}
	d := a.ratio().Sub(b.ratio())
	c.Difference = d.Mul(Whole(100))
	x, v := a.adjusted()
	y, w := b.adjusted()
	c.Statistic = (x - y) / math.Sqrt(v+w)
	c.P = normalTail(c.Statistic)
	return c, nil
}

// NetEasyDiff returns the interval of the difference of two independent net easy
// shares, c − o, in −2 … 2: the square-and-add of their score intervals, as for
// NPS. It warns as an Interval does, of the smaller group. It returns an error if
// the counts of either are impossible, if they overflow together, if either has
// no answers, or if confidence is outside (0, 1).
func (c CES) NetEasyDiff(o CES, confidence float64) (Interval, error) {
	const metric = "CES.NetEasyDiff"
	a, err := c.net(metric)
	if err != nil {
		return Interval{}, err
	}
	b, err := o.net(metric)
	if err != nil {
		return Interval{}, err
	}
	return a.diff(metric, b, 1, confidence)
}

// NetTopDiff is CES.NetEasyDiff for the net top of two groups on one scale. It
// returns an error as that does, or if the scales differ.
func (c CSAT) NetTopDiff(o CSAT, confidence float64) (Interval, error) {
	const metric = "CSAT.NetTopDiff"
	a, err := c.net(metric)
	if err != nil {
		return Interval{}, err
	}
	b, err := o.net(metric)
	if err != nil {
		return Interval{}, err
	}
	if c.Scale.or5() != o.Scale.or5() {
		return Interval{}, fail(metric, CodeMismatch, "%+v and %+v", c.Scale.or5(), o.Scale.or5())
	}
	return a.diff(metric, b, 1, confidence)
}
