package kpi

import (
	"encoding/json"
	"math/big"
	"time"
)

// Churn holds the head counts of one period, from which every churn and
// retention rate follows.
//
//	End           = Start + New − Lost − LostNew
//	OpeningRate   = Lost / Start
//	ExposedRate   = (Lost + LostNew) / (Start + New)
//	AverageRate   = (Lost + LostNew) / ((Start + End) / 2)
//	Retention     = (Start − Lost) / Start
//	EndToStart    = End / Start
//	NewRate       = New / Start
//
// OpeningRate is the rate of those who could be lost from the first day on, and
// the only one that retention complements, that compounds, and that has a
// lifespan. The others are what some billing products print: ExposedRate counts
// newcomers in full, AverageRate divides by a mean of two head counts and may
// pass 1, and EndToStart, which some texts call retention, passes 1 when new
// customers outnumber the lost. Quote the name with the number.
//
// It is the rate of one period over customers of all ages. How many leave within
// their first year, or how long they stay, is a question for Lifetimes and
// Survival.
//
// The counts must be possible: none negative, Lost ≤ Start, LostNew ≤ New.
// Revenue churn is not here: money takes the forms of net and gross retention.
type Churn struct {
	Start   int64 `json:"start"`    // customers at the opening of the period
	New     int64 `json:"new"`      // joined in the period
	Lost    int64 `json:"lost"`     // of Start, gone at its end
	LostNew int64 `json:"lost_new"` // joined and gone within the period
}

func (c Churn) valid(metric string) error {
	err := nonNegative(metric, []string{"Start", "New", "Lost", "LostNew"}, c.Start, c.New, c.Lost, c.LostNew)
	switch {
	case err != nil:
		return err
	case c.Lost > c.Start:
		return fail(metric, CodePartExceedsWhole, "Lost = %d > Start = %d", c.Lost, c.Start)
	case c.LostNew > c.New:
		return fail(metric, CodePartExceedsWhole, "LostNew = %d > New = %d", c.LostNew, c.New)
	}
	// Every sum that a rate needs is at most Start + New.
	_, err = sumCounts(metric, c.Start, c.New)
	return err
}

// Merge adds the counts of a disjoint population over the same period, such as
// another region. It returns an error, and changes nothing, if either is
// impossible or a count overflows.
func (c *Churn) Merge(o Churn) error {
	const metric = "Churn.Merge"
	if err := bothValid(metric, *c, o); err != nil {
		return err
	}
	t := *c
	if err := addCounts(metric, []*int64{&t.Start, &t.New, &t.Lost, &t.LostNew}, o.Start, o.New, o.Lost, o.LostNew); err != nil {
		return err
	}
	if err := t.valid(metric); err != nil {
		return err
	}
	*c = t
	return nil
}

// End returns the customers at the end of the period. It returns an error if the
// counts are impossible.
func (c Churn) End() (int64, error) {
	return c.end(), c.valid("Churn.End")
}

func (c Churn) end() int64 { return c.Start - c.Lost + c.New - c.LostNew }

// rate returns k of n once the counts are known to be possible.
func (c Churn) rate(metric string, k, n int64) (Proportion, error) {
	if err := c.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, k, n)
}

// OpeningRate returns Lost/Start (客户流失率, on the opening base). It returns an
// error if the counts are impossible or Start is 0.
func (c Churn) OpeningRate() (Proportion, error) {
	return c.rate("Churn.OpeningRate", c.Lost, c.Start)
}

// ExposedRate returns (Lost + LostNew)/(Start + New): all who left of all who
// were ever there. It returns an error if the counts are impossible or nobody
// was.
func (c Churn) ExposedRate() (Proportion, error) {
	return c.rate("Churn.ExposedRate", c.Lost+c.LostNew, c.Start+c.New)
}

// AverageRate returns (Lost + LostNew)/((Start + End)/2), which may pass 1. It
// returns an error if the counts are impossible or both ends are empty.
func (c Churn) AverageRate() (Ratio, error) {
	const metric = "Churn.AverageRate"
	if err := c.valid(metric); err != nil {
		return Ratio{}, err
	}
	lost, base := big.NewInt(c.Lost+c.LostNew), big.NewInt(c.Start)
	base.Add(base, big.NewInt(c.end()))
	return share(metric, new(big.Rat).SetInt(lost.Lsh(lost, 1)), new(big.Rat).SetInt(base))
}

