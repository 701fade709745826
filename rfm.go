package kpi

import (
	"context"
	"encoding/json"
	"math/big"
	"time"

	"github.com/shopspring/decimal"
)

// minBins and maxBins bound RFMSpec.Bins, so that a score is one digit.
const (
	defaultBins = 5
	minBins     = 2
	maxBins     = 9
)

// RFMSpec is the question for RFM scores (客户分层): of each customer how long ago
// the last order was, how many orders there were and for how much, each as a
// score from 1 to Bins, the best. What an order is, is said as in CustomerSpec.
type RFMSpec struct {
	Orders    []string       // event names; none is any event
	AsOf      time.Time      // exclusive: rows from it on do not count
	From      time.Time      // if set, rows before it do not count either
	Refunds   Refunds        // what a negative amount is
	Zeros     Zeros          // what an amount of 0 is
	MergeDays bool           // orders of one customer and date are one
	Location  *time.Location // of the dates; nil is UTC
	Bins      int            // 2 … 9; 0 is 5
	// Edges that are given, Bins−1 of them in ascending order, stay the same from
	// one question to the next; those that are not are quantiles of the customers.
	DayEdges     []int // whole days since the last order
	OrderEdges   []int
	RevenueEdges []decimal.Decimal
}

// customers is the part of s that a CustomerSpec says too.
func (s *RFMSpec) customers() CustomerSpec {
	return CustomerSpec{
		Orders: s.Orders, AsOf: s.AsOf, Refunds: s.Refunds, Zeros: s.Zeros, MergeDays: s.MergeDays, Location: s.Location,
	}
}

func (s *RFMSpec) bins() int {
	if s.Bins == 0 {
		return defaultBins
	}
	return s.Bins
}

func (s *RFMSpec) valid(metric string) error {
	orders := s.customers()
	if err := orders.valid(metric); err != nil {
		return err
	}
	if err := codable(metric, "From", s.From); err != nil {
		return err
	}
	if !s.From.Before(s.AsOf) {
		return fail(metric, CodeTime, "From = %s ≥ AsOf = %s", s.From.Format(time.RFC3339), s.AsOf.Format(time.RFC3339))
	}
	if b := s.bins(); b < minBins || b > maxBins {
		return fail(metric, CodeOutOfRange, "Bins = %d", b)
	}
	for i, d := range s.RevenueEdges {
		if err := gate(metric, "RevenueEdges", d); err != nil {
			return at(err, metric, i)
		}
	}
	_, err := s.given(metric)
	return err
}

// given returns the edges that s gives, in the order of the dimensions.
func (s *RFMSpec) given(metric string) ([3][]Ratio, error) {
	var out [3][]Ratio
	for i, edges := range [][]int{s.DayEdges, s.OrderEdges} {
		for _, e := range edges {
			out[i] = append(out[i], Whole(int64(e)))
		}
	}
	for _, e := range s.RevenueEdges {
		out[2] = append(out[2], ratio(e.Rat()))
	}
	for i, name := range edgeNames {
		if n := len(out[i]); n != 0 && n != s.bins()-1 {
			return out, fail(metric, CodeLength, "len(%s) = %d, Bins = %d", name, n, s.bins())
		}
		for j := 1; j < len(out[i]); j++ {
			if out[i][j-1].Cmp(out[i][j]) >= 0 {
				return out, failAt(metric, CodeOrder, j, "%s", name)
			}
		}
	}
	return out, nil
}

