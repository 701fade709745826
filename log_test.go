package kpi_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// 1677-09-21T00:12:45Z and 2262-04-11T23:47:15.999999999Z.
const (
	firstInstant = -9_223_372_035_000_000_000
	lastInstant  = 9_223_372_035_999_999_999
)

var (
	endOfLog = time.Unix(0, lastInstant).UTC()
	allTime  = kpi.Period{Start: time.Unix(0, firstInstant).UTC(), End: endOfLog}
)

// day returns a midnight of March 2026 in UTC; days may run over.
func day(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// logOf returns a log of events, which must be good.
func logOf(t testing.TB, events ...kpi.Event) *kpi.Log {
	t.Helper()
	l := &kpi.Log{}
	for _, e := range events {
		require.NoError(t, l.Add(e))
	}
	return l
}

// histories asks for everything in a log, so that equal answers mean equal rows.
func histories(t testing.TB, l *kpi.Log, by string) *kpi.Customers {
	t.Helper()
	c, err := l.Customers(context.Background(), kpi.CustomerSpec{
		AsOf: endOfLog, Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted, By: by,
	})
	require.NoError(t, err)
	return c
}

// requireSameCustomers compares two answers with their histories.
func requireSameCustomers(t testing.TB, want, got *kpi.Customers) {
	t.Helper()
	require.Equal(t, encoded(t, want), encoded(t, got))
}

// encoded returns the JSON of an answer and the texts of its histories.
func encoded(t testing.TB, c *kpi.Customers) string {
	t.Helper()
	data, err := json.Marshal(c)
	require.NoError(t, err)
	for i := range c.Rows {
		h, err := json.Marshal(c.History(i))
		require.NoError(t, err)
		data = append(append(data, '\n'), h...)
	}
	return string(data)
}

func TestLogAdd(t *testing.T) {
	t.Parallel()
	good := kpi.Event{Customer: "Ann", Name: "order", At: day(1), Amount: dec("12.50")}
	with := func(change func(*kpi.Event)) kpi.Event {
		e := good
		change(&e)
		return e
	}
	at := func(ns int64) kpi.Event { return with(func(e *kpi.Event) { e.At = time.Unix(0, ns) }) }
	tests := []struct {
		name string
		e    kpi.Event
		code kpi.Code // 0: accepted
	}{
		{"good", good, 0},
		{"no money", with(func(e *kpi.Event) { e.Amount = decimal.Decimal{} }), 0},
		{"a refund", with(func(e *kpi.Event) { e.Amount = dec("-3") }), 0},
		{"no customer", with(func(e *kpi.Event) { e.Customer = "" }), kpi.CodeEmpty},
		{"no name", with(func(e *kpi.Event) { e.Name = "" }), kpi.CodeEmpty},
		{"the zero time", with(func(e *kpi.Event) { e.At = time.Time{} }), kpi.CodeTime},
		{"1970", at(0), 0},
		{"the first instant", at(firstInstant), 0},
		{"before the first instant", at(firstInstant - 1), kpi.CodeTime},
		{"the last instant", at(lastInstant), 0},
		{"after the last instant", at(lastInstant + 1), kpi.CodeTime},
		{"1677", with(func(e *kpi.Event) { e.At = time.Date(1677, 1, 1, 0, 0, 0, 0, time.UTC) }), kpi.CodeTime},
		{"1678", with(func(e *kpi.Event) { e.At = time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC) }), 0},
		{"2262", with(func(e *kpi.Event) { e.At = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC) }), 0},
		{"2263", with(func(e *kpi.Event) { e.At = time.Date(2263, 1, 1, 0, 0, 0, 0, time.UTC) }), kpi.CodeTime},
		{"year 292277026596", with(func(e *kpi.Event) { e.At = time.Unix(math.MaxInt64, 0) }), kpi.CodeTime},
		{"400 digits", with(func(e *kpi.Event) { e.Amount = dec(strings.Repeat("9", 400)) }), 0},
		{"401 digits", with(func(e *kpi.Event) { e.Amount = dec(strings.Repeat("9", 401)) }), kpi.CodeTooLarge},
		{"1e64", with(func(e *kpi.Event) { e.Amount = decimal.New(1, 64) }), 0},
		{"1e65", with(func(e *kpi.Event) { e.Amount = decimal.New(1, 65) }), kpi.CodeTooLarge},
		{"1e-64", with(func(e *kpi.Event) { e.Amount = decimal.New(1, -64) }), 0},
		{"1e-65", with(func(e *kpi.Event) { e.Amount = decimal.New(1, -65) }), kpi.CodeTooLarge},
		{"hostile", with(func(e *kpi.Event) { e.Amount = decimal.New(1, 20_000_000) }), kpi.CodeTooLarge},
		{"hostile and small", with(func(e *kpi.Event) { e.Amount = decimal.New(1, -20_000_000) }), kpi.CodeTooLarge},
		{"a property nobody declared", with(func(e *kpi.Event) { e.Props = []string{"x"} }), kpi.CodeLength},
		{"no properties", with(func(e *kpi.Event) { e.Props = []string{} }), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var l kpi.Log
			err := l.Add(tt.e)
			if tt.code == 0 {
				require.NoError(t, err)
				require.Equal(t, 1, l.Len())
				return
			}
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "Log.Add", e.Metric)
			require.Equal(t, -1, e.Index)
			require.Zero(t, l.Len())
			// What was refused has not even fixed the kind of the ids.
			id, err := l.Event("order")
			require.NoError(t, err)
			require.NoError(t, l.AddID(7, id, day(1)))
		})
	}
}

