package kpi

import (
	"encoding/json"
	"math/big"

	"github.com/shopspring/decimal"
)

// Purchases holds the orders of one window of time, a month or a year, and who
// placed them.
//
//	PerOrder         = Revenue / Orders                 笔单价
//	PerCustomer      = Revenue / Buyers                 客单价
//	Frequency        = Orders / Buyers                  购买频率
//	RepeatRate       = Repeaters / Buyers               复购率(人数)
//	RepeatOrderShare = (Orders − Buyers) / Orders       复购率(订单)
//	Repurchase       = Kept / PreviousBuyers            回购率
//	ReturningShare   = Returning / Buyers               老客占比
//
// PerOrder and PerCustomer are two numbers with one English nickname, "average
// order value"; PerCustomer = PerOrder × Frequency, exactly.
//
// The last four are all called a repurchase rate, and differ in what they count
// and in where they look. RepeatRate and RepeatOrderShare look inside the window
// only: the one counts people who ordered at least twice, the other orders that
// are not their buyer's first in the window. Of 100 orders by 70 buyers, 20 of
// whom ordered twice and 10 of these thrice, the one says 20/70 and the other
// 30/100. Both grow with the length of the window, so that months compare with
// months only. Repurchase looks from the window before into this one: of those
// who bought then, how many again now; it is a retention rate. ReturningShare
// looks back from this window over all time before it: of those who buy now, how
// many are not new; it falls when new customers flock in, however loyal the old.
// Quote the name with the number.
//
// Records that begin in mid-life cannot tell whether a buyer with no earlier order
// in them is new. Such buyers are FirstSeen, and while there are any there is no
// ReturningShare: 0 of n would be the number of the archive, not of the customers.
//
// The counts must be possible: none negative, Buyers ≤ Orders, Kept ≤
// PreviousBuyers, Repeaters, Returning + FirstSeen and Kept + FirstSeen each ≤
// Buyers, and Repeaters ≤ Orders − Buyers. A question needs its own fields only, so that Buyers of 0 beside
// orders are buyers whom nobody counted: a shop that cannot tell its customers apart
// may ask what an order brings, and nothing that is of buyers. Revenue is net of
// refunds, and may be negative. The zero value is the identity of Merge.
type Purchases struct {
	Orders         int64           `json:"orders"`          // orders in the window
	Buyers         int64           `json:"buyers"`          // customers with at least one of them
	Revenue        decimal.Decimal `json:"revenue"`         // money of the orders, net of refunds
	Repeaters      int64           `json:"repeaters"`       // of Buyers, with at least two orders in the window
	PreviousBuyers int64           `json:"previous_buyers"` // customers with an order in the window before
	Kept           int64           `json:"kept"`            // of PreviousBuyers, with an order in this window
	Returning      int64           `json:"returning"`       // of Buyers, with an order before this window
	FirstSeen      int64           `json:"first_seen"`      // of Buyers, with no order before this window in records too young to show one
}

func (p Purchases) valid(metric string) error {
	err := nonNegative(metric, []string{"Orders", "Buyers", "Repeaters", "PreviousBuyers", "Kept", "Returning", "FirstSeen"},
		p.Orders, p.Buyers, p.Repeaters, p.PreviousBuyers, p.Kept, p.Returning, p.FirstSeen)
	switch {
	case err != nil:
		return err
	case p.Buyers > p.Orders:
		return fail(metric, CodePartExceedsWhole, "Buyers = %d > Orders = %d", p.Buyers, p.Orders)
	case p.Kept > p.PreviousBuyers:
		return fail(metric, CodePartExceedsWhole, "Kept = %d > PreviousBuyers = %d", p.Kept, p.PreviousBuyers)
	case p.Buyers == 0: // or not counted: see counted
	case p.Repeaters > p.Buyers:
		return fail(metric, CodePartExceedsWhole, "Repeaters = %d > Buyers = %d", p.Repeaters, p.Buyers)
	case p.Repeaters > p.Orders-p.Buyers:
		return fail(metric, CodePartExceedsWhole, "Repeaters = %d > Orders − Buyers = %d", p.Repeaters, p.Orders-p.Buyers)
	case p.Returning > p.Buyers:
		return fail(metric, CodePartExceedsWhole, "Returning = %d > Buyers = %d", p.Returning, p.Buyers)
	case p.Kept > p.Buyers:
		return fail(metric, CodePartExceedsWhole, "Kept = %d > Buyers = %d", p.Kept, p.Buyers)
	case p.FirstSeen > p.Buyers-max(p.Returning, p.Kept):
		return fail(metric, CodePartExceedsWhole, "FirstSeen = %d > Buyers − max(Returning, Kept) = %d",
			p.FirstSeen, p.Buyers-max(p.Returning, p.Kept))
	}
	return gate(metric, "Revenue", p.Revenue)
}

