package kpi_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// regular and highEnd are the survivors of 1,000 customers over twelve renewals: Fader
// and Hardie (2007), How to project customer retention, Table 1.
var (
	regular = []int64{1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173}
	highEnd = []int64{1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394}
)

// lifeModel is what models of contracts have in common.
type lifeModel interface {
	LogLikelihood(s kpi.Survival) (float64, error)
	Survival(t int) (float64, error)
	Retention(n int) (float64, error)
	Churn(n int) (float64, error)
	Lifetime() (float64, error)
	DEL(annual kpi.Ratio) (float64, error)
	DERLBefore(n int, annual kpi.Ratio) (float64, error)
	DERLAfter(n int, annual kpi.Ratio) (float64, error)
}

func yearly(alpha, beta float64) kpi.SBG { return kpi.SBG{Alpha: alpha, Beta: beta, Unit: kpi.Year} }

// closely requires a relative error of at most tol.
func closely(t testing.TB, want, got float64, err error, tol float64, say ...any) {
	t.Helper()
	require.NoError(t, err, say...)
	if !(math.Abs(got-want) <= tol*math.Abs(want)) {
		require.Failf(t, "differ", "%v ≠ %v by %.2g of itself: %v", got, want, math.Abs(got/want-1), say)
	}
}

func survivorsOf(t testing.TB, counts []int64) kpi.Survival {
	t.Helper()
	s, err := kpi.SurvivalOf(counts)
	require.NoError(t, err)
	return s
}

func TestSBGOracle(t *testing.T) {
	t.Parallel()
	asked := 0
	for _, row := range readTable(t, "clv/oracle_mpmath.csv") {
		if row["model"] != "sBG" {
			continue
		}
		m, n := kpi.SBG{Unit: kpi.Year}, int(number(t, row["T"]))
		for p := range strings.SplitSeq(row["params"], ";") {
			switch name, v, _ := strings.Cut(p, "="); name {
			case "alpha":
				m.Alpha = number(t, v)
			case "beta":
				m.Beta = number(t, v)
			}
		}
		var got float64
		var err error
		switch row["quantity"] {
		case "survival":
			got, err = m.Survival(n)
		case "retention_rate":
			got, err = m.Retention(n)
		case "DERL_before_nth_renewal":
			got, err = m.DERLBefore(n, must(row["arg"]))
		case "DEL_new_customer":
			got, err = m.DEL(must(row["arg"]))
		default:
			require.Fail(t, row["quantity"])
		}
		closely(t, number(t, row["value"]), got, err, 1e-14, row)
		asked++
	}
	require.Equal(t, 74, asked)
}

// The published figures that clv/published_cases.json holds, at its tolerances.
func TestSBGPublished(t *testing.T) {
	t.Parallel()
	// Fader and Hardie (2007), p. 7: seven renewals.
	m, report, err := kpi.FitSBG(survivorsOf(t, regular[:8]), kpi.Year, nil)
	require.NoError(t, err)
	require.InDelta(t, 0.704, m.Alpha, 5e-4)
	require.InDelta(t, 1.182, m.Beta, 5e-4)
	require.Equal(t, int64(1000), report.N)

	// The log-likelihood of a customer of the high end at (1, 1), J. D. Maturen's
	// shifted_beta_geometric_py.
	ll, err := yearly(1, 1).LogLikelihood(survivorsOf(t, highEnd[:8]))
	require.NoError(t, err)
	require.InDelta(t, -2.115, ll/1000, 1e-3)

	// The projection of all twelve renewals from seven.
	for age, n := range regular {
		got, err := yearly(0.704, 1.182).Survival(age)
		closely(t, float64(n)/1000, got, err, 0.05, age)
	}

	// Fader and Hardie (2010), The perils of ignoring heterogeneity, case 2: the
	// parameters that they print are rounded.
	for i, want := range []float64{7.68, 9.46, 9.86, 10.06, 10.19} {
		got, err := yearly(0.067, 0.267).DERLBefore(i+1, kpi.Percent(10))
		require.NoError(t, err)
		require.InDelta(t, want, got, 0.03)
	}
}

