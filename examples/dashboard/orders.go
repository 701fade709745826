package main

import (
	"context"
	"fmt"
	"io"

	"github.com/customerkpi/kpi"
)

func sales(w io.Writer, customers *kpi.Customers, years []kpi.Period) error {
	t := heading(w, "Orders and order values",
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

func repurchase(w io.Writer, customers *kpi.Customers, years []kpi.Period) error {
	t := heading(w, "The four repurchase numbers",
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
	t := heading(w, "New and returning customers",
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

func cohorts(w io.Writer, log *kpi.Log, unit kpi.Unit) error {
	table, err := log.Cohorts(context.Background(), kpi.CohortSpec{Calendar: kpi.Calendar{Unit: unit}, AsOf: asOf, Since: since})
	if err != nil {
		return err
	}
	name := "Yearly cohorts by first order"
	if unit == kpi.Quarter {
		name = "Quarterly cohorts by first order"
	}
	title(w, name, fmt.Sprintf("Share of the cohort with an order, by age in %ss:", unit))
	fmt.Fprintf(w, "%s\n", table)
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
	fmt.Fprintf(w, "\nRevenue of the cohort, by age in %ss:\n\n%s", unit, table.Amounts(0))
	if unit == kpi.Year {
		fmt.Fprintf(w, "\nRevenue to date per customer of the cohort:\n\n%s", table.CumulativeValues(2))
	}
	return nil
}
