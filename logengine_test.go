package kpi_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// crowd is rows for several chunks: few customers with many, and many with few;
// with amounts that no int64 holds, if so asked.
func crowd(n int, wide bool) []kpi.Event {
	r := rand.New(rand.NewPCG(7, 11))
	names := []string{"visit", "cart", "pay", "ship", "refund", "other"}
	events := make([]kpi.Event, n)
	for i := range events {
		e := &events[i]
		u := r.Float64()
		e.Customer = "c" + strconv.Itoa(int(u*u*float64(n)/8))
		e.Name = names[r.IntN(len(names))]
		e.At = day(1).Add(time.Duration(i) * 400 * 24 * time.Hour / time.Duration(n))
		if r.IntN(50) == 0 {
			e.At = e.At.Truncate(24 * time.Hour) // ties
		}
		e.Amount = decimal.New(r.Int64N(10_000), -int32(r.IntN(3)))
		if e.Name == "refund" {
			e.Amount = e.Amount.Neg()
		}
		if wide && i > n/2 && r.IntN(1000) == 0 {
			e.Amount = decimal.New(math.MaxInt64, 12).Mul(decimal.New(3, 0))
		}
		e.Props = []string{[]string{"", "ads", "web"}[r.IntN(3)]}
	}
	return events
}

// logFrom makes a log of events, of numbers instead of texts if so asked, in
// batches of many rows.
func logFrom(t testing.TB, events []kpi.Event, numbers bool, batch int, l *kpi.Log) *kpi.Log {
	t.Helper()
	require.NoError(t, l.SetProps("channel"))
	for from := 0; from < len(events); from += batch {
		b := kpi.Batch{Props: make([][]string, 1)}
		for _, e := range events[from:min(from+batch, len(events))] {
			if numbers {
				n, err := strconv.ParseUint(e.Customer[1:], 10, 64)
				require.NoError(t, err)
				b.Numbers = append(b.Numbers, n)
			} else {
				b.Customers = append(b.Customers, e.Customer)
			}
			b.Names, b.At, b.Amounts = append(b.Names, e.Name), append(b.At, e.At), append(b.Amounts, e.Amount)
			b.Props[0] = append(b.Props[0], e.Props[0])
		}
		require.NoError(t, l.AddBatch(b))
	}
	return l
}

// crowdAsOf cuts the last days off.
func crowdAsOf() time.Time { return day(1).Add(390 * 24 * time.Hour) }

// crowdSpecs are questions on every way through the engine.
func crowdSpecs() ([]kpi.CohortSpec, []kpi.FunnelSpec) {
	month := kpi.CohortSpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: crowdAsOf(), Refunds: kpi.RefundsNetted}
	counts, rolling, recurring, late, daily, money := month, month, month, month, month, month
	counts.CountsOnly = true
	rolling.CountsOnly, rolling.Rolling, rolling.Horizon = true, true, 2
	recurring.CountsOnly, recurring.Recurring, recurring.Rolling = true, true, true
	late.CountsOnly, late.Birth, late.Since = true, []string{"pay"}, day(20)
	daily.CountsOnly, daily.Calendar.Unit, daily.Periods = true, kpi.Day, 5
	money.By = "channel"
	funnel := kpi.FunnelSpec{
		Steps:  []kpi.Step{{Events: []string{"visit"}}, {Events: []string{"cart"}}, {Events: []string{"pay", "ship"}}},
		Window: 40 * 24 * time.Hour, AsOf: crowdAsOf(),
	}
	adjacent, unordered, held, by := funnel, funnel, funnel, funnel
	adjacent.Mode = kpi.Adjacent
	unordered.Mode = kpi.Unordered
	held.Hold, by.By = "channel", "channel"
	return []kpi.CohortSpec{counts, rolling, recurring, late, daily, money}, []kpi.FunnelSpec{funnel, adjacent, unordered, held, by}
}

// crowdScores are questions with amounts that fit an int64, and with others.
func crowdScores() []kpi.RFMSpec {
	small := kpi.RFMSpec{AsOf: crowdAsOf(), Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosIgnored}
	paid, days := small, small
	paid.Orders, paid.Refunds, paid.From = []string{"pay", "ship"}, kpi.RefundsIgnored, day(9)
	days.MergeDays, days.Zeros = true, kpi.ZerosCounted
	return []kpi.RFMSpec{small, paid, days}
}

