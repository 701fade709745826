package kpi

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// RFMRule names the customers whose scores lie in three ranges, both ends included. A
// range of {0, 0} is any score.
type RFMRule struct {
	Name      string `json:"name"`      // of the segment
	Recency   [2]int `json:"recency"`   // the lowest and the highest score
	Frequency [2]int `json:"frequency"` // likewise
	Monetary  [2]int `json:"monetary"`  // likewise
}

// ranges returns the ranges of a rule, any score written out.
func (r *RFMRule) ranges(bins int) [3][2]int {
	out := [3][2]int{r.Recency, r.Frequency, r.Monetary}
	for i := range out {
		if out[i] == ([2]int{}) {
			out[i] = [2]int{1, bins}
		}
	}
	return out
}

// RFMRules name every combination of scores (RFM客户分群): an ordered list of rules, of
// which the first that holds gives the name. They are made by NewRFMRules, which proves
// that each combination has a name and that each rule has one to give; the zero value has
// neither. Rules in JSON, in a configuration, are a []RFMRule.
type RFMRules struct {
	bins  int
	rules []RFMRule
	cells []uint16 // the rule of each cell
}

// maxRFMRules bounds the rules: a cube of nine bins has no more cells.
const maxRFMRules = maxBins * maxBins * maxBins

// NewRFMRules returns rules for scores of 1 to bins. It returns an error if bins is out of
// range, if a name is empty or twice, if a range is empty or leaves the scores, naming the
// rule, if a rule can never hold because those before it take all of its scores, naming it
// (CodeOrder), or if no rule holds for some scores, naming them (CodeMissing). A last rule
// with three ranges of {0, 0} takes what is left; a list that needs none says more.
func NewRFMRules(bins int, rules []RFMRule) (RFMRules, error) {
	const metric = "NewRFMRules"
	switch {
	case bins < minBins || bins > maxBins:
		return RFMRules{}, fail(metric, CodeOutOfRange, "bins = %d", bins)
	case len(rules) > maxRFMRules:
		return RFMRules{}, fail(metric, CodeTooLarge, "len(rules) = %d", len(rules))
	}
	const nobody = ^uint16(0)
	out := RFMRules{bins: bins, rules: slices.Clone(rules), cells: make([]uint16, bins*bins*bins)}
	for i := range out.cells {
		out.cells[i] = nobody
	}
	for i := range rules {
		r := &rules[i]
		if blank(r.Name) || slices.ContainsFunc(rules[:i], func(o RFMRule) bool { return o.Name == r.Name }) {
			return RFMRules{}, failAt(metric, CodeRepeated, i, "Name = %s", clip(r.Name))
		}
		if err := readable(metric, r.Name); err != nil {
			return RFMRules{}, at(err, metric, i)
		}
		ranges := r.ranges(bins)
		for k, span := range ranges {
			if span[0] < 1 || span[0] > span[1] || span[1] > bins {
				return RFMRules{}, failAt(metric, CodeOutOfRange, i, "%s: %s = %v ∉ [1, %d]", clip(r.Name), rfmNames[k], span, bins)
			}
		}
		fires := false
		for cell, taken := range out.cells {
			x, y, z := scores(cell, bins)
			if taken == nobody && inside(ranges[0], x) && inside(ranges[1], y) && inside(ranges[2], z) {
				out.cells[cell], fires = uint16(i), true
			}
		}
		if !fires {
			return RFMRules{}, failAt(metric, CodeOrder, i, "%s ⊆ rules[:%d]", clip(r.Name), i)
		}
	}
	for cell, rule := range slices.Backward(out.cells) { // the best first
		if rule == nobody {
			x, y, z := scores(cell, bins)
			return RFMRules{}, fail(metric, CodeMissing, "Recency = %d, Frequency = %d, Monetary = %d", x, y, z)
		}
	}
	return out, nil
}

var rfmNames = []string{"Recency", "Frequency", "Monetary"}

func inside(span [2]int, score int) bool { return span[0] <= score && score <= span[1] }

