package kpi

import (
	"math"
	"math/big"
	"slices"
)

// rfmRow is a customer in 32 bytes.
type rfmRow struct {
	number uint64
	minor  int64 // revenue in units of 10^RFM.exp, or, if wide, its place in RFM.wide
	orders int64
	days   int32
	cell   uint16 // ((recency−1)·bins + frequency−1)·bins + monetary−1
	wide   bool
}

// rfmTotal adds up the customers of one cell.
type rfmTotal struct {
	customers, orders int64
	revenue           sumPart
}

// score makes the rows and the cells of r of columns, and the edges that r lacks.
// It uses up the columns.
func (r *RFM) score(c *rfmColumns) {
	c.coarsen()
	n, bins := len(c.last), r.Bins
	r.exp = c.exp
	if n > 0 {
		if len(r.DayEdges) == 0 {
			r.DayEdges = quantileEdges(c.last, nil, bins, 0)
		}
		if len(r.OrderEdges) == 0 {
			r.OrderEdges = quantileEdges(c.orders, nil, bins, 0)
		}
		if len(r.RevenueEdges) == 0 {
			r.RevenueEdges = quantileEdges(c.minor, c.wide, bins, c.exp)
		}
	}
	days, orders, money := newCut(r.DayEdges, 0), newCut(r.OrderEdges, 0), newCut(r.RevenueEdges, c.exp)
	r.cells = make([]rfmTotal, bins*bins*bins)
	for i := range r.cells {
		r.cells[i].revenue.exp = c.exp
	}
	r.rows = make([]rfmRow, n)
	for i := range r.rows {
		row := &r.rows[i]
		row.minor, row.orders, row.days = c.minor[i], c.orders[i], int32(c.last[i]) //nolint:gosec // 1677–2262
		cell := (bins-1-days.above(c.last[i]))*bins + orders.above(row.orders)
		if row.minor == wideMinor {
			w := c.wide[i]
			row.wide, row.minor, r.wide = true, int64(len(r.wide)), append(r.wide, w)
			cell = cell*bins + money.aboveBig(w)
			r.cells[cell].revenue.addBig(w)
		} else {
			cell = cell*bins + money.above(row.minor)
			r.cells[cell].revenue.add(row.minor)
		}
		row.cell = uint16(cell) //nolint:gosec // below 9³
		r.cells[cell].customers++
		r.cells[cell].orders += row.orders
	}
	for i, number := range c.numbers {
		r.rows[i].number = number
	}
	r.sortIDs(c)
}

// rfmCut are the edges of one dimension, rounded down to the unit of the values:
// what is whole is above an edge iff it is above the whole part of it.
type rfmCut struct {
	small []int64
	wide  []*big.Int
}

// newCut returns edges in units of 10^exp, exp ≤ 0.
func newCut(edges []Ratio, exp int32) rfmCut {
	var c rfmCut
	for _, e := range edges {
		v := new(big.Int).Mul(e.r().Num(), pow10(int(-exp)))
		v.Div(v, e.r().Denom()) // rounds down, as the divisor is positive
		small := int64(math.MaxInt64)
		switch {
		case v.IsInt64():
			small = v.Int64()
		case v.Sign() < 0:
			small = math.MinInt64 // which no value is
		}
		c.small, c.wide = append(c.small, small), append(c.wide, v)
	}
	return c
}

// above returns how many edges x is above.
func (c *rfmCut) above(x int64) int {
	n := 0
	for _, e := range c.small {
		above := 0 // a sum without a branch, which nobody could foresee
		if x > e {
			above = 1
		}
		n += above
	}
	return n
}

func (c *rfmCut) aboveBig(x *big.Int) int {
	n := 0
	for _, e := range c.wide {
		if x.Cmp(e) > 0 {
			n++
		}
	}
	return n
}

// quantileEdges returns the type-7 quantiles j/bins of n > 0 values in units of
// 10^exp, those in wide included, which are wideMinor among the values.
func quantileEdges(values []int64, wide map[int]*big.Int, bins int, exp int32) []Ratio {
	n := len(values)
	var low, high []*big.Int // all beyond what an int64 holds
	if len(wide) > 0 {
		for _, w := range wide {
			if w.Sign() < 0 {
				low = append(low, w)
			} else {
				high = append(high, w)
			}
		}
		slices.SortFunc(low, (*big.Int).Cmp)
		slices.SortFunc(high, (*big.Int).Cmp)
		values = slices.DeleteFunc(slices.Clone(values), func(v int64) bool { return v == wideMinor })
	}
	// Quantile j lies (n−1)j/bins places above the lowest: its whole part is a
	// rank, and the rest is the way to the next one.
	var ranks []int
	for j := 1; j < bins; j++ {
		k := (n - 1) / bins * j
		k += (n - 1) % bins * j / bins // no product overflows
		for _, rank := range []int{k, min(k+1, n-1)} {
			if i := rank - len(low); i >= 0 && i < len(values) {
				ranks = append(ranks, i)
			}
		}
	}
	slices.Sort(ranks)
	ranks = slices.Compact(ranks)
	found := make([]int64, len(ranks))
	selectRanks(values, ranks, found)
	ranked := func(rank int) *big.Int {
		i := rank - len(low)
		switch {
		case i < 0:
			return low[rank]
		case i >= len(values):
			return high[i-len(values)]
		}
		at, _ := slices.BinarySearch(ranks, i)
		return big.NewInt(found[at])
	}
	edges := make([]Ratio, 0, bins-1)
	for j := 1; j < bins; j++ {
		k := (n-1)/bins*j + (n-1)%bins*j/bins
		rest := (n - 1) % bins * j % bins
		lo, hi := ranked(k), ranked(min(k+1, n-1))
		e := new(big.Int).Mul(lo, big.NewInt(int64(bins-rest)))
		e.Add(e, new(big.Int).Mul(hi, big.NewInt(int64(rest))))
		edges = append(edges, ratio(new(big.Rat).Quo(scaled(e, int(exp)), new(big.Rat).SetInt64(int64(bins)))))
	}
	return edges
}

// sortIDs puts the rows, which are in the order of the columns, in that of the ids.
func (r *RFM) sortIDs(c *rfmColumns) {
	r.texts = c.texts
	order := idOrder(c.texts, c.numbers)
	if order == nil {
		return
	}
	if len(c.texts) > 0 {
		r.texts = make([]string, len(order))
		for i, w := range order {
			r.texts[i] = c.texts[w&indexMask]
		}
	}
	rows := make([]rfmRow, len(order))
	for i, w := range order {
		rows[i] = r.rows[w&indexMask]
	}
	r.rows = rows
	if len(r.wide) == 0 {
		return
	}
	old := slices.Clone(r.wide)
	r.wide = r.wide[:0]
	for i := range r.rows {
		if row := &r.rows[i]; row.wide {
			r.wide = append(r.wide, old[row.minor])
			row.minor = int64(len(r.wide) - 1)
		}
	}
}
