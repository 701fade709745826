package kpi

import (
	"math"
	"slices"
	"sort"
)

// Survival is the Kaplan–Meier estimate of how long customers stay: the share
// who are still there at each age, from records of which some end with a
// departure and others with "still here" (Lifetimes), and the Nelson–Aalen
// estimate of the hazard that they have been through by then.
//
//	At(t)     = Π (1 − Events/AtRisk) over Time ≤ t
//	variance  = At(t)²·Σ Events/(AtRisk·(AtRisk−Events)) over the same (Greenwood)
//	Hazard(t) = Σ Events/AtRisk, variance Σ Events/AtRisk²
//
// At one and the same age, departures come before censorings and censorings
// before entries: AtRisk holds those with Entry < Time ≤ Exit.
//
// # What is our churn?
//
// 1 − At(12) is the churn of the first twelve months. The share of all customers
// who have left is no answer: it takes those who came last month for loyal, and is
// the lower the faster the company grows. Nor is the share of those whose story is
// known, which forgets whoever is still there. Churn is the rate of one period over
// customers of all ages; the survival follows customers from their beginning.
//
// # What is our lifespan?
//
// Where most customers are still there, nobody knows yet how long they will
// stay. The mean lifetime of those who have left is no answer: it counts the
// short lives alone, and is the shorter the younger the company. 1/churn needs a
// churn that never changes, is biased upward with few departures and infinite
// with none. Ask for the Median, the age by which half have left, once the curve
// has come down that far; and for the RestrictedMean, the time spent here within
// a horizon that the records cover, which always has a value: "of the first 24
// months, 17.2".
//
// # A snapshot is not a cohort
//
// Many files list customers with their tenure and a flag that says who left
// lately, not who ever left: the departed of former years are not in them. The
// naive curve over tenure counts every month of tenure as survived by all who are
// listed: in the Telco sample it says that 71 % reach 48 months. Yet each row was
// watched over its last month only, and with an Entry of tenure − 1 the same file
// says that 10 % reach 3 months. Answers so far apart say that the file does not
// know. Print its "share flagged as left", and no lifetime or lifetime value
// without a warning beside it.
//
// # Early gaps
//
// With late entries the first risk sets are small. If one of them empties, the
// estimate stays where it is, at 0 if all of it left, whatever comes later;
// CodeGap among the Warnings, of the survival and of its intervals, says so, and
// After gives the survival of those who got past the gap.
//
// # How many are behind it
//
// An interval carries N, all the customers, and warns with CodeTooFew as every
// Interval does. What it counts is not N, of whom most may have been watched for a
// day, but how many customers, all watched to the end, would tell as much: those
// whose share, or mean, would have the same standard error. If all were watched to
// the end they are N. Where nobody has left yet they are those at risk, and for a
// Hazard they are departures, as with an EventRate: the number that by itself
// would be open to the same factor.
//
// Frailty, competing causes and covariates are not here. The zero value is
// empty and the identity of Merge. An estimate is a float64; the counts behind it
// are exact.
//
// Kaplan and Meier (1958), Nonparametric estimation from incomplete
// observations, JASA 53, 457–481. Greenwood (1926), The natural duration of
// cancer. Nelson (1972), Theory and applications of hazard plotting for censored
// failure data, Technometrics 14, 945–966. Aalen (1978), Nonparametric inference
// for a family of counting processes, Annals of Statistics 6, 701–726.
type Survival struct {
	From     float64        `json:"from"`               // the age from which on it speaks: 0, or that of After
	N        int64          `json:"n"`                  // customers
	Events   int64          `json:"events"`             // of them, seen to leave
	Steps    []SurvivalStep `json:"steps"`              // by age
	Warnings []Code         `json:"warnings,omitempty"` // what weakens it; nil if nothing does
}

// SurvivalStep is an age at which somebody left, was last seen or entered, with
// the estimates from it up to the next.
type SurvivalStep struct {
	Time     float64 `json:"time"`     // the age
	AtRisk   int64   `json:"at_risk"`  // would have been seen to leave at Time
	Events   int64   `json:"events"`   // left at Time
	Censored int64   `json:"censored"` // were last seen at Time, still there
	Entered  int64   `json:"entered"`  // are at risk after Time and not before

	Survival     float64 `json:"survival"`       // share still there
	StdErr       float64 `json:"std_err"`        // of Survival, Greenwood's; 0 where that is 1 or 0
	Hazard       float64 `json:"hazard"`         // cumulative
	HazardStdErr float64 `json:"hazard_std_err"` // of Hazard
}

// Band is a way to put limits around a survival curve.
type Band int