func TestLogAddID(t *testing.T) {
	t.Parallel()
	var l kpi.Log
	_, err := l.Event("")
	require.Equal(t, kpi.CodeEmpty, requireError(t, err, kpi.ErrInvalid).Code)
	visit, err := l.Event("visit")
	require.NoError(t, err)
	order, err := l.Event("order")
	require.NoError(t, err)
	again, err := l.Event("visit")
	require.NoError(t, err)
	require.Equal(t, visit, again)
	require.NotEqual(t, visit, order)

	tests := []struct {
		name string
		add  func() error
		code kpi.Code
	}{
		{"no event", func() error { return l.AddID(1, 0, day(1)) }, kpi.CodeUnknownName},
		{"an event of another log", func() error { return l.AddID(1, order+1, day(1)) }, kpi.CodeUnknownName},
		{"the largest handle", func() error { return l.AddID(1, math.MaxUint32, day(1)) }, kpi.CodeUnknownName},
		{"the zero time", func() error { return l.AddID(1, visit, time.Time{}) }, kpi.CodeTime},
		{"exponent 65", func() error { return l.AddMinor(1, order, day(1), 1, 65) }, kpi.CodeTooLarge},
		{"exponent −65", func() error { return l.AddMinor(1, order, day(1), 1, -65) }, kpi.CodeTooLarge},
		{"the least exponent", func() error { return l.AddMinor(1, order, day(1), 1, math.MinInt32) }, kpi.CodeTooLarge},
	}
	for _, tt := range tests {
		e := requireError(t, tt.add(), kpi.ErrInvalid)
		require.Equal(t, tt.code, e.Code, tt.name)
		require.Contains(t, e.Metric, "Log.Add", tt.name)
		require.Zero(t, l.Len(), tt.name)
	}
	require.NoError(t, l.AddID(0, visit, day(1)))
	require.NoError(t, l.AddMinor(math.MaxUint64, order, day(2), math.MinInt64, -64))
	require.NoError(t, l.AddMinor(math.MaxUint64, order, day(2), math.MaxInt64, 64))

	c := histories(t, &l, "")
	require.Len(t, c.Rows, 2)
	require.Equal(t, uint64(0), c.Rows[0].Number)
	require.Empty(t, c.Rows[0].ID)
	require.Equal(t, uint64(math.MaxUint64), c.Rows[1].Number)
	want := decimal.New(math.MaxInt64, 64).Add(decimal.New(math.MinInt64, -64))
	require.True(t, want.Equal(c.Rows[1].Revenue), "of 147 digits")
}

