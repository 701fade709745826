package kpi_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Churn]{
	name: "Churn",
	random: func(r *rand.Rand) kpi.Churn {
		c := kpi.Churn{Start: r.Int64N(1000), New: r.Int64N(1000)}
		c.Lost, c.LostNew = r.Int64N(c.Start+1), r.Int64N(c.New+1)
		return c
	},
	merge: (*kpi.Churn).Merge,
	bad: []kpi.Churn{
		{Start: -1},
		{New: -1},
		{Start: 1, Lost: -1},
		{New: 1, LostNew: -1},
		{Start: 1, Lost: 2},
		{New: 1, LostNew: 2},
		{Start: math.MaxInt64, New: 1},
	},
	clash: [][2]kpi.Churn{{{Start: math.MaxInt64}, {Start: 1}}, {{Start: math.MaxInt64}, {New: 1}}},
})

func TestChurnRates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                     string
		c                        kpi.Churn
		opening, exposed         string // counts as they are
		average, retention, ends string
		lifespan, annual         string
	}{
		{
			// The articles' first quarter: 20 of 200.
			name: "20 of 200", c: kpi.Churn{Start: 200, Lost: 20},
			opening: "20/200", exposed: "20/200", average: "2/19", retention: "180/200", ends: "0.9",
			lifespan: "10", annual: "0.717570463519", // 1 − 0.9¹²
		},
		{
			name: "newcomers in and out", c: kpi.Churn{Start: 100, New: 50, Lost: 10, LostNew: 5},
			opening: "10/100", exposed: "15/150", average: "30/235", retention: "90/100", ends: "1.35",
			lifespan: "10", annual: "0.717570463519",
		},
		{
			name: "everybody", c: kpi.Churn{Start: 3, New: 2, Lost: 3, LostNew: 2},
			opening: "3/3", exposed: "5/5", average: "10/3", retention: "0/3", ends: "0",
			lifespan: "1", annual: "1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opening, err := tt.c.OpeningRate()
			require.NoError(t, err)
			require.Equal(t, tt.opening, opening.String())
			exposed, err := tt.c.ExposedRate()
			require.NoError(t, err)
			require.Equal(t, tt.exposed, exposed.String())
			average, err := tt.c.AverageRate()
			requireRatio(t, must(tt.average).String(), average, err)
			retention, err := tt.c.Retention()
			require.NoError(t, err)
			require.Equal(t, tt.retention, retention.String())
			require.Equal(t, opening.Complement(), retention)
			ends, err := tt.c.EndToStart()
			requireRatio(t, tt.ends, ends, err)
			lifespan, err := tt.c.Lifespan()
			requireRatio(t, tt.lifespan, lifespan, err)
			won, err := tt.c.NewRate()
			require.NoError(t, err)
			left, err := kpi.NewRatio(tt.c.Lost+tt.c.LostNew, tt.c.Start)
			require.NoError(t, err)
			require.True(t, must("1").Add(won).Sub(left).Equal(ends), "1 + new − left = end to start")
			annual, err := tt.c.Compounded(12)
			require.NoError(t, err)
			require.Equal(t, tt.annual, annual.Round(12).String())
		})
	}
}

func TestChurnQuarters(t *testing.T) {
	t.Parallel()
	// 15 of 180 is exactly one in twelve and prints as 8.3 %.
	p, err := kpi.Churn{Start: 180, Lost: 15}.OpeningRate()
	require.NoError(t, err)
	require.Equal(t, "8.3%", p.Percent(1))
	r, err := p.Ratio()
	requireRatio(t, "1/12", r, err)
}

