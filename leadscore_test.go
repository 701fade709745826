package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// leads scores behaviour, need and budget.
func leads() kpi.LeadSpec {
	return kpi.LeadSpec{
		Attributes: []kpi.Attribute{
			{Name: "visit", Group: "behaviour", Points: kpi.Whole(8), Limit: 3, Decay: kpi.Decay{HalfLife: 14}},
			{Name: "price", Group: "behaviour", Points: kpi.Whole(20), Decay: kpi.Decay{Linear: 30}},
			{Name: "left", Group: "behaviour", Points: kpi.Whole(-15)},
			{Name: "need", Group: "need", Points: kpi.Whole(30), Decay: kpi.Decay{Steps: []kpi.DecayStep{
				{Under: 31, Factor: kpi.Whole(1)}, {Under: 91, Factor: kpi.Percent(50)},
			}}},
			{Name: "budget", Points: kpi.Whole(40), Bounds: kpi.Bounds{From: kpi.Whole(10000), To: kpi.Whole(50000)}},
		},
		Groups: []kpi.ScoreGroup{{Name: "behaviour", Cap: kpi.Whole(25)}, {Name: "need"}},
		Cap:    kpi.Whole(80),
	}
}

// ago is a signal of some days before noon of the hundredth of March.
func ago(name string, days int, value string) kpi.Signal {
	return kpi.Signal{Name: name, At: day(100 - days), Value: must(value)}
}

var leadsAsOf = day(100).Add(12 * time.Hour)

// why writes the parts of a score that give anything, and its value.
func why(s kpi.Score) string {
	var out []string
	for _, p := range s.Parts {
		if !p.Points.IsZero() {
			name := p.Name
			if p.Kind != kpi.PartInput {
				name = strings.TrimSpace(p.Kind.String() + " " + p.Name)
			}
			out = append(out, name+" "+p.Points.String())
		}
	}
	return strings.Join(append(out, "= "+s.Value.String()), ", ")
}

