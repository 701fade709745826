package kpi

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// maxGroups bounds the groups of a log-rank test, whose work at each age grows
// with their square.
const maxGroups = 100

// LogRankTest is the answer of LogRank: whether groups of customers leave at
// different rates. At each age at which anybody left it sets those who left in a
// group beside those who would have if all had the same risk.
//
//	Expected  = Σ d·n_j/n
//	V_jl      = Σ d·(n−d)/(n−1)·(n_j/n)·([j = l] − n_l/n)
//	Statistic = (Observed − Expected)ᵀ·V⁻·(Observed − Expected)
//
// n_j being at risk in group j, n in all groups, and d leaving in all. Statistic is
// a χ², and DF is the rank of V: one less than the groups, unless some were never
// at risk beside another. CodeTooFew is its warning where fewer than five are
// expected to leave a group that has customers.
//
// The test sees a difference best if one group leaves faster at every age; curves
// that cross can cancel. It weighs all ages alike; the weights of Peto and Peto or
// of Gehan would be other tests.
//
// Mantel (1966), Evaluation of survival data and two new rank order statistics
// arising in its consideration, Cancer Chemotherapy Reports 50, 163–170. Peto and
// Peto (1972), Asymptotically efficient rank invariant test procedures, Journal of
// the Royal Statistical Society A 135, 185–207.
type LogRankTest struct {
	Groups    []LogRankGroup `json:"groups"`             // in the order of the question
	Statistic float64        `json:"statistic"`          // χ²
	DF        float64        `json:"df"`                 // degrees of freedom, a whole number
	P         float64        `json:"p"`                  // the chance of so large a Statistic if all leave alike
	N         int64          `json:"n"`                  // customers of all groups
	Warnings  []Code         `json:"warnings,omitempty"` // what weakens it; nil if nothing does
}

// LogRankGroup is one group of a LogRankTest.
type LogRankGroup struct {
	N        int64   `json:"n"`        // customers
	Observed int64   `json:"observed"` // of them, who left
	Expected float64 `json:"expected"` // who would have, on the rates of all together
}

// LogRank tests whether the customers of groups leave at the same rates. It
// returns an error if there are fewer than two groups or more than 100, if the
// counts of one are impossible (it is named), if the ages From differ or the
// customers overflow together, and if at no departure two groups were at risk.
func LogRank(groups []Survival) (LogRankTest, error) {
	const metric = "LogRank"
	r := newLogRank(len(groups))
	if err := validGroups(metric, groups); err != nil {
		return LogRankTest{}, err
	}
	if err := r.add(metric, groups); err != nil {
		return LogRankTest{}, err
	}
	return r.test(metric)
}

// StratifiedLogRank tests it within strata, such as plans or countries, so that
// a group is not blamed for its mix: observed, expected and variance are summed
// over the strata. Each stratum holds the same groups in the same order; one
// without customers is Survival{}. It returns an error as LogRank does, naming the
// stratum, if there are no strata or their numbers of groups differ.
func StratifiedLogRank(strata [][]Survival) (LogRankTest, error) {
	const metric = "StratifiedLogRank"
	if len(strata) == 0 {
		return LogRankTest{}, fail(metric, CodeNoData, "len(strata) = 0")
	}
	for i, groups := range strata {
		if len(groups) != len(strata[0]) {
			return LogRankTest{}, failAt(metric, CodeLength, i, "len(groups) = %d ≠ %d", len(groups), len(strata[0]))
		}
		if err := validGroups(metric, groups); err != nil {
			return LogRankTest{}, at(err, metric, i)
		}
	}
	r := newLogRank(len(strata[0]))
	for i, groups := range strata {
		if err := r.add(metric, groups); err != nil {
			return LogRankTest{}, at(err, metric, i)
		}
	}
	return r.test(metric)
}

func validGroups(metric string, groups []Survival) error {
	switch k := len(groups); {
	case k < 2:
		return fail(metric, CodeTooFew, "len(groups) = %d", k)
	case k > maxGroups:
		return fail(metric, CodeTooLarge, "len(groups) = %d", k)
	}
	from := math.NaN()
	for j, g := range groups {
		if err := g.valid(metric); err != nil {
			return at(err, metric, j)
		}
		if len(g.Steps) == 0 {
			continue
		}
		if g.From != from && !math.IsNaN(from) {
			return failAt(metric, CodeMismatch, j, "From = %v ≠ %v", g.From, from)
		}
		from = g.From
	}
	return nil
}

// logRank sums up over ages and strata.
type logRank struct {
	groups []LogRankGroup
	v      [][]float64
}

func newLogRank(k int) *logRank {
	k = min(k, maxGroups)
	r := &logRank{groups: make([]LogRankGroup, k), v: make([][]float64, k)}
	for j := range r.v {
		r.v[j] = make([]float64, k)
	}
	return r
}

