package kpi_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Durations]{
	name: "Durations",
	random: func(r *rand.Rand) kpi.Durations {
		var s kpi.Durations
		if err := s.AddAll(randomTimes(r, r.IntN(40))); err != nil {
			panic(err)
		}
		return s
	},
	merge: func(dst *kpi.Durations, src kpi.Durations) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Durations) {
		t.Helper()
		sameDurations(t, &want, &got)
	},
	noJSON: true,
})

// sameDurations demands equal values, and one encoding.
func sameDurations(t *testing.T, want, got *kpi.Durations) {
	t.Helper()
	require.Equal(t, want.Len(), got.Len())
	w, err := want.MarshalBinary()
	require.NoError(t, err)
	g, err := got.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, w, g)
}

// randomTimes returns n durations of one of many shapes.
func randomTimes(r *rand.Rand, n int) []time.Duration {
	shape, around := r.IntN(8), r.Int64N(math.MaxInt64)
	ds := make([]time.Duration, n)
	for i := range ds {
		switch shape {
		case 0: // log-spaced, up to the greatest
			ds[i] = time.Duration(r.Int64() >> r.IntN(63))
		case 1: // response times
			ds[i] = time.Duration(1.2e12 * math.Exp(1.5*r.NormFloat64()))
		case 2: // and in whole minutes
			ds[i] = time.Duration(r.IntN(30)) * time.Minute
		case 3: // all equal
			ds[i] = time.Duration(around)
		case 4: // crowded, with outliers
			ds[i] = time.Second + time.Duration(r.IntN(1000))
			if r.IntN(n) == 0 {
				ds[i] = math.MaxInt64 - time.Duration(r.IntN(2))
			}
		case 5: // crowded at every scale
			ds[i] = time.Duration(around) - time.Duration(around)>>(1+r.IntN(60))
		case 6: // below and about 256 ns
			ds[i] = time.Duration(r.IntN(600))
		default: // two values
			ds[i] = time.Duration(around >> r.IntN(2))
		}
	}
	return ds
}

func durationsOf(t *testing.T, ds ...time.Duration) *kpi.Durations {
	t.Helper()
	var s kpi.Durations
	require.NoError(t, s.AddAll(ds))
	return &s
}

func TestDurations(t *testing.T) {
	t.Parallel()
	s := durationsOf(t, 30*time.Minute, 10*time.Minute, 4*time.Hour, 20*time.Minute)
	require.NoError(t, s.Add(4*time.Hour+1))
	require.Equal(t, 5, s.Len())
	m, err := s.Mean()
	require.NoError(t, err)
	require.Equal(t, int64(5), m.N)
	mean, err := m.Ratio()
	requireRatio(t, "6480.0000000002", mean, err)
	variance, err := m.Variance()
	// (5880² + 5280² + 4680² + 2·7920²)/4, and what the nanosecond adds
	requireRatio(t, "52452000.0000039600000000002", variance, err)

	median, err := s.Quantile(kpi.Percent(50), kpi.Type7)
	requireRatio(t, "1800", median, err)
	require.Equal(t, 30*time.Minute, median.Duration())
	p90, err := s.Quantile(kpi.Percent(90), kpi.Type7)
	requireRatio(t, "14400.0000000006", p90, err)
	require.Equal(t, 4*time.Hour+1, p90.Duration(), "half a nanosecond and more is rounded up")

	within, err := s.Within(4 * time.Hour)
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 4, N: 5}, within, "exactly on target is met")
	least, err := s.Min()
	require.NoError(t, err)
	require.Equal(t, 10*time.Minute, least)
	most, err := s.Max()
	require.NoError(t, err)
	require.Equal(t, 4*time.Hour+1, most)
}

