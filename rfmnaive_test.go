package kpi_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// naiveRFM scores by sorting everything, in rationals.
func naiveRFM(events []kpi.Event, s kpi.RFMSpec) (edges [3][]*big.Rat, scores map[string]string, refundsOnly int64) {
	loc := s.Location
	if loc == nil {
		loc = time.UTC
	}
	civil := func(t time.Time) int64 {
		y, m, d := t.In(loc).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
	}
	type history struct {
		last    time.Time
		orders  int64
		days    map[int64]bool
		revenue *big.Rat
	}
	all := map[string]*history{}
	for _, e := range events {
		sign := e.Amount.Sign()
		if e.At.Before(s.From) || !e.At.Before(s.AsOf) || !among(s.Orders, e.Name) ||
			sign < 0 && s.Refunds == kpi.RefundsIgnored || sign == 0 && s.Zeros == kpi.ZerosIgnored {
			continue
		}
		h := all[e.Customer]
		if h == nil {
			h = &history{days: map[int64]bool{}, revenue: new(big.Rat)}
			all[e.Customer] = h
		}
		h.revenue.Add(h.revenue, e.Amount.Rat())
		if sign < 0 {
			continue
		}
		h.orders++
		h.days[civil(e.At)] = true
		if e.At.After(h.last) {
			h.last = e.At
		}
	}
	bins := int64(s.Bins)
	if bins == 0 {
		bins = 5
	}
	values := map[string][3]*big.Rat{}
	var sorted [3][]*big.Rat
	for id, h := range all {
		if h.orders == 0 {
			refundsOnly++
			continue
		}
		if s.MergeDays {
			h.orders = int64(len(h.days))
		}
		v := [3]*big.Rat{big.NewRat(civil(s.AsOf)-civil(h.last), 1), big.NewRat(h.orders, 1), h.revenue}
		values[id] = v
		for d := range v {
			sorted[d] = append(sorted[d], v[d])
		}
	}
	n := int64(len(values))
	for d := range sorted {
		slices.SortFunc(sorted[d], (*big.Rat).Cmp)
		for j := int64(1); j < bins && n > 0; j++ {
			k, rest := (n-1)*j/bins, big.NewRat((n-1)*j%bins, bins)
			lo, hi := sorted[d][k], sorted[d][min(k+1, n-1)]
			e := new(big.Rat).Sub(hi, lo)
			edges[d] = append(edges[d], e.Mul(e, rest).Add(e, lo))
		}
	}
	for i, given := range [][]int{s.DayEdges, s.OrderEdges} {
		for j, e := range given {
			if n > 0 {
				edges[i][j] = big.NewRat(int64(e), 1)
			}
		}
	}
	for j, e := range s.RevenueEdges {
		if n > 0 {
			edges[2][j] = e.Rat()
		}
	}
	scores = map[string]string{}
	for id, v := range values {
		score := [3]int64{bins, 1, 1}
		for d := range v {
			for _, e := range edges[d] {
				if v[d].Cmp(e) > 0 {
					score[d] += []int64{-1, 1, 1}[d]
				}
			}
		}
		scores[id] = fmt.Sprint(v[0].RatString(), " ", v[1].RatString(), " ", v[2].RatString(), " ", score)
	}
	return edges, scores, refundsOnly
}

func TestRFMAgainstNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(71, 72))
	zones := []*time.Location{nil, saoPaulo, newYork, berlin, kiritimati}
	for i := range 400 {
		loc := zones[r.IntN(len(zones))]
		in := time.UTC
		if loc != nil {
			in = loc
		}
		first := []time.Time{
			time.Date(2018, 10, 20, 0, 0, 0, 0, time.UTC), time.Date(1994, 12, 20, 0, 0, 0, 0, time.UTC),
			time.Date(2024, 2, 20, 0, 0, 0, 0, time.UTC), time.Date(1969, 12, 20, 0, 0, 0, 0, time.UTC),
		}[r.IntN(4)]
		span := []int{3, 30, 700}[r.IntN(3)]
		events := randomEvents(r, in, first, span)
		for j := range events { // more customers than the five
			events[j].Customer += fmt.Sprint(r.IntN(1 + i%20))
			if r.IntN(200) == 0 {
				events[j].Amount = decimal.NewFromBigInt(new(big.Int).Lsh(big.NewInt(r.Int64N(9)-4), 70), -int32(r.IntN(5)))
			}
		}
		s := kpi.RFMSpec{
			Orders:  [][]string{nil, {"order"}, {"order", "sign-up"}, {"nobody does this"}}[min(r.IntN(16), 3)],
			AsOf:    first.AddDate(0, 0, span*2/3).Add(time.Duration(r.IntN(48)) * time.Hour),
			Refunds: kpi.Refunds(1 + r.IntN(2)), Zeros: kpi.Zeros(1 + r.IntN(2)), MergeDays: r.IntN(2) == 0,
			Location: loc, Bins: []int{0, 2, 3, 4, 5, 7, 9}[r.IntN(7)],
		}
		if r.IntN(3) == 0 {
			s.From = first.AddDate(0, 0, r.IntN(span*2/3))
		}
		if s.Bins == 3 {
			s.DayEdges, s.RevenueEdges = []int{5, 9}, []decimal.Decimal{dec("-0.5"), dec("30.25")}
		}
		l := withProps(t, events)
		got := rfm(t, l, s)
		edges, scores, refundsOnly := naiveRFM(events, s)
		require.Equal(t, refundsOnly, got.RefundsOnly)
		require.Equal(t, len(scores), got.Len())
		for d, e := range [][]kpi.Ratio{got.DayEdges, got.OrderEdges, got.RevenueEdges} {
			if got.Len() == 0 {
				break
			}
			require.Len(t, e, len(edges[d]))
			for j := range e {
				require.Zero(t, edges[d][j].Cmp(e[j].Rat()), "dimension %d, edge %d: %s, not %s", d, j, e[j], edges[d][j])
			}
		}
		cells := map[int]int64{}
		ids := make([]string, got.Len())
		for k := range got.Len() {
			row := got.At(k)
			ids[k] = row.ID
			cells[row.Score()]++
			require.Equal(t, scores[row.ID], fmt.Sprint(
				row.Days, " ", row.Orders, " ", row.Revenue.Rat().RatString(), " ", []int{row.Recency, row.Frequency, row.Monetary},
			), row.ID)
		}
		require.True(t, slices.IsSorted(ids))
		var customers, orders int64
		revenue := decimal.Decimal{}
		for _, c := range got.Cells() {
			require.Equal(t, cells[100*c.Recency+10*c.Frequency+c.Monetary], c.Customers)
			one := got.Cell(c.Recency, c.Frequency, c.Monetary)
			require.True(t, one.Revenue.Equal(c.Revenue))
			require.Equal(t, [2]int64{c.Customers, c.Orders}, [2]int64{one.Customers, one.Orders})
			customers, orders, revenue = customers+c.Customers, orders+c.Orders, revenue.Add(c.Revenue)
		}
		all := got.Cell(0, 0, 0)
		require.Equal(t, [2]int64{customers, orders}, [2]int64{all.Customers, all.Orders})
		require.True(t, revenue.Equal(all.Revenue))
		if c := customers; s.From.IsZero() { // the same histories
			h, err := l.Customers(t.Context(), kpi.CustomerSpec{
				Orders: s.Orders, AsOf: s.AsOf, Refunds: s.Refunds, Zeros: s.Zeros, MergeDays: s.MergeDays, Location: loc,
			})
			require.NoError(t, err)
			require.Len(t, h.Rows, int(c+refundsOnly))
		}

		// Neither the order of rows nor what happens from AsOf on changes anything.
		want, err := got.MarshalBinary()
		require.NoError(t, err)
		r.Shuffle(len(events), func(a, b int) { events[a], events[b] = events[b], events[a] })
		events = append(events, kpi.Event{Customer: "Zoe", Name: "order", At: s.AsOf, Amount: dec("1.23456"), Props: []string{"", ""}})
		again, err := rfm(t, withProps(t, events), s).MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, want, again)
	}
}

// Ids that are numbers, and so many customers that selection takes several passes.
func TestRFMManyCustomers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(73, 74))
	for _, spread := range []int64{1, 5000, 1 << 30, 1<<62 - 1} {
		var l kpi.Log
		id, err := l.Event("order")
		require.NoError(t, err)
		seen := map[uint64]bool{}
		money := make([]int64, 0, 3000)
		for range 3000 {
			customer := r.Uint64() >> r.IntN(64)
			if seen[customer] {
				continue
			}
			seen[customer] = true
			m := 1 + r.Int64N(spread)>>r.IntN(8)
			money = append(money, m)
			require.NoError(t, l.AddMinor(customer, id, day(1+r.IntN(20)), m, -2))
		}
		got := rfm(t, &l, kpi.RFMSpec{AsOf: day(30), Bins: 9})
		require.Equal(t, len(money), got.Len())
		slices.Sort(money)
		for j, e := range got.RevenueEdges {
			h := (len(money) - 1) * (j + 1)
			lo, hi := money[h/9], money[min(h/9+1, len(money)-1)]
			rest := kpi.Whole(hi - lo).Mul(kpi.Must(kpi.NewRatio(int64(h%9), 9)))
			require.True(t, e.Equal(kpi.Whole(lo).Add(rest).Mul(kpi.Percent(1))), "%d: %s", j, e)
		}
		last := uint64(0)
		for i := range got.Len() {
			require.True(t, i == 0 || got.At(i).Number > last)
			last = got.At(i).Number
			require.True(t, seen[last])
		}
	}
}

