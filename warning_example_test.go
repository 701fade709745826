package kpi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// coffees is a log of four customers of a coffee shop, up to 1 July 2026: Ann came every
// other day until June, Bob still does, Cid comes on Mondays, and Dee is new.
func coffees() (*kpi.Log, error) {
	var log kpi.Log
	first := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC) // a Monday
	visits := []struct {
		who             string
		from, to, every int
		price           int64
	}{
		{"Ann", 0, 146, 2, 450},
		{"Ann", 160, 161, 1, 450},
		{"Bob", 0, 177, 2, 380},
		{"Cid", 0, 168, 7, 1200},
		{"Dee", 150, 177, 3, 500},
	}
	for i := 0; i < len(visits); i++ {
		v := visits[i]
		for d := v.from; d < v.to; d += v.every {
			visit := kpi.Event{Customer: v.who, Name: "order", At: first.AddDate(0, 0, d), Amount: decimal.New(v.price, -2)}
			if err := log.Add(visit); err != nil {
				return nil, err
			}
		}
	}
	return &log, nil
}

func earlyWarnings() (*kpi.Warnings, error) {
	log, err := coffees()
	if err != nil {
		return nil, err
	}
	return log.Warnings(context.Background(), kpi.WarningSpec{
		AsOf:   time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
		Recent: 28,
		Level:  0.05,
	})
}

// Ann was to be expected on 13.6 of the last 28 days, and seen on one. Of Dee nobody can say
// anything yet: she is not known to stay.
func ExampleLog_Warnings() {
	warnings, err := earlyWarnings()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(warnings)
	fmt.Print(warnings.Summary())
	// Output:
	// customer  status              days   of  expected  seen         p  adjusted  gap  gap p   value
	// Ann       warned                72  148      13.6     1  4.76e-05  0.000143   17  0.014  333.00
	// Cid       not warned            21  148       4.0     2     0.268     0.402   16  0.042  288.00
	// Bob       not warned            74  148      14.0    14     0.571     0.571    1  1.000  338.20
	// Dee       too little history     0    0         –     8         –         –    3  1.000   45.00
	// status              customers  share   value
	// warned                      1  25.0%  333.00
	// not warned                  2  50.0%  626.20
	// lapsed                      0   0.0%    0.00
	// too little history          1  25.0%   45.00
}

func ExampleWarnings_Value() {
	warnings, err := earlyWarnings()
	if err != nil {
		fmt.Println(err)
		return
	}
	atRisk, err := warnings.Value(kpi.Warned)
	if err != nil {
		fmt.Println(err)
		return
	}
	rate, err := warnings.Rate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("warned of", rate, "who brought", atRisk.StringFixed(2), "in a year")
	for i := 0; i < len(warnings.Rows); i++ {
		row := warnings.Rows[i]
		if row.Status == kpi.Warned {
			fmt.Printf("call %s: %.1f days were to be expected, %d seen\n", row.ID, row.Expected, row.Seen)
		}
	}
	// Output:
	// warned of 1/3 who brought 333.00 in a year
	// call Ann: 13.6 days were to be expected, 1 seen
}

// Cid missed two Mondays: no days that are few, but a silence that is long for Cid.
func ExampleWarning_GapP() {
	warnings, err := earlyWarnings()
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i < len(warnings.Rows); i++ {
		row := warnings.Rows[i]
		rare, err := row.GapP()
		if err != nil {
			fmt.Println(err)
			return
		}
		if rare.Cmp(kpi.Percent(5)) <= 0 {
			fmt.Printf("%s: %d days, p = %.3f\n", row.ID, row.Gap, rare)
		}
	}
	// Output:
	// Ann: 17 days, p = 0.014
	// Cid: 16 days, p = 0.042
}
