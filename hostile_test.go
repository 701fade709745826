package kpi_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// hostile are decimals of a few bytes with which shopspring's Cmp, Add and Rat
// take seconds and gigabytes, those at the edge of what an int32 can negate, and
// those just past the gate.
func hostile() []decimal.Decimal {
	digits := decimal.NewFromBigInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(400), nil), 0) // 401 of them
	return []decimal.Decimal{
		decimal.New(1, 20000000), decimal.New(1, -20000000), decimal.New(-1, 20000000), decimal.New(0, 20000000),
		decimal.New(1, 1<<31-1), decimal.New(-1, -1<<31), decimal.New(0, -1<<31),
		decimal.New(1, 65), decimal.New(1, -65), digits, digits.Neg(),
	}
}

// entries are the ways by which a decimal gets into the vocabulary.
var entries = map[string]func(d decimal.Decimal) error{
	"RatioOf": func(d decimal.Decimal) error { _, err := kpi.RatioOf(d); return err },
	"Sum.Add": func(d decimal.Decimal) error { return new(kpi.Sum).Add(d) },
	"Sum.AddAll": func(d decimal.Decimal) error {
		return new(kpi.Sum).AddAll([]decimal.Decimal{{}, decimal.New(1, 2), d})
	},
	"PercentShares": func(d decimal.Decimal) error {
		_, err := kpi.PercentShares([]decimal.Decimal{decimal.New(1, 0), d}, 400)
		return err
	},
	"Survey.ACSI": func(d decimal.Decimal) error {
		_, err := kpi.Survey{}.ACSI(map[string]decimal.Decimal{"a": d})
		return err
	},
	"Responses.ACSI": func(d decimal.Decimal) error {
		_, err := kpi.Responses{{"a": 7}}.ACSI(map[string]decimal.Decimal{"a": d})
		return err
	},
	"ConcentrationOf": func(d decimal.Decimal) error {
		_, err := kpi.ConcentrationOf([]decimal.Decimal{decimal.New(1, 0), d})
		return err
	},
	"UpSell.Add": func(d decimal.Decimal) error { return new(kpi.UpSell).Add(decimal.New(1, 0), d) },
	"MeanOf": func(d decimal.Decimal) error {
		_, err := kpi.MeanOf([]decimal.Decimal{decimal.New(1, 0), d})
		return err
	},
}

// means are the questions to a Mean, whose fields are open to all.
var means = map[string]func(m kpi.Mean) error{
	"Mean.Ratio":    func(m kpi.Mean) error { _, err := m.Ratio(); return err },
	"Mean.Variance": func(m kpi.Mean) error { _, err := m.Variance(); return err },
	"Mean.Interval": func(m kpi.Mean) error { _, err := m.Interval(0.95); return err },
	"Mean.Merge":    func(m kpi.Mean) error { _, err := kpi.Mean{}.Merge(m); return err },
}

// TestHostileDecimals is not parallel: it measures what the program allocates.
func TestHostileDecimals(t *testing.T) {
	refuse := func(name string, d decimal.Decimal, ask func() error) {
		t.Helper()
		cheaply(t, name, func() {
			e := requireError(t, ask(), kpi.ErrInvalid)
			require.Equal(t, kpi.CodeTooLarge, e.Code, "%s: exponent %d", name, d.Exponent())
			require.Equal(t, name, e.Metric)
			require.Less(t, len(e.Error()), 200)
		})
	}
	good := kpi.Mean{N: 2, Sum: decimal.New(3, 0), Squares: decimal.New(5, 0), High: decimal.New(5, 0)}
	for _, d := range hostile() {
		for name, ask := range entries {
			refuse(name, d, func() error { return ask(d) })
		}
		for name, ask := range means {
			for i := range 4 {
				m := good
				*[]*decimal.Decimal{&m.Sum, &m.Squares, &m.Low, &m.High}[i] = d
				if e := d.Exponent(); i == 1 && (e == 65 || e == -65 || e == 0) {
					continue // a sum of squares may have twice the digits
				}
				refuse(name, d, func() error { return ask(m) })
			}
		}
	}
	for name, ask := range means {
		require.NoError(t, ask(good), name)
	}
}

