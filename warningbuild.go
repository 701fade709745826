package kpi

import (
	"context"
	"math/big"

	"github.com/shopspring/decimal"
)

// warningQuestion is a WarningSpec put to the rows of a log.
type warningQuestion struct {
	metric        string
	log           *Log
	spec          *WarningSpec
	active, money []bool // by event
	today         date   // of AsOf, which does not count
	end, yearly   int64  // the start of today, and that of the same day a year before
	days          civilDays
	span          int // the most days that are compared
	room          int // for the rows of one goroutine
}

// warningState is what one goroutine has collected.
type warningState struct {
	rows  []Warning
	daily []int64
	gaps  []int // of a customer
	sum   Sum
}

func newWarningQuestion(ctx context.Context, metric string, l *Log, s *WarningSpec) (*warningQuestion, error) {
	index, err := l.grouped(ctx)
	if err != nil {
		return nil, err
	}
	loc := Calendar{Location: s.Location}.location()
	q := &warningQuestion{
		metric: metric, log: l, spec: s, active: l.eventSet(s.Events), money: l.eventSet(s.Orders),
		today: dateOf(s.AsOf, loc),
	}
	q.end = clampInstant(q.today.start(loc))
	q.yearly = clampInstant(q.today.addMonths(-12).start(loc))
	first := q.end
	for _, c := range l.chunks {
		first = min(first, c.from)
	}
	q.days = newCivilDays(first, q.end, loc)
	q.span = max(s.Recent, int(q.today-q.days.dates[0]))
	if s.History > 0 {
		q.span = min(q.span, s.Recent+s.History)
	}
	for i := range index.parts {
		q.room += index.parts[i].customers()
	}
	q.room = q.room/l.crew() + 1
	return q, nil
}

// customer collects one customer, whose rows stand in order of time.
func (q *warningQuestion) customer(s *warningState, id uint64, rows []logRow) (err error) {
	if q.spec.Pooled && s.daily == nil {
		s.daily = make([]int64, q.span)
	}
	if s.rows == nil {
		s.rows = make([]Warning, 0, q.room)
	}
	w := Warning{}
	last := q.today
	var plain plainSum
	s.sum.parts, s.gaps = s.sum.parts[:0], s.gaps[:0]
	for i := range rows {
		row := &rows[i]
		if row.at >= q.end {
			break
		}
		active, money := q.active[row.event], q.money[row.event]
		if !active && !money {
			continue
		}
		if row.minor <= 0 && q.log.sign(row) < 0 {
			switch q.spec.Refunds {
			case RefundsRefused:
				err = earlier(err, refuseOrder(q.metric, CodeNegative, int(row.row), q.log.amount(row)))
				continue
			case RefundsIgnored:
				continue
			default:
				active = false
			}
		}
		if money && row.at >= q.yearly && !plain.add(q.log.parts(row)) {
			q.log.addTo(&s.sum, row)
		}
		if !active {
			continue
		}
		d := q.days.dates[q.days.period(row.at)]
		if w.Age == 0 {
			w.Age, last = int(q.today-d), d
		}
		if back := int(q.today - d); d != last && back <= q.span {
			if back <= q.spec.Recent {
				w.Seen++
			} else {
				w.Before++
			}
			s.gaps = append(s.gaps, int(d-last))
			if s.daily != nil {
				s.daily[back-1]++
			}
		}
		last = d
	}
	if err != nil || w.Age == 0 {
		return err
	}
	w.Gap = int(q.today - last)
	for _, g := range s.gaps {
		if g >= w.Gap {
			w.Longer++
		}
	}
	if len(s.sum.parts) == 0 {
		w.Value = plainValue(plain.minor, int32(plain.exp))
	} else {
		s.sum.part(int32(plain.exp)).add(plain.minor)
		w.Value = plainestValue(s.sum.Decimal())
	}
	w.ID, w.Number = q.log.customer(id, rows[0].row)
	s.rows = append(s.rows, w)
	return nil
}

// plainValue is plainestValue of minor·10^exp.
func plainValue(minor int64, exp int32) decimal.Decimal {
	if minor == 0 {
		return decimal.Decimal{}
	}
	if exp > 0 {
		return plainestValue(decimal.New(minor, exp))
	}
	for exp < 0 && minor%10 == 0 {
		minor /= 10
		exp++
	}
	return decimal.New(minor, exp)
}

// plainestValue returns v as a whole number if it is one, and else without zeros at
// its end: how it is written does not depend on the unit in which a chunk of a log
// keeps it.
func plainestValue(v decimal.Decimal) decimal.Decimal {
	n, exp := v.Coefficient(), v.Exponent()
	if exp > 0 {
		return decimal.NewFromBigInt(n.Mul(n, pow10(int(exp))), 0)
	}
	if n.Sign() == 0 {
		return decimal.Decimal{}
	}
	ten, rest := big.NewInt(10), new(big.Int)
	for exp < 0 {
		q, _ := new(big.Int).QuoRem(n, ten, rest)
		if rest.Sign() != 0 {
			break
		}
		n, exp = q, exp+1
	}
	return decimal.NewFromBigInt(n, exp)
}

// answer ranks what was collected.
func (q *warningQuestion) answer(states []warningState) *Warnings {
	s := q.spec
	out := &Warnings{
		AsOf: sayable(s.AsOf), Events: nameSet(s.Events), Orders: nameSet(s.Orders),
		Recent: s.Recent, History: s.History, Level: s.Level, Pooled: s.Pooled, Refunds: s.Refunds,
		Location: Calendar{Location: s.Location}.zone(),
	}
	parts := make([][]Warning, len(states))
	for i := range states {
		parts[i] = states[i].rows
		out.addDaily(states[i].daily)
	}
	rows := warningsByID(parts...)
	if len(out.Daily) > 0 {
		out.Daily = out.Daily[:out.compared(rows)]
	}
	if len(rows) == 0 {
		out.Daily = nil
	}
	out.rank(rows, q.log.crew())
	return out
}

// addDaily adds active customers by day, the last day first.
func (w *Warnings) addDaily(daily []int64) {
	if more := len(daily) - len(w.Daily); more > 0 {
		w.Daily = append(w.Daily, make([]int64, more)...)
	}
	for i, n := range daily {
		w.Daily[i] += n
	}
}

// warningsByID returns all rows in the order of their ids, which are all texts or all
// numbers.
func warningsByID(parts ...[]Warning) []Warning {
	n := 0
	for _, rows := range parts {
		n += len(rows)
	}
	all := make([]*Warning, 0, n)
	var texts []string
	var numbers []uint64
	for _, rows := range parts {
		for i := range rows {
			r := &rows[i]
			if all = append(all, r); r.ID != "" {
				texts = append(texts, r.ID)
			} else {
				numbers = append(numbers, r.Number)
			}
		}
	}
	out := make([]Warning, n)
	order := idOrder(texts, numbers)
	for i := range out {
		at := i
		if order != nil {
			at = int(order[i] & indexMask)
		}
		out[i] = *all[at]
	}
	return out
}