// DefaultRFMRules returns rules for the five bins that are the default, by the names that
// the trade uses. They are a map of recency against frequency, on which money tells
// the best from the merely frequent:
//
//	Champions            R 4–5  F 4–5  M 4–5   重要价值客户: reward them, ask them to tell others
//	Can't Lose Them      R 1–2  F 4–5  M 4–5   重要挽留客户: bought most, and stopped; call
//	Loyal Customers      R 3–5  F 4–5          忠诚客户
//	Potential Loyalists  R 4–5  F 2–3          潜力客户
//	New Customers        R 5    F 1            新客户
//	Promising            R 4    F 1            有潜力的新客户
//	Need Attention       R 3    F 3            需要关注
//	About To Sleep       R 3    F 1–2          即将沉睡
//	At Risk              R 1–2  F 3–5          流失风险
//	Hibernating          R 2    F 1–2          沉睡客户
//	Lost                 R 1    F 1–2          流失客户
//
// With bins of equal customers a fifth of them has each score, whatever they do: the
// names are relative to the shop, and the best fifth of a bad year is a fifth. Give the
// RFMSpec edges where the segments of two dates are compared.
func DefaultRFMRules() RFMRules {
	to := func(lo, hi int) [2]int { return [2]int{lo, hi} }
	rules, _ := NewRFMRules(defaultBins, []RFMRule{ // which a test holds to be good
		{Name: "Champions", Recency: to(4, 5), Frequency: to(4, 5), Monetary: to(4, 5)},
		{Name: "Can't Lose Them", Recency: to(1, 2), Frequency: to(4, 5), Monetary: to(4, 5)},
		{Name: "Loyal Customers", Recency: to(3, 5), Frequency: to(4, 5)},
		{Name: "Potential Loyalists", Recency: to(4, 5), Frequency: to(2, 3)},
		{Name: "New Customers", Recency: to(5, 5), Frequency: to(1, 1)},
		{Name: "Promising", Recency: to(4, 4), Frequency: to(1, 1)},
		{Name: "Need Attention", Recency: to(3, 3), Frequency: to(3, 3)},
		{Name: "About To Sleep", Recency: to(3, 3), Frequency: to(1, 2)},
		{Name: "At Risk", Recency: to(1, 2), Frequency: to(3, 5)},
		{Name: "Hibernating", Recency: to(2, 2), Frequency: to(1, 2)},
		{Name: "Lost", Recency: to(1, 1), Frequency: to(1, 2)},
	})
	return rules
}

// Bins returns the number of bins that the rules are for.
func (r RFMRules) Bins() int { return r.bins }

// Rules returns the rules in their order.
func (r RFMRules) Rules() []RFMRule { return slices.Clone(r.rules) }

// Name returns the name of these scores. It returns an error if one is outside 1 … Bins.
func (r RFMRules) Name(recency, frequency, monetary int) (string, error) {
	for i, score := range []int{recency, frequency, monetary} {
		if score < 1 || score > r.bins {
			return "", fail("RFMRules.Name", CodeOutOfRange, "%s = %d ∉ [1, %d]", rfmNames[i], score, r.bins)
		}
	}
	return r.rules[r.cells[((recency-1)*r.bins+frequency-1)*r.bins+monetary-1]].Name, nil
}

// RFMSegment sums up the customers of one name.
//
//	MeanRecency   = Days / Customers
//	MeanFrequency = Orders / Customers
//	MeanMonetary  = Revenue / Customers
//
// The means are of days, orders and money. Means of scores say nothing that their ranges
// do not.
type RFMSegment struct {
	Name      string          `json:"name"`      // that of the rule
	Customers int64           `json:"customers"` // with that name
	Days      int64           `json:"days"`      // since the last order, of all of them together
	Orders    int64           `json:"orders"`    // of theirs, refunds apart
	Revenue   decimal.Decimal `json:"revenue"`   // of theirs, less netted refunds
}

// shadow stands for s in JSON.
func (s *RFMSegment) shadow() any {
	type fields RFMSegment
	return &struct {
		*fields
		Revenue *jsonAmount `json:"revenue"`
	}{(*fields)(s), (*jsonAmount)(&s.Revenue)}
}

