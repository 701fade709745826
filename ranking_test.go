package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// randomRanking returns a ranking of up to rows scores with ties.
func randomRanking(r *rand.Rand, people int) kpi.Ranking {
	var scores []kpi.Ratio
	var did []bool
	for range people {
		scores = append(scores, kpi.Must(kpi.NewRatio(r.Int64N(60)-20, 1+r.Int64N(3))))
		did = append(did, r.IntN(3) == 0)
	}
	out, err := kpi.Rank(scores, did)
	if err != nil {
		panic(err)
	}
	return out
}

var _ = obey(law[kpi.Ranking]{
	name:   "Ranking",
	random: func(r *rand.Rand) kpi.Ranking { return randomRanking(r, r.IntN(4)) },
	merge:  func(dst *kpi.Ranking, src kpi.Ranking) error { return dst.Merge(src) },
	same: func(t *testing.T, want, got kpi.Ranking) {
		t.Helper()
		require.Equal(t, want.String(), got.String())
		require.Equal(t, mustJSON(t, want), mustJSON(t, got))
	},
	bad: []kpi.Ranking{
		{Rows: []kpi.RankRow{{}}},
		{Rows: []kpi.RankRow{{Outcome: kpi.Proportion{K: 2, N: 1}}}},
		{Rows: []kpi.RankRow{{Outcome: kpi.Proportion{N: 1}}, {Outcome: kpi.Proportion{N: 1}}}},
		{Rows: []kpi.RankRow{{Outcome: kpi.Proportion{N: 1}}, {Score: kpi.Whole(1), Outcome: kpi.Proportion{N: 1}}}},
		{Rows: []kpi.RankRow{{Score: kpi.Whole(2), Outcome: kpi.Proportion{N: math.MaxInt64}}, {Outcome: kpi.Proportion{N: 1}}}},
	},
	clash: [][2]kpi.Ranking{
		{{Rows: []kpi.RankRow{{Outcome: kpi.Proportion{N: math.MaxInt64}}}}, {Rows: []kpi.RankRow{{Outcome: kpi.Proportion{N: 1}}}}},
		{{Rows: []kpi.RankRow{{Outcome: kpi.Proportion{N: math.MaxInt64}}}}, {Rows: []kpi.RankRow{{Score: kpi.Whole(1), Outcome: kpi.Proportion{N: 1}}}}},
	},
})

// ranked makes a ranking of k of n by score, the best first.
func ranked(counts ...[2]int64) kpi.Ranking {
	var r kpi.Ranking
	for i, c := range counts {
		r.Rows = append(r.Rows, kpi.RankRow{Score: kpi.Whole(int64(len(counts) - i)), Outcome: kpi.Proportion{K: c[0], N: c[1]}})
	}
	return r
}

// tomograms are the readings of Hanley and McNeil (1982), table I: 51 abnormal and
// 58 normal ones in five classes, of which they give an area of .893.
func tomograms() kpi.Ranking {
	return ranked([2]int64{33, 35}, [2]int64{11, 22}, [2]int64{2, 8}, [2]int64{2, 8}, [2]int64{3, 36})
}

func TestRank(t *testing.T) {
	t.Parallel()
	r, err := kpi.Rank([]kpi.Ratio{must("1/3"), must("2"), must("1/3"), must("-7"), must("0.33333333333333333333")}, []bool{true, false, false, true, true})
	require.NoError(t, err)
	require.JSONEq(t, `{"rows": [
		{"score": "2", "outcome": {"k": 0, "n": 1}},
		{"score": "1/3", "outcome": {"k": 1, "n": 2}},
		{"score": "0.33333333333333333333", "outcome": {"k": 1, "n": 1}},
		{"score": "-7", "outcome": {"k": 1, "n": 1}}]}`, mustJSON(t, r))
	_, err = kpi.Rank([]kpi.Ratio{{}}, nil)
	require.Equal(t, kpi.CodeLength, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = kpi.Rank([]kpi.Ratio{{}, kpi.Must(kpi.Must(kpi.Whole(7).Pow(1200)).Pow(4))}, make([]bool, 2))
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeTooLarge, e.Code)
	require.Equal(t, 1, e.Index)
	require.Equal(t, "score  did  of    rate\n 2.00    0   1    0.0%\n 0.33    1   2   50.0%\n 0.33    1   1  100.0%\n-7.00    1   1  100.0%\n", r.String())
	require.Contains(t, r.Markdown(), "| 0.33 | 1 | 2 | 50.0% |\n")
}