func TestChurnCompounding(t *testing.T) {
	t.Parallel()
	c := kpi.Churn{Start: 1000, Lost: 30}
	year, err := c.Compounded(12)
	requireRatio(t, must("1").Sub(kpi.Must(must("0.97").Pow(12))).String(), year, err)
	one, err := c.Compounded(1)
	requireRatio(t, "0.03", one, err)

	month, err := kpi.Churn{Start: 1000, Lost: 300}.PerPeriod(12)
	require.NoError(t, err)
	require.InDelta(t, -math.Expm1(math.Log(0.7)/12), month, 1e-16)
	all, err := kpi.Churn{Start: 5, Lost: 5}.PerPeriod(12)
	require.NoError(t, err)
	require.Equal(t, 1.0, all)

	for _, n := range []int{0, -1, 1201} {
		_, err = c.Compounded(n)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
		_, err = c.PerPeriod(n)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

func TestChurnErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		c    kpi.Churn
		code kpi.Code
		kind error
	}{
		{"more lost than there were", kpi.Churn{Start: 10, Lost: 12}, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"more new lost than new", kpi.Churn{Start: 10, New: 1, LostNew: 2}, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"negative", kpi.Churn{Start: -10}, kpi.CodeNegative, kpi.ErrInvalid},
		{"too many", kpi.Churn{Start: math.MaxInt64, New: math.MaxInt64}, kpi.CodeOverflow, kpi.ErrInvalid},
		{"nobody", kpi.Churn{}, kpi.CodeZeroDenominator, kpi.ErrUndefined},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, ask := range map[string]func() error{
				"Churn.OpeningRate": func() error { _, err := tt.c.OpeningRate(); return err },
				"Churn.ExposedRate": func() error { _, err := tt.c.ExposedRate(); return err },
				"Churn.AverageRate": func() error { _, err := tt.c.AverageRate(); return err },
				"Churn.Retention":   func() error { _, err := tt.c.Retention(); return err },
				"Churn.EndToStart":  func() error { _, err := tt.c.EndToStart(); return err },
				"Churn.NewRate":     func() error { _, err := tt.c.NewRate(); return err },
				"Churn.Lifespan":    func() error { _, err := tt.c.Lifespan(); return err },
				"Churn.Compounded":  func() error { _, err := tt.c.Compounded(12); return err },
				"Churn.PerPeriod":   func() error { _, err := tt.c.PerPeriod(12); return err },
				"Churn.LifespanInterval": func() error {
					_, err := tt.c.LifespanInterval(0.95)
					return err
				},
			} {
				e := requireError(t, ask(), tt.kind)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, name, e.Metric)
				require.Equal(t, -1, e.Index)
			}
		})
	}
}

func TestChurnNobodyLost(t *testing.T) {
	t.Parallel()
	c := kpi.Churn{Start: 40, New: 3}
	_, err := c.Lifespan()
	require.Equal(t, kpi.CodeDiverges, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = c.LifespanInterval(0.95)
	require.Equal(t, kpi.CodeDiverges, requireError(t, err, kpi.ErrUndefined).Code)
	// An argument that is out of range comes before what has no value.
	for _, c := range []kpi.Churn{c, {}, {Start: 300, Lost: 7}} {
		for _, confidence := range []float64{math.NaN(), 0, 1} {
			_, err = c.LifespanInterval(confidence)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, kpi.CodeOutOfRange, e.Code)
			require.Equal(t, "Churn.LifespanInterval", e.Metric)
		}
		_, err = c.Compounded(0)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
		_, err = c.PerPeriod(1201)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err = kpi.Churn{Start: -1}.LifespanInterval(math.NaN())
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestChurnLifespanInterval(t *testing.T) {
	t.Parallel()
	c := kpi.Churn{Start: 200, Lost: 20}
	p, err := c.OpeningRate()
	require.NoError(t, err)
	rate, err := p.Interval(0.95)
	require.NoError(t, err)
	life, err := c.LifespanInterval(0.95)
	require.NoError(t, err)
	require.True(t, life.Contains(10))
	require.InDelta(t, 1, life.Lo*rate.Hi, 1e-15)
	require.InDelta(t, 1, life.Hi*rate.Lo, 1e-15)
	require.Equal(t, int64(200), life.N)
}

func TestDailyChurn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		days []kpi.Churn
		want string
	}{
		{"two equal openings", []kpi.Churn{{Start: 10, Lost: 1}, {Start: 10, Lost: 2}}, "0.3"},
		{"newcomers who leave at once", []kpi.Churn{{Start: 10, Lost: 1, New: 4, LostNew: 1}, {Start: 3, Lost: 1}}, "8/15"},
		{"an empty day", []kpi.Churn{{}, {Start: 4, Lost: 1}}, "0.25"},
		{"past 1", []kpi.Churn{{Start: 2, Lost: 2, New: 2}, {Start: 2, Lost: 2}}, "2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := kpi.DailyChurn(tt.days)
			requireRatio(t, tt.want, got, err)
		})
	}
	_, err := kpi.DailyChurn([]kpi.Churn{{Start: 5}, {New: 2, LostNew: 1}})
	e := requireError(t, err, kpi.ErrUndefined)
	require.Equal(t, 1, e.Index)
	_, err = kpi.DailyChurn([]kpi.Churn{{Start: 5}, {Start: 2, Lost: 3}})
	require.Equal(t, 1, requireError(t, err, kpi.ErrInvalid).Index)
	_, err = kpi.DailyChurn(nil)
	requireError(t, err, kpi.ErrUndefined)
	_, err = kpi.DailyChurn(make([]kpi.Churn, 368))
	requireError(t, err, kpi.ErrInvalid)
}

