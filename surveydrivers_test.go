package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// driverScales are those of the overall question and of three items.
func driverScales() map[string]kpi.Scale {
	return map[string]kpi.Scale{"overall": {}, "price": {}, "speed": oneToTen, "help": {}}
}

// randomResponses leave some items out, and put some scores off the scale.
func randomResponses(r *rand.Rand, n int) kpi.Responses {
	var rs kpi.Responses
	for range n {
		overall := 1 + r.IntN(5)
		row := map[string]int{"overall": overall, "speed": 1 + r.IntN(2*overall)}
		if r.IntN(4) > 0 {
			row["price"] = 1 + (overall+r.IntN(6))/2
		}
		if r.IntN(9) == 0 {
			row["overall"] = 0
		}
		rs = append(rs, row)
	}
	return rs
}

func driversOf(rs kpi.Responses) kpi.Drivers {
	d, err := rs.Drivers("overall", driverScales(), 0.95)
	if err != nil {
		panic(err)
	}
	return *d
}

// surveyInput is an answer with several rows.
func surveyInput(seed uint64) *kpi.Drivers {
	d := driversOf(randomResponses(rand.New(rand.NewPCG(seed, 1)), 9))
	return &d
}

// changedDrivers is price against overall, and then not.
func changedDrivers(change func(*kpi.Drivers)) kpi.Drivers {
	five := kpi.Scale{Min: 1, Max: 5, TopFrom: 4}
	d := kpi.Drivers{Overall: "overall", Scale: five, Confidence: 0.95, Rows: []kpi.Driver{
		{Item: "price", Scale: five, Pairs: []kpi.ScorePair{{1, 1, 4}, {1, 2, 1}, {5, 4, 9}}},
	}}
	if change != nil {
		change(&d)
	}
	return d
}

var _ = obey(law[kpi.Drivers]{
	name:   "Drivers",
	random: func(r *rand.Rand) kpi.Drivers { return driversOf(randomResponses(r, r.IntN(5))) },
	merge:  func(dst *kpi.Drivers, src kpi.Drivers) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Drivers) {
		t.Helper()
		if !assert.ObjectsAreEqual(want, got) { // or but for no rows
			require.Equal(t, mustJSON(t, want), mustJSON(t, got))
		}
	},
	bad: []kpi.Drivers{
		changedDrivers(func(d *kpi.Drivers) { d.Overall = " " }),
		changedDrivers(func(d *kpi.Drivers) { d.Overall = "\xff" }),
		changedDrivers(func(d *kpi.Drivers) { d.Scale = kpi.Scale{} }),
		changedDrivers(func(d *kpi.Drivers) { d.Confidence = 1 }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows = nil }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Item = "overall" }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Item = "" }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Item = "x\xff" }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows = append(d.Rows, d.Rows[0]) }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Scale.Max = 11 }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Pairs[0].Overall = 0 }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Pairs[2].Score = 6 }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Pairs[1].Score = 1 }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Pairs[0].Overall = 2 }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Pairs[0].N = 0 }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Pairs[0].N = -4 }),
		changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Pairs[0].N = math.MaxInt64 }),
	},
	clash: [][2]kpi.Drivers{
		{changedDrivers(nil), changedDrivers(func(d *kpi.Drivers) { d.Overall = "nps" })},
		{changedDrivers(nil), changedDrivers(func(d *kpi.Drivers) { d.Confidence = 0.9 })},
		{changedDrivers(nil), changedDrivers(func(d *kpi.Drivers) { d.Scale.TopFrom = 5 })},
		{changedDrivers(nil), changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Scale.TopFrom = 5 })},
		{changedDrivers(nil), changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Pairs = []kpi.ScorePair{{1, 1, math.MaxInt64}} })},
		{changedDrivers(nil), changedDrivers(func(d *kpi.Drivers) { d.Rows[0].Pairs = []kpi.ScorePair{{1, 3, math.MaxInt64}} })},
	},
})