func TestAUC(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		r    kpi.Ranking
		want string
	}{
		{"perfect", ranked([2]int64{3, 3}, [2]int64{0, 5}), "1"},
		{"the wrong way round", ranked([2]int64{0, 5}, [2]int64{3, 3}), "0"},
		{"all tied", ranked([2]int64{3, 8}), "0.5"},
		{"one pair of four, and a tie", ranked([2]int64{1, 2}, [2]int64{1, 2}), "0.5"},
		{"by hand", ranked([2]int64{2, 3}, [2]int64{1, 1}, [2]int64{1, 3}), "2/3"}, // (2·(2+½) + 2 + 2·½)/(4·3)
		{"Hanley and McNeil", tomograms(), "1321/1479"},                            // .8932
	} {
		auc, err := tt.r.AUC()
		requireRatio(t, tt.want, auc, err)
	}
	require.Equal(t, "0.893", kpi.Must(tomograms().AUC()).Round(3).String())
}

// Every pair, as the definition says.
func TestAUCAgainstPairs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(8, 8))
	for range 200 {
		n := 2 + random.IntN(30)
		scores, did := make([]kpi.Ratio, n), make([]bool, n)
		for i := range n {
			scores[i], did[i] = kpi.Whole(random.Int64N(12)), random.IntN(2) == 0
		}
		did[0], did[1] = true, false
		var right, pairs int64
		for i := range n {
			for j := range n {
				if did[i] && !did[j] {
					pairs += 2
					right += int64(1 + scores[i].Cmp(scores[j]))
				}
			}
		}
		r, err := kpi.Rank(scores, did)
		require.NoError(t, err)
		auc, err := r.AUC()
		requireRatio(t, kpi.Must(kpi.NewRatio(right, pairs)).String(), auc, err)
		// In any order, turned round, and of any growing score.
		perm := random.Perm(n)
		mixed, other := make([]kpi.Ratio, n), make([]bool, n)
		for i, k := range perm {
			mixed[i], other[i] = kpi.Must(scores[k].Pow(3)).Add(scores[k]).Sub(must("77/3")), did[k]
		}
		again, err := kpi.Rank(mixed, other)
		require.NoError(t, err)
		auc, err = again.AUC()
		requireRatio(t, kpi.Must(kpi.NewRatio(right, pairs)).String(), auc, err)
		for i := range other {
			other[i] = !other[i]
		}
		turned, err := kpi.Rank(mixed, other)
		require.NoError(t, err)
		back, err := turned.AUC()
		requireRatio(t, auc.Complement().String(), back, err)
	}
}

// The limits solve the quartic that the equation is, worked to sixty digits
// elsewhere; those of readings 1 and 0 are finite.
func TestAUCInterval(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		r      kpi.Ranking
		lo, hi float64
	}{
		{tomograms(), 0.811688407288432, 0.940006182640460},
		{ranked([2]int64{10, 10}, [2]int64{0, 10}), 0.800213612881106, 1},
		{ranked([2]int64{3, 3}, [2]int64{0, 20}), 0.666198605019732, 1},
		{ranked([2]int64{5, 10}), 0.205613057289471, 0.794386942710529},
		{ranked([2]int64{0, 6}, [2]int64{4, 4}), 0, 0.367144650566954},
	} {
		i, err := tt.r.AUCInterval(0.95)
		require.NoError(t, err)
		require.InDelta(t, tt.lo, i.Lo, 1e-13)
		require.InDelta(t, tt.hi, i.Hi, 1e-13)
		require.Equal(t, 0.95, i.Confidence)
	}
	i, err := tomograms().AUCInterval(0.95)
	require.NoError(t, err)
	require.Equal(t, int64(109), i.N)
	require.Empty(t, i.Warnings)
	i, err = ranked([2]int64{29, 29}, [2]int64{0, 500}).AUCInterval(0.95)
	require.NoError(t, err)
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, i.Warnings)
	// The quartic of each side changes its sign at the limit.
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		r := randomRanking(random, 5+random.IntN(60))
		auc, err := r.AUC()
		if err != nil {
			continue
		}
		i, err := r.AUCInterval(0.9)
		require.NoError(t, err)
		m, n := 0.0, 0.0
		for _, row := range r.Rows {
			m, n = m+float64(row.Outcome.K), n+float64(row.Outcome.N-row.Outcome.K)
		}
		mean, z, a := (m+n)/2-1, 1.6448536269514722, auc.Float64()
		quartic := func(x float64) float64 {
			return m*n*(x-a)*(x-a)*(2-x)*(1+x) - z*z*x*(1-x)*((2-x)*(1+x)+mean*(1-x*x)+mean*x*(2-x))
		}
		require.True(t, i.Contains(a))
		if a > 0 {
			require.True(t, quartic(i.Lo-1e-9) > 0 && quartic(i.Lo+1e-9) < 0)
		}
		if a < 1 {
			require.True(t, quartic(i.Hi-1e-9) < 0 && quartic(i.Hi+1e-9) > 0)
		}
	}
}

