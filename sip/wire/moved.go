package wire

import (
	"slices"
	"strings"
	"time"

	"hotline"
)

// cutMemory is how long a phone whose connection broke is known to be the same when it comes back by another.
const cutMemory = 2 * time.Minute

// move is a phone that has registered from another place than before, or by another connection.
type move struct {
	from Path
	to   Contact
}

// moves finds the phones that have moved with a REGISTER: the same instance (RFC 5626 §4.1), or where there is none the same Call-ID, which
// a phone keeps for all its registrations (RFC 3261 §10.2.4), with a contact in place of one that it does not name any more. A phone that
// changes from a connection to datagrams, or back, is another.
func moves(old []Contact, adds []binding, callID string) (ms []move) {
	for _, b := range adds {
		if b.life == 0 {
			continue
		}
		for _, o := range old {
			same := o.Key == b.Key
			if !same && o.callID == callID && !strings.HasPrefix(b.Key, "instance|") && !strings.HasPrefix(o.Key, "instance|") {
				same = !slices.ContainsFunc(adds, func(a binding) bool { return a.Key == o.Key && a.life > 0 })
			}
			if same && (o.Path.flow == nil) == (b.Path.flow == nil) && o.Path != b.Path {
				ms = append(ms, move{o.Path, b.Contact})
			}
		}
	}
	return ms
}

// cutPhone is a contact whose connection broke.
type cutPhone struct {
	Contact
	at time.Time
}

// remember keeps what was registered over a connection that broke. r.mu is held.
func (r *registrar) remember(agent hotline.AgentID, c Contact, now time.Time) {
	kept := r.cuts[agent]
	if len(kept) >= r.most {
		kept = kept[1:]
	}
	r.cuts[agent] = append(kept, cutPhone{c, now})
}

// cutOff are the agent's phones whose connections broke lately. r.mu is held.
func (r *registrar) cutOff(agent hotline.AgentID, now time.Time) (all []Contact) {
	for _, c := range r.cuts[agent] {
		if now.Sub(c.at) < cutMemory {
			all = append(all, c.Contact)
		}
	}
	return all
}

// forgetCuts forgets those who did not come back. r.mu is held.
func (r *registrar) forgetCuts(now time.Time) {
	for agent, cs := range r.cuts {
		if now.Sub(cs[len(cs)-1].at) >= cutMemory {
			delete(r.cuts, agent)
		}
	}
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
