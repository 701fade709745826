package kpi_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var timings = []kpi.Timing{kpi.IfRetained, kpi.InAdvance, kpi.InArrears}

// ofBits returns 1 − 2⁻ⁿ, which takes about 2n bits, for n up to 1200.
func ofBits(n int) kpi.Ratio { return kpi.Must(must("0.5").Pow(n)).Complement() }

// margins is the definition of a lifetime value: every margin in its turn,
// weighted by survival and discounted. n counts margins.
func margins(t *testing.T, c kpi.RetentionCLV, r func(period int) kpi.Ratio, d kpi.Ratio, n int) kpi.Ratio {
	t.Helper()
	one := kpi.Whole(1)
	discount := kpi.Must(one.Over(one.Add(d)))
	survival, factor, sum := one, one, kpi.Ratio{}
	if c.Timing == kpi.InArrears {
		factor = discount
	}
	period := 1
	for i := range n {
		if c.Timing == kpi.IfRetained || i > 0 {
			survival, factor = survival.Mul(r(period)), factor.Mul(discount)
			period++
		}
		sum = sum.Add(c.Margin.Mul(survival).Mul(factor))
	}
	return sum
}

// count returns how many margins a curve of k rates gives.
func count(c kpi.RetentionCLV, k int) int {
	if c.Timing == kpi.IfRetained {
		return k
	}
	return k + 1
}

func same(k int, r kpi.Ratio) []kpi.Ratio {
	out := make([]kpi.Ratio, k)
	for i := range out {
		out[i] = r
	}
	return out
}

func randomShare(r *rand.Rand) kpi.Ratio {
	den := 1 + r.Int64N(200)
	return kpi.Must(kpi.NewRatio(r.Int64N(den+1), den))
}

// randomRate is a discount between −50 % and +50 %.
func randomRate(r *rand.Rand) kpi.Ratio { return kpi.Must(kpi.NewRatio(r.Int64N(201)-100, 200)) }

func TestCLV(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		c                kpi.CLV
		lifespan, margin string
		revenue, profit  string
	}{
		{"张三, of the articles", kpi.CLV{OrderValue: kpi.Whole(200), Orders: kpi.Whole(5)}, "2", "40%", "2000", "800"},
		{"李四, of the articles", kpi.CLV{OrderValue: kpi.Whole(150), Orders: kpi.Whole(4)}, "3", "1", "1800", "1800"},
		{"a lifespan from churn", kpi.CLV{OrderValue: kpi.Whole(21), Orders: kpi.Whole(1)}, "300/7", "0", "900", "0"},
		{"sold below cost", kpi.CLV{OrderValue: must("1.5"), Orders: must("2/3")}, "3", "-1/3", "3", "-1"},
		{"no orders", kpi.CLV{OrderValue: kpi.Whole(9)}, "3", "1", "0", "0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.c.Revenue(must(tt.lifespan))
			requireRatio(t, tt.revenue, got, err)
			got, err = tt.c.Profit(must(tt.lifespan), must(tt.margin))
			requireRatio(t, tt.profit, got, err)
		})
	}
	for _, tt := range []struct {
		name     string
		c        kpi.CLV
		lifespan kpi.Ratio
	}{
		{"order value", kpi.CLV{OrderValue: kpi.Whole(-1)}, kpi.Whole(1)},
		{"orders", kpi.CLV{Orders: kpi.Whole(-1)}, kpi.Whole(1)},
		{"lifespan", kpi.CLV{}, kpi.Whole(-1)},
	} {
		t.Run("negative "+tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.c.Revenue(tt.lifespan)
			e := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, kpi.CodeNegative, e.Code)
			require.Equal(t, "CLV.Revenue", e.Metric)
			_, err = tt.c.Profit(tt.lifespan, kpi.Percent(40))
			e = requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, kpi.CodeNegative, e.Code)
			require.Equal(t, "CLV.Profit", e.Metric)
		})
	}
	_, err := kpi.CLV{}.Profit(kpi.Whole(1), kpi.Whole(40)) // 40 for 40 %
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestTiming(t *testing.T) {
	t.Parallel()
	for _, timing := range timings {
		got, err := kpi.ParseTiming(timing.String())
		require.NoError(t, err)
		require.Equal(t, timing, got)
	}
	require.Equal(t, "if retained", kpi.Timing(0).String())
	require.Equal(t, "Timing(3)", kpi.Timing(3).String())
	_, err := kpi.ParseTiming("sometimes")
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestRetentionCLVPerpetuity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, margin, r, d      string
		retained, advance, last string // by timing
	}{
		{"1000 at 80 % and 10 %", "1000", "0.8", "0.1", "8000/3", "11000/3", "10000/3"},
		{"undiscounted: margin/churn", "30", "0.95", "0", "570", "600", "600"},
		{"all leave", "30", "0", "0.1", "0", "30", "300/11"},
		{"all stay", "30", "1", "0.1", "300", "330", "300"},
		{"a loss", "-30", "1", "0.1", "-300", "-330", "-300"},
		{"money gains worth", "1", "0.25", "-0.5", "1", "2", "4"},
		{"no margin", "0", "0.5", "0.1", "0", "0", "0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for i, want := range []string{tt.retained, tt.advance, tt.last} {
				c := kpi.RetentionCLV{Margin: must(tt.margin), Timing: timings[i]}
				got, err := c.Perpetuity(must(tt.r), must(tt.d))
				requireRatio(t, want, got, err)
			}
		})
	}
}

