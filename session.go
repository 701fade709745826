package kpi

import (
	"cmp"
	"context"
	"strconv"
	"time"
)

// SessionSpec is the question how customers visit (客户行为): how often, for how
// long and how far, by the period in which a visit begins. Hits are the Events
// events, page views say; those of a customer that follow each other by at most Gap
// are one visit, and a gap that is strictly longer opens the next. Amounts do not
// matter.
//
// A name that no row has is no error, since a shard of a log may lack it; the names
// stand in the answer.
type SessionSpec struct {
	Calendar Calendar      // the periods in which visits begin
	Events   []string      // event names that are hits; none is any event
	AsOf     time.Time     // exclusive: rows from it on do not count
	Gap      time.Duration // half an hour is usual; there is no default
}

func (s *SessionSpec) valid(metric string) error {
	if err := s.Calendar.valid(metric); err != nil {
		return err
	}
	switch {
	case s.AsOf.IsZero():
		return fail(metric, CodeMissing, "AsOf")
	case s.Gap == 0:
		return fail(metric, CodeMissing, "Gap")
	case s.Gap < 0:
		return fail(metric, CodeOutOfRange, "Gap = %s", s.Gap)
	}
	_, err := instant(metric, s.AsOf)
	return cmp.Or(err, readable(metric, s.Events...))
}

// SessionPeriod is a row of Sessions: the visits that began in one period.
type SessionPeriod struct {
	Period Period `json:"period"` // the whole of it, also if AsOf falls inside
	// Complete says that Period has ended at AsOf and none of its visits is open, so
	// that nothing changes the row.
	Complete bool `json:"complete"`
	// Open are the visits that a hit at AsOf or later may still lengthen, the last hit
	// being no more than Gap before AsOf. They count nowhere else.
	Open int64 `json:"open"`
	// PerVisitor are the visits of each visitor, Pages the hits of each visit, and
	// Dwell the seconds from its first hit to its last, for visits of two hits and
	// more: how long anybody looked at the only page is not known, and is not 0.
	PerVisitor Mean `json:"per_visitor"`
	Pages      Mean `json:"pages"`
	Dwell      Mean `json:"dwell"`
}

// Sessions is the answer to a SessionSpec, and beside it what was asked. Its zero
// value is the identity of Merge.
type Sessions struct {
	AsOf        time.Time       `json:"as_of"`                  // exclusive
	Unit        Unit            `json:"unit"`                   // of the periods
	Location    string          `json:"location,omitempty"`     // the name of the zone of their dates, "" is UTC
	WeekStart   WeekStart       `json:"week_start,omitempty"`   // the first day of their weeks
	FiscalStart time.Month      `json:"fiscal_start,omitempty"` // the first month of their years and quarters, 0 is January
	Events      []string        `json:"events,omitempty"`       // event names, sorted; none is any event
	Gap         time.Duration   `json:"gap"`                    // in nanoseconds: a longer one opens a visit
	Rows        []SessionPeriod `json:"rows"`                   // by Period, without a gap; the last holds AsOf or ends there
}

// Sessions answers s. Periods run without a gap from the first hit to the last that
// begins before AsOf. A visit that crosses into the next period belongs to the one
// in which it began. It returns an error if s is out of range, if AsOf or Gap is not
// set, or that of a context that is done.
func (l *Log) Sessions(ctx context.Context, s SessionSpec) (*Sessions, error) {
	const metric = "Log.Sessions"
	if err := s.valid(metric); err != nil {
		return nil, err
	}
	b := sessionBuilder{log: l, spec: &s, asOf: s.AsOf.UnixNano(), hits: l.eventSet(s.Events)}
	if err := b.setPeriods(ctx, metric); err != nil {
		return nil, err
	}
	states, err := visit(ctx, l, b.customer)
	if err != nil {
		return nil, err
	}
	return b.answer(states), nil
}

// ended returns row i if nothing changes it any more.
func (s *Sessions) ended(metric string, i int) (*SessionPeriod, error) {
	if i < 0 || i >= len(s.Rows) {
		return nil, fail(metric, CodeOutOfRange, "i = %d, len(Rows) = %d", i, len(s.Rows))
	}
	r := &s.Rows[i]
	if err := r.valid(metric); err != nil {
		return nil, at(err, metric, i)
	}
	if !r.Complete {
		return nil, failAt(metric, CodeTime, i, "Complete = false, Open = %d, Period = %s, AsOf = %s", r.Open, r.Period, s.AsOf.Format(time.RFC3339))
	}
	return r, nil
}

