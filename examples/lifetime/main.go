// Lifetime fits the models of repeat buying to two shops and asks what their customers
// will bring: first whether a model holds on a time that it did not see, then who is
// worth most, with the limits of what will happen, and what the simple formulas say.
// One shop is real orders, of which no model can tell who has left; the other is made
// up, so that the truth is known.
//
//	go run ./examples/lifetime
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sort"
	"strconv"
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

const (
	confidence = 0.95
	seed       = 1
)

var discount = kpi.Percent(10) // a year

// shop is orders, with what the report asks of them.
type shop struct {
	title  string
	log    *kpi.Log
	since  time.Time // customers who came before are first seen, not new
	end    time.Time // of what the models may know
	asOf   time.Time
	margin kpi.Ratio
}

func day(year int, month time.Month) time.Time {
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

func report(w io.Writer) error {
	orders, err := data.Orders()
	if err != nil {
		return err
	}
	superstore := new(kpi.Log)
	for _, o := range orders {
		if err := superstore.Add(kpi.Event{Customer: o.Customer, Name: "order", At: o.Date, Amount: o.Sales}); err != nil {
			return err
		}
	}
	generated, err := generate()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "LIFETIME VALUE, predicted. Estimates are rounded; limits at 95%%.\n")
	for _, s := range []shop{
		{"A. THE SHIPPED ORDERS, customers new since 2015", superstore, day(2015, 1), day(2017, 1), day(2018, 1), kpi.Percent(12)},
		{"B. A MADE-UP SHOP, customers new in 2024", generated, day(2024, 1), day(2025, 7), day(2026, 1), kpi.Percent(30)},
	} {
		fmt.Fprintf(w, "\n%s\n", s.title)
		if err := s.report(w); err != nil {
			return err
		}
	}
	return nil
}

// model is what the report asks of any model of repeat buying.
type model interface {
	CLV(b kpi.Buyer, spend kpi.GammaGamma, margin, annual kpi.Ratio) (decimal.Decimal, error)
	Expected(b kpi.Buyer, t float64) (float64, error)
	PAlive(b kpi.Buyer) (float64, error)
}

// fitted is a model with the report of its fit.
type fitted struct {
	model
	report kpi.FitReport
}

// told reports whether the data tell all parameters.
func (f fitted) told() bool { return len(f.report.Warnings) == 0 }

var names = []string{"BGNBD", "MBGNBD", "ParetoNBD"}

// settings end a search along a ridge early: good data take some thirty evaluations.
var settings = &kpi.FitSettings{Evaluations: 60}

// fit returns the model of that name under which the buyers' orders are likeliest.
func fit(name string, buyers []kpi.Buyer) (fitted, error) {
	switch name {
	case "BGNBD":
		m, r, err := kpi.FitBGNBD(buyers, settings)
		return fitted{m, r}, err
	case "MBGNBD":
		m, r, err := kpi.FitMBGNBD(buyers, settings)
		return fitted{m, r}, err
	default:
		m, r, err := kpi.FitParetoNBD(buyers, settings)
		return fitted{m, r}, err
	}
}