// The days since an order are a difference of dates, whatever hours they had.
func TestRFMCivilDays(t *testing.T) {
	t.Parallel()
	johns := loadZone("America/St_Johns") // until 2011 set back at 00:01
	tests := []struct {
		name       string
		loc        *time.Location
		last, asOf time.Time
		want       int
	}{
		{"the morning after", berlin, time.Date(2026, 3, 1, 23, 59, 59, 0, berlin), time.Date(2026, 3, 2, 0, 0, 0, 0, berlin), 1},
		{"the same day", berlin, time.Date(2026, 3, 1, 0, 0, 0, 0, berlin), time.Date(2026, 3, 1, 23, 0, 0, 0, berlin), 0},
		{"no midnight", saoPaulo, time.Date(2018, 11, 3, 23, 59, 59, 0, saoPaulo), time.Date(2018, 11, 4, 1, 0, 0, 0, saoPaulo), 1},
		{"a day of 23 hours", newYork, time.Date(2026, 3, 8, 0, 0, 0, 0, newYork), time.Date(2026, 3, 9, 0, 0, 0, 0, newYork), 1},
		{"a day of 25 hours", newYork, time.Date(2026, 11, 1, 0, 0, 0, 0, newYork), time.Date(2026, 11, 1, 23, 59, 0, 0, newYork), 0},
		{"a leap day", time.UTC, time.Date(2024, 2, 28, 12, 0, 0, 0, time.UTC), time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC), 2},
		{"no leap day", time.UTC, time.Date(2023, 2, 28, 12, 0, 0, 0, time.UTC), time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC), 1},
		{"UTC+14", kiritimati, time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC), time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC), 0},
		{"a date left out", kiritimati, time.Date(1994, 12, 30, 12, 0, 0, 0, kiritimati), time.Date(1995, 1, 1, 12, 0, 0, 0, kiritimati), 2},
		{"set back over midnight", johns, time.Date(2010, 11, 7, 2, 30, 30, 0, time.UTC), time.Date(2010, 11, 7, 12, 0, 0, 0, johns), 1},
		{"the earliest", time.UTC, time.Unix(0, firstInstant), time.Unix(0, firstInstant).Add(36 * time.Hour), 1},
		{"centuries", nil, time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC), 213301},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := logOf(t, kpi.Event{Customer: "Ann", Name: "order", At: tt.last, Amount: dec("1")})
			r := rfm(t, l, kpi.RFMSpec{AsOf: tt.asOf, Location: tt.loc})
			require.Equal(t, 1, r.Len())
			require.Equal(t, tt.want, r.At(0).Days)
			// The same for many customers, whose dates come from a table.
			for i := range 100 {
				require.NoError(t, l.Add(kpi.Event{Customer: fmt.Sprint(i), Name: "order", At: tt.last, Amount: dec("1")}))
			}
			r = rfm(t, l, kpi.RFMSpec{AsOf: tt.asOf, Location: tt.loc})
			require.Equal(t, tt.want, r.At(50).Days)
		})
	}
}

// The public Superstore sample (see TestCustomersSuperstore); the figures were
// counted independently of this library, in fractions.
func TestRFMSuperstore(t *testing.T) {
	t.Parallel()
	r := rfm(t, superstore(t), kpi.RFMSpec{AsOf: time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)})
	require.Equal(t, 793, r.Len())
	require.Equal(t, "28 55 105 226.6", ratios(r.DayEdges))
	require.Equal(t, "4 5 7 8.6", ratios(r.OrderEdges))
	require.Equal(t, "961.5406 1739.4324 2750.748 4282.6344", ratios(r.RevenueEdges))
	for score, want := range map[int][3]int64{
		1: {159, 195, 159}, 2: {157, 134, 158}, 3: {159, 223, 159}, 4: {156, 82, 158}, 5: {162, 159, 159},
	} {
		require.Equal(t, want, [3]int64{
			r.Cell(score, 0, 0).Customers, r.Cell(0, score, 0).Customers, r.Cell(0, 0, score).Customers,
		})
	}
	best := r.Cell(5, 5, 5)
	require.Equal(t, int64(22), best.Customers)
	require.Equal(t, int64(232), best.Orders)
	require.Equal(t, "139035.0568", best.Revenue.String())
	require.Equal(t, int64(45), r.Cell(1, 1, 1).Customers)
	require.Equal(t, int64(14), r.Cell(1, 4, 0).Customers+r.Cell(1, 5, 0).Customers)
	ann := r.At(0)
	require.Equal(t, "AA-10315", ann.ID)
	require.Equal(t, [3]int{186, 5, 225}, [3]int{ann.Days, int(ann.Orders), ann.Score()})
	require.Equal(t, "5563.56", ann.Revenue.String())
}
