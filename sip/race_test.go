package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// The races of reliability.md §4.D, each many times over: RACES=2000 in `make torture`, few in CI.

func races(few int) int { return size("RACES", few) }

// partner takes messages of one dialog for a phone that has many. It is called on the phone's reader.
type partner struct {
	in chan *sipMsg
}

// party is a phone whose messages are sorted by Call-ID.
type party struct {
	*phone
	mu    sync.Mutex
	boxes map[string]*partner
	fresh chan *sipMsg // requests of dialogs that nobody waits for
}

func newParty(t *testing.T, r *rig) *party {
	t.Helper()
	p := &party{phone: newPhone(t, r.addr), boxes: make(map[string]*partner), fresh: make(chan *sipMsg, 4096)}
	p.drop(func(m *sipMsg) bool {
		if m.method() == "REGISTER" {
			return false
		}
		p.mu.Lock()
		b := p.boxes[m.get("call-id")]
		p.mu.Unlock()
		to := p.fresh
		if b != nil {
			to = b.in
		}
		select {
		case to <- m:
		default:
		}
		return true
	})
	return p
}

// follow gives the messages of a dialog a channel of their own.
func (p *party) follow(callID string) chan *sipMsg {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := &partner{in: make(chan *sipMsg, 64)}
	p.boxes[callID] = b
	return b.in
}

func (p *party) forget(callID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.boxes, callID)
}

// next is the next message of a kind, others are passed over; nil: none in time.
func next(in chan *sipMsg, d time.Duration, kinds ...string) *sipMsg {
	end := time.After(d)
	for {
		select {
		case m := <-in:
			for _, k := range kinds {
				if m.is(k) {
					return m
				}
			}
		case <-end:
			return nil
		}
	}
}

// TestRaceCancelBehindInvite: CANCEL 0 to 50 ms behind its INVITE (31): 200 and 487 always, nothing rings on.
func TestRaceCancelBehindInvite(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Logger = wiretest.NoLog() })
	p := newParty(t, r)
	gaps := []time.Duration{0, 100 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 50 * time.Millisecond}
	var all sync.WaitGroup
	for i, gap := range gaps {
		all.Go(func() {
			for range races(60) {
				l := p.dialler("95500")
				in := p.follow(l.callID)
				l.ask("INVITE", p.sdp(1))
				if gap > 0 {
					time.Sleep(gap)
				}
				l.cancel()
				ok, over := false, false
				for !ok || !over {
					m := next(in, 5*time.Second, "200 CANCEL", "487 INVITE", "481 CANCEL", "200 INVITE")
					if m == nil || m.is("481 CANCEL") || m.is("200 INVITE") {
						t.Errorf("%v: cancelled %v, ended %v, then %+v", gaps[i], ok, over, m)
						return
					}
					if m.is("200 CANCEL") {
						ok = true
					} else {
						over = true
						l.ackRefusal(m)
					}
				}
				p.forget(l.callID)
			}
		})
	}
	all.Wait()
	r.idle(10 * time.Second)
	if n := r.count(func(s hotline.Signal) bool {
		e, ok := s.(hotline.Ended)
		return ok && e.Cause != hotline.CauseCancelled
	}); n != 0 {
		t.Errorf("%d legs ended otherwise", n)
	}
}

