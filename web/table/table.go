// Package table is the one form of everything that leaves as a file: columns that know what they hold, cells that are written as
// CSV for programs, as a workbook for people who calculate, and as a page for people who read. Rows come one by one, so that a file
// of 100,000 contacts is never in memory as a whole.
package table

import (
	"iter"
	"math"
	"time"
)

// Words are the same in both languages.
type Words struct{ EN, ZH string }

// Chinese is the tag of the language that is not English.
const Chinese = "zh-CN"

// In is the words in a language: Chinese, or else English.
func (w Words) In(lang string) string {
	if lang == Chinese && w.ZH != "" {
		return w.ZH
	}
	return w.EN
}

// Kind is what a cell holds.
type Kind uint8

// The kinds.
const (
	Text     Kind = iota // words
	ID                   // a name of something, a telephone number: never a number to calculate with
	Number               // whole
	Decimal              // any number
	Duration             // milliseconds
	Ratio                // 1 is 100 %
	Time                 // a moment, to the millisecond
	Flag                 // yes or no
)

// Cell is one value. The zero cell is empty: a figure that does not exist is not 0.
type Cell struct {
	Kind  Kind
	set   bool
	exact bool // as CSV: all digits
	local bool // a moment as words in the table's zone
	s, zh string
	n     float64
}

// T is a text.
func T(s string) Cell { return Cell{Kind: Text, s: s, set: s != ""} }

// W is a text that is said in both languages.
func W(w Words) Cell { return Cell{Kind: Text, s: w.EN, zh: w.ZH, set: w.EN != ""} }

// Local is a moment in Unix ms as words, in the table's zone.
func Local[M ~int64](ms M) Cell { return Cell{Kind: Text, n: float64(ms), local: true, set: ms != 0} }

// I is an identifier or a telephone number.
func I[S ~string](s S) Cell { return Cell{Kind: ID, s: string(s), set: s != ""} }

// N is a count.
func N[I ~int | ~int64 | ~uint64](n I) Cell { return Cell{Kind: Number, n: float64(n), set: true} }

// F is a number; nil is none.
func F(v *float64) Cell { return of(Decimal, v) }

// NP is a count; nil is none.
func NP(n *int) Cell {
	if n == nil {
		return Cell{Kind: Number}
	}
	return N(*n)
}

// D is a duration in ms.
func D[I ~int | ~int64](ms I) Cell { return Cell{Kind: Duration, n: float64(ms), set: true} }

// DP is a duration in ms; nil is none.
func DP(ms *int64) Cell {
	if ms == nil {
		return Cell{Kind: Duration}
	}
	return D(*ms)
}

// DF is a mean duration in ms; nil is none.
func DF(ms *float64) Cell { return of(Duration, ms) }

// R is a ratio, 1 for 100 %; nil is none.
func R(v *float64) Cell { return of(Ratio, v) }

// At is a moment in Unix ms; 0 is none.
func At[M ~int64](ms M) Cell { return Cell{Kind: Time, n: float64(ms), set: ms != 0} }

// Yes is a yes or a no.
func Yes(b bool) Cell {
	c := Cell{Kind: Flag, set: true}
	if b {
		c.n = 1
	}
	return c
}

// Exact is the cell with all its digits in a CSV.
func (c Cell) Exact() Cell { c.exact = true; return c }

// To is the cell rounded to so many digits.
func (c Cell) To(digits int) Cell {
	p := math.Pow10(digits)
	c.n = math.Round(c.n*p) / p
	return c
}

// Value is the cell's figure; nil: there is none.
func (c Cell) Value() *float64 {
	if !c.set {
		return nil
	}
	return &c.n
}

// Empty says whether there is no value.
func (c Cell) Empty() bool { return !c.set }

func of(k Kind, v *float64) Cell {
	if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) {
		return Cell{Kind: k}
	}
	return Cell{Kind: k, n: *v, set: true}
}

// Column is one column. Sum: its total is the sum of its cells, where Table.Total does not say otherwise.
type Column struct {
	ID    string // for programs: it never changes
	Name  Words
	Means Words // the formula in words; empty: the name says it
	Kind  Kind
	Sum   bool
	Over  func(sum func(id string) float64) (count, of float64) // of a ratio or a mean: its total from the sums of other columns
}

// Note is a line of what the table is about: span, zone, definitions.
type Note struct {
	Name  Words
	Value Cell
	Words Words // instead of Value
}

// Chart is a figure drawn from its own series.
type Chart struct {
	Title  Words
	Kind   ChartKind
	Labels []string
	Series []Series
}

