package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// A proportion keeps its base: 2.3 % of 300 and of 300,000 are not the same news.
func ExampleProportion() {
	lost := kpi.Proportion{K: 7, N: 300}
	rate, err := lost.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(lost, lost.Percent(1), lost.Complement().Percent(1))
	fmt.Printf("%.4f\n", rate)
	// Output:
	// 7/300 2.3% 97.7%
	// 0.0233
}

func ExampleProportion_Interval() {
	i, err := kpi.Proportion{K: 7, N: 300}.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(i.Percent(1))
	fmt.Println(i)
	// Output:
	// 1.1%–4.7%
	// [0.01135, 0.04737] 95% n=300
}

func ExampleProportion_Merge() {
	both, err := kpi.Proportion{K: 1, N: 2}.Merge(kpi.Proportion{K: 9, N: 90})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(both, both.Percent(1))
	// Output: 10/92 10.9%
}

// Nothing of nothing has no value, and does not print as 0 %.
func ExampleProportion_Percent() {
	fmt.Println(kpi.Proportion{K: 0, N: 12}.Percent(1), kpi.Proportion{}.Percent(1))
	// Output: 0.0% –
}

// The same answers by four methods: two that are right on the average, and two
// that are wider to be on the safe side.
func ExampleProportion_ClopperPearson() {
	p := kpi.Proportion{K: 7, N: 300}
	methods := []struct {
		name string
		ask  func(float64) (kpi.Interval, error)
	}{
		{"Wilson", p.Interval},
		{"Jeffreys", p.Jeffreys},
		{"Clopper–Pearson", p.ClopperPearson},
		{"Agresti–Coull", p.AgrestiCoull},
	}
	for _, m := range methods {
		i, err := m.ask(0.95)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-16s%s\n", m.name, i.Percent(2))
	}
	// Output:
	// Wilson          1.13%–4.74%
	// Jeffreys        1.05%–4.53%
	// Clopper–Pearson 0.94%–4.75%
	// Agresti–Coull   1.04%–4.83%
}

func ExampleProportion_AgrestiCoull() {
	i, err := kpi.Proportion{K: 30, N: 50}.AgrestiCoull(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(i.Percent(1))
	// Output: 46.2%–72.4%
}

func ExampleProportion_Jeffreys() {
	i, err := kpi.Proportion{K: 0, N: 500}.Jeffreys(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("none of 500 seen, and at most %.1f%%\n", 100*i.Hi)
	// Output: none of 500 seen, and at most 0.5%
}
