package kpi_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func TestNewRatio(t *testing.T) {
	t.Parallel()
	tests := []struct {
		num, den int64
		want     string
	}{
		{7, 300, "7/300"},
		{-7, 300, "-7/300"},
		{7, -300, "-7/300"},
		{-7, -300, "7/300"},
		{0, -5, "0"},
		{180, 2160, "1/12"},
		{math.MinInt64, -1, "9223372036854775808"},
		{math.MinInt64, math.MinInt64, "1"},
		{math.MaxInt64, math.MinInt64, "-9223372036854775807/9223372036854775808"},
	}
	for _, tt := range tests {
		got, err := kpi.NewRatio(tt.num, tt.den)
		if tt.den == math.MinInt64 && tt.num == math.MaxInt64 {
			// 2⁶³ ends after 63 places, so the text is a decimal.
			require.NoError(t, err)
			require.True(t, got.Equal(must(tt.want)))
			require.Len(t, got.String(), len("-0.")+63)
			continue
		}
		requireRatio(t, tt.want, got, err)
	}
	for _, num := range []int64{0, 1, math.MinInt64} {
		_, err := kpi.NewRatio(num, 0)
		e := requireError(t, err, kpi.ErrUndefined)
		require.Equal(t, kpi.CodeZeroDenominator, e.Code)
		require.Equal(t, "NewRatio", e.Metric)
	}
	require.Equal(t, "-9223372036854775808", kpi.Whole(math.MinInt64).String())
	require.Equal(t, "-0.07", kpi.Percent(-7).String())
}

func TestRatioOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value int64
		exp   int32
		want  string
	}{
		{0, 0, "0"},
		{0, -5, "0"},
		{1050, -2, "10.5"},
		{-42, -3, "-0.042"},
		{12, 3, "12000"},
		{1, -64, "0." + strings.Repeat("0", 63) + "1"},
		{1, 64, "1" + strings.Repeat("0", 64)},
	} {
		got, err := kpi.RatioOf(decimal.New(tt.value, tt.exp))
		requireRatio(t, tt.want, got, err)
	}
	var zero decimal.Decimal
	got, err := kpi.RatioOf(zero)
	requireRatio(t, "0", got, err)

	// Nothing is shared with the decimal: BigInt may give out its insides.
	d := decimal.NewFromInt(7)
	got, err = kpi.RatioOf(d)
	require.NoError(t, err)
	d.BigInt().SetInt64(8)
	require.Equal(t, "7", got.String())
}

