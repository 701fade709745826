package kpi

import "slices"

// Holm returns the p-values of a family of tests, adjusted so that the chance of
// even one false alarm among them all stays below the level they are held
// against: sorted upwards, p(i) becomes the largest so far of (m−i+1)·p(i), at
// most 1. The order of the result is that of p, equal values stay equal, and of
// no tests there are none. The family is every test that was looked at, not
// those that came out. It returns an error that names the first value outside
// [0, 1] or NaN.
//
// Holm, S. (1979), A simple sequentially rejective multiple test procedure,
// Scandinavian Journal of Statistics 6, 65–70.
func Holm(p []float64) ([]float64, error) {
	order, err := ascending("Holm", p)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(p))
	least := 0.0
	for i, at := range order {
		least = min(max(least, float64(len(p)-i)*p[at]), 1)
		out[at] = least
	}
	return out, nil
}

// BenjaminiHochberg returns the p-values of a family of independent tests,
// adjusted so that of those which stay below a level at most that share is
// expected to be false alarms: sorted upwards, p(i) becomes the smallest from
// there on of m·p(i)/i, at most 1. It lets more through than Holm, and is for
// lists to be gone through. The order of the result is that of p, equal values
// stay equal, and of no tests there are none. It returns an error that names the
// first value outside [0, 1] or NaN.
//
// Benjamini, Y. and Hochberg, Y. (1995), Controlling the false discovery rate: a
// practical and powerful approach to multiple testing, Journal of the Royal
// Statistical Society B 57, 289–300.
func BenjaminiHochberg(p []float64) ([]float64, error) {
	order, err := ascending("BenjaminiHochberg", p)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(p))
	most := 1.0
	for i, at := range slices.Backward(order) {
		// m/i ≥ 1 first: the other way round p could fall below itself.
		most = min(most, float64(len(p))/float64(i+1)*p[at])
		out[at] = most
	}
	return out, nil
}

// ascending returns the positions of p from the smallest value to the largest.
func ascending(metric string, p []float64) ([]int, error) {
	order := make([]int, len(p))
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, failAt(metric, CodeOutOfRange, i, "p = %v ∉ [0, 1]", v)
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		default:
			return 0
		}
	})
	return order, nil
}
