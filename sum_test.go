package kpi_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Sum]{
	name: "Sum",
	random: func(r *rand.Rand) kpi.Sum {
		var s kpi.Sum
		for range r.IntN(5) {
			if err := s.Add(randomDecimal(r)); err != nil {
				panic(err)
			}
		}
		return s
	},
	merge: func(dst *kpi.Sum, src kpi.Sum) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Sum) {
		t.Helper()
		sameSum(t, &want, &got)
	},
	noJSON: true,
})

// randomDecimal returns any decimal that the gate lets in; mostly money, at
// times at the limits.
func randomDecimal(r *rand.Rand) decimal.Decimal {
	switch r.IntN(8) {
	case 0: // up to 400 digits
		digits := make([]byte, 1+r.IntN(400))
		for i := range digits {
			digits[i] = byte('0' + r.IntN(10))
		}
		c, _ := new(big.Int).SetString(string(digits), 10)
		if r.IntN(2) == 0 {
			c.Neg(c)
		}
		return decimal.NewFromBigInt(c, int32(r.IntN(129)-64))
	case 1: // about eighteen digits, where the fast path ends
		return decimal.New((r.Int64N(3)-1)*(1e18-1+r.Int64N(3)), int32(r.IntN(5)-2))
	case 2:
		return decimal.New([]int64{math.MaxInt64, math.MinInt64, 0, -1}[r.IntN(4)], int32(r.IntN(129)-64))
	default:
		return decimal.New(r.Int64N(2e9)-1e9, -2)
	}
}

// sameSum demands one total, to the exponent, and one encoding.
func sameSum(t *testing.T, want, got *kpi.Sum) {
	t.Helper()
	require.Equal(t, want.Decimal().Exponent(), got.Decimal().Exponent())
	require.Equal(t, want.String(), got.String())
	w, err := want.MarshalBinary()
	require.NoError(t, err)
	g, err := got.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, w, g)
}

func TestSum(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		add  []decimal.Decimal
		want string
	}{
		{"nothing", nil, "0"},
		{"a float would say 0.30000000000000004", []decimal.Decimal{decimal.New(1, -1), decimal.New(2, -1)}, "0.3"},
		{"exponents", []decimal.Decimal{decimal.New(5, 2), decimal.New(-125, -2), decimal.New(1, 0)}, "499.75"},
		{"the finest exponent stays", []decimal.Decimal{decimal.New(150, -2), decimal.New(50, -2)}, "2.00"},
		{"a zero counts for the exponent", []decimal.Decimal{decimal.New(2, 0), decimal.New(0, -3)}, "2.000"},
		{"to nothing", []decimal.Decimal{decimal.New(7, -1), decimal.New(-7, -1)}, "0.0"},
		{"the zero value of a decimal", []decimal.Decimal{{}, decimal.New(3, 0)}, "3"},
		{"far apart", []decimal.Decimal{decimal.New(1, 64), decimal.New(1, -64)}, "1" + strings.Repeat("0", 64) + "." + strings.Repeat("0", 63) + "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var one, all kpi.Sum
			for _, d := range tt.add {
				require.NoError(t, one.Add(d))
			}
			require.NoError(t, all.AddAll(tt.add))
			require.Equal(t, tt.want, one.String())
			sameSum(t, &one, &all)
		})
	}
}

