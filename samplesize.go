package kpi

import "math"

// SampleSize returns how many observations each of two groups needs for a test to
// tell the share p1 from p0: with so many, Proportion.Compare finds a true
// difference of that size, at the level 1 − confidence, with the chance power.
//
//	n = (z√(2p̄(1−p̄)) + z′√(p0(1−p0) + p1(1−p1)))² / (p1−p0)²,  p̄ = (p0+p1)/2
//
// rounded up, z being the two-sided quantile of confidence and z′ the one-sided
// one of power: the normal approximation without a correction for continuity. To
// tell 10 % from 12 % with power 0.8 at 95 % takes 3841 each. Decide n before, and
// look once: to stop at the first small P finds differences that are not there.
// It returns an error for a share outside [0, 1], for a confidence or a power
// outside (0, 1), for a number that is not a number, if p0 = p1, or if n is beyond
// 10¹⁸.
//
// Fleiss, J. L., Levin, B. and Paik, M. C. (2003), Statistical methods for rates
// and proportions, third edition, chapter 4.
func SampleSize(p0, p1, confidence, power float64) (int64, error) {
	const metric = "SampleSize"
	for _, p := range []float64{p0, p1} {
		if err := inUnit(metric, p); err != nil {
			return 0, err
		}
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return 0, err
	}
	if !(power > 0 && power < 1) {
		return 0, fail(metric, CodeOutOfRange, "power = %v ∉ (0, 1)", power)
	}
	if p0 == p1 {
		return 0, fail(metric, CodeNever, "p0 = p1 = %v", p0)
	}
	sum := p0 + p1 // 2p̄
	root := z*math.Sqrt(sum*(1-sum/2)) + normalBelow(power)*math.Sqrt(p0*(1-p0)+p1*(1-p1))
	root = max(root, 0) / (p1 - p0) // a power below the level needs nothing
	return wholeSize(metric, root*root)
}

func inUnit(metric string, p float64) error {
	if !(p >= 0 && p <= 1) {
		return fail(metric, CodeOutOfRange, "p = %v ∉ [0, 1]", p)
	}
	return nil
}

// wholeSize rounds a sample size up, to 1 at least.
func wholeSize(metric string, n float64) (int64, error) {
	if !(n < 1e18) {
		return 0, fail(metric, CodeBeyondBound, "n = %.4g", n)
	}
	// What a whole number has gained by rounding does not count.
	return max(int64(math.Ceil(n*(1-1e-14))), 1), nil
}

// halfWidth refuses a half width that no interval can have.
func halfWidth(metric string, half float64) error {
	if !(half > 0) || math.IsInf(half, 0) {
		return fail(metric, CodeOutOfRange, "half = %v", half)
	}
	return nil
}

// SampleSizeShare returns how many observations a share near p needs for its
// interval, Wilson's, to reach no further than half to either side of its middle:
// the least n with z√(p(1−p)n + z²/4)/(n + z²) ≤ half. With p = 0.5 it holds for
// any share. It returns an error for a p outside [0, 1], a half that is not above
// 0 and finite, a confidence outside (0, 1), or if n is beyond 10¹⁸.
func SampleSizeShare(p, half, confidence float64) (int64, error) {
	const metric = "SampleSizeShare"
	if err := inUnit(metric, p); err != nil {
		return 0, err
	}
	if err := halfWidth(metric, half); err != nil {
		return 0, err
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return 0, err
	}
	return shareSize(metric, p, z/half, z)
}

// shareSize solves h²(n+z²)² = z²(p(1−p)n + z²/4) for n, given u = z/h.
func shareSize(metric string, p, u, z float64) (int64, error) {
	if math.IsInf(u, 1) {
		return 0, fail(metric, CodeBeyondBound, "z/half > %.4g", math.MaxFloat64)
	}
	// With m = n+z² it is m² − 2bm − (uz(½−p))² = 0.
	b := u * u * p * (1 - p) / 2
	return wholeSize(metric, b+math.Hypot(b, u*z*(0.5-p))-z*z)
}

// SampleSizeMean returns how many observations of the standard deviation
// deviation a mean needs for its interval to reach half to either side: the
// least n ≥ 2 with t(n−1)·deviation/√n ≤ half. It returns an error for a
// deviation that is negative or not finite, a half that is not above 0 and
// finite, a confidence outside (0, 1), or if n is beyond 10¹⁸.
func SampleSizeMean(deviation, half, confidence float64) (int64, error) {
	const metric = "SampleSizeMean"
	if !(deviation >= 0) || math.IsInf(deviation, 0) {
		return 0, fail(metric, CodeOutOfRange, "deviation = %v", deviation)
	}
	if err := halfWidth(metric, half); err != nil {
		return 0, err
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return 0, err
	}
	wide := deviation / half
	root := z * wide
	n, err := wholeSize(metric, root*root) // t is wider than z: no fewer than this
	if err != nil {
		return 0, err
	}
	enough := func(n int64) bool {
		t, err := tQuantile(metric, confidence, float64(n-1))
		return err == nil && t*wide <= math.Sqrt(float64(n))
	}
	lo, hi := max(n, 2), max(n, 2)
	for step := int64(1); !enough(hi); step *= 2 {
		if lo, hi = hi+1, hi+step; hi > 2e18 {
			return 0, fail(metric, CodeBeyondBound, "n = %d", n)
		}
	}
	for lo < hi {
		if mid := lo + (hi-lo)/2; enough(mid) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return hi, nil
}

// SampleSizeNPS returns how many answers a net promoter score needs for its
// interval to reach no further than half points to either side of its middle,
// whatever the score is: the worst case is half promoters and half detractors.
// Customers are less divided, and the interval of a survey that was made is
// narrower. It returns an error for a half that is not above 0 and finite, a
// confidence outside (0, 1), or if n is beyond 10¹⁸.
func SampleSizeNPS(half, confidence float64) (int64, error) {
	const metric = "SampleSizeNPS"
	if err := halfWidth(metric, half); err != nil {
		return 0, err
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return 0, err
	}
	// Without passives the score is twice the share of promoters, less one.
	return shareSize(metric, 0.5, 200*(z/half), z)
}