const (
	// LogLogBand is symmetric on the scale of log(−log S), S^exp(±z·se/(S·log S)):
	// inside (0, 1) by itself, and the one that holds its level best with few
	// departures.
	LogLogBand Band = iota
	// LogBand is symmetric on the scale of log S, S·exp(±z·se/S), cut off at 1. It
	// is the default of R's survfit.
	LogBand
	// PlainBand is S ± z·se, cut off at 0 and 1.
	PlainBand
)

var bandNames = []string{"log-log", "log", "plain"}

// String returns the name of b: "log-log".
func (b Band) String() string { return enumName(bandNames, int(b), "Band") }

// ParseBand returns the band of that name.
func ParseBand(s string) (Band, error) {
	i, err := parseEnum("ParseBand", bandNames, s)
	return Band(i), err
}

// MarshalText returns the name of b.
func (b Band) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what ParseBand reads.
func (b *Band) UnmarshalText(text []byte) error { return readEnum(b, ParseBand, text) }

func (b Band) valid(metric string) error {
	if b < LogLogBand || b > PlainBand {
		return fail(metric, CodeOutOfRange, "Band = %d", int(b))
	}
	return nil
}

// limits returns the band of a survival inside (0, 1) with its standard error. It
// holds the survival, of which exp(log s) may fall short.
func (b Band) limits(s, stdErr, z float64) (lo, hi float64) {
	spread := z * stdErr / s
	switch b {
	case PlainBand:
		lo, hi = max(s-z*stdErr, 0), s+z*stdErr
	case LogBand:
		lo, hi = s*math.Exp(-spread), s*math.Exp(spread)
	default:
		log := math.Log(s)
		lo, hi = math.Exp(log*math.Exp(-spread/log)), math.Exp(log*math.Exp(spread/log))
	}
	return min(lo, s), min(max(hi, s), 1)
}

// estimate fills in everything that follows from the counts and AtRisk.
func (s *Survival) estimate() {
	s.N, s.Events = s.totals()
	s.Warnings = nil
	var (
		survival, greenwood  = 1.0, 0.0
		hazard, hazardSquare float64
		// Where nobody is censored or enters in between, AtRisk − Events of a step
		// is AtRisk of the next, and the product of them is one quotient.
		base, first = 1.0, 0.0
		left        int64
		gap, empty  bool // empty: all at risk left at once
	)
	for i := range s.Steps {
		p := &s.Steps[i]
		gap = gap || empty || p.AtRisk == 0
		if p.Events > 0 {
			if p.AtRisk != left {
				base, first = survival, float64(p.AtRisk)
			}
			left = p.AtRisk - p.Events
			empty = left == 0
			n, d, stay := float64(p.AtRisk), float64(p.Events), float64(left)
			survival = base * (stay / first)
			if left > 0 {
				greenwood += d / n / stay
			}
			hazard += d / n
			hazardSquare += d / n / n
		}
		p.Survival, p.StdErr = survival, survival*math.Sqrt(greenwood)
		p.Hazard, p.HazardStdErr = hazard, math.Sqrt(hazardSquare)
	}
	if gap {
		s.Warnings = []Code{CodeGap}
	}
}

// valid refuses counts that no records give.
func (s Survival) valid(metric string) error {
	if err := validAge(metric, "From", s.From); err != nil {
		return err
	}
	if math.Signbit(s.From) { // −0 would have bytes of its own
		return fail(metric, CodeNegative, "From = %v", s.From)
	}
	if len(s.Steps) == 0 {
		return nil
	}
	n := s.Steps[0].AtRisk
	all := n
	for i, p := range s.Steps {
		if err := validAge(metric, "Time", p.Time); err != nil {
			return at(err, metric, i)
		}
		if err := nonNegative(metric, []string{"AtRisk", "Events", "Censored", "Entered"},
			p.AtRisk, p.Events, p.Censored, p.Entered); err != nil {
			return at(err, metric, i)
		}
		before := s.From
		if i > 0 {
			before = s.Steps[i-1].Time
		}
		switch {
		case math.Signbit(p.Time) || p.Time < before || p.Time == before && (i > 0 || before > 0):
			return failAt(metric, CodeMismatch, i, "Time = %v ≤ %v", p.Time, before)
		case p.AtRisk != n:
			return failAt(metric, CodeMismatch, i, "AtRisk = %d ≠ %d", p.AtRisk, n)
		case p.Events > n || p.Censored > n-p.Events:
			return failAt(metric, CodePartExceedsWhole, i, "Events = %d, Censored = %d, AtRisk = %d", p.Events, p.Censored, n)
		case p.Events == 0 && p.Censored == 0 && p.Entered == 0:
			return failAt(metric, CodeMismatch, i, "Time = %v, Events = Censored = Entered = 0", p.Time)
		}
		if err := addCounts(metric, []*int64{&all}, p.Entered); err != nil {
			return at(err, metric, i)
		}
		n += p.Entered - p.Events - p.Censored
	}
	if n != 0 {
		return fail(metric, CodeMismatch, "Σ Entered − Events − Censored = %d", n)
	}
	return nil
}

