package kpi

import "github.com/shopspring/decimal"

// Complaints holds the complaints of one period (客户投诉) and what they came of.
//
//	PerCustomer     = Complaints / Customers
//	PerOrder        = Complaints / Orders
//	ComplainantRate = Complainants / Customers       客户投诉率
//
// The first two count complaints, of which one customer, or one order, may bring
// several: they are events on an exposure, may pass 1 and have Garwood's interval. The
// last counts people, and is a share. Quote the name with the number: ten complaints
// of one customer among a hundred are 10 % or 1 %.
//
// How soon complaints are answered (投诉响应时间) is a question to Tickets, with
// TicketSpec.Topics.
//
// The counts must be possible: none negative, Complainants neither more than
// Customers nor more than Complaints. A question needs its own fields only: with
// Complainants of 0 beside complaints nobody counted who complained, and there is no
// ComplainantRate. Customers are those who could complain, whether they ordered in the
// period or not; say whom you count. The zero value is the identity of Merge.
type Complaints struct {
	Complaints   int64 `json:"complaints"`   // in the period
	Complainants int64 `json:"complainants"` // customers with at least one
	Customers    int64 `json:"customers"`    // all of them, Complainants included
	Orders       int64 `json:"orders"`       // in the period
}

func (c Complaints) valid(metric string) error {
	err := nonNegative(metric, []string{"Complaints", "Complainants", "Customers", "Orders"},
		c.Complaints, c.Complainants, c.Customers, c.Orders)
	switch {
	case err != nil:
		return err
	case c.Complainants > c.Complaints:
		return fail(metric, CodePartExceedsWhole, "Complainants = %d > Complaints = %d", c.Complainants, c.Complaints)
	case c.Complainants > c.Customers:
		return fail(metric, CodePartExceedsWhole, "Complainants = %d > Customers = %d", c.Complainants, c.Customers)
	}
	return nil
}

// uncounted reports whether nobody counted who complained.
func (c Complaints) uncounted() bool { return c.Complainants == 0 && c.Complaints > 0 }

// Merge adds the complaints of a disjoint set of customers in the same period, such as
// another region. It returns an error, and changes nothing, if either is impossible, if
// one has Complainants and the other has complaints but did not count its own, or if a
// count overflows.
func (c *Complaints) Merge(o Complaints) error {
	const metric = "Complaints.Merge"
	if err := bothValid(metric, *c, o); err != nil {
		return err
	}
	// A sum of the complainants of one and the complaints of both would say nothing.
	if c.uncounted() && o.Complainants > 0 || o.uncounted() && c.Complainants > 0 {
		return fail(metric, CodeMismatch, "Complainants = %d, o.Complainants = %d", c.Complainants, o.Complainants)
	}
	return addCounts(metric, []*int64{&c.Complaints, &c.Complainants, &c.Customers, &c.Orders},
		o.Complaints, o.Complainants, o.Customers, o.Orders)
}

// per returns the complaints per one of n.
func (c Complaints) per(metric, name string, n int64) (EventRate, error) {
	if err := c.valid(metric); err != nil {
		return EventRate{}, err
	}
	if n == 0 {
		return EventRate{}, fail(metric, CodeZeroDenominator, "%s = 0", name)
	}
	return EventRate{Events: c.Complaints, Exposure: decimal.NewFromInt(n)}, nil
}

// PerCustomer returns Complaints/Customers (人均投诉次数), with Garwood's interval. It
// returns an error if the counts are impossible or Customers is 0.
func (c Complaints) PerCustomer() (EventRate, error) {
	return c.per("Complaints.PerCustomer", "Customers", c.Customers)
}

// PerOrder returns Complaints/Orders (订单投诉率), with Garwood's interval. It returns an
// error if the counts are impossible or Orders is 0.
func (c Complaints) PerOrder() (EventRate, error) {
	return c.per("Complaints.PerOrder", "Orders", c.Orders)
}

// ComplainantRate returns Complainants/Customers (客户投诉率): the customers who
// complained, however often. It returns an error if the counts are impossible, if there
// are complaints and nobody counted who complained, or if Customers is 0.
func (c Complaints) ComplainantRate() (Proportion, error) {
	const metric = "Complaints.ComplainantRate"
	if err := c.valid(metric); err != nil {
		return Proportion{}, err
	}
	if c.uncounted() {
		return Proportion{}, fail(metric, CodeMismatch, "Complainants = 0, Complaints = %d", c.Complaints)
	}
	return proportion(metric, c.Complainants, c.Customers)
}

var complaintCatalog = []Entry{
	{
		Key: "complaint.complainants", English: []string{"customer complaint rate", "complainant rate", "share of customers who complained"},
		Chinese: []string{"客户投诉率", "投诉率", "投诉客户占比"}, Formula: "Complainants / Customers",
		Unit: "share", Direction: Lower, Type: "Complaints", Method: "ComplainantRate",
	},
	{
		Key: "complaint.per_customer", English: []string{"complaints per customer"},
		Chinese: []string{"人均投诉次数", "户均投诉量"}, Formula: "Complaints / Customers",
		Unit: "ratio", Direction: Lower, Type: "Complaints", Method: "PerCustomer",
	},
	{
		Key: "complaint.per_order", English: []string{"complaints per order", "order complaint rate"},
		Chinese: []string{"订单投诉率", "单均投诉次数", "万单投诉量"}, Formula: "Complaints / Orders",
		Unit: "ratio", Direction: Lower, Type: "Complaints", Method: "PerOrder",
	},
}
