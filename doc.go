// Package kpi computes customer metrics exactly: acquisition cost, lifetime
// value, churn and retention, repurchase, net promoter score, satisfaction,
// effort, funnels and cohorts, from three numbers or from a log of events.
//
//	churn := kpi.Churn{Start: 300, Lost: 7}
//	rate, err := churn.OpeningRate() // 7/300
//	fmt.Println(rate.Percent(1))     // 2.3%
//
// Data is a struct, a metric is a method, and a result is exact until you round
// it. The package reads nothing, prints nothing and starts nothing by itself: it
// is meant to be imported into a CRM, a shop or a billing system, to be run by
// go test, and to be pasted into a notebook.
//
// # The five kinds of type
//
// Every type is of one of five kinds, and the kind says how it is used.
//
// Vocabulary is what answers are made of: [Ratio], [Proportion], [Mean],
// [Interval], [Comparison], [Period], [Calendar], [Scale], [Error]. These are
// values and never change.
//
// A form or tally holds the numbers of one question in exported fields: [Churn],
// [Acquisition], [Email], [Checkout], [Purchases], [WinLoss], [NPS], [Reasons], [EventRate]. One keyed literal is named
// arguments, accumulator, unit of merging and JSON at once. Value receivers ask;
// pointer receivers Add and Merge. The zero value is empty, and merging it
// changes nothing.
//
// A collection takes in rows and hides how: [Sum], [Durations], [Histogram],
// [Log]. It has no settings, its zero value is ready, and it is used through a
// pointer. Its binary form moves it between processes; it refuses JSON, which
// would lose it.
//
// A spec is a question with settings: [CohortSpec], [CustomerSpec], [RFMSpec],
// [FunnelSpec], [ActivitySpec], [SessionSpec], [WarningSpec], [AttributionSpec], [LeadSpec], [HealthSpec],
// [PipelineSpec], [FollowUpSpec], [TicketSpec].
// Calendar, location and cut-off belong to the question, so that one log answers many.
// A [Schedule] is one that is used again and again: compiled into a [Clock] it measures
// working time.
//
// An answer is a finished table: [Cohorts], [Customers], [RFM], [Activity],
// [Sessions], [Funnel], [Credits], [Pipeline], [Scorecard], [Score], [Service], [Survival], [Table]. It prints in
// columns, in Markdown and as JSON; [Cohorts], [RFM] and [Survival] also feed plots through the interfaces of
// gonum/plot without importing them.
//
// # Exactness
//
// Money goes in as [github.com/shopspring/decimal.Decimal] and is added without
// loss. A share of people is a [Proportion], which keeps its n. An average is a
// [Mean], which keeps n, sum and sum of squares. Any other quotient is a
// [Ratio], a rational number of any size. Nothing on the way is rounded, so a
// lifetime value from a churn of 7 in 300 at 21 a month is 900 and not the
// 901.29 that a churn rounded to 2.33% gives. Round once, when people are going
// to read it: Round, RoundBank, Percent, In or %.2f.
//
// A zero denominator is an error, and not 0, NaN or infinity.
//
// What is irrational does not pretend: a root is a rounded decimal or a float64
// under its own name, and what a sample says about the truth is an [Interval] of
// float64 with its confidence, its n and its warnings.
//
// Floats for prices lose the cents before this package sees them. Convert from
// the text that came over the wire with decimal.NewFromString, or add whole
// cents with [Sum.AddMinor].
//
// # Uncertainty
//
// Eleven answers and a thousand can give one score, and do not say the same. What
// was counted is exact; what it says about everybody else is an interval, asked
// with its confidence: [Proportion.Interval] (Wilson), [Mean.Interval] (t),
// [NPS.Interval] (Tango), [EventRate.Interval] for counts per exposure,
// [RatioOfSums.Interval] for money over money and for anything whose rows come in
// clusters, such as orders of one buyer. [Interval] says what they hold, and when
// they warn that it is too few to say.
//
// Two groups are compared by the interval of their difference ([Proportion.Diff],
// [Mean.Diff], [NPS.Diff]) and tested by Compare. [RateMix] splits a change into
// what customers did and who they were, exactly; [Strata] compares like with like;
// [Shrink] keeps a rep with three deals from leading the table; [Holm] and
// [BenjaminiHochberg] pay for looking at many; [SampleSize] and its kin are asked
// before the survey is sent.
//
// # Time
//
// The package has no clock and loads no time zone. Periods are half-open. A
// [Calendar] says how instants fall into days, weeks, months, quarters and
// years of a location, with the week's first day and the fiscal year's first
// month; a nil location is UTC. Days may have 23 or 25 hours and need not begin
// at midnight.
//
// Wherever something can still be open, the cut-off AsOf is an argument, and is
// exclusive. Adding later rows changes nothing, and raising AsOf never changes a
// cell that was complete. A log that begins in mid-life is asked with Since:
// customers from before it are first seen, not new.
//
// No answer depends on the order of the rows.
//
// How long things took is asked of [Durations], or of a [Histogram] where there
// are more than fit: the median, P90 and the share within a target, since a mean
// hides the tail.
//
// # Errors
//
// Every function that can fail returns an [*Error] that wraps one of three:
// [ErrInvalid] for data that cannot have been observed (more lost than there
// were), [ErrUndefined] for good data without an answer (a rate of nobody), and
// [ErrNotConverged]. It names the metric, carries a [Code] for programs, and
// reads in English and, by [Error.Chinese], in 中文. Invalid is reported before
// undefined, batches are taken whole or not at all and name the row, and a call
// that fails changes nothing. A question that is cancelled returns the context's
// error, and JSON that is not of the right shape that of encoding/json. Nothing
// panics on data; [Must] panics, and is for notebooks.
//
// # Which churn?
//
// [Churn.OpeningRate] is Lost/Start: of those who were there when the period
// opened, who left. It is the one that retention complements, that compounds
// over months, and from which a lifespan follows. Use it unless somebody asks
// for another by name. [Churn.ExposedRate] adds newcomers to both sides,
// [Churn.AverageRate] divides by the mean of opening and closing head count, and
// [DailyChurn] sums daily rates; the last two may pass 1. [Churn.EndToStart] is
// what some texts call retention: it passes 1 when newcomers outnumber the lost.
// From records of stays, [Memberships.Churn] counts by membership at both ends.
//
// Where many customers are young, no rate of one period tells how long they stay,
// and the mean lifetime of those who left tells it least. [Lifetimes.Survival]
// uses those who are still here for as long as they have been: the median
// ([Survival.Median]) and the restricted mean ([Survival.RestrictedMean]) are the
// lifespans to quote.
//
// In a shop nobody signs off. There, ask who came back: cohorts
// ([Log.Cohorts]) or the repurchase rate ([Purchases.Repurchase]).
//
// # Which lifetime value?
//
// [CLV] is order value × orders × lifespan, undiscounted: the one for a
// conversation. [RetentionCLV] discounts margins that continue with a retention
// rate, and its [Timing] says when the first margin comes: after one survived
// period, now, or at the end of the first period for certain. At 1000 a period,
// retention 0.8 and discount 0.1 these are 8000/3, 11000/3 and 10000/3, so a
// value without its timing is not a value. [RetentionCLV.AnnualSimplified] is
// the formula annual·r/d of some textbooks; it agrees with the first only if its
// "discount" means 1+d−r. [RetentionCLV.Curve] takes a retention that changes
// with age, which real ones do.
//
// # Which repurchase rate?
//
// Four numbers share the name in daily use: buyers with two or more orders
// ([Purchases.RepeatRate], 复购率 by people), repeat orders of all orders
// ([Purchases.RepeatOrderShare], 复购率 by orders), buyers of the last period who
// buy again ([Purchases.Repurchase], 回购率), and buyers with an earlier order
// ([Purchases.ReturningShare], 老客占比). They have different bases.
//
// # Which revenue retention?
//
// [Subscriptions.Movements] nets each customer's recurring revenue by period, so that
// opening and movements add up to closing. [MRR.NRR] and [MRR.GRR] are of one period;
// over a longer one whoever joined and left within it would count, so
// [Subscriptions.CohortNRR] and [Subscriptions.CohortGRR] follow those who paid at its
// beginning, with an interval for a ratio of sums. [MRRMovements.ChainedNRR] is the
// product of periods, and the retention of nobody. [Renewal] counts contracts by when
// they fall due: early ones belong to that period, late ones to no rate, and those whose
// grace is not over are pending; of invoices its net rate is the collection rate
// (回款率). [EarnedGrowth] tells growth that customers give, by staying and by sending
// others, from growth that is bought.
//
// # Which model of what is to come?
//
// Where customers sign off, [FitSBG] and [FitBdW] project the renewals of a [Survival].
// Where nobody signs off, [Customers.Buyers] makes of each history how often, how lately
// and since when, and [FitBGNBD], [FitMBGNBD] or [FitParetoNBD] tell who is still alive
// and how many orders will come; [FitBGBB] does for orders at fixed occasions. BG/NBD
// calls everyone with one order alive. [FitGammaGamma] adds what an order is worth, and
// the CLV methods discount both, at a rate of a year. The [FitReport] says how well the
// data tell the parameters; its ExpectedInterval is of the parameters alone, and its
// PredictionInterval of what will happen. A fit is judged by what it did not see:
// [Customers.Tracking] and [Holdout.ByFrequency] set it beside the orders, and
// [Holdout.Compare] ranks models by their log score.
//
// # Churn of a shop
//
// Nobody signs off in a shop. [Customers.Memberships] makes stays of orders by a rule of
// silence, from which churn, lifetimes and survival follow as from contracts;
// [Customers.Gaps] are the times between the purchases of those who came back, and
// [Customers.NextOrders] counts those who have not. State the rule with the number.
//
// # Which win rate?
//
// [Deals.WinRate] is of what was decided in a period, by date of closing. Of the deals
// that were created in a period some are open: [Deals.Cohort] counts them apart, and
// the rate of all of them lies between [WinLoss.LeastRate] and [WinLoss.MostRate].
// [Deals.ValueWinRate] weighs deals by their money. The same care goes for what the
// k-th follow-up wins ([FollowUps.Successes]) and for the best hour to call
// ([FollowUps.Rates]), where the usual table finds something in data that hold nothing.
//
// # Which open rate?
//
// Privacy proxies open mail that nobody reads. [Email.OpenRate] leaves such recipients
// out of both sides; [Email.ReportedOpenRate] is what most tools print, and rises with
// them. Judge a mailing by [Email.ClickRate].
//
// # Which resolution rate?
//
// [Service.ResolutionRate] is solved over created of one period: flow over flow, which
// passes 1 while a backlog is worked off. [Service.CohortResolution] follows the tickets
// of one period for a stated time. First-contact resolution
// ([Service.FirstContactRate]) is known only once the time has passed in which the
// customer could have come back. Targets ([Service.SLA]) belong to the period in which
// they were due: by creation they read too well, since the quick are known first.
//
// # From a log
//
// A [Log] holds who did what, when, and for how much, and answers questions about
// customers: who came back ([Log.Cohorts]), how far they came in a journey and who is
// still on the way ([Log.Funnel]), who was active, new, back or gone ([Log.Activity]),
// how long visits were ([Log.Sessions]), who the best customers are ([Log.RFM]), and
// each one's orders ([Log.Customers]), and who is about to leave ([Log.Warnings]). Make rows of a database into a [Batch] of
// columns, with amounts in minor units: that is the fastest way in.
//
// # Surveys
//
// A [Survey] is one wave of a questionnaire, with a [CSAT] for every item. Its Ranking
// states ties and the ranks that the intervals leave open; [Waves] finds trends and tests
// each wave against the one before it, adjusted by Holm for the whole table. [Responses],
// the answers person by person, tell which items go with the overall score. [Referrals]
// counts what customers did where [NPS] counts what they say.
//
// # Working time
//
// A promise of eight hours that is made on a Friday evening is due on Monday, unless
// Sunday is worked or Monday is a holiday. A [Clock] knows the shifts of a [Schedule],
// with its holidays and extra working days (调休), in the wall-clock time of a location:
// [Clock.Between] is how long somebody waited, [Clock.After] when an answer is due,
// [Clock.Next] when work goes on. A nil *Clock is calendar time.
//
// # What it does not do
//
// It does no input or output, reads no clock, has no random numbers in an answer, and
// leaves no goroutine behind. It does not guess: a refund, or an order of 0 in a
// customer's history, is an error until the spec says what it means. It does not
// convert currencies, and knows no holidays but those that it is told. [Catalog] lists
// every metric that it has, in English and Chinese, with formula, unit and direction.
package kpi
