package kpi

import (
	"math"
	"math/big"
)

// maxSizes bounds how many different denominators are added exactly; ten thousand
// of them, each of sixty bits, take most of a second.
const maxSizes = 10000

// exactSum is the sum of f, bounded.
func exactSum(metric string, f fractions) (*big.Rat, error) {
	if len(f) > maxSizes {
		return nil, fail(metric, CodeTooLarge, "denominators = %d", len(f))
	}
	return f.sum(), nil
}

// product returns a·b.
func product(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }

// Stratum is one two-by-two table: the same two groups within one stratum, such
// as old and new checkout on phones.
type Stratum struct {
	Name string     `json:"name"` // such as a device
	A    Proportion `json:"a"`    // the group in question
	B    Proportion `json:"b"`    // the one it is held against
}

// Strata compares two groups, A and B, within strata and never across them, so
// that a difference of mix does not pass for a difference of rates: Simpson's
// paradox is what happens otherwise. With n = A.N + B.N in each stratum,
//
//	CommonOddsRatio  = Σ A.K·(B.N−B.K)/n / Σ (A.N−A.K)·B.K/n
//	CommonDifference = Σ (A.K·B.N − B.K·A.N)/n / Σ A.N·B.N/n
//
// Both are Mantel and Haenszel's. They suppose that the groups differ alike in
// all strata; where they clearly do not, a common figure hides the news. A
// stratum that lacks a group says nothing of the difference, and counts for
// nothing. RateMix takes a difference apart where Strata takes the mix out.
//
// Mantel, N. and Haenszel, W. (1959), Statistical aspects of the analysis of data
// from retrospective studies of disease, Journal of the National Cancer Institute
// 22, 719–748; for the difference Greenland, S. and Robins, J. M. (1985),
// Estimation of a common effect parameter from sparse follow-up data, Biometrics
// 41, 55–68.
type Strata []Stratum

// total returns the observations of all strata, once they are known to be
// possible.
func (s Strata) total(metric string) (int64, error) {
	var n int64
	for i, x := range s {
		here, err := x.A.both(metric, x.B)
		if err == nil {
			err = addCounts(metric, []*int64{&n}, here)
		}
		if err != nil {
			return 0, at(err, metric, i)
		}
	}
	return n, nil
}

// weigh returns Σ part(stratum)/n over the strata of anybody.
func (s Strata) weigh(metric string, part func(Stratum) *big.Int) (*big.Rat, error) {
	f := make(fractions)
	for _, x := range s {
		if n := x.A.N + x.B.N; n > 0 {
			f.add(part(x), n)
		}
	}
	return exactSum(metric, f)
}

// concordant and discordant are the products of the diagonals of x.
func (x Stratum) concordant() *big.Int { return product(x.A.K, x.B.N-x.B.K) }
func (x Stratum) discordant() *big.Int { return product(x.A.N-x.A.K, x.B.K) }

// odds returns the numerator and the denominator of the common odds ratio.
func (s Strata) odds(metric string) (top, bottom *big.Rat, err error) {
	if top, err = s.weigh(metric, Stratum.concordant); err != nil {
		return nil, nil, err
	}
	if bottom, err = s.weigh(metric, Stratum.discordant); err != nil {
		return nil, nil, err
	}
	if bottom.Sign() == 0 {
		return nil, nil, fail(metric, CodeZeroDenominator, "Σ (A.N−A.K)·B.K/n = 0")
	}
	return top, bottom, nil
}

// CommonOddsRatio returns the common odds ratio of A against B, exactly: 1 where
// they do not differ. It returns an error if counts are impossible, naming the
// stratum, if they overflow together, if there are strata of more than ten
// thousand different sizes, or if the denominator is 0.
func (s Strata) CommonOddsRatio() (Ratio, error) {
	const metric = "Strata.CommonOddsRatio"
	if _, err := s.total(metric); err != nil {
		return Ratio{}, err
	}
	top, bottom, err := s.odds(metric)
	if err != nil {
		return Ratio{}, err
	}
	return share(metric, top, bottom)
}

