package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// lifetimes' own test: CDNOW by days, fitted to the first nine months.
func TestTracking(t *testing.T) {
	t.Parallel()
	var cases []published
	readReference(t, "clv/published_cases.json", &cases)
	for _, c := range cases {
		if c.ID != "bgnbd_daily_tracking_first14" {
			continue
		}
		customers, _ := cdnowOrders(t)
		spec := kpi.BuyerSpec{End: cdnowEnd}
		buyers, err := customers.Buyers(spec)
		require.NoError(t, err)
		_, report, err := kpi.FitBGNBD(buyers, nil)
		require.NoError(t, err)
		first := time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC)
		days, err := spec.Calendar.Periods(first, first.AddDate(0, 0, 14))
		require.NoError(t, err)
		tracking, err := customers.Tracking(report, spec, days)
		require.NoError(t, err)
		tracking = tracking[10:]
		for i, want := range floatsOf(t, c.Expected) {
			c.requireNear(t, want, tracking[i].ExpectedToDate)
			require.Equal(t, int64(floatsOf(t, c.Inputs["actual"])[i]), tracking[i].ActualToDate)
		}
		return
	}
	t.Fatal("the case is gone")
}

var trackingFit = kpi.FitReport{Model: "BGNBD", Parameters: []float64{0.5, 20, 1, 3}}

// The buyers of customers_example_test.go: Ann orders on 5 January, 9 and 20 February,
// Bob on 31 January, Cid twice on 1 February.
func TestTrackingByHand(t *testing.T) {
	t.Parallel()
	c, err := buyers()
	require.NoError(t, err)
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	expected := func(t *testing.T, days ...float64) (sum float64) {
		t.Helper()
		for _, time := range days {
			e, err := kpi.BGNBD{R: 0.5, Alpha: 20, A: 1, B: 3}.Expected(kpi.Buyer{}, time)
			sum += asked(t, e, err)
		}
		return sum
	}
	january := kpi.Period{Start: day(1, 1), End: day(2, 1)}
	half, rest := kpi.Period{Start: day(2, 1), End: day(2, 10)}, kpi.Period{Start: day(2, 10), End: day(2, 21)}

	// Cid is no buyer yet at the end of January.
	got, err := c.Tracking(trackingFit, kpi.BuyerSpec{End: day(2, 1)}, []kpi.Period{january, half, rest})
	require.NoError(t, err)
	want := [][4]float64{{2, 0, expected(t, 27, 1), expected(t, 27, 1)}}
	want = append(want, [4]float64{2, 1, expected(t, 36, 10) - want[0][3], expected(t, 36, 10)})
	want = append(want, [4]float64{2, 1, expected(t, 47, 21) - want[1][3], expected(t, 47, 21)})
	var actual int64
	for i, r := range got {
		for k, v := range []float64{float64(r.Customers), float64(r.Actual), r.Expected, r.ExpectedToDate} {
			require.InDelta(t, want[i][k], v, 1e-12)
		}
		require.Equal(t, i > 0, r.Holdout)
		actual += r.Actual
		require.Equal(t, actual, r.ActualToDate)
	}

	// From February on: what came before counts for nothing but when they began.
	got, err = c.Tracking(trackingFit, kpi.BuyerSpec{}, []kpi.Period{half, rest})
	require.NoError(t, err)
	require.Equal(t, int64(3), got[0].Customers)
	require.False(t, got[1].Holdout)
	require.InDelta(t, expected(t, 36, 10, 9)-expected(t, 27, 1), got[0].ExpectedToDate, 1e-12)
	require.InDelta(t, expected(t, 47, 21, 20)-expected(t, 27, 1), got[1].ExpectedToDate, 1e-12)
	require.Equal(t, []int64{1, 2}, []int64{got[0].ActualToDate, got[1].ActualToDate})

	text, err := json.Marshal(got)
	require.NoError(t, err)
	var back kpi.Tracking
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, got, back)
	require.Equal(t, `| period | data | customers | actual | expected | actual to date | expected to date |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
`, kpi.Tracking{}.Markdown())

	// Of whole weeks, which begin on Mondays: Ann's first is that of 5 January. The
	// fit's unit is then a week.
	weekly := trackingFit
	weekly.Unit = kpi.Week
	spec := kpi.BuyerSpec{Calendar: kpi.Calendar{Unit: kpi.Week}, Whole: true}
	weeks, err := spec.Calendar.Periods(day(1, 5), day(2, 23))
	require.NoError(t, err)
	got, err = c.Tracking(weekly, spec, weeks)
	require.NoError(t, err)
	require.Len(t, got, 7)
	require.InDelta(t, expected(t, 7, 4, 4), got[6].ExpectedToDate, 1e-12)
	require.Equal(t, int64(2), got[6].ActualToDate)
}

