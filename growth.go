package kpi

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// Grower is a customer, or a segment of them, and its revenue in two periods.
type Grower struct {
	Name      string          `json:"name"`              // the id of a customer, a number in figures, or the segment
	Segment   string          `json:"segment,omitempty"` // Customer.Value, of the property CustomerSpec.By
	Customers int64           `json:"customers"`         // 1, or those of the segment in either period
	Before    decimal.Decimal `json:"before"`            // revenue of the first period, less netted refunds
	After     decimal.Decimal `json:"after"`             // of the second
}

// shadow stands for r in JSON.
func (r *Grower) shadow() any {
	type fields Grower
	return &struct {
		*fields
		Before *jsonAmount `json:"before"`
		After  *jsonAmount `json:"after"`
	}{(*fields)(r), (*jsonAmount)(&r.Before), (*jsonAmount)(&r.After)}
}

// MarshalJSON writes the revenues exactly, as strings. It returns an error if one is too
// large.
func (r Grower) MarshalJSON() ([]byte, error) { return json.Marshal(r.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and revenues that are numbers. It returns
// an error, and leaves r as it was, if data are anything else.
func (r *Grower) UnmarshalJSON(data []byte) error { return readForm(r, (*Grower).shadow, data) }

func (r *Grower) valid(metric string) error {
	return cmp.Or(nonNegative(metric, []string{"Customers"}, r.Customers),
		gateTimes(metric, "Before", r.Before, 2), gateTimes(metric, "After", r.After, 2))
}

// Change returns Before and After as a Change (客户成长率): Points are money, and Relative
// has a value from a revenue above 0 only, so that a customer who came anew has grown by
// an amount and by no per cent. It returns an error if a revenue is too large.
func (r Grower) Change() (Change, error) {
	if err := r.valid("Grower.Change"); err != nil {
		return Change{}, err
	}
	return Change{Before: ratio(r.Before.Rat()), After: ratio(r.After.Rat())}, nil
}

// Growth sets the revenue of each customer, or each segment, in two periods side by side
// (客户成长率), who grew most in money first, and equal ones in the order of the ids. Who
// bought in one of the periods only has a row too: growth of those who stayed alone would
// be growth of the survivors.
type Growth struct {
	Before Period   `json:"before"` // the first period
	After  Period   `json:"after"`  // the second
	Rows   []Grower `json:"rows"`   // of a customer, or after Segments of a segment, each
}

// Growth returns the revenue in two periods of the customers with an order or a refund in
// either. Compare periods of one length and season: a month with the one before (环比), or
// with that of the year before (同比). It returns an error if a period is empty or not
// over at AsOf, if before does not end by the start of after, or if c came without its
// histories.
func (c *Customers) Growth(before, after Period) (*Growth, error) {
	const metric = "Customers.Growth"
	old, now, err := c.twice(metric, before, after)
	if err != nil {
		return nil, err
	}
	out := &Growth{Before: before, After: after}
	for i, j := 0, 0; i < len(old) || j < len(now); {
		row := len(c.Rows)
		if i < len(old) {
			row = old[i].row
		}
		if j < len(now) {
			row = min(row, now[j].row)
		}
		r := &c.Rows[row]
		g := Grower{Name: r.name(), Segment: r.Value, Customers: 1}
		if i < len(old) && old[i].row == row {
			g.Before = old[i].revenue
			i++
		}
		if j < len(now) && now[j].row == row {
			g.After = now[j].revenue
			j++
		}
		out.Rows = append(out.Rows, g)
	}
	out.sort()
	return out, nil
}

// twice returns what the customers did in two periods.
func (c *Customers) twice(metric string, before, after Period) (old, now []turnover, err error) {
	if old, err = c.turnovers(metric, before); err != nil {
		return nil, nil, err
	}
	if now, err = c.turnovers(metric, after); err != nil {
		return nil, nil, err
	}
	if before.End.After(after.Start) {
		return nil, nil, fail(metric, CodeTime, "before = %s, after = %s", before, after)
	}
	return old, now, nil
}

// sort orders rows, equal ones staying as they are.
func (g *Growth) sort() {
	type grown struct {
		Grower
		points decimal.Decimal
	}
	all := make([]grown, len(g.Rows))
	for i, r := range g.Rows {
		all[i] = grown{r, r.After.Sub(r.Before)}
	}
	slices.SortStableFunc(all, func(a, b grown) int { return b.points.Cmp(a.points) })
	for i := range all {
		g.Rows[i] = all[i].Grower
	}
}

// Segments returns the growth of each segment: the rows of equal Segment together. It
// returns an error if a row is impossible or a count overflows.
func (g *Growth) Segments() (*Growth, error) {
	const metric = "Growth.Segments"
	out, sums, place := &Growth{Before: g.Before, After: g.After}, [][2]*Sum{}, map[string]int{}
	for i := range g.Rows {
		r := &g.Rows[i]
		if err := r.valid(metric); err != nil {
			return nil, at(err, metric, i)
		}
		k, ok := place[r.Segment]
		if !ok {
			k = len(out.Rows)
			place[r.Segment] = k
			out.Rows, sums = append(out.Rows, Grower{Name: r.Segment, Segment: r.Segment}), append(sums, [2]*Sum{new(Sum), new(Sum)})
		}
		if err := addCounts(metric, []*int64{&out.Rows[k].Customers}, r.Customers); err != nil {
			return nil, at(err, metric, i)
		}
		sums[k][0].add(r.Before)
		sums[k][1].add(r.After)
	}
	for k, s := range sums {
		out.Rows[k].Before, out.Rows[k].After = s[0].Decimal(), s[1].Decimal()
	}
	slices.SortFunc(out.Rows, func(a, b Grower) int { return cmp.Compare(a.Segment, b.Segment) })
	out.sort()
	return out, nil
}

// Total returns the growth of all rows together. It returns an error if a row is
// impossible.
func (g *Growth) Total() (Change, error) {
	const metric = "Growth.Total"
	all, err := g.all(metric)
	if err != nil {
		return Change{}, err
	}
	return Change{Before: ratio(all.Before.Rat()), After: ratio(all.After.Rat())}, nil
}

func (g *Growth) all(metric string) (Grower, error) {
	var sum Grower
	var before, after Sum
	for i := range g.Rows {
		r := &g.Rows[i]
		if err := r.valid(metric); err != nil {
			return sum, at(err, metric, i)
		}
		if err := addCounts(metric, []*int64{&sum.Customers}, r.Customers); err != nil {
			return sum, at(err, metric, i)
		}
		before.add(r.Before)
		after.add(r.After)
	}
	sum.Before, sum.After = before.Decimal(), after.Decimal()
	return sum, nil
}

func (g *Growth) table() *table {
	t := &table{head: []string{"grower", "customers", "before", "after", "points", "growth"}, text: 1}
	all, err := g.all("")
	if err != nil {
		return t
	}
	add := func(name string, r *Grower) {
		c := Change{Before: ratio(r.Before.Rat()), After: ratio(r.After.Rat())}
		growth := Undefined
		if x, err := c.Relative(); err == nil {
			growth = x.Percent(1)
		}
		t.add(name, strconv.FormatInt(r.Customers, 10), money(r.Before, 2), money(r.After, 2), c.Points().fixed(2), growth)
	}
	for i := range g.Rows {
		if i == customersShown && len(g.Rows) > customersShown+1 {
			t.add("… "+strconv.Itoa(len(g.Rows)-i)+" more", "", "", "", "", "")
			break
		}
		r := &g.Rows[i]
		add(r.Name, r)
	}
	add("all", &all)
	return t
}

// String returns the first twenty rows in columns, and the growth of all.
func (g *Growth) String() string { return g.table().String() }

// Markdown is String as a Markdown table.
func (g *Growth) Markdown() string { return g.table().markdown() }

var growthCatalog = []Entry{
	{
		Key: "customers.growth", English: []string{"customer growth", "growth of a customer's revenue"},
		Chinese: []string{"客户成长率", "客户增长率", "客户消费增长率"}, Formula: "After − Before; (After − Before) / Before where Before > 0",
		Unit: "ratio", Direction: Higher, Type: "Grower", Method: "Change",
	},
	{
		Key: "customers.growth_total", English: []string{"revenue growth of all customers"},
		Chinese: []string{"客户总体成长率", "整体收入增长率"}, Formula: "Σ After − Σ Before; (Σ After − Σ Before) / Σ Before",
		Unit: "ratio", Direction: Higher, Type: "Growth", Method: "Total",
	},
}
