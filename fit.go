package kpi

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// FitSettings bounds the search of the Fit functions. Nil and the zero value are
// the defaults; no setting changes where the maximum lies.
type FitSettings struct {
	Evaluations int // of the log-likelihood at most, while climbing; 0 is 500
	Workers     int // goroutines, 0 for GOMAXPROCS; never changes an answer
}

// defaultEvaluations is some twenty times what ordinary data take.
const defaultEvaluations = 500

func (s *FitSettings) orDefault(metric string) (FitSettings, error) {
	var out FitSettings
	if s != nil {
		out = *s
	}
	if err := nonNegative(metric, []string{"Evaluations", "Workers"}, int64(out.Evaluations), int64(out.Workers)); err != nil {
		return FitSettings{}, err
	}
	if out.Evaluations == 0 {
		out.Evaluations = defaultEvaluations
	}
	if out.Workers == 0 {
		out.Workers = runtime.GOMAXPROCS(0)
	}
	return out, nil
}

// slope is the gradient of the mean log-likelihood, in the logs of the parameters,
// that ends a climb; one below slopeAtMost is accepted if the search could not go on.
const (
	slope       = 1e-7
	slopeAtMost = 1e-5
)

// The logs of the parameters, from where the search begins, stay within these.
const (
	leastLog = -15
	mostLog  = 20
)

// hessianStep is the step of the central differences, in the logs of the parameters:
// the error of the differences, its square, is then that of their rounding.
const hessianStep = 1e-4

// problem is a log-likelihood to be made as large as it can be.
type problem struct {
	metric, model string
	names         []string  // of the parameters, as the fields of the model
	start         []float64 // the parameters where the search begins, all above 0
	customers     int64
	rows          int
	unit          Unit
	// at makes of the parameters what all rows share, and returns what adds the
	// log-likelihood of rows from ≤ i < to to sums[0], and its derivative in the log of
	// parameter j to sums[1+j]. It is called by several goroutines.
	at func(parameters []float64) func(from, to int, sums []compensated)
}

// compensated is a sum with what its roundings lost, after Neumaier.
type compensated struct{ sum, lost float64 }

func (c *compensated) add(v float64) {
	t := c.sum + v
	if math.Abs(c.sum) >= math.Abs(v) {
		c.lost += (c.sum - t) + v
	} else {
		c.lost += (v - t) + c.sum
	}
	c.sum = t
}

func (c *compensated) value() float64 { return c.sum + c.lost }

// fitChunk is how many rows are added up at once. Chunks do not depend on the
// number of goroutines, and are added in their order: the sum is the same to the
// last bit with any number.
const fitChunk = 1024

// climb is a search under way.
type climb struct {
	problem
	workers int
	mean    float64   // 1/customers
	chunks  []float64 // of each chunk of rows the value and the gradient

	evaluations int
	point       []float64 // the logs of the last evaluation, from start
	value       float64   // of −mean log-likelihood
	gradient    []float64
}

// parameters returns the parameters at a point.
func (c *climb) parameters(point []float64) []float64 {
	out := make([]float64, len(point))
	for j, x := range point {
		out[j] = c.start[j] * math.Exp(x)
	}
	return out
}

// evaluate leaves in c the value and the gradient at a point, +Inf where there is
// none.
func (c *climb) evaluate(point []float64) {
	if slices.Equal(point, c.point) {
		return
	}
	c.point = append(c.point[:0], point...)
	c.value = math.Inf(1)
	for j, x := range point {
		c.gradient[j] = 0
		if !(x >= leastLog && x <= mostLog) {
			return
		}
	}
	c.evaluations++
	add, k := c.at(c.parameters(point)), 1+len(point)
	var next atomic.Int64
	work := func() {
		sums := make([]compensated, k)
		for {
			chunk := int(next.Add(1)) - 1
			from := chunk * fitChunk
			if from >= c.rows {
				return
			}
			clear(sums)
			add(from, min(from+fitChunk, c.rows), sums)
			for j := range sums {
				c.chunks[chunk*k+j] = sums[j].value()
			}
		}
	}
	var wait sync.WaitGroup
	for range min(c.workers, len(c.chunks)/k) - 1 {
		wait.Go(work)
	}
	work()
	wait.Wait()
	sums := make([]compensated, k)
	for i, v := range c.chunks {
		sums[i%k].add(v)
	}
	for j := range sums {
		v := -c.mean * sums[j].value()
		if math.IsNaN(v) || math.IsInf(v, 0) {
			c.value = math.Inf(1)
			clear(c.gradient)
			return
		}
		if j == 0 {
			c.value = v
		} else {
			c.gradient[j-1] = v
		}
	}
}

// steepest returns the largest part of the gradient.
func (c *climb) steepest() (most float64) {
	for _, g := range c.gradient {
		most = max(most, math.Abs(g))
	}
	return most
}

