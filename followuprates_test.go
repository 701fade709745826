package kpi_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestFollowUpRates(t *testing.T) {
	t.Parallel()
	// By phone 8 of 10 answered, by mail 1 of 6; by hand none of 2.
	var fs kpi.FollowUps
	add := func(medium string, n, answered int) {
		for i := range n {
			f := kpi.FollowUp{Deal: fmt.Sprint(len(fs)), At: day(2 + len(fs)%7).Add(9 * time.Hour), Medium: medium}
			if i < answered {
				f.Outcome = kpi.FollowUpAnswered + kpi.FollowUpOutcome(i%2)
			}
			fs = append(fs, f)
		}
	}
	add("phone", 10, 8)
	add("mail", 6, 1)
	add("visit", 2, 0)
	fs = append(fs, kpi.FollowUp{Deal: "planned", Due: day(3), Medium: "fax"}, kpi.FollowUp{Deal: "later", At: day(40), Medium: "fax"})
	spec := kpi.FollowUpSpec{By: []kpi.FollowUpBy{kpi.ByMedium}, Outcome: kpi.FollowUpAnswered, Period: march()}
	r := rand.New(rand.NewPCG(2, 2))
	for range 10 {
		rates, err := fs.Rates(spec)
		require.NoError(t, err)
		require.Len(t, rates.Cells, 3)
		phone := kpi.Proportion{K: 8, N: 10}
		test, err := phone.Fisher(kpi.Proportion{K: 1, N: 8})
		require.NoError(t, err)
		require.Equal(t, kpi.FollowUpCell{By: kpi.ByMedium, Name: "phone", Rate: phone, P: test.P, Adjusted: 3 * test.P}, rates.Cells[1])
		require.Equal(t, kpi.Proportion{K: 1, N: 6}, rates.Cells[0].Rate)
		require.Empty(t, rates.Cells[0].Warnings)
		require.Equal(t, "visit", rates.Cells[2].Name)
		require.Equal(t, []kpi.Code{kpi.CodeTooFew}, rates.Cells[2].Warnings)
		require.Equal(t, `by              n  answered   rate       p  adjusted
medium  mail    6         1  16.7%  0.1312    0.2624
medium  phone  10         8  80.0%  0.0152    0.0457
medium  visit   2         0   0.0%  0.4706    0.4706  n < 5
`, rates.String())
		require.Contains(t, rates.Markdown(), "| medium | phone | 10 | 8 | 80.0% | 0.0152 | 0.0457 |  |")
		r.Shuffle(len(fs), func(i, j int) { fs[i], fs[j] = fs[j], fs[i] })
	}
	// The family is the whole table: what was declared with it costs.
	spec.By = []kpi.FollowUpBy{kpi.ByMedium, kpi.ByWeekday}
	rates, err := fs.Rates(spec)
	require.NoError(t, err)
	require.Len(t, rates.Cells, 10)
	require.Equal(t, "Monday", rates.Cells[3].Name)
	require.Equal(t, 10*rates.Cells[1].P, rates.Cells[1].Adjusted)
	// Media that were declared and that nobody used are in it too.
	spec.By, spec.Media = spec.By[:1], []string{"visit", "phone", "mail", "fax"}
	rates, err = fs.Rates(spec)
	require.NoError(t, err)
	require.Equal(t, "visit", rates.Cells[0].Name)
	require.Equal(t, kpi.FollowUpCell{By: kpi.ByMedium, Name: "fax", P: 1, Adjusted: 1, Warnings: []kpi.Code{kpi.CodeTooFew}}, rates.Cells[3])
	// The other outcome.
	spec.Media, spec.Outcome = nil, kpi.FollowUpMovedOn
	rates, err = fs.Rates(spec)
	require.NoError(t, err)
	require.Equal(t, "4/10", rates.Cells[1].Rate.String())
}

