// Dashboard prints a management report from four years of real orders: what a
// finance team would ask of a shop, with the definition beside every number, n
// beside every rate, and an interval where there is one.
//
//	go run ./examples/dashboard
//
// The program does the reading and the printing; the library does neither.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
	"github.com/customerkpi/kpi/examples/data"
)

func main() {
	if err := report(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The file ends with 2017, and begins in the middle of the shop's life: whoever
// bought in 2014 may have bought before.
var (
	asOf  = time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	since = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
)

const confidence = 0.95

func report(w io.Writer) error {
	orders, err := data.Orders()
	if err != nil {
		return err
	}
	var log kpi.Log
	if err := log.SetProps("segment"); err != nil {
		return err
	}
	for _, o := range orders {
		e := kpi.Event{Customer: o.Customer, Name: "order", At: o.Date, Amount: o.Sales, Props: []string{o.Segment}}
		if err := log.Add(e); err != nil {
			return err
		}
	}
	customers, err := log.Customers(context.Background(), kpi.CustomerSpec{AsOf: asOf, Since: since, By: "segment"})
	if err != nil {
		return err
	}
	years, err := kpi.Calendar{Unit: kpi.Year}.Periods(time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC), asOf)
	if err != nil {
		return err
	}

	fmt.Fprintf(w, "CUSTOMER REPORT, orders of %s to %s\n\n", years[0], years[len(years)-1])
	fmt.Fprintf(w, "%d orders of %d customers. Money in dollars. Intervals at 95%%.\n", log.Len(), len(customers.Rows))
	for _, section := range []func() error{
		func() error { return sales(w, customers, years) },
		func() error { return repurchase(w, customers, years) },
		func() error { return arrivals(w, customers, years) },
		func() error { return cohorts(w, &log) },
		func() error { return segments(w, customers) },
		func() error { return economics(w, customers, years, orders) },
		func() error { return voice(w) },
	} {
		if err := section(); err != nil {
			return err
		}
	}
	return nil
}

// heading starts a section and returns a table for it, to be flushed.
func heading(w io.Writer, title, text, columns string) *tabwriter.Writer {
	fmt.Fprintf(w, "\n%s\n%s\n\n", title, text)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if columns != "" {
		fmt.Fprintf(t, "%s\t\n", columns)
	}
	return t
}

// span prints the limits of an interval of money.
func span(i kpi.Interval) string { return fmt.Sprintf("%.2f–%.2f", i.Lo, i.Hi) }

func sales(w io.Writer, customers *kpi.Customers, years []kpi.Period) error {
	t := heading(w, "1. Orders and order values",
		"Per order (笔单价) and per customer (客单价) are two numbers; frequency joins them.",
		"year\torders\tbuyers\trevenue\tper order\tinterval\tper customer\tinterval\torders/buyer")
	for _, y := range years {
		p, err := customers.Purchases(y)
		if err != nil {
			return err
		}
		perOrder, err := p.PerOrder()
		if err != nil {
			return err
		}
		perCustomer, err := p.PerCustomer()
		if err != nil {
			return err
		}
		frequency, err := p.Frequency()
		if err != nil {
			return err
		}
		// The same two numbers, with the spread between the buyers behind them.
		orders, err := customers.PerOrder(y)
		if err != nil {
			return err
		}
		orderSpan, err := orders.Interval(confidence)
		if err != nil {
			return err
		}
		buyers, err := customers.PerCustomer(y)
		if err != nil {
			return err
		}
		buyerSpan, err := buyers.Interval(confidence)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%.2f\t%s\t%.2f\t%s\t%.2f\t\n", y, p.Orders, p.Buyers, p.Revenue.StringFixed(2),
			perOrder, span(orderSpan), perCustomer, span(buyerSpan), frequency)
	}
	return t.Flush()
}

// share prints a proportion with its counts and its interval.
func share(p kpi.Proportion, err error) (string, error) {
	if err != nil {
		return "", err
	}
	i, err := p.Interval(confidence)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s = %s [%s]", p, p.Percent(1), i.Percent(1)), nil
}

