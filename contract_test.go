package kpi_test

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestContractErrors(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	s := survivorsOf(t, regular)
	bad := []lifeModel{
		kpi.SBG{},
		yearly(-1, 1), yearly(1, 0), yearly(nan, 1), yearly(1, inf), yearly(1e-10, 1), yearly(1, 2e9),
		kpi.SBG{Alpha: 1, Beta: 1, Unit: -1},
		kpi.BdW{Alpha: 1, Beta: 1},
		kpi.BdW{Alpha: 1, Beta: 1, C: nan},
		kpi.BdW{Alpha: 1, Beta: 1, C: 11},
		kpi.BdW{Alpha: inf, Beta: 1, C: 1},
		kpi.BdW{Alpha: 1, Beta: 1, C: 1, Unit: 9},
	}
	for _, m := range bad {
		for _, ask := range []func() (float64, error){
			m.Lifetime,
			func() (float64, error) { return m.LogLikelihood(s) },
			func() (float64, error) { return m.Survival(1) },
			func() (float64, error) { return m.Retention(1) },
			func() (float64, error) { return m.Churn(1) },
			func() (float64, error) { return m.DEL(kpi.Percent(1)) },
			func() (float64, error) { return m.DERLBefore(1, kpi.Percent(1)) },
			func() (float64, error) { return m.DERLAfter(1, kpi.Percent(1)) },
		} {
			v, err := ask()
			require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code, m)
			require.Zero(t, v)
		}
	}
	for _, m := range []lifeModel{yearly(1, 1), kpi.BdW{Alpha: 1, Beta: 1, C: 2, Unit: kpi.Day}} {
		for code, asks := range map[kpi.Code][]func() (float64, error){
			kpi.CodeOutOfRange: {
				func() (float64, error) { return m.Survival(-1) },
				func() (float64, error) { return m.Survival(1_000_001) },
				func() (float64, error) { return m.Retention(0) },
				func() (float64, error) { return m.Churn(1_000_001) },
				func() (float64, error) { return m.DERLBefore(0, kpi.Percent(1)) },
				func() (float64, error) { return m.DERLAfter(-1, kpi.Percent(1)) },
				func() (float64, error) { return m.DEL(must("1e-40")) },
			},
			kpi.CodeNegative: {
				func() (float64, error) { return m.DEL(kpi.Percent(-1)) },
				func() (float64, error) { return m.DERLAfter(1, kpi.Percent(-300)) },
			},
		} {
			for _, ask := range asks {
				v, err := ask()
				require.Equal(t, code, requireError(t, err, kpi.ErrInvalid).Code)
				require.Zero(t, v)
			}
		}
		_, err := m.Survival(1_000_000)
		require.NoError(t, err)
	}

	// Renewal tables that are none.
	step := func(time float64, risk, events, censored int64) kpi.SurvivalStep {
		return kpi.SurvivalStep{Time: time, AtRisk: risk, Events: events, Censored: censored}
	}
	for name, steps := range map[string][]kpi.SurvivalStep{
		"an age that is not whole": {step(1, 9, 1, 0), step(1.5, 8, 1, 7)},
		"an age that is too high":  {step(1, 9, 1, 0), step(1e6+1, 8, 1, 7)},
		"not a number":             {step(1, 9, 1, 0), step(nan, 8, 1, 7)},
		"more than there were":     {step(1, 9, 1, 0), step(2, 8, 1, 9)},
	} {
		_, err := yearly(1, 1).LogLikelihood(kpi.Survival{Steps: steps})
		require.Equal(t, 1, requireError(t, err, kpi.ErrInvalid).Index, name)
		_, _, err = kpi.FitSBG(kpi.Survival{Steps: steps}, kpi.Year, nil)
		require.Equal(t, 1, requireError(t, err, kpi.ErrInvalid).Index, name)
	}
	_, err := yearly(1, 1).LogLikelihood(kpi.Survival{Steps: []kpi.SurvivalStep{step(0, 9, 1, 8)}})
	require.Equal(t, 0, requireError(t, err, kpi.ErrInvalid).Index, "left before any renewal")
	_, err = yearly(1, 1).LogLikelihood(kpi.Survival{From: 0.5, Steps: []kpi.SurvivalStep{step(1, 9, 1, 8)}})
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
}

