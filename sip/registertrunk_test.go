package sip

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/rewrite"
)

// registrarPhone is a carrier's registrar; next is its next REGISTER.
func registrarPhone(t *testing.T) (c *phone, next func() *sipMsg) {
	c = newPhone(t, netip.AddrPort{})
	return c, func() *sipMsg {
		t.Helper()
		select {
		case m := <-c.regs:
			return m
		case <-time.After(5 * time.Second):
			t.Fatal("no REGISTER")
		}
		return nil
	}
}

func mustPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func rule(t *testing.T, match, replace string) rewrite.Rules {
	t.Helper()
	r, err := rewrite.New(match, replace, rewrite.Both)
	if err != nil {
		t.Fatal(err)
	}
	return rewrite.Rules{r}
}

// TestRegisteredTrunk is a carrier that wants to be registered with, from the first REGISTER to the last.
func TestRegisteredTrunk(t *testing.T) {
	c, next := registrarPhone(t)
	r := newRig(t, func(cfg *Config) {
		cfg.Trunks = []Trunk{{
			Name: "carrier", Servers: []Server{ServerAt(netip.MustParseAddrPort(c.addr()))}, User: "acct7", Password: "geheim",
			Register: &Register{Every: 20 * time.Second}, Domain: "carrier.example", Number: "95500", In: rule(t, "+86", ""), Out: rule(t, `1\d{10}`, "+86$0"),
		}}
	})
	c.engine = r.addr
	state := func() RegistrationState { return *r.sw.Trunks()[0].Registration }
	if state().Registered {
		t.Error("registered without a word")
	}
	first := next()
	if !strings.HasPrefix(first.start, "REGISTER sip:carrier.example SIP/2.0") || uriIn(first.get("to")) != "sip:acct7@carrier.example" || uriIn(first.get("from")) != "sip:acct7@carrier.example" ||
		uriIn(first.get("contact")) != "sip:acct7@"+r.addr.String() || first.get("expires") != "20" || first.get("authorization") != "" {
		t.Errorf("%+v", first)
	}
	c.reply(first, 401, "a", "", `WWW-Authenticate: Digest realm="carrier.example", nonce="n1", qop="auth", algorithm=SHA-256`, `WWW-Authenticate: Digest realm="carrier.example", nonce="n1", qop="auth", algorithm=MD5`)
	second := next()
	proof := second.get("authorization")
	if cr, ok := readCredentials(proof); !ok || cr.algorithm != "SHA-256" || cr.nonce != "n1" || cr.uri != "sip:carrier.example" || second.seq() != first.seq()+1 || second.get("call-id") != first.get("call-id") {
		t.Errorf("%s", proof)
	} else if alg, _ := digestBy("SHA-256"); cr.response != alg.response(alg.hash("acct7:carrier.example:geheim"), "REGISTER", cr) {
		t.Errorf("wrong response: %s", proof)
	}
	c.reply(second, 401, "a", "", `WWW-Authenticate: Digest realm="carrier.example", nonce="n2", stale=true, qop="auth", algorithm=SHA-256`)
	third := next()
	if cr, _ := readCredentials(third.get("authorization")); cr.nonce != "n2" || len(third.all("authorization")) != 1 {
		t.Errorf("%+v", third)
	}
	c.reply(third, 423, "a", "", "Min-Expires: 60")
	fourth := next()
	if fourth.get("expires") != "60" || fourth.seq() <= third.seq() {
		t.Errorf("%+v", fourth)
	}
	c.reply(fourth, 200, "a", "", "Contact: <"+uriIn(fourth.get("contact"))+">;expires=60")
	eventually(t, "registered", func() bool { return state().Registered })
	if s := state(); s.Problem != "" || !strings.Contains(s.Server, c.addr()) || time.Until(s.Expires) < 55*time.Second || time.Until(s.Next) > 31*time.Second || s.Since.IsZero() {
		t.Errorf("%+v", s)
	}

	// Its calls come to our account, from the address of the registrar, which is nobody's peer by the config.
	l := c.dialler("acct7")
	l.me = fmt.Sprintf("<sip:+8613800001111@carrier.example>;tag=%s", word())
	l.them = "<sip:+8695500@carrier.example>"
	l.target = uriIn(first.get("contact"))
	l.ask("INVITE", c.sdp(1))
	in := want[hotline.Incoming](r, nil)
	if in.Trunk != "carrier" || in.To != "95500" || in.From.Number != "13800001111" {
		t.Errorf("%+v", in)
	}
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
	l.ackRefusal(c.want("486 INVITE"))

	// Calls out show the trunk's number where they have none, at its domain.
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800002222", Trunk: "carrier"})
	inv := c.want("INVITE")
	if !strings.HasPrefix(inv.start, "INVITE sip:+8613800002222@"+c.addr()) || uriIn(inv.get("from")) != "sip:95500@carrier.example" {
		t.Errorf("%s, From %s", inv.start, inv.get("from"))
	}
	c.reply(inv, 486, "x", "")
	c.want("ACK")
	want[hotline.Failed](r, nil)

	// Who stops in order takes its registration back.
	go r.sw.Close()
	last := next()
	if last.get("expires") != "0" || last.get("call-id") != first.get("call-id") || last.seq() <= fourth.seq() {
		t.Errorf("%+v", last)
	}
	c.reply(last, 200, "a", "")
}

