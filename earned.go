package kpi

import (
	"encoding/json"
	"math/big"

	"github.com/shopspring/decimal"
)

// EarnedGrowth tells the growth that customers give, by staying, by buying more and by
// sending others, from that which is bought by advertising and by sales.
//
//	NRR  = Kept / LastYear
//	ENC  = Earned / LastYear
//	Rate = NRR + ENC − 1                                          挣得增长率
//
// All of it is revenue of a year as it was booked, not recurring revenue at an
// instant; the NRR is therefore another than that of MRR. What new customers brought
// who were not sent is in neither: ask each new customer what made them come. It is
// needed for ENC, and no ledger holds it.
//
// An interval takes the customers: of a RatioOfSums of what each brought this year,
// 0 for a new one whom nobody sent, on what they brought last year, both limits
// less 1.
//
// No amount may be negative. The zero value is the identity of Merge.
//
// Reichheld, F., Darnell, D. and Burns, M. (2021), Net promoter 3.0, Harvard Business
// Review, November–December.
type EarnedGrowth struct {
	LastYear decimal.Decimal `json:"last_year"` // all revenue of last year
	Kept     decimal.Decimal `json:"kept"`      // of this year, from customers of last year
	Earned   decimal.Decimal `json:"earned"`    // of this year, from new customers whom others sent
}

// values lists the amounts.
func (e *EarnedGrowth) values() []namedAmount {
	return []namedAmount{{"LastYear", &e.LastYear}, {"Kept", &e.Kept}, {"Earned", &e.Earned}}
}

func (e EarnedGrowth) valid(metric string) error {
	for _, v := range e.values() {
		if err := amount(metric, v.name, *v.value); err != nil {
			return err
		}
	}
	return nil
}

// Merge adds the revenue of disjoint customers in the same years. It returns an error,
// and changes nothing, if either is impossible or an amount grows past 400 digits.
func (e *EarnedGrowth) Merge(o EarnedGrowth) error {
	const metric = "EarnedGrowth.Merge"
	if err := bothValid(metric, *e, o); err != nil {
		return err
	}
	t := *e
	values := t.values()
	for i, v := range o.values() {
		*values[i].value = values[i].value.Add(*v.value)
	}
	if err := t.valid(metric); err != nil {
		return err
	}
	*e = t
	return nil
}

// shadow stands for e in JSON.
func (e *EarnedGrowth) shadow() any {
	return &struct {
		LastYear *jsonAmount `json:"last_year"`
		Kept     *jsonAmount `json:"kept"`
		Earned   *jsonAmount `json:"earned"`
	}{(*jsonAmount)(&e.LastYear), (*jsonAmount)(&e.Kept), (*jsonAmount)(&e.Earned)}
}

// MarshalJSON writes the amounts exactly, as strings. It returns an error if one is
// too large.
func (e EarnedGrowth) MarshalJSON() ([]byte, error) { return json.Marshal(e.shadow()) }

// UnmarshalJSON reads what MarshalJSON writes, and amounts that are numbers. It
// returns an error, and leaves e as it was, if data are anything else.
func (e *EarnedGrowth) UnmarshalJSON(data []byte) error {
	return readForm(e, (*EarnedGrowth).shadow, data)
}

// NRR returns Kept/LastYear. It returns an error if an amount is impossible or LastYear
// is 0.
func (e EarnedGrowth) NRR() (Ratio, error) { return e.of("EarnedGrowth.NRR", e.Kept.Rat, 0) }

// ENC returns Earned/LastYear, the earned new customers. It returns an error as NRR
// does.
func (e EarnedGrowth) ENC() (Ratio, error) { return e.of("EarnedGrowth.ENC", e.Earned.Rat, 0) }

// Rate returns NRR + ENC − 1 (挣得增长率), negative where what was kept and earned is less
// than what there was. It returns an error as NRR does.
func (e EarnedGrowth) Rate() (Ratio, error) {
	return e.of("EarnedGrowth.Rate", func() *big.Rat { return e.Kept.Add(e.Earned).Rat() }, 1)
}

// of returns what an amount is of LastYear, less so much; the amount is made once it is
// known to be of ordinary size.
func (e EarnedGrowth) of(metric string, amount func() *big.Rat, less int64) (Ratio, error) {
	if err := e.valid(metric); err != nil {
		return Ratio{}, err
	}
	r, err := share(metric, amount(), e.LastYear.Rat())
	if err != nil {
		return Ratio{}, err
	}
	return r.Sub(Whole(less)), nil
}

var earnedCatalog = []Entry{
	{
		Key: "earned_growth.nrr", English: []string{"net revenue retention by year's revenue"},
		Chinese: []string{"年收入净留存率"}, Formula: "Kept / LastYear",
		Unit: "ratio", Direction: Higher, Type: "EarnedGrowth", Method: "NRR",
	},
	{
		Key: "earned_growth.enc", English: []string{"earned new customers", "ENC"},
		Chinese: []string{"挣得新客户收入占比"}, Formula: "Earned / LastYear",
		Unit: "ratio", Direction: Higher, Type: "EarnedGrowth", Method: "ENC",
	},
	{
		Key: "earned_growth.rate", English: []string{"earned growth rate", "earned growth"},
		Chinese: []string{"挣得增长率", "赢得增长率"}, Formula: "(Kept + Earned) / LastYear − 1",
		Unit: "ratio", Direction: Higher, Type: "EarnedGrowth", Method: "Rate",
	},
}
