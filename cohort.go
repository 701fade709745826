package kpi

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// maxCells bounds the cells of a triangle.
const maxCells = 1 << 22

// Ages says how a customer's age is counted in a cohort triangle.
type Ages int

const (
	// AgesByPeriod counts calendar periods: with months, everything in the month
	// after the month of birth has age 1. Rows are the familiar triangle.
	AgesByPeriod Ages = iota
	// AgesByCustomer counts whole units from each customer's own date of birth:
	// born on 31 January, one turns 1 on the last day of February. Every customer
	// has had the same time, and each age has its own base.
	AgesByCustomer
)

var agesNames = []string{"by period", "by customer"}

// String returns the name of a.
func (a Ages) String() string { return enumName(agesNames, int(a), "Ages") }

// ParseAges returns the Ages of that name.
func ParseAges(s string) (Ages, error) {
	i, err := parseEnum("ParseAges", agesNames, s)
	return Ages(i), err
}

// MarshalText returns the name of a.
func (a Ages) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseAges reads.
func (a *Ages) UnmarshalText(text []byte) error { return readEnum(a, ParseAges, text) }

// CohortSpec is the question behind a cohort triangle: of the customers born in
// each period, how many were active, and for how much, at each age since? A
// customer is born with the first Birth event, and active by a Return event at
// the same instant or later. An event without money, or of 0, is as good as any.
//
// A name that no row has is no error: one shard of a log may lack what another
// holds, and the shards must answer alike. A name that is misspelt therefore
// counts nobody; the names stand in the answer.
type CohortSpec struct {
	Calendar Calendar  // the periods of birth, and the unit of age
	Birth    []string  // event names; none is any event
	Return   []string  // event names; none is any event
	AsOf     time.Time // exclusive: rows from it on do not count
	Since    time.Time // if set, those born before it are first seen, not new
	By       string    // a property that splits each period by its value at birth
	Ages     Ages      // how ages are counted
	// Refunds says what a Birth or Return event of a negative amount is. The zero
	// value refuses it. Netted, that of a Return event moves the money of its age,
	// but nobody is born with it or active by it; ignored, it is left out.
	Refunds Refunds
	// Recurring puts a customer into the cohort of every period with a Birth
	// event, not of the first alone, so that cohorts overlap.
	Recurring bool
	// Rolling counts a customer as active at age k by a Return event at k or at
	// any later age (unbounded retention), or with a Horizon at one of the ages
	// k … k+Horizon. Without a Horizon the later ages are cut off by AsOf, more
	// for the young than for the old: such cells are provisional and are never
	// averaged.
	Rolling bool
	Horizon int
	Periods int // the number of ages, 0 for all up to AsOf
	// CountsOnly leaves the money out: every Amount and Total is 0. Where every
	// Birth event is a Return event too, ages are by period, and there are no more
	// than 64 periods, none of which Since divides, and no By, the answer then needs
	// no history, only a mask of periods for each customer, and comes sooner.
	CountsOnly bool
}

func (s *CohortSpec) valid(metric string) error {
	if err := s.Calendar.valid(metric); err != nil {
		return err
	}
	switch {
	case s.AsOf.IsZero():
		return fail(metric, CodeMissing, "AsOf")
	case s.Ages < AgesByPeriod || s.Ages > AgesByCustomer:
		return fail(metric, CodeOutOfRange, "Ages = %d", int(s.Ages))
	case s.Refunds < RefundsRefused || s.Refunds > RefundsIgnored:
		return fail(metric, CodeOutOfRange, "Refunds = %d", int(s.Refunds))
	case s.Horizon < 0 || s.Horizon > maxCells || s.Horizon > 0 && !s.Rolling:
		return fail(metric, CodeOutOfRange, "Horizon = %d, Rolling = %t", s.Horizon, s.Rolling)
	case s.Periods < 0:
		return fail(metric, CodeOutOfRange, "Periods = %d", s.Periods)
	}
	if _, err := instant(metric, s.AsOf); err != nil {
		return err
	}
	return cmp.Or(codable(metric, "Since", s.Since), readable(metric, s.Birth...), readable(metric, s.Return...))
}

// CohortCell is one age of one cohort.
type CohortCell struct {
	Active int64           `json:"active"` // of Base, active at this age
	Base   int64           `json:"base"`   // those who have had the time to be
	Amount decimal.Decimal `json:"amount"` // of Return events at this age, by Base
	Total  decimal.Decimal `json:"total"`  // the same at this age and before
	// Complete says that the age, and the horizon if there is one, lies wholly
	// before AsOf for everyone who was or may yet be born in Period, so that
	// nothing can change the cell any more. No cell of a Provisional answer is.
	Complete bool `json:"complete"`
}