// RFM is the answer to an RFMSpec: a row for each customer with an order, in the
// order of the ids, and beside them the edges of the scores and what was asked.
//
//	Frequency, Monetary = 1 + #{j : x > Edges[j]}
//	Recency             = Bins − #{j : days > Edges[j]}
//
// Recency is counted in civil days of RFMSpec.Location, from the date of the last
// order to the date of AsOf: 1 on the morning after, 0 only where AsOf lies later
// in the day of the order. Frequency is the number of orders, monetary their
// revenue less netted refunds, which may make it negative. Equal customers score
// equally, so that bins differ in size where values are tied; an edge belongs to
// the bin below it, in recency to the better one: were it not so, a shop with 60 %
// one-time buyers would score them 4 of 5.
//
// Edge j of those not given is the quantile j/Bins of all customers, by linear
// interpolation, exactly: type 7 of Hyndman, R. J. and Fan, Y. (1996), Sample
// quantiles in statistical packages, The American Statistician 50, 361–365, which
// is the quantile of R, of pandas.qcut and of quantile_cont in SQL. The R package
// rfm adds 1 to it and scores x ≥ edge + 1, which is the same where values and
// edges are whole, and otherwise changes with the currency. NTILE in SQL makes bins
// of one size and tells equal customers apart by chance.
//
// There is no Merge: the quantiles of two shards say nothing about those of both.
// Rows are kept in 32 bytes, and the text of the id if that is no number.
type RFM struct {
	AsOf      time.Time `json:"as_of"`              // exclusive
	From      time.Time `json:"from,omitzero"`      // if set, rows before it did not count
	Orders    []string  `json:"orders,omitempty"`   // event names, sorted; none is any event
	Refunds   Refunds   `json:"refunds"`            // what a negative amount was
	Zeros     Zeros     `json:"zeros"`              // what an amount of 0 was
	MergeDays bool      `json:"merge_days"`         // orders of one date were one
	Location  string    `json:"location,omitempty"` // the name of the zone of the dates, "" is UTC
	Bins      int       `json:"bins"`
	// RefundsOnly counts the customers with netted refunds and no order, who have
	// no row: they have no recency.
	RefundsOnly int64 `json:"refunds_only"`
	// The edges, ascending; none if there are no customers and none were given.
	DayEdges     []Ratio `json:"day_edges"`
	OrderEdges   []Ratio `json:"order_edges"`
	RevenueEdges []Ratio `json:"revenue_edges"`

	exp   int32 // of all revenues
	rows  []rfmRow
	texts []string   // the ids by row, if they are no numbers
	wide  []*big.Int // revenues that do not fit, in the order of the rows
	cells []rfmTotal // by rfmRow.cell
}

// RFMRow is one customer of an RFM.
type RFMRow struct {
	ID        string          `json:"id,omitempty"`     // in a log of string ids
	Number    uint64          `json:"number,omitempty"` // in a log of numeric ids
	Days      int             `json:"days"`             // civil days since the last order
	Orders    int64           `json:"orders"`           // refunds apart
	Revenue   decimal.Decimal `json:"revenue"`          // of the orders, less netted refunds
	Recency   int             `json:"recency"`          // the score of Days, from 1 to Bins
	Frequency int             `json:"frequency"`        // that of Orders
	Monetary  int             `json:"monetary"`         // that of Revenue
}

// Score returns the three scores as one number that people read and write: 543 for
// recency 5, frequency 4 and monetary 3. It is a label; sums and means of it mean
// nothing.
func (r RFMRow) Score() int { return 100*r.Recency + 10*r.Frequency + r.Monetary }

// MarshalJSON writes the ID or, where there is none, the Number, 0 included, and
// the revenue exactly, as a string. It returns an error if that is too large.
func (r RFMRow) MarshalJSON() ([]byte, error) {
	type fields RFMRow
	return json.Marshal(struct {
		Number *uint64 `json:"number,omitempty"`
		fields
		Revenue jsonAmount `json:"revenue"`
	}{jsonNumber(r.ID, r.Number), fields(r), jsonAmount(r.Revenue)})
}

// UnmarshalJSON reads what MarshalJSON writes, and a revenue that is a number. It
// returns an error, and leaves r as it was, if data are anything else.
func (r *RFMRow) UnmarshalJSON(data []byte) error {
	return readForm(r, func(r *RFMRow) any {
		type fields RFMRow
		return &struct {
			Number *uint64 `json:"number"`
			*fields
			Revenue *jsonAmount `json:"revenue"`
		}{&r.Number, (*fields)(r), (*jsonAmount)(&r.Revenue)}
	}, data)
}

