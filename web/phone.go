package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/web/auth"
)

// Phones is where the pages' own phones speak SIP; package sip is one through cmd.
type Phones interface {
	// ServePage takes over the handshake of a WebSocket, for the phone of the user alone; alive says whether the login behind it
	// goes on. It returns when the connection has ended.
	ServePage(w http.ResponseWriter, r *http.Request, user string, alive func() bool)
}

// phoneKeyOut is all that a page needs to be a phone.
type phoneKeyOut struct {
	User     string    `json:"user" doc:"The account of the phone: the agent's id, or ~ and the login's name."`
	Realm    string    `json:"realm"`
	Password string    `json:"password" doc:"Good for this session's pages only, over the address in socket, and only while the session goes on."`
	URI      string    `json:"uri"`
	Socket   string    `json:"socket" doc:"Path of the WebSocket on this very origin (RFC 7118)."`
	Expires  time.Time `json:"expires" doc:"When the session ends at the latest."`
	Numbers  bool      `json:"numbers" doc:"Whether this login may see the numbers of who calls it."`
	Echo     string    `json:"echo" doc:"The code to dial to hear oneself."`
}

// echoCode is what an agent dials to hear itself.
const echoCode = "*43"

func (s *server) phoneRoutes(mux *http.ServeMux) {
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/phone-key", "phone-key", "What this session's page registers its phone with"),
		s.phoneKey)
	mux.HandleFunc("GET /sip", s.sipSocket)
}

// mayPhone says whether the login has a phone in its pages: agents do, and who listens to agents.
func mayPhone(u auth.User) bool { return u.Agent != "" || u.Role.May(auth.Listen) }

func (s *server) phoneKey(ctx context.Context, _ *struct{}) (*body[phoneKeyOut], error) {
	u, _ := userOf(ctx)
	if !mayPhone(u) {
		return nil, s.problem(ctx, http.StatusForbidden, textRole, u.Role)
	}
	if s.Phones == nil {
		return nil, s.problem(ctx, http.StatusNotFound, textNoPhones)
	}
	secret, until, err := s.Auth.PhoneKey(tokenOf(ctx))
	if err != nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	user := string(u.PhoneAccount())
	return &body[phoneKeyOut]{phoneKeyOut{
		User: user, Realm: s.Realm, Password: secret, URI: "sip:" + user + "@" + s.Realm, Socket: "/sip", Expires: until, Echo: echoCode,
		Numbers: u.Role.May(auth.SeeNumbers) || u.Agent != "" && !s.Centre().NumbersHidden,
	}}, nil
}

// sipSocket takes the WebSocket of a page's phone: of somebody logged in, and of our own page. A page of another site would send
// the cookie along.
func (s *server) sipSocket(w http.ResponseWriter, r *http.Request) {
	u, ok := userOf(r.Context())
	switch {
	case s.Phones == nil:
		http.NotFound(w, r)
	case !ok:
		http.Error(w, "log in first", http.StatusUnauthorized)
	case !mayPhone(u):
		http.Error(w, "this login has no phone", http.StatusForbidden)
	case !ownOrigin(r):
		http.Error(w, "a page of another site may not do this", http.StatusForbidden)
	default:
		token := tokenOf(r.Context())
		s.Phones.ServePage(w, r, string(u.PhoneAccount()), func() bool { return s.Auth.Open(token) })
	}
}

// ownOrigin says whether the request comes from a page of this very host, or from no page at all.
func ownOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}
