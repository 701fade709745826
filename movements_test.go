package kpi_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// mrrMonthly is a calendar of months in UTC.
var mrrMonthly = kpi.Calendar{Unit: kpi.Month}

// mrrOn is the first instant of a date of 2026.
func mrrOn(month, d int) time.Time {
	return time.Date(2026, time.Month(month), d, 0, 0, 0, 0, time.UTC)
}

// mrrSub is one at an amount a month.
func mrrSub(who, amount string, start, end time.Time) kpi.Subscription {
	return kpi.Subscription{Customer: who, Amount: dec(amount), Months: 1, Start: start, End: end}
}

// randomSubscriptions are of a few customers at instants half a day apart, so that
// they tie with each other and with ends of periods. A discount lies within the
// subscription that it is of.
func randomSubscriptions(r *rand.Rand, customers int, prefix string) kpi.Subscriptions {
	var ss kpi.Subscriptions
	at := func(from, to int) time.Time {
		return mrrOn(1, 1).Add(time.Duration(from+r.IntN(to-from)) * 12 * time.Hour)
	}
	for c := range customers {
		for range 1 + r.IntN(3) {
			s := kpi.Subscription{
				Customer: fmt.Sprintf("%s%d", prefix, c), Plan: []string{"basic", "pro"}[r.IntN(2)],
				Amount: decimal.New(r.Int64N(9)*50, -1), Months: []int{1, 1, 3, 12, 13, 36}[r.IntN(6)],
				Start: at(0, 200), Charge: kpi.Charge(max(r.IntN(5)-2, 0)),
			}
			if r.IntN(3) > 0 {
				s.End = s.Start.Add(time.Duration(1+r.IntN(150)) * 12 * time.Hour)
			}
			ss = append(ss, s)
			if r.IntN(4) == 0 {
				d := s
				d.Amount = s.Amount.Div(decimal.New(-2, 0))
				d.End = s.Start.Add(time.Duration(1+r.IntN(60)) * 12 * time.Hour)
				if !s.End.IsZero() && d.End.After(s.End) {
					d.End = s.End
				}
				ss = append(ss, d)
			}
		}
	}
	return ss
}

// paysNaive returns what each customer pays just before t, and whether they paid
// anything at any instant before that.
func paysNaive(ss kpi.Subscriptions, who string, t time.Time) (now kpi.Ratio, ever bool) {
	level := func(t time.Time) kpi.Ratio { // from records that hold the moment just before t
		var sum kpi.Ratio
		for _, s := range ss {
			if s.Customer == who && s.Charge == kpi.ChargeRecurring && s.Start.Before(t) && (s.End.IsZero() || !s.End.Before(t)) {
				sum = sum.Add(kpi.Must(kpi.Must(kpi.RatioOf(s.Amount)).Over(kpi.Whole(int64(s.Months)))))
			}
		}
		return sum
	}
	for _, s := range ss {
		// What is paid changes at starts and ends alone.
		for _, change := range []time.Time{s.Start, s.End} {
			if s.Customer == who && change.Before(t) && level(change.Add(1)).Sign() > 0 {
				ever = true
			}
		}
	}
	return level(t), ever
}

func movementsNaive(ss kpi.Subscriptions, p kpi.Period, asOf time.Time) kpi.MRR {
	var m kpi.MRR
	end := p.End
	if asOf.Before(end) {
		end = asOf
	}
	seen := map[string]bool{}
	for _, s := range ss {
		if seen[s.Customer] {
			continue
		}
		seen[s.Customer] = true
		before, ever := paysNaive(ss, s.Customer, p.Start)
		after, _ := paysNaive(ss, s.Customer, end)
		to, n, by := &m.Contraction, &m.ContractedCustomers, before.Sub(after)
		switch {
		case before.Equal(after):
			to, n = new(kpi.Ratio), new(int64)
		case before.IsZero() && !ever:
			to, n, by = &m.New, &m.NewCustomers, after
		case before.IsZero():
			to, n, by = &m.Reactivation, &m.ReactivatedCustomers, after
		case after.IsZero():
			to, n, by = &m.Churn, &m.ChurnedCustomers, before
		case after.Cmp(before) > 0:
			to, n, by = &m.Expansion, &m.ExpandedCustomers, after.Sub(before)
		}
		*to, *n = to.Add(by), *n+1
		if before.Sign() > 0 {
			m.Opening, m.OpeningCustomers = m.Opening.Add(before), m.OpeningCustomers+1
		}
	}
	return m
}