// TestSumAgainstRationals adds random decimals in every way and order that
// there is, and compares with math/big.
func TestSumAgainstRationals(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		ds := make([]decimal.Decimal, 1+r.IntN(40))
		truth, finest := new(big.Rat), int32(math.MaxInt32)
		for i := range ds {
			ds[i] = randomDecimal(r)
			truth.Add(truth, ds[i].Rat())
			finest = min(finest, ds[i].Exponent())
		}
		before := slices.Clone(ds)
		var want kpi.Sum
		require.NoError(t, want.AddAll(ds))
		require.Zero(t, want.Decimal().Rat().Cmp(truth))
		require.Equal(t, finest, want.Decimal().Exponent())
		for range 3 {
			r.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
			var one, parts, rest kpi.Sum
			for _, d := range ds {
				require.NoError(t, one.Add(d))
			}
			cut := r.IntN(len(ds) + 1)
			require.NoError(t, parts.AddAll(ds[:cut]))
			require.NoError(t, rest.AddAll(ds[cut:]))
			untouched := rest.String()
			require.NoError(t, parts.Merge(&rest))
			require.Equal(t, untouched, rest.String(), "Merge changes its argument")
			sameSum(t, &want, &one)
			sameSum(t, &want, &parts)
		}
		for _, d := range before {
			require.True(t, slices.ContainsFunc(ds, func(e decimal.Decimal) bool {
				return e.Exponent() == d.Exponent() && e.Coefficient().Cmp(d.Coefficient()) == 0
			}), "AddAll changes its argument")
		}
	}
}

func TestSumMinor(t *testing.T) {
	t.Parallel()
	var s kpi.Sum
	require.NoError(t, s.AddMinor([]int64{1050, -250, 1}, -2))
	require.Equal(t, "8.01", s.String())
	require.NoError(t, s.AddMinor(nil, -64), "no amount, no exponent")
	require.Equal(t, "8.01", s.String())
	require.NoError(t, s.AddMinor([]int64{3}, 64))
	require.Equal(t, "3"+strings.Repeat("0", 63)+"8.01", s.String())
	for _, exp := range []int32{-65, 65, math.MinInt32, math.MaxInt32} {
		for _, minor := range [][]int64{nil, {1}} {
			e := requireError(t, s.AddMinor(minor, exp), kpi.ErrInvalid)
			require.Equal(t, kpi.CodeTooLarge, e.Code)
			require.Equal(t, "Sum.AddMinor", e.Metric)
		}
	}
	require.Equal(t, "3"+strings.Repeat("0", 63)+"8.01", s.String(), "unchanged")
}

// TestSumBeyond128Bits doubles a Sum past the 128 bits of its fast path, on
// both sides of zero.
func TestSumBeyond128Bits(t *testing.T) {
	t.Parallel()
	for _, c := range []int64{math.MaxInt64, math.MinInt64, -1} {
		minor := make([]int64, 1000)
		for i := range minor {
			minor[i] = c
		}
		var s kpi.Sum
		require.NoError(t, s.AddMinor(minor, -2))
		want := new(big.Int).Mul(big.NewInt(c), big.NewInt(1000))
		for range 80 {
			require.Zero(t, s.Decimal().Coefficient().Cmp(want))
			var o kpi.Sum
			require.NoError(t, o.Merge(&s))
			require.NoError(t, s.Merge(&o))
			want.Lsh(want, 1)
		}
		require.Greater(t, want.BitLen(), 80)
		// What was added can be taken away again.
		var back kpi.Sum
		require.NoError(t, back.Add(s.Decimal().Neg()))
		require.NoError(t, s.Merge(&back))
		require.True(t, s.Decimal().IsZero())
	}
}

func TestSumMergeWithItself(t *testing.T) {
	t.Parallel()
	var s kpi.Sum
	require.NoError(t, s.Merge(&s))
	require.Equal(t, "0", s.String())
	require.NoError(t, s.AddMinor([]int64{7, math.MaxInt64}, -2))
	require.NoError(t, s.Add(decimal.NewFromBigInt(new(big.Int).Lsh(big.NewInt(1), 1000), 3)))
	want := new(big.Rat).Mul(s.Decimal().Rat(), big.NewRat(2, 1))
	require.NoError(t, s.Merge(&s))
	require.Zero(t, s.Decimal().Rat().Cmp(want))
}

// A Sum that was doubled to the edge of 128 bits takes one more.
func TestSumAddAfterMerges(t *testing.T) {
	t.Parallel()
	for _, c := range []int64{math.MaxInt64, math.MinInt64, 1, -1} {
		var s kpi.Sum
		require.NoError(t, s.AddMinor([]int64{c}, 0))
		want := big.NewInt(c)
		for range 130 {
			require.NoError(t, s.Merge(&s))
			want.Lsh(want, 1)
			for _, one := range []int64{1, -1, 1, 1, -2} {
				require.NoError(t, s.Add(decimal.NewFromInt(one)))
				want.Add(want, big.NewInt(one))
				require.Zero(t, s.Decimal().Coefficient().Cmp(want), "%s, not %s", &s, want)
			}
		}
	}
}

