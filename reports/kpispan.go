package reports

import (
	"fmt"
	"time"
)

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

// KPIOver is the sheet of any time [from, to) in the month's place: what stands as last month is the time as long before it.
// A whole month of the centre's is that month's sheet.
func (f *Fold) KPIOver(of Scope, from, to time.Time) (*KPIReport, error) {
	loc := f.snapshot().book.loc
	if y, m, _ := from.In(loc).Date(); from.Equal(dayStart(y, m, 1, loc)) && to.Equal(dayStart(y, m+1, 1, loc)) {
		return f.KPIOf(of, y, m)
	}
	if !from.Before(to) {
		return nil, fmt.Errorf("%w: from %s is not before to %s", ErrQuery, from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	}
	r, err := f.sheet(of, from.Add(-to.Sub(from)), from, to)
	if err != nil {
		return nil, err
	}
	r.From, r.To = At(from), At(to)
	return r, nil
}
