package kpi_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestFitsFailLoudly(t *testing.T) {
	t.Parallel()
	some := []kpi.Buyer{{Frequency: 2, Recency: 3, Age: 9, Spend: 4}, {Age: 8}, {Frequency: 1, Recency: 5, Age: 7, Spend: 9}}
	with := func(change func(b *kpi.Buyer)) []kpi.Buyer {
		bs := append([]kpi.Buyer{}, some...)
		change(&bs[2])
		return bs
	}
	tests := []struct {
		name     string
		bs       []kpi.Buyer
		settings *kpi.FitSettings
		code     kpi.Code
		kind     error
		index    int
	}{
		{"nobody", nil, nil, kpi.CodeNoData, kpi.ErrUndefined, -1},
		{"one customer", some[:1], nil, kpi.CodeTooFew, kpi.ErrUndefined, -1},
		{"nobody came back", []kpi.Buyer{{Age: 4}, {Age: 5}, {Age: 9}}, nil, kpi.CodeTooFew, kpi.ErrUndefined, -1},
		{"nobody was watched", []kpi.Buyer{{}, {}}, nil, kpi.CodeTooFew, kpi.ErrUndefined, -1},
		{"recency above age", with(func(b *kpi.Buyer) { b.Recency = 7.5 }), nil, kpi.CodePartExceedsWhole, kpi.ErrInvalid, 2},
		{"recency without frequency", with(func(b *kpi.Buyer) { b.Frequency = 0 }), nil, kpi.CodeMismatch, kpi.ErrInvalid, 2},
		{"frequency without recency", with(func(b *kpi.Buyer) { b.Recency = 0 }), nil, kpi.CodeMismatch, kpi.ErrInvalid, 2},
		{"negative frequency", with(func(b *kpi.Buyer) { b.Frequency = -1 }), nil, kpi.CodeNegative, kpi.ErrInvalid, 2},
		{"frequency past a float64", with(func(b *kpi.Buyer) { b.Frequency = 1 << 60 }), nil, kpi.CodeTooLarge, kpi.ErrInvalid, 2},
		{"negative weight", with(func(b *kpi.Buyer) { b.Weight = -1 }), nil, kpi.CodeNegative, kpi.ErrInvalid, 2},
		{"weights overflow", with(func(b *kpi.Buyer) { b.Weight = math.MaxInt64 }), nil, kpi.CodeOverflow, kpi.ErrInvalid, 2},
		{"no number", with(func(b *kpi.Buyer) { b.Age = math.NaN() }), nil, kpi.CodeNotFinite, kpi.ErrInvalid, 2},
		{"endless", with(func(b *kpi.Buyer) { b.Age = math.Inf(1) }), nil, kpi.CodeNotFinite, kpi.ErrInvalid, 2},
		{"negative age", with(func(b *kpi.Buyer) { b.Age = -1 }), nil, kpi.CodeNegative, kpi.ErrInvalid, 2},
		{"another unit", with(func(b *kpi.Buyer) { b.Unit = kpi.Week }), nil, kpi.CodeMismatch, kpi.ErrInvalid, 2},
		{"no unit", with(func(b *kpi.Buyer) { b.Unit = 9 }), nil, kpi.CodeOutOfRange, kpi.ErrInvalid, 2},
		{"negative settings", some, &kpi.FitSettings{Workers: -1}, kpi.CodeNegative, kpi.ErrInvalid, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, fit := range map[string]func() (any, error){
				"FitBGNBD":     func() (any, error) { m, _, err := kpi.FitBGNBD(tt.bs, tt.settings); return m, err },
				"FitMBGNBD":    func() (any, error) { m, _, err := kpi.FitMBGNBD(tt.bs, tt.settings); return m, err },
				"FitParetoNBD": func() (any, error) { m, _, err := kpi.FitParetoNBD(tt.bs, tt.settings); return m, err },
			} {
				m, err := fit()
				e := requireError(t, err, tt.kind)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, name, e.Metric)
				require.Equal(t, tt.index, e.Index)
				require.Zero(t, m)
			}
		})
	}
	for name, tt := range map[string]struct {
		bs   []kpi.Buyer
		code kpi.Code
		kind error
	}{
		"nobody":           {nil, kpi.CodeNoData, kpi.ErrUndefined},
		"nobody came back": {some[1:2], kpi.CodeNoData, kpi.ErrUndefined},
		"one customer":     {some[:2], kpi.CodeTooFew, kpi.ErrUndefined},
		"equal spends":     {with(func(b *kpi.Buyer) { b.Spend = 4 }), kpi.CodeNoSpread, kpi.ErrUndefined},
		"free":             {with(func(b *kpi.Buyer) { b.Spend = 0 }), kpi.CodeOutOfRange, kpi.ErrInvalid},
		"refunded":         {with(func(b *kpi.Buyer) { b.Spend = -3 }), kpi.CodeOutOfRange, kpi.ErrInvalid},
		"no number":        {with(func(b *kpi.Buyer) { b.Spend = math.NaN() }), kpi.CodeNotFinite, kpi.ErrInvalid},
		"negative priced":  {with(func(b *kpi.Buyer) { b.Priced = -3 }), kpi.CodeNegative, kpi.ErrInvalid},
		"priced too many":  {with(func(b *kpi.Buyer) { b.Priced = 1 << 60 }), kpi.CodeTooLarge, kpi.ErrInvalid},
	} {
		m, _, err := kpi.FitGammaGamma(tt.bs, nil)
		require.Equal(t, tt.code, requireError(t, err, tt.kind).Code, name)
		require.Zero(t, m)
	}
	// Too few steps allowed.
	_, report, err := kpi.FitParetoNBD(simulated(1, 500, false), &kpi.FitSettings{Evaluations: 3})
	require.Equal(t, kpi.CodeIterations, requireError(t, err, kpi.ErrNotConverged).Code)
	require.Zero(t, report)
}

