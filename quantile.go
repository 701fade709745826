package kpi

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

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

// betaQuantile returns the point with the probability of a normal quantile's
// tail, z ≥ 0, below it, or above it if upper, in a beta distribution. It is good
// to about 1e-13 of itself for confidences up to 0.999. The inverse of mathext is
// not for large a and b: its continued fraction stops short at some 10⁶ of either,
// and its logarithms of gamma functions lose the digits beyond.
func betaQuantile(a, b, z float64, upper bool) float64 {
	if min(a, b) > 1e8 {
		return carter(a, b, z, upper)
	}
	tail := normalTail(z) / 2
	return bisect(0, 1, func(x float64) bool {
		below, above := betaTails(a, b, x)
		if upper {
			return above > tail
		}
		return below < tail
	})
}

// betaTails returns the probabilities below and above x, 0 < x < 1, in a beta
// distribution, the smaller of them without cancellation.
func betaTails(a, b, x float64) (below, above float64) {
	n := a + b
	p, q := a/n, b/n
	// x^a(1−x)^b/B(a, b), about the mean, where it is Stirling's formula for B.
	density := math.Sqrt(a*b/(2*math.Pi*n)) *
		math.Exp(a*logOver(x, p, x-p)+b*logOver(1-x, q, p-x)+stirling(n)-stirling(a)-stirling(b))
	if x < p {
		below = density * betaFraction(a, b, x, a-n*x)
		return below, 1 - below
	}
	above = density * betaFraction(b, a, 1-x, n*x-a)
	return 1 - above, above
}

// logOver returns log(x/m) of an x that is m + d.
func logOver(x, m, d float64) float64 {
	if math.Abs(d) < m/2 {
		return math.Log1p(d / m)
	}
	return math.Log(x / m)
}

// stirling returns log Γ(a) less Stirling's formula for it.
func stirling(a float64) float64 {
	if a < 16 {
		l, _ := math.Lgamma(a)
		return l - (a-0.5)*math.Log(a) + a - math.Log(2*math.Pi)/2
	}
	y := 1 / (a * a)
	return (1.0/12 - (1.0/360-(1.0/1260-(1.0/1680-y/1188)*y)*y)*y) / a
}

// betaFraction is the contracted continued fraction of the incomplete beta
// function for x up to its mean, with short = a − (a+b)x ≥ 0. It needs some
// √min(a, b) terms at the mean and fewer in the tails.
//
// Didonato, A. R. and Morris, A. H. (1992), Algorithm 708: significant digit
// computation of the incomplete beta function ratios, ACM Transactions on
// Mathematical Software 18, 360–373.
func betaFraction(a, b, x, short float64) float64 {
	first := (1 + short) / (1 + 1/a)
	c, d, f := first, 0.0, first
	for m := 1.0; m < 1e6; m++ {
		t, s := m/a, a+2*m-1
		w, p, e := m*(b-m)*x, 1+(m-1)/a, a/s
		up := p * (p + b/a) * e * e * w * x
		down := m + w/s + (1+t)/(1+1/a+2*t)*(1+short+m*(2-x))
		d, c = 1/(down+up*d), down+up/c
		f *= c * d
		if math.Abs(c*d-1) < 1e-15 {
			break
		}
	}
	return 1 / f
}

// carter is betaQuantile for large a and b: Abramowitz and Stegun (1964),
// 26.5.22. Its relative error is about (a or b)^−1.5.
func carter(a, b, z float64, upper bool) float64 {
	if upper {
		z = -z
	}
	h := 2 / (1/(2*a-1) + 1/(2*b-1))
	l := (z*z - 3) / 6
	w := z*math.Sqrt(h+l)/h - (1/(2*b-1)-1/(2*a-1))*(l+5.0/6-2/(3*h))
	return a / (a + b*math.Exp(2*w))
}

// gammaQuantile is betaQuantile of a gamma distribution of shape a, which is that
// of half a χ² with 2a degrees of freedom.
func gammaQuantile(a, z float64, upper bool) float64 {
	if a <= 1e6 {
		tail := normalTail(z) / 2
		if upper {
			return mathext.GammaIncRegCompInv(a, tail)
		}
		return mathext.GammaIncRegInv(a, tail)
	}
	// The expansion about the normal quantile: Abramowitz and Stegun (1964),
	// 26.2.49 with the cumulants of the gamma distribution.
	if !upper {
		z = -z
	}
	y, s := z*z, math.Sqrt(a)
	return a + z*s + (y-1)/3 + (y-7)*z/(36*s) - ((3*y+7)*y-16)/(810*a)
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
