package kpi

import "math/big"

// Email holds what became of one mailing, or of one variant of it.
//
//	DeliveryRate        = Delivered / Sent
//	BounceRate          = (HardBounces + SoftBounces) / Sent
//	Eligible            = Delivered − MachineOpens − Untracked
//	OpenRate            = (UniqueOpens − MachineOpens) / Eligible
//	ClickRate           = UniqueClicks / Delivered
//	ClickToOpen         = (UniqueClicks − IneligibleClicks) / (UniqueOpens − MachineOpens)
//	UnsubscribeRate     = Unsubscribes / Delivered
//	ComplaintRate       = Complaints / Delivered
//	ListGrowth          = (ListNew − Unsubscribes − Complaints − HardBounces) / ListStart
//
// Rates are on what was delivered, and those of bounces on what was sent. Mail that
// is neither delivered nor bounced was dropped or is still being tried, so that the
// three need not add to Sent.
//
// Privacy proxies open mail that nobody may read, and blocked pictures hide that
// somebody did. Such recipients, whom no open tells apart from those who do not
// read, leave both sides of OpenRate and of ClickToOpen: MachineOpens are those
// for whom a machine opened, Untracked those who show no open and could not.
// ReportedOpenRate and ReportedClickToOpen are the numbers that tools print with all
// of them in; they rise with the share of such recipients and not with interest.
// Clicks by scanners of links are not told apart here: leave them out of the counts.
//
// Who clicks without loading a picture has not opened, so that both click-to-opens
// may pass 1. TotalOpenRate and TotalClickRate count each open and each click, a
// machine's too, and may pass 1.
//
// Two variants are compared on the shares: a.ClickRate() against b.ClickRate() with
// Proportion.Compare and Proportion.Diff, several of them after Holm.
//
// The counts must be possible: none negative, no part above its whole. A question
// needs its own fields only; Opens or Clicks of 0 beside unique ones are ones that
// nobody counted. Unique counts are of distinct recipients: of two mailings to one
// list they do not add up, and so there is no Merge. Money is not here: take Channel.
type Email struct {
	Sent        int64 `json:"sent"`         // messages handed over, one a recipient
	Delivered   int64 `json:"delivered"`    // of Sent, accepted by the recipient's server
	HardBounces int64 `json:"hard_bounces"` // of Sent, refused for good
	SoftBounces int64 `json:"soft_bounces"` // of Sent, refused for now and given up

	Opens        int64 `json:"opens"`         // all of them, repeated ones and a machine's included
	UniqueOpens  int64 `json:"unique_opens"`  // of Delivered, with an open, a machine's included
	MachineOpens int64 `json:"machine_opens"` // of UniqueOpens, where a machine opened
	Untracked    int64 `json:"untracked"`     // of Delivered and not of UniqueOpens, whose opens cannot be seen

	Clicks           int64 `json:"clicks"`            // all of them, repeated ones included
	UniqueClicks     int64 `json:"unique_clicks"`     // of Delivered, with a click
	IneligibleClicks int64 `json:"ineligible_clicks"` // of UniqueClicks, of recipients in MachineOpens or Untracked

	Replies      int64 `json:"replies"`      // of Delivered, who answered
	Conversions  int64 `json:"conversions"`  // of Delivered, who did what the mail was for
	Unsubscribes int64 `json:"unsubscribes"` // of Delivered, who left the list by it
	Complaints   int64 `json:"complaints"`   // of Delivered, who reported it as spam, and are not in Unsubscribes

	ListStart int64 `json:"list_start"` // subscribers at the opening of the period
	ListNew   int64 `json:"list_new"`   // who joined in the period
}

