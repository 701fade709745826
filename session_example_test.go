package kpi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/customerkpi/kpi"
)

// browsing asks a log of page views of three customers on two days, at minutes of
// the first.
func browsing() (*kpi.Sessions, error) {
	first := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	views := []struct {
		who    string
		minute int
	}{
		{"Ann", 600},
		{"Ann", 603},
		{"Ann", 610},
		{"Ann", 1200}, // later that day, and one page only
		{"Bob", 700},
		{"Bob", 705},
		{"Ann", 2000},
		{"Cid", 2870}, // ten minutes before the log ends: still there?
	}
	var log kpi.Log
	for i := 0; i < len(views); i++ {
		at := first.Add(time.Duration(views[i].minute) * time.Minute)
		if err := log.Add(kpi.Event{Customer: views[i].who, Name: "view", At: at}); err != nil {
			return nil, err
		}
	}
	return log.Sessions(context.Background(), kpi.SessionSpec{
		AsOf: first.AddDate(0, 0, 2),
		Gap:  30 * time.Minute,
	})
}

// A visit that may go on is open, and its day is not final.
func ExampleLog_Sessions() {
	sessions, err := browsing()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(sessions)
	// Output:
	// day         visitors  visits  per visitor   pages  dwell, s   bounces  open
	// 2026-03-02         2       3         1.50    2.00    450.00     33.3%     0
	// 2026-03-03       (1)     (1)       (1.00)  (1.00)         –  (100.0%)   (1)
}

// How long anybody looked at the only page is not known. Counted as 0, it would make
// 5 minutes of 7½.
func ExampleSessions_Dwell() {
	sessions, err := browsing()
	if err != nil {
		fmt.Println(err)
		return
	}
	dwell, err := sessions.Dwell(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, err := dwell.Ratio()
	if err != nil {
		fmt.Println(err)
		return
	}
	bounces, err := sessions.BounceShare(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f s over %d visits; %s had one page\n", mean, dwell.N, bounces)
	// Output: 450 s over 2 visits; 1/3 had one page
}
