package sip

import (
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// TestDrainGoesOn: a draining switch refuses callers and tells who asks, but phones still register, agents still
// call (to consult, to log out), talking calls are held and resumed and new legs are dialled for them.
func TestDrainGoesOn(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Logger = wiretest.NoLog() })
	l, in, _ := r.inbound()
	r.sw.Drain()
	p := newPhone(t, r.addr)
	late := p.dialler("95500")
	late.ask("INVITE", p.sdp(1))
	res := p.want("503 INVITE")
	if res.get("retry-after") == "" {
		t.Error("no Retry-After")
	}
	late.ackRefusal(res)
	p.send(late.request("OPTIONS", 1, "z9hG4bK"+word(), "", ""))
	p.want("503 OPTIONS")

	agent := newPhone(t, r.addr)
	agent.register("8001")
	own := agent.dialler("*1")
	own.me = "<sip:8001@" + testDomain + ">;tag=" + word()
	own.ask("INVITE", agent.sdp(1))
	asked := agent.want("401 INVITE")
	own.ackRefusal(asked)
	own.extra = digestFor(asked, "8001", "INVITE", own.target)
	own.ask("INVITE", agent.sdp(1))
	star := want(r, func(s hotline.Incoming) bool { return s.Agent == "8001" })
	r.do(hotline.Hangup{Leg: star.Leg, Cause: hotline.CauseBusy})
	own.ackRefusal(agent.want("486 INVITE"))

	l.ask("INVITE", l.p.sdp(2, "a=sendonly"))
	l.p.want("200 INVITE")
	l.ack("")
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	r.do(hotline.Dial{Call: in.Call, Leg: in.Call.Sub(1), Agent: "8001", Timeout: 5 * time.Second})
	invite := agent.want("INVITE")
	agent.reply(invite, 200, "there", agent.sdp(1))
	agent.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Call.Sub(1) })
	l.ask("BYE", "")
	l.p.want("200 BYE")
}
