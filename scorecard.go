package kpi

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// ScorecardRow is what one rep did in a period.
type ScorecardRow struct {
	Rep       string     `json:"rep"`        // "" if nobody owned it
	FollowUps int64      `json:"follow_ups"` // done
	Wins      Proportion `json:"wins"`       // deals won, of those won or lost
	Satisfied Proportion `json:"satisfied"`  // customers, of those who were asked and answered
}

// Scorecard sets the reps of a team side by side (团队绩效). A raw rate of few deals
// is mostly chance: a table of them is led by whoever had three deals and luck, and
// so is its other end. Beside it stands the shrunk rate, what is to be expected of
// the rep once it is known what such reps are like; see Shrinkage. Neither knows who
// was given the easy territory.
//
// Follow-ups stand there as a count and are no rate to rank by. The zero value is the
// identity of Merge.
type Scorecard struct {
	Period Period         `json:"period,omitzero"` // of follow-ups and of closing
	Rows   []ScorecardRow `json:"rows"`            // in the order of Rep
}

// Scorecard counts for each rep the follow-ups done in p, the deals closed in p by
// Owner, and what satisfied holds: of a CSAT its TopBox, by rep. A rep who is in any
// of the three has a row. It returns an error if p, a record or a proportion is
// impossible.
func (ds Deals) Scorecard(fs FollowUps, satisfied map[string]Proportion, p Period) (*Scorecard, error) {
	const metric = "Deals.Scorecard"
	if err := cmp.Or(instants(metric, p), ds.valid(metric), fs.valid(metric)); err != nil {
		return nil, err
	}
	rows := make(map[string]ScorecardRow)
	for _, rep := range slices.Sorted(maps.Keys(satisfied)) {
		if err := cmp.Or(readable(metric, rep), satisfied[rep].valid(metric)); err != nil {
			return nil, err
		}
		rows[rep] = ScorecardRow{Satisfied: satisfied[rep]}
	}
	for i := range ds {
		d := &ds[i]
		if d.State == DealOpen || !p.Contains(d.Closed) {
			continue
		}
		r := rows[d.Owner]
		r.Wins.N++
		if d.State == DealWon {
			r.Wins.K++
		}
		rows[d.Owner] = r
	}
	for i := range fs {
		if f := &fs[i]; f.doneIn(p) {
			r := rows[f.Rep]
			r.FollowUps++
			rows[f.Rep] = r
		}
	}
	return &Scorecard{Period: p, Rows: scorecardRows(rows)}, nil
}

func scorecardRows(rows map[string]ScorecardRow) (out []ScorecardRow) {
	for _, rep := range slices.Sorted(maps.Keys(rows)) {
		r := rows[rep]
		r.Rep = rep
		out = append(out, r)
	}
	return out
}

// WinRates returns the win rates of the reps (团队赢单率), raw and shrunk, in the order
// of Rows. It returns an error if the counts are impossible, or as Shrink does: of
// fewer than three reps with a closed deal nobody can tell what reps are like.
func (s *Scorecard) WinRates() (Shrinkage, error) {
	return s.shrunk("Scorecard.WinRates", func(r *ScorecardRow) Proportion { return r.Wins })
}

// Satisfaction returns the shares of satisfied customers of the reps (团队满意度), raw
// and shrunk, in the order of Rows. It returns an error as WinRates does.
func (s *Scorecard) Satisfaction() (Shrinkage, error) {
	return s.shrunk("Scorecard.Satisfaction", func(r *ScorecardRow) Proportion { return r.Satisfied })
}

func (s *Scorecard) shrunk(metric string, of func(*ScorecardRow) Proportion) (Shrinkage, error) {
	if err := s.valid(metric); err != nil {
		return Shrinkage{}, err
	}
	groups := make([]Proportion, len(s.Rows))
	for i := range s.Rows {
		groups[i] = of(&s.Rows[i])
	}
	fitted, err := Shrink(groups)
	return fitted, under(err, metric)
}

func (s *Scorecard) isZero() bool { return len(s.Rows) == 0 && s.Period.Equal(Period{}) }

func (s *Scorecard) valid(metric string) error {
	if s.isZero() {
		return nil
	}
	if err := cmp.Or(instants(metric, s.Period), validPeriod(metric, s.Period)); err != nil {
		return err
	}
	for i, r := range s.Rows {
		if i > 0 && s.Rows[i-1].Rep >= r.Rep {
			return failAt(metric, CodeOrder, i, "Rep")
		}
		err := cmp.Or(nonNegative(metric, []string{"FollowUps"}, r.FollowUps), readable(metric, r.Rep),
			r.Wins.valid(metric), r.Satisfied.valid(metric))
		if err != nil {
			return at(err, metric, i)
		}
	}
	return nil
}

// Merge adds the counts of disjoint deals, follow-ups and answers of the same
// period, such as another region's; a rep may be in both. It returns an error, and
// changes nothing, if o is nil, if either is impossible, if the periods differ, or if
// a count overflows.
func (s *Scorecard) Merge(o *Scorecard) error {
	const metric = "Scorecard.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := bothValid(metric, s, o); err != nil {
		return err
	}
	sum := *s
	switch {
	case o.isZero():
		return nil
	case s.isZero():
		sum.Period = o.Period
	case !s.Period.Equal(o.Period):
		return fail(metric, CodeQuestion, "Period = %s ≠ %s", s.Period, o.Period)
	}
	rows := make(map[string]ScorecardRow, len(s.Rows)+len(o.Rows))
	for _, r := range s.Rows {
		rows[r.Rep] = r
	}
	for i, r := range o.Rows {
		t := rows[r.Rep]
		err := addCounts(metric, []*int64{&t.FollowUps, &t.Wins.K, &t.Wins.N, &t.Satisfied.K, &t.Satisfied.N},
			r.FollowUps, r.Wins.K, r.Wins.N, r.Satisfied.K, r.Satisfied.N)
		if err != nil {
			return at(err, metric, i)
		}
		rows[r.Rep] = t
	}
	sum.Rows = scorecardRows(rows)
	*s = sum
	return nil
}

