package kpi_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestScale(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		s      kpi.Scale
		ok     bool
		lo, hi int // what it contains, if it can be
	}{
		{"default", kpi.Scale{}, true, 1, 5},
		{"the default spelled out", kpi.Scale{Min: 1, Max: 5, TopFrom: 4}, true, 1, 5},
		{"two answers", kpi.Scale{Min: 1, Max: 2, TopFrom: 2}, true, 1, 2},
		{"no and yes", kpi.Scale{Min: 0, Max: 1, TopFrom: 1}, true, 0, 1},
		{"0 to 10", kpi.Scale{Min: 0, Max: 10, TopFrom: 9}, true, 0, 10},
		{"all but one on top", kpi.Scale{Min: 9, Max: 10, TopFrom: 10}, true, 9, 10},
		{"never defaulted by halves", kpi.Scale{Max: 7}, false, 0, 0},
		{"only a top", kpi.Scale{TopFrom: 4}, false, 0, 0},
		{"a top that holds all", kpi.Scale{Min: 1, Max: 5, TopFrom: 1}, false, 0, 0},
		{"a top that holds nothing", kpi.Scale{Min: 1, Max: 5, TopFrom: 6}, false, 0, 0},
		{"one answer", kpi.Scale{Min: 1, Max: 1, TopFrom: 1}, false, 0, 0},
		{"upside down", kpi.Scale{Min: 5, Max: 1, TopFrom: 4}, false, 0, 0},
		{"below zero", kpi.Scale{Min: -2, Max: 2, TopFrom: 1}, false, 0, 0},
		{"to 11", kpi.Scale{Min: 1, Max: 11, TopFrom: 9}, false, 0, 0},
		{"to the end", kpi.Scale{Min: 1, Max: math.MaxInt, TopFrom: 9}, false, 0, 0},
		{"from the end", kpi.Scale{Min: math.MinInt, Max: 5, TopFrom: 4}, false, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := kpi.CSAT{Scale: tt.s, Blank: 1}
			_, err := c.Answered()
			if !tt.ok {
				for _, err := range []error{err, c.Add(4), c.AddAll(nil), c.AddAll([]int{4}), c.Merge(kpi.CSAT{})} {
					require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
				}
				return
			}
			require.NoError(t, err)
			for score := -3; score <= 13; score++ {
				require.Equal(t, tt.lo <= score && score <= tt.hi, tt.s.Contains(score), score)
				require.Equal(t, tt.s.Contains(score), c.Add(score) == nil, score)
			}
			require.Equal(t, int64(tt.hi-tt.lo+1), c.N())
		})
	}
}
