package kpi

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// Survey is one wave of a questionnaire: whom it went to, who answered, and what they
// said to each item.
//
//	ResponseRate = Responses / Invitations
//	FeedbackRate = Feedback / Active
//	ACSI         = 100·Σ w·(x − 1) / (9·Σ w),  x the means of three items on 1 to 10
//
// The response rate is of one survey, and the feedback rate of all customers, whatever
// they were asked: who answered any survey, wrote a review or complained, each counted
// once. Neither says that those who answered are like those who did not.
//
// An item is a [CSAT] on a Scale of its own, which has its top and its bottom box, its
// mean, their intervals, and its blanks and answers off the scale apart from them all:
// s.Items["price"].TopBox(). To rank the items is a question to Ranking, and to hold
// several waves against each other one to [Waves].
//
// The counts must be possible: none negative, Responses at most Invitations, the
// answers to an item with its blanks at most Responses, Feedback at most Active. An
// open survey, such as a link on a page, has Invitations of 0 and no response rate. A
// question needs its own fields only. An item needs a name. A copy shares Items with
// its original. The zero value is the identity of Merge.
type Survey struct {
	Invitations int64           `json:"invitations"` // delivered
	Responses   int64           `json:"responses"`   // with at least one answer
	Active      int64           `json:"active"`      // customers who were active in the period
	Feedback    int64           `json:"feedback"`    // of them, who gave any feedback, here or elsewhere
	Items       map[string]CSAT `json:"items"`       // the answers to each item, by its name
}

// names returns the items in the order of their names.
func (s Survey) names() []string { return slices.Sorted(maps.Keys(s.Items)) }

func (s Survey) valid(metric string) error {
	if err := nonNegative(metric, []string{"Invitations", "Responses", "Active", "Feedback"}, s.Invitations, s.Responses, s.Active, s.Feedback); err != nil {
		return err
	}
	switch {
	case s.Invitations > 0 && s.Responses > s.Invitations:
		return fail(metric, CodePartExceedsWhole, "Responses = %d > Invitations = %d", s.Responses, s.Invitations)
	case s.Feedback > s.Active:
		return fail(metric, CodePartExceedsWhole, "Feedback = %d > Active = %d", s.Feedback, s.Active)
	}
	for _, name := range s.names() {
		if blank(name) {
			return fail(metric, CodeRepeated, "Items[%s]", clip(name))
		}
		if err := readable(metric, name); err != nil {
			return err
		}
		item := s.Items[name]
		n, err := item.tally().total(metric)
		if err != nil {
			return err
		}
		if n += item.Blank + item.OutOfScale; n > s.Responses {
			return fail(metric, CodePartExceedsWhole, "Items[%s] = %d > Responses = %d", clip(name), n, s.Responses)
		}
	}
	return nil
}

// open reports whether responses came without invitations.
func (s Survey) open() bool { return s.Invitations == 0 && s.Responses > 0 }

// Merge adds a survey of disjoint customers in the same period, such as another
// region's, item by item; an item that only one of them has stays as it is. It returns
// an error, and changes nothing, if either is impossible, if one was open and the other
// was not, if the scales of an item differ, or if a count overflows.
func (s *Survey) Merge(o Survey) error {
	const metric = "Survey.Merge"
	if err := bothValid(metric, *s, o); err != nil {
		return err
	}
	if s.open() && o.Invitations > 0 || o.open() && s.Invitations > 0 {
		return fail(metric, CodeMismatch, "Invitations = %d, o.Invitations = %d", s.Invitations, o.Invitations)
	}
	t := *s
	err := addCounts(metric, []*int64{&t.Invitations, &t.Responses, &t.Active, &t.Feedback},
		o.Invitations, o.Responses, o.Active, o.Feedback)
	if err != nil {
		return err
	}
	if o.Items != nil {
		t.Items = make(map[string]CSAT, max(len(s.Items), len(o.Items)))
		maps.Copy(t.Items, s.Items)
	}
	for _, name := range o.names() {
		item := t.Items[name]
		if err := item.Merge(o.Items[name]); err != nil {
			return under(err, metric)
		}
		t.Items[name] = item
	}
	*s = t
	return nil
}