func TestParseRatio(t *testing.T) {
	t.Parallel()
	nines := strings.Repeat("9", 1<<16)
	for s, want := range map[string]string{
		"0":       "0",
		"-0":      "0",
		"0.7":     "0.7",
		"7/10":    "0.7",
		"70%":     "0.7",
		"1.5e3":   "1500",
		"1.5E+3":  "1500",
		"15e-1%":  "0.015",
		"-3/4":    "-0.75",
		"+3/4":    "0.75",
		"0/7":     "0",
		"6/004":   "1.5",
		"+.5":     "0.5",
		"-.5":     "-0.5",
		"5.":      "5",
		"-5.":     "-5",
		".5%":     "0.005",
		"007":     "7",
		"1e64":    "1" + strings.Repeat("0", 64),
		"1e-64":   "0." + strings.Repeat("0", 63) + "1",
		"0e64":    "0",
		"5000/21": "5000/21",
		nines:     nines,
	} {
		got, err := kpi.ParseRatio(s)
		requireRatio(t, want, got, err)
	}

	for _, tt := range []struct {
		s    string
		code kpi.Code
	}{
		{"", kpi.CodeSyntax},
		{"-", kpi.CodeSyntax},
		{"+", kpi.CodeSyntax},
		{".", kpi.CodeSyntax},
		{"-.", kpi.CodeSyntax},
		{"%", kpi.CodeSyntax},
		{".%", kpi.CodeSyntax},
		{"5%%", kpi.CodeSyntax},
		{"5 %", kpi.CodeSyntax},
		{"%5", kpi.CodeSyntax},
		{"e3", kpi.CodeSyntax},
		{"1e", kpi.CodeSyntax},
		{"1e+", kpi.CodeSyntax},
		{"1e2.5", kpi.CodeSyntax},
		{"1e2e3", kpi.CodeSyntax},
		{"1e1_0", kpi.CodeSyntax},
		{"1/", kpi.CodeSyntax},
		{"/2", kpi.CodeSyntax},
		{"/", kpi.CodeSyntax},
		{"1/-2", kpi.CodeSyntax},
		{"1/+2", kpi.CodeSyntax},
		{"1/2/3", kpi.CodeSyntax},
		{"1.5/2", kpi.CodeSyntax},
		{"1/2%", kpi.CodeSyntax},
		{"1/2e1", kpi.CodeSyntax},
		{"+-1", kpi.CodeSyntax},
		{"-+1", kpi.CodeSyntax},
		{"--1", kpi.CodeSyntax},
		{"+-.5", kpi.CodeSyntax},
		{"1.-5", kpi.CodeSyntax},
		{"1.2.3", kpi.CodeSyntax},
		{"1_000", kpi.CodeSyntax},
		{"1,5", kpi.CodeSyntax},
		{"0x10", kpi.CodeSyntax},
		{"0b1", kpi.CodeSyntax},
		{"1p4", kpi.CodeSyntax},
		{" 1", kpi.CodeSyntax},
		{"1 ", kpi.CodeSyntax},
		{"1\n", kpi.CodeSyntax},
		{"１", kpi.CodeSyntax},
		{"−1", kpi.CodeSyntax}, // a minus sign that is no hyphen
		{"½", kpi.CodeSyntax},
		{"\xff", kpi.CodeSyntax},
		{"NaN", kpi.CodeSyntax},
		{"Inf", kpi.CodeSyntax},
		{"-Infinity", kpi.CodeSyntax},
		{"nil", kpi.CodeSyntax},
		{"1e65", kpi.CodeTooLarge},
		{"1e-65", kpi.CodeTooLarge},
		{"1e20000000", kpi.CodeTooLarge},
		{"1e99999999999999999999", kpi.CodeTooLarge},
		{"1e-99999999999999999999", kpi.CodeTooLarge},
		{nines + "9", kpi.CodeTooLarge},
		{"1/" + nines, kpi.CodeTooLarge},
		{"1/0", kpi.CodeZeroDenominator},
		{"0/000", kpi.CodeZeroDenominator},
	} {
		_, err := kpi.ParseRatio(tt.s)
		require.Error(t, err, "%.40q", tt.s)
		kind := kpi.ErrInvalid
		if tt.code == kpi.CodeZeroDenominator {
			kind = kpi.ErrUndefined
		}
		e := requireError(t, err, kind)
		require.Equal(t, tt.code, e.Code, "%.40q", tt.s)
		require.Equal(t, "ParseRatio", e.Metric)
		require.Less(t, len(err.Error()), 200)
	}
}

func FuzzParseRatio(f *testing.F) {
	for _, s := range []string{
		"", "0.7", "7/10", "70%", "1.5e3", "-3/4", "+.5", "5.", "-", ".", "1/", "1/-2", "1_000", "1e64", "1e-64%", "１", "1/0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := kpi.ParseRatio(s)
		if err != nil {
			var e *kpi.Error
			require.ErrorAs(t, err, &e)
			require.Less(t, len(err.Error()), 300)
			require.Equal(t, "0", x.String())
			return
		}
		text := x.String()
		require.LessOrEqual(t, len(text), 2*len(s)+140)
		if len(text) > 1<<16 {
			return // Only as much is read as was written by a sane hand.
		}
		back, err := kpi.ParseRatio(text)
		require.NoError(t, err)
		require.True(t, x.Equal(back))
		require.Equal(t, text, back.String())
		data, err := json.Marshal(x)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &back))
		require.True(t, x.Equal(back))
	})
}

func TestRatioString(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"42/1000":                  "0.042",
		"5000/21":                  "5000/21",
		"-10/4":                    "-2.5",
		"-1/3":                     "-1/3",
		"300/1":                    "300",
		"1/1024":                   "0.0009765625",
		"1/3125":                   "0.00032",
		"3/6250":                   "0.00048",
		"1/1180591620717411303424": "1/1180591620717411303424", // 2⁻⁷⁰ would take 70 places
		"1e-64":                    "0." + strings.Repeat("0", 63) + "1",
		"0.1e-64":                  "1/1" + strings.Repeat("0", 65),
	} {
		require.Equal(t, want, must(s).String())
		require.Equal(t, want, fmt.Sprint(must(s)))
		require.Equal(t, want, fmt.Sprintf("%s", must(s)))
		require.True(t, must(want).Equal(must(s)))
	}
	// 2⁻⁶⁴ is the last that is written as a decimal.
	power := func(n int) kpi.Ratio { return kpi.Must(must("1/2").Pow(n)) }
	require.NotContains(t, power(64).String(), "/")
	require.Contains(t, power(65).String(), "/")
}

