package kpi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The three ways in which a question can have no answer. Every *Error wraps
// exactly one of them, so errors.Is(err, kpi.ErrUndefined) tells good data
// without a value from data that cannot have been observed.
var (
	// ErrUndefined says that the data are good and the metric has no value for
	// them: a rate of nobody, a perpetuity that diverges.
	ErrUndefined = errors.New("undefined")
	// ErrInvalid says that the data, or an argument, cannot have been observed:
	// a negative count, more lost than there were, a score of 11 on 0–10.
	ErrInvalid = errors.New("invalid")
	// ErrNotConverged says that an iterative estimate stopped short of its
	// tolerance. Only models that are fitted to data return it.
	ErrNotConverged = errors.New("not converged")
)

// Error is the only kind of error that a metric returns. Invalid input is
// reported before an undefined value, and nothing is changed by a call that
// fails.
type Error struct {
	Metric string // type and method that was asked, such as "Churn.OpeningRate"
	Code   Code   // the reason, for programs
	Reason string // the numbers behind it, such as "Lost = 12 > Start = 10", without a word of a language; may be empty
	Index  int    // position in the batch that was refused, or -1
	Err    error  // ErrUndefined, ErrInvalid or ErrNotConverged
}

// Error describes e in English.
func (e *Error) Error() string { return e.describe(e.Code.String(), ": ") }

// Chinese describes e in Chinese (中文).
func (e *Error) Chinese() string { return e.describe(e.Code.Chinese(), "：") }

func (e *Error) describe(text, colon string) string {
	var b strings.Builder
	b.WriteString("kpi: ")
	b.WriteString(e.Metric)
	if e.Index >= 0 {
		b.WriteString("[" + strconv.Itoa(e.Index) + "]")
	}
	b.WriteString(colon)
	b.WriteString(text)
	if e.Reason != "" {
		b.WriteString(colon)
		b.WriteString(e.Reason)
	}
	return b.String()
}

// Unwrap returns e.Err, for errors.Is.
func (e *Error) Unwrap() error { return e.Err }

// Code is the reason of an Error, or a warning that an Interval carries. It is
// stable: programs may switch on it and translate it.
type Code int

// The codes that mean ErrUndefined.
const (
	CodeZeroDenominator Code = iota + 1 // the denominator is zero
	CodeNoData                          // there are no observations
	CodeTooFew                          // there are too few observations
	CodeNoSpread                        // all observations are equal
	CodeDiverges                        // the sum has no finite limit
	CodeNever                           // the target is never reached
	CodeBeyondBound                     // the answer lies beyond the stated bound
	CodeGap                             // at some point nobody was watched
	CodeFirstSeen                       // some customers are first seen: the records begin too late to tell
	CodeNotPositive                     // the base is zero or negative
	CodeWeak                            // the data do not tell all parameters of a model
)

// The codes that mean ErrInvalid.
const (
	CodeNegative         Code = iota + 101 // a count or an amount is negative
	CodePartExceedsWhole                   // a part exceeds its whole
	CodeOutOfScale                         // a score lies outside its scale
	CodeOutOfRange                         // a value lies outside its range
	CodeNotFinite                          // a float64 that was given is not finite
	CodeTooLarge                           // a number is larger than accepted, or an answer than a float64 holds
	CodeOverflow                           // a count overflows 64 bits
	CodeMismatch                           // parts that do not belong together
	CodeLength                             // the lengths differ
	CodeSyntax                             // the text cannot be read
	CodeCorrupt                            // the bytes are not a valid encoding
	CodeVersion                            // the bytes are of another version
	CodeTime                               // an instant or a period that cannot be used
	CodeLate                               // a setting that comes too late
	CodeUnknownName                        // a name that is not known
	CodeMissing                            // a choice that must be stated is not
	CodeNoJSON                             // a collection has no JSON form
	CodeEmpty                              // a value that is needed is empty
	CodeRepeated                           // a name is empty or given twice
	CodeOrder                              // elements that are not in their order
	CodeQuestion                           // answers to different questions
	CodeMixedIDs                           // ids that are strings beside ids that are numbers
	CodeShared                             // a customer is in both of two that are merged
)

// The codes that mean ErrNotConverged, which only models that are fitted return.
const (
	CodeIterations Code = iota + 201 // the limit of iterations was reached
	CodeStuck                        // the search stopped short of a maximum
)

type codeText struct {
	code             Code
	english, chinese string
}

