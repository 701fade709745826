package kpi

import "math"

// Median returns the age by which half of the customers have left (客户生命周期):
// Quantile(0.5).
func (s Survival) Median() (float64, error) { return s.quantile("Survival.Median", 0.5) }

// Quantile returns the age by which a share p of the customers have left, 0 < p <
// 1: the first at which At falls to 1 − p or below, or, if it rests on exactly
// 1 − p, the middle between that age and the next departure, as an ordinary median
// lies between two values. It returns an error if p is out of range or there are
// no customers, and CodeBeyondBound if fewer than p have left within the time
// watched: the answer is then "longer than that", and QuantileInterval may still
// give a lower limit.
func (s Survival) Quantile(p float64) (float64, error) { return s.quantile("Survival.Quantile", p) }

func (s Survival) quantile(metric string, p float64) (float64, error) {
	if err := s.askedShare(metric, p); err != nil {
		return 0, err
	}
	t, ok := s.crossing(1-p, (*SurvivalStep).survival)
	if !ok {
		last := s.last()
		return 0, fail(metric, CodeBeyondBound, "At(%v) = %.4g > 1−p = %.4g, t ≤ %v", last.Time, last.Survival, 1-p, last.Time)
	}
	return t, nil
}

// askedShare refuses a p outside (0, 1), and a question to nobody.
func (s Survival) askedShare(metric string, p float64) error {
	switch {
	case !(p > 0 && p < 1):
		return fail(metric, CodeOutOfRange, "p = %v ∉ (0, 1)", p)
	case len(s.Steps) == 0:
		return fail(metric, CodeNoData, "len(Steps) = 0")
	}
	return nil
}

func (p *SurvivalStep) survival() float64 { return p.Survival }

// crossing returns the first departure at which value is level or less, or the
// middle of the stretch on which it is level.
func (s Survival) crossing(level float64, value func(*SurvivalStep) float64) (float64, bool) {
	const same = 1e-10 // more than the rounding of a product of millions
	found, t, first := false, 0.0, 0.0
	for i := range s.Steps {
		p := &s.Steps[i]
		if p.Events == 0 {
			continue
		}
		v := value(p)
		switch {
		case found && v < first:
			return t + (p.Time-t)/2, true
		case !found && v <= level+same:
			found, t, first = true, p.Time, v
			if v < level-same {
				return t, true
			}
		}
	}
	return t, found
}

// MedianInterval is QuantileInterval of 0.5.
func (s Survival) MedianInterval(confidence float64, band Band) (Interval, error) {
	return s.quantileInterval("Survival.MedianInterval", 0.5, confidence, band)
}

// QuantileInterval returns the limits of Quantile(p): the ages at which the lower
// and the upper limit of At fall to 1 − p. Where the upper one never does, within
// the time watched, there is no upper limit: Hi is +Inf, with CodeBeyondBound as
// a warning. It returns an error if p, the confidence or the band is out of
// range, if there are no customers, and if not even the lower one falls so far:
// CodeBeyondBound, or CodeNoSpread where all have left but the last of them at
// once, since At has no limits at 0.
//
// The customers behind it are those behind At where the upper limit was found, or
// else the lower one.
//
// Brookmeyer and Crowley (1982), A confidence interval for the median survival
// time, Biometrics 38, 29–41.
func (s Survival) QuantileInterval(p, confidence float64, band Band) (Interval, error) {
	return s.quantileInterval("Survival.QuantileInterval", p, confidence, band)
}

func (s Survival) quantileInterval(metric string, p, confidence float64, band Band) (Interval, error) {
	z, err := bandQuantile(metric, confidence, band)
	if err != nil {
		return Interval{}, err
	}
	if err := s.askedShare(metric, p); err != nil {
		return Interval{}, err
	}
	limit := func(of func(lo, hi float64) float64) func(*SurvivalStep) float64 {
		return func(step *SurvivalStep) float64 {
			if step.Survival == 0 {
				return math.NaN() // no band, neither above nor below
			}
			return of(band.limits(step.Survival, step.StdErr, z))
		}
	}
	i := s.interval(confidence)
	var ok bool
	if i.Lo, ok = s.crossing(1-p, limit(func(lo, _ float64) float64 { return lo })); !ok {
		if last := s.last(); last.Survival > 0 {
			return Interval{}, fail(metric, CodeBeyondBound, "Interval(%v).Lo > 1−p = %.4g, t ≤ %v", last.Time, 1-p, last.Time)
		}
		return Interval{}, fail(metric, CodeNoSpread, "Interval(t).Lo > 1−p = %.4g", 1-p)
	}
	// The estimate and the limits each rest on their level for a stretch of their
	// own, to a rounding; neither limit may end short of the estimate.
	t, known := s.crossing(1-p, (*SurvivalStep).survival)
	if known {
		i.Lo = min(i.Lo, t)
	}
	if i.Hi, ok = s.crossing(1-p, limit(func(_, hi float64) float64 { return hi })); ok {
		i.Hi = max(i.Hi, t) // the curve falls before its upper limit does
	} else {
		i.Hi = i.Lo
	}
	i, err = i.behind(metric, s.Steps[s.index(i.Hi)].customers())
	if err == nil && !ok {
		i.Hi = math.Inf(1)
		i.Warnings = append(i.Warnings, CodeBeyondBound)
	}
	return i, err
}

