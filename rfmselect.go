package kpi

import (
	"math/bits"
	"slices"
)

// selectBits is how many bits a pass of selectRanks tells apart.
const selectBits = 12

// selectRanks writes to found the values of the given ranks, which ascend from 0
// without repeats: what values[rank] would be if values were sorted. It counts in
// buckets and looks closer only at those with a rank in them.
func selectRanks(values []int64, ranks []int, found []int64) {
	if len(ranks) == 0 {
		return
	}
	if len(values) <= 256 {
		sorted := slices.Sorted(slices.Values(values))
		for i, r := range ranks {
			found[i] = sorted[r]
		}
		return
	}
	lo, hi := values[0], values[0]
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	shift := max(0, bits.Len64(uint64(hi-lo))-selectBits) //nolint:gosec // wraps to the distance
	bucket := func(v int64) int {
		return int(uint64(v-lo) >> (shift & 63) & (1<<selectBits - 1)) //nolint:gosec // as above; the mask is no limit
	}
	var counts [1 << selectBits]int
	for _, v := range values {
		counts[bucket(v)]++
	}
	type part struct {
		values   []int64
		from, to int // of ranks
		below    int // how many values are in lower buckets
	}
	var parts []part
	var wanted [1 << selectBits]uint8 // which part, plus 1
	below, b := 0, 0
	for i := 0; i < len(ranks); {
		for below+counts[b] <= ranks[i] {
			below += counts[b]
			b++
		}
		p := part{from: i, below: below}
		for ; i < len(ranks) && ranks[i] < below+counts[b]; i++ {
			found[i] = lo + int64(b) // if a bucket is one value
		}
		p.to = i
		if shift > 0 {
			p.values = make([]int64, 0, counts[b])
			parts = append(parts, p)
			wanted[b] = uint8(len(parts)) //nolint:gosec // no more than ranks
		}
	}
	if shift == 0 {
		return
	}
	for _, v := range values {
		if w := wanted[bucket(v)]; w > 0 {
			p := &parts[w-1]
			p.values = append(p.values, v)
		}
	}
	for _, p := range parts {
		within := make([]int, p.to-p.from)
		for i := range within {
			within[i] = ranks[p.from+i] - p.below
		}
		selectRanks(p.values, within, found[p.from:p.to])
	}
}
