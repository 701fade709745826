package kpi

import (
	"encoding/json"
	"math/big"

	"github.com/shopspring/decimal"
)

// Mean is an average of observations that knows its n, its sum and its sum of
// squares, all exact, so that it can be merged, compared and given an interval.
// Its zero value, of no observations, is the identity of Merge.
//
//	mean     = Sum / N
//	variance = (Squares − Sum²/N) / (N−1)
//
// Where Low < High the observations are bounded, as scores on a scale are, and
// the interval stays inside the bounds. The sums must be possible:
//
//	Sum² ≤ N·Squares
//	Squares ≤ (Low + High)·Sum − N·Low·High, if bounded
//
// the second of which also keeps the mean inside the bounds.
type Mean struct {
	N       int64           `json:"n"`
	Sum     decimal.Decimal `json:"sum"`
	Squares decimal.Decimal `json:"squares"`
	Low     decimal.Decimal `json:"low"`
	High    decimal.Decimal `json:"high"`
}

// MeanOf returns the mean of values, unbounded. It returns an error if a value
// has an exponent outside ±64 or more than 400 digits, naming it, or if their sum
// has more than 400.
func MeanOf(values []decimal.Decimal) (Mean, error) {
	const metric = "MeanOf"
	var sum, squares Sum
	for i, v := range values {
		if err := gate(metric, "value", v); err != nil {
			return Mean{}, at(err, metric, i)
		}
		sum.add(v)
		squares.add(v.Mul(v))
	}
	m := Mean{N: int64(len(values)), Sum: sum.Decimal(), Squares: squares.Decimal()}
	if err := m.valid(metric); err != nil {
		return Mean{}, err
	}
	return m, nil
}

// scoreMean is the mean of counts per score, on a scale.
func scoreMean(s Scale, counts []int64) Mean {
	var sum, squares big.Int
	m := Mean{Low: decimal.NewFromInt(int64(s.Min)), High: decimal.NewFromInt(int64(s.Max))}
	for score := s.Min; score <= s.Max; score++ {
		c, x := big.NewInt(counts[score]), big.NewInt(int64(score))
		m.N += counts[score]
		sum.Add(&sum, c.Mul(c, x))
		squares.Add(&squares, c.Mul(c, x))
	}
	m.Sum, m.Squares = decimal.NewFromBigInt(&sum, 0), decimal.NewFromBigInt(&squares, 0)
	return m
}

func (m Mean) valid(metric string) error {
	if err := nonNegative(metric, []string{"N"}, m.N); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		value decimal.Decimal
		times int32
	}{{"Sum", m.Sum, 1}, {"Squares", m.Squares, 2}, {"Low", m.Low, 1}, {"High", m.High, 1}} {
		if err := gateTimes(metric, f.name, f.value, f.times); err != nil {
			return err
		}
	}
	if m.N == 0 && (!m.Sum.IsZero() || !m.Squares.IsZero()) {
		return fail(metric, CodeMismatch, "N = 0, Sum ≠ 0")
	}
	// Cauchy–Schwarz: no observations have N·Squares < Sum².
	if m.scatter().Sign() < 0 {
		return fail(metric, CodeMismatch, "N·Squares < Sum²")
	}
	if m.Low.GreaterThan(m.High) {
		return fail(metric, CodeOutOfRange, "Low > High")
	}
	// Each observation x has (x − Low)·(High − x) ≥ 0, and so has the sum of them.
	if m.bounded() {
		most := m.Low.Add(m.High).Mul(m.Sum).Sub(m.Low.Mul(m.High).Mul(decimal.NewFromInt(m.N)))
		if m.Squares.GreaterThan(most) {
			return fail(metric, CodeOutOfScale, "x ∉ [Low, High]")
		}
	}
	return nil
}

func (m Mean) bounded() bool { return m.Low.LessThan(m.High) }

// scatter returns N·Squares − Sum².
func (m Mean) scatter() decimal.Decimal {
	return decimal.NewFromInt(m.N).Mul(m.Squares).Sub(m.Sum.Mul(m.Sum))
}

func (m Mean) check(metric string, least int64) error {
	if err := m.valid(metric); err != nil {
		return err
	}
	if m.N == 0 {
		return fail(metric, CodeNoData, "N = 0")
	}
	if m.N < least {
		return fail(metric, CodeTooFew, "N = %d < %d", m.N, least)
	}
	return nil
}

// Ratio returns Sum/N exactly. It returns an error if N is 0 or negative, or if
// the sums cannot belong to N observations.
func (m Mean) Ratio() (Ratio, error) {
	if err := m.check("Mean.Ratio", 1); err != nil {
		return Ratio{}, err
	}
	return m.ratio(), nil
}