// aucCoverage sums over every order of m scores and n with hazards in proportion,
// exponential ones, of which the AUC is theta: the lowest that is left is one of the
// n with a chance in proportion to their number and hazard, and all of the m still
// there are above it.
func aucCoverage(t *testing.T, m, n int) (c coverage) {
	t.Helper()
	intervals := make([]kpi.Interval, 2*m*n+1)
	for u := range m*n + 1 {
		// A ranking of these sizes and this AUC: u pairs the right way round.
		r := ordered(m, n, u)
		auc, err := r.AUC()
		requireRatio(t, kpi.Must(kpi.NewRatio(int64(u), int64(m*n))).String(), auc, err)
		intervals[u], err = r.AUCInterval(0.95)
		require.NoError(t, err)
	}
	for i := 10; i < 20; i++ { // theta .5 … .95
		theta := float64(i) / 20
		hazard := theta / (1 - theta) // of the n, that of the m being 1
		chances := map[[2]int][]float64{{m, n}: make([]float64, m*n+1)}
		chances[[2]int{m, n}][0] = 1
		for left := m + n; left > 0; left-- {
			next := map[[2]int][]float64{}
			put := func(a, b, more int, of []float64, share float64) {
				s := next[[2]int{a, b}]
				if s == nil {
					s = make([]float64, m*n+1)
					next[[2]int{a, b}] = s
				}
				for u := range m*n + 1 - more {
					s[u+more] += of[u] * share
				}
			}
			for at, of := range chances {
				a, b := at[0], at[1]
				low := float64(b) * hazard / (float64(a) + float64(b)*hazard)
				if b > 0 {
					put(a, b-1, a, of, low)
				}
				if a > 0 {
					put(a-1, b, 0, of, 1-low)
				}
			}
			chances = next
		}
		held, mean := 0.0, 0.0
		for u, p := range chances[[2]int{0, 0}] {
			mean += p * float64(u) / float64(m*n)
			if intervals[u].Contains(theta) {
				held += p
			}
		}
		require.InDelta(t, theta, mean, 1e-9, "the chances are those of theta")
		c.add(held)
	}
	return c
}

// ordered returns m who did and n who did not with u pairs the right way round.
func ordered(m, n, u int) kpi.Ranking {
	var counts [][2]int64
	above := u // pairs that are still to be won
	for range m {
		take := min(above, n)
		above -= take
		counts = append(counts, [2]int64{int64(take), 0}) // beaten by this one
	}
	// Of the n, number b is beaten by those who beat more than b.
	var rows [][2]int64
	for b := n; b >= 0; b-- {
		k := int64(0)
		for _, c := range counts {
			if c[0] == int64(b) {
				k++
			}
		}
		if k > 0 {
			rows = append(rows, [2]int64{k, k})
		}
		if b > 0 {
			rows = append(rows, [2]int64{0, 1})
		}
	}
	return ranked(rows...)
}

func TestAUCCoverage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		m, n        int
		least, mean float64
	}{{10, 10, 0.947, 0.953}, {20, 20, 0.95, 0.953}, {10, 30, 0.926, 0.938}, {30, 10, 0.95, 0.968}} {
		c := aucCoverage(t, tt.m, tt.n)
		require.GreaterOrEqual(t, c.least, tt.least, "%d, %d", tt.m, tt.n)
		require.InDelta(t, tt.mean, c.mean, 0.0006)
	}
}

func TestGains(t *testing.T) {
	t.Parallel()
	// 10 leads of 20 buyers of 100 or so: 10, 20, 30 and 40 people.
	r := ranked([2]int64{8, 10}, [2]int64{6, 20}, [2]int64{6, 30}, [2]int64{0, 40})
	for _, tt := range []struct{ share, gain, lift string }{
		{"0.1", "0.4", "4"},
		{"0.3", "0.7", "7/3"},
		{"0.2", "0.55", "2.75"}, // half of the twenty tied
		{"0.05", "0.2", "4"},
		{"0.6", "1", "5/3"},
		{"1", "1", "1"},
	} {
		gain, err := r.Gain(must(tt.share))
		requireRatio(t, tt.gain, gain, err)
		lift, err := r.Lift(must(tt.share))
		requireRatio(t, tt.lift, lift, err)
	}
	gain, err := r.Gain(kpi.Ratio{})
	requireRatio(t, "0", gain, err)
	table, err := r.Gains(5)
	require.NoError(t, err)
	require.Equal(t, `group  best   rate    gain  lift
    1   20%  55.0%   55.0%  2.75
    2   40%  25.0%   80.0%  2.00
    3   60%  20.0%  100.0%  1.67
    4   80%   0.0%  100.0%  1.25
    5  100%   0.0%  100.0%  1.00
`, table.String())
	// Groups that hold no whole number of people: 3 people, halves.
	gain, err = ranked([2]int64{1, 1}, [2]int64{1, 1}, [2]int64{0, 1}).Gain(must("0.5"))
	requireRatio(t, "0.75", gain, err)
}

