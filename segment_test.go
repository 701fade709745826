package kpi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// abcMarch is the period of most tests here.
var abcMarch = kpi.Period{Start: day(1), End: day(32)}

// soldTo is a log of orders, one a line: the customer, the day and the amount.
func soldTo(t testing.TB, orders ...string) *kpi.Customers {
	t.Helper()
	var l kpi.Log
	for _, o := range orders {
		var who, amount string
		var d int
		_, err := fmt.Sscan(o, &who, &d, &amount)
		require.NoError(t, err)
		require.NoError(t, l.Add(kpi.Event{Customer: who, Name: "order", At: day(d), Amount: dec(amount)}))
	}
	return customers(t, &l, kpi.CustomerSpec{AsOf: day(99), Refunds: kpi.RefundsNetted, Zeros: kpi.ZerosCounted})
}

// classes lists the rows of an ABC: "Ann A".
func classes(a *kpi.ABC) string {
	var out []string
	for _, r := range a.Rows {
		id := r.ID
		if id == "" {
			id = fmt.Sprint(r.Number)
		}
		out = append(out, id+" "+r.Class.String())
	}
	return strings.Join(out, ", ")
}

func abc(t testing.TB, c *kpi.Customers, s kpi.ABCSpec) *kpi.ABC {
	t.Helper()
	a, err := c.ABC(abcMarch, s)
	require.NoError(t, err)
	return a
}

func TestABC(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		orders []string
		spec   kpi.ABCSpec
		want   string
	}{
		// Before Cid 80 of 100 are there, which is no longer less than 80 %.
		{"80 and 95 per cent", []string{"Ann 1 50", "Bob 1 30", "Cid 1 15", "Dee 1 5"}, kpi.ABCSpec{}, "Ann A, Bob A, Cid B, Dee C"},
		{"who crosses the cut is in", []string{"Ann 1 50", "Bob 1 29", "Cid 1 16", "Dee 1 5"}, kpi.ABCSpec{}, "Ann A, Bob A, Cid A, Dee C"},
		{"nine tenths are one", []string{"Bob 1 10", "Ann 1 90"}, kpi.ABCSpec{}, "Ann A, Bob B"},
		{"equal ones share the better class", []string{"Ann 1 60", "Dee 1 10", "Cid 1 10", "Bob 1 10", "Eve 1 10"}, kpi.ABCSpec{A: kpi.Percent(65), B: kpi.Percent(95)}, "Ann A, Bob A, Cid A, Dee A, Eve A"},
		{"zeros, refunds and their like are C", []string{"Ann 1 10", "Bob 1 -100", "Cid 1 0", "Dee 2 5", "Dee 3 -5"}, kpi.ABCSpec{A: kpi.Whole(1), B: kpi.Whole(1)}, "Ann A, Cid C, Dee C, Bob C"},
		{"no B", []string{"Ann 1 50", "Bob 1 30", "Cid 1 20"}, kpi.ABCSpec{A: kpi.Percent(50), B: kpi.Percent(50)}, "Ann A, Bob C, Cid C"},
		{"by orders", []string{"Ann 1 90", "Bob 1 1", "Bob 2 1", "Bob 3 1", "Bob 4 1"}, kpi.ABCSpec{Activity: kpi.Whole(3)}, "Bob A, Ann B"},
		{"by tenure", []string{"Ann 31 90", "Bob 2 1"}, kpi.ABCSpec{Tenure: kpi.Whole(1)}, "Bob A, Ann C"},
		// Ann .75·½ + .25·½ = .5, Bob .25·½ + .75·½ = .5: a tie, exactly.
		{"half and half", []string{"Ann 1 75", "Bob 1 10", "Bob 2 10", "Bob 3 5"}, kpi.ABCSpec{Amount: kpi.Whole(7), Activity: kpi.Whole(7), A: kpi.Percent(10), B: kpi.Percent(10)}, "Ann A, Bob A"},
		{"a hair of weight breaks it", []string{"Ann 1 75", "Bob 1 10", "Bob 2 10", "Bob 3 5"}, kpi.ABCSpec{Amount: must("0.4999999999999999"), Activity: kpi.Percent(50), A: kpi.Percent(10), B: kpi.Percent(10)}, "Bob A, Ann C"},
		{"wide", []string{"Ann 1 9000000000000000000000", "Bob 1 0.01"}, kpi.ABCSpec{}, "Ann A, Bob C"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := abc(t, soldTo(t, tt.orders...), tt.spec)
			require.Equal(t, tt.want, classes(a))
			slices.Reverse(tt.orders)
			require.Equal(t, mustJSON(t, a), mustJSON(t, abc(t, soldTo(t, tt.orders...), tt.spec)), "whatever the order of the rows")
		})
	}
}

