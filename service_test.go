package kpi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Service]{
	name:   "Service",
	random: serviceShard,
	merge:  func(dst *kpi.Service, src kpi.Service) error { return dst.Merge(&src) },
	same: func(t *testing.T, want, got kpi.Service) {
		t.Helper()
		if !assert.ObjectsAreEqual(want, got) { // or but for the calendar
			require.Equal(t, mustJSON(t, &want), mustJSON(t, &got))
		}
	},
	bad: []kpi.Service{
		changedService(func(s *kpi.Service) { s.Unit = 9 }),
		changedService(func(s *kpi.Service) { s.WeekStart = -1 }),
		changedService(func(s *kpi.Service) { s.Topics = []string{"b", "a"} }),
		changedService(func(s *kpi.Service) { s.Topics = []string{"a", "b\xff"} }),
		changedService(func(s *kpi.Service) { s.Location = "\xff" }),
		changedService(func(s *kpi.Service) { s.Hours = "\xff" }),
		changedService(func(s *kpi.Service) { s.Return = -1 }),
		changedService(func(s *kpi.Service) { s.AsOf = time.Unix(1<<40, 0) }),
		changedService(func(s *kpi.Service) { s.AsOf = day(20) }),
		changedService(func(s *kpi.Service) { s.Rows = append(s.Rows[:1], s.Rows[2:]...) }),
		changedService(func(s *kpi.Service) { s.Rows[0].Complete = false }),
		changedService(func(s *kpi.Service) { s.Rows[0].Period.End = s.Rows[0].Period.Start }),
		changedService(func(s *kpi.Service) { s.Rows[0].Open++ }),
		changedService(func(s *kpi.Service) { s.Rows[0].Created = -1 }),
		changedService(func(s *kpi.Service) { s.Rows[0].Created++; s.Rows[0].Solved++ }),
		changedService(func(s *kpi.Service) { s.Rows[0].Created, s.Rows[0].Reopened = math.MaxInt64, math.MaxInt64 }),
		changedService(func(s *kpi.Service) { s.Rows[0].OneTouch = 99 }),
		changedService(func(s *kpi.Service) { s.Rows[0].Settled = 99 }),
		changedService(func(s *kpi.Service) { s.Rows[0].Undone, s.Rows[0].FirstContact = 2, 2 }),
		changedService(func(s *kpi.Service) { s.Rows[0].Unsettled = 99 }),
		changedService(func(s *kpi.Service) { s.Rows[0].Within.K = 99 }),
		changedService(func(s *kpi.Service) { s.Rows[0].Within.N = 99 }),
		changedService(func(s *kpi.Service) { s.Within = 0 }),
		changedService(func(s *kpi.Service) { s.FirstTarget = 0 }),
		changedService(func(s *kpi.Service) { s.Rows[0].FirstResponse.Running = 99 }),
		changedService(func(s *kpi.Service) { s.Rows[0].Resolution.Running++ }),
		changedService(func(s *kpi.Service) { s.Rows[0].FirstResponse.Times = []time.Duration{-1, 2} }),
		changedService(func(s *kpi.Service) { s.Rows[0].Resolution.Times[0] = time.Hour * 999 }),
		changedService(func(s *kpi.Service) { s.Rows[0].RequesterWait = nil }),
		changedService(func(s *kpi.Service) { s.Rows[0].FirstResponse.Begun.Met = 99 }),
		changedService(func(s *kpi.Service) {
			s.Rows[0].NextResponse.Due = kpi.ServiceTarget{Met: math.MaxInt64, Missed: 1}
		}),
	},
	clash: [][2]kpi.Service{
		{changedService(nil), changedService(func(s *kpi.Service) { s.Location = "Asia/Shanghai" })},
		{changedService(nil), changedService(func(s *kpi.Service) { s.WeekStart = kpi.WeekFromSunday })},
		{changedService(nil), changedService(func(s *kpi.Service) { s.FiscalStart = time.April })},
		{changedService(nil), changedService(func(s *kpi.Service) { s.Hours = "9-5" })},
		{changedService(nil), changedService(func(s *kpi.Service) { s.Topics = []string{"bill"} })},
		{changedService(nil), changedService(func(s *kpi.Service) { s.Return++ })},
		{changedService(nil), changedService(func(s *kpi.Service) { s.NextTarget++ })},
		{changedService(nil), *mustService(deskTickets(), shifted(func(s *kpi.TicketSpec) { s.AsOf = day(6) }))},
		{changedService(nil), *mustService(deskTickets(), shifted(func(s *kpi.TicketSpec) { s.Calendar.Location = time.FixedZone("", 3600) }))},
		{most, most},
	},
})

// most has as many next responses due as there can be.
var most = changedService(func(s *kpi.Service) { s.Rows[0].NextResponse.Due = kpi.ServiceTarget{Met: math.MaxInt64} })

