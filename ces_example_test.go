package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

// "The company made it easy for me to handle my issue", 1 to 7: higher is better.
func ExampleCES() {
	survey := kpi.CES{Counts: [8]int64{1: 80, 2: 210, 3: 140, 4: 110, 5: 160, 6: 180, 7: 120}}
	mean, err := survey.Mean()
	if err != nil {
		fmt.Println(err)
		return
	}
	average, _ := mean.Ratio()
	easy, _ := survey.EasyShare()
	net, _ := survey.NetEasy()
	fmt.Printf("mean %.2f, easy %s, net easy %+.2f\n", average, easy.Percent(0), net)
	// Output: mean 4.08, easy 46%, net easy +0.03
}

func ExampleCES_AddAll() {
	var survey kpi.CES
	if err := survey.AddAll([]int{7, 6, 6, 4, 2}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(survey.N(), "answers", survey.Counts)
	fmt.Println(survey.Add(8))
	// Output:
	// 5 answers [0 0 1 0 1 0 2 1]
	// kpi: CES.Add: a score lies outside its scale: 8 ∉ [1, 7]
}

// A net of three points in a hundred from a thousand answers may be none at all.
func ExampleCES_NetEasyInterval() {
	survey := kpi.CES{Counts: [8]int64{1: 80, 2: 210, 3: 140, 4: 110, 5: 160, 6: 180, 7: 120}}
	i, err := survey.NetEasyInterval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+.3f … %+.3f\n", i.Lo, i.Hi)
	// Output: -0.028 … +0.088
}

// "How much effort did you personally have to put forth to handle your request?",
// 1 to 5: lower is better.
func ExampleCES1() {
	var survey kpi.CES1
	if err := survey.AddAll([]int{1, 2, 2, 3, 5}); err != nil {
		fmt.Println(err)
		return
	}
	mean, err := survey.Mean()
	if err != nil {
		fmt.Println(err)
		return
	}
	average, _ := mean.Ratio()
	fmt.Printf("%.1f\n", average)
	// Output: 2.6
}
