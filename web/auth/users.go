package auth

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"hotline"
)

// Errors of logins. ErrDenied is one and the same for every reason, so that nobody learns which names there are.
var (
	ErrDenied   = errors.New("auth: wrong name or password")
	ErrTooMany  = errors.New("auth: too many failed logins, try again in a minute")
	ErrName     = errors.New("auth: a login name has 1 to 64 letters, digits, dots, dashes or underscores")
	ErrPassword = errors.New("auth: a password has at least 8 characters; 12 or more are wise")
	ErrRole     = errors.New("auth: no such role")
	ErrTaken    = errors.New("auth: that name is an agent's")
)

// MinPassword is how many bytes a login's password has at least.
const MinPassword = 8

// atOnce is how many passwords are checked at a time.
const atOnce = 2

// Bucket keeps logins and sessions; store/local has one.
type Bucket interface {
	Get(key string) ([]byte, error)
	Put(key string, val []byte) error
	Delete(key string) error
	Each(prefix string, f func(key string, val []byte) bool) error
}

// Accounts knows the agents' phones: they log in to the pages with the same password.
type Accounts interface {
	HA1(user string) (ha1 string, ok bool)
}

// User is one login.
type User struct {
	Name    string          `json:"name"`
	Role    Role            `json:"role"`
	Agent   hotline.AgentID `json:"agent,omitempty"` // set for an agent's own login
	Team    string          `json:"team,omitempty"`  // of a team lead: the one it leads; empty: all
	Hash    string          `json:"hash,omitempty"`
	Created time.Time       `json:"created"`
}

// Config is what an Auth needs.
type Config struct {
	Users    Bucket
	Sessions Bucket
	Factors  Bucket   // second factors; nil: none can be enrolled
	Accounts Accounts // nil: agents cannot log in
	Realm    string   // of the agents' HA1
	Now      func() time.Time
}

// Auth decides who is who. Its methods may be called from any goroutine.
type Auth struct {
	cfg   Config
	cost  cost
	dummy string // checked for names that do not exist, so that they take as long
	brake brake
	cache cache
	guard guard
	gate  chan struct{} // as many passwords are checked at once: each takes 64 MiB
}

// New makes an Auth.
func New(cfg Config) *Auth { return build(cfg, strong()) }

func build(cfg Config, c cost) *Auth {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &Auth{
		cfg: cfg, cost: c, dummy: hashPassword("nobody has this one", c),
		brake: brake{tries: map[string]*tries{}}, cache: cache{sessions: map[string]*Session{}, phones: map[string]map[string]struct{}{}},
		guard: guard{tries: map[string]*tries{}},
		gate:  make(chan struct{}, atOnce),
	}
	a.findPhones()
	return a
}

// Add makes a login or replaces its password and role.
func (a *Auth) Add(name string, role Role, password string) error {
	return a.AddTo(name, role, "", password)
}

// AddTo is Add for who leads one team: it acts only on that team's agents and queues.
func (a *Auth) AddTo(name string, role Role, team, password string) error {
	switch {
	case !regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`).MatchString(name):
		return ErrName
	case !slices.Contains(Roles(), role):
		return fmt.Errorf("%w: %q; there are %v", ErrRole, role, Roles())
	case len(password) < MinPassword:
		return ErrPassword
	}
	if a.cfg.Accounts != nil {
		if _, taken := a.cfg.Accounts.HA1(name); taken {
			return fmt.Errorf("%w: agents log in with their id and their phone's password", ErrTaken)
		}
	}
	b, err := json.Marshal(User{Name: name, Role: role, Team: team, Hash: hashPassword(password, a.cost), Created: a.cfg.Now().UTC()})
	if err != nil {
		return err
	}
	if err := a.cfg.Users.Put(name, b); err != nil {
		return err
	}
	return a.revoke(name)
}

// Remove takes a login away and ends its sessions.
func (a *Auth) Remove(name string) error {
	if err := a.cfg.Users.Delete(name); err != nil {
		return err
	}
	if err := a.DropFactor(name); err != nil {
		return err
	}
	return a.revoke(name)
}

// List returns all logins by name, without their hashes.
func (a *Auth) List() (users []User, err error) {
	err = errors.Join(a.cfg.Users.Each("", func(_ string, b []byte) bool {
		var u User
		if e := json.Unmarshal(b, &u); e != nil {
			err = e
			return false
		}
		u.Hash = ""
		users = append(users, u)
		return true
	}), err)
	return users, err
}

// Check returns the login of that name if the password is its. from is the client's address. It returns ErrDenied or
// ErrTooMany.
func (a *Auth) Check(name, password, from string) (User, error) {
	now := a.cfg.Now()
	if !a.brake.take(name, from, now) {
		return User{}, ErrTooMany
	}
	a.gate <- struct{}{}
	u, ok := a.verify(name, password)
	<-a.gate
	if !ok {
		return User{}, ErrDenied
	}
	a.brake.passed(name, from)
	return u, nil
}

// verify does the same work for a name that exists and one that does not.
func (a *Auth) verify(name, password string) (User, bool) {
	var u User
	b, err := a.cfg.Users.Get(name)
	if err == nil && b != nil && json.Unmarshal(b, &u) == nil {
		ok, err := checkPassword(u.Hash, password)
		return u, ok && err == nil
	}
	checkPassword(a.dummy, password) // for the time it takes
	if a.cfg.Accounts == nil {
		return User{}, false
	}
	want, ok := a.cfg.Accounts.HA1(name)
	sum := md5.Sum([]byte(name + ":" + a.cfg.Realm + ":" + password)) // RFC 2617 §3.2.2.2: all there is of a phone's password
	if !ok || subtle.ConstantTimeCompare([]byte(want), []byte(hex.EncodeToString(sum[:]))) != 1 {
		return User{}, false
	}
	return User{Name: name, Role: Agent, Agent: hotline.AgentID(name)}, true
}
