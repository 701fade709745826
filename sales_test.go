package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.WinLoss]{
	name: "WinLoss",
	random: func(r *rand.Rand) kpi.WinLoss {
		return kpi.WinLoss{Won: r.Int64N(100), Lost: r.Int64N(100), Open: r.Int64N(100)}
	},
	merge: (*kpi.WinLoss).Merge,
	bad:   []kpi.WinLoss{{Won: -1}, {Lost: -1}, {Open: -1}, {Won: math.MaxInt64, Lost: 1}},
	clash: [][2]kpi.WinLoss{
		{{Won: math.MaxInt64}, {Won: 1}},
		{{Won: math.MaxInt64}, {Lost: 1}},
	},
})

func TestWinLoss(t *testing.T) {
	t.Parallel()
	w := kpi.WinLoss{Won: 3, Lost: 9, Open: 4}
	for want, ask := range map[string]func() (kpi.Proportion, error){
		"3/12": w.WinRate, "3/16": w.LeastRate, "7/16": w.MostRate,
	} {
		got, err := ask()
		require.NoError(t, err)
		require.Equal(t, want, got.String())
	}
	// When nothing is open the three are one.
	w.Open = 0
	a, _ := w.WinRate()
	b, _ := w.LeastRate()
	c, _ := w.MostRate()
	require.Equal(t, a, b)
	require.Equal(t, a, c)

	_, err := kpi.WinLoss{Open: 5}.WinRate()
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	most, err := kpi.WinLoss{Open: 5}.MostRate()
	require.NoError(t, err)
	require.Equal(t, "5/5", most.String())
	_, err = kpi.WinLoss{Won: -1}.LeastRate()
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
}

// deal returns a deal created and closed on days of March 2026; a day of 0 is not
// closed.
func deal(id, owner, value string, created, closed int, state kpi.DealState, changes ...kpi.StageChange) kpi.Deal {
	d := kpi.Deal{ID: id, Owner: owner, Value: dec(value), Created: day(created), State: state, Changes: changes}
	if closed > 0 {
		d.Closed = day(closed)
	}
	return d
}

// fiveDeals: two won, of 600 after 10 days and of 200 after 6; one lost of 1200; two
// open.
func fiveDeals() kpi.Deals {
	return kpi.Deals{
		deal("a", "Ann", "600", 1, 11, kpi.DealWon),
		deal("b", "Ann", "200", 4, 10, kpi.DealWon),
		deal("c", "Bob", "1200", 2, 20, kpi.DealLost),
		deal("d", "Bob", "500", 8, 0, kpi.DealOpen),
		deal("e", "Bob", "900", 12, 0, kpi.DealOpen),
	}
}

func march() kpi.Period { return kpi.Calendar{Unit: kpi.Month}.Of(day(1)) }

func TestDeals(t *testing.T) {
	t.Parallel()
	ds := fiveDeals()
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		rate, err := ds.WinRate(march())
		require.NoError(t, err)
		require.Equal(t, "2/3", rate.String())

		byValue, err := ds.ValueWinRate(march())
		require.NoError(t, err)
		require.Equal(t, int64(3), byValue.N)
		got, err := byValue.Ratio()
		requireRatio(t, "0.4", got, err) // 800 of 2000

		cycle, err := ds.Cycle(march())
		require.NoError(t, err)
		mean, err := cycle.Mean()
		require.NoError(t, err)
		got, err = mean.Ratio()
		requireRatio(t, "691200", got, err) // 8 days

		// 2 open · 2/3 · 400 / 8 days = 200/3
		got, err = ds.Velocity(march(), day(25))
		requireRatio(t, "200/3", got, err)
		// On the 15th c is open besides, and lost nothing yet: 3 · 1 · 400 / 8 days.
		got, err = ds.Velocity(march(), day(15))
		requireRatio(t, "150", got, err)

		cohort, err := ds.Cohort(march(), day(11)) // a is won on the 11th, which is not before it
		require.NoError(t, err)
		require.Equal(t, kpi.WinLoss{Won: 1, Open: 3}, cohort)
		cohort, err = ds.Cohort(kpi.Period{Start: day(2), End: day(9)}, day(30))
		require.NoError(t, err)
		require.Equal(t, kpi.WinLoss{Won: 1, Lost: 1, Open: 1}, cohort)
		r.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
	}
}

