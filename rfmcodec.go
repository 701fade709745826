package kpi

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// maxOrderDays bounds the days since an order: instants reach from 1677 to 2262.
const maxOrderDays = 1 << 18

var edgeNames = []string{"DayEdges", "OrderEdges", "RevenueEdges"}

// edges returns the edges of the three dimensions.
func (r *RFM) edges() [3]*[]Ratio { return [3]*[]Ratio{&r.DayEdges, &r.OrderEdges, &r.RevenueEdges} }

// valid refuses what cannot be the head of an answer with n rows.
func (r *RFM) valid(metric string, n int) error {
	if err := cmp.Or(codable(metric, "AsOf", r.AsOf), codable(metric, "From", r.From)); err != nil {
		return err
	}
	zero := r.Bins == 0 && n == 0
	switch {
	case r.Refunds < RefundsRefused || r.Refunds > RefundsIgnored:
		return fail(metric, CodeOutOfRange, "Refunds = %d", int(r.Refunds))
	case r.Zeros < ZerosRefused || r.Zeros > ZerosIgnored:
		return fail(metric, CodeOutOfRange, "Zeros = %d", int(r.Zeros))
	case !slices.Equal(r.Orders, nameSet(r.Orders)):
		return fail(metric, CodeOrder, "Orders")
	case !zero && (r.Bins < minBins || r.Bins > maxBins):
		return fail(metric, CodeOutOfRange, "Bins = %d", r.Bins)
	case r.RefundsOnly < 0:
		return fail(metric, CodeNegative, "RefundsOnly = %d", r.RefundsOnly)
	}
	for i, edges := range r.edges() {
		if len(*edges) != r.Bins-1 && (n > 0 || len(*edges) > 0) {
			return fail(metric, CodeLength, "len(%s) = %d, Bins = %d", edgeNames[i], len(*edges), r.Bins)
		}
		for j, e := range *edges {
			if max(e.r().Num().BitLen(), e.r().Denom().BitLen()) > maxBigBits {
				return failAt(metric, CodeTooLarge, j, "%s", edgeNames[i])
			}
			if j > 0 && (*edges)[j-1].Cmp(e) > 0 {
				return failAt(metric, CodeOrder, j, "%s", edgeNames[i])
			}
		}
	}
	return nil
}

// unaltered refuses an answer whose fields no longer go with its rows.
func (r *RFM) unaltered(metric string) error {
	if err := r.valid(metric, len(r.rows)); err != nil {
		return err
	}
	if r.side() != r.Bins {
		return fail(metric, CodeMismatch, "Bins = %d ≠ %d", r.Bins, r.side())
	}
	days, orders, money := newCut(r.DayEdges, 0), newCut(r.OrderEdges, 0), newCut(r.RevenueEdges, r.exp)
	for i := range r.rows {
		row := &r.rows[i]
		m := 0
		if row.wide {
			m = money.aboveBig(r.wide[row.minor])
		} else {
			m = money.above(row.minor)
		}
		if cell := ((r.Bins-1-days.above(int64(row.days)))*r.Bins+orders.above(row.orders))*r.Bins + m; cell != int(row.cell) {
			return failAt(metric, CodeMismatch, i, "DayEdges, OrderEdges, RevenueEdges")
		}
	}
	return nil
}

// rfmReader takes in decoded rows.
type rfmReader struct {
	rfmColumns
	total int64 // of the orders
}

// add takes in the next row, but for the revenue. It refuses one that is
// impossible, or out of order.
func (c *rfmReader) add(metric, id string, number uint64, days, orders int64) error {
	texts, numbers := len(c.texts), len(c.numbers)
	switch {
	case days < 0 || days > maxOrderDays || orders < 1:
		return fail(metric, CodeOutOfRange, "days = %d, orders = %d", days, orders)
	case id != "" && (number != 0 || numbers > 0), id == "" && texts > 0:
		return fail(metric, CodeMixedIDs, "ID = %s, Number = %d", clip(id), number)
	case texts > 0 && c.texts[texts-1] >= id, numbers > 0 && c.numbers[numbers-1] >= number:
		return fail(metric, CodeOrder, "ID, Number")
	case id != "":
		c.texts = append(c.texts, id)
	default:
		c.numbers = append(c.numbers, number)
	}
	c.last, c.orders = append(c.last, days), append(c.orders, orders)
	return addCounts(metric, []*int64{&c.total}, orders)
}

// rfmJSON is the JSON form of an RFM.
type rfmJSON struct {
	*rfmHead
	DayEdges     []exact  `json:"day_edges"`
	OrderEdges   []exact  `json:"order_edges"`
	RevenueEdges []exact  `json:"revenue_edges"`
	Rows         []RFMRow `json:"rows"`
}

type rfmHead RFM

