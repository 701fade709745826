package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// An answer is a whole answer: every figure that is not 0, by its name. Money is
// in cents, durations are in milliseconds and months and weeks numbered from 0,
// so that all figures are integers and equal means equal.
type answer map[string]int64

// diff says where b departs from a, or is "".
func (a answer) diff(b answer) string {
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	const shown = 20
	var out strings.Builder
	n := 0
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if a[k] == b[k] {
			continue
		}
		if n++; n <= shown {
			fmt.Fprintf(&out, "  %s: %d, not %d\n", k, b[k], a[k])
		}
	}
	if n > shown {
		fmt.Fprintf(&out, "  and %d more of %d\n", n-shown, len(keys))
	}
	return out.String()
}

// key names a figure: "3/1".
func key(parts ...int) string {
	var b []byte
	for i, p := range parts {
		if i > 0 {
			b = append(b, '/')
		}
		b = strconv.AppendInt(b, int64(p), 10)
	}
	return string(b)
}

// set names a figure that is not 0.
func (a answer) set(name string, value int64) {
	if value != 0 {
		a[name] = value
	}
}
