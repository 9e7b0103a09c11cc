package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// reportIn is what every report may be asked.
type reportIn struct {
	From     string `query:"from" doc:"RFC 3339; default: the start of today."`
	To       string `query:"to" doc:"RFC 3339; default: now."`
	Interval string `query:"interval" enum:"15m,30m,1h,1d,1w,1M,1y," doc:"Width of the rows; empty: one row for all."`
	Format   string `query:"format" enum:"json,csv,xlsx," doc:"Default json."`
	Queue    string `query:"queue" maxLength:"64"`
	Agent    string `query:"agent" maxLength:"64"`
	Team     string `query:"team" maxLength:"64"`
	Code     string `query:"code" maxLength:"64" doc:"Of contacts: a wrap-up code, or a group of them."`
	By       string `query:"by" enum:"arrival,wait_end,completion," doc:"What puts a visit into its interval; default arrival."`
	levelIn
	Month string `query:"month" pattern:"^([0-9]{4}-[0-9]{2})?$" doc:"Of the KPI sheet; default: this one."`
}

// span reads from and to.
func (s *server) span(in *reportIn) (from, to time.Time, err error) {
	from, err1 := instant("from", in.From)
	to, err2 := instant("to", in.To)
	if err := cmp.Or(err1, err2); err != nil {
		return from, to, huma.Error422UnprocessableEntity("from and to are times such as 2026-11-22T08:00:00Z", err)
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
	for _, r := range []struct {
		name, summary string
		make          func(context.Context, *reportIn) (any, *table, error)
	}{
		{"queues", "Queues by interval, in every definition of the service level side by side", s.queueReport},
		{"agents", "Agents by interval: calls, talk, after-call work, states", s.agentReport},
		{"kpi", "The monthly KPI sheet: target, last month, this month, change", s.kpiReport},
		{"contacts", "Contacts as a table, for export", s.contactReport},
	} {
		huma.Register(s.api, s.op(auth.SeeReports, http.MethodGet, "/api/v1/reports/"+r.name, "report-"+r.name, r.summary),
			func(ctx context.Context, in *reportIn) (*huma.StreamResponse, error) {
				v, t, err := r.make(ctx, in)
				if errors.Is(err, reports.ErrQuery) {
					return nil, huma.Error422UnprocessableEntity(err.Error())
				}
				if err != nil {
					return nil, err
				}
				return s.export(ctx, r.name, in, v, t)
			})
	}
}

// export answers with a report in the format asked for. What leaves as a file is audited.
func (s *server) export(ctx context.Context, name string, in *reportIn, v any, t *table) (*huma.StreamResponse, error) {
	switch in.Format {
	case "xlsx":
		if err := s.audit(ctx, "export", name); err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
			c.SetHeader("Content-Disposition", `attachment; filename="`+name+`.xlsx"`)
			if err := t.writeXLSX(c.BodyWriter(), name); err != nil {
				s.Logger.Info("web: export was cut", "report", name, "error", err)
			}
		}}, nil
	case "csv":
		if err := s.audit(ctx, "export", name); err != nil {
			return nil, err
		}
		return s.csvStream(name, t), nil
	}
	return jsonStream(v)
}

// csvStream answers with the table as a file.
func (s *server) csvStream(name string, t *table) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "text/csv; charset=utf-8")
		c.SetHeader("Content-Disposition", `attachment; filename="`+name+`.csv"`)
		if err := t.writeCSV(c.BodyWriter()); err != nil {
			s.Logger.Info("web: export was cut", "report", name, "error", err)
		}
	}}
}

func jsonStream(v any) (*huma.StreamResponse, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "application/json")
		c.BodyWriter().Write(b) // a client that is gone needs no answer
	}}, nil
}

func (s *server) queueReport(ctx context.Context, in *reportIn) (any, *table, error) {
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
	if err != nil {
		return nil, nil, err
	}
	return rep, queueTable(rep), nil
}

func (s *server) agentReport(ctx context.Context, in *reportIn) (any, *table, error) {
	from, to, err := s.span(in)
	if err != nil {
		return nil, nil, err
	}
	if own := s.scope(ctx).Team; own != "" {
		if in.Team != "" && in.Team != own {
			return nil, nil, s.problem(ctx, http.StatusForbidden, textOwnTeam, own)
		}
		in.Team = own
	}
	rep, err := s.Fold.Agents(reports.AgentQuery{
		From: from, To: to, Interval: reports.Interval(in.Interval), Agent: hotline.AgentID(in.Agent), Team: in.Team,
	})
	if err != nil {
		return nil, nil, err
	}
	return rep, agentTable(rep), nil
}

func (s *server) kpiReport(ctx context.Context, in *reportIn) (any, *table, error) {
	month := s.Now().In(s.Centre().TimeZone)
	if in.Month != "" {
		m, err := time.Parse("2006-01", in.Month)
		if err != nil {
			return nil, nil, huma.Error422UnprocessableEntity("month is such as 2026-11")
		}
		month = m
	}
	rep, err := s.Fold.KPIOf(s.scope(ctx), month.Year(), month.Month())
	if err != nil {
		return nil, nil, err
	}
	return rep, kpiTable(rep), nil
}

// contactReport is the whole span's contacts, page by page.
func (s *server) contactReport(ctx context.Context, in *reportIn) (any, *table, error) {
	from, to, err := s.span(in)
	if err != nil {
		return nil, nil, err
	}
	const most = 100_000 // beyond that a file is the wrong tool
	all := []reports.Contact{}
	q := reports.Search{
		From: reports.At(from), To: reports.At(to), Agent: hotline.AgentID(in.Agent), Queue: hotline.QueueID(in.Queue), Limit: 500,
		Codes: s.codesNamed(in.Code),
	}
	for len(all) < most {
		page, err := s.Fold.Contacts(q)
		if err != nil {
			return nil, nil, err
		}
		for _, c := range page.Items {
			all = append(all, s.redactContact(ctx, c))
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	return map[string]any{"rows": all, "cut": len(all) >= most}, contactTable(all, s.Centre().TimeZone), nil
}
