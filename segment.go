package kpi

import (
	"cmp"
	"math/big"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// Class is a class of an ABC: ClassA is the best.
type Class int

// The classes of an ABC.
const (
	ClassC Class = iota // the rest
	ClassB              // the middle
	ClassA              // the few that most hangs on
)

var classNames = []string{"C", "B", "A"}

// String returns the name of c: "A".
func (c Class) String() string { return enumName(classNames, int(c), "Class") }

// ParseClass returns the class of that name.
func ParseClass(s string) (Class, error) {
	i, err := parseEnum("ParseClass", classNames, s)
	return Class(i), err
}

// MarshalText returns the name of c.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseClass reads.
func (c *Class) UnmarshalText(text []byte) error { return readEnum(c, ParseClass, text) }

// ABCSpec is the question for ABC classes (客户分层, ABC分类): by what customers are
// ranked, and where the classes are cut. Its zero value ranks by amount and cuts at 80
// and 95 per cent.
type ABCSpec struct {
	// The weights of the criteria, none negative; if all are 0 that of Amount is 1.
	Amount   Ratio // revenue in the period, less netted refunds
	Activity Ratio // orders in the period
	Tenure   Ratio // civil days from the first order to the end of the period

	A, B     Ratio          // the cuts, 0 < A ≤ B ≤ 1; if both are 0 they are 80 % and 95 %
	Location *time.Location // of the dates of Tenure; nil is UTC
}

// ABC is the answer to an ABCSpec: the customers of a period, ranked by a value v and
// cut into classes by how much of the total of all values comes before them.
//
//	v     = Amount·amount/Σamount + Activity·orders/Σorders + Tenure·days/Σdays
//	Class = A if Σ{v' > v} / Σv < A, else B if it is < B, else C
//
// A criterion counts as a share of its total, so that its unit does not matter, and the
// mix is exact: all are brought to one common total. Values of 0 or less are C, and
// outside the totals. A customer is A as long as those before it have not yet brought
// the A that was asked for: the one that crosses the cut is in the better class, so that
// a shop of which one customer buys nine tenths does not do without an A. Equal values
// have the same before them, and share a class; the ids order nothing but the listing.
//
// ABC says who is large, RFM who is about to come or go; Concentration, whether the
// large are so large that classes are worth it.
//
// Dickie, H. F. (1951), ABC inventory analysis shoots for dollars, not pennies, Factory
// Management and Maintenance 109 (7), 92–94.
type ABC struct {
	Period   Period   `json:"period"`             // that of the orders
	Amount   Ratio    `json:"amount"`             // the weights
	Activity Ratio    `json:"activity"`           // likewise
	Tenure   Ratio    `json:"tenure"`             // likewise
	A        Ratio    `json:"a"`                  // the cuts
	B        Ratio    `json:"b"`                  // likewise
	Location string   `json:"location,omitempty"` // the name of the zone of the dates, "" is UTC
	Rows     []ABCRow `json:"rows"`               // from the greatest value on

	values [3]*big.Int // Σv of each class, 0 and less left out
}

// ABCRow is one customer of an ABC.
type ABCRow struct {
	ID     string          `json:"id,omitempty"`     // in a log of string ids
	Number uint64          `json:"number,omitempty"` // in a log of numeric ids
	Class  Class           `json:"class"`            // by the value of the customer
	Amount decimal.Decimal `json:"amount"`           // revenue in the period, less netted refunds
	Orders int64           `json:"orders"`           // in the period, refunds apart
	Days   int64           `json:"days"`             // since the first order at the end of the period; 0 without an order
}

// maxTenure bounds ABCRow.Days: instants reach from the year 1 to 9999.
const maxTenure = 1 << 22

// ABC classifies the customers with an order or a refund in p. It returns an error if s
// is out of range, if p is empty or not over at AsOf, if c came without its histories, or
// if a criterion with a weight has a total of 0 or less.
func (c *Customers) ABC(p Period, s ABCSpec) (*ABC, error) {
	const metric = "Customers.ABC"
	out := &ABC{
		Period: p, Amount: s.Amount, Activity: s.Activity, Tenure: s.Tenure, A: s.A, B: s.B,
		Location: Calendar{Location: s.Location}.zone(),
	}
	out.Period.Start, out.Period.End = sayable(p.Start), sayable(p.End)
	if s.Amount.IsZero() && s.Activity.IsZero() && s.Tenure.IsZero() {
		out.Amount = Whole(1)
	}
	if s.A.IsZero() && s.B.IsZero() {
		out.A, out.B = Percent(80), Percent(95)
	}
	if err := cmp.Or(out.question(metric), codable(metric, "Period", p.Start)); err != nil {
		return nil, err
	}
	rows, err := c.turnovers(metric, p)
	if err != nil {
		return nil, err
	}
	loc := Calendar{Location: s.Location}.location()
	end := dateOf(p.End, loc)
	out.Rows = make([]ABCRow, len(rows))
	for i, t := range rows {
		r := &c.Rows[t.row]
		out.Rows[i] = ABCRow{ID: r.ID, Number: r.Number, Amount: t.revenue, Orders: t.orders}
		if r.Orders > 0 && r.First.Before(p.End) {
			out.Rows[i].Days = int64(max(end-firstDate(r.First, loc), 0))
		}
	}
	if err := out.classify(metric); err != nil {
		return nil, err
	}
	return out, nil
}

// firstDate is dateOf, at once where there are no clocks to be set back.
func firstDate(t time.Time, loc *time.Location) date {
	if loc == time.UTC {
		return civilOf(t, loc)
	}
	return dateOf(t, loc)
}

// weights returns those of the criteria, in the order of raw.
func (a *ABC) weights() [3]Ratio { return [3]Ratio{a.Amount, a.Activity, a.Tenure} }

// question refuses weights and cuts that are out of range.
func (a *ABC) question(metric string) error {
	some := false
	for i, w := range a.weights() {
		if w.Sign() < 0 {
			return fail(metric, CodeNegative, "%s = %s", criteria[i], clip(w.String()))
		}
		some = some || w.Sign() > 0
	}
	switch {
	case !some:
		return fail(metric, CodeMissing, "Amount = Activity = Tenure = 0")
	case a.A.Sign() <= 0 || a.A.Cmp(a.B) > 0 || a.B.Cmp(Whole(1)) > 0:
		return fail(metric, CodeOutOfRange, "A = %s, B = %s", clip(a.A.String()), clip(a.B.String()))
	}
	for _, r := range []Ratio{a.Amount, a.Activity, a.Tenure, a.A, a.B} {
		if max(r.r().Num().BitLen(), r.r().Denom().BitLen()) > maxBigBits {
			return fail(metric, CodeTooLarge, "BitLen = %d", bitsOf(r))
		}
	}
	return nil
}

var criteria = []string{"Amount", "Activity", "Tenure"}

// ABCTotal sums up a class of an ABC.
type ABCTotal struct {
	Class     Class           `json:"class"`     // the one that is summed up
	Customers Proportion      `json:"customers"` // of all
	Orders    int64           `json:"orders"`    // of theirs
	Amount    decimal.Decimal `json:"amount"`    // of theirs
	Value     Ratio           `json:"value"`     // their share of the total of all values above 0
}

// shadow stands for t in JSON.
func (t *ABCTotal) shadow() any {
	type fields ABCTotal
	return &struct {
		*fields
		Amount *jsonAmount `json:"amount"`
	}{(*fields)(t), (*jsonAmount)(&t.Amount)}
}

// Classes sums up the classes, A first, empty ones included. It returns an error if a was
// typed in, or holds no customers.
func (a *ABC) Classes() ([]ABCTotal, error) {
	const metric = "ABC.Classes"
	if len(a.Rows) == 0 {
		return nil, fail(metric, CodeNoData, "len(Rows) = 0")
	}
	if a.values[ClassA] == nil {
		return nil, fail(metric, CodeMismatch, "Class")
	}
	total := new(big.Int)
	for _, v := range a.values {
		total.Add(total, v)
	}
	out := make([]ABCTotal, 0, len(a.values))
	for class := ClassA; class >= ClassC; class-- {
		t := ABCTotal{Class: class, Customers: Proportion{N: int64(len(a.Rows))}, Value: ratio(new(big.Rat).SetFrac(a.values[class], total))}
		var sum Sum
		for i := range a.Rows {
			r := &a.Rows[i]
			if r.Class != class {
				continue
			}
			if err := cmp.Or(gateTimes(metric, "Amount", r.Amount, 2), addCounts(metric, []*int64{&t.Customers.K, &t.Orders}, 1, r.Orders)); err != nil {
				return nil, at(err, metric, i)
			}
			sum.add(r.Amount)
		}
		t.Amount = sum.Decimal()
		out = append(out, t)
	}
	return out, nil
}

func (a *ABC) table() *table {
	t := &table{head: []string{"class", "customers", "share", "orders", "amount", "value"}, text: 1}
	classes, err := a.Classes()
	if err != nil {
		return t
	}
	parts := make([]*big.Int, len(classes))
	customers, total := make([]*big.Int, len(classes)), new(big.Int)
	for i, c := range classes {
		customers[i], parts[i] = big.NewInt(c.Customers.K), a.values[c.Class]
		total.Add(total, parts[i])
	}
	share, value := shownShares(customers, big.NewInt(int64(len(a.Rows)))), shownShares(parts, total)
	for i, c := range classes {
		t.add(c.Class.String(), customers[i].String(), share[i], strconv.FormatInt(c.Orders, 10),
			money(c.Amount, 2), value[i])
	}
	return t
}

// String returns a line for each class, the shares rounded to add to 100.0 %.
func (a *ABC) String() string { return a.table().String() }

// Markdown is String as a Markdown table.
func (a *ABC) Markdown() string { return a.table().markdown() }

var segmentCatalog = []Entry{
	{
		Key: "customers.abc", English: []string{"ABC classes", "ABC analysis", "customer segmentation by value"},
		Chinese: []string{"客户分层 (ABC)", "客户分层", "ABC分类", "客户价值分层"},
		Formula: "A if Σ{v' > v}/Σv < A, else B if < B, else C; v = Σ weight·x/Σx of amount, orders, tenure",
		Unit:    "class", Direction: Higher, Type: "Customers", Method: "ABC",
	},
}
