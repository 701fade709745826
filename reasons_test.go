package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Reasons]{
	name: "Reasons",
	random: func(r *rand.Rand) kpi.Reasons {
		c := kpi.Reasons{Unknown: r.Int64N(9)}
		if r.IntN(9) == 0 {
			return c
		}
		c.Counts = map[string]int64{}
		for _, reason := range []string{"price", "service", "价格", "moved away"}[r.IntN(4):] {
			c.Counts[reason] = r.Int64N(50)
			c.Extra += c.Counts[reason] // at most what is not the largest
		}
		var most int64
		for _, n := range c.Counts {
			most = max(most, n)
		}
		c.Extra = r.Int64N(c.Extra - most + 1)
		return c
	},
	merge: (*kpi.Reasons).Merge,
	bad: []kpi.Reasons{
		{Unknown: -1},
		{Extra: -1},
		{Extra: 1},
		{Counts: map[string]int64{"price": -1}},
		{Counts: map[string]int64{"": 1}},
		{Counts: map[string]int64{" \t": 1}},
		{Counts: map[string]int64{"a\xff": 1, "a\xfe": 1}}, // one name in JSON
		{Counts: map[string]int64{"late\xff": 1}},
		{Counts: map[string]int64{"price": 3, "service": 2}, Extra: 3},
		{Counts: map[string]int64{"price": math.MaxInt64, "service": 1}},
		{Counts: map[string]int64{"price": math.MaxInt64}, Unknown: 1},
	},
	clash: [][2]kpi.Reasons{
		{{Unknown: math.MaxInt64}, {Unknown: 1}},
		{{Counts: map[string]int64{"price": math.MaxInt64}}, {Counts: map[string]int64{"price": 1}}},
		{{Counts: map[string]int64{"price": math.MaxInt64}}, {Counts: map[string]int64{"service": 1}}},
		{{Counts: map[string]int64{"price": math.MaxInt64}}, {Unknown: 1}},
	},
})

func TestReasons(t *testing.T) {
	t.Parallel()
	left := kpi.Reasons{Counts: map[string]int64{"price": 40, "service": 25, "moved": 25, "quality": 10}, Unknown: 25}
	p, err := left.Share("price")
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 40, N: 100}, p)
	p, err = left.Share("weather")
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 0, N: 100}, p, "given by nobody")
	p, err = left.Answered()
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 100, N: 125}, p)
	require.Equal(t, int64(100), left.N())
	rows, err := left.Pareto()
	require.NoError(t, err)
	require.Equal(t, []kpi.ReasonRow{
		{Reason: "price", Share: kpi.Proportion{K: 40, N: 100}, Cumulative: kpi.Proportion{K: 40, N: 100}},
		{Reason: "moved", Share: kpi.Proportion{K: 25, N: 100}, Cumulative: kpi.Proportion{K: 65, N: 100}},
		{Reason: "service", Share: kpi.Proportion{K: 25, N: 100}, Cumulative: kpi.Proportion{K: 90, N: 100}},
		{Reason: "quality", Share: kpi.Proportion{K: 10, N: 100}, Cumulative: kpi.Proportion{K: 100, N: 100}},
	}, rows)
	data, err := json.Marshal(left)
	require.NoError(t, err)
	require.JSONEq(t, `{"counts":{"price":40,"service":25,"moved":25,"quality":10},"extra":0,"unknown":25}`, string(data))
}

