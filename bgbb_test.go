package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// donors are the parameters of the donations to six digits, as the walkthrough of BTYD
// 2.4.3 has them.
var donors = kpi.BGBB{Alpha: 1.203527640604, Beta: 0.749726039496, Gamma: 0.656780814064, Delta: 2.783795819349, Unit: kpi.Year}

func occasions(bought, last, n int) kpi.Occasions {
	return kpi.Occasions{Bought: bought, Last: last, N: n, Unit: kpi.Year}
}

// donations reads the histories of the 11,104 donors of 1995 over six years.
func donations(t testing.TB) []kpi.Occasions {
	t.Helper()
	var rows []kpi.Occasions
	total := int64(0)
	for _, row := range readTable(t, "data/donations_bgbb.csv") {
		o := occasions(int(number(t, row["frequency"])), int(number(t, row["recency"])), int(number(t, row["periods"])))
		o.Weight = int64(number(t, row["weights"]))
		rows, total = append(rows, o), total+o.Weight
	}
	require.Equal(t, int64(11104), total)
	return rows
}

func TestBGBBOracle(t *testing.T) {
	t.Parallel()
	asked := 0
	for _, row := range readTable(t, "clv/oracle_mpmath.csv") {
		if row["model"] != "BG/BB" {
			continue
		}
		p := parameters(t, row["params"])
		m := kpi.BGBB{Alpha: p["alpha"], Beta: p["beta"], Gamma: p["gamma"], Delta: p["delta"], Unit: kpi.Year}
		o := occasions(int(number(t, row["x"])), int(number(t, row["t_x"])), int(number(t, row["T"])))
		var got float64
		var err error
		switch row["quantity"] {
		case "p_alive_now":
			got, err = m.PAlive(o)
		case "expected_transactions":
			got, err = m.Expected(o, int(number(t, row["arg"])))
		case "DERT_annual_d":
			got, err = m.DERT(o, must(row["arg"]))
		default:
			require.Fail(t, row["quantity"])
		}
		closely(t, number(t, row["value"]), got, err, 1e-14, row)
		asked++
	}
	require.Equal(t, 88, asked)
}

// The published figures that clv/published_cases.json holds, at its tolerances.
func TestBGBBPublished(t *testing.T) {
	t.Parallel()
	// The 22 histories of six years, B. Hardie's spreadsheet for Fader, Hardie and
	// Shang (2010), from recency and frequency 6 down.
	want := []float64{
		-2.18167018824, -4.29485034929, -5.3847333436, -5.80915881601, -5.65172964525, -4.88370164695,
		-3.71682127437, -5.09558227343, -5.61576884108, -5.50636893346, -4.76723821904,
		-3.84829625138, -5.05936147828, -5.19562191019, -4.57070931973,
		-3.52745257839, -4.51620272962, -4.22465969453, -3.01199924784, -3.58817880928, -2.28882847451, -1.16751622367,
	}
	m := kpi.BGBB{Alpha: 1.204, Beta: 0.75, Gamma: 0.657, Delta: 2.783, Unit: kpi.Year}
	total, i := 0.0, 0
	ask := func(bought, last int) {
		o := occasions(bought, last, 6)
		got, err := m.LogLikelihood([]kpi.Occasions{o})
		closely(t, want[i], got, err, 1e-3, o)
		// Each may have happened in any order before the last purchase.
		ways := 1.0
		for k := 1; k < bought; k++ {
			ways *= float64(last-k) / float64(k)
		}
		total += ways * math.Exp(got)
		i++
	}
	for last := 6; last > 0; last-- {
		for bought := last; bought > 0; bought-- {
			ask(bought, last)
		}
	}
	ask(0, 0)
	require.Equal(t, len(want), i)
	require.InDelta(t, 1, total, 1e-14, "one of them was bound to happen")

	got, err := donors.Expected(occasions(0, 0, 0), 10)
	require.NoError(t, err)
	require.InDelta(t, 3.179805, got, 2e-6)
	got, err = donors.Expected(occasions(4, 5, 6), 10)
	require.NoError(t, err)
	require.InDelta(t, 3.627858, got, 2e-6)

	// What all donors together are expected to give in each of eleven years.
	last := 0.0
	for i, want := range []float64{5535.833, 4717.059, 4147.621, 3724.665, 3395.888, 3131.647, 2913.778, 2730.482, 2573.731, 2437.854, 2318.727} {
		now, err := donors.Expected(occasions(0, 0, 0), i+1)
		require.NoError(t, err)
		require.InDelta(t, want, 11104*(now-last), 0.05, i)
		last = now
	}
}

