package kpi

// No two kinds of binary form are one byte: a map's constant keys differ, or this does
// not compile.
var _ = map[byte]bool{
	kindSum: true, kindLog: true, kindCohorts: true, kindFunnel: true, kindCustomers: true, kindRFM: true,
	kindDurations: true, kindHistogram: true, kindActivity: true, kindSessions: true, kindPipeline: true,
	kindScorecard: true, kindRanking: true, kindCredits: true, kindService: true, kindMovements: true,
	kindDrivers: true, kindSurvival: true, kindConcentration: true, kindABC: true, kindWarnings: true,
}
