package kpi_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README shows the package Example and what it prints, to the letter.
func TestReadmeExample(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)

	_, body, ok := strings.Cut(string(source), "func Example() {\n")
	require.True(t, ok)
	code, output, ok := strings.Cut(body, "\t// Output:\n")
	require.True(t, ok)
	output, _, ok = strings.Cut(output, "}\n")
	require.True(t, ok)
	require.Contains(t, string(readme), "```go\n"+unindent(code, "\t")+"```\n")
	require.Contains(t, string(readme), "```text\n"+unindent(output, "\t// ")+"```\n")
}

func unindent(text, prefix string) string {
	lines := strings.SplitAfter(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], prefix)
	}
	return strings.Join(lines, "")
}
