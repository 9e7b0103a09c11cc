package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/reports"
	"hotline/web/auth"
	"hotline/web/table"
)

// file says whether the report is to leave as a file.
func (in *reportIn) file() bool { return in.Format != "" && in.Format != "json" }

// mayExport refuses whoever may look and not copy out.
func (s *server) mayExport(ctx context.Context) error {
	if u, _ := userOf(ctx); !u.Role.May(auth.Export) {
		return s.problem(ctx, http.StatusForbidden, textNoExport, u.Role)
	}
	return nil
}

// about tells in a table what it is about. A zero from: the table says itself of which time it is.
func (s *server) about(ctx context.Context, t *table.Table, from, to time.Time, asOf reports.Moment) {
	c := s.Centre()
	u, _ := userOf(ctx)
	t.Zone = c.TimeZone
	w := func(en, zh string) table.Words { return table.Words{EN: en, ZH: zh} }
	notes := []table.Note{{Name: w("Centre", "中心"), Value: table.T(c.Name)}}
	if !from.IsZero() {
		notes = append(notes,
			table.Note{Name: w("From", "从"), Value: table.At(from.UnixMilli())}, table.Note{Name: w("To, not included", "到（不含）"), Value: table.At(to.UnixMilli())})
	}
	notes = append(notes,
		table.Note{Name: w("Time zone", "时区"), Value: table.T(c.TimeZone.String())}, table.Note{Name: w("As of", "截至"), Value: table.At(int64(asOf))})
	t.Notes = append(append(notes, t.Notes...), table.Note{Name: w("Made for", "导出人"), Value: table.T(u.Name)})
}

// export answers in the format asked for: v as JSON, the table otherwise. What leaves as a file needs leave and is noted before its
// first byte, with what was asked; where the rows are known only when they were read, they are noted after the last one. A format
// that the table cannot be had in is refused by the route's schema.
func (s *server) export(ctx context.Context, format, lang string, asked any, t *table.Table, v any) (*huma.StreamResponse, error) {
	rows, streamed := v.(streamedJSON)
	if (format == "" || format == "json") && !streamed {
		return jsonStream(v)
	}
	if err := s.mayExport(ctx); err != nil {
		return nil, err
	}
	if format == "" {
		format = "json"
	}
	target := exported(t.Name, format, asked)
	if t.Count >= 0 {
		target += fmt.Sprintf(" rows=%d", t.Count)
	}
	if err := s.audit(ctx, "export", target); err != nil {
		return nil, err
	}
	if lang == "" {
		lang, _ = ctx.Value(keyLang).(string)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		out := &lateWriter{c: c, head: func() { fileHead(c, t.Name, format) }}
		var n int
		var err error
		switch format {
		case "xlsx":
			n, err = t.XLSX(out, lang)
		case "csv":
			n, err = t.CSV(out, lang)
		case "html":
			n, err = t.HTML(out, lang)
		default:
			n, err = rows.write(out)
		}
		s.left(ctx, out, t, target, n, err)
	}}, nil
}

// left deals with the end of a file: it is noted how many rows went out, and what was cut does not look whole.
func (s *server) left(ctx context.Context, out *lateWriter, t *table.Table, target string, n int, err error) {
	if t.Count < 0 || err != nil {
		if err != nil {
			target += " cut"
		}
		_ = s.audit(ctx, "exported", fmt.Sprintf("%s rows=%d", target, n)) // it is out already; audit complains itself
	}
	switch {
	case err == nil:
	case !out.begun && errors.Is(err, table.ErrTooLong):
		huma.WriteErr(s.api, out.c, http.StatusUnprocessableEntity, s.say(ctx, textTooLong))
	case !out.begun:
		s.Logger.Warn("web: export failed", "report", t.Name, "error", err)
		huma.WriteErr(s.api, out.c, http.StatusServiceUnavailable, s.say(ctx, textTryAgain))
	default:
		s.Logger.Info("web: export was cut", "report", t.Name, "error", err)
		panic(http.ErrAbortHandler) // the client sees that the end is missing
	}
}

// lateWriter writes the head of an answer with its first byte.
type lateWriter struct {
	c     huma.Context
	head  func()
	begun bool
}

// Write implements io.Writer.
func (w *lateWriter) Write(b []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.head()
	}
	return w.c.BodyWriter().Write(b)
}

func fileHead(c huma.Context, name, format string) {
	kinds := map[string]string{
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8",
		"html": "text/html; charset=utf-8", "json": "application/json",
	}
	c.SetHeader("Content-Type", kinds[format])
	switch format {
	case "html": // a page of its own: its style stands in it, and nothing else may happen
		c.SetHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	case "xlsx", "csv":
		c.SetHeader("Content-Disposition", `attachment; filename="`+name+"."+format+`"`)
	}
}

// exported is what was asked for, for the audit: the report, its form, and what stands in its query.
func exported(name, format string, asked any) string {
	const most = 400
	out := name + " " + format + asks(reflect.Indirect(reflect.ValueOf(asked)))
	return strings.ToValidUTF8(out[:min(len(out), most)], "")
}

func asks(v reflect.Value) (out string) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			out += asks(v.Field(i))
			continue
		}
		key, _, _ := strings.Cut(f.Tag.Get("query"), ",")
		switch key {
		case "", "format", "lang", "limit", "cursor":
			continue
		}
		if !v.Field(i).IsZero() {
			out += fmt.Sprintf(" %s=%v", key, v.Field(i).Interface())
		}
	}
	return out
}

// streamedJSON is an answer that is too long to be held.
type streamedJSON interface {
	write(w io.Writer) (int, error)
}

// jsonRows is {"rows": […]}, row by row.
type jsonRows[R any] struct{ all iter.Seq2[R, error] }

func (j jsonRows[R]) write(w io.Writer) (n int, err error) {
	out := bufio.NewWriter(w)
	for r, err := range j.all {
		if err != nil {
			return n, err
		}
		b, err := json.Marshal(r)
		if err != nil {
			return n, err
		}
		before := ","
		if n == 0 {
			before = `{"rows":[`
		}
		if _, err := out.WriteString(before); err != nil {
			return n, err
		}
		if _, err := out.Write(b); err != nil {
			return n, err
		}
		n++
	}
	end := "]}"
	if n == 0 {
		end = `{"rows":[]}`
	}
	if _, err := out.WriteString(end); err != nil {
		return n, err
	}
	return n, out.Flush()
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
