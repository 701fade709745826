package kpi_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var (
	_ = obey(law[kpi.CES]{
		name: "CES",
		random: func(r *rand.Rand) (c kpi.CES) {
			for score := 1; score <= 7; score++ {
				c.Counts[score] = r.Int64N(100)
			}
			return c
		},
		merge: (*kpi.CES).Merge,
		bad: []kpi.CES{
			{Counts: [8]int64{0: 1}}, {Counts: [8]int64{4: -1}}, {Counts: [8]int64{1: math.MaxInt64, 7: 1}},
		},
		clash: [][2]kpi.CES{{{Counts: [8]int64{1: math.MaxInt64}}, {Counts: [8]int64{7: 1}}}},
	})
	_ = obey(law[kpi.CES1]{
		name: "CES1",
		random: func(r *rand.Rand) (c kpi.CES1) {
			for score := 1; score <= 5; score++ {
				c.Counts[score] = r.Int64N(100)
			}
			return c
		},
		merge: (*kpi.CES1).Merge,
		bad: []kpi.CES1{
			{Counts: [6]int64{0: 1}}, {Counts: [6]int64{4: -1}}, {Counts: [6]int64{1: math.MaxInt64, 5: 1}},
		},
		clash: [][2]kpi.CES1{{{Counts: [6]int64{1: math.MaxInt64}}, {Counts: [6]int64{5: 1}}}},
	})
)

func TestCES(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name            string
		c               kpi.CES
		mean, easy, net string
	}{
		{
			// support.cys.group, article 3000095529: the mean, 4.08, is published; the
			// shares are arithmetic on the same counts.
			name: "published", c: kpi.CES{Counts: [8]int64{1: 80, 2: 210, 3: 140, 4: 110, 5: 160, 6: 180, 7: 120}},
			mean: "4.08", easy: "460/1000", net: "0.03",
		},
		{name: "all easy", c: kpi.CES{Counts: [8]int64{5: 1, 6: 1, 7: 1}}, mean: "6", easy: "3/3", net: "1"},
		{name: "all hard", c: kpi.CES{Counts: [8]int64{1: 1, 2: 1, 3: 1}}, mean: "2", easy: "0/3", net: "-1"},
		{name: "all neutral", c: kpi.CES{Counts: [8]int64{4: 9}}, mean: "4", easy: "0/9", net: "0"},
		{name: "thirds", c: kpi.CES{Counts: [8]int64{3: 1, 5: 2}}, mean: "13/3", easy: "2/3", net: "1/3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mean, err := tt.c.Mean()
			require.NoError(t, err)
			r, err := mean.Ratio()
			requireRatio(t, tt.mean, r, err)
			require.Equal(t, "1", mean.Low.String())
			require.Equal(t, "7", mean.High.String())
			easy, err := tt.c.EasyShare()
			require.NoError(t, err)
			require.Equal(t, tt.easy, easy.String())
			net, err := tt.c.NetEasy()
			requireRatio(t, tt.net, net, err)
			require.Equal(t, tt.c.N(), easy.N)

			// Net easy is the score of an NPS with the same ends, by a hundred.
			same := kpi.NPS{
				Promoters: easy.K, Passives: tt.c.Counts[4],
				Detractors: tt.c.Counts[1] + tt.c.Counts[2] + tt.c.Counts[3],
			}
			score, err := same.Score()
			require.NoError(t, err)
			require.True(t, net.Mul(kpi.Whole(100)).Equal(score))
			want, err := same.Interval(0.95)
			require.NoError(t, err)
			got, err := tt.c.NetEasyInterval(0.95)
			require.NoError(t, err)
			require.InDelta(t, want.Lo/100, got.Lo, 1e-15)
			require.InDelta(t, want.Hi/100, got.Hi, 1e-15)
			require.Equal(t, want.N, got.N)
			require.Equal(t, 0.95, got.Confidence)
			require.True(t, got.Contains(net.Float64()))
		})
	}
}

