package oidc

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"hotline/web/auth"
)

// idp is an identity provider as far as the flow needs one. That it behaves as real ones do is held by e2e, where the same flow goes
// through a certified provider.
type idp struct {
	*httptest.Server
	key    *rsa.PrivateKey
	claims map[string]any
	asked  url.Values // of the last authorization request
	info   map[string]any
	nonce  string // instead of the one asked for
	signBy *rsa.PrivateKey
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{key: key, signBy: key, claims: map[string]any{"sub": "u1", "preferred_username": "anna.li", "groups": []string{"leads", "staff"}}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"userinfo_endpoint": p.URL + "/me", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &p.key.PublicKey, KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) { p.token(t, w, r) })
	mux.HandleFunc("/me", func(w http.ResponseWriter, _ *http.Request) { write(w, p.info) })
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func (p *idp) token(t *testing.T, w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if r.FormValue("code") != "good" || base64.RawURLEncoding.EncodeToString(sum[:]) != p.asked.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		write(w, map[string]string{"error": "invalid_grant"})
		return
	}
	claims := map[string]any{"iss": p.URL, "aud": "hotline", "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(), "nonce": p.asked.Get("nonce")}
	if p.nonce != "" {
		claims["nonce"] = p.nonce
	}
	maps.Copy(claims, p.claims)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.signBy, KeyID: "k"}}, nil)
	if err != nil {
		t.Error(err)
		return
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Error(err)
		return
	}
	sig, err := signer.Sign(body)
	if err != nil {
		t.Error(err)
		return
	}
	raw, err := sig.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	write(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": raw})
}

func (p *idp) provider(change func(*Config)) *Provider {
	c := Config{
		Issuer: p.URL, ClientID: "hotline", Secret: "s", Redirect: "http://here/api/v1/sso", Role: "groups", Agent: "employee",
		Roles: map[string]auth.Role{"leads": auth.Lead, "qa": auth.QA, "agents": auth.Agent, "teams": auth.TeamLead, "boss": auth.Director},
	}
	if change != nil {
		change(&c)
	}
	return New(c)
}

// goes begins a log-in and lets the provider see it.
func (p *idp) goes(t *testing.T, o *Provider) (state string) {
	t.Helper()
	address, state, err := o.Begin(t.Context(), "/lead")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p.asked = u.Query()
	if p.asked.Get("state") != state || p.asked.Get("code_challenge_method") != "S256" || p.asked.Get("nonce") == "" {
		t.Fatalf("asked %s", address)
	}
	return state
}

func TestLogin(t *testing.T) {
	p := newIDP(t)
	o := p.provider(nil)
	state := p.goes(t, o)
	u, next, err := o.Finish(t.Context(), state, state, "good")
	if err != nil || u.Name != "sso/anna.li" || u.Role != auth.Lead || next != "/lead" {
		t.Fatalf("%+v %q %v", u, next, err)
	}
	if _, _, err := o.Finish(t.Context(), state, state, "good"); !errors.Is(err, ErrExpired) {
		t.Errorf("a second time: %v", err)
	}
}

// TestRefuses: what does not hold lets nobody in.
func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(*idp)
		change func(*Config)
		kept   string
		code   string
		want   error
	}{
		"another browser's log-in":   {kept: "other", want: ErrExpired},
		"no cookie":                  {kept: "-", want: ErrExpired},
		"a code that is none":        {code: "bad", want: ErrProvider},
		"another log-in's token":     {spoil: func(p *idp) { p.nonce = "old" }, want: ErrProvider},
		"a token for somebody else":  {spoil: func(p *idp) { p.claims["aud"] = "shop" }, want: ErrProvider},
		"a token of another issuer":  {spoil: func(p *idp) { p.claims["iss"] = "https://evil.example" }, want: ErrProvider},
		"an old token":               {spoil: func(p *idp) { p.claims["exp"] = time.Now().Add(-time.Hour).Unix() }, want: ErrProvider},
		"a forged token":             {spoil: func(p *idp) { p.signBy, _ = rsa.GenerateKey(rand.Reader, 2048) }, want: ErrProvider},
		"no role":                    {spoil: func(p *idp) { p.claims["groups"] = []string{"cooks"} }, want: ErrNoRole},
		"a role that is no text":     {spoil: func(p *idp) { p.claims["groups"] = []any{1, map[string]any{"leads": true}} }, want: ErrNoRole},
		"an agent without an id":     {spoil: func(p *idp) { p.claims["groups"] = "agents" }, want: ErrNoRole},
		"a team lead without a team": {spoil: func(p *idp) { p.claims["groups"] = "teams" }, change: func(c *Config) { c.Team = "team" }, want: ErrNoRole},
	} {
		t.Run(name, func(t *testing.T) {
			p := newIDP(t)
			if c.spoil != nil {
				c.spoil(p)
			}
			o := p.provider(c.change)
			state := p.goes(t, o)
			kept, code := state, "good"
			if c.kept != "" {
				kept = strings.TrimPrefix(c.kept, "-")
			}
			if c.code != "" {
				code = c.code
			}
			if u, _, err := o.Finish(t.Context(), kept, state, code); !errors.Is(err, c.want) {
				t.Errorf("%+v, %v: want %v", u, err, c.want)
			}
		})
	}
}