// The maxima, to more places than papers print.
func TestSBGOptima(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		counts                     []int64
		alpha, beta, logLikelihood float64
	}{
		{regular[:8], .70407732, 1.18204307, -1680.265188463},
		{highEnd[:8], .66808839, 3.8060955, -1611.158147391},
	} {
		s := survivorsOf(t, tt.counts)
		m, report, err := kpi.FitSBG(s, kpi.Year, nil)
		closely(t, tt.alpha, m.Alpha, err, 1e-6)
		closely(t, tt.beta, m.Beta, err, 1e-6)
		require.InDelta(t, tt.logLikelihood, report.LogLikelihood, 1e-8)
		require.Less(t, report.Evaluations, 40)
		require.Empty(t, report.Warnings)
		require.Equal(t, kpi.Year, m.Unit)
		require.Equal(t, []string{"Alpha", "Beta"}, report.Names)
		ll, err := m.LogLikelihood(s)
		closely(t, ll, report.LogLikelihood, err, 1e-14)
		// Log-likelihoods below it all around.
		for _, near := range []kpi.SBG{yearly(m.Alpha*1.01, m.Beta), yearly(m.Alpha*0.99, m.Beta), yearly(m.Alpha, m.Beta*1.01), yearly(m.Alpha, m.Beta*0.99)} {
			lower, err := near.LogLikelihood(s)
			require.NoError(t, err)
			require.Less(t, lower, ll)
		}
	}
}

// Fader, Hardie, Liu, Davin and Steenburgh (2018), with four renewals and with twelve.
// The paper has three places; all of these are in abdullahau/customer-analytics,
// notebooks/models/retention, which repeats it.
func TestBdWPublished(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		counts                        []int64
		alpha, beta, c, logLikelihood float64
		heterogeneity                 float64 // 1/(Alpha + Beta + 1)
	}{
		{regular[:5], 0.5231, 0.8944, 1.1963, -1401.3831, 0.414},
		{highEnd[:5], 0.2593, 1.7225, 1.5844, -1222.7493, 0.335},
		{regular, 0.5083, 0.8688, 1.2094, -1930.9297, 0.421},
		{highEnd, 0.2496, 1.6542, 1.5968, -2004.8169, 0.344},
	} {
		m, report, err := kpi.FitBdW(survivorsOf(t, tt.counts), kpi.Year, nil)
		require.NoError(t, err)
		require.InDelta(t, tt.alpha, m.Alpha, 3e-4)
		require.InDelta(t, tt.beta, m.Beta, 3e-4)
		require.InDelta(t, tt.c, m.C, 3e-4)
		require.InDelta(t, tt.logLikelihood, report.LogLikelihood, 1e-4)
		require.InDelta(t, tt.heterogeneity, 1/(m.Alpha+m.Beta+1), 1e-3)
		sbg, simple, err := kpi.FitSBG(survivorsOf(t, tt.counts), kpi.Year, nil)
		require.NoError(t, err)
		require.Less(t, simple.LogLikelihood, report.LogLikelihood, "a special case")
		require.Greater(t, 1/(m.Alpha+m.Beta+1), 1/(sbg.Alpha+sbg.Beta+1), "customers differ more than SBG has it")
	}

	// From four renewals at 10 %, DEL and DERL before the fifth.
	for _, tt := range []struct {
		counts                     []int64
		sbg, sbgFifth, bdw, bdwOld float64
	}{
		{regular[:5], 3.62, 5.68, 3.69, 6.03},
		{highEnd[:5], 5.46, 5.87, 5.99, 7.32},
	} {
		sbg, _, err := kpi.FitSBG(survivorsOf(t, tt.counts), kpi.Year, nil)
		require.NoError(t, err)
		bdw, _, err := kpi.FitBdW(survivorsOf(t, tt.counts), kpi.Year, nil)
		require.NoError(t, err)
		for _, v := range []struct {
			m              lifeModel
			del, derlFifth float64
		}{{sbg, tt.sbg, tt.sbgFifth}, {bdw, tt.bdw, tt.bdwOld}} {
			got, err := v.m.DEL(kpi.Percent(10))
			require.NoError(t, err)
			require.InDelta(t, v.del, got, 0.005)
			got, err = v.m.DERLBefore(5, kpi.Percent(10))
			require.NoError(t, err)
			require.InDelta(t, v.derlFifth, got, 0.0055, "its sum ends after a hundred terms")
		}
	}
}