func TestCES1(t *testing.T) {
	t.Parallel()
	var c kpi.CES1
	require.NoError(t, c.AddAll([]int{1, 2, 2, 5}))
	require.NoError(t, c.Add(3))
	require.Equal(t, kpi.CES1{Counts: [6]int64{1: 1, 2: 2, 3: 1, 5: 1}}, c)
	require.Equal(t, int64(5), c.N())
	mean, err := c.Mean()
	require.NoError(t, err)
	r, err := mean.Ratio()
	requireRatio(t, "2.6", r, err)
	require.Equal(t, "1", mean.Low.String())
	require.Equal(t, "5", mean.High.String())
}

func TestCESAdd(t *testing.T) {
	t.Parallel()
	for score := -2; score <= 12; score++ {
		var two, twoAll kpi.CES
		var one, oneAll kpi.CES1
		for _, tt := range []struct {
			metric string
			most   int
			err    error
			index  int
		}{
			{"CES.Add", 7, two.Add(score), -1},
			{"CES.AddAll", 7, twoAll.AddAll([]int{4, score}), 1},
			{"CES1.Add", 5, one.Add(score), -1},
			{"CES1.AddAll", 5, oneAll.AddAll([]int{4, score}), 1},
		} {
			if 1 <= score && score <= tt.most {
				require.NoError(t, tt.err)
				continue
			}
			e := requireError(t, tt.err, kpi.ErrInvalid)
			require.Equal(t, kpi.CodeOutOfScale, e.Code)
			require.Equal(t, tt.metric, e.Metric)
			require.Equal(t, tt.index, e.Index)
		}
		if score < 1 || score > 7 {
			require.Equal(t, kpi.CES{}, two)
			require.Equal(t, kpi.CES{}, twoAll)
		} else {
			require.Equal(t, int64(1), two.Counts[score])
			require.Equal(t, int64(2), twoAll.N())
		}
		if score < 1 || score > 5 {
			require.Equal(t, kpi.CES1{}, one)
			require.Equal(t, kpi.CES1{}, oneAll)
		} else {
			require.Equal(t, int64(1), one.Counts[score])
			require.Equal(t, int64(2), oneAll.N())
		}
	}
	two := kpi.CES{Counts: [8]int64{1: math.MaxInt64}}
	require.Equal(t, kpi.CodeOverflow, requireError(t, two.Add(7), kpi.ErrInvalid).Code)
	one := kpi.CES1{Counts: [6]int64{1: math.MaxInt64}}
	require.Equal(t, kpi.CodeOverflow, requireError(t, one.Add(5), kpi.ErrInvalid).Code)
}

func TestCESErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		at0  int64
		code kpi.Code
		kind error
	}{
		{"nobody", 0, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"negative", -1, kpi.CodeNegative, kpi.ErrInvalid},
		{"a score of 0", 1, kpi.CodeOutOfScale, kpi.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, c1 := kpi.CES{Counts: [8]int64{0: tt.at0}}, kpi.CES1{Counts: [6]int64{0: tt.at0}}
			for name, ask := range map[string]func() error{
				"CES.Mean":            func() error { _, err := c.Mean(); return err },
				"CES.EasyShare":       func() error { _, err := c.EasyShare(); return err },
				"CES.NetEasy":         func() error { _, err := c.NetEasy(); return err },
				"CES.NetEasyInterval": func() error { _, err := c.NetEasyInterval(0.95); return err },
				"CES1.Mean":           func() error { _, err := c1.Mean(); return err },
			} {
				e := requireError(t, ask(), tt.kind)
				require.Equal(t, name, e.Metric)
				if errors.Is(tt.kind, kpi.ErrInvalid) {
					require.Equal(t, tt.code, e.Code)
				}
			}
			require.Zero(t, c.N())
			require.Zero(t, c1.N())
		})
	}
	_, err := kpi.CES{}.NetEasyInterval(math.NaN())
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
}
