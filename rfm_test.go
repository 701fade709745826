package kpi_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func rfm(t testing.TB, l *kpi.Log, s kpi.RFMSpec) *kpi.RFM {
	t.Helper()
	r, err := l.RFM(context.Background(), s)
	require.NoError(t, err)
	return r
}

// rfmScores lists the customers with their scores: "Ann 543".
func rfmScores(r *kpi.RFM) string {
	var all []string
	for i := range r.Len() {
		row := r.At(i)
		id := row.ID
		if id == "" {
			id = strconv.FormatUint(row.Number, 10)
		}
		all = append(all, id+" "+strconv.Itoa(row.Score()))
	}
	return strings.Join(all, ", ")
}

func ratios(rs []kpi.Ratio) string {
	texts := make([]string, len(rs))
	for i, r := range rs {
		texts[i] = r.String()
	}
	return strings.Join(texts, " ")
}

// orderLog is a log of one line a customer: the id, then its orders as day of
// March 2026 and amount, "Ann 1:30 4:-5".
func orderLog(t testing.TB, lines ...string) *kpi.Log {
	t.Helper()
	var l kpi.Log
	for _, line := range lines {
		fields := strings.Fields(line)
		for _, f := range fields[1:] {
			d, amount, _ := strings.Cut(f, ":")
			n, err := strconv.Atoi(d)
			require.NoError(t, err)
			require.NoError(t, l.Add(kpi.Event{Customer: fields[0], Name: "order", At: day(n), Amount: dec(amount)}))
		}
	}
	return &l
}

// Ten customers, two a bin: the quantiles lie between the second and the third, the
// fourth and the fifth …, 4/5, 3/5, 2/5 and 1/5 of the way.
func TestRFMByHand(t *testing.T) {
	t.Parallel()
	l := orderLog(t,
		"a 1:10", "b 2:20", "c 3:30", "d 4:10 4:30", "e 5:50", "f 6:60", "g 7:70", "h 8:80", "i 9:45 9:45", "j 10:100")
	r := rfm(t, l, kpi.RFMSpec{AsOf: day(11)})
	require.Equal(t, "a 111, b 111, c 212, d 252, e 313, f 313, g 414, h 414, i 555, j 515", rfmScores(r))
	require.Equal(t, "2.8 4.6 6.4 8.2", ratios(r.DayEdges))
	require.Equal(t, "1 1 1 1.2", ratios(r.OrderEdges))
	require.Equal(t, "28 46 64 82", ratios(r.RevenueEdges))
	require.Equal(t, 10, r.Len())
	require.Equal(t, kpi.RFMRow{
		ID: "d", Days: 7, Orders: 2, Revenue: decimal.New(40, 0), Recency: 2, Frequency: 5, Monetary: 2,
	}, r.At(3))
	require.Equal(t, kpi.RFMRow{}, r.At(-1))
	require.Equal(t, kpi.RFMRow{}, r.At(10))

	require.Equal(t, kpi.RFMCell{Recency: 5, Customers: 2, Orders: 3, Revenue: decimal.New(190, 0)}, r.Cell(5, 0, 0))
	require.Equal(t, kpi.RFMCell{Frequency: 5, Customers: 2, Orders: 4, Revenue: decimal.New(130, 0)}, r.Cell(0, 5, 0))
	require.Equal(t, kpi.RFMCell{Customers: 10, Orders: 12, Revenue: decimal.New(550, 0)}, r.Cell(0, 0, 0))
	require.Zero(t, r.Cell(0, 3, 0).Customers)
	require.Zero(t, r.Cell(6, 0, 0).Customers)
	require.Zero(t, r.Cell(-1, 0, 0).Customers)
	require.Len(t, r.Cells(), 7)
	require.Equal(t, kpi.RFMCell{Recency: 5, Frequency: 5, Monetary: 5, Customers: 1, Orders: 2, Revenue: decimal.New(90, 0)}, r.Cells()[0])
	p, err := r.Share(5, 0, 5)
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 2, N: 10}, p)
	mean, err := r.Cell(0, 5, 0).PerCustomer()
	requireRatio(t, "65", mean, err)
	mean, err = r.Cell(5, 0, 0).OrdersPerCustomer()
	requireRatio(t, "1.5", mean, err)

	require.Equal(t, ""+
		"score        above  up to  customers  orders  revenue  per customer\n"+
		"recency 5               2          2       3   190.00         95.00\n"+
		"recency 4        2      4          2       2   150.00         75.00\n"+
		"recency 3        4      6          2       2   110.00         55.00\n"+
		"recency 2        6      8          2       3    70.00         35.00\n"+
		"recency 1        8                 2       2    30.00         15.00\n"+
		"frequency 5      1                 2       4   130.00         65.00\n"+
		"frequency 4      1      1          0       0     0.00             –\n"+
		"frequency 3      1      1          0       0     0.00             –\n"+
		"frequency 2      1      1          0       0     0.00             –\n"+
		"frequency 1             1          8       8   420.00         52.50\n"+
		"monetary 5      82                 2       3   190.00         95.00\n"+
		"monetary 4      64     82          2       2   150.00         75.00\n"+
		"monetary 3      46     64          2       2   110.00         55.00\n"+
		"monetary 2      28     46          2       3    70.00         35.00\n"+
		"monetary 1             28          2       2    30.00         15.00\n", r.String())
	require.Equal(t, ""+
		"recency \\ frequency  1  2  3  4  5\n"+
		"5                    1  0  0  0  1\n"+
		"4                    2  0  0  0  0\n"+
		"3                    2  0  0  0  0\n"+
		"2                    1  0  0  0  1\n"+
		"1                    2  0  0  0  0\n", r.Grid().String())
	columns, rows := r.Dims()
	require.Equal(t, [2]int{5, 5}, [2]int{columns, rows})
	require.InDelta(t, 2, r.Z(0, 0), 0)
	require.InDelta(t, 1, r.Z(4, 4), 0)
	require.InDelta(t, 0, r.Z(-1, 0), 0)
	require.InDelta(t, 5, r.X(4), 0)
	require.InDelta(t, 5, r.Y(4), 0)
}

