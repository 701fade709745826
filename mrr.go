package kpi

import (
	"math/big"
)

// MRR holds how the monthly recurring revenue (月度经常性收入) of one period moved, and
// the customers that it came from. Every movement is net by customer, from the
// beginning of the period to its end: who goes from 100 to 80 by way of 150
// contracted by 20.
//
//	Closing    = Opening + New + Reactivation + Expansion − Contraction − Churn
//	ARR        = 12·Closing
//	NRR        = (Opening + Expansion − Contraction − Churn) / Opening      净收入留存率
//	GRR        = (Opening − Contraction − Churn) / Opening                  毛收入留存率
//	QuickRatio = (New + Reactivation + Expansion) / (Contraction + Churn)
//	ARPA       = Closing / customers at the end
//
// The rates are of one period. Over a longer one that is not netted, a customer who
// joins within it and leaves again would count as a loss of those who were there: an
// opening of 100 and a joiner of 300 who leaves would keep −200 %, so that such
// movements are refused. For spans of several periods ask the customers, with
// [Subscriptions.CohortNRR], or multiply the periods, with
// [MRRMovements.ChainedNRR].
//
// Amounts are Ratios, since an annual price by twelve is no decimal. NRR and GRR have
// no interval here: customers differ in size, so that a hundred in the currency are
// no hundred customers. [Subscriptions.CohortNRR] has one.
//
// The amounts and counts must be possible: none negative, Churn + Contraction ≤
// Opening, and likewise of the customers. Where no customers were counted all counts
// are 0; else money and customers go together. The zero value is the identity of
// Merge.
type MRR struct {
	Opening      Ratio `json:"opening"`      // at the beginning of the period
	New          Ratio `json:"new"`          // at the end, of customers who never had any before the period
	Reactivation Ratio `json:"reactivation"` // at the end, of customers who had none at its beginning but some before
	Expansion    Ratio `json:"expansion"`    // more at the end than at the beginning, by how much
	Contraction  Ratio `json:"contraction"`  // less at the end, but some, by how much
	Churn        Ratio `json:"churn"`        // at the beginning, of customers with none at the end

	OpeningCustomers     int64 `json:"opening_customers"`     // with recurring revenue at the beginning
	NewCustomers         int64 `json:"new_customers"`         // of New
	ReactivatedCustomers int64 `json:"reactivated_customers"` // of Reactivation
	ExpandedCustomers    int64 `json:"expanded_customers"`    // of OpeningCustomers, of Expansion
	ContractedCustomers  int64 `json:"contracted_customers"`  // of OpeningCustomers, of Contraction
	ChurnedCustomers     int64 `json:"churned_customers"`     // of OpeningCustomers, of Churn
}

// mrrNames are the names of the fields of MRR, in their order.
var mrrNames = []string{"Opening", "New", "Reactivation", "Expansion", "Contraction", "Churn"}

// The fields of MRR by their place.
const (
	mrrOpening = iota
	mrrNew
	mrrReactivation
	mrrExpansion
	mrrContraction
	mrrChurn
	mrrFields
)

func (m *MRR) amounts() [mrrFields]*Ratio {
	return [mrrFields]*Ratio{&m.Opening, &m.New, &m.Reactivation, &m.Expansion, &m.Contraction, &m.Churn}
}

func (m *MRR) customers() [mrrFields]*int64 {
	return [mrrFields]*int64{
		&m.OpeningCustomers, &m.NewCustomers, &m.ReactivatedCustomers, &m.ExpandedCustomers, &m.ContractedCustomers, &m.ChurnedCustomers,
	}
}

// uncounted reports whether nobody counted the customers.
func (m *MRR) uncounted() bool {
	for _, n := range m.customers() {
		if *n != 0 {
			return false
		}
	}
	return true
}

func (m MRR) valid(metric string) error {
	uncounted := m.uncounted()
	customers := m.customers()
	for i, a := range m.amounts() {
		name, n := mrrNames[i], *customers[i]
		switch bits := max(a.r().Num().BitLen(), a.r().Denom().BitLen()); {
		case bits > maxBigBits:
			return fail(metric, CodeTooLarge, "%s.BitLen = %d", name, bits)
		case a.Sign() < 0:
			return fail(metric, CodeNegative, "%s = %.6g", name, *a)
		case n < 0:
			return fail(metric, CodeNegative, "%s: %d", name, n)
		case !uncounted && a.IsZero() != (n == 0):
			return fail(metric, CodeMismatch, "%s = %.6g: %d", name, *a, n)
		}
	}
	kept := m.kept()
	if kept.Sign() < 0 {
		return fail(metric, CodePartExceedsWhole, "Contraction + Churn = %.6g > Opening = %.6g", m.Contraction.Add(m.Churn), m.Opening)
	}
	if uncounted {
		return nil
	}
	left := m.OpeningCustomers
	for _, n := range []int64{m.ExpandedCustomers, m.ContractedCustomers, m.ChurnedCustomers} {
		if left -= n; left < 0 {
			return fail(metric, CodePartExceedsWhole, "ExpandedCustomers + ContractedCustomers + ChurnedCustomers = %d + %d + %d > OpeningCustomers = %d",
				m.ExpandedCustomers, m.ContractedCustomers, m.ChurnedCustomers, m.OpeningCustomers)
		}
	}
	if kept.IsZero() != (m.OpeningCustomers == m.ChurnedCustomers) {
		return fail(metric, CodeMismatch, "Opening − Contraction − Churn = %.6g, OpeningCustomers = %d, ChurnedCustomers = %d", kept, m.OpeningCustomers, m.ChurnedCustomers)
	}
	_, err := sumCounts(metric, m.OpeningCustomers, m.NewCustomers, m.ReactivatedCustomers)
	return err
}

