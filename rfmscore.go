package kpi

import (
	"context"
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

// score makes the rows and the cells of r of columns, and the edges that r lacks,
// on so many goroutines. It uses up the columns.
func (r *RFM) score(c *rfmColumns, workers int) {
	c.coarsen()
	n, bins := len(c.last), r.Bins
	r.exp = c.exp
	var order []uint64
	_ = inParallel(context.Background(), workers, 4, func(_, task int) error {
		edges := r.edges()
		switch {
		case task == 0:
			order = idOrder(c.texts, c.numbers)
		case n == 0 || len(*edges[task-1]) > 0:
		case task == 1:
			r.DayEdges = quantileEdges(c.last, nil, bins, 0)
		case task == 2:
			r.OrderEdges = quantileEdges(c.orders, nil, bins, 0)
		default:
			r.RevenueEdges = quantileEdges(c.minor, c.wide, bins, c.exp)
		}
		return nil
	})
	if len(c.wide) > 0 {
		workers = 1 // who have their places in RFM.wide by their order
	}
	stretch := func(i int) (from, to int) { return n * i / workers, n * (i + 1) / workers }
	s := rfmScorer{c, bins, newCut(r.DayEdges, 0), newCut(r.OrderEdges, 0), newCut(r.RevenueEdges, c.exp)}
	rows, cells := make([]rfmRow, n), make([][]rfmTotal, workers)
	_ = inParallel(context.Background(), workers, workers, func(_, i int) error {
		from, to := stretch(i)
		cells[i] = r.fill(&s, rows, from, to)
		return nil
	})
	r.cells = cells[0]
	for _, more := range cells[1:] {
		for i := range more {
			r.cells[i].merge(&more[i])
		}
	}
	r.rows, r.texts = rows, c.texts
	if order == nil {
		return
	}
	r.rows = make([]rfmRow, n)
	if len(c.texts) > 0 {
		r.texts = make([]string, n)
	}
	_ = inParallel(context.Background(), workers, workers, func(_, i int) error {
		from, to := stretch(i)
		for k := from; k < to; k++ {
			r.rows[k] = rows[order[k]&indexMask]
			if len(c.texts) > 0 {
				r.texts[k] = c.texts[order[k]&indexMask]
			}
		}
		return nil
	})
	old := slices.Clone(r.wide)
	r.wide = r.wide[:0]
	for i := 0; i < n && len(r.wide) < len(old); i++ {
		if row := &r.rows[i]; row.wide {
			r.wide = append(r.wide, old[row.minor])
			row.minor = int64(len(r.wide) - 1)
		}
	}
}

// rfmScorer is what scores columns.
type rfmScorer struct {
	*rfmColumns
	bins                int
	days, orders, money rfmCut
}

// fill makes rows of the columns in a stretch, and returns the cells that they add
// up to.
func (r *RFM) fill(s *rfmScorer, rows []rfmRow, from, to int) []rfmTotal {
	bins := s.bins
	cells := make([]rfmTotal, bins*bins*bins)
	for i := range cells {
		cells[i].revenue.exp = s.exp
	}
	for i := from; i < to; i++ {
		row := &rows[i]
		row.minor, row.orders, row.days = s.minor[i], s.rfmColumns.orders[i], int32(s.last[i]) //nolint:gosec // 1677–2262
		if len(s.numbers) > 0 {
			row.number = s.numbers[i]
		}
		cell := (bins-1-s.days.above(s.last[i]))*bins + s.orders.above(row.orders)
		if row.minor == wideMinor {
			w := s.wide[i]
			row.wide, row.minor, r.wide = true, int64(len(r.wide)), append(r.wide, w)
			cell = cell*bins + s.money.aboveBig(w)
			cells[cell].revenue.addBig(w)
		} else {
			cell = cell*bins + s.money.above(row.minor)
			cells[cell].revenue.add(row.minor)
		}
		row.cell = uint16(cell) //nolint:gosec // below 9³
		cells[cell].customers++
		cells[cell].orders += row.orders
	}
	return cells
}

// merge adds up what another goroutine has.
func (t *rfmTotal) merge(o *rfmTotal) {
	t.customers += o.customers
	t.orders += o.orders
	if p := o.revenue.total(); p.Sign() != 0 {
		t.revenue.addBig(p)
	}
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
