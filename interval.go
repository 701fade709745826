package kpi

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Interval is an estimate of where a true value lies, in the unit of the value
// that it belongs to. Its limits are float64: a value that was counted is exact,
// what we know about it is not.
//
// A value from a sample without its interval invites decisions about noise: of
// eleven answers, a net promoter score of 45 is anything from −2 to 75.
//
// How often 95 % intervals hold the true value, in per cent, summed over every
// possible sample: for the worst of the true values and, in brackets, on the
// average of them.
//
//	shares .01 … .99             n = 10        n = 20        n = 50       n = 300      n = 1000
//	Interval                90.4 (95.5)   92.4 (95.4)   91.0 (95.0)   94.1 (95.0)   94.5 (95.0)
//	ClopperPearson          96.2 (98.3)   95.8 (97.6)   95.3 (96.8)   95.1 (95.9)   95.1 (95.5)
//	AgrestiCoull            92.9 (96.4)   93.1 (96.3)   93.5 (95.7)   94.3 (95.1)   94.5 (95.0)
//	Jeffreys                86.8 (95.2)   89.6 (94.9)   88.5 (94.9)   91.8 (94.9)   94.4 (95.0)
//	scores, by .05                n = 5        n = 10        n = 20        n = 40
//	NPS.Interval            92.2 (97.0)   93.9 (96.3)   94.3 (95.5)   93.7 (95.1)
//	shares .05 … .95             n = 10        n = 20        n = 50       n = 100
//	Proportion.Diff         90.8 (95.2)   92.0 (95.1)   93.7 (95.2)   93.9 (95.0)
//
// Nearer to the ends less is held: the difference of two shares in samples of ten
// in 88 %, and of five to twelve answers a score in 88 %, or in 85 % where one of
// promoters, passives and detractors does not occur at all. Wilson's
// (Proportion.Interval), Tango's (NPS.Interval and every other top less bottom
// share) and Newcombe's (Proportion.Diff) do what they say on the average and are
// the ones to use; Clopper and Pearson's does so for every true value, and is for
// most of them wider than need be.
//
// An interval warns with CodeTooFew, which is too few to say, where fewer than
// 30 observations stand behind it. Below thirty nothing is known to a third, at
// 95 %: a half may as well be a third or two thirds, a score near 0 spans a third
// of its scale, a mean is open by more than a third of a standard deviation either
// way, and a count of events by more than a third of itself. The observations are
// the answers of a share, a score or a mean, and the events of an EventRate; where
// some weigh more than others, the number of equal ones that would tell as much,
// (Σw)²/Σw²; and of a Survival the customers, all watched to the end, who would
// tell as much. The bound is the same at every confidence, since it is about the
// data and not about the question.
type Interval struct {
	Lo         float64 `json:"lo"`                 // lower limit
	Hi         float64 `json:"hi"`                 // upper limit; +Inf, null in JSON, where the data set none
	Confidence float64 `json:"confidence"`         // 0.95 for a 95 % interval
	N          int64   `json:"n"`                  // observations behind it
	Warnings   []Code  `json:"warnings,omitempty"` // what weakens it; nil if nothing does
}

// Contains reports whether v lies in [Lo, Hi].
func (i Interval) Contains(v float64) bool { return i.Lo <= v && v <= i.Hi }

// String returns the interval to four significant digits with its confidence,
// n and warnings: "[0.01135, 0.04737] 95% n=300".
func (i Interval) String() string {
	return fmt.Sprintf("[%.4g, %.4g] %.4g%% n=%d", i.Lo, i.Hi, 100*i.Confidence, i.N) + warned(i.Warnings)
}

// warned prints warnings behind what they weaken.
func warned(warnings []Code) string {
	var b strings.Builder
	for _, w := range warnings {
		b.WriteString(" (" + w.String() + ")")
	}
	return b.String()
}

// MarshalJSON writes an upper limit that the data did not set as null.
func (i Interval) MarshalJSON() ([]byte, error) {
	type fields Interval
	hi := &i.Hi
	if math.IsInf(i.Hi, 1) {
		hi = nil
	}
	return json.Marshal(struct {
		fields
		Hi *float64 `json:"hi"`
	}{fields(i), hi})
}