// OddsRatioInterval returns the interval of CommonOddsRatio, on the logarithm
// with the variance of Robins, Breslow and Greenland, which holds for few large
// strata and for many small ones. It warns as an Interval does, of the smaller
// group, and as Compare does. It returns an error as CommonOddsRatio does, if
// the ratio is 0, if a limit is beyond a float64, or if confidence is outside
// (0, 1).
//
// Robins, J., Breslow, N. and Greenland, S. (1986), Estimators of the
// Mantel-Haenszel variance consistent in both sparse data and large-strata
// limiting models, Biometrics 42, 311–323.
func (s Strata) OddsRatioInterval(confidence float64) (Interval, error) {
	const metric = "Strata.OddsRatioInterval"
	n, err := s.total(metric)
	if err != nil {
		return Interval{}, err
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Interval{}, err
	}
	top, bottom, err := s.odds(metric)
	if err != nil {
		return Interval{}, err
	}
	if top.Sign() == 0 {
		return Interval{}, fail(metric, CodeNoSpread, "Σ A.K·(B.N−B.K)/n = 0")
	}
	r, _ := top.Float64()
	q, _ := bottom.Float64()
	var rr, rq, qq float64
	for _, x := range s {
		size := float64(x.A.N + x.B.N)
		if size == 0 {
			continue
		}
		a, b, c, d := float64(x.A.K), float64(x.A.N-x.A.K), float64(x.B.K), float64(x.B.N-x.B.K)
		with, against := (a+d)/size, (b+c)/size
		up, down := a*d/size, b*c/size
		rr += with * up
		rq += with*down + against*up
		qq += against * down
	}
	half := z * math.Sqrt(rr/r/r/2+rq/r/q/2+qq/q/q/2)
	middle := math.Log(r) - math.Log(q)
	i := Interval{Lo: math.Exp(middle - half), Hi: math.Exp(middle + half), Confidence: confidence, N: n}
	if s.sparse() {
		n = 0
	}
	return i.behind(metric, float64(min(n, s.smaller())))
}

// smaller returns the observations of the smaller group, in the strata of both.
func (s Strata) smaller() int64 {
	var a, b int64
	for _, x := range s {
		if x.A.N > 0 && x.B.N > 0 {
			a, b = a+x.A.N, b+x.B.N
		}
	}
	return min(a, b)
}

// sparse reports whether Σ A.K, given how many did and did not in each stratum, is
// expected less than five away from the least or from the most that it could be:
// in a stratum, as far as the smaller cell of either diagonal.
func (s Strata) sparse() bool {
	var least, most float64
	for _, x := range s {
		n := float64(x.A.N + x.B.N)
		if n == 0 {
			continue
		}
		did, rest := float64(x.A.K+x.B.K), float64(x.A.N-x.A.K+x.B.N-x.B.K)
		a, b := float64(x.A.N), float64(x.B.N)
		least += min(a*did, b*rest) / n
		most += min(b*did, a*rest) / n
	}
	return min(least, most) < 5*(1-1e-12) // what the sum has lost by rounding does not count
}

// CommonDifference returns the common difference of the shares, A less B,
// exactly, in −1 … 1. It returns an error if counts are impossible, naming the
// stratum, if they overflow together, if there are strata of more than ten
// thousand different sizes, or if no stratum holds both groups.
func (s Strata) CommonDifference() (Ratio, error) {
	const metric = "Strata.CommonDifference"
	if _, err := s.total(metric); err != nil {
		return Ratio{}, err
	}
	_, d, err := s.difference(metric)
	return d, err
}

