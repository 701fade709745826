package kpi

import (
	"encoding/json"
	"math/big"

	"github.com/shopspring/decimal"
)

// EventRate counts events over an exposure that they may fall on more than once:
// complaints on orders, tickets on customer months, outages on hours.
//
//	Ratio = Events / Exposure
//
// It may pass 1, so it is not a share: orders with a complaint of all orders are a
// Proportion. Events are taken to come one by one and not in waves, as a Poisson
// process does; if one outage brings a hundred complaints, count the outages.
//
// The counts must be possible: neither negative, Exposure of at most 400 digits
// with an exponent within ±64. The zero value is the identity of Merge and has no
// Ratio.
type EventRate struct {
	Events   int64           `json:"events"`
	Exposure decimal.Decimal `json:"exposure"` // orders, customer months, hours …
}

func (e EventRate) valid(metric string) error {
	if err := nonNegative(metric, []string{"Events"}, e.Events); err != nil {
		return err
	}
	return amount(metric, "Exposure", e.Exposure)
}

func (e EventRate) check(metric string) error {
	if err := e.valid(metric); err != nil {
		return err
	}
	if e.Exposure.IsZero() {
		return fail(metric, CodeZeroDenominator, "Exposure = 0")
	}
	return nil
}

// Merge adds the events and the exposure of a disjoint group, or of another
// period. It returns an error, and changes nothing, if either is impossible, the
// events overflow or the exposure grows past 400 digits.
func (e *EventRate) Merge(o EventRate) error {
	const metric = "EventRate.Merge"
	if err := bothValid(metric, *e, o); err != nil {
		return err
	}
	t := *e
	if err := addCounts(metric, []*int64{&t.Events}, o.Events); err != nil {
		return err
	}
	t.Exposure = t.Exposure.Add(o.Exposure)
	if err := t.valid(metric); err != nil {
		return err
	}
	*e = t
	return nil
}

// shadow stands for e in JSON.
func (e *EventRate) shadow() any {
	type fields EventRate
	return &struct {
		*fields
		Exposure *jsonAmount `json:"exposure"`
	}{
		(*fields)(e),
		(*jsonAmount)(&e.Exposure),
	}
}

// MarshalJSON writes the exposure exactly, as a string. It returns an error if it
// is too large.
func (e EventRate) MarshalJSON() ([]byte, error) { return json.Marshal(e.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves e as it was, if data are anything else.
func (e *EventRate) UnmarshalJSON(data []byte) error { return readForm(e, (*EventRate).shadow, data) }

// Ratio returns the events per unit of exposure, exactly. It returns an error if
// the counts are impossible or Exposure is 0.
func (e EventRate) Ratio() (Ratio, error) {
	if err := e.check("EventRate.Ratio"); err != nil {
		return Ratio{}, err
	}
	return e.ratio(), nil
}

// Interval returns Garwood's exact interval of the rate, in events per unit of
// exposure,
//
//	[χ²(α/2; 2·Events)/2, χ²(1 − α/2; 2·Events + 2)/2] / Exposure,  α = 1 − confidence
//
// with 0 for the lower limit of no events: three events per exposure are the upper
// one at 90 %. It never holds less than confidence. N is Events, which is what it
// rests on. It returns an error as Ratio does, or if confidence is outside (0, 1).
//
// Garwood, F. (1936), Fiducial limits for the Poisson distribution, Biometrika 28,
// 437–442.
func (e EventRate) Interval(confidence float64) (Interval, error) {
	const metric = "EventRate.Interval"
	if err := e.valid(metric); err != nil {
		return Interval{}, err
	}
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Interval{}, err
	}
	if err := e.check(metric); err != nil {
		return Interval{}, err
	}
	i := Interval{Confidence: confidence, N: e.Events}
	events, exposure := float64(e.Events), ratio(e.Exposure.Rat()).Float64()
	if events > 0 {
		i.Lo = gammaQuantile(events, z, false) / exposure
	}
	i.Hi = gammaQuantile(events+1, z, true) / exposure
	return i.behind(metric, events)
}

// RatioOfSums is a rate in which the observations weigh by their size: return on
// what was spent, revenue kept of revenue, the value won of the value decided.
// It knows what an interval needs, all exact, and may be merged.
//
//	Ratio = Y / X
//
// Each observation is a customer, a deal, a campaign: a base x ≥ 0, what was there
// or was put in, and what came of it, y of either sign. The ratio of the sums is
// not the mean of the ratios, which would count the smallest deal like the
// largest, and its interval is not Wilson's, for which a hundred in the currency
// would be a hundred customers.
//
// The sums must be possible, with XX·YY ≥ XY² and so on; one of x or y has at most
// 400 digits with an exponent within ±64. The zero value is empty, the identity of
// Merge.
type RatioOfSums struct {
	N  int64           `json:"n"`  // observations
	X  decimal.Decimal `json:"x"`  // Σx
	Y  decimal.Decimal `json:"y"`  // Σy
	XX decimal.Decimal `json:"xx"` // Σx²
	XY decimal.Decimal `json:"xy"` // Σxy
	YY decimal.Decimal `json:"yy"` // Σy²
}

// bounded refuses sums that are too large to be worked with, and a negative N.
func (r RatioOfSums) bounded(metric string) error {
	if err := nonNegative(metric, []string{"N"}, r.N); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		value decimal.Decimal
		times int32
	}{{"X", r.X, 1}, {"Y", r.Y, 1}, {"XX", r.XX, 2}, {"XY", r.XY, 2}, {"YY", r.YY, 2}} {
		if err := gateTimes(metric, f.name, f.value, f.times); err != nil {
			return err
		}
	}
	return nil
}

