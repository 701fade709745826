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
// customers of whom few have many, as columns.
func logRows() kpi.Batch {
	const n, customers = 1 << 20, 100_000
	r := rand.New(rand.NewPCG(1, 2))
	b := kpi.Batch{Resolution: time.Millisecond, Exp: -2}
	start := day(1).UnixMilli()
	for i := range n {
		u := r.Float64()
		b.Numbers = append(b.Numbers, uint64(u*u*customers))
		b.Names = append(b.Names, []string{"visit", "cart", "pay", "ship", "call", "mail"}[r.IntN(6)])
		b.Instants = append(b.Instants, start+int64(i)*365*86_400_000/n)
		b.Minor = append(b.Minor, 1+r.Int64N(10_000))
	}
	return b
}

// asEvents are the rows as events with ids of 13 bytes.
func asEvents(b kpi.Batch) []kpi.Event {
	events := make([]kpi.Event, len(b.Numbers))
	for i := range events {
		events[i] = kpi.Event{
			Customer: fmt.Sprintf("customer%05d", b.Numbers[i]), Name: b.Names[i],
			At: time.UnixMilli(b.Instants[i]), Amount: decimal.New(b.Minor[i], -2),
		}
	}
	return events
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
	batch := logRows()
	rows := len(batch.Numbers)
	at := make([]time.Time, rows)
	for i := range at {
		at[i] = time.UnixMilli(batch.Instants[i])
	}
	by := func(add func(l *kpi.Log, i int, e kpi.EventID) error) func() error {
		return func() error {
			var l kpi.Log
			e, err := l.Event("visit")
			for i := 0; i < rows && err == nil; i++ {
				err = add(&l, i, e)
			}
			return err
		}
	}
	timeRows(b, "AddID", rows, by(func(l *kpi.Log, i int, e kpi.EventID) error {
		return l.AddID(batch.Numbers[i], e, at[i])
	}))
	timeRows(b, "AddMinor", rows, by(func(l *kpi.Log, i int, e kpi.EventID) error {
		return l.AddMinor(batch.Numbers[i], e, at[i], batch.Minor[i], -2)
	}))
	timeRows(b, "AddBatch names", rows, func() error { return new(kpi.Log).AddBatch(batch) })
	for _, name := range batch.Names {
		batch.Events = append(batch.Events, kpi.EventID(1+len(name)%2))
	}
	batch.Names = nil
	timeRows(b, "AddBatch", rows, func() error {
		var l kpi.Log
		for _, name := range []string{"visit", "cart"} {
			if _, err := l.Event(name); err != nil {
				return err
			}
		}
		return l.AddBatch(batch)
	})
	// Events at hand, as they are while a caller decodes them: a million of them
	// would be 136 MB to read, and pointers for the collector to follow.
	batch = logRows()
	batch.Numbers = batch.Numbers[:1<<12]
	events := asEvents(batch)
	timeRows(b, "Add", rows, func() error {
		var l kpi.Log
		for i := range rows {
			if err := l.Add(events[i%len(events)]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Questions, on one goroutine and on two; index makes the rows of each customer
// ready, which the other questions of histories then find.
func BenchmarkLogQuestions(b *testing.B) {
	batch := logRows()
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
			{"Warnings", func() error {
				_, err := l.Warnings(ctx, kpi.WarningSpec{AsOf: asOf, Recent: 56, Level: 0.05})
				return err
			}},
			{"Sessions", func() error {
				_, err := l.Sessions(ctx, kpi.SessionSpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: asOf, Gap: time.Hour})
				return err
			}},
		} {
			timeRows(b, fmt.Sprintf("%s/%d", q.name, l.Workers), len(batch.Numbers), q.ask)
		}
	}
}