func TestFitBGBBDonations(t *testing.T) {
	t.Parallel()
	rows := donations(t)
	m, report, err := kpi.FitBGBB(rows, nil)
	require.NoError(t, err)
	for i, want := range []float64{1.203522, .749716, .656718, 2.783442} {
		closely(t, want, report.Parameters[i], nil, 1e-6, report.Names[i])
	}
	require.InDelta(t, -33225.581274, report.LogLikelihood, 1e-6)
	require.Less(t, report.Evaluations, 60)
	require.Empty(t, report.Warnings)
	require.Equal(t, int64(11104), report.N)
	require.Equal(t, kpi.Year, m.Unit)
	// BTYD's own.
	for i, want := range []float64{1.203507, 0.7497667, 0.6567568, 2.783887} {
		closely(t, want, report.Parameters[i], nil, 2e-4)
	}
	ll, err := m.LogLikelihood(rows)
	closely(t, report.LogLikelihood, ll, err, 1e-14)
	lower, err := donors.LogLikelihood(rows)
	require.NoError(t, err)
	require.Less(t, lower, ll)

	// Purchases in the next five years.
	total := 0.0
	for _, o := range rows {
		v, err := m.Expected(o, 5)
		require.NoError(t, err)
		total += v * float64(o.Weight)
	}
	require.InDelta(t, 12884.2, total, 0.5)

	// The order of the rows and the number of goroutines change no bit, and rows may be
	// split.
	split := append([]kpi.Occasions{}, rows...)
	split[3].Weight -= 70
	half := rows[3]
	half.Weight = 70
	split = append(split, half)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(split), func(i, j int) { split[i], split[j] = split[j], split[i] })
	for workers := 1; workers <= 3; workers++ {
		again, same, err := kpi.FitBGBB(split, &kpi.FitSettings{Workers: workers})
		require.NoError(t, err)
		require.Equal(t, m, again)
		require.Equal(t, report, same)
	}
}

