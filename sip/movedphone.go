package sip

import (
	"errors"

	"hotline"
	"hotline/sip/wire"
)

// errMoved is what came of a request to where a phone no longer is.
var errMoved = errors.New("sip: the phone has moved meanwhile")

// phoneMoved is told of an agent's phone that has registered from another place: a softphone that went from one network to the next. Its
// calls go on there: what we send goes to the new place from now on, and a re-INVITE asks where its sound goes (RFC 3261 §14.1).
func (s *Switch) phoneMoved(agent hotline.AgentID, from wire.Path, to wire.Contact) {
	for _, l := range s.all() {
		if l.agent == agent {
			s.post(l, func() { l.move(from, to) })
		}
	}
}

// move leads the leg's dialog to where its phone is now. A phone behind a proxy is that proxy's to find. One that has only lost its
// connection sends its sound from where it did.
func (l *leg) move(from wire.Path, to wire.Contact) {
	if l.phase != phaseUp || l.dlg == nil || l.received != nil || len(l.dlg.routes)+len(to.Route) > 0 || l.dlg.path != from {
		return
	}
	l.log.Info("sip: a phone in a call has moved", "from", from.Peer, "to", to.Path.Peer)
	l.dlg.path, l.dlg.target = to.Path, to.URI
	if l.talks.Valid() {
		l.sw.wire.Talk(l.talks, -1)
		l.talks = to.Path
		l.sw.wire.Talk(l.talks, 1)
	}
	if to.Path.Connected() && from.Peer.Addr() == to.Path.Peer.Addr() {
		return
	}
	l.local.Restart()
	switch o := l.offering; {
	case o != nil && o.tx != nil:
		o.tx.Forsake() // asked where it was; its end asks anew
	default:
		l.reoffer()
	}
}
