package kpi_test

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestIntervalText(t *testing.T) {
	t.Parallel()
	i := kpi.Interval{Lo: 0.01134814, Hi: 0.04737164, Confidence: 0.95, N: 300}
	require.Equal(t, "[0.01135, 0.04737] 95% n=300", i.String())
	require.Equal(t, "1.1%–4.7%", i.Percent(1))
	require.Equal(t, "1%–5%", i.Percent(0))
	require.Equal(t, "1%–5%", i.Percent(-3))
	require.Equal(t, i.Percent(400), i.Percent(math.MaxInt32)) // clamped

	for _, tt := range []struct {
		lo, hi float64
		want   string
	}{
		{0, 0.2, "0.0%–20.0%"},
		{-0.0002, 0.2, "0.0%–20.0%"}, // no −0.0
		{math.Copysign(0, -1), math.Copysign(0, -1), "0.0%–0.0%"},
		{-0.0006, 0.2, "-0.1% to 20.0%"},
		{-0.12, -0.02, "-12.0% to -2.0%"},
		{-0.12, -0.0001, "-12.0% to 0.0%"},
		{-1, 1, "-100.0% to 100.0%"},
	} {
		require.Equal(t, tt.want, kpi.Interval{Lo: tt.lo, Hi: tt.hi}.Percent(1))
	}

	i.Confidence, i.Warnings = 0.999, []kpi.Code{kpi.CodeNoSpread, kpi.CodeTooFew}
	require.Equal(t, "[0.01135, 0.04737] 99.9% n=300 (all observations are equal) (there are too few observations)", i.String())
}

func TestIntervalContains(t *testing.T) {
	t.Parallel()
	i := kpi.Interval{Lo: -1, Hi: 2}
	for v, want := range map[float64]bool{
		-1: true, 2: true, 0: true, -1.0000001: false, 2.0000001: false, math.Inf(1): false, math.Inf(-1): false,
	} {
		require.Equal(t, want, i.Contains(v), v)
	}
	require.False(t, i.Contains(math.NaN()))
}

func TestIntervalJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, json string
		i          kpi.Interval
	}{
		{"unset", `{"lo": 0, "hi": 0, "confidence": 0, "n": 0}`, kpi.Interval{}},
		{"plain", `{"lo": 0.25, "hi": 0.5, "confidence": 0.95, "n": 40}`, kpi.Interval{Lo: 0.25, Hi: 0.5, Confidence: 0.95, N: 40}},
		{
			"no upper limit", `{"lo": 12, "hi": null, "confidence": 0.9, "n": 7, "warnings": ["the answer lies beyond the stated bound"]}`,
			kpi.Interval{Lo: 12, Hi: math.Inf(1), Confidence: 0.9, N: 7, Warnings: []kpi.Code{kpi.CodeBeyondBound}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, err := json.Marshal(tt.i)
			require.NoError(t, err)
			require.JSONEq(t, tt.json, string(data))
			var back kpi.Interval
			require.NoError(t, json.Unmarshal(data, &back))
			require.Equal(t, tt.i, back)
			require.NoError(t, json.Unmarshal([]byte("null"), &back))
			require.Equal(t, tt.i, back)
			for _, bad := range []string{
				`{"lo": "x"}`, `{}`, `{"lo": 1, "confidence": 0.9}`, `{"hi": 1, "confidence": 0.9}`,
				`{"lo": 2, "hi": 1, "confidence": 0.9}`, `{"lo": 0, "hi": "1", "confidence": 0.9}`,
				`{"lo": 0, "hi": 1, "confidence": 7}`, `{"lo": 0, "hi": 1, "confidence": 0.9, "n": -3}`,
			} {
				require.Error(t, json.Unmarshal([]byte(bad), &back), bad)
				require.Equal(t, tt.i, back)
			}
		})
	}
}

