package kpi_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// naive answers a CohortSpec about rows by going through every customer for
// every cell, and counts in civil dates: it knows no instants at which periods
// begin.
type naive struct {
	spec kpi.CohortSpec
	rows []kpi.Event
	by   int // position among the properties, or −1
}

func (n naive) date(t time.Time) int {
	loc := n.spec.Calendar.Location
	if loc == nil {
		loc = time.UTC
	}
	y, m, d := t.In(loc).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86_400)
}

func civil(date int) (int, int, int) {
	y, m, d := time.Unix(int64(date)*86_400, 0).UTC().Date()
	return y, int(m), d
}

// unit numbers the periods.
func (n naive) unit(date int) int {
	y, m, _ := civil(date)
	months := 12*y + m - max(int(n.spec.Calendar.FiscalStart), 1)
	switch n.spec.Calendar.Unit {
	case kpi.Day:
		return date
	case kpi.Week:
		return (date + 3 - int(n.spec.Calendar.WeekStart)) / 7
	case kpi.Month:
		return 12*y + m
	case kpi.Quarter:
		return months / 3
	default:
		return months / 12
	}
}

// plus returns the date some units later, for ages by customer.
func (n naive) plus(date, units int) int {
	months := 0
	switch n.spec.Calendar.Unit {
	case kpi.Day:
		return date + units
	case kpi.Week:
		return date + 7*units
	case kpi.Month:
		months = units
	case kpi.Quarter:
		months = 3 * units
	default:
		months = 12 * units
	}
	y, m, d := civil(date)
	for {
		t := time.Date(y, time.Month(m+months), d, 0, 0, 0, 0, time.UTC)
		if (int(t.Month())-m-months)%12 == 0 {
			return int(t.Unix() / 86_400)
		}
		d-- // the month is too short
	}
}

func (n naive) age(birth, date int) int {
	if n.spec.Ages == kpi.AgesByPeriod {
		return n.unit(date) - n.unit(birth)
	}
	age := 0
	for n.plus(birth, age+1) <= date {
		age++
	}
	return age
}

func among(names []string, name string) bool { return len(names) == 0 || slices.Contains(names, name) }

type life struct {
	naiveKey
	born kpi.Event
	rows []kpi.Event // of the customer, since birth and before AsOf
}

type naiveKey struct {
	unit  int
	seen  bool
	value string
}

func (k naiveKey) compare(o naiveKey) int {
	if k.unit == o.unit && k.seen != o.seen {
		if k.seen {
			return -1
		}
		return 1
	}
	return cmp.Or(k.unit-o.unit, cmp.Compare(k.value, o.value))
}

// refunds reports whether an event that counts has a negative amount.
func (n naive) refunds() bool {
	return slices.ContainsFunc(n.rows, func(e kpi.Event) bool {
		return e.At.Before(n.spec.AsOf) && e.Amount.IsNegative() && (among(n.spec.Birth, e.Name) || among(n.spec.Return, e.Name))
	})
}

func (n naive) lives() []life {
	var out []life
	customers := map[string][]kpi.Event{}
	for _, e := range n.rows {
		if e.At.Before(n.spec.AsOf) {
			customers[e.Customer] = append(customers[e.Customer], e)
		}
	}
	for _, rows := range customers {
		births := map[int]kpi.Event{}
		for _, e := range rows {
			if !among(n.spec.Birth, e.Name) || e.Amount.IsNegative() {
				continue
			}
			unit := 0 // one birth in a lifetime
			if n.spec.Recurring {
				unit = n.unit(n.date(e.At))
			}
			first, ok := births[unit]
			if !ok || cmp.Or(e.At.Compare(first.At), cmp.Compare(e.Name, first.Name),
				slices.Compare(e.Props, first.Props), e.Amount.Cmp(first.Amount)) < 0 {
				births[unit] = e
			}
		}
		for _, b := range births {
			l := life{naiveKey: naiveKey{unit: n.unit(n.date(b.At)), seen: b.At.Before(n.spec.Since)}, born: b}
			if n.by >= 0 {
				l.value = b.Props[n.by]
			}
			for _, e := range rows {
				if e.Amount.IsNegative() && n.spec.Refunds == kpi.RefundsIgnored {
					continue
				}
				if !e.At.Before(b.At) && among(n.spec.Return, e.Name) {
					l.rows = append(l.rows, e)
				}
			}
			out = append(out, l)
		}
	}
	return out
}

