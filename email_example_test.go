package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// A privacy proxy opened for 300 recipients. The open rate that the tool prints says
// more about their mail program than about the mail.
func ExampleEmail() {
	mail := kpi.Email{
		Sent: 1000, Delivered: 950, HardBounces: 20, SoftBounces: 30,
		UniqueOpens: 450, MachineOpens: 300, Untracked: 50, UniqueClicks: 57,
	}
	open, err := mail.OpenRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	reported, err := mail.ReportedOpenRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	click, err := mail.ClickRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("reported:", reported, reported.Percent(1))
	fmt.Println("opened:  ", open, open.Percent(1))
	fmt.Println("clicked: ", click, click.Percent(1))
	// Output:
	// reported: 450/950 47.4%
	// opened:   150/600 25.0%
	// clicked:  57/950 6.0%
}

// Two subject lines: the clicks of B are higher, and not by chance.
func ExampleEmail_ClickRate() {
	a := kpi.Email{Sent: 5000, Delivered: 4900, UniqueClicks: 196}
	b := kpi.Email{Sent: 5000, Delivered: 4890, UniqueClicks: 269}
	before, err := a.ClickRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := b.ClickRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	test, err := after.Compare(before)
	if err != nil {
		fmt.Println(err)
		return
	}
	gain, err := after.Diff(before, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(before.Percent(1), "against", after.Percent(1))
	fmt.Printf("p = %.4f, %.1f to %.1f points more\n", test.P, 100*gain.Lo, 100*gain.Hi)
	// Output:
	// 4.0% against 5.5%
	// p = 0.0005, 0.7 to 2.3 points more
}

func ExampleEmail_ListGrowth() {
	june := kpi.Email{
		Sent: 8000, Delivered: 7900, HardBounces: 40, Unsubscribes: 55, Complaints: 5,
		ListStart: 2000, ListNew: 160,
	}
	growth, err := june.ListGrowth()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(growth.Percent(1))
	// Output: 3.0%
}
