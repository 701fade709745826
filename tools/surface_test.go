package tools_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi/tools"
)

// TestSurface holds the library's own API to the rules.
func TestSurface(t *testing.T) {
	found, err := tools.CheckDir("..")
	require.NoError(t, err)
	for _, v := range found {
		t.Error(v)
	}
}

// TestCheck holds the rules to small packages that break them, and to their
// nearest neighbours that do not.
func TestCheck(t *testing.T) {
	const header = "// Package p is an example.\npackage p\n"
	tests := []struct {
		name string
		src  string
		want []string // "Name: rule", in the order of the source
	}{
		{name: "nothing", src: header},
		{
			name: "generic types",
			src: header + `
// Set is generic.
type Set[K comparable] map[K]struct{}
// Source is a generic interface, Next its method.
type Source[T any] interface { Next() T }
// Number is a constraint.
type Number interface { ~int | ~float64 }
type set[K comparable] map[K]struct{}
// Ints hides an instance of one.
type Ints struct { s set[int] }`,
			want: []string{"Set: generic", "Source: generic", "Number: generic"},
		},
		{
			name: "generic function",
			src: header + `
// Map is generic.
func Map[T any](x T) T { return id(x) }
func id[T any](x T) T { return x }`,
			want: []string{"Map: generic"},
		},
		{
			name: "aliases",
			src: header + `
// Number is an alias.
type Number = float64
// List is a generic alias.
type List[T any] = []T
type number = float64
// Two uses an unexported alias.
func Two() number { return 2 }`,
			want: []string{"Number: alias", "List: alias"},
		},
		{
			name: "named strings and bools",
			src: header + `
// Unit is a string.
type Unit string
// Flag is a bool at one remove.
type Flag hidden
type hidden bool
// Kind is fine.
type Kind int
// Names is fine.
type Names []string`,
			want: []string{"Unit: scalar", "Flag: scalar"},
		},
		{
			name: "iterators alone",
			src: header + `
import "iter"
// Table is a table.
type Table struct {
	// Rows is an iterator.
	Rows iter.Seq[int]
}
// All has no sibling.
func (Table) All() iter.Seq[int] { return nil }
// Pairs has none that fits.
func (*Table) Pairs() func(yield func(string, float64) bool) { return nil }
// Ticks yields nothing that a slice could hold.
func (Table) Ticks() func(yield func() bool) { return nil }
// Names is a slice of something else.
func (Table) Names() []string { return nil }
// Count has a slice that asks for more.
func Count() iter.Seq[int] { return nil }
// Counts takes an argument.
func Counts(n int) []int { return nil }
// Steps is an iterator by another name.
type Steps func(yield func(int) bool)
// Every is a variable.
var Every iter.Seq[int]`,
			want: []string{
				"Table.Rows: iterator", "Table.All: iterator", "Table.Pairs: iterator", "Table.Ticks: iterator",
				"Count: iterator", "Steps: iterator", "Every: iterator",
			},
		},
		{
			name: "iterators in company",
			src: header + `
import "iter"
// Table has a slice.
type Table struct{}
// All is an iterator.
func (Table) All() iter.Seq2[int, float64] { return nil }
// Slice is its sibling.
func (*Table) Slice() []float64 { return nil }
// List has an index.
type List struct{}
// All is an iterator.
func (List) All() iter.Seq[int] { return nil }
// Len is the length.
func (List) Len() int { return 0 }
// At is an element.
func (List) At(i int) int { return i }
// Lines is an iterator.
func Lines(s string) iter.Seq[string] { return nil }
// LineSlice is its sibling.
func LineSlice(s string) ([]string, error) { return nil, nil }
// Each takes a callback, which is no iterator.
func (List) Each(visit func(int) bool) {}`,
		},
		{
			name: "channels",
			src: header + `
import "time"
// Feed has channels.
type Feed struct {
	// Out is one.
	Out <-chan int
	done chan struct{}
}
// Done gives one.
func (*Feed) Done() <-chan struct{} { return nil }
// Bus is one.
type Bus chan int
// Listen takes one, well hidden.
func Listen(m map[string][]func(chan int)) {}
// Inner gives one by way of an unexported type.
func Inner() *inner { return nil }
type inner struct {
	// C is it.
	C chan int
	next *inner
}
// Wrapped is lent a field and a method.
type Wrapped struct{ inner; base }
type base struct{}
// Wait is lent to Wrapped.
func (base) Wait() chan int { return nil }
// Timer is another package's business.
func Timer() *time.Timer { return nil }
// Source is an interface.
type Source interface {
	// Events gives one.
	Events() chan int
}
// Signal is a variable.
var Signal chan int`,
			want: []string{
				"Feed.Out: channel", "Feed.Done: channel", "Bus: channel", "Listen: channel", "Inner: channel",
				"Wrapped.C: channel", "Wrapped.Wait: channel", "Source.Events: channel", "Signal: channel",
			},
		},
		{
			name: "missing comments",
			src: `package p
type Table struct {
	Rows int
}
func (t *Table) Len() int { return 0 }
func (Table) String() string { return "" }
func New() Table { return Table{} }
func (hidden) Len() int { return 0 }
type hidden struct{ Rows int }
//go:noinline
func Fast() {}
type (
	// A has one.
	A int
	B int
)
const One = 1
var X, y, Z int`,
			want: []string{
				"p: undocumented", "Table: undocumented", "Table.Rows: undocumented", "Table.Len: undocumented",
				"Table.String: undocumented", "New: undocumented", "Fast: undocumented", "B: undocumented",
				"One: undocumented", "X: undocumented", "Z: undocumented",
			},
		},
		{
			name: "comments for a group",
			src: header + `
// Kinds of thing.
const (
	One = iota
	Two
)
const (
	Three = 3 // beside it
	// Four has its own.
	Four = 4
)
// Churn is Lost / Start.
type Churn struct {
	Start, Lost int
	Other int

	// New and its neighbours belong together.
	New int
	Old int

	Alone int
	Beside int // beside it

	lost int
}
// Source has Next.
type Source interface {
	Next() int
	Prev() int
}`,
			want: []string{"Churn.Other: undocumented", "Churn.Alone: undocumented", "Source.Prev: undocumented"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, "p.go", tt.src, parser.ParseComments|parser.SkipObjectResolution)
			require.NoError(t, err)
			conf := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
			pkg, err := conf.Check("example.com/p", fset, []*ast.File{file}, nil)
			require.NoError(t, err)

			var got []string
			for _, v := range tools.Check(fset, pkg, []*ast.File{file}) {
				require.True(t, v.Pos.IsValid(), v)
				got = append(got, v.Name+": "+v.Rule)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestCheckDir(t *testing.T) {
	write := func(t *testing.T, src string) string {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/p\n\ngo 1.25.0\n"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "p.go"), []byte(src), 0o600))
		return dir
	}
	t.Run("violation", func(t *testing.T) {
		dir := write(t, "// Package p is an example.\npackage p\n\n// Unit is a string.\ntype Unit string\n")
		found, err := tools.CheckDir(dir)
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, filepath.Join(dir, "p.go")+":5:6: Unit: scalar: exported type over string; "+
			"use an int enum with String and a Parse function", found[0].String())
	})
	t.Run("does not compile", func(t *testing.T) {
		_, err := tools.CheckDir(write(t, "package p\n\nvar x undefined\n"))
		require.ErrorContains(t, err, "undefined")
	})
	t.Run("no package", func(t *testing.T) {
		_, err := tools.CheckDir(t.TempDir())
		require.Error(t, err)
	})
}
