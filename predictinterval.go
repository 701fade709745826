package kpi

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// predictor is a model of repeat buying.
type predictor interface {
	outlook(metric string, b *Buyer) (outlook, error)
}

// model returns the model of repeat buying that the parameters are of. The report may
// have been typed in, without more than Model, Parameters and Unit.
func (r *FitReport) model(metric string) (func(p []float64) predictor, error) {
	var of func(p []float64) predictor
	names := flipsNames
	switch r.Model {
	case "BGNBD":
		of = func(p []float64) predictor { return BGNBD{R: p[0], Alpha: p[1], A: p[2], B: p[3], Unit: r.Unit} }
	case "MBGNBD":
		of = func(p []float64) predictor { return MBGNBD{R: p[0], Alpha: p[1], A: p[2], B: p[3], Unit: r.Unit} }
	case "ParetoNBD":
		of = func(p []float64) predictor { return ParetoNBD{R: p[0], Alpha: p[1], S: p[2], Beta: p[3], Unit: r.Unit} }
		names = paretoNames
	default:
		return nil, fail(metric, CodeUnknownName, "Model = %s", clip(r.Model))
	}
	if len(r.Parameters) != len(names) {
		return nil, fail(metric, CodeLength, "len(Parameters) = %d ≠ %d", len(r.Parameters), len(names))
	}
	return of, validParameters(metric, names, r.Parameters...)
}

// predictor returns the same of a report that says how open the parameters are.
func (r *FitReport) predictor(metric string) (func(p []float64) predictor, error) {
	of, err := r.model(metric)
	if err != nil {
		return nil, err
	}
	k := len(r.Parameters)
	if len(r.Covariance) == 0 {
		return nil, fail(metric, CodeWeak, "len(Covariance) = 0")
	}
	if len(r.Covariance) != k || slices.ContainsFunc(r.Covariance, func(row []float64) bool { return len(row) != k }) {
		return nil, fail(metric, CodeLength, "len(Covariance) = %d ≠ %d", len(r.Covariance), k)
	}
	return of, nil
}

// logRoot returns L with L·Lᵀ the covariance of the logs of the parameters, after
// Cholesky.
func (r *FitReport) logRoot(metric string) ([][]float64, error) {
	k := len(r.Parameters)
	root := make([][]float64, k)
	for i := range k {
		root[i] = make([]float64, k)
		for j := range i + 1 {
			sum := r.Covariance[i][j] / r.Parameters[i] / r.Parameters[j]
			for l := range j {
				sum -= root[i][l] * root[j][l]
			}
			switch {
			case i != j:
				root[i][j] = sum / root[j][j]
			case sum > 0:
				root[i][i] = math.Sqrt(sum)
			default:
				return nil, fail(metric, CodeOutOfRange, "Covariance[%d][%d] = %v", i, i, r.Covariance[i][i])
			}
		}
	}
	return root, nil
}

// outlooks returns what is expected of the different ones of buyers, and their weights.
func outlooks(metric string, m predictor, g *alikes) ([]outlook, error) {
	out := make([]outlook, len(g.rows))
	for i := range g.rows {
		r := &g.rows[i]
		o, err := m.outlook(metric, &Buyer{Frequency: r.n, Recency: r.x, Age: r.y, Unit: g.unit})
		if err != nil {
			return nil, err
		}
		out[i] = o
	}
	return out, nil
}

// forecast is a question about buyers, checked.
type forecast struct {
	buyers alikes
	model  func(p []float64) predictor
	root   [][]float64 // of the covariance of the logs of the parameters
}

func (r *FitReport) forecast(metric string, buyers []Buyer, t float64) (f forecast, err error) {
	if err := validAge(metric, "t", t); err != nil {
		return forecast{}, err
	}
	if f.buyers, err = histories(metric, buyers); err != nil {
		return forecast{}, err
	}
	if f.model, err = r.predictor(metric); err != nil {
		return forecast{}, err
	}
	if f.buyers.customers == 0 {
		return forecast{}, fail(metric, CodeNoData, "len(buyers) = 0")
	}
	f.root, err = r.logRoot(metric)
	return f, err
}

