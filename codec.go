package kpi

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

const (
	// maxExponent and maxDigits bound every decimal that enters: shopspring's
	// Cmp, Rat and Add take seconds and gigabytes on 1e20000000.
	maxExponent = 64
	maxDigits   = 400
)

// gate lets a decimal of ordinary size in, and refuses any other before it is
// compared or added. name is the field or argument that holds it.
func gate(metric, name string, d decimal.Decimal) error {
	return gateTimes(metric, name, d, 1)
}

// gateTimes is gate for a product of times decimals, or a sum of such.
func gateTimes(metric, name string, d decimal.Decimal, times int32) error {
	if e := d.Exponent(); e < -times*maxExponent || e > times*maxExponent {
		return fail(metric, CodeTooLarge, "%s.Exponent = %d", name, e)
	}
	// 20 digits more hold a sum over any int64 of rows.
	if n := d.NumDigits(); n > int(times-1)*(maxDigits+20)+maxDigits {
		return fail(metric, CodeTooLarge, "%s.NumDigits = %d", name, n)
	}
	return nil
}

// amount lets a d of ordinary size in that is not negative.
func amount(metric, name string, d decimal.Decimal) error {
	if err := gate(metric, name, d); err != nil {
		return err
	}
	if d.Sign() < 0 {
		return fail(metric, CodeNegative, "%s = %s", name, clip(plain(d)))
	}
	return nil
}

// plain prints a gated decimal exactly, whatever shopspring's globals say.
func plain(d decimal.Decimal) string {
	exp := int(d.Exponent())
	if exp >= 0 {
		return new(big.Int).Mul(d.Coefficient(), pow10(exp)).String()
	}
	return pointed(d.Coefficient(), -exp)
}

// money prints a gated decimal with a fixed number of places, rounded half away
// from zero.
func money(d decimal.Decimal, places int32) string { return ratio(d.Rat()).fixed(places) }

// pointed prints units of 10^−places with the point in its place.
func pointed(units *big.Int, places int) string {
	s := units.String()
	if places == 0 {
		return s
	}
	s, negative := strings.CutPrefix(s, "-")
	if len(s) <= places {
		s = strings.Repeat("0", places-len(s)+1) + s
	}
	s = s[:len(s)-places] + "." + s[len(s)-places:]
	if negative {
		return "-" + s
	}
	return s
}

// jsonAmount is how every type of the library writes and reads money in JSON:
// exactly, as a string, whatever shopspring's globals say, and not at all beyond
// what gate lets in and sums of it reach.
type jsonAmount decimal.Decimal

// MarshalJSON writes "10.50", or "1e64" where a positive exponent would write more
// digits than are read back.
func (a jsonAmount) MarshalJSON() ([]byte, error) {
	d := decimal.Decimal(a)
	if err := gateTimes("json.Marshal", "amount", d, 2); err != nil {
		return nil, err
	}
	text := plain(d)
	if exp := d.Exponent(); exp > 0 && len(text) > maxDigits {
		text = d.Coefficient().String() + "e" + strconv.Itoa(int(exp))
	}
	return []byte(`"` + text + `"`), nil
}

// maxAmountText bounds the length of an amount in JSON: two gates of digits, a
// sign, a point and an exponent.
const maxAmountText = 2*maxDigits + 64

// UnmarshalJSON reads a string or a number; null changes nothing.
func (a *jsonAmount) UnmarshalJSON(data []byte) error {
	const metric = "json.Unmarshal"
	text := string(data[:min(len(data), maxAmountText+1)])
	switch {
	case text == "null":
		return nil
	case len(text) > maxAmountText:
		return fail(metric, CodeTooLarge, "amount: %d B", len(data))
	case text[0] == '"':
		if err := json.Unmarshal(data, &text); err != nil {
			return fail(metric, CodeSyntax, "%s", clip(string(data)))
		}
	}
	n, exp, err := parseDecimal(metric, text, 2*maxExponent)
	if err != nil {
		return err
	}
	d := decimal.NewFromBigInt(n, int32(exp)) //nolint:gosec // within maxAmountText
	if err := gateTimes(metric, "amount", d, 2); err != nil {
		return err
	}
	*a = jsonAmount(d)
	return nil
}

// readForm decodes data into *form, or leaves it as it was. shadow returns a
// pointer to what stands for a form in JSON, whose money is jsonAmounts.
func readForm[T any](form *T, shadow func(*T) any, data []byte) error {
	t := *form
	if err := json.Unmarshal(data, shadow(&t)); err != nil {
		return err
	}
	*form = t
	return nil
}

// noJSON makes json.Marshal of a collection an error, where it would otherwise
// write {} and lose everything. Its method has a value receiver so that a
// collection passed by value is caught too.
type noJSON struct{}

// MarshalJSON returns an error: a collection has no JSON form. Use its binary
// form, or marshal the answers to questions.
func (noJSON) MarshalJSON() ([]byte, error) {
	return nil, fail("json.Marshal", CodeNoJSON, "→ MarshalBinary")
}

