package kpi

import (
	"slices"
	"time"
)

// EngagedShare returns the customers who were active on so many civil days of period i
// or more, out of all who were known by its end (客户参与度). What engages is in
// ActivitySpec.Events, and whom it can engage in Known. With one day it is ActiveShare.
// It returns an error as Active does, if days is below 1 or more than the period has,
// or if nobody was known.
func (a *Activity) EngagedShare(i, days int) (Proportion, error) {
	const metric = "Activity.EngagedShare"
	r, err := a.ended(metric, i)
	if err != nil {
		return Proportion{}, err
	}
	if days < 1 || days > len(r.Days) {
		return Proportion{}, failAt(metric, CodeOutOfRange, i, "days = %d ∉ [1, %d]", days, len(r.Days))
	}
	engaged := int64(0)
	for _, n := range r.Days[days-1:] {
		engaged += n // no more than Active
	}
	return proportion(metric, engaged, r.Known)
}

// AdoptionRate returns the customers who had been active by the end of period i, ever,
// out of all who were known by then (功能采用率): with the events of a feature as
// ActivitySpec.Events, those who have adopted it. Of period i alone they are New, and
// ActiveShare are those who used it then. How deeply they use it is Touchpoints, and
// how long the first use took is [Funnel.TimeTo] of a journey from the sign-up to it.
// It returns an error as Active does for any period up to i, or if nobody was known.
func (a *Activity) AdoptionRate(i int) (Proportion, error) {
	const metric = "Activity.AdoptionRate"
	r, err := a.ended(metric, i)
	if err != nil {
		return Proportion{}, err
	}
	adopted := int64(0)
	for j := range a.Rows[:i+1] {
		before, err := a.ended(metric, j)
		if err == nil {
			err = addCounts(metric, []*int64{&adopted}, before.New+before.FirstSeen) // no more than Active
		}
		if err != nil {
			return Proportion{}, err
		}
	}
	return proportion(metric, adopted, r.Known)
}

// UseShare returns the customers active in period i out of those who were active in it
// by any of the events of all (功能使用率): of the active customers, who used a feature.
// all is an answer of the same log for the same periods whose Events hold those of a.
// It returns an error as Active does for either, if all is nil or of another question,
// if it has no such period, or if nobody was active.
func (a *Activity) UseShare(all *Activity, i int) (Proportion, error) {
	const metric = "Activity.UseShare"
	if all == nil {
		return Proportion{}, fail(metric, CodeEmpty, "all = nil")
	}
	r, err := a.ended(metric, i)
	if err != nil {
		return Proportion{}, err
	}
	other := *all
	other.Events, other.Known, other.Since = a.Events, a.Known, a.Since
	if !a.asksAs(&other) {
		return Proportion{}, fail(metric, CodeQuestion, "")
	}
	if len(all.Events) > 0 && (len(a.Events) == 0 || slices.ContainsFunc(a.Events, func(e string) bool { return !slices.Contains(all.Events, e) })) {
		return Proportion{}, fail(metric, CodeMismatch, "Events ⊄ all.Events")
	}
	j := slices.IndexFunc(all.Rows, func(o ActivePeriod) bool { return o.Period.Equal(r.Period) })
	if j < 0 {
		return Proportion{}, failAt(metric, CodeMismatch, i, "Period = %s ∉ all.Rows", r.Period)
	}
	active, err := all.ended(metric, j)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, r.Active, active.Active)
}

