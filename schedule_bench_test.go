package kpi_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/customerkpi/kpi"
)

// BenchmarkClock: a million waits of up to a year or ten, two shifts a day and the
// holidays of a year, each in less than half a microsecond on an idle machine.
func BenchmarkClock(b *testing.B) {
	const spans = 1_000_000
	schedule := china2025("9–12 13–18")
	schedule.Location = berlin // which changes its clocks
	c := newClock(b, schedule)
	for _, years := range []int{1, 10} {
		longest, name := time.Duration(years)*365*24*time.Hour, strconv.Itoa(years)+"y"
		r := rand.New(rand.NewPCG(1, 2))
		from, to := make([]time.Time, spans), make([]time.Time, spans)
		for i := range from {
			from[i] = dateIn(2020, 1, 1, berlin).Add(time.Duration(r.Int64N(int64(longest))))
			to[i] = from[i].Add(time.Duration(r.Int64N(int64(longest))))
		}
		perRow(b, "Between/"+name, spans, func() error {
			for i := range from {
				if _, err := c.Between(from[i], to[i]); err != nil {
					return err
				}
			}
			return nil
		})
		perRow(b, "After/"+name, spans, func() error {
			for i := range from {
				if _, err := c.After(from[i], to[i].Sub(from[i])/5); err != nil {
					return err
				}
			}
			return nil
		})
	}
	perRow(b, "NewClock", 1, func() error {
		_, err := kpi.NewClock(schedule)
		return err
	})
}
