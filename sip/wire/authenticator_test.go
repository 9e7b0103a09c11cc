package wire

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/sip/digest"
	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// TestDigestVectors: RFC 2617 §3.5 and its RFC 2069 form.
func TestDigestVectors(t *testing.T) {
	sum := md5.Sum([]byte("Mufasa:testrealm@host.com:Circle Of Life"))
	ha1 := hex.EncodeToString(sum[:])
	c := digest.Credentials{Nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", URI: "/dir/index.html", QOP: "auth", NC: "00000001", CNonce: "0a4f113b"}
	if got := wiretest.DigestResponse(ha1, "GET", c); got != "6629fae49393a05397450978507c4ef1" {
		t.Error(got)
	}
	c.QOP = ""
	if got := wiretest.DigestResponse(ha1, "GET", c); got != "670fd8c2df070c60b045671b8b24ff02" {
		t.Error(got)
	}
}

func TestReadCredentials(t *testing.T) {
	c, ok := digest.ReadCredentials(`Digest username="a,\"b", realm = "r" ,nonce="n",uri="sip:x;y",response="0",algorithm=MD5,qop=auth , nc=00000001,cnonce="c", foo="bar"`)
	if want := (digest.Credentials{Username: `a,"b`, Realm: "r", Nonce: "n", URI: "sip:x;y", Response: "0", Algorithm: "MD5", CNonce: "c", QOP: "auth", NC: "00000001"}); !ok || c != want {
		t.Errorf("%+v %v", c, ok)
	}
	for _, s := range []string{
		"", "Digest", "Basic dTpw", `NoOneKnowsThisScheme opaque-data=here`, `Digest username="a", nonce="n`, `Digest username=a nonce=b`,
		`Digest username="a"`, `Digest ` + strings.Repeat(`x="y",`, 1000) + `username="a",nonce="b",response="c"`,
	} {
		if c, ok := digest.ReadCredentials(s); ok {
			t.Errorf("%q: %+v", s, c)
		}
	}
}

func FuzzCredentials(f *testing.F) {
	f.Add(`Digest username="a,\"b", realm="r",nonce="n",uri="sip:x",response="0",qop=auth,nc=00000001,cnonce="c"`)
	f.Add(`Digest username="\`)
	f.Fuzz(func(t *testing.T, s string) {
		if c, ok := digest.ReadCredentials(s); ok && (c.Username == "" || c.Nonce == "" || c.Response == "") {
			t.Errorf("%+v", c)
		}
	})
}

func TestNonces(t *testing.T) {
	n := newNonces(time.Minute)
	now := time.Unix(1_700_000_000, 0)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	nonce := n.make(a, now)
	state := func(nonce string, from netip.Addr, at time.Time) nonceState {
		s, _ := n.check(nonce, from, at)
		return s
	}
	if s := state(nonce, a, now.Add(time.Minute)); s != nonceFresh {
		t.Errorf("within its time: %v", s)
	}
	if s := state(nonce, a, now.Add(time.Minute+time.Millisecond)); s != nonceStale {
		t.Errorf("after its time: %v", s)
	}
	if s := state(nonce, b, now); s != nonceForeign {
		t.Errorf("from another address: %v", s)
	}
	if _, made := n.check(n.make(a, time.Now()), a, time.Now()); !strings.Contains(made.String(), " m=") {
		t.Errorf("made at %v: put back, the machine's clock would make used ones new", made)
	}
	if s := state(nonce, netip.MustParseAddr("::ffff:192.0.2.1"), now); s != nonceFresh {
		t.Errorf("IPv4 in IPv6: %v", s)
	}
	if s, _ := newNonces(time.Minute).check(nonce, a, now); s != nonceForeign {
		t.Errorf("of another engine: %v", s)
	}
	for i := range len(nonce) {
		forged := []byte(nonce)
		forged[i] ^= 1
		if s := state(string(forged), a, now); s != nonceForeign {
			t.Fatalf("forged at %d: %v", i, s)
		}
	}
	for _, bad := range []string{"", "x", nonce + "x", strings.Repeat("A", 1000)} {
		if s := state(bad, a, now); s != nonceForeign {
			t.Errorf("%q: %v", bad, s)
		}
	}
	for _, c := range []struct {
		nc uint32
		ok bool
	}{{5, true}, {5, false}, {4, true}, {4, false}, {6, true}, {70, true}, {6, false}, {7, true}, {5, false}, {1 << 31, true}, {70, false}, {1<<31 - 63, true}, {1<<31 - 64, false}, {0, false}} {
		if ok := n.use(nonce, now, c.nc, now); ok != c.ok {
			t.Errorf("nc %d: %v", c.nc, ok)
		}
	}
	n.use(n.make(b, now), now, 1, now)
	later := now.Add(2 * time.Minute)
	n.use(n.make(b, later), later, 1, later)
	if len(n.used) != 1 {
		t.Errorf("%d nonces remembered", len(n.used))
	}
}

// authBed is an authenticator without a network.
func authBed(t *testing.T) (*authenticator, func(user, password, nonce string, nc int, from string) *message) {
	g := newGuard(func(netip.Addr) bool { return false }, func(string, time.Time) {})
	a := &authenticator{realm: wiretest.Domain, accounts: wiretest.Users{"8001": "secret"}, nonces: newNonces(time.Minute), guard: g}
	return a, func(user, password, nonce string, nc int, from string) *message {
		auth := wiretest.Authorize(fmt.Sprintf(`realm="%s" nonce="%s"`, wiretest.Domain, nonce), "REGISTER", "sip:x", user, password, nc)
		h, err := syntax.ReadHead(wiretest.Msg("REGISTER sip:x SIP/2.0", auth))
		if err != nil {
			t.Fatal(err)
		}
		return &message{Head: h, path: Path{Peer: netip.MustParseAddrPort(from)}}
	}
}

func TestAuthenticator(t *testing.T) {
	a, ask := authBed(t)
	now := time.Unix(1_700_000_000, 0)
	const here, there = "192.0.2.1:5060", "192.0.2.2:5060"
	nonce := a.nonces.make(netip.MustParseAddr("192.0.2.1"), now)
	for _, c := range []struct {
		name string
		m    *message
		at   time.Duration
		want verdict
	}{
		{"good", ask("8001", "secret", nonce, 1, here), 0, authGood},
		{"the same again", ask("8001", "secret", nonce, 1, here), 0, authStale},
		{"the next", ask("8001", "secret", nonce, 2, here), 0, authGood},
		{"late", ask("8001", "secret", nonce, 3, here), 2 * time.Minute, authStale},
		{"late and wrong", ask("8001", "guess", nonce, 3, here), 2 * time.Minute, authWrong},
		{"stolen", ask("8001", "secret", nonce, 4, there), 0, authNone},
		{"own nonce", ask("8001", "secret", "mine", 1, here), 0, authNone},
		{"own nonce, wrong", ask("8001", "guess", "mine", 1, here), 0, authNone},
		{"wrong", ask("8001", "guess", nonce, 4, here), 0, authWrong},
		{"nobody", ask("9999", "guess", nonce, 4, here), 0, authWrong},
		{"nc 0", ask("8001", "secret", nonce, 0, here), 0, authWrong},
	} {
		if got, _ := a.check(c.m, now.Add(c.at)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if a.rightResponse("REGISTER", digest.Credentials{Username: "9999", Response: wiretest.DigestResponse(dummyHA1, "REGISTER", digest.Credentials{})}) {
		t.Error("the stand-in for unknown users is a password")
	}
	h, _ := syntax.ReadHead(wiretest.Msg("REGISTER sip:x SIP/2.0", "Authorization: NoOneKnowsThisScheme opaque-data=here"))
	if got, _ := a.check(&message{Head: h, path: Path{Peer: netip.MustParseAddrPort(here)}}, now); got != authNone {
		t.Errorf("unknown scheme: %v", got)
	}
}

// TestBruteForce: ten wrong passwords of a user from an address and there is no answer any more; other users, other
// addresses and the user elsewhere are none the worse.
func TestBruteForce(t *testing.T) {
	a, ask := authBed(t)
	now := time.Unix(1_700_000_000, 0)
	const here, there = "192.0.2.1:5060", "192.0.2.2:5060"
	nonce := func(from string) string { return a.nonces.make(netip.MustParseAddrPort(from).Addr(), now) }
	for i := range failsPerUser {
		want := authWrong
		if i >= triesAsked { // and from the fourth on no further challenge
			want = authEnough
		}
		if got, _ := a.check(ask("8001", fmt.Sprint("guess", i), nonce(here), 1, here), now); got != want {
			t.Fatalf("guess %d: %v, want %v", i, got, want)
		}
	}
	if got, _ := a.check(ask("8001", "secret", nonce(here), 1, here), now); got != authIgnored {
		t.Errorf("after ten guesses: %v", got)
	}
	if got, _ := a.check(ask("8001", "secret", nonce(there), 1, there), now); got != authGood {
		t.Errorf("the user elsewhere: %v", got)
	}
	if !a.guard.admit(netip.MustParseAddr("192.0.2.1"), now) {
		t.Error("the address is banned for one user")
	}
	if got, _ := a.check(ask("8001", "secret", a.nonces.make(netip.MustParseAddr("192.0.2.1"), now.Add(banTime)), 1, here), now.Add(banTime)); got != authGood {
		t.Errorf("after the ban: %v", got)
	}
	for i := range failsPerAddr {
		a.check(ask(fmt.Sprint("user", i), "guess", nonce(there), 1, there), now)
	}
	if a.guard.admit(netip.MustParseAddr("192.0.2.2"), now) {
		t.Error("a hundred guesses and still read")
	}
}

// TestUniformAnswers: an unknown user, a wrong password and no password cannot be told apart; nor can a call of nobody.
func TestUniformAnswers(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	mask := regexp.MustCompile(`(nonce="[^"]*"|branch=[^;]*|tag=[0-9a-z.]*|[0-9]+ (INVITE|REGISTER)|(8001|9999)|Call-ID: .*)`)
	answers := map[string][]string{}
	ask := func(name, method, user, password string) {
		id := "uni-" + strings.ReplaceAll(name, " ", "-")
		u.Send(u.Request(method, user, user, 1, id))
		first := u.Final()
		answers[mask.ReplaceAllString(first, "*")] = append(answers[mask.ReplaceAllString(first, "*")], name+" at first")
		if password == "" {
			return
		}
		auth := wiretest.Authorize(wiretest.FieldOf(first, "WWW-Authenticate")[0], method, "sip:"+wiretest.Domain, user, password, 1)
		u.Send(u.Request(method, user, user, 2, id, auth))
		second := mask.ReplaceAllString(u.Final(), "*")
		answers[second] = append(answers[second], name)
	}
	ask("wrong password", "REGISTER", "8001", "guess")
	ask("unknown user", "REGISTER", "9999", "guess")
	ask("no password", "REGISTER", "8001", "")
	ask("INVITE with a wrong password", "INVITE", "8001", "guess")
	ask("INVITE of nobody", "INVITE", "9999", "guess")
	ask("INVITE of nobody at all", "INVITE", "9999", "")
	if len(answers) != 1 {
		t.Errorf("%d different answers: %q", len(answers), answers)
	}
}

// TestReplay: what was overheard is of no use, and a stale nonce is said to be stale.
func TestReplay(t *testing.T) {
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.NonceTTL = 150 * time.Millisecond })
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	u.Send(u.Request("REGISTER", "8001", "8001", 1, "replay"))
	challenge := wiretest.FieldOf(u.Final(), "WWW-Authenticate")[0]
	auth := wiretest.Authorize(challenge, "REGISTER", "sip:"+wiretest.Domain, "8001", "secret", 1)
	good := u.Request("REGISTER", "8001", "8001", 2, "replay", auth)
	u.Send(good)
	first := u.Final()
	u.Send(good)
	if again := u.Final(); again != first || wiretest.StatusOf([]byte(first)) != 200 {
		t.Errorf("a retransmission is answered by\n%s\nfirst\n%s", again, first)
	}
	u.Send(u.Request("REGISTER", "8001", "8001", 3, "replay2", auth))
	if res := u.Final(); wiretest.StatusOf([]byte(res)) != 401 || !strings.Contains(res, "stale=true") {
		t.Errorf("replayed: %s", res)
	}
	time.Sleep(160 * time.Millisecond) // the nonce's whole life, on the wall clock that the socket lives by
	u.Send(u.Request("REGISTER", "8001", "8001", 4, "replay3", wiretest.Authorize(challenge, "REGISTER", "sip:"+wiretest.Domain, "8001", "secret", 2)))
	if res := u.Final(); wiretest.StatusOf([]byte(res)) != 401 || !strings.Contains(res, "stale=true") {
		t.Errorf("stale: %s", res)
	}
	if n := w.cfg.Metrics.AuthFailed.Load(); n != 0 {
		t.Errorf("%d counted as wrong passwords", n)
	}
}

