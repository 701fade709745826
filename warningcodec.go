package kpi

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"slices"
)

// valid refuses a row whose days are impossible by themselves.
func (w *Warning) valid(metric string) error {
	n := w.Before + w.Seen
	switch {
	case w.Age < 1 || w.Age > maxWarningDays || w.Gap < 1 || w.Gap > w.Age:
		return fail(metric, CodeOutOfRange, "Age = %d, Gap = %d", w.Age, w.Gap)
	case w.Before < 0 || w.Seen < 0 || w.Longer < 0:
		return fail(metric, CodeNegative, "Before = %d, Seen = %d, Longer = %d", w.Before, w.Seen, w.Longer)
	case w.Before > w.Age || w.Seen > w.Age || n > w.Age-w.Gap:
		return fail(metric, CodePartExceedsWhole, "Before + Seen = %d > Age − Gap = %d", n, w.Age-w.Gap)
	case w.Longer > n:
		return fail(metric, CodePartExceedsWhole, "Longer = %d > Before + Seen = %d", w.Longer, n)
	case int64(w.Longer)*int64(w.Gap)+int64(n-w.Longer) > int64(w.Age-w.Gap):
		return fail(metric, CodePartExceedsWhole, "Longer·Gap = %d·%d > Age − Gap = %d", w.Longer, w.Gap, w.Age-w.Gap)
	}
	return gateTimes(metric, "Value", w.Value, 2)
}

// validRow refuses a row that cannot be of the question.
func (w *Warnings) validRow(metric string, r *Warning) error {
	if err := r.valid(metric); err != nil {
		return err
	}
	if err := readable(metric, r.ID); err != nil {
		return err
	}
	// Days on which the customer, known by then, can have been active.
	recent, history := min(w.Recent, r.Age-1), w.compare(r.Age)
	last := 0 // where Gap says that the last of them was
	switch {
	case r.Gap < r.Age && r.Gap <= w.Recent:
		last = 1
	case r.Gap < r.Age && r.Gap <= w.Recent+history:
		last = 2
	}
	got := 0
	switch {
	case r.Seen > 0:
		got = 1
	case r.Before > 0:
		got = 2
	}
	switch {
	case r.Seen > recent || r.Before > history:
		return fail(metric, CodePartExceedsWhole, "Seen = %d > %d ∨ Before = %d > %d", r.Seen, recent, r.Before, history)
	case got != last:
		return fail(metric, CodeMismatch, "Seen = %d, Before = %d, Gap = %d, Age = %d", r.Seen, r.Before, r.Gap, r.Age)
	}
	return nil
}

// asks refuses what no answer was asked.
func (w *Warnings) asks(metric string) error {
	if err := codable(metric, "AsOf", w.AsOf); err != nil {
		return err
	}
	if w.isZero() {
		return nil
	}
	if !slices.Equal(w.Events, nameSet(w.Events)) || !slices.Equal(w.Orders, nameSet(w.Orders)) {
		return fail(metric, CodeOrder, "Events, Orders")
	}
	return cmp.Or(
		validWarning(metric, w.Recent, w.History, w.Level, w.Refunds),
		readable(metric, w.Events...), readable(metric, w.Orders...), readable(metric, w.Location),
	)
}

// checked returns rows, which it changes, in the order of their ids, and refuses those that cannot be of
// the question and of Daily.
func (w *Warnings) checked(metric string, rows []Warning) ([]Warning, error) {
	texts := len(rows) > 0 && rows[0].ID != ""
	for i := range rows {
		if (rows[i].ID != "") != texts || texts && rows[i].Number != 0 {
			return nil, failAt(metric, CodeMixedIDs, i, "ID = %s, Number = %d", clip(rows[i].ID), rows[i].Number)
		}
		if err := w.validRow(metric, &rows[i]); err != nil {
			return nil, at(err, metric, i)
		}
		rows[i].Value = plainestValue(rows[i].Value)
	}
	rows = warningsByID(rows)
	for i := 1; i < len(rows); i++ {
		if r, before := &rows[i], &rows[i-1]; r.ID == before.ID && r.Number == before.Number {
			return nil, fail(metric, CodeShared, "ID = %s, Number = %d", clip(r.ID), r.Number)
		}
	}
	return rows, w.validDaily(metric, rows)
}

