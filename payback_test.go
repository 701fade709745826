package kpi_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestUnitEconomics(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		u              kpi.UnitEconomics
		clv, margin    string
		ratio, payback string // "" is undefined
	}{
		{"300 at 20 of 40 a month", kpi.UnitEconomics{CAC: kpi.Whole(300), ARPA: kpi.Whole(40)}, "900", "50%", "3", "15"},
		{"not a decimal", kpi.UnitEconomics{CAC: kpi.Whole(200), ARPA: kpi.Whole(70)}, "2000", "30%", "10", "200/21"},
		{"worth less than nothing", kpi.UnitEconomics{CAC: kpi.Whole(5), ARPA: kpi.Whole(1)}, "-5", "-10%", "-1", ""},
		{"nothing is paid", kpi.UnitEconomics{CAC: kpi.Whole(5)}, "0", "50%", "0", ""},
		{"costs nothing", kpi.UnitEconomics{ARPA: kpi.Whole(1)}, "7", "50%", "", "0"},
		{"nothing", kpi.UnitEconomics{}, "7", "50%", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.u.Ratio(must(tt.clv))
			if tt.ratio != "" {
				requireRatio(t, tt.ratio, got, err)
			} else {
				require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
			}
			got, err = tt.u.Payback(must(tt.margin))
			if tt.payback != "" {
				requireRatio(t, tt.payback, got, err)
				return
			}
			require.Equal(t, kpi.CodeNever, requireError(t, err, kpi.ErrUndefined).Code)
			_, err = tt.u.PaybackMonths(must(tt.margin), must("0.9"), kpi.InAdvance)
			require.Equal(t, kpi.CodeNever, requireError(t, err, kpi.ErrUndefined).Code)
		})
	}
}

func TestUnitEconomicsPaybackMonths(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		cac, m, r string
		timing    kpi.Timing
		months    int
		code      kpi.Code
	}{
		// SEMANTICS: 15 simple, 28 and 31 with churn; 20/(1−.95) = 400 is only approached.
		{name: "at the start", cac: "300", m: "20", r: "0.95", timing: kpi.InAdvance, months: 28},
		{name: "at the end, certain", cac: "300", m: "20", r: "0.95", timing: kpi.InArrears, months: 28},
		{name: "at the end, if retained", cac: "300", m: "20", r: "0.95", timing: kpi.IfRetained, months: 31},
		{name: "the limit itself", cac: "400", m: "20", r: "0.95", timing: kpi.InAdvance, code: kpi.CodeNever},
		{name: "past the limit", cac: "401", m: "20", r: "0.95", timing: kpi.InArrears, code: kpi.CodeNever},
		{name: "the limit if retained", cac: "380", m: "20", r: "0.95", code: kpi.CodeNever},
		{name: "a cent below the limit", cac: "399.99", m: "20", r: "0.95", timing: kpi.InAdvance, months: 207}, // ln(0.01/400)/ln 0.95 = 206.6
		{name: "nobody leaves", cac: "300", m: "20", r: "1", months: 15},
		{name: "nobody leaves, not to the month", cac: "300.01", m: "20", r: "1", timing: kpi.InAdvance, months: 16},
		{name: "exactly on the first margin", cac: "20", m: "20", r: "0.5", timing: kpi.InAdvance, months: 1},
		{name: "exactly on the second", cac: "30", m: "20", r: "0.5", timing: kpi.InAdvance, months: 2},
		{name: "everybody leaves, paid before", cac: "20", m: "20", r: "0", timing: kpi.InAdvance, months: 1},
		{name: "everybody leaves, not enough", cac: "20.01", m: "20", r: "0", timing: kpi.InAdvance, code: kpi.CodeNever},
		{name: "everybody leaves before", cac: "20", m: "20", r: "0", code: kpi.CodeNever},
		{name: "nothing to pay back", cac: "0", m: "20", r: "0.5", months: 0},
		{name: "nothing to pay back, nobody leaves", cac: "0", m: "20", r: "1", months: 0},
		{name: "a hundred years", cac: "1200", m: "1", r: "1", months: 1200},
		{name: "more than a hundred years", cac: "1200.01", m: "1", r: "1", code: kpi.CodeBeyondBound},
		{name: "more, with churn", cac: "99999", m: "1", r: "0.99999", timing: kpi.InAdvance, code: kpi.CodeBeyondBound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The margin of a month is half of what an account pays.
			u := kpi.UnitEconomics{CAC: must(tt.cac), ARPA: must(tt.m).Mul(kpi.Whole(2))}
			got, err := u.PaybackMonths(kpi.Percent(50), must(tt.r), tt.timing)
			if tt.code != 0 {
				e := requireError(t, err, kpi.ErrUndefined)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, "UnitEconomics.PaybackMonths", e.Metric)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.months, got)
		})
	}
}