// TestDigestVectorsOfRFC7616 are those of §3.9.1.
func TestDigestVectorsOfRFC7616(t *testing.T) {
	c := digest.Credentials{Nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", URI: "/dir/index.html", QOP: "auth", NC: "00000001", CNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"}
	for name, want := range map[string]string{
		"MD5": "8ca523f5e9506fed4657c9700eebdbec", "sha-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		by, ok := digest.By(name)
		if got := by.Response(by.Hash("Mufasa:http-auth@example.org:Circle of Life"), "GET", c); !ok || got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if _, ok := digest.By("SHA-1"); ok {
		t.Error("SHA-1")
	}
}

// TestStrongDigest: who is to use SHA-256 is asked for it alone, nothing weaker is taken, and the others see no difference.
func TestStrongDigest(t *testing.T) {
	by, _ := digest.By(strongDigest)
	w := startWire(t, &fakeCalls{}, func(c *Config) {
		c.Strong = func(user string) (string, bool) {
			return map[string]string{"8002": by.Hash("8002:" + wiretest.Domain + ":geheim")}[user], user == "8002" || user == "9999"
		}
	})
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	n := 0
	asked := func(user string) string {
		n++
		u.Send(u.Request("REGISTER", user, user, 1, fmt.Sprint("strong-", n)))
		return wiretest.FieldOf(u.Final(), "WWW-Authenticate")[0]
	}
	for user, want := range map[string]string{"8001": "MD5", "8002": "SHA-256", "9999": "SHA-256", "9998": "MD5"} {
		if got := asked(user); !strings.HasSuffix(got, "algorithm="+want) || strings.Contains(got, "MD5") == (want != "MD5") {
			t.Errorf("%s: %s", user, got)
		}
	}
	try := func(user, algorithm, ha1 string) int {
		n++
		c, ok := digest.ReadChallenge(asked(user))
		if !ok {
			t.Fatal("no challenge")
		}
		with, _ := digest.By(algorithm)
		cr := digest.Credentials{Username: user, Realm: c.Realm, Nonce: c.Nonce, URI: "sip:" + wiretest.Domain, QOP: "auth", NC: "00000001", CNonce: "x"}
		line := fmt.Sprintf("Authorization: Digest username=%q, realm=%q, nonce=%q, uri=%q, response=%q, algorithm=%s, qop=auth, nc=00000001, cnonce=\"x\"",
			user, c.Realm, c.Nonce, cr.URI, with.Response(ha1, "REGISTER", cr), algorithm)
		u.Send(strings.Replace(u.Request("REGISTER", user, user, 2, fmt.Sprint("strong-", n)), "Content-Length", line+"\r\nContact: <sip:"+user+"@127.0.0.1:5099>\r\nContent-Length", 1))
		return wiretest.StatusOf([]byte(u.Final()))
	}
	weak, _ := digest.By("")
	for _, c := range []struct {
		user, algorithm, ha1 string
		code                 int
	}{
		{"8002", "SHA-256", by.Hash("8002:" + wiretest.Domain + ":geheim"), 200},
		{"8002", "MD5", weak.Hash("8002:" + wiretest.Domain + ":geheim"), 401},
		{"8001", "SHA-256", by.Hash("8001:" + wiretest.Domain + ":secret"), 401},
		{"8001", "MD5", weak.Hash("8001:" + wiretest.Domain + ":secret"), 200},
		{"9999", "SHA-256", by.Hash("9999:" + wiretest.Domain + ":"), 401},
	} {
		if code := try(c.user, c.algorithm, c.ha1); code != c.code {
			t.Errorf("%s by %s: %d, want %d", c.user, c.algorithm, code, c.code)
		}
	}
}
