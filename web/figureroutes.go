package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
	"hotline/web/table"
)

// ReportIn is reportIn as a part of another query: huma reads no parameters of a part whose name is not exported.
type ReportIn = reportIn

// figureIn is what the reports beside the queues' and the agents' may be asked.
type figureIn struct {
	ReportIn
	Flow      string `query:"flow" maxLength:"64" doc:"Of ivr: calls that began in this flow."`
	Slot      string `query:"slot" enum:"15m,30m,1h," doc:"Of heatmap; default 30m."`
	Group     string `query:"group" maxLength:"16" doc:"Rows of survey, fcr: queue, agent or team, of fcr code too; of quality: trunk, agent or codec."`
	Satisfied string `query:"satisfied" pattern:"^([0-9]+(-[0-9]+)?)?$" doc:"Of survey: the scores that say satisfied; default 4-5."`
	Days      int    `query:"days" minimum:"0" maximum:"90" doc:"Of fcr: a repeat comes within so many days; default 7."`
	Reason    string `query:"reason" enum:"any,queue,code," doc:"Of fcr: a repeat asks for whatever queue, for the same, or was given the same wrap-up code; default any."`
	State     string `query:"state" enum:"open,promised,called_again,called_back,reached," doc:"Of abandoned."`
	Number    string `query:"number" maxLength:"64" doc:"Of abandoned: part of the customer's number."`
	Short     string `query:"shorts" enum:"true,false," doc:"Of abandoned: the short ones too; default true."`
	Limit     int    `query:"limit" minimum:"0" maximum:"500" doc:"Of abandoned; default 50."`
	Cursor    string `query:"cursor" maxLength:"256" doc:"Of abandoned: next of the page before."`
}

// figure is one more report.
type figure struct {
	name, summary string
	make          func(context.Context, *figureIn) (any, *table.Table, error)
}

func (s *server) figures() []figure {
	return []figure{
		{"teams", "Teams by interval: the sums of their agents' rows", s.teamReport},
		{"abandoned", "Callers who hung up waiting, the newest first, and what became of them since", s.abandonedReport},
		{"ivr", "How calls went through the flows: steps, ways and where callers hung up", s.ivrReport},
		{"heatmap", "Queues by weekday and slot", s.heatmapReport},
		{"survey", "Surveys by queue, agent or team", s.surveyReport},
		{"quality", "How lines sounded, by trunk, agent or codec and day", s.qualityReport},
		{"trunks", "Use of trunks by interval: calls in and out, at once, time", s.trunkReport},
		{"peaks", "The most calls and waiting callers at once, and when", s.peakReport},
		{"fcr", "Resolution at the first contact and repeat calls", s.fcrReport},
		{"timeline", "What agents did, stay by stay; at most 50 hours", s.timelineReport},
		{"definitions", "Every figure: its names, formula, unit and source", s.definitionReport},
	}
}

func (s *server) figureRoutes() {
	for _, r := range s.figures() {
		registerReport(s, r.name, r.summary, r.make)
	}
}

// aboutFigures is the time, the interval and whose figures are asked for.
func (s *server) aboutFigures(ctx context.Context, in *figureIn) (reports.Span, error) {
	from, to, err := s.span(&in.ReportIn)
	if err != nil {
		return reports.Span{}, err
	}
	of := s.scope(ctx)
	if in.Team != "" {
		if of.Team != "" && of.Team != in.Team {
			return reports.Span{}, s.problem(ctx, http.StatusForbidden, textTeamFigures, of.Team)
		}
		of.Team = in.Team
	}
	return reports.Span{
		From: from, To: to, Interval: reports.Interval(in.Interval), Queue: hotline.QueueID(in.Queue), Agent: hotline.AgentID(in.Agent), Of: of,
	}, nil
}