// Five people, of whom two changed places: Sxy = 9 and Sxx = Syy = 10, so r = .9, and
// so is the correlation of their ranks. artanh .9 = 1.472219, 1.959964/√2 = 1.385904:
// tanh .086316 = .086102 and tanh 2.858123 = .993438.
func TestDrivers(t *testing.T) {
	t.Parallel()
	rs := kpi.Responses{
		{"overall": 1, "price": 1, "help": 1, "speed": 9, "twin": 5},
		{"overall": 2, "price": 2, "help": 1, "speed": 9, "twin": 4},
		{"overall": 3, "price": 3, "help": 3, "speed": 9, "twin": 3},
		{"overall": 5, "price": 4, "help": 4, "speed": 9, "twin": 2},
		{"overall": 4, "price": 5, "speed": 9, "twin": 1},
		{"price": 5, "help": 5},
		{"overall": 9, "price": 1},
		{"overall": 1, "price": 0},
	}
	scales := driverScales()
	scales["twin"], scales["rare"] = kpi.Scale{}, kpi.Scale{}
	r := rand.New(rand.NewPCG(5, 6))
	for range 4 {
		d, err := rs.Drivers("overall", scales, 0.95)
		require.NoError(t, err)
		// help: overall 1, 2, 3, 5 against 1, 1, 3, 4: Sxy = 7.25, Sxx = 6.75, Syy = 8.75;
		// ranks 1.5, 1.5, 3, 4 against 1 … 4: 4.5/√(4.5·5).
		require.Equal(t, `rank  item   n      r       interval  Spearman
1     help   4   0.94   -0.19 … 1.00      0.95
2=    price  5   0.90    0.09 … 0.99      0.90
2=    twin   5  -0.90  -0.99 … -0.09     -0.90
–     rare   0      –              –         –
–     speed  5      –              –         –
Correlation is not cause.
`, d.String())
		price := d.Rows[1]
		require.InDelta(t, 0.9, price.R, 1e-15)
		require.InDelta(t, 0.0861019, price.Interval.Lo, 1e-6)
		require.InDelta(t, 0.9934375, price.Interval.Hi, 1e-6)
		require.Equal(t, []kpi.Code{kpi.CodeTooFew}, price.Interval.Warnings)
		require.InDelta(t, 7.25/math.Sqrt(6.75*8.75), d.Rows[0].R, 1e-15)
		require.InDelta(t, 4.5/math.Sqrt(22.5), d.Rows[0].Spearman, 1e-15)
		require.Equal(t, []kpi.Code{kpi.CodeTooFew}, d.Rows[3].Warnings)
		require.Equal(t, []kpi.Code{kpi.CodeNoSpread}, d.Rows[4].Warnings)
		require.Contains(t, d.Markdown(), "| 2= | price | 5 | 0.90 | 0.09 … 0.99 | 0.90 |")
		r.Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
	}
	// Two points are a line, and three are too few for an interval.
	d := driversOf(kpi.Responses{{"overall": 1, "price": 2}, {"overall": 2, "price": 4}})
	require.Contains(t, d.String(), "1     price  2  1.00         –      1.00\n")
	require.Equal(t, []kpi.Code{kpi.CodeTooFew}, d.Rows[0].Warnings)
	// So are many that are on one.
	d = driversOf(slices.Repeat(kpi.Responses{{"overall": 1, "speed": 8}, {"overall": 5, "speed": 4}}, 20))
	require.Equal(t, -1.0, d.Rows[0].R)
	require.Equal(t, []kpi.Code{kpi.CodeNoSpread}, d.Rows[0].Warnings)
	require.Zero(t, d.Rows[0].Interval)
}

// pearson is the textbook's, in two passes.
func pearson(x, y []float64) float64 {
	n := float64(len(x))
	var mx, my, xx, xy, yy float64
	for i := range x {
		mx += x[i] / n
		my += y[i] / n
	}
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		xy += (x[i] - mx) * (y[i] - my)
		yy += (y[i] - my) * (y[i] - my)
	}
	return xy / math.Sqrt(xx*yy)
}

// ranksOf are 1 + those below + half the others that are equal.
func ranksOf(x []float64) []float64 {
	var ranks []float64
	for _, v := range x {
		rank := 0.5
		for _, o := range x {
			if o < v {
				rank++
			} else if o == v {
				rank += 0.5
			}
		}
		ranks = append(ranks, rank)
	}
	return ranks
}

// The correlations are those of the people one by one, and a merger of two halves is
// the whole.
func TestDriversAgainstNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 100 {
		rs := randomResponses(r, 5+r.IntN(60))
		d := driversOf(rs)
		for _, row := range d.Rows {
			var x, y []float64
			for _, one := range rs {
				overall, asked := one["overall"]
				score, answered := one[row.Item]
				if asked && answered && (kpi.Scale{}).Contains(overall) && row.Scale.Contains(score) {
					x, y = append(x, float64(score)), append(y, float64(overall))
				}
			}
			require.Equal(t, int64(len(x)), row.N)
			if row.Rank == 0 {
				continue
			}
			require.InDelta(t, pearson(x, y), row.R, 1e-12)
			require.InDelta(t, pearson(ranksOf(x), ranksOf(y)), row.Spearman, 1e-12)
			if row.Interval.N > 0 {
				require.True(t, row.Interval.Contains(row.R))
				require.True(t, -1 <= row.Interval.Lo && row.Interval.Hi <= 1)
			}
		}
		half := driversOf(rs[:len(rs)/2])
		rest := driversOf(rs[len(rs)/2:])
		require.NoError(t, half.Merge(&rest))
		require.Equal(t, mustJSON(t, d), mustJSON(t, half))
	}
}

