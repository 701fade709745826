package kpi_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// emailRates are the questions to an Email, each as a text.
func emailRates(e kpi.Email) map[string]func() (string, error) {
	counts := func(p kpi.Proportion, err error) (string, error) { return p.String(), err }
	exact := func(r kpi.Ratio, err error) (string, error) { return r.String(), err }
	return map[string]func() (string, error){
		"DeliveryRate":        func() (string, error) { return counts(e.DeliveryRate()) },
		"BounceRate":          func() (string, error) { return counts(e.BounceRate()) },
		"HardBounceRate":      func() (string, error) { return counts(e.HardBounceRate()) },
		"SoftBounceRate":      func() (string, error) { return counts(e.SoftBounceRate()) },
		"OpenRate":            func() (string, error) { return counts(e.OpenRate()) },
		"ReportedOpenRate":    func() (string, error) { return counts(e.ReportedOpenRate()) },
		"TotalOpenRate":       func() (string, error) { return exact(e.TotalOpenRate()) },
		"ClickRate":           func() (string, error) { return counts(e.ClickRate()) },
		"TotalClickRate":      func() (string, error) { return exact(e.TotalClickRate()) },
		"ClickToOpen":         func() (string, error) { return exact(e.ClickToOpen()) },
		"ReportedClickToOpen": func() (string, error) { return exact(e.ReportedClickToOpen()) },
		"ReplyRate":           func() (string, error) { return counts(e.ReplyRate()) },
		"ConversionRate":      func() (string, error) { return counts(e.ConversionRate()) },
		"UnsubscribeRate":     func() (string, error) { return counts(e.UnsubscribeRate()) },
		"ComplaintRate":       func() (string, error) { return counts(e.ComplaintRate()) },
		"ListGrowth":          func() (string, error) { return exact(e.ListGrowth()) },
	}
}

func TestEmail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		e    kpi.Email
		want map[string]string // what is not here is undefined
	}{
		{
			// 20 of 1000 are still being tried. Of 950 delivered a machine opened for 300
			// and 50 load no pictures, so that 600 tell: 150 of them opened, 60 clicked.
			name: "one mailing",
			e: kpi.Email{
				Sent: 1000, Delivered: 950, HardBounces: 10, SoftBounces: 20,
				Opens: 900, UniqueOpens: 450, MachineOpens: 300, Untracked: 50,
				Clicks: 120, UniqueClicks: 90, IneligibleClicks: 30,
				Replies: 5, Conversions: 19, Unsubscribes: 7, Complaints: 3,
				ListStart: 1000, ListNew: 60,
			},
			want: map[string]string{
				"DeliveryRate": "950/1000", "BounceRate": "30/1000", "HardBounceRate": "10/1000", "SoftBounceRate": "20/1000",
				"OpenRate": "150/600", "ReportedOpenRate": "450/950", "TotalOpenRate": "18/19",
				"ClickRate": "90/950", "TotalClickRate": "12/95", "ClickToOpen": "0.4", "ReportedClickToOpen": "0.2",
				"ReplyRate": "5/950", "ConversionRate": "19/950", "UnsubscribeRate": "7/950", "ComplaintRate": "3/950",
				"ListGrowth": "0.04", // (60 − 7 − 3 − 10)/1000
			},
		},
		{
			// Clicked with the pictures off: more clickers than openers.
			name: "click-to-open passes 1",
			e:    kpi.Email{Sent: 10, Delivered: 10, Opens: 30, UniqueOpens: 4, Clicks: 12, UniqueClicks: 6},
			want: map[string]string{
				"DeliveryRate": "10/10", "BounceRate": "0/10", "HardBounceRate": "0/10", "SoftBounceRate": "0/10",
				"OpenRate": "4/10", "ReportedOpenRate": "4/10", "TotalOpenRate": "3",
				"ClickRate": "6/10", "TotalClickRate": "1.2", "ClickToOpen": "1.5", "ReportedClickToOpen": "1.5",
				"ReplyRate": "0/10", "ConversionRate": "0/10", "UnsubscribeRate": "0/10", "ComplaintRate": "0/10",
			},
		},
		{
			// All opens are a machine's: nothing is known of opening.
			name: "nobody eligible",
			e:    kpi.Email{Sent: 10, Delivered: 10, Opens: 8, UniqueOpens: 8, MachineOpens: 8, Untracked: 2, ListStart: 10, ListNew: 0, Unsubscribes: 3},
			want: map[string]string{
				"DeliveryRate": "10/10", "BounceRate": "0/10", "HardBounceRate": "0/10", "SoftBounceRate": "0/10",
				"ReportedOpenRate": "8/10", "TotalOpenRate": "0.8", "ClickRate": "0/10", "TotalClickRate": "0", "ReportedClickToOpen": "0",
				"ReplyRate": "0/10", "ConversionRate": "0/10", "UnsubscribeRate": "3/10", "ComplaintRate": "0/10", "ListGrowth": "-0.3",
			},
		},
		{name: "nothing sent", want: map[string]string{}},
		{
			name: "all bounced", e: kpi.Email{Sent: 4, HardBounces: 3, SoftBounces: 1, ListStart: 3},
			want: map[string]string{"DeliveryRate": "0/4", "BounceRate": "4/4", "HardBounceRate": "3/4", "SoftBounceRate": "1/4", "ListGrowth": "-1"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for method, ask := range emailRates(tt.e) {
				got, err := ask()
				if want, ok := tt.want[method]; ok {
					require.NoError(t, err, method)
					require.Equal(t, want, got, method)
					continue
				}
				e := requireError(t, err, kpi.ErrUndefined)
				require.Equal(t, kpi.CodeZeroDenominator, e.Code, method)
				require.Equal(t, "Email."+method, e.Metric)
			}
			data, err := json.Marshal(tt.e)
			require.NoError(t, err)
			var back kpi.Email
			require.NoError(t, json.Unmarshal(data, &back))
			require.Equal(t, tt.e, back)
		})
	}
	eligible, err := tests[0].e.Eligible()
	require.NoError(t, err)
	require.Equal(t, int64(600), eligible)
}