func (e Email) valid(metric string) error {
	err := nonNegative(metric, []string{
		"Sent", "Delivered", "HardBounces", "SoftBounces", "Opens", "UniqueOpens", "MachineOpens", "Untracked",
		"Clicks", "UniqueClicks", "IneligibleClicks", "Replies", "Conversions", "Unsubscribes", "Complaints", "ListStart", "ListNew",
	}, e.Sent, e.Delivered, e.HardBounces, e.SoftBounces, e.Opens, e.UniqueOpens, e.MachineOpens, e.Untracked,
		e.Clicks, e.UniqueClicks, e.IneligibleClicks, e.Replies, e.Conversions, e.Unsubscribes, e.Complaints, e.ListStart, e.ListNew)
	if err != nil {
		return err
	}
	// Of parts that are not negative, by differences, which do not overflow.
	for _, p := range []struct {
		part  string
		n     int64
		whole string
		of    int64
	}{
		{"Delivered", e.Delivered, "Sent", e.Sent},
		{"HardBounces", e.HardBounces, "Sent − Delivered", e.Sent - e.Delivered},
		{"SoftBounces", e.SoftBounces, "Sent − Delivered − HardBounces", e.Sent - e.Delivered - e.HardBounces},
		{"UniqueOpens", e.UniqueOpens, "Delivered", e.Delivered},
		{"MachineOpens", e.MachineOpens, "UniqueOpens", e.UniqueOpens},
		{"Untracked", e.Untracked, "Delivered − UniqueOpens", e.Delivered - e.UniqueOpens},
		{"UniqueClicks", e.UniqueClicks, "Delivered", e.Delivered},
		{"IneligibleClicks", e.IneligibleClicks, "UniqueClicks", e.UniqueClicks},
		{"IneligibleClicks", e.IneligibleClicks, "MachineOpens + Untracked", e.MachineOpens + e.Untracked},
		{"Replies", e.Replies, "Delivered", e.Delivered},
		{"Conversions", e.Conversions, "Delivered", e.Delivered},
		{"Unsubscribes", e.Unsubscribes, "Delivered", e.Delivered},
		{"Complaints", e.Complaints, "Delivered − Unsubscribes", e.Delivered - e.Unsubscribes},
	} {
		if p.n > p.of {
			return fail(metric, CodePartExceedsWhole, "%s = %d > %s = %d", p.part, p.n, p.whole, p.of)
		}
	}
	for _, u := range []struct {
		name       string
		all, those int64
	}{{"Opens", e.Opens, e.UniqueOpens}, {"Clicks", e.Clicks, e.UniqueClicks}} {
		if u.all > 0 && u.those > u.all {
			return fail(metric, CodePartExceedsWhole, "Unique%s = %d > %s = %d", u.name, u.those, u.name, u.all)
		}
	}
	return nil
}

// rate returns k of n once the counts are known to be possible.
func (e Email) rate(metric string, k, n int64) (Proportion, error) {
	if err := e.valid(metric); err != nil {
		return Proportion{}, err
	}
	return proportion(metric, k, n)
}

// total returns all of the named events by what was delivered, which nobody need
// have counted.
func (e Email) total(metric, name string, all, unique int64) (Ratio, error) {
	if err := e.valid(metric); err != nil {
		return Ratio{}, err
	}
	if all == 0 && unique > 0 {
		return Ratio{}, fail(metric, CodeMismatch, "%s = 0, Unique%s = %d", name, name, unique)
	}
	return share(metric, Whole(all).r(), Whole(e.Delivered).r())
}

// Eligible returns the recipients of whom an open tells whether they read, Delivered
// less MachineOpens and Untracked. It returns an error if the counts are impossible.
func (e Email) Eligible() (int64, error) { return e.eligible(), e.valid("Email.Eligible") }

func (e Email) eligible() int64 { return e.Delivered - e.MachineOpens - e.Untracked }

// DeliveryRate returns Delivered/Sent (邮件送达率). Like every rate here it returns an
// error if the counts are impossible or its denominator is 0.
func (e Email) DeliveryRate() (Proportion, error) {
	return e.rate("Email.DeliveryRate", e.Delivered, e.Sent)
}

// BounceRate returns (HardBounces + SoftBounces)/Sent (退信率). It returns an error as
// DeliveryRate does.
func (e Email) BounceRate() (Proportion, error) {
	return e.rate("Email.BounceRate", e.HardBounces+e.SoftBounces, e.Sent)
}

// HardBounceRate returns HardBounces/Sent (硬退信率), by which senders are judged:
// addresses that do not exist. It returns an error as DeliveryRate does.
func (e Email) HardBounceRate() (Proportion, error) {
	return e.rate("Email.HardBounceRate", e.HardBounces, e.Sent)
}

// SoftBounceRate returns SoftBounces/Sent (软退信率). It returns an error as
// DeliveryRate does.
func (e Email) SoftBounceRate() (Proportion, error) {
	return e.rate("Email.SoftBounceRate", e.SoftBounces, e.Sent)
}

// OpenRate returns (UniqueOpens − MachineOpens)/Eligible (邮件打开率): of the recipients
// whose opens can be told from a machine's, those who opened. It returns an error as
// DeliveryRate does.
func (e Email) OpenRate() (Proportion, error) {
	return e.rate("Email.OpenRate", e.UniqueOpens-e.MachineOpens, e.eligible())
}

// ReportedOpenRate returns UniqueOpens/Delivered, a machine's opens included. It
// returns an error as DeliveryRate does.
func (e Email) ReportedOpenRate() (Proportion, error) {
	return e.rate("Email.ReportedOpenRate", e.UniqueOpens, e.Delivered)
}

// TotalOpenRate returns Opens/Delivered, the opens of one delivered message, which
// may pass 1. It returns an error as DeliveryRate does, or if Opens were not counted.
func (e Email) TotalOpenRate() (Ratio, error) {
	return e.total("Email.TotalOpenRate", "Opens", e.Opens, e.UniqueOpens)
}

