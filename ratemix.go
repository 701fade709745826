package kpi

import (
	"encoding/json"
	"math/big"
)

// MixGroup is one group of a RateMix: how many did, of how many, before and
// after.
type MixGroup struct {
	Name   string     `json:"name"`   // such as a channel
	Before Proportion `json:"before"` // may be of nobody
	After  Proportion `json:"after"`  // may be of nobody
}

// MixPart is what one group gives to the difference of the whole.
type MixPart struct {
	MixGroup
	RateEffect Ratio // because its own rate changed
	MixEffect  Ratio // because its share of all changed
}

// Mix is a difference of two rates taken apart: what changed within the groups,
// and what changed because people moved between groups whose rates differ. All
// of it is exact, and adds up exactly.
//
//	Delta      = After − Before = RateEffect + MixEffect
//	RateEffect = Σ ½(s₀+s₁)·(r₁−r₀)
//	MixEffect  = Σ (½(r₀+r₁) − ½(R₀+R₁))·(s₁−s₀)
//
// with r the rate of a group, s its share of all, R the rate of all, before (0)
// and after (1). A group absent on one side takes its rate from the other, so
// that all it gives is mix. A mix effect is positive where a group better than
// the whole has grown, or one worse has shrunk.
type Mix struct {
	Before, After Proportion // all groups together
	Delta         Ratio
	RateEffect    Ratio
	MixEffect     Ratio
	Groups        []MixPart // in the order given
}

// RateMix takes the difference of two rates apart by groups: Kitagawa's
// components. It is how to see that conversion fell in every channel's favour
// because the worst one grew. It returns an error for counts that are impossible,
// naming the group, or that overflow together, for more than ten thousand
// different N, or if nobody at all is there before or after.
//
// Kitagawa, E. M. (1955), Components of a difference between two rates, Journal
// of the American Statistical Association 50, 1168–1194.
func RateMix(groups []MixGroup) (Mix, error) {
	const metric = "RateMix"
	m, err := mixTotals(metric, groups)
	if err != nil {
		return Mix{}, err
	}
	before, after := quotient(m.Before.K, m.Before.N), quotient(m.After.K, m.After.N)
	m.Delta = after.Sub(before)
	half := quotient(1, 2)
	middle := before.Add(after).Mul(half)
	m.Groups = make([]MixPart, len(groups))
	for i, g := range groups {
		m.Groups[i].MixGroup = g
		if g.Before.N == 0 && g.After.N == 0 {
			continue
		}
		s0, s1 := quotient(g.Before.N, m.Before.N), quotient(g.After.N, m.After.N)
		r0, r1 := g.rates()
		m.Groups[i].RateEffect = s0.Add(s1).Mul(half).Mul(r1.Sub(r0))
		m.Groups[i].MixEffect = r0.Add(r1).Mul(half).Sub(middle).Mul(s1.Sub(s0))
	}
	if m.RateEffect, err = m.rateEffect(metric); err != nil {
		return Mix{}, err
	}
	m.MixEffect = m.Delta.Sub(m.RateEffect)
	return m, nil
}

// mixTotals returns a Mix of nothing but the sums, checked.
func mixTotals(metric string, groups []MixGroup) (Mix, error) {
	var m Mix
	var err error
	for i, g := range groups {
		if m.Before, err = m.Before.Merge(g.Before); err != nil {
			return Mix{}, at(err, metric, i)
		}
		if m.After, err = m.After.Merge(g.After); err != nil {
			return Mix{}, at(err, metric, i)
		}
	}
	if err := m.Before.check(metric); err != nil {
		return Mix{}, err
	}
	return m, m.After.check(metric)
}

// rates returns the rates of a group that is there at least once; the one that it
// has not is the other.
func (g MixGroup) rates() (before, after Ratio) {
	switch {
	case g.Before.N == 0:
		after = quotient(g.After.K, g.After.N)
		return after, after
	case g.After.N == 0:
		before = quotient(g.Before.K, g.Before.N)
		return before, before
	default:
		return quotient(g.Before.K, g.Before.N), quotient(g.After.K, g.After.N)
	}
}

// rateEffect returns the sum of the rate effects of the groups that are there
// twice, others having none. With k of n in a group and N in all it is
//
//	½[(Σ n₀k₁/n₁ − Σ k₀)/N₀ + (Σ k₁ − Σ n₁k₀/n₀)/N₁]
//
// which adds fractions over the n of the groups and not over all products of them.
func (m Mix) rateEffect(metric string) (Ratio, error) {
	there, back := make(fractions), make(fractions)
	for _, g := range m.Groups {
		b, a := g.Before, g.After
		if b.N > 0 && a.N > 0 {
			there.add(product(b.N, a.K), a.N)
			there.add(big.NewInt(-b.K), 1)
			back.add(product(a.N, b.K), b.N)
			back.add(big.NewInt(-a.K), 1)
		}
	}
	x, err := exactSum(metric, there)
	if err != nil {
		return Ratio{}, err
	}
	y, err := exactSum(metric, back)
	if err != nil {
		return Ratio{}, err
	}
	x.Quo(x, new(big.Rat).SetInt64(m.Before.N))
	y.Quo(y, new(big.Rat).SetInt64(m.After.N))
	return ratio(x.Sub(x, y)).Mul(quotient(1, 2)), nil
}

func (m Mix) table() *table {
	t := &table{head: []string{"group", "before", "after", "rate effect", "mix effect"}, text: 1}
	points := func(r Ratio) string { return r.Mul(Whole(100)).fixed(2) }
	for _, g := range m.Groups {
		t.add(g.Name, g.Before.Percent(1), g.After.Percent(1), points(g.RateEffect), points(g.MixEffect))
	}
	t.add("all", m.Before.Percent(1), m.After.Percent(1), points(m.RateEffect), points(m.MixEffect))
	return t
}

// String returns a table for a terminal: a line a group and one for all, with the
// rates before and after and the effects in percentage points.
func (m Mix) String() string { return m.table().String() }

// Markdown returns the table of String in Markdown.
func (m Mix) Markdown() string { return m.table().markdown() }

// MarshalJSON writes the counts and the effects, the effects exactly and to four
// places.
func (m Mix) MarshalJSON() ([]byte, error) {
	type part struct {
		MixGroup
		Rate exact `json:"rate_effect"`
		Mix  exact `json:"mix_effect"`
	}
	groups := make([]part, len(m.Groups))
	for i, g := range m.Groups {
		groups[i] = part{g.MixGroup, exactly(g.RateEffect), exactly(g.MixEffect)}
	}
	return json.Marshal(struct {
		Before Proportion `json:"before"`
		After  Proportion `json:"after"`
		Delta  exact      `json:"delta"`
		Rate   exact      `json:"rate_effect"`
		Mix    exact      `json:"mix_effect"`
		Groups []part     `json:"groups"`
	}{m.Before, m.After, exactly(m.Delta), exactly(m.RateEffect), exactly(m.MixEffect), groups})
}

// UnmarshalJSON reads the counts of what MarshalJSON wrote and works the effects
// out again. It returns an error, and leaves m as it was, as RateMix does.
func (m *Mix) UnmarshalJSON(data []byte) error {
	var counts struct {
		Groups []MixGroup `json:"groups"`
	}
	if err := json.Unmarshal(data, &counts); err != nil {
		return err
	}
	mix, err := RateMix(counts.Groups)
	if err != nil {
		return err
	}
	*m = mix
	return nil
}
