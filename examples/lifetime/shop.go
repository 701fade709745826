package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// The made-up shop: customers of three kinds of appetite, drawn day by day in whole
// numbers, so that every machine draws the same. On any day one may leave for good
// without a word; some are quicker to go than others.
var (
	appetite = []int{4, 15, 40} // days with an order, of a thousand
	leaving  = []int{1, 4, 20}  // days on which one would leave, of a thousand
)

const madeUp = 400

// generate returns the shop's orders of 2024 and 2025; all customers came in 2024.
func generate() (*kpi.Log, error) {
	rng := rand.New(rand.NewPCG(7, 1))
	log := new(kpi.Log)
	for i := 0; i < madeUp; i++ {
		rate, leave := appetite[rng.IntN(3)], leaving[rng.IntN(3)]
		size := 20 + rng.IntN(60)
		for day, orders := rng.IntN(366), 0; day < 731; day++ {
			if orders > 0 && rng.IntN(1000) < leave {
				break
			}
			if orders > 0 && rng.IntN(1000) >= rate {
				continue
			}
			orders++
			amount := decimal.NewFromInt(int64(size/2 + rng.IntN(size)))
			e := kpi.Event{Customer: fmt.Sprintf("C-%03d", i), Name: "order", At: time.Date(2024, 1, 1+day, 0, 0, 0, 0, time.UTC), Amount: amount}
			if err := log.Add(e); err != nil {
				return nil, err
			}
		}
	}
	return log, nil
}
