package kpi_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// fuzzedLifetimes reads records of nine bytes: exit, entry and weight, all in a
// unit of its own, the weight to the power of its shift.
func fuzzedLifetimes(data []byte, unit float64) (ls kpi.Lifetimes, weights []int64) {
	for ; len(data) >= 4; data = data[4:] {
		l := kpi.Lifetime{Exit: float64(data[0]) * unit, Ended: data[3]&1 == 1}
		if entry := float64(data[1]) * unit; entry < l.Exit {
			l.Entry = entry
		}
		ls, weights = append(ls, l), append(weights, int64(data[2])<<(data[3]>>1%60))
	}
	return ls, weights
}

// Whatever the records, their weights, the unit of age and the question, an answer
// is finite, in its bounds and holds what it is the interval of, or there is an
// error. Only the upper limit of a quantile may be unknown.
func FuzzSurvival(f *testing.F) {
	f.Add([]byte{9, 0, 1, 1, 13, 0, 1, 1, 13, 0, 1, 0, 18, 4, 1, 1, 23, 13, 1, 1}, 1.0, 13.0, 0.5, 0.95, 0)
	f.Add([]byte{2, 0, 1, 1, 5, 2, 1, 1, 8, 2, 1, 0, 9, 2, 1, 0}, 1e200, 5e200, 0.25, 0.99, 1)
	f.Add([]byte{1, 0, 1, 1, 3, 0, 1, 0}, 1e-200, 2e-200, 0.5, 0.95, 2)
	f.Add([]byte{1, 0, 1, 1, 3, 0, 1, 0}, 5e-324, 1e-323, 0.5, 1e-300, 0)
	f.Add([]byte{255, 0, 255, 111, 200, 0, 255, 110, 1, 0, 1, 1}, 7e305, math.MaxFloat64, 0.999, 1-1e-16, 0)
	f.Add([]byte{0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1}, 1.0, 0.0, math.NaN(), math.Inf(1), 3)
	f.Fuzz(func(t *testing.T, data []byte, unit, at, p, confidence float64, band int) {
		ls, weights := fuzzedLifetimes(data, unit)
		s, err := ls.WeightedSurvival(weights)
		if err != nil {
			refused(t, err)
			return
		}
		require.NoError(t, s.Merge(kpi.Survival{}), "possible counts")
		if again := s; again.Merge(s) == nil {
			require.Equal(t, 2*s.N, again.N)
		}
		for _, step := range s.Steps {
			require.True(t, 0 <= step.Survival && step.Survival <= 1 && 0 <= step.StdErr && step.StdErr <= 1, "%+v", step)
			require.True(t, 0 <= step.Hazard && !math.IsInf(step.Hazard, 0) && 0 <= step.HazardStdErr, "%+v", step)
		}
		askFuzzed(t, s, at, p, confidence, kpi.Band(band))
		later, err := s.After(at)
		if refused(t, err) {
			askFuzzed(t, later, at+unit, p, confidence, kpi.Band(band))
		}

		half := len(ls) / 2
		early, err := ls[:half].WeightedSurvival(weights[:half])
		if !refused(t, err) {
			return
		}
		late, err := ls[half:].WeightedSurvival(weights[half:])
		if !refused(t, err) {
			return
		}
		test, err := kpi.LogRank([]kpi.Survival{early, late, s})
		fuzzedLogRank(t, test, err)
		test, err = kpi.StratifiedLogRank([][]kpi.Survival{{early, late}, {late, s}, {{}, early}})
		fuzzedLogRank(t, test, err)
	})
}

// refused demands a *kpi.Error, or none, and reports whether there is none.
func refused(t *testing.T, err error) bool {
	t.Helper()
	if err == nil {
		return true
	}
	var e *kpi.Error
	require.ErrorAs(t, err, &e)
	return false
}

func fuzzedLogRank(t *testing.T, test kpi.LogRankTest, err error) {
	t.Helper()
	if !refused(t, err) {
		require.Equal(t, kpi.LogRankTest{}, test)
		return
	}
	require.True(t, test.Statistic >= 0 && !math.IsInf(test.Statistic, 0), "%+v", test)
	require.True(t, 0 <= test.P && test.P <= 1 && test.DF >= 1, "%+v", test)
	require.NotEmpty(t, test.String())
}