// AddAll goes four rows a turn where it can: the rows that it cannot take so may
// stand anywhere.
func TestSumAddAllRuns(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20, 26))
	odd := []decimal.Decimal{
		{},
		decimal.New(5, -1), decimal.New(math.MinInt64, 0), decimal.New(math.MaxInt64, 0),
		decimal.New(999_999_999_999_999_999, 0), decimal.New(-1_000_000_000_000_000_000, 0),
		decimal.NewFromBigInt(new(big.Int).Lsh(big.NewInt(1), 64), 0), decimal.New(7, 64), decimal.New(7, -64),
	}
	for n := range 200 {
		ds := make([]decimal.Decimal, n%23)
		for i := range ds {
			ds[i] = decimal.New(r.Int64N(2e18)-1e18+1, 0)
			if r.IntN(6) == 0 {
				ds[i] = odd[r.IntN(len(odd))]
			}
		}
		var all, single kpi.Sum
		require.NoError(t, all.AddAll(ds))
		for _, d := range ds {
			require.NoError(t, single.Add(d))
		}
		a, err := all.MarshalBinary()
		require.NoError(t, err)
		b, err := single.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, b, a, "%v", ds)

		// The first that is too large is named, and nothing is added.
		if len(ds) > 0 {
			bad := r.IntN(len(ds))
			ds[bad] = []decimal.Decimal{decimal.New(1, 65), decimal.New(0, -65), dec(strings.Repeat("9", 401))}[r.IntN(3)]
			require.Equal(t, bad, requireError(t, all.AddAll(ds), kpi.ErrInvalid).Index)
			after, err := all.MarshalBinary()
			require.NoError(t, err)
			require.Equal(t, a, after)
		}
	}
}

func TestSumMergeNil(t *testing.T) {
	t.Parallel()
	var s kpi.Sum
	require.NoError(t, s.Add(decimal.New(105, -1)))
	e := requireError(t, s.Merge(nil), kpi.ErrInvalid)
	require.Equal(t, kpi.CodeEmpty, e.Code)
	require.Equal(t, "Sum.Merge", e.Metric)
	require.Equal(t, "10.5", s.String())
}

func TestSumAllOrNothing(t *testing.T) {
	t.Parallel()
	var s kpi.Sum
	require.NoError(t, s.Add(decimal.New(5, 0)))
	long := decimal.NewFromBigInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(400), nil), 0) // 401 digits
	for _, bad := range []decimal.Decimal{decimal.New(1, 65), decimal.New(0, -65), long, long.Neg()} {
		e := requireError(t, s.Add(bad), kpi.ErrInvalid)
		require.Equal(t, kpi.CodeTooLarge, e.Code)
		require.Equal(t, "Sum.Add", e.Metric)
		require.Equal(t, -1, e.Index)
		for i := range 4 {
			ds := []decimal.Decimal{decimal.New(1, -2), decimal.New(1, 2), decimal.New(1, 2), decimal.New(1, 0)}
			ds[i] = bad
			e = requireError(t, s.AddAll(ds), kpi.ErrInvalid)
			require.Equal(t, kpi.CodeTooLarge, e.Code)
			require.Equal(t, "Sum.AddAll", e.Metric)
			require.Equal(t, i, e.Index)
		}
		require.Equal(t, "5", s.String(), "unchanged, and no finer")
	}
	most := decimal.NewFromBigInt(new(big.Int).Sub(long.Coefficient(), big.NewInt(1)), 0)
	require.NoError(t, s.Add(most), "400 digits")
}

