package kpi

import "time"

// timed reports whether f holds the times of its steps.
func (f Funnel) timed() bool {
	return len(f.times) > 1 && len(f.times) == len(f.Stages) && int64(len(f.times[0])) == f.Stages[len(f.Stages)-1].N
}

// took returns the times of step i, or of the whole way if i is 0, of those that f
// holds. They are shared, since no part of Durations that is full changes.
func (f Funnel) took(i int) *Durations { return &Durations{full: [][]time.Duration{f.times[i]}} }

// asksTimes refuses what has no times of step i, or of the whole way if i is 0.
func (f Funnel) asksTimes(metric string, i int) error {
	if err := f.valid(metric); err != nil {
		return err
	}
	last := len(f.Stages) - 1
	switch {
	case last < 1 || i < 0 || i > last:
		return fail(metric, CodeOutOfRange, "i = %d, len(Stages) = %d", i, len(f.Stages))
	case f.Stages[last].N == 0:
		return fail(metric, CodeNoData, "Stages[%d].N = 0", last)
	case !f.timed():
		return fail(metric, CodeMissing, "times")
	}
	return nil
}

// TimeTo returns the times from stage i−1 to stage i of those who converted: each by
// the chain that FunnelSpec describes, so that tries that failed do not count. Their
// mean, quantiles and share within a target are those of Durations, which is the
// caller's: what is added to it is not added to f. While customers are pending all
// of them read short, since the fast have converted first. It returns an error if
// the counts are impossible, if there is no step i, if nobody converted, or if f was
// typed in or came out of JSON, which does not hold the times.
func (f Funnel) TimeTo(i int) (*Durations, error) {
	const metric = "Funnel.TimeTo"
	if i == 0 { // no step leads to the first stage
		i = -1
	}
	if err := f.asksTimes(metric, i); err != nil {
		return nil, err
	}
	return f.took(i), nil
}

// TimeToConvert returns the times from the first stage to the last of those who
// converted, as TimeTo does those of a step. They read short while customers are
// pending, since the fast have converted first. It returns an error as TimeTo does,
// or if there is one stage only.
func (f Funnel) TimeToConvert() (*Durations, error) {
	if err := f.asksTimes("Funnel.TimeToConvert", 0); err != nil {
		return nil, err
	}
	return f.took(0), nil
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
