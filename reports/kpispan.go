package reports

import "time"

// KPISpan is the sheet's figures over any time [from, to), without targets' verdicts and without last month.
func (f *Fold) KPISpan(from, to time.Time) ([]KPIRow, error) {
	figures, _, err := f.monthFigures(Scope{}, from, to)
	if err != nil {
		return nil, err
	}
	rows := kpiRows()
	for i := range rows {
		x := figures[rows[i].ID]
		rows[i].This, rows[i].Count, rows[i].Of = x.value(), x.count, x.of
	}
	return rows, nil
}
