package kpi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// vocabulary are the types whose methods are arithmetic and not metrics.
var vocabulary = []string{
	"Ratio", "Proportion", "Mean", "Interval", "Period", "Calendar", "Scale", "Error",
	"RatioOfSums", "FitReport",
}

// notMetrics are the other exported functions and methods that return what isMetric
// names without being a metric.
var notMetrics = []string{
	"NewRatio", "Whole", "Percent", "RatioOf", "ParseRatio", "Must", "MeanOf", // makers of vocabulary
	"Sum.Decimal",                                                                                                    // a collection
	"NPS.AdjustedWald",                                                                                               // a rival of NPS.Interval, of one entry
	"Strata.OddsRatioInterval", "Standardise", "Strata.CommonOddsRatio", "Strata.CommonDifference", "Shrinkage.Rate", // comparisons
	"Quantile", // a statistic of any numbers
}

// sources is what the catalog is held against: the package as it is written.
type sources struct {
	results map[string]string // exported function, or "Type.Method", to its first result
	types   map[string]bool   // exported types
	keys    []string          // of the entries in all variables named …Catalog
}

func parseSources(t *testing.T) sources {
	t.Helper()
	s := sources{results: map[string]string{}, types: map[string]bool{}}
	eachFile(t, func(file *ast.File) {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				s.function(d)
			case *ast.GenDecl:
				s.declaration(t, d)
			}
		}
	})
	require.NotEmpty(t, s.results)
	require.NotEmpty(t, s.keys)
	return s
}

// eachFile visits the files of the package, without those of its tests.
func eachFile(t *testing.T, visit func(*ast.File)) {
	t.Helper()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		visit(file)
	}
}

func (s *sources) function(d *ast.FuncDecl) {
	name := d.Name.Name
	if !ast.IsExported(name) {
		return
	}
	if d.Recv != nil {
		receiver := typeName(d.Recv.List[0].Type)
		if !ast.IsExported(receiver) {
			return
		}
		name = receiver + "." + name
	}
	s.results[name] = ""
	if d.Type.Results != nil {
		s.results[name] = typeName(d.Type.Results.List[0].Type)
	}
}

func (s *sources) declaration(t *testing.T, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() {
				s.types[spec.Name.Name] = true
			}
		case *ast.ValueSpec:
			if !strings.HasSuffix(spec.Names[0].Name, "Catalog") {
				continue
			}
			ast.Inspect(spec, func(n ast.Node) bool {
				kv, ok := n.(*ast.KeyValueExpr)
				if !ok || typeName(kv.Key) != "Key" {
					return true
				}
				literal, ok := kv.Value.(*ast.BasicLit)
				require.True(t, ok, "a key is written out")
				key, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				s.keys = append(s.keys, key)
				return true
			})
		}
	}
}

// typeName returns the name that e spells, without its pointer; "" if it spells
// anything else, such as a slice.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	default:
		return ""
	}
}

// isMetric reports whether a function with this first result looks like a metric.
func isMetric(result string) bool {
	return slices.Contains([]string{"Proportion", "Ratio", "Mean", "Interval", "RatioOfSums", "Durations", "decimal.Decimal"}, result)
}

// estimates returns the suffix of the method of which an interval of this name is
// the limits, and whether the name says so: XInterval are those of X, and XDiff
// those of a difference of two X. An interval whose estimate is in the catalog needs
// no entry of its own, and Interval and Diff alone are of any that the type has.
func estimates(method string) (estimate string, ok bool) {
	for _, suffix := range []string{"Interval", "Diff"} {
		if estimate, ok = strings.CutSuffix(method, suffix); ok {
			return estimate, true
		}
	}
	return "", false
}

