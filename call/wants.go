package call

import (
	"time"

	"hotline"
	"hotline/ivr"
)

// wants does what a session wants besides being heard and sent on. It says whether that was all there is to it.
func (m *Machine) wants(now time.Time, o ivr.Output) bool {
	if m.trial && m.tried(now, o) {
		return true
	}
	switch o := o.(type) {
	case ivr.Speak:
		m.spoken, m.lang = o.Language, o.Language
	case ivr.Consent:
		m.consented(now, o.Given)
	case ivr.Lookup:
		m.look(o)
	case ivr.Voicemail:
		m.leaveMessage(now, o)
	case ivr.Dial:
		m.dialOutside(now, o)
	case ivr.Rated:
		m.rated(now, o)
	case ivr.Enqueue:
		m.surveyed(now)
		return m.ownTold(now) || m.confirmed(now)
	case ivr.Busy, ivr.Hangup:
		m.surveyed(now)
		return false
	default:
		return false
	}
	return true
}

// look asks a web service. The session does not wait for ever.
func (m *Machine) look(o ivr.Lookup) {
	m.looks++
	m.out.Lookup = Lookup{Number: m.looks, Lookup: o}
}

// looked brings the answer to the session; that to an older question is none.
func (m *Machine) looked(now time.Time, in Looked) {
	if in.Number == m.looks && m.session != nil {
		m.flow(now, m.session.Step(now, ivr.Looked{Attrs: in.Attrs, Err: in.Err}))
	}
}

// dueWants makes happen what the time has come for.
func (m *Machine) dueWants(now time.Time) {
	m.dueGuests(now)
	m.dueOwn(now)
	m.dueEcho(now)
	m.dueWatch(now)
	if g := m.message; g != nil && passed(now, g.until) {
		m.messageOver(now, now)
	}
	if b := m.born; b != nil && b.open && m.phase == phaseCalling && passed(now, b.by) {
		m.end(now, hotline.CauseNoAnswer, "")
	}
}

// wakeWants tells soonest when something is due.
func (m *Machine) wakeWants(soonest func(time.Time)) {
	m.wakeGuests(soonest)
	if m.own != nil {
		soonest(m.own.until)
	}
	if m.phase == phaseStar {
		soonest(m.echoBy)
	}
	if m.watch != nil {
		soonest(m.watch.askedBy)
	}
	if m.message != nil {
		soonest(m.message.until)
	}
	if m.born != nil && m.born.open && m.phase == phaseCalling {
		soonest(m.born.by)
	}
}
