package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// Explainer says why things are as they are, from the router's own state: now (a zero time) or at a moment of the past. The
// errors wrap hotline.ErrUnknown for what there was none of then.
type Explainer interface {
	ExplainContact(ctx context.Context, id hotline.ContactID, at time.Time) (hotline.Explanation, error)
	ExplainAgent(ctx context.Context, id hotline.AgentID, at time.Time) (hotline.Explanation, error)
}

type explainIn struct {
	ID string `path:"id" maxLength:"128"`
	At string `query:"at" doc:"RFC 3339; default: now."`
}

// sentences is the same sentence in both languages, by the language's tag.
type sentences map[string]string

// finding is one reason with its sentence.
type finding struct {
	hotline.Reason
	Sentence sentences `json:"sentence"`
}

// explanation is why things are as they are: from the router, and beside it the record's own words.
type explanation struct {
	At       time.Time `json:"at,omitzero"`
	Sentence sentences `json:"sentence,omitempty"`
	Verdict  *finding  `json:"verdict,omitempty"`
	Because  []finding `json:"because,omitempty" doc:"The weightiest first."`

	Contact hotline.ContactID `json:"contact,omitempty"`
	Visit   hotline.VisitID   `json:"visit,omitempty"`
	Agent   hotline.AgentID   `json:"agent,omitempty"`
	Summary string            `json:"summary" doc:"A code: answered, waiting, abandoned, …, or the agent's state."`
	Visits  []reports.Visit   `json:"visits,omitempty"`
	Offers  []reports.Offer   `json:"offers,omitempty" doc:"Each with why this agent."`
	Reason  string            `json:"reason,omitempty"`
	Since   reports.Moment    `json:"since,omitzero"`
	Queue   *queueNow         `json:"queue,omitempty" doc:"Of a waiting contact: the queue now, and whether anybody who may serve it is ready."`
	Serves  []string          `json:"serves,omitempty" doc:"Queues whose need the agent's skills meet."`
}

func both(say func(lang string) string) sentences {
	return sentences{langZH: say(langZH), langEN: say(langEN)}
}

// add takes over what the router says.
func (x *explanation) add(e hotline.Explanation) {
	found := func(r hotline.Reason) finding { return finding{r, both(r.Sentence)} }
	v := found(e.Verdict)
	x.At, x.Visit, x.Sentence, x.Verdict = e.At, e.Visit, both(e.Sentence), &v
	for _, r := range e.Because {
		x.Because = append(x.Because, found(r))
	}
}

func (s *server) explainRoutes() {
	huma.Register(s.api, s.op(auth.SeeContacts, http.MethodGet, "/api/v1/contacts/{id}/explain", "explain-contact",
		"Why this agent, or why still waiting, now or at a moment of the past"), s.explainContact)
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/agents/{id}/explain", "explain-agent",
		"Why this agent gets no call, now or at a moment of the past"), s.explainAgent)
}

func (in *explainIn) at(now time.Time) (time.Time, error) {
	at, err := instant("at", in.At)
	if err != nil {
		return at, huma.Error422UnprocessableEntity("at is a time such as 2026-11-22T08:00:00Z", err)
	}
	if at.After(now) {
		return at, huma.Error422UnprocessableEntity("at is in the future")
	}
	return at, nil
}

func (s *server) explainContact(ctx context.Context, in *explainIn) (*body[explanation], error) {
	at, err := in.at(s.Now())
	if err != nil {
		return nil, err
	}
	c, err := s.contact(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	x := explanation{Contact: c.ID, Summary: c.Outcome, Visits: c.Visits, Offers: c.Offers}
	if x.Summary == "" {
		x.Summary = "open"
		for _, v := range c.Visits {
			if v.Outcome == "" {
				x.Summary, x.Since = "waiting", v.Since
				x.Queue = s.queueNow(v.Queue)
			}
		}
	}
	if s.Explainer == nil {
		return &body[explanation]{x}, nil
	}
	e, err := s.Explainer.ExplainContact(ctx, c.ID, at)
	return s.explained(ctx, x, e, err)
}

func (s *server) explainAgent(ctx context.Context, in *explainIn) (*body[explanation], error) {
	if err := s.mayActFor(ctx, in.ID, auth.SeeReports); err != nil {
		return nil, err
	}
	at, err := in.at(s.Now())
	if err != nil {
		return nil, err
	}
	v, _, ok := s.Fold.Agent(hotline.AgentID(in.ID), s.Now())
	if !ok {
		return nil, s.problem(ctx, http.StatusNotFound, textNoAgent)
	}
	x := explanation{Agent: v.ID, Summary: string(v.State), Reason: v.Reason, Since: v.Since}
	c := s.Centre()
	a, ok := c.Agent(v.ID)
	var lent map[string]int
	if v.Lent != nil {
		lent = v.Lent.Skills
	}
	for _, q := range c.Queues {
		if ok && q.ServedBy(a, lent) {
			x.Serves = append(x.Serves, string(q.ID))
		}
	}
	if s.Explainer == nil {
		return &body[explanation]{x}, nil
	}
	e, err := s.Explainer.ExplainAgent(ctx, v.ID, at)
	return s.explained(ctx, x, e, err)
}

// explained joins the record and what the router says. Of what the router knew nothing then, the record alone is told.
func (s *server) explained(ctx context.Context, x explanation, e hotline.Explanation, err error) (*body[explanation], error) {
	switch {
	case errors.Is(err, hotline.ErrUnknown):
	case errors.Is(err, hotline.ErrLogGone):
		return nil, s.problem(ctx, http.StatusGone, textGone)
	case err != nil:
		s.Logger.Warn("web: cannot be explained", "contact", x.Contact, "agent", x.Agent, "error", err)
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	default:
		x.add(e)
	}
	return &body[explanation]{x}, nil
}