// Recipients for whom a machine opens change what is reported and nothing that is
// asked of the others, however many they are.
func TestEmailMachineOpensLeaveBothSides(t *testing.T) {
	t.Parallel()
	people := kpi.Email{Sent: 600, Delivered: 600, UniqueOpens: 150, UniqueClicks: 60}
	before := kpi.Must(people.ClickToOpen())
	for _, machines := range []int64{0, 1, 300, 9000} {
		e := people
		e.Sent, e.Delivered = e.Sent+machines, e.Delivered+machines
		e.UniqueOpens, e.MachineOpens = e.UniqueOpens+machines, machines
		e.UniqueClicks, e.IneligibleClicks = e.UniqueClicks+machines/10, machines/10
		open, err := e.OpenRate()
		require.NoError(t, err)
		require.Equal(t, kpi.Proportion{K: 150, N: 600}, open)
		require.True(t, before.Equal(kpi.Must(e.ClickToOpen())))
		reported, err := e.ReportedOpenRate()
		require.NoError(t, err)
		require.Equal(t, kpi.Proportion{K: 150 + machines, N: 600 + machines}, reported)
	}
}

func TestEmailErrors(t *testing.T) {
	t.Parallel()
	good := kpi.Email{
		Sent: 1000, Delivered: 950, HardBounces: 10, SoftBounces: 20, Opens: 900, UniqueOpens: 450, MachineOpens: 300, Untracked: 50,
		Clicks: 120, UniqueClicks: 90, IneligibleClicks: 30, Replies: 5, Conversions: 19, Unsubscribes: 7, Complaints: 3, ListStart: 1000, ListNew: 60,
	}
	refuse := func(e kpi.Email, code kpi.Code) {
		t.Helper()
		for method, ask := range emailRates(e) {
			_, err := ask()
			got := requireError(t, err, kpi.ErrInvalid)
			require.Equal(t, code, got.Code)
			require.Equal(t, "Email."+method, got.Metric)
		}
		_, err := e.Eligible()
		requireError(t, err, kpi.ErrInvalid)
	}
	for i := range reflect.TypeFor[kpi.Email]().NumField() {
		e := good
		reflect.ValueOf(&e).Elem().Field(i).SetInt(-1)
		refuse(e, kpi.CodeNegative)
		e = kpi.Email{}
		reflect.ValueOf(&e).Elem().Field(i).SetInt(math.MinInt64)
		refuse(e, kpi.CodeNegative)
	}
	for name, change := range map[string]func(e *kpi.Email){
		"more delivered than sent": func(e *kpi.Email) { e.Delivered = 1001 },
		"hard bounces":             func(e *kpi.Email) { e.HardBounces = 51 },
		"all bounces":              func(e *kpi.Email) { e.HardBounces, e.SoftBounces = 30, 21 },
		"huge bounces":             func(e *kpi.Email) { e.HardBounces, e.SoftBounces = math.MaxInt64, math.MaxInt64 },
		"openers":                  func(e *kpi.Email) { e.UniqueOpens, e.Opens = 951, 0 },
		"machines":                 func(e *kpi.Email) { e.MachineOpens = 451 },
		"untracked":                func(e *kpi.Email) { e.Untracked = 501 },
		"clickers":                 func(e *kpi.Email) { e.UniqueClicks, e.Clicks = 951, 0 },
		"ineligible of clickers":   func(e *kpi.Email) { e.IneligibleClicks = 91 },
		"ineligible of ineligible": func(e *kpi.Email) { e.UniqueClicks, e.Clicks, e.IneligibleClicks = 800, 0, 351 },
		"replies":                  func(e *kpi.Email) { e.Replies = 951 },
		"conversions":              func(e *kpi.Email) { e.Conversions = 951 },
		"unsubscribes":             func(e *kpi.Email) { e.Unsubscribes = 951 },
		"complaints":               func(e *kpi.Email) { e.Complaints = 944 },
		"opens below openers":      func(e *kpi.Email) { e.Opens = 449 },
		"clicks below clickers":    func(e *kpi.Email) { e.Clicks = 89 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := good
			change(&e)
			refuse(e, kpi.CodePartExceedsWhole)
		})
	}

	// Nobody counted every open and every click.
	e := good
	e.Opens, e.Clicks = 0, 0
	_, err := e.TotalOpenRate()
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = e.TotalClickRate()
	require.Equal(t, kpi.CodeMismatch, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = e.OpenRate()
	require.NoError(t, err)

	// Nobody counted the clicks of those whose opens do not tell.
	e = good
	e.UniqueClicks, e.Clicks, e.IneligibleClicks = 800, 0, 199
	_, err = e.ClickToOpen()
	require.Equal(t, kpi.CodePartExceedsWhole, requireError(t, err, kpi.ErrInvalid).Code)
	_, err = e.ReportedClickToOpen()
	require.NoError(t, err)

	// More addresses left than there were.
	e = good
	e.ListStart, e.ListNew = 10, 9
	_, err = e.ListGrowth()
	require.Equal(t, kpi.CodePartExceedsWhole, requireError(t, err, kpi.ErrInvalid).Code)
	e.ListNew = 10
	r, err := e.ListGrowth()
	requireRatio(t, "-1", r, err)
	e = kpi.Email{ListStart: math.MaxInt64, ListNew: math.MaxInt64}
	r, err = e.ListGrowth()
	requireRatio(t, "1", r, err)
}