// Where nobody was seen to fall silent, the parameters of the end are open, and the
// report says so.
func TestWeakIdentification(t *testing.T) {
	t.Parallel()
	bs := make([]kpi.Buyer, 60)
	for i := range bs {
		bs[i] = kpi.Buyer{Frequency: int64(8 + i%5), Recency: 39.5, Age: 40}
	}
	_, report, err := kpi.FitBGNBD(bs, nil)
	if err == nil {
		require.Contains(t, report.Warnings, kpi.CodeWeak)
	} else {
		requireError(t, err, kpi.ErrNotConverged)
	}
	_, report, err = kpi.FitParetoNBD(bs, nil)
	if err == nil {
		require.Contains(t, report.Warnings, kpi.CodeWeak)
	} else {
		requireError(t, err, kpi.ErrNotConverged)
	}
}

func TestPredictionsFailLoudly(t *testing.T) {
	t.Parallel()
	b := kpi.Buyer{Frequency: 2, Recency: 3, Age: 9}
	good := []model{
		kpi.BGNBD{R: 1, Alpha: 9, A: 1, B: 2}, kpi.MBGNBD{R: 1, Alpha: 9, A: 1, B: 2}, kpi.ParetoNBD{R: 1, Alpha: 9, S: 1, Beta: 2},
	}
	for _, m := range good {
		for name, tt := range map[string]struct {
			ask  func() (float64, error)
			code kpi.Code
			kind error
		}{
			"time":        {func() (float64, error) { return m.Expected(b, -1) }, kpi.CodeNegative, kpi.ErrInvalid},
			"endless":     {func() (float64, error) { return m.Expected(b, math.Inf(1)) }, kpi.CodeNotFinite, kpi.ErrInvalid},
			"alive":       {func() (float64, error) { return m.PAliveAt(b, math.NaN()) }, kpi.CodeNotFinite, kpi.ErrInvalid},
			"count":       {func() (float64, error) { return m.PMF(b, -1, 3) }, kpi.CodeNegative, kpi.ErrInvalid},
			"large count": {func() (float64, error) { return m.PMF(b, 1<<60, 3) }, kpi.CodeTooLarge, kpi.ErrInvalid},
			"pmf":         {func() (float64, error) { return m.PMF(b, 1, -3) }, kpi.CodeNegative, kpi.ErrInvalid},
			"within":      {func() (float64, error) { return m.DERTWithin(b, kpi.Percent(10), math.Inf(1)) }, kpi.CodeNotFinite, kpi.ErrInvalid},
			"annual":      {func() (float64, error) { return m.DERT(b, kpi.Percent(-10)) }, kpi.CodeNegative, kpi.ErrInvalid},
			"for ever":    {func() (float64, error) { return m.DERT(b, kpi.Whole(0)) }, kpi.CodeDiverges, kpi.ErrUndefined},
			"unit":        {func() (float64, error) { return m.PAlive(kpi.Buyer{Unit: kpi.Week}) }, kpi.CodeMismatch, kpi.ErrInvalid},
			"units":       {func() (float64, error) { return m.LogLikelihood([]kpi.Buyer{{Unit: kpi.Week}}) }, kpi.CodeMismatch, kpi.ErrInvalid},
			"buyer":       {func() (float64, error) { return m.PAlive(kpi.Buyer{Recency: 1}) }, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		} {
			v, err := tt.ask()
			require.Equal(t, tt.code, requireError(t, err, tt.kind).Code, name)
			require.Zero(t, v)
		}
	}
	for _, m := range []model{
		kpi.BGNBD{},
		kpi.MBGNBD{R: 1, Alpha: 1, A: 1, B: -1},
		kpi.ParetoNBD{R: 1, Alpha: math.NaN(), S: 1, Beta: 1},
		kpi.BGNBD{R: 1, Alpha: math.Inf(1), A: 1, B: 1},
		kpi.ParetoNBD{R: 1, Alpha: 1, S: 1, Beta: 1, Unit: -1},
	} {
		for _, ask := range []func() (float64, error){
			func() (float64, error) { return m.Expected(b, 1) }, func() (float64, error) { return m.PAlive(b) },
			func() (float64, error) { return m.PAliveAt(b, 1) }, func() (float64, error) { return m.PMF(b, 1, 1) },
			func() (float64, error) { return m.DERT(b, kpi.Percent(1)) },
			func() (float64, error) { return m.DERTWithin(b, kpi.Percent(1), 1) },
			func() (float64, error) { return m.LogLikelihood([]kpi.Buyer{b}) },
		} {
			_, err := ask()
			requireError(t, err, kpi.ErrInvalid)
		}
	}
	// Without a discount the sum is finite where drop-out is common enough.
	all, err := kpi.BGNBD{R: 1, Alpha: 9, A: 3, B: 2}.DERT(b, kpi.Whole(0))
	require.NoError(t, err)
	far, err := kpi.BGNBD{R: 1, Alpha: 9, A: 3, B: 2}.Expected(b, 1e9)
	require.NoError(t, err)
	within(t, all, far, 1e-6)
	all, err = kpi.ParetoNBD{R: 1, Alpha: 9, S: 3, Beta: 2}.DERT(b, kpi.Whole(0))
	require.NoError(t, err)
	far, err = kpi.ParetoNBD{R: 1, Alpha: 9, S: 3, Beta: 2}.Expected(b, 1e9)
	require.NoError(t, err)
	within(t, all, far, 1e-6)
}

// With Q ≤ 1 all customers have no finite mean, and one who is known has where
// P·n + Q > 1; never is there a negative spend.
func TestGammaGammaWithoutMean(t *testing.T) {
	t.Parallel()
	m := kpi.GammaGamma{P: 0.3, Q: 0.6, V: 10}
	_, err := m.Mean()
	require.Equal(t, kpi.CodeDiverges, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = m.Expected(kpi.Buyer{Frequency: 1, Spend: 5})
	require.Equal(t, kpi.CodeDiverges, requireError(t, err, kpi.ErrUndefined).Code)
	mean, err := m.Expected(kpi.Buyer{Frequency: 2, Spend: 5})
	require.NoError(t, err)
	within(t, 0.3*(10+2*5)/(0.3*2+0.6-1), mean, 1e-14) // 30
	mean, err = kpi.GammaGamma{P: 6, Q: 4, V: 15}.Mean()
	require.NoError(t, err)
	require.Equal(t, 30.0, mean)
	_, err = kpi.GammaGamma{P: 6, Q: 4}.Mean()
	requireError(t, err, kpi.ErrInvalid)
	_, err = kpi.GammaGamma{P: 6, Q: 4}.LogLikelihood(nil)
	requireError(t, err, kpi.ErrInvalid)
	_, err = kpi.GammaGamma{P: 6, Q: 4, V: 1}.LogLikelihood([]kpi.Buyer{{Priced: -1}})
	requireError(t, err, kpi.ErrInvalid)
}

// A value of 100 at a margin of 30 % is 30; a horizon in months is that in weeks.
func TestModelsCLV(t *testing.T) {
	t.Parallel()
	spend, tenth := kpi.GammaGamma{P: 6.25, Q: 3.74, V: 15.44}, kpi.Percent(10)
	b := kpi.Buyer{Frequency: 2, Recency: 30.43, Age: 38.86, Spend: 22.35, Unit: kpi.Week}
	m := kpi.ParetoNBD{R: 0.553, Alpha: 10.578, S: 0.606, Beta: 11.669, Unit: kpi.Week}
	orders, err := m.DERT(b, tenth)
	require.NoError(t, err)
	mean, err := spend.Expected(b)
	require.NoError(t, err)
	value, err := m.CLV(b, spend, kpi.Percent(30), tenth)
	require.NoError(t, err)
	require.InDelta(t, 0.3*orders*mean, value.InexactFloat64(), 0.00005)
	require.Equal(t, int32(-4), value.Exponent())

	orders, err = m.DERTWithin(b, tenth, 365.2425/7)
	require.NoError(t, err)
	year, err := m.CLVWithin(b, spend, kpi.Percent(30), tenth, 1, kpi.Year)
	require.NoError(t, err)
	require.InDelta(t, 0.3*orders*mean, year.InexactFloat64(), 0.00005)
	months, err := m.CLVWithin(b, spend, kpi.Percent(30), tenth, 12, kpi.Month)
	require.NoError(t, err)
	require.True(t, year.Equal(months))
	require.True(t, year.LessThan(value))

	// The annual rate means the same in any unit.
	day := kpi.ParetoNBD{R: 0.553, Alpha: 7 * 10.578, S: 0.606, Beta: 7 * 11.669}
	same, err := day.CLV(kpi.Buyer{Frequency: 2, Recency: 7 * 30.43, Age: 7 * 38.86, Spend: 22.35}, spend, kpi.Percent(30), tenth)
	require.NoError(t, err)
	require.True(t, value.Equal(same), "%s %s", value, same)

	for _, ask := range []func() error{
		func() error { _, err := m.CLVWithin(b, spend, kpi.Percent(30), tenth, -1, kpi.Year); return err },
		func() error { _, err := m.CLVWithin(b, spend, kpi.Percent(30), tenth, 1, 9); return err },
		func() error { _, err := m.CLV(b, kpi.GammaGamma{}, kpi.Percent(30), tenth); return err },
		func() error { _, err := m.CLV(b, spend, kpi.Percent(30), kpi.Percent(-1)); return err },
		func() error { _, err := m.CLV(kpi.Buyer{}, spend, kpi.Percent(30), tenth); return err },
	} {
		requireError(t, ask(), kpi.ErrInvalid)
	}
}

func TestFitReport(t *testing.T) {
	t.Parallel()
	r := kpi.FitReport{
		Model: "M", Names: []string{"A", "B"}, Parameters: []float64{2, 5}, StdErrs: []float64{0.2}, N: 100, Unit: kpi.Week,
		Warnings: []kpi.Code{kpi.CodeWeak},
	}
	i, err := r.Interval("A", 0.95)
	require.NoError(t, err)
	within(t, 2*math.Exp(-1.959963984540054*0.1), i.Lo, 1e-14)
	within(t, 2*math.Exp(1.959963984540054*0.1), i.Hi, 1e-14)
	require.Equal(t, []kpi.Code{kpi.CodeWeak}, i.Warnings)
	_, err = r.Interval("B", 0.95)
	require.Equal(t, kpi.CodeWeak, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = r.Interval("C", 0.95)
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = r.Interval("A", 1)
	requireError(t, err, kpi.ErrInvalid)
	r.Parameters[0] = -1
	_, err = r.Interval("A", 0.5)
	requireError(t, err, kpi.ErrInvalid)

	require.Contains(t, r.String(), "B")
	require.Contains(t, r.Markdown(), "| A |")
	data, err := json.Marshal(r)
	require.NoError(t, err)
	var back kpi.FitReport
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, r, back)
}
