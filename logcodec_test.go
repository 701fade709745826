package kpi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// requireRoundTrip decodes what a log encodes and compares the two.
func requireRoundTrip(t testing.TB, l *kpi.Log) {
	t.Helper()
	data, err := l.MarshalBinary()
	require.NoError(t, err)
	var back kpi.Log
	require.NoError(t, back.UnmarshalBinary(data))
	require.Equal(t, l.Len(), back.Len())
	again, err := back.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, data, again)
	requireSameCustomers(t, histories(t, l, ""), histories(t, &back, ""))
}

// randomLog returns a log of about n rows with many ties: few customers, names,
// instants and amounts, refunds and wide amounts among them.
func randomLog(t testing.TB, r *rand.Rand, n int, numbers bool) *kpi.Log {
	t.Helper()
	var l kpi.Log
	require.NoError(t, l.SetProps("channel", "city"))
	names := []string{"order", "visit", "sign-up"}
	amounts := []string{"0", "1", "1.5", "1.50", "-0.75", "1e3", "123456789012345678901.25", "999999999999999999"}
	for range n {
		customer := r.Uint64N(7)
		b := kpi.Batch{
			Names:   []string{names[r.IntN(len(names))]},
			At:      []time.Time{day(1).Add(time.Duration(r.IntN(40)) * 11 * time.Hour)},
			Amounts: []decimal.Decimal{dec(amounts[r.IntN(len(amounts))])},
			Props:   [][]string{{[]string{"", "ads", "web"}[r.IntN(3)]}, {[]string{"北京", "Zürich"}[r.IntN(2)]}},
		}
		if numbers {
			b.Numbers = []uint64{customer << 60}
		} else {
			b.Customers = []string{strings.Repeat("c", int(customer)+1)}
		}
		require.NoError(t, l.AddBatch(b))
	}
	return &l
}

func TestLogBinary(t *testing.T) {
	t.Parallel()
	requireRoundTrip(t, &kpi.Log{})
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 40 {
		requireRoundTrip(t, randomLog(t, r, r.IntN(60), i%2 == 0))
	}
	for digits := 17; digits <= 400; digits++ {
		for _, sign := range []string{"", "-"} {
			d := dec(sign + strings.Repeat("9", digits))
			l := logOf(t,
				kpi.Event{Customer: "Ann", Name: "order", At: day(1), Amount: d},
				kpi.Event{Customer: "Bob", Name: "order", At: day(1), Amount: decimal.NewFromBigInt(d.Coefficient(), -64)})
			if digits < 25 || digits%75 == 0 {
				requireRoundTrip(t, l)
			}
			require.True(t, d.Equal(histories(t, l, "").Rows[0].Revenue))
		}
	}
}

func TestLogBinaryHostile(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for _, numbers := range []bool{false, true} {
		l := randomLog(t, r, 30, numbers)
		data, err := l.MarshalBinary()
		require.NoError(t, err)
		kept := histories(t, l, "")
		for i := range data {
			requireError(t, l.UnmarshalBinary(data[:i]), kpi.ErrInvalid)
		}
		requireError(t, l.UnmarshalBinary(append(bytes.Clone(data), 0)), kpi.ErrInvalid)
		version := bytes.Clone(data)
		version[4]++
		require.Equal(t, kpi.CodeVersion, requireError(t, l.UnmarshalBinary(version), kpi.ErrInvalid).Code)
		requireSameCustomers(t, kept, histories(t, l, ""))
		for range 400 {
			broken := bytes.Clone(data)
			broken[r.IntN(len(broken))] = byte(r.IntN(256))
			var back kpi.Log
			if back.UnmarshalBinary(broken) == nil {
				requireRoundTrip(t, &back)
			}
		}
	}
	var sum kpi.Sum
	other, err := sum.MarshalBinary()
	require.NoError(t, err)
	requireError(t, new(kpi.Log).UnmarshalBinary(other), kpi.ErrInvalid)
}

// Lengths that the input does not have cost nothing.
func TestLogBinaryAllocation(t *testing.T) {
	huge := "\xff\xff\xff\xff\xff\xff\xff\xff\x7f"
	header := "kpiL\x01"
	for name, data := range map[string]string{
		"properties": header + "\x01" + huge,
		"a name":     header + "\x01\x01" + huge,
		"values":     header + "\x01\x01\x01a" + huge,
		"events":     header + "\x01\x00" + huge,
		"rows":       header + "\x01\x00\x01\x01e" + huge,
		"a customer": header + "\x01\x00\x01\x01e\x01" + huge,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		requireError(t, new(kpi.Log).UnmarshalBinary([]byte(data)), kpi.ErrInvalid)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), name)
	}
}

