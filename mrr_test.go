package kpi_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// mrrRandom makes movements up of customers who pay whole thirds.
func mrrRandom(r *rand.Rand) kpi.MRR {
	m := kpi.MRR{
		ExpandedCustomers: r.Int64N(5), ContractedCustomers: r.Int64N(5), ChurnedCustomers: r.Int64N(5),
		NewCustomers: r.Int64N(5), ReactivatedCustomers: r.Int64N(5),
	}
	thirds := func(customers int64) kpi.Ratio {
		if customers == 0 {
			return kpi.Ratio{}
		}
		return kpi.Must(kpi.NewRatio(customers+r.Int64N(1000), 3))
	}
	m.New, m.Reactivation = thirds(m.NewCustomers), thirds(m.ReactivatedCustomers)
	m.Expansion, m.Contraction, m.Churn = thirds(m.ExpandedCustomers), thirds(m.ContractedCustomers), thirds(m.ChurnedCustomers)
	stay := m.ExpandedCustomers + m.ContractedCustomers + r.Int64N(3)
	m.OpeningCustomers = stay + m.ChurnedCustomers
	m.Opening = m.Contraction.Add(m.Churn).Add(thirds(stay))
	return m
}

func sameMRR(t *testing.T, want, got kpi.MRR) {
	t.Helper()
	require.Equal(t, mustJSON(t, want), mustJSON(t, got))
}

var _ = obey(law[kpi.MRR]{
	name:   "MRR",
	random: mrrRandom,
	merge:  (*kpi.MRR).Merge,
	same:   sameMRR,
	bad: []kpi.MRR{
		{Opening: kpi.Whole(-1)},
		{New: kpi.Whole(-1)},
		{Reactivation: kpi.Whole(-1)},
		{Expansion: kpi.Whole(-1)},
		{Contraction: kpi.Whole(-1)},
		{Churn: kpi.Whole(-1)},
		{OpeningCustomers: -1},
		{Opening: kpi.Whole(5), Churn: kpi.Whole(6)},
		{Opening: kpi.Whole(5), Churn: kpi.Whole(3), Contraction: kpi.Whole(3)},
		{Opening: kpi.Whole(5), NewCustomers: 1},
		{New: kpi.Whole(5), NewCustomers: 1, Churn: kpi.Whole(1)},
		{Opening: kpi.Whole(5), OpeningCustomers: 1, Churn: kpi.Whole(5), ChurnedCustomers: 2},
		{Opening: kpi.Whole(5), OpeningCustomers: 1, Expansion: kpi.Whole(5), ExpandedCustomers: 2},
		{Opening: kpi.Whole(5), OpeningCustomers: 2, Churn: kpi.Whole(2), ChurnedCustomers: 1, Contraction: kpi.Whole(1), ContractedCustomers: 2},
		{Opening: kpi.Whole(5), OpeningCustomers: 2, Churn: kpi.Whole(5), ChurnedCustomers: 1}, // one is left, and pays nothing
		{Opening: kpi.Whole(5), OpeningCustomers: 2, Churn: kpi.Whole(4), ChurnedCustomers: 2}, // nobody is left, and pays
		{Opening: kpi.Whole(5), OpeningCustomers: math.MaxInt64, New: kpi.Whole(5), NewCustomers: 1},
		{Opening: kpi.Must(kpi.Whole(2).Pow(1200)).Mul(kpi.Must(kpi.Must(kpi.Whole(2).Pow(1200)).Pow(5)))},
	},
	clash: [][2]kpi.MRR{
		{{Opening: kpi.Whole(5)}, {Opening: kpi.Whole(5), OpeningCustomers: 1}}, // one has not counted
		{{Opening: kpi.Whole(5), OpeningCustomers: math.MaxInt64}, {Opening: kpi.Whole(5), OpeningCustomers: 1}},
	},
})