// Every table is that of a walk over all customers, closes on what runs, and is the
// same in any order; over one period the movement forms are the cohort forms.
func TestMovementsNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	seen := map[string]bool{}
	for range 60 {
		ss := randomSubscriptions(r, 1+r.IntN(6), "c")
		asOf := mrrOn(1, 1).Add(time.Duration(1+r.IntN(280)) * 12 * time.Hour)
		cal := kpi.Calendar{Unit: kpi.Unit(r.IntN(5)), Location: berlin}
		if cal.Unit == kpi.Day {
			cal.Unit = kpi.Month
		}
		got, err := ss.Movements(cal, asOf)
		require.NoError(t, err)
		shuffled := slices.Clone(ss)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		again, err := shuffled.Movements(cal, asOf)
		require.NoError(t, err)
		require.Equal(t, mustJSON(t, got), mustJSON(t, again))
		for i, row := range got.Rows {
			want := movementsNaive(ss, row.Period, asOf)
			sameMRR(t, want, row.MRR)
			end := row.Period.End
			if !row.Complete {
				end = asOf
			}
			closing, err := ss.MRR(end)
			require.NoError(t, err)
			require.True(t, closing.Equal(kpi.Must(row.MRR.Closing())), "row %d", i)
			require.True(t, kpi.Must(ss.ARR(end)).Equal(kpi.Must(row.MRR.ARR())))
			for name, a := range map[string]kpi.Ratio{"new": want.New, "reactivation": want.Reactivation, "expansion": want.Expansion, "contraction": want.Contraction, "churn": want.Churn} {
				seen[name] = seen[name] || a.Sign() > 0
			}
			nrr, err := ss.CohortNRR(row.Period, asOf)
			if !row.Complete {
				require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
				continue
			}
			require.NoError(t, err)
			grr, err := ss.CohortGRR(row.Period, asOf)
			require.NoError(t, err)
			require.Equal(t, want.OpeningCustomers, nrr.N)
			if nrr.N > 0 {
				require.True(t, kpi.Must(nrr.Ratio()).Equal(kpi.Must(row.MRR.NRR())))
				require.True(t, kpi.Must(grr.Ratio()).Equal(kpi.Must(row.MRR.GRR())))
			}
			// Over longer spans too: GRR ≤ NRR and GRR ≤ 1.
			span := kpi.Period{Start: got.Rows[i/2].Period.Start, End: row.Period.End}
			nrr, err = ss.CohortNRR(span, asOf)
			require.NoError(t, err)
			grr, err = ss.CohortGRR(span, asOf)
			require.NoError(t, err)
			require.False(t, grr.Y.GreaterThan(nrr.Y) || grr.Y.GreaterThan(grr.X))
		}
	}
	require.Len(t, seen, 5)
	for name, ok := range seen {
		require.True(t, ok, name)
	}
}

// Rows at asOf and later change nothing, an end that is planned is none, and a later
// asOf changes no period that was complete.
func TestMovementsAsOf(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	for range 100 {
		ss := randomSubscriptions(r, 5, "c")
		asOf := mrrOn(1, 1).Add(time.Duration(1+r.IntN(280)) * 12 * time.Hour)
		now, err := ss.Movements(mrrMonthly, asOf)
		require.NoError(t, err)
		var known kpi.Subscriptions
		for _, s := range ss {
			if !s.End.Before(asOf) {
				s.End = time.Time{}
			}
			if s.Start.Before(asOf) {
				known = append(known, s)
			}
		}
		same, err := known.Movements(mrrMonthly, asOf)
		require.NoError(t, err)
		require.Equal(t, mustJSON(t, now), mustJSON(t, same))
		later, err := ss.Movements(mrrMonthly, asOf.Add(time.Duration(r.IntN(100))*12*time.Hour))
		require.NoError(t, err)
		for i, row := range now.Rows {
			if row.Complete {
				require.Equal(t, mustJSON(t, row), mustJSON(t, later.Rows[i]))
			}
		}
	}
}