func askFuzzed(t *testing.T, s kpi.Survival, at, p, confidence float64, band kpi.Band) {
	t.Helper()
	value := func(v float64, err error) (float64, bool) {
		ok := refused(t, err)
		require.True(t, ok || v == 0)
		return v, ok
	}
	holds := func(name string, i kpi.Interval, err error, lo, hi, v float64, known bool) {
		if !refused(t, err) {
			require.Equal(t, kpi.Interval{}, i, name)
			return
		}
		require.True(t, 0 < confidence && confidence < 1, name)
		require.True(t, lo <= i.Lo && i.Lo <= i.Hi && i.Hi <= hi, "%s: %v of %v … %v", name, i, lo, hi)
		require.True(t, !known || i.Lo <= v && v <= i.Hi, "%s: %v without %v", name, i, v)
	}
	stay, known := value(s.At(at))
	require.True(t, 0 <= stay && stay <= 1)
	i, err := s.Interval(at, confidence, band)
	holds("At", i, err, 0, 1, stay, known)
	hazard, known := value(s.Hazard(at))
	i, err = s.HazardInterval(at, confidence)
	holds("Hazard", i, err, 0, math.MaxFloat64, hazard, known)

	last := s.Steps[len(s.Steps)-1].Time
	age, known := value(s.Quantile(p))
	require.True(t, 0 <= age && age <= last)
	i, err = s.QuantileInterval(p, confidence, band)
	if err == nil && math.IsInf(i.Hi, 1) {
		require.Contains(t, i.Warnings, kpi.CodeBeyondBound)
		i.Hi = max(i.Lo, age, last)
	}
	holds("Quantile", i, err, s.From, last, age, known)

	mean, known := value(s.RestrictedMean(at))
	require.True(t, 0 <= mean && (!known || mean <= at-s.From))
	stdErr, ok := value(s.RestrictedMeanStdErr(at))
	require.Equal(t, known, ok)
	require.True(t, 0 <= stdErr && stdErr <= math.MaxFloat64)
	i, err = s.RestrictedMeanInterval(at, confidence)
	holds("RestrictedMean", i, err, 0, at-s.From, mean, known)

	_ = s.Markdown()
	for j := range s.Len() {
		_, y := s.XY(j)
		below, above := s.YError(j)
		require.True(t, 0 <= below && below <= y && 0 <= above && y+above <= 1+1e-15, "%v: %v %v", y, below, above)
	}
}

// Whatever the instants, ages are whole days and there is a survival, or there is
// an error.
func FuzzMembershipsLifetimes(f *testing.F) {
	day := func(d int64) int64 { return d * 86400 }
	stays := func(instants ...int64) (data []byte) {
		for _, s := range instants {
			data = binary.LittleEndian.AppendUint64(data, uint64(s))
		}
		return data
	}
	f.Add(stays(day(1), day(9), day(9), day(20), day(3), 0), day(15))
	f.Add(stays(math.MinInt64, math.MaxInt64, 0, math.MaxInt64), int64(math.MaxInt64))
	f.Add(stays(-62135596800, 253402300799), int64(0))
	f.Add(stays(day(1), day(9), -62135596800, day(20)), day(15)) // no From
	f.Fuzz(func(t *testing.T, data []byte, asOf int64) {
		var ms kpi.Memberships
		for ; len(data) >= 16; data = data[16:] {
			m := kpi.Membership{Customer: string(rune('a' + len(ms)%3)), From: time.Unix(int64(binary.LittleEndian.Uint64(data)), 0)}
			if to := int64(binary.LittleEndian.Uint64(data[8:])); to != 0 {
				m.To = time.Unix(to, 0)
			}
			ms = append(ms, m)
		}
		for _, ask := range []func(time.Time, *time.Location) (kpi.Lifetimes, error){ms.Lifetimes, ms.FirstLifetimes} {
			ls, err := ask(time.Unix(asOf, 0), nil)
			if !refused(t, err) {
				require.Nil(t, ls)
				continue
			}
			require.False(t, slices.ContainsFunc(ms, func(m kpi.Membership) bool { return m.From.IsZero() }))
			require.LessOrEqual(t, len(ls), len(ms))
			for _, l := range ls {
				require.True(t, l.Entry == 0 && l.Exit >= 0 && l.Exit == math.Trunc(l.Exit), "%+v", l)
			}
			_, err = ls.Survival()
			require.Equal(t, len(ls) > 0, refused(t, err))
		}
	})
}
