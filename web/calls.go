package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/web/auth"
)

// Calls are the calls that agents are in; package call has them.
type Calls interface {
	// Command asks something of a call and returns it as the agent has it then. Errors are those of Submit.
	Command(ctx context.Context, call hotline.CallID, c hotline.Command) (hotline.CallState, error)
	// Calls are the agent's.
	Calls(agent hotline.AgentID) []hotline.CallState
	// Dial makes a call of the agent's own. Errors are those of Submit.
	Dial(ctx context.Context, o hotline.OwnCall) (hotline.CallState, error)
}

type commandIn struct {
	ID   string `path:"id" maxLength:"64"`
	Call string `path:"call" maxLength:"200"`
	Verb string `path:"verb" enum:"answer,hold,unhold,mute,unmute,keys,transfer,consult,complete,swap,conference,drop,hangup"`
	Body *commandBody
}

type commandBody struct {
	ID       string `json:"id,omitempty" maxLength:"64" doc:"Chosen by who asks: the same once more is answered with the state as it is, and done once."`
	To       string `json:"to,omitempty" maxLength:"64" doc:"transfer, consult, conference: an agent, a queue, a number of the centre or one outside."`
	Party    string `json:"party,omitempty" maxLength:"200" doc:"drop, mute, keys: the leg meant, of the state's parties."`
	Keys     string `json:"keys,omitempty" maxLength:"32" pattern:"^[0-9*#A-D]*$" doc:"keys: what is pressed."`
	Announce bool   `json:"announce,omitempty" doc:"transfer: the customer is told first."`
	Expect   string `json:"expect,omitempty" maxLength:"32" doc:"The state that who asks has seen: in another one nothing is done (409)."`
}

// agentCalls are an agent's calls.
type agentCalls struct {
	Items []hotline.CallState `json:"items"`
}

func (s *server) callRoutes() {
	s.dialRoute()
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/agents/{id}/calls", "agent-calls", "The calls that an agent is in, and what may be asked of them"),
		func(ctx context.Context, in *agentIn) (*body[agentCalls], error) {
			if err := s.mayActFor(ctx, in.ID, auth.ControlAny); err != nil {
				return nil, err
			}
			if _, _, ok := s.Fold.Agent(hotline.AgentID(in.ID), s.Now()); !ok {
				return nil, s.problem(ctx, http.StatusNotFound, textNoAgent)
			}
			calls := []hotline.CallState{}
			if s.Calls != nil {
				calls = s.Calls.Calls(hotline.AgentID(in.ID))
			}
			for i := range calls {
				calls[i] = s.discreet(ctx, calls[i])
			}
			return &body[agentCalls]{agentCalls{calls}}, nil
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/agents/{id}/calls/{call}/{verb}", "command-call",
		"Ask something of an agent's call: the answer is the call as it is then, or why not"), s.command)
}

func (s *server) command(ctx context.Context, in *commandIn) (*body[hotline.CallState], error) {
	if err := s.mayActFor(ctx, in.ID, auth.ControlAny); err != nil {
		return nil, err
	}
	if in.Body == nil {
		in.Body = &commandBody{}
	}
	c := hotline.Command{
		ID: in.Body.ID, Verb: hotline.Verb(in.Verb), Agent: hotline.AgentID(in.ID), To: in.Body.To, Party: hotline.LegID(in.Body.Party),
		Keys: in.Body.Keys, Announce: in.Body.Announce, Expect: in.Body.Expect,
	}
	if u, _ := userOf(ctx); string(u.Agent) != in.ID {
		c.By = u.Name
		if err := s.audit(ctx, "control_"+in.Verb+" "+in.ID, in.Call); err != nil {
			return nil, err
		}
	}
	if s.Calls == nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	st, err := s.Calls.Command(ctx, hotline.CallID(in.Call), c)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	s.settle(ctx)
	return &body[hotline.CallState]{s.discreet(ctx, st)}, nil
}

// settle waits until the figures hold all that has been written so far.
func (s *server) settle(ctx context.Context) {
	if seq, err := s.Log.Append(nil); err == nil { // the number of the last event, ours or a later one
		s.await(ctx, seq)
	}
}

// discreet hides the customer's number from who may not see it; an agent sees that of who it speaks with.
func (s *server) discreet(ctx context.Context, st hotline.CallState) hotline.CallState {
	if u, _ := userOf(ctx); u.Role.May(auth.SeeNumbers) || u.Agent == st.Agent && !s.Centre().NumbersHidden {
		return st
	}
	for i, p := range st.Parties {
		if p.Number != "" || p.Name != "" {
			m := mask(hotline.Party{Number: p.Number, Name: p.Name})
			st.Parties[i].Number, st.Parties[i].Name = m.Number, m.Name
		}
	}
	return st
}
