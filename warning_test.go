package kpi_test

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func askWarnings(t testing.TB, l *kpi.Log, s kpi.WarningSpec) *kpi.Warnings {
	t.Helper()
	w, err := l.Warnings(context.Background(), s)
	require.NoError(t, err)
	return w
}

// warningLines writes the rows one by one: "a warned 48/168 2 of 8.0".
func warningLines(w *kpi.Warnings) string {
	var all []string
	for _, r := range w.Rows {
		id := r.ID
		if id == "" {
			id = fmt.Sprint(r.Number)
		}
		all = append(all, fmt.Sprintf("%s %s %d/%d %d of %.1f", id, r.Status, r.Before, r.History, r.Seen, r.Expected))
	}
	return strings.Join(all, "; ")
}

// warningDays is a log of a customer a line: the days back from day 200 on which it
// was active, the first of them first.
func warningDays(t testing.TB, back map[string][]int) *kpi.Log {
	t.Helper()
	var l kpi.Log
	for who, on := range back {
		for _, b := range on {
			require.NoError(t, l.Add(kpi.Event{Customer: who, Name: "visit", At: day(200 - b).Add(time.Hour), Amount: dec("1.50")}))
		}
	}
	return &l
}

// run lists so many days back, the first one from there.
func warningRun(from, n int) []int {
	var out []int
	for i := range n {
		out = append(out, from-i)
	}
	return out
}

// The example of the rule: 48 days in 168, then 2 in 28.
//
//	P(Bin(50, 1/7) ≤ 2) = (6⁵⁰ + 50·6⁴⁹ + 1225·6⁴⁸) / 7⁵⁰ = .0195
func TestWarningsByHand(t *testing.T) {
	t.Parallel()
	s := kpi.WarningSpec{AsOf: day(200), Recent: 28, Level: 0.05}
	l := warningDays(t, map[string][]int{
		"Ann": slices.Concat([]int{197}, warningRun(150, 48), []int{20, 10}),
	})
	w := askWarnings(t, l, s)
	require.Len(t, w.Rows, 1)
	r := w.Rows[0]
	require.Equal(t, [6]int{197, 10, 168, 48, 2, 3}, [6]int{r.Age, r.Gap, r.History, r.Before, r.Seen, r.Longer})
	pow := func(x, n int64) *big.Int { return new(big.Int).Exp(big.NewInt(x), big.NewInt(n), nil) }
	sum := pow(6, 50)
	sum.Add(sum, new(big.Int).Mul(big.NewInt(50), pow(6, 49)))
	sum.Add(sum, new(big.Int).Mul(big.NewInt(1225), pow(6, 48)))
	exact, _ := new(big.Rat).SetFrac(sum, pow(7, 50)).Float64()
	require.InEpsilon(t, exact, r.P, 1e-13)
	require.Equal(t, ".0195", fmt.Sprintf("%.4f", r.P)[1:])
	require.Equal(t, r.P, r.Adjusted)
	require.Equal(t, 8.0, r.Expected)
	require.Equal(t, kpi.Warned, r.Status)
	// The gaps that ended were 47 days, 47 of a day, 83 and 10: three of 50 are 10 days
	// or longer, and this one makes four of 51.
	gap, err := r.GapP()
	requireRatio(t, "4/51", gap, err)
	require.Equal(t, "76.5", r.Value.String())

	// Nobody else is asked about at a level of .01, and half the activity is the limit.
	s.Level = 0.01
	require.Equal(t, kpi.NotWarned, askWarnings(t, l, s).Rows[0].Status)
	s.Level = 0.05
	for seen, want := range map[int]kpi.WarningStatus{0: kpi.Warned, 2: kpi.Warned, 3: kpi.NotWarned} {
		l = warningDays(t, map[string][]int{"Ann": slices.Concat([]int{197}, warningRun(150, 48), warningRun(20, seen))})
		require.Equal(t, want, askWarnings(t, l, s).Rows[0].Status, seen)
	}
	// 160 of 168 days, then 15 of 28: rare by itself, and more than half.
	l = warningDays(t, map[string][]int{"Ann": slices.Concat([]int{197}, warningRun(196, 160), warningRun(20, 15))})
	w = askWarnings(t, l, s)
	require.Less(t, w.Rows[0].Adjusted, 0.05)
	require.Equal(t, "Ann not warned 160/168 15 of 26.7", warningLines(w))
}

