package kpi_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

var _ = obey(law[kpi.Complaints]{
	name: "Complaints",
	random: func(r *rand.Rand) kpi.Complaints {
		who := 1 + r.Int64N(100)
		return kpi.Complaints{Complainants: who, Complaints: who + r.Int64N(50), Customers: who + r.Int64N(1000), Orders: r.Int64N(5000)}
	},
	merge: func(dst *kpi.Complaints, src kpi.Complaints) error { return dst.Merge(src) },
	bad: []kpi.Complaints{
		{Complaints: -1},
		{Complainants: -1},
		{Customers: -1},
		{Orders: -1},
		{Complaints: 1, Complainants: 2, Customers: 9},
		{Complaints: 9, Complainants: 2, Customers: 1},
	},
	clash: [][2]kpi.Complaints{
		{{Orders: math.MaxInt64}, {Orders: 1}},
		{{Complaints: 3}, {Complaints: 1, Complainants: 1, Customers: 1}},
	},
})

// Ten complaints by one customer and two by two others, of 100 customers with 400
// orders.
func TestComplaints(t *testing.T) {
	t.Parallel()
	c := kpi.Complaints{Complaints: 12, Complainants: 3, Customers: 100, Orders: 400}
	for want, ask := range map[string]func() (kpi.EventRate, error){"0.12": c.PerCustomer, "0.03": c.PerOrder} {
		e, err := ask()
		require.NoError(t, err)
		requireRatio(t, want, kpi.Must(e.Ratio()), nil)
		require.Equal(t, int64(12), e.Events)
	}
	e, err := c.PerOrder()
	require.NoError(t, err)
	i, err := e.Interval(0.95)
	require.NoError(t, err)
	// χ²(.025; 24)/2 = 6.2006 and χ²(.975; 26)/2 = 20.9616, of tables
	require.InDelta(t, 6.2006/400, i.Lo, 1e-6)
	require.InDelta(t, 20.9616/400, i.Hi, 1e-6)
	p, err := c.ComplainantRate()
	require.NoError(t, err)
	require.Equal(t, kpi.Proportion{K: 3, N: 100}, p)
}

func TestComplaintsErrors(t *testing.T) {
	t.Parallel()
	rates := func(c kpi.Complaints) []error {
		_, err1 := c.PerCustomer()
		_, err2 := c.PerOrder()
		_, err3 := c.ComplainantRate()
		return []error{err1, err2, err3}
	}
	for _, err := range rates(kpi.Complaints{}) {
		require.Equal(t, kpi.CodeZeroDenominator, requireError(t, err, kpi.ErrUndefined).Code)
	}
	for _, err := range rates(kpi.Complaints{Complaints: -1, Customers: 1, Orders: 1}) {
		require.Equal(t, kpi.CodeNegative, requireError(t, err, kpi.ErrInvalid).Code)
	}
	errs := rates(kpi.Complaints{Complaints: 4, Customers: 9, Orders: 9}) // nobody counted who complained
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	require.Equal(t, kpi.CodeMismatch, requireError(t, errs[2], kpi.ErrInvalid).Code)
}