func FuzzLogUnmarshalBinary(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 10))
	for i := range 6 {
		data, err := randomLog(f, r, 3*i, i%2 == 0).MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var l kpi.Log
		if l.UnmarshalBinary(data) != nil {
			require.Zero(t, l.Len())
			return
		}
		requireRoundTrip(t, &l)
		for _, unit := range []kpi.Unit{kpi.Month, kpi.Year} {
			spec := kpi.CohortSpec{Calendar: kpi.Calendar{Unit: unit}, AsOf: endOfLog, Periods: 3, Recurring: true, Refunds: kpi.RefundsNetted}
			if c, err := l.Cohorts(context.Background(), spec); err == nil {
				_, err = c.MarshalBinary()
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, kpi.ErrInvalid)
			}
		}
	})
}

func TestLogJSON(t *testing.T) {
	t.Parallel()
	l := logOf(t, kpi.Event{Customer: "Ann", Name: "order", At: day(1)})
	for _, v := range []any{l, map[string]kpi.Log{"by value": {}}, []kpi.Log{{}}, struct{ L *kpi.Log }{l}} {
		_, err := json.Marshal(v)
		require.Equal(t, kpi.CodeNoJSON, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

// Answers go into JSON, which would make other texts of those that are not UTF-8, and
// perhaps one of two.
func TestTextsAreUTF8(t *testing.T) {
	t.Parallel()
	const bad = "caf\xe9"
	var l kpi.Log
	refused := func(err error) {
		t.Helper()
		require.Equal(t, kpi.CodeSyntax, requireError(t, err, kpi.ErrInvalid).Code)
		require.Zero(t, l.Len())
	}
	refused(l.SetProps(bad))
	require.NoError(t, l.SetProps("shop"))
	_, err := l.Event(bad)
	refused(err)
	ok := kpi.Event{Customer: "Ann", Name: "order", At: day(1)}
	for _, change := range []func(e *kpi.Event){
		func(e *kpi.Event) { e.Customer = bad }, func(e *kpi.Event) { e.Name = bad }, func(e *kpi.Event) { e.Props = []string{bad} },
	} {
		e := ok
		change(&e)
		refused(l.Add(e))
	}
	for _, change := range []func(b *kpi.Batch){
		func(b *kpi.Batch) { b.Customers[0] = bad }, func(b *kpi.Batch) { b.Names[0] = bad }, func(b *kpi.Batch) { b.Props[0][0] = bad },
	} {
		b := kpi.Batch{Customers: []string{"Ann"}, Names: []string{"order"}, At: []time.Time{day(1)}, Props: [][]string{{"north"}}}
		change(&b)
		refused(l.AddBatch(b))
	}
	require.NoError(t, l.Add(ok))
	ctx, cal, names := t.Context(), kpi.Calendar{}, []string{"order", bad}
	for _, ask := range []func() error{
		func() error { _, err := l.Cohorts(ctx, kpi.CohortSpec{AsOf: day(2), Birth: names}); return err },
		func() error { _, err := l.Cohorts(ctx, kpi.CohortSpec{AsOf: day(2), Return: names}); return err },
		func() error { _, err := l.Customers(ctx, kpi.CustomerSpec{AsOf: day(2), Orders: names}); return err },
		func() error { _, err := l.RFM(ctx, kpi.RFMSpec{AsOf: day(2), Orders: names}); return err },
		func() error {
			_, err := l.Activity(ctx, kpi.ActivitySpec{Calendar: cal, AsOf: day(2), Events: names})
			return err
		},
		func() error {
			_, err := l.Activity(ctx, kpi.ActivitySpec{Calendar: cal, AsOf: day(2), Known: names})
			return err
		},
		func() error {
			_, err := l.Sessions(ctx, kpi.SessionSpec{Calendar: cal, AsOf: day(2), Gap: time.Hour, Events: names})
			return err
		},
		func() error {
			_, err := l.Funnel(ctx, kpi.FunnelSpec{Steps: []kpi.Step{{Events: names}, {}}, AsOf: day(2), Window: time.Hour})
			return err
		},
		func() error {
			_, err := l.Funnel(ctx, kpi.FunnelSpec{Steps: []kpi.Step{{Name: bad, Events: names[:1]}, {}}, AsOf: day(2), Window: time.Hour})
			return err
		},
	} {
		require.Equal(t, kpi.CodeSyntax, requireError(t, ask(), kpi.ErrInvalid).Code)
	}

	sessions, err := l.Sessions(ctx, kpi.SessionSpec{Calendar: cal, AsOf: day(2), Gap: time.Hour, Events: names[:1]})
	require.NoError(t, err)
	data, err := sessions.MarshalBinary()
	require.NoError(t, err)
	var s kpi.Sessions
	require.NoError(t, s.UnmarshalBinary(data))
	require.Error(t, s.UnmarshalBinary(bytes.Replace(data, []byte("order"), []byte("orde\xff"), 1)))
}
