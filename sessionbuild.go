package kpi

import (
	"context"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// moments adds up whole numbers and their squares, exactly and without allocating.
type moments struct {
	n       int64
	sum     [2]uint64 // low word first
	squares [3]uint64
}

func (m *moments) add(x uint64) {
	hi, lo := bits.Mul64(x, x)
	m.merge(&moments{n: 1, sum: [2]uint64{x}, squares: [3]uint64{lo, hi}})
}

func (m *moments) merge(o *moments) {
	m.n += o.n
	addWords(m.sum[:], o.sum[:])
	addWords(m.squares[:], o.squares[:])
}

// addWords adds b to a, which is as long and has room for the sum.
func addWords(a, b []uint64) {
	carry := uint64(0)
	for i := range a {
		a[i], carry = bits.Add64(a[i], b[i], carry)
	}
}

// mean returns the mean of the numbers in units of 10^exp.
func (m *moments) mean(exp int32) Mean {
	if m.n == 0 {
		return Mean{}
	}
	return Mean{N: m.n, Sum: decimal.NewFromBigInt(wordsInt(m.sum[:]), exp), Squares: decimal.NewFromBigInt(wordsInt(m.squares[:]), 2*exp)}
}

func wordsInt(words []uint64) *big.Int {
	v := new(big.Int)
	for _, w := range slices.Backward(words) {
		v.Lsh(v, 64).Add(v, new(big.Int).SetUint64(w))
	}
	return v
}

// sessionCounts is what one goroutine counts in a period.
type sessionCounts struct {
	open                     int64
	perVisitor, pages, dwell moments // dwell in nanoseconds
}

// sessionBuilder lays out the periods of a question, and counts visits in them.
type sessionBuilder struct {
	log     *Log
	spec    *SessionSpec
	hits    []bool // by event
	asOf    int64
	periods []Period
	starts  []int64
	table   *dayTable
}

// setPeriods lays out the periods from the first hit to AsOf.
func (b *sessionBuilder) setPeriods(ctx context.Context, metric string) error {
	first := int64(math.MaxInt64)
	if b.log.Len() > math.MaxInt32 {
		return nil // visit refuses so many
	}
	for row := range b.log.Len() {
		if row%checkEvery == 0 {
			if err := cancelled(ctx); err != nil {
				return err
			}
		}
		if at := b.log.rowAt(int32(row)); at < min(first, b.asOf) && b.hits[b.log.rowEvent(int32(row))] {
			first = at
		}
	}
	if first == math.MaxInt64 {
		return nil
	}
	periods, err := b.spec.Calendar.Periods(time.Unix(0, first), b.spec.AsOf)
	if err != nil {
		return under(err, metric)
	}
	b.periods = periods
	for _, p := range periods {
		b.starts = append(b.starts, clampInstant(p.Start))
	}
	b.table, _ = newDayTable(b.starts, b.asOf)
	return nil
}

func (b *sessionBuilder) periodOf(at int64) int {
	if b.table == nil {
		return lastStart(b.starts, at)
	}
	return b.table.period(at)
}

// customer counts the visits of one customer, whose rows stand in order of time.
func (b *sessionBuilder) customer(s *[]sessionCounts, rows []int32) error {
	if *s == nil {
		*s = make([]sessionCounts, len(b.periods))
	}
	var first, last int64 // of the visit
	hits, visits, period := uint64(0), uint64(0), 0
	flush := func() {
		if visits > 0 {
			(*s)[period].perVisitor.add(visits)
		}
		visits = 0
	}
	end := func() {
		if hits == 0 {
			return
		}
		p := b.periodOf(first)
		if b.within(last, b.asOf) {
			(*s)[p].open++
			return
		}
		if p != period {
			flush()
			period = p
		}
		visits++
		(*s)[p].pages.add(hits)
		if hits > 1 {
			(*s)[p].dwell.add(uint64(last) - uint64(first)) //nolint:gosec // modulo 2^64, as the difference is
		}
	}
	for _, row := range rows {
		at := b.log.rowAt(row)
		if at >= b.asOf {
			break
		}
		if !b.hits[b.log.rowEvent(row)] {
			continue
		}
		if hits == 0 || !b.within(last, at) {
			end()
			first, hits = at, 0
		}
		last, hits = at, hits+1
	}
	end()
	flush()
	return nil
}

// within reports whether a hit at to, no earlier than from, belongs to the visit of
// a hit at from.
func (b *sessionBuilder) within(from, to int64) bool {
	return uint64(to)-uint64(from) <= uint64(b.spec.Gap) //nolint:gosec // modulo 2^64, as the difference is
}

// answer adds up what was counted.
func (b *sessionBuilder) answer(states [][]sessionCounts) *Sessions {
	s := b.spec
	out := &Sessions{AsOf: s.AsOf, Unit: s.Calendar.Unit, Events: nameSet(s.Events), Gap: s.Gap}
	for p, period := range b.periods {
		var sum sessionCounts
		for i := range states {
			if states[i] == nil {
				continue
			}
			o := &states[i][p]
			sum.open += o.open
			sum.perVisitor.merge(&o.perVisitor)
			sum.pages.merge(&o.pages)
			sum.dwell.merge(&o.dwell)
		}
		out.Rows = append(out.Rows, SessionPeriod{
			Period: period, Complete: period.Complete(s.AsOf) && sum.open == 0, Open: sum.open,
			PerVisitor: sum.perVisitor.mean(0), Pages: sum.pages.mean(0), Dwell: sum.dwell.mean(-9),
		})
	}
	return out
}
