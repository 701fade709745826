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

var _ = obey(law[kpi.Successes]{
	name: "Successes",
	random: func(r *rand.Rand) kpi.Successes {
		s := make(kpi.Successes, 1+r.IntN(6))
		for i := range s {
			s[i] = kpi.WinLoss{Won: r.Int64N(9), Lost: r.Int64N(9), Open: r.Int64N(9)}
		}
		return s
	},
	merge: (*kpi.Successes).Merge,
	bad:   []kpi.Successes{{{Won: -1}}, {{}, {Open: -1}}, {{Won: math.MaxInt64}, {Lost: 1}}},
	clash: [][2]kpi.Successes{
		{{{Won: math.MaxInt64}}, {{Won: 1}}},
		{{{Won: math.MaxInt64}}, {{}, {Won: 1}}},
	},
})

// contact returns a follow-up of a deal on a day of March 2026.
func contact(deal string, at int, o kpi.FollowUpOutcome) kpi.FollowUp {
	return kpi.FollowUp{Deal: deal, At: day(at), Outcome: o, Medium: "phone"}
}

func TestFollowUps(t *testing.T) {
	t.Parallel()
	due := func(deal string, due, at int) kpi.FollowUp {
		f := kpi.FollowUp{Deal: deal, Due: day(due)}
		if at > 0 {
			f.At = day(at)
		}
		return f
	}
	fs := kpi.FollowUps{
		contact("a", 2, kpi.FollowUpUnanswered), contact("a", 5, kpi.FollowUpAnswered), contact("a", 12, kpi.FollowUpMovedOn),
		contact("b", 3, kpi.FollowUpMovedOn), contact("b", -3, kpi.FollowUpAnswered), // in February
		contact("c", 9, kpi.FollowUpUnanswered),
		due("a", 20, 0),                                      // nobody did it
		due("b", 10, 10), due("c", 10, 15), due("c", 14, 25), // in time, late, and later than asOf
		due("b", 21, 0), // at asOf, and not due before it
	}
	r := rand.New(rand.NewPCG(1, 9))
	for range 20 {
		n, err := fs.Volume(march())
		require.NoError(t, err)
		require.EqualValues(t, 8, n)
		rate, err := fs.ResponseRate(march())
		require.NoError(t, err)
		require.Equal(t, "3/8", rate.String())
		rate, err = fs.Efficiency(march())
		require.NoError(t, err)
		require.Equal(t, "2/8", rate.String())
		rate, err = fs.MissedRate(march(), day(21))
		require.NoError(t, err)
		require.Equal(t, "2/4", rate.String())
		rate, err = fs.MissedRate(march(), day(26)) // one has been done since, and one came due
		require.NoError(t, err)
		require.Equal(t, "2/5", rate.String())

		mean, err := fs.PerDeal(march())
		require.NoError(t, err)
		require.EqualValues(t, 3, mean.N)
		got, err := mean.Ratio()
		requireRatio(t, "8/3", got, err)

		// a: 3 and 7 days; b: 6 from February, 7; c: 6, 10.
		gaps, err := fs.Gaps(march())
		require.NoError(t, err)
		require.Equal(t, 6, gaps.Len())
		mean, err = gaps.Mean()
		require.NoError(t, err)
		got, err = mean.Ratio()
		requireRatio(t, fmt.Sprint(39*86400/6), got, err)
		gaps, err = fs.Gaps(kpi.Period{Start: day(1), End: day(13)})
		require.NoError(t, err)
		require.Equal(t, 4, gaps.Len())
		r.Shuffle(len(fs), func(i, j int) { fs[i], fs[j] = fs[j], fs[i] })
	}
}

func TestFollowUpsUndefined(t *testing.T) {
	t.Parallel()
	fs := kpi.FollowUps{contact("a", 2, kpi.FollowUpAnswered)}
	april := march().Next()
	n, err := fs.Volume(april)
	require.NoError(t, err)
	require.Zero(t, n)
	for code, errs := range map[kpi.Code][]error{
		kpi.CodeZeroDenominator: {
			failed(fs.ResponseRate(april)), failed(fs.Efficiency(april)), failed(fs.MissedRate(march(), day(30))),
		},
		kpi.CodeNoData: {failed(fs.PerDeal(april)), failed(fs.Gaps(march()))},
	} {
		for _, err := range errs {
			require.Equal(t, code, requireError(t, err, kpi.ErrUndefined).Code)
		}
	}
}

// failed returns the error of two results.
func failed(_ any, err error) error { return err }

