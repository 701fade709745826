package kpi_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var (
	_ = obey(law[kpi.Mean]{
		name: "Mean",
		random: func(r *rand.Rand) kpi.Mean {
			values := make([]decimal.Decimal, r.IntN(6))
			for i := range values {
				values[i] = decimal.New(r.Int64N(2e6)-1e6, int32(r.IntN(7)-4))
			}
			m, err := kpi.MeanOf(values)
			if err != nil {
				panic(err)
			}
			return m
		},
		merge: mergeMeans,
		same:  sameMean,
		bad: []kpi.Mean{
			{N: -1},
			{Sum: decimal.New(1, 0)},
			{Squares: decimal.New(1, 0)},
			{N: 1, Squares: decimal.New(-1, 0)},
			{N: 2, Sum: decimal.New(4, 0), Squares: decimal.New(7, 0)}, // 2·7 < 4²
		},
		clash: [][2]kpi.Mean{
			{{N: 1, Sum: powerOfTen(399), Squares: powerOfTen(798)}, {N: 1, Sum: decimal.New(1, -1), Squares: decimal.New(1, -2)}},
			{{N: math.MaxInt64}, {N: 1}},
			{{N: 1, High: decimal.New(1, 0)}, {N: 1}},
			{{N: 1, High: decimal.New(1, 0)}, {N: 1, High: decimal.New(2, 0)}},
			{{N: 1, High: decimal.New(1, 0)}, {N: 1, Low: decimal.New(-1, 0), High: decimal.New(1, 0)}},
		},
	})
	_ = obey(law[kpi.Mean]{
		name: "Mean on a scale",
		random: func(r *rand.Rand) kpi.Mean {
			c := kpi.CSAT{Counts: [11]int64{1: 1}}
			for score := 1; score <= 5; score++ {
				c.Counts[score] += r.Int64N(100)
			}
			m, err := c.Mean()
			if err != nil {
				panic(err)
			}
			return m
		},
		merge: mergeMeans,
		same:  sameMean,
		bad: []kpi.Mean{
			scored(1, "6", "36"), scored(1, "0", "0"), scored(3, "16", "100"),
			scored(2, "6", "1000"), scored(2, "6", "27"), // a 1 and a 5 have 26
			scored(2, "6", "17"), // two threes have 18
			{N: 1, Sum: decimal.New(3, 0), Squares: decimal.New(9, 0), Low: decimal.New(5, 0), High: decimal.New(1, 0)},
			{Low: decimal.New(1, 0)},
		},
	})
)

func mergeMeans(dst *kpi.Mean, src kpi.Mean) error {
	m, err := dst.Merge(src)
	*dst = m // also after an error, which has to leave it as it was
	return err
}

func sameMean(t *testing.T, want, got kpi.Mean) {
	t.Helper()
	require.Equal(t, want.N, got.N)
	for _, p := range [][2]decimal.Decimal{
		{want.Sum, got.Sum}, {want.Squares, got.Squares}, {want.Low, got.Low}, {want.High, got.High},
	} {
		require.True(t, p[0].Equal(p[1]), "%v, not %v", p[1], p[0])
	}
}

// observations returns the decimals that texts spell.
func observations(texts ...string) []decimal.Decimal {
	ds := make([]decimal.Decimal, len(texts))
	for i, s := range texts {
		ds[i] = decimal.RequireFromString(s)
	}
	return ds
}

// scored returns a mean on the scale 1 to 5.
func scored(n int64, sum, squares string) kpi.Mean {
	ds := observations(sum, squares, "1", "5")
	return kpi.Mean{N: n, Sum: ds[0], Squares: ds[1], Low: ds[2], High: ds[3]}
}

func TestMeanOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		values         []decimal.Decimal
		mean, variance string
	}{
		{"textbook", observations("2", "4", "4", "4", "5", "5", "7", "9"), "5", "32/7"},
		{"fractions", observations("0.1", "0.2", "0.3"), "0.2", "0.01"},
		{"negative", observations("-1.5", "1.5"), "0", "4.5"},
		{"equal", observations("3.3", "3.30", "3.300"), "3.3", "0"},
		{"one", observations("7"), "7", ""},
		// The textbook formula in float64 gives 0 or worse.
		{"far from zero", observations("1000000000000.1", "1000000000000.2", "1000000000000.3"), "1000000000000.2", "0.01"},
		{"widest", []decimal.Decimal{decimal.New(1, 64), decimal.New(-1, 64)}, "0", "2" + strings.Repeat("0", 128)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := kpi.MeanOf(tt.values)
			require.NoError(t, err)
			require.Equal(t, int64(len(tt.values)), m.N)
			r, err := m.Ratio()
			requireRatio(t, tt.mean, r, err)
			v, err := m.Variance()
			if tt.variance == "" {
				require.Equal(t, kpi.CodeTooFew, requireError(t, err, kpi.ErrUndefined).Code)
				return
			}
			requireRatio(t, must(tt.variance).String(), v, err)
		})
	}
}

// Merging two groups is the same as observing them together.
func TestMeanMerge(t *testing.T) {
	t.Parallel()
	values := observations("1", "2.5", "-3", "10", "0.001", "1e3")
	all, err := kpi.MeanOf(values)
	require.NoError(t, err)
	for cut := range len(values) + 1 {
		a, err := kpi.MeanOf(values[:cut])
		require.NoError(t, err)
		b, err := kpi.MeanOf(values[cut:])
		require.NoError(t, err)
		m, err := a.Merge(b)
		require.NoError(t, err)
		sameMean(t, all, m)
	}
}

func TestMeanErrors(t *testing.T) {
	t.Parallel()
	one := decimal.New(1, 0)
	tests := []struct {
		name  string
		m     kpi.Mean
		code  kpi.Code
		kind  error
		least int64 // observations that only Variance and Interval need
	}{
		{"nothing", kpi.Mean{}, kpi.CodeNoData, kpi.ErrUndefined, 1},
		{"one", kpi.Mean{N: 1, Sum: one, Squares: one}, kpi.CodeTooFew, kpi.ErrUndefined, 2},
		{"negative", kpi.Mean{N: -1}, kpi.CodeNegative, kpi.ErrInvalid, 1},
		{"a sum of nothing", kpi.Mean{Sum: one}, kpi.CodeMismatch, kpi.ErrInvalid, 1},
		{"negative squares", kpi.Mean{N: 1, Squares: one.Neg()}, kpi.CodeMismatch, kpi.ErrInvalid, 1},
		{"squares too small", kpi.Mean{N: 2, Sum: decimal.New(4, 0), Squares: decimal.New(7, 0)}, kpi.CodeMismatch, kpi.ErrInvalid, 1},
		{"above the scale", scored(1, "6", "36"), kpi.CodeOutOfScale, kpi.ErrInvalid, 1},
		{"below the scale", scored(1, "0.5", "0.25"), kpi.CodeOutOfScale, kpi.ErrInvalid, 1},
		{"a square above the scale", scored(2, "6", "1000"), kpi.CodeOutOfScale, kpi.ErrInvalid, 1},
		{"bounds the wrong way round", kpi.Mean{N: 1, Low: one}, kpi.CodeOutOfRange, kpi.ErrInvalid, 1},
		{"a huge sum", kpi.Mean{N: 1, Sum: decimal.New(1, 20000000)}, kpi.CodeTooLarge, kpi.ErrInvalid, 1},
		{"a tiny sum", kpi.Mean{N: 1, Sum: decimal.New(1, -20000000)}, kpi.CodeTooLarge, kpi.ErrInvalid, 1},
		{"huge squares", kpi.Mean{N: 1, Squares: decimal.New(1, math.MaxInt32)}, kpi.CodeTooLarge, kpi.ErrInvalid, 1},
		{"a tiny bound", kpi.Mean{N: 1, Low: decimal.New(1, math.MinInt32)}, kpi.CodeTooLarge, kpi.ErrInvalid, 1},
		{"a huge bound", kpi.Mean{N: 1, High: decimal.New(1, 20000000)}, kpi.CodeTooLarge, kpi.ErrInvalid, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, ask := range map[string]func() error{
				"Mean.Ratio":    func() error { _, err := tt.m.Ratio(); return err },
				"Mean.Variance": func() error { _, err := tt.m.Variance(); return err },
				"Mean.Interval": func() error { _, err := tt.m.Interval(0.95); return err },
			} {
				err := ask()
				if name == "Mean.Ratio" && tt.least > 1 {
					require.NoError(t, err)
					continue
				}
				e := requireError(t, err, tt.kind)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, name, e.Metric)
			}
			if errors.Is(tt.kind, kpi.ErrInvalid) {
				_, err := kpi.Mean{}.Merge(tt.m)
				e := requireError(t, err, kpi.ErrInvalid)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, "Mean.Merge", e.Metric)
				_, err = tt.m.Merge(kpi.Mean{})
				requireError(t, err, kpi.ErrInvalid)
			}
			// An argument that cannot be is refused before a value that is not there.
			_, err := tt.m.Interval(1)
			requireError(t, err, kpi.ErrInvalid)
		})
	}
}