func TestLogKinds(t *testing.T) {
	t.Parallel()
	text := logOf(t, kpi.Event{Customer: "Ann", Name: "order", At: day(1)})
	id, err := text.Event("order")
	require.NoError(t, err)
	var number kpi.Log
	order, err := number.Event("order")
	require.NoError(t, err)
	require.NoError(t, number.AddID(1, order, day(1)))
	tests := []struct {
		name string
		add  func() error
	}{
		{"Log.AddID", func() error { return text.AddID(1, id, day(1)) }},
		{"Log.AddMinor", func() error { return text.AddMinor(1, id, day(1), 1, 0) }},
		{"Log.AddBatch", func() error {
			return text.AddBatch(kpi.Batch{Numbers: []uint64{1}, Names: []string{"order"}, At: []time.Time{day(1)}})
		}},
		{"Log.Merge", func() error { return text.Merge(&number) }},
		{"Log.Add", func() error { return number.Add(kpi.Event{Customer: "Ann", Name: "order", At: day(1)}) }},
		{"Log.AddBatch", func() error {
			return number.AddBatch(kpi.Batch{Customers: []string{"Ann"}, Names: []string{"order"}, At: []time.Time{day(1)}})
		}},
		{"Log.Merge", func() error { return number.Merge(text) }},
	}
	for _, tt := range tests {
		e := requireError(t, tt.add(), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeMixedIDs, e.Code)
		require.Equal(t, tt.name, e.Metric)
		require.Equal(t, 1, text.Len())
		require.Equal(t, 1, number.Len())
	}
}

