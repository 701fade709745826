package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Of 1,000 customers who signed up in one year, how many will be left after twelve? The
// model sees seven renewals, and the curve of the next five: Fader and Hardie (2007),
// How to project customer retention, Table 1 and p. 7.
func ExampleFitSBG() {
	seen := []int64{1000, 631, 468, 382, 326, 289, 262, 241}
	later := []int64{223, 207, 194, 183, 173}
	table, err := kpi.SurvivalOf(seen)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, report, err := kpi.FitSBG(table, kpi.Year, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("Alpha %.3f, Beta %.3f, log-likelihood %.1f\n", m.Alpha, m.Beta, report.LogLikelihood)
	for i := 0; i < len(later); i++ {
		year := len(seen) + i
		share, _ := m.Survival(year)
		fmt.Printf("year %2d: %3.0f expected, %d were\n", year, 1000*share, later[i])
	}
	// Output:
	// Alpha 0.704, Beta 1.182, log-likelihood -1680.3
	// year  8: 220 expected, 223 were
	// year  9: 204 expected, 207 were
	// year 10: 191 expected, 194 were
	// year 11: 180 expected, 183 were
	// year 12: 170 expected, 173 were
}

// Of both groups 80 % make the first renewal. Where customers differ, those who have
// stayed are worth more than twice as much. Fader and Hardie
// (2010), Customer-base valuation in a contractual setting, case 1 and case 2.
func ExampleSBG_DERLBefore() {
	alike := kpi.SBG{Alpha: 3.8, Beta: 15.2, Unit: kpi.Year}
	differ := kpi.SBG{Alpha: 0.067, Beta: 0.267, Unit: kpi.Year}
	for n := 1; n <= 5; n++ {
		a, err := alike.DERLBefore(n, kpi.Percent(10))
		if err != nil {
			fmt.Println(err)
			return
		}
		b, _ := differ.DERLBefore(n, kpi.Percent(10))
		fmt.Printf("before renewal %d: %.2f and %5.2f more years\n", n, a, b)
	}
	// Output:
	// before renewal 1: 3.31 and  7.67 more years
	// before renewal 2: 3.45 and  9.46 more years
	// before renewal 3: 3.59 and  9.85 more years
	// before renewal 4: 3.72 and 10.06 more years
	// before renewal 5: 3.84 and 10.19 more years
}

// A lifetime that is infinite has a value all the same, once it is discounted.
func ExampleSBG_CLV() {
	m := kpi.SBG{Alpha: 0.668, Beta: 3.806, Unit: kpi.Year}
	_, err := m.Lifetime()
	fmt.Println(err)
	value, err := m.CLV(kpi.Whole(120), kpi.Percent(10))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("worth", value.Round(0), "at 120 a year")
	// Output:
	// kpi: SBG.Lifetime: the sum has no finite limit: 0.668 ≤ 1, annual = 0
	// worth 711 at 120 a year
}

// Do customers grow loyal? Retention rises in every year; but a model that lets single
// customers change finds that they become more likely to leave, and that the rise is
// the departure of those who would have left anyway. Fader, Hardie, Liu, Davin and
// Steenburgh (2018), "How to project customer retention" revisited, the high end.
func ExampleFitBdW() {
	table, err := kpi.SurvivalOf([]int64{1000, 869, 743, 653, 593})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, report, err := kpi.FitBdW(table, kpi.Year, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	simple, without, _ := kpi.FitSBG(table, kpi.Year, nil)
	limits, _ := report.Interval("C", 0.95)
	fmt.Printf("C %.2f, from %.2f to %.2f; AIC %.1f against %.1f\n", m.C, limits.Lo, limits.Hi, report.AIC, without.AIC)
	a, _ := m.Survival(12)
	b, _ := simple.Survival(12)
	fmt.Printf("after twelve years %.0f, by SBG %.0f; 394 were\n", 1000*a, 1000*b)
	// Output:
	// C 1.58, from 1.02 to 2.45; AIC 2451.5 against 2454.3
	// after twelve years 389, by SBG 307; 394 were
}

// A triangle of monthly payments is a renewal table, each cohort as far as it goes.
func ExampleSurvivalOf() {
	var table kpi.Survival
	for _, survivors := range [][]int64{{400, 352, 327, 309, 297}, {380, 331, 305, 290}, {450, 397, 366}, {500, 441}} {
		cohort, err := kpi.SurvivalOf(survivors)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := table.Merge(cohort); err != nil {
			fmt.Println(err)
			return
		}
	}
	m, report, err := kpi.FitSBG(table, kpi.Month, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	first, _ := m.Churn(1)
	year, _ := m.Churn(12)
	fmt.Printf("of %d customers %.1f%% leave after a month, %.1f%% of those left after a year\n", report.N, 100*first, 100*year)
	// Output:
	// of 1730 customers 12.1% leave after a month, 1.5% of those left after a year
}
