package kpi_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// typical are models from papers, and some at the edge of what they may be.
func typicalModels() map[string]model {
	return map[string]model{
		"BG/NBD":               kpi.BGNBD{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426},
		"BG/NBD, a = 1":        kpi.BGNBD{R: 1, Alpha: 4, A: 1, B: 2},
		"BG/NBD, a + b = 1":    kpi.BGNBD{R: 2, Alpha: 30, A: 0.4, B: 0.6},
		"BG/NBD, no drop-out":  kpi.BGNBD{R: 0.5, Alpha: 9, A: 1e-4, B: 3},
		"BG/NBD, alike":        kpi.BGNBD{R: 3, Alpha: 50, A: 3e4, B: 1e5},
		"MBG/NBD":              kpi.MBGNBD{R: 0.525, Alpha: 6.183, A: 0.891, B: 1.614},
		"Pareto/NBD":           kpi.ParetoNBD{R: 0.553, Alpha: 10.578, S: 0.606, Beta: 11.669},
		"Pareto/NBD, s = 1":    kpi.ParetoNBD{R: 0.5, Alpha: 10, S: 1, Beta: 10},
		"Pareto/NBD, far":      kpi.ParetoNBD{R: 0.9, Alpha: 3, S: 0.4, Beta: 3e5},
		"Pareto/NBD, near":     kpi.ParetoNBD{R: 10.465, Alpha: 0.008, S: 3.0516, Beta: 2.82},
		"Pareto/NBD, far rate": kpi.ParetoNBD{R: 4, Alpha: 4e4, S: 2, Beta: 0.3},
	}
}

// typicalBuyers are a new customer, ones who came back, and one who came often.
func typicalBuyers() []kpi.Buyer {
	return []kpi.Buyer{
		{},
		{Age: 39},
		{Frequency: 1, Recency: 1.7, Age: 39},
		{Frequency: 2, Recency: 30.4, Age: 39},
		{Frequency: 7, Recency: 29.4, Age: 39},
		{Frequency: 29, Recency: 39, Age: 39},
		{Frequency: 300, Recency: 100, Age: 110},
	}
}

func forModels(t *testing.T, check func(t *testing.T, m model, b kpi.Buyer)) {
	t.Helper()
	for name, m := range typicalModels() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, b := range typicalBuyers() {
				check(t, m, b)
			}
		})
	}
}

// asked returns what must have an answer.
func asked(t testing.TB, v float64, err error) float64 {
	t.Helper()
	require.NoError(t, err)
	require.False(t, math.IsNaN(v) || math.IsInf(v, 0))
	return v
}

// The probabilities of all counts add to 1, and their mean is what is expected.
func TestModelsPMF(t *testing.T) {
	t.Parallel()
	forModels(t, func(t *testing.T, m model, b kpi.Buyer) {
		const time = 8.0
		var sum, mean, last float64
		for n := range int64(3000) {
			p, err := m.PMF(b, n, time)
			last = asked(t, p, err)
			sum += last
			mean += float64(n) * last
			if n > 50 && float64(n)*last < 1e-17*mean {
				break
			}
		}
		if last < 1e-15 { // or the tail is too long
			within(t, 1, sum, 1e-10, b)
			want, err := m.Expected(b, time)
			within(t, asked(t, want, err), mean, 1e-8, b)
		}
		p, err := m.PMF(b, 0, 0)
		within(t, 1, asked(t, p, err), 1e-12)
		p, err = m.PMF(b, 3, 0)
		require.Zero(t, asked(t, p, err))
	})
}

// Orders discounted at nothing are orders; those within a long time are all; those of
// a time and of what follows it are those of both.
func TestModelsDERT(t *testing.T) {
	t.Parallel()
	tenth := kpi.Percent(10)
	forModels(t, func(t *testing.T, m model, b kpi.Buyer) {
		all, err := m.DERT(b, tenth)
		all = asked(t, all, err)
		for _, time := range []float64{0, 1e-6, 0.5, 30, 3000} {
			want, err := m.Expected(b, time)
			want = asked(t, want, err)
			got, err := m.DERTWithin(b, kpi.Whole(0), time)
			within(t, want, asked(t, got, err), 1e-13)
			got, err = m.DERTWithin(b, tenth, time)
			got = asked(t, got, err)
			require.LessOrEqual(t, got, want*(1+1e-12))
			require.LessOrEqual(t, got, all*(1+1e-12))
			if time == 30 || time == 3000 {
				// Integration by parts, over panels of the expected orders themselves.
				delta := math.Log1p(0.1) / 365.2425
				within(t, byParts(t, m, b, delta, time), got, 1e-8, b, time)
			}
		}
		got, err := m.DERTWithin(b, tenth, 365_000) // a thousand years
		within(t, all, asked(t, got, err), 1e-12, b)
	})
}

