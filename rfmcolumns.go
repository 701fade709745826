package kpi

import (
	"math"
	"math/big"
	"slices"
	"time"
)

// rfmColumns are customers with orders, in any order: what RFM scores are made
// of. Ids are in texts or in numbers.
type rfmColumns struct {
	texts   []string
	numbers []uint64
	last    []int64 // the instant of the last order; since age, days before AsOf
	orders  []int64
	minor   []int64          // revenue = minor·10^exp; math.MinInt64 stands for one in wide
	wide    map[int]*big.Int // by position, in the same unit
	exp     int32            // the finest of any, 0 at most

	refundsOnly int64 // customers with refunds and no order
}

// wideMinor marks a revenue that an int64 does not hold.
const wideMinor = math.MinInt64

// add appends a customer, but for the id.
func (c *rfmColumns) add(last, orders int64, revenue *Sum) {
	c.last, c.orders = append(c.last, last), append(c.orders, orders)
	if len(revenue.parts) == 1 {
		p := &revenue.parts[0]
		if m := int64(p.lo); p.exp == c.exp && p.wide == nil && p.hi == m>>63 && m != wideMinor { //nolint:gosec // two's complement
			c.minor = append(c.minor, m)
			return
		}
	}
	exp, total := revenue.state()
	c.addMoney(total, exp)
}

// plainSum adds up amounts that fit an int64 in one unit, as most do.
type plainSum struct {
	minor int64
	exp   int8
}

// add adds minor·10^exp, or reports false where that is of another unit, or too
// much.
func (p *plainSum) add(minor int64, exp int8) bool {
	sum := p.minor + minor
	if exp == wideExp || (sum^p.minor)&(sum^minor) < 0 {
		return false
	}
	if exp != p.exp && minor != 0 {
		if p.minor != 0 {
			return false
		}
		p.exp = exp
	}
	p.minor = sum
	return true
}

// addPlain is add of a sum in one unit.
func (c *rfmColumns) addPlain(last, orders int64, revenue plainSum) {
	c.last, c.orders = append(c.last, last), append(c.orders, orders)
	if revenue.minor == 0 || int32(revenue.exp) == c.exp && revenue.minor != wideMinor {
		c.minor = append(c.minor, revenue.minor)
		return
	}
	c.addMoney(big.NewInt(revenue.minor), int32(revenue.exp))
}

// addMoney appends a revenue of v·10^exp; v is kept.
func (c *rfmColumns) addMoney(v *big.Int, exp int32) {
	c.refine(exp)
	if exp > c.exp {
		v = new(big.Int).Mul(v, pow10(int(exp-c.exp)))
	}
	c.minor = append(c.minor, 0)
	c.setMoney(len(c.minor)-1, v)
}

func (c *rfmColumns) setMoney(i int, v *big.Int) {
	if v.IsInt64() && v.Int64() != wideMinor {
		c.minor[i] = v.Int64()
		return
	}
	if c.wide == nil {
		c.wide = map[int]*big.Int{}
	}
	c.minor[i], c.wide[i] = wideMinor, v
}

// money returns revenue i in units of 10^exp.
func (c *rfmColumns) money(i int) *big.Int {
	if c.minor[i] == wideMinor {
		return c.wide[i]
	}
	return big.NewInt(c.minor[i])
}

// refine makes the unit as fine as 10^exp.
func (c *rfmColumns) refine(exp int32) {
	if exp >= c.exp {
		return
	}
	factor := pow10(int(c.exp - exp))
	c.exp = exp
	small, limit := int64(0), int64(0) // a factor that fits, and what it may multiply
	if factor.IsInt64() {
		small = factor.Int64()
		limit = math.MaxInt64 / small
	}
	for i, m := range c.minor {
		if -limit <= m && m <= limit {
			c.minor[i] = m * small
		} else {
			c.setMoney(i, new(big.Int).Mul(c.money(i), factor))
		}
	}
}

// coarsen makes the unit as coarse as all revenues allow, 1 at most, so that it
// follows from them and not from amounts that do not count.
func (c *rfmColumns) coarsen() {
	if len(c.last) == 0 {
		c.exp = 0
	}
	ten, rest := big.NewInt(10), new(big.Int)
	for c.exp < 0 {
		for i, m := range c.minor {
			if m%10 != 0 && (m != wideMinor || rest.Rem(c.wide[i], ten).Sign() != 0) {
				return
			}
		}
		for i := range c.minor {
			if w, ok := c.wide[i]; ok {
				delete(c.wide, i)
				c.setMoney(i, new(big.Int).Quo(w, ten))
			} else {
				c.minor[i] /= 10
			}
		}
		c.exp++
	}
}

// absorb appends the customers of o, which may change.
func (c *rfmColumns) absorb(o *rfmColumns) {
	if len(c.last) == 0 {
		o.refundsOnly += c.refundsOnly
		*c = *o
		return
	}
	c.refine(o.exp)
	o.refine(c.exp)
	for i, v := range o.wide {
		if c.wide == nil {
			c.wide = map[int]*big.Int{}
		}
		c.wide[len(c.minor)+i] = v
	}
	c.minor = append(c.minor, o.minor...)
	c.texts, c.numbers = append(c.texts, o.texts...), append(c.numbers, o.numbers...)
	c.last, c.orders = append(c.last, o.last...), append(c.orders, o.orders...)
	c.refundsOnly += o.refundsOnly
}

// age turns the instants of the last orders into civil days before asOf.
func (c *rfmColumns) age(asOf int64, loc *time.Location) {
	if len(c.last) == 0 {
		return
	}
	today := dateOf(time.Unix(0, asOf), loc)
	days := newCivilDays(slices.Min(c.last), slices.Max(c.last), loc)
	for i, at := range c.last {
		c.last[i] = int64(today - days.dates[days.period(at)])
	}
}