// kept returns what GRR is of Opening.
func (m *MRR) kept() Ratio { return m.Opening.Sub(m.Contraction).Sub(m.Churn) }

func (m *MRR) closing() Ratio {
	return m.kept().Add(m.New).Add(m.Reactivation).Add(m.Expansion)
}

// Merge adds the movements of disjoint customers over the same period. It returns an
// error, and changes nothing, if either is impossible, if the customers of only one
// side were counted, or if a sum grows too large.
func (m *MRR) Merge(o MRR) error {
	const metric = "MRR.Merge"
	if err := bothValid(metric, *m, o); err != nil {
		return err
	}
	t := *m
	if err := t.add(metric, &o); err != nil {
		return err
	}
	*m = t
	return nil
}

// add adds an o that is possible, as m is.
func (m *MRR) add(metric string, o *MRR) error {
	counts, amounts := m.customers(), m.amounts()
	both, more := o.customers(), o.amounts()
	moneyless := func(all [mrrFields]*Ratio) bool {
		for _, a := range all {
			if !a.IsZero() {
				return false
			}
		}
		return true
	}
	if m.uncounted() != o.uncounted() && !moneyless(amounts) && !moneyless(more) {
		return fail(metric, CodeMismatch, "OpeningCustomers = %d, o.OpeningCustomers = %d", m.OpeningCustomers, o.OpeningCustomers)
	}
	for i := range mrrFields {
		if err := addCounts(metric, []*int64{counts[i]}, *both[i]); err != nil {
			return err
		}
		if !more[i].IsZero() {
			*amounts[i] = amounts[i].Add(*more[i])
		}
	}
	return m.valid(metric)
}

// Closing returns the monthly recurring revenue at the end of the period. It returns
// an error if the form is impossible.
func (m MRR) Closing() (Ratio, error) {
	if err := m.valid("MRR.Closing"); err != nil {
		return Ratio{}, err
	}
	return m.closing(), nil
}

// ARR returns twelve times Closing (年度经常性收入), what the customers of the end of the
// period pay in a year in which nobody moves. It returns an error as Closing does.
func (m MRR) ARR() (Ratio, error) {
	if err := m.valid("MRR.ARR"); err != nil {
		return Ratio{}, err
	}
	return m.closing().Mul(Whole(12)), nil
}

// NRR returns the net revenue retention (净收入留存率, NDR) of one period: what the
// customers of its beginning pay at its end, by what they paid then. It passes 1 where
// they expand more than they leave. Those who come back are not among them: see
// NRRReactivated. It returns an error if the form is impossible or Opening is 0.
func (m MRR) NRR() (Ratio, error) {
	return m.ofOpening("MRR.NRR", func() Ratio { return m.kept().Add(m.Expansion) })
}

// NRRReactivated returns NRR with Reactivation added to what was kept, as some billing
// products have it: those who come back were lost from the opening of an earlier
// period, and are set against that of this one. It returns an error as NRR does.
func (m MRR) NRRReactivated() (Ratio, error) {
	return m.ofOpening("MRR.NRRReactivated", func() Ratio { return m.kept().Add(m.Expansion).Add(m.Reactivation) })
}

// GRR returns the gross revenue retention (毛收入留存率, GDR) of one period, NRR without
// Expansion: at most 1, and at most NRR. It returns an error as NRR does.
func (m MRR) GRR() (Ratio, error) { return m.ofOpening("MRR.GRR", m.kept) }

// GrossChurn returns (Contraction + Churn)/Opening (收入流失率), the complement of GRR.
// It returns an error as NRR does.
func (m MRR) GrossChurn() (Ratio, error) {
	return m.ofOpening("MRR.GrossChurn", func() Ratio { return m.Contraction.Add(m.Churn) })
}

// NetChurn returns (Contraction + Churn − Expansion)/Opening (净收入流失率), the
// complement of NRR, which is negative where customers expand more than they leave. It
// returns an error as NRR does.
func (m MRR) NetChurn() (Ratio, error) {
	return m.ofOpening("MRR.NetChurn", func() Ratio { return m.Contraction.Add(m.Churn).Sub(m.Expansion) })
}

// ofOpening returns what an amount is of Opening; the amount is made once the form is
// known to be of ordinary size.
func (m MRR) ofOpening(metric string, amount func() Ratio) (Ratio, error) {
	if err := m.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, amount().r(), m.Opening.r())
}

