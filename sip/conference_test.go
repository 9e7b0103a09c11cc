package sip

import (
	"sync"
	"testing"

	"hotline"
	"hotline/media"
)

// mostly is the byte that a phone heard most, other than silence, and how often.
func (p *phone) mostly() (b byte, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var counts [256]int
	for _, h := range p.heard {
		if counts[h]++; h != 0xd5 && h != 0xff && counts[h] > n {
			b, n = h, counts[h]
		}
	}
	return b, n
}

// together is A-law of several at once.
func together(codes ...byte) byte {
	sum := int16(0)
	for _, c := range codes {
		sum += media.ALawToLinear(c)
	}
	return media.LinearToALaw(sum)
}

// TestWhisperAndConference: a lead listens and whispers, which the customer does not hear and the recording does not hold; then
// all three talk, and the recording has agent and lead on its right side.
func TestWhisperAndConference(t *testing.T) {
	rec := &tape{}
	r := newRig(t, func(c *Config) { c.Recorder = rec })
	caller, agent, in, answer, offer := r.connect()
	agentLeg, leadLeg := in.Call.Sub(1), in.Call.Sub(2)
	lead := newPhone(t, r.addr)
	lead.register("8002")
	r.do(hotline.Dial{Call: in.Call, Leg: leadLeg, Agent: "8002", From: hotline.Party{Number: "8001"}})
	inv := lead.want("INVITE")
	lead.reply(inv, 200, "l", lead.sdp(1))
	lead.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == leadLeg })
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})

	const c, a, l = 0x91, 0xA1, 0xB4
	talk := func() { // so long that a phone which begins its numbers again is not taken for late
		t.Helper()
		for _, p := range []*phone{caller.p, agent.p, lead} {
			p.forget()
		}
		var all sync.WaitGroup
		all.Go(func() { caller.p.speak(answer, c, 110) })
		all.Go(func() { agent.p.speak(offer, a, 110) })
		all.Go(func() { lead.speak(inv.body, l, 110) })
		all.Wait()
	}
	hear := func(what string, p *phone, want byte) {
		t.Helper()
		if got, n := p.mostly(); got != want || n < 4000 {
			t.Errorf("%s: hears %#x in %d samples, want %#x", what, got, n, want)
		}
	}
	r.do(hotline.Mix{Call: in.Call, Members: []hotline.Member{
		{Leg: in.Leg, Hears: []hotline.LegID{agentLeg}},
		{Leg: agentLeg, Hears: []hotline.LegID{in.Leg, leadLeg}},
		{Leg: leadLeg, Hears: []hotline.LegID{in.Leg, agentLeg}},
	}})
	talk()
	hear("customer, whisper", caller.p, a)
	hear("agent, whisper", agent.p, together(c, l))
	hear("lead, whisper", lead, together(c, a))
	if _, right, _ := rec.counts(l); right != 0 {
		t.Errorf("%d frames of the whisper are recorded", right)
	}
	if _, right, _ := rec.counts(a); right < 30 {
		t.Errorf("%d frames of the agent are recorded", right)
	}

	all := []hotline.LegID{in.Leg, agentLeg, leadLeg}
	r.do(hotline.Mix{Call: in.Call, Members: []hotline.Member{
		{Leg: in.Leg, Hears: all}, {Leg: agentLeg, Hears: all}, {Leg: leadLeg, Hears: all}, // nobody hears itself
	}})
	talk()
	hear("customer, conference", caller.p, together(a, l))
	hear("agent, conference", agent.p, together(c, l))
	hear("lead, conference", lead, together(c, a))
	if _, right, _ := rec.counts(l); right < 30 {
		t.Errorf("%d frames of the lead are recorded", right)
	}

	r.do(hotline.Pair(in.Call, in.Leg, agentLeg, 0))
	talk()
	hear("customer, the lead has left", caller.p, a)
	hear("agent, the lead has left", agent.p, c)
	if _, n := lead.mostly(); n > 2000 {
		t.Errorf("the lead still hears %d samples", n)
	}
}

// TestALegPassesFromCallToCall: a supervisor's leg, a call of its own, listens to one call and then to another. That the first lets
// it go, before or after, is not heard; nor is that any Mix but the latest has it.
func TestALegPassesFromCallToCall(t *testing.T) {
	r := newRig(t, nil)
	caller, agent, in, answer, offer := r.connect()
	lead := newPhone(t, r.addr)
	lead.register("8002")
	line, there := hotline.CallID("line"), hotline.CallID("there")
	r.do(hotline.Dial{Call: line, Leg: line.Sub(1), Agent: "8002", From: hotline.Party{Number: "8001"}})
	inv := lead.want("INVITE")
	lead.reply(inv, 200, "l", lead.sdp(1))
	lead.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == line.Sub(1) })
	second, other := r.dialAgent(there, there.Sub(1), nil)
	second.reply(other, 200, "s", second.sdp(1))
	second.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == there.Sub(1) })
	r.do(hotline.Pair(in.Call, in.Leg, in.Call.Sub(1), 0))

	const c, a, s = 0x91, 0xA1, 0xB4
	hears := func(what string, want byte) {
		t.Helper()
		lead.forget()
		var all sync.WaitGroup // so long that a phone which begins its numbers again is not taken for late
		all.Go(func() { caller.p.speak(answer, c, 110) })
		all.Go(func() { agent.p.speak(offer, a, 110) })
		all.Go(func() { second.speak(other.body, s, 110) })
		all.Wait()
		if got, n := lead.mostly(); want == 0 && n > 800 || want != 0 && (got != want || n < 2000) {
			t.Errorf("%s: hears %#x in %d samples, want %#x", what, got, n, want)
		}
	}
	listens := func(call hotline.CallID, members []hotline.Member, to ...hotline.LegID) {
		r.do(hotline.Mix{Call: call, Members: append(members[:len(members):len(members)], hotline.Member{Leg: line.Sub(1), Hears: to, Aside: true})})
	}
	pair := hotline.Pair(in.Call, in.Leg, in.Call.Sub(1), 0)
	listens(in.Call, pair.Members, in.Leg)
	hears("the first call", c)
	listens(there, nil, there.Sub(1))
	r.do(pair)
	hears("the second, the first has let it go", s)
	r.do(pair)
	hears("and once more", s)
	r.do(hotline.Mix{Call: there})
	hears("nobody", 0)
	listens(in.Call, pair.Members, in.Leg)
	hears("the first again", c)
}