// A half year by hand.
func TestMovements(t *testing.T) {
	t.Parallel()
	ss := kpi.Subscriptions{
		mrrSub("stays", "10", mrrOn(1, 5), time.Time{}),
		mrrSub("leaves on the first", "20", mrrOn(1, 5), mrrOn(3, 1)), // an event of March
		mrrSub("joins and leaves", "40", mrrOn(2, 3), mrrOn(2, 20)),
		mrrSub("joins and leaves", "5", mrrOn(4, 2), time.Time{}), // and is back, though never New
		mrrSub("expands by way of less", "6", mrrOn(1, 1), mrrOn(2, 10)),
		mrrSub("expands by way of less", "1", mrrOn(2, 10), mrrOn(2, 11)),
		mrrSub("expands by way of less", "9", mrrOn(2, 11), time.Time{}),
		mrrSub("pauses", "8", mrrOn(1, 9), mrrOn(2, 5)),
		mrrSub("pauses", "8", mrrOn(2, 25), mrrOn(5, 31)),                                               // a plan, at asOf
		{Customer: "pays a year", Start: mrrOn(3, 7), Amount: dec("100"), Months: 12},                   // 25/3 a month
		{Customer: "pays a year", Start: mrrOn(3, 7), Amount: dec("-40"), Months: 12, End: mrrOn(4, 9)}, // a discount of 10/3
		{Customer: "uses", Start: mrrOn(3, 1), End: mrrOn(4, 1), Amount: dec("7"), Months: 1, Charge: kpi.ChargeUsage},
		{Customer: "sets up", Start: mrrOn(3, 1), Amount: dec("7"), Charge: kpi.ChargeOneTime},
	}
	got, err := ss.Movements(mrrMonthly, mrrOn(5, 20))
	require.NoError(t, err)
	require.Equal(t, `month    opening     new  reactivation  expansion  contraction   churn  closing  customers       NRR       GRR
2026-01     0.00   44.00          0.00       0.00         0.00    0.00    44.00          4         –         –
2026-02    44.00    0.00          0.00       3.00         0.00    0.00    47.00          4    106.8%    100.0%
2026-03    47.00    5.00          0.00       0.00         0.00  -20.00    32.00          4     57.4%     57.4%
2026-04    32.00    0.00          5.00       3.33         0.00    0.00    40.33          5    110.4%    100.0%
2026-05  (40.33)  (0.00)        (0.00)     (0.00)       (0.00)  (0.00)  (40.33)        (5)  (100.0%)  (100.0%)
`, got.String())
	require.Contains(t, got.Markdown(), "| 2026-04 | 32.00 | 0.00 | 5.00 | 3.33 | 0.00 | 0.00 | 40.33 | 5 | 110.4% | 100.0% |")

	april := got.Rows[3].MRR
	require.Equal(t, "10/3", april.Expansion.String(), "exactly")
	require.Equal(t, "121/3", kpi.Must(april.Closing()).String())
	require.Equal(t, "121/15", kpi.Must(april.ARPA()).String())
	chain, err := got.ChainedNRR(1, 4)
	require.NoError(t, err)
	product := kpi.Whole(1)
	for _, row := range got.Rows[1:4] {
		product = product.Mul(kpi.Must(row.MRR.NRR()))
	}
	require.True(t, product.Equal(chain))
	chain, err = got.ChainedGRR(1, 4)
	requireRatio(t, "27/47", chain, err)

	// From the opening of February: of 44 the first of March took 20, and 3 came on top.
	span := kpi.Period{Start: mrrOn(2, 1), End: mrrOn(5, 1)}
	nrr, err := ss.CohortNRR(span, mrrOn(5, 1))
	require.NoError(t, err)
	requireRatio(t, "27/44", kpi.Must(nrr.Ratio()), nil)
	grr, err := ss.CohortGRR(span, mrrOn(5, 1))
	require.NoError(t, err)
	requireRatio(t, "6/11", kpi.Must(grr.Ratio()), nil)
	require.Equal(t, int64(4), nrr.N)
	limits, err := nrr.Interval(0.95)
	require.NoError(t, err)
	require.True(t, limits.Contains(27.0/44))

	// Usage and one-time charges, if asked for.
	used, err := ss.Including(kpi.ChargeUsage).Movements(mrrMonthly, mrrOn(5, 20))
	require.NoError(t, err)
	require.Equal(t, "12", used.Rows[2].MRR.New.String())
	require.Equal(t, "7", used.Rows[3].MRR.Churn.String())
	_, err = ss.Including(kpi.ChargeOneTime).MRR(mrrOn(5, 20))
	require.Equal(t, 12, requireError(t, err, kpi.ErrInvalid).Index, "it has no months")
	require.Equal(t, kpi.ChargeOneTime, ss[12].Charge, "which are those of a copy")
}