// answer returns a line for each row and cell.
func (n naive) answer() string {
	lives := map[naiveKey][]life{}
	var keys []naiveKey
	first := math.MaxInt
	for _, l := range n.lives() {
		lives[l.naiveKey] = append(lives[l.naiveKey], l)
		first = min(first, l.unit)
	}
	last := n.unit(n.date(n.spec.AsOf.Add(-1)))
	if n.by < 0 {
		for u := first; u <= last; u++ {
			if n.unit(n.date(n.spec.Since.Add(-1))) >= u {
				keys = append(keys, naiveKey{unit: u, seen: true})
			}
			if n.unit(n.date(n.spec.Since)) <= u {
				keys = append(keys, naiveKey{unit: u})
			}
		}
	} else {
		for k := range lives {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, naiveKey.compare)
	}
	h := n.spec.Horizon
	today := n.date(n.spec.AsOf)
	var out strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&out, "%d %t %q %d\n", key.unit, key.seen, key.value, len(lives[key]))
		for k := 0; n.spec.Periods == 0 || k < n.spec.Periods; k++ {
			var cell kpi.CohortCell
			if n.spec.Ages == kpi.AgesByPeriod {
				if key.unit+k > last {
					break
				}
				cell.Complete = n.unit(today) > key.unit+k+h
			} else if len(lives[key]) > 0 {
				last := n.date(lives[key][0].born.At)
				for n.unit(last+1) == key.unit {
					last++
				}
				cell.Complete = n.plus(last, k+1+h) <= today
			}
			if n.spec.Rolling && h == 0 {
				cell.Complete = false
			}
			for _, l := range lives[key] {
				birth := n.date(l.born.At)
				if n.spec.Ages == kpi.AgesByCustomer && n.plus(birth, k+1+h) > today {
					continue
				}
				cell.Base++
				active := false
				for _, e := range l.rows {
					age := n.age(birth, n.date(e.At))
					switch {
					case e.Amount.IsNegative(): // a refund is money alone
					case !n.spec.Rolling:
						active = active || age == k
					case h > 0:
						active = active || age >= k && age <= k+h
					default:
						active = active || age >= k
					}
					if n.spec.CountsOnly {
						continue
					}
					if age == k {
						cell.Amount = cell.Amount.Add(e.Amount)
					}
					if age <= k {
						cell.Total = cell.Total.Add(e.Amount)
					}
				}
				if active {
					cell.Active++
				}
			}
			if n.spec.Ages == kpi.AgesByCustomer && cell.Base == 0 {
				break
			}
			out.WriteString(cellLine(k, cell))
		}
	}
	return out.String()
}

func cellLine(k int, c kpi.CohortCell) string {
	return fmt.Sprintf("  %d: %d/%d %s %s %t\n", k, c.Active, c.Base, c.Amount, c.Total, c.Complete)
}

// lines writes an answer as naive does.
func (n naive) lines(c *kpi.Cohorts) string {
	var out strings.Builder
	for _, r := range c.Rows {
		fmt.Fprintf(&out, "%d %t %q %d\n", n.unit(n.date(r.Period.Start)), r.FirstSeen, r.Value, r.Size)
		for k, cell := range r.Cells {
			out.WriteString(cellLine(k, cell))
		}
	}
	return out.String()
}

// randomEvents returns rows of few customers, many of them at one instant or at
// the edge of a day, over a span of days from the first.
func randomEvents(r *rand.Rand, loc *time.Location, first time.Time, days int) []kpi.Event {
	var out []kpi.Event
	hours := []time.Duration{0, 1, 5 * time.Hour, 12 * time.Hour, 23*time.Hour + 30*time.Minute, 24*time.Hour - 1}
	for range 1 + r.IntN(60) {
		y, m, d := first.Date()
		midnight := time.Date(y, m, d+r.IntN(days), 0, 0, 0, 0, loc)
		out = append(out, kpi.Event{
			Customer: []string{"Ann", "Bob", "Cid", "Dee", "Eve"}[r.IntN(5)],
			Name:     []string{"sign-up", "order", "visit"}[r.IntN(3)],
			At:       midnight.Add(hours[r.IntN(len(hours))]),
			Amount:   decimal.New(r.Int64N(2000)-400, -int32(r.IntN(3))),
			Props:    []string{[]string{"", "ads", "web"}[r.IntN(3)], []string{"北京", "Zürich"}[r.IntN(2)]},
		})
	}
	return out
}