// Every confidence inside (0, 1) has an interval, however near its ends.
func TestIntervalExtremeConfidence(t *testing.T) {
	t.Parallel()
	mean, err := kpi.MeanOf(observations("1", "2", "4"))
	require.NoError(t, err)
	many, err := kpi.CSAT{Counts: [11]int64{1: 200, 5: 300}}.Mean()
	require.NoError(t, err)
	asks := map[string]func(float64) (kpi.Interval, error){
		"Proportion": kpi.Proportion{K: 3, N: 10}.Interval,
		"Clopper":    kpi.Proportion{K: 3, N: 10}.ClopperPearson,
		"Jeffreys":   kpi.Proportion{K: 3, N: 10}.Jeffreys,
		"Agresti":    kpi.Proportion{K: 3, N: 10}.AgrestiCoull,
		"EventRate":  kpi.EventRate{Events: 3, Exposure: decimal.New(10, 0)}.Interval,
		"NPS":        kpi.NPS{Promoters: 3, Passives: 2, Detractors: 1}.Interval,
		"Mean":       mean.Interval,
		"many":       many.Interval,
	}
	points := map[string]float64{"Proportion": 0.3, "Clopper": 0.3, "EventRate": 0.3, "NPS": 100.0 / 3, "Mean": 7.0 / 3, "many": 3.4}
	for name, ask := range asks {
		point, ok := points[name]
		if !ok { // these two draw in towards a point of their own
			i, err := ask(math.SmallestNonzeroFloat64)
			require.NoError(t, err)
			require.InDelta(t, i.Lo, i.Hi, 1e-15, name)
			point = i.Lo
		}
		last := kpi.Interval{Lo: point, Hi: point}
		for _, confidence := range []float64{
			math.SmallestNonzeroFloat64, 1e-300, 1e-20, 1e-3, 0.5, 0.95, 1 - 1e-6, 1 - 1e-12, math.Nextafter(1, 0),
		} {
			i, err := ask(confidence)
			require.NoError(t, err, name)
			require.False(t, math.IsNaN(i.Lo) || math.IsNaN(i.Hi) || math.IsInf(i.Lo, 0) || math.IsInf(i.Hi, 0), name)
			require.LessOrEqual(t, i.Lo, last.Lo+1e-12, "%s %v", name, confidence)
			require.GreaterOrEqual(t, i.Hi, last.Hi-1e-12, "%s %v", name, confidence)
			last = i
		}
	}
}

// Whatever is behind an interval, there are too few below thirty.
func TestIntervalTooFew(t *testing.T) {
	t.Parallel()
	one := decimal.New(1, 0)
	for _, n := range []int64{2, 11, 29, 30, 31, 1000} {
		k := n / 3
		counts := [11]int64{1: k, 5: n - k}
		mean, err := kpi.CSAT{Counts: counts}.Mean()
		require.NoError(t, err)
		var weighted kpi.WeightedSurvey
		var sums kpi.RatioOfSums
		for i := range n {
			score := 5
			if i < k {
				score = 1
			}
			require.NoError(t, weighted.Add(score, decimal.New(7, 0)))
			require.NoError(t, sums.Add(decimal.NewFromInt(i), one))
		}
		share, score := kpi.Proportion{K: k, N: n}, kpi.NPS{Promoters: k, Detractors: n - k}
		for name, ask := range map[string]func(float64) (kpi.Interval, error){
			"Wilson": share.Interval, "Clopper": share.ClopperPearson, "Agresti": share.AgrestiCoull, "Jeffreys": share.Jeffreys,
			"NPS": score.Interval, "Wald": score.AdjustedWald, "Mean": mean.Interval, "RatioOfSums": sums.Interval,
			"CES":       kpi.CES{Counts: [8]int64{2: k, 6: n - k}}.NetEasyInterval,
			"CSAT":      kpi.CSAT{Counts: counts}.NetTopInterval,
			"EventRate": kpi.EventRate{Events: n, Exposure: one}.Interval,
			"TopBox":    func(c float64) (kpi.Interval, error) { return weighted.TopBoxInterval(0, c) },
			"weighted":  func(c float64) (kpi.Interval, error) { return weighted.MeanInterval(0, c) },
		} {
			for _, confidence := range []float64{0.5, 0.95, 0.999} {
				i, err := ask(confidence)
				require.NoError(t, err, name)
				require.Equal(t, n < 30, slices.Contains(i.Warnings, kpi.CodeTooFew), "%s of %d", name, n)
				require.Equal(t, n, i.N, name)
			}
		}
	}
}

