package kpi

import (
	"cmp"
	"encoding/json"
	"math/big"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// ChannelCredit is a row of Credits: what one channel got of the conversions and of
// their revenue, and what its touches cost.
//
//	CPA  = Cost / Conversions
//	ROI  = (Revenue − Cost) / Cost
//	ROAS = Revenue / Cost
//
// Cost is of all its touches, those that led to nothing included.
type ChannelCredit struct {
	Channel     string          `json:"channel"`     // as the touches have it
	Touches     int64           `json:"touches"`     // that count
	Conversions Ratio           `json:"conversions"` // parts of conversions, added up
	Revenue     Ratio           `json:"revenue"`     // the same parts of their amounts
	Cost        decimal.Decimal `json:"cost"`        // of Touches
}

// maxCreditBits bounds the common denominator of the credits of all channels, so that
// they can be added and read back.
const maxCreditBits = 1 << 16

func (c *ChannelCredit) valid(metric string) error {
	for _, r := range []struct {
		name  string
		value Ratio
	}{{"Conversions", c.Conversions}, {"Revenue", c.Revenue}} {
		// Money has more digits, and more conversions than one.
		if n := r.value.r(); max(n.Denom().BitLen(), n.Num().BitLen()-maxBigBits) > maxCreditBits {
			return fail(metric, CodeTooLarge, "%s.BitLen = %d", r.name, max(n.Denom().BitLen(), n.Num().BitLen()))
		}
	}
	if c.Conversions.Sign() < 0 {
		return fail(metric, CodeNegative, "Conversions = %.6g", c.Conversions)
	}
	if err := nonNegative(metric, []string{"Touches"}, c.Touches); err != nil {
		return err
	}
	if err := gateTimes(metric, "Cost", c.Cost, 2); err != nil {
		return err
	}
	if c.Cost.Sign() < 0 {
		return fail(metric, CodeNegative, "Cost = %s", clip(plain(c.Cost)))
	}
	return nil
}

// channelCreditJSON is the JSON form of a ChannelCredit.
type channelCreditJSON struct {
	Channel     string     `json:"channel"`
	Touches     int64      `json:"touches"`
	Conversions exact      `json:"conversions"`
	Revenue     exact      `json:"revenue"`
	Cost        jsonAmount `json:"cost"`
}

// MarshalJSON writes the credits exactly and rounded, and the cost exactly, as a
// string. It returns an error if it is too large.
func (c ChannelCredit) MarshalJSON() ([]byte, error) {
	return json.Marshal(channelCreditJSON{c.Channel, c.Touches, exactly(c.Conversions), exactly(c.Revenue), jsonAmount(c.Cost)})
}

// UnmarshalJSON reads what MarshalJSON writes; null changes nothing. It returns an
// error, and leaves c as it was, if data are anything else.
func (c *ChannelCredit) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var in channelCreditJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	n := ChannelCredit{Channel: in.Channel, Touches: in.Touches, Cost: decimal.Decimal(in.Cost)}
	var errs [2]error
	n.Conversions, errs[0] = ParseRatio(in.Conversions.Exact)
	n.Revenue, errs[1] = ParseRatio(in.Revenue.Exact)
	if err := cmp.Or(errs[0], errs[1]); err != nil {
		return err
	}
	*c = n
	return nil
}

// CPA returns Cost/Conversions (单次转化成本), what a conversion cost. It returns an error
// if the row is impossible or has no part in a conversion.
func (c ChannelCredit) CPA() (Ratio, error) {
	return c.over("ChannelCredit.CPA", func() (part, whole *big.Rat) { return c.Cost.Rat(), c.Conversions.r() })
}

// ROI returns (Revenue − Cost)/Cost as a share: 0.2 is a return of 20 %, before the
// cost of what was sold. It returns an error if the row is impossible or cost nothing.
func (c ChannelCredit) ROI() (Ratio, error) {
	return c.over("ChannelCredit.ROI", func() (part, whole *big.Rat) {
		whole = c.Cost.Rat()
		return new(big.Rat).Sub(c.Revenue.r(), whole), whole
	})
}

