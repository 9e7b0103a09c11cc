package auth

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// memory is a bucket in memory.
type memory struct {
	mu sync.Mutex
	m  map[string][]byte
}

func newMemory() *memory { return &memory{m: map[string][]byte{}} }

func (b *memory) Get(k string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.m[k], nil
}

func (b *memory) Put(k string, v []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.m[k] = slices.Clone(v)
	return nil
}

func (b *memory) Delete(k string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.m, k)
	return nil
}

func (b *memory) Each(prefix string, f func(string, []byte) bool) error {
	b.mu.Lock()
	var keys []string
	for k := range b.m {
		if strings.HasPrefix(k, prefix) {
			keys = append(keys, k)
		}
	}
	b.mu.Unlock()
	slices.Sort(keys)
	for _, k := range keys {
		if v, _ := b.Get(k); !f(k, v) {
			break
		}
	}
	return nil
}

type phones map[string]string

func (p phones) HA1(u string) (string, bool) { h, ok := p[u]; return h, ok }

func ha1(user, realm, pass string) string {
	sum := md5.Sum([]byte(user + ":" + realm + ":" + pass))
	return hex.EncodeToString(sum[:])
}

// kit is an Auth with a clock that the test moves.
type kit struct {
	*Auth
	now             time.Time
	users, sessions *memory
	factors         *memory
	phones          phones
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{
		now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC), users: newMemory(), sessions: newMemory(), factors: newMemory(),
		phones: phones{"8001": ha1("8001", "hotline.example", "phone8001")},
	}
	k.restart()
	return k
}

// restart is the same data under a new process.
func (k *kit) restart() {
	k.Auth = build(Config{
		Users: k.users, Sessions: k.sessions, Factors: k.factors, Accounts: k.phones, Realm: "hotline.example", Now: func() time.Time { return k.now },
	}, cost{passes: 1, memory: 64, lanes: 1})
}

