package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// Three donors gave in four of six years, in different ones. Who will give again? Fader,
// Hardie and Shang (2010), Customer-base analysis in a discrete-time noncontractual
// setting: the parameters are those of 11,104 donors to an American charity.
func ExampleBGBB() {
	m := kpi.BGBB{Alpha: 1.204, Beta: 0.750, Gamma: 0.657, Delta: 2.783, Unit: kpi.Year}
	for last := 4; last <= 6; last++ {
		donor := kpi.Occasions{Bought: 4, Last: last, N: 6, Unit: kpi.Year}
		alive, err := m.PAlive(donor)
		if err != nil {
			fmt.Println(err)
			return
		}
		gifts, _ := m.Expected(donor, 5)
		value, _ := m.CLV(donor, kpi.Whole(50), kpi.Percent(10))
		fmt.Printf("last in year %d: alive %3.0f%%, %.1f gifts in five years, worth %v\n", last, 100*alive, gifts, value.Round(0))
	}
	// Output:
	// last in year 4: alive  22%, 0.6 gifts in five years, worth 46
	// last in year 5: alive  75%, 2.0 gifts in five years, worth 160
	// last in year 6: alive 100%, 2.7 gifts in five years, worth 213
}

// How many gifts are to be expected, and how many of those who never gave again will?
func ExampleFitBGBB() {
	year := func(bought, last int, donors int64) kpi.Occasions {
		return kpi.Occasions{Bought: bought, Last: last, N: 3, Weight: donors, Unit: kpi.Year}
	}
	rows := []kpi.Occasions{
		year(0, 0, 480), year(1, 1, 160), year(1, 2, 45), year(1, 3, 25), year(2, 2, 90), year(2, 3, 60), year(3, 3, 140),
	}
	m, report, err := kpi.FitBGBB(rows, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	total := 0.0
	for i := 0; i < len(rows); i++ {
		gifts, _ := m.Expected(rows[i], 1)
		total += gifts * float64(rows[i].Weight)
	}
	silent := rows[0]
	none, _ := m.PMF(silent, 0, 3)
	fmt.Printf("%d donors, %.0f gifts next year\n", report.N, total)
	fmt.Printf("of those who never gave again %.0f%% will within three years\n", 100*(1-none))
	// Output:
	// 1000 donors, 170 gifts next year
	// of those who never gave again 4% will within three years
}
