package kpi_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Histogram]{
	name: "Histogram",
	random: func(r *rand.Rand) kpi.Histogram {
		var h kpi.Histogram
		if err := h.AddAll(randomTimes(r, r.IntN(40))); err != nil {
			panic(err)
		}
		return h
	},
	merge: func(dst *kpi.Histogram, src kpi.Histogram) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Histogram) {
		t.Helper()
		sameHistogram(t, &want, &got)
	},
	clash:  [][2]kpi.Histogram{{doubled(62), doubled(62)}, {doubled(62), doubled(0)}},
	noJSON: true,
})

// doubled returns 2ⁿ of the greatest value.
func doubled(n int) kpi.Histogram {
	var h kpi.Histogram
	err := h.Add(math.MaxInt64)
	for range n {
		if err == nil {
			err = h.Merge(&h)
		}
	}
	if err != nil {
		panic(err)
	}
	return h
}

func sameHistogram(t *testing.T, want, got *kpi.Histogram) {
	t.Helper()
	require.Equal(t, want.Len(), got.Len())
	w, err := want.MarshalBinary()
	require.NoError(t, err)
	g, err := got.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, w, g)
}

func secondsOf(ds []time.Duration) []decimal.Decimal {
	out := make([]decimal.Decimal, len(ds))
	for i, d := range ds {
		out[i] = decimal.New(int64(d), -9)
	}
	return out
}

func histogramOf(t *testing.T, ds ...time.Duration) *kpi.Histogram {
	t.Helper()
	var h kpi.Histogram
	require.NoError(t, h.AddAll(ds))
	return &h
}

// checkHistogram holds the answers about ds to those of Durations.
func checkHistogram(t *testing.T, r *rand.Rand, ds []time.Duration) {
	t.Helper()
	s := durationsOf(t, ds...)
	cut := r.IntN(len(ds) + 1)
	h, rest := histogramOf(t, ds[cut:]...), kpi.Histogram{}
	for _, d := range ds[:cut] {
		require.NoError(t, rest.Add(d))
	}
	require.NoError(t, h.Merge(&rest))
	sameHistogram(t, histogramOf(t, ds...), h)
	require.Equal(t, int64(len(ds)), h.Len())

	wide := kpi.Must(kpi.NewRatio(129, 128))
	for _, q := range quantileTypes() {
		for _, p := range []kpi.Ratio{kpi.Whole(0), kpi.Whole(1), kpi.Percent(50), randomLevel(r, h.Len()), randomLevel(r, h.Len())} {
			exact, err := s.Quantile(p, q)
			require.NoError(t, err)
			lo, hi, err := h.Quantile(p, q)
			require.NoError(t, err)
			require.True(t, lo.Cmp(exact) <= 0 && exact.Cmp(hi) <= 0, "%v outside %v … %v", exact, lo, hi)
			require.True(t, lo.Equal(hi) || hi.Cmp(lo.Mul(wide)) < 0, "%v … %v are too wide", lo, hi)
			if p.IsZero() || p.Equal(kpi.Whole(1)) {
				require.True(t, lo.Equal(hi), "the extremes are exact")
			}
		}
	}
	for _, target := range []time.Duration{0, ds[r.IntN(len(ds))], time.Duration(r.Int64()), math.MaxInt64} {
		exact, err := s.Within(target)
		require.NoError(t, err)
		least, most, err := h.Within(target)
		require.NoError(t, err)
		require.Equal(t, []int64{exact.N, exact.N}, []int64{least.N, most.N})
		require.True(t, least.K <= exact.K && exact.K <= most.K)
	}
	least, err := h.Min()
	require.NoError(t, err)
	most, err := h.Max()
	require.NoError(t, err)
	require.Equal(t, []time.Duration{slices.Min(ds), slices.Max(ds)}, []time.Duration{least, most})
	m, err := h.Mean()
	require.NoError(t, err)
	sameMoments(t, ds, m)
}

func TestHistogramAgainstDurations(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(41, 42))
	for i := range 100 {
		n := 1 + r.IntN(40)
		if i%10 == 0 {
			n = 1000
		}
		checkHistogram(t, r, randomTimes(r, n))
	}
}

// The edges of buckets, up to the greatest duration: each value is between its own
// bounds, and below 256 ns alone in them.
func TestHistogramBuckets(t *testing.T) {
	t.Parallel()
	var edges []int64
	for e := range 63 {
		for _, m := range []int64{128, 129, 200, 255} {
			v := m << e >> 7
			edges = append(edges, v-1, v, v+1)
		}
	}
	edges = append(edges, math.MaxInt64-1, math.MaxInt64)
	widest := 0.0
	for _, v := range edges {
		if v < 0 {
			continue
		}
		h := histogramOf(t, 0, time.Duration(v), math.MaxInt64)
		lo, hi, err := h.Quantile(kpi.Percent(50), kpi.Type7)
		require.NoError(t, err)
		require.True(t, lo.Duration() <= time.Duration(v) && time.Duration(v) <= hi.Duration(), v)
		if v < 256 {
			require.True(t, lo.Equal(hi), v)
			continue
		}
		widest = max(widest, hi.Float64()/lo.Float64()-1)
	}
	require.InDelta(t, 1.0/128, widest, 1e-6)
	require.Less(t, widest, 0.01)
}