// ROAS returns Revenue/Cost, which is ROI + 1. It returns an error as ROI does.
func (c ChannelCredit) ROAS() (Ratio, error) {
	return c.over("ChannelCredit.ROAS", func() (part, whole *big.Rat) { return c.Revenue.r(), c.Cost.Rat() })
}

// over returns the quotient of what of returns once the row is known to be possible.
func (c ChannelCredit) over(metric string, of func() (part, whole *big.Rat)) (Ratio, error) {
	if err := c.valid(metric); err != nil {
		return Ratio{}, err
	}
	part, whole := of()
	return share(metric, part, whole)
}

// Credits is the answer to an AttributionSpec, and beside it what was asked. The
// conversions of the rows and the unattributed ones are Conversions, exactly, and so
// is their revenue. Its zero value is the identity of Merge.
type Credits struct {
	Asked               AttributionSpec `json:"asked"`                // with what it left to a default
	Conversions         int64           `json:"conversions"`          // all that count
	Revenue             decimal.Decimal `json:"revenue"`              // of them
	Unattributed        int64           `json:"unattributed"`         // of Conversions, without a touch to look back on
	UnattributedRevenue decimal.Decimal `json:"unattributed_revenue"` // of them
	Rows                []ChannelCredit `json:"rows"`                 // by Channel: those with credit, or with a touch that counts
}

// shadow stands for c in JSON.
func (c *Credits) shadow() any {
	type fields Credits
	return &struct {
		*fields
		Revenue             *jsonAmount `json:"revenue"`
		UnattributedRevenue *jsonAmount `json:"unattributed_revenue"`
	}{(*fields)(c), (*jsonAmount)(&c.Revenue), (*jsonAmount)(&c.UnattributedRevenue)}
}

