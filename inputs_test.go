package kpi_test

import (
	"context"
	"fmt"
	"go/ast"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// snapshot writes out all that v holds, behind pointers, in unexported fields and
// between the length and the capacity of slices, where an append would write.
func snapshot(v any) string {
	if l, ok := v.(*kpi.Log); ok { // which caches what it was asked
		b, err := l.MarshalBinary()
		return fmt.Sprintf("%x %v", b, err)
	}
	var b strings.Builder
	var write func(v reflect.Value)
	write = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			b.WriteString("&")
			if v.Type() != reflect.TypeFor[*time.Location]() && !v.IsNil() {
				write(v.Elem())
			}
		case reflect.Slice, reflect.Array:
			fmt.Fprintf(&b, "%d[", v.Len())
			if v.Kind() == reflect.Slice {
				v = v.Slice(0, v.Cap())
			}
			for i := range v.Len() {
				write(v.Index(i))
			}
			b.WriteString("]")
		case reflect.Struct:
			b.WriteString("{")
			for i := range v.NumField() {
				write(v.Field(i))
			}
			b.WriteString("}")
		default:
			fmt.Fprintf(&b, "%v ", v)
		}
	}
	write(reflect.ValueOf(v))
	return b.String()
}

// room returns s with a spare element that an append would overwrite.
func room[T any](s ...T) []T { return append(s, s[0])[:len(s)] }

// called calls f, which must succeed, and requires that no argument from the one
// numbered from on was changed.
func called(t *testing.T, name string, from int, f any, args ...any) {
	t.Helper()
	in := make([]reflect.Value, len(args))
	var before []string
	for i, arg := range args {
		in[i] = reflect.ValueOf(arg)
		before = append(before, snapshot(arg))
	}
	out := reflect.ValueOf(f).Call(in)
	if n := len(out); n > 0 {
		if err, ok := reflect.TypeAssert[error](out[n-1]); ok {
			require.NoError(t, err, name)
		}
	}
	for i := from; i < len(args); i++ {
		require.Equal(t, before[i], snapshot(args[i]), "%s changes argument %d", name, i)
	}
}

