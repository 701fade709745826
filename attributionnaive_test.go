package kpi_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// randomPaths are of few channels, instants and amounts, so that there are ties.
func randomPaths(r *rand.Rand, n int) []kpi.Path {
	channels := []string{"ads", "app", "direct", "mail", "搜索"}
	paths := make([]kpi.Path, n)
	for i := range paths {
		instant := func() time.Time { return day(1).Add(time.Duration(r.IntN(60)) * 19 * time.Hour) }
		for range r.IntN(9) {
			paths[i].Touches = append(paths[i].Touches, kpi.Touch{
				At: instant(), Channel: channels[r.IntN(len(channels))], Event: []string{"click", "view"}[r.IntN(2)],
				Cost: decimal.New(r.Int64N(3), -int32(r.IntN(3))),
			})
		}
		for range r.IntN(4) {
			paths[i].Conversions = append(paths[i].Conversions, kpi.Order{At: instant(), Amount: decimal.New(r.Int64N(2000)-100, -int32(r.IntN(4)))})
		}
	}
	return paths
}

// naiveCredits follows the words: for each conversion the touches in order, and a
// weight for each, over the sum of the weights.
func naiveCredits(s kpi.AttributionSpec, paths []kpi.Path) (credits, revenue map[string]*big.Rat, unattributed int64) {
	credits, revenue = map[string]*big.Rat{}, map[string]*big.Rat{}
	for _, p := range paths {
		for _, v := range p.Conversions {
			var window []kpi.Touch
			for _, touch := range p.Touches {
				used := false
				for _, before := range p.Conversions {
					used = used || s.UseUp && before.At.Before(v.At) && !touch.At.After(before.At)
				}
				if !used && !touch.At.After(v.At) && !touch.At.Before(v.At.Add(-s.Lookback)) {
					window = append(window, touch)
				}
			}
			n := len(window)
			if n == 0 {
				unattributed++
				continue
			}
			slices.SortFunc(window, func(a, b kpi.Touch) int {
				key := func(t kpi.Touch) string { return t.At.Format("2006-01-02 15:04 ") + t.Event + " " + t.Channel }
				return strings.Compare(key(a), key(b))
			})
			weights := make([]*big.Rat, n)
			for i := range weights {
				weights[i] = new(big.Rat)
			}
			last := n - 1
			switch s.Model {
			case kpi.FirstTouch:
				last = 0
			case kpi.LastNonDirect:
				for last >= 0 && slices.Contains(s.Direct, window[last].Channel) {
					last--
				}
				if last < 0 {
					last = n - 1
				}
			default:
			}
			switch s.Model {
			case kpi.Linear:
				for i := range weights {
					weights[i].SetInt64(1)
				}
			case kpi.PositionBased:
				first, end := s.First.Rat(), s.Last.Rat()
				if first.Sign() == 0 && end.Sign() == 0 {
					first, end = big.NewRat(2, 5), big.NewRat(2, 5)
				}
				weights[0].Set(first)
				weights[n-1].Set(end)
				rest := new(big.Rat).Sub(big.NewRat(1, 1), new(big.Rat).Add(first, end))
				for i := 1; i < n-1; i++ {
					weights[i].Quo(rest, big.NewRat(int64(n-2), 1))
				}
				if n == 1 {
					weights[0].SetInt64(1)
				}
			case kpi.TimeDecay:
				for i := range weights {
					weights[i].SetFloat64(math.Exp2(-float64(window[n-1].At.Sub(window[i].At)) / float64(s.HalfLife)))
				}
			default:
				weights[last].SetInt64(1)
			}
			sum := new(big.Rat)
			for _, w := range weights {
				sum.Add(sum, w)
			}
			for i, w := range weights {
				of := func(m map[string]*big.Rat) *big.Rat {
					if m[window[i].Channel] == nil {
						m[window[i].Channel] = new(big.Rat)
					}
					return m[window[i].Channel]
				}
				w.Quo(w, sum)
				of(credits).Add(of(credits), w)
				of(revenue).Add(of(revenue), w.Mul(w, v.Amount.Rat()))
			}
		}
	}
	return credits, revenue, unattributed
}