// UnmarshalJSON reads what MarshalJSON writes; null changes nothing. It returns an
// error, and leaves i as it was, if a limit is missing, the limits are the wrong way round, the
// confidence is outside (0, 1) or n is negative.
func (i *Interval) UnmarshalJSON(data []byte) error {
	const metric = "Interval.UnmarshalJSON"
	if string(data) == "null" {
		return nil
	}
	type fields Interval
	var in struct {
		fields
		Lo *float64        `json:"lo"`
		Hi json.RawMessage `json:"hi"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	if in.Lo == nil || in.Hi == nil {
		return fail(metric, CodeEmpty, "lo, hi")
	}
	out := Interval(in.fields)
	out.Lo, out.Hi = *in.Lo, math.Inf(1)
	if string(in.Hi) != "null" {
		if err := json.Unmarshal(in.Hi, &out.Hi); err != nil {
			return err
		}
	}
	if out.Lo > out.Hi {
		return fail(metric, CodeOutOfRange, "lo = %g > hi = %g", out.Lo, out.Hi)
	}
	if err := nonNegative(metric, []string{"n"}, out.N); err != nil {
		return err
	}
	unset := out.Confidence == 0 && out.N == 0 && out.Lo == 0 && out.Hi == 0
	if err := confident(metric, out.Confidence); err != nil && !unset {
		return err
	}
	*i = out
	return nil
}

// Percent returns the limits as percentages with a fixed number of places:
// "1.1%–4.7%", or "-12.0% to -2.0%" where a dash would run into a sign. Nothing is
// printed as −0. It is for intervals of shares. A difference of shares is in
// points, not in per cent: print 100·Lo and 100·Hi with that word.
func (i Interval) Percent(places int32) string {
	p := int(max(0, min(places, maxPlaces)))
	percent := func(v float64) string {
		text := strconv.FormatFloat(100*v, 'f', p, 64) + "%"
		if strings.Trim(text, "-0.%") == "" {
			text = strings.TrimPrefix(text, "-")
		}
		return text
	}
	lo, hi := percent(i.Lo), percent(i.Hi)
	if strings.HasPrefix(lo, "-") || strings.HasPrefix(hi, "-") {
		return lo + " to " + hi
	}
	return lo + "–" + hi
}

// enough is the number of observations from which an interval does not warn.
const enough = 30

// behind returns i with a warning if the observations behind it, which need not
// be a whole number, are too few. It refuses limits beyond float64, and mends
// those of a confidence near 0 that passed each other in the last digit.
func (i Interval) behind(metric string, observations float64) (Interval, error) {
	if err := finite(metric, i.Lo, i.Hi); err != nil {
		return Interval{}, err
	}
	i.Hi = max(i.Lo, i.Hi)
	if observations < enough {
		i.Warnings = append(i.Warnings, CodeTooFew)
	}
	return i, nil
}

// confident refuses a confidence outside (0, 1), NaN included.
func confident(metric string, confidence float64) error {
	if !(confidence > 0 && confidence < 1) {
		return fail(metric, CodeOutOfRange, "confidence = %v ∉ (0, 1)", confidence)
	}
	return nil
}

// wilson returns the score limits of k successes in n, which need not be whole
// numbers.
func wilson(k, n, z float64) (lo, hi float64) {
	mid := (k + z*z/2) / (n + z*z)
	half := z * math.Sqrt(k*(n-k)/n+z*z/4) / (n + z*z)
	lo, hi = max(mid-half, 0), min(mid+half, 1)
	if k == 0 {
		lo = 0
	}
	if k == n {
		hi = 1
	}
	return lo, hi
}

// tango returns the score limits of the difference of two shares of the same n
// answers, b at the top and c at the bottom, which need not be whole numbers: NPS,
// net easy. Each limit Δ solves
//
//	b − c − nΔ = ±z·√(n(2q + Δ(1−Δ)))
//
// where q is the restricted estimate of the bottom share. Tango (1998),
// Equivalence test and confidence interval for the difference in proportions
// for the paired-sample design, Statistics in Medicine 17, 891–908.
func tango(b, c, n, z float64) (lo, hi float64) {
	gap := func(delta, z float64) float64 { return b - c - n*delta - z*tangoRoot(b, c, n, delta) }
	estimate := (b - c) / n
	lo = bisect(-1, estimate, func(d float64) bool { return gap(d, z) > 0 })
	hi = bisect(estimate, 1, func(d float64) bool { return gap(d, -z) > 0 })
	return lo, hi
}

// tangoRoot returns √(n(2q + Δ(1−Δ))). Top and bottom change places with the
// sign of Δ; with Δ ≥ 0 no difference of nearly equal numbers is left.
func tangoRoot(b, c, n, delta float64) float64 {
	if delta < 0 {
		b, c, delta = c, b, -delta
	}
	free := delta * (1 - delta)
	half := (2*n-b+c)*delta - b - c
	root := math.Sqrt(half*half + 8*n*c*free)
	q := (root - half) / (4 * n)
	if half > 0 {
		q = 2 * c * free / (root + half)
	}
	return math.Sqrt(n * (2*q + free))
}
