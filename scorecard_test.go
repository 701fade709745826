package kpi_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Scorecard]{
	name: "Scorecard",
	random: func(r *rand.Rand) kpi.Scorecard {
		s := kpi.Scorecard{Period: kpi.Period{Start: day(1), End: day(32)}}
		for i := range 5 {
			if r.IntN(3) == 0 && (i < 4 || len(s.Rows) > 0) {
				continue
			}
			share := func() kpi.Proportion { n := r.Int64N(20); return kpi.Proportion{K: r.Int64N(n + 1), N: n} }
			s.Rows = append(s.Rows, kpi.ScorecardRow{Rep: string(rune('a' + i)), FollowUps: r.Int64N(50), Wins: share(), Satisfied: share()})
		}
		return s
	},
	merge: func(dst *kpi.Scorecard, src kpi.Scorecard) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Scorecard) {
		t.Helper()
		if !assert.ObjectsAreEqual(want, got) { // or but for no rows
			require.Equal(t, mustJSON(t, want), mustJSON(t, got))
		}
	},
	bad: []kpi.Scorecard{
		changedScorecard(func(s *kpi.Scorecard) { s.Period = kpi.Period{} }),
		changedScorecard(func(s *kpi.Scorecard) { s.Period.End = s.Period.Start }),
		changedScorecard(func(s *kpi.Scorecard) { s.Period.End = s.Period.End.AddDate(274, 0, 0) }),
		changedScorecard(func(s *kpi.Scorecard) { s.Rows[0].Rep = "b" }),
		changedScorecard(func(s *kpi.Scorecard) { s.Rows[0].Rep = "c" }),
		changedScorecard(func(s *kpi.Scorecard) { s.Rows[1].Rep = "b\xff" }),
		changedScorecard(func(s *kpi.Scorecard) { s.Rows[0].FollowUps = -1 }),
		changedScorecard(func(s *kpi.Scorecard) { s.Rows[0].Wins.K = 99 }),
		changedScorecard(func(s *kpi.Scorecard) { s.Rows[0].Satisfied.N = -1 }),
	},
	clash: [][2]kpi.Scorecard{
		{changedScorecard(nil), changedScorecard(func(s *kpi.Scorecard) { s.Period.End = day(31) })},
		{changedScorecard(nil), changedScorecard(func(s *kpi.Scorecard) { s.Rows[1].FollowUps = math.MaxInt64 })},
		{changedScorecard(nil), changedScorecard(func(s *kpi.Scorecard) { s.Rows[1].Wins.N = math.MaxInt64 })},
	},
})

func changedScorecard(change func(*kpi.Scorecard)) kpi.Scorecard {
	s := kpi.Scorecard{Period: kpi.Period{Start: day(1), End: day(32)}, Rows: []kpi.ScorecardRow{
		{Rep: "a", FollowUps: 40, Wins: kpi.Proportion{K: 8, N: 20}, Satisfied: kpi.Proportion{K: 9, N: 10}},
		{Rep: "b", FollowUps: 9, Wins: kpi.Proportion{K: 3, N: 3}},
	}}
	if change != nil {
		change(&s)
	}
	return s
}

// teamDeals: Ann wins 3 of 3, Bob 40 of 100, Cid 20 of 100.
func teamDeals() kpi.Deals {
	var ds kpi.Deals
	for _, team := range []struct {
		owner     string
		won, lost int
	}{{"Ann", 3, 0}, {"Bob", 40, 60}, {"Cid", 20, 80}} {
		for i := range team.won + team.lost {
			state := kpi.DealWon
			if i >= team.won {
				state = kpi.DealLost
			}
			ds = append(ds, deal(fmt.Sprint(team.owner, i), team.owner, "1", 2, 3, state))
		}
	}
	return append(ds, deal("open", "Bob", "1", 2, 0, kpi.DealOpen), deal("april", "Ann", "1", 2, 33, kpi.DealLost))
}