// Hours are those of the customers' clocks, which change in spring: the same instant
// of the day in UTC is another hour.
func TestFollowUpRatesHours(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at := func(d, h int) kpi.FollowUp {
		return kpi.FollowUp{Deal: "a", At: time.Date(2026, 3, d, h, 30, 0, 0, time.UTC), Outcome: kpi.FollowUpAnswered}
	}
	fs := kpi.FollowUps{at(28, 8), at(29, 8), at(29, 23), at(3, 3)} // 9:30, 10:30, Monday 1:30, 4:30
	spec := kpi.FollowUpSpec{By: []kpi.FollowUpBy{kpi.ByHour, kpi.ByWeekday}, Outcome: kpi.FollowUpAnswered, Period: march(), Location: berlin}
	counts := func(rates *kpi.FollowUpRates) map[string]int64 {
		out := map[string]int64{}
		for _, c := range rates.Cells {
			if c.Rate.N > 0 {
				out[c.Name] = c.Rate.N
			}
		}
		return out
	}
	rates, err := fs.Rates(spec)
	require.NoError(t, err)
	require.Len(t, rates.Cells, 31)
	require.Equal(t, "00–01", rates.Cells[0].Name)
	require.Equal(t, "23–24", rates.Cells[23].Name)
	require.Equal(t, "Europe/Berlin", rates.Location)
	require.Equal(t, map[string]int64{"09–10": 1, "10–11": 1, "01–02": 1, "04–05": 1, "Saturday": 1, "Sunday": 1, "Monday": 1, "Tuesday": 1}, counts(rates))
	// Parts of the day; the last goes over midnight.
	spec.Hours = []int{2, 10, 22}
	rates, err = fs.Rates(spec)
	require.NoError(t, err)
	require.Len(t, rates.Cells, 10)
	require.Equal(t, map[string]int64{"02–10": 2, "10–22": 1, "22–02": 1, "Saturday": 1, "Sunday": 1, "Monday": 1, "Tuesday": 1}, counts(rates))
	spec.Hours = []int{0, 12}
	rates, err = fs.Rates(spec)
	require.NoError(t, err)
	require.Equal(t, "12–24", rates.Cells[1].Name)
	// Of a deal its first alone, at 4:30 on the Tuesday.
	spec.FirstOnly = true
	rates, err = fs.Rates(spec)
	require.NoError(t, err)
	require.True(t, rates.FirstOnly)
	require.Equal(t, map[string]int64{"00–12": 1, "Tuesday": 1}, counts(rates))
}

func TestFollowUpRatesErrors(t *testing.T) {
	t.Parallel()
	fs := kpi.FollowUps{contact("a", 2, kpi.FollowUpAnswered)}
	good := kpi.FollowUpSpec{By: []kpi.FollowUpBy{kpi.ByHour, kpi.ByMedium}, Outcome: kpi.FollowUpAnswered, Period: march()}
	for _, tt := range []struct {
		name   string
		change func(*kpi.FollowUpSpec)
		code   kpi.Code
	}{
		{"by nothing", func(s *kpi.FollowUpSpec) { s.By = nil }, kpi.CodeMissing},
		{"by what", func(s *kpi.FollowUpSpec) { s.By = []kpi.FollowUpBy{3} }, kpi.CodeOutOfRange},
		{"twice", func(s *kpi.FollowUpSpec) { s.By = []kpi.FollowUpBy{kpi.ByHour, kpi.ByHour} }, kpi.CodeRepeated},
		{"no outcome", func(s *kpi.FollowUpSpec) { s.Outcome = 0 }, kpi.CodeMissing},
		{"an outcome", func(s *kpi.FollowUpSpec) { s.Outcome = 3 }, kpi.CodeOutOfRange},
		{"no period", func(s *kpi.FollowUpSpec) { s.Period = kpi.Period{} }, kpi.CodeTime},
		{"hour 24", func(s *kpi.FollowUpSpec) { s.Hours = []int{9, 24} }, kpi.CodeOutOfRange},
		{"hours twice", func(s *kpi.FollowUpSpec) { s.Hours = []int{9, 9} }, kpi.CodeOrder},
		{"media twice", func(s *kpi.FollowUpSpec) { s.Media = []string{"phone", "phone"} }, kpi.CodeRepeated},
		{"a medium that is no text", func(s *kpi.FollowUpSpec) { s.Media = []string{"phone", "\xff"} }, kpi.CodeSyntax},
		{"another medium", func(s *kpi.FollowUpSpec) { s.Media = []string{"mail"} }, kpi.CodeUnknownName},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spec := good
			tt.change(&spec)
			_, err := fs.Rates(spec)
			require.Equal(t, tt.code, requireError(t, err, kpi.ErrInvalid).Code)
		})
	}
	april := good
	april.Period = march().Next()
	_, err := fs.Rates(april)
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
}

