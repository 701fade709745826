package kpi_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// renewalMoney lists the amounts of a Renewal.
func renewalMoney(r *kpi.Renewal) []*decimal.Decimal {
	return []*decimal.Decimal{&r.Value, &r.PendingValue, &r.KeptValue, &r.RenewedValue, &r.LateValue, &r.TotalValue}
}

func sameRenewal(t *testing.T, want, got kpi.Renewal) {
	t.Helper()
	for i, v := range renewalMoney(&want) {
		g := renewalMoney(&got)[i]
		requireSameMoney(t, *v, *g)
		*v, *g = decimal.Zero, decimal.Zero
	}
	require.Equal(t, want, got)
}

var _ = obey(law[kpi.Renewal]{
	name: "Renewal",
	random: func(r *rand.Rand) kpi.Renewal {
		a := kpi.Renewal{PendingRenewed: r.Int64N(9), PendingCancelled: r.Int64N(9), Renewed: r.Int64N(50), Late: r.Int64N(9), Cancelled: r.Int64N(9)}
		a.Pending = a.PendingRenewed + a.PendingCancelled + r.Int64N(9)
		a.Due = a.Pending + a.Renewed + a.Late + a.Cancelled + r.Int64N(9)
		a.PendingValue, a.KeptValue = randomMoney(r, false), randomMoney(r, false)
		a.Value, a.RenewedValue = a.PendingValue.Add(a.KeptValue).Add(randomMoney(r, false)), a.KeptValue.Add(randomMoney(r, false))
		a.LateValue, a.TotalValue = randomMoney(r, false), randomMoney(r, false)
		return a
	},
	merge: (*kpi.Renewal).Merge,
	same:  sameRenewal,
	bad: []kpi.Renewal{
		{Due: -1},
		{Pending: -1},
		{PendingRenewed: -1},
		{PendingCancelled: -1},
		{Renewed: -1},
		{Late: -1},
		{Cancelled: -1},
		{Pending: 1},
		{Due: 1, PendingRenewed: 1},
		{Due: 2, Pending: 2, PendingRenewed: 1, PendingCancelled: 2},
		{Due: 3, Pending: 1, Renewed: 3},
		{Due: 3, Renewed: 2, Late: 2},
		{Due: 3, Renewed: 1, Late: 1, Cancelled: 2},
		{Due: math.MaxInt64, Renewed: math.MaxInt64, Late: math.MaxInt64, Cancelled: math.MaxInt64},
		{Value: dec("-1")},
		{Value: dec("5"), PendingValue: dec("3"), KeptValue: dec("3"), RenewedValue: dec("3")},
		{Value: dec("5"), KeptValue: dec("3"), RenewedValue: dec("2")},
		{LateValue: huge()[0]},
		{TotalValue: huge()[1]},
		{RenewedValue: huge()[2]},
	},
	clash: [][2]kpi.Renewal{
		{{Due: math.MaxInt64}, {Due: 1}},
		{{Value: nines()}, {Value: nines()}},
	},
})

