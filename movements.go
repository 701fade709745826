package kpi

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// MRRPeriod is a row of MRRMovements.
type MRRPeriod struct {
	Period   Period `json:"period"`   // the whole of it, also if AsOf falls inside
	Complete bool   `json:"complete"` // Period has ended at AsOf; else MRR is up to there
	MRR      MRR    `json:"mrr"`      // how it moved within it
}

// MRRMovements is how recurring revenue moved from period to period, and beside it
// what was asked. Every row begins with what the one before it ended with, and the
// first with nothing. Records that begin in mid-life say New of whoever was there: ask
// from the second row on, or give the records that are missing. The zero value is the
// identity of Merge.
type MRRMovements struct {
	AsOf        time.Time   `json:"as_of"`                  // exclusive
	Unit        Unit        `json:"unit"`                   // of the periods
	Location    string      `json:"location,omitempty"`     // the name of the zone of their dates, "" is UTC
	WeekStart   WeekStart   `json:"week_start,omitempty"`   // the first day of their weeks
	FiscalStart time.Month  `json:"fiscal_start,omitempty"` // the first month of their years and quarters, 0 is January
	Rows        []MRRPeriod `json:"rows"`                   // by Period, without a gap; the last holds AsOf or ends there
}

// Movements returns how the recurring revenue moved in each period of cal, from that of
// the first start to the last that begins before asOf, net by customer: New are those
// who paid nothing at any time before the period, Reactivation those who did but not at
// its beginning. Who pays at both ends has not churned, whatever was between. It
// returns an error as MRR does, or if cal is out of range or there are more than a
// million periods.
func (ss Subscriptions) Movements(cal Calendar, asOf time.Time) (*MRRMovements, error) {
	const metric = "Subscriptions.Movements"
	if err := cal.valid(metric); err != nil {
		return nil, err
	}
	lines, err := ss.lines(metric, asOf)
	if err != nil {
		return nil, err
	}
	out := &MRRMovements{AsOf: sayable(asOf), Unit: cal.Unit}
	out.Location, out.WeekStart, out.FiscalStart = cal.asked()
	if len(lines) == 0 {
		return out, nil
	}
	first := lines[0][0].at
	for _, l := range lines {
		first = min(first, l[0].at)
	}
	periods, err := cal.Periods(time.Unix(0, first), asOf)
	if err != nil {
		return nil, under(err, metric)
	}
	starts := make([]int64, len(periods))
	for i, p := range periods {
		starts[i] = clampInstant(p.Start)
	}
	table := newStartTable(starts, clampInstant(periods[len(periods)-1].End))
	moved := make([]mrrMoved, len(periods))
	for _, l := range lines {
		l.move(&table, moved)
	}
	out.Rows = make([]MRRPeriod, len(periods))
	for i, p := range periods {
		r := &out.Rows[i]
		r.Period, r.Complete = p, p.Complete(asOf)
		r.MRR = moved[i].form()
		if i > 0 {
			r.MRR.open(&out.Rows[i-1].MRR)
		}
	}
	if err := out.valid(metric); err != nil {
		return nil, err
	}
	return out, nil
}

// mrrMoved are the movements of one period, in money of mrrMonths.
type mrrMoved struct {
	amounts   [mrrFields]decimal.Decimal
	customers [mrrFields]int64
}

// move adds the movements of one customer to those of all.
func (l mrrLine) move(table *startTable, moved []mrrMoved) {
	var before decimal.Decimal
	paid := false // at any instant before the period
	for i := 0; i < len(l); {
		row := table.period(l[i].at)
		pays := paid
		after := before
		for ; i < len(l) && table.period(l[i].at) == row; i++ {
			after = l[i].level
			pays = pays || after.Sign() > 0
		}
		change := after.Sub(before)
		var kind int
		switch {
		case before.Sign() == 0 && !paid:
			kind = mrrNew
		case before.Sign() == 0:
			kind = mrrReactivation
		case after.Sign() == 0:
			kind = mrrChurn
		case change.Sign() > 0:
			kind = mrrExpansion
		default:
			kind = mrrContraction
		}
		if change.Sign() != 0 {
			m := &moved[row]
			m.amounts[kind] = m.amounts[kind].Add(change.Abs())
			m.customers[kind]++
		}
		before, paid = after, pays
	}
}