// Three answers give five reasons: the shares are of answers, the cumulative ones of
// what was given.
func TestReasonsSeveral(t *testing.T) {
	t.Parallel()
	var r kpi.Reasons
	require.NoError(t, r.Add("price", "service", "price"), "twice in one answer is once")
	require.NoError(t, r.Add("price"))
	require.NoError(t, r.Add("late", "", "service"))
	require.NoError(t, r.Add())
	require.NoError(t, r.Add("", "  ", "\n"))
	require.Equal(t, kpi.Reasons{Counts: map[string]int64{"price": 2, "service": 2, "late": 1}, Extra: 2, Unknown: 2}, r)
	require.Equal(t, int64(3), r.N())
	rows, err := r.Pareto()
	require.NoError(t, err)
	require.Equal(t, []kpi.ReasonRow{
		{Reason: "price", Share: kpi.Proportion{K: 2, N: 3}, Cumulative: kpi.Proportion{K: 2, N: 5}},
		{Reason: "service", Share: kpi.Proportion{K: 2, N: 3}, Cumulative: kpi.Proportion{K: 4, N: 5}},
		{Reason: "late", Share: kpi.Proportion{K: 1, N: 3}, Cumulative: kpi.Proportion{K: 5, N: 5}},
	}, rows)
	require.Contains(t, r.String(), "price      2  66.7%")

	// One by one, in any order, and as a batch.
	answers := []string{"price", "", "late", "price", " ", "service"}
	var one, batch, back kpi.Reasons
	require.NoError(t, batch.AddAll(answers))
	for i := range answers {
		require.NoError(t, one.Add(answers[i]))
		require.NoError(t, back.Add(answers[len(answers)-1-i]))
	}
	require.Equal(t, kpi.Reasons{Counts: map[string]int64{"price": 2, "service": 1, "late": 1}, Unknown: 2}, one)
	require.Equal(t, one, batch)
	require.Equal(t, one, back)
	require.NoError(t, one.AddAll(nil))
	require.Equal(t, one, batch)
}

func TestReasonsTable(t *testing.T) {
	t.Parallel()
	// Three thirds: 33.3 three times would add to 99.9.
	r := kpi.Reasons{Counts: map[string]int64{"价格": 10, "服务": 10, "产品|质量": 10}, Unknown: 4}
	require.Equal(t, strings.Join([]string{
		"reason      n  share          95%  cumulative",
		"产品|质量  10  33.4%  19.2%–51.2%       33.3%",
		"价格       10  33.3%  19.2%–51.2%       66.7%",
		"服务       10  33.3%  19.2%–51.2%      100.0%",
		"(unknown)   4      –            –           –",
		"",
	}, "\n"), r.String())
	require.Contains(t, r.Markdown(), `| 产品\|质量 | 10 | 33.4% |`)
	// Nothing to show, and nothing that could be.
	head := "reason  n  share  95%  cumulative\n"
	require.Equal(t, head, kpi.Reasons{}.String())
	require.Equal(t, head, kpi.Reasons{Extra: 7}.String())
}