// The reasons for thirty, as the documentation gives them.
func TestIntervalThirty(t *testing.T) {
	t.Parallel()
	half, err := kpi.Proportion{K: 15, N: 30}.Interval(0.95)
	require.NoError(t, err)
	require.True(t, half.Contains(1.0/3) && half.Contains(2.0/3))
	require.InDelta(t, 1.0/3, half.Hi-half.Lo, 0.005)
	score, err := kpi.NPS{Promoters: 15, Detractors: 15}.Interval(0.95)
	require.NoError(t, err)
	require.InDelta(t, 200.0/3, score.Hi-score.Lo, 2)
	// Thirty observations of ±1 have the standard deviation √(30/29).
	mean, err := kpi.Mean{N: 30, Squares: decimal.New(30, 0)}.Interval(0.95)
	require.NoError(t, err)
	require.InDelta(t, 0.37, mean.Hi/math.Sqrt(30.0/29), 0.005)
	rate, err := kpi.EventRate{Events: 30, Exposure: decimal.New(30, 0)}.Interval(0.95)
	require.NoError(t, err)
	require.InDelta(t, 0.675, rate.Lo, 0.0005)
	require.InDelta(t, 1.428, rate.Hi, 0.0005)
}

func TestProportionExactIntervals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		ask    func(kpi.Proportion, float64) (kpi.Interval, error)
		k, n   int64
		lo, hi float64
	}{
		// R 4.2.2: binom.test(x, n)$conf.int
		{"Clopper–Pearson", kpi.Proportion.ClopperPearson, 0, 10, 0, 0.308497107818761},
		{"Clopper–Pearson", kpi.Proportion.ClopperPearson, 5, 10, 0.187086028447399, 0.812913971552601},
		{"Clopper–Pearson", kpi.Proportion.ClopperPearson, 1, 1, 0.025, 1},
		{"Clopper–Pearson", kpi.Proportion.ClopperPearson, 3, 1000, 0.000619099931649572, 0.00874202323847828},
		// The continued fraction and Newton's method at 60 digits.
		{"Clopper–Pearson", kpi.Proportion.ClopperPearson, 50000, 100000, 0.49689606249180040, 0.50310393750819960},
		{"Clopper–Pearson", kpi.Proportion.ClopperPearson, 999, 1e6, 0.00093803216446267693, 0.0010628871719771343},
		{"Clopper–Pearson", kpi.Proportion.ClopperPearson, 1e6, 2e6, 0.49930679850754905, 0.50069320149245095},
		{"Clopper–Pearson", kpi.Proportion.ClopperPearson, 3, 1e9, 6.1867212332289581e-10, 8.7672730444606971e-9},
		{"Clopper–Pearson", kpi.Proportion.ClopperPearson, 1000, 1e9, 9.3897304658956094e-7, 0.0000010639521019952884},
		{"Jeffreys", kpi.Proportion.Jeffreys, 10, 30, 0.18597875024779511, 0.51114814921716235},
		{"Jeffreys", kpi.Proportion.Jeffreys, 7, 300, 0.010496105839395558, 0.045262562548663512},
		{"Jeffreys", kpi.Proportion.Jeffreys, 5000, 100000, 0.048662191078246453, 0.051363857044696755},
		// R 4.2.2: qbeta(c(.025, .975), x + .5, n − x + .5), 0 and 1 at the ends
		{"Jeffreys", kpi.Proportion.Jeffreys, 0, 10, 0, 0.217196267509211},
		{"Jeffreys", kpi.Proportion.Jeffreys, 1, 1, 0.146746316309575, 1},
		// statsmodels, results_proportion.py (R package binom)
		{"Agresti–Coull", kpi.Proportion.AgrestiCoull, 18, 20, 0.6867561125596077, 0.984343760998137},
		{"Agresti–Coull", kpi.Proportion.AgrestiCoull, 4, 200, 0.005991954548218395, 0.0520995587739575},
	}
	for _, tt := range tests {
		i, err := tt.ask(kpi.Proportion{K: tt.k, N: tt.n}, 0.95)
		require.NoError(t, err)
		require.InDelta(t, tt.lo, i.Lo, 1e-14, "%+v", tt)
		require.InDelta(t, tt.hi, i.Hi, 1e-14, "%+v", tt)
		if tt.lo > 0 {
			require.InEpsilon(t, tt.lo, i.Lo, 2e-14, "%+v", tt)
		}
		require.InEpsilon(t, tt.hi, i.Hi, 2e-14, "%+v", tt)
		require.Equal(t, tt.n, i.N)
		mirror, err := tt.ask(kpi.Proportion{K: tt.n - tt.k, N: tt.n}, 0.95)
		require.NoError(t, err)
		require.InDelta(t, 1-i.Hi, mirror.Lo, 1e-15)
		require.InDelta(t, 1-i.Lo, mirror.Hi, 1e-15)
	}
	// The closed forms of nobody: 1 − (α/2)^(1/n).
	for _, n := range []int64{1, 2, 7, 1000, 1e6, 1e9, 1e12, 1e15, math.MaxInt64} {
		i, err := kpi.Proportion{N: n}.ClopperPearson(0.95)
		require.NoError(t, err)
		require.Equal(t, 0.0, i.Lo)
		require.InEpsilon(t, -math.Expm1(math.Log(0.025)/float64(n)), i.Hi, 1e-12, n)
	}
}

