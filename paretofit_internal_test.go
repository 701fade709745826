package kpi

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The series, and the integral up to where it is short, agree with an integral over
// everything, and the derivatives with differences.
func TestTailOf(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	upTo := func(lo, hi float64) float64 { return lo * math.Pow(hi/lo, rng.Float64()) }
	near := func(want, got, tol float64, say ...any) {
		t.Helper()
		require.InDelta(t, want, got, tol*max(1, math.Abs(want)), say...)
	}
	for range 3000 {
		a, b, alpha, beta, u := upTo(0.01, 300), upTo(1.001, 50), upTo(1e-3, 1e3), upTo(1e-3, 1e3), upTo(1e-3, 100)
		if rng.IntN(2) == 0 {
			a, b = b, a
		}
		say := []any{"a = %v, b = %v, alpha = %v, beta = %v, u = %v", a, b, alpha, beta, u}
		got := tailOf(a, b, alpha, beta, u)
		want := tailIntegral(a, b, beta+u, alpha+u, math.Inf(1))
		near(want.log, got.log, 1e-12, say...)
		near(want.a, got.a, 1e-10, say...)
		near(want.b, got.b, 1e-10, say...)
		near(want.alpha*alpha, got.alpha*alpha, 1e-10, say...)
		near(want.beta*beta, got.beta*beta, 1e-10, say...)
		const h = 1e-5
		near((tailOf(a*(1+h), b, alpha, beta, u).log-tailOf(a*(1-h), b, alpha, beta, u).log)/(2*h), got.a*a, 1e-6, say...)
		near((tailOf(a, b, alpha, beta*(1+h), u).log-tailOf(a, b, alpha, beta*(1-h), u).log)/(2*h), got.beta*beta, 1e-6, say...)
	}
}
