package kpi_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// rfmSamples are answers of every form.
func rfmSamples(t testing.TB) map[string]*kpi.RFM {
	t.Helper()
	texts := orderLog(t, "a 1:10.5 2:5", "b 2:20", "c 3:30 9:-40", "d 1:100000000000000000000.01", "e 3:-1")
	var numbers kpi.Log
	id, err := numbers.Event("order")
	require.NoError(t, err)
	for i := range 20 {
		require.NoError(t, numbers.AddMinor(uint64(i*i), id, day(1+i%7), int64(100+i), 2))
	}
	zone := time.FixedZone("", 8*3600)
	netted := kpi.RFMSpec{AsOf: day(20), From: day(1), Refunds: kpi.RefundsNetted, Bins: 3, Orders: []string{"order", "a", "order"}}
	given := kpi.RFMSpec{AsOf: day(20).In(zone), MergeDays: true, Location: berlin, Bins: 2, DayEdges: []int{15}, RevenueEdges: []decimal.Decimal{dec("10.33")}}
	return map[string]*kpi.RFM{
		"zero": {}, "nobody": rfm(t, new(kpi.Log), given), "texts": rfm(t, texts, netted),
		"numbers": rfm(t, &numbers, given), "quantiles": rfm(t, &numbers, kpi.RFMSpec{AsOf: day(20)}),
	}
}

func TestRFMCodecs(t *testing.T) {
	t.Parallel()
	for name, r := range rfmSamples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := r.MarshalBinary()
			require.NoError(t, err)
			text, err := json.Marshal(r)
			require.NoError(t, err)
			var fromBinary, fromJSON kpi.RFM
			require.NoError(t, fromBinary.UnmarshalBinary(data))
			require.NoError(t, json.Unmarshal(text, &fromJSON))
			for _, back := range []*kpi.RFM{&fromBinary, &fromJSON} {
				require.Equal(t, r.String(), back.String())
				require.Equal(t, rfmScores(r), rfmScores(back))
				again, err := back.MarshalBinary()
				require.NoError(t, err)
				require.Equal(t, data, again)
				textAgain, err := json.Marshal(back)
				require.NoError(t, err)
				require.JSONEq(t, string(text), string(textAgain))
			}
			require.NoError(t, json.Unmarshal([]byte("null"), &fromJSON))
			for i := range data {
				requireError(t, fromBinary.UnmarshalBinary(data[:i]), kpi.ErrInvalid)
			}
			requireError(t, fromBinary.UnmarshalBinary(append(data, 0)), kpi.ErrInvalid)
			data[4]++
			requireError(t, fromBinary.UnmarshalBinary(data), kpi.ErrInvalid)
			require.Equal(t, r.String(), fromBinary.String())
			require.Equal(t, r.String(), fromJSON.String())
		})
	}
}

// An answer says in which zone its days are counted, whether or not they merge.
func TestRFMLocation(t *testing.T) {
	t.Parallel()
	l := orderLog(t, "a 1:10.5 2:5", "b 2:20")
	for _, tt := range []struct {
		loc  *time.Location
		want string
	}{{nil, ""}, {time.UTC, ""}, {berlin, "Europe/Berlin"}} {
		for _, merge := range []bool{false, true} {
			r := rfm(t, l, kpi.RFMSpec{AsOf: day(4), Bins: 2, Location: tt.loc, MergeDays: merge})
			require.Equal(t, tt.want, r.Location)
			data, err := r.MarshalBinary()
			require.NoError(t, err)
			var binary, text kpi.RFM
			require.NoError(t, binary.UnmarshalBinary(data))
			require.NoError(t, json.Unmarshal([]byte(mustJSON(t, r)), &text))
			for _, back := range []*kpi.RFM{&binary, &text} {
				require.Equal(t, tt.want, back.Location)
				require.Equal(t, mustJSON(t, r), mustJSON(t, back))
				back.Location = "Asia/Shanghai"
				other, err := back.MarshalBinary()
				require.NoError(t, err)
				require.NotEqual(t, data, other)
				require.NotEqual(t, mustJSON(t, r), mustJSON(t, back))
			}
		}
	}
}