func TestRatioRound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		x          string
		places     int32
		away, bank string
	}{
		{"2.5", 0, "3", "2"},
		{"3.5", 0, "4", "4"},
		{"-2.5", 0, "-3", "-2"},
		{"-3.5", 0, "-4", "-4"},
		{"0.5", 0, "1", "0"},
		{"-0.5", 0, "-1", "0"},
		{"-0.4", 0, "0", "0"},
		{"1.005", 2, "1.01", "1"}, // float64 has 1.00499999999999989…
		{"1.015", 2, "1.02", "1.02"},
		{"2/3", 4, "0.6667", "0.6667"},
		{"-2/3", 4, "-0.6667", "-0.6667"},
		{"1/3", 4, "0.3333", "0.3333"},
		{"2.50001", 0, "3", "3"},
		{"2.49999", 0, "2", "2"},
		{"12345", -2, "12300", "12300"},
		{"12350", -2, "12400", "12400"},
		{"12250", -2, "12300", "12200"},
		{"-12250", -2, "-12300", "-12200"},
		{"50", -2, "100", "0"},
		{"49", -2, "0", "0"},
		{"150", -2, "200", "200"},
		{"9.995", 2, "10", "10"},
	}
	for _, tt := range tests {
		x := must(tt.x)
		require.Equal(t, tt.away, x.Round(tt.places).String(), "%s to %d", tt.x, tt.places)
		require.Equal(t, tt.bank, x.RoundBank(tt.places).String(), "%s to %d", tt.x, tt.places)
		require.Equal(t, -tt.places, x.Round(tt.places).Exponent(), "%s to %d", tt.x, tt.places)
		require.Equal(t, tt.away, x.Neg().Round(tt.places).Neg().String(), "odd symmetry")
	}
}

func TestRatioPlacesAreClamped(t *testing.T) {
	t.Parallel()
	third := must("1/3")
	for _, places := range []int32{400, 401, 1 << 20, math.MaxInt32} {
		require.Equal(t, int32(-400), third.Round(places).Exponent())
		require.Equal(t, int32(-400), third.RoundBank(places).Exponent())
		require.Equal(t, int32(-400), third.In(10000, places).Exponent())
		require.Len(t, third.Percent(places), len("33.")+400+len("%"))
	}
	for _, places := range []int32{-400, -401, -1 << 20, math.MinInt32} {
		require.Equal(t, int32(400), third.Round(places).Exponent())
		require.True(t, third.Round(places).IsZero())
		require.Equal(t, int32(400), third.In(1, places).Exponent())
		require.Equal(t, "33%", third.Percent(places))
	}
	require.Len(t, fmt.Sprintf("%.999999f", third), len("0.")+400)
}

func TestRatioPercentAndIn(t *testing.T) {
	t.Parallel()
	require.Equal(t, "8.3%", must("1/12").Percent(1))
	require.Equal(t, "-8.3%", must("-1/12").Percent(1))
	require.Equal(t, "0.0%", must("-0.0004").Percent(1), "no −0")
	require.Equal(t, "-0.1%", must("-0.0005").Percent(1))
	require.Equal(t, "100%", must("0.995").Percent(0))
	require.Equal(t, "250.00%", must("2.5").Percent(2))

	revenue := must("123450000")
	require.Equal(t, "12345", revenue.In(10000, 2).String())
	require.Equal(t, "1.23", revenue.In(100000000, 2).String(), "亿元")
	require.Equal(t, "-0.01", must("-50").In(10000, 2).String(), "half away from zero")
	for _, unit := range []int64{1, 0, -1, math.MinInt64} {
		require.Equal(t, "123450000", revenue.In(unit, 0).String())
	}
}

