package web

import (
	"context"
	"net"
	"net/http"
	"strings"

	"hotline/web/auth"
)

// cookieName is the session cookie.
const cookieName = "hotline_session"

type ctxKey int

const (
	keyUser ctxKey = iota
	keyAddr
	keyToken
	keyLang
)

func userOf(ctx context.Context) (auth.User, bool) {
	u, ok := ctx.Value(keyUser).(auth.User)
	return u, ok
}

func addrOf(ctx context.Context) string { a, _ := ctx.Value(keyAddr).(string); return a }

func tokenOf(ctx context.Context) string { t, _ := ctx.Value(keyToken).(string); return t }

// protect wraps the mux: security headers, no cross-site changes, and who asks.
func (s *server) protect(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
		}
		if err := cross.Check(r); err != nil {
			http.Error(w, s.say(s.identify(r), textOtherSite), http.StatusForbidden)
			return
		}
		ctx := s.identify(r)
		if blindChange(ctx, r) {
			http.Error(w, s.say(ctx, textNoOrigin), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// blindChange says whether the cookie alone asks for a change, without a word of the page it comes from. Every browser says that
// (Fetch Standard §3.2: Origin with all methods but GET and HEAD); programs have the token.
func blindChange(ctx context.Context, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return false
	}
	c, err := r.Cookie(cookieName)
	return err == nil && c.Value == tokenOf(ctx) && bearer(r) == "" && r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == ""
}

// bearer is the request's own token, empty where it has none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") { // RFC 9110 §11.1: the scheme's case does not matter
		return ""
	}
	return token
}

// identify finds the session of a bearer token or, without one, of the cookie.
func (s *server) identify(r *http.Request) context.Context {
	ctx := r.Context()
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ctx = context.WithValue(ctx, keyAddr, host)
	if h := r.Header.Get("Accept-Language"); h != "" {
		ctx = context.WithValue(ctx, keyLang, language(h))
	}
	token := bearer(r)
	if token == "" {
		if c, err := r.Cookie(cookieName); err == nil {
			token = c.Value
		}
	}
	if u, ok := s.Auth.Who(token); ok {
		ctx = context.WithValue(context.WithValue(ctx, keyUser, u), keyToken, token)
	}
	return ctx
}
