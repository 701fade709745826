package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What make bench-peers does, in small and in this process. Peers that are not
// installed are skipped; DuckDB always is.
func TestPeersAgree(t *testing.T) {
	dir := t.TempDir()
	const rows, customers = 200_000, 20_000
	appended, err := prepare(dir, rows, customers)
	require.NoError(t, err)
	for _, p := range peers {
		if p.missing != nil && p.missing() != "" {
			t.Run(p.name, func(t *testing.T) { t.Skip(p.missing()) })
		}
	}
	r := report{rows: rows, customers: customers, runs: 1, appended: appended, threads: []int{1, 2}}
	for _, q := range questions {
		t.Run(q.name, func(t *testing.T) {
			require.NoError(t, r.put(q, "", func(p *peer, threads int) (measurement, error) {
				j := job{dir, q, threads, 1, time.Second}
				if p.open == nil {
					return p.measure(j)
				}
				return p.here(j)
			}))
		})
	}
	path := filepath.Join(dir, "README.md")
	require.NoError(t, os.WriteFile(path, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o600))
	require.NoError(t, r.write(path))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "before\n"+begin+"\n"+r.String()+"\n"+end+"after\n", string(b))
	for _, q := range questions {
		require.Contains(t, string(b), q.title)
	}
}

func TestGenerate(t *testing.T) {
	const rows, customers = 20_000, 1_000
	events := generate(rows, customers)
	require.Len(t, events, rows)
	require.Equal(t, events, generate(rows, customers))
	type moment struct {
		id uint64
		at int64
	}
	seen, ids := map[moment]bool{}, map[uint64]bool{}
	for i, e := range events {
		require.False(t, seen[moment{e.id, e.at}], "two events of a customer at one instant")
		seen[moment{e.id, e.at}], ids[e.id] = true, true
		require.True(t, i == 0 || events[i-1].at <= e.at)
		require.GreaterOrEqual(t, e.at, spanStart.UnixMilli())
		require.Less(t, e.at, spanEnd.UnixMilli())
		require.Positive(t, e.cents)
		require.Len(t, appendText(nil, e.id), textLen)
	}
	require.Len(t, ids, customers)
}

func TestDiff(t *testing.T) {
	a := answer{"1": 7, "2": 8, "3": 9}
	require.Empty(t, a.diff(answer{"1": 7, "2": 8, "3": 9}))
	require.Equal(t, "  2: 6, not 8\n  3: 0, not 9\n  4: 1, not 0\n", a.diff(answer{"1": 7, "2": 6, "4": 1}))
}
