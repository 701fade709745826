package kpi

import "math"

var paretoNames = []string{"R", "Alpha", "S", "Beta"}

func (m *ParetoNBD) valid(metric string) error {
	if err := validParameters(metric, paretoNames, m.R, m.Alpha, m.S, m.Beta); err != nil {
		return err
	}
	return validUnit(metric, m.Unit)
}

// tail is the log of
//
//	H(a, b; u) = ∫ (α+y)^−a·(β+y)^−b dy   from u to ∞
//
// and its derivatives in a, b, α and β.
type tail struct{ log, a, b, alpha, beta float64 }

// nearOne is the argument from which on the series of tailOf would be long, and
// fewScales how fast what is integrated instead may change at its beginning.
const (
	nearOne   = 0.9
	fewScales = 12
)

// tailOf returns H. With α ≥ β, and else with the pairs exchanged, it is
//
//	(α+u)^−a·(β+u)^(1−b)/k·₂F₁(1, a; k+1; z),  k = a+b−1, z = (α−β)/(α+u)
//
// a series of positive terms.
func tailOf(a, b, alpha, beta, u float64) tail {
	if alpha < beta {
		t := tailOf(b, a, beta, alpha, u)
		t.a, t.b, t.alpha, t.beta = t.b, t.a, t.beta, t.alpha
		return t
	}
	near, far, k := beta+u, alpha+u, a+b-1
	z := (alpha - beta) / far
	switch {
	case z > nearOne && a*near/far+b < fewScales:
		return tailSplit(a, b, alpha, beta, near, far)
	case z > nearOne:
		return tailIntegral(a, b, near, far, math.Inf(1))
	}
	// The sum is 1 + z·g, and up and down are what a term's factors add to its
	// derivatives in the upper and in the lower parameter.
	f, fa, fb, term, up, down := 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
	for p, q := a, k+1; ; p, q = p+1, q+1 {
		both := 1 / (p * q)
		up += q * both
		down += p * both
		term *= z * p * p * both
		f += term
		fa += term * (up - down)
		fb -= term * down
		if !(term > 1e-17*f) {
			break
		}
	}
	g := a / (k + 1)
	if f > 1 {
		g = (f - 1) / z
	}
	logNear, logFar := math.Log(near), math.Log(far)
	return tail{
		log: -a*logFar + (1-b)*logNear - math.Log(k) + math.Log(f),
		a:   -logFar - 1/k + fa/f, b: -logNear - 1/k + fb/f,
		alpha: -k * g / (f * far), beta: -k / f * (1/near - g/far),
	}
}

// tailSplit is tailOf for α+u = far much greater than β+u = near: up to where the
// series has the argument ½ by integration in the log of β+y, and by the series from
// there on.
func tailSplit(a, b, alpha, beta, near, far float64) tail {
	gap := alpha - beta
	rest := tailOf(a, b, alpha, beta, gap-beta)
	logNear, logFar := math.Log(near), math.Log(far)
	length := math.Log(gap) - logNear
	panels := math.Ceil(length)
	half := length / panels / 2
	var sum, sumA, sumB, sumAlpha, sumBeta float64
	for i := range int(panels) {
		for _, n := range nodes {
			for _, x := range [...]float64{-n[0], n[0]} {
				v := half * (float64(2*i+1) + x)
				grown := math.Expm1(v)
				l := math.Log1p(near / far * grown)
				w := half * n[1] * math.Exp((1-b)*v-a*l)
				y := near + near*grown
				sum += w
				sumA += w * l
				sumB += w * v
				sumAlpha += w / (gap + y)
				sumBeta += w / y
			}
		}
	}
	log := (1-b)*logNear - a*logFar + math.Log(sum)
	most, least := max(log, rest.log), min(log, rest.log)
	t := tail{log: most + math.Log1p(math.Exp(least-most))}
	p, q := math.Exp(log-t.log), math.Exp(rest.log-t.log)
	t.a = q*rest.a - p*(logFar+sumA/sum)
	t.b = q*rest.b - p*(logNear+sumB/sum)
	t.alpha = q*rest.alpha - p*a*sumAlpha/sum
	t.beta = q*rest.beta - p*b*sumBeta/sum
	return t
}

