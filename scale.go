package kpi

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

// Contains reports whether score lies on the scale.
func (s Scale) Contains(score int) bool {
	s = s.or5()
	return s.Min <= score && score <= s.Max
}

// checkScores refuses negative counts, and counts outside lo … hi.
func checkScores(metric string, counts []int64, lo, hi int) error {
	for score, c := range counts {
		if c < 0 {
			return fail(metric, CodeNegative, "Counts[%d] = %d", score, c)
		}
		if c > 0 && (score < lo || score > hi) {
			return fail(metric, CodeOutOfScale, "Counts[%d] = %d on %d–%d", score, c, lo, hi)
		}
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
	width := uint(hi - lo) //nolint:gosec // lo ≤ hi
	i := 0
	for ; i+4 <= len(scores); i += 4 {
		s := scores[i : i+4 : i+4]
		w, x, y, z := uint(s[0]-lo), uint(s[1]-lo), uint(s[2]-lo), uint(s[3]-lo) //nolint:gosec // wraps on purpose: below lo is huge
		if w > width || x > width || y > width || z > width {
			break
		}
		a[w&mask]++
		b[x&mask]++
		c[y&mask]++
		d[z&mask]++
	}
	for ; i < len(scores); i++ {
		w := uint(scores[i] - lo) //nolint:gosec // as above
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
