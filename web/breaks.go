package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

type breakIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"64" doc:"An id of the centre's reasons for not ready."`
	}
}

type answerIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Grant bool `json:"grant"`
	}
}

type phoneIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Phone string `json:"phone" maxLength:"64" doc:"A desk of the centre file; empty: the agent's own phone."`
	}
}

// breakRoutes are breaks that must be asked for, recalls and desks.
func (s *server) breakRoutes() {
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/agents/{id}/break", "ask-break",
		"Ask for a break: at once if there is a place and nobody's word is needed, else in line for it"),
		func(ctx context.Context, in *breakIn) (*body[reports.AgentView], error) {
			return s.actFor(ctx, in.ID, "ask_break "+in.Body.Reason, hotline.AskBreak{
				Agent: hotline.AgentID(in.ID), Reason: in.Body.Reason, Source: s.source(ctx, in.ID),
			})
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodDelete, "/api/v1/agents/{id}/break", "leave-break-line", "Take the question for a break back"),
		func(ctx context.Context, in *agentIn) (*body[reports.AgentView], error) {
			return s.actFor(ctx, in.ID, "take_back_break", hotline.AskBreak{Agent: hotline.AgentID(in.ID), Source: s.source(ctx, in.ID)})
		})
	huma.Register(s.api, s.op(auth.SetAnyState, http.MethodPost, "/api/v1/agents/{id}/break/answer", "answer-break",
		"Grant or refuse a break that an agent has asked for"),
		func(ctx context.Context, in *answerIn) (*body[reports.AgentView], error) {
			act := "refuse_break"
			if in.Body.Grant {
				act = "grant_break"
			}
			u, _ := userOf(ctx)
			return s.lead(ctx, in.ID, act, hotline.AnswerBreak{Agent: hotline.AgentID(in.ID), Grant: in.Body.Grant, By: u.Name})
		})
	huma.Register(s.api, s.op(auth.SetAnyState, http.MethodPost, "/api/v1/agents/{id}/recall", "recall", "Ask an agent to come back from a break"),
		func(ctx context.Context, in *agentIn) (*body[reports.AgentView], error) {
			u, _ := userOf(ctx)
			return s.lead(ctx, in.ID, "recall", hotline.Recall{Agent: hotline.AgentID(in.ID), By: u.Name})
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/agents/{id}/phone", "use-phone",
		"Say at which phone the agent sits; whoever sat there is signed out"),
		func(ctx context.Context, in *phoneIn) (*body[reports.AgentView], error) {
			phone := hotline.PhoneID(in.Body.Phone)
			if phone == "dial" {
				phone = hotline.NumberPhone(hotline.AgentID(in.ID))
			}
			return s.actFor(ctx, in.ID, "use_phone "+in.Body.Phone, hotline.UsePhone{
				Agent: hotline.AgentID(in.ID), Phone: phone, Source: s.source(ctx, in.ID),
			})
		})
}

// actFor does what an agent may do for itself and a lead for it.
func (s *server) actFor(ctx context.Context, id, act string, q hotline.Request) (*body[reports.AgentView], error) {
	if err := s.mayActFor(ctx, id, auth.SetAnyState); err != nil {
		return nil, err
	}
	return s.submit(ctx, id, act, q)
}

// lead does what only a lead may do, also to itself.
func (s *server) lead(ctx context.Context, id, act string, q hotline.Request) (*body[reports.AgentView], error) {
	if err := s.mayLead(ctx, id); err != nil {
		return nil, err
	}
	return s.submit(ctx, id, act, q)
}

// mayLead lets the lead of a team act on its agents; whoever leads no one team, on all.
func (s *server) mayLead(ctx context.Context, id string) error {
	u, _ := userOf(ctx)
	if u.Team == "" {
		return nil
	}
	if a, ok := s.Centre().Agent(hotline.AgentID(id)); ok && a.Team != u.Team {
		return s.problem(ctx, http.StatusForbidden, textTeamOnly, id)
	}
	return nil
}
