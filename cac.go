package kpi

import (
	"encoding/json"

	"github.com/shopspring/decimal"
)

// Acquisition holds what one period spent on winning customers, by kind, and how
// many it won.
//
//	Spend        = Advertising + MarketingPay + SalesPay + Commissions + Tools + Operations
//	CAC          = Spend / Customers
//	MarketingCAC = (Advertising + MarketingPay) / Customers
//	PaidCAC      = Advertising / PaidCustomers
//
// CAC is the full and blended one: every cost of winning customers over every
// customer won, those included who would have come by themselves. MarketingCAC
// leaves sales out, PaidCAC sets the bought media against the customers who came
// through them. The three may differ severalfold within one company: quote the
// name with the number.
//
// Costs are those of winning, not of keeping: the pay of customer success and
// what renewals cost belong to the margin. An amount is net of credits and must
// not be negative; PaidCustomers ≤ Customers. A period without customers has no
// CAC, however much it spent.
//
// PaidCAC never divides by all customers: organic ones would make any media look
// cheap.
type Acquisition struct {
	Advertising   decimal.Decimal `json:"advertising"`    // paid media
	MarketingPay  decimal.Decimal `json:"marketing_pay"`  // payroll of marketing
	SalesPay      decimal.Decimal `json:"sales_pay"`      // payroll of sales, without commissions
	Commissions   decimal.Decimal `json:"commissions"`    // to sales, partners and affiliates
	Tools         decimal.Decimal `json:"tools"`          // software and data
	Operations    decimal.Decimal `json:"operations"`     // all other cost of winning customers
	Customers     int64           `json:"customers"`      // new ones, from all channels
	PaidCustomers int64           `json:"paid_customers"` // of them, from paid channels
}

// namedAmount is a field of money for a loop over the fields of a form.
type namedAmount struct {
	name  string
	value *decimal.Decimal
}

// costs lists the kinds of spend.
func (a *Acquisition) costs() []namedAmount {
	return []namedAmount{
		{"Advertising", &a.Advertising},
		{"MarketingPay", &a.MarketingPay},
		{"SalesPay", &a.SalesPay},
		{"Commissions", &a.Commissions},
		{"Tools", &a.Tools},
		{"Operations", &a.Operations},
	}
}

func (a Acquisition) valid(metric string) error {
	for _, c := range a.costs() {
		if err := amount(metric, c.name, *c.value); err != nil {
			return err
		}
	}
	if err := nonNegative(metric, []string{"Customers", "PaidCustomers"}, a.Customers, a.PaidCustomers); err != nil {
		return err
	}
	if a.PaidCustomers > a.Customers {
		return fail(metric, CodePartExceedsWhole, "PaidCustomers = %d > Customers = %d", a.PaidCustomers, a.Customers)
	}
	return nil
}

// Merge adds the spend and the customers of a disjoint part of the business over
// the same period, such as another country. It returns an error, and changes
// nothing, if either is impossible, a count overflows or an amount grows past
// 400 digits.
func (a *Acquisition) Merge(o Acquisition) error {
	const metric = "Acquisition.Merge"
	if err := bothValid(metric, *a, o); err != nil {
		return err
	}
	t := *a
	if err := addCounts(metric, []*int64{&t.Customers, &t.PaidCustomers}, o.Customers, o.PaidCustomers); err != nil {
		return err
	}
	costs := t.costs()
	for i, c := range o.costs() {
		*costs[i].value = costs[i].value.Add(*c.value)
	}
	if err := t.valid(metric); err != nil {
		return err
	}
	*a = t
	return nil
}

// shadow stands for a in JSON.
func (a *Acquisition) shadow() any {
	type fields Acquisition
	return &struct {
		*fields
		Advertising  *jsonAmount `json:"advertising"`
		MarketingPay *jsonAmount `json:"marketing_pay"`
		SalesPay     *jsonAmount `json:"sales_pay"`
		Commissions  *jsonAmount `json:"commissions"`
		Tools        *jsonAmount `json:"tools"`
		Operations   *jsonAmount `json:"operations"`
	}{
		(*fields)(a),
		(*jsonAmount)(&a.Advertising),
		(*jsonAmount)(&a.MarketingPay),
		(*jsonAmount)(&a.SalesPay),
		(*jsonAmount)(&a.Commissions),
		(*jsonAmount)(&a.Tools),
		(*jsonAmount)(&a.Operations),
	}
}