// byParts returns e^(−δt)·E[Y(t)] + δ∫e^(−δu)·E[Y(u)] du, by Gauss and Legendre's rule
// of five points on panels that grow.
func byParts(t *testing.T, m model, b kpi.Buyer, delta, time float64) float64 {
	t.Helper()
	f := func(u float64) float64 {
		e, err := m.Expected(b, u)
		return math.Exp(-delta*u) * asked(t, e, err)
	}
	sum, from := f(time), 0.0
	for i := 25; i >= 0; i-- {
		to := time * math.Pow(0.5, float64(i))
		half, mid := (to-from)/2, (to+from)/2
		for k, x := range []float64{0, 0.5384693101056831, -0.5384693101056831, 0.906179845938664, -0.906179845938664} {
			w := []float64{0.5688888888888889, 0.4786286704993665, 0.4786286704993665, 0.23692688505618908, 0.23692688505618908}[k]
			sum += delta * half * w * f(mid+half*x)
		}
		from = to
	}
	return sum
}

// A customer who may be alive at Age + t was, and expects less with time.
func TestModelsPAlive(t *testing.T) {
	t.Parallel()
	forModels(t, func(t *testing.T, m model, b kpi.Buyer) {
		now, err := m.PAlive(b)
		now = asked(t, now, err)
		require.True(t, now >= 0 && now <= 1)
		at, err := m.PAliveAt(b, 0)
		within(t, now, asked(t, at, err), 1e-13)
		before, rate := now, 0.0
		for _, time := range []float64{1e-3, 1, 10, 100, 1e4} {
			at, err := m.PAliveAt(b, time)
			at = asked(t, at, err)
			require.LessOrEqual(t, at, before*(1+1e-13))
			before = at
			e, err := m.Expected(b, time)
			e = asked(t, e, err)
			if rate > 0 {
				require.LessOrEqual(t, e/time, rate*(1+1e-12), "orders come at a rate that falls")
			}
			rate = e / time
		}
	})
}

// A buyer's likelihood is the probability of the orders given what went before: the
// likelihood of a customer without an order in t more is that before by P(0 orders).
func TestModelsLikelihood(t *testing.T) {
	t.Parallel()
	forModels(t, func(t *testing.T, m model, b kpi.Buyer) {
		for _, time := range []float64{0.01, 5, 500} {
			later := b
			later.Age += time
			before, err := m.LogLikelihood([]kpi.Buyer{b})
			before = asked(t, before, err)
			after, err := m.LogLikelihood([]kpi.Buyer{later})
			after = asked(t, after, err)
			none, err := m.PMF(b, 0, time)
			require.InDelta(t, math.Log(asked(t, none, err)), after-before, 1e-11*max(1, math.Abs(before)), b)
		}
	})
}