func TestGainLaws(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(6, 6))
	for range 50 {
		r := randomRanking(random, 3+random.IntN(30))
		auc, err := r.AUC()
		if err != nil {
			continue
		}
		var all kpi.Proportion
		for _, row := range r.Rows {
			all, err = all.Merge(row.Outcome)
			require.NoError(t, err)
		}
		// The area under the gains: AUC·(1 − base) + base/2.
		var area, last kpi.Ratio
		for i := int64(1); i <= all.N; i++ {
			gain, err := r.Gain(kpi.Must(kpi.NewRatio(i, all.N)))
			require.NoError(t, err)
			require.GreaterOrEqual(t, gain.Cmp(last), 0)
			area = area.Add(gain.Add(last).Mul(kpi.Must(kpi.NewRatio(1, 2*all.N))))
			last = gain
		}
		base := kpi.Must(all.Ratio())
		requireRatio(t, auc.Mul(base.Complement()).Add(base.Mul(must("0.5"))).String(), area, nil)
	}
}

func TestCalibration(t *testing.T) {
	t.Parallel()
	r := ranked([2]int64{8, 10}, [2]int64{6, 20}, [2]int64{6, 30}, [2]int64{0, 40})
	grades := kpi.Grades{{Name: "D", From: kpi.Whole(0)}, {Name: "C", From: kpi.Whole(2)}, {Name: "B", From: must("2.5")}, {Name: "A", From: kpi.Whole(4)}}
	c, err := r.Calibration(grades)
	require.NoError(t, err)
	require.Equal(t, `grade  from  did  of   rate
D      0.00    0  40   0.0%
C      2.00    6  30  20.0%
B      2.50    6  20  30.0%
A      4.00    8  10  80.0%
`, c.String())
	require.Contains(t, c.Markdown(), "| B | 2.50 | 6 | 20 | 30.0% |\n")
	monotone, err := c.Monotone()
	require.NoError(t, err)
	require.True(t, monotone)
	trend, err := c.Trend(0.95)
	require.NoError(t, err)
	want, err := kpi.ShareTrend([]kpi.Proportion{{K: 0, N: 40}, {K: 6, N: 30}, {K: 6, N: 20}, {K: 8, N: 10}}, []int64{0, 1, 2, 3}, 0.95)
	require.NoError(t, err)
	require.Equal(t, want, trend)
	require.JSONEq(t, `{"name": "C", "from": "2", "outcome": {"k": 6, "n": 30}}`, mustJSON(t, c[1]))
	var back kpi.Calibration
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, c)), &back))
	require.Equal(t, c.String(), back.String())

	// Nobody in a grade, and a better one that did worse.
	grades[1].From, grades[2].From = must("0.5"), must("0.7")
	c, err = r.Calibration(grades)
	require.NoError(t, err)
	require.Equal(t, "–", c[1].Outcome.Percent(1))
	_, err = c.Trend(0.95)
	require.NoError(t, err)
	c[3].Outcome.K = 1
	monotone, err = c.Monotone()
	require.NoError(t, err)
	require.False(t, monotone)

	c[0].Outcome.K = -1
	_, err = c.Monotone()
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, 0, e.Index)
	_, err = c.Trend(0.95)
	require.Equal(t, "Calibration.Trend", requireError(t, err, kpi.ErrInvalid).Metric)
	_, err = r.Calibration(nil)
	require.Equal(t, kpi.CodeEmpty, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = r.Calibration(kpi.Grades{{Name: "A", From: kpi.Whole(2)}})
	e = requireError(t, err, kpi.ErrUndefined)
	require.Equal(t, kpi.CodeBeyondBound, e.Code)
	require.Equal(t, 3, e.Index)
}

