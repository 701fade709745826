package kpi

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// LoyalCustomer is a row of a Loyalty.
type LoyalCustomer struct {
	Customer  string          `json:"customer"`  // any id that is not empty
	Purchases int64           `json:"purchases"` // orders in the window
	Referrals int64           `json:"referrals"` // customers that it brought
	CLV       decimal.Decimal `json:"clv"`       // lifetime value in money, seen or expected
}

// shadow stands for c in JSON.
func (c *LoyalCustomer) shadow() any {
	type fields LoyalCustomer
	return &struct {
		*fields
		CLV *jsonAmount `json:"clv"`
	}{(*fields)(c), (*jsonAmount)(&c.CLV)}
}

// MarshalJSON writes the lifetime value exactly, as a string. It returns an error if
// it is too large.
func (c LoyalCustomer) MarshalJSON() ([]byte, error) { return json.Marshal(c.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and an amount that is a number. It
// returns an error, and leaves c as it was, if data are anything else.
func (c *LoyalCustomer) UnmarshalJSON(data []byte) error {
	return readForm(c, (*LoyalCustomer).shadow, data)
}

func (c *LoyalCustomer) valid(metric string) error {
	if c.Customer == "" {
		return fail(metric, CodeRepeated, "Customer = %q", "")
	}
	return cmp.Or(
		readable(metric, c.Customer),
		nonNegative(metric, []string{"Purchases", "Referrals"}, c.Purchases, c.Referrals),
		gate(metric, "CLV", c.CLV),
	)
}

// Loyalty is how loyal customers are (客户忠诚度): what each does, a row a customer,
// and what they say in a survey, which need not be by name. What loyalty is, is no one
// number: quote the repurchase rate, the [NPS], the customers who did bring others, and
// the lifetime value beside each other. Where one number is wanted, Index weighs the
// rows as a HealthSpec says.
//
//	RepeatRate   = customers with Purchases ≥ 2 / customers with Purchases ≥ 1
//	ReferrerRate = customers with Referrals ≥ 1 / customers
//	MeanCLV      = Σ CLV / customers
//
// The zero value is the identity of Merge, which orders by Customer the rows of two that
// have any.
type Loyalty struct {
	Customers []LoyalCustomer `json:"customers"` // no customer twice
	NPS       NPS             `json:"nps"`       // of the survey; see NPS.Score
}

func (l Loyalty) valid(metric string) error {
	seen := make(map[string]bool, len(l.Customers))
	for i, c := range l.Customers {
		if seen[c.Customer] {
			return failAt(metric, CodeRepeated, i, "Customer = %s", clip(c.Customer))
		}
		seen[c.Customer] = true
		if err := c.valid(metric); err != nil {
			return at(err, metric, i)
		}
	}
	_, err := l.NPS.total(metric)
	return err
}

// Merge adds other customers, and the answers of another survey of the same time. It
// returns an error, and changes nothing, if either is impossible, if a customer is in
// both, or if a count overflows.
func (l *Loyalty) Merge(o Loyalty) error {
	const metric = "Loyalty.Merge"
	if err := bothValid(metric, *l, o); err != nil {
		return err
	}
	sum := *l
	if err := sum.NPS.Merge(o.NPS); err != nil {
		return under(err, metric)
	}
	if len(o.Customers) == 0 && len(l.Customers) > 0 {
		*l = sum
		return nil
	}
	sum.Customers = slices.Concat(l.Customers, o.Customers)
	if len(l.Customers) == 0 { // in the order that they have
		*l = sum
		return nil
	}
	slices.SortFunc(sum.Customers, func(a, b LoyalCustomer) int { return cmp.Compare(a.Customer, b.Customer) })
	for i := 1; i < len(sum.Customers); i++ {
		if id := sum.Customers[i].Customer; id == sum.Customers[i-1].Customer {
			return fail(metric, CodeShared, "Customer = %s", clip(id))
		}
	}
	*l = sum
	return nil
}

// RepeatRate returns, of the customers with a purchase, those with two or more
// (复购率). It returns an error if the rows are impossible, or if nobody has one.
func (l Loyalty) RepeatRate() (Proportion, error) {
	const metric = "Loyalty.RepeatRate"
	if err := l.valid(metric); err != nil {
		return Proportion{}, err
	}
	var p Proportion
	for _, c := range l.Customers {
		if c.Purchases > 0 {
			p.N++
		}
		if c.Purchases > 1 {
			p.K++
		}
	}
	return p, p.check(metric)
}

// ReferrerRate returns, of all customers, those who brought another (客户推荐率): what
// they do, beside what the NPS says that they would. How many invitations they sent is
// a question to Referrals. It returns an error if the rows are impossible, or if there
// are none.
func (l Loyalty) ReferrerRate() (Proportion, error) {
	const metric = "Loyalty.ReferrerRate"
	if err := l.valid(metric); err != nil {
		return Proportion{}, err
	}
	p := Proportion{N: int64(len(l.Customers))}
	for _, c := range l.Customers {
		if c.Referrals > 0 {
			p.K++
		}
	}
	return p, p.check(metric)
}

// MeanCLV returns the mean lifetime value of the customers. It returns an error if
// the rows are impossible, or if there are none.
func (l Loyalty) MeanCLV() (Mean, error) {
	const metric = "Loyalty.MeanCLV"
	if err := l.valid(metric); err != nil {
		return Mean{}, err
	}
	values := make([]decimal.Decimal, len(l.Customers))
	for i, c := range l.Customers {
		values[i] = c.CLV
	}
	m, err := MeanOf(values)
	if err == nil {
		err = m.check(metric, 1)
	}
	if err != nil {
		return Mean{}, under(err, metric)
	}
	return m, nil
}

// Index returns the weighted index of customer i (忠诚度指数): the score of s, whose
// inputs are of the names "purchases", "referrals" and "clv", each brought to 0 … 100
// by its Bounds. An input of another name is missing; MaxAge and Location do not
// matter. It looks at the one row, so that the indices of all customers cost as much as
// one times their number. It returns an error if the row is impossible, if there is no
// customer i, or as HealthSpec.Score does.
func (l Loyalty) Index(i int, s HealthSpec) (Score, error) {
	const metric = "Loyalty.Index"
	if i < 0 || i >= len(l.Customers) {
		return Score{}, fail(metric, CodeOutOfRange, "i = %d, len(Customers) = %d", i, len(l.Customers))
	}
	c := l.Customers[i]
	if err := c.valid(metric); err != nil {
		return Score{}, at(err, metric, i)
	}
	if err := s.valid(metric); err != nil {
		return Score{}, err
	}
	return s.weigh(metric, func(name string) (Ratio, bool) {
		switch name {
		case "purchases":
			return Whole(c.Purchases), true
		case "referrals":
			return Whole(c.Referrals), true
		case "clv":
			return ratio(c.CLV.Rat()), true
		default:
			return Ratio{}, false
		}
	})
}

func (l Loyalty) table() *table {
	t := &table{head: []string{"customer", "purchases", "referrals", "CLV"}, text: 1}
	for _, c := range l.Customers {
		clv := Undefined
		if gate("", "", c.CLV) == nil {
			clv = money(c.CLV, 2)
		}
		t.add(c.Customer, strconv.FormatInt(c.Purchases, 10), strconv.FormatInt(c.Referrals, 10), clv)
	}
	return t
}

// String returns a line for each customer, in the order given.
func (l Loyalty) String() string { return l.table().String() }

// Markdown is String as a Markdown table.
func (l Loyalty) Markdown() string { return l.table().markdown() }

// Summary returns the numbers to quote beside each other, each with how many stand
// behind it.
func (l Loyalty) Summary() Table {
	t := &table{head: []string{"measure", "value", "n"}, text: 1}
	cell := func(name, value string, n int64, err error) {
		if err != nil {
			value = Undefined
		}
		t.add(name, value, strconv.FormatInt(n, 10))
	}
	repeat, err := l.RepeatRate()
	cell("repeat rate", repeat.Percent(1), repeat.N, err)
	score, err := l.NPS.Score()
	n, _ := l.NPS.total("")
	cell("NPS", score.fixed(1), n, err)
	referrers, err := l.ReferrerRate()
	cell("referrers", referrers.Percent(1), referrers.N, err)
	clv, err := l.MeanCLV()
	mean := Ratio{}
	if err == nil {
		mean = clv.ratio()
	}
	cell("CLV", mean.fixed(2), clv.N, err)
	return Table{t}
}

var loyaltyCatalog = []Entry{
	{
		Key: "loyalty.repeat", English: []string{"repeat rate of loyal customers", "customer loyalty"},
		Chinese: []string{"客户忠诚度(复购率)", "客户忠诚度"}, Formula: "customers with Purchases ≥ 2 / customers with Purchases ≥ 1",
		Unit: "share", Direction: Higher, Type: "Loyalty", Method: "RepeatRate",
	},
	{
		Key: "loyalty.referrers", English: []string{"share of customers who brought another"},
		Chinese: []string{"带来新客的客户占比", "老带新客户占比"}, Formula: "customers with Referrals ≥ 1 / customers",
		Unit: "share", Direction: Higher, Type: "Loyalty", Method: "ReferrerRate",
	},
	{
		Key: "loyalty.clv", English: []string{"mean lifetime value of customers"},
		Chinese: []string{"人均客户终身价值", "平均生命周期价值"}, Formula: "Σ CLV / customers",
		Unit: "money", Direction: Higher, Type: "Loyalty", Method: "MeanCLV",
	},
	{
		Key: "loyalty.index", English: []string{"loyalty index"}, Chinese: []string{"忠诚度指数", "客户忠诚度指数"},
		Formula: "HealthSpec.Score of purchases, referrals and CLV", Unit: "points", Direction: Higher, Type: "Loyalty", Method: "Index",
	},
}