// The reference cases, and where a vendor's rule is another than OpenRate's.
func TestEmailReference(t *testing.T) {
	t.Parallel()
	var file struct {
		Cases []struct {
			Name        string `json:"name"`
			Sent        int64  `json:"sent"`
			HardBounced int64  `json:"hard_bounced"`
			SoftBounced int64  `json:"soft_bounced"`
			Delivered   int64  `json:"delivered"`
			HardPct     string `json:"hard_bounce_pct_2dp"`
			SoftPct     string `json:"soft_bounce_pct_2dp"`
			OpenDenom   int64  `json:"open_rate_denominator"`
			Recipients  int64  `json:"recipients"`
			OpenBlocked int64  `json:"open_tracking_blocked"`
			Eligible    int64  `json:"eligible"`
			Opens       int64  `json:"opens"`
			OpenPct     string `json:"open_pct"`
		} `json:"cases"`
		Denominators map[string]map[string]string `json:"denominators"`
	}
	readReference(t, "metrics/email.json", &file)
	require.Len(t, file.Cases, 2)

	// Sender: bounces are on what was sent, opens on what was delivered. It knows no
	// machine opens, so that its open rate is ReportedOpenRate, and ours of the same
	// counts.
	c := file.Cases[0]
	e := kpi.Email{Sent: c.Sent, Delivered: c.Delivered, HardBounces: c.HardBounced, SoftBounces: c.SoftBounced}
	require.Equal(t, c.Sent-c.HardBounced-c.SoftBounced, e.Delivered)
	hard, err := e.HardBounceRate()
	require.NoError(t, err)
	require.Equal(t, c.HardPct+"%", hard.Percent(2))
	soft, err := e.SoftBounceRate()
	require.NoError(t, err)
	require.Equal(t, c.SoftPct+"%", soft.Percent(2))
	all, err := e.BounceRate()
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: c.HardBounced + c.SoftBounced, N: c.Sent}, all)
	for _, ask := range []func() (kpi.Proportion, error){e.OpenRate, e.ReportedOpenRate, e.ClickRate} {
		p, err := ask()
		require.NoError(t, err)
		require.Equal(t, c.OpenDenom, p.N)
	}

	// Hive: recipients whose opens are blocked leave both sides.
	c = file.Cases[1]
	e = kpi.Email{Sent: c.Recipients, Delivered: c.Recipients, UniqueOpens: c.Opens, Untracked: c.OpenBlocked}
	open, err := e.OpenRate()
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: c.Opens, N: c.Eligible}, open)
	require.Equal(t, c.OpenPct+"%", open.Percent(0))
	// The same where a proxy opened for all of them.
	e = kpi.Email{Sent: c.Recipients, Delivered: c.Recipients, UniqueOpens: c.Opens + c.OpenBlocked, MachineOpens: c.OpenBlocked}
	machine, err := e.OpenRate()
	require.NoError(t, err)
	require.Equal(t, open, machine)

	// Klaviyo divides all unique opens by all delivered: ReportedOpenRate and not
	// OpenRate; and it calls ReportedClickToOpen a click-through rate.
	klaviyo := file.Denominators["klaviyo"]
	require.Equal(t, "unique opens/delivered", klaviyo["open"])
	require.Equal(t, "unique clicks/delivered", klaviyo["click"])
	require.Contains(t, klaviyo["ctr"], "unique clicks/unique opens")
	e.UniqueClicks = 55
	reported, err := e.ReportedOpenRate()
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 550, N: 1000}, reported)
	require.NotEqual(t, reported, machine)
	click, err := e.ClickRate()
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 55, N: 1000}, click)
	ctr, err := e.ReportedClickToOpen()
	requireRatio(t, "0.1", ctr, err)
}
