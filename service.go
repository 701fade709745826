package kpi

import (
	"strconv"
	"time"
)

// TicketTarget is a target of a TicketSpec.
type TicketTarget int

// The targets of a TicketSpec.
const (
	FirstResponseTarget TicketTarget = iota
	NextResponseTarget
	ResolutionTarget
)

var ticketTargetNames = []string{"first response", "next response", "resolution"}

// String returns the name of t: "first response".
func (t TicketTarget) String() string { return enumName(ticketTargetNames, int(t), "TicketTarget") }

// ParseTicketTarget returns the target of that name.
func ParseTicketTarget(s string) (TicketTarget, error) {
	i, err := parseEnum("ParseTicketTarget", ticketTargetNames, s)
	return TicketTarget(i), err
}

// MarshalText returns the name of t.
func (t TicketTarget) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what ParseTicketTarget reads.
func (t *TicketTarget) UnmarshalText(text []byte) error {
	return readEnum(t, ParseTicketTarget, text)
}

// ServiceTarget counts the targets of one kind in one period.
type ServiceTarget struct {
	Met    int64 `json:"met"`    // stopped in time
	Missed int64 `json:"missed"` // stopped late, or running past its target
	// Pending are neither: of Begun those still running; of Due those that AsOf comes
	// too early for, whether stopped or not.
	Pending int64 `json:"pending"`
}

// ServiceClock is one clock in one period.
type ServiceClock struct {
	Times   []time.Duration `json:"times,omitempty"` // of those that stopped in Period, ascending, in nanoseconds
	Running int64           `json:"running"`         // begun in Period, not stopped before AsOf
	Due     ServiceTarget   `json:"due"`             // targets that are due in Period
	Begun   ServiceTarget   `json:"begun"`           // targets of the clocks that began in Period
}

// ServicePeriod is a row of Service.
//
//	Open = Open, a period before + Created + Reopened − Solved
type ServicePeriod struct {
	Period Period `json:"period"` // the whole of it, also if AsOf falls inside
	// Complete says that Period has ended at AsOf, so that nothing changes its flows, its
	// backlog and its times of response and of resolution. What waits for something to
	// pass is counted as pending, unsettled or left out, until it has.
	Complete bool  `json:"complete"`
	Created  int64 `json:"created"`
	Reopened int64 `json:"reopened"` // times
	Solved   int64 `json:"solved"`   // times, a ticket that is reopened perhaps again
	Open     int64 `json:"open"`     // the backlog at the end of Period, or at AsOf if that is earlier

	FirstResponse ServiceClock `json:"first_response"` // from the creation to the first human reply
	NextResponse  ServiceClock `json:"next_response"`  // from a later customer reply to the human reply to it
	Resolution    ServiceClock `json:"resolution"`     // from the creation to the first solution; its targets without pauses

	// Of the tickets solved for the first time in Period, as many as Resolution.Times:
	OneTouch     int64 `json:"one_touch"`     // after exactly one human reply
	Settled      int64 `json:"settled"`       // Return or longer ago at AsOf
	Undone       int64 `json:"undone"`        // of Settled, reopened within Return
	FirstContact int64 `json:"first_contact"` // of Settled, not reopened and the customer not back with the topic, within Return

	// Of the tickets that were solved in Period for Return, at their first solution that
	// held: the full resolution and its parts, each ascending, in nanoseconds. Unsettled
	// are solutions of Period that may yet hold.
	FullResolution []time.Duration `json:"full_resolution,omitempty"`
	RequesterWait  []time.Duration `json:"requester_wait,omitempty"`
	AgentWait      []time.Duration `json:"agent_wait,omitempty"`
	Unsettled      int64           `json:"unsettled"`

	Within Proportion `json:"within"` // of the tickets created in Period with TicketSpec.Within gone by, those solved within it
}

