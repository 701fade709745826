package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var oneToTen = kpi.Scale{Min: 1, Max: 10, TopFrom: 9}

var _ = obey(law[kpi.Survey]{
	name: "Survey",
	random: func(r *rand.Rand) kpi.Survey {
		s := kpi.Survey{Responses: 100 + r.Int64N(50), Active: 900, Feedback: r.Int64N(300)}
		s.Invitations = s.Responses + r.Int64N(900)
		for _, name := range []string{"价格", "speed", "help"} {
			if r.IntN(3) == 0 {
				continue
			}
			if s.Items == nil {
				s.Items = map[string]kpi.CSAT{}
			}
			c := kpi.CSAT{Scale: kpi.Scale{Min: 1, Max: 5, TopFrom: 4}, Blank: r.Int64N(9), OutOfScale: r.Int64N(9)}
			for score := 1; score <= 5; score++ {
				c.Counts[score] = r.Int64N(15)
			}
			s.Items[name] = c
		}
		return s
	},
	merge: func(dst *kpi.Survey, src kpi.Survey) error { return dst.Merge(src) },
	bad: []kpi.Survey{
		{Invitations: -1},
		{Responses: -1},
		{Active: -1},
		{Feedback: -1},
		{Invitations: 9, Responses: 10},
		{Active: 9, Feedback: 10},
		surveyWith("x", kpi.CSAT{Blank: -1}),
		surveyWith("x", kpi.CSAT{Counts: [11]int64{6: 1}}),
		surveyWith("x", kpi.CSAT{Counts: [11]int64{4: 99}, Blank: 1, OutOfScale: 1}), // of 100
		surveyWith("", kpi.CSAT{}),
		surveyWith(" \t", kpi.CSAT{}),
		surveyWith("x\xff", kpi.CSAT{}),
	},
	clash: [][2]kpi.Survey{
		{{Responses: 1}, {Invitations: 5}},
		{{Active: math.MaxInt64}, {Active: 1}},
		{surveyWith("x", kpi.CSAT{Counts: [11]int64{4: 1}}), surveyWith("x", kpi.CSAT{Scale: oneToTen})},
	},
})

// surveyWith is a survey of 100 responses to 400 invitations with one item.
func surveyWith(name string, c kpi.CSAT) kpi.Survey {
	return kpi.Survey{Invitations: 400, Responses: 100, Items: map[string]kpi.CSAT{name: c}}
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	s := kpi.Survey{
		Invitations: 400, Responses: 100, Active: 1000, Feedback: 180,
		Items: map[string]kpi.CSAT{
			"price": {Counts: [11]int64{1: 10, 2: 10, 3: 20, 4: 40, 5: 10}, Blank: 8, OutOfScale: 2},
			"speed": {Counts: [11]int64{5: 3}},
			"never": {Blank: 100},
		},
	}
	rate, err := s.ResponseRate()
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 100, N: 400}, rate)
	heard, err := s.FeedbackRate()
	require.NoError(t, err)
	require.Equal(t, "18.0%", heard.Percent(1))
	top, err := s.Items["price"].TopBox()
	require.NoError(t, err)
	require.Equal(t, "50/90", top.String(), "of those who answered on the scale")
	// Wilson's limits of 50 of 90: (50 + z²/2 ± z·√(50·40/90 + z²/4))/(90 + z²)
	require.Equal(t, `item    n  blank  off scale  top box           95%  bottom box  mean
never   0    100          0        –             –           –     –
price  90      8          2    55.6%   45.3%–65.4%       22.2%  3.33
speed   3      0          0   100.0%  43.9%–100.0%        0.0%  5.00
`, s.String())
	require.Contains(t, s.Markdown(), "| price | 90 | 8 | 2 | 55.6% |")
	require.Contains(t, surveyWith("x", kpi.CSAT{Blank: -1}).String(), "x     –      –")
	require.Equal(t, "item  n  blank  off scale  top box  95%  bottom box  mean\n", kpi.Survey{}.String())

	var back kpi.Survey
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, s)), &back))
	require.Equal(t, s, back)
	require.NoError(t, json.Unmarshal([]byte(`null`), &back))
	require.Equal(t, s, back)
	require.Error(t, json.Unmarshal([]byte(`{"items": {"x": {"counts": [1]}}}`), &back))
	require.Equal(t, s, back)
	require.NoError(t, json.Unmarshal([]byte(`{"responses": 1, "items": {"x": {}}}`), &back))
	require.Equal(t, kpi.Survey{Responses: 1, Items: map[string]kpi.CSAT{"x": {}}}, back, "nothing of before stays")
}