func TestRetentionCLVAnnualSimplified(t *testing.T) {
	t.Parallel()
	c := kpi.RetentionCLV{Margin: kpi.Whole(1000)}
	got, err := c.AnnualSimplified(must("0.8"), must("0.1"))
	requireRatio(t, "8000", got, err)
	// It is IfRetained for ever with 1+d−r in the place of d.
	want, err := c.Perpetuity(must("0.8"), must("0.1"))
	require.NoError(t, err)
	got, err = c.AnnualSimplified(must("0.8"), must("0.3"))
	requireRatio(t, want.String(), got, err)
	_, err = c.AnnualSimplified(must("0.8"), kpi.Ratio{})
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	_, err = c.AnnualSimplified(must("0.8"), must("-0.1"))
	require.Equal(t, kpi.CodeDiverges, requireError(t, err, kpi.ErrUndefined).Code)
}

func TestRetentionCLVHorizon(t *testing.T) {
	t.Parallel()
	// 1000·(0.8/1.1 + 0.64/1.21) and so on, by hand.
	for i, want := range []string{"152000/121", "19000/11", "190000/121"} {
		c := kpi.RetentionCLV{Margin: kpi.Whole(1000), Timing: timings[i]}
		got, err := c.Horizon(must("0.8"), must("0.1"), 2)
		requireRatio(t, want, got, err)
		got, err = c.Horizon(must("0.8"), must("0.1"), 0)
		requireRatio(t, "0", got, err)
		// ρ = 1: n times the first margin.
		got, err = c.Horizon(must("0.9"), must("-0.1"), 1200)
		require.NoError(t, err)
		one, err := c.Horizon(must("0.9"), must("-0.1"), 1)
		require.NoError(t, err)
		require.True(t, got.Equal(one.Mul(kpi.Whole(1200))))
	}
}

