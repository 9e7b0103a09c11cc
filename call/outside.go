package call

import (
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/ivr"
)

// maxNumber is how many digits a number to be dialled may have: those of E.164 and as many again for prefixes.
const maxNumber = 32

// outside is an outside number that is being called, or spoken with.
type outside struct {
	leg    *leg // role party
	joined bool
	to     string // the number, as it was asked for
	own    bool   // an agent's own call: it is not the flow that goes on when nobody answers
	asked  bool   // the shard was asked to show the agent in a call, and did not refuse

	handed time.Time // when an agent who had asked it first handed the customer on to it; zero: none did
	was    *talk     // of that agent

	colleague hotline.AgentID // it is an agent who was brought in by who is gone; the shard keeps it for us. Empty: it is not
}

// dialOutside calls the number that the flow wants the caller joined with. The caller hears it ring.
func (m *Machine) dialOutside(now time.Time, o ivr.Dial) {
	m.depart(now, hotline.OutcomeKey, o.To)
	number, ok := dialable(o.To)
	if !ok || m.first.state != legUp {
		m.flow(now, m.session.Step(now, ivr.NotDialled{Cause: hotline.CauseNotFound}))
		return
	}
	from := hotline.Party{Number: o.From}
	if o.From == "" {
		from = m.from
	}
	m.outside = &outside{}
	m.startPlay(m.first, forMusic, true, []string{"tone:ringback"})
	m.party(now, hotline.Dial{To: number, Trunk: o.Trunk, From: from, Timeout: o.Timeout, Diverted: m.through})
}

// through is what is told of a caller who is sent on to a number outside: by which number it came, and the one it dialled.
func through(in hotline.Incoming) []hotline.Diversion {
	ours := hotline.Diversion{Number: in.To, Reason: "unconditional", Count: 1}
	if in.Diverted.Count == 0 {
		return []hotline.Diversion{ours}
	}
	return []hotline.Diversion{in.Diverted, ours}
}

// dialable is a number as it is dialled: without the spaces, brackets and dashes that people write, and nothing that is no key.
func dialable(number string) (string, bool) {
	number = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -()./", r) {
			return -1
		}
		return r
	}, number)
	rest := strings.TrimPrefix(number, "+")
	return number, rest != "" && len(rest) <= maxNumber && strings.Trim(rest, "0123456789*#") == ""
}

// party dials the outside number.
func (m *Machine) party(now time.Time, d hotline.Dial) {
	if d.Timeout <= 0 {
		d.Timeout = 30 * time.Second
	}
	m.dialled++
	l := &leg{id: m.call.Sub(m.dialled), role: hotline.RoleParty, deadline: now.Add(d.Timeout + 2*time.Second)} // the switch's own limit comes first
	m.legs = append(m.legs, l)
	m.outside.leg, m.outside.to = l, d.To
	m.record(now, l.event(hotline.LegStarted{Role: l.role, To: d.To, Trunk: d.Trunk}))
	d.Call, d.Leg = m.call, l.id
	m.act(d)
}

// outsideUp joins the two once both are up.
func (m *Machine) outsideUp(now time.Time) {
	o := m.outside
	switch {
	case o == nil || o.joined || m.phase >= phaseClosing:
	case o.leg.state != legUp:
		m.startPlay(m.first, forMusic, true, []string{"tone:ringback"}) // the agent, whose call it is, hears it ring
	case m.first.state == legUp:
		o.joined = true
		m.phase, m.session = phaseOutside, nil
		m.hush(m.first)
		m.mixed()
	}
}

// outsideGone goes on when the outside number did not answer, and ends the call when it hangs up.
func (m *Machine) outsideGone(now time.Time, cause hotline.Cause, by hotline.Role) {
	o := m.outside
	switch {
	case o == nil || m.phase >= phaseClosing:
	case o.joined && m.confers():
		m.releaseOutside(cause, by)
		m.goOutside(m.heir(now))
	case o.joined && by == hotline.RoleParty && m.unmetOutside(now, o):
		m.outside = nil
		m.act(hotline.Mix{Call: m.call})
		m.requeue(now, o.was)
	case o.joined:
		m.end(now, cause, by)
	case o.own:
		m.farewell(now, cause, "", "tone:error")
	default:
		m.outside = nil
		m.hush(m.first)
		m.flow(now, m.session.Step(now, ivr.NotDialled{Cause: cause}))
	}
}

