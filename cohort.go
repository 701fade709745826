package kpi

import (
	"context"
	"math"
	"math/big"
	"slices"
	"strconv"
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

// CohortSpec is the question behind a cohort triangle: of the customers born in
// each period, how many were active, and for how much, at each age since? A
// customer is born with the first Birth event, and active by a Return event at
// the same instant or later.
type CohortSpec struct {
	Calendar Calendar // the periods of birth, and the unit of age
	Birth    []string // event names; none is any event
	Return   []string // event names; none is any event
	AsOf     time.Time
	Since    time.Time // if set, those born before it are first seen, not new
	By       string    // a property that splits each period by its value at birth
	Ages     Ages
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
	case s.Horizon < 0 || s.Horizon > maxCells || s.Horizon > 0 && !s.Rolling:
		return fail(metric, CodeOutOfRange, "Horizon = %d, Rolling = %t", s.Horizon, s.Rolling)
	case s.Periods < 0:
		return fail(metric, CodeOutOfRange, "Periods = %d", s.Periods)
	}
	_, err := instant(metric, s.AsOf)
	return err
}

// CohortCell is one age of one cohort.
type CohortCell struct {
	Active int64           `json:"active"` // of Base, active at this age
	Base   int64           `json:"base"`   // those who have had the time to be
	Amount decimal.Decimal `json:"amount"` // of Return events at this age, by Base
	Total  decimal.Decimal `json:"total"`  // the same at this age and before
	// Complete says that the age lies wholly before AsOf, so that nothing can
	// change the cell any more.
	Complete bool `json:"complete"`
}

// Cohort is a row of a triangle: the customers born in Period.
type Cohort struct {
	Period    Period       `json:"period"`
	Value     string       `json:"value,omitempty"` // of the property CohortSpec.By at birth
	FirstSeen bool         `json:"first_seen"`      // Period begins before CohortSpec.Since
	Size      int64        `json:"size"`
	Cells     []CohortCell `json:"cells"` // by age; only ages that have begun
}

// Cohorts is the answer to a CohortSpec: a triangle of counts and money, from
// which shares are taken when asked for.
type Cohorts struct {
	Unit        Unit     `json:"unit"`
	Provisional bool     `json:"provisional"` // rolling without a horizon
	Rows        []Cohort `json:"rows"`
}

// Cohorts answers s. Periods of birth run without a gap from the first one in
// the log to the last that begins before AsOf; with By, only those with births
// are listed, by period and value. It returns an error if s is out of range, if
// AsOf is not set, if By was not declared, beyond four million cells, or that of
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
	index, err := l.grouped(ctx)
	if err != nil {
		return nil, err
	}
	b := cohortBuilder{
		log: l, spec: s, by: by, asOf: s.AsOf.UnixNano(), loc: s.Calendar.location(),
		birth: l.eventSet(s.Birth), back: l.eventSet(s.Return), rows: map[cohortKey]*cohortRow{},
	}
	b.today = dateOf(s.AsOf, b.loc)
	if err := b.setPeriods(metric); err != nil {
		return nil, err
	}
	for c := range index.customers() {
		if c%checkEvery == 0 {
			if err := cancelled(ctx); err != nil {
				return nil, err
			}
		}
		if err := b.customer(metric, index.of(c)); err != nil {
			return nil, err
		}
	}
	return b.answer(), nil
}

type cohortKey struct {
	period int
	value  string
}

// cohortRow is a Cohort in the making. Each slice has one place per age and one
// beyond; until, active and gone hold changes from one age to the next, so that
// a life costs no more than its events.
type cohortRow struct {
	size   int64
	until  []int64 // lives that count for so many ages
	active []int64 // lives that become active at an age, less those that cease
	amount []Sum   // at an age
	gone   []Sum   // what the lives in until have brought
}

func (r *cohortRow) ages() int { return max(len(r.until)-1, 0) }

