package wire

import (
	"slices"
	"strings"

	"hotline"
)

// move is a phone without a connection that has registered from another place than before.
type move struct {
	from Path
	to   Contact
}

// moves finds the phones that have moved with a REGISTER: the same instance (RFC 5626 §4.1), or where there is none the same Call-ID, which
// a phone keeps for all its registrations (RFC 3261 §10.2.4), with a contact in place of one that it does not name any more. Connections tell
// by themselves that they are gone.
func moves(old []Contact, adds []binding, callID string) (ms []move) {
	for _, b := range adds {
		if b.life == 0 || b.Path.flow != nil {
			continue
		}
		for _, o := range old {
			same := o.Key == b.Key
			if !same && o.callID == callID && !strings.HasPrefix(b.Key, "instance|") && !strings.HasPrefix(o.Key, "instance|") {
				same = !slices.ContainsFunc(adds, func(a binding) bool { return a.Key == o.Key && a.life > 0 })
			}
			if same && o.Path.flow == nil && o.Path != b.Path {
				ms = append(ms, move{o.Path, b.Contact})
				break
			}
		}
	}
	return ms
}

// tellMoved says so to whom it concerns.
func (r *registrar) tellMoved(agent hotline.AgentID, ms []move) {
	if r.moved == nil {
		return
	}
	for _, m := range ms {
		r.moved(agent, m.from, m.to)
	}
}
