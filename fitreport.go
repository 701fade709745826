package kpi

import (
	"math"
	"slices"
	"strconv"
)

// mostRelative is the standard error of the log of a parameter above which the data
// do not tell its size: a 95 % interval then spans a factor of fifty.
const mostRelative = 1

// FitReport is what is known about the parameters of a model that was fitted by
// maximum likelihood.
//
//	AIC = 2k − 2·LogLikelihood
//	BIC = k·ln N − 2·LogLikelihood
//
// for k parameters. The covariance is the inverse of the Hessian H of the
// log-likelihood at its maximum, in the logs of the parameters, brought back to
// their own scale: D·(−H)⁻¹·D with D the diagonal of the parameters. Limits are
// best taken on the log scale, as Interval does: a parameter is above 0.
//
// The log-likelihood is that of a density where times are continuous. It moves with
// the unit of time, and may be above 0; compare it between models fitted to the same
// buyers in the same unit, and with nothing else.
//
// # Weak identification
//
// Where hardly a customer was seen to fall silent, nothing tells a drop-out that is
// rare for everybody from one that is common for a few: the likelihood runs along a
// ridge, and the parameters at its top are one of many sets that predict the same.
// Warnings then hold CodeWeak: where the log-likelihood is not curved in all
// directions, when Condition is 0 and there are no StdErrs and no Covariance; or where
// the standard error of the log of a parameter is above 1. The predictions may be
// good all the same, the single parameters mean nothing.
type FitReport struct {
	Model         string      `json:"model"`                // "BGNBD"
	Names         []string    `json:"names"`                // of the parameters, in the order of the fields
	Parameters    []float64   `json:"parameters"`           // the estimates
	StdErrs       []float64   `json:"std_errs,omitempty"`   // of the parameters
	Covariance    [][]float64 `json:"covariance,omitempty"` // of the parameters
	LogLikelihood float64     `json:"log_likelihood"`       // the sum over all customers
	AIC           float64     `json:"aic"`                  // lower is better
	BIC           float64     `json:"bic"`                  // lower is better
	N             int64       `json:"n"`                    // customers
	Rows          int         `json:"rows"`                 // of them, different ones
	Unit          Unit        `json:"unit"`                 // of the time
	Evaluations   int         `json:"evaluations"`          // of the log-likelihood and its gradient
	Condition     float64     `json:"condition"`            // of the Hessian in the logs, largest by smallest curvature; 0 if there is none
	Warnings      []Code      `json:"warnings,omitempty"`   // what weakens it; nil if nothing does
}

// Interval returns the limits of the named parameter, symmetric on the log scale:
// estimate·exp(±z·se/estimate). It returns an error if there is no such parameter or
// no standard error, or if confidence is outside (0, 1).
func (r FitReport) Interval(name string, confidence float64) (Interval, error) {
	const metric = "FitReport.Interval"
	z, err := normalQuantile(metric, confidence)
	if err != nil {
		return Interval{}, err
	}
	j := slices.Index(r.Names, name)
	if j < 0 || j >= len(r.Parameters) {
		return Interval{}, fail(metric, CodeUnknownName, "%s", clip(name))
	}
	if j >= len(r.StdErrs) {
		return Interval{}, fail(metric, CodeWeak, "len(StdErrs) = %d", len(r.StdErrs))
	}
	i := Interval{Confidence: confidence, N: r.N, Warnings: slices.Clone(r.Warnings)}
	v, se := r.Parameters[j], r.StdErrs[j]
	if !(v > 0) || !(se >= 0) {
		return Interval{}, fail(metric, CodeOutOfRange, "%s = %v ± %v", name, v, se)
	}
	i.Lo, i.Hi = v*math.Exp(-z*se/v), v*math.Exp(z*se/v)
	return i.behind(metric, float64(r.N))
}

func (r FitReport) table() *table {
	t := &table{head: []string{r.Model, "estimate", "std err"}, text: 1}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	for j, name := range r.Names {
		se := Undefined
		if j < len(r.StdErrs) {
			se = number(r.StdErrs[j])
		}
		if j < len(r.Parameters) {
			t.add(name, number(r.Parameters[j]), se)
		}
	}
	whole := func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
	t.add("log-likelihood", whole(r.LogLikelihood), "")
	t.add("AIC", whole(r.AIC), "")
	t.add("BIC", whole(r.BIC), "")
	t.add("n", strconv.FormatInt(r.N, 10), "")
	t.add("unit", r.Unit.String(), "")
	for _, w := range r.Warnings {
		t.add(w.String(), "", "")
	}
	return t
}

// String returns the parameters with their standard errors, and the rest, in columns.
func (r FitReport) String() string { return r.table().String() }

// Markdown returns the same as a Markdown table.
func (r FitReport) Markdown() string { return r.table().markdown() }
