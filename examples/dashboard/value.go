package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/customerkpi/kpi"
	"github.com/customerkpi/kpi/examples/data"
)

// everything is the time of the whole file.
func everything(years []kpi.Period) kpi.Period {
	return kpi.Period{Start: years[0].Start, End: years[len(years)-1].End}
}

func segments(w io.Writer, customers *kpi.Customers, years []kpi.Period) error {
	contribution, err := customers.Contribution(everything(years))
	if err != nil {
		return err
	}
	table, err := contribution.Segments()
	if err != nil {
		return err
	}
	title(w, "Contribution by segment (客户贡献度)",
		"Shares are rounded by largest remainder, so that they add to 100.0%.")
	fmt.Fprint(w, table)
	before, after := years[len(years)-2], years[len(years)-1]
	growth, err := customers.Growth(before, after)
	if err != nil {
		return err
	}
	if growth, err = growth.Segments(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nGrowth (客户成长率) from %s to %s, customers of either year:\n\n%s", before, after, growth)
	return nil
}

func concentration(w io.Writer, customers *kpi.Customers, years []kpi.Period) error {
	t := heading(w, "Concentration of revenue (客户集中度)",
		"What the best buyers of each year brought of it. Gini is 0 where all bring the same;\n"+
			"the effective number is how many equal buyers would be as concentrated.",
		"year\tbuyers\ttop 10\ttop 10%\ttop 20%\tGini\tHHI\teffective number")
	for _, y := range append(slices.Clone(years), everything(years)) {
		c, err := customers.Concentration(y)
		if err != nil {
			return err
		}
		ten, err := c.TopShare(10)
		if err != nil {
			return err
		}
		tenth, err := c.TopPercent(kpi.Percent(10))
		if err != nil {
			return err
		}
		fifth, err := c.TopPercent(kpi.Percent(20))
		if err != nil {
			return err
		}
		gini, err := c.Gini()
		if err != nil {
			return err
		}
		hhi, err := c.HHI()
		if err != nil {
			return err
		}
		effective, err := c.EffectiveNumber()
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%.3f\t%.5f\t%.1f\t\n", label(y), c.N(),
			ten.Percent(1), tenth.Percent(1), fifth.Percent(1), gini, hhi, effective)
	}
	return t.Flush()
}

// label is the name of a year, or of all.
func label(p kpi.Period) string {
	if p.Days() > 366 {
		return "all"
	}
	return p.String()
}

func classes(w io.Writer, customers *kpi.Customers, years []kpi.Period) error {
	year := years[len(years)-1]
	title(w, "ABC classes of the buyers of "+year.String()+" (ABC分类)",
		"Cut at 80% and 95% of what they are ranked by; who crosses a cut is in the better class.")
	for _, by := range []struct {
		apart, name string
		spec        kpi.ABCSpec
	}{
		{"", "By revenue", kpi.ABCSpec{}},
		{"\n", "By a mix: half revenue, 30% orders, 20% days since the first order", kpi.ABCSpec{
			Amount: kpi.Percent(50), Activity: kpi.Percent(30), Tenure: kpi.Percent(20),
		}},
	} {
		abc, err := customers.ABC(year, by.spec)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s%s:\n\n%s", by.apart, by.name, abc)
	}
	return nil
}

func rfm(w io.Writer, log *kpi.Log) error {
	scores, err := log.RFM(context.Background(), kpi.RFMSpec{AsOf: asOf})
	if err != nil {
		return err
	}
	table, err := scores.Segments(kpi.DefaultRFMRules())
	if err != nil {
		return err
	}
	title(w, "RFM segments (客户分层)",
		fmt.Sprintf("Quintiles of days since the last order before %s, of orders and of revenue, named by an\n"+
			"ordered list of rules; days, orders and revenue of a customer are means.", asOf.Format(time.DateOnly)))
	fmt.Fprint(w, table)
	return nil
}

func crossSales(w io.Writer, customers *kpi.Customers, years []kpi.Period) error {
	lines, err := data.Lines()
	if err != nil {
		return err
	}
	var log kpi.Log
	if err := log.SetProps("category"); err != nil {
		return err
	}
	for _, l := range lines {
		e := kpi.Event{Customer: l.Customer, Name: "line", At: l.Date, Amount: l.Sales, Props: []string{l.Category}}
		if err := log.Add(e); err != nil {
			return err
		}
	}
	t := heading(w, "Cross-sales and up-sales (交叉销售率, 向上销售率)",
		"Cross-sell: buyers of the year with two categories or more. Up-sell: of the buyers of this and\n"+
			"the last year, those whose mean order rose; about as many fall by chance alone.",
		"year\tcross-sell\tcategories/buyer\tmean order rose\tfell")
	var last *kpi.CrossSell
	for i, y := range years {
		last, err = log.CrossSell(context.Background(), kpi.CrossSellSpec{Line: "category", From: y.Start, AsOf: y.End})
		if err != nil {
			return err
		}
		rate, err := share(last.Rate())
		if err != nil {
			return err
		}
		each, err := last.LinesPerCustomer()
		if err != nil {
			return err
		}
		rose, fell := "not known", "not known"
		if i > 0 {
			u, err := customers.UpSell(years[i-1], y)
			if err != nil {
				return err
			}
			if rose, err = share(u.Rate()); err != nil {
				return err
			}
			if fell, err = share(u.DownRate()); err != nil {
				return err
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%.2f\t%s\t%s\t\n", y, rate, each, rose, fell)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nOf the buyers of a category in %s, those who bought another as well (连带率):\n\n%s", years[len(years)-1], last)
	return nil
}
