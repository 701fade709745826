package kpi_test

import (
	"encoding/json"
	"math"
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

var _ = obey(law[kpi.Pipeline]{
	name:   "Pipeline",
	random: func(r *rand.Rand) kpi.Pipeline { return pipelineOf(r, nil) },
	merge:  func(dst *kpi.Pipeline, src kpi.Pipeline) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Pipeline) {
		t.Helper()
		if !assert.ObjectsAreEqual(want, got) { // or but for what a sum was made of
			require.Equal(t, mustJSON(t, &want), mustJSON(t, &got))
		}
	},
	bad: []kpi.Pipeline{
		changedPipeline(func(p *kpi.Pipeline) { p.AsOf = time.Time{} }),
		changedPipeline(func(p *kpi.Pipeline) { p.AsOf = p.AsOf.AddDate(274, 0, 0) }),
		changedPipeline(func(p *kpi.Pipeline) { p.Created.End = p.Created.Start }),
		changedPipeline(func(p *kpi.Pipeline) { p.Location = "\xff" }),
		changedPipeline(func(p *kpi.Pipeline) { p.Funnel.Stages[0].Name = "\xff" }),
		changedPipeline(func(p *kpi.Pipeline) { p.Funnel.Stages[0].Name = "" }),
		changedPipeline(func(p *kpi.Pipeline) { p.Funnel.Stages[0].Name = "second" }),
		changedPipeline(func(p *kpi.Pipeline) { p.Funnel.Stages[0].Name = "won" }),
		changedPipeline(func(p *kpi.Pipeline) { p.Funnel.Stages[3].Name = "paid" }),
		changedPipeline(func(p *kpi.Pipeline) { p.Funnel.Stages[1].N = math.MaxInt64 }),
		changedPipeline(func(p *kpi.Pipeline) { p.Funnel.Pending = nil }),
		changedPipeline(func(p *kpi.Pipeline) { p.Funnel = kpi.Funnel{} }),
		changedPipeline(func(p *kpi.Pipeline) { p.Open = p.Open[:2] }),
		changedPipeline(func(p *kpi.Pipeline) { p.Open[0].Value = dec("-1") }),
		changedPipeline(func(p *kpi.Pipeline) { p.Open[0].Value = decimal.New(1, 20_000_000) }),
		changedPipeline(func(p *kpi.Pipeline) { p.Open[0].Days[0] = -1 }),
		changedPipeline(func(p *kpi.Pipeline) { p.Open[0].Days[0] = 1 << 60 }),
		changedPipeline(func(p *kpi.Pipeline) { p.Open[0].Days = p.Open[0].Days[1:] }),
		changedPipeline(func(p *kpi.Pipeline) { p.Open[0].Days = nil }),
		changedPipeline(func(p *kpi.Pipeline) { // nobody is past the furthest stage
			p.Open[2].Days = append(p.Open[2].Days, 99, 99)
			p.Open[0].Days = p.Open[0].Days[2:]
		}),
	},
	clash: [][2]kpi.Pipeline{
		{changedPipeline(nil), changedPipeline(func(p *kpi.Pipeline) { p.Location = "Asia/Shanghai" })},
		{changedPipeline(nil), changedPipeline(func(p *kpi.Pipeline) { p.AsOf = p.AsOf.Add(1) })},
		{changedPipeline(nil), changedPipeline(func(p *kpi.Pipeline) { p.Created = kpi.Period{} })},
		{changedPipeline(nil), changedPipeline(func(p *kpi.Pipeline) { p.Funnel.Stages[0].Name = "new" })},
		{changedPipeline(nil), changedPipeline(func(p *kpi.Pipeline) { p.Funnel.Stages[0].N = math.MaxInt64 })},
		// 9…9 of 400 digits and more have 401.
		{changedPipeline(nil), changedPipeline(func(p *kpi.Pipeline) { p.Open[0].Value = dec(strings.Repeat("9", 400)) })},
	},
})

func pipelineSpec() kpi.PipelineSpec {
	return kpi.PipelineSpec{Stages: []string{"first", "second", "third"}, AsOf: day(20), Created: kpi.Period{Start: day(1), End: day(18)}}
}

func pipelineOf(r *rand.Rand, change func(*kpi.Pipeline)) kpi.Pipeline {
	p, err := randomDeals(r, 14).Pipeline(pipelineSpec())
	if err != nil {
		panic(err)
	}
	data, err := p.MarshalBinary()
	if err != nil {
		panic(err)
	}
	var back kpi.Pipeline // as it is decoded, so that copies compare at once
	if err := back.UnmarshalBinary(data); err != nil {
		panic(err)
	}
	if change != nil {
		change(&back)
	}
	return back
}

func changedPipeline(change func(*kpi.Pipeline)) kpi.Pipeline {
	return pipelineOf(rand.New(rand.NewPCG(11, 12)), change)
}

