package kpi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.CrossSell]{
	name: "CrossSell",
	random: func(r *rand.Rand) kpi.CrossSell {
		var x kpi.CrossSell
		for range r.IntN(6) {
			_ = x.Add(crossSellLines(r)...)
		}
		return x
	},
	merge: (*kpi.CrossSell).Merge,
	bad: []kpi.CrossSell{
		{Customers: -1},
		{Several: -1},
		{Unknown: -1},
		{Customers: 1, Several: 2},
		{Customers: 1},
		{Customers: 1, Unknown: math.MaxInt64, Lines: map[string]int64{"a": 1}},
		{Customers: 1, Lines: map[string]int64{"": 1}},
		{Customers: 1, Lines: map[string]int64{"\xff": 1}},
		{Customers: 1, Lines: map[string]int64{"a": 2}},
		{Customers: 1, Lines: map[string]int64{"a": 1, "b": 0}},
		{Customers: 2, Lines: map[string]int64{"a": 2, "b": 1}},
		{Customers: 2, Several: 1, Lines: map[string]int64{"a": 2, "b": 1}},
		{Customers: 2, Several: 1, Lines: map[string]int64{"a": 2, "b": 1}, Both: map[string]map[string]int64{"b": {"a": 1}}},
		{Customers: 2, Several: 1, Lines: map[string]int64{"a": 2, "b": 1}, Both: map[string]map[string]int64{"a": {"b": 2}}},
		{Customers: 2, Several: 1, Lines: map[string]int64{"a": 2, "b": 1}, Both: map[string]map[string]int64{"a": {"c": 1}}},
		{Customers: 2, Several: 2, Lines: map[string]int64{"a": 2, "b": 2}, Both: map[string]map[string]int64{"a": {"b": 1}}},
	},
	clash: [][2]kpi.CrossSell{
		{{Customers: math.MaxInt64, Lines: map[string]int64{"a": math.MaxInt64}}, {Customers: 1, Lines: map[string]int64{"a": 1}}},
		{{Unknown: math.MaxInt64}, {Unknown: 1}},
	},
})

// crossSellLines are up to three of four, and the one that is not known.
func crossSellLines(r *rand.Rand) (out []string) {
	for range r.IntN(4) {
		out = append(out, []string{"", "bags", "hats", "shoes", "ties"}[r.IntN(5)])
	}
	return out
}