// The search agrees with adding month by month.
func TestUnitEconomicsPaybackMonthsByHand(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	for i := range 400 {
		timing := timings[i%3]
		m, kept, cac := kpi.Whole(1+r.Int64N(20)), randomShare(r), kpi.Whole(r.Int64N(60))
		if i%5 == 0 { // exactly what n months bring
			n := 1 + r.IntN(8)
			cac = margins(t, kpi.RetentionCLV{Margin: m, Timing: timing}, func(int) kpi.Ratio { return kept }, kpi.Ratio{}, n)
		}
		got, err := kpi.UnitEconomics{CAC: cac, ARPA: m}.PaybackMonths(kpi.Whole(1), kept, timing)
		sum, n := kpi.Ratio{}, 0
		paid := m
		if timing == kpi.IfRetained {
			paid = paid.Mul(kept)
		}
		never := paid.IsZero()
		for ; sum.Cmp(cac) < 0 && n <= 40; n++ {
			sum, paid = sum.Add(paid), paid.Mul(kept)
		}
		switch {
		case never || err != nil:
			require.ErrorIs(t, err, kpi.ErrUndefined)
			require.True(t, never || n > 40)
		case n <= 40:
			require.Equal(t, n, got)
		default:
			require.Greater(t, got, 40)
		}
	}
}

func TestUnitEconomicsErrors(t *testing.T) {
	t.Parallel()
	good := kpi.UnitEconomics{CAC: kpi.Whole(300), ARPA: kpi.Whole(20)}
	one := kpi.Whole(1)
	tests := []struct {
		name      string
		u         kpi.UnitEconomics
		margin, r kpi.Ratio
		timing    kpi.Timing
		code      kpi.Code
	}{
		{"negative CAC", kpi.UnitEconomics{CAC: kpi.Whole(-1)}, one, one, kpi.InAdvance, kpi.CodeNegative},
		{"negative ARPA", kpi.UnitEconomics{ARPA: kpi.Whole(-1)}, one, one, kpi.InAdvance, kpi.CodeNegative},
		{"40 for 40 %", good, kpi.Whole(40), one, kpi.InAdvance, kpi.CodeOutOfRange},
		{"retention above 1", good, one, kpi.Whole(95), kpi.InAdvance, kpi.CodeOutOfRange},
		{"retention below 0", good, one, kpi.Whole(-1), kpi.InAdvance, kpi.CodeOutOfRange},
		{"an unknown timing", good, one, one, 3, kpi.CodeOutOfRange},
		{"invalid before undefined", kpi.UnitEconomics{}, kpi.Ratio{}, one, 3, kpi.CodeOutOfRange},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.u.PaybackMonths(tt.margin, tt.r, tt.timing)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "UnitEconomics.PaybackMonths", e.Metric)
		})
	}
	_, err := tests[0].u.Ratio(one)
	require.Equal(t, "UnitEconomics.Ratio", requireError(t, err, kpi.ErrInvalid).Metric)
	_, err = tests[1].u.Payback(one)
	require.Equal(t, "UnitEconomics.Payback", requireError(t, err, kpi.ErrInvalid).Metric)
	_, err = good.Payback(kpi.Whole(40))
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
}

func BenchmarkPaybackMonths(b *testing.B) {
	u := kpi.UnitEconomics{CAC: must("300"), ARPA: must("39.95")}
	for b.Loop() {
		if _, err := u.PaybackMonths(must("0.5"), must("0.9587"), kpi.IfRetained); err != nil {
			b.Fatal(err)
		}
	}
}