// Merge pools the records of disjoint customers: the result is that of all the
// records together, to the last bit. It returns an error, and changes nothing, if
// the counts of either are impossible, the ages From differ, or a count overflows.
func (s *Survival) Merge(o Survival) error {
	const metric = "Survival.Merge"
	if err := bothValid(metric, *s, o); err != nil {
		return err
	}
	switch {
	case len(o.Steps) == 0:
		return nil
	case len(s.Steps) == 0:
		o.Steps = slices.Clone(o.Steps)
		o.estimate()
		*s = o
		return nil
	case s.From != o.From:
		return fail(metric, CodeMismatch, "From = %v ≠ %v", s.From, o.From)
	}
	n, _ := s.totals()
	m, _ := o.totals()
	if _, err := sumCounts(metric, n, m); err != nil { // no count is larger
		return err
	}
	t := Survival{From: s.From, Steps: make([]SurvivalStep, 0, len(s.Steps)+len(o.Steps))}
	a, b := s.Steps, o.Steps
	for len(a) > 0 || len(b) > 0 {
		var p SurvivalStep
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Time <= b[0].Time:
			p.Time = a[0].Time
		default:
			p.Time = b[0].Time
		}
		for _, steps := range []*[]SurvivalStep{&a, &b} {
			if len(*steps) == 0 {
				continue
			}
			head := (*steps)[0]
			p.AtRisk += head.AtRisk
			if head.Time == p.Time {
				p.Events += head.Events
				p.Censored += head.Censored
				p.Entered += head.Entered
				*steps = (*steps)[1:]
			}
		}
		t.Steps = append(t.Steps, p)
	}
	t.estimate()
	*s = t
	return nil
}

// totals returns N and Events as the steps have them.
func (s Survival) totals() (n, events int64) {
	for i := range s.Steps {
		p := &s.Steps[i]
		if i == 0 {
			n = p.AtRisk
		}
		n += p.Entered
		events += p.Events
	}
	return n, events
}

// After returns the survival of those who are past the age t: S(T > x | T > t).
// Ages still count from the beginning of the relation. It is the way out of an
// early gap, and the question of those who ask how long the customers of a year's
// standing stay. It returns an error if t is not finite or before From, or if
// nobody was watched after t.
func (s Survival) After(t float64) (Survival, error) {
	const metric = "Survival.After"
	if err := s.asked(metric, t); err != nil {
		return Survival{}, err
	}
	i := s.index(t) + 1
	if i == len(s.Steps) {
		return Survival{}, fail(metric, CodeNoData, "AtRisk = 0, t > %v", t)
	}
	out := Survival{From: math.Abs(t), Steps: slices.Clone(s.Steps[i:])}
	out.estimate()
	return out, nil
}

// asked refuses an age that s does not speak of.
func (s Survival) asked(metric string, t float64) error {
	if err := validAge(metric, "t", t); err != nil {
		return err
	}
	if t < s.From {
		return fail(metric, CodeOutOfRange, "t = %v < From = %v", t, s.From)
	}
	return nil
}

// index returns the position of the last step at or before t, or −1.
func (s Survival) index(t float64) int {
	return sort.Search(len(s.Steps), func(i int) bool { return s.Steps[i].Time > t }) - 1
}

// last returns the step of the last age at which anybody was at risk.
func (s Survival) last() SurvivalStep { return s.Steps[len(s.Steps)-1] }

// step returns the estimates at t; AtRisk is the number at risk at t, and the
// other counts mean nothing.
func (s Survival) step(metric string, t float64) (SurvivalStep, error) {
	if err := s.asked(metric, t); err != nil {
		return SurvivalStep{}, err
	}
	if len(s.Steps) == 0 {
		return SurvivalStep{}, fail(metric, CodeNoData, "len(Steps) = 0")
	}
	i := s.index(t)
	p := SurvivalStep{Survival: 1}
	if i >= 0 {
		p = s.Steps[i]
	}
	switch {
	case i >= 0 && p.Time == t:
	case i+1 < len(s.Steps):
		p.AtRisk = s.Steps[i+1].AtRisk
	case p.Survival > 0:
		return SurvivalStep{}, fail(metric, CodeBeyondBound, "t = %v > Time = %v", t, s.last().Time)
	}
	return p, nil
}

