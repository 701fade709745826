package kpi

// WinLoss counts deals by what became of them: those of a month, of a rep, of a
// source, or typed in.
//
//	WinRate   = Won / (Won + Lost)
//	LeastRate = Won / (Won + Lost + Open)
//	MostRate  = (Won + Open) / (Won + Lost + Open)
//
// WinRate leaves out whom nobody has an answer from. Of deals that were created in
// one period it reads high while the quick ones are won, and low while the quick
// ones are lost; whatever comes of those that are open, the rate of all of them
// ends between LeastRate and MostRate, and the three are one number when none is
// open. Until then quote the two.
//
// The counts must be possible: none negative, and within an int64 together. The
// zero value is the identity of Merge.
type WinLoss struct {
	Won  int64 `json:"won"`
	Lost int64 `json:"lost"`
	Open int64 `json:"open"` // pending: neither, so far
}

func (w WinLoss) valid(metric string) error {
	_, err := w.total(metric)
	return err
}

// total returns the number of deals of a w that is possible.
func (w WinLoss) total(metric string) (int64, error) {
	if err := nonNegative(metric, []string{"Won", "Lost", "Open"}, w.Won, w.Lost, w.Open); err != nil {
		return 0, err
	}
	return sumCounts(metric, w.Won, w.Lost, w.Open)
}

// Merge adds the deals of a disjoint group. It returns an error, and changes
// nothing, if either is impossible or a count overflows.
func (w *WinLoss) Merge(o WinLoss) error {
	const metric = "WinLoss.Merge"
	if err := bothValid(metric, *w, o); err != nil {
		return err
	}
	t := *w
	if err := addCounts(metric, []*int64{&t.Won, &t.Lost, &t.Open}, o.Won, o.Lost, o.Open); err != nil {
		return err
	}
	if err := t.valid(metric); err != nil {
		return err
	}
	*w = t
	return nil
}

// count adds a deal in state s.
func (w *WinLoss) count(s DealState) {
	switch s {
	case DealWon:
		w.Won++
	case DealLost:
		w.Lost++
	default:
		w.Open++
	}
}

// WinRate returns Won of Won + Lost (赢单率), open deals apart. It returns an error
// if the counts are impossible or nothing is decided.
func (w WinLoss) WinRate() (Proportion, error) { return w.rate("WinLoss.WinRate", w.Won, w.Open) }

// LeastRate returns Won of all, the win rate if every open deal is lost. It returns
// an error if the counts are impossible or there are no deals.
func (w WinLoss) LeastRate() (Proportion, error) { return w.rate("WinLoss.LeastRate", w.Won, 0) }

// MostRate returns Won + Open of all, the win rate if every open deal is won. It
// returns an error as LeastRate does.
func (w WinLoss) MostRate() (Proportion, error) {
	return w.rate("WinLoss.MostRate", w.Won+w.Open, 0)
}

// rate returns k of all but those that are left out.
func (w WinLoss) rate(metric string, k, out int64) (Proportion, error) {
	n, err := w.total(metric)
	if err != nil {
		return Proportion{}, err
	}
	return proportion(metric, k, n-out)
}
