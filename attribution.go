package kpi

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"sort"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// Attribution is the rule by which the touches before a conversion share its credit.
// Its zero value is none of them: the rule has to be stated.
type Attribution int

// The rules of attribution.
const (
	FirstTouch    Attribution = iota + 1 // all to the first
	LastTouch                            // all to the last
	LastNonDirect                        // all to the last that is not Direct, or the last if all are
	Linear                               // equal parts
	PositionBased                        // First and Last as stated, the rest in equal parts to those between
	TimeDecay                            // parts that halve with every HalfLife before the last touch
)

var attributionNames = []string{"", "first touch", "last touch", "last non-direct", "linear", "position-based", "time decay"}

// String returns the name of a: "last touch".
func (a Attribution) String() string { return enumName(attributionNames, int(a), "Attribution") }

// ParseAttribution returns the rule of that name.
func ParseAttribution(s string) (Attribution, error) {
	i, err := parseEnum("ParseAttribution", attributionNames, s)
	return Attribution(i), err
}

// MarshalText returns the name of a.
func (a Attribution) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseAttribution reads.
func (a *Attribution) UnmarshalText(text []byte) error { return readEnum(a, ParseAttribution, text) }

// AttributionSpec is the question which channels brought about the conversions, and
// their revenue. Each conversion has one credit to give, to the touches of its path
// within Lookback:
//
//	At of the conversion − Lookback ≤ At of the touch ≤ At of the conversion
//
// both ends included, whatever other conversions the same touches have led to; UseUp
// lets a touch count for the first conversion after it only, or for all of one instant. A conversion without a
// touch to look back on is unattributed, so that the totals close. No rule says what
// a channel caused: a customer who would have come anyway credits the last touch as
// much as one who would not. That takes an experiment.
//
//	Linear         1/n each
//	PositionBased  n = 1: 1;  n = 2: First and Last over their sum;
//	               n ≥ 3: First, Last, and 1 − First − Last in equal parts
//	TimeDecay      2^(−age/HalfLife) over the sum of these, age before the last touch
//
// Touches of one instant are ordered by Event, Channel and Cost, so that their order
// in the path does not matter. A weight of TimeDecay is irrational: it is computed once,
// correctly rounded to eighteen decimals and the same on every machine, and the credit
// is shared out in units of 10^−18 by the largest remainder. All other credits are
// exact, and all add to exactly 1.
//
// From and To say which conversions count, and which touches cost; those to look back
// on may lie before From, and conversions before it use them up. What is at To or
// later does not count at all. A conversion is decided when it happens, so that
// nothing is ever open.
type AttributionSpec struct {
	Model    Attribution   `json:"model"`              // required
	Lookback time.Duration `json:"lookback"`           // required
	UseUp    bool          `json:"use_up,omitempty"`   // touches up to the conversion before are used up
	From     time.Time     `json:"from,omitzero"`      // if set, inclusive
	To       time.Time     `json:"to,omitzero"`        // if set, exclusive
	Direct   []string      `json:"direct,omitempty"`   // of LastNonDirect, required: the channels of those who came by themselves
	First    Ratio         `json:"first,omitzero"`     // of PositionBased: the part of the first touch, with Last in 0 < First + Last ≤ 1
	Last     Ratio         `json:"last,omitzero"`      // and that of the last; both 0 are 40 % each
	HalfLife time.Duration `json:"half_life,omitzero"` // of TimeDecay, required
}

// maxPosition bounds the common denominator of First and Last.
const maxPosition = 1_000_000_000

func (s *AttributionSpec) valid(metric string) error {
	switch {
	case s.Model == 0:
		return fail(metric, CodeMissing, "Model")
	case s.Model < 0 || s.Model > TimeDecay:
		return fail(metric, CodeOutOfRange, "Model = %d", int(s.Model))
	case s.Lookback == 0:
		return fail(metric, CodeMissing, "Lookback")
	case s.Lookback < 0:
		return fail(metric, CodeOutOfRange, "Lookback = %s", s.Lookback)
	case s.Model == LastNonDirect && len(s.Direct) == 0:
		return fail(metric, CodeMissing, "Direct")
	case s.Model != LastNonDirect && len(s.Direct) > 0:
		return fail(metric, CodeMismatch, "len(Direct) = %d, Model = %d", len(s.Direct), int(s.Model))
	case s.Model == TimeDecay && s.HalfLife == 0:
		return fail(metric, CodeMissing, "HalfLife")
	case s.HalfLife < 0:
		return fail(metric, CodeOutOfRange, "HalfLife = %s", s.HalfLife)
	case s.Model != TimeDecay && s.HalfLife != 0:
		return fail(metric, CodeMismatch, "HalfLife = %s, Model = %d", s.HalfLife, int(s.Model))
	case !s.From.IsZero() && !s.To.IsZero() && !s.From.Before(s.To):
		return fail(metric, CodeTime, "To = %s ≤ From = %s", s.To.Format(time.RFC3339), s.From.Format(time.RFC3339))
	}
	for _, t := range []time.Time{s.From, s.To} {
		if _, err := instant(metric, t); err != nil && !t.IsZero() {
			return err
		}
	}
	for i, d := range s.Direct {
		if err := validChannel(metric, d); err != nil {
			return at(err, metric, i)
		}
	}
	return s.validParts(metric)
}

