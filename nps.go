package kpi

import (
	"math"
)

// NPS counts the answers to "how likely are you to recommend us?" on 0 to 10.
//
//	Promoters      9 or 10
//	Passives       7 or 8
//	Detractors     0 to 6
//	Score        = 100·(Promoters − Detractors) / N,  N = Promoters + Passives + Detractors
//
// The score runs from −100 to 100 points and is not a percentage: two surveys of
// one score may share nothing but the difference, so print the shares with it,
// and the interval, since thirty answers leave it open by some thirty points
// either way. Passives count in the base. Blanks belong to the response rate.
//
// The counts must be possible: none negative, N within an int64. Scores on 1 to
// 5 or 0 to 5 are not translated; that is another question with other answers.
//
// Reichheld, F. F. (2003), The one number you need to grow, Harvard Business
// Review 81(12), 46–54.
type NPS struct {
	Promoters  int64 `json:"promoters"`  // answered 9 or 10
	Passives   int64 `json:"passives"`   // answered 7 or 8
	Detractors int64 `json:"detractors"` // answered 0 to 6
}

// The question's scale and its classes.
const (
	npsMax      = 10
	npsPassive  = 7 // from here on
	npsPromoter = 9
)

// total returns the number of answers, once the counts are known to be possible.
func (n NPS) total(metric string) (int64, error) {
	names := []string{"Promoters", "Passives", "Detractors"}
	if err := nonNegative(metric, names, n.Promoters, n.Passives, n.Detractors); err != nil {
		return 0, err
	}
	return sumCounts(metric, n.Promoters, n.Passives, n.Detractors)
}

// Add counts the answer score. It returns an error, and counts nothing, if score
// is outside 0 … 10, or if the counts are impossible or overflow.
func (n *NPS) Add(score int) error {
	if uint(score) > npsMax { // a negative one wraps
		return offScale("NPS.Add", -1, score, 0, npsMax)
	}
	// Without a branch on the score, which no processor can foretell.
	var promoter, detractor int64
	if score >= npsPromoter {
		promoter = 1
	}
	if score < npsPassive {
		detractor = 1
	}
	// Three counts below 2⁶¹ have room for another; a negative one is not below.
	if uint64(n.Promoters|n.Passives|n.Detractors)>>61 != 0 { //nolint:gosec // two's complement
		return n.merge("NPS.Add", NPS{promoter, 1 - promoter - detractor, detractor})
	}
	n.Promoters += promoter
	n.Passives += 1 - promoter - detractor
	n.Detractors += detractor
	return nil
}

// AddAll counts every one of scores, or nothing: it returns an error that names
// the first score outside 0 … 10, or if the counts are impossible or overflow.
func (n *NPS) AddAll(scores []int) error {
	const metric = "NPS.AddAll"
	counts, bad := countScores(scores, 0, npsMax)
	if bad >= 0 {
		return offScale(metric, bad, scores[bad], 0, npsMax)
	}
	var o NPS
	for score, c := range counts {
		switch {
		case score >= npsPromoter:
			o.Promoters += c
		case score >= npsPassive:
			o.Passives += c
		default:
			o.Detractors += c
		}
	}
	return n.merge(metric, o)
}

// Merge adds the answers of a disjoint group over the same period. It returns an
// error, and changes nothing, if either is impossible or a count overflows.
func (n *NPS) Merge(o NPS) error { return n.merge("NPS.Merge", o) }

func (n *NPS) merge(metric string, o NPS) error {
	for _, x := range []NPS{*n, o} {
		if _, err := x.total(metric); err != nil {
			return err
		}
	}
	t := *n
	if err := addCounts(metric, []*int64{&t.Promoters, &t.Passives, &t.Detractors}, o.Promoters, o.Passives, o.Detractors); err != nil {
		return err
	}
	if _, err := t.total(metric); err != nil {
		return err
	}
	*n = t
	return nil
}

// N returns the number of answers, or 0 if the counts are impossible.
func (n NPS) N() int64 {
	all, _ := n.total("NPS.N")
	return all
}

// Score returns the net promoter score (净推荐值) in points, −100 … 100, exactly.
// It returns an error if the counts are impossible or there are no answers.
func (n NPS) Score() (Ratio, error) {
	const metric = "NPS.Score"
	s, err := n.net(metric)
	if err != nil {
		return Ratio{}, err
	}
	return s.score(metric, 100)
}