// grow makes room for n ages.
func (r *cohortRow) grow(n int) {
	if more := n + 1 - len(r.until); more > 0 {
		r.until = append(r.until, make([]int64, more)...)
		r.active = append(r.active, make([]int64, more)...)
		r.amount = append(r.amount, make([]Sum, more)...)
		r.gone = append(r.gone, make([]Sum, more)...)
	}
}

// cells adds the changes up.
func (r *cohortRow) cells() []CohortCell {
	out := make([]CohortCell, r.ages())
	base, active := r.size, int64(0)
	var total Sum
	for k := range out {
		base -= r.until[k]
		active += r.active[k]
		amount := r.amount[k].Decimal()
		total.add(amount)
		total.add(r.gone[k].Decimal().Neg())
		out[k] = CohortCell{Active: active, Base: base, Amount: amount, Total: total.Decimal()}
	}
	return out
}

type cohortBuilder struct {
	log         *Log
	spec        CohortSpec
	by          *property
	birth, back []bool // by event
	asOf        int64
	today       date // of asOf
	loc         *time.Location
	periods     []Period // from the first birth; the last one contains asOf or ends there
	starts      []int64
	rows        map[cohortKey]*cohortRow
	cells       int
}

// setPeriods lays out the periods from the first row to AsOf.
func (b *cohortBuilder) setPeriods(metric string) error {
	first := int64(math.MaxInt64)
	for row, at := range b.log.at {
		if at < b.asOf && at < first && b.birth[b.log.event[row]] {
			first = at
		}
	}
	if first == math.MaxInt64 {
		return nil
	}
	periods, err := b.spec.Calendar.Periods(time.Unix(0, first), b.spec.AsOf)
	if err != nil {
		return under(err, metric)
	}
	ages := len(periods)
	if b.spec.Periods > 0 {
		ages = min(ages, b.spec.Periods)
	}
	if len(periods)*ages > 2*maxCells {
		return fail(metric, CodeTooLarge, "%d periods of %d ages: set Periods or a longer Unit", len(periods), ages)
	}
	b.periods = periods
	for _, p := range periods {
		b.starts = append(b.starts, p.Start.UnixNano())
	}
	return nil
}

// periodOf returns the index of the period that an instant before asOf, and not
// before the first birth's period, falls in.
func (b *cohortBuilder) periodOf(at int64) int {
	i, found := slices.BinarySearch(b.starts, at)
	if found {
		return i
	}
	return i - 1
}

// customer adds the lives of one customer, whose rows stand in order.
func (b *cohortBuilder) customer(metric string, rows []int32) error {
	last := -1 // the period of the last birth
	for i, row := range rows {
		at := b.log.at[row]
		if at >= b.asOf {
			break
		}
		if !b.birth[b.log.event[row]] {
			continue
		}
		p := b.periodOf(at)
		if p == last {
			continue
		}
		last = p
		// Rows of the same instant count, whatever their names.
		from := i
		for from > 0 && b.log.at[rows[from-1]] == at {
			from--
		}
		if err := b.life(metric, cohortKey{p, b.by.value(int(row))}, at, rows[from:]); err != nil {
			return err
		}
		if !b.spec.Recurring {
			break
		}
	}
	return nil
}

