package kpi_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// model is what the models of repeat buying have in common.
type model interface {
	LogLikelihood(buyers []kpi.Buyer) (float64, error)
	PAlive(b kpi.Buyer) (float64, error)
	PAliveAt(b kpi.Buyer, t float64) (float64, error)
	Expected(b kpi.Buyer, t float64) (float64, error)
	PMF(b kpi.Buyer, n int64, t float64) (float64, error)
	DERT(b kpi.Buyer, annual kpi.Ratio) (float64, error)
	DERTWithin(b kpi.Buyer, annual kpi.Ratio, t float64) (float64, error)
}

// cdnow reads Fader and Hardie's sample of 2,357 customers, in weeks.
func cdnow(t testing.TB) []kpi.Buyer {
	t.Helper()
	var out []kpi.Buyer
	for _, row := range readTable(t, "data/cdnow_sample_summary_monetary.csv") {
		out = append(out, kpi.Buyer{
			ID: row["ID"], Frequency: int64(number(t, row["x"])), Recency: number(t, row["t_x"]), Age: number(t, row["T"]),
			Spend: number(t, row["zbar"]), Unit: kpi.Week,
		})
	}
	require.Len(t, out, 2357)
	return out
}

// within requires a relative error of at most tol.
func within(t testing.TB, want, got, tol float64, say ...any) {
	t.Helper()
	if math.Abs(got-want) <= tol*math.Abs(want) {
		return
	}
	require.Failf(t, "differ", "%v ≠ %v by %.2g of itself: %s", got, want, math.Abs(got/want-1), fmt.Sprint(say...))
}

func TestOptima(t *testing.T) {
	t.Parallel()
	buyers := cdnow(t)
	bg, report, err := kpi.FitBGNBD(buyers, nil)
	require.NoError(t, err)
	t.Log(report, report.Evaluations, report.Condition, report.Rows)
	for i, want := range []float64{.24259291, 4.4135316, .7928861, 2.4257535} {
		within(t, want, report.Parameters[i], 1e-4, bg)
	}
	require.InDelta(t, -9582.425560567, report.LogLikelihood, 1e-6)
	ll, err := bg.LogLikelihood(buyers)
	require.NoError(t, err)
	within(t, report.LogLikelihood, ll, 1e-13)

	pareto, report, err := kpi.FitParetoNBD(buyers, nil)
	require.NoError(t, err)
	t.Log(report, report.Evaluations, report.Condition)
	for i, want := range []float64{.55327552, 10.577613, .60621358, 11.667912} {
		within(t, want, report.Parameters[i], 1e-4, pareto)
	}
	require.InDelta(t, -9594.973929827, report.LogLikelihood, 1e-6)
	ll, err = pareto.LogLikelihood(buyers)
	require.NoError(t, err)
	within(t, report.LogLikelihood, ll, 1e-13)

	spend, report, err := kpi.FitGammaGamma(buyers, nil)
	require.NoError(t, err)
	t.Log(report, report.Evaluations, report.Condition)
	for i, want := range []float64{6.2488025, 3.7445885, 15.447748} {
		within(t, want, report.Parameters[i], 1e-4, spend)
	}
	require.InDelta(t, -4055.923243503, report.LogLikelihood, 1e-6)
	ll, err = spend.LogLikelihood(buyers)
	require.NoError(t, err)
	within(t, report.LogLikelihood, ll, 1e-13)

	_, report, err = kpi.FitMBGNBD(buyers, nil)
	require.NoError(t, err)
	t.Log(report, report.Evaluations, report.Condition)
}

// parameters reads "r=0.243;alpha=4.414".
func parameters(t testing.TB, s string) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for part := range strings.SplitSeq(s, ";") {
		name, v, ok := strings.Cut(part, "=")
		require.True(t, ok, s)
		out[name] = number(t, v)
	}
	return out
}

