package kpi

import "math"

// net is a top and a bottom share of the same answers, whose difference is a
// score: NPS, net satisfaction, net easy.
type net struct{ top, bottom, n int64 }

// check refuses a score of nobody.
func (s net) check(metric string) error {
	if s.n == 0 {
		return fail(metric, CodeZeroDenominator, "N = 0")
	}
	return nil
}

// score returns the score in units of scale.
func (s net) score(metric string, scale int64) (Ratio, error) {
	if err := s.check(metric); err != nil {
		return Ratio{}, err
	}
	return s.ratio().Mul(Whole(scale)), nil
}

// ratio returns the score in −1 … 1, of at least one answer.
func (s net) ratio() Ratio { return quotient(s.top-s.bottom, s.n) }

// interval returns Tango's interval of the score in units of scale.
func (s net) interval(metric string, scale, confidence float64) (Interval, error) {
	z, err := normalQuantile(metric, confidence)
	if err == nil {
		err = s.check(metric)
	}
	if err != nil {
		return Interval{}, err
	}
	lo, hi := tango(float64(s.top), float64(s.bottom), float64(s.n), z)
	return Interval{Lo: scale * lo, Hi: scale * hi, Confidence: confidence, N: s.n}.behind(metric, float64(s.n))
}

// nets are the scores of two surveys, and the number of answers to both.
type nets struct {
	a, b net
	n    int64
}

// bothNets asks two surveys for their scores; neither need have any answers.
func bothNets(metric string, a, b func(metric string) (net, error)) (s nets, err error) {
	if s.a, err = a(metric); err != nil {
		return nets{}, err
	}
	if s.b, err = b(metric); err != nil {
		return nets{}, err
	}
	s.n, err = sumCounts(metric, s.a.n, s.b.n)
	return s, err
}

// netDiff returns the interval of the difference of two scores in units of scale.
func netDiff(metric string, a, b func(metric string) (net, error), scale, confidence float64) (Interval, error) {
	s, err := bothNets(metric, a, b)
	if err != nil {
		return Interval{}, err
	}
	terms := make([]term, 2)
	for i, x := range []net{s.a, s.b} {
		limits, err := x.interval(metric, 1, confidence)
		if err != nil {
			return Interval{}, err
		}
		terms[i] = term{float64(1 - 2*i), x.ratio().Float64(), limits.Lo, limits.Hi}
	}
	d := s.a.ratio().Sub(s.b.ratio()).Float64()
	down, up := squareAndAdd(terms...)
	i := Interval{Lo: scale * max(d-down, -2), Hi: scale * min(d+up, 2), Confidence: confidence, N: s.n}
	return i.behind(metric, float64(min(s.a.n, s.b.n)))
}

// netCompare returns the test of two scores in units of scale.
func netCompare(metric string, a, b func(metric string) (net, error), scale int64) (Comparison, error) {
	s, err := bothNets(metric, a, b)
	if err != nil {
		return Comparison{}, err
	}
	for _, x := range []net{s.a, s.b} {
		if err := x.check(metric); err != nil {
			return Comparison{}, err
		}
	}
	c := Comparison{Test: AdjustedZ, N: s.n, Difference: s.a.ratio().Sub(s.b.ratio()).Mul(Whole(scale))}
	x, v := s.a.adjusted()
	y, w := s.b.adjusted()
	c.Statistic = (x - y) / math.Sqrt(v+w)
	c.P = normalTail(c.Statistic)
	return c.behind(min(s.a.n, s.b.n)), nil
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
	return netDiff("NPS.Diff", n.net, o.net, 100, confidence)
}

// Compare tests whether the scores of two independent waves differ, in points:
//
//	z = (s − s′) / √(v + v′)
//
// s and v being a wave's score and its variance as AdjustedWald takes them, with
// three made-up answers, so that a wave of promoters only does not pass for
// certainty; Difference is of the scores as they are. It supposes equal scores
// and not equal waves: a pooled variance would take a polarised wave for a moved
// one. Enumerated over shares of promoters and of detractors in steps of .05,
// waves of 10 to 40 answers with equal scores give a false alarm at 5 % mostly in 3
// to 6 % of cases, and in fewer where the extremes are rare; the worst of all,
// nobody but passives against a smaller wave of nobody but extremes, is 10.9 %. It
// warns as an Interval does, of the smaller wave. It returns an error if the counts
// of either are impossible, if they overflow together, or if either has no answers.
func (n NPS) Compare(o NPS) (Comparison, error) {
	return netCompare("NPS.Compare", n.net, o.net, 100)
}

// NetEasyDiff returns the interval of the difference of two independent net easy
// shares, c − o, in −2 … 2: the square-and-add of their score intervals, as for
// NPS. It warns as an Interval does, of the smaller group. It returns an error if
// the counts of either are impossible, if they overflow together, if either has
// no answers, or if confidence is outside (0, 1).
func (c CES) NetEasyDiff(o CES, confidence float64) (Interval, error) {
	return netDiff("CES.NetEasyDiff", c.net, o.net, 1, confidence)
}

// NetEasyCompare tests whether two independent net easy shares differ, as
// NPS.Compare does, with Difference in −2 … 2. It returns an error as that does.
func (c CES) NetEasyCompare(o CES) (Comparison, error) {
	return netCompare("CES.NetEasyCompare", c.net, o.net, 1)
}

// sameScale refuses two CSATs on different scales.
func (c CSAT) sameScale(metric string, o CSAT) error {
	if c.Scale.or5() != o.Scale.or5() {
		return fail(metric, CodeMismatch, "Scale = %+v ≠ %+v", c.Scale.or5(), o.Scale.or5())
	}
	return nil
}

// NetTopDiff is CES.NetEasyDiff for the net top of two groups on one scale. It
// returns an error as that does, or if the scales differ.
func (c CSAT) NetTopDiff(o CSAT, confidence float64) (Interval, error) {
	const metric = "CSAT.NetTopDiff"
	if err := c.sameScale(metric, o); err != nil {
		return Interval{}, err
	}
	return netDiff(metric, c.net, o.net, 1, confidence)
}

// NetTopCompare is CES.NetEasyCompare for the net top of two groups on one scale.
// It returns an error as that does, or if the scales differ.
func (c CSAT) NetTopCompare(o CSAT) (Comparison, error) {
	const metric = "CSAT.NetTopCompare"
	if err := c.sameScale(metric, o); err != nil {
		return Comparison{}, err
	}
	return netCompare(metric, c.net, o.net, 1)
}
