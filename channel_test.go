package kpi_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Channel]{
	name: "Channel",
	random: func(r *rand.Rand) kpi.Channel {
		c := kpi.Channel{
			Name: "search", Spend: randomMoney(r, false), Leads: r.Int64N(1000),
			Customers: r.Int64N(100), Revenue: randomMoney(r, true),
		}
		// Some record no leads, and some won nobody.
		c.Leads *= min(r.Int64N(4), 1)
		c.Customers *= min(r.Int64N(4), 1)
		return c
	},
	merge: (*kpi.Channel).Merge,
	same: func(t *testing.T, want, got kpi.Channel) {
		t.Helper()
		requireSameMoney(t, want.Spend, got.Spend)
		requireSameMoney(t, want.Revenue, got.Revenue)
		want.Spend, want.Revenue, got.Spend, got.Revenue = decimal.Zero, decimal.Zero, decimal.Zero, decimal.Zero
		require.Equal(t, want, got)
	},
	bad: []kpi.Channel{
		{Name: "search", Spend: decimal.New(-1, 0)},
		{Name: "search", Leads: -1},
		{Name: "search", Customers: -1},
		{Name: "search", Spend: huge()[0]},
		{Name: "search", Revenue: huge()[1]},
		{Name: "search", Revenue: huge()[2]},
	},
	clash: [][2]kpi.Channel{
		{{Name: "search", Leads: 1}, {Name: "mail", Leads: 1}},
		{{Name: "search"}, {Leads: 1}}, // unnamed, but not the zero value
		{{Leads: math.MaxInt64}, {Leads: 1}},
		{{Customers: math.MaxInt64}, {Customers: 1}},
		{{Spend: nines()}, {Spend: nines()}},
		{{Revenue: nines()}, {Revenue: nines()}},
		{{Revenue: nines().Neg()}, {Revenue: nines().Neg()}},
	},
})

func TestChannel(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                              string
		c                                 kpi.Channel
		cac, conversion, roi, forty, roas string // "" is undefined; forty is MarginROI at 40 %
	}{
		{
			// The articles: 5000 for 50 customers online.
			name: "线上广告", c: kpi.Channel{Spend: decimal.New(5000, 0), Leads: 1000, Customers: 50, Revenue: decimal.New(20000, 0)},
			cac: "100", conversion: "50/1000", roi: "3", forty: "0.6", roas: "4",
		},
		{
			// The articles: 3000 for 20 customers at events. 3600·0.4 = 1440.
			name: "线下活动", c: kpi.Channel{Spend: decimal.New(3000, 0), Leads: 80, Customers: 20, Revenue: decimal.New(3600, 0)},
			cac: "150", conversion: "20/80", roi: "0.2", forty: "-0.52", roas: "1.2",
		},
		{
			name: "all was returned", c: kpi.Channel{Spend: decimal.New(100, 0), Leads: 5, Revenue: decimal.New(-50, 0)},
			conversion: "0/5", roi: "-1.5", forty: "-1.2", roas: "-0.5",
		},
		{
			name: "leads not recorded", c: kpi.Channel{Spend: decimal.New(100, 0), Customers: 3},
			cac: "100/3", roi: "-1", forty: "-1", roas: "0",
		},
		{
			name: "word of mouth costs nothing", c: kpi.Channel{Leads: 4, Customers: 4, Revenue: decimal.New(9, 0)},
			cac: "0", conversion: "4/4",
		},
		{name: "nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, q := range []struct {
				metric, want string
				ask          func() (kpi.Ratio, error)
			}{
				{"Channel.CAC", tt.cac, tt.c.CAC},
				{"Channel.ROI", tt.roi, tt.c.ROI},
				{"Channel.MarginROI", tt.forty, func() (kpi.Ratio, error) { return tt.c.MarginROI(kpi.Percent(40)) }},
				{"Channel.ROAS", tt.roas, tt.c.ROAS},
			} {
				got, err := q.ask()
				if q.want != "" {
					requireRatio(t, q.want, got, err)
					continue
				}
				e := requireError(t, err, kpi.ErrUndefined)
				require.Equal(t, kpi.CodeZeroDenominator, e.Code)
				require.Equal(t, q.metric, e.Metric)
				require.True(t, got.IsZero())
			}
			got, err := tt.c.ConversionRate()
			if tt.conversion == "" {
				require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.conversion, got.String())
		})
	}
}

func TestChannelReturns(t *testing.T) {
	t.Parallel()
	// ROI = ROAS − 1, and MarginROI at a margin of 1 is ROI.
	r := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		c := kpi.Channel{Spend: randomMoney(r, false).Add(decimal.New(1, 0)), Revenue: randomMoney(r, true)}
		roi := kpi.Must(c.ROI())
		require.True(t, roi.Equal(kpi.Must(c.ROAS()).Sub(kpi.Whole(1))))
		require.True(t, roi.Equal(kpi.Must(c.MarginROI(kpi.Whole(1)))))
		require.True(t, kpi.Must(c.MarginROI(kpi.Ratio{})).Equal(kpi.Whole(-1)))
	}
}

func TestChannelErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		c    kpi.Channel
		code kpi.Code
	}{
		{"negative spend", kpi.Channel{Spend: decimal.New(-1, 0)}, kpi.CodeNegative},
		{"negative leads", kpi.Channel{Leads: -1}, kpi.CodeNegative},
		{"negative customers", kpi.Channel{Customers: -1}, kpi.CodeNegative},
		{"huge spend", kpi.Channel{Spend: huge()[0]}, kpi.CodeTooLarge},
		{"tiny revenue", kpi.Channel{Revenue: huge()[1]}, kpi.CodeTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for metric, ask := range map[string]func() error{
				"Channel.CAC":            func() error { _, err := tt.c.CAC(); return err },
				"Channel.ConversionRate": func() error { _, err := tt.c.ConversionRate(); return err },
				"Channel.ROI":            func() error { _, err := tt.c.ROI(); return err },
				"Channel.MarginROI":      func() error { _, err := tt.c.MarginROI(kpi.Percent(40)); return err },
				"Channel.ROAS":           func() error { _, err := tt.c.ROAS(); return err },
			} {
				e := requireError(t, ask(), kpi.ErrInvalid)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, metric, e.Metric)
			}
			_, err := kpi.Channels{{Name: "fine"}, tt.c}.Total()
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "Channels.Total", e.Metric)
			require.Equal(t, 1, e.Index)
			// A table has no error to return: the row and the total are undefined.
			require.Equal(t, 16, strings.Count(kpi.Channels{tt.c}.Markdown(), kpi.Undefined))
		})
	}
	c := kpi.Channel{Spend: decimal.New(10, 0), Leads: 3, Customers: 4}
	_, err := c.ConversionRate()
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodePartExceedsWhole, e.Code)
	require.Contains(t, e.Error(), "Customers = 4 > Leads = 3")
	got, err := c.CAC() // from leads of an earlier period
	requireRatio(t, "2.5", got, err)
	_, err = kpi.Channel{}.MarginROI(kpi.Whole(40)) // 40 for 40 %
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestChannelMerge(t *testing.T) {
	t.Parallel()
	search := kpi.Channel{Name: "search", Spend: decimal.New(5, 0), Leads: 10, Customers: 2}
	part := kpi.Channel{Name: "search", Spend: decimal.New(1, 0), Customers: 1}
	require.NoError(t, search.Merge(part))
	// A conversion of 3 in 10 would count a customer whose lead nobody counted.
	require.Equal(t, int64(0), search.Leads)
	require.Equal(t, int64(3), search.Customers)
	_, err := search.ConversionRate()
	requireError(t, err, kpi.ErrUndefined)
	// Nobody was won from the uncounted: the leads stay known.
	mail := kpi.Channel{Leads: 10, Customers: 2}
	require.NoError(t, mail.Merge(kpi.Channel{Spend: decimal.New(1, 0)}))
	require.Equal(t, int64(10), mail.Leads)

	err = search.Merge(kpi.Channel{Name: "mail"})
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeMismatch, e.Code)
	require.Equal(t, "Channel.Merge", e.Metric)
}

func TestChannelsTotal(t *testing.T) {
	t.Parallel()
	cs := kpi.Channels{
		{Name: "线上广告", Spend: decimal.New(5000, 0), Leads: 1000, Customers: 50, Revenue: decimal.New(20000, 0)},
		{Name: "线下活动", Spend: decimal.New(3000, 0), Leads: 80, Customers: 20, Revenue: decimal.New(3600, 0)},
	}
	total, err := cs.Total()
	require.NoError(t, err)
	require.Equal(t, "total", total.Name)
	cac, err := total.CAC()
	requireRatio(t, "800/7", cac, err) // 8000/70, not the mean of 100 and 150
	rate, err := total.ConversionRate()
	require.NoError(t, err)
	require.Equal(t, "70/1080", rate.String())
	roi, err := total.ROI()
	requireRatio(t, "1.95", roi, err) // 23600/8000 − 1

	cs = append(cs, kpi.Channel{Name: "门店", Spend: decimal.New(40, 0), Customers: 1})
	total, err = cs.Total()
	require.NoError(t, err)
	require.Equal(t, int64(0), total.Leads)
	require.Equal(t, int64(71), total.Customers)

	total, err = kpi.Channels(nil).Total()
	require.NoError(t, err)
	require.Equal(t, kpi.Channel{Name: "total"}, total)

	_, err = kpi.Channels{{Leads: math.MaxInt64}, {Leads: 1}}.Total()
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeOverflow, e.Code)
	require.Equal(t, 1, e.Index)
}
