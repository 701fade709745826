package kpi

import (
	"encoding/json"
	"strconv"

	"github.com/shopspring/decimal"
)

// Channel holds what one channel, or one campaign, cost and brought in a period.
//
//	CAC            = Spend / Customers
//	ConversionRate = Customers / Leads
//	ROI            = (Revenue − Spend) / Spend
//	MarginROI      = (Revenue·margin − Spend) / Spend
//	ROAS           = Revenue / Spend
//
// ROI takes revenue for return, as marketing reports do: a channel that sells
// 120 of goods for 100 of media shows 20 % and loses money at any margin below
// 5/6. MarginROI is the one that says whether it paid. ROAS is ROI + 1. A channel
// that cost nothing has none of the three.
//
// Leads are all who could have converted: visitors, leads or contacts, whichever
// the channel counts. Leads = 0 with customers says that nobody counted them:
// such a channel has a CAC and no conversion rate. Customers who exceed their
// leads are refused only where that rate is asked, since a period's customers
// may stem from leads of an earlier one.
//
// Spend must not be negative. Revenue is net of refunds and may be: more was
// given back in the period than sold.
type Channel struct {
	Name      string          `json:"name"`      // of the channel or the campaign
	Spend     decimal.Decimal `json:"spend"`     // all cost of the channel
	Leads     int64           `json:"leads"`     // who could have converted; 0 if not recorded
	Customers int64           `json:"customers"` // new ones
	Revenue   decimal.Decimal `json:"revenue"`   // net of refunds, from these customers
}

func (c Channel) valid(metric string) error {
	if err := amount(metric, "Spend", c.Spend); err != nil {
		return err
	}
	if err := gate(metric, "Revenue", c.Revenue); err != nil {
		return err
	}
	return nonNegative(metric, []string{"Leads", "Customers"}, c.Leads, c.Customers)
}

// uncounted reports whether c won customers from leads that it did not record.
func (c Channel) uncounted() bool { return c.Leads == 0 && c.Customers > 0 }

func (c Channel) isZero() bool {
	return c.Name == "" && c.Spend.IsZero() && c.Leads == 0 && c.Customers == 0 && c.Revenue.IsZero()
}

// Merge adds a disjoint part of the same channel over the same period, such as
// another country. Where either side won customers and recorded no leads, the
// whole has no record of leads either: Leads becomes 0, not a part of them that
// would flatter the conversion rate. It returns an error, and changes nothing,
// if the names differ and neither side is the zero value, if either is
// impossible, or if a count or an amount overflows.
func (c *Channel) Merge(o Channel) error {
	const metric = "Channel.Merge"
	if err := bothValid(metric, *c, o); err != nil {
		return err
	}
	t := *c
	switch {
	case t.isZero():
		t.Name = o.Name
	case o.isZero():
	case t.Name != o.Name:
		return fail(metric, CodeMismatch, "Name = %s ≠ %s", clip(t.Name), clip(o.Name))
	}
	if err := t.pool(metric, o); err != nil {
		return err
	}
	*c = t
	return nil
}

// pool adds the valid o to the valid c, whatever their names. After an error c
// is of no use.
func (c *Channel) pool(metric string, o Channel) error {
	known := !c.uncounted() && !o.uncounted()
	if err := addCounts(metric, []*int64{&c.Leads, &c.Customers}, o.Leads, o.Customers); err != nil {
		return err
	}
	if !known {
		c.Leads = 0
	}
	c.Spend, c.Revenue = c.Spend.Add(o.Spend), c.Revenue.Add(o.Revenue)
	return c.valid(metric)
}

// shadow stands for c in JSON.
func (c *Channel) shadow() any {
	type fields Channel
	return &struct {
		*fields
		Spend   *jsonAmount `json:"spend"`
		Revenue *jsonAmount `json:"revenue"`
	}{
		(*fields)(c),
		(*jsonAmount)(&c.Spend),
		(*jsonAmount)(&c.Revenue),
	}
}

