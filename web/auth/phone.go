package auth

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"

	"hotline"
)

// phoneKey is what a session's page registers its phone with: not the password, and over when the session is.
type phoneKey struct {
	Account string `json:"account"`
	HA1     string `json:"ha1"`
}

// LoginPhone is the phone account of a login that is no agent. No agent's id begins so.
func LoginPhone(name string) hotline.AgentID { return hotline.AgentID("~" + name) }

// PhoneAccount is the account under which the login's page registers its phone: the agent's own, else that of the login.
func (u User) PhoneAccount() hotline.AgentID {
	if u.Agent != "" {
		return u.Agent
	}
	return LoginPhone(u.Name)
}

// PhoneKey is the secret by which a page of the token's session registers its phone, and when it is over at the latest. It is
// made from the token, so that every page of the session has the same and the bucket none.
func (a *Auth) PhoneKey(token string) (secret string, until time.Time, err error) {
	k := key(token)
	s := a.find(k)
	if s == nil {
		return "", time.Time{}, ErrDenied
	}
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("phone"))
	secret = base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	account := string(s.User.PhoneAccount())
	sum := md5.Sum([]byte(account + ":" + a.cfg.Realm + ":" + secret)) // RFC 2617 §3.2.2.2
	a.cache.mu.Lock()
	c := *s
	a.cache.mu.Unlock()
	until = c.Began.Add(fullLimit)
	if c.Phone != nil && c.Phone.Account == account {
		return secret, until, nil
	}
	c.Phone = &phoneKey{account, hex.EncodeToString(sum[:])}
	a.keepPhone(account, k)
	return secret, until, a.save(k, &c)
}

// PhoneKeys are the HA1 that the account's pages register with just now: one for each session that goes on and asked for it.
func (a *Auth) PhoneKeys(account string) (ha1s []string) {
	a.cache.mu.Lock()
	sessions := make([]string, 0, len(a.cache.phones[account]))
	for k := range a.cache.phones[account] {
		sessions = append(sessions, k)
	}
	a.cache.mu.Unlock()
	for _, k := range sessions {
		if s := a.find(k); s != nil && s.Phone != nil && s.Phone.Account == account && a.goesOn(s) {
			ha1s = append(ha1s, s.Phone.HA1)
			continue
		}
		a.cache.mu.Lock()
		delete(a.cache.phones[account], k)
		if len(a.cache.phones[account]) == 0 {
			delete(a.cache.phones, account)
		}
		a.cache.mu.Unlock()
	}
	return ha1s
}

// goesOn says whether the session is not over.
func (a *Auth) goesOn(s *Session) bool {
	mark := a.mark(s.User)
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	return !s.over(a.cfg.Now()) && s.Mark == mark
}

func (a *Auth) keepPhone(account, session string) {
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	if a.cache.phones[account] == nil {
		a.cache.phones[account] = make(map[string]struct{}, 1)
	}
	a.cache.phones[account][session] = struct{}{}
}

// findPhones finds the phones of sessions of a former run. A session that cannot be read has none.
func (a *Auth) findPhones() {
	_ = a.cfg.Sessions.Each("", func(k string, b []byte) bool {
		var s Session
		if json.Unmarshal(b, &s) == nil && s.Phone != nil {
			a.keepPhone(s.Phone.Account, k)
		}
		return true
	})
}