func TestRatioFormat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		format, x, want string
	}{
		{"%v", "7/300", "7/300"},
		{"%+v", "7/300", "7/300"},
		{"%s", "-0.5", "-0.5"},
		{"%q", "7/300", `"7/300"`},
		{"%10v|", "7/300", "     7/300|"},
		{"%-10v|", "7/300", "7/300     |"},
		{"%f", "2/3", "0.666667"},
		{"%.2f", "2/3", "0.67"},
		{"%.0f", "0.5", "1"}, // half away from zero, where float64 takes the even
		{"%.0f", "-2.5", "-3"},
		{"%F", "-2/3", "-0.666667"},
		{"%8.2f|", "-2/3", "   -0.67|"},
		{"%-8.2f|", "-2/3", "-0.67   |"},
		{"%08.2f|", "-2/3", "-0000.67|"},
		{"%-08.2f|", "-2/3", "-0.67   |"},
		{"%+.2f", "2/3", "+0.67"},
		{"%+.2f", "0", "+0.00"},
		{"%+.2f", "-0.001", "+0.00"}, // a column of signs stays a column
		{"% .2f", "2/3", " 0.67"},
		{"% .2f", "-2/3", "-0.67"},
		{"%+08.2f", "2/3", "+0000.67"},
		{"%.3e", "5000/21", "2.381e+02"},
		{"%+g", "0.5", "+0.5"},
		{"%12G|", "0.5", "         0.5|"},
		{"%d", "7/300", "%!d(kpi.Ratio=7/300)"},
		{"%x", "0.5", "%!x(kpi.Ratio=0.5)"},
		{"%t", "0", "%!t(kpi.Ratio=0)"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, fmt.Sprintf(tt.format, must(tt.x)), "%s of %s", tt.format, tt.x)
	}
	require.Equal(t, "{0.5}", fmt.Sprintf("%v", struct{ R kpi.Ratio }{must("0.5")}))
}

// TestRatioFormatAsFloats compares with fmt where float64 is exact and no digit
// is a tie.
func TestRatioFormatAsFloats(t *testing.T) {
	t.Parallel()
	for _, x := range []float64{0, 1, -1, 0.5, -0.25, 1234.140625, -1e6, 99999.75, 1 << 40} {
		r := must(fmt.Sprintf("%.6f", x))
		for _, format := range []string{
			"%f", "%F", "%.2f", "%.4f", "%12.2f", "%-12.2f|", "%+.2f", "% .2f", "%+012.2f", "% 012.2f", "%012.3f",
			"%-012.3f|", "%1.2f", "%e", "%E", "%.3e", "%+14.3e|", "%g", "%G", "%-14g|", "%014.2e",
		} {
			require.Equal(t, fmt.Sprintf(format, x), fmt.Sprintf(format, r), "%s of %v", format, x)
		}
	}
}

func TestRatioArithmetic(t *testing.T) {
	t.Parallel()
	x, y := must("1/3"), must("-1/6")
	require.Equal(t, "1/6", x.Add(y).String())
	require.Equal(t, "0.5", x.Sub(y).String())
	require.Equal(t, "-1/18", x.Mul(y).String())
	got, err := x.Over(y)
	requireRatio(t, "-2", got, err)
	require.Equal(t, "-1/3", x.Neg().String())
	require.Equal(t, "2/3", x.Complement().String())
	require.Equal(t, 1, x.Cmp(y))
	require.Equal(t, -1, y.Cmp(x))
	require.Equal(t, 0, x.Cmp(must("2/6")))
	require.True(t, x.Equal(must("2/6")))
	require.False(t, x.Equal(y))
	require.Equal(t, 1, x.Sign())
	require.Equal(t, -1, y.Sign())
	require.False(t, x.IsZero())
	require.Equal(t, 1.0/3, x.Float64())
	require.Equal(t, math.Inf(-1), kpi.Must(must("-1e64").Pow(9)).Float64())

	for _, zero := range []kpi.Ratio{{}, must("0"), must("-0.0")} {
		_, err = x.Over(zero)
		e := requireError(t, err, kpi.ErrUndefined)
		require.Equal(t, kpi.CodeZeroDenominator, e.Code)
		require.Equal(t, "Ratio.Over", e.Metric)
	}
}

// A chain does not round inside: 21 a month for 1/(7/300) months is 900, and
// 901.29 if the churn is first rounded to 2.33 %.
func TestRatioChain(t *testing.T) {
	t.Parallel()
	churn := kpi.Must(kpi.NewRatio(7, 300))
	value := kpi.Must(kpi.Whole(21).Over(churn))
	require.Equal(t, "900", value.String())
	require.Equal(t, "2.33%", churn.Percent(2))
	rounded := kpi.Must(kpi.Whole(21).Over(must("2.33%")))
	require.Equal(t, "901.29", rounded.Round(2).String())
}

