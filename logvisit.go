package kpi

import (
	"cmp"
	"context"
)

// rowAt returns the instant of a row, and rowEvent its event: questions read rows
// through these, whatever the columns look like.
func (l *Log) rowAt(row int32) int64 { return l.at[row] }

func (l *Log) rowEvent(row int32) EventID { return l.event[row] }

// rowSign returns the sign of the amount of a row.
func (l *Log) rowSign(row int32) int {
	if l.exp[row] == wideExp {
		return l.wide[int(row)].Sign()
	}
	return cmp.Compare(l.minor[row], 0)
}

// rowCustomer returns the id of a row, of the kind that the log has.
func (l *Log) rowCustomer(row int32) (string, uint64) {
	if l.ids == idsText {
		return l.customerText(int(row)), 0
	}
	return "", l.numbers[row]
}

// visit calls each once for every customer, in no particular order, with the
// customer's rows in order (logIndex). Every goroutine has a state of its own; the
// states are returned for the caller to merge, so that what each adds up must not
// depend on who added what. An error of each stops the visit; of several errors
// that carry an Index, the one of the lowest is returned.
func visit[S any](ctx context.Context, l *Log, each func(s *S, rows []int32) error) ([]S, error) {
	index, err := l.grouped(ctx)
	if err != nil {
		return nil, err
	}
	states := make([]S, 1)
	for c := range index.customers() {
		if c%checkEvery == 0 {
			if err := cancelled(ctx); err != nil {
				return nil, err
			}
		}
		if err := each(&states[0], index.of(c)); err != nil {
			return nil, err
		}
	}
	return states, nil
}
