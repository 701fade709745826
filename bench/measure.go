package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A peer is something that answers questions: in this program, if it has open,
// and otherwise as a script.
type peer struct {
	name    string // as shown
	open    func(job) (subject, error)
	script  []string
	missing func() string // why it cannot run here, or ""
	engine  bool          // one of those to beat
	single  bool          // it has one thread
	reload  bool          // the first question after ingest differs from later ones
	asked   []topic       // what it is asked, everything if nil
}

// inGo reports whether the peer reads strings of Go, which may be scattered.
func (p *peer) inGo() bool { return p.name == "kpi" || p.name == "naive Go" }

// fails makes a peer.missing of a command.
func fails(command ...string) func() string {
	return sync.OnceValue(func() string {
		if err := exec.Command(command[0], command[1:]...).Run(); err != nil {
			return fmt.Sprintf("%s: %v", strings.Join(command, " "), err)
		}
		return ""
	})
}

// A subject is a peer with its rows before it.
type subject interface {
	version() string
	// load ingests the rows anew.
	load() error
	// ask answers; what it returns puts the answer into the form to compare.
	ask() (func() (answer, error), error)
	close() error
}

// A measurement is what came of a job. Times are in nanoseconds.
type measurement struct {
	Version string  `json:"version"`
	Ingest  []int64 `json:"ingest"`
	Cold    []int64 `json:"cold"` // the first question after ingest
	Second  []int64 `json:"second,omitempty"`
	Warm    []int64 `json:"warm"` // later ones
	Base    int64   `json:"base"` // bytes resident before ingest
	Peak    int64   `json:"peak"` // and at most
	Answer  answer  `json:"answer"`
}

// measure runs a job in a process of its own.
func (p *peer) measure(j job) (m measurement, err error) {
	args := p.script
	if p.open != nil {
		self, err := os.Executable()
		if err != nil {
			return m, err
		}
		args = []string{
			self, "-peer", p.name, "-questions", j.question.name, "-data", j.dir, "-threads", strconv.Itoa(j.threads),
			"-runs", strconv.Itoa(j.runs), "-budget", j.budget.String(),
		}
	} else {
		args = append(slices.Clip(args), j.dir, j.question.name, j.question.order,
			strconv.Itoa(j.runs), strconv.FormatFloat(j.budget.Seconds(), 'f', -1, 64))
	}
	threads := strconv.Itoa(j.threads)
	c := exec.Command(args[0], args[1:]...)
	for _, name := range []string{"GOMAXPROCS", "POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"} {
		c.Env = append(c.Env, name+"="+threads)
	}
	c.Env = append(os.Environ(), c.Env...)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		return m, fmt.Errorf("%w: %s", err, said.Bytes())
	}
	return m, json.Unmarshal(out.Bytes(), &m)
}

// here runs a job in this process.
func (p *peer) here(j job) (m measurement, err error) {
	s, err := p.open(j)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	m.Version = s.version()
	debug.FreeOSMemory()
	m.Base = resident("VmRSS")
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // VmHWM begins anew, where that is allowed
	begin := time.Now()
	more := func(run int, budget time.Duration) bool {
		return run == 0 || run < j.runs && time.Since(begin) < budget
	}
	for run := 0; more(run, j.budget/2) && (run == 0 || p.reload); run++ {
		if f, ok := s.(interface{ forget() }); ok {
			f.forget() // the rows before, which a program would not have
		}
		runtime.GC()
		if err := clock(&m.Ingest, s.load); err != nil {
			return m, err
		}
		if err := m.ask(s, &m.Cold); err != nil {
			return m, err
		}
	}
	if p.reload {
		if err := m.ask(s, &m.Second); err != nil {
			return m, err
		}
	}
	for run := 0; more(run, j.budget); run++ {
		if err := m.ask(s, &m.Warm); err != nil {
			return m, err
		}
	}
	m.Peak = resident("VmHWM")
	return m, nil
}

func clock(into *[]int64, f func() error) error {
	start := time.Now()
	err := f()
	*into = append(*into, time.Since(start).Nanoseconds())
	return err
}

// ask puts the question once, and holds the answer against the one before.
func (m *measurement) ask(s subject, into *[]int64) error {
	var form func() (answer, error)
	err := clock(into, func() (err error) {
		form, err = s.ask()
		return err
	})
	if err != nil {
		return err
	}
	a, err := form()
	if err != nil {
		return err
	}
	if m.Answer != nil {
		if d := m.Answer.diff(a); d != "" {
			return fmt.Errorf("another answer to the same question:\n%s", d)
		}
	}
	m.Answer = a
	return nil
}

// resident returns a size of this process from Linux in bytes, 0 elsewhere.
func resident(field string) int64 {
	b, _ := os.ReadFile("/proc/self/status")
	_, after, _ := strings.Cut(string(b), "\n"+field+":")
	kb, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	n, _ := strconv.ParseInt(kb, 10, 64)
	return n * 1024
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