func TestTrackingErrors(t *testing.T) {
	t.Parallel()
	c, err := buyers()
	require.NoError(t, err)
	january := kpi.Calendar{Unit: kpi.Month}.Of(time.Date(2026, 1, 9, 0, 0, 0, 0, time.UTC))
	for name, tt := range map[string]struct {
		fit     func(r *kpi.FitReport)
		spec    kpi.BuyerSpec
		periods []kpi.Period
		code    kpi.Code
		index   int
	}{
		"no periods":      {code: kpi.CodeEmpty, index: -1},
		"an empty period": {periods: []kpi.Period{january, {}}, code: kpi.CodeTime, index: 1},
		"a gap":           {periods: []kpi.Period{january.Previous().Previous(), january}, code: kpi.CodeOrder, index: 1},
		"after AsOf":      {periods: []kpi.Period{january, january.Next(), january.Next().Next()}, code: kpi.CodeTime, index: 2},
		"a year beyond":   {periods: []kpi.Period{{Start: time.Date(-9e8, 1, 1, 0, 0, 0, 0, time.UTC), End: january.End}}, code: kpi.CodeTime, index: 0},
		"another unit":    {spec: kpi.BuyerSpec{Calendar: kpi.Calendar{Unit: kpi.Week}}, code: kpi.CodeMismatch, index: -1},
		"no such unit":    {spec: kpi.BuyerSpec{Calendar: kpi.Calendar{Unit: 9}}, code: kpi.CodeOutOfRange, index: -1},
		"no such model":   {fit: func(r *kpi.FitReport) { r.Model = "GammaGamma" }, code: kpi.CodeUnknownName, index: -1},
		"too few":         {fit: func(r *kpi.FitReport) { r.Parameters = r.Parameters[:3] }, code: kpi.CodeLength, index: -1},
		"not a number":    {fit: func(r *kpi.FitReport) { r.Parameters = []float64{1, math.NaN(), 1, 1} }, code: kpi.CodeNotFinite, index: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fit := trackingFit
			if tt.fit != nil {
				tt.fit(&fit)
			}
			if tt.periods == nil && tt.code != kpi.CodeEmpty {
				tt.periods = []kpi.Period{january}
			}
			_, err := c.Tracking(fit, tt.spec, tt.periods)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
		})
	}
}

// Two frequencies; of the last, four customers in two rows.
func TestHoldoutByFrequency(t *testing.T) {
	t.Parallel()
	h := kpi.Holdout{
		Buyers: []kpi.Buyer{{Age: 40}, {Frequency: 2, Recency: 9, Age: 30, Weight: 3}, {Age: 40}, {Frequency: 5, Recency: 20, Age: 20}, {Age: 40}},
		Orders: []int64{1, 2, 0, 4, 0}, Time: 30,
	}
	m := kpi.BGNBD{R: 0.5, Alpha: 20, A: 1, B: 3}
	expected := func(i int) float64 {
		e, err := m.Expected(h.Buyers[i], 30)
		return asked(t, e, err)
	}
	got, err := h.ByFrequency(trackingFit, 2)
	require.NoError(t, err)
	require.Len(t, got, 3)
	for i, want := range (kpi.HoldoutTable{
		{Frequency: 0, Customers: 3, Actual: 1, Expected: 3 * expected(0)},
		{Frequency: 1},
		{Frequency: 2, Customers: 4, Actual: 10, Expected: 3*expected(1) + expected(3)},
	}) {
		require.InDelta(t, want.Expected, got[i].Expected, 1e-12)
		want.Expected = got[i].Expected
		require.Equal(t, want, got[i])
	}
	require.Equal(t, `frequency  customers  actual  expected  actual each  expected each
0                  3       1       0.7         0.33           0.23
1                  0       0       0.0            –              –
2+                 4      10       4.8         2.50           1.21
`, got.String())
	text, err := json.Marshal(got)
	require.NoError(t, err)
	var back kpi.HoldoutTable
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, got, back)

	mixed := kpi.Holdout{Time: h.Time}
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(h.Orders)) {
		mixed.Buyers, mixed.Orders = append(mixed.Buyers, h.Buyers[i]), append(mixed.Orders, h.Orders[i])
	}
	again, err := mixed.ByFrequency(trackingFit, 2)
	require.NoError(t, err)
	require.Equal(t, got, again)
}