// Service is the answer to a TicketSpec, and beside it what was asked. Its zero value
// is the identity of Merge.
type Service struct {
	AsOf             time.Time       `json:"as_of"`                  // exclusive
	Unit             Unit            `json:"unit"`                   // of the periods
	Location         string          `json:"location,omitempty"`     // the name of the zone of their dates, "" is UTC
	WeekStart        WeekStart       `json:"week_start,omitempty"`   // the first day of their weeks
	FiscalStart      time.Month      `json:"fiscal_start,omitempty"` // the first month of their years and quarters, 0 is January
	Hours            string          `json:"hours,omitempty"`        // a mark of the Clock, equal for equal hours; "" is calendar time
	Topics           []string        `json:"topics,omitempty"`       // sorted; none is any topic
	FirstTarget      time.Duration   `json:"first_target"`           // TicketSpec.FirstResponse
	NextTarget       time.Duration   `json:"next_target"`            // TicketSpec.NextResponse
	ResolutionTarget time.Duration   `json:"resolution_target"`      // TicketSpec.Resolution
	Within           time.Duration   `json:"within"`                 // TicketSpec.Within
	Return           time.Duration   `json:"return"`                 // TicketSpec.Return
	Rows             []ServicePeriod `json:"rows"`                   // by Period, without a gap; the last holds AsOf or ends there
}

// row returns row i for a metric, checked.
func (s *Service) row(metric string, i int) (*ServicePeriod, error) {
	if i < 0 || i >= len(s.Rows) {
		return nil, fail(metric, CodeOutOfRange, "i = %d, len(Rows) = %d", i, len(s.Rows))
	}
	if err := s.Rows[i].valid(metric, s); err != nil {
		return nil, at(err, metric, i)
	}
	return &s.Rows[i], nil
}

func (s *Service) times(metric string, i int, of func(*ServicePeriod) []time.Duration) (*Durations, error) {
	r, err := s.row(metric, i)
	if err != nil {
		return nil, err
	}
	times := of(r)
	if len(times) == 0 {
		return nil, failAt(metric, CodeNoData, i, "len(Times) = 0")
	}
	return &Durations{full: [][]time.Duration{times}}, nil
}

// FirstResponse returns the times to the first human reply (首次响应时间) of the
// tickets that got it in period i; those of complaints (投诉响应时间) if TicketSpec.Topics
// are complaints. Quantiles and the mean are those of Durations. Tickets without a
// human reply are not among them, and are not answered at once: see Running and SLA.
//
// Like every question to a row it returns an error if there is no row i or if its
// counts are impossible, and it returns one if there are no times.
func (s *Service) FirstResponse(i int) (*Durations, error) {
	return s.times("Service.FirstResponse", i, func(r *ServicePeriod) []time.Duration { return r.FirstResponse.Times })
}

// NextResponse returns the times from later customer replies to the human replies to
// them, in period i. It returns an error as FirstResponse does.
func (s *Service) NextResponse(i int) (*Durations, error) {
	return s.times("Service.NextResponse", i, func(r *ServicePeriod) []time.Duration { return r.NextResponse.Times })
}

// Resolution returns the times from the creation to the first solution (问题解决时间) of
// the tickets first solved in period i, pauses included. It returns an error as
// FirstResponse does.
func (s *Service) Resolution(i int) (*Durations, error) {
	return s.times("Service.Resolution", i, func(r *ServicePeriod) []time.Duration { return r.Resolution.Times })
}

// FullResolution returns the times from the creation to the first solution that held
// for Return, of the tickets that got it in period i: RequesterWait, AgentWait and
// what they were solved in vain. It returns an error as FirstResponse does.
func (s *Service) FullResolution(i int) (*Durations, error) {
	return s.times("Service.FullResolution", i, func(r *ServicePeriod) []time.Duration { return r.FullResolution })
}

// RequesterWait returns how long the tickets of FullResolution were open and not
// paused: the time that customers waited for the desk. It returns an error as
// FirstResponse does.
func (s *Service) RequesterWait(i int) (*Durations, error) {
	return s.times("Service.RequesterWait", i, func(r *ServicePeriod) []time.Duration { return r.RequesterWait })
}

