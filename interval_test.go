package kpi_test

import (
	"encoding/json"
	"math"
	"testing"

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
	plain := kpi.Interval{Lo: 0.25, Hi: 0.5, Confidence: 0.95, N: 7}
	data, err := json.Marshal(plain)
	require.NoError(t, err)
	require.JSONEq(t, `{"lo": 0.25, "hi": 0.5, "confidence": 0.95, "n": 7}`, string(data))
	warned := plain
	warned.Warnings = []kpi.Code{kpi.CodeNoSpread}
	data, err = json.Marshal(warned)
	require.NoError(t, err)
	var back kpi.Interval
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, warned, back)
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
		"NPS":        kpi.NPS{Promoters: 3, Passives: 2, Detractors: 1}.Interval,
		"Mean":       mean.Interval,
		"many":       many.Interval,
	}
	points := map[string]float64{"Proportion": 0.3, "NPS": 100.0 / 3, "Mean": 7.0 / 3, "many": 3.4}
	for name, ask := range asks {
		last := kpi.Interval{Lo: points[name], Hi: points[name]}
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
