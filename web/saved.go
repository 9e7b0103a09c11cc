package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/web/auth"
	"hotline/web/timetable"
)

// Kept keeps reports with a name and their timetables. A Put is on the platter when it returns; Bucket of store/local is one.
type Kept interface {
	Get(key string) ([]byte, error)
	Put(key string, val []byte) error
	Delete(key string) error
	Each(prefix string, f func(key string, val []byte) bool) error
}

// Bounds of what is kept.
const (
	maxSaved  = 1000
	maxFilter = 20
)

// SavedReport is a report with its filters under a name.
type SavedReport struct {
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Report  string            `json:"report"`
	Query   map[string]string `json:"query" doc:"Filters, as in the report's address."`
	Span    string            `json:"span" doc:"Moves with the day on which it is asked for; empty: from and to."`
	From    string            `json:"from,omitempty"`
	To      string            `json:"to,omitempty"`
	Owner   string            `json:"owner"`
	Shared  []auth.Role       `json:"shared" doc:"Roles that see it too."`
	Changed time.Time         `json:"changed"`
}

// savedView is one as it is listed.
type savedView struct {
	SavedReport
	Mine bool   `json:"mine"`
	URL  string `json:"url" doc:"Where it can be had now, as JSON."`
}

// savedIn is what is asked of one.
type savedIn struct {
	Name   string            `json:"name" minLength:"1" maxLength:"100"`
	Report string            `json:"report" maxLength:"32"`
	Query  map[string]string `json:"query,omitempty" maxProperties:"20"`
	Span   string            `json:"span,omitempty" enum:"today,yesterday,this_week,last_week,month_to_date,last_month,"`
	From   string            `json:"from,omitempty" maxLength:"40" doc:"RFC 3339; of a span that does not move."`
	To     string            `json:"to,omitempty" maxLength:"40"`
	Shared []auth.Role       `json:"shared,omitempty" maxItems:"7"`
}

type KeptIn struct {
	ID string `path:"id" maxLength:"64"`
}

type savedList struct {
	Items []savedView `json:"items"`
}

func (s *server) savedRoutes() {
	const path = "/api/v1/reports/saved"
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodGet, path, "saved-reports", "Reports kept under a name: one's own, and those shared with one's role"),
		func(ctx context.Context, _ *struct{}) (*body[savedList], error) {
			all, err := s.savedAll(ctx)
			if err != nil {
				return nil, err
			}
			u, _ := userOf(ctx)
			out := savedList{Items: []savedView{}}
			for _, r := range all {
				if r.seenBy(u) {
					out.Items = append(out.Items, s.savedView(u, r))
				}
			}
			return &body[savedList]{out}, nil
		})
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodPost, path, "save-report", "Keep a report under a name"),
		func(ctx context.Context, in *struct{ Body savedIn }) (*body[savedView], error) {
			return s.save(ctx, "", in.Body)
		})
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodPut, path+"/{id}", "change-saved-report", "Change a kept report of one's own"),
		func(ctx context.Context, in *struct {
			KeptIn
			Body savedIn
		},
		) (*body[savedView], error) {
			return s.save(ctx, in.ID, in.Body)
		})
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodDelete, path+"/{id}", "forget-saved-report", "Forget a kept report of one's own; what was to be sent of it stops"), s.forget)
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodGet, path+"/{id}", "run-saved-report", "To the kept report as it is now (303)"), s.runSaved)
}

func (r *SavedReport) seenBy(u auth.User) bool {
	return r.Owner == u.Name || slices.Contains(r.Shared, u.Role)
}

func (s *server) savedView(u auth.User, r SavedReport) savedView {
	v := savedView{SavedReport: r, Mine: r.Owner == u.Name}
	if q, _, _, err := s.savedQuery(r, s.Now()); err == nil {
		v.URL = "/api/v1/reports/" + r.Report + "?" + q.Encode()
	}
	return v
}

// savedQuery is the query of the kept report at a moment, and its span.
func (s *server) savedQuery(r SavedReport, at time.Time) (q url.Values, from, to time.Time, err error) {
	q = url.Values{}
	for k, v := range r.Query {
		q.Set(k, v)
	}
	if r.Span != "" {
		from, to, err = timetable.Span(r.Span, at, s.Centre().TimeZone)
	} else {
		from, to = parsed(r.From), parsed(r.To)
	}
	if err != nil {
		return nil, from, to, err
	}
	zone := s.Centre().TimeZone
	if r.Report == "kpi" { // a sheet of months
		if r.Span != "" && r.Query["month"] == "" {
			q.Set("month", from.In(zone).Format("2006-01"))
		}
		return q, from, to, nil
	}
	if !from.IsZero() {
		q.Set("from", from.In(zone).Format(time.RFC3339))
	}
	if !to.IsZero() {
		q.Set("to", to.In(zone).Format(time.RFC3339))
	}
	return q, from, to, nil
}

// parsed is a time that was checked before.
func parsed(text string) time.Time { t, _ := instant("", text); return t }

