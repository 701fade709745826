package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// The golden file was read line by line by whoever added it; see also TestTruth.
func TestReport(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/output.golden")
	require.NoError(t, err)
	var got bytes.Buffer
	require.NoError(t, report(&got))
	require.Equal(t, string(want), got.String())
	require.Equal(t, 1, strings.Count(got.String(), "Limits of what would happen: not known"))
}

// The shop is the same wherever it is drawn, and its customers all order.
func TestTruth(t *testing.T) {
	t.Parallel()
	log, err := generate()
	require.NoError(t, err)
	customers, err := log.Customers(t.Context(), kpi.CustomerSpec{AsOf: day(2026, 1), Since: day(2024, 1)})
	require.NoError(t, err)
	require.Len(t, customers.Rows, madeUp)
	for _, c := range customers.Rows {
		require.False(t, c.FirstSeen)
		require.Equal(t, 2024, c.First.Year())
	}
}
