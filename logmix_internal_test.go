package kpi

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// An id and its number are one to one.
func TestMixed(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		id, odd := r.Uint64()>>r.IntN(64), r.Uint64()|1
		require.Equal(t, uint64(1), odd*inverse(odd))
		require.Equal(t, id, unmixed(mixed(id, odd), inverse(odd)))
	}
}