func TestHistogramWithin(t *testing.T) {
	t.Parallel()
	h := histogramOf(t, 10*time.Minute, 4*time.Hour, 4*time.Hour+time.Second, 9*time.Hour)
	least, most, err := h.Within(4 * time.Hour)
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 1, N: 4}, least)
	require.Equal(t, kpi.Proportion{K: 3, N: 4}, most, "a second later is the same bucket")
	for _, tt := range []struct {
		target      time.Duration
		least, most int64
	}{
		{0, 0, 0},
		{10*time.Minute - 1, 0, 0}, // below the least
		{10 * time.Minute, 0, 1},
		{time.Hour, 1, 1}, // between two buckets
		{5 * time.Hour, 3, 3},
		{9*time.Hour - 1, 3, 4},
		{9 * time.Hour, 4, 4}, // the greatest
	} {
		least, most, err = h.Within(tt.target)
		require.NoError(t, err)
		require.Equal(t, kpi.Proportion{K: tt.least, N: 4}, least, tt.target)
		require.Equal(t, kpi.Proportion{K: tt.most, N: 4}, most, tt.target)
	}
}

func TestHistogramErrors(t *testing.T) {
	t.Parallel()
	var empty kpi.Histogram
	half := kpi.Percent(50)
	h := histogramOf(t, time.Second)
	full := new(kpi.Histogram)
	*full = doubled(62)
	ask := func(h *kpi.Histogram, p kpi.Ratio, q kpi.QuantileType) error {
		_, _, err := h.Quantile(p, q)
		return err
	}
	within := func(h *kpi.Histogram, target time.Duration) error {
		_, _, err := h.Within(target)
		return err
	}
	for name, tt := range map[string]struct {
		err    error
		kind   error
		code   kpi.Code
		metric string
		index  int
	}{
		"add":        {h.Add(-1), kpi.ErrInvalid, kpi.CodeNegative, "Histogram.Add", -1},
		"add first":  {empty.Add(math.MinInt64), kpi.ErrInvalid, kpi.CodeNegative, "Histogram.Add", -1},
		"add all":    {h.AddAll([]time.Duration{1, -1}), kpi.ErrInvalid, kpi.CodeNegative, "Histogram.AddAll", 1},
		"merge":      {h.Merge(nil), kpi.ErrInvalid, kpi.CodeEmpty, "Histogram.Merge", -1},
		"merge full": {full.Merge(full), kpi.ErrInvalid, kpi.CodeOverflow, "Histogram.Merge", -1},
		"no type":    {ask(&empty, half, 0), kpi.ErrInvalid, kpi.CodeMissing, "Histogram.Quantile", -1},
		"p":          {ask(h, kpi.Percent(101), kpi.Type7), kpi.ErrInvalid, kpi.CodeOutOfRange, "Histogram.Quantile", -1},
		"target":     {within(&empty, -1), kpi.ErrInvalid, kpi.CodeNegative, "Histogram.Within", -1},
		"quantile":   {ask(&empty, half, kpi.Type7), kpi.ErrUndefined, kpi.CodeNoData, "Histogram.Quantile", -1},
		"within":     {within(&empty, 1), kpi.ErrUndefined, kpi.CodeZeroDenominator, "Histogram.Within", -1},
		"mean":       {second(empty.Mean()), kpi.ErrUndefined, kpi.CodeNoData, "Histogram.Mean", -1},
		"min":        {second(empty.Min()), kpi.ErrUndefined, kpi.CodeNoData, "Histogram.Min", -1},
		"max":        {second(empty.Max()), kpi.ErrUndefined, kpi.CodeNoData, "Histogram.Max", -1},
	} {
		e := requireError(t, tt.err, tt.kind)
		require.Equal(t, tt.code, e.Code, name)
		require.Equal(t, tt.metric, e.Metric, name)
		require.Equal(t, tt.index, e.Index, name)
	}
	sameHistogram(t, histogramOf(t, time.Second), h)
	require.Zero(t, empty.Len())
}

