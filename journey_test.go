package kpi_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// stepsOf returns required steps, each filled by the event of its name; a name with
// a question mark is optional.
func stepsOf(names string) []kpi.Step {
	var out []kpi.Step
	for n := range strings.FieldsSeq(names) {
		n, optional := strings.CutSuffix(n, "?")
		out = append(out, kpi.Step{Events: []string{n}, Optional: optional})
	}
	return out
}

// story returns events of Ann from "a b@3 c", one a second unless it says when.
func story(t testing.TB, text string) []kpi.Event {
	t.Helper()
	var out []kpi.Event
	for i, word := range strings.Fields(text) {
		name, when, ok := strings.Cut(word, "@")
		if ok {
			n, err := strconv.Atoi(when)
			require.NoError(t, err)
			i = n
		}
		out = append(out, kpi.Event{Customer: "Ann", Name: name, At: instantOf(i)})
	}
	return out
}

func TestJourney(t *testing.T) {
	t.Parallel()
	excluded := func(s *kpi.FunnelSpec) {
		s.Exclusions = []kpi.Exclusion{{Events: []string{"x"}, After: 0, Before: 1}}
	}
	later := func(s *kpi.FunnelSpec) { s.StrictlyLater = true }
	tests := []struct {
		name, steps, story string
		mode               kpi.FunnelMode
		change             func(*kpi.FunnelSpec)
		want               string // status, depth and seconds of the chain
	}{
		{"the earliest completion", "a b c", "a b c a b c", kpi.Ordered, nil, "converted 3 [0 1 2]"},
		{"the latest try that leads there", "a b c", "a a b b c", kpi.Ordered, nil, "converted 3 [1 3 4]"},
		{"exactly the window", "a b", "a@0 b@10", kpi.Ordered, nil, "converted 2 [0 10]"},
		{"a second more", "a b", "a@0 b@11", kpi.Ordered, nil, "dropped 1 [0]"},
		{"longest over all starts", "a b c", "a@0 b@1 a@20", kpi.Ordered, nil, "dropped 2 [0 1]"},
		{"nobody", "a b", "b", kpi.Ordered, nil, "none 0 []"},
		{"still within the window", "a b c", "a@95 b@96", kpi.Ordered, nil, "pending 2 [95 96]"},
		{"at AsOf to the nanosecond", "a b", "a@90", kpi.Ordered, nil, "pending 1 [90]"},
		{"a nanosecond too late", "a b", "a@90", kpi.Ordered, func(s *kpi.FunnelSpec) { s.Window-- }, "dropped 1 [90]"},
		{"no time for two more", "a b c", "a@90", kpi.Ordered, later, "dropped 1 [90]"},
		{"pending by a later try than the deepest", "a b c", "a@0 b@1 a@95", kpi.Ordered, nil, "pending 2 [0 1]"},
		{"a step's own window", "a b", "a@0 b@4", kpi.Ordered, func(s *kpi.FunnelSpec) { s.Steps[1].Window = 3 * time.Second }, "dropped 1 [0]"},
		{"one event, one step", "a a", "a@0", kpi.Ordered, nil, "dropped 1 [0]"},
		{"the same event twice", "a a", "a@0 a@1", kpi.Ordered, nil, "converted 2 [0 1]"},
		{"at one instant", "a b c", "c@5 b@5 a@5", kpi.Ordered, nil, "converted 3 [5 5 5]"},
		{"at one instant, but strictly later", "a b c", "c@5 b@5 a@5", kpi.Ordered, later, "dropped 1 [5]"},
		{"excluded", "a b c", "a x b c", kpi.Ordered, excluded, "dropped 1 [0]"},
		{"excluded, and once more", "a b c", "a x a b c", kpi.Ordered, excluded, "converted 3 [2 3 4]"},
		{"excluded too late", "a b c", "a b x c", kpi.Ordered, excluded, "converted 3 [0 1 3]"},
		{"excluded at the same instant as the end", "a b", "a@0 x@1 b@1", kpi.Ordered, excluded, "converted 2 [0 1]"},
		{"excluded while pending", "a b", "a@95 x@96", kpi.Ordered, excluded, "dropped 1 [95]"},
		{"in a row", "a b c", "a b c", kpi.Adjacent, nil, "converted 3 [0 1 2]"},
		{"something between", "a b c", "a b z c", kpi.Adjacent, nil, "dropped 2 [0 1]"},
		{"A A B", "a b", "a a b", kpi.Adjacent, nil, "converted 2 [1 2]"},
		{"A B B C", "a b c", "a b b c", kpi.Adjacent, nil, "dropped 2 [0 1]"},
		{"tied with something, at the start", "a b", "z@5 a@5 b@6", kpi.Adjacent, nil, "converted 2 [5 6]"},
		{"tied with something, in the middle", "a b c", "a@4 z@5 b@5 c@6", kpi.Adjacent, nil, "dropped 2 [4 5]"},
		{"pending only at the end of the stream", "a b", "a@95 z@96", kpi.Adjacent, nil, "dropped 1 [95]"},
		{"backwards", "a b c", "c b a", kpi.Unordered, nil, "converted 3 [0 1 2]"},
		{"two of three", "a b c", "c@0 b@20 a@21", kpi.Unordered, nil, "dropped 2 [20 21]"},
		{"pending by any step", "a b c", "c@0 b@1 a@95", kpi.Unordered, nil, "pending 2 [0 1]"},
		{"only starts from From on", "a b", "a@3 b@8", kpi.Ordered, func(s *kpi.FunnelSpec) { s.From = instantOf(4) }, "none 0 []"},
		{"ends after To", "a b", "a@3 b@8", kpi.Ordered, func(s *kpi.FunnelSpec) { s.To = instantOf(4) }, "converted 2 [3 8]"},
		{"starts at To", "a b", "a@4 b@8", kpi.Ordered, func(s *kpi.FunnelSpec) { s.To = instantOf(4) }, "none 0 []"},
		{"before AsOf", "a b", "a@98 b@100", kpi.Ordered, nil, "pending 1 [98]"},
		{"optional, taken", "a o? b", "a o b", kpi.Ordered, nil, "converted 2 [0 2] [true]"},
		{"optional, passed over", "a o? b", "o a b", kpi.Ordered, nil, "converted 2 [1 2] [false]"},
		{"optional, not on the way to the next stage", "a o? b", "a o", kpi.Ordered, nil, "dropped 1 [0] [false]"},
		{"optional, in a window of its own", "a o? b", "a@0 o@4 b@5", kpi.Ordered, func(s *kpi.FunnelSpec) { s.Steps[1].Window = 3 * time.Second }, "converted 2 [0 5] [false]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := kpi.FunnelSpec{Steps: stepsOf(tt.steps), Mode: tt.mode, Window: 10 * time.Second, AsOf: instantOf(100)}
			if tt.change != nil {
				tt.change(&s)
			}
			o, err := s.Customer(story(t, tt.story))
			require.NoError(t, err)
			times := make([]string, len(o.Times))
			for i, at := range o.Times {
				times[i] = strconv.Itoa(int(at.Sub(instantOf(0)).Seconds()))
			}
			got := o.Status.String() + " " + strconv.Itoa(o.Depth) + " [" + strings.Join(times, " ") + "]"
			if len(o.Optional) > 0 {
				got += " [" + strconv.FormatBool(o.Optional[0]) + "]"
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// Windows and instants as far apart as a Log can hold.
func TestJourneyExtremes(t *testing.T) {
	t.Parallel()
	first, last := time.Unix(math.MinInt64/1_000_000_000+1, 0), time.Unix(math.MaxInt64/1_000_000_000-1, 0)
	s := kpi.FunnelSpec{Steps: stepsOf("a b"), Window: math.MaxInt64, AsOf: last}
	for _, mode := range []kpi.FunnelMode{kpi.Ordered, kpi.Adjacent, kpi.Unordered} {
		s.Mode = mode
		events := []kpi.Event{{Customer: "Ann", Name: "a", At: first}, {Customer: "Ann", Name: "b", At: last.Add(-1)}}
		o, err := s.Customer(events)
		require.NoError(t, err)
		require.Equal(t, 1, o.Depth, "584 years are longer than any Window")
		events[1].At = first.Add(math.MaxInt64)
		o, err = s.Customer(events)
		require.NoError(t, err)
		require.Equal(t, kpi.OutcomeConverted, o.Status)
	}
	steps := make([]kpi.Step, 32)
	events := make([]kpi.Event, 0, 2000)
	for i := range 2000 {
		events = append(events, kpi.Event{Customer: "Ann", Name: "e", At: instantOf(0), Amount: dec("1e9").Shift(1 << 30)})
		if i < 32 {
			o, err := kpi.FunnelSpec{Steps: steps, Window: 1, AsOf: instantOf(1)}.Customer(events)
			require.NoError(t, err)
			require.Equal(t, i+1, o.Depth, "one event, one step")
		}
	}
	o, err := kpi.FunnelSpec{Steps: steps, Window: 1, AsOf: instantOf(1)}.Customer(events)
	require.NoError(t, err)
	require.Equal(t, kpi.OutcomeConverted, o.Status)
}

func TestFunnelSpecErrors(t *testing.T) {
	t.Parallel()
	x := func(after, before int, names ...string) kpi.Exclusion {
		return kpi.Exclusion{Events: names, After: after, Before: before}
	}
	tests := []struct {
		name   string
		change func(*kpi.FunnelSpec)
		code   kpi.Code
		index  int
	}{
		{"no steps", func(s *kpi.FunnelSpec) { s.Steps = nil }, kpi.CodeMissing, -1},
		{"33 steps", func(s *kpi.FunnelSpec) { s.Steps = make([]kpi.Step, 33) }, kpi.CodeTooLarge, -1},
		{"no mode", func(s *kpi.FunnelSpec) { s.Mode = 3 }, kpi.CodeOutOfRange, -1},
		{"no window", func(s *kpi.FunnelSpec) { s.Window = 0 }, kpi.CodeMissing, -1},
		{"negative window", func(s *kpi.FunnelSpec) { s.Window = -1 }, kpi.CodeNegative, -1},
		{"no AsOf", func(s *kpi.FunnelSpec) { s.AsOf = time.Time{} }, kpi.CodeMissing, -1},
		{"AsOf too late", func(s *kpi.FunnelSpec) { s.AsOf = time.Unix(1<<40, 0) }, kpi.CodeTime, -1},
		{"an empty entry range", func(s *kpi.FunnelSpec) { s.From, s.To = instantOf(1), instantOf(1) }, kpi.CodeTime, -1},
		{"an optional first step", func(s *kpi.FunnelSpec) { s.Steps[0].Optional = true }, kpi.CodeMismatch, -1},
		{"an optional last step", func(s *kpi.FunnelSpec) { s.Steps[2].Optional = true }, kpi.CodeMismatch, -1},
		{"a window of the first step", func(s *kpi.FunnelSpec) { s.Steps[0].Window = 1 }, kpi.CodeMismatch, 0},
		{"a negative window of a step", func(s *kpi.FunnelSpec) { s.Steps[1].Window = -1 }, kpi.CodeNegative, 1},
		{"an event without a name", func(s *kpi.FunnelSpec) { s.Steps[1].Events = []string{""} }, kpi.CodeEmpty, 1},
		{"an optional step of any event", func(s *kpi.FunnelSpec) { s.Steps[1] = kpi.Step{Optional: true} }, kpi.CodeMismatch, 1},
		{"an optional step's event again", func(s *kpi.FunnelSpec) { s.Steps[1].Optional, s.Steps[2].Events = true, []string{"b"} }, kpi.CodeMismatch, 2},
		{"optional and adjacent", func(s *kpi.FunnelSpec) { s.Steps[1].Optional, s.Mode = true, kpi.Adjacent }, kpi.CodeMismatch, 1},
		{"exclusion and adjacent", func(s *kpi.FunnelSpec) { s.Exclusions, s.Mode = []kpi.Exclusion{x(0, 1, "x")}, kpi.Adjacent }, kpi.CodeMismatch, -1},
		{"exclusion and unordered", func(s *kpi.FunnelSpec) { s.Exclusions, s.Mode = []kpi.Exclusion{x(0, 1, "x")}, kpi.Unordered }, kpi.CodeMismatch, -1},
		{"strictly later and unordered", func(s *kpi.FunnelSpec) { s.StrictlyLater, s.Mode = true, kpi.Unordered }, kpi.CodeMismatch, -1},
		{"a step's window and unordered", func(s *kpi.FunnelSpec) { s.Steps[1].Window, s.Mode = 1, kpi.Unordered }, kpi.CodeMismatch, 1},
		{"overlap and unordered", func(s *kpi.FunnelSpec) { s.Steps[1].Events, s.Mode = []string{"z", "a"}, kpi.Unordered }, kpi.CodeMismatch, 1},
		{"an exclusion of anything", func(s *kpi.FunnelSpec) { s.Exclusions = []kpi.Exclusion{x(0, 1)} }, kpi.CodeMissing, 0},
		{"an exclusion from 1 to 1", func(s *kpi.FunnelSpec) { s.Exclusions = []kpi.Exclusion{x(0, 1, "x"), x(1, 1, "x")} }, kpi.CodeOutOfRange, 1},
		{"an exclusion before no step", func(s *kpi.FunnelSpec) { s.Exclusions = []kpi.Exclusion{x(0, 3, "x")} }, kpi.CodeOutOfRange, 0},
		{"an exclusion after no step", func(s *kpi.FunnelSpec) { s.Exclusions = []kpi.Exclusion{x(-1, 1, "x")} }, kpi.CodeOutOfRange, 0},
		{"an exclusion at an optional step", func(s *kpi.FunnelSpec) {
			s.Steps[1].Optional, s.Exclusions = true, []kpi.Exclusion{x(0, 1, "x")}
		}, kpi.CodeMismatch, 0},
		{"an exclusion of a step between", func(s *kpi.FunnelSpec) { s.Exclusions = []kpi.Exclusion{x(0, 2, "x", "b")} }, kpi.CodeMismatch, 0},
		{"exclusions that touch", func(s *kpi.FunnelSpec) { s.Exclusions = []kpi.Exclusion{x(0, 1, "x"), x(1, 2, "y", "x")} }, kpi.CodeMismatch, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := kpi.FunnelSpec{Steps: stepsOf("a b c"), Window: time.Hour, AsOf: instantOf(9)}
			tt.change(&s)
			_, err := s.Customer(nil)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, "FunnelSpec.Customer", e.Metric)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			_, err = new(kpi.Log).Funnel(t.Context(), s)
			e = requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, "Log.Funnel", e.Metric)
			require.Equal(t, tt.code, e.Code)
		})
	}
	s := kpi.FunnelSpec{Steps: stepsOf("a b"), Window: time.Hour, AsOf: instantOf(9)}
	for _, tt := range []struct {
		second kpi.Event
		code   kpi.Code
	}{
		{kpi.Event{Customer: "Bob", Name: "a", At: instantOf(0)}, kpi.CodeMismatch},
		{kpi.Event{Customer: "Ann", At: instantOf(0)}, kpi.CodeEmpty},
		{kpi.Event{Customer: "Ann", Name: "a"}, kpi.CodeTime},
	} {
		_, err := s.Customer(append(story(t, "a"), tt.second))
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, tt.code, e.Code)
		require.Equal(t, 1, e.Index)
	}
	for _, change := range []func(*kpi.FunnelSpec){
		func(s *kpi.FunnelSpec) { s.Hold = "product" }, func(s *kpi.FunnelSpec) { s.By = "product" },
	} {
		s := s
		change(&s)
		_, err := new(kpi.Log).Funnel(t.Context(), s)
		require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
	}
	s.Hold = "product"
	_, err := s.Customer(nil)
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestJourneyNames(t *testing.T) {
	t.Parallel()
	for m := kpi.Ordered; m <= kpi.Unordered; m++ {
		back, err := kpi.ParseFunnelMode(m.String())
		require.NoError(t, err)
		require.Equal(t, m, back)
	}
	for o := kpi.OutcomeNone; o <= kpi.OutcomeConverted; o++ {
		back, err := kpi.ParseOutcomeStatus(o.String())
		require.NoError(t, err)
		require.Equal(t, o, back)
	}
	require.Equal(t, "FunnelMode(7)", kpi.FunnelMode(7).String())
	require.Equal(t, "OutcomeStatus(-1)", kpi.OutcomeStatus(-1).String())
	o, err := kpi.FunnelSpec{Steps: stepsOf("a b? c"), Window: time.Hour, AsOf: instantOf(9)}.Customer(story(t, "a b c"))
	require.NoError(t, err)
	data, err := json.Marshal(o)
	require.NoError(t, err)
	require.JSONEq(t, `{"status": "converted", "depth": 2, "times": ["2023-11-14T22:13:20Z", "2023-11-14T22:13:22Z"], "optional": [true], "entry": 0}`, string(data))
	var back kpi.Outcome
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, o, back)
}

