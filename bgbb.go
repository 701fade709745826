package kpi

import (
	"math"

	"github.com/shopspring/decimal"
)

// BGBB are the parameters of the beta-geometric/beta-Bernoulli model of repeat buying
// on occasions outside contracts, where customers do not say that they leave.
//
//   - While alive, a customer buys on each occasion with probability p.
//   - Customers differ: p ~ Beta(Alpha, Beta), with mean Alpha/(Alpha+Beta).
//   - Before every occasion the customer falls silent for good with probability θ.
//   - So does θ: θ ~ Beta(Gamma, Delta), and independently of p.
//
// With x = Bought, t = Last and n = N of Occasions the likelihood is
//
//	L = B(Alpha+x, Beta+n−x)/B(Alpha, Beta) · B(Gamma, Delta+n)/B(Gamma, Delta) +
//	    Σ B(Alpha+x, Beta+i−x)/B(Alpha, Beta) · B(Gamma+1, Delta+i)/B(Gamma, Delta)
//
// over t ≤ i < n; PAlive is its first term by all of it. A customer who is alive is like
// a new one of the model with Alpha+x, Beta+n−x, Gamma and Delta+n, and with S(j) the
// survival of SBG{Gamma, Delta+n}
//
//	Expected  PAlive · (Alpha+x)/(Alpha+Beta+n) · Σ S(j)          over the occasions j
//	DERT      PAlive · (Alpha+x)/(Alpha+Beta+n) · Σ S(j)/(1+d)ʲ   over j ≥ 1
//
// Of two who bought as often the one with the later Last is worth more. Of two with the
// same Last it need not be the one who bought more: in somebody who bought often a
// silence means more.
//
// A model may be typed in from a paper, with the unit of its periods; the parameters are
// from 10⁻⁹ to 10⁹. Fader, Hardie and Shang (2010), Customer-base analysis in a
// discrete-time noncontractual setting, Marketing Science 29(6), 1086–1108.
type BGBB struct {
	Alpha float64 `json:"alpha"` // of the probability to buy
	Beta  float64 `json:"beta"`  // of the same
	Gamma float64 `json:"gamma"` // of the probability to fall silent
	Delta float64 `json:"delta"` // of the same
	Unit  Unit    `json:"unit"`  // of the periods
}

var bgbbNames = []string{"Alpha", "Beta", "Gamma", "Delta"}

// FitBGBB returns the model under which the histories are likeliest, in the Unit of
// the rows. It returns an error that names the row if one is invalid or of another
// Unit than the first; if there are none, or nobody has come to a third occasion, since
// fewer do not tell four parameters; if nobody bought or everybody did every time, when
// there is no maximum; and ErrNotConverged if the search ends elsewhere than at one.
func FitBGBB(rows []Occasions, settings *FitSettings) (BGBB, FitReport, error) {
	const metric = "FitBGBB"
	none := func(err error) (BGBB, FitReport, error) { return BGBB{}, FitReport{}, err }
	sorted, customers, err := sortedOccasions(metric, rows)
	if err != nil {
		return none(err)
	}
	some, silent, last := false, false, sorted[len(sorted)-1]
	for _, o := range sorted {
		some = some || o.Bought > 0
		silent = silent || o.Bought < o.N
	}
	switch {
	case last.N < 3:
		return none(fail(metric, CodeTooFew, "N = %d < 3", last.N))
	case !some || !silent:
		return none(fail(metric, CodeNoSpread, "N = %d, Bought = %d", last.N, last.Bought))
	}
	p, report, err := problem{
		metric: metric, model: "BGBB", names: bgbbNames, start: []float64{1, 1, 1, 1},
		customers: customers, rows: len(sorted), unit: last.Unit,
		at: func(p []float64) func(from, to int, sums []compensated) {
			m := BGBB{Alpha: p[0], Beta: p[1], Gamma: p[2], Delta: p[3]}
			return func(from, to int, sums []compensated) {
				var slopes [4]float64
				for _, o := range sorted[from:to] {
					log, _ := m.history(o.Bought, o.Last, o.N, false, &slopes)
					w := float64(o.Weight)
					sums[0].add(w * log)
					for j, s := range slopes {
						sums[1+j].add(w * s)
					}
				}
			}
		},
	}.maximise(settings)
	if err != nil {
		return none(err)
	}
	return BGBB{p[0], p[1], p[2], p[3], last.Unit}, report, nil
}

func (m BGBB) valid(metric string) error {
	if err := shapes(metric, bgbbNames, m.Alpha, m.Beta, m.Gamma, m.Delta); err != nil {
		return err
	}
	return validUnit(metric, m.Unit)
}

