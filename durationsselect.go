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
	// cellBits is the binary logarithm of the cells that a span is cut into.
	cellBits = 12
	// sparse is the share of the values read that may be copied out: one of so many.
	sparse = 8
)

// valuesAt returns the values of the given ranks, which are ascending, distinct and
// counted from 0, among the n values of parts.
//
// Nothing is moved and little is copied: one pass counts values by the buckets of
// Histogram, and another collects those of the few buckets that hold a rank, where
// the same is done with finer cells. A bucket that holds much of all is cut up
// where it stands.
func valuesAt(parts [][]time.Duration, n int, ranks []int) []time.Duration {
	out := make([]time.Duration, len(ranks))
	g := group{parts: parts, held: n, span: everything, n: n, ranks: ranks, out: out}
	if n <= sortMost {
		g.sort()
		return out
	}
	counts := new([buckets]int)
	for _, part := range parts {
		for _, d := range part {
			counts[bucketOf(d)]++
		}
	}
	var mark [buckets]byte
	var found [256][]time.Duration // by mark, 0 being none
	groups := g.split(counts[:], bucketSpan)
	marks := 0
	for _, sub := range groups {
		if sub.n <= n/sparse && marks < len(found)-1 {
			marks++
			mark[bucketOf(sub.span.lo)] = byte(marks) //nolint:gosec // below 256
			found[marks] = make([]time.Duration, 0, sub.n)
		}
	}
	if marks > 0 {
		for _, part := range parts {
			for _, d := range part {
				if m := mark[bucketOf(d)]; m != 0 {
					found[m] = append(found[m], d)
				}
			}
		}
	}
	for _, sub := range groups {
		if m := mark[bucketOf(sub.span.lo)]; m != 0 {
			sub.parts, sub.held = [][]time.Duration{found[m]}, sub.n
		}
		sub.narrow()
	}
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

// split returns the groups of the cells of g that hold a rank; counts are the
// values in each cell, and cell is its span.
func (g group) split(counts []int, cell func(i int) span) []group {
	var groups []group
	below, first := 0, 0
	for i, c := range counts {
		last := first
		for last < len(g.ranks) && g.ranks[last] < below+c {
			last++
		}
		if last > first {
			sub := group{g.parts, g.held, cell(i), c, slices.Clone(g.ranks[first:last]), g.out[first:last]}
			for j := range sub.ranks {
				sub.ranks[j] -= below
			}
			groups = append(groups, sub)
		}
		below, first = below+c, last
	}
	return groups
}

// narrow finds the ranks of g by cutting its span into cells. Each turn divides
// the width of the span by 2048 at least.
func (g group) narrow() {
	if g.n <= sortMost {
		g.sort()
		return
	}
	if g.n <= g.held/sparse {
		g.parts, g.held = [][]time.Duration{g.collect()}, g.n
	}
	least, most := g.span.extremes(g.parts)
	if least == most {
		for i := range g.out {
			g.out[i] = least
		}
		return
	}
	within := span{least, most}
	shift := max(0, bits.Len64(uint64(most-least))-cellBits) //nolint:gosec // most > least
	counts := new([1 << cellBits]int)
	for _, part := range g.parts {
		for _, d := range part {
			if within.has(d) {
				counts[uint64(d-least)>>(shift&63)&(1<<cellBits-1)]++ //nolint:gosec // d ≥ least
			}
		}
	}
	for _, sub := range g.split(counts[:], func(i int) span {
		lo := least + time.Duration(i)<<shift
		return span{lo, lo + (1<<shift - 1)}
	}) {
		sub.narrow()
	}
}

// collect returns the values of g in a slice of their own.
func (g group) collect() []time.Duration {
	all := make([]time.Duration, 0, g.n)
	for _, part := range g.parts {
		for _, d := range part {
			if g.span.has(d) {
				all = append(all, d)
			}
		}
	}
	return all
}

// sort finds the ranks of g in a sorted copy.
func (g group) sort() {
	all := g.collect()
	slices.Sort(all)
	for i, r := range g.ranks {
		g.out[i] = all[r]
	}
}
