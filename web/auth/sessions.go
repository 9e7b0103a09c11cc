package auth

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Place is where a session was begun.
type Place struct {
	Addr   string // of the client
	Device string // what it calls itself (User-Agent), at most 200 runes
}

// OpenSession is a session that goes on.
type OpenSession struct {
	ID     string    `json:"id"`
	User   string    `json:"user"`
	Role   Role      `json:"role"`
	Began  time.Time `json:"began"`
	Seen   time.Time `json:"seen" doc:"Last use, to the minute."`
	Addr   string    `json:"addr,omitempty"`
	Device string    `json:"device,omitempty" doc:"What the client calls itself."`
	Mine   bool      `json:"mine,omitempty" doc:"The one that asks."`
}

// idLen is how much of a session's key names it: enough to be its own, useless to enter by.
const idLen = 16

func opened(k string, s *Session) OpenSession {
	return OpenSession{ID: k[:idLen], User: s.User.Name, Role: s.User.Role, Began: s.Began, Seen: s.Seen, Addr: s.Addr, Device: s.Device}
}

// BeginAt is Begin of a client at a place.
func (a *Auth) BeginAt(u User, at Place) (string, error) {
	device := []rune(strings.ToValidUTF8(at.Device, ""))
	return a.begin(u, Place{at.Addr, string(device[:min(len(device), 200)])})
}

// Sessions are those of the login that go on, of all logins where name is empty; the one used last comes first. token is of who
// asks.
func (a *Auth) Sessions(name, token string) ([]OpenSession, error) {
	out := []OpenSession{}
	err := a.cfg.Sessions.Each("", func(k string, b []byte) bool {
		var s Session
		if len(k) >= idLen && json.Unmarshal(b, &s) == nil && (name == "" || s.User.Name == name) && a.goesOn(&s) {
			o := opened(k, &s)
			o.Mine = k == key(token)
			out = append(out, o)
		}
		return true
	})
	slices.SortFunc(out, func(x, y OpenSession) int { return y.Seen.Compare(x.Seen) })
	return out, err
}

// SessionOf is the token's.
func (a *Auth) SessionOf(token string) (OpenSession, bool) {
	k := key(token)
	s := a.find(k)
	if s == nil {
		return OpenSession{}, false
	}
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	o := opened(k, s)
	o.Mine = true
	return o, true
}

// EndSessions ends those that which chooses, and returns them.
func (a *Auth) EndSessions(which func(OpenSession) bool, token string) (ended []OpenSession, err error) {
	all, err := a.Sessions("", token)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if !which(o) {
			continue
		}
		var keys []string
		err := a.cfg.Sessions.Each(o.ID, func(k string, _ []byte) bool { keys = append(keys, k); return true })
		if err != nil {
			return ended, err
		}
		for _, k := range keys {
			a.cache.mu.Lock()
			delete(a.cache.sessions, k)
			a.cache.mu.Unlock()
			if err := a.cfg.Sessions.Delete(k); err != nil {
				return ended, err
			}
		}
		ended = append(ended, o)
	}
	return ended, nil
}

// ChangePassword gives the login a new password, if the old one is its; its other sessions end. It returns ErrDenied, ErrTooMany,
// ErrPassword, or ErrTaken for an agent, whose password is its phone's.
func (a *Auth) ChangePassword(name, before, after, from, token string) error {
	u, err := a.Check(name, before, from)
	switch {
	case err != nil:
		return err
	case u.Hash == "":
		return ErrTaken
	case len(after) < MinPassword:
		return ErrPassword
	}
	u.Hash = hashPassword(after, a.cost)
	b, err := json.Marshal(u)
	if err != nil {
		return err
	}
	if err := a.cfg.Users.Put(name, b); err != nil {
		return err
	}
	_, err = a.EndSessions(func(o OpenSession) bool { return o.User == name && !o.Mine }, token)
	return err
}