func (s *server) teamReport(ctx context.Context, in *figureIn) (any, *table.Table, error) {
	q, err := s.aboutFigures(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	q.Plan = s.turns(q.From, q.To)
	r, err := s.Fold.Teams(q)
	return figureAnswer(ctx, s, in, "teams", table.Words{EN: "Teams", ZH: "班组报表"}, r, err)
}

func (s *server) trunkReport(ctx context.Context, in *figureIn) (any, *table.Table, error) {
	q, err := s.aboutFigures(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	r, err := s.Fold.Trunks(q)
	return figureAnswer(ctx, s, in, "trunks", table.Words{EN: "Trunks", ZH: "中继报表"}, r, err)
}

func (s *server) peakReport(ctx context.Context, in *figureIn) (any, *table.Table, error) {
	q, err := s.aboutFigures(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	r, err := s.Fold.Peaks(q)
	return figureAnswer(ctx, s, in, "peaks", table.Words{EN: "Peaks", ZH: "并发峰值"}, r, err)
}

func (s *server) qualityReport(ctx context.Context, in *figureIn) (any, *table.Table, error) {
	q, err := s.aboutFigures(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	group := in.Group
	if group == "" {
		group = reports.GroupTrunk
	}
	r, err := s.Fold.Quality(q, group)
	return figureAnswer(ctx, s, in, "quality", table.Words{EN: "Quality of lines", ZH: "线路质量"}, r, err)
}

func (s *server) fcrReport(ctx context.Context, in *figureIn) (any, *table.Table, error) {
	q, err := s.aboutFigures(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	r, err := s.Fold.FCR(reports.FCRQuery{Span: q, Days: in.Days, Reason: in.Reason, Group: in.Group})
	return figureAnswer(ctx, s, in, "fcr", table.Words{EN: "First-contact resolution", ZH: "一次解决率"}, r, err)
}

func (s *server) surveyReport(ctx context.Context, in *figureIn) (any, *table.Table, error) {
	q, err := s.aboutFigures(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	low, high, err := satisfied(in.Satisfied)
	if err != nil {
		return nil, nil, err
	}
	r, err := s.Fold.Surveys(q, in.Group, low, high)
	return figureAnswer(ctx, s, in, "survey", table.Words{EN: "Surveys", ZH: "满意度调查"}, r, err)
}

// satisfied reads the scores that say satisfied; default 4-5.
func satisfied(text string) (low, high int, err error) {
	if text == "" {
		return 4, 5, nil
	}
	a, b, ok := strings.Cut(text, "-")
	if low, err = strconv.Atoi(a); err == nil && ok {
		high, err = strconv.Atoi(b)
	} else {
		high = low
	}
	if err != nil {
		return 0, 0, huma.Error422UnprocessableEntity("satisfied is one or two scores such as 4-5")
	}
	return low, high, nil
}

func (s *server) ivrReport(ctx context.Context, in *figureIn) (any, *table.Table, error) {
	q, err := s.aboutFigures(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	r, err := s.Fold.IVR(q, in.Flow)
	if err != nil {
		return nil, nil, err
	}
	t := flowTable(r)
	s.about(ctx, t, q.From, q.To, r.AsOf)
	return r, t, nil
}

func (s *server) heatmapReport(ctx context.Context, in *figureIn) (any, *table.Table, error) {
	from, to, err := s.span(&in.ReportIn)
	if err != nil {
		return nil, nil, err
	}
	q := reports.QueueQuery{From: from, To: to, Queue: hotline.QueueID(in.Queue), Among: s.scope(ctx).Queues}
	if err := in.fill(&q); err != nil {
		return nil, nil, err
	}
	slot := in.Slot
	if slot == "" {
		slot = "30m"
	}
	width, err := duration("slot", slot)
	if err != nil {
		return nil, nil, err
	}
	r, err := s.Fold.Heatmap(q, width)
	if err != nil || !in.file() {
		return r, nil, err
	}
	_, t, err := figureAnswer(ctx, s, in, "heatmap", table.Words{EN: "Queues by weekday", ZH: "队列热力图"}, &r.Report, nil)
	if err == nil {
		t.Grids = heatGrids(r)
	}
	return r, t, err
}

// A file has as many abandoned contacts as anybody works through; they are gathered page by page.
const (
	gaveUpPage = 500
	gaveUpFile = 100_000
)

func (s *server) abandonedReport(ctx context.Context, in *figureIn) (any, *table.Table, error) {
	from, to, err := s.span(&in.ReportIn)
	if err != nil {
		return nil, nil, err
	}
	masked, err := s.maskedSearch(ctx, in.Number)
	if err != nil {
		return nil, nil, err
	}
	q := reports.GaveUpQuery{
		Search: reports.Search{
			From: reports.At(from), To: reports.At(to), Number: in.Number, Queue: hotline.QueueID(in.Queue), Limit: in.Limit, Cursor: in.Cursor,
			Masked: masked,
		},
		Among: s.scope(ctx).Queues, State: in.State, Short: in.Short != "false",
	}
	whole := in.file() && in.Limit == 0 // a file is the whole list
	if whole {
		q.Limit = gaveUpPage
	}
	page, err := s.Fold.GaveUps(q)
	for err == nil && whole && page.Next != "" && len(page.Items) < gaveUpFile {
		var more reports.GaveUps
		q.Cursor = page.Next
		if more, err = s.Fold.GaveUps(q); err == nil {
			page.Items, page.Next = append(page.Items, more.Items...), more.Next
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if u, _ := userOf(ctx); !u.Role.May(auth.SeeNumbers) {
		for i := range page.Items {
			page.Items[i] = page.Items[i].Redact(mask)
		}
	}
	t := gaveUpTable(page.Items)
	t.Charts = gaveUpCharts(page.Items, s.Centre().TimeZone)
	s.about(ctx, t, from, to, page.AsOf)
	return page, t, nil
}

func (s *server) definitionReport(ctx context.Context, _ *figureIn) (any, *table.Table, error) {
	all := reports.Figures()
	t := meaningTable(all)
	s.about(ctx, t, time.Time{}, time.Time{}, reports.At(s.Now()))
	return list[reports.Figure]{Items: all}, t, nil
}

// figureAnswer is the report, and its table when it is to leave as a file.
func figureAnswer[R any](ctx context.Context, s *server, in *figureIn, name string, title table.Words, r *reports.Report[R], err error) (any, *table.Table, error) {
	if err != nil || !in.file() {
		return r, nil, err
	}
	t, err := figureTable(name, title, r.Rows)
	if err != nil {
		return nil, nil, err
	}
	s.about(ctx, t, r.From.Time(), r.To.Time(), r.AsOf)
	return r, t, nil
}
