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
	power := func(n int64, p float64) float64 {
		if n == 0 {
			return 0 // of a share of 0 too
		}
		return float64(n) * math.Log(max(p, 0)) // what 1 − .7 − .3 is below 0 is rounding
	}
	return math.Exp(factorial(a+b+c) - factorial(a) - factorial(b) - factorial(c) +
		power(a, p) + power(b, q) + power(c, r))
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

// byTwentieths are the shares of promoters and of detractors in steps of .05, none
// of them 0.
func byTwentieths() (shares [][2]float64) {
	for p := 1; p < 20; p++ {
		for d := 1; p+d < 20; d++ {
			shares = append(shares, [2]float64{float64(p) / 20, float64(d) / 20})
		}
	}
	return shares
}

func scoreCoverage(t *testing.T, n int64) coverage {
	t.Helper()
	return scoreCoverageOf(t, n, byTwentieths()...)
}

// scoreCoverageOf sums over every possible survey of n, for shares of promoters and
// of detractors.
func scoreCoverageOf(t *testing.T, n int64, shares ...[2]float64) (c coverage) {
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
	for _, share := range shares {
		promoter, detractor := share[0], share[1]
		held := 0.0
		for k, s := range surveys {
			if intervals[k].Contains(100 * (promoter - detractor)) {
				held += multinomial(s.Promoters, s.Passives, s.Detractors, promoter, 1-promoter-detractor, detractor)
			}
		}
		c.add(held)
	}
	return c
}

// differenceCoverage sums over every possible pair of samples of n and m, for every
// pair of shares in hundredths, step apart and from the ends.
func differenceCoverage(t *testing.T, n, m int64, step int) (c coverage) {
	t.Helper()
	intervals := make([][]kpi.Interval, n+1)
	for k := range n + 1 {
		for l := range m + 1 {
			i, err := kpi.Proportion{K: k, N: n}.Diff(kpi.Proportion{K: l, N: m}, 0.95)
			require.NoError(t, err)
			intervals[k] = append(intervals[k], i)
		}
	}
	first, second := binomials(n), binomials(m)
	for i := step - 1; i < 99; i += step {
		for j := step - 1; j < 99; j += step {
			held := 0.0
			for k, row := range intervals {
				for l := range row {
					if row[l].Contains(share(i) - share(j)) {
						held += first[i][k] * second[j][l]
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
				"Proportion.Diff", func(t *testing.T, n int64) coverage { t.Helper(); return differenceCoverage(t, n, n, 5) },
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
	ends := differenceCoverage(t, 10, 10, 1)
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

// Scores of every size from 5 to 12, and what is held of them in the corners, by .02:
// where nearly all are of one kind, and where one kind does not occur.
func TestScoreCoverage(t *testing.T) {
	t.Parallel()
	var corners, edges [][2]float64
	for p := range 51 {
		for d := range 51 - p {
			at := [2]float64{float64(p) / 50, float64(d) / 50}
			if p > 0 && d > 0 && p+d < 50 {
				corners = append(corners, at)
			} else {
				edges = append(edges, at)
			}
		}
	}
	corner, edge := 1.0, 1.0
	for n := int64(5); n <= 12; n++ {
		c := scoreCoverage(t, n)
		assert.GreaterOrEqual(t, c.least, 0.92, "%d", n)
		assert.True(t, 0.95 <= c.mean && c.mean <= 0.97, "%d: %v", n, c.mean)
		corner = min(corner, scoreCoverageOf(t, n, corners...).least)
		edge = min(edge, scoreCoverageOf(t, n, edges...).least)
	}
	assert.InDelta(t, 0.8806, corner, 5e-5) // n = 6, .02 promoters and .96 detractors
	assert.InDelta(t, 0.8508, edge, 5e-5)   // n = 8
}

// Samples that differ in size.
func TestDifferenceCoverageUnequal(t *testing.T) {
	t.Parallel()
	for _, n := range [][2]int64{{10, 20}, {10, 50}, {20, 50}, {10, 100}} {
		c := differenceCoverage(t, n[0], n[1], 5)
		assert.GreaterOrEqual(t, c.least, 0.91, "%v", n)
		assert.True(t, 0.949 <= c.mean && c.mean <= 0.953, "%v: %v", n, c.mean)
	}
}
