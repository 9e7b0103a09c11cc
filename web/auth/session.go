package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"sync"
	"time"
)

// Bounds of a session.
const (
	idleLimit = 30 * time.Minute
	fullLimit = 12 * time.Hour
	seenStep  = time.Minute // how exactly the last use is kept on the disk
)

// Session is one login on one device.
type Session struct {
	User  User      `json:"user"`
	Began time.Time `json:"began"`
	Seen  time.Time `json:"seen"`
	Mark  string    `json:"mark,omitempty"` // of an agent's password then: another one ends the session
	Phone *phoneKey `json:"phone,omitempty"`

	Addr   string `json:"addr,omitempty"` // where it was begun
	Device string `json:"device,omitempty"`
}

func (s *Session) over(now time.Time) bool {
	return now.Sub(s.Seen) > idleLimit || now.Sub(s.Began) > fullLimit
}

// cache holds the sessions by the hash of their token, as the bucket does: a copy of the bucket opens no session.
type cache struct {
	mu       sync.Mutex // guards sessions and what they hold
	sessions map[string]*Session
	phones   map[string]map[string]struct{} // phone account → keys of the sessions whose pages register as it
}

func key(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Begin opens a session and returns its token, which only the client keeps.
func (a *Auth) Begin(u User) (string, error) { return a.begin(u, Place{}) }

func (a *Auth) begin(u User, at Place) (string, error) {
	b := make([]byte, 32)
	rand.Read(b) // never fails (crypto/rand)
	token := base64.RawURLEncoding.EncodeToString(b)
	u.Hash = ""
	now := a.cfg.Now()
	return token, a.save(key(token), &Session{User: u, Began: now, Seen: now, Mark: a.mark(u), Addr: at.Addr, Device: at.Device})
}

// mark tells an agent's password from another; it is empty for other logins, whose sessions end with their password.
func (a *Auth) mark(u User) string {
	if u.Agent == "" || a.cfg.Accounts == nil {
		return ""
	}
	ha1, ok := a.cfg.Accounts.HA1(string(u.Agent))
	if !ok {
		return "gone"
	}
	return key(ha1)[:16]
}

func (a *Auth) save(k string, s *Session) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	a.cache.mu.Lock()
	a.cache.sessions[k] = s
	a.cache.mu.Unlock()
	return a.cfg.Sessions.Put(k, b)
}

// Who returns whose token it is, and counts this as a use. ok is false for a token that is unknown or over.
func (a *Auth) Who(token string) (u User, ok bool) {
	if token == "" {
		return User{}, false
	}
	k, now := key(token), a.cfg.Now()
	s := a.find(k)
	if s == nil {
		return User{}, false
	}
	mark := a.mark(s.User)
	a.cache.mu.Lock()
	over, stale := s.over(now) || s.Mark != mark, now.Sub(s.Seen) > seenStep
	if stale && !over {
		c := *s
		c.Seen = now
		s = &c
	}
	a.cache.mu.Unlock()
	if over {
		a.End(token)
		return User{}, false
	}
	if stale && a.save(k, s) != nil {
		return s.User, true // the use is not kept on the disk, the session is
	}
	return s.User, true
}

// Open says whether the token's session goes on, for a stream that began long ago. For a screen on a wall and for an
// agent's desk, on which nothing is touched while its phone talks, an open stream counts as a use.
func (a *Auth) Open(token string) bool {
	s := a.find(key(token))
	if s == nil {
		return false
	}
	if s.User.Role == Wallboard || s.User.Role == Agent {
		_, ok := a.Who(token)
		return ok
	}
	now, mark := a.cfg.Now(), a.mark(s.User)
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	return !s.over(now) && s.Mark == mark
}

func (a *Auth) find(k string) *Session {
	a.cache.mu.Lock()
	s := a.cache.sessions[k]
	a.cache.mu.Unlock()
	if s != nil {
		return s
	}
	b, err := a.cfg.Sessions.Get(k)
	if err != nil || b == nil {
		return nil
	}
	s = new(Session)
	if json.Unmarshal(b, s) != nil {
		return nil
	}
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	a.cache.sessions[k] = s
	return s
}

// End ends the token's session.
func (a *Auth) End(token string) error {
	k := key(token)
	a.cache.mu.Lock()
	delete(a.cache.sessions, k)
	a.cache.mu.Unlock()
	return a.cfg.Sessions.Delete(k)
}

// revoke ends every session of a login.
func (a *Auth) revoke(name string) error {
	var gone []string
	err := a.cfg.Sessions.Each("", func(k string, b []byte) bool {
		var s Session
		if json.Unmarshal(b, &s) == nil && s.User.Name == name {
			gone = append(gone, k)
		}
		return true
	})
	for _, k := range gone {
		a.cache.mu.Lock()
		delete(a.cache.sessions, k)
		a.cache.mu.Unlock()
		if e := a.cfg.Sessions.Delete(k); err == nil {
			err = e
		}
	}
	return err
}

// Sweep forgets sessions that are over. Call it now and then.
func (a *Auth) Sweep() error {
	var gone []string
	now := a.cfg.Now()
	err := a.cfg.Sessions.Each("", func(k string, b []byte) bool {
		var s Session
		if json.Unmarshal(b, &s) != nil || s.over(now) {
			gone = append(gone, k)
		}
		return true
	})
	for _, k := range gone {
		a.cache.mu.Lock()
		delete(a.cache.sessions, k)
		a.cache.mu.Unlock()
		if e := a.cfg.Sessions.Delete(k); err == nil {
			err = e
		}
	}
	a.brake.sweep(now)
	a.guard.sweep(now)
	return err
}