func mustService(ts kpi.Tickets, s kpi.TicketSpec) *kpi.Service {
	a, err := ts.Service(s)
	if err != nil {
		panic(err)
	}
	return a
}

func shifted(change func(*kpi.TicketSpec)) kpi.TicketSpec {
	s := deskSpec()
	change(&s)
	return s
}

func changedService(change func(*kpi.Service)) kpi.Service {
	s := *mustService(deskTickets(), deskSpec())
	if change != nil {
		change(&s)
	}
	return s
}

func serviceShard(r *rand.Rand) kpi.Service {
	s := mustService(randomTickets(r, r.IntN(6), 3*1440), shifted(func(s *kpi.TicketSpec) { s.Calendar.Unit, s.Topics = kpi.Week, []string{"bill", ""} }))
	data, err := s.MarshalBinary()
	if err != nil {
		panic(err)
	}
	var back kpi.Service // without the calendar, so that copies compare at once
	if err := back.UnmarshalBinary(data); err != nil {
		panic(err)
	}
	return back
}

func TestServiceErrors(t *testing.T) {
	t.Parallel()
	s := mustService(deskTickets(), deskSpec())
	bare := mustService(deskTickets(), kpi.TicketSpec{AsOf: day(5), Return: 30 * 24 * time.Hour})
	bad := changedService(func(s *kpi.Service) { s.Rows[0].Settled = 99 })
	sla := func(s *kpi.Service, i int, target kpi.TicketTarget) func() error {
		return func() error { _, err := s.SLA(i, target); return err }
	}
	share := func(f func(int) (kpi.Proportion, error), i int) func() error {
		return func() error { _, err := f(i); return err }
	}
	times := func(f func(int) (*kpi.Durations, error), i int) func() error {
		return func() error { _, err := f(i); return err }
	}
	for _, tt := range []struct {
		name string
		ask  func() error
		code kpi.Code
		kind error
	}{
		{"no such row", times(s.FirstResponse, 9), kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"a negative row", times(s.AgentWait, -1), kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"no times", times(s.Resolution, 2), kpi.CodeNoData, kpi.ErrUndefined},
		{"impossible", times(bad.Resolution, 0), kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"no such target", sla(s, 0, 3), kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"no target", sla(bare, 0, kpi.FirstResponseTarget), kpi.CodeMissing, kpi.ErrInvalid},
		{"nothing due", sla(s, 2, kpi.ResolutionTarget), kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"no target by creation", func() error { _, err := bare.SLAByCreation(0, kpi.ResolutionTarget); return err }, kpi.CodeMissing, kpi.ErrInvalid},
		{"no row of a target", sla(s, 5, kpi.ResolutionTarget), kpi.CodeOutOfRange, kpi.ErrInvalid},
		{"nothing settled", share(bare.FirstContactRate, 0), kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"impossible shares", share(bad.ReopenRate, 0), kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"nothing solved", share(s.OneTouchRate, 2), kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"no Within", share(bare.CohortResolution, 0), kpi.CodeMissing, kpi.ErrInvalid},
		{"nothing created", func() error { _, err := s.ResolutionRate(2); return err }, kpi.CodeZeroDenominator, kpi.ErrUndefined},
		{"an impossible rate", func() error { _, err := bad.ResolutionRate(0); return err }, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"an impossible backlog", func() error { _, err := bad.Backlog(0); return err }, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
		{"Merge of nil", func() error { return s.Merge(nil) }, kpi.CodeEmpty, kpi.ErrInvalid},
		{"bytes of the impossible", func() error { _, err := bad.MarshalBinary(); return err }, kpi.CodePartExceedsWhole, kpi.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.code, requireError(t, tt.ask(), tt.kind).Code)
		})
	}
	require.Equal(t, int64(4), bare.Rows[0].Unsettled+bare.Rows[1].Unsettled, "within a month anything may be reopened: all but E")
	none := mustService(nil, deskSpec())
	require.Empty(t, none.Rows)
	require.NoError(t, s.Merge(none))
}

func FuzzServiceUnmarshalBinary(f *testing.F) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := mustService(randomTickets(r, 6, 2000), shifted(func(s *kpi.TicketSpec) {
			s.Calendar = kpi.Calendar{Unit: kpi.Unit(seed), Location: berlin, WeekStart: kpi.WeekFromSunday, FiscalStart: time.April}
			s.Topics = []string{"bill", ""}
		}))
		data, err := s.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s kpi.Service
		if err := s.UnmarshalBinary(data); err != nil {
			requireError(t, err, kpi.ErrInvalid)
			require.Empty(t, s)
			return
		}
		again, err := s.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		require.NotEmpty(t, s.String())
		text, err := json.Marshal(&s)
		require.NoError(t, err)
		var back kpi.Service
		require.NoError(t, json.Unmarshal(text, &back))
		require.NoError(t, new(kpi.Service).Merge(&back))
		for i := range min(len(s.Rows), 50) {
			_, err := s.FirstResponse(i)
			_, err2 := s.SLA(i, kpi.NextResponseTarget)
			_, err3 := s.ResolutionRate(i)
			for _, err := range []error{err, err2, err3} {
				var e *kpi.Error
				require.True(t, err == nil || assert.ErrorAs(t, err, &e))
			}
		}
	})
}