func TestSubscriptionTerms(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 120; n++ {
		ss := kpi.Subscriptions{{Customer: "a", Start: day(1), Amount: dec("100.01"), Months: n}}
		m, err := ss.MRR(day(2))
		require.NoError(t, err)
		require.True(t, m.Mul(kpi.Whole(int64(n))).Equal(must("100.01")), "%d", n)
	}
	// Plans are taken apart; who changes the plan is in both.
	ss := kpi.Subscriptions{mrrSub("a", "10", mrrOn(1, 1), mrrOn(2, 5)), mrrSub("a", "30", mrrOn(2, 5), time.Time{}), mrrSub("b", "10", mrrOn(1, 1), time.Time{})}
	ss[0].Plan, ss[1].Plan, ss[2].Plan = "basic", "pro", "basic"
	m, err := ss.OfPlan("basic").Movements(mrrMonthly, mrrOn(3, 1))
	require.NoError(t, err)
	require.Equal(t, "10", m.Rows[1].MRR.Churn.String())
	m, err = ss.Movements(mrrMonthly, mrrOn(3, 1))
	require.NoError(t, err)
	require.Equal(t, "20", m.Rows[1].MRR.Expansion.String())
	require.Empty(t, ss.OfPlan("none"))
	none, err := ss.OfPlan("none").Movements(mrrMonthly, mrrOn(3, 1))
	require.NoError(t, err)
	require.Empty(t, none.Rows)
	require.NoError(t, m.Merge(none))
	total, err := ss.OfPlan("none").MRR(mrrOn(3, 1))
	requireRatio(t, "0", total, err)
}

