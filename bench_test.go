package kpi_test

import (
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// Every benchmark here is a pair or a group: ours beside what anybody would
// write instead, over the same rows, in one run and in ns/row.

const benchRows = 1_000_000

// perRow runs f over rows rows at a time.
func perRow(b *testing.B, name string, rows int, f func() error) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
	})
}

func benchScores(lo, hi int) []int {
	r := rand.New(rand.NewPCG(1, 2))
	scores := make([]int, benchRows)
	for i := range scores {
		scores[i] = lo + r.IntN(hi-lo+1)
	}
	return scores
}

func benchMoney() (minor []int64, amounts []decimal.Decimal) {
	r := rand.New(rand.NewPCG(3, 4))
	minor, amounts = make([]int64, benchRows), make([]decimal.Decimal, benchRows)
	for i := range minor {
		minor[i] = r.Int64N(10_000_000)
		amounts[i] = decimal.New(minor[i], -2)
	}
	return minor, amounts
}

// BenchmarkScores: a batch of random scores is counted at least five times as
// fast as by branches, which no processor foretells.
func BenchmarkScores(b *testing.B) {
	scores, fives := benchScores(0, 10), benchScores(1, 5)
	perRow(b, "NPS.AddAll", benchRows, func() error {
		var n kpi.NPS
		return n.AddAll(scores)
	})
	perRow(b, "branches", benchRows, func() error {
		n, _ := npsBranches(scores)
		_, err := n.Score()
		return err
	})
	perRow(b, "NPS.Add", benchRows, func() error {
		var n kpi.NPS
		for _, s := range scores {
			if err := n.Add(s); err != nil {
				return err
			}
		}
		return nil
	})
	perRow(b, "CSAT.AddAll", benchRows, func() error {
		var c kpi.CSAT
		return c.AddAll(fives)
	})
	perRow(b, "CSAT.Add", benchRows, func() error {
		var c kpi.CSAT
		for _, s := range fives {
			if err := c.Add(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkMoney: a million decimals in two thirds of the time of decimal.Sum,
// a fifth of that of repeated Add, and no allocation a row.
func BenchmarkMoney(b *testing.B) {
	_, amounts := benchMoney()
	perRow(b, "Sum.AddAll", benchRows, func() error {
		var s kpi.Sum
		return s.AddAll(amounts)
	})
	perRow(b, "decimal.Sum", benchRows, func() error {
		decimal.Sum(amounts[0], amounts[1:]...)
		return nil
	})
	perRow(b, "decimal.Add", benchRows, func() error {
		var total decimal.Decimal
		for _, a := range amounts {
			total = total.Add(a)
		}
		return nil
	})
	perRow(b, "Sum.Add", benchRows, func() error {
		var s kpi.Sum
		for _, a := range amounts {
			if err := s.Add(a); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkMinor: minor units that cannot overflow in at most twice the time of
// a loop that can.
func BenchmarkMinor(b *testing.B) {
	minor, _ := benchMoney()
	perRow(b, "Sum.AddMinor", benchRows, func() error {
		var s kpi.Sum
		return s.AddMinor(minor, -2)
	})
	var sink int64
	perRow(b, "int64", benchRows, func() error {
		var total int64
		for _, m := range minor {
			total += m
		}
		sink = total
		return nil
	})
	_ = sink
}

// BenchmarkRatio: a quotient of two counts, rounded once, in less than 2 µs.
func BenchmarkRatio(b *testing.B) {
	perRow(b, "NewRatio+Round", 1, func() error {
		r, err := kpi.NewRatio(7, 300)
		r.Round(4)
		return err
	})
	perRow(b, "Churn.OpeningRate+Percent", 1, func() error {
		p, err := kpi.Churn{Start: 300, Lost: 7}.OpeningRate()
		_ = p.Percent(2)
		return err
	})
	perRow(b, "NPS.Interval", 1, func() error {
		_, err := kpi.NPS{Promoters: 120, Passives: 50, Detractors: 30}.Interval(0.95)
		return err
	})
}

// A tally is counted into without an allocation, one by one or in a batch.
func TestTalliesDoNotAllocate(t *testing.T) { //nolint:paralleltest // counts allocations
	var (
		n      kpi.NPS
		c      kpi.CSAT
		e      kpi.CES
		e1     kpi.CES1
		scores = []int{1, 2, 3, 4, 5, 5, 4, 3, 2, 1}
		churn  kpi.Churn
	)
	for name, f := range map[string]func() error{
		"NPS.Add":     func() error { return n.Add(4) },
		"NPS.AddAll":  func() error { return n.AddAll(scores) },
		"NPS.Merge":   func() error { return n.Merge(kpi.NPS{Passives: 1}) },
		"CSAT.Add":    func() error { return c.Add(4) },
		"CSAT.AddAll": func() error { return c.AddAll(scores) },
		"CSAT.Merge":  func() error { return c.Merge(kpi.CSAT{Blank: 1}) },
		"CES.Add":     func() error { return e.Add(4) },
		"CES.AddAll":  func() error { return e.AddAll(scores) },
		"CES1.Add":    func() error { return e1.Add(4) },
		"CES1.AddAll": func() error { return e1.AddAll(scores) },
		"Churn.Merge": func() error { return churn.Merge(kpi.Churn{Start: 2, Lost: 1}) },
	} {
		var err error
		require.Zero(t, testing.AllocsPerRun(100, func() { err = f() }), name)
		require.NoError(t, err)
	}
}

// Money is added without an allocation a row: a batch takes as few as a row.
func TestSumDoesNotAllocateARow(t *testing.T) { //nolint:paralleltest // counts allocations
	amounts := make([]decimal.Decimal, 10_000)
	minor := make([]int64, len(amounts))
	for i := range amounts {
		minor[i] = int64(i) * 7919
		amounts[i] = decimal.New(minor[i], -int32(i%2))
	}
	allocs := func(rows int) float64 {
		return testing.AllocsPerRun(10, func() {
			var s kpi.Sum
			_ = s.AddAll(amounts[:rows])
			_ = s.AddMinor(minor[:rows], -2)
			for _, a := range amounts[:rows] {
				_ = s.Add(a)
			}
		})
	}
	require.Equal(t, allocs(2), allocs(len(amounts)))
}