// TestRegistrarThatKeepsAsking gets the password twice at most (CVE-2020-28242), and nobody else gets it (CVE-2021-41158).
func TestRegistrarThatKeepsAsking(t *testing.T) {
	c, next := registrarPhone(t)
	r := newRig(t, func(cfg *Config) {
		cfg.Trunks = []Trunk{
			{Name: "carrier", Servers: []Server{ServerAt(netip.MustParseAddrPort(c.addr()))}, User: "u", Password: "p", Register: &Register{}},
			{Name: "foreign", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
		}
	})
	c.engine = r.addr
	tries := 0
	for i := range 10 {
		m := next()
		tries++
		c.reply(m, 401, "a", "", fmt.Sprintf(`WWW-Authenticate: Digest realm="c", nonce="n%d", stale=true, algorithm=MD5`, i))
		if m.get("authorization") != "" && tries == 3 {
			break
		}
	}
	select {
	case m := <-c.regs:
		t.Errorf("a fourth: %+v", m)
	case <-time.After(200 * time.Millisecond):
	}
	if s := r.sw.Trunks()[0].Registration; s.Registered || !strings.Contains(s.Problem, "401") || time.Until(s.Next) < 10*time.Second {
		t.Errorf("%+v", s)
	}
	// A foreign peer that challenges in answer to our BYE with the trunk's very realm learns nothing.
	stranger := newPhone(t, r.addr)
	l := stranger.dialler("95500")
	l.ask("INVITE", stranger.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	l.establish()
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	stranger.reply(stranger.want("BYE"), 407, "", "", `Proxy-Authenticate: Digest realm="c", nonce="z", algorithm=MD5`)
	stranger.none("BYE", 200*time.Millisecond)
	r.idle(time.Second)
}

// regScript is a registration in virtual time with a registrar that does as it is told.
type regScript struct {
	*registration
	mu    sync.Mutex
	begun time.Time
	lines []string
	does  func(g *gateway, req *gosip.Request) (*gosip.Response, error)
	reach map[string]bool
}

func newRegScript(t *testing.T, servers ...string) *regScript {
	s := &regScript{begun: time.Now(), reach: make(map[string]bool)}
	at := &trunk{Trunk: Trunk{Name: "t", Register: &Register{}}}
	for i, a := range servers {
		g := &gateway{gatewayKey: gatewayKey{"udp", netip.MustParseAddrPort(a), Server{Host: a}}, trunk: at, rank: i}
		at.gateways = append(at.gateways, g)
		s.reach[a] = true
	}
	ctx, cancel := context.WithCancel(context.Background())
	leaving, leave := context.WithCancel(context.Background())
	s.registration = &registration{
		at: at, domain: "c", user: "u", password: "p", log: slog.New(slog.DiscardHandler), kick: make(chan struct{}, 1), every: 10 * time.Minute,
		callID: "id", leaving: leaving, leave: leave, done: make(chan struct{}), news: func() {},
		way: func(g *gateway) (path, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return path{sock: &socket{w: &wire{}, network: "udp", addr: netip.MustParseAddrPort("192.0.2.1:5060")}, peer: g.addr}, s.reach[g.addr.String()]
		},
	}
	s.send = func(ctx context.Context, req *gosip.Request, p path) (*gosip.Response, error) {
		s.mu.Lock()
		does := s.does
		s.lines = append(s.lines, fmt.Sprintf("%v %s %s", time.Since(s.begun).Round(time.Second), p.peer, req.GetHeader("Expires").Value()))
		s.mu.Unlock()
		return does(&gateway{gatewayKey: gatewayKey{addr: p.peer}}, req)
	}
	t.Cleanup(func() {
		cancel()
		<-s.done
	})
	go func() { synctest.Wait(); s.run(ctx) }()
	return s
}

func (s *regScript) then(does func(*gateway, *gosip.Request) (*gosip.Response, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.does = does
}

func (s *regScript) during(d time.Duration) []string {
	time.Sleep(d)
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.lines
	s.lines = nil
	return lines
}

func says(code int, fields ...string) func(*gateway, *gosip.Request) (*gosip.Response, error) {
	return func(*gateway, *gosip.Request) (*gosip.Response, error) {
		res := gosip.NewResponse(code, "Whatever")
		for _, f := range fields {
			name, value, _ := strings.Cut(f, ": ")
			res.AppendHeader(gosip.NewHeader(name, value))
		}
		return res, nil
	}
}

func TestRegistrationTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRegScript(t, "192.0.2.7:5060", "192.0.2.8:5060")
		s.then(says(200, "Expires: 100"))
		at := regexp.MustCompile(`^(\d+m)?\d+s 192\.0\.2\.7:5060 600$`)
		lines := s.during(10 * time.Minute)
		if n := len(lines); n < 12 || n > 14 || slices.ContainsFunc(lines, func(l string) bool { return !at.MatchString(l) }) {
			t.Errorf("refreshed at half of 100 s: %q", lines)
		}
		if !s.state().Registered {
			t.Errorf("%+v", s.state())
		}

		// One registrar dies: the other is asked in the same breath.
		s.then(func(g *gateway, req *gosip.Request) (*gosip.Response, error) {
			if g.addr.Addr().String() == "192.0.2.7" {
				return nil, errTimeout
			}
			return says(200, "Expires: 100")(g, req)
		})
		s.moved()
		if lines := s.during(time.Second); len(lines) != 2 || !strings.Contains(lines[1], "192.0.2.8") || !strings.Contains(s.state().Server, "192.0.2.8") {
			t.Errorf("%q, %+v", lines, s.state())
		}

		// Both die: the registration stands until it expires, and the tries grow rarer.
		s.then(func(*gateway, *gosip.Request) (*gosip.Response, error) { return nil, errTimeout })
		lines = s.during(95 * time.Second)
		if st := s.state(); !st.Registered || st.Problem == "" {
			t.Errorf("after 95 of 100 s: %+v", st)
		}
		lines = append(lines, s.during(time.Hour)...)
		if st := s.state(); st.Registered || len(lines) < 24 || len(lines) > 90 {
			t.Errorf("%d tries: %+v", len(lines), st)
		}

		// They come back: at most five minutes later we are registered again.
		s.then(says(200))
		s.during(5 * time.Minute)
		if st := s.state(); !st.Registered || time.Until(st.Expires) < 5*time.Minute || st.Problem != "" {
			t.Errorf("%+v", st)
		}

		// The password is wrong: an account must not be locked.
		s.then(says(403))
		s.moved()
		if lines := s.during(5 * time.Minute); len(lines) > 11 || s.state().Registered {
			t.Errorf("%d tries with a wrong password", len(lines))
		}

		// The server says when.
		s.then(says(503, "Retry-After: 200"))
		s.moved()
		s.during(time.Second)
		s.then(says(500, "Retry-After: 200"))
		s.moved()
		s.during(time.Second)
		if lines := s.during(190 * time.Second); len(lines) != 0 {
			t.Errorf("before the server's time: %q", lines)
		}

		// No way to any of them.
		s.mu.Lock()
		clear(s.reach)
		s.mu.Unlock()
		s.moved()
		s.during(time.Second)
		if st := s.state(); st.Problem != errNoRegistrar.Error() {
			t.Errorf("%+v", st)
		}
	})
}

func TestBackoff(t *testing.T) {
	for n, most := range map[int]time.Duration{0: 2 * time.Second, 1: 4 * time.Second, 7: 256 * time.Second, 8: registerLast, 1 << 20: registerLast} {
		for range 100 {
			if d := backoff(registerFirst, n); d < most/2 || d > most {
				t.Fatalf("%d failures: %s", n, d)
			}
		}
	}
}