func TestBGBBIdentities(t *testing.T) {
	t.Parallel()
	models := []kpi.BGBB{
		donors,
		{Alpha: 20, Beta: 3, Gamma: 1, Delta: 50, Unit: kpi.Year},
		{Alpha: 1e-9, Beta: 1e9, Gamma: 1e9, Delta: 1e-9, Unit: kpi.Year},
		{Alpha: 1e9, Beta: 1e9, Gamma: 1e-9, Delta: 1e-9, Unit: kpi.Year},
		{Alpha: 3, Beta: 1e-9, Gamma: 2, Delta: 1e9, Unit: kpi.Year},
	}
	histories := []kpi.Occasions{
		occasions(0, 0, 0), occasions(0, 0, 6), occasions(4, 5, 6), occasions(6, 6, 6), occasions(1, 1, 400), occasions(300, 390, 400),
	}
	for _, m := range models {
		for _, o := range histories {
			alive, err := m.PAlive(o)
			require.NoError(t, err)
			require.True(t, 0 <= alive && alive <= 1)
			if o.Last == o.N {
				require.Equal(t, 1.0, alive, "bought just now")
			}
			now, err := m.PAliveAt(o, 0)
			closely(t, alive, now, err, 0)
			later, err := m.PAliveAt(o, 3)
			require.NoError(t, err)
			require.LessOrEqual(t, later, alive)

			// The mean and the sum of the probabilities.
			const n = 30
			sum, mean := 0.0, 0.0
			for k := range n + 2 {
				p, err := m.PMF(o, k, n)
				require.NoError(t, err)
				require.True(t, 0 <= p && p <= 1)
				sum, mean = sum+p, mean+float64(k)*p
			}
			require.InDelta(t, 1, sum, 1e-12, "%+v, %+v", m, o)
			expected, err := m.Expected(o, n)
			closely(t, mean, expected, err, 1e-11, m, o)
			undiscounted, err := m.DERTWithin(o, kpi.Ratio{}, n)
			closely(t, expected, undiscounted, err, 0)

			// In the long run DERTWithin is DERT.
			for _, rate := range []string{"0.05", "0.1", "3"} {
				all, err := m.DERT(o, must(rate))
				require.NoError(t, err)
				within, err := m.DERTWithin(o, must(rate), 2000)
				closely(t, all, within, err, 1e-12, m, o)
				value, err := m.CLV(o, kpi.Whole(25), must(rate))
				require.NoError(t, err)
				require.InDelta(t, 25*all, value.InexactFloat64(), 5.1e-5)
			}
			if m.Gamma > 1 {
				all, err := m.DERT(o, kpi.Ratio{})
				x, N := float64(o.Bought), float64(o.N)
				closely(t, alive*(m.Alpha+x)/(m.Alpha+m.Beta+N)*(m.Delta+N)/(m.Gamma-1), all, err, 1e-13)
			}
		}
	}
	// A first occasion: alive and bought, by the means of both.
	p, err := donors.PMF(occasions(0, 0, 0), 1, 1)
	buys, stays := donors.Alpha/(donors.Alpha+donors.Beta), donors.Delta/(donors.Gamma+donors.Delta)
	closely(t, buys*stays, p, err, 1e-15)
	ll, err := donors.LogLikelihood([]kpi.Occasions{occasions(1, 1, 1)})
	closely(t, math.Log(buys*stays), ll, err, 1e-15)
	// Nobody has come to an occasion: nothing is known, and that for certain.
	ll, err = donors.LogLikelihood([]kpi.Occasions{occasions(0, 0, 0)})
	closely(t, 0, ll, err, 0)
}

// The next occasion divides what is expected by what may happen on it.
func TestBGBBSteps(t *testing.T) {
	t.Parallel()
	o := occasions(4, 5, 6)
	probability := func(o kpi.Occasions) float64 {
		ll, err := donors.LogLikelihood([]kpi.Occasions{o})
		require.NoError(t, err)
		return math.Exp(ll)
	}
	expected := func(o kpi.Occasions, n int) float64 {
		v, err := donors.Expected(o, n)
		require.NoError(t, err)
		return v
	}
	bought, not := occasions(5, 7, 7), occasions(4, 5, 7)
	p, q := probability(bought)/probability(o), probability(not)/probability(o)
	require.InDelta(t, 1, p+q, 1e-14)
	require.InDelta(t, expected(o, 1), p, 1e-14)
	require.InDelta(t, expected(o, 11), p*(1+expected(bought, 10))+q*expected(not, 10), 1e-13)
}

