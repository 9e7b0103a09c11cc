package sip

import (
	"net/netip"
	"slices"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/rewrite"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// hunt is where else a dialled leg can be tried when what it called cannot be reached. It never goes on after a person or a
// carrier has said no: that would ring at somebody who does not want it.
type hunt struct {
	dial  hotline.Dial
	seq   uint32       // of the INVITE sent last
	later [][]target   // phones of less preference, group after group (RFC 3261 §10.2.1.2)
	ways  *wire.Search // of a call by a trunk
}

// trunk is the one that the call goes out by, nil for an agent's phone.
func (h *hunt) trunk() *wire.Trunk {
	if h.ways == nil {
		return nil
	}
	return h.ways.Trunk()
}

// tryAll sends an INVITE to each of the targets.
func (l *leg) tryAll(targets []target) {
	s, d := l.sw, l.dialled
	fresh := make([]*branch, 0, len(targets))
	for _, t := range targets {
		codecs := s.cfg.Codecs
		if t.gate != nil {
			codecs = codecsOf(t.gate.Trunk(), codecs)
		}
		b := &branch{target: t, local: s.localMedia(t.path, l.handle.media.Load(), l.call.preferred(codecs)), acks: make(map[string]ackSent, 1)}
		if t.gate != nil {
			b.proof = provingTo(t.gate.Trunk(), t.path)
		}
		b.secured(s)
		b.req = l.invite(l.dialFor(t), b)
		b.req.CSeq().SeqNo = max(d.hunt.seq, 1)
		fresh = append(fresh, b)
	}
	d.hunt.seq = max(d.hunt.seq, 1)
	d.branches = append(d.branches, fresh...)
	for _, b := range fresh {
		if l.phase != phaseNew {
			return
		}
		l.send(b)
		l.listen(b)
	}
}

// listen gives the branch's place little time to show that it is there at all, where there is another place to try: timer B
// (RFC 3261 §17.1.1.2) is far too long for somebody who waits.
func (l *leg) listen(b *branch) {
	h := &l.dialled.hunt
	if b.over || b.heard || len(b.others) == 0 && len(h.later) == 0 && (b.gate == nil || !h.ways.More()) {
		return
	}
	l.after(l.sw.cfg.silence(), func() {
		if l.phase != phaseNew || b.over || b.heard || b.left {
			return
		}
		switch {
		case b.gate != nil:
			b.left = true
			l.sw.wire.Silent(b.gate, time.Now())
			b.tx.Cancel() // as soon as it says something; an answer that is quicker is ended
			if !l.nextWay() {
				b.left = false
			}
		case len(b.others) > 0:
			b.left = true
			b.tx.Cancel()
			l.otherFlow(b)
		case l.allSilent(): // a slow phone may still answer: the others ring besides
			l.nextGroup()
		}
	})
}

func (l *leg) allSilent() bool {
	return !slices.ContainsFunc(l.dialled.branches, func(b *branch) bool { return b.heard && !b.over })
}

// elsewhere goes on to another place after the branch has failed; false: there is none, or its answer is one.
func (l *leg) elsewhere(b *branch, res *gosip.Response, err error) bool {
	if b.left {
		return true // another has taken its part
	}
	couldNot := err == nil && b.couldNot()
	if err == nil && !wire.FailsOver(b.code) && !couldNot || b.gate != nil && l.dialled.rang { // who rang would ring again
		return false
	}
	w, now := l.sw.wire, time.Now()
	switch {
	case couldNot:
		w.PassedOver(b.gate, b.code)
	case b.gate != nil && err == nil && b.code == 503:
		w.RefusedBy(b.gate, res, now)
	case b.gate != nil:
		w.Silent(b.gate, now)
	case b.code == 430: // RFC 5626 §6: its connection is gone wherever it ended
		w.Lost(l.agent, b.key)
	}
	if b.gate != nil {
		return l.nextWay()
	}
	return len(b.others) > 0 && l.otherFlow(b)
}

// couldNot says whether a trunk has failed to reach whom was called. With a Reason (RFC 6432) that names the called, the status is only how the
// carrier has put it.
func (b *branch) couldNot() bool {
	return b.gate != nil && wire.CouldNot(b.code) && (b.cause == hotline.CauseUnreachable || b.cause == hotline.CauseError)
}

// nextWay calls by the next server, or by the next trunk.
func (l *leg) nextWay() bool {
	h := &l.dialled.hunt
	if h.ways == nil {
		return false
	}
	g, p, err := h.ways.Next(time.Now())
	if err != nil {
		l.log.Info("sip: no other way out", "error", err)
		return false
	}
	h.seq++ // an element behind both servers must not take it for the same request by another way (RFC 3261 §8.2.2.2)
	l.log.Info("sip: calling by another way", "trunk", g.Trunk().Name, "server", g)
	t := l.outTarget(g, p)
	if slices.ContainsFunc(l.dialled.branches, func(b *branch) bool { return b.path == t.path }) {
		t.path, t.routes = p, nil // the proxy that the registrar has named was tried
	}
	l.tryAll([]target{t})
	return true
}

// otherFlow calls the phone by another of its connections (RFC 5626 §6): never by two at once.
func (l *leg) otherFlow(b *branch) bool {
	next := b.others[0]
	next.others = b.others[1:]
	b.others = nil
	l.tryAll([]target{next})
	return true
}

// nextGroup calls the phones of the next preference.
func (l *leg) nextGroup() bool {
	h := &l.dialled.hunt
	if len(h.later) == 0 {
		return false
	}
	group := h.later[0]
	h.later = h.later[1:]
	l.tryAll(group)
	return true
}

// outTarget is a number outside by a gateway.
func (l *leg) outTarget(g *wire.Gateway, p wire.Path) target {
	number, _ := g.Trunk().Out.Apply(l.dialled.hunt.dial.To, rewrite.Called)
	uri := g.URI(syntax.SafeUser(number))
	routes, p := l.sw.wire.ServiceRoute(g, p)
	return target{uri: uri, to: uri, routes: routes, path: p, gate: g}
}

// dialFor is what is dialled as the target's trunk wants to see it.
func (l *leg) dialFor(t target) hotline.Dial {
	d := l.dialled.hunt.dial
	if t.gate == nil {
		return d
	}
	if d.From.Number == "" {
		d.From.Number = t.gate.Trunk().Number
	}
	d.From.Number, _ = t.gate.Trunk().Out.Apply(d.From.Number, rewrite.Caller)
	return d
}

// fromHost is the domain in From: the trunk's where it wants its own.
func (l *leg) fromHost(b *branch) string {
	if b.gate == nil {
		return l.sw.cfg.Domain
	}
	return b.gate.Trunk().FromDomain(l.sw.cfg.Domain)
}

// phones are the agent's phones in the order in which they are called: those of the same q at once, those of a lower one when
// none of a higher can be reached (RFC 3261 §10.2.1.2). Several connections of one phone are one phone (RFC 5626 §6): it is
// called by the newest, and by the next when that fails.
func (l *leg) phones(agent hotline.AgentID) [][]target {
	aor := gosip.Uri{Scheme: "sip", User: syntax.SafeUser(string(agent)), Host: l.sw.cfg.Domain}
	var groups [][]target
	var q []float64
	at := make(map[string][2]int) // instance → where it stands
	for _, c := range l.sw.wire.Contacts(agent) {
		t := target{uri: c.URI, to: aor, routes: c.Route, path: c.Path, pinned: true, key: c.Key}
		if i, ok := at[c.Instance]; ok && c.Instance != "" {
			first := &groups[i[0]][i[1]]
			first.others = append(first.others, t)
			continue
		}
		if len(q) == 0 || q[len(q)-1] != c.Q {
			groups, q = append(groups, nil), append(q, c.Q)
		}
		last := len(groups) - 1
		at[c.Instance] = [2]int{last, len(groups[last])}
		groups[last] = append(groups[last], t)
	}
	return groups
}

// bindFor is the address the media binds to: the one that all the ways are reached from, or any where they differ.
func bindFor(ways []wire.Path) netip.Addr {
	bind, six := ways[0].Bind(), false
	same := true
	for _, p := range ways {
		b := p.Bind()
		same = same && b == bind
		six = six || b.Is6()
	}
	switch {
	case same:
		return bind
	case six:
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// everyWay is all the ways that the leg may take.
func (l *leg) everyWay(first []target) (all []wire.Path) {
	h := &l.dialled.hunt
	for _, group := range append([][]target{first}, h.later...) {
		for _, t := range group {
			all = append(all, t.path)
			for _, o := range t.others {
				all = append(all, o.path)
			}
		}
	}
	if h.ways != nil {
		all = append(all, h.ways.Paths()...)
	}
	return all
}

// targets finds where the one to call can be reached first; where else is the hunt's.
func (l *leg) targets(d hotline.Dial) ([]target, error) {
	h := &l.dialled.hunt
	h.dial = d
	if d.Agent != "" {
		groups := l.phones(d.Agent)
		if len(groups) == 0 {
			return nil, nil
		}
		h.later = groups[1:]
		return groups[0], nil
	}
	h.ways = l.sw.wire.Search(d.Trunk)
	l.release = h.ways.End
	g, p, err := h.ways.Next(time.Now())
	if err != nil {
		return nil, err
	}
	return []target{l.outTarget(g, p)}, nil
}
