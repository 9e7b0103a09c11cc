package sip

import (
	"fmt"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// flows registers the agent's one phone by two connections.
func flows(t *testing.T, r *rig) (first, second *phone) {
	var ps [2]*phone
	for i := range ps {
		ps[i] = newStreamPhone(t, r, "tcp")
		ps[i].expires = "300\r\nSupported: outbound\r\nX-Note: y"
		ps[i].instance = fmt.Sprintf(`;+sip.instance="<urn:uuid:7>";reg-id=%d`, i+1)
		ps[i].register("8001")
		time.Sleep(5 * time.Millisecond) // the later one is the newer
	}
	return ps[0], ps[1]
}

// TestFlowsAreOnePhone: two connections of one phone ring once, over the newer; when that says that it has lost the phone, or
// is cut, the call goes on over the other (RFC 5626 §6, §11.5).
func TestFlowsAreOnePhone(t *testing.T) {
	r := newRig(t, nil)
	one, two := flows(t, r)
	d := hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001", From: hotline.Party{Number: "1"}, Timeout: 10 * time.Second}
	r.do(d)
	inv := two.want("INVITE")
	one.none("INVITE", 50*time.Millisecond)
	two.reply(inv, 430, "a", "")
	two.want("ACK")
	again := one.want("INVITE")
	one.reply(again, 180, "b", "")
	want[hotline.Ringing](r, nil)
	one.reply(again, 486, "b", "")
	one.want("ACK")
	want[hotline.Failed](r, nil)
	if cs := r.sw.wire.Contacts("8001"); len(cs) != 1 {
		t.Errorf("the lost connection is still registered: %+v", cs)
	}

	two.register("8001")
	d.Leg = "c1-2"
	r.do(d)
	two.want("INVITE")
	two.stream.Close()
	again = one.want("INVITE")
	one.reply(again, 486, "b", "")
	one.want("ACK")
	want(r, func(f hotline.Failed) bool { return f.Leg == "c1-2" })
	if n := r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.DeviceDown); return ok }); n != 0 {
		t.Errorf("down %d times although a connection was left", n)
	}
	one.stream.Close()
	want[hotline.DeviceDown](r, nil) // at once
	r.idle(time.Second)
}

// TestPhonesByPreference: phones of the same q ring at once, those of a lower one only when none of a higher can be reached
// (RFC 3261 §10.2.1.2).
func TestPhonesByPreference(t *testing.T) {
	r := newRig(t, nil)
	var ps []*phone
	for _, q := range []string{"1.0", "1", "0.5"} {
		p := newPhone(t, r.addr)
		p.instance = ";q=" + q
		p.register("8001")
		ps = append(ps, p)
	}
	d := hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001", From: hotline.Party{Number: "1"}, Timeout: 10 * time.Second}
	dial := func(leg hotline.LegID) (a, b *sipMsg) {
		d.Leg = leg
		r.do(d)
		return ps[0].want("INVITE"), ps[1].want("INVITE")
	}
	a, b := dial(testLeg)
	ps[2].none("INVITE", 20*time.Millisecond)
	ps[0].reply(a, 480, "a", "") // somebody says no: the third would ring at who does not want it
	ps[0].want("ACK")
	ps[1].reply(b, 404, "b", "")
	ps[1].want("ACK")
	want(r, func(f hotline.Failed) bool { return f.Leg == testLeg })
	ps[2].none("INVITE", 20*time.Millisecond)

	a, b = dial("c1-2")
	ps[0].reply(a, 503, "a", "")
	ps[0].want("ACK")
	ps[1].reply(b, 404, "b", "")
	ps[1].want("ACK")
	c := ps[2].want("INVITE")
	ps[2].reply(c, 200, "c", ps[2].sdp(1))
	ps[2].want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == "c1-2" })
	r.do(hotline.Hangup{Leg: "c1-2", Cause: hotline.CauseHangup})
	ps[2].reply(ps[2].want("BYE"), 200, "", "")

	a, b = dial("c1-3") // nobody says a word: after 2 s (here 0.2) the third rings too
	c = ps[2].want("INVITE")
	ps[1].reply(b, 200, "b", ps[1].sdp(1)) // a slow one is not too late
	ps[1].want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == "c1-3" })
	ps[2].reply(c, 180, "c", "")
	ps[2].reply(ps[2].want("CANCEL"), 200, "c", "")
	ps[2].reply(c, 487, "c", "")
	ps[2].want("ACK")
	ps[0].reply(a, 180, "a", "")
	ps[0].reply(ps[0].want("CANCEL"), 200, "a", "")
	ps[0].reply(a, 487, "a", "")
	ps[0].want("ACK")
	r.do(hotline.Hangup{Leg: "c1-3", Cause: hotline.CauseHangup})
	ps[1].reply(ps[1].want("BYE"), 200, "", "")
	r.idle(time.Second)
}

// TestPhoneComesBack: a phone that has lost its connection and registers by another, a browser as a rule, hears there that its call was hung
// up, whether that was before or after; another phone of the agent's does not.
func TestPhoneComesBack(t *testing.T) {
	wiretest.Over(t, func(t *testing.T, network string) {
		r := newRig(t, nil)
		for i, early := range []bool{false, true} {
			leg := hotline.LegID(fmt.Sprint("c1-", i))
			p := newStreamPhone(t, r, network)
			p.register("8001")
			r.do(hotline.Dial{Call: testCall, Leg: leg, Agent: "8001", Timeout: 10 * time.Second})
			p.reply(p.want("INVITE"), 200, "a", p.sdp(1))
			p.want("ACK")
			want(r, func(s hotline.PickedUp) bool { return s.Leg == leg })
			p.stream.Close()
			wiretest.Eventually(t, "it is gone", func() bool { return len(r.sw.wire.Contacts("8001")) == 0 })
			hangUp := func() {
				r.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseHangup})
				want(r, func(s hotline.Ended) bool { return s.Leg == leg })
			}
			if early {
				hangUp()
			}
			other := newStreamPhone(t, r, network)
			other.as = "other"
			other.register("8001")
			back := newStreamPhone(t, r, network)
			back.register("8001")
			if !early {
				hangUp()
			}
			bye := back.want("BYE")
			if tagIn(bye.get("to")) != "a" {
				t.Errorf("%+v", bye)
			}
			back.reply(bye, 200, "", "")
			other.none("BYE", 10*time.Millisecond)
			other.stream.Close()
			back.stream.Close()
			wiretest.Eventually(t, "they are gone", func() bool { return len(r.sw.wire.Contacts("8001")) == 0 })
		}
		r.idle(time.Second)
	}, "tcp", "ws")
}
