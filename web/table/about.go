package table

import (
	"fmt"
	"math"

	"github.com/xuri/excelize/v2"
)

// about is the sheet that tells what the rows are: of which time, in which zone, as of when, and how each figure is made.
func (b *book) about(rows int) error {
	sheet := Words{"About", "说明"}.In(b.lang)
	if _, err := b.NewSheet(sheet); err != nil {
		return err
	}
	if err := b.page(sheet, false); err != nil {
		return err
	}
	if err := b.SetColWidth(sheet, "A", "A", 30); err != nil {
		return err
	}
	if err := b.SetColWidth(sheet, "B", "B", 80); err != nil {
		return err
	}
	n := 0
	line := func(name string, c Cell, style int) error {
		n++
		at := fmt.Sprintf("A%d", n)
		if err := b.SetCellStr(sheet, at, clean(name, maxCell)); err != nil {
			return err
		}
		if err := b.SetCellStyle(sheet, at, at, style); err != nil {
			return err
		}
		at = fmt.Sprintf("B%d", n)
		v := b.value(c)
		if s, ok := v.(string); ok {
			if err := b.SetCellStr(sheet, at, s); err != nil {
				return err
			}
			return b.SetCellStyle(sheet, at, at, b.wrap)
		}
		if err := b.SetCellValue(sheet, at, v); err != nil {
			return err
		}
		return b.SetCellStyle(sheet, at, at, b.styles[c.Kind])
	}
	if err := line(b.t.Title.In(b.lang), Cell{}, b.bold); err != nil {
		return err
	}
	for _, x := range b.t.Notes {
		c := x.Value
		if x.Words.EN != "" {
			c = T(x.Words.In(b.lang))
		}
		if err := line(x.Name.In(b.lang), c, b.wrap); err != nil {
			return err
		}
	}
	if err := line(Words{"Rows", "行数"}.In(b.lang), N(rows), b.wrap); err != nil {
		return err
	}
	n++
	if err := line(Words{"What the columns are", "各列含义"}.In(b.lang), Cell{}, b.bold); err != nil {
		return err
	}
	for _, c := range b.t.Columns {
		means := c.Means.In(b.lang)
		if means == "" {
			means = c.Kind.word().In(b.lang)
		}
		if err := line(c.Name.In(b.lang), T(means), b.wrap); err != nil {
			return err
		}
	}
	return nil
}

// word is the kind for people.
func (k Kind) word() Words {
	switch k {
	case ID:
		return Words{"name or number, as text", "标识或号码，文本"}
	case Number:
		return Words{"count", "次数"}
	case Decimal:
		return Words{"number", "数值"}
	case Duration:
		return Words{"duration, hours:minutes:seconds", "时长，时:分:秒"}
	case Ratio:
		return Words{"share", "比率"}
	case Time:
		return Words{"time, in the zone above", "时间，按上述时区"}
	case Flag:
		return Words{"yes or no", "是或否"}
	}
	return Words{"text", "文本"}
}

// charts is the sheet with the charts, and beside it the one with what they are drawn from.
func (b *book) charts() error {
	if len(b.t.Charts) == 0 {
		return nil
	}
	sheet, data := Words{"Charts", "图表"}.In(b.lang), Words{"Series", "图表数据"}.In(b.lang)
	if _, err := b.NewSheet(sheet); err != nil {
		return err
	}
	if _, err := b.NewSheet(data); err != nil {
		return err
	}
	if err := b.page(sheet, true); err != nil {
		return err
	}
	col := 1
	for i, c := range b.t.Charts {
		if err := b.chart(sheet, data, col, i, c); err != nil {
			return fmt.Errorf("chart %s: %w", c.Title.EN, err)
		}
		col += len(c.Series) + 2
	}
	return nil
}

// chart puts one chart's series into the columns from col on, and draws it.
func (b *book) chart(sheet, data string, col, nth int, c Chart) error {
	kind, format := excelize.Col, Number
	switch c.Kind {
	case Lines:
		kind, format = excelize.Line, Ratio
	case Stacked:
		kind, format = excelize.BarStacked, Duration
	case Shares:
		format = Ratio
	case Counts:
		kind = excelize.Line
	}
	ref := func(col, row int) string { s, _ := excelize.CoordinatesToCellName(col, row, true); return s } // both are positive
	span := func(col int) string { return fmt.Sprintf("'%s'!%s:%s", data, ref(col, 2), ref(col, 1+len(c.Labels))) }
	labels := make([]any, len(c.Labels)+1)
	for i, l := range c.Labels {
		labels[i+1] = clean(l, maxCell)
	}
	if err := b.SetSheetCol(data, ref(col, 1), &labels); err != nil {
		return err
	}
	chart := &excelize.Chart{
		Type: kind, Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: c.Title.In(b.lang)}}},
		Legend: excelize.ChartLegend{Position: "bottom"}, Dimension: excelize.ChartDimension{Width: 960, Height: 360}, ShowBlanksAs: "gap",
		YAxis: excelize.ChartAxis{MajorGridLines: c.Kind != Stacked, NumFmt: excelize.ChartNumFmt{CustomNumFmt: axis(format)}},
	}
	switch c.Kind {
	case Lines, Shares:
		zero, one := 0.0, 1.0
		chart.YAxis.Minimum, chart.YAxis.Maximum = &zero, &one
	case Stacked:
		chart.Dimension.Height = uint(max(360, 120+24*len(c.Labels)))
		chart.XAxis.ReverseOrder = true
	}
	for i, s := range c.Series {
		at := col + 1 + i
		column := make([]any, len(s.Values)+1)
		column[0] = s.Name.In(b.lang)
		for j, v := range s.Values {
			if !math.IsNaN(v) {
				column[j+1] = b.value(Cell{Kind: format, n: v, set: true})
			}
		}
		if err := b.SetSheetCol(data, ref(at, 1), &column); err != nil {
			return err
		}
		if err := b.SetCellStyle(data, ref(at, 2), ref(at, 1+len(s.Values)), b.styles[format]); err != nil {
			return err
		}
		line := excelize.ChartSeries{Name: fmt.Sprintf("'%s'!%s", data, ref(at, 1)), Categories: span(col), Values: span(at)}
		if kind == excelize.Line {
			line.Line.Width, line.Marker.Symbol = 2, "none"
		}
		if s.Dashed {
			line.Line.Dash = excelize.LineDashDash
		}
		chart.Series = append(chart.Series, line)
	}
	return b.AddChart(sheet, fmt.Sprintf("A%d", 1+b.above(nth)), chart)
}

// axis is how the values beside a chart are written.
func axis(k Kind) string {
	switch k {
	case Ratio:
		return "0%"
	case Duration:
		return "[h]:mm"
	}
	return "#,##0"
}

// above is how many rows the charts before the nth take.
func (b *book) above(nth int) (rows int) {
	for _, c := range b.t.Charts[:nth] {
		high := 360
		if c.Kind == Stacked {
			high = max(360, 120+24*len(c.Labels))
		}
		rows += high/20 + 2
	}
	return rows
}