// UnmarshalJSON replaces s by what json.Marshal wrote, items that s had included; null
// changes nothing. It leaves s as it was on an error.
func (s *Survey) UnmarshalJSON(data []byte) error {
	type fields Survey
	if string(data) == "null" {
		return nil
	}
	var n fields
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*s = Survey(n)
	return nil
}

// ResponseRate returns Responses/Invitations (问卷回收率). It returns an error if the
// counts are impossible or nobody was invited.
func (s Survey) ResponseRate() (Proportion, error) {
	const metric = "Survey.ResponseRate"
	if err := s.valid(metric); err != nil {
		return Proportion{}, err
	}
	if s.Invitations == 0 {
		return Proportion{}, fail(metric, CodeZeroDenominator, "Invitations = 0")
	}
	return Proportion{K: s.Responses, N: s.Invitations}, nil
}

// FeedbackRate returns Feedback/Active (客户反馈率): the active customers who were heard
// at all. It returns an error if the counts are impossible or nobody was active.
func (s Survey) FeedbackRate() (Proportion, error) {
	const metric = "Survey.FeedbackRate"
	if err := s.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, s.Feedback, s.Active)
}

// The scale of the questions behind the index, wherever their top box begins.
const (
	acsiMin = 1
	acsiMax = 10
)

// acsiWeights returns Σw, and the names of the items in their order, once the weights
// are known to be possible.
func acsiWeights(metric string, weights map[string]decimal.Decimal) (names []string, sum decimal.Decimal, err error) {
	if len(weights) == 0 {
		return nil, sum, fail(metric, CodeEmpty, "len(weights) = 0")
	}
	names = slices.Sorted(maps.Keys(weights))
	for _, name := range names {
		w := weights[name]
		if err := amount(metric, "weight", w); err != nil {
			return nil, sum, err
		}
		if w.IsZero() {
			return nil, sum, fail(metric, CodeOutOfRange, "weights[%s] = 0", clip(name))
		}
		sum = sum.Add(w)
	}
	return names, sum, gate(metric, "Σ weights", sum)
}

// ACSI returns the American Customer Satisfaction Index (顾客满意度指数) in points, 0 …
// 100: with w the weights by item and x the means of the items, all on 1 to 10,
//
//	ACSI = 100·Σ w·(x − 1) / (9·Σ w)
//
// Its items are three: the overall satisfaction, how far expectations were met, and how
// near the product is to the ideal one. The published weights come of a model of the
// whole economy's answers, and only their proportions count; equal weights are usual
// where there are none, and are to be written out. Each item is on the base of its own
// answers. An interval needs to know which answers are of one person: ask
// [Responses.ACSI]. It returns an error if the counts are impossible, if there are no
// weights or one is not positive or too large, if an item is not there or not on 1 to
// 10, or if it has no answers.
//
// Fornell, C. et al. (1996), The American Customer Satisfaction Index: nature, purpose,
// and findings, Journal of Marketing 60(4), 7–18.
func (s Survey) ACSI(weights map[string]decimal.Decimal) (Ratio, error) {
	const metric = "Survey.ACSI"
	if err := s.valid(metric); err != nil {
		return Ratio{}, err
	}
	names, all, err := acsiWeights(metric, weights)
	if err != nil {
		return Ratio{}, err
	}
	for _, name := range names {
		item, ok := s.Items[name]
		if !ok {
			return Ratio{}, fail(metric, CodeUnknownName, "%s", clip(name))
		}
		if scale := item.Scale.or5(); scale.Min != acsiMin || scale.Max != acsiMax {
			return Ratio{}, fail(metric, CodeMismatch, "Items[%s].Scale = %+v", clip(name), scale)
		}
	}
	var terms []Ratio
	for _, name := range names {
		mean, err := s.Items[name].Mean()
		if err != nil {
			return Ratio{}, under(err, metric)
		}
		terms = append(terms, ratio(weights[name].Rat()).Mul(mean.ratio().Sub(Whole(acsiMin))))
	}
	sum, err := addUp(metric, terms)
	if err != nil {
		return Ratio{}, err
	}
	whole := new(big.Rat).Mul(all.Rat(), big.NewRat(acsiMax-acsiMin, 100))
	return ratio(whole.Quo(sum.r(), whole)), nil
}