// FuzzTickets reads bytes as events of three tickets at few instants: an answer or an
// error, and the same in any order.
func FuzzTickets(f *testing.F) {
	f.Add([]byte{0, 1, 3, 2, 6, 8, 0x41, 1, 0x42, 8}, uint8(9))
	f.Add([]byte{0, 1, 1, 6, 1, 7, 1, 8, 1, 9, 1, 10}, uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, asOf uint8) {
		ts := make(kpi.Tickets, 3)
		for i := range ts {
			ts[i].ID, ts[i].Customer = strconv.Itoa(i), "Ann"
		}
		for i := 0; i+1 < len(data); i += 2 {
			who := &ts[int(data[i]>>6)%3]
			who.Events = append(who.Events, kpi.TicketEvent{At: minuteOf(int(data[i]&63) * 100), Action: kpi.TicketAction(1 + data[i+1]%10)})
		}
		spec := kpi.TicketSpec{
			AsOf: minuteOf(int(asOf) * 25), FirstResponse: 100 * time.Minute, NextResponse: 300 * time.Minute,
			Resolution: 500 * time.Minute, Within: 200 * time.Minute, Return: 400 * time.Minute,
		}
		s, err := ts.Service(spec)
		for i := range ts {
			slices.Reverse(ts[i].Events)
		}
		other, err2 := ts.Service(spec)
		require.Equal(t, err == nil, err2 == nil)
		if err != nil {
			require.Equal(t, kpi.CodeOrder, requireError(t, err, kpi.ErrInvalid).Code)
			return
		}
		require.Equal(t, mustJSON(t, s), mustJSON(t, other))
		require.NoError(t, new(kpi.Service).Merge(s))
		n, err := ts.Backlog(spec.AsOf)
		require.NoError(t, err)
		if len(s.Rows) > 0 {
			require.Equal(t, n, s.Rows[len(s.Rows)-1].Open)
		}
	})
}

// benchTickets are as many tickets of a year, of eight events each.
func benchTickets(n int) kpi.Tickets {
	r := rand.New(rand.NewPCG(5, 6))
	ts := make(kpi.Tickets, n)
	for i := range ts {
		at := day(1).Add(time.Duration(r.IntN(365*86400)) * time.Second)
		ts[i] = kpi.Ticket{ID: strconv.Itoa(i), Customer: strconv.Itoa(r.IntN(n / 3)), Topic: []string{"bill", "parcel", "login"}[r.IntN(3)]}
		for _, a := range []kpi.TicketAction{
			kpi.TicketCreated, kpi.TicketBotReply, kpi.TicketHumanReply, kpi.TicketPaused, kpi.TicketCustomerReply, kpi.TicketResumed, kpi.TicketHumanReply, kpi.TicketSolved,
		} {
			ts[i].Events = append(ts[i].Events, kpi.TicketEvent{At: at, Action: a})
			at = at.Add(time.Duration(1+r.IntN(6*3600)) * time.Second)
		}
		r.Shuffle(8, func(a, b int) { ts[i].Events[a], ts[i].Events[b] = ts[i].Events[b], ts[i].Events[a] })
	}
	return ts
}

// BenchmarkService: at most a microsecond an event of a hundred thousand tickets, in calendar
// time and in business time.
func BenchmarkService(b *testing.B) {
	shifts := []kpi.Shift{{From: 9 * time.Hour, To: 12 * time.Hour}, {From: 13 * time.Hour, To: 18 * time.Hour}}
	clock, err := kpi.NewClock(kpi.Schedule{Location: berlin, Week: [7][]kpi.Shift{nil, shifts, shifts, shifts, shifts, shifts, nil}, Special: []kpi.SpecialDays{{First: "2026-12-24", Last: "2026-12-26"}}})
	if err != nil {
		b.Fatal(err)
	}
	ts := benchTickets(100_000)
	for i, c := range []*kpi.Clock{nil, clock} {
		spec := deskSpec()
		spec.AsOf, spec.Clock, spec.Calendar = time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC), c, kpi.Calendar{Unit: kpi.Week, Location: berlin}
		perRow(b, []string{"calendar", "business"}[i], 8*len(ts), func() error {
			_, err := ts.Service(spec)
			return err
		})
	}
}
