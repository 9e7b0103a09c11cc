package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotline"
	"hotline/media"
	"hotline/sip/wiretest"
)

// swapResolver has every look-up of the process fail at once and be counted.
func swapResolver(t *testing.T) *atomic.Int32 {
	t.Helper()
	n := new(atomic.Int32)
	was := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		n.Add(1)
		return nil, errors.New("no look-ups here")
	}}
	t.Cleanup(func() { net.DefaultResolver = was })
	return n
}

// goroutinesBack waits until there are about as many goroutines as there were.
func goroutinesBack(t *testing.T, sw *Switch, before int) {
	t.Helper()
	n := 0
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		idle := sw.wire.Idle() // kept for the next messages, so many and no more
		if n = runtime.NumGoroutine() - idle; n <= before+8 && idle <= 512 {
			return
		}
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines, %d before\n%s", n, before, buf[:runtime.Stack(buf, true)])
}

// 15. The connection went away in the middle of its INVITEs.
func TestCVE_2018_7286_ConnectionGoneInInvite(t *testing.T) {
	v := newVictim(t, true, nil)
	v.lives(t)
	before := runtime.NumGoroutine()
	for i := range wiretest.Tries(t, 60) {
		network := []string{"tcp", "ws"}[i%2]
		c := wiretest.DialStream(t, network, port(v.sw, network), netip.Addr{})
		for range 3 {
			text := strings.NewReplacer("$NET", strings.ToUpper(network), "$ME", c.LocalAddr().String()).Replace(cveText("INVITE", cveSDP(goodMedia), "Contact: <sip:me@$ME;transport="+network+">"))
			if _, err := c.Write([]byte(text)); err != nil {
				break
			}
		}
		if i%4 > 1 {
			time.Sleep(time.Duration(i%5) * time.Millisecond)
		}
		if w, ok := c.(wiretest.WSConn); ok {
			_ = w.Raw.(*net.TCPConn).SetLinger(0)
		} else {
			_ = c.(*net.TCPConn).SetLinger(0) // RST
		}
		c.Close()
	}
	v.lives(t)
	goroutinesBack(t, v.sw, before)
}

