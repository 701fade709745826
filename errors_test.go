package kpi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// codes are the numbers that programs may have stored: a new code is appended
// to its block, and none is renumbered.
var codes = []struct {
	name   string
	code   kpi.Code
	number int
}{
	{"CodeZeroDenominator", kpi.CodeZeroDenominator, 1},
	{"CodeNoData", kpi.CodeNoData, 2},
	{"CodeTooFew", kpi.CodeTooFew, 3},
	{"CodeNoSpread", kpi.CodeNoSpread, 4},
	{"CodeDiverges", kpi.CodeDiverges, 5},
	{"CodeNever", kpi.CodeNever, 6},
	{"CodeBeyondBound", kpi.CodeBeyondBound, 7},
	{"CodeGap", kpi.CodeGap, 8},
	{"CodeFirstSeen", kpi.CodeFirstSeen, 9},
	{"CodeNotPositive", kpi.CodeNotPositive, 10},
	{"CodeWeak", kpi.CodeWeak, 11},
	{"CodeNegative", kpi.CodeNegative, 101},
	{"CodePartExceedsWhole", kpi.CodePartExceedsWhole, 102},
	{"CodeOutOfScale", kpi.CodeOutOfScale, 103},
	{"CodeOutOfRange", kpi.CodeOutOfRange, 104},
	{"CodeNotFinite", kpi.CodeNotFinite, 105},
	{"CodeTooLarge", kpi.CodeTooLarge, 106},
	{"CodeOverflow", kpi.CodeOverflow, 107},
	{"CodeMismatch", kpi.CodeMismatch, 108},
	{"CodeLength", kpi.CodeLength, 109},
	{"CodeSyntax", kpi.CodeSyntax, 110},
	{"CodeCorrupt", kpi.CodeCorrupt, 111},
	{"CodeVersion", kpi.CodeVersion, 112},
	{"CodeTime", kpi.CodeTime, 113},
	{"CodeLate", kpi.CodeLate, 114},
	{"CodeUnknownName", kpi.CodeUnknownName, 115},
	{"CodeMissing", kpi.CodeMissing, 116},
	{"CodeNoJSON", kpi.CodeNoJSON, 117},
	{"CodeEmpty", kpi.CodeEmpty, 118},
	{"CodeRepeated", kpi.CodeRepeated, 119},
	{"CodeOrder", kpi.CodeOrder, 120},
	{"CodeQuestion", kpi.CodeQuestion, 121},
	{"CodeMixedIDs", kpi.CodeMixedIDs, 122},
	{"CodeShared", kpi.CodeShared, 123},
	{"CodeIterations", kpi.CodeIterations, 201},
	{"CodeStuck", kpi.CodeStuck, 202},
}

func TestCodes(t *testing.T) {
	t.Parallel()
	var names []string
	seen := map[string]string{}
	for _, c := range codes {
		names = append(names, c.name)
		require.Equal(t, c.number, int(c.code), c.name)
		for _, text := range []string{c.code.String(), c.code.Chinese()} {
			require.Empty(t, seen[text], "%s and %s have one text", c.name, seen[text])
			seen[text] = c.name
			require.NotContains(t, text, "Code(", "%s has no text", c.name)
			require.Equal(t, strings.TrimSpace(text), text)
			back, err := kpi.ParseCode(text)
			require.NoError(t, err)
			require.Equal(t, c.code, back)
		}
		require.True(t, hasHan(c.code.Chinese()), c.name)
		require.False(t, hasHan(c.code.String()), c.name)
	}
	require.ElementsMatch(t, declaredCodes(t), names, "the table above holds every code")

	// A number without a meaning is printed as such and cannot be read.
	for _, n := range []int{-1, 0, 12, 100, 124, 203} {
		text := fmt.Sprintf("Code(%d)", n)
		require.Equal(t, text, kpi.Code(n).String())
		require.Equal(t, text, kpi.Code(n).Chinese())
		_, err := kpi.ParseCode(text)
		require.Equal(t, kpi.CodeUnknownName, requireError(t, err, kpi.ErrInvalid).Code)
	}
	_, err := kpi.ParseCode("")
	requireError(t, err, kpi.ErrInvalid)
}