// crowdAnswers asks everything, and returns the canonical bytes of each answer.
func crowdAnswers(t testing.TB, ctx context.Context, l *kpi.Log) ([][]byte, error) { //nolint:revive // t comes first in tests
	t.Helper()
	var out [][]byte
	cohorts, funnels := crowdSpecs()
	for _, s := range cohorts {
		c, err := l.Cohorts(ctx, s)
		if err != nil {
			return nil, err
		}
		b, err := c.MarshalBinary()
		require.NoError(t, err)
		out = append(out, b)
	}
	for _, s := range funnels {
		f, err := l.Funnel(ctx, s)
		if err != nil {
			return nil, err
		}
		b, err := f.MarshalBinary()
		require.NoError(t, err)
		out = append(out, b)
	}
	for _, s := range crowdScores() {
		r, err := l.RFM(ctx, s)
		if err != nil {
			return nil, err
		}
		b, err := r.MarshalBinary()
		require.NoError(t, err)
		out = append(out, b)
	}
	a, err := l.Activity(ctx, kpi.ActivitySpec{Calendar: kpi.Calendar{Unit: kpi.Month}, AsOf: crowdAsOf(), Refunds: kpi.RefundsNetted})
	if err != nil {
		return nil, err
	}
	visits, err := l.Sessions(ctx, kpi.SessionSpec{Calendar: kpi.Calendar{Unit: kpi.Week}, AsOf: crowdAsOf(), Gap: 10 * 24 * time.Hour})
	if err != nil {
		return nil, err
	}
	warnings, err := l.Warnings(ctx, kpi.WarningSpec{AsOf: crowdAsOf(), Recent: 60, Level: 0.2, Pooled: true, Refunds: kpi.RefundsNetted})
	if err != nil {
		return nil, err
	}
	for _, answer := range []interface{ MarshalBinary() ([]byte, error) }{a, visits, warnings} {
		b, err := answer.MarshalBinary()
		require.NoError(t, err)
		out = append(out, b)
	}
	c, err := l.Customers(ctx, kpi.CustomerSpec{AsOf: crowdAsOf(), Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted})
	if err != nil {
		return nil, err
	}
	b, err := c.MarshalBinary()
	require.NoError(t, err)
	return append(out, b), nil
}