func TestWarningsStatuses(t *testing.T) {
	t.Parallel()
	l := warningDays(t, map[string][]int{
		"silent":   slices.Concat([]int{197}, warningRun(150, 48)),
		"steady":   slices.Concat([]int{197}, warningRun(150, 48), warningRun(15, 8)),
		"enough":   slices.Concat([]int{197}, warningRun(150, 20)), // (6/7)²⁰ = .046, and 3/2 of it
		"short":    slices.Concat([]int{197}, warningRun(150, 19)), // (6/7)¹⁹ = .053
		"rare":     {197, 150, 100},
		"once":     {150},
		"new":      {10, 9, 8, 7, 6},
		"gone":     slices.Concat([]int{900}, warningRun(800, 48)),
		"known":    {198, 29, 28},   // 29 days back is history, 28 is recent
		"longer":   {199, 197, 196}, // 197 days back is not compared
		"tomorrow": {0},
	})
	s := kpi.WarningSpec{AsOf: day(200), Recent: 28, History: 168, Level: 0.05}
	w := askWarnings(t, l, s)
	require.Equal(t, ""+
		"silent warned 48/168 0 of 8.0; "+
		"enough not warned 20/168 0 of 3.3; "+
		"steady not warned 48/168 8 of 8.0; "+
		"gone lapsed 0/168 0 of 0.0; "+
		"short too little history 19/168 0 of 3.2; "+
		"new too little history 0/0 4 of 0.0; "+
		"known too little history 1/168 1 of 0.2; "+
		"longer too little history 1/168 0 of 0.2; "+
		"rare too little history 2/168 0 of 0.3; "+
		"once too little history 0/121 0 of 0.0", warningLines(w))
	for status, want := range map[kpi.WarningStatus]string{
		kpi.Warned: "1 73.5", kpi.NotWarned: "2 117", kpi.Lapsed: "1 0", kpi.TooLittleHistory: "6 52.5",
	} {
		value, err := w.Value(status)
		require.NoError(t, err)
		require.Equal(t, want, fmt.Sprint(w.Count(status), " ", value))
	}
	p, err := w.Rate()
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 1, N: 3}, p)
	require.Equal(t, ""+
		"status              customers  share   value\n"+
		"warned                      1  10.0%   73.50\n"+
		"not warned                  2  20.0%  117.00\n"+
		"lapsed                      1  10.0%    0.00\n"+
		"too little history          6  60.0%   52.50\n", w.Summary().String())
	require.Equal(t, ""+
		"customer  status              days   of  expected  seen         p  adjusted  gap  gap p  value\n"+
		"silent    warned                48  168       8.0     0  0.000612   0.00184  103  0.020  73.50\n"+
		"enough    not warned            20  168       3.3     0    0.0458    0.0687  131  0.048  31.50\n"+
		"steady    not warned            48  168       8.0     8     0.593     0.593    8  0.053  85.50\n"+
		"gone      lapsed                 0  168       0.0     0         –         –  753      –   0.00\n"+
		"short     too little history    19  168       3.2     0         –         –  132  0.050  30.00\n"+
		"new       too little history     0    0         –     4         –         –    6  0.200   7.50\n"+
		"known     too little history     1  168       0.2     1         –         –   28  0.667   4.50\n"+
		"longer    too little history     1  168       0.2     0         –         –  196  0.500   4.50\n"+
		"rare      too little history     2  168       0.3     0         –         –  100  0.333   4.50\n"+
		"once      too little history     0  121       0.0     0         –         –  150      –   1.50\n", w.String())
	require.Contains(t, w.Markdown(), "| silent | warned | 48 |")

	// Without a bound a long silence is history, which says too little in the end.
	s.History = 0
	w = askWarnings(t, l, s)
	require.Contains(t, warningLines(w), "gone too little history 48/871 0 of 1.5")
	require.Zero(t, w.Count(kpi.Lapsed))

	for s := kpi.TooLittleHistory; s <= kpi.Warned; s++ {
		back, err := kpi.ParseWarningStatus(s.String())
		require.NoError(t, err)
		require.Equal(t, s, back)
	}
	_, err = kpi.ParseWarningStatus("safe")
	requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, "WarningStatus(4)", kpi.WarningStatus(4).String())
}

