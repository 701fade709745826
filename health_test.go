package kpi_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// health weighs usage twice as much as the survey, and tickets as much: fewer are
// better.
func health() kpi.HealthSpec {
	return kpi.HealthSpec{Inputs: []kpi.HealthInput{
		{Name: "usage", Weight: kpi.Whole(2), Bounds: kpi.Bounds{To: kpi.Whole(20)}},
		{Name: "nps", Weight: kpi.Whole(1), Bounds: kpi.Bounds{From: kpi.Whole(-100), To: kpi.Whole(100)}},
		{Name: "tickets", Weight: kpi.Whole(1), Bounds: kpi.Bounds{From: kpi.Whole(10)}},
		{Name: "paid", Weight: kpi.Whole(1)},
	}}
}

func TestHealthScore(t *testing.T) {
	t.Parallel()
	all := []kpi.Signal{ago("usage", 3, "15"), ago("nps", 40, "20"), ago("tickets", 9, "4"), ago("paid", 1, "100")}
	tests := []struct {
		name     string
		change   func(*kpi.HealthSpec)
		signals  []kpi.Signal
		want     string
		coverage string
		missing  []string
	}{
		{
			// (2·75 + 60 + 60 + 100)/5
			name: "all at hand", signals: all, coverage: "1",
			want: "usage 30, nps 12, tickets 12, paid 20, = 74",
		},
		{
			// (2·75 + 60 + 100)/4
			name: "one missing is left out", signals: slices.Delete(slices.Clone(all), 1, 2), coverage: "0.8", missing: []string{"nps"},
			want: "usage 37.5, tickets 15, paid 25, = 77.5",
		},
		{
			name: "too old is missing", change: func(s *kpi.HealthSpec) { s.MaxAge = 39 }, signals: all, coverage: "0.8", missing: []string{"nps"},
			want: "usage 37.5, tickets 15, paid 25, = 77.5",
		},
		{name: "just not too old", change: func(s *kpi.HealthSpec) { s.MaxAge = 40 }, signals: all, coverage: "1", want: "usage 30, nps 12, tickets 12, paid 20, = 74"},
		{
			name: "no less than 0 and no more than 100", coverage: "1", want: "usage 40, nps 20, tickets 20, = 80",
			signals: []kpi.Signal{ago("usage", 3, "21"), ago("nps", 40, "200"), ago("tickets", 9, "-1"), ago("paid", 1, "-3")},
		},
		{
			name: "the latest, and of one instant the greatest", coverage: "0.2", missing: []string{"usage", "nps", "tickets"}, want: "paid 50, = 50",
			signals: []kpi.Signal{ago("paid", 2, "90"), ago("paid", 1, "50"), ago("paid", 1, "30"), ago("paid", 1, "40"), ago("paid", -1, "100")},
		},
		{name: "just enough", change: func(s *kpi.HealthSpec) { s.MinCoverage = must("0.4") }, signals: all[:1], coverage: "0.4", missing: []string{"nps", "tickets", "paid"}, want: "usage 75, = 75"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spec := health()
			if tt.change != nil {
				tt.change(&spec)
			}
			s, err := spec.Score(tt.signals, leadsAsOf)
			require.NoError(t, err)
			require.Equal(t, tt.want, why(s))
			requireRatio(t, tt.coverage, s.Coverage, err)
			require.Equal(t, tt.missing, s.Missing)
			requireScoreAddsUp(t, s)
			r := rand.New(rand.NewPCG(1, 1))
			shuffled := append(slices.Clone(tt.signals), ago("usage", -1, "0"), kpi.Signal{Name: "nps", At: leadsAsOf})
			r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			again, err := spec.Score(shuffled, leadsAsOf)
			require.NoError(t, err)
			require.Equal(t, mustJSON(t, s), mustJSON(t, again))
		})
	}
}

