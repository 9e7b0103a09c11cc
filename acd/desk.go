package acd

import (
	"maps"
	"slices"

	"hotline"
	"hotline/agentstate"
	"hotline/centre"
)

// desk is a phone at which any agent may sit, one at a time.
type desk struct {
	id    hotline.PhoneID
	up    bool   // registered
	agent *agent // who sits there; nil: nobody
	gone  bool   // no longer in the file: nobody may sit down, who sits may stay
}

// setDevice handles the first registration of a phone and the loss of the last: of an agent's own, or of a desk.
func (s *step) setDevice(q hotline.SetDevice) error {
	if d := s.life.desks[hotline.PhoneID(q.Agent)]; d != nil && s.agents[q.Agent] == nil {
		s.setDesk(d, q.Up)
		return nil
	}
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	if a.life.ownPhone == q.Up {
		return nil
	}
	before := a.device
	s.emit(s.about(a, hotline.DeviceChanged{Up: q.Up}))
	s.phoneMoved(a, before, hotline.SourcePhone)
	return nil
}

func (s *step) setDesk(d *desk, up bool) {
	if d.up == up {
		return
	}
	a := d.agent
	ev := hotline.Event{Fact: hotline.DeviceChanged{Up: up, Phone: d.id}}
	if a != nil {
		ev.Agent = a.id
	}
	s.emit(ev)
	if a != nil {
		s.phoneMoved(a, !up, hotline.SourcePhone)
	}
}

// phoneMoved draws what follows when the agent has a phone and had none before, or the other way round.
func (s *step) phoneMoved(a *agent, before bool, source hotline.Source) {
	if a.device == before {
		return
	}
	in := agentstate.DeviceDown
	if a.device {
		in = agentstate.DeviceUp
	}
	m := agentstate.Step(a.state, in)
	switch {
	case a.device && s.comesBack(a):
		s.set(a, hotline.AgentReady, "", hotline.SourceSystem)
	case m.To == a.state:
	case a.offer != nil:
		s.lose(a.offer, hotline.OfferUnreachable)
	default:
		s.become(a, m, source)
	}
}

// comesBack says whether an agent whose phone is heard of again was only kept from work by its absence.
func (s *step) comesBack(a *agent) bool {
	return a.comeback && (a.reason != hotline.ReasonDeviceLost || s.now.Sub(a.since) <= outage)
}

// usePhone seats the agent at a desk, or (empty) at its own phone. Whoever sat there is signed out; nobody is torn out of a call.
func (s *step) usePhone(q hotline.UsePhone) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	d := s.life.desks[q.Phone]
	switch {
	case a.life.desk == q.Phone:
		return nil
	case q.Phone != "" && (d == nil || d.gone), q.Phone.ByNumber() && q.Phone != hotline.NumberPhone(a.id):
		return unknown("phone %q", q.Phone)
	case agentstate.InCall(a.state):
		return refused("agent %s is in a call", a.id)
	case d != nil && d.agent != nil && agentstate.InCall(d.agent.state):
		return refused("agent %s is in a call at phone %s", d.agent.id, d.id)
	}
	if d != nil && d.agent != nil {
		b := d.agent
		if b.state == hotline.AgentWrapUp {
			s.emit(s.wrapEnded(b, hotline.SourceSystem))
		}
		s.set(b, hotline.AgentSignedOut, "", hotline.SourceSystem)
		s.signedOut(b, hotline.SourceSystem) // who was signed out before still sat there
	}
	before := a.device
	s.emit(s.about(a, hotline.PhoneTaken{Phone: q.Phone, Was: a.life.desk, Source: q.Source}))
	if q.Phone != "" && a.state == hotline.AgentSignedOut {
		before = false // to sit down at a phone is to sign in
	}
	s.phoneMoved(a, before, q.Source)
	return nil
}

// desksGone forgets after a restart that desks were registered, but for those at which a call goes on.
func (s *step) desksGone(resumed map[hotline.CallID]bool) {
	for _, id := range slices.Sorted(maps.Keys(s.life.desks)) {
		d := s.life.desks[id]
		if a := d.agent; a != nil && a.talking() && resumed[a.talk.call] || !d.up || id.ByNumber() {
			continue
		}
		ev := hotline.Event{Fact: hotline.DeviceChanged{Phone: id}}
		if d.agent != nil {
			ev.Agent = d.agent.id
		}
		s.emit(ev)
	}
}

func (r *Router) applyDesk(f hotline.DeviceChanged) {
	d := r.desk(f.Phone)
	if d.up = f.Up; d.agent != nil {
		r.seePhone(d.agent)
	}
}

func (r *Router) applyPhoneTaken(a *agent, f hotline.PhoneTaken) {
	if was := r.life.desks[a.life.desk]; was != nil {
		was.agent = nil
	}
	a.life.desk = f.Phone
	if f.Phone != "" {
		d := r.desk(f.Phone)
		if d.agent != nil {
			d.agent.life.desk = ""
			r.seePhone(d.agent)
		}
		d.agent = a
	}
	r.seePhone(a)
}

// seePhone notes whether the phone at which the agent sits is registered.
func (r *Router) seePhone(a *agent) {
	a.device = a.life.ownPhone
	if a.life.desk != "" {
		a.device = r.desk(a.life.desk).up
	}
}

// desk returns the desk of a logged fact. One that the file no longer holds is made as gone.
func (r *Router) desk(id hotline.PhoneID) *desk {
	d := r.life.desks[id]
	if d == nil {
		d = &desk{id: id, gone: true, up: id.ByNumber()} // nobody knows of a phone outside whether it is there
		r.life.desks[id] = d
	}
	return d
}

// backAtNumbers makes those ready again after a restart whose phone is a number outside: it will not be heard of.
func (s *step) backAtNumbers() {
	for _, a := range s.roster {
		if a.life.desk.ByNumber() && a.state == hotline.AgentNotReady && !a.gone && s.comesBack(a) {
			s.set(a, hotline.AgentReady, "", hotline.SourceSystem)
		}
	}
}

// adoptDesks takes over the file's desks, and the agents' phones that are numbers outside. Who sits at one that is gone may stay until it leaves.
func (r *Router) adoptDesks(c *centre.Centre) {
	for id, d := range r.life.desks {
		d.gone = true
		if d.agent != nil && r.agents[d.agent.id] != d.agent {
			d.agent = nil
		}
		if d.agent == nil && (!d.up || id.ByNumber()) {
			delete(r.life.desks, id)
		}
	}
	for _, f := range c.Desks {
		r.desk(f.ID).gone = false
	}
	for _, a := range c.Agents {
		if a.Dial.Number != "" {
			r.desk(hotline.NumberPhone(a.ID)).gone = false
		}
	}
}
