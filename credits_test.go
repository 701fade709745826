package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// sameCredits compares values, whatever the exponents of amounts.
func sameCredits(t *testing.T, want, got kpi.Credits) {
	t.Helper()
	requireSameMoney(t, want.Revenue, got.Revenue)
	requireSameMoney(t, want.UnattributedRevenue, got.UnattributedRevenue)
	require.Equal(t, mustJSON(t, want.Asked), mustJSON(t, got.Asked))
	require.Equal(t, [2]int64{want.Conversions, want.Unattributed}, [2]int64{got.Conversions, got.Unattributed})
	require.Len(t, got.Rows, len(want.Rows))
	for i, w := range want.Rows {
		g := got.Rows[i]
		requireSameMoney(t, w.Cost, g.Cost)
		if w.Channel != g.Channel || w.Touches != g.Touches || !w.Conversions.Equal(g.Conversions) || !w.Revenue.Equal(g.Revenue) {
			require.Equal(t, mustJSON(t, w), mustJSON(t, g))
		}
	}
}

// twoChannels is an answer with half a conversion each, and one that is unattributed.
func twoChannels() kpi.Credits {
	return kpi.Credits{
		Asked:       kpi.AttributionSpec{Model: kpi.Linear, Lookback: 30 * days},
		Conversions: 2, Revenue: dec("30"), Unattributed: 1, UnattributedRevenue: dec("10"),
		Rows: []kpi.ChannelCredit{
			{Channel: "ads", Touches: 1, Conversions: must("1/2"), Revenue: must("10"), Cost: dec("4")},
			{Channel: "mail", Touches: 1, Conversions: must("1/2"), Revenue: must("10")},
		},
	}
}

// alteredCredits returns twoChannels with a change.
func alteredCredits(change func(c *kpi.Credits)) kpi.Credits {
	c := twoChannels()
	change(&c)
	return c
}

var _ = obey(law[kpi.Credits]{
	name: "Credits",
	random: func(r *rand.Rand) kpi.Credits {
		s := kpi.AttributionSpec{Model: kpi.PositionBased, Lookback: 30 * days, From: day(1), To: day(40), First: must("2/7")}
		if r.IntN(9) == 0 {
			return kpi.Credits{}
		}
		c, err := s.Credit(randomPaths(r, r.IntN(3))...)
		if err != nil {
			panic(err)
		}
		return *c
	},
	merge: func(dst *kpi.Credits, src kpi.Credits) error { return dst.Merge(&src) },
	same:  sameCredits,
	bad: []kpi.Credits{
		alteredCredits(func(c *kpi.Credits) { c.Conversions = -1 }),
		alteredCredits(func(c *kpi.Credits) { c.Unattributed = -1 }),
		alteredCredits(func(c *kpi.Credits) { c.Unattributed = 3 }),
		alteredCredits(func(c *kpi.Credits) { c.Conversions = 3 }),
		alteredCredits(func(c *kpi.Credits) { c.Revenue = dec("31") }),
		alteredCredits(func(c *kpi.Credits) { c.Revenue = huge()[0] }),
		alteredCredits(func(c *kpi.Credits) { c.UnattributedRevenue = huge()[1] }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Conversions = must("2/5") }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Conversions, c.Rows[1].Conversions = must("3/2"), must("-1/2") }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Revenue = must("11") }),
		alteredCredits(func(c *kpi.Credits) {
			c.Rows[0].Conversions, c.Rows[1].Conversions = kpi.Whole(1), kpi.Ratio{}
		}),
		alteredCredits(func(c *kpi.Credits) { c.Conversions, c.Unattributed = 1, 0 }),
		{Revenue: dec("5"), UnattributedRevenue: dec("5")},
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Touches = -1 }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Touches = math.MaxInt64 }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Cost = dec("-1") }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Cost = huge()[0] }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Channel = "" }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Channel = "\xff" }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Channel = "mail" }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Channel = "tv" }),
		alteredCredits(func(c *kpi.Credits) { c.Asked.Model = 0 }),
		alteredCredits(func(c *kpi.Credits) { c.Asked.Model = kpi.PositionBased }), // and no parts
		alteredCredits(func(c *kpi.Credits) { c.Asked.Lookback = 0 }),
		alteredCredits(func(c *kpi.Credits) { c.Asked.Model, c.Asked.Direct = kpi.LastNonDirect, []string{"b", "a"} }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Revenue = fine(1<<16 + 1) }),
		alteredCredits(func(c *kpi.Credits) { c.Rows[0].Revenue, c.Rows[1].Revenue = fine(1<<15), fine(1<<15+1) }),
	},
	clash: [][2]kpi.Credits{
		{twoChannels(), alteredCredits(func(c *kpi.Credits) { c.Asked.Lookback = days })},
		{twoChannels(), alteredCredits(func(c *kpi.Credits) { c.Asked.UseUp = true })},
		{twoChannels(), alteredCredits(func(c *kpi.Credits) { c.Asked.From = day(1) })},
		{twoChannels(), alteredCredits(func(c *kpi.Credits) { c.Asked.To = day(1) })},
		{twoChannels(), alteredCredits(func(c *kpi.Credits) { c.Asked.Model, c.Asked.HalfLife = kpi.TimeDecay, days })},
		{
			{Asked: twoChannels().Asked, Conversions: math.MaxInt64, Unattributed: math.MaxInt64},
			{Asked: twoChannels().Asked, Conversions: 1, Unattributed: 1},
		},
		{
			{Asked: twoChannels().Asked, Rows: []kpi.ChannelCredit{{Channel: "ads", Touches: math.MaxInt64}}},
			{Asked: twoChannels().Asked, Rows: []kpi.ChannelCredit{{Channel: "mail", Touches: 1}}},
		},
	},
})

