package kpi

import (
	"encoding/json"

	"github.com/shopspring/decimal"
)

// concentrationJSON is the JSON form of a Concentration.
type concentrationJSON struct {
	Amounts []jsonAmount `json:"amounts"`
}

// MarshalJSON writes the amounts exactly, the largest first.
func (c Concentration) MarshalJSON() ([]byte, error) {
	out := concentrationJSON{Amounts: []jsonAmount{}}
	for _, a := range c.amounts() {
		out.Amounts = append(out.Amounts, jsonAmount(a))
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes, in any order; null changes nothing. It
// returns an error, and leaves c as it was, if an amount is negative or none.
func (c *Concentration) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var in concentrationJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	amounts := make([]decimal.Decimal, len(in.Amounts))
	for i, a := range in.Amounts {
		amounts[i] = decimal.Decimal(a)
	}
	out, err := concentrate("Concentration.UnmarshalJSON", amounts)
	if err == nil {
		*c = out
	}
	return err
}

// AppendBinary appends the canonical encoding of c.
func (c Concentration) AppendBinary(b []byte) ([]byte, error) {
	b = appendInt(appendHeader(b, kindConcentration), int64(c.exp))
	b = appendUint(b, uint64(c.N())) //nolint:gosec // not negative
	for _, a := range c.amounts() {
		b = appendBig(b, a.Coefficient())
	}
	return b, nil
}

// MarshalBinary is AppendBinary to an empty slice.
func (c Concentration) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary replaces c by what AppendBinary wrote. It returns an error, and
// leaves c as it was, if data are anything else.
func (c *Concentration) UnmarshalBinary(data []byte) error {
	const metric = "Concentration.UnmarshalBinary"
	d := newDecoder(metric, kindConcentration, data)
	exp := int32(d.int(-2*maxExponent, 0)) //nolint:gosec // bounded on the same line
	amounts := make([]decimal.Decimal, d.count(2))
	for i := range amounts {
		amounts[i] = decimal.NewFromBigInt(d.big(), exp)
		if i > 0 && d.err == nil && amounts[i-1].Cmp(amounts[i]) < 0 {
			d.fail("amounts[%d]", i)
		}
	}
	if d.err == nil && len(amounts) == 0 && exp != 0 {
		d.fail("Exponent = %d", exp)
	}
	if err := d.done(); err != nil {
		return err
	}
	out, err := concentrate(metric, amounts)
	if err == nil {
		*c = out
	}
	return err
}