func TestMeanHostileObservations(t *testing.T) {
	t.Parallel()
	for _, bad := range []decimal.Decimal{
		decimal.New(1, 20000000), decimal.New(1, -20000000), decimal.New(1, math.MaxInt32), decimal.New(1, math.MinInt32),
		decimal.New(1, 65), decimal.New(1, -65), decimal.New(1, 64).Pow(decimal.New(7, 0)).Add(decimal.New(1, 0)),
	} {
		_, err := kpi.MeanOf([]decimal.Decimal{{}, {}, bad, {}})
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeTooLarge, e.Code)
		require.Equal(t, "MeanOf", e.Metric)
		require.Equal(t, 2, e.Index)
	}
	var m kpi.Mean
	requireError(t, json.Unmarshal([]byte(`{"n": 2, "sum": "1e9000", "squares": "1e9000"}`), &m), kpi.ErrInvalid)
	huge := decimal.New(1, 9000)
	_, err := kpi.Mean{N: 2, Sum: huge, Squares: huge}.Interval(0.95)
	requireError(t, err, kpi.ErrInvalid)
}

// The half width of a mean with variance N is Student's quantile itself.
func TestMeanIntervalQuantiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		confidence float64
		df         int64
		want       float64
	}{
		// R: qt(.975, c(1, 2, 10, 100))
		{0.95, 1, 12.7062047361747},
		{0.95, 2, 4.30265272974946},
		{0.95, 10, 2.22813885198627},
		{0.95, 100, 1.98397151852355},
		// mpmath, 40 digits, from the incomplete beta function
		{0.5, 1, 1},
		{0.5, 2, 0.816496580927726033},
		{0.5, 500, 0.674980737965939031},
		{0.9, 2, 2.91998558035372607},
		{0.9, 1000, 1.64637881728546482},
		{0.95, 149, 1.97601317768919211},
		{0.95, 150, 1.97590533089662013},
		{0.95, 200, 1.97189622363390900},
		{0.95, 499, 1.96472939098768869},
		{0.95, 500, 1.96471983746736741},
		{0.95, 1000, 1.96233908082640810},
		{0.95, 10000, 1.96020123989062588},
		{0.95, 1000000, 1.95996635681410666},
		{0.95, 1e15, 1.95996398454005661}, // qnorm(.975)·(1 + 1.21·10⁻¹⁵)
		{0.99, 200, 2.60063443619155764},
		{0.99, 500, 2.58569783514194171},
		{0.99, 1000000, 2.57583422010533385},
		{0.999, 1, 636.619248768719072},
		{0.999, 2, 31.5990545764436067},
		{0.999, 149, 3.35702028254414708},
		{0.999, 500, 3.31009115152266947},
		{0.999, 10000, 3.29149996594160443},
	}
	for _, tt := range tests {
		n := tt.df + 1
		m := kpi.Mean{N: n, Squares: decimal.NewFromInt(n).Mul(decimal.NewFromInt(n - 1))}
		i, err := m.Interval(tt.confidence)
		require.NoError(t, err)
		require.InEpsilon(t, tt.want, i.Hi, 2e-12, "%+v", tt)
		require.Equal(t, -i.Hi, i.Lo)
		require.Equal(t, tt.confidence, i.Confidence)
		require.Equal(t, n, i.N)
		require.Equal(t, n < 30, slices.Contains(i.Warnings, kpi.CodeTooFew))
	}
}