// fitAll returns the models that are found; one whose parameters the data do not tell
// may not be.
func fitAll(buyers []kpi.Buyer) (found []fitted, err error) {
	for _, name := range names {
		m, err := fit(name, buyers)
		if errors.Is(err, kpi.ErrNotConverged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	return found, nil
}

func (s shop) report(w io.Writer) error {
	customers, err := s.log.Customers(context.Background(), kpi.CustomerSpec{AsOf: s.asOf, Since: s.since})
	if err != nil {
		return err
	}
	spec := kpi.BuyerSpec{Calendar: kpi.Calendar{Unit: kpi.Week}, End: s.end}
	holdout, err := customers.Holdout(spec)
	if err != nil {
		return err
	}
	models, err := fitAll(holdout.Buyers)
	if err != nil {
		return err
	}
	best, err := choose(w, holdout, models)
	if err != nil {
		return err
	}
	if err := s.check(w, customers, holdout, spec, best); err != nil {
		return err
	}
	// What is to come is asked of all that is known.
	spec.End = s.asOf
	buyers, err := customers.Buyers(spec)
	if err != nil {
		return err
	}
	if best, err = fit(best.report.Model, buyers); err != nil {
		return err
	}
	spend, _, err := kpi.FitGammaGamma(buyers, nil)
	if err != nil {
		return err
	}
	if err := s.customers(w, buyers, best, spend); err != nil {
		return err
	}
	return s.formulas(w, customers, best, spend)
}

// choose compares the models that the data tell, and returns the best; else the first.
func choose(w io.Writer, holdout *kpi.Holdout, models []fitted) (best fitted, err error) {
	var told []kpi.FitReport
	for _, m := range models {
		if m.told() {
			told = append(told, m.report)
		}
	}
	if len(models) == 0 {
		return fitted{}, errors.New("no model was found")
	}
	if len(told) == 0 {
		fmt.Fprintf(w, "\nOf %d customers no model can tell who has left: the fits say that nobody has.\n"+
			"They are one model then, of orders at random, and how open it is they do not know.\n", len(holdout.Buyers))
		return models[0], nil
	}
	scores, err := holdout.Compare(told)
	if err != nil {
		return fitted{}, err
	}
	fmt.Fprintf(w, "\n%d customers, models compared on %.0f weeks that they did not see:\n\n", len(holdout.Buyers), holdout.Time)
	t := table(w, "model\tlog score\tRMSE\tMAE\tbias")
	for _, r := range scores {
		fmt.Fprintf(t, "%s\t%.3f\t%.2f\t%.2f\t%.2f\t\n", r.Model, r.LogScore, r.RMSE, r.MAE, r.Bias)
	}
	for _, m := range models {
		if m.report.Model == scores[0].Model {
			best = m
		}
	}
	return best, t.Flush()
}

// check shows the model beside what happened.
func (s shop) check(w io.Writer, customers *kpi.Customers, holdout *kpi.Holdout, spec kpi.BuyerSpec, best fitted) error {
	rows, err := holdout.ByFrequency(best.report, 7)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nOrders in the %.0f weeks after %s, by repeat orders before:\n\n", holdout.Time, spec.End.Format(time.DateOnly))
	t := table(w, "before\tcustomers\tactual\texpected")
	var actual int64
	expected := 0.0
	for i, r := range rows {
		name := strconv.FormatInt(r.Frequency, 10)
		if i == len(rows)-1 {
			name += " or more"
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%.0f\t\n", name, r.Customers, r.Actual, r.Expected)
		actual += r.Actual
		expected += r.Expected
	}
	fmt.Fprintf(t, "all\t\t%d\t%.0f\t\n", actual, expected)
	if err := t.Flush(); err != nil {
		return err
	}
	i, err := best.report.PredictionInterval(holdout.Buyers, holdout.Time, confidence, seed)
	text, err := known(fmt.Sprintf("%.0f to %.0f orders", i.Lo, i.Hi), err)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nLimits of what would happen: %s.\n\nRepeat orders by quarter:\n\n", text)
	quarters, err := kpi.Calendar{Unit: kpi.Quarter}.Periods(s.since, s.asOf)
	if err != nil {
		return err
	}
	tracking, err := customers.Tracking(best.report, spec, quarters)
	if err != nil {
		return err
	}
	t = table(w, "quarter\tdata\tactual\texpected\tactual to date\texpected to date")
	for _, r := range tracking {
		seen := "fit"
		if r.Holdout {
			seen = "holdout"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%.0f\t%d\t%.0f\t\n", r.Period, seen, r.Actual, r.Expected, r.ActualToDate, r.ExpectedToDate)
	}
	return t.Flush()
}

// customers shows who is worth most.
func (s shop) customers(w io.Writer, buyers []kpi.Buyer, best fitted, spend kpi.GammaGamma) error {
	type customer struct {
		kpi.Buyer
		orders, year float64 // what is expected of a year
	}
	all := make([]customer, len(buyers))
	for i, b := range buyers {
		orders, err := best.Expected(b, 52)
		if err != nil {
			return err
		}
		mean, err := spend.Expected(b)
		if err != nil {
			return err
		}
		all[i] = customer{b, orders, orders * mean}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].year > all[j].year })
	fmt.Fprintf(w, "\nCustomers by the sales that %s expects of them in the next 52 weeks, with the limits of their\n"+
		"orders. Value is all that they will bring, at a margin of %s and a discount of 10%% a year.\n\n", best.report.Model, s.margin.Percent(0))
	t := table(w, "customer\torders so far\tmean order\talive\torders\tlimits\tsales\tvalue")
	for _, c := range all[:8] {
		alive, err := best.PAlive(c.Buyer)
		if err != nil {
			return err
		}
		value, err := best.CLV(c.Buyer, spend, s.margin, discount)
		if err != nil {
			return err
		}
		i, err := best.report.PredictionInterval([]kpi.Buyer{c.Buyer}, 52, confidence, seed)
		limits, err := known(fmt.Sprintf("%.0f–%.0f", i.Lo, i.Hi), err)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%.0f%%\t%.1f\t%s\t%s\t%s\t\n",
			c.ID, 1+c.Frequency, c.Spend, 100*alive, c.orders, limits, short(c.year), short(value.InexactFloat64()))
	}
	return t.Flush()
}

// formulas shows three values of a new customer, after the first order, beside each
// other.
func (s shop) formulas(w io.Writer, customers *kpi.Customers, best fitted, spend kpi.GammaGamma) error {
	year := kpi.Calendar{Unit: kpi.Year}.Of(s.asOf.Add(-1))
	p, err := customers.Purchases(year)
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
	churn := kpi.Churn{Start: p.PreviousBuyers, Lost: p.PreviousBuyers - p.Kept}
	lifespan, err := churn.Lifespan()
	if err != nil {
		return err
	}
	retained, err := churn.Retention()
	if err != nil {
		return err
	}
	retention, err := retained.Ratio()
	if err != nil {
		return err
	}
	simple, err := kpi.CLV{OrderValue: perOrder, Orders: frequency}.Profit(lifespan, s.margin)
	if err != nil {
		return err
	}
	discounted, err := kpi.RetentionCLV{Margin: perOrder.Mul(frequency).Mul(s.margin), Timing: kpi.IfRetained}.Perpetuity(retention, discount)
	if err != nil {
		return err
	}
	predicted, err := best.CLV(kpi.Buyer{Unit: kpi.Week}, spend, s.margin, discount)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nA customer's value by three formulas; %s of the buyers of the year before were kept in %s.\n"+
		"The first does not discount. The first two are of those who bought in the year, the last of all who\ncome once.\n\n", retained.Percent(1), year)
	t := table(w, "")
	fmt.Fprintf(t, "order value × frequency × lifespan × margin\t%.2f\t\n", simple)
	fmt.Fprintf(t, "the same a year, kept and discounted\t%.2f\t\n", discounted)
	fmt.Fprintf(t, "predicted, of a new customer after the first order\t%s\t\n", short(predicted.InexactFloat64()))
	return t.Flush()
}

// known says so where the data do not tell.
func known(text string, err error) (string, error) {
	var e *kpi.Error
	if errors.As(err, &e) && e.Code == kpi.CodeWeak {
		return "not known", nil
	}
	return text, err
}

// short writes three significant digits.
func short(v float64) string {
	if v == 0 {
		return "0"
	}
	scale := math.Pow10(int(math.Floor(math.Log10(math.Abs(v)))) - 2)
	places := 0
	if scale < 1 {
		places = int(math.Round(-math.Log10(scale)))
	}
	return strconv.FormatFloat(math.Round(v/scale)*scale, 'f', places, 64)
}

func table(w io.Writer, columns string) *tabwriter.Writer {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if columns != "" {
		fmt.Fprintf(t, "%s\t\n", columns)
	}
	return t
}