func TestFollowUpsInvalid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		f    kpi.FollowUp
		code kpi.Code
	}{
		{"no deal", kpi.FollowUp{At: day(3)}, kpi.CodeEmpty},
		{"neither planned nor done", kpi.FollowUp{Deal: "a"}, kpi.CodeEmpty},
		{"an outcome", kpi.FollowUp{Deal: "a", At: day(3), Outcome: 3}, kpi.CodeOutOfRange},
		{"answered and not done", kpi.FollowUp{Deal: "a", Due: day(3), Outcome: kpi.FollowUpAnswered}, kpi.CodeMismatch},
		{"a deal that is no text", kpi.FollowUp{Deal: "\xff", At: day(3)}, kpi.CodeSyntax},
		{"a rep who is no text", kpi.FollowUp{Deal: "a", At: day(3), Rep: "\xff"}, kpi.CodeSyntax},
		{"a medium that is no text", kpi.FollowUp{Deal: "a", At: day(3), Medium: "\xff"}, kpi.CodeSyntax},
		{"done in 2300", kpi.FollowUp{Deal: "a", At: day(3).AddDate(274, 0, 0)}, kpi.CodeTime},
		{"due in 1600", kpi.FollowUp{Deal: "a", Due: day(3).AddDate(-426, 0, 0)}, kpi.CodeTime},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fs := kpi.FollowUps{contact("a", 2, kpi.FollowUpAnswered), tt.f}
			for metric, err := range map[string]error{
				"FollowUps.Volume":       failed(fs.Volume(march())),
				"FollowUps.ResponseRate": failed(fs.ResponseRate(march())),
				"FollowUps.Efficiency":   failed(fs.Efficiency(march())),
				"FollowUps.MissedRate":   failed(fs.MissedRate(march(), day(9))),
				"FollowUps.PerDeal":      failed(fs.PerDeal(march())),
				"FollowUps.Gaps":         failed(fs.Gaps(march())),
				"FollowUps.Successes":    failed(fs.Successes(nil, day(9))),
				"FollowUps.Rates":        failed(fs.Rates(kpi.FollowUpSpec{By: []kpi.FollowUpBy{kpi.ByHour}, Outcome: kpi.FollowUpAnswered, Period: march()})),
				"Deals.Scorecard":        failed(kpi.Deals{}.Scorecard(fs, nil, march())),
			} {
				e := requireError(t, err, kpi.ErrInvalid)
				require.Equal(t, tt.code, e.Code, metric)
				require.Equal(t, metric, e.Metric)
				require.Equal(t, 1, e.Index)
			}
		})
	}
	fs, never := kpi.FollowUps{contact("a", 2, kpi.FollowUpAnswered)}, kpi.Period{Start: day(3), End: day(3)}
	for _, err := range []error{
		failed(fs.Volume(never)), failed(fs.ResponseRate(never)), failed(fs.Efficiency(never)), failed(fs.MissedRate(never, day(9))),
		failed(fs.PerDeal(never)), failed(fs.Gaps(never)),
	} {
		require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

// Each follow-up wins one deal in ten. A deal that is not won is given up with four
// chances in nine after the first, and with one in eighteen after the second.
// Counting the won out of all with exactly k reads .20 and .67: immortal-time bias.
func TestSuccessesHaveNoImmortalTime(t *testing.T) {
	t.Parallel()
	var ds kpi.Deals
	var fs kpi.FollowUps
	add := func(n, contacts int, state kpi.DealState) {
		for range n {
			d := kpi.Deal{ID: fmt.Sprint(len(ds)), Created: day(1), State: state}
			if state != kpi.DealOpen {
				d.Closed = day(1 + contacts)
			}
			for k := range contacts {
				fs = append(fs, contact(d.ID, 2+k, kpi.FollowUpUnanswered))
			}
			ds = append(ds, d)
		}
	}
	add(100, 1, kpi.DealWon)
	add(400, 1, kpi.DealLost)
	add(50, 2, kpi.DealWon)
	add(25, 2, kpi.DealLost)
	add(42, 3, kpi.DealWon)
	add(383-5, 3, kpi.DealLost)
	add(5, 4, kpi.DealLost)

	s, err := fs.Successes(ds, day(30))
	require.NoError(t, err)
	for k, want := range map[int]string{0: "0/1000", 1: "100/1000", 2: "50/500", 3: "42/425", 4: "0/5"} {
		rate, err := s.Rate(k)
		require.NoError(t, err)
		require.Equal(t, want, rate.String())
	}
	for k, biased := range map[int]string{1: "20%", 2: "67%"} {
		naive := kpi.Proportion{K: s[k].Won, N: s[k].Won + s[k].Lost}
		require.Equal(t, biased, naive.Percent(0))
	}
	require.Equal(t, `follow-ups  reached  won  lost  pending   rate
         0     1000    0     0        0   0.0%
         1     1000  100   400        0  10.0%
         2      500   50    25        0  10.0%
         3      425   42   378        0   9.9%
         4        5    0     5        0   0.0%
`, s.String())
	require.Contains(t, s.Markdown(), "| 2 | 500 | 50 | 25 | 0 | 10.0% |")

	// Open deals are pending at the last, and count where they have got past: fifty
	// more whom the first did not win, and who have had their second.
	add(50, 2, kpi.DealOpen)
	s, err = fs.Successes(ds, day(30))
	require.NoError(t, err)
	rate, err := s.Rate(1)
	require.NoError(t, err)
	require.Equal(t, "100/1050", rate.String())
	rate, err = s.Rate(2)
	require.NoError(t, err)
	require.Equal(t, "50/500", rate.String())

	// Of the same chance the estimate is right where the records are cut off in the
	// midst of it; the naive one is not.
	cut, err := fs.Successes(ds, day(4)) // after the second, before the third
	require.NoError(t, err)
	require.Equal(t, kpi.WinLoss{Won: 50, Lost: 25, Open: 475}, cut[2])
	require.Len(t, cut, 3)
}

func TestSuccesses(t *testing.T) {
	t.Parallel()
	ds := kpi.Deals{
		deal("a", "", "1", 2, 9, kpi.DealWon), // on the 1st, the 2nd, the 9th and the 10th
		deal("b", "", "1", 3, 0, kpi.DealOpen),
		deal("c", "", "1", 20, 0, kpi.DealOpen), // at asOf
	}
	fs := kpi.FollowUps{
		contact("a", 1, 0), contact("a", 2, 0), contact("a", 9, 0), contact("a", 10, 0),
		contact("b", 4, 0), contact("b", 20, 0), contact("z", 4, 0),
		{Deal: "b", Due: day(9)},
	}
	s, err := fs.Successes(ds, day(20))
	require.NoError(t, err)
	require.Equal(t, kpi.Successes{{}, {Open: 1}, {Won: 1}}, s)
	rate, err := s.Rate(1)
	require.NoError(t, err)
	require.Equal(t, "0/1", rate.String(), "b is pending at its first; a got past it")

	for k, code := range map[int]kpi.Code{-1: kpi.CodeOutOfRange, 3: kpi.CodeOutOfRange} {
		_, err := s.Rate(k)
		require.Equal(t, code, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err = kpi.Successes{{Open: 3}}.Rate(0)
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = kpi.Successes{{Won: -1}}.Rate(0)
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
	require.Contains(t, kpi.Successes{{Won: -1}}.String(), kpi.Undefined)

	none, err := fs.Successes(nil, day(20))
	require.NoError(t, err)
	require.Empty(t, none)
	// Every deal is in one row: the reached at 0 are the cohort.
	r := rand.New(rand.NewPCG(3, 1))
	random := randomDeals(r, 40)
	var many kpi.FollowUps
	for range 200 {
		many = append(many, contact(random[r.IntN(40)].ID, 1+r.IntN(30), 0))
	}
	s, err = many.Successes(random, day(18))
	require.NoError(t, err)
	want, err := random.Cohort(kpi.Period{Start: day(1), End: day(40)}, day(18))
	require.NoError(t, err)
	var all kpi.WinLoss
	for _, w := range s {
		require.NoError(t, all.Merge(w))
	}
	require.Equal(t, want, all)
}

func TestFollowUpJSON(t *testing.T) {
	t.Parallel()
	f := contact("a", 3, kpi.FollowUpMovedOn)
	f.Rep, f.Due = "Ann", day(2)
	text, err := json.Marshal(f)
	require.NoError(t, err)
	require.JSONEq(t, `{
		"deal": "a", "rep": "Ann", "due": "2026-03-02T00:00:00Z", "at": "2026-03-03T00:00:00Z", "medium": "phone", "outcome": "moved on"
	}`, string(text))
	var back kpi.FollowUp
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, f, back)
	f.At = f.At.In(time.FixedZone("LMT", 19*60+32))
	text, err = json.Marshal(f)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &back))
	require.True(t, back.At.Equal(f.At))
}