// What is at risk is of the twelve months before AsOf's day, and of Orders.
func TestWarningsValue(t *testing.T) {
	t.Parallel()
	at := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	events := []kpi.Event{
		{Name: "visit", At: at(2022, 1, 1)},
		{Name: "order", At: at(2023, 2, 28).Add(-1), Amount: dec("1000")}, // a year before the 29th is the 28th
		{Name: "order", At: at(2023, 2, 28), Amount: dec("100.50")},
		{Name: "visit", At: at(2023, 6, 1), Amount: dec("10")},
		{Name: "order", At: at(2024, 2, 28).Add(23 * time.Hour), Amount: dec("-1.2500")},
		{Name: "order", At: at(2024, 2, 29), Amount: dec("5")}, // of AsOf's own day
	}
	for i := range events {
		events[i].Customer = "Ann"
	}
	l := logOf(t, events...)
	s := kpi.WarningSpec{AsOf: at(2024, 2, 29).Add(12 * time.Hour), Recent: 30, Level: 0.05, Refunds: kpi.RefundsNetted}
	for _, tt := range []struct {
		orders, events []string
		refunds        kpi.Refunds
		value          string
		seen           int
	}{
		{nil, nil, kpi.RefundsNetted, "109.25", 0},
		{nil, nil, kpi.RefundsIgnored, "110.5", 0},
		{[]string{"order"}, nil, kpi.RefundsNetted, "99.25", 0},
		{[]string{"visit"}, nil, kpi.RefundsNetted, "10", 0},
		{[]string{"nothing"}, []string{"visit"}, kpi.RefundsRefused, "0", 0},
	} {
		s.Orders, s.Events, s.Refunds = tt.orders, tt.events, tt.refunds
		w := askWarnings(t, l, s)
		require.Equal(t, tt.value, w.Rows[0].Value.String())
		require.Equal(t, tt.seen, w.Rows[0].Seen, "nobody is active by a refund")
	}
	// Who was never active is no customer here, whatever was paid.
	s.Events = []string{"nothing"}
	require.Empty(t, askWarnings(t, l, s).Rows)
	// Amounts beyond 64 bits, and the order of the large and the small.
	l = warningDays(t, map[string][]int{"a": {9}, "b": {9}, "c": {9}, "d": {8}})
	require.NoError(t, l.Add(kpi.Event{Customer: "b", Name: "order", At: day(199), Amount: dec("100000000000000000000.01")}))
	require.NoError(t, l.Add(kpi.Event{Customer: "c", Name: "order", At: day(199), Amount: dec("-1e30")}))
	require.NoError(t, l.Add(kpi.Event{Customer: "d", Name: "order", At: day(199), Amount: dec("0.0001")}))
	w := askWarnings(t, l, kpi.WarningSpec{AsOf: day(200), Recent: 3, Level: 0.05, Refunds: kpi.RefundsNetted})
	var got []string
	for _, r := range w.Rows {
		got = append(got, r.ID+" "+r.Value.String())
	}
	require.Equal(t, "b 100000000000000000001.51, d 1.5001, a 1.5, c -999999999999999999999999999998.5", strings.Join(got, ", "))
}

