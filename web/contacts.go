package web

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

type searchIn struct {
	From    string `query:"from" doc:"RFC 3339; contacts that began then or later."`
	To      string `query:"to" doc:"RFC 3339; contacts that began before."`
	Number  string `query:"number" maxLength:"64" doc:"Part of the customer's number; who sees numbers masked: of what is shown of it."`
	Agent   string `query:"agent" maxLength:"64"`
	Queue   string `query:"queue" maxLength:"64"`
	Outcome string `query:"outcome" enum:"answered,abandoned,overflow,timeout,key,callback,voicemail,moved,dequeued,closed,no_agents,lost,blocked,ivr,reached,not_reached,recorded,short,open," doc:"Of a visit, or blocked, ivr, reached, not_reached, recorded, short, open."`
	Code    string `query:"code" maxLength:"64" doc:"A wrap-up code, or a group of them; with agent or queue: of a part of theirs."`
	Limit   int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor  string `query:"cursor" maxLength:"256" doc:"next of the page before."`
}

// Resolve refuses a filter that there is not: a list that it does not narrow would be taken for its answer. Queues, agents and codes may
// be of the past: of what no contact has the list is empty.
func (in *searchIn) Resolve(c huma.Context) (bad []error) {
	u := c.URL()
	for _, name := range slices.Sorted(maps.Keys(u.Query())) {
		switch name {
		case "from", "to", "number", "agent", "queue", "outcome", "code", "limit", "cursor":
		default:
			bad = append(bad, &huma.ErrorDetail{
				Location: "query." + name, Message: "there is no such filter: want from, to, number, agent, queue, outcome, code, limit or cursor",
			})
		}
	}
	return bad
}

func (in *searchIn) search() (reports.Search, error) {
	q := reports.Search{
		Number: in.Number, Agent: hotline.AgentID(in.Agent), Queue: hotline.QueueID(in.Queue), Outcome: in.Outcome,
		Limit: in.Limit, Cursor: in.Cursor,
	}
	from, err1 := instant("from", in.From)
	to, err2 := instant("to", in.To)
	if err := cmp.Or(err1, err2); err != nil {
		return q, huma.Error422UnprocessableEntity("from and to are times such as 2026-11-22T08:00:00Z", err)
	}
	if !from.IsZero() {
		q.From = reports.At(from)
	}
	if !to.IsZero() {
		q.To = reports.At(to)
	}
	return q, nil
}

// instant reads a time of RFC 3339; an empty one is the zero time.
func instant(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	// A plus sign that was not escaped arrives as a space.
	t, err := time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "+", 1))
	if err != nil {
		return t, &huma.ErrorDetail{Location: "query." + name, Message: "not a time of RFC 3339", Value: text}
	}
	return t, nil
}

type contactIn struct {
	ID string `path:"id" maxLength:"128"`
}

func (s *server) contactRoutes() {
	huma.Register(s.api, s.op(auth.SeeContacts, http.MethodGet, "/api/v1/contacts", "contacts", "Contacts, the newest first"),
		func(ctx context.Context, in *searchIn) (*body[reports.Page], error) {
			q, err := in.search()
			if err != nil {
				return nil, err
			}
			q.Codes, q.Of = s.codesNamed(in.Code), s.scope(ctx)
			if q.Masked, err = s.maskedSearch(ctx, in.Number); err != nil {
				return nil, err
			}
			page, err := s.Fold.Contacts(q)
			if err != nil {
				return nil, huma.Error422UnprocessableEntity(err.Error())
			}
			for i := range page.Items {
				page.Items[i] = s.redactContact(ctx, page.Items[i])
			}
			return &body[reports.Page]{page}, nil
		})
	huma.Register(s.api, s.op(auth.SeeContacts, http.MethodGet, "/api/v1/contacts/{id}", "contact",
		"One contact with its visits, offers, segments and timeline"),
		func(ctx context.Context, in *contactIn) (*body[reports.Contact], error) {
			c, err := s.contact(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &body[reports.Contact]{c}, nil
		})
	huma.Register(s.api, s.op(auth.Listen, http.MethodGet, "/api/v1/contacts/{id}/spans", "spans",
		"What happened when on the recording's time line"), s.spans)
	huma.Register(s.api, s.op(auth.Listen, http.MethodGet, "/api/v1/contacts/{id}/recording", "recording",
		"The recording: stereo WAV, customer left, agents right; HTTP ranges"), s.recording)
	huma.Register(s.api, s.op(auth.Listen, http.MethodGet, "/api/v1/contacts/{id}/peaks", "peaks",
		"The recording's loudness over time, for drawing it"), s.peaks)
}

func (s *server) redactContact(ctx context.Context, c reports.Contact) reports.Contact {
	if u, _ := userOf(ctx); u.Role.May(auth.SeeNumbers) {
		return c
	}
	return c.Redact(mask)
}

func (s *server) contact(ctx context.Context, id string) (reports.Contact, error) {
	c, ok := s.Fold.Contact(hotline.ContactID(id))
	if !ok {
		return c, s.problem(ctx, http.StatusNotFound, textNoContact)
	}
	if !s.mayLook(ctx, c) {
		return reports.Contact{}, s.problem(ctx, http.StatusForbidden, textTeamContact)
	}
	return s.redactContact(ctx, c), nil
}

// ofTeam says whether who asks may hear the contact: the lead of a team hears what an agent of it had, whoever leads no one team
// all.
func (s *server) ofTeam(ctx context.Context, c reports.Contact) bool {
	u, _ := userOf(ctx)
	return u.Team == "" || slices.ContainsFunc(c.Agents, func(id hotline.AgentID) bool {
		a, ok := s.Centre().Agent(id)
		return ok && a.Team == u.Team
	})
}

// file is the contact's recording's file.
func (s *server) file(ctx context.Context, id string) (string, error) {
	c, err := s.contact(ctx, id)
	if err != nil {
		return "", err
	}
	if !s.ofTeam(ctx, c) {
		return "", s.problem(ctx, http.StatusForbidden, textOtherTeam)
	}
	if c.Recording == nil || c.Recording.File == "" {
		detail := "the contact has no recording"
		if c.Recording != nil && c.Recording.Error != "" {
			detail += ": " + c.Recording.Error
		}
		return "", huma.Error404NotFound(detail)
	}
	return c.Recording.File, nil
}

func (s *server) spans(ctx context.Context, in *contactIn) (*body[json.RawMessage], error) {
	file, err := s.file(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	b, err := s.Recordings.Sidecar(file)
	if err != nil {
		s.Logger.Warn("web: sidecar", "file", file, "error", err)
		return nil, s.problem(ctx, http.StatusNotFound, "the recording's sidecar is not there")
	}
	return &body[json.RawMessage]{b}, nil
}

// queueNow is why a visit still waits: who could take it, and what they do.
type queueNow struct {
	ID       hotline.QueueID     `json:"id"`
	Needs    string              `json:"needs"`
	Waiting  int                 `json:"waiting"`
	Agents   reports.StateCounts `json:"agents" doc:"Those who may serve the queue, by state."`
	Expected *int64              `json:"expected_wait_ms"`
}

func (s *server) queueNow(id hotline.QueueID) *queueNow {
	for _, q := range s.Fold.View(s.Now()).Queues {
		if q.ID == id {
			def, _ := s.Centre().Queue(id)
			return &queueNow{ID: id, Needs: def.Needs.String(), Waiting: q.Waiting.Waiting, Agents: q.States, Expected: q.Expected}
		}
	}
	return nil
}