// Far out in the tail few digits are enough, but the quantile must not break
// down where its two methods meet.
func TestMeanIntervalFarOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		confidence float64
		df         int64
		want       float64 // mpmath
	}{
		{1 - 1e-9, 149, 6.52486218076202848},
		{1 - 1e-9, 150, 6.52193671927975039},
		{1 - 1e-9, 199, 6.41609574197082749},
		{1 - 1e-9, 499, 6.22867342436344090},
		{1 - 1e-14, 149, 8.60333547955199606},
		{1 - 1e-14, 150, 8.59705952812970523},
		{1 - 1e-14, 199, 8.37182156063805084},
		{1 - 1e-14, 499, 7.98172127022233451},
	}
	for _, tt := range tests {
		n := tt.df + 1
		m := kpi.Mean{N: n, Squares: decimal.NewFromInt(n).Mul(decimal.NewFromInt(n - 1))}
		i, err := m.Interval(tt.confidence)
		require.NoError(t, err)
		require.InEpsilon(t, tt.want, i.Hi, 1e-5, "%+v", tt)
	}
}

func TestMeanInterval(t *testing.T) {
	t.Parallel()
	// R: t.test(c(2, 4, 4, 4, 5, 5, 7, 9)) on 7 degrees of freedom;
	// 5 ± 2.36462425159278·√(32/7/8).
	m, err := kpi.MeanOf(observations("2", "4", "4", "4", "5", "5", "7", "9"))
	require.NoError(t, err)
	i, err := m.Interval(0.95)
	require.NoError(t, err)
	half := 2.36462425159278 * math.Sqrt(4.0/7)
	require.InDelta(t, 5-half, i.Lo, 1e-12)
	require.InDelta(t, 5+half, i.Hi, 1e-12)

	// Answers on a scale are clipped to it: a 1 and a 5 are 3 ± 12.7·2, two 4s and
	// a 5 are 13/3 ± 4.3/3.
	for _, tt := range []struct {
		counts [11]int64
		lo, hi float64
	}{
		{[11]int64{1: 1, 5: 1}, 1, 5},
		{[11]int64{4: 2, 5: 1}, (13 - 4.30265272974946) / 3, 5},
		{[11]int64{1: 1, 2: 2}, 1, (5 + 4.30265272974946) / 3},
	} {
		m, err = kpi.CSAT{Counts: tt.counts}.Mean()
		require.NoError(t, err)
		i, err = m.Interval(0.95)
		require.NoError(t, err)
		require.InDelta(t, tt.lo, i.Lo, 1e-12)
		require.InDelta(t, tt.hi, i.Hi, 1e-12)
	}
}