func TestLogProps(t *testing.T) {
	t.Parallel()
	var l kpi.Log
	for _, names := range [][]string{{""}, {"channel", ""}, {"channel", "channel"}} {
		e := requireError(t, l.SetProps(names...), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeRepeated, e.Code)
		require.Equal(t, len(names)-1, e.Index)
	}
	require.NoError(t, l.SetProps("a", "b", "c"))
	require.NoError(t, l.SetProps("channel", "city"), "a later call replaces")
	e := kpi.Event{Customer: "Ann", Name: "order", At: day(1)}
	require.NoError(t, l.Add(e), "nil is all empty")
	e.Props = []string{"ads"}
	require.Equal(t, kpi.CodeLength, requireError(t, l.Add(e), kpi.ErrInvalid).Code)
	e.Customer, e.Props = "Bob", []string{"ads", "上海"}
	require.NoError(t, l.Add(e))
	require.Equal(t, kpi.CodeLate, requireError(t, l.SetProps(), kpi.ErrInvalid).Code)

	for name, want := range map[string][2]string{"channel": {"", "ads"}, "city": {"", "上海"}} {
		c := histories(t, &l, name)
		require.Equal(t, want[0], c.Rows[0].Value)
		require.Equal(t, want[1], c.Rows[1].Value)
	}
	_, err := l.Customers(context.Background(), kpi.CustomerSpec{AsOf: day(2), By: "colour"})
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = l.Cohorts(context.Background(), kpi.CohortSpec{AsOf: day(2), By: "colour"})
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestLogMerge(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for i := range 30 {
		numbers := i%2 == 0
		a, b, c := randomLog(t, r, 20, numbers), randomLog(t, r, 30, numbers), randomLog(t, r, 10, numbers)
		join := func(parts ...*kpi.Log) *kpi.Log {
			var l kpi.Log
			for _, p := range parts {
				require.NoError(t, l.Merge(p))
			}
			return &l
		}
		want := join(a, b, c)
		require.Equal(t, 60, want.Len())
		for _, got := range []*kpi.Log{join(c, b, a), join(b, join(a, c)), join(&kpi.Log{}, a, &kpi.Log{}, join(b, c))} {
			for _, by := range []string{"", "channel", "city"} {
				requireSameCustomers(t, histories(t, want, by), histories(t, got, by))
			}
			requireRoundTrip(t, got)
		}
		// The parts are as they were.
		require.Equal(t, 20, a.Len())
		requireSameCustomers(t, histories(t, a, ""), histories(t, join(a), ""))
	}
}

func TestLogMergeEdges(t *testing.T) {
	t.Parallel()
	event := kpi.Event{Customer: "Ann", Name: "order", At: day(1), Amount: dec("12345678901234567890.5")}
	l := logOf(t, event)
	e := requireError(t, l.Merge(nil), kpi.ErrInvalid)
	require.Equal(t, kpi.CodeEmpty, e.Code)
	require.NoError(t, l.Merge(l), "with itself")
	require.Equal(t, 2, l.Len())
	require.Equal(t, "24691357802469135781", histories(t, l, "").Rows[0].Revenue.String())

	declared := func(names ...string) *kpi.Log {
		var l kpi.Log
		require.NoError(t, l.SetProps(names...))
		return &l
	}
	for _, names := range [][]string{{"a"}, {"b", "a"}, {"a", "b", "c"}} {
		props := declared(names...)
		other := declared("a", "b")
		other2 := event
		other2.Props = []string{"1", "2"}
		require.NoError(t, other.Add(other2))
		requireError(t, props.Merge(other), kpi.ErrInvalid)
		require.Zero(t, props.Len())
		requireError(t, l.Merge(other), kpi.ErrInvalid)
		requireError(t, other.Merge(l), kpi.ErrInvalid)
		require.Equal(t, 2, l.Len())
		require.Equal(t, 1, other.Len())
		require.NoError(t, other.Merge(props), "no rows, no matter")
		taken := &kpi.Log{}
		require.NoError(t, taken.Merge(other))
		require.Equal(t, "2", histories(t, taken, "b").Rows[0].Value)
	}
}

// Questions may run side by side, the first of them too.
func TestLogSideBySide(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 14))
	for range 10 {
		l := randomLog(t, r, 200, false)
		var group sync.WaitGroup
		texts := make([]string, 8)
		for i := range texts {
			group.Go(func() {
				c, err := l.Customers(context.Background(), kpi.CustomerSpec{AsOf: endOfLog, Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted})
				if err == nil {
					texts[i] = c.String()
				}
				d, err := l.Cohorts(context.Background(), kpi.CohortSpec{AsOf: day(20), Recurring: true, Refunds: kpi.RefundsNetted})
				if err == nil {
					texts[i] += d.String()
				}
			})
		}
		group.Wait()
		for _, text := range texts {
			require.NotEmpty(t, text)
			require.Equal(t, texts[0], text)
		}
	}
}

func TestLogSeesNewRows(t *testing.T) {
	t.Parallel()
	l := logOf(t, kpi.Event{Customer: "Ann", Name: "order", At: day(1)})
	require.Len(t, histories(t, l, "").Rows, 1)
	require.NoError(t, l.Add(kpi.Event{Customer: "Bob", Name: "order", At: day(1)}))
	require.Len(t, histories(t, l, "").Rows, 2)
	require.NoError(t, l.AddBatch(kpi.Batch{Customers: []string{"Cid"}, Names: []string{"order"}, At: []time.Time{day(1)}}))
	require.Len(t, histories(t, l, "").Rows, 3)
	require.NoError(t, l.Merge(logOf(t, kpi.Event{Customer: "Dee", Name: "order", At: day(1)})))
	require.Len(t, histories(t, l, "").Rows, 4)
	data, err := logOf(t, kpi.Event{Customer: "Eve", Name: "order", At: day(1)}).MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, l.UnmarshalBinary(data))
	require.Len(t, histories(t, l, "").Rows, 1)
	c, err := l.Cohorts(context.Background(), kpi.CohortSpec{AsOf: day(2)})
	require.NoError(t, err)
	require.Len(t, c.Rows, 1)
}

