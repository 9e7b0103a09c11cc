package sip

import (
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/digest"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// proving is who we are to the trunk that a call is with, from its INVITE to its BYE (RFC 3261 §22.2, §22.3). What the trunk has asked for
// once goes with every further request at once. Owned by the mailbox of the Call-ID; the dialogs of a forked INVITE share it.
type proving struct {
	digest.Session
	trunk *wire.Trunk
	home  wire.Path // by which the call was made
}

// provingTo is nil for a trunk that we have no password of, and for none.
func provingTo(t *wire.Trunk, home wire.Path) *proving {
	if t == nil || t.User == "" {
		return nil
	}
	return &proving{Session: digest.Session{User: t.User, Password: t.Password}, trunk: t, home: home}
}

// leads says whether the way ends at the trunk itself, and is as secret as the one that the call was made by. Nobody else is told who we
// are, whatever the realm it asks in (CVE-2021-41158).
func (p *proving) leads(w *wire.Wire, way wire.Path) bool {
	if p == nil || syntax.Secure(p.home.Network()) && !syntax.Secure(way.Network()) {
		return false
	}
	a := way.Peer.Addr()
	return a == p.home.Peer.Addr() || w.TrunkOf(a, p.trunk.Name)
}

// isAt says whether calls can be placed with the trunk at that host.
func (p *proving) isAt(host string) bool {
	host = strings.Trim(host, "[]")
	if a := syntax.HostAddr(host); a.IsValid() && a == p.home.Peer.Addr() || strings.EqualFold(host, strings.Trim(p.trunk.FromDomain(""), "[]")) {
		return true
	}
	return slices.ContainsFunc(p.trunk.Servers, func(s wire.Server) bool { return strings.EqualFold(host, s.Host) })
}

// tells says whether a request inside the dialog may say who it is from. The credentials of an INVITE are good for a call to its
// Request-URI. Behind the trunk's proxies, which forward what is asked, that is what the far end calls itself: if it names a number of the
// trunk it would have us sign a call there, and gets nothing. What is signed for any other method places no call.
func (d *dialog) tells(w *wire.Wire, method gosip.RequestMethod, way wire.Path) bool {
	return d.proof.leads(w, way) && (method != gosip.INVITE || len(d.routes) == 0 || !d.proof.isAt(d.target.Host))
}

// sign puts on a request what the trunk has asked for before.
func (d *dialog) sign(w *wire.Wire, req *gosip.Request, way wire.Path) {
	if d.tells(w, req.Method, way) {
		d.proof.Sign(req)
	}
}

// again is the request once more, with what its answer asks for; nil: there is no answer, or none that asks, or not for ours, or it was
// told already.
func (d *dialog) again(w *wire.Wire, t *digest.Tries, req *gosip.Request, res *gosip.Response, way wire.Path) *gosip.Request {
	if res == nil || !d.tells(w, req.Method, way) || !d.proof.Again(t, res) {
		return nil
	}
	next := req.Clone()
	d.localSeq++
	next.CSeq().SeqNo = d.localSeq
	d.proof.Sign(next)
	return next
}

// proved takes a 2xx: the trunk is content with what it was told, and says what the next request is told by.
func (d *dialog) proved(res *gosip.Response) {
	if d.proof != nil && res.IsSuccess() {
		d.proof.Settle()
		d.proof.Learn(res)
	}
}

// exchange sends a request inside the dialog by ask, once more where the trunk wants to know who it is from. done gets the answer, or why
// there is none.
func (d *dialog) exchange(w *wire.Wire, req *gosip.Request, ask func(wire.Outbound, func(*gosip.Response, error)), done func(*gosip.Response, error)) {
	way := d.wayTo(w)
	d.sign(w, req, way)
	var tried digest.Tries
	var heard func(*gosip.Request) func(*gosip.Response, error)
	heard = func(req *gosip.Request) func(*gosip.Response, error) {
		return func(res *gosip.Response, err error) {
			if next := d.again(w, &tried, req, res, way); next != nil {
				ask(wire.Outbound{Req: next, Path: way}, heard(next))
				return
			}
			if res != nil {
				d.proved(res)
			}
			done(res, err)
		}
	}
	ask(wire.Outbound{Req: req, Path: way}, heard(req))
}

// within is exchange for a leg, which is kept until the answer and ended by one that says so (weigh). When the leg is over only its BYE is repeated.
func (l *leg) within(d *dialog, req *gosip.Request, done func(*gosip.Response, error)) {
	l.followPhone(d)
	at := d.path
	d.exchange(l.sw.wire, req, func(out wire.Outbound, then func(*gosip.Response, error)) {
		if l.phase == phaseOver && out.Req.Method != gosip.BYE {
			then(nil, errGone)
			return
		}
		l.ask(out, then)
	}, func(res *gosip.Response, err error) {
		if err != nil && d.path != at {
			err = errMoved
		}
		done(res, err)
		l.weigh(d, req.Method, res, err)
	})
}

// ack is the ACK of a 2xx: with the INVITE's number and its credentials (RFC 3261 §13.2.2.4, §22.1), if it goes where they were asked for.
func (d *dialog) ack(w *wire.Wire, invite *gosip.Request) ackSent {
	a := ackSent{d.request(gosip.ACK, invite.CSeq().SeqNo), d.wayTo(w)}
	if d.proof.leads(w, a.way) {
		takeProof(a.req, invite)
	}
	return a
}

// takeProof puts the credentials of another request on one.
func takeProof(req, from *gosip.Request) {
	for _, name := range [...]string{"Authorization", "Proxy-Authorization"} {
		for _, h := range from.GetHeaders(name) {
			req.AppendHeader(gosip.HeaderClone(h))
		}
	}
}

// prove answers a trunk that asks who calls: the INVITE goes again, with the next CSeq and the digest of the trunk's password. Only the
// trunk's own answer to our own request comes here (CVE-2021-41158).
func (l *leg) prove(b *branch, res *gosip.Response) bool {
	if l.phase != phaseNew || b.left || b.gate == nil {
		return false
	}
	if b.proof == nil || !b.proof.Again(&b.tried, res) {
		if res.StatusCode == 401 || res.StatusCode == 407 {
			l.log.Info("sip: a trunk asks for what we cannot give", "trunk", b.gate.Trunk().Name, "code", res.StatusCode)
		}
		return false
	}
	l.dialled.heard, b.heard = true, true // it lives: it asked
	l.inviteAgain(b, func(*gosip.Request) {})
	return true
}

// inviteAgain sends the branch's INVITE once more as another request, changed, and proved as far as was asked.
func (l *leg) inviteAgain(b *branch, change func(*gosip.Request)) {
	req := b.req.Clone()
	req.CSeq().SeqNo++
	change(req)
	if b.proof != nil {
		b.proof.Sign(req)
	}
	b.req, b.forks = req, nil
	l.dialled.hunt.seq = max(l.dialled.hunt.seq, req.CSeq().SeqNo)
	l.send(b)
}
