package kpi

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strconv"
)

// ScorePair counts the people who gave one score to the overall question and one to an
// item.
type ScorePair struct {
	Overall int   `json:"overall"` // the score of the overall question
	Score   int   `json:"score"`   // that of the item
	N       int64 `json:"n"`       // people who gave both
}

// Driver is a row of Drivers: an item held against the overall score.
type Driver struct {
	Rank     int         `json:"rank"`               // 1 is the strongest; 0 where there is no correlation
	Item     string      `json:"item"`               // its name
	Scale    Scale       `json:"scale"`              // of the item
	N        int64       `json:"n"`                  // people who scored both
	R        float64     `json:"r"`                  // Pearson's correlation, −1 … 1; 0 where there is none
	Interval Interval    `json:"interval"`           // of R; unset where there is none
	Spearman float64     `json:"spearman"`           // the correlation of ranks; 0 where there is none
	Pairs    []ScorePair `json:"pairs"`              // who scored both, in the order of the scores
	Warnings []Code      `json:"warnings,omitempty"` // why R or Interval is not there
}

// Drivers are the items of a survey in the order of how closely their scores go with
// the overall one (驱动因素): the derived importance, beside which the stated one, what
// people say is important, is another. Over the people who scored both, with x the
// score of the item and y the overall one,
//
//	R        = Σ(x−x̄)(y−ȳ) / √(Σ(x−x̄)²·Σ(y−ȳ)²)
//	Interval = tanh(artanh R ± z/√(N−3))
//	Spearman = R of the ranks of x and y, equal scores sharing the mean of theirs
//
// all exact up to the roots. Items are ranked by R², which is compared exactly, equal
// ones at one rank in the order of their names. Spearman asks only whether more goes
// with more: where it is far from R, a few extreme answers make the line.
//
// Correlation is not cause. An item that goes with the overall score may follow from
// it, as those who like a brand praise everything about it; both may follow from a
// third, such as a late delivery; and an item with which all are content does not vary,
// so that it correlates with nothing, until it fails. What an improvement would do is a
// question to an experiment. The intervals are each for itself, and items that go with
// one another share what they explain: the R² do not add up to anything.
//
// An R needs two people, and an interval four, and neither is there where all have one
// score: then the row has Rank 0, or an Interval that is unset, and the reason as a
// warning. Where all points are on one line R is 1 or −1, and no interval is to be had
// either. The zero value is the identity of Merge.
//
// Fisher, R. A. (1921), On the "probable error" of a coefficient of correlation deduced
// from a small sample, Metron 1(4), 3–32.
type Drivers struct {
	Overall    string   `json:"overall"`    // the item that the others are held against
	Scale      Scale    `json:"scale"`      // of Overall
	Confidence float64  `json:"confidence"` // of the intervals
	Rows       []Driver `json:"rows"`       // the strongest first
}

// counts returns the pairs by both scores.
func (d *Driver) counts() (counts [maxScore + 1][maxScore + 1]int64) {
	for _, p := range d.Pairs {
		counts[p.Overall][p.Score] = p.N
	}
	return counts
}

// setPairs takes the pairs from counts by both scores.
func (d *Driver) setPairs(counts *[maxScore + 1][maxScore + 1]int64) {
	d.Pairs = nil
	for y := range counts {
		for x, n := range counts[y] {
			if n > 0 {
				d.Pairs = append(d.Pairs, ScorePair{Overall: y, Score: x, N: n})
			}
		}
	}
}

// correlate returns r and, exactly, r² of x and y, which turn the scores of a pair into
// whole numbers, or false if either does not vary.
func correlate(pairs []ScorePair, x, y func(ScorePair) *big.Int) (r float64, square Ratio, ok bool) {
	n, sx, sy, xx, xy, yy := new(big.Int), new(big.Int), new(big.Int), new(big.Int), new(big.Int), new(big.Int)
	for _, p := range pairs {
		times, a, b := big.NewInt(p.N), x(p), y(p)
		na, nb := new(big.Int).Mul(times, a), new(big.Int).Mul(times, b)
		n.Add(n, times)
		sx.Add(sx, na)
		sy.Add(sy, nb)
		xx.Add(xx, new(big.Int).Mul(na, a))
		xy.Add(xy, new(big.Int).Mul(na, b))
		yy.Add(yy, new(big.Int).Mul(nb, b))
	}
	// N times a sum of products less the product of the sums.
	central := func(products, s, t *big.Int) *big.Int {
		products.Mul(products, n)
		return products.Sub(products, new(big.Int).Mul(s, t))
	}
	cov := central(xy, sx, sy)
	spread := new(big.Int).Mul(central(xx, sx, sx), central(yy, sy, sy))
	if spread.Sign() == 0 {
		return 0, Ratio{}, false
	}
	square = ratio(new(big.Rat).SetFrac(new(big.Int).Mul(cov, cov), spread))
	return float64(cov.Sign()) * math.Sqrt(square.Float64()), square, true
}