func TestRenewal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		r                kpi.Renewal
		logo, gross, net string // "" is undefined
	}{
		{
			// One that expands makes up for one that leaves in the net rate only.
			"four of five, one of them larger",
			kpi.Renewal{Due: 5, Renewed: 4, Value: dec("500"), KeptValue: dec("400"), RenewedValue: dec("550"), TotalValue: dec("1650")},
			"4/5", "0.8", "1.1",
		},
		{
			"pending in neither side",
			kpi.Renewal{Due: 10, Pending: 4, PendingRenewed: 3, Renewed: 3, Late: 1, Cancelled: 1, Value: dec("1000"), PendingValue: dec("400"), KeptValue: dec("300"), RenewedValue: dec("300")},
			"3/6", "0.5", "0.5",
		},
		{"invoices by their sums", kpi.Renewal{Value: dec("120000"), KeptValue: dec("90000"), RenewedValue: dec("90000")}, "", "0.75", "0.75"},
		{"all pending", kpi.Renewal{Due: 2, Pending: 2, Value: dec("7"), PendingValue: dec("7")}, "", "", ""},
		{"nothing", kpi.Renewal{}, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			logo, err := tt.r.LogoRate()
			if tt.logo == "" {
				requireError(t, err, kpi.ErrUndefined)
			} else {
				require.NoError(t, err)
				require.Equal(t, tt.logo, logo.String())
			}
			gross, err := tt.r.GrossRate()
			net, err2 := tt.r.NetRate()
			if tt.gross == "" {
				requireError(t, err, kpi.ErrUndefined)
				requireError(t, err2, kpi.ErrUndefined)
				return
			}
			requireRatio(t, tt.gross, gross, err)
			requireRatio(t, tt.net, net, err2)
			require.LessOrEqual(t, gross.Cmp(kpi.Whole(1)), 0)
			require.LessOrEqual(t, gross.Cmp(net), 0)
		})
	}
	for name, ask := range map[string]func(r kpi.Renewal) error{
		"Renewal.LogoRate":  func(r kpi.Renewal) error { _, err := r.LogoRate(); return err },
		"Renewal.GrossRate": func(r kpi.Renewal) error { _, err := r.GrossRate(); return err },
		"Renewal.NetRate":   func(r kpi.Renewal) error { _, err := r.NetRate(); return err },
	} {
		e := requireError(t, ask(kpi.Renewal{Renewed: 1}), kpi.ErrInvalid)
		require.Equal(t, name, e.Metric)
		require.Equal(t, kpi.CodePartExceedsWhole, e.Code)
	}
}

// Ten days of grace for what fell due in March, asked on 20 April but for the cases
// of what is not over yet.
func TestContracts(t *testing.T) {
	t.Parallel()
	const grace = 10 * 24 * time.Hour
	asOf := day(51)
	ten, twelve := dec("10"), dec("12")
	due := func(change func(*kpi.Contract)) kpi.Contract {
		c := kpi.Contract{Due: day(20), Value: ten}
		if change != nil {
			change(&c)
		}
		return c
	}
	renewed := func(at time.Time) kpi.Contract {
		return due(func(c *kpi.Contract) { c.Renewed, c.RenewedValue, c.TotalValue = at, twelve, dec("36") })
	}
	in := kpi.Renewal{Due: 1, Renewed: 1, Value: ten, KeptValue: ten, RenewedValue: twelve, TotalValue: dec("36")}
	lost := kpi.Renewal{Due: 1, Value: ten}
	pending := kpi.Renewal{Due: 1, Pending: 1, Value: ten, PendingValue: ten}
	tests := []struct {
		name string
		c    kpi.Contract
		asOf time.Time
		want kpi.Renewal
	}{
		{"renewed as it fell due", renewed(day(20)), asOf, in},
		{"renewed a quarter before", renewed(day(-70)), asOf, in},
		{"renewed in the last instant of grace", renewed(day(30)), asOf, in},
		{"renewed after the grace", renewed(day(30).Add(1)), asOf, kpi.Renewal{Due: 1, Late: 1, Value: ten, LateValue: twelve}},
		{"renewed for less", due(func(c *kpi.Contract) { c.Renewed, c.RenewedValue = day(21), dec("4") }), asOf, kpi.Renewal{Due: 1, Renewed: 1, Value: ten, KeptValue: dec("4"), RenewedValue: dec("4")}},
		{"renewed at no charge", due(func(c *kpi.Contract) { c.Renewed = day(21) }), asOf, kpi.Renewal{Due: 1, Renewed: 1, Value: ten}},
		{"cancelled before it fell due", due(func(c *kpi.Contract) { c.Cancelled = day(2) }), asOf, kpi.Renewal{Due: 1, Cancelled: 1, Value: ten}},
		{"cancelled in the grace", due(func(c *kpi.Contract) { c.Cancelled = day(22) }), asOf, kpi.Renewal{Due: 1, Cancelled: 1, Value: ten}},
		{"nothing heard", due(nil), asOf, lost},
		{"the grace is over just before asOf", due(nil), day(30).Add(1), lost},
		{"the last instant of grace is asOf", due(nil), day(30), pending},
		{"renewed, the grace not over", renewed(day(21)), day(25), kpi.Renewal{Due: 1, Pending: 1, PendingRenewed: 1, Value: ten, PendingValue: ten}},
		{"cancelled, the grace not over", due(func(c *kpi.Contract) { c.Cancelled = day(2) }), day(25), kpi.Renewal{Due: 1, Pending: 1, PendingCancelled: 1, Value: ten, PendingValue: ten}},
		{"renewed at asOf, which is not known", renewed(day(25)), day(25), pending},
		{"cancelled at asOf, which is not known", due(func(c *kpi.Contract) { c.Cancelled = day(25) }), day(25), pending},
		{"due at asOf", due(nil), day(20), kpi.Renewal{}},
		{"due before the period", due(func(c *kpi.Contract) { c.Due = day(1).Add(-1) }), asOf, kpi.Renewal{}},
		{"due after it", due(func(c *kpi.Contract) { c.Due = day(32) }), asOf, kpi.Renewal{}},
	}
	var all kpi.Contracts
	var sum kpi.Renewal
	for i, tt := range tests {
		tt.c.ID = strconv.Itoa(i)
		got, err := kpi.Contracts{tt.c}.Renewal(march(), grace, tt.asOf)
		require.NoError(t, err, tt.name)
		sameRenewal(t, tt.want, got)
		got, err = kpi.Contracts{tt.c}.Renewal(march(), grace, asOf)
		require.NoError(t, err, tt.name)
		all = append(all, tt.c)
		require.NoError(t, sum.Merge(got))
	}
	// The parts are the whole, in any order.
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		got, err := all.Renewal(march(), grace, asOf)
		require.NoError(t, err)
		sameRenewal(t, sum, got)
		gross, err := all.GrossRate(march(), grace, asOf)
		require.NoError(t, err)
		net, err := all.NetRate(march(), grace, asOf)
		require.NoError(t, err)
		require.Equal(t, got.Due-got.Pending, gross.N)
		require.Equal(t, gross.N, net.N)
		require.True(t, kpi.Must(got.GrossRate()).Equal(kpi.Must(gross.Ratio())))
		require.True(t, kpi.Must(got.NetRate()).Equal(kpi.Must(net.Ratio())))
		_, err = gross.Interval(0.95)
		require.NoError(t, err)
		_, err = net.Interval(0.95)
		require.NoError(t, err)
	}
}

