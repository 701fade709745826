package kpi_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// soldBy is a log of orders, one a line: the customer, its segment, the day and the
// amount.
func soldBy(t testing.TB, orders ...string) *kpi.Customers {
	t.Helper()
	var l kpi.Log
	require.NoError(t, l.SetProps("segment"))
	for _, o := range orders {
		var who, segment, amount string
		var d int
		_, err := fmt.Sscan(o, &who, &segment, &d, &amount)
		require.NoError(t, err)
		require.NoError(t, l.Add(kpi.Event{Customer: who, Name: "order", At: day(d), Amount: dec(amount), Props: []string{segment}}))
	}
	return customers(t, &l, kpi.CustomerSpec{AsOf: day(99), Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted, By: "segment"})
}

func TestContribution(t *testing.T) {
	t.Parallel()
	c := soldBy(t, "Ann shop 1 30", "Ann shop 9 20", "Bob firm 2 25", "Cid shop 3 25", "Cid shop 40 900", "Dee firm 3 0", "Eve shop 50 1")
	all, err := c.Contribution(abcMarch)
	require.NoError(t, err)
	require.Equal(t, `contributor  customers  orders  revenue   share
Ann                  1       2    50.00   50.0%
Bob                  1       1    25.00   25.0%
Cid                  1       1    25.00   25.0%
Dee                  1       1     0.00    0.0%
all                  4       5   100.00  100.0%
`, all.String())
	segments, err := all.Segments()
	require.NoError(t, err)
	require.Equal(t, `contributor  customers  orders  revenue   share
shop                 2       3    75.00   75.0%
firm                 2       2    25.00   25.0%
all                  4       5   100.00  100.0%
`, segments.String())
	require.Contains(t, segments.Markdown(), "| shop | 2 |")
	shares, err := all.Shares()
	require.NoError(t, err)
	require.Equal(t, "[0.5 0.25 0.25 0]", fmt.Sprint(shares))

	// The same customers, asked one by one.
	requireRatio(t, "0.5", kpi.Must(c.TopShare(abcMarch, 1)), nil)
	requireRatio(t, "0.375", kpi.Must(c.HHI(abcMarch)), nil)
	// (−3·0 − 1·25 + 1·25 + 3·50) / (4·100)
	requireRatio(t, "0.375", kpi.Must(c.Gini(abcMarch)), nil)
	x, err := c.Concentration(abcMarch)
	require.NoError(t, err)
	require.Equal(t, int64(4), x.N())

	var back kpi.Contributions
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, all)), &back))
	require.Equal(t, all.String(), back.String())
	require.Equal(t, mustJSON(t, all), mustJSON(t, back))
}

// Where refunds outweigh, shares are negative, still add to 1, and are no shares of a
// concentration.
func TestContributionOfRefunds(t *testing.T) {
	t.Parallel()
	c := soldBy(t, "Ann shop 1 150", "Bob firm 2 -50")
	all, err := c.Contribution(abcMarch)
	require.NoError(t, err)
	require.Contains(t, all.String(), "Bob                  1       0   -50.00  -50.0%")
	shares, err := all.Shares()
	require.NoError(t, err)
	require.Equal(t, "[1.5 -0.5]", fmt.Sprint(shares))
	for name, ask := range map[string]func() error{
		"Customers.Concentration": func() error { _, err := c.Concentration(abcMarch); return err },
		"Customers.Gini":          func() error { _, err := c.Gini(abcMarch); return err },
		"Customers.HHI":           func() error { _, err := c.HHI(abcMarch); return err },
		"Customers.TopShare":      func() error { _, err := c.TopShare(abcMarch, 1); return err },
	} {
		e := requireError(t, ask(), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeNegative, e.Code)
		require.Equal(t, name, e.Metric)
		require.Equal(t, 1, e.Index)
	}
	loss, err := soldBy(t, "Ann shop 1 50", "Bob firm 2 -50").Contribution(abcMarch)
	require.NoError(t, err)
	_, err = loss.Shares()
	require.Equal(t, kpi.CodeNotPositive, requireError(t, err, kpi.ErrUndefined).Code)
	require.Contains(t, loss.String(), kpi.Undefined)
}

// Shares of any rows add to 1, and segments are what their customers are.
func TestContributionAddsUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(81, 82))
	for range 50 {
		var orders []string
		for i := range 40 {
			orders = append(orders, fmt.Sprintf("c%02d s%d %d %d.%02d", i%25, i%25%3, 1+r.IntN(60), 1+r.IntN(90), r.IntN(100)))
		}
		c := soldBy(t, orders...)
		all, err := c.Contribution(abcMarch)
		require.NoError(t, err)
		segments, err := all.Segments()
		require.NoError(t, err)
		purchases, err := c.Purchases(abcMarch)
		require.NoError(t, err)
		for _, table := range []*kpi.Contributions{all, segments} {
			shares, err := table.Shares()
			require.NoError(t, err)
			sum, revenue, count := kpi.Ratio{}, decimal.Decimal{}, int64(0)
			for i, s := range shares {
				sum, revenue, count = sum.Add(s), revenue.Add(table.Rows[i].Revenue), count+table.Rows[i].Orders
			}
			require.Equal(t, "1", sum.String())
			require.True(t, revenue.Equal(purchases.Revenue))
			require.Equal(t, purchases.Orders, count)
		}
		require.LessOrEqual(t, strings.Count(all.String(), "\n"), 23)

		r.Shuffle(len(orders), func(i, j int) { orders[i], orders[j] = orders[j], orders[i] })
		again, err := soldBy(t, orders...).Contribution(abcMarch)
		require.NoError(t, err)
		require.Equal(t, all.String(), again.String())

		april := kpi.Period{Start: day(32), End: day(62)}
		growth, err := c.Growth(abcMarch, april)
		require.NoError(t, err)
		total, err := growth.Total()
		require.NoError(t, err)
		bySegment, err := growth.Segments()
		require.NoError(t, err)
		same, err := bySegment.Total()
		require.NoError(t, err)
		later, err := c.Purchases(april)
		require.NoError(t, err)
		require.True(t, total.Before.Equal(same.Before) && total.After.Equal(same.After))
		require.Zero(t, total.Before.Rat().Cmp(purchases.Revenue.Rat()))
		require.Zero(t, total.After.Rat().Cmp(later.Revenue.Rat()))
		buyers := int64(0)
		for _, row := range bySegment.Rows {
			buyers += row.Customers
		}
		require.Equal(t, int64(len(growth.Rows)), buyers)
	}
}

