package wire

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
)

// regScript is a registration in virtual time with a registrar that does as it is told.
type regScript struct {
	*registration
	mu    sync.Mutex
	begun time.Time
	lines []string
	does  func(g *Gateway, req *gosip.Request) (*gosip.Response, error)
	reach map[string]bool
}

func newRegScript(t *testing.T, servers ...string) *regScript {
	s := &regScript{begun: time.Now(), reach: make(map[string]bool)}
	at := &trunk{Trunk: Trunk{Name: "t", Register: &Register{}}}
	for i, a := range servers {
		g := &Gateway{gatewayKey: gatewayKey{"udp", netip.MustParseAddrPort(a), Server{Host: a}}, trunk: at, rank: i}
		at.gateways = append(at.gateways, g)
		s.reach[a] = true
	}
	ctx, cancel := context.WithCancel(context.Background())
	leaving, leave := context.WithCancel(context.Background())
	s.registration = &registration{
		at: at, domain: "c", user: "u", password: "p", log: slog.New(slog.DiscardHandler), kick: make(chan struct{}, 1), every: 10 * time.Minute,
		callID: "id", leaving: leaving, leave: leave, done: make(chan struct{}), news: func() {},
		way: func(g *Gateway) (Path, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return Path{sock: &socket{w: &Wire{}, network: "udp", addr: netip.MustParseAddrPort("192.0.2.1:5060")}, Peer: g.addr}, s.reach[g.addr.String()]
		},
	}
	s.send = func(ctx context.Context, req *gosip.Request, p Path) (*gosip.Response, error) {
		s.mu.Lock()
		does := s.does
		s.lines = append(s.lines, fmt.Sprintf("%v %s %s", time.Since(s.begun).Round(time.Second), p.Peer, req.GetHeader("Expires").Value()))
		s.mu.Unlock()
		return does(&Gateway{gatewayKey: gatewayKey{addr: p.Peer}}, req)
	}
	t.Cleanup(func() {
		cancel()
		<-s.done
	})
	go func() { synctest.Wait(); s.run(ctx) }()
	return s
}

func (s *regScript) then(does func(*Gateway, *gosip.Request) (*gosip.Response, error)) {
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

func says(code int, fields ...string) func(*Gateway, *gosip.Request) (*gosip.Response, error) {
	return func(*Gateway, *gosip.Request) (*gosip.Response, error) {
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
		s.then(func(g *Gateway, req *gosip.Request) (*gosip.Response, error) {
			if g.addr.Addr().String() == "192.0.2.7" {
				return nil, ErrTimeout
			}
			return says(200, "Expires: 100")(g, req)
		})
		s.moved()
		if lines := s.during(time.Second); len(lines) != 2 || !strings.Contains(lines[1], "192.0.2.8") || !strings.Contains(s.state().Server, "192.0.2.8") {
			t.Errorf("%q, %+v", lines, s.state())
		}

		// Both die: the registration stands until it expires, and the tries grow rarer.
		s.then(func(*Gateway, *gosip.Request) (*gosip.Response, error) { return nil, ErrTimeout })
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

// TestGranted: of several that are registered under our account it is our own time that counts.
func TestGranted(t *testing.T) {
	own := gosip.Uri{Scheme: "sip", User: "u", Host: "192.0.2.1", Port: 5060}
	for _, c := range []struct {
		fields string
		want   time.Duration
	}{
		{"", 10 * time.Minute},
		{"Expires: 100\r\n", 100 * time.Second},
		{"Expires: 100\r\nContact: <sip:u@192.0.2.1:5060>;expires=60\r\n", time.Minute},
		{"Contact: <sip:u@198.51.100.1:1234>;expires=60\r\n", time.Minute},
		{"Contact: <sip:u@192.0.2.2:5060>;expires=3600, <sip:u@192.0.2.1:5060;transport=udp>;expires=60\r\n", time.Minute},
		{"Contact: <sip:u@192.0.2.2:5060>;expires=30\r\nContact: <sip:u@192.0.2.1:5060>;expires=60\r\n", time.Minute},
		{"Contact: <sip:u@192.0.2.2:5060>;expires=30, <sip:u@198.51.100.1:1234>;expires=60\r\n", 30 * time.Second},
		{"Contact: <sip:u@192.0.2.1:5060>;expires=0\r\n", registerLeast},
		{"Contact: <sip:u@192.0.2.1:5060>;expires=4294967295\r\n", 24 * time.Hour},
	} {
		msg, err := gosip.NewParser().ParseSIP([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n" + c.fields + "Content-Length: 0\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := granted(msg.(*gosip.Response), 10*time.Minute, own); got != c.want {
			t.Errorf("%q: %v, want %v", c.fields, got, c.want)
		}
	}
}
