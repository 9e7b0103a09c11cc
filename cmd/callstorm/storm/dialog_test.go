package storm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func mustAddrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// wire is a network in memory: in a synctest bubble, waiting for an answer takes no time.
type wire struct {
	lose func(from netip.AddrPort, m *message) bool // set before anything is sent; called from any goroutine

	mu    sync.Mutex // guards ports and seen
	ports map[netip.AddrPort]*plug
	seen  []string // all that was sent: "caller INVITE", "agent 200 INVITE", "caller ACK (lost)"
	names map[netip.AddrPort]string
}

type datagram struct {
	b    []byte
	from netip.AddrPort
}

// plug is a net.PacketConn on a wire.
type plug struct {
	net.PacketConn
	w     *wire
	at    netip.AddrPort
	in    chan datagram
	close sync.Once
	gone  chan struct{}
}

func newWire() *wire {
	return &wire{ports: map[netip.AddrPort]*plug{}, names: map[netip.AddrPort]string{}, lose: func(netip.AddrPort, *message) bool { return false }}
}

func (w *wire) plug(name, at string) *plug {
	p := &plug{w: w, at: mustAddrPort(at), in: make(chan datagram, 100), gone: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ports[p.at], w.names[p.at] = p, name
	return p
}

func (p *plug) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(p.at) }

func (p *plug) Close() error {
	p.close.Do(func() { close(p.gone) })
	return nil
}

func (p *plug) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-p.in:
		return copy(b, d.b), net.UDPAddrFromAddrPort(d.from), nil
	case <-p.gone:
		return 0, nil, os.ErrClosed
	}
}

func (p *plug) WriteTo(b []byte, to net.Addr) (int, error) {
	w := p.w
	m := parse(b)
	what := m.method
	if what == "" {
		_, method := m.cseq()
		what = fmt.Sprint(m.code, " ", method)
	}
	lost := w.lose(p.at, m)
	if lost {
		what += " (lost)"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, w.names[p.at]+" "+what)
	if dst := w.ports[to.(*net.UDPAddr).AddrPort()]; dst != nil && !lost {
		dst.in <- datagram{slices.Clone(b), p.at}
	}
	return len(b), nil
}

func (w *wire) log() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.seen, "\n")
}

// pair is a caller's and an agent's socket, and what their one call came to.
type pair struct {
	*wire
	t             *testing.T
	timers        *timers
	caller, agent *ua
	call          *dialog
	began         time.Time

	mu     sync.Mutex // guards all below
	taken  *dialog
	events [2][]string // the caller's, the agent's
}

// newPair makes two sockets that call each other. onInvite is what the agent does with a call; it may be nil.
func newPair(t *testing.T, onInvite func(p *pair, d *dialog)) *pair {
	w := newWire()
	p := &pair{t: t, wire: w, timers: newTimers(), began: time.Now()}
	a, b := w.plug("caller", "10.0.0.1:5060"), w.plug("agent", "10.0.0.2:5060")
	p.caller = uaOn(a, b.at, "hotline.example", p.timers)
	p.agent = uaOn(b, a.at, "hotline.example", p.timers)
	p.agent.invite = func(d *dialog) {
		d.answered = func(sdp []byte) { p.note(1, "answered %s", sdp) }
		d.ended = func(code int, late bool) { p.note(1, "ended %d%s", code, map[bool]string{true: " late"}[late]) }
		p.mu.Lock()
		p.taken = d
		p.mu.Unlock()
		if onInvite != nil {
			onInvite(p, d)
		}
	}
	p.call = p.caller.dial("13800138000", "8001", account{"u", "p"}, []byte("offer"))
	p.call.ringing = func() { p.note(0, "ringing") }
	p.call.answered = func(sdp []byte) { p.note(0, "answered %s", sdp) }
	p.call.ended = func(code int, late bool) { p.note(0, "ended %d%s", code, map[bool]string{true: " late"}[late]) }
	return p
}

func (p *pair) note(who int, format string, a ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events[who] = append(p.events[who], fmt.Sprintf(format, a...))
}

