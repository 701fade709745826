package kpi

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// ParseRatio reads "0.7", "7/10", "70%" or "1.5e3". It returns an error if s is
// none of these, is longer than 65,536 bytes, has an exponent outside ±64, or
// divides by zero.
func ParseRatio(s string) (Ratio, error) {
	const metric = "ParseRatio"
	if len(s) > maxRatioText {
		return Ratio{}, fail(metric, CodeTooLarge, "%d B", len(s))
	}
	if num, den, ok := strings.Cut(s, "/"); ok {
		n, okN := parseInt(num)
		d, okD := parseInt(den)
		if !okN || !okD || strings.HasPrefix(den, "-") || strings.HasPrefix(den, "+") {
			return Ratio{}, fail(metric, CodeSyntax, "%s", clip(s))
		}
		if d.Sign() == 0 {
			return Ratio{}, fail(metric, CodeZeroDenominator, "%s", clip(s))
		}
		return ratio(new(big.Rat).SetFrac(n, d)), nil
	}
	text, percent := strings.CutSuffix(s, "%")
	n, exponent, err := parseDecimal(metric, text, maxExponent)
	if err != nil {
		return Ratio{}, err
	}
	if percent {
		exponent -= 2
	}
	return ratio(scaled(n, exponent)), nil
}

// parseDecimal reads "-12.5e3" as n·10^exponent; what stands behind the e is
// within ±limit.
func parseDecimal(metric, s string, limit int) (n *big.Int, exponent int, err error) {
	mantissa := s
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, 0, fail(metric, CodeSyntax, "%s", clip(s))
		}
		if e < -limit || e > limit {
			return nil, 0, fail(metric, CodeTooLarge, "Exponent = %s", clip(s[i+1:]))
		}
		mantissa, exponent = s[:i], e
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	if strings.Trim(whole, "+-") == "" && frac == "" {
		return nil, 0, fail(metric, CodeSyntax, "%s", clip(s))
	}
	if whole == "" || whole == "-" || whole == "+" {
		whole += "0"
	}
	n, ok := parseInt(whole + frac)
	if !ok {
		return nil, 0, fail(metric, CodeSyntax, "%s", clip(s))
	}
	return n, exponent - len(frac), nil
}

// parseInt reads an optional sign and at least one ASCII digit, and nothing
// else: big.Int.SetString alone would accept underscores.
func parseInt(s string) (*big.Int, bool) {
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "+"), "-")
	if len(s)-len(digits) > 1 || digits == "" {
		return nil, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return nil, false
		}
	}
	return new(big.Int).SetString(s, 10)
}

// Percent returns x as a percentage with a fixed number of places, clamped to
// 0 … 400, rounded half away from zero: 1/12 with one place is "8.3%".
func (x Ratio) Percent(places int32) string {
	return x.Mul(Whole(100)).fixed(max(places, 0)) + "%"
}

// fixed returns x with exactly places ≥ 0 digits after the point.
func (x Ratio) fixed(places int32) string {
	places = clampPlaces(places)
	return pointed(x.units(places, false), int(places))
}

// String returns x exactly: as a decimal where it ends ("0.042"), else as a
// fraction in lowest terms ("5000/21").
func (x Ratio) String() string {
	places, ok := decimalPlaces(x.r().Denom())
	if !ok {
		return x.r().Num().String() + "/" + x.r().Denom().String()
	}
	return pointed(x.units(int32(places), false), places) //nolint:gosec // at most exactPlaces
}

// exactPlaces is the most places that String spends on a decimal that ends;
// longer ones read better as fractions.
const exactPlaces = 64

// decimalPlaces returns the least number of places that hold every multiple of
// 1/den, if that is finite and at most exactPlaces.
func decimalPlaces(den *big.Int) (int, bool) {
	if den.BitLen() > 4*exactPlaces {
		return 0, false
	}
	twos := int(den.TrailingZeroBits())
	rest := new(big.Int).Rsh(den, uint(twos))
	fives, five, mod := 0, big.NewInt(5), new(big.Int)
	for rest.Cmp(bigOne) > 0 {
		if rest.QuoRem(rest, five, mod); mod.Sign() != 0 {
			return 0, false
		}
		fives++
	}
	places := max(twos, fives)
	return places, places <= exactPlaces
}

// Format implements fmt.Formatter: %v and %s print x exactly, %f and %.2f
// rounded half away from zero to at most 400 places, %e and %g through float64.
// Width and the flags '+', '-', ' ' and '0' work as for floats, but that nothing
// is printed as −0.
func (x Ratio) Format(f fmt.State, verb rune) {
	switch verb {
	case 'v', 's':
		pad(f, x.String())
	case 'q':
		pad(f, strconv.Quote(x.String()))
	case 'f', 'F':
		places, ok := f.Precision()
		if !ok {
			places = 6
		}
		text := x.fixed(int32(min(places, maxPlaces)))
		if !strings.HasPrefix(text, "-") { // −0.001 rounds to 0.00
			switch {
			case f.Flag('+'):
				text = "+" + text
			case f.Flag(' '):
				text = " " + text
			}
		}
		pad(f, text)
	case 'e', 'E', 'g', 'G':
		_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), x.Float64())
	default:
		_, _ = fmt.Fprintf(f, "%%!%c(kpi.Ratio=%s)", verb, x.String())
	}
}

// pad writes text in the width that f asks for.
func pad(f fmt.State, text string) {
	width, _ := f.Width()
	fill := max(width-len([]rune(text)), 0)
	switch {
	case f.Flag('-'):
		text += strings.Repeat(" ", fill)
	case f.Flag('0') && fill > 0:
		sign := len(text) - len(strings.TrimLeft(text, "+- "))
		text = text[:sign] + strings.Repeat("0", fill) + text[sign:]
	default:
		text = strings.Repeat(" ", fill) + text
	}
	_, _ = f.Write([]byte(text))
}

// MarshalText returns x exactly, as String does, which is also its form in JSON.
// What is longer than 65,536 bytes is not read back.
func (x Ratio) MarshalText() ([]byte, error) { return []byte(x.String()), nil }

// UnmarshalText reads what ParseRatio reads. It leaves x as it was on an error.
func (x *Ratio) UnmarshalText(text []byte) error {
	r, err := ParseRatio(string(text))
	if err != nil {
		return err
	}
	*x = r
	return nil
}

// UnmarshalJSON reads a JSON string as ParseRatio does, or a JSON number
// exactly, without a float in between; null changes nothing. It leaves x as it
// was on an error.
func (x *Ratio) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	if len(data) == 0 || data[0] != '"' {
		return x.UnmarshalText(data)
	}
	var s string // some encoders write "7\/10"
	if err := json.Unmarshal(data, &s); err != nil {
		return fail("Ratio.UnmarshalJSON", CodeSyntax, "%s", clip(string(data)))
	}
	return x.UnmarshalText([]byte(s))
}