// Simulated customers of known parameters: the intervals of a fit hold them.
func TestFitBGBBRecovery(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	// Beta variates of whole shapes, as order statistics of uniform ones.
	beta := func(a, b int) float64 {
		var u []float64
		for range a + b - 1 {
			u = append(u, r.Float64())
		}
		for i := range u {
			for j := range i {
				if u[i] < u[j] {
					u[i], u[j] = u[j], u[i]
				}
			}
		}
		return u[a-1]
	}
	var rows []kpi.Occasions
	for range 20000 {
		p, theta := beta(2, 3), beta(1, 8)
		o := occasions(0, 0, 10)
		for k := 1; k <= o.N && r.Float64() >= theta; k++ {
			if r.Float64() < p {
				o.Bought, o.Last = o.Bought+1, k
			}
		}
		rows = append(rows, o)
	}
	_, report, err := kpi.FitBGBB(rows, nil)
	require.NoError(t, err)
	require.Empty(t, report.Warnings)
	for i, want := range []float64{2, 3, 1, 8} {
		limits, err := report.Interval(report.Names[i], 0.99)
		require.NoError(t, err)
		require.True(t, limits.Contains(want), "%s: %v", report.Names[i], limits)
		require.Less(t, limits.Hi/limits.Lo, 2.0)
	}
}