// withProps returns a log of events that carry two properties.
func withProps(t testing.TB, events []kpi.Event) *kpi.Log {
	t.Helper()
	var l kpi.Log
	require.NoError(t, l.SetProps("channel", "city"))
	for _, e := range events {
		require.NoError(t, l.Add(e))
	}
	return &l
}

// randomSpec returns a question, with the number of days that its units want.
func randomSpec(r *rand.Rand, unit kpi.Unit, loc *time.Location) (kpi.CohortSpec, int) {
	s := kpi.CohortSpec{
		Calendar: kpi.Calendar{
			Unit: unit, Location: loc, WeekStart: kpi.WeekStart(r.IntN(7)), FiscalStart: time.Month(r.IntN(13)),
		},
		Ages: kpi.Ages(r.IntN(2)), Recurring: r.IntN(2) == 0, Rolling: r.IntN(2) == 0, Periods: r.IntN(3) * 2,
		By: []string{"", "", "channel", "city"}[r.IntN(4)], Refunds: kpi.Refunds(r.IntN(3)), CountsOnly: r.IntN(2) == 0,
	}
	if s.Rolling {
		s.Horizon = r.IntN(3)
	}
	names := [][]string{nil, {"sign-up"}, {"order", "visit"}, {"nobody does this"}, {"order", "nor this"}}
	s.Birth, s.Return = names[r.IntN(len(names))], names[r.IntN(len(names))]
	return s, []int{20, 70, 200, 500, 1500}[unit]
}

func TestCohortsAgainstNaive(t *testing.T) {
	t.Parallel()
	calendars := []struct {
		zone  string
		first time.Time
	}{
		{"UTC", time.Date(2019, 12, 20, 0, 0, 0, 0, time.UTC)},                // 29 February 2020 ahead
		{"America/Sao_Paulo", time.Date(2018, 10, 28, 0, 0, 0, 0, time.UTC)},  // no midnight on 2018-11-04
		{"Europe/Berlin", time.Date(2024, 3, 20, 0, 0, 0, 0, time.UTC)},       // 23 hours on 2024-03-31
		{"Pacific/Kiritimati", time.Date(2023, 12, 25, 0, 0, 0, 0, time.UTC)}, // UTC+14
		{"America/New_York", time.Date(2024, 10, 25, 0, 0, 0, 0, time.UTC)},   // 25 hours on 2024-11-03
	}
	for _, cal := range calendars {
		for unit := kpi.Day; unit <= kpi.Year; unit++ {
			t.Run(cal.zone+" "+unit.String(), func(t *testing.T) {
				t.Parallel()
				loc := loadZone(cal.zone)
				r := rand.New(rand.NewPCG(uint64(unit), uint64(len(cal.zone))))
				for range 120 {
					s, days := randomSpec(r, unit, loc)
					events := randomEvents(r, loc, cal.first, days)
					// Mid-period, the end of a day, or the instant of an event.
					s.AsOf = cal.first.Add(time.Duration(r.IntN(2*days)) * 12 * time.Hour)
					switch r.IntN(3) {
					case 0:
						s.AsOf = kpi.Calendar{Unit: unit, Location: loc}.Of(s.AsOf).Start
					case 1:
						s.AsOf = events[r.IntN(len(events))].At
					}
					// Never, or likewise anywhere.
					switch r.IntN(4) {
					case 0:
						s.Since = cal.first.Add(time.Duration(r.IntN(2*days)) * 12 * time.Hour)
					case 1:
						s.Since = kpi.Calendar{Unit: unit, Location: loc}.Of(events[r.IntN(len(events))].At).Start
					case 2:
						s.Since = events[r.IntN(len(events))].At
					}
					n := naive{spec: s, rows: events, by: slices.Index([]string{"channel", "city"}, s.By)}
					l := withProps(t, events)
					if s.Refunds == kpi.RefundsRefused && n.refunds() {
						_, err := l.Cohorts(context.Background(), s)
						e := requireError(t, err, kpi.ErrInvalid)
						require.Equal(t, kpi.CodeNegative, e.Code)
						require.True(t, events[e.Index].Amount.IsNegative())
						s.Refunds = kpi.Refunds(1 + r.IntN(2))
						n.spec = s
					}
					c := ask(t, l, s)
					require.Equal(t, n.answer(), n.lines(c), "%+v", s)
					requireCohortLaws(t, r, l, events, s, c)
				}
			})
		}
	}
}

