package kpi

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// table is what every answer renders from: one head, rows of equal length, and
// a first column of names beside columns of numbers.
type table struct {
	head []string
	rows [][]string
	text int // how many leading columns are text, aligned to the left
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) widths() []int {
	w := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			w[i] = max(w[i], columns(cell))
		}
	}
	return w
}

// markdown renders a table that notebooks and web pages show as one.
func (t *table) markdown() string {
	var b strings.Builder
	line := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + markdownCell.Replace(c) + " ")
		}
		b.WriteString("|\n")
	}
	line(t.head)
	for i := range t.head {
		if i < t.text {
			b.WriteString("| --- ")
		} else {
			b.WriteString("| ---: ")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.rows {
		line(row)
	}
	return b.String()
}

var markdownCell = strings.NewReplacer("&", "&amp;", "<", "&lt;", "|", `\|`, "\r", " ", "\n", " ")

// String renders the table in columns for a terminal.
func (t *table) String() string {
	var b strings.Builder
	w := t.widths()
	for _, row := range append([][]string{t.head}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			cell = lineBreaks.Replace(cell)
			gap := strings.Repeat(" ", w[i]-columns(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if i < t.text {
				line.WriteString(cell + gap)
			} else {
				line.WriteString(gap + cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")

// columns returns how many terminal columns s takes: two for Chinese, Japanese
// and Korean characters and full-width forms, none for combining marks.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case isWide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// wide are the blocks of Unicode's East Asian Width W and F (UAX #11).
var wide = [][2]rune{
	{0x1100, 0x115F},
	{0x2E80, 0x303E},
	{0x3041, 0x33FF},
	{0x3400, 0x4DBF},
	{0x4E00, 0x9FFF},
	{0xA000, 0xA4CF},
	{0xA960, 0xA97F},
	{0xAC00, 0xD7A3},
	{0xF900, 0xFAFF},
	{0xFE30, 0xFE6F},
	{0xFF01, 0xFF60},
	{0xFFE0, 0xFFE6},
	{0x1F300, 0x1F64F},
	{0x1F680, 0x1F6FF},
	{0x1F900, 0x1F9FF},
	{0x20000, 0x3FFFD},
}

func isWide(r rune) bool {
	for _, w := range wide {
		if r >= w[0] && r <= w[1] {
			return true
		}
	}
	return false
}

// Table is a finished table of texts, for people to read: it prints in columns,
// and renders in a notebook. The figures behind it are in the answer that made
// it.
type Table struct{ t *table }

// String returns the table in columns for a terminal.
func (t Table) String() string {
	if t.t == nil {
		return ""
	}
	return t.t.String()
}

// Markdown returns the table in Markdown.
func (t Table) Markdown() string {
	if t.t == nil {
		return ""
	}
	return t.t.markdown()
}

// Head returns the names of the columns.
func (t Table) Head() []string {
	if t.t == nil {
		return nil
	}
	return slices.Clone(t.t.head)
}

// Rows returns the cells, each row as long as Head.
func (t Table) Rows() [][]string {
	if t.t == nil {
		return nil
	}
	rows := make([][]string, len(t.t.rows))
	for i, row := range t.t.rows {
		rows[i] = slices.Clone(row)
	}
	return rows
}

// tableJSON is the JSON form of a Table.
type tableJSON struct {
	Head []string   `json:"head"`
	Rows [][]string `json:"rows"`
	Text int        `json:"text"` // leading columns of text, not of numbers
}

// MarshalJSON writes the head, the rows and how many of the columns, counted from
// the left, are text and not numbers.
func (t Table) MarshalJSON() ([]byte, error) {
	out := tableJSON{Head: []string{}, Rows: [][]string{}}
	if t.t != nil {
		out = tableJSON{append(out.Head, t.t.head...), append(out.Rows, t.t.rows...), t.t.text}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes; null changes nothing. It returns an
// error, and leaves t as it was, if a row is not as long as the head, naming it, or
// if there is more text than columns.
func (t *Table) UnmarshalJSON(data []byte) error {
	const metric = "Table.UnmarshalJSON"
	if string(data) == "null" {
		return nil
	}
	var in tableJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	for i, row := range in.Rows {
		if len(row) != len(in.Head) {
			return failAt(metric, CodeLength, i, "len(rows) = %d ≠ %d = len(head)", len(row), len(in.Head))
		}
	}
	if in.Text < 0 || in.Text > len(in.Head) {
		return fail(metric, CodeOutOfRange, "text = %d ∉ [0, %d]", in.Text, len(in.Head))
	}
	t.t = nil
	if len(in.Head) > 0 {
		t.t = &table{head: in.Head, rows: in.Rows, text: in.Text}
	}
	return nil
}

// exact is the JSON form of a Ratio inside an answer: the rational, and a
// rounding of it for those who only want to show it.
type exact struct {
	Exact string `json:"exact"`
	Value string `json:"value"`
}

func exactly(r Ratio) exact { return exact{Exact: r.String(), Value: r.fixed(4)} }
