package kpi

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// FollowUpOutcome says what came of a follow-up. Each outcome includes those before
// it: a follow-up that moved a deal on was answered.
type FollowUpOutcome int

// The outcomes of a follow-up.
const (
	FollowUpUnanswered FollowUpOutcome = iota // nothing came of it
	FollowUpAnswered                          // the customer responded
	FollowUpMovedOn                           // and the deal went a step further
)

var followUpOutcomes = []string{"unanswered", "answered", "moved on"}

// String returns the name of o: "moved on".
func (o FollowUpOutcome) String() string {
	return enumName(followUpOutcomes, int(o), "FollowUpOutcome")
}

// ParseFollowUpOutcome returns the outcome of that name.
func ParseFollowUpOutcome(s string) (FollowUpOutcome, error) {
	i, err := parseEnum("ParseFollowUpOutcome", followUpOutcomes, s)
	return FollowUpOutcome(i), err
}

// MarshalText returns the name of o.
func (o FollowUpOutcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what ParseFollowUpOutcome reads.
func (o *FollowUpOutcome) UnmarshalText(text []byte) error {
	return readEnum(o, ParseFollowUpOutcome, text)
}

// FollowUp is one contact with a customer (跟进), planned, done, or both: Due is the
// zero time if nobody planned it, At if nobody has done it. One of the two is set.
// Outcome is of this follow-up alone, and not of the deal: what the customer did
// before the next.
type FollowUp struct {
	Deal    string          `json:"deal"` // the Deal.ID, or the customer; not empty
	Rep     string          `json:"rep"`  // who did it, or is to
	Due     time.Time       `json:"due,omitzero"`
	At      time.Time       `json:"at,omitzero"`
	Medium  string          `json:"medium"` // "phone", "微信"
	Outcome FollowUpOutcome `json:"outcome"`
}

// MarshalJSON writes instants with their offsets from UTC, but in UTC where an
// offset has seconds. It returns an error if a year has not four digits.
func (f FollowUp) MarshalJSON() ([]byte, error) {
	type fields FollowUp
	f.Due, f.At = sayable(f.Due), sayable(f.At)
	return json.Marshal(fields(f))
}

func (f *FollowUp) valid(metric string) error {
	switch {
	case f.Deal == "":
		return fail(metric, CodeEmpty, "Deal = %q", f.Deal)
	case f.Due.IsZero() && f.At.IsZero():
		return fail(metric, CodeEmpty, "Due, At")
	case f.Outcome < FollowUpUnanswered || f.Outcome > FollowUpMovedOn:
		return fail(metric, CodeOutOfRange, "Outcome = %d", int(f.Outcome))
	case f.At.IsZero() && f.Outcome != FollowUpUnanswered:
		return fail(metric, CodeMismatch, "Outcome = %d, At = %s", int(f.Outcome), f.At.Format(time.RFC3339))
	}
	for _, t := range []time.Time{f.Due, f.At} {
		if t.IsZero() {
			continue
		}
		if _, err := instant(metric, t); err != nil {
			return err
		}
	}
	return readable(metric, f.Deal, f.Rep, f.Medium)
}

// done reports whether f was done before asOf.
func (f *FollowUp) done(asOf time.Time) bool { return !f.At.IsZero() && f.At.Before(asOf) }

// doneIn reports whether f was done in p.
func (f *FollowUp) doneIn(p Period) bool { return !f.At.IsZero() && p.Contains(f.At) }

// FollowUps are the records from which follow-up is counted.
//
//	Volume       = follow-ups done in p                              每月跟进量
//	PerDeal      = Volume / deals followed up in p                   跟进次数
//	Gaps         = At − At of the one before, of one deal            跟进周期
//	ResponseRate = answered or moved on / Volume                     客户响应率
//	Efficiency   = moved on / Volume                                 跟进效率
//	MissedRate   = not done before asOf / due in p and before asOf   漏跟进率
//
// None of them says how often to call: more follow-ups of deals that are hard to win
// look like follow-ups that do not help. Successes and Rates ask what comes of them.
//
// Every question refuses records that cannot have been observed, naming the first:
// no Deal, neither Due nor At, an outcome of what was not done, a text that is no
// UTF-8. Their order does not matter.
type FollowUps []FollowUp

func (fs FollowUps) valid(metric string) error {
	for i := range fs {
		if err := fs[i].valid(metric); err != nil {
			return at(err, metric, i)
		}
	}
	return nil
}

// tally counts the follow-ups done in p, and those of them with the outcome or more.
func (fs FollowUps) tally(metric string, p Period, o FollowUpOutcome) (Proportion, error) {
	if err := cmp.Or(p.check(metric), fs.valid(metric)); err != nil {
		return Proportion{}, err
	}
	var c Proportion
	for i := range fs {
		if f := &fs[i]; f.doneIn(p) {
			c.N++
			if f.Outcome >= o {
				c.K++
			}
		}
	}
	return c, nil
}

// Volume returns the number of follow-ups done in p (每月跟进量, where p is a month).
// It returns an error if p or a record is impossible.
func (fs FollowUps) Volume(p Period) (int64, error) {
	c, err := fs.tally("FollowUps.Volume", p, FollowUpUnanswered)
	return c.N, err
}

// ResponseRate returns the follow-ups done in p that the customer answered, those
// that moved the deal on included, out of all done in p (客户响应率). It returns an
// error if p or a record is impossible, or if none was done.
func (fs FollowUps) ResponseRate(p Period) (Proportion, error) {
	return fs.share("FollowUps.ResponseRate", p, FollowUpAnswered)
}

// Efficiency returns the follow-ups done in p that moved their deal on out of all
// done in p (跟进效率). It returns an error as ResponseRate does.
func (fs FollowUps) Efficiency(p Period) (Proportion, error) {
	return fs.share("FollowUps.Efficiency", p, FollowUpMovedOn)
}

func (fs FollowUps) share(metric string, p Period, o FollowUpOutcome) (Proportion, error) {
	c, err := fs.tally(metric, p, o)
	if err != nil {
		return Proportion{}, err
	}
	return c, c.check(metric)
}

// MissedRate returns the follow-ups due in p that nobody had done before asOf out of
// all due in p and before asOf (漏跟进率); K of it are the missed (漏跟进). One done
// late, and before asOf, is not missed. It returns an error if p, asOf or a record is
// impossible, or if none was due.
func (fs FollowUps) MissedRate(p Period, asOf time.Time) (Proportion, error) {
	const metric = "FollowUps.MissedRate"
	if err := cmp.Or(dated(metric, asOf), p.check(metric), fs.valid(metric)); err != nil {
		return Proportion{}, err
	}
	var c Proportion
	for i := range fs {
		f := &fs[i]
		if f.Due.IsZero() || !p.Contains(f.Due) || !f.Due.Before(asOf) {
			continue
		}
		c.N++
		if !f.done(asOf) {
			c.K++
		}
	}
	return c, c.check(metric)
}

// PerDeal returns the mean number of follow-ups done in p of the deals that were
// followed up in p at all (跟进次数). It returns an error as ResponseRate does.
func (fs FollowUps) PerDeal(p Period) (Mean, error) {
	const metric = "FollowUps.PerDeal"
	if err := cmp.Or(p.check(metric), fs.valid(metric)); err != nil {
		return Mean{}, err
	}
	deals := make(map[string]uint64)
	for i := range fs {
		if f := &fs[i]; f.doneIn(p) {
			deals[f.Deal]++
		}
	}
	var m moments
	for _, n := range deals {
		m.add(n)
	}
	out := m.mean(0)
	return out, out.check(metric, 1)
}

// Gaps returns the times between one follow-up of a deal and its next, of those that
// end in p (跟进周期). A deal that nobody has got back to has no gap, and is not in
// them. It returns an error if p or a record is impossible, or if no gap ends in p.
func (fs FollowUps) Gaps(p Period) (*Durations, error) {
	const metric = "FollowUps.Gaps"
	if err := cmp.Or(p.check(metric), fs.valid(metric)); err != nil {
		return nil, err
	}
	out := new(Durations)
	for _, times := range fs.times(p.End) {
		slices.SortFunc(times, time.Time.Compare)
		for k := 1; k < len(times); k++ {
			if p.Contains(times[k]) {
				if err := out.Add(times[k].Sub(times[k-1])); err != nil {
					return nil, under(err, metric)
				}
			}
		}
	}
	if out.Len() == 0 {
		return nil, fail(metric, CodeNoData, "")
	}
	return out, nil
}

// times returns the instants before asOf at which each deal was followed up.
func (fs FollowUps) times(asOf time.Time) map[string][]time.Time {
	out := make(map[string][]time.Time)
	for i := range fs {
		if f := &fs[i]; f.done(asOf) {
			out[f.Deal] = append(out[f.Deal], f.At)
		}
	}
	return out
}

// Successes counts deals by the number of their follow-ups and what became of them:
// Successes[k] are the deals with exactly k.
//
//	Rate(k) = Won[k] / (Won[k] + Lost[k] + all with more than k)
//
// which is the chance that the k-th follow-up wins a deal that gets that far
// (跟进成功率): won at the k-th out of those who reached it. A deal that is open at
// its k-th is pending there, and in neither count, since its k-th may win it yet.
//
// The deals won with exactly k out of all deals with exactly k are another number,
// and no success rate: only deals that were not won before have many follow-ups, and
// only what nobody gave up. Where each follow-up wins one deal in ten, it may say 20 %
// of the first and 67 % of the second (immortal-time bias).
//
// The zero value is the identity of Merge.
type Successes []WinLoss

// Successes counts ds by the number of their follow-ups done before asOf, and not
// after they were closed. Follow-ups of other deals are passed over, so that ds may
// be a part of those that fs are of. Every number up to the largest has a row, and
// so has 0. It returns an error if asOf or a record is impossible.
func (fs FollowUps) Successes(ds Deals, asOf time.Time) (Successes, error) {
	const metric = "FollowUps.Successes"
	if err := cmp.Or(dated(metric, asOf), fs.valid(metric), ds.valid(metric)); err != nil {
		return nil, err
	}
	times := fs.times(asOf)
	var out Successes
	for i := range ds {
		d := &ds[i]
		if !d.Created.Before(asOf) {
			continue
		}
		state, k := d.at(asOf), 0
		for _, t := range times[d.ID] {
			if !t.Before(d.Created) && (state == DealOpen || !t.After(d.Closed)) {
				k++
			}
		}
		for len(out) <= k {
			out = append(out, WinLoss{})
		}
		out[k].count(state)
	}
	return out, nil
}

func (s Successes) valid(metric string) error {
	var all int64
	for i, w := range s {
		n, err := w.total(metric)
		if err == nil {
			err = addCounts(metric, []*int64{&all}, n)
		}
		if err != nil {
			return at(err, metric, i)
		}
	}
	return nil
}

// Merge adds the counts of disjoint deals. It returns an error, and changes nothing,
// if either is impossible or a count overflows.
func (s *Successes) Merge(o Successes) error {
	const metric = "Successes.Merge"
	if err := bothValid(metric, *s, o); err != nil {
		return err
	}
	sum := slices.Clone(*s)
	for i, w := range o {
		if i == len(sum) {
			sum = append(sum, WinLoss{})
		}
		if err := sum[i].Merge(w); err != nil {
			return at(err, metric, i)
		}
	}
	if err := sum.valid(metric); err != nil {
		return err
	}
	*s = sum
	return nil
}

// Rate returns the deals won at their k-th follow-up out of those that reached it and
// are not pending there (跟进成功率). It returns an error if the counts are impossible,
// if there is no k, or if no deal is known to have got past or ended at it.
func (s Successes) Rate(k int) (Proportion, error) {
	const metric = "Successes.Rate"
	if err := s.valid(metric); err != nil {
		return Proportion{}, err
	}
	if k < 0 || k >= len(s) {
		return Proportion{}, fail(metric, CodeOutOfRange, "k = %d, len(Successes) = %d", k, len(s))
	}
	return proportion(metric, s[k].Won, s.reached(k)-s[k].Open)
}

// reached returns the deals with k follow-ups or more.
func (s Successes) reached(k int) (n int64) {
	for _, w := range s[k:] {
		n += w.Won + w.Lost + w.Open
	}
	return n
}

func (s Successes) table() *table {
	t := &table{head: []string{"follow-ups", "reached", "won", "lost", "pending", "rate"}}
	possible := s.valid("") == nil
	for k, w := range s {
		reached, rate := Undefined, Undefined
		if possible {
			n := s.reached(k)
			reached, rate = strconv.FormatInt(n, 10), Proportion{K: w.Won, N: n - w.Open}.Percent(1)
		}
		t.add(strconv.Itoa(k), reached, strconv.FormatInt(w.Won, 10), strconv.FormatInt(w.Lost, 10), strconv.FormatInt(w.Open, 10), rate)
	}
	return t
}

// String returns a table for a terminal: a line a number of follow-ups, with the
// deals that reached it, those won, lost and pending at it, and the rate.
func (s Successes) String() string { return s.table().String() }

// Markdown returns the table of String in Markdown.
func (s Successes) Markdown() string { return s.table().markdown() }

var followUpCatalog = []Entry{
	{
		Key: "followup.volume", English: []string{"follow-up volume", "follow-ups a month"},
		Chinese: []string{"每月跟进量", "跟进量", "跟进总次数"}, Formula: "follow-ups done in p",
		Unit: "count", Direction: Neither, Type: "FollowUps", Method: "Volume",
	},
	{
		Key: "followup.per_deal", English: []string{"follow-ups per deal", "follow-up frequency"},
		Chinese: []string{"跟进次数", "跟进频率", "客户跟进次数"}, Formula: "follow-ups done in p / deals followed up in p",
		Unit: "count", Direction: Neither, Type: "FollowUps", Method: "PerDeal",
	},
	{
		Key: "followup.gap", English: []string{"follow-up interval", "time between follow-ups"},
		Chinese: []string{"跟进周期", "跟进间隔"}, Formula: "At − At of the follow-up before, of one deal",
		Unit: "seconds", Direction: Neither, Type: "FollowUps", Method: "Gaps",
	},
	{
		Key: "followup.response", English: []string{"response rate to follow-ups", "follow-ups answered"},
		Chinese: []string{"客户响应率", "跟进响应率", "跟进回复率"}, Formula: "answered or moved on / done in p",
		Unit: "share", Direction: Higher, Type: "FollowUps", Method: "ResponseRate",
	},
	{
		Key: "followup.efficiency", English: []string{"follow-up efficiency", "effective follow-ups"},
		Chinese: []string{"跟进效率", "有效跟进率"}, Formula: "moved on / done in p",
		Unit: "share", Direction: Higher, Type: "FollowUps", Method: "Efficiency",
	},
	{
		Key: "followup.missed", English: []string{"missed follow-ups", "overdue follow-ups"},
		Chinese: []string{"漏跟进率", "漏跟进", "逾期未跟进"}, Formula: "not done before asOf / due in p and before asOf",
		Unit: "share", Direction: Lower, Type: "FollowUps", Method: "MissedRate",
	},
	{
		Key: "followup.success", English: []string{"success by number of follow-ups", "follow-up success rate"},
		Chinese: []string{"跟进成功率", "第k次跟进成功率"}, Formula: "won at the k-th / (reached the k-th − pending at it)",
		Unit: "share", Direction: Higher, Type: "Successes", Method: "Rate",
	},
	{
		Key: "followup.rates", English: []string{"follow-up rate by time and medium", "best time and medium to follow up"},
		Chinese: []string{"最佳跟进时段与方式", "最佳时段与方式", "最佳跟进时间", "最佳跟进方式"}, Formula: "with Outcome / done, by cell",
		Unit: "share", Direction: Higher, Type: "FollowUps", Method: "Rates",
	},
}
