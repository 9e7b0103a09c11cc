package wire

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotline/sip/wiretest"
)

func TestTrunkOf(t *testing.T) {
	prefix := netip.MustParsePrefix
	ts := newTrunks([]Trunk{
		{Name: "wide", Peers: []netip.Prefix{prefix("192.0.2.0/24"), prefix("2001:db8::/32")}},
		{Name: "narrow", Peers: []netip.Prefix{prefix("192.0.2.128/25")}},
		{Name: "nobody"},
	})
	for addr, want := range map[string]string{
		"192.0.2.1": "wide", "192.0.2.200": "narrow", "192.0.3.1": "", "2001:db8::1": "wide", "2001:db9::1": "", "::ffff:192.0.2.1": "wide",
		"127.0.0.1": "", "0.0.0.0": "", "::": "",
	} {
		got := ""
		if tr := ts.of(netip.MustParseAddr(addr)); tr != nil {
			got = tr.Name
		}
		if got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
	if newTrunks(nil).of(netip.MustParseAddr("127.0.0.1")) != nil {
		t.Error("without trunks somebody is one")
	}
}

func TestTrunkAdmission(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	tr := newTrunks([]Trunk{{Name: "t", MaxCalls: 3, MaxCPS: 2}}).all()[0]
	at := func(d time.Duration) (func(), string) {
		release, why, f := tr.admit(now.Add(d))
		if f != nil {
			return nil, fmt.Sprintf("%d %q %s", f.code, f.fields, why)
		}
		return release, ""
	}
	one, _ := at(0)
	two, _ := at(100 * time.Millisecond)
	if one == nil || two == nil {
		t.Fatal("two calls in a second")
	}
	if _, f := at(999 * time.Millisecond); f != `503 ["Retry-After: 1"] max_cps` {
		t.Errorf("a third in the same second: %s", f)
	}
	if _, f := at(1000 * time.Millisecond); f != "" {
		t.Errorf("a second after the first: %s", f)
	}
	if _, f := at(3 * time.Second); f != `503 ["Retry-After: 5"] max_calls` {
		t.Errorf("a fourth call: %s", f)
	}
	one()
	one() // once is once
	if _, f := at(4 * time.Second); f != "" {
		t.Errorf("after a hang-up: %s", f)
	}
	if _, f := at(6 * time.Second); f != `503 ["Retry-After: 5"] max_calls` {
		t.Errorf("released twice: %s", f)
	}
}

// TestWhoMayCall: the contract's rule. A From that is an agent's is challenged wherever it comes from, a trunk's peer calls
// in the trunk's name, and nobody else calls at all.
func TestWhoMayCall(t *testing.T) {
	for _, trunk := range []bool{false, true} {
		t.Run(fmt.Sprint("trunk ", trunk), func(t *testing.T) {
			h := &fakeCalls{onRequest: func(in Inbound) {
				if in.Tx != nil {
					_ = in.Tx.Respond(in.Tx.Reply(486, "Busy Here"))
				}
			}}
			w := startWire(t, h, func(c *Config) {
				if trunk {
					c.Trunks = []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
				}
			})
			u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
			n := 0
			call := func(from string, auth func(challenge string) string) int {
				n++
				id := fmt.Sprintf("call-%d", n)
				invite := strings.Replace(u.Request("INVITE", "X", "95500", 1, id), "<sip:X@"+wiretest.Domain+">", from, 1)
				u.Send(invite)
				res := u.Final()
				u.Send(string(wiretest.AckTo([]byte(invite), []byte(res), "ACK")))
				if auth == nil {
					return wiretest.StatusOf([]byte(res))
				}
				invite = strings.Replace(strings.NewReplacer("1 INVITE", "2 INVITE", "branch=z9hG4bK", "branch=z9hG4bKz").Replace(invite), "Content-Length", auth(wiretest.FieldOf(res, "WWW-Authenticate")[0])+"\r\nContent-Length", 1)
				u.Send(invite)
				res = u.Final()
				u.Send(string(wiretest.AckTo([]byte(invite), []byte(res), "ACK")))
				return wiretest.StatusOf([]byte(res))
			}
			as := func(user, password string) func(string) string {
				return func(challenge string) string {
					return wiretest.Authorize(challenge, "INVITE", "sip:95500@"+wiretest.Domain, user, password, 1)
				}
			}
			own := w.Listening()[0].Addr.Addr().String()
			stranger := 401
			if trunk {
				stranger = 486
			}
			for _, c := range []struct {
				name, from string
				auth       func(string) string
				code       int
			}{
				{"stranger", "<sip:13800001111@carrier.example>", nil, stranger},
				{"anonymous", "<sip:anonymous@anonymous.invalid>", nil, stranger},
				{"tel", "<tel:+8613800001111>", nil, stranger},
				{"an agent's number elsewhere", "<sip:8001@carrier.example>", nil, stranger},
				{"nobody of ours", "<sip:9999@" + wiretest.Domain + ">", nil, stranger},
				{"agent", "<sip:8001@" + wiretest.Domain + ">", nil, 401},
				{"agent at an address", "<sip:8001@" + own + ":9>", nil, 401},
				{"agent in capitals", "<sip:8001@HOTLINE.example.>", nil, 401},
				{"agent escaped", "<sip:%38001@" + wiretest.Domain + ";x=y>", nil, 401},
				{"agent with the password", "<sip:8001@" + wiretest.Domain + ">", as("8001", "secret"), 486},
				{"agent with a wrong one", "<sip:8001@" + wiretest.Domain + ">", as("8001", "guess"), 401},
				{"one agent as another", "<sip:8001@" + wiretest.Domain + ">", as("8002", "geheim"), 403},
			} {
				if code := call(c.from, c.auth); code != c.code {
					t.Errorf("%s: %d, want %d", c.name, code, c.code)
				}
			}
			for _, in := range h.requests() {
				if in.Tx == nil {
					continue
				}
				if (in.Agent == "") == (in.Trunk == "") || in.Agent != "" && in.Agent != "8001" || in.Trunk != "" && !trunk || in.Release == nil {
					t.Errorf("agent %q, trunk %q", in.Agent, in.Trunk)
				}
			}
		})
	}
}

// TestOverload: what is over a trunk's limits, or refused by the engine, gets 503 with Retry-After, and OPTIONS says so too.
func TestOverload(t *testing.T) {
	full := errors.New("disk full")
	var refuse atomic.Bool
	h := &fakeCalls{onRequest: func(in Inbound) {
		if in.Tx != nil {
			_ = in.Tx.Respond(in.Tx.Reply(180, "Ringing"))
		}
	}}
	away := make(chan string, 10)
	var logged safeBuffer
	w := startWire(t, h, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&logged, nil))
		c.TurnedAway = func(trunk, why string) { away <- trunk + " " + why }
		c.Trunks = []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, MaxCalls: 2, Servers: []Server{ServerAt(netip.MustParseAddrPort("127.0.0.8:5080"))}}}
		c.Admit = func() error {
			if refuse.Load() {
				return full
			}
			return nil
		}
	})
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	ask := func(method, id string) string {
		u.Send(u.Request(method, "13800001111", "95500", 1, id))
		for {
			res := u.Read(5 * time.Second)
			if code := wiretest.StatusOf([]byte(res)); code != 100 && strings.Contains(res, id) {
				return res
			}
		}
	}
	for i, want := range []string{"180", "180", "503"} {
		if res := ask("INVITE", fmt.Sprintf("load-%d", i)); res[8:11] != want || want == "503" && len(wiretest.FieldOf(res, "Retry-After")) != 1 {
			t.Errorf("call %d: %s", i, res)
		}
	}
	h.requests()[0].Release()
	if res := ask("INVITE", "load-again"); res[8:11] != "180" {
		t.Errorf("after a hang-up: %s", res)
	}
	refuse.Store(true)
	if res := ask("INVITE", "load-full"); res[8:11] != "503" || len(wiretest.FieldOf(res, "Retry-After")) != 1 || strings.Contains(res, "disk") {
		t.Errorf("while refusing: %s", res)
	}
	if n := strings.Count(logged.String(), `msg="new calls are refused" error="disk full"`); n != 1 {
		t.Errorf("the log says %d times why: %s", n, logged.String())
	}
	if res := ask("OPTIONS", "opts-full"); res[8:11] != "503" {
		t.Errorf("OPTIONS while refusing: %s", res)
	}
	for _, want := range []string{"carrier max_calls", "carrier engine"} {
		if got := <-away; got != want || len(away) > 1 {
			t.Errorf("turned away: %q and %d more, want %q", got, len(away), want)
		}
	}
	refuse.Store(false)
	if res := ask("OPTIONS", "opts-good"); res[8:11] != "200" || wiretest.FieldOf(res, "Allow")[0] != Allow {
		t.Errorf("OPTIONS: %s", res)
	}
	w.Drain()
	if res := ask("OPTIONS", "opts-drain"); res[8:11] != "503" {
		t.Errorf("OPTIONS while draining: %s", res)
	}
	if _, _, err := w.Search("carrier").Next(time.Now()); !errors.Is(err, ErrBusy) {
		t.Errorf("a call out over a full trunk: %v", err)
	}
}