func TestRFMCases(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		lines []string
		spec  kpi.RFMSpec
		want  string
	}{
		{"nobody", nil, kpi.RFMSpec{}, ""},
		// All edges are the value, and nothing is above it.
		{"one customer", []string{"a 1:1"}, kpi.RFMSpec{}, "a 511"},
		{"all equal", []string{"a 1:1", "b 1:1", "c 1:1"}, kpi.RFMSpec{}, "a 511, b 511, c 511"},
		{"more bins than customers", []string{"a 1:1", "b 2:2"}, kpi.RFMSpec{Bins: 9}, "a 111, b 919"},
		// 60 % buy once: their edges are 1, 1 and 1, and they score 1.
		{
			"one-time buyers",
			[]string{"a 1:1", "b 1:1", "c 1:1", "d 1:1", "e 1:1", "f 1:1", "g 1:1 1:0.5", "h 1:1 1:0.5", "i 1:1 1:1 1:1", "j 1:1 1:1 1:1"},
			kpi.RFMSpec{},
			"a 511, b 511, c 511, d 511, e 511, f 511, g 544, h 544, i 555, j 555",
		},
		{"the day of AsOf", []string{"a 1:1", "b 2:2"}, kpi.RFMSpec{AsOf: day(2).Add(23 * time.Hour), Bins: 2}, "a 111, b 212"},
		{"exclusive AsOf", []string{"a 1:1 9:1", "b 2:2"}, kpi.RFMSpec{AsOf: day(9), Bins: 2}, "a 111, b 212"},
		{"inclusive From", []string{"a 1:1 2:1", "b 1:2 1:2 3:1", "c 1:1"}, kpi.RFMSpec{From: day(2), Bins: 2}, "a 111, b 211"},
		{"refunds netted", []string{"a 1:5 9:-6", "b 1:5", "c 3:-1"}, kpi.RFMSpec{Bins: 2, Refunds: kpi.RefundsNetted}, "a 211, b 212"},
		{"refunds ignored", []string{"a 1:5 9:-6", "b 1:5", "c 3:-1"}, kpi.RFMSpec{Bins: 2, Refunds: kpi.RefundsIgnored}, "a 211, b 211"},
		{"zeros counted", []string{"a 1:0 1:0", "b 1:0"}, kpi.RFMSpec{Bins: 2, Zeros: kpi.ZerosCounted}, "a 221, b 211"},
		{"zeros ignored", []string{"a 1:0 1:1", "b 1:0"}, kpi.RFMSpec{Bins: 2, Zeros: kpi.ZerosIgnored}, "a 211"},
		{"days merged", []string{"a 1:1 1:1 2:1", "b 1:1 2:1 3:1"}, kpi.RFMSpec{Bins: 2, MergeDays: true}, "a 111, b 221"},
		// The unit is never rounded, and a wide amount takes its place.
		{
			"wide",
			[]string{"a 1:100000000000000000000", "b 1:-100000000000000000000 1:1", "c 1:0.001", "d 1:9223372036854775.807", "e 1:1e30"},
			kpi.RFMSpec{Refunds: kpi.RefundsNetted},
			"a 514, b 511, c 512, d 513, e 515",
		},
		{
			"given edges",
			[]string{"a 1:1 1:9.99", "b 3:10.01", "c 5:1"},
			kpi.RFMSpec{Bins: 3, DayEdges: []int{15, 17}, OrderEdges: []int{1, 5}, RevenueEdges: []decimal.Decimal{dec("1"), dec("10.01")}},
			"a 123, b 212, c 311",
		},
		// Between edges that an int64 cannot hold in the unit of the data.
		{
			"edges far out",
			[]string{"a 1:0.01", "b 1:-0.01 1:0.001"},
			kpi.RFMSpec{Bins: 3, Refunds: kpi.RefundsNetted, RevenueEdges: []decimal.Decimal{dec("-1e60"), dec("1e60")}},
			"a 312, b 312",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.spec.AsOf.IsZero() {
				tt.spec.AsOf = day(20)
			}
			require.Equal(t, tt.want, rfmScores(rfm(t, orderLog(t, tt.lines...), tt.spec)))
		})
	}
	r := rfm(t, orderLog(t, "a 1:5 9:-6", "b 1:5", "c 3:-1"), kpi.RFMSpec{AsOf: day(20), Refunds: kpi.RefundsNetted})
	require.Equal(t, int64(1), r.RefundsOnly)
	require.True(t, r.At(0).Revenue.Equal(dec("-1")))
	require.Equal(t, 19, r.At(0).Days, "a refund is no order")
}