// In money: lives times margin, as RetentionCLV in advance has it where customers are
// alike.
func TestContractCLV(t *testing.T) {
	t.Parallel()
	for _, m := range []interface {
		lifeModel
		CLV(margin, annual kpi.Ratio) (decimal.Decimal, error)
	}{yearly(0.668, 3.806), kpi.BdW{Alpha: 0.26, Beta: 1.72, C: 1.58, Unit: kpi.Month}} {
		lives, err := m.DEL(kpi.Percent(10))
		require.NoError(t, err)
		got, err := m.CLV(kpi.Whole(-250), kpi.Percent(10))
		require.NoError(t, err)
		require.InDelta(t, -250*lives, got.InexactFloat64(), 5.1e-5)
		_, err = m.CLV(kpi.Whole(1), kpi.Percent(-1))
		require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
		_, err = m.CLV(kpi.Must(kpi.Whole(10).Pow(400)), kpi.Percent(10))
		require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	}
	// At 80 % retained.
	got, err := yearly(2e8, 8e8).CLV(kpi.Whole(1000), kpi.Percent(10))
	require.NoError(t, err)
	require.InDelta(t, 11000.0/3, got.InexactFloat64(), 1e-3)
}

func TestContractJSON(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(kpi.BdW{Alpha: 0.25, Beta: 1.5, C: 1.6, Unit: kpi.Month})
	require.NoError(t, err)
	require.JSONEq(t, `{"alpha": 0.25, "beta": 1.5, "c": 1.6, "unit": "month"}`, string(data))
	var m kpi.SBG
	require.NoError(t, json.Unmarshal([]byte(`{"alpha": 0.668, "beta": 3.806, "unit": "year"}`), &m))
	require.Equal(t, yearly(0.668, 3.806), m)
}

// Whatever the parameters, the table and the question, an answer is finite and in its
// bounds, or there is an error.
func FuzzContract(f *testing.F) {
	f.Add(0.704, 1.182, 1.0, 3, "0.1", []byte{100, 63, 47, 38, 33})
	f.Add(0.26, 1.72, 1.58, 1, "0", []byte{200, 9, 9, 0})
	f.Add(1e-9, 1e9, 10.0, 1_000_000, "1e-20", []byte{1, 1})
	f.Add(1e9, 1e-9, 0.01, 0, "1e9", []byte{255, 254, 253, 1})
	f.Add(1.0000001, 1e9, 1.0, 40, "0", []byte{3})
	f.Add(math.NaN(), math.Inf(1), -1.0, -1, "-2", []byte{})
	f.Fuzz(func(t *testing.T, alpha, beta, c float64, n int, annual string, counts []byte) {
		rate, err := kpi.ParseRatio(annual)
		if err != nil {
			return
		}
		survivors := make([]int64, len(counts))
		for i, b := range counts {
			survivors[i] = int64(b)
			if i > 0 {
				survivors[i] = min(survivors[i], survivors[i-1])
			}
		}
		s, err := kpi.SurvivalOf(survivors)
		table := refused(t, err)
		for _, m := range []lifeModel{kpi.BdW{Alpha: alpha, Beta: beta, C: c}, kpi.SBG{Alpha: alpha, Beta: beta}} {
			value := func(most float64, v float64, err error) {
				if ok := refused(t, err); !ok {
					require.Zero(t, v)
				}
				require.True(t, 0 <= v && v <= most, "%v of %+v", v, m)
			}
			for _, ask := range []func(int) (float64, error){m.Survival, m.Retention, m.Churn} {
				v, err := ask(n)
				value(1, v, err)
			}
			v, err := m.Lifetime()
			value(math.MaxFloat64, v, err)
			v, err = m.DEL(rate)
			value(math.MaxFloat64, v, err)
			v, err = m.DERLBefore(n, rate)
			value(math.MaxFloat64, v, err)
			v, err = m.DERLAfter(n, rate)
			value(math.MaxFloat64, v, err)
			if table {
				v, err := m.LogLikelihood(s)
				value(math.MaxFloat64, -v, err)
			}
		}
		if table {
			m, report, err := kpi.FitSBG(s, kpi.Year, nil)
			askable(t, m, report, err)
			b, report, err := kpi.FitBdW(s, kpi.Year, nil)
			askable(t, b, report, err)
		}
	})
}

// askable demands an error, or a model that can be asked and is as likely as the report
// says.
func askable(t *testing.T, m interface{ Churn(n int) (float64, error) }, report kpi.FitReport, err error) {
	t.Helper()
	if !refused(t, err) {
		return
	}
	_, err = m.Churn(1)
	require.NoError(t, err, strconv.Quote(report.String()))
	require.False(t, math.IsNaN(report.LogLikelihood) || math.IsInf(report.LogLikelihood, 0))
	require.LessOrEqual(t, report.LogLikelihood, 0.0)
}