// 16. Sixty silent connections kept everybody else out.
func TestAST_2016_005_IdleConnections(t *testing.T) {
	v := newVictim(t, false, func(c *Config) { c.ReadTimeout = 2 * time.Second })
	n := min(wiretest.Tries(t, 300), 5000)
	for _, network := range []string{"tcp", "ws"} {
		for i := range n {
			c, err := net.Dial("tcp", port(v.sw, network).String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if i%6 == 0 { // half a header
				_, _ = c.Write([]byte("INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/TCP"))
			}
		}
	}
	began := time.Now()
	v.lives(t)
	if d := time.Since(began); d > 20*time.Second {
		t.Errorf("a new client waited %v", d)
	}
	wiretest.Eventually(t, "idle connections are closed", func() bool { return v.sw.cfg.Metrics.Flows.Load() == 0 })
}

// 17. A peer that gives a new nonce each time was answered for ever.
func TestCVE_2020_28242_EndlessChallenge(t *testing.T) {
	r, carrier := outRig(t)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"})
	invites := 0
	for {
		m := carrier.wait("INVITE", 300*time.Millisecond)
		if m == nil {
			break
		}
		invites++
		carrier.reply(m, 407, "a", "", fmt.Sprintf(`Proxy-Authenticate: Digest realm="c", nonce="n%d", algorithm=MD5`, invites))
	}
	if f := want[hotline.Failed](r, nil); f.Code != 407 || invites != 2 {
		t.Errorf("%d INVITEs, %+v", invites, f)
	}
	// challenges that nobody asked for
	before := r.sw.cfg.Metrics.Sent.Load()
	for i := range 50 {
		carrier.send(fmt.Sprintf("SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: stray%d\r\nCSeq: 1 INVITE\r\nWWW-Authenticate: Digest realm=\"c\", nonce=\"n%d\"\r\nContent-Length: 0\r\n\r\n", r.addr, i, i, i))
	}
	time.Sleep(50 * time.Millisecond)
	if n := r.sw.cfg.Metrics.Sent.Load() - before; n != 0 {
		t.Errorf("%d messages in answer to stray challenges", n)
	}
}

// 18. Whoever asked with any realm got the digest of the trunk's password. Only the trunk's own server does, in the realm in which it has
// asked first.
func TestCVE_2021_41158_ForeignRealm(t *testing.T) {
	r, carrier := outRig(t)
	secret := func(m *sipMsg) bool { return m.get("authorization") != "" || m.get("proxy-authorization") != "" }
	const asks = `WWW-Authenticate: Digest realm="carrier", nonce="n", algorithm=MD5, qop="auth"`
	// a phone of an agent's asks
	phone, invite := r.dialAgent("01AGENT", "01AGENT-1", nil)
	phone.reply(invite, 401, "b", "", asks)
	for m := phone.wait("INVITE", 200*time.Millisecond); m != nil; m = phone.wait("INVITE", 200*time.Millisecond) {
		if secret(m) {
			t.Error("a phone got the trunk's digest")
		}
	}
	// somebody behind the trunk asks, in a realm of his own
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"})
	carrier.reply(carrier.want("INVITE"), 407, "b", "", `Proxy-Authenticate: Digest realm="the carrier's", nonce="n", algorithm=MD5, qop="auth"`)
	carrier.want("ACK")
	out := carrier.want("INVITE")
	carrier.reply(out, 200, "b", carrier.sdp(1))
	carrier.want("ACK")
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	bye := carrier.want("BYE")
	carrier.reply(bye, 401, "", "", asks)
	if m := carrier.wait("BYE", 200*time.Millisecond); m != nil {
		t.Errorf("a BYE goes again, with the trunk's digest: %t", secret(m))
	}
	r.idle(5 * time.Second)
}

// 24. Sessions that never end kept their RTP ports: a 200 that is never acknowledged, a ringing without end.
func TestCVE_2025_54995_SessionsThatNeverEnd(t *testing.T) {
	var small *media.Engine
	r := newRig(t, func(c *Config) {
		c.t1 = 5 * time.Millisecond
		low := freePort(t).Port() &^ 1
		var err error
		if small, err = media.New(media.Config{Low: low, High: low + 79, Drain: time.Millisecond}); err != nil {
			t.Skip(err)
		}
		c.Media = small
	})
	defer small.Close()
	total, _, _ := small.Ports()
	p := newPhone(t, r.addr)
	p.drop(func(m *sipMsg) bool { return m.isRequest() }) // it never answers a BYE either
	seen := map[hotline.LegID]bool{}
	for range 10 {
		l := p.dialler("95500")
		l.ask("INVITE", p.sdp(1))
		in := want(r, func(s hotline.Incoming) bool { return !seen[s.Leg] })
		seen[in.Leg] = true
		r.do(hotline.Answer{Leg: in.Leg})
		p.want("200 INVITE")
	}
	agent := newPhone(t, r.addr)
	users := make([]string, 10)
	for i := range users {
		users[i] = fmt.Sprintf("80%02d", i)
		agent.register(users[i])
	}
	var ringing []*sipMsg
	for i, user := range users {
		leg := hotline.LegID(fmt.Sprintf("01RING-%d", i))
		r.do(hotline.Dial{Call: "01RING", Leg: leg, Agent: hotline.AgentID(user), Timeout: 3 * time.Second})
		ringing = append(ringing, agent.want("INVITE"))
	}
	for range 20 {
		for _, m := range ringing {
			agent.reply(m, 180, "b", "")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if free, _, _ := small.Ports(); free > total-10 {
		t.Errorf("%d of %d pairs are free while phones ring", free, total)
	}
	for range 500 {
		if free, _, _ := small.Ports(); free == total {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	free, draining, _ := small.Ports()
	t.Errorf("%d of %d pairs came back, %d drain", free, total, draining)
}
