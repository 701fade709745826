// Subscriptions prints what a snapshot of subscribers says and what it does not: who is
// flagged as left, by contract and by tenure, the revenue that is at risk, and why no
// lifetime can be read from it. Then the recurring revenue of a service whose records
// say when customers came and went, month by month.
//
//	go run ./examples/subscriptions
//
// The snapshot is IBM's public Telco sample. The service is MADE UP by service.go.
package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

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

const confidence = 0.95

var contracts = []string{"Month-to-month", "One year", "Two year"}

// bands are tenures in months, each up to and with the last.
var bands = []struct {
	name string
	last int
}{{"0–12", 12}, {"13–24", 24}, {"25–48", 48}, {"49–72", 72}}

func band(tenure int) int {
	i := 0
	for tenure > bands[i].last {
		i++
	}
	return i
}

func report(w io.Writer) error {
	subscribers, err := data.Subscribers()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "SUBSCRIPTION REPORT\n\n%d subscribers in a snapshot. Money in dollars a month. Intervals at 95%%.\n", len(subscribers))
	for _, section := range []func(io.Writer, []data.Subscriber) error{flagged, tenures, atRisk, mix, lifetimes} {
		if err := section(w, subscribers); err != nil {
			return err
		}
	}
	return revenue(w)
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

// share prints a proportion with its interval.
func share(p kpi.Proportion) (string, error) {
	i, err := p.Interval(confidence)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s [%s]", p.Percent(1), i.Percent(1)), nil
}

// byValue prints a share of money with its interval.
func byValue(r kpi.RatioOfSums) (string, error) {
	rate, err := r.Ratio()
	if err != nil {
		return "", err
	}
	i, err := r.Interval(confidence)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s [%s]", rate.Percent(1), i.Percent(1)), nil
}

// group is what the sections count of some of the subscribers.
type group struct {
	left  kpi.Proportion  // flagged as left, of all
	value kpi.RatioOfSums // what the flagged pay, of what all pay
	here  decimal.Decimal // what the others pay
}

func count(subscribers []data.Subscriber, counts func(data.Subscriber) bool) (group, error) {
	var g group
	var here kpi.Sum
	for _, s := range subscribers {
		if !counts(s) {
			continue
		}
		g.left.N++
		paid := decimal.Zero
		if s.Left {
			g.left.K++
			paid = s.Monthly
		} else if err := here.Add(s.Monthly); err != nil {
			return group{}, err
		}
		if err := g.value.Add(paid, s.Monthly); err != nil {
			return group{}, err
		}
	}
	g.here = here.Decimal()
	return g, nil
}

func flagged(w io.Writer, subscribers []data.Subscriber) error {
	t := heading(w, "1. Share flagged as left, by contract",
		"Not a churn rate: the file does not say of which period the flag is. By number, and by what\n"+
			"the flagged pay of what all pay, whose interval weighs subscribers by their money.",
		"contract\tleft / all\tshare\tby money")
	line := func(name string, counts func(data.Subscriber) bool) error {
		g, err := count(subscribers, counts)
		if err != nil {
			return err
		}
		number, err := share(g.left)
		if err != nil {
			return err
		}
		money, err := byValue(g.value)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t\n", name, g.left, number, money)
		return nil
	}
	for _, c := range contracts {
		if err := line(c, func(s data.Subscriber) bool { return s.Contract == c }); err != nil {
			return err
		}
	}
	if err := line("all", func(data.Subscriber) bool { return true }); err != nil {
		return err
	}
	return t.Flush()
}