func TestHealthErrors(t *testing.T) {
	t.Parallel()
	huge := kpi.Must(kpi.Must(kpi.Whole(7).Pow(1200)).Pow(4))
	tests := []struct {
		name   string
		change func(*kpi.HealthSpec)
		code   kpi.Code
		kind   error
		index  int
	}{
		{"no inputs", func(s *kpi.HealthSpec) { s.Inputs = nil }, kpi.CodeEmpty, kpi.ErrInvalid, -1},
		{"no text", func(s *kpi.HealthSpec) { s.Inputs[1].Name = "nps\xff" }, kpi.CodeSyntax, kpi.ErrInvalid, 1},
		{"no name", func(s *kpi.HealthSpec) { s.Inputs[1].Name = "" }, kpi.CodeRepeated, kpi.ErrInvalid, 1},
		{"a name that is no text", func(s *kpi.HealthSpec) { s.Inputs[1].Name = "\xff" }, kpi.CodeSyntax, kpi.ErrInvalid, 1},
		{"a name twice", func(s *kpi.HealthSpec) { s.Inputs[1].Name = "usage" }, kpi.CodeRepeated, kpi.ErrInvalid, 1},
		{"no weight", func(s *kpi.HealthSpec) { s.Inputs[2].Weight = kpi.Ratio{} }, kpi.CodeOutOfRange, kpi.ErrInvalid, 2},
		{"a negative weight", func(s *kpi.HealthSpec) { s.Inputs[2].Weight = kpi.Whole(-1) }, kpi.CodeOutOfRange, kpi.ErrInvalid, 2},
		{"a huge weight", func(s *kpi.HealthSpec) { s.Inputs[2].Weight = huge }, kpi.CodeTooLarge, kpi.ErrInvalid, 2},
		{"bounds of no width", func(s *kpi.HealthSpec) { s.Inputs[0].Bounds.From = kpi.Whole(20) }, kpi.CodeOutOfRange, kpi.ErrInvalid, 0},
		{"a negative age", func(s *kpi.HealthSpec) { s.MaxAge = -1 }, kpi.CodeNegative, kpi.ErrInvalid, -1},
		{"a negative coverage", func(s *kpi.HealthSpec) { s.MinCoverage = kpi.Whole(-1) }, kpi.CodeOutOfRange, kpi.ErrInvalid, -1},
		{"more than all", func(s *kpi.HealthSpec) { s.MinCoverage = must("1.01") }, kpi.CodeOutOfRange, kpi.ErrInvalid, -1},
		{"too little", func(s *kpi.HealthSpec) { s.MinCoverage = must("0.41") }, kpi.CodeTooFew, kpi.ErrUndefined, -1},
		{"nothing", func(s *kpi.HealthSpec) { s.Inputs = s.Inputs[1:] }, kpi.CodeNoData, kpi.ErrUndefined, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spec := health()
			tt.change(&spec)
			s, err := spec.Score([]kpi.Signal{ago("usage", 1, "3")}, leadsAsOf)
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, "HealthSpec.Score", e.Metric)
			require.Equal(t, kpi.Score{}, s)
		})
	}
	_, err := health().Score(nil, time.Time{})
	require.Equal(t, kpi.CodeMissing, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = health().Score([]kpi.Signal{{}}, leadsAsOf)
	require.Equal(t, kpi.CodeEmpty, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestGrades(t *testing.T) {
	t.Parallel()
	grades := kpi.Grades{{Name: "at risk", From: kpi.Whole(0)}, {Name: "fair", From: kpi.Whole(50)}, {Name: "good", From: must("79.5")}}
	for _, tt := range []struct{ value, want string }{
		{"0", "at risk"}, {"49.999", "at risk"}, {"50", "fair"}, {"158/3", "fair"}, {"79.499", "fair"}, {"79.5", "good"}, {"100", "good"}, {"1e9", "good"},
	} {
		name, err := kpi.Score{Value: must(tt.value)}.Grade(grades)
		require.NoError(t, err)
		require.Equal(t, tt.want, name, tt.value)
	}
	_, err := kpi.Score{Value: must("-0.01")}.Grade(grades)
	require.Equal(t, kpi.CodeBeyondBound, requireError(t, err, kpi.ErrUndefined).Code)
	for code, bad := range map[kpi.Code]kpi.Grades{
		kpi.CodeEmpty:    nil,
		kpi.CodeRepeated: {{Name: "a"}, {Name: "a", From: kpi.Whole(1)}},
		kpi.CodeSyntax:   {{Name: "a"}, {Name: "\xff", From: kpi.Whole(1)}},
		kpi.CodeOrder:    {{Name: "a"}, {Name: "b"}},
	} {
		_, err := kpi.Score{}.Grade(bad)
		require.Equal(t, code, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err = kpi.Score{}.Grade(kpi.Grades{{}})
	require.Equal(t, 0, requireError(t, err, kpi.ErrInvalid).Index)
}

// requireChangeAddsUp holds a change to its laws.
func requireChangeAddsUp(t *testing.T, after, before kpi.Score) {
	t.Helper()
	c, err := after.Diff(before)
	require.NoError(t, err)
	require.True(t, c.Delta.Equal(after.Value.Sub(before.Value)))
	require.True(t, c.Delta.Equal(c.Input.Add(c.Weight).Add(c.Coverage).Add(c.Cap)))
	var sum kpi.Effects
	for _, p := range c.Parts {
		sum.Input, sum.Weight = sum.Input.Add(p.Input), sum.Weight.Add(p.Weight)
		sum.Coverage, sum.Cap = sum.Coverage.Add(p.Coverage), sum.Cap.Add(p.Cap)
	}
	require.True(t, sum.Input.Equal(c.Input) && sum.Weight.Equal(c.Weight) && sum.Coverage.Equal(c.Coverage) && sum.Cap.Equal(c.Cap))
	back, err := before.Diff(after)
	require.NoError(t, err)
	require.True(t, back.Input.Equal(c.Input.Neg()) && back.Weight.Equal(c.Weight.Neg()) && back.Coverage.Equal(c.Coverage.Neg()) && back.Cap.Equal(c.Cap.Neg()))
	var read kpi.ScoreChange
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, c)), &read))
	require.Equal(t, mustJSON(t, c), mustJSON(t, read))
	require.Equal(t, c.String(), read.String())
}

