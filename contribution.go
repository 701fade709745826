package kpi

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// turnover is what the customer of a row did in a period.
type turnover struct {
	row     int
	orders  int64
	revenue decimal.Decimal // less netted refunds
}

// turnovers returns what every customer did in p of whom it holds an order or a refund,
// in the order of the ids.
func (c *Customers) turnovers(metric string, p Period) ([]turnover, error) {
	if err := c.ended(metric, p); err != nil {
		return nil, err
	}
	if err := c.known(metric); err != nil {
		return nil, err
	}
	out := make([]turnover, 0, len(c.history))
	var sum Sum
	for i, h := range c.history {
		now := within(h, p)
		if len(now) == 0 {
			continue
		}
		s := c.Rows[i]
		if len(now) < len(h) {
			s = summary(now, &sum)
		}
		if err := gateTimes(metric, "Revenue", s.Revenue, 2); err != nil {
			return nil, at(err, metric, i)
		}
		out = append(out, turnover{i, s.Orders, s.Revenue})
	}
	return out, nil
}

// Concentration returns how the revenue of p is spread over the customers with an order
// or a refund in it. It returns an error if p is empty or not over at AsOf, if c came
// without its histories, or if refunds make the revenue of a customer negative, naming
// the row: ask then for a longer period, or with RefundsIgnored.
func (c *Customers) Concentration(p Period) (Concentration, error) {
	return c.concentration("Customers.Concentration", p)
}

func (c *Customers) concentration(metric string, p Period) (Concentration, error) {
	rows, err := c.turnovers(metric, p)
	if err != nil {
		return Concentration{}, err
	}
	amounts := make([]decimal.Decimal, len(rows))
	for i, t := range rows {
		if amounts[i] = t.revenue; t.revenue.Sign() < 0 {
			return Concentration{}, failAt(metric, CodeNegative, t.row, "Revenue = %s", clip(plain(t.revenue)))
		}
	}
	return concentrate(metric, amounts)
}

// TopShare returns what the k best customers of p brought of its revenue: see
// [Concentration.TopShare]. It returns an error as Concentration and TopShare do.
func (c *Customers) TopShare(p Period, k int64) (Ratio, error) {
	const metric = "Customers.TopShare"
	x, err := c.concentration(metric, p)
	if err != nil {
		return Ratio{}, err
	}
	return x.topShare(metric, k)
}

// Gini returns the Gini coefficient of the customers' revenues in p: see
// [Concentration.Gini]. It returns an error as Concentration and Gini do.
func (c *Customers) Gini(p Period) (Ratio, error) {
	const metric = "Customers.Gini"
	x, err := c.concentration(metric, p)
	if err != nil {
		return Ratio{}, err
	}
	return x.gini(metric)
}

// HHI returns the Herfindahl–Hirschman index of the customers' revenues in p: see
// [Concentration.HHI]. It returns an error as Concentration and HHI do.
func (c *Customers) HHI(p Period) (Ratio, error) {
	const metric = "Customers.HHI"
	x, err := c.concentration(metric, p)
	if err != nil {
		return Ratio{}, err
	}
	return x.hhi(metric)
}

// Contributor is a customer, or a segment of them, and what came of it.
type Contributor struct {
	Name      string          `json:"name"`              // the id of a customer, a number in figures, or the segment
	Segment   string          `json:"segment,omitempty"` // Customer.Value, of the property CustomerSpec.By
	Customers int64           `json:"customers"`         // 1, or those of the segment
	Orders    int64           `json:"orders"`            // in the period, refunds apart
	Revenue   decimal.Decimal `json:"revenue"`           // of the orders, less netted refunds
}

// shadow stands for r in JSON.
func (r *Contributor) shadow() any {
	type fields Contributor
	return &struct {
		*fields
		Revenue *jsonAmount `json:"revenue"`
	}{(*fields)(r), (*jsonAmount)(&r.Revenue)}
}

