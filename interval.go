package kpi

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mathext"
)

// Interval is an estimate of where a true value lies, in the unit of the value
// that it belongs to. It is the only place where the library answers in
// float64: the value itself is exact, what we know about it is not.
type Interval struct {
	Lo         float64 `json:"lo"`
	Hi         float64 `json:"hi"`
	Confidence float64 `json:"confidence"`         // 0.95 for a 95 % interval
	N          int64   `json:"n"`                  // observations behind it
	Warnings   []Code  `json:"warnings,omitempty"` // what weakens it; nil if nothing does
}

// Contains reports whether v lies in [Lo, Hi].
func (i Interval) Contains(v float64) bool { return i.Lo <= v && v <= i.Hi }

// String returns the interval to four significant digits with its confidence,
// n and warnings: "[0.01134, 0.04739] 95% n=300".
func (i Interval) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%.4g, %.4g] %.4g%% n=%d", i.Lo, i.Hi, 100*i.Confidence, i.N)
	for _, w := range i.Warnings {
		b.WriteString(" (" + w.String() + ")")
	}
	return b.String()
}

// Percent returns the limits as percentages with a fixed number of places:
// "1.1%–4.7%". It is for intervals of shares.
func (i Interval) Percent(places int32) string {
	p := int(max(0, min(places, maxPlaces)))
	return fmt.Sprintf("%.*f%%–%.*f%%", p, 100*i.Lo, p, 100*i.Hi)
}

// confident refuses a confidence outside (0, 1), NaN included.
func confident(metric string, confidence float64) error {
	if !(confidence > 0 && confidence < 1) {
		return fail(metric, CodeOutOfRange, "confidence = %v is not inside (0, 1)", confidence)
	}
	return nil
}

// normalQuantile returns the two-sided standard normal quantile of a
// confidence: 1.96 for 0.95.
func normalQuantile(metric string, confidence float64) (float64, error) {
	return math.Sqrt2 * math.Erfinv(confidence), confident(metric, confidence)
}

// tQuantile is normalQuantile of Student's t with df > 0 degrees of freedom.
func tQuantile(metric string, confidence, df float64) (float64, error) {
	if err := confident(metric, confidence); err != nil {
		return 0, err
	}
	// t²/(df+t²) has a beta distribution; invert whichever tail is the smaller,
	// so that neither 1−y nor y cancels.
	var t float64
	if y := mathext.InvRegIncBeta(0.5, df/2, confidence); y <= 0.5 {
		t = math.Sqrt(df * y / (1 - y))
	} else {
		x := mathext.InvRegIncBeta(df/2, 0.5, 1-confidence)
		t = math.Sqrt(df * (1 - x) / x)
	}
	return t, nil
}

// wilson returns the score limits of k successes in n.
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
// answers, b at the top and c at the bottom: NPS, net easy. Each limit Δ solves
//
//	b − c − nΔ = ±z·√(n(2q + Δ(1−Δ)))
//
// where q is the restricted estimate of the bottom share. Tango (1998),
// Equivalence test and confidence interval for the difference in proportions
// for the paired-sample design, Statistics in Medicine 17, 891–908.
func tango(top, bottom, total int64, z float64) (lo, hi float64) {
	b, c, n := float64(top), float64(bottom), float64(total)
	gap := func(delta, z float64) float64 {
		aa := 2 * n
		bb := -b - c + (2*n-b+c)*delta
		cc := -c * delta * (1 - delta)
		q := (math.Sqrt(max(bb*bb-4*aa*cc, 0)) - bb) / (2 * aa)
		return b - c - n*delta - z*math.Sqrt(max(n*(2*q+delta*(1-delta)), 0))
	}
	estimate := (b - c) / n
	lo = bisect(-1, estimate, func(d float64) bool { return gap(d, z) > 0 })
	hi = bisect(estimate, 1, func(d float64) bool { return gap(d, -z) > 0 })
	return lo, hi
}

// bisect returns the point of [lo, hi] where below turns from true to false.
func bisect(lo, hi float64, below func(float64) bool) float64 {
	for {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			return mid
		}
		if below(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
}