func TestCrossSell(t *testing.T) {
	t.Parallel()
	var x kpi.CrossSell
	for _, c := range [][]string{{"ink", "printer"}, {"printer", "ink", "ink", "paper"}, {"ink"}, {"paper", ""}, {"ink", "paper"}, {}, {" "}} {
		require.NoError(t, x.Add(c...))
	}
	require.Equal(t, kpi.CrossSell{
		Customers: 5, Several: 3, Unknown: 2, Lines: map[string]int64{"ink": 4, "paper": 3, "printer": 2},
		Both: map[string]map[string]int64{"ink": {"paper": 2, "printer": 2}, "paper": {"printer": 1}},
	}, x)
	share := func(p kpi.Proportion, err error) string {
		require.NoError(t, err)
		return p.String()
	}
	require.Equal(t, "3/5", share(x.Rate()))
	require.Equal(t, "2/2", share(x.Attach("ink", "printer")), "who has a printer buys ink")
	require.Equal(t, "2/4", share(x.Attach("printer", "ink")))
	require.Equal(t, "0/4", share(x.Attach("desk", "ink")))
	requireRatio(t, "1.8", kpi.Must(x.LinesPerCustomer()), nil)
	require.Equal(t, `line     customers  share     ink  paper  printer
ink              4  80.0%          50.0%    50.0%
paper            3  60.0%   66.7%           33.3%
printer          2  40.0%  100.0%  50.0%
`, x.String())
	require.Contains(t, x.Markdown(), "| ink | 4 |")

	_, err := x.Attach("ink", "ink")
	require.Equal(t, kpi.CodeRepeated, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = x.Attach("ink", "desk")
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = kpi.CrossSell{}.Rate()
	requireError(t, err, kpi.ErrUndefined)
	_, err = kpi.CrossSell{}.LinesPerCustomer()
	requireError(t, err, kpi.ErrUndefined)
	bad := kpi.CrossSell{Customers: 1}
	_, err = bad.Rate()
	requireError(t, err, kpi.ErrInvalid)
	_, err = bad.Attach("a", "b")
	requireError(t, err, kpi.ErrInvalid)
	_, err = bad.LinesPerCustomer()
	requireError(t, err, kpi.ErrInvalid)
	requireError(t, x.Add("\xff"), kpi.ErrInvalid)

	many := make([]string, 1025)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	before := mustJSON(t, x)
	require.Equal(t, kpi.CodeTooLarge, requireError(t, x.Add(many...), kpi.ErrInvalid).Code)
	require.Equal(t, before, mustJSON(t, x))
	require.NoError(t, json.Unmarshal([]byte("null"), &x))
	require.Error(t, json.Unmarshal([]byte(`{"customers":"x"}`), &x))
	require.Equal(t, before, mustJSON(t, x))
}

// The answer of a log against a tally of its customers.
func TestLogCrossSell(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(95, 96))
	for range 80 {
		var events []kpi.Event
		for range 60 {
			events = append(events, kpi.Event{
				Customer: fmt.Sprintf("c%d", r.IntN(15)), Name: []string{"order", "visit"}[r.IntN(2)], At: day(1 + r.IntN(60)),
				Amount: decimal.New(r.Int64N(5)-1, 0), Props: []string{[]string{"", "bags", "hats", "shoes"}[r.IntN(4)], "x"},
			})
		}
		s := kpi.CrossSellSpec{Line: "line", Orders: []string{"order"}, AsOf: day(40), Refunds: kpi.Refunds(1 + r.IntN(2)), Zeros: kpi.Zeros(1 + r.IntN(2))}
		if r.IntN(2) == 0 {
			s.From = day(20)
		}
		held, bought := map[string][]string{}, map[string]bool{}
		for _, e := range events {
			if e.Name != "order" || !e.At.Before(s.AsOf) || e.At.Before(s.From) || e.Amount.Sign() < 0 || e.Amount.IsZero() && s.Zeros == kpi.ZerosIgnored {
				continue
			}
			bought[e.Customer] = true
			held[e.Customer] = append(held[e.Customer], e.Props[0])
		}
		var want kpi.CrossSell
		for who := range bought {
			require.NoError(t, want.Add(held[who]...))
		}
		for range 2 {
			var l kpi.Log
			require.NoError(t, l.SetProps("line", "other"))
			for _, e := range events {
				require.NoError(t, l.Add(e))
			}
			got, err := l.CrossSell(context.Background(), s)
			require.NoError(t, err)
			require.Equal(t, mustJSON(t, want), mustJSON(t, got))
			slices.Reverse(events)
		}
	}
}

func TestLogCrossSellErrors(t *testing.T) {
	t.Parallel()
	var l kpi.Log
	require.NoError(t, l.SetProps("line"))
	for i, a := range []string{"1", "-1", "0"} {
		require.NoError(t, l.Add(kpi.Event{Customer: "Ann", Name: "order", At: day(1 + i), Amount: dec(a), Props: []string{"hats"}}))
	}
	good := kpi.CrossSellSpec{Line: "line", AsOf: day(9), Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted}
	tests := []struct {
		name   string
		change func(*kpi.CrossSellSpec)
		code   kpi.Code
		index  int
	}{
		{"no AsOf", func(s *kpi.CrossSellSpec) { s.AsOf = time.Time{} }, kpi.CodeMissing, -1},
		{"no Line", func(s *kpi.CrossSellSpec) { s.Line = "" }, kpi.CodeMissing, -1},
		{"a Line that is not there", func(s *kpi.CrossSellSpec) { s.Line = "sort" }, kpi.CodeUnknownName, -1},
		{"From at AsOf", func(s *kpi.CrossSellSpec) { s.From = s.AsOf }, kpi.CodeTime, -1},
		{"From beyond all years", func(s *kpi.CrossSellSpec) { s.From = time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC) }, kpi.CodeTime, -1},
		{"refunds", func(s *kpi.CrossSellSpec) { s.Refunds = 0 }, kpi.CodeNegative, 1},
		{"zeros", func(s *kpi.CrossSellSpec) { s.Zeros = 0 }, kpi.CodeMissing, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := good
			tt.change(&s)
			_, err := l.CrossSell(context.Background(), s)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, "Log.CrossSell", e.Metric)
		})
	}
	for _, from := range []time.Time{{}, day(2), time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC)} {
		s := good
		s.From = from
		x, err := l.CrossSell(context.Background(), s)
		require.NoError(t, err)
		require.Equal(t, int64(1), x.Lines["hats"])
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := l.CrossSell(ctx, good)
	require.ErrorIs(t, err, context.Canceled)
}

func crossSellOf(customers ...[]string) (x kpi.CrossSell) {
	for _, held := range customers {
		_ = x.Add(held...)
	}
	return x
}
