// Package oidc logs people in by the organisation's own identity provider: OpenID Connect Core 1.0, the authorization code flow with
// PKCE (RFC 7636) and a nonce. Who somebody is and what they may do is the provider's to say: the role comes from a claim of the
// signed ID token and never from a name that a person may choose.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"hotline"
	"hotline/web/auth"
)

// Errors of a log-in.
var (
	// ErrExpired: the log-in was not begun here, or too long ago, or is over already.
	ErrExpired = errors.New("oidc: this log-in was not begun here, or has expired")
	// ErrNoRole: the provider knows the person, but none of its roles is one of ours.
	ErrNoRole = errors.New("oidc: none of the person's roles may use this centre")
	// ErrProvider: the provider cannot be reached, or what it says does not hold.
	ErrProvider = errors.New("oidc: the identity provider")
)

// Prefix of the names of people whom the provider knows. No login of our own has a slash in it, so the two are never mistaken.
const Prefix = "sso/"

// Config is how a provider is used.
type Config struct {
	Issuer   string // https address, as in the provider's metadata
	ClientID string
	Secret   string // empty: a public client, proven by PKCE alone
	Redirect string // our own address that the provider sends people back to
	Scopes   []string
	User     string               // claim with the person's name; empty: preferred_username, then email, then sub
	Role     string               // claim with the roles or groups: a text or a list
	Roles    map[string]auth.Role // the claim's values that are roles of ours
	Team     string               // claim with the team of a team lead; empty: none, it leads all
	Agent    string               // claim with the agent's id, of the role agent
	Client   *http.Client         // nil: one with time limits
	Now      func() time.Time     // nil: time.Now
}

const (
	tryTime  = 10 * time.Minute
	maxTries = 1000 // begun at a time; the oldest are forgotten
	patience = 10 * time.Second
)

// Provider is one identity provider. Its methods may be called from any goroutine.
type Provider struct {
	cfg Config

	mu    sync.Mutex
	found *gooidc.Provider // its metadata, once it could be had
	tries map[string]try   // by state
}

// try is a log-in that was begun.
type try struct {
	nonce, verifier, next string
	began                 time.Time
}

// New makes a Provider. It asks nobody anything: a provider that is down when the engine starts is asked when somebody logs in.
func New(cfg Config) *Provider {
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: patience}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Provider{cfg: cfg, tries: map[string]try{}}
}

// metadata asks the provider for its addresses (OpenID Connect Discovery 1.0 §4), until it has answered once.
func (p *Provider) metadata(ctx context.Context) (*gooidc.Provider, *oauth2.Config, error) {
	p.mu.Lock()
	found := p.found
	p.mu.Unlock()
	if found == nil {
		var err error
		// The keys are fetched again later by the same client: they must not end with this request.
		if found, err = gooidc.NewProvider(gooidc.ClientContext(context.WithoutCancel(ctx), p.cfg.Client), p.cfg.Issuer); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrProvider, err)
		}
		p.mu.Lock()
		p.found = found
		p.mu.Unlock()
	}
	return found, &oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.Secret, Endpoint: found.Endpoint(), RedirectURL: p.cfg.Redirect,
		Scopes: append([]string{gooidc.ScopeOpenID}, p.cfg.Scopes...),
	}, nil
}

func random() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Begin begins a log-in that leads to next: where the browser has to go, and the state that it must bring back and keep.
func (p *Provider) Begin(ctx context.Context, next string) (address, state string, err error) {
	_, client, err := p.metadata(ctx)
	if err != nil {
		return "", "", err
	}
	t := try{nonce: random(), verifier: oauth2.GenerateVerifier(), next: next, began: p.cfg.Now()}
	state = random()
	p.mu.Lock()
	p.forget(t.began)
	p.tries[state] = t
	p.mu.Unlock()
	return client.AuthCodeURL(state, gooidc.Nonce(t.nonce), oauth2.S256ChallengeOption(t.verifier)), state, nil
}

// forget drops what has expired and, where there is too much, the oldest. The caller holds the lock.
func (p *Provider) forget(now time.Time) {
	oldest, when := "", now
	for s, t := range p.tries {
		if now.Sub(t.began) > tryTime {
			delete(p.tries, s)
		} else if !t.began.After(when) {
			oldest, when = s, t.began
		}
	}
	if len(p.tries) >= maxTries {
		delete(p.tries, oldest)
	}
}