func (s Survey) table() *table {
	t := &table{head: []string{"item", "n", "blank", "off scale", "top box", "95%", "bottom box", "mean"}, text: 1}
	for _, name := range s.names() {
		item := s.Items[name]
		cells := []string{name, Undefined, Undefined, Undefined, Undefined, Undefined, Undefined, Undefined}
		if n, err := item.tally().total(""); err == nil {
			cells[1], cells[2], cells[3] = strconv.FormatInt(n, 10), strconv.FormatInt(item.Blank, 10), strconv.FormatInt(item.OutOfScale, 10)
		}
		if mean, err := item.Mean(); err == nil { // as there are answers to the others then
			top, _ := item.TopBox()
			limits, _ := top.Interval(0.95)
			bottom, _ := item.BottomBox()
			cells[4], cells[5], cells[6], cells[7] = top.Percent(1), limits.Percent(1), bottom.Percent(1), mean.ratio().fixed(2)
		}
		t.add(cells...)
	}
	return t
}

// String returns a line for each item, in the order of their names, with the 95 %
// interval of its top box.
func (s Survey) String() string { return s.table().String() }

// Markdown is String as a Markdown table.
func (s Survey) Markdown() string { return s.table().markdown() }

var surveyCatalog = []Entry{
	{
		Key: "survey.response", English: []string{"survey response rate", "response rate"},
		Chinese: []string{"问卷回收率", "问卷回复率", "调查回复率", "应答率"}, Formula: "Responses / Invitations",
		Unit: "share", Direction: Higher, Type: "Survey", Method: "ResponseRate",
	},
	{
		Key: "survey.feedback", English: []string{"customer feedback rate", "feedback rate"},
		Chinese: []string{"客户反馈率", "反馈率"}, Formula: "Feedback / Active",
		Unit: "share", Direction: Higher, Type: "Survey", Method: "FeedbackRate",
	},
	{
		Key: "survey.acsi", English: []string{"American Customer Satisfaction Index", "ACSI", "customer satisfaction index", "CSI"},
		Chinese: []string{"顾客满意度指数", "客户满意度指数", "美国顾客满意度指数", "ACSI"}, Formula: "100·Σ w·(x − 1) / (9·Σ w)",
		Unit: "points", Direction: Higher, Type: "Survey", Method: "ACSI",
	},
	{
		Key: "survey.ranking", English: []string{"item ranking", "ranking of survey items"},
		Chinese: []string{"满意度题项排名", "满意度排名", "满意度短板"}, Formula: "items by TopBox, NetTop or Mean",
		Unit: "rank", Direction: Neither, Type: "Survey", Method: "Ranking",
	},
	{
		Key: "survey.trend", English: []string{"satisfaction trend", "trend of survey waves"},
		Chinese: []string{"满意度趋势", "满意度走势"}, Formula: "slope of TopBox, NetTop or Mean over At",
		Unit: "change", Direction: Higher, Type: "Waves", Method: "Trend",
	},
	{
		Key: "survey.changes", English: []string{"wave-on-wave change", "change between survey waves"},
		Chinese: []string{"满意度变化", "满意度波次对比"}, Formula: "a wave − the wave before it, by item",
		Unit: "change", Direction: Higher, Type: "Waves", Method: "Changes",
	},
	{
		Key: "survey.acsi_responses", English: []string{"ACSI of complete responses", "ACSI with an interval"},
		Chinese: []string{"顾客满意度指数(按答卷)", "客户满意度指数(按答卷)"}, Formula: "Σ 100·Σ w·(score − 1) / Σ 9·Σ w over complete responses",
		Unit: "points", Direction: Higher, Type: "Responses", Method: "ACSI",
	},
	{
		Key: "survey.drivers", English: []string{"key drivers of satisfaction", "key driver analysis", "derived importance"},
		Chinese: []string{"满意度驱动因素", "关键驱动因素", "驱动因素分析", "重要性分析"}, Formula: "correlation of an item's score with that of Overall",
		Unit: "correlation", Direction: Neither, Type: "Responses", Method: "Drivers",
	},
}
