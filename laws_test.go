package kpi_test

import (
	"encoding"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// law describes a type that accumulates to the one harness that holds all such
// types to the same laws. Every family registers its own with obey.
type law[T any] struct {
	name   string
	random func(*rand.Rand) T // a valid state
	merge  func(dst *T, src T) error
	same   func(t *testing.T, want, got T) // nil: require.Equal
	bad    []T                             // states that cannot have been observed
	clash  [][2]T                          // valid states that cannot be merged: overflow, differing scales
	noJSON bool                            // a collection, which must refuse JSON
}

var laws = map[string]func(*testing.T){}

func obey[T any](l law[T]) struct{} {
	laws[l.name] = l.run
	return struct{}{}
}

func TestLaws(t *testing.T) {
	t.Parallel()
	for name, run := range laws {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t)
		})
	}
}

func (l law[T]) run(t *testing.T) {
	same := l.same
	if same == nil {
		same = func(t *testing.T, want, got T) {
			t.Helper()
			require.Equal(t, want, got)
		}
	}
	merged := func(states ...T) T {
		var sum T
		for _, s := range states {
			require.NoError(t, l.merge(&sum, s))
		}
		return sum
	}
	var zero T
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		a, b, c := l.random(r), l.random(r), l.random(r)
		same(t, a, merged(a, zero))
		same(t, a, merged(zero, a))
		same(t, merged(a, b), merged(b, a))
		same(t, merged(merged(a, b), c), merged(a, merged(b, c)))
		l.codecs(t, same, a)
	}
	for _, bad := range l.bad {
		good := l.random(r)
		l.refuses(t, same, good, bad)
		l.refuses(t, same, bad, good)
	}
	for _, p := range l.clash {
		l.refuses(t, same, p[0], p[1])
		l.refuses(t, same, p[1], p[0])
	}
}

// refuses holds a Merge that fails to its promise: a *kpi.Error that says the
// data are invalid, and a receiver as it was.
func (l law[T]) refuses(t *testing.T, same func(*testing.T, T, T), dst, src T) {
	t.Helper()
	before := dst
	err := l.merge(&dst, src)
	requireError(t, err, kpi.ErrInvalid)
	same(t, before, dst)
}

// codecs round-trips a state through every encoding that it has.
func (l law[T]) codecs(t *testing.T, same func(*testing.T, T, T), a T) {
	t.Helper()
	data, err := json.Marshal(a)
	if l.noJSON {
		require.ErrorIs(t, err, kpi.ErrInvalid)
	} else {
		require.NoError(t, err)
		var back T
		require.NoError(t, json.Unmarshal(data, &back))
		same(t, a, back)
	}
	m, ok := any(&a).(encoding.BinaryMarshaler)
	if !ok {
		return
	}
	data, err = m.MarshalBinary()
	require.NoError(t, err)
	var back T
	u, ok := any(&back).(encoding.BinaryUnmarshaler)
	require.True(t, ok, "MarshalBinary without UnmarshalBinary")
	require.NoError(t, u.UnmarshalBinary(data))
	same(t, a, back)
	again, err := any(&back).(encoding.BinaryMarshaler).MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, data, again, "equal states, equal bytes")
	for i := range data {
		requireError(t, u.UnmarshalBinary(data[:i]), kpi.ErrInvalid)
		same(t, a, back)
	}
	requireError(t, u.UnmarshalBinary(append(data, 0)), kpi.ErrInvalid)
	data[4]++
	requireError(t, u.UnmarshalBinary(data), kpi.ErrInvalid)
	same(t, a, back)
}

// requireError demands a *kpi.Error of that kind, with texts in both languages.
func requireError(t *testing.T, err, kind error) *kpi.Error {
	t.Helper()
	require.ErrorIs(t, err, kind)
	var e *kpi.Error
	require.ErrorAs(t, err, &e)
	require.NotEmpty(t, e.Metric)
	require.NotContains(t, e.Code.String(), "Code(", "a code without a text")
	require.Contains(t, e.Chinese(), e.Code.Chinese())
	return e
}

// requireRatio demands exactly want, written as String writes it.
func requireRatio(t *testing.T, want string, got kpi.Ratio, err error) {
	t.Helper()
	require.NoError(t, err)
	require.Equal(t, want, got.String())
}

// must returns the Ratio that s spells.
func must(s string) kpi.Ratio { return kpi.Must(kpi.ParseRatio(s)) }