// declaredCodes returns the names of the constants of errors.go that begin with
// "Code".
func declaredCodes(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var names []string
	ast.Inspect(f, func(n ast.Node) bool {
		d, ok := n.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			return true
		}
		for _, s := range d.Specs {
			for _, id := range s.(*ast.ValueSpec).Names {
				if strings.HasPrefix(id.Name, "Code") {
					names = append(names, id.Name)
				}
			}
		}
		return true
	})
	require.NotEmpty(t, names)
	return names
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		err              *kpi.Error
		english, chinese string
	}{
		{
			"numbers behind it",
			&kpi.Error{Metric: "Churn.Retention", Code: kpi.CodePartExceedsWhole, Reason: "Lost = 12 > Start = 10", Index: -1, Err: kpi.ErrInvalid},
			"kpi: Churn.Retention: a part exceeds its whole: Lost = 12 > Start = 10",
			"kpi: Churn.Retention：部分大于整体：Lost = 12 > Start = 10",
		},
		{
			"no more to say",
			&kpi.Error{Metric: "Mean.Ratio", Code: kpi.CodeNoData, Index: -1, Err: kpi.ErrUndefined},
			"kpi: Mean.Ratio: there are no observations",
			"kpi: Mean.Ratio：没有观测数据",
		},
		{
			"the first of a batch",
			&kpi.Error{Metric: "NPS.AddAll", Code: kpi.CodeOutOfScale, Reason: "11 ∉ [0, 10]", Index: 0, Err: kpi.ErrInvalid},
			"kpi: NPS.AddAll[0]: a score lies outside its scale: 11 ∉ [0, 10]",
			"kpi: NPS.AddAll[0]：评分超出量表：11 ∉ [0, 10]",
		},
		{
			"not converged",
			&kpi.Error{Metric: "FitSBG", Code: kpi.CodeIterations, Index: -1, Err: kpi.ErrNotConverged},
			"kpi: FitSBG: the limit of iterations was reached",
			"kpi: FitSBG：达到迭代上限",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, tt.err, tt.english)
			require.Equal(t, tt.chinese, tt.err.Chinese())
			require.Equal(t, tt.err.Err, tt.err.Unwrap())
			wrapped := fmt.Errorf("report: %w", tt.err)
			require.ErrorIs(t, wrapped, tt.err.Err)
			var e *kpi.Error
			require.ErrorAs(t, wrapped, &e)
			require.Same(t, tt.err, e)
		})
	}
}

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	kinds := []error{kpi.ErrUndefined, kpi.ErrInvalid, kpi.ErrNotConverged}
	tests := []struct {
		name  string
		ask   func() error
		kind  error
		code  kpi.Code
		index int
	}{
		{"undefined", func() error { _, err := kpi.Churn{}.OpeningRate(); return err }, kpi.ErrUndefined, kpi.CodeZeroDenominator, -1},
		{"invalid", func() error { _, err := kpi.Churn{Start: -1}.OpeningRate(); return err }, kpi.ErrInvalid, kpi.CodeNegative, -1},
		{"in a batch", func() error { _, err := kpi.DailyChurn([]kpi.Churn{{}, {New: -1}}); return err }, kpi.ErrInvalid, kpi.CodeNegative, 1},
		{"hostile", func() error { _, err := kpi.RatioOf(decimal.New(1, 2e7)); return err }, kpi.ErrInvalid, kpi.CodeTooLarge, -1},
		{
			"through encoding/json",
			func() error { var r kpi.Ratio; return json.Unmarshal([]byte(`"one"`), &r) },
			kpi.ErrInvalid, kpi.CodeSyntax, -1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.ask()
			e := requireError(t, err, tt.kind)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.index, e.Index)
			for _, kind := range kinds { // exactly one
				require.Equal(t, kind == tt.kind, errors.Is(err, kind)) //nolint:errorlint // the sentinels themselves
			}
		})
	}
}

// The Reason of an Error stands in its English and in its Chinese text. It holds
// names of fields and arguments, symbols and figures: what needs a word of a
// language needs a Code.
func TestReasonsAreNoLanguage(t *testing.T) {
	t.Parallel()
	verb := regexp.MustCompile(`%[-+# 0-9.]*[a-z]`)
	prose := regexp.MustCompile(`\b[a-z]{2,} [a-z]{2,}\b|` +
		`\b(an|the|is|are|of|and|or|not|no|than|with|more|most|less|needs?|must|has|have|outside|beyond)\b`)
	require.True(t, prose.MatchString("Kept = 2 of 3") && prose.MatchString("name given"))
	seen := 0
	eachFile(t, func(file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !makesReason(call) {
				return true
			}
			for _, arg := range call.Args {
				ast.Inspect(arg, func(n ast.Node) bool {
					switch n := n.(type) {
					case *ast.FuncLit:
						return false // its calls are visited for themselves
					case *ast.BasicLit:
						if n.Kind == token.STRING {
							text, err := strconv.Unquote(n.Value)
							require.NoError(t, err)
							require.NotRegexp(t, prose, verb.ReplaceAllString(text, ""), "of %s", call.Fun)
							seen++
						}
					}
					return true
				})
			}
			return true
		})
	})
	require.Greater(t, seen, 300)
}

