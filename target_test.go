package kpi_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestTarget(t *testing.T) {
	t.Parallel()
	target := func(actual, goal string, d kpi.Direction) kpi.Target {
		return kpi.Target{Actual: must(actual), Goal: must(goal), Direction: d}
	}
	tests := []struct {
		name                      string
		t                         kpi.Target
		met                       bool
		attainment, inverse, base string // "" is an error
		from                      string
	}{
		{"sales, missed", target("90", "120", kpi.Higher), false, "0.75", "", "0.75", "0"},
		{"sales, met to the cent", target("120", "120", kpi.Higher), true, "1", "", "1", "0"},
		{"sales, passed", target("150", "120", kpi.Higher), true, "1.25", "", "2", "90"},
		{"a share, from last year's", target("0.82", "0.9", kpi.Higher), false, "41/45", "", "0.2", "0.8"},
		{"worse than last year", target("0.78", "0.9", kpi.Higher), false, "13/15", "", "-0.2", "0.8"},
		{"churn, from 8 %, 6 % against 5 %", target("0.06", "0.05", kpi.Lower), false, "0.8", "5/6", "2/3", "0.08"},
		{"churn, met", target("0.04", "0.05", kpi.Lower), true, "1.2", "1.25", "4/3", "0.08"},
		{"complaints at three times the goal", target("30", "10", kpi.Lower), false, "-1", "1/3", "-1", "20"},
		{"none at all", target("0", "10", kpi.Lower), true, "2", "", "2", "20"},
		{"a loss that is to end", target("-20", "0", kpi.Higher), false, "", "", "0.75", "-80"},
		{"a loss that is to shrink", target("-20", "-10", kpi.Higher), false, "", "", "6/7", "-80"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			met, err := tt.t.Met()
			require.NoError(t, err)
			require.Equal(t, tt.met, met)
			for name, ask := range map[string]struct {
				of   func() (kpi.Ratio, error)
				want string
			}{
				"Target.Attainment":        {tt.t.Attainment, tt.attainment},
				"Target.InverseAttainment": {tt.t.InverseAttainment, tt.inverse},
			} {
				got, err := ask.of()
				if ask.want != "" {
					requireRatio(t, ask.want, got, err)
					require.Equal(t, met, got.Cmp(kpi.Whole(1)) >= 0)
					continue
				}
				kind := kpi.ErrUndefined
				if name == "Target.InverseAttainment" && tt.t.Direction == kpi.Higher {
					kind = kpi.ErrInvalid
				}
				e := requireError(t, err, kind)
				require.Equal(t, name, e.Metric)
				require.Equal(t, kind == kpi.ErrUndefined, e.Code == kpi.CodeNotPositive) //nolint:errorlint // the sentinels themselves
			}
			base, err := tt.t.FromBase(must(tt.from))
			requireRatio(t, tt.base, base, err)
			require.Equal(t, met, base.Cmp(kpi.Whole(1)) >= 0)
			// Half of the days are gone.
			pace, err := tt.t.Pace(must(tt.from), kpi.Proportion{K: 15, N: 30})
			requireRatio(t, base.Mul(kpi.Whole(2)).String(), pace, err)
		})
	}
}

// From a base of 0 on the way up, the way is the attainment.
func TestTargetFromNothing(t *testing.T) {
	t.Parallel()
	x := kpi.Target{Actual: kpi.Whole(52), Goal: kpi.Whole(120), Direction: kpi.Higher}
	a, err := x.Attainment()
	require.NoError(t, err)
	b, err := x.FromBase(kpi.Ratio{})
	requireRatio(t, a.String(), b, err)
	pace, err := x.Pace(kpi.Ratio{}, kpi.Proportion{K: 9, N: 21})
	requireRatio(t, "91/90", pace, err) // 52/120 · 21/9
}

