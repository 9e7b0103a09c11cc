package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
)

const testCall, testLeg = hotline.CallID("c1"), hotline.LegID("c1-1")

func TestDialAnswered(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, func(d *hotline.Dial) {
		d.From = hotline.Party{Number: "138;tag=x\r\nEvil: 1", Name: "王\"芳\r\nEvil: 2\u202e"}
		d.Headers = map[string]string{"X-Call": "a\r\nEvil: 3", "Evil": "4", "X-Évil": "5"}
	})
	if inv.get("evil") != "" || strings.Contains(inv.get("from"), "\u202e") || !strings.Contains(inv.get("from"), `王\"芳`) {
		t.Errorf("From: %s", inv.get("from"))
	}
	if !strings.HasPrefix(inv.get("x-call"), "a") || uriIn(inv.get("contact")) != "sip:hotline@"+r.addr.String() {
		t.Errorf("%+v", inv.heads)
	}
	if !strings.HasPrefix(inv.start, "INVITE sip:me@"+p.addr()) {
		t.Error(inv.start)
	}
	if !strings.Contains(inv.body, "RTP/AVP 8 0 101") {
		t.Errorf("offer: %s", inv.body)
	}
	p.reply(inv, 100, "", "")
	p.reply(inv, 180, "a", "")
	if s := want[hotline.Ringing](r, nil); s.Leg != testLeg || s.Early {
		t.Errorf("%+v", s)
	}
	p.reply(inv, 180, "a", "")
	p.reply(inv, 200, "a", strings.Replace(p.sdp(1), "8 0 101", "0 101", 1))
	if ack := p.want("ACK"); ack.seq() != inv.seq() || tagIn(ack.get("to")) != "a" {
		t.Errorf("%+v", ack)
	}
	if up := want[hotline.PickedUp](r, nil); up.Leg != testLeg || up.Codec != "PCMU" {
		t.Errorf("%+v", up)
	}
	p.reply(inv, 200, "a", p.sdp(1)) // the ACK was lost: again
	p.want("ACK")
	if n := r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.Ringing); return ok }); n != 1 {
		t.Errorf("%d times ringing", n)
	}
	l := p.called(inv, "a")
	l.reinvite(p.sdp(2, "a=sendonly"))
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001"}) // idempotent
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	bye := p.want("BYE")
	if bye.seq() != inv.seq()+1 {
		t.Errorf("BYE %d after %d", bye.seq(), inv.seq())
	}
	p.reply(bye, 200, "", "")
	if end := want[hotline.Ended](r, nil); end.Leg != testLeg {
		t.Errorf("%+v", end)
	}
	r.idle(time.Second)
}

func TestDialRefused(t *testing.T) {
	for _, c := range []struct {
		code int
		rang bool
		want hotline.Cause
	}{
		{486, true, hotline.CauseBusy},
		{603, true, hotline.CauseRejected},
		{480, true, hotline.CauseNoAnswer},
		{404, false, hotline.CauseNotFound},
		{488, false, hotline.CauseNoCodec},
		{503, false, hotline.CauseUnreachable},
		{500, false, hotline.CauseError},
		{401, false, hotline.CauseRejected},
		{302, false, hotline.CauseRejected},
		{408, true, hotline.CauseNoAnswer},
		{487, true, hotline.CauseCancelled},
	} {
		t.Run(fmt.Sprint(c.code), func(t *testing.T) {
			r := newRig(t, nil)
			p, inv := r.dialAgent(testCall, testLeg, nil)
			if c.rang {
				p.reply(inv, 180, "a", "")
			}
			p.reply(inv, c.code, "a", "")
			p.want("ACK")
			if f := want[hotline.Failed](r, nil); f.Cause != c.want || f.Code != c.code || f.Leg != testLeg {
				t.Errorf("%+v", f)
			}
			r.idle(time.Second)
		})
	}
}

func TestDialNobody(t *testing.T) {
	r := newRig(t, nil)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8002"})
	if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseUnreachable || f.Code != 0 {
		t.Errorf("%+v", f)
	}
	r.do(hotline.Dial{Call: testCall, Leg: "c1-2", To: "1234", Trunk: "nowhere"})
	if f := want(r, func(s hotline.Failed) bool { return s.Leg == "c1-2" }); f.Cause != hotline.CauseUnreachable {
		t.Errorf("%+v", f)
	}
	r.idle(time.Second)
	for _, bad := range []hotline.Dial{{}, {Call: testCall, Leg: "x"}, {Call: testCall, Leg: "x", Agent: "8001", To: "1"}} {
		if err := r.sw.Do(t.Context(), bad); err == nil {
			t.Errorf("%+v accepted", bad)
		}
	}
}

