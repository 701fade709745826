package kpi

import (
	"cmp"
	"context"
	"slices"
)

// logIndex groups the rows of a Log by customer, in the order of the customers'
// ids; within a customer rows stand in the order of time, and rows of one
// instant by event name, property values and amount, so that no answer depends
// on the order in which they came.
type logIndex struct {
	rows  []int32 // row numbers, customer by customer
	start []int32 // where each customer begins in rows, and the end
}

// customers returns the number of customers.
func (x *logIndex) customers() int { return len(x.start) - 1 }

// of returns the rows of customer c.
func (x *logIndex) of(c int) []int32 { return x.rows[x.start[c]:x.start[c+1]] }

// grouped returns the index of all rows, built on the first question after a row
// was added.
func (l *Log) grouped(ctx context.Context) (*logIndex, error) {
	if err := cancelled(ctx); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.index != nil {
		return l.index, nil
	}
	group, customers, err := l.customerOrder(ctx)
	if err != nil {
		return nil, err
	}
	x := &logIndex{rows: make([]int32, l.Len()), start: make([]int32, customers+1)}
	for _, g := range group {
		x.start[g+1]++
	}
	for c := range customers {
		x.start[c+1] += x.start[c]
	}
	next := slices.Clone(x.start)
	for row, g := range group {
		x.rows[next[g]] = int32(row)
		next[g]++
	}
	for c := range customers {
		if c%checkEvery == 0 {
			if err := cancelled(ctx); err != nil {
				return nil, err
			}
		}
		slices.SortFunc(x.of(c), l.compareRows)
	}
	l.index = x
	return x, nil
}

// checkEvery is how many customers or rows pass between two looks at a context.
const checkEvery = 1 << 12

// customerOrder returns the rank of each row's customer among the ids.
func (l *Log) customerOrder(ctx context.Context) ([]int32, int, error) {
	if l.Len() > 1<<31-2 {
		return nil, 0, fail("Log", CodeTooLarge, "%d rows", l.Len())
	}
	if l.ids == idsNumber {
		return rank(ctx, l.Len(), func(row int) uint64 { return l.numbers[row] })
	}
	return rank(ctx, l.Len(), l.customerText)
}

// rank returns the rank of each row's key among the distinct keys, and their
// number.
func rank[K cmp.Ordered](ctx context.Context, n int, key func(int) K) ([]int32, int, error) {
	code := make(map[K]int32)
	group := make([]int32, n)
	var keys []K
	for row := range n {
		if row%checkEvery == 0 {
			if err := cancelled(ctx); err != nil {
				return nil, 0, err
			}
		}
		k := key(row)
		c, ok := code[k]
		if !ok {
			c = int32(len(keys)) //nolint:gosec // no more than rows
			code[k] = c
			keys = append(keys, k)
		}
		group[row] = c
	}
	slices.Sort(keys)
	ranks := make([]int32, len(keys))
	for r, k := range keys {
		ranks[code[k]] = int32(r)
	}
	for row := range group {
		group[row] = ranks[group[row]]
	}
	return group, len(keys), nil
}

// compareRows orders two rows of one customer.
func (l *Log) compareRows(a, b int32) int {
	if c := cmp.Compare(l.at[a], l.at[b]); c != 0 {
		return c
	}
	if c := cmp.Compare(l.names.texts[l.event[a]-1], l.names.texts[l.event[b]-1]); c != 0 {
		return c
	}
	for i := range l.props {
		p := &l.props[i]
		if c := cmp.Compare(p.values.texts[p.code[a]], p.values.texts[p.code[b]]); c != 0 {
			return c
		}
	}
	x, y := l.amount(int(a)), l.amount(int(b))
	if c := x.Cmp(y); c != 0 {
		return c
	}
	return cmp.Compare(x.Exponent(), y.Exponent())
}

// eventSet returns which event handles are among names; none means all.
func (l *Log) eventSet(names []string) []bool {
	set := make([]bool, len(l.names.texts)+1)
	if len(names) == 0 {
		for i := range set {
			set[i] = true
		}
		return set
	}
	for _, n := range names {
		if c, ok := l.names.codes[n]; ok {
			set[c+1] = true
		}
	}
	return set
}

// propertyColumn returns the column of a declared property, or nil for "".
func (l *Log) propertyColumn(metric, name string) (*property, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // no breakdown was asked for
	}
	for i := range l.props {
		if l.props[i].name == name {
			return &l.props[i], nil
		}
	}
	return nil, fail(metric, CodeUnknownName, "property %s", clip(name))
}

func (p *property) value(row int) string {
	if p == nil {
		return ""
	}
	return p.values.texts[p.code[row]]
}
