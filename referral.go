package kpi

import "github.com/shopspring/decimal"

// Referrals holds what customers did to recommend one in a period, and what came of it
// (客户推荐, 老带新). [NPS] is what they say they would do: quote Rate beside its
// PromoterShare.
//
//	Rate          = Referrers / Customers          客户推荐率
//	PerCustomer   = Invitations / Customers        推荐次数
//	Conversion    = Referred / Invitations         推荐转化率
//	ReferredShare = Referred / New
//	KFactor       = PerCustomer · Conversion = Referred / Customers
//	Amplification = 1 / (1 − KFactor)
//
// Invitations are what was sent: mails, codes, links by the people they went to. A
// friend who comes a month after the invitation is not yet in Referred, so that K is
// too low where the period has just ended; count invitations of a period long enough
// ago, and those who came by them.
//
// The counts must be possible: none negative, Referrers at most Customers and at most
// Invitations, Referred at most New and at most Invitations. With Invitations of 0
// nobody counted them, and there is neither PerCustomer nor Conversion. A question
// needs its own fields only. The zero value is the identity of Merge.
type Referrals struct {
	Customers   int64 `json:"customers"`   // who could recommend one
	Referrers   int64 `json:"referrers"`   // of them, who did, each once
	Invitations int64 `json:"invitations"` // sent by Referrers
	Referred    int64 `json:"referred"`    // new customers who came by them
	New         int64 `json:"new"`         // all new customers, Referred included
}

// uncounted reports whether nobody counted the invitations.
func (r Referrals) uncounted() bool { return r.Invitations == 0 && (r.Referrers > 0 || r.Referred > 0) }

func (r Referrals) valid(metric string) error {
	if err := nonNegative(metric, []string{"Customers", "Referrers", "Invitations", "Referred", "New"},
		r.Customers, r.Referrers, r.Invitations, r.Referred, r.New); err != nil {
		return err
	}
	switch {
	case r.Referrers > r.Customers:
		return fail(metric, CodePartExceedsWhole, "Referrers = %d > Customers = %d", r.Referrers, r.Customers)
	case r.Referred > r.New:
		return fail(metric, CodePartExceedsWhole, "Referred = %d > New = %d", r.Referred, r.New)
	case r.Invitations == 0:
		return nil
	case r.Referrers > r.Invitations:
		return fail(metric, CodePartExceedsWhole, "Referrers = %d > Invitations = %d", r.Referrers, r.Invitations)
	case r.Referred > r.Invitations:
		return fail(metric, CodePartExceedsWhole, "Referred = %d > Invitations = %d", r.Referred, r.Invitations)
	}
	return nil
}

// Merge adds the referrals of a disjoint set of customers in the same period, such as
// another region. It returns an error, and changes nothing, if either is impossible, if
// one has Invitations and the other did not count its own, or if a count overflows.
func (r *Referrals) Merge(o Referrals) error {
	const metric = "Referrals.Merge"
	if err := bothValid(metric, *r, o); err != nil {
		return err
	}
	if r.uncounted() && o.Invitations > 0 || o.uncounted() && r.Invitations > 0 {
		return fail(metric, CodeMismatch, "Invitations = %d, o.Invitations = %d", r.Invitations, o.Invitations)
	}
	return addCounts(metric, []*int64{&r.Customers, &r.Referrers, &r.Invitations, &r.Referred, &r.New},
		o.Customers, o.Referrers, o.Invitations, o.Referred, o.New)
}

// invited refuses counts without invitations to go by.
func (r Referrals) invited(metric string) error {
	if err := r.valid(metric); err != nil {
		return err
	}
	if r.uncounted() {
		return fail(metric, CodeMismatch, "Invitations = 0, Referrers = %d, Referred = %d", r.Referrers, r.Referred)
	}
	return nil
}

// perCustomer returns the events per customer.
func (r Referrals) perCustomer(metric string, events int64) (EventRate, error) {
	if r.Customers == 0 {
		return EventRate{}, fail(metric, CodeZeroDenominator, "Customers = 0")
	}
	return EventRate{Events: events, Exposure: decimal.NewFromInt(r.Customers)}, nil
}

// Rate returns Referrers/Customers (客户推荐率), however often each recommended. It
// returns an error if the counts are impossible or Customers is 0.
func (r Referrals) Rate() (Proportion, error) {
	const metric = "Referrals.Rate"
	if err := r.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, r.Referrers, r.Customers)
}