// AgentWait returns how long the tickets of FullResolution were paused: the time that
// the desk waited for customers. It returns an error as FirstResponse does.
func (s *Service) AgentWait(i int) (*Durations, error) {
	return s.times("Service.AgentWait", i, func(r *ServicePeriod) []time.Duration { return r.AgentWait })
}

// targets returns what row i has of a target that was asked for.
func (s *Service) targets(metric string, i int, t TicketTarget) (*ServiceClock, error) {
	if t < FirstResponseTarget || t > ResolutionTarget {
		return nil, fail(metric, CodeOutOfRange, "t = %d", int(t))
	}
	r, err := s.row(metric, i)
	if err != nil {
		return nil, err
	}
	of := [...]struct {
		target time.Duration
		clock  *ServiceClock
	}{{s.FirstTarget, &r.FirstResponse}, {s.NextTarget, &r.NextResponse}, {s.ResolutionTarget, &r.Resolution}}[t]
	if of.target == 0 {
		return nil, fail(metric, CodeMissing, "target = 0")
	}
	return of.clock, nil
}

// SLA returns the attainment of a target (响应达标率, 解决达标率): of those due in
// period i, the share met. A clock that reads exactly the target is in time, on a
// business clock also if the reply came after hours; one that runs past it is missed.
// A wait that a solution ended before it was due has no target.
//
// A target counts once AsOf is so late that the clock, had nobody stopped it, would
// have passed it: no sooner if it was met, or else the quick would count before the
// slow. Due.Pending are those of period i for which it is too early. A paused clock is
// due as if it were not paused again, and at no time while it is paused.
//
// It returns an error if t is out of range or was not set, if there is no row i or its
// counts are impossible, or if none was due.
func (s *Service) SLA(i int, t TicketTarget) (Proportion, error) {
	const metric = "Service.SLA"
	c, err := s.targets(metric, i, t)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, c.Due.Met, c.Due.Met+c.Due.Missed)
}

// SLAByCreation returns the share met of the targets whose clocks began in period i
// and of which it is known. While any are pending, as Begun.Pending says, it reads too
// well, since what is met is met before what is missed is missed: of three days at a
// true 70 % within two it makes 84 %. SLA does not. It returns an error as SLA does.
func (s *Service) SLAByCreation(i int, t TicketTarget) (Proportion, error) {
	const metric = "Service.SLAByCreation"
	c, err := s.targets(metric, i, t)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, c.Begun.Met, c.Begun.Met+c.Begun.Missed)
}

// OneTouchRate returns, of the tickets first solved in period i, the share that were
// so after exactly one human reply (一次回复解决率). What no human replied to is in the
// base. It returns an error as SLA does, or if none was solved.
func (s *Service) OneTouchRate(i int) (Proportion, error) {
	return s.share("Service.OneTouchRate", i, func(r *ServicePeriod) Proportion {
		return Proportion{r.OneTouch, int64(len(r.Resolution.Times))}
	})
}

func (s *Service) share(metric string, i int, of func(*ServicePeriod) Proportion) (Proportion, error) {
	r, err := s.row(metric, i)
	if err != nil {
		return Proportion{}, err
	}
	p := of(r)
	return p, p.check(metric)
}

// FirstContactRate returns the first-contact resolution (FCR, 首次解决率): of the
// tickets first solved in period i, the share that were not reopened within Return and
// whose customer did not create another of the same topic within it. Those solved less
// than Return before AsOf are pending and not in the base, however they will turn out.
// It returns an error as SLA does, or if none is settled.
func (s *Service) FirstContactRate(i int) (Proportion, error) {
	return s.share("Service.FirstContactRate", i, func(r *ServicePeriod) Proportion { return Proportion{r.FirstContact, r.Settled} })
}

// ReopenRate returns, on the base of FirstContactRate, the share reopened within
// Return (重开率). It returns an error as FirstContactRate does.
func (s *Service) ReopenRate(i int) (Proportion, error) {
	return s.share("Service.ReopenRate", i, func(r *ServicePeriod) Proportion { return Proportion{r.Undone, r.Settled} })
}

