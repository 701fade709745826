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
	Lo         float64 `json:"lo"`                 // lower limit
	Hi         float64 `json:"hi"`                 // upper limit
	Confidence float64 `json:"confidence"`         // 0.95 for a 95 % interval
	N          int64   `json:"n"`                  // observations behind it
	Warnings   []Code  `json:"warnings,omitempty"` // what weakens it; nil if nothing does
}

// Contains reports whether v lies in [Lo, Hi].
func (i Interval) Contains(v float64) bool { return i.Lo <= v && v <= i.Hi }

// String returns the interval to four significant digits with its confidence,
// n and warnings: "[0.01135, 0.04737] 95% n=300".
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

// tQuantile is normalQuantile of Student's t with df > 0 degrees of freedom, to
// twelve digits for confidences up to 0.999.
func tQuantile(metric string, confidence, df float64) (float64, error) {
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return 0, err
	}
	// The inverse of the beta distribution loses digits as df grows, and all of
	// them far out in the tail, where the expansion in 1/df has become good.
	if df >= 500 || df >= 150 && z > 4 {
		return tExpansion(z, df), nil
	}
	// t²/(df+t²) has a beta distribution; invert whichever tail is the smaller,
	// so that neither 1−y nor y cancels.
	if y := mathext.InvRegIncBeta(0.5, df/2, confidence); y <= 0.5 {
		return math.Sqrt(df * y / (1 - y)), nil
	}
	x := mathext.InvRegIncBeta(df/2, 0.5, 1-confidence)
	return math.Sqrt(df * (1 - x) / x), nil
}

// tExpansion is the expansion of Student's quantile about the normal one, z:
// Abramowitz and Stegun (1964), Handbook of mathematical functions, 26.7.5.
func tExpansion(z, df float64) float64 {
	y := z * z
	g1 := (y + 1) / 4
	g2 := ((5*y+16)*y + 3) / 96
	g3 := (((3*y+19)*y+17)*y - 15) / 384
	g4 := ((((79*y+776)*y+1482)*y-1920)*y - 945) / 92160
	return z * (1 + (g1+(g2+(g3+g4/df)/df)/df)/df)
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

// netInterval returns the interval of the top less the bottom share of n
// answers, which are known to be possible, in units of scale.
func netInterval(metric string, top, bottom, n int64, scale, confidence float64) (Interval, error) {
	z, err := normalQuantile(metric, confidence)
	switch {
	case err != nil:
		return Interval{}, err
	case n == 0:
		return Interval{}, fail(metric, CodeZeroDenominator, "no answers")
	}
	lo, hi := tango(top, bottom, n, z)
	return Interval{Lo: scale * lo, Hi: scale * hi, Confidence: confidence, N: n}, nil
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
