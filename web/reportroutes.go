package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
	"hotline/web/table"
)

// reportIn is what every report may be asked.
type reportIn struct {
	From     string `query:"from" doc:"RFC 3339; default: the start of today."`
	To       string `query:"to" doc:"RFC 3339; default: now."`
	Interval string `query:"interval" enum:"15m,30m,1h,1d,1w,1M,1y," doc:"Width of the rows; empty: one row for all."`
	Format   string `query:"format" enum:"json,csv,xlsx,html," doc:"Default json. csv, xlsx, html: a file, or a page to print; needs the permission export and is noted."`
	Lang     string `query:"lang" enum:"zh-CN,en-US," doc:"Of a file's words; default: that of Accept-Language. A CSV that names none has the columns' ids."`
	Queue    string `query:"queue" maxLength:"64"`
	Agent    string `query:"agent" maxLength:"64"`
	Team     string `query:"team" maxLength:"64"`
	Code     string `query:"code" maxLength:"64" doc:"Of contacts: a wrap-up code, or a group of them."`
	By       string `query:"by" enum:"arrival,wait_end,completion," doc:"What puts a visit into its interval; default arrival."`
	LevelIn
	Month string `query:"month" pattern:"^([0-9]{4}-[0-9]{2})?$" doc:"Of the KPI sheet, in the place of from and to; default: this one."`
}

// span reads from and to.
func (s *server) span(in *reportIn) (from, to time.Time, err error) {
	from, err1 := instant("from", in.From)
	to, err2 := instant("to", in.To)
	if err := cmp.Or(err1, err2); err != nil {
		return from, to, huma.Error422UnprocessableEntity("from and to are times such as 2026-11-22T08:00:00Z", err)
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return from, to, huma.Error422UnprocessableEntity("from " + in.From + " is not before to " + in.To)
	}
	if to.IsZero() {
		to = s.Now()
	}
	if from.IsZero() {
		from = s.Fold.View(s.Now()).Day.Time()
	}
	return from, to, nil
}

func (s *server) reportRoutes() {
	s.countedRoute()
	for _, r := range []struct {
		name, summary string
		make          func(context.Context, *reportIn) (any, *table.Table, error)
	}{
		{"queues", "Queues by interval, in every definition of the service level side by side", s.queueReport},
		{"agents", "Agents by interval: calls, talk, after-call work, states", s.agentReport},
		{"kpi", "The monthly KPI sheet: target, last month, this month, change", s.kpiReport},
		{"contacts", "Contacts as a table, for export", s.contactReport},
	} {
		registerReport(s, r.name, r.summary, r.make)
	}
}

// formed is what a report is asked, with the form that the answer is to have.
type formed interface{ form() (format, lang string) }

func (in *reportIn) form() (format, lang string) { return in.Format, in.Lang }

// registerReport gives a report its address.
func registerReport[I any, P interface {
	*I
	formed
}](s *server, name, summary string, make func(context.Context, *I) (any, *table.Table, error),
) {
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodGet, "/api/v1/reports/"+name, "report-"+name, summary),
		func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
			v, t, err := make(ctx, in)
			if errors.Is(err, reports.ErrQuery) {
				return nil, huma.Error422UnprocessableEntity(err.Error())
			}
			if err != nil {
				return nil, err
			}
			format, lang := P(in).form()
			return s.export(ctx, format, lang, in, t, v)
		})
}

func (s *server) queueReport(ctx context.Context, in *reportIn) (any, *table.Table, error) {
	from, to, err := s.span(in)
	if err != nil {
		return nil, nil, err
	}
	q := reports.QueueQuery{
		From: from, To: to, Interval: reports.Interval(in.Interval), Queue: hotline.QueueID(in.Queue), By: reports.Attribution(in.By),
		Among: s.scope(ctx).Queues,
	}
	if err := in.fill(&q); err != nil {
		return nil, nil, err
	}
	rep, err := s.Fold.Queues(q)
	if err != nil || !in.file() {
		return rep, nil, err
	}
	var whole *reports.QueueRow
	if q.Interval != reports.Whole {
		q.Interval, q.Curve = reports.Whole, false
		all, err := s.Fold.Queues(q)
		if err != nil {
			return nil, nil, err
		}
		if len(all.Totals) > 0 {
			whole = &all.Totals[0]
		}
	} else if len(rep.Totals) > 0 {
		whole = &rep.Totals[0]
	}
	t := queueTable(rep, whole)
	s.about(ctx, t, from, to, rep.AsOf)
	return rep, t, nil
}

func (s *server) agentReport(ctx context.Context, in *reportIn) (any, *table.Table, error) {
	from, to, err := s.span(in)
	if err != nil {
		return nil, nil, err
	}
	if own := s.scope(ctx).Team; own != "" {
		if in.Team != "" && in.Team != own {
			return nil, nil, s.problem(ctx, http.StatusForbidden, textTeamFigures, own)
		}
		in.Team = own
	}
	rep, err := s.Fold.Agents(reports.AgentQuery{
		From: from, To: to, Interval: reports.Interval(in.Interval), Agent: hotline.AgentID(in.Agent), Team: in.Team,
		Plan: s.turns(from, to),
	})
	if err != nil {
		return nil, nil, err
	}
	t := agentTable(rep)
	s.about(ctx, t, from, to, rep.AsOf)
	return rep, t, nil
}

// contactReport is the whole span's contacts, page by page: they are read while they are written, whatever the form.
func (s *server) contactReport(ctx context.Context, in *reportIn) (any, *table.Table, error) {
	from, to, err := s.span(in)
	if err != nil {
		return nil, nil, err
	}
	if err := s.mayExport(ctx); err != nil {
		return nil, nil, err
	}
	q := reports.Search{
		From: reports.At(from), To: reports.At(to), Agent: hotline.AgentID(in.Agent), Queue: hotline.QueueID(in.Queue), Limit: 500,
		Codes: s.codesNamed(in.Code), Of: s.scope(ctx),
	}
	if _, err := s.Fold.Contacts(reports.Search{From: q.From, To: q.To, Limit: 1}); err != nil {
		return nil, nil, err
	}
	all := func(yield func(reports.Contact, error) bool) {
		for q := q; ; {
			page, err := s.Fold.Contacts(q)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(reports.Contact{}, err)
				return
			}
			for _, c := range page.Items {
				if !yield(s.redactContact(ctx, c), nil) {
					return
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return
			}
		}
	}
	t := contactTable(all)
	s.about(ctx, t, from, to, reports.At(s.Now()))
	return jsonRows[reports.Contact]{all}, t, nil
}
