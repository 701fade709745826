package kpi_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.EarnedGrowth]{
	name: "EarnedGrowth",
	random: func(r *rand.Rand) kpi.EarnedGrowth {
		return kpi.EarnedGrowth{LastYear: randomMoney(r, false), Kept: randomMoney(r, false), Earned: randomMoney(r, false)}
	},
	merge: (*kpi.EarnedGrowth).Merge,
	same: func(t *testing.T, want, got kpi.EarnedGrowth) {
		t.Helper()
		requireSameMoney(t, want.LastYear, got.LastYear)
		requireSameMoney(t, want.Kept, got.Kept)
		requireSameMoney(t, want.Earned, got.Earned)
	},
	bad: []kpi.EarnedGrowth{
		{LastYear: dec("-1")},
		{Kept: dec("-1")},
		{Earned: dec("-1")},
		{LastYear: huge()[0]},
		{Kept: huge()[1]},
		{Earned: huge()[2]},
	},
	clash: [][2]kpi.EarnedGrowth{{{LastYear: nines()}, {LastYear: nines()}}},
})

func TestEarnedGrowth(t *testing.T) {
	t.Parallel()
	e := kpi.EarnedGrowth{LastYear: dec("200"), Kept: dec("190"), Earned: dec("36")}
	nrr, err := e.NRR()
	requireRatio(t, "0.95", nrr, err)
	enc, err := e.ENC()
	requireRatio(t, "0.18", enc, err)
	rate, err := e.Rate()
	requireRatio(t, "0.13", rate, err)
	require.True(t, rate.Equal(nrr.Add(enc).Sub(kpi.Whole(1))))

	// By customers: who stays at less, who stays at more, who leaves, whom somebody sent
	// and who was bought.
	var r kpi.RatioOfSums
	for _, c := range [][2]string{{"80", "100"}, {"110", "60"}, {"0", "40"}, {"36", "0"}, {"0", "0"}} {
		require.NoError(t, r.Add(dec(c[0]), dec(c[1])))
	}
	require.True(t, kpi.Must(r.Ratio()).Sub(kpi.Whole(1)).Equal(rate))

	for name, ask := range map[string]func(kpi.EarnedGrowth) error{
		"EarnedGrowth.NRR":  func(e kpi.EarnedGrowth) error { _, err := e.NRR(); return err },
		"EarnedGrowth.ENC":  func(e kpi.EarnedGrowth) error { _, err := e.ENC(); return err },
		"EarnedGrowth.Rate": func(e kpi.EarnedGrowth) error { _, err := e.Rate(); return err },
	} {
		got := requireError(t, ask(kpi.EarnedGrowth{Kept: dec("1")}), kpi.ErrUndefined)
		require.Equal(t, name, got.Metric)
		require.Equal(t, kpi.CodeZeroDenominator, got.Code)
		require.Equal(t, kpi.CodeNegative, requireError(t, ask(kpi.EarnedGrowth{Earned: dec("-1")}), kpi.ErrInvalid).Code)
	}
}
