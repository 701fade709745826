package main

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// library is kpi itself.
type library struct {
	job
	columns
	log       *kpi.Log
	values    []time.Duration
	durations *kpi.Durations
	money     []decimal.Decimal
}

func openLibrary(j job) (s subject, err error) {
	l := &library{job: j}
	switch j.question.topic {
	case percentiles:
		l.values, err = column[time.Duration](j.dir, "durations.i64")
	case sum:
		l.money, err = decimals(j.dir)
	default:
		l.columns, err = readColumns(j.dir, j.question)
	}
	return l, err
}

func (l *library) version() string { return runtime.Version() }
func (l *library) close() error    { return nil }

func (l *library) forget() { l.log, l.durations = nil, nil }

func (l *library) load() error {
	switch l.question.topic {
	case sum:
		return nil // a Sum is the question
	case percentiles:
		l.durations = &kpi.Durations{}
		return l.durations.AddAll(l.values)
	default:
		return l.loadLog()
	}
}

// loadLog adds the rows to a Log in batches.
func (l *library) loadLog() error {
	const batch = 1 << 20
	l.log = &kpi.Log{Workers: l.threads}
	for _, name := range eventNames[1:] {
		if _, err := l.log.Event(name); err != nil { // handles are the codes
			return err
		}
	}
	// An EventID is a uint32.
	events := unsafe.Slice((*kpi.EventID)(unsafe.Pointer(unsafe.SliceData(l.code))), len(l.code))
	for from := 0; from < len(l.at); from += batch {
		to := min(from+batch, len(l.at))
		b := kpi.Batch{
			Events: events[from:to], Instants: l.at[from:to], Resolution: time.Millisecond, Minor: l.cents[from:to], Exp: -2,
		}
		if l.id != nil {
			b.Numbers = l.id[from:to]
		} else {
			b.Customers = l.text[from:to]
		}
		if err := l.log.AddBatch(b); err != nil {
			return err
		}
	}
	return nil
}

func (l *library) ask() (func() (answer, error), error) {
	ctx := context.Background()
	switch l.question.topic {
	case triangle, weekly:
		s := kpi.CohortSpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: spanEnd, CountsOnly: true}
		if l.question.topic == weekly {
			s.Calendar.Unit, s.CountsOnly = kpi.Week, false
		}
		c, err := l.log.Cohorts(ctx, s)
		return func() (answer, error) { return cohortAnswer(c, l.question.topic), nil }, err
	case funnel:
		s := kpi.FunnelSpec{Window: window * time.Millisecond, AsOf: spanEnd.Add(window * time.Millisecond)}
		for _, name := range eventNames[1 : steps+1] {
			s.Steps = append(s.Steps, kpi.Step{Events: []string{name}})
		}
		f, err := l.log.Funnel(ctx, s)
		return func() (answer, error) { return funnelAnswer(f), nil }, err
	case rfm:
		r, err := l.log.RFM(ctx, kpi.RFMSpec{AsOf: spanEnd})
		return func() (answer, error) { return rfmAnswer(r), nil }, err
	case percentiles:
		ps := make([]kpi.Ratio, len(shares))
		for i, s := range shares {
			ps[i] = kpi.Percent(s)
		}
		qs, err := l.durations.Quantiles(ps, kpi.Type7)
		return func() (answer, error) { return percentileAnswer(qs), nil }, err
	default:
		total, err := l.total()
		return func() (answer, error) { return answer{"cents": cents(total)}, nil }, err
	}
}

// total adds the amounts in as many parts as there are threads.
func (l *library) total() (decimal.Decimal, error) {
	parts := make([]kpi.Sum, l.threads)
	errs := make([]error, l.threads)
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			n := len(l.money)
			errs[i] = parts[i].AddAll(l.money[n*i/l.threads : n*(i+1)/l.threads])
		})
	}
	wg.Wait()
	for i := range parts[1:] {
		errs = append(errs, parts[0].Merge(&parts[i+1]))
	}
	return parts[0].Decimal(), errors.Join(errs...)
}

func cents(d decimal.Decimal) int64 { return d.Shift(2).IntPart() }

func cohortAnswer(c *kpi.Cohorts, t topic) answer {
	a := answer{}
	for _, row := range c.Rows {
		start := row.Period.Start
		born := (start.Year()-spanStart.Year())*12 + int(start.Month()-spanStart.Month())
		if t == weekly {
			born = int(start.Sub(spanStart) / (7 * 24 * time.Hour))
		}
		for age, cell := range row.Cells {
			a.set(key(born, age), cell.Active)
			if t == weekly {
				a.set(key(born, age)+" cents", cents(cell.Amount))
			}
		}
	}
	return a
}

func funnelAnswer(f *kpi.Funnel) answer {
	a := answer{}
	for i, stage := range f.Stages {
		a.set(key(i+1), stage.N)
	}
	return a
}

func rfmAnswer(r *kpi.RFM) answer {
	a := answer{}
	for i, edges := range [][]kpi.Ratio{r.DayEdges, r.OrderEdges, r.RevenueEdges} {
		unit := []float64{1, 1, 100}[i]
		for j, e := range edges { // fifths, and cents
			a.set("edge "+key(i, j+1), int64(math.Round(5*unit*e.Float64())))
		}
	}
	for _, c := range r.Cells() {
		a.set(key(c.Recency, c.Frequency, c.Monetary), c.Customers)
	}
	return a
}

func percentileAnswer(qs []kpi.Ratio) answer {
	a := answer{}
	for i, q := range qs {
		a.set(key(shares[i]), int64(math.Round(q.Float64()*1e9)))
	}
	return a
}
