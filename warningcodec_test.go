package kpi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Warnings]{
	name:   "Warnings",
	random: func(r *rand.Rand) kpi.Warnings { return askedWarnings(r, warningSpec()) },
	merge:  func(dst *kpi.Warnings, src kpi.Warnings) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Warnings) {
		t.Helper()
		if !assert.ObjectsAreEqual(want, got) { // or but for where a value lies
			require.Equal(t, mustJSON(t, &want), mustJSON(t, &got))
		}
	},
	bad: []kpi.Warnings{
		changedWarnings(func(w *kpi.Warnings) { w.Recent = 0 }),
		changedWarnings(func(w *kpi.Warnings) { w.Recent = 5 }),
		changedWarnings(func(w *kpi.Warnings) { w.History = -1 }),
		changedWarnings(func(w *kpi.Warnings) { w.History = 3 }),
		changedWarnings(func(w *kpi.Warnings) { w.Level = 1 }),
		changedWarnings(func(w *kpi.Warnings) { w.Level = 0.9 }),
		changedWarnings(func(w *kpi.Warnings) { w.Pooled = false }),
		changedWarnings(func(w *kpi.Warnings) { w.Refunds = 9 }),
		changedWarnings(func(w *kpi.Warnings) { w.AsOf = time.Unix(1<<40, 0) }),
		changedWarnings(func(w *kpi.Warnings) { w.Events = []string{"b", "a"} }),
		changedWarnings(func(w *kpi.Warnings) { w.Orders = []string{"a", "a"} }),
		changedWarnings(func(w *kpi.Warnings) { w.Orders = []string{"\xff"} }),
		changedWarnings(func(w *kpi.Warnings) { w.Location = "\xff" }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows = w.Rows[1:] }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows = append(w.Rows, w.Rows[0]) }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0], w.Rows[1] = w.Rows[1], w.Rows[0] }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].ID = "" }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].ID = "\xff" }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Number = 7 }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Status = kpi.Lapsed }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].P /= 2 }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Adjusted = 0.5 }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Expected++ }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].History++ }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Age++ }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Seen++ }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Before = -1 }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Longer = 1 << 20 }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Gap = w.Rows[0].Age }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Value = decimal.New(1, 20_000_000) }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Value = decimal.New(1, -200) }),
		changedWarnings(func(w *kpi.Warnings) { w.Rows[0].Value = decimal.New(10, -1) }),
		changedWarnings(func(w *kpi.Warnings) { w.Daily = nil }),
		changedWarnings(func(w *kpi.Warnings) { w.Daily = append(w.Daily, 0) }),
		changedWarnings(func(w *kpi.Warnings) { w.Daily[0], w.Daily[len(w.Daily)-1] = -1, w.Daily[0]+1 }),
		changedWarnings(func(w *kpi.Warnings) { w.Daily[0] = 1 << 40 }),
		changedWarnings(func(w *kpi.Warnings) { w.Daily[8]-- }),
	},
	clash: [][2]kpi.Warnings{
		{changedWarnings(nil), changedWarnings(nil)},
		{changedWarnings(nil), clashingWarnings(func(s *kpi.WarningSpec) { s.AsOf = day(99) })},
		{changedWarnings(nil), clashingWarnings(func(s *kpi.WarningSpec) { s.Recent = 9 })},
		{changedWarnings(nil), clashingWarnings(func(s *kpi.WarningSpec) { s.History = 50 })},
		{changedWarnings(nil), clashingWarnings(func(s *kpi.WarningSpec) { s.Level = 0.1 })},
		{changedWarnings(nil), clashingWarnings(func(s *kpi.WarningSpec) { s.Pooled = false })},
		{changedWarnings(nil), clashingWarnings(func(s *kpi.WarningSpec) { s.Refunds = kpi.RefundsNetted })},
		{changedWarnings(nil), clashingWarnings(func(s *kpi.WarningSpec) { s.Events = []string{"visit"} })},
		{changedWarnings(nil), clashingWarnings(func(s *kpi.WarningSpec) { s.Orders = []string{"visit"} })},
		{changedWarnings(nil), clashingWarnings(func(s *kpi.WarningSpec) { s.Location = berlin })},
	},
})

func warningSpec() kpi.WarningSpec {
	return kpi.WarningSpec{AsOf: day(100), Recent: 14, Level: 0.2, Pooled: true}
}