// PerCustomer returns Invitations/Customers (推荐次数), with Garwood's interval, which
// is too narrow where a few customers send most of them. It returns an error if the
// counts are impossible, if nobody counted the invitations, or if Customers is 0.
func (r Referrals) PerCustomer() (EventRate, error) {
	const metric = "Referrals.PerCustomer"
	if err := r.invited(metric); err != nil {
		return EventRate{}, err
	}
	return r.perCustomer(metric, r.Invitations)
}

// Conversion returns Referred/Invitations (推荐转化率). It returns an error if the
// counts are impossible, if nobody counted the invitations, or if there were none.
func (r Referrals) Conversion() (Proportion, error) {
	const metric = "Referrals.Conversion"
	if err := r.invited(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, r.Referred, r.Invitations)
}

// ReferredShare returns Referred/New (老带新占比). It returns an error if the counts are
// impossible or New is 0.
func (r Referrals) ReferredShare() (Proportion, error) {
	const metric = "Referrals.ReferredShare"
	if err := r.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, r.Referred, r.New)
}

// KFactor returns the new customers whom a customer brings (K 因子, 病毒系数): the
// invitations per customer times their conversion, of which the invitations cancel, so
// that they need not be counted. Garwood's interval goes with it, as with PerCustomer.
// It returns an error if the counts are impossible or Customers is 0.
func (r Referrals) KFactor() (EventRate, error) {
	const metric = "Referrals.KFactor"
	if err := r.valid(metric); err != nil {
		return EventRate{}, err
	}
	return r.perCustomer(metric, r.Referred)
}

// Amplification returns 1/(1 − K), the customers that one customer comes to in the end,
// itself included, if those whom it brings bring others at the same rate, and so on:
// 1 + K + K² + … It is an upper bound where friends of friends are known already, and
// the limits of KFactor's interval, put in the place of K, are those of it. It returns
// an error as KFactor does, or for a K of 1 and more, where the sum has no limit.
func (r Referrals) Amplification() (Ratio, error) {
	const metric = "Referrals.Amplification"
	if err := r.valid(metric); err != nil {
		return Ratio{}, err
	}
	if _, err := r.perCustomer(metric, r.Referred); err != nil {
		return Ratio{}, err
	}
	if r.Referred >= r.Customers {
		return Ratio{}, fail(metric, CodeDiverges, "K = %.6g ≥ 1", quotient(r.Referred, r.Customers))
	}
	return quotient(r.Customers, r.Customers-r.Referred), nil
}

var referralCatalog = []Entry{
	{
		Key: "referral.rate", English: []string{"customer referral rate", "referral rate", "share of customers who referred"},
		Chinese: []string{"客户推荐率", "推荐率", "转介绍率"}, Formula: "Referrers / Customers",
		Unit: "share", Direction: Higher, Type: "Referrals", Method: "Rate",
	},
	{
		Key: "referral.per_customer", English: []string{"referrals per customer", "invitations per customer"},
		Chinese: []string{"推荐次数", "人均推荐次数", "人均邀请次数"}, Formula: "Invitations / Customers",
		Unit: "ratio", Direction: Higher, Type: "Referrals", Method: "PerCustomer",
	},
	{
		Key: "referral.conversion", English: []string{"referral conversion rate", "invitation conversion rate"},
		Chinese: []string{"推荐转化率", "邀请转化率", "转介绍转化率", "推荐转换率"}, Formula: "Referred / Invitations",
		Unit: "share", Direction: Higher, Type: "Referrals", Method: "Conversion",
	},
	{
		Key: "referral.share", English: []string{"share of referred customers", "referred share of new customers"},
		Chinese: []string{"老带新占比", "转介绍占比", "推荐新客占比"}, Formula: "Referred / New",
		Unit: "share", Direction: Higher, Type: "Referrals", Method: "ReferredShare",
	},
	{
		Key: "referral.k_factor", English: []string{"K-factor", "viral coefficient"},
		Chinese: []string{"K因子", "病毒系数", "裂变系数"}, Formula: "Invitations / Customers · Referred / Invitations",
		Unit: "ratio", Direction: Higher, Type: "Referrals", Method: "KFactor",
	},
	{
		Key: "referral.amplification", English: []string{"amplification factor", "viral amplification"},
		Chinese: []string{"裂变放大倍数", "病毒放大倍数"}, Formula: "1 / (1 − Referred / Customers)",
		Unit: "ratio", Direction: Higher, Type: "Referrals", Method: "Amplification",
	},
}
