package main

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// The span of the events. It begins on a Monday that is the first of a month, so
// that months and weeks are both numbered from it.
var (
	spanStart = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)
	spanEnd   = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// What customers do, by event code; 0 is no event. The first four are the steps
// of the funnel.
var eventNames = []string{"", "visit", "cart", "checkout", "purchase", "search", "support", "share"}

const (
	steps   = 4
	day     = 24 * 3600 * 1000 // in milliseconds
	window  = 7 * day
	textLen = 13 // of a customer id
)

type event struct {
	at    int64 // milliseconds since 1970
	cents int64
	id    uint64
	code  uint32
}

// generate makes the rows of a run from a fixed seed: each customer appears once
// at least, a few of them very often, in sessions between a first and a last day
// of their own; no customer has two events at the same instant.
func generate(rows, customers int) []event {
	r := rand.New(rand.NewPCG(1, 2))
	counts := make([]int, customers)
	for i := range counts {
		counts[i] = 1
	}
	for range rows - customers {
		u := r.Float64()
		counts[int(u*u*float64(customers))]++
	}
	from, to := float64(spanStart.UnixMilli()), float64(spanEnd.UnixMilli()-day)
	events := make([]event, 0, rows)
	for i, n := range counts {
		born := from + r.Float64()*(to-from)
		events = append(events, customer(r, customerID(i), n, born, min(born+200*day*r.ExpFloat64(), to))...)
	}
	slices.SortFunc(events, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id))
	})
	return events
}

// customer makes n events between two instants.
func customer(r *rand.Rand, id uint64, n int, born, last float64) []event {
	events := make([]event, n)
	var at float64
	var code uint32
	for i := range events {
		if at += 6 * 3600 * 1000 * r.ExpFloat64(); i == 0 || at >= last || r.Float64() < 0.3 {
			at, code = born+r.Float64()*(last-born), 1 // another session
		} else if code < steps && r.Float64() < 0.55 {
			code++
		} else {
			code = 1 + r.Uint32N(uint32(len(eventNames)-1))
		}
		events[i] = event{at: int64(at), id: id, code: code, cents: lognormal(r, 8, 1)}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < n; i++ {
		events[i].at = max(events[i].at, events[i-1].at+1)
	}
	return events
}

func lognormal(r *rand.Rand, mu, sigma float64) int64 {
	return 1 + int64(math.Exp(mu+sigma*r.NormFloat64()))
}

// customerID scatters the numbers of customers over twelve digits.
func customerID(i int) uint64 {
	const modulus = 1_000_000_000_000
	hi, lo := bits.Mul64(uint64(i+1), 387_420_489_013)
	return bits.Rem64(hi, lo, modulus)
}

// appendText is the same id as a text of textLen bytes.
func appendText(b []byte, id uint64) []byte {
	b = append(b, 'C')
	return append(b, strconv.FormatUint(1_000_000_000_000+id, 10)[1:]...)
}

// write puts the rows into dir, as a folder of raw columns and a file in
// ClickHouse's Native format for each order, and amounts and durations beside
// them. The durations are one more than the rows, so that with a multiple of a
// hundred rows each percentile is one of them under every definition.
func write(dir string, events []event) error {
	if err := writeRows(dir, "ordered", events); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(3, 4))
	r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	if err := writeRows(dir, "shuffled", events); err != nil {
		return err
	}
	money := make([]int64, len(events))
	durations := make([]int64, len(events)+1)
	for i := range money {
		money[i] = lognormal(r, 8, 1)
	}
	for i := range durations {
		durations[i] = lognormal(r, 11, 1.5)
	}
	for name, column := range map[string][]int64{"money": money, "durations": durations} {
		if err := os.WriteFile(filepath.Join(dir, name+".i64"), bytesOf(column), 0o600); err != nil {
			return err
		}
		typ := map[string]string{"money": "Decimal(18, 2)", "durations": "Int64"}[name]
		if err := writeNative(filepath.Join(dir, name+".native"), len(column), nativeColumn{name, typ, 8, bytesOf(column)}); err != nil {
			return err
		}
	}
	return nil
}

func writeRows(dir, order string, events []event) error {
	n := len(events)
	id, at, cents := make([]uint64, n), make([]int64, n), make([]int64, n)
	code, small, text := make([]uint32, n), make([]byte, n), make([]byte, 0, n*textLen)
	withLen := make([]byte, 0, n*(textLen+1)) // as Native has it
	for i, e := range events {
		id[i], at[i], cents[i], code[i], small[i] = e.id, e.at, e.cents, e.code, byte(e.code)
		text = appendText(text, e.id)
		withLen = appendText(append(withLen, textLen), e.id)
	}
	folder := filepath.Join(dir, order)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for name, column := range map[string][]byte{
		"id.u64": bytesOf(id), "at.i64": bytesOf(at), "cents.i64": bytesOf(cents), "event.u32": bytesOf(code), "text.bin": text,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), column, 0o600); err != nil {
			return err
		}
	}
	rest := []nativeColumn{
		{"ts", "DateTime64(3, 'UTC')", 8, bytesOf(at)},
		{"event", "UInt8", 1, small},
		{"cents", "Int64", 8, bytesOf(cents)},
	}
	for name, first := range map[string]nativeColumn{
		"number": {"id", "UInt64", 8, bytesOf(id)},
		"text":   {"id", "String", textLen + 1, withLen},
	} {
		if name == "text" && order != "ordered" {
			continue // nobody asks
		}
		if err := writeNative(filepath.Join(folder, name+".native"), n, append([]nativeColumn{first}, rest...)...); err != nil {
			return err
		}
	}
	return nil
}

type nativeColumn struct {
	name, typ string
	width     int
	data      []byte
}

// writeNative writes blocks of columns as ClickHouse reads them fastest.
func writeNative(path string, rows int, columns ...nativeColumn) error {
	const block = 1 << 16
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	length := func(n int) { _, _ = w.Write(binary.AppendUvarint(nil, uint64(n))) } // errors come back from Flush
	text := func(s string) { length(len(s)); _, _ = w.WriteString(s) }
	for from := 0; from < rows; from += block {
		to := min(from+block, rows)
		length(len(columns))
		length(to - from)
		for _, c := range columns {
			text(c.name)
			text(c.typ)
			_, _ = w.Write(c.data[from*c.width : to*c.width])
		}
	}
	return w.Flush()
}
