package kpi

import (
	"math"
	"math/big"
	"slices"
	"time"
)

// Durations holds how long things took, every value of them: response times,
// times to convert, handling times. The zero value is empty and ready to use; it
// is not safe for concurrent use while values are added, questions only read, and
// it must not be copied after its first use. A value takes 8 bytes; Histogram
// takes 58 KiB for any number and answers within a percent.
//
//	Mean         Σd/N
//	Quantile     the p-quantile, by a stated QuantileType
//	Within       #{d ≤ target} / N
//
// Quantiles and means are in seconds, exactly: q.Duration() is a time.Duration and
// q.In(3600, 1) hours to one place. The mean of times that people wait says little
// about them, since a few long ones make it: quote the median and the ninetieth
// percentile, and the share within the target.
//
// A negative duration ends before it begins, which is an error of clocks or of
// arguments: it is refused and not averaged in. What is still running has no
// duration yet, and leaving it out makes the rest look quick; where much is open,
// ask Lifetimes.
type Durations struct {
	noJSON
	full [][]time.Duration // parts that will not grow
	tail []time.Duration
}

// mostPart bounds the values of a part, so that growing copies nothing.
const mostPart = 1 << 16

// Add adds d. It returns an error, and adds nothing, if d is negative.
func (s *Durations) Add(d time.Duration) error {
	if d < 0 {
		return negativeDuration("Durations.Add", "d", d)
	}
	if len(s.tail) == cap(s.tail) {
		s.grow()
	}
	s.tail = append(s.tail, d)
	return nil
}

// grow makes room in the tail, which is full.
func (s *Durations) grow() {
	size := 2 * len(s.tail)
	if size > 0 {
		s.full = append(s.full, s.tail)
	}
	s.tail = make([]time.Duration, 0, max(16, min(size, mostPart)))
}

// AddAll adds every one of ds, or nothing: it returns an error that names the
// first that is negative.
func (s *Durations) AddAll(ds []time.Duration) error {
	const metric = "Durations.AddAll"
	for i, d := range ds {
		if d < 0 {
			return at(negativeDuration(metric, "d", d), metric, i)
		}
	}
	s.extend(ds)
	return nil
}

func (s *Durations) extend(ds []time.Duration) {
	for len(ds) > 0 {
		if len(s.tail) == cap(s.tail) {
			s.grow()
		}
		k := min(len(ds), cap(s.tail)-len(s.tail))
		s.tail = append(s.tail, ds[:k]...)
		ds = ds[k:]
	}
}

func negativeDuration(metric, name string, d time.Duration) error {
	return fail(metric, CodeNegative, "%s = %s", name, d)
}

// Merge adds what o holds; o is unchanged. It returns an error if o is nil.
func (s *Durations) Merge(o *Durations) error {
	if o == nil {
		return fail("Durations.Merge", CodeEmpty, "o = nil")
	}
	for _, part := range o.parts() {
		s.extend(part)
	}
	return nil
}

// parts returns all values, for reading only.
func (s *Durations) parts() [][]time.Duration {
	if len(s.tail) == 0 {
		return s.full
	}
	return append(slices.Clip(s.full), s.tail)
}

// Len returns the number of values.
func (s *Durations) Len() int {
	n := len(s.tail)
	for _, part := range s.full {
		n += len(part)
	}
	return n
}

// Mean returns the mean in seconds, with n, sum and sum of squares exactly. It
// returns an error if there are no values.
func (s *Durations) Mean() (Mean, error) {
	var m moments
	for _, part := range s.parts() {
		m.addAll(part)
	}
	return m.seconds("Durations.Mean")
}

// Min returns the least value. It returns an error if there are none.
func (s *Durations) Min() (time.Duration, error) {
	least, _, err := s.extremes("Durations.Min")
	return least, err
}

// Max returns the greatest value. It returns an error if there are none.
func (s *Durations) Max() (time.Duration, error) {
	_, most, err := s.extremes("Durations.Max")
	return most, err
}

func (s *Durations) extremes(metric string) (least, most time.Duration, err error) {
	if s.Len() == 0 {
		return 0, 0, fail(metric, CodeNoData, "")
	}
	least, most = everything.extremes(s.parts())
	return least, most, nil
}

// Quantile returns the p-quantile, 0 ≤ p ≤ 1, in seconds and exactly: Percent(50)
// is the median (中位数) and Percent(90) P90. It returns an error if t is not
// stated or p out of range, or if there are no values.
func (s *Durations) Quantile(p Ratio, t QuantileType) (Ratio, error) {
	q, err := s.quantiles("Durations.Quantile", []Ratio{p}, t)
	if err != nil {
		return Ratio{}, under(err, "Durations.Quantile")
	}
	return q[0], nil
}