// The velocity is what its parts say.
func TestVelocityIsItsParts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		ds := randomDeals(r, 40)
		whole, asOf := kpi.Period{Start: day(3), End: day(25)}, day(22)
		p := kpi.Period{Start: whole.Start, End: asOf} // what is later is not known
		rate, err := ds.WinRate(p)
		require.NoError(t, err)
		cycle, err := ds.Cycle(p)
		if err != nil {
			require.ErrorIs(t, err, kpi.ErrUndefined)
			continue
		}
		days, err := cycle.Mean()
		require.NoError(t, err)
		value, won, open := decimal.Decimal{}, int64(0), int64(0)
		for _, d := range ds {
			if d.State == kpi.DealWon && p.Contains(d.Closed) {
				value, won = value.Add(d.Value), won+1
			}
			if d.Created.Before(asOf) && (d.State == kpi.DealOpen || !d.Closed.Before(asOf)) {
				open++
			}
		}
		mean := kpi.Must(kpi.Must(kpi.RatioOf(value)).Over(kpi.Whole(won)))
		length := kpi.Must(kpi.Must(days.Ratio()).Over(kpi.Whole(86400)))
		want := kpi.Must(kpi.Whole(open).Mul(kpi.Must(rate.Ratio())).Mul(mean).Over(length))
		got, err := ds.Velocity(whole, asOf)
		requireRatio(t, want.String(), got, err)
	}
}

// randomDeals returns n deals of March 2026.
func randomDeals(r *rand.Rand, n int) kpi.Deals {
	stages := []string{"first", "second", "third"}
	ds := make(kpi.Deals, n)
	for i := range ds {
		d := kpi.Deal{
			ID: string(rune('a'+i%26)) + string(rune('a'+i/26)), Owner: string(rune('A' + r.IntN(4))), Value: decimal.New(r.Int64N(1e6), -2),
			Created: day(1).Add(time.Duration(r.IntN(20*24)) * time.Hour), State: kpi.DealState(r.IntN(3)), Reason: []string{"price", "time"}[r.IntN(2)],
		}
		life := 1 + r.IntN(15*24)
		if d.State != kpi.DealOpen {
			d.Closed = d.Created.Add(time.Duration(life) * time.Hour)
		}
		for range r.IntN(4) {
			d.Changes = append(d.Changes, kpi.StageChange{Stage: stages[r.IntN(3)], At: d.Created.Add(time.Duration(r.IntN(life)) * time.Hour)})
		}
		ds[i] = d
	}
	return ds
}

// What happens at asOf or later changes nothing.
func TestDealsAsOf(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	asOf := day(16)
	spec := kpi.PipelineSpec{Stages: []string{"first", "second", "third"}, AsOf: asOf}
	for range 50 {
		ds := randomDeals(r, 40)
		var then kpi.Deals
		for _, d := range ds {
			if !d.Created.Before(asOf) {
				continue
			}
			if d.State != kpi.DealOpen && !d.Closed.Before(asOf) {
				d.State, d.Closed, d.Reason = kpi.DealOpen, time.Time{}, ""
			}
			changes := d.Changes
			d.Changes = nil
			for _, c := range changes {
				if c.At.Before(asOf) {
					d.Changes = append(d.Changes, c)
				}
			}
			then = append(then, d)
		}
		want, err := then.Cohort(march(), asOf)
		require.NoError(t, err)
		got, err := ds.Cohort(march(), asOf)
		require.NoError(t, err)
		require.Equal(t, want, got)

		wantLives, err := then.Lifetimes(asOf, nil)
		require.NoError(t, err)
		gotLives, err := ds.Lifetimes(asOf, nil)
		require.NoError(t, err)
		require.Equal(t, wantLives, gotLives)

		wantPace, err := then.Velocity(march(), asOf)
		require.NoError(t, err)
		gotPace, err := ds.Velocity(march(), asOf)
		requireRatio(t, wantPace.String(), gotPace, err)

		wantTable, err := then.Pipeline(spec)
		require.NoError(t, err)
		gotTable, err := ds.Pipeline(spec)
		require.NoError(t, err)
		require.Equal(t, mustJSON(t, wantTable), mustJSON(t, gotTable))

		later, err := ds.Cohort(kpi.Period{Start: day(1), End: asOf}, day(40))
		require.NoError(t, err)
		require.GreaterOrEqual(t, later.Won, want.Won)
		require.GreaterOrEqual(t, later.Lost, want.Lost)
		require.Zero(t, later.Open-int64(countOpen(ds, asOf)))
	}
}

