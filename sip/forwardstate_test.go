package sip

import (
	"net"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// recorderIs waits until the state of the rig's only recorder is as wanted: problem is a part of what it says, "" that it is up.
func (r *rig) recorderIs(problem string) wire.RecorderState {
	r.t.Helper()
	var st wire.RecorderState
	wiretest.Eventually(r.t, "the recorder to be "+problem, func() bool {
		all := r.sw.Recorders()
		if len(all) != 1 || all[0].Trunk != "carrier" {
			r.t.Fatalf("%+v", all)
		}
		st = all[0]
		return st.Up == (problem == "") && strings.Contains(st.Problem, problem)
	})
	return st
}

// TestRecorderState: a recorder that refuses or ends sessions is known for it until one stands.
func TestRecorderState(t *testing.T) {
	p := newRecorderPhone(t)
	r := forwardRig(t, p)
	if st := r.recorderIs(""); st.To != "sip:rec@"+p.addr() {
		t.Errorf("%+v", st)
	}
	_, in, _ := r.inbound()
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	inv, _, _ := p.asked(t)
	p.reply(inv, 503, "x", "")
	p.want("ACK")
	if st := r.recorderIs("it answered 503"); !st.Until.IsZero() {
		t.Errorf("nobody asks it, and the failure is to be forgotten: %+v", st)
	}
	again := p.wait("INVITE", 10*time.Second)
	p.reply(again, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	r.recorderIs("")
	l := p.called(again, "rec")
	l.ask("BYE", "")
	p.want("200 BYE")
	r.recorderIs("has ended the session")
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
}

// TestRecorderAsked: a recorder over udp is asked whether it lives, as servers are; one that takes sessions lives, whatever it answers. A
// failure is forgotten when the recorder answers otherwise and nothing has failed since.
func TestRecorderAsked(t *testing.T) {
	p := newRecorderPhone(t)
	r := newRig(t, func(c *Config) {
		c.Recorder, c.KeepAlive = &tape{}, 400*time.Millisecond
		c.Trunks[0].RecordTo = "sip:rec@" + p.addr()
	})
	p.engine, p.others.engine = r.addr, r.addr
	if m := p.want("OPTIONS"); m.start != "OPTIONS sip:"+p.addr()+" SIP/2.0" {
		t.Errorf("%s", m.start)
	}
	r.recorderIs("it does not answer")
	_, in, _ := r.inbound()
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	inv, _, _ := p.asked(t)
	p.reply(inv, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	r.recorderIs("")
	p.called(inv, "rec").ask("BYE", "")
	p.want("200 BYE")
	st := r.recorderIs("has ended the session")
	if d := time.Until(st.Until); d < time.Minute || d > 3*time.Minute {
		t.Errorf("forgotten in %s", d)
	}
	if later := r.sw.wire.Recorders(st.Until); !later[0].Up {
		t.Errorf("%+v", later)
	}
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	go func() {
		for m := p.wait("OPTIONS", 2*time.Second); m != nil; m = p.wait("OPTIONS", 2*time.Second) {
			p.reply(m, 405, "", "")
		}
	}()
	r.recorderIs("") // it is there again, and what failed before is forgotten
}

// TestRecorderWithoutConnection: no connection is said, with why; it is over when there is one.
func TestRecorderWithoutConnection(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.4:0")
	if err != nil {
		t.Fatal(err)
	}
	at := ln.Addr()
	ln.Close()
	r := newRig(t, func(cfg *Config) {
		cfg.Recorder = &tape{}
		cfg.Trunks[0].RecordTo = "sip:rec@" + at.String() + ";transport=tcp"
	})
	r.recorderIs("refused")
	_, in, _ := r.inbound()
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	wiretest.Eventually(t, "a failure", func() bool { return r.sw.cfg.Metrics.RecorderFailures.Load() > 0 })
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	c := newStreamCarrier(t, "tcp", at.String())
	c.engine = r.addr
	c.connected()
	r.recorderIs("")
}

// TestRecorderByeWaits: a recording that ends while the connection to its recorder is gone is ended there when it is back: the recorder would go on
// with a session that nobody knows any more.
func TestRecorderByeWaits(t *testing.T) {
	p, c, r := secretRecorder(t, "tcp", "sip:rec@HOST;transport=tcp", nil)
	c.connected()
	r.recorderIs("")
	_, in, _ := r.inbound()
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	inv, _, _ := p.asked(t)
	p.reply(inv, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	c.ln.Close()
	c.stream.Close()
	wiretest.Eventually(t, "the connection to be gone", func() bool {
		_, _, err := r.sw.wire.WayToRecorder("carrier")
		return err != nil
	})
	r.do(hotline.StopRecord{Call: in.Call})
	time.Sleep(50 * time.Millisecond) // it was tried
	back := newStreamCarrier(t, "tcp", c.ln.Addr().String())
	back.engine = r.addr
	back.connected()
	bye := back.want("BYE")
	if tagIn(bye.get("to")) != "rec" || bye.seq() <= inv.seq() {
		t.Errorf("%+v", bye)
	}
	back.reply(bye, 200, "", "")
	back.none("BYE", 100*time.Millisecond)
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
}

// TestRecorderLostInBetween: somebody joins while the connection to the recorder is gone: the session that could not be told is ended there, and
// another takes the rest of the call.
func TestRecorderLostInBetween(t *testing.T) {
	p, c, r := secretRecorder(t, "tcp", "sip:rec@HOST;transport=tcp", nil)
	c.connected()
	r.recorderIs("")
	_, _, in, _, _ := r.connect()
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	inv, _, _ := p.asked(t)
	p.reply(inv, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	c.ln.Close()
	c.stream.Close()
	wiretest.Eventually(t, "the connection to be gone", func() bool {
		_, _, err := r.sw.wire.WayToRecorder("carrier")
		return err != nil
	})
	r.do(hotline.Pair(in.Call, in.Leg, in.Call.Sub(1), 0))
	wiretest.Eventually(t, "a failure", func() bool { return r.sw.cfg.Metrics.RecorderFailures.Load() > 0 })
	back := newStreamCarrier(t, "tcp", c.ln.Addr().String())
	back.engine = r.addr
	back.connected()
	bye := back.want("BYE")
	if tagIn(bye.get("to")) != "rec" || bye.get("call-id") != inv.get("call-id") {
		t.Errorf("%+v", bye)
	}
	back.reply(bye, 200, "", "")
	again := back.wait("INVITE", 10*time.Second)
	if again == nil || again.get("call-id") == inv.get("call-id") {
		t.Fatalf("no other session: %+v", again)
	}
	now := recorderPhone{back.phone, p.others}
	now.reply(again, 200, "rec", now.answer("recvonly"))
	now.want("ACK")
	r.recorderIs("")
	r.do(hotline.StopRecord{Call: in.Call})
	now.reply(now.want("BYE"), 200, "", "")
}