// Quantiles returns Quantile of every one of ps, in their order, for hardly more
// than the time of one. It returns an error as Quantile does, naming the first of
// ps that is out of range.
func (s *Durations) Quantiles(ps []Ratio, t QuantileType) ([]Ratio, error) {
	return s.quantiles("Durations.Quantiles", ps, t)
}

func (s *Durations) quantiles(metric string, ps []Ratio, t QuantileType) ([]Ratio, error) {
	for i, p := range ps {
		if err := t.check(metric, p); err != nil {
			return nil, at(err, metric, i)
		}
	}
	n := s.Len()
	if n == 0 {
		return nil, fail(metric, CodeNoData, "")
	}
	places := make([]place, len(ps))
	ranks := make([]int, 0, 2*len(ps))
	for i, p := range ps {
		l := t.place(int64(n), p)
		places[i] = l
		ranks = append(ranks, int(l.from), int(l.to))
	}
	slices.Sort(ranks)
	ranks = slices.Compact(ranks)
	found := valuesAt(s.parts(), n, ranks)
	value := func(rank int64) time.Duration {
		i, _ := slices.BinarySearch(ranks, int(rank))
		return found[i]
	}
	out := make([]Ratio, len(ps))
	for i, l := range places {
		out[i] = l.seconds(value(l.from), value(l.to))
	}
	return out, nil
}

// seconds is between of two durations.
func (l place) seconds(x, y time.Duration) Ratio {
	q := l.between(new(big.Rat).SetInt64(int64(x)), new(big.Rat).SetInt64(int64(y)))
	return ratio(q.Quo(q, new(big.Rat).SetInt64(int64(time.Second))))
}

// Within returns the share that took target or less (达标率): exactly on target is
// met. It returns an error if target is negative, or if there are no values.
func (s *Durations) Within(target time.Duration) (Proportion, error) {
	const metric = "Durations.Within"
	if target < 0 {
		return Proportion{}, negativeDuration(metric, "target", target)
	}
	var k int64
	for _, part := range s.parts() {
		for _, d := range part {
			if d <= target {
				k++
			}
		}
	}
	return proportion(metric, k, int64(s.Len()))
}

// AppendBinary appends the canonical encoding of s: equal values, in whatever
// order they came, give equal bytes.
func (s *Durations) AppendBinary(b []byte) ([]byte, error) {
	b = appendUint(appendHeader(b, kindDurations), uint64(s.Len())) //nolint:gosec // not negative
	return appendDurations(b, s.parts()...), nil
}

// appendDurations appends the values of parts in ascending order, each by its
// distance from the one below.
func appendDurations(b []byte, parts ...[]time.Duration) []byte {
	sorted := slices.Concat(parts...)
	slices.Sort(sorted)
	var last time.Duration
	for _, d := range sorted {
		b = appendUint(b, uint64(d-last)) //nolint:gosec // ascending
		last = d
	}
	return b
}

// MarshalBinary is AppendBinary to an empty slice.
func (s *Durations) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary replaces s by what AppendBinary wrote. It returns an error, and
// leaves s as it was, if data are anything else.
func (s *Durations) UnmarshalBinary(data []byte) error {
	d := newDecoder("Durations.UnmarshalBinary", kindDurations, data)
	var n Durations
	var last time.Duration
	for left := d.count(1); left > 0 && d.err == nil; left-- {
		last += time.Duration(d.uint(uint64(math.MaxInt64 - last))) //nolint:gosec // bounded on the same line
		n.extend([]time.Duration{last})
	}
	if err := d.done(); err != nil {
		return err
	}
	s.full, s.tail = n.full, n.tail
	return nil
}

var durationsCatalog = []Entry{
	{
		Key: "durations.quantile", English: []string{"quantile of durations", "median time", "percentile", "P50", "P90", "P95", "P99"},
		Chinese: []string{"时长分位数", "中位数", "中位时长", "百分位数", "九十分位时长", "P90时长"}, Formula: "(1−γ)·xⱼ + γ·xⱼ₊₁",
		Unit: "seconds", Direction: Neither, Type: "Durations", Method: "Quantile",
	},
	{
		Key: "durations.mean", English: []string{"average duration", "mean time"},
		Chinese: []string{"平均时长", "平均耗时", "平均用时"}, Formula: "Σd / N",
		Unit: "seconds", Direction: Neither, Type: "Durations", Method: "Mean",
	},
	{
		Key: "durations.within", English: []string{"share within target", "attainment of a target time", "service level"},
		Chinese: []string{"达标率", "时效达标率", "按时率"}, Formula: "#{d ≤ target} / N",
		Unit: "share", Direction: Higher, Type: "Durations", Method: "Within",
	},
}