// LogLikelihood returns the log-likelihood of the rows. It returns an error that names
// the row if one is invalid or of another Unit, if there are none, if customers
// overflow, or if a parameter is out of range.
func (m BGBB) LogLikelihood(rows []Occasions) (float64, error) {
	const metric = "BGBB.LogLikelihood"
	if err := m.valid(metric); err != nil {
		return 0, err
	}
	sorted, _, err := sortedOccasions(metric, rows)
	if err != nil {
		return 0, err
	}
	if sorted[0].Unit != m.Unit {
		return 0, failAt(metric, CodeMismatch, 0, "Unit = %s ≠ %s", sorted[0].Unit, m.Unit)
	}
	var sum compensated
	for _, o := range sorted {
		log, _ := m.history(o.Bought, o.Last, o.N, false, nil)
		sum.add(float64(o.Weight) * log)
	}
	return sum.value(), nil
}

// history sums the terms of a probability, those who left after i = from … n−1
// occasions to those who are there still, in units of the latter: alive is their
// share, and log the logarithm of the sum. If any is set, the x purchases may be any
// of the occasions. slopes, if not nil, are given the derivatives of log in the
// logs of the parameters.
func (m BGBB) history(x, from, n int, anyOf bool, slopes *[4]float64) (log, alive float64) {
	const large = 0x1p512
	k, all := float64(x), float64(n)
	bought, left := m.Alpha+m.Beta, m.Gamma+m.Delta
	log = logBetaRatio(m.Alpha, m.Beta, all-k) + logBetaRatio(m.Beta+all-k, m.Alpha, k) + logBetaRatio(m.Gamma, m.Delta, all)
	if anyOf {
		log -= logBetaRatio(1+all-k, 1, k) + logBetaRatio(1, 1, all-k) + math.Log1p(all)
	}
	term, sum, unit := 1.0, 1.0, 1.0
	// Means of Σ 1/(α+β+j), Σ 1/(β+j−x), Σ 1/(δ+j) over i ≤ j < n, and of Σ 1/(γ+δ+j)
	// over i < j < n.
	var gap, mean [4]float64
	for i := n - 1; i >= from; i-- {
		j := float64(i)
		term *= (bought + j) / (m.Beta + j - k)
		if i == n-1 {
			term *= m.Gamma / (m.Delta + j)
		} else {
			term *= (left + j + 1) / (m.Delta + j)
		}
		if anyOf {
			term *= (j + 1 - k) / (j + 1)
		}
		sum += term
		if slopes != nil {
			gap[0] += 1 / (bought + j)
			gap[1] += 1 / (m.Beta + j - k)
			gap[2] += 1 / (m.Delta + j)
			if i < n-1 {
				gap[3] += 1 / (left + j + 1)
			}
			for g := range mean {
				mean[g] += term * gap[g]
			}
		}
		if sum > large {
			term, sum, unit = term/large, sum/large, unit/large
			log += math.Log(large)
			for g := range mean {
				mean[g] /= large
			}
		}
	}
	log += math.Log(sum)
	alive = unit / sum
	if slopes != nil {
		for g := range mean {
			mean[g] /= sum
		}
		purchases, departures := mean[0]-psiRising(bought, all), mean[3]-psiRising(left, all)
		*slopes = [4]float64{
			m.Alpha * (psiRising(m.Alpha, k) + purchases),
			m.Beta * (psiRising(m.Beta, all-k) + purchases - mean[1]),
			m.Gamma*departures + (sum-unit)/sum,
			m.Delta * (psiRising(m.Delta, all) + departures - mean[2]),
		}
	}
	return log, alive
}

// outlook returns the probability that a customer is alive, and what model it then is
// a new customer of, or refuses what is out of range. n is a number of periods to come.
func (m BGBB) outlook(metric string, o *Occasions, n int) (alive float64, given BGBB, err error) {
	if err := m.valid(metric); err != nil {
		return 0, BGBB{}, err
	}
	if err := o.valid(metric); err != nil {
		return 0, BGBB{}, err
	}
	switch {
	case o.Unit != m.Unit:
		return 0, BGBB{}, fail(metric, CodeMismatch, "Unit = %s ≠ %s", o.Unit, m.Unit)
	case n < 0 || n > maxOccasions:
		return 0, BGBB{}, fail(metric, CodeOutOfRange, "n = %d ∉ [0, %d]", n, maxOccasions)
	}
	_, alive = m.history(o.Bought, o.Last, o.N, false, nil)
	x, all := float64(o.Bought), float64(o.N)
	return alive, BGBB{m.Alpha + x, m.Beta + all - x, m.Gamma, m.Delta + all, m.Unit}, nil
}

// stay is how long new customers stay alive.
func (m BGBB) stay() betaLife { return betaLife{m.Gamma, m.Delta, 1} }

// buying is the chance of a new customer to buy on an occasion, as long as one is alive.
func (m BGBB) buying() float64 { return m.Alpha / (m.Alpha + m.Beta) }

// PAlive returns the probability that the customer is still alive after N periods; one
// who bought in the last of them is for certain. It returns an error if the history is
// invalid or of another Unit, or a parameter is out of range.
func (m BGBB) PAlive(o Occasions) (float64, error) {
	alive, _, err := m.outlook("BGBB.PAlive", &o, 0)
	return alive, err
}