// life adds a birth in the cohort of key at instant born, and the rows since.
func (b *cohortBuilder) life(metric string, key cohortKey, born int64, rows []int32) error {
	r := b.rows[key]
	if r == nil {
		r = &cohortRow{}
		b.rows[key] = r
	}
	ages := b.agesOf(key.period, born)
	if b.cells += max(ages-r.ages(), 0); b.cells > maxCells {
		return fail(metric, CodeTooLarge, "more than %d cells: set Periods or a longer Unit", maxCells)
	}
	r.grow(ages)
	r.size++
	r.until[ages]++
	birthday := dateOf(time.Unix(0, born), b.loc)
	next := 0 // the ages below are decided
	for _, row := range rows {
		at := b.log.at[row]
		if at >= b.asOf {
			break
		}
		if !b.back[b.log.event[row]] {
			continue
		}
		var age int
		if b.spec.Ages == AgesByPeriod {
			age = b.periodOf(at) - key.period
		} else {
			// A fall back past midnight can set the date back by one.
			age = b.spec.Calendar.age(birthday, max(birthday, dateOf(time.Unix(0, at), b.loc)))
		}
		if age < ages {
			b.log.addTo(&r.amount[age], int(row))
			b.log.addTo(&r.gone[ages], int(row))
		}
		// Active at from … age, of which those below next are counted already.
		from := age
		if b.spec.Rolling {
			from = 0
			if b.spec.Horizon > 0 {
				from = age - b.spec.Horizon
			}
		}
		if from = max(from, next); from < min(age+1, ages) {
			r.active[from]++
			r.active[min(age+1, ages)]--
		}
		next = age + 1
	}
	return nil
}

// agesOf returns for how many ages a life counts: those that have begun, or,
// with ages by customer, those that have wholly passed.
func (b *cohortBuilder) agesOf(period int, born int64) int {
	var n int
	if b.spec.Ages == AgesByPeriod {
		n = len(b.periods) - period
	} else {
		n = b.spec.Calendar.age(dateOf(time.Unix(0, born), b.loc), b.today)
		if b.spec.Rolling {
			n -= b.spec.Horizon
		}
	}
	if b.spec.Periods > 0 {
		n = min(n, b.spec.Periods)
	}
	return max(n, 0)
}

