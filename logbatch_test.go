package kpi_test

import (
	"math"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// Every combination of columns gives the log that Add and AddMinor give.
func TestLogBatch(t *testing.T) {
	t.Parallel()
	type row struct {
		text   string
		number uint64
		name   string
		at     time.Time
		minor  int64
		prop   string
	}
	rows := []row{
		{"Ann", 1, "order", day(1), 1250, "ads"},
		{"Bob", 2, "visit", day(1), 0, ""},
		{"Ann", 1, "order", day(3), -300, "web"},
		{"Cid", math.MaxUint64, "order", day(2), 700, "ads"},
	}
	for mask := range 64 {
		numbers, handles, instants, minor, money, props := mask&1 > 0, mask&2 > 0, mask&4 > 0, mask&8 > 0, mask&16 > 0, mask&32 > 0
		var got, want kpi.Log
		require.NoError(t, got.SetProps("channel"))
		require.NoError(t, want.SetProps("channel"))
		var b kpi.Batch
		if props {
			b.Props = [][]string{nil}
		}
		for _, r := range rows {
			if numbers {
				b.Numbers = append(b.Numbers, r.number)
			} else {
				b.Customers = append(b.Customers, r.text)
			}
			if handles {
				id, err := got.Event(r.name)
				require.NoError(t, err)
				b.Events = append(b.Events, id)
			} else {
				b.Names = append(b.Names, r.name)
			}
			if instants {
				b.Instants, b.Resolution = append(b.Instants, r.at.UnixMilli()), time.Millisecond
			} else {
				b.At = append(b.At, r.at)
			}
			amount := decimal.Decimal{}
			if money {
				amount = decimal.New(r.minor, -2)
				if minor {
					b.Minor, b.Exp = append(b.Minor, r.minor), -2
				} else {
					b.Amounts = append(b.Amounts, amount)
				}
			}
			prop := ""
			if props {
				prop = r.prop
				b.Props[0] = append(b.Props[0], prop)
			}
			if numbers {
				b1 := kpi.Batch{
					Numbers: []uint64{r.number}, Names: []string{r.name}, At: []time.Time{r.at},
					Amounts: []decimal.Decimal{amount}, Props: [][]string{{prop}},
				}
				require.NoError(t, want.AddBatch(b1))
			} else {
				require.NoError(t, want.Add(kpi.Event{Customer: r.text, Name: r.name, At: r.at, Amount: amount, Props: []string{prop}}))
			}
		}
		require.NoError(t, got.AddBatch(b))
		require.Equal(t, len(rows), got.Len())
		requireSameCustomers(t, histories(t, &want, "channel"), histories(t, &got, "channel"))
	}
}

func TestLogBatchErrors(t *testing.T) {
	t.Parallel()
	good := func() kpi.Batch {
		return kpi.Batch{
			Customers: []string{"Ann", "Bob"}, Names: []string{"order", "visit"},
			At: []time.Time{day(1), day(2)}, Amounts: []decimal.Decimal{dec("1"), dec("2")},
			Props: [][]string{{"ads", "web"}},
		}
	}
	tests := []struct {
		name   string
		change func(*kpi.Batch)
		code   kpi.Code
		index  int
	}{
		{"both ids", func(b *kpi.Batch) { b.Numbers = []uint64{1, 2} }, kpi.CodeMismatch, -1},
		{"no ids", func(b *kpi.Batch) { b.Customers = nil }, kpi.CodeEmpty, -1},
		{"both names", func(b *kpi.Batch) { b.Events = []kpi.EventID{1, 1} }, kpi.CodeMismatch, -1},
		{"no names", func(b *kpi.Batch) { b.Names = nil }, kpi.CodeEmpty, -1},
		{"both times", func(b *kpi.Batch) { b.Instants = []int64{1, 2} }, kpi.CodeMismatch, -1},
		{"no times", func(b *kpi.Batch) { b.At = nil }, kpi.CodeEmpty, -1},
		{"both amounts", func(b *kpi.Batch) { b.Minor = []int64{1, 2} }, kpi.CodeMismatch, -1},
		{"fewer customers", func(b *kpi.Batch) { b.Customers = b.Customers[:1] }, kpi.CodeLength, -1},
		{"fewer names", func(b *kpi.Batch) { b.Names = b.Names[:1] }, kpi.CodeLength, -1},
		{"fewer times", func(b *kpi.Batch) { b.At = b.At[:1] }, kpi.CodeLength, -1},
		{"fewer amounts", func(b *kpi.Batch) { b.Amounts = b.Amounts[:1] }, kpi.CodeLength, -1},
		{"an empty column is a column", func(b *kpi.Batch) { b.Amounts = b.Amounts[:0] }, kpi.CodeLength, -1},
		{"two columns of properties", func(b *kpi.Batch) { b.Props = append(b.Props, b.Props[0]) }, kpi.CodeLength, -1},
		{"fewer properties", func(b *kpi.Batch) { b.Props[0] = b.Props[0][:1] }, kpi.CodeLength, -1},
		{"exponent", func(b *kpi.Batch) { b.Exp = 65 }, kpi.CodeTooLarge, -1},
		{"no resolution", func(b *kpi.Batch) { b.At, b.Instants = nil, []int64{1, 2} }, kpi.CodeMissing, -1},
		{"a negative resolution", func(b *kpi.Batch) {
			b.At, b.Instants, b.Resolution = nil, []int64{1, 2}, -time.Second
		}, kpi.CodeMissing, -1},
		{"an empty customer", func(b *kpi.Batch) { b.Customers[1] = "" }, kpi.CodeEmpty, 1},
		{"an empty name", func(b *kpi.Batch) { b.Names[1] = "" }, kpi.CodeEmpty, 1},
		{"a foreign event", func(b *kpi.Batch) { b.Names, b.Events = nil, []kpi.EventID{1, 9} }, kpi.CodeUnknownName, 1},
		{"the zero time", func(b *kpi.Batch) { b.At[1] = time.Time{} }, kpi.CodeTime, 1},
		{"a hostile amount", func(b *kpi.Batch) { b.Amounts[1] = decimal.New(1, 20_000_000) }, kpi.CodeTooLarge, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var l kpi.Log
			require.NoError(t, l.SetProps("channel"))
			_, err := l.Event("order")
			require.NoError(t, err)
			b := good()
			tt.change(&b)
			e := requireError(t, l.AddBatch(b), kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, "Log.AddBatch", e.Metric)
			require.Zero(t, l.Len())
			require.NoError(t, l.AddBatch(good()), "the log is as it was")
			require.Equal(t, 2, l.Len())
		})
	}
	var l kpi.Log
	require.NoError(t, l.AddBatch(kpi.Batch{Customers: []string{}, Names: []string{}, At: []time.Time{}}))
	require.Zero(t, l.Len())
	require.Equal(t, kpi.CodeEmpty, requireError(t, l.AddBatch(kpi.Batch{}), kpi.ErrInvalid).Code)
}