func TestSubscriptionsErrors(t *testing.T) {
	t.Parallel()
	good := mrrSub("a", "5", day(1), day(9))
	with := func(change func(*kpi.Subscription)) kpi.Subscriptions {
		s := good
		change(&s)
		return kpi.Subscriptions{good, s}
	}
	march := march()
	tests := []struct {
		name  string
		ss    kpi.Subscriptions
		asOf  time.Time
		code  kpi.Code
		index int
	}{
		{"no asOf", kpi.Subscriptions{good}, time.Time{}, kpi.CodeMissing, -1},
		{"asOf out of range", kpi.Subscriptions{good}, day(400_000), kpi.CodeTime, -1},
		{"no customer", with(func(s *kpi.Subscription) { s.Customer = "" }), day(40), kpi.CodeEmpty, 1},
		{"no start", with(func(s *kpi.Subscription) { s.Start = time.Time{} }), day(40), kpi.CodeEmpty, 1},
		{"an end at the start", with(func(s *kpi.Subscription) { s.End = s.Start }), day(40), kpi.CodeTime, 1},
		{"an end out of range", with(func(s *kpi.Subscription) { s.End = day(400_000) }), day(40), kpi.CodeTime, 1},
		{"no term", with(func(s *kpi.Subscription) { s.Months = 0 }), day(40), kpi.CodeOutOfRange, 1},
		{"a negative term", with(func(s *kpi.Subscription) { s.Months, s.Charge = -1, kpi.ChargeUsage }), day(40), kpi.CodeOutOfRange, 1},
		{"a term too long", with(func(s *kpi.Subscription) { s.Months = 121 }), day(40), kpi.CodeOutOfRange, 1},
		{"no such charge", with(func(s *kpi.Subscription) { s.Charge = 3 }), day(40), kpi.CodeOutOfRange, 1},
		{"huge", with(func(s *kpi.Subscription) { s.Amount = huge()[0] }), day(40), kpi.CodeTooLarge, 1},
		{"a discount too many", with(func(s *kpi.Subscription) { s.Amount = dec("-6") }), day(40), kpi.CodeNegative, -1},
		{"a discount too long", with(func(s *kpi.Subscription) { s.Amount, s.End = dec("-5"), day(10) }), day(40), kpi.CodeNegative, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, ask := range map[string]func() error{
				"Subscriptions.MRR":       func() error { _, err := tt.ss.MRR(tt.asOf); return err },
				"Subscriptions.ARR":       func() error { _, err := tt.ss.ARR(tt.asOf); return err },
				"Subscriptions.Movements": func() error { _, err := tt.ss.Movements(mrrMonthly, tt.asOf); return err },
				"Subscriptions.CohortNRR": func() error { _, err := tt.ss.CohortNRR(march, tt.asOf); return err },
				"Subscriptions.CohortGRR": func() error { _, err := tt.ss.CohortGRR(march, tt.asOf); return err },
			} {
				e := requireError(t, ask(), kpi.ErrInvalid)
				require.Equal(t, name, e.Metric)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, tt.index, e.Index)
			}
		})
	}
	// A discount that goes too far after asOf is not known, and the customer who is
	// named does not depend on the order.
	late := kpi.Subscriptions{mrrSub("a", "5", day(1), day(9)), mrrSub("a", "-5", day(1), day(10))}
	_, err := late.MRR(day(9))
	require.NoError(t, err)
	many := kpi.Subscriptions{mrrSub("c", "-2", day(1), day(9)), mrrSub("b", "-1", day(1), day(9))}
	for range 2 {
		_, err = many.MRR(day(9))
		require.Equal(t, `Customer = "b": -1`, requireError(t, err, kpi.ErrInvalid).Reason)
		slices.Reverse(many)
	}
	_, err = kpi.Subscriptions{good}.CohortNRR(kpi.Period{}, day(9))
	require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = kpi.Subscriptions{good}.Movements(kpi.Calendar{Unit: 9}, day(9))
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	old := kpi.Subscriptions{mrrSub("a", "5", time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{})}
	m, err := old.Movements(kpi.Calendar{Unit: kpi.Year}, day(9))
	require.NoError(t, err)
	require.Len(t, m.Rows, 327)
	nobody, err := kpi.Subscriptions{good}.CohortNRR(kpi.Calendar{}.Of(day(-9)), day(9))
	require.NoError(t, err)
	_, err = nobody.Ratio()
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = kpi.Subscriptions{mrrSub("a", nines().String(), day(-9), time.Time{})}.CohortNRR(march, day(40))
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
}

func changedMovements(change func(*kpi.MRRMovements)) kpi.MRRMovements {
	m, err := kpi.Subscriptions{
		mrrSub("a", "5", mrrOn(1, 5), mrrOn(3, 5)), mrrSub("b", "7", mrrOn(1, 9), time.Time{}), mrrSub("b", "1", mrrOn(2, 9), time.Time{}),
	}.Movements(mrrMonthly, mrrOn(3, 20))
	if err != nil {
		panic(err)
	}
	if change != nil {
		change(m)
	}
	return *m
}

// movementsShard are of customers of its own, without the calendar, so that copies
// compare at once.
func movementsShard(r *rand.Rand) kpi.MRRMovements {
	m, err := randomSubscriptions(r, r.IntN(3), "c").Movements(kpi.Calendar{Unit: kpi.Year, Location: berlin, FiscalStart: time.April}, mrrOn(6, 20))
	if err != nil {
		panic(err)
	}
	data, err := m.MarshalBinary()
	if err != nil {
		panic(err)
	}
	var back kpi.MRRMovements
	if err := back.UnmarshalBinary(data); err != nil {
		panic(err)
	}
	return back
}