// ResolutionRate returns Solved/Created of period i (解决率), flow over flow: it passes
// 1 while a backlog is worked off, and is of no ticket in particular. It returns an
// error as SLA does, or if none was created.
func (s *Service) ResolutionRate(i int) (Ratio, error) {
	const metric = "Service.ResolutionRate"
	r, err := s.row(metric, i)
	if err != nil {
		return Ratio{}, err
	}
	if r.Created == 0 {
		return Ratio{}, failAt(metric, CodeZeroDenominator, i, "Created = 0")
	}
	return quotient(r.Solved, r.Created), nil
}

// CohortResolution returns, of the tickets created in period i, the share first solved
// within TicketSpec.Within, pauses included: of those for which it has passed. It
// returns an error as SLA does, or if it has passed for none.
func (s *Service) CohortResolution(i int) (Proportion, error) {
	const metric = "Service.CohortResolution"
	if s.Within == 0 {
		return Proportion{}, fail(metric, CodeMissing, "Within")
	}
	return s.share(metric, i, func(r *ServicePeriod) Proportion { return r.Within })
}

// Backlog returns the tickets open at the end of period i, or at AsOf if that is
// earlier (积压工单数):
//
//	Backlog(i) = Backlog(i−1) + Created + Reopened − Solved
//
// with 0 before the first row. It returns an error if there is no row i or its counts
// are impossible.
func (s *Service) Backlog(i int) (int64, error) {
	r, err := s.row("Service.Backlog", i)
	if err != nil {
		return 0, err
	}
	return r.Open, nil
}