// Finish ends a log-in: state and code are what the provider sent back, kept is the state that this browser was given. It says who
// the person is and where they wanted to go. A state is good for one try.
func (p *Provider) Finish(ctx context.Context, kept, state, code string) (u auth.User, next string, err error) {
	if kept == "" || subtle.ConstantTimeCompare([]byte(kept), []byte(state)) != 1 { // somebody else's log-in (RFC 6749 §10.12)
		return u, "", ErrExpired
	}
	p.mu.Lock()
	t, ok := p.tries[state]
	delete(p.tries, state)
	p.mu.Unlock()
	if !ok || p.cfg.Now().Sub(t.began) > tryTime {
		return u, "", ErrExpired
	}
	found, client, err := p.metadata(ctx)
	if err != nil {
		return u, "", err
	}
	ctx = gooidc.ClientContext(ctx, p.cfg.Client)
	tokens, err := client.Exchange(ctx, code, oauth2.VerifierOption(t.verifier))
	if err != nil {
		return u, "", fmt.Errorf("%w: %w", ErrProvider, err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := found.Verifier(&gooidc.Config{ClientID: p.cfg.ClientID, Now: p.cfg.Now}).Verify(ctx, raw)
	if err != nil {
		return u, "", fmt.Errorf("%w: %w", ErrProvider, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(t.nonce)) != 1 { // Core §3.1.3.7 (11)
		return u, "", fmt.Errorf("%w: the token is of another log-in", ErrProvider)
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return u, "", fmt.Errorf("%w: %w", ErrProvider, err)
	}
	p.fill(ctx, found, client, tokens, claims)
	u, err = p.cfg.user(claims)
	return u, t.next, err
}

// fill adds what the provider tells only when asked (Core §5.3), where the token lacks it. The token's own claims stand.
func (p *Provider) fill(ctx context.Context, found *gooidc.Provider, client *oauth2.Config, tokens *oauth2.Token, claims map[string]any) {
	if _, ok := claims[p.cfg.Role]; ok || found.UserInfoEndpoint() == "" {
		return
	}
	info, err := found.UserInfo(ctx, client.TokenSource(ctx, tokens))
	if err != nil || info.Subject != claims["sub"] { // Core §5.3.2: of somebody else
		return
	}
	var more map[string]any
	if info.Claims(&more) != nil {
		return
	}
	for k, v := range more {
		if _, ok := claims[k]; !ok {
			claims[k] = v
		}
	}
}

// user is who the claims say it is.
func (c *Config) user(claims map[string]any) (auth.User, error) {
	u := auth.User{Name: Prefix + c.name(claims)}
	for _, r := range auth.Roles() { // the mightiest first
		for _, v := range texts(claims[c.Role]) {
			if c.Roles[v] == r && u.Role == "" {
				u.Role = r
			}
		}
	}
	switch u.Role {
	case "":
		return u, ErrNoRole
	case auth.Agent:
		ids := texts(claims[c.Agent])
		if c.Agent == "" || len(ids) != 1 {
			return u, fmt.Errorf("%w: an agent's id is wanted in the claim %q", ErrNoRole, c.Agent)
		}
		u.Agent = hotline.AgentID(ids[0])
	case auth.TeamLead:
		if teams := texts(claims[c.Team]); c.Team != "" {
			if len(teams) != 1 {
				return u, fmt.Errorf("%w: one team is wanted in the claim %q", ErrNoRole, c.Team)
			}
			u.Team = teams[0]
		}
	}
	return u, nil
}

// maxName bounds a name.
const maxName = 64

// name is what the person is called in the audit: printable, short, and never empty.
func (c *Config) name(claims map[string]any) string {
	keys := []string{"preferred_username", "email", "sub"}
	if c.User != "" {
		keys = []string{c.User, "sub"}
	}
	for _, k := range keys {
		s, _ := claims[k].(string)
		s = strings.Map(func(r rune) rune {
			if r <= ' ' || r == 0x7f || strings.ContainsRune(`<>"'&\`, r) || r > 0x7f && !letter(r) {
				return -1
			}
			return r
		}, s)
		if r := []rune(s); len(r) > maxName {
			s = string(r[:maxName])
		}
		if s != "" {
			return s
		}
	}
	return "-"
}

// letter says that a rune above ASCII is one of a name: the Han characters and Latin ones with marks.
func letter(r rune) bool { return r >= 0x4e00 && r <= 0x9fff || r >= 0xc0 && r <= 0x24f }

// texts is a claim's value as a list of texts.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, x := range v {
			if s, ok := x.(string); ok && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}
