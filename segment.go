package kpi

import (
	"cmp"
	"math/big"
	"slices"
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
	Period   Period   `json:"period"`
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
	Class  Class           `json:"class"`
	Amount decimal.Decimal `json:"amount"` // revenue in the period, less netted refunds
	Orders int64           `json:"orders"` // in the period, refunds apart
	Days   int64           `json:"days"`   // since the first order at the end of the period; 0 without an order
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

// ranked is a value and the position of its row.
type ranked[V any] struct {
	value V
	row   int32
}

// classify orders the rows and gives them their classes. It refuses rows that are
// impossible, and needs them in the order of the ids, or takes the time to find them so.
func (a *ABC) classify(metric string) error {
	if err := a.check(metric); err != nil {
		return err
	}
	byID := func(x, y ABCRow) int { return cmp.Or(cmp.Compare(x.ID, y.ID), cmp.Compare(x.Number, y.Number)) }
	if !slices.IsSortedFunc(a.Rows, byID) {
		slices.SortFunc(a.Rows, byID)
	}
	for i := 1; i < len(a.Rows); i++ {
		if byID(a.Rows[i-1], a.Rows[i]) == 0 {
			return fail(metric, CodeShared, "ID = %s, Number = %d", clip(a.Rows[i].ID), a.Rows[i].Number)
		}
	}
	if small, ok := a.plainValues(); ok {
		return rankRows(a, metric, small, cmp.Compare[int64], func(sum *big.Int, v int64) *big.Int { return sum.Add(sum, big.NewInt(v)) }, 0)
	}
	wide, err := a.mixedValues(metric)
	if err != nil {
		return err
	}
	return rankRows(a, metric, wide, (*big.Int).Cmp, func(sum, v *big.Int) *big.Int { return sum.Add(sum, v) }, new(big.Int))
}

// check refuses impossible rows, and brings their amounts to one unit.
func (a *ABC) check(metric string) error {
	exp := int32(0)
	for i, r := range a.Rows {
		err := gateTimes(metric, "Amount", r.Amount, 2)
		switch {
		case err != nil:
			return at(err, metric, i)
		case r.Orders < 0 || r.Days < 0 || r.Days > maxTenure:
			return failAt(metric, CodeOutOfRange, i, "Orders = %d, Days = %d", r.Orders, r.Days)
		case r.ID != "" && r.Number != 0 || i > 0 && (r.ID == "") != (a.Rows[0].ID == ""):
			return failAt(metric, CodeMixedIDs, i, "ID = %s, Number = %d", clip(r.ID), r.Number)
		}
		if err := readable(metric, r.ID); err != nil {
			return at(err, metric, i)
		}
		exp = min(exp, r.Amount.Exponent())
	}
	for i := range a.Rows {
		r := &a.Rows[i]
		if r.Amount.Exponent() == exp {
			continue
		}
		v := r.Amount.Coefficient()
		r.Amount = decimal.NewFromBigInt(v.Mul(v, pow10(int(r.Amount.Exponent()-exp))), exp)
		if err := gateTimes(metric, "Amount", r.Amount, 2); err != nil {
			return at(err, metric, i)
		}
	}
	return nil
}

// plainValues returns the values where one criterion alone has a weight, which then
// does not matter, and where they fit.
func (a *ABC) plainValues() ([]ranked[int64], bool) {
	alone := -1
	for i, w := range a.weights() {
		if w.Sign() == 0 {
			continue
		}
		if alone >= 0 {
			return nil, false
		}
		alone = i
	}
	out := make([]ranked[int64], len(a.Rows))
	for i := range a.Rows {
		r := &a.Rows[i]
		v, ok := r.Orders, true
		switch alone {
		case 0:
			v, ok = unitsOf(r.Amount, r.Amount.Exponent())
		case 2:
			v = r.Days
		}
		if !ok {
			return nil, false
		}
		out[i] = ranked[int64]{v, int32(i)} //nolint:gosec // as many as a log holds
	}
	return out, true
}

// setRaw sets v to a criterion of a row as a whole number.
func (r *ABCRow) setRaw(v *big.Int, criterion int) *big.Int {
	switch criterion {
	case 0:
		if n, ok := unitsOf(r.Amount, r.Amount.Exponent()); ok {
			return v.SetInt64(n)
		}
		return v.Set(r.Amount.Coefficient())
	case 1:
		return v.SetInt64(r.Orders)
	default:
		return v.SetInt64(r.Days)
	}
}

// mixedValues returns the values times what all shares have as their common
// denominator: a criterion times its weight and the totals of the others.
func (a *ABC) mixedValues(metric string) ([]ranked[*big.Int], error) {
	var totals [3]*big.Int
	v := new(big.Int)
	for k := range totals {
		totals[k] = new(big.Int)
		for i := range a.Rows {
			if a.Rows[i].setRaw(v, k); v.Sign() > 0 {
				totals[k].Add(totals[k], v)
			}
		}
	}
	var factors [3]*big.Int // nil has no weight
	common := new(big.Int)
	for k, w := range a.weights() {
		if w.Sign() == 0 {
			continue
		}
		if totals[k].Sign() == 0 {
			return nil, fail(metric, CodeNotPositive, "Σ %s = 0", criteria[k])
		}
		f := new(big.Int).Set(w.r().Num())
		for j, o := range a.weights() {
			if j != k && o.Sign() > 0 {
				f.Mul(f, totals[j]).Mul(f, o.r().Denom())
			}
		}
		factors[k] = f
		common.GCD(nil, nil, common, f)
	}
	for _, f := range factors {
		if f != nil {
			f.Quo(f, common)
		}
	}
	out, values := make([]ranked[*big.Int], len(a.Rows)), make([]big.Int, len(a.Rows))
	product := new(big.Int)
	for i := range a.Rows {
		out[i] = ranked[*big.Int]{&values[i], int32(i)} //nolint:gosec // as many as a log holds
		for k, f := range factors {
			if f != nil {
				values[i].Add(&values[i], product.Mul(a.Rows[i].setRaw(v, k), f))
			}
		}
	}
	return out, nil
}

// rankRows orders the rows, which stand in the order of the ids, by their values, and
// cuts them into classes.
func rankRows[V any](a *ABC, metric string, values []ranked[V], compare func(V, V) int, add func(*big.Int, V) *big.Int, zero V) error {
	slices.SortFunc(values, func(x, y ranked[V]) int {
		return cmp.Or(compare(y.value, x.value), cmp.Compare(x.row, y.row))
	})
	positive, total := 0, new(big.Int)
	for ; positive < len(values) && compare(values[positive].value, zero) > 0; positive++ {
		add(total, values[positive].value)
	}
	if positive == 0 {
		return fail(metric, CodeNotPositive, "Σv = 0, n = %d", len(values))
	}
	// Before a row there may be less than this for its class.
	limits := [3]*big.Int{ClassB: ceiling(a.B, total), ClassA: ceiling(a.A, total)}
	a.values = [3]*big.Int{new(big.Int), new(big.Int), new(big.Int)}
	before, class := new(big.Int), ClassA
	rows := make([]ABCRow, len(values))
	for i := range values {
		rows[i] = a.Rows[values[i].row]
		rows[i].Class = ClassC
		if i >= positive {
			continue
		}
		if i == 0 || compare(values[i-1].value, values[i].value) != 0 {
			for class > ClassC && before.Cmp(limits[class]) >= 0 {
				class--
			}
		}
		rows[i].Class = class
		add(before, values[i].value)
		add(a.values[class], values[i].value)
	}
	a.Rows = rows
	return nil
}

// ceiling returns the least whole number not below share·total.
func ceiling(share Ratio, total *big.Int) *big.Int {
	n := new(big.Int).Mul(share.r().Num(), total)
	rest := new(big.Int)
	if n.QuoRem(n, share.r().Denom(), rest); rest.Sign() > 0 {
		n.Add(n, bigOne)
	}
	return n
}

// ABCTotal sums up a class of an ABC.
type ABCTotal struct {
	Class     Class           `json:"class"`
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
