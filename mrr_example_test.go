package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// A month as a billing product prints it.
func ExampleMRR() {
	june := kpi.MRR{
		Opening: kpi.Whole(50000), New: kpi.Whole(4200), Reactivation: kpi.Whole(300),
		Expansion: kpi.Whole(1500), Contraction: kpi.Whole(500), Churn: kpi.Whole(1500),
	}
	for _, rate := range []struct {
		name string
		ask  func() (kpi.Ratio, error)
	}{{"NRR", june.NRR}, {"GRR", june.GRR}, {"revenue churn", june.GrossChurn}} {
		r, err := rate.ask()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(rate.name, r.Percent(1))
	}
	closing, err := june.Closing()
	if err != nil {
		fmt.Println(err)
		return
	}
	quick, err := june.QuickRatio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("closing %.0f, %.1f came for every 1 that went\n", closing, quick)
	// Output:
	// NRR 99.0%
	// GRR 96.0%
	// revenue churn 4.0%
	// closing 54000, 3.0 came for every 1 that went
}