// TestDialRingsOut: the phone rings and nobody picks up; and a phone that gives no answer at all is not reachable.
func TestDialRingsOut(t *testing.T) {
	r := newRig(t, nil)
	short := func(d *hotline.Dial) { d.Timeout = 100 * time.Millisecond }
	p, inv := r.dialAgent(testCall, testLeg, short)
	p.reply(inv, 180, "a", "")
	can := p.want("CANCEL")
	if !strings.HasPrefix(can.get("reason"), "Q.850;cause=19") || strings.Fields(can.start)[1] != strings.Fields(inv.start)[1] || can.get("via") != inv.get("via") {
		t.Errorf("%+v", can)
	}
	p.reply(can, 200, "a", "")
	p.reply(inv, 487, "a", "")
	p.want("ACK")
	if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseNoAnswer {
		t.Errorf("%+v", f)
	}
	r.idle(time.Second)

	dead := r
	r.do(hotline.Dial{Call: "c2", Leg: "c2-1", Agent: "8001", Timeout: 100 * time.Millisecond})
	p.want("INVITE")
	if f := want(dead, func(s hotline.Failed) bool { return s.Leg == "c2-1" }); f.Cause != hotline.CauseUnreachable || f.Code != 0 {
		t.Errorf("%+v", f)
	}
}

// TestDialHungUp cancels a ringing phone; then one that answers all the same is acknowledged and told BYE at once
// (reliability.md §4, 39).
func TestDialHungUp(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	p.reply(inv, 180, "a", "")
	want[hotline.Ringing](r, nil)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseElsewhere})
	can := p.want("CANCEL")
	if can.get("reason") != `SIP;cause=200;text="Call completed elsewhere"` {
		t.Error(can.get("reason"))
	}
	if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseElsewhere {
		t.Errorf("%+v", f)
	}
	p.reply(can, 200, "a", "")
	late := time.Now()
	p.reply(inv, 200, "a", p.sdp(1))
	p.want("ACK")
	bye := p.want("BYE")
	if d := bye.at.Sub(late); d > 200*time.Millisecond {
		t.Errorf("BYE after %v", d)
	}
	p.reply(bye, 200, "", "")
	r.idle(time.Second)
	if n := r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.PickedUp); return ok }); n != 0 {
		t.Error("picked up after the end")
	}
}

// TestDialRaces hangs up at the instant the agent answers, many times: either both talk and BYE comes, or both are
// released (reliability.md §4, 32).
func TestDialRaces(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	p.register("8001")
	up := 0
	for i := range 200 {
		leg := testCall.Sub(i + 1)
		r.do(hotline.Dial{Call: testCall, Leg: leg, Agent: "8001"})
		inv := p.want("INVITE")
		p.reply(inv, 180, "a", "")
		if i%2 == 0 {
			p.reply(inv, 200, "a", p.sdp(1))
		}
		r.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseCancelled})
		if i%2 == 1 {
			p.reply(inv, 200, "a", p.sdp(1))
		}
		for over := false; !over; {
			select {
			case m := <-p.in:
				if m.get("call-id") != inv.get("call-id") {
					continue
				}
				switch m.method() {
				case "CANCEL":
					p.reply(m, 200, "a", "")
				case "BYE":
					p.reply(m, 200, "", "")
					over = true
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("try %d: the phone still talks", i)
			}
		}
		mine := func(s hotline.Signal) bool {
			switch s.(type) {
			case hotline.Ended, hotline.Failed:
				return hotline.LegOf(s) == leg
			}
			return false
		}
		if _, ok := await(r, time.Second, mine); !ok {
			t.Fatalf("try %d: no end", i)
		}
		up += r.count(func(s hotline.Signal) bool { u, ok := s.(hotline.PickedUp); return ok && u.Leg == leg })
	}
	t.Logf("%d of 200 were up for a moment", up)
	r.idle(2 * time.Second)
}

