package kpi

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// maxLines bounds the product lines of a CrossSell, which counts every pair of them.
const maxLines = 1 << 10

// CrossSell counts which product lines customers hold together (交叉销售).
//
//	Rate             = Several / Customers
//	Attach(b, a)     = Both[a][b] / Lines[a]
//	LinesPerCustomer = Σ Lines / Customers
//
// A customer counts once in each line, however often it bought. Attach is of the buyers
// of a, and so not symmetric: most who buy printers buy ink, and few who buy ink a
// printer. It rises with the share of customers who have b at all, which is Lines[b] /
// Customers: a line that goes with a is one whose Attach is above that.
//
// Both the rate and the lines of a customer rise with the length of the period, so that
// years compare with years only, and with the fineness of the lines. The zero value is the
// identity of Merge. A copy shares its maps with the original.
type CrossSell struct {
	Customers int64                       `json:"customers"` // with a line that is known
	Several   int64                       `json:"several"`   // of them, with two lines or more
	Unknown   int64                       `json:"unknown"`   // customers without a line that is known, apart
	Lines     map[string]int64            `json:"lines"`     // customers by line
	Both      map[string]map[string]int64 `json:"both"`      // customers with both of two lines, under the first by name
}

func (x CrossSell) valid(metric string) error {
	err := nonNegative(metric, []string{"Customers", "Several", "Unknown"}, x.Customers, x.Several, x.Unknown)
	switch {
	case err != nil:
		return err
	case x.Several > x.Customers:
		return fail(metric, CodePartExceedsWhole, "Several = %d > Customers = %d", x.Several, x.Customers)
	case len(x.Lines) > maxLines:
		return fail(metric, CodeTooLarge, "len(Lines) = %d", len(x.Lines))
	}
	if _, err := sumCounts(metric, x.Customers, x.Unknown); err != nil {
		return err
	}
	var sum, pairs int64
	for _, line := range slices.Sorted(maps.Keys(x.Lines)) {
		n := x.Lines[line]
		switch {
		case blank(line) || readable(metric, line) != nil:
			return fail(metric, CodeRepeated, "Lines[%s]", clip(line))
		case n < 1 || n > x.Customers:
			return fail(metric, CodeOutOfRange, "Lines[%s] = %d ∉ [1, Customers = %d]", clip(line), n, x.Customers)
		}
		if err := addCounts(metric, []*int64{&sum}, n); err != nil {
			return err
		}
	}
	for _, a := range slices.Sorted(maps.Keys(x.Both)) {
		for _, b := range slices.Sorted(maps.Keys(x.Both[a])) {
			n, most := x.Both[a][b], min(x.Lines[a], x.Lines[b], x.Several)
			least := max(1, x.Lines[a]-(x.Customers-x.Lines[b]))
			if a >= b || n < least || n > most {
				return fail(metric, CodeMismatch, "Both[%s][%s] = %d ∉ [%d, %d]", clip(a), clip(b), n, least, most)
			}
			if err := addCounts(metric, []*int64{&pairs}, n); err != nil {
				return err
			}
		}
	}
	// Each of Several has a second line, and a pair for each line beyond the first.
	if more := sum - x.Customers; more < x.Several || x.Several == 0 && more > 0 || pairs < more {
		return fail(metric, CodeMismatch, "Σ Lines = %d, Customers = %d, Several = %d, Σ Both = %d", sum, x.Customers, x.Several, pairs)
	}
	return nil
}

// Add counts a customer with all its product lines, one that is given twice once. Without
// any, or with blank ones only, it is Unknown. It returns an error, and counts nothing, if
// there would be more than 1024 lines, if a line is no UTF-8, if the counts are impossible
// or one overflows.
func (x *CrossSell) Add(lines ...string) error {
	const metric = "CrossSell.Add"
	var one CrossSell
	if err := one.count(metric, lines); err != nil {
		return err
	}
	return x.merge(metric, one)
}

