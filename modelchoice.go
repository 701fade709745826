package kpi

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// ModelScore is how well one model told what buyers did. With n Customers, of whom
// each placed y orders where e were expected, at the probability p(y),
//
//	MAE      = Σ|e − y| / n
//	RMSE     = √(Σ(e − y)² / n)
//	Bias     = Σ(e − y) / n
//	LogScore = Σ ln p(y) / n
//
// RMSE is least where each e is the mean of what such a customer does, and a few large
// buyers make most of it. MAE is least where e is the median, which is 0 for most
// customers: a model that expects nothing of anybody does well by it. Bias says nothing
// of single customers. LogScore, of the four, speaks of the whole prediction, the
// chances of every number of orders, and no model is better by it than the true one
// (Gneiting and Raftery 2007, Strictly Proper Scoring Rules, JASA 102, 359–378): it
// ranks.
type ModelScore struct {
	Model     string  `json:"model"`     // as FitReport.Model has it
	Customers int64   `json:"customers"` // n
	Actual    int64   `json:"actual"`    // Σy
	Expected  float64 `json:"expected"`  // Σe
	MAE       float64 `json:"mae"`       // Σ|e − y| / n
	RMSE      float64 `json:"rmse"`      // √(Σ(e − y)² / n)
	Bias      float64 `json:"bias"`      // above 0 if too much is expected
	LogScore  float64 `json:"log_score"` // at most 0, more is better
}

// ModelScores are models of the same buyers, the best log score first.
//
// Differences look small: a hundredth of LogScore makes what all of a hundred customers
// did e times as likely. But all models saw the same customers and the same season,
// and of two that are close, other customers may prefer the other.
type ModelScores []ModelScore

// Compare returns how well the fitted models told what the buyers did, the best first.
// The fits are of FitBGNBD, FitMBGNBD or FitParetoNBD, to the Buyers of h and nothing
// later; or are FitReports of which Model, Parameters and Unit are typed in. AIC
// compares them on what they were fitted to, which they know already.
//
// It returns an error as ByFrequency does; if there are no fits; and if a model gives a
// buyer's orders a probability too small for a float64, naming the buyer.
func (h *Holdout) Compare(fits []FitReport) (ModelScores, error) {
	const metric = "Holdout.Compare"
	if len(fits) == 0 {
		return nil, fail(metric, CodeEmpty, "len(fits) = 0")
	}
	rows, err := h.rows(metric)
	if err != nil {
		return nil, err
	}
	out := make(ModelScores, len(fits))
	for i := range fits {
		if out[i], err = h.score(metric, &fits[i], rows); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(a, b ModelScore) int {
		return cmp.Or(-cmp.Compare(a.LogScore, b.LogScore), cmp.Compare(a.Model, b.Model))
	})
	return out, nil
}

func (h *Holdout) score(metric string, fit *FitReport, rows []checked) (ModelScore, error) {
	s := ModelScore{Model: fit.Model}
	var expected, absolute, squares, bias, logs compensated
	err := h.each(metric, fit, rows, func(r *checked, o *outlook, e float64) error {
		p, err := o.probability(r.orders, h.Time)
		if err != nil {
			return err
		}
		log, err := estimate(metric, math.Log(p))
		if err != nil {
			return err
		}
		s.Customers += r.weight
		s.Actual += r.weight * r.orders
		w, off := float64(r.weight), e-float64(r.orders)
		expected.add(w * e)
		absolute.add(w * math.Abs(off))
		squares.add(w * off * off)
		bias.add(w * off)
		logs.add(w * log)
		return nil
	})
	if err != nil {
		return ModelScore{}, err
	}
	n := float64(s.Customers)
	s.Expected = expected.value()
	s.MAE, s.RMSE, s.Bias = absolute.value()/n, math.Sqrt(squares.value()/n), bias.value()/n
	s.LogScore = logs.value() / n
	return s, finite(metric, s.Expected, s.MAE, s.RMSE, s.Bias, s.LogScore)
}

func (s ModelScores) table() *table {
	t := &table{head: []string{"model", "log score", "RMSE", "MAE", "bias", "expected", "actual"}, text: 1}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
	for _, r := range s {
		t.add(r.Model, number(r.LogScore), number(r.RMSE), number(r.MAE), number(r.Bias), tenths(r.Expected), strconv.FormatInt(r.Actual, 10))
	}
	return t
}

// String returns the models in columns, to four places.
func (s ModelScores) String() string { return s.table().String() }

// Markdown returns the same as a Markdown table.
func (s ModelScores) Markdown() string { return s.table().markdown() }
