package kpi_test

import (
	"context"
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

// warningSearch answers a WarningSpec from sets of civil dates, in rationals.
type warningSearch struct {
	spec   kpi.WarningSpec
	today  int64
	dates  map[string]map[int64]bool
	values map[string]*big.Rat
	first  map[string]int64
}

func newWarningSearch(s kpi.WarningSpec, events []kpi.Event) *warningSearch {
	loc := time.UTC
	if s.Location != nil {
		loc = s.Location
	}
	civil := func(t time.Time) int64 {
		y, m, d := t.In(loc).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
	}
	n := &warningSearch{
		spec: s, today: civil(s.AsOf),
		dates: map[string]map[int64]bool{}, values: map[string]*big.Rat{}, first: map[string]int64{},
	}
	y, m, d := s.AsOf.In(loc).Date()
	if m == time.February && d == 29 {
		d = 28
	}
	year := time.Date(y-1, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
	for _, e := range events {
		at := civil(e.At)
		if at >= n.today || e.Amount.IsNegative() && s.Refunds == kpi.RefundsIgnored {
			continue
		}
		if among(s.Orders, e.Name) && at >= year {
			if n.values[e.Customer] == nil {
				n.values[e.Customer] = new(big.Rat)
			}
			n.values[e.Customer].Add(n.values[e.Customer], e.Amount.Rat())
		}
		if !among(s.Events, e.Name) || e.Amount.IsNegative() {
			continue
		}
		if n.dates[e.Customer] == nil {
			n.dates[e.Customer] = map[int64]bool{}
			n.first[e.Customer] = at
		}
		n.dates[e.Customer][at] = true
		n.first[e.Customer] = min(n.first[e.Customer], at)
	}
	return n
}

// weight returns what the days from … to−1 count for.
func (n *warningSearch) weight(from, to int64) *big.Rat {
	sum := new(big.Rat)
	for d := from; d < to; d++ {
		if !n.spec.Pooled {
			sum.Add(sum, big.NewRat(1, 1))
			continue
		}
		active, known := int64(0), int64(0)
		for who, dates := range n.dates {
			if n.first[who] >= d {
				continue
			}
			known++
			if dates[d] {
				active++
			}
		}
		if known > 0 {
			sum.Add(sum, big.NewRat(active, known))
		}
	}
	return sum
}

// row returns the row of a customer but for Adjusted and, if tested, the status, and
// whether it has fallen to the half.
func (n *warningSearch) row(who string) (w kpi.Warning, fallen bool) {
	dates, first := n.dates[who], n.first[who]
	recent := n.today - int64(n.spec.Recent)
	from := first + 1
	if n.spec.History > 0 {
		from = max(from, recent-int64(n.spec.History))
	}
	var days []int64
	for d := range dates {
		days = append(days, d)
	}
	slices.Sort(days)
	w = kpi.Warning{ID: who, Age: int(n.today - first), Gap: int(n.today - days[len(days)-1]), History: int(max(recent-from, 0)), P: 1}
	for i, d := range days {
		if i == 0 || d < from {
			continue
		}
		if d >= recent {
			w.Seen++
		} else {
			w.Before++
		}
		if d-days[i-1] >= int64(w.Gap) {
			w.Longer++
		}
	}
	a, b := n.weight(recent, n.today), n.weight(from, recent)
	k := int64(w.Before + w.Seen)
	if k == 0 && n.spec.History > 0 && w.History == n.spec.History {
		w.Status = kpi.Lapsed
	}
	if w.Before > 0 {
		expected := new(big.Rat).Quo(new(big.Rat).Mul(big.NewRat(int64(w.Before), 1), a), b)
		w.Expected, _ = expected.Float64()
		fallen = expected.Cmp(big.NewRat(2*int64(w.Seen), 1)) >= 0
	}
	if k == 0 || w.History == 0 || a.Sign() == 0 {
		return w, false
	}
	theta := new(big.Rat).Quo(a, new(big.Rat).Add(a, b))
	below := func(y int64) float64 {
		sum := new(big.Rat)
		for i := int64(0); i <= y; i++ {
			term := new(big.Rat).SetInt(new(big.Int).Binomial(k, i))
			for j := range k {
				if j < i {
					term.Mul(term, theta)
				} else {
					term.Mul(term, new(big.Rat).Sub(big.NewRat(1, 1), theta))
				}
			}
			sum.Add(sum, term)
		}
		f, _ := sum.Float64()
		return f
	}
	if below(0) <= n.spec.Level {
		w.Status, w.P = kpi.NotWarned, below(int64(w.Seen))
	}
	return w, fallen
}

// requireFound holds an answer to what the search finds.
func (n *warningSearch) requireFound(t *testing.T, w *kpi.Warnings) {
	t.Helper()
	require.Len(t, w.Rows, len(n.dates))
	var tested []float64
	for _, r := range w.Rows {
		if r.Status >= kpi.NotWarned {
			tested = append(tested, r.P)
		}
	}
	adjusted, err := kpi.BenjaminiHochberg(tested)
	require.NoError(t, err)
	next := map[float64]float64{} // by P, since equal ones stay equal
	for i, p := range tested {
		next[p] = adjusted[i]
	}
	for _, got := range w.Rows {
		want, fallen := n.row(got.ID)
		require.InEpsilon(t, want.P, got.P, 1e-12)
		want.P, want.Adjusted = got.P, 1
		if want.Status == kpi.NotWarned {
			want.Adjusted = next[got.P]
			if want.Adjusted <= n.spec.Level && fallen {
				want.Status = kpi.Warned
			}
		}
		require.InDelta(t, want.Expected, got.Expected, 1e-12*(1+want.Expected))
		want.Expected = got.Expected
		value := n.values[got.ID]
		if value == nil {
			value = new(big.Rat)
		}
		require.Zero(t, value.Cmp(got.Value.Rat()))
		got.Value = decimal.Decimal{}
		require.Equal(t, want, got)
	}
	for i := 1; i < len(w.Rows); i++ {
		a, b := w.Rows[i-1], w.Rows[i]
		switch {
		case a.Status != b.Status:
			require.Greater(t, a.Status, b.Status)
		case a.P != b.P:
			require.Less(t, a.P, b.P)
		case !a.Value.Equal(b.Value):
			require.True(t, a.Value.GreaterThan(b.Value))
		default:
			require.Less(t, a.ID, b.ID)
		}
	}
}

func TestWarningsAgainstNaive(t *testing.T) {
	t.Parallel()
	for _, cal := range broken {
		t.Run(cal.zone, func(t *testing.T) {
			t.Parallel()
			loc := loadZone(cal.zone)
			r := rand.New(rand.NewPCG(31, uint64(len(cal.zone))))
			for range 30 {
				days := 20 + r.IntN(100)
				events := randomEvents(r, loc, cal.first, days)
				for i := range events { // more customers than the five
					events[i].Customer += fmt.Sprint(r.IntN(3))
				}
				names := [][]string{nil, {"sign-up"}, {"order", "visit"}, {"nobody does this"}, {"order", "nor this"}}
				s := kpi.WarningSpec{
					Events: names[r.IntN(len(names))], Orders: names[r.IntN(len(names))], Location: loc,
					AsOf:   cal.first.Add(time.Duration(days/2+r.IntN(days)) * 24 * time.Hour).Add(time.Duration(r.IntN(24)) * time.Hour),
					Recent: 1 + r.IntN(30), Level: []float64{0.05, 0.2, 0.5}[r.IntN(3)], Pooled: r.IntN(2) == 0, Refunds: kpi.Refunds(1 + r.IntN(2)),
				}
				if r.IntN(2) == 0 {
					s.History = 1 + r.IntN(60)
				}
				if r.IntN(3) == 0 {
					s.AsOf = kpi.Calendar{Location: loc}.Of(s.AsOf).Start
				}
				w := askWarnings(t, withProps(t, events), s)
				newWarningSearch(s, events).requireFound(t, w)
				requireWarningLaws(t, r, events, s, w)
			}
		})
	}
}

// requireWarningLaws holds an answer to the laws of every question, and of this.
func requireWarningLaws(t *testing.T, r *rand.Rand, events []kpi.Event, s kpi.WarningSpec, w *kpi.Warnings) {
	t.Helper()
	want := mustJSON(t, w)
	total := int64(0)
	for status := kpi.TooLittleHistory; status <= kpi.Warned; status++ {
		total += w.Count(status)
	}
	require.Equal(t, int64(len(w.Rows)), total)

	// Neither the order of rows nor what happens from the start of AsOf's day on
	// matters.
	today := kpi.Calendar{Location: s.Location}.Of(s.AsOf)
	shuffled := slices.Clone(events)
	for _, e := range events[:min(len(events), 5)] {
		e.At = today.Start.Add(time.Duration(r.IntN(40)) * time.Hour)
		shuffled = append(shuffled, e)
	}
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	require.Equal(t, want, mustJSON(t, askWarnings(t, withProps(t, shuffled), s)))
	data, err := w.MarshalBinary()
	require.NoError(t, err)

	// Shards by customer, merged as answers, are the answer of the whole.
	shards := make([][]kpi.Event, 3)
	for _, e := range shuffled {
		i := int(e.Customer[0]) % len(shards)
		shards[i] = append(shards[i], e)
	}
	var merged kpi.Warnings
	for _, i := range r.Perm(len(shards)) {
		o := askWarnings(t, withProps(t, shards[i]), s)
		b, err := o.MarshalBinary()
		require.NoError(t, err)
		var back kpi.Warnings
		require.NoError(t, back.UnmarshalBinary(b))
		require.NoError(t, merged.Merge(&back))
	}
	again, err := merged.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, data, again)
	require.JSONEq(t, want, mustJSON(t, &merged))

	// Every AsOf of a day asks the same. Days later nobody is missing, and whoever was
	// not active meanwhile has aged by them.
	later := s
	later.AsOf = today.Start
	same := askWarnings(t, withProps(t, events), later)
	require.Equal(t, mustJSON(t, w.Rows), mustJSON(t, same.Rows))
	more := 1 + r.IntN(9)
	for range more {
		later.AsOf = kpi.Calendar{Location: s.Location}.Of(later.AsOf).Next().Start
	}
	aged, err := withProps(t, events).Warnings(context.Background(), later)
	require.NoError(t, err)
	rows := map[string]kpi.Warning{}
	for _, row := range aged.Rows {
		rows[row.ID] = row
	}
	for _, row := range w.Rows {
		now := rows[row.ID]
		require.Equal(t, row.Age+more, now.Age)
		require.LessOrEqual(t, now.Gap, row.Gap+more)
		if s.History == 0 {
			require.GreaterOrEqual(t, now.Before+now.Seen, row.Before+row.Seen)
		}
		if s.History == 0 && now.Gap == row.Gap+more {
			require.Equal(t, row.Before+row.Seen, now.Before+now.Seen)
			require.LessOrEqual(t, now.Longer, row.Longer)
		}
	}
}