// What Clopper and Pearson's limits mean, with the tails added up.
func TestClopperPearsonTails(t *testing.T) {
	t.Parallel()
	tail := func(from, to, n int64, p float64) (sum float64) {
		for k := from; k <= to; k++ {
			sum += multinomial(k, n-k, 0, p, 1-p, 1)
		}
		return sum
	}
	for n := int64(1); n <= 60; n++ {
		for k := range n + 1 {
			for _, confidence := range []float64{0.1, 0.8, 0.95, 0.9999} {
				i, err := kpi.Proportion{K: k, N: n}.ClopperPearson(confidence)
				require.NoError(t, err)
				if k > 0 {
					require.InEpsilon(t, (1-confidence)/2, tail(k, n, n, i.Lo), 1e-9, "%d of %d at %v", k, n, confidence)
				}
				if k < n {
					require.InEpsilon(t, (1-confidence)/2, tail(0, k, n, i.Hi), 1e-9, "%d of %d at %v", k, n, confidence)
				}
			}
		}
	}
}

// Where the two ways to a limit meet there is no step, and beyond it the limits
// are those of a normal distribution.
func TestClopperPearsonManyTrials(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{2e8 + 50, 5e8, 3e9} {
		last := kpi.Interval{}
		for k := int64(1e8) - 2; k <= 1e8+2; k++ {
			i, err := kpi.Proportion{K: k, N: n}.ClopperPearson(0.95)
			require.NoError(t, err)
			if last.N > 0 {
				require.InDelta(t, 1/float64(n), i.Lo-last.Lo, 1e-12, "%d of %d", k, n)
				require.InDelta(t, 1/float64(n), i.Hi-last.Hi, 1e-12, "%d of %d", k, n)
			}
			last = i
		}
	}
	for _, n := range []int64{1e10, 1e12, 1e15, 1e18} {
		for _, k := range []int64{n / 10, n / 2, n - n/10} {
			p := kpi.Proportion{K: k, N: n}
			wilson, err := p.Interval(0.95)
			require.NoError(t, err)
			for _, ask := range []func(float64) (kpi.Interval, error){p.ClopperPearson, p.Jeffreys, p.AgrestiCoull} {
				i, err := ask(0.95)
				require.NoError(t, err)
				require.InDelta(t, wilson.Lo, i.Lo, 1e-10)
				require.InDelta(t, wilson.Hi, i.Hi, 1e-10)
				require.True(t, 0 <= i.Lo && i.Lo < i.Hi && i.Hi <= 1)
			}
		}
	}
}

// Jeffreys' interval lies within Clopper and Pearson's, and Wilson's within Agresti
// and Coull's; for rare events of ten answers and more Jeffreys' is the shortest.
func TestProportionIntervalsNest(t *testing.T) {
	t.Parallel()
	for n := int64(1); n <= 40; n++ {
		for k := range n + 1 {
			p := kpi.Proportion{K: k, N: n}
			var i [4]kpi.Interval
			for j, ask := range []func(float64) (kpi.Interval, error){p.Jeffreys, p.ClopperPearson, p.Interval, p.AgrestiCoull} {
				var err error
				i[j], err = ask(0.95)
				require.NoError(t, err)
			}
			require.True(t, i[1].Lo <= i[0].Lo && i[0].Hi <= i[1].Hi, "%v", p)
			require.True(t, i[3].Lo <= i[2].Lo+1e-15 && i[2].Hi <= i[3].Hi+1e-15, "%v", p)
			if n >= 10 && 10*k <= n { // a rare event: none is shorter
				for _, other := range i[1:] {
					require.Less(t, i[0].Hi-i[0].Lo, other.Hi-other.Lo, "%v", p)
				}
			}
		}
	}
	// Not clipped, as in R.
	i, err := kpi.Proportion{K: 1, N: 30}.AgrestiCoull(0.95)
	require.NoError(t, err)
	require.InDelta(t, -8.305484e-03, i.Lo, 1e-9)
}

