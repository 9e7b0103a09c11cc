package call

import (
	"time"

	"hotline"
)

// comesBack takes a call of an agent's phone in the place of the agent's own leg (RFC 3891 §3): a phone in a page that was loaded
// anew in the middle of a call. It says whether it is one. The old leg stays what it is until the new one is up.
func (m *Machine) comesBack(now time.Time, l *leg, replaces hotline.LegID) bool {
	s := m.seatOf(l.agent)
	if s.leg == nil || s.leg.id != replaces || s.leg.state != legUp || s.kind != seatMain && s.kind != seatGuest {
		return false
	}
	l.back = s.leg
	l.queue, l.muted, l.mutedAt, l.mutedBy = s.leg.queue, s.leg.muted, s.leg.mutedAt, s.leg.mutedBy
	l.stepped = s.leg.stepped
	l.deadline = now.Add(m.limits.Answer)
	m.act(hotline.Answer{Leg: l.id})
	return true
}

// isBack puts the new leg in the old one's place. Nothing changes for the shard: the agent is in the call as before.
func (m *Machine) isBack(now time.Time, l *leg) {
	if m.phase == phaseWatch {
		m.lineIsBack(now, l)
		return
	}
	old, t := l.back, m.talk
	l.back = nil
	if old.state != legUp || m.phase >= phaseClosing {
		m.hangup(now, l, hotline.CauseNotFound)
		return
	}
	m.guestOf(func(g *guest) bool {
		if g.leg == old {
			g.leg = l
		}
		return false
	})
	if c := m.consult; c != nil && c.line == old {
		c.line = l
	}
	if tr := m.transfer; tr != nil && tr.asker == old {
		tr.asker = nil // what was asked for goes on; the phone that asked is not there any more
	}
	own := t != nil && t.leg == old
	if own {
		t.leg = l
		m.notAway(t)
	}
	if own && t.held && old.holds {
		m.hold(now, false)
	} else {
		m.mixed()
	}
	m.hangup(now, old, hotline.CauseElsewhere)
}

// goneAway lets the customer hear music while nothing comes from its agent's phone that was heard before: a page that is loaded
// anew, a network that is lost for a while. The agent keeps the call until the silence is too long.
func (m *Machine) goneAway(now time.Time, l *leg) {
	t := m.talk
	alone := m.phase == phaseTalk && t != nil && t.leg == l && t.mixed && !t.held && m.transfer == nil && m.consult == nil
	if !alone || !l.heard || !l.silent.After(now) || m.first.state != legUp || m.first.play != "" || m.own.colleague() {
		return
	}
	t.away = true
	m.play(now, m.first, forWaiting, m.limits.LastWords, "hold")
}

// notAway ends that music.
func (m *Machine) notAway(t *talk) {
	if !t.away {
		return
	}
	t.away = false
	if !t.held && m.transfer == nil && (m.first.purpose == forWaiting || m.first.purpose == forMusic) {
		m.hush(m.first)
	}
}

// Reseat is a supervisor's line whose phone is back by another leg.
type Reseat struct {
	Line  hotline.CallID
	Leg   hotline.LegID
	Phone hotline.AgentID
}

func (Reseat) input() {}

// lineComesBack is comesBack for a supervisor's line. It says whether the call is one.
func (m *Machine) lineComesBack(now time.Time, l *leg, in hotline.Incoming) bool {
	if m.phase != phaseWatch || m.first.state != legUp || m.first.id != in.Replaces || in.Agent != m.watch.ask.Phone {
		return false
	}
	l.back = m.first
	l.deadline = now.Add(m.limits.Answer)
	m.act(hotline.Answer{Leg: l.id})
	return true
}

// lineIsBack goes on by the new leg. Where the line is hears of it: nothing else changes there.
func (m *Machine) lineIsBack(now time.Time, l *leg) {
	old, w := l.back, m.watch
	l.back = nil
	if old != m.first || old.state != legUp {
		m.hangup(now, l, hotline.CauseNotFound)
		return
	}
	m.first = l
	if w.target != "" {
		m.post(w.target, Reseat{m.call, l.id, w.ask.Phone})
	} else {
		m.idle()
	}
	m.hangup(now, old, hotline.CauseElsewhere)
}

// reseated takes the new leg of a supervisor who stands beside the call, or has its customer.
func (m *Machine) reseated(now time.Time, in Reseat) {
	if w := m.watcherOf(in.Line); w != nil {
		w.leg = in.Leg
		m.mixed()
		return
	}
	for _, l := range m.legs {
		if l.watch != in.Line || l.state != legUp {
			continue
		}
		m.record(now, l.event(hotline.LegEnded{Role: l.role, Cause: hotline.CauseElsewhere}))
		l.id = in.Leg
		m.record(now, l.event(hotline.LegMoved{From: in.Line}))
		m.record(now, l.event(hotline.LegStarted{Role: l.role, To: string(in.Phone)}))
		m.record(now, l.event(hotline.LegAnswered{Role: l.role}))
		m.mixed()
		return
	}
}