// RestrictedMean returns the mean time that a customer stays within the horizon,
// the area under At from From to horizon: 客户生命周期（限定平均）. A customer who
// stays longer counts with horizon − From. It returns an error if the horizon is
// not finite, not after From, or beyond the last time at risk, and if there are
// no customers. That holds where nobody is left at the end too: that the last one
// left does not show that nobody stays longer, and the horizon is to be a time
// that the records cover.
func (s Survival) RestrictedMean(horizon float64) (float64, error) {
	r, err := s.restricted("Survival.RestrictedMean", horizon)
	return r.mean, err
}

// RestrictedMeanStdErr returns the standard error of RestrictedMean, the root of
//
//	Σ A²·Events/(AtRisk·(AtRisk−Events))   over Time ≤ horizon
//
// with A the area under At from Time to horizon. It returns an error as
// RestrictedMean does.
//
// Klein and Moeschberger (2003), Survival analysis, 2nd ed., section 4.5.
func (s Survival) RestrictedMeanStdErr(horizon float64) (float64, error) {
	r, err := s.restricted("Survival.RestrictedMeanStdErr", horizon)
	return r.stdErr * r.most, err
}

// restricted is a restricted mean. What would be squared is in parts of the time
// within the horizon, which no square takes out of the range of a float64.
type restricted struct {
	mean, most float64 // most = horizon − From
	stdErr     float64 // of mean/most
	customers  float64 // who would tell as much, had all been watched to the horizon
}

func (s Survival) restricted(metric string, horizon float64) (restricted, error) {
	if err := validAge(metric, "horizon", horizon); err != nil {
		return restricted{}, err
	}
	switch {
	case horizon <= s.From:
		return restricted{}, fail(metric, CodeOutOfRange, "horizon = %v ≤ From = %v", horizon, s.From)
	case len(s.Steps) == 0:
		return restricted{}, fail(metric, CodeNoData, "len(Steps) = 0")
	case horizon > s.last().Time:
		return restricted{}, fail(metric, CodeBeyondBound, "horizon = %v > Time = %v", horizon, s.last().Time)
	}
	r := restricted{most: horizon - s.From}
	var variance, square float64 // of the mean; the mean square of the times, ∫ 2t·At(t) dt
	end, upTo := horizon, 1.0
	for i := s.index(horizon); i >= 0; i-- {
		p := &s.Steps[i]
		from := (p.Time - s.From) / r.most
		r.mean += p.Survival * (end - p.Time)
		square += p.Survival * (upTo - from) * (upTo + from)
		end, upTo = p.Time, from
		if stay := p.AtRisk - p.Events; p.Events > 0 && stay > 0 {
			area := r.mean / r.most
			variance += area * area * float64(p.Events) / float64(p.AtRisk) / float64(stay)
		}
	}
	r.mean = min(r.mean+(end-s.From), r.most)
	square += upTo * upTo
	r.stdErr = math.Sqrt(variance)
	if share := r.mean / r.most; r.stdErr > 0 {
		r.customers = alike(square-share*share, r.stdErr)
	}
	return r, nil
}

// RestrictedMeanInterval returns the limits of RestrictedMean, ±z standard errors
// cut off at 0 and horizon − From. If all stayed beyond the horizon, or all left
// at once, there is no spread to judge by: as with a Mean, the limits are then
// [mean − u·mean, mean + u·(horizon − From − mean)], u being Wilson's upper limit
// of 0 in the number at risk, with CodeNoSpread as a warning. It returns an error
// as RestrictedMean does, or if confidence is outside (0, 1).
func (s Survival) RestrictedMeanInterval(horizon, confidence float64) (Interval, error) {
	const metric = "Survival.RestrictedMeanInterval"
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Interval{}, err
	}
	r, err := s.restricted(metric, horizon)
	if err != nil {
		return Interval{}, err
	}
	i := s.interval(confidence)
	if r.stdErr > 0 {
		// What is wider than the whole is cut off anyway, and could overflow.
		half := min(z*r.stdErr, 1) * r.most
		i.Lo, i.Hi = max(r.mean-half, 0), r.mean+min(half, r.most-r.mean)
		return i.behind(metric, r.customers)
	}
	j := 0
	for s.Steps[j].Events == 0 && s.Steps[j].Time < horizon {
		j++
	}
	n := s.Steps[j].AtRisk
	u := unseen(n, z)
	i.Lo, i.Hi = r.mean-u*r.mean, r.mean+u*(r.most-r.mean)
	i.Warnings = append(i.Warnings, CodeNoSpread)
	return i.behind(metric, float64(n))
}

var lifespanCatalog = []Entry{
	{
		Key: "lifespan.median", English: []string{"median customer lifespan", "median survival time", "customer half-life"},
		Chinese: []string{"客户生命周期(中位数)", "客户寿命中位数", "中位生存时间"}, Formula: "the first t with At(t) < 1/2, or the middle of the stretch on which At(t) = 1/2",
		Unit: "time", Direction: Higher, Type: "Survival", Method: "Median",
	},
	{
		Key: "lifespan.quantile", English: []string{"customer lifespan, quantile"},
		Chinese: []string{"客户生命周期(分位数)"}, Formula: "the first t with At(t) < 1 − p, or the middle of the stretch on which At(t) = 1 − p",
		Unit: "time", Direction: Higher, Type: "Survival", Method: "Quantile",
	},
	{
		Key: "lifespan.restricted_mean", English: []string{"restricted mean customer lifespan", "restricted mean survival time", "RMST"},
		Chinese: []string{"客户生命周期(限定平均)", "客户平均寿命(限定期内)", "限制平均生存时间"}, Formula: "∫ At(t) dt from From to horizon",
		Unit: "time", Direction: Higher, Type: "Survival", Method: "RestrictedMean",
	},
}
