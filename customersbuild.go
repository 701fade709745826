package kpi

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
)

// historian is what one goroutine finds.
type historian struct {
	rows    []Customer
	history [][]Order
	slab    []Order // room for the orders of many customers
	sum     Sum
}

// histories returns the customers of s, in any order.
func (l *Log) histories(ctx context.Context, metric string, s *CustomerSpec, by *property) ([]historian, error) {
	orders, asOf := l.eventSet(s.Orders), s.AsOf.UnixNano()
	return visit(ctx, l, func(f *historian, id uint64, rows []logRow) (err error) {
		if cap(f.slab)-len(f.slab) < len(rows) {
			f.slab = make([]Order, 0, max(len(rows), 1<<12))
		}
		h, value := historyBuilder{spec: s, orders: f.slab[len(f.slab):]}, ""
		for _, row := range rows {
			if row.at >= asOf {
				break
			}
			if !orders[row.event] {
				continue
			}
			first := h.count == 0
			if e := h.add(metric, int(row.row), time.Unix(0, row.at).In(s.location()), l.amount(&row)); e != nil {
				err = earlier(err, e)
			}
			if first && h.count > 0 {
				value = by.value(int(row.row))
			}
		}
		n := len(h.orders)
		if n == 0 || err != nil {
			return err
		}
		f.slab = f.slab[:len(f.slab)+n]
		c := summary(h.orders, &f.sum)
		c.FirstSeen, c.Value = c.Orders > 0 && c.First.Before(s.Since), value
		c.ID, c.Number = l.customer(id, rows[0].row)
		f.rows, f.history = append(f.rows, c), append(f.history, h.orders[:n:n])
		return nil
	})
}

// collect takes what was found, in the order of the ids.
func (c *Customers) collect(found []historian) {
	var texts []string
	var numbers []uint64
	for i := range found {
		for k := range found[i].rows {
			if r := &found[i].rows[k]; r.ID != "" {
				texts = append(texts, r.ID)
			} else {
				numbers = append(numbers, r.Number)
			}
		}
	}
	n := len(texts) + len(numbers)
	if n == 0 {
		return
	}
	place := make([]int32, n) // of each customer found, in the order of the ids
	order := idOrder(texts, numbers)
	for i := range place {
		if order == nil {
			place[i] = int32(i)
		} else {
			place[order[i]&indexMask] = int32(i)
		}
	}
	c.Rows, c.history = make([]Customer, n), make([][]Order, n)
	for i := range found {
		for k, r := range found[i].rows {
			c.Rows[place[k]], c.history[place[k]] = r, found[i].history[k]
		}
		place = place[len(found[i].rows):]
	}
}

func (s *CustomerSpec) location() *time.Location {
	return Calendar{Location: s.Location}.location()
}

// takes reports whether an amount of that sign counts, as an order or as a refund,
// or why it is refused.
func (s *CustomerSpec) takes(sign int) (bool, Code) {
	switch {
	case sign < 0 && s.Refunds == RefundsRefused:
		return false, CodeNegative
	case sign == 0 && s.Zeros == ZerosRefused:
		return false, CodeMissing
	}
	return (sign >= 0 || s.Refunds == RefundsNetted) && (sign != 0 || s.Zeros == ZerosCounted), 0
}

// refuseOrder is the error of a row that takes refuses.
func refuseOrder(metric string, code Code, row int, a decimal.Decimal) error {
	if code == CodeNegative {
		return failAt(metric, code, row, "Amount = %s, Refunds = refused", clip(plain(a)))
	}
	return failAt(metric, code, row, "Amount = 0, Zeros = refused")
}

// historyBuilder collects the orders of one customer, in the order of time.
type historyBuilder struct {
	spec   *CustomerSpec
	orders []Order
	count  int  // of orders that are not refunds
	last   int  // the position of the last of them
	day    date // its date
}

func (h *historyBuilder) add(metric string, row int, t time.Time, a decimal.Decimal) error {
	sign := a.Sign()
	takes, code := h.spec.takes(sign)
	switch {
	case code != 0:
		return refuseOrder(metric, code, row, a)
	case !takes:
		return nil
	case sign < 0:
		h.orders = append(h.orders, Order{At: t, Amount: a})
		return nil
	}
	if h.spec.MergeDays {
		day := dateOf(t, h.spec.location())
		if h.count > 0 && day == h.day {
			o := &h.orders[h.last]
			o.Amount = o.Amount.Add(a)
			return nil
		}
		h.day = day
	}
	h.count, h.last = h.count+1, len(h.orders)
	h.orders = append(h.orders, Order{At: t, Amount: a})
	return nil
}

// summary sums up a history; what sum held is gone.
func summary(h []Order, sum *Sum) Customer {
	c := Customer{Revenue: total(h, sum)}
	for _, o := range h {
		if o.Amount.Sign() < 0 {
			continue
		}
		if c.Orders == 0 {
			c.First = o.At
		}
		c.Orders, c.Last = c.Orders+1, o.At
	}
	return c
}

// total adds up the money of a history; what sum held is gone.
func total(h []Order, sum *Sum) decimal.Decimal {
	if len(h) == 0 {
		return decimal.Decimal{}
	}
	exp, plain := h[0].Amount.Exponent(), int64(0) // of amounts in one unit, as most are
	for i := range h {
		a := h[i].Amount
		if a.Exponent() != exp || a.NumDigits() > 17 || i > 90 { // 91·10¹⁷ fits
			sum.parts = sum.parts[:0]
			for _, o := range h {
				sum.add(o.Amount)
			}
			return sum.Decimal()
		}
		plain += a.CoefficientInt64()
	}
	return decimal.New(plain, exp)
}
