package kpi

import (
	"math"
)

// GammaGamma are the parameters of the gamma-gamma model of spend.
//
//   - A customer's orders vary in their amounts: Gamma(P, ν), with mean P/ν.
//   - Means differ between customers: ν ~ Gamma(Q, V).
//   - How much a customer spends says nothing about how often, nor the reverse. Look at
//     the correlation of Spend and Frequency before you believe it.
//
// Of n priced orders with mean m it makes, and expects of the next,
//
//	Γ(P·n+Q)/(Γ(P·n)·Γ(Q))·V^Q·m^(P·n−1)·n^(P·n)/(V+n·m)^(P·n+Q)
//	Expected = P·(V + n·m)/(P·n + Q − 1)
//
// a mean of what the customer spent and of what all do, which are P·V/(Q−1). With Q ≤ 1
// the latter is infinite, and so is what is expected of customers of whom nothing is
// known; what is expected of others is finite where P·n + Q > 1.
//
// Fader and Hardie (2013), The gamma-gamma model of monetary value; Fader, Hardie and
// Lee (2005), RFM and CLV: using iso-value curves for customer base analysis, Journal
// of Marketing Research 42, 415–430.
type GammaGamma struct {
	P float64 `json:"p"` // shape of a customer's amounts
	Q float64 `json:"q"` // shape of the differences between customers
	V float64 `json:"v"` // scale of them, money
}

var gammaGammaNames = []string{"P", "Q", "V"}

func (m *GammaGamma) valid(metric string) error {
	return validParameters(metric, gammaGammaNames, m.P, m.Q, m.V)
}

// spends groups by what the model knows; customers without priced orders are left out.
func spends(metric string, buyers []Buyer) (alikes, error) {
	return grouped(metric, buyers, func(b *Buyer) (likeness, bool, error) {
		n := b.priced()
		return likeness{n: n, x: b.Spend}, n > 0, b.spent(metric)
	})
}

// FitGammaGamma returns the model under which the spends of the buyers with priced
// orders are likeliest. It returns an error that names the buyer if one has a spend
// that is not above 0, a negative count, or another Unit than the first; if there are
// fewer than two with priced orders, or all spends are equal; and ErrNotConverged if
// the search ends elsewhere than at a maximum.
func FitGammaGamma(buyers []Buyer, s *FitSettings) (GammaGamma, FitReport, error) {
	const metric = "FitGammaGamma"
	g, err := spends(metric, buyers)
	if err != nil {
		return GammaGamma{}, FitReport{}, err
	}
	var mean compensated
	low, high := math.Inf(1), 0.0
	for _, r := range g.rows {
		mean.add(r.x / float64(g.customers) * float64(r.weight))
		low, high = min(low, r.x), max(high, r.x)
	}
	switch {
	case g.customers == 0:
		return GammaGamma{}, FitReport{}, fail(metric, CodeNoData, "Σ Priced = 0")
	case g.customers == 1:
		return GammaGamma{}, FitReport{}, fail(metric, CodeTooFew, "len(buyers) = 1")
	case low == high:
		return GammaGamma{}, FitReport{}, fail(metric, CodeNoSpread, "Spend = %v", low)
	}
	at, report, err := gammaGammaProblem(metric, &g, mean.value()).maximise(s)
	if err != nil {
		return GammaGamma{}, FitReport{}, err
	}
	return GammaGamma{P: at[0], Q: at[1], V: at[2]}, report, nil
}

// gammaGammaTerms is what the likelihood of all customers with n priced orders has in
// common, and its derivatives in P and Q.
type gammaGammaTerms struct{ n, shape, c, dp, dq float64 }

func (m *GammaGamma) terms(n float64) gammaGammaTerms {
	shape := m.P * n
	// Γ(P·n+Q)/(Γ(P·n)·Γ(Q)) = 1/B(P·n, Q)
	small, large := min(shape, m.Q), max(shape, m.Q)
	gamma, _ := math.Lgamma(small)
	rise := psiRising(shape, m.Q)
	return gammaGammaTerms{
		n: n, shape: shape, c: logRising(large, small) - gamma,
		dp: rise, dq: psiRising(m.Q, shape),
	}
}