func TestRatioZeroValue(t *testing.T) {
	t.Parallel()
	var zero kpi.Ratio
	one := kpi.Whole(1)
	require.Equal(t, "0", zero.String())
	require.Equal(t, "0.00", fmt.Sprintf("%.2f", zero))
	require.Equal(t, "0e+00", fmt.Sprintf("%.0e", zero))
	require.Equal(t, "0%", zero.Percent(0))
	require.True(t, zero.IsZero())
	require.Zero(t, zero.Sign())
	require.Zero(t, zero.Float64())
	require.Zero(t, zero.Rat().Sign())
	require.True(t, zero.Equal(kpi.Whole(0)))
	require.Equal(t, -1, zero.Cmp(one))
	require.True(t, one.Add(zero).Equal(one))
	require.True(t, zero.Add(one).Equal(one))
	require.True(t, zero.Sub(one).Equal(one.Neg()))
	require.True(t, zero.Mul(one).IsZero())
	require.True(t, zero.Neg().IsZero())
	require.True(t, zero.Complement().Equal(one))
	require.True(t, zero.Round(3).IsZero())
	require.True(t, zero.RoundBank(-3).IsZero())
	require.True(t, zero.In(10000, 2).IsZero())
	got, err := zero.Over(one)
	requireRatio(t, "0", got, err)
	got, err = zero.Pow(7)
	requireRatio(t, "0", got, err)
	got, err = zero.Pow(0)
	requireRatio(t, "1", got, err)
	root, err := zero.Root(7)
	require.NoError(t, err)
	require.True(t, root.IsZero())
	data, err := json.Marshal(zero)
	require.NoError(t, err)
	require.JSONEq(t, `"0"`, string(data))
}

func TestRatioPow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		x    string
		n    int
		want string
	}{
		{"0.9", 12, "0.282429536481"},
		{"1.01", 2, "1.0201"},
		{"-2/3", 3, "-8/27"},
		{"-2/3", -3, "-3.375"},
		{"-2/3", 0, "1"},
		{"10", -3, "0.001"},
		{"1", 1200, "1"},
		{"-1", -1199, "-1"},
	}
	for _, tt := range tests {
		got, err := must(tt.x).Pow(tt.n)
		requireRatio(t, tt.want, got, err)
	}

	for _, n := range []int{1201, -1201, math.MaxInt, math.MinInt} {
		_, err := must("2").Pow(n)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeOutOfRange, e.Code)
		require.Equal(t, "Ratio.Pow", e.Metric)
	}
	_, err := kpi.Ratio{}.Pow(-1)
	require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)

	// 2¹⁹ bits are the limit, however one comes by them, and a square of them to
	// the 1200th must not wrap an int.
	x := kpi.Must(kpi.Must(must("2").Pow(1200)).Pow(400))
	require.Equal(t, 480001, x.Rat().Num().BitLen())
	_, err = x.Pow(1)
	require.NoError(t, err)
	for _, n := range []int{2, -2, 3, -3, 1200, -1200} {
		_, err = x.Pow(n)
		require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code)
	}
}

func TestRatioRoot(t *testing.T) {
	t.Parallel()
	tests := []struct {
		x    string
		n    int
		want string
	}{
		{"2", 2, "1.414213562373095048801688724209698"}, // OEIS A002193
		{"2", 3, "1.259921049894873164767210607278228"}, // OEIS A002580
		{"1/2", 2, "0.707106781186547524400844362104849"},
		{"200", 2, "14.14213562373095048801688724209698"},
		{"4", 2, "2"},
		{"0.0001", 4, "0.1"},
		{"27/8", 3, "1.5"},
		{"1", 1200, "1"},
		{"0.7", 1, "0.7"},
		{"1/3", 1, "0.3333333333333333333333333333333333"},
		{"2/3", 1, "0.6666666666666666666666666666666667"},
		{"1e64", 64, "10"},
		{"1e-64", 64, "0.1"},
		{"1e64", 1, "1" + strings.Repeat("0", 64)},
		// 35 digits that end in 5 are a tie, and go away from zero; just below
		// them is none.
		{"1.0000000000000000000000000000000005", 1, "1.000000000000000000000000000000001"},
		{"1.00000000000000000000000000000000049", 1, "1"},
		// All nines round up to the next power of ten.
		{"0.99999999999999999999999999999999999", 1, "1"},
	}
	for _, tt := range tests {
		got, err := must(tt.x).Root(tt.n)
		require.NoError(t, err)
		require.Equal(t, tt.want, got.String(), "root %d of %s", tt.n, tt.x)
	}

	for _, n := range []int{0, -1, 1201, math.MinInt} {
		_, err := must("2").Root(n)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, kpi.CodeOutOfRange, e.Code)
		require.Equal(t, "Ratio.Root", e.Metric)
	}
	_, err := must("-8").Root(3)
	require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
}

