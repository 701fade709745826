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
	for i, section := range []func(io.Writer) error{
		func(w io.Writer) error { return sales(w, customers, years) },
		func(w io.Writer) error { return repurchase(w, customers, years) },
		func(w io.Writer) error { return arrivals(w, customers, years) },
		func(w io.Writer) error { return cohorts(w, &log, kpi.Year) },
		func(w io.Writer) error { return cohorts(w, &log, kpi.Quarter) },
		func(w io.Writer) error { return segments(w, customers, years) },
		func(w io.Writer) error { return concentration(w, customers, years) },
		func(w io.Writer) error { return classes(w, customers, years) },
		func(w io.Writer) error { return rfm(w, &log) },
		func(w io.Writer) error { return crossSales(w, customers, years) },
		func(w io.Writer) error { return warnings(w, &log) },
		func(w io.Writer) error { return economics(w, customers, years, orders) },
		func(w io.Writer) error { return voice(w) },
	} {
		fmt.Fprintf(w, "\n%d. ", i+1)
		if err := section(w); err != nil {
			return err
		}
	}
	return nil
}

// title starts a section, whose number stands already.
func title(w io.Writer, name, text string) { fmt.Fprintf(w, "%s\n%s\n\n", name, text) }

// heading is title, and returns a table for the section, to be flushed.
func heading(w io.Writer, name, text, columns string) *tabwriter.Writer {
	title(w, name, text)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if columns != "" {
		fmt.Fprintf(t, "%s\t\n", columns)
	}
	return t
}

// span prints the limits of an interval of money.
func span(i kpi.Interval) string { return fmt.Sprintf("%.2f–%.2f", i.Lo, i.Hi) }

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