// rates returns the shrunk rate of row i, where there is one.
func rates(fitted Shrinkage, err error) func(i int) (Ratio, bool) {
	return func(i int) (Ratio, bool) {
		if err != nil {
			return Ratio{}, false
		}
		r, err := fitted.Rate(i)
		return r, err == nil
	}
}

func (s *Scorecard) table() *table {
	t := &table{head: []string{"rep", "follow-ups", "won", "decided", "win rate", "shrunk", "satisfied", "answers", "share", "shrunk"}, text: 1}
	wins, satisfied := rates(s.WinRates()), rates(s.Satisfaction())
	percent := func(r Ratio, ok bool) string {
		if !ok {
			return Undefined
		}
		return r.Percent(1)
	}
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	for i, r := range s.Rows {
		t.add(r.Rep, count(r.FollowUps),
			count(r.Wins.K), count(r.Wins.N), r.Wins.Percent(1), percent(wins(i)),
			count(r.Satisfied.K), count(r.Satisfied.N), r.Satisfied.Percent(1), percent(satisfied(i)))
	}
	return t
}

// String returns a table for a terminal: a line a rep, with the follow-ups, and with
// the counts, the raw and the shrunk rate of wins and of satisfied customers.
func (s *Scorecard) String() string { return s.table().String() }

// Markdown returns the table of String in Markdown.
func (s *Scorecard) Markdown() string { return s.table().markdown() }

// MarshalJSON writes beside the counts the shrunk rates, exactly and to four places,
// where there are any. The counts can be read back, so that json.Unmarshal needs, and
// believes, no rate. It returns an error if the counts are impossible.
func (s Scorecard) MarshalJSON() ([]byte, error) {
	if err := s.valid("Scorecard.MarshalJSON"); err != nil {
		return nil, err
	}
	type row struct {
		ScorecardRow
		WinRate      *exact `json:"win_rate,omitempty"`
		Satisfaction *exact `json:"satisfaction,omitempty"`
	}
	shown := func(r Ratio, ok bool) *exact {
		if !ok {
			return nil
		}
		e := exactly(r)
		return &e
	}
	wins, satisfied := rates(s.WinRates()), rates(s.Satisfaction())
	rows := make([]row, len(s.Rows))
	for i, r := range s.Rows {
		rows[i] = row{r, shown(wins(i)), shown(satisfied(i))}
	}
	type fields Scorecard
	return json.Marshal(struct {
		fields
		Rows []row `json:"rows"`
	}{fields(s), rows})
}

// AppendBinary appends the canonical encoding of s. Of the period it holds both
// instants and their offsets from UTC, as JSON does. It returns an error if s is
// impossible.
func (s *Scorecard) AppendBinary(b []byte) ([]byte, error) {
	if err := s.valid("Scorecard.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendBool(appendHeader(b, kindScorecard), !s.isZero())
	if s.isZero() {
		return b, nil
	}
	b = appendTime(appendTime(b, s.Period.Start), s.Period.End)
	b = appendUint(b, uint64(len(s.Rows)))
	for _, r := range s.Rows {
		b = appendText(b, r.Rep)
		for _, n := range []int64{r.FollowUps, r.Wins.K, r.Wins.N, r.Satisfied.K, r.Satisfied.N} {
			b = appendInt(b, n)
		}
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (s *Scorecard) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary replaces s by what AppendBinary wrote. It returns an error, and
// leaves s as it was, if data are anything else.
func (s *Scorecard) UnmarshalBinary(data []byte) error {
	const metric = "Scorecard.UnmarshalBinary"
	d := newDecoder(metric, kindScorecard, data)
	var n Scorecard
	if d.bool() {
		n.Period = Period{Start: d.time(), End: d.time()}
		rows := d.count(6)
		for i := 0; i < rows && d.err == nil; i++ {
			r := ScorecardRow{Rep: d.text()}
			for _, c := range []*int64{&r.FollowUps, &r.Wins.K, &r.Wins.N, &r.Satisfied.K, &r.Satisfied.N} {
				*c = d.count64()
			}
			n.Rows = append(n.Rows, r)
		}
		if d.err == nil && n.isZero() {
			d.fail("Period = %s", n.Period)
		}
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.valid(metric); err != nil {
		return err
	}
	*s = n
	return nil
}

var scorecardCatalog = []Entry{
	{
		Key: "scorecard.win_rate", English: []string{"win rate by rep", "team performance by win rate"},
		Chinese: []string{"团队绩效", "团队赢单率", "销售绩效"}, Formula: "(won + M·p̄) / (won + lost + M)",
		Unit: "share", Direction: Higher, Type: "Scorecard", Method: "WinRates",
	},
	{
		Key: "scorecard.satisfaction", English: []string{"satisfaction by rep", "team performance by satisfaction"},
		Chinese: []string{"团队满意度", "服务人员满意度"}, Formula: "(satisfied + M·p̄) / (answers + M)",
		Unit: "share", Direction: Higher, Type: "Scorecard", Method: "Satisfaction",
	},
}