// TestRatioRootBrackets proves every digit: the n-th power of half a unit in
// the last place below the root is at most x, and of half a unit above more.
func TestRatioRootBrackets(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	check := func(x kpi.Ratio, n int) {
		t.Helper()
		root, err := x.Root(n)
		require.NoError(t, err)
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(34), nil)
		require.LessOrEqual(t, root.Coefficient().Cmp(limit), 0)
		require.GreaterOrEqual(t, root.NumDigits(), 34)
		half := big.NewRat(1, 2)
		unit := decimal.New(1, root.Exponent()).Rat()
		for _, side := range []int64{-1, 1} {
			bound := new(big.Rat).Mul(half, unit)
			bound.Mul(bound, big.NewRat(side, 1)).Add(bound, root.Rat())
			// num/den < or ≥ x without reducing powers of a thousand digits
			e := big.NewInt(int64(n))
			left := new(big.Int).Exp(bound.Num(), e, nil)
			right := new(big.Int).Exp(bound.Denom(), e, nil)
			left.Mul(left, x.Rat().Denom())
			right.Mul(right, x.Rat().Num())
			if side < 0 {
				require.LessOrEqual(t, left.Cmp(right), 0, "root %d of %v is %v: too large", n, x, root)
			} else {
				require.Positive(t, left.Cmp(right), "root %d of %v is %v: too small", n, x, root)
			}
		}
	}
	edges := []string{
		"2", "1/2", "0.9", "7/300", "1e-64", "1e64", "9.99999999e63", "1/3", "10", "0.1",
		"1.000000000000000000000000000000000000000001", "0.999999999999999999999999999999999999999999",
		"9223372036854775807/9223372036854775806", "1/1180591620717411303424",
	}
	for _, s := range edges {
		for _, n := range []int{1, 2, 3, 4, 12, 52, 365, 1200} {
			check(must(s), n)
		}
	}
	huge := kpi.Must(must("1234567890123456789").Pow(1000)) // 18,000 digits
	for _, n := range []int{1, 2, 12, 1200} {
		check(huge, n)
		check(kpi.Must(kpi.Whole(1).Over(huge)), n)
	}
	for range 300 {
		x := kpi.Must(kpi.NewRatio(1+r.Int64N(1<<r.IntN(62)), 1+r.Int64N(1<<r.IntN(62))))
		check(x, 1+r.IntN(60))
	}
	// An exact root is found: (p/10ᵏ)ⁿ gives p/10ᵏ.
	for range 200 {
		x, err := kpi.RatioOf(decimal.New(1+r.Int64N(1e15), int32(r.IntN(21)-10)))
		require.NoError(t, err)
		n := 1 + r.IntN(40)
		root, err := kpi.Must(x.Pow(n)).Root(n)
		require.NoError(t, err)
		back, err := kpi.RatioOf(root)
		requireRatio(t, x.String(), back, err)
	}
}

func TestRatioText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"0", "0.042", "-5000/21", "1/1180591620717411303424"} {
		text, err := must(s).MarshalText()
		require.NoError(t, err)
		require.Equal(t, s, string(text))
		var back kpi.Ratio
		require.NoError(t, back.UnmarshalText(text))
		require.True(t, back.Equal(must(s)))
	}
	x := must("0.5")
	require.Equal(t, kpi.CodeSyntax, requireError(t, x.UnmarshalText([]byte("half")), kpi.ErrInvalid).Code)
	require.Equal(t, "0.5", x.String(), "unchanged")
}