func TestDurationsExtremes(t *testing.T) {
	t.Parallel()
	s := durationsOf(t, math.MaxInt64, 0, math.MaxInt64)
	m, err := s.Mean()
	require.NoError(t, err)
	mean, err := m.Ratio()
	requireRatio(t, "9223372036854775807/1500000000", mean, err)
	top, err := s.Quantile(kpi.Whole(1), kpi.Type1)
	requireRatio(t, "9223372036.854775807", top, err)
	require.Equal(t, time.Duration(math.MaxInt64), top.Duration())
	for _, target := range []time.Duration{0, math.MaxInt64 - 1} {
		p, err := s.Within(target)
		require.NoError(t, err)
		require.Equal(t, kpi.Proportion{K: 1, N: 3}, p)
	}
	p, err := s.Within(math.MaxInt64)
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 3, N: 3}, p)
}

func TestRatioDuration(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]time.Duration{
		"0": 0, "90": 90 * time.Second, "-1.5": -1500 * time.Millisecond, "0.0000000005": 1, "-0.0000000005": -1,
		"0.00000000049": 0, "1/3": 333333333, "9223372036.854775807": math.MaxInt64, "9223372036.8547758075": math.MaxInt64,
		"-9223372036.854775808": math.MinInt64, "1e64": math.MaxInt64, "-1e64": math.MinInt64,
	} {
		require.Equal(t, want, must(s).Duration(), s)
	}
}

// Every percentile of every shape, small and large, against a sorted copy.
func TestDurationsAgainstNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	for i := range 160 {
		n := 1 + r.IntN(40)
		if i%8 == 0 {
			n = 500 + r.IntN(20_000)
		}
		ds := randomTimes(r, n)
		checkDurations(t, r, ds)
	}
}

// Parts are several, and the values that are wanted lie in each of them.
func TestDurationsManyParts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(33, 34))
	ds := randomTimes(r, 300_000)
	var s kpi.Durations
	for _, d := range ds {
		require.NoError(t, s.Add(d))
	}
	sorted := slices.Clone(ds)
	slices.Sort(sorted)
	var ps []kpi.Ratio
	for range 600 { // more buckets than there are marks
		ps = append(ps, kpi.Must(kpi.NewRatio(r.Int64N(299_999), 299_999)))
	}
	got, err := s.Quantiles(ps, kpi.Type7)
	require.NoError(t, err)
	for i, p := range ps {
		rank := p.Mul(kpi.Whole(299_999)).Round(0).IntPart()
		require.Equal(t, sorted[rank], got[i].Duration())
	}
}

// checkDurations asks everything of ds, and compares with what anybody would do.
func checkDurations(t *testing.T, r *rand.Rand, ds []time.Duration) {
	t.Helper()
	before := slices.Clone(ds)
	var one kpi.Durations
	for _, d := range ds {
		require.NoError(t, one.Add(d))
	}
	cut := r.IntN(len(ds) + 1)
	s, rest := durationsOf(t, ds[cut:]...), durationsOf(t, ds[:cut]...)
	require.NoError(t, s.Merge(rest))
	require.Equal(t, before, ds)
	require.Equal(t, cut, rest.Len())
	if len(ds) <= 64 {
		sameDurations(t, &one, s)
	}
	for _, q := range quantileTypes() {
		ps := []kpi.Ratio{randomLevel(r, int64(len(ds))), kpi.Whole(0), kpi.Whole(1), randomLevel(r, int64(len(ds))), kpi.Percent(50)}
		all, err := s.Quantiles(ps, q)
		require.NoError(t, err)
		for i, p := range ps {
			if len(ds) <= 64 {
				require.Zero(t, naiveSeconds(ds, p, q).Cmp(all[i].Rat()), "%v of %v, %v", p, ds, q)
			}
			alone, err := one.Quantile(p, q)
			require.NoError(t, err)
			require.True(t, alone.Equal(all[i]))
		}
	}
	sorted := slices.Clone(ds)
	slices.Sort(sorted)
	ranks := []int{0, len(ds) - 1, r.IntN(len(ds)), r.IntN(len(ds))}
	var ps []kpi.Ratio
	for _, k := range ranks {
		ps = append(ps, kpi.Must(kpi.NewRatio(int64(k+1), int64(len(ds)))))
	}
	got, err := s.Quantiles(ps, kpi.Type1)
	require.NoError(t, err)
	for i, k := range ranks {
		require.Equal(t, sorted[k], got[i].Duration())
		within, err := s.Within(sorted[k])
		require.NoError(t, err)
		at := int64(0)
		for _, d := range ds {
			if d <= sorted[k] {
				at++
			}
		}
		require.Equal(t, kpi.Proportion{K: at, N: int64(len(ds))}, within)
	}
	least, err := s.Min()
	require.NoError(t, err)
	most, err := s.Max()
	require.NoError(t, err)
	require.Equal(t, []time.Duration{sorted[0], sorted[len(ds)-1]}, []time.Duration{least, most})
	mean, err := s.Mean()
	require.NoError(t, err)
	sameMoments(t, sorted, mean)
}

