package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/web/auth"
	"hotline/web/oidc"
)

type loginIn struct {
	Body struct {
		User     string `json:"user" maxLength:"128" doc:"Login name, or an agent's id."`
		Password string `json:"password" maxLength:"1024"`
		Code     string `json:"code,omitempty" maxLength:"64" doc:"Of the second factor, or a recovery code: where the answer without it is a problem of the type urn:hotline:second-factor."`
	}
	Device string `header:"User-Agent"`
}

type loginOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Token string `json:"token" doc:"Bearer token for programs; browsers use the cookie."`
		Me    me     `json:"me"`
	}
}

// me is who is logged in.
type me struct {
	User        string            `json:"user"`
	Role        auth.Role         `json:"role"`
	Agent       hotline.AgentID   `json:"agent,omitempty"`
	Permissions []auth.Permission `json:"permissions"`
	Language    string            `json:"language" doc:"The centre's."`
	TimeZone    string            `json:"time_zone" doc:"The centre's: times on the pages are in it."`
	Centre      string            `json:"centre" doc:"The centre's name."`
	Version     string            `json:"version"`
	SSO         bool              `json:"sso,omitempty" doc:"By the identity provider, which keeps the password and the second factor."`

	Session *auth.OpenSession `json:"session,omitempty" doc:"Since when, and from where."`
}

type body[T any] struct{ Body T }

func (s *server) me(u auth.User) me {
	return me{
		User: u.Name, Role: u.Role, Agent: u.Agent, Permissions: u.Role.Permissions(), Language: s.Centre().Language,
		TimeZone: s.Centre().TimeZone.String(), Centre: s.Centre().Name, Version: s.Version,
		SSO: strings.HasPrefix(u.Name, oidc.Prefix),
	}
}

func (s *server) loginRoutes() {
	huma.Register(s.api, s.op("", http.MethodPost, "/api/v1/login", "login", "Log in"), s.login)
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/logout", "logout", "Log out"),
		func(ctx context.Context, _ *struct{}) (*struct {
			SetCookie http.Cookie `header:"Set-Cookie"`
		}, error,
		) {
			if err := s.audit(ctx, "logout", ""); err != nil {
				return nil, err
			}
			gone := s.cookie("")
			gone.MaxAge = -1
			return &struct {
				SetCookie http.Cookie `header:"Set-Cookie"`
			}{gone}, s.Auth.End(tokenOf(ctx))
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/me", "me", "Who is logged in"),
		func(ctx context.Context, _ *struct{}) (*body[me], error) {
			u, _ := userOf(ctx)
			m := s.me(u)
			if o, ok := s.Auth.SessionOf(tokenOf(ctx)); ok {
				m.Session = &o
			}
			return &body[me]{m}, nil
		})
}

func (s *server) cookie(token string) http.Cookie {
	return http.Cookie{Name: cookieName, Value: token, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode}
}

func (s *server) login(ctx context.Context, in *loginIn) (*loginOut, error) {
	u, err := s.Auth.Check(in.Body.User, in.Body.Password, addrOf(ctx))
	if err != nil {
		s.Logger.Info("web: login refused", "user", in.Body.User, "from", addrOf(ctx), "reason", err)
		if errors.Is(err, auth.ErrTooMany) {
			return nil, s.problem(ctx, http.StatusTooManyRequests, "too many failed logins; try again in a minute")
		}
		return nil, s.problem(ctx, http.StatusUnauthorized, "wrong name or password")
	}
	if err := s.second(ctx, u, in.Body.Code); err != nil {
		return nil, err
	}
	ctx = context.WithValue(ctx, keyUser, u)
	if err := s.audit(ctx, "login", ""); err != nil {
		// A full disk is just when somebody must get in. What they do there is noted or refused as ever.
		s.Logger.Warn("web: a login is not in the audit", "user", u.Name, "from", addrOf(ctx))
	}
	token, err := s.Auth.BeginAt(u, auth.Place{Addr: addrOf(ctx), Device: in.Device})
	if err != nil {
		return nil, huma.Error503ServiceUnavailable("the session cannot be kept just now", err)
	}
	out := &loginOut{SetCookie: s.cookie(token)}
	out.Body.Token, out.Body.Me = token, s.me(u)
	return out, nil
}
