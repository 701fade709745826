package kpi

import (
	"encoding/json"
	"math/big"
	"strconv"

	"github.com/shopspring/decimal"
)

// side returns the number of bins behind the cells, or 0 if r was typed in or
// altered.
func (r *RFM) side() int {
	if len(r.cells) != r.Bins*r.Bins*r.Bins {
		return 0
	}
	return r.Bins
}

// Len returns the number of customers.
func (r *RFM) Len() int { return len(r.rows) }

// At returns customer i in the order of the ids, from 0 to Len−1, or the zero row
// if there is none.
func (r *RFM) At(i int) RFMRow {
	bins := r.side()
	if i < 0 || i >= len(r.rows) || bins == 0 {
		return RFMRow{}
	}
	row := &r.rows[i]
	out := RFMRow{Number: row.number, Days: int(row.days), Orders: row.orders}
	if r.texts != nil {
		out.ID = r.texts[i]
	}
	if row.wide {
		out.Revenue = decimal.NewFromBigInt(r.wide[row.minor], r.exp)
	} else {
		out.Revenue = decimal.New(row.minor, r.exp)
	}
	out.Recency, out.Frequency, out.Monetary = scores(int(row.cell), bins)
	return out
}

// scores returns the scores of a cell.
func scores(cell, bins int) (recency, frequency, monetary int) {
	return cell/bins/bins + 1, cell/bins%bins + 1, cell%bins + 1
}

// RFMCell sums up the customers of an RFM with certain scores.
type RFMCell struct {
	Recency   int             `json:"recency"`   // the score; 0 stands for any
	Frequency int             `json:"frequency"` // likewise
	Monetary  int             `json:"monetary"`  // likewise
	Customers int64           `json:"customers"` // with these scores
	Orders    int64           `json:"orders"`    // of theirs
	Revenue   decimal.Decimal `json:"revenue"`   // of theirs, less netted refunds
}

// shadow stands for c in JSON.
func (c *RFMCell) shadow() any {
	type fields RFMCell
	return &struct {
		*fields
		Revenue *jsonAmount `json:"revenue"`
	}{(*fields)(c), (*jsonAmount)(&c.Revenue)}
}

