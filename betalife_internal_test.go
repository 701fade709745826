package kpi

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// near requires a relative error of at most tol.
func near(t *testing.T, want, got, tol float64, say ...any) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Abs(want)) {
		require.Failf(t, "differ", "%v ≠ %v by %.2g of itself: %v", got, want, math.Abs(got/want-1), say)
	}
}

// The values are those of the definition, with Γ to 120 digits.
func TestLogBetaRatio(t *testing.T) {
	t.Parallel()
	for _, v := range [][4]float64{ // a, b, u
		{0.704, 1.182, 1, -0.4672502652273593},
		{0.704, 1.182, 7, -1.431079859566234},
		{1e-9, 3.5, 2.25, -5.5657373035246822e-10},
		{1e-9, 1e9, 1, -1.0000000000000001e-18},
		{2.5e8, 4e8, 1e-3, -0.0004855078162619893},
		{1e9, 1e-9, 1e6, -7908281.8239814881},
		{1e-9, 1e-9, 1e-9, -0.2876820724517809},
		{0.26, 1.72, 1e60, -35.837174715544812},
		{3e5, 24, 3e5, -415658.91251415975},
		{12, 1e9, 0.5, -5.9999999655000006e-09},
		{1e-4, 30, 1e-4, -3.3894945481673757e-10},
	} {
		near(t, v[3], logBetaRatio(v[0], v[1], v[2]), 2e-15, v)
		near(t, v[3], logBetaRatio(v[2], v[1], v[0]), 2e-15, v)
	}
	require.Zero(t, logBetaRatio(3, 2, 0))
}

// The values are sums of all terms, to 40 digits.
func TestResidualLife(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		l       betaLife
		from    int
		d, want float64
	}{
		{betaLife{0.668, 3.806, 1}, 0, .1, 4.92259640761276351},
		{betaLife{0.704, 1.182, 1}, 5, .05, 9.14255773108749636},
		{betaLife{0.067, 0.267, 1}, 0, .001, 519.017772877538164},
		{betaLife{3.8, 15.2, 1}, 3, 1e-4, 6.49243522283686225},
		{betaLife{0.01, 5, 1}, 0, 1e-5, 91009.3709459641541},
		{betaLife{30, 2000, 1}, 0, 1e-4, 68.4694882230360804},
		{betaLife{5e4, 1e7, 1}, 10, 1e-3, 166.530343585305275},
		{betaLife{2, 3, 1}, 1000, 1e-4, 800.410074727458664},
		{betaLife{1e6, 1, 1}, 0, .01, 9.90099980395010836e-7},
		{betaLife{0.2593, 1.7225, 1.5844}, 4, .02, 22.2720421522687957},
		{betaLife{0.5, 2, .5}, 0, .01, 43.9376372317550050},
		{betaLife{2, 300, 2.5}, 0, .005, 7.06818519794097533},
		{betaLife{1e-3, 50, 3}, 1, .01, 99.1608914075348764},
		{betaLife{40, 1e5, 1.3}, 10, .02, 46.1504155606729256},
		{betaLife{.3, 1e3, 5}, 0, .02, 7.65506271925758597},
	} {
		near(t, v.want, v.l.residual(v.from, math.Log1p(v.d)), 5e-15, v)
	}
	// Undiscounted it is (b + from)/(a − 1).
	for _, v := range [][3]float64{{2, 3, 0}, {1.5, .1, 4}, {1.001, 10, 0}, {1.1, 1e5, 3}, {30, 1e4, 300}, {1e5, 10, 0}, {1e4, 1e8, 0}} {
		near(t, (v[1]+v[2])/(v[0]-1), betaLife{v[0], v[1], 1}.residual(int(v[2]), 0), 1e-13, v)
	}
	// Customers who are all alike, S(t) = ½^(tᶜ), with ages so large that sums are
	// integrals: Γ(1/c + 1) / ln(2)^(1/c), less the half of the first term.
	near(t, 7.7172010896e173, betaLife{1e9, 1e9, .01}.residual(0, 0), 1e-8)
}

// slopesOf compares slopes in the logs of the parameters with central differences.
func slopesOf(t *testing.T, parameters []float64, value func(p []float64) (float64, []float64)) {
	t.Helper()
	_, slopes := value(parameters)
	for j := range parameters {
		const step = 1e-5
		at := func(sign float64) float64 {
			p := append([]float64(nil), parameters...)
			p[j] *= math.Exp(sign * step)
			v, _ := value(p)
			return v
		}
		difference := (at(1) - at(-1)) / (2 * step)
		require.InDelta(t, difference, slopes[j], 1e-6*math.Max(1, math.Abs(difference)), "%v: %d", parameters, j)
	}
}

func TestContractSlopes(t *testing.T) {
	t.Parallel()
	for _, r := range []renewalStep{{0, 1, 9, 4}, {0, 1, 9, 0}, {1, 2, 5, 5}, {3, 9, 7, 2}, {0, 30, 3, 1}} {
		for _, p := range [][]float64{{.7, 1.2, 1}, {.26, 1.7, 1.6}, {40, 3, .3}, {1e-3, 200, 2.5}} {
			slopesOf(t, p, func(p []float64) (float64, []float64) {
				var sums [4]compensated
				r.add(betaLife{p[0], p[1], p[2]}, sums[:])
				return sums[0].value(), []float64{sums[1].value(), sums[2].value(), sums[3].value()}
			})
		}
	}
}