func (s *Service) table() *table {
	t := &table{head: []string{
		s.Unit.String(), "created", "reopened", "solved", "open", "response P50", "P90", "in target", "resolution P50", "one touch", "first contact",
	}, text: 1}
	quantile := func(times []time.Duration, p int) string {
		q, err := (&Durations{full: [][]time.Duration{times}}).Quantile(Percent(p), Type1)
		if err != nil {
			return Undefined
		}
		return q.Duration().Round(time.Second).String()
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		var cells []string
		for _, n := range []int64{r.Created, r.Reopened, r.Solved, r.Open} {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
		due := r.FirstResponse.Due
		cells = append(cells,
			quantile(r.FirstResponse.Times, 50), quantile(r.FirstResponse.Times, 90),
			Proportion{due.Met, due.Met + due.Missed}.Percent(1), quantile(r.Resolution.Times, 50),
			Proportion{r.OneTouch, int64(len(r.Resolution.Times))}.Percent(1), Proportion{r.FirstContact, r.Settled}.Percent(1))
		for k := range cells {
			if !r.Complete && cells[k] != Undefined {
				cells[k] = "(" + cells[k] + ")"
			}
		}
		t.add(append([]string{periodLabel(r.Period, s.Unit)}, cells...)...)
	}
	return t
}

// String returns a line for each period, with quantiles of Type1; one that has not
// ended stands in parentheses.
func (s *Service) String() string { return s.table().String() }

// Markdown is String as a Markdown table.
func (s *Service) Markdown() string { return s.table().markdown() }

var serviceCatalog = []Entry{
	{
		Key: "service.first_response", English: []string{"first response time", "first reply time", "FRT", "complaint response time"},
		Chinese: []string{"首次响应时间", "首次响应时长", "首响时间", "投诉响应时间", "投诉响应时长"}, Formula: "first human reply − creation, on Clock",
		Unit: "seconds", Direction: Lower, Type: "Service", Method: "FirstResponse",
	},
	{
		Key: "service.next_response", English: []string{"next response time", "next reply time"},
		Chinese: []string{"后续响应时间", "平均响应时间", "再次响应时间"}, Formula: "human reply − first customer reply that waits for it, on Clock",
		Unit: "seconds", Direction: Lower, Type: "Service", Method: "NextResponse",
	},
	{
		Key: "service.resolution", English: []string{"first resolution time", "resolution time", "time to resolution", "MTTR"},
		Chinese: []string{"问题解决时间", "首次解决时长", "问题解决时长", "平均解决时间"}, Formula: "first solution − creation, on Clock",
		Unit: "seconds", Direction: Lower, Type: "Service", Method: "Resolution",
	},
	{
		Key: "service.full_resolution", English: []string{"full resolution time", "total resolution time"},
		Chinese: []string{"完全解决时间", "最终解决时长"}, Formula: "first solution that holds for Return − creation, on Clock",
		Unit: "seconds", Direction: Lower, Type: "Service", Method: "FullResolution",
	},
	{
		Key: "service.requester_wait", English: []string{"requester wait time", "customer wait time"},
		Chinese: []string{"客户等待时间", "客户等待时长"}, Formula: "of FullResolution, open and not paused",
		Unit: "seconds", Direction: Lower, Type: "Service", Method: "RequesterWait",
	},
	{
		Key: "service.agent_wait", English: []string{"agent wait time", "pending time"},
		Chinese: []string{"客服等待时间", "等待客户回复时间", "挂起时长"}, Formula: "of FullResolution, paused",
		Unit: "seconds", Direction: Neither, Type: "Service", Method: "AgentWait",
	},
	{
		Key: "service.sla", English: []string{"SLA attainment", "SLA compliance", "share of targets met", "response rate within target"},
		Chinese: []string{"响应达标率", "SLA达标率", "解决达标率", "服务水平达成率", "响应及时率"}, Formula: "Due.Met / (Due.Met + Due.Missed)",
		Unit: "share", Direction: Higher, Type: "Service", Method: "SLA",
	},
	{
		Key: "service.sla_by_creation", English: []string{"SLA attainment by creation date"},
		Chinese: []string{"SLA达标率(按创建日期)", "响应达标率(按创建日期)"}, Formula: "Begun.Met / (Begun.Met + Begun.Missed)",
		Unit: "share", Direction: Higher, Type: "Service", Method: "SLAByCreation",
	},
	{
		Key: "service.one_touch", English: []string{"one-touch resolution rate", "one-touch tickets"},
		Chinese: []string{"一次回复解决率", "单次回复解决率"}, Formula: "OneTouch / len(Resolution.Times)",
		Unit: "share", Direction: Higher, Type: "Service", Method: "OneTouchRate",
	},
	{
		Key: "service.first_contact", English: []string{"first contact resolution", "FCR", "first-contact resolution rate"},
		Chinese: []string{"首次解决率", "首次联系解决率", "一次性解决率", "一次解决率"}, Formula: "FirstContact / Settled",
		Unit: "share", Direction: Higher, Type: "Service", Method: "FirstContactRate",
	},
	{
		Key: "service.reopen", English: []string{"reopen rate", "reopened tickets"},
		Chinese: []string{"重开率", "工单重开率", "重新打开率"}, Formula: "Undone / Settled",
		Unit: "share", Direction: Lower, Type: "Service", Method: "ReopenRate",
	},
	{
		Key: "service.resolution_rate", English: []string{"resolution rate", "solved to created", "clearance rate"},
		Chinese: []string{"解决率", "问题解决率", "工单解决率", "结案率"}, Formula: "Solved / Created",
		Unit: "ratio", Direction: Higher, Type: "Service", Method: "ResolutionRate",
	},
	{
		Key: "service.cohort_resolution", English: []string{"resolution rate by cohort", "share solved in time of those created"},
		Chinese: []string{"解决率(按创建批次)", "限时解决率"}, Formula: "Within.K / Within.N",
		Unit: "share", Direction: Higher, Type: "Service", Method: "CohortResolution",
	},
	{
		Key: "service.backlog", English: []string{"backlog", "open tickets"},
		Chinese: []string{"积压工单数", "未结工单数", "待处理工单"}, Formula: "Σ Created + Reopened − Solved",
		Unit: "count", Direction: Lower, Type: "Service", Method: "Backlog",
	},
}