// sameMoments holds a mean to that of seconds in decimals.
func sameMoments(t *testing.T, ds []time.Duration, got kpi.Mean) {
	t.Helper()
	want, err := kpi.MeanOf(secondsOf(ds))
	require.NoError(t, err)
	require.Equal(t, want.N, got.N)
	require.True(t, want.Sum.Equal(got.Sum))
	require.True(t, want.Squares.Equal(got.Squares))
}

func TestDurationsErrors(t *testing.T) {
	t.Parallel()
	var empty kpi.Durations
	half := kpi.Percent(50)
	s := durationsOf(t, time.Second)
	for name, tt := range map[string]struct {
		err    error
		kind   error
		code   kpi.Code
		metric string
		index  int
	}{
		"add":       {s.Add(-1), kpi.ErrInvalid, kpi.CodeNegative, "Durations.Add", -1},
		"add least": {s.Add(math.MinInt64), kpi.ErrInvalid, kpi.CodeNegative, "Durations.Add", -1},
		"add all":   {s.AddAll([]time.Duration{1, 0, -5}), kpi.ErrInvalid, kpi.CodeNegative, "Durations.AddAll", 2},
		"merge":     {s.Merge(nil), kpi.ErrInvalid, kpi.CodeEmpty, "Durations.Merge", -1},
		"no type":   {second(empty.Quantile(half, 0)), kpi.ErrInvalid, kpi.CodeMissing, "Durations.Quantile", -1},
		"type":      {second(s.Quantile(half, 10)), kpi.ErrInvalid, kpi.CodeOutOfRange, "Durations.Quantile", -1},
		"p":         {second(s.Quantile(kpi.Whole(50), kpi.Type7)), kpi.ErrInvalid, kpi.CodeOutOfRange, "Durations.Quantile", -1},
		"ps":        {second(s.Quantiles([]kpi.Ratio{half, kpi.Percent(-1)}, kpi.Type7)), kpi.ErrInvalid, kpi.CodeOutOfRange, "Durations.Quantiles", 1},
		"target":    {second(empty.Within(-1)), kpi.ErrInvalid, kpi.CodeNegative, "Durations.Within", -1},
		"quantile":  {second(empty.Quantile(half, kpi.Type7)), kpi.ErrUndefined, kpi.CodeNoData, "Durations.Quantile", -1},
		"quantiles": {second(empty.Quantiles([]kpi.Ratio{half}, kpi.Type7)), kpi.ErrUndefined, kpi.CodeNoData, "Durations.Quantiles", -1},
		"mean":      {second(empty.Mean()), kpi.ErrUndefined, kpi.CodeNoData, "Durations.Mean", -1},
		"min":       {second(empty.Min()), kpi.ErrUndefined, kpi.CodeNoData, "Durations.Min", -1},
		"max":       {second(empty.Max()), kpi.ErrUndefined, kpi.CodeNoData, "Durations.Max", -1},
		"within":    {second(empty.Within(1)), kpi.ErrUndefined, kpi.CodeZeroDenominator, "Durations.Within", -1},
	} {
		e := requireError(t, tt.err, tt.kind)
		require.Equal(t, tt.code, e.Code, name)
		require.Equal(t, tt.metric, e.Metric, name)
		require.Equal(t, tt.index, e.Index, name)
	}
	sameDurations(t, durationsOf(t, time.Second), s)
	none, err := s.Quantiles(nil, kpi.Type7)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestDurationsMergeWithItself(t *testing.T) {
	t.Parallel()
	var s kpi.Durations
	require.NoError(t, s.Merge(&s))
	require.Zero(t, s.Len())
	want := &kpi.Durations{}
	for i := range 50 {
		require.NoError(t, s.Add(time.Duration(i)))
		require.NoError(t, want.AddAll([]time.Duration{time.Duration(i), time.Duration(i)}))
	}
	require.NoError(t, s.Merge(&s))
	sameDurations(t, want, &s)
}

func TestDurationsHasNoJSON(t *testing.T) {
	t.Parallel()
	for _, v := range []any{kpi.Durations{}, &kpi.Durations{}, kpi.Histogram{}, &kpi.Histogram{}} {
		_, err := json.Marshal(v)
		require.Equal(t, kpi.CodeNoJSON, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

func TestDurationsBinary(t *testing.T) {
	t.Parallel()
	s := durationsOf(t, 300, 5, 300)
	data, err := s.AppendBinary([]byte("before"))
	require.NoError(t, err)
	// magic, kind, version, three values, the first and the steps
	require.Equal(t, "beforekpiD\x01\x03\x05\xa7\x02\x00", string(data))
	for name, bad := range map[string]string{
		"another kind":       "kpiB\x01\x03\x05\xa7\x02\x00",
		"too few":            "kpiD\x01\x04\x05\xa7\x02\x00",
		"a tail":             "kpiD\x01\x02\x05\xa7\x02\x00",
		"beyond the most":    "kpiD\x01\x02\x05" + string(binary.AppendUvarint(nil, math.MaxInt64-4)),
		"a promise of 2⁶⁴−1": "kpiD\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
	} {
		e := requireError(t, s.UnmarshalBinary([]byte(bad)), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeCorrupt, e.Code, name)
		require.Equal(t, 3, s.Len(), name)
	}
}

// FuzzDurations compares answers with those of a sorted copy: each 8 bytes are a
// value.
func FuzzDurations(f *testing.F) {
	f.Add([]byte("12345678"), uint64(1))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"), uint64(2))
	r := rand.New(rand.NewPCG(35, 36))
	for i := range uint64(8) {
		var data []byte
		for _, d := range randomTimes(r, 600) {
			data = binary.LittleEndian.AppendUint64(data, uint64(d))
		}
		f.Add(data, i)
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		var ds []time.Duration
		for ; len(data) >= 8 && len(ds) < 3000; data = data[8:] {
			ds = append(ds, time.Duration(binary.LittleEndian.Uint64(data)&math.MaxInt64))
		}
		if len(ds) == 0 {
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		checkDurations(t, r, ds)
		checkHistogram(t, r, ds)
	})
}

func FuzzDurationsUnmarshalBinary(f *testing.F) {
	f.Add([]byte("kpiD\x01\x00"))
	f.Add([]byte("kpiD\x01\x03\x05\xa7\x02\x00"))
	f.Add([]byte("kpiD\x01\xff\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s kpi.Durations
		if err := s.UnmarshalBinary(data); err != nil {
			requireError(t, err, kpi.ErrInvalid)
			require.Zero(t, s.Len())
			return
		}
		again, err := s.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.LessOrEqual(t, s.Len(), len(data))
		if s.Len() > 0 {
			_, err = s.Quantiles(percentiles(), kpi.Type7)
			require.NoError(t, err)
		}
	})
}

// second returns the error of a question.
func second[T any](_ T, err error) error { return err }
