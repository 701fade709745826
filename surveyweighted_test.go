package kpi_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var zeroToTen = kpi.Scale{Min: 0, Max: 10, TopFrom: 9}

var _ = obey(law[kpi.WeightedSurvey]{
	name: "WeightedSurvey",
	random: func(r *rand.Rand) kpi.WeightedSurvey {
		s := kpi.WeightedSurvey{Scale: []kpi.Scale{{}, {Min: 1, Max: 5, TopFrom: 4}}[r.IntN(2)]}
		for range r.IntN(20) {
			if err := s.Add(1+r.IntN(5), decimal.New(1+r.Int64N(1000), -int32(r.IntN(4)))); err != nil {
				panic(err)
			}
		}
		return s
	},
	merge: (*kpi.WeightedSurvey).Merge,
	same:  sameSurvey,
	bad: []kpi.WeightedSurvey{
		{Counts: [11]int64{3: -1}},
		{Counts: [11]int64{3: 1}}, // without a weight
		surveyOf(3, 0, "2", "4"),
		surveyOf(3, 1, "-1", "1"),
		surveyOf(3, 1, "2", "5"),    // one answer's Σw² is (Σw)²
		surveyOf(3, 2, "4", "7"),    // 2·7 < 4²
		surveyOf(3, 2, "4", "17"),   // a weight below 0 hides behind Σw² > (Σw)²
		surveyOf(6, 1, "1", "1"),    // off the scale
		surveyOf(3, 1, "1e65", "1"), // past the gate
		{Scale: kpi.Scale{Min: 3, Max: 2, TopFrom: 3}},
		{Counts: [11]int64{3: math.MaxInt64, 4: 1}},
		surveyOf(3, 0, "0", "-1"),
	},
	clash: [][2]kpi.WeightedSurvey{
		{surveyOf(4, 1, "1", "1"), {Scale: kpi.Scale{Min: 1, Max: 7, TopFrom: 6}}},
		{surveyOf(4, math.MaxInt64, "9223372036854775807", "9223372036854775807"), surveyOf(5, 1, "1", "1")},
	},
})

// surveyOf returns n answers of one score, as they are typed in.
func surveyOf(score int, n int64, weights, squares string) (s kpi.WeightedSurvey) {
	s.Counts[score] = n
	s.Weights[score], s.Squares[score] = decimal.RequireFromString(weights), decimal.RequireFromString(squares)
	return s
}

// sameSurvey demands the same answers on the same scale, by either of the default
// scale's names.
func sameSurvey(t *testing.T, want, got kpi.WeightedSurvey) {
	t.Helper()
	require.Equal(t, want.Counts, got.Counts)
	if want.N() > 0 && want.Scale != (kpi.Scale{}) && got.Scale != (kpi.Scale{}) {
		require.Equal(t, want.Scale, got.Scale)
	}
	for score := range want.Weights {
		require.True(t, want.Weights[score].Equal(got.Weights[score]))
		require.True(t, want.Squares[score].Equal(got.Squares[score]))
	}
}

// answer is so many answers of one score and weight.
type answer struct {
	score, n int
	weight   string
}

func weighted(t *testing.T, scale kpi.Scale, answers ...answer) kpi.WeightedSurvey {
	t.Helper()
	s := kpi.WeightedSurvey{Scale: scale}
	for _, a := range answers {
		for range a.n {
			require.NoError(t, s.Add(a.score, decimal.RequireFromString(a.weight)))
		}
	}
	return s
}

// intervalsOf asks a survey on 0 to 10 for all it has.
func intervalsOf(t *testing.T, s kpi.WeightedSurvey, population int64, confidence float64) (all [3]kpi.Interval) {
	t.Helper()
	for i, ask := range []func(int64, float64) (kpi.Interval, error){s.TopBoxInterval, s.NPSInterval, s.MeanInterval} {
		var err error
		all[i], err = ask(population, confidence)
		require.NoError(t, err)
	}
	return all
}