// asked returns the answer of a log.
func askedFunnel(t testing.TB, l *kpi.Log, s kpi.FunnelSpec) kpi.Funnel {
	t.Helper()
	f, err := l.Funnel(t.Context(), s)
	require.NoError(t, err)
	return *f
}

func TestLogFunnel(t *testing.T) {
	t.Parallel()
	var events []kpi.Event
	add := func(customer, channel, text string) {
		for _, e := range story(t, text) {
			e.Customer, e.Props = customer, []string{channel, "Zürich"}
			events = append(events, e)
		}
	}
	add("Ann", "ads", "cart@0 coupon@2 pay@4 done@5")
	add("Bob", "web", "cart@0 pay@1 done@3")
	add("Cid", "web", "cart@1 pay@50")
	add("Dee", "ads", "cart@95 pay@96")
	add("Eve", "", "pay@1")
	add("Fay", "web", "cart@93")
	s := kpi.FunnelSpec{Steps: stepsOf("cart coupon? pay done"), Window: 10 * time.Second, By: "channel", AsOf: instantOf(100)}
	f := askedFunnel(t, withProps(t, events), s)
	require.Equal(t, []kpi.Stage{{Name: "cart", N: 5}, {Name: "pay", N: 3}, {Name: "done", N: 2}}, f.Stages)
	require.Equal(t, []int64{1, 1, 0}, f.Pending)
	require.Equal(t, []kpi.Stage{{Name: "coupon", N: 1}}, f.Optional)
	require.Equal(t, ""+
		"stage  n   step  overall  lost  pending  median time\n"+
		"cart   5      –   100.0%     –        1            –\n"+
		"pay    3  60.0%    60.0%     1        1           1s\n"+
		"done   2  66.7%    40.0%     0        0           1s\n", f.String())
	require.Equal(t, ""+
		"value  cart  pay  done  pending  overall\n"+
		"ads       2    2     1        1    50.0%\n"+
		"web       3    1     1        1    33.3%\n", f.Breakdown().String())
	require.Empty(t, kpi.Funnel{}.Breakdown().Head())

	drop, err := f.DropOff(1)
	require.NoError(t, err)
	require.Equal(t, "1/5", drop.String(), "the pending are not lost")
	loss, err := f.LargestLoss()
	require.NoError(t, err)
	require.Equal(t, 1, loss)
	taken, err := f.Taken(0)
	require.NoError(t, err)
	require.Equal(t, "1/3", taken.String())

	// cart → pay took 4 and 1, pay → done 1 and 2, the whole 5 and 3.
	for i, want := range map[int][]time.Duration{1: {1, 4}, 2: {1, 2}} {
		d, err := f.TimeTo(i)
		require.NoError(t, err)
		requireSeconds(t, want, d)
	}
	d, err := f.TimeToConvert()
	require.NoError(t, err)
	requireSeconds(t, []time.Duration{3, 5}, d)
	for _, i := range []int{-1, 0, 3} {
		_, err = f.TimeTo(i)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err = f.Taken(1)
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)

	// Asked of entries that have all had their time, nobody is pending.
	s.To = instantOf(90)
	f = askedFunnel(t, withProps(t, events), s)
	require.Equal(t, []int64{0, 0, 0}, f.Pending)
	overall, err := f.Overall()
	require.NoError(t, err)
	require.Equal(t, "2/3", overall.String())

	// Nobody, and one stage.
	f = askedFunnel(t, new(kpi.Log), kpi.FunnelSpec{Steps: stepsOf("a b"), Window: 1, AsOf: instantOf(1)})
	require.Equal(t, []kpi.Stage{{Name: "a"}, {Name: "b"}}, f.Stages)
	_, err = f.TimeToConvert()
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	f = askedFunnel(t, withProps(t, events), kpi.FunnelSpec{Steps: stepsOf("pay"), Window: 1, AsOf: instantOf(100)})
	require.Equal(t, []kpi.Stage{{Name: "pay", N: 5}}, f.Stages)
	_, err = f.TimeToConvert()
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
}

