package kpi

import (
	"math/big"
	"slices"
	"strconv"
)

// SurveyMeasure says by which number items and waves are held against each other.
type SurveyMeasure int

// The measures of an item.
const (
	SurveyTopBox SurveyMeasure = iota // CSAT.TopBox
	SurveyNetTop                      // CSAT.NetTop
	SurveyMean                        // CSAT.Mean
)

var surveyMeasures = []string{"top box", "net top", "mean"}

// String returns the name of m: "top box".
func (m SurveyMeasure) String() string { return enumName(surveyMeasures, int(m), "SurveyMeasure") }

// ParseSurveyMeasure returns the measure of that name.
func ParseSurveyMeasure(s string) (SurveyMeasure, error) {
	i, err := parseEnum("ParseSurveyMeasure", surveyMeasures, s)
	return SurveyMeasure(i), err
}

// MarshalText returns the name of m.
func (m SurveyMeasure) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what ParseSurveyMeasure reads.
func (m *SurveyMeasure) UnmarshalText(text []byte) error {
	return readEnum(m, ParseSurveyMeasure, text)
}

func (m SurveyMeasure) valid(metric string) error {
	if m < SurveyTopBox || m > SurveyMean {
		return fail(metric, CodeOutOfRange, "by = %d", int(m))
	}
	return nil
}

// of returns the measure of an item with answers.
func (m SurveyMeasure) of(c CSAT) Ratio {
	switch m {
	case SurveyNetTop:
		net, _ := c.NetTop()
		return net
	case SurveyMean:
		mean, _ := c.Mean()
		return mean.ratio()
	default:
		top, _ := c.TopBox()
		return quotient(top.K, top.N)
	}
}

// interval returns the interval of the measure of an item with answers, the whole scale
// for the mean of a single one.
func (m SurveyMeasure) interval(c CSAT, confidence float64) (Interval, error) {
	switch m {
	case SurveyNetTop:
		return c.NetTopInterval(confidence)
	case SurveyMean:
		mean, _ := c.Mean()
		if mean.N == 1 {
			return Interval{
				Lo: mean.Low.InexactFloat64(), Hi: mean.High.InexactFloat64(),
				Confidence: confidence, N: 1, Warnings: []Code{CodeTooFew},
			}, nil
		}
		return mean.Interval(confidence)
	default:
		top, _ := c.TopBox()
		return top.Interval(confidence)
	}
}

// compare tests whether two independent groups with answers differ.
func (m SurveyMeasure) compare(c, o CSAT) (Comparison, error) {
	switch m {
	case SurveyNetTop:
		return c.NetTopCompare(o)
	case SurveyMean:
		a, _ := c.Mean()
		b, _ := o.Mean()
		return a.Compare(b)
	default:
		a, _ := c.TopBox()
		b, _ := o.TopBox()
		return a.Fisher(b)
	}
}

// test is the test that compare makes.
func (m SurveyMeasure) test() Test {
	return []Test{FisherExact, AdjustedZ, WelchT}[m]
}

// cell prints a value of the measure, a share in per cent and a net top in points.
func (m SurveyMeasure) cell(v Ratio) string {
	if m == SurveyTopBox {
		return v.Percent(1)
	}
	return m.change(v)
}

// change prints a difference of two values, of shares in points.
func (m SurveyMeasure) change(v Ratio) string {
	if m == SurveyMean {
		return v.fixed(2)
	}
	return v.Mul(Whole(100)).fixed(1)
}

// limits prints an interval of the measure, as cell does.
func (m SurveyMeasure) limits(i Interval) string {
	if m == SurveyTopBox {
		return i.Percent(1)
	}
	return m.change(ratio(new(big.Rat).SetFloat64(i.Lo))) + " … " + m.change(ratio(new(big.Rat).SetFloat64(i.Hi)))
}

// RankedItem is a row of an ItemRanking.
type RankedItem struct {
	Rank     int      `json:"rank"`     // 1 is the highest; equal values share theirs
	Best     int      `json:"best"`     // the highest rank that the intervals leave open
	Worst    int      `json:"worst"`    // the lowest
	Item     string   `json:"item"`     // its name
	N        int64    `json:"n"`        // answers
	Value    Ratio    `json:"value"`    // of the measure, exactly
	Interval Interval `json:"interval"` // of Value
}

