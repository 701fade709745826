package kpi

import (
	"context"
	"math"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// spread and odd map the ids one to one onto numbers whose bits are as good as
// random, so that partition and rest of such a number are the id. spread is that of
// Fibonacci hashing, 2⁶⁴ over the golden ratio; odd is drawn for each log, or ids
// could be chosen that fall on one another. No answer depends on it.
const (
	spread   = 0x9E3779B97F4A7C15
	unspread = 0xF1DE83E19937733D // their product is 1 modulo 2⁶⁴
)

// mixed returns the number of an id.
func mixed(id, odd uint64) uint64 {
	id = (id ^ id>>32) * spread
	return (id ^ id>>32) * odd
}

// unmixed returns the id of a number, given the inverse of odd.
func unmixed(h, inverse uint64) uint64 {
	h *= inverse
	h = (h ^ h>>32) * unspread
	return h ^ h>>32
}

// inverse returns the x with x·odd = 1 modulo 2⁶⁴, by Newton's method, which doubles
// the bits that are right, of which odd has three.
func inverse(odd uint64) uint64 {
	x := odd
	for range 5 {
		x *= 2 - odd*x
	}
	return x
}

const (
	// leastBits is the least of the bits that number a partition. As many are free in
	// the rest of a product, to hold what a question wants of a row.
	leastBits = 8
	mostBits  = 10
	// maxBlock is the number of records after which a partition takes a new block.
	maxBlock = 512
)

// scattered holds a record of a question for each row that it is about, by
// partition of the customers, so that whatever is kept for each customer of one
// partition fits the second-level cache.
type scattered[T any] struct {
	bits  int
	lanes []apart[lane[T]] // of a stretch of the log each, in order
	slabs *sync.Pool
}

// lane is what one goroutine scatters.
type lane[T any] struct {
	shift  int // 64 less the bits
	bits   int
	block  int        // records that a block has room for
	slabs  *sync.Pool // of *[]T, to be used again: new memory costs more than what is written to it
	used   []*[]T
	slab   []T
	blocks [][]T   // by partition, the one that is filled now
	n      []int   // by partition, the records in it
	full   [][][]T // by partition
}

// put files a record of a customer under the partition of h, the number of its id.
// The loops that run for every row say the same in place, which is a call less.
func (l *lane[T]) put(h uint64, record T) {
	p := h >> (l.shift & 63)
	n := l.n[p]
	if n == l.block {
		l.renew(p)
		n = 0
	}
	l.blocks[p][n] = record
	l.n[p] = n + 1
}

func (l *lane[T]) renew(p uint64) {
	if b := l.blocks[p]; b != nil {
		l.full[p] = append(l.full[p], b)
	}
	if len(l.slab) < l.block {
		l.open()
	}
	l.blocks[p], l.slab = l.slab[:l.block], l.slab[l.block:]
}

// open takes another slab.
func (l *lane[T]) open() {
	n := l.block << min(l.bits, 8)
	slab, ok := l.slabs.Get().(*[]T)
	if !ok || len(*slab) < n {
		fresh := make([]T, n)
		slab = &fresh
	}
	l.slab, l.used = *slab, append(l.used, slab)
}

// newLane returns a lane for about so many rows, without a block so far.
func newLane[T any](slabs *sync.Pool, bits, rows int) lane[T] {
	parts := 1 << bits
	l := lane[T]{
		slabs: slabs,
		shift: 64 - bits, bits: bits, block: min(max(rows>>bits, 8), maxBlock),
		blocks: make([][]T, parts), n: make([]int, parts), full: make([][][]T, parts),
	}
	for p := range l.n {
		l.n[p] = l.block
	}
	return l
}

// last returns the records of the block of a partition that is filled now.
func (l *lane[T]) last(p int) []T { return l.blocks[p][:min(l.n[p], len(l.blocks[p]))] }

// The memory of records, by what a record is.
var maskSlabs, keyedSlabs, indexSlabs sync.Pool

// scatter calls fill for every chunk, with the number of its first row. Lanes take
// consecutive stretches of the log, so that the records of a partition stand in
// the order of the rows. Memory comes from a pool of *[]T, to which free gives it
// back.
func scatter[T any](ctx context.Context, l *Log, slabs *sync.Pool, fill func(out *lane[T], c *chunk, base int) error) (*scattered[T], error) {
	n := l.crew()
	s := &scattered[T]{
		bits:  min(max(bits.Len(uint(l.Len()))-17, leastBits), mostBits),
		lanes: make([]apart[lane[T]], n),
		slabs: slabs,
	}
	err := inParallel(ctx, n, n, func(_, k int) error {
		out := &s.lanes[k].own
		from, to := len(l.chunks)*k/n, len(l.chunks)*(k+1)/n
		*out = newLane[T](slabs, s.bits, min(l.Len(), (to-from)<<chunkShift))
		for i := from; i < to; i++ {
			if err := cancelled(ctx); err != nil {
				return err
			}
			if err := fill(out, l.chunks[i], i<<chunkShift); err != nil {
				return err
			}
		}
		return nil
	})
	return s, err
}

// free gives the memory of the records back, after which there are none.
func (s *scattered[T]) free() {
	for i := range s.lanes {
		for _, slab := range s.lanes[i].own.used {
			s.slabs.Put(slab)
		}
	}
	s.lanes = nil
}

// partitions returns their number.
func (s *scattered[T]) partitions() int { return 1 << s.bits }

// empty reports whether partition p holds nothing.
func (s *scattered[T]) empty(p int) bool {
	for i := range s.lanes {
		if s.lanes[i].own.blocks[p] != nil {
			return false
		}
	}
	return true
}

// of calls each for the blocks of partition p, in the order of the rows. One customer
// may be most of the log, so that it looks at the context in between.
func (s *scattered[T]) of(ctx context.Context, p int, each func(records []T)) error {
	for i := range s.lanes {
		for _, b := range s.lanes[i].own.full[p] {
			if err := cancelled(ctx); err != nil {
				return err
			}
			each(b)
		}
		each(s.lanes[i].own.last(p))
	}
	return nil
}

// crew returns how many goroutines a question runs on: no more than there are
// chunks to share.
func (l *Log) crew() int {
	n := l.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	return max(1, min(n, len(l.chunks)))
}

// inParallel calls do for the tasks 0 … tasks−1 from several goroutines, each with
// a number of its own below workers. It returns the error of the lowest task that
// has one, and does not begin tasks once the context is done.
func inParallel(ctx context.Context, workers, tasks int, do func(worker, task int) error) error {
	var (
		next atomic.Int64
		mu   sync.Mutex
		wg   sync.WaitGroup
		low  = tasks
		err  error
	)
	work := func(worker int) {
		for {
			task := int(next.Add(1)) - 1
			if task >= tasks {
				return
			}
			e := cancelled(ctx)
			stop := e != nil
			if !stop {
				e = do(worker, task)
			}
			if e != nil {
				mu.Lock()
				if task < low {
					low, err = task, e
				}
				mu.Unlock()
			}
			if stop {
				return
			}
		}
	}
	for worker := 1; worker < workers; worker++ {
		wg.Go(func() { work(worker) })
	}
	work(0)
	wg.Wait()
	if err == nil {
		err = cancelled(ctx) // what came too late is no answer
	}
	return err
}

// apart keeps what one goroutine writes off the cache lines of what another does,
// which would go back and forth between their processors.
type apart[T any] struct {
	own T
	_   [128]byte
}

// joint returns what every goroutine has.
func joint[T any](states []apart[T]) []T {
	out := make([]T, len(states))
	for i := range states {
		out[i] = states[i].own
	}
	return out
}

// earliest returns the earliest of what of returns for each chunk and the number of
// its first row: the last of all instants if that is all that it returns.
func (l *Log) earliest(ctx context.Context, of func(c *chunk, base int) (int64, error)) (int64, error) {
	firsts := make([]int64, len(l.chunks))
	err := inParallel(ctx, l.crew(), len(firsts), func(_, i int) (err error) {
		firsts[i], err = of(l.chunks[i], i<<chunkShift)
		return err
	})
	return slices.Min(append(firsts, math.MaxInt64)), err
}