func TestContractIdentities(t *testing.T) {
	t.Parallel()
	ten := kpi.Percent(10)
	for _, m := range []lifeModel{
		yearly(0.704, 1.182), yearly(3.8, 15.2), yearly(1e-9, 1e9), yearly(1e9, 1e-9), yearly(1e9, 1e9),
		kpi.BdW{Alpha: 0.26, Beta: 1.72, C: 1.58, Unit: kpi.Year},
		kpi.BdW{Alpha: 5, Beta: 50, C: 0.4, Unit: kpi.Year},
		kpi.BdW{Alpha: 1e-9, Beta: 1e-9, C: 10, Unit: kpi.Year},
		kpi.BdW{Alpha: 1e9, Beta: 1e-9, C: 0.01, Unit: kpi.Year},
	} {
		one, err := m.Survival(0)
		closely(t, 1, one, err, 0)
		del, err := m.DEL(ten)
		require.NoError(t, err)
		for n, s := 1, one; n <= 40; n++ {
			r, err := m.Retention(n)
			require.NoError(t, err)
			c, err := m.Churn(n)
			closely(t, 1, r+c, err, 1e-15)
			require.Greater(t, c, 0.0)
			s *= r
			got, err := m.Survival(n)
			closely(t, s, got, err, 1e-11, m, n)

			// Before a renewal, after it and before the next.
			before, err := m.DERLBefore(n, ten)
			require.NoError(t, err)
			after, err := m.DERLAfter(n, ten)
			closely(t, before, r*(1+after), err, 1e-13, m, n)
			earlier, err := m.DERLAfter(n-1, ten)
			closely(t, before, earlier*1.1, err, 1e-14, m, n)
			if n == 1 {
				closely(t, del, 1+earlier, err, 0)
			}
		}
	}
	// SBG is BdW at C = 1, to the last bit.
	s := survivorsOf(t, highEnd)
	for _, m := range []kpi.SBG{yearly(0.7, 1.2), yearly(30, 0.01)} {
		same := kpi.BdW{Alpha: m.Alpha, Beta: m.Beta, C: 1, Unit: m.Unit}
		a, err := m.LogLikelihood(s)
		require.NoError(t, err)
		b, err := same.LogLikelihood(s)
		closely(t, a, b, err, 0)
		a, err = m.DERLAfter(3, kpi.Percent(1))
		require.NoError(t, err)
		b, err = same.DERLAfter(3, kpi.Percent(1))
		closely(t, a, b, err, 0)
	}
}

func TestSBGLifetime(t *testing.T) {
	t.Parallel()
	for _, m := range []kpi.SBG{yearly(3.8, 15.2), yearly(2, 1), yearly(1.05, 30), yearly(1e4, 7)} {
		got, err := m.Lifetime()
		closely(t, (m.Alpha+m.Beta-1)/(m.Alpha-1), got, err, 1e-13, m)
		zero, err := m.DEL(kpi.Ratio{})
		closely(t, got, zero, err, 0)
		residual, err := m.DERLBefore(4, kpi.Ratio{})
		closely(t, (m.Beta+3)/(m.Alpha-1), residual, err, 1e-13, m)
		// At a small discount it is nearly that, unless the tail is heavy.
		near, err := m.DEL(must("0.000000000001"))
		require.NoError(t, err)
		require.LessOrEqual(t, near, got*(1+1e-12))
		if m.Alpha >= 2 {
			closely(t, got, near, err, 1e-9, m)
		}
	}
	// Both of the published fits have none.
	for _, m := range []lifeModel{yearly(0.704, 1.182), yearly(0.668, 3.806), yearly(1, 5), kpi.BdW{Alpha: 2, Beta: 1, C: 0.5, Unit: kpi.Year}} {
		for _, ask := range []func() (float64, error){
			m.Lifetime,
			func() (float64, error) { return m.DEL(kpi.Ratio{}) },
			func() (float64, error) { return m.DERLBefore(3, kpi.Ratio{}) },
			func() (float64, error) { return m.DERLAfter(3, kpi.Ratio{}) },
		} {
			v, err := ask()
			require.Equal(t, kpi.CodeDiverges, requireError(t, err, kpi.ErrUndefined).Code)
			require.Zero(t, v)
		}
	}
	v, err := kpi.BdW{Alpha: 0.8, Beta: 2, C: 1.5, Unit: kpi.Year}.Lifetime()
	require.NoError(t, err)
	require.Greater(t, v, 1.0)
}

