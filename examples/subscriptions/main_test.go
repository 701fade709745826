package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The golden file was confirmed once by an independent route; the message of
// the commit that added it says how.
func TestReport(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/output.golden")
	require.NoError(t, err)
	var got bytes.Buffer
	require.NoError(t, report(&got))
	require.Equal(t, string(want), got.String())
}
