package kpi_test

import (
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// R 4.2.2, survival 3.5-3: survdiff on aml.
func TestLogRank(t *testing.T) {
	t.Parallel()
	a, b := survival(t, maintained), survival(t, nonmaintained)
	got, err := kpi.LogRank([]kpi.Survival{a, b})
	require.NoError(t, err)
	require.InDelta(t, 3.3963886989776, got.Statistic, 1e-12)
	require.Equal(t, 1.0, got.DF)
	require.InDelta(t, 0.0653393220405051, got.P, 1e-12)
	require.Equal(t, int64(7), got.Groups[0].Observed)
	require.Equal(t, int64(11), got.Groups[1].Observed)
	require.InDelta(t, 10.6893359923007, got.Groups[0].Expected, 1e-12)
	require.InDelta(t, 7.31066400769928, got.Groups[1].Expected, 1e-12)
	require.Equal(t, int64(23), got.N)
	require.Nil(t, got.Warnings)

	require.Equal(t, ""+
		"group   n  observed  expected\n"+
		"1      11         7     10.69\n"+
		"2      12        11      7.31\n"+
		"chi-square 3.40 on 1 df, p = 0.0653\n", got.String())
	require.True(t, strings.HasSuffix(got.Markdown(), "| 2 | 12 | 11 | 7.31 |\n\nchi-square 3.40 on 1 df, p = 0.0653\n"))
	data, err := json.Marshal(got)
	require.NoError(t, err)
	var back kpi.LogRankTest
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, got, back)
}

// One age, by hand: 3 of 5 and 1 of 5 leave. E = 2, V = 4·(6/9)·¼ = 2/3, so that
// χ² = 1/(2/3).
func TestLogRankOneAge(t *testing.T) {
	t.Parallel()
	group := func(left int64) kpi.Survival {
		s, err := kpi.Lifetimes{{Exit: 1, Ended: true}, {Exit: 1}}.WeightedSurvival([]int64{left, 5 - left})
		require.NoError(t, err)
		return s
	}
	got, err := kpi.LogRank([]kpi.Survival{group(3), group(1)})
	require.NoError(t, err)
	require.InDelta(t, 1.5, got.Statistic, 1e-14)
	require.InDelta(t, math.Erfc(math.Sqrt(0.75)), got.P, 1e-14)
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, got.Warnings) // two are expected in each
	require.True(t, strings.HasSuffix(got.String(), "chi-square 1.50 on 1 df, p = 0.221 (there are too few observations)\n"))

	// Twice in two strata: observed, expected and variance double, and χ² too.
	twice, err := kpi.StratifiedLogRank([][]kpi.Survival{{group(3), group(1)}, {group(3), group(1)}})
	require.NoError(t, err)
	require.InDelta(t, 3, twice.Statistic, 1e-14)
	require.Equal(t, kpi.LogRankGroup{N: 10, Observed: 6, Expected: 4}, twice.Groups[0])

	// Strata may pull against each other, and a group may be missing in one.
	none, err := kpi.StratifiedLogRank([][]kpi.Survival{{group(3), group(1)}, {group(1), group(3)}, {group(2), {}}})
	require.NoError(t, err)
	require.InDelta(t, 0, none.Statistic, 1e-14)
	require.InDelta(t, 1, none.P, 1e-7)
	require.Equal(t, int64(15), none.Groups[0].N)
	require.Equal(t, int64(25), none.N)
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, none.Warnings) // 2 + 2 + 2 and 2 + 2 are expected
	enough, err := kpi.StratifiedLogRank([][]kpi.Survival{{group(3), group(1)}, {group(1), group(3)}, {group(2), group(2)}, {{}, {}}})
	require.NoError(t, err)
	require.Nil(t, enough.Warnings)
}

