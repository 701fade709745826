package kpi_test

import (
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Funnel]{
	name: "Funnel",
	random: func(r *rand.Rand) kpi.Funnel {
		f := funnel(1+r.Int64N(1000), 0, 0)
		f.Stages[1].N = r.Int64N(f.Stages[0].N + 1)
		f.Stages[2].N = r.Int64N(f.Stages[1].N + 1)
		return f
	},
	merge: (*kpi.Funnel).Merge,
	bad:   []kpi.Funnel{funnel(-1), funnel(3, 2, -1), funnel(3, 4, 1), funnel(3, 1, 2)},
	clash: [][2]kpi.Funnel{
		{funnel(3, 2, 1), funnel(3, 2)},
		{funnel(math.MaxInt64), funnel(1)},
		{funnel(1, 1), {Stages: []kpi.Stage{{Name: "0", N: 1}, {Name: "other", N: 1}}}},
	},
})

// funnel returns stages that are named by their numbers.
func funnel(counts ...int64) kpi.Funnel {
	var f kpi.Funnel
	for i, n := range counts {
		f.Stages = append(f.Stages, kpi.Stage{Name: strconv.Itoa(i), N: n})
	}
	return f
}

func TestFunnel(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		f            kpi.Funnel
		steps, drops []string // "" is undefined
		overall      string
		neck, loss   int
		telescopes   bool // the steps multiply to Overall
	}{
		{
			name: "the narrowest step is not the one that loses most", f: funnel(1000, 600, 300, 60),
			steps: []string{"600/1000", "300/600", "60/300"}, drops: []string{"400/1000", "300/600", "240/300"},
			overall: "60/1000", neck: 3, loss: 1, telescopes: true,
		},
		{
			name: "ties go to the earliest", f: funnel(8, 4, 4, 2, 2, 1),
			steps: []string{"4/8", "4/4", "2/4", "2/2", "1/2"}, drops: []string{"4/8", "0/4", "2/4", "0/2", "1/2"},
			overall: "1/8", neck: 1, loss: 1, telescopes: true,
		},
		{
			name: "equal losses", f: funnel(30, 20, 10),
			steps: []string{"20/30", "10/20"}, drops: []string{"10/30", "10/20"},
			overall: "10/30", neck: 2, loss: 1, telescopes: true,
		},
		{
			name: "nobody is lost", f: funnel(7, 7, 7),
			steps: []string{"7/7", "7/7"}, drops: []string{"0/7", "0/7"},
			overall: "7/7", neck: 1, loss: 1, telescopes: true,
		},
		{
			name: "a step that nobody can take is passed over", f: funnel(5, 0, 0),
			steps: []string{"0/5", ""}, drops: []string{"5/5", ""}, overall: "0/5", neck: 1, loss: 1,
		},
		{
			// As floats both steps are 1.
			name: "exact comparison", f: funnel(math.MaxInt64, math.MaxInt64-1, math.MaxInt64-2),
			steps:   []string{"9223372036854775806/9223372036854775807", "9223372036854775805/9223372036854775806"},
			drops:   []string{"1/9223372036854775807", "1/9223372036854775806"},
			overall: "9223372036854775805/9223372036854775807", neck: 2, loss: 1, telescopes: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			product := kpi.Whole(1)
			for i := range tt.steps {
				step, err := tt.f.Step(i + 1)
				drop, errDrop := tt.f.DropOff(i + 1)
				if tt.steps[i] == "" {
					e := requireError(t, err, kpi.ErrUndefined)
					require.Equal(t, kpi.CodeZeroDenominator, e.Code)
					require.Equal(t, "Funnel.Step", e.Metric)
					require.Equal(t, "Funnel.DropOff", requireError(t, errDrop, kpi.ErrUndefined).Metric)
					continue
				}
				require.NoError(t, err)
				require.NoError(t, errDrop)
				require.Equal(t, tt.steps[i], step.String())
				require.Equal(t, tt.drops[i], drop.String())
				require.Equal(t, step.Complement(), drop)
				product = product.Mul(kpi.Must(step.Ratio()))
			}
			overall, err := tt.f.Overall()
			require.NoError(t, err)
			require.Equal(t, tt.overall, overall.String())
			if tt.telescopes {
				requireRatio(t, product.String(), kpi.Must(overall.Ratio()), nil)
			}
			neck, err := tt.f.Bottleneck()
			require.NoError(t, err)
			require.Equal(t, tt.neck, neck)
			loss, err := tt.f.LargestLoss()
			require.NoError(t, err)
			require.Equal(t, tt.loss, loss)
		})
	}
}

