package kpi

import (
	"cmp"
	"context"
	"math/big"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// ActivitySpec is the question who was active, period by period: how many
// customers, and of them how many for the first time, again, or back after a
// pause. A customer is active in a period by an Events event in it.
//
// Ask with days for DAU (日活), with weeks for WAU and with months for MAU (月活).
// Whether those of one day came back the next (次日留存, 7日留存, 30日留存) is a
// question about cohorts: see Log.Cohorts.
//
// A name that no row has is no error, since a shard of a log may lack it; the
// names stand in the answer.
type ActivitySpec struct {
	Calendar Calendar  // the periods
	Events   []string  // event names that are activity; none is any event
	AsOf     time.Time // exclusive: rows from it on do not count
	Since    time.Time // if set, those first active before it are first seen, not new
	// Known are the event names by which a customer gets into the base of
	// ActiveShare, a sign-up say; none is any event. Activity does so too.
	Known []string
	// Refunds says what an Events event of a negative amount is. The zero value
	// refuses it. Netted or ignored, nobody is active by it: there is no money here.
	Refunds Refunds
}

func (s *ActivitySpec) valid(metric string) error {
	if err := s.Calendar.valid(metric); err != nil {
		return err
	}
	switch {
	case s.AsOf.IsZero():
		return fail(metric, CodeMissing, "AsOf")
	case s.Refunds < RefundsRefused || s.Refunds > RefundsIgnored:
		return fail(metric, CodeOutOfRange, "Refunds = %d", int(s.Refunds))
	}
	if _, err := instant(metric, s.AsOf); err != nil {
		return err
	}
	return cmp.Or(codable(metric, "Since", s.Since), readable(metric, s.Events...), readable(metric, s.Known...))
}

// ActivePeriod is a row of an Activity: the customers of one period.
//
//	Active                  = New + FirstSeen + Returning + Resurrecting
//	Active, a period before = Returning + Dormant
type ActivePeriod struct {
	Period       Period `json:"period"`       // the whole of it, also if AsOf falls inside
	Complete     bool   `json:"complete"`     // ended at AsOf, so that nothing changes the row
	Known        int64  `json:"known"`        // customers with a Known or Events event by the end of Period
	Active       int64  `json:"active"`       // customers with an Events event in Period
	New          int64  `json:"new"`          // of Active, for the first time
	FirstSeen    int64  `json:"first_seen"`   // of Active, for the first time and before ActivitySpec.Since
	Returning    int64  `json:"returning"`    // of Active, active in the period before too
	Resurrecting int64  `json:"resurrecting"` // of Active, not in the period before, but earlier
	Dormant      int64  `json:"dormant"`      // active in the period before and not in this
	// Days has a place for each civil day of Period: Days[k−1] customers were active
	// on k of them.
	Days []int64 `json:"days"`
}

// TouchCount is a line of a distribution: so many customers with so many
// touchpoints each.
type TouchCount struct {
	Touchpoints int64 `json:"touchpoints"` // at least 1
	Customers   int64 `json:"customers"`   // at least 1
}

// Activity is the answer to an ActivitySpec, and beside it what was asked. Its zero
// value is the identity of Merge.
type Activity struct {
	AsOf        time.Time      `json:"as_of"`                  // exclusive
	Since       time.Time      `json:"since,omitzero"`         // if set, those first active before it are first seen
	Unit        Unit           `json:"unit"`                   // of the periods
	Location    string         `json:"location,omitempty"`     // the name of the zone of their dates, "" is UTC
	WeekStart   WeekStart      `json:"week_start,omitempty"`   // the first day of their weeks
	FiscalStart time.Month     `json:"fiscal_start,omitempty"` // the first month of their years and quarters, 0 is January
	Events      []string       `json:"events,omitempty"`       // event names, sorted; none is any event
	Known       []string       `json:"known,omitempty"`        // likewise
	Refunds     Refunds        `json:"refunds"`                // what a negative amount was
	Rows        []ActivePeriod `json:"rows"`                   // by Period, without a gap; the last holds AsOf or ends there
	Year        Period         `json:"year"`                   // the twelve months before AsOf
	Touches     []TouchCount   `json:"touches"`                // in Year, by Touchpoints
}

// Activity answers s. Periods run without a gap from the first row that counts to
// the last that begins before AsOf. It returns an error if s is out of range, if
// AsOf is not set, if an amount is negative and s does not say what that means,
// naming the row, or that of a context that is done.
func (l *Log) Activity(ctx context.Context, s ActivitySpec) (*Activity, error) {
	const metric = "Log.Activity"
	if err := s.valid(metric); err != nil {
		return nil, err
	}
	b := activityBuilder{
		log: l, spec: &s, asOf: s.AsOf.UnixNano(),
		active: l.eventSet(s.Events), known: l.eventSet(s.Known),
	}
	if err := b.setPeriods(ctx, metric); err != nil {
		return nil, err
	}
	states, err := visit(ctx, l, b.customer)
	if err != nil {
		return nil, err
	}
	return b.answer(states), nil
}

// ended returns row i if its period is over at AsOf.
func (a *Activity) ended(metric string, i int) (*ActivePeriod, error) {
	if i < 0 || i >= len(a.Rows) {
		return nil, fail(metric, CodeOutOfRange, "i = %d, len(Rows) = %d", i, len(a.Rows))
	}
	r := &a.Rows[i]
	if err := r.valid(metric, a.Unit); err != nil {
		return nil, at(err, metric, i)
	}
	if !r.Complete {
		return nil, failAt(metric, CodeTime, i, "Complete = false, Period = %s, AsOf = %s", r.Period, a.AsOf.Format(time.RFC3339))
	}
	return r, nil
}

// Active returns the number of customers who were active in period i: DAU, WAU or
// MAU (日活, 周活, 月活) by the unit. Customers of two periods overlap: the counts do
// not add. Like every question to a row it returns an error if there is no row i,
// if it is not complete, or if its counts are impossible.
func (a *Activity) Active(i int) (int64, error) {
	r, err := a.ended("Activity.Active", i)
	if err != nil {
		return 0, err
	}
	return r.Active, nil
}

// ActiveShare returns the customers active in period i out of all who were known
// by its end (活跃客户占比), those long gone among them. It returns an error as
// Active does, or if nobody was known.
func (a *Activity) ActiveShare(i int) (Proportion, error) {
	const metric = "Activity.ActiveShare"
	r, err := a.ended(metric, i)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, r.Active, r.Known)
}

