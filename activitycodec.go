package kpi

import (
	"cmp"
	"slices"
	"time"
)

// mostDays is how many civil days a period of each unit has at most.
var mostDays = []int{1, 7, 31, 92, 366}

// validAnswer refuses what no answer to a question about a Calendar's periods says.
func validAnswer(metric string, unit Unit, week WeekStart, fiscal time.Month, events []string) error {
	switch {
	case unit < Day || unit > Year:
		return fail(metric, CodeOutOfRange, "Unit = %d", int(unit))
	case week < WeekFromMonday || week > WeekFromSunday:
		return fail(metric, CodeOutOfRange, "WeekStart = %d", int(week))
	case fiscal < 0 || fiscal > time.December:
		return fail(metric, CodeOutOfRange, "FiscalStart = %d", int(fiscal))
	case !slices.Equal(events, nameSet(events)):
		return fail(metric, CodeOrder, "Events")
	}
	return readable(metric, events...)
}

func (a *Activity) valid(metric string) error {
	if err := validAnswer(metric, a.Unit, a.WeekStart, a.FiscalStart, a.Events); err != nil {
		return err
	}
	switch {
	case !slices.Equal(a.Known, nameSet(a.Known)):
		return fail(metric, CodeOrder, "Known")
	case a.Refunds < RefundsRefused || a.Refunds > RefundsIgnored:
		return fail(metric, CodeOutOfRange, "Refunds = %d", int(a.Refunds))
	}
	if err := cmp.Or(
		codable(metric, "AsOf", a.AsOf), codable(metric, "Since", a.Since),
		codable(metric, "Year", a.Year.Start), codable(metric, "Year", a.Year.End),
	); err != nil {
		return err
	}
	if !a.Year.End.Equal(a.AsOf) || a.Year.End.Before(a.Year.Start) {
		return fail(metric, CodeTime, "Year = %s, AsOf = %s", a.Year, a.AsOf.Format(time.RFC3339))
	}
	first := int64(0) // customers ever active, by the end of a row
	for i := range a.Rows {
		r := &a.Rows[i]
		if err := r.valid(metric, a.Unit); err != nil {
			return at(err, metric, i)
		}
		before := ActivePeriod{Period: Period{End: r.Period.Start}}
		if i > 0 {
			before = a.Rows[i-1]
		}
		known := first
		if err := addCounts(metric, []*int64{&first}, r.New+r.FirstSeen); err != nil {
			return at(err, metric, i)
		}
		switch {
		case !before.Period.End.Equal(r.Period.Start):
			return failAt(metric, CodeMismatch, i, "Period.Start ≠ Rows[%d].Period.End", i-1)
		case !r.Period.Start.Before(a.AsOf) || r.Complete != r.Period.Complete(a.AsOf):
			return failAt(metric, CodeMismatch, i, "Complete = %t, Period = %s, AsOf = %s", r.Complete, r.Period, a.AsOf.Format(time.RFC3339))
		case before.Active != r.Returning+r.Dormant:
			return failAt(metric, CodeMismatch, i, "Returning + Dormant = %d ≠ %d", r.Returning+r.Dormant, before.Active)
		case r.Returning+r.Resurrecting > known:
			return failAt(metric, CodePartExceedsWhole, i, "Returning + Resurrecting = %d > %d", r.Returning+r.Resurrecting, known)
		case r.Known < before.Known || r.Known < first:
			return failAt(metric, CodePartExceedsWhole, i, "Known = %d < %d", r.Known, max(before.Known, first))
		case r.FirstSeen > 0 && !r.Period.Start.Before(a.Since) || r.New > 0 && !a.Since.Before(r.Period.End):
			return failAt(metric, CodeMismatch, i, "New = %d, FirstSeen = %d, Since = %s", r.New, r.FirstSeen, a.Since.Format(time.RFC3339))
		}
	}
	if n := len(a.Rows); n > 0 && a.Rows[n-1].Period.End.Before(a.AsOf) {
		return fail(metric, CodeMismatch, "Rows[%d].Period = %s, AsOf = %s", n-1, a.Rows[n-1].Period, a.AsOf.Format(time.RFC3339))
	}
	return a.validTouches(metric)
}

// validTouches refuses a distribution that nobody can have observed.
func (a *Activity) validTouches(metric string) error {
	sum := int64(0)
	for i, t := range a.Touches {
		if t.Customers < 1 || t.Touchpoints < 1 {
			return failAt(metric, CodeOutOfRange, i, "Touchpoints = %d, Customers = %d", t.Touchpoints, t.Customers)
		}
		if i > 0 && a.Touches[i-1].Touchpoints >= t.Touchpoints {
			return failAt(metric, CodeOrder, i, "Touchpoints")
		}
		if err := addCounts(metric, []*int64{&sum}, t.Customers); err != nil {
			return at(err, metric, i)
		}
	}
	known := int64(0)
	if n := len(a.Rows); n > 0 {
		known = a.Rows[n-1].Known
	}
	if sum > known {
		return fail(metric, CodePartExceedsWhole, "Σ Customers = %d > Known = %d", sum, known)
	}
	return nil
}

