package kpi

import "strconv"

// Target is a KPI and what it is to reach (KPI目标达成).
//
//	Higher  Attainment = Actual / Goal
//	Lower   Attainment = 2 − Actual / Goal            逆向指标
//	        InverseAttainment = Goal / Actual
//	both    FromBase(base) = (Actual − base) / (Goal − base)
//
// Whether it is met is always known. How far it is attained is a quotient, and needs
// a zero to count from: that of the scale, with a Goal above 0, or a baseline. The
// three differ: of a churn of 6 % against 5 %, after 8 %, Attainment says 80 %,
// InverseAttainment 83 %, FromBase 67 %. Attainment of Lower is linear, and below 0
// beyond twice the goal; the inverse never is, and has no end as Actual nears 0.
type Target struct {
	Name      string    `json:"name"`      // of the KPI, or of who is to reach it
	Actual    Ratio     `json:"actual"`    // where it is
	Goal      Ratio     `json:"goal"`      // where it is to be
	Direction Direction `json:"direction"` // Higher or Lower, whichever is better
}

func (t Target) valid(metric string) error {
	if t.Direction != Higher && t.Direction != Lower {
		return fail(metric, CodeMissing, "Direction = %v", t.Direction)
	}
	return nil
}

// Met reports whether Actual is at Goal or better. It returns an error if Direction
// is neither Higher nor Lower.
func (t Target) Met() (bool, error) {
	if err := t.valid("Target.Met"); err != nil {
		return false, err
	}
	return t.met(), nil
}

func (t Target) met() bool {
	c := t.Actual.Cmp(t.Goal)
	return c == 0 || (c > 0) == (t.Direction == Higher)
}

// Attainment returns how far the goal is attained (目标达成率): Actual/Goal if more is
// better, 2 − Actual/Goal if less is, 1 where it is just met. It returns an error if
// Direction is neither Higher nor Lower, or if Goal is 0 or less.
func (t Target) Attainment() (Ratio, error) {
	const metric = "Target.Attainment"
	if err := t.valid(metric); err != nil {
		return Ratio{}, err
	}
	return t.attainment(metric)
}

func (t Target) attainment(metric string) (Ratio, error) {
	if t.Goal.Sign() <= 0 {
		return Ratio{}, fail(metric, CodeNotPositive, "Goal = %s", clip(t.Goal.String()))
	}
	r, err := t.Actual.Over(t.Goal)
	if err != nil {
		return Ratio{}, under(err, metric)
	}
	if t.Direction == Lower {
		r = Whole(2).Sub(r)
	}
	return r, nil
}

// InverseAttainment returns Goal/Actual, the other attainment of a KPI of which less
// is better. It returns an error if Direction is not Lower, or if Goal or Actual is 0
// or less.
func (t Target) InverseAttainment() (Ratio, error) {
	const metric = "Target.InverseAttainment"
	if t.Direction != Lower {
		return Ratio{}, fail(metric, CodeMismatch, "Direction = %v", t.Direction)
	}
	if t.Goal.Sign() <= 0 || t.Actual.Sign() <= 0 {
		return Ratio{}, fail(metric, CodeNotPositive, "Goal = %s, Actual = %s", clip(t.Goal.String()), clip(t.Actual.String()))
	}
	r, err := t.Goal.Over(t.Actual)
	return r, under(err, metric)
}

// FromBase returns the part of the way from base to Goal that is done, in either
// direction: 0 at base, 1 at Goal, negative if it went the other way. Goal may be 0
// or less. It returns an error if Direction is neither Higher nor Lower, if base is
// better than Goal, or if they are equal.
func (t Target) FromBase(base Ratio) (Ratio, error) { return t.fromBase("Target.FromBase", base) }

func (t Target) fromBase(metric string, base Ratio) (Ratio, error) {
	if err := t.valid(metric); err != nil {
		return Ratio{}, err
	}
	way := t.Goal.Sub(base)
	switch {
	case way.IsZero():
		return Ratio{}, fail(metric, CodeZeroDenominator, "Goal = base = %s", clip(base.String()))
	case (way.Sign() > 0) != (t.Direction == Higher):
		return Ratio{}, fail(metric, CodeMismatch, "Direction = %v, Goal = %s, base = %s", t.Direction, clip(t.Goal.String()), clip(base.String()))
	}
	r, err := t.Actual.Sub(base).Over(way)
	return r, under(err, metric)
}

// Pace returns FromBase(base) by the share of the days that are gone (时间进度): 1 on
// schedule, above it ahead. The base is where the period began, 0 for what is counted
// up from nothing, such as its sales. Days are those of the calendar, or working days
// where only those bring anything. It returns an error as FromBase does, or if gone
// is impossible or 0: on the first morning nobody is late.
func (t Target) Pace(base Ratio, gone Proportion) (Ratio, error) {
	const metric = "Target.Pace"
	if err := gone.valid(metric); err != nil {
		return Ratio{}, err
	}
	done, err := t.fromBase(metric, base)
	if err != nil {
		return Ratio{}, err
	}
	if gone.K == 0 {
		return Ratio{}, fail(metric, CodeZeroDenominator, "gone = %v", gone)
	}
	return done.Mul(quotient(gone.N, gone.K)), nil
}

// Targets are those of a team (团队绩效), or all of one person or shop.
type Targets []Target

