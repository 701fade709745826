package kpi_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// watched draws customers as simulated does, watched for 39 weeks more, and returns
// the orders of all in these.
func watched(seed uint64, n int, flip bool) (bs []kpi.Buyer, orders float64) {
	rng := rand.New(rand.NewPCG(seed, 99))
	for range n {
		b := kpi.Buyer{Age: float64(27*7+rng.IntN(12*7+1)) / 7, Unit: kpi.Week}
		var rate, p, end float64
		if flip {
			rate = gamma(rng, 0.243) / 4.414
			x, y := gamma(rng, 0.793), gamma(rng, 2.426)
			p, end = x/(x+y), math.Inf(1)
		} else {
			rate = gamma(rng, 0.553) / 10.578
			end = rng.ExpFloat64() / (gamma(rng, 0.606) / 11.669)
		}
		for at := rng.ExpFloat64() / rate; at < b.Age+39 && at < end; at += rng.ExpFloat64() / rate {
			if at < b.Age {
				b.Frequency, b.Recency = b.Frequency+1, at
			} else {
				orders++
			}
			if rng.Float64() < p {
				break
			}
		}
		bs = append(bs, b)
	}
	return bs, orders
}

// fitted fits the process that they are of.
func fitted(bs []kpi.Buyer, flip bool) (kpi.FitReport, error) {
	if flip {
		_, r, err := kpi.FitBGNBD(bs, nil)
		return r, err
	}
	_, r, err := kpi.FitParetoNBD(bs, nil)
	return r, err
}

func TestPredictionInterval(t *testing.T) {
	t.Parallel()
	for _, flip := range []bool{true, false} {
		bs, orders := watched(4, 600, flip)
		r, err := fitted(bs, flip)
		require.NoError(t, err)
		expected, err := r.ExpectedInterval(bs, 39, 0.95)
		require.NoError(t, err)
		predicted, err := r.PredictionInterval(bs, 39, 0.95, 1)
		require.NoError(t, err)
		require.True(t, predicted.Contains(orders), "%v %v", predicted, orders)
		require.Greater(t, predicted.Hi-predicted.Lo, expected.Hi-expected.Lo)
		within(t, math.Sqrt(expected.Lo*expected.Hi), (predicted.Lo+predicted.Hi)/2, 0.1)
	}
}

// One customer: the quantiles are those of the probabilities, of parameters that are
// known.
func TestPredictionIntervalOfOne(t *testing.T) {
	t.Parallel()
	sure := func(model string, p []float64) kpi.FitReport {
		r := kpi.FitReport{Model: model, Names: []string{"a", "b", "c", "d"}, Parameters: p, N: 1000}
		for i := range p {
			row := make([]float64, 4)
			row[i] = 1e-16 * p[i] * p[i]
			r.Covariance = append(r.Covariance, row)
		}
		return r
	}
	for name, c := range map[string]struct {
		r kpi.FitReport
		m model
	}{
		"BGNBD":     {sure("BGNBD", []float64{2, 4, 0.8, 2.4}), kpi.BGNBD{R: 2, Alpha: 4, A: 0.8, B: 2.4}},
		"MBGNBD":    {sure("MBGNBD", []float64{2, 4, 0.8, 2.4}), kpi.MBGNBD{R: 2, Alpha: 4, A: 0.8, B: 2.4}},
		"ParetoNBD": {sure("ParetoNBD", []float64{2, 4, 0.8, 24}), kpi.ParetoNBD{R: 2, Alpha: 4, S: 0.8, Beta: 24}},
	} {
		for _, b := range []kpi.Buyer{{Frequency: 3, Recency: 8, Age: 10}, {Frequency: 90, Recency: 9, Age: 10}, {}} {
			for _, time := range []float64{4, 30} {
				i, err := c.r.PredictionInterval([]kpi.Buyer{b}, time, 0.8, 7)
				require.NoError(t, err)
				// P(below Lo) and P(above Hi) are about a tenth at most.
				below, atMost := 0.0, 0.0
				for n := int64(0); float64(n) <= i.Hi; n++ {
					p, err := c.m.PMF(b, n, time)
					require.NoError(t, err)
					if float64(n) < i.Lo {
						below += p
					}
					atMost += p
				}
				require.Less(t, below, 0.13, "%s %v %v", name, b, i)
				require.Greater(t, atMost, 0.87, "%s %v %v", name, b, i)
				p, err := c.m.PMF(b, int64(i.Hi), time)
				require.NoError(t, err)
				require.Less(t, atMost-p, 0.93, "%s %v %v", name, b, i)
				e, err := c.m.Expected(b, time)
				require.NoError(t, err)
				x, err := c.r.ExpectedInterval([]kpi.Buyer{b}, time, 0.95)
				require.NoError(t, err)
				within(t, e, x.Lo, 1e-6)
				within(t, e, x.Hi, 1e-6)
			}
		}
	}
}