// MarshalJSON writes the amounts exactly, as strings. It returns an error if one is
// too large.
func (c Credits) MarshalJSON() ([]byte, error) { return json.Marshal(c.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes; null changes nothing. It returns an
// error, and leaves c as it was, if data are anything else.
func (c *Credits) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var n Credits
	if err := json.Unmarshal(data, n.shadow()); err != nil {
		return err
	}
	*c = n
	return nil
}

func (c *Credits) isZero() bool {
	return c.Conversions == 0 && len(c.Rows) == 0 && c.Asked.same(&AttributionSpec{})
}

// valid refuses an answer that is impossible, or whose parts are not its whole.
func (c *Credits) valid(metric string) error {
	zero := c.isZero()
	if !zero {
		if err := c.Asked.valid(metric); err != nil {
			return err
		}
		if n := c.Asked.normal(); !c.Asked.same(&n) {
			return fail(metric, CodeMismatch, "Asked")
		}
	}
	if err := nonNegative(metric, []string{"Conversions", "Unattributed"}, c.Conversions, c.Unattributed); err != nil {
		return err
	}
	if c.Unattributed > c.Conversions {
		return fail(metric, CodePartExceedsWhole, "Unattributed = %d > Conversions = %d", c.Unattributed, c.Conversions)
	}
	if err := cmp.Or(gateTimes(metric, "Revenue", c.Revenue, 2), gateTimes(metric, "UnattributedRevenue", c.UnattributedRevenue, 2)); err != nil {
		return err
	}
	for i := range c.Rows {
		r := &c.Rows[i]
		if err := cmp.Or(validChannel(metric, r.Channel), r.valid(metric)); err != nil {
			return at(err, metric, i)
		}
		if i > 0 && c.Rows[i-1].Channel >= r.Channel {
			return failAt(metric, CodeOrder, i, "Channel")
		}
	}
	if _, err := sumTouches(metric, c.Rows); err != nil {
		return err
	}
	conversions, err := c.common(metric, func(r *ChannelCredit) Ratio { return r.Conversions })
	if err != nil {
		return err
	}
	if !conversions.Equal(Whole(c.Conversions - c.Unattributed)) {
		return fail(metric, CodeMismatch, "Σ Conversions ≠ %d", c.Conversions-c.Unattributed)
	}
	revenue, err := c.common(metric, func(r *ChannelCredit) Ratio { return r.Revenue })
	if err != nil {
		return err
	}
	if of := new(big.Rat).Sub(c.Revenue.Rat(), c.UnattributedRevenue.Rat()); revenue.r().Cmp(of) != 0 {
		return fail(metric, CodeMismatch, "Σ Revenue ≠ Revenue − UnattributedRevenue")
	}
	// Nobody paid without a conversion.
	if c.Unattributed == 0 && !c.UnattributedRevenue.IsZero() {
		return fail(metric, CodeMismatch, "Unattributed = 0, UnattributedRevenue ≠ 0")
	}
	for i := range c.Rows {
		if r := &c.Rows[i]; r.Conversions.IsZero() && !r.Revenue.IsZero() {
			return failAt(metric, CodeMismatch, i, "Conversions = 0, Revenue ≠ 0")
		}
	}
	return nil
}

func sumTouches(metric string, rows []ChannelCredit) (n int64, err error) {
	for i := range rows {
		if err := addCounts(metric, []*int64{&n}, rows[i].Touches); err != nil {
			return 0, at(err, metric, i)
		}
	}
	return n, nil
}

// common returns the sum over the rows, which are possible, on their common
// denominator. It refuses one that is too large.
func (c *Credits) common(metric string, of func(*ChannelCredit) Ratio) (Ratio, error) {
	sum, beyond := sumOnCommon(c.column(of), maxCreditBits)
	if beyond >= 0 {
		return Ratio{}, failAt(metric, CodeTooLarge, beyond, "Denom.BitLen > %d", maxCreditBits)
	}
	return sum, nil
}

func (c *Credits) column(of func(*ChannelCredit) Ratio) []Ratio {
	out := make([]Ratio, len(c.Rows))
	for i := range c.Rows {
		out[i] = of(&c.Rows[i])
	}
	return out
}

// Merge adds the answer to the same AttributionSpec for other customers. It returns an
// error, and changes nothing, if o is nil, if either is impossible, if they answer
// different questions, or if a total grows too large.
func (c *Credits) Merge(o *Credits) error {
	const metric = "Credits.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := bothValid(metric, c, o); err != nil {
		return err
	}
	sum := *c
	switch {
	case o.isZero():
		return nil
	case c.isZero():
		sum.Asked = o.Asked.normal()
	case !c.Asked.same(&o.Asked):
		return fail(metric, CodeQuestion, "")
	}
	if err := addCounts(metric, []*int64{&sum.Conversions, &sum.Unattributed}, o.Conversions, o.Unattributed); err != nil {
		return err
	}
	sum.Revenue, sum.UnattributedRevenue = sum.Revenue.Add(o.Revenue), sum.UnattributedRevenue.Add(o.UnattributedRevenue)
	sum.Rows = nil
	for i, j := 0, 0; i < len(c.Rows) || j < len(o.Rows); {
		switch {
		case j == len(o.Rows) || i < len(c.Rows) && c.Rows[i].Channel < o.Rows[j].Channel:
			sum.Rows = append(sum.Rows, c.Rows[i])
			i++
		case i == len(c.Rows) || o.Rows[j].Channel < c.Rows[i].Channel:
			sum.Rows = append(sum.Rows, o.Rows[j])
			j++
		default:
			row := c.Rows[i]
			if err := addCounts(metric, []*int64{&row.Touches}, o.Rows[j].Touches); err != nil {
				return at(err, metric, i)
			}
			row.Conversions, row.Revenue = row.Conversions.Add(o.Rows[j].Conversions), row.Revenue.Add(o.Rows[j].Revenue)
			row.Cost = row.Cost.Add(o.Rows[j].Cost)
			sum.Rows = append(sum.Rows, row)
			i, j = i+1, j+1
		}
	}
	if err := sum.valid(metric); err != nil {
		return err
	}
	*c = sum
	return nil
}