func TestWarningsErrors(t *testing.T) {
	t.Parallel()
	l := orderLog(t, "a 1:1 2:-1 3:0")
	good := kpi.WarningSpec{AsOf: day(9), Recent: 3, Level: 0.05, Refunds: kpi.RefundsNetted}
	for _, tt := range []struct {
		name   string
		change func(*kpi.WarningSpec)
		code   kpi.Code
		index  int
	}{
		{"AsOf", func(s *kpi.WarningSpec) { s.AsOf = time.Time{} }, kpi.CodeMissing, -1},
		{"AsOf out of range", func(s *kpi.WarningSpec) { s.AsOf = time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC) }, kpi.CodeTime, -1},
		{"Recent", func(s *kpi.WarningSpec) { s.Recent = 0 }, kpi.CodeMissing, -1},
		{"Recent < 0", func(s *kpi.WarningSpec) { s.Recent = -1 }, kpi.CodeOutOfRange, -1},
		{"Recent too long", func(s *kpi.WarningSpec) { s.Recent = 1 << 30 }, kpi.CodeOutOfRange, -1},
		{"History < 0", func(s *kpi.WarningSpec) { s.History = -1 }, kpi.CodeOutOfRange, -1},
		{"History too long", func(s *kpi.WarningSpec) { s.History = 1 << 30 }, kpi.CodeOutOfRange, -1},
		{"Level", func(s *kpi.WarningSpec) { s.Level = 0 }, kpi.CodeMissing, -1},
		{"Level = 1", func(s *kpi.WarningSpec) { s.Level = 1 }, kpi.CodeOutOfRange, -1},
		{"Level = NaN", func(s *kpi.WarningSpec) { s.Level = math.NaN() }, kpi.CodeOutOfRange, -1},
		{"Refunds", func(s *kpi.WarningSpec) { s.Refunds = 7 }, kpi.CodeOutOfRange, -1},
		{"Events", func(s *kpi.WarningSpec) { s.Events = []string{"\xff"} }, kpi.CodeSyntax, -1},
		{"Orders", func(s *kpi.WarningSpec) { s.Orders = []string{"\xff"} }, kpi.CodeSyntax, -1},
		{"a refund", func(s *kpi.WarningSpec) { s.Refunds = kpi.RefundsRefused }, kpi.CodeNegative, 1},
	} {
		s := good
		tt.change(&s)
		_, err := l.Warnings(context.Background(), s)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, "Log.Warnings", e.Metric, tt.name)
		require.Equal(t, tt.code, e.Code, tt.name)
		require.Equal(t, tt.index, e.Index, tt.name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := l.Warnings(ctx, good)
	require.ErrorIs(t, err, context.Canceled)

	var zero kpi.Warnings
	_, err = zero.Rate()
	requireError(t, err, kpi.ErrUndefined)
	require.NotEmpty(t, zero.String())
	zero.Rows = []kpi.Warning{{Value: decimal.New(1, 20_000_000)}}
	_, err = zero.Value(kpi.Warned)
	require.Equal(t, 0, requireError(t, err, kpi.ErrInvalid).Index)
	require.Contains(t, zero.Summary().String(), kpi.Undefined)
	require.Contains(t, zero.String(), kpi.Undefined)
	for _, r := range []kpi.Warning{
		{},
		{Age: 3},
		{Age: 3, Gap: 4},
		{Age: 1 << 30, Gap: 1},
		{Age: 3, Gap: 1, Before: -1},
		{Age: 3, Gap: 1, Seen: 3},
		{Age: 3, Gap: 1, Before: math.MaxInt, Seen: 2},
		{Age: 3, Gap: 1, Seen: 1, Longer: 2},
		{Age: 9, Gap: 5, Seen: 1, Longer: 1},
		{Age: 3, Gap: 1, Seen: 1, Value: decimal.New(1, 200)},
	} {
		_, err := r.GapP()
		requireError(t, err, kpi.ErrInvalid)
	}
	gap, err := kpi.Warning{Age: 10, Gap: 5, Seen: 1, Longer: 1}.GapP()
	requireRatio(t, "1", gap, err)
	empty := askWarnings(t, new(kpi.Log), good)
	require.Empty(t, empty.Rows)
}
