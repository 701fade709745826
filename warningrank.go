package kpi

import (
	"cmp"
	"context"
	"math"
)

// compare returns the days of a customer that are compared before the recent ones.
func (w *Warnings) compare(age int) int {
	h := max(age-1-w.Recent, 0)
	if w.History > 0 {
		h = min(h, w.History)
	}
	return h
}

// compared returns how many days before AsOf's are compared of any of the rows.
func (w *Warnings) compared(rows []Warning) int {
	oldest := 0
	for i := range rows {
		oldest = max(oldest, rows[i].Age)
	}
	return w.Recent + w.compare(oldest)
}

// atRisk returns how many of the rows were known before each of the days that are
// compared, the last day first.
func (w *Warnings) atRisk(rows []Warning, days int) []int64 {
	known := make([]int64, days)
	for i := range rows {
		if age := min(rows[i].Age, days+1); age > 1 {
			known[age-2]++ // on the day after the first and on all since
		}
	}
	for i := days - 2; i >= 0; i-- {
		known[i] += known[i+1]
	}
	return known
}

// warningDays are what the days of a customer count for: each 1 or, with Pooled, its
// rate.
type warningDays struct {
	recent  float64
	history []float64 // with Pooled, of the first so many days before the recent ones
}

// before returns what so many days before the recent ones count for.
func (d *warningDays) before(days int) float64 {
	if d.history == nil {
		return float64(days)
	}
	return d.history[days]
}

// weigh returns what days count for.
func (w *Warnings) weigh(rows []Warning) warningDays {
	if !w.Pooled || len(rows) == 0 {
		return warningDays{recent: float64(w.Recent)}
	}
	out := warningDays{history: []float64{0}}
	for i, known := range w.atRisk(rows, len(w.Daily)) {
		rate := 0.0
		if known > 0 {
			rate = float64(w.Daily[i]) / float64(known)
		}
		if i < w.Recent {
			out.recent += rate
		} else {
			out.history = append(out.history, out.history[i-w.Recent]+rate)
		}
	}
	return out
}

// test compares the days of a customer, and says whether they could warn.
func (r *Warning) test(w *Warnings, d *warningDays) {
	r.History = w.compare(r.Age)
	r.Status, r.Expected, r.P, r.Adjusted = TooLittleHistory, 0, 1, 1
	before := d.before(r.History)
	if r.Before > 0 {
		r.Expected = float64(r.Before) * d.recent / before // the customer itself was active then
	}
	n := r.Before + r.Seen
	switch {
	case n == 0:
		if w.History > 0 && r.History == w.History {
			r.Status = Lapsed
		}
		return
	case r.History == 0 || d.recent == 0:
		return
	}
	theta := d.recent / (d.recent + before)
	if binomialBelow(0, n, theta) <= w.Level {
		r.Status, r.P = NotWarned, binomialBelow(r.Seen, n, theta)
	}
}

// fallen reports whether a tested customer was seen half as often as expected, or less.
func (r *Warning) fallen(d *warningDays) bool {
	return float64(2*r.Seen)*d.before(r.History) <= float64(r.Before)*d.recent
}

// rank tests rows, which stand in the order of their ids, on so many goroutines, and
// makes them the Rows of w.
func (w *Warnings) rank(rows []Warning, workers int) {
	n := len(rows)
	d := w.weigh(rows)
	_ = inParallel(context.Background(), workers, workers, func(_, i int) error {
		for k := n * i / workers; k < n*(i+1)/workers; k++ {
			rows[k].test(w, &d)
		}
		return nil
	})
	var of [Warned + 1][]int // positions by status
	for i := range rows {
		of[rows[i].Status] = append(of[rows[i].Status], i)
	}
	value := warningValues(rows)
	tested := of[NotWarned]
	tested = warningOrder(tested, func(i int) uint64 { return math.Float64bits(rows[i].P) }, func(i, j int) int {
		return cmp.Or(cmp.Compare(rows[i].P, rows[j].P), value.compare(i, j), i-j)
	})
	p := make([]float64, len(tested))
	for k, i := range tested {
		p[k] = rows[i].P
	}
	adjusted, _ := BenjaminiHochberg(p)
	of[NotWarned] = nil
	for k, i := range tested {
		r := &rows[i]
		r.Adjusted = adjusted[k]
		if r.Adjusted <= w.Level && r.fallen(&d) {
			r.Status = Warned
		}
		of[r.Status] = append(of[r.Status], i)
	}
	for _, s := range []WarningStatus{Lapsed, TooLittleHistory} {
		of[s] = warningOrder(of[s], value.key, func(i, j int) int { return cmp.Or(value.compare(i, j), i-j) })
	}
	w.Rows = nil
	if n > 0 {
		w.Rows = make([]Warning, 0, n)
	}
	for s := Warned; s >= TooLittleHistory; s-- {
		for _, i := range of[s] {
			w.Rows = append(w.Rows, rows[i])
		}
	}
}

// warningOrder returns positions by ascending key, and by compare where that does not tell.
func warningOrder(of []int, key func(i int) uint64, compare func(i, j int) int) []int {
	if len(of) < 2 {
		return of
	}
	keys := make([]uint64, len(of))
	for k, i := range of {
		keys[k] = key(i)
	}
	out := make([]int, len(of))
	for k, at := range radixOrder(keys, func(a, b uint64) int { return compare(of[a], of[b]) }) {
		out[k] = of[at&indexMask]
	}
	return out
}

// warningMoney are the values of rows in one unit, or nil if there is none that fits all.
type warningMoney struct {
	rows  []Warning
	minor []int64
}

// warningValues returns the values of rows.
func warningValues(rows []Warning) warningMoney {
	v := warningMoney{rows: rows}
	exp := int32(0)
	for i := range rows {
		exp = min(exp, rows[i].Value.Exponent())
	}
	minor := make([]int64, len(rows))
	var factor [19]int64
	for i, f := 0, int64(1); i < len(factor); i, f = i+1, f*10 {
		factor[i] = f
	}
	for i := range rows {
		d := rows[i].Value
		up := d.Exponent() - exp
		if d.IsZero() {
			continue
		}
		if up < 0 || int(up) >= len(factor) || d.NumDigits() > 18-int(up) {
			return v
		}
		minor[i] = d.CoefficientInt64() * factor[up]
	}
	v.minor = minor
	return v
}

// key ascends as the value falls.
func (v *warningMoney) key(i int) uint64 {
	if v.minor == nil {
		return 0
	}
	return ^(uint64(v.minor[i]) ^ 1<<63) //nolint:gosec // two's complement
}

// compare puts the larger value first.
func (v *warningMoney) compare(i, j int) int {
	if v.minor == nil {
		return v.rows[j].Value.Cmp(v.rows[i].Value)
	}
	return cmp.Compare(v.minor[j], v.minor[i])
}