// ByChannel returns the row of a channel, and whether there is one.
func (c *Credits) ByChannel(channel string) (ChannelCredit, bool) {
	for _, r := range c.Rows {
		if r.Channel == channel {
			return r, true
		}
	}
	return ChannelCredit{}, false
}

// Total returns all channels and the unattributed conversions as one row under the
// name "total": its CPA is what a conversion cost, whoever has the credit. It returns
// an error if the answer is impossible.
func (c *Credits) Total() (ChannelCredit, error) {
	const metric = "Credits.Total"
	if err := c.valid(metric); err != nil {
		return ChannelCredit{}, err
	}
	total := ChannelCredit{Channel: "total", Conversions: Whole(c.Conversions), Revenue: ratio(c.Revenue.Rat())}
	total.Touches, _ = sumTouches(metric, c.Rows) // checked by valid
	for i := range c.Rows {
		total.Cost = total.Cost.Add(c.Rows[i].Cost)
	}
	return total, total.valid(metric)
}

// Attributed returns the conversions with a touch to look back on out of all (可归因占比).
// It returns an error if the answer is impossible or there are no conversions.
func (c *Credits) Attributed() (Proportion, error) {
	const metric = "Credits.Attributed"
	if err := c.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, c.Conversions-c.Unattributed, c.Conversions)
}

// String returns a line for each channel, one for what is unattributed and one for the
// total, for a terminal. Shares are of what is attributed, rounded to add to 100.0 %;
// Undefined stands where there is no value.
func (c *Credits) String() string { return c.table().String() }

// Markdown returns the table of String in Markdown.
func (c *Credits) Markdown() string { return c.table().markdown() }

func (c *Credits) table() *table {
	t := &table{text: 1, head: []string{"channel", "touches", "conversions", "share", "revenue", "cost", "CPA", "ROI", "ROAS"}}
	total, err := c.Total()
	if err != nil {
		return t
	}
	shares := c.tenths()
	for i, r := range c.Rows {
		shown := Undefined
		if shares != nil {
			shown = pointed(shares[i], 1) + "%"
		}
		t.add(r.row(shown)...)
	}
	t.add("(unattributed)", Undefined, Whole(c.Unattributed).fixed(2), Undefined, money(c.UnattributedRevenue, 2),
		Undefined, Undefined, Undefined, Undefined)
	t.add(total.row(Undefined)...)
	return t
}

// tenths returns the shares of the rows in tenths of a per cent, or nil if nothing is
// attributed.
func (c *Credits) tenths() []*big.Int {
	whole := c.Conversions - c.Unattributed
	if whole == 0 {
		return nil
	}
	parts, den, _ := onCommon(c.column(func(r *ChannelCredit) Ratio { return r.Conversions }), maxCreditBits) // as valid did
	return apportion(parts, den.Mul(den, big.NewInt(whole)), big.NewInt(1000))
}

func (c ChannelCredit) row(share string) []string {
	shown := func(of func() (Ratio, error), text func(Ratio) string) string {
		r, err := of()
		if err != nil {
			return Undefined
		}
		return text(r)
	}
	fixed := func(r Ratio) string { return r.fixed(2) }
	percent := func(r Ratio) string { return r.Percent(1) }
	return []string{
		c.Channel, strconv.FormatInt(c.Touches, 10), c.Conversions.fixed(2), share, c.Revenue.fixed(2), money(c.Cost, 2),
		shown(c.CPA, fixed), shown(c.ROI, percent), shown(c.ROAS, fixed),
	}
}