// add adds a stratum whose groups are valid.
func (r *logRank) add(metric string, groups []Survival) error {
	rest := make([][]SurvivalStep, len(groups)) // not yet passed
	atRisk := make([]float64, len(groups))
	for j, g := range groups {
		rest[j] = g.Steps
		n, events := g.totals()
		if err := addCounts(metric, []*int64{&r.groups[j].N, &r.groups[j].Observed}, n, events); err != nil {
			return err
		}
	}
	for {
		t := math.Inf(1)
		for _, steps := range rest {
			if len(steps) > 0 {
				t = min(t, steps[0].Time)
			}
		}
		if math.IsInf(t, 1) {
			return nil
		}
		var n, d float64
		for j, steps := range rest {
			atRisk[j] = 0
			if len(steps) == 0 {
				continue
			}
			atRisk[j] = float64(steps[0].AtRisk)
			n += atRisk[j]
			if steps[0].Time == t {
				d += float64(steps[0].Events)
				rest[j] = steps[1:]
			}
		}
		if d > 0 {
			r.age(atRisk, n, d)
		}
	}
}

// age adds one age at which d of n left.
func (r *logRank) age(atRisk []float64, n, d float64) {
	scale := 0.0
	if n > 1 {
		scale = d * ((n - d) / (n - 1))
	}
	for j, nj := range atRisk {
		if nj == 0 {
			continue
		}
		share := nj / n
		r.groups[j].Expected += d * share
		// The upper triangle; (n − n_j)/n does not cancel where a group is nearly all.
		r.v[j][j] += scale * share * ((n - nj) / n)
		for l := j + 1; l < len(atRisk); l++ {
			r.v[j][l] -= scale * share * (atRisk[l] / n)
		}
	}
}

// test solves for the statistic: pivoted elimination on V, which is symmetric,
// leaves the equations that are independent.
func (r *logRank) test(metric string) (LogRankTest, error) {
	const (
		negligible = 1e-10
		fewest     = 5 // expected departures for a χ², as in Proportion.Compare
	)
	few, k := false, len(r.groups)
	t := LogRankTest{Groups: slices.Clone(r.groups)}
	u, whole := make([]float64, k), make([]float64, k)
	for j, g := range r.groups {
		if err := addCounts(metric, []*int64{&t.N}, g.N); err != nil {
			return LogRankTest{}, err
		}
		if g.N > 0 && g.Expected < fewest {
			few = true
		}
		u[j] = float64(g.Observed) - g.Expected
		whole[j] = r.v[j][j]
		for l := range j {
			r.v[j][l] = r.v[l][j]
		}
	}
	for used := make([]bool, k); ; t.DF++ {
		// What is left of a variance after those before it have explained their part.
		pivot, most := -1, negligible
		for j := range k {
			if !used[j] && whole[j] > 0 && r.v[j][j]/whole[j] > most {
				pivot, most = j, r.v[j][j]/whole[j]
			}
		}
		if pivot < 0 {
			break
		}
		used[pivot] = true
		row, p := r.v[pivot], r.v[pivot][pivot]
		t.Statistic += u[pivot] * u[pivot] / p
		for j := range k {
			if used[j] {
				continue
			}
			f := r.v[j][pivot] / p
			u[j] -= f * u[pivot]
			for l := range k {
				if !used[l] {
					r.v[j][l] -= f * row[l]
				}
			}
		}
	}
	if t.DF == 0 {
		return LogRankTest{}, fail(metric, CodeNoSpread, "DF = 0")
	}
	t.P = chiSquareTail(t.Statistic, t.DF)
	if few {
		t.Warnings = []Code{CodeTooFew}
	}
	if err := finite(metric, t.Statistic, t.P); err != nil {
		return LogRankTest{}, err
	}
	return t, nil
}

func (t LogRankTest) table() *table {
	out := &table{head: []string{"group", "n", "observed", "expected"}, text: 1}
	for j, g := range t.Groups {
		out.add(strconv.Itoa(j+1), strconv.FormatInt(g.N, 10), strconv.FormatInt(g.Observed, 10),
			strconv.FormatFloat(g.Expected, 'f', 2, 64))
	}
	return out
}

func (t LogRankTest) verdict() string {
	return fmt.Sprintf("chi-square %.2f on %v df, p = %.3g", t.Statistic, t.DF, t.P) + warned(t.Warnings) + "\n"
}

// String returns the groups in columns, numbered from 1, and the verdict below.
func (t LogRankTest) String() string { return t.table().String() + t.verdict() }

// Markdown returns the groups as a Markdown table, and the verdict below.
func (t LogRankTest) Markdown() string { return t.table().markdown() + "\n" + t.verdict() }