// TestRaceCancelAgainst200: we give up an agent's phone at the instant it answers (32, 39): either it talks, or its 200 gets
// ACK and BYE within 200 ms; the leg has one end either way.
func TestRaceCancelAgainst200(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Logger = wiretest.NoLog() })
	p := newParty(t, r)
	p.expires = "3600"
	p.register("8001")
	late, cancelled := 0, 0
	for i := range races(150) {
		leg := hotline.LegID(fmt.Sprintf("01RACE-%d", i))
		r.do(hotline.Dial{Call: "01RACE", Leg: leg, Agent: "8001", Timeout: 10 * time.Second})
		invite := next(p.fresh, 5*time.Second, "INVITE")
		if invite == nil {
			t.Fatal("no INVITE")
		}
		in := p.follow(invite.get("call-id"))
		p.reply(invite, 180, "b", "")
		skew := time.Duration(rand.IntN(600)-300) * time.Microsecond
		var both sync.WaitGroup
		both.Go(func() {
			time.Sleep(skew)
			_ = r.sw.Do(context.Background(), hotline.Hangup{Leg: leg, Cause: hotline.CauseCancelled})
		})
		both.Go(func() {
			time.Sleep(-skew)
			p.reply(invite, 200, "b", p.sdp(1))
		})
		both.Wait()
		answered := time.Now()
		ack, bye := false, false
		for !ack || !bye {
			m := next(in, 5*time.Second, "ACK", "BYE", "CANCEL")
			switch {
			case m == nil:
				t.Fatalf("try %d: ACK %v, BYE %v", i, ack, bye)
			case m.is("ACK"):
				ack = true
			case m.is("BYE"):
				bye = true
				p.reply(m, 200, "", "")
			default:
				cancelled++
				p.reply(m, 200, "b", "")
			}
		}
		if d := time.Since(answered); d > 200*time.Millisecond {
			late++
		}
		p.forget(invite.get("call-id"))
	}
	r.idle(10 * time.Second)
	t.Logf("%d CANCELs sent, %d ends later than 200 ms", cancelled, late)
	if late > races(150)/50 { // a loaded machine may be late now and then
		t.Errorf("%d ends came late", late)
	}
}

// TestRaceTwoAgents: two phones of an agent answer at once (33): one talks, the other gets ACK and BYE that says why.
func TestRaceTwoAgents(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Logger = wiretest.NoLog() })
	ps := []*party{newParty(t, r), newParty(t, r)}
	for _, p := range ps {
		p.expires = "3600" // thousands of tries take longer than five minutes
		p.register("8001")
	}
	late := 0
	for i := range races(15) {
		leg := hotline.LegID(fmt.Sprintf("01BOTH-%d", i))
		r.do(hotline.Dial{Call: "01BOTH", Leg: leg, Agent: "8001", Timeout: 10 * time.Second})
		var talked atomic.Int32
		var lost atomic.Pointer[sipMsg]
		began := time.Now()
		told := make(chan struct{}, len(ps)) // one who lost has been told so
		var both sync.WaitGroup
		for _, p := range ps {
			both.Go(func() {
				invite := next(p.fresh, 5*time.Second, "INVITE")
				if invite == nil {
					t.Error("no INVITE")
					return
				}
				in := p.follow(invite.get("call-id"))
				defer p.forget(invite.get("call-id"))
				p.reply(invite, 200, word(), p.sdp(1))
				if next(in, 5*time.Second, "ACK") == nil {
					t.Error("no ACK")
					return
				}
				m := byeOrTold(in, told)
				if m == nil { // it talks
					talked.Add(1)
					_ = r.sw.Do(context.Background(), hotline.Hangup{Leg: leg, Cause: hotline.CauseHangup})
					m = next(in, 5*time.Second, "BYE")
				} else {
					lost.Store(m)
					told <- struct{}{}
				}
				if m != nil {
					p.reply(m, 200, "", "")
				}
			})
		}
		both.Wait()
		m := lost.Load()
		if talked.Load() != 1 || m == nil || !strings.Contains(m.get("reason"), "elsewhere") && !strings.Contains(m.get("reason"), "cause=26") {
			t.Fatalf("try %d: %d talk, the other's BYE: %+v", i, talked.Load(), m)
		}
		if m.at.Sub(began) > 200*time.Millisecond { // from the INVITEs on, so the answer is in it
			late++
		}
	}
	r.idle(10 * time.Second)
	t.Logf("%d of %d were told later than 200 ms", late, races(15))
	if late > max(1, races(15)/50) { // a loaded machine may be late now and then
		t.Errorf("%d of %d were told later than 200 ms", late, races(15))
	}
}

// byeOrTold waits for the BYE of one who may have lost the race: 300 ms, or 20 ms after another was told that he has lost, so
// that thousands of tries do not wait for what does not come. It is nil for the winner.
func byeOrTold(in chan *sipMsg, told <-chan struct{}) *sipMsg {
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		if m := next(in, 10*time.Millisecond, "BYE"); m != nil {
			return m
		}
		select {
		case <-told:
			return next(in, 20*time.Millisecond, "BYE")
		default:
		}
	}
	return nil
}

