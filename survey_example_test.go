package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
	"github.com/shopspring/decimal"
)

// A survey of 1200 customers, and who was heard at all. Support leads and the app is
// last; which of price and delivery is second the answers do not say.
func ExampleSurvey() {
	survey := kpi.Survey{
		Invitations: 1200, Responses: 240,
		Active: 5000, Feedback: 700,
		Items: map[string]kpi.CSAT{
			"support":  {Counts: [11]int64{1: 2, 2: 6, 3: 22, 4: 90, 5: 118}, Blank: 2},
			"delivery": {Counts: [11]int64{1: 10, 2: 20, 3: 50, 4: 90, 5: 60}, Blank: 8, OutOfScale: 2},
			"price":    {Counts: [11]int64{1: 12, 2: 22, 3: 52, 4: 92, 5: 58}, Blank: 4},
			"app":      {Counts: [11]int64{1: 40, 2: 50, 3: 60, 4: 40, 5: 20}, Blank: 30},
		},
	}
	responded, err := survey.ResponseRate()
	if err != nil {
		fmt.Println(err)
		return
	}
	heard, _ := survey.FeedbackRate()
	fmt.Println("responded", responded.Percent(1), "heard", heard.Percent(1))
	ranking, err := survey.Ranking(kpi.SurveyTopBox, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(ranking)
	// Output:
	// responded 20.0% heard 14.0%
	// rank  item        n  top box     interval  could be
	// 1     support   238    87.4%  82.6%–91.0%       1–1
	// 2     delivery  230    65.2%  58.9%–71.1%       2–3
	// 3     price     236    63.6%  57.2%–69.4%       2–3
	// 4     app       210    28.6%  22.9%–35.0%       4–4
}

// The index of three questions on 1 to 10, equally weighted.
func ExampleSurvey_ACSI() {
	ten := kpi.Scale{Min: 1, Max: 10, TopFrom: 9}
	survey := kpi.Survey{
		Responses: 4,
		Items: map[string]kpi.CSAT{
			"overall":      {Scale: ten, Counts: [11]int64{7: 1, 8: 2, 9: 1}},
			"expectations": {Scale: ten, Counts: [11]int64{6: 2, 7: 1, 9: 1}},
			"ideal":        {Scale: ten, Counts: [11]int64{5: 1, 7: 2, 9: 1}},
		},
	}
	one := decimal.NewFromInt(1)
	index, err := survey.ACSI(map[string]decimal.Decimal{"overall": one, "expectations": one, "ideal": one})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("ACSI %.1f\n", index)
	// Output:
	// ACSI 70.4
}

// Asked each person by person, an interval goes with the index.
func ExampleResponses_ACSI() {
	responses := kpi.Responses{
		{"overall": 8, "expectations": 7, "ideal": 7},
		{"overall": 9, "expectations": 9, "ideal": 9},
		{"overall": 7, "expectations": 6, "ideal": 5},
		{"overall": 8, "expectations": 6, "ideal": 7},
		{"overall": 4}, // who left two of them blank
	}
	one := decimal.NewFromInt(1)
	index, err := responses.ACSI(map[string]decimal.Decimal{"overall": one, "expectations": one, "ideal": one})
	if err != nil {
		fmt.Println(err)
		return
	}
	value, _ := index.Ratio()
	interval, _ := index.Interval(0.95)
	fmt.Printf("%.1f of %d, %.0f to %.0f\n", value, index.N, interval.Lo, interval.Hi)
	// Output:
	// 70.4 of 4, 48 to 92
}

// Once all six steps are allowed for, only the last of the price is more than chance.
// The app has no such step, and a trend that is.
func ExampleWaves() {
	item := func(satisfied, rest int64) kpi.CSAT {
		return kpi.CSAT{Counts: [11]int64{2: rest, 5: satisfied}}
	}
	wave := func(name string, at int64, app, price, support kpi.CSAT) kpi.Wave {
		return kpi.Wave{Name: name, At: at, Survey: kpi.Survey{
			Responses: 200, Items: map[string]kpi.CSAT{"app": app, "price": price, "support": support},
		}}
	}
	waves := kpi.Waves{
		wave("Q1", 1, item(80, 120), item(100, 100), item(170, 30)),
		wave("Q2", 2, item(92, 108), item(96, 104), item(168, 32)),
		wave("Q3", 3, item(104, 96), item(128, 72), item(172, 28)),
	}
	changes, err := waves.Changes(kpi.SurveyTopBox)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(changes)
	trend, err := waves.Trend("app", kpi.SurveyTopBox, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("app: %+.1f points a quarter (%.1f … %.1f)\n", 100*trend.Slope, 100*trend.Interval.Lo, 100*trend.Interval.Hi)
	// Output:
	// item     from  to  before  after  change       p  adjusted
	// app      Q1    Q2   40.0%  46.0%     6.0  0.2666    1.0000
	// app      Q2    Q3   46.0%  52.0%     6.0  0.2712    1.0000
	// price    Q1    Q2   50.0%  48.0%    -2.0  0.7642    1.0000
	// price    Q2    Q3   48.0%  64.0%    16.0  0.0018    0.0105
	// support  Q1    Q2   85.0%  84.0%    -1.0  0.8902    1.0000
	// support  Q2    Q3   84.0%  86.0%     2.0  0.6747    1.0000
	// app: +6.0 points a quarter (1.1 … 10.7)
}

// What goes with being satisfied on the whole: help does, the price less, and the
// colour of the box does not.
func ExampleResponses_Drivers() {
	var responses kpi.Responses
	for i := 0; i < 60; i++ {
		overall := 1 + i%5
		responses = append(responses, map[string]int{
			"overall": overall,
			"help":    1 + (overall+i%3)*2/3,
			"price":   1 + (overall+i%7)/3,
			"colour":  1 + i%4,
		})
	}
	scales := map[string]kpi.Scale{"overall": {}, "help": {}, "price": {}, "colour": {}}
	drivers, err := responses.Drivers("overall", scales, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(drivers)
	// Output:
	// rank  item     n     r      interval  Spearman
	// 1     help    60  0.83   0.73 … 0.90      0.84
	// 2     price   60  0.54   0.33 … 0.70      0.51
	// 3     colour  60  0.00  -0.25 … 0.25      0.00
	// Correlation is not cause.
}