// AppendBinary appends the canonical encoding of c. It returns an error if c is
// impossible.
func (c *Credits) AppendBinary(b []byte) ([]byte, error) {
	if err := c.valid("Credits.AppendBinary"); err != nil {
		return nil, err
	}
	s := &c.Asked
	b = appendInt(appendUint(appendHeader(b, kindCredits), uint64(s.Model)), int64(s.Lookback)) //nolint:gosec // checked by valid
	b = appendBool(b, s.UseUp)
	for _, t := range []time.Time{s.From, s.To} {
		if b = appendBool(b, !t.IsZero()); !t.IsZero() {
			b = appendInt(b, t.UnixNano())
		}
	}
	b = appendTexts(b, s.Direct)
	b = appendInt(appendRational(appendRational(b, s.First), s.Last), int64(s.HalfLife))
	b = appendDecimal(appendDecimal(appendInt(appendInt(b, c.Conversions), c.Unattributed), c.Revenue), c.UnattributedRevenue)
	b = appendUint(b, uint64(len(c.Rows)))
	for _, r := range c.Rows {
		b = appendInt(appendText(b, r.Channel), r.Touches)
		b = appendDecimal(appendRational(appendRational(b, r.Conversions), r.Revenue), r.Cost)
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (c *Credits) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary replaces c by what AppendBinary wrote. It returns an error, and
// leaves c as it was, if data are anything else.
func (c *Credits) UnmarshalBinary(data []byte) error {
	const metric = "Credits.UnmarshalBinary"
	d := newDecoder(metric, kindCredits, data)
	var n Credits
	s := &n.Asked
	s.Model, s.Lookback = Attribution(d.uint(uint64(TimeDecay))), d.duration() //nolint:gosec // bounded
	s.UseUp = d.bool()
	for _, t := range []*time.Time{&s.From, &s.To} {
		if d.bool() {
			*t = time.Unix(0, d.int(minInstant, maxInstant)).UTC()
		}
	}
	s.Direct = d.dictionary().texts
	s.First, s.Last, s.HalfLife = d.rational(maxBigBits), d.rational(maxBigBits), d.duration()
	n.Conversions, n.Unattributed, n.Revenue, n.UnattributedRevenue = d.count64(), d.count64(), d.decimal(2), d.decimal(2)
	if rows := d.count(13); rows > 0 {
		n.Rows = make([]ChannelCredit, rows)
	}
	for i := range n.Rows {
		if d.err != nil {
			break
		}
		const bits = maxCreditBits + maxBigBits
		n.Rows[i] = ChannelCredit{
			Channel: d.text(), Touches: d.count64(), Conversions: d.rational(bits), Revenue: d.rational(bits), Cost: d.decimal(2),
		}
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.valid(metric); err != nil {
		return err
	}
	*c = n
	return nil
}

var attributionCatalog = []Entry{
	{
		Key: "attribution.credit", English: []string{"attribution", "multi-touch attribution", "marketing attribution"},
		Chinese: []string{"归因分析", "渠道归因", "多触点归因"}, Formula: "the share of each touch before a conversion, by Model",
		Unit: "conversions", Direction: Neither, Type: "AttributionSpec", Method: "Credit",
	},
	{
		Key: "attribution.cpa", English: []string{"attributed cost per acquisition", "attributed CPA"},
		Chinese: []string{"归因单次转化成本", "归因获客成本"}, Formula: "Cost / Conversions",
		Unit: "money", Direction: Lower, Type: "ChannelCredit", Method: "CPA",
	},
	{
		Key: "attribution.roi", English: []string{"attributed ROI", "multi-touch ROI"},
		Chinese: []string{"归因ROI", "归因投资回报率"}, Formula: "(Revenue − Cost) / Cost",
		Unit: "ratio", Direction: Higher, Type: "ChannelCredit", Method: "ROI",
	},
	{
		Key: "attribution.roas", English: []string{"attributed return on advertising spend", "attributed ROAS"},
		Chinese: []string{"归因广告支出回报率", "归因投产比"}, Formula: "Revenue / Cost",
		Unit: "ratio", Direction: Higher, Type: "ChannelCredit", Method: "ROAS",
	},
	{
		Key: "attribution.attributed", English: []string{"share of attributed conversions"},
		Chinese: []string{"可归因占比", "归因覆盖率"}, Formula: "(Conversions − Unattributed) / Conversions",
		Unit: "share", Direction: Neither, Type: "Credits", Method: "Attributed",
	},
}
