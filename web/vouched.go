package web

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"hotline/web/auth"
	"hotline/web/oidc"
)

// vouchedFor is how long what an identity provider said of somebody is taken for true without another log-in: whom it no longer knows
// must not be sent figures for ever, and it tells nobody.
const vouchedFor = 30 * 24 * time.Hour

// vouched is somebody as an identity provider knew them at their last log-in.
type vouched struct {
	Role auth.Role `json:"role"`
	Team string    `json:"team,omitempty"`
	At   time.Time `json:"at"`
}

// vouch keeps what the provider said at a log-in, for the reports that are sent under that name.
func (s *server) vouch(u auth.User) {
	if s.Kept == nil || !strings.HasPrefix(u.Name, oidc.Prefix) {
		return
	}
	b, err := json.Marshal(vouched{u.Role, u.Team, s.Now().UTC()})
	if err == nil {
		err = s.Kept.Put("vouched/"+u.Name, b)
	}
	if err != nil {
		s.Logger.Error("web: what the identity provider said cannot be kept: reports sent under that name stop", "user", u.Name, "error", err)
	}
}

// ownerOf is the login under whose rights a timetable runs, or why it does not.
func (s *server) ownerOf(name string) (u auth.User, stopped string) {
	if strings.HasPrefix(name, oidc.Prefix) {
		var v vouched
		b, err := s.Kept.Get("vouched/" + name)
		switch {
		case err != nil || b == nil || json.Unmarshal(b, &v) != nil:
			return u, stoppedOwner
		case s.Now().Sub(v.At) > vouchedFor:
			return u, stoppedUnseen
		}
		u = auth.User{Name: name, Role: v.Role, Team: v.Team}
		if s.ssoFits(u) != nil {
			return u, stoppedRights
		}
		return u, ""
	}
	users, err := s.Auth.List()
	i := slices.IndexFunc(users, func(u auth.User) bool { return u.Name == name })
	if err != nil || i < 0 {
		return u, stoppedOwner
	}
	return users[i], ""
}
