package kpi_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.CSAT]{
	name: "CSAT",
	random: func(r *rand.Rand) kpi.CSAT {
		// The default scale by either of its names, and now and then no answers.
		c := kpi.CSAT{Scale: []kpi.Scale{{}, {Min: 1, Max: 5, TopFrom: 4}}[r.IntN(2)]}
		if r.IntN(5) == 0 {
			return c
		}
		for score := 1; score <= 5; score++ {
			c.Counts[score] = r.Int64N(100)
		}
		c.Blank, c.OutOfScale = r.Int64N(10), r.Int64N(10)
		return c
	},
	merge: (*kpi.CSAT).Merge,
	bad: []kpi.CSAT{
		{Blank: -1},
		{OutOfScale: -1},
		{Counts: [11]int64{3: -1}},
		{Counts: [11]int64{0: 1}},
		{Counts: [11]int64{6: 1}},
		{Scale: kpi.Scale{Min: 1, Max: 11, TopFrom: 4}},
		{Scale: kpi.Scale{Min: 5, Max: 1, TopFrom: 4}},
		{Counts: [11]int64{3: math.MaxInt64, 4: 1}},
		{Counts: [11]int64{3: math.MaxInt64}, Blank: 1},
		{Blank: math.MaxInt64, OutOfScale: math.MaxInt64},
	},
	clash: [][2]kpi.CSAT{
		{{Counts: [11]int64{4: 1}}, {Scale: kpi.Scale{Min: 1, Max: 7, TopFrom: 6}, Counts: [11]int64{4: 1}}},
		{{Blank: 1}, {Scale: kpi.Scale{Min: 1, Max: 5, TopFrom: 5}}},
		{{Counts: [11]int64{4: math.MaxInt64}}, {Counts: [11]int64{5: 1}}},
		{{Counts: [11]int64{4: math.MaxInt64}}, {Blank: 1}},
		{{Blank: math.MaxInt64}, {OutOfScale: 1}},
	},
})

func TestCSAT(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		c           kpi.CSAT
		top, bottom string
		answered    string
		mean        string
	}{
		{
			// help.simplesat.io, what is CSAT: 7 positive, 1 neutral, 2 negative are 70 %.
			name: "neutral stays in the base", c: kpi.CSAT{Counts: [11]int64{1: 1, 2: 1, 3: 1, 4: 3, 5: 4}},
			top: "7/10", bottom: "2/10", answered: "10/10", mean: "3.8",
		},
		{
			// Zendesk by way of Assembled: 8 good and 2 bad are 80 %.
			name: "good and bad", c: kpi.CSAT{Scale: kpi.Scale{Min: 1, Max: 2, TopFrom: 2}, Counts: [11]int64{1: 2, 2: 8}},
			top: "8/10", bottom: "2/10", answered: "10/10", mean: "1.8",
		},
		{
			name: "three faces", c: kpi.CSAT{Scale: kpi.Scale{Min: 1, Max: 3, TopFrom: 3}, Counts: [11]int64{1: 1, 2: 2, 3: 5}},
			top: "5/8", bottom: "1/8", answered: "8/8", mean: "2.5",
		},
		{
			// Four points have no neutral one: 3 and 4 are positive (simplesat).
			name: "four points", c: kpi.CSAT{Scale: kpi.Scale{Min: 1, Max: 4, TopFrom: 3}, Counts: [11]int64{1: 1, 2: 2, 3: 3, 4: 4}},
			top: "7/10", bottom: "3/10", answered: "10/10", mean: "3",
		},
		{
			// The articles' sheet: 4, 5 and 3.
			name: "4, 5, 3", c: kpi.CSAT{Counts: [11]int64{3: 1, 4: 1, 5: 1}},
			top: "2/3", bottom: "0/3", answered: "3/3", mean: "4",
		},
		{
			name: "0 to 10", c: kpi.CSAT{Scale: kpi.Scale{Min: 0, Max: 10, TopFrom: 9}, Counts: [11]int64{0: 1, 1: 2, 2: 1, 8: 1, 9: 2, 10: 3}},
			top: "5/10", bottom: "3/10", answered: "10/10", mean: "6",
		},
		{
			// A top box of four leaves one score for the bottom.
			name: "a generous top box", c: kpi.CSAT{Scale: kpi.Scale{Min: 1, Max: 5, TopFrom: 2}, Counts: [11]int64{1: 1, 2: 1, 3: 1, 4: 1, 5: 1}},
			top: "4/5", bottom: "1/5", answered: "5/5", mean: "3",
		},
		{
			name: "blanks and zeros apart", c: kpi.CSAT{Counts: [11]int64{1: 1, 5: 3}, Blank: 4, OutOfScale: 2},
			top: "3/4", bottom: "1/4", answered: "4/10", mean: "4",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			top, err := tt.c.TopBox()
			require.NoError(t, err)
			require.Equal(t, tt.top, top.String())
			bottom, err := tt.c.BottomBox()
			require.NoError(t, err)
			require.Equal(t, tt.bottom, bottom.String())
			answered, err := tt.c.Answered()
			require.NoError(t, err)
			require.Equal(t, tt.answered, answered.String())
			net, err := tt.c.NetTop()
			requireRatio(t, kpi.Must(top.Ratio()).Sub(kpi.Must(bottom.Ratio())).String(), net, err)
			// The interval is that of as many promoters and detractors.
			i, err := tt.c.NetTopInterval(0.95)
			require.NoError(t, err)
			nps, err := kpi.NPS{Promoters: top.K, Passives: top.N - top.K - bottom.K, Detractors: bottom.K}.Interval(0.95)
			require.NoError(t, err)
			require.InDelta(t, nps.Lo/100, i.Lo, 1e-15)
			require.InDelta(t, nps.Hi/100, i.Hi, 1e-15)
			mean, err := tt.c.Mean()
			require.NoError(t, err)
			r, err := mean.Ratio()
			requireRatio(t, tt.mean, r, err)
			require.Equal(t, tt.c.N(), mean.N)
			require.Equal(t, top.N, mean.N)
			require.Less(t, mean.Low.IntPart(), mean.High.IntPart())

			// The same answers one by one, as a batch, and in two halves.
			var scores []int
			for score, n := range tt.c.Counts {
				for range n {
					scores = append(scores, score)
				}
			}
			fresh := kpi.CSAT{Scale: tt.c.Scale, Blank: tt.c.Blank, OutOfScale: tt.c.OutOfScale}
			one, batch, left, right := fresh, fresh, fresh, kpi.CSAT{Scale: tt.c.Scale}
			for _, s := range scores {
				require.NoError(t, one.Add(s))
			}
			require.NoError(t, batch.AddAll(scores))
			require.NoError(t, left.AddAll(scores[:len(scores)/2]))
			require.NoError(t, right.AddAll(scores[len(scores)/2:]))
			require.NoError(t, left.Merge(right))
			require.Equal(t, tt.c, one)
			require.Equal(t, tt.c, batch)
			require.Equal(t, tt.c, left)
		})
	}
}