// TestRoles: the mightiest of several roles, an agent by its id, and claims that only the provider's second answer has.
func TestRoles(t *testing.T) {
	p := newIDP(t)
	o := p.provider(nil)
	login := func() auth.User {
		t.Helper()
		state := p.goes(t, o)
		u, _, err := o.Finish(t.Context(), state, state, "good")
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	p.claims["groups"] = []string{"qa", "boss", "leads"}
	if u := login(); u.Role != auth.Director {
		t.Errorf("%+v", u)
	}
	p.claims["groups"], p.claims["employee"] = "agents", "8001"
	if u := login(); u.Role != auth.Agent || u.Agent != "8001" {
		t.Errorf("%+v", u)
	}
	delete(p.claims, "groups")
	p.info = map[string]any{"sub": "u1", "groups": []string{"qa"}, "preferred_username": "forged"}
	if u := login(); u.Role != auth.QA || u.Name != "sso/anna.li" {
		t.Errorf("%+v", u)
	}
	p.info["sub"] = "somebody else"
	state := p.goes(t, o)
	if _, _, err := o.Finish(t.Context(), state, state, "good"); !errors.Is(err, ErrNoRole) {
		t.Errorf("another person's groups: %v", err)
	}
}

func TestHostileNames(t *testing.T) {
	c := Config{Role: "r", Roles: map[string]auth.Role{"x": auth.QA}}
	for in, want := range map[string]string{
		"<script>alert(1)</script>": "sso/scriptalert(1)/script", "a\nb\u202e c": "sso/abc", "王芳": "sso/王芳", strings.Repeat("x", 500): "sso/" + strings.Repeat("x", 64), "\x00": "sso/s",
	} {
		u, err := c.user(map[string]any{"r": "x", "preferred_username": in, "sub": "s"})
		if err != nil || u.Name != want {
			t.Errorf("%q: %q, %v", in, u.Name, err)
		}
	}
}

// TestDown: a provider that cannot be reached is said so, and asked again the next time.
func TestDown(t *testing.T) {
	p := newIDP(t)
	o := p.provider(func(c *Config) { c.Issuer = "http://127.0.0.1:1" })
	if _, _, err := o.Begin(t.Context(), ""); !errors.Is(err, ErrProvider) {
		t.Errorf("%v", err)
	}
	o.cfg.Issuer = p.URL
	if _, _, err := o.Begin(t.Context(), ""); err != nil {
		t.Errorf("%v", err)
	}
}

// TestForgets: tries are bounded in number and in time.
func TestForgets(t *testing.T) {
	p := newIDP(t)
	now := time.Now()
	o := p.provider(func(c *Config) { c.Now = func() time.Time { return now } })
	first := p.goes(t, o)
	for range maxTries + 10 {
		if _, _, err := o.Begin(context.Background(), ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(o.tries); n > maxTries {
		t.Errorf("%d tries kept", n)
	}
	last := p.goes(t, o)
	now = now.Add(tryTime + time.Second)
	for _, s := range []string{first, last} {
		if _, _, err := o.Finish(t.Context(), s, s, "good"); !errors.Is(err, ErrExpired) {
			t.Errorf("%v", err)
		}
	}
}