// ExpectedInterval returns the limits of the orders that are expected of the buyers
// together in the time t after Age, as far as the parameters are open: one buyer is a
// customer, all are the total. It is the delta method on the log scale,
//
//	E·exp(±z·√(∇ln E · Cov · ∇ln E))
//
// with the derivatives in the logs of the parameters. It speaks of the mean. What will
// happen differs from the mean by chance, for one customer by more than the mean itself:
// that is PredictionInterval.
//
// It returns an error if the report is not of a model of repeat buying or has no
// Covariance, if a buyer is invalid or of another Unit, naming it, if there is none,
// if t is negative or not finite, if confidence is outside (0, 1), or if nothing is
// expected.
func (r FitReport) ExpectedInterval(buyers []Buyer, t, confidence float64) (Interval, error) {
	const metric = "FitReport.ExpectedInterval"
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Interval{}, err
	}
	f, err := r.forecast(metric, buyers, t)
	if err != nil {
		return Interval{}, err
	}
	total := func(p []float64) (float64, error) {
		os, err := outlooks(metric, f.model(p), &f.buyers)
		if err != nil {
			return 0, err
		}
		var sum compensated
		for i := range os {
			v, err := os[i].expected(t)
			if err != nil {
				return 0, err
			}
			sum.add(float64(f.buyers.rows[i].weight) * v)
		}
		return sum.value(), nil
	}
	mean, err := total(r.Parameters)
	if err != nil {
		return Interval{}, err
	}
	if mean == 0 {
		return Interval{}, fail(metric, CodeNoSpread, "t = %v", t)
	}
	slopes := make([]float64, len(r.Parameters))
	for j := range slopes {
		for _, step := range []float64{hessianStep, -hessianStep} {
			p := slices.Clone(r.Parameters)
			p[j] *= math.Exp(step)
			v, err := total(p)
			if err != nil {
				return Interval{}, err
			}
			slopes[j] += v / (2 * step * mean)
		}
	}
	variance := 0.0 // ‖Lᵀ·∇‖²
	for l := range f.root {
		part := 0.0
		for j := range slopes {
			part += f.root[j][l] * slopes[j]
		}
		variance += part * part
	}
	i := Interval{Confidence: confidence, N: r.N, Warnings: slices.Clone(r.Warnings)}
	spread := math.Exp(z * math.Sqrt(variance))
	i.Lo, i.Hi = mean/spread, mean*spread
	return i.behind(metric, float64(r.N))
}

const (
	draws     = 1000       // futures that a PredictionInterval is taken from
	mostDrawn = 10_000_000 // customers in it
)

// PredictionInterval returns the limits of the number of orders that the buyers will
// place together in the time t after Age: of draws of the parameters from what the fit
// knows of them, normal in their logs, and of what each customer does with each, the
// quantiles of a thousand totals. One buyer is a customer, all are the total. The limits
// are whole numbers, and those of one customer often begin at 0.
//
// Of 100 files of 2,500 simulated BG/NBD customers, watched for 27 to 39 weeks, 95 %
// limits held the orders of the 39 weeks after in 94, and those of ExpectedInterval in
// 83; of 98 Pareto/NBD files that could be fitted, in 88 and 85, for its S and Beta are
// open by a factor of two in files of that size, and not normal even in their logs
// (go test -run TestRecovery -kpi.recovery 100).
//
// The same seed gives the same limits; another moves a limit by about a tenth of its
// distance from the middle. The work is that of a thousand draws for every customer:
// a second for some thousands, so ask of a sample of a million.
//
// It returns an error as ExpectedInterval does, but for nothing expected, or for more
// than ten million customers.
func (r FitReport) PredictionInterval(buyers []Buyer, t, confidence float64, seed uint64) (Interval, error) {
	const metric = "FitReport.PredictionInterval"
	if err := confident(metric, confidence); err != nil {
		return Interval{}, err
	}
	f, err := r.forecast(metric, buyers, t)
	if err != nil {
		return Interval{}, err
	}
	root := f.root
	if f.buyers.customers > mostDrawn {
		return Interval{}, fail(metric, CodeTooLarge, "Σ Weight = %d", f.buyers.customers)
	}
	totals, errs := make([]float64, draws), make([]error, draws)
	draw := func(i int) {
		rng := rand.New(rand.NewPCG(seed, uint64(i))) //nolint:gosec // a number of a draw
		normal := make([]float64, len(root))
		p := slices.Clone(r.Parameters)
		for j := range root {
			normal[j] = rng.NormFloat64()
			move := 0.0
			for l := range j + 1 {
				move += root[j][l] * normal[l]
			}
			p[j] *= math.Exp(max(-mostLog, min(mostLog, move)))
		}
		os, err := outlooks(metric, f.model(p), &f.buyers)
		if err != nil {
			errs[i] = err
			return
		}
		for k := range os {
			for range f.buyers.rows[k].weight {
				if rng.Float64() < os[k].alive {
					totals[i] += os[k].future.draw(rng, t)
				}
			}
		}
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), draws) {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= draws {
					return
				}
				draw(i)
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return Interval{}, err
		}
	}
	slices.Sort(totals)
	i := Interval{Confidence: confidence, N: r.N, Warnings: slices.Clone(r.Warnings)}
	// As many draws are outside on each side.
	outside := int((1 - confidence) / 2 * draws)
	i.Lo, i.Hi = totals[outside], totals[draws-1-outside]
	return i.behind(metric, float64(r.N))
}