// Met returns how many of the targets are met (目标达成数). It returns an error if one
// has no Direction, naming it, or if there are none.
func (ts Targets) Met() (Proportion, error) {
	const metric = "Targets.Met"
	p := Proportion{N: int64(len(ts))}
	for i, t := range ts {
		if err := t.valid(metric); err != nil {
			return Proportion{}, at(err, metric, i)
		}
		if t.met() {
			p.K++
		}
	}
	return p, p.check(metric)
}

func (ts Targets) table() *table {
	t := &table{head: []string{"target", "actual", "goal", "attainment", "met"}, text: 1}
	met := int64(0)
	for _, x := range ts {
		attained, tick := Undefined, Undefined
		if x.valid("") == nil {
			tick = "✗"
			if x.met() {
				tick = "✓"
				met++
			}
			if r, err := x.attainment(""); err == nil {
				attained = r.Percent(1)
			}
		}
		t.add(x.Name, x.Actual.fixed(2), x.Goal.fixed(2), attained, tick)
	}
	t.add("all", "", "", "", strconv.FormatInt(met, 10)+"/"+strconv.Itoa(len(ts)))
	return t
}

// String returns a line for each target, in the order given, with its attainment
// where that has a value.
func (ts Targets) String() string { return ts.table().String() }

// Markdown is String as a Markdown table.
func (ts Targets) Markdown() string { return ts.table().markdown() }

// Change is a figure at two times: a month and the one before (环比), or the same of
// the year before (同比).
//
//	Points   = After − Before
//	Relative = (After − Before) / Before           Before > 0
//	Midpoint = 2(After − Before) / (|Before| + |After|)
//
// Points and per cent are not one number: from 4 % to 5 % is a point, and a quarter.
type Change struct {
	Before Ratio `json:"before"`
	After  Ratio `json:"after"`
}

// Points returns After − Before, in the unit of the figure: of two shares a
// hundredth is a percentage point (百分点).
func (c Change) Points() Ratio { return c.After.Sub(c.Before) }

// Relative returns (After − Before)/Before, for which the per cent is meant (增长率).
// From a loss or from nothing there is none: divided by |Before| a loss that halves
// would read as growth of 50 %, and one that turns into any profit as any growth. It
// returns an error if Before is 0 or less.
func (c Change) Relative() (Ratio, error) {
	const metric = "Change.Relative"
	if c.Before.Sign() <= 0 {
		return Ratio{}, fail(metric, CodeNotPositive, "Before = %s", clip(c.Before.String()))
	}
	r, err := c.Points().Over(c.Before)
	return r, under(err, metric)
}

// Midpoint returns 2(After − Before)/(|Before| + |After|), −2 … 2: a change there and
// back is 0 in all, and it has a value from 0 on. It returns an error if both are 0.
func (c Change) Midpoint() (Ratio, error) {
	const metric = "Change.Midpoint"
	r, err := c.Points().Mul(Whole(2)).Over(c.Before.abs().Add(c.After.abs()))
	return r, under(err, metric)
}

func (x Ratio) abs() Ratio {
	if x.Sign() < 0 {
		return x.Neg()
	}
	return x
}

var targetCatalog = []Entry{
	{
		Key: "target.met", English: []string{"target met"}, Chinese: []string{"目标是否达成", "KPI目标达成"},
		Formula: "Actual ≥ Goal, or ≤ where less is better", Unit: "yes or no", Direction: Higher, Type: "Target", Method: "Met",
	},
	{
		Key: "target.attainment", English: []string{"target attainment", "achievement rate"},
		Chinese: []string{"目标达成率", "KPI达成率", "目标完成率"}, Formula: "Actual / Goal; 2 − Actual / Goal where less is better",
		Unit: "ratio", Direction: Higher, Type: "Target", Method: "Attainment",
	},
	{
		Key: "target.inverse", English: []string{"inverse target attainment"},
		Chinese: []string{"逆向指标达成率"}, Formula: "Goal / Actual",
		Unit: "ratio", Direction: Higher, Type: "Target", Method: "InverseAttainment",
	},
	{
		Key: "target.from_base", English: []string{"progress from a baseline to the target"},
		Chinese: []string{"相对基线达成率", "基线改善率"}, Formula: "(Actual − base) / (Goal − base)",
		Unit: "ratio", Direction: Higher, Type: "Target", Method: "FromBase",
	},
	{
		Key: "target.pace", English: []string{"pace", "progress against time gone"},
		Chinese: []string{"时间进度", "进度达成率", "序时进度"}, Formula: "FromBase(base) / (days gone / days)",
		Unit: "ratio", Direction: Higher, Type: "Target", Method: "Pace",
	},
	{
		Key: "target.team", English: []string{"targets met by a team", "team performance"},
		Chinese: []string{"团队绩效", "目标达成数", "达标率"}, Formula: "targets met / targets",
		Unit: "share", Direction: Higher, Type: "Targets", Method: "Met",
	},
	{
		Key: "change.points", English: []string{"change", "change in points"},
		Chinese: []string{"变化量", "增减额", "百分点变化"}, Formula: "After − Before",
		Unit: "points", Direction: Neither, Type: "Change", Method: "Points",
	},
	{
		Key: "change.relative", English: []string{"relative change", "growth rate"},
		Chinese: []string{"变化率", "增长率", "增长幅度"}, Formula: "(After − Before) / Before",
		Unit: "ratio", Direction: Neither, Type: "Change", Method: "Relative",
	},
	{
		Key: "change.midpoint", English: []string{"midpoint change", "arc change"},
		Chinese: []string{"中点变化率", "中点法变化率"}, Formula: "2(After − Before) / (|Before| + |After|)",
		Unit: "ratio", Direction: Neither, Type: "Change", Method: "Midpoint",
	},
}