// UnmarshalJSON returns an error, as MarshalJSON does.
func (*noJSON) UnmarshalJSON([]byte) error {
	return fail("json.Unmarshal", CodeNoJSON, "→ UnmarshalBinary")
}

// Every binary form begins with magic, its kind and its version.
const (
	magic        = "kpi"
	codecVersion = 1
)

// The kinds of binary form.
const (
	kindSum           byte = 'S'
	kindLog           byte = 'L'
	kindCohorts       byte = 'C'
	kindFunnel        byte = 'F'
	kindCustomers     byte = 'H' // for histories
	kindRFM           byte = 'R'
	kindDurations     byte = 'D'
	kindHistogram     byte = 'B' // for buckets
	kindActivity      byte = 'A'
	kindSessions      byte = 'P' // for pages
	kindPipeline      byte = 'W' // for what is weighted
	kindScorecard     byte = 'K'
	kindRanking       byte = 'U' // for AUC
	kindCredits       byte = 'T' // for touches
	kindService       byte = 'G' // for agents
	kindMovements     byte = 'M'
	kindDrivers       byte = 'J'
	kindSurvival      byte = 'V'
	kindConcentration byte = 'Z'
	kindABC           byte = 'Q' // for the quota that a class holds
	kindWarnings      byte = 'N' // for notices
)

func appendHeader(b []byte, kind byte) []byte {
	return append(append(b, magic...), kind, codecVersion)
}

func appendInt(b []byte, v int64) []byte { return binary.AppendVarint(b, v) }

func appendUint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// readable refuses texts that are no text, and that JSON would change.
func readable(metric string, texts ...string) error {
	for _, t := range texts {
		if !utf8.ValidString(t) {
			return fail(metric, CodeSyntax, "%s", clip(t))
		}
	}
	return nil
}

func appendText(b []byte, s string) []byte { return append(appendUint(b, uint64(len(s))), s...) }

// appendBig appends the sign and the magnitude of v, canonically.
func appendBig(b []byte, v *big.Int) []byte {
	return appendText(append(b, byte(v.Sign()+1)), string(v.Bytes())) //nolint:gosec // 0, 1 or 2
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendRational appends v in lowest terms.
func appendRational(b []byte, v Ratio) []byte {
	return appendBig(appendBig(b, v.r().Num()), v.r().Denom())
}

// appendDecimal appends v with its exponent.
func appendDecimal(b []byte, v decimal.Decimal) []byte {
	return appendBig(appendInt(b, int64(v.Exponent())), v.Coefficient())
}

// The seconds since 1970 of the years 1 to 9999, which JSON can hold too, and
// the seconds of any offset from UTC.
const (
	firstSecond = -62_135_596_800
	lastSecond  = 253_402_300_799
	maxOffset   = 86_399
)

// codable refuses an instant that appendTime cannot hold.
func codable(metric, name string, t time.Time) error {
	s := t.Unix()
	if _, offset := t.Zone(); s < firstSecond || s > lastSecond || offset < -maxOffset || offset > maxOffset {
		return fail(metric, CodeTime, "%s.Year = %d ∉ [1, 9999]", name, t.Year())
	}
	return nil
}

// sayable returns t, in UTC where its offset has seconds, as local mean time does, or
// turns the year 9999 into 10000: RFC 3339 cannot say either, and time.Time's JSON moves
// the instant or fails. The zero time, which is none, has no offset.
func sayable(t time.Time) time.Time {
	if unsayable(t) {
		return t.UTC()
	}
	return t
}

func unsayable(t time.Time) bool {
	_, offset := t.Zone()
	return offset%60 != 0 || t.Year() > 9999 || t.IsZero() && offset != 0
}

// jsonNumber returns the number of a customer as JSON has it beside the id: none where
// there is an id, but 0 where there is not.
func jsonNumber(id string, number uint64) *uint64 {
	if id == "" || number != 0 {
		return &number
	}
	return nil
}

// jsonTime is an instant in JSON, in RFC 3339 at its own offset or else in UTC.
type jsonTime time.Time

// MarshalJSON writes the instant; it returns an error if its year has not four
// digits.
func (t jsonTime) MarshalJSON() ([]byte, error) { return sayable(time.Time(t)).MarshalJSON() }

// UnmarshalJSON reads an instant as time.Time does.
func (t *jsonTime) UnmarshalJSON(data []byte) error { return (*time.Time)(t).UnmarshalJSON(data) }

// appendTime appends the instant t and its offset from UTC, all that a reader
// without time zones can use.
func appendTime(b []byte, t time.Time) []byte {
	t = sayable(t)
	_, offset := t.Zone()
	b = appendUint(appendInt(b, t.Unix()), uint64(t.Nanosecond())) //nolint:gosec // not negative
	return appendInt(b, int64(offset))
}

// decoder reads a binary form; its first error sticks, and what it allocates is
// in proportion to the input, whatever the input claims.
type decoder struct {
	metric string
	b      []byte
	err    error
}

func newDecoder(metric string, kind byte, data []byte) *decoder {
	d := &decoder{metric: metric, b: data}
	head := appendHeader(nil, kind)
	switch {
	case len(data) < len(head) || string(data[:len(head)-1]) != string(head[:len(head)-1]):
		d.fail("header ≠ %q", head[:len(head)-1])
	case data[len(head)-1] != codecVersion:
		d.err = fail(metric, CodeVersion, "%d ≠ %d", data[len(head)-1], codecVersion)
	default:
		d.b = data[len(head):]
	}
	return d
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fail(d.metric, CodeCorrupt, format, args...)
	}
}