// known says so where the data are good and have no answer.
func known(text string, err error) (string, error) {
	if errors.Is(err, kpi.ErrUndefined) {
		return "not known", nil
	}
	return text, err
}

func repurchase(w io.Writer, customers *kpi.Customers, years []kpi.Period) error {
	t := heading(w, "2. The four repurchase numbers",
		"Repeat buyers (复购率, 人数), repeat orders (复购率, 订单), repurchase (回购率) and\n"+
			"returning buyers (老客占比) have different bases and are not one number.",
		"year\trepeat buyers / buyers\trepeat orders / orders\trepurchase\treturning / buyers")
	for _, y := range years {
		p, err := customers.Purchases(y)
		if err != nil {
			return err
		}
		buyers, err := share(p.RepeatRate())
		if err != nil {
			return err
		}
		repeats, err := p.RepeatOrderShare()
		if err != nil {
			return err
		}
		// Orders of one buyer go together: the interval is over buyers.
		perBuyer, err := customers.RepeatOrderShare(y)
		if err != nil {
			return err
		}
		i95, err := perBuyer.Interval(confidence)
		if err != nil {
			return err
		}
		orders := fmt.Sprintf("%s = %s [%s]", repeats, repeats.Percent(1), i95.Percent(1))
		// Nothing is known of the time before the file.
		again, err := known(share(p.Repurchase()))
		if err != nil {
			return err
		}
		returning, err := known(share(p.ReturningShare()))
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", y, buyers, orders, again, returning)
	}
	return t.Flush()
}

func arrivals(w io.Writer, customers *kpi.Customers, years []kpi.Period) error {
	t := heading(w, "3. New and returning customers",
		"The file begins in mid-life, so the buyers of 2014 are first seen, not new.",
		"year\tbuyers\tnew\tfirst seen\treturning")
	for _, y := range years {
		p, err := customers.Purchases(y)
		if err != nil {
			return err
		}
		fresh, err := customers.New(y)
		if err != nil {
			return err
		}
		seen, err := customers.FirstSeen(y)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t\n", y, p.Buyers, fresh, seen, p.Returning)
	}
	return t.Flush()
}

func cohorts(w io.Writer, log *kpi.Log) error {
	for _, c := range []struct {
		title string
		unit  kpi.Unit
	}{{"4. Yearly cohorts by first order", kpi.Year}, {"5. Quarterly cohorts by first order", kpi.Quarter}} {
		spec := kpi.CohortSpec{Calendar: kpi.Calendar{Unit: c.unit}, AsOf: asOf, Since: since}
		table, err := log.Cohorts(context.Background(), spec)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%s\n", c.title)
		fmt.Fprintf(w, "Share of the cohort with an order, by age in %ss:\n\n%s\n", c.unit, table)
		average, err := table.Average(1)
		if err != nil {
			return err
		}
		pooled, err := share(average, nil)
		if err != nil {
			return err
		}
		simple, err := table.SimpleAverage(1)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "At age 1, without those first seen: pooled %s; mean of the cohorts %s.\n", pooled, simple.Percent(1))
		fmt.Fprintf(w, "\nRevenue of the cohort, by age in %ss:\n\n%s", c.unit, table.Amounts(0))
		if c.unit == kpi.Year {
			fmt.Fprintf(w, "\nRevenue to date per customer of the cohort:\n\n%s", table.CumulativeValues(2))
		}
	}
	return nil
}

