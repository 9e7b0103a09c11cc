package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

type agentIn struct {
	ID string `path:"id" maxLength:"64"`
}

type stateIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		State  string `json:"state" enum:"ready,not_ready,signed_out"`
		Reason string `json:"reason,omitempty" maxLength:"64" doc:"Of not_ready: an id of the centre's reasons."`
	}
}

// agentNow is an agent's state and figures of today.
type agentNow struct {
	reports.AgentView
	Today reports.AgentRow `json:"today"`
}

func (s *server) agentRoutes() {
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/agents/{id}", "agent", "An agent's state and figures of today"),
		func(ctx context.Context, in *agentIn) (*body[agentNow], error) {
			if err := s.mayActFor(ctx, in.ID, auth.SeeReports); err != nil {
				return nil, err
			}
			v, row, ok := s.Fold.Agent(hotline.AgentID(in.ID), s.Now())
			if !ok {
				return nil, s.problem(ctx, http.StatusNotFound, textNoAgent)
			}
			return &body[agentNow]{agentNow{v, row}}, nil
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/agents/{id}/state", "set-agent-state",
		"Make an agent ready, not ready or signed out; during a call it takes effect after it"), s.setState)
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/agents/{id}/end-wrap-up", "end-wrap-up", "End after-call work"),
		func(ctx context.Context, in *agentIn) (*body[reports.AgentView], error) {
			if err := s.mayActFor(ctx, in.ID, auth.SetAnyState); err != nil {
				return nil, err
			}
			return s.submit(ctx, in.ID, "end_wrap_up", hotline.EndWrap{Agent: hotline.AgentID(in.ID), Source: s.source(ctx, in.ID)})
		})
}

// mayActFor lets an agent act for itself, and others with the permission for anybody, or for their own team if they lead one.
func (s *server) mayActFor(ctx context.Context, id string, others auth.Permission) error {
	u, _ := userOf(ctx)
	switch {
	case string(u.Agent) == id && id != "":
		return nil
	case !u.Role.May(others):
		return s.problem(ctx, http.StatusForbidden, textOwnOnly, u.Role)
	}
	return s.mayLead(ctx, id)
}

func (s *server) source(ctx context.Context, id string) hotline.Source {
	switch u, _ := userOf(ctx); {
	case string(u.Agent) == id:
		return hotline.SourceAgent
	case u.Role == auth.Director || u.Role == auth.Lead || u.Role == auth.TeamLead:
		return hotline.SourceLead
	}
	return hotline.SourceAPI
}

func (s *server) setState(ctx context.Context, in *stateIn) (*body[reports.AgentView], error) {
	if err := s.mayActFor(ctx, in.ID, auth.SetAnyState); err != nil {
		return nil, err
	}
	return s.submit(ctx, in.ID, "set_agent "+in.Body.State+" "+in.Body.Reason, hotline.SetAgent{
		Agent: hotline.AgentID(in.ID), State: hotline.AgentState(in.Body.State), Reason: in.Body.Reason, Source: s.source(ctx, in.ID),
	})
}

// submit asks the shard, waits until the answer is safe and returns the agent as it is then. Acts for somebody else are
// audited before they are done.
func (s *server) submit(ctx context.Context, id, act string, q hotline.Request) (*body[reports.AgentView], error) {
	err := error(nil)
	if u, _ := userOf(ctx); string(u.Agent) == id {
		err = s.order(ctx, q)
	} else {
		err = s.ask(ctx, act, id, q)
	}
	if err != nil {
		return nil, err
	}
	v, _, ok := s.Fold.Agent(hotline.AgentID(id), s.Now())
	if !ok {
		return nil, s.problem(ctx, http.StatusNotFound, textNoAgent)
	}
	return &body[reports.AgentView]{v}, nil
}

// ask asks the shard for something that must be accountable: it is noted before it is done.
func (s *server) ask(ctx context.Context, act, target string, q hotline.Request) error {
	if err := s.audit(ctx, act, target); err != nil {
		return err
	}
	return s.order(ctx, q)
}

// order asks the shard and waits until the figures hold what it has written.
func (s *server) order(ctx context.Context, q hotline.Request) error {
	if err := s.Submit(ctx, q); err != nil {
		return s.refusal(ctx, err)
	}
	s.settle(ctx)
	return nil
}

// await returns when the figures hold the event, or when ctx is done.
func (s *server) await(ctx context.Context, seq uint64) {
	v := s.Fold.View(s.Now())
	for v.Seq < seq {
		next, err := s.Fold.Watch(ctx, v.Version)
		if err != nil {
			return
		}
		v = next
	}
}