// No function changes what it is given, and no method but those that say so its
// receiver: a slice is not sorted in place, and a copy does not share what grows.
func TestInputsAreNotChanged(t *testing.T) {
	t.Parallel()
	p := func(k, n int64) kpi.Proportion { return kpi.Proportion{K: k, N: n} }
	lives := room(lifetimes([]float64{9, 3, 8, 5, 5, 2}, []int{1, 0, 1, 1, 0, 1})...)
	curve, other := survival(t, lives), survival(t, lifetimes([]float64{4, 1, 7, 6}, []int{1, 1, 1, 0}))
	amounts := room(dec("3.5"), dec("1"), dec("123456789012345678901.5"), dec("2.25"), dec("4.75"), dec("7"))
	shares := room(p(9, 10), p(1, 10), p(40, 50), p(3, 20), p(7, 30))
	rates := room(kpi.Percent(80), kpi.Percent(70), kpi.Percent(90))
	minor, weights, instants := room[int64](7, 3, 5), room[int64](5, 1, 2, 9, 4), room[int64](4, 1, 3, 2, 5)

	fitted := room(simulated(2, 300, false)...)

	functions := map[string]struct {
		f    any
		args []any
	}{
		"Holm":              {kpi.Holm, []any{room(0.04, 0.01, 0.03)}},
		"BenjaminiHochberg": {kpi.BenjaminiHochberg, []any{room(0.04, 0.01, 0.03)}},
		"DailyChurn":        {kpi.DailyChurn, []any{room(kpi.Churn{Start: 9, Lost: 2}, kpi.Churn{Start: 7, Lost: 1})}},
		"LogRank":           {kpi.LogRank, []any{room(curve, other)}},
		"StratifiedLogRank": {kpi.StratifiedLogRank, []any{room(room(curve, other), room(other, curve))}},
		"MeanOf":            {kpi.MeanOf, []any{amounts}},
		"RateMix":           {kpi.RateMix, []any{room(kpi.MixGroup{Before: p(10, 50), After: p(20, 80)}, kpi.MixGroup{Before: p(30, 50), After: p(13, 20)})}},
		"Shrink":            {kpi.Shrink, []any{shares}},
		"Standardise":       {kpi.Standardise, []any{shares, weights}},
		"Rank":              {kpi.Rank, []any{room(kpi.Whole(3), kpi.Whole(9), kpi.Whole(3)), room(true, false, false)}},
		"Quantile":          {kpi.Quantile, []any{amounts, kpi.Percent(30), kpi.Type7}},
		"PercentShares":     {kpi.PercentShares, []any{amounts, int32(1)}},
		"ConcentrationOf":   {kpi.ConcentrationOf, []any{amounts}},
		"NewRFMRules":       {kpi.NewRFMRules, []any{2, room(kpi.RFMRule{Name: "b", Recency: [2]int{2, 2}}, kpi.RFMRule{Name: "a"})}},
		"ShareTrend":        {kpi.ShareTrend, []any{shares, instants, 0.95}},
		"WeightedTrend":     {kpi.WeightedTrend, []any{room(kpi.TrendPoint{At: 3, Value: 5, SE: 1}, kpi.TrendPoint{At: 1, Value: 2, SE: 2}, kpi.TrendPoint{At: 2, Value: 2, SE: 1}), 0.95}},
		"FitBGNBD":          {kpi.FitBGNBD, []any{fitted, &kpi.FitSettings{}}},
		"FitMBGNBD":         {kpi.FitMBGNBD, []any{fitted, &kpi.FitSettings{}}},
		"FitParetoNBD":      {kpi.FitParetoNBD, []any{fitted, &kpi.FitSettings{}}},
		"FitGammaGamma":     {kpi.FitGammaGamma, []any{fitted, &kpi.FitSettings{}}},
		"NPSTrend":          {kpi.NPSTrend, []any{room(kpi.NPS{Promoters: 5, Detractors: 3}, kpi.NPS{Promoters: 7, Passives: 3}, kpi.NPS{Passives: 4, Detractors: 2}), room[int64](3, 1, 2), 0.95}},
		"SurvivalOf":        {kpi.SurvivalOf, []any{room[int64](9, 7, 6, 6, 2)}},
		"FitSBG":            {kpi.FitSBG, []any{survivorsOf(t, regular), kpi.Year, &kpi.FitSettings{}}},
		"FitBdW":            {kpi.FitBdW, []any{survivorsOf(t, highEnd), kpi.Year, &kpi.FitSettings{}}},
		"FitBGBB": {kpi.FitBGBB, []any{room(kpi.Occasions{Bought: 4, Last: 5, N: 6}, kpi.Occasions{Bought: 2, Last: 2, N: 6},
			kpi.Occasions{Bought: 1, Last: 6, N: 6}, kpi.Occasions{N: 6}, kpi.Occasions{Bought: 1, Last: 1, N: 6}), &kpi.FitSettings{}}},
	}
	for name, call := range functions {
		called(t, name, 0, call.f, call.args...)
	}
	eachFile(t, func(file *ast.File) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() {
				continue
			}
			for _, arg := range f.Type.Params.List {
				switch arg.Type.(type) {
				case *ast.ArrayType, *ast.StarExpr, *ast.MapType, *ast.Ellipsis:
					require.Contains(t, functions, f.Name.Name, "the table above leaves it out")
				}
			}
		}
	})

	// What accumulates leaves what it takes in.
	called(t, "Sum.AddAll", 1, (*kpi.Sum).AddAll, new(kpi.Sum), amounts)
	called(t, "Sum.AddMinor", 1, (*kpi.Sum).AddMinor, new(kpi.Sum), minor, int32(-2))
	for name, add := range map[string]func([]int) error{
		"NPS.AddAll": new(kpi.NPS).AddAll, "CSAT.AddAll": new(kpi.CSAT).AddAll, "CES.AddAll": new(kpi.CES).AddAll,
	} {
		called(t, name, 0, add, room(5, 1, 4))
	}
	called(t, "Reasons.AddAll", 1, (*kpi.Reasons).AddAll, new(kpi.Reasons), room("price", "", "late"))
	events := kpi.Batch{
		Customers: room("b", "a", "c"), Names: room("order", "visit", "order"), At: room(day(3), day(1), day(2)), Amounts: amounts[:3:4],
	}
	called(t, "Log.AddBatch", 1, (*kpi.Log).AddBatch, new(kpi.Log), events)
	log, more := &kpi.Log{}, &kpi.Log{}
	require.NoError(t, log.AddBatch(events))
	require.NoError(t, more.AddBatch(kpi.Batch{Customers: []string{"e", "d"}, Names: []string{"order", "order"}, At: []time.Time{day(3), day(1)}}))
	called(t, "CrossSell.Add", 1, (*kpi.CrossSell).Add, new(kpi.CrossSell), "b", "a", "b")
	called(t, "Log.SetProps", 1, (*kpi.Log).SetProps, new(kpi.Log), "b", "a")
	called(t, "Log.Cohorts", 0, log.Cohorts, context.Background(), kpi.CohortSpec{AsOf: day(9), Birth: room("visit", "order"), Return: room("visit", "order")})
	spec := kpi.CustomerSpec{AsOf: day(9), Orders: room("visit", "order"), Zeros: kpi.ZerosCounted}
	called(t, "Log.Customers", 0, log.Customers, context.Background(), spec)
	props := &kpi.Log{}
	require.NoError(t, props.SetProps("line"))
	called(t, "Log.CrossSell", 0, props.CrossSell, context.Background(), kpi.CrossSellSpec{Line: "line", AsOf: day(9), Orders: room("visit", "order")})

	warningSpec := kpi.WarningSpec{AsOf: day(9), Recent: 2, Level: 0.5, Pooled: true, Events: room("visit", "order"), Orders: room("visit", "order")}
	called(t, "Log.Warnings", 0, log.Warnings, context.Background(), warningSpec)

	path := kpi.Path{Touches: room(kpi.Touch{At: day(3), Channel: "b"}, kpi.Touch{At: day(1), Channel: "a"}), Conversions: room(kpi.Order{At: day(4)}, kpi.Order{At: day(2)})}
	attribution := kpi.AttributionSpec{Model: kpi.LastNonDirect, Lookback: time.Hour * 48, Direct: room("b", "a")}
	called(t, "AttributionSpec.Credit", 0, attribution.Credit, path, path)
	credits := func(p kpi.Path) *kpi.Credits {
		c, err := attribution.Credit(p)
		require.NoError(t, err)
		return c
	}

	// Every type that merges: the other side stays, and an empty one that took it over
	// shares nothing with it that the next Merge would change.
	cohorts := func(l *kpi.Log) *kpi.Cohorts { return ask(t, l, kpi.CohortSpec{AsOf: day(9)}) }
	histories := func(l *kpi.Log) *kpi.Customers { return customers(t, l, spec) }
	sum := func(ds ...decimal.Decimal) *kpi.Sum {
		s := new(kpi.Sum)
		require.NoError(t, s.AddAll(ds))
		return s
	}
	funnel := func(n int64) *kpi.Funnel {
		return &kpi.Funnel{Stages: room(kpi.Stage{Name: "visit", N: n}, kpi.Stage{Name: "buy", N: 1})}
	}
	pipeline := func(seed uint64) *kpi.Pipeline {
		p := pipelineOf(rand.New(rand.NewPCG(seed, 1)), nil)
		return &p
	}
	scores := changedScorecard(nil)
	moves := changedMovements(nil)
	spread, spreadMore := concentration(t, "3", "1", "2"), concentration(t, "123456789012345678901.5")
	abcOne, abcTwo := randomABC(rand.New(rand.NewPCG(1, 1))), randomABC(rand.New(rand.NewPCG(2, 1)))
	sold := crossSellOf([]string{"b", "a"}, []string{"a"})
	for _, pair := range [][2]any{
		{cohorts(log), cohorts(more)},
		{histories(log), histories(more)},
		{sum(amounts...), sum(dec("123456789012345678901.5"), dec("1e3"))},
		{log, more},
		{credits(path), credits(kpi.Path{Touches: path.Touches})},
		{&curve, &other},
		{funnel(9), funnel(8)},
		{pipeline(1), pipeline(2)},
		{&kpi.Successes{{Won: 1}}, &kpi.Successes{{Won: 1}, {Lost: 3}}},
		{&scores, &scores},
		{
			&kpi.Ranking{Rows: room(kpi.RankRow{Score: kpi.Whole(9), Outcome: p(1, 2)}, kpi.RankRow{Outcome: p(1, 3)})},
			&kpi.Ranking{Rows: room(kpi.RankRow{Score: kpi.Whole(5), Outcome: p(1, 2)}, kpi.RankRow{Outcome: p(0, 3)})},
		},
		{
			&kpi.Loyalty{Customers: room(kpi.LoyalCustomer{Customer: "b"}, kpi.LoyalCustomer{Customer: "a"})},
			&kpi.Loyalty{Customers: room(kpi.LoyalCustomer{Customer: "d"}, kpi.LoyalCustomer{Customer: "c"})},
		},
		{mustService(deskTickets(), deskSpec()), mustService(deskTickets()[2:], deskSpec())},
		{&moves, &moves},
		{
			&kpi.Survey{Responses: 3, Items: map[string]kpi.CSAT{"price": {Blank: 1}, "speed": {Blank: 2}}},
			&kpi.Survey{Responses: 5, Items: map[string]kpi.CSAT{"price": {Blank: 3}, "help": {Blank: 4}}},
		},
		{&kpi.Referrals{Customers: 3}, &kpi.Referrals{Customers: 5}},
		{surveyInput(1), surveyInput(2)},
		{&spread, &spreadMore},
		{&abcOne, &abcTwo},
		{&sold, &kpi.CrossSell{Unknown: 1}},
		{askWarnings(t, log, warningSpec), askWarnings(t, more, warningSpec)},
	} {
		merge := func(dst, src reflect.Value) {
			if dst.MethodByName("Merge").Type().In(0).Kind() != reflect.Pointer {
				src = src.Elem()
			}
			require.True(t, dst.MethodByName("Merge").Call([]reflect.Value{src})[0].IsNil())
		}
		a, b := reflect.ValueOf(pair[0]), reflect.ValueOf(pair[1])
		beforeA, beforeB := snapshot(pair[0]), snapshot(pair[1])
		all := reflect.New(a.Type().Elem())
		merge(all, a)
		merge(all, b)
		merge(a, reflect.New(a.Type().Elem()))
		require.Equal(t, beforeA, snapshot(pair[0]), "%s.Merge", a.Type())
		require.Equal(t, beforeB, snapshot(pair[1]), "%s.Merge", a.Type())
	}
	channels := kpi.Channels{{Name: "b", Leads: 9, Customers: 2}, {Name: "a", Leads: 9, Customers: 2}}

	// Questions, of whatever they can be asked with.
	mix, err := kpi.RateMix([]kpi.MixGroup{{Before: p(1, 2), After: p(2, 3)}, {Before: p(3, 5), After: p(4, 9)}})
	require.NoError(t, err)
	shrunk, err := kpi.Shrink(shares)
	require.NoError(t, err)
	stays := room(kpi.Membership{Customer: "b", From: day(3)}, kpi.Membership{Customer: "a", From: day(1), To: day(4)})
	sales, contacts := kpi.Deals(room(randomDeals(rand.New(rand.NewPCG(1, 1)), 9)...)), kpi.FollowUps(room(contact("b", 3, 0), contact("a", 2, 0)))
	grades := kpi.Grades(room(kpi.Grade{Name: "low"}, kpi.Grade{Name: "high", From: kpi.Whole(5)}))
	lead := kpi.LeadSpec{
		Attributes: room(kpi.Attribute{Name: "visit", Group: "fit", Points: kpi.Whole(5), Limit: 2}, kpi.Attribute{Name: "quit", Points: kpi.Whole(-1)}),
		Groups:     room(kpi.ScoreGroup{Name: "fit", Cap: kpi.Whole(7)}),
	}
	health := kpi.HealthSpec{Inputs: room(kpi.HealthInput{Name: "visit", Weight: kpi.Whole(1)}, kpi.HealthInput{Name: "purchases", Weight: kpi.Whole(2)})}
	signals := room(kpi.Signal{Name: "visit", At: day(3)}, kpi.Signal{Name: "quit", At: day(1)}, kpi.Signal{Name: "visit", At: day(7)})
	score, err := lead.Score(signals, day(9))
	require.NoError(t, err)
	score.Missing = room("mail")
	arguments := []any{
		1, int32(2), int64(0), 0.5, rates, kpi.Percent(10), room[int64](1, 2, 3, 1, 1, 4),
		day(8), time.UTC, kpi.LogLogBand, kpi.Calendar{}.Of(day(2)),
		[]byte{},
		sales, contacts,
		map[string]kpi.Proportion{"a": p(1, 2)},
		pipelineSpec(),
		kpi.FollowUpSpec{By: room(kpi.ByHour, kpi.ByMedium), Outcome: kpi.FollowUpAnswered, Period: kpi.Calendar{}.Of(day(2)), Hours: room(9, 12), Media: room("phone")},
		signals, grades, health, score, time.Hour,
		shifted(func(s *kpi.TicketSpec) { s.Topics = room("bill", "") }), kpi.ResolutionTarget,
		kpi.Calendar{Unit: kpi.Month},
		"basic", kpi.ChargeUsage,
		"overall", kpi.SurveyMean, driverScales(),
		map[string]decimal.Decimal{"speed": dec("0.5")},
		kpi.FitReport{Model: "BGNBD", Names: room("R"), Parameters: room(0.5, 20, 1, 3)},
		kpi.BuyerSpec{},
		room(kpi.Calendar{}.Of(day(2)), kpi.Calendar{}.Of(day(3))),
		kpi.Warned,
	}
	contribution, growth, segments := segmentTables(t)
	asked := 0
	for _, v := range []any{
		spread, &abcOne, sold, contribution, growth, segments, kpi.DefaultRFMRules(),
		cohorts(log), histories(log), curve, *funnel(5), mix, shrunk, sum(amounts...), credits(path), kpi.CashFlows(amounts[:2:4]), channels,
		kpi.Lifetimes(lives), kpi.Memberships(stays),
		kpi.Carts(room(kpi.Cart{Opened: day(3)}, kpi.Cart{Opened: day(1), Completed: day(2), Value: dec("7")})),
		deskTickets(), mustService(deskTickets(), deskSpec()),
		kpi.Strata{{A: p(9, 20), B: p(4, 20)}, {A: p(7, 30), B: p(3, 30)}},
		kpi.RetentionCLV{Margin: kpi.Whole(100)},
		cohorts(log).Amounts(2),
		kpi.NPS{Promoters: 4, Detractors: 2},
		kpi.Reasons{Counts: map[string]int64{"late": 2}},
		kpi.Mean{N: 2, Sum: dec("3"), Squares: dec("5")},
		kpi.Interval{Lo: 1, Hi: 2, Warnings: room(kpi.CodeTooFew)},
		sales, contacts, pipeline(1), &scores, kpi.Successes(room(kpi.WinLoss{Won: 3}, kpi.WinLoss{Lost: 2})),
		lead, health, score, kpi.Targets(room(kpi.Target{Direction: kpi.Lower}, kpi.Target{Direction: kpi.Higher})),
		kpi.Decay{Steps: room(kpi.DecayStep{Under: 5, Factor: kpi.Whole(1)}, kpi.DecayStep{Under: 9})},
		kpi.Ranking{Rows: room(kpi.RankRow{Score: kpi.Whole(9), Outcome: p(1, 2)}, kpi.RankRow{Outcome: p(1, 3)})},
		kpi.Calibration(room(kpi.GradeOutcome{Outcome: p(1, 2)}, kpi.GradeOutcome{Outcome: p(1, 3)})),
		kpi.Loyalty{Customers: room(kpi.LoyalCustomer{Customer: "b"}, kpi.LoyalCustomer{Customer: "a"})},
		kpi.Subscriptions(room(mrrSub("b", "5", day(3), day(5)), mrrSub("a", "7", day(1), day(3)))),
		&moves,
		kpi.Contracts(room(kpi.Contract{ID: "b", Due: day(3)}, kpi.Contract{ID: "a", Due: day(1), Renewed: day(2), RenewedValue: dec("7")})),
		itemsOf(map[string][2]int64{"price": {50, 50}, "speed": {80, 20}}),
		kpi.Waves(room(threeWaves()[2], threeWaves()[0], threeWaves()[1])),
		randomResponses(rand.New(rand.NewPCG(2, 1)), 9), surveyInput(3),
		&kpi.Holdout{Buyers: room(kpi.Buyer{Frequency: 2, Recency: 9, Age: 30}, kpi.Buyer{Age: 40}), Orders: room[int64](3, 1), Time: 30},
		askWarnings(t, log, warningSpec),
		askActivity(t, log, kpi.ActivitySpec{AsOf: day(9), Events: room("visit", "order")}),
	} {
		asked += questions(t, v, append([]any{v}, arguments...)...)
	}
	require.Greater(t, asked, 100)
}

