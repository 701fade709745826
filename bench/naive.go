package main

import (
	"runtime"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"gonum.org/v1/gonum/stat"
)

// naive is what one writes in Go without thinking of speed: maps by customer,
// time.Time for the calendar, and a loop. It reads the columns as they stand, so
// that it has no ingest. The other answers are held against its.
type naive struct {
	job
	columns
	values []int64
	money  []decimal.Decimal
	floats []float64
}

func openNaive(j job) (s subject, err error) {
	n := &naive{job: j}
	switch j.question.topic {
	case percentiles:
		n.values, err = column[int64](j.dir, "durations.i64")
	case sum:
		n.money, err = decimals(j.dir)
	default:
		n.columns, err = readColumns(j.dir, j.question)
	}
	return n, err
}

// decimals returns the amounts of a run as a program has them.
func decimals(dir string) ([]decimal.Decimal, error) {
	cents, err := column[int64](dir, "money.i64")
	out := make([]decimal.Decimal, len(cents))
	for i, c := range cents {
		out[i] = decimal.New(c, -2)
	}
	return out, err
}

func (n *naive) version() string { return runtime.Version() }
func (n *naive) close() error    { return nil }

func (n *naive) load() error {
	if n.question.topic == percentiles { // gonum takes floats, and they sorted
		n.floats = make([]float64, len(n.values))
		for i, v := range n.values {
			n.floats[i] = float64(v)
		}
	}
	return nil
}

func (n *naive) ask() (func() (answer, error), error) {
	var a answer
	switch n.question.topic {
	case triangle, weekly:
		if n.question.ids == idNumber {
			a = naiveTriangle(n.columns, n.id, n.question.topic)
		} else {
			a = naiveTriangle(n.columns, n.text, n.question.topic)
		}
	case funnel:
		a = naiveFunnel(n.columns)
	case rfm:
		a = naiveRFM(n.columns)
	case percentiles:
		a = naivePercentiles(n.floats)
	case sum:
		total := decimal.Sum(decimal.Zero, n.money...)
		a = answer{"cents": total.Shift(2).IntPart()}
	}
	return func() (answer, error) { return a, nil }, nil
}

func naiveTriangle[K comparable](c columns, ids []K, t topic) answer {
	type cell struct {
		id     K
		period int
	}
	period := func(at int64) int {
		if t == weekly {
			return int((at - spanStart.UnixMilli()) / (7 * day))
		}
		d := time.UnixMilli(at).UTC()
		return (d.Year()-spanStart.Year())*12 + int(d.Month()-spanStart.Month())
	}
	birth := map[K]int{}
	active := map[cell]int64{} // with what was paid
	for i, id := range ids {
		p := period(c.at[i])
		if b, ok := birth[id]; !ok || p < b {
			birth[id] = p
		}
		active[cell{id, p}] += c.cents[i]
	}
	a := answer{}
	for k, cents := range active {
		b := birth[k.id]
		a[key(b, k.period-b)]++
		if t == weekly && cents != 0 {
			a[key(b, k.period-b)+" cents"] += cents
		}
	}
	return a
}

func naiveFunnel(c columns) answer {
	type row struct {
		at   int64
		code uint32
	}
	of := map[uint64][]row{}
	for i, id := range c.id {
		of[id] = append(of[id], row{c.at[i], c.code[i]})
	}
	a := answer{}
	for _, rows := range of {
		slices.SortFunc(rows, func(a, b row) int { return int(a.at - b.at) })
		depth := 0
		for i, first := range rows {
			if first.code != 1 {
				continue
			}
			reached := uint32(1)
			for _, next := range rows[i+1:] {
				if next.at-first.at > window || reached == steps {
					break
				}
				if next.code == reached+1 {
					reached++
				}
			}
			depth = max(depth, int(reached))
		}
		for k := 1; k <= depth; k++ {
			a[key(k)]++
		}
	}
	return a
}

func naiveRFM(c columns) answer {
	type buyer struct {
		last       time.Time
		count, sum int64
	}
	buyers := map[uint64]*buyer{}
	for i, id := range c.id {
		b := buyers[id]
		if b == nil {
			b = &buyer{}
			buyers[id] = b
		}
		if at := time.UnixMilli(c.at[i]).UTC(); at.After(b.last) {
			b.last = at
		}
		b.count++
		b.sum += c.cents[i]
	}
	var figures [3][]int64 // days, count, sum
	for _, b := range buyers {
		days := int64(spanEnd.Sub(b.last.Truncate(24*time.Hour)) / (24 * time.Hour))
		for i, v := range [...]int64{days, b.count, b.sum} {
			figures[i] = append(figures[i], v)
		}
	}
	a := answer{}
	var edges [3][]int64
	for i := range figures {
		sorted := slices.Sorted(slices.Values(figures[i]))
		for q := 1; q < 5; q++ {
			// Type 7, in fifths: (n−1)·q/5 lies that far between two neighbours.
			at, rest := (len(sorted)-1)*q/5, int64((len(sorted)-1)*q%5)
			edge := sorted[at]*(5-rest) + sorted[min(at+1, len(sorted)-1)]*rest
			edges[i] = append(edges[i], edge)
			a["edge "+key(i, q)] = edge
		}
	}
	for b := range figures[0] {
		var score [3]int
		for i := range score {
			above := 0
			for _, e := range edges[i] {
				if 5*figures[i][b] > e {
					above++
				}
			}
			score[i] = 1 + above
		}
		a[key(6-score[0], score[1], score[2])]++
	}
	return a
}

func naivePercentiles(values []float64) answer {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	a := answer{}
	for _, s := range shares {
		a[key(s)] = int64(stat.Quantile(float64(s)/100, stat.Empirical, sorted, nil))
	}
	return a
}
