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
	"hotline/web/table"
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
	Format string `query:"format" enum:"json,csv,xlsx,html," doc:"Default json; files hold every one."`
	Lang   string `query:"lang" enum:"zh-CN,en-US," doc:"Of a file's words; default: that of Accept-Language."`
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

func (s *server) counted(ctx context.Context, in *countedIn) (*huma.StreamResponse, error) {
	from, to, err := s.span(&reportIn{From: in.From, To: in.To})
	if err != nil {
		return nil, err
	}
	scope := s.scope(ctx)
	file := in.Format != "" && in.Format != "json"
	q := reports.CountedQuery{
		QueueQuery: reports.QueueQuery{From: from, To: to, Queue: hotline.QueueID(in.Queue), By: reports.Attribution(in.By), Among: scope.Queues},
		Figure:     in.Figure, Agent: hotline.AgentID(in.Agent), Team: in.Team, Longest: in.Order == "longest", Skip: in.Skip, Limit: cmp.Or(in.Limit, 50), All: file,
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
	if file {
		t := countedTable(p, func(v reports.Counted) countedVisit { return s.countedVisit(ctx, v) })
		s.about(ctx, t, from, to, p.AsOf)
		return s.export(ctx, in.Format, in.Lang, in, t, nil)
	}
	out := countedPage{CountedPage: p, Items: make([]countedVisit, len(p.Items))}
	for i, v := range p.Items {
		out.Items[i] = s.countedVisit(ctx, v)
	}
	return jsonStream(out)
}

// countedVisit is the visit with what the login may see of its contact.
func (s *server) countedVisit(ctx context.Context, v reports.Counted) countedVisit {
	out := countedVisit{Counted: v}
	if c, ok := s.Fold.Contact(v.Contact); ok && s.mayLook(ctx, c) { // the figure counts others' too: their customers are not shown
		c = s.redactContact(ctx, c)
		out.From, out.TalkMS, out.Recorded = c.Customer(), c.TalkMS, c.Recorded
	}
	return out
}

// countedTable is every visit that a figure counts.
func countedTable(p *reports.CountedPage, whole func(reports.Counted) countedVisit) *table.Table {
	type v = countedVisit
	ident := func(id, en, zh string, get func(v) string) table.Col[v] {
		return table.C(table.ID, id, en, zh, func(r v) table.Cell { return table.I(get(r)) })
	}
	text := func(id, en, zh string, get func(v) string) table.Col[v] {
		return table.C(table.Text, id, en, zh, func(r v) table.Cell { return table.T(get(r)) })
	}
	cols := []table.Col[v]{
		table.C(table.Time, "at", "At", "时间", func(r v) table.Cell { return table.At(r.At) }),
		table.C(table.Text, "local", "Local time", "当地时间", func(r v) table.Cell { return table.Local(r.At) }),
		ident("contact", "Contact", "联络", func(r v) string { return string(r.Contact) }),
		ident("number", "Number", "号码", func(r v) string { return r.From.Number }),
		text("name", "Name", "姓名", func(r v) string { return r.From.Name }),
		ident("queue", "Queue", "队列", func(r v) string { return string(r.Queue) }),
		ident("agent", "Agent", "坐席", func(r v) string { return string(r.Agent) }),
		text("outcome", "Outcome", "结果", func(r v) string { return cmp.Or(string(r.Result), string(r.Blocked), string(r.Outcome)) }),
		table.C(table.Duration, "wait_ms", "Wait", "等待", func(r v) table.Cell { return table.D(r.WaitMS) }).Sums(),
		table.C(table.Duration, "talk_ms", "Talk", "通话", func(r v) table.Cell { return table.D(r.TalkMS) }).Sums(),
		table.C(table.Flag, "recording", "Recorded", "有录音", func(r v) table.Cell { return table.Yes(r.Recorded) }),
	}
	rows := func(yield func(v, error) bool) {
		for _, x := range p.Items {
			if !yield(whole(x), nil) {
				return
			}
		}
	}
	t := table.Table{Name: "visits", Title: table.Words{EN: "What the figure counts: " + p.Figure, ZH: "数字所计的来电：" + p.Figure}, Count: len(p.Items)}
	return table.Of(t, cols, rows, nil)
}
