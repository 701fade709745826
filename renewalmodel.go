package kpi

import (
	"math"

	"github.com/shopspring/decimal"
)

// The shapes of a beta distribution that a model may be given, and the bounds of
// what is asked about it. Within them nothing overflows.
const (
	leastShape, mostShape = 1e-9, 1e9
	leastPower, mostPower = 0.01, 10
	leastDiscount         = 1e-25
	maxRenewals           = 1_000_000
)

// shapes refuses shapes that are out of range.
func shapes(metric string, names []string, values ...float64) error {
	for i, v := range values {
		if !(v >= leastShape && v <= mostShape) {
			return fail(metric, CodeOutOfRange, "%s = %v ∉ [%v, %v]", names[i], v, leastShape, mostShape)
		}
	}
	return nil
}

// contract is what SBG and BdW have in common, which is nearly all: how long
// customers stay who renew once in a unit of time.
type contract struct {
	betaLife
	unit Unit
}

var contractNames = []string{"Alpha", "Beta", "C"}

func (m contract) valid(metric string) error {
	if err := shapes(metric, contractNames, m.a, m.b); err != nil {
		return err
	}
	if !(m.c >= leastPower && m.c <= mostPower) {
		return fail(metric, CodeOutOfRange, "C = %v ∉ [%v, %v]", m.c, leastPower, mostPower)
	}
	return validUnit(metric, m.unit)
}

// asked refuses a model that is out of range, or a number of renewals below least or
// above what is computed.
func (m contract) asked(metric, name string, n, least int) error {
	if err := m.valid(metric); err != nil {
		return err
	}
	if n < least || n > maxRenewals {
		return fail(metric, CodeOutOfRange, "%s = %d ∉ [%d, %d]", name, n, least, maxRenewals)
	}
	return nil
}

func (m contract) survival(metric string, t int) (float64, error) {
	if err := m.asked(metric, "t", t, 0); err != nil {
		return 0, err
	}
	return math.Exp(m.log(0, float64(t))), nil
}

// renewal returns a function of the log of the share who make it of those who come to
// their n-th renewal.
func (m contract) renewal(metric string, n int, of func(float64) float64) (float64, error) {
	if err := m.asked(metric, "n", n, 1); err != nil {
		return 0, err
	}
	return of(m.log(float64(n-1), float64(n))), nil
}

func (m contract) retention(metric string, n int) (float64, error) {
	return m.renewal(metric, n, math.Exp)
}

func (m contract) churn(metric string, n int) (float64, error) {
	return m.renewal(metric, n, func(log float64) float64 { return -math.Expm1(log) })
}

// discounted returns the residual life from an age on, and what money grows by in a
// period.
func (l betaLife) discounted(metric string, age int, annual Ratio, unit Unit) (rest, growth float64, err error) {
	delta, err := perUnit(metric, annual, unit)
	switch {
	case err != nil:
		return 0, 0, err
	case delta > 0 && delta < leastDiscount:
		return 0, 0, fail(metric, CodeOutOfRange, "annual = %.6g", annual)
	case delta == 0 && l.a*l.c <= 1:
		return 0, 0, fail(metric, CodeDiverges, "%v ≤ 1, annual = 0", l.a*l.c)
	}
	rest, growth = l.residual(age, delta), math.Exp(delta)
	if err := finite(metric, rest, growth); err != nil {
		return 0, 0, err
	}
	return rest, growth, nil
}

func (m contract) del(metric string, annual Ratio) (float64, error) {
	rest, err := m.after(metric, 0, annual)
	if err != nil {
		return 0, err
	}
	return 1 + rest, nil
}

func (m contract) clv(metric string, margin, annual Ratio) (decimal.Decimal, error) {
	lives, err := m.del(metric, annual)
	if err != nil {
		return decimal.Decimal{}, err
	}
	return worth(metric, lives, margin)
}

// worth returns so many margins as money.
func worth(metric string, times float64, margin Ratio) (decimal.Decimal, error) {
	v := times * margin.Float64()
	if err := finite(metric, v); err != nil {
		return decimal.Decimal{}, err
	}
	return estimated(v), nil
}

func (m contract) before(metric string, n int, annual Ratio) (float64, error) {
	if err := m.asked(metric, "n", n, 1); err != nil {
		return 0, err
	}
	rest, growth, err := m.discounted(metric, n-1, annual, m.unit)
	if err != nil {
		return 0, err
	}
	return rest * growth, nil
}

func (m contract) after(metric string, n int, annual Ratio) (float64, error) {
	if err := m.asked(metric, "n", n, 0); err != nil {
		return 0, err
	}
	rest, _, err := m.discounted(metric, n, annual, m.unit)
	return rest, err
}

