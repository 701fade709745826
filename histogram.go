package kpi

import (
	"math"
	"math/big"
	"math/bits"
	"slices"
	"time"
)

// Histogram is Durations in 58 KiB, for any number of values: it counts them in
// fixed buckets, each less than 1/128 = 0.79 % wide. The mean, the least and the
// greatest are exact all the same; quantiles and shares come as the two bounds
// between which Durations would have answered. The zero value is empty and ready
// to use; it is not safe for concurrent use while values are added, questions only
// read, and it must not be copied after its first use. Merge one Histogram a worker.
//
// There are 128 buckets to a doubling from 0 to the greatest time.Duration, and
// below 256 ns every value has its own:
//
//	v < 256            [v, v]
//	128 ≤ m < 256      [m·2ᵉ, (m + 1)·2ᵉ − 1],  e = 1 … 55
//
// so that two histograms always merge, and nothing has to be set up. As in
// Durations a negative duration is an error.
type Histogram struct {
	noJSON
	counts    []int64 // by bucket, nil until the first value
	sums      moments
	low, high time.Duration // the least and the greatest value, once there is one
}

const (
	bucketBits = 7 // of 128 buckets to a doubling
	buckets    = (63-bucketBits)<<bucketBits + 1<<bucketBits
)

// mostValues bounds what is merged and decoded, so that Add need not look: it will
// not be called as often again.
const mostValues = 1 << 62

// bucketOf returns the bucket of a d ≥ 0, and of a negative one what is no bucket.
func bucketOf(d time.Duration) int {
	v := uint64(d) //nolint:gosec // bits
	e := bits.Len64(v|1<<bucketBits) - 1 - bucketBits
	return e<<bucketBits + int(v>>(e&63)) //nolint:gosec // below 256
}

// bucketSpan returns the values of bucket i.
func bucketSpan(i int) span {
	e := max(i>>bucketBits-1, 0)
	lo := time.Duration(i-e<<bucketBits) << e
	return span{lo, lo + (1<<e - 1)}
}

// Add adds d. It returns an error, and adds nothing, if d is negative.
func (h *Histogram) Add(d time.Duration) error {
	i := bucketOf(d)
	if uint(i) >= uint(len(h.counts)) { // nothing yet, or negative
		return h.addFirst(d)
	}
	h.counts[i]++
	h.widen(d, d)
	h.sums.add(uint64(d)) //nolint:gosec // not negative
	return nil
}

func (h *Histogram) addFirst(d time.Duration) error {
	const metric = "Histogram.Add"
	if d < 0 {
		return negativeDuration(metric, "d", d)
	}
	if err := h.grow(metric, 1); err != nil {
		return err
	}
	return h.Add(d)
}

// widen makes room for values from low to high; that it rarely has to is cheaper
// to foretell than to compute.
func (h *Histogram) widen(low, high time.Duration) {
	if low < h.low {
		h.low = low
	}
	if high > h.high {
		h.high = high
	}
}

// grow makes h ready for so many values, if they can be added.
func (h *Histogram) grow(metric string, values int64) error {
	if values > mostValues-h.sums.n {
		return fail(metric, CodeOverflow, "%d + %d", h.sums.n, values)
	}
	if h.counts == nil && values > 0 {
		h.counts, h.low = make([]int64, buckets), math.MaxInt64
	}
	return nil
}

// AddAll adds every one of ds, or nothing: it returns an error that names the
// first that is negative, or one if there are more than 2⁶² values.
func (h *Histogram) AddAll(ds []time.Duration) error {
	const metric = "Histogram.AddAll"
	for i, d := range ds {
		if d < 0 {
			return at(negativeDuration(metric, "d", d), metric, i)
		}
	}
	if err := h.grow(metric, int64(len(ds))); err != nil {
		return err
	}
	for part := range slices.Chunk(ds, 1024) { // which stay in the cache for two turns
		for _, d := range part {
			h.counts[bucketOf(d)]++
			h.widen(d, d)
		}
		h.sums.addAll(part)
	}
	return nil
}