// The classes add up to all customers, and their values to 1.
func TestABCClasses(t *testing.T) {
	t.Parallel()
	a := abc(t, soldTo(t, "Ann 1 50", "Ann 2 10", "Bob 1 20", "Cid 1 15", "Dee 1 5", "Eve 1 0", "Fay 1 -7"), kpi.ABCSpec{})
	require.Equal(t, `class  customers  share  orders  amount  value
A              2  33.3%       3   80.00  80.0%
B              1  16.7%       1   15.00  15.0%
C              3  50.0%       2   -2.00   5.0%
`, a.String())
	require.Contains(t, a.Markdown(), "| A | 2 | 33.3% |")
	rows, err := a.Classes()
	require.NoError(t, err)
	require.Equal(t, []string{"2/6", "1/6", "3/6"}, []string{rows[0].Customers.String(), rows[1].Customers.String(), rows[2].Customers.String()})
	require.Equal(t, []string{"0.8", "0.15", "0.05"}, []string{rows[0].Value.String(), rows[1].Value.String(), rows[2].Value.String()})
	require.JSONEq(t, `{"class":"C","customers":{"k":3,"n":6},"orders":2,"amount":"-2","value":"0.05"}`, mustJSON(t, rows[2]))
	var back kpi.ABCTotal
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, rows[2])), &back))
	require.Equal(t, mustJSON(t, rows[2]), mustJSON(t, back))
	_, err = (&kpi.ABC{}).Classes()
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = (&kpi.ABC{Rows: a.Rows}).Classes()
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
	require.NotEmpty(t, new(kpi.ABC).String())
}

// The mix against its definition, a sum of quotients.
func TestABCAgainstNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(71, 72))
	for range 200 {
		orders := []string{"zz 1 3.5"}
		for range 1 + r.IntN(25) {
			orders = append(orders, fmt.Sprintf("c%d %d %d.%d", r.IntN(9), 1+r.IntN(40), r.IntN(30)-5, r.IntN(3)))
		}
		weight := func() kpi.Ratio { return kpi.Must(kpi.NewRatio(r.Int64N(4), 1+r.Int64N(3))) }
		s := kpi.ABCSpec{Amount: weight(), Activity: weight(), Tenure: weight(), A: kpi.Percent(40 + r.IntN(30)), B: kpi.Percent(75 + r.IntN(25))}
		c := soldTo(t, orders...)
		a, err := c.ABC(abcMarch, s)
		if err != nil { // refunds alone
			requireError(t, err, kpi.ErrUndefined)
			continue
		}
		weights := []kpi.Ratio{a.Amount, a.Activity, a.Tenure}
		raw := func(row kpi.ABCRow) []*big.Rat {
			return []*big.Rat{row.Amount.Rat(), big.NewRat(row.Orders, 1), big.NewRat(row.Days, 1)}
		}
		totals := []*big.Rat{new(big.Rat), new(big.Rat), new(big.Rat)}
		for _, row := range a.Rows {
			for k, v := range raw(row) {
				if v.Sign() > 0 {
					totals[k].Add(totals[k], v)
				}
			}
		}
		values, sum := make([]*big.Rat, len(a.Rows)), new(big.Rat)
		for i, row := range a.Rows {
			values[i] = new(big.Rat)
			for k, v := range raw(row) {
				if weights[k].Sign() > 0 {
					values[i].Add(values[i], v.Mul(weights[k].Rat(), v.Quo(v, totals[k])))
				}
			}
			if values[i].Sign() > 0 {
				sum.Add(sum, values[i])
			}
		}
		for i, row := range a.Rows {
			before := new(big.Rat)
			for j := range values {
				if values[j].Cmp(values[i]) > 0 {
					before.Add(before, values[j])
				}
			}
			before.Quo(before, sum)
			want := kpi.ClassC
			switch {
			case values[i].Sign() <= 0:
			case before.Cmp(s.A.Rat()) < 0:
				want = kpi.ClassA
			case before.Cmp(s.B.Rat()) < 0:
				want = kpi.ClassB
			}
			require.Equal(t, want, row.Class, "%s: %s", row.ID, classes(a))
			if i > 0 {
				c := values[i-1].Cmp(values[i])
				require.True(t, c > 0 || c == 0 && a.Rows[i-1].ID < row.ID)
			}
		}
		rows, err := a.Classes()
		require.NoError(t, err)
		require.Equal(t, "1", rows[0].Value.Add(rows[1].Value).Add(rows[2].Value).String())
	}
}

