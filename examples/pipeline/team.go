package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"

	"github.com/customerkpi/kpi"
)

// The team is in one city, whose clocks never change.
var (
	city = time.FixedZone("UTC+8", 8*60*60)
	from = time.Date(2025, 1, 1, 0, 0, 0, 0, city)  // the records begin with an empty desk
	asOf = time.Date(2025, 10, 1, 0, 0, 0, 0, city) // and are known up to here
)

var stages = []string{"qualified", "demo", "offer", "contract"}

// rep is one of the team. Nobody sees skill; the records show what came of it.
type rep struct {
	name      string
	load      int    // share of the deals
	skill     int    // per cent of the chances below
	diligence int    // per cent of planned follow-ups that get done
	phone     int    // per cent of follow-ups by phone
	joined    [2]int // month and day
}

var team = []rep{
	{"Chen", 18, 112, 94, 50, [2]int{1, 1}},
	{"Gao", 17, 104, 90, 35, [2]int{1, 1}},
	{"Li", 20, 100, 86, 45, [2]int{1, 1}},
	{"Sun", 15, 98, 93, 30, [2]int{1, 1}},
	{"Wang", 18, 88, 80, 40, [2]int{1, 1}},
	{"Zhao", 10, 92, 74, 25, [2]int{1, 1}},
	{"Zhou", 14, 110, 91, 45, [2]int{9, 1}}, // with hardly a deal closed yet
}

// Per cent of the answers in a stage that bring a deal further, and that end it.
var advance, refuse = []int{46, 50, 42, 62}, []int{20, 16, 20, 12}

// records is what a CRM would export.
type records struct {
	deals     kpi.Deals
	followUps kpi.FollowUps
	satisfied map[string]kpi.CSAT
}

// generator makes up records. Its decisions are whole numbers out of a seeded
// source, so that they are the same on every machine.
type generator struct {
	source *rand.PCG
	out    records
}

func (g *generator) below(n int) int      { return int(g.source.Uint64() % uint64(n)) } //nolint:gosec // small and positive
func (g *generator) percent(p int) bool   { return g.below(100) < p }
func (g *generator) between(a, b int) int { return a + g.below(b-a+1) }