// validParts refuses a First and a Last that leave less than nothing.
func (s *AttributionSpec) validParts(metric string) error {
	if s.First.IsZero() && s.Last.IsZero() {
		return nil
	}
	limit := big.NewInt(maxPosition)
	switch sum := s.First.Add(s.Last); {
	case s.Model != PositionBased:
		return fail(metric, CodeMismatch, "First = %s, Last = %s, Model = %d", clip(s.First.String()), clip(s.Last.String()), int(s.Model))
	case s.First.Sign() < 0 || s.Last.Sign() < 0 || sum.Cmp(Whole(1)) > 0:
		return fail(metric, CodeOutOfRange, "First = %s, Last = %s", clip(s.First.String()), clip(s.Last.String()))
	case s.First.r().Denom().Cmp(limit) > 0 || s.Last.r().Denom().Cmp(limit) > 0 || s.positions().IsZero():
		return fail(metric, CodeTooLarge, "First = %s, Last = %s", clip(s.First.String()), clip(s.Last.String()))
	}
	return nil
}

// positions returns the least common denominator of First and Last as a Ratio, or 0 if
// it is too large.
func (s *AttributionSpec) positions() Ratio {
	d := lcm(s.First.r().Denom(), s.Last.r().Denom())
	if d.Cmp(big.NewInt(maxPosition)) > 0 {
		return Ratio{}
	}
	return Whole(d.Int64())
}

// validChannel refuses a name that is empty, or that JSON could not hold.
func validChannel(metric, name string) error {
	switch {
	case name == "":
		return fail(metric, CodeEmpty, "Channel = %q", name)
	case !utf8.ValidString(name):
		return fail(metric, CodeSyntax, "Channel = %q", clip(name))
	}
	return nil
}

// normal returns s as an answer carries it, so that equal questions are equal.
func (s *AttributionSpec) normal() AttributionSpec {
	n := *s
	n.Direct = nameSet(s.Direct)
	if s.Model == PositionBased && s.First.IsZero() && s.Last.IsZero() {
		n.First, n.Last = Percent(40), Percent(40)
	}
	for _, t := range []*time.Time{&n.From, &n.To} {
		if !t.IsZero() {
			*t = time.Unix(0, t.UnixNano()).UTC()
		}
	}
	return n
}

// same reports whether both, which are normal, ask the same.
func (s *AttributionSpec) same(o *AttributionSpec) bool {
	return s.Model == o.Model && s.Lookback == o.Lookback && s.UseUp == o.UseUp && s.From.Equal(o.From) && s.To.Equal(o.To) &&
		slices.Equal(s.Direct, o.Direct) && s.First.Equal(o.First) && s.Last.Equal(o.Last) && s.HalfLife == o.HalfLife
}

// Touch is one contact of a customer with a channel.
type Touch struct {
	At      time.Time       `json:"at"`              // when, from September 1677 to April 2262
	Channel string          `json:"channel"`         // not empty
	Event   string          `json:"event,omitempty"` // what it was, such as a click or a view
	Cost    decimal.Decimal `json:"cost"`            // of this touch, not negative
}

// shadow stands for t in JSON.
func (t *Touch) shadow() any {
	type fields Touch
	return &struct {
		*fields
		At   *jsonTime   `json:"at"`
		Cost *jsonAmount `json:"cost"`
	}{(*fields)(t), (*jsonTime)(&t.At), (*jsonAmount)(&t.Cost)}
}