func TestContributionErrors(t *testing.T) {
	t.Parallel()
	c := soldBy(t, "Ann shop 1 30")
	for _, p := range []kpi.Period{{Start: day(2), End: day(1)}, {Start: day(2), End: day(100)}} {
		_, err := c.Contribution(p)
		require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err := (&kpi.Customers{Rows: c.Rows, AsOf: c.AsOf}).Contribution(abcMarch)
	requireError(t, err, kpi.ErrInvalid)
	for _, row := range []kpi.Contributor{{Customers: -1}, {Orders: -1}, {Revenue: decimal.New(1, 2000)}} {
		bad := &kpi.Contributions{Rows: []kpi.Contributor{{}, row}}
		_, err := bad.Shares()
		require.Equal(t, 1, requireError(t, err, kpi.ErrInvalid).Index)
		_, err = bad.Segments()
		requireError(t, err, kpi.ErrInvalid)
		require.NotEmpty(t, bad.String())
	}
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	c := soldBy(t, "Ann shop 1 80", "Ann shop 40 100", "Bob firm 2 50", "Cid shop 40 25", "Dee firm 3 10", "Dee firm 41 10")
	april := kpi.Period{Start: day(32), End: day(62)}
	g, err := c.Growth(abcMarch, april)
	require.NoError(t, err)
	// Cid came anew and has grown by money, by no per cent.
	require.Equal(t, `grower  customers  before   after  points   growth
Cid             1    0.00   25.00   25.00        –
Ann             1   80.00  100.00   20.00    25.0%
Dee             1   10.00   10.00    0.00     0.0%
Bob             1   50.00    0.00  -50.00  -100.0%
all             4  140.00  135.00   -5.00    -3.6%
`, g.String())
	s, err := g.Segments()
	require.NoError(t, err)
	require.Equal(t, `grower  customers  before   after  points  growth
shop            2   80.00  125.00   45.00   56.3%
firm            2   60.00   10.00  -50.00  -83.3%
all             4  140.00  135.00   -5.00   -3.6%
`, s.String())
	require.Contains(t, s.Markdown(), "| firm | 2 |")
	change, err := g.Rows[1].Change()
	require.NoError(t, err)
	require.Equal(t, "20", change.Points().String())
	requireRatio(t, "0.25", kpi.Must(change.Relative()), nil)
	change, err = g.Rows[0].Change()
	require.NoError(t, err)
	_, err = change.Relative()
	require.Equal(t, kpi.CodeNotPositive, requireError(t, err, kpi.ErrUndefined).Code)
	var back kpi.Growth
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, g)), &back))
	require.Equal(t, g.String(), back.String())

	_, err = c.Growth(april, abcMarch)
	require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = c.Growth(abcMarch, kpi.Period{Start: day(40), End: day(200)})
	requireError(t, err, kpi.ErrInvalid)
	_, err = c.Growth(kpi.Period{}, april)
	requireError(t, err, kpi.ErrInvalid)
	for _, row := range []kpi.Grower{{Customers: -1}, {Before: decimal.New(1, 2000)}, {After: decimal.New(1, -2000)}} {
		_, err := row.Change()
		requireError(t, err, kpi.ErrInvalid)
		bad := &kpi.Growth{Rows: []kpi.Grower{{}, row}}
		_, err = bad.Total()
		require.Equal(t, 1, requireError(t, err, kpi.ErrInvalid).Index)
		_, err = bad.Segments()
		requireError(t, err, kpi.ErrInvalid)
		require.NotEmpty(t, bad.String())
	}
}

// segmentTables are tables of several rows.
func segmentTables(t testing.TB) (*kpi.Contributions, *kpi.Growth, kpi.RFMSegments) {
	t.Helper()
	c := soldBy(t, "Ann shop 1 30", "Bob firm 2 25", "Cid shop 40 9")
	contribution, err := c.Contribution(kpi.Period{Start: day(1), End: day(62)})
	require.NoError(t, err)
	growth, err := c.Growth(abcMarch, kpi.Period{Start: day(32), End: day(62)})
	require.NoError(t, err)
	return contribution, growth, kpi.RFMSegments{{Name: "b", Customers: 1, Orders: 2}, {Name: "a", Customers: 3, Orders: 3}}
}
