package kpi_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// coverage is how often intervals hold the true value: at the worst and on the
// average of the true values that were tried.
type coverage struct {
	least, mean float64
	tried       int
}

func (c *coverage) add(held float64) {
	if c.tried == 0 || held < c.least {
		c.least = held
	}
	c.mean = (c.mean*float64(c.tried) + held) / float64(c.tried+1)
	c.tried++
}

// String returns the percentages, rounded down so as not to promise too much.
func (c coverage) String() string {
	return fmt.Sprintf("%.1f (%.1f)", math.Floor(1000*c.least)/10, 100*c.mean)
}

// multinomial returns the probability of three counts.
func multinomial(a, b, c int64, p, q, r float64) float64 {
	factorial := func(n int64) float64 { v, _ := math.Lgamma(float64(n) + 1); return v }
	return math.Exp(factorial(a+b+c) - factorial(a) - factorial(b) - factorial(c) +
		float64(a)*math.Log(p) + float64(b)*math.Log(q) + float64(c)*math.Log(r))
}

// binomials returns the probabilities of 0 … n of n for the shares .01 … .99.
func binomials(n int64) [][]float64 {
	all := make([][]float64, 99)
	for i := range all {
		p := share(i)
		for k := range n + 1 {
			all[i] = append(all[i], multinomial(k, n-k, 0, p, 1-p, 1))
		}
	}
	return all
}

func share(i int) float64 { return float64(i+1) / 100 }

// ofShares sums over every possible sample of n.
func ofShares(ask func(kpi.Proportion, float64) (kpi.Interval, error)) func(*testing.T, int64) coverage {
	return func(t *testing.T, n int64) coverage {
		t.Helper()
		return shareCoverage(t, n, ask)
	}
}

func shareCoverage(t *testing.T, n int64, ask func(kpi.Proportion, float64) (kpi.Interval, error)) (c coverage) {
	t.Helper()
	intervals := make([]kpi.Interval, n+1)
	for k := range intervals {
		i, err := ask(kpi.Proportion{K: int64(k), N: n}, 0.95)
		require.NoError(t, err)
		intervals[k] = i
	}
	for i, probabilities := range binomials(n) {
		held := 0.0
		for k, probability := range probabilities {
			if intervals[k].Contains(share(i)) {
				held += probability
			}
		}
		c.add(held)
	}
	return c
}

// scoreCoverage sums over every possible survey of n, for shares of promoters and
// of detractors in steps of .05.
func scoreCoverage(t *testing.T, n int64) (c coverage) {
	t.Helper()
	var surveys []kpi.NPS
	var intervals []kpi.Interval
	for b := range n + 1 {
		for d := range n - b + 1 {
			s := kpi.NPS{Promoters: b, Passives: n - b - d, Detractors: d}
			i, err := s.Interval(0.95)
			require.NoError(t, err)
			surveys, intervals = append(surveys, s), append(intervals, i)
		}
	}
	for p := 1; p < 20; p++ {
		for d := 1; p+d < 20; d++ {
			promoter, passive, detractor := float64(p)/20, float64(20-p-d)/20, float64(d)/20
			held := 0.0
			for k, s := range surveys {
				if intervals[k].Contains(100 * (promoter - detractor)) {
					held += multinomial(s.Promoters, s.Passives, s.Detractors, promoter, passive, detractor)
				}
			}
			c.add(held)
		}
	}
	return c
}

// differenceCoverage sums over every possible pair of samples of n, for every pair
// of shares in hundredths, step apart and from the ends.
func differenceCoverage(t *testing.T, n int64, step int) (c coverage) {
	t.Helper()
	intervals := make([][]kpi.Interval, n+1)
	for k := range n + 1 {
		for l := range n + 1 {
			i, err := kpi.Proportion{K: k, N: n}.Diff(kpi.Proportion{K: l, N: n}, 0.95)
			require.NoError(t, err)
			intervals[k] = append(intervals[k], i)
		}
	}
	probabilities := binomials(n)
	for i := step - 1; i < 99; i += step {
		for j := step - 1; j < 99; j += step {
			held := 0.0
			for k, row := range intervals {
				for l := range row {
					if row[l].Contains(share(i) - share(j)) {
						held += probabilities[i][k] * probabilities[j][l]
					}
				}
			}
			c.add(held)
		}
	}
	return c
}

// What 95 % intervals hold, summed over every possible sample and not simulated,
// is within its bounds and is what the documentation of Interval says.
func TestCoverage(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	row := func(name string, cells ...any) {
		fmt.Fprintf(&table, "//\t%-21s", name)
		for _, c := range cells {
			fmt.Fprintf(&table, "%14v", c)
		}
		table.WriteString("\n")
	}
	for _, block := range []struct {
		shares  string
		sizes   []int64
		methods []coverageMethod
	}{
		{"shares .01 … .99", []int64{10, 20, 50, 300, 1000}, []coverageMethod{
			{"Interval", ofShares(kpi.Proportion.Interval), []float64{0.90, 0.92, 0.91, 0.94, 0.945}, 0.949, 0.956},
			{"ClopperPearson", ofShares(kpi.Proportion.ClopperPearson), []float64{0.95, 0.95, 0.95, 0.95, 0.95}, 0.95, 0.99},
			{"AgrestiCoull", ofShares(kpi.Proportion.AgrestiCoull), []float64{0.92, 0.93, 0.93, 0.94, 0.945}, 0.949, 0.965},
			{"Jeffreys", ofShares(kpi.Proportion.Jeffreys), []float64{0.86, 0.89, 0.88, 0.91, 0.94}, 0.949, 0.952},
		}},
		{"scores, by .05", []int64{5, 10, 20, 40}, []coverageMethod{
			{"NPS.Interval", scoreCoverage, []float64{0.92, 0.92, 0.92, 0.92}, 0.95, 0.97},
		}},
		{"shares .05 … .95", []int64{10, 20, 50, 100}, []coverageMethod{
			{
				"Proportion.Diff", func(t *testing.T, n int64) coverage { t.Helper(); return differenceCoverage(t, n, 5) },
				[]float64{0.90, 0.90, 0.90, 0.90},
				0.949, 0.953,
			},
		}},
	} {
		var head []any
		for _, n := range block.sizes {
			head = append(head, fmt.Sprintf("n = %d", n))
		}
		row(block.shares, head...)
		for _, m := range block.methods {
			var cells []any
			for i, n := range block.sizes {
				c := m.of(t, n)
				t.Log(m.name, n, c.least, c.mean)
				assert.GreaterOrEqual(t, c.least, m.least[i], "%s of %d", m.name, n)
				assert.True(t, m.lo <= c.mean && c.mean <= m.hi, "%s of %d: %v", m.name, n, c.mean)
				cells = append(cells, c)
			}
			row(m.name, cells...)
		}
	}
	source, err := os.ReadFile("interval.go")
	require.NoError(t, err)
	if !strings.Contains(string(source), "\n//\n"+table.String()+"//\n") {
		t.Errorf("the table should be\n%s", table.String())
	}

	// As the documentation says of shares near the ends.
	ends := differenceCoverage(t, 10, 1)
	require.InDelta(t, 0.88, ends.least, 0.005)
	require.InDelta(t, 0.953, ends.mean, 0.0005)
}

// coverageMethod is an interval with the bounds of what it holds.
type coverageMethod struct {
	name   string
	of     func(*testing.T, int64) coverage
	least  []float64 // at each of the sizes
	lo, hi float64   // on the average
}