func TestWeightedSurvey(t *testing.T) {
	t.Parallel()
	// W = 5 of which 3 in the top box; by score Σw² = 5 and 2, v = (5·(2/5)² + 2·(3/5)²)/5²
	// = 38/625, n* = (6/25)/(38/625) = 75/19; Kish 25/7.
	s := weighted(t, kpi.Scale{}, answer{5, 1, "2"}, answer{4, 1, "1"}, answer{1, 1, "1"}, answer{3, 1, "1"})
	top, err := s.TopBox()
	requireRatio(t, "0.6", top, err)
	mean, err := s.Mean()
	requireRatio(t, "3.6", mean, err) // (10 + 4 + 1 + 3)/5
	n, err := s.EffectiveN()
	requireRatio(t, "25/7", n, err)
	require.Equal(t, int64(4), s.N())
	wilson := func(k, n float64) (lo, hi float64) {
		mid, half := k+z95*z95/2, z95*math.Sqrt(k*(n-k)/n+z95*z95/4)
		return (mid - half) / (n + z95*z95), (mid + half) / (n + z95*z95)
	}
	i, err := s.TopBoxInterval(0, 0.95)
	require.NoError(t, err)
	lo, hi := wilson(45.0/19, 75.0/19)
	require.InDelta(t, lo, i.Lo, 1e-14)
	require.InDelta(t, hi, i.Hi, 1e-14)
	require.Equal(t, int64(4), i.N)
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, i.Warnings)
	// Of nine customers: n*·8/5.
	i, err = s.TopBoxInterval(9, 0.95)
	require.NoError(t, err)
	lo, hi = wilson(45.0/19*8/5, 75.0/19*8/5)
	require.InDelta(t, lo, i.Lo, 1e-14)
	require.InDelta(t, hi, i.Hi, 1e-14)

	// Everybody satisfied: Kish, since v is 0.
	s = weighted(t, kpi.Scale{}, answer{5, 1, "2"}, answer{4, 3, "1"})
	i, err = s.TopBoxInterval(0, 0.95)
	require.NoError(t, err)
	lo, _ = wilson(25.0/7, 25.0/7)
	require.InDelta(t, lo, i.Lo, 1e-14)
	require.Equal(t, 1.0, i.Hi)
}

// Half the answers of each class weigh 1 and half 3: n* = (4·20)²/(10·20) = 32 of
// 40, a whole number that an unweighted survey can have.
func TestWeightedSurveyNPS(t *testing.T) {
	t.Parallel()
	s := weighted(t, zeroToTen,
		answer{10, 10, "1"}, answer{9, 10, "3"}, answer{8, 5, "1"}, answer{7, 5, "3"}, answer{6, 5, "1"}, answer{0, 5, "3"})
	nps, err := s.NPS()
	requireRatio(t, "25", nps, err)
	n, err := s.EffectiveN()
	requireRatio(t, "32", n, err)
	got, err := s.NPSInterval(0, 0.95)
	require.NoError(t, err)
	want, err := kpi.NPS{Promoters: 16, Passives: 8, Detractors: 8}.Interval(0.95)
	require.NoError(t, err)
	require.InDelta(t, want.Lo, got.Lo, 1e-10)
	require.InDelta(t, want.Hi, got.Hi, 1e-10)
	top, err := s.TopBoxInterval(0, 0.95)
	require.NoError(t, err)
	share, err := kpi.Proportion{K: 16, N: 32}.Interval(0.95)
	require.NoError(t, err)
	require.InDelta(t, share.Lo, top.Lo, 1e-14)
	require.InDelta(t, share.Hi, top.Hi, 1e-14)
}

// Equal weights, whatever they are, are the unweighted survey.
func TestWeightedSurveyOfEqualWeights(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for round := range 60 {
		n := 2 + r.IntN(60)
		var scores []int
		for range n {
			scores = append(scores, r.IntN(11))
		}
		if round%10 == 0 { // nobody varies
			for i := range scores {
				scores[i] = scores[0]
			}
		}
		plain, nps := kpi.CSAT{Scale: zeroToTen}, kpi.NPS{}
		require.NoError(t, plain.AddAll(scores))
		require.NoError(t, nps.AddAll(scores))
		for _, weight := range []string{"1", "0.07", "1e30"} {
			s := kpi.WeightedSurvey{Scale: zeroToTen}
			for _, score := range scores {
				require.NoError(t, s.Add(score, decimal.RequireFromString(weight)))
			}
			top, err := plain.TopBox()
			require.NoError(t, err)
			mean, err := plain.Mean()
			require.NoError(t, err)
			got, err := s.TopBox()
			requireRatio(t, kpi.Must(top.Ratio()).String(), got, err)
			got, err = s.Mean()
			requireRatio(t, kpi.Must(mean.Ratio()).String(), got, err)
			got, err = s.NPS()
			requireRatio(t, kpi.Must(nps.Score()).String(), got, err)
			got, err = s.EffectiveN()
			requireRatio(t, kpi.Whole(int64(n)).String(), got, err)
			for _, confidence := range []float64{0.5, 0.95, 0.999} {
				all := intervalsOf(t, s, 0, confidence)
				for i, ask := range []func(float64) (kpi.Interval, error){top.Interval, nps.Interval, mean.Interval} {
					want, err := ask(confidence)
					require.NoError(t, err)
					scale := []float64{1, 100, 10}[i]
					require.InDelta(t, want.Lo, all[i].Lo, 1e-12*scale)
					require.InDelta(t, want.Hi, all[i].Hi, 1e-12*scale)
					want.Lo, want.Hi = all[i].Lo, all[i].Hi
					require.Equal(t, want, all[i])
				}
			}
		}
	}
}

