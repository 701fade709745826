package kpi_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// logRows are a million rows of a year in the order of time, of a hundred thousand
// customers of whom few have many: as columns, and as events with ids of 13 bytes.
func logRows() (kpi.Batch, []kpi.Event) {
	const n, customers = 1 << 20, 100_000
	r := rand.New(rand.NewPCG(1, 2))
	b := kpi.Batch{Resolution: time.Millisecond, Exp: -2}
	events := make([]kpi.Event, n)
	start := day(1).UnixMilli()
	for i := range n {
		u := r.Float64()
		b.Numbers = append(b.Numbers, uint64(u*u*customers))
		b.Names = append(b.Names, []string{"visit", "cart", "pay", "ship", "call", "mail"}[r.IntN(6)])
		b.Instants = append(b.Instants, start+int64(i)*365*86_400_000/n)
		b.Minor = append(b.Minor, 1+r.Int64N(10_000))
		events[i] = kpi.Event{
			Customer: fmt.Sprintf("customer%05d", b.Numbers[i]), Name: b.Names[i],
			At: time.UnixMilli(b.Instants[i]), Amount: decimal.New(b.Minor[i], -2),
		}
	}
	return b, events
}

// timeRows runs f on rows again and again.
func timeRows(b *testing.B, name string, rows int, f func() error) {
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

// Appending: at most 60 ns an Event, 20 by handle and 6 in a batch, and no
// allocation a row.
func BenchmarkLogAppend(b *testing.B) {
	batch, events := logRows()
	timeRows(b, "Add", len(events), func() error {
		var l kpi.Log
		for i := range events {
			if err := l.Add(events[i]); err != nil {
				return err
			}
		}
		return nil
	})
	by := func(add func(l *kpi.Log, i int, e kpi.EventID) error) func() error {
		return func() error {
			var l kpi.Log
			e, err := l.Event("visit")
			for i := 0; i < len(events) && err == nil; i++ {
				err = add(&l, i, e)
			}
			return err
		}
	}
	timeRows(b, "AddID", len(events), by(func(l *kpi.Log, i int, e kpi.EventID) error {
		return l.AddID(batch.Numbers[i], e, events[i].At)
	}))
	timeRows(b, "AddMinor", len(events), by(func(l *kpi.Log, i int, e kpi.EventID) error {
		return l.AddMinor(batch.Numbers[i], e, events[i].At, batch.Minor[i], -2)
	}))
	timeRows(b, "AddBatch names", len(events), func() error { return new(kpi.Log).AddBatch(batch) })
	for _, name := range batch.Names {
		batch.Events = append(batch.Events, kpi.EventID(1+len(name)%2))
	}
	batch.Names = nil
	timeRows(b, "AddBatch", len(events), func() error {
		var l kpi.Log
		for _, name := range []string{"visit", "cart"} {
			if _, err := l.Event(name); err != nil {
				return err
			}
		}
		return l.AddBatch(batch)
	})
}

// Questions, on one goroutine and on two; index makes the rows of each customer
// ready, which the other questions of histories then find.
func BenchmarkLogQuestions(b *testing.B) {
	batch, events := logRows()
	var l kpi.Log
	require.NoError(b, l.AddBatch(batch))
	ctx, asOf := context.Background(), day(366)
	counts := kpi.CohortSpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: asOf, CountsOnly: true}
	money := counts
	money.CountsOnly = false
	funnel := kpi.FunnelSpec{Window: 30 * 24 * time.Hour, AsOf: asOf}
	for _, name := range []string{"visit", "cart", "pay", "ship"} {
		funnel.Steps = append(funnel.Steps, kpi.Step{Events: []string{name}})
	}
	for _, l.Workers = range []int{1, 2} {
		for _, q := range []struct {
			name string
			ask  func() error
		}{
			{"Cohorts, counts only", func() error { _, err := l.Cohorts(ctx, counts); return err }},
			{"Funnel", func() error { _, err := l.Funnel(ctx, funnel); return err }},
			{"RFM", func() error { _, err := l.RFM(ctx, kpi.RFMSpec{AsOf: asOf}); return err }},
			{"index", func() error {
				if err := l.AddBatch(kpi.Batch{Numbers: []uint64{1}, Names: []string{"visit"}, At: []time.Time{asOf}}); err != nil {
					return err
				}
				_, err := l.Customers(ctx, kpi.CustomerSpec{AsOf: asOf, Orders: []string{"none"}})
				return err
			}},
			{"Cohorts", func() error { _, err := l.Cohorts(ctx, money); return err }},
			{"Customers", func() error { _, err := l.Customers(ctx, kpi.CustomerSpec{AsOf: asOf}); return err }},
			{"Activity", func() error {
				_, err := l.Activity(ctx, kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: asOf})
				return err
			}},
			{"Sessions", func() error {
				_, err := l.Sessions(ctx, kpi.SessionSpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: asOf, Gap: time.Hour})
				return err
			}},
		} {
			timeRows(b, fmt.Sprintf("%s/%d", q.name, l.Workers), len(events), q.ask)
		}
	}
}