// TestRaceReinviteAgainstBye: a re-INVITE of the peer's crosses our BYE, and its BYE our re-INVITE (35, RFC 5407 §3.3): 481 or
// 200 to the one, 200 to the other, and the leg ends once.
func TestRaceReinviteAgainstBye(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Logger = wiretest.NoLog() })
	p := newParty(t, r)
	seen := map[hotline.LegID]bool{}
	for i := range races(100) {
		l := p.dialler("95500")
		in := p.follow(l.callID)
		l.ask("INVITE", p.sdp(1))
		call := want(r, func(s hotline.Incoming) bool { return !seen[s.Leg] })
		seen[call.Leg] = true
		r.do(hotline.Answer{Leg: call.Leg})
		ok := next(in, 5*time.Second, "200 INVITE")
		if ok == nil {
			t.Fatal("not answered")
		}
		l.made(ok).ack("")
		want(r, func(s hotline.PickedUp) bool { return s.Leg == call.Leg })
		var both sync.WaitGroup
		ours := i%2 == 0
		both.Go(func() {
			if ours {
				_ = r.sw.Do(context.Background(), hotline.Hangup{Leg: call.Leg, Cause: hotline.CauseHangup})
			} else if leg := r.sw.leg(call.Leg); leg != nil {
				r.sw.post(leg, leg.reoffer)
			}
		})
		both.Go(func() {
			if ours {
				l.ask("INVITE", p.sdp(2, "a=sendonly"))
			} else {
				l.ask("BYE", "")
			}
		})
		both.Wait()
		done := false
		for !done {
			m := next(in, 5*time.Second, "BYE", "INVITE", "200 INVITE", "481 INVITE", "491 INVITE", "500 INVITE", "200 BYE", "481 BYE")
			switch {
			case m == nil:
				t.Fatalf("try %d: nothing more came, ours %v", i, ours)
			case m.is("BYE"):
				p.reply(m, 200, "", "")
				done = ours
			case m.is("INVITE"):
				p.reply(m, 481, "", "")
			case m.is("200 INVITE"):
				l.ack("")
			case m.method() == "INVITE":
				l.ackRefusal(m)
			default:
				done = !ours
			}
		}
		p.forget(l.callID)
	}
	r.idle(40 * time.Second)
}

// TestRaceGlare: both sides re-INVITE at once (34): each refuses the other with 491, and afterwards both agree again within
// five seconds.
func TestRaceGlare(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Logger = wiretest.NoLog() })
	var all sync.WaitGroup
	p := newParty(t, r)
	for range min(races(10), 200) {
		l := p.dialler("95500")
		in := p.follow(l.callID)
		l.ask("INVITE", p.sdp(1))
		call := want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
		r.do(hotline.Answer{Leg: call.Leg})
		ok := next(in, 5*time.Second, "200 INVITE")
		l.made(ok).ack("")
		want(r, func(s hotline.PickedUp) bool { return s.Leg == call.Leg })
		all.Go(func() {
			leg := r.sw.leg(call.Leg)
			r.sw.post(leg, leg.reoffer)
			l.ask("INVITE", p.sdp(2))
			began := time.Now()
			settled := false
			for !settled && time.Since(began) < 5*time.Second {
				m := next(in, 5*time.Second, "INVITE", "491 INVITE", "200 INVITE", "500 INVITE")
				switch {
				case m == nil:
				case m.is("INVITE") && time.Since(began) < 50*time.Millisecond:
					p.reply(m, 491, "", "")
				case m.is("INVITE"):
					p.reply(m, 200, "", p.sdp(3))
					settled = true
				case m.is("200 INVITE"):
					l.ack("")
				default:
					l.ackRefusal(m)
				}
			}
			if !settled {
				t.Error("glare did not settle")
			}
			l.ask("BYE", "")
			next(in, 5*time.Second, "200 BYE")
		})
	}
	all.Wait()
	r.idle(10 * time.Second)
}