// ownCall takes the calls of agents that are more than a code: an emergency, the echo, and the trial of a flow.
func (m *Machine) ownCall(now time.Time, in hotline.Incoming) bool {
	if slices.Contains(m.plan.Emergency, in.To) {
		m.urgent(now, in)
		return true
	}
	if in.To == echoCode {
		m.echo(now, in)
		return true
	}
	number, ok := strings.CutPrefix(in.To, "*8")
	return ok && number != "" && m.try(now, in, number)
}

// urgent calls an emergency number for an agent at once, whatever the agent's state: nothing is waited for and nothing that
// the shard says holds it up.
func (m *Machine) urgent(now time.Time, in hotline.Incoming) {
	m.phase = phaseOutside
	m.first.role, m.first.agent = hotline.RoleAgent, in.Agent
	from := in.From
	if from.Number == "" {
		from.Number = string(in.Agent)
	}
	m.record(now, hotline.Event{Agent: in.Agent, Fact: hotline.CallStarted{Direction: hotline.Outbound, From: from, To: in.To}})
	m.record(now, m.first.event(hotline.LegStarted{Role: hotline.RoleAgent, To: in.To}))
	m.outside = &outside{own: true, asked: true}
	m.party(now, hotline.Dial{To: in.To, From: from, Timeout: 2 * time.Minute})
	m.answer(now)
	m.ask(hotline.BeginOutbound{Agent: in.Agent, Contact: m.contact, Call: m.call})
}

// urgentCall says whether the call is an emergency: it is made although nothing can be written down.
func (m *Machine) urgentCall() bool { return m.outside != nil && m.outside.own }

// urgentBegun takes the shard's answer to BeginOutbound.
func (m *Machine) urgentBegun(ok bool) {
	if m.outside != nil {
		m.outside.asked = ok
	}
}

// releaseOutside tells the shard that the agent's own call is over.
func (m *Machine) releaseOutside(cause hotline.Cause, by hotline.Role) {
	o := m.outside
	if o == nil {
		return
	}
	if o.own && o.asked {
		o.asked = false
		m.ask(hotline.Release{Agent: m.first.agent, Call: m.call, Cause: cause, By: by})
	}
	if o.colleague != "" {
		m.ask(hotline.Release{Agent: o.colleague, Call: m.call, Cause: cause, By: by})
		o.colleague = ""
	}
}

// try lets an agent hear the flow of a number. Nothing of it counts: no queue, no recording, no message.
func (m *Machine) try(now time.Time, in hotline.Incoming, number string) bool {
	b := m.plan.Begin(ivr.Caller{Number: number, From: in.From, Contact: m.contact, Now: now, Trial: true})
	if b.Session == nil {
		return false
	}
	m.trial, m.phase, m.session = true, phaseFlow, b.Session
	m.record(now, hotline.Event{Agent: in.Agent, Fact: hotline.CallStarted{
		Direction: hotline.Internal, From: in.From, To: number, Flow: b.Session.Flow(), Test: true,
	}})
	m.record(now, m.first.event(hotline.LegStarted{Role: hotline.RoleCustomer, To: in.To}))
	m.flow(now, m.session.Step(now, ivr.Start{}))
	return true
}

// tried ends a trial where the caller would leave the flow: two beeps instead of a queue or an outside number.
func (m *Machine) tried(now time.Time, o ivr.Output) bool {
	switch o.(type) {
	case ivr.Enqueue, ivr.Dial:
		m.session = nil
		m.farewell(now, hotline.CauseFlow, "", "tone:beep", "silence:200", "tone:beep")
	case ivr.Callback:
		m.flow(now, m.session.Step(now, ivr.Promised{OK: true}))
	default:
		return false
	}
	return true
}