func TestProportionExactIntervalErrors(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(kpi.Proportion, float64) (kpi.Interval, error){
		"Proportion.ClopperPearson": kpi.Proportion.ClopperPearson,
		"Proportion.AgrestiCoull":   kpi.Proportion.AgrestiCoull,
		"Proportion.Jeffreys":       kpi.Proportion.Jeffreys,
	} {
		for _, tt := range []struct {
			p          kpi.Proportion
			confidence float64
			code       kpi.Code
			kind       error
		}{
			{kpi.Proportion{}, 0.95, kpi.CodeZeroDenominator, kpi.ErrUndefined},
			{kpi.Proportion{}, 1, kpi.CodeOutOfRange, kpi.ErrInvalid},
			{kpi.Proportion{K: 1, N: 2}, math.NaN(), kpi.CodeOutOfRange, kpi.ErrInvalid},
			{kpi.Proportion{K: 3, N: 2}, 0.95, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
			{kpi.Proportion{K: -1, N: 2}, 0.95, kpi.CodeNegative, kpi.ErrInvalid},
		} {
			_, err := ask(tt.p, tt.confidence)
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, name, e.Metric)
		}
	}
}

// TestIntervalReference reads every interval of a share in the reference file.
func TestIntervalReference(t *testing.T) {
	t.Parallel()
	type limits struct {
		Wilson         *[2]float64
		ClopperPearson *[2]float64 `json:"clopper_pearson"`
		Jeffreys       *[2]float64
	}
	var file struct {
		R struct {
			Cases []struct {
				X, N                   int64
				Conf90, Conf95, Conf99 limits
			}
		}
		Statsmodels struct {
			Cases []struct {
				X, N        int64
				Intervals95 map[string][2]string
			}
			Clip []struct {
				X, N     int64
				Expected *[2]string
			}
		}
	}
	readReference(t, "metrics/intervals_proportions.json", &file)
	checked := 0
	check := func(ask func(kpi.Proportion, float64) (kpi.Interval, error), k, n int64, confidence float64, want *[2]float64, delta float64) {
		if want == nil {
			return
		}
		checked++
		i, err := ask(kpi.Proportion{K: k, N: n}, confidence)
		require.NoError(t, err)
		require.InDelta(t, want[0], i.Lo, delta, "%d of %d at %v", k, n, confidence)
		require.InDelta(t, want[1], i.Hi, delta, "%d of %d at %v", k, n, confidence)
	}
	for _, c := range file.R.Cases {
		for confidence, want := range map[float64]limits{0.90: c.Conf90, 0.95: c.Conf95, 0.99: c.Conf99} {
			check(kpi.Proportion.Interval, c.X, c.N, confidence, want.Wilson, 1e-12)
			check(kpi.Proportion.ClopperPearson, c.X, c.N, confidence, want.ClopperPearson, 1e-12)
			check(kpi.Proportion.Jeffreys, c.X, c.N, confidence, want.Jeffreys, 1e-12)
		}
	}
	require.Equal(t, 10*7, checked)
	parse := func(texts [2]string) (want [2]float64, delta float64) {
		delta = 1e-12
		for i, s := range texts {
			var err error
			want[i], err = strconv.ParseFloat(s, 64)
			require.NoError(t, err)
			if len(s) < 14 {
				delta = 1e-8 // printed to eight places
			}
		}
		return want, delta
	}
	for _, c := range file.Statsmodels.Cases {
		for name, ask := range map[string]func(kpi.Proportion, float64) (kpi.Interval, error){
			"wilson": kpi.Proportion.Interval, "exact": kpi.Proportion.ClopperPearson, "agresti-coull": kpi.Proportion.AgrestiCoull,
		} {
			want, delta := parse(c.Intervals95[name])
			check(ask, c.X, c.N, 0.95, &want, delta)
		}
	}
	for _, c := range file.Statsmodels.Clip {
		i, err := kpi.Proportion{K: c.X, N: c.N}.Interval(0.95)
		require.NoError(t, err)
		require.True(t, 0 <= i.Lo && i.Lo <= i.Hi && i.Hi <= 1)
		if c.Expected != nil {
			want, delta := parse(*c.Expected)
			check(kpi.Proportion.Interval, c.X, c.N, 0.95, &want, delta)
		}
	}
	require.Equal(t, 10*7+3*3+1, checked)
}

