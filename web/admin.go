package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline/web/auth"
)

// centreView is the centre in force, without anybody's password.
type centreView struct {
	SHA256   string            `json:"sha256"`
	TimeZone string            `json:"time_zone"`
	Language string            `json:"language"`
	Teams    []namedView       `json:"teams"`
	Agents   []agentDef        `json:"agents"`
	Reasons  []reasonView      `json:"not_ready_reasons"`
	Queues   []queueDef        `json:"queues"`
	Numbers  map[string]string `json:"numbers"`
}

type namedView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type agentDef struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	Team   string         `json:"team,omitempty"`
	Skills map[string]int `json:"skills"`
}

type reasonView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	AllowanceMS int64  `json:"allowance_ms"`
	MaxAtOnce   int    `json:"max_at_once"`
	Approve     bool   `json:"approve" doc:"A lead must agree."`
}

type queueDef struct {
	ID           string  `json:"id"`
	Name         string  `json:"name"`
	Needs        string  `json:"needs"`
	Strategy     string  `json:"strategy"`
	Priority     int     `json:"priority"`
	WithinMS     int64   `json:"target_within_ms"`
	Ratio        float64 `json:"target_ratio"`
	RingMS       int64   `json:"ring_timeout_ms"`
	WrapUp       string  `json:"wrap_up"`
	WrapUpMS     int64   `json:"wrap_up_ms"`
	ShortAbandon int64   `json:"short_abandon_ms"`
}

type health struct {
	Ready  bool   `json:"ready"`
	Reason string `json:"reason,omitempty"`
	Seq    uint64 `json:"seq"`
}

// loginView is a login as who manages logins sees it.
type loginView struct {
	auth.User
	Second bool `json:"second_factor" doc:"It asks for a code too."`
}

type userIn struct {
	Name string `path:"name" maxLength:"64"`
	Body struct {
		Role     auth.Role `json:"role" enum:"director,lead,team_lead,qa,coordinator,agent,wallboard"`
		Password string    `json:"password" maxLength:"1024"`
		Team     string    `json:"team,omitempty" maxLength:"64" doc:"Of a team lead: the one it leads; empty: all."`
	}
}

func (s *server) adminRoutes() {
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/reasons", "reasons", "Reasons for not ready, in the order of *21, *22 …"),
		func(context.Context, *struct{}) (*body[[]reasonView], error) {
			return &body[[]reasonView]{s.reasons()}, nil
		})
	huma.Register(s.api, s.op(auth.SeeCentre, http.MethodGet, "/api/v1/centre", "centre", "The centre in force"),
		func(context.Context, *struct{}) (*body[centreView], error) { return &body[centreView]{s.centre()}, nil })
	huma.Register(s.api, s.op(auth.SeeCentre, http.MethodGet, "/api/v1/health", "health", "Whether the engine takes new calls"),
		func(context.Context, *struct{}) (*body[health], error) {
			h := health{Ready: true, Seq: s.lastSeq()}
			if err := s.Ready(); err != nil {
				h.Ready, h.Reason = false, err.Error()
			}
			return &body[health]{h}, nil
		})
	huma.Register(s.api, s.op(auth.ManageLogins, http.MethodGet, "/api/v1/users", "users", "All logins"),
		func(ctx context.Context, _ *struct{}) (*body[[]loginView], error) {
			users, err := s.Auth.List()
			if err != nil {
				return nil, huma.Error503ServiceUnavailable("the logins cannot be read", err)
			}
			out := make([]loginView, len(users))
			for i, u := range users {
				f, err := s.Auth.FactorOf(u.Name)
				if err != nil {
					return nil, s.loginProblem(ctx, err)
				}
				out[i] = loginView{User: u, Second: f.On}
			}
			return &body[[]loginView]{out}, nil
		})
	huma.Register(s.api, s.op(auth.ManageLogins, http.MethodPut, "/api/v1/users/{name}", "put-user", "Add a login, or change its role and password"),
		s.putUser)
	huma.Register(s.api, s.op(auth.ManageLogins, http.MethodDelete, "/api/v1/users/{name}", "delete-user", "Take a login away; its sessions end"),
		func(ctx context.Context, in *struct {
			Name string `path:"name" maxLength:"64"`
		},
		) (*struct{}, error) {
			if u, _ := userOf(ctx); u.Name == in.Name {
				return nil, s.problem(ctx, http.StatusConflict, "nobody can take away the login they are using")
			}
			if err := s.audit(ctx, "remove_user", in.Name); err != nil {
				return nil, err
			}
			return nil, s.Auth.Remove(in.Name)
		})
}

func (s *server) putUser(ctx context.Context, in *userIn) (*struct{}, error) {
	if t := in.Body.Team; t != "" && (in.Body.Role != auth.TeamLead || !s.isTeam(t)) {
		return nil, huma.Error422UnprocessableEntity("team is of a team_lead, and one of the centre's")
	}
	if err := s.audit(ctx, "put_user "+string(in.Body.Role), in.Name); err != nil {
		return nil, err
	}
	err := s.Auth.AddTo(in.Name, in.Body.Role, in.Body.Team, in.Body.Password)
	for _, bad := range []error{auth.ErrName, auth.ErrPassword, auth.ErrRole, auth.ErrTaken} {
		if errors.Is(err, bad) {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
	}
	return nil, err
}

func (s *server) isTeam(id string) bool {
	for _, t := range s.Centre().Teams {
		if t.ID == id {
			return true
		}
	}
	return false
}

func (s *server) reasons() []reasonView {
	out := []reasonView{}
	for _, r := range s.Centre().Reasons {
		out = append(out, reasonView{r.ID, r.Name, r.Allowance.Milliseconds(), r.MaxAtOnce, r.Approve})
	}
	return out
}

func (s *server) centre() centreView {
	c := s.Centre()
	v := centreView{
		SHA256: c.SHA256, TimeZone: c.TimeZone.String(), Language: c.Language, Numbers: c.Numbers, Reasons: s.reasons(),
		Teams: []namedView{}, Agents: []agentDef{}, Queues: []queueDef{},
	}
	for _, t := range c.Teams {
		v.Teams = append(v.Teams, namedView{t.ID, t.Name})
	}
	for _, a := range c.Agents {
		v.Agents = append(v.Agents, agentDef{string(a.ID), a.Name, a.Team, a.Skills})
	}
	for _, q := range c.Queues {
		v.Queues = append(v.Queues, queueDef{
			ID: string(q.ID), Name: q.Name, Needs: q.Needs.String(), Strategy: q.Strategy, Priority: q.Priority,
			WithinMS: q.Target.Within.Milliseconds(), Ratio: q.Target.Ratio, RingMS: q.RingTimeout.Milliseconds(),
			WrapUp: q.WrapUp.Mode, WrapUpMS: q.WrapUp.After.Milliseconds(), ShortAbandon: q.ShortAbandon.Milliseconds(),
		})
	}
	return v
}