// Twice all weights is the same survey to the last digit; a larger population
// leaves more open, and all of it nothing.
func TestWeightedSurveyLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 14))
	for range 40 {
		one, many := kpi.WeightedSurvey{Scale: zeroToTen}, kpi.WeightedSurvey{Scale: zeroToTen}
		n := int64(2 + r.IntN(80))
		for range n {
			score, w := r.IntN(11), decimal.New(1+r.Int64N(5000), -2)
			require.NoError(t, one.Add(score, w))
			require.NoError(t, many.Add(score, w.Mul(decimal.RequireFromString("1234.5e20"))))
		}
		for _, population := range []int64{0, n, n + 1, 10 * n} {
			require.Equal(t, intervalsOf(t, one, population, 0.95), intervalsOf(t, many, population, 0.95))
		}
		points := [3]float64{
			kpi.Must(one.TopBox()).Float64(), kpi.Must(one.NPS()).Float64(), kpi.Must(one.Mean()).Float64(),
		}
		for i, known := range intervalsOf(t, one, n, 0.95) {
			require.Equal(t, points[i], known.Lo)
			require.Equal(t, points[i], known.Hi)
			require.Empty(t, known.Warnings)
			require.Equal(t, n, known.N)
		}
		last := intervalsOf(t, one, n, 0.95)
		for _, population := range []int64{n + 1, 2 * n, 100 * n, math.MaxInt64, 0} {
			now := intervalsOf(t, one, population, 0.95)
			for i := range now {
				require.LessOrEqual(t, now[i].Lo, last[i].Lo+1e-9)
				require.GreaterOrEqual(t, now[i].Hi, last[i].Hi-1e-9)
				require.LessOrEqual(t, now[i].Lo, points[i]+1e-9)
				require.GreaterOrEqual(t, now[i].Hi, points[i]-1e-9)
			}
			last = now
		}
		effective := kpi.Must(one.EffectiveN())
		require.True(t, kpi.Whole(1).Cmp(effective) <= 0 && effective.Cmp(kpi.Whole(n)) <= 0)
	}
}

// One answer that stands for nearly all is one answer.
func TestWeightedSurveyConcentrated(t *testing.T) {
	t.Parallel()
	s := weighted(t, zeroToTen, answer{10, 1, "100000"}, answer{9, 50, "1"}, answer{0, 50, "1"})
	n, err := s.EffectiveN()
	require.NoError(t, err)
	require.Equal(t, "1.00", n.Round(2).StringFixed(2))
	for _, i := range intervalsOf(t, s, 0, 0.95) {
		require.True(t, slices.Contains(i.Warnings, kpi.CodeTooFew))
	}
}