func TestRetentionCLVLaws(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	one := kpi.Whole(1)
	for i := range 300 {
		c := kpi.RetentionCLV{Margin: randomRate(r).Mul(kpi.Whole(1000)), Timing: timings[i%3]}
		rate, d, n := randomShare(r), randomRate(r), r.IntN(12)

		// The closed form is the sum of the margins.
		closed, err := c.Horizon(rate, d, n)
		require.NoError(t, err)
		constant := func(int) kpi.Ratio { return rate }
		require.True(t, closed.Equal(margins(t, c, constant, d, n)))

		// A constant curve is the closed form over the margins that it gives.
		k := 1 + r.IntN(12)
		flat, err := c.Curve(same(k, rate), d)
		require.NoError(t, err)
		closed, err = c.Horizon(rate, d, count(c, k))
		require.NoError(t, err)
		require.True(t, flat.Equal(closed))

		// So is any other curve the sum of its margins.
		curve := make([]kpi.Ratio, k)
		for j := range curve {
			curve[j] = randomShare(r)
		}
		got, err := c.Curve(curve, d)
		require.NoError(t, err)
		require.True(t, got.Equal(margins(t, c, func(p int) kpi.Ratio { return curve[p-1] }, d, count(c, k))))

		// Nothing after the curve is a retention of 0 there.
		ended, err := c.CurveForever(append(append([]kpi.Ratio{}, curve...), kpi.Ratio{}), d)
		require.NoError(t, err)
		require.True(t, got.Equal(ended))

		if rate.Cmp(one.Add(d)) >= 0 {
			continue
		}
		forever, err := c.Perpetuity(rate, d)
		require.NoError(t, err)
		flat, err = c.CurveForever(same(k, rate), d)
		require.NoError(t, err)
		require.True(t, flat.Equal(forever))
		// For ever = the first n margins + what is left of the customer after them.
		closed, err = c.Horizon(rate, d, n)
		require.NoError(t, err)
		left := kpi.Must(kpi.Must(rate.Over(one.Add(d))).Pow(n))
		require.True(t, forever.Equal(closed.Add(forever.Mul(left))))

		// The first margins of a curve that goes on, and then the perpetuity.
		tail, err := c.CurveForever(append(append([]kpi.Ratio{}, curve...), rate), d)
		require.NoError(t, err)
		weight := one
		for _, x := range curve {
			weight = weight.Mul(kpi.Must(x.Over(one.Add(d))))
		}
		rest := kpi.RetentionCLV{Margin: c.Margin, Timing: kpi.IfRetained}
		later := kpi.Must(rest.Perpetuity(rate, d))
		if c.Timing == kpi.InArrears {
			later = kpi.Must(later.Over(one.Add(d)))
		}
		require.True(t, tail.Equal(got.Add(later.Mul(weight))))
	}
}

func TestRetentionCLVReachesPerpetuity(t *testing.T) {
	t.Parallel()
	for _, timing := range timings {
		c := kpi.RetentionCLV{Margin: kpi.Whole(1000), Timing: timing}
		forever, err := c.Perpetuity(must("0.8"), must("0.1"))
		require.NoError(t, err)
		last := kpi.Ratio{}
		for _, n := range []int{1, 10, 100, 1200} {
			got, err := c.Horizon(must("0.8"), must("0.1"), n)
			require.NoError(t, err)
			require.Positive(t, got.Cmp(last))
			require.Negative(t, got.Cmp(forever))
			last = got
		}
		require.Equal(t, forever.Round(100).String(), last.Round(100).String())
	}
}