// ChartKind is how a chart is drawn.
type ChartKind uint8

// The kinds of charts.
const (
	Bars    ChartKind = iota // beside each other
	Lines                    // of ratios
	Stacked                  // bars that add up, of durations
	Shares                   // bars beside each other, of ratios
	Counts                   // lines of numbers
)

// Series is one line or colour of a chart; NaN is a gap.
type Series struct {
	Name   Words
	Values []float64
	Dashed bool // a target
}

// Table is a report on its way out.
type Table struct {
	Name    string // of the file, ASCII
	Title   Words
	Columns []Column
	Rows    iter.Seq2[[]Cell, error] // as many cells as columns; read once
	Count   int                      // of the rows; -1: known when they are read
	Total   []Cell                   // nil: the sums
	Untotal bool                     // it has no total
	Notes   []Note
	Charts  []Chart
	Grids   []Grid
	Zone    *time.Location // of the times in workbooks and pages; nil: UTC
}

// Of makes the rows of a table from values and what is read of each.
func Of[R any](t Table, cols []Col[R], rows iter.Seq2[R, error], total *R) *Table {
	for _, c := range cols {
		t.Columns = append(t.Columns, c.Column)
	}
	cells := func(r R) []Cell {
		out := make([]Cell, len(cols))
		for i, c := range cols {
			out[i] = c.Get(r)
		}
		return out
	}
	t.Rows = func(yield func([]Cell, error) bool) {
		for r, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(cells(r), nil) {
				return
			}
		}
	}
	if total != nil {
		t.Total = cells(*total)
	}
	return &t
}

// Col is a column with what it reads of a row.
type Col[R any] struct {
	Column
	Get func(R) Cell
}

// C is a column of a kind.
func C[R any](k Kind, id, en, zh string, get func(R) Cell) Col[R] {
	return Col[R]{Column{ID: id, Name: Words{en, zh}, Kind: k}, get}
}

// Sums is the column with the sum of its cells below it.
func (c Col[R]) Sums() Col[R] { c.Sum = true; return c }

// Is is the column with its formula in words.
func (c Col[R]) Is(en, zh string) Col[R] { c.Means = Words{en, zh}; return c }

// Per is the column whose total is a sum of columns over a sum of columns.
func (c Col[R]) Per(count, of []string) Col[R] {
	all := func(sum func(string) float64, ids []string) (v float64) {
		for _, id := range ids {
			v += sum(id)
		}
		return v
	}
	c.Over = func(sum func(string) float64) (float64, float64) { return all(sum, count), all(sum, of) }
	return c
}

// Each is the rows of a slice.
func Each[R any](rows []R) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// zone is the table's zone.
func (t *Table) zone() *time.Location {
	if t.Zone == nil {
		return time.UTC
	}
	return t.Zone
}

// text is the words of a text, an id or a local time.
func (c Cell) text(lang string, zone *time.Location) string {
	if c.local {
		return c.at().In(zone).Format("2006-01-02 15:04:05")
	}
	return Words{c.s, c.zh}.In(lang)
}

// sums adds up what goes by.
type sums struct {
	t *Table
	n []float64
}

func newSums(t *Table) *sums { return &sums{t, make([]float64, len(t.Columns))} }

func (s *sums) add(row []Cell) {
	for i, c := range row {
		if i < len(s.n) && c.set && !c.local {
			s.n[i] += c.n
		}
	}
}

// total is the last row; nil: there is none.
func (s *sums) total(label string) []Cell {
	if s.t.Untotal {
		return nil
	}
	row := make([]Cell, len(s.t.Columns))
	labelled, any := false, s.t.Total != nil
	for i, c := range s.t.Columns {
		textual := c.Kind == Text || c.Kind == ID || c.Kind == Time || c.Kind == Flag
		switch {
		case textual && labelled:
		case textual && c.Kind != Time:
			row[i], labelled = T(label), true
		case textual:
		case s.t.Total != nil:
			row[i] = s.t.Total[i]
		case c.Over != nil:
			if n, of := c.Over(s.of); of != 0 {
				row[i] = Cell{Kind: c.Kind, n: n / of, set: true}
			}
			any = true
		case c.Sum:
			row[i], any = Cell{Kind: c.Kind, n: s.n[i], set: true}, true
		}
	}
	if !any {
		return nil
	}
	return row
}

func (s *sums) of(id string) float64 {
	for i, c := range s.t.Columns {
		if c.ID == id {
			return s.n[i]
		}
	}
	return 0
}