// fine is 1 by a number of so many bits and one more, all of them ones.
func fine(bits int) kpi.Ratio {
	x := kpi.Whole(1)
	for two := kpi.Whole(2); bits > 0; bits >>= 1 {
		if bits&1 == 1 {
			x = x.Mul(two)
		}
		two = two.Mul(two)
	}
	return kpi.Must(kpi.Whole(1).Over(x.Add(kpi.Whole(1))))
}

func TestCreditsJSON(t *testing.T) {
	t.Parallel()
	c := alteredCredits(func(c *kpi.Credits) {
		c.Rows[0].Conversions, c.Rows[1].Conversions = must("1/3"), must("2/3")
		c.Asked.Direct = nil
	})
	want := `{"asked":{"model":"linear","lookback":2592000000000000},"conversions":2,"revenue":"30","unattributed":1,"unattributed_revenue":"10","rows":[
		{"channel":"ads","touches":1,"conversions":{"exact":"1/3","value":"0.3333"},"revenue":{"exact":"10","value":"10.0000"},"cost":"4"},
		{"channel":"mail","touches":1,"conversions":{"exact":"2/3","value":"0.6667"},"revenue":{"exact":"10","value":"10.0000"},"cost":"0"}]}`
	require.JSONEq(t, want, mustJSON(t, c))
	var back kpi.Credits
	require.NoError(t, json.Unmarshal([]byte(want), &back))
	sameCredits(t, c, back)
	require.NoError(t, json.Unmarshal([]byte("null"), &back))
	for _, bad := range []string{
		strings.Replace(want, `"1/3"`, `"1/0"`, 1), strings.Replace(want, `"1/3"`, `"x"`, 1), strings.Replace(want, `"linear"`, `"u"`, 1),
		strings.Replace(want, `"4"`, `"1e999"`, 1), strings.Replace(want, `:2,`, `:"2",`, 1), "[]",
	} {
		require.NotEqual(t, want, bad)
		require.Error(t, json.Unmarshal([]byte(bad), &back), bad)
		sameCredits(t, c, back)
	}
	var row kpi.ChannelCredit
	require.NoError(t, json.Unmarshal([]byte("null"), &row))
	require.Zero(t, row)
}

func TestCreditsErrors(t *testing.T) {
	t.Parallel()
	bad := alteredCredits(func(c *kpi.Credits) { c.Rows[0].Cost = dec("-1") })
	for name, ask := range map[string]func() error{
		"Credits.Total":        func() error { _, err := bad.Total(); return err },
		"Credits.Attributed":   func() error { _, err := bad.Attributed(); return err },
		"Credits.AppendBinary": func() error { _, err := bad.MarshalBinary(); return err },
		"ChannelCredit.CPA":    func() error { _, err := bad.Rows[0].CPA(); return err },
		"ChannelCredit.ROI":    func() error { _, err := bad.Rows[0].ROI(); return err },
		"ChannelCredit.ROAS":   func() error { _, err := bad.Rows[0].ROAS(); return err },
	} {
		e := requireError(t, ask(), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeNegative, e.Code)
		require.Equal(t, name, e.Metric)
	}
	require.Equal(t, 1, strings.Count(bad.String(), "\n"), "the head alone")
	c := twoChannels()
	require.Equal(t, kpi.CodeEmpty, requireError(t, c.Merge(nil), kpi.ErrInvalid).Code)
	// A row is refused where the common denominator of all passes the bound.
	_, err := (&kpi.Credits{Asked: c.Asked, Rows: []kpi.ChannelCredit{
		{Channel: "a", Revenue: fine(1 << 15)}, {Channel: "b", Revenue: fine(1<<15 + 1)},
	}}).Total()
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeTooLarge, e.Code)
	require.Equal(t, 1, e.Index)
}

func TestCreditsShareNothing(t *testing.T) {
	t.Parallel()
	a := twoChannels()
	want := mustJSON(t, a)
	var zero kpi.Credits
	require.NoError(t, zero.Merge(&a))
	zero.Rows[0].Channel = "x"
	b := twoChannels()
	require.NoError(t, b.Merge(&a))
	require.NoError(t, b.Merge(&b), "with itself")
	require.Equal(t, "4", must(b.Rows[0].Conversions.Mul(kpi.Whole(2)).String()).String())
	b.Rows[0].Channel = "x"
	require.Equal(t, want, mustJSON(t, a))
}

func FuzzCreditsUnmarshalBinary(f *testing.F) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, s := range append(specs(), kpi.AttributionSpec{Model: kpi.Linear, Lookback: 1, From: day(1), To: day(9)}) {
		c, err := s.Credit(randomPaths(r, 3)...)
		require.NoError(f, err)
		data, err := c.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c kpi.Credits
		if c.UnmarshalBinary(data) != nil {
			require.Empty(t, c)
			return
		}
		again, err := c.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, c.String())
		text, err := json.Marshal(&c)
		require.NoError(t, err)
		var back, merged kpi.Credits
		require.NoError(t, json.Unmarshal(text, &back))
		require.NoError(t, merged.Merge(&back))
		sameCredits(t, c, merged)
		for _, row := range c.Rows {
			_, _ = row.CPA()
			_, _ = row.ROI()
		}
	})
}