// TestRaceLoss: three of ten datagrams are lost each way (37): calls are set up and end all the same, each once.
func TestRaceLoss(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Logger = wiretest.NoLog(); c.t1 = 100 * time.Millisecond })
	loss := newLossy(t, r.addr, 0.3)
	n := races(40)
	var up, ended atomic.Int32
	var all sync.WaitGroup
	room := make(chan struct{}, 50)
	go func() { // the engine answers every call
		seen := map[hotline.LegID]bool{}
		for {
			in, ok := await(r, 30*time.Second, func(s hotline.Incoming) bool { return !seen[s.Leg] })
			if !ok || r.sw.ctx.Err() != nil {
				return
			}
			seen[in.Leg] = true
			_ = r.sw.Do(context.Background(), hotline.Answer{Leg: in.Leg})
			if len(seen) == n {
				return
			}
		}
	}()
	for range n {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if lossyCall(t, loss, &up) {
				ended.Add(1)
			}
		})
	}
	all.Wait()
	t.Logf("%d of %d calls were set up, %d ended by their BYE; %d of %d datagrams lost", up.Load(), n, ended.Load(), loss.lost.Load(), loss.all.Load())
	if n-int(up.Load()) > max(2, n/100) { // with this loss a few INVITEs in a thousand are never heard, however often they are sent
		t.Errorf("%d of %d calls were set up", up.Load(), n)
	}
	if legs := r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.Incoming); return ok }); legs > n {
		t.Errorf("%d legs for %d calls", legs, n)
	}
}

// lossyCall is one call of a phone that repeats itself as RFC 3261 §17.1.1.2 has it.
func lossyCall(t *testing.T, loss *lossy, up *atomic.Int32) bool {
	c := loss.conn(t)
	defer c.Close()
	text := strings.NewReplacer("$NET", "UDP", "$ME", c.LocalAddr().String()).Replace(cveText("INVITE", cveSDP(goodMedia)))
	buf := make([]byte, 1<<16)
	until := func(say string, done func(string) bool) string {
		heard := false
		for gap := 500 * time.Millisecond; gap <= 16*time.Second; gap *= 2 {
			if !heard {
				_, _ = c.Write([]byte(say))
			}
			for end := time.Now().Add(gap); ; {
				_ = c.SetReadDeadline(end)
				n, err := c.Read(buf)
				if err != nil {
					break
				}
				m := string(buf[:n])
				if done(m) {
					return m
				}
				heard = heard || strings.HasPrefix(m, "SIP/2.0 1")
			}
		}
		return ""
	}
	ok := until(text, func(m string) bool { return strings.HasPrefix(m, "SIP/2.0 200") && strings.Contains(m, "INVITE") })
	if ok == "" {
		return false
	}
	up.Add(1)
	ack := wiretest.AckTo([]byte(text), []byte(ok), "ACK")
	_, _ = c.Write(ack)
	bye := strings.Replace(strings.Replace(string(wiretest.AckTo([]byte(text), []byte(ok), "BYE")), "CSeq: 1 ", "CSeq: 2 ", 1), "branch=z9hG4bK", "branch=z9hG4bKbye", 1)
	return until(bye, func(m string) bool {
		if strings.HasPrefix(m, "SIP/2.0 200") && strings.Contains(m, "INVITE") {
			_, _ = c.Write(ack) // our ACK was lost
		}
		return strings.Contains(m, " BYE\r\n") && strings.HasPrefix(m, "SIP/2.0 ") && !strings.HasPrefix(m, "SIP/2.0 1")
	}) != ""
}

// TestRaceConnectionGone: the connection goes between INVITE and 200 (41): the call ends, nothing is dialled, nothing stays.
func TestRaceConnectionGone(t *testing.T) {
	t.Parallel() // it waits 32 s for the last transactions
	v := newVictim(t, true, func(c *Config) { c.t1 = 10 * time.Millisecond })
	var all sync.WaitGroup
	room := make(chan struct{}, 16)
	for i := range races(100) {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			network := []string{"tcp", "ws"}[i%2]
			c := wiretest.DialStream(t, network, port(v.sw, network), netip.Addr{})
			text := strings.NewReplacer("$NET", strings.ToUpper(network), "$ME", c.LocalAddr().String()).Replace(cveText("INVITE", cveSDP(goodMedia), "Contact: <sip:me@$ME;transport="+network+">"))
			_, _ = c.Write([]byte(text))
			time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
			c.Close()
		})
	}
	all.Wait()
	v.lives(t)
	m := v.sw.cfg.Metrics
	for range 1000 {
		if m.ServerTx.Load()+m.ClientTx.Load()+m.Flows.Load() == 0 {
			return
		}
		time.Sleep(40 * time.Millisecond)
	}
	t.Errorf("%d and %d transactions, %d connections left", m.ServerTx.Load(), m.ClientTx.Load(), m.Flows.Load())
}