func TestScorecard(t *testing.T) {
	t.Parallel()
	ds := teamDeals()
	fs := kpi.FollowUps{
		{Deal: "x", Rep: "Ann", At: day(3)}, {Deal: "x", Rep: "Dee", At: day(4)}, {Deal: "x", Rep: "Dee", Due: day(5)}, {Deal: "x", Rep: "Ann", At: day(40)},
	}
	satisfied := map[string]kpi.Proportion{"Bob": {K: 9, N: 10}, "Cid": {K: 1, N: 2}, "Eve": {K: 45, N: 50}}
	r := rand.New(rand.NewPCG(4, 4))
	for range 5 {
		s, err := ds.Scorecard(fs, satisfied, march())
		require.NoError(t, err)
		require.Equal(t, []kpi.ScorecardRow{
			{Rep: "Ann", FollowUps: 1, Wins: kpi.Proportion{K: 3, N: 3}},
			{Rep: "Bob", Wins: kpi.Proportion{K: 40, N: 100}, Satisfied: kpi.Proportion{K: 9, N: 10}},
			{Rep: "Cid", Wins: kpi.Proportion{K: 20, N: 100}, Satisfied: kpi.Proportion{K: 1, N: 2}},
			{Rep: "Dee", FollowUps: 1},
			{Rep: "Eve", Satisfied: kpi.Proportion{K: 45, N: 50}},
		}, s.Rows)
		// Shrunk rates are those of Shrink, and three of three are no 100 %.
		wins, err := s.WinRates()
		require.NoError(t, err)
		want, err := kpi.Shrink([]kpi.Proportion{{K: 3, N: 3}, {K: 40, N: 100}, {K: 20, N: 100}, {}, {}})
		require.NoError(t, err)
		require.Equal(t, want.String(), wins.String())
		ann, err := wins.Rate(0)
		require.NoError(t, err)
		require.Less(t, ann.Float64(), 0.6)
		none, err := wins.Rate(3)
		require.NoError(t, err)
		require.True(t, none.Equal(wins.Mean))
		require.Equal(t, `rep  follow-ups  won  decided  win rate  shrunk  satisfied  answers  share  shrunk
Ann           1    3        3    100.0%   53.4%          0        0      –   88.7%
Bob           0   40      100     40.0%   39.5%          9       10  90.0%   89.2%
Cid           0   20      100     20.0%   20.6%          1        2  50.0%   84.3%
Dee           1    0        0         –   31.0%          0        0      –   88.7%
Eve           0    0        0         –   31.0%         45       50  90.0%   89.7%
`, s.String())
		require.Contains(t, s.Markdown(), "| Cid | 0 | 20 | 100 | 20.0% |")
		r.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
	}
}

func TestScorecardErrors(t *testing.T) {
	t.Parallel()
	_, err := kpi.Deals{}.Scorecard(nil, map[string]kpi.Proportion{"Ann": {K: 2, N: 1}}, march())
	require.Equal(t, kpi.CodePartExceedsWhole, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = kpi.Deals{}.Scorecard(nil, map[string]kpi.Proportion{"\xff": {K: 1, N: 1}}, march())
	require.Equal(t, kpi.CodeSyntax, requireError(t, err, kpi.ErrInvalid).Code)
	two, err := teamDeals()[3:].Scorecard(nil, nil, march())
	require.NoError(t, err)
	_, err = two.WinRates()
	require.Equal(t, kpi.CodeTooFew, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = two.Satisfaction()
	e := requireError(t, err, kpi.ErrUndefined)
	require.Equal(t, "Scorecard.Satisfaction", e.Metric)
	require.Contains(t, two.String(), "40.0%       –")
	require.Equal(t, kpi.CodeEmpty, requireError(t, two.Merge(nil), kpi.ErrInvalid).Code)
	bad := changedScorecard(func(s *kpi.Scorecard) { s.Rows[0].FollowUps = -1 })
	_, err = bad.WinRates()
	requireError(t, err, kpi.ErrInvalid)
	_, err = bad.MarshalBinary()
	requireError(t, err, kpi.ErrInvalid)
	_, err = json.Marshal(bad)
	require.ErrorIs(t, err, kpi.ErrInvalid)
}

func TestScorecardJSON(t *testing.T) {
	t.Parallel()
	s, err := teamDeals().Scorecard(nil, nil, march())
	require.NoError(t, err)
	text := mustJSON(t, s)
	require.Contains(t, text, `{"rep":"Ann","follow_ups":0,"wins":{"k":3,"n":3},"satisfied":{"k":0,"n":0},"win_rate":{"exact":`)
	require.NotContains(t, text, "satisfaction")
}

func FuzzScorecardUnmarshalBinary(f *testing.F) {
	s := changedScorecard(nil)
	data, err := s.MarshalBinary()
	require.NoError(f, err)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		var s kpi.Scorecard
		if s.UnmarshalBinary(data) != nil {
			require.Empty(t, s)
			return
		}
		again, err := s.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		_ = s.String()
		text, err := json.Marshal(&s)
		require.NoError(t, err)
		var back kpi.Scorecard
		require.NoError(t, json.Unmarshal(text, &back))
		require.NoError(t, new(kpi.Scorecard).Merge(&back))
	})
}
