package sip

import (
	"testing"
	"time"

	"hotline"
)

// TestRecorderRepeatsAnswer: an answer of the recorder that comes again after the session was changed, because its ACK was lost, gets
// its ACK again and ends nothing (RFC 3261 §13.2.2.4).
func TestRecorderRepeatsAnswer(t *testing.T) {
	p := newRecorderPhone(t)
	r := forwardRig(t, p)
	_, _, in, _, _ := r.connect()
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	inv, _, _ := p.asked(t)
	p.reply(inv, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	r.do(hotline.Pair(in.Call, in.Leg, in.Call.Sub(1), 0))
	again, _, _ := p.asked(t)
	p.reply(inv, 200, "rec", p.answer("recvonly"))
	if ack := p.want("ACK"); ack.seq() != inv.seq() {
		t.Errorf("ACK of %d", ack.seq())
	}
	p.reply(again, 200, "rec", p.answer("recvonly"))
	if ack := p.want("ACK"); ack.seq() != again.seq() {
		t.Errorf("ACK of %d", ack.seq())
	}
	p.reply(inv, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	p.none("BYE", 200*time.Millisecond)
	r.do(hotline.StopRecord{Call: in.Call})
	p.reply(p.want("BYE"), 200, "", "")
}

// TestRecorderForked: two recorders take the INVITE: the first is sent the call, the other is told at once that it is not wanted.
func TestRecorderForked(t *testing.T) {
	p := newRecorderPhone(t)
	r := forwardRig(t, p)
	_, _, in, _, _ := r.connect()
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	inv, _, _ := p.asked(t)
	for _, tag := range []string{"rec", "spare"} {
		p.reply(inv, 200, tag, p.answer("recvonly"))
		if ack := p.want("ACK"); tagIn(ack.get("to")) != tag {
			t.Errorf("%s is acknowledged as %s", tag, ack.get("to"))
		}
	}
	bye := p.want("BYE")
	if tag := tagIn(bye.get("to")); tag != "spare" {
		t.Errorf("%s is hung up", tag)
	}
	p.reply(bye, 200, "", "")
	r.do(hotline.Pair(in.Call, in.Leg, in.Call.Sub(1), 0))
	if again, _, _ := p.asked(t); tagIn(again.get("to")) != "rec" {
		t.Errorf("%s hears who speaks", again.get("to"))
	}
	if n := r.sw.cfg.Metrics.Recorders.Load(); n != 1 {
		t.Errorf("%d recording sessions", n)
	}
}

// TestRecorderTrying: a recorder that says "trying" and nothing more is given up and asked again, and one that does so when the call is
// over holds nothing back.
func TestRecorderTrying(t *testing.T) {
	p := newRecorderPhone(t)
	r := newRig(t, func(c *Config) {
		c.Recorder, c.Trunks[0].RecordTo, c.t1 = &tape{}, "sip:rec@"+p.addr(), 10*time.Millisecond
	})
	p.engine, p.others.engine = r.addr, r.addr
	_, _, in, _, _ := r.connect()
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	cancelled := func(inv *sipMsg) {
		t.Helper()
		p.reply(p.want("CANCEL"), 200, "", "")
		p.reply(inv, 487, "rec", "")
	}
	inv, _, _ := p.asked(t)
	p.reply(inv, 100, "", "")
	cancelled(inv)
	inv = p.wait("INVITE", 10*time.Second)
	if inv == nil {
		t.Fatal("the recorder is not asked again")
	}
	p.reply(inv, 200, "rec", p.answer("recvonly"))
	r.do(hotline.Pair(in.Call, in.Leg, in.Call.Sub(1), 0))
	again := p.want("INVITE")
	p.reply(again, 100, "", "")
	time.Sleep(50 * time.Millisecond)
	r.do(hotline.StopRecord{Call: in.Call})
	p.reply(p.want("BYE"), 200, "", "")
	cancelled(again)
}