// uncounted reports whether there were buyers whom nobody counted.
func (p Purchases) uncounted() bool {
	return p.Buyers == 0 && (p.Orders > 0 || p.Repeaters > 0 || p.Kept > 0 || p.Returning > 0 || p.FirstSeen > 0)
}

// counted is valid for the questions that are of buyers.
func (p Purchases) counted(metric string) error {
	if err := p.valid(metric); err != nil {
		return err
	}
	if p.uncounted() {
		return fail(metric, CodeMismatch, "Buyers = 0, Orders = %d, Repeaters = %d, Kept = %d, Returning = %d, FirstSeen = %d",
			p.Orders, p.Repeaters, p.Kept, p.Returning, p.FirstSeen)
	}
	return nil
}

// Merge adds the orders of a disjoint set of customers in the same window, such
// as another region. It returns an error, and changes nothing, if either is
// impossible, if one has Buyers and the other has orders or returning customers but
// did not count its own, or if a count or the revenue grows too large.
func (p *Purchases) Merge(o Purchases) error {
	const metric = "Purchases.Merge"
	if err := bothValid(metric, *p, o); err != nil {
		return err
	}
	// A sum of the buyers of one and the orders of both would say nothing.
	if p.uncounted() && o.Buyers > 0 || o.uncounted() && p.Buyers > 0 {
		return fail(metric, CodeMismatch, "Buyers = %d, o.Buyers = %d", p.Buyers, o.Buyers)
	}
	t := *p
	err := addCounts(metric,
		[]*int64{&t.Orders, &t.Buyers, &t.Repeaters, &t.PreviousBuyers, &t.Kept, &t.Returning, &t.FirstSeen},
		o.Orders, o.Buyers, o.Repeaters, o.PreviousBuyers, o.Kept, o.Returning, o.FirstSeen)
	if err != nil {
		return err
	}
	t.Revenue = t.Revenue.Add(o.Revenue)
	if err := t.valid(metric); err != nil {
		return err
	}
	*p = t
	return nil
}

// PerOrder returns Revenue/Orders (笔单价), the money of one order. It is the
// order value that a lifetime value multiplies with orders. Buyers are not needed.
// Its interval takes the records: see [Customers.PerOrder]. It returns an error if
// the data are impossible or there are no orders.
func (p Purchases) PerOrder() (Ratio, error) {
	const metric = "Purchases.PerOrder"
	if err := p.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, p.Revenue.Rat(), new(big.Rat).SetInt64(p.Orders))
}

// PerCustomer returns Revenue/Buyers (客单价), the money of one buyer in the
// window. Its interval takes the records: see [Customers.PerCustomer]. It returns
// an error if the data are impossible or there are no buyers.
func (p Purchases) PerCustomer() (Ratio, error) {
	const metric = "Purchases.PerCustomer"
	if err := p.counted(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, p.Revenue.Rat(), new(big.Rat).SetInt64(p.Buyers))
}

// Frequency returns Orders/Buyers (购买频率), the orders of one buyer in the
// window, at least 1. It returns an error if the data are impossible or there are
// no buyers.
func (p Purchases) Frequency() (Ratio, error) {
	const metric = "Purchases.Frequency"
	if err := p.counted(metric); err != nil {
		return Ratio{}, err
	}
	if p.Buyers == 0 {
		return Ratio{}, fail(metric, CodeZeroDenominator, "Buyers = 0")
	}
	return quotient(p.Orders, p.Buyers), nil
}

// RepeatRate returns Repeaters/Buyers (复购率(人数), 回头客比例): of those who
// bought in the window, who bought at least twice in it. Where several orders of
// one day are to count as one purchase, count them so in Orders and in Repeaters
// alike, as CustomerSpec.MergeDays does: where there are more orders than buyers
// somebody is a repeater. It returns an error if the data are impossible, nobody
// being one included, or if there are no buyers.
func (p Purchases) RepeatRate() (Proportion, error) {
	const metric = "Purchases.RepeatRate"
	if err := p.counted(metric); err != nil {
		return Proportion{}, err
	}
	if p.Repeaters == 0 && p.Orders > p.Buyers {
		return Proportion{}, fail(metric, CodeMismatch, "Repeaters = 0, Orders = %d > Buyers = %d", p.Orders, p.Buyers)
	}
	return proportion(metric, p.Repeaters, p.Buyers)
}

