// Package data holds the files that the examples read. The library itself reads
// none: this is the part of a program that a CRM, a shop or a billing system
// already has.
package data

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

//go:embed superstore_lines.csv
var superstore string

//go:embed survey_made_up.csv
var survey string

//go:embed telco_subscribers.csv
var telco string

//go:embed china_2025.csv
var china2025 string

// Order is one order of the Superstore sample, its lines added up.
type Order struct {
	ID       string
	Customer string
	Segment  string
	Date     time.Time // midnight UTC: the file knows days only
	Sales    decimal.Decimal
	Profit   decimal.Decimal
}

// Orders returns the 5,009 orders of the Superstore sample in the order in which
// the file first names them.
func Orders() ([]Order, error) {
	rows, err := read(superstore, 12)
	if err != nil {
		return nil, err
	}
	var ids []string
	sales, profit := map[string]*kpi.Sum{}, map[string]*kpi.Sum{}
	orders := map[string]Order{}
	for i, row := range rows {
		id := row[0]
		date, err := time.Parse(time.DateOnly, row[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		if sales[id] == nil {
			ids = append(ids, id)
			sales[id], profit[id] = &kpi.Sum{}, &kpi.Sum{}
			orders[id] = Order{ID: id, Customer: row[3], Segment: row[4], Date: date}
		}
		// Read money as text: a float has lost the cents already.
		for _, column := range []struct {
			sum  *kpi.Sum
			text string
		}{{sales[id], row[8]}, {profit[id], row[11]}} {
			amount, err := decimal.NewFromString(column.text)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+2, err)
			}
			if err := column.sum.Add(amount); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+2, err)
			}
		}
	}
	out := make([]Order, len(ids))
	for i, id := range ids {
		out[i] = orders[id]
		out[i].Sales, out[i].Profit = sales[id].Decimal(), profit[id].Decimal()
	}
	return out, nil
}

// Line is one line of an order of the Superstore sample.
type Line struct {
	Order    string
	Customer string
	Date     time.Time // midnight UTC
	Category string
	Sales    decimal.Decimal
}

// Lines returns the 9,994 lines of the orders in the order of the file.
func Lines() ([]Line, error) {
	rows, err := read(superstore, 12)
	if err != nil {
		return nil, err
	}
	out := make([]Line, len(rows))
	for i, row := range rows {
		date, err := time.Parse(time.DateOnly, row[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		sales, err := decimal.NewFromString(row[8])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		out[i] = Line{Order: row[0], Customer: row[3], Date: date, Category: row[6], Sales: sales}
	}
	return out, nil
}

// Answers are the columns of a survey; a blank answer is in the tally of blanks
// and nowhere else.
type Answers struct {
	Sent                       int
	Recommend, Satisfied, Easy []int // 0–10, 1–5, 1–7
}

// Survey returns the invented answers.
func Survey() (Answers, error) {
	rows, err := read(survey, 4)
	if err != nil {
		return Answers{}, err
	}
	out := Answers{Sent: len(rows)}
	for i, row := range rows {
		for j, column := range []*[]int{&out.Recommend, &out.Satisfied, &out.Easy} {
			if row[j+1] == "" {
				continue
			}
			score, err := strconv.Atoi(row[j+1])
			if err != nil {
				return Answers{}, fmt.Errorf("line %d: %w", i+2, err)
			}
			*column = append(*column, score)
		}
	}
	return out, nil
}

// Subscriber is a row of the Telco sample: a snapshot, in which those who left lately
// are still there and flagged, and those who left before are not there at all.
type Subscriber struct {
	Contract string // "Month-to-month", "One year" or "Two year"
	Tenure   int    // months as a customer, 0 in the first
	Monthly  decimal.Decimal
	Left     bool // flagged as left
}

// Subscribers returns the 7,043 subscribers of the Telco sample.
func Subscribers() ([]Subscriber, error) {
	rows, err := read(telco, 4)
	if err != nil {
		return nil, err
	}
	out := make([]Subscriber, len(rows))
	for i, row := range rows {
		tenure, err := strconv.Atoi(row[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		monthly, err := decimal.NewFromString(row[2])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		if row[3] != "Yes" && row[3] != "No" {
			return nil, fmt.Errorf("line %d: churn %q", i+2, row[3])
		}
		out[i] = Subscriber{Contract: row[0], Tenure: tenure, Monthly: monthly, Left: row[3] == "Yes"}
	}
	return out, nil
}

// Holiday is a line of a calendar: dates on which nobody works, or a weekend date
// that is worked instead.
type Holiday struct {
	Name        string
	First, Last string // dates; Last is "" if First is the only one
	Worked      bool
}

// China2025 returns the public holidays of mainland China in 2025.
func China2025() ([]Holiday, error) {
	rows, err := read(china2025, 4)
	if err != nil {
		return nil, err
	}
	out := make([]Holiday, len(rows))
	for i, row := range rows {
		if row[2] != "off" && row[2] != "worked" {
			return nil, fmt.Errorf("line %d: kind %q", i+2, row[2])
		}
		out[i] = Holiday{First: row[0], Last: row[1], Worked: row[2] == "worked", Name: row[3]}
	}
	return out, nil
}

// read returns the rows of a CSV file below its header.
func read(file string, columns int) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(file))
	r.FieldsPerRecord = columns
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	return rows[1:], nil
}
