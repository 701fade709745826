package kpi

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// flips is what BG/NBD and MBG/NBD have in common: a customer who is alive buys at a
// rate λ ~ Gamma(shape, rate), and after every order falls silent for good with
// probability p ~ Beta(a, b).
type flips struct{ shape, rate, a, b float64 }

// expected returns the mean number of orders in a time t,
//
//	E[Y(t)] = E_p[(1 − (rate/(rate+p·t))^shape)/p]
//
// by the hypergeometric series where it converges fast and nothing cancels, and else
// by integration.
func (f flips) expected(t float64) float64 {
	if y, ok := f.series(t); ok {
		return y
	}
	scale := t / f.rate
	return overBeta(f.a, f.b, scale*max(f.shape, 1), func(p float64) float64 {
		if p < math.SmallestNonzeroFloat64 {
			return f.shape * scale
		}
		return -math.Expm1(-f.shape*math.Log1p(p*scale)) / p
	})
}

// series returns the expected orders by
//
//	C·(1 − (1−z)^(a−1))/(a−1) − (1−z)^(a−1)·Σ (A)_j·(a)_(j−1)/((C+1)_(j−1)·j!)·z^j
//
// with z = t/(rate+t), C = a+b−1 and A = C − shape, which is Fader and Hardie's formula
// after Euler's transformation and regular at a = 1 and at C = 0; and whether it is
// good for twelve digits.
func (f flips) series(t float64) (float64, bool) {
	z := t / (f.rate + t)
	if !(z <= 0.9) {
		return 0, false
	}
	e, l, c := f.a-1, math.Log1p(-z), f.a+f.b-1
	first := -l
	if e != 0 {
		first = -math.Expm1(e*l) / e
	}
	first *= c
	a, power := c-f.shape, math.Exp(e*l)
	term := a * z
	sum, size := term, math.Abs(term)
	for j := 1.0; j < 1000; j++ {
		term *= (a + j) * (f.a + j - 1) / ((c + j) * (j + 1)) * z
		sum += term
		size += math.Abs(term)
		if math.Abs(term) <= 1e-17*size*(1-z) {
			y := first - power*sum
			return y, y > 0.02*(math.Abs(first)+power*size)
		}
	}
	return 0, false
}

// alive returns the probability that a customer who is alive still is a time t later.
func (f flips) alive(t float64) float64 {
	scale := t / f.rate
	return overBeta(f.a, f.b, scale*max(f.shape, 1), func(p float64) float64 {
		return math.Exp(-f.shape * math.Log1p(p*scale))
	})
}

// probability returns the probability of n orders in a time t.
func (f flips) probability(n, t float64) float64 {
	z := t / (f.rate + t)
	if t == 0 {
		return 1 - min(n, 1)
	}
	p := math.Exp(logBetaRatio(f.a, f.b, n) + logCoefficient(n, f.shape) -
		n*math.Log1p(f.rate/t) - f.shape*math.Log1p(t/f.rate))
	if n > 0 {
		// Alive after n−1 orders and silent after the n-th, which came within t.
		silent := math.Log(f.a/(f.a+f.b)) + logRising(f.b, n-1) - logRising(f.a+f.b+1, n-1)
		p += math.Exp(silent) * mathext.RegIncBeta(n, f.shape, z)
	}
	return min(p, 1)
}

// discounted returns the mean of the orders to come within a time t, each discounted
// at the rate delta, compounded continuously:
//
//	∫ e^(−δu) dE[Y(u)] = E[λ·(1 − e^(−(δ+λp)t))/(δ+λp)]
//
// Over λ the whole of it, for ever, is shape·e^w·E_(shape+1)(w)/p with w = δ·rate/p;
// what comes after t is the same of a customer seen for t longer.
func (f flips) discounted(delta, t float64) float64 {
	endless := math.IsInf(t, 1)
	if delta == 0 {
		if endless {
			return (f.a + f.b - 1) / (f.a - 1)
		}
		return f.expected(t)
	}
	scale := 1 / (delta * f.rate)
	if !endless {
		scale = min(scale, t/f.rate)
	}
	return overBeta(f.a, f.b, scale*max(f.shape, 1), func(p float64) float64 {
		if !endless && f.shape*math.Log1p(p*t/f.rate)+delta*t < 0.2 {
			return f.briefly(p, delta, t)
		}
		// shape·e^w·E_(shape+1)(w) with w = δ·rate/p, over p
		later := func(rate float64) float64 {
			if w := delta * rate / p; w < 1e15 {
				return f.shape * scaledExpInt(f.shape+1, w) / p
			}
			return f.shape / (delta * rate)
		}
		y := later(f.rate)
		if !endless {
			y -= math.Exp(-delta*t-f.shape*math.Log1p(p*t/f.rate)) * later(f.rate+p*t)
		}
		return y
	})
}

// briefly integrates over a time in which little changes.
func (f flips) briefly(p, delta, t float64) (y float64) {
	at := func(u, w float64) {
		y += w * math.Exp(-delta*u-(f.shape+1)*math.Log1p(p*u/f.rate))
	}
	for _, n := range nodes {
		at(t/2*(1-n[0]), t/2*n[1])
		at(t/2*(1+n[0]), t/2*n[1])
	}
	return y * f.shape / f.rate
}

func (f flips) finite() bool { return f.a > 1 }