// midranks returns twice the rank that each score has, equal ones sharing the mean of
// theirs.
func midranks(pairs []ScorePair, score func(ScorePair) int) (ranks [maxScore + 1]*big.Int) {
	var counts [maxScore + 1]int64
	for _, p := range pairs {
		counts[score(p)] += p.N
	}
	before := new(big.Int)
	for s, n := range counts {
		ranks[s] = new(big.Int).Lsh(before, 1)
		ranks[s].Add(ranks[s], big.NewInt(n)).Add(ranks[s], big.NewInt(1))
		before.Add(before, big.NewInt(n))
	}
	return ranks
}

// correlate fills in what follows from the pairs, which are possible, and returns R²,
// exactly; Rank is 1 if there is one, and else 0.
func (d *Driver) correlate(confidence float64) (square Ratio) {
	*d = Driver{Item: d.Item, Scale: d.Scale, Pairs: d.Pairs}
	for _, p := range d.Pairs {
		d.N += p.N
	}
	if d.N < 2 {
		d.Warnings = []Code{CodeTooFew}
		return square
	}
	r, square, ok := correlate(d.Pairs,
		func(p ScorePair) *big.Int { return big.NewInt(int64(p.Score)) },
		func(p ScorePair) *big.Int { return big.NewInt(int64(p.Overall)) })
	if !ok {
		d.Warnings = []Code{CodeNoSpread}
		return square
	}
	x := midranks(d.Pairs, func(p ScorePair) int { return p.Score })
	y := midranks(d.Pairs, func(p ScorePair) int { return p.Overall })
	d.Rank, d.R = 1, r
	d.Spearman, _, _ = correlate(d.Pairs,
		func(p ScorePair) *big.Int { return x[p.Score] },
		func(p ScorePair) *big.Int { return y[p.Overall] })
	switch {
	case d.N < 4:
		d.Warnings = []Code{CodeTooFew}
	case square.Equal(Whole(1)):
		d.Warnings = []Code{CodeNoSpread}
	default:
		z, _ := normalQuantile("", confidence)
		mid, half := math.Atanh(r), z/math.Sqrt(float64(d.N-3))
		d.Interval = Interval{Lo: min(math.Tanh(mid-half), r), Hi: max(math.Tanh(mid+half), r), Confidence: confidence, N: d.N}
		d.Interval, _ = d.Interval.behind("", float64(d.N)) // within −1 … 1
	}
	return square
}

func (d *Drivers) isZero() bool {
	return d.Overall == "" && d.Scale == (Scale{}) && d.Confidence == 0 && len(d.Rows) == 0
}

// valid refuses what Responses.Drivers does not return, but for what follows from the
// pairs, which rank sets.
func (d *Drivers) valid(metric string) error {
	if d.isZero() {
		return nil
	}
	if err := cmp.Or(d.Scale.valid(metric), confident(metric, d.Confidence), readable(metric, d.Overall)); err != nil {
		return err
	}
	names := map[string]bool{d.Overall: true}
	if blank(d.Overall) {
		return fail(metric, CodeRepeated, "Overall = %s", clip(d.Overall))
	}
	if len(d.Rows) == 0 {
		return fail(metric, CodeEmpty, "len(Rows) = 0")
	}
	for i := range d.Rows {
		row := &d.Rows[i]
		if blank(row.Item) || names[row.Item] {
			return failAt(metric, CodeRepeated, i, "Item = %s", clip(row.Item))
		}
		names[row.Item] = true
		if err := cmp.Or(readable(metric, row.Item), row.Scale.valid(metric), row.possible(metric, d.Scale)); err != nil {
			return at(err, metric, i)
		}
	}
	return nil
}

// possible refuses pairs that cannot have been counted.
func (d *Driver) possible(metric string, overall Scale) error {
	var n int64
	for i, p := range d.Pairs {
		switch {
		case !overall.Contains(p.Overall) || !d.Scale.Contains(p.Score):
			return fail(metric, CodeOutOfScale, "Pairs[%d] = %d, %d", i, p.Overall, p.Score)
		case i > 0 && cmp.Or(cmp.Compare(d.Pairs[i-1].Overall, p.Overall), cmp.Compare(d.Pairs[i-1].Score, p.Score)) >= 0:
			return fail(metric, CodeOrder, "Pairs[%d] = %d, %d", i, p.Overall, p.Score)
		case p.N <= 0:
			return fail(metric, CodeOutOfRange, "Pairs[%d].N = %d", i, p.N)
		}
		if err := addCounts(metric, []*int64{&n}, p.N); err != nil {
			return err
		}
	}
	return nil
}