// stagedDeals, as of 21 March: a is won from the first stage; b is lost in the
// second; c is open in the second after it was put back from the third; d is open in
// the first; e is created on the 21st.
func stagedDeals() kpi.Deals {
	entry := func(stage string, d int) kpi.StageChange { return kpi.StageChange{Stage: stage, At: day(d)} }
	return kpi.Deals{
		deal("a", "", "100", 1, 11, kpi.DealWon),
		deal("b", "", "200", 4, 10, kpi.DealLost, entry("offer", 5)),
		deal("c", "", "400", 2, 0, kpi.DealOpen, entry("offer", 12), entry("talks", 9), entry("offer", 3)),
		deal("d", "", "800", 8, 0, kpi.DealOpen, entry("talks", 21)),
		deal("e", "", "900", 21, 0, kpi.DealOpen),
	}
}

func TestPipeline(t *testing.T) {
	t.Parallel()
	ds := stagedDeals()
	spec := kpi.PipelineSpec{Stages: []string{"contact", "offer", "talks"}, AsOf: day(21)}
	r := rand.New(rand.NewPCG(13, 14))
	for range 10 {
		p, err := ds.Pipeline(spec)
		require.NoError(t, err)
		require.Equal(t, []kpi.Stage{{Name: "contact", N: 4}, {Name: "offer", N: 3}, {Name: "talks", N: 2}, {Name: "won", N: 1}}, p.Funnel.Stages)
		require.Equal(t, []int64{1, 0, 1, 0}, p.Funnel.Pending)
		require.Equal(t, []int64{12}, p.Open[0].Days) // the 8th to the 20th
		require.Equal(t, []int64{8}, p.Open[1].Days)
		require.Empty(t, p.Open[2].Days)

		value, err := p.Value()
		require.NoError(t, err)
		require.Equal(t, "1200", value.String())
		weighted, err := p.Weighted([]kpi.Ratio{kpi.Percent(10), must("1/3"), kpi.Percent(90)})
		requireRatio(t, "640/3", weighted, err) // 80 + 400/3

		lost, err := p.Funnel.DropOff(2)
		require.NoError(t, err)
		require.Equal(t, "1/3", lost.String())
		days, err := p.Days(0)
		require.NoError(t, err)
		got, err := days.Ratio()
		requireRatio(t, "12", got, err)
		for limit, want := range map[int]string{11: "1/1", 12: "0/1", math.MaxInt: "0/1"} {
			stale, err := p.Stale(0, limit)
			require.NoError(t, err)
			require.Equal(t, want, stale.String())
		}
		require.Equal(t, `stage    reached  went on  lost  open   value  days  longest
contact        4    75.0%     0     1  800.00  12.0       12
offer          3    66.7%     1     1  400.00   8.0        8
talks          2    50.0%     0     0    0.00     –        –
won            1        –     –     –       –     –        –
`, p.String())
		require.Contains(t, p.Markdown(), "| contact | 4 | 75.0% | 0 | 1 | 800.00 | 12.0 | 12 |")
		for i := range ds {
			c := ds[i].Changes
			r.Shuffle(len(c), func(i, j int) { c[i], c[j] = c[j], c[i] })
		}
		r.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
	}
	// Of those created in a part of the month.
	spec.Created = kpi.Period{Start: day(3), End: day(30)}
	p, err := ds.Pipeline(spec)
	require.NoError(t, err)
	require.Equal(t, []kpi.Stage{{Name: "contact", N: 2}, {Name: "offer", N: 1}, {Name: "talks"}, {Name: "won"}}, p.Funnel.Stages)
	// The share of wins of a cohort is that of its Cohort.
	cohort, err := ds.Cohort(spec.Created, spec.AsOf)
	require.NoError(t, err)
	least, err := cohort.LeastRate()
	require.NoError(t, err)
	overall, err := p.Funnel.Overall()
	require.NoError(t, err)
	require.Equal(t, least, overall)
}

// Changes of one instant are taken in any order: the furthest stage wins.
func TestPipelineTies(t *testing.T) {
	t.Parallel()
	d := deal("a", "", "1", 1, 0, kpi.DealOpen)
	for _, stages := range [][]string{{"offer", "talks"}, {"talks", "offer"}} {
		d.Changes = nil
		for _, s := range stages {
			d.Changes = append(d.Changes, kpi.StageChange{Stage: s, At: day(1)})
		}
		p, err := kpi.Deals{d}.Pipeline(kpi.PipelineSpec{Stages: []string{"contact", "offer", "talks"}, AsOf: day(3)})
		require.NoError(t, err)
		require.Equal(t, []int64{1}, p.Open[2].Days)
	}
	// A change at once to an earlier stage than where it begins in the list.
	d.Changes = []kpi.StageChange{{Stage: "contact", At: day(2)}}
	p, err := kpi.Deals{d}.Pipeline(kpi.PipelineSpec{Stages: []string{"contact", "offer"}, AsOf: day(4)})
	require.NoError(t, err)
	require.Equal(t, []int64{1}, p.Open[0].Days)
}