// forms hold decimals in fields that anybody can fill.
func forms() []any {
	return []any{
		new(kpi.Acquisition), new(kpi.Channel), new(kpi.Mean), new(kpi.EventRate), new(kpi.RatioOfSums),
		new(kpi.WeightedSurvey), &kpi.CashFlows{{}, {}}, new(kpi.Purchases), new(kpi.Order), new(kpi.Customer), new(kpi.CohortCell),
		new(kpi.Event), new(kpi.Deal), new(kpi.OpenDeals), new(kpi.LoyalCustomer),
		new(kpi.Checkout), new(kpi.Cart), new(kpi.Touch), new(kpi.ChannelCredit), new(kpi.Credits),
		new(kpi.Renewal), new(kpi.Contract),
		new(kpi.Subscription), new(kpi.EarnedGrowth),
		new(kpi.Contributor),
		new(kpi.Grower),
		new(kpi.ABCRow),
		new(kpi.ABCTotal),
		new(kpi.RFMSegment),
		new(kpi.Warning),
	}
}

// decimals returns every decimal inside v, to be set.
func decimals(v reflect.Value) (all []*decimal.Decimal) {
	if d, ok := reflect.TypeAssert[*decimal.Decimal](v.Addr()); ok {
		return []*decimal.Decimal{d}
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				all = append(all, decimals(v.Field(i))...)
			}
		}
	case reflect.Array, reflect.Slice:
		for i := range v.Len() {
			all = append(all, decimals(v.Index(i))...)
		}
	default:
	}
	return all
}

// TestHostileJSON is not parallel either. json.Marshal asks no method that would
// check the form first.
func TestHostileJSON(t *testing.T) {
	for _, form := range forms() {
		name := reflect.TypeOf(form).Elem().Name()
		at := decimals(reflect.ValueOf(form).Elem())
		require.NotEmpty(t, at, name)
		for i, d := range at {
			if i >= 10 && i != len(at)-1 {
				continue // more of the same array
			}
			for _, huge := range hostile() {
				if e := huge.Exponent(); e == 65 || e == -65 || e == 0 {
					continue // a sum of squares may have as much
				}
				*d = huge
				cheaply(t, name, func() {
					_, err := json.Marshal(form)
					require.Equal(t, kpi.CodeTooLarge, requireError(t, err, kpi.ErrInvalid).Code, name)
					require.Less(t, len(err.Error()), 300)
				})
			}
			*d = decimal.New(1050, -2)
		}
		data, err := json.Marshal(form)
		require.NoError(t, err, name)
		require.Contains(t, string(data), `"10.50"`, "%s: exactly as it is", name)
	}
}

// TestHostilePowers is not parallel either: it holds the largest results of
// exponents and horizons to a time that is no hang.
func TestHostilePowers(t *testing.T) {
	most := func(n int) kpi.Ratio { // of 2¹⁹/n bits in all, and nothing in common
		bits := uint(1<<18/n - 1)
		num := new(big.Int).Lsh(big.NewInt(1), bits-1)
		x, err := kpi.ParseRatio(num.Sub(num, big.NewInt(1)).String() + "/" + new(big.Int).Lsh(big.NewInt(1), bits-1).String())
		require.NoError(t, err)
		return x
	}
	for name, ask := range map[string]func() (kpi.Ratio, error){
		"900": func() (kpi.Ratio, error) { return most(900).Pow(900) },
		"9":   func() (kpi.Ratio, error) { return most(9).Pow(9) },
		"horizon": func() (kpi.Ratio, error) {
			return kpi.RetentionCLV{Margin: kpi.Whole(1)}.Horizon(most(1200), must("0.1"), 1100)
		},
		"flows": func() (kpi.Ratio, error) { return make(kpi.CashFlows, 1100).PresentValue(most(1200)) },
	} {
		began := time.Now()
		_, err := ask()
		require.NoError(t, err, name)
		require.Less(t, time.Since(began), hang, name)
	}
}