func TestCheck(t *testing.T) {
	k := newKit(t)
	if err := k.Add("anna", Lead, "a long password"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		user, pass string
		want       error
		role       Role
	}{
		{"anna", "a long password", nil, Lead},
		{"anna", "a long passwore", ErrDenied, ""},
		{"anna", "", ErrDenied, ""},
		{"Anna", "a long password", ErrDenied, ""},
		{"nobody", "a long password", ErrDenied, ""},
		{"", "", ErrDenied, ""},
		{"8001", "phone8001", nil, Agent},
		{"8001", "phone8002", ErrDenied, ""},
		{"8001", k.phones["8001"], ErrDenied, ""}, // the hash is no password
		{"8002", "phone8002", ErrDenied, ""},
	} {
		u, err := k.Check(c.user, c.pass, "192.0.2.1")
		if !errors.Is(err, c.want) || err == nil && c.want != nil || u.Role != c.role {
			t.Errorf("%s %q: %+v, %v; want %v %v", c.user, c.pass, u, err, c.role, c.want)
		}
		if c.role == Agent && string(u.Agent) != c.user {
			t.Errorf("the agent of %s is %q", c.user, u.Agent)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	k := newKit(t)
	for _, c := range []struct {
		name string
		role Role
		pass string
		want error
	}{
		{"", Lead, "a long password", ErrName},
		{"a b", Lead, "a long password", ErrName},
		{strings.Repeat("a", 65), Lead, "a long password", ErrName},
		{"<script>", Lead, "a long password", ErrName},
		{"anna", "king", "a long password", ErrRole},
		{"anna", Lead, "abcdefg", ErrPassword},
		{"8001", Director, "a long password", ErrTaken},
	} {
		if err := k.Add(c.name, c.role, c.pass); !errors.Is(err, c.want) {
			t.Errorf("Add(%q, %q): %v, want %v", c.name, c.role, err, c.want)
		}
	}
	if l, err := k.List(); err != nil || len(l) != 0 {
		t.Errorf("refused logins were kept: %v, %v", l, err)
	}
}

func TestNothingKeptGivesAPasswordOrTokenAway(t *testing.T) {
	k := newKit(t)
	if err := k.Add("anna", Lead, "a long password"); err != nil {
		t.Fatal(err)
	}
	u, err := k.Check("anna", "a long password", "x")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := k.Begin(u)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []*memory{k.users, k.sessions} {
		for key, v := range b.m {
			if strings.Contains(key+string(v), "a long password") || strings.Contains(key+string(v), tok) {
				t.Errorf("%s holds a secret: %s", key, v)
			}
		}
	}
	for key, v := range k.sessions.m {
		if strings.Contains(string(v), "argon2") {
			t.Errorf("session %s holds the hash: %s", key, v)
		}
	}
	if l, _ := k.List(); len(l) != 1 || l[0].Hash != "" {
		t.Errorf("List gives the hash away: %+v", l)
	}
}

func TestBrake(t *testing.T) {
	k := newKit(t)
	if err := k.Add("anna", Lead, "a long password"); err != nil {
		t.Fatal(err)
	}
	check := func(user, pass, from string) error {
		_, err := k.Check(user, pass, from)
		return err
	}
	for i := range perPair {
		if err := check("anna", "wrong", "192.0.2.1"); !errors.Is(err, ErrDenied) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if err := check("anna", "a long password", "192.0.2.1"); !errors.Is(err, ErrTooMany) {
		t.Errorf("after %d guesses the right password from there: %v, want ErrTooMany", perPair, err)
	}
	if err := check("anna", "a long password", "192.0.2.2"); err != nil {
		t.Errorf("from another address: %v; nobody may lock somebody else out", err)
	}
	k.now = k.now.Add(brakeTime + time.Second)
	if err := check("anna", "a long password", "192.0.2.1"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestBrakeCountsTriesThatRunAtOnce(t *testing.T) {
	b := brake{tries: map[string]*tries{}}
	now := time.Unix(1e9, 0)
	n := 0
	for i := range 1000 {
		if b.take("name"+string(rune('a'+i%26)), "192.0.2.1", now) {
			n++ // none of them has answered yet
		}
	}
	if n != perAddr {
		t.Errorf("%d tries at once were let through, want %d", n, perAddr)
	}
	b.passed("namea", "192.0.2.1")
	if !b.take("namez", "192.0.2.1", now) {
		t.Error("a login that was right gives its try back")
	}
	b.sweep(now.Add(2 * brakeTime))
	if len(b.tries) != 0 {
		t.Errorf("%d old tries are kept", len(b.tries))
	}
}

func TestSession(t *testing.T) {
	k := newKit(t)
	u := User{Name: "anna", Role: Lead}
	tok, err := k.Begin(u)
	if err != nil {
		t.Fatal(err)
	}
	who := func() bool { _, ok := k.Who(tok); return ok }
	if !who() {
		t.Fatal("a new session does not hold")
	}
	if _, ok := k.Who(tok[:len(tok)-1] + "x"); ok {
		t.Error("another token opens the session")
	}
	if _, ok := k.Who(""); ok {
		t.Error("no token opens a session")
	}
	k.restart()
	if !who() {
		t.Error("a restart ended the session")
	}
	for range 22 { // used every half hour less a minute
		k.now = k.now.Add(29 * time.Minute)
		if !who() {
			t.Fatalf("ended at %v although it was used", k.now)
		}
	}
	k.now = k.now.Add(29 * time.Minute)
	k.restart()
	if !who() {
		t.Error("the last use was not kept over the restart")
	}
	k.now = time.Date(2026, 11, 22, 20, 0, 1, 0, time.UTC)
	if who() {
		t.Error("holds after twelve hours")
	}
	if len(k.sessions.m) != 0 {
		t.Error("the session that is over is still kept")
	}
}

func TestSessionEnds(t *testing.T) {
	for name, c := range map[string]struct {
		user User
		end  func(k *kit, tok string)
	}{
		"idle":                   {User{Name: "anna", Role: Lead}, func(k *kit, _ string) { k.now = k.now.Add(idleLimit + time.Second) }},
		"logged out":             {User{Name: "anna", Role: Lead}, func(k *kit, tok string) { _ = k.End(tok) }},
		"login removed":          {User{Name: "anna", Role: Lead}, func(k *kit, _ string) { _ = k.Remove("anna") }},
		"password changed":       {User{Name: "anna", Role: Lead}, func(k *kit, _ string) { _ = k.Add("anna", QA, "another password") }},
		"agent left":             {User{Name: "8001", Role: Agent, Agent: "8001"}, func(k *kit, _ string) { delete(k.phones, "8001") }},
		"phone password changed": {User{Name: "8001", Role: Agent, Agent: "8001"}, func(k *kit, _ string) { k.phones["8001"] = ha1("8001", "hotline.example", "new") }},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			tok, err := k.Begin(c.user)
			if err != nil {
				t.Fatal(err)
			}
			other, err := k.Begin(User{Name: "bert", Role: QA})
			if err != nil {
				t.Fatal(err)
			}
			if !k.Open(tok) {
				t.Fatal("not open before")
			}
			c.end(k, tok)
			if k.Open(tok) {
				t.Error("Open says that it goes on")
			}
			if _, ok := k.Who(tok); ok {
				t.Error("Who still knows it")
			}
			if _, ok := k.Who(other); !ok && name != "idle" {
				t.Error("somebody else's session ended too")
			}
		})
	}
}

// An open stream keeps a screen on a wall and a desk, but nobody else's session, in use.
func TestOpenStreamAsUse(t *testing.T) {
	for role, stays := range map[Role]bool{Wallboard: true, Agent: true, Lead: false, Director: false, QA: false} {
		k := newKit(t)
		u := User{Name: "x", Role: role}
		if role == Agent {
			u = User{Name: "8001", Role: role, Agent: "8001"}
		}
		tok, err := k.Begin(u)
		if err != nil {
			t.Fatal(err)
		}
		open := true
		for range 20 {
			k.now = k.now.Add(5 * time.Minute)
			open = open && k.Open(tok)
		}
		if open != stays {
			t.Errorf("%s with an open stream for 100 minutes: %v, want %v", role, open, stays)
		}
	}
}

func TestSweep(t *testing.T) {
	k := newKit(t)
	for range 3 {
		if _, err := k.Begin(User{Name: "anna", Role: Lead}); err != nil {
			t.Fatal(err)
		}
	}
	k.now = k.now.Add(20 * time.Minute)
	keep, err := k.Begin(User{Name: "anna", Role: Lead})
	if err != nil {
		t.Fatal(err)
	}
	k.now = k.now.Add(20 * time.Minute)
	_ = k.sessions.Put("damaged", []byte("{"))
	if err := k.Sweep(); err != nil {
		t.Fatal(err)
	}
	if len(k.sessions.m) != 1 {
		t.Errorf("%d sessions are kept, want the one in use", len(k.sessions.m))
	}
	if !k.Open(keep) {
		t.Error("the session in use was swept")
	}
}

// New uses the strong cost, also for names that do not exist.
func TestStrongByDefault(t *testing.T) {
	a := New(Config{Users: newMemory(), Sessions: newMemory()})
	if a.cost != strong() || !strings.HasPrefix(a.dummy, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Errorf("cost %+v, dummy %s", a.cost, a.dummy)
	}
}

func TestHash(t *testing.T) {
	a, b := hashPassword("a long password", strong()), hashPassword("a long password", strong())
	if a == b {
		t.Error("two hashes of one password are the same: no salt")
	}
	if !strings.HasPrefix(a, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Errorf("parameters: %s", a)
	}
	if ok, err := checkPassword(a, "a long password"); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	for _, bad := range []string{
		"", "$argon2id$", "$argon2i$v=19$m=65536,t=3,p=4$c2FsdA$a2V5", "$argon2id$v=18$m=65536,t=3,p=4$c2FsdA$a2V5",
		"$argon2id$v=19$m=9999999999,t=3,p=4$c2FsdA$a2V5", "$argon2id$v=19$m=65536,t=0,p=4$c2FsdA$a2V5",
		"$argon2id$v=19$m=64,t=1,p=1$c2FsdA$", "$argon2id$v=19$m=64,t=1,p=1$!$a2V5",
	} {
		if ok, err := checkPassword(bad, "a long password"); ok || !errors.Is(err, errHash) {
			t.Errorf("%q: %v, %v", bad, ok, err)
		}
	}
}

// TestRoles holds the whole table of rights, so that a change of it is seen.
func TestRoles(t *testing.T) {
	all := []Permission{SeeLive, SeeNumbers, SeeContacts, Listen, SeeReports, SetOwnState, SetAnyState, SeeEvents, SeeCentre, ManageLogins}
	want := map[Role]string{
		Director:    "xxxxx.xxxx",
		Lead:        "xxxxx.xxx.",
		TeamLead:    "xxxxx.x...",
		QA:          "x.xxx.....",
		Coordinator: "xxx.x...x.",
		Agent:       "x....x....",
		Wallboard:   "x.........",
		"":          "..........",
		"king":      "..........",
	}
	for _, r := range append(Roles(), "", "king") {
		got := ""
		for _, p := range all {
			got += map[bool]string{true: "x", false: "."}[r.May(p)]
		}
		if got != want[r] {
			t.Errorf("%q: %s, want %s of %v", r, got, want[r], all)
		}
	}
}