func TestSurveyErrors(t *testing.T) {
	t.Parallel()
	rates := map[string]func(kpi.Survey) error{
		"Survey.ResponseRate": func(s kpi.Survey) error { _, err := s.ResponseRate(); return err },
		"Survey.FeedbackRate": func(s kpi.Survey) error { _, err := s.FeedbackRate(); return err },
		"Survey.ACSI":         func(s kpi.Survey) error { _, err := s.ACSI(weightsOf("1")); return err },
		"Survey.Ranking":      func(s kpi.Survey) error { _, err := s.Ranking(kpi.SurveyMean, 0.95); return err },
	}
	for name, ask := range rates {
		e := requireError(t, ask(surveyWith("x", kpi.CSAT{Blank: 101})), kpi.ErrInvalid)
		require.Equal(t, kpi.CodePartExceedsWhole, e.Code)
		require.Equal(t, name, e.Metric)
	}
	// An open survey has answers and no response rate.
	open := kpi.Survey{Responses: 9}
	for _, name := range []string{"Survey.ResponseRate", "Survey.FeedbackRate"} {
		e := requireError(t, rates[name](open), kpi.ErrUndefined)
		require.Equal(t, kpi.CodeZeroDenominator, e.Code)
		require.Equal(t, name, e.Metric)
	}
	// An overflow of one item leaves all items as they were.
	full := kpi.Survey{Responses: math.MaxInt64, Items: map[string]kpi.CSAT{"a": {Counts: [11]int64{4: 1}}, "b": {Counts: [11]int64{4: math.MaxInt64}}}}
	before := mustJSON(t, full)
	e := requireError(t, full.Merge(kpi.Survey{Items: map[string]kpi.CSAT{"a": {}, "b": {}}, Responses: 1}), kpi.ErrInvalid)
	require.Equal(t, kpi.CodeOverflow, e.Code)
	require.Equal(t, "Survey.Merge", e.Metric)
	require.Equal(t, before, mustJSON(t, full))
}

// weightsOf are the weights of the items a, b and c.
func weightsOf(weights ...string) map[string]decimal.Decimal {
	all := map[string]decimal.Decimal{}
	for i, w := range weights {
		all[string(rune('a'+i))] = dec(w)
	}
	return all
}

// The questions are the same on the base of each item and on that of complete
// responses where nobody left anything out. 100·(7 + 6 + 8)/27 = 700/9.
func TestACSI(t *testing.T) {
	t.Parallel()
	scales := map[string]kpi.Scale{"a": oneToTen, "b": oneToTen, "c": oneToTen}
	one := kpi.Responses{{"a": 8, "b": 7, "c": 9}}
	s, err := one.Survey(scales)
	require.NoError(t, err)
	index, err := s.ACSI(weightsOf("1", "1", "1"))
	requireRatio(t, "700/9", index, err)
	index, err = s.ACSI(weightsOf("0.03", "0.03", "0.03"))
	requireRatio(t, "700/9", index, err)
	rows, err := one.ACSI(weightsOf("1", "1", "1"))
	require.NoError(t, err)
	index, err = rows.Ratio()
	requireRatio(t, "700/9", index, err)

	many := kpi.Responses{{"a": 8, "b": 7, "c": 9}, {"a": 1, "b": 1, "c": 1}, {"a": 10, "b": 10, "c": 10}, {"a": 5, "b": 6, "c": 2}}
	weights := weightsOf("0.3885", "0.3190", "0.2925")
	s, err = many.Survey(scales)
	require.NoError(t, err)
	index, err = s.ACSI(weights)
	require.NoError(t, err)
	rows, err = many.ACSI(weights)
	require.NoError(t, err)
	requireRatio(t, index.String(), kpi.Must(rows.Ratio()), nil)
	require.Equal(t, int64(4), rows.N)
	// The observations are those of a mean: 77.48…, 0, 100 and the last, by hand.
	last := 100 * (4*0.3885 + 5*0.3190 + 1*0.2925) / 9
	values := []float64{100 * (7*0.3885 + 6*0.3190 + 8*0.2925) / 9, 0, 100, last}
	mean, squares := 0.0, 0.0
	for _, v := range values {
		mean += v / 4
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	i, err := rows.Interval(0.95)
	require.NoError(t, err)
	half := 3.182446305284263 * math.Sqrt(squares/3/4) // t(3), of tables
	require.InDelta(t, mean-half, i.Lo, 1e-9)
	require.InDelta(t, mean+half, i.Hi, 1e-9)

	// Blanks and scores off the scale: each item on its own base, or complete ones only.
	part := append(kpi.Responses{{"a": 10}, {"a": 1, "b": 11, "c": 4}, {}}, one...)
	s, err = part.Survey(scales)
	require.NoError(t, err)
	index, err = s.ACSI(weightsOf("1", "1", "1"))
	// a (10 + 1 + 8)/3, b 7, c (4 + 9)/2: 100·(16/3 + 6 + 11/2)/27
	requireRatio(t, "5050/81", index, err)
	rows, err = part.ACSI(weightsOf("1", "1", "1"))
	require.NoError(t, err)
	require.Equal(t, int64(1), rows.N)
	requireRatio(t, "700/9", kpi.Must(rows.Ratio()), nil)
}

func TestACSIErrors(t *testing.T) {
	t.Parallel()
	ten := func(counts ...int) kpi.CSAT {
		c := kpi.CSAT{Scale: oneToTen}
		for _, score := range counts {
			c.Counts[score]++
		}
		return c
	}
	s := kpi.Survey{Responses: 9, Items: map[string]kpi.CSAT{"a": ten(7), "b": {}, "c": ten()}}
	rs := kpi.Responses{{"a": 7}}
	for _, tt := range []struct {
		name     string
		weights  map[string]decimal.Decimal
		code     kpi.Code
		kind     error
		everyone bool // refused of responses too
	}{
		{"none", nil, kpi.CodeEmpty, kpi.ErrInvalid, true},
		{"zero", weightsOf("0"), kpi.CodeOutOfRange, kpi.ErrInvalid, true},
		{"negative", weightsOf("-1"), kpi.CodeNegative, kpi.ErrInvalid, true},
		{"huge", weightsOf("1e65"), kpi.CodeTooLarge, kpi.ErrInvalid, true},
		{"no such item", map[string]decimal.Decimal{"x": dec("1")}, kpi.CodeUnknownName, kpi.ErrInvalid, false},
		{"on 1 to 5", weightsOf("1", "1"), kpi.CodeMismatch, kpi.ErrInvalid, false},
		{"nobody", map[string]decimal.Decimal{"c": dec("1")}, kpi.CodeNoData, kpi.ErrUndefined, true},
	} {
		_, err := s.ACSI(tt.weights)
		e := requireError(t, err, tt.kind)
		require.Equal(t, tt.code, e.Code, tt.name)
		require.Equal(t, "Survey.ACSI", e.Metric)
		if tt.everyone {
			_, err = rs.ACSI(tt.weights)
			e = requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code, tt.name)
			require.Equal(t, "Responses.ACSI", e.Metric)
		}
	}
}