func (m Mean) ratio() Ratio {
	return ratio(new(big.Rat).Quo(m.Sum.Rat(), new(big.Rat).SetInt64(m.N)))
}

// Variance returns the sample variance exactly. It returns an error as Ratio
// does, or if N < 2.
func (m Mean) Variance() (Ratio, error) {
	if err := m.check("Mean.Variance", 2); err != nil {
		return Ratio{}, err
	}
	return m.variance(), nil
}

func (m Mean) variance() Ratio {
	n := big.NewInt(m.N)
	n.Mul(n, big.NewInt(m.N-1))
	return ratio(new(big.Rat).Quo(m.scatter().Rat(), new(big.Rat).SetInt(n)))
}

// Merge returns the mean of two disjoint groups together. It returns an error if
// either is invalid, if N overflows, if the bounds differ, or if Sum grows past
// 400 digits.
func (m Mean) Merge(o Mean) (Mean, error) {
	const metric = "Mean.Merge"
	if err := bothValid(metric, m, o); err != nil {
		return m, err
	}
	switch {
	case o.N == 0:
		return m, nil
	case m.N == 0:
		return o, nil
	case !m.Low.Equal(o.Low) || !m.High.Equal(o.High):
		return m, fail(metric, CodeMismatch, "Low, High ≠ o.Low, o.High")
	}
	t := m
	if err := addCounts(metric, []*int64{&t.N}, o.N); err != nil {
		return m, err
	}
	t.Sum, t.Squares = t.Sum.Add(o.Sum), t.Squares.Add(o.Squares)
	if err := t.valid(metric); err != nil {
		return m, err
	}
	return t, nil
}

// shadow stands for m in JSON.
func (m *Mean) shadow() any {
	type fields Mean
	return &struct {
		*fields
		Sum     *jsonAmount `json:"sum"`
		Squares *jsonAmount `json:"squares"`
		Low     *jsonAmount `json:"low"`
		High    *jsonAmount `json:"high"`
	}{
		(*fields)(m),
		(*jsonAmount)(&m.Sum),
		(*jsonAmount)(&m.Squares),
		(*jsonAmount)(&m.Low),
		(*jsonAmount)(&m.High),
	}
}

// MarshalJSON writes the sums and the bounds exactly, as strings. It returns an
// error if one is too large.
func (m Mean) MarshalJSON() ([]byte, error) { return json.Marshal(m.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves m as it was, if data are anything else.
func (m *Mean) UnmarshalJSON(data []byte) error { return readForm(m, (*Mean).shadow, data) }

// Interval returns Student's t interval of the mean, clipped to the bounds:
//
//	mean ± t(N−1)·√(variance/N)
//
// Where all N observations are equal there is no spread to judge by. Bounded
// ones then give [mean − u(mean−Low), mean + u(High−mean)], u being Wilson's
// upper limit of 0 in N, with CodeNoSpread as a warning; unbounded ones give an
// error, as do fewer than two observations, limits beyond a float64 and a
// confidence outside (0, 1).
func (m Mean) Interval(confidence float64) (Interval, error) {
	const metric = "Mean.Interval"
	if err := m.valid(metric); err != nil {
		return Interval{}, err
	}
	t, err := tQuantile(metric, confidence, float64(max(m.N-1, 1)))
	if err != nil {
		return Interval{}, err
	}
	if err := m.check(metric, 2); err != nil {
		return Interval{}, err
	}
	i := Interval{Confidence: confidence, N: m.N}
	mean, low, high := m.ratio().Float64(), m.Low.InexactFloat64(), m.High.InexactFloat64()
	v := m.variance()
	if v.IsZero() {
		if !m.bounded() {
			return Interval{}, fail(metric, CodeNoSpread, "N = %d", m.N)
		}
		z, _ := normalQuantile(metric, confidence)
		return i.noSpread(mean, low, high, float64(m.N), z).behind(metric, float64(m.N))
	}
	half := t * squareRoot(new(big.Rat).Quo(v.r(), new(big.Rat).SetInt64(m.N)))
	i.Lo, i.Hi = mean-half, mean+half
	if m.bounded() {
		i.Lo, i.Hi = max(i.Lo, low), min(i.Hi, high)
	}
	return i.behind(metric, float64(m.N))
}

// noSpread returns i with the limits of n equal observations between low and
// high, of which Wilson's upper limit of 0 in n may be hidden at either end.
func (i Interval) noSpread(mean, low, high, n, z float64) Interval {
	_, u := wilson(0, n, z)
	i.Lo, i.Hi, i.Warnings = mean-u*(mean-low), mean+u*(high-mean), []Code{CodeNoSpread}
	return i
}