// hang is what no call on a few bytes takes, on a busy machine either: what is refused
// too late, or not bounded, takes minutes and more.
const hang = 10 * time.Second

// cheaply runs f and fails if it took long or much memory.
func cheaply(t *testing.T, name string, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	f()
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	require.Less(t, took, hang, name)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20), name)
}

// TestHostileTexts is not parallel either.
func TestHostileTexts(t *testing.T) {
	digits := make([]byte, 1<<20)
	for i := range digits {
		digits[i] = '7'
	}
	for _, text := range []string{"1e20000000", "1e-20000000", "1e999999999999999999999999", string(digits), "1/" + string(digits), "0." + string(digits)} {
		cheaply(t, text[:8], func() {
			_, err := kpi.ParseRatio(text)
			requireError(t, err, kpi.ErrInvalid)
			require.Less(t, len(err.Error()), 200)
		})
	}
}

// TestHostileAmounts is not parallel either. Every form refuses money in JSON that
// is no money, with an *Error, at once and unchanged, and reads what it wrote.
func TestHostileAmounts(t *testing.T) {
	long := strings.Repeat("7", 1<<20)
	wide := decimal.NewFromBigInt(new(big.Int).Exp(big.NewInt(7), big.NewInt(440), nil), 60) // 372 digits, e60
	for _, form := range forms() {
		of := reflect.TypeOf(form).Elem()
		for _, d := range decimals(reflect.ValueOf(form).Elem()) {
			*d = wide
		}
		data, err := json.Marshal(form)
		require.NoError(t, err, of.Name())
		back := reflect.New(of)
		require.NoError(t, json.Unmarshal(data, back.Interface()), of.Name())
		for _, d := range decimals(back.Elem()) {
			require.True(t, d.Equal(wide) && d.NumDigits() == wide.NumDigits(), of.Name())
		}
		good := `"` + wide.Coefficient().String() + `e60"`
		require.Contains(t, string(data), good, of.Name())
		for _, bad := range []string{`"1e20000000"`, "1e20000000", `"` + long + `"`, long, `"x"`, `""`, `"1_0"`, "true", "{}"} {
			cheaply(t, of.Name(), func() {
				err := json.Unmarshal([]byte(strings.Replace(string(data), good, bad, 1)), back.Interface())
				require.Equal(t, -1, requireError(t, err, kpi.ErrInvalid).Index)
			})
			again, err := json.Marshal(back.Interface())
			require.NoError(t, err)
			require.Equal(t, string(data), string(again), of.Name())
		}
		require.NoError(t, json.Unmarshal([]byte(strings.Replace(string(data), good, "12.50", 1)), back.Interface()), "a number")
		require.Contains(t, fmt.Sprint(mustJSON(t, back.Interface())), `"12.50"`)
	}
	_, err := json.Marshal(kpi.Batch{Amounts: []decimal.Decimal{decimal.New(1, 20_000_000)}})
	require.ErrorIs(t, err, kpi.ErrInvalid)
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

// TestHostileRatios holds the largest Ratios to what the documentation bounds.
func TestHostileRatios(t *testing.T) {
	t.Parallel()
	big := kpi.Must(kpi.Must(kpi.Whole(3).Pow(1200)).Pow(275)) // half a million bits
	tiny := kpi.Must(kpi.Whole(1).Over(big))
	for _, x := range []kpi.Ratio{big, tiny, big.Neg()} {
		require.Less(t, len(fmt.Sprintf("%.2f", x)), 700000)
		require.Less(t, len(x.Percent(1<<30)), 700000)
		_, err := x.Pow(2)
		requireError(t, err, kpi.ErrInvalid)
		for _, n := range []int{1, 2, 1200} {
			root, err := x.Root(n)
			if x.Sign() < 0 {
				e := requireError(t, err, kpi.ErrInvalid)
				require.Less(t, len(e.Error()), 200)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, 34, root.NumDigits())
		}
	}
}