// Merge adds what o holds; o is unchanged. It returns an error if o is nil or if
// there are more than 2⁶² values.
func (h *Histogram) Merge(o *Histogram) error {
	const metric = "Histogram.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := h.grow(metric, o.sums.n); err != nil || o.sums.n == 0 {
		return err
	}
	for i, c := range o.counts {
		h.counts[i] += c
	}
	h.widen(o.low, o.high)
	h.sums.merge(o.sums)
	return nil
}

// Len returns the number of values.
func (h *Histogram) Len() int64 { return h.sums.n }

// Mean returns the mean in seconds, with n, sum and sum of squares exactly. It
// returns an error if there are no values.
func (h *Histogram) Mean() (Mean, error) { return h.sums.seconds("Histogram.Mean") }

// Min returns the least value, exactly. It returns an error if there are none.
func (h *Histogram) Min() (time.Duration, error) { return h.low, h.some("Histogram.Min") }

// Max returns the greatest value, exactly. It returns an error if there are none.
func (h *Histogram) Max() (time.Duration, error) { return h.high, h.some("Histogram.Max") }

func (h *Histogram) some(metric string) error {
	if h.sums.n == 0 {
		return fail(metric, CodeNoData, "")
	}
	return nil
}

// Quantile returns two bounds of the p-quantile, 0 ≤ p ≤ 1, in seconds: the
// Quantile of Durations lies between lo and hi, of which hi is less than 1/128
// above lo. Where one number has to be quoted, it is hi, which makes no wait look
// shorter than it was. It returns an error if t is not stated or p out of range,
// or if there are no values.
func (h *Histogram) Quantile(p Ratio, t QuantileType) (lo, hi Ratio, err error) {
	const metric = "Histogram.Quantile"
	if err := t.check(metric, p); err != nil {
		return Ratio{}, Ratio{}, err
	}
	if err := h.some(metric); err != nil {
		return Ratio{}, Ratio{}, err
	}
	l := t.place(h.sums.n, p)
	from, to := h.at(l.from), h.at(l.to)
	return l.seconds(from.lo, to.lo), l.seconds(from.hi, to.hi), nil
}

// at returns the bounds of the value of a rank, counted from 0.
func (h *Histogram) at(rank int64) span {
	switch rank {
	case 0:
		return span{h.low, h.low}
	case h.sums.n - 1:
		return span{h.high, h.high}
	}
	i := 0
	for rank >= h.counts[i] {
		rank -= h.counts[i]
		i++
	}
	return h.held(i)
}

// held returns the bounds of the values in bucket i, if there are any.
func (h *Histogram) held(i int) span {
	s := bucketSpan(i)
	return span{max(s.lo, h.low), min(s.hi, h.high)}
}

// Within returns two bounds of the share that took target or less (达标率), which
// differ by the values of the one bucket that target cuts, and are one where it
// cuts none. It returns an error if target is negative, or if there are no values.
func (h *Histogram) Within(target time.Duration) (least, most Proportion, err error) {
	const metric = "Histogram.Within"
	if target < 0 {
		return Proportion{}, Proportion{}, negativeDuration(metric, "target", target)
	}
	least.N, most.N = h.sums.n, h.sums.n
	for i, c := range h.counts {
		s := h.held(i)
		if s.hi <= target {
			least.K += c
		}
		if s.lo <= target {
			most.K += c
		}
	}
	return least, most, most.check(metric)
}