func TestABCErrors(t *testing.T) {
	t.Parallel()
	c := soldTo(t, "Ann 1 10", "Bob 1 -20")
	tests := []struct {
		name string
		p    kpi.Period
		s    kpi.ABCSpec
		kind error
		code kpi.Code
	}{
		{"a negative weight", abcMarch, kpi.ABCSpec{Activity: kpi.Whole(-1)}, kpi.ErrInvalid, kpi.CodeNegative},
		{"cuts in disorder", abcMarch, kpi.ABCSpec{A: kpi.Percent(90), B: kpi.Percent(80)}, kpi.ErrInvalid, kpi.CodeOutOfRange},
		{"one cut", abcMarch, kpi.ABCSpec{A: kpi.Percent(90)}, kpi.ErrInvalid, kpi.CodeOutOfRange},
		{"no A", abcMarch, kpi.ABCSpec{B: kpi.Percent(90)}, kpi.ErrInvalid, kpi.CodeOutOfRange},
		{"a cut beyond all", abcMarch, kpi.ABCSpec{A: kpi.Percent(90), B: kpi.Percent(101)}, kpi.ErrInvalid, kpi.CodeOutOfRange},
		{"an endless weight", abcMarch, kpi.ABCSpec{Amount: kpi.Must(kpi.Percent(1).Pow(1100)), A: kpi.Percent(1), B: kpi.Percent(2)}, kpi.ErrInvalid, kpi.CodeTooLarge},
		{"an empty period", kpi.Period{Start: day(2), End: day(2)}, kpi.ABCSpec{}, kpi.ErrInvalid, kpi.CodeTime},
		{"a period that is not over", kpi.Period{Start: day(2), End: day(100)}, kpi.ABCSpec{}, kpi.ErrInvalid, kpi.CodeTime},
		{"nobody", kpi.Period{Start: day(2), End: day(3)}, kpi.ABCSpec{}, kpi.ErrUndefined, kpi.CodeNotPositive},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := c.ABC(tt.p, tt.s)
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "Customers.ABC", e.Metric)
		})
	}
	refunds := soldTo(t, "Bob 1 -20")
	for _, s := range []kpi.ABCSpec{{}, {Activity: kpi.Whole(1)}, {Amount: kpi.Whole(1), Activity: kpi.Whole(1)}} {
		_, err := refunds.ABC(abcMarch, s)
		require.Equal(t, kpi.CodeNotPositive, requireError(t, err, kpi.ErrUndefined).Code)
	}
	_, err := (&kpi.Customers{Rows: c.Rows, AsOf: c.AsOf}).ABC(abcMarch, kpi.ABCSpec{})
	require.Equal(t, kpi.CodeEmpty, requireError(t, err, kpi.ErrInvalid).Code)
	require.Equal(t, "Class(3)", kpi.Class(3).String())
	_, err = kpi.ParseClass("D")
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
}

// randomABC holds customers of its own, so that any two merge.
func randomABC(r *rand.Rand) kpi.ABC {
	var l kpi.Log
	for range 1 + r.IntN(2) {
		id := fmt.Sprintf("%012x", r.Uint64()>>16)
		for range 1 + r.IntN(3) {
			_ = l.Add(kpi.Event{Customer: id, Name: "order", At: day(1 + r.IntN(30)), Amount: decimal.New(1+r.Int64N(900), -int32(r.IntN(3)))})
		}
	}
	return abcOf(&l, kpi.ABCSpec{Amount: kpi.Percent(60), Activity: kpi.Percent(30), Tenure: kpi.Percent(10)})
}

func abcOf(l *kpi.Log, s kpi.ABCSpec) kpi.ABC {
	c, err := l.Customers(context.Background(), kpi.CustomerSpec{AsOf: day(99)})
	if err != nil {
		return kpi.ABC{}
	}
	a, err := c.ABC(abcMarch, s)
	if err != nil {
		return kpi.ABC{}
	}
	return *a
}

// changedABC is an ABC that cannot have been made.
func changedABC(change func(*kpi.ABC)) kpi.ABC {
	a := randomABC(rand.New(rand.NewPCG(73, 74)))
	a.Rows = slices.Clone(a.Rows)
	change(&a)
	return a
}

