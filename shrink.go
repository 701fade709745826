package kpi

import (
	"encoding/json"
	"math/big"
	"strconv"
)

// Shrink returns the share that is to be expected of a group once it is known
// what such groups are like: (K + strength·mean) / (N + strength), as if strength
// observations at the mean had come before. It lies between K/N and mean, and is
// defined for 0 of 0 too. The prior may come from last year; that of many groups
// at hand comes from the function Shrink. It returns an error for impossible
// counts, a mean outside [0, 1], a negative strength, or if there are neither
// observations nor strength.
func (p Proportion) Shrink(mean, strength Ratio) (Ratio, error) {
	const metric = "Proportion.Shrink"
	if err := p.valid(metric); err != nil {
		return Ratio{}, err
	}
	if mean.Sign() < 0 || mean.Cmp(Whole(1)) > 0 {
		return Ratio{}, fail(metric, CodeOutOfRange, "mean = %s", clip(mean.String()))
	}
	if strength.Sign() < 0 {
		return Ratio{}, fail(metric, CodeNegative, "strength = %s", clip(strength.String()))
	}
	return share(metric, Whole(p.K).Add(strength.Mul(mean)).r(), Whole(p.N).Add(strength).r())
}

// Shrinkage is many small groups seen through what all of them are like: a league
// table of raw rates is led by those with the fewest tries, at both ends. A
// beta-binomial model is fitted by moments, exactly. With k of n in a group, g
// groups of anybody,
//
//	Mean     = p̄ = Σk/Σn
//	S        = Σ n(k/n − p̄)²
//	ρ        = [S/(p̄(1−p̄)) − (g−1)] / [Σn − Σn²/Σn − (g−1)], clipped to 0 … 1
//	Strength = M = 1/ρ − 1
//	Rate(i)  = (k + M·p̄) / (n + M)
//
// S is what the rates differ, g−1 what chance alone would make of it; if that
// explains it all, or there is nothing to tell by, the groups are Pooled: each
// has the rate p̄, with a warning, and Strength, which would be infinite, is 0.
//
// Kleinman, J. C. (1973), Proportions with extraneous variance: single and
// independent samples, Journal of the American Statistical Association 68, 46–54.
type Shrinkage struct {
	Groups   []Proportion // in the order given
	Mean     Ratio
	Strength Ratio  // in observations
	Pooled   bool   // every group has the rate Mean
	Warnings []Code // CodeNoSpread if chance explains all, CodeZeroDenominator if there is nothing to tell by
}

// Shrink fits a Shrinkage to groups; one of nobody is allowed, and has the mean.
// It returns an error for impossible counts, naming the group, for counts that
// overflow together, for more than ten thousand different N, if nobody is there
// at all, or for fewer than three groups of anybody, which do not tell what
// groups are like: use Proportion.Shrink with a prior from elsewhere.
func Shrink(groups []Proportion) (Shrinkage, error) {
	const metric = "Shrink"
	var all Proportion
	var some int64
	squares, scatter := new(big.Int), make(fractions)
	for i, p := range groups {
		sum, err := all.Merge(p)
		if err != nil {
			return Shrinkage{}, at(err, metric, i)
		}
		all = sum
		if p.N > 0 {
			some++
			squares.Add(squares, product(p.N, p.N))
			scatter.add(product(p.K, p.K), p.N)
		}
	}
	if err := all.check(metric); err != nil {
		return Shrinkage{}, err
	}
	if some < 3 {
		return Shrinkage{}, fail(metric, CodeTooFew, "groups = %d", some)
	}
	sum, err := exactSum(metric, scatter)
	if err != nil {
		return Shrinkage{}, err
	}
	s := Shrinkage{Groups: append([]Proportion(nil), groups...), Mean: quotient(all.K, all.N)}
	chance := new(big.Rat).SetInt64(some - 1)
	most := new(big.Rat).SetInt64(all.N)
	most.Sub(most, new(big.Rat).SetFrac(squares, big.NewInt(all.N))).Sub(most, chance)
	if all.K == 0 || all.K == all.N || most.Sign() == 0 {
		s.Pooled, s.Warnings = true, []Code{CodeZeroDenominator}
		return s, nil
	}
	// S/(p̄(1−p̄)) = (Σk²/n − K²/N)·N²/(K(N−K))
	sum.Sub(sum, new(big.Rat).SetFrac(product(all.K, all.K), big.NewInt(all.N)))
	sum.Mul(sum, new(big.Rat).SetFrac(product(all.N, all.N), product(all.K, all.N-all.K)))
	switch sum.Sub(sum, chance); {
	case sum.Sign() <= 0: // ρ = 0
		s.Pooled, s.Warnings = true, []Code{CodeNoSpread}
	case sum.Cmp(most) < 0:
		s.Strength = ratio(most.Sub(most.Quo(most, sum), ratOne))
	}
	return s, nil
}

// Rate returns the shrunk rate of group i, exactly; where thousands of groups
// differ in size it is a long fraction, and takes milliseconds. It returns an
// error if there is no group i, or if s is not as Shrink made it.
func (s Shrinkage) Rate(i int) (Ratio, error) {
	const metric = "Shrinkage.Rate"
	if i < 0 || i >= len(s.Groups) {
		return Ratio{}, fail(metric, CodeOutOfRange, "i = %d, len(Groups) = %d", i, len(s.Groups))
	}
	p := s.Groups[i]
	if s.Pooled || p == (Proportion{}) {
		return s.Mean, nil
	}
	r, err := p.Shrink(s.Mean, s.Strength)
	return r, at(err, metric, i)
}

func (s Shrinkage) table() *table {
	t := &table{head: []string{"group", "k", "n", "raw", "shrunk"}}
	for i, p := range s.Groups {
		shrunk := Undefined
		if r, err := s.Rate(i); err == nil {
			shrunk = r.Percent(1)
		}
		t.add(strconv.Itoa(i), strconv.FormatInt(p.K, 10), strconv.FormatInt(p.N, 10), p.Percent(1), shrunk)
	}
	return t
}

// String returns a table for a terminal: a line a group, numbered from 0, with
// its raw and its shrunk rate.
func (s Shrinkage) String() string { return s.table().String() }

// Markdown returns the table of String in Markdown.
func (s Shrinkage) Markdown() string { return s.table().markdown() }

// MarshalJSON writes the counts, the prior, and the shrunk rates, exactly and to
// four places. It returns an error as Rate does.
func (s Shrinkage) MarshalJSON() ([]byte, error) {
	type row struct {
		Proportion
		Rate exact `json:"rate"`
	}
	rows := make([]row, len(s.Groups))
	for i, p := range s.Groups {
		r, err := s.Rate(i)
		if err != nil {
			return nil, err
		}
		rows[i] = row{p, exactly(r)}
	}
	return json.Marshal(struct {
		Mean     exact  `json:"mean"`
		Strength exact  `json:"strength"`
		Pooled   bool   `json:"pooled"`
		Groups   []row  `json:"groups"`
		Warnings []Code `json:"warnings,omitempty"`
	}{exactly(s.Mean), exactly(s.Strength), s.Pooled, rows, s.Warnings})
}

// UnmarshalJSON reads the counts of what MarshalJSON wrote and fits them again.
// It returns an error, and leaves s as it was, as Shrink does.
func (s *Shrinkage) UnmarshalJSON(data []byte) error {
	var counts struct {
		Groups []Proportion `json:"groups"`
	}
	if err := json.Unmarshal(data, &counts); err != nil {
		return err
	}
	fitted, err := Shrink(counts.Groups)
	if err != nil {
		return err
	}
	*s = fitted
	return nil
}