// AppendBinary appends the canonical encoding of h: equal counts and sums give
// equal bytes. It takes a few bytes for each bucket that is not empty.
func (h *Histogram) AppendBinary(b []byte) ([]byte, error) {
	b = appendHeader(b, kindHistogram)
	if h.sums.n == 0 {
		return append(b, 0), nil
	}
	filled := 0
	for _, c := range h.counts {
		if c > 0 {
			filled++
		}
	}
	b = appendUint(b, uint64(filled))
	last := 0
	for i, c := range h.counts {
		if c > 0 {
			b = appendUint(appendUint(b, uint64(i-last)), uint64(c)) //nolint:gosec // not negative
			last = i
		}
	}
	b = appendUint(appendUint(b, uint64(h.low)), uint64(h.high-h.low)) //nolint:gosec // not negative
	return appendBig(appendBig(b, h.sums.sum()), h.sums.squares()), nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (h *Histogram) MarshalBinary() ([]byte, error) { return h.AppendBinary(nil) }

// UnmarshalBinary replaces h by what AppendBinary wrote. It returns an error, and
// leaves h as it was, if data are anything else.
func (h *Histogram) UnmarshalBinary(data []byte) error {
	const metric = "Histogram.UnmarshalBinary"
	d := newDecoder(metric, kindHistogram, data)
	var n Histogram
	if filled := d.count(2); filled > 0 {
		n.decode(d, filled)
	}
	if err := d.done(); err != nil {
		return err
	}
	h.counts, h.sums, h.low, h.high = n.counts, n.sums, n.low, n.high
	return nil
}

func (h *Histogram) decode(d *decoder, filled int) {
	h.counts = make([]int64, buckets)
	first, last := -1, 0
	for ; filled > 0 && d.err == nil; filled-- {
		gap := int(d.uint(uint64(buckets - 1 - last)))        //nolint:gosec // bounded on the same line
		count := int64(d.uint(uint64(mostValues - h.sums.n))) //nolint:gosec // bounded on the same line
		if gap == 0 && first >= 0 || count == 0 {
			d.fail("counts[%d] = %d", last+gap, count)
			return
		}
		h.sums.n += count
		last += gap
		if first < 0 {
			first = last
		}
		h.counts[last] = count
	}
	h.low = time.Duration(d.uint(math.MaxInt64))                        //nolint:gosec // bounded on the same line
	h.high = h.low + time.Duration(d.uint(uint64(math.MaxInt64-h.low))) //nolint:gosec // bounded on the same line
	if d.err != nil {
		return
	}
	if bucketOf(h.low) != first || bucketOf(h.high) != last || h.sums.n == 1 && h.low != h.high {
		d.fail("Min = %s, Max = %s", h.low, h.high)
		return
	}
	h.decodeSums(d)
}

// decodeSums reads sums that values in the buckets of h, whose extremes are known,
// can have.
func (h *Histogram) decodeSums(d *decoder) {
	sum, squares := d.big(), d.big()
	for _, s := range []struct {
		total *big.Int
		power int64
	}{{sum, 1}, {squares, 2}} {
		power := func(v time.Duration) *big.Int {
			return new(big.Int).Exp(big.NewInt(int64(v)), big.NewInt(s.power), nil)
		}
		least, most := new(big.Int), new(big.Int)
		for i, c := range h.counts {
			if c > 0 {
				n, held := big.NewInt(c), h.held(i)
				least.Add(least, new(big.Int).Mul(n, power(held.lo)))
				most.Add(most, n.Mul(n, power(held.hi)))
			}
		}
		// One value is the least, and another, or the same of one, the greatest.
		least.Add(least, power(h.high)).Sub(least, power(h.held(bucketOf(h.high)).lo))
		most.Add(most, power(h.low)).Sub(most, power(h.held(bucketOf(h.low)).hi))
		if s.total.Cmp(least) < 0 || s.total.Cmp(most) > 0 {
			d.fail("Σd^%d ∉ [%d, %d]", s.power, least, most)
			return
		}
	}
	h.sums.set(sum, squares)
	if _, err := h.sums.seconds(d.metric); err != nil {
		d.fail("N·Σd² < (Σd)²")
	}
}

var histogramCatalog = []Entry{
	{
		Key: "histogram.quantile", English: []string{"bounds of a quantile of durations", "median time, counted in buckets", "percentile from a histogram"},
		Chinese: []string{"时长分位数(直方图)", "中位数的上下界", "百分位数(直方图)"}, Formula: "(1−γ)·xⱼ + γ·xⱼ₊₁, from the bounds of buckets",
		Unit: "seconds", Direction: Neither, Type: "Histogram", Method: "Quantile",
	},
	{
		Key: "histogram.mean", English: []string{"average duration from a histogram", "mean time from a histogram"},
		Chinese: []string{"平均时长(直方图)", "平均耗时(直方图)"}, Formula: "Σd / N",
		Unit: "seconds", Direction: Neither, Type: "Histogram", Method: "Mean",
	},
	{
		Key: "histogram.within", English: []string{"bounds of the share within target", "attainment from a histogram"},
		Chinese: []string{"达标率(直方图)", "达标率的上下界"}, Formula: "#{d ≤ target} / N, from the bounds of buckets",
		Unit: "share", Direction: Higher, Type: "Histogram", Method: "Within",
	},
}