func TestReasonsErrors(t *testing.T) {
	t.Parallel()
	ask := map[string]func(r kpi.Reasons) error{
		"Reasons.Share":    func(r kpi.Reasons) error { _, err := r.Share("price"); return err },
		"Reasons.Answered": func(r kpi.Reasons) error { _, err := r.Answered(); return err },
		"Reasons.Pareto":   func(r kpi.Reasons) error { _, err := r.Pareto(); return err },
		"Reasons.Add":      func(r kpi.Reasons) error { return r.Add("price") },
		"Reasons.AddAll":   func(r kpi.Reasons) error { return r.AddAll([]string{"price"}) },
	}
	for name, tt := range map[string]struct {
		r    kpi.Reasons
		code kpi.Code
	}{
		"unknown":      {kpi.Reasons{Unknown: -1}, kpi.CodeNegative},
		"extra":        {kpi.Reasons{Extra: -1}, kpi.CodeNegative},
		"a count":      {kpi.Reasons{Counts: map[string]int64{"a": 1, "price": -1}}, kpi.CodeNegative},
		"no text":      {kpi.Reasons{Counts: map[string]int64{"late": 1, "\xff": 1}}, kpi.CodeSyntax},
		"blank":        {kpi.Reasons{Counts: map[string]int64{"": 1}}, kpi.CodeRepeated},
		"too many":     {kpi.Reasons{Counts: map[string]int64{"price": 4, "late": 2}, Extra: 3}, kpi.CodePartExceedsWhole},
		"no answers":   {kpi.Reasons{Extra: 1}, kpi.CodePartExceedsWhole},
		"overflow":     {kpi.Reasons{Counts: map[string]int64{"price": math.MaxInt64, "late": 1}}, kpi.CodeOverflow},
		"all overflow": {kpi.Reasons{Counts: map[string]int64{"price": math.MaxInt64}, Unknown: 1}, kpi.CodeOverflow},
	} {
		for metric, f := range ask {
			e := requireError(t, f(tt.r), kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code, name)
			require.Equal(t, metric, e.Metric, name)
		}
		require.Zero(t, tt.r.N())
	}
	// The first by name, however the map is ordered.
	bad := kpi.Reasons{Counts: map[string]int64{}}
	for _, reason := range []string{"f", "e", "d", "c", "b"} {
		bad.Counts[reason] = -1
	}
	for range 20 {
		_, err := bad.Share("b")
		require.Contains(t, err.Error(), `Counts["b"] = -1`)
	}

	_, err := kpi.Reasons{Unknown: 3}.Share("price")
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = kpi.Reasons{Unknown: 3}.Pareto()
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = kpi.Reasons{}.Answered()
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)

	// What is no text is not counted, and the batch says which.
	var none kpi.Reasons
	require.Equal(t, kpi.CodeSyntax, requireError(t, none.Add("late", "\xff"), kpi.ErrInvalid).Code)
	e := requireError(t, none.AddAll([]string{"late", "", "\xff"}), kpi.ErrInvalid)
	require.Equal(t, []any{kpi.CodeSyntax, 2, "Reasons.AddAll"}, []any{e.Code, e.Index, e.Metric})
	require.Zero(t, none)

	// Full: another answer is refused, and nothing is counted.
	full := kpi.Reasons{Counts: map[string]int64{"price": math.MaxInt64 - 1}, Unknown: 1}
	require.Equal(t, kpi.CodeSyntax, requireError(t, new(kpi.Reasons).Add("price", "late\xff"), kpi.ErrInvalid).Code)
	for _, err := range []error{full.Add("late"), full.Add(), full.AddAll([]string{"late"}), full.AddAll([]string{""})} {
		require.Equal(t, kpi.CodeOverflow, requireError(t, err, kpi.ErrInvalid).Code)
	}
	require.Equal(t, kpi.Reasons{Counts: map[string]int64{"price": math.MaxInt64 - 1}, Unknown: 1}, full)
	// Room for an answer, and none for two reasons.
	full = kpi.Reasons{Counts: map[string]int64{"price": math.MaxInt64 - 1}}
	require.Equal(t, kpi.CodeOverflow, requireError(t, full.Add("late", "price"), kpi.ErrInvalid).Code)
	require.NoError(t, full.Add("late"))
}

func TestReasonsShareNothing(t *testing.T) {
	t.Parallel()
	a := kpi.Reasons{Counts: map[string]int64{"price": 1}}
	var zero kpi.Reasons
	require.NoError(t, zero.Merge(a))
	require.NoError(t, zero.Add("price"))
	require.NoError(t, json.Unmarshal([]byte(`{"counts":{"late":3}}`), &zero))
	require.Equal(t, kpi.Reasons{Counts: map[string]int64{"late": 3}}, zero, "what was there is gone")
	require.Error(t, json.Unmarshal([]byte(`{"counts":{"late":"x"}}`), &zero))
	require.NoError(t, json.Unmarshal([]byte(`null`), &zero))
	require.Equal(t, kpi.Reasons{Counts: map[string]int64{"late": 3}}, zero)
	require.Equal(t, kpi.Reasons{Counts: map[string]int64{"price": 1}}, a)
}