// Rows at asOf and later change nothing, and a later asOf no contract whose grace was
// over, but that what was lost may come after all.
func TestContractsAsOf(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	instant := func() time.Time { return day(1).Add(time.Duration(r.IntN(72)) * time.Hour) }
	const grace = 12 * time.Hour
	for range 2000 {
		c := kpi.Contract{ID: "c", Due: instant(), Value: dec("1")}
		switch r.IntN(3) {
		case 0:
			c.Renewed, c.RenewedValue = instant(), dec("2")
		case 1:
			c.Cancelled = instant()
		default:
		}
		asOf := instant().Add(time.Hour)
		now, err := kpi.Contracts{c}.Renewal(march(), grace, asOf)
		require.NoError(t, err)
		later, err := kpi.Contracts{c}.Renewal(march(), grace, asOf.Add(time.Duration(r.IntN(48))*time.Hour))
		require.NoError(t, err)
		if now.Due == 1 && now.Pending == 0 {
			require.Equal(t, now.Renewed, later.Renewed)
			require.Zero(t, later.Pending)
		}
		if !c.Renewed.Before(asOf) {
			c.Renewed, c.RenewedValue = time.Time{}, decimal.Zero
		}
		if !c.Cancelled.Before(asOf) {
			c.Cancelled = time.Time{}
		}
		known, err := kpi.Contracts{c}.Renewal(march(), grace, asOf)
		require.NoError(t, err)
		sameRenewal(t, now, known)
	}
}