func (p *pair) other() *dialog {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// run starts the sockets and the call, then does what script says, then takes both down.
func (p *pair) run(script func()) {
	p.caller.run()
	p.agent.run()
	p.call.start()
	synctest.Wait()
	script()
	synctest.Wait()
	p.timers.close()
	p.caller.close()
	p.agent.close()
}

// want holds what the two met, and what was on the wire; "" does not look at the wire.
func (p *pair) want(caller, agent, sent string) {
	p.t.Helper()
	p.mu.Lock()
	for i, want := range []string{caller, agent} {
		if got := strings.Join(p.events[i], "; "); got != want {
			p.t.Errorf("the %s met: %s\nwant: %s", []string{"caller", "agent"}[i], got, want)
		}
	}
	p.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(sent), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	if want := strings.Join(lines, "\n"); sent != "" && p.log() != want {
		p.t.Errorf("sent:\n%s\nwant:\n%s", p.log(), want)
	}
	if n, m := p.caller.open(), p.agent.open(); n+m != 0 {
		p.t.Errorf("%d and %d dialogs are left", n, m)
	}
}

func TestAnswerAndHangUp(t *testing.T) {
	for _, who := range []string{"caller", "agent"} {
		synctest.Test(t, func(t *testing.T) {
			p := newPair(t, func(_ *pair, d *dialog) { d.alert(); d.accept([]byte("answer")) })
			p.run(func() {
				if who == "caller" {
					p.call.hangup()
				} else {
					p.other().hangup()
				}
			})
			other := map[string]string{"caller": "agent", "agent": "caller"}[who]
			p.want("ringing; answered answer; ended 0", "answered offer; ended 0",
				"caller INVITE\nagent 180 INVITE\nagent 200 INVITE\ncaller ACK\n"+who+" BYE\n"+other+" 200 BYE")
		})
	}
}

func TestRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.alert(); d.refuse(603, "Decline") })
		p.run(func() { time.Sleep(time.Minute) })
		p.want("ringing; ended 603", "ended 603",
			"caller INVITE\nagent 180 INVITE\nagent 603 INVITE\ncaller ACK")
	})
}

// TestLostACKOfRefusal: the refusal is repeated, and acknowledged although the call is over for the caller.
func TestLostACKOfRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.refuse(486, "Busy Here") })
		var acks atomic.Int32
		p.lose = func(_ netip.AddrPort, m *message) bool { return m.method == "ACK" && acks.Add(1) < 3 }
		p.run(func() { time.Sleep(time.Minute) })
		p.want("ended 486", "ended 486", `caller INVITE
			agent 486 INVITE
			caller ACK (lost)
			agent 486 INVITE
			caller ACK (lost)
			agent 486 INVITE
			caller ACK`)
	})
}

func TestCancelWhileRinging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.alert() })
		p.run(func() { p.call.hangup() })
		p.want("ringing; ended 487", "ended 487", `caller INVITE
			agent 180 INVITE
			caller CANCEL
			agent 200 CANCEL
			agent 487 INVITE
			caller ACK`)
	})
}

// TestCancelWaitsForProvisional: RFC 3261 §9.1.
func TestCancelWaitsForProvisional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, nil)
		p.run(func() {
			p.call.hangup()
			time.Sleep(t1 / 2) // the INVITE is not repeated yet
			if strings.Contains(p.log(), "CANCEL") {
				t.Error("CANCEL before any provisional answer")
			}
			p.other().alert()
		})
		if l := p.log(); !strings.Contains(l, "agent 180 INVITE\ncaller CANCEL\nagent 200 CANCEL\nagent 487 INVITE\ncaller ACK") {
			t.Error(l)
		}
		p.want("ringing; ended 487", "ended 487", "")
	})
}

// TestCancelTooLate: the agent answers just before the CANCEL comes: the call is answered and hung up.
func TestCancelTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.alert() })
		p.lose = func(_ netip.AddrPort, m *message) bool {
			if m.method == "CANCEL" && p.other() != nil {
				p.other().accept([]byte("answer")) // on its way before the CANCEL
			}
			return false
		}
		p.run(func() { p.call.hangup(); time.Sleep(time.Minute) })
		p.want("ringing; ended 0", "answered offer; ended 0", "")
		l := strings.Replace(p.log(), "agent 200 CANCEL\n", "", 1) // may come at any moment
		if want := "caller INVITE\nagent 180 INVITE\nagent 200 INVITE\ncaller CANCEL\ncaller ACK\ncaller BYE\nagent 200 BYE"; l != want {
			t.Errorf("%s\nwant\n%s", l, want)
		}
	})
}

// TestLostACK: the 200 is repeated until an ACK comes through, doubling up to 4 s.
func TestLostACK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.accept([]byte("answer")) })
		p.lose = func(_ netip.AddrPort, m *message) bool {
			return m.method == "ACK" && time.Since(p.began) < 9*time.Second
		}
		p.run(func() { time.Sleep(20 * time.Second); p.call.hangup() })
		if n := strings.Count(p.log(), "agent 200 INVITE"); n != 6 { // 0, 0.5, 1.5, 3.5, 7.5, 11.5 s
			t.Errorf("200 sent %d times:\n%s", n, p.log())
		}
		p.want("answered answer; ended 0", "answered offer; ended 0", "")
	})
}

