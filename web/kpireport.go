package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/table"
)

// kpiReport is the sheet of a month, or of any time that is named by from and to.
func (s *server) kpiReport(ctx context.Context, in *reportIn) (any, *table.Table, error) {
	of := s.scope(ctx)
	if q := hotline.QueueID(in.Queue); q != "" {
		if of.Team != "" && !slices.Contains(of.Queues, q) {
			return nil, nil, s.problem(ctx, http.StatusForbidden, textTeamFigures, of.Team)
		}
		of.Queues = []hotline.QueueID{q}
	}
	from, to, err := s.span(in)
	if err != nil {
		return nil, nil, err
	}
	var rep *reports.KPIReport
	if in.Month == "" && (in.From != "" || in.To != "") {
		rep, err = s.Fold.KPIOver(of, from, to)
	} else {
		from, to = time.Time{}, time.Time{} // the sheet's title says which month
		month := s.Now().In(s.Centre().TimeZone)
		if in.Month != "" {
			if month, err = time.Parse("2006-01", in.Month); err != nil {
				return nil, nil, huma.Error422UnprocessableEntity("month is such as 2026-11")
			}
		}
		rep, err = s.Fold.KPIOf(of, month.Year(), month.Month())
	}
	if err != nil {
		return nil, nil, err
	}
	t := kpiTable(rep)
	s.about(ctx, t, from, to, rep.AsOf)
	return rep, t, nil
}