func TestLogBatchInstants(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		u          int64
		resolution time.Duration
		want       time.Time // zero: refused
	}{
		{"seconds", 1_700_000_000, time.Second, time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)},
		{"milliseconds", 1_700_000_000_123, time.Millisecond, time.Date(2023, 11, 14, 22, 13, 20, 123e6, time.UTC)},
		{"microseconds", 1_700_000_000_000_001, time.Microsecond, time.Date(2023, 11, 14, 22, 13, 20, 1e3, time.UTC)},
		{"nanoseconds", 7, time.Nanosecond, time.Unix(0, 7)},
		{"days", -1, 24 * time.Hour, time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)},
		{"milliseconds read as seconds", 1_700_000_000_123, time.Second, time.Time{}},
		{"the last second", lastInstant / 1_000_000_000, time.Second, time.Unix(lastInstant/1_000_000_000, 0)},
		{"after the last second", lastInstant/1_000_000_000 + 1, time.Second, time.Time{}},
		{"the first second", firstInstant / 1_000_000_000, time.Second, time.Unix(firstInstant/1_000_000_000, 0)},
		{"before the first second", firstInstant/1_000_000_000 - 1, time.Second, time.Time{}},
		{"the last nanosecond", lastInstant, 1, time.Unix(0, lastInstant)},
		{"after the last nanosecond", lastInstant + 1, 1, time.Time{}},
		{"the first nanosecond", firstInstant, 1, time.Unix(0, firstInstant)},
		{"before the first nanosecond", firstInstant - 1, 1, time.Time{}},
		{"the largest number", math.MaxInt64, 1, time.Time{}},
		{"the least number", math.MinInt64, 1, time.Time{}},
		{"the least number of the longest", math.MinInt64, math.MaxInt64, time.Time{}},
		{"one of the longest", 1, math.MaxInt64, time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := kpi.Batch{Customers: []string{"Ann", "Ann"}, Names: []string{"x", "x"}, Instants: []int64{0, tt.u}, Resolution: tt.resolution}
			var l kpi.Log
			err := l.AddBatch(b)
			if tt.want.IsZero() {
				e := requireError(t, err, kpi.ErrInvalid)
				require.Equal(t, kpi.CodeTime, e.Code)
				require.Equal(t, 1, e.Index)
				return
			}
			require.NoError(t, err)
			one := logOf(t, kpi.Event{Customer: "Ann", Name: "x", At: time.Unix(0, 0)}, kpi.Event{Customer: "Ann", Name: "x", At: tt.want})
			requireRoundTrip(t, &l)
			if tt.want.Before(endOfLog.Add(-1)) {
				requireSameCustomers(t, histories(t, one, ""), histories(t, &l, ""))
			}
		})
	}
}

