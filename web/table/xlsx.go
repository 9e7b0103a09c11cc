package table

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// ErrTooLong is the answer for more rows than a workbook holds.
var ErrTooLong = errors.New("table: more than a million rows: a workbook holds no more; choose a shorter span or CSV")

// mostRows of a workbook; Excel's own limit is 1,048,576 with the head and the total.
const mostRows = 1_000_000

// measured is how many rows say how wide the columns are.
const measured = 200

// maxCell is how many characters of a text a cell holds (Excel's limit is 32,767).
const maxCell = 32_000

// XLSX writes the table as a workbook: the rows with real formats, what they are about, and the charts. Nothing is written before
// the last row was read: an error of the rows leaves w untouched. It returns the number of rows.
func (t *Table) XLSX(w io.Writer, lang string) (rows int, err error) {
	f := excelize.NewFile()
	defer f.Close()
	b := &book{File: f, t: t, lang: lang, zone: t.zone()}
	if err := b.makeStyles(); err != nil {
		return 0, err
	}
	if err := f.SetSheetName("Sheet1", b.dataName()); err != nil {
		return 0, err
	}
	if rows, err = b.data(); err != nil {
		return rows, err
	}
	if err := errors.Join(b.grids(), b.charts()); err != nil {
		return rows, err
	}
	if err := b.about(rows); err != nil {
		return rows, err
	}
	f.SetActiveSheet(0)
	if err := f.SetDocProps(&excelize.DocProperties{Title: t.Title.In(lang), Creator: "Hotline", Language: lang}); err != nil {
		return rows, err
	}
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) }) // straight out: the whole never stands in memory
	_, err = f.WriteTo(io.Discard)
	return rows, err
}

// book is a workbook that is being written.
type book struct {
	*excelize.File
	t      *Table
	lang   string
	zone   *time.Location
	styles [Flag + 1]int // by kind
	totals [Flag + 1]int // of the last row
	head   int
	bold   int
	wrap   int
}

// format is how a kind is shown. Telephone numbers and ids are text, so that no digit is lost.
func (k Kind) format() string {
	switch k {
	case ID, Text:
		return "@"
	case Number:
		return "#,##0"
	case Decimal:
		return "#,##0.##"
	case Duration:
		return "[h]:mm:ss"
	case Ratio:
		return "0.0%"
	case Time:
		return "yyyy-mm-dd hh:mm:ss"
	}
	return "General"
}

func (b *book) makeStyles() (err error) {
	top := []excelize.Border{{Type: "top", Style: 1, Color: "000000"}}
	for k := Text; k <= Flag; k++ {
		format := k.format()
		if b.styles[k], err = b.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return err
		}
		if b.totals[k], err = b.NewStyle(&excelize.Style{CustomNumFmt: &format, Font: &excelize.Font{Bold: true}, Border: top}); err != nil {
			return err
		}
	}
	if b.bold, err = b.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return err
	}
	if b.wrap, err = b.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}); err != nil {
		return err
	}
	b.head, err = b.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8ECF0"}},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}, Border: []excelize.Border{{Type: "bottom", Style: 1, Color: "808080"}},
	})
	return err
}

// dataName is the sheet of the rows: short, and of letters alone.
func (b *book) dataName() string { return b.t.Name }

// page sets a sheet up for paper: A4 across, as wide as one page, with the head on each.
func (b *book) page(sheet string, landscape bool) error {
	size, high, wide, orientation := 9, 0, 1, "portrait" // 9: A4
	if landscape {
		orientation = "landscape"
	}
	fit := true
	if err := b.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	if err := b.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &size, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &high}); err != nil {
		return err
	}
	title := strings.ReplaceAll(clean(b.t.Title.In(b.lang), 100), "&", "&&") // & begins a code of the header
	return b.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddHeader: "&L" + title, OddFooter: "&R&P / &N"})
}