// TestLogMemory holds the documentation to what it says of memory. It is not
// parallel: it measures what the program holds.
func TestLogMemory(t *testing.T) {
	const n, rowsEach = 1 << 18, 10
	held := func() float64 {
		var m runtime.MemStats
		for range 3 { // a pool lets go of what it holds at the second
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	within := func(name string, most, before float64) {
		t.Helper()
		got := (held() - before) / n
		require.Less(t, got, most*1.25+0.5, name)
		require.Greater(t, got, most*0.95, name)
	}
	var numbers, texts kpi.Log
	for _, l := range []*kpi.Log{&numbers, &texts} {
		require.NoError(t, l.SetProps("channel"))
		id, err := l.Event("x")
		require.NoError(t, err)
		before, want := held(), 20.0+4
		if l == &texts {
			want += 8 + 4
		}
		for i := range n {
			at := time.Unix(int64(i), 0)
			if l == &numbers {
				err = l.AddID(uint64(i/rowsEach), id, at)
			} else {
				err = l.Add(kpi.Event{Customer: strconv.Itoa(10_000_000 + i/rowsEach), Name: "x", At: at})
			}
			if err != nil {
				require.NoError(t, err)
			}
		}
		within("rows", want, before)
		before = held()
		_, err = l.Customers(context.Background(), kpi.CustomerSpec{AsOf: day(1), Orders: []string{"y"}})
		require.NoError(t, err)
		within("index", 24+12.0/rowsEach, before)
	}
	runtime.KeepAlive(&numbers)
	runtime.KeepAlive(&texts)
}

// stopping is a context that is done after so many looks at it.
type stopping struct {
	context.Context
	looks int
}

func (s *stopping) Err() error {
	if s.looks--; s.looks < 0 {
		return context.Canceled
	}
	return nil
}

func TestLogCancelled(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(15, 16))
	l := randomLog(t, r, 5_000, true)
	ask := []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := l.Customers(ctx, kpi.CustomerSpec{AsOf: endOfLog, Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted})
			return err
		},
		func(ctx context.Context) error {
			_, err := l.Cohorts(ctx, kpi.CohortSpec{AsOf: day(20), Recurring: true, Refunds: kpi.RefundsNetted})
			return err
		},
	}
	for i, question := range ask {
		for looks := 0; ; looks += 1 + looks/2 {
			// A row more makes the index anew.
			id, err := l.Event("visit")
			require.NoError(t, err)
			require.NoError(t, l.AddID(1, id, day(1)))
			err = question(&stopping{context.Background(), looks})
			if err == nil {
				require.Greater(t, looks, 3, "a long question looks more than once")
				break
			}
			require.ErrorIs(t, err, context.Canceled, "question %d after %d looks", i, looks)
			require.NoError(t, question(context.Background()), "the log can be asked again")
		}
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	var none context.Context
	for _, question := range ask {
		require.ErrorIs(t, question(done), context.Canceled, "with an index at hand too")
		require.NoError(t, question(none), "nil is never done")
	}
	_, err := new(kpi.Log).Customers(done, kpi.CustomerSpec{AsOf: endOfLog})
	require.ErrorIs(t, err, context.Canceled)
}

// Workers never changes an answer.
func TestLogWorkers(t *testing.T) {
	t.Parallel()
	l := randomLog(t, rand.New(rand.NewPCG(17, 18)), 500, false)
	want := histories(t, l, "channel")
	for _, n := range []int{-1, 1, 2, 3, 1000} {
		l.Workers = n
		requireSameCustomers(t, want, histories(t, l, "channel"))
	}
}