func TestRFMErrors(t *testing.T) {
	t.Parallel()
	l := orderLog(t, "a 1:1 2:-1 3:0")
	good := kpi.RFMSpec{AsOf: day(9), Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted}
	tests := []struct {
		name   string
		change func(*kpi.RFMSpec)
		code   kpi.Code
	}{
		{"AsOf", func(s *kpi.RFMSpec) { s.AsOf = time.Time{} }, kpi.CodeMissing},
		{"AsOf out of range", func(s *kpi.RFMSpec) { s.AsOf = time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC) }, kpi.CodeTime},
		{"From out of range", func(s *kpi.RFMSpec) { s.From = time.Date(30000, 1, 1, 0, 0, 0, 0, time.UTC) }, kpi.CodeTime},
		{"From at AsOf", func(s *kpi.RFMSpec) { s.From = s.AsOf }, kpi.CodeTime},
		{"Refunds", func(s *kpi.RFMSpec) { s.Refunds = 7 }, kpi.CodeOutOfRange},
		{"Zeros", func(s *kpi.RFMSpec) { s.Zeros = -1 }, kpi.CodeOutOfRange},
		{"a refund", func(s *kpi.RFMSpec) { s.Refunds = kpi.RefundsRefused }, kpi.CodeNegative},
		{"a zero", func(s *kpi.RFMSpec) { s.Zeros = kpi.ZerosRefused }, kpi.CodeMissing},
		{"one bin", func(s *kpi.RFMSpec) { s.Bins = 1 }, kpi.CodeOutOfRange},
		{"ten bins", func(s *kpi.RFMSpec) { s.Bins = 10 }, kpi.CodeOutOfRange},
		{"too few edges", func(s *kpi.RFMSpec) { s.DayEdges = []int{1, 2, 3} }, kpi.CodeLength},
		{"equal edges", func(s *kpi.RFMSpec) { s.OrderEdges = []int{1, 2, 2, 3} }, kpi.CodeOrder},
		{"hostile edges", func(s *kpi.RFMSpec) { s.RevenueEdges = []decimal.Decimal{dec("1"), decimal.New(1, 20000000)} }, kpi.CodeTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := good
			tt.change(&s)
			_, err := l.RFM(context.Background(), s)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "Log.RFM", e.Metric)
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := l.RFM(ctx, good)
	require.ErrorIs(t, err, context.Canceled)

	var zero kpi.RFM
	_, err = zero.Share(0, 0, 0)
	requireError(t, err, kpi.ErrUndefined)
	require.NotEmpty(t, zero.String())
	require.Equal(t, kpi.RFMRow{}, zero.At(0))
	_, err = kpi.RFMCell{}.PerCustomer()
	requireError(t, err, kpi.ErrUndefined)
	_, err = kpi.RFMCell{}.OrdersPerCustomer()
	requireError(t, err, kpi.ErrUndefined)
	for _, c := range []kpi.RFMCell{{Customers: -1}, {Customers: 2, Orders: 1}, {Customers: 1, Orders: 1, Revenue: decimal.New(1, 20000000)}} {
		_, err = c.PerCustomer()
		requireError(t, err, kpi.ErrInvalid)
		_, err = c.OrdersPerCustomer()
		requireError(t, err, kpi.ErrInvalid)
	}
	// What is altered answers no more, and nothing panics.
	r := rfm(t, l, good)
	r.Bins = 3
	require.Equal(t, kpi.RFMRow{}, r.At(0))
	require.Zero(t, r.Cell(0, 0, 0).Customers)
	require.Empty(t, r.Cells())
	require.NotEmpty(t, r.Markdown())
}