// ItemRanking is the items of a survey from the highest value down, equal ones at one
// rank, in the order of their names.
//
//	Rank  = 1 + items of a higher value
//	Best  = 1 + items whose interval is wholly above that of the item
//	Worst = items − those whose interval is wholly below it
//
// The order of a few answers is mostly chance: where the first could be the fifth, and
// the fifth the first, the table says nothing about either. Items between which the
// ranks overlap may still differ, since the same people answered both, which the
// counts of either do not show; those that do not overlap do. Each interval is of its
// confidence for itself, not for all ranks at once.
type ItemRanking struct {
	By         SurveyMeasure `json:"by"`                   // what was ranked
	Rows       []RankedItem  `json:"rows"`                 // those with answers
	Unanswered []string      `json:"unanswered,omitempty"` // the items without
}

// Ranking returns the items ranked by their top box, their net top or their mean. An
// item with a single answer has the whole scale for the interval of its mean. It
// returns an error if the counts are impossible, if by is no measure, if confidence is
// outside (0, 1), if two items are on different scales, or if none has an answer.
func (s Survey) Ranking(by SurveyMeasure, confidence float64) (*ItemRanking, error) {
	const metric = "Survey.Ranking"
	if err := s.valid(metric); err != nil {
		return nil, err
	}
	if err := by.valid(metric); err != nil {
		return nil, err
	}
	if err := confident(metric, confidence); err != nil {
		return nil, err
	}
	out := &ItemRanking{By: by}
	names := s.names()
	for _, name := range names {
		item := s.Items[name]
		if scale, first := item.Scale.or5(), s.Items[names[0]].Scale.or5(); scale != first {
			return nil, fail(metric, CodeMismatch, "Items[%s].Scale = %+v ≠ %+v", clip(name), scale, first)
		}
		if item.N() == 0 {
			out.Unanswered = append(out.Unanswered, name)
			continue
		}
		limits, err := by.interval(item, confidence)
		if err != nil {
			return nil, under(err, metric)
		}
		out.Rows = append(out.Rows, RankedItem{Item: name, N: item.N(), Value: by.of(item), Interval: limits})
	}
	if len(out.Rows) == 0 {
		return nil, fail(metric, CodeNoData, "N = 0")
	}
	slices.SortStableFunc(out.Rows, func(a, b RankedItem) int { return b.Value.Cmp(a.Value) })
	for i := range out.Rows {
		row := &out.Rows[i]
		row.Rank, row.Best, row.Worst = i+1, 1, len(out.Rows)
		if i > 0 && row.Value.Equal(out.Rows[i-1].Value) {
			row.Rank = out.Rows[i-1].Rank
		}
		for _, o := range out.Rows {
			if o.Interval.Lo > row.Interval.Hi {
				row.Best++
			}
			if o.Interval.Hi < row.Interval.Lo {
				row.Worst--
			}
		}
	}
	return out, nil
}

func (r *ItemRanking) table() *table {
	t := &table{head: []string{"rank", "item", "n", r.By.String(), "interval", "could be"}, text: 2}
	for i, row := range r.Rows {
		rank := strconv.Itoa(row.Rank)
		if i > 0 && r.Rows[i-1].Rank == row.Rank || i+1 < len(r.Rows) && r.Rows[i+1].Rank == row.Rank {
			rank += "="
		}
		t.add(rank, row.Item, strconv.FormatInt(row.N, 10), r.By.cell(row.Value), r.By.limits(row.Interval),
			strconv.Itoa(row.Best)+"–"+strconv.Itoa(row.Worst))
	}
	for _, name := range r.Unanswered {
		t.add(Undefined, name, "0", Undefined, Undefined, Undefined)
	}
	return t
}

// String returns a line for each item: its rank, with "=" where it is shared, its value
// and interval, net tops in points, and the ranks that it could have.
func (r *ItemRanking) String() string { return r.table().String() }

// Markdown is String as a Markdown table.
func (r *ItemRanking) Markdown() string { return r.table().markdown() }
