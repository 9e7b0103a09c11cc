package sip

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline"
	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// TestAgentOnConnection: a phone that registered over a connection is called over it, whatever its Contact says, and its dialog
// goes back that way.
func TestAgentOnConnection(t *testing.T) {
	wiretest.Over(t, testAgentOnConnection, "tcp", "ws", "tls", "wss")
}

func testAgentOnConnection(t *testing.T, network string) {
	r := newRig(t, nil)
	p := newStreamPhone(t, r, network)
	p.register("8001")
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001"})
	inv := p.want("INVITE")
	if !strings.HasPrefix(inv.get("via"), "SIP/2.0/"+strings.ToUpper(network)+" ") || !strings.Contains(inv.get("contact"), "transport="+syntax.TransportParam(network)+">") {
		t.Errorf("%s %s", inv.get("via"), inv.get("contact"))
	}
	p.reply(inv, 180, "a", "")
	p.reply(inv, 200, "a", p.sdp(1), "Contact: <sip:8001@192.0.2.7:5060;transport="+syntax.TransportParam(network)+">")
	if ack := p.want("ACK"); !strings.HasPrefix(ack.start, "ACK sip:8001@192.0.2.7") {
		t.Error(ack.start)
	}
	want[hotline.PickedUp](r, nil)
	l := p.called(inv, "a")
	l.reinvite(p.sdp(2, "a=sendonly"))
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	p.reply(p.want("BYE"), 200, "", "")
	r.idle(time.Second)
}

// TestConnectionLost closes the phone's connection while it rings, and in mid-call (reliability.md §4, 41): the leg ends or
// can be ended, nothing is left, and nobody is dialled by a Via.
func TestConnectionLost(t *testing.T) {
	wiretest.Over(t, testConnectionLost, "tcp", "ws", "tls", "wss")
}

func testConnectionLost(t *testing.T, network string) {
	r := newRig(t, nil)
	p := newStreamPhone(t, r, network)
	p.register("8001")
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001"})
	p.reply(p.want("INVITE"), 180, "a", "")
	want[hotline.Ringing](r, nil)
	p.stream.Close()
	if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseUnreachable {
		t.Errorf("%+v", f)
	}
	r.idle(time.Second)

	q := newStreamPhone(t, r, network)
	l := q.dialler("95500")
	l.ask("INVITE", q.sdp(1))
	in := want[hotline.Incoming](r, nil)
	q.stream.Close()
	want[hotline.DeviceDown](r, nil) // p's connection; q's is as good as gone
	r.do(hotline.Answer{Leg: in.Leg})
	if end := want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg }); end.Cause != hotline.CauseUnreachable {
		t.Errorf("%+v", end) // no ACK can come: 64*T1
	}
	// The BYE goes to the Contact, where nobody is: the dialog is kept for timer F, the leg's resources are not.
	if n := r.sw.Count(); n != 0 {
		t.Errorf("%d legs", n)
	}
}

// TestAnswerWaitsForLog: the 200 leaves when the log is safe, and after a failed wait all the same.
func TestAnswerWaitsForLog(t *testing.T) {
	safe := make(chan error)
	r := newRig(t, func(c *Config) {
		c.Wait = func(ctx context.Context, seq uint64) error {
			if seq != 42 {
				return errors.New("wrong number")
			}
			select {
			case err := <-safe:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	for _, err := range []error{nil, errors.New("disk hangs")} {
		p := newPhone(t, r.addr)
		l := p.dialler("95500")
		l.ask("INVITE", p.sdp(1))
		in := want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
		r.do(hotline.Answer{Leg: in.Leg, After: 42})
		r.do(hotline.Play{Leg: in.Leg, Play: hotline.PlayID("p" + string(in.Leg)), Prompts: []string{"silence:20"}})
		p.none("200 INVITE", 100*time.Millisecond)
		safe <- err
		l.establish()
		want(r, func(s hotline.PlayEnded) bool { return s.Leg == in.Leg })
		l.ask("BYE", "")
		p.want("200 BYE")
	}
	// A hang-up does not wait behind it.
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.ask("INVITE", p.sdp(1))
	in := want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
	r.do(hotline.Answer{Leg: in.Leg, After: 42})
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
	l.ackRefusal(p.want("486 INVITE"))
	safe <- nil
	r.idle(time.Second)
}

// TestTrunkPlaces: a call in gives the trunk's place back whatever way it ends.
func TestTrunkPlaces(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Trunks[0].MaxCalls = 1 })
	p := newPhone(t, r.addr)
	full := func() {
		t.Helper()
		l := p.dialler("95500")
		l.ask("INVITE", p.sdp(1))
		res := p.want("503 INVITE")
		if res.get("retry-after") == "" {
			t.Error("no Retry-After")
		}
		l.ackRefusal(res)
	}
	for i, end := range []func(*line, hotline.Incoming){
		func(l *line, in hotline.Incoming) { l.cancel(); l.ackRefusal(p.want("487 INVITE")) },
		func(l *line, in hotline.Incoming) {
			r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
			l.ackRefusal(p.want("486 INVITE"))
		},
		func(l *line, in hotline.Incoming) {
			r.do(hotline.Answer{Leg: in.Leg})
			l.establish()
			l.ask("BYE", "")
			p.want("200 BYE")
		},
		func(l *line, in hotline.Incoming) {
			r.do(hotline.Answer{Leg: in.Leg})
			l.establish()
			r.do(hotline.Hangup{Leg: in.Leg})
			p.reply(p.want("BYE"), 200, "", "")
		},
	} {
		l := p.dialler("95500")
		l.ask("INVITE", p.sdp(1))
		in := want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
		full()
		end(l, in)
		want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg })
		l = p.dialler("95500")
		l.ask("INVITE", strings.Replace(p.sdp(1), "8 0 101", "18 101", 1)) // refused for its codec: gives its place back too
		l.ackRefusal(p.want("488 INVITE"))
		_ = i
	}
	r.idle(time.Second)
}