// TestNoACKEver: the agent's phone hangs up after 32 s (RFC 3261 §13.3.1.4).
func TestNoACKEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.accept([]byte("answer")) })
		p.lose = func(_ netip.AddrPort, m *message) bool { return m.method == "ACK" }
		p.run(func() { time.Sleep(giveUp + time.Second) })
		p.want("answered answer; ended 0", "ended 0", "")
		if p.agent.resent.Load() == 0 {
			t.Error("no retransmission is counted")
		}
	})
}

// TestHangUpBeforeACK: the called side waits for the ACK with its BYE (RFC 3261 §15).
func TestHangUpBeforeACK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.accept([]byte("answer")); d.hangup() })
		p.run(func() { time.Sleep(time.Minute) })
		p.want("answered answer; ended 0", "ended 0", `caller INVITE
			agent 200 INVITE
			caller ACK
			agent BYE
			caller 200 BYE`)
	})
}

func TestLostINVITE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.alert(); d.refuse(404, "Not Found") })
		p.lose = func(_ netip.AddrPort, m *message) bool {
			return m.method == "INVITE" && time.Since(p.began) < time.Second
		}
		p.run(func() { time.Sleep(time.Minute) })
		p.want("ringing; ended 404", "ended 404", `caller INVITE (lost)
			caller INVITE (lost)
			caller INVITE
			agent 180 INVITE
			agent 404 INVITE
			caller ACK`)
	})
}

// TestLost180: a repeated INVITE is told once more that it rings.
func TestLost180(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.alert() })
		var rings atomic.Int32
		p.lose = func(_ netip.AddrPort, m *message) bool { return m.code == 180 && rings.Add(1) == 1 }
		p.run(func() { time.Sleep(time.Second); p.call.hangup() })
		p.want("ringing; ended 487", "ended 487", `caller INVITE
			agent 180 INVITE (lost)
			caller INVITE
			agent 180 INVITE
			caller CANCEL
			agent 200 CANCEL
			agent 487 INVITE
			caller ACK`)
	})
}

func TestNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, nil)
		p.lose = func(netip.AddrPort, *message) bool { return true }
		p.run(func() { time.Sleep(giveUp - time.Second); p.note(0, "still trying"); time.Sleep(2 * time.Second) })
		p.want("still trying; ended 408 late", "", "")
		if n := strings.Count(p.log(), "INVITE"); n != 7 { // 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s; at 32 s it is over
			t.Errorf("INVITE sent %d times", n)
		}
	})
}

// TestLostAnswerToBYE: the BYE is repeated and answered although the call is over for the other side.
func TestLostAnswerToBYE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.accept([]byte("answer")) })
		var answers atomic.Int32
		p.lose = func(_ netip.AddrPort, m *message) bool {
			_, method := m.cseq()
			return m.code == 200 && method == "BYE" && answers.Add(1) == 1
		}
		p.run(func() { p.call.hangup(); time.Sleep(time.Second) })
		p.want("answered answer; ended 0", "answered offer; ended 0", `caller INVITE
			agent 200 INVITE
			caller ACK
			caller BYE
			agent 200 BYE (lost)
			caller BYE
			agent 200 BYE`)
		p.agent.remove(&dialog{callID: "unknown"}) // forgetting what is not there is harmless
	})
}

// TestPastIsForgotten: dialogs that are over answer for 32 s, and are not kept for ever.
func TestPastIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := uaOn(newWire().plug("u", "10.0.0.1:5060"), mustAddrPort("10.0.0.2:5060"), "h", newTimers())
		for i := range 100 {
			d := &dialog{ua: u, callID: fmt.Sprint(i)}
			u.add(d)
			u.remove(d)
			time.Sleep(time.Second)
		}
		if n := len(u.past); n != len(u.order) || n < 32 || n > 34 {
			t.Errorf("%d are remembered", n)
		}
	})
}

