package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
	"hotline/web/table"
)

type countedIn struct {
	From   string `query:"from" doc:"RFC 3339; default: the start of today."`
	To     string `query:"to" doc:"RFC 3339; default: now."`
	Figure string `query:"figure" required:"true" maxLength:"48" doc:"A count of a row of the queue report by its name (answered, flow_out_by.timeout), in or out and a level (in v1, out v1), agent and a count of a row of the agent report (agent answered, agent rings.no_answer), or the word of another report and one of its counts (survey invited, trunk in, ivr gone): docs/reports.md lists them."`
	Queue  string `query:"queue" maxLength:"64"`
	Agent  string `query:"agent" maxLength:"64"`
	Team   string `query:"team" maxLength:"64"`
	By     string `query:"by" enum:"arrival,wait_end,completion," doc:"As the figure was asked for."`
	Order  string `query:"order" enum:"newest,longest," doc:"Default newest."`
	Skip   int    `query:"skip" minimum:"0" doc:"next of the page before."`
	Before uint64 `query:"before" doc:"before of the page before: looks further back."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Format string `query:"format" enum:"json,csv,xlsx,html," doc:"Default json; files hold every one."`
	Lang   string `query:"lang" enum:"zh-CN,en-US," doc:"Of a file's words; default: that of Accept-Language."`
	CellIn
	LevelIn
}

// CellIn is part of a query: huma reads no parameters of a part whose name is not exported. It is where in its report a figure stands.
type CellIn struct {
	Weekday   int    `query:"weekday" minimum:"0" maximum:"7" doc:"Of heatmap: 1 is Monday."`
	Minute    int    `query:"minute" minimum:"0" maximum:"1439" doc:"Of heatmap: of the day, where the slot begins."`
	Slot      string `query:"slot" enum:"15m,30m,1h," doc:"Of heatmap; default 30m."`
	Came      string `query:"came" maxLength:"64" doc:"Of hand: the queue that it came from."`
	Days      int    `query:"days" minimum:"0" maximum:"90" doc:"Of fcr and repeat; default 7."`
	Reason    string `query:"reason" enum:"any,queue,code," doc:"Of fcr and repeat; default any."`
	Code      string `query:"code" maxLength:"64" doc:"Of code, fcr and repeat: a wrap-up code."`
	Moment    string `query:"moment" doc:"Of peak, and trunk up: who was there at this time."`
	Satisfied string `query:"satisfied" pattern:"^([0-9]+(-[0-9]+)?)?$" doc:"Of survey: the scores that say satisfied; default 4-5."`
	Group     string `query:"group" enum:"trunk,agent,codec," doc:"Of line; default trunk."`
	ID        string `query:"id" maxLength:"64" doc:"Of trunk: its name; of line: the row's id."`
	Flow      string `query:"flow" maxLength:"64" doc:"Of ivr: calls that began in this flow."`
	Node      string `query:"node" maxLength:"300" doc:"Of ivr node, gone and link: a step's id."`
	To        string `query:"to_node" maxLength:"300" doc:"Of ivr link: the step after it."`
}

// cell reads where the figure stands.
func (in *CellIn) cell() (reports.CountedCell, error) {
	at, err := instant("moment", in.Moment)
	if err != nil {
		return reports.CountedCell{}, huma.Error422UnprocessableEntity("moment is a time such as 2026-11-22T08:00:00Z", err)
	}
	width, err := duration("slot", cmp.Or(in.Slot, "30m"))
	if err != nil {
		return reports.CountedCell{}, err
	}
	low, high, err := satisfied(in.Satisfied)
	if err != nil {
		return reports.CountedCell{}, err
	}
	c := reports.CountedCell{
		Weekday: in.Weekday, Minute: in.Minute, SlotMin: int(width / time.Minute), Came: hotline.QueueID(in.Came), Days: in.Days, Reason: in.Reason,
		Code: in.Code, Low: low, High: high, Group: cmp.Or(in.Group, reports.GroupTrunk), ID: in.ID, Flow: in.Flow, Node: in.Node, To: in.To,
	}
	if !at.IsZero() {
		c.At = reports.At(at)
	}
	return c, nil
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
	cell, err := in.cell()
	if err != nil {
		return nil, err
	}
	scope := s.scope(ctx)
	file := in.Format != "" && in.Format != "json"
	q := reports.CountedQuery{
		QueueQuery: reports.QueueQuery{From: from, To: to, Queue: hotline.QueueID(in.Queue), By: reports.Attribution(in.By), Among: scope.Queues},
		Figure:     in.Figure, Cell: cell, Before: in.Before, Agent: hotline.AgentID(in.Agent), Team: in.Team, Longest: in.Order == "longest", Skip: in.Skip, Limit: cmp.Or(in.Limit, 50), All: file,
	}
	if err := in.fill(&q.QueueQuery); err != nil {
		return nil, err
	}
	switch of, _, _ := strings.Cut(q.Figure, " "); of {
	case "agent", "own", "line":
		q.Team, q.Among = cmp.Or(scope.Team, q.Team), nil
	case "survey", "transfer", "code": // of an agent's or a team's row: wherever they worked
		if q.Agent != "" || q.Team != "" {
			q.Team, q.Among = cmp.Or(scope.Team, q.Team), nil
		}
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
		if v.Whole {
			out.WaitMS, out.Outcome = c.WaitMS, hotline.Outcome(c.Outcome)
		}
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
