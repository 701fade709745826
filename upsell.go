package kpi

import "github.com/shopspring/decimal"

// UpSell counts what became of customers between two periods in both of which they
// bought (追加销售, 向上销售): whether the value of their orders, or of their plan, rose.
//
//	Rate     = Rose / (Rose + Same + Fell)
//	DownRate = Fell / (Rose + Same + Fell)
//
// Quote the two together. Order values vary, and with nothing sold up about as many rise
// as fall; what is sold is seen in the difference. Plans do not vary by chance. Those who
// bought in one period only have nothing to compare and are in no base. The zero value is
// the identity of Merge.
type UpSell struct {
	Rose int64 `json:"rose"` // customers whose value rose
	Same int64 `json:"same"` // who stayed at exactly the same
	Fell int64 `json:"fell"` // whose value fell
}

func (u UpSell) valid(metric string) error {
	if err := nonNegative(metric, []string{"Rose", "Same", "Fell"}, u.Rose, u.Same, u.Fell); err != nil {
		return err
	}
	_, err := sumCounts(metric, u.Rose, u.Same, u.Fell)
	return err
}

// Add counts a customer with the price of a plan, or the value of an order, before and
// after. It returns an error, and counts nothing, if either is too large or a count
// overflows.
func (u *UpSell) Add(before, after decimal.Decimal) error {
	const metric = "UpSell.Add"
	if err := gate(metric, "before", before); err != nil {
		return err
	}
	if err := gate(metric, "after", after); err != nil {
		return err
	}
	return u.merge(metric, upSold(after.Cmp(before)))
}

// upSold counts one customer.
func upSold(sign int) UpSell {
	switch {
	case sign > 0:
		return UpSell{Rose: 1}
	case sign < 0:
		return UpSell{Fell: 1}
	}
	return UpSell{Same: 1}
}

// Merge adds the counts of disjoint customers. It returns an error, and changes nothing,
// if either is impossible or a count overflows.
func (u *UpSell) Merge(o UpSell) error { return u.merge("UpSell.Merge", o) }

func (u *UpSell) merge(metric string, o UpSell) error {
	if err := bothValid(metric, *u, o); err != nil {
		return err
	}
	t := *u
	if err := addCounts(metric, []*int64{&t.Rose, &t.Same, &t.Fell}, o.Rose, o.Same, o.Fell); err != nil {
		return err
	}
	if err := t.valid(metric); err != nil {
		return err
	}
	*u = t
	return nil
}

// Rate returns the share of customers whose value rose (向上销售率, 追加销售率). It returns an
// error if the counts are impossible or there are none.
func (u UpSell) Rate() (Proportion, error) { return u.share("UpSell.Rate", u.Rose) }

// DownRate returns the share of customers whose value fell (降级率). It returns an error
// as Rate does.
func (u UpSell) DownRate() (Proportion, error) { return u.share("UpSell.DownRate", u.Fell) }

func (u UpSell) share(metric string, k int64) (Proportion, error) {
	if err := u.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, k, u.Rose+u.Same+u.Fell)
}

// UpSell compares the mean value of an order of each customer in two periods, refunds
// netted, of those with an order in both. Take periods of one season. It returns an error
// as Growth does.
func (c *Customers) UpSell(before, after Period) (UpSell, error) {
	old, now, err := c.twice("Customers.UpSell", before, after)
	if err != nil {
		return UpSell{}, err
	}
	var out UpSell
	for i, j := 0, 0; i < len(old) && j < len(now); {
		switch a, b := old[i], now[j]; {
		case a.row < b.row:
			i++
		case a.row > b.row:
			j++
		default:
			i, j = i+1, j+1
			if a.orders == 0 || b.orders == 0 {
				continue
			}
			// b.revenue/b.orders against a.revenue/a.orders, cross-multiplied.
			was, is := a.revenue.Mul(decimal.NewFromInt(b.orders)), b.revenue.Mul(decimal.NewFromInt(a.orders))
			one := upSold(is.Cmp(was))
			out.Rose, out.Same, out.Fell = out.Rose+one.Rose, out.Same+one.Same, out.Fell+one.Fell
		}
	}
	return out, nil
}

var upSellCatalog = []Entry{
	{
		Key: "upsell.rate", English: []string{"up-sell rate", "upsell rate"},
		Chinese: []string{"向上销售率", "追加销售率", "升级率"}, Formula: "Rose / (Rose + Same + Fell)",
		Unit: "share", Direction: Higher, Type: "UpSell", Method: "Rate",
	},
	{
		Key: "upsell.down", English: []string{"down-sell rate", "downgrade rate"},
		Chinese: []string{"降级率", "客单下降率"}, Formula: "Fell / (Rose + Same + Fell)",
		Unit: "share", Direction: Lower, Type: "UpSell", Method: "DownRate",
	},
	{
		Key: "upsell.orders", English: []string{"up-sell by order value"},
		Chinese: []string{"订单金额提升客户"}, Formula: "buyers of both periods by Revenue / Orders of each",
		Unit: "count", Direction: Higher, Type: "Customers", Method: "UpSell",
	},
}