func TestScoreDiff(t *testing.T) {
	t.Parallel()
	score := func(signals ...kpi.Signal) kpi.Score {
		s, err := health().Score(signals, leadsAsOf)
		require.NoError(t, err)
		return s
	}
	// 74, and 64 on usage of 10 of 20.
	before := score(ago("usage", 3, "15"), ago("nps", 40, "20"), ago("tickets", 9, "4"), ago("paid", 1, "100"))
	after := score(ago("usage", 3, "10"), ago("nps", 40, "20"), ago("tickets", 9, "4"), ago("paid", 1, "100"))
	c, err := after.Diff(before)
	require.NoError(t, err)
	require.Equal(t, []string{"-10", "-10", "0", "0", "0"}, []string{c.Delta.String(), c.Input.String(), c.Weight.String(), c.Coverage.String(), c.Cap.String()})
	require.Equal(t, "-10", c.Parts[0].Input.String())
	requireChangeAddsUp(t, after, before)

	// Without the survey, 12 points of it are gone, and the others weigh a quarter more:
	// ½(.4+.5)·(50−75) = −11.25; ½(75+50)·.1 + 60·.05 + 100·.05 = 14.25.
	after = score(ago("usage", 3, "10"), ago("tickets", 9, "4"), ago("paid", 1, "100"))
	c, err = after.Diff(before)
	require.NoError(t, err)
	require.Equal(t, []string{"-9", "-11.25", "14.25", "-12", "0"}, []string{c.Delta.String(), c.Input.String(), c.Weight.String(), c.Coverage.String(), c.Cap.String()})
	requireRatio(t, "65", after.Value, nil)
	require.Equal(t, "nps", c.Parts[3].Name)
	requireRatio(t, "-12", c.Parts[3].Coverage, nil)
	requireChangeAddsUp(t, after, before)
	require.Contains(t, c.String(), "nps        0.00    0.00    -12.00  0.00\n")
	require.Contains(t, c.Markdown(), "| nps | 0.00 | 0.00 | -12.00 | 0.00 |\n")

	// Of a lead a cap that binds is a line of its own.
	lead := func(signals ...kpi.Signal) kpi.Score {
		s, err := leads().Score(signals, leadsAsOf)
		require.NoError(t, err)
		return s
	}
	low, high := lead(ago("visit", 14, "0"), ago("left", 3, "0")), lead(ago("visit", 0, "0"), ago("price", 0, "0"))
	c, err = high.Diff(low)
	require.NoError(t, err) // visit 4 → 8, price +20, left +15; cap −3, floor −11
	require.Equal(t, []string{"25", "39", "0", "0", "-14"}, []string{c.Delta.String(), c.Input.String(), c.Weight.String(), c.Coverage.String(), c.Cap.String()})
	requireChangeAddsUp(t, high, low)
	requireChangeAddsUp(t, high, before)
	requireChangeAddsUp(t, high, kpi.Score{})

	was := mustJSON(t, c)
	for _, bad := range []string{`3`, `{"before": 3}`, `{"after": {"value": {"exact": "1"}, "coverage": {"exact": "1"}}}`} {
		require.Error(t, json.Unmarshal([]byte(bad), &c), bad)
	}
	require.NoError(t, json.Unmarshal([]byte(`null`), &c))
	require.Equal(t, was, mustJSON(t, c))
}

func TestScoreDiffLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 5))
	spec := health()
	spec.MaxAge = 30
	for range 80 {
		signals := randomSignals(r, "usage", "nps", "tickets", "paid")
		before, err := spec.Score(signals, day(70))
		after, err2 := spec.Score(signals, day(101))
		if err == nil && err2 == nil {
			requireScoreAddsUp(t, after)
			requireChangeAddsUp(t, after, before)
		}
	}
}

// A score that was altered is no score.
func TestScoreIsChecked(t *testing.T) {
	t.Parallel()
	good, err := leads().Score([]kpi.Signal{ago("visit", 0, "0"), ago("price", 0, "0"), ago("need", 1, "0"), ago("budget", 1, "90000")}, leadsAsOf)
	require.NoError(t, err)
	require.Len(t, good.Parts, 7)
	tests := []struct {
		name   string
		change func(*kpi.Score)
		code   kpi.Code
	}{
		{"a name that is no text", func(s *kpi.Score) { s.Parts[0].Name = "x\xff" }, kpi.CodeSyntax},
		{"a missing one that is no text", func(s *kpi.Score) { s.Missing = []string{"\xff"} }, kpi.CodeSyntax},
		{"another value", func(s *kpi.Score) { s.Value = kpi.Whole(81) }, kpi.CodeMismatch},
		{"other points", func(s *kpi.Score) { s.Parts[0].Points = kpi.Whole(9); s.Value = kpi.Whole(81) }, kpi.CodeMismatch},
		{"a part twice", func(s *kpi.Score) { s.Parts[1] = s.Parts[0] }, kpi.CodeRepeated},
		{"an input without a name", func(s *kpi.Score) { s.Parts[1].Name = "" }, kpi.CodeRepeated},
		{"a name that is no text", func(s *kpi.Score) { s.Parts[1].Name = "\xff" }, kpi.CodeSyntax},
		{"what is missing is no text", func(s *kpi.Score) { s.Missing = []string{"\xff"} }, kpi.CodeSyntax},
		{"a cap with a name", func(s *kpi.Score) { s.Parts[6].Name = "x" }, kpi.CodeRepeated},
		{"another kind", func(s *kpi.Score) { s.Parts[1].Kind = 4 }, kpi.CodeOutOfRange},
		{"a cap that gives", func(s *kpi.Score) { s.Parts[6].Points = kpi.Whole(1) }, kpi.CodeOutOfRange},
		{"a floor that takes", func(s *kpi.Score) { s.Parts[6].Kind = kpi.PartFloor }, kpi.CodeOutOfRange},
		{"more than all", func(s *kpi.Score) { s.Coverage = kpi.Whole(2) }, kpi.CodeOutOfRange},
		{"huge", func(s *kpi.Score) { s.Parts[1].Weight = kpi.Must(kpi.Must(kpi.Whole(7).Pow(1200)).Pow(4)) }, kpi.CodeTooLarge},
		{"huge, and alone", func(s *kpi.Score) {
			s.Coverage = kpi.Must(kpi.Whole(1).Over(kpi.Must(kpi.Must(kpi.Whole(7).Pow(1200)).Pow(4))))
		}, kpi.CodeTooLarge},
	}
	for _, tt := range tests {
		bad := good
		bad.Parts = slices.Clone(good.Parts)
		tt.change(&bad)
		_, err := json.Marshal(bad)
		require.Equal(t, tt.code, requireError(t, err, kpi.ErrInvalid).Code, tt.name)
		for _, pair := range [][2]kpi.Score{{good, bad}, {bad, good}} {
			_, err = pair[0].Diff(pair[1])
			require.Equal(t, tt.code, requireError(t, err, kpi.ErrInvalid).Code, tt.name)
		}
	}
	for _, bad := range []string{`3`, `{"value": {"exact": "1"}, "coverage": {"exact": "1"}}`, `{"value": {"exact": "x"}}`, `{}`, `{"value": {"exact": "0"}, "coverage": {"exact": "1"}, "parts": [{"kind": "input", "name": "a", "weight": {"exact": "1/0"}}]}`} {
		s := good
		require.Error(t, json.Unmarshal([]byte(bad), &s), bad)
		require.Equal(t, good, s)
	}
	require.Len(t, strings.Split(strings.TrimSpace(good.String()), "\n"), 9)
	require.Contains(t, good.String(), "group cap: behaviour                  -3.00\n")
	require.Contains(t, good.Markdown(), "| cap |  |  | -15.00 |\n")
	for i, name := range []string{"input", "group cap", "cap", "floor"} {
		k, err := kpi.ParsePartKind(name)
		require.NoError(t, err)
		require.Equal(t, kpi.PartKind(i), k)
	}
	_, err = kpi.ParsePartKind("x")
	requireError(t, err, kpi.ErrInvalid)
}