// requireSeconds demands those values, whatever their order.
func requireSeconds(t *testing.T, want []time.Duration, got *kpi.Durations) {
	t.Helper()
	var d kpi.Durations
	for _, s := range want {
		require.NoError(t, d.Add(s*time.Second))
	}
	data, err := d.MarshalBinary()
	require.NoError(t, err)
	other, err := got.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, data, other)
}

// requireSameFunnel is require.Equal where the order of the times does not matter.
func requireSameFunnel(t *testing.T, want, got kpi.Funnel) {
	t.Helper()
	data, err := want.MarshalBinary()
	require.NoError(t, err)
	other, err := got.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, data, other)
	require.Equal(t, want.String(), got.String())
	require.Equal(t, want.Breakdown().String(), got.Breakdown().String())
}

// The times that a Funnel gives out are the caller's to add to, and to merge into.
func TestFunnelTimesAreSharedForReading(t *testing.T) {
	t.Parallel()
	f := askedFunnel(t, logOf(t, story(t, "a@7 b@9")...), kpi.FunnelSpec{Steps: stepsOf("a b"), Window: time.Minute, AsOf: instantOf(99)})
	before, err := f.MarshalBinary()
	require.NoError(t, err)
	for range 3 {
		for _, ask := range []func() (*kpi.Durations, error){f.TimeToConvert, func() (*kpi.Durations, error) { return f.TimeTo(1) }} {
			d, err := ask()
			require.NoError(t, err)
			require.Equal(t, 1, d.Len())
			for range 20 {
				require.NoError(t, d.Add(0))
			}
			require.NoError(t, d.Merge(d))
			require.Equal(t, 42, d.Len())
			data, err := d.MarshalBinary()
			require.NoError(t, err)
			require.NoError(t, d.UnmarshalBinary(data))
			requireRatio(t, "0", kpi.Must(d.Quantile(kpi.Percent(50), kpi.Type1)), nil)
			require.NoError(t, d.UnmarshalBinary(data))
		}
	}
	after, err := f.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestLogFunnelCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := logOf(t, story(t, "a b")...).Funnel(ctx, kpi.FunnelSpec{Steps: stepsOf("a b"), Window: 1, AsOf: instantOf(1)})
	require.ErrorIs(t, err, context.Canceled)
}

