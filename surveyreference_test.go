package kpi_test

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// TestSurveyReference reads the surveys of the reference file. Its Wald intervals
// are those that ours are to replace: of them the variance, which is also that of a
// Mean, is held. Its net easy is that of 6 and 7 less 1 and 2, and ours, with 5 and 3 in
// it, is another number: see CES. Earned growth is no survey.
func TestSurveyReference(t *testing.T) {
	t.Parallel()
	type counts struct{ Promoters, Passives, Detractors int64 }
	var file struct {
		RFormula struct {
			Cases []struct {
				counts
				N        int64
				Score    float64
				Variance float64
				SE       float64
				Unbiased float64 `json:"se_unbiased"`
				Wald95   [2]float64
			}
		} `json:"r_formula"`
		Published []struct {
			Ratings                         []int
			Promoters, Passives, Detractors json.RawMessage // counts, or shares such as "1/2"
			NPS                             string
			Exact                           string `json:"nps_exact"`
		}
		Positives map[string]map[string][]int `json:"csat_positive_mapping"` // by tool and scale
		CSAT      []struct {
			Good, Bad, Positives, Neutral, Negative int64
			CSAT                                    string
		}
		CES []struct {
			Scale  int
			Counts map[int]int64
			Mean   string
			Top3   string `json:"top3_pct"`
			Net2   string `json:"top2_minus_bottom2_pct"`
		}
	}
	readReference(t, "metrics/surveys.json", &file)
	require.Len(t, file.RFormula.Cases, 5)
	for _, c := range file.RFormula.Cases {
		n := kpi.NPS{Promoters: c.Promoters, Passives: c.Passives, Detractors: c.Detractors}
		require.Equal(t, c.N, n.N())
		score, err := n.Score()
		require.NoError(t, err)
		require.InDelta(t, 100*c.Score, score.Float64(), 1e-12)
		// Its variance is that of answers which are 1, 0 or −1, over n and not n−1.
		var answers []decimal.Decimal
		for answer, times := range map[int64]int64{1: c.Promoters, 0: c.Passives, -1: c.Detractors} {
			for range times {
				answers = append(answers, decimal.NewFromInt(answer))
			}
		}
		mean, err := kpi.MeanOf(answers)
		require.NoError(t, err)
		unbiased, err := mean.Variance()
		require.NoError(t, err)
		variance := unbiased.Float64() * float64(c.N-1) / float64(c.N)
		se := math.Sqrt(variance / float64(c.N))
		require.InDelta(t, c.Variance, variance, 1e-14)
		require.InDelta(t, c.SE, se, 1e-14)
		require.InDelta(t, c.Unbiased, math.Sqrt(unbiased.Float64()/float64(c.N)), 1e-14)
		require.InDelta(t, c.Wald95[0], c.Score-z95*se, 1e-13)
		require.InDelta(t, c.Wald95[1], c.Score+z95*se, 1e-13)
		for _, ask := range []func(float64) (kpi.Interval, error){n.Interval, n.AdjustedWald} {
			i, err := ask(0.95)
			require.NoError(t, err)
			require.True(t, i.Contains(score.Float64()))
		}
	}
	for _, c := range file.Published {
		part := func(text json.RawMessage) kpi.Ratio { return must(strings.Trim(string(text), `"`)) }
		if c.Exact == "" { // in shares, of sixths
			six := func(text json.RawMessage) int64 { return part(text).Mul(kpi.Whole(6)).Round(0).IntPart() }
			score, err := kpi.NPS{Promoters: six(c.Promoters), Passives: six(c.Passives), Detractors: six(c.Detractors)}.Score()
			requireRatio(t, must(c.NPS).Mul(kpi.Whole(100)).String(), score, err)
			continue
		}
		count := func(text json.RawMessage) int64 { return part(text).Round(0).IntPart() }
		n := kpi.NPS{Promoters: count(c.Promoters), Passives: count(c.Passives), Detractors: count(c.Detractors)}
		score, err := n.Score()
		requireRatio(t, must(c.Exact).String(), score, err)
		if c.Ratings != nil {
			var rated kpi.NPS
			require.NoError(t, rated.AddAll(c.Ratings))
			require.Equal(t, n, rated)
		}
	}
	// What the tools count as satisfied is a top box of each scale.
	require.Len(t, file.Positives, 3)
	for tool, scales := range file.Positives {
		for name, scores := range scales {
			most, err := strconv.Atoi(name[strings.LastIndex(name, "-")+1:])
			require.NoError(t, err)
			scale := kpi.Scale{Min: 1, Max: most, TopFrom: scores[0]}
			for score := 1; score <= most; score++ {
				c := kpi.CSAT{Scale: scale}
				require.NoError(t, c.Add(score))
				top, err := c.TopBox()
				require.NoError(t, err)
				require.Equal(t, slices.Contains(scores, score), top.K == 1, "%s, %s", tool, name)
				if scale == (kpi.Scale{Min: 1, Max: 5, TopFrom: 4}) { // the default
					usual, err := kpi.CSAT{Counts: c.Counts}.TopBox()
					require.NoError(t, err)
					require.Equal(t, usual, top)
				}
			}
		}
	}
	require.Len(t, file.CSAT, 3)
	for _, c := range file.CSAT {
		top, err := kpi.CSAT{
			Scale: kpi.Scale{Min: 1, Max: 3, TopFrom: 3}, Counts: [11]int64{1: c.Bad + c.Negative, 2: c.Neutral, 3: c.Good + c.Positives},
		}.TopBox()
		require.NoError(t, err)
		require.Equal(t, c.CSAT, top.Percent(0))
	}
	require.NotEmpty(t, file.CES)
	for _, c := range file.CES {
		require.Equal(t, 7, c.Scale)
		var ces kpi.CES
		for score, n := range c.Counts {
			ces.Counts[score] = n
		}
		mean, err := ces.Mean()
		require.NoError(t, err)
		r, err := mean.Ratio()
		requireRatio(t, c.Mean, r, err)
		easy, err := ces.EasyShare()
		require.NoError(t, err)
		require.Equal(t, c.Top3+"%", easy.Percent(0))
		// 6 and 7 less 1 and 2, where ours has 5 and 3 too.
		outer, err := kpi.CSAT{Scale: kpi.Scale{Min: 1, Max: 7, TopFrom: 6}, Counts: [11]int64{
			1: c.Counts[1], 2: c.Counts[2], 3: c.Counts[3], 4: c.Counts[4], 5: c.Counts[5], 6: c.Counts[6], 7: c.Counts[7],
		}}.NetTop()
		require.NoError(t, err)
		require.Equal(t, c.Net2+"%", outer.Percent(0))
		net, err := ces.NetEasy()
		require.NoError(t, err)
		n := c.Counts
		requireRatio(t, kpi.Must(kpi.NewRatio(n[7]+n[6]+n[5]-n[3]-n[2]-n[1], ces.N())).String(), net, nil)
	}
}

// TestACSIReference holds the reference file's worked example, with equal weights and
// with the published ones.
func TestACSIReference(t *testing.T) {
	t.Parallel()
	var file struct {
		ACSI []struct {
			Ohio    []string `json:"ohio_weights"`
			Example struct{ X []string }
		}
	}
	readReference(t, "metrics/surveys.json", &file)
	require.Len(t, file.ACSI, 1)
	c := file.ACSI[0]
	var s kpi.Survey
	s.Responses = 1
	s.Items = map[string]kpi.CSAT{}
	for i, x := range c.Example.X {
		item := kpi.CSAT{Scale: oneToTen}
		require.NoError(t, item.Add(int(dec(x).IntPart())))
		s.Items[string(rune('a'+i))] = item
	}
	equal, err := s.ACSI(weightsOf("1", "1", "1"))
	require.NoError(t, err)
	require.Equal(t, "77.7777778", equal.Round(7).String())
	ohio, err := s.ACSI(weightsOf(c.Ohio...))
	require.NoError(t, err)
	require.Equal(t, "77.4833333", ohio.Round(7).String())
}