func TestChallenge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ code, header, answer string }{
			{"401", "WWW-Authenticate", "authorization"}, {"407", "Proxy-Authenticate", "proxy-authorization"},
		} {
			w := newWire()
			tm := newTimers()
			phone, server := w.plug("phone", "10.0.0.1:5060"), w.plug("server", "10.0.0.2:5060")
			u := uaOn(phone, server.at, "h", tm)
			d := u.dial("8001", "*1", account{"8001", "pw"}, nil)
			status := make(chan int, 1)
			d.ended = func(code int, _ bool) { status <- code }
			u.run()
			d.start()
			buf := make([]byte, 2000)
			var seqs []string
			for range 2 {
				n, _, _ := server.ReadFrom(buf)
				m := parse(buf[:n])
				seqs = append(seqs, m.get("cseq"))
				if len(seqs) == 2 && quoted(m.get(c.answer), "response") == "" {
					t.Errorf("%s: no answer to the challenge: %+v", c.code, m.headers)
				}
				res := response(m, 401, "No", "x", c.header+": Digest realm=\"h\", nonce=\"n\"\r\n", nil)
				copy(res[8:], c.code)
				server.WriteTo(res, phone.LocalAddr())
				server.ReadFrom(buf) // the ACK
			}
			if got := fmt.Sprint(<-status); got != c.code {
				t.Errorf("ended with %s: a second challenge is a refusal", got)
			}
			if strings.Join(seqs, ",") != "1 INVITE,2 INVITE" {
				t.Error(seqs)
			}
			tm.close()
			u.close()
		}
	})
}

// TestReinvite: a change of the session is accepted with what was agreed, refused while the first is pending.
func TestReinvite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, func(_ *pair, d *dialog) { d.alert() })
		ask := func() {
			b := strings.NewReplacer("CSeq: 1 ", "CSeq: 5 ").Replace(string(p.call.request("INVITE", 1, branch(), "", []byte("hold"))))
			p.caller.send([]byte(b), p.agent.local)
			synctest.Wait()
		}
		p.run(func() {
			ask()
			p.other().accept([]byte("answer"))
			synctest.Wait()
			p.call.mu.Lock()
			p.call.cseq = 5
			p.call.mu.Unlock()
			ask()
			p.call.hangup()
		})
		if l := p.log(); !strings.Contains(l, "agent 491 INVITE") || strings.Count(l, "agent 200 INVITE") != 2 {
			t.Error(l)
		}
	})
}

// TestOutsideOfDialogs: what a phone says to requests that belong to no call.
func TestOutsideOfDialogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		tm := newTimers()
		u, peer := uaOn(w.plug("phone", "10.0.0.1:5060"), mustAddrPort("10.0.0.2:5060"), "h", tm), w.plug("peer", "10.0.0.2:5060")
		u.run()
		for _, method := range []string{"OPTIONS", "NOTIFY", "BYE", "INVITE", "ACK"} {
			peer.WriteTo(crlf(method+" sip:x SIP/2.0\nVia: v\nFrom: <sip:f>;tag=1\nTo: <sip:t>\nCall-ID: "+method+"\nCSeq: 1 "+method+"\n\n"), u.conn.LocalAddr())
			synctest.Wait()
		}
		want := "peer OPTIONS|phone 200 OPTIONS|peer NOTIFY|phone 200 NOTIFY|peer BYE|phone 481 BYE|peer INVITE|phone 481 INVITE|peer ACK"
		if got := strings.ReplaceAll(w.log(), "\n", "|"); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		u.close()
	})
}

// TestPing: an engine that is not there is noticed in 5 s.
func TestPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		tm := newTimers()
		u := uaOn(w.plug("phone", "10.0.0.1:5060"), mustAddrPort("10.0.0.2:5060"), "h", tm)
		u.run()
		began := time.Now()
		if err := u.ping(t.Context()); !errors.Is(err, errSilent) || time.Since(began) != pingTime {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		other := uaOn(w.plug("engine", "10.0.0.2:5060"), u.local, "h", tm)
		other.run()
		if err := u.ping(t.Context()); err != nil {
			t.Error(err)
		}
		tm.close()
		u.close()
		other.close()
	})
}

// TestSignInFailsOnce: an engine that answers but registers nobody costs one time-out, however many agents there are.
func TestSignInFailsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		w.lose = func(_ netip.AddrPort, m *message) bool { return m.method == "REGISTER" }
		cfg := Config{Expires: time.Minute}
		for i := range 100 {
			cfg.Agents = append(cfg.Agents, Agent{fmt.Sprint(8001 + i), "x"})
		}
		s := newStorm(t.Context(), cfg)
		s.agents = uaOn(w.plug("agents", "10.0.0.1:5060"), mustAddrPort("10.0.0.2:5060"), "h", s.timers)
		s.agents.run()
		began := time.Now()
		err := s.signIn(t.Context())
		if took := time.Since(began); !errors.Is(err, errRegister) || took > giveUp+time.Second {
			t.Errorf("%v after %s", err, took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.signIn(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		s.timers.close()
		s.agents.close()
	})
}