func TestFunnelErrors(t *testing.T) {
	t.Parallel()
	type ask func(kpi.Funnel) error
	step := func(f kpi.Funnel) error { _, err := f.Step(1); return err }
	drop := func(f kpi.Funnel) error { _, err := f.DropOff(1); return err }
	overall := func(f kpi.Funnel) error { _, err := f.Overall(); return err }
	neck := func(f kpi.Funnel) error { _, err := f.Bottleneck(); return err }
	loss := func(f kpi.Funnel) error { _, err := f.LargestLoss(); return err }
	merge := func(f kpi.Funnel) error { return f.Merge(funnel(9, 9)) }
	merged := func(f kpi.Funnel) error { g := funnel(9, 9); return g.Merge(f) }
	marshal := func(f kpi.Funnel) error { _, err := f.MarshalJSON(); return err }
	all := map[string]ask{
		"Funnel.Step": step, "Funnel.DropOff": drop, "Funnel.Overall": overall,
		"Funnel.Bottleneck": neck, "Funnel.LargestLoss": loss,
	}
	binary := func(f kpi.Funnel) error { _, err := f.AppendBinary(nil); return err }
	everything := map[string]ask{"Funnel.Merge": merged, "Funnel.MarshalJSON": marshal, "Funnel.AppendBinary": binary}
	maps.Copy(everything, all)
	tests := []struct {
		name  string
		f     kpi.Funnel
		asks  map[string]ask
		code  kpi.Code
		kind  error
		index int
	}{
		{"negative", funnel(3, -2), everything, kpi.CodeNegative, kpi.ErrInvalid, 1},
		{"negative at the top", funnel(math.MinInt64, 2), everything, kpi.CodeNegative, kpi.ErrInvalid, 0},
		{"a stage exceeds the one before", funnel(3, 2, 2, 4), everything, kpi.CodePartExceedsWhole, kpi.ErrInvalid, 3},
		{"invalid before undefined", funnel(0, 1), everything, kpi.CodePartExceedsWhole, kpi.ErrInvalid, 1},
		{"nobody", funnel(0, 0), map[string]ask{"Funnel.Step": step, "Funnel.DropOff": drop, "Funnel.Overall": overall}, kpi.CodeZeroDenominator, kpi.ErrUndefined, -1},
		{"nobody could take a step", funnel(0, 0), map[string]ask{"Funnel.Bottleneck": neck, "Funnel.LargestLoss": loss}, kpi.CodeNoData, kpi.ErrUndefined, -1},
		{"one stage", funnel(4), map[string]ask{"Funnel.Bottleneck": neck, "Funnel.LargestLoss": loss}, kpi.CodeNoData, kpi.ErrUndefined, -1},
		{"no step", funnel(4), map[string]ask{"Funnel.Step": step, "Funnel.DropOff": drop}, kpi.CodeOutOfRange, kpi.ErrInvalid, -1},
		{"no stage", kpi.Funnel{}, map[string]ask{"Funnel.Overall": overall, "Funnel.Bottleneck": neck}, kpi.CodeNoData, kpi.ErrUndefined, -1},
		{"other number of stages", funnel(4), map[string]ask{"Funnel.Merge": merge}, kpi.CodeLength, kpi.ErrInvalid, -1},
		{"other names", kpi.Funnel{Stages: []kpi.Stage{{"0", 3}, {"paid", 2}}}, map[string]ask{"Funnel.Merge": merge}, kpi.CodeMismatch, kpi.ErrInvalid, 1},
		{"overflow", funnel(math.MaxInt64, 0), map[string]ask{"Funnel.Merge": merge}, kpi.CodeOverflow, kpi.ErrInvalid, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, ask := range tt.asks {
				e := requireError(t, ask(tt.f), tt.kind)
				require.Equal(t, name, e.Metric)
				require.Equal(t, tt.code, e.Code, name)
				require.Equal(t, tt.index, e.Index, name)
			}
			require.NotEmpty(t, tt.f.String())
			require.NotEmpty(t, tt.f.Markdown())
		})
	}
	for _, i := range []int{math.MinInt, -1, 0, 3, math.MaxInt} {
		_, err := funnel(3, 2, 1).Step(i)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
		_, err = funnel(3, 2, 1).DropOff(i)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

func TestFunnelOneStage(t *testing.T) {
	t.Parallel()
	p, err := funnel(4).Overall() // the product of no steps
	require.NoError(t, err)
	require.Equal(t, "4/4", p.String())
}

func TestFunnelMergeSharesNothing(t *testing.T) {
	t.Parallel()
	north, south := funnel(10, 5, 1), funnel(20, 2, 2)
	var sum kpi.Funnel
	require.NoError(t, sum.Merge(north))
	sum.Stages[2].N = 0
	require.Equal(t, funnel(10, 5, 1), north)
	sum.Stages[2].N = 1
	snapshot := sum // shares its stages with sum
	require.NoError(t, sum.Merge(south))
	require.Equal(t, funnel(30, 7, 3), sum)
	require.Equal(t, funnel(10, 5, 1), snapshot)
	require.NoError(t, sum.Merge(sum))
	require.Equal(t, funnel(60, 14, 6), sum)
	sum.Stages[0].N = 99
	require.Equal(t, funnel(10, 5, 1), north)
	require.Equal(t, funnel(20, 2, 2), south)

	// Neither a refusal halfway nor an empty table changes anything.
	late := funnel(1, 1, 1)
	late.Stages[2].Name = "other"
	requireError(t, north.Merge(late), kpi.ErrInvalid)
	require.NoError(t, north.Merge(kpi.Funnel{Stages: []kpi.Stage{}}))
	require.Equal(t, funnel(10, 5, 1), north)
}

func TestFunnelBinary(t *testing.T) {
	t.Parallel()
	for _, f := range []kpi.Funnel{{}, funnel(0), {Stages: []kpi.Stage{{"访问", math.MaxInt64}, {"", math.MaxInt64}}}} {
		data, err := f.AppendBinary([]byte("before"))
		require.NoError(t, err)
		var back kpi.Funnel
		require.NoError(t, back.UnmarshalBinary(data[len("before"):]))
		require.Equal(t, f, back)
	}
	// What is well-formed may still be impossible: the second count exceeds the
	// first.
	data, err := funnel(2, 1).MarshalBinary()
	require.NoError(t, err)
	data[len(data)-1] = 6 // 3, in zigzag
	back := funnel(9)
	e := requireError(t, back.UnmarshalBinary(data), kpi.ErrInvalid)
	require.Equal(t, kpi.CodePartExceedsWhole, e.Code)
	require.Equal(t, funnel(9), back, "as it was")
}

func FuzzFunnelUnmarshalBinary(f *testing.F) {
	for _, v := range []kpi.Funnel{{}, funnel(3), funnel(math.MaxInt64, 2, 0)} {
		data, err := v.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v kpi.Funnel
		if v.UnmarshalBinary(data) != nil {
			require.Empty(t, v.Stages)
			return
		}
		again, err := v.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, v.String())
		require.NoError(t, new(kpi.Funnel).Merge(v))
	})
}

func TestFunnelJSON(t *testing.T) {
	t.Parallel()
	f := kpi.Funnel{Stages: []kpi.Stage{{"访问", 21}, {"下单", 5}, {"支付", 0}, {"复购", 0}}}
	data, err := json.Marshal(f)
	require.NoError(t, err)
	require.JSONEq(t, `{"stages": [
		{"name": "访问", "n": 21, "overall": {"exact": "1", "value": "1.0000"}},
		{"name": "下单", "n": 5, "step": {"exact": "5/21", "value": "0.2381"}, "overall": {"exact": "5/21", "value": "0.2381"}},
		{"name": "支付", "n": 0, "step": {"exact": "0", "value": "0.0000"}, "overall": {"exact": "0", "value": "0.0000"}},
		{"name": "复购", "n": 0, "overall": {"exact": "0", "value": "0.0000"}}
	]}`, string(data))
	var back kpi.Funnel
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, f, back)

	data, err = json.Marshal(kpi.Funnel{})
	require.NoError(t, err)
	require.JSONEq(t, `{"stages": []}`, string(data))
	_, err = json.Marshal(funnel(1, 2))
	requireError(t, err, kpi.ErrInvalid)
}