// hessian returns the second derivatives of −mean log-likelihood in the logs of the
// parameters, by central differences of the gradient.
func (c *climb) hessian(point []float64) *mat.SymDense {
	k := len(point)
	full, at := make([]float64, k*k), slices.Clone(point)
	for i := range k {
		for _, step := range []float64{hessianStep, -hessianStep} {
			at[i] = point[i] + step
			c.evaluate(at)
			for j, g := range c.gradient {
				full[i*k+j] += g / (2 * step)
			}
		}
		at[i] = point[i]
	}
	h := mat.NewSymDense(k, nil)
	for i := range k {
		for j := i; j < k; j++ {
			h.SetSym(i, j, (full[i*k+j]+full[j*k+i])/2)
		}
	}
	return h
}

// maximise climbs from start to the maximum and returns the parameters there with
// what is known about them. It returns an error if the settings are negative or the
// climb ends anywhere else.
func (p problem) maximise(s *FitSettings) ([]float64, FitReport, error) {
	settings, err := s.orDefault(p.metric)
	if err != nil {
		return nil, FitReport{}, err
	}
	k := len(p.start)
	c := &climb{
		problem: p, workers: settings.Workers, mean: 1 / float64(p.customers),
		chunks: make([]float64, (p.rows+fitChunk-1)/fitChunk*(1+k)), gradient: make([]float64, k),
	}
	found, err := optimize.Minimize(optimize.Problem{
		Func: func(x []float64) float64 { c.evaluate(x); return c.value },
		Grad: func(grad, x []float64) { c.evaluate(x); copy(grad, c.gradient) },
	}, make([]float64, k), &optimize.Settings{
		GradientThreshold: slope, FuncEvaluations: settings.Evaluations, Converger: optimize.NeverTerminate{},
	}, &optimize.LBFGS{})
	if found == nil || math.IsInf(found.F, 0) {
		return nil, FitReport{}, fail(p.metric, CodeStuck, "log L = −∞")
	}
	point := slices.Clone(found.X)
	c.evaluate(point)
	value, steepest := c.value, c.steepest()
	h := c.hessian(point)
	var factor mat.Cholesky
	curved := factor.Factorize(h)
	if steepest >= slope && !(steepest < slopeAtMost && curved) {
		code := CodeStuck
		if err == nil && found.Status == optimize.FunctionEvaluationLimit {
			code = CodeIterations
		}
		return nil, FitReport{}, fail(p.metric, code, "%d: log L = %.10g, |∇| = %.2g", c.evaluations, -value*float64(p.customers), steepest)
	}
	if curved {
		point, value = c.polish(point, &factor)
	}
	return c.parameters(point), c.report(point, value, h, &factor, curved), nil
}

// polish takes a few steps of Newton's, which make the answer the same from
// wherever the climb came, as long as they lead up.
func (c *climb) polish(point []float64, h *mat.Cholesky) (best []float64, value float64) {
	c.evaluate(point)
	best, value = point, c.value
	for range 3 {
		steepest := c.steepest()
		var step mat.VecDense
		if h.SolveVecTo(&step, mat.NewVecDense(len(best), slices.Clone(c.gradient))) != nil {
			break
		}
		next := slices.Clone(best)
		for j := range next {
			next[j] -= step.AtVec(j)
		}
		c.evaluate(next)
		if !(c.steepest() < steepest/2) || math.IsInf(c.value, 0) {
			break
		}
		best, value = next, c.value
	}
	return best, value
}

// report returns what is known of the maximum at a point.
func (c *climb) report(point []float64, value float64, h *mat.SymDense, factor *mat.Cholesky, curved bool) FitReport {
	k, n := len(point), float64(c.customers)
	r := FitReport{
		Model: c.model, Names: c.names, Parameters: c.parameters(point), LogLikelihood: -value * n,
		N: c.customers, Rows: c.rows, Unit: c.unit, Evaluations: c.evaluations,
	}
	r.AIC = 2*float64(k) - 2*r.LogLikelihood
	r.BIC = float64(k)*math.Log(n) - 2*r.LogLikelihood
	var inverse mat.SymDense
	var eigen mat.EigenSym
	if !curved || !eigen.Factorize(h, false) {
		r.Warnings = []Code{CodeWeak}
		return r
	}
	values := eigen.Values(nil) // ascending
	if err := factor.InverseTo(&inverse); !(values[0] > 0) || err != nil && !isCondition(err) {
		r.Warnings = []Code{CodeWeak}
		return r
	}
	r.Condition = values[k-1] / values[0]
	r.StdErrs = make([]float64, k)
	open := false
	for i := range k {
		row := make([]float64, k)
		for j := range k {
			row[j] = r.Parameters[i] * r.Parameters[j] * inverse.At(i, j) / n
		}
		relative := math.Sqrt(inverse.At(i, i) / n)
		open = open || !(relative <= mostRelative)
		r.StdErrs[i] = r.Parameters[i] * relative
		r.Covariance = append(r.Covariance, row)
	}
	if open {
		r.Warnings = []Code{CodeWeak}
	}
	return r
}

// isCondition reports whether err only says that a matrix is badly conditioned.
func isCondition(err error) bool {
	_, ok := err.(mat.Condition) //nolint:errorlint // gonum returns it as it is
	return ok
}