// requireCohortLaws holds an answer to the laws of every question.
func requireCohortLaws(t *testing.T, r *rand.Rand, l *kpi.Log, events []kpi.Event, s kpi.CohortSpec, c *kpi.Cohorts) {
	t.Helper()
	want := cohortsJSON(t, c)

	// No answer depends on the order of the rows, or on how logs were joined.
	shuffled := slices.Clone(events)
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	cut := r.IntN(len(events) + 1)
	joined := withProps(t, shuffled[:cut])
	require.NoError(t, joined.Merge(withProps(t, shuffled[cut:])))
	require.Equal(t, want, cohortsJSON(t, ask(t, joined, s)))

	// Shards by customer, merged as answers; a shard may lack events and births.
	shards := make([][]kpi.Event, 3)
	for _, e := range shuffled {
		i := int(e.Customer[0]) % len(shards)
		shards[i] = append(shards[i], e)
	}
	var merged kpi.Cohorts
	for _, i := range r.Perm(len(shards)) {
		o := ask(t, withProps(t, shards[i]), s)
		kept := cohortsJSON(t, o)
		data, err := o.MarshalBinary()
		require.NoError(t, err)
		var back kpi.Cohorts
		require.NoError(t, back.UnmarshalBinary(data))
		require.NoError(t, merged.Merge(&back))
		require.NoError(t, new(kpi.Cohorts).Merge(o))
		require.Equal(t, kept, cohortsJSON(t, o))
	}
	require.Len(t, merged.Rows, len(c.Rows))
	for i := range c.Rows {
		require.True(t, sameRow(c.Rows[i], merged.Rows[i]))
		require.Equal(t, c.Rows[i].Size, merged.Rows[i].Size)
		for k, cell := range c.Rows[i].Cells {
			require.Equal(t, cellLine(k, cell), cellLine(k, merged.Rows[i].Cells[k]))
		}
	}

	// AsOf is exclusive.
	var born int64
	for _, row := range c.Rows {
		born += row.Size
	}
	late := kpi.Event{Customer: "Ann", Name: "order", At: s.AsOf, Amount: dec("7"), Props: []string{"late", "late"}}
	require.NoError(t, l.Add(late))
	late.Customer, late.Name = "Zoe", "sign-up"
	require.NoError(t, l.Add(late))
	require.Equal(t, want, cohortsJSON(t, ask(t, l, s)))

	// Raising AsOf changes no complete cell.
	later := s
	later.AsOf = s.AsOf.Add(time.Duration(r.IntN(100*24)) * time.Hour)
	if s.Refunds == kpi.RefundsRefused {
		later.Refunds = kpi.RefundsNetted // none before s.AsOf, but perhaps later
	}
	d := ask(t, l, later)
	for i, j := 0, 0; i < len(c.Rows); j++ {
		if !sameRow(d.Rows[j], c.Rows[i]) {
			continue // with By, a late birth may add a row
		}
		for k, cell := range c.Rows[i].Cells {
			if cell.Complete {
				require.Equal(t, cellLine(k, cell), cellLine(k, d.Rows[j].Cells[k]))
			}
		}
		i++
	}

	// Rolling rows without a horizon do not increase.
	for _, row := range c.Rows {
		for k := 1; c.Provisional() && s.Ages == kpi.AgesByPeriod && k < len(row.Cells); k++ {
			require.LessOrEqual(t, row.Cells[k].Active, row.Cells[k-1].Active)
		}
	}
	if !s.Recurring && len(s.Birth) == 0 {
		customers := map[string]bool{}
		for _, e := range events {
			if e.At.Before(s.AsOf) && !e.Amount.IsNegative() {
				customers[e.Customer] = true
			}
		}
		require.Equal(t, int64(len(customers)), born, "everybody is born once, but by no refund")
	}
}

func sameRow(a, b kpi.Cohort) bool {
	return a.Period.Equal(b.Period) && a.FirstSeen == b.FirstSeen && a.Value == b.Value
}