func TestLogRankReference(t *testing.T) {
	t.Parallel()
	sets := map[string][]string{
		"waltons":      {"waltons:control", "waltons:miR-137"},
		"rossi by fin": {"rossi:fin=0", "rossi:fin=1"},
	}
	checked := 0
	for _, row := range readTable(t, "clv/survival_logrank.csv") {
		if row["test"] != "log-rank" {
			continue // Peto–Peto weighs otherwise, and is not offered
		}
		names, ok := sets[row["dataset"]]
		if !ok {
			require.Contains(t, survivalAbsent, row["dataset"])
			continue
		}
		var groups []kpi.Survival
		for _, name := range names {
			s, _ := readSurvival(t, name)
			groups = append(groups, s)
		}
		got, err := kpi.LogRank(groups)
		require.NoError(t, err)
		require.InEpsilon(t, number(t, row["chisq"]), got.Statistic, 1e-9)
		require.InEpsilon(t, number(t, row["p"]), got.P, 1e-9)
		left, due := strings.Split(row["observed"], ";"), strings.Split(row["expected"], ";")
		for j, g := range got.Groups {
			require.Equal(t, number(t, left[j]), float64(g.Observed))
			require.InDelta(t, 1, g.Expected/number(t, due[j]), 1e-9)
		}
		checked++
	}
	require.Equal(t, 2, checked)
}

// metrics/survival.json: aml, and men and women of the lung cancer data in 228 rows.
func TestLogRankReferenceMetrics(t *testing.T) {
	t.Parallel()
	var file struct {
		LogRank []struct {
			Name         string
			Time         []float64
			Status       []int
			Group        []string
			LogRankValue struct {
				Obs, Exp     []float64
				ChiSq, DF, P float64
			} `json:"logrank"`
		} `json:"logrank"`
	}
	readReference(t, "metrics/survival.json", &file)
	rows := map[string]int{}
	for _, c := range file.LogRank {
		lives := map[string]kpi.Lifetimes{}
		for i, group := range c.Group {
			lives[group] = append(lives[group], kpi.Lifetime{Exit: c.Time[i], Ended: c.Status[i] == 1})
		}
		var groups []kpi.Survival
		for _, group := range slices.Sorted(maps.Keys(lives)) {
			groups = append(groups, survival(t, lives[group]))
		}
		got, err := kpi.LogRank(groups)
		require.NoError(t, err)
		want := c.LogRankValue
		require.InEpsilon(t, want.ChiSq, got.Statistic, 1e-12, c.Name)
		require.Equal(t, want.DF, got.DF)
		require.InEpsilon(t, want.P, got.P, 1e-11, c.Name)
		for j, g := range got.Groups {
			require.Equal(t, want.Obs[j], float64(g.Observed))
			require.InEpsilon(t, want.Exp[j], g.Expected, 1e-12, c.Name) //nolint:testifylint // want comes first
		}
		rows[c.Name] = len(c.Time)
	}
	require.Equal(t, map[string]int{"aml": 23, "lung_sex": 228}, rows)
}

func TestLogRankLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 2))
	for range 200 {
		groups := make([]kpi.Survival, 2+r.IntN(4))
		for j := range groups {
			groups[j] = survival(t, randomLifetimes(r, 20+r.IntN(40)))
		}
		got, err := kpi.LogRank(groups)
		require.NoError(t, err)
		require.Equal(t, float64(len(groups)-1), got.DF)
		require.True(t, got.Statistic >= 0 && got.P >= 0 && got.P <= 1)
		// All who left are expected somewhere.
		balance := 0.0
		for _, g := range got.Groups {
			balance += float64(g.Observed) - g.Expected
		}
		require.InDelta(t, 0, balance, 1e-11)
		// The order of the groups does not matter, nor does one that has nobody.
		again, err := kpi.LogRank(append([]kpi.Survival{groups[len(groups)-1], {}}, groups[:len(groups)-1]...))
		require.NoError(t, err)
		require.Equal(t, got.DF, again.DF)
		require.InDelta(t, got.Statistic, again.Statistic, 1e-9)
		// One stratum is no stratification.
		one, err := kpi.StratifiedLogRank([][]kpi.Survival{groups})
		require.NoError(t, err)
		require.Equal(t, got, one)
		// A group against itself.
		same, err := kpi.LogRank([]kpi.Survival{groups[0], groups[0]})
		require.NoError(t, err)
		require.InDelta(t, 0, same.Statistic, 1e-20)
	}
}