func TestRetentionCLVCurve(t *testing.T) {
	t.Parallel()
	// S = 1, .5, .4; at 25 % the discounts are .8, .64, .512.
	curve := []kpi.Ratio{must("0.5"), must("0.8")}
	for i, want := range []string{"65.6", "165.6", "132.48"} { // 40+25.6, 100+40+25.6, ·0.8
		c := kpi.RetentionCLV{Margin: kpi.Whole(100), Timing: timings[i]}
		got, err := c.Curve(curve, must("0.25"))
		requireRatio(t, want, got, err)
	}
	// The last rate for ever: 0.8/1.25 = 0.64, and S₁/(1+d) = 0.4: 40/(1−0.64).
	c := kpi.RetentionCLV{Margin: kpi.Whole(100)}
	got, err := c.CurveForever(curve, must("0.25"))
	requireRatio(t, "1000/9", got, err)
	require.Equal(t, []kpi.Ratio{must("0.5"), must("0.8")}, curve)

	// Rates wider than a machine word.
	wide := []kpi.Ratio{ofBits(70), ofBits(90)}
	got, err = c.Curve(wide, ofBits(80))
	require.NoError(t, err)
	require.True(t, got.Equal(margins(t, c, func(p int) kpi.Ratio { return wide[p-1] }, ofBits(80), 2)))

	// And words, some of them full, among such.
	r := rand.New(rand.NewPCG(20, 26))
	for range 300 {
		mixed := make([]kpi.Ratio, 1+r.IntN(12))
		for i := range mixed {
			if mixed[i] = ofBits(1 + r.IntN(90)); r.IntN(3) > 0 {
				n := 1 + r.Int64N(1<<(1+r.IntN(62)))
				mixed[i] = kpi.Must(kpi.NewRatio(1+r.Int64N(n), n))
			}
		}
		d := []kpi.Ratio{{}, must("0.0083"), must("-0.5"), ofBits(63), ofBits(64), ofBits(80)}[r.IntN(6)]
		for _, timing := range timings {
			c := kpi.RetentionCLV{Margin: kpi.Whole(-7), Timing: timing}
			got, err := c.Curve(mixed, d)
			require.NoError(t, err)
			want := margins(t, c, func(p int) kpi.Ratio { return mixed[p-1] }, d, count(c, len(mixed)))
			require.True(t, got.Equal(want), "%v at %v", mixed, d)
		}
	}

	// Nobody is left, and it does not matter that the last rate never ends.
	gone := []kpi.Ratio{must("0.5"), must("0"), must("1")}
	finite, err := c.Curve(gone, kpi.Ratio{})
	requireRatio(t, "50", finite, err)
	finite, err = c.CurveForever(gone, kpi.Ratio{})
	requireRatio(t, "50", finite, err)
}

func TestRetentionCLVErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		c    kpi.RetentionCLV
		r, d string
		code kpi.Code
		kind error
	}{
		{"retention below 0", kpi.RetentionCLV{}, "-0.1", "0.1", kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"retention above 1", kpi.RetentionCLV{}, "80", "0.1", kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"a discount of −1", kpi.RetentionCLV{}, "0.8", "-1", kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"an unknown timing", kpi.RetentionCLV{Timing: 3}, "0.8", "0.1", kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"a negative timing", kpi.RetentionCLV{Timing: -1}, "0.8", "0.1", kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"invalid before undefined", kpi.RetentionCLV{Timing: 3}, "1", "0", kpi.CodeOutOfRange, kpi.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, d := must(tt.r), must(tt.d)
			for metric, ask := range map[string]func() (kpi.Ratio, error){
				"RetentionCLV.Perpetuity":       func() (kpi.Ratio, error) { return tt.c.Perpetuity(r, d) },
				"RetentionCLV.Horizon":          func() (kpi.Ratio, error) { return tt.c.Horizon(r, d, 12) },
				"RetentionCLV.Curve":            func() (kpi.Ratio, error) { return tt.c.Curve([]kpi.Ratio{r}, d) },
				"RetentionCLV.CurveForever":     func() (kpi.Ratio, error) { return tt.c.CurveForever([]kpi.Ratio{r}, d) },
				"RetentionCLV.AnnualSimplified": func() (kpi.Ratio, error) { return tt.c.AnnualSimplified(r, d) },
			} {
				_, err := ask()
				e := requireError(t, err, tt.kind)
				require.Equal(t, tt.code, e.Code)
				require.Equal(t, metric, e.Metric)
			}
		})
	}
	c := kpi.RetentionCLV{Margin: kpi.Whole(1)}
	half, one := must("0.5"), kpi.Whole(1)
	for _, d := range []kpi.Ratio{{}, half.Neg()} { // ρ = 1 and ρ = 2
		_, err := c.Perpetuity(one, d)
		require.Equal(t, kpi.CodeDiverges, requireError(t, err, kpi.ErrUndefined).Code)
		_, err = c.CurveForever([]kpi.Ratio{half, one}, d)
		require.Equal(t, kpi.CodeDiverges, requireError(t, err, kpi.ErrUndefined).Code)
	}
	for _, n := range []int{-1, 1201} {
		_, err := c.Horizon(half, half, n)
		require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
	}
	for _, ask := range []func([]kpi.Ratio, kpi.Ratio) (kpi.Ratio, error){c.Curve, c.CurveForever} {
		_, err := ask([]kpi.Ratio{half, half, must("1.5")}, half)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeOutOfRange, e.Code)
		require.Equal(t, 2, e.Index)
		_, err = ask(nil, half)
		require.Equal(t, kpi.CodeNoData, requireError(t, err, kpi.ErrUndefined).Code)
		_, err = ask(nil, kpi.Whole(-1))
		requireError(t, err, kpi.ErrInvalid)
		_, err = ask(same(1200, half), half)
		require.NoError(t, err)
		_, err = ask(same(1201, half), half)
		require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

