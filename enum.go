package kpi

import (
	"fmt"
)

// enumName returns names[i], or "kind(i)".
func enumName(names []string, i int, kind string) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return names[i]
}

// parseEnum returns the index of s in names.
func parseEnum(metric string, names []string, s string) (int, error) {
	for i, n := range names {
		if n == s {
			return i, nil
		}
	}
	return 0, fail(metric, CodeUnknownName, "%s", clip(s))
}

// readEnum is the UnmarshalText of every enumeration.
func readEnum[E any](e *E, parse func(string) (E, error), text []byte) error {
	v, err := parse(string(text))
	if err == nil {
		*e = v
	}
	return err
}
