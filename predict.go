package kpi

import (
	"math"
	"math/big"
	"math/rand/v2"

	"github.com/shopspring/decimal"
)

// future is what a customer who is alive will do.
type future interface {
	// expected returns the mean number of orders in a time t.
	expected(t float64) float64
	// alive returns the probability of being alive a time t later.
	alive(t float64) float64
	// probability returns the probability of n orders in a time t.
	probability(n, t float64) float64
	// discounted returns the mean of the orders in a time t, which may be +Inf,
	// discounted continuously at the rate delta.
	discounted(delta, t float64) float64
	// draw returns a number of orders in a time t.
	draw(rng *rand.Rand, t float64) float64
	// finite reports whether the orders to come for ever have a mean.
	finite() bool
}

// outlook is what is expected of one customer.
type outlook struct {
	metric string
	unit   Unit
	alive  float64        // the probability of being alive
	silent func() float64 // the probability of not
	future future
}

// estimate refuses a v beyond a float64.
func estimate(metric string, v float64) (float64, error) {
	if err := finite(metric, v); err != nil {
		return 0, err
	}
	return v, nil
}

func (o *outlook) expected(t float64) (float64, error) {
	if err := validAge(o.metric, "t", t); err != nil {
		return 0, err
	}
	return estimate(o.metric, o.alive*o.future.expected(t))
}

func (o *outlook) aliveAt(t float64) (float64, error) {
	if err := validAge(o.metric, "t", t); err != nil {
		return 0, err
	}
	return estimate(o.metric, min(o.alive*o.future.alive(t), 1))
}

func (o *outlook) probability(n int64, t float64) (float64, error) {
	if err := validAge(o.metric, "t", t); err != nil {
		return 0, err
	}
	switch {
	case n < 0:
		return 0, fail(o.metric, CodeNegative, "n = %d", n)
	case n > mostCounted:
		return 0, fail(o.metric, CodeTooLarge, "n = %d", n)
	}
	p := o.alive * o.future.probability(float64(n), t)
	if n == 0 {
		p += o.silent()
	}
	return estimate(o.metric, min(p, 1))
}

// perUnit returns the continuous rate of discount in a unit of time that an annual
// rate is.
func perUnit(metric string, annual Ratio, unit Unit) (float64, error) {
	if annual.Sign() < 0 {
		return 0, fail(metric, CodeNegative, "annual = %.6g", annual)
	}
	delta := math.Log1p(annual.Float64()) * unitDays[unit] / unitDays[Year]
	return estimate(metric, delta)
}

func (o *outlook) discounted(annual Ratio, t float64) (float64, error) {
	if !math.IsInf(t, 1) {
		if err := validAge(o.metric, "t", t); err != nil {
			return 0, err
		}
	}
	delta, err := perUnit(o.metric, annual, o.unit)
	if err != nil {
		return 0, err
	}
	if delta == 0 && math.IsInf(t, 1) && !o.future.finite() {
		return 0, fail(o.metric, CodeDiverges, "annual = 0")
	}
	return estimate(o.metric, o.alive*o.future.discounted(delta, t))
}

// valued returns the margin on discounted orders at a mean spend.
func (o *outlook) valued(b *Buyer, spend GammaGamma, margin, annual Ratio, t float64) (decimal.Decimal, error) {
	orders, err := o.discounted(annual, t)
	if err != nil {
		return decimal.Decimal{}, err
	}
	mean, err := spend.expected(o.metric, b)
	if err != nil {
		return decimal.Decimal{}, err
	}
	value, err := estimate(o.metric, orders*mean*margin.Float64())
	if err != nil {
		return decimal.Decimal{}, err
	}
	return estimated(value), nil
}

// estimatedPlaces is how many places of an estimate of money are kept.
const estimatedPlaces = 4

// estimated returns an estimate as money, rounded.
func estimated(v float64) decimal.Decimal {
	exact := new(big.Rat)
	exact.SetFloat64(v) // v is finite
	return ratio(exact).Round(estimatedPlaces)
}

// horizon returns n units in another unit of time.
func horizon(metric string, n int64, unit, in Unit) (float64, error) {
	if err := validUnit(metric, unit); err != nil {
		return 0, err
	}
	if n < 0 {
		return 0, fail(metric, CodeNegative, "n = %d", n)
	}
	return float64(n) * unitDays[unit] / unitDays[in], nil
}
