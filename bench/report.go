package main

import (
	"fmt"
	"runtime"
)

type report struct {
	rows, customers, runs int
	appended              any
	answers               []any
}

func (r *report) question(q question, measure func(peer, int) (measurement, error), only, threads string) (any, error) {
	var ref *measurement
	for _, p := range peers {
		if !chosen(only, p.name) {
			continue
		}
		if p.missing != nil && p.missing() != "" { logf("%s %s",p.name,p.missing()); continue }
		for _, t := range []int{1, 2} {
		m, err := measure(p, t)
		if err != nil {
			logf("%v", err)
			continue
		}
		n := int64(r.rows)
		logf("%-20s %-20s %d in %v cold %v warm %v base %d peak %d", q.name, p.name, t, ns(m.Ingest, n), ns(m.Cold, n), ns(m.Warm, n), m.Base>>20, m.Peak>>20)
		if ref == nil {
			ref = &m
		} else if d := ref.Answer.diff(m.Answer); d != "" {
			logf("DIFF %s", d)
		}
		}
	}
	return nil, nil
}
func ns(x []int64, n int64) string {
	s := ""
	for _, v := range x {
		s += fmt.Sprintf("%.1f ", float64(v)/float64(n))
	}
	return s
}
func (r *report) String() string       { return runtime.Version() }
func (r *report) write(p string) error { return nil }

var peers = []peer{
	{name: "naive Go", open: openNaive, single: true},
	{name: "kpi", open: openLibrary, reload: true},
	{name: "ClickHouse", open: openClickHouse(false), engine: true},
	{name: "ClickHouse by customer", open: openClickHouse(true)},
	{name: "DuckDB", open: openDuckDB(false), engine: true},
	{name: "DuckDB textbook", open: openDuckDB(true)},
}