// valid refuses a row that is impossible by itself.
func (r *ActivePeriod) valid(metric string, unit Unit) error {
	if err := validPeriod(metric, r.Period); err != nil {
		return err
	}
	names := []string{"Known", "Active", "New", "FirstSeen", "Returning", "Resurrecting", "Dormant"}
	if err := nonNegative(metric, names, r.Known, r.Active, r.New, r.FirstSeen, r.Returning, r.Resurrecting, r.Dormant); err != nil {
		return err
	}
	sum, err := sumCounts(metric, r.New, r.FirstSeen, r.Returning, r.Resurrecting)
	if err != nil {
		return err
	}
	if _, err := sumCounts(metric, r.Returning, r.Dormant); err != nil {
		return err
	}
	if unit < Day || unit > Year || len(r.Days) < 1 || len(r.Days) > mostDays[unit] {
		return fail(metric, CodeLength, "len(Days) = %d", len(r.Days))
	}
	active := int64(0)
	for _, n := range r.Days {
		if err := nonNegative(metric, []string{"Days"}, n); err != nil {
			return err
		}
		if err := addCounts(metric, []*int64{&active}, n); err != nil {
			return err
		}
	}
	switch {
	case r.Active != sum:
		return fail(metric, CodeMismatch, "Active = %d ≠ New + FirstSeen + Returning + Resurrecting = %d", r.Active, sum)
	case r.Active != active:
		return fail(metric, CodeMismatch, "Active = %d ≠ Σ Days = %d", r.Active, active)
	case r.Active > r.Known:
		return fail(metric, CodePartExceedsWhole, "Active = %d > Known = %d", r.Active, r.Known)
	}
	return nil
}

// validPeriod refuses a period that is empty or cannot be encoded.
func validPeriod(metric string, p Period) error {
	return cmp.Or(p.check(metric), codable(metric, "Period", p.Start), codable(metric, "Period", p.End))
}

// asksAs reports whether a answers the question that o does, as far as they say.
func (a *Activity) asksAs(o *Activity) bool {
	return a.AsOf.Equal(o.AsOf) && a.Since.Equal(o.Since) && a.Unit == o.Unit && a.Refunds == o.Refunds &&
		a.Location == o.Location && a.WeekStart == o.WeekStart && a.FiscalStart == o.FiscalStart &&
		slices.Equal(a.Events, o.Events) && slices.Equal(a.Known, o.Known) && a.Year.Equal(o.Year)
}

func (a *Activity) isZero() bool { return len(a.Rows) == 0 && a.asksAs(&Activity{}) }

// Merge adds the answer of another shard to the same ActivitySpec: a log of other
// customers, each of whom is in one shard only. Rows that one side lacks are those
// of the other. It returns an error, and changes nothing, if o is nil, if either is
// impossible, if the answers cannot be to the same question, or if a total
// overflows.
func (a *Activity) Merge(o *Activity) error {
	const metric = "Activity.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := bothValid(metric, a, o); err != nil {
		return err
	}
	sum := *a
	switch {
	case o.isZero():
		return nil
	case a.isZero():
		sum = *o
		sum.Events, sum.Known = slices.Clone(o.Events), slices.Clone(o.Known)
	case !a.asksAs(o):
		return fail(metric, CodeQuestion, "")
	}
	// Both end with the row of AsOf, and one may begin earlier.
	long, short := a.Rows, o.Rows
	if len(long) < len(short) {
		long, short = short, long
	}
	sum.Rows = slices.Clone(long)
	lead := len(long) - len(short)
	for i := range sum.Rows {
		r := &sum.Rows[i]
		r.Days = slices.Clone(r.Days)
		if i < lead {
			continue
		}
		if err := r.add(metric, &short[i-lead]); err != nil {
			return at(err, metric, i)
		}
	}
	sum.Touches = mergeTouches(a.Touches, o.Touches)
	if err := sum.valid(metric); err != nil {
		return err
	}
	*a = sum
	return nil
}