// holdoutErrors are what no question to a Holdout can be answered with.
func holdoutErrors(t *testing.T, ask func(h *kpi.Holdout, fit kpi.FitReport) error) {
	t.Helper()
	for name, tt := range map[string]struct {
		change func(h *kpi.Holdout, fit *kpi.FitReport)
		code   kpi.Code
		index  int
		kind   error
	}{
		"no buyers":   {func(h *kpi.Holdout, _ *kpi.FitReport) { h.Buyers, h.Orders = nil, nil }, kpi.CodeNoData, -1, kpi.ErrUndefined},
		"lengths":     {func(h *kpi.Holdout, _ *kpi.FitReport) { h.Orders = h.Orders[1:] }, kpi.CodeLength, -1, kpi.ErrInvalid},
		"time":        {func(h *kpi.Holdout, _ *kpi.FitReport) { h.Time = math.Inf(1) }, kpi.CodeNotFinite, -1, kpi.ErrInvalid},
		"orders":      {func(h *kpi.Holdout, _ *kpi.FitReport) { h.Orders[1] = -1 }, kpi.CodeNegative, 1, kpi.ErrInvalid},
		"many orders": {func(h *kpi.Holdout, _ *kpi.FitReport) { h.Orders[1] = math.MaxInt64 }, kpi.CodeTooLarge, 1, kpi.ErrInvalid},
		"a buyer":     {func(h *kpi.Holdout, _ *kpi.FitReport) { h.Buyers[1].Recency = 99 }, kpi.CodePartExceedsWhole, 1, kpi.ErrInvalid},
		"weights": {func(h *kpi.Holdout, _ *kpi.FitReport) {
			h.Buyers[0].Weight, h.Buyers[1].Weight, h.Orders[0], h.Orders[1] = math.MaxInt64, 1, 0, 0
		}, kpi.CodeOverflow, 1, kpi.ErrInvalid},
		"another unit":  {func(h *kpi.Holdout, _ *kpi.FitReport) { h.Buyers[1].Unit = kpi.Week }, kpi.CodeMismatch, 1, kpi.ErrInvalid},
		"the fit's":     {func(_ *kpi.Holdout, fit *kpi.FitReport) { fit.Unit = kpi.Week }, kpi.CodeMismatch, 0, kpi.ErrInvalid},
		"no such model": {func(_ *kpi.Holdout, fit *kpi.FitReport) { fit.Model = "" }, kpi.CodeUnknownName, -1, kpi.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &kpi.Holdout{Buyers: []kpi.Buyer{{Age: 40}, {Frequency: 2, Recency: 9, Age: 30}}, Orders: []int64{0, 3}, Time: 30}
			fit := trackingFit
			tt.change(h, &fit)
			e := requireError(t, ask(h, fit), tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
		})
	}
}

func TestHoldoutByFrequencyErrors(t *testing.T) {
	t.Parallel()
	holdoutErrors(t, func(h *kpi.Holdout, fit kpi.FitReport) error {
		_, err := h.ByFrequency(fit, 7)
		return err
	})
	for _, last := range []int{-1, 1001} {
		_, err := (&kpi.Holdout{}).ByFrequency(trackingFit, last)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
}
