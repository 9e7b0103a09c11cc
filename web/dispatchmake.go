package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
	"hotline/web/table"
	"hotline/web/timetable"
)

// mostFile is how big a file that is sent may be: mail servers take little more.
const mostFile = 15 << 20

// under is the context of a request that a timetable makes under the rights of its owner.
func (s *server) under(ctx context.Context, u auth.User, sc Schedule) context.Context {
	lang := sc.Lang
	if lang == "" {
		lang = s.Centre().Language
	}
	ctx = context.WithValue(context.WithValue(ctx, keyUser, u), keyAddr, "schedule "+sc.ID)
	return context.WithValue(ctx, keyLang, lang)
}

// openSpan says whether figures of the span may still change.
func (s *server) openSpan(ctx context.Context, r SavedReport, from, to time.Time) bool {
	if timetable.Ongoing(r.Span) {
		return true
	}
	rep, err := s.Fold.Queues(reports.QueueQuery{From: from, To: to, Queue: hotline.QueueID(r.Query["queue"]), Among: s.scope(ctx).Queues})
	return err != nil || len(rep.Totals) == 0 || rep.Totals[0].Open
}

// prepare makes everything that is to be handed over, and returns what hands it over.
func (s *server) prepare(ctx context.Context, sc Schedule, r *run) (func(context.Context) error, error) {
	u, rep, stopped := s.runnable(sc)
	if stopped != "" {
		return nil, stoppedError(stopped)
	}
	ctx = s.under(ctx, u, sc)
	q, from, to, err := s.savedQuery(rep, r.Due)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFinal, err)
	}
	if from.IsZero() { // the sheet of a month that the filters name
		from, to, _ = timetable.Span(timetable.MonthToDate, r.Due, s.Centre().TimeZone)
	}
	r.From, r.To, r.Open = from.UTC(), to.UTC(), s.openSpan(ctx, rep, from, to)
	sum, all, err := s.summary(ctx, rep, from, to, r.Open)
	if err != nil {
		return nil, err
	}
	var files []MailFile
	if !sc.Summary {
		f, err := s.attachment(ctx, sc, rep, q, from)
		if err != nil {
			return nil, err
		}
		files, r.Bytes = append(files, f), len(f.Data)
	}
	if err := s.audit(ctx, "send_report", sc.told()); err != nil {
		return nil, err
	}
	if sc.Webhook != "" {
		id := "report-" + sc.ID + "-" + r.Due.Format("20060102T150405.000Z")
		b, err := json.Marshal(reportMessage(id, sc, rep, r, all, files))
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error { return s.Posts.Post(ctx, sc.Webhook, id, b) }, nil
	}
	m := s.mail(ctx, sc, rep, sum, files, r)
	return func(ctx context.Context) error { return s.Mailer.Send(ctx, m) }, nil
}

// attachment asks the report for the file as its owner would: with the same rights, masks and notes in the audit.
func (s *server) attachment(ctx context.Context, sc Schedule, rep SavedReport, q url.Values, from time.Time) (f MailFile, err error) {
	format := sc.Format
	if format == "" {
		format = "xlsx"
	}
	q.Set("format", format)
	q.Set("lang", langOf(ctx))
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "/api/v1/reports/"+rep.Report+"?"+q.Encode(), nil)
	if err != nil {
		return f, err
	}
	w := &answer{head: http.Header{}}
	if err := s.serve(w, req); err != nil {
		return f, err
	}
	if w.status != 0 && w.status != http.StatusOK {
		var p struct {
			Detail string `json:"detail"`
		}
		_ = json.Unmarshal(w.body.Bytes(), &p) // without words the status says it
		err := fmt.Errorf("%d %s", w.status, p.Detail)
		if w.status >= 400 && w.status < 500 {
			err = fmt.Errorf("%w: %w", errFinal, err)
		}
		return f, err
	}
	kind, _, _ := strings.Cut(w.head.Get("Content-Type"), ";")
	name := rep.Report + "-" + from.In(s.Centre().TimeZone).Format(time.DateOnly) + "." + format
	return MailFile{Name: name, Type: kind, Data: w.body.Bytes()}, nil
}

// serve answers a request of our own. A file that is cut off is an error.
func (s *server) serve(w *answer, r *http.Request) (err error) {
	defer func() {
		switch x := recover(); {
		case x == nil:
		case x == http.ErrAbortHandler && w.full:
			err = fmt.Errorf("%w: the file is larger than %d MiB: choose a shorter span or fewer rows", errFinal, mostFile>>20)
		case x == http.ErrAbortHandler:
			err = errors.New("the file was cut off")
		default:
			panic(x)
		}
	}()
	s.mux.ServeHTTP(w, r)
	return r.Context().Err()
}

// answer takes an answer in, up to a bound.
type answer struct {
	head   http.Header
	status int
	body   bytes.Buffer
	full   bool
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.head }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if a.body.Len()+len(b) > mostFile {
		a.full = true
		return 0, errors.New("too large")
	}
	return a.body.Write(b)
}

