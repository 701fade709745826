package kpi

// SurvivalOf returns the survival of a cohort from its counts: survivors[k] are the
// customers who are still there at age k, in periods, the first all that there were.
// Those of the last count are censored: nobody has seen yet what they do. Merge pools
// cohorts of different ages. It is the renewal table of FitSBG. It returns an error
// for a count that is negative or above the one before, naming it, and if there are no
// customers.
func SurvivalOf(survivors []int64) (Survival, error) {
	const metric = "SurvivalOf"
	var ls Lifetimes
	var weights []int64
	for k, n := range survivors {
		switch {
		case n < 0:
			return Survival{}, failAt(metric, CodeNegative, k, "survivors = %d", n)
		case k > 0 && n > survivors[k-1]:
			return Survival{}, failAt(metric, CodePartExceedsWhole, k, "survivors = %d > %d", n, survivors[k-1])
		case k > 0:
			ls = append(ls, Lifetime{Exit: float64(k), Ended: true})
			weights = append(weights, survivors[k-1]-n)
		}
	}
	if k := len(survivors) - 1; k >= 0 {
		ls = append(ls, Lifetime{Exit: float64(k)})
		weights = append(weights, survivors[k])
	}
	return ls.survival(metric, weights)
}

// Survival returns how long the customers of a triangle stay, if none comes back: those
// of a contract, with the payments as Return events. Of a cohort those active at age k
// are the survivors, as far as its cells are complete; then they are censored. Ages
// are periods, all cohorts are pooled, save those first seen, whose ages are not
// known. It returns an error with ages by customer or Recurring cohorts; if more are
// active at an age than at the one before, or counts are impossible, naming the row; and
// if no cohort is left.
func (c *Cohorts) Survival() (Survival, error) {
	const metric = "Cohorts.Survival"
	if c.AgesBy != AgesByPeriod || c.Recurring {
		return Survival{}, fail(metric, CodeMismatch, "AgesBy = %s, Recurring = %t", c.AgesBy, c.Recurring)
	}
	var all Survival
	for i, r := range c.Rows {
		if r.FirstSeen {
			continue
		}
		var survivors []int64
		for k, cell := range r.Cells {
			if !c.decided(cell) {
				break
			}
			if err := r.possible(metric, k); err != nil {
				return Survival{}, at(err, metric, i)
			}
			if k == 0 { // born, active or not
				survivors = append(survivors, cell.Base)
			} else {
				survivors = append(survivors, cell.Active)
			}
		}
		if len(survivors) == 0 || survivors[0] == 0 {
			continue
		}
		s, err := SurvivalOf(survivors)
		if err == nil {
			err = all.Merge(s)
		}
		if err != nil {
			return Survival{}, at(err, metric, i)
		}
	}
	if len(all.Steps) == 0 {
		return Survival{}, fail(metric, CodeNoData, "Complete = 0")
	}
	return all, nil
}