// askedWarnings returns the answer of a random log, of customers of its own.
func askedWarnings(r *rand.Rand, s kpi.WarningSpec) kpi.Warnings {
	var l kpi.Log
	prefix := string(rune('a'+r.IntN(26))) + string(rune('a'+r.IntN(26))) + string(rune('a'+r.IntN(26))) + string(rune('a'+r.IntN(26)))
	for who := range 1 + r.IntN(5) {
		for d := 1 + r.IntN(80); d < 100; d += 1 + r.IntN(4)*who {
			if d > 86 && r.IntN(3) == 0 {
				break
			}
			_ = l.Add(kpi.Event{Customer: prefix + string(rune('a'+who)), Name: "visit", At: day(d), Amount: decimal.New(r.Int64N(5000), -2)})
		}
	}
	w, err := l.Warnings(context.Background(), s)
	if err != nil {
		panic(err)
	}
	return *w
}

func changedWarnings(change func(*kpi.Warnings)) kpi.Warnings {
	var l kpi.Log
	for who, on := range map[string][]int{"a": {9, 20, 31, 42, 53, 60, 70, 91}, "b": {15, 28, 39, 50, 61, 72, 80}, "c": {95}} {
		for _, d := range on {
			_ = l.Add(kpi.Event{Customer: who, Name: "visit", At: day(d), Amount: decimal.New(125, -2)})
		}
	}
	w, err := l.Warnings(context.Background(), warningSpec())
	if err != nil {
		panic(err)
	}
	if change != nil {
		change(w)
	}
	return *w
}

func clashingWarnings(change func(*kpi.WarningSpec)) kpi.Warnings {
	s := warningSpec()
	change(&s)
	return askedWarnings(rand.New(rand.NewPCG(6, 6)), s)
}

// warningSamples are answers of every form.
func warningSamples(t testing.TB) map[string]*kpi.Warnings {
	t.Helper()
	texts := warningDays(t, map[string][]int{
		"Ann": slices.Concat([]int{197}, warningRun(150, 48), []int{20, 10}), "Bob": warningRun(180, 170), "Cid": {190}, "Dee": {5, 3}, "Eve": warningRun(150, 20),
	})
	require.NoError(t, texts.Add(kpi.Event{Customer: "Bob", Name: "visit", At: day(50), Amount: dec("100000000000000000000.01")}))
	var numbers kpi.Log
	id, err := numbers.Event("visit")
	require.NoError(t, err)
	for i := range 60 {
		require.NoError(t, numbers.AddMinor(uint64(i%7), id, day(2*i), int64(100*i), 2))
	}
	plain := kpi.WarningSpec{AsOf: day(200), Recent: 28, Level: 0.05}
	bound, pooled, both := plain, plain, plain
	bound.History, bound.Location, bound.Orders = 100, berlin, []string{"visit", "order"}
	bound.AsOf = day(200).In(time.FixedZone("", 8*3600))
	pooled.Pooled, pooled.Events, pooled.Refunds = true, []string{"visit"}, kpi.RefundsIgnored
	both.Pooled, both.History = true, 60
	return map[string]*kpi.Warnings{
		"zero": {}, "nobody": askWarnings(t, new(kpi.Log), pooled), "texts": askWarnings(t, texts, plain), "bound": askWarnings(t, texts, bound),
		"pooled": askWarnings(t, texts, pooled), "both": askWarnings(t, texts, both), "numbers": askWarnings(t, &numbers, pooled),
	}
}

func TestWarningsCodecs(t *testing.T) {
	t.Parallel()
	for name, w := range warningSamples(t) {
		data, err := w.MarshalBinary()
		require.NoError(t, err, name)
		text := mustJSON(t, w)
		var fromBinary, fromJSON kpi.Warnings
		require.NoError(t, fromBinary.UnmarshalBinary(data), name)
		require.NoError(t, json.Unmarshal([]byte(text), &fromJSON), name)
		require.NoError(t, json.Unmarshal([]byte("null"), &fromJSON))
		for _, back := range []*kpi.Warnings{&fromBinary, &fromJSON} {
			require.JSONEq(t, text, mustJSON(t, back), name)
			require.Equal(t, w.String(), back.String())
			again, err := back.MarshalBinary()
			require.NoError(t, err)
			require.Equal(t, data, again)
		}
		for i := range data {
			requireError(t, fromBinary.UnmarshalBinary(data[:i]), kpi.ErrInvalid)
		}
		requireError(t, fromBinary.UnmarshalBinary(append(data, 0)), kpi.ErrInvalid)
		require.Equal(t, w.String(), fromBinary.String())
	}
}

