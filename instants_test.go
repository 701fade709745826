package kpi_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// RFC 3339 says offsets in minutes, and time.Time's own JSON leaves their seconds
// out, which moves the instant. An answer may be asked in a zone of local mean time.
func TestInstantsAtOffsetsOfSeconds(t *testing.T) {
	t.Parallel()
	mean := time.FixedZone("LMT", 19*60+32)
	at := func(d int) time.Time { return time.Date(2025, time.March, d, 9, 30, 0, 123, mean) }
	l := new(kpi.Log)
	for i, who := range []string{"Ann", "Bob", "Ann"} {
		require.NoError(t, l.Add(kpi.Event{Customer: who, Name: "order", At: at(2 + i), Amount: decimal.NewFromInt(int64(7 + i))}))
	}
	cal := kpi.Calendar{Unit: kpi.Month, Location: mean}
	activity, err := l.Activity(t.Context(), kpi.ActivitySpec{Calendar: cal, Events: []string{"order"}, AsOf: at(20), Since: at(1)})
	require.NoError(t, err)
	cohorts, err := l.Cohorts(t.Context(), kpi.CohortSpec{Calendar: cal, AsOf: at(20), Since: at(1)})
	require.NoError(t, err)
	sessions, err := l.Sessions(t.Context(), kpi.SessionSpec{Calendar: cal, AsOf: at(20), Gap: time.Hour})
	require.NoError(t, err)
	customers, err := l.Customers(t.Context(), kpi.CustomerSpec{Orders: []string{"order"}, AsOf: at(20), Since: at(1)})
	require.NoError(t, err)
	rfm, err := l.RFM(t.Context(), kpi.RFMSpec{Orders: []string{"order"}, AsOf: at(20), From: at(1), Location: mean})
	require.NoError(t, err)
	same := func(name string, value, back any, instants func() []time.Time) {
		t.Helper()
		text, err := json.Marshal(value)
		require.NoError(t, err, name)
		require.NoError(t, json.Unmarshal(text, back), name)
		got := instants()
		for i := 0; i < len(got); i += 2 {
			require.Truef(t, got[i].Equal(got[i+1]), "%s: %s ≠ %s", name, got[i], got[i+1])
		}
	}
	var a kpi.Activity
	same("Activity", activity, &a, func() []time.Time {
		return []time.Time{a.AsOf, at(20), a.Since, at(1), a.Year.End, at(20), a.Rows[0].Period.Start, activity.Rows[0].Period.Start}
	})
	var c kpi.Cohorts
	same("Cohorts", cohorts, &c, func() []time.Time { return []time.Time{c.AsOf, at(20), c.Since, at(1)} })
	var s kpi.Sessions
	same("Sessions", sessions, &s, func() []time.Time { return []time.Time{s.AsOf, at(20)} })
	var r kpi.RFM
	same("RFM", rfm, &r, func() []time.Time { return []time.Time{r.AsOf, at(20), r.From, at(1)} })
	warnings, err := l.Warnings(t.Context(), kpi.WarningSpec{AsOf: at(20), Recent: 3, Level: 0.05, Location: mean})
	require.NoError(t, err)
	var warned kpi.Warnings
	same("Warnings", warnings, &warned, func() []time.Time { return []time.Time{warned.AsOf, at(20)} })
	require.True(t, customers.AsOf.Equal(at(20)))
	row := customers.Rows[0]
	row.First, row.Last = row.First.In(mean), row.Last.In(mean)
	var u kpi.Customer
	same("Customer", row, &u, func() []time.Time { return []time.Time{u.First, row.First, u.Last, row.Last} })
	var e kpi.Event
	same("Event", kpi.Event{Customer: "Ann", Name: "order", At: at(3)}, &e, func() []time.Time { return []time.Time{e.At, at(3)} })
	var o kpi.Order
	same("Order", kpi.Order{At: at(3)}, &o, func() []time.Time { return []time.Time{o.At, at(3)} })
	var m kpi.Membership
	same("Membership", kpi.Membership{Customer: "Ann", From: at(3), To: at(4)}, &m, func() []time.Time { return []time.Time{m.From, at(3), m.To, at(4)} })
	var f kpi.FollowUp
	same("FollowUp", kpi.FollowUp{Deal: "d", Due: at(3), At: at(4)}, &f, func() []time.Time { return []time.Time{f.Due, at(3), f.At, at(4)} })
	deal := kpi.Deal{ID: "d", Created: at(3), Closed: at(5), State: kpi.DealWon, Changes: []kpi.StageChange{{Stage: "offer", At: at(4)}}}
	var d kpi.Deal
	same("Deal", deal, &d, func() []time.Time { return []time.Time{d.Created, at(3), d.Closed, at(5), d.Changes[0].At, at(4)} })
	sales, err := kpi.Deals{deal}.Pipeline(kpi.PipelineSpec{Stages: []string{"offer"}, AsOf: at(20), Created: cal.Of(at(3)), Location: mean})
	require.NoError(t, err)
	var w kpi.Pipeline
	same("Pipeline", sales, &w, func() []time.Time { return []time.Time{w.AsOf, at(20), w.Created.Start, cal.Of(at(3)).Start} })
	card, err := kpi.Deals{deal}.Scorecard(nil, nil, cal.Of(at(3)))
	require.NoError(t, err)
	var k kpi.Scorecard
	same("Scorecard", card, &k, func() []time.Time { return []time.Time{k.Period.Start, cal.Of(at(3)).Start} })
	var g kpi.Signal
	same("Signal", kpi.Signal{Name: "visit", At: at(3)}, &g, func() []time.Time { return []time.Time{g.At, at(3)} })
	var cart kpi.Cart
	same("Cart", kpi.Cart{Opened: at(3), Completed: at(4)}, &cart, func() []time.Time { return []time.Time{cart.Opened, at(3), cart.Completed, at(4)} })
	var touch kpi.Touch
	same("Touch", kpi.Touch{At: at(3), Channel: "ads"}, &touch, func() []time.Time { return []time.Time{touch.At, at(3)} })
	var e2 kpi.TicketEvent
	same("TicketEvent", kpi.TicketEvent{At: at(3), Action: kpi.TicketCreated}, &e2, func() []time.Time { return []time.Time{e2.At, at(3)} })
	ts := kpi.Tickets{{ID: "1", Customer: "Ann", Events: []kpi.TicketEvent{{At: at(3), Action: kpi.TicketCreated}}}}
	service := mustService(ts, kpi.TicketSpec{Calendar: cal, AsOf: at(20), Return: time.Hour})
	var v kpi.Service
	same("Service", service, &v, func() []time.Time {
		return []time.Time{v.AsOf, at(20), v.Rows[0].Period.Start, service.Rows[0].Period.Start}
	})
	var contract kpi.Contract
	same("Contract", kpi.Contract{ID: "c", Due: at(3), Renewed: at(4), Cancelled: at(5)}, &contract, func() []time.Time {
		return []time.Time{contract.Due, at(3), contract.Renewed, at(4), contract.Cancelled, at(5)}
	})
	running := kpi.Subscriptions{{Customer: "Ann", Start: at(3), End: at(5), Amount: decimal.NewFromInt(7), Months: 12}}
	var sub kpi.Subscription
	same("Subscription", running[0], &sub, func() []time.Time { return []time.Time{sub.Start, at(3), sub.End, at(5)} })
	moves, err := running.Movements(cal, at(20))
	require.NoError(t, err)
	var mrr kpi.MRRMovements
	same("MRRMovements", moves, &mrr, func() []time.Time {
		return []time.Time{mrr.AsOf, at(20), mrr.Rows[0].Period.Start, moves.Rows[0].Period.Start}
	})
	classes, err := customers.ABC(kpi.Period{Start: at(1), End: at(20)}, kpi.ABCSpec{Tenure: kpi.Whole(1), Location: mean})
	require.NoError(t, err)
	var b kpi.ABC
	same("ABC", classes, &b, func() []time.Time { return []time.Time{b.Period.Start, at(1), b.Period.End, at(20)} })
	contribution, err := customers.Contribution(kpi.Period{Start: at(1), End: at(20)})
	require.NoError(t, err)
	var n kpi.Contributions
	same("Contributions", contribution, &n, func() []time.Time { return []time.Time{n.Period.Start, at(1), n.Period.End, at(20)} })
	var p kpi.Period
	same("Period", kpi.Period{Start: at(3), End: at(4)}, &p, func() []time.Time { return []time.Time{p.Start, at(3), p.End, at(4)} })

	data, err := activity.MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, a.UnmarshalBinary(data))
	require.NoError(t, a.Merge(activity))
}