func TestRatioJSON(t *testing.T) {
	t.Parallel()
	type form struct {
		Rate kpi.Ratio `json:"rate"`
	}
	data, err := json.Marshal(form{must("5000/21")})
	require.NoError(t, err)
	require.JSONEq(t, `{"rate":"5000/21"}`, string(data))

	for text, want := range map[string]string{
		`"5000/21"`:                        "5000/21",
		`"0.7"`:                            "0.7",
		`"70%"`:                            "0.7",
		`"7\/10"`:                          "0.7", // as PHP writes it
		`"\u0037\/10"`:                     "0.7",
		`0.1`:                              "0.1", // not the float64 nearest to it
		`-12e-1`:                           "-1.2",
		`1E+3`:                             "1000",
		`123456789012345678901234567890.5`: "123456789012345678901234567890.5",
		`null`:                             "0",
		`-0`:                               "0",
	} {
		var got kpi.Ratio
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.Equal(t, want, got.String(), text)
	}
	for _, text := range []string{
		`""`, `"half"`, `"1\n"`, `" 1"`, `"1/0"`, `"１"`, `"\u00bd"`, `true`, `[1]`, `{}`, `{"exact":"1"}`, `1e65`, `1e20000000`,
		`"NaN"`, `"\"1\""`,
	} {
		got := form{must("0.5")}
		err := json.Unmarshal([]byte(`{"rate":`+text+`}`), &got)
		var e *kpi.Error
		require.ErrorAs(t, err, &e, text)
		require.Equal(t, "0.5", got.Rate.String(), "unchanged by %s", text)
	}
	// What encoding/json never passes on, others might.
	for _, text := range []string{``, `"`, `"1`, `1"`, `"1"2`, `"\"`, "\"1\n\"", `'1'`} {
		x := must("0.5")
		requireError(t, x.UnmarshalJSON([]byte(text)), kpi.ErrInvalid)
		require.Equal(t, "0.5", x.String(), "unchanged by %s", text)
	}
}

// everything asks x, and y with it, all that can be asked.
func everything(x, y kpi.Ratio) string {
	var b strings.Builder
	say := func(v ...any) { _, _ = fmt.Fprintln(&b, v...) }
	say(x.Add(y), x.Sub(y), x.Mul(y), x.Neg(), x.Complement(), x.Cmp(y), x.Equal(y), x.Sign(), x.IsZero(), x.Float64())
	say(x.Over(y))
	say(x.Pow(3))
	say(x.Pow(-3))
	for _, n := range []int{1, 2, 12} {
		root, err := x.Root(n)
		say(root.Coefficient(), root.Exponent(), err)
	}
	say(x.Round(3), x.Round(-3), x.RoundBank(3), x.RoundBank(-3), x.In(10000, 2), x.Percent(1), x.Rat())
	_, _ = fmt.Fprintf(&b, "%v %s %q %08.2f %e %d\n", x, x, x, x, x, x)
	text, err := x.MarshalText()
	say(string(text), err)
	return b.String()
}

func TestRatioIsImmutable(t *testing.T) {
	t.Parallel()
	for _, a := range []string{"7/300", "300", "0", "-0.5", "1e64", "1e-64"} {
		for _, b := range []string{"7/300", "-4", "1/3"} {
			x, y := must(a), must(b)
			first := everything(x, y)
			require.Equal(t, first, everything(x, y))
			require.True(t, x.Equal(must(a)))
			require.True(t, y.Equal(must(b)))
			rat := x.Rat()
			rat.Num().SetInt64(99)
			rat.Denom().SetInt64(98)
			rat.SetInt64(97)
			require.Equal(t, first, everything(x, y))
			// Nor does a result share anything with what it was made of.
			for _, z := range []kpi.Ratio{x.Add(kpi.Ratio{}), x.Neg(), x.Mul(kpi.Whole(1)), kpi.Must(x.Pow(1))} {
				u := z
				require.NoError(t, u.UnmarshalText([]byte("1/7")))
				z.Rat().Num().SetInt64(5)
			}
			d := x.Round(0)
			d.BigInt().SetInt64(96)
			require.Equal(t, first, everything(x, y))
		}
	}
}

func TestRatioFromManyGoroutines(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"7/300", "300", "0"} {
		x, y := must(s), must("-5/7")
		want := everything(x, y)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 20 {
					if got := everything(x, y); got != want {
						t.Errorf("got %s, want %s", got, want)
					}
				}
			})
		}
		wg.Wait()
	}
}

func TestMust(t *testing.T) {
	t.Parallel()
	require.Equal(t, "0.5", kpi.Must(kpi.NewRatio(1, 2)).String())
	require.PanicsWithError(t, "kpi: NewRatio: the denominator is zero: 1/0", func() { kpi.Must(kpi.NewRatio(1, 0)) })
}