// MarshalJSON writes the revenue exactly, as a string. It returns an error if it is too
// large.
func (r Contributor) MarshalJSON() ([]byte, error) { return json.Marshal(r.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and a revenue that is a number. It
// returns an error, and leaves r as it was, if data are anything else.
func (r *Contributor) UnmarshalJSON(data []byte) error {
	return readForm(r, (*Contributor).shadow, data)
}

// Contributions say what each customer, or each segment, brought of the revenue of a
// period (客户贡献度), the largest first and equal ones in the order of the ids.
//
//	Share(i) = Rows[i].Revenue / Σ Revenue
//
// The shares add to 1, exactly. Where refunds made a revenue negative its share is
// negative, and others may pass 1: Σ Revenue is what the company has.
type Contributions struct {
	Period Period        `json:"period"` // that of the orders
	Rows   []Contributor `json:"rows"`   // of a customer, or after Segments of a segment, each
}

// Contribution returns what the customers with an order or a refund in p contributed
// (客户贡献度). It returns an error if p is empty or not over at AsOf, or if c came
// without its histories.
func (c *Customers) Contribution(p Period) (*Contributions, error) {
	rows, err := c.turnovers("Customers.Contribution", p)
	if err != nil {
		return nil, err
	}
	out := &Contributions{Period: p, Rows: make([]Contributor, len(rows))}
	for i, t := range rows {
		r := &c.Rows[t.row]
		out.Rows[i] = Contributor{Name: r.name(), Segment: r.Value, Customers: 1, Orders: t.orders, Revenue: t.revenue}
	}
	slices.SortStableFunc(out.Rows, func(a, b Contributor) int { return b.Revenue.Cmp(a.Revenue) })
	return out, nil
}

// valid refuses rows that cannot be added up.
func (c *Contributions) valid(metric string) error {
	for i, r := range c.Rows {
		err := cmp.Or(nonNegative(metric, []string{"Customers", "Orders"}, r.Customers, r.Orders), gateTimes(metric, "Revenue", r.Revenue, 2))
		if err != nil {
			return at(err, metric, i)
		}
	}
	return nil
}

// Segments returns what each segment contributed: the rows of equal Segment together,
// the largest first and equal ones in the order of their names. It returns an error if a
// row is impossible or a count overflows.
func (c *Contributions) Segments() (*Contributions, error) {
	const metric = "Contributions.Segments"
	if err := c.valid(metric); err != nil {
		return nil, err
	}
	out, sums, place := &Contributions{Period: c.Period}, []*Sum{}, map[string]int{}
	for i, r := range c.Rows {
		k, ok := place[r.Segment]
		if !ok {
			k = len(out.Rows)
			place[r.Segment] = k
			out.Rows, sums = append(out.Rows, Contributor{Name: r.Segment, Segment: r.Segment}), append(sums, new(Sum))
		}
		s := &out.Rows[k]
		if err := addCounts(metric, []*int64{&s.Customers, &s.Orders}, r.Customers, r.Orders); err != nil {
			return nil, at(err, metric, i)
		}
		sums[k].add(r.Revenue)
	}
	for k, s := range sums {
		out.Rows[k].Revenue = s.Decimal()
	}
	slices.SortFunc(out.Rows, func(a, b Contributor) int {
		return cmp.Or(b.Revenue.Cmp(a.Revenue), cmp.Compare(a.Segment, b.Segment))
	})
	return out, nil
}

// total returns Σ Revenue of rows that are valid.
func (c *Contributions) total() decimal.Decimal {
	var sum Sum
	for _, r := range c.Rows {
		sum.add(r.Revenue)
	}
	return sum.Decimal()
}

// Shares returns the share of every row in the revenue of all (客户贡献度), in the order of
// Rows: they add to 1. It returns an error if a row is impossible, or if Σ Revenue is 0
// or less.
func (c *Contributions) Shares() ([]Ratio, error) {
	const metric = "Contributions.Shares"
	if err := c.valid(metric); err != nil {
		return nil, err
	}
	total := c.total()
	if total.Sign() <= 0 {
		return nil, fail(metric, CodeNotPositive, "Σ Revenue = %s", clip(plain(total)))
	}
	by := total.Rat()
	out := make([]Ratio, len(c.Rows))
	for i, r := range c.Rows {
		out[i] = ratio(new(big.Rat).Quo(r.Revenue.Rat(), by))
	}
	return out, nil
}

// name returns the id as a text.
func (r *Customer) name() string {
	if r.ID != "" {
		return r.ID
	}
	return strconv.FormatUint(r.Number, 10)
}

// shownShares prints parts as percentages of their total, rounded to add to 100.0 % where
// none is negative; of a total of 0 or less there are none.
func shownShares(parts []*big.Int, total *big.Int) []string {
	out := make([]string, len(parts))
	if total.Sign() <= 0 {
		for i := range out {
			out[i] = Undefined
		}
		return out
	}
	if slices.ContainsFunc(parts, func(p *big.Int) bool { return p.Sign() < 0 }) {
		for i, p := range parts {
			out[i] = ratio(new(big.Rat).SetFrac(p, total)).Percent(1)
		}
		return out
	}
	for i, tenths := range apportion(parts, total, big.NewInt(1000)) {
		out[i] = pointed(tenths, 1) + "%"
	}
	return out
}

// unitParts returns amounts that have passed the gate in units of 10^exp, the finest of
// theirs.
func unitParts(amounts []decimal.Decimal, exp int32) []*big.Int {
	out := make([]*big.Int, len(amounts))
	for i, a := range amounts {
		out[i] = a.Coefficient()
		out[i].Mul(out[i], pow10(int(a.Exponent()-exp)))
	}
	return out
}

func (c *Contributions) table() *table {
	t := &table{head: []string{"contributor", "customers", "orders", "revenue", "share"}, text: 1}
	if c.valid("") != nil {
		return t
	}
	var all Contributor
	amounts := make([]decimal.Decimal, len(c.Rows))
	for i, r := range c.Rows {
		amounts[i] = r.Revenue
		if addCounts("", []*int64{&all.Customers, &all.Orders}, r.Customers, r.Orders) != nil {
			return t
		}
	}
	total := c.total()
	shares := shownShares(unitParts(amounts, total.Exponent()), total.Coefficient())
	for i, r := range c.Rows {
		if i == customersShown && len(c.Rows) > customersShown+1 {
			t.add("… "+strconv.Itoa(len(c.Rows)-i)+" more", "", "", "", "")
			break
		}
		t.add(r.Name, strconv.FormatInt(r.Customers, 10), strconv.FormatInt(r.Orders, 10), money(r.Revenue, 2), shares[i])
	}
	whole := shownShares([]*big.Int{bigOne}, big.NewInt(int64(total.Sign())))
	t.add("all", strconv.FormatInt(all.Customers, 10), strconv.FormatInt(all.Orders, 10), money(total, 2), whole[0])
	return t
}

// String returns the first twenty rows in columns and the total, the shares rounded to
// add to 100.0 % where none is negative.
func (c *Contributions) String() string { return c.table().String() }

// Markdown is String as a Markdown table.
func (c *Contributions) Markdown() string { return c.table().markdown() }

var contributionCatalog = []Entry{
	{
		Key: "customers.contribution", English: []string{"customer contribution", "revenue contribution"},
		Chinese: []string{"客户贡献度", "客户贡献率", "客户收入占比"}, Formula: "Revenue of a customer or segment / Σ Revenue of the period",
		Unit: "ratio", Direction: Neither, Type: "Contributions", Method: "Shares",
	},
	{
		Key: "customers.top", English: []string{"top customers' share of revenue"},
		Chinese: []string{"头部客户收入占比", "大客户占比"}, Formula: "revenue of the k best customers / Σ Revenue of the period",
		Unit: "ratio", Direction: Neither, Type: "Customers", Method: "TopShare",
	},
	{
		Key: "customers.gini", English: []string{"Gini coefficient of customers' revenue"},
		Chinese: []string{"客户收入基尼系数"}, Formula: "Σ(2i − n − 1)x_i / (nΣx), x ascending",
		Unit: "ratio", Direction: Neither, Type: "Customers", Method: "Gini",
	},
	{
		Key: "customers.hhi", English: []string{"HHI of customers' revenue", "revenue concentration"},
		Chinese: []string{"客户收入赫芬达尔指数", "收入集中度"}, Formula: "Σ(x / Σx)²",
		Unit: "ratio", Direction: Neither, Type: "Customers", Method: "HHI",
	},
}
