package kpi

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// normalTail returns the chance that a standard normal lies further from 0 than
// z, on either side.
func normalTail(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// normalBelow returns the point below which a standard normal lies with chance
// p, 0 < p < 1.
func normalBelow(p float64) float64 {
	if p < 0.01 { // where Erfcinv loses digits, and is infinite from 1e-16 down
		return bisect(-40, 0, func(z float64) bool { return math.Erfc(-z/math.Sqrt2) < 2*p })
	}
	return -math.Sqrt2 * math.Erfcinv(2*p)
}

// tTail is normalTail of Student's t with df > 0 degrees of freedom, to about
// 1e-12 of itself.
func tTail(t, df float64) float64 {
	t = math.Abs(t)
	switch {
	case df > 200 && t*t < df/4:
		// The logarithms of factorials in the incomplete beta function lose
		// digits as df grows, where the expansion has long become good.
		return normalTail(hillZ(t, df))
	case t < 1:
		return 1 - mathext.RegIncBeta(0.5, df/2, t*t/(df+t*t))
	default:
		return mathext.RegIncBeta(df/2, 0.5, 1/(1+t/df*t))
	}
}

// hillZ returns the normal deviate with the tail of a Student's t of many
// degrees of freedom.
//
// Hill, G. W. (1970), Algorithm 395: Student's t-distribution, Communications
// of the ACM 13, 617–619.
func hillZ(t, df float64) float64 {
	a := df - 0.5
	b := 48 * a * a
	y := a * math.Log1p(t/df*t)
	return ((((-0.4*y-3.3)*y-24)*y-85.5)/(0.8*y*y+100+b)+y+3)/b*math.Sqrt(y) + math.Sqrt(y)
}

// chiSquareTail returns the chance that a χ² with df > 0 degrees of freedom
// exceeds x ≥ 0.
func chiSquareTail(x, df float64) float64 {
	if df == 1 {
		return normalTail(math.Sqrt(x))
	}
	return mathext.GammaIncRegComp(df/2, x/2)
}

// binomialBelow returns the chance of at most y ≥ 0 successes in n, each with chance
// p, 0 ≤ p ≤ 1.
func binomialBelow(y, n int, p float64) float64 {
	if y >= n {
		return 1
	}
	none := math.Exp(float64(n) * math.Log1p(-p))
	if none < 1e-280 { // too near to what a float64 does not hold
		return mathext.RegIncBeta(float64(n-y), float64(y+1), 1-p)
	}
	sum, term, odds := none, none, p/(1-p)
	for k := range y {
		term *= odds * float64(n-k) / float64(k+1)
		sum += term
	}
	return min(sum, 1)
}