func segments(w io.Writer, customers *kpi.Customers) error {
	names := []string{"Consumer", "Corporate", "Home Office"}
	sums, counts := make([]kpi.Sum, len(names)), make([]int, len(names))
	for _, c := range customers.Rows {
		for i, name := range names {
			if c.Value == name {
				counts[i]++
				if err := sums[i].Add(c.Revenue); err != nil {
					return err
				}
			}
		}
	}
	var total kpi.Sum
	amounts := make([]decimal.Decimal, len(names))
	for i := range names {
		amounts[i] = sums[i].Decimal()
		if err := total.Merge(&sums[i]); err != nil {
			return err
		}
	}
	shares, err := kpi.PercentShares(amounts, 1)
	if err != nil {
		return err
	}
	t := heading(w, "6. Contribution by segment (客户贡献度)",
		"Shares are rounded by largest remainder, so that they add to 100.0%.",
		"segment\tcustomers\trevenue\tshare")
	for i, name := range names {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s%%\t\n", name, counts[i], amounts[i].StringFixed(2), shares[i].StringFixed(1))
	}
	fmt.Fprintf(t, "total\t%d\t%s\t100.0%%\t\n", len(customers.Rows), total.Decimal().StringFixed(2))
	return t.Flush()
}

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

	t := heading(w, "7. Cost and value of a customer",
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

func voice(w io.Writer) error {
	answers, err := data.Survey()
	if err != nil {
		return err
	}
	var nps kpi.NPS
	if err := nps.AddAll(answers.Recommend); err != nil {
		return err
	}
	var csat kpi.CSAT
	if err := csat.AddAll(answers.Satisfied); err != nil {
		return err
	}
	csat.Blank = int64(answers.Sent - len(answers.Satisfied))
	var ces kpi.CES
	if err := ces.AddAll(answers.Easy); err != nil {
		return err
	}

	t := heading(w, "8. Voice of the customer",
		fmt.Sprintf("From a MADE-UP survey of %d sheets, to show the figures; no customer said this.", answers.Sent),
		"metric\tn\tvalue\tinterval")
	score, err := nps.Score()
	if err != nil {
		return err
	}
	i, err := nps.Interval(confidence)
	if err != nil {
		return err
	}
	fmt.Fprintf(t, "NPS, points\t%d\t%.1f\t%.1f to %.1f\t\n", nps.N(), score, i.Lo, i.Hi)
	for _, part := range []struct {
		name string
		ask  func() (kpi.Proportion, error)
	}{
		{"promoters, 9 and 10", nps.PromoterShare},
		{"passives, 7 and 8", nps.PassiveShare},
		{"detractors, 0 to 6", nps.DetractorShare},
	} {
		p, err := part.ask()
		if err != nil {
			return err
		}
		limits, err := p.Interval(confidence)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t\n", part.name, p.N, p.Percent(1), limits.Percent(1))
	}
	top, err := csat.TopBox()
	if err != nil {
		return err
	}
	if i, err = top.Interval(confidence); err != nil {
		return err
	}
	fmt.Fprintf(t, "CSAT, 4 and 5 of 5\t%d\t%s\t%s\t\n", top.N, top.Percent(1), i.Percent(1))
	mean, err := csat.Mean()
	if err != nil {
		return err
	}
	value, err := mean.Ratio()
	if err != nil {
		return err
	}
	if i, err = mean.Interval(confidence); err != nil {
		return err
	}
	fmt.Fprintf(t, "CSAT, mean of 1–5\t%d\t%.2f\t%.2f to %.2f\t\n", mean.N, value, i.Lo, i.Hi)
	easy, err := ces.EasyShare()
	if err != nil {
		return err
	}
	if i, err = easy.Interval(confidence); err != nil {
		return err
	}
	fmt.Fprintf(t, "CES, 5 to 7 of 7\t%d\t%s\t%s\t\n", easy.N, easy.Percent(1), i.Percent(1))
	net, err := ces.NetEasy()
	if err != nil {
		return err
	}
	if i, err = ces.NetEasyInterval(confidence); err != nil {
		return err
	}
	fmt.Fprintf(t, "CES, net easy\t%d\t%s\t%s\t\n", ces.N(), net.Percent(1), i.Percent(1))
	if err := t.Flush(); err != nil {
		return err
	}
	answered, err := csat.Answered()
	if err != nil {
		return err
	}
	text, err := share(answered, nil)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nThe satisfaction question was answered on %s of the sheets.\n", text)
	return err
}
