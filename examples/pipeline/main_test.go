package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// The golden file was read line by line by whoever added it; see also TestTruth.
func TestReport(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/output.golden")
	require.NoError(t, err)
	var got bytes.Buffer
	require.NoError(t, report(&got))
	require.Equal(t, string(want), got.String())
}

// The report finds what team.go put into the records, and nothing that it did not:
// visits and the late morning get more answers and e-mail fewer, weekdays are alike,
// no deal is won before it is through four stages, and shrinkage never moves a rep
// past the team.
func TestTruth(t *testing.T) {
	t.Parallel()
	r := generate()
	quarter := kpi.Calendar{Unit: kpi.Quarter, Location: city}.Of(asOf.Add(-1))
	rates, err := r.followUps.Rates(kpi.FollowUpSpec{
		By:      []kpi.FollowUpBy{kpi.ByMedium, kpi.ByHour, kpi.ByWeekday},
		Outcome: kpi.FollowUpAnswered, Period: quarter, Location: city, Hours: []int{9, 10, 12, 14, 16, 18},
	})
	require.NoError(t, err)
	for _, c := range rates.Cells {
		switch c.Name {
		case "visit", "e-mail", "10–12":
			require.Less(t, c.Adjusted, 0.05, c.Name)
		}
		if c.By == kpi.ByWeekday {
			require.Greater(t, c.Adjusted, 0.05, c.Name)
		}
	}
	numbers, err := r.followUps.Successes(r.deals, asOf)
	require.NoError(t, err)
	for k := range len(stages) {
		require.Zero(t, numbers[k].Won)
	}
	card, err := r.deals.Scorecard(r.followUps, nil, quarter)
	require.NoError(t, err)
	wins, err := card.WinRates()
	require.NoError(t, err)
	for i, row := range card.Rows {
		shrunk, err := wins.Rate(i)
		require.NoError(t, err)
		raw, err := row.Wins.Ratio()
		require.NoError(t, err)
		require.LessOrEqual(t, raw.Cmp(wins.Mean)*shrunk.Cmp(raw), 0, row.Rep)
		require.GreaterOrEqual(t, raw.Cmp(wins.Mean)*shrunk.Cmp(wins.Mean), 0, row.Rep)
	}
}