// countOpen counts the deals created before a day that are never closed.
func countOpen(ds kpi.Deals, before time.Time) (n int) {
	for _, d := range ds {
		if d.State == kpi.DealOpen && d.Created.Before(before) {
			n++
		}
	}
	return n
}

// Half of the deals take 10 days and half 70, and every day brings more of them than
// the day before: among the won the quick ones are too many. The survival has both as
// often as they begin.
func TestCycleReadsShortUnderGrowth(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	asOf := start.AddDate(0, 0, 120)
	var ds kpi.Deals
	created := 0
	for d := range 120 {
		for range 2 * (1 + d/10) { // an even number a day, ever more
			deal := kpi.Deal{ID: string(rune(0x4E00 + created)), Created: start.AddDate(0, 0, d), Value: dec("1")}
			length := 10 + created%2*60 // 10 and 70 days, by turns
			if closed := deal.Created.AddDate(0, 0, length); closed.Before(asOf) {
				deal.State, deal.Closed = kpi.DealWon, closed
			}
			ds, created = append(ds, deal), created+1
		}
	}
	cycle, err := ds.Cycle(kpi.Period{Start: start, End: asOf})
	require.NoError(t, err)
	mean, err := cycle.Mean()
	require.NoError(t, err)
	won := kpi.Must(mean.Ratio()).Float64() / 86400
	require.Less(t, won, 24.0) // of a true mean of 40

	lives, err := ds.Lifetimes(asOf, nil)
	require.NoError(t, err)
	s, err := lives.Survival()
	require.NoError(t, err)
	true40, err := s.RestrictedMean(70)
	require.NoError(t, err)
	require.InDelta(t, 40, true40, 0.5)
}

func TestDealsLifetimes(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("CST", 8*3600)
	ds := kpi.Deals{
		deal("a", "", "1", 1, 11, kpi.DealWon),
		deal("b", "", "1", 2, 20, kpi.DealLost),
		deal("c", "", "1", 12, 0, kpi.DealOpen),
		deal("d", "", "1", 15, 0, kpi.DealOpen), // at asOf
		{ID: "e", Created: day(4).Add(-7 * time.Hour), Closed: day(4).Add(time.Hour), State: kpi.DealWon},
	}
	got, err := ds.Lifetimes(day(15), nil)
	require.NoError(t, err)
	require.Equal(t, kpi.Lifetimes{{Exit: 10, Ended: true}, {Exit: 12}, {Exit: 2}, {Exit: 1, Ended: true}}, got)
	// e begins and ends on the 4th in Shanghai.
	got, err = ds.Lifetimes(day(15), shanghai)
	require.NoError(t, err)
	require.Equal(t, kpi.Lifetime{Ended: true}, got[3])
}

func TestDealsUndefined(t *testing.T) {
	t.Parallel()
	ds := kpi.Deals{deal("a", "", "5", 1, 3, kpi.DealLost), deal("b", "", "5", 1, 0, kpi.DealOpen)}
	february := march().Previous()
	_, err := ds.WinRate(february)
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = ds.ValueWinRate(february)
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = ds.Cycle(march())
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = ds.Velocity(march(), day(9))
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	// Won as it was created: L̄ = 0.
	ds[0] = deal("a", "", "5", 3, 3, kpi.DealWon)
	_, err = ds.Velocity(march(), day(9))
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	// Of no value, which is no win rate by value.
	ds[0].Value = decimal.Decimal{}
	_, err = ds.ValueWinRate(march())
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	reasons, err := ds.LostReasons(march())
	require.NoError(t, err)
	require.Empty(t, reasons)
}