// The last hours of the year 9999 are the year 10000 further east, which JSON cannot say.
func TestInstantsPastTheLastYear(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("", 3600)
	late := time.Date(10000, time.January, 1, 0, 30, 0, 0, east)
	data, err := (&kpi.MRRMovements{AsOf: late}).MarshalBinary()
	require.NoError(t, err)
	var m kpi.MRRMovements
	require.NoError(t, m.UnmarshalBinary(data))
	require.True(t, m.AsOf.Equal(late))
	require.Contains(t, mustJSON(t, m), `"9999-12-31T23:30:00Z"`)
	require.Contains(t, mustJSON(t, kpi.Event{Customer: "Ann", Name: "order", At: late}), `"9999-12-31T23:30:00Z"`)

	last := late.Add(-time.Hour)
	data, err = (&kpi.MRRMovements{AsOf: last}).MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, m.UnmarshalBinary(data))
	require.Contains(t, mustJSON(t, m), `"9999-12-31T23:30:00+01:00"`)
	beyond := bytes.Replace(data, binary.AppendVarint(nil, last.Unix()), binary.AppendVarint(nil, late.Unix()), 1)
	require.NotEqual(t, data, beyond)
	require.Equal(t, kpi.CodeCorrupt, requireError(t, m.UnmarshalBinary(beyond), kpi.ErrInvalid).Code)
}
