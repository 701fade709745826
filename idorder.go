package kpi

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// idOrder returns the positions of customers in the order of their ids, which are
// texts or, if there are none, numbers: each in the lowest indexBits. It is nil if
// they stand in order.
func idOrder(texts []string, numbers []uint64) []uint64 {
	if len(texts) == 0 {
		if slices.IsSorted(numbers) {
			return nil
		}
		return radixOrder(numbers, func(i, j uint64) int { return cmp.Compare(numbers[i], numbers[j]) })
	}
	if slices.IsSorted(texts) {
		return nil
	}
	same := commonPrefix(texts)
	keys := make([]uint64, len(texts))
	for i, t := range texts {
		var b [8]byte
		copy(b[:], t[same:])
		keys[i] = binary.BigEndian.Uint64(b[:])
	}
	return radixOrder(keys, func(i, j uint64) int { return cmp.Compare(texts[i], texts[j]) })
}

// commonPrefix returns the length of what all texts begin with.
func commonPrefix(texts []string) int {
	same := texts[0]
	for _, t := range texts {
		n := 0
		for n < len(same) && n < len(t) && same[n] == t[n] {
			n++
		}
		same = same[:n]
	}
	return len(same)
}

// A position among customers and as much as fits of a key make one word.
const (
	radixBits = 11 // told apart by a pass
	keyBits   = 3 * radixBits
	indexBits = 64 - keyBits // holds as many rows as a Log
	indexMask = 1<<indexBits - 1
)

// radixOrder returns the positions of the keys in ascending order, each in the
// lowest indexBits. It sorts by the leading keyBits of the range of the keys, each
// pass by more significant digits, and what they do not tell apart by comparison.
func radixOrder(keys []uint64, compare func(i, j uint64) int) []uint64 {
	lo := slices.Min(keys)
	width := bits.Len64(slices.Max(keys) - lo)
	drop := max(0, width-keyBits)
	from, to := make([]uint64, len(keys)), make([]uint64, len(keys))
	for i, k := range keys {
		from[i] = (k-lo)>>drop<<indexBits | uint64(i)
	}
	for shift := indexBits; shift < indexBits+width-drop; shift += radixBits {
		radixPass(from, to, shift)
		from, to = to, from
	}
	for i := 0; i < len(from); {
		j := i + 1
		for j < len(from) && from[j]>>indexBits == from[i]>>indexBits {
			j++
		}
		if j > i+1 {
			slices.SortFunc(from[i:j], func(a, b uint64) int { return compare(a&indexMask, b&indexMask) })
		}
		i = j
	}
	return from
}

// radixPass writes words to to by one digit, and keeps the order of those that
// share it.
func radixPass(words, to []uint64, shift int) {
	const mask = 1<<radixBits - 1
	var next [1 << radixBits]int32
	for _, w := range words {
		next[w>>(shift&63)&mask]++
	}
	sum := int32(0)
	for i, n := range next {
		next[i] = sum
		sum += n
	}
	for _, w := range words {
		at := &next[w>>(shift&63)&mask]
		to[*at] = w
		*at++
	}
}
