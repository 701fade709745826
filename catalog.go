package kpi

import "slices"

// Direction says which way a metric improves.
type Direction int

// The directions of a metric.
const (
	Neither Direction = iota // neither more nor less is better by itself
	Higher                   // more is better
	Lower                    // less is better
)

var directionNames = []string{"neither", "higher", "lower"}

// String returns the name of d: "higher".
func (d Direction) String() string { return enumName(directionNames, int(d), "Direction") }

// ParseDirection returns the direction of that name.
func ParseDirection(s string) (Direction, error) {
	i, err := parseEnum("ParseDirection", directionNames, s)
	return Direction(i), err
}

// MarshalText returns the name of d.
func (d Direction) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDirection reads.
func (d *Direction) UnmarshalText(text []byte) error { return readEnum(d, ParseDirection, text) }

// Entry describes one metric of the catalog: what it is called, how it is
// computed and where it lives.
type Entry struct {
	Key       string    `json:"key"`       // stable and unique: "churn.opening"
	English   []string  `json:"english"`   // its name, then other names
	Chinese   []string  `json:"chinese"`   // 名称，其后为别名
	Formula   string    `json:"formula"`   // in the field names of Type
	Unit      string    `json:"unit"`      // "share", "ratio", "money", "points", "months", "seconds", "count" …
	Direction Direction `json:"direction"` // which way it improves
	Type      string    `json:"type"`      // "" for a function
	Method    string    `json:"method"`    // of Type, or the function
}

// Catalog returns every metric of the library, one entry for each definition,
// in the order of the wings: acquisition, value, retention, voice, service,
// steering.
func Catalog() []Entry {
	var all []Entry
	for _, family := range [][]Entry{
		acquisitionCatalog,
		channelCatalog,
		attributionCatalog,
		emailCatalog,
		checkoutCatalog,
		funnelCatalog,
		salesCatalog,
		pipelineCatalog,
		followUpCatalog,
		scorecardCatalog,
		leadCatalog,
		rankingCatalog,
		cohortCatalog,
		customersCatalog,
		contributionCatalog,
		concentrationCatalog,
		segmentCatalog,
		growthCatalog,
		gapsCatalog,
		activityCatalog,
		sessionCatalog,
		engagementCatalog,
		clvCatalog,
		unitEconomicsCatalog,
		purchaseCatalog,
		crossSellCatalog,
		upSellCatalog,
		rfmCatalog,
		rfmSegmentCatalog,
		warningCatalog,
		rateCatalog,
		churnCatalog,
		bgnbdCatalog,
		mbgnbdCatalog,
		paretonbdCatalog,
		gammaGammaCatalog,
		sbgCatalog,
		bdwCatalog,
		bgbbCatalog,
		renewalCatalog,
		mrrCatalog,
		subscriptionsCatalog,
		movementsCatalog,
		earnedCatalog,
		trackingCatalog,
		holdoutCatalog,
		survivalCatalog,
		lifespanCatalog,
		npsCatalog,
		csatCatalog,
		cesCatalog,
		surveyCatalog,
		weightedSurveyCatalog,
		referralCatalog,
		reasonsCatalog,
		complaintCatalog,
		serviceCatalog,
		durationsCatalog,
		histogramCatalog,
		loyaltyCatalog,
		healthCatalog,
		targetCatalog,
	} {
		for _, e := range family {
			e.English, e.Chinese = slices.Clone(e.English), slices.Clone(e.Chinese)
			all = append(all, e)
		}
	}
	return all
}