// RetentionOf returns, of all who were born in p, the share that was active at age k,
// over the cohorts of p together. With days as the unit it is the day-N retention of the
// newcomers of p:
//
//	k = 1, 7, 30                   on day N exactly (次日留存, 7日留存, 30日留存)
//	k = 1, Rolling, Horizon = N−1  within N > 1 days, on one or more of the days 1 … N
//
// There is an answer once that day has ended at AsOf for all of them, so that nobody is
// counted as lost who has not had the time, and never of a Rolling without a Horizon.
// Those first seen are no newcomers, and do not count.
//
// It returns an error if p is empty or not over at AsOf, if a cohort lies in p in part
// only, naming the row, if a cell is not complete or impossible, naming the row, or if
// nobody was born in p.
func (c *Cohorts) RetentionOf(p Period, k int) (Proportion, error) {
	const metric = "Cohorts.RetentionOf"
	if err := p.check(metric); err != nil {
		return Proportion{}, err
	}
	if k < 0 {
		return Proportion{}, fail(metric, CodeOutOfRange, "k = %d", k)
	}
	if !p.Complete(c.AsOf) {
		return Proportion{}, fail(metric, CodeTime, "End = %s > AsOf = %s", p.End.Format(time.RFC3339), c.AsOf.Format(time.RFC3339))
	}
	var sum Proportion
	for i := range c.Rows {
		r := &c.Rows[i]
		switch {
		case !r.Period.Start.Before(p.End) || !p.Start.Before(r.Period.End) || r.Size == 0 || r.FirstSeen:
			continue
		case r.Period.Start.Before(p.Start) || p.End.Before(r.Period.End):
			return Proportion{}, failAt(metric, CodeMismatch, i, "Period = %s ⊄ %s", r.Period, p)
		}
		cell, ok := c.cell(i, k)
		if !ok || !cell.Complete {
			return Proportion{}, failAt(metric, CodeTime, i, "Complete = false, k = %d, Period = %s, AsOf = %s", k, r.Period, c.AsOf.Format(time.RFC3339))
		}
		err := r.possible(metric, k)
		if err == nil {
			sum, err = sum.Merge(Proportion{K: cell.Active, N: cell.Base})
		}
		if err != nil {
			return Proportion{}, at(err, metric, i)
		}
	}
	if sum.N == 0 {
		return Proportion{}, fail(metric, CodeNoData, "Σ Size = 0, Period = %s", p)
	}
	return sum, nil
}

var engagementCatalog = []Entry{
	{
		Key: "engagement.engaged", English: []string{"customer engagement", "engagement rate", "engaged customers"},
		Chinese: []string{"客户参与度", "客户参与率", "用户参与度"}, Formula: "customers active on so many days of Period or more / Known",
		Unit: "share", Direction: Higher, Type: "Activity", Method: "EngagedShare",
	},
	{
		Key: "engagement.interaction", English: []string{"interaction conversion rate", "interaction to sale", "interaction to service"},
		Chinese: []string{"互动转化率", "互动转换率"},
		Formula: "customers with an interaction in [From, To) and a sale or service within Window / customers with an interaction: Overall of its two steps",
		Unit:    "share", Direction: Higher, Type: "Log", Method: "Funnel",
	},
	{
		Key: "engagement.adoption", English: []string{"feature adoption rate"}, Chinese: []string{"功能采用率", "功能渗透率"},
		Formula: "customers ever active by the end of Period / Known", Unit: "share", Direction: Higher, Type: "Activity", Method: "AdoptionRate",
	},
	{
		Key: "engagement.use", English: []string{"feature use among active customers"}, Chinese: []string{"功能使用率"},
		Formula: "Active / Active of all events", Unit: "share", Direction: Higher, Type: "Activity", Method: "UseShare",
	},
	{
		Key: "engagement.depth", English: []string{"uses per adopter", "depth of adoption"}, Chinese: []string{"人均使用次数", "功能使用深度"},
		Formula: "Σ Touchpoints·Customers / Σ Customers over Touches", Unit: "count", Direction: Higher, Type: "Activity", Method: "Touchpoints",
	},
	{
		Key: "engagement.day_n", English: []string{"day-1, day-7, day-30 retention of newcomers"},
		Chinese: []string{"新客次日留存率", "次日留存率", "7日留存率", "30日留存率"},
		Formula: "Σ Active at k = N / Σ Base over the days of a period", Unit: "share", Direction: Higher, Type: "Cohorts", Method: "RetentionOf",
	},
	{
		Key: "engagement.within", English: []string{"retention within N days", "return rate within N days"},
		Chinese: []string{"N日内留存率", "7日内留存率", "30日内留存率"},
		Formula: "Σ Active at k = 1, Rolling, Horizon = N − 1 > 0 / Σ Base over the days of a period",
		Unit:    "share", Direction: Higher, Type: "Cohorts", Method: "RetentionOf",
	},
}