// RepeatOrderShare returns (Orders − Buyers)/Orders (复购率(订单)): the share of
// orders that are not their buyer's first in the window. It returns an error if
// the data are impossible or there are no orders.
//
// The Interval of this Proportion is too narrow, since the orders of one buyer do
// not come independently: one buyer of two hundred orders is one observation. The
// right one, over buyers, takes the records: see [Customers.RepeatOrderShare].
func (p Purchases) RepeatOrderShare() (Proportion, error) {
	const metric = "Purchases.RepeatOrderShare"
	if err := p.counted(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, p.Orders-p.Buyers, p.Orders)
}

// Repurchase returns Kept/PreviousBuyers (回购率): of those who bought in the
// window before, who bought in this one again. No other fields are needed. It
// returns an error if the data are impossible or nobody bought in the window
// before.
func (p Purchases) Repurchase() (Proportion, error) {
	const metric = "Purchases.Repurchase"
	if err := p.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, p.Kept, p.PreviousBuyers)
}

// ReturningShare returns Returning/Buyers (老客占比): of those who bought in the
// window, who had bought at any time before it. Its Complement is the share of
// new buyers (新客占比). It returns an error if the data are impossible, Kept >
// Returning included, since who bought in the window before has an earlier order,
// if there are no buyers, or if some are FirstSeen.
func (p Purchases) ReturningShare() (Proportion, error) {
	const metric = "Purchases.ReturningShare"
	if err := p.counted(metric); err != nil {
		return Proportion{}, err
	}
	if p.Kept > p.Returning {
		return Proportion{}, fail(metric, CodePartExceedsWhole, "Kept = %d > Returning = %d", p.Kept, p.Returning)
	}
	if p.FirstSeen > 0 {
		return Proportion{}, fail(metric, CodeFirstSeen, "FirstSeen = %d, Buyers = %d", p.FirstSeen, p.Buyers)
	}
	return proportion(metric, p.Returning, p.Buyers)
}

// shadow stands for p in JSON.
func (p *Purchases) shadow() any {
	type fields Purchases
	return &struct {
		*fields
		Revenue *jsonAmount `json:"revenue"`
	}{
		(*fields)(p),
		(*jsonAmount)(&p.Revenue),
	}
}

// MarshalJSON writes the revenue exactly, as a string. It returns an error if it is
// too large.
func (p Purchases) MarshalJSON() ([]byte, error) { return json.Marshal(p.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves p as it was, if data are anything else.
func (p *Purchases) UnmarshalJSON(data []byte) error { return readForm(p, (*Purchases).shadow, data) }

var purchaseCatalog = []Entry{
	{
		Key: "purchase.per_order", English: []string{"revenue per order", "average order value", "AOV"},
		Chinese: []string{"笔单价", "平均订单金额", "单均金额"}, Formula: "Revenue / Orders",
		Unit: "money", Direction: Higher, Type: "Purchases", Method: "PerOrder",
	},
	{
		Key: "purchase.per_customer", English: []string{"revenue per buyer", "average revenue per paying customer"},
		Chinese: []string{"客单价", "人均消费金额", "每客户平均消费"}, Formula: "Revenue / Buyers",
		Unit: "money", Direction: Higher, Type: "Purchases", Method: "PerCustomer",
	},
	{
		Key: "purchase.frequency", English: []string{"purchase frequency", "orders per buyer"},
		Chinese: []string{"购买频率", "购买频次", "人均订单数"}, Formula: "Orders / Buyers",
		Unit: "orders", Direction: Higher, Type: "Purchases", Method: "Frequency",
	},
	{
		Key: "purchase.repeat_rate", English: []string{"repeat purchase rate", "repeat customer rate"},
		Chinese: []string{"复购率(人数)", "复购率", "回头客比例", "重复购买率"}, Formula: "Repeaters / Buyers",
		Unit: "share", Direction: Higher, Type: "Purchases", Method: "RepeatRate",
	},
	{
		Key: "purchase.repeat_orders", English: []string{"share of repeat orders"},
		Chinese: []string{"复购率(订单)", "复购订单占比"}, Formula: "(Orders − Buyers) / Orders",
		Unit: "share", Direction: Higher, Type: "Purchases", Method: "RepeatOrderShare",
	},
	{
		Key: "purchase.repurchase", English: []string{"repurchase rate", "period-on-period customer retention"},
		Chinese: []string{"回购率", "上期客户回购率"}, Formula: "Kept / PreviousBuyers",
		Unit: "share", Direction: Higher, Type: "Purchases", Method: "Repurchase",
	},
	{
		// Falls when many new customers come, rises when none do.
		Key: "purchase.returning", English: []string{"share of returning buyers"},
		Chinese: []string{"老客占比", "老客户占比"}, Formula: "Returning / Buyers",
		Unit: "share", Direction: Neither, Type: "Purchases", Method: "ReturningShare",
	},
}