// MarshalJSON writes the revenue exactly, as a string. It returns an error if it is too
// large.
func (s RFMSegment) MarshalJSON() ([]byte, error) { return json.Marshal(s.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and a revenue that is a number. It returns
// an error, and leaves s as it was, if data are anything else.
func (s *RFMSegment) UnmarshalJSON(data []byte) error {
	return readForm(s, (*RFMSegment).shadow, data)
}

func (s *RFMSegment) valid(metric string) error {
	if err := nonNegative(metric, []string{"Customers", "Days", "Orders"}, s.Customers, s.Days, s.Orders); err != nil {
		return err
	}
	if s.Customers > s.Orders {
		return fail(metric, CodePartExceedsWhole, "Customers = %d > Orders = %d", s.Customers, s.Orders)
	}
	return gateTimes(metric, "Revenue", s.Revenue, 2)
}

// MeanRecency returns the days since the last order of a customer of the segment. It
// returns an error if the counts are impossible or there are no customers.
func (s RFMSegment) MeanRecency() (Ratio, error) {
	return s.mean("RFMSegment.MeanRecency", new(big.Rat).SetInt64(s.Days))
}

// MeanFrequency returns the orders of a customer of the segment. It returns an error as
// MeanRecency does.
func (s RFMSegment) MeanFrequency() (Ratio, error) {
	return s.mean("RFMSegment.MeanFrequency", new(big.Rat).SetInt64(s.Orders))
}

// MeanMonetary returns the money of a customer of the segment. It returns an error as
// MeanRecency does.
func (s RFMSegment) MeanMonetary() (Ratio, error) {
	const metric = "RFMSegment.MeanMonetary"
	if err := s.valid(metric); err != nil { // before it becomes a big.Rat
		return Ratio{}, err
	}
	return s.mean(metric, s.Revenue.Rat())
}

func (s *RFMSegment) mean(metric string, sum *big.Rat) (Ratio, error) {
	if err := s.valid(metric); err != nil {
		return Ratio{}, err
	}
	if s.Customers == 0 {
		return Ratio{}, fail(metric, CodeZeroDenominator, "Customers = 0")
	}
	return ratio(sum.Quo(sum, new(big.Rat).SetInt64(s.Customers))), nil
}

// RFMSegments is a table of customers by named segment, in the order of the rules and
// with those that are empty.
type RFMSegments []RFMSegment

// Segments sums up the customers by the names that rules give their scores
// (RFM客户分群). It returns an error if the rules are for another number of bins, or if r was
// typed in or altered.
func (r *RFM) Segments(rules RFMRules) (RFMSegments, error) {
	const metric = "RFM.Segments"
	if bins := r.side(); bins == 0 || bins != rules.bins {
		return nil, fail(metric, CodeMismatch, "Bins = %d, rules.Bins = %d", r.Bins, rules.bins)
	}
	out, revenues := make(RFMSegments, len(rules.rules)), make([]big.Int, len(rules.rules))
	for cell, i := range rules.cells {
		t := &r.cells[cell]
		if t.customers == 0 {
			continue
		}
		out[i].Customers += t.customers
		out[i].Orders += t.orders
		revenues[i].Add(&revenues[i], t.revenue.total())
	}
	for k := range r.rows {
		out[rules.cells[r.rows[k].cell]].Days += int64(r.rows[k].days)
	}
	for i := range out {
		out[i].Name, out[i].Revenue = rules.rules[i].Name, decimal.NewFromBigInt(&revenues[i], r.exp)
	}
	return out, nil
}

// all sums up the segments.
func (s RFMSegments) all(metric string) (RFMSegment, error) {
	var out RFMSegment
	var revenue Sum
	for i := range s {
		if err := s[i].valid(metric); err != nil {
			return out, at(err, metric, i)
		}
		err := addCounts(metric, []*int64{&out.Customers, &out.Days, &out.Orders}, s[i].Customers, s[i].Days, s[i].Orders)
		if err != nil {
			return out, at(err, metric, i)
		}
		revenue.add(s[i].Revenue)
	}
	out.Name, out.Revenue = "all", revenue.Decimal()
	return out, nil
}

// Share returns the customers of segment i out of all. It returns an error if the counts
// are impossible, if there is no segment i, or if there are no customers.
func (s RFMSegments) Share(i int) (Proportion, error) {
	const metric = "RFMSegments.Share"
	all, err := s.of(metric, i)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, s[i].Customers, all.Customers)
}

// RevenueShare returns the revenue of segment i out of that of all. It returns an error if
// the counts are impossible, if there is no segment i, or if the revenue of all is 0 or
// less.
func (s RFMSegments) RevenueShare(i int) (Ratio, error) {
	const metric = "RFMSegments.RevenueShare"
	all, err := s.of(metric, i)
	if err != nil {
		return Ratio{}, err
	}
	if all.Revenue.Sign() <= 0 {
		return Ratio{}, fail(metric, CodeNotPositive, "Σ Revenue = %s", clip(plain(all.Revenue)))
	}
	return share(metric, s[i].Revenue.Rat(), all.Revenue.Rat())
}

func (s RFMSegments) of(metric string, i int) (RFMSegment, error) {
	all, err := s.all(metric)
	if err == nil && (i < 0 || i >= len(s)) {
		err = fail(metric, CodeOutOfRange, "i = %d, len = %d", i, len(s))
	}
	return all, err
}

func (s RFMSegments) table() *table {
	t := &table{head: []string{"segment", "customers", "share", "orders", "revenue", "share", "days", "orders each", "revenue each"}, text: 1}
	all, err := s.all("")
	if err != nil {
		return t
	}
	counts, amounts := make([]*big.Int, len(s)), make([]decimal.Decimal, len(s))
	for i := range s {
		counts[i], amounts[i] = big.NewInt(s[i].Customers), s[i].Revenue
	}
	customers := shownShares(counts, big.NewInt(all.Customers))
	revenue := shownShares(unitParts(amounts, all.Revenue.Exponent()), all.Revenue.Coefficient())
	customers = append(customers, Proportion{K: all.Customers, N: all.Customers}.Percent(1))
	revenue = append(revenue, shownShares([]*big.Int{bigOne}, big.NewInt(int64(all.Revenue.Sign())))...)
	for i, r := range append(slices.Clone(s), all) {
		mean := func(x Ratio, err error) string {
			if err != nil {
				return Undefined
			}
			return x.fixed(1)
		}
		t.add(r.Name, strconv.FormatInt(r.Customers, 10), customers[i], strconv.FormatInt(r.Orders, 10), money(r.Revenue, 2), revenue[i],
			mean(r.MeanRecency()), mean(r.MeanFrequency()), mean(r.MeanMonetary()))
	}
	return t
}

// String returns a line for each segment and one for all: customers, orders and revenue
// with their shares, rounded to add to 100.0 %, and the mean days since the last order, orders and revenue of a
// customer.
func (s RFMSegments) String() string { return s.table().String() }

// Markdown is String as a Markdown table.
func (s RFMSegments) Markdown() string { return s.table().markdown() }

var rfmSegmentCatalog = []Entry{
	{
		Key: "rfm.segments", English: []string{"RFM segments", "customer segments by RFM"},
		Chinese: []string{"RFM客户分群", "RFM客户细分", "客户分群"}, Formula: "the first rule whose ranges hold the scores",
		Unit: "segment", Direction: Neither, Type: "RFM", Method: "Segments",
	},
	{
		Key: "rfm.segment_share", English: []string{"share of customers in an RFM segment"},
		Chinese: []string{"RFM分群客户占比"}, Formula: "Customers / Σ Customers",
		Unit: "share", Direction: Neither, Type: "RFMSegments", Method: "Share",
	},
	{
		Key: "rfm.segment_revenue", English: []string{"share of revenue of an RFM segment"},
		Chinese: []string{"RFM分群收入占比"}, Formula: "Revenue / Σ Revenue",
		Unit: "ratio", Direction: Neither, Type: "RFMSegments", Method: "RevenueShare",
	},
	{
		Key: "rfm.segment_recency", English: []string{"mean days since the last order of an RFM segment"},
		Chinese: []string{"RFM分群平均最近消费天数"}, Formula: "Days / Customers",
		Unit: "days", Direction: Lower, Type: "RFMSegment", Method: "MeanRecency",
	},
	{
		Key: "rfm.segment_frequency", English: []string{"mean orders of an RFM segment"},
		Chinese: []string{"RFM分群人均订单数"}, Formula: "Orders / Customers",
		Unit: "orders", Direction: Higher, Type: "RFMSegment", Method: "MeanFrequency",
	},
	{
		Key: "rfm.segment_monetary", English: []string{"mean revenue of an RFM segment"},
		Chinese: []string{"RFM分群人均消费金额"}, Formula: "Revenue / Customers",
		Unit: "money", Direction: Higher, Type: "RFMSegment", Method: "MeanMonetary",
	},
}
