package main

import (
	"context"
	"fmt"
	"io"

	"github.com/customerkpi/kpi"
)

// warnings lists whose silence is no chance: each customer's last year against the
// three before it, day by day as all customers bought, since sales rise every year.
func warnings(w io.Writer, log *kpi.Log) error {
	list, err := log.Warnings(context.Background(), kpi.WarningSpec{
		AsOf: asOf, Recent: 365, Level: 0.05, Pooled: true,
	})
	if err != nil {
		return err
	}
	t := heading(w, "Early warnings (流失自动预警)",
		"Days with an order in 2017 against those to be expected by a customer's own years\nbefore; a warning is what chance does not explain, among so many, at a level of 5%.",
		"customer\texpected\tseen\tchance\tin the list\tfinding")
	for i := 0; i < len(list.Rows) && i < 8; i++ {
		r := list.Rows[i]
		fmt.Fprintf(t, "%s\t%.1f\t%d\t%.4f\t%.2f\t%s\t\n", r.ID, r.Expected, r.Seen, r.P, r.Adjusted, r.Status)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d warned, %d tested and not, %d lapsed; %d have too little history, and are not known to be safe.\n",
		list.Count(kpi.Warned), list.Count(kpi.NotWarned), list.Count(kpi.Lapsed), list.Count(kpi.TooLittleHistory))
	return nil
}
