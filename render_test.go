package kpi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// The renderer is unexported; a Funnel shows what all answers get from it.
func named(names ...string) kpi.Funnel {
	var f kpi.Funnel
	for i, name := range names {
		f.Stages = append(f.Stages, kpi.Stage{Name: name, N: int64(100 - 10*i)})
	}
	return f
}

func TestTableColumns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, stage string
		columns     int
	}{
		{"Latin", "cart", 4},
		{"accents, composed", "Müller", 6},
		{"accents, combining", "Mu\u0308ller", 6},
		{"Chinese", "访问首页", 8},
		{"Chinese and Latin", "VIP客户", 7},
		{"full-width forms", "ＡＢ！（）", 10},
		{"ideographic punctuation", "、。「」", 8},
		{"Japanese", "カタカナひら", 12},
		{"Korean", "한국어", 6},
		{"half-width katakana", "\uff76\uff80", 2},
		{"emoji", "🛒🚀🎉", 6},
		{"rare characters", "𠮷", 2},
		{"zero width joiner", "a\u200db", 2},
		{"dash and ellipsis", "–…", 2},
		{"Cyrillic", "Корзина", 7},
		{"empty", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The widest stage is 20 columns; the number after it ends in column 25.
			lines := strings.Split(named(strings.Repeat("x", 20), tt.stage).String(), "\n")
			require.Len(t, lines, 4)
			require.Equal(t, "stage                   n   step  overall  lost", lines[0])
			require.Equal(t, "xxxxxxxxxxxxxxxxxxxx  100      –   100.0%     –", lines[1])
			require.Equal(t, tt.stage+strings.Repeat(" ", 20-tt.columns)+"   90  90.0%    90.0%    10", lines[2])
			require.Empty(t, lines[3])

			// Where it is the widest itself, nothing is cut.
			wide := strings.Repeat(tt.stage, 10)
			require.Contains(t, named(wide, "x").String(), "\n"+wide)
		})
	}
}

func TestTableOneLineARow(t *testing.T) {
	t.Parallel()
	f := named("a|b", "c\nd", "e\r\nf", "`g`")
	text := f.String()
	require.Equal(t, 5, strings.Count(text, "\n"))
	require.Contains(t, text, "\na|b ") // a terminal needs no escape
	require.Contains(t, text, "\nc d ")
	for line := range strings.SplitSeq(text, "\n") {
		require.Equal(t, strings.TrimRight(line, " "), line)
	}
	require.Equal(t, ""+
		"| stage | n | step | overall | lost |\n"+
		"| --- | ---: | ---: | ---: | ---: |\n"+
		`| a\|b | 100 | – | 100.0% | – |`+"\n"+
		"| c d | 90 | 90.0% | 90.0% | 10 |\n"+
		"| e  f | 80 | 88.9% | 80.0% | 10 |\n"+
		"| `g` | 70 | 87.5% | 70.0% | 10 |\n", f.Markdown())
}

func TestTableUndefined(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		f    kpi.Funnel
		want string
	}{
		{"no rows", kpi.Funnel{}, "stage  n  step  overall  lost\n"},
		{"nobody", funnel(0, 0), "stage  n  step  overall  lost\n0      0     –        –     –\n1      0     –        –     0\n"},
		{"impossible", funnel(1, 2), "stage  n  step  overall  lost\n0      1     –        –     –\n1      2     –        –     –\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.f.String())
			require.Equal(t, strings.Count(tt.want, "\n")+1, strings.Count(tt.f.Markdown(), "\n"))
			require.Equal(t, strings.Count(tt.want, kpi.Undefined), strings.Count(tt.f.Markdown(), kpi.Undefined))
		})
	}
}

func TestTableJSON(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(kpi.Table{})
	require.NoError(t, err)
	require.JSONEq(t, `{"head": [], "rows": [], "text": 0}`, string(data))
	var none kpi.Table
	require.NoError(t, json.Unmarshal(data, &none))
	require.Equal(t, kpi.Table{}, none)
	require.Empty(t, none.Head())
	require.Empty(t, none.Rows())

	text := `{"head": ["cohort", "size", "0"], "rows": [["2024-01", "3", "100.0%"], ["一月", "12", "–"]], "text": 1}`
	var table kpi.Table
	require.NoError(t, json.Unmarshal([]byte(text), &table))
	require.Equal(t, "cohort   size       0\n2024-01     3  100.0%\n一月       12       –\n", table.String())
	require.Equal(t, []string{"cohort", "size", "0"}, table.Head())
	require.Equal(t, [][]string{{"2024-01", "3", "100.0%"}, {"一月", "12", "–"}}, table.Rows())
	data, err = json.Marshal(table)
	require.NoError(t, err)
	require.JSONEq(t, text, string(data))

	// A finished table does not change, neither by what it hands out nor by what
	// it cannot read.
	table.Head()[0] = "changed"
	table.Rows()[1][1] = "changed"
	for _, bad := range []struct {
		text  string
		code  kpi.Code
		index int
	}{
		{`{"head": ["a"], "rows": [["1"], ["1", "2"]]}`, kpi.CodeLength, 1},
		{`{"rows": [["1"]]}`, kpi.CodeLength, 0},
		{`{"head": ["a"], "text": 2}`, kpi.CodeOutOfRange, -1},
		{`{"head": ["a"], "text": -1}`, kpi.CodeOutOfRange, -1},
	} {
		e := requireError(t, json.Unmarshal([]byte(bad.text), &table), kpi.ErrInvalid)
		require.Equal(t, bad.code, e.Code)
		require.Equal(t, bad.index, e.Index)
	}
	require.Error(t, json.Unmarshal([]byte(`{"head": 7}`), &table))
	require.NoError(t, table.UnmarshalJSON([]byte(`null`)))
	data, err = json.Marshal(table)
	require.NoError(t, err)
	require.JSONEq(t, text, string(data))
}