// nullFollowUps returns follow-ups whose outcomes have nothing to do with when and
// how they were made: n deals with one to eight each, in office hours.
func nullFollowUps(r *rand.Rand, n int, outcome func(deal int) kpi.FollowUpOutcome) kpi.FollowUps {
	media := []string{"mail", "phone", "visit", "微信"}
	var fs kpi.FollowUps
	for d := range n {
		id := fmt.Sprint(d)
		habit := r.IntN(24 * 5) // a customer is called at much the same time of the week
		for range 1 + r.IntN(8) {
			hour := 24*7*r.IntN(4) + 24*(habit/24) + 9 + habit%8
			fs = append(fs, kpi.FollowUp{
				Deal: id, At: day(2).Add(time.Duration(hour) * time.Hour), Medium: media[habit%4], Outcome: outcome(d),
			})
		}
	}
	return fs
}

// alarms returns the share of tables in which any cell stands out at 5 %.
func alarms(t *testing.T, tables int, spec kpi.FollowUpSpec, of func(*rand.Rand) kpi.FollowUps) float64 {
	t.Helper()
	found := 0
	for seed := range tables {
		rates, err := of(rand.New(rand.NewPCG(uint64(seed), 62))).Rates(spec)
		require.NoError(t, err)
		for _, c := range rates.Cells {
			if c.Adjusted <= 0.05 {
				found++
				break
			}
		}
	}
	return float64(found) / float64(tables)
}

// Where nothing matters, at most six tables in a hundred find something, be the
// outcome that of the follow-up or of one row a deal; counting what became of the
// deal once for each of its follow-ups finds something in most.
func TestFollowUpRatesFalseAlarms(t *testing.T) {
	t.Parallel()
	spec := kpi.FollowUpSpec{
		By:      []kpi.FollowUpBy{kpi.ByWeekday, kpi.ByHour, kpi.ByMedium},
		Outcome: kpi.FollowUpMovedOn, Period: march(), Hours: []int{8, 10, 12, 14, 16, 18},
	}
	const tables = 400
	each := func(r *rand.Rand) kpi.FollowUps {
		return nullFollowUps(r, 80, func(int) kpi.FollowUpOutcome {
			if r.IntN(10) < 3 {
				return kpi.FollowUpMovedOn
			}
			return kpi.FollowUpUnanswered
		})
	}
	ofDeal := func(r *rand.Rand) kpi.FollowUps {
		won := make([]kpi.FollowUpOutcome, 80)
		for i := range won {
			if r.IntN(10) < 3 {
				won[i] = kpi.FollowUpMovedOn
			}
		}
		return nullFollowUps(r, 80, func(d int) kpi.FollowUpOutcome { return won[d] })
	}
	own, naive := alarms(t, tables, spec, each), alarms(t, tables, spec, ofDeal)
	spec.FirstOnly = true
	rows := alarms(t, tables, spec, ofDeal)
	t.Logf("false alarms: %.3f of follow-ups, %.3f of one row a deal, %.3f of deals counted once per follow-up", own, rows, naive)
	require.LessOrEqual(t, own, 0.06)
	require.LessOrEqual(t, rows, 0.06)
	require.Greater(t, naive, 0.5)
}