func TestDriversErrors(t *testing.T) {
	t.Parallel()
	rs := kpi.Responses{{"overall": 3, "price": 4}}
	for _, tt := range []struct {
		name, overall string
		scales        map[string]kpi.Scale
		confidence    float64
		code          kpi.Code
	}{
		{"no scales", "overall", nil, 0.95, kpi.CodeEmpty},
		{"nothing but overall", "overall", map[string]kpi.Scale{"overall": {}}, 0.95, kpi.CodeEmpty},
		{"another overall", "x", driverScales(), 0.95, kpi.CodeUnknownName},
		{"no name", "overall", map[string]kpi.Scale{"overall": {}, "": {}}, 0.95, kpi.CodeRepeated},
		{"no text", "overall", map[string]kpi.Scale{"overall": {}, "\xff": {}}, 0.95, kpi.CodeSyntax},
		{"no scale", "overall", map[string]kpi.Scale{"overall": {}, "price": {Max: 11, TopFrom: 4}}, 0.95, kpi.CodeOutOfRange},
		{"no confidence", "overall", driverScales(), 0, kpi.CodeOutOfRange},
	} {
		d, err := rs.Drivers(tt.overall, tt.scales, tt.confidence)
		e := requireError(t, err, kpi.ErrInvalid)
		require.Equal(t, tt.code, e.Code, tt.name)
		require.Equal(t, "Responses.Drivers", e.Metric)
		require.Nil(t, d)
	}
	d := changedDrivers(nil)
	require.Equal(t, kpi.CodeEmpty, requireError(t, d.Merge(nil), kpi.ErrInvalid).Code)
	bad := changedDrivers(func(d *kpi.Drivers) { d.Confidence = 1 })
	_, err := bad.MarshalBinary()
	require.Equal(t, "Drivers.AppendBinary", requireError(t, err, kpi.ErrInvalid).Metric)
}

func TestDriversJSON(t *testing.T) {
	t.Parallel()
	d := driversOf(randomResponses(rand.New(rand.NewPCG(1, 1)), 40))
	var back kpi.Drivers
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, d)), &back))
	require.Equal(t, d, back)
	require.NoError(t, json.Unmarshal([]byte(`null`), &back))
	require.Equal(t, d, back)
	for _, bad := range []string{
		`{"overall": 1}`, `{"overall": "x"}`, `{"rows": [{"item": "x", "pairs": [{"n": -1}]}]}`,
	} {
		require.Error(t, json.Unmarshal([]byte(bad), &back))
		require.Equal(t, d, back)
	}
	// What it says of correlations is not believed, nor the order of its rows.
	raw := changedDrivers(func(d *kpi.Drivers) {
		d.Rows[0].R, d.Rows[0].Rank, d.Rows[0].N = 1, 7, 99
		d.Rows = slices.Insert(d.Rows, 0, kpi.Driver{Item: "rare", Scale: d.Scale})
	})
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, raw)), &back))
	require.Equal(t, "price", back.Rows[0].Item)
	require.Equal(t, int64(14), back.Rows[0].N)
	require.Less(t, back.Rows[0].R, 1.0)
	// The bytes are those of the same counts, whatever follows from them says.
	want, err := back.MarshalBinary()
	require.NoError(t, err)
	got, err := raw.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// checkDrivers holds drivers that were decoded to what Responses.Drivers promises.
func checkDrivers(t *testing.T, d kpi.Drivers) {
	t.Helper()
	for i, row := range d.Rows {
		require.True(t, -1 <= row.R && row.R <= 1 && -1 <= row.Spearman && row.Spearman <= 1)
		require.True(t, row.Rank <= i+1 && row.Rank >= 0)
	}
	_ = d.String()
	var back, sum kpi.Drivers
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, d)), &back))
	require.Equal(t, mustJSON(t, d), mustJSON(t, back))
	require.NoError(t, sum.Merge(&d))
	require.Equal(t, mustJSON(t, d.Rows), mustJSON(t, sum.Rows))
}

func FuzzDriversUnmarshalBinary(f *testing.F) {
	for _, d := range []kpi.Drivers{{}, changedDrivers(nil), driversOf(randomResponses(rand.New(rand.NewPCG(1, 1)), 9))} {
		data, err := d.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var d kpi.Drivers
		if err := d.UnmarshalBinary(data); err != nil {
			requireError(t, err, kpi.ErrInvalid)
			require.Zero(t, d)
			return
		}
		again, err := d.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		checkDrivers(t, d)
	})
}

func FuzzDriversUnmarshalJSON(f *testing.F) {
	f.Add([]byte(`{"overall":"nps","scale":{"min":0,"max":10,"top_from":9},"confidence":0.95,"rows":[` +
		`{"item":"price","scale":{"min":1,"max":5,"top_from":4},"pairs":[{"overall":3,"score":2,"n":7},{"overall":9,"score":5,"n":4}]}]}`))
	f.Add([]byte(`{"rows":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var d kpi.Drivers
		if json.Unmarshal(data, &d) != nil {
			require.Zero(t, d)
			return
		}
		checkDrivers(t, d)
	})
}
