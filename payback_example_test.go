package kpi_test

import (
	"errors"
	"fmt"

	"github.com/customerkpi/kpi"
)

// A customer costs 300 and pays 40 a month, of which half is margin.
func ExampleUnitEconomics() {
	u := kpi.UnitEconomics{CAC: kpi.Whole(300), ARPA: kpi.Whole(40)}
	margin := kpi.Percent(50)
	clv, err := kpi.RetentionCLV{Margin: u.ARPA.Mul(margin)}.Perpetuity(kpi.Percent(95), kpi.Percent(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	ratio, err := u.Ratio(clv)
	if err != nil {
		fmt.Println(err)
		return
	}
	months, err := u.Payback(margin)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("CLV %.2f, CLV:CAC %.2f, payback %.1f months\n", clv, ratio, months)
	// Output: CLV 316.67, CLV:CAC 1.06, payback 15.0 months
}

// At a churn of 5 % the 15 months become 28 or 31, and a little more cost is
// never paid back.
func ExampleUnitEconomics_PaybackMonths() {
	u := kpi.UnitEconomics{CAC: kpi.Whole(300), ARPA: kpi.Whole(40)}
	timings := []kpi.Timing{kpi.InAdvance, kpi.IfRetained}
	for i := 0; i < len(timings); i++ {
		n, err := u.PaybackMonths(kpi.Percent(50), kpi.Percent(95), timings[i])
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(timings[i], n)
	}
	u.CAC = kpi.Whole(400)
	_, err := u.PaybackMonths(kpi.Percent(50), kpi.Percent(95), kpi.InAdvance)
	fmt.Println(errors.Is(err, kpi.ErrUndefined), err)
	// Output:
	// in advance 28
	// if retained 31
	// true kpi: UnitEconomics.PaybackMonths: the target is never reached: CAC = 400 ≥ Σ margin = 400
}
