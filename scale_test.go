package kpi_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
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

// Counts of another scale are refused, where an array would drop the answers that
// are too many and make up those that are missing.
func TestCountsOfAnotherScale(t *testing.T) {
	t.Parallel()
	read := func(into json.Unmarshaler, lengths ...int) {
		t.Helper()
		before, err := json.Marshal(into)
		require.NoError(t, err)
		for n := range 14 {
			text := `{"blank": 5, "counts": [` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `]}`
			if slices.Contains(lengths, n) {
				continue
			}
			e := requireError(t, json.Unmarshal([]byte(text), into), kpi.ErrInvalid)
			require.Equal(t, kpi.CodeLength, e.Code)
			require.Equal(t, reflect.TypeOf(into).Elem().Name()+".UnmarshalJSON", e.Metric)
			require.Equal(t, -1, e.Index)
		}
		for _, text := range []string{`{"counts": 7}`, `{"counts": ["x"]}`, `[`, `7`, `{"counts": [0.5]}`} {
			require.Error(t, json.Unmarshal([]byte(text), into), text)
		}
		for _, text := range []string{`{}`, `null`, `{"counts": null}`} {
			require.NoError(t, json.Unmarshal([]byte(text), into), text)
		}
		after, err := json.Marshal(into)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after))
	}
	read(&kpi.CSAT{Counts: [11]int64{4: 2}, Blank: 1}, 11)
	read(&kpi.CES{Counts: [8]int64{4: 2}}, 8)
	read(&kpi.CES1{Counts: [6]int64{4: 2}}, 6)
	var survey kpi.WeightedSurvey
	require.NoError(t, survey.Add(4, decimal.New(15, -1)))
	read(&survey, 11)

	// A CES of 104 answers is no CES 1.0 of four.
	var effort kpi.CES1
	err := json.Unmarshal([]byte(`{"counts":[0,1,1,1,1,1,50,50]}`), &effort)
	require.Equal(t, kpi.CodeLength, requireError(t, err, kpi.ErrInvalid).Code)
	require.Equal(t, kpi.CES1{}, effort)
	require.Error(t, json.Unmarshal([]byte(`{"weights": ["1"]}`), &survey))
	require.Error(t, json.Unmarshal([]byte(`{"squares": ["1"]}`), &survey))
	require.Equal(t, int64(1), survey.N())
}