func fits(bs []kpi.Buyer, s *kpi.FitSettings) (out []kpi.FitReport, err error) {
	for _, fit := range []func() (kpi.FitReport, error){
		func() (kpi.FitReport, error) { _, r, err := kpi.FitBGNBD(bs, s); return r, err },
		func() (kpi.FitReport, error) { _, r, err := kpi.FitMBGNBD(bs, s); return r, err },
		func() (kpi.FitReport, error) { _, r, err := kpi.FitParetoNBD(bs, s); return r, err },
		func() (kpi.FitReport, error) { _, r, err := kpi.FitGammaGamma(bs, s); return r, err },
	} {
		r, err := fit()
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// The same to the last bit in any order, with any number of goroutines, and with
// weights for equal rows.
func TestFitsAreDeterministic(t *testing.T) {
	t.Parallel()
	bs := simulated(3, 6000, false)
	want, err := fits(bs, &kpi.FitSettings{Workers: 1})
	require.NoError(t, err)
	require.Greater(t, want[0].Rows, 2*1024, "several chunks")
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(bs), func(i, j int) { bs[i], bs[j] = bs[j], bs[i] })
	for _, workers := range []int{0, 2, 7} {
		got, err := fits(bs, &kpi.FitSettings{Workers: workers})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.Positive(t, runtime.GOMAXPROCS(0))
	twice := append(append([]kpi.Buyer{}, bs...), bs...)
	for i := range bs {
		bs[i].Weight = 2
	}
	want, err = fits(bs, nil)
	require.NoError(t, err)
	got, err := fits(twice, nil)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// A change of unit changes the times, the log-likelihood by Σ Frequency·ln of it, and
// nothing that is not a time.
func TestFitsInAnotherUnit(t *testing.T) {
	t.Parallel()
	bs := simulated(5, 3000, true)
	weeks, err := fits(bs, nil)
	require.NoError(t, err)
	var orders float64
	for i := range bs {
		orders += float64(bs[i].Frequency)
		bs[i].Recency, bs[i].Age, bs[i].Unit = 7*bs[i].Recency, 7*bs[i].Age, kpi.Day
	}
	days, err := fits(bs, nil)
	require.NoError(t, err)
	for i, r := range days[:3] {
		require.InDelta(t, weeks[i].LogLikelihood-orders*math.Log(7), r.LogLikelihood, 1e-6)
		for j, name := range r.Names {
			factor := 1.0
			if name == "Alpha" || name == "Beta" {
				factor = 7
			}
			within(t, factor*weeks[i].Parameters[j], r.Parameters[j], 1e-5, r.Model, name)
			within(t, factor*weeks[i].StdErrs[j], r.StdErrs[j], 1e-3, r.Model, name)
		}
	}
	require.Equal(t, kpi.Day, days[0].Unit)
	require.Equal(t, weeks[3].Parameters, days[3].Parameters)
}

// What the data were drawn from is found again.
func TestFitsRecover(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flip bool
		fit  int
		want []float64
	}{
		{true, 0, []float64{0.243, 4.414, 0.793, 2.426}},
		{false, 2, []float64{0.553, 10.578, 0.606, 11.669}},
		{true, 3, []float64{6.25, 3.74, 15.44}},
	} {
		reports, err := fits(simulated(11, 20_000, c.flip), nil)
		require.NoError(t, err)
		r := reports[c.fit]
		require.Empty(t, r.Warnings)
		for j, want := range c.want {
			i, err := r.Interval(r.Names[j], 0.9999)
			require.NoError(t, err)
			require.True(t, i.Contains(want), "%s: %v, %v", r.Names[j], want, i)
			require.True(t, i.Contains(r.Parameters[j]))
		}
	}
}

// At the maximum every parameter moved by a little makes the orders less likely, also
// where the scales of the rates are far apart, which is computed in other ways.
func TestFitsAreMaxima(t *testing.T) {
	t.Parallel()
	for name, truth := range map[string]kpi.ParetoNBD{
		"near": {R: 0.9, Alpha: 0.5, S: 0.9, Beta: 15}, "far": {R: 1, Alpha: 30, S: 0.5, Beta: 1},
		"often": {R: 5, Alpha: 1, S: 1.5, Beta: 30},
	} {
		rng := rand.New(rand.NewPCG(5, 5))
		var bs []kpi.Buyer
		for range 1200 {
			b := kpi.Buyer{Age: 30 + 10*rng.Float64()}
			rate, end := gamma(rng, truth.R)/truth.Alpha, rng.ExpFloat64()*truth.Beta/gamma(rng, truth.S)
			for at := rng.ExpFloat64() / rate; at < min(b.Age, end); at += rng.ExpFloat64() / rate {
				b.Frequency, b.Recency = b.Frequency+1, at
			}
			bs = append(bs, b)
		}
		m, report, err := kpi.FitParetoNBD(bs, nil)
		require.NoError(t, err, name)
		top, err := m.LogLikelihood(bs)
		require.NoError(t, err)
		within(t, report.LogLikelihood, top, 1e-12, name)
		of, err := truth.LogLikelihood(bs)
		require.NoError(t, err)
		require.Less(t, of, top, name)
		for _, by := range []float64{0.99, 1.01} {
			for _, o := range []kpi.ParetoNBD{
				{R: by * m.R, Alpha: m.Alpha, S: m.S, Beta: m.Beta},
				{R: m.R, Alpha: by * m.Alpha, S: m.S, Beta: m.Beta},
				{R: m.R, Alpha: m.Alpha, S: by * m.S, Beta: m.Beta},
				{R: m.R, Alpha: m.Alpha, S: m.S, Beta: by * m.Beta},
			} {
				less, err := o.LogLikelihood(bs)
				require.NoError(t, err)
				require.Less(t, less, top, "%s: %+v", name, o)
			}
		}
	}
}
