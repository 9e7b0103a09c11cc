package table

import (
	"encoding/csv"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// CSV writes the table for programs and for spreadsheets: RFC 4180 with a byte order mark, without which Excel takes UTF-8 for the
// local code page. Durations are in ms, times in UTC. An empty language heads the columns with their ids, another one with their
// names. It returns the number of rows written.
func (t *Table) CSV(w io.Writer, lang string) (rows int, err error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return 0, err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180 §2
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = c.head(lang)
	}
	if err := out.Write(line); err != nil {
		return 0, err
	}
	harmless := inert()
	for row, err := range t.Rows {
		if err != nil {
			return rows, err
		}
		for i := range line {
			line[i] = safe(row[i].plain(lang, t.zone()), harmless)
		}
		if err := out.Write(line); err != nil {
			return rows, err
		}
		rows++
	}
	out.Flush()
	return rows, out.Error()
}

// head is the column's name in a CSV, with the unit of what stands below it.
func (c *Column) head(lang string) string {
	switch {
	case lang == "":
		return c.ID
	case c.Kind == Duration:
		return c.Name.In(lang) + Words{" (ms)", "（毫秒）"}.In(lang)
	case c.Kind == Time:
		return c.Name.In(lang) + Words{" (UTC)", "（UTC）"}.In(lang)
	}
	return c.Name.In(lang)
}

// plain is the cell as text; figures are the same in every language.
func (c Cell) plain(lang string, zone *time.Location) string {
	if !c.set {
		return ""
	}
	switch c.Kind {
	case Number:
		return strconv.FormatFloat(c.n, 'f', 0, 64)
	case Duration:
		if c.exact {
			return strconv.FormatFloat(c.n, 'f', -1, 64)
		}
		return strconv.FormatFloat(math.Round(c.n), 'f', 0, 64)
	case Ratio:
		if !c.exact {
			return strconv.FormatFloat(c.n, 'f', 4, 64)
		}
		return strconv.FormatFloat(c.n, 'f', -1, 64)
	case Decimal:
		return strconv.FormatFloat(c.n, 'f', -1, 64)
	case Time:
		return c.at().Format("2006-01-02T15:04:05.000Z")
	case Flag:
		return strconv.FormatBool(c.n != 0)
	}
	return c.text(lang, zone)
}

func (c Cell) at() time.Time { return time.UnixMilli(int64(c.n)).UTC() }

// inert is what begins like a formula and is none: numbers, also in E.164.
func inert() *regexp.Regexp { return regexp.MustCompile(`^\+[0-9]{1,15}$|^-?[0-9]+(\.[0-9]+)?$`) }

// safe keeps a spreadsheet from taking a cell for a formula.
func safe(c string, harmless *regexp.Regexp) string {
	if c == "" || !strings.ContainsRune("=+-@\t\r\n", rune(c[0])) || harmless.MatchString(c) {
		return c
	}
	return "'" + c
}

// Safe is a text as it may stand in a CSV.
func Safe(c string) string { return safe(c, inert()) }