func TestResponsesSurvey(t *testing.T) {
	t.Parallel()
	rs := kpi.Responses{
		{"price": 5, "speed": 0, "other": 3},
		{"price": 2},
		{"price": 9, "speed": 4},
		{"other": 3}, // none of the items
		nil,
	}
	scales := map[string]kpi.Scale{"price": {}, "speed": {}}
	s, err := rs.Survey(scales)
	require.NoError(t, err)
	require.Equal(t, kpi.Survey{Responses: 3, Items: map[string]kpi.CSAT{
		"price": {Counts: [11]int64{2: 1, 5: 1}, OutOfScale: 1},
		"speed": {Counts: [11]int64{4: 1}, Blank: 1, OutOfScale: 1},
	}}, s)
	s.Invitations = 12
	rate, err := s.ResponseRate()
	require.NoError(t, err)
	require.Equal(t, "3/12", rate.String())
	// The same people in another order, or in two halves.
	r := rand.New(rand.NewPCG(1, 9))
	r.Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
	again, err := rs[:2].Survey(scales)
	require.NoError(t, err)
	rest, err := rs[2:].Survey(scales)
	require.NoError(t, err)
	require.NoError(t, again.Merge(rest))
	again.Invitations = 12
	require.Equal(t, s, again)

	for name, bad := range map[string]map[string]kpi.Scale{
		"none": nil, "no name": {" ": {}}, "no text": {"x\xff": {}}, "a scale upside down": {"x": {Min: 5, Max: 1, TopFrom: 4}},
	} {
		_, err := rs.Survey(bad)
		require.Equal(t, "Responses.Survey", requireError(t, err, kpi.ErrInvalid).Metric, name)
	}
	empty, err := kpi.Responses(nil).Survey(scales)
	require.NoError(t, err)
	require.Zero(t, empty.Responses)
}

func FuzzSurveyUnmarshalJSON(f *testing.F) {
	f.Add([]byte(`{"invitations":9,"responses":7,"active":30,"feedback":8,"items":{"price":{"scale":{"min":1,"max":5,"top_from":4},"counts":[0,1,0,2,0,3,0,0,0,0,0],"blank":1,"out_of_scale":0}}}`))
	f.Add([]byte(`{"items":{"":{}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s kpi.Survey
		if json.Unmarshal(data, &s) != nil {
			require.Zero(t, s)
			return
		}
		text := mustJSON(t, s)
		var back, sum kpi.Survey
		require.NoError(t, json.Unmarshal([]byte(text), &back))
		require.Equal(t, text, mustJSON(t, back))
		_ = s.String()
		if err := sum.Merge(s); err != nil { // counts may be typed in that are impossible
			requireError(t, err, kpi.ErrInvalid)
			return
		}
		_, err := s.ResponseRate()
		require.NotErrorIs(t, err, kpi.ErrInvalid)
	})
}
