package kpi

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// TrackingRow is one period of a Tracking.
type TrackingRow struct {
	Period         Period  `json:"period"`           // of the table's Calendar
	Holdout        bool    `json:"holdout"`          // begins at BuyerSpec.End or later: the fit did not see it
	Customers      int64   `json:"customers"`        // whose first order is before its end
	Actual         int64   `json:"actual"`           // repeat orders in it, those of one day being one
	Expected       float64 `json:"expected"`         // repeat orders
	ActualToDate   int64   `json:"actual_to_date"`   // since the first period began
	ExpectedToDate float64 `json:"expected_to_date"` // the same
}

// Tracking are the repeat orders of a group of customers, period by period, beside those
// that a model expects of them: how well it follows the sales that it was fitted to,
// and those that came after. A model that holds runs beside the orders to the end; one
// that is wrong about who falls silent runs away from them, slowly, in what is to date.
//
// See a period that is off beside its neighbours: a model of repeat buying knows no
// seasons, no campaigns and no trend.
type Tracking []TrackingRow

// Tracking returns the repeat orders of the buyers of s, those who had their first order
// before End, in the periods, and what the fitted model expects of them,
//
//	Expected       = Σ E[Y(end − first)] − E[Y(start − first)]
//	ExpectedToDate = Σ E[Y(end − first)] − E[Y(start of all − first)]
//
// over the buyers, where Y(t) are the repeat orders of a new customer in a time t, 0 for
// t < 0: nothing is used of a buyer but the date of the first order. Times run from that
// date to the first date after the period, as papers and packages count here; the Age
// of a Buyer, which ends with the date of the last watched day, is a day less. Customers
// who come after End are not in it, though they bring orders: the fit does not speak of
// how many come.
//
// Periods are best those of a Calendar, from the first order on; dates count whole. The
// fit is of FitBGNBD, FitMBGNBD or FitParetoNBD, or a FitReport of which Model,
// Parameters and Unit are typed in.
//
// It returns an error as Buyers does; if there are no periods, if one is empty or does
// not begin where the one before ends, naming it, or if they end after AsOf; and if the
// fit is not of a model of repeat buying or of another Unit than the Calendar's.
func (c *Customers) Tracking(fit FitReport, s BuyerSpec, periods []Period) (Tracking, error) {
	const metric = "Customers.Tracking"
	end, err := c.end(metric, &s)
	if err != nil {
		return nil, err
	}
	if err := c.trackable(metric, periods); err != nil {
		return nil, err
	}
	model, err := fit.model(metric)
	if err != nil {
		return nil, err
	}
	if fit.Unit != s.Calendar.Unit {
		return nil, fail(metric, CodeMismatch, "Unit = %s ≠ %s", fit.Unit, s.Calendar.Unit)
	}
	newcomer, err := model(fit.Parameters).outlook(metric, &Buyer{Unit: fit.Unit})
	if err != nil {
		return nil, err
	}

	clock, out := s.clock(), make(Tracking, len(periods))
	bounds := []int{clock.at(periods[0].Start.Add(-1)) + 1} // the first dates of the periods, and that after
	for i, p := range periods {
		out[i].Period, out[i].Holdout = p, !p.Start.Before(end)
		bounds = append(bounds, clock.at(p.End.Add(-1))+1)
	}
	starts := map[int]int64{} // customers by the date of the first order
	for i, h := range c.history {
		if c.Rows[i].FirstSeen {
			continue
		}
		began, last := false, 0
		for j := range h {
			o := &h[j]
			if !o.isOrder() {
				continue
			}
			day := clock.at(o.At)
			if !began {
				if !o.At.Before(end) {
					break
				}
				starts[day]++
			} else if day != last {
				if k, _ := slices.BinarySearch(bounds, day+1); k > 0 && k < len(bounds) {
					out[k-1].Actual++
				}
			}
			began, last = true, day
		}
	}
	if err := out.expect(&newcomer, starts, bounds, clock.length); err != nil {
		return nil, err
	}
	return out, nil
}

// trackable refuses periods that do not follow each other.
func (c *Customers) trackable(metric string, periods []Period) error {
	if len(periods) == 0 {
		return fail(metric, CodeEmpty, "len(periods) = 0")
	}
	for i, p := range periods {
		err := p.check(metric)
		if err == nil {
			err = cmp.Or(codable(metric, "Start", p.Start), codable(metric, "End", p.End))
		}
		switch {
		case err != nil:
			return at(err, metric, i)
		case i > 0 && !p.Start.Equal(periods[i-1].End):
			return failAt(metric, CodeOrder, i, "Start = %s ≠ %s", p.Start.Format(time.RFC3339), periods[i-1].End.Format(time.RFC3339))
		case !p.Complete(c.AsOf):
			return failAt(metric, CodeTime, i, "End = %s > AsOf = %s", p.End.Format(time.RFC3339), c.AsOf.Format(time.RFC3339))
		}
	}
	return nil
}

// expect adds what is expected, and what is to date, of customers by the date on which
// they began.
func (t Tracking) expect(newcomer *outlook, starts map[int]int64, bounds []int, length float64) error {
	var begun []int
	for day := range starts {
		begun = append(begun, day)
	}
	slices.Sort(begun)
	ages := map[int]float64{} // what is expected by an age
	before := func(bound int) (customers int64, orders float64, err error) {
		var sum compensated
		for _, day := range begun {
			age := bound - day
			if age <= 0 {
				break
			}
			e, known := ages[age]
			if !known {
				if e, err = newcomer.expected(float64(age) / length); err != nil {
					return 0, 0, err
				}
				ages[age] = e
			}
			customers += starts[day]
			sum.add(float64(starts[day]) * e)
		}
		return customers, sum.value(), nil
	}
	_, first, err := before(bounds[0])
	if err != nil {
		return err
	}
	last, actual := first, int64(0)
	for i := range t {
		r := &t[i]
		var orders float64
		if r.Customers, orders, err = before(bounds[i+1]); err != nil {
			return err
		}
		actual += r.Actual
		r.Expected, r.ExpectedToDate, r.ActualToDate = orders-last, orders-first, actual
		last = orders
	}
	return nil
}

func (t Tracking) table() *table {
	out := &table{head: []string{"period", "data", "customers", "actual", "expected", "actual to date", "expected to date"}, text: 2}
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, r := range t {
		data := "fit"
		if r.Holdout {
			data = "holdout"
		}
		out.add(r.Period.String(), data, whole(r.Customers), whole(r.Actual), tenths(r.Expected), whole(r.ActualToDate), tenths(r.ExpectedToDate))
	}
	return out
}

// tenths renders expected orders.
func tenths(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// String returns the table in columns, expected orders to one place.
func (t Tracking) String() string { return t.table().String() }

// Markdown returns the same as a Markdown table.
func (t Tracking) Markdown() string { return t.table().markdown() }

var trackingCatalog = []Entry{
	{
		Key: "tracking.repeat_orders", English: []string{"tracking of repeat orders, actual against expected", "tracking plot"},
		Chinese: []string{"复购订单跟踪（实际与预期）", "重复购买跟踪图"}, Formula: "Actual, Expected = Σ E[Y(end − first)] − E[Y(start − first)]",
		Unit: "count", Direction: Neither, Type: "Customers", Method: "Tracking",
	},
}