// Growth returns by what share the active customers of period i are more than
// those of the period before:
//
//	(Active − Active before) / Active before
//
// It returns an error as Active does for either period, if there is none before,
// or if nobody was active in it.
func (a *Activity) Growth(i int) (Ratio, error) {
	const metric = "Activity.Growth"
	r, before, err := a.pair(metric, i)
	if err != nil {
		return Ratio{}, err
	}
	return growth(metric, r.Active, before.Active)
}

// NewGrowth is Growth of the newly active customers (活跃客户增速), those active for
// the first time ever:
//
//	(New − New before) / New before
//
// Those who are back after a pause are not among them. It returns an error as
// Growth does, or if the period before begins before Since, when nobody knows who
// was new.
func (a *Activity) NewGrowth(i int) (Ratio, error) {
	const metric = "Activity.NewGrowth"
	r, before, err := a.pair(metric, i)
	if err != nil {
		return Ratio{}, err
	}
	if before.Period.Start.Before(a.Since) {
		return Ratio{}, failAt(metric, CodeFirstSeen, i-1, "Period = %s, Since = %s", before.Period, a.Since.Format(time.RFC3339))
	}
	return growth(metric, r.New, before.New)
}

// pair returns rows i and i−1.
func (a *Activity) pair(metric string, i int) (r, before *ActivePeriod, err error) {
	if r, err = a.ended(metric, i); err != nil {
		return nil, nil, err
	}
	if i == 0 {
		return nil, nil, failAt(metric, CodeNoData, i, "i = 0")
	}
	before, err = a.ended(metric, i-1)
	return r, before, err
}