// A real difference is found.
func TestFollowUpRatesFind(t *testing.T) {
	t.Parallel()
	spec := kpi.FollowUpSpec{By: []kpi.FollowUpBy{kpi.ByWeekday, kpi.ByMedium}, Outcome: kpi.FollowUpAnswered, Period: march()}
	found := 0
	for seed := range 50 {
		r := rand.New(rand.NewPCG(uint64(seed), 63))
		fs := nullFollowUps(r, 80, func(int) kpi.FollowUpOutcome { return kpi.FollowUpUnanswered })
		for i := range fs {
			chance := 3
			if fs[i].Medium == "phone" {
				chance = 6
			}
			if r.IntN(10) < chance {
				fs[i].Outcome = kpi.FollowUpAnswered
			}
		}
		rates, err := fs.Rates(spec)
		require.NoError(t, err)
		for _, c := range rates.Cells {
			if c.Name == "phone" && c.Adjusted <= 0.05 {
				found++
			}
		}
	}
	require.Greater(t, found, 40)
}

func TestFollowUpRatesJSON(t *testing.T) {
	t.Parallel()
	spec := kpi.FollowUpSpec{By: []kpi.FollowUpBy{kpi.ByWeekday, kpi.ByMedium}, Outcome: kpi.FollowUpAnswered, Period: march()}
	fs := nullFollowUps(rand.New(rand.NewPCG(1, 64)), 20, func(d int) kpi.FollowUpOutcome { return kpi.FollowUpOutcome(d % 3) })
	rates, err := fs.Rates(spec)
	require.NoError(t, err)
	text, err := json.Marshal(rates)
	require.NoError(t, err)
	var back kpi.FollowUpRates
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, string(text), mustJSON(t, &back))

	before := back
	require.NoError(t, json.Unmarshal([]byte("null"), &back))
	for _, bad := range []string{
		`{"cells": [{"rate": {"k": 2, "n": 1}}]}`, `{"cells": [{"rate": {"k": 0, "n": 1000000001}}]}`,
		`{"cells": [{"rate": {"n": 9223372036854775807}}, {"rate": {"n": 1}}]}`,
	} {
		requireError(t, json.Unmarshal([]byte(bad), &back), kpi.ErrInvalid)
		require.Equal(t, before, back)
	}
	require.Error(t, json.Unmarshal([]byte(`{"cells": 1}`), &back))
	require.Equal(t, before, back)
	// What it says of chances is not believed.
	require.NoError(t, json.Unmarshal([]byte(`{"cells": [{"rate": {"k": 1, "n": 9}, "p": 0, "adjusted": 0}]}`), &back))
	require.Equal(t, 1.0, math.Min(back.Cells[0].P, back.Cells[0].Adjusted))
}

func FuzzFollowUpRatesUnmarshalJSON(f *testing.F) {
	f.Add([]byte(`{"outcome":"answered","period":{"start":"2026-03-01T00:00:00Z","end":"2026-04-01T00:00:00Z"},"location":"","first_only":false,` +
		`"cells":[{"by":"medium","name":"phone","rate":{"k":3,"n":9},"p":1,"adjusted":1},{"by":"medium","name":"mail","rate":{"k":0,"n":4},"p":1,"adjusted":1}]}`))
	f.Add([]byte(`{"cells":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r kpi.FollowUpRates
		if json.Unmarshal(data, &r) != nil {
			require.Empty(t, r)
			return
		}
		for _, c := range r.Cells {
			require.True(t, c.P >= 0 && c.P <= c.Adjusted && c.Adjusted <= 1)
		}
		_ = r.String()
		text, err := json.Marshal(&r)
		require.NoError(t, err)
		var back kpi.FollowUpRates
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, string(text), mustJSON(t, &back))
	})
}