// TestForkedContacts: both phones of an agent ring; the first one wins, the other is cancelled; one that answers at the
// same time gets ACK and BYE.
func TestForkedContacts(t *testing.T) {
	for _, both := range []bool{false, true} {
		t.Run(fmt.Sprintf("both answer %v", both), func(t *testing.T) {
			r := newRig(t, nil)
			a, b := newPhone(t, r.addr), newPhone(t, r.addr)
			a.register("8001")
			b.register("8001")
			r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001"})
			ia, ib := a.want("INVITE"), b.want("INVITE")
			if ia.get("call-id") != ib.get("call-id") || tagIn(ia.get("from")) != tagIn(ib.get("from")) || ia.get("via") == ib.get("via") {
				t.Error("not branches of one call")
			}
			a.reply(ia, 180, "a", "")
			b.reply(ib, 180, "b", "")
			want[hotline.Ringing](r, nil)
			a.reply(ia, 200, "a", a.sdp(1))
			a.want("ACK")
			want[hotline.PickedUp](r, nil)
			can := b.want("CANCEL")
			if can.get("reason") != `SIP;cause=200;text="Call completed elsewhere"` {
				t.Error(can.get("reason"))
			}
			b.reply(can, 200, "b", "")
			if both {
				b.reply(ib, 200, "b", b.sdp(1))
				b.want("ACK")
				b.reply(b.want("BYE"), 200, "", "")
			} else {
				b.reply(ib, 487, "b", "")
				b.want("ACK")
			}
			a.none("BYE", 50*time.Millisecond)
			l := a.called(ia, "a")
			l.ask("BYE", "")
			a.want("200 BYE")
			want[hotline.Ended](r, nil)
			r.idle(time.Second)
		})
	}
}

// TestForkedRefusals: one phone's refusal does not stop the other's ringing, a 6xx does; the best one is told.
func TestForkedRefusals(t *testing.T) {
	for _, c := range []struct {
		first, second int
		want          hotline.Cause
	}{
		{486, 503, hotline.CauseBusy}, {503, 486, hotline.CauseBusy}, {603, 0, hotline.CauseRejected}, {500, 404, hotline.CauseNotFound},
	} {
		t.Run(fmt.Sprint(c.first, c.second), func(t *testing.T) {
			r := newRig(t, nil)
			a, b := newPhone(t, r.addr), newPhone(t, r.addr)
			a.register("8001")
			b.register("8001")
			r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001"})
			ia, ib := a.want("INVITE"), b.want("INVITE")
			b.reply(ib, 180, "b", "")
			want[hotline.Ringing](r, nil)
			a.reply(ia, c.first, "a", "")
			a.want("ACK")
			if c.second == 0 {
				b.reply(b.want("CANCEL"), 200, "b", "")
				b.reply(ib, 487, "b", "")
			} else {
				b.reply(ib, c.second, "b", "")
			}
			b.want("ACK")
			if f := want[hotline.Failed](r, nil); f.Cause != c.want {
				t.Errorf("%+v", f)
			}
			r.idle(time.Second)
		})
	}
}

// TestForkedBehind: a proxy behind the contact forks and two answer with tags of their own.
func TestForkedBehind(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	p.reply(inv, 200, "a", p.sdp(1))
	if ack := p.want("ACK"); tagIn(ack.get("to")) != "a" {
		t.Error("ACK for another")
	}
	p.reply(inv, 200, "b", p.sdp(1))
	if ack := p.want("ACK"); tagIn(ack.get("to")) != "b" {
		t.Error("no ACK for the second")
	}
	bye := p.want("BYE")
	if tagIn(bye.get("to")) != "b" {
		t.Error("BYE for the wrong one")
	}
	p.reply(bye, 200, "", "")
	l := p.called(inv, "a")
	l.ask("OPTIONS", "")
	p.want("200 OPTIONS")
	l.ask("BYE", "")
	p.want("200 BYE")
	want[hotline.Ended](r, nil)
	r.idle(time.Second)
}