// form returns the movements, which open with nothing.
func (m *mrrMoved) form() MRR {
	var out MRR
	amounts, customers := out.amounts(), out.customers()
	for i := range mrrFields {
		*amounts[i], *customers[i] = aMonth(m.amounts[i]), m.customers[i]
	}
	return out
}

// open sets the opening of m, which is possible, to the closing of the period before.
func (m *MRR) open(before *MRR) {
	m.Opening = before.closing()
	m.OpeningCustomers = before.OpeningCustomers + before.NewCustomers + before.ReactivatedCustomers - before.ChurnedCustomers
}

// ChainedNRR returns the product of NRR over the rows i with from ≤ i < to, as some
// reports have it for a year of months. It is not the retention of anybody: customers
// who joined on the way are in the later factors, and where the young leave sooner it
// is below [Subscriptions.CohortNRR]. It returns an error if there are no such rows,
// if the table is impossible, if a row opens with nothing, naming it, or if the
// fraction is too large.
func (m *MRRMovements) ChainedNRR(from, to int) (Ratio, error) {
	return m.chained("MRRMovements.ChainedNRR", from, to, MRR.NRR)
}

// ChainedGRR returns the product of GRR over the rows i with from ≤ i < to, as
// ChainedNRR does that of NRR. It returns an error as that does.
func (m *MRRMovements) ChainedGRR(from, to int) (Ratio, error) {
	return m.chained("MRRMovements.ChainedGRR", from, to, MRR.GRR)
}

func (m *MRRMovements) chained(metric string, from, to int, rate func(MRR) (Ratio, error)) (Ratio, error) {
	if err := m.valid(metric); err != nil {
		return Ratio{}, err
	}
	if from < 0 || to > len(m.Rows) || from >= to {
		return Ratio{}, fail(metric, CodeOutOfRange, "from = %d, to = %d, len(Rows) = %d", from, to, len(m.Rows))
	}
	product, bits := Whole(1), int64(0)
	for i := from; i < to; i++ {
		r, err := rate(m.Rows[i].MRR)
		if err != nil {
			return Ratio{}, at(err, metric, i)
		}
		bits += bitsOf(r)
		if err := bounded(metric, bits); err != nil {
			return Ratio{}, err
		}
		product = product.Mul(r)
	}
	return product, nil
}

func (m *MRRMovements) table() *table {
	t := &table{head: []string{
		m.Unit.String(), "opening", "new", "reactivation", "expansion", "contraction", "churn", "closing", "customers", "NRR", "GRR",
	}, text: 1}
	for i := range m.Rows {
		r := &m.Rows[i]
		f := &r.MRR
		var cells []string
		for k, a := range f.amounts() {
			text := a.fixed(2)
			if k == mrrContraction || k == mrrChurn {
				text = a.Neg().fixed(2)
			}
			cells = append(cells, text)
		}
		cells = append(cells, f.closing().fixed(2),
			strconv.FormatInt(f.OpeningCustomers+f.NewCustomers+f.ReactivatedCustomers-f.ChurnedCustomers, 10))
		for _, rate := range []func(MRR) (Ratio, error){MRR.NRR, MRR.GRR} {
			text := Undefined
			if x, err := rate(*f); err == nil {
				text = x.Percent(1)
			}
			cells = append(cells, text)
		}
		for k := range cells {
			if !r.Complete && cells[k] != Undefined {
				cells[k] = "(" + cells[k] + ")"
			}
		}
		t.add(append([]string{periodLabel(r.Period, m.Unit)}, cells...)...)
	}
	return t
}

// String returns a line for each period; one that has not ended stands in parentheses,
// and what went with a minus.
func (m *MRRMovements) String() string { return m.table().String() }

// Markdown is String as a Markdown table.
func (m *MRRMovements) Markdown() string { return m.table().markdown() }

var movementsCatalog = []Entry{
	{
		Key: "nrr.chained", English: []string{"chained NRR", "product of monthly NRR"},
		Chinese: []string{"净收入留存率连乘", "连乘净收入留存率"}, Formula: "Π NRR over periods",
		Unit: "ratio", Direction: Higher, Type: "MRRMovements", Method: "ChainedNRR",
	},
	{
		Key: "grr.chained", English: []string{"chained GRR", "product of monthly GRR"},
		Chinese: []string{"毛收入留存率连乘", "连乘毛收入留存率"}, Formula: "Π GRR over periods",
		Unit: "share", Direction: Higher, Type: "MRRMovements", Method: "ChainedGRR",
	},
}