var _ = obey(law[kpi.MRRMovements]{
	name:   "MRRMovements",
	random: movementsShard,
	merge:  func(dst *kpi.MRRMovements, src kpi.MRRMovements) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.MRRMovements) {
		t.Helper()
		if !assert.ObjectsAreEqual(want, got) { // or but for how a Ratio holds what it is
			require.Equal(t, mustJSON(t, &want), mustJSON(t, &got))
		}
	},
	bad: []kpi.MRRMovements{
		changedMovements(func(m *kpi.MRRMovements) { m.Unit = 9 }),
		changedMovements(func(m *kpi.MRRMovements) { m.WeekStart = -1 }),
		changedMovements(func(m *kpi.MRRMovements) { m.FiscalStart = 13 }),
		changedMovements(func(m *kpi.MRRMovements) { m.Location = "\xff" }),
		changedMovements(func(m *kpi.MRRMovements) { m.AsOf = time.Unix(1<<40, 0) }),
		changedMovements(func(m *kpi.MRRMovements) { m.AsOf = mrrOn(7, 1) }),
		changedMovements(func(m *kpi.MRRMovements) { m.AsOf = mrrOn(3, 1) }),
		changedMovements(func(m *kpi.MRRMovements) { m.Rows = append(m.Rows[:1], m.Rows[2:]...) }),
		changedMovements(func(m *kpi.MRRMovements) { m.Rows = m.Rows[1:] }),
		changedMovements(func(m *kpi.MRRMovements) { m.Rows[0].Complete = false }),
		changedMovements(func(m *kpi.MRRMovements) { m.Rows[1].Period.End = m.Rows[1].Period.Start }),
		changedMovements(func(m *kpi.MRRMovements) { m.Rows[1].MRR.Churn = kpi.Whole(-1) }),
		changedMovements(func(m *kpi.MRRMovements) { m.Rows[1].MRR.Opening = kpi.Whole(1) }),
		changedMovements(func(m *kpi.MRRMovements) { m.Rows[1].MRR.OpeningCustomers++ }),
		changedMovements(func(m *kpi.MRRMovements) { m.Rows[2].MRR.New = kpi.Whole(1) }), // of nobody
		changedMovements(func(m *kpi.MRRMovements) { m.Rows[0].MRR.New, m.Rows[0].MRR.NewCustomers = kpi.Whole(12), 0 }),
		changedMovements(func(m *kpi.MRRMovements) { m.Rows[2].MRR.Expansion, m.Rows[2].MRR.ExpandedCustomers = must("1/127"), 1 }),
	},
	clash: [][2]kpi.MRRMovements{
		{changedMovements(nil), changedMovements(func(m *kpi.MRRMovements) { m.Location = "Asia/Shanghai" })},
		{changedMovements(nil), changedMovements(func(m *kpi.MRRMovements) { m.WeekStart = kpi.WeekFromSunday })},
		{changedMovements(nil), changedMovements(func(m *kpi.MRRMovements) { m.FiscalStart = time.April })},
		{changedMovements(nil), changedMovements(func(m *kpi.MRRMovements) { m.Unit = kpi.Quarter })},
		{changedMovements(nil), changedMovements(func(m *kpi.MRRMovements) { m.AsOf = mrrOn(3, 21) })},
		{changedMovements(nil), changedMovements(func(m *kpi.MRRMovements) {
			for i := range m.Rows { // by a zone that nothing says
				m.Rows[i].Period.Start, m.Rows[i].Period.End = m.Rows[i].Period.Start.Add(1), m.Rows[i].Period.End.Add(1)
			}
		})},
		{movementsCrowd, movementsCrowd},
	},
})

// movementsCrowd has as many customers as there can be.
var movementsCrowd = func() kpi.MRRMovements {
	m := changedMovements(nil)
	last := &m.Rows[len(m.Rows)-1].MRR
	last.New, last.NewCustomers = kpi.Whole(1), math.MaxInt64-last.OpeningCustomers
	return m
}()

// Two shards of disjoint customers are the whole.
func TestMovementsMerge(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	for range 50 {
		a, b := randomSubscriptions(r, r.IntN(4), "a"), randomSubscriptions(r, r.IntN(4), "b")
		sum, err := a.Movements(mrrMonthly, mrrOn(4, 9))
		require.NoError(t, err)
		other, err := b.Movements(mrrMonthly, mrrOn(4, 9))
		require.NoError(t, err)
		all, err := append(a, b...).Movements(mrrMonthly, mrrOn(4, 9))
		require.NoError(t, err)
		require.NoError(t, sum.Merge(other))
		require.Equal(t, mustJSON(t, all), mustJSON(t, sum))
	}
}