// renewalStep is one step of a Survival: n customers come to the renewals
// after from, and lost of them leave at age to. All ages are whole.
type renewalStep struct{ from, to, n, lost float64 }

// renewalTable returns the renewals of s with the customers who came to any, or what
// is wrong with it.
func renewalTable(metric string, s Survival) (rows []renewalStep, customers int64, err error) {
	if err := s.valid(metric); err != nil {
		return nil, 0, err
	}
	if !wholeAge(s.From) {
		return nil, 0, fail(metric, CodeOutOfRange, "From = %v", s.From)
	}
	customers, _ = s.totals()
	last := s.From
	for i, p := range s.Steps {
		switch {
		case !wholeAge(p.Time) || p.Time == 0 && p.Events > 0:
			return nil, 0, failAt(metric, CodeOutOfRange, i, "Time = %v, Events = %d", p.Time, p.Events)
		case p.Time == 0:
			customers -= p.Censored // without a renewal
		case p.AtRisk > 0:
			rows = append(rows, renewalStep{last, p.Time, float64(p.AtRisk), float64(p.Events)})
		}
		last = p.Time
	}
	if len(rows) == 0 {
		return nil, 0, fail(metric, CodeNoData, "AtRisk = 0")
	}
	return rows, customers, nil
}

func wholeAge(t float64) bool { return t == math.Trunc(t) && t <= maxRenewals }

// add adds the log-likelihood of the renewals to sums[0] and its derivatives in the
// logs of the parameters to the others.
func (r renewalStep) add(l betaLife, sums []compensated) {
	var d [3]float64
	slopes := sums[1:]
	early, last := r.to-1, l.log(r.to-1, r.to)
	if r.lost == 0 { // all of them survived both
		early, last = r.to, 0
	}
	v := r.n * l.log(r.from, early)
	if r.lost > 0 {
		v += (r.n-r.lost)*last + r.lost*math.Log(-math.Expm1(last))
	}
	sums[0].add(v)
	if len(slopes) == 0 {
		return
	}
	l.logSlope(&d, r.from, early, r.n)
	if r.lost > 0 {
		l.logSlope(&d, r.to-1, r.to, r.n-r.lost-r.lost/math.Expm1(-last))
	}
	for j := range slopes {
		slopes[j].add(d[j])
	}
}

func (m contract) logLikelihood(metric string, s Survival) (float64, error) {
	if err := m.valid(metric); err != nil {
		return 0, err
	}
	rows, _, err := renewalTable(metric, s)
	if err != nil {
		return 0, err
	}
	var sum [1]compensated
	for _, r := range rows {
		r.add(m.betaLife, sum[:])
	}
	return sum[0].value(), nil
}

// fitContract fits a contract with as many parameters as there are start values; with
// two, its power is 1.
func fitContract(metric, model string, start []float64, s Survival, unit Unit, settings *FitSettings) (contract, FitReport, error) {
	none := func(err error) (contract, FitReport, error) { return contract{}, FitReport{}, err }
	if err := validUnit(metric, unit); err != nil {
		return none(err)
	}
	rows, customers, err := renewalTable(metric, s)
	if err != nil {
		return none(err)
	}
	var ages, kept, lost float64
	for _, r := range rows {
		ages += r.to - r.from
		lost += r.lost
		kept += r.n*(r.to-r.from) - r.lost
	}
	switch {
	case lost == 0 || kept == 0:
		return none(fail(metric, CodeNoSpread, "Σ Events = %v, Σ AtRisk − Events = %v", lost, kept))
	case ages < float64(len(start)):
		return none(fail(metric, CodeTooFew, "n = %v < %d", ages, len(start)))
	}
	of := func(p []float64) contract {
		m := contract{betaLife{p[0], p[1], 1}, unit}
		if len(p) > 2 {
			m.c = p[2]
		}
		return m
	}
	found, report, err := problem{
		metric: metric, model: model, names: contractNames[:len(start)], start: start,
		customers: customers, rows: len(rows), unit: unit,
		at: func(p []float64) func(from, to int, sums []compensated) {
			m := of(p)
			err := m.valid(metric)
			return func(from, to int, sums []compensated) {
				if err != nil {
					sums[0].add(math.NaN()) // no ground to climb on
					return
				}
				for _, r := range rows[from:to] {
					r.add(m.betaLife, sums)
				}
			}
		},
	}.maximise(settings)
	if err != nil {
		return none(err)
	}
	return of(found), report, nil
}