// modelOf makes a model of its name in papers.
func modelOf(name string, p map[string]float64) model {
	switch name {
	case "BG/NBD":
		return kpi.BGNBD{R: p["r"], Alpha: p["alpha"], A: p["a"], B: p["b"], Unit: kpi.Week}
	case "MBG/NBD":
		return kpi.MBGNBD{R: p["r"], Alpha: p["alpha"], A: p["a"], B: p["b"], Unit: kpi.Week}
	case "Pareto/NBD":
		return kpi.ParetoNBD{R: p["r"], Alpha: p["alpha"], S: p["s"], Beta: p["beta"], Unit: kpi.Week}
	default:
		return nil
	}
}

// annual returns the annual rate that is a continuous one per week.
func annual(t testing.TB, delta float64) kpi.Ratio {
	t.Helper()
	r, err := kpi.ParseRatio(strconv.FormatFloat(math.Expm1(delta*365.2425/7), 'f', -1, 64))
	require.NoError(t, err)
	return r
}

// corrected are nine values of the oracle whose integral over the time of the end, a
// steep power, was not taken finely enough: at 45 digits, by double exponential
// quadrature, they are these.
var corrected = map[string]float64{
	"5.0036212162958077e-39":  5.00362122998655260e-39,
	"7.426389339225192e-184":  7.42639387902769533e-184,
	"3.5346732524748163e-114": 3.53467812392085184e-114,
	"7.2027915102073106e-40":  7.20279153191225393e-40,
	"1.524049679663563e-190":  1.52405068599742708e-190,
	"6.4317290385693188e-120": 6.43173922103239448e-120,
	"1.1658696939326159e-38":  1.16586970006258995e-38,
	"3.1233693236348138e-180": 3.12337297843973213e-180,
	"3.6971941006097188e-111": 3.69720312914483978e-111,
}

// Values at forty digits from the definitions, by mpmath.
func TestModelsOracle(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for _, file := range []string{"clv/oracle_mpmath.csv", "clv/oracle_bg_dert.csv"} {
		for _, row := range readTable(t, file) {
			want, quantity := number(t, row["value"]), row["quantity"]
			b := kpi.Buyer{Unit: kpi.Week}
			m := modelOf(row["model"], nil)
			if m != nil && row["T"] != "" {
				b.Frequency, b.Recency, b.Age = int64(number(t, row["x"])), number(t, row["t_x"]), number(t, row["T"])
			}
			if v, ok := corrected[row["value"]]; ok {
				want = v
			}
			p := map[string]float64{}
			if row["model"] != "sBG" {
				p = parameters(t, row["params"])
			}
			var got float64
			var err error
			tol := 1e-11
			m = modelOf(row["model"], p)
			switch {
			case row["model"] == "Gamma-Gamma":
				b = kpi.Buyer{Frequency: int64(number(t, row["x"])), Spend: number(t, row["arg"])}
				got, err = kpi.GammaGamma{P: p["p"], Q: p["q"], V: p["v"]}.Expected(b)
			case m == nil:
				continue
			case quantity == "loglik":
				got, err = m.LogLikelihood([]kpi.Buyer{b})
				tol = 1e-12
			case quantity == "expected_transactions" || quantity == "unconditional_expectation":
				got, err = m.Expected(b, number(t, row["arg"]))
			case quantity == "p_alive":
				got, err = m.PAlive(b)
			case quantity == "DERT_continuous":
				got, err = m.DERT(b, annual(t, number(t, row["arg"])))
			case quantity == "pmf":
				n, time, _ := strings.Cut(row["arg"], "@")
				got, err = m.PMF(b, int64(number(t, n)), number(t, time))
			default:
				t.Fatal(quantity)
			}
			require.NoError(t, err, row)
			counts[row["model"]]++
			within(t, want, got, tol, row)
		}
	}
	require.Equal(t, map[string]int{"BG/NBD": 410, "MBG/NBD": 97, "Pareto/NBD": 330, "Gamma-Gamma": 8}, counts)
}
