package kpi

import "encoding/json"

// maxScore is the highest score that a Scale may have.
const maxScore = 10

// Scale is a whole-number answer scale from Min to Max whose positive answers,
// the top box, begin at TopFrom: 0 ≤ Min < TopFrom ≤ Max ≤ 10. It is defaulted
// only as a whole: Scale{} is 1 to 5, top from 4.
type Scale struct {
	Min     int `json:"min"`
	Max     int `json:"max"`
	TopFrom int `json:"top_from"`
}

// or5 returns s, or the default scale for the zero value.
func (s Scale) or5() Scale {
	if s == (Scale{}) {
		return Scale{Min: 1, Max: 5, TopFrom: 4}
	}
	return s
}

func (s Scale) valid(metric string) error {
	if s.Min < 0 || s.Min >= s.TopFrom || s.TopFrom > s.Max || s.Max > maxScore {
		return fail(metric, CodeOutOfRange, "Scale{Min: %d, Max: %d, TopFrom: %d}", s.Min, s.Max, s.TopFrom)
	}
	return nil
}

// bottomTo returns the highest score of the bottom box, the mirror image of the
// top box or all below it if they are fewer.
func (s Scale) bottomTo() int { return min(s.Min+s.Max-s.TopFrom, s.TopFrom-1) }

// Contains reports whether score lies on the scale.
func (s Scale) Contains(score int) bool {
	s = s.or5()
	return s.Min <= score && score <= s.Max
}

// offScale is the error of a score outside lo … hi; index is its position in a
// batch, or −1.
func offScale(metric string, index, score, lo, hi int) error {
	return failAt(metric, CodeOutOfScale, index, "%d ∉ [%d, %d]", score, lo, hi)
}

// tally is the answers that a CSAT or a CES holds. counts is indexed by score
// and shares the holder's memory; the others have no score on the scale.
type tally struct {
	scale             Scale
	counts            []int64
	blank, outOfScale int64
}

// total returns the number of scores. It refuses an impossible scale, negative
// counts, counts off the scale, and a total of all answers that overflows.
func (t tally) total(metric string) (int64, error) {
	if err := t.scale.valid(metric); err != nil {
		return 0, err
	}
	if err := nonNegative(metric, []string{"Blank", "OutOfScale"}, t.blank, t.outOfScale); err != nil {
		return 0, err
	}
	var n int64
	for score, c := range t.counts {
		switch {
		case c < 0:
			return 0, fail(metric, CodeNegative, "Counts[%d] = %d", score, c)
		case c > 0 && !t.scale.Contains(score):
			return 0, fail(metric, CodeOutOfScale, "Counts[%d] = %d ∉ [%d, %d]", score, c, t.scale.Min, t.scale.Max)
		}
		if err := addCounts(metric, []*int64{&n}, c); err != nil {
			return 0, err
		}
	}
	if _, err := sumCounts(metric, n, t.blank, t.outOfScale); err != nil {
		return 0, err
	}
	return n, nil
}

// byScore reads the elements of an array from JSON. An array would drop those that
// are too many and make up those that are missing: the answers of another scale.
type byScore[T any] []T

// UnmarshalJSON reads as many elements as b has.
func (b byScore[T]) UnmarshalJSON(data []byte) error {
	var in []T
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	if in != nil && len(in) != len(b) { // null changes nothing
		return fail("json.Unmarshal", CodeLength, "len = %d ≠ %d", len(in), len(b))
	}
	copy(b, in)
	return nil
}

// part returns the answers from score lo to hi of counts that are possible.
func (t tally) part(lo, hi int) (n int64) {
	for score := lo; score <= hi; score++ {
		n += t.counts[score]
	}
	return n
}

// share returns part as a proportion of all scores.
func (t tally) share(metric string, lo, hi int) (Proportion, error) {
	n, err := t.total(metric)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, t.part(lo, hi), n)
}

// net returns the scores from hi up against those up to lo.
func (t tally) net(metric string, lo, hi int) (net, error) {
	n, err := t.total(metric)
	if err != nil {
		return net{}, err
	}
	return net{t.part(hi, t.scale.Max), t.part(t.scale.Min, lo), n}, nil
}

// mean returns the mean score, bounded by the scale.
func (t tally) mean(metric string) (Mean, error) {
	n, err := t.total(metric)
	switch {
	case err != nil:
		return Mean{}, err
	case n == 0:
		return Mean{}, fail(metric, CodeNoData, "N = 0")
	}
	return scoreMean(t.scale, t.counts), nil
}

// room refuses counts that are impossible, or that cannot take n answers more.
func (t tally) room(metric string, n int64) error {
	all, err := t.total(metric)
	if err != nil {
		return err
	}
	_, err = sumCounts(metric, all, t.blank, t.outOfScale, n)
	return err
}

// add counts one score.
func (t tally) add(metric string, score int) error {
	if err := t.scale.valid(metric); err != nil {
		return err
	}
	if score < t.scale.Min || score > t.scale.Max {
		return offScale(metric, -1, score, t.scale.Min, t.scale.Max)
	}
	// Sixteen counts below 2⁵⁹ have room for another; a negative one is not below.
	most := t.blank | t.outOfScale
	for _, c := range t.counts {
		most |= c
	}
	if uint64(most)>>59 != 0 { //nolint:gosec // two's complement
		if err := t.room(metric, 1); err != nil {
			return err
		}
	}
	t.counts[score]++
	return nil
}

// addAll counts every one of scores, or nothing.
func (t tally) addAll(metric string, scores []int) error {
	if err := t.scale.valid(metric); err != nil {
		return err
	}
	counts, bad := countScores(scores, t.scale.Min, t.scale.Max)
	if bad >= 0 {
		return offScale(metric, bad, scores[bad], t.scale.Min, t.scale.Max)
	}
	return t.merge(metric, tally{scale: t.scale, counts: counts[:]})
}

// merge adds the scores of o, if all its answers can join those of t; the
// others are the holder's to add.
func (t tally) merge(metric string, o tally) error {
	n, err := o.total(metric)
	if err != nil {
		return err
	}
	if err := t.room(metric, n+o.blank+o.outOfScale); err != nil {
		return err
	}
	if t.scale != o.scale {
		return fail(metric, CodeMismatch, "Scale = %+v ≠ %+v", t.scale, o.scale)
	}
	for score := range t.counts {
		t.counts[score] += o.counts[score]
	}
	return nil
}

// countScores returns the histogram of scores over lo … hi, indexed by score.
// It returns the position of the first score outside, or −1.
//
// Four tables take turns, so that a run of equal scores does not wait for its
// own last store.
func countScores(scores []int, lo, hi int) (counts [maxScore + 1]int64, bad int) {
	const mask = 15 // maxScore < 16: indexing needs no bounds check
	var a, b, c, d [mask + 1]int64
	width := uint(hi - lo)
	i := 0
	for ; i+4 <= len(scores); i += 4 {
		s := scores[i : i+4 : i+4]
		w, x, y, z := uint(s[0]-lo), uint(s[1]-lo), uint(s[2]-lo), uint(s[3]-lo) // below lo wraps
		if w > width || x > width || y > width || z > width {
			break
		}
		a[w&mask]++
		b[x&mask]++
		c[y&mask]++
		d[z&mask]++
	}
	for ; i < len(scores); i++ {
		w := uint(scores[i] - lo)
		if w > width {
			return counts, i
		}
		a[w&mask]++
	}
	for s := lo; s <= hi; s++ {
		j := s - lo
		counts[s] = a[j] + b[j] + c[j] + d[j]
	}
	return counts, -1
}