// A Histogram merges up to 2⁶² values, and no further.
func TestHistogramOverflow(t *testing.T) {
	t.Parallel()
	h := doubled(62)
	require.Equal(t, int64(1<<62), h.Len())
	m, err := h.Mean()
	require.NoError(t, err)
	mean, err := m.Ratio()
	requireRatio(t, "9223372036.854775807", mean, err)
	variance, err := m.Variance()
	requireRatio(t, "0", variance, err)
	before, err := h.MarshalBinary()
	require.NoError(t, err)
	var back kpi.Histogram
	require.NoError(t, back.UnmarshalBinary(before))
	sameHistogram(t, &h, &back)
	e := requireError(t, h.AddAll([]time.Duration{0}), kpi.ErrInvalid)
	require.Equal(t, kpi.CodeOverflow, e.Code)
	require.NoError(t, h.AddAll(nil))
	sameHistogram(t, &h, &back)
	require.NoError(t, h.Add(0), "one by one it takes another thousand years")
}

func TestHistogramBinary(t *testing.T) {
	t.Parallel()
	h := histogramOf(t, 3, 5, 3)
	data, err := h.AppendBinary([]byte("before"))
	require.NoError(t, err)
	// magic, kind, version, two buckets, each with its distance and its count, the
	// least, the range, Σ = 11 and Σ² = 43
	require.Equal(t, "beforekpiB\x01\x02\x03\x02\x02\x01\x03\x02\x02\x01\x0b\x02\x01\x2b", string(data))
	for name, bad := range map[string]string{
		"another kind":            "kpiD\x01\x02\x03\x02\x02\x01\x03\x02\x02\x01\x0b\x02\x01\x2b",
		"no count":                "kpiB\x01\x02\x03\x00\x02\x01\x03\x02\x02\x01\x0b\x02\x01\x2b",
		"a bucket twice":          "kpiB\x01\x02\x03\x02\x00\x01\x03\x02\x02\x01\x0b\x02\x01\x2b",
		"no such bucket":          "kpiB\x01\x01\x80\x39\x01\x03\x00\x02\x01\x03\x02\x01\x09",
		"another least":           "kpiB\x01\x02\x03\x02\x02\x01\x04\x01\x02\x01\x0b\x02\x01\x2b",
		"another greatest":        "kpiB\x01\x02\x03\x02\x02\x01\x03\x03\x02\x01\x0b\x02\x01\x2b",
		"a sum too small":         "kpiB\x01\x02\x03\x02\x02\x01\x03\x02\x02\x01\x0a\x02\x01\x2b",
		"a sum too large":         "kpiB\x01\x02\x03\x02\x02\x01\x03\x02\x02\x01\x0c\x02\x01\x2b",
		"a negative sum":          "kpiB\x01\x02\x03\x02\x02\x01\x03\x02\x00\x01\x0b\x02\x01\x2b",
		"squares too small":       "kpiB\x01\x02\x03\x02\x02\x01\x03\x02\x02\x01\x0b\x02\x01\x2a",
		"one value, two extremes": "kpiB\x01\x01\x80\x02\x01\x80\x02\x01\x02\x02\x01\x00\x02\x03\x01\x00\x00",
		"a tail":                  "kpiB\x01\x02\x03\x02\x02\x01\x03\x02\x02\x01\x0b\x02\x01\x2b\x00",
		"an empty tail":           "kpiB\x01\x00\x00",
		"more than 2⁶³ values":    "kpiB\x01\x02\x03\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x02\x01\x03\x02\x02\x01\x0b\x02\x01\x2b",
		"a promise":               "kpiB\x01\xff\xff\xff\xff\x7f" + strings.Repeat("\x01", 40),
	} {
		e := requireError(t, h.UnmarshalBinary([]byte(bad)), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeCorrupt, e.Code, name)
		require.Equal(t, int64(3), h.Len(), name)
	}
}

func FuzzHistogramUnmarshalBinary(f *testing.F) {
	f.Add([]byte("kpiB\x01\x00"))
	f.Add([]byte("kpiB\x01\x02\x03\x02\x02\x01\x03\x02\x02\x01\x0b\x02\x01\x2b"))
	r := rand.New(rand.NewPCG(43, 44))
	for range 8 {
		var h kpi.Histogram
		require.NoError(f, h.AddAll(randomTimes(r, 30)))
		data, err := h.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var h kpi.Histogram
		if err := h.UnmarshalBinary(data); err != nil {
			requireError(t, err, kpi.ErrInvalid)
			require.Zero(t, h.Len())
			return
		}
		again, err := h.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		if h.Len() == 0 {
			return
		}
		for _, p := range percentiles() {
			lo, hi, err := h.Quantile(p, kpi.Type6)
			require.NoError(t, err)
			require.LessOrEqual(t, lo.Cmp(hi), 0)
		}
		_, err = h.Mean()
		require.NoError(t, err)
		least, most, err := h.Within(time.Second)
		require.NoError(t, err)
		require.LessOrEqual(t, least.K, most.K)
	})
}