// customer returns the log-likelihood of n orders of mean m.
func (m *GammaGamma) customer(t *gammaGammaTerms, spend float64) float64 {
	ratio := t.n / m.V * spend
	return t.c - math.Log(spend) - t.shape*math.Log1p(1/ratio) - m.Q*math.Log1p(ratio)
}

func gammaGammaProblem(metric string, g *alikes, mean float64) problem {
	counts, which := g.counts()
	p := problem{
		metric: metric, model: "GammaGamma", names: gammaGammaNames, start: []float64{1, 2, mean},
		customers: g.customers, rows: len(g.rows), unit: g.unit,
	}
	p.at = func(at []float64) func(from, to int, sums []compensated) {
		m := GammaGamma{P: at[0], Q: at[1], V: at[2]}
		terms := make([]gammaGammaTerms, len(counts))
		for i, n := range counts {
			terms[i] = m.terms(n)
		}
		return func(from, to int, sums []compensated) {
			for i := from; i < to; i++ {
				row, t := &g.rows[i], &terms[which[i]]
				w, ratio := float64(row.weight), t.n/m.V*row.x
				low, high := math.Log1p(1/ratio), math.Log1p(ratio)
				sums[0].add(w * (t.c - math.Log(row.x) - t.shape*low - m.Q*high))
				sums[1].add(w * t.shape * (t.dp - low))
				sums[2].add(w * m.Q * (t.dq - high))
				sums[3].add(w * (m.Q*ratio - t.shape) / (1 + ratio))
			}
		}
	}
	return p
}

// LogLikelihood returns the log-likelihood of the spends of the buyers with priced
// orders. It returns an error that names the buyer if one is invalid, or if a
// parameter is not above 0.
func (m GammaGamma) LogLikelihood(buyers []Buyer) (float64, error) {
	const metric = "GammaGamma.LogLikelihood"
	if err := m.valid(metric); err != nil {
		return 0, err
	}
	g, err := spends(metric, buyers)
	if err != nil {
		return 0, err
	}
	var sum compensated
	for i := range g.rows {
		t := m.terms(float64(g.rows[i].n))
		sum.add(float64(g.rows[i].weight) * m.customer(&t, g.rows[i].x))
	}
	return estimate(metric, sum.value())
}

// Expected returns the mean amount of the customer's orders to come: of one of whom no
// priced order is known, that of all customers. It returns an error if the spend or a
// count is invalid, if a parameter is not above 0, or if there is no finite mean:
// P·n + Q ≤ 1.
func (m GammaGamma) Expected(b Buyer) (float64, error) {
	return m.expected("GammaGamma.Expected", &b)
}

// Mean returns the mean amount of an order of all customers, P·V/(Q−1). It returns an
// error if a parameter is not above 0, or if Q ≤ 1, when it is infinite.
func (m GammaGamma) Mean() (float64, error) { return m.expected("GammaGamma.Mean", &Buyer{}) }

func (m GammaGamma) expected(metric string, b *Buyer) (float64, error) {
	if err := m.valid(metric); err != nil {
		return 0, err
	}
	if err := b.spent(metric); err != nil {
		return 0, err
	}
	n, spend := float64(b.priced()), b.Spend
	if n == 0 {
		spend = 0
	}
	if m.P*n+m.Q <= 1 {
		return 0, fail(metric, CodeDiverges, "P·n + Q = %v ≤ 1", m.P*n+m.Q)
	}
	mean := m.P * (m.V + n*spend) / (m.P*n + (m.Q - 1))
	return estimate(metric, mean)
}

var gammaGammaCatalog = []Entry{
	{
		Key: "gammagamma.expected", English: []string{"expected order value of a customer, gamma-gamma", "expected spend"},
		Chinese: []string{"预期单笔消费(伽马-伽马模型)", "预期笔单价"}, Formula: "P·(V + n·m)/(P·n + Q − 1)",
		Unit: "money", Direction: Higher, Type: "GammaGamma", Method: "Expected",
	},
	{
		Key: "gammagamma.mean", English: []string{"expected order value of all customers, gamma-gamma"},
		Chinese: []string{"全体客户预期笔单价(伽马-伽马模型)"}, Formula: "P·V/(Q−1)",
		Unit: "money", Direction: Higher, Type: "GammaGamma", Method: "Mean",
	},
}