func TestSumHasNoJSON(t *testing.T) {
	t.Parallel()
	var s kpi.Sum
	for _, v := range []any{s, &s, []*kpi.Sum{&s}, struct{ Total kpi.Sum }{s}} {
		_, err := json.Marshal(v)
		require.Equal(t, kpi.CodeNoJSON, requireError(t, err, kpi.ErrInvalid).Code)
	}
	require.ErrorIs(t, json.Unmarshal([]byte(`{}`), &s), kpi.ErrInvalid)
}

func TestSumBinary(t *testing.T) {
	t.Parallel()
	var s kpi.Sum
	require.NoError(t, s.AddMinor([]int64{-300}, -2))
	data, err := s.AppendBinary([]byte("before"))
	require.NoError(t, err)
	// magic, kind, version, present, exponent −2 and the length 2 as varints,
	// the sign − and 300 big-endian
	require.Equal(t, "beforekpiS\x01\x01\x03\x00\x02\x01\x2c", string(data))

	valid := strings.TrimPrefix(string(data), "before")
	var kept kpi.Sum
	require.NoError(t, kept.Add(decimal.New(1, 0)))
	for _, tt := range []struct {
		name, data string
		code       kpi.Code
	}{
		{"empty", "", kpi.CodeCorrupt},
		{"another kind", "kpiL" + valid[4:], kpi.CodeCorrupt},
		{"another magic", "KPIS" + valid[4:], kpi.CodeCorrupt},
		{"another version", "kpiS\x02" + valid[5:], kpi.CodeVersion},
		{"no flag", "kpiS\x01", kpi.CodeCorrupt},
		{"flag 2", "kpiS\x01\x02", kpi.CodeCorrupt},
		{"a flag of two bytes", "kpiS\x01\x81\x00\x03\x00\x02\x01\x2c", kpi.CodeCorrupt},
		{"a tail", valid + "\x00", kpi.CodeCorrupt},
		{"a tail of an empty sum", "kpiS\x01\x00\x00", kpi.CodeCorrupt},
		{"an exponent of 129", "kpiS\x01\x01\x82\x02\x00\x02\x01\x2c", kpi.CodeCorrupt},
		{"a sign of 3", "kpiS\x01\x01\x03\x03\x02\x01\x2c", kpi.CodeCorrupt},
		{"zero with a sign", "kpiS\x01\x01\x03\x00\x00", kpi.CodeCorrupt},
		{"a number without a sign", "kpiS\x01\x01\x03\x01\x02\x01\x2c", kpi.CodeCorrupt},
		{"a leading zero", "kpiS\x01\x01\x03\x00\x02\x00\x2c", kpi.CodeCorrupt},
		{"more promised than there is", "kpiS\x01\x01\x03\x00\x03\x01\x2c", kpi.CodeCorrupt},
		{"a promise of 2⁶⁴−1", "kpiS\x01\x01\x03\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", kpi.CodeCorrupt},
		{"a number too long", "kpiS\x01\x01\x03\x00\x90\x4e" + strings.Repeat("\x7f", 10000), kpi.CodeCorrupt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := requireError(t, kept.UnmarshalBinary([]byte(tt.data)), kpi.ErrInvalid)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "Sum.UnmarshalBinary", e.Metric)
			require.Equal(t, "1", kept.String(), "unchanged")
		})
	}
}

func FuzzSumUnmarshalBinary(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 10))
	f.Add([]byte("kpiS\x01\x00"))
	f.Add([]byte("kpiS\x01\x01\x03\x00\x02\x01\x2c"))
	f.Add([]byte("kpiS\x01\x01\x03\x00\xff\xff\xff\xff\x7f"))
	for range 8 {
		var s kpi.Sum
		for range 3 {
			require.NoError(f, s.Add(randomDecimal(r)))
		}
		data, err := s.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s kpi.Sum
		if err := s.UnmarshalBinary(data); err != nil {
			requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, "0", s.String())
			return
		}
		again, err := s.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NoError(t, s.Add(decimal.New(1, -64)))
		require.LessOrEqual(t, len(s.String()), 4*len(data)+400)
	})
}

