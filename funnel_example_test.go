package kpi_test

import (
	"encoding/json"
	"fmt"

	"github.com/customerkpi/kpi"
)

func ExampleFunnel() {
	f := kpi.Funnel{Stages: []kpi.Stage{
		{Name: "访问", N: 12000},
		{Name: "注册", N: 1800},
		{Name: "下单", N: 450},
		{Name: "支付", N: 405},
	}}
	overall, err := f.Overall()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(f)
	fmt.Println("漏斗转化率", overall.Percent(2))
	// Output:
	// stage      n   step  overall   lost
	// 访问   12000      –   100.0%      –
	// 注册    1800  15.0%    15.0%  10200
	// 下单     450  25.0%     3.8%   1350
	// 支付     405  90.0%     3.4%     45
	// 漏斗转化率 3.38%
}

// A step is a Proportion: it knows its base, and how uncertain it is.
func ExampleFunnel_Step() {
	f := kpi.Funnel{Stages: []kpi.Stage{{Name: "trial", N: 80}, {Name: "paid", N: 12}}}
	p, err := f.Step(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	i, err := p.Interval(0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p, p.Percent(1), i.Percent(1))
	// Output: 12/80 15.0% 8.8%–24.4%
}

func ExampleFunnel_DropOff() {
	f := kpi.Funnel{Stages: []kpi.Stage{{Name: "cart", N: 200}, {Name: "paid", N: 62}}}
	p, err := f.DropOff(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p, p.Percent(1))
	// Output: 138/200 69.0%
}

func ExampleFunnel_Overall() {
	f := kpi.Funnel{Stages: []kpi.Stage{{Name: "lead", N: 800}, {Name: "offer", N: 150}, {Name: "customer", N: 40}}}
	p, err := f.Overall()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p, p.Percent(1))
	// Output: 40/800 5.0%
}

// The step with the lowest conversion need not be the one that loses most.
func ExampleFunnel_Bottleneck() {
	f := kpi.Funnel{Stages: []kpi.Stage{
		{Name: "visit", N: 1000},
		{Name: "sign-up", N: 600},
		{Name: "trial", N: 300},
		{Name: "paid", N: 60},
	}}
	neck, err := f.Bottleneck()
	if err != nil {
		fmt.Println(err)
		return
	}
	loss, err := f.LargestLoss()
	if err != nil {
		fmt.Println(err)
		return
	}
	step, _ := f.Step(neck)
	lost, _ := f.DropOff(loss)
	fmt.Println("lowest conversion: to", f.Stages[neck].Name, step.Percent(0))
	fmt.Println("most people lost: before", f.Stages[loss].Name, lost.K)
	// Output:
	// lowest conversion: to paid 20%
	// most people lost: before sign-up 400
}

func ExampleFunnel_LargestLoss() {
	f := kpi.Funnel{Stages: []kpi.Stage{{Name: "visit", N: 1000}, {Name: "cart", N: 700}, {Name: "paid", N: 490}}}
	i, err := f.LargestLoss()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("from", f.Stages[i-1].Name, "to", f.Stages[i].Name)
	// Output: from visit to cart
}

func ExampleFunnel_Merge() {
	total := kpi.Funnel{}
	regions := []kpi.Funnel{
		{Stages: []kpi.Stage{{Name: "lead", N: 300}, {Name: "customer", N: 60}}},
		{Stages: []kpi.Stage{{Name: "lead", N: 100}, {Name: "customer", N: 10}}},
	}
	for i := 0; i < len(regions); i++ {
		if err := total.Merge(regions[i]); err != nil {
			fmt.Println(err)
			return
		}
	}
	p, err := total.Overall()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p, p.Percent(1)) // pooled; the mean of 20% and 10% is another number
	// Output: 70/400 17.5%
}

// In a notebook a Funnel that ends a cell renders as this table by itself.
func ExampleFunnel_Markdown() {
	f := kpi.Funnel{Stages: []kpi.Stage{{Name: "lead", N: 300}, {Name: "customer", N: 60}}}
	fmt.Print(f.Markdown())
	// Output:
	// | stage | n | step | overall | lost |
	// | --- | ---: | ---: | ---: | ---: |
	// | lead | 300 | – | 100.0% | – |
	// | customer | 60 | 20.0% | 20.0% | 240 |
}

func ExampleFunnel_MarshalJSON() {
	f := kpi.Funnel{Stages: []kpi.Stage{{Name: "lead", N: 300}, {Name: "customer", N: 70}}}
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(data))
	// Output:
	// {
	//   "stages": [
	//     {
	//       "name": "lead",
	//       "n": 300,
	//       "overall": {
	//         "exact": "1",
	//         "value": "1.0000"
	//       }
	//     },
	//     {
	//       "name": "customer",
	//       "n": 70,
	//       "step": {
	//         "exact": "7/30",
	//         "value": "0.2333"
	//       },
	//       "overall": {
	//         "exact": "7/30",
	//         "value": "0.2333"
	//       }
	//     }
	//   ]
	// }
}

func ExampleFunnel_MarshalBinary() {
	f := kpi.Funnel{Stages: []kpi.Stage{{Name: "trial", N: 80}, {Name: "paid", N: 12}}}
	data, err := f.MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}
	var copied kpi.Funnel
	if err := copied.UnmarshalBinary(data); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(copied.Stages)
	// Output: [{trial 80} {paid 12}]
}