func (r RatioOfSums) valid(metric string) error {
	if err := r.bounded(metric); err != nil {
		return err
	}
	if r.N == 0 && (!r.X.IsZero() || !r.Y.IsZero() || !r.XX.IsZero() || !r.XY.IsZero() || !r.YY.IsZero()) {
		return fail(metric, CodeMismatch, "N = 0, X ≠ 0 ∨ Y ≠ 0")
	}
	n := decimal.NewFromInt(r.N)
	switch {
	case r.X.Sign() < 0:
		return fail(metric, CodeNegative, "X = %s", clip(plain(r.X)))
	case r.XX.GreaterThan(r.X.Mul(r.X)):
		return fail(metric, CodeMismatch, "XX > X²")
	// Cauchy–Schwarz, three times.
	case r.X.Mul(r.X).GreaterThan(n.Mul(r.XX)):
		return fail(metric, CodeMismatch, "N·XX < X²")
	case r.Y.Mul(r.Y).GreaterThan(n.Mul(r.YY)):
		return fail(metric, CodeMismatch, "N·YY < Y²")
	case r.XY.Mul(r.XY).GreaterThan(r.XX.Mul(r.YY)):
		return fail(metric, CodeMismatch, "XX·YY < XY²")
	}
	return nil
}

// Add adds the observation of y on the base x. It returns an error, and adds
// nothing, if x is negative, if either or a sum is too large, or if N overflows.
func (r *RatioOfSums) Add(y, x decimal.Decimal) error {
	const metric = "RatioOfSums.Add"
	if err := amount(metric, "x", x); err != nil {
		return err
	}
	if err := gate(metric, "y", y); err != nil {
		return err
	}
	return r.add(metric, RatioOfSums{N: 1, X: x, Y: y, XX: x.Mul(x), XY: x.Mul(y), YY: y.Mul(y)})
}

// Merge adds the observations of a disjoint group. It returns an error, and
// changes nothing, if either is impossible, a sum grows past 400 digits or N
// overflows.
func (r *RatioOfSums) Merge(o RatioOfSums) error {
	const metric = "RatioOfSums.Merge"
	if err := bothValid(metric, *r, o); err != nil {
		return err
	}
	return r.add(metric, o)
}

// add adds an o that is bounded.
func (r *RatioOfSums) add(metric string, o RatioOfSums) error {
	t := *r
	if err := t.bounded(metric); err != nil {
		return err
	}
	if err := addCounts(metric, []*int64{&t.N}, o.N); err != nil {
		return err
	}
	t.X, t.Y = t.X.Add(o.X), t.Y.Add(o.Y)
	t.XX, t.XY, t.YY = t.XX.Add(o.XX), t.XY.Add(o.XY), t.YY.Add(o.YY)
	if err := t.bounded(metric); err != nil {
		return err
	}
	*r = t
	return nil
}