// difference returns the numerator of the common difference, and the difference.
func (s Strata) difference(metric string) (*big.Rat, Ratio, error) {
	top, err := s.weigh(metric, func(x Stratum) *big.Int {
		p := product(x.A.K, x.B.N)
		return p.Sub(p, product(x.B.K, x.A.N))
	})
	if err != nil {
		return nil, Ratio{}, err
	}
	bottom, err := s.weigh(metric, func(x Stratum) *big.Int { return product(x.A.N, x.B.N) })
	if err != nil {
		return nil, Ratio{}, err
	}
	d, err := share(metric, top, bottom)
	return top, d, err
}

// Compare tests whether A and B differ within the strata: Mantel and Haenszel's
// χ² on one degree of freedom, without a correction for continuity,
//
//	χ² = (Σ (A.K·B.N − B.K·A.N)/n)² / Σ A.N·B.N·K·(n−K)/(n²(n−1)),  K = A.K + B.K
//
// and Difference is CommonDifference. CodeTooFew is its warning by the rule of
// Mantel and Fleiss: where Σ A.K is expected less than five from the least or from
// the most that it could be, which in one stratum is the rule of
// Proportion.Compare. It returns an error as CommonDifference does, or if in every
// stratum nobody or everybody did.
//
// Mantel, N. and Fleiss, J. L. (1980), Minimum expected cell size requirements for
// the Mantel-Haenszel one-degree-of-freedom chi-square test and a related rapid
// procedure, American Journal of Epidemiology 112, 129–134.
func (s Strata) Compare() (Comparison, error) {
	const metric = "Strata.Compare"
	n, err := s.total(metric)
	if err != nil {
		return Comparison{}, err
	}
	top, d, err := s.difference(metric)
	if err != nil {
		return Comparison{}, err
	}
	var variance float64
	for _, x := range s {
		if size := float64(x.A.N + x.B.N); size > 1 {
			did, rest := float64(x.A.K+x.B.K), float64(x.A.N-x.A.K+x.B.N-x.B.K)
			variance += float64(x.A.N) / size * float64(x.B.N) / size * did * rest / (size - 1)
		}
	}
	if variance == 0 {
		return Comparison{}, fail(metric, CodeNoSpread, "len(strata) = %d", len(s))
	}
	off, _ := top.Float64()
	c := Comparison{Test: MantelHaenszel, Difference: d, Statistic: off * off / variance, DF: 1, N: n}
	c.P = chiSquareTail(c.Statistic, c.DF)
	if s.sparse() {
		c.Warnings = []Code{CodeTooFew}
	}
	return c, nil
}

// Standardise returns what the share of all would be if its groups had the sizes
// of a standard population, exactly: direct standardisation,
//
//	Σ weights[i]·rates[i] / Σ weights[i]
//
// Two years, or two branches, that are standardised on the same weights differ by
// their rates alone. Only the proportions of the weights matter: head counts, per
// cent or per mille. A group of weight 0 is passed over. It returns an error for
// slices of different lengths, for an impossible share or a negative weight,
// naming the group, for more than ten thousand different N, if all weights are 0,
// or if a group of nobody has a weight.
func Standardise(rates []Proportion, weights []int64) (Ratio, error) {
	const metric = "Standardise"
	if len(rates) != len(weights) {
		return Ratio{}, fail(metric, CodeLength, "len(rates) = %d ≠ %d = len(weights)", len(rates), len(weights))
	}
	for i, p := range rates {
		if err := p.valid(metric); err != nil {
			return Ratio{}, at(err, metric, i)
		}
		if weights[i] < 0 {
			return Ratio{}, failAt(metric, CodeNegative, i, "weight = %d", weights[i])
		}
	}
	all := new(big.Int)
	f := make(fractions)
	for i, p := range rates {
		switch {
		case weights[i] == 0:
			continue
		case p.N == 0:
			return Ratio{}, failAt(metric, CodeZeroDenominator, i, "N = 0")
		}
		all.Add(all, big.NewInt(weights[i]))
		f.add(product(weights[i], p.K), p.N)
	}
	sum, err := exactSum(metric, f)
	if err != nil {
		return Ratio{}, err
	}
	return share(metric, sum, new(big.Rat).SetInt(all))
}
