package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Errors of the second factor.
var (
	ErrCode     = errors.New("auth: wrong code, or one that was used")
	ErrFactor   = errors.New("auth: the login has its second factor already")
	ErrNoFactor = errors.New("auth: the login has no second factor")
)

// The codes are those that every authenticator program makes (RFC 6238 §1.2, RFC 4226 §5.3).
const (
	codeStep      = 30 * time.Second // RFC 6238 §4.1
	codeSkew      = 1                // steps that a clock may be off, either way: RFC 6238 §5.2
	codeDigits    = 6
	secretBytes   = 20 // RFC 4226 §4 R6
	recoveryCodes = 10
	recoveryBytes = 10 // 80 bits: a plain hash keeps them
)

// Bound on guessing codes, by login: who gets here knows the password, so nobody else can lock a login by it.
const (
	codeTries = 5
	codeTime  = 5 * time.Minute
)

// factor is a login's second factor as it is kept. The secret must be readable; the recovery codes are not.
type factor struct {
	Secret   []byte    `json:"secret"`
	On       bool      `json:"on"` // a code of it was given once
	Since    time.Time `json:"since"`
	Last     int64     `json:"last,omitempty"`     // step of the last code that was taken: none is taken twice
	Recovery []string  `json:"recovery,omitempty"` // hashes
}

// Factor is what a login may know of its second factor.
type Factor struct {
	On       bool      `json:"on"`
	Since    time.Time `json:"since,omitzero"`
	Recovery int       `json:"recovery_left"`
}

// guard is held while a second factor is read and written.
type guard struct {
	mu    sync.Mutex
	tries map[string]*tries // of codes, by login
}

func (a *Auth) factorOf(name string) (f factor, err error) {
	if a.cfg.Factors == nil {
		return f, nil
	}
	b, err := a.cfg.Factors.Get(name)
	if err != nil || len(b) == 0 {
		return f, err
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return f, fmt.Errorf("auth: second factor of %s: %w", name, err)
	}
	return f, nil
}

func (a *Auth) keepFactor(name string, f factor) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return a.cfg.Factors.Put(name, b)
}

// FactorOf is the login's second factor.
func (a *Auth) FactorOf(name string) (Factor, error) {
	f, err := a.factorOf(name)
	if !f.On {
		return Factor{}, err
	}
	return Factor{true, f.Since, len(f.Recovery)}, err
}

// Enrol makes a secret for the login, which holds once Confirm has seen a code of it. It returns the secret in base32, and as an
// address that authenticator programs read. ErrFactor: there is one that holds. ErrNoFactor: none are kept here.
func (a *Auth) Enrol(name, issuer string) (secret, uri string, err error) {
	if a.cfg.Factors == nil {
		return "", "", ErrNoFactor
	}
	a.guard.mu.Lock()
	defer a.guard.mu.Unlock()
	f, err := a.factorOf(name)
	if err != nil {
		return "", "", err
	}
	if f.On {
		return "", "", ErrFactor
	}
	f = factor{Secret: make([]byte, secretBytes), Since: a.cfg.Now().UTC()}
	rand.Read(f.Secret) // never fails (crypto/rand)
	secret = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(f.Secret)
	uri = "otpauth://totp/" + url.PathEscape(issuer+":"+name) + "?" + url.Values{"secret": {secret}, "issuer": {issuer}}.Encode()
	return secret, uri, a.keepFactor(name, f)
}

// Confirm puts the secret of Enrol in force if the code is of it, and returns the recovery codes: each opens once, and nobody
// sees them again. It returns ErrCode, ErrTooMany, ErrFactor or ErrNoFactor.
func (a *Auth) Confirm(name, code string) (recovery []string, err error) {
	a.guard.mu.Lock()
	defer a.guard.mu.Unlock()
	f, err := a.factorOf(name)
	switch {
	case err != nil:
		return nil, err
	case f.On:
		return nil, ErrFactor
	case f.Secret == nil:
		return nil, ErrNoFactor
	case !a.guard.take(name, a.cfg.Now()):
		return nil, ErrTooMany
	case !f.take(code, a.cfg.Now()):
		return nil, ErrCode
	}
	f.On, f.Since = true, a.cfg.Now().UTC()
	for range recoveryCodes {
		b := make([]byte, recoveryBytes)
		rand.Read(b)
		c := strings.ToLower(base32.StdEncoding.EncodeToString(b))
		recovery = append(recovery, c[:4]+"-"+c[4:8]+"-"+c[8:12]+"-"+c[12:])
		f.Recovery = append(f.Recovery, key(c))
	}
	if err := a.keepFactor(name, f); err != nil {
		return nil, err
	}
	delete(a.guard.tries, name)
	return recovery, nil
}

// CheckCode takes a code of the login's second factor, or one of its recovery codes. No code is taken twice. It returns ErrCode,
// ErrTooMany or ErrNoFactor.
func (a *Auth) CheckCode(name, code string) error {
	a.guard.mu.Lock()
	defer a.guard.mu.Unlock()
	f, err := a.factorOf(name)
	switch {
	case err != nil:
		return err
	case !f.On:
		return ErrNoFactor
	case !a.guard.take(name, a.cfg.Now()):
		return ErrTooMany
	case !f.take(code, a.cfg.Now()) && !f.recover(code):
		return ErrCode
	}
	if err := a.keepFactor(name, f); err != nil {
		return err // it must be known to be used before it opens anything
	}
	delete(a.guard.tries, name)
	return nil
}

// DropFactor takes the login's second factor away.
func (a *Auth) DropFactor(name string) error {
	if a.cfg.Factors == nil {
		return nil
	}
	a.guard.mu.Lock()
	defer a.guard.mu.Unlock()
	delete(a.guard.tries, name)
	return a.cfg.Factors.Delete(name)
}

// take counts a try before it is made; mu is held.
func (g *guard) take(name string, now time.Time) bool {
	t := g.tries[name]
	if t == nil || now.Sub(t.since) > codeTime {
		t = &tries{since: now}
		g.tries[name] = t
	}
	t.n++
	return t.n <= codeTries
}

func (g *guard) sweep(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, t := range g.tries {
		if now.Sub(t.since) > codeTime {
			delete(g.tries, name)
		}
	}
}

// take says whether the code is of now and later than the last one, and remembers it (RFC 6238 §5.2).
func (f *factor) take(code string, now time.Time) bool {
	code = strings.ReplaceAll(code, " ", "")
	step := now.Unix() / int64(codeStep/time.Second)
	for s := step - codeSkew; s <= step+codeSkew; s++ {
		if s > f.Last && subtle.ConstantTimeCompare([]byte(code), []byte(codeAt(f.Secret, uint64(s)))) == 1 {
			f.Last = s
			return true
		}
	}
	return false
}

// recover says whether the code is one of the recovery codes, and strikes it off.
func (f *factor) recover(code string) bool {
	code = strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(code))
	i := slices.Index(f.Recovery, key(code)) // hashes: that their comparison takes time tells nothing
	if i < 0 {
		return false
	}
	f.Recovery = slices.Delete(f.Recovery, i, i+1)
	return true
}

// codeAt is the code of a step (RFC 4226 §5.3).
func codeAt(secret []byte, step uint64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, step))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", codeDigits, (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}