// TestDoWithinSignal: whoever hears a signal may act at once.
func TestDoWithinSignal(t *testing.T) {
	var sw atomic.Pointer[Switch]
	var plays sync.Map
	r := newRig(t, func(c *Config) {
		keep := c.Signal
		c.Signal = func(call hotline.CallID, s hotline.Signal) {
			keep(call, s)
			var a hotline.Action
			switch s := s.(type) {
			case hotline.Incoming:
				a = hotline.Answer{Leg: s.Leg}
			case hotline.PickedUp:
				a = hotline.Play{Leg: s.Leg, Play: "1", Prompts: []string{"silence:20"}}
			case hotline.PlayEnded:
				if _, again := plays.LoadOrStore(s.Play, true); again {
					return
				}
				if s.Play == "1" {
					a = hotline.Play{Leg: s.Leg, Play: "2", Prompts: []string{"silence:20"}}
				} else {
					a = hotline.Hangup{Leg: s.Leg, Cause: hotline.CauseFlow}
				}
			case hotline.Ended:
				a = hotline.Hangup{Leg: s.Leg}
			default:
				return
			}
			if err := sw.Load().Do(context.Background(), a); err != nil {
				t.Errorf("%T: %v", a, err)
			}
		}
	})
	sw.Store(r.sw)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.ask("INVITE", p.sdp(1))
	l.establish()
	p.reply(p.want("BYE"), 200, "", "")
	want[hotline.Ended](r, nil)
	r.idle(time.Second)
}

// TestCloseSaysBye: Close ends every leg with a word, refuses new calls and returns soon although a phone is silent.
func TestCloseSaysBye(t *testing.T) {
	r := newRig(t, nil)
	up, in, _ := r.inbound()
	p := newPhone(t, r.addr)
	waiting := p.dialler("95500")
	waiting.ask("INVITE", p.sdp(1))
	in2 := want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
	q, _ := r.dialAgent("c9", "c9-1", nil)
	begun := time.Now()
	r.sw.Close()
	if d := time.Since(begun); d > time.Second {
		t.Errorf("Close took %v", d)
	}
	if bye := up.p.want("BYE"); !strings.Contains(bye.get("reason"), "shutdown") {
		t.Error(bye.get("reason"))
	}
	p.want("503 INVITE")
	for _, leg := range []hotline.LegID{in.Leg, in2.Leg} {
		if end := want(r, func(s hotline.Ended) bool { return s.Leg == leg }); end.Cause != hotline.CauseShutdown {
			t.Errorf("%+v", end)
		}
	}
	if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseShutdown {
		t.Errorf("%+v", f)
	}
	_ = q
	if err := r.sw.Do(t.Context(), hotline.Dial{Call: "c", Leg: "c-1", Agent: "8001"}); err == nil {
		t.Error("a closed switch dials")
	}
}

// TestDrain: new calls are refused, the one that talks talks on.
func TestDrain(t *testing.T) {
	r := newRig(t, nil)
	l, in, _ := r.inbound()
	r.sw.Drain()
	p := newPhone(t, r.addr)
	late := p.dialler("95500")
	late.ask("INVITE", p.sdp(1))
	late.ackRefusal(p.want("503 INVITE"))
	l.reinvite(l.p.sdp(2))
	r.do(hotline.Play{Leg: in.Leg, Play: "p", Prompts: []string{"silence:20"}})
	want[hotline.PlayEnded](r, nil)
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

// TestAgentCalls: an agent's own call is challenged and comes in as the agent's.
func TestAgentCalls(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("*1")
	l.me = "<sip:8001@" + testDomain + ">;tag=" + word()
	l.ask("INVITE", p.sdp(1))
	res := p.want("401 INVITE")
	l.ackRefusal(res)
	l.extra = digestFor(res, "8001", "INVITE", l.target)
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	if in.Agent != "8001" || in.Trunk != "" || in.To != "*1" {
		t.Errorf("%+v", in)
	}
	r.do(hotline.Answer{Leg: in.Leg})
	l.extra = ""
	l.establish()
	want[hotline.PickedUp](r, nil)
	l.ask("BYE", "")
	p.want("200 BYE")
}

// TestExpires: a caller that lets it ring for a second only.
func TestExpires(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.extra = "Expires: 1\r\n"
	l.ask("INVITE", p.sdp(1))
	want[hotline.Incoming](r, nil)
	l.ackRefusal(p.want("487 INVITE"))
	if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseCancelled {
		t.Errorf("%+v", end)
	}
	r.idle(time.Second)
}