// MarshalJSON writes the amounts exactly, as strings. It returns an error if one is
// too large.
func (c Channel) MarshalJSON() ([]byte, error) { return json.Marshal(c.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves c as it was, if data are anything else.
func (c *Channel) UnmarshalJSON(data []byte) error { return readForm(c, (*Channel).shadow, data) }

// CAC returns Spend/Customers (渠道获客成本): money per new customer. It returns an
// error if the form is impossible or Customers is 0.
func (c Channel) CAC() (Ratio, error) {
	const metric = "Channel.CAC"
	if err := c.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, c.Spend.Rat(), Whole(c.Customers).r())
}

// ConversionRate returns Customers of Leads (渠道转化率). It returns an error if the
// form is impossible, Customers exceed recorded Leads, or Leads is 0.
func (c Channel) ConversionRate() (Proportion, error) {
	const metric = "Channel.ConversionRate"
	if err := c.valid(metric); err != nil {
		return Proportion{}, err
	}
	switch {
	case c.Leads == 0:
		return Proportion{}, fail(metric, CodeZeroDenominator, "Leads = 0")
	case c.Customers > c.Leads:
		return Proportion{}, fail(metric, CodePartExceedsWhole, "Customers = %d > Leads = %d", c.Customers, c.Leads)
	}
	return Proportion{K: c.Customers, N: c.Leads}, nil
}

// ROI returns (Revenue − Spend)/Spend (渠道ROI, 活动ROI) as a share: 0.2 is a return
// of 20 %, before the cost of what was sold. It returns an error if the form is
// impossible or Spend is 0.
func (c Channel) ROI() (Ratio, error) {
	return c.onSpend("Channel.ROI", Whole(1), Whole(1))
}

// MarginROI returns (Revenue·margin − Spend)/Spend as a share, with margin the
// gross margin as a share of revenue: 40 % is Percent(40). It returns an error if
// the form is impossible, margin is above 1, or Spend is 0.
func (c Channel) MarginROI(margin Ratio) (Ratio, error) {
	return c.onSpend("Channel.MarginROI", margin, Whole(1))
}

// ROAS returns Revenue/Spend, the return on advertising spend. It returns an
// error if the form is impossible or Spend is 0.
func (c Channel) ROAS() (Ratio, error) {
	return c.onSpend("Channel.ROAS", Whole(1), Ratio{})
}

// onSpend returns Revenue·margin/Spend − base.
func (c Channel) onSpend(metric string, margin, base Ratio) (Ratio, error) {
	if err := c.valid(metric); err != nil {
		return Ratio{}, err
	}
	if err := grossMargin(metric, margin); err != nil {
		return Ratio{}, err
	}
	r, err := share(metric, c.Revenue.Rat(), c.Spend.Rat())
	if err != nil {
		return Ratio{}, err
	}
	return r.Mul(margin).Sub(base), nil
}

// grossMargin refuses a margin that exceeds the revenue that it is a share of,
// such as 40 for 40 %. It may be negative: sold below cost.
func grossMargin(metric string, margin Ratio) error {
	if margin.Cmp(Whole(1)) > 0 {
		return fail(metric, CodeOutOfRange, "margin = %.6g > 1", margin)
	}
	return nil
}

// Channels are the channels, or the campaigns, of one period.
type Channels []Channel

// Total returns all channels pooled under the name "total". Its CAC is total
// spend over total customers, which is not the mean of the channels' CACs, and
// its leads are unknown if those of a channel with customers are, as Merge has
// it. Several rows may have one name. It returns an error that names the first
// row that is impossible or at which a total overflows.
func (cs Channels) Total() (Channel, error) {
	const metric = "Channels.Total"
	total := Channel{Name: "total"}
	for i, c := range cs {
		if err := c.valid(metric); err != nil {
			return Channel{}, at(err, metric, i)
		}
		if err := total.pool(metric, c); err != nil {
			return Channel{}, at(err, metric, i)
		}
	}
	return total, nil
}

// String returns a table of the channels and their total, for a terminal. Money
// has two places; Undefined stands where there is no value.
func (cs Channels) String() string { return cs.table().String() }

// Markdown returns the table of String in Markdown.
func (cs Channels) Markdown() string { return cs.table().markdown() }

func (cs Channels) table() *table {
	t := &table{text: 1, head: []string{
		"channel", "spend", "leads", "customers", "revenue", "conversion", "CAC", "ROI", "ROAS",
	}}
	for _, c := range cs {
		t.add(c.row(c.Name, c.valid("Channels"))...)
	}
	total, err := cs.Total()
	t.add(total.row("total", err)...)
	return t
}

// row returns the cells of c, which are all undefined after an error.
func (c Channel) row(name string, err error) []string {
	if err != nil {
		const u = Undefined
		return []string{name, u, u, u, u, u, u, u, u}
	}
	leads := strconv.FormatInt(c.Leads, 10)
	if c.uncounted() {
		leads = Undefined
	}
	fixed := func(r Ratio, err error) string {
		if err != nil {
			return Undefined
		}
		return r.fixed(2)
	}
	percent := func(r Ratio, err error) string {
		if err != nil {
			return Undefined
		}
		return r.Percent(1)
	}
	converted, _ := c.ConversionRate() // 0 of 0 prints as Undefined
	return []string{
		name, money(c.Spend, 2), leads, strconv.FormatInt(c.Customers, 10), money(c.Revenue, 2),
		converted.Percent(1), fixed(c.CAC()), percent(c.ROI()), fixed(c.ROAS()),
	}
}

var channelCatalog = []Entry{
	{
		Key: "channel.cac", English: []string{"channel CAC", "campaign CAC", "cost per acquisition", "CPA"},
		Chinese: []string{"渠道获客成本", "单渠道获客成本", "活动获客成本"}, Formula: "Spend / Customers",
		Unit: "money", Direction: Lower, Type: "Channel", Method: "CAC",
	},
	{
		Key: "channel.conversion", English: []string{"channel conversion rate", "campaign conversion rate"},
		Chinese: []string{"渠道转化率", "渠道转换率", "活动转化率"}, Formula: "Customers / Leads",
		Unit: "share", Direction: Higher, Type: "Channel", Method: "ConversionRate",
	},
	{
		Key: "channel.roi", English: []string{"channel ROI", "campaign ROI", "return on marketing investment"},
		Chinese: []string{"渠道ROI", "渠道投资回报率", "活动ROI", "活动投资回报率"}, Formula: "(Revenue − Spend) / Spend",
		Unit: "ratio", Direction: Higher, Type: "Channel", Method: "ROI",
	},
	{
		Key: "channel.margin_roi", English: []string{"channel ROI on gross margin", "campaign ROI on gross margin"},
		Chinese: []string{"渠道毛利ROI", "活动毛利ROI", "毛利投资回报率"}, Formula: "(Revenue·margin − Spend) / Spend",
		Unit: "ratio", Direction: Higher, Type: "Channel", Method: "MarginROI",
	},
	{
		Key: "channel.roas", English: []string{"return on advertising spend", "ROAS"},
		Chinese: []string{"广告支出回报率", "广告投入产出比", "投产比"}, Formula: "Revenue / Spend",
		Unit: "ratio", Direction: Higher, Type: "Channel", Method: "ROAS",
	},
}
