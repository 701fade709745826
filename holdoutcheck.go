package kpi

import (
	"cmp"
	"slices"
	"strconv"
)

// checked is customers of a Holdout of whom the same is known, and who did the same.
type checked struct {
	Buyer
	orders, weight int64
	index          int // of one of them
}

// rows returns the different customers, in one order whatever theirs was, with what the
// model expects of each.
func (h *Holdout) rows(metric string) ([]checked, error) {
	if len(h.Orders) != len(h.Buyers) {
		return nil, fail(metric, CodeLength, "len(Orders) = %d ≠ %d = len(Buyers)", len(h.Orders), len(h.Buyers))
	}
	if len(h.Buyers) == 0 {
		return nil, fail(metric, CodeNoData, "len(Buyers) = 0")
	}
	if err := validAge(metric, "Time", h.Time); err != nil {
		return nil, err
	}
	all := make([]checked, len(h.Buyers))
	var customers, bought int64
	for i := range h.Buyers {
		b, n := &h.Buyers[i], h.Orders[i]
		err := b.askable(metric, h.Buyers[0].Unit)
		switch {
		case err != nil:
		case n < 0:
			err = fail(metric, CodeNegative, "Orders = %d", n)
		case n > mostCounted/b.weight():
			err = fail(metric, CodeTooLarge, "Orders = %d", n)
		default:
			err = addCounts(metric, []*int64{&customers, &bought}, b.weight(), n*b.weight())
		}
		if err != nil {
			return nil, at(err, metric, i)
		}
		all[i] = checked{
			Buyer:  Buyer{Frequency: b.Frequency, Recency: b.Recency + 0, Age: b.Age + 0, Unit: b.Unit},
			orders: n, weight: b.weight(), index: i,
		}
	}
	slices.SortFunc(all, func(a, b checked) int {
		return cmp.Or(cmp.Compare(a.Frequency, b.Frequency), cmp.Compare(a.Recency, b.Recency), cmp.Compare(a.Age, b.Age), cmp.Compare(a.orders, b.orders))
	})
	rows := all[:0]
	for _, r := range all {
		if k := len(rows) - 1; k >= 0 && rows[k].Buyer == r.Buyer && rows[k].orders == r.orders {
			rows[k].weight += r.weight
			continue
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// each asks the fitted model about the rows.
func (h *Holdout) each(metric string, fit *FitReport, rows []checked, visit func(r *checked, o *outlook, expected float64) error) error {
	model, err := fit.model(metric)
	if err != nil {
		return err
	}
	m := model(fit.Parameters)
	for i := range rows {
		r := &rows[i]
		o, err := m.outlook(metric, &r.Buyer)
		if err != nil {
			return at(err, metric, r.index)
		}
		e, err := o.expected(h.Time)
		if err != nil {
			return at(err, metric, r.index)
		}
		if err := visit(r, &o, e); err != nil {
			return at(err, metric, r.index)
		}
	}
	return nil
}

// HoldoutRow is the buyers of one Frequency.
type HoldoutRow struct {
	Frequency int64   `json:"frequency"` // of the buyers at the end of what the model knows; the last row has this or more
	Customers int64   `json:"customers"` // of that Frequency
	Actual    int64   `json:"actual"`    // their orders after it
	Expected  float64 `json:"expected"`  // the same
}

// HoldoutTable is what buyers did beside what a model expected of them, by how often
// they had ordered before, from 0 on: whether it tells those who come back from those
// who do not, where Tracking shows their sum alone. By frequency is how papers show it
// (Fader, Hardie and Lee 2005, figure 4).
//
// Who ordered often before is expected to do less, and does: a model that fails in the
// last rows expects too much of the best customers. These are few; chance is large.
type HoldoutTable []HoldoutRow

// ByFrequency returns what the buyers did and what the fitted model expected, by their
// Frequency 0, 1, … and last or more. The fit is of FitBGNBD, FitMBGNBD or
// FitParetoNBD, or a FitReport of which Model, Parameters and Unit are typed in.
//
// It returns an error if there are no buyers or not as many Orders; if a buyer is
// invalid, has impossible orders or is of another Unit than the fit, naming it; if Time
// is negative or not finite; if last is negative or above 1,000; or if the fit is not of
// a model of repeat buying.
func (h *Holdout) ByFrequency(fit FitReport, last int) (HoldoutTable, error) {
	const metric, most = "Holdout.ByFrequency", 1000
	if last < 0 || last > most {
		return nil, fail(metric, CodeOutOfRange, "last = %d ∉ [0, %d]", last, most)
	}
	rows, err := h.rows(metric)
	if err != nil {
		return nil, err
	}
	out, sums := make(HoldoutTable, last+1), make([]compensated, last+1)
	err = h.each(metric, &fit, rows, func(r *checked, _ *outlook, expected float64) error {
		k := min(r.Frequency, int64(last))
		out[k].Customers += r.weight
		out[k].Actual += r.weight * r.orders
		sums[k].add(float64(r.weight) * expected)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for k := range out {
		out[k].Frequency = int64(k)
		if out[k].Expected, err = estimate(metric, sums[k].value()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t HoldoutTable) table() *table {
	out := &table{head: []string{"frequency", "customers", "actual", "expected", "actual each", "expected each"}, text: 1}
	for i, r := range t {
		name := strconv.FormatInt(r.Frequency, 10)
		if i == len(t)-1 {
			name += "+"
		}
		actual, expected := Undefined, Undefined
		if r.Customers > 0 {
			each := func(v float64) string { return strconv.FormatFloat(v/float64(r.Customers), 'f', 2, 64) }
			actual, expected = each(float64(r.Actual)), each(r.Expected)
		}
		out.add(name, strconv.FormatInt(r.Customers, 10), strconv.FormatInt(r.Actual, 10), tenths(r.Expected), actual, expected)
	}
	return out
}

// String returns the table in columns, with the orders of a customer to two places.
func (t HoldoutTable) String() string { return t.table().String() }

// Markdown returns the same as a Markdown table.
func (t HoldoutTable) Markdown() string { return t.table().markdown() }

var holdoutCatalog = []Entry{
	{
		Key: "holdout.by_frequency", English: []string{"orders by earlier frequency, actual against expected", "conditional expectations"},
		Chinese: []string{"按历史购买频次的实际与预期订单", "条件期望"}, Formula: "Σ Actual, Σ Expected by Frequency",
		Unit: "count", Direction: Neither, Type: "Holdout", Method: "ByFrequency",
	},
	{
		Key: "holdout.compare", English: []string{"models compared on a holdout", "out-of-sample log score"},
		Chinese: []string{"留出期模型比较", "样本外对数得分"}, Formula: "LogScore = Σ ln p(y) / n",
		Unit: "nats", Direction: Higher, Type: "Holdout", Method: "Compare",
	},
}