func FuzzScoreUnmarshalJSON(f *testing.F) {
	s, err := leads().Score([]kpi.Signal{ago("visit", 3, "0"), ago("price", 0, "0"), ago("need", 1, "0"), ago("budget", 1, "90000")}, leadsAsOf)
	require.NoError(f, err)
	data, err := json.Marshal(s)
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(`{"value": {"exact": "1/3"}, "coverage": {"exact": "1"}, "parts": [{"kind": "input", "name": "a", "weight": {"exact": "1"}, "input": {"exact": "1/3"}, "points": {"exact": "1/3"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s kpi.Score
		if json.Unmarshal(data, &s) != nil {
			require.Empty(t, s)
			return
		}
		if string(data) == "null" {
			return
		}
		requireScoreSame(t, s)
	})
}

// requireScoreSame holds a decoded score to JSON and Diff.
func requireScoreSame(t *testing.T, s kpi.Score) {
	t.Helper()
	text := mustJSON(t, s)
	var back kpi.Score
	require.NoError(t, json.Unmarshal([]byte(text), &back))
	require.Equal(t, text, mustJSON(t, back))
	require.NotEmpty(t, s.String())
	c, err := s.Diff(back)
	require.NoError(t, err)
	require.True(t, c.Delta.IsZero() && c.Input.IsZero() && c.Coverage.IsZero())
}
