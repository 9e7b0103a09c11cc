package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/web/auth"
	"hotline/web/oidc"
)

// SSO logs people in by the organisation's identity provider; oidc.Provider is one.
type SSO interface {
	Begin(ctx context.Context, next string) (address, state string, err error)
	Finish(ctx context.Context, kept, state, code string) (u auth.User, next string, err error)
}

// stateCookie keeps the state of a log-in by the identity provider in the browser that began it.
const stateCookie = "hotline_sso"

// ssoPath is where the provider sends people back to, below the pages' own address.
const ssoPath = "/api/v1/sso"

type ssoIn struct {
	Next string `query:"next" maxLength:"1000" doc:"The page to go to afterwards."`
}

type ssoBack struct {
	State  string `query:"state" maxLength:"200"`
	Code   string `query:"code" maxLength:"4000"`
	Error  string `query:"error" maxLength:"200"`
	Kept   string `cookie:"hotline_sso"`
	Device string `header:"User-Agent"`
}

type redirect struct {
	Status   int
	Location string        `header:"Location"`
	Cookies  []http.Cookie `header:"Set-Cookie"`
}

func (s *server) ssoRoutes() {
	huma.Register(s.api, s.op("", http.MethodGet, ssoPath+"/begin", "sso-begin", "Log in by the organisation's identity provider: leads there"), s.ssoBegin)
	huma.Register(s.api, s.op("", http.MethodGet, ssoPath, "sso", "Where the identity provider sends people back to"), s.ssoFinish)
}

func (s *server) stateKept(state string, age int) http.Cookie {
	// Lax: the provider sends the browser back from another site.
	return http.Cookie{Name: stateCookie, Value: state, Path: ssoPath, MaxAge: age, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode}
}

func (s *server) ssoBegin(ctx context.Context, in *ssoIn) (*redirect, error) {
	if s.SSO == nil {
		return s.ssoFailed("sso_down"), nil
	}
	address, state, err := s.SSO.Begin(ctx, in.Next)
	if err != nil {
		s.Logger.Error("web: the identity provider cannot be asked", "error", err)
		return s.ssoFailed("sso_down"), nil
	}
	return &redirect{Status: http.StatusFound, Location: address, Cookies: []http.Cookie{s.stateKept(state, 600)}}, nil
}

// ssoFailed leads back to the page for logging in, which says what went wrong.
func (s *server) ssoFailed(why string) *redirect {
	return &redirect{Status: http.StatusFound, Location: "/login?problem=" + why, Cookies: []http.Cookie{s.stateKept("", -1)}}
}

func (s *server) ssoFinish(ctx context.Context, in *ssoBack) (*redirect, error) {
	if s.SSO == nil {
		return s.ssoFailed("sso_down"), nil
	}
	if in.Error != "" { // RFC 6749 §4.1.2.1
		s.Logger.Info("web: the identity provider let nobody in", "error", in.Error, "from", addrOf(ctx))
		return s.ssoFailed("sso_denied"), nil
	}
	u, next, err := s.SSO.Finish(ctx, in.Kept, in.State, in.Code)
	if err == nil {
		err = s.ssoFits(u)
	}
	if err != nil {
		s.Logger.Warn("web: log-in by the identity provider refused", "user", u.Name, "from", addrOf(ctx), "reason", err)
		switch {
		case errors.Is(err, oidc.ErrNoRole):
			return s.ssoFailed("sso_role"), nil
		case errors.Is(err, oidc.ErrExpired):
			return s.ssoFailed("sso_expired"), nil
		}
		return s.ssoFailed("sso_down"), nil
	}
	s.vouch(u)
	if err := s.audit(context.WithValue(ctx, keyUser, u), "login", "sso"); err != nil {
		s.Logger.Warn("web: a login is not in the audit", "user", u.Name, "from", addrOf(ctx))
	}
	token, err := s.Auth.BeginAt(u, auth.Place{Addr: addrOf(ctx), Device: in.Device})
	if err != nil {
		return nil, huma.Error503ServiceUnavailable("the session cannot be kept just now", err)
	}
	return &redirect{Status: http.StatusFound, Location: s.onward(u, next), Cookies: []http.Cookie{s.cookie(token), s.stateKept("", -1)}}, nil
}

// ssoFits says why the centre has no place for who the provider knows: an agent or team that it does not have.
func (s *server) ssoFits(u auth.User) error {
	switch {
	case u.Role == auth.Agent && !s.isAgent(u.Agent), u.Team != "" && !s.isTeam(u.Team):
		return oidc.ErrNoRole
	}
	return nil
}

func (s *server) isAgent(id hotline.AgentID) bool {
	_, ok := s.Centre().Agent(id)
	return ok
}

// onward is where to go: what was asked for, if it is one of our pages, else the first one that the login has.
func (s *server) onward(u auth.User, next string) string {
	if at, err := url.Parse(next); err == nil && at.Scheme == "" && at.Host == "" && !strings.HasPrefix(next, "//") && !strings.Contains(next, `\`) {
		for _, page := range []string{"/", "/agent", "/lead", "/qa", "/reports", "/admin", "/boards", "/mine"} {
			if at.Path == page || page != "/" && strings.HasPrefix(at.Path, "/board/") {
				return at.RequestURI()
			}
		}
	}
	if u.Agent != "" {
		return "/agent"
	}
	return "/"
}
