package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Four customers in ten say that they would recommend the shop, and one in ten did.
// Each brings a fifth of a customer, a quarter in the end.
func ExampleReferrals() {
	said := kpi.NPS{Promoters: 80, Passives: 70, Detractors: 50}
	did := kpi.Referrals{Customers: 2000, Referrers: 210, Invitations: 1500, Referred: 400, New: 1000}
	promoters, err := said.PromoterShare()
	if err != nil {
		fmt.Println(err)
		return
	}
	referrers, err := did.Rate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("would %s, did %s\n", promoters.Percent(1), referrers.Percent(1))
	share, _ := did.ReferredShare()
	fmt.Println("new customers who were referred:", share.Percent(0))
	k, _ := did.KFactor()
	ratio, _ := k.Ratio()
	interval, _ := k.Interval(0.95)
	fmt.Printf("K = %.2f (%.2f … %.2f)\n", ratio, interval.Lo, interval.Hi)
	all, err := did.Amplification()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("100 customers come to %.0f\n", all.Mul(kpi.Whole(100)))
	// Output:
	// would 40.0%, did 10.5%
	// new customers who were referred: 40%
	// K = 0.20 (0.18 … 0.22)
	// 100 customers come to 125
}
