package kpi

import "math"

// logRising returns lnΓ(p+d) − lnΓ(p) for p > 0, d ≥ 0, without the difference of
// two large numbers: Stirling's formula, from 20 on.
func logRising(p, d float64) float64 {
	if d == 0 {
		return 0
	}
	product := 1.0
	for ; p < 20; p++ {
		product *= p / (p + d)
	}
	rest := func(z float64) float64 {
		y := 1 / (z * z)
		return (1.0/12 - y*(1.0/360-y*(1.0/1260-y*(1.0/1680-y/1188)))) / z
	}
	return math.Log(product) + (p-0.5)*math.Log1p(d/p) + d*(math.Log(p+d)-1) + (rest(p+d) - rest(p))
}

// psiRising returns ψ(p+d) − ψ(p), the derivative of logRising in p.
func psiRising(p, d float64) float64 {
	sum := 0.0
	for ; p < 20; p++ {
		sum += d / (p * (p + d))
	}
	rest := func(z float64) float64 {
		y := 1 / (z * z)
		return 0.5/z + y*(1.0/12-y*(1.0/120-y*(1.0/252-y*(1.0/240-y/132))))
	}
	return sum + math.Log1p(d/p) - (rest(p+d) - rest(p))
}

// nodes are those of Gauss and Legendre's rule of 20 points, of 1 to each side, with
// their weights.
var nodes = [...][2]float64{
	{0.993128599185094924, 0.0176140071391521183},
	{0.963971927277913791, 0.0406014298003869413},
	{0.912234428251325905, 0.0626720483341090635},
	{0.839116971822218823, 0.0832767415767047487},
	{0.746331906460150792, 0.1019301198172404350},
	{0.636053680726515025, 0.1181945319615184173},
	{0.510867001950827098, 0.1316886384491766268},
	{0.373706088715419560, 0.1420961093183820513},
	{0.227785851141645078, 0.1491729864726037467},
	{0.076526521133497333, 0.1527533871307258506},
}

const (
	widest     = 3    // panel between the scales of an integrand in a log
	panelsMost = 4000 // to a side; those of the last scales grow, and 100 are many
	negligible = 1e-18
)

// bump is where an integrand in the log of something, or of its odds, has its
// interest. It is smooth, has one peak and falls off to both sides.
type bump struct {
	peak, width float64 // where to begin, and the width of the first panels
	lo, hi      float64 // the limits
	first, last float64 // the outermost scales, beyond which it is an exponential
}

// integrate adds up an integrand, by panels from the peak outwards: add takes a node
// and its weight, and returns its part of what is integrated.
func (s bump) integrate(add func(v, w float64) float64) (total float64) {
	for _, side := range []float64{1, -1} {
		end := s.hi
		if side < 0 {
			end = s.lo
		}
		from, width := s.peak, s.width
		for range panelsMost {
			half := min(width, side*(end-from)) / 2
			if !(half > 0) || from+side*half == from {
				break
			}
			mid, part := from+side*half, 0.0
			for _, n := range nodes {
				part += add(mid-half*n[0], half*n[1])
				part += add(mid+half*n[0], half*n[1])
			}
			total += part
			if !(part > negligible*total) && from != s.peak {
				break
			}
			from += side * 2 * half
			width = min(1.4*width, max(widest, (from-s.last)/2, (s.first-from)/2))
		}
	}
	return total
}

// unbounded is where a float64 has no exponential, and farther where none matters.
const (
	unbounded = 745
	farther   = 1e9
)

// peaked returns the bump of a log-concave integrand from the slope of its log: the
// width of the first panels is what its curvature allows.
func peaked(lo, hi, first, last float64, slope func(v float64) float64) bump {
	a, b := lo, hi
	for range 60 {
		mid := a + (b-a)/2
		if slope(mid) > 0 {
			a = mid
		} else {
			b = mid
		}
	}
	s := bump{peak: a, lo: lo, hi: hi, first: first, last: last, width: widest / 2.0}
	const h = 1e-3
	if c := (slope(a-h) - slope(a+h)) / (2 * h); c > 0 {
		s.width = min(s.width, 1.5/math.Sqrt(c))
	}
	if m := math.Abs(slope(a)); m > 0 { // a limit cuts it off
		s.width = min(s.width, 3/m)
	}
	return s
}

// softplus returns ln(1 + e^v).
func softplus(v float64) float64 {
	if v > 0 {
		return v + math.Log1p(math.Exp(-v))
	}
	return math.Log1p(math.Exp(v))
}

// overBeta returns the mean over p ~ Beta(a, b) of g, which changes where p·scale is
// about 1 and has a value at 0, in the log of the odds.
func overBeta(a, b, scale float64, g func(p float64) float64) float64 {
	s := peaked(-farther, farther, min(-5, -math.Log(scale)-3), 5, func(v float64) float64 {
		p := 1 / (1 + math.Exp(-v))
		return a*(1-p) - b*p
	})
	logDensity := func(v float64) float64 {
		return -a*softplus(-v) - b*softplus(v) // ln p and ln(1−p)
	}
	top, sum := logDensity(s.peak), 0.0
	all := s.integrate(func(v, w float64) float64 {
		w *= math.Exp(logDensity(v) - top)
		if w > 0 {
			sum += w * g(1/(1+math.Exp(-v)))
		}
		return w
	})
	return sum / all
}

// scaledExpInt returns e^w·E_s(w) for w, s > 0.
func scaledExpInt(s, w float64) float64 {
	if w >= 0.5 || w+s > 50 {
		// The continued fraction 1/(w+s − 1·s/(w+s+2 − 2(s+1)/(w+s+4 − …))), by Lentz.
		b := w + s
		f := 1 / b
		c, d := math.Inf(1), f
		for i := 1.0; i < 10_000; i++ {
			a := -i * (s + i - 1)
			b += 2
			d = 1 / (a*d + b)
			c = b + a/c
			delta := c * d
			f *= delta
			if math.Abs(delta-1) < 1e-16 {
				break
			}
		}
		return f
	}
	// ∫ e^(−wy)·(1+y)^(−s) dy, in the log of y.
	return peaked(-unbounded, unbounded, -3, max(3, 3-math.Log(w)), func(v float64) float64 {
		y := math.Exp(v)
		return 1 - w*y - s/(1+1/y)
	}).integrate(func(v, dv float64) float64 {
		y := math.Exp(v)
		return dv * math.Exp(v-w*y-s*math.Log1p(y))
	})
}

// logCoefficient returns the log of Γ(r+n)/(Γ(r)·n!).
func logCoefficient(n, r float64) float64 {
	if n == 0 {
		return 0
	}
	gamma, _ := math.Lgamma(r)
	if r < 1 {
		return -logRising(n+r, 1-r) - gamma
	}
	return logRising(n+1, r-1) - gamma
}