func (s *server) savedAll(ctx context.Context) ([]SavedReport, error) {
	all, err := readKept[SavedReport](s, "saved/")
	if err != nil {
		s.Logger.Error("web: kept reports cannot be read", "error", err)
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	slices.SortFunc(all, func(a, b SavedReport) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// readKept is everything kept under a prefix. What cannot be read is left out and told in the log.
func readKept[T any](s *server, prefix string) (all []T, err error) {
	if s.Kept == nil {
		return nil, nil
	}
	err = s.Kept.Each(prefix, func(key string, val []byte) bool {
		var one T
		if bad := json.Unmarshal(val, &one); bad != nil {
			s.Logger.Error("web: kept and unreadable", "key", key, "error", bad)
			return true
		}
		all = append(all, one)
		return true
	})
	return all, err
}

// savedOf is the kept report that the login may see.
func (s *server) savedOf(ctx context.Context, u auth.User, id string) (r SavedReport, err error) {
	if s.Kept != nil && id != "" {
		val, err := s.Kept.Get("saved/" + id)
		if err != nil {
			return r, err
		}
		if val != nil && json.Unmarshal(val, &r) == nil && r.seenBy(u) {
			return r, nil
		}
	}
	return r, s.problem(ctx, http.StatusNotFound, textNoSaved)
}

// save keeps a report; an empty id is a new one.
func (s *server) save(ctx context.Context, id string, in savedIn) (*body[savedView], error) {
	u, _ := userOf(ctx)
	if s.Kept == nil {
		return nil, s.problem(ctx, http.StatusNotFound, textNoSaved)
	}
	all, err := s.savedAll(ctx)
	if err != nil {
		return nil, err
	}
	r := SavedReport{
		ID: id, Name: strings.TrimSpace(in.Name), Report: in.Report, Query: in.Query, Span: in.Span, From: in.From, To: in.To, Owner: u.Name, Shared: in.Shared,
		Changed: s.Now().UTC().Truncate(time.Millisecond),
	}
	if id != "" {
		old, err := s.savedOf(ctx, u, id)
		if err != nil {
			return nil, err
		}
		if old.Owner != u.Name {
			return nil, s.problem(ctx, http.StatusForbidden, textOthersKept)
		}
	} else if r.ID = rand.Text(); len(all) >= maxSaved {
		return nil, s.problem(ctx, http.StatusConflict, textTooManyKept)
	}
	if err := s.checkSaved(ctx, &r); err != nil {
		return nil, err
	}
	if err := s.keep(ctx, "saved/"+r.ID, r); err != nil {
		return nil, err
	}
	return &body[savedView]{s.savedView(u, r)}, nil
}

func (s *server) keep(ctx context.Context, key string, v any) error {
	val, err := json.Marshal(v)
	if err == nil {
		err = s.Kept.Put(key, val)
	}
	if err != nil {
		s.Logger.Error("web: cannot be kept", "key", key, "error", err)
		return s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	return nil
}

// checkSaved refuses what the report would refuse when it is asked for.
func (s *server) checkSaved(ctx context.Context, r *SavedReport) error {
	item := s.api.OpenAPI().Paths["/api/v1/reports/"+r.Report]
	if item == nil || item.Get == nil || strings.Contains(r.Report, "/") || r.Report == "saved" || r.Report == "schedules" || r.Report == "definitions" {
		return s.problem(ctx, http.StatusUnprocessableEntity, textNoSuchReport)
	}
	from, err1 := instant("from", r.From)
	to, err2 := instant("to", r.To)
	if err := cmp.Or(err1, err2); err != nil {
		return huma.Error422UnprocessableEntity("from and to are times such as 2026-11-22T08:00:00Z", err)
	}
	if r.Span == "" && r.Report != "kpi" && (from.IsZero() || !to.After(from)) || r.Span != "" && (r.From != "" || r.To != "") {
		return s.problem(ctx, http.StatusUnprocessableEntity, textSpanOrTimes)
	}
	for _, role := range r.Shared {
		if !slices.Contains(auth.Roles(), role) {
			return s.problem(ctx, http.StatusUnprocessableEntity, textNoSuchRole, string(role))
		}
	}
	if r.Shared == nil {
		r.Shared = []auth.Role{}
	}
	if len(r.Query) > maxFilter {
		return s.problem(ctx, http.StatusUnprocessableEntity, textNoSuchFilter, "…")
	}
	for k, v := range r.Query {
		if !s.filterFits(item.Get, k, v) {
			return s.problem(ctx, http.StatusUnprocessableEntity, textNoSuchFilter, k)
		}
	}
	return nil
}

// filterFits says whether the report takes the parameter with the value.
func (s *server) filterFits(op *huma.Operation, key, val string) bool {
	switch key {
	case "from", "to", "format", "lang":
		return false // they are said otherwise
	}
	for _, p := range op.Parameters {
		if p.In != "query" || p.Name != key || len(val) > 256 {
			continue
		}
		if p.Schema == nil || p.Schema.Type != huma.TypeString {
			return true // the report says when it is asked for
		}
		var found huma.ValidateResult
		huma.Validate(s.api.OpenAPI().Components.Schemas, p.Schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, val, &found)
		return len(found.Errors) == 0
	}
	return false
}

func (s *server) forget(ctx context.Context, in *KeptIn) (*struct{}, error) {
	u, _ := userOf(ctx)
	r, err := s.savedOf(ctx, u, in.ID)
	if err != nil {
		return nil, err
	}
	if r.Owner != u.Name {
		return nil, s.problem(ctx, http.StatusForbidden, textOthersKept)
	}
	if err := s.Kept.Delete("saved/" + r.ID); err != nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	return nil, nil
}

type goThere struct {
	Status   int
	Location string `header:"Location"`
}

type runIn struct {
	KeptIn
	Format string `query:"format" enum:"json,csv,xlsx,html,"`
	Lang   string `query:"lang" enum:"zh-CN,en-US,"`
}

func (s *server) runSaved(ctx context.Context, in *runIn) (*goThere, error) {
	u, _ := userOf(ctx)
	r, err := s.savedOf(ctx, u, in.ID)
	if err != nil {
		return nil, err
	}
	q, _, _, err := s.savedQuery(r, s.Now())
	if err != nil {
		return nil, err
	}
	for k, v := range map[string]string{"format": in.Format, "lang": in.Lang} {
		if v != "" {
			q.Set(k, v)
		}
	}
	return &goThere{http.StatusSeeOther, "/api/v1/reports/" + r.Report + "?" + q.Encode()}, nil
}