// Retention returns (Start − Lost)/Start (客户留存率), the complement of
// OpeningRate. It returns an error if the counts are impossible or Start is 0.
func (c Churn) Retention() (Proportion, error) {
	return c.rate("Churn.Retention", c.Start-c.Lost, c.Start)
}

// EndToStart returns End/Start. It is a growth factor, not a retention: new
// customers make up for the lost. It returns an error if the counts are
// impossible or Start is 0.
func (c Churn) EndToStart() (Ratio, error) {
	return c.toStart("Churn.EndToStart", c.end())
}

// NewRate returns New/Start (客户获取率), what the period won by what it opened
// with; it may pass 1. EndToStart is 1 plus this less all who left. It returns an
// error if the counts are impossible or Start is 0.
func (c Churn) NewRate() (Ratio, error) { return c.toStart("Churn.NewRate", c.New) }

// toStart returns n/Start, where n may exceed Start.
func (c Churn) toStart(metric string, n int64) (Ratio, error) {
	if err := c.valid(metric); err != nil {
		return Ratio{}, err
	}
	if c.Start == 0 {
		return Ratio{}, fail(metric, CodeZeroDenominator, "Start = 0")
	}
	return quotient(n, c.Start), nil
}

// Lifespan returns Start/Lost, the expected number of periods that a customer
// stays if everyone leaves at the opening rate, the first paid one included. It
// is a mean of geometric lives: biased upward where few were lost, too short
// where customers differ, since the loyal ones stay. With records of single
// customers ask a Survival for its Median or RestrictedMean instead, or fit an SBG,
// which knows that they differ. It returns an error if the counts are impossible, or
// if nobody was lost: then no finite lifespan follows.
func (c Churn) Lifespan() (Ratio, error) {
	const metric = "Churn.Lifespan"
	p, err := c.rate(metric, c.Lost, c.Start)
	switch {
	case err != nil:
		return Ratio{}, err
	case p.K == 0:
		return Ratio{}, fail(metric, CodeDiverges, "Lost = 0, Start = %d", c.Start)
	}
	return quotient(p.N, p.K), nil
}

// LifespanInterval returns the interval of Lifespan in periods: the reciprocals
// of Wilson's limits of the opening rate. It returns an error as Lifespan does,
// or if confidence is outside (0, 1).
func (c Churn) LifespanInterval(confidence float64) (Interval, error) {
	const metric = "Churn.LifespanInterval"
	if err := c.valid(metric); err != nil {
		return Interval{}, err
	}
	i, err := Proportion{K: c.Lost, N: c.Start}.Interval(confidence)
	if err != nil {
		return Interval{}, under(err, metric)
	}
	if c.Lost == 0 {
		return Interval{}, fail(metric, CodeDiverges, "Lost = 0, Start = %d", c.Start)
	}
	i.Lo, i.Hi = 1/i.Hi, 1/i.Lo
	return i, nil
}

// Compounded returns the churn over n such periods if the opening rate holds in
// each, exactly: 1 − (1 − Lost/Start)ⁿ. Twelve of a monthly churn are the annual
// one; twelve times the monthly rate is not. It returns an error as OpeningRate
// does, or if n is outside 1 … 1200.
func (c Churn) Compounded(n int) (Ratio, error) {
	const metric = "Churn.Compounded"
	kept, err := c.kept(metric, n)
	if err != nil {
		return Ratio{}, err
	}
	p, err := kept.Pow(n)
	if err != nil {
		return Ratio{}, under(err, metric)
	}
	return p.Complement(), nil
}

// PerPeriod returns the churn of each of n equal parts of the period that
// compound to the opening rate: 1 − (1 − Lost/Start)^(1/n), so that with n = 12
// an annual churn gives the monthly one. A root is irrational, hence a float64.
// It returns an error as OpeningRate does, or if n is outside 1 … 1200.
func (c Churn) PerPeriod(n int) (float64, error) {
	const metric = "Churn.PerPeriod"
	kept, err := c.kept(metric, n)
	if err != nil {
		return 0, err
	}
	root, err := kept.Root(n)
	if err != nil {
		return 0, under(err, metric)
	}
	return ratio(root.Rat()).Complement().Float64(), nil
}

