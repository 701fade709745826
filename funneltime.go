package kpi

import (
	"math/big"
	"time"

	"github.com/shopspring/decimal"
)

// timed reports whether f holds the times of its steps.
func (f Funnel) timed() bool {
	return len(f.times) > 1 && len(f.times) == len(f.Stages) && int64(len(f.times[0])) == f.Stages[len(f.Stages)-1].N
}

// timesOf returns the times of step i, or of the whole way if i is 0.
func (f Funnel) timesOf(metric string, i int) ([]int64, error) {
	if err := f.valid(metric); err != nil {
		return nil, err
	}
	last := len(f.Stages) - 1
	switch {
	case i < 0 || i > last || last == 0:
		return nil, fail(metric, CodeOutOfRange, "i = %d, len(Stages) = %d", i, len(f.Stages))
	case f.Stages[last].N == 0:
		return nil, fail(metric, CodeNoData, "Stages[%d].N = 0", last)
	case !f.timed():
		return nil, fail(metric, CodeMissing, "times")
	}
	return f.times[i], nil
}

// stepTimes is timesOf for a step, numbered as by Step.
func (f Funnel) stepTimes(metric string, i int) ([]int64, error) {
	if i == 0 {
		i = -1
	}
	return f.timesOf(metric, i)
}

// TimeTo returns the time from stage i−1 to stage i in seconds, over those who
// converted: each by the chain that FunnelSpec describes, so that tries that
// failed do not count. While customers are pending it reads short, since the fast
// have converted first. It returns an error if the counts are impossible, if there
// is no step i, if nobody converted, or if f was typed in or came out of JSON,
// which does not hold the times.
func (f Funnel) TimeTo(i int) (Mean, error) {
	times, err := f.stepTimes("Funnel.TimeTo", i)
	return meanSeconds(times), err
}

// TimeToConvert returns the time from the first stage to the last in seconds, over
// those who converted. It reads short as TimeTo does. It returns an error as TimeTo
// does, or if there is one stage only.
func (f Funnel) TimeToConvert() (Mean, error) {
	times, err := f.timesOf("Funnel.TimeToConvert", 0)
	return meanSeconds(times), err
}

// TimeQuantile returns the shortest time from stage i−1 to stage i within which at
// least the share p of those who converted took the step, for 0 < p ≤ 1: always a
// time that somebody took, type 1 of Hyndman and Fan (1996), The American
// Statistician 50, 361–365. It returns an error as TimeTo does, or if p is out of
// range.
func (f Funnel) TimeQuantile(i int, p Ratio) (time.Duration, error) {
	const metric = "Funnel.TimeQuantile"
	times, err := f.stepTimes(metric, i)
	return quantileIn(metric, times, p, err)
}

// TimeToConvertQuantile is TimeQuantile of the time from the first stage to the
// last. It returns an error as TimeToConvert does, or if p is out of range.
func (f Funnel) TimeToConvertQuantile(p Ratio) (time.Duration, error) {
	const metric = "Funnel.TimeToConvertQuantile"
	times, err := f.timesOf(metric, 0)
	return quantileIn(metric, times, p, err)
}

func quantileIn(metric string, times []int64, p Ratio, err error) (time.Duration, error) {
	if p.Sign() <= 0 || p.Cmp(Whole(1)) > 0 {
		return 0, fail(metric, CodeOutOfRange, "p = %.4f", p)
	}
	if err != nil {
		return 0, err
	}
	return quantileOf(times, p), nil
}

// quantileOf returns the smallest of ascending times, of which there are some, that
// at least the share p do not exceed.
func quantileOf(times []int64, p Ratio) time.Duration {
	k := new(big.Int).Mul(p.r().Num(), big.NewInt(int64(len(times))))
	k, rest := k.QuoRem(k, p.r().Denom(), new(big.Int))
	i := k.Int64()
	if rest.Sign() == 0 {
		i--
	}
	return time.Duration(times[i])
}

// meanSeconds returns the mean of nanoseconds, in seconds.
func meanSeconds(times []int64) Mean {
	var sum, squares, x big.Int
	for _, t := range times {
		x.SetInt64(t)
		sum.Add(&sum, &x)
		squares.Add(&squares, x.Mul(&x, &x))
	}
	return Mean{N: int64(len(times)), Sum: decimal.NewFromBigInt(&sum, -9), Squares: decimal.NewFromBigInt(&squares, -18)}
}

// Taken returns, of those who reached the stage after optional step i, the share
// that took it on the way: i counts the optional steps from 0. It returns an error
// if the counts are impossible, if there is no optional step i, or if nobody
// reached that stage.
func (f Funnel) Taken(i int) (Proportion, error) {
	const metric = "Funnel.Taken"
	if err := f.valid(metric); err != nil {
		return Proportion{}, err
	}
	if i < 0 || i >= len(f.Optional) || f.Asked == nil || i >= len(f.Asked.options()) {
		return Proportion{}, fail(metric, CodeOutOfRange, "i = %d, len(Optional) = %d", i, len(f.Optional))
	}
	next := f.Asked.stageAfter(i)
	if next >= len(f.Stages) {
		return Proportion{}, fail(metric, CodeLength, "len(Stages) = %d", len(f.Stages))
	}
	return proportion(metric, f.Optional[i].N, f.Stages[next].N)
}

// stageAfter returns the stage after optional step i, which exists.
func (s *FunnelSpec) stageAfter(i int) int {
	stage := 0
	for _, step := range s.Steps {
		switch {
		case !step.Optional:
			stage++
		case i == 0:
			return stage
		default:
			i--
		}
	}
	return stage
}
