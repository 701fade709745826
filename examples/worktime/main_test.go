package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The golden file was counted by hand: weekdays of each month, less those of the
// notice that are off, and the weekend dates that it says are worked.
func TestReport(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/output.golden")
	require.NoError(t, err)
	var got bytes.Buffer
	require.NoError(t, report(&got))
	require.Equal(t, string(want), got.String())
}