func TestPipelineErrors(t *testing.T) {
	t.Parallel()
	good := kpi.PipelineSpec{Stages: []string{"contact", "offer", "talks"}, AsOf: day(21)}
	for _, tt := range []struct {
		name   string
		change func(*kpi.PipelineSpec)
		code   kpi.Code
	}{
		{"no stages", func(s *kpi.PipelineSpec) { s.Stages = nil }, kpi.CodeMissing},
		{"an empty stage", func(s *kpi.PipelineSpec) { s.Stages = []string{"contact", ""} }, kpi.CodeRepeated},
		{"a stage that is no text", func(s *kpi.PipelineSpec) { s.Stages = []string{"contact", "\xff"} }, kpi.CodeSyntax},
		{"a stage twice", func(s *kpi.PipelineSpec) { s.Stages = []string{"contact", "contact"} }, kpi.CodeRepeated},
		{"a stage named won", func(s *kpi.PipelineSpec) { s.Stages = []string{"contact", "won"} }, kpi.CodeRepeated},
		{"no asOf", func(s *kpi.PipelineSpec) { s.AsOf = time.Time{} }, kpi.CodeMissing},
		{"asOf in 2300", func(s *kpi.PipelineSpec) { s.AsOf = day(1).AddDate(274, 0, 0) }, kpi.CodeTime},
		{"created never", func(s *kpi.PipelineSpec) { s.Created = kpi.Period{Start: day(3), End: day(3)} }, kpi.CodeTime},
		{"a stage unknown", func(s *kpi.PipelineSpec) { s.Stages = []string{"contact", "talks"} }, kpi.CodeUnknownName},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spec := good
			tt.change(&spec)
			_, err := stagedDeals().Pipeline(spec)
			require.Equal(t, tt.code, requireError(t, err, kpi.ErrInvalid).Code)
		})
	}
	p, err := stagedDeals().Pipeline(good)
	require.NoError(t, err)
	third := kpi.Percent(33)
	for _, chances := range [][]kpi.Ratio{nil, {third, third}, {third, third, third, third}} {
		_, err := p.Weighted(chances)
		require.Equal(t, kpi.CodeLength, requireError(t, err, kpi.ErrInvalid).Code)
	}
	for _, chance := range []kpi.Ratio{kpi.Percent(-1), kpi.Percent(101)} {
		_, err := p.Weighted([]kpi.Ratio{third, chance, third})
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeOutOfRange, e.Code)
		require.Equal(t, 1, e.Index)
	}
	for _, i := range []int{-1, 3} {
		_, err := p.Days(i)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
		_, err = p.Stale(i, 3)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err = p.Days(2)
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = p.Stale(2, 3)
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = p.Stale(1, -1)
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
	require.Equal(t, kpi.CodeEmpty, requireError(t, p.Merge(nil), kpi.ErrInvalid).Code)

	// An impossible table prints, and answers nothing.
	p.Open[0].Days = nil
	require.Contains(t, p.String(), "contact        4")
	_, err = p.Value()
	requireError(t, err, kpi.ErrInvalid)
	_, err = p.Weighted([]kpi.Ratio{third, third, third})
	requireError(t, err, kpi.ErrInvalid)
	_, err = p.MarshalBinary()
	requireError(t, err, kpi.ErrInvalid)
}

// Merge pools disjoint deals: the whole is the answer of all of them.
func TestPipelineMerge(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(15, 16))
	for range 30 {
		ds := randomDeals(r, 60)
		want, err := ds.Pipeline(pipelineSpec())
		require.NoError(t, err)
		var got kpi.Pipeline
		for part := range slices.Chunk(ds, 25) {
			p, err := part.Pipeline(pipelineSpec())
			require.NoError(t, err)
			require.NoError(t, got.Merge(p))
		}
		require.Equal(t, mustJSON(t, want), mustJSON(t, &got))
	}
}

func FuzzPipelineUnmarshalBinary(f *testing.F) {
	r := rand.New(rand.NewPCG(17, 18))
	for range 4 {
		p := pipelineOf(r, nil)
		data, err := p.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p kpi.Pipeline
		if p.UnmarshalBinary(data) != nil {
			require.Empty(t, p)
			return
		}
		again, err := p.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		_ = p.String()
		text, err := json.Marshal(&p)
		require.NoError(t, err)
		var back kpi.Pipeline
		require.NoError(t, json.Unmarshal(text, &back))
		require.NoError(t, new(kpi.Pipeline).Merge(&back))
		_, err = p.Value()
		if err != nil {
			requireError(t, err, kpi.ErrInvalid)
		}
	})
}
