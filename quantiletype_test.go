package kpi_test

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

func quantileTypes() (all []kpi.QuantileType) {
	for t := kpi.Type1; t <= kpi.Type9; t++ {
		all = append(all, t)
	}
	return all
}

// naiveQuantile is Quantile by other definitions: the first three as they are put
// in words, the rest by the plotting position (k−a)/(n+1−a−b) of the k-th value.
func naiveQuantile(sorted []*big.Rat, p *big.Rat, t kpi.QuantileType) *big.Rat {
	n := int64(len(sorted))
	x := func(k int64) *big.Rat { return sorted[max(1, min(k, n))-1] }
	mean := func(a, b *big.Rat) *big.Rat {
		s := new(big.Rat).Add(a, b)
		return s.Quo(s, big.NewRat(2, 1))
	}
	share := func(k int64) int { return big.NewRat(k, n).Cmp(p) } // of those up to the k-th, against p
	var a, b *big.Rat
	switch t {
	case kpi.Type1, kpi.Type2: // the first that has p of all up to it
		k := int64(0)
		for share(k) < 0 {
			k++
		}
		if t == kpi.Type2 && share(k) == 0 {
			return mean(x(k), x(k+1))
		}
		return x(k)
	case kpi.Type3: // the nearest to np, and the even one of two
		far := func(k int64) *big.Rat {
			d := new(big.Rat).Mul(big.NewRat(n, 1), p)
			return d.Sub(d, big.NewRat(k, 1)).Abs(d)
		}
		k := int64(0)
		for far(k+1).Cmp(far(k)) < 0 || far(k+1).Cmp(far(k)) == 0 && k%2 == 1 {
			k++
		}
		return x(k)
	case kpi.Type4:
		a, b = big.NewRat(0, 1), big.NewRat(1, 1)
	case kpi.Type5:
		a, b = big.NewRat(1, 2), big.NewRat(1, 2)
	case kpi.Type6:
		a, b = big.NewRat(0, 1), big.NewRat(0, 1)
	case kpi.Type7:
		a, b = big.NewRat(1, 1), big.NewRat(1, 1)
	case kpi.Type8:
		a, b = big.NewRat(1, 3), big.NewRat(1, 3)
	case kpi.Type9:
		a, b = big.NewRat(3, 8), big.NewRat(3, 8)
	}
	width := new(big.Rat).Sub(big.NewRat(n+1, 1), new(big.Rat).Add(a, b))
	if width.Sign() == 0 {
		return x(1) // one value of type 7
	}
	position := func(k int64) *big.Rat {
		at := new(big.Rat).Sub(big.NewRat(k, 1), a)
		return at.Quo(at, width)
	}
	k := int64(0)
	for k < n && position(k+1).Cmp(p) <= 0 {
		k++
	}
	if k == 0 || k == n {
		return x(k)
	}
	way := new(big.Rat).Sub(p, position(k))
	way.Mul(way, width)
	return way.Mul(way, new(big.Rat).Sub(x(k+1), x(k))).Add(way, x(k))
}

// naiveSeconds is naiveQuantile of durations, in seconds.
func naiveSeconds(ds []time.Duration, p kpi.Ratio, t kpi.QuantileType) *big.Rat {
	sorted := slices.Clone(ds)
	slices.Sort(sorted)
	rats := make([]*big.Rat, len(sorted))
	for i, d := range sorted {
		rats[i] = big.NewRat(int64(d), 1e9)
	}
	return naiveQuantile(rats, p.Rat(), t)
}

// randomLevel returns a p that is often on a step of n values.
func randomLevel(r *rand.Rand, n int64) kpi.Ratio {
	den := []int64{1, 2, n, n + 1, 2 * n, 100, 1000, 1 + r.Int64N(1e6)}[r.IntN(8)]
	return kpi.Must(kpi.NewRatio(r.Int64N(den+1), den))
}

func TestQuantileType(t *testing.T) {
	t.Parallel()
	names := []string{"type1", "type2", "type3", "type4", "type5", "type6", "type7", "type8", "type9"}
	for i, q := range quantileTypes() {
		require.Equal(t, names[i], q.String())
		data, err := json.Marshal(map[kpi.QuantileType]kpi.QuantileType{q: q})
		require.NoError(t, err)
		require.JSONEq(t, `{"`+names[i]+`": "`+names[i]+`"}`, string(data))
		var back kpi.QuantileType
		require.NoError(t, back.UnmarshalText([]byte(names[i])))
		require.Equal(t, q, back)
	}
	require.Equal(t, "none", kpi.QuantileType(0).String())
	require.Equal(t, "QuantileType(10)", kpi.QuantileType(10).String())
	for _, name := range []string{"none", "", "7", "Type7", "type10"} {
		back := kpi.Type5
		require.Equal(t, kpi.CodeUnknownName, requireError(t, back.UnmarshalText([]byte(name)), kpi.ErrInvalid).Code)
		require.Equal(t, kpi.Type5, back)
	}
}