// function returns what e describes: "DailyChurn" or "Churn.Retention".
func function(e kpi.Entry) string {
	if e.Type == "" {
		return e.Method
	}
	return e.Type + "." + e.Method
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestCatalogEntries(t *testing.T) {
	t.Parallel()
	key := regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)
	seen := map[string]bool{}
	for _, e := range kpi.Catalog() {
		require.Regexp(t, key, e.Key)
		require.False(t, seen[e.Key], "%s is twice", e.Key)
		seen[e.Key] = true
		require.NotEmpty(t, e.English, e.Key)
		require.NotEmpty(t, e.Chinese, e.Key)
		require.True(t, hasHan(e.Chinese[0]), "%s: a Chinese name comes first", e.Key)
		for _, names := range [][]string{e.English, e.Chinese} {
			for i, name := range names {
				require.NotEmpty(t, name, e.Key)
				require.Equal(t, strings.TrimSpace(name), name, e.Key)
				require.NotContains(t, names[:i], name, "%s: a name is twice", e.Key)
			}
		}
		for _, name := range e.English {
			require.False(t, hasHan(name), "%s: %s", e.Key, name)
		}
		require.NotEmpty(t, e.Formula, e.Key)
		require.NotEmpty(t, e.Unit, e.Key)
		require.Contains(t, []kpi.Direction{kpi.Neither, kpi.Higher, kpi.Lower}, e.Direction, e.Key)
		require.NotEmpty(t, e.Method, e.Key)
	}
}

func TestCatalogAgainstSource(t *testing.T) {
	t.Parallel()
	s := parseSources(t)
	listed, types := map[string]bool{}, map[string]bool{}
	for _, e := range kpi.Catalog() {
		name := function(e)
		result, ok := s.results[name]
		require.True(t, ok, "%s: %s does not exist", e.Key, name)
		require.True(t, e.Type == "" || s.types[e.Type], "%s: no type %s", e.Key, e.Type)
		require.NotContains(t, vocabulary, e.Type, e.Key)
		require.NotContains(t, notMetrics, name, "%s is a metric and need not be exempt", name)
		if result == "Proportion" {
			require.Equal(t, "share", e.Unit, e.Key)
		}
		listed[name], types[e.Type] = true, true
	}
	for name, result := range s.results {
		receiver, method, ok := strings.Cut(name, ".")
		if !isMetric(result) || ok && slices.Contains(vocabulary, receiver) || slices.Contains(notMetrics, name) {
			continue
		}
		if of, ok := estimates(method); ok && result == "Interval" {
			require.True(t, listed[receiver+"."+of] || of == "" && types[receiver], "%s is of nothing in the catalog", name)
			continue
		}
		require.True(t, listed[name], "%s returns %s and has no entry in the catalog", name, result)
	}
	for _, name := range notMetrics {
		require.True(t, isMetric(s.results[name]), "%s need not be exempt", name)
	}
	for _, name := range vocabulary {
		require.True(t, s.types[name], "no type %s", name)
	}
}

func TestCatalogHasEveryFamily(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, e := range kpi.Catalog() {
		keys = append(keys, e.Key)
	}
	require.ElementsMatch(t, parseSources(t).keys, keys)
}

// What a caller does to its copy is not seen by the next.
func TestCatalogIsACopy(t *testing.T) {
	t.Parallel()
	want := kpi.Catalog()
	mine := kpi.Catalog()
	for i := range mine {
		for _, names := range [][]string{mine[i].English, mine[i].Chinese} {
			for j := range names {
				names[j] = ""
			}
		}
		mine[i] = kpi.Entry{}
	}
	require.Equal(t, want, kpi.Catalog())
}

func TestDirection(t *testing.T) {
	t.Parallel()
	for d, name := range map[kpi.Direction]string{kpi.Neither: "neither", kpi.Higher: "higher", kpi.Lower: "lower"} {
		require.Equal(t, name, d.String())
		back, err := kpi.ParseDirection(name)
		require.NoError(t, err)
		require.Equal(t, d, back)
	}
	require.Equal(t, "Direction(3)", kpi.Direction(3).String())
	require.Equal(t, "Direction(-1)", kpi.Direction(-1).String())
	_, err := kpi.ParseDirection("Higher")
	require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
}