// 10 % a year is what it is in any unit: a year of days is worth a year.
func TestContractUnits(t *testing.T) {
	t.Parallel()
	// A customer who never leaves within a human life.
	for unit, periods := range map[kpi.Unit]float64{kpi.Year: 1, kpi.Quarter: 4, kpi.Month: 12, kpi.Week: 365.2425 / 7, kpi.Day: 365.2425} {
		m := kpi.SBG{Alpha: 1e-9, Beta: 1e9, Unit: unit}
		got, err := m.DERLAfter(0, kpi.Percent(10))
		closely(t, 1/math.Expm1(math.Log(1.1)/periods), got, err, 1e-9, unit)
	}
}

func TestSBGLogLikelihood(t *testing.T) {
	t.Parallel()
	// At (1, 1) retention is ½, ⅔, ¾ …: three customers leave at once, two at the
	// second renewal, one is still there.
	got, err := yearly(1, 1).LogLikelihood(survivorsOf(t, []int64{6, 3, 1}))
	closely(t, 3*math.Log(1.0/2)+2*math.Log(1.0/2*1/3)+math.Log(1.0/2*2/3), got, err, 1e-15)

	// Of customers who entered at age 1 the first renewal is not known.
	s, err := kpi.Lifetimes{{Entry: 1, Exit: 2, Ended: true}, {Entry: 1, Exit: 3}, {Exit: 1}, {}}.Survival()
	require.NoError(t, err)
	got, err = yearly(1, 1).LogLikelihood(s)
	closely(t, math.Log(1.0/3)+math.Log(2.0/3*3/4)+math.Log(1.0/2), got, err, 1e-15)
	after, err := survivorsOf(t, []int64{6, 3, 1}).After(1)
	require.NoError(t, err)
	got, err = yearly(1, 1).LogLikelihood(after)
	closely(t, 2*math.Log(1.0/3)+math.Log(2.0/3), got, err, 1e-15)

	// Cohorts of different ages are pooled, customer by customer, in any order.
	m := kpi.BdW{Alpha: 0.6, Beta: 2.5, C: 1.3, Unit: kpi.Month}
	cohorts := [][]int64{regular[:4], highEnd[:9], regular[:2], {40, 40, 31}, {5, 5, 5, 5, 5, 2}}
	r, sum := rand.New(rand.NewPCG(1, 2)), 0.0
	for _, counts := range cohorts {
		ll, err := m.LogLikelihood(survivorsOf(t, counts))
		require.NoError(t, err)
		sum += ll
	}
	var first kpi.FitReport
	for i := range 4 {
		r.Shuffle(len(cohorts), func(i, j int) { cohorts[i], cohorts[j] = cohorts[j], cohorts[i] })
		var all kpi.Survival
		for _, counts := range cohorts {
			require.NoError(t, all.Merge(survivorsOf(t, counts)))
		}
		got, err := m.LogLikelihood(all)
		closely(t, sum, got, err, 1e-14)
		_, report, err := kpi.FitBdW(all, kpi.Month, &kpi.FitSettings{Workers: i + 1})
		require.NoError(t, err)
		if i == 0 {
			first = report
		}
		require.Equal(t, first, report)
	}
	// Waiting for an age that nobody reached alive tells nothing more.
	gone := survivorsOf(t, []int64{7, 2, 2, 0})
	a, err := m.LogLikelihood(gone)
	require.NoError(t, err)
	b, err := m.LogLikelihood(survivorsOf(t, []int64{7, 2, 2, 0, 0, 0}))
	closely(t, a, b, err, 0)
}