// growth returns (now − before) / before of counts.
func growth(metric string, now, before int64) (Ratio, error) {
	if before == 0 {
		return Ratio{}, fail(metric, CodeZeroDenominator, "")
	}
	return quotient(now-before, before), nil
}

// AverageDAU returns the mean over the days of period i of the customers active on
// them (平均日活). It returns an error as Active does.
func (a *Activity) AverageDAU(i int) (Ratio, error) {
	r, err := a.ended("Activity.AverageDAU", i)
	if err != nil {
		return Ratio{}, err
	}
	return r.averageDAU(), nil
}

func (r *ActivePeriod) averageDAU() Ratio {
	m := r.dayMoments()
	return ratio(new(big.Rat).SetFrac(&m.sum, big.NewInt(int64(len(r.Days)))))
}

// Stickiness returns AverageDAU over the customers active in all of period i:
// DAU/MAU for months, both over the same days. It is the share of the days on which
// an active customer was there:
//
//	(Σ DAU / days) / Active = mean of the active days / days
//
// For days it is 1. It returns an error as Active does, or if nobody was active.
func (a *Activity) Stickiness(i int) (Ratio, error) {
	const metric = "Activity.Stickiness"
	r, err := a.ended(metric, i)
	if err != nil {
		return Ratio{}, err
	}
	if r.Active == 0 {
		return Ratio{}, failAt(metric, CodeZeroDenominator, i, "Active = 0")
	}
	return r.stickiness(), nil
}

func (r *ActivePeriod) stickiness() Ratio {
	x := new(big.Rat).SetInt64(r.Active)
	return ratio(x.Quo(r.averageDAU().r(), x))
}

// ActiveDays returns the mean number of civil days of period i on which its active
// customers were (人均活跃天数). It returns an error as Active does, or if nobody was
// active.
func (a *Activity) ActiveDays(i int) (Mean, error) {
	const metric = "Activity.ActiveDays"
	r, err := a.ended(metric, i)
	if err != nil {
		return Mean{}, err
	}
	m := r.dayMoments().mean()
	m.Low, m.High = decimal.NewFromInt(1), decimal.NewFromInt(int64(len(r.Days)))
	if err := m.check(metric, 1); err != nil {
		return Mean{}, at(err, metric, i)
	}
	return m, nil
}

// Touchpoints returns the mean number of touchpoints (活跃触点数) of the customers
// with any in the twelve months before AsOf. A touchpoint is one Events event: five
// in a minute are five, on one active day. Their distribution is in Touches; those
// without any are not in the base. It returns an error if there are none, or if
// the counts are impossible.
func (a *Activity) Touchpoints() (Mean, error) {
	const metric = "Activity.Touchpoints"
	if err := a.validTouches(metric); err != nil {
		return Mean{}, err
	}
	var t counted
	for _, c := range a.Touches {
		t.add(c.Touchpoints, c.Customers)
	}
	m := t.mean()
	return m, m.check(metric, 1)
}

// counted adds up whole numbers that were observed so many times each.
type counted struct {
	n            int64
	sum, squares big.Int
}

func (t *counted) add(value, times int64) {
	t.n += times
	v, c := big.NewInt(value), big.NewInt(times)
	t.sum.Add(&t.sum, c.Mul(c, v))
	t.squares.Add(&t.squares, c.Mul(c, v))
}

func (t *counted) mean() Mean {
	return Mean{N: t.n, Sum: decimal.NewFromBigInt(&t.sum, 0), Squares: decimal.NewFromBigInt(&t.squares, 0)}
}

func (r *ActivePeriod) dayMoments() *counted {
	var t counted
	for i, n := range r.Days {
		t.add(int64(i)+1, n)
	}
	return &t
}

