package sip

import (
	"errors"
	"maps"
	"slices"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/digest"
	"hotline/sip/sdp"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// dialling is a dialled leg's attempts to reach its phones, those of equal preference at once: one branch for each. They share the Call-ID and
// the From tag, as if a proxy had forked (RFC 3261 §16.6), so that one mailbox decides who was first.
type dialling struct {
	branches []*branch
	heard    bool     // something answered at all, be it 100
	rang     bool     // a phone rings
	told     bool     // Ringing was given
	early    bool     // and with media
	hunt     hunt     // where else it may be tried
	sentTo   []string // where redirections led
}

// branch is one INVITE of a dialled leg.
type branch struct {
	target
	req   *gosip.Request
	tx    *wire.ClientTx
	local sdp.Session
	over  bool          // has its final answer
	code  int           // which; 0 if none came
	cause hotline.Cause // and what it means
	heard bool          // it gave some answer
	left  bool          // silent: another was called in its place, and it gets nothing but an end
	proof *proving      // nil: it is an agent's phone, or nobody to prove ourselves to
	tried digest.Tries
	acks  map[string]ackSent
	forks map[string]*fork // early dialogs by To tag

	kinds  []sdp.Kind // of protection that may be asked for: that of the INVITE now, then the others
	longer int        // times it was sent with a longer session interval
}

// target is one place where a phone may be.
type target struct {
	uri    gosip.Uri
	to     gosip.Uri
	routes []gosip.Uri
	path   wire.Path
	pinned bool
	key    string        // of a phone in the registrar
	others []target      // further connections of the same phone
	gate   *wire.Gateway // of a number outside

	through []hotline.Diversion // redirections on the way here
}

// ackSent is the ACK of a 2xx, to be sent again for each repetition of it (RFC 3261 §13.2.2.4).
type ackSent struct {
	req *gosip.Request
	way wire.Path
}

// dial makes a leg and begins to call. A leg that is there already is success.
func (s *Switch) dial(d hotline.Dial) error {
	if d.Leg == "" || d.Call == "" || (d.Agent == "") == (d.To == "") {
		return hotline.ErrRefused
	}
	l := &leg{
		sw: s, id: d.Leg, call: newCall(s, d.Call), sipID: wire.NewDialogID(), localTag: wire.NewDialogID(), agent: d.Agent, dialled: &dialling{},
	}
	l.log = s.log.With("leg", l.id)
	l.handle = &handle{leg: l.id, call: d.Call, signal: s.cfg.Signal}
	if s.leg(d.Leg) != nil {
		return nil
	}
	if err := l.put(); err != nil {
		return err
	}
	s.inTurn(l, d)
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
		if err != nil && !errors.Is(err, wire.ErrNoPath) {
			cause = hotline.CauseOverload // the trunk is full
		}
		l.finish(cause, 0)
		l.drop()
		return
	}
	m, err := s.cfg.Media.NewLeg(bindFor(l.everyWay(targets)), l.handle)
	if err != nil {
		s.log.Warn("sip: no media for a call out", "error", err)
		l.finish(hotline.CauseOverload, 0)
		l.drop()
		return
	}
	l.handle.media.Store(m)
	timeout := d.Timeout
	if timeout <= 0 {
		timeout = s.cfg.ringMax()
	}
	l.ring = l.after(timeout, l.rungOut)
	l.tryAll(targets)
}

// send sends the branch's INVITE.
func (l *leg) send(b *branch) {
	b.tx = l.ask(wire.Outbound{Req: b.req, Path: b.path, Answer: func(res *gosip.Response) { l.branchHeard(b, res) }},
		func(res *gosip.Response, err error) { l.branchDone(b, res, err) })
}

// invite builds the INVITE of a branch (RFC 3261 §13.2.1). What the call brings along from outside is made safe.
func (l *leg) invite(d hotline.Dial, b *branch) *gosip.Request {
	req := gosip.NewRequest(gosip.INVITE, *b.uri.Clone())
	for i := range b.routes {
		req.AppendHeader(&gosip.RouteHeader{Address: *b.routes[i].Clone()})
	}
	from := &gosip.FromHeader{
		DisplayName: syntax.SafeDisplay(d.From.Name),
		Address:     gosip.Uri{Scheme: "sip", User: syntax.SafeUser(syntax.SafeText(d.From.Number)), Host: l.fromHost(b)},
		Params:      syntax.TagParam(l.localTag),
	}
	if from.Address.User == "" || from.Address.User == anonymous { // RFC 3261 §8.1.1.3
		from.Address.User, from.Address.Host = "anonymous", "anonymous.invalid"
	}
	id := gosip.CallIDHeader(l.sipID)
	req.AppendHeader(from)
	req.AppendHeader(&gosip.ToHeader{Address: *b.to.Clone()})
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: gosip.INVITE})
	req.AppendHeader(&gosip.ContactHeader{Address: b.path.Contact(wire.OurUser, wire.SIPSTo(b.uri, b.routes))})
	for _, h := range append(wire.Abilities(), gosip.NewHeader("User-Agent", wire.Product)) {
		req.AppendHeader(h)
	}
	l.sw.cfg.askTimer(req, l.longest(), 0, "")
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		if value, ok := syntax.SafeHeader(name, d.Headers[name]); ok {
			req.AppendHeader(gosip.NewHeader(name, value))
		}
	}
	sayAutoAnswer(req, d, l.sw.cfg.Domain)
	l.sayIdentity(req, b, d)
	l.sayDiverted(req, b, slices.Concat(d.Diverted, b.through))
	if !b.late() {
		setSDP(req, b.local.Offer())
	}
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
			b.tx.Cancel(gosip.NewHeader("Reason", reasonValue(cause)))
		}
	}
}