// Large counts of customers of known parameters give these back.
func TestContractRecovery(t *testing.T) {
	t.Parallel()
	for _, m := range []kpi.BdW{
		{Alpha: 0.7, Beta: 1.2, C: 1, Unit: kpi.Year}, {Alpha: 2, Beta: 30, C: 1.4, Unit: kpi.Year}, {Alpha: 0.3, Beta: 0.5, C: 0.8, Unit: kpi.Year},
	} {
		var counts []int64
		for age := range 13 {
			s, err := m.Survival(age)
			require.NoError(t, err)
			counts = append(counts, int64(math.Round(1e15*s)))
		}
		got, report, err := kpi.FitBdW(survivorsOf(t, counts), kpi.Year, nil)
		closely(t, m.Alpha, got.Alpha, err, 1e-5)
		closely(t, m.Beta, got.Beta, err, 1e-5)
		closely(t, m.C, got.C, err, 1e-5)
		require.Empty(t, report.Warnings)
		i, err := report.Interval("C", 0.95)
		require.NoError(t, err)
		require.True(t, i.Contains(got.C))
	}
}

func TestFitSBGRefuses(t *testing.T) {
	t.Parallel()
	both := func(s kpi.Survival, unit kpi.Unit) [2]error {
		a, report, sbg := kpi.FitSBG(s, unit, nil)
		require.True(t, sbg == nil || a == kpi.SBG{} && report.Model == "")
		b, report, bdw := kpi.FitBdW(s, unit, nil)
		require.True(t, bdw == nil || b == kpi.BdW{} && report.Model == "")
		return [2]error{sbg, bdw}
	}
	for _, tt := range []struct {
		name   string
		counts []int64
		code   kpi.Code
	}{
		{"everybody renewed", []int64{9, 9, 9, 9}, kpi.CodeNoSpread},
		{"nobody renewed", []int64{9, 0}, kpi.CodeNoSpread},
		{"no renewal yet", []int64{9}, kpi.CodeNoData},
		{"one renewal", []int64{9, 4}, kpi.CodeTooFew},
	} {
		for i, err := range both(survivorsOf(t, tt.counts), kpi.Year) {
			e := requireError(t, err, kpi.ErrUndefined)
			require.Equal(t, tt.code, e.Code, tt.name)
			require.Equal(t, []string{"FitSBG", "FitBdW"}[i], e.Metric)
		}
	}
	_, _, err := kpi.FitSBG(survivorsOf(t, []int64{9, 4, 3}), kpi.Year, nil)
	require.NoError(t, err)
	_, _, err = kpi.FitBdW(survivorsOf(t, []int64{9, 4, 3}), kpi.Year, nil)
	require.Equal(t, kpi.CodeTooFew, requireError(t, err, kpi.ErrUndefined).Code)
	for _, err := range both(kpi.Survival{}, kpi.Year) {
		require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	}
	for _, err := range both(survivorsOf(t, regular), kpi.Unit(9)) {
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, _, err = kpi.FitSBG(survivorsOf(t, regular), kpi.Year, &kpi.FitSettings{Evaluations: -1})
	requireError(t, err, kpi.ErrInvalid)
	_, _, err = kpi.FitSBG(survivorsOf(t, regular), kpi.Year, &kpi.FitSettings{Evaluations: 3})
	require.Equal(t, kpi.CodeIterations, requireError(t, err, kpi.ErrNotConverged).Code)

	// What the parameters are is not told, and the report says so: retention that falls
	// with age, or is the same at all; hardly anybody lost.
	for _, counts := range [][]int64{{1000, 900, 700, 400}, {1000, 500, 250, 125}, {100, 99, 99}, {100, 50, 0}} {
		m, report, err := kpi.FitSBG(survivorsOf(t, counts), kpi.Year, nil)
		require.NoError(t, err)
		require.Contains(t, report.Warnings, kpi.CodeWeak)
		// It predicts all the same.
		v, err := m.Retention(1)
		require.NoError(t, err)
		require.True(t, 0 < v && v < 1)
	}
	// A power without a bound.
	_, _, err = kpi.FitBdW(survivorsOf(t, []int64{100, 100, 50, 50, 50}), kpi.Year, nil)
	require.Equal(t, kpi.CodeStuck, requireError(t, err, kpi.ErrNotConverged).Code)
}
