package kpi_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// finiteOrError requires a number, within limits, or an *Error.
func finiteOrError(t *testing.T, v float64, err error, lo, hi float64) {
	t.Helper()
	if err != nil {
		var e *kpi.Error
		require.ErrorAs(t, err, &e)
		require.Zero(t, v)
		return
	}
	require.True(t, lo <= v && v <= hi && !math.IsInf(v, 0), v)
}

// Whatever the parameters, a likelihood and a prediction are numbers or errors, and
// probabilities are between 0 and 1.
func FuzzModels(f *testing.F) {
	f.Add(0.243, 4.414, 0.793, 2.426, int64(2), 30.43, 38.86, 10.0, int64(3), 10)
	f.Add(10.465, 0.00798, 3.0516, 2.82, int64(50), 4.0, 37.0, 1e9, int64(171), 0)
	f.Add(1e-300, 1e300, 1e-9, 1e17, int64(1<<53), 1e-300, 1e300, 1e308, int64(1<<53), 1000000)
	f.Add(1e17, 1e-17, 1e17, 1e-17, int64(0), 0.0, 0.0, 1e-300, int64(0), 1)
	f.Fuzz(func(t *testing.T, p, q, r, s float64, x int64, recency, age, time float64, n int64, percent int) {
		b := kpi.Buyer{Frequency: x, Recency: recency, Age: age, Spend: time, Priced: n % 5}
		rate := kpi.Percent(percent)
		spend := kpi.GammaGamma{P: p, Q: q, V: r}
		for _, m := range []model{
			kpi.BGNBD{R: p, Alpha: q, A: r, B: s}, kpi.MBGNBD{R: p, Alpha: q, A: r, B: s}, kpi.ParetoNBD{R: p, Alpha: q, S: r, Beta: s},
		} {
			v, err := m.LogLikelihood([]kpi.Buyer{b, b})
			finiteOrError(t, v, err, math.Inf(-1), math.Inf(1))
			v, err = m.PAlive(b)
			finiteOrError(t, v, err, 0, 1)
			v, err = m.PAliveAt(b, time)
			finiteOrError(t, v, err, 0, 1)
			v, err = m.PMF(b, n, time)
			finiteOrError(t, v, err, 0, 1)
			v, err = m.Expected(b, time)
			finiteOrError(t, v, err, 0, math.Inf(1))
			v, err = m.DERT(b, rate)
			finiteOrError(t, v, err, 0, math.Inf(1))
			v, err = m.DERTWithin(b, rate, time)
			finiteOrError(t, v, err, 0, math.Inf(1))
		}
		v, err := spend.LogLikelihood([]kpi.Buyer{b, b})
		finiteOrError(t, v, err, math.Inf(-1), math.Inf(1))
		v, err = spend.Expected(b)
		finiteOrError(t, v, err, 0, math.Inf(1))
		if _, err := (kpi.BGNBD{R: p, Alpha: q, A: r, B: s}).CLVWithin(b, spend, rate, rate, n, kpi.Month); err != nil {
			finiteOrError(t, 0, err, 0, 0)
		}
	})
}

// Whatever the buyers, a fit is a model with a finite report or an error.
func FuzzFits(f *testing.F) {
	f.Add([]byte{2, 30, 39, 5, 0, 0, 20, 0, 1, 3, 9, 7}, 1.0)
	f.Add([]byte{200, 255, 255, 5, 1, 1, 1, 1, 0, 0, 0, 0, 1, 3, 9, 7}, 1e12)
	f.Fuzz(func(t *testing.T, data []byte, unit float64) {
		var bs []kpi.Buyer
		for i := 0; i+4 <= len(data) && i < 400; i += 4 {
			word := binary.LittleEndian.Uint32(data[i:])
			b := kpi.Buyer{Frequency: int64(word & 255), Age: unit * float64(word>>16&255), Spend: unit * float64(word>>24)}
			if b.Frequency > 0 {
				b.Recency = unit * float64(word>>8&255)
			}
			bs = append(bs, b)
		}
		reports, err := fits(bs, &kpi.FitSettings{Evaluations: 100, Workers: 1})
		if err != nil {
			finiteOrError(t, 0, err, 0, 0)
		}
		for _, r := range reports {
			for _, v := range append(append([]float64{r.LogLikelihood, r.AIC, r.BIC, r.Condition}, r.Parameters...), r.StdErrs...) {
				require.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%+v", r)
			}
		}
	})
}