// count counts a customer in place, without looking at what is there already.
func (x *CrossSell) count(metric string, lines []string) error {
	known := make([]string, 0, len(lines))
	for _, line := range lines {
		if !blank(line) {
			known = append(known, line)
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	if len(known) > maxLines {
		return fail(metric, CodeTooLarge, "len(Lines) = %d", len(known))
	}
	switch len(known) {
	case 0:
		x.Unknown++
		return nil
	case 1:
	default:
		x.Several++
	}
	x.Customers++
	if x.Lines == nil {
		x.Lines = map[string]int64{}
	}
	for i, a := range known {
		x.Lines[a]++
		for _, b := range known[i+1:] {
			if x.Both == nil {
				x.Both = map[string]map[string]int64{}
			}
			if x.Both[a] == nil {
				x.Both[a] = map[string]int64{}
			}
			x.Both[a][b]++
		}
	}
	return nil
}

// Merge adds the counts of disjoint customers. It returns an error, and changes nothing,
// if either is impossible, if there would be more than 1024 lines, or if a count
// overflows.
func (x *CrossSell) Merge(o CrossSell) error { return x.merge("CrossSell.Merge", o) }

func (x *CrossSell) merge(metric string, o CrossSell) error {
	if err := bothValid(metric, *x, o); err != nil {
		return err
	}
	t, err := x.plus(metric, &o)
	if err != nil {
		return err
	}
	if err := t.valid(metric); err != nil {
		return err
	}
	*x = t
	return nil
}

// plus returns the counts of both, in maps of their own.
func (x *CrossSell) plus(metric string, o *CrossSell) (CrossSell, error) {
	t := CrossSell{Customers: x.Customers, Several: x.Several, Unknown: x.Unknown}
	err := addCounts(metric, []*int64{&t.Customers, &t.Several, &t.Unknown}, o.Customers, o.Several, o.Unknown)
	if err != nil {
		return t, err
	}
	if t.Lines, err = addMaps(metric, x.Lines, o.Lines); err != nil {
		return t, err
	}
	for _, from := range []map[string]map[string]int64{x.Both, o.Both} {
		for a, row := range from {
			if t.Both == nil {
				t.Both = map[string]map[string]int64{}
			}
			if t.Both[a], err = addMaps(metric, t.Both[a], row); err != nil {
				return t, err
			}
		}
	}
	return t, nil
}

// addMaps returns the sums of two maps of counts, in a new one; nil of two that are nil.
func addMaps(metric string, a, b map[string]int64) (map[string]int64, error) {
	if a == nil && b == nil {
		return nil, nil //nolint:nilnil // as it was
	}
	out := make(map[string]int64, max(len(a), len(b)))
	maps.Copy(out, a)
	for k, n := range b {
		sum, err := sumCounts(metric, out[k], n)
		if err != nil {
			return nil, err
		}
		out[k] = sum
	}
	return out, nil
}

// UnmarshalJSON replaces x by what json.Marshal wrote, lines that x had included; null
// changes nothing. It leaves x as it was on an error.
func (x *CrossSell) UnmarshalJSON(data []byte) error {
	type fields CrossSell
	if string(data) == "null" {
		return nil
	}
	var n fields
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*x = CrossSell(n)
	return nil
}

// Rate returns the share of customers with two product lines or more (交叉销售率). It
// returns an error if the counts are impossible or there are no customers.
func (x CrossSell) Rate() (Proportion, error) {
	const metric = "CrossSell.Rate"
	if err := x.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, x.Several, x.Customers)
}

// Attach returns, of the customers of the line to, those who have line as well (连带率,
// 附加率). It returns an error if the counts are impossible, if the two are one line, or if
// nobody has to.
func (x CrossSell) Attach(line, to string) (Proportion, error) {
	const metric = "CrossSell.Attach"
	if err := x.valid(metric); err != nil {
		return Proportion{}, err
	}
	if line == to {
		return Proportion{}, fail(metric, CodeRepeated, "line = to = %s", clip(line))
	}
	return proportion(metric, x.both(line, to), x.Lines[to])
}

func (x CrossSell) both(a, b string) int64 { return x.Both[min(a, b)][max(a, b)] }

// LinesPerCustomer returns the product lines of a customer (人均产品线数, 产品持有数), at least
// 1. It returns an error as Rate does.
func (x CrossSell) LinesPerCustomer() (Ratio, error) {
	const metric = "CrossSell.LinesPerCustomer"
	if err := x.valid(metric); err != nil {
		return Ratio{}, err
	}
	if x.Customers == 0 {
		return Ratio{}, fail(metric, CodeZeroDenominator, "Customers = 0")
	}
	sum, err := sumCounts(metric, slices.Collect(maps.Values(x.Lines))...)
	return quotient(sum, x.Customers), err
}

func (x CrossSell) table() *table {
	lines := slices.Sorted(maps.Keys(x.Lines))
	t := &table{head: append([]string{"line", "customers", "share"}, lines...), text: 1}
	for _, a := range lines {
		n := x.Lines[a]
		row := []string{a, Whole(n).String(), Proportion{K: n, N: x.Customers}.Percent(1)}
		for _, b := range lines {
			if a == b {
				row = append(row, "")
			} else {
				row = append(row, Proportion{K: x.both(a, b), N: n}.Percent(1))
			}
		}
		t.add(row...)
	}
	return t
}

// String returns a row for each line: its customers, their share of all, and how many of
// them have each of the other lines as well.
func (x CrossSell) String() string { return x.table().String() }

// Markdown is String as a Markdown table.
func (x CrossSell) Markdown() string { return x.table().markdown() }

// CrossSellSpec is the question for cross-sales: which property of an order names its
// product line. What an order is, is said as in CustomerSpec; an order of several lines is
// an event for each.
type CrossSellSpec struct {
	Line    string    // the property; an empty value is a line that is not known
	Orders  []string  // event names; none is any event
	From    time.Time // if set, rows before it do not count
	AsOf    time.Time // exclusive: rows from it on do not count
	Refunds Refunds   // what a negative amount is: it adds no line, and takes none away
	Zeros   Zeros     // what an amount of 0 is
}

func (s *CrossSellSpec) customers() CustomerSpec {
	return CustomerSpec{Orders: s.Orders, AsOf: s.AsOf, Refunds: s.Refunds, Zeros: s.Zeros}
}

// CrossSell answers s. It returns an error if s is out of range, if AsOf is not set or not
// after From, if Line was not declared, if there are more than 1024 lines, if an amount is
// negative or 0 and s does not say what that means, naming the row, or that of a context
// that is done.
func (l *Log) CrossSell(ctx context.Context, s CrossSellSpec) (*CrossSell, error) {
	const metric = "Log.CrossSell"
	orders := s.customers()
	if err := cmp.Or(orders.valid(metric), codable(metric, "From", s.From)); err != nil {
		return nil, err
	}
	if !s.From.Before(s.AsOf) {
		return nil, fail(metric, CodeTime, "From = %s ≥ AsOf = %s", s.From.Format(time.RFC3339), s.AsOf.Format(time.RFC3339))
	}
	if s.Line == "" {
		return nil, fail(metric, CodeMissing, "Line")
	}
	by, err := l.propertyColumn(metric, s.Line)
	if err != nil {
		return nil, err
	}
	set, from, asOf := l.eventSet(s.Orders), int64(minInstant), s.AsOf.UnixNano()
	switch sec := s.From.Unix(); {
	case sec > maxSecond:
		from = maxInstant
	case sec >= minSecond:
		from = s.From.UnixNano()
	}
	type state struct {
		CrossSell
		lines []string
	}
	states, err := visit(ctx, l, func(f *state, _ uint64, rows []logRow) (err error) {
		f.lines = f.lines[:0]
		bought := false
		for i := range rows {
			row := &rows[i]
			if row.at >= asOf {
				break
			}
			if row.at < from || !set[row.event] {
				continue
			}
			sign := l.sign(row)
			takes, code := orders.takes(sign)
			if code != 0 {
				err = earlier(err, refuseOrder(metric, code, int(row.row), l.amount(row)))
			}
			if !takes || sign < 0 {
				continue
			}
			bought = true
			if line := by.value(int(row.row)); !slices.Contains(f.lines, line) {
				f.lines = append(f.lines, line)
			}
		}
		if err != nil || !bought {
			return err
		}
		return f.count(metric, f.lines)
	})
	if err != nil {
		return nil, err
	}
	out := &CrossSell{}
	for i := range states {
		sum, err := out.plus(metric, &states[i].CrossSell)
		if err != nil {
			return nil, err
		}
		*out = sum
	}
	return out, out.valid(metric)
}

var crossSellCatalog = []Entry{
	{
		Key: "crosssell.rate", English: []string{"cross-sell rate"},
		Chinese: []string{"交叉销售率", "交叉购买率"}, Formula: "Several / Customers",
		Unit: "share", Direction: Higher, Type: "CrossSell", Method: "Rate",
	},
	{
		Key: "crosssell.attach", English: []string{"attach rate", "attachment rate"},
		Chinese: []string{"连带率", "附加率", "产品搭配率"}, Formula: "Both[to][line] / Lines[to]",
		Unit: "share", Direction: Higher, Type: "CrossSell", Method: "Attach",
	},
	{
		Key: "crosssell.lines", English: []string{"product lines per customer", "products per customer"},
		Chinese: []string{"人均产品线数", "客均产品持有数"}, Formula: "Σ Lines / Customers",
		Unit: "count", Direction: Higher, Type: "CrossSell", Method: "LinesPerCustomer",
	},
}