func TestPercentShares(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		amounts []decimal.Decimal
		places  int32
		want    string
	}{
		{"thirds", wholes(1, 1, 1), 1, "33.4 33.3 33.3"},
		{"thirds, whole", wholes(1, 1, 1), 0, "34 33 33"},
		// 16.66… each, 100 − 6·16 = 4 left over, to the first four
		{"sixths", wholes(1, 1, 1, 1, 1, 1), 0, "17 17 17 17 16 16"},
		// 47 %, 16 %, 15.8 %, 12 %, 6.1 %, 3.1 %: one left, to the remainder .8
		{"the largest remainder", wholes(47000, 16000, 15800, 12000, 6100, 3100), 0, "47 16 16 12 6 3"},
		{"one", wholes(7), 2, "100.00"},
		{"zeros take nothing", wholes(0, 5, 0), 1, "0.0 100.0 0.0"},
		{"exponents", []decimal.Decimal{decimal.New(25, -2), decimal.New(75, -2), decimal.New(1, 0)}, 1, "12.5 37.5 50.0"},
		{"negative places are none", wholes(1, 2), -5, "33 67"},
		{"far apart", []decimal.Decimal{decimal.New(1, 64), decimal.New(1, -64)}, 1, "100.0 0.0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := kpi.PercentShares(tt.amounts, tt.places)
			require.NoError(t, err)
			texts := make([]string, len(got))
			for i, g := range got {
				texts[i] = g.StringFixed(max(tt.places, 0))
			}
			require.Equal(t, tt.want, strings.Join(texts, " "))
		})
	}
	for _, tt := range []struct {
		name    string
		amounts []decimal.Decimal
		kind    error
		code    kpi.Code
		index   int
	}{
		{"none", nil, kpi.ErrUndefined, kpi.CodeZeroDenominator, -1},
		{"a total of 0", wholes(0, 0), kpi.ErrUndefined, kpi.CodeZeroDenominator, -1},
		{"negative", wholes(3, -1, -2), kpi.ErrInvalid, kpi.CodeNegative, 1},
		{"invalid before undefined", wholes(0, -1, 1), kpi.ErrInvalid, kpi.CodeNegative, 1},
		{"huge", []decimal.Decimal{decimal.New(1, 0), decimal.New(1, 20000000)}, kpi.ErrInvalid, kpi.CodeTooLarge, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := kpi.PercentShares(tt.amounts, 1)
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, "PercentShares", e.Metric)
			require.Equal(t, tt.index, e.Index)
		})
	}
}

func wholes(ns ...int64) []decimal.Decimal {
	ds := make([]decimal.Decimal, len(ns))
	for i, n := range ns {
		ds[i] = decimal.NewFromInt(n)
	}
	return ds
}

// TestPercentSharesAddUp holds what a largest remainder promises: a total of
// exactly 100, no share a whole unit from its quota, no larger amount with a
// smaller share.
func TestPercentSharesAddUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		places := int32(r.IntN(5))
		amounts := make([]decimal.Decimal, 1+r.IntN(60))
		var total kpi.Sum
		for i := range amounts {
			amounts[i] = decimal.New(r.Int64N(1<<r.IntN(40)), int32(r.IntN(5)-4))
			require.NoError(t, total.Add(amounts[i]))
		}
		shares, err := kpi.PercentShares(amounts, places)
		if total.Decimal().IsZero() {
			requireError(t, err, kpi.ErrUndefined)
			continue
		}
		require.NoError(t, err)
		var sum kpi.Sum
		require.NoError(t, sum.AddAll(shares))
		require.True(t, sum.Decimal().Equal(decimal.NewFromInt(100)))
		unit := decimal.New(1, -places).Rat()
		for i, s := range shares {
			require.Equal(t, -places, s.Exponent())
			quota := new(big.Rat).Quo(amounts[i].Rat(), total.Decimal().Rat())
			quota.Mul(quota, big.NewRat(100, 1)).Sub(quota, s.Rat())
			require.Negative(t, quota.Abs(quota).Cmp(unit))
			for j := range shares {
				if amounts[j].LessThan(amounts[i]) {
					require.True(t, shares[j].LessThanOrEqual(s))
				}
			}
		}
	}
}