func TestMovementsErrors(t *testing.T) {
	t.Parallel()
	m, bad := changedMovements(nil), changedMovements(func(m *kpi.MRRMovements) { m.Unit = 9 })
	chain := func(m kpi.MRRMovements, from, to int) func() error {
		return func() error { _, err := m.ChainedNRR(from, to); return err }
	}
	for _, tt := range []struct {
		name  string
		ask   func() error
		code  kpi.Code
		kind  error
		index int
	}{
		{"no rows", chain(m, 1, 1), kpi.CodeOutOfRange, kpi.ErrInvalid, -1},
		{"no such row", chain(m, 1, 4), kpi.CodeOutOfRange, kpi.ErrInvalid, -1},
		{"a negative row", chain(m, -1, 2), kpi.CodeOutOfRange, kpi.ErrInvalid, -1},
		{"the first row", chain(m, 0, 2), kpi.CodeZeroDenominator, kpi.ErrUndefined, 0},
		{"impossible", chain(bad, 1, 2), kpi.CodeOutOfRange, kpi.ErrInvalid, -1},
		{"GRR of the first row", func() error { _, err := m.ChainedGRR(0, 1); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined, 0},
		{"Merge of nil", func() error { return m.Merge(nil) }, kpi.CodeEmpty, kpi.ErrInvalid, -1},
		{"bytes of the impossible", func() error { _, err := bad.MarshalBinary(); return err }, kpi.CodeOutOfRange, kpi.ErrInvalid, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := requireError(t, tt.ask(), tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
		})
	}
}

// Charges stand in JSON by name.
func TestCharge(t *testing.T) {
	t.Parallel()
	for c, name := range map[kpi.Charge]string{kpi.ChargeRecurring: "recurring", kpi.ChargeOneTime: "one-time", kpi.ChargeUsage: "usage"} {
		require.Equal(t, name, c.String())
		back, err := kpi.ParseCharge(name)
		require.NoError(t, err)
		require.Equal(t, c, back)
		s := kpi.Subscription{Customer: "a", Start: day(1), Months: 1, Amount: dec("1.50"), Charge: c}
		require.Contains(t, mustJSON(t, s), `"charge":"`+name+`"`)
		var read kpi.Subscription
		require.NoError(t, json.Unmarshal([]byte(mustJSON(t, s)), &read))
		require.Equal(t, s, read)
	}
	require.Equal(t, "Charge(3)", kpi.Charge(3).String())
	_, err := kpi.ParseCharge("Usage")
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
}

func FuzzMRRMovementsUnmarshalBinary(f *testing.F) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 3))
		m, err := randomSubscriptions(r, 3, "c").Movements(kpi.Calendar{Unit: kpi.Unit(1 + seed), Location: berlin, FiscalStart: time.April}, mrrOn(2, 9))
		require.NoError(f, err)
		data, err := m.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m kpi.MRRMovements
		if err := m.UnmarshalBinary(data); err != nil {
			requireError(t, err, kpi.ErrInvalid)
			require.Empty(t, m)
			return
		}
		again, err := m.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, m.String())
		text, err := json.Marshal(&m)
		require.NoError(t, err)
		var back kpi.MRRMovements
		require.NoError(t, json.Unmarshal(text, &back))
		require.NoError(t, new(kpi.MRRMovements).Merge(&back))
		for i := range min(len(m.Rows), 50) {
			_, err := m.Rows[i].MRR.ARPA()
			_, err2 := m.ChainedNRR(i, len(m.Rows))
			for _, err := range []error{err, err2} {
				if err != nil {
					var e *kpi.Error
					require.ErrorAs(t, err, &e)
				}
			}
		}
	})
}

// BenchmarkMovements: a hundred thousand subscriptions of fifty thousand customers, by
// months over three years.
func BenchmarkMovements(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	ss := make(kpi.Subscriptions, 100_000)
	for i := range ss {
		start := mrrOn(1, 1).Add(time.Duration(r.IntN(1000*24)) * time.Hour)
		ss[i] = kpi.Subscription{Customer: fmt.Sprint(r.IntN(len(ss) / 2)), Amount: decimal.New(r.Int64N(100_000), -2), Months: []int{1, 12}[r.IntN(2)], Start: start}
		if r.IntN(2) == 0 {
			ss[i].End = start.Add(time.Duration(1+r.IntN(400*24)) * time.Hour)
		}
	}
	perRow(b, "months", len(ss), func() error {
		_, err := ss.Movements(mrrMonthly, mrrOn(37, 1))
		return err
	})
}
