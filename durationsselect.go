package kpi

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// span is the durations from lo to hi, both included.
type span struct{ lo, hi time.Duration }

var everything = span{0, math.MaxInt64}

func (s span) has(d time.Duration) bool {
	return uint64(d-s.lo) <= uint64(s.hi-s.lo) //nolint:gosec // below lo it wraps around
}

// extremes returns the least and the greatest value of s in parts, which hold one.
func (s span) extremes(parts [][]time.Duration) (least, most time.Duration) {
	least, most = s.hi, s.lo
	for _, part := range parts {
		for _, d := range part {
			if s.has(d) {
				least, most = min(least, d), max(most, d)
			}
		}
	}
	return least, most
}

const (
	// sortMost is the most values that are sorted rather than counted.
	sortMost = 512
	// cellBits is the binary logarithm of the cells of a grid.
	cellBits = 12
	// crowded is the share of the values read at which a cell is read where it
	// stands, and not copied out: one of so many.
	crowded = 8
)

// valuesAt returns the values of the given ranks, which are ascending, distinct and
// counted from 0, among the n values of parts.
//
// Nothing is moved and little is copied: one pass counts values by the buckets of
// Histogram, and another collects those of the few buckets that hold a rank, where
// the same is done with finer cells.
func valuesAt(parts [][]time.Duration, n int, ranks []int) []time.Duration {
	out := make([]time.Duration, len(ranks))
	group{parts, n, everything, n, ranks, out}.find()
	return out
}

// group is the part of a selection that concerns the values of a span.
type group struct {
	parts [][]time.Duration // which hold them, and others
	held  int               // the values in parts
	span  span
	n     int             // the values in span
	ranks []int           // wanted, among them
	out   []time.Duration // one for each of ranks
}

// find finds the ranks of g. Each turn divides the width of the span by 128 at
// first, and by 2048 from then on.
func (g group) find() {
	if g.n <= sortMost {
		g.sort()
		return
	}
	cells := grid{}
	if g.span != everything {
		cells.least, cells.most = g.span.extremes(g.parts)
		if cells.least == cells.most {
			g.fill(cells.least)
			return
		}
		cells.shift = max(0, bits.Len64(uint64(cells.most-cells.least))-cellBits) //nolint:gosec // most > least
	}
	groups := g.split(cells)
	mark := make([]uint16, buckets)
	marked := false
	for i, sub := range groups {
		if sub.n <= g.held/crowded {
			mark[cells.of(sub.span.lo)] = uint16(i + 1)
			groups[i].parts, groups[i].held = [][]time.Duration{make([]time.Duration, 0, sub.n)}, sub.n
			marked = true
		}
	}
	if marked {
		cells.collect(g.parts, mark, groups)
	}
	for _, sub := range groups {
		sub.find()
	}
}

// split returns the groups of the cells of g that hold a rank.
func (g group) split(cells grid) []group {
	var groups []group
	below, first := 0, 0
	for i, c := range cells.count(g.parts) {
		last := first
		for last < len(g.ranks) && g.ranks[last] < below+c {
			last++
		}
		if last > first {
			sub := group{g.parts, g.held, cells.span(i), c, slices.Clone(g.ranks[first:last]), g.out[first:last]}
			for j := range sub.ranks {
				sub.ranks[j] -= below
			}
			if sub.span.lo == sub.span.hi {
				sub.fill(sub.span.lo)
			} else {
				groups = append(groups, sub)
			}
		}
		below, first = below+c, last
	}
	return groups
}

// fill answers that all of g are d.
func (g group) fill(d time.Duration) {
	for i := range g.out {
		g.out[i] = d
	}
}

// sort finds the ranks of g in a sorted copy.
func (g group) sort() {
	all := make([]time.Duration, 0, g.n)
	for _, part := range g.parts {
		for _, d := range part {
			if g.span.has(d) {
				all = append(all, d)
			}
		}
	}
	slices.Sort(all)
	for i, r := range g.ranks {
		g.out[i] = all[r]
	}
}

// grid cuts the durations from least to most into equal cells of 1<<shift; the zero
// grid is that of the buckets of Histogram, which holds all.
type grid struct {
	least, most time.Duration
	shift       int
}

// of returns the cell of a d from least to most.
func (c grid) of(d time.Duration) int {
	if c == (grid{}) {
		return bucketOf(d)
	}
	return int(uint64(d-c.least) >> (c.shift & 63)) //nolint:gosec // at most 1<<cellBits
}

func (c grid) span(i int) span {
	if c == (grid{}) {
		return bucketSpan(i)
	}
	lo := c.least + time.Duration(i)<<c.shift
	return span{lo, lo + min(1<<c.shift-1, c.most-lo)}
}

// count returns how many values of parts are in each cell.
func (c grid) count(parts [][]time.Duration) []int {
	counts := make([]int, buckets)
	if c == (grid{}) {
		for _, part := range parts {
			for _, d := range part {
				counts[bucketOf(d)]++
			}
		}
		return counts
	}
	within := span{c.least, c.most}
	for _, part := range parts {
		for _, d := range part {
			if within.has(d) {
				counts[uint64(d-c.least)>>(c.shift&63)]++ //nolint:gosec // as in of
			}
		}
	}
	return counts
}

// collect appends the values of parts to the group that mark gives their cell, as
// its number from 1 on.
func (c grid) collect(parts [][]time.Duration, mark []uint16, groups []group) {
	add := func(m uint16, d time.Duration) {
		groups[m-1].parts[0] = append(groups[m-1].parts[0], d)
	}
	if c == (grid{}) {
		for _, part := range parts {
			for _, d := range part {
				if m := mark[bucketOf(d)]; m != 0 {
					add(m, d)
				}
			}
		}
		return
	}
	within := span{c.least, c.most}
	for _, part := range parts {
		for _, d := range part {
			if within.has(d) {
				if m := mark[uint64(d-c.least)>>(c.shift&63)]; m != 0 { //nolint:gosec // as in of
					add(m, d)
				}
			}
		}
	}
}
