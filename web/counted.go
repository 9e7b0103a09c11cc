package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

type countedIn struct {
	From   string `query:"from" doc:"RFC 3339; default: the start of today."`
	To     string `query:"to" doc:"RFC 3339; default: now."`
	Figure string `query:"figure" required:"true" maxLength:"48" doc:"A count of a row of the queue report by its name (answered, flow_out_by.timeout), in or out and a level (in v1, out v1), or agent and a count of a row of the agent report (agent answered, agent rings.no_answer)."`
	Queue  string `query:"queue" maxLength:"64"`
	Agent  string `query:"agent" maxLength:"64"`
	Team   string `query:"team" maxLength:"64"`
	By     string `query:"by" enum:"arrival,wait_end,completion," doc:"As the figure was asked for."`
	Order  string `query:"order" enum:"newest,longest," doc:"Default newest."`
	Skip   int    `query:"skip" minimum:"0" doc:"next of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

// countedVisit is what a figure counts, with its contact in short.
type countedVisit struct {
	reports.Counted
	From     hotline.Party `json:"from"`
	TalkMS   int64         `json:"talk_ms" doc:"Of the whole contact."`
	Recorded bool          `json:"has_recording"`
}

type countedPage struct {
	*reports.CountedPage
	Items []countedVisit `json:"items"`
}

func (s *server) countedRoute() {
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodGet, "/api/v1/reports/visits", "report-visits",
		"What a figure of a report counts: as many visits as it says, with their contacts"), s.counted)
}

func (s *server) counted(ctx context.Context, in *countedIn) (*body[countedPage], error) {
	from, to, err := s.span(&reportIn{From: in.From, To: in.To})
	if err != nil {
		return nil, err
	}
	scope := s.scope(ctx)
	q := reports.CountedQuery{
		QueueQuery: reports.QueueQuery{From: from, To: to, Queue: hotline.QueueID(in.Queue), By: reports.Attribution(in.By), Among: scope.Queues},
		Figure:     in.Figure, Agent: hotline.AgentID(in.Agent), Team: in.Team, Longest: in.Order == "longest", Skip: in.Skip, Limit: cmp.Or(in.Limit, 50),
	}
	if strings.HasPrefix(q.Figure, "agent ") {
		q.Team = cmp.Or(scope.Team, q.Team)
	}
	p, err := s.Fold.Counted(q)
	if errors.Is(err, reports.ErrQuery) {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	if err != nil {
		return nil, err
	}
	out := countedPage{CountedPage: p, Items: make([]countedVisit, len(p.Items))}
	for i, v := range p.Items {
		out.Items[i].Counted = v
		if c, ok := s.Fold.Contact(v.Contact); ok {
			c = s.redactContact(ctx, c)
			out.Items[i].From, out.Items[i].TalkMS, out.Items[i].Recorded = c.Customer(), c.TalkMS, c.Recorded
		}
	}
	return &body[countedPage]{out}, nil
}