// kept returns the retention for the compounding of n periods.
func (c Churn) kept(metric string, n int) (Ratio, error) {
	if err := c.valid(metric); err != nil {
		return Ratio{}, err
	}
	if n < 1 || n > maxPower {
		return Ratio{}, fail(metric, CodeOutOfRange, "n = %d", n)
	}
	p, err := proportion(metric, c.Start-c.Lost, c.Start)
	if err != nil {
		return Ratio{}, err
	}
	return quotient(p.K, p.N), nil
}

// maxDays bounds the days of DailyChurn: a leap year and a day.
const maxDays = 367

// DailyChurn returns the churn of a longer period as the sum over its days of
// all who left on a day by that day's opening count: Σ (Lost + LostNew)/Start.
// It weighs each day by who was there, and may pass 1. A day that opens with
// nobody adds 0 if nobody left, and makes the sum undefined if somebody did. It
// returns an error then, for no days or more than 367, or for impossible
// counts, naming the day.
func DailyChurn(days []Churn) (Ratio, error) {
	const metric = "DailyChurn"
	if len(days) > maxDays {
		return Ratio{}, fail(metric, CodeTooLarge, "len(days) = %d", len(days))
	}
	for i, d := range days {
		if err := d.valid(metric); err != nil {
			return Ratio{}, at(err, metric, i)
		}
	}
	if len(days) == 0 {
		return Ratio{}, fail(metric, CodeNoData, "len(days) = 0")
	}
	terms := make([]fraction, 0, len(days))
	for i, d := range days {
		n := d.Lost + d.LostNew
		switch {
		case n == 0:
			continue
		case d.Start == 0:
			return Ratio{}, failAt(metric, CodeZeroDenominator, i, "Start = 0, LostNew = %d", d.LostNew)
		}
		terms = append(terms, fraction{n, d.Start})
	}
	return ratio(sumFractions(terms)), nil
}

// Membership is one stay of one customer: From inclusive, To exclusive. A To of
// the zero time is a stay that has not ended; a From of it is a date that is
// missing, and an error as an empty Customer is. A customer who comes back has
// several.
type Membership struct {
	Customer string    `json:"customer"` // any id that is not empty
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
}

// MarshalJSON writes the instants with their offsets from UTC, but in UTC where an
// offset has seconds. It returns an error if a year has not four digits.
func (m Membership) MarshalJSON() ([]byte, error) {
	type fields Membership
	m.From, m.To = sayable(m.From), sayable(m.To)
	return json.Marshal(fields(m))
}

// before reports whether m covers the moment just before t.
func (m Membership) before(t time.Time) bool {
	return m.From.Before(t) && (m.To.IsZero() || !m.To.Before(t))
}

// Memberships are the raw records from which churn is counted.
type Memberships []Membership

func (ms Memberships) valid(metric string, p Period) error {
	if err := p.check(metric); err != nil {
		return err
	}
	for i, m := range ms {
		switch {
		case m.Customer == "":
			return failAt(metric, CodeEmpty, i, "Customer = %q", m.Customer)
		case m.From.IsZero(): // no date, which would read as a stay since the year 1
			return failAt(metric, CodeEmpty, i, "From = %s", m.From.Format(time.RFC3339))
		case !m.To.IsZero() && !m.From.Before(m.To):
			return failAt(metric, CodeTime, i, "To = %s ≤ From = %s", m.To.Format(time.RFC3339), m.From.Format(time.RFC3339))
		}
	}
	return nil
}