// Every day one contract falls due, and every second of them renews at once; the
// others would within twenty days. Half are kept on the first day that is asked and
// on any later one: with those decided in the base the young ones would read 1.
func TestContractsYoungDoNotBias(t *testing.T) {
	t.Parallel()
	var cs kpi.Contracts
	for i := range 31 {
		c := kpi.Contract{ID: strconv.Itoa(i), Due: day(1 + i), Value: dec("1")}
		if i%2 == 1 {
			c.Renewed, c.RenewedValue = c.Due, dec("1")
		}
		cs = append(cs, c)
	}
	for asOf := 23; asOf < 60; asOf += 2 {
		r, err := cs.Renewal(march(), 20*24*time.Hour, day(asOf))
		require.NoError(t, err)
		rate, err := r.LogoRate()
		require.NoError(t, err)
		over := int64(min(asOf-21, 31))
		require.Equal(t, kpi.Proportion{K: over / 2, N: over}, rate)
	}
}

func TestContractsErrors(t *testing.T) {
	t.Parallel()
	good := kpi.Contract{ID: "a", Due: day(3), Value: dec("5"), Renewed: day(2), RenewedValue: dec("3")}
	with := func(change func(*kpi.Contract)) kpi.Contracts {
		c := good
		c.ID = "b"
		change(&c)
		return kpi.Contracts{good, c}
	}
	tests := []struct {
		name  string
		cs    kpi.Contracts
		p     kpi.Period
		grace time.Duration
		asOf  time.Time
		code  kpi.Code
		index int
	}{
		{"no period", kpi.Contracts{good}, kpi.Period{}, 0, day(9), kpi.CodeTime, -1},
		{"no asOf", kpi.Contracts{good}, march(), 0, time.Time{}, kpi.CodeMissing, -1},
		{"negative grace", kpi.Contracts{good}, march(), -1, day(9), kpi.CodeOutOfRange, -1},
		{"no ID", with(func(c *kpi.Contract) { c.ID = "" }), march(), 0, day(9), kpi.CodeEmpty, 1},
		{"the same ID", with(func(c *kpi.Contract) { c.ID = "a" }), march(), 0, day(9), kpi.CodeRepeated, 1},
		{"never due", with(func(c *kpi.Contract) { c.Due = time.Time{} }), march(), 0, day(9), kpi.CodeEmpty, 1},
		{"due too late", with(func(c *kpi.Contract) { c.Due = day(400_000) }), march(), 0, day(9), kpi.CodeTime, 1},
		{"renewed too late", with(func(c *kpi.Contract) { c.Renewed = day(400_000) }), march(), 0, day(9), kpi.CodeTime, 1},
		{"both", with(func(c *kpi.Contract) { c.Cancelled = day(2) }), march(), 0, day(9), kpi.CodeMismatch, 1},
		{"money from nowhere", with(func(c *kpi.Contract) { c.Renewed = time.Time{} }), march(), 0, day(9), kpi.CodeMismatch, 1},
		{"negative", with(func(c *kpi.Contract) { c.Value = dec("-1") }), march(), 0, day(9), kpi.CodeNegative, 1},
		{"huge", with(func(c *kpi.Contract) { c.TotalValue = huge()[0] }), march(), 0, day(9), kpi.CodeTooLarge, 1},
		{"impossible outside the period too", with(func(c *kpi.Contract) { c.Due, c.RenewedValue = day(90), dec("-1") }), march(), 0, day(9), kpi.CodeNegative, 1},
		{"too much money", kpi.Contracts{{ID: "a", Due: day(1), Value: nines()}, {ID: "b", Due: day(1), Value: nines()}}, march(), 0, day(9), kpi.CodeTooLarge, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, ask := range map[string]func() error{
				"Contracts.Renewal":   func() error { _, err := tt.cs.Renewal(tt.p, tt.grace, tt.asOf); return err },
				"Contracts.GrossRate": func() error { _, err := tt.cs.GrossRate(tt.p, tt.grace, tt.asOf); return err },
				"Contracts.NetRate":   func() error { _, err := tt.cs.NetRate(tt.p, tt.grace, tt.asOf); return err },
			} {
				e := requireError(t, ask(), kpi.ErrInvalid)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, tt.index, e.Index)
				require.Equal(t, name, e.Metric)
			}
		})
	}
}