// Fractions that would take minutes to reduce are refused at once.
func TestRetentionCLVHostile(t *testing.T) {
	t.Parallel()
	long := ofBits(1000) // 2000 bits
	enormous := kpi.Must(long.Pow(200))
	enormous = enormous.Mul(enormous)
	c := kpi.RetentionCLV{Margin: kpi.Whole(1)}
	for name, ask := range map[string]func() (kpi.Ratio, error){
		"a horizon of long rates":      func() (kpi.Ratio, error) { return c.Horizon(long, long, 1200) },
		"a curve of long rates":        func() (kpi.Ratio, error) { return c.Curve(same(1200, long), kpi.Ratio{}) },
		"a curve at a long discount":   func() (kpi.Ratio, error) { return c.Curve(same(1200, must("0.5")), long) },
		"an enormous rate":             func() (kpi.Ratio, error) { return c.Perpetuity(enormous, long) },
		"an enormous discount":         func() (kpi.Ratio, error) { return c.Perpetuity(long, enormous) },
		"an enormous margin":           func() (kpi.Ratio, error) { return kpi.RetentionCLV{Margin: enormous}.Horizon(long, long, 1) },
		"flows at a long rate":         func() (kpi.Ratio, error) { return make(kpi.CashFlows, 1201).PresentValue(long) },
		"an enormous simplified value": func() (kpi.Ratio, error) { return c.AnnualSimplified(enormous, enormous) },
	} {
		_, err := ask()
		require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code, name)
	}
	_, err := kpi.UnitEconomics{CAC: kpi.Whole(2), ARPA: kpi.Whole(1)}.PaybackMonths(kpi.Whole(1), long, kpi.InAdvance)
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	// A monthly rate that is a root of 34 digits is not too large.
	month, err := must("0.7").Root(12)
	require.NoError(t, err)
	root := kpi.Must(kpi.RatioOf(month))
	_, err = c.Horizon(root, root.Complement(), 1200)
	require.NoError(t, err)
}

