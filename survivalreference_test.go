package kpi_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// readTable reads a CSV file of KPI_REFERENCE as rows by column name, or skips.
func readTable(t testing.TB, name string) []map[string]string {
	t.Helper()
	dir := os.Getenv("KPI_REFERENCE")
	if dir == "" {
		t.Skip("KPI_REFERENCE is not set")
	}
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	require.NoError(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	out := make([]map[string]string, 0, len(rows))
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, column := range rows[0] {
			m[column] = row[i]
		}
		out = append(out, m)
	}
	return out
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return v
}

// survivalFiles are the data sets of the reference files that are here.
var survivalFiles = map[string]struct {
	file, time, ended, column, value string // column = value, if any
}{
	"waltons":         {"lifelines_waltons_dataset.csv", "T", "E", "", ""},
	"waltons:control": {"lifelines_waltons_dataset.csv", "T", "E", "group", "control"},
	"waltons:miR-137": {"lifelines_waltons_dataset.csv", "T", "E", "group", "miR-137"},
	"anderson:Rx=0":   {"lifelines_anderson.csv", "t", "status", "Rx", "0"},
	"rossi":           {"lifelines_rossi.csv", "week", "arrest", "", ""},
	"rossi:fin=0":     {"lifelines_rossi.csv", "week", "arrest", "fin", "0"},
	"rossi:fin=1":     {"lifelines_rossi.csv", "week", "arrest", "fin", "1"},
	"lymphoma:stage2": {"lifelines_lymphoma.csv", "Time", "Censor", "Stage_group", "2"},
	"larynx":          {"lifelines_larynx.csv", "time", "death", "", ""},
}

// survivalAbsent are those that are not: lifelines has them, the references do
// not. g3:RIT is a group of g3.
var survivalAbsent = []string{"dd", "g3", "g3:RIT"}

func readSurvival(t *testing.T, name string) (kpi.Survival, bool) {
	t.Helper()
	f, ok := survivalFiles[name]
	if !ok {
		require.Contains(t, survivalAbsent, name)
		return kpi.Survival{}, false
	}
	var ls kpi.Lifetimes
	for _, row := range readTable(t, "data/"+f.file) {
		if f.column == "" || row[f.column] == f.value {
			ls = append(ls, kpi.Lifetime{Exit: number(t, row[f.time]), Ended: number(t, row[f.ended]) == 1})
		}
	}
	return survival(t, ls), true
}

var bandNamed = map[string]kpi.Band{"log-log": kpi.LogLogBand, "log": kpi.LogBand, "plain": kpi.PlainBand}

// Curves, bands and cumulative hazards of R on the data sets of lifelines.
func TestSurvivalReference(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, row := range readTable(t, "clv/survival_kaplan_meier.csv") {
		s, ok := readSurvival(t, row["dataset"])
		if !ok {
			continue
		}
		at := number(t, row["time"])
		i := slices.IndexFunc(s.Steps, func(p kpi.SurvivalStep) bool { return p.Time == at })
		require.GreaterOrEqual(t, i, 0)
		p := s.Steps[i]
		require.Equal(t, number(t, row["at_risk"]), float64(p.AtRisk))
		require.Equal(t, number(t, row["events"]), float64(p.Events))
		require.Equal(t, number(t, row["censored"]), float64(p.Censored))
		require.InDelta(t, number(t, row["survival"]), p.Survival, 1e-9)
		require.InDelta(t, number(t, row["cumhaz_nelson_aalen"]), p.Hazard, 1e-9)
		require.InDelta(t, number(t, row["cumhaz_se"]), p.HazardStdErr, 1e-9)
		if p.Survival == 0 {
			require.Empty(t, row["lower95"])
			continue
		}
		require.InDelta(t, number(t, row["std_err"]), p.StdErr, 1e-9)
		if p.Survival < 1 {
			interval, err := s.Interval(at, 0.95, bandNamed[row["conf_type"]])
			require.NoError(t, err)
			require.InDelta(t, number(t, row["lower95"]), interval.Lo, 1e-9)
			require.InDelta(t, number(t, row["upper95"]), interval.Hi, 1e-9)
		}
		checked++
	}
	require.Greater(t, checked, 600)
}

// Curves, bands, medians and restricted means of metrics/survival.json.
func TestSurvivalReferenceMetrics(t *testing.T) {
	t.Parallel()
	type curve struct {
		Time   []float64  `json:"time"`
		AtRisk []int64    `json:"n_risk"`
		Events []int64    `json:"n_event"`
		Gone   []int64    `json:"n_censor"`
		Surv   []float64  `json:"surv"`
		StdErr []*float64 `json:"std_err_greenwood"`
		Lower  []*float64 `json:"lower"`
		Upper  []*float64 `json:"upper"`
		Median float64    `json:"median"`
		Mean   float64    `json:"rmean_table"`
	}
	var file struct {
		Cases []struct {
			Name               string
			Time               []float64
			Status             []int
			Plain, Log, LogLog curve
		} `json:"kaplan_meier"`
	}
	readReference(t, "metrics/survival.json", &file)
	require.Len(t, file.Cases, 3)
	for _, c := range file.Cases {
		s := survival(t, lifetimes(c.Time, c.Status))
		for band, want := range map[kpi.Band]curve{kpi.PlainBand: c.Plain, kpi.LogBand: c.Log, kpi.LogLogBand: c.LogLog} {
			require.Len(t, s.Steps, len(want.Time))
			for i, p := range s.Steps {
				require.Equal(t, want.Time[i], p.Time)
				require.Equal(t, [3]int64{want.AtRisk[i], want.Events[i], want.Gone[i]}, [3]int64{p.AtRisk, p.Events, p.Censored})
				require.InDelta(t, want.Surv[i], p.Survival, 1e-13)
				if p.Survival == 0 {
					require.Nil(t, want.Lower[i])
					continue
				}
				require.InDelta(t, *want.StdErr[i], p.StdErr, 1e-13)
				interval, err := s.Interval(p.Time, 0.95, band)
				require.NoError(t, err)
				require.InDelta(t, *want.Lower[i], interval.Lo, 1e-12, "%s, %v at %v", c.Name, band, p.Time)
				require.InDelta(t, *want.Upper[i], interval.Hi, 1e-12, "%s, %v at %v", c.Name, band, p.Time)
			}
			median, err := s.Median()
			require.NoError(t, err)
			require.Equal(t, want.Median, median)
			mean, err := s.RestrictedMean(s.Steps[len(s.Steps)-1].Time)
			require.NoError(t, err)
			require.InDelta(t, want.Mean, mean, 1e-12)
		}
	}
}

// A snapshot is not a cohort: the same file gives 71 % at 48 months and 10 % at 3,
// as one takes each customer to have been watched for ever or for a month.
func TestSurvivalSnapshot(t *testing.T) {
	t.Parallel()
	var naive, month kpi.Lifetimes
	for _, row := range readTable(t, "data/telco_churn.csv") {
		l := kpi.Lifetime{Exit: number(t, row["tenure"]), Ended: row["churn"] == "Yes"}
		naive = append(naive, l)
		l.Entry = max(l.Exit-1, 0)
		month = append(month, l)
	}
	require.Len(t, naive, 7043)
	high, err := survival(t, naive).At(48)
	require.NoError(t, err)
	require.InDelta(t, 0.71, high, 0.005)
	low, err := survival(t, month).At(3)
	require.NoError(t, err)
	require.InDelta(t, 0.10, low, 0.005)
}
