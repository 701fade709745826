package kpi

import (
	"math"
	"math/rand/v2"
)

// drawGamma draws from the gamma distribution of a shape and the rate 1. Marsaglia and
// Tsang (2000), A simple method for generating gamma variables, ACM TOMS 26, 363–372.
func drawGamma(rng *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return drawGamma(rng, shape+1) * math.Pow(1-rng.Float64(), 1/shape)
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

// drawBeta draws from the beta distribution; where both of its gammas are 0 it is at
// one of its ends.
func drawBeta(rng *rand.Rand, a, b float64) float64 {
	x, y := drawGamma(rng, a), drawGamma(rng, b)
	switch {
	case x+y > 0:
		return x / (x + y)
	case rng.Float64() < a/(a+b):
		return 1
	default:
		return 0
	}
}

// drawPoisson draws from the Poisson distribution: by multiplication, or from 30 on by
// transformed rejection. Hörmann (1993), The transformed rejection method for
// generating Poisson random variables, Insurance: Mathematics and Economics 12, 39–45.
func drawPoisson(rng *rand.Rand, mean float64) float64 {
	if mean < 30 {
		n, product, end := 0.0, rng.Float64(), math.Exp(-mean)
		for ; product > end; n++ {
			product *= rng.Float64()
		}
		return n
	}
	b := 0.931 + 2.53*math.Sqrt(mean)
	a := -0.059 + 0.02483*b
	logMean, inverse := math.Log(mean), 1.1239+1.1328/(b-3.4)
	for {
		u, v := rng.Float64()-0.5, 1-rng.Float64()
		us := 0.5 - math.Abs(u)
		n := math.Floor((2*a/us+b)*u + mean + 0.43)
		if us >= 0.07 && v <= 0.9277-3.6224/(b-2) {
			return n
		}
		if n < 0 || us < 0.013 && v > us {
			continue
		}
		gamma, _ := math.Lgamma(n + 1)
		if math.Log(v)+math.Log(inverse)-math.Log(a/(us*us)+b) <= -mean+n*logMean-gamma {
			return n
		}
	}
}

// draw returns the orders of a customer who is alive: those that would come, up to the
// one after which it falls silent.
func (f flips) draw(rng *rand.Rand, t float64) float64 {
	n := drawPoisson(rng, min(drawGamma(rng, f.shape)/f.rate*t, mostCounted))
	p, u := drawBeta(rng, f.a, f.b), 1-rng.Float64()
	if p == 0 {
		return n
	}
	return min(n, 1+math.Floor(math.Log(u)/math.Log1p(-p)))
}

// draw returns the orders of a customer who is alive: those that come before it falls
// silent, at a time of its own.
func (d departures) draw(rng *rand.Rand, t float64) float64 {
	rate := drawGamma(rng, d.shape) / d.rate
	if end := d.beta / drawGamma(rng, d.s) * rng.ExpFloat64(); end < t {
		t = end
	}
	return drawPoisson(rng, min(rate*t, mostCounted))
}