func (a *Activity) table() *table {
	t := &table{head: []string{a.Unit.String(), "known", "active", "share", "new"}, text: 1}
	if !a.Since.IsZero() {
		t.head = append(t.head, "first seen")
	}
	t.head = append(t.head, "returning", "resurrecting", "dormant", "stickiness")
	for i := range a.Rows {
		r := &a.Rows[i]
		count := func(n int64) string { return strconv.FormatInt(n, 10) }
		cells := []string{count(r.Known), count(r.Active), Proportion{K: r.Active, N: r.Known}.Percent(1), count(r.New)}
		if !a.Since.IsZero() {
			cells = append(cells, count(r.FirstSeen))
		}
		sticky := Undefined
		if r.Active > 0 && len(r.Days) > 0 {
			sticky = r.stickiness().Percent(1)
		}
		cells = append(cells, count(r.Returning), count(r.Resurrecting), count(r.Dormant), sticky)
		for k := range cells {
			if !r.Complete && cells[k] != Undefined {
				cells[k] = "(" + cells[k] + ")"
			}
		}
		t.add(append([]string{periodLabel(r.Period, a.Unit)}, cells...)...)
	}
	return t
}

// String returns a line for each period; one that is not over stands in
// parentheses.
func (a *Activity) String() string { return a.table().String() }

// Markdown is String as a Markdown table.
func (a *Activity) Markdown() string { return a.table().markdown() }

var activityCatalog = []Entry{
	{
		Key: "activity.active", English: []string{"active customers", "DAU", "WAU", "MAU", "daily, weekly, monthly active users"},
		Chinese: []string{"活跃客户数", "日活", "周活", "月活"}, Formula: "customers with an Events event in Period",
		Unit: "count", Direction: Higher, Type: "Activity", Method: "Active",
	},
	{
		Key: "activity.lifecycle", English: []string{"customer lifecycle", "lifecycle", "growth accounting", "new, returning, resurrecting and dormant customers"},
		Chinese: []string{"客户生命周期阶段", "增长核算", "回流客户数", "沉默客户数"}, Formula: "Active = New + FirstSeen + Returning + Resurrecting",
		Unit: "count", Direction: Neither, Type: "Log", Method: "Activity",
	},
	{
		Key: "activity.share", English: []string{"active customer share"}, Chinese: []string{"活跃客户占比", "活跃率"},
		Formula: "Active / Known", Unit: "share", Direction: Higher, Type: "Activity", Method: "ActiveShare",
	},
	{
		Key: "activity.growth", English: []string{"growth of active customers"}, Chinese: []string{"活跃客户增长率"},
		Formula: "(Active − Active before) / Active before", Unit: "ratio", Direction: Higher, Type: "Activity", Method: "Growth",
	},
	{
		Key: "activity.new_growth", English: []string{"growth of newly active customers"}, Chinese: []string{"活跃客户增速", "新增活跃客户增长率"},
		Formula: "(New − New before) / New before", Unit: "ratio", Direction: Higher, Type: "Activity", Method: "NewGrowth",
	},
	{
		Key: "activity.average_dau", English: []string{"average daily active customers", "average DAU"}, Chinese: []string{"平均日活"},
		Formula: "Σ k·Days[k−1] / days of Period", Unit: "count", Direction: Higher, Type: "Activity", Method: "AverageDAU",
	},
	{
		Key: "activity.stickiness", English: []string{"stickiness", "DAU/MAU"},
		Chinese: []string{"用户粘性", "日活月活比"},
		Formula: "(Σ k·Days[k−1] / days of Period) / Active",
		Unit:    "ratio", Direction: Higher, Type: "Activity", Method: "Stickiness",
	},
	{
		Key: "activity.days", English: []string{"active days per active customer"}, Chinese: []string{"人均活跃天数"},
		Formula: "Σ k·Days[k−1] / Active", Unit: "days", Direction: Higher, Type: "Activity", Method: "ActiveDays",
	},
	{
		Key: "activity.touchpoints", English: []string{"touchpoints per customer in twelve months"}, Chinese: []string{"活跃触点数"},
		Formula: "Σ Touchpoints·Customers / Σ Customers over Touches", Unit: "count", Direction: Higher, Type: "Activity", Method: "Touchpoints",
	},
}
