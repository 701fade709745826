// Command bench puts the same questions about the same rows to this library and
// to its peers, on the same machine and threads in one run, compares all answers
// in full, and only then prints times. README.md says how.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// A job is one question put to one peer, in a process of its own.
type job struct {
	dir      string // of write
	question question
	threads  int
	runs     int
	budget   time.Duration // after which no further run begins
}

type topic int

const (
	triangle topic = iota
	weekly
	funnel
	rfm
	percentiles
	sum
)

type idKind int

const (
	idNumber idKind = iota
	idText
	idScattered
)

type question struct {
	name  string
	title string
	topic topic
	order string // the folder of the rows
	ids   idKind
}

var questions = []question{
	{"triangle", "Cohort triangle by month, number ids", triangle, "ordered", idNumber},
	{"triangle-text", "Cohort triangle by month, text ids in order", triangle, "ordered", idText},
	{"triangle-scattered", "Cohort triangle by month, text ids scattered", triangle, "ordered", idScattered},
	{"weekly", "Cohort triangle by week with money", weekly, "ordered", idNumber},
	{"funnel", "Funnel of 4 steps in 7 days, rows in order", funnel, "ordered", idNumber},
	{"funnel-shuffled", "Funnel of 4 steps in 7 days, rows shuffled", funnel, "shuffled", idNumber},
	{"rfm", "RFM quintiles", rfm, "ordered", idNumber},
	{"percentiles", "Five exact percentiles", percentiles, "", idNumber},
	{"sum", "Exact sum of money", sum, "", idNumber},
}

// shares are the percentiles, in per cent.
var shares = []int{50, 75, 90, 95, 99}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	rows := flag.Int("rows", 10_000_000, "events, a multiple of 100")
	customers := flag.Int("customers", 0, "customers, 0 for a tenth of the rows")
	runs := flag.Int("runs", 5, "samples of each time, of which the median counts")
	budget := flag.Duration("budget", 8*time.Second, "no further sample of a time after so long, or a quarter of it")
	threads := flag.String("threads", "1,2", "numbers of threads")
	only := flag.String("peers", "", "peers to run, all that are installed if empty")
	ask := flag.String("questions", "", "questions to put, all if empty")
	data := flag.String("data", "", "folder to keep the rows in, a temporary one if empty")
	into := flag.String("report", "", "a Markdown file to write the tables into, between its markers")
	self := flag.String("peer", "", "put one question, to this peer, in this process")
	flag.Parse()

	if *self != "" {
		return child(*self, *ask, *data, *threads, *runs, *budget)
	}
	dir := *data
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "kpi-bench-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	}
	if *customers == 0 {
		*customers = *rows / 10
	}
	appended, err := prepare(dir, *rows, *customers)
	if err != nil {
		return err
	}
	r := report{rows: *rows, customers: *customers, runs: *runs, appended: appended}
	for t := range strings.SplitSeq(*threads, ",") {
		r.threads = append(r.threads, number(t))
	}
	for i := range peers {
		if m := peers[i].missing; m != nil && m() != "" {
			logf("%s is not here: %s", peers[i].name, m())
		}
	}
	var errs []error
	for _, q := range questions {
		if !chosen(*ask, q.name) {
			continue
		}
		errs = append(errs, r.put(q, *only, func(p *peer, threads int) (measurement, error) {
			j := job{dir, q, threads, *runs, *budget}
			if !p.engine && !p.reload {
				j.budget /= 4 // the others are far behind
			}
			return p.measure(j)
		}))
	}
	if err := errors.Join(errs...); err != nil {
		return err // and no times
	}
	if *into == "" {
		fmt.Print(r.String())
		return nil
	}
	return r.write(*into)
}

// prepare makes the rows in dir, unless they are there.
func prepare(dir string, rows, customers int) (appended time.Duration, err error) {
	mark := fmt.Sprintf("%s/rows-%d-%d", dir, rows, customers)
	if b, err := os.ReadFile(mark); err == nil {
		return time.ParseDuration(string(b))
	}
	if rows%100 != 0 || customers > rows || customers < 1 {
		return 0, fmt.Errorf("%d rows of %d customers: rows in hundreds, and one customer at least, please", rows, customers)
	}
	start := time.Now()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	if err := write(dir, generate(rows, customers)); err != nil {
		return 0, err
	}
	if appended, err = writeParquet(dir); err != nil {
		return 0, err
	}
	logf("rows made in %s", time.Since(start).Round(time.Millisecond))
	return appended, os.WriteFile(mark, []byte(appended.String()), 0o600)
}

// child answers one question and writes the measurement to standard output.
func child(name, ask, dir, threads string, runs int, budget time.Duration) error {
	i := slices.IndexFunc(peers, func(p peer) bool { return p.name == name && p.open != nil })
	j := slices.IndexFunc(questions, func(q question) bool { return q.name == ask })
	if i < 0 || j < 0 {
		return fmt.Errorf("no peer %s or no question %s", name, ask)
	}
	m, err := peers[i].here(job{dir, questions[j], number(threads), runs, budget})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(m)
}

// chosen reports whether name is in a list, or the list is empty.
func chosen(list, name string) bool {
	return list == "" || slices.Contains(strings.Split(list, ","), name)
}

func logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