// Every interval is finite or an error, whatever it is asked.
func FuzzIntervals(f *testing.F) {
	for _, confidence := range []float64{math.NaN(), 0, 1, -1, 1e-300, 1 - 1e-16, 0.5, 0.95, math.Inf(1)} {
		f.Add(int64(3), int64(10), confidence)
		f.Add(int64(0), int64(1e15), confidence)
		f.Add(int64(1e15), int64(1e15), confidence)
		f.Add(int64(5e14), int64(1e15), confidence)
		f.Add(int64(1), int64(math.MaxInt64), confidence)
		f.Add(int64(math.MaxInt64/2), int64(math.MaxInt64), confidence)
		f.Add(int64(-1), int64(5), confidence)
		f.Add(int64(7), int64(5), confidence)
	}
	f.Fuzz(func(t *testing.T, k, n int64, confidence float64) {
		p, money := kpi.Proportion{K: k, N: n}, decimal.NewFromInt(n)
		score := kpi.NPS{Promoters: k, Passives: n / 3, Detractors: n / 5}
		weighted := kpi.WeightedSurvey{Scale: kpi.Scale{Max: 10, TopFrom: 9}}
		var sums kpi.RatioOfSums
		var observed []decimal.Decimal
		for i := range int64(5) {
			w, v := decimal.New(n>>i, int32(i)), decimal.New(k-i, int32(i%60))
			_ = weighted.Add(int((k+i)%11), w)
			_ = sums.Add(v, w)
			observed = append(observed, v)
		}
		mean, err := kpi.MeanOf(observed)
		require.NoError(t, err)
		at := math.Mod(float64(k), 60)
		wide := kpi.EventRate{Events: k, Exposure: decimal.New(n, int32(at))}
		for name, a := range map[string]struct {
			ask    func(float64) (kpi.Interval, error)
			lo, hi float64
		}{
			"Wilson":     {p.Interval, 0, 1},
			"Clopper":    {p.ClopperPearson, 0, 1},
			"Jeffreys":   {p.Jeffreys, 0, 1},
			"Agresti":    {p.AgrestiCoull, -1, 2},
			"NPS":        {score.Interval, -100, 100},
			"Wald":       {score.AdjustedWald, -100, 100},
			"CES":        {kpi.CES{Counts: [8]int64{2: k, 6: n}}.NetEasyInterval, -1, 1},
			"CSAT":       {kpi.CSAT{Counts: [11]int64{2: k, 5: n}}.NetTopInterval, -1, 1},
			"Mean":       {mean.Interval, math.Inf(-1), math.Inf(1)},
			"RatioOf":    {sums.Interval, math.Inf(-1), math.Inf(1)},
			"EventRate":  {kpi.EventRate{Events: k, Exposure: money}.Interval, 0, math.Inf(1)},
			"exposed":    {wide.Interval, 0, math.Inf(1)},
			"TopBox":     {func(c float64) (kpi.Interval, error) { return weighted.TopBoxInterval(0, c) }, 0, 1},
			"of n":       {func(c float64) (kpi.Interval, error) { return weighted.TopBoxInterval(n, c) }, 0, 1},
			"NPS of n":   {func(c float64) (kpi.Interval, error) { return weighted.NPSInterval(n, c) }, -100, 100},
			"mean of n":  {func(c float64) (kpi.Interval, error) { return weighted.MeanInterval(n, c) }, 0, 10},
			"mean score": {func(c float64) (kpi.Interval, error) { return weighted.MeanInterval(0, c) }, 0, 10},
		} {
			i, err := a.ask(confidence)
			if err != nil {
				require.Zero(t, i.N, name)
				var e *kpi.Error
				require.ErrorAs(t, err, &e, name)
				continue
			}
			require.True(t, 0 < confidence && confidence < 1, name)
			require.False(t, math.IsInf(i.Lo, 0) || math.IsInf(i.Hi, 0), "%s: %v", name, i)
			require.True(t, a.lo <= i.Lo && i.Lo <= i.Hi && i.Hi <= a.hi, "%s: %v", name, i)
		}
	})
}