// shadow stands for c in JSON.
func (c *CohortCell) shadow() any {
	type fields CohortCell
	return &struct {
		*fields
		Amount *jsonAmount `json:"amount"`
		Total  *jsonAmount `json:"total"`
	}{
		(*fields)(c),
		(*jsonAmount)(&c.Amount),
		(*jsonAmount)(&c.Total),
	}
}

// MarshalJSON writes the amounts exactly, as strings. It returns an error for
// amounts too large to be sums of what a Log holds.
func (c CohortCell) MarshalJSON() ([]byte, error) { return json.Marshal(c.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves c as it was, if data are anything else.
func (c *CohortCell) UnmarshalJSON(data []byte) error { return readForm(c, (*CohortCell).shadow, data) }

// Cohort is a row of a triangle: the customers born in Period, or, where
// CohortSpec.Since falls inside Period, those of them born before or since.
type Cohort struct {
	Period    Period       `json:"period"`
	Value     string       `json:"value,omitempty"` // of the property CohortSpec.By at birth
	FirstSeen bool         `json:"first_seen"`      // born before CohortSpec.Since
	Size      int64        `json:"size"`            // all who were born so
	Cells     []CohortCell `json:"cells"`           // by age; only ages that have begun
}

// Cohorts is the answer to a CohortSpec: a triangle of counts and money, from
// which shares are taken when asked for, and beside it what was asked, so that
// no two definitions are taken for one. Its zero value is the identity of Merge.
type Cohorts struct {
	AsOf        time.Time  `json:"as_of"`                  // exclusive
	Since       time.Time  `json:"since,omitzero"`         // if set, those born before it are first seen
	Unit        Unit       `json:"unit"`                   // of the periods and the ages
	Location    string     `json:"location,omitempty"`     // the name of the zone of their dates, "" is UTC
	WeekStart   WeekStart  `json:"week_start,omitempty"`   // the first day of their weeks
	FiscalStart time.Month `json:"fiscal_start,omitempty"` // the first month of their years and quarters, 0 is January
	AgesBy      Ages       `json:"ages_by"`                // how ages are counted
	Recurring   bool       `json:"recurring"`              // born in every period with a Birth event
	Rolling     bool       `json:"rolling"`                // active at an age by an event then or later
	Horizon     int        `json:"horizon"`                // by how many ages later, 0 for any
	Birth       []string   `json:"birth,omitempty"`        // event names, sorted; none is any event
	Return      []string   `json:"return,omitempty"`       // likewise
	Refunds     Refunds    `json:"refunds"`                // what a negative amount was
	By          string     `json:"by,omitempty"`           // the property behind Cohort.Value
	// CountsOnly says that Amount and Total were left out, and are not 0.
	CountsOnly bool     `json:"counts_only,omitempty"`
	Rows       []Cohort `json:"rows"` // by Period, those first seen first, then by Value
}

// Cohorts answers s. Periods of birth run without a gap from the first one in
// the log to the last that begins before AsOf; with By, only those with births
// are listed, by period and value. A period that Since falls inside has two rows,
// of those first seen and of the new. It returns an error if s is out of range,
// if AsOf is not set, if By was not declared, if an amount is negative and s does
// not say what that means, naming the row, beyond four million cells, or that of
// a context that is done.
func (l *Log) Cohorts(ctx context.Context, s CohortSpec) (*Cohorts, error) {
	const metric = "Log.Cohorts"
	if err := s.valid(metric); err != nil {
		return nil, err
	}
	by, err := l.propertyColumn(metric, s.By)
	if err != nil {
		return nil, err
	}
	b := cohortBuilder{
		log: l, spec: s, by: by, asOf: s.AsOf.UnixNano(), loc: s.Calendar.location(),
		birth: l.eventSet(s.Birth), back: l.eventSet(s.Return),
	}
	b.today = dateOf(s.AsOf, b.loc)
	if err := b.setPeriods(ctx, metric); err != nil {
		return nil, err
	}
	rows := map[cohortKey]*cohortRow{}
	switch {
	case len(b.periods) == 0: // nobody was born
	case b.masked():
		rows, err = b.masks(ctx)
	default:
		rows, err = b.histories(ctx, metric)
	}
	if err != nil {
		return nil, err
	}
	return b.answer(rows), nil
}

// cell returns the cell of row i at age k, and whether it is there.
func (c *Cohorts) cell(i, k int) (CohortCell, bool) {
	if i < 0 || i >= len(c.Rows) || k < 0 || k >= len(c.Rows[i].Cells) {
		return CohortCell{}, false
	}
	return c.Rows[i].Cells[k], true
}

// Provisional reports whether c is rolling without a horizon, so that a later
// AsOf may change every Active.
func (c *Cohorts) Provisional() bool { return c.Rolling && c.Horizon == 0 }

// decided reports whether a cell may be quoted and averaged. With ages by
// customer it may before it is complete, since all of its base have had the time.
func (c *Cohorts) decided(cell CohortCell) bool {
	return (cell.Complete || c.AgesBy == AgesByCustomer) && !c.Provisional()
}

// final reports whether the cell of row i at age k, which is there, is decided,
// possible and not empty.
func (c *Cohorts) final(i, k int) bool {
	cell := c.Rows[i].Cells[k]
	return c.decided(cell) && cell.Base > 0 && c.Rows[i].possible("", k) == nil
}

// Ages returns the number of ages of the longest row.
func (c *Cohorts) Ages() int {
	n := 0
	for _, r := range c.Rows {
		n = max(n, len(r.Cells))
	}
	return n
}

// Retention returns the share of cohort i that was active at age k (次日留存 for
// days and k = 1). It reports false if the cell does not exist, is empty or
// provisional, is incomplete with ages by period, or holds counts that are
// impossible; the proportion is then what is known so far.
func (c *Cohorts) Retention(i, k int) (Proportion, bool) {
	cell, ok := c.cell(i, k)
	return Proportion{K: cell.Active, N: cell.Base}, ok && c.final(i, k)
}

// CumulativeValue returns what cohort i has brought by the end of age k, per
// customer of its base. It reports false as Retention does, and where the answer
// is CountsOnly.
func (c *Cohorts) CumulativeValue(i, k int) (Ratio, bool) {
	cell, ok := c.cell(i, k)
	if !ok || c.CountsOnly || cell.Base <= 0 || gateTimes("", "", cell.Total, 2) != nil {
		return Ratio{}, false
	}
	v := new(big.Rat).Quo(cell.Total.Rat(), new(big.Rat).SetInt64(cell.Base))
	return ratio(v), c.final(i, k)
}

// Average returns the retention at age k over all cohorts together: the sum of
// the active over the sum of the bases, so that each customer weighs the same.
// Only cells that Retention reports as true count, at 0 % too; cohorts first seen
// do not, since their ages are not known. It returns an error if no cell is left,
// or if the counts of one that would count are impossible, naming the row.
func (c *Cohorts) Average(k int) (Proportion, error) {
	sum, _, err := c.pooled("Cohorts.Average", k)
	return sum, err
}

// SimpleAverage returns the unweighted mean of the cohorts' retention at age k,
// so that each cohort weighs the same, over the cells that Average takes. It
// returns an error as Average does, or beyond ten thousand different bases.
func (c *Cohorts) SimpleAverage(k int) (Ratio, error) {
	const metric = "Cohorts.SimpleAverage"
	_, column, err := c.pooled(metric, k)
	if err != nil {
		return Ratio{}, err
	}
	terms := make(fractions)
	for _, p := range column {
		terms.add(big.NewInt(p.K), p.N)
	}
	sum, err := exactSum(metric, terms)
	if err != nil {
		return Ratio{}, err
	}
	return ratio(sum.Quo(sum, new(big.Rat).SetInt64(int64(len(column))))), nil
}

// pooled returns the cells at age k that may be averaged, and their sum.
func (c *Cohorts) pooled(metric string, k int) (sum Proportion, column []Proportion, err error) {
	for i, r := range c.Rows {
		cell, ok := c.cell(i, k)
		if !ok || !c.decided(cell) || r.FirstSeen {
			continue
		}
		err = r.possible(metric, k)
		p := Proportion{K: cell.Active, N: cell.Base}
		if err == nil {
			sum, err = sum.Merge(p)
		}
		if err != nil {
			return Proportion{}, nil, at(err, metric, i)
		}
		if p.N > 0 {
			column = append(column, p)
		}
	}
	if sum.N == 0 {
		return Proportion{}, nil, fail(metric, CodeNoData, "Complete = 0, k = %d", k)
	}
	return sum, column, nil
}

// Dims returns the numbers of ages and of cohorts: with X, Y and Z it makes a
// Cohorts a gonum/plot GridXYZ of retention.
func (c *Cohorts) Dims() (columns, rows int) { return c.Ages(), len(c.Rows) }

// X returns the age of a column.
func (c *Cohorts) X(column int) float64 { return float64(column) }

// Y returns the position of a row.
func (c *Cohorts) Y(row int) float64 { return float64(row) }

// Z returns the retention of a cell, or NaN where Retention reports false, which
// plots leave blank.
func (c *Cohorts) Z(column, row int) float64 {
	p, ok := c.Retention(row, column)
	r, err := p.Ratio()
	if !ok || err != nil {
		return math.NaN()
	}
	return r.Float64()
}

// label names row i.
func (c *Cohorts) label(i int) string {
	r := c.Rows[i]
	s := periodLabel(r.Period, c.Unit)
	if r.Value != "" {
		s += " " + r.Value
	}
	if r.FirstSeen {
		s += " (first seen)"
	}
	return s
}

// title heads the column of cohorts, and says what departs from the familiar
// triangle.
func (c *Cohorts) title() string {
	var what []string
	if c.Recurring {
		what = append(what, "recurring")
	}
	if c.AgesBy == AgesByCustomer {
		what = append(what, "ages by customer")
	}
	if c.Rolling {
		what = append(what, "rolling")
	}
	if c.Horizon > 0 {
		what = append(what, "H = "+strconv.Itoa(c.Horizon))
	}
	if len(what) == 0 {
		return "cohort"
	}
	return "cohort (" + strings.Join(what, ", ") + ")"
}

// grid lays out one figure per cell; those that are not final stand in
// parentheses, and those that have not begun are blank.
func (c *Cohorts) grid(figure func(i, k int) (string, bool)) *table {
	t := &table{head: []string{c.title(), "n"}, text: 1}
	for k := range c.Ages() {
		t.head = append(t.head, strconv.Itoa(k))
	}
	for i, r := range c.Rows {
		cells := make([]string, len(t.head))
		cells[0], cells[1] = c.label(i), strconv.FormatInt(r.Size, 10)
		for k := range r.Cells {
			s, final := figure(i, k)
			if !final && s != Undefined {
				s = "(" + s + ")"
			}
			cells[k+2] = s
		}
		t.add(cells...)
	}
	return t
}

func (c *Cohorts) retentionTable() *table {
	return c.grid(func(i, k int) (string, bool) {
		p, ok := c.Retention(i, k)
		return p.Percent(1), ok
	})
}

// String returns the triangle of retention; cells that are not final stand in
// parentheses. The first heading names what is not the familiar triangle:
// "cohort (recurring, ages by customer, rolling, H = 1)".
func (c *Cohorts) String() string { return c.retentionTable().String() }

// Markdown is String as a Markdown table.
func (c *Cohorts) Markdown() string { return c.retentionTable().markdown() }

// Amounts returns the triangle of money, each age's own, with a fixed number of
// places.
func (c *Cohorts) Amounts(places int32) Table {
	return Table{c.grid(func(i, k int) (string, bool) {
		cell := c.Rows[i].Cells[k]
		if gateTimes("", "", cell.Amount, 2) != nil {
			return Undefined, false
		}
		return money(cell.Amount, max(places, 0)), c.decided(cell)
	})}
}

// CumulativeValues returns the triangle of CumulativeValue, with a fixed number
// of places.
func (c *Cohorts) CumulativeValues(places int32) Table {
	return Table{c.grid(func(i, k int) (string, bool) {
		v, ok := c.CumulativeValue(i, k)
		cell := c.Rows[i].Cells[k]
		if cell.Base <= 0 || gateTimes("", "", cell.Total, 2) != nil {
			return Undefined, false
		}
		return v.fixed(max(places, 0)), ok
	})}
}

var cohortCatalog = []Entry{
	{
		Key: "cohort.retention", English: []string{"cohort retention", "day-N retention", "unbounded retention"},
		Chinese: []string{"同期群留存率", "次日留存", "7日留存", "30日留存"}, Formula: "Active / Base",
		Unit: "share", Direction: Higher, Type: "Cohorts", Method: "Retention",
	},
	{
		Key: "cohort.average", English: []string{"average cohort retention, pooled"},
		Chinese: []string{"平均留存率(加权)"}, Formula: "Σ Active / Σ Base over complete cells",
		Unit: "share", Direction: Higher, Type: "Cohorts", Method: "Average",
	},
	{
		Key: "cohort.simple_average", English: []string{"average cohort retention, unweighted"},
		Chinese: []string{"平均留存率(不加权)"}, Formula: "mean of Active / Base over complete cells",
		Unit: "share", Direction: Higher, Type: "Cohorts", Method: "SimpleAverage",
	},
	{
		Key: "cohort.value", English: []string{"cumulative value per customer", "cohort lifetime value to date"},
		Chinese: []string{"同期群累计价值", "累计客户价值"}, Formula: "Total / Base",
		Unit: "money", Direction: Higher, Type: "Cohorts", Method: "CumulativeValue",
	},
}