func TestCashFlows(t *testing.T) {
	t.Parallel()
	flows := func(texts ...string) kpi.CashFlows {
		var f kpi.CashFlows
		for _, s := range texts {
			f = append(f, decimal.RequireFromString(s))
		}
		return f
	}
	tests := []struct {
		name  string
		flows kpi.CashFlows
		rate  string
		want  string
	}{
		{"none", nil, "0.1", "0"},
		{"one is now", flows("-12.5"), "0.1", "-12.5"},
		{"undiscounted", flows("-100", "60.25", "59.75"), "0", "20"},
		{"at 25 %", flows("-100", "50", "75"), "0.25", "-12"}, // −100 + 40 + 48
		{"at −50 %", flows("1", "1", "1"), "-0.5", "7"},
		{"mixed exponents", kpi.CashFlows{decimal.New(1, 2), decimal.New(25, -1), decimal.New(1, 64)}, "1", "25" + strings.Repeat("0", 59) + "101.25"},
		{"not a decimal", flows("0", "1"), "0.1", "10/11"},
		{"nothing at all", make(kpi.CashFlows, 1201), "0.1", "0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.flows.PresentValue(must(tt.rate))
			requireRatio(t, tt.want, got, err)
		})
	}

	// Equal flows are an InAdvance horizon at r = 1.
	equal := make(kpi.CashFlows, 24)
	for i := range equal {
		equal[i] = decimal.New(3050, -2)
	}
	want, err := kpi.RetentionCLV{Margin: must("30.5"), Timing: kpi.InAdvance}.Horizon(kpi.Whole(1), must("0.01"), 24)
	require.NoError(t, err)
	got, err := equal.PresentValue(must("0.01"))
	requireRatio(t, want.String(), got, err)

	for _, bad := range huge() {
		_, err = kpi.CashFlows{decimal.New(1, 0), bad}.PresentValue(must("0.1"))
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeTooLarge, e.Code)
		require.Equal(t, "CashFlows.PresentValue", e.Metric)
		require.Equal(t, 1, e.Index)
	}
	_, err = make(kpi.CashFlows, 1202).PresentValue(must("0.1"))
	require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = flows("1").PresentValue(kpi.Whole(-1))
	require.Equal(t, kpi.CodeOutOfRange, requireError(t, err, kpi.ErrInvalid).Code)
}

func TestCLVJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		form any
		back any
	}{
		{`{"order_value":"1/3","orders":"5"}`, kpi.CLV{OrderValue: must("1/3"), Orders: kpi.Whole(5)}, new(kpi.CLV)},
		{`{"margin":"0.042","timing":"in arrears"}`, kpi.RetentionCLV{Margin: must("0.042"), Timing: kpi.InArrears}, new(kpi.RetentionCLV)},
		{`{"cac":"200/7","arpa":"0"}`, kpi.UnitEconomics{CAC: must("200/7")}, new(kpi.UnitEconomics)},
	} {
		data, err := json.Marshal(tt.form)
		require.NoError(t, err)
		require.JSONEq(t, tt.want, string(data))
		require.NoError(t, json.Unmarshal(data, tt.back))
		again, err := json.Marshal(tt.back)
		require.NoError(t, err)
		require.JSONEq(t, tt.want, string(again))
	}
}

func BenchmarkRetentionCLVHorizon360(b *testing.B) {
	c := kpi.RetentionCLV{Margin: must("20.50"), Timing: kpi.InArrears}
	r, d := must("0.975"), must("0.0083")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Horizon(r, d, 360); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRetentionCLVCurve360(b *testing.B) {
	c := kpi.RetentionCLV{Margin: must("20.50"), Timing: kpi.InArrears}
	curve := make([]kpi.Ratio, 360)
	for i := range curve {
		curve[i] = kpi.Must(kpi.NewRatio(int64(900+i/4), 1000))
	}
	d := must("0.0083")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Curve(curve, d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCashFlows360(b *testing.B) {
	flows := make(kpi.CashFlows, 360)
	for i := range flows {
		flows[i] = decimal.New(int64(2050+i), -2)
	}
	d := must("0.0083")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := flows.PresentValue(d); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRetentionCLVLargest is the slowest question that is not refused.
func BenchmarkRetentionCLVLargest(b *testing.B) {
	c := kpi.RetentionCLV{Margin: kpi.Whole(1), Timing: kpi.InArrears}
	curve := make([]kpi.Ratio, 1200)
	for i := range curve {
		curve[i] = ofBits(175 - i%7)
	}
	d := kpi.Must(kpi.NewRatio(1, 1<<40+1))
	for b.Loop() {
		if _, err := c.Curve(curve, d); err != nil {
			b.Fatal(err)
		}
	}
}