func (r *ActivePeriod) add(metric string, o *ActivePeriod) error {
	if !r.Period.Equal(o.Period) || len(r.Days) != len(o.Days) {
		return fail(metric, CodeQuestion, "Period = %s ≠ %s, len(Days) = %d ≠ %d", r.Period, o.Period, len(r.Days), len(o.Days))
	}
	if err := addCounts(metric,
		[]*int64{&r.Known, &r.Active, &r.New, &r.FirstSeen, &r.Returning, &r.Resurrecting, &r.Dormant},
		o.Known, o.Active, o.New, o.FirstSeen, o.Returning, o.Resurrecting, o.Dormant); err != nil {
		return err
	}
	for i, n := range o.Days {
		r.Days[i] += n // no more than Active, which has been added
	}
	return nil
}

// mergeTouches adds up two distributions. A sum that overflows is negative, and
// refused by validTouches.
func mergeTouches(a, b []TouchCount) []TouchCount {
	var out []TouchCount
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Touchpoints < b[0].Touchpoints:
			out, a = append(out, a[0]), a[1:]
		case len(a) == 0 || b[0].Touchpoints < a[0].Touchpoints:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, TouchCount{a[0].Touchpoints, a[0].Customers + b[0].Customers})
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// AppendBinary appends the canonical encoding of a. Of a period it holds both
// instants and their offsets from UTC, as JSON does. It returns an error if a is
// impossible.
func (a *Activity) AppendBinary(b []byte) ([]byte, error) {
	if err := a.valid("Activity.AppendBinary"); err != nil {
		return nil, err
	}
	b = appendTime(appendTime(appendHeader(b, kindActivity), a.AsOf), a.Since)
	b = appendUint(appendUint(b, uint64(a.Unit)), uint64(a.Refunds))                                  //nolint:gosec // checked by valid
	b = appendUint(appendUint(appendText(b, a.Location), uint64(a.WeekStart)), uint64(a.FiscalStart)) //nolint:gosec // checked by valid
	b = appendTexts(appendTexts(b, a.Events), a.Known)
	b = appendTime(appendTime(b, a.Year.Start), a.Year.End)
	b = appendUint(b, uint64(len(a.Rows)))
	for _, r := range a.Rows {
		b = appendTime(appendTime(b, r.Period.Start), r.Period.End)
		for _, n := range []int64{r.Known, r.New, r.FirstSeen, r.Returning, r.Resurrecting} {
			b = appendInt(b, n)
		}
		b = appendUint(b, uint64(len(r.Days)))
		for _, n := range r.Days {
			b = appendInt(b, n)
		}
	}
	b = appendUint(b, uint64(len(a.Touches)))
	for _, t := range a.Touches {
		b = appendInt(appendInt(b, t.Touchpoints), t.Customers)
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (a *Activity) MarshalBinary() ([]byte, error) { return a.AppendBinary(nil) }

// UnmarshalBinary replaces a by what AppendBinary wrote. It returns an error, and
// leaves a as it was, if data are anything else.
func (a *Activity) UnmarshalBinary(data []byte) error {
	const metric = "Activity.UnmarshalBinary"
	d := newDecoder(metric, kindActivity, data)
	n := Activity{AsOf: d.time(), Since: d.time()}
	n.Unit, n.Refunds = Unit(d.uint(uint64(Year))), Refunds(d.uint(uint64(RefundsIgnored)))                              //nolint:gosec // bounded
	n.Location, n.WeekStart, n.FiscalStart = d.text(), WeekStart(d.uint(uint64(WeekFromSunday))), time.Month(d.uint(12)) //nolint:gosec // bounded
	n.Events, n.Known = d.dictionary().texts, d.dictionary().texts
	n.Year = Period{Start: d.time(), End: d.time()}
	if rows := d.count(13); rows > 0 {
		n.Rows = make([]ActivePeriod, rows)
	}
	before := int64(0)
	for i := range n.Rows {
		r := &n.Rows[i]
		r.Period = Period{Start: d.time(), End: d.time()}
		r.Known, r.New, r.FirstSeen = d.count64(), d.count64(), d.count64()
		r.Returning, r.Resurrecting = d.count64(), d.count64()
		// What follows from the rest is not written; what overflows, valid refuses.
		r.Complete = r.Period.Complete(n.AsOf)
		r.Active = r.New + r.FirstSeen + r.Returning + r.Resurrecting
		r.Dormant = before - r.Returning
		before = r.Active
		r.Days = make([]int64, d.count(1))
		for k := range r.Days {
			r.Days[k] = d.count64()
		}
	}
	if touches := d.count(2); touches > 0 {
		n.Touches = make([]TouchCount, touches)
	}
	for i := range n.Touches {
		n.Touches[i] = TouchCount{Touchpoints: d.count64(), Customers: d.count64()}
	}
	if err := d.done(); err != nil {
		return err
	}
	if err := n.valid(metric); err != nil {
		return err
	}
	*a = n
	return nil
}