func TestLostReasons(t *testing.T) {
	t.Parallel()
	ds := fiveDeals()
	ds[0].Reason = "price" // won at it
	ds[2].Reason = "price"
	ds = append(ds, deal("f", "", "1", 2, 3, kpi.DealLost), deal("g", "", "1", 2, 32, kpi.DealLost))
	got, err := ds.LostReasons(march())
	require.NoError(t, err)
	require.Equal(t, kpi.Reasons{Counts: map[string]int64{"price": 1}, Unknown: 1}, got)
}

func TestDealsInvalid(t *testing.T) {
	t.Parallel()
	entry := func(stage string, d int) []kpi.StageChange { return []kpi.StageChange{{Stage: stage, At: day(d)}} }
	for _, tt := range []struct {
		name   string
		change func(*kpi.Deal)
		code   kpi.Code
	}{
		{"no id", func(d *kpi.Deal) { d.ID = "" }, kpi.CodeEmpty},
		{"an id twice", func(d *kpi.Deal) { d.ID = "b" }, kpi.CodeRepeated},
		{"a negative value", func(d *kpi.Deal) { d.Value = dec("-1") }, kpi.CodeNegative},
		{"a huge value", func(d *kpi.Deal) { d.Value = decimal.New(1, 20_000_000) }, kpi.CodeTooLarge},
		{"no creation", func(d *kpi.Deal) { d.Created = time.Time{} }, kpi.CodeEmpty},
		{"a state", func(d *kpi.Deal) { d.State = 3 }, kpi.CodeOutOfRange},
		{"open and closed", func(d *kpi.Deal) { d.State = kpi.DealOpen }, kpi.CodeMismatch},
		{"won and not closed", func(d *kpi.Deal) { d.Closed = time.Time{} }, kpi.CodeMismatch},
		{"closed before it began", func(d *kpi.Deal) { d.Closed = day(1) }, kpi.CodeTime},
		{"created in 1600", func(d *kpi.Deal) { d.Created = d.Created.AddDate(-426, 0, 0) }, kpi.CodeTime},
		{"closed in 2300", func(d *kpi.Deal) { d.Closed = d.Closed.AddDate(274, 0, 0) }, kpi.CodeTime},
		{"300 years", func(d *kpi.Deal) { d.Created = d.Created.AddDate(-300, 0, 0) }, kpi.CodeTime},
		{"an id that is no text", func(d *kpi.Deal) { d.ID = "\xff" }, kpi.CodeSyntax},
		{"an owner who is no text", func(d *kpi.Deal) { d.Owner = "\xff" }, kpi.CodeSyntax},
		{"a reason that is no text", func(d *kpi.Deal) { d.Reason = "\xff" }, kpi.CodeSyntax},
		{"a stage that is no text", func(d *kpi.Deal) { d.Changes = entry("\xff", 5) }, kpi.CodeSyntax},
		{"no stage", func(d *kpi.Deal) { d.Changes = entry("", 5) }, kpi.CodeEmpty},
		{"a stage before it began", func(d *kpi.Deal) { d.Changes = entry("x", 1) }, kpi.CodeTime},
		{"a stage after its end", func(d *kpi.Deal) { d.Changes = entry("x", 21) }, kpi.CodeTime},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ds := fiveDeals()
			tt.change(&ds[2])
			for metric, ask := range map[string]func() error{
				"Deals.WinRate":      func() error { _, err := ds.WinRate(march()); return err },
				"Deals.ValueWinRate": func() error { _, err := ds.ValueWinRate(march()); return err },
				"Deals.Cycle":        func() error { _, err := ds.Cycle(march()); return err },
				"Deals.Cohort":       func() error { _, err := ds.Cohort(march(), day(9)); return err },
				"Deals.Lifetimes":    func() error { _, err := ds.Lifetimes(day(9), nil); return err },
				"Deals.Velocity":     func() error { _, err := ds.Velocity(march(), day(9)); return err },
				"Deals.LostReasons":  func() error { _, err := ds.LostReasons(march()); return err },
				"Deals.Pipeline": func() error {
					_, err := ds.Pipeline(kpi.PipelineSpec{Stages: []string{"x"}, AsOf: day(9)})
					return err
				},
				"Deals.Scorecard":     func() error { _, err := ds.Scorecard(nil, nil, march()); return err },
				"FollowUps.Successes": func() error { _, err := kpi.FollowUps{}.Successes(ds, day(9)); return err },
			} {
				e := requireError(t, ask(), kpi.ErrInvalid)
				require.Equal(t, tt.code, e.Code, metric)
				require.Equal(t, 2, e.Index)
				require.Equal(t, metric, e.Metric)
			}
		})
	}
	ds := fiveDeals()
	never := kpi.Period{Start: day(2), End: day(2)}
	for _, err := range []error{
		func() error { _, err := ds.WinRate(never); return err }(),
		func() error { _, err := ds.Cohort(never, day(9)); return err }(),
		func() error { _, err := ds.LostReasons(never); return err }(),
		func() error { _, err := ds.Scorecard(nil, nil, never); return err }(),
	} {
		require.Equal(t, kpi.CodeTime, requireError(t, err, kpi.ErrInvalid).Code)
	}
	for _, err := range []error{
		func() error { _, err := ds.Cohort(march(), time.Time{}); return err }(),
		func() error { _, err := ds.Velocity(march(), time.Time{}); return err }(),
		func() error { _, err := ds.Lifetimes(time.Time{}, nil); return err }(),
		func() error { _, err := kpi.FollowUps{}.Successes(ds, time.Time{}); return err }(),
		func() error { _, err := kpi.FollowUps{}.MissedRate(march(), time.Time{}); return err }(),
	} {
		require.Equal(t, kpi.CodeMissing, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

func TestDealJSON(t *testing.T) {
	t.Parallel()
	d := deal("a", "Ann", "600.50", 1, 11, kpi.DealWon, kpi.StageChange{Stage: "offer", At: day(2)})
	text, err := json.Marshal(d)
	require.NoError(t, err)
	require.JSONEq(t, `{
		"id": "a", "owner": "Ann", "value": "600.50", "created": "2026-03-01T00:00:00Z", "closed": "2026-03-11T00:00:00Z",
		"state": "won", "changes": [{"stage": "offer", "at": "2026-03-02T00:00:00Z"}]
	}`, string(text))
	var back kpi.Deal
	require.NoError(t, json.Unmarshal(text, &back))
	require.True(t, d.Value.Equal(back.Value))
	back.Value = d.Value
	require.Equal(t, d, back)

	// An offset of seconds is said in UTC, which leaves the instants where they are.
	zone := time.FixedZone("LMT", 19*60+32)
	d.Created, d.Closed, d.Changes[0].At = d.Created.In(zone), d.Closed.In(zone), d.Changes[0].At.In(zone)
	text, err = json.Marshal(&d)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &back))
	require.True(t, back.Created.Equal(d.Created) && back.Closed.Equal(d.Closed) && back.Changes[0].At.Equal(d.Changes[0].At))
	require.Equal(t, zone, d.Changes[0].At.Location(), "the record is as it was")
}

