package kpi

import "math"

// flipsModel is BG/NBD, or MBG/NBD with first = 1, where the first order is followed
// by a flip too.
type flipsModel struct {
	model       string
	r, alpha    float64
	a, b, first float64
	unit        Unit
}

// validParameters refuses parameters that are not finite numbers above 0.
func validParameters(metric string, names []string, values ...float64) error {
	for i, v := range values {
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			return fail(metric, CodeNotFinite, "%s = %v", names[i], v)
		case v <= 0:
			return fail(metric, CodeOutOfRange, "%s = %v ≤ 0", names[i], v)
		}
	}
	return nil
}

var flipsNames = []string{"R", "Alpha", "A", "B"}

func (m *flipsModel) valid(metric string) error {
	if err := validParameters(metric, flipsNames, m.r, m.alpha, m.a, m.b); err != nil {
		return err
	}
	return validUnit(metric, m.unit)
}

// flipsTerms is what the likelihood of all customers with x repeat orders has in
// common, and its derivatives in the four parameters.
type flipsTerms struct {
	count, c, silent, flips float64 // r+x; the constant; ln of a/(b+k−1), −Inf if k = 0; b+k−1
	dr, da, db              float64
}

func (m *flipsModel) terms(x float64) flipsTerms {
	k, ab := x+m.first, m.a+m.b
	t := flipsTerms{
		count: m.r + x, flips: m.b + k - 1, silent: math.Inf(-1),
		c:  logRising(m.r, x) + m.r*math.Log(m.alpha) + logRising(m.b, k) - logRising(ab, k),
		dr: psiRising(m.r, x) + math.Log(m.alpha),
		da: -psiRising(ab, k),
	}
	t.db = psiRising(m.b, k) + t.da
	if k > 0 {
		t.silent = math.Log(m.a / t.flips)
	}
	return t
}

// customer returns the log-likelihood of a customer, and the probability that it is
// alive and that it is not:
//
//	c − (r+x)·ln(α+T) − ln P(alive)
func (m *flipsModel) customer(t *flipsTerms, recency, age float64) (ll, alive, silent float64) {
	d := t.silent + t.count*math.Log1p((age-recency)/(m.alpha+recency))
	ll = t.c - t.count*math.Log(m.alpha+age)
	if d > 0 {
		e := math.Exp(-d)
		return ll + d + math.Log1p(e), e / (1 + e), 1 / (1 + e)
	}
	e := math.Exp(d)
	return ll + math.Log1p(e), 1 / (1 + e), e / (1 + e)
}

// problem is the fit to grouped buyers.
func (m flipsModel) problem(metric string, g *alikes, span float64) problem {
	counts, which := g.counts()
	p := problem{
		metric: metric, model: m.model, names: flipsNames, start: []float64{1, span / 10, 1, 1},
		customers: g.customers, rows: len(g.rows), unit: g.unit,
	}
	p.at = func(at []float64) func(from, to int, sums []compensated) {
		m := flipsModel{r: at[0], alpha: at[1], a: at[2], b: at[3], first: m.first}
		terms := make([]flipsTerms, len(counts))
		for i, x := range counts {
			terms[i] = m.terms(x)
		}
		return func(from, to int, sums []compensated) {
			for i := from; i < to; i++ {
				row, t := &g.rows[i], &terms[which[i]]
				w, recent, aged := float64(row.weight), m.alpha+row.x, m.alpha+row.y
				// customer, with the logs that the gradient needs as well
				now := math.Log(aged)
				ago := now - math.Log(recent)
				d, ll, q := t.silent+t.count*ago, t.c-t.count*now, 0.0
				e := math.Exp(-math.Abs(d))
				ll += math.Log1p(e)
				if d > 0 {
					ll += d
					q = e / (1 + e)
				} else {
					q = 1 / (1 + e)
				}
				s := 1 - q
				sums[0].add(w * ll)
				sums[1].add(w * m.r * (t.dr - now + s*ago))
				sums[2].add(w * (m.r - m.alpha*t.count*(q/aged+s/recent)))
				sums[3].add(w * (m.a*t.da + s))
				if s > 0 {
					sums[4].add(w * m.b * (t.db - s/t.flips))
				} else {
					sums[4].add(w * m.b * t.db)
				}
			}
		}
	}
	return p
}

// fit returns the parameters that make the buyers' orders likeliest.
func (m flipsModel) fit(metric string, buyers []Buyer, s *FitSettings) (flipsModel, FitReport, error) {
	g, err := histories(metric, buyers)
	if err != nil {
		return flipsModel{}, FitReport{}, err
	}
	span, err := g.enoughBought(metric)
	if err != nil {
		return flipsModel{}, FitReport{}, err
	}
	at, report, err := m.problem(metric, &g, span).maximise(s)
	if err != nil {
		return flipsModel{}, FitReport{}, err
	}
	m.r, m.alpha, m.a, m.b, m.unit = at[0], at[1], at[2], at[3], g.unit
	return m, report, nil
}

func (m flipsModel) logLikelihood(metric string, buyers []Buyer) (float64, error) {
	if err := m.valid(metric); err != nil {
		return 0, err
	}
	return likelihood(metric, buyers, m.unit, func(row *likeness) float64 {
		t := m.terms(float64(row.n))
		ll, _, _ := m.customer(&t, row.x, row.y)
		return ll
	})
}

// outlook returns what a customer is expected to do.
func (m flipsModel) outlook(metric string, b *Buyer) (outlook, error) {
	if err := m.valid(metric); err != nil {
		return outlook{}, err
	}
	if err := b.askable(metric, m.unit); err != nil {
		return outlook{}, err
	}
	x := float64(b.Frequency)
	t := m.terms(x)
	o := outlook{metric: metric, unit: m.unit}
	_, alive, silent := m.customer(&t, b.Recency, b.Age)
	o.alive, o.silent = alive, func() float64 { return silent }
	o.future = flips{shape: m.r + x, rate: m.alpha + b.Age, a: m.a, b: m.b + x + m.first}
	return o, finite(metric, o.alive)
}