var _ = obey(law[kpi.ABC]{
	name: "ABC", random: randomABC,
	merge: func(dst *kpi.ABC, src kpi.ABC) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.ABC) {
		t.Helper()
		require.Equal(t, want.Location, got.Location)
		require.True(t, want.Period.Equal(got.Period) && want.A.Equal(got.A) && want.B.Equal(got.B))
		require.True(t, want.Amount.Equal(got.Amount) && want.Activity.Equal(got.Activity) && want.Tenure.Equal(got.Tenure))
		require.Len(t, got.Rows, len(want.Rows))
		for i, w := range want.Rows {
			g := got.Rows[i]
			require.True(t, w.Amount.Exponent() == g.Amount.Exponent() && w.Amount.Coefficient().Cmp(g.Amount.Coefficient()) == 0)
			w.Amount, g.Amount = decimal.Decimal{}, decimal.Decimal{}
			require.Equal(t, w, g)
		}
	},
	bad: []kpi.ABC{
		changedABC(func(a *kpi.ABC) { a.Amount = kpi.Whole(-1) }),
		changedABC(func(a *kpi.ABC) { a.A = kpi.Whole(2) }),
		changedABC(func(a *kpi.ABC) { a.Period.End = a.Period.Start }),
		changedABC(func(a *kpi.ABC) { a.Rows[0].Days = -1 }),
		changedABC(func(a *kpi.ABC) { a.Rows[0].Orders = -1 }),
		changedABC(func(a *kpi.ABC) { a.Rows[0].Number = 7 }),
		changedABC(func(a *kpi.ABC) { a.Rows[0].Amount = decimal.New(1, 200) }),
		changedABC(func(a *kpi.ABC) { a.Rows = append(a.Rows, a.Rows[0]) }),
		changedABC(func(a *kpi.ABC) { a.Rows[0].ID = "\xff" }),
		changedABC(func(a *kpi.ABC) { a.Location = "\xff" }),
	},
	clash: [][2]kpi.ABC{
		{changedABC(func(*kpi.ABC) {}), changedABC(func(*kpi.ABC) {})},
		{changedABC(func(*kpi.ABC) {}), changedABC(func(a *kpi.ABC) { a.A, a.Rows = kpi.Percent(70), a.Rows[:1] })},
		{changedABC(func(*kpi.ABC) {}), changedABC(func(a *kpi.ABC) { a.Rows = []kpi.ABCRow{{Number: 3, Amount: dec("1"), Orders: 1, Days: 1}} })},
	},
})

func abcText(a kpi.ABC) string {
	data, err := json.Marshal(a)
	return fmt.Sprint(string(data), err)
}

func TestABCAltered(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*kpi.ABC){
		"class": func(a *kpi.ABC) { a.Rows[0].Class = kpi.ClassC },
		"order": func(a *kpi.ABC) { slices.Reverse(a.Rows) },
		"unit":  func(a *kpi.ABC) { a.Rows[1].Amount = dec("-1e3") },
	} {
		a := abc(t, soldTo(t, "Ann 1 10.50", "Bob 1 3"), kpi.ABCSpec{})
		change(a)
		_, err := a.MarshalBinary()
		require.ErrorIs(t, err, kpi.ErrInvalid, name)
		var back kpi.ABC
		require.ErrorIs(t, json.Unmarshal([]byte(mustJSON(t, a)), &back), kpi.ErrInvalid, name)
		require.Empty(t, back.Rows)
	}
	a := abc(t, soldTo(t, "Ann 1 10.50"), kpi.ABCSpec{})
	require.Equal(t, kpi.CodeEmpty, requireError(t, a.Merge(nil), kpi.ErrInvalid).Code)
	require.NoError(t, json.Unmarshal([]byte("null"), a))
	require.Error(t, json.Unmarshal([]byte(`{"rows":3}`), a))
	require.Len(t, a.Rows, 1)
	var row kpi.ABCRow
	require.Error(t, json.Unmarshal([]byte(`{"amount":"x"}`), &row))

	// Numbers, of which 0 is one.
	var l kpi.Log
	id, err := l.Event("order")
	require.NoError(t, err)
	for i := range 3 {
		require.NoError(t, l.AddMinor(uint64(i), id, day(1), 1050, -2))
	}
	n := abcOf(&l, kpi.ABCSpec{Location: time.FixedZone("x", 3600)})
	require.Equal(t, "0 A, 1 A, 2 A", classes(&n))
	require.Contains(t, abcText(n), `{"number":0,"class":"A","orders":1,"days":31,"amount":"10.50"}`)
	var back kpi.ABC
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, n)), &back))
	data, err := n.MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, back.UnmarshalBinary(data))
	require.Equal(t, abcText(n), abcText(back))
}

func FuzzABCUnmarshalBinary(f *testing.F) {
	r := rand.New(rand.NewPCG(75, 76))
	for range 4 {
		a := randomABC(r)
		data, err := a.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var a kpi.ABC
		if a.UnmarshalBinary(data) != nil {
			require.Empty(t, a.Rows)
			return
		}
		again, err := a.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, a.String())
		var back, all kpi.ABC
		require.NoError(t, json.Unmarshal([]byte(mustJSON(t, a)), &back))
		require.NoError(t, all.Merge(&back))
		require.Equal(t, abcText(a), abcText(all))
	})
}