// ClickRate returns UniqueClicks/Delivered (邮件点击率). It returns an error as
// DeliveryRate does.
func (e Email) ClickRate() (Proportion, error) {
	return e.rate("Email.ClickRate", e.UniqueClicks, e.Delivered)
}

// TotalClickRate returns Clicks/Delivered, the clicks of one delivered message, which
// may pass 1. It returns an error as DeliveryRate does, or if Clicks were not counted.
func (e Email) TotalClickRate() (Ratio, error) {
	return e.total("Email.TotalClickRate", "Clicks", e.Clicks, e.UniqueClicks)
}

// ClickToOpen returns (UniqueClicks − IneligibleClicks)/(UniqueOpens − MachineOpens)
// (点击打开比), clickers by openers among the eligible recipients; some tools call it
// the click-through rate. It may pass 1. It returns an error as DeliveryRate does, or
// if more of the eligible clicked than there are.
func (e Email) ClickToOpen() (Ratio, error) {
	const metric = "Email.ClickToOpen"
	clicks := e.UniqueClicks - e.IneligibleClicks
	if err := e.valid(metric); err != nil {
		return Ratio{}, err
	}
	if clicks > e.eligible() { // IneligibleClicks were not counted
		return Ratio{}, fail(metric, CodePartExceedsWhole, "UniqueClicks − IneligibleClicks = %d > Eligible = %d", clicks, e.eligible())
	}
	return share(metric, Whole(clicks).r(), Whole(e.UniqueOpens-e.MachineOpens).r())
}

// ReportedClickToOpen returns UniqueClicks/UniqueOpens, a machine's opens included. It
// returns an error as DeliveryRate does.
func (e Email) ReportedClickToOpen() (Ratio, error) {
	const metric = "Email.ReportedClickToOpen"
	if err := e.valid(metric); err != nil {
		return Ratio{}, err
	}
	return share(metric, Whole(e.UniqueClicks).r(), Whole(e.UniqueOpens).r())
}

// ReplyRate returns Replies/Delivered (邮件回复率). It returns an error as DeliveryRate
// does.
func (e Email) ReplyRate() (Proportion, error) {
	return e.rate("Email.ReplyRate", e.Replies, e.Delivered)
}

// ConversionRate returns Conversions/Delivered (邮件转化率). It returns an error as
// DeliveryRate does.
func (e Email) ConversionRate() (Proportion, error) {
	return e.rate("Email.ConversionRate", e.Conversions, e.Delivered)
}

// UnsubscribeRate returns Unsubscribes/Delivered (退订率). It returns an error as
// DeliveryRate does.
func (e Email) UnsubscribeRate() (Proportion, error) {
	return e.rate("Email.UnsubscribeRate", e.Unsubscribes, e.Delivered)
}

// ComplaintRate returns Complaints/Delivered (垃圾邮件投诉率). It returns an error as
// DeliveryRate does.
func (e Email) ComplaintRate() (Proportion, error) {
	return e.rate("Email.ComplaintRate", e.Complaints, e.Delivered)
}

// ListGrowth returns (ListNew − Unsubscribes − Complaints − HardBounces)/ListStart
// (列表增长率), what a period added to the list by what it opened with, below 0 where
// the list shrank. The counts are then those of all mailings of the period, and each
// address that left counts once. It returns an error if the counts are impossible,
// more addresses left than there were, or ListStart is 0.
func (e Email) ListGrowth() (Ratio, error) {
	const metric = "Email.ListGrowth"
	if err := e.valid(metric); err != nil {
		return Ratio{}, err
	}
	grown := big.NewInt(e.ListNew)
	for _, left := range []int64{e.Unsubscribes, e.Complaints, e.HardBounces} {
		grown.Sub(grown, big.NewInt(left))
	}
	start := big.NewInt(e.ListStart)
	if end := new(big.Int).Add(start, grown); end.Sign() < 0 {
		return Ratio{}, fail(metric, CodePartExceedsWhole, "ListStart + ListNew − Unsubscribes − Complaints − HardBounces = %d < 0", end)
	}
	return share(metric, new(big.Rat).SetInt(grown), new(big.Rat).SetInt(start))
}