// The R package rfm adds 1 to the quantiles and scores x ≥ edge + 1. From our edges
// follow theirs, and with theirs their scores; the scores differ for those values,
// and those only, that lie between the edge and the edge plus 1.
func TestRFMReference(t *testing.T) {
	t.Parallel()
	var ref struct {
		Orders [][3]any `json:"orders"`
		Bins   struct {
			Recency   []json.Number `json:"recency"`
			Frequency []json.Number `json:"frequency"`
			Monetary  []json.Number `json:"monetary"`
		} `json:"bins"`
		AnalysisDate string   `json:"analysis_date"`
		Customers    [][8]any `json:"customers"`
	}
	readReference(t, "metrics/rfm_r_package.json", &ref)
	var l kpi.Log
	id, err := l.Event("order")
	require.NoError(t, err)
	for _, o := range ref.Orders {
		at, err := time.Parse(time.DateOnly, o[1].(string))
		require.NoError(t, err)
		require.NoError(t, l.AddMinor(uint64(o[0].(float64)), id, at, int64(o[2].(float64)), 0))
	}
	asOf, err := time.Parse(time.DateOnly, ref.AnalysisDate)
	require.NoError(t, err)
	r := rfm(t, &l, kpi.RFMSpec{AsOf: asOf})
	require.Equal(t, 995, r.Len())
	require.Equal(t, int64(4906), r.Cell(0, 0, 0).Orders)

	plusOne := func(edges []kpi.Ratio, want []json.Number) []kpi.Ratio {
		var out []kpi.Ratio
		for i, e := range edges {
			theirs := e.Add(kpi.Whole(1))
			require.True(t, theirs.Equal(must(want[i].String())), "%s, %s", e, want[i])
			out = append(out, theirs)
		}
		return out
	}
	days, orders, money := plusOne(r.DayEdges, ref.Bins.Recency), plusOne(r.OrderEdges, ref.Bins.Frequency), plusOne(r.RevenueEdges, ref.Bins.Monetary)
	reached := func(edges []kpi.Ratio, x int64) (n int, between bool) {
		for _, e := range edges {
			v := kpi.Whole(x)
			if v.Cmp(e) >= 0 {
				n++
			} else if v.Cmp(e.Sub(kpi.Whole(1))) > 0 {
				between = true
			}
		}
		return n, between
	}
	differ := [3]int{}
	for i, c := range ref.Customers {
		var v [7]int64
		for j := range v {
			v[j] = int64(c[j].(float64))
		}
		row := r.At(i)
		require.Equal(t, [4]int64{int64(row.Number), int64(row.Days), row.Orders, row.Revenue.IntPart()}, [4]int64(v[:4]))
		for d, edges := range [][]kpi.Ratio{days, orders, money} {
			n, between := reached(edges, v[d+1])
			theirs, ours := n+1, []int{row.Recency, row.Frequency, row.Monetary}[d]
			if d == 0 {
				theirs = 5 - n
			}
			require.Equal(t, int(v[d+4]), theirs, "their rule")
			if !between {
				require.Equal(t, theirs, ours, "customer %d", row.Number)
				continue
			}
			differ[d]++
			if d == 0 {
				theirs-- // one more edge is passed, which is one worse
			} else {
				theirs++
			}
			require.Equal(t, theirs, ours, "customer %d", row.Number)
		}
	}
	require.Equal(t, [3]int{1, 0, 2}, differ)
}