func TestLeadScore(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		change  func(*kpi.LeadSpec)
		signals []kpi.Signal
		want    string
	}{
		{"nothing is known", nil, nil, "= 0"},
		{
			// 8·(1 + ½ + ¼), 20·(1 − 15/30), 30·½, 40·(30000−10000)/40000
			"each decay, and a budget", nil,
			[]kpi.Signal{ago("visit", 14, "0"), ago("visit", 28, "0"), ago("visit", 0, "0"), ago("price", 15, "0"), ago("need", 90, "0"), ago("budget", 300, "30000")},
			"visit 14, price 10, need 15, budget 20, = 59",
		},
		{
			// The newest three of five visits: 8·(1 + 1 + ½).
			"the latest visits up to the limit", nil,
			[]kpi.Signal{ago("visit", 28, "0"), ago("visit", 0, "0"), ago("visit", 70, "0"), ago("visit", 0, "0"), ago("visit", 14, "0")},
			"visit 20, = 20",
		},
		{
			// 24 + 20 − 15 = 29 and not 25 − 15: what it did wrong comes before the cap.
			"the cap of a group, after negative points", nil,
			[]kpi.Signal{ago("visit", 0, "0"), ago("visit", 0, "0"), ago("visit", 0, "0"), ago("price", 0, "0"), ago("left", 5, "0")},
			"visit 24, price 20, left -15, group cap behaviour -4, = 25",
		},
		{
			// 25 + 30 + 40 = 95.
			"both caps", nil,
			[]kpi.Signal{ago("visit", 0, "0"), ago("price", 0, "0"), ago("need", 0, "0"), ago("budget", 0, "70000")},
			"visit 8, price 20, need 30, budget 40, group cap behaviour -3, cap -15, = 80",
		},
		{"the floor", nil, []kpi.Signal{ago("left", 0, "0"), ago("visit", 14, "0")}, "visit 4, left -15, floor 11, = 0"},
		{"a floor below 0", func(s *kpi.LeadSpec) { s.Floor = kpi.Whole(-10) }, []kpi.Signal{ago("left", 0, "0")}, "left -15, floor 5, = -10"},
		{"no caps", func(s *kpi.LeadSpec) { s.Cap, s.Groups[0].Cap = kpi.Ratio{}, kpi.Ratio{} }, []kpi.Signal{ago("visit", 0, "0"), ago("price", 0, "0"), ago("need", 0, "0"), ago("budget", 0, "50000")}, "visit 8, price 20, need 30, budget 40, = 98"},
		{"a budget that is too small", nil, []kpi.Signal{ago("budget", 0, "9999.99")}, "= 0"},
		{
			// Of a value the latest counts, and of one instant the greatest.
			"values of several times", nil,
			[]kpi.Signal{ago("budget", 9, "50000"), ago("budget", 3, "20000"), ago("budget", 3, "14000"), ago("budget", 3, "15000")},
			"budget 10, = 10",
		},
		{
			"bounds the other way round", func(s *kpi.LeadSpec) { s.Attributes[4].Bounds = kpi.Bounds{From: kpi.Whole(90), To: kpi.Whole(10)} },
			[]kpi.Signal{ago("budget", 0, "30")},
			"budget 30, = 30",
		},
		{"old enough for nothing", nil, []kpi.Signal{ago("price", 30, "0"), ago("price", 31, "0"), ago("need", 91, "0")}, "= 0"},
		{"a name that nothing asks for", nil, []kpi.Signal{ago("vist", 0, "0")}, "= 0"},
		{"asOf is exclusive", nil, []kpi.Signal{{Name: "visit", At: leadsAsOf}, {Name: "price", At: leadsAsOf.Add(-1)}, ago("need", -1, "0")}, "price 20, = 20"},
		{
			// At noon of the day in UTC it is the next day in Auckland, as it was at noon
			// of the signal's day; at one in the night it was not yet.
			"dates of the location", func(s *kpi.LeadSpec) { s.Location = time.FixedZone("NZST", 12*3600); s.Attributes[1].Decay.Linear = 10 },
			[]kpi.Signal{{Name: "price", At: day(95).Add(1 * time.Hour)}},
			"price 8, = 8",
		},
		{
			"dates of UTC", func(s *kpi.LeadSpec) { s.Attributes[1].Decay.Linear = 10 },
			[]kpi.Signal{{Name: "price", At: day(95).Add(1 * time.Hour)}},
			"price 10, = 10",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spec := leads()
			if tt.change != nil {
				tt.change(&spec)
			}
			s, err := spec.Score(tt.signals, leadsAsOf)
			require.NoError(t, err)
			require.Equal(t, tt.want, why(s))
			require.True(t, s.Coverage.Equal(kpi.Whole(1)))
		})
	}

	s, err := leads().Score([]kpi.Signal{ago("need", 1, "0"), ago("visit", -1, "0")}, leadsAsOf)
	require.NoError(t, err)
	require.Equal(t, []string{"visit", "price", "left", "budget"}, s.Missing)
}

func TestLeadScoreNormalised(t *testing.T) {
	t.Parallel()
	all := []kpi.Signal{ago("visit", 0, "0"), ago("visit", 0, "0"), ago("visit", 0, "0"), ago("price", 0, "0"), ago("need", 0, "0"), ago("budget", 0, "50000")}
	spec := leads()
	s, err := spec.Normalised(all[4:5], leadsAsOf)
	require.NoError(t, err)
	require.Equal(t, "need 37.5, = 37.5", why(s), "of 80")
	s, err = spec.Normalised(all, leadsAsOf)
	require.NoError(t, err)
	require.Equal(t, "visit 30, price 25, need 37.5, budget 50, group cap behaviour -23.75, cap -18.75, = 100", why(s))
	// Without a cap the most is what there is: 25 + 30 + 40.
	spec.Cap = kpi.Ratio{}
	s, err = spec.Normalised(all, leadsAsOf)
	require.NoError(t, err)
	require.Equal(t, "100", s.Value.String())
	s, err = spec.Normalised(all[4:5], leadsAsOf)
	require.NoError(t, err)
	requireRatio(t, must("600/19").String(), s.Value, err) // 30 of 95
	// A cap that nobody reaches is not the most.
	spec.Cap = kpi.Whole(1000)
	s, err = spec.Normalised(all[4:5], leadsAsOf)
	requireRatio(t, must("600/19").String(), s.Value, err)
	spec.Floor = kpi.Whole(200)
	s, err = spec.Normalised(nil, leadsAsOf)
	requireRatio(t, "100", s.Value, err)

	spec.Floor = kpi.Whole(-1)
	_, err = spec.Normalised(nil, leadsAsOf)
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = kpi.LeadSpec{}.Normalised(nil, leadsAsOf)
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = kpi.LeadSpec{}.Normalised(nil, time.Time{})
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, "LeadSpec.Normalised", e.Metric)
}