// tailIntegral is tailOf for α+u = far and β+u = near, by integration in the log of
// y − u, which ends at a length.
func tailIntegral(a, b, near, far, length float64) tail {
	logNear, logFar := math.Log(near), math.Log(far)
	first := min(logNear-math.Log(max(b, 1)), logFar-math.Log(max(a, 1)))
	last := max(logNear, logFar)
	end := min(farther, math.Log(length))
	first = min(first, end)
	bump := peaked(first-unbounded, end, first-3, last+3, func(v float64) float64 {
		y := math.Exp(-v)
		return 1 - a/(1+far*y) - b/(1+near*y)
	})
	logOf := func(v float64) (value, logA, logB float64) {
		logA, logB = softplus(v-logFar), softplus(v-logNear)
		return v - a*logA - b*logB, logA, logB
	}
	top, _, _ := logOf(bump.peak)
	var sumA, sumB, sumAlpha, sumBeta float64
	sum := bump.integrate(func(v, w float64) float64 {
		value, logA, logB := logOf(v)
		w *= math.Exp(value - top)
		sumA += w * logA
		sumB += w * logB
		sumAlpha += w * math.Exp(-logA) / far
		sumBeta += w * math.Exp(-logB) / near
		return w
	})
	return tail{
		log: top - a*logFar - b*logNear + math.Log(sum),
		a:   -logFar - sumA/sum, b: -logNear - sumB/sum,
		alpha: -a * sumAlpha / sum, beta: -b * sumBeta / sum,
	}
}

// parts returns the two positive parts of a customer's likelihood, in logs, but for
// what does not depend on the times: those who fell silent after the last order, at
// any time, had they been watched for ever, and those of them who would have ordered
// after Age first.
func (m *ParetoNBD) parts(row *likeness) (first, second tail, sum float64) {
	n := m.R + float64(row.n)
	first = tailOf(n, m.S+1, m.Alpha, m.Beta, row.x)
	second = tailOf(n+1, m.S, m.Alpha, m.Beta, row.y)
	first.log += math.Log(m.S)
	second.log += math.Log(n)
	most, least := max(first.log, second.log), min(first.log, second.log)
	return first, second, most + math.Log1p(math.Exp(least-most))
}

// customer returns the log-likelihood of a customer, the log of the two parts, and the
// probability that it is alive.
func (m *ParetoNBD) customer(row *likeness) (ll, sum, alive float64) {
	x := float64(row.n)
	_, _, sum = m.parts(row)
	ll = logRising(m.R, x) + m.R*math.Log(m.Alpha) + m.S*math.Log(m.Beta) + sum
	alive = math.Exp(min(0, -(m.R+x)*math.Log(m.Alpha+row.y)-m.S*math.Log(m.Beta+row.y)-sum))
	return ll, sum, alive
}

// silent returns the probability that a customer is not alive, without a difference
// where that is small.
func (m *ParetoNBD) silent(row *likeness, sum, alive float64) float64 {
	switch {
	case row.x == row.y:
		return 0
	case alive < 0.5:
		return 1 - alive
	}
	gone := tailIntegral(m.R+float64(row.n), m.S+1, m.Beta+row.x, m.Alpha+row.x, row.y-row.x)
	return math.Exp(math.Log(m.S) + gone.log - sum)
}

// fitPareto returns the parameters that make the buyers' orders likeliest.
func fitPareto(metric string, buyers []Buyer, s *FitSettings) ([]float64, FitReport, error) {
	g, err := histories(metric, buyers)
	if err != nil {
		return nil, FitReport{}, err
	}
	span, err := g.enoughBought(metric)
	if err != nil {
		return nil, FitReport{}, err
	}
	counts, which := g.counts()
	p := problem{
		metric: metric, model: "ParetoNBD", names: paretoNames, start: []float64{1, span / 10, 1, span / 10},
		customers: g.customers, rows: len(g.rows), unit: g.unit,
	}
	p.at = func(at []float64) func(from, to int, sums []compensated) {
		m := ParetoNBD{R: at[0], Alpha: at[1], S: at[2], Beta: at[3]}
		logs, psis := make([]float64, len(counts)), make([]float64, len(counts))
		logAlpha, logBeta := math.Log(m.Alpha), math.Log(m.Beta)
		for i, x := range counts {
			logs[i] = logRising(m.R, x) + m.R*logAlpha + m.S*logBeta
			psis[i] = psiRising(m.R, x) + logAlpha
		}
		return func(from, to int, sums []compensated) {
			for i := from; i < to; i++ {
				row, c := &g.rows[i], which[i]
				w, n := float64(row.weight), m.R+counts[c]
				t, u, sum := m.parts(row)
				p, q := math.Exp(t.log-sum), math.Exp(u.log-sum)
				sums[0].add(w * (logs[c] + sum))
				sums[1].add(w * m.R * (psis[c] + p*t.a + q*(u.a+1/n)))
				sums[2].add(w * (m.R + m.Alpha*(p*t.alpha+q*u.alpha)))
				sums[3].add(w * (m.S*(logBeta+p*t.b+q*u.b) + p))
				sums[4].add(w * (m.S + m.Beta*(p*t.beta+q*u.beta)))
			}
		}
	}
	return p.maximise(s)
}

