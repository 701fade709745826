package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// The service is MADE UP: it begins with 2024 and is known up to the middle of a month.
var (
	from = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	asOf = time.Date(2025, 12, 11, 0, 0, 0, 0, time.UTC)
)

// plans are in their order, with their price a month.
var plans = []struct {
	name  string
	price int64
}{{"basic", 19}, {"team", 59}, {"business", 199}}

// generate makes up the subscriptions of some 240 customers. Its decisions are whole
// numbers out of a seeded source, so that they are the same on every machine.
func generate() kpi.Subscriptions {
	source := rand.NewPCG(2024, 12)
	below := func(n int) int { return int(source.Uint64() % uint64(n)) } //nolint:gosec // small and positive
	var out kpi.Subscriptions
	for c := 1; c <= 240; c++ {
		customer := fmt.Sprintf("C%03d", c)
		at := from.AddDate(0, 0, below(700))
		plan, months := below(5)/2, 1 // two fifths, two fifths, one
		if below(3) == 0 {
			months = 12 * (1 + 2*(below(4)/3)) // a year, or three for one in four
		}
		first := true
		for at.Before(asOf) {
			s := kpi.Subscription{
				Customer: customer, Plan: plans[plan].name, Start: at, Months: months,
				Amount: decimal.NewFromInt(plans[plan].price * int64(months)),
			}
			if months > 1 { // two months of twelve for nothing
				s.Amount = decimal.NewFromInt(plans[plan].price * int64(months) * 10 / 12)
			}
			end, next := life(below, at, months), below(10)
			s.End = end
			out = append(out, s)
			if first && below(4) == 0 { // a fifth off, for the first months
				discount := s
				discount.Amount = s.Amount.Mul(decimal.New(-2, -1))
				if until := at.AddDate(0, 3, 0); until.Before(end) {
					discount.End = until
				}
				out = append(out, discount)
			}
			if first && below(3) == 0 { // a training, which is no recurring revenue
				out = append(out, kpi.Subscription{Customer: customer, Plan: "training", Start: at, Amount: decimal.NewFromInt(300), Charge: kpi.ChargeOneTime})
			}
			first = false
			switch {
			case next < 4: // up, or stays where it is
				plan, at = plan+1, end
				if plan == len(plans) {
					plan--
				}
			case next < 6: // down
				at = end
				if plan > 0 {
					plan--
				}
			case next < 7: // away, and back after a while
				at = end.AddDate(0, 0, 20+below(90))
			default: // for good
				at = asOf
			}
		}
	}
	return out
}

// life returns when a subscription that starts at at ends.
func life(below func(int) int, at time.Time, months int) time.Time {
	if months > 1 {
		return at.AddDate(0, months, 0)
	}
	return at.AddDate(0, 3+below(14), 0)
}

func revenue(w io.Writer) error {
	subscriptions := generate()
	m, err := subscriptions.Movements(kpi.Calendar{Unit: kpi.Month}, asOf)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n6. Recurring revenue month by month, MADE UP\n%d records of a service that began with 2024, as of %s. Net by customer; the running\n"+
		"month stands in parentheses, and nothing in it is inferred. The last thirteen:\n\n", len(subscriptions), asOf.Format("2006-01-02"))
	last := *m
	last.Rows = m.Rows[len(m.Rows)-13:]
	fmt.Fprint(w, &last)

	november := m.Rows[len(m.Rows)-2].MRR
	quick, err := november.QuickRatio()
	if err != nil {
		return err
	}
	arpa, err := november.ARPA()
	if err != nil {
		return err
	}
	arr, err := november.ARR()
	if err != nil {
		return err
	}
	logos, err := november.Logos()
	if err != nil {
		return err
	}
	lost, err := logos.OpeningRate()
	if err != nil {
		return err
	}
	number, err := share(lost)
	if err != nil {
		return err
	}
	year := kpi.Period{Start: m.Rows[len(m.Rows)-13].Period.Start, End: m.Rows[len(m.Rows)-2].Period.End}
	nrr, err := subscriptions.CohortNRR(year, asOf)
	if err != nil {
		return err
	}
	net, err := byValue(nrr)
	if err != nil {
		return err
	}
	grr, err := subscriptions.CohortGRR(year, asOf)
	if err != nil {
		return err
	}
	gross, err := byValue(grr)
	if err != nil {
		return err
	}
	chained, err := m.ChainedGRR(len(m.Rows)-13, len(m.Rows)-1)
	if err != nil {
		return err
	}
	t := heading(w, "Of November, and of the year up to its end", "The product of the twelve months is not the retention of the customers of a year ago.", "")
	fmt.Fprintf(t, "ARR (年度经常性收入)\t%.0f\t\n", arr)
	fmt.Fprintf(t, "ARPA, a month\t%.2f\t\n", arpa)
	fmt.Fprintf(t, "quick ratio (速动比率)\t%.2f\t\n", quick)
	fmt.Fprintf(t, "customers lost in the month (客户流失率)\t%s = %s\t\n", lost, number)
	fmt.Fprintf(t, "NRR of the year (净收入留存率), %d customers\t%s\t\n", nrr.N, net)
	fmt.Fprintf(t, "GRR of the year (毛收入留存率)\t%s\t\n", gross)
	fmt.Fprintf(t, "product of twelve months of GRR\t%s\t\n", chained.Percent(1))
	return t.Flush()
}