// The widest scatter that bounds allow is that of answers at the ends only.
func TestMeanBounds(t *testing.T) {
	t.Parallel()
	m, err := kpi.CSAT{Counts: [11]int64{1: 3, 5: 4}}.Mean()
	require.NoError(t, err)
	v, err := m.Variance()
	requireRatio(t, must("32/7").String(), v, err) // 16·(3·4)/(7·6)
	m.Squares = m.Squares.Add(decimal.New(1, -60))
	_, err = m.Variance()
	require.Equal(t, kpi.CodeOutOfScale, requireError(t, err, kpi.ErrInvalid).Code)
	m.Low, m.High = decimal.New(3, 0), decimal.New(3, 0) // equal bounds are none
	_, err = m.Variance()
	require.NoError(t, err)
}

// Limits that a float64 can hold are found, whatever the variance, and others are
// an error.
func TestMeanIntervalMagnitudes(t *testing.T) {
	t.Parallel()
	at := func(exp int) (kpi.Mean, error) {
		unit := powerOfTen(int64(exp))
		return kpi.MeanOf([]decimal.Decimal{unit, unit.Mul(decimal.New(3, 0))})
	}
	for _, exp := range []int{0, 100, 160, 200, 300} {
		m, err := at(exp)
		require.NoError(t, err)
		i, err := m.Interval(0.95)
		require.NoError(t, err)
		unit := math.Pow(10, float64(exp))
		require.InEpsilon(t, 2+12.7062047361747, i.Hi/unit, 1e-12, exp)
		require.InEpsilon(t, 2-12.7062047361747, i.Lo/unit, 1e-12, exp)
		d, err := m.Diff(m, 0.95)
		require.NoError(t, err)
		require.InEpsilon(t, 4.30265272974946*math.Sqrt2, d.Hi/unit, 1e-12, exp)
	}
	m, err := at(350)
	require.NoError(t, err)
	_, err = m.Interval(0.95)
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)

	// Equal observations far below a bound beyond float64.
	m, err = kpi.MeanOf(observations("3", "3"))
	require.NoError(t, err)
	m.High = powerOfTen(350)
	_, err = m.Interval(0.95)
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = m.Diff(m, 0.95)
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeTooLarge, e.Code)
	require.Equal(t, "Mean.Diff", e.Metric)
}

// What MeanOf returns can be asked: values of 400 digits each pass alone and not
// together.
func TestMeanOfTooMany(t *testing.T) {
	t.Parallel()
	values := slices.Repeat([]decimal.Decimal{nines()}, 12)
	_, err := kpi.MeanOf(values)
	e := requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeTooLarge, e.Code)
	require.Equal(t, "MeanOf", e.Metric)
	require.Equal(t, -1, e.Index)
	m, err := kpi.MeanOf(values[:1])
	require.NoError(t, err)
	_, err = m.Merge(m)
	e = requireError(t, err, kpi.ErrInvalid)
	require.Equal(t, kpi.CodeTooLarge, e.Code)
	require.Equal(t, "Mean.Merge", e.Metric)
}

// Equal answers have no spread: what may be hidden is a share of at most u.
func TestMeanIntervalNoSpread(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{2, 10, 1000} {
		none, err := kpi.Proportion{N: n}.Interval(0.95)
		require.NoError(t, err)
		u := none.Hi
		for score := 1; score <= 5; score++ {
			c := kpi.CSAT{}
			c.Counts[score] = n
			m, err := c.Mean()
			require.NoError(t, err)
			i, err := m.Interval(0.95)
			require.NoError(t, err)
			x := float64(score)
			require.InDelta(t, x-u*(x-1), i.Lo, 1e-14)
			require.InDelta(t, x+u*(5-x), i.Hi, 1e-14)
			require.Contains(t, i.Warnings, kpi.CodeNoSpread)
			require.True(t, i.Contains(x))
			require.True(t, 1 <= i.Lo && i.Hi <= 5)
		}
	}
	m, err := kpi.MeanOf(observations("3", "3", "3"))
	require.NoError(t, err)
	_, err = m.Interval(0.95)
	require.Equal(t, kpi.CodeNoSpread, requireError(t, err, kpi.ErrUndefined).Code)
}