// validDaily refuses a Daily that the rows cannot have made.
func (w *Warnings) validDaily(metric string, rows []Warning) error {
	days := 0
	if w.Pooled && len(rows) > 0 {
		days = w.compared(rows)
	}
	if len(w.Daily) != days {
		return fail(metric, CodeLength, "len(Daily) = %d ≠ %d", len(w.Daily), days)
	}
	if days == 0 {
		return nil
	}
	var seen, before int64
	for i := range rows {
		seen, before = seen+int64(rows[i].Seen), before+int64(rows[i].Before)
	}
	upTo := make([]int64, 1, days+1) // the sums of the last so many days
	for i, known := range w.atRisk(rows, days) {
		n := w.Daily[i]
		if n < 0 || n > known {
			return failAt(metric, CodePartExceedsWhole, i, "Daily = %d ∉ [0, %d]", n, known)
		}
		upTo = append(upTo, upTo[i]+n) // n is no more than the rows
	}
	recent := upTo[w.Recent]
	if seen != recent || before != upTo[days]-recent {
		return fail(metric, CodeMismatch, "Σ Daily = %d + %d ≠ Σ Seen + Σ Before = %d + %d", recent, upTo[days]-recent, seen, before)
	}
	for i := range rows {
		r := &rows[i]
		if int64(r.Seen) > upTo[min(w.Recent, r.Age-1)] || int64(r.Before) > upTo[w.Recent+w.compare(r.Age)]-recent {
			return failAt(metric, CodePartExceedsWhole, i, "Seen = %d, Before = %d > Σ Daily", r.Seen, r.Before)
		}
	}
	return nil
}

// valid refuses an answer that is impossible, or whose ranks do not follow from its
// days.
func (w *Warnings) valid(metric string) error {
	_, err := w.unaltered(metric)
	return err
}

// unaltered is valid, and returns the rows in the order of their ids.
func (w *Warnings) unaltered(metric string) ([]Warning, error) {
	if err := w.asks(metric); err != nil {
		return nil, err
	}
	rows, err := w.checked(metric, slices.Clone(w.Rows))
	if err != nil {
		return nil, err
	}
	fresh := *w
	fresh.rank(slices.Clone(rows), 1)
	for i := range w.Rows {
		a, b := w.Rows[i], fresh.Rows[i]
		same := a.Value.Exponent() == b.Value.Exponent() && a.Value.Equal(b.Value)
		if a.Value = b.Value; !same || a != b {
			return nil, failAt(metric, CodeMismatch, i, "Status = %d, P = %v, Adjusted = %v", int(a.Status), a.P, a.Adjusted)
		}
	}
	return rows, nil
}

// asksAs reports whether w answers the question that o does, as far as they say.
func (w *Warnings) asksAs(o *Warnings) bool {
	return w.AsOf.Equal(o.AsOf) && slices.Equal(w.Events, o.Events) && slices.Equal(w.Orders, o.Orders) &&
		w.Recent == o.Recent && w.History == o.History && w.Level == o.Level && w.Pooled == o.Pooled &&
		w.Refunds == o.Refunds && w.Location == o.Location
}

func (w *Warnings) isZero() bool {
	return len(w.Rows) == 0 && len(w.Daily) == 0 && w.asksAs(&Warnings{})
}

// Merge adds the answer of another shard to the same WarningSpec: a log of other
// customers, each of whom is in one shard only. All are tested anew, since who warns
// depends on all others: what comes out is the answer of one log with the rows of
// both. It returns an error, and changes nothing, if o is nil, if either is impossible
// or was altered, if the answers cannot be to the same question, or if a customer is
// in both.
func (w *Warnings) Merge(o *Warnings) error {
	const metric = "Warnings.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := bothValid(metric, w, o); err != nil {
		return err
	}
	sum := *w
	switch {
	case o.isZero():
		return nil
	case w.isZero():
		sum = *o
		sum.Events, sum.Orders = slices.Clone(o.Events), slices.Clone(o.Orders)
	case !w.asksAs(o):
		return fail(metric, CodeQuestion, "")
	}
	sum.Daily = nil
	sum.addDaily(w.Daily)
	sum.addDaily(o.Daily)
	rows, err := sum.checked(metric, slices.Concat(w.Rows, o.Rows))
	if err != nil {
		return err
	}
	sum.rank(rows, 1)
	*w = sum
	return nil
}