// net returns the promoters against the detractors.
func (n NPS) net(metric string) (net, error) {
	all, err := n.total(metric)
	return net{n.Promoters, n.Detractors, all}, err
}

// PromoterShare returns Promoters/N. It returns an error as Score does.
func (n NPS) PromoterShare() (Proportion, error) {
	return n.share("NPS.PromoterShare", n.Promoters)
}

// PassiveShare returns Passives/N. It returns an error as Score does.
func (n NPS) PassiveShare() (Proportion, error) {
	return n.share("NPS.PassiveShare", n.Passives)
}

// DetractorShare returns Detractors/N. It returns an error as Score does.
func (n NPS) DetractorShare() (Proportion, error) {
	return n.share("NPS.DetractorShare", n.Detractors)
}

func (n NPS) share(metric string, k int64) (Proportion, error) {
	all, err := n.total(metric)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, k, all)
}

// Interval returns the interval of Score in points: Tango's score interval of a
// difference of two shares of the same answers, which stays inside ±100 and has
// a width where the textbook's has none: ten promoters and nobody else are
// 44.5 … 100, not 100 … 100. It returns an error as Score does, or if confidence
// is outside (0, 1).
//
// Tango, T. (1998), Equivalence test and confidence interval for the difference
// in proportions for the paired-sample design, Statistics in Medicine 17,
// 891–908.
func (n NPS) Interval(confidence float64) (Interval, error) {
	const metric = "NPS.Interval"
	s, err := n.net(metric)
	if err != nil {
		return Interval{}, err
	}
	return s.interval(metric, 100, confidence)
}

// AdjustedWald returns the interval of Score in points that can be worked on
// paper: three made-up answers are added, ¾ of a promoter, ¾ of a detractor and
// 1½ passives, and then
//
//	p − d ± z·√((p + d − (p − d)²) / (N + 3)),  p and d the shares of N + 3
//
// clipped to ±100 and extended, where need be, to hold Score. Interval is to be
// preferred. It returns an error as Interval does.
//
// Rocks, B. (2016), Interval estimation for the "Net Promoter Score", The
// American Statistician 70, 365–372.
func (n NPS) AdjustedWald(confidence float64) (Interval, error) {
	const metric = "NPS.AdjustedWald"
	s, err := n.net(metric)
	if err != nil {
		return Interval{}, err
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Interval{}, err
	}
	score, err := s.score(metric, 100)
	if err != nil {
		return Interval{}, err
	}
	mid, variance := s.adjusted()
	half := z * math.Sqrt(variance)
	lo, hi := max(100*(mid-half), -100), min(100*(mid+half), 100)
	at := score.Float64()
	i := Interval{Lo: min(lo, at), Hi: max(hi, at), Confidence: confidence, N: s.n}
	return i.behind(metric, float64(s.n))
}

var npsCatalog = []Entry{
	{
		Key: "nps.score", English: []string{"net promoter score", "NPS"},
		Chinese: []string{"净推荐值", "净推荐分数", "净推荐得分", "NPS"}, Formula: "100·(Promoters − Detractors) / (Promoters + Passives + Detractors)",
		Unit: "points", Direction: Higher, Type: "NPS", Method: "Score",
	},
	{
		Key: "nps.promoters", English: []string{"promoter share", "share of promoters"},
		Chinese: []string{"推荐者占比", "推荐者比例"}, Formula: "Promoters / (Promoters + Passives + Detractors)",
		Unit: "share", Direction: Higher, Type: "NPS", Method: "PromoterShare",
	},
	{
		Key: "nps.passives", English: []string{"passive share", "share of passives", "share of neutrals"},
		Chinese: []string{"被动者占比", "中立者占比"}, Formula: "Passives / (Promoters + Passives + Detractors)",
		Unit: "share", Direction: Neither, Type: "NPS", Method: "PassiveShare",
	},
	{
		Key: "nps.detractors", English: []string{"detractor share", "share of detractors"},
		Chinese: []string{"贬损者占比", "贬损者比例", "批评者占比"}, Formula: "Detractors / (Promoters + Passives + Detractors)",
		Unit: "share", Direction: Lower, Type: "NPS", Method: "DetractorShare",
	},
}