// Numbers are checked while they are copied: what was copied before a bad one is gone
// again, in the chunk that had rows, in those that were new, and in an empty Log the
// kind of its ids.
func TestAddBatchRefusedHalfway(t *testing.T) {
	t.Parallel()
	const n = 200_000
	batch := kpi.Batch{Numbers: make([]uint64, n), Events: make([]kpi.EventID, n), Instants: make([]int64, n), Minor: make([]int64, n), Resolution: time.Second, Exp: -2}
	for i := range n {
		batch.Numbers[i], batch.Events[i], batch.Instants[i], batch.Minor[i] = uint64(i%99), 1, 1e9-int64(i), -1
	}
	for name, spoil := range map[string]func(i int){
		"event":   func(i int) { batch.Events[i] = 9 },
		"instant": func(i int) { batch.Instants[i] = math.MaxInt64 / 2 },
	} {
		for _, i := range []int{n - 1, 140_000, 70_000, 10} { // the first of several is named
			spoil(i)
			var l kpi.Log
			e, err := l.Event("visit")
			require.NoError(t, err)
			require.Equal(t, i, requireError(t, l.AddBatch(batch), kpi.ErrInvalid).Index, name)
			require.Zero(t, l.Len())
			require.NoError(t, l.Add(kpi.Event{Customer: "Ann", Name: "visit", At: day(1)})) // not of numbers yet

			var m kpi.Log
			_, err = m.Event("visit")
			require.NoError(t, err)
			require.NoError(t, m.AddMinor(7, e, day(1), 5, -1))
			require.NoError(t, m.AddMinor(8, e, day(2), 3, -2))
			want := answersOf(t, &m)
			require.Equal(t, i, requireError(t, m.AddBatch(batch), kpi.ErrInvalid).Index, name)
			require.Equal(t, 2, m.Len())
			require.Equal(t, want, answersOf(t, &m), name)
		}
		for i := range n {
			batch.Events[i], batch.Instants[i] = 1, 1e9-int64(i)
		}
	}
}

// answersOf are answers that depend on every column.
func answersOf(t *testing.T, l *kpi.Log) [2]string {
	t.Helper()
	rfm, err := l.RFM(t.Context(), kpi.RFMSpec{AsOf: day(30)})
	require.NoError(t, err)
	data, err := l.MarshalBinary()
	require.NoError(t, err)
	return [2]string{rfm.String(), string(data)}
}