func TestMRR(t *testing.T) {
	t.Parallel()
	// 40 customers pay 10 each: 3 of them leave, 4 pay 5 less and 10 pay 3 more; 5 are
	// new at 12 and one is back at 6.
	m := kpi.MRR{
		Opening: kpi.Whole(400), New: kpi.Whole(60), Reactivation: kpi.Whole(6),
		Expansion: kpi.Whole(30), Contraction: kpi.Whole(20), Churn: kpi.Whole(30),
		OpeningCustomers: 40, NewCustomers: 5, ReactivatedCustomers: 1,
		ExpandedCustomers: 10, ContractedCustomers: 4, ChurnedCustomers: 3,
	}
	for name, tt := range map[string]struct {
		ask  func(kpi.MRR) (kpi.Ratio, error)
		want string
	}{
		"MRR.Closing":        {kpi.MRR.Closing, "446"},
		"MRR.ARR":            {kpi.MRR.ARR, "5352"},
		"MRR.NRR":            {kpi.MRR.NRR, "0.95"},
		"MRR.NRRReactivated": {kpi.MRR.NRRReactivated, "0.965"},
		"MRR.GRR":            {kpi.MRR.GRR, "0.875"},
		"MRR.GrossChurn":     {kpi.MRR.GrossChurn, "0.125"},
		"MRR.NetChurn":       {kpi.MRR.NetChurn, "0.05"},
		"MRR.QuickRatio":     {kpi.MRR.QuickRatio, "1.92"},
		"MRR.ARPA":           {kpi.MRR.ARPA, "446/43"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.ask(m)
			requireRatio(t, tt.want, got, err)
			_, err = tt.ask(kpi.MRR{Opening: kpi.Whole(1), Churn: kpi.Whole(2)})
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, kpi.CodePartExceedsWhole, e.Code)
			require.Equal(t, name, e.Metric)
			got, err = tt.ask(kpi.MRR{})
			if strings.Contains(name, "Closing") || strings.Contains(name, "ARR") {
				requireRatio(t, "0", got, err)
				return
			}
			e = requireError(t, err, kpi.ErrUndefined)
			require.Equal(t, kpi.CodeZeroDenominator, e.Code)
			require.Equal(t, name, e.Metric)
		})
	}
	logos, err := m.Logos()
	require.NoError(t, err)
	require.Equal(t, kpi.Churn{Start: 40, New: 6, Lost: 3}, logos)

	// Money alone has rates, but no customers.
	bare := kpi.MRR{Opening: kpi.Whole(100), Churn: kpi.Whole(10)}
	grr, err := bare.GRR()
	requireRatio(t, "0.9", grr, err)
	_, err = bare.ARPA()
	require.Equal(t, kpi.CodeMissing, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = bare.Logos()
	require.Equal(t, kpi.CodeMissing, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestMRRIdentities(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 9))
	one := kpi.Whole(1)
	for range 500 {
		m := mrrRandom(r)
		closing := kpi.Must(m.Closing())
		require.True(t, closing.Equal(m.Opening.Add(m.New).Add(m.Reactivation).Add(m.Expansion).Sub(m.Contraction).Sub(m.Churn)))
		if m.Opening.IsZero() {
			continue
		}
		nrr, grr := kpi.Must(m.NRR()), kpi.Must(m.GRR())
		require.LessOrEqual(t, grr.Cmp(nrr), 0)
		require.LessOrEqual(t, grr.Cmp(one), 0)
		require.True(t, kpi.Must(m.GrossChurn()).Equal(grr.Complement()))
		require.True(t, kpi.Must(m.NetChurn()).Equal(nrr.Complement()))
		require.True(t, kpi.Must(m.NRRReactivated()).Sub(nrr).Mul(m.Opening).Equal(m.Reactivation))
	}
}

// An opening of 100, and one who joins in the period at 300 and leaves: netted it is
// no movement, and what is not netted is refused where it would keep −200 %.
func TestMRRRefusesWhatIsNotNetted(t *testing.T) {
	t.Parallel()
	_, err := kpi.MRR{Opening: kpi.Whole(100), New: kpi.Whole(300), Churn: kpi.Whole(300)}.NRR()
	require.Equal(t, kpi.CodePartExceedsWhole, requireError(t, err, kpi.ErrInvalid).Code)
	ss := kpi.Subscriptions{
		{Customer: "a", Start: day(-40), Amount: dec("100"), Months: 1},
		{Customer: "b", Start: day(3), End: day(20), Amount: dec("300"), Months: 1},
	}
	table, err := ss.Movements(kpi.Calendar{Unit: kpi.Month}, day(32))
	require.NoError(t, err)
	last := table.Rows[len(table.Rows)-1].MRR
	sameMRR(t, kpi.MRR{Opening: kpi.Whole(100), OpeningCustomers: 1}, last)
	nrr, err := last.NRR()
	requireRatio(t, "1", nrr, err)
}

