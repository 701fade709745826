package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

func ExampleInterval() {
	i, err := kpi.Proportion{K: 9, N: 11}.Interval(0.90)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(i)
	fmt.Println(i.Percent(0), "holds a half:", i.Contains(0.5))
	// Output:
	// [0.5729, 0.9379] 90% n=11
	// 57%–94% holds a half: false
}