func TestMemberships(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	march := kpi.Period{Start: day(1), End: day(32)}
	stay := func(who string, from, to int) kpi.Membership {
		m := kpi.Membership{Customer: who, From: day(from)}
		if to != 0 {
			m.To = day(to)
		}
		return m
	}
	ms := kpi.Memberships{
		stay("stays", -40, 0),
		stay("leaves", -40, 12),
		stay("leaves at the end", -40, 32), // an event of April
		stay("comes back", -40, 10), stay("comes back", 20, 0),
		stay("leaves on the first", -40, 1), // an event of March
		stay("left before", -40, -5),
		stay("joins on the first", 1, 0),
		stay("renews on the first", -40, 1), stay("renews on the first", 1, 0),
		stay("renews at the end", -40, 32), stay("renews at the end", 32, 0),
		stay("renews", -40, 9), stay("renews", 9, 0),
		stay("joins", 5, 0),
		stay("joins and leaves", 6, 9),
		stay("joins and leaves twice", 6, 9), stay("joins and leaves twice", 12, 15),
		stay("joins after", 32, 0),
	}
	want := kpi.Churn{Start: 8, New: 4, Lost: 2, LostNew: 2}
	got, err := ms.Churn(march)
	require.NoError(t, err)
	require.Equal(t, want, got)
	n, err := ms.Terminations(march)
	require.NoError(t, err)
	require.Equal(t, int64(8), n)

	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		r.Shuffle(len(ms), func(i, j int) { ms[i], ms[j] = ms[j], ms[i] })
		got, err = ms.Churn(march)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}

	_, err = ms.Churn(kpi.Period{Start: day(2), End: day(2)})
	require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
	ms[3] = kpi.Membership{Customer: "backwards", From: day(3), To: day(3)}
	_, err = ms.Churn(march)
	require.Equal(t, 3, requireError(t, err, kpi.ErrInvalid).Index)
	_, err = ms.Terminations(march)
	require.Equal(t, 3, requireError(t, err, kpi.ErrInvalid).Index)
	for _, m := range []kpi.Membership{{From: day(1)}, {Customer: "no date"}, {Customer: "no date", To: day(3)}} {
		ms[3] = m
		_, err = ms.Churn(march)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeEmpty, e.Code)
		require.Equal(t, 3, e.Index)
		_, err = ms.Terminations(march)
		require.Equal(t, kpi.CodeEmpty, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

// A customer who joins at the first instant of a period is new in it, as a
// customer with an order at that instant is.
func TestMembershipsFirstInstant(t *testing.T) {
	t.Parallel()
	month := kpi.Calendar{Unit: kpi.Month}
	first := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	february := month.Of(first)
	ms := kpi.Memberships{{Customer: "b", From: first}}
	for p, want := range map[kpi.Period]kpi.Churn{
		february.Previous(): {},
		february:            {New: 1},
		february.Next():     {Start: 1},
	} {
		got, err := ms.Churn(p)
		require.NoError(t, err)
		require.Equal(t, want, got, p)
	}
	ms[0].To = february.End
	got, err := ms.Churn(february)
	require.NoError(t, err)
	require.Equal(t, kpi.Churn{New: 1}, got)
	got, err = ms.Churn(february.Next())
	require.NoError(t, err)
	require.Equal(t, kpi.Churn{Start: 1, Lost: 1}, got)
}

// Consecutive periods chain, and neither count a customer twice nor lose one.
func TestMembershipsChain(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for _, cal := range []kpi.Calendar{{Unit: kpi.Month}, {Unit: kpi.Week, Location: berlin}} {
		periods, err := cal.Periods(time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC), time.Date(2024, 12, 30, 12, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		span := kpi.Period{Start: periods[0].Start, End: periods[len(periods)-1].End}
		// Half of all instants are the first of a period.
		instant := func() time.Time {
			t := span.Start.Add(time.Duration(r.Int64N(int64(500*24*time.Hour)))).AddDate(0, 0, -60)
			if r.IntN(2) == 0 {
				return cal.Of(t).Start
			}
			return t
		}
		for range 20 {
			var once, renewed, all kpi.Memberships
			joined, left := int64(0), int64(0)
			for i := range 100 {
				m := kpi.Membership{Customer: strconv.Itoa(i), From: instant()}
				if to := instant(); to.After(m.From) {
					m.To = to
				}
				once = append(once, m)
				if span.Contains(m.From) {
					joined++
				}
				if !m.To.IsZero() && span.Contains(m.To) {
					left++
				}
				// The same stay in two contracts, one after the other.
				if at := instant(); at.After(m.From) && (m.To.IsZero() || at.Before(m.To)) {
					renewed = append(renewed, kpi.Membership{Customer: m.Customer, From: at, To: m.To})
					m.To = at
				}
				renewed = append(renewed, m)
			}
			// Customers of several stays, with gaps and overlaps.
			for _, m := range once {
				m.Customer = strconv.Itoa(r.IntN(40))
				all = append(all, m)
			}
			for kind, ms := range []kpi.Memberships{once, renewed, all} {
				var sum kpi.Churn
				var ended int64
				for i, p := range periods {
					got, err := ms.Churn(p)
					require.NoError(t, err)
					require.Equal(t, naiveChurn(ms, p), got)
					end, err := got.End()
					require.NoError(t, err)
					if i+1 < len(periods) {
						next, err := ms.Churn(periods[i+1])
						require.NoError(t, err)
						require.Equal(t, next.Start, end)
					}
					sum.New, sum.Lost, sum.LostNew = sum.New+got.New, sum.Lost+got.Lost, sum.LostNew+got.LostNew
					n, err := ms.Terminations(p)
					require.NoError(t, err)
					ended += n
				}
				n, err := ms.Terminations(span)
				require.NoError(t, err)
				require.Equal(t, n, ended)
				if kind == 2 {
					continue
				}
				require.Equal(t, joined, sum.New)
				require.Equal(t, left, sum.Lost+sum.LostNew, "a renewal is no loss")
			}
			n, err := once.Terminations(span)
			require.NoError(t, err)
			require.Equal(t, left, n)
		}
	}
}

// naiveChurn asks each customer who is a member in the last nanosecond before
// either end.
func naiveChurn(ms kpi.Memberships, p kpi.Period) (c kpi.Churn) {
	customers := map[string]kpi.Memberships{}
	for _, m := range ms {
		customers[m.Customer] = append(customers[m.Customer], m)
	}
	for _, stays := range customers {
		member := func(at time.Time) bool {
			return slices.ContainsFunc(stays, func(m kpi.Membership) bool {
				return !m.From.After(at) && (m.To.IsZero() || at.Before(m.To))
			})
		}
		joined := slices.ContainsFunc(stays, func(m kpi.Membership) bool { return p.Contains(m.From) })
		start, end := member(p.Start.Add(-1)), member(p.End.Add(-1))
		switch {
		case start && end:
			c.Start++
		case start:
			c.Start, c.Lost = c.Start+1, c.Lost+1
		case joined && end:
			c.New++
		case joined:
			c.New, c.LostNew = c.New+1, c.LostNew+1
		}
	}
	return c
}