func (b *book) data() (rows int, err error) {
	sheet := b.dataName()
	if err := b.page(sheet, true); err != nil {
		return 0, err
	}
	out, err := b.NewStreamWriter(sheet)
	if err != nil {
		return 0, err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return 0, err
	}
	sums := newSums(b.t)
	first := make([][]Cell, 0, measured)
	write := func(row []Cell) error {
		rows++
		return out.SetRow("A"+strconv.Itoa(rows+1), b.cells(row, &b.styles))
	}
	for row, err := range b.t.Rows {
		if err != nil {
			return rows, err
		}
		if sums.add(row); len(first) < measured {
			if first = append(first, row); len(first) < measured {
				continue
			}
			if err := b.begin(out, first, write); err != nil {
				return rows, err
			}
			continue
		}
		if rows >= mostRows {
			return rows, ErrTooLong
		}
		if err := write(row); err != nil {
			return rows, err
		}
	}
	if len(first) < measured {
		if err := b.begin(out, first, write); err != nil {
			return rows, err
		}
	}
	last := rows + 1
	if total := sums.total(Words{"Total", "合计"}.In(b.lang)); total != nil && rows > 0 {
		last++
		if err := out.SetRow("A"+strconv.Itoa(last), b.cells(total, &b.totals)); err != nil {
			return rows, err
		}
	}
	return rows, errors.Join(out.Flush(), b.names(sheet, last))
}

// begin writes the widths, the head and the rows that were held back to measure them.
func (b *book) begin(out *excelize.StreamWriter, first [][]Cell, write func([]Cell) error) error {
	head := make([]any, len(b.t.Columns))
	for i, c := range b.t.Columns {
		wide := min(18, width(c.Name.In(b.lang)))
		for _, row := range first {
			wide = max(wide, b.wide(row[i]))
		}
		if err := out.SetColWidth(i+1, i+1, float64(min(wide, 60)+2)); err != nil {
			return err
		}
		head[i] = c.Name.In(b.lang)
	}
	if err := out.SetRow("A1", head, excelize.RowOpts{StyleID: b.head}); err != nil {
		return err
	}
	for _, row := range first {
		if err := write(row); err != nil {
			return err
		}
	}
	return nil
}

// names are the head that each printed page repeats, and what is printed.
func (b *book) names(sheet string, last int) error {
	if len(b.t.Columns) == 0 {
		return nil
	}
	col, err := excelize.ColumnNumberToName(len(b.t.Columns))
	if err != nil {
		return err
	}
	return errors.Join(
		b.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + sheet + "'!$1:$1", Scope: sheet}),
		b.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: fmt.Sprintf("'%s'!$A$1:$%s$%d", sheet, col, last), Scope: sheet}),
	)
}

// cells are a row's values in the styles of their kinds. A text in a workbook is never a formula.
func (b *book) cells(row []Cell, styles *[Flag + 1]int) []any {
	out := make([]any, len(row))
	for i, c := range row {
		out[i] = excelize.Cell{StyleID: styles[c.Kind], Value: b.value(c)}
	}
	return out
}

func (b *book) value(c Cell) any {
	if !c.set {
		return nil
	}
	switch c.Kind {
	case Number:
		return int64(c.n)
	case Decimal, Ratio:
		return c.n
	case Duration:
		return c.n / 86_400_000 // a spreadsheet's times are days
	case Time:
		return serial(c.at().In(b.zone))
	case Flag:
		return Words{"no", "否"}.yes(c.n != 0, b.lang)
	}
	return clean(c.text(b.lang, b.zone), maxCell)
}

// yes is the word for a yes, w that for a no.
func (w Words) yes(yes bool, lang string) string {
	if yes {
		return Words{"yes", "是"}.In(lang)
	}
	return w.In(lang)
}

// serial is the wall clock as a spreadsheet counts it: days since 1899-12-30, whatever the zone was.
func serial(at time.Time) float64 {
	_, offset := at.Zone()
	const epoch = -2_209_161_600 // Unix seconds of 1899-12-30
	return (float64(at.UnixMilli())/1000 + float64(offset) - epoch) / 86_400
}

// wide is how much room a cell needs, in digits.
func (b *book) wide(c Cell) int {
	if !c.set {
		return 0
	}
	switch c.Kind {
	case Time:
		return len("2006-01-02 15:04:05")
	case Duration:
		return len("100:00:00")
	case Ratio:
		return len("100.0%")
	case Number, Decimal:
		return len(c.plain("", b.zone)) * 4 / 3
	case Flag:
		return 4
	}
	return width(c.text(b.lang, b.zone))
}

// width is how many digits wide a text is: Chinese takes two each.
func width(s string) (n int) {
	for _, r := range s {
		if n++; r >= 0x1100 {
			n++
		}
		if n > 200 {
			break
		}
	}
	return n
}

// clean is the text without what no cell may hold, cut to so many characters.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