func TestBGBBErrors(t *testing.T) {
	t.Parallel()
	good := occasions(4, 5, 6)
	ten := kpi.Percent(10)
	asks := func(m kpi.BGBB, o kpi.Occasions, n, k int, annual kpi.Ratio) map[string]func() (float64, error) {
		return map[string]func() (float64, error){
			"BGBB.LogLikelihood": func() (float64, error) { return m.LogLikelihood([]kpi.Occasions{o}) },
			"BGBB.PAlive":        func() (float64, error) { return m.PAlive(o) },
			"BGBB.PAliveAt":      func() (float64, error) { return m.PAliveAt(o, n) },
			"BGBB.Expected":      func() (float64, error) { return m.Expected(o, n) },
			"BGBB.PMF":           func() (float64, error) { return m.PMF(o, k, n) },
			"BGBB.DERT":          func() (float64, error) { return m.DERT(o, annual) },
			"BGBB.DERTWithin":    func() (float64, error) { return m.DERTWithin(o, annual, n) },
			"BGBB.CLV": func() (float64, error) {
				v, err := m.CLV(o, kpi.Whole(1), annual)
				return v.InexactFloat64(), err
			},
		}
	}
	refuse := func(kind error, code kpi.Code, asks map[string]func() (float64, error), names ...string) {
		for name, ask := range asks {
			v, err := ask()
			if len(names) > 0 && !slices.Contains(names, name) {
				continue
			}
			e := requireError(t, err, kind)
			require.Equal(t, code, e.Code, name)
			require.Equal(t, name, e.Metric)
			require.Zero(t, v)
		}
	}
	for _, m := range []kpi.BGBB{
		{},
		{Alpha: 1, Beta: 1, Gamma: 1},
		{Alpha: math.NaN(), Beta: 1, Gamma: 1, Delta: 1},
		{Alpha: 1, Beta: math.Inf(1), Gamma: 1, Delta: 1},
		{Alpha: 1, Beta: 1, Gamma: -1, Delta: 1},
		{Alpha: 1, Beta: 1, Gamma: 1, Delta: 1e10},
		{Alpha: 1, Beta: 1, Gamma: 1, Delta: 1, Unit: 9},
	} {
		refuse(kpi.ErrInvalid, kpi.CodeOutOfRange, asks(m, good, 1, 1, ten))
	}
	for code, histories := range map[kpi.Code][]kpi.Occasions{
		kpi.CodeNegative:         {occasions(-1, 0, 6), occasions(0, -1, 6), {Weight: -1, Unit: kpi.Year}},
		kpi.CodePartExceedsWhole: {occasions(4, 3, 6), occasions(4, 7, 6), occasions(1, 0, 6)},
		kpi.CodeMismatch:         {occasions(0, 3, 6), {Bought: 4, Last: 5, N: 6, Unit: kpi.Month}},
		kpi.CodeOutOfRange:       {occasions(0, 0, -1), occasions(1, 1, 10_001), {N: 1, Unit: 9}},
	} {
		for _, o := range histories {
			refuse(kpi.ErrInvalid, code, asks(donors, o, 1, 1, ten))
		}
	}
	for _, n := range []int{-1, 10_001} {
		refuse(kpi.ErrInvalid, kpi.CodeOutOfRange, asks(donors, good, n, 1, ten), "BGBB.PAliveAt", "BGBB.Expected", "BGBB.PMF", "BGBB.DERTWithin")
	}
	refuse(kpi.ErrInvalid, kpi.CodeNegative, asks(donors, good, 1, -1, ten), "BGBB.PMF")
	refuse(kpi.ErrInvalid, kpi.CodeNegative, asks(donors, good, 1, 1, kpi.Percent(-1)), "BGBB.DERT", "BGBB.DERTWithin", "BGBB.CLV")
	refuse(kpi.ErrInvalid, kpi.CodeOutOfRange, asks(donors, good, 1, 1, must("1e-30")), "BGBB.DERT", "BGBB.CLV")
	refuse(kpi.ErrUndefined, kpi.CodeDiverges, asks(donors, good, 1, 1, kpi.Ratio{}), "BGBB.DERT", "BGBB.CLV")

	_, err := donors.LogLikelihood(nil)
	require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = donors.LogLikelihood([]kpi.Occasions{good, good, occasions(7, 7, 6)})
	require.Equal(t, 2, requireError(t, err, kpi.ErrInvalid).Index)
	many := good
	many.Weight = math.MaxInt64
	_, err = donors.LogLikelihood([]kpi.Occasions{many, good})
	require.Equal(t, kpi.CodeOverflow, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestFitBGBBRefuses(t *testing.T) {
	t.Parallel()
	monthly := occasions(1, 1, 3)
	monthly.Unit = kpi.Month
	unknown := occasions(1, 1, 3)
	unknown.Unit = -1
	for _, tt := range []struct {
		name string
		rows []kpi.Occasions
		kind error
		code kpi.Code
	}{
		{"no rows", nil, kpi.ErrUndefined, kpi.CodeNoData},
		{"two occasions", []kpi.Occasions{occasions(1, 1, 2), occasions(0, 0, 2), occasions(2, 2, 2)}, kpi.ErrUndefined, kpi.CodeTooFew},
		{"nobody bought", []kpi.Occasions{occasions(0, 0, 6), occasions(0, 0, 5)}, kpi.ErrUndefined, kpi.CodeNoSpread},
		{"everybody did, every time", []kpi.Occasions{occasions(6, 6, 6), occasions(5, 5, 5)}, kpi.ErrUndefined, kpi.CodeNoSpread},
		{"two units", []kpi.Occasions{occasions(1, 1, 3), monthly}, kpi.ErrInvalid, kpi.CodeMismatch},
		{"no unit", []kpi.Occasions{unknown}, kpi.ErrInvalid, kpi.CodeOutOfRange},
		{"not a history", []kpi.Occasions{occasions(1, 4, 3)}, kpi.ErrInvalid, kpi.CodePartExceedsWhole},
	} {
		m, report, err := kpi.FitBGBB(tt.rows, nil)
		require.Equal(t, tt.code, requireError(t, err, tt.kind).Code, tt.name)
		require.Equal(t, kpi.BGBB{}, m)
		require.Equal(t, kpi.FitReport{}, report)
	}
	// One customer, or customers who are all alike, do not tell how customers differ.
	for _, rows := range [][]kpi.Occasions{{occasions(2, 3, 4)}, {{Bought: 2, Last: 4, N: 4, Weight: 100}}} {
		_, report, err := kpi.FitBGBB(rows, nil)
		if err != nil {
			requireError(t, err, kpi.ErrNotConverged)
			continue
		}
		require.Contains(t, report.Warnings, kpi.CodeWeak)
	}
}

func TestOccasionsJSON(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(occasions(4, 5, 6))
	require.NoError(t, err)
	require.JSONEq(t, `{"bought": 4, "last": 5, "n": 6, "unit": "year"}`, string(data))
	var o kpi.Occasions
	require.NoError(t, json.Unmarshal([]byte(`{"bought": 1, "last": 2, "n": 6, "weight": 277, "unit": "year"}`), &o))
	require.Equal(t, kpi.Occasions{Bought: 1, Last: 2, N: 6, Weight: 277, Unit: kpi.Year}, o)
	data, err = json.Marshal(donors)
	require.NoError(t, err)
	var m kpi.BGBB
	require.NoError(t, json.Unmarshal(data, &m))
	require.Equal(t, donors, m)
}

// Whatever the parameters, the history and the question, an answer is finite and in its
// bounds, or there is an error.
func FuzzBGBB(f *testing.F) {
	f.Add(1.2, 0.75, 0.66, 2.78, 4, 5, 6, 10, 3, "0.1")
	f.Add(1e-9, 1e9, 1e9, 1e-9, 0, 0, 10_000, 10_000, 0, "1e-20")
	f.Add(1e9, 1e-9, 1e-9, 1e9, 1, 1, 10_000, 1, 1, "0")
	f.Add(1e-9, 1e-9, 2.0, 1e-9, 5000, 5000, 10_000, 10_000, 9_999, "0")
	f.Add(math.NaN(), -1.0, math.Inf(1), 0.0, -1, 7, 6, -1, -1, "-1")
	f.Fuzz(func(t *testing.T, alpha, beta, gamma, delta float64, bought, last, n, next, k int, annual string) {
		rate, err := kpi.ParseRatio(annual)
		if err != nil {
			return
		}
		m := kpi.BGBB{Alpha: alpha, Beta: beta, Gamma: gamma, Delta: delta}
		o := kpi.Occasions{Bought: bought, Last: last, N: n}
		value := func(v float64, err error) float64 {
			if !refused(t, err) {
				require.Zero(t, v)
			}
			require.True(t, 0 <= v && v <= math.MaxFloat64, "%v of %+v, %+v", v, m, o)
			return v
		}
		alive, later := value(m.PAlive(o)), value(m.PAliveAt(o, next))
		require.True(t, alive <= 1 && later <= alive)
		require.LessOrEqual(t, value(m.PMF(o, k, next)), 1.0)
		expected := value(m.Expected(o, next))
		require.LessOrEqual(t, expected, math.Max(0, float64(next))*(1+1e-12))
		require.LessOrEqual(t, value(m.DERTWithin(o, rate, next)), expected*(1+1e-12))
		value(m.DERT(o, rate))
		v, err := m.LogLikelihood([]kpi.Occasions{o})
		value(math.Max(0, -v), err)
		require.LessOrEqual(t, v, 1e-9)
	})
}

// Whatever the histories, a fit ends in an error or in a model that can be asked.
func FuzzFitBGBB(f *testing.F) {
	f.Add([]byte{0, 0, 6, 200, 1, 1, 6, 90, 4, 5, 6, 40, 6, 6, 6, 70})
	f.Add([]byte{2, 3, 4, 1})
	f.Add([]byte{3, 3, 3, 9, 1, 3, 3, 0, 0, 0, 9, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var rows []kpi.Occasions
		for ; len(data) >= 4 && len(rows) < 20; data = data[4:] {
			rows = append(rows, kpi.Occasions{Bought: int(data[0]), Last: int(data[1]), N: int(data[2]), Weight: int64(data[3])})
		}
		m, report, err := kpi.FitBGBB(rows, nil)
		if !refused(t, err) {
			return
		}
		v, err := m.PAlive(kpi.Occasions{N: 1})
		require.NoError(t, err)
		require.True(t, 0 <= v && v <= 1)
		require.False(t, math.IsNaN(report.LogLikelihood) || math.IsInf(report.LogLikelihood, 0))
		ll, err := m.LogLikelihood(rows)
		closely(t, report.LogLikelihood, ll, err, 1e-9)
	})
}