// Visits returns the number of visits that began in period i (访问次数). Like every
// question to a row it returns an error if there is no row i, if it is not complete,
// or if its counts are impossible.
func (s *Sessions) Visits(i int) (int64, error) {
	r, err := s.ended("Sessions.Visits", i)
	if err != nil {
		return 0, err
	}
	return r.Pages.N, nil
}

// PerVisitor returns the mean number of visits of the customers who came in period
// i. It returns an error as Visits does, or if nobody came.
func (s *Sessions) PerVisitor(i int) (Mean, error) {
	return s.mean("Sessions.PerVisitor", i, func(r *SessionPeriod) Mean { return r.PerVisitor })
}

// Pages returns the mean number of hits of the visits of period i (浏览页数). It
// returns an error as Visits does, or if nobody came.
func (s *Sessions) Pages(i int) (Mean, error) {
	return s.mean("Sessions.Pages", i, func(r *SessionPeriod) Mean { return r.Pages })
}

// Dwell returns the mean time from the first hit to the last of the visits of period
// i with two hits and more (停留时间), in seconds. It returns an error as Visits does,
// or if there were none.
func (s *Sessions) Dwell(i int) (Mean, error) {
	return s.mean("Sessions.Dwell", i, func(r *SessionPeriod) Mean { return r.Dwell })
}

func (s *Sessions) mean(metric string, i int, of func(*SessionPeriod) Mean) (Mean, error) {
	r, err := s.ended(metric, i)
	if err != nil {
		return Mean{}, err
	}
	m := of(r)
	if err := m.check(metric, 1); err != nil {
		return Mean{}, at(err, metric, i)
	}
	return m, nil
}

// BounceShare returns the visits of a single hit out of all of period i (跳出率). It
// returns an error as Visits does, or if nobody came.
func (s *Sessions) BounceShare(i int) (Proportion, error) {
	const metric = "Sessions.BounceShare"
	r, err := s.ended(metric, i)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, r.bounces(), r.Pages.N)
}

// bounces returns the number of visits of a single hit.
func (r *SessionPeriod) bounces() int64 { return r.Pages.N - r.Dwell.N }

func (s *Sessions) table() *table {
	t := &table{
		head: []string{s.Unit.String(), "visitors", "visits", "per visitor", "pages", "dwell, s", "bounces", "open"}, text: 1,
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		cells := []string{strconv.FormatInt(r.PerVisitor.N, 10), strconv.FormatInt(r.Pages.N, 10)}
		for _, m := range []Mean{r.PerVisitor, r.Pages, r.Dwell} {
			cell := Undefined
			if x, err := m.Ratio(); err == nil {
				cell = x.fixed(2)
			}
			cells = append(cells, cell)
		}
		cells = append(cells, Proportion{K: r.bounces(), N: r.Pages.N}.Percent(1), strconv.FormatInt(r.Open, 10))
		for k := range cells {
			if !r.Complete && cells[k] != Undefined {
				cells[k] = "(" + cells[k] + ")"
			}
		}
		t.add(append([]string{periodLabel(r.Period, s.Unit)}, cells...)...)
	}
	return t
}

// String returns a line for each period; one that may still change stands in
// parentheses.
func (s *Sessions) String() string { return s.table().String() }

// Markdown is String as a Markdown table.
func (s *Sessions) Markdown() string { return s.table().markdown() }

var sessionCatalog = []Entry{
	{
		Key: "session.visits", English: []string{"visits", "sessions"}, Chinese: []string{"访问次数", "会话数", "客户行为"},
		Formula: "sessions begun in Period", Unit: "count", Direction: Higher, Type: "Sessions", Method: "Visits",
	},
	{
		Key: "session.per_visitor", English: []string{"visits per visitor"}, Chinese: []string{"人均访问次数"},
		Formula: "visits / visitors", Unit: "count", Direction: Higher, Type: "Sessions", Method: "PerVisitor",
	},
	{
		Key: "session.pages", English: []string{"pages per visit", "session depth"}, Chinese: []string{"浏览页数", "访问深度", "客户行为"},
		Formula: "hits / visits", Unit: "count", Direction: Neither, Type: "Sessions", Method: "Pages",
	},
	{
		Key: "session.dwell", English: []string{"dwell time", "session duration"}, Chinese: []string{"停留时间", "访问时长", "客户行为"},
		Formula: "Σ (last hit − first hit) / visits of two hits and more",
		Unit:    "seconds", Direction: Neither, Type: "Sessions", Method: "Dwell",
	},
	{
		Key: "session.bounce", English: []string{"bounce rate", "single-page visits"}, Chinese: []string{"跳出率"},
		Formula: "visits of a single hit / visits", Unit: "share", Direction: Lower, Type: "Sessions", Method: "BounceShare",
	},
}
