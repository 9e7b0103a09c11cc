package web

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/boombuler/barcode/qr"
	"github.com/danielgtaylor/huma/v2"

	"hotline/web/auth"
)

// codeAsked is the type of the problem that says that a login's second factor is asked for.
const codeAsked = "urn:hotline:second-factor"

type sessionsIn struct {
	All bool `query:"all" doc:"Of all logins: for who manages them."`
}

type sessionsOut struct {
	Items []auth.OpenSession `json:"items" doc:"The one used last comes first."`
}

type endedOut struct {
	Ended int `json:"ended"`
}

type passwordIn struct {
	Body struct {
		Old string `json:"old" maxLength:"1024"`
		New string `json:"new" maxLength:"1024"`
	}
}

type enrolIn struct {
	Body struct {
		Password string `json:"password" maxLength:"1024" doc:"Once more: a session left open is not enough."`
	}
}

type enrolOut struct {
	Secret string `json:"secret" doc:"Base32, to type in."`
	URI    string `json:"uri" doc:"otpauth: address, as the picture has it."`
	QR     string `json:"qr" doc:"The picture: a data: address of an SVG."`
}

type codeIn struct {
	Body struct {
		Code string `json:"code" maxLength:"64"`
	}
}

type recoveryOut struct {
	Recovery []string `json:"recovery" doc:"Each opens once where the program is lost. They are shown only now."`
}