// MarshalJSON writes the edges exactly and rounded, and every row. It returns an
// error if a revenue is too large.
func (r *RFM) MarshalJSON() ([]byte, error) {
	out := rfmJSON{rfmHead: (*rfmHead)(r), Rows: make([]RFMRow, r.Len())}
	for i, to := range []*[]exact{&out.DayEdges, &out.OrderEdges, &out.RevenueEdges} {
		*to = []exact{}
		for _, e := range *r.edges()[i] {
			*to = append(*to, exactly(e))
		}
	}
	for i := range out.Rows {
		out.Rows[i] = r.At(i)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes; null changes nothing. It returns an
// error, and leaves r as it was, if a row is impossible or out of order, or if its
// scores do not follow from the edges, naming it.
func (r *RFM) UnmarshalJSON(data []byte) error {
	const metric = "RFM.UnmarshalJSON"
	if string(data) == "null" {
		return nil
	}
	var n RFM
	in := rfmJSON{rfmHead: (*rfmHead)(&n)}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	for i, from := range [][]exact{in.DayEdges, in.OrderEdges, in.RevenueEdges} {
		for j, e := range from {
			v, err := ParseRatio(e.Exact)
			if err != nil {
				return at(err, metric, j)
			}
			*n.edges()[i] = append(*n.edges()[i], v)
		}
	}
	if err := n.valid(metric, len(in.Rows)); err != nil {
		return err
	}
	var c rfmReader
	for i, row := range in.Rows {
		if err := c.add(metric, row.ID, row.Number, int64(row.Days), row.Orders); err != nil {
			return at(err, metric, i)
		}
		if err := gateTimes(metric, "Revenue", row.Revenue, 2); err != nil {
			return at(err, metric, i)
		}
		c.addMoney(row.Revenue.Coefficient(), row.Revenue.Exponent())
	}
	for i := range in.Rows { // larger in the finest unit of all
		if err := gateTimes(metric, "Revenue", decimal.NewFromBigInt(c.money(i), c.exp), 2); err != nil {
			return at(err, metric, i)
		}
	}
	n.score(&c.rfmColumns, 1)
	for i, row := range in.Rows {
		if got := n.At(i); got.Score() != row.Score() {
			return failAt(metric, CodeMismatch, i, "Score = %d ≠ %d", row.Score(), got.Score())
		}
	}
	*r = n
	return nil
}

// AppendBinary appends the canonical encoding of r. Of an instant it holds the
// offset from UTC, not the zone. It returns an error if r was altered.
func (r *RFM) AppendBinary(b []byte) ([]byte, error) {
	if err := r.unaltered("RFM.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendTime(appendTime(appendHeader(b, kindRFM), r.AsOf), r.From)
	b = appendTexts(b, r.Orders)
	b = appendUint(appendUint(b, uint64(r.Refunds)), uint64(r.Zeros))                  //nolint:gosec // in range: valid
	b = appendUint(appendText(appendBool(b, r.MergeDays), r.Location), uint64(r.Bins)) //nolint:gosec // in range: valid
	for _, edges := range r.edges() {
		b = appendUint(b, uint64(len(*edges)))
		for _, e := range *edges {
			b = appendRational(b, e)
		}
	}
	b = appendInt(appendInt(b, r.RefundsOnly), int64(r.exp))
	b = appendUint(appendBool(b, r.texts != nil), uint64(len(r.rows)))
	for i := range r.rows {
		row := &r.rows[i]
		if r.texts != nil {
			b = appendText(b, r.texts[i])
		} else {
			b = appendUint(b, row.number)
		}
		b = appendInt(appendUint(b, uint64(row.days)), row.orders) //nolint:gosec // not negative
		if row.wide {
			b = appendBig(appendInt(b, wideMinor), r.wide[row.minor])
		} else {
			b = appendInt(b, row.minor)
		}
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (r *RFM) MarshalBinary() ([]byte, error) { return r.AppendBinary(nil) }

// UnmarshalBinary replaces r by what AppendBinary wrote. It returns an error, and
// leaves r as it was, if data are anything else.
func (r *RFM) UnmarshalBinary(data []byte) error {
	const metric = "RFM.UnmarshalBinary"
	d := newDecoder(metric, kindRFM, data)
	n := RFM{AsOf: d.time(), From: d.time(), Orders: d.dictionary().texts}
	n.Refunds, n.Zeros = Refunds(d.uint(uint64(RefundsIgnored))), Zeros(d.uint(uint64(ZerosIgnored))) //nolint:gosec // small
	n.MergeDays, n.Location, n.Bins = d.bool(), d.text(), int(d.uint(maxBins))                        //nolint:gosec // small
	for _, edges := range n.edges() {
		for range d.count(4) {
			*edges = append(*edges, d.rational(maxBigBits))
		}
	}
	n.RefundsOnly = d.count64()
	exp, texts := int32(d.int(-2*maxExponent, 0)), d.bool() //nolint:gosec // small
	rows := d.count(4)
	var c rfmReader
	c.exp = exp
	for range rows {
		id, number := "", uint64(0)
		if texts {
			id = d.text()
		} else {
			number = d.uint(math.MaxUint64)
		}
		days, orders := int64(d.uint(maxOrderDays)), d.int(1, math.MaxInt64) //nolint:gosec // small
		minor := d.int(math.MinInt64, math.MaxInt64)
		v := big.NewInt(minor)
		if minor == wideMinor {
			if v = d.big(); v.IsInt64() && v.Int64() != wideMinor {
				d.fail("Revenue.BitLen = %d", v.BitLen())
			}
		}
		if d.err != nil {
			break
		}
		if texts && id == "" {
			d.fail("ID = \"\"")
			break
		}
		if err := cmp.Or(c.add(metric, id, number, days, orders), gateTimes(metric, "Revenue", decimal.NewFromBigInt(v, exp), 2)); err != nil {
			d.err = err
			break
		}
		c.addMoney(v, exp)
	}
	if d.err == nil && texts && rows == 0 {
		d.fail("len(Rows) = 0")
	}
	if c.coarsen(); c.exp != exp {
		d.fail("Exponent = %d ≠ %d", exp, c.exp)
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.valid(metric, rows); err != nil {
		return err
	}
	n.score(&c.rfmColumns, 1)
	*r = n
	return nil
}