// QuickRatio returns (New + Reactivation + Expansion)/(Contraction + Churn) (SaaS
// 速动比率): what came for each one of the currency that went. Where nothing came back it
// is that of the products that leave Reactivation out. It returns an error if the form
// is impossible, or if nothing went.
func (m MRR) QuickRatio() (Ratio, error) {
	const metric = "MRR.QuickRatio"
	if err := m.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, m.New.Add(m.Reactivation).Add(m.Expansion).r(), m.Contraction.Add(m.Churn).r())
}

// ARPA returns Closing by the customers at the end of the period (每账户平均收入). It
// returns an error if the form is impossible, the customers uncounted included, or if
// there are none at the end.
func (m MRR) ARPA() (Ratio, error) {
	const metric = "MRR.ARPA"
	logos, err := m.logos(metric)
	if err != nil {
		return Ratio{}, err
	}
	return share(metric, m.closing().r(), new(big.Rat).SetInt64(logos.end()))
}

// Logos returns the customers as head counts, for the rates and the counts of Churn:
// New are those who are new and those who are back. Who joined and left again within
// the period is in neither. It returns an error if the form is impossible, the
// customers uncounted included.
func (m MRR) Logos() (Churn, error) { return m.logos("MRR.Logos") }

func (m MRR) logos(metric string) (Churn, error) {
	if err := m.valid(metric); err != nil {
		return Churn{}, err
	}
	c := Churn{Start: m.OpeningCustomers, New: m.NewCustomers + m.ReactivatedCustomers, Lost: m.ChurnedCustomers}
	if c == (Churn{}) && m.closing().Sign() > 0 {
		return Churn{}, fail(metric, CodeMissing, "OpeningCustomers = 0, Opening = %.6g, New = %.6g", m.Opening, m.New)
	}
	return c, nil
}

var mrrCatalog = []Entry{
	{
		Key: "mrr.closing", English: []string{"closing MRR", "monthly recurring revenue at the end"},
		Chinese: []string{"期末月度经常性收入", "期末MRR"}, Formula: "Opening + New + Reactivation + Expansion − Contraction − Churn",
		Unit: "money", Direction: Higher, Type: "MRR", Method: "Closing",
	},
	{
		Key: "mrr.arr", English: []string{"closing ARR", "annual recurring revenue at the end"},
		Chinese: []string{"期末年度经常性收入", "期末ARR"}, Formula: "12·Closing",
		Unit: "money", Direction: Higher, Type: "MRR", Method: "ARR",
	},
	{
		Key: "mrr.nrr", English: []string{"NRR", "net revenue retention", "net dollar retention", "NDR"},
		Chinese: []string{"净收入留存率", "净收入保留率", "净金额留存率", "净续费率NRR"}, Formula: "(Opening + Expansion − Contraction − Churn) / Opening, of one period",
		Unit: "ratio", Direction: Higher, Type: "MRR", Method: "NRR",
	},
	{
		Key: "mrr.nrr_reactivated", English: []string{"NRR with reactivation"},
		Chinese: []string{"含回流的净收入留存率"}, Formula: "(Opening + Reactivation + Expansion − Contraction − Churn) / Opening, of one period",
		Unit: "ratio", Direction: Higher, Type: "MRR", Method: "NRRReactivated",
	},
	{
		Key: "mrr.grr", English: []string{"GRR", "gross revenue retention", "gross dollar retention", "GDR"},
		Chinese: []string{"毛收入留存率", "毛收入保留率", "总收入留存率"}, Formula: "(Opening − Contraction − Churn) / Opening, of one period",
		Unit: "share", Direction: Higher, Type: "MRR", Method: "GRR",
	},
	{
		Key: "mrr.gross_churn", English: []string{"revenue churn", "gross MRR churn", "gross revenue churn rate"},
		Chinese: []string{"收入流失率", "毛收入流失率", "MRR流失率"}, Formula: "(Contraction + Churn) / Opening",
		Unit: "share", Direction: Lower, Type: "MRR", Method: "GrossChurn",
	},
	{
		Key: "mrr.net_churn", English: []string{"net revenue churn", "net MRR churn"},
		Chinese: []string{"净收入流失率", "净MRR流失率"}, Formula: "(Contraction + Churn − Expansion) / Opening",
		Unit: "ratio", Direction: Lower, Type: "MRR", Method: "NetChurn",
	},
	{
		Key: "mrr.quick_ratio", English: []string{"quick ratio", "SaaS quick ratio"},
		Chinese: []string{"SaaS速动比率", "速动比率"}, Formula: "(New + Reactivation + Expansion) / (Contraction + Churn)",
		Unit: "ratio", Direction: Higher, Type: "MRR", Method: "QuickRatio",
	},
	{
		Key: "mrr.arpa", English: []string{"ARPA", "average revenue per account", "ARPU"},
		Chinese: []string{"每账户平均收入", "每客户平均月收入", "ARPA"}, Formula: "Closing / (OpeningCustomers + NewCustomers + ReactivatedCustomers − ChurnedCustomers)",
		Unit: "money", Direction: Higher, Type: "MRR", Method: "ARPA",
	},
}
