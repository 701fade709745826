package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// counted funnels of one question about random logs of a few customers each.
var _ = obey(law[kpi.Funnel]{
	name:   "Funnel of a Log",
	random: func(r *rand.Rand) kpi.Funnel { return countedFunnel(r, nil) },
	merge:  func(dst *kpi.Funnel, src kpi.Funnel) error { return dst.Merge(src) },
	same: func(t *testing.T, want, got kpi.Funnel) {
		t.Helper()
		if assert.ObjectsAreEqual(want, got) {
			return
		}
		data, err := want.MarshalBinary()
		require.NoError(t, err)
		if other, err := got.MarshalBinary(); err == nil { // the times are in no order
			require.Equal(t, data, other)
			return
		}
		// JSON leaves the times out, and with them what follows from them.
		requireError(t, got.Merge(want), kpi.ErrInvalid)
		require.Equal(t, want.Stages, got.Stages)
		require.Equal(t, want.Pending, got.Pending)
		require.Equal(t, want.Optional, got.Optional)
		require.Equal(t, want.Asked, got.Asked)
		require.Len(t, got.Groups, len(want.Groups))
	},
	bad: []kpi.Funnel{
		spoilt(func(f *kpi.Funnel) { f.Stages[1].N = -1 }),
		spoilt(func(f *kpi.Funnel) { f.Pending = f.Pending[1:] }),
		spoilt(func(f *kpi.Funnel) { f.Pending[0] = -1 }),
		spoilt(func(f *kpi.Funnel) { f.Pending[2] = 1 }),
		spoilt(func(f *kpi.Funnel) { f.Stages[0].N++ }),
		spoilt(func(f *kpi.Funnel) { f.Stages[2].N++ }),
		spoilt(func(f *kpi.Funnel) { f.Stages[0].Name = "other" }),
		spoilt(func(f *kpi.Funnel) { f.Optional[0].N = 1 << 40 }),
		spoilt(func(f *kpi.Funnel) { f.Optional = nil }),
		spoilt(func(f *kpi.Funnel) { f.Groups = f.Groups[1:] }),
		spoilt(func(f *kpi.Funnel) { f.Groups[0], f.Groups[1] = f.Groups[1], f.Groups[0] }),
		spoilt(func(f *kpi.Funnel) { f.Groups[0].Funnel.Asked = f.Asked }),
		spoilt(func(f *kpi.Funnel) { f.Groups[0].Funnel.Pending = nil }),
		spoilt(func(f *kpi.Funnel) { f.Asked.By = "" }),
		spoilt(func(f *kpi.Funnel) { f.Asked.Window = 1 }),
		spoilt(func(f *kpi.Funnel) { f.Asked.Window = -1 }),
		spoilt(func(f *kpi.Funnel) { f.Asked.Steps[2].Events = []string{"z", "c"} }),
		spoilt(func(f *kpi.Funnel) { f.Asked = nil }),
	},
	clash: [][2]kpi.Funnel{
		{countedFunnel(nil, nil), countedFunnel(nil, func(s *kpi.FunnelSpec) { s.Window++ })},
		{countedFunnel(nil, nil), countedFunnel(nil, func(s *kpi.FunnelSpec) { s.AsOf = s.AsOf.Add(1) })},
		{countedFunnel(nil, nil), countedFunnel(nil, func(s *kpi.FunnelSpec) { s.To = s.AsOf })},
		{countedFunnel(nil, nil), countedFunnel(nil, func(s *kpi.FunnelSpec) { s.Steps[3].Window++ })},
		{countedFunnel(nil, nil), countedFunnel(nil, func(s *kpi.FunnelSpec) { s.StrictlyLater = true })},
		{countedFunnel(nil, nil), countedFunnel(nil, func(s *kpi.FunnelSpec) { s.Exclusions = nil })},
		{countedFunnel(nil, nil), countedFunnel(nil, func(s *kpi.FunnelSpec) { s.Hold = "city" })},
		{countedFunnel(nil, nil), {Stages: []kpi.Stage{{Name: "sign-up"}, {Name: "b"}, {Name: "c / d"}}}},
	},
})

// countedFunnel returns a log's answer, of the same customers if r is nil.
func countedFunnel(r *rand.Rand, change func(*kpi.FunnelSpec)) kpi.Funnel {
	if r == nil {
		r = rand.New(rand.NewPCG(35, 36))
	}
	s := kpi.FunnelSpec{
		Steps: []kpi.Step{
			{Name: "sign-up", Events: []string{"a"}},
			{Events: []string{"b"}},
			{Events: []string{"x"}, Optional: true},
			{Events: []string{"d", "c", "d"}, Window: 30 * time.Second},
		},
		Window: time.Minute, By: "channel", AsOf: instantOf(300),
		Exclusions: []kpi.Exclusion{{Events: []string{"z", "y"}, After: 1, Before: 3}},
	}
	if change != nil {
		change(&s)
	}
	var l kpi.Log
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	must(l.SetProps("channel", "city"))
	for range 60 + r.IntN(100) {
		must(l.Add(kpi.Event{
			Customer: string(rune('A' + r.IntN(20))), Name: string("aabcdxy"[r.IntN(7)]), At: instantOf(r.IntN(320)),
			Props: []string{[]string{"", "ads", "web"}[r.IntN(3)], "Zürich"},
		}))
	}
	f, err := l.Funnel(nil, s) //nolint:staticcheck // a nil context is never done
	must(err)
	return *f
}

func spoilt(change func(*kpi.Funnel)) kpi.Funnel {
	f := countedFunnel(nil, nil)
	change(&f)
	return f
}