func tenures(w io.Writer, subscribers []data.Subscriber) error {
	t := heading(w, "2. Share flagged as left, by contract and tenure",
		"Of those in the snapshot who have been there so many months.",
		"contract\tmonths\tleft / all\tshare")
	for _, c := range contracts {
		for i, b := range bands {
			g, err := count(subscribers, func(s data.Subscriber) bool { return s.Contract == c && band(s.Tenure) == i })
			if err != nil {
				return err
			}
			number, err := share(g.left)
			if err != nil {
				return err
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t\n", c, b.name, g.left, number)
		}
	}
	return t.Flush()
}

func atRisk(w io.Writer, subscribers []data.Subscriber) error {
	t := heading(w, "3. Revenue at risk",
		"What the subscribers who are still there pay, and how much of it would go if as much of the\n"+
			"money of each contract and tenure went as is flagged: an order for whom to call, no forecast.",
		"contract\tmonths\tstill pay\tflagged, by money\tat risk")
	var all kpi.Sum
	risk := kpi.Whole(0)
	for _, c := range contracts {
		for i, b := range bands {
			g, err := count(subscribers, func(s data.Subscriber) bool { return s.Contract == c && band(s.Tenure) == i })
			if err != nil {
				return err
			}
			if err := all.Add(g.here); err != nil {
				return err
			}
			rate, err := g.value.Ratio()
			if err != nil {
				return err
			}
			if rate.IsZero() { // nobody is flagged
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t0\t\n", c, b.name, g.here.StringFixed(0), rate.Percent(1))
				continue
			}
			money, err := byValue(g.value)
			if err != nil {
				return err
			}
			pays, err := kpi.RatioOf(g.here)
			if err != nil {
				return err
			}
			risk = risk.Add(pays.Mul(rate))
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.0f\t\n", c, b.name, g.here.StringFixed(0), money, pays.Mul(rate))
		}
	}
	fmt.Fprintf(t, "all\t\t%s\t\t%.0f\t\n", all.Decimal().StringFixed(0), risk)
	return t.Flush()
}

func mix(w io.Writer, subscribers []data.Subscriber) error {
	groups := make([]kpi.MixGroup, len(contracts))
	for i, c := range contracts {
		late, err := count(subscribers, func(s data.Subscriber) bool { return s.Contract == c && s.Tenure > 12 })
		if err != nil {
			return err
		}
		early, err := count(subscribers, func(s data.Subscriber) bool { return s.Contract == c && s.Tenure <= 12 })
		if err != nil {
			return err
		}
		groups[i] = kpi.MixGroup{Name: c, Before: late.left, After: early.left}
	}
	m, err := kpi.RateMix(groups)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n4. Mix against rate\nMore of the subscribers of the first year (after) are flagged than of the older ones (before):\n"+
		"%s of %d against %s of %d. In points, what is because more of them pay by the month, and what\n"+
		"because within each contract more of them are flagged:\n\n%s",
		m.After.Percent(1), m.After.N, m.Before.Percent(1), m.Before.N, m)
	return nil
}

// lifetimes shows what must not be read from a snapshot.
func lifetimes(w io.Writer, subscribers []data.Subscriber) error {
	naive, delayed := make(kpi.Lifetimes, 0, len(subscribers)), make(kpi.Lifetimes, 0, len(subscribers))
	for _, s := range subscribers {
		l := kpi.Lifetime{Exit: float64(s.Tenure), Ended: s.Left}
		naive = append(naive, l)
		if s.Tenure > 0 {
			l.Entry = l.Exit - 1
			delayed = append(delayed, l)
		}
	}
	wrong, err := naive.Survival()
	if err != nil {
		return err
	}
	entered, err := delayed.Survival()
	if err != nil {
		return err
	}
	t := heading(w, "5. WRONG: lifetimes from a snapshot",
		"The file holds those who are there and those who left lately. Who left before that is not in\n"+
			"it, so that its tenures are no lifetimes. A curve that takes them for such reads far too\n"+
			"well; one that lets each subscriber enter a month before the end, as the file saw them,\n"+
			"takes the flag for one month's churn and reads the opposite. Neither is a retention: print\n"+
			"a share flagged as left, and collect the dates of start and end.",
		"still there after\tas if all had been watched\twatched for a month")
	for _, month := range []float64{1, 3, 12, 48} {
		a, err := wrong.At(month)
		if err != nil {
			return err
		}
		b, err := entered.At(month)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%.0f months\t%.2f, wrong\t%.2f, wrong\t\n", month, a, b)
	}
	return t.Flush()
}