// MarshalJSON writes the revenue exactly, as a string. It returns an error if it is
// too large.
func (c RFMCell) MarshalJSON() ([]byte, error) { return json.Marshal(c.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and a revenue that is a number. It
// returns an error, and leaves c as it was, if data are anything else.
func (c *RFMCell) UnmarshalJSON(data []byte) error { return readForm(c, (*RFMCell).shadow, data) }

// PerCustomer returns Revenue/Customers, the money of one customer of the cell. It
// returns an error if there are no customers.
func (c RFMCell) PerCustomer() (Ratio, error) {
	const metric = "RFMCell.PerCustomer"
	if err := c.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, c.Revenue.Rat(), new(big.Rat).SetInt64(c.Customers))
}

// OrdersPerCustomer returns Orders/Customers, at least 1. It returns an error if
// there are no customers.
func (c RFMCell) OrdersPerCustomer() (Ratio, error) {
	const metric = "RFMCell.OrdersPerCustomer"
	if err := c.valid(metric); err != nil {
		return Ratio{}, err
	}
	if c.Customers == 0 {
		return Ratio{}, fail(metric, CodeZeroDenominator, "Customers = 0")
	}
	return quotient(c.Orders, c.Customers), nil
}

func (c *RFMCell) valid(metric string) error {
	if err := nonNegative(metric, []string{"Customers", "Orders"}, c.Customers, c.Orders); err != nil {
		return err
	}
	if c.Customers > c.Orders {
		return fail(metric, CodePartExceedsWhole, "Customers = %d > Orders = %d", c.Customers, c.Orders)
	}
	return gateTimes(metric, "Revenue", c.Revenue, 2)
}

// asked reports whether a score is what was asked for: that one, or any.
func asked(score, got int) bool { return score == 0 || score == got }

// Cell sums up the customers with these scores, a score of 0 standing for any:
// Cell(5, 0, 0) are all who bought last, Cell(0, 0, 0) are all. A cell that does
// not exist is empty.
func (r *RFM) Cell(recency, frequency, monetary int) RFMCell {
	out := RFMCell{Recency: recency, Frequency: frequency, Monetary: monetary}
	bins := r.side()
	total := new(big.Int)
	for cell := range r.cells {
		if bins == 0 || r.cells[cell].customers == 0 {
			continue
		}
		x, y, z := scores(cell, bins)
		if !asked(recency, x) || !asked(frequency, y) || !asked(monetary, z) {
			continue
		}
		t := &r.cells[cell]
		out.Customers, out.Orders = out.Customers+t.customers, out.Orders+t.orders
		total.Add(total, t.revenue.total())
	}
	out.Revenue = decimal.NewFromBigInt(total, r.exp)
	return out
}

// Cells returns the cells that are not empty, the best recency first, then the best
// frequency, then the best monetary score.
func (r *RFM) Cells() []RFMCell {
	var out []RFMCell
	bins := r.side()
	for cell := len(r.cells) - 1; cell >= 0 && bins > 0; cell-- {
		t := &r.cells[cell]
		if t.customers == 0 {
			continue
		}
		c := RFMCell{Customers: t.customers, Orders: t.orders, Revenue: decimal.NewFromBigInt(t.revenue.total(), r.exp)}
		c.Recency, c.Frequency, c.Monetary = scores(cell, bins)
		out = append(out, c)
	}
	return out
}

// Share returns the share of the customers that have these scores, a score of 0
// standing for any as in Cell. It returns an error if there are no customers.
func (r *RFM) Share(recency, frequency, monetary int) (Proportion, error) {
	return proportion("RFM.Share", r.Cell(recency, frequency, monetary).Customers, int64(len(r.rows)))
}

// Dims returns the number of bins twice: with X, Y and Z it makes an RFM a
// gonum/plot GridXYZ of customers, frequency against recency.
func (r *RFM) Dims() (columns, rows int) { return r.side(), r.side() }

// X returns the frequency score of a column.
func (r *RFM) X(column int) float64 { return float64(column + 1) }

// Y returns the recency score of a row.
func (r *RFM) Y(row int) float64 { return float64(row + 1) }

// Z returns the number of customers with the scores of a column and a row.
func (r *RFM) Z(column, row int) float64 {
	if column < 0 || row < 0 { // 0 would stand for any
		return 0
	}
	return float64(r.Cell(row+1, column+1, 0).Customers)
}

// Grid returns the customers by recency, a row each, and frequency.
func (r *RFM) Grid() Table {
	t := &table{head: []string{"recency \\ frequency"}, text: 1}
	bins := r.side()
	for f := 1; f <= bins; f++ {
		t.head = append(t.head, strconv.Itoa(f))
	}
	for rec := bins; rec > 0; rec-- {
		cells := []string{strconv.Itoa(rec)}
		for f := 1; f <= bins; f++ {
			cells = append(cells, strconv.FormatInt(r.Cell(rec, f, 0).Customers, 10))
		}
		t.add(cells...)
	}
	return Table{t}
}

// table has a row for each score, and between which edges its values lie, rounded
// down to a value that there could be.
func (r *RFM) table() *table {
	t := &table{head: []string{"score", "above", "up to", "customers", "orders", "revenue", "per customer"}, text: 1}
	bins := r.side()
	for d, name := range []string{"recency", "frequency", "monetary"} {
		edges, exp := [][]Ratio{r.DayEdges, r.OrderEdges, r.RevenueEdges}[d], int32(0)
		if d == 2 {
			exp = r.exp
		}
		bounds := []string{""}
		for _, e := range newCut(edges, exp).wide {
			bounds = append(bounds, pointed(e, int(-exp)))
		}
		bounds = append(bounds, "")
		for score := bins; score > 0; score-- {
			only := [3]int{}
			only[d] = score
			c := r.Cell(only[0], only[1], only[2])
			mean := Undefined
			if v, err := c.PerCustomer(); err == nil {
				mean = v.fixed(2)
			}
			k := score - 1 // the place of its bin among the values
			if d == 0 {
				k = bins - score
			}
			above, upTo := "", ""
			if k+1 < len(bounds) {
				above, upTo = bounds[k], bounds[k+1]
			}
			t.add(name+" "+strconv.Itoa(score), above, upTo, strconv.FormatInt(c.Customers, 10),
				strconv.FormatInt(c.Orders, 10), money(c.Revenue, 2), mean)
		}
	}
	return t
}

// String returns a row for each score of each dimension, the best first: the values
// that earn it, and its customers.
func (r *RFM) String() string { return r.table().String() }

// Markdown is String as a Markdown table.
func (r *RFM) Markdown() string { return r.table().markdown() }

var rfmCatalog = []Entry{
	{
		Key: "rfm.scores", English: []string{"RFM", "RFM scores", "recency, frequency, monetary"},
		Chinese: []string{"客户分层 (RFM)", "RFM模型", "RFM评分"},
		Formula: "Recency = Bins − #{j : days > DayEdges[j]}; Frequency, Monetary = 1 + #{j : x > edge j}",
		Unit:    "score", Direction: Higher, Type: "Log", Method: "RFM",
	},
	{
		Key: "rfm.recency", English: []string{"recency", "days since the last order"},
		Chinese: []string{"最近一次消费", "最近消费距今天数", "R值"}, Formula: "date of AsOf − date of the last order",
		Unit: "days", Direction: Lower, Type: "RFM", Method: "At",
	},
	{
		Key: "rfm.frequency", English: []string{"frequency (RFM)", "orders of a customer"},
		Chinese: []string{"消费频率", "消费次数", "F值"}, Formula: "orders in [From, AsOf)",
		Unit: "orders", Direction: Higher, Type: "RFM", Method: "At",
	},
	{
		Key: "rfm.monetary", English: []string{"monetary value (RFM)", "revenue of a customer"},
		Chinese: []string{"消费金额", "累计消费金额", "M值"}, Formula: "Σ amounts in [From, AsOf), refunds netted",
		Unit: "money", Direction: Higher, Type: "RFM", Method: "At",
	},
	{
		// More in the best cell are fewer elsewhere.
		Key: "rfm.share", English: []string{"share of customers with an RFM score"},
		Chinese: []string{"RFM分层客户占比"}, Formula: "customers with the scores / all customers",
		Unit: "share", Direction: Neither, Type: "RFM", Method: "Share",
	},
	{
		Key: "rfm.per_customer", English: []string{"revenue per customer of an RFM cell"},
		Chinese: []string{"RFM分层客均消费金额"}, Formula: "Revenue / Customers",
		Unit: "money", Direction: Higher, Type: "RFMCell", Method: "PerCustomer",
	},
	{
		Key: "rfm.orders_per_customer", English: []string{"orders per customer of an RFM cell"},
		Chinese: []string{"RFM分层人均订单数"}, Formula: "Orders / Customers",
		Unit: "orders", Direction: Higher, Type: "RFMCell", Method: "OrdersPerCustomer",
	},
}