// requireClosed holds the totals to their parts, exactly.
func requireClosed(t *testing.T, c *kpi.Credits, paths []kpi.Path) {
	t.Helper()
	conversions, revenue := kpi.Whole(c.Unattributed), kpi.Must(kpi.RatioOf(c.UnattributedRevenue))
	cost := decimal.Zero
	for _, r := range c.Rows {
		conversions, revenue, cost = conversions.Add(r.Conversions), revenue.Add(r.Revenue), cost.Add(r.Cost)
	}
	var n int64
	all, spent := decimal.Zero, decimal.Zero
	for _, p := range paths {
		n += int64(len(p.Conversions))
		for _, v := range p.Conversions {
			all = all.Add(v.Amount)
		}
		for _, touch := range p.Touches {
			spent = spent.Add(touch.Cost)
		}
	}
	require.True(t, conversions.Equal(kpi.Whole(n)), "%s of %d", conversions, n)
	require.True(t, revenue.Equal(kpi.Must(kpi.RatioOf(all))), "%s of %s", revenue, all)
	require.True(t, cost.Equal(spent))
	total, err := c.Total()
	require.NoError(t, err)
	require.True(t, total.Conversions.Equal(conversions))
	require.True(t, total.Revenue.Equal(revenue))
	require.True(t, total.Cost.Equal(spent))
}

// requireCredits holds an answer to the naive one, to its own totals, and to itself
// whatever the order of the rows.
func requireCredits(t *testing.T, r *rand.Rand, s kpi.AttributionSpec, paths []kpi.Path) {
	t.Helper()
	c := credit(t, s, paths...)
	requireClosed(t, c, paths)
	credits, revenue, unattributed := naiveCredits(s, paths)
	require.Equal(t, unattributed, c.Unattributed)
	for _, row := range c.Rows {
		want, money := credits[row.Channel], revenue[row.Channel]
		if want == nil {
			want, money = new(big.Rat), new(big.Rat)
		}
		if s.Model == kpi.TimeDecay { // by math.Exp2
			float, _ := want.Float64()
			require.InDelta(t, float, row.Conversions.Float64(), 1e-12)
			float, _ = money.Float64()
			require.InDelta(t, float, row.Revenue.Float64(), 1e-8)
			continue
		}
		require.Equal(t, want.RatString(), row.Conversions.Rat().RatString(), "%s %s", s.Model, row.Channel)
		require.Equal(t, money.RatString(), row.Revenue.Rat().RatString(), "%s %s", s.Model, row.Channel)
	}
	for _, p := range paths {
		r.Shuffle(len(p.Touches), func(i, j int) { p.Touches[i], p.Touches[j] = p.Touches[j], p.Touches[i] })
		r.Shuffle(len(p.Conversions), func(i, j int) { p.Conversions[i], p.Conversions[j] = p.Conversions[j], p.Conversions[i] })
	}
	r.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	require.Equal(t, mustJSON(t, c), mustJSON(t, credit(t, s, paths...)))
	// Customers may be asked in parts.
	k := len(paths) / 3
	parts := credit(t, s, paths[:k]...)
	require.NoError(t, parts.Merge(credit(t, s, paths[k:]...)))
	sameCredits(t, *c, *parts)
}

func TestAttributionNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	for range 12 {
		for _, s := range specs() {
			s.UseUp = r.IntN(2) == 0
			requireCredits(t, r, s, randomPaths(r, 12))
		}
	}
}

func FuzzAttribution(f *testing.F) {
	f.Add(uint64(1), uint8(5))
	f.Add(uint64(2), uint8(17))
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		r := rand.New(rand.NewPCG(seed, 0))
		for _, s := range specs() {
			s.UseUp = r.IntN(2) == 0
			s.Lookback = time.Duration(1 + r.Int64N(int64(40*days)))
			if s.Model == kpi.TimeDecay {
				s.HalfLife = time.Duration(1 + r.Int64N(int64(20*days)))
			}
			requireCredits(t, r, s, randomPaths(r, int(n)%20))
		}
	})
}
