package table

import (
	"fmt"
	"math"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// Grid is a field of values that a workbook shows by colours.
type Grid struct {
	Title   Words
	Rows    []Words
	Columns []string
	Kind    Kind
	Good    bool        // high values are good: green; else the more the darker
	Values  [][]float64 // by row and column; NaN is a gap
}

// grids is the sheet with the fields, one below the other.
func (b *book) grids() error {
	if len(b.t.Grids) == 0 {
		return nil
	}
	sheet := Words{"Map", "热力图"}.In(b.lang)
	if _, err := b.NewSheet(sheet); err != nil {
		return err
	}
	if err := b.page(sheet, true); err != nil {
		return err
	}
	top := 1
	for _, g := range b.t.Grids {
		if err := b.grid(sheet, top, g); err != nil {
			return fmt.Errorf("map %s: %w", g.Title.EN, err)
		}
		top += len(g.Rows) + 3
	}
	last, err := excelize.ColumnNumberToName(1 + max(1, len(b.t.Grids[0].Columns)))
	if err != nil {
		return err
	}
	if err := b.SetColWidth(sheet, "B", last, 7); err != nil {
		return err
	}
	return b.SetColWidth(sheet, "A", "A", 24)
}

func (b *book) grid(sheet string, top int, g Grid) error {
	at := func(col, row int) string { s, _ := excelize.CoordinatesToCellName(col, row); return s } // both are positive
	head := []any{clean(g.Title.In(b.lang), maxCell)}
	for _, c := range g.Columns {
		head = append(head, c)
	}
	if err := b.SetSheetRow(sheet, at(1, top), &head); err != nil {
		return err
	}
	if err := b.SetCellStyle(sheet, at(1, top), at(len(head), top), b.head); err != nil {
		return err
	}
	for i, name := range g.Rows {
		row := []any{name.In(b.lang)}
		for _, v := range g.Values[i] {
			if math.IsNaN(v) {
				row = append(row, nil)
			} else {
				row = append(row, b.value(Cell{Kind: g.Kind, n: v, set: true}))
			}
		}
		if err := b.SetSheetRow(sheet, "A"+strconv.Itoa(top+1+i), &row); err != nil {
			return err
		}
	}
	if len(g.Rows) == 0 || len(g.Columns) == 0 {
		return nil
	}
	from, to := at(2, top+1), at(1+len(g.Columns), top+len(g.Rows))
	if err := b.SetCellStyle(sheet, from, to, b.styles[g.Kind]); err != nil {
		return err
	}
	scale := excelize.ConditionalFormatOptions{Type: "2_color_scale", Criteria: "=", MinType: "min", MaxType: "max", MinColor: "#FFFFFF", MaxColor: "#4C78A8"}
	if g.Good { // orange to blue: also told apart by those who see no red and green
		scale = excelize.ConditionalFormatOptions{
			Type: "3_color_scale", Criteria: "=", MinType: "num", MidType: "num", MaxType: "num", MinValue: "0", MidValue: "0.5", MaxValue: "1",
			MinColor: "#E66101", MidColor: "#F7F7F7", MaxColor: "#2C7BB6",
		}
	}
	return b.SetConditionalFormat(sheet, from+":"+to, []excelize.ConditionalFormatOptions{scale})
}
