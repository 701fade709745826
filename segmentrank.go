package kpi

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// ranked is a value and the position of its row.
type ranked[V any] struct {
	value V
	row   int32
}

// classify orders the rows and gives them their classes. It refuses rows that are
// impossible, and needs them in the order of the ids, or takes the time to find them so.
func (a *ABC) classify(metric string) error {
	if err := a.check(metric); err != nil {
		return err
	}
	byID := func(x, y ABCRow) int { return cmp.Or(cmp.Compare(x.ID, y.ID), cmp.Compare(x.Number, y.Number)) }
	if !slices.IsSortedFunc(a.Rows, byID) {
		slices.SortFunc(a.Rows, byID)
	}
	for i := 1; i < len(a.Rows); i++ {
		if byID(a.Rows[i-1], a.Rows[i]) == 0 {
			return fail(metric, CodeShared, "ID = %s, Number = %d", clip(a.Rows[i].ID), a.Rows[i].Number)
		}
	}
	if small, ok := a.plainValues(); ok {
		return rankRows(a, metric, small, cmp.Compare[int64], func(sum *big.Int, v int64) *big.Int { return sum.Add(sum, big.NewInt(v)) }, 0)
	}
	wide, err := a.mixedValues(metric)
	if err != nil {
		return err
	}
	return rankRows(a, metric, wide, (*big.Int).Cmp, func(sum, v *big.Int) *big.Int { return sum.Add(sum, v) }, new(big.Int))
}

// check refuses impossible rows, and brings their amounts to one unit.
func (a *ABC) check(metric string) error {
	exp := int32(0)
	for i, r := range a.Rows {
		err := gateTimes(metric, "Amount", r.Amount, 2)
		switch {
		case err != nil:
			return at(err, metric, i)
		case r.Orders < 0 || r.Days < 0 || r.Days > maxTenure:
			return failAt(metric, CodeOutOfRange, i, "Orders = %d, Days = %d", r.Orders, r.Days)
		case r.ID != "" && r.Number != 0 || i > 0 && (r.ID == "") != (a.Rows[0].ID == ""):
			return failAt(metric, CodeMixedIDs, i, "ID = %s, Number = %d", clip(r.ID), r.Number)
		}
		if err := readable(metric, r.ID); err != nil {
			return at(err, metric, i)
		}
		exp = min(exp, r.Amount.Exponent())
	}
	for i := range a.Rows {
		r := &a.Rows[i]
		if r.Amount.Exponent() == exp {
			continue
		}
		v := r.Amount.Coefficient()
		r.Amount = decimal.NewFromBigInt(v.Mul(v, pow10(int(r.Amount.Exponent()-exp))), exp)
		if err := gateTimes(metric, "Amount", r.Amount, 2); err != nil {
			return at(err, metric, i)
		}
	}
	return nil
}

// plainValues returns the values where one criterion alone has a weight, which then
// does not matter, and where they fit.
func (a *ABC) plainValues() ([]ranked[int64], bool) {
	alone := -1
	for i, w := range a.weights() {
		if w.Sign() == 0 {
			continue
		}
		if alone >= 0 {
			return nil, false
		}
		alone = i
	}
	out := make([]ranked[int64], len(a.Rows))
	for i := range a.Rows {
		r := &a.Rows[i]
		v, ok := r.Orders, true
		switch alone {
		case 0:
			v, ok = unitsOf(r.Amount, r.Amount.Exponent())
		case 2:
			v = r.Days
		}
		if !ok {
			return nil, false
		}
		out[i] = ranked[int64]{v, int32(i)} // as many as a log holds
	}
	return out, true
}

// setRaw sets v to a criterion of a row as a whole number.
func (r *ABCRow) setRaw(v *big.Int, criterion int) *big.Int {
	switch criterion {
	case 0:
		if n, ok := unitsOf(r.Amount, r.Amount.Exponent()); ok {
			return v.SetInt64(n)
		}
		return v.Set(r.Amount.Coefficient())
	case 1:
		return v.SetInt64(r.Orders)
	default:
		return v.SetInt64(r.Days)
	}
}

// mixedValues returns the values times what all shares have as their common
// denominator: a criterion times its weight and the totals of the others.
func (a *ABC) mixedValues(metric string) ([]ranked[*big.Int], error) {
	var totals [3]*big.Int
	v := new(big.Int)
	for k := range totals {
		totals[k] = new(big.Int)
		for i := range a.Rows {
			if a.Rows[i].setRaw(v, k); v.Sign() > 0 {
				totals[k].Add(totals[k], v)
			}
		}
	}
	var factors [3]*big.Int // nil has no weight
	common := new(big.Int)
	for k, w := range a.weights() {
		if w.Sign() == 0 {
			continue
		}
		if totals[k].Sign() == 0 {
			return nil, fail(metric, CodeNotPositive, "Σ %s = 0", criteria[k])
		}
		f := new(big.Int).Set(w.r().Num())
		for j, o := range a.weights() {
			if j != k && o.Sign() > 0 {
				f.Mul(f, totals[j]).Mul(f, o.r().Denom())
			}
		}
		factors[k] = f
		common.GCD(nil, nil, common, f)
	}
	for _, f := range factors {
		if f != nil {
			f.Quo(f, common)
		}
	}
	out, values := make([]ranked[*big.Int], len(a.Rows)), make([]big.Int, len(a.Rows))
	product := new(big.Int)
	for i := range a.Rows {
		out[i] = ranked[*big.Int]{&values[i], int32(i)} // as many as a log holds
		for k, f := range factors {
			if f != nil {
				values[i].Add(&values[i], product.Mul(a.Rows[i].setRaw(v, k), f))
			}
		}
	}
	return out, nil
}

// rankRows orders the rows, which stand in the order of the ids, by their values, and
// cuts them into classes.
func rankRows[V any](a *ABC, metric string, values []ranked[V], compare func(V, V) int, add func(*big.Int, V) *big.Int, zero V) error {
	slices.SortFunc(values, func(x, y ranked[V]) int {
		return cmp.Or(compare(y.value, x.value), cmp.Compare(x.row, y.row))
	})
	positive, total := 0, new(big.Int)
	for ; positive < len(values) && compare(values[positive].value, zero) > 0; positive++ {
		add(total, values[positive].value)
	}
	if positive == 0 {
		return fail(metric, CodeNotPositive, "Σv = 0, n = %d", len(values))
	}
	// Before a row there may be less than this for its class.
	limits := [3]*big.Int{ClassB: ceiling(a.B, total), ClassA: ceiling(a.A, total)}
	a.values = [3]*big.Int{new(big.Int), new(big.Int), new(big.Int)}
	before, class := new(big.Int), ClassA
	rows := make([]ABCRow, len(values))
	for i := range values {
		rows[i] = a.Rows[values[i].row]
		rows[i].Class = ClassC
		if i >= positive {
			continue
		}
		if i == 0 || compare(values[i-1].value, values[i].value) != 0 {
			for class > ClassC && before.Cmp(limits[class]) >= 0 {
				class--
			}
		}
		rows[i].Class = class
		add(before, values[i].value)
		add(a.values[class], values[i].value)
	}
	a.Rows = rows
	return nil
}

// ceiling returns the least whole number not below share·total.
func ceiling(share Ratio, total *big.Int) *big.Int {
	n := new(big.Int).Mul(share.r().Num(), total)
	rest := new(big.Int)
	if n.QuoRem(n, share.r().Denom(), rest); rest.Sign() > 0 {
		n.Add(n, bigOne)
	}
	return n
}
