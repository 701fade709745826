package kpi

import "math/big"

// halfLifePlaces is the number of decimals of a half-life factor.
const halfLifePlaces = 18

// halfLife returns 2^(−age/life) for age ≥ 0 and life > 0 in one unit, days or
// nanoseconds: rounded once, half away from zero, to 18 decimals, and a rational
// from there on. It is whole-number arithmetic, so that every platform has the same
// digits.
func halfLife(age, life int64) Ratio {
	whole, part := age/life, age%life
	unit := pow10(halfLifePlaces)
	if whole > halfLifePlaces*4 { // 2^−72 of 10¹⁸ is below ½
		return Ratio{}
	}
	if part == 0 {
		return ratio(new(big.Rat).SetFrac(halved(unit, uint(whole)), unit)) //nolint:gosec // small
	}
	// 2^(−part/life) is irrational, so that some precision tells on which side of a
	// half it lies.
	for bits := uint(128); ; bits *= 2 {
		v := exp2Part(part, life, bits)
		// v is off by fewer than 2¹⁰ of its units.
		off := new(big.Int).Lsh(bigOne, 10)
		lo := new(big.Int).Sub(v, off)
		hi := off.Add(v, off)
		shift := bits + uint(whole) //nolint:gosec // small
		lo, hi = halved(lo.Mul(lo, unit), shift), halved(hi.Mul(hi, unit), shift)
		if lo.Cmp(hi) == 0 {
			return ratio(new(big.Rat).SetFrac(lo, unit))
		}
	}
}

// halved returns n/2^shift of an n ≥ 0, rounded half up.
func halved(n *big.Int, shift uint) *big.Int {
	if shift == 0 {
		return n
	}
	q := new(big.Int).Rsh(n, shift-1)
	return q.Add(q, bigOne).Rsh(q, 1)
}

// exp2Part returns 2^(−part/life), 0 < part < life, in units of 2^−bits: e^−y by its
// series, with y = ln 2·part/life. Each step is cut off below one unit, and there
// are fewer of them than there are bits.
func exp2Part(part, life int64, bits uint) *big.Int {
	y := ln2(bits)
	y.Mul(y, big.NewInt(part)).Quo(y, big.NewInt(life))
	sum, power := new(big.Int).Lsh(bigOne, bits), new(big.Int).Lsh(bigOne, bits)
	for n := int64(1); power.Sign() != 0; n++ {
		power.Mul(power, y).Rsh(power, bits).Quo(power, big.NewInt(n))
		if n%2 == 1 {
			sum.Sub(sum, power)
		} else {
			sum.Add(sum, power)
		}
	}
	return sum
}

// ln2 returns ln 2 = 2·Σ 1/((2n+1)·3^(2n+1)) in units of 2^−bits.
func ln2(bits uint) *big.Int {
	sum, power := new(big.Int), new(big.Int).Lsh(bigOne, bits+1)
	nine := big.NewInt(9)
	power.Quo(power, big.NewInt(3))
	for n := int64(1); power.Sign() != 0; n += 2 {
		sum.Add(sum, new(big.Int).Quo(power, big.NewInt(n)))
		power.Quo(power, nine)
	}
	return sum
}
