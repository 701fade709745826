package kpi

import "math/bits"

// keyed is what a question wants of a row, with its customer's key: the number
// of the id, less the partition. The last leastBits of a key are free for the question.
type keyed struct {
	key  uint64
	what int64 // an instant, or what else a question packs in
}

const keyMask = 1<<leastBits - 1

// sparse is how many places a table of customers has for each: so many that hardly
// any is taken by another, since a processor guesses badly whether one is.
const sparse = 4

// gatherer groups the records of one partition after the other by customer.
type gatherer struct {
	slots  keySlots
	keys   []uint64 // of each customer
	counts []int32  // of each customer, the records
	which  []int32  // of each record, the customer
	differ bool     // two texts have the same hash
}

func (g *gatherer) reset() {
	g.slots.reset()
	g.keys, g.counts, g.which = g.keys[:0], g.counts[:0], g.which[:0]
}

// count numbers the customer of the next record, in the order of their coming.
func (g *gatherer) count(key uint64) {
	c, fresh := g.slots.of(key)
	if fresh {
		g.keys, g.counts = append(g.keys, key), append(g.counts, 0)
	}
	g.counts[c]++
	g.which = append(g.which, int32(c)) //nolint:gosec // no more than records
}

// begin turns the counts into where each customer begins, and returns them with the
// end of the last. Afterwards counts are where each customer's next record goes.
func (g *gatherer) begin() []int32 {
	start := make([]int32, len(g.counts)+1)
	for c, n := range g.counts {
		start[c+1] = start[c] + n
		g.counts[c] = start[c]
	}
	return start
}

// keySlots numbers distinct keys in the order of their coming: a table with open
// addressing that is kept from one partition to the next.
type keySlots struct {
	slots []keySlot
	shift int
	n     int
}

type keySlot struct {
	key    uint64
	number int // from 1 on; 0 is free
}

func (k *keySlots) reset() {
	if k.slots == nil {
		k.slots, k.shift = make([]keySlot, 1<<6), 64-6
	}
	clear(k.slots)
	k.n = 0
}

// of returns the number of a key, and whether it is a new one. The first bits of
// keys are as good as random.
func (k *keySlots) of(key uint64) (int, bool) {
	for i := key >> (k.shift & 63); ; i++ {
		s := &k.slots[i&uint64(len(k.slots)-1)] //nolint:gosec // there are some
		switch {
		case s.number == 0:
			k.n++
			*s = keySlot{key, k.n}
			if sparse*k.n > len(k.slots) {
				k.grow()
			}
			return k.n - 1, true
		case s.key == key:
			return s.number - 1, false
		}
	}
}

func (k *keySlots) grow() {
	old := k.slots
	k.slots = make([]keySlot, 2*len(old))
	k.shift = 64 - bits.Len(uint(len(k.slots))-1)
	for _, s := range old {
		if s.number == 0 {
			continue
		}
		i := s.key >> (k.shift & 63)
		for k.slots[i&uint64(len(k.slots)-1)].number != 0 { //nolint:gosec // there are some
			i++
		}
		k.slots[i&uint64(len(k.slots)-1)] = s //nolint:gosec // there are some
	}
}