func TestDecay(t *testing.T) {
	t.Parallel()
	steps := kpi.Decay{Steps: []kpi.DecayStep{{Under: 7, Factor: kpi.Whole(1)}, {Under: 30, Factor: must("1/3")}}}
	for _, tt := range []struct {
		decay kpi.Decay
		age   int
		want  string
	}{
		{kpi.Decay{}, 0, "1"},
		{kpi.Decay{}, 1e6, "1"},
		{kpi.Decay{Linear: 30}, 0, "1"},
		{kpi.Decay{Linear: 30}, 10, "2/3"},
		{kpi.Decay{Linear: 30}, 30, "0"},
		{kpi.Decay{Linear: 30}, 31, "0"},
		{kpi.Decay{HalfLife: 7}, 0, "1"},
		{kpi.Decay{HalfLife: 7}, 14, "0.25"},
		{kpi.Decay{HalfLife: 2}, 1, "0.707106781186547524"},
		{steps, 0, "1"},
		{steps, 6, "1"},
		{steps, 7, "1/3"},
		{steps, 29, "1/3"},
		{steps, 30, "0"},
	} {
		f, err := tt.decay.Factor(tt.age)
		requireRatio(t, tt.want, f, err)
	}
	_, err := steps.Factor(-1)
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = kpi.Decay{Linear: -1}.Factor(1)
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)

	data, err := json.Marshal(steps)
	require.NoError(t, err)
	require.JSONEq(t, `{"steps": [{"under": 7, "factor": "1"}, {"under": 30, "factor": "1/3"}]}`, string(data))
}

