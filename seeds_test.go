package kpi_test

import (
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// The worked numbers that readers check first: the articles' own figures, and
// beside them what follows from the same inputs under the other definitions.
func TestWorkedNumbers(t *testing.T) {
	t.Parallel()
	yuan := func(n int64) decimal.Decimal { return decimal.NewFromInt(n) }
	exact := func(r kpi.Ratio, err error) (string, error) { return r.String(), err }
	counts := func(p kpi.Proportion, err error) (string, error) { return p.String(), err }
	percent := func(p kpi.Proportion, err error) (string, error) { return p.Percent(1), err }
	months := func(n int, err error) (string, error) { return strconv.Itoa(n), err }

	channels := kpi.Channels{
		{Name: "线上广告", Spend: yuan(5000), Customers: 50},
		{Name: "线下活动", Spend: yuan(3000), Customers: 20},
	}
	thousand := func(timing kpi.Timing) kpi.RetentionCLV {
		return kpi.RetentionCLV{Margin: kpi.Whole(1000), Timing: timing}
	}
	keep, discount := kpi.Percent(80), kpi.Percent(10)
	// Revenue 20 a month with nothing taken off, so that the margin is 20.
	unit := func(cac int64) kpi.UnitEconomics {
		return kpi.UnitEconomics{CAC: kpi.Whole(cac), ARPA: kpi.Whole(20)}
	}
	margin, loyal := kpi.Whole(1), kpi.Percent(95)
	q1, q2 := kpi.Churn{Start: 200, Lost: 20}, kpi.Churn{Start: 180, Lost: 15}
	var sheet kpi.CSAT // product quality 4, service 5, would recommend 3
	require.NoError(t, sheet.AddAll([]int{4, 5, 3}))
	gained := kpi.Churn{Start: 100, New: 50, Lost: 10}

	tests := []struct {
		name string
		ask  func() (string, error)
		want string
	}{
		{"CAC", func() (string, error) {
			return exact(kpi.Acquisition{Advertising: yuan(100000), Customers: 500}.CAC())
		}, "200"},
		{"渠道获客成本, 线上广告", func() (string, error) { return exact(channels[0].CAC()) }, "100"},
		{"渠道获客成本, 线下活动", func() (string, error) { return exact(channels[1].CAC()) }, "150"},
		{"CAC of both channels, pooled", func() (string, error) {
			total, err := channels.Total() // 8000 for 70, and not the mean of 100 and 150
			require.NoError(t, err)
			return exact(total.CAC())
		}, "800/7"},

		{"CLV, 张三", func() (string, error) {
			return exact(kpi.CLV{OrderValue: kpi.Whole(200), Orders: kpi.Whole(5)}.Revenue(kpi.Whole(2)))
		}, "2000"},
		{"CLV, 李四", func() (string, error) {
			return exact(kpi.CLV{OrderValue: kpi.Whole(150), Orders: kpi.Whole(4)}.Revenue(kpi.Whole(3)))
		}, "1800"},
		// Three conventions of one customer, and the formula that is none of them.
		{"CLV simplified", func() (string, error) { return exact(thousand(kpi.IfRetained).AnnualSimplified(keep, discount)) }, "8000"},
		{"CLV if retained", func() (string, error) { return exact(thousand(kpi.IfRetained).Perpetuity(keep, discount)) }, "8000/3"},
		{"CLV in advance", func() (string, error) { return exact(thousand(kpi.InAdvance).Perpetuity(keep, discount)) }, "11000/3"},
		{"CLV in arrears", func() (string, error) { return exact(thousand(kpi.InArrears).Perpetuity(keep, discount)) }, "10000/3"},
		{"CLV simplified, d = 1+d−r", func() (string, error) {
			return exact(thousand(kpi.IfRetained).AnnualSimplified(keep, kpi.Percent(30)))
		}, "8000/3"},
		{"CLV : CAC", func() (string, error) { return exact(unit(200).Ratio(kpi.Whole(2000))) }, "10"},

		{"payback, simple", func() (string, error) { return exact(unit(300).Payback(margin)) }, "15"},
		{"payback, in advance", func() (string, error) { return months(unit(300).PaybackMonths(margin, loyal, kpi.InAdvance)) }, "28"},
		{"payback, if retained", func() (string, error) { return months(unit(300).PaybackMonths(margin, loyal, kpi.IfRetained)) }, "31"},

		{"客户流失率, first quarter", func() (string, error) { return percent(q1.OpeningRate()) }, "10.0%"},
		{"客户流失率, second quarter", func() (string, error) { return percent(q2.OpeningRate()) }, "8.3%"},
		{"客户流失率, second quarter, exactly", func() (string, error) {
			p, err := q2.OpeningRate()
			require.NoError(t, err)
			return exact(p.Ratio())
		}, "1/12"},
		// The second quarter opens with those whom the first has left.
		{"the first quarter's end", func() (string, error) {
			n, err := q1.End()
			return strconv.FormatInt(n, 10), err
		}, "180"},
		// Active at the end by active at the start passes 1; retention does not.
		{"end to start", func() (string, error) { return exact(gained.EndToStart()) }, "1.4"},
		{"客户留存率", func() (string, error) { return counts(gained.Retention()) }, "90/100"},

		{"满意度, the sheet's mean", func() (string, error) {
			m, err := sheet.Mean()
			require.NoError(t, err)
			return exact(m.Ratio())
		}, "4"},
		{"满意度, 4 and 5 of all", func() (string, error) { return counts(sheet.TopBox()) }, "2/3"},
		{"NPS of detractors only", func() (string, error) { return exact(kpi.NPS{Detractors: 7}.Score()) }, "-100"},
		{"NPS of promoters only", func() (string, error) { return exact(kpi.NPS{Promoters: 7}.Score()) }, "100"},
		{"NPS of passives only", func() (string, error) { return exact(kpi.NPS{Passives: 7}.Score()) }, "0"},

		{"复购率(订单)", func() (string, error) {
			return counts(kpi.Purchases{Orders: 100, Buyers: 70, Repeaters: 20}.RepeatOrderShare())
		}, "30/100"},
		{"回购率", func() (string, error) {
			return percent(kpi.Purchases{Orders: 300, Buyers: 300, Returning: 300, PreviousBuyers: 1000, Kept: 300}.Repurchase())
		}, "30.0%"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.ask()
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}

	// 20 a month at 95 % approaches 400 and never gets there; 380 if the first is not
	// certain.
	for _, timing := range []kpi.Timing{kpi.InAdvance, kpi.IfRetained} {
		_, err := unit(400).PaybackMonths(margin, loyal, timing)
		require.Equal(t, kpi.CodeNever, requireError(t, err, kpi.ErrUndefined).Code)
	}
}
