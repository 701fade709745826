package kpi_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// TestGlobals changes every package variable of shopspring/decimal and expects
// every answer as before. It is not parallel: tests that are wait until it has
// put them back.
func TestGlobals(t *testing.T) {
	want := answers(t)
	division, power, quotes, trim, scientific, exp, decode := decimal.DivisionPrecision, decimal.PowPrecisionNegativeExponent,
		decimal.MarshalJSONWithoutQuotes, decimal.TrimTrailingZeros, decimal.UseScientificNotation,
		decimal.ExpMaxIterations, decimal.MaxDecodeExponent
	t.Cleanup(func() {
		decimal.DivisionPrecision, decimal.PowPrecisionNegativeExponent = division, power
		decimal.MarshalJSONWithoutQuotes, decimal.TrimTrailingZeros = quotes, trim
		decimal.UseScientificNotation = scientific
		decimal.ExpMaxIterations, decimal.MaxDecodeExponent = exp, decode
	})
	for _, set := range []func(){
		func() { decimal.DivisionPrecision = 3 },
		func() { decimal.PowPrecisionNegativeExponent = 1 },
		func() { decimal.MarshalJSONWithoutQuotes = !quotes },
		func() { decimal.TrimTrailingZeros = !trim },
		func() { decimal.UseScientificNotation = !scientific },
		func() { decimal.ExpMaxIterations, decimal.MaxDecodeExponent = 1, 1 },
		func() { decimal.DivisionPrecision = 0 },
	} {
		set() // one after the other, and all together in the end
		require.Equal(t, want, answers(t))
	}
}

// answers asks the vocabulary something of everything, and writes decimals down
// without their String, which does depend on the variables.
func answers(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	say := func(v ...any) { _, _ = fmt.Fprintln(&b, v...) }
	digits := func(d decimal.Decimal) string { return fmt.Sprint(d.Coefficient(), "e", d.Exponent()) }
	money := []decimal.Decimal{decimal.New(100, -2), decimal.New(5, 3), decimal.New(123456789, -4), decimal.New(10, 0)}

	x := must("5000/21")
	say(x, must("0.10"), x.Percent(3), x.Float64())
	_, _ = fmt.Fprintf(&b, "%.3f %8.1e\n", x, x)
	say(digits(x.Round(4)), digits(x.RoundBank(4)), digits(x.In(10000, 3)))
	root, err := x.Root(12)
	require.NoError(t, err)
	say(digits(root))
	say(kpi.Must(x.Pow(-7)), kpi.Must(x.Over(must("7/300"))), kpi.Must(kpi.RatioOf(money[2])))
	data, err := json.Marshal(x)
	require.NoError(t, err)
	say(string(data))

	var s kpi.Sum
	require.NoError(t, s.AddAll(money))
	data, err = s.MarshalBinary()
	require.NoError(t, err)
	say(s.String(), digits(s.Decimal()), data)
	shares, err := kpi.PercentShares(money, 2)
	require.NoError(t, err)
	for _, share := range shares {
		say(digits(share))
	}
	_, err = kpi.PercentShares([]decimal.Decimal{decimal.New(-1230, -2)}, 1)
	say(err)

	m, err := kpi.MeanOf(money)
	require.NoError(t, err)
	say(kpi.Must(m.Ratio()), kpi.Must(m.Variance()))
	i, err := m.Interval(0.95)
	require.NoError(t, err)
	say(i)
	for _, form := range forms() {
		for _, d := range decimals(reflect.ValueOf(form).Elem()) {
			*d = money[0]
		}
		data, err = json.Marshal(form)
		require.NoError(t, err)
		say(string(data))
	}
	data, err = json.Marshal(m)
	require.NoError(t, err)
	var back kpi.Mean
	require.NoError(t, json.Unmarshal(data, &back))
	say(string(data), kpi.Must(back.Ratio()), kpi.Must(back.Variance()))

	i, err = kpi.Proportion{K: 7, N: 300}.Interval(0.95)
	require.NoError(t, err)
	say(i, kpi.Proportion{K: 7, N: 300}.Percent(2))
	return b.String()
}
