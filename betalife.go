package kpi

import "math"

// betaLife is how long customers stay who each leave with a chance of their own,
// which is beta distributed with shapes a and b, and changes with age as a discrete
// Weibull of power c has it, or not at all at c = 1:
//
//	S(t) = B(a, b + tᶜ) / B(a, b)
type betaLife struct{ a, b, c float64 }

// power returns tᶜ.
func (l betaLife) power(t float64) float64 {
	if l.c == 1 {
		return t
	}
	return math.Pow(t, l.c)
}

// span returns toᶜ − fromᶜ, and fromᶜ.
func (l betaLife) span(from, to float64) (gap, start float64) {
	if l.c == 1 {
		return to - from, from
	}
	ratio := math.Log(from / to)
	if from > to/2 {
		ratio = math.Log1p((from - to) / to)
	}
	return -math.Pow(to, l.c) * math.Expm1(l.c*ratio), math.Pow(from, l.c)
}

// log returns ln(S(to)/S(from)) of ages that need not be whole.
func (l betaLife) log(from, to float64) float64 {
	if from == to {
		return 0
	}
	gap, start := l.span(from, to)
	return logBetaRatio(l.a, l.b+start, gap)
}

// logSlope adds weight times the derivatives of log(from, to) in the logs of a, b
// and c to d.
func (l betaLife) logSlope(d *[3]float64, from, to, weight float64) {
	if from == to {
		return
	}
	gap, start := l.span(from, to)
	b := l.b + start
	d[0] -= weight * l.a * psiRising(b+l.a, gap)
	d[1] += weight * l.b * (psiRising(b, gap) - psiRising(b+l.a, gap))
	end := start + gap
	slope := psiRising(l.b+end, l.a) * end * math.Log(to)
	if from > 0 {
		slope -= psiRising(b, l.a) * start * math.Log(from)
	}
	d[2] -= weight * l.c * slope
}

// residual returns what remains to come of someone who is there at the age from,
// each later age discounted continuously at delta a period:
//
//	Σ S(from+j)/S(from) · exp(−δj)    for j = 1, 2, 3 …
//
// The first terms are added up as they are. Once the next ones fall by less than 5 %
// each and are smooth, which is soon, the rest is an integral and the corrections of
// Gregory's formula. Both hold to some 14 digits, whatever δ and the shapes.
func (l betaLife) residual(from int, delta float64) float64 {
	const (
		smooth = 128
		gentle = 0.05
	)
	age := float64(from)
	term, sum := 1.0, 0.0
	for {
		step := l.log(age, age+1) - delta
		if age >= smooth && step > -gentle {
			break
		}
		term *= math.Exp(step)
		age++
		sum += term
		if term <= 1e-40*sum {
			return sum
		}
	}
	// The terms from age on, relative to that at age, and their differences.
	var next [9]float64
	for j := range next {
		next[j] = math.Exp(l.log(age, age+float64(j)) - delta*float64(j))
	}
	rest := l.integral(age, delta) - 0.5
	for k, g := range gregory {
		for j := range len(next) - 1 - k {
			next[j] = next[j+1] - next[j]
		}
		rest += g * next[0]
	}
	return sum + term*rest
}

// gregory are the coefficients of the forward differences in Gregory's formula for
// a sum that begins with its whole first term, less the half of that.
var gregory = [...]float64{
	-1.0 / 12, 1.0 / 24, -19.0 / 720, 3.0 / 160, -863.0 / 60480, 275.0 / 24192,
	-33953.0 / 3628800, 8183.0 / 1036800,
}

// integral returns ∫ S(x)/S(from)·exp(−δ(x−from)) dx over x ≥ from > 0, in steps of
// the logarithm of x: there, what is integrated is log-concave and has no scale but
// those of its power and its discount.
func (l betaLife) integral(from, delta float64) (sum float64) {
	start := l.power(from)
	at := func(y float64) float64 {
		discount := 0.0
		if delta > 0 {
			discount = delta * from * math.Expm1(y)
		}
		return from * math.Exp(logBetaRatio(l.a, l.b+start, start*math.Expm1(l.c*y))-discount+y)
	}
	for y := 0.0; ; {
		p := start * math.Exp(l.c*y)
		rate := l.c * p * psiRising(l.b+p, l.a) // −d ln S/d ln x, which never falls
		if delta > 0 {
			rate += delta * from * math.Exp(y)
		}
		switch {
		case rate > 1 && at(y) <= 1e-17*(rate-1)*sum: // log-concave: it falls at least so fast from here
			return sum
		case delta == 0 && p > 1e17*l.a*(l.a+2*l.b+1): // no more than a power of x by now
			return sum + at(y)/(l.a*l.c-1)
		}
		half := min(1, 2/l.c, 4/rate) / 2
		y += half
		for _, node := range nodes {
			sum += half * node[1] * (at(y-half*node[0]) + at(y+half*node[0]))
		}
		y += half
	}
}
