package kpi

import "math/big"

// decayUnit is 1 in what decay returns: eighteen decimals.
const decayUnit = 1_000_000_000_000_000_000

// decayBits is the precision that tells but for one age in 2^58.
const decayBits = 128

// decay returns 2^(−age/half) in units of 10^−18, rounded half away from zero: the
// weight of what lies age ≥ 0 back, if it loses half of it every half > 0, both in
// one unit of time. It is computed in integers, so that it is the same everywhere,
// and from there on a rational.
func decay(age, half int64) int64 {
	whole, part := age/half, age%half
	if whole > 60 {
		return 0 // below 2^−61, which is less than half a unit
	}
	for bits := uint(decayBits); ; bits *= 2 {
		if units, ok := decayWithin(whole, part, half, bits); ok {
			return units
		}
	}
}

// decayWithin is decay of age whole·half + part in fixed point with so many bits; ok
// is false if they do not tell to which side it rounds. With part = 0 they do. Else
// the value is irrational, lies on no boundary, and some number of bits tells.
func decayWithin(whole, part, half int64, bits uint) (units int64, ok bool) {
	one := new(big.Int).Lsh(bigOne, bits)
	value, off := new(big.Int).Set(one), new(big.Int)
	if part > 0 {
		// e^−y = Σ (−y)^k/k!, y = ln 2·part/half < 1. The series is cut off below a unit in
		// the last place, each of its fewer than bits terms adds what its division cuts off,
		// which the next one shrinks, and y is off by fewer than bits: all within 4·bits.
		y := ln2Narrow
		if bits != decayBits {
			y = ln2(bits)
		}
		y = new(big.Int).Mul(y, big.NewInt(part))
		y.Quo(y, big.NewInt(half))
		term := new(big.Int).Set(one)
		for k := int64(1); term.Sign() != 0; k++ {
			term.Mul(term, y).Rsh(term, bits).Quo(term, big.NewInt(k))
			if k%2 == 1 {
				value.Sub(value, term)
			} else {
				value.Add(value, term)
			}
		}
		off.SetInt64(int64(bits) * 4) //nolint:gosec // a few hundred
	}
	// round(v) = ⌊(2·10^18·v + 2^(bits + whole))/2^(bits + whole + 1)⌋
	shift := bits + uint(whole) //nolint:gosec // 0 … 60
	round := func(v *big.Int) int64 {
		v.Mul(v, big.NewInt(2*decayUnit)).Add(v, new(big.Int).Lsh(bigOne, shift))
		return v.Rsh(v, shift+1).Int64()
	}
	lo := round(new(big.Int).Sub(value, off))
	return lo, lo == round(new(big.Int).Add(value, off))
}

var ln2Narrow = ln2(decayBits) // not to be changed

// ln2 returns the natural logarithm of 2 in fixed point, within fewer than bits units
// in the last place: Σ 1/(k·2^k).
func ln2(bits uint) *big.Int {
	sum, power := new(big.Int), new(big.Int).Lsh(bigOne, bits)
	for k := int64(1); power.Rsh(power, 1).Sign() != 0; k++ {
		sum.Add(sum, new(big.Int).Quo(power, big.NewInt(k)))
	}
	return sum
}

// halfLife is decay as a Ratio.
func halfLife(age, half int64) Ratio { return quotient(decay(age, half), decayUnit) }