func (s *server) ownLoginRoutes() {
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/sessions", "sessions", "Your sessions that go on"), s.sessions)
	huma.Register(s.api, s.op(anyLogin, http.MethodDelete, "/api/v1/sessions", "end-sessions", "End all your sessions but this one"),
		func(ctx context.Context, in *struct {
			User string `query:"user" maxLength:"128" doc:"Another login's, all of them: for who manages logins."`
		},
		) (*body[endedOut], error) {
			u, _ := userOf(ctx)
			name := u.Name
			if in.User != "" && in.User != name {
				if name = in.User; !u.Role.May(auth.ManageLogins) {
					return nil, s.problem(ctx, http.StatusForbidden, textRole, u.Role)
				}
			}
			return s.endSessions(ctx, name, func(o auth.OpenSession) bool { return o.User == name && !o.Mine })
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodDelete, "/api/v1/sessions/{id}", "end-session", "End one of your sessions"),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"64"`
		},
		) (*body[endedOut], error) {
			u, _ := userOf(ctx)
			out, err := s.endSessions(ctx, in.ID, func(o auth.OpenSession) bool {
				return o.ID == in.ID && (o.User == u.Name || u.Role.May(auth.ManageLogins))
			})
			if err == nil && out.Body.Ended == 0 {
				return nil, s.problem(ctx, http.StatusNotFound, textNoSession)
			}
			return out, err
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/me/password", "change-password", "Change your own password; your other sessions end"), s.changePassword)
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/me/totp", "totp", "Whether your login asks for a code"),
		func(ctx context.Context, _ *struct{}) (*body[auth.Factor], error) {
			u, _ := userOf(ctx)
			f, err := s.Auth.FactorOf(u.Name)
			if err != nil {
				return nil, s.loginProblem(ctx, err)
			}
			return &body[auth.Factor]{f}, nil
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/me/totp", "enrol-totp", "Begin a second factor: a secret for an authenticator program"), s.enrol)
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/me/totp/confirm", "confirm-totp", "Put it in force by its first code"), s.confirm)
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/me/totp/off", "drop-totp", "Give it up, by a code of it"), s.dropOwn)
	huma.Register(s.api, s.op(auth.ManageLogins, http.MethodDelete, "/api/v1/users/{name}/totp", "reset-totp", "Take a login's second factor away: for who has lost it"),
		func(ctx context.Context, in *struct {
			Name string `path:"name" maxLength:"64"`
		},
		) (*struct{}, error) {
			if err := s.audit(ctx, "reset_totp", in.Name); err != nil {
				return nil, err
			}
			return nil, s.Auth.DropFactor(in.Name)
		})
}

func (s *server) sessions(ctx context.Context, in *sessionsIn) (*body[sessionsOut], error) {
	u, _ := userOf(ctx)
	name := u.Name
	if in.All {
		if name = ""; !u.Role.May(auth.ManageLogins) {
			return nil, s.problem(ctx, http.StatusForbidden, textRole, u.Role)
		}
	}
	list, err := s.Auth.Sessions(name, tokenOf(ctx))
	if err != nil {
		return nil, s.loginProblem(ctx, err)
	}
	return &body[sessionsOut]{sessionsOut{list}}, nil
}

func (s *server) endSessions(ctx context.Context, target string, which func(auth.OpenSession) bool) (*body[endedOut], error) {
	if err := s.audit(ctx, "end_sessions", target); err != nil {
		return nil, err
	}
	ended, err := s.Auth.EndSessions(which, tokenOf(ctx))
	if err != nil {
		return nil, s.loginProblem(ctx, err)
	}
	return &body[endedOut]{endedOut{len(ended)}}, nil
}

func (s *server) changePassword(ctx context.Context, in *passwordIn) (*struct{}, error) {
	u, _ := userOf(ctx)
	if err := s.audit(ctx, "change_password", u.Name); err != nil {
		return nil, err
	}
	if err := s.Auth.ChangePassword(u.Name, in.Body.Old, in.Body.New, addrOf(ctx), tokenOf(ctx)); err != nil {
		return nil, s.loginProblem(ctx, err)
	}
	return nil, nil
}

func (s *server) enrol(ctx context.Context, in *enrolIn) (*body[enrolOut], error) {
	u, _ := userOf(ctx)
	if _, err := s.Auth.Check(u.Name, in.Body.Password, addrOf(ctx)); err != nil {
		return nil, s.loginProblem(ctx, err)
	}
	secret, uri, err := s.Auth.Enrol(u.Name, "Hotline "+s.Centre().Name)
	if err != nil {
		return nil, s.loginProblem(ctx, err)
	}
	picture, err := qrPicture(uri)
	if err != nil {
		s.Logger.Warn("web: no picture of a secret", "error", err) // it can be typed in
	}
	return &body[enrolOut]{enrolOut{secret, uri, picture}}, nil
}

func (s *server) confirm(ctx context.Context, in *codeIn) (*body[recoveryOut], error) {
	u, _ := userOf(ctx)
	if err := s.audit(ctx, "totp_on", u.Name); err != nil {
		return nil, err
	}
	recovery, err := s.Auth.Confirm(u.Name, in.Body.Code)
	if err != nil {
		return nil, s.loginProblem(ctx, err)
	}
	return &body[recoveryOut]{recoveryOut{recovery}}, nil
}

func (s *server) dropOwn(ctx context.Context, in *codeIn) (*struct{}, error) {
	u, _ := userOf(ctx)
	if err := s.Auth.CheckCode(u.Name, in.Body.Code); err != nil {
		return nil, s.loginProblem(ctx, err)
	}
	if err := s.audit(ctx, "totp_off", u.Name); err != nil {
		return nil, err
	}
	return nil, s.Auth.DropFactor(u.Name)
}

// second asks for the login's code where it has a second factor.
func (s *server) second(ctx context.Context, u auth.User, code string) error {
	f, err := s.Auth.FactorOf(u.Name)
	switch {
	case err != nil: // unknown is not none
		s.Logger.Error("web: a second factor cannot be read", "user", u.Name, "error", err)
		return s.loginProblem(ctx, err)
	case !f.On:
		return nil
	case code == "":
		return &huma.ErrorModel{Type: codeAsked, Title: "Unauthorized", Status: http.StatusUnauthorized, Detail: s.say(ctx, textCodeAsked)}
	}
	if err := s.Auth.CheckCode(u.Name, code); err != nil {
		s.Logger.Info("web: login refused", "user", u.Name, "from", addrOf(ctx), "reason", err)
		if errors.Is(err, auth.ErrCode) {
			return &huma.ErrorModel{Type: codeAsked, Title: "Unauthorized", Status: http.StatusUnauthorized, Detail: s.say(ctx, textWrongCode)}
		}
		return s.loginProblem(ctx, err)
	}
	return nil
}

// loginProblem is the answer to an error of package auth. A wrong password within a session is 403: the session goes on.
func (s *server) loginProblem(ctx context.Context, err error) error {
	for _, c := range []struct {
		err    error
		status int
		text   string
	}{
		{auth.ErrDenied, http.StatusForbidden, textWrongPassword},
		{auth.ErrTooMany, http.StatusTooManyRequests, textTooMany},
		{auth.ErrPassword, http.StatusUnprocessableEntity, textShortPassword},
		{auth.ErrTaken, http.StatusConflict, textPhonePassword},
		{auth.ErrCode, http.StatusForbidden, textWrongCode},
		{auth.ErrFactor, http.StatusConflict, textHasFactor},
		{auth.ErrNoFactor, http.StatusConflict, textNoFactor},
	} {
		if errors.Is(err, c.err) {
			return s.problem(ctx, c.status, c.text, []any{}...)
		}
	}
	s.Logger.Error("web: logins", "error", err)
	return s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
}

// qrPicture is the text as a QR code: a data: address of an SVG, which the pages' policy lets through as an image only.
func qrPicture(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", err
	}
	const quiet = 4 // modules around it: ISO/IEC 18004 §9.1
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="%[2]s"/></svg>`,
		size+2*quiet, path.String())
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg)), nil
}