// MarshalJSON writes the cost exactly, as a string. It returns an error if it is too
// large.
func (t Touch) MarshalJSON() ([]byte, error) { return json.Marshal(t.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and a cost that is a number. It returns
// an error, and leaves t as it was, if data are anything else.
func (t *Touch) UnmarshalJSON(data []byte) error { return readForm(t, (*Touch).shadow, data) }

// Path is what one customer met with and did, in any order. One without conversions
// tells what its touches cost, and may hold money that was spent on no customer in
// particular: a touch whose Cost is the bill of the month.
type Path struct {
	Touches     []Touch `json:"touches"`     // those that led to nothing included
	Conversions []Order `json:"conversions"` // an Amount may be 0, and is negative for money given back
}

// pathTouch is a Touch with its instant, and the number of its channel.
type pathTouch struct {
	*Touch
	at      int64
	channel int
}

// compare is the order of touches, of one instant too.
func (t *pathTouch) compare(o *pathTouch) int {
	return cmp.Or(cmp.Compare(t.at, o.at), cmp.Compare(t.Event, o.Event), cmp.Compare(t.Channel, o.Channel), t.Cost.Cmp(o.Cost))
}

// crediting adds up the credits of paths.
type crediting struct {
	spec     *AttributionSpec
	from, to int64
	out      *Credits
	revenue  Sum // of all conversions
	lost     Sum // of those without a touch
	channels dictionary
	rows     []channelSums // by the number of the channel
	nums     []int64       // of one conversion, by the number of the channel
}

// channelSums is what one channel has got.
type channelSums struct {
	touches int64
	seen    bool
	cost    Sum
	credits map[int64]*creditSum // by denominator
}

// creditSum is the sum of the numerators of one denominator.
type creditSum struct{ conversions, revenue Sum }

// Credit answers s for these paths, each of another customer. It returns an error if s
// is out of range or lacks what its Model requires, or if a touch has no channel or
// one that is no text in UTF-8, an instant lies outside 1677–2262, or an amount is out
// of range, naming the path.
func (s AttributionSpec) Credit(paths ...Path) (*Credits, error) {
	const metric = "AttributionSpec.Credit"
	if err := s.valid(metric); err != nil {
		return nil, err
	}
	asked := s.normal()
	c := crediting{spec: &asked, from: minInstant, to: maxInstant, out: &Credits{Asked: asked}}
	if !s.From.IsZero() {
		c.from = s.From.UnixNano()
	}
	if !s.To.IsZero() {
		c.to = s.To.UnixNano() - 1
	}
	for i := range paths {
		if err := c.path(metric, &paths[i]); err != nil {
			return nil, at(err, metric, i)
		}
	}
	return c.answer(metric)
}

// counts reports whether what happens at an instant counts.
func (c *crediting) counts(at int64) bool { return c.from <= at && at <= c.to }

// path adds the credits of one path.
func (c *crediting) path(metric string, p *Path) error {
	touches := make([]pathTouch, len(p.Touches))
	for i := range p.Touches {
		t := &p.Touches[i]
		at, err := instant(metric, t.At)
		if err := cmp.Or(err, validChannel(metric, t.Channel), amount(metric, "Cost", t.Cost)); err != nil {
			return err
		}
		touches[i] = pathTouch{t, at, 0}
	}
	type conversion struct {
		at     int64
		amount decimal.Decimal
	}
	conversions := make([]conversion, len(p.Conversions))
	for i, o := range p.Conversions {
		at, err := instant(metric, o.At)
		if err := cmp.Or(err, gate(metric, "Amount", o.Amount)); err != nil {
			return err
		}
		conversions[i] = conversion{at, o.Amount}
	}
	for i := range touches {
		t := &touches[i]
		t.channel = int(c.channels.code(t.Channel))
		if t.channel == len(c.rows) {
			c.rows, c.nums = append(c.rows, channelSums{credits: map[int64]*creditSum{}}), append(c.nums, 0)
		}
		if c.counts(t.at) {
			row := &c.rows[t.channel]
			row.touches++
			row.seen = true
			row.cost.add(t.Cost)
		}
	}
	slices.SortFunc(touches, func(a, b pathTouch) int { return a.compare(&b) })
	slices.SortFunc(conversions, func(a, b conversion) int { return cmp.Compare(a.at, b.at) })
	used := 0 // touches up to the conversion before
	for i, v := range conversions {
		if i > 0 && c.spec.UseUp && conversions[i-1].at < v.at {
			used = sort.Search(len(touches), func(k int) bool { return touches[k].at > conversions[i-1].at })
		}
		if !c.counts(v.at) {
			continue
		}
		end := sort.Search(len(touches), func(k int) bool { return touches[k].at > v.at })
		begin := sort.Search(end, func(k int) bool {
			return uint64(v.at)-uint64(touches[k].at) <= uint64(c.spec.Lookback) //nolint:gosec // modulo 2^64, as the difference is
		})
		c.conversion(v.amount, touches[min(max(begin, used), end):end])
	}
	return nil
}

// conversion shares out one conversion among touches.
func (c *crediting) conversion(amount decimal.Decimal, touches []pathTouch) {
	c.out.Conversions++
	c.revenue.add(amount)
	if len(touches) == 0 {
		c.out.Unattributed++
		c.lost.add(amount)
		return
	}
	den := c.share(touches)
	for i := range touches {
		channel := touches[i].channel
		num := c.nums[channel]
		if num == 0 {
			continue // nothing, or what has been given
		}
		c.nums[channel] = 0
		row := &c.rows[channel]
		row.seen = true
		sum := row.credits[den]
		if sum == nil {
			sum = new(creditSum)
			row.credits[den] = sum
		}
		n := decimal.NewFromInt(num)
		sum.conversions.add(n)
		sum.revenue.add(amount.Mul(n))
	}
}

// share adds the numerators of touches, of which there are some and which are in order,
// to those of their channels, and returns the denominator, which is their sum.
func (c *crediting) share(touches []pathTouch) (den int64) {
	give := func(i int, num int64) { c.nums[touches[i].channel] += num }
	n := len(touches)
	last := n - 1
	switch c.spec.Model {
	case FirstTouch:
		give(0, 1)
		return 1
	case LastTouch:
		give(last, 1)
		return 1
	case LastNonDirect:
		for i := last; i >= 0; i-- {
			if _, direct := slices.BinarySearch(c.spec.Direct, touches[i].Channel); !direct {
				last = i
				break
			}
		}
		give(last, 1)
		return 1
	case PositionBased:
		return c.position(n, give)
	case TimeDecay:
		weights, total := make([]*big.Int, n), new(big.Int)
		for i := range touches {
			weights[i] = big.NewInt(decay(touches[last].at-touches[i].at, int64(c.spec.HalfLife)))
			total.Add(total, weights[i])
		}
		for i, units := range apportion(weights, total, big.NewInt(decayUnit)) {
			give(i, units.Int64())
		}
		return decayUnit
	default: // Linear
		for i := range touches {
			give(i, 1)
		}
		return int64(n)
	}
}

// position gives the parts of the first of n touches, of the last, and of those
// between.
func (c *crediting) position(n int, give func(i int, num int64)) (den int64) {
	parts := c.spec.positions()
	of := func(part Ratio) int64 { return part.Mul(parts).r().Num().Int64() }
	first, last, all := of(c.spec.First), of(c.spec.Last), of(Whole(1))
	switch n {
	case 1:
		give(0, 1)
		return 1
	case 2:
		give(0, first)
		give(1, last)
		return first + last
	}
	between := int64(n - 2)
	give(0, first*between)
	give(n-1, last*between)
	for i := 1; i < n-1; i++ {
		give(i, all-first-last)
	}
	return all * between
}

// answer makes the table of what was added up.
func (c *crediting) answer(metric string) (*Credits, error) {
	out := c.out
	out.Revenue, out.UnattributedRevenue = c.revenue.Decimal(), c.lost.Decimal()
	for i := range c.rows {
		if r := &c.rows[i]; r.seen {
			row := ChannelCredit{Channel: c.channels.texts[i], Touches: r.touches, Cost: r.cost.Decimal()}
			row.Conversions, row.Revenue = r.sums()
			out.Rows = append(out.Rows, row)
		}
	}
	slices.SortFunc(out.Rows, func(a, b ChannelCredit) int { return cmp.Compare(a.Channel, b.Channel) })
	if err := out.valid(metric); err != nil {
		return nil, err
	}
	return out, nil
}

// sums adds the credits, those of one denominator being one numerator.
func (r *channelSums) sums() (conversions, revenue Ratio) {
	exp := int32(0)
	for _, s := range r.credits {
		e, _ := s.revenue.state()
		exp = min(exp, e)
	}
	counts, money := make(fractions, len(r.credits)), make(fractions, len(r.credits))
	for den, s := range r.credits {
		_, n := s.conversions.state()
		counts.add(n, den)
		e, units := s.revenue.state()
		money.add(units.Mul(units, pow10(int(e-exp))), den)
	}
	sum := money.sum()
	return ratio(counts.sum()), ratio(sum.Mul(sum, scaled(bigOne, int(exp))))
}