// A mean of scores is the mean of the observations, to the last digit.
func TestCSATMean(t *testing.T) {
	t.Parallel()
	m, err := kpi.CSAT{Counts: [11]int64{1: 1, 2: 2, 5: 4}}.Mean()
	require.NoError(t, err)
	want, err := kpi.MeanOf(observations("1", "2", "2", "5", "5", "5", "5"))
	require.NoError(t, err)
	want.Low, want.High = m.Low, m.High
	sameMean(t, want, m)
	require.Equal(t, "1", m.Low.String())
	require.Equal(t, "5", m.High.String())

	// 9·10¹⁸ tens: the sum of squares passes 64 bits.
	m, err = kpi.CSAT{Scale: kpi.Scale{Min: 0, Max: 10, TopFrom: 9}, Counts: [11]int64{10: 9e18}}.Mean()
	require.NoError(t, err)
	require.Equal(t, "900000000000000000000", m.Squares.String())
	r, err := m.Ratio()
	requireRatio(t, "10", r, err)
}

func TestCSATAdd(t *testing.T) {
	t.Parallel()
	for _, scale := range []kpi.Scale{{}, {Min: 0, Max: 10, TopFrom: 9}, {Min: 3, Max: 4, TopFrom: 4}} {
		for _, score := range []int{math.MinInt, -1, 0, 1, 2, 3, 4, 5, 6, 10, 11, 17, math.MaxInt} {
			c := kpi.CSAT{Scale: scale, Blank: 2}
			want := c
			err, errAll := c.Add(score), c.AddAll([]int{score, score})
			if scale.Contains(score) {
				want.Counts[score] = 3
				require.NoError(t, err)
				require.NoError(t, errAll)
			} else {
				e := requireError(t, err, kpi.ErrInvalid)
				require.Equal(t, kpi.CodeOutOfScale, e.Code)
				require.Equal(t, "CSAT.Add", e.Metric)
				e = requireError(t, errAll, kpi.ErrInvalid)
				require.Equal(t, kpi.CodeOutOfScale, e.Code)
				require.Equal(t, "CSAT.AddAll", e.Metric)
				require.Equal(t, 0, e.Index)
			}
			require.Equal(t, want, c)
		}
	}
	// What is off the scale is counted by those who know what it means.
	var c kpi.CSAT
	for _, s := range []int{5, 0, 4} {
		if c.Add(s) != nil {
			c.OutOfScale++
		}
	}
	require.Equal(t, kpi.CSAT{Counts: [11]int64{4: 1, 5: 1}, OutOfScale: 1}, c)
}