func TestLeadScoreErrors(t *testing.T) {
	t.Parallel()
	huge := kpi.Must(kpi.Whole(7).Pow(1200)).Mul(kpi.Must(kpi.Whole(7).Pow(1200)))
	huge = huge.Mul(huge)
	tests := []struct {
		name   string
		change func(*kpi.LeadSpec)
		code   kpi.Code
		index  int
	}{
		{"no text", func(s *kpi.LeadSpec) { s.Attributes[1].Name = "mail\xff" }, kpi.CodeSyntax, 1},
		{"no text of a group", func(s *kpi.LeadSpec) { s.Groups[1].Name = "fit\xff" }, kpi.CodeSyntax, 1},
		{"no name", func(s *kpi.LeadSpec) { s.Attributes[1].Name = "" }, kpi.CodeRepeated, 1},
		{"a name twice", func(s *kpi.LeadSpec) { s.Attributes[2].Name = "visit" }, kpi.CodeRepeated, 2},
		{"a name that is no text", func(s *kpi.LeadSpec) { s.Attributes[2].Name = "left\xff" }, kpi.CodeSyntax, 2},
		{"a group that is no text", func(s *kpi.LeadSpec) { s.Groups = append(s.Groups, kpi.ScoreGroup{Name: "\xff"}) }, kpi.CodeSyntax, 2},
		{"an unknown group", func(s *kpi.LeadSpec) { s.Attributes[2].Group = "behavior" }, kpi.CodeUnknownName, 2},
		{"a group twice", func(s *kpi.LeadSpec) { s.Groups[1].Name = "behaviour" }, kpi.CodeRepeated, 1},
		{"a group without a name", func(s *kpi.LeadSpec) { s.Groups[1].Name = "" }, kpi.CodeRepeated, 1},
		{"a negative cap of a group", func(s *kpi.LeadSpec) { s.Groups[0].Cap = kpi.Whole(-1) }, kpi.CodeNegative, 0},
		{"a negative cap", func(s *kpi.LeadSpec) { s.Cap = kpi.Whole(-1) }, kpi.CodeNegative, -1},
		{"a floor above the cap", func(s *kpi.LeadSpec) { s.Floor = kpi.Whole(81) }, kpi.CodeOutOfRange, -1},
		{"a negative limit", func(s *kpi.LeadSpec) { s.Attributes[0].Limit = -1 }, kpi.CodeNegative, 0},
		{"bounds of no width", func(s *kpi.LeadSpec) { s.Attributes[4].Bounds.To = kpi.Whole(10000) }, kpi.CodeOutOfRange, 4},
		{"two decays", func(s *kpi.LeadSpec) { s.Attributes[0].Decay.Linear = 3 }, kpi.CodeMismatch, 0},
		{"a negative decay", func(s *kpi.LeadSpec) { s.Attributes[0].Decay.HalfLife = -3 }, kpi.CodeNegative, 0},
		{"steps out of order", func(s *kpi.LeadSpec) { s.Attributes[3].Decay.Steps[1].Under = 31 }, kpi.CodeOrder, 3},
		{"steps that rise", func(s *kpi.LeadSpec) { s.Attributes[3].Decay.Steps[0].Factor = must("0.4") }, kpi.CodeOrder, 3},
		{"a step above 1", func(s *kpi.LeadSpec) { s.Attributes[3].Decay.Steps[0].Factor = must("1.1") }, kpi.CodeOrder, 3},
		{"a step below 0", func(s *kpi.LeadSpec) { s.Attributes[3].Decay.Steps[1].Factor = must("-1") }, kpi.CodeOrder, 3},
		{"huge points", func(s *kpi.LeadSpec) { s.Attributes[1].Points = huge }, kpi.CodeTooLarge, 1},
		{"huge bounds", func(s *kpi.LeadSpec) { s.Attributes[4].Bounds.To = huge }, kpi.CodeTooLarge, 4},
		{"a huge step", func(s *kpi.LeadSpec) { s.Attributes[3].Decay.Steps[0].Factor = huge }, kpi.CodeTooLarge, 3},
		{"a huge cap", func(s *kpi.LeadSpec) { s.Cap = huge }, kpi.CodeTooLarge, -1},
		{"a huge floor", func(s *kpi.LeadSpec) { s.Floor = huge }, kpi.CodeTooLarge, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spec := leads()
			tt.change(&spec)
			for name, ask := range map[string]func([]kpi.Signal, time.Time) (kpi.Score, error){"LeadSpec.Score": spec.Score, "LeadSpec.Normalised": spec.Normalised} {
				s, err := ask(nil, leadsAsOf)
				e := requireError(t, err, kpi.ErrInvalid)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, tt.index, e.Index)
				require.Equal(t, name, e.Metric)
				require.Equal(t, kpi.Score{}, s)
			}
		})
	}
	signals := []struct {
		name   string
		signal kpi.Signal
		code   kpi.Code
	}{
		{"no name", kpi.Signal{At: day(1)}, kpi.CodeEmpty},
		{"no date", kpi.Signal{Name: "visit"}, kpi.CodeEmpty},
		{"a date beyond the calendar", kpi.Signal{Name: "visit", At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, kpi.CodeTime},
		{"a huge value", kpi.Signal{Name: "budget", At: day(1), Value: huge}, kpi.CodeTooLarge},
	}
	for _, tt := range signals {
		_, err := leads().Score([]kpi.Signal{ago("visit", 3, "0"), tt.signal}, leadsAsOf)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, tt.code, e.Code, tt.name)
		require.Equal(t, 1, e.Index, tt.name)
	}
	for _, asOf := range []time.Time{{}, time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)} {
		_, err := leads().Score(nil, asOf)
		requireError(t, err, kpi.ErrInvalid)
	}
}

// A lead whose signals have values with nothing in common is refused, and not for
// ever.
func TestLeadScoreDenominators(t *testing.T) {
	t.Parallel()
	spec := kpi.LeadSpec{Attributes: []kpi.Attribute{{Name: "x", Points: kpi.Whole(1), Limit: math.MaxInt, Bounds: kpi.Bounds{To: kpi.Whole(1)}}}}
	var signals []kpi.Signal
	for i := range int64(3000) {
		signals = append(signals, kpi.Signal{Name: "x", At: day(1), Value: kpi.Must(kpi.NewRatio(1, math.MaxInt64-i))})
	}
	began := time.Now()
	_, err := spec.Score(signals, day(2))
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	require.Less(t, time.Since(began), hang)
	for i := range signals {
		signals[i].Value = kpi.Must(kpi.NewRatio(int64(i), 3000))
	}
	s, err := spec.Score(signals, day(2))
	requireRatio(t, "1499.5", s.Value, err)
}