// told is one line of a summary.
type told struct {
	ID    string
	Name  table.Words
	Cell  table.Cell
	Means table.Words
}

// summary is the figures of a span that stand in the mail itself.
func (s *server) summary(ctx context.Context, r SavedReport, from, to time.Time, open bool) (*table.Table, []told, error) {
	rep, err := s.Fold.Queues(reports.QueueQuery{From: from, To: to, Queue: hotline.QueueID(r.Query["queue"]), Among: s.scope(ctx).Queues})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errFinal, err)
	}
	var all []told
	if len(rep.Totals) > 0 {
		all = figures(rep.Totals[0])
	}
	t := table.Of(table.Table{
		Name: "summary", Title: table.Words{EN: r.Name, ZH: r.Name}, Count: len(all), Untotal: true, Notes: []table.Note{stateNote(open)},
	}, []table.Col[told]{
		table.C(table.Text, "figure", "Figure", "指标", func(f told) table.Cell { return table.W(f.Name) }),
		table.C(table.Number, "value", "Value", "数值", func(f told) table.Cell { return f.Cell }),
		table.C(table.Text, "formula", "Formula", "算法", func(f told) table.Cell { return table.W(f.Means) }),
	}, table.Each(all), nil)
	s.about(ctx, t, from, to, rep.AsOf)
	return t, all, nil
}

// figures are those that a summary tells.
func figures(q reports.QueueRow) []told {
	out := []told{
		{ID: "requested", Name: table.Words{EN: "Requested", ZH: "请求人工"}, Cell: table.N(q.Requested)},
		{ID: "answered", Name: table.Words{EN: "Answered", ZH: "接起"}, Cell: table.N(q.Answered)},
		{ID: "abandoned", Name: table.Words{EN: "Abandoned", ZH: "放弃"}, Cell: table.N(q.Abandoned)},
		{ID: "service_level", Name: table.Words{EN: "Service level", ZH: "服务水平"}, Cell: table.R(q.Level.Ratio), Means: table.Words{EN: "by the queues' own definitions", ZH: "按各队列自己的定义"}},
	}
	names := kpiNames()
	for _, k := range []struct {
		id string
		c  table.Cell
	}{
		{reports.KPIConnect, table.R(q.Levels.Connect.Ratio)},
		{reports.KPICN20, table.R(q.Levels.CN20.Ratio)},
		{reports.KPIAbandon, table.R(q.Levels.Abandon.Ratio)},
		{reports.KPIASA, table.DF(q.ASAMS)},
		{reports.KPITalk, table.DF(q.TalkMS)},
		{reports.KPIACW, table.DF(q.ACWMS)},
		{reports.KPIAHT, table.DF(q.AHTMS)},
	} {
		out = append(out, told{k.id, names[k.id][0], k.c, names[k.id][1]})
	}
	return out
}

// mail is the report as a mail: the summary to read, the file beside it.
func (s *server) mail(ctx context.Context, sc Schedule, rep SavedReport, sum *table.Table, files []MailFile, r *run) Mail {
	lang, zone := langOf(ctx), s.Centre().TimeZone
	subject := rep.Name + " " + r.From.In(zone).Format(time.DateOnly)
	if last := r.To.Add(-time.Millisecond).In(zone).Format(time.DateOnly); last != r.From.In(zone).Format(time.DateOnly) {
		subject += " – " + last
	}
	if r.Open {
		subject += table.Words{EN: " (open)", ZH: "（未定稿）"}.In(lang)
	}
	if name := s.Centre().Name; name != "" {
		subject = name + " · " + subject
	}
	m := Mail{Key: mailKey(sc.ID, r.Due), To: sc.To, Subject: subject, Files: files}
	var text, page strings.Builder
	_, _ = sum.Text(&text, lang)
	_, _ = sum.HTML(&page, lang) // neither fails: rows and writers are in memory
	m.Text, m.HTML = text.String(), page.String()
	return m
}

// postedReport is the body of a report to a webhook: fields are only added.
type postedReport struct {
	ID       string              `json:"id"`
	Event    string              `json:"event"`
	At       time.Time           `json:"at"`
	Schedule string              `json:"schedule"`
	Name     string              `json:"name"`
	Report   string              `json:"report"`
	From     time.Time           `json:"from"`
	To       time.Time           `json:"to"`
	Open     bool                `json:"open"`
	Figures  map[string]*float64 `json:"figures"` // ratios as shares of 1, durations in ms; null: there is none
	File     *postedFile         `json:"file,omitempty"`
}

type postedFile struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Data []byte `json:"data"` // base64
}

func reportMessage(id string, sc Schedule, rep SavedReport, r *run, all []told, files []MailFile) postedReport {
	m := postedReport{
		ID: id, Event: "report", At: r.Began, Schedule: sc.ID, Name: rep.Name, Report: rep.Report, From: r.From, To: r.To, Open: r.Open, Figures: map[string]*float64{},
	}
	for _, f := range all {
		m.Figures[f.ID] = f.Cell.Value()
	}
	for _, f := range files {
		m.File = &postedFile{f.Name, f.Type, f.Data}
	}
	return m
}