// However rows come, in whatever batches and order, and however many goroutines
// look at them, the answers are the same to the last bit.
func TestLogEngine(t *testing.T) {
	t.Parallel()
	for _, numbers := range []bool{true, false} {
		t.Run(fmt.Sprintf("numbers %t", numbers), func(t *testing.T) {
			t.Parallel()
			events := crowd(70_000, !numbers)
			want, err := crowdAnswers(t, context.Background(), logFrom(t, events, numbers, len(events), &kpi.Log{Workers: 1}))
			require.NoError(t, err)
			shuffled := slices.Clone(events)
			r := rand.New(rand.NewPCG(1, 1))
			r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			got, err := crowdAnswers(t, context.Background(), logFrom(t, shuffled, numbers, 40_000, &kpi.Log{Workers: 3}))
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

// The second question goes another way than the first.
func TestLogEngineAskedAgain(t *testing.T) {
	t.Parallel()
	events := crowd(70_000, false)
	cohorts, funnels := crowdSpecs()
	ctx := context.Background()
	ask := func(name string, question func(l *kpi.Log) (interface{ MarshalBinary() ([]byte, error) }, error)) {
		l := logFrom(t, events, true, 70_000, &kpi.Log{})
		var want []byte
		for range 3 {
			a, err := question(l)
			require.NoError(t, err)
			b, err := a.MarshalBinary()
			require.NoError(t, err)
			if want == nil {
				want = b
			}
			require.Equal(t, want, b, name)
		}
	}
	for _, s := range cohorts {
		ask("Cohorts", func(l *kpi.Log) (interface{ MarshalBinary() ([]byte, error) }, error) { return l.Cohorts(ctx, s) })
	}
	for _, s := range funnels {
		ask("Funnel", func(l *kpi.Log) (interface{ MarshalBinary() ([]byte, error) }, error) { return l.Funnel(ctx, s) })
	}
	for _, s := range crowdScores() {
		ask("RFM", func(l *kpi.Log) (interface{ MarshalBinary() ([]byte, error) }, error) { return l.RFM(ctx, s) })
	}
}

// Scores of customers whose ids are numbers, which are collected another way, are
// those of texts.
func TestLogEngineScores(t *testing.T) {
	t.Parallel()
	events := crowd(70_000, false)
	numbers, texts := logFrom(t, events, true, 70_000, &kpi.Log{}), logFrom(t, events, false, 70_000, &kpi.Log{})
	for _, s := range crowdScores() {
		a, err := numbers.RFM(context.Background(), s)
		require.NoError(t, err)
		b, err := texts.RFM(context.Background(), s)
		require.NoError(t, err)
		require.Equal(t, b.Len(), a.Len())
		require.Equal(t, b.DayEdges, a.DayEdges)
		require.Equal(t, b.OrderEdges, a.OrderEdges)
		require.Equal(t, b.RevenueEdges, a.RevenueEdges)
		require.Equal(t, b.RefundsOnly, a.RefundsOnly)
		rows := map[uint64]kpi.RFMRow{}
		for i := range b.Len() {
			row := b.At(i)
			n, err := strconv.ParseUint(row.ID[1:], 10, 64)
			require.NoError(t, err)
			row.ID, row.Number = "", n
			rows[n] = row
		}
		for i := range a.Len() {
			if row := a.At(i); !sameScore(row, rows[row.Number]) {
				require.Equal(t, rows[row.Number], row)
			}
			require.True(t, i == 0 || a.At(i-1).Number < a.At(i).Number)
		}
	}
}

func sameScore(a, b kpi.RFMRow) bool {
	same := a.Revenue.Equal(b.Revenue)
	a.Revenue, b.Revenue = decimal.Decimal{}, decimal.Decimal{}
	return same && a == b
}

// The masks of cohorts and the scan of funnels against loops over maps.
func TestLogEngineAgainstMaps(t *testing.T) {
	t.Parallel()
	events := crowd(70_000, true)
	l := logFrom(t, events, true, 50_000, &kpi.Log{})
	cohorts, funnels := crowdSpecs()

	c, err := l.Cohorts(context.Background(), cohorts[0])
	require.NoError(t, err)
	month := func(at time.Time) int { return 12*at.UTC().Year() + int(at.UTC().Month()) }
	first, seen := map[string]int{}, map[string]map[int]bool{}
	var own [][]kpi.Event
	at := map[string]int{}
	for _, e := range events {
		if !e.At.Before(crowdAsOf()) {
			continue
		}
		if _, ok := at[e.Customer]; !ok {
			at[e.Customer] = len(own)
			own = append(own, nil)
		}
		own[at[e.Customer]] = append(own[at[e.Customer]], e)
		if e.Amount.Sign() < 0 {
			continue
		}
		m := month(e.At)
		if f, ok := first[e.Customer]; !ok || m < f {
			first[e.Customer] = m
		}
		if seen[e.Customer] == nil {
			seen[e.Customer] = map[int]bool{}
		}
		seen[e.Customer][m] = true
	}
	size, active := map[int]int64{}, map[[2]int]int64{}
	for id, f := range first {
		size[f]++
		for m := range seen[id] {
			active[[2]int{f, m - f}]++
		}
	}
	require.NotEmpty(t, c.Rows)
	for _, row := range c.Rows {
		f := month(row.Period.Start)
		require.Equal(t, size[f], row.Size)
		for k, cell := range row.Cells {
			require.Equal(t, active[[2]int{f, k}], cell.Active, "%s, age %d", row.Period, k)
		}
	}

	for _, s := range funnels[:3] {
		f, err := l.Funnel(context.Background(), s)
		require.NoError(t, err)
		n := make([]int64, len(f.Stages))
		for _, rows := range own {
			o, err := s.Customer(rows)
			require.NoError(t, err)
			for k := range o.Depth {
				n[k]++
			}
		}
		for k, stage := range f.Stages {
			require.Equal(t, n[k], stage.N)
		}
	}
}

// Customers whose hashes are the same are told apart all the same.
func TestLogEngineCollisions(t *testing.T) {
	t.Parallel()
	events := crowd(3000, true)
	want, err := crowdAnswers(t, context.Background(), logFrom(t, events, false, 500, &kpi.Log{}))
	require.NoError(t, err)
	for i := range want {
		// Each question is the first one once.
		l := &kpi.Log{}
		l.Weaken(math.MaxUint64 - 7)
		logFrom(t, events, false, 500, l)
		cohorts, funnels := crowdSpecs()
		switch {
		case i < len(cohorts):
			c, err := l.Cohorts(context.Background(), cohorts[i])
			require.NoError(t, err)
			b, err := c.MarshalBinary()
			require.NoError(t, err)
			require.Equal(t, want[i], b)
		case i < len(cohorts)+len(funnels):
			f, err := l.Funnel(context.Background(), funnels[i-len(cohorts)])
			require.NoError(t, err)
			b, err := f.MarshalBinary()
			require.NoError(t, err)
			require.Equal(t, want[i], b)
		}
		got, err := crowdAnswers(t, context.Background(), l)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestLogEngineCancelled(t *testing.T) {
	t.Parallel()
	l := logFrom(t, crowd(70_000, true), false, 70_000, &kpi.Log{Workers: 1})
	for looks := 0; ; looks = looks*2 + 1 {
		ctx := &stopping{context.Background(), looks}
		_, err := crowdAnswers(t, ctx, l)
		if err == nil {
			require.Greater(t, looks, 500, "it is looked at")
			return
		}
		require.ErrorIs(t, err, context.Canceled)
		require.GreaterOrEqual(t, ctx.looks, -2, "nothing goes on")
	}
}

// Of several rows that are refused the lowest is named, whichever way is taken and
// however many goroutines look.
func TestLogEngineNamesTheLowest(t *testing.T) {
	t.Parallel()
	events := crowd(70_000, false)
	for i := range events {
		events[i].Amount = dec("1")
	}
	lowest := 1000
	for _, i := range []int{lowest, 1001, 5000, 69_000} {
		events[i].Amount = dec("-1")
		events[i].At = day(300).Add(-time.Duration(i) * time.Minute) // later rows are earlier
		events[i].Customer = "c7"
	}
	for _, numbers := range []bool{true, false} {
		for _, workers := range []int{1, 2} {
			l := logFrom(t, events, numbers, 70_000, &kpi.Log{Workers: workers})
			for range 2 { // the first and the second question
				_, err := l.RFM(context.Background(), kpi.RFMSpec{AsOf: crowdAsOf()})
				require.Equal(t, lowest, requireError(t, err, kpi.ErrInvalid).Index)
			}
			_, err := l.Customers(context.Background(), kpi.CustomerSpec{AsOf: crowdAsOf()})
			require.Equal(t, lowest, requireError(t, err, kpi.ErrInvalid).Index)
		}
	}
}

// The limit of groups is that of all goroutines together.
func TestLogEngineGroups(t *testing.T) {
	t.Parallel()
	const n = 1<<22/32 + 1
	var steps []kpi.Step
	for i := range 32 {
		steps = append(steps, kpi.Step{Events: []string{strconv.Itoa(i)}})
	}
	b := kpi.Batch{Instants: make([]int64, n), Resolution: time.Second, Props: [][]string{make([]string, n)}}
	for i := range n {
		b.Numbers, b.Names = append(b.Numbers, uint64(i)), append(b.Names, "0")
		b.Props[0][i] = strconv.Itoa(i)
	}
	for _, workers := range []int{1, 2} {
		l := &kpi.Log{Workers: workers}
		require.NoError(t, l.SetProps("value"))
		require.NoError(t, l.AddBatch(b))
		_, err := l.Funnel(context.Background(), kpi.FunnelSpec{Steps: steps, Window: time.Hour, AsOf: day(1), By: "value"})
		require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

// Questions asked side by side wait for one index, and not longer than they may.
func TestLogEngineSideBySide(t *testing.T) {
	t.Parallel()
	events := crowd(70_000, false)
	want, err := crowdAnswers(t, context.Background(), logFrom(t, events, false, 70_000, &kpi.Log{}))
	require.NoError(t, err)
	l := logFrom(t, events, false, 70_000, &kpi.Log{})
	done, cancel := context.WithCancel(context.Background())
	cancel()
	var wg sync.WaitGroup
	got, errs := make([][][]byte, 4), make([]error, 4)
	for i := range got {
		wg.Go(func() {
			if i == 0 {
				_, errs[i] = crowdAnswers(t, done, l)
				return
			}
			got[i], errs[i] = crowdAnswers(t, context.Background(), l)
		})
	}
	wg.Wait()
	require.ErrorIs(t, errs[0], context.Canceled)
	for i := 1; i < len(got); i++ {
		require.NoError(t, errs[i])
		require.Equal(t, want, got[i])
	}
}