// uint reads a number of at most limit. An encoding longer than need be is
// refused, so that equal states have equal bytes.
func (d *decoder) uint(limit uint64) uint64 {
	if d.err != nil {
		return 0
	}
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > limit || n != len(binary.AppendUvarint(nil, v)) {
		d.fail("uint ∉ [0, %d]", limit)
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int(lo, hi int64) int64 {
	if d.err != nil {
		return 0
	}
	v, n := binary.Varint(d.b)
	if n <= 0 || v < lo || v > hi || n != len(binary.AppendVarint(nil, v)) {
		d.fail("int ∉ [%d, %d]", lo, hi)
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) bool() bool { return d.uint(1) == 1 }

// count64 reads a count that is no number of elements.
func (d *decoder) count64() int64 { return d.int(0, math.MaxInt64) }

// duration reads a time.Duration that is not negative.
func (d *decoder) duration() time.Duration { return time.Duration(d.count64()) }

// count reads the number of elements to come, each of at least size bytes.
func (d *decoder) count(size int) int {
	n := d.uint(uint64(len(d.b)))
	if d.err == nil && n > uint64(len(d.b))/uint64(size) { //nolint:gosec // a small constant
		d.fail("count = %d, len = %d", n, len(d.b))
		return 0
	}
	return int(n) //nolint:gosec // at most len(d.b)
}

// text reads a text of UTF-8: any other has no form in JSON.
func (d *decoder) text() string {
	s := string(d.raw())
	if !utf8.ValidString(s) {
		d.fail("%s", clip(s))
	}
	return s
}

// raw reads bytes, which are those of the input.
func (d *decoder) raw() []byte {
	n := d.count(1)
	if d.err != nil {
		return nil
	}
	s := d.b[:n]
	d.b = d.b[n:]
	return s
}

// maxBigBits bounds what appendBig writes and big reads.
const maxBigBits = 16 * maxDigits

// big reads what appendBig wrote: no leading zero bytes, no signed zero.
func (d *decoder) big() *big.Int { return d.bigOf(maxBigBits) }

// bigOf is big for another bound.
func (d *decoder) bigOf(bits int) *big.Int {
	sign := int(d.uint(2)) - 1 //nolint:gosec // at most 2
	bytes := d.raw()
	v := new(big.Int).SetBytes(bytes)
	if v.Sign() != sign*sign || len(bytes) > 0 && bytes[0] == 0 {
		d.fail("big.Int")
	}
	if v.BitLen() > bits {
		d.fail("big.Int.BitLen = %d", v.BitLen())
	}
	if sign < 0 {
		v.Neg(v)
	}
	return v
}

// decimal reads what appendDecimal wrote of a product of times decimals.
func (d *decoder) decimal(times int32) decimal.Decimal {
	exp := int32(d.int(-int64(times)*maxExponent, int64(times)*maxExponent)) //nolint:gosec // bounded on the same line
	v := decimal.NewFromBigInt(d.big(), exp)
	if d.err == nil {
		d.err = gateTimes(d.metric, "decimal", v, times)
	}
	return v
}

// rational reads a Ratio in lowest terms, neither part of more than so many bits.
func (d *decoder) rational(bits int) Ratio {
	num, den := d.bigOf(bits), d.bigOf(bits)
	if d.err != nil || den.Sign() <= 0 {
		d.fail("Denom.Sign = %d", den.Sign())
		return Ratio{}
	}
	v := new(big.Rat).SetFrac(num, den)
	if v.Denom().Cmp(den) != 0 {
		d.fail("GCD(Num, Denom) ≠ 1")
	}
	return ratio(v)
}

func (d *decoder) time() time.Time {
	t := time.Unix(d.int(firstSecond, lastSecond), int64(d.uint(999_999_999))) //nolint:gosec // bounded on the same line
	offset := int(d.int(-maxOffset, maxOffset))
	if offset != 0 {
		t = t.In(time.FixedZone("", offset))
		if unsayable(t) {
			d.fail("offset = %d", offset)
		}
		return t
	}
	return t.UTC()
}

// done returns the first error, or one if bytes are left over.
func (d *decoder) done() error {
	if len(d.b) > 0 {
		d.fail("len = %d > 0", len(d.b))
	}
	return d.err
}
