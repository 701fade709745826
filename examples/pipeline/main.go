// Pipeline prints the quarter of a sales team: what was won and how sure that is,
// where the open deals are and what they are worth, what follow-up brings, and how
// the reps compare once luck is taken out.
//
//	go run ./examples/pipeline
//
// The records are MADE UP by team.go, which knows how good each rep is and which
// medium gets answers, so that the report can be held against the truth.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/customerkpi/kpi"
)

func main() {
	if err := report(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const confidence = 0.95

func report(w io.Writer) error {
	r := generate()
	quarter := kpi.Calendar{Unit: kpi.Quarter, Location: city}.Of(asOf.Add(-1))
	fmt.Fprintf(w, "SALES REPORT, %s, as of %s\n\n", quarter, asOf.Format("2006-01-02"))
	fmt.Fprintf(w, "%d deals and %d follow-ups since %s, made up. Money in yuan. Intervals at 95%%.\n",
		len(r.deals), len(r.followUps), from.Format("2006-01-02"))
	for _, section := range []func(io.Writer, records, kpi.Period) error{
		wins, months, pipeline, reasons, contacts, timing, numbers, scorecard,
	} {
		if err := section(w, r, quarter); err != nil {
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

// share prints a proportion with its counts and its interval.
func share(p kpi.Proportion, err error) (string, error) {
	if errors.Is(err, kpi.ErrUndefined) {
		return kpi.Undefined, nil
	}
	if err != nil {
		return "", err
	}
	i, err := p.Interval(confidence)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s = %s [%s]", p, p.Percent(1), i.Percent(1)), nil
}

// byValue prints a share of money with its interval, over deals.
func byValue(r kpi.RatioOfSums, err error) (string, error) {
	if err != nil {
		return "", err
	}
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

// days prints seconds as days.
func days(r kpi.Ratio) string { return r.In(86_400, 1).StringFixed(1) }

func wins(w io.Writer, r records, quarter kpi.Period) error {
	count, err := share(r.deals.WinRate(quarter))
	if err != nil {
		return err
	}
	value, err := byValue(r.deals.ValueWinRate(quarter))
	if err != nil {
		return err
	}
	cohort, err := r.deals.Cohort(quarter, asOf)
	if err != nil {
		return err
	}
	least, err := cohort.LeastRate()
	if err != nil {
		return err
	}
	most, err := cohort.MostRate()
	if err != nil {
		return err
	}
	cycle, err := r.deals.Cycle(quarter)
	if err != nil {
		return err
	}
	median, err := cycle.Quantile(kpi.Percent(50), kpi.Type7)
	if err != nil {
		return err
	}
	lives, err := r.deals.Lifetimes(asOf, city)
	if err != nil {
		return err
	}
	open, err := lives.Survival()
	if err != nil {
		return err
	}
	half, err := open.Median()
	if err != nil {
		return err
	}
	limits, err := open.MedianInterval(confidence, kpi.LogLogBand)
	if err != nil {
		return err
	}
	velocity, err := r.deals.Velocity(quarter, asOf)
	if err != nil {
		return err
	}
	t := heading(w, "1. What was won",
		"A rate by date of closing has nothing open in it; of the deals created in the quarter many\n"+
			"are, and the rate of all of them lies somewhere between two limits. The cycle of the won leaves\n"+
			"out what is open and what was lost; the survival has both.", "")
	fmt.Fprintf(t, "win rate (成交率), of those closed\t%s\t\n", count)
	fmt.Fprintf(t, "win rate by value\t%s\t\n", value)
	fmt.Fprintf(t, "created in the quarter: won, lost, open\t%d, %d, %d\t\n", cohort.Won, cohort.Lost, cohort.Open)
	fmt.Fprintf(t, "of these will be won\t%s to %s\t\n", least.Percent(1), most.Percent(1))
	fmt.Fprintf(t, "cycle of the won, median days\t%s\t\n", days(median))
	fmt.Fprintf(t, "half of all deals are won or lost by, days\t%.0f [%.0f–%.0f]\t\n", half, limits.Lo, limits.Hi)
	fmt.Fprintf(t, "velocity (销售速度), a day\t%.0f\t\n", velocity)
	return t.Flush()
}

func months(w io.Writer, r records, quarter kpi.Period) error {
	list, err := kpi.Calendar{Unit: kpi.Month, Location: city}.Periods(quarter.Start, quarter.End)
	if err != nil {
		return err
	}
	t := heading(w, "2. By month",
		"A month was better than the one before if the interval of the change, in points, leaves 0 out.",
		"month\tcreated\twon / decided\tchange\tby value")
	for _, m := range list {
		rate, err := r.deals.WinRate(m)
		if err != nil {
			return err
		}
		before, err := r.deals.WinRate(m.Previous())
		if err != nil {
			return err
		}
		change, err := rate.Diff(before, confidence)
		if err != nil {
			return err
		}
		cohort, err := r.deals.Cohort(m, asOf)
		if err != nil {
			return err
		}
		count, err := share(rate, nil)
		if err != nil {
			return err
		}
		value, err := byValue(r.deals.ValueWinRate(m))
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%.1f to %.1f\t%s\t\n", m, cohort.Won+cohort.Lost+cohort.Open, count, 100*change.Lo, 100*change.Hi, value)
	}
	return t.Flush()
}

func pipeline(w io.Writer, r records, quarter kpi.Period) error {
	spec := kpi.PipelineSpec{Stages: stages, AsOf: asOf, Created: quarter.Previous(), Location: city}
	old, err := r.deals.Pipeline(spec)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n3. The pipeline\nHow far the deals of %s came, nearly all of which are decided:\n\n%s", spec.Created, old)
	spec.Created = kpi.Period{}
	all, err := r.deals.Pipeline(spec)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nWhat is open now is worth the share of the former that was won from its stage:\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "stage\topen\tvalue\twon from it\tweighted\tdays there\tover 30 days\t\n")
	won := old.Funnel.Stages[len(stages)].N
	chances, only := make([]kpi.Ratio, len(stages)), make([]kpi.Ratio, len(stages))
	for i, name := range stages {
		p := kpi.Proportion{K: won, N: old.Funnel.Stages[i].N}
		if chances[i], err = p.Ratio(); err != nil {
			return err
		}
		clear(only)
		only[i] = chances[i]
		weighted, err := all.Weighted(only)
		if err != nil {
			return err
		}
		mean, err := all.Days(i)
		if err != nil {
			return err
		}
		there, err := mean.Ratio()
		if err != nil {
			return err
		}
		stale, err := all.Stale(i, 30)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%.0f\t%.1f\t%s\t\n", name, len(all.Open[i].Days), all.Open[i].Value.StringFixed(0),
			p.Percent(1), weighted, there, stale)
	}
	value, err := all.Value()
	if err != nil {
		return err
	}
	weighted, err := all.Weighted(chances)
	if err != nil {
		return err
	}
	fmt.Fprintf(t, "total\t\t%s\t\t%.0f\t\t\t\n", value.StringFixed(0), weighted)
	return t.Flush()
}

func reasons(w io.Writer, r records, quarter kpi.Period) error {
	lost, err := r.deals.LostReasons(quarter)
	if err != nil {
		return err
	}
	rows, err := lost.Pareto()
	if err != nil {
		return err
	}
	t := heading(w, "4. Why deals were lost (流失原因)",
		"What is first in the list is where to look, and the order of neighbours is chance.",
		"reason\tof the lost")
	for _, row := range rows {
		text, err := share(row.Share, nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t\n", row.Reason, text)
	}
	return t.Flush()
}

func contacts(w io.Writer, r records, quarter kpi.Period) error {
	list, err := kpi.Calendar{Unit: kpi.Month, Location: city}.Periods(quarter.Start, quarter.End)
	if err != nil {
		return err
	}
	t := heading(w, "5. Follow-up",
		"Volume (每月跟进量), follow-ups a deal (跟进次数), days between two (跟进周期), those answered\n"+
			"(客户响应率), those that moved a deal on (跟进效率), and those due and not done (漏跟进).",
		"month\tdone\ta deal\tdays between\tanswered\tmoved on\tmissed")
	for _, m := range list {
		n, err := r.followUps.Volume(m)
		if err != nil {
			return err
		}
		perDeal, err := r.followUps.PerDeal(m)
		if err != nil {
			return err
		}
		mean, err := perDeal.Ratio()
		if err != nil {
			return err
		}
		gaps, err := r.followUps.Gaps(m)
		if err != nil {
			return err
		}
		gap, err := gaps.Quantile(kpi.Percent(50), kpi.Type7)
		if err != nil {
			return err
		}
		answered, err := r.followUps.ResponseRate(m)
		if err != nil {
			return err
		}
		moved, err := r.followUps.Efficiency(m)
		if err != nil {
			return err
		}
		missed, err := r.followUps.MissedRate(m, asOf)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%s\t%s\t%s\t%s = %s\t\n", m, n, mean, days(gap), answered.Percent(1), moved.Percent(1), missed, missed.Percent(1))
	}
	return t.Flush()
}

func timing(w io.Writer, r records, quarter kpi.Period) error {
	rates, err := r.followUps.Rates(kpi.FollowUpSpec{
		By:      []kpi.FollowUpBy{kpi.ByMedium, kpi.ByHour, kpi.ByWeekday},
		Outcome: kpi.FollowUpAnswered, Period: quarter, Location: city, Hours: []int{9, 10, 12, 14, 16, 18},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n6. When and how to follow up (最佳时段与方式)\n"+
		"Each line against the rest of its kind; p is adjusted for all %d lines, which were declared\nbefore anybody looked.\n\n%s", len(rates.Cells), rates)
	fmt.Fprintf(w, "\nAfter the adjustment these stand out:\n")
	for _, c := range rates.Cells {
		if c.Adjusted <= 0.05 {
			fmt.Fprintf(w, "  %s: %s\n", c.Name, c.Rate.Percent(1))
		}
	}
	return nil
}

func numbers(w io.Writer, r records, _ kpi.Period) error {
	s, err := r.followUps.Successes(r.deals, asOf)
	if err != nil {
		return err
	}
	t := heading(w, "7. What the k-th follow-up wins (跟进成功率)",
		"Of the deals that got to a k-th follow-up, those won at it. The won of all with exactly k, which\n"+
			"is often shown instead, makes every further follow-up look better than it is.",
		"k\twon at it / reached it\twon of all with exactly k")
	for k := 1; k < len(s); k++ {
		p, err := s.Rate(k)
		if err == nil && p.N < 30 {
			break // too few to say
		}
		rate, err := share(p, err)
		if err != nil {
			return err
		}
		naive := kpi.Proportion{K: s[k].Won, N: s[k].Won + s[k].Lost}
		fmt.Fprintf(t, "%d\t%s\t%s\t\n", k, rate, naive.Percent(1))
	}
	return t.Flush()
}

func scorecard(w io.Writer, r records, quarter kpi.Period) error {
	satisfied := map[string]kpi.Proportion{}
	for name, survey := range r.satisfied {
		top, err := survey.TopBox()
		if err != nil {
			return err
		}
		satisfied[name] = top
	}
	card, err := r.deals.Scorecard(r.followUps, satisfied, quarter)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n8. The team (团队绩效)\n"+
		"Raw rates beside what is to be expected of the rep: few deals say little, at either end of\n"+
		"the list. Follow-ups are a count and no merit. Satisfied: 4 and 5 of 5.\n\n%s", card)
	wins, err := card.WinRates()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nThe whole team wins %s.", wins.Mean.Percent(1))
	if wins.Pooled {
		_, err = fmt.Fprintln(w, " What the reps differ, chance alone would make of it.")
		return err
	}
	_, err = fmt.Fprintf(w, " A rep's own deals count from %.0f of them on more than the team's.\n", wins.Strength)
	return err
}