func TestWarningsJSON(t *testing.T) {
	t.Parallel()
	l := warningDays(t, map[string][]int{"Ann": {9, 8, 6, 5, 4}, "Bob": {2}})
	w := askWarnings(t, l, kpi.WarningSpec{AsOf: day(200), Recent: 3, Level: 0.5})
	text := mustJSON(t, w)
	require.InEpsilon(t, 0.152587890625, w.Rows[0].P, 1e-14) // (5/8)⁴
	p := fmt.Sprint(w.Rows[0].P)
	require.JSONEq(t, `{"as_of":"2026-09-16T00:00:00Z","recent":3,"history":0,"level":0.5,"pooled":false,"refunds":"refused","rows":[
		{"id":"Ann","status":"warned","age":9,"gap":4,"history":5,"before":4,"seen":0,"expected":2.4,
			"p":`+p+`,"adjusted":`+p+`,"longer":0,"value":"7.5"},
		{"id":"Bob","status":"too little history","age":2,"gap":2,"history":0,"before":0,"seen":0,"expected":0,
			"p":1,"adjusted":1,"longer":0,"value":"1.5"}]}`, text)
	for _, tt := range []struct {
		old, new string
		code     kpi.Code
		index    int
	}{
		{`"status":"warned"`, `"status":"not warned"`, kpi.CodeMismatch, 0},
		{`"level":0.5`, `"level":0.1`, kpi.CodeMismatch, 0},
		{`"level":0.5`, `"level":5`, kpi.CodeOutOfRange, -1},
		{`"recent":3`, `"recent":300000`, kpi.CodeOutOfRange, -1},
		{`"gap":4`, `"gap":3`, kpi.CodeMismatch, 0},
		{`"before":4`, `"before":7`, kpi.CodePartExceedsWhole, 0},
		{`"id":"Bob"`, `"id":"Ann"`, kpi.CodeShared, -1},
		{`"id":"Bob"`, `"number":3`, kpi.CodeMixedIDs, 1},
		{`"value":"7.5"`, `"value":"1e300"`, kpi.CodeTooLarge, -1},
		{`"value":"7.5"`, `"value":"1e-300"`, kpi.CodeTooLarge, -1},
		{`"pooled":false`, `"pooled":true`, kpi.CodeLength, -1},
		{`"pooled":false`, `"daily":[0]`, kpi.CodeLength, -1},
	} {
		require.Contains(t, text, tt.old)
		back := *w
		err := json.Unmarshal([]byte(strings.Replace(text, tt.old, tt.new, 1)), &back)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, tt.code, e.Code, "%s: %s", tt.new, e)
		require.Equal(t, tt.index, e.Index, tt.new)
		require.Equal(t, text, mustJSON(t, &back))
	}
	require.Error(t, json.Unmarshal([]byte(`{"rows":7}`), w))
}

// An answer of days that nobody can have had gives no infinite expectation.
func TestWarningsDailyOfNobody(t *testing.T) {
	t.Parallel()
	w := askWarnings(t, warningDays(t, map[string][]int{"Ann": {9, 6}, "Bob": {20, 15}}), kpi.WarningSpec{AsOf: day(200), Recent: 3, Level: 0.5, Pooled: true})
	require.Equal(t, []int64{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, w.Daily)
	w.Daily[5], w.Daily[14] = 0, 1
	w.Daily[13] = 1
	_, err := w.MarshalBinary()
	require.Equal(t, kpi.CodePartExceedsWhole, requireError(t, err, kpi.ErrInvalid).Code)
}

func FuzzWarningsUnmarshalBinary(f *testing.F) {
	for _, w := range warningSamples(f) {
		data, err := w.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var w kpi.Warnings
		if w.UnmarshalBinary(data) != nil {
			require.Empty(t, w.Rows)
			return
		}
		requireWarningsHold(t, &w, data)
	})
}

func FuzzWarningsUnmarshalJSON(f *testing.F) {
	for _, w := range warningSamples(f) {
		data, err := json.Marshal(w)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var w kpi.Warnings
		if json.Unmarshal(data, &w) != nil {
			require.Empty(t, w.Rows)
			return
		}
		b, err := w.MarshalBinary()
		require.NoError(t, err)
		requireWarningsHold(t, &w, b)
	})
}

// requireWarningsHold asks a decoded answer everything.
func requireWarningsHold(t *testing.T, w *kpi.Warnings, data []byte) {
	t.Helper()
	again, err := w.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, data, again)
	text, err := json.Marshal(w)
	require.NoError(t, err)
	var back, sum kpi.Warnings
	require.NoError(t, json.Unmarshal(text, &back))
	require.NoError(t, sum.Merge(&back))
	again, err = sum.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, data, again)
	require.NotEmpty(t, w.String())
	require.NotEmpty(t, w.Summary().Markdown())
	for s := kpi.TooLittleHistory; s <= kpi.Warned; s++ {
		_, err := w.Value(s)
		require.NoError(t, err)
	}
	for _, r := range w.Rows {
		p, err := r.GapP()
		require.NoError(t, err)
		require.Positive(t, p.Sign())
		require.True(t, r.P >= 0 && r.P <= r.Adjusted && r.Adjusted <= 1)
	}
}