func TestWeightedSurveyErrors(t *testing.T) {
	t.Parallel()
	one := decimal.New(1, 0)
	two := weighted(t, zeroToTen, answer{9, 1, "1"}, answer{3, 1, "2"})
	single := weighted(t, zeroToTen, answer{9, 1, "1"})
	empty := kpi.WeightedSurvey{Scale: zeroToTen}
	broken := surveyOf(3, 2, "4", "7")
	broken.Scale = zeroToTen
	for name, ask := range map[string]func(kpi.WeightedSurvey, int64, float64) (kpi.Interval, error){
		"WeightedSurvey.TopBoxInterval": kpi.WeightedSurvey.TopBoxInterval,
		"WeightedSurvey.NPSInterval":    kpi.WeightedSurvey.NPSInterval,
		"WeightedSurvey.MeanInterval":   kpi.WeightedSurvey.MeanInterval,
	} {
		for _, tt := range []struct {
			s          kpi.WeightedSurvey
			population int64
			confidence float64
			code       kpi.Code
			kind       error
		}{
			{empty, 0, 0.95, kpi.CodeZeroDenominator, kpi.ErrUndefined},
			{empty, 0, 1, kpi.CodeOutOfRange, kpi.ErrInvalid},
			{empty, -1, 0.95, kpi.CodeNegative, kpi.ErrInvalid},
			{two, 0, math.NaN(), kpi.CodeOutOfRange, kpi.ErrInvalid},
			{two, 1, 0.95, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
			{two, math.MinInt64, 0.95, kpi.CodeNegative, kpi.ErrInvalid},
			{broken, 0, 0.95, kpi.CodeMismatch, kpi.ErrInvalid},
		} {
			_, err := ask(tt.s, tt.population, tt.confidence)
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, name, e.Metric)
		}
	}
	for name, ask := range map[string]func(kpi.WeightedSurvey) (kpi.Ratio, error){
		"WeightedSurvey.TopBox": kpi.WeightedSurvey.TopBox, "WeightedSurvey.NPS": kpi.WeightedSurvey.NPS,
		"WeightedSurvey.Mean": kpi.WeightedSurvey.Mean, "WeightedSurvey.EffectiveN": kpi.WeightedSurvey.EffectiveN,
	} {
		_, err := ask(empty)
		e := requireError(t, err, kpi.ErrUndefined)
		require.Equal(t, kpi.CodeZeroDenominator, e.Code)
		require.Equal(t, name, e.Metric)
		_, err = ask(broken)
		require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
	}
	require.Zero(t, broken.N())
	_, err := single.MeanInterval(0, 0.95)
	require.Equal(t, kpi.CodeTooFew, requireError(t, err, kpi.ErrUndefined).Code)
	known, err := single.MeanInterval(1, 0.95)
	require.NoError(t, err)
	require.Equal(t, 9.0, known.Hi)
	five := weighted(t, kpi.Scale{}, answer{5, 2, "1"})
	_, err = five.NPS()
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = five.NPSInterval(0, 0.95)
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)

	before := two
	for _, tt := range []struct {
		score  int
		weight decimal.Decimal
		code   kpi.Code
	}{
		{11, one, kpi.CodeOutOfScale},
		{-1, one, kpi.CodeOutOfScale},
		{math.MinInt, one, kpi.CodeOutOfScale},
		{9, decimal.Decimal{}, kpi.CodeOutOfRange},
		{9, one.Neg(), kpi.CodeNegative},
		{9, decimal.New(1, 65), kpi.CodeTooLarge},
	} {
		e := requireError(t, two.Add(tt.score, tt.weight), kpi.ErrInvalid)
		require.Equal(t, tt.code, e.Code)
		require.Equal(t, "WeightedSurvey.Add", e.Metric)
		require.Equal(t, before, two)
	}
}

func TestWeightedSurveyHostile(t *testing.T) { //nolint:paralleltest // measures what the program allocates
	one := decimal.New(1, 0)
	for _, d := range hostile() {
		weights, squares := surveyOf(4, 1, "1", "1"), surveyOf(4, 1, "1", "1")
		weights.Weights[4], squares.Squares[4] = d, d
		bad := []*kpi.WeightedSurvey{&weights, &squares}
		if e := d.Exponent(); e == 65 || e == -65 || e == 0 {
			bad = bad[:1] // a sum of squares may have twice the digits
		}
		cheaply(t, "WeightedSurvey", func() {
			requireError(t, new(kpi.WeightedSurvey).Add(4, d), kpi.ErrInvalid)
			for _, s := range bad {
				requireError(t, s.Add(4, one), kpi.ErrInvalid)
				requireError(t, new(kpi.WeightedSurvey).Merge(*s), kpi.ErrInvalid)
				_, err := s.Mean()
				requireError(t, err, kpi.ErrInvalid)
				_, err = s.TopBoxInterval(0, 0.95)
				requireError(t, err, kpi.ErrInvalid)
			}
		})
	}
}