// questions calls every method of v that does not change it and that the arguments,
// one of a type, go for, and returns how many they were.
func questions(t *testing.T, v any, arguments ...any) (asked int) {
	t.Helper()
	of := map[reflect.Type]any{}
	for _, arg := range arguments {
		of[reflect.TypeOf(arg)] = arg
	}
	value := reflect.ValueOf(v)
	for i := range value.NumMethod() {
		m := value.Type().Method(i)
		if strings.HasPrefix(m.Name, "Add") || strings.HasPrefix(m.Name, "Unmarshal") || m.Name == "Merge" && value.Kind() == reflect.Pointer || m.Name == "Format" {
			continue
		}
		var in []reflect.Value
		before := []string{snapshot(v)}
		for k := range value.Method(i).Type().NumIn() {
			arg, ok := of[value.Method(i).Type().In(k)]
			if !ok {
				break
			}
			in, before = append(in, reflect.ValueOf(arg)), append(before, snapshot(arg))
		}
		if len(in) < value.Method(i).Type().NumIn() {
			continue
		}
		value.Method(i).Call(in)
		asked++
		require.Equal(t, before[0], snapshot(v), "%T.%s changes its receiver", v, m.Name)
		for k, arg := range in {
			require.Equal(t, before[k+1], snapshot(arg.Interface()), "%T.%s changes argument %d", v, m.Name, k)
		}
	}
	return asked
}