// MarshalJSON writes the amounts exactly, as strings. It returns an error if one is
// too large.
func (a Acquisition) MarshalJSON() ([]byte, error) { return json.Marshal(a.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves a as it was, if data are anything else.
func (a *Acquisition) UnmarshalJSON(data []byte) error {
	return readForm(a, (*Acquisition).shadow, data)
}

// WithSpendOf returns the customers of a with the spend of an earlier period
// instead of their own: the CAC of a sales cycle as long as the lag between the
// two. The questions report it if either half is impossible.
func (a Acquisition) WithSpendOf(earlier Acquisition) Acquisition {
	earlier.Customers, earlier.PaidCustomers = a.Customers, a.PaidCustomers
	return earlier
}

// Spend returns the sum of all kinds of spend (获客总成本). It returns an error if
// the form is impossible.
func (a Acquisition) Spend() (decimal.Decimal, error) {
	if err := a.valid("Acquisition.Spend"); err != nil {
		return decimal.Decimal{}, err
	}
	return a.spend(), nil
}

func (a Acquisition) spend() decimal.Decimal {
	var total Sum
	for _, c := range a.costs() {
		total.add(*c.value)
	}
	return total.Decimal()
}

// CAC returns Spend/Customers (获客成本), full and blended: money per new customer.
// What pays it back, and when, is asked of UnitEconomics. It returns an error if
// the form is impossible or Customers is 0.
func (a Acquisition) CAC() (Ratio, error) {
	const metric = "Acquisition.CAC"
	if err := a.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, a.spend().Rat(), Whole(a.Customers).r())
}

// MarketingCAC returns (Advertising + MarketingPay)/Customers: what marketing
// alone costs per new customer. It returns an error if the form is impossible or
// Customers is 0.
func (a Acquisition) MarketingCAC() (Ratio, error) {
	const metric = "Acquisition.MarketingCAC"
	if err := a.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, a.Advertising.Add(a.MarketingPay).Rat(), Whole(a.Customers).r())
}

// PaidCAC returns Advertising/PaidCustomers: paid media per customer who came
// through them. It returns an error if the form is impossible or PaidCustomers
// is 0.
func (a Acquisition) PaidCAC() (Ratio, error) {
	const metric = "Acquisition.PaidCAC"
	if err := a.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, a.Advertising.Rat(), Whole(a.PaidCustomers).r())
}

var acquisitionCatalog = []Entry{
	{
		Key: "cac.full", English: []string{"customer acquisition cost", "CAC", "full CAC", "blended CAC"},
		Chinese: []string{"获客成本", "客户获取成本", "综合获客成本"}, Formula: "Spend / Customers",
		Unit: "money", Direction: Lower, Type: "Acquisition", Method: "CAC",
	},
	{
		Key: "cac.marketing", English: []string{"marketing CAC"},
		Chinese: []string{"营销获客成本", "市场获客成本"}, Formula: "(Advertising + MarketingPay) / Customers",
		Unit: "money", Direction: Lower, Type: "Acquisition", Method: "MarketingCAC",
	},
	{
		Key: "cac.paid", English: []string{"paid CAC", "media cost per paid customer"},
		Chinese: []string{"付费获客成本", "付费渠道获客成本"}, Formula: "Advertising / PaidCustomers",
		Unit: "money", Direction: Lower, Type: "Acquisition", Method: "PaidCAC",
	},
	{
		Key: "cac.spend", English: []string{"acquisition spend", "cost of sales and marketing"},
		Chinese: []string{"获客总成本", "获客支出", "营销与销售总费用"},
		Formula: "Advertising + MarketingPay + SalesPay + Commissions + Tools + Operations",
		Unit:    "money", Direction: Neither, Type: "Acquisition", Method: "Spend",
	},
}