// UnmarshalJSON reads what MarshalJSON writes; null changes nothing. The tests are
// made anew. It returns an error, and leaves w as it was, if a row is impossible or
// its Status does not follow from the days, naming it.
func (w *Warnings) UnmarshalJSON(data []byte) error {
	const metric = "Warnings.UnmarshalJSON"
	if string(data) == "null" {
		return nil
	}
	type fields Warnings
	var n Warnings
	if err := json.Unmarshal(data, (*fields)(&n)); err != nil {
		return err
	}
	if err := n.asks(metric); err != nil {
		return err
	}
	said := n.Rows
	rows, err := n.checked(metric, slices.Clone(said))
	if err != nil {
		return err
	}
	n.rank(rows, 1)
	for i := range said {
		if got := &n.Rows[i]; got.Status != said[i].Status {
			return failAt(metric, CodeMismatch, i, "Status = %d ≠ %d", int(said[i].Status), int(got.Status))
		}
	}
	*w = n
	return nil
}

// AppendBinary appends the canonical encoding of w: the days of each customer, in the
// order of the ids, from which the tests follow. Of an instant it holds the offset from
// UTC, not the zone. It returns an error if w is impossible or was altered.
func (w *Warnings) AppendBinary(b []byte) ([]byte, error) {
	rows, err := w.unaltered("Warnings.AppendBinary")
	if err != nil {
		return nil, err
	}
	b = appendTime(appendHeader(b, kindWarnings), w.AsOf)
	b = appendTexts(appendTexts(b, w.Events), w.Orders)
	b = appendUint(appendUint(b, uint64(w.Recent)), uint64(w.History)) //nolint:gosec // checked
	b = appendBool(appendUint(b, math.Float64bits(w.Level)), w.Pooled)
	b = appendText(appendUint(b, uint64(w.Refunds)), w.Location) //nolint:gosec // checked
	texts := len(rows) > 0 && rows[0].ID != ""
	b = appendUint(appendBool(b, texts), uint64(len(rows)))
	for i := range rows {
		r := &rows[i]
		if texts {
			b = appendText(b, r.ID)
		} else {
			b = appendUint(b, r.Number)
		}
		for _, n := range []int{r.Age, r.Gap, r.Before, r.Seen, r.Longer} {
			b = appendUint(b, uint64(n)) //nolint:gosec // checked
		}
		b = appendDecimal(b, r.Value)
	}
	b = appendUint(b, uint64(len(w.Daily)))
	for _, n := range w.Daily {
		b = appendInt(b, n)
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (w *Warnings) MarshalBinary() ([]byte, error) { return w.AppendBinary(nil) }

// UnmarshalBinary replaces w by what AppendBinary wrote. It returns an error, and
// leaves w as it was, if data are anything else.
func (w *Warnings) UnmarshalBinary(data []byte) error {
	const metric = "Warnings.UnmarshalBinary"
	d := newDecoder(metric, kindWarnings, data)
	n := Warnings{AsOf: d.time(), Events: d.dictionary().texts, Orders: d.dictionary().texts}
	n.Recent, n.History = int(d.uint(maxWarningDays)), int(d.uint(maxWarningDays)) //nolint:gosec // bounded
	n.Level, n.Pooled = math.Float64frombits(d.uint(math.Float64bits(1))), d.bool()
	n.Refunds, n.Location = Refunds(d.uint(uint64(RefundsIgnored))), d.text() //nolint:gosec // bounded
	texts := d.bool()
	rows := make([]Warning, d.count(9))
	for i := range rows {
		r := &rows[i]
		if texts {
			r.ID = d.text()
		} else {
			r.Number = d.uint(math.MaxUint64)
		}
		for _, to := range []*int{&r.Age, &r.Gap, &r.Before, &r.Seen, &r.Longer} {
			*to = int(d.uint(maxWarningDays)) //nolint:gosec // bounded
		}
		r.Value = d.decimal(2)
		if exp := r.Value.Exponent(); exp > 0 || exp < 0 && new(big.Int).Rem(r.Value.Coefficient(), big.NewInt(10)).Sign() == 0 {
			d.fail("Value.Exponent = %d", exp)
		}
		if i > 0 && cmp.Or(cmp.Compare(rows[i-1].ID, r.ID), cmp.Compare(rows[i-1].Number, r.Number)) >= 0 {
			d.fail("ID, Number")
		}
		if texts && r.ID == "" {
			d.fail("ID = \"\"")
		}
		if d.err != nil {
			break
		}
	}
	if texts && len(rows) == 0 {
		d.fail("len(Rows) = 0")
	}
	if days := d.count(1); days > 0 {
		n.Daily = make([]int64, days)
	}
	for i := range n.Daily {
		n.Daily[i] = d.count64()
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.asks(metric); err != nil {
		return err
	}
	rows, err := n.checked(metric, rows)
	if err != nil {
		return err
	}
	n.rank(rows, 1)
	*w = n
	return nil
}