// At returns the share of customers who are still there after age t (留存曲线),
// between 0 and 1. It returns an error if t is not finite, negative or before
// From, if there are no customers, or if t lies beyond the last time at risk while
// some were still there: nobody knows what they did next.
func (s Survival) At(t float64) (float64, error) {
	p, err := s.step("Survival.At", t)
	return p.Survival, err
}

// Hazard returns the Nelson–Aalen estimate of the hazard accumulated by age t: 0
// at first, without an upper bound, and about −log At(t). It returns an error as
// At does.
func (s Survival) Hazard(t float64) (float64, error) {
	p, err := s.step("Survival.Hazard", t)
	return p.Hazard, err
}

// Interval returns the limits of At(t) at confidence, 0 < confidence < 1. Before
// the first departure there is no spread to judge by: the lower limit is then
// Wilson's for all of the number at risk at t, with CodeNoSpread as a warning. It
// returns an error as At does, if the confidence or the band is out of range, and
// where At is 0, which has no band.
//
// Kalbfleisch and Prentice (1980), The statistical analysis of failure time data.
// Borgan and Liestøl (1990), A note on confidence intervals and bands for the
// survival function based on transformations, Scandinavian Journal of Statistics
// 17, 35–41.
func (s Survival) Interval(t, confidence float64, band Band) (Interval, error) {
	const metric = "Survival.Interval"
	z, err := bandQuantile(metric, confidence, band)
	if err != nil {
		return Interval{}, err
	}
	p, err := s.step(metric, t)
	if err != nil {
		return Interval{}, err
	}
	i := s.interval(confidence)
	switch p.Survival {
	case 0:
		return Interval{}, fail(metric, CodeNoSpread, "At(%v) = 0", t)
	case 1:
		i.Lo, i.Hi = 1-unseen(p.AtRisk, z), 1
		i.Warnings = append(i.Warnings, CodeNoSpread)
	default:
		i.Lo, i.Hi = band.limits(p.Survival, p.StdErr, z)
	}
	return i.behind(metric, p.customers())
}

func bandQuantile(metric string, confidence float64, band Band) (float64, error) {
	if err := band.valid(metric); err != nil {
		return 0, err
	}
	return normalQuantile(metric, confidence)
}

// customers returns how many customers, all watched to Time, would tell as much
// about Survival as those who were.
func (p SurvivalStep) customers() float64 {
	if p.Survival == 1 || p.StdErr == 0 {
		return float64(p.AtRisk)
	}
	return alike(p.Survival*(1-p.Survival), p.StdErr)
}

// alike returns the number of observations, each of that variance, whose mean has
// the standard error; a hair more, so that rounding takes nobody away.
func alike(variance, stdErr float64) float64 { return variance / stdErr / stdErr * (1 + 1e-9) }

// interval is the frame of every interval of s.
func (s Survival) interval(confidence float64) Interval {
	return Interval{Confidence: confidence, N: s.N, Warnings: slices.Clone(s.Warnings)}
}

// unseen returns Wilson's upper limit of 0 in n, or 1 for none.
func unseen(n int64, z float64) float64 {
	if n == 0 {
		return 1
	}
	_, u := wilson(0, float64(n), z)
	return u
}

// HazardInterval returns the limits of Hazard(t), symmetric on the scale of its
// logarithm. It returns an error as Hazard does, if confidence is outside (0, 1),
// and before the first departure.
func (s Survival) HazardInterval(t, confidence float64) (Interval, error) {
	const metric = "Survival.HazardInterval"
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Interval{}, err
	}
	p, err := s.step(metric, t)
	switch {
	case err != nil:
		return Interval{}, err
	case p.Hazard == 0:
		return Interval{}, fail(metric, CodeNoSpread, "Hazard(%v) = 0", t)
	}
	i := s.interval(confidence)
	spread := math.Exp(z * p.HazardStdErr / p.Hazard)
	i.Lo, i.Hi = p.Hazard/spread, p.Hazard*spread
	return i.behind(metric, alike(p.Hazard*p.Hazard, p.HazardStdErr))
}

var survivalCatalog = []Entry{
	{
		Key: "survival.at", English: []string{"survival curve", "retention curve", "Kaplan–Meier estimate"},
		Chinese: []string{"留存曲线", "生存曲线", "客户生存率"}, Formula: "Π (1 − Events/AtRisk) over Time ≤ t",
		Unit: "share", Direction: Higher, Type: "Survival", Method: "At",
	},
	{
		Key: "survival.hazard", English: []string{"cumulative hazard", "Nelson–Aalen estimate"},
		Chinese: []string{"累计流失风险", "累积风险"}, Formula: "Σ Events/AtRisk over Time ≤ t",
		Unit: "ratio", Direction: Lower, Type: "Survival", Method: "Hazard",
	},
}