// randomSignals returns signals of the specs here, at hours of some weeks.
func randomSignals(r *rand.Rand, names ...string) []kpi.Signal {
	signals := make([]kpi.Signal, r.IntN(20))
	for i := range signals {
		signals[i] = kpi.Signal{
			Name: names[r.IntN(len(names))], At: day(100 - r.IntN(100)).Add(time.Duration(r.IntN(48)) * time.Hour),
			Value: kpi.Must(kpi.NewRatio(r.Int64N(200)-50, 1+r.Int64N(9))),
		}
	}
	return signals
}

func requireScoreAddsUp(t *testing.T, s kpi.Score) {
	t.Helper()
	var sum kpi.Ratio
	for _, p := range s.Parts {
		sum = sum.Add(p.Points)
		switch p.Kind {
		case kpi.PartInput:
			require.True(t, p.Points.Equal(p.Weight.Mul(p.Input)))
		case kpi.PartFloor:
			require.Positive(t, p.Points.Sign())
		default:
			require.Negative(t, p.Points.Sign())
		}
	}
	require.True(t, sum.Equal(s.Value))
	var back kpi.Score
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, s)), &back))
	require.Equal(t, mustJSON(t, s), mustJSON(t, back))
}

// No order of signals matters, none from asOf on, and the parts add up.
func TestLeadScoreLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 9))
	spec := leads()
	spec.Attributes[4].Bounds = kpi.Bounds{From: kpi.Whole(-7), To: must("30.5")}
	for range 60 {
		signals := randomSignals(r, "visit", "price", "left", "need", "budget", "other")
		asOf := day(100 - r.IntN(20)).Add(time.Duration(r.IntN(48)) * time.Hour)
		s, err := spec.Score(signals, asOf)
		require.NoError(t, err)
		requireScoreAddsUp(t, s)
		require.True(t, s.Value.Sign() >= 0 && s.Value.Cmp(spec.Cap) <= 0)
		of100, err := spec.Normalised(signals, asOf)
		require.NoError(t, err)
		requireScoreAddsUp(t, of100)
		require.True(t, of100.Value.Equal(s.Value.Mul(must("1.25"))))

		shuffled := append(slices.Clone(signals), kpi.Signal{Name: "visit", At: asOf}, kpi.Signal{Name: "budget", At: asOf.Add(time.Hour), Value: kpi.Whole(30)})
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		again, err := spec.Score(shuffled, asOf)
		require.NoError(t, err)
		require.Equal(t, mustJSON(t, s), mustJSON(t, again))
	}
}

func FuzzLeadScore(f *testing.F) {
	f.Add(uint64(1), int64(3), int64(7), 14, 2, int64(25), int64(-3))
	f.Add(uint64(2), int64(-300), int64(1), 0, 0, int64(0), int64(90))
	f.Fuzz(func(t *testing.T, seed uint64, num, den int64, days, limit int, most, floor int64) {
		points, err := kpi.NewRatio(num, den)
		if err != nil {
			return
		}
		spec := leads()
		spec.Attributes[0].Points, spec.Attributes[0].Limit = points, limit
		spec.Attributes[1].Decay = kpi.Decay{HalfLife: days}
		spec.Attributes[2].Points = points.Neg()
		spec.Groups[1].Cap, spec.Floor = kpi.Whole(most), kpi.Whole(floor)
		r := rand.New(rand.NewPCG(seed, 1))
		before, err := spec.Score(randomSignals(r, "visit", "price", "left", "need", "budget"), leadsAsOf)
		if err != nil {
			requireError(t, err, kpi.ErrInvalid)
			return
		}
		requireScoreAddsUp(t, before)
		after, err := spec.Score(randomSignals(r, "visit", "price", "left", "need", "budget"), leadsAsOf)
		require.NoError(t, err)
		requireChangeAddsUp(t, after, before)
	})
}
