package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// peers, of which the first has the answer that the others are held against.
var peers = []peer{
	{name: "naive Go", open: openNaive, single: true},
	{name: "kpi", open: openLibrary, reload: true},
	{name: "DuckDB", open: openDuckDB(false), engine: true},
	{name: "DuckDB textbook", open: openDuckDB(true), asked: []topic{triangle, weekly, funnel}},
	{name: "ClickHouse", open: openClickHouse(false), engine: true, missing: noLibchdb},
	{name: "ClickHouse by customer", open: openClickHouse(true), missing: noLibchdb, asked: []topic{triangle, weekly, funnel, rfm}},
	{name: "Polars", script: []string{"node", "peer_polars.mjs"}, missing: fails("node", "-e", "import('nodejs-polars')")},
	{name: "pandas", script: []string{python, "peer_pandas.py"}, missing: fails(python, "-c", "import pandas"), single: true},
}

// python is the one that Debian's packages belong to.
const python = "/usr/bin/python3"

// A cell is what came of one question to one peer.
type cell struct {
	peer
	byThreads map[int]measurement
}

// A section is one question with its answers, all of them equal.
type section struct {
	question
	cells []cell
}

type report struct {
	rows, customers, runs int
	appended              time.Duration
	threads               []int
	sections              []section
}

// put puts a question to all peers. It returns an error if an answer differs.
func (r *report) put(q question, only string, measure func(*peer, int) (measurement, error)) error {
	s := section{question: q}
	var want answer
	var errs []error
	for i := range peers {
		p := &peers[i]
		if i > 0 && !chosen(only, p.name) || !p.answers(q) || p.missing != nil && p.missing() != "" {
			continue
		}
		c := cell{*p, map[int]measurement{}}
		for _, t := range r.threads {
			if p.single && t != r.threads[0] {
				continue
			}
			m, err := measure(p, t)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s of %s: %w", q.name, p.name, err))
				continue
			}
			logf("%-20s %-24s threads %d: ingest %6.1f, question %6.1f ns a row", q.name, p.name, t,
				r.perRow(m.Ingest), r.perRow(m.Warm))
			if want == nil {
				want = m.Answer
			}
			if d := want.diff(m.Answer); d != "" {
				errs = append(errs, fmt.Errorf("%s of %s on %d threads, against %s:\n%s", q.name, p.name, t, peers[0].name, d))
			}
			c.byThreads[t] = m
		}
		s.cells = append(s.cells, c)
	}
	if len(want) == 0 {
		errs = append(errs, fmt.Errorf("%s: no answer", q.name))
	}
	r.sections = append(r.sections, s)
	return errors.Join(errs...)
}

func (p *peer) answers(q question) bool {
	return (p.asked == nil || slices.Contains(p.asked, q.topic)) && (q.ids != idScattered || p.inGo())
}

// perRow returns the median of times in nanoseconds a row.
func (r *report) perRow(times []int64) float64 {
	if len(times) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(times))
	return float64(s[(len(s)-1)/2]+s[len(s)/2]) / 2 / float64(r.rows)
}

// best returns the shortest time of the engines for a question.
func (r *report) best(s section, threads int) float64 {
	best := 0.0
	for _, c := range s.cells {
		if m, ok := c.byThreads[threads]; ok && c.engine {
			if t := r.perRow(m.Warm); best == 0 || t < best {
				best = t
			}
		}
	}
	if best == 0 && s.ids == idScattered { // to an engine these are the ids in order
		i := slices.IndexFunc(r.sections, func(o section) bool { return o.topic == s.topic && o.ids == idText })
		if i >= 0 {
			return r.best(r.sections[i], threads)
		}
	}
	return best
}

// String is the report as Markdown.
func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, Linux %s. %d rows of %d customers, medians of %d runs at most.\n",
		processor(), runtime.NumCPU(), runtime.GOARCH, r.rows, r.customers, r.runs)
	fmt.Fprintf(&b, "%s.\n", strings.Join(r.versions(), "; "))
	fmt.Fprintf(&b, "Through the appender of its Go driver, row by row, DuckDB took %.0f ns a row to ingest.\n", float64(r.appended)/float64(r.rows))
	for _, s := range r.sections {
		r.section(&b, s)
	}
	return b.String()
}

func (r *report) versions() (out []string) {
	seen := map[string]bool{}
	for _, s := range r.sections {
		for _, c := range s.cells {
			for _, m := range c.byThreads {
				if v := strings.Fields(c.name)[0] + " " + m.Version; !c.inGo() && !seen[v] {
					seen[v] = true
					out = append(out, v)
				}
			}
		}
	}
	return append(out, "Go "+strings.TrimPrefix(runtime.Version(), "go"))
}

func (r *report) section(b *strings.Builder, s section) {
	fmt.Fprintf(b, "\n### %s\n\n| ns a row, threads:", s.title)
	for _, column := range []string{"ingest", "question", "both", "times as fast"} {
		for _, t := range r.threads {
			fmt.Fprintf(b, " | %s, %d", column, t)
		}
	}
	b.WriteString(" | peak MB |\n|---" + strings.Repeat("|--:", 4*len(r.threads)+1) + "|\n")
	for _, c := range s.cells {
		r.line(b, s, c, c.name, func(m measurement) []int64 { return m.Warm })
		if c.reload && s.topic != sum && s.topic != percentiles {
			r.line(b, s, c, c.name+", first question", func(m measurement) []int64 { return m.Cold })
			r.line(b, s, c, c.name+", second question", func(m measurement) []int64 { return m.Second })
		}
	}
}

// line writes the times of one peer, of the first question after ingest or of
// others.
func (r *report) line(b *strings.Builder, s section, c cell, name string, of func(measurement) []int64) {
	columns := make([][]string, 4)
	peak := int64(0)
	for _, t := range r.threads {
		m, ok := c.byThreads[t]
		if !ok {
			for i := range columns {
				columns[i] = append(columns[i], "")
			}
			continue
		}
		question := r.perRow(of(m))
		ingest := r.perRow(m.Ingest)
		times := ""
		if best := r.best(s, t); best > 0 {
			times = fmt.Sprintf("%.1f", best/question)
		}
		for i, text := range []string{figure(ingest), figure(question), figure(ingest + question), times} {
			columns[i] = append(columns[i], text)
		}
		peak = max(peak, m.Peak-m.Base)
	}
	fmt.Fprintf(b, "| %s | %s | %d |\n", name, strings.Join(slices.Concat(columns...), " | "), peak>>20)
}

// figure has three digits.
func figure(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// processor names the CPU as Linux does.
func processor() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	_, after, _ := strings.Cut(string(b), "model name\t: ")
	name, _, _ := strings.Cut(after, "\n")
	if name == "" {
		return "An unnamed processor"
	}
	return name
}

const (
	begin = "<!-- begin: written by make bench-peers -->\n"
	end   = "<!-- end -->\n"
)

// write puts the report between the markers of a file.
func (r *report) write(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(b), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no markers", path)
	}
	return os.WriteFile(path, []byte(head+begin+"\n"+r.String()+"\n"+end+tail), 0o600)
}