func (m ParetoNBD) outlook(metric string, b *Buyer) (outlook, error) {
	if err := m.valid(metric); err != nil {
		return outlook{}, err
	}
	if err := b.askable(metric, m.Unit); err != nil {
		return outlook{}, err
	}
	o := outlook{metric: metric, unit: m.Unit}
	row := likeness{n: b.Frequency, x: b.Recency, y: b.Age}
	_, sum, alive := m.customer(&row)
	o.alive, o.silent = alive, func() float64 { return m.silent(&row, sum, alive) }
	o.future = departures{shape: m.R + float64(b.Frequency), rate: m.Alpha + b.Age, s: m.S, beta: m.Beta + b.Age}
	return o, finite(metric, o.alive)
}

// departures is a customer who is alive, buys at a rate λ ~ Gamma(shape, rate) and falls
// silent at a rate μ ~ Gamma(s, beta).
type departures struct{ shape, rate, s, beta float64 }

func (d departures) finite() bool { return d.s > 1 }

func (d departures) alive(t float64) float64 { return math.Exp(-d.s * math.Log1p(t/d.beta)) }

func (d departures) expected(t float64) float64 {
	e, l := d.s-1, math.Log1p(t/d.beta)
	if e != 0 {
		l = -math.Expm1(-e*l) / e
	}
	return d.shape / d.rate * d.beta * l
}

// discounted returns λ·∫ e^(−δu)·(beta/(beta+u))^s du up to t: for ever it is
// λ·beta·e^w·E_s(w), w = δ·beta, and what comes after t is the same of a customer seen
// for t longer.
func (d departures) discounted(delta, t float64) float64 {
	endless := math.IsInf(t, 1)
	switch {
	case delta == 0 && endless:
		return d.shape / d.rate * d.beta / (d.s - 1)
	case delta == 0:
		return d.expected(t)
	}
	y := 0.0
	if !endless && d.s*math.Log1p(t/d.beta)+delta*t < 0.2 {
		at := func(u, w float64) { y += w * math.Exp(-delta*u-d.s*math.Log1p(u/d.beta)) }
		for _, n := range nodes {
			at(t/2*(1-n[0]), t/2*n[1])
			at(t/2*(1+n[0]), t/2*n[1])
		}
		return d.shape / d.rate * y
	}
	y = d.beta * scaledExpInt(d.s, delta*d.beta)
	if !endless {
		later := d.beta + t
		y -= math.Exp(-delta*t-d.s*math.Log1p(t/d.beta)) * later * scaledExpInt(d.s, delta*later)
	}
	return d.shape / d.rate * y
}

// probability adds those who stay alive for t and those who fall silent within it.
func (d departures) probability(n, t float64) float64 {
	if t == 0 {
		return 1 - min(n, 1)
	}
	c := logCoefficient(n, d.shape)
	logOf := func(y float64) float64 {
		l := c - d.shape*math.Log1p(y/d.rate) - d.s*math.Log1p(y/d.beta)
		if n > 0 {
			l -= n * math.Log1p(d.rate/y)
		}
		return l
	}
	logT, logRate, logBeta := math.Log(t), math.Log(d.rate), math.Log(d.beta)
	low := min(logT, logRate, logBeta)
	b := peaked(low-unbounded, logT, low-3, logT, func(v float64) float64 {
		y := math.Exp(-v)
		return n + 1 - (d.shape+n)/(1+d.rate*y) - (d.s+1)/(1+d.beta*y)
	})
	at := func(v float64) float64 {
		y := math.Exp(v)
		return logOf(y) + v - math.Log1p(y/d.beta)
	}
	top := at(b.peak)
	silent := b.integrate(func(v, w float64) float64 { return w * math.Exp(at(v)-top) })
	return min(1, math.Exp(logOf(t))+d.s/d.beta*math.Exp(top)*silent)
}