// rank fills in what follows from the pairs, once they are known to be possible, and
// puts the rows in their order.
func (d *Drivers) rank(metric string) error {
	if err := d.valid(metric); err != nil {
		return err
	}
	squares := make(map[string]Ratio, len(d.Rows))
	for i := range d.Rows {
		squares[d.Rows[i].Item] = d.Rows[i].correlate(d.Confidence)
	}
	slices.SortFunc(d.Rows, func(a, b Driver) int {
		return cmp.Or(cmp.Compare(b.Rank, a.Rank), squares[b.Item].Cmp(squares[a.Item]), cmp.Compare(a.Item, b.Item))
	})
	for i := range d.Rows {
		row := &d.Rows[i]
		switch {
		case row.Rank == 0:
		case i > 0 && squares[row.Item].Equal(squares[d.Rows[i-1].Item]):
			row.Rank = d.Rows[i-1].Rank
		default:
			row.Rank = i + 1
		}
	}
	return nil
}

// Merge adds the responses of other people to the same questions. It returns an error,
// and changes nothing, if o is nil, if either is impossible, if Overall or Confidence
// differ, if the scale of an item does, or if a count overflows.
func (d *Drivers) Merge(o *Drivers) error {
	const metric = "Drivers.Merge"
	if o == nil {
		return fail(metric, CodeEmpty, "o = nil")
	}
	if err := bothValid(metric, d, o); err != nil {
		return err
	}
	switch {
	case o.isZero():
		return nil
	case d.isZero():
	case d.Overall != o.Overall:
		return fail(metric, CodeQuestion, "Overall = %s ≠ %s", clip(d.Overall), clip(o.Overall))
	case d.Confidence != o.Confidence:
		return fail(metric, CodeQuestion, "Confidence = %v ≠ %v", d.Confidence, o.Confidence)
	case d.Scale != o.Scale:
		return fail(metric, CodeMismatch, "Scale = %+v ≠ %+v", d.Scale, o.Scale)
	}
	sum := Drivers{Overall: o.Overall, Scale: o.Scale, Confidence: o.Confidence, Rows: slices.Clone(d.Rows)}
	for i := range o.Rows {
		theirs := &o.Rows[i]
		k := slices.IndexFunc(sum.Rows, func(row Driver) bool { return row.Item == theirs.Item })
		if k < 0 {
			sum.Rows = append(sum.Rows, *theirs)
			continue
		}
		row := &sum.Rows[k]
		if row.Scale != theirs.Scale {
			return failAt(metric, CodeMismatch, i, "Scale = %+v ≠ %+v", row.Scale, theirs.Scale)
		}
		counts := row.counts()
		for _, p := range theirs.Pairs {
			if err := addCounts(metric, []*int64{&counts[p.Overall][p.Score]}, p.N); err != nil {
				return at(err, metric, i)
			}
		}
		row.setPairs(&counts)
	}
	if err := sum.rank(metric); err != nil {
		return err
	}
	*d = sum
	return nil
}

func (d *Drivers) table() *table {
	t := &table{head: []string{"rank", "item", "n", "r", "interval", "Spearman"}, text: 2}
	for i, row := range d.Rows {
		n := strconv.FormatInt(row.N, 10)
		if row.Rank == 0 {
			t.add(Undefined, row.Item, n, Undefined, Undefined, Undefined)
			continue
		}
		rank := strconv.Itoa(row.Rank)
		if i > 0 && d.Rows[i-1].Rank == row.Rank || i+1 < len(d.Rows) && d.Rows[i+1].Rank == row.Rank {
			rank += "="
		}
		limits := Undefined
		if row.Interval.N > 0 {
			limits = hundredths(row.Interval.Lo) + " … " + hundredths(row.Interval.Hi)
		}
		t.add(rank, row.Item, n, hundredths(row.R), limits, hundredths(row.Spearman))
	}
	return t
}

// hundredths prints a correlation.
func hundredths(r float64) string { return ratio(new(big.Rat).SetFloat64(r)).fixed(2) }

// notCause stands below every table of correlations.
const notCause = "Correlation is not cause.\n"

// String returns a line for each item with its correlations, "=" where a rank is
// shared, and what they are not.
func (d *Drivers) String() string { return d.table().String() + notCause }

// Markdown is String as a Markdown table.
func (d *Drivers) Markdown() string { return d.table().markdown() + "\n" + notCause }
