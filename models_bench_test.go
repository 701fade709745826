package kpi_test

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// gamma draws from the gamma distribution of a shape, by Marsaglia and Tsang.
func gamma(rng *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(rng, shape+1) * math.Pow(1-rng.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for {
		x := rng.NormFloat64()
		v := 1 + x/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v *= v * v
		if math.Log(1-rng.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// simulated draws n customers of a Pareto/NBD or, with flip, a BG/NBD process, and what
// they spend.
func simulated(seed uint64, n int, flip bool) []kpi.Buyer {
	rng := rand.New(rand.NewPCG(seed, 7))
	out := make([]kpi.Buyer, n)
	for i := range out {
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
		for at := rng.ExpFloat64() / rate; at < b.Age && at < end; at += rng.ExpFloat64() / rate {
			day := math.Ceil(at*7) / 7
			if day > b.Age {
				break
			}
			if day > b.Recency {
				b.Frequency, b.Recency = b.Frequency+1, day
			}
			if rng.Float64() < p {
				break
			}
		}
		if b.Frequency > 0 {
			mean := 6.25 * 15.44 / gamma(rng, 3.74)
			b.Spend = math.Round(100*mean*gamma(rng, 6.25*float64(b.Frequency))/(6.25*float64(b.Frequency))) / 100
			b.Spend = max(b.Spend, 0.01)
		}
		out[i] = b
	}
	return out
}

var million = sync.OnceValues(func() (flip, silent []kpi.Buyer) {
	return simulated(1, 1_000_000, true), simulated(1, 1_000_000, false)
})

func BenchmarkFit(b *testing.B) {
	flip, silent := million()
	for name, fit := range map[string]func([]kpi.Buyer) (kpi.FitReport, error){
		"BGNBD":  func(bs []kpi.Buyer) (kpi.FitReport, error) { _, r, err := kpi.FitBGNBD(bs, nil); return r, err },
		"MBGNBD": func(bs []kpi.Buyer) (kpi.FitReport, error) { _, r, err := kpi.FitMBGNBD(bs, nil); return r, err },
		"ParetoNBD": func(bs []kpi.Buyer) (kpi.FitReport, error) {
			_, r, err := kpi.FitParetoNBD(bs, nil)
			return r, err
		},
		"GammaGamma": func(bs []kpi.Buyer) (kpi.FitReport, error) {
			_, r, err := kpi.FitGammaGamma(bs, nil)
			return r, err
		},
	} {
		large := flip
		if name == "ParetoNBD" {
			large = silent
		}
		for size, bs := range map[string]func() []kpi.Buyer{
			"cdnow": func() []kpi.Buyer { return cdnow(b) }, "million": func() []kpi.Buyer { return large },
		} {
			b.Run(name+"/"+size, func(b *testing.B) {
				bs := bs()
				b.ResetTimer()
				for range b.N {
					report, err := fit(bs)
					require.NoError(b, err)
					b.ReportMetric(float64(report.Evaluations), "evaluations")
					b.ReportMetric(float64(report.Rows), "rows")
				}
			})
		}
	}
}