// Whole logs against a search of each customer, or of each customer and value, and
// shards merged as answers against the whole.
func TestLogFunnelAgainstSearch(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(33, 34))
	for n := 0; n < 700; {
		d := make(dice, 96)
		for i := range d {
			d[i] = byte(r.IntN(256))
		}
		s, events := d.journey()
		for range 4 {
			more := make(dice, 96)
			for i := range more {
				more[i] = byte(r.IntN(256))
			}
			_, e := more.journey()
			for i := range e {
				e[i].Customer += strconv.Itoa(r.IntN(3))
			}
			events = append(events, e...)
		}
		s.By = []string{"", "channel", "city"}[r.IntN(3)]
		s.Hold = []string{"", "", "channel"}[r.IntN(3)]
		l := withProps(t, events)
		got, err := l.Funnel(t.Context(), s)
		if err != nil {
			requireError(t, err, kpi.ErrInvalid)
			continue
		}
		n++
		want := countedBySearch(s, events)
		require.Equal(t, want.stages, got.Stages, "%+v", s)
		require.Equal(t, want.pending, got.Pending)
		require.Equal(t, want.optional, got.Optional)
		groups := map[string]int64{}
		for _, g := range got.Groups {
			groups[g.Value] = g.Funnel.Stages[0].N
		}
		require.Equal(t, want.entrants, groups)
		if last := len(got.Stages) - 1; last > 0 && got.Stages[last].N > 0 {
			d, err := got.TimeToConvert()
			require.NoError(t, err)
			m, err := d.Mean()
			require.NoError(t, err)
			require.Equal(t, got.Stages[last].N, m.N)
			require.Equal(t, want.seconds.String(), m.Sum.String())
		}

		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		shards := make([][]kpi.Event, 3)
		for _, e := range events {
			k := int(e.Customer[len(e.Customer)-1]) % 3
			shards[k] = append(shards[k], e)
		}
		var merged kpi.Funnel
		for _, i := range r.Perm(3) {
			o := askedFunnel(t, withProps(t, shards[i]), s)
			data, err := o.MarshalBinary()
			require.NoError(t, err)
			var back kpi.Funnel
			require.NoError(t, back.UnmarshalBinary(data))
			requireSameFunnel(t, o, back)
			require.NoError(t, merged.Merge(back))
		}
		requireSameFunnel(t, *got, merged)
	}
}