// Two pairs that are never at risk together have two degrees of freedom between
// them, and a group of one in a billion keeps its own.
func TestLogRankRank(t *testing.T) {
	t.Parallel()
	pair := func(entry float64, left int64) kpi.Survival {
		s, err := kpi.Lifetimes{{Entry: entry, Exit: entry + 1, Ended: true}, {Entry: entry, Exit: entry + 1}}.WeightedSurvival([]int64{left, 5 - left})
		require.NoError(t, err)
		return s
	}
	got, err := kpi.LogRank([]kpi.Survival{pair(0, 3), pair(10, 2), pair(0, 1), pair(10, 4)})
	require.NoError(t, err)
	require.Equal(t, 2.0, got.DF)
	require.InDelta(t, 1.5+1.5, got.Statistic, 1e-12)

	huge := func() kpi.Survival {
		s, err := kpi.Lifetimes{{Exit: 1, Ended: true}, {Exit: 2}}.WeightedSurvival([]int64{1e9, 1e12})
		require.NoError(t, err)
		return s
	}
	got, err = kpi.LogRank([]kpi.Survival{huge(), survival(t, kpi.Lifetimes{{Exit: 1}}), huge()})
	require.NoError(t, err)
	require.Equal(t, 2.0, got.DF)
}

func TestLogRankErrors(t *testing.T) {
	t.Parallel()
	a, b := survival(t, maintained), survival(t, nonmaintained)
	later, err := b.After(5)
	require.NoError(t, err)
	bad := kpi.Survival{Steps: []kpi.SurvivalStep{{Time: 1, AtRisk: 2, Events: 1}}}
	nobodyLeft := survival(t, kpi.Lifetimes{{Exit: 5}})
	most, err := kpi.Lifetimes{{Exit: 1, Ended: true}}.WeightedSurvival([]int64{math.MaxInt64})
	require.NoError(t, err)
	tests := []struct {
		name   string
		strata [][]kpi.Survival
		code   kpi.Code
		kind   error
		index  int // of the group
	}{
		{"no groups", [][]kpi.Survival{{}}, kpi.CodeTooFew, kpi.ErrUndefined, -1},
		{"one group", [][]kpi.Survival{{a}}, kpi.CodeTooFew, kpi.ErrUndefined, -1},
		{"too many", [][]kpi.Survival{make([]kpi.Survival, 101)}, kpi.CodeTooLarge, kpi.ErrInvalid, -1},
		{"impossible", [][]kpi.Survival{{a, bad}}, kpi.CodeMismatch, kpi.ErrInvalid, 1},
		{"of different beginnings", [][]kpi.Survival{{a, later}}, kpi.CodeMismatch, kpi.ErrInvalid, 1},
		{"too many customers", [][]kpi.Survival{{most, most}}, kpi.CodeOverflow, kpi.ErrInvalid, -1},
		{"nobody at all", [][]kpi.Survival{{{}, {}}}, kpi.CodeNoSpread, kpi.ErrUndefined, -1},
		{"nobody beside", [][]kpi.Survival{{a, {}}}, kpi.CodeNoSpread, kpi.ErrUndefined, -1},
		{"nobody left", [][]kpi.Survival{{nobodyLeft, nobodyLeft}}, kpi.CodeNoSpread, kpi.ErrUndefined, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := kpi.LogRank(tt.strata[0])
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, "LogRank", e.Metric)
			_, err = kpi.StratifiedLogRank(tt.strata)
			e = requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "StratifiedLogRank", e.Metric)
		})
	}
	_, err = kpi.StratifiedLogRank(nil)
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	for _, strata := range [][][]kpi.Survival{{{a, b}, {a, b, b}}, {{a, b}, {a, bad}}, {{most, a}, {most, a}}} {
		_, err = kpi.StratifiedLogRank(strata)
		require.Equal(t, 1, requireError(t, err, kpi.ErrInvalid).Index)
	}
}

// BenchmarkLogRank: two groups of half a million.
func BenchmarkLogRank(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	groups := make([]kpi.Survival, 2)
	for j := range groups {
		ls := make(kpi.Lifetimes, benchRows/2)
		for i := range ls {
			ls[i] = kpi.Lifetime{Exit: float64(j+1) * r.ExpFloat64(), Ended: r.IntN(3) > 0}
		}
		var err error
		if groups[j], err = ls.Survival(); err != nil {
			b.Fatal(err)
		}
	}
	perRow(b, "two groups", benchRows, func() error {
		_, err := kpi.LogRank(groups)
		return err
	})
}
