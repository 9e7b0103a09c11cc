package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/centre"
	"hotline/centre/edit"
	"hotline/web/auth"
)

// CentreFile is the centre's file, secrets and all, and those that were in force before. Package cmd has one.
type CentreFile interface {
	// Source is a file by its SHA-256, empty: the one in force. The error wraps ErrNoVersion where it is not kept.
	Source(sha256 string) ([]byte, error)
	// Check reads a file and names every fault of it, also what it asks of the machine and cannot have.
	Check(source []byte) (*centre.Centre, []centre.Fault)
	// Publish puts a file in force that was checked. The error wraps ErrNotBase where another came in force meanwhile.
	Publish(p Publication) error
	// Versions are the files that were in force, the latest last.
	Versions() ([]CentreVersion, error)
}

// Publication is a file that is to be in force.
type Publication struct {
	Source []byte
	Base   string // SHA-256 of the file that it was made from, and that must still be in force
	By     string // the login
	Note   string // why, in its own words; may be empty
}

// CentreVersion is a file that was in force.
type CentreVersion struct {
	SHA256  string    `json:"sha256"`
	At      time.Time `json:"at" doc:"When it came in force, last."`
	By      string    `json:"by,omitempty" doc:"The login that published it; missing: from the machine."`
	Note    string    `json:"note,omitempty"`
	InForce bool      `json:"in_force"`
}

// Errors of a CentreFile.
var (
	ErrNotBase   = errors.New("web: another centre file came in force meanwhile")
	ErrNoVersion = errors.New("web: no such centre file is kept")
)

// maxCentre is the largest centre file that is taken, in bytes: that of some hundred thousand agents.
const maxCentre = 16 << 20

type centreSource struct {
	SHA256 string         `json:"sha256" doc:"Of the file itself, to be given back as base."`
	Source string         `json:"source" doc:"YAML; passwords in clear are shown as <kept> and stay as they are where that is written back."`
	File   map[string]any `json:"file,omitempty" doc:"The same as values, for forms."`
}

type faultView struct {
	Line    int    `json:"line"`
	Key     string `json:"key"`
	Problem string `json:"problem"`
	Want    string `json:"want,omitempty" doc:"What would be right."`
}

type changeView struct {
	Kind    string       `json:"kind" doc:"agent, desk, team, shift, reason, queue, flow, number, hours, switch, table, wrap_up_code, setting."`
	ID      string       `json:"id"`
	Name    string       `json:"name,omitempty"`
	How     string       `json:"how" enum:"added,removed,changed"`
	Fields  []edit.Field `json:"fields,omitempty" doc:"Of what was changed: the keys, with their values in JSON. A secret shows as <kept>."`
	Talking int          `json:"talking,omitempty" doc:"Calls that go on by what was in force when they began."`
	Waiting int          `json:"waiting,omitempty" doc:"Callers who keep their place."`
}

type checked struct {
	SHA256  string       `json:"sha256"`
	Base    string       `json:"base" doc:"The file in force that was compared with."`
	Faults  []faultView  `json:"faults"`
	Changes []changeView `json:"changes" doc:"Empty while there are faults."`
	Source  string       `json:"source,omitempty" doc:"Of edits: the file with them."`
	Done    bool         `json:"done" doc:"It is in force now."`
}

type sourceIn struct {
	Body struct {
		Source string `json:"source" maxLength:"16777216"`
	}
}

type publishIn struct {
	Body struct {
		Source string `json:"source" maxLength:"16777216"`
		Base   string `json:"base" maxLength:"64"`
		Note   string `json:"note,omitempty" maxLength:"500"`
	}
}

type editsIn struct {
	Body struct {
		Base    string      `json:"base" maxLength:"64"`
		Edits   []edit.Edit `json:"edits" minItems:"1" maxItems:"200000"`
		Publish bool        `json:"publish,omitempty" doc:"Put the file in force if it has no faults; else it is only looked at."`
		Note    string      `json:"note,omitempty" maxLength:"500"`
	}
}

type restoreIn struct {
	SHA256 string `path:"sha256" maxLength:"64" pattern:"^[0-9a-f]{64}$"`
	Body   struct {
		Base string `json:"base" maxLength:"64"`
		Note string `json:"note,omitempty" maxLength:"500"`
	}
}

