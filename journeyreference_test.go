package kpi_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// readJSON reads a file of KPI_REFERENCE, or skips.
func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	dir := os.Getenv("KPI_REFERENCE")
	if dir == "" {
		t.Skip("KPI_REFERENCE is not set")
	}
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, into))
}

// otherMeaning are the cases whose numbers differ from the library's, with what it
// answers instead, and why.
var otherMeaning = map[string]struct {
	counts []int64 // nil: refused
	why    string
}{
	"exclusion drops the person even with no end event inside the window": {
		[]int64{4, 1},
		"there, who meets an exclusion is out of the funnel; here the chain ends, and the entrant stays",
	},
	"exclusion x between step 0 and 1": {[]int64{3, 2, 2, 2, 2}, "likewise: p3 entered"},
	"exclusion x between step 2 and 3": {[]int64{3, 3, 3, 1, 1}, "likewise: p1 and p2 reached the third step"},
	"exclusion x between step 1 and 3": {[]int64{3, 3, 2, 1, 1}, "likewise: p1 reached the second step, p2 the third"},
	"unordered: exclusion after completion does not exclude": {
		nil, "there, exclusions go with any order; here there is no step to stand between, and they are refused",
	},
}

func TestJourneyReference(t *testing.T) {
	t.Parallel()
	var file struct {
		Cases []struct {
			Name       string
			Order      string
			Steps      []string
			Window     *int64 `json:"window_seconds"`
			Exclusions []struct {
				Event string
				From  int `json:"from_step"`
				To    int `json:"to_step"`
			}
			People map[string][]struct {
				T int
				E string
			}
			Counts   []int64          `json:"expected_counts"`
			AtStep   map[int][]string `json:"expected_people_at_step"`
			Seconds  map[string][]any `json:"expected_conversion_seconds"`
			Error    bool             `json:"expected_error"`
			OfFirst  []string         `json:"expected_pct_of_first"`
			OfBefore []string         `json:"expected_pct_of_previous"`
		}
	}
	readJSON(t, "metrics/funnel_posthog.json", &file)
	other := 0
	for _, c := range file.Cases {
		s := kpi.FunnelSpec{Window: 1000 * time.Hour, AsOf: instantOf(1e8)}
		if c.Window != nil {
			s.Window = time.Duration(*c.Window) * time.Second
		}
		s.Mode = map[string]kpi.FunnelMode{"ordered": kpi.Ordered, "strict": kpi.Adjacent, "unordered": kpi.Unordered}[c.Order]
		for _, name := range c.Steps {
			if name == "*" {
				s.Steps = append(s.Steps, kpi.Step{})
			} else {
				s.Steps = append(s.Steps, stepsOf(name)...)
			}
		}
		for _, x := range c.Exclusions {
			s.Exclusions = append(s.Exclusions, kpi.Exclusion{Events: []string{x.Event}, After: x.From, Before: x.To})
		}
		var l kpi.Log
		depth := map[string]int{}
		for name, events := range c.People {
			var own []kpi.Event
			for _, e := range events {
				own = append(own, kpi.Event{Customer: name, Name: e.E, At: instantOf(e.T)})
				require.NoError(t, l.Add(own[len(own)-1]))
			}
			o, err := s.Customer(own)
			if err == nil {
				depth[name] = o.Depth
			}
		}
		f, err := l.Funnel(t.Context(), s)
		differs, known := otherMeaning[c.Name]
		if known {
			other++
			t.Logf("%s: %s", c.Name, differs.why)
		}
		if c.Error || known && differs.counts == nil {
			requireError(t, err, kpi.ErrInvalid)
			continue
		}
		require.NoError(t, err, c.Name)
		want := c.Counts
		if known {
			want = differs.counts
		}
		for i, stage := range f.Stages {
			require.Equal(t, want[i], stage.N, "%s, stage %d", c.Name, i)
		}
		if known {
			continue
		}
		for step, names := range c.AtStep {
			for _, name := range names {
				require.GreaterOrEqual(t, depth[name], step, c.Name)
			}
		}
		for i, share := range c.OfFirst {
			p := kpi.Proportion{K: f.Stages[i].N, N: f.Stages[0].N}
			requireRatio(t, must(share).String(), kpi.Must(p.Ratio()), nil)
		}
		for i, share := range c.OfBefore {
			if i > 0 {
				p, err := f.Step(i)
				require.NoError(t, err)
				requireRatio(t, must(share).String(), kpi.Must(p.Ratio()), nil)
			}
		}
		for i, seconds := range c.Seconds["avg"] {
			want, ok := seconds.(float64)
			if !ok {
				continue
			}
			if strings.HasPrefix(c.Name, "unordered conversion times") && i == 1 {
				// There, 5400 is of all who got so far; here, 7200 is of those who
				// converted.
				want = 7200
			}
			d, err := f.TimeTo(i)
			require.NoError(t, err)
			m, err := d.Mean()
			require.NoError(t, err)
			require.InDelta(t, want, kpi.Must(m.Ratio()).Float64(), 0, c.Name)
			if c.Seconds["median"] != nil {
				require.InDelta(t, c.Seconds["median"][i], kpi.Must(d.Quantile(kpi.Percent(50), kpi.Type1)).Float64(), 0)
			}
		}
	}
	require.Len(t, otherMeaning, other, "a case has gone")
}

// The file bins the times, each bin from its edge on; a bin is the difference of
// what is within two targets.
func TestTimeToConvertReference(t *testing.T) {
	t.Parallel()
	var file struct {
		Histograms []struct {
			Name    string
			Times   []int `json:"times_seconds"`
			Average float64
			Bins    [][]float64 `json:"expected_bins"`
		}
	}
	readJSON(t, "metrics/time_to_convert_posthog.json", &file)
	require.NotEmpty(t, file.Histograms)
	for _, h := range file.Histograms {
		same := strings.HasPrefix(h.Name, "same event")
		steps := "sign-up order paid"
		if same {
			steps = "visit visit visit"
		}
		var l kpi.Log
		for i, n := range h.Times {
			for k, name := range strings.Fields(steps) {
				require.NoError(t, l.Add(kpi.Event{Customer: string(rune('A' + i)), Name: name, At: instantOf(n * k / 2)}))
			}
		}
		f := askedFunnel(t, &l, kpi.FunnelSpec{Steps: stepsOf(steps), Window: 14 * 24 * time.Hour, AsOf: instantOf(1e8)})
		d, err := f.TimeToConvert()
		require.NoError(t, err)
		m, err := d.Mean()
		require.NoError(t, err)
		require.InDelta(t, h.Average, kpi.Must(m.Ratio()).Float64(), 0)
		least, err := d.Min()
		require.NoError(t, err)
		require.InDelta(t, h.Bins[0][0], least.Seconds(), 0)
		left := m.N
		for _, bin := range slices.Backward(h.Bins) {
			p, err := d.Within(time.Duration(bin[0])*time.Second - 1)
			require.NoError(t, err)
			require.InDelta(t, bin[1], left-p.K, 0, h.Name)
			left = p.K
		}
		require.Zero(t, left)
	}
}