// pick returns the place of one of weights, each as often as it is large.
func (g *generator) pick(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := g.below(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// generate makes up nine months of a team that grows.
func generate() records {
	g := &generator{source: rand.NewPCG(20250930, 6), out: records{satisfied: map[string]kpi.CSAT{}}}
	for day := from; day.Before(asOf); day = day.AddDate(0, 0, 1) {
		// More on Mondays, after a weekend's inquiries, and little on weekends.
		mean := []int{8, 62, 50, 46, 44, 38, 12}[day.Weekday()]
		months := int(day.Month() - from.Month())
		for range (mean*(12+months)/2 + g.below(100)) / 100 {
			g.deal(day)
		}
	}
	return g.out
}

// deal lives through one deal, created on a day.
func (g *generator) deal(day time.Time) {
	r := g.owner(day)
	d := kpi.Deal{
		ID: fmt.Sprintf("D%04d", len(g.out.deals)+1), Owner: r.name, Value: g.value(),
		Created: day.Add(time.Duration(g.between(9*60, 17*60+30)) * time.Minute),
	}
	if d.Created.Before(asOf) {
		g.work(&d, r)
		g.out.deals = append(g.out.deals, d)
	}
}

func (g *generator) owner(day time.Time) rep {
	var weights []int
	for _, r := range team {
		if joined := time.Date(day.Year(), time.Month(r.joined[0]), r.joined[1], 0, 0, 0, 0, city); day.Before(joined) {
			r.load = 0
		}
		weights = append(weights, r.load)
	}
	return team[g.pick(weights...)]
}

// value returns the worth of a deal: many small ones and a few large, in hundreds.
func (g *generator) value() decimal.Decimal {
	size := [][2]int{{40, 90}, {90, 200}, {200, 450}, {450, 900}, {900, 2400}}[g.pick(34, 30, 20, 11, 5)]
	return decimal.NewFromInt(int64(100 * g.between(size[0], size[1])))
}

// work follows a deal up until it is closed or the records end.
func (g *generator) work(d *kpi.Deal, r rep) {
	chance := r.skill
	if d.Value.GreaterThan(decimal.NewFromInt(45_000)) {
		chance = chance * 80 / 100 // large ones are harder
	}
	stage, silent := 0, 0
	due := g.workday(d.Created.AddDate(0, 0, g.between(0, 2)), d.Created)
	for due.Before(asOf.AddDate(0, 0, 14)) {
		f := kpi.FollowUp{Deal: d.ID, Rep: r.name, Due: due, Medium: g.medium(r)}
		if g.percent(r.diligence) {
			f.At = g.done(due)
		}
		if f.At.IsZero() || !f.At.Before(asOf) {
			f.At = time.Time{}
			g.out.followUps = append(g.out.followUps, f)
			due = g.workday(due.AddDate(0, 0, g.between(4, 9)), due)
			continue
		}
		closed := kpi.DealOpen
		if g.percent(g.answers(&f)) {
			silent, f.Outcome = 0, kpi.FollowUpAnswered
			switch {
			case g.percent(advance[stage] * chance / 100):
				f.Outcome = kpi.FollowUpMovedOn
				if stage++; stage == len(stages) {
					closed = kpi.DealWon
				} else {
					d.Changes = append(d.Changes, kpi.StageChange{Stage: stages[stage], At: f.At})
				}
			case g.percent(refuse[stage]):
				closed, d.Reason = kpi.DealLost, g.reason(stage)
			}
		} else if silent++; silent == 4 {
			closed, d.Reason = kpi.DealLost, "no response"
		}
		g.out.followUps = append(g.out.followUps, f)
		if closed != kpi.DealOpen {
			d.State, d.Closed = closed, f.At.Add(time.Duration(g.between(10, 50))*time.Minute)
			if d.State == kpi.DealWon {
				g.survey(r)
			}
			return
		}
		due = g.workday(f.At.AddDate(0, 0, g.between(3, 7)), f.At)
	}
}

// workday returns an hour of the working day of t, or of one soon after a weekend, and
// later than the earliest.
func (g *generator) workday(t, earliest time.Time) time.Time {
	if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, 2)
	}
	hour := []int{9, 10, 11, 13, 14, 15, 16, 17}[g.pick(14, 18, 13, 8, 14, 14, 11, 8)]
	t = time.Date(t.Year(), t.Month(), t.Day(), hour, 30*g.below(2), 0, 0, city)
	if !t.After(earliest) {
		return g.workday(t.AddDate(0, 0, 1), earliest)
	}
	return t
}

// done returns when a follow-up that is due gets done: within the hour, or days later.
func (g *generator) done(due time.Time) time.Time {
	if g.percent(85) {
		return due.Add(time.Duration(g.between(0, 29)) * time.Minute)
	}
	return g.workday(due.AddDate(0, 0, g.between(1, 3)), due)
}

func (g *generator) medium(r rep) string {
	if g.percent(r.phone) {
		return "phone"
	}
	return []string{"e-mail", "WeChat", "visit"}[g.pick(50, 38, 12)]
}

// answers returns the chance in per cent that a customer responds: it depends on the
// medium, a little on the late morning, and not on the weekday.
func (g *generator) answers(f *kpi.FollowUp) int {
	p := map[string]int{"phone": 55, "e-mail": 36, "WeChat": 50, "visit": 78}[f.Medium]
	if h := f.At.Hour(); h == 10 || h == 11 {
		p += 7
	}
	return p
}

func (g *generator) reason(stage int) string {
	if stage < 2 {
		return []string{"no need", "no budget", "competitor", "price"}[g.pick(45, 30, 15, 10)]
	}
	return []string{"price", "competitor", "no budget", "missing feature"}[g.pick(40, 30, 15, 15)]
}

// survey asks a new customer, of whom about half answer.
func (g *generator) survey(r rep) {
	if g.percent(45) {
		return
	}
	score := 5 - g.pick(40, 38, 14, 5, 3)
	if r.name == "Wang" && score > 3 && g.percent(30) {
		score-- // he promises too much
	}
	c := g.out.satisfied[r.name]
	if c.Add(score) == nil {
		g.out.satisfied[r.name] = c
	}
}