var emailCatalog = []Entry{
	{
		Key: "email.delivery", English: []string{"delivery rate", "e-mail delivery rate"},
		Chinese: []string{"邮件送达率", "送达率", "投递率"}, Formula: "Delivered / Sent",
		Unit: "share", Direction: Higher, Type: "Email", Method: "DeliveryRate",
	},
	{
		Key: "email.bounce", English: []string{"bounce rate of e-mail"},
		Chinese: []string{"邮件退信率", "退信率", "邮件弹回率"}, Formula: "(HardBounces + SoftBounces) / Sent",
		Unit: "share", Direction: Lower, Type: "Email", Method: "BounceRate",
	},
	{
		Key: "email.hard_bounce", English: []string{"hard bounce rate"},
		Chinese: []string{"硬退信率", "硬弹率"}, Formula: "HardBounces / Sent",
		Unit: "share", Direction: Lower, Type: "Email", Method: "HardBounceRate",
	},
	{
		Key: "email.soft_bounce", English: []string{"soft bounce rate"},
		Chinese: []string{"软退信率", "软弹率"}, Formula: "SoftBounces / Sent",
		Unit: "share", Direction: Lower, Type: "Email", Method: "SoftBounceRate",
	},
	{
		Key: "email.open", English: []string{"open rate", "e-mail open rate", "unique open rate"},
		Chinese: []string{"邮件打开率", "打开率", "邮件阅读率"}, Formula: "(UniqueOpens − MachineOpens) / (Delivered − MachineOpens − Untracked)",
		Unit: "share", Direction: Higher, Type: "Email", Method: "OpenRate",
	},
	{
		Key: "email.open_reported", English: []string{"reported open rate", "open rate with machine opens"},
		Chinese: []string{"报表打开率", "含机器打开的打开率"}, Formula: "UniqueOpens / Delivered",
		Unit: "share", Direction: Neither, Type: "Email", Method: "ReportedOpenRate",
	},
	{
		Key: "email.open_total", English: []string{"total open rate", "opens per delivered e-mail"},
		Chinese: []string{"总打开率", "人均打开次数"}, Formula: "Opens / Delivered",
		Unit: "ratio", Direction: Neither, Type: "Email", Method: "TotalOpenRate",
	},
	{
		Key: "email.click", English: []string{"click rate", "e-mail click rate", "unique click rate", "click-through rate on delivered"},
		Chinese: []string{"邮件点击率", "点击率"}, Formula: "UniqueClicks / Delivered",
		Unit: "share", Direction: Higher, Type: "Email", Method: "ClickRate",
	},
	{
		Key: "email.click_total", English: []string{"total click rate", "clicks per delivered e-mail"},
		Chinese: []string{"总点击率", "人均点击次数"}, Formula: "Clicks / Delivered",
		Unit: "ratio", Direction: Higher, Type: "Email", Method: "TotalClickRate",
	},
	{
		Key: "email.click_to_open", English: []string{"click-to-open rate", "CTOR"},
		Chinese: []string{"点击打开比", "点击打开率", "打开后点击率"}, Formula: "(UniqueClicks − IneligibleClicks) / (UniqueOpens − MachineOpens)",
		Unit: "ratio", Direction: Higher, Type: "Email", Method: "ClickToOpen",
	},
	{
		Key: "email.click_to_open_reported", English: []string{"reported click-to-open rate", "click-to-open rate with machine opens"},
		Chinese: []string{"报表点击打开比", "含机器打开的点击打开比"}, Formula: "UniqueClicks / UniqueOpens",
		Unit: "ratio", Direction: Neither, Type: "Email", Method: "ReportedClickToOpen",
	},
	{
		Key: "email.reply", English: []string{"reply rate", "e-mail reply rate"},
		Chinese: []string{"邮件回复率", "回信率"}, Formula: "Replies / Delivered",
		Unit: "share", Direction: Higher, Type: "Email", Method: "ReplyRate",
	},
	{
		Key: "email.conversion", English: []string{"e-mail conversion rate"},
		Chinese: []string{"邮件转化率", "邮件转换率"}, Formula: "Conversions / Delivered",
		Unit: "share", Direction: Higher, Type: "Email", Method: "ConversionRate",
	},
	{
		Key: "email.unsubscribe", English: []string{"unsubscribe rate", "opt-out rate"},
		Chinese: []string{"邮件退订率", "退订率"}, Formula: "Unsubscribes / Delivered",
		Unit: "share", Direction: Lower, Type: "Email", Method: "UnsubscribeRate",
	},
	{
		Key: "email.complaint", English: []string{"spam complaint rate", "abuse rate"},
		Chinese: []string{"垃圾邮件投诉率", "垃圾邮件举报率"}, Formula: "Complaints / Delivered",
		Unit: "share", Direction: Lower, Type: "Email", Method: "ComplaintRate",
	},
	{
		Key: "email.list_growth", English: []string{"list growth rate", "subscriber growth"},
		Chinese: []string{"列表增长率", "邮件列表增长率", "订阅增长率"},
		Formula: "(ListNew − Unsubscribes − Complaints − HardBounces) / ListStart",
		Unit:    "ratio", Direction: Higher, Type: "Email", Method: "ListGrowth",
	},
}