// PAliveAt returns the probability that the customer will be alive n periods later, and
// so could buy in the n-th of them. It returns an error as PAlive does, or if n is
// outside 0 … 10 000.
func (m BGBB) PAliveAt(o Occasions, n int) (float64, error) {
	alive, given, err := m.outlook("BGBB.PAliveAt", &o, n)
	if err != nil {
		return 0, err
	}
	return alive * math.Exp(given.stay().log(0, float64(n))), nil
}

// Expected returns the mean number of the customer's purchases in the next n periods.
// It returns an error as PAliveAt does.
func (m BGBB) Expected(o Occasions, n int) (float64, error) {
	return m.within("BGBB.Expected", &o, Ratio{}, n)
}

// PMF returns the probability that the customer buys in k of the next n periods. It
// returns an error as PAliveAt does, or if k is negative.
func (m BGBB) PMF(o Occasions, k, n int) (float64, error) {
	const metric = "BGBB.PMF"
	alive, given, err := m.outlook(metric, &o, n)
	switch {
	case err != nil:
		return 0, err
	case k < 0:
		return 0, fail(metric, CodeNegative, "k = %d", k)
	case k > n:
		return 0, nil
	}
	log, _ := given.history(k, k, n, true, nil)
	p := alive * math.Exp(log)
	if k == 0 {
		p += 1 - alive
	}
	return min(p, 1), nil
}

// DERT returns the discounted expected residual transactions: all purchases that the
// customer is expected to make after N periods, each worth less the later it comes,
// with the next occasion a period away. annual is the rate of a year, 0.1 for 10 %, and
// is converted to the model's Unit here, once. It returns an error as PAlive does, if
// annual is negative, or if it is 0 and the purchases have no finite mean (Gamma ≤ 1).
func (m BGBB) DERT(o Occasions, annual Ratio) (float64, error) {
	return m.dert("BGBB.DERT", o, annual)
}

func (m BGBB) dert(metric string, o Occasions, annual Ratio) (float64, error) {
	alive, given, err := m.outlook(metric, &o, 0)
	if err != nil {
		return 0, err
	}
	rest, _, err := given.stay().discounted(metric, 0, annual, m.Unit)
	return alive * given.buying() * rest, err
}

// DERTWithin is DERT for the purchases in the next n periods; with annual = 0 it is
// Expected. It returns an error as PAliveAt does, or if annual is negative.
func (m BGBB) DERTWithin(o Occasions, annual Ratio, n int) (float64, error) {
	return m.within("BGBB.DERTWithin", &o, annual, n)
}

func (m BGBB) within(metric string, o *Occasions, annual Ratio, n int) (float64, error) {
	alive, given, err := m.outlook(metric, o, n)
	if err != nil {
		return 0, err
	}
	delta, err := perUnit(metric, annual, m.Unit)
	if err != nil {
		return 0, err
	}
	term, sum, discount := 1.0, 0.0, math.Exp(-delta)
	for j := range n {
		b := given.Delta + float64(j)
		term *= b / (given.Gamma + b) * discount
		sum += term
	}
	return alive * given.buying() * sum, nil
}

// CLV returns the present value of all that the customer is expected to bring after N
// periods (客户终身价值), rounded to four places: margin · DERT, margin being that of a
// purchase. What the customer brought before is not in it. It returns an error as DERT
// does.
func (m BGBB) CLV(o Occasions, margin, annual Ratio) (decimal.Decimal, error) {
	const metric = "BGBB.CLV"
	orders, err := m.dert(metric, o, annual)
	if err != nil {
		return decimal.Decimal{}, err
	}
	return worth(metric, orders, margin)
}

var bgbbCatalog = []Entry{
	{
		Key: "bgbb.clv", English: []string{"predicted customer lifetime value, BG/BB", "predictive CLV, BG/BB", "predictive LTV, BG/BB"},
		Chinese: []string{"预测客户终身价值(BG/BB)", "预测生命周期价值(BG/BB)", "预测LTV(BG/BB)"}, Formula: "margin · DERT",
		Unit: "money", Direction: Higher, Type: "BGBB", Method: "CLV",
	},
	{
		Key: "bgbb.expected", English: []string{"expected purchases, BG/BB"},
		Chinese: []string{"预期购买次数(BG/BB)"}, Formula: "PAlive · (Alpha+Bought)/(Alpha+Beta+N) · Σ S(j)",
		Unit: "count", Direction: Higher, Type: "BGBB", Method: "Expected",
	},
	{
		Key: "bgbb.palive", English: []string{"probability alive, BG/BB", "P(alive), BG/BB"},
		Chinese: []string{"客户存活概率(BG/BB)", "活跃概率(BG/BB)"}, Formula: "P(alive, history) / P(history)",
		Unit: "probability", Direction: Higher, Type: "BGBB", Method: "PAlive",
	},
	{
		Key: "bgbb.dert", English: []string{"discounted expected residual transactions, BG/BB", "DERT, BG/BB"},
		Chinese: []string{"折现预期剩余交易数(BG/BB)"}, Formula: "PAlive · (Alpha+Bought)/(Alpha+Beta+N) · Σ S(j)/(1+d)ʲ",
		Unit: "count", Direction: Higher, Type: "BGBB", Method: "DERT",
	},
}