// makesReason reports whether the texts in a call end in the Reason of an Error:
// those of fail in its forms, and of what is told the metric to blame, such as the
// field name of gate.
func makesReason(call *ast.CallExpr) bool {
	name := typeName(call.Fun)
	if len(call.Args) == 0 {
		return false
	}
	return name == "fail" || name == "failAt" || strings.HasSuffix(name, ".fail") ||
		strings.HasSuffix("."+typeName(call.Args[0]), ".metric")
}

// The names of enumerations are words, and stand in reasons as figures.
func TestReasonsNameNoEnums(t *testing.T) {
	t.Parallel()
	attribute := func(s kpi.AttributionSpec) error {
		s.Lookback = time.Hour
		return failed(s.Credit())
	}
	for want, err := range map[string]error{
		"Model = 2":                              attribute(kpi.AttributionSpec{Model: kpi.LastTouch, Direct: []string{"web"}}),
		"Model = 4":                              attribute(kpi.AttributionSpec{Model: kpi.Linear, HalfLife: 1}),
		"Model = 1":                              attribute(kpi.AttributionSpec{Model: kpi.FirstTouch, First: kpi.Whole(1)}),
		"Outcome = 1, At = 0001-01-01T00:00:00Z": failed(kpi.FollowUps{{Deal: "a", Due: day(1), Outcome: kpi.FollowUpAnswered}}.Volume(march())),
		"By[1] = 2":                              failed(kpi.FollowUps{}.Rates(kpi.FollowUpSpec{By: []kpi.FollowUpBy{kpi.ByMedium, kpi.ByMedium}})),
		"State = 1, Closed = 0001-01-01T00:00:00Z": failed(kpi.Deals{{ID: "a", Created: day(1), State: kpi.DealWon}}.WinRate(march())),
		"Kind = 2, Points.Sign = 1": failed(json.Marshal(kpi.Score{
			Value: kpi.Whole(1), Parts: []kpi.Part{{Kind: kpi.PartCap, Points: kpi.Whole(1)}},
		})),
	} {
		require.Contains(t, requireError(t, err, kpi.ErrInvalid).Reason, want)
	}
}

// A long name is cut between characters.
func TestErrorClipsNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		strings.Repeat("渠", 1000), "a" + strings.Repeat("渠", 1000), "ab" + strings.Repeat("渠", 1000),
		strings.Repeat("x", 1000), strings.Repeat("😀", 1000), "a" + strings.Repeat("😀", 1000),
	} {
		_, err := kpi.ParseUnit(name)
		reason := requireError(t, err, kpi.ErrInvalid).Reason
		require.Less(t, len(reason), 60)
		require.NotContains(t, reason, `\x`)
		require.True(t, utf8.ValidString(reason))
		require.Contains(t, reason, "…")
	}
	// Bytes that are no text are escaped, and still cut.
	_, err := kpi.ParseUnit(strings.Repeat("\x80", 1000))
	require.Less(t, len(requireError(t, err, kpi.ErrInvalid).Reason), 200)
}

// Enumerations that stand in JSON stand there by name, and refuse other names.
func TestEnumsInJSON(t *testing.T) {
	t.Parallel()
	type all struct {
		Code      kpi.Code
		Direction kpi.Direction
		Timing    kpi.Timing
		Unit      kpi.Unit
		Measure   kpi.SurveyMeasure
	}
	want := all{kpi.CodeNoSpread, kpi.Lower, kpi.InArrears, kpi.Quarter, kpi.SurveyNetTop}
	data, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, `{"Code": "all observations are equal", "Direction": "lower", "Timing": "in arrears", "Unit": "quarter", "Measure": "net top"}`, string(data))
	var got all
	require.NoError(t, json.Unmarshal(data, &got))
	require.Equal(t, want, got)
	for _, field := range []string{"Code", "Direction", "Timing", "Unit", "Measure"} {
		require.ErrorIs(t, json.Unmarshal([]byte(`{"`+field+`": "x"}`), &got), kpi.ErrInvalid)
		require.Equal(t, want, got)
	}
}