func TestSalesEnums(t *testing.T) {
	t.Parallel()
	for i, name := range []string{"open", "won", "lost"} {
		require.Equal(t, name, kpi.DealState(i).String())
		back, err := kpi.ParseDealState(name)
		require.NoError(t, err)
		require.Equal(t, kpi.DealState(i), back)
	}
	for i, name := range []string{"unanswered", "answered", "moved on"} {
		require.Equal(t, name, kpi.FollowUpOutcome(i).String())
		back, err := kpi.ParseFollowUpOutcome(name)
		require.NoError(t, err)
		require.Equal(t, kpi.FollowUpOutcome(i), back)
	}
	for i, name := range []string{"weekday", "hour", "medium"} {
		require.Equal(t, name, kpi.FollowUpBy(i).String())
		back, err := kpi.ParseFollowUpBy(name)
		require.NoError(t, err)
		require.Equal(t, kpi.FollowUpBy(i), back)
	}
	require.Equal(t, "DealState(3)", kpi.DealState(3).String())
	var all struct {
		State   kpi.DealState
		Outcome kpi.FollowUpOutcome
		By      kpi.FollowUpBy
	}
	for _, field := range []string{"State", "Outcome", "By"} {
		require.ErrorIs(t, json.Unmarshal([]byte(`{"`+field+`": "x"}`), &all), kpi.ErrInvalid)
	}
}