func TestRankingErrors(t *testing.T) {
	t.Parallel()
	bad := kpi.Ranking{Rows: []kpi.RankRow{{Outcome: kpi.Proportion{K: 1, N: 2}}, {Outcome: kpi.Proportion{N: 1}}}}
	good := ranked([2]int64{1, 2})
	nobody, everybody := ranked([2]int64{0, 2}), ranked([2]int64{2, 2})
	half := must("0.5")
	tests := []struct {
		name string
		ask  func() error
		code kpi.Code
		kind error
	}{
		{"Ranking.AUC", func() error { _, err := bad.AUC(); return err }, kpi.CodeOrder, kpi.ErrInvalid},
		{"Ranking.AUC", func() error { _, err := nobody.AUC(); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"Ranking.AUC", func() error { _, err := everybody.AUC(); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"Ranking.AUC", func() error { _, err := kpi.Ranking{}.AUC(); return err }, kpi.CodeNoData, kpi.ErrUndefined},
		{"Ranking.AUCInterval", func() error { _, err := bad.AUCInterval(0.95); return err }, kpi.CodeOrder, kpi.ErrInvalid},
		{"Ranking.AUCInterval", func() error { _, err := nobody.AUCInterval(1); return err }, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"Ranking.AUCInterval", func() error { _, err := nobody.AUCInterval(0.95); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"Ranking.Gain", func() error { _, err := bad.Gain(half); return err }, kpi.CodeOrder, kpi.ErrInvalid},
		{"Ranking.Gain", func() error { _, err := nobody.Gain(kpi.Whole(2)); return err }, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"Ranking.Gain", func() error { _, err := nobody.Gain(kpi.Whole(-1)); return err }, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"Ranking.Gain", func() error { _, err := nobody.Gain(half); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"Ranking.Lift", func() error { _, err := nobody.Lift(half); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"Ranking.Lift", func() error { _, err := good.Lift(kpi.Ratio{}); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"Ranking.Gains", func() error { _, err := bad.Gains(10); return err }, kpi.CodeOrder, kpi.ErrInvalid},
		{"Ranking.Gains", func() error { _, err := nobody.Gains(1); return err }, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"Ranking.Gains", func() error { _, err := good.Gains(101); return err }, kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"Ranking.Gains", func() error { _, err := nobody.Gains(10); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"Ranking.Calibration", func() error { _, err := bad.Calibration(nil); return err }, kpi.CodeOrder, kpi.ErrInvalid},
		{"Ranking.AppendBinary", func() error { _, err := bad.MarshalBinary(); return err }, kpi.CodeOrder, kpi.ErrInvalid},
	}
	for _, tt := range tests {
		e := requireError(t, tt.ask(), tt.kind)
		require.Equal(t, tt.code, e.Code, tt.name)
		require.Equal(t, tt.name, e.Metric)
	}
	_, err := good.Gain(kpi.Must(kpi.Whole(1).Over(kpi.Must(kpi.Must(kpi.Whole(7).Pow(1200)).Pow(4)))))
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
}

// What a ranking may hold, its bytes hold too.
func TestRankingOfLargeScores(t *testing.T) {
	t.Parallel()
	large := kpi.Must(kpi.Must(kpi.Whole(2).Pow(1000)).Pow(8)) // of 8001 bits, over 1
	r, err := kpi.Rank([]kpi.Ratio{large, kpi.Must(kpi.Whole(1).Over(large))}, []bool{true, false})
	require.NoError(t, err)
	data, err := r.MarshalBinary()
	require.NoError(t, err)
	var back kpi.Ranking
	require.NoError(t, back.UnmarshalBinary(data))
	require.True(t, back.Rows[0].Score.Equal(large))
}

func FuzzRankingUnmarshalBinary(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 1))
	for _, n := range []int{0, 1, 5, 40} {
		data, err := randomRanking(r, n).MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s kpi.Ranking
		if s.UnmarshalBinary(data) != nil {
			require.Empty(t, s)
			return
		}
		again, err := s.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		var back kpi.Ranking
		require.NoError(t, json.Unmarshal([]byte(mustJSON(t, s)), &back))
		require.NoError(t, new(kpi.Ranking).Merge(back))
		require.Contains(t, s.String(), "score")
		if len(s.Rows) > 50 {
			return
		}
		if auc, err := s.AUC(); err == nil {
			require.True(t, auc.Sign() >= 0 && auc.Cmp(kpi.Whole(1)) <= 0)
			i, err := s.AUCInterval(0.95)
			require.NoError(t, err)
			require.True(t, 0 <= i.Lo && i.Lo <= i.Hi && i.Hi <= 1)
			_, err = s.Gains(7)
			require.NoError(t, err)
		}
	})
}