func TestMRRReference(t *testing.T) {
	t.Parallel()
	var file struct {
		ChartMogul struct {
			Cases []struct {
				Start        string `json:"start_mrr"`
				Churn        string `json:"churn"`
				Contraction  string `json:"contraction"`
				Expansion    string `json:"expansion"`
				Reactivation string `json:"reactivation"`
				Gross        string `json:"gross_mrr_churn_rate"`
				Net          string `json:"net_mrr_churn_rate"`
				DayStart     string `json:"start_of_day_mrr"`
				DayEnd       string `json:"end_of_day_mrr"`
				Rate         string `json:"rate"`
			} `json:"cases"`
			Daily struct {
				Days  [][2]int64 `json:"days"`
				Rates []string   `json:"daily_rates_pct"`
			} `json:"daily_sum_example"`
		} `json:"chartmogul"`
		Stripe struct {
			MRR struct {
				Subs [][3]any `json:"subs"`
				MRR  string   `json:"mrr"`
			} `json:"mrr"`
		} `json:"stripe"`
		Terms map[string]string `json:"billing_term_normalisation"`
	}
	readReference(t, "metrics/mrr_movements.json", &file)

	require.Len(t, file.ChartMogul.Cases, 2)
	c := file.ChartMogul.Cases[0]
	m := kpi.MRR{Opening: must(c.Start), Churn: must(c.Churn), Contraction: must(c.Contraction), Expansion: must(c.Expansion), Reactivation: must(c.Reactivation)}
	require.Equal(t, c.Gross, kpi.Must(m.GrossChurn()).Percent(0))
	require.Equal(t, c.Net, kpi.Must(m.NetChurn()).Percent(0))
	// ChartMogul takes reactivation off net churn; here it is outside, so that net
	// churn is the complement of NRR. The other has its name.
	m.Reactivation = kpi.Whole(5)
	require.Equal(t, c.Net, kpi.Must(m.NetChurn()).Percent(0))
	require.Equal(t, "5%", kpi.Must(m.NRRReactivated()).Complement().Percent(0))
	// Baremetrics leaves reactivation out of the quick ratio, which is ours without any.
	m.New = kpi.Whole(20)
	requireRatio(t, "1.75", kpi.Must(m.QuickRatio()), nil)
	m.Reactivation = kpi.Whole(0)
	requireRatio(t, "1.5", kpi.Must(m.QuickRatio()), nil)

	// A day is a period, and a churn summed over days is no product of them.
	c = file.ChartMogul.Cases[1]
	m = kpi.MRR{Opening: must(c.DayStart), Churn: must(c.DayStart).Sub(must(c.DayEnd))}
	require.Equal(t, c.Rate, kpi.Must(m.GrossChurn()).Percent(0))
	for i, d := range file.ChartMogul.Daily.Days {
		m = kpi.MRR{Opening: kpi.Whole(d[0]), Churn: kpi.Whole(d[0] - d[1])}
		require.True(t, must(file.ChartMogul.Daily.Rates[i]+"%").Round(4).Equal(kpi.Must(m.GrossChurn()).Round(4)))
	}

	// Stripe's text says 800 a year, its total 600, which the file has.
	var ss kpi.Subscriptions
	for k, group := range file.Stripe.MRR.Subs {
		for i := range int(group[0].(float64)) {
			s := kpi.Subscription{Customer: strconv.Itoa(k) + "." + strconv.Itoa(i), Start: day(1), Amount: dec(group[1].(string)), Months: 1}
			if group[2] == "year" {
				s.Months = 12
			}
			ss = append(ss, s)
		}
	}
	total, err := ss.MRR(day(2))
	requireRatio(t, file.Stripe.MRR.MRR, total, err)

	months := map[string]int{"monthly": 1, "annual": 12, "two_year": 24, "three_year": 36}
	require.Len(t, file.Terms, len(months)+1, "and the source")
	for name, n := range months {
		_, by, ok := strings.Cut(file.Terms[name], "/")
		require.Equal(t, ok, n > 1)
		if ok {
			require.Equal(t, strconv.Itoa(n), by)
		}
		got, err := kpi.Subscriptions{{Customer: "a", Start: day(1), Amount: dec("100"), Months: n}}.MRR(day(2))
		require.NoError(t, err)
		require.True(t, kpi.Must(kpi.NewRatio(100, int64(n))).Equal(got), name)
	}
}

// TestMRRHostile: fractions of a million bits are refused before they are added.
func TestMRRHostile(t *testing.T) { //nolint:paralleltest // measures what the program allocates
	tiny := func(base int64) kpi.Ratio {
		x := kpi.Must(kpi.Whole(base).Pow(1200))
		for range 8 {
			x = x.Mul(x)
		}
		return kpi.Must(kpi.Whole(1).Over(x))
	}
	m := kpi.MRR{Opening: tiny(3), Expansion: tiny(5), Contraction: tiny(7), Churn: tiny(3), Reactivation: tiny(5)}
	for _, ask := range []func(kpi.MRR) (kpi.Ratio, error){
		kpi.MRR.NRR, kpi.MRR.NRRReactivated, kpi.MRR.GRR, kpi.MRR.GrossChurn, kpi.MRR.NetChurn, kpi.MRR.QuickRatio, kpi.MRR.Closing, kpi.MRR.ARPA,
	} {
		cheaply(t, "MRR", func() {
			_, err := ask(m)
			require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
		})
	}
}
