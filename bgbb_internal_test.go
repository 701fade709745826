package kpi

import "testing"

func TestBGBBSlopes(t *testing.T) {
	t.Parallel()
	for _, o := range [][3]int{{0, 0, 6}, {6, 6, 6}, {4, 5, 6}, {1, 1, 6}, {0, 0, 0}, {2, 3, 900}} {
		for _, p := range [][]float64{{1.2, .75, .66, 2.8}, {1e-3, 30, 5, .1}, {200, 1e-2, .01, 9}} {
			slopesOf(t, p, func(p []float64) (float64, []float64) {
				var slopes [4]float64
				log, _ := BGBB{Alpha: p[0], Beta: p[1], Gamma: p[2], Delta: p[3]}.history(o[0], o[1], o[2], false, &slopes)
				return log, slopes[:]
			})
		}
	}
}