// answer turns the rows into the table.
func (b *cohortBuilder) answer() *Cohorts {
	out := &Cohorts{Unit: b.spec.Calendar.Unit, Provisional: b.spec.Rolling && b.spec.Horizon == 0}
	var keys []cohortKey
	if b.spec.By == "" {
		for p := range b.periods {
			keys = append(keys, cohortKey{period: p})
		}
	} else {
		for k := range b.rows {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(x, y cohortKey) int {
			if x.period != y.period {
				return x.period - y.period
			}
			if x.value < y.value {
				return -1
			}
			return 1
		})
	}
	for _, key := range keys {
		row := Cohort{
			Period: b.periods[key.period], Value: key.value,
			FirstSeen: b.periods[key.period].Start.Before(b.spec.Since),
		}
		r := b.rows[key]
		if r == nil {
			r = &cohortRow{}
			if b.spec.Ages == AgesByPeriod {
				r.grow(b.agesOf(key.period, 0))
			}
		}
		row.Size, row.Cells = r.size, r.cells()
		for k := range row.Cells {
			row.Cells[k].Complete = b.complete(key.period, k)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// complete reports whether age k of the cohort of a period lies before AsOf.
// With ages by customer it does for everyone in the base.
func (b *cohortBuilder) complete(period, k int) bool {
	end := period + k
	if b.spec.Rolling {
		end += b.spec.Horizon
	}
	return b.spec.Ages == AgesByCustomer || end < len(b.periods) && b.periods[end].Complete(b.spec.AsOf)
}

// cell returns the cell of row i at age k, and whether it is there.
func (c *Cohorts) cell(i, k int) (CohortCell, bool) {
	if i < 0 || i >= len(c.Rows) || k < 0 || k >= len(c.Rows[i].Cells) {
		return CohortCell{}, false
	}
	return c.Rows[i].Cells[k], true
}

// final reports whether a cell may be quoted and averaged.
func (c *Cohorts) final(cell CohortCell) bool {
	return cell.Complete && !c.Provisional && cell.Base > 0
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
// days and k = 1). It reports false if the cell does not exist, is empty, is
// incomplete or provisional; the proportion is then what is known so far.
func (c *Cohorts) Retention(i, k int) (Proportion, bool) {
	cell, ok := c.cell(i, k)
	return Proportion{K: cell.Active, N: cell.Base}, ok && c.final(cell)
}

// CumulativeValue returns what cohort i has brought by the end of age k, per
// customer of its base. It reports false as Retention does.
func (c *Cohorts) CumulativeValue(i, k int) (Ratio, bool) {
	cell, ok := c.cell(i, k)
	if !ok || cell.Base <= 0 || gateTimes("", "", cell.Total, 2) != nil {
		return Ratio{}, false
	}
	v := new(big.Rat).Quo(cell.Total.Rat(), new(big.Rat).SetInt64(cell.Base))
	return ratio(v), c.final(cell)
}

// Average returns the retention at age k over all cohorts together: the sum of
// the active over the sum of the bases, so that each customer weighs the same.
// Only complete cells count, at 0 % too; cohorts first seen do not, since their
// ages are not known, and provisional cells never do. It returns an error if no
// cell is left, or if the counts of one are impossible.
func (c *Cohorts) Average(k int) (Proportion, error) {
	const metric = "Cohorts.Average"
	var sum Proportion
	for _, p := range c.column(k) {
		var err error
		if sum, err = sum.Merge(p); err != nil {
			return Proportion{}, under(err, metric)
		}
	}
	if sum.N == 0 {
		return Proportion{}, fail(metric, CodeNoData, "no complete cohort at age %d", k)
	}
	return sum, nil
}

// SimpleAverage returns the unweighted mean of the cohorts' retention at age k,
// so that each cohort weighs the same, over the cells that Average takes. It
// returns an error as Average does.
func (c *Cohorts) SimpleAverage(k int) (Ratio, error) {
	const metric = "Cohorts.SimpleAverage"
	if _, err := c.Average(k); err != nil {
		return Ratio{}, under(err, metric)
	}
	var terms []fraction
	for _, p := range c.column(k) {
		terms = append(terms, fraction{p.K, p.N})
	}
	sum := sumFractions(terms)
	return ratio(sum.Quo(sum, new(big.Rat).SetInt64(int64(len(terms))))), nil
}

// column returns the cells at age k that may be averaged.
func (c *Cohorts) column(k int) []Proportion {
	var out []Proportion
	for i, r := range c.Rows {
		if p, ok := c.Retention(i, k); ok && !r.FirstSeen {
			out = append(out, p)
		}
	}
	return out
}

// Dims, X, Y and Z make a Cohorts a gonum/plot GridXYZ of retention: columns are
// ages, rows cohorts.
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
	s := r.Period.String()
	if r.Value != "" {
		s += " " + r.Value
	}
	if r.FirstSeen {
		s += " (first seen)"
	}
	return s
}

// grid lays out one figure per cell; those that are not final stand in
// parentheses, and those that have not begun are blank.
func (c *Cohorts) grid(figure func(i, k int) (string, bool)) *table {
	t := &table{head: []string{"cohort", "n"}, text: 1}
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
// parentheses.
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
		return money(cell.Amount, places), cell.Complete
	})}
}

// CumulativeValues returns the triangle of CumulativeValue, with a fixed number
// of places.
func (c *Cohorts) CumulativeValues(places int32) Table {
	return Table{c.grid(func(i, k int) (string, bool) {
		v, ok := c.CumulativeValue(i, k)
		if c.Rows[i].Cells[k].Base <= 0 {
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
		Chinese: []string{"平均留存率（加权）"}, Formula: "Σ Active / Σ Base over complete cells",
		Unit: "share", Direction: Higher, Type: "Cohorts", Method: "Average",
	},
	{
		Key: "cohort.simple_average", English: []string{"average cohort retention, unweighted"},
		Chinese: []string{"平均留存率（不加权）"}, Formula: "mean of Active / Base over complete cells",
		Unit: "share", Direction: Higher, Type: "Cohorts", Method: "SimpleAverage",
	},
	{
		Key: "cohort.value", English: []string{"cumulative value per customer", "cohort lifetime value to date"},
		Chinese: []string{"同期群累计价值", "累计客户价值"}, Formula: "Total / Base",
		Unit: "money", Direction: Higher, Type: "Cohorts", Method: "CumulativeValue",
	},
}