// large is an operation whose body may hold a whole centre file.
func (s *server) large(o huma.Operation) huma.Operation {
	o.MaxBodyBytes, o.BodyReadTimeout = 2*maxCentre, time.Minute
	return o
}

func (s *server) centreFileRoutes() {
	if s.CentreFile == nil {
		return
	}
	huma.Register(s.api, s.op(auth.EditCentre, http.MethodGet, "/api/v1/centre/source", "centre-source", "The centre file in force, without passwords"),
		func(ctx context.Context, _ *struct{}) (*body[centreSource], error) { return s.centreSource(ctx, "") })
	huma.Register(s.api, s.large(s.op(auth.EditCentre, http.MethodPost, "/api/v1/centre/check", "check-centre", "What is wrong with a centre file, or what it would change")),
		s.checkCentre)
	huma.Register(s.api, s.large(s.op(auth.EditCentre, http.MethodPost, "/api/v1/centre/publish", "publish-centre", "Put a centre file in force; no call is touched")),
		s.publishCentre)
	huma.Register(s.api, s.large(s.op(auth.EditCentre, http.MethodPost, "/api/v1/centre/edits", "edit-centre", "Change places of the centre file in force; comments and order stay")),
		s.editCentre)
	huma.Register(s.api, s.op(auth.EditCentre, http.MethodGet, "/api/v1/centre/versions", "centre-versions", "The files that were in force, the latest first"),
		s.centreVersions)
	huma.Register(s.api, s.op(auth.EditCentre, http.MethodGet, "/api/v1/centre/versions/{sha256}", "centre-version", "One of them, without passwords, and what going back to it would change"),
		s.centreVersion)
	huma.Register(s.api, s.op(auth.EditCentre, http.MethodPost, "/api/v1/centre/versions/{sha256}/restore", "restore-centre", "Roll back: put a former file in force again"),
		s.restoreCentre)
}

func sum(source []byte) string {
	h := sha256.Sum256(source)
	return hex.EncodeToString(h[:])
}

// centreText is a file as it is kept.
func (s *server) centreText(ctx context.Context, sha string) ([]byte, error) {
	b, err := s.CentreFile.Source(sha)
	switch {
	case errors.Is(err, ErrNoVersion):
		return nil, s.problem(ctx, http.StatusNotFound, "no such centre file is kept")
	case err != nil:
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	return b, nil
}

func (s *server) centreSource(ctx context.Context, sha string) (*body[centreSource], error) {
	whole, err := s.centreText(ctx, sha)
	if err != nil {
		return nil, err
	}
	masked, err := edit.Mask(whole)
	if err != nil {
		s.Logger.Warn("web: the centre file is not shown, its secrets cannot be hidden", "error", err)
		return nil, s.problem(ctx, http.StatusConflict, "the file holds a password over several lines, which cannot be hidden: write it on one")
	}
	tree, err := edit.Tree(masked)
	if err != nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	return &body[centreSource]{centreSource{SHA256: sum(whole), Source: string(masked), File: tree}}, nil
}

// candidate is a file that somebody wants in force: as it would be kept, and all that is wrong with it.
type candidate struct {
	checked
	source []byte
	base   []byte
}

// judge looks at a file. It may hold placeholders for the secrets of the file in force; former: it was in force once, and may send
// what it sent then.
func (s *server) judge(ctx context.Context, source []byte, former bool) (*candidate, error) {
	base, err := s.centreText(ctx, "")
	if err != nil {
		return nil, err
	}
	c := &candidate{source: source, base: base}
	c.Base, c.Faults, c.Changes = sum(base), []faultView{}, []changeView{}
	var faults []centre.Fault
	if !former {
		c.source, faults = edit.Unmask("centre.yaml", source, base)
	}
	next, more := s.CentreFile.Check(c.source)
	c.SHA256 = sum(c.source)
	for _, f := range append(faults, more...) {
		c.Faults = append(c.Faults, s.faultView(ctx, f))
	}
	if len(c.Faults) == 0 {
		c.Changes, err = s.changes(next, base, c.source)
	}
	return c, err
}
