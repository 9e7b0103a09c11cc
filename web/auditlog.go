package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline/web/audit"
	"hotline/web/auth"
)

// Ledger is the chain of what people did; package audit is it.
type Ledger interface {
	Search(q audit.Query) (audit.Page, error)
	Verify(ctx context.Context, noted audit.Head) (audit.Verdict, error)
}

type auditIn struct {
	From   string `query:"from" doc:"RFC 3339; acts then or later."`
	To     string `query:"to" doc:"RFC 3339; acts before."`
	User   string `query:"user" maxLength:"128" doc:"Login name, exactly."`
	Act    string `query:"act" maxLength:"128" doc:"The act, or its beginning."`
	Target string `query:"target" maxLength:"256" doc:"A part of what it was done to."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Cursor string `query:"cursor" maxLength:"64" doc:"next of the page before."`
	Format string `query:"format" enum:"json,csv," doc:"Default json. csv: the whole span, and the export is an act itself."`
}

type verifyIn struct {
	N    uint64 `query:"n" maximum:"9007199254740991" doc:"Number of an entry that was noted elsewhere; missing: none."`
	Hash string `query:"hash" pattern:"^([0-9a-f]{64})?$" doc:"Its hash."`
}

func (s *server) auditRoutes() {
	huma.Register(s.api, s.op(auth.SeeAudit, http.MethodGet, "/api/v1/audit", "audit", "What people did, the newest first"), s.auditLog)
	huma.Register(s.api, s.op(auth.SeeAudit, http.MethodGet, "/api/v1/audit/verify", "verify-audit",
		"Check the whole chain of acts, against the log and against an entry that was noted elsewhere; the first fault is named"),
		func(ctx context.Context, in *verifyIn) (*body[audit.Verdict], error) {
			if s.Ledger == nil {
				return nil, s.problem(ctx, http.StatusNotFound, textNoLedger)
			}
			v, err := s.Ledger.Verify(ctx, audit.Head{N: in.N, Hash: in.Hash})
			if err != nil {
				s.Logger.Error("web: the audit cannot be checked", "error", err)
				return nil, s.problem(ctx, http.StatusServiceUnavailable, textNoLedger)
			}
			return &body[audit.Verdict]{v}, nil
		})
}

func (in *auditIn) query() (audit.Query, error) {
	q := audit.Query{User: in.User, Act: in.Act, Target: in.Target, Limit: in.Limit, Cursor: in.Cursor}
	var err1, err2 error
	q.From, err1 = instant("from", in.From)
	q.To, err2 = instant("to", in.To)
	if err := cmp.Or(err1, err2); err != nil {
		return q, huma.Error422UnprocessableEntity("from and to are times such as 2026-11-22T08:00:00Z", err)
	}
	return q, nil
}

func (s *server) auditLog(ctx context.Context, in *auditIn) (*huma.StreamResponse, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	if s.Ledger == nil {
		return nil, s.problem(ctx, http.StatusNotFound, textNoLedger)
	}
	if in.Format == "csv" {
		return s.auditFile(ctx, q)
	}
	page, err := s.auditPage(ctx, q)
	if err != nil {
		return nil, err
	}
	return jsonStream(page)
}

func (s *server) auditPage(ctx context.Context, q audit.Query) (audit.Page, error) {
	page, err := s.Ledger.Search(q)
	switch {
	case errors.Is(err, audit.ErrCursor):
		return page, s.problem(ctx, http.StatusUnprocessableEntity, textCursor)
	case err != nil:
		s.Logger.Error("web: the audit cannot be read", "error", err)
		return page, s.problem(ctx, http.StatusServiceUnavailable, textNoLedger)
	}
	return page, nil
}

// auditFile is the span as CSV, with the hashes: whoever keeps the file can hold a later chain against it.
func (s *server) auditFile(ctx context.Context, q audit.Query) (*huma.StreamResponse, error) {
	if err := s.audit(ctx, "export", "audit"); err != nil {
		return nil, err
	}
	const most = 1_000_000
	t := &table{head: []string{"n", "at", "local", "user", "agent", "act", "target", "addr", "seq", "prev", "hash"}}
	loc := s.Centre().TimeZone
	for q.Limit = audit.MostEntries; len(t.rows) < most; {
		page, err := s.auditPage(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Items {
			t.rows = append(t.rows, []string{
				ms64(int64(e.N)), e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.At.In(loc).Format("2006-01-02 15:04:05"), e.User, string(e.Agent),
				e.Act, e.Target, e.Addr, ms64(int64(e.Seq)), e.Prev, e.Hash,
			})
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	return s.csvStream("audit", t), nil
}