var codeTexts = []codeText{
	{CodeZeroDenominator, "the denominator is zero", "分母为零"},
	{CodeNoData, "there are no observations", "没有观测数据"},
	{CodeTooFew, "there are too few observations", "观测数据太少"},
	{CodeNoSpread, "all observations are equal", "观测值全部相同"},
	{CodeDiverges, "the sum has no finite limit", "级数没有有限的极限"},
	{CodeNever, "the target is never reached", "永远达不到目标"},
	{CodeBeyondBound, "the answer lies beyond the stated bound", "结果超出规定的上限"},
	{CodeGap, "at some point nobody was watched", "其间有一刻无人处于观察之中"},
	{CodeFirstSeen, "some customers are first seen, and may be new or not", "有首次见到的客户，不知是新是老"},
	{CodeNotPositive, "the base is zero or negative", "基数为零或为负"},
	{CodeWeak, "the data do not tell all parameters", "数据不足以确定全部参数"},
	{CodeNegative, "a count or an amount is negative", "计数或金额为负"},
	{CodePartExceedsWhole, "a part exceeds its whole", "部分大于整体"},
	{CodeOutOfScale, "a score lies outside its scale", "评分超出量表"},
	{CodeOutOfRange, "a value lies outside its range", "数值超出范围"},
	{CodeNotFinite, "a number is not finite", "不是有限的数"},
	{CodeTooLarge, "a number is larger than accepted", "数值的位数或指数过大"},
	{CodeOverflow, "a count overflows 64 bits", "计数超出 64 位"},
	{CodeMismatch, "parts that do not belong together", "数据互不匹配"},
	{CodeLength, "the lengths differ", "长度不一致"},
	{CodeSyntax, "the text cannot be read", "文本无法解析"},
	{CodeCorrupt, "the bytes are not a valid encoding", "字节编码无效"},
	{CodeVersion, "the bytes are of another version", "字节编码的版本不同"},
	{CodeTime, "an instant or a period that cannot be used", "时间或期间不可用"},
	{CodeLate, "a setting that comes too late", "设置得太晚"},
	{CodeUnknownName, "a name that is not known", "未知的名称"},
	{CodeMissing, "a choice that must be stated is not", "缺少必须说明的选项"},
	{CodeNoJSON, "a collection has no JSON form", "集合没有 JSON 形式"},
	{CodeEmpty, "a value that is needed is empty", "缺少必填的值"},
	{CodeRepeated, "a name is empty or given twice", "名称为空或重复"},
	{CodeOrder, "elements that are not in their order", "元素次序不对"},
	{CodeQuestion, "answers to different questions", "不是对同一问题的回答"},
	{CodeMixedIDs, "ids that are strings beside ids that are numbers", "字符串编号与数字编号混用"},
	{CodeShared, "a customer is in both", "同一客户在两边都有"},
	{CodeIterations, "the limit of iterations was reached", "达到迭代上限"},
	{CodeStuck, "the search stopped short of a maximum", "搜索未达到最大值即停止"},
}

func (c Code) text() codeText {
	for _, t := range codeTexts {
		if t.code == c {
			return t
		}
	}
	s := "Code(" + strconv.Itoa(int(c)) + ")"
	return codeText{code: c, english: s, chinese: s}
}

// String returns the meaning of c in English.
func (c Code) String() string { return c.text().english }

// Chinese returns the meaning of c in Chinese (中文).
func (c Code) Chinese() string { return c.text().chinese }

// ParseCode returns the code whose English or Chinese text is s.
func ParseCode(s string) (Code, error) {
	for _, t := range codeTexts {
		if t.english == s || t.chinese == s {
			return t.code, nil
		}
	}
	return 0, fail("ParseCode", CodeUnknownName, "%s", clip(s))
}

// MarshalText returns the English text, so that warnings read in JSON.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseCode reads.
func (c *Code) UnmarshalText(text []byte) error { return readEnum(c, ParseCode, text) }

// kind is the sentinel that c belongs to.
func (c Code) kind() error {
	switch {
	case c > 200:
		return ErrNotConverged
	case c > 100:
		return ErrInvalid
	default:
		return ErrUndefined
	}
}

// fail makes the error of a metric; format and args give the numbers behind it, in
// the names of fields and arguments, symbols and figures. A word of a language would
// stand in the message of the other: what needs one is a Code.
func fail(metric string, code Code, format string, args ...any) error {
	return failAt(metric, code, -1, format, args...)
}

// failAt is fail for element index of a batch.
func failAt(metric string, code Code, index int, format string, args ...any) error {
	return &Error{
		Metric: metric, Code: code, Index: index, Err: code.kind(),
		Reason: fmt.Sprintf(format, args...),
	}
}

// at gives an *Error the index of the batch element that it speaks of, and the
// batch's metric.
func at(err error, metric string, index int) error {
	var e *Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Metric, c.Index = metric, index
	return &c
}

// under renames the metric of an error that comes from a question asked on the
// way to another.
func under(err error, metric string) error { return at(err, metric, -1) }

// clip quotes a text of unknown length for an error.
func clip(s string) string {
	most := 40
	if len(s) > most {
		for !utf8.RuneStart(s[most]) && most > 36 {
			most-- // a character of several bytes is kept whole
		}
		s = s[:most] + "…"
	}
	return strconv.Quote(s)
}

// nonNegative refuses the first negative of the named counts: names are the
// field names, in the order of the counts.
func nonNegative(metric string, names []string, counts ...int64) error {
	for i, c := range counts {
		if c < 0 {
			return fail(metric, CodeNegative, "%s = %d", names[i], c)
		}
	}
	return nil
}

// bothValid refuses the first of two that cannot have been observed.
func bothValid[T interface{ valid(metric string) error }](metric string, a, b T) error {
	if err := a.valid(metric); err != nil {
		return err
	}
	return b.valid(metric)
}

// addCounts adds each of src into dst, or changes nothing and reports that a
// total overflows.
func addCounts(metric string, dst []*int64, src ...int64) error {
	for i, s := range src {
		d := *dst[i]
		if t := d + s; (t > d) != (s > 0) && s != 0 {
			return fail(metric, CodeOverflow, "%d + %d", d, s)
		}
	}
	for i, s := range src {
		*dst[i] += s
	}
	return nil
}

// sumCounts returns the sum of counts, or reports that it overflows.
func sumCounts(metric string, counts ...int64) (int64, error) {
	var sum int64
	for _, c := range counts {
		if err := addCounts(metric, []*int64{&sum}, c); err != nil {
			return 0, err
		}
	}
	return sum, nil
}
