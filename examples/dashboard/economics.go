package main

import (
	"fmt"
	"io"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
	"github.com/customerkpi/kpi/examples/data"
)

func economics(w io.Writer, customers *kpi.Customers, years []kpi.Period, orders []data.Order) error {
	year := years[len(years)-1]
	p, err := customers.Purchases(year)
	if err != nil {
		return err
	}
	fresh, err := customers.New(year)
	if err != nil {
		return err
	}
	// Assumed, since the file does not hold them.
	spend := kpi.Acquisition{
		Advertising:  decimal.NewFromInt(900),
		MarketingPay: decimal.NewFromInt(400),
		SalesPay:     decimal.NewFromInt(350),
		Customers:    fresh,
	}
	discount := kpi.Percent(10)
	// From the file: the margin of four years, and who bought again.
	var sales, profit kpi.Sum
	for _, o := range orders {
		if err := sales.Add(o.Sales); err != nil {
			return err
		}
		if err := profit.Add(o.Profit); err != nil {
			return err
		}
	}
	earned, err := kpi.RatioOf(profit.Decimal())
	if err != nil {
		return err
	}
	turnover, err := kpi.RatioOf(sales.Decimal())
	if err != nil {
		return err
	}
	margin, err := earned.Over(turnover)
	if err != nil {
		return err
	}
	churn := kpi.Churn{Start: p.PreviousBuyers, Lost: p.PreviousBuyers - p.Kept}
	retained, err := churn.Retention()
	if err != nil {
		return err
	}
	retention, err := retained.Ratio()
	if err != nil {
		return err
	}
	lifespan, err := churn.Lifespan()
	if err != nil {
		return err
	}
	lifespanSpan, err := churn.LifespanInterval(confidence)
	if err != nil {
		return err
	}

	t := heading(w, "Cost and value of a customer",
		"Assumed: "+spend.Advertising.String()+" of advertising, "+spend.MarketingPay.String()+" of marketing pay and "+
			spend.SalesPay.String()+" of sales pay in "+year.String()+"; a discount\nrate of 10% a year. "+
			"From the file: gross margin = profit / sales; retention = buyers of the\n"+
			"year before who bought again. A customer without an order in a year counts as lost, which is\n"+
			"a rule of thumb for a shop, where nobody signs off.", "")
	cac, err := spend.CAC()
	if err != nil {
		return err
	}
	marketing, err := spend.MarketingCAC()
	if err != nil {
		return err
	}
	perOrder, err := p.PerOrder()
	if err != nil {
		return err
	}
	frequency, err := p.Frequency()
	if err != nil {
		return err
	}
	simple := kpi.CLV{OrderValue: perOrder, Orders: frequency}
	revenue, err := simple.Revenue(lifespan)
	if err != nil {
		return err
	}
	value, err := simple.Profit(lifespan, margin)
	if err != nil {
		return err
	}
	fmt.Fprintf(t, "new customers of %s\t%d\t\n", year, fresh)
	fmt.Fprintf(t, "CAC, full\t%.2f\t\n", cac)
	fmt.Fprintf(t, "CAC, marketing alone\t%.2f\t\n", marketing)
	fmt.Fprintf(t, "gross margin\t%s\t\n", margin.Percent(2))
	kept, err := share(retained, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(t, "retention\t%s\t\n", kept)
	fmt.Fprintf(t, "lifespan in years, 1/churn\t%.2f [%.2f–%.2f]\t\n", lifespan, lifespanSpan.Lo, lifespanSpan.Hi)
	fmt.Fprintf(t, "CLV, revenue: order × frequency × lifespan\t%.2f\t\n", revenue)
	fmt.Fprintf(t, "CLV, profit: the same × margin\t%.2f\t\n", value)
	yearly := perOrder.Mul(frequency).Mul(margin)
	for _, timing := range []kpi.Timing{kpi.IfRetained, kpi.InAdvance, kpi.InArrears} {
		v, err := kpi.RetentionCLV{Margin: yearly, Timing: timing}.Perpetuity(retention, discount)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "CLV, discounted, margin %s\t%.2f\t\n", timing, v)
		if timing != kpi.InAdvance {
			continue // a new customer's first order belongs to what the CAC bought
		}
		ratio, err := kpi.UnitEconomics{CAC: cac}.Ratio(v)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "CLV : CAC, margin in advance\t%.2f\t\n", ratio)
	}
	monthly, err := perOrder.Mul(frequency).Over(kpi.Whole(12))
	if err != nil {
		return err
	}
	payback, err := kpi.UnitEconomics{CAC: cac, ARPA: monthly}.Payback(margin)
	if err != nil {
		return err
	}
	fmt.Fprintf(t, "payback in months, as if nobody left\t%.1f\t\n", payback)
	return t.Flush()
}
