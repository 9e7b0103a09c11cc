package table

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"math"
	"strconv"
)

// HTML writes the table as a page to print, on its own: no script, no picture, nothing from elsewhere. It returns the number of rows.
func (t *Table) HTML(w io.Writer, lang string) (rows int, err error) {
	out := bufio.NewWriter(w)
	if lang != Chinese {
		lang = "en-US"
	}
	title := html.EscapeString(t.Title.In(lang))
	fmt.Fprintf(out, `<!doctype html><html lang="%s"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%s</title><style>%s</style><h1>%s</h1><dl>`, lang, title, style, title)
	for _, n := range t.Notes {
		c := n.Value
		if n.Words.EN != "" {
			c = W(n.Words)
		}
		fmt.Fprintf(out, `<dt>%s<dd>%s`, html.EscapeString(n.Name.In(lang)), html.EscapeString(t.shown(c, lang)))
	}
	out.WriteString(`</dl><table><thead><tr>`)
	for _, c := range t.Columns {
		fmt.Fprintf(out, `<th%s title="%s">%s`, right(c.Kind), html.EscapeString(c.Means.In(lang)), html.EscapeString(c.Name.In(lang)))
	}
	out.WriteString(`<tbody>`)
	sums := newSums(t)
	for row, err := range t.Rows {
		if err != nil {
			return rows, err
		}
		sums.add(row)
		t.line(out, row, lang)
		rows++
	}
	if total := sums.total(Words{"Total", "合计"}.In(lang)); total != nil && rows > 0 {
		out.WriteString(`<tfoot>`)
		t.line(out, total, lang)
	}
	out.WriteString(`</table></html>`)
	return rows, out.Flush() // bufio keeps the first error
}

// style is for paper: A4 across, the head on every page.
const style = `body{font:12px/1.4 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:16px;color:#111}h1{font-size:18px;margin:0 0 8px}` +
	`dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:0 0 12px}dt{color:#555}dd{margin:0}table{border-collapse:collapse;font-variant-numeric:tabular-nums}` +
	`th,td{padding:2px 6px;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}th{border-bottom:1px solid #666;font-weight:600}.n{text-align:right;white-space:nowrap}` +
	`tfoot td{font-weight:600;border-top:1px solid #666}thead{display:table-header-group}tr{break-inside:avoid}@page{size:A4 landscape;margin:10mm}@media print{body{margin:0;font-size:8px}th,td{padding:1px 3px}}`

func (t *Table) line(out *bufio.Writer, row []Cell, lang string) {
	out.WriteString(`<tr>`)
	for _, c := range row {
		out.WriteString(`<td` + right(c.Kind) + `>` + html.EscapeString(t.shown(c, lang)))
	}
	out.WriteString("\n")
}

func right(k Kind) string {
	switch k {
	case Number, Decimal, Duration, Ratio:
		return ` class="n"`
	}
	return ""
}

// shown is the cell for people; a figure that does not exist is a dash.
func (t *Table) shown(c Cell, lang string) string {
	if !c.set {
		if right(c.Kind) != "" {
			return "—"
		}
		return ""
	}
	switch c.Kind {
	case Ratio:
		return strconv.FormatFloat(math.Round(c.n*1000)/10, 'f', 1, 64) + " %"
	case Duration:
		return hms(c.n)
	case Decimal:
		return strconv.FormatFloat(math.Round(c.n*100)/100, 'f', -1, 64)
	case Time:
		return c.at().In(t.zone()).Format("2006-01-02 15:04:05")
	case Flag:
		return Words{"no", "否"}.yes(c.n != 0, lang)
	}
	return clean(c.plain(lang, t.zone()), maxCell)
}

// Text writes the table as lines to read, for a mail without HTML. It returns the number of rows.
func (t *Table) Text(w io.Writer, lang string) (rows int, err error) {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n\n", clean(t.Title.In(lang), maxCell))
	for _, n := range t.Notes {
		c := n.Value
		if n.Words.EN != "" {
			c = W(n.Words)
		}
		fmt.Fprintf(out, "%s: %s\n", n.Name.In(lang), t.shown(c, lang))
	}
	out.WriteString("\n")
	for row, err := range t.Rows {
		if err != nil {
			return rows, err
		}
		for i, c := range row {
			if i > 0 {
				out.WriteString("  ")
			}
			out.WriteString(t.shown(c, lang))
		}
		out.WriteString("\n")
		rows++
	}
	return rows, out.Flush()
}

// hms is ms as h:mm:ss.
func hms(ms float64) string {
	sign := ""
	if ms < 0 {
		sign, ms = "-", -ms
	}
	s := int64(math.Round(ms / 1000))
	return fmt.Sprintf("%s%d:%02d:%02d", sign, s/3600, s/60%60, s%60)
}