// RFM answers s. It returns an error if s is out of range, if AsOf is not set or
// not after From, if given edges do not ascend or are not Bins−1, if an amount is
// negative or 0 and s does not say what that means, naming the row, or that of a
// context that is done.
func (l *Log) RFM(ctx context.Context, s RFMSpec) (*RFM, error) {
	const metric = "Log.RFM"
	if err := s.valid(metric); err != nil {
		return nil, err
	}
	edges, err := s.given(metric)
	if err != nil {
		return nil, err
	}
	q := rfmQuestion{
		metric: metric, log: l, spec: s.customers(), orders: l.eventSet(s.Orders), from: minInstant, asOf: s.AsOf.UnixNano(),
	}
	switch {
	case s.From.IsZero() || s.From.Unix() < minSecond:
	case s.From.Unix() > maxSecond:
		q.from = maxInstant
	default:
		q.from = s.From.UnixNano()
	}
	indexed, err := l.again(ctx)
	var columns *rfmColumns
	if err == nil && !indexed {
		columns, indexed, err = q.scan(ctx)
	}
	if err == nil && indexed {
		columns, err = q.histories(ctx)
	}
	if err != nil {
		return nil, err
	}
	out := &RFM{
		AsOf: sayable(s.AsOf), From: sayable(s.From), Orders: nameSet(s.Orders), Refunds: s.Refunds, Zeros: s.Zeros, MergeDays: s.MergeDays,
		Location: Calendar{Location: s.Location}.zone(), Bins: s.bins(), RefundsOnly: columns.refundsOnly,
		DayEdges: edges[0], OrderEdges: edges[1], RevenueEdges: edges[2],
	}
	out.score(columns, l.crew())
	return out, nil
}

// rfmQuestion is an RFMSpec put to the rows of a log.
type rfmQuestion struct {
	metric     string
	log        *Log
	spec       CustomerSpec
	orders     []bool
	from, asOf int64
	days       civilDays // of the rows, once they are scanned
}

// histories collects from the rows of one customer after the other.
func (q *rfmQuestion) histories(ctx context.Context) (*rfmColumns, error) {
	states, err := visit(ctx, q.log, q.customer)
	if err != nil {
		return nil, err
	}
	var columns rfmColumns
	for i := range states {
		columns.absorb(&states[i].rfmColumns)
	}
	columns.age(q.asOf, q.spec.location())
	return &columns, nil
}

// rfmState is what one goroutine has collected.
type rfmState struct {
	rfmColumns
	sum Sum
}

// customer adds up the rows of one customer.
func (q *rfmQuestion) customer(s *rfmState, id uint64, rows []logRow) (err error) {
	var last, orders int64
	var day date
	counted := 0
	var plain plainSum
	s.sum.parts = s.sum.parts[:0]
	for i := range rows {
		row := &rows[i]
		t := row.at
		if t >= q.asOf {
			break
		}
		if t < q.from || !q.orders[row.event] {
			continue
		}
		sign := 1
		if row.minor <= 0 {
			sign = q.log.sign(row)
		}
		takes, code := q.spec.takes(sign)
		if code != 0 {
			err = earlier(err, refuseOrder(q.metric, code, int(row.row), q.log.amount(row)))
		}
		if !takes {
			continue
		}
		counted++
		if !plain.add(q.log.parts(row)) {
			q.log.addTo(&s.sum, row)
		}
		if sign < 0 {
			continue
		}
		last = t
		if q.spec.MergeDays {
			loc := q.spec.location()
			d := dateOf(time.Unix(0, t).In(loc), loc)
			if orders > 0 && d == day {
				continue
			}
			day = d
		}
		orders++
	}
	switch {
	case counted == 0 || err != nil:
	case orders == 0:
		s.refundsOnly++
	default:
		if len(s.sum.parts) == 0 {
			s.addPlain(last, orders, plain)
		} else {
			s.sum.part(int32(plain.exp)).add(plain.minor)
			s.add(last, orders, &s.sum)
		}
		if text, number := q.log.customer(id, rows[0].row); q.log.ids == idsText {
			s.texts = append(s.texts, text)
		} else {
			s.numbers = append(s.numbers, number)
		}
	}
	return err
}
