package kpi

import (
	"context"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
)

// spread is the odd constant of Fibonacci hashing, 2⁶⁴ over the golden ratio:
// multiplying by it maps the ids one to one onto numbers whose first bits are as
// good as random, so that partition and rest of the product are the id.
const spread = 0x9E3779B97F4A7C15

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
	lanes []lane[T] // of a stretch of the log each, in order
}

// lane is what one goroutine scatters.
type lane[T any] struct {
	shift  int // 64 less the bits
	bits   int
	block  int
	slab   []T
	blocks [][]T   // by partition, the one that is filled now
	full   [][][]T // by partition
}

// put files a record of a customer under the partition of h, its id times spread.
func (l *lane[T]) put(h uint64, record T) {
	b := &l.blocks[h>>(l.shift&63)]
	if len(*b) == cap(*b) {
		l.renew(h >> (l.shift & 63))
	}
	*b = append(*b, record)
}

func (l *lane[T]) renew(p uint64) {
	if b := l.blocks[p]; len(b) > 0 {
		l.full[p] = append(l.full[p], b)
	}
	if len(l.slab) < l.block {
		l.slab = make([]T, l.block<<min(l.bits, 8))
	}
	l.blocks[p], l.slab = l.slab[:0:l.block], l.slab[l.block:]
}

// scatter calls fill for every chunk, with the number of its first row. Lanes take
// consecutive stretches of the log, so that the records of a partition stand in
// the order of the rows.
func scatter[T any](ctx context.Context, l *Log, fill func(out *lane[T], c *chunk, base int) error) (*scattered[T], error) {
	n := l.crew()
	s := &scattered[T]{
		bits:  min(max(bits.Len(uint(l.Len()))-17, leastBits), mostBits), //nolint:gosec // not negative
		lanes: make([]lane[T], n),
	}
	err := inParallel(ctx, n, n, func(_, k int) error {
		out := &s.lanes[k]
		from, to := len(l.chunks)*k/n, len(l.chunks)*(k+1)/n
		parts := 1 << s.bits
		*out = lane[T]{
			shift: 64 - s.bits, bits: s.bits, block: min(max((to-from)*chunkRows>>s.bits, 8), maxBlock),
			blocks: make([][]T, parts), full: make([][][]T, parts),
		}
		if len(l.chunks) == 1 {
			out.block = min(max(l.Len()>>s.bits, 8), maxBlock)
		}
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

// partitions returns their number.
func (s *scattered[T]) partitions() int { return 1 << s.bits }

// empty reports whether partition p holds nothing.
func (s *scattered[T]) empty(p int) bool {
	for i := range s.lanes {
		if len(s.lanes[i].blocks[p]) > 0 {
			return false
		}
	}
	return true
}

// of calls each for the blocks of partition p, in the order of the rows.
func (s *scattered[T]) of(p int, each func(records []T)) {
	for i := range s.lanes {
		for _, b := range s.lanes[i].full[p] {
			each(b)
		}
		each(s.lanes[i].blocks[p])
	}
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
			if e == nil {
				e = do(worker, task)
			}
			if e != nil {
				mu.Lock()
				if task < low {
					low, err = task, e
				}
				mu.Unlock()
			}
		}
	}
	for worker := 1; worker < workers; worker++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(worker)
		}()
	}
	work(0)
	wg.Wait()
	return err
}
