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
			http.Error(w, "a page of another site may not do this", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r.WithContext(s.identify(r)))
	})
}

// identify finds the session of a bearer token or, without one, of the cookie.
func (s *server) identify(r *http.Request) context.Context {
	ctx := r.Context()
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ctx = context.WithValue(context.WithValue(ctx, keyAddr, host), keyLang, language(r.Header.Get("Accept-Language")))
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") { // RFC 9110 §11.1: the scheme's case does not matter
		if c, err := r.Cookie(cookieName); err == nil {
			token = c.Value
		}
	}
	if u, ok := s.Auth.Who(token); ok {
		ctx = context.WithValue(context.WithValue(ctx, keyUser, u), keyToken, token)
	}
	return ctx
}