func TestTargetErrors(t *testing.T) {
	t.Parallel()
	neither := kpi.Target{Actual: kpi.Whole(1), Goal: kpi.Whole(2)}
	higher := kpi.Target{Actual: kpi.Whole(1), Goal: kpi.Whole(2), Direction: kpi.Higher}
	lower := higher
	lower.Direction = kpi.Lower
	half := kpi.Proportion{K: 1, N: 2}
	tests := []struct {
		metric string
		ask    func() error
		code   kpi.Code
		kind   error
	}{
		{"Target.Met", func() error { _, err := neither.Met(); return err }, kpi.CodeMissing, kpi.ErrInvalid},
		{"Target.Attainment", func() error { _, err := neither.Attainment(); return err }, kpi.CodeMissing, kpi.ErrInvalid},
		{"Target.InverseAttainment", func() error { _, err := neither.InverseAttainment(); return err }, kpi.CodeMismatch, kpi.ErrInvalid},
		{"Target.FromBase", func() error { _, err := neither.FromBase(kpi.Ratio{}); return err }, kpi.CodeMissing, kpi.ErrInvalid},
		{"Target.FromBase", func() error { _, err := higher.FromBase(kpi.Whole(2)); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"Target.FromBase", func() error { _, err := higher.FromBase(kpi.Whole(3)); return err }, kpi.CodeMismatch, kpi.ErrInvalid},
		{"Target.FromBase", func() error { _, err := lower.FromBase(kpi.Whole(1)); return err }, kpi.CodeMismatch, kpi.ErrInvalid},
		{"Target.Pace", func() error { _, err := lower.Pace(kpi.Whole(1), half); return err }, kpi.CodeMismatch, kpi.ErrInvalid},
		{"Target.Pace", func() error { _, err := higher.Pace(kpi.Ratio{}, kpi.Proportion{K: 2, N: 1}); return err }, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"Target.Pace", func() error { _, err := higher.Pace(kpi.Ratio{}, kpi.Proportion{N: 9}); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"Target.Pace", func() error { _, err := higher.Pace(kpi.Ratio{}, kpi.Proportion{}); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"Targets.Met", func() error { _, err := kpi.Targets{higher, neither}.Met(); return err }, kpi.CodeMissing, kpi.ErrInvalid},
		{"Targets.Met", func() error { _, err := kpi.Targets{}.Met(); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
	}
	for _, tt := range tests {
		e := requireError(t, tt.ask(), tt.kind)
		require.Equal(t, tt.code, e.Code, tt.metric)
		require.Equal(t, tt.metric, e.Metric)
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	team := kpi.Targets{
		{Name: "李娜", Actual: kpi.Whole(130), Goal: kpi.Whole(120), Direction: kpi.Higher},
		{Name: "churn", Actual: must("0.06"), Goal: must("0.05"), Direction: kpi.Lower},
		{Name: "profit", Actual: kpi.Whole(3), Direction: kpi.Higher},
		{Name: "unsaid", Actual: kpi.Whole(3), Goal: kpi.Whole(3)},
	}
	met, err := team[:3].Met()
	require.NoError(t, err)
	require.Equal(t, "2/3", met.String())
	require.Equal(t, `target  actual    goal  attainment  met
李娜    130.00  120.00      108.3%    ✓
churn     0.06    0.05       80.0%    ✗
profit    3.00    0.00           –    ✓
unsaid    3.00    3.00           –    –
all                                 2/4
`, team.String())
	require.Contains(t, team.Markdown(), "| churn | 0.06 | 0.05 | 80.0% | ✗ |\n")
	require.JSONEq(t, `{"name": "churn", "actual": "0.06", "goal": "0.05", "direction": "lower"}`, mustJSON(t, team[1]))
	var back kpi.Targets
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, team)), &back))
	require.Equal(t, team.String(), back.String())
}

func TestChange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ before, after, points, relative, midpoint string }{
		{"0.04", "0.05", "0.01", "0.25", "2/9"},
		{"100", "80", "-20", "-0.2", "-2/9"},
		{"80", "100", "20", "0.25", "2/9"},
		{"50", "0", "-50", "-1", "-2"},
		{"0", "50", "50", "", "2"},
		{"-40", "-20", "20", "", "2/3"}, // not 50 % of growth
		{"-40", "20", "60", "", "2"},
		{"0", "0", "0", "", ""},
	} {
		c := kpi.Change{Before: must(tt.before), After: must(tt.after)}
		require.Equal(t, tt.points, c.Points().String())
		for metric, ask := range map[string]struct {
			of   func() (kpi.Ratio, error)
			want string
			code kpi.Code
		}{
			"Change.Relative": {c.Relative, tt.relative, kpi.CodeNotPositive},
			"Change.Midpoint": {c.Midpoint, tt.midpoint, kpi.CodeZeroDenominator},
		} {
			got, err := ask.of()
			if ask.want != "" {
				requireRatio(t, ask.want, got, err)
				continue
			}
			e := requireError(t, err, kpi.ErrUndefined)
			require.Equal(t, ask.code, e.Code)
			require.Equal(t, metric, e.Metric)
		}
	}
	var c kpi.Change
	require.NoError(t, json.Unmarshal([]byte(`{"before": 0.1, "after": "1/3"}`), &c))
	require.JSONEq(t, `{"before": "0.1", "after": "1/3"}`, mustJSON(t, c))
}