// shadow stands for r in JSON.
func (r *RatioOfSums) shadow() any {
	type fields RatioOfSums
	return &struct {
		*fields
		X  *jsonAmount `json:"x"`
		Y  *jsonAmount `json:"y"`
		XX *jsonAmount `json:"xx"`
		XY *jsonAmount `json:"xy"`
		YY *jsonAmount `json:"yy"`
	}{
		(*fields)(r),
		(*jsonAmount)(&r.X),
		(*jsonAmount)(&r.Y),
		(*jsonAmount)(&r.XX),
		(*jsonAmount)(&r.XY),
		(*jsonAmount)(&r.YY),
	}
}

// MarshalJSON writes the sums exactly, as strings. It returns an error if one is
// too large.
func (r RatioOfSums) MarshalJSON() ([]byte, error) { return json.Marshal(r.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves r as it was, if data are anything else.
func (r *RatioOfSums) UnmarshalJSON(data []byte) error {
	return readForm(r, (*RatioOfSums).shadow, data)
}

// Ratio returns Y/X exactly. It returns an error if the sums are impossible or X
// is 0.
func (r RatioOfSums) Ratio() (Ratio, error) {
	const metric = "RatioOfSums.Ratio"
	if err := r.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, r.Y.Rat(), r.X.Rat())
}

// Interval returns Student's t interval of the ratio of sums R, in its unit,
//
//	R ± t(N−1)·√v,  v = N/(N−1)·Σ(y − R·x)²/X²
//
// which is not clipped: a share by value may end a little beyond 0 or 1. It is
// good where no few observations hold most of the base, and warns where they do:
// its observations are the X²/XX equal ones that would tell as much. It returns an
// error as Ratio does, if N < 2, if every observation has the ratio R, so that
// there is no spread to judge by, or if confidence is outside (0, 1).
//
// Cochran, W. G. (1977), Sampling techniques, third edition, chapter 6.
func (r RatioOfSums) Interval(confidence float64) (Interval, error) {
	const metric = "RatioOfSums.Interval"
	if err := r.valid(metric); err != nil {
		return Interval{}, err
	}
	t, err := tQuantile(metric, confidence, float64(max(r.N-1, 1)))
	switch {
	case err != nil:
		return Interval{}, err
	case r.X.IsZero():
		return Interval{}, fail(metric, CodeZeroDenominator, "X = 0")
	case r.N < 2:
		return Interval{}, fail(metric, CodeTooFew, "N = %d < 2", r.N)
	}
	v := r.spread()
	if v.Sign() == 0 {
		return Interval{}, fail(metric, CodeNoSpread, "N = %d", r.N)
	}
	at := r.ratio().Float64()
	half := t * squareRoot(v.Mul(v, big.NewRat(r.N, r.N-1)))
	return Interval{Lo: at - half, Hi: at + half, Confidence: confidence, N: r.N}.behind(metric, ratio(r.equals()).Float64())
}

// ratio returns Y/X of possible sums with X > 0.
func (r RatioOfSums) ratio() Ratio { return ratio(new(big.Rat).Quo(r.Y.Rat(), r.X.Rat())) }

// spread returns Σ(y − R·x)²/X², the variance of R but for N/(N−1).
func (r RatioOfSums) spread() *big.Rat {
	at := r.ratio().r()
	v := new(big.Rat).Mul(at, r.XX.Rat())
	v.Sub(v, r.XY.Rat()).Sub(v, r.XY.Rat()).Mul(v, at).Add(v, r.YY.Rat())
	x := r.X.Rat()
	return v.Quo(v, x.Mul(x, x))
}

// equals returns how many equal observations would tell as much: X²/XX.
func (r RatioOfSums) equals() *big.Rat {
	x := r.X.Rat()
	return x.Quo(x.Mul(x, x), r.XX.Rat())
}

var rateCatalog = []Entry{
	{
		Key: "event.rate", English: []string{"event rate", "events per exposure", "incidence rate"},
		Chinese: []string{"事件率", "单位暴露事件数"}, Formula: "Events / Exposure",
		Unit: "ratio", Direction: Neither, Type: "EventRate", Method: "Ratio",
	},
}
