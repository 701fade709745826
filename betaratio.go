package kpi

import "math"

// asymptotic is the least argument from which Stirling's series for lnΓ is used;
// smaller ones are moved up to it by the recurrence.
const asymptotic = 24

// stirlingTail are the coefficients of x⁻³, x⁻⁵ … of lnΓ after that of x⁻¹, 1/12: the
// Bernoulli numbers B₂ₖ/(2k(2k−1)).
var stirlingTail = [...]float64{-1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188}

// logBetaRatio returns ln(B(a, b+u) / B(a, b)) for a, b > 0 and u ≥ 0, which is
// symmetric in a and u and never positive. It is a mixed second difference of lnΓ:
//
//	lnΓ(b+u) + lnΓ(b+a) − lnΓ(b) − lnΓ(b+a+u)
//
// Four logarithms of Γ would leave nothing of it where b is large or a small. Here
// all differences are taken before anything is rounded, so that it holds to a
// few units of the last place wherever u and a are: and with it 1 − B/B, by Expm1.
func logBetaRatio(a, b, u float64) float64 {
	switch u {
	case 0:
		return 0
	case 1:
		return -math.Log1p(a / b)
	}
	sum := 0.0
	for ; b < asymptotic; b++ {
		sum -= math.Log1p(a / b * (u / (b + a + u)))
	}
	sum += (b - 0.5) * math.Log1p(a/b*(u/(b+a+u)))
	sum -= u * math.Log1p(a/(b+u))
	sum -= a * math.Log1p(u/(b+a))
	// What the series of lnΓ adds, x⁻¹/12 in closed form.
	if u > a {
		a, u = u, a
	}
	sum -= mixedReciprocal(a, b, u) / 12
	for k, c := range stirlingTail {
		p := float64(2*k + 3)
		sum -= c * (powerDrop(b, u, p) - powerDrop(b+a, u, p))
	}
	return sum
}

// mixedReciprocal returns 1/b − 1/(b+u) − 1/(b+a) + 1/(b+a+u).
func mixedReciprocal(a, b, u float64) float64 {
	return u / (b + u) / b * (a / (b + a)) * ((2*b + a + u) / (b + a + u))
}

// powerDrop returns x⁻ᵖ − (x+u)⁻ᵖ.
func powerDrop(x, u, p float64) float64 {
	return -math.Pow(x, -p) * math.Expm1(-p*math.Log1p(u/x))
}
