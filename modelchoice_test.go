package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// Two customers who are alike and one who is not, against the definitions.
func TestHoldoutCompare(t *testing.T) {
	t.Parallel()
	h := kpi.Holdout{
		Buyers: []kpi.Buyer{{Frequency: 2, Recency: 9, Age: 30}, {Age: 40, Weight: 2}, {Frequency: 2, Recency: 9, Age: 30}},
		Orders: []int64{3, 0, 1}, Time: 30,
	}
	pareto := kpi.FitReport{Model: "ParetoNBD", Parameters: []float64{0.9, 30, 0.6, 20}}
	got, err := h.Compare([]kpi.FitReport{trackingFit, pareto})
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Greater(t, got[0].LogScore, got[1].LogScore)
	for _, s := range got {
		var m model = kpi.BGNBD{R: 0.5, Alpha: 20, A: 1, B: 3}
		if s.Model == "ParetoNBD" {
			m = kpi.ParetoNBD{R: 0.9, Alpha: 30, S: 0.6, Beta: 20}
		}
		want := kpi.ModelScore{Model: s.Model, Customers: 4, Actual: 4}
		for i, b := range h.Buyers {
			w := math.Max(float64(b.Weight), 1)
			e, err := m.Expected(b, 30)
			e = asked(t, e, err)
			p, err := m.PMF(b, h.Orders[i], 30)
			p = asked(t, p, err)
			off := e - float64(h.Orders[i])
			want.Expected += w * e
			want.MAE += w * math.Abs(off) / 4
			want.RMSE += w * off * off / 4
			want.Bias += w * off / 4
			want.LogScore += w * math.Log(p) / 4
		}
		within(t, want.Expected, s.Expected, 1e-12)
		within(t, want.MAE, s.MAE, 1e-12)
		within(t, math.Sqrt(want.RMSE), s.RMSE, 1e-12)
		within(t, want.Bias, s.Bias, 1e-12)
		within(t, want.LogScore, s.LogScore, 1e-12)
		within(t, (s.Expected-float64(s.Actual))/4, s.Bias, 1e-12)
		require.Equal(t, []int64{4, 4}, []int64{s.Customers, s.Actual})
	}

	mixed := kpi.Holdout{Time: h.Time}
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(h.Orders)) {
		mixed.Buyers, mixed.Orders = append(mixed.Buyers, h.Buyers[i]), append(mixed.Orders, h.Orders[i])
	}
	again, err := mixed.Compare([]kpi.FitReport{pareto, trackingFit})
	require.NoError(t, err)
	require.Equal(t, got, again)
	text, err := json.Marshal(got)
	require.NoError(t, err)
	var back kpi.ModelScores
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, got, back)
	require.Equal(t, `| model | log score | RMSE | MAE | bias | expected | actual |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
`, kpi.ModelScores{}.Markdown())
}

func TestHoldoutCompareErrors(t *testing.T) {
	t.Parallel()
	holdoutErrors(t, func(h *kpi.Holdout, fit kpi.FitReport) error {
		_, err := h.Compare([]kpi.FitReport{trackingFit, fit})
		return err
	})
	_, err := (&kpi.Holdout{}).Compare(nil)
	require.Equal(t, kpi.CodeEmpty, requireError(t, err, kpi.ErrInvalid).Code)
	// A million orders in a day are not to be had from such customers.
	h := kpi.Holdout{Buyers: []kpi.Buyer{{Age: 40}, {Age: 40}}, Orders: []int64{0, 1_000_000}, Time: 1}
	_, err = h.Compare([]kpi.FitReport{trackingFit})
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeTooLarge, e.Code)
	require.Equal(t, 1, e.Index)
}

// On CDNOW the log score and the squares do not prefer the same model, and all expect
// fewer orders than there were.
func TestHoldoutCompareOnCDNOW(t *testing.T) {
	t.Parallel()
	orders, exact := cdnowOrders(t)
	h, err := orders.Holdout(kpi.BuyerSpec{Calendar: kpi.Calendar{Unit: kpi.Week}, End: cdnowEnd})
	require.NoError(t, err)
	reports, err := fits(exact, nil)
	require.NoError(t, err)
	got, err := h.Compare(reports[:3])
	require.NoError(t, err)
	require.Equal(t, `model      log score    RMSE     MAE     bias  expected  actual
MBGNBD       -0.9821  1.6072  0.7648  -0.1295    1576.7    1882
BGNBD        -0.9845  1.6080  0.7855  -0.0970    1653.4    1882
ParetoNBD    -0.9872  1.6028  0.7545  -0.0918    1665.5    1882
`, got.String())
}
