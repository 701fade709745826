package kpi_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/customerkpi/kpi"
)

// percentiles are the five that a dashboard asks for.
func percentiles() []kpi.Ratio {
	return []kpi.Ratio{kpi.Percent(50), kpi.Percent(75), kpi.Percent(90), kpi.Percent(95), kpi.Percent(99)}
}

const benchDurations = 10_000_000

// benchTimes are ten million response times: lognormal about twenty minutes,
// others as named.
func benchTimes(name string) []time.Duration {
	r := rand.New(rand.NewPCG(11, 12))
	ds := make([]time.Duration, benchDurations)
	for i := range ds {
		switch name {
		case "lognormal":
			ds[i] = time.Duration(1.2e12 * math.Exp(1.5*r.NormFloat64()))
		case "uniform":
			ds[i] = time.Duration(r.Int64N(int64(time.Hour)))
		case "seconds":
			ds[i] = time.Duration(1200*math.Exp(1.5*r.NormFloat64())) * time.Second
		case "equal":
			ds[i] = 15 * time.Minute
		case "powers":
			ds[i] = time.Duration(1) << r.IntN(63)
		case "narrow": // in one bucket of Histogram
			ds[i] = time.Second + time.Duration(r.Int64N(int64(time.Millisecond)))
		case "ascending":
			ds[i] = time.Duration(i) * time.Millisecond
		}
	}
	return ds
}

// BenchmarkPercentiles: five exact percentiles of ten million durations in at most
// 5 ns a value on an idle machine, all five together and without a copy.
func BenchmarkPercentiles(b *testing.B) {
	for _, name := range []string{"lognormal", "uniform", "seconds", "equal", "powers", "narrow", "ascending"} {
		var s kpi.Durations
		if err := s.AddAll(benchTimes(name)); err != nil {
			b.Fatal(err)
		}
		perRow(b, "Durations.Quantiles/"+name, benchDurations, func() error {
			_, err := s.Quantiles(percentiles(), kpi.Type7)
			return err
		})
	}
	ds := benchTimes("lognormal")
	perRow(b, "slices.Sort of a copy", benchDurations, func() error {
		slices.Sort(slices.Clone(ds))
		return nil
	})
	floats := make([]float64, len(ds))
	for i, d := range ds {
		floats[i] = d.Seconds()
	}
	perRow(b, "gonum stat.Quantile of a sorted copy", benchDurations, func() error {
		sorted := slices.Clone(floats)
		slices.Sort(sorted)
		for _, p := range percentiles() {
			stat.Quantile(p.Float64(), stat.LinInterp, sorted, nil)
		}
		return nil
	})
}

// BenchmarkSmallPercentiles: where there are few values the bookkeeping shows.
func BenchmarkSmallPercentiles(b *testing.B) {
	ds := benchTimes("lognormal")
	for _, n := range []int{100, 1_000, 10_000, 100_000} {
		var s kpi.Durations
		if err := s.AddAll(ds[:n]); err != nil {
			b.Fatal(err)
		}
		perRow(b, "Durations.Quantiles/"+strconv.Itoa(n), n, func() error {
			_, err := s.Quantiles(percentiles(), kpi.Type7)
			return err
		})
	}
}

// BenchmarkDurations: what a value costs to add, one by one and in a batch, and the
// questions that read all of them once.
func BenchmarkDurations(b *testing.B) {
	ds := benchTimes("lognormal")
	perRow(b, "Durations.Add", benchDurations, func() error {
		var s kpi.Durations
		for _, d := range ds {
			if err := s.Add(d); err != nil {
				return err
			}
		}
		return nil
	})
	perRow(b, "Durations.AddAll", benchDurations, func() error {
		var s kpi.Durations
		return s.AddAll(ds)
	})
	var s kpi.Durations
	if err := s.AddAll(ds); err != nil {
		b.Fatal(err)
	}
	perRow(b, "Durations.Mean", benchDurations, func() error {
		_, err := s.Mean()
		return err
	})
	perRow(b, "Durations.Within", benchDurations, func() error {
		_, err := s.Within(20 * time.Minute)
		return err
	})
	perRow(b, "Histogram.Add", benchDurations, func() error {
		var h kpi.Histogram
		for _, d := range ds {
			if err := h.Add(d); err != nil {
				return err
			}
		}
		return nil
	})
	perRow(b, "Histogram.AddAll", benchDurations, func() error {
		var h kpi.Histogram
		return h.AddAll(ds)
	})
	perRow(b, "Histogram.Quantile", 1, func() error {
		var h kpi.Histogram
		_ = h.AddAll(ds[:1000])
		_, _, err := h.Quantile(kpi.Percent(90), kpi.Type7)
		return err
	})
}