func TestRFMJSON(t *testing.T) {
	t.Parallel()
	r := rfm(t, orderLog(t, "a 1:10.5 2:5", "b 2:20"), kpi.RFMSpec{AsOf: day(4), Bins: 2})
	data, err := json.Marshal(r)
	require.NoError(t, err)
	want := `{"as_of":"2026-03-04T00:00:00Z","refunds":"refused","zeros":"refused","merge_days":false,"bins":2,"refunds_only":0,
		"day_edges":[{"exact":"2","value":"2.0000"}],"order_edges":[{"exact":"1.5","value":"1.5000"}],
		"revenue_edges":[{"exact":"17.75","value":"17.7500"}],"rows":[
		{"id":"a","days":2,"orders":2,"revenue":"15.5","recency":2,"frequency":2,"monetary":1},
		{"id":"b","days":2,"orders":1,"revenue":"20.0","recency":2,"frequency":1,"monetary":2}]}`
	require.JSONEq(t, want, string(data))
	for _, tt := range []struct {
		old, new string
		code     kpi.Code
		index    int
	}{
		{`"recency":2,"frequency":1`, `"recency":1,"frequency":1`, kpi.CodeMismatch, 1},
		{`"id":"b"`, `"id":"a"`, kpi.CodeOrder, 1},
		{`"id":"b"`, `"number":7`, kpi.CodeMixedIDs, 1},
		{`"id":"b"`, `"id":"b","number":7`, kpi.CodeMixedIDs, 1},
		{`"orders":1,`, `"orders":0,`, kpi.CodeOutOfRange, 1},
		{`"orders":1,`, `"orders":9223372036854775807,`, kpi.CodeOverflow, 1},
		{`"days":2,"orders":1`, `"days":-1,"orders":1`, kpi.CodeOutOfRange, 1},
		{`"days":2,"orders":1`, `"days":2000000,"orders":1`, kpi.CodeOutOfRange, 1},
		{`"revenue":"20.0"`, `"revenue":"1e200"`, kpi.CodeTooLarge, -1},
		{`"revenue":"15.5"`, `"revenue":"1e-128"`, kpi.CodeTooLarge, 1},
		{`"bins":2`, `"bins":3`, kpi.CodeLength, -1},
		{`"bins":2`, `"bins":11`, kpi.CodeOutOfRange, -1},
		{`"bins":2`, `"bins":0`, kpi.CodeOutOfRange, -1},
		{`"exact":"2"`, `"exact":"x"`, kpi.CodeSyntax, 0},
		{`"exact":"2"`, `"exact":"1e5000"`, kpi.CodeTooLarge, 0},
		{`"refunds_only":0`, `"refunds_only":-1`, kpi.CodeNegative, -1},
	} {
		require.Contains(t, string(data), tt.old)
		text := strings.Replace(string(data), tt.old, tt.new, 1)
		if strings.Contains(tt.new, "e-128") { // a unit in which the other revenue is too large
			text = strings.Replace(text, "20.0", strings.Repeat("9", 800), 1)
		}
		back := *r
		e := requireError(t, json.Unmarshal([]byte(text), &back), kpi.ErrInvalid)
		require.Equal(t, tt.code, e.Code, "%s: %s", tt.new, e)
		require.Equal(t, tt.index, e.Index, tt.new)
		require.Equal(t, rfmScores(r), rfmScores(&back))
	}
	require.Error(t, json.Unmarshal([]byte(`{"rows":7}`), r))

	cell := r.Cell(2, 0, 0)
	data, err = json.Marshal(cell)
	require.NoError(t, err)
	require.JSONEq(t, `{"recency":2,"frequency":0,"monetary":0,"customers":2,"orders":3,"revenue":"35.5"}`, string(data))
	var back kpi.RFMCell
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, cell, back)
	require.Error(t, json.Unmarshal([]byte(`{"revenue":"x"}`), &back))
	require.Equal(t, cell, back)
}

// What was altered is not written.
func TestRFMAltered(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*kpi.RFM){
		"AsOf":    func(r *kpi.RFM) { r.AsOf = time.Date(30000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"Orders":  func(r *kpi.RFM) { r.Orders = []string{"b", "a"} },
		"Refunds": func(r *kpi.RFM) { r.Refunds = 9 },
		"Zeros":   func(r *kpi.RFM) { r.Zeros = -1 },
		"Bins":    func(r *kpi.RFM) { r.Bins = 7 },
		"one bin less": func(r *kpi.RFM) {
			r.Bins, r.DayEdges, r.OrderEdges, r.RevenueEdges = 2, r.DayEdges[1:], r.OrderEdges[1:], r.RevenueEdges[1:]
		},
		"RefundsOnly": func(r *kpi.RFM) { r.RefundsOnly = -1 },
		"an edge":     func(r *kpi.RFM) { r.DayEdges = []kpi.Ratio{kpi.Whole(0), kpi.Whole(0)} },
		"descending":  func(r *kpi.RFM) { r.RevenueEdges[0] = r.RevenueEdges[1].Add(kpi.Whole(1)) },
		"a large edge": func(r *kpi.RFM) {
			r.DayEdges[1] = kpi.Must(kpi.Whole(7).Pow(1200)).Mul(kpi.Must(kpi.Whole(7).Pow(1200)))
		},
	} {
		r := rfmSamples(t)["texts"]
		change(r)
		_, err := r.MarshalBinary()
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, "RFM.AppendBinary", e.Metric, name)
	}
}

func FuzzRFMUnmarshalBinary(f *testing.F) {
	for _, r := range rfmSamples(f) {
		data, err := r.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r kpi.RFM
		if r.UnmarshalBinary(data) != nil {
			require.Zero(t, r.Len())
			return
		}
		again, err := r.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, r.String())
		require.Equal(t, int64(r.Len()), r.Cell(0, 0, 0).Customers)
		_ = r.Grid().Markdown()
	})
}

func FuzzRFMUnmarshalJSON(f *testing.F) {
	for _, r := range rfmSamples(f) {
		data, err := json.Marshal(r)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r kpi.RFM
		if json.Unmarshal(data, &r) != nil {
			require.Zero(t, r.Len())
			return
		}
		binary, err := r.MarshalBinary()
		require.NoError(t, err)
		var back kpi.RFM
		require.NoError(t, back.UnmarshalBinary(binary))
		require.Equal(t, rfmScores(&r), rfmScores(&back))
		require.Equal(t, r.String(), back.String())
	})
}

func BenchmarkRFM(b *testing.B) {
	r := rand.New(rand.NewPCG(75, 76))
	var l kpi.Log
	id, err := l.Event("order")
	require.NoError(b, err)
	const customers = 20_000
	for range 5 * customers {
		require.NoError(b, l.AddMinor(r.Uint64N(customers)*0x9E3779B97F4A7C15, id, day(r.IntN(700)), 1+r.Int64N(50_000), -2))
	}
	s := kpi.RFMSpec{AsOf: day(701)}
	rfm(b, &l, s)
	b.ReportAllocs()
	for b.Loop() {
		rfm(b, &l, s)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/customers, "ns/customer")
}