func TestPredictionIntervalIsDeterministic(t *testing.T) {
	bs := simulated(8, 400, true)
	_, r, err := kpi.FitBGNBD(bs, nil)
	require.NoError(t, err)
	want, err := r.PredictionInterval(bs, 10, 0.9, 3)
	require.NoError(t, err)
	other, err := r.PredictionInterval(bs, 10, 0.9, 4)
	require.NoError(t, err)
	require.NotEqual(t, want, other)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	rand.Shuffle(len(bs), func(i, j int) { bs[i], bs[j] = bs[j], bs[i] })
	got, err := r.PredictionInterval(bs, 10, 0.9, 3)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestPredictionIntervalErrors(t *testing.T) {
	t.Parallel()
	bs := simulated(8, 400, true)
	_, good, err := kpi.FitBGNBD(bs, nil)
	require.NoError(t, err)
	with := func(change func(r *kpi.FitReport)) kpi.FitReport {
		r := good
		change(&r)
		return r
	}
	for name, tt := range map[string]struct {
		r             kpi.FitReport
		bs            []kpi.Buyer
		t, confidence float64
		code          kpi.Code
		kind          error
	}{
		"confidence":    {good, bs, 1, 1, kpi.CodeOutOfRange, kpi.ErrInvalid},
		"time":          {good, bs, -1, 0.9, kpi.CodeNegative, kpi.ErrInvalid},
		"nobody":        {good, nil, 1, 0.9, kpi.CodeNoData, kpi.ErrUndefined},
		"buyer":         {good, []kpi.Buyer{{Age: -1}}, 1, 0.9, kpi.CodeNegative, kpi.ErrInvalid},
		"unit":          {good, []kpi.Buyer{{}}, 1, 0.9, kpi.CodeMismatch, kpi.ErrInvalid},
		"model":         {with(func(r *kpi.FitReport) { r.Model = "GammaGamma" }), bs, 1, 0.9, kpi.CodeUnknownName, kpi.ErrInvalid},
		"parameters":    {with(func(r *kpi.FitReport) { r.Parameters = nil }), bs, 1, 0.9, kpi.CodeLength, kpi.ErrInvalid},
		"weak":          {with(func(r *kpi.FitReport) { r.Covariance = nil }), bs, 1, 0.9, kpi.CodeWeak, kpi.ErrUndefined},
		"covariance":    {with(func(r *kpi.FitReport) { r.Covariance = r.Covariance[:2] }), bs, 1, 0.9, kpi.CodeLength, kpi.ErrInvalid},
		"no covariance": {with(func(r *kpi.FitReport) { r.Covariance = [][]float64{{-1, 0, 0, 0}, {}, {}, {}} }), bs, 1, 0.9, kpi.CodeLength, kpi.ErrInvalid},
		"negative": {with(func(r *kpi.FitReport) {
			r.Covariance = [][]float64{{-1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}
		}), bs, 1, 0.9, kpi.CodeOutOfRange, kpi.ErrInvalid},
		"bad parameter": {with(func(r *kpi.FitReport) { r.Parameters = []float64{1, 1, 1, -1} }), bs, 1, 0.9, kpi.CodeOutOfRange, kpi.ErrInvalid},
	} {
		_, err := tt.r.ExpectedInterval(tt.bs, tt.t, tt.confidence)
		require.Equal(t, tt.code, requireError(t, err, tt.kind).Code, name)
		_, err = tt.r.PredictionInterval(tt.bs, tt.t, tt.confidence, 1)
		require.Equal(t, tt.code, requireError(t, err, tt.kind).Code, name)
	}
	_, err = good.ExpectedInterval(bs, 0, 0.9)
	require.Equal(t, kpi.CodeNoSpread, requireError(t, err, kpi.ErrUndefined).Code)
	i, err := good.PredictionInterval(bs, 0, 0.9, 1)
	require.NoError(t, err)
	require.Zero(t, i.Hi)
	bs[0].Weight = 1 << 40
	_, err = good.PredictionInterval(bs, 1, 0.9, 1)
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
}

var recovery = flag.Int("kpi.recovery", 0, "runs of the simulation behind the coverage in FitReport's documentation: 400")

// TestRecovery fits what it has drawn again and again: how many intervals hold the
// parameter, and how many the orders of the time after.
func TestRecovery(t *testing.T) {
	if *recovery == 0 {
		t.Skip("-kpi.recovery is not set")
	}
	for _, c := range []struct {
		name  string
		flip  bool
		truth []float64
	}{
		{"BGNBD", true, []float64{0.243, 4.414, 0.793, 2.426}},
		{"ParetoNBD", false, []float64{0.553, 10.578, 0.606, 11.669}},
	} {
		held, future, expected, failed, open, weak := make([]int, 4), 0, 0, 0, 0, 0
		for run := range *recovery {
			bs, orders := watched(uint64(1000+run), 2500, c.flip)
			r, err := fitted(bs, c.flip)
			switch {
			case err != nil:
				failed++
				continue
			case r.Covariance == nil:
				open++
				continue
			case len(r.Warnings) > 0:
				weak++
			}
			for j, name := range r.Names {
				i, err := r.Interval(name, 0.95)
				require.NoError(t, err)
				if i.Contains(c.truth[j]) {
					held[j]++
				}
			}
			i, err := r.PredictionInterval(bs, 39, 0.95, uint64(run))
			require.NoError(t, err)
			if i.Contains(orders) {
				future++
			}
			if i, err = r.ExpectedInterval(bs, 39, 0.95); err == nil && i.Contains(orders) {
				expected++
			}
		}
		n := float64(*recovery - failed - open)
		t.Logf("%s: parameters %v, prediction %d, expected %d of %v; weak %d of them, and %d without a covariance, %d failed",
			c.name, held, future, expected, n, weak, open, failed)
		for _, k := range held {
			require.True(t, float64(k)/n >= 0.91 && float64(k)/n <= 0.995, "%v", held)
		}
		require.True(t, float64(future)/n >= 0.92 && float64(future)/n <= 0.98, "%v", future)
	}
}