// Churn counts the customers of p by membership at both of its ends. To join and
// to leave are events, and belong to the period that contains their instant, its
// first one included; so the count at an end is the one just before it. Start are
// those with a stay just before p.Start, Lost those of them without one just before
// p.End: one who leaves and comes back in p, or whose next stay begins as one ends,
// is not lost. Of the others, New have a stay that begins in p, and LostNew are
// those of them without one just before p.End.
//
// The End of a period is the Start of the next. The order of the records does not
// matter. It returns an error if p or a stay is empty, or if one has no Customer or
// no From.
func (ms Memberships) Churn(p Period) (Churn, error) {
	const metric = "Memberships.Churn"
	if err := ms.valid(metric, p); err != nil {
		return Churn{}, err
	}
	type ends struct{ start, within, end bool }
	seen := make(map[string]ends, len(ms))
	for _, m := range ms {
		e := seen[m.Customer]
		e.start = e.start || m.before(p.Start)
		e.within = e.within || p.Contains(m.From)
		e.end = e.end || m.before(p.End)
		seen[m.Customer] = e
	}
	var c Churn
	for _, e := range seen {
		switch {
		case e.start:
			c.Start++
			if !e.end {
				c.Lost++
			}
		case e.within:
			c.New++
			if !e.end {
				c.LostNew++
			}
		}
	}
	return c, nil
}

// Terminations counts the stays whose end p contains. It is not a count of lost
// customers: one who leaves twice ends two stays, and one who comes back, or only
// renews, ends one and is not lost. It returns an error as Churn does.
func (ms Memberships) Terminations(p Period) (int64, error) {
	if err := ms.valid("Memberships.Terminations", p); err != nil {
		return 0, err
	}
	var n int64
	for _, m := range ms {
		if !m.To.IsZero() && p.Contains(m.To) {
			n++
		}
	}
	return n, nil
}

var churnCatalog = []Entry{
	{
		Key: "churn.opening", English: []string{"churn rate", "customer churn", "opening churn", "logo churn"},
		Chinese: []string{"客户流失率", "流失率", "期初流失率"}, Formula: "Lost / Start",
		Unit: "share", Direction: Lower, Type: "Churn", Method: "OpeningRate",
	},
	{
		Key: "churn.exposed", English: []string{"churn on opening and new customers"},
		Chinese: []string{"期初加新增流失率"}, Formula: "(Lost + LostNew) / (Start + New)",
		Unit: "share", Direction: Lower, Type: "Churn", Method: "ExposedRate",
	},
	{
		Key: "churn.average", English: []string{"churn on the average base"},
		Chinese: []string{"平均客户数流失率"}, Formula: "(Lost + LostNew) / ((Start + End) / 2)",
		Unit: "ratio", Direction: Lower, Type: "Churn", Method: "AverageRate",
	},
	{
		Key: "churn.daily", English: []string{"daily churn, summed"},
		Chinese: []string{"逐日流失率之和"}, Formula: "Σ (Lost + LostNew) / Start over the days",
		Unit: "ratio", Direction: Lower, Method: "DailyChurn",
	},
	{
		Key: "retention.opening", English: []string{"retention rate", "customer retention"},
		Chinese: []string{"客户留存率", "留存率", "客户保留率", "保留率"}, Formula: "(Start − Lost) / Start",
		Unit: "share", Direction: Higher, Type: "Churn", Method: "Retention",
	},
	{
		Key: "retention.end_to_start", English: []string{"end-to-start ratio"},
		Chinese: []string{"期末期初比"}, Formula: "(Start + New − Lost − LostNew) / Start",
		Unit: "ratio", Direction: Higher, Type: "Churn", Method: "EndToStart",
	},
	{
		Key: "churn.new", English: []string{"customer acquisition rate", "new customer rate"},
		Chinese: []string{"客户获取率", "新增客户率"}, Formula: "New / Start",
		Unit: "ratio", Direction: Higher, Type: "Churn", Method: "NewRate",
	},
	{
		Key: "churn.compounded", English: []string{"compounded churn", "annual churn from monthly"},
		Chinese: []string{"复合流失率", "年化流失率"}, Formula: "1 − (1 − Lost/Start)ⁿ",
		Unit: "share", Direction: Lower, Type: "Churn", Method: "Compounded",
	},
	{
		Key: "churn.per_period", English: []string{"churn per part of the period", "monthly churn from annual"},
		Chinese: []string{"分期流失率", "月均流失率"}, Formula: "1 − (1 − Lost/Start)^(1/n)",
		Unit: "share", Direction: Lower, Type: "Churn", Method: "PerPeriod",
	},
	{
		Key: "lifespan.churn", English: []string{"customer lifespan from churn", "1/churn"},
		Chinese: []string{"客户生命周期", "客户寿命"}, Formula: "Start / Lost",
		Unit: "periods", Direction: Higher, Type: "Churn", Method: "Lifespan",
	},
}