// TestForksAreBounded: who answers as ever another gets no ACK and no BYE for each: they would go wherever his Contact says, and each
// is kept for half a minute.
func TestForksAreBounded(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	p.reply(inv, 200, "a", p.sdp(1))
	p.want("ACK")
	before := r.sw.cfg.Metrics.ClientTx.Load()
	for i := range 100 {
		p.reply(inv, 200, fmt.Sprint("other", i), p.sdp(1))
	}
	l := p.called(inv, "a")
	l.ask("OPTIONS", "")
	p.want("200 OPTIONS")
	if n := r.sw.cfg.Metrics.ClientTx.Load() - before; n == 0 || n > maxForks {
		t.Errorf("%d requests for 100 answers of others", n)
	}
	l.ask("BYE", "")
	p.want("200 BYE")
	want[hotline.Ended](r, nil)
}

// TestDialBadAnswer: a 200 whose SDP cannot be used is acknowledged, then ended.
func TestDialBadAnswer(t *testing.T) {
	for _, body := range []string{"", "nonsense", "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n", "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 0 RTP/AVP 8\r\n"} {
		r := newRig(t, nil)
		p, inv := r.dialAgent(testCall, testLeg, nil)
		p.reply(inv, 200, "a", body)
		p.want("ACK")
		p.reply(p.want("BYE"), 200, "", "")
		if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseNoCodec {
			t.Errorf("%q: %+v", body, f)
		}
		r.idle(time.Second)
	}
}

// TestDialEarly: 183 with SDP opens media; a 200 without takes that answer.
func TestDialEarly(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	p.reply(inv, 183, "a", p.sdp(1))
	if s := want[hotline.Ringing](r, nil); !s.Early {
		t.Errorf("%+v", s)
	}
	p.speak(inv.body, 0x55, 3)
	want[hotline.MediaUp](r, nil)
	p.reply(inv, 200, "a", "")
	p.want("ACK")
	if up := want[hotline.PickedUp](r, nil); up.Codec != "PCMA" {
		t.Errorf("%+v", up)
	}
	p.called(inv, "a").ask("BYE", "")
	p.want("200 BYE")
}

// TestDialRecordRoute: as UAC the route set is the answer's Record-Route, reversed.
func TestDialRecordRoute(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	near, far := "<sip:near@"+p.addr()+";lr>", "<sip:far@"+p.addr()+";lr>"
	p.reply(inv, 200, "a", p.sdp(1), "Record-Route: "+far+", "+near, "Contact: <sip:agent@192.0.2.1:5060>")
	ack := p.want("ACK")
	if !strings.HasPrefix(ack.start, "ACK sip:agent@192.0.2.1:5060") || strings.Join(ack.all("route"), " ") != near+" "+far {
		t.Errorf("%s %q", ack.start, ack.all("route"))
	}
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	bye := p.want("BYE")
	if strings.Join(bye.all("route"), " ") != near+" "+far {
		t.Errorf("%q", bye.all("route"))
	}
	p.reply(bye, 200, "", "")
	r.idle(time.Second)
}

// TestDialTrunk calls out: number in the Request-URI, the trunk's place taken and given back.
func TestDialTrunk(t *testing.T) {
	carrier := newPhone(t, netip.AddrPort{})
	r := newRig(t, func(c *Config) {
		c.Trunks = []wire.Trunk{{Name: "out", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(carrier.addr()))}, MaxCalls: 1}}
	})
	carrier.engine = r.addr
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "+86 138@x", Trunk: "out"})
	inv := carrier.want("INVITE")
	if !strings.HasPrefix(inv.start, "INVITE sip:+86%20138%40x@"+carrier.addr()) || !strings.Contains(inv.get("from"), "anonymous.invalid") {
		t.Errorf("%s %s", inv.start, inv.get("from"))
	}
	r.do(hotline.Dial{Call: testCall, Leg: "c1-2", To: "1", Trunk: "out"})
	if f := want[hotline.Failed](r, nil); f.Leg != "c1-2" || f.Cause != hotline.CauseOverload {
		t.Errorf("%+v", f)
	}
	carrier.reply(inv, 486, "a", "")
	carrier.want("ACK")
	want(r, func(s hotline.Failed) bool { return s.Leg == testLeg })
	r.do(hotline.Dial{Call: testCall, Leg: "c1-3", To: "1", Trunk: "out"})
	carrier.reply(carrier.want("INVITE"), 404, "a", "")
	if f := want(r, func(s hotline.Failed) bool { return s.Leg == "c1-3" }); f.Cause != hotline.CauseNotFound {
		t.Errorf("%+v", f)
	}
	r.idle(time.Second)
}