func TestCSATOverflow(t *testing.T) {
	t.Parallel()
	for _, c := range []kpi.CSAT{
		{Counts: [11]int64{4: math.MaxInt64}},
		{Counts: [11]int64{1: 1 << 62, 5: 1<<62 - 1}},
		{Counts: [11]int64{4: math.MaxInt64 - 2}, Blank: 1, OutOfScale: 1},
		{Blank: math.MaxInt64},
		{OutOfScale: math.MaxInt64},
	} {
		before := c
		for score := 1; score <= 5; score++ {
			require.Equal(t, kpi.CodeOverflow, requireError(t, c.Add(score), kpi.ErrInvalid).Code)
			e := requireError(t, c.AddAll([]int{score}), kpi.ErrInvalid)
			require.Equal(t, kpi.CodeOverflow, e.Code)
			require.Equal(t, before, c)
		}
	}
	c := kpi.CSAT{Counts: [11]int64{4: math.MaxInt64 - 2}, Blank: 1}
	require.NoError(t, c.Add(5))
	requireError(t, c.Add(5), kpi.ErrInvalid)
	c = kpi.CSAT{Counts: [11]int64{4: -3}}
	require.Equal(t, kpi.CodeNegative, requireError(t, c.Add(5), kpi.ErrInvalid).Code)
}

func TestCSATMergeScales(t *testing.T) {
	t.Parallel()
	seven := kpi.Scale{Min: 1, Max: 7, TopFrom: 6}
	full := kpi.CSAT{Scale: seven, Counts: [11]int64{7: 3}, Blank: 1}

	var zero kpi.CSAT
	require.NoError(t, zero.Merge(full))
	require.Equal(t, full, zero)
	require.NoError(t, zero.Merge(kpi.CSAT{}))
	require.Equal(t, full, zero)
	require.NoError(t, zero.Merge(kpi.CSAT{Scale: seven}))
	require.Equal(t, full, zero)

	// A tally that was given a scale keeps it, even while it is empty.
	empty := kpi.CSAT{Scale: seven}
	e := requireError(t, empty.Merge(kpi.CSAT{Counts: [11]int64{4: 1}}), kpi.ErrInvalid)
	require.Equal(t, kpi.CodeMismatch, e.Code)
	require.Equal(t, "CSAT.Merge", e.Metric)
	require.Equal(t, kpi.CSAT{Scale: seven}, empty)

	// A tally is merged with itself like with any other.
	require.NoError(t, full.Merge(full))
	require.Equal(t, kpi.CSAT{Scale: seven, Counts: [11]int64{7: 6}, Blank: 2}, full)
}

func TestCSATErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		c    kpi.CSAT
		code kpi.Code
		kind error
	}{
		{"a scale upside down", kpi.CSAT{Scale: kpi.Scale{Min: 5, Max: 1, TopFrom: 4}}, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"a scale to 11", kpi.CSAT{Scale: kpi.Scale{Max: 11, TopFrom: 4}}, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"a scale with half its fields", kpi.CSAT{Scale: kpi.Scale{Max: 7}}, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"negative", kpi.CSAT{Counts: [11]int64{2: -1}}, kpi.CodeNegative, kpi.ErrInvalid},
		{"negative blanks", kpi.CSAT{Blank: -1}, kpi.CodeNegative, kpi.ErrInvalid},
		{"sixes on 1 to 5", kpi.CSAT{Counts: [11]int64{6: 1}}, kpi.CodeOutOfScale, kpi.ErrInvalid},
		{"too many", kpi.CSAT{Counts: [11]int64{4: math.MaxInt64, 5: 1}}, kpi.CodeOverflow, kpi.ErrInvalid},
		{"nobody", kpi.CSAT{}, kpi.CodeZeroDenominator, kpi.ErrUndefined},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, ask := range map[string]func() error{
				"CSAT.TopBox":    func() error { _, err := tt.c.TopBox(); return err },
				"CSAT.BottomBox": func() error { _, err := tt.c.BottomBox(); return err },
				"CSAT.Answered":  func() error { _, err := tt.c.Answered(); return err },
				"CSAT.NetTop":    func() error { _, err := tt.c.NetTop(); return err },
				"CSAT.Mean":      func() error { _, err := tt.c.Mean(); return err },
				"CSAT.NetTopInterval": func() error {
					_, err := tt.c.NetTopInterval(0.95)
					return err
				},
			} {
				e := requireError(t, ask(), tt.kind)
				if name == "CSAT.Mean" && errors.Is(tt.kind, kpi.ErrUndefined) {
					require.Equal(t, kpi.CodeNoData, e.Code)
				} else {
					require.Equal(t, tt.code, e.Code)
				}
				require.Equal(t, name, e.Metric)
				require.Equal(t, -1, e.Index)
			}
			require.Zero(t, tt.c.N())
		})
	}
	// Blanks alone: nothing to be satisfied, but something came back.
	c := kpi.CSAT{Blank: 3}
	_, err := c.TopBox()
	requireError(t, err, kpi.ErrUndefined)
	answered, err := c.Answered()
	require.NoError(t, err)
	require.Equal(t, "0/3", answered.String())
}
