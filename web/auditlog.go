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
		return s.auditFile(ctx, in, q)
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
func (s *server) auditFile(ctx context.Context, in *auditIn, q audit.Query) (*huma.StreamResponse, error) {
	q.Limit = audit.MostEntries
	first, err := s.auditPage(ctx, q)
	if err != nil {
		return nil, err
	}
	t := auditTable(func(yield func(audit.Entry, error) bool) {
		for page := first; ; {
			for _, e := range page.Items {
				if !yield(e, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			q := q
			q.Cursor = page.Next
			var err error
			if page, err = s.auditPage(ctx, q); err != nil {
				yield(audit.Entry{}, err)
				return
			}
		}
	})
	t.Zone = s.Centre().TimeZone
	return s.export(ctx, "csv", "", in, t, nil)
}