// The worked example of R's documentation of types, and of every spreadsheet.
func TestQuantile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		values []decimal.Decimal
		p      string
		want   [9]string // by type
	}{
		{"the tenth of ten", wholes(10, 9, 8, 7, 6, 5, 4, 3, 2, 1), "0.9", [9]string{"9", "9.5", "9", "9", "9.5", "9.9", "9.1", "289/30", "9.6"}},
		{"the median of four", wholes(4, 1, 3, 2), "0.5", [9]string{"2", "2.5", "2", "2", "2.5", "2.5", "2.5", "2.5", "2.5"}},
		{"the lower quartile of five", wholes(15, 20, 35, 40, 50), "1/4", [9]string{"20", "20", "15", "16.25", "18.75", "17.5", "20", "55/3", "18.4375"}},
		{"one", wholes(7), "0.3", [9]string{"7", "7", "7", "7", "7", "7", "7", "7", "7"}},
		{"the least", wholes(3, 1, 2), "0", [9]string{"1", "1", "1", "1", "1", "1", "1", "1", "1"}},
		{"the greatest", wholes(3, 1, 2), "1", [9]string{"3", "3", "3", "3", "3", "3", "3", "3", "3"}},
		{"on both sides of zero", wholes(-10, 20), "1/2", [9]string{"-10", "5", "-10", "-10", "5", "5", "5", "5", "5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tt.values)
			for i, q := range quantileTypes() {
				got, err := kpi.Quantile(tt.values, must(tt.p), q)
				requireRatio(t, tt.want[i], got, err)
			}
			require.Equal(t, before, tt.values)
		})
	}
}

func TestQuantileErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		values []decimal.Decimal
		p      kpi.Ratio
		t      kpi.QuantileType
		kind   error
		code   kpi.Code
		index  int
	}{
		{"no type", nil, kpi.Percent(50), 0, kpi.ErrInvalid, kpi.CodeMissing, -1},
		{"type 10", nil, kpi.Percent(50), 10, kpi.ErrInvalid, kpi.CodeOutOfRange, -1},
		{"type −1", nil, kpi.Percent(50), -1, kpi.ErrInvalid, kpi.CodeOutOfRange, -1},
		{"p below 0", nil, kpi.Percent(-1), kpi.Type7, kpi.ErrInvalid, kpi.CodeOutOfRange, -1},
		{"a percentage where a share is meant", nil, kpi.Whole(90), kpi.Type7, kpi.ErrInvalid, kpi.CodeOutOfRange, -1},
		{"too large", append(wholes(1), decimal.New(1, 65)), kpi.Percent(50), kpi.Type7, kpi.ErrInvalid, kpi.CodeTooLarge, 1},
		{"nothing", nil, kpi.Percent(50), kpi.Type7, kpi.ErrUndefined, kpi.CodeNoData, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := kpi.Quantile(tt.values, tt.p, tt.t)
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			require.Equal(t, "Quantile", e.Metric)
			require.True(t, got.IsZero())
		})
	}
}

func TestQuantileAgainstNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(21, 22))
	for range 2000 {
		values := make([]decimal.Decimal, 1+r.IntN(12))
		sorted := make([]*big.Rat, len(values))
		for i := range values {
			values[i] = decimal.New(r.Int64N(20)-10, int32(r.IntN(3)-1))
			sorted[i] = values[i].Rat()
		}
		slices.SortFunc(sorted, (*big.Rat).Cmp)
		p := randomLevel(r, int64(len(values)))
		for _, q := range quantileTypes() {
			got, err := kpi.Quantile(values, p, q)
			require.NoError(t, err)
			require.Zero(t, naiveQuantile(sorted, p.Rat(), q).Cmp(got.Rat()), "%v of %v, %v", p, values, q)
		}
	}
}

// numbers reads a JSON array of numbers, or one number, as they are written.
func numbers(t *testing.T, data json.RawMessage) (out []kpi.Ratio) {
	t.Helper()
	var texts []json.Number
	if data[0] != '[' {
		data = append(append([]byte{'['}, data...), ']')
	}
	require.NoError(t, json.Unmarshal(data, &texts))
	for _, text := range texts {
		out = append(out, must(text.String()))
	}
	return out
}

func TestQuantileReference(t *testing.T) {
	t.Parallel()
	var file struct {
		R struct {
			Cases []struct {
				Name string
				Data json.RawMessage
				P    json.RawMessage
				By   map[string]json.RawMessage `json:"by_type"`
			}
		}
		Stats struct {
			Cases []struct {
				Data, P  json.RawMessage
				Expected string
			}
		} `json:"montanaflynn_stats"`
	}
	readReference(t, "metrics/percentiles.json", &file)
	check := func(name string, data []kpi.Ratio, p kpi.Ratio, q kpi.QuantileType, want kpi.Ratio) {
		t.Helper()
		values := make([]decimal.Decimal, len(data))
		var s kpi.Durations
		var h kpi.Histogram
		whole := true
		for i, x := range data {
			values[i] = x.Round(20)
			require.NoError(t, s.Add(x.Duration()))
			require.NoError(t, h.Add(x.Duration()))
			whole = whole && x.Equal(kpi.Must(kpi.RatioOf(x.Round(9))))
		}
		got, err := kpi.Quantile(values, p, q)
		require.NoError(t, err)
		require.InEpsilon(t, want.Float64(), got.Float64(), 1e-13, "%s: %v, %v", name, p, q)
		seconds, err := s.Quantile(p, q)
		require.NoError(t, err)
		if whole { // nanoseconds, and so nothing was rounded
			require.True(t, seconds.Equal(got), "%s: %v, %v", name, p, q)
		}
		lo, hi, err := h.Quantile(p, q)
		require.NoError(t, err)
		require.True(t, lo.Cmp(seconds) <= 0 && seconds.Cmp(hi) <= 0)
	}
	require.NotEmpty(t, file.R.Cases)
	for _, c := range file.R.Cases {
		data := numbers(t, c.Data)
		for _, q := range quantileTypes() {
			want := numbers(t, c.By[q.String()])
			for i, p := range numbers(t, c.P) {
				check(c.Name, data, p, q, want[i])
			}
		}
	}
	require.NotEmpty(t, file.Stats.Cases)
	for _, c := range file.Stats.Cases {
		p := numbers(t, c.P)[0].Mul(kpi.Percent(1))
		check("montanaflynn/stats", numbers(t, c.Data), p, kpi.Type7, must(c.Expected))
	}
}
