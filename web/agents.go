package web

import (
	"context"
	"errors"
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
				return nil, huma.Error404NotFound("there is no agent of that id")
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
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/agents/{id}/explain", "explain-agent", "Why this agent gets no call"),
		s.explainAgent)
}

// mayActFor lets an agent act for itself, and others with the permission for anybody.
func (s *server) mayActFor(ctx context.Context, id string, others auth.Permission) error {
	u, _ := userOf(ctx)
	if string(u.Agent) == id && id != "" || u.Role.May(others) {
		return nil
	}
	return huma.Error403Forbidden("the role " + string(u.Role) + " may do this only for its own agent")
}

func (s *server) source(ctx context.Context, id string) hotline.Source {
	switch u, _ := userOf(ctx); {
	case string(u.Agent) == id:
		return hotline.SourceAgent
	case u.Role == auth.Lead || u.Role == auth.TeamLead:
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
	if u, _ := userOf(ctx); string(u.Agent) != id {
		if err := s.audit(ctx, act, id); err != nil {
			return nil, err
		}
	}
	err := s.Submit(ctx, q)
	switch {
	case errors.Is(err, hotline.ErrUnknown):
		return nil, huma.Error404NotFound(err.Error())
	case errors.Is(err, hotline.ErrRefused):
		return nil, huma.Error409Conflict(err.Error())
	case err != nil:
		return nil, huma.Error503ServiceUnavailable("not possible just now, try again", err)
	}
	v, ok := s.agentAfter(ctx, hotline.AgentID(id))
	if !ok {
		return nil, huma.Error404NotFound("there is no agent of that id")
	}
	return &body[reports.AgentView]{v}, nil
}

// agentAfter waits until the figures hold what the shard has just written, and returns the agent.
func (s *server) agentAfter(ctx context.Context, id hotline.AgentID) (reports.AgentView, bool) {
	seq, err := s.Log.Append(nil) // the number of the last event, ours or a later one
	if err == nil {
		s.await(ctx, seq)
	}
	v, _, ok := s.Fold.Agent(id, s.Now())
	return v, ok
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

func (s *server) explainAgent(ctx context.Context, in *agentIn) (*body[explanation], error) {
	if err := s.mayActFor(ctx, in.ID, auth.SeeReports); err != nil {
		return nil, err
	}
	v, _, ok := s.Fold.Agent(hotline.AgentID(in.ID), s.Now())
	if !ok {
		return nil, huma.Error404NotFound("there is no agent of that id")
	}
	x := explanation{Agent: v.ID, Summary: string(v.State), Reason: v.Reason, Since: v.Since}
	c := s.Centre()
	a, ok := c.Agent(v.ID)
	for _, q := range c.Queues {
		if ok && q.Needs.Eval(a.Skills) {
			x.Serves = append(x.Serves, string(q.ID))
		}
	}
	return &body[explanation]{x}, nil
}