// What was asked stands in the answer in one form, whatever form it was asked in.
func TestFunnelAsked(t *testing.T) {
	t.Parallel()
	s := kpi.FunnelSpec{
		Steps:  []kpi.Step{{Events: []string{"b", "a", "b"}}, {}, {Name: "end", Events: []string{"c"}}},
		Window: time.Hour, AsOf: instantOf(9).In(berlin), From: instantOf(1).In(berlin),
		Exclusions: []kpi.Exclusion{{Events: []string{"y", "x"}, After: 1, Before: 2}, {Events: []string{"w"}, After: 0, Before: 1}},
	}
	f := askedFunnel(t, new(kpi.Log), s)
	require.Equal(t, &kpi.FunnelSpec{
		Steps:  []kpi.Step{{Name: "a / b", Events: []string{"a", "b"}}, {Name: "*"}, {Name: "end", Events: []string{"c"}}},
		Window: time.Hour, AsOf: instantOf(9), From: instantOf(1),
		Exclusions: []kpi.Exclusion{{Events: []string{"w"}, After: 0, Before: 1}, {Events: []string{"x", "y"}, After: 1, Before: 2}},
	}, f.Asked)
	require.Equal(t, []string{"b", "a", "b"}, s.Steps[0].Events, "as it was")
	data, err := json.Marshal(f.Asked)
	require.NoError(t, err)
	require.JSONEq(t, `{
		"steps": [{"name": "a / b", "events": ["a", "b"]}, {"name": "*"}, {"name": "end", "events": ["c"]}],
		"mode": "ordered", "window": 3600000000000, "from": "2023-11-14T22:13:21Z", "as_of": "2023-11-14T22:13:29Z",
		"exclusions": [{"events": ["w"], "after": 0, "before": 1}, {"events": ["x", "y"], "after": 1, "before": 2}]
	}`, string(data))
	s.Mode, s.Exclusions, s.Steps[1].Events = kpi.Unordered, nil, []string{"d"}
	require.Equal(t, []kpi.Stage{{Name: "1 of 3"}, {Name: "2 of 3"}, {Name: "3 of 3"}}, askedFunnel(t, new(kpi.Log), s).Stages)
}

func TestFunnelCountedJSON(t *testing.T) {
	t.Parallel()
	f := askedFunnel(t, logOf(t, story(t, "a b@2")...), kpi.FunnelSpec{Steps: stepsOf("a b"), Window: time.Minute, AsOf: instantOf(9)})
	data, err := json.Marshal(f)
	require.NoError(t, err)
	one := `{"exact": "1", "value": "1.0000"}`
	require.JSONEq(t, `{"stages": [
		{"name": "a", "n": 1, "overall": `+one+`},
		{"name": "b", "n": 1, "overall": `+one+`, "step": `+one+`, "seconds": {"exact": "2", "value": "2.0000"}}
	], "pending": [0, 0], "asked": {
		"steps": [{"name": "a", "events": ["a"]}, {"name": "b", "events": ["b"]}],
		"mode": "ordered", "window": 60000000000, "as_of": "2023-11-14T22:13:29Z"
	}}`, string(data))
	back := f
	require.NoError(t, json.Unmarshal([]byte("null"), &back))
	require.Equal(t, f, back)
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, f.Stages, back.Stages)
	for _, err := range []error{
		func() error { _, err := back.TimeTo(1); return err }(),
		func() error { _, err := back.TimeToConvert(); return err }(),
		func() error { _, err := back.MarshalBinary(); return err }(),
	} {
		require.Equal(t, kpi.CodeMissing, requireError(t, err, kpi.ErrInvalid).Code)
	}
	require.Error(t, json.Unmarshal([]byte(`{"stages": 1}`), &f))
	_, err = f.TimeTo(1)
	require.NoError(t, err, "as it was")
}

// A typed-in funnel may say who is pending.
func TestFunnelPendingTypedIn(t *testing.T) {
	t.Parallel()
	f := funnel(10, 4)
	f.Pending = []int64{3, 0}
	drop, err := f.DropOff(1)
	require.NoError(t, err)
	require.Equal(t, "3/10", drop.String())
	data, err := f.MarshalBinary()
	require.NoError(t, err)
	var back kpi.Funnel
	require.NoError(t, back.UnmarshalBinary(data))
	require.Equal(t, f, back)
	sum := funnel(5, 5)
	require.NoError(t, sum.Merge(f))
	require.Equal(t, []int64{3, 0}, sum.Pending)
	require.NoError(t, f.Merge(funnel(5, 5)))
	require.Equal(t, sum, f)
	f.Pending[0] = 7
	_, err = f.Step(1)
	require.Equal(t, kpi.CodePartExceedsWhole, requireError(t, err, kpi.ErrInvalid).Code)
}

// Claims of many stages, groups or times cost no more memory than the bytes that
// make them.
func FuzzFunnelOfLogUnmarshalBinary(f *testing.F) {
	for _, change := range []func(*kpi.FunnelSpec){
		nil, func(s *kpi.FunnelSpec) { s.By = "" }, func(s *kpi.FunnelSpec) { s.Steps = s.Steps[:1]; s.Exclusions = nil },
	} {
		v := countedFunnel(nil, change)
		data, err := v.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte("kpiF\x01\x00\x00\x01")) // pending of no stages
	f.Fuzz(func(t *testing.T, data []byte) {
		var v kpi.Funnel
		if v.UnmarshalBinary(data) != nil {
			require.Equal(t, kpi.Funnel{}, v)
			return
		}
		again, err := v.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, v.String())
		_ = v.Breakdown().String()
		require.NoError(t, new(kpi.Funnel).Merge(v))
		if len(v.Stages) > 0 && v.Stages[0].N < math.MaxInt64/2 {
			require.NoError(t, v.Merge(v))
		}
	})
}
