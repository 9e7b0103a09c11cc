package sip

import (
	"errors"
	"maps"
	"net/netip"
	"slices"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/sdp"
)

// dialling is a dialled leg's attempts to reach its phones, all at once: one branch for each. They share the Call-ID and
// the From tag, as if a proxy had forked (RFC 3261 §16.6), so that one mailbox decides who was first.
type dialling struct {
	branches []*branch
	heard    bool   // something answered at all, be it 100
	rang     bool   // a phone rings
	told     bool   // Ringing was given
	early    bool   // and with media
	trunk    *trunk // that the call goes out by; nil: to an agent's phone
	proved   bool   // the trunk asked who we are and was told
}

// branch is one INVITE of a dialled leg.
type branch struct {
	target
	req   *gosip.Request
	tx    *clientTx
	local sdp.Session
	over  bool // has its final answer
	code  int  // which; 0 if none came
	acks  map[string]ackSent
	forks map[string]*fork // early dialogs by To tag
}

// target is one place where a phone may be.
type target struct {
	uri    gosip.Uri
	to     gosip.Uri
	routes []gosip.Uri
	path   path
	pinned bool
}

// ackSent is the ACK of a 2xx, to be sent again for each repetition of it (RFC 3261 §13.2.2.4).
type ackSent struct {
	req *gosip.Request
	way path
}

// dial makes a leg and begins to call. A leg that is there already is success.
func (s *Switch) dial(d hotline.Dial) error {
	if d.Leg == "" || d.Call == "" || (d.Agent == "") == (d.To == "") {
		return hotline.ErrRefused
	}
	l := &leg{
		sw: s, id: d.Leg, call: newCall(s, d.Call), sipID: newDialogID(), localTag: newDialogID(), agent: d.Agent, dialled: &dialling{},
	}
	l.log = s.log.With("leg", l.id)
	l.handle = &handle{leg: l.id, call: d.Call, signal: s.cfg.Signal}
	if s.leg(d.Leg) != nil {
		return nil
	}
	if err := l.put(); err != nil {
		return err
	}
	s.post(l, func() { l.begin(d) })
	return nil
}

// begin sends the INVITEs.
func (l *leg) begin(d hotline.Dial) {
	if l.phase != phaseNew {
		return // hung up before it began
	}
	s := l.sw
	targets, err := l.targets(d)
	if err != nil || len(targets) == 0 {
		l.log.Info("sip: nobody to call", "agent", d.Agent, "trunk", d.Trunk, "error", err)
		cause := hotline.CauseUnreachable
		if err != nil && !errors.Is(err, errNoPath) {
			cause = hotline.CauseOverload // the trunk is full
		}
		l.finish(cause, 0)
		l.drop()
		return
	}
	m, err := s.cfg.Media.NewLeg(bindFor(targets), l.handle)
	if err != nil {
		s.log.Warn("sip: no media for a call out", "error", err)
		l.finish(hotline.CauseOverload, 0)
		l.drop()
		return
	}
	l.handle.media.Store(m)
	codecs := l.call.preferred(s.cfg.Codecs)
	for _, t := range targets {
		b := &branch{target: t, local: s.localMedia(t.path, m, codecs), acks: make(map[string]ackSent, 1)}
		b.req = l.invite(d, b)
		l.dialled.branches = append(l.dialled.branches, b)
	}
	timeout := d.Timeout
	if timeout <= 0 {
		timeout = s.cfg.ringMax()
	}
	l.ring = l.after(timeout, l.rungOut)
	for _, b := range l.dialled.branches {
		if l.phase != phaseNew {
			break
		}
		l.send(b)
	}
}

// send sends the branch's INVITE.
func (l *leg) send(b *branch) {
	b.tx = l.ask(outbound{req: b.req, path: b.path, answer: func(res *gosip.Response) { l.branchHeard(b, res) }},
		func(res *gosip.Response, err error) { l.branchDone(b, res, err) })
}

// targets finds where the one to call can be reached.
func (l *leg) targets(d hotline.Dial) ([]target, error) {
	w := l.sw.wire
	if d.Agent != "" {
		var targets []target
		aor := gosip.Uri{Scheme: "sip", User: safeUser(string(d.Agent)), Host: l.sw.cfg.Domain}
		for _, c := range w.contacts(d.Agent) {
			targets = append(targets, target{uri: c.uri, to: aor, routes: c.route, path: c.path, pinned: true})
		}
		return targets, nil
	}
	way, err := w.wayOut(d.Trunk)
	if err != nil {
		return nil, err
	}
	l.release, l.dialled.trunk = way.release, way.trunk
	peer := way.path.peer
	uri := gosip.Uri{Scheme: "sip", User: safeUser(d.To), Host: peer.Addr().String(), Port: int(peer.Port())}
	return []target{{uri: uri, to: uri, path: way.path}}, nil
}

// bindFor is the address the media binds to: the one all targets are reached from, or any where they differ.
func bindFor(targets []target) netip.Addr {
	bind := targets[0].path.bind()
	for _, t := range targets[1:] {
		if t.path.bind() != bind {
			return netip.IPv4Unspecified()
		}
	}
	return bind
}

// invite builds the INVITE of a branch (RFC 3261 §13.2.1). What the call brings along from outside is made safe.
func (l *leg) invite(d hotline.Dial, b *branch) *gosip.Request {
	req := gosip.NewRequest(gosip.INVITE, *b.uri.Clone())
	for i := range b.routes {
		req.AppendHeader(&gosip.RouteHeader{Address: *b.routes[i].Clone()})
	}
	from := &gosip.FromHeader{
		DisplayName: safeDisplay(d.From.Name),
		Address:     gosip.Uri{Scheme: "sip", User: safeUser(safeText(d.From.Number)), Host: l.sw.cfg.Domain},
		Params:      tagParam(l.localTag),
	}
	if from.Address.User == "" { // RFC 3261 §8.1.1.3
		from.Address.User, from.Address.Host = "anonymous", "anonymous.invalid"
	}
	id := gosip.CallIDHeader(l.sipID)
	req.AppendHeader(from)
	req.AppendHeader(&gosip.ToHeader{Address: *b.to.Clone()})
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: gosip.INVITE})
	req.AppendHeader(&gosip.ContactHeader{Address: b.path.contact(ourUser, sipsTo(b.uri, b.routes))})
	for _, h := range abilities() {
		req.AppendHeader(h)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		if value, ok := safeHeader(name, d.Headers[name]); ok {
			req.AppendHeader(gosip.NewHeader(name, value))
		}
	}
	setSDP(req, b.local.Offer())
	return req
}

// rungOut gives up a leg nobody picked up. A phone that never gave any answer is not reachable.
func (l *leg) rungOut() {
	if l.phase != phaseNew {
		return
	}
	cause := hotline.CauseNoAnswer
	if !l.dialled.heard {
		cause = hotline.CauseUnreachable
	}
	l.giveUp(cause)
	l.finish(cause, 0)
	l.drop()
}

// giveUp cancels every branch that has no final answer. A 2xx that was quicker is acknowledged and ended when it comes.
func (l *leg) giveUp(cause hotline.Cause) {
	l.bye = cause
	for _, b := range l.dialled.branches {
		if !b.over && b.tx != nil {
			b.tx.cancel(gosip.NewHeader("Reason", reasonValue(cause)))
		}
	}
}
